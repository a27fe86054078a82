"""Streams of images: the same people as one at a time, in order, in bounded memory, whatever goes wrong on the way."""

from __future__ import annotations

import itertools
import resource
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from paflib import COCO_18, MPII_15, Grid, People, PoseEstimator
from paflib.errors import DataError, ImageError, ShapeError
from paflib.inference import cuda
from paflib.inference.averaging import average
from paflib.parser import on_device
from tests.inference.fake import FakeEntry, FakeNetwork, standing
from tests.parser.test_compiled import same_people
from tests.scenes import random_people

SIZES = ((192, 256), (192, 256), (192, 256), (64, 64), (192, 256), (96, 128))


class Crowd(FakeNetwork):
    """Sees in every picture as many people as its first pixel says, always the same ones."""

    def __init__(self, entry: FakeEntry | None = None):
        super().__init__(lambda size: People.empty(COCO_18), entry or FakeEntry(height=368))

    def _said(self, image):
        n, skeleton = int(image[0, 0, 0]) - 1, self.entry.skeleton
        people = People.empty(skeleton)
        if n:
            people = random_people(np.random.default_rng(n), skeleton, n, image_size=(368, 490))
        self.people = lambda size: people.resized((size[1] / 490, size[0] / 368))
        return super()._said(image)


def picture(n: int, size: tuple[int, int] = (192, 256)) -> np.ndarray:
    """A plain picture in which :class:`Crowd` sees n people."""
    return np.full((*size, 3), n + 1, np.uint8)


def estimator(network: FakeNetwork | None = None, on_device: bool = False, **options) -> PoseEstimator:
    return PoseEstimator(network or Crowd(), on_device=on_device, **options)


def alike(one: list[People], two: list[People]) -> bool:
    return len(one) == len(two) and all(same_people(a, b) for a, b in zip(one, two, strict=True))


# ---- the same people


@pytest.mark.parametrize("device", [False, True])
@pytest.mark.parametrize("batch", [1, 2, 8])
def test_a_stream_finds_what_calls_find(device, batch):
    images = [picture(n % 3, size) for n, size in enumerate(SIZES)]
    alone = [estimator()(image) for image in images]
    assert sum(map(len, alone)) >= 4
    network = Crowd()
    assert alike(list(estimator(network, device).stream(images, batch)), alone)
    assert network.batches == {1: [1] * 6, 2: [2, 1, 1, 2], 8: [3, 1, 2]}[batch]  # 64 x 64 is shown in another shape


@pytest.mark.parametrize("preset", ["paper", "cmu-2017", "openpose-gpu"])
@pytest.mark.parametrize("options", [{}, {"flip": True}, {"scales": (1, 0.7, 1.3)}, {"scales": (1, 1.5), "flip": True}])
def test_looks_are_averaged_on_the_device_as_on_the_cpu(preset, options):
    """Two implementations: NumPy's mean of Fields, and tensors multiplied where they are."""
    images = [picture(n, (193, 259)) for n in (2, 0, 3)]
    host = list(estimator(preset=preset, **options).stream(images, 3))
    assert alike(host, list(estimator(on_device=True, preset=preset, **options).stream(images, 3)))
    assert sum(map(len, host)) >= 2


def test_the_device_reads_the_very_maps_that_the_cpu_would(monkeypatch):
    seen = []
    candidates = on_device.candidates

    def spy(S, L, *rest):
        seen.append((S, L))
        return candidates(S, L, *rest)

    monkeypatch.setattr(cuda.on_device, "candidates", spy)
    options = {"scales": (1, 0.7), "flip": True}
    one = estimator(on_device=True, **options)
    one(picture(3, (193, 259)))
    fields = estimator(**options).fields(picture(3, (193, 259)))
    ((S, L),) = seen
    assert np.abs(S[0].numpy() - fields.S).max() < 1e-5 and np.abs(L[0].numpy() - fields.L).max() < 1e-5
    assert average([fields]) is fields and fields.S.max() > 0.5


def test_maps_on_grids_of_their_own_are_averaged_on_the_device():
    entry = FakeEntry(MPII_15, S_grid=Grid(4), L_grid=Grid(8, 0.0), height=368)
    images = [picture(2), picture(1)]
    for options in ({"scales": (1, 1.3)}, {"flip": True}):
        host = list(estimator(Crowd(entry), **options).stream(images, 2))
        assert alike(host, list(estimator(Crowd(entry), on_device=True, **options).stream(images, 2)))
        assert sum(map(len, host)) >= 3


def test_negative_thresholds_go_the_plain_road():
    one = estimator(on_device=True, peak_threshold=-0.1, refine="none")
    assert one._runner is None and len(one(picture(1))) >= 1


# ---- order and memory


@pytest.mark.parametrize(("device", "batch", "read"), [(False, 1, 1), (False, 4, 4), (True, 1, 1), (True, 4, 8)])
def test_images_are_asked_for_no_further_ahead_than_they_are_used(device, batch, read):
    """A batch at a time, and where a device is at work the next one meanwhile; one at a time waits for no other."""
    asked = 0

    def given():
        nonlocal asked
        while True:
            asked += 1
            yield picture(1)

    stream = estimator(on_device=device).stream(given(), batch)
    for n in range(10):
        assert len(next(stream)) == 1
        assert asked == n // batch * batch + read
    stream.close()


def test_a_wide_image_is_shown_larger_at_a_larger_scale_too():
    """The bound on the input's pixels grows with the scale."""
    one = estimator(scales=(1, 1.3), max_pixels=200_000)
    first, second = one._shown(picture(1, (100, 800))).placements
    assert first.padded[0] * first.padded[1] <= 200_000 and first.resized[0] < 184
    assert second.resized[0] / first.resized[0] == pytest.approx(1.3, abs=0.03)


def test_images_of_other_sizes_are_not_taken_together_where_only_their_padding_is_the_same():
    """489 and 490 of 496 columns: both padded to 62 cells, and not placed alike."""
    images = [picture(3, (368, width)) for width in (490, 489)]
    for device in (False, True):
        network = Crowd()
        assert alike(list(estimator(network, device).stream(images, 2)), [estimator()(image) for image in images])
        assert network.batches == [1, 1] and {one.shape for one in network.inputs} == {(368, 496, 3)}


def test_an_image_that_cannot_be_read_is_named_after_the_people_of_those_before(tmp_path):
    images = [picture(1), picture(2), tmp_path / "missing.png", picture(1)]
    for device, batch in itertools.product((False, True), (1, 2, 4)):
        found = []
        with pytest.raises(ImageError, match=r"missing\.png"):
            for people in estimator(on_device=device).stream(images, batch):
                found.append(len(people))
        assert found == [1, 2]


@pytest.mark.parametrize("kind", ["S", "L", "background"])
def test_maps_that_are_no_numbers_are_named_by_their_image(kind):
    class Diverged(Crowd):
        def _said(self, image):
            S, L = super()._said(image)
            if image[0, 0, 0] == 8:
                {"S": S[2], "L": L[2, 1], "background": S[-1]}[kind][1, 0] = float("nan")
            return S, L

    images = [picture(1), picture(2), picture(7), picture(1)]
    for device, batch in itertools.product((False, True), (1, 2, 4)):
        found = []
        with pytest.raises(ShapeError, match=rf"image 2: {kind} has \d+ values that are NaN"):
            for people in estimator(Diverged(), device).stream(images, batch):
                found.append(len(people))
        assert found == [1, 2]


@pytest.mark.parametrize(("device", "batches"), [(False, [1] * 9), (True, [8, 1])])
def test_as_many_at_a_time_as_the_device_likes(device, batches):
    network = Crowd()
    assert len(list(estimator(network, device).stream([picture(1)] * 9))) == 9
    assert network.batches == batches


def test_a_batch_of_nothing_is_refused_at_once():
    with pytest.raises(DataError, match="batch is 0, wanted at least 1"):
        estimator().stream([picture(0)], 0)
    assert list(estimator().stream([], 4)) == []


@pytest.mark.parametrize("images", [np.zeros((4, 5, 3), np.uint8), "folder", Path("a.png")])
def test_a_single_image_is_not_taken_for_many(images):
    """An array's rows would be grey pictures, a name's letters names."""
    with pytest.raises(DataError, match=r"images is a single picture, wanted several, as \[picture\]"):
        estimator().stream(images)
    assert len(list(estimator().stream(np.zeros((2, 64, 64, 3), np.uint8) + np.uint8(1)))) == 2


# ---- a device without room


class Small(Crowd):
    """Has room for so many images at a time, and no more."""

    def __init__(self, room: int, error: Exception | None = None):
        super().__init__()
        self.room, self.error = room, error or torch.OutOfMemoryError("CUDA out of memory")

    def __call__(self, images):
        if len(images) > self.room:
            raise self.error
        return super().__call__(images)


@pytest.mark.parametrize("device", [False, True])
@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 MiB"), MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be reported later"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
    ids=lambda error: str(error)[:24],
)  # fmt: skip
def test_a_device_without_room_gets_smaller_batches_and_it_is_said_once(device, error):
    images = [picture(n % 3) for n in range(16)]
    network = Small(2, error)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = list(estimator(network, device).stream(images, 8))
    assert [len(people) for people in found] == [n % 3 for n in range(16)]
    assert network.batches == [2] * 8
    assert [str(warning.message) for warning in said] == [
        "the device has no room for 8 images at a time: going on with 2"
    ]


def test_images_of_another_size_are_not_taken_in_smaller_batches_for_it():
    class Narrow(Crowd):
        def __call__(self, images):
            if images.shape[2] > 500 and len(images) > 1:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().__call__(images)

    network = Narrow()
    images = [picture(1, (192, width)) for width in (320,) * 4 + (256,) * 4]
    with pytest.warns(UserWarning, match="no room for 4 images at a time: going on with 1"):
        assert len(list(estimator(network).stream(images, 4))) == 8
    assert network.batches == [1, 1, 1, 1, 4]


def test_a_device_without_room_for_one_image_is_named():
    """After the people of the images before it."""

    class Narrow(Crowd):
        def __call__(self, images):
            if images.shape[2] > 500:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().__call__(images)

    images = [picture(n % 3, (192, 320 if n == 5 else 256)) for n in range(8)]
    for device, batch in itertools.product((False, True), (1, 2, 4)):
        found = []
        with pytest.raises(DataError, match="image 5: the device has no room for one image at a height of 368 pixels"):
            for people in estimator(Narrow(), device).stream(images, batch):
                found.append(len(people))
        assert found == [0, 1, 2, 0, 1]


@pytest.mark.parametrize("device", [False, True])
def test_other_errors_are_not_taken_for_want_of_room(device):
    class Broken(Crowd):
        def __call__(self, images):
            if len(self.inputs) >= 3:
                raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
            return super().__call__(images)

    found = []
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        for people in estimator(Broken(), device).stream([picture(1)] * 5, 1):
            found.append(len(people))
    assert found == [1, 1, 1]


# ---- more candidates than there is room for


def test_there_is_room_for_more_candidates_once_there_were_more():
    class Busy(Crowd):
        def _said(self, image):
            S, L = super()._said(image)
            if image[0, 0, 0] == 10:
                S[0, ::2, ::2] += 0.2 + torch.rand(S[0, ::2, ::2].shape, generator=torch.Generator().manual_seed(0))
            return S, L

    images = [picture(9), picture(1), picture(9)]
    one = estimator(Busy(), on_device=True)
    assert alike(list(one.stream(images, 1)), [estimator(Busy())(image) for image in images])
    assert one._runner.capacity > on_device.FIRST_CAPACITY


def test_half_precision_that_overflows_is_left_for_float32():
    class Half(Crowd):
        precision = "float16"

        def prepare(self, precision):
            self.precision = precision

        def _said(self, image):
            S, L = super()._said(image)
            return (S if self.precision == "float32" else S * float("inf")), L

    network = Half()
    with pytest.warns(UserWarning, match="float16 overflows in this network .*: going on in float32"):
        found = list(estimator(network, on_device=True).stream([picture(2), picture(1)], 1))
    assert [len(people) for people in found] == [2, 1] and network.precision == "float32"


# ---- what it says of itself


def test_what_is_used_is_said():
    assert estimator().about.endswith("on the CPU in float32, parsed on the CPU")
    assert "parsed there, eagerly" in estimator(on_device=True).about
    assert PoseEstimator.from_pretrained("tiny", device="cpu").about == "tiny on cpu in float32, parsed on the CPU"


# ---- ten thousand frames


def resident() -> float:
    """MB that this process holds now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("device", [False, True])
def test_memory_stays_flat_over_ten_thousand_frames(device):
    """Frames made as they are asked for, with a real network and the parser: what the first 2,000 needed is enough."""
    rng = np.random.default_rng(0)
    frames = (rng.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(10_000))
    one = PoseEstimator.from_pretrained("tiny", device="cpu", height=48, on_device=device)
    held, people = np.zeros(10_000), 0
    for n, found in enumerate(one.stream(frames, 8)):
        people += len(found)
        held[n] = resident()
    assert n == 9_999 and people > 100
    assert held[2_000:].max() - held[:2_000].max() < 16, held[::500].round().tolist()


def test_somebody_standing_is_found_on_the_device():
    network = FakeNetwork(standing)
    people = PoseEstimator(network, on_device=True)(np.zeros((368, 490, 3), np.uint8))
    assert len(people) == 1 and people.present.all()
