"""The estimator's geometry, with a network that draws true fields: resizing, padding, cropping, coordinates."""

import tracemalloc

import numpy as np
import pytest
import torch

from paflib.errors import DataError, ImageError, PaflibError, ShapeError
from paflib.fields import Grid
from paflib.inference.estimator import (
    LEAST_CELLS,
    MAX_HEIGHT,
    MAX_PIXELS,
    PoseEstimator,
    find_device,
    network_input,
    place,
)
from paflib.inference.images import save_image
from paflib.parser import PRESETS
from paflib.people import People
from paflib.skeleton import BODY_25, COCO_18
from tests.inference.fake import PAD, FakeEntry, FakeNetwork, in_source, seen_size, standing
from tests.scenes import random_people, same_people

SIZES = [(480, 640), (367, 653), (101, 307), (1531, 1021), (901, 571), (369, 368), (37, 41)]


def plain(size: tuple[int, int]) -> np.ndarray:
    """An image of one colour that is not the padding's."""
    return np.full((*size, 3), (10, 200, 30), np.uint8)


def estimator_of(people: People, size: tuple[int, int], height: int = 368, entry: FakeEntry | None = None, **options):
    return PoseEstimator(FakeNetwork(in_source(people, size), entry), height, **options)


# ---- where people are found


@pytest.mark.parametrize("height", [256, 368, 371])
@pytest.mark.parametrize("size", SIZES)
def test_true_fields_come_back_as_the_people_exactly(size, height):
    people = standing(size)
    found = estimator_of(people, size, height)(plain(size))
    assert len(found) == 1 and found.present.all()
    error = np.linalg.norm(found.keypoints[0, :, :2] - people.keypoints[0, :, :2], axis=1)
    # The convention x' = f x, without the half pixels, would be off by |1 - 1 / f| / 2: 0.001 to 1.6 px at these sizes.
    assert error.max() < 1e-5


@pytest.mark.parametrize("skeleton", [COCO_18, BODY_25], ids=lambda s: s.name)
@pytest.mark.parametrize("size", [(523, 787), (211, 403)])
def test_several_people_each_with_their_own_parts(skeleton, size):
    scale = size[0] / 368
    rng = np.random.default_rng(1)
    people = random_people(rng, skeleton, 4, apart=32 * scale, shortest=10 * scale, image_size=size)
    found = estimator_of(people, size, entry=FakeEntry(skeleton))(plain(size))
    assert same_people(found, people, within=scale)


@pytest.mark.parametrize("height", [368, 371])
def test_grids_of_their_own_for_S_and_L(height):
    """The released CMU networks have L at origin 0; another network may have finer confidence maps."""
    size = (470, 631)
    entry = FakeEntry(stride=16, S_grid=Grid(4), L_grid=Grid(8, 0))
    estimator = estimator_of(standing(size), size, height, entry)
    fields = estimator.fields(plain(size))
    width = round(631 * height / 470)  # 494 or 498; both sides are padded to multiples of 16, and cut back to the cells
    assert fields.S.shape[1:] == (-(-height // 4), -(-width // 4))
    assert fields.L.shape[2:] == (-(-height // 8), -(-width // 8))
    found = estimator(plain(size))
    assert np.abs(found.keypoints - standing(size).keypoints)[..., :2].max() < 1e-4


def test_grids_are_in_source_pixels():
    size = (736, 1000)  # shrunk to half exactly: cell g covers source pixels 16 g to 16 g + 15
    fields = estimator_of(standing(size), size).fields(plain(size))
    assert fields.S_grid == fields.L_grid == Grid(16)
    assert fields.image_size == size
    assert fields.S.shape == (18, 46, 63) and fields.L.shape == (19, 2, 46, 63)  # ceil(500 / 8) = 63


def test_stages_are_kept_when_asked_for():
    size = (400, 300)
    estimator = PoseEstimator(FakeNetwork(in_source(standing(size), size), stages=3))
    fields = estimator.fields(plain(size), stages=True)
    assert [round(float(stage.S.max() / fields.S.max()), 3) for stage in fields.stages] == [0.333, 0.667, 1.0]
    assert all(stage.S_grid == fields.S_grid and not stage.stages for stage in fields.stages)
    assert fields.background is not None and fields.background.shape == fields.S.shape[1:]
    assert estimator.fields(plain(size)).stages == ()


# ---- several looks


def test_maps_of_several_heights_are_averaged():
    size = (400, 523)
    people = standing(size)
    estimator = estimator_of(people, size, 368, scales=(1, 0.7, 1.3))
    found = estimator(plain(size))
    assert [seen_size(shown)[0] for shown in estimator.network.inputs] == [368, 258, 478]
    assert np.linalg.norm(found.keypoints[0, :, :2] - people.keypoints[0, :, :2], axis=1).max() < 0.6
    fields, alone = estimator.fields(plain(size), stages=True), estimator_of(people, size).fields(plain(size))
    assert fields.S.shape == alone.S.shape and fields.S_grid == alone.S_grid and len(fields.stages) == 1
    assert 0.001 < np.abs(fields.S - alone.S)[:, 1:-1, 1:-1].max() < 0.3


def test_the_mirror_image_says_the_same():
    """The network looks on which side a dark stripe is, and draws people where they are in what it is shown."""
    size = (400, 523)
    image = plain(size)
    image[:, :40] = 0
    people = standing(size)
    people.keypoints[..., 0] -= 60
    there = in_source(people, size)

    def seen(shown):
        drawn = there(shown)
        if not network.inputs[-1][0, 0].any():
            return drawn
        keypoints = drawn.keypoints[:, COCO_18.flip].copy()
        keypoints[..., 0] = shown[1] - 1 - keypoints[..., 0]
        return People(keypoints)

    network = FakeNetwork(seen)
    found = PoseEstimator(network, flip=True)(image)
    assert len(network.inputs) == 2 and network.inputs[1][0, 0].any()
    assert len(found) == 1 and found.present.all()
    assert np.linalg.norm(found.keypoints[0, :, :2] - people.keypoints[0, :, :2], axis=1).max() < 0.3


def test_heights_of_every_scale_are_checked():
    with pytest.raises(DataError, match=r"2000 pixels at scale 1.3 is 2600, wanted"):
        PoseEstimator(FakeNetwork(standing), 2000, scales=(1, 1.3))


# ---- what the network is shown


@pytest.mark.parametrize("size", SIZES)
def test_padding_is_right_and_below_in_the_networks_colour(size):
    estimator = estimator_of(standing(size), size)
    estimator(plain(size))
    shown = estimator.network.inputs[0]
    height, width = 368, round(size[1] * 368 / size[0])
    assert shown.shape == (368, -(-width // 8) * 8, 3)
    assert seen_size(shown) == (height, width)
    assert (shown[:, :width] == (10, 200, 30)).all() and (shown[:, width:] == PAD).all()


@pytest.mark.parametrize("size", [(500, 700), (150, 211)], ids=["shrunk", "grown"])
def test_the_picture_is_resized_by_pixel_areas(size):
    """A ramp keeps its values where ``x' = (x + 0.5) * f - 0.5`` puts them; half a pixel off is off by half a step."""
    H, W = size
    ramp = (np.arange(W) * 255 / W).round().astype(np.uint8)
    image = np.repeat(np.broadcast_to(ramp, (H, W))[..., None], 3, axis=2)
    placement = place(size, 368, 8, 10**6)
    shown = network_input(image, placement, PAD)[:, : placement.resized[1], 0]
    x = (np.arange(placement.resized[1]) + 0.5) / placement.factor[0] - 0.5
    error = (shown - x * 255 / W)[:, 8:-8]
    assert abs(error.mean()) < 0.05 and np.abs(error).max() < 1.5


def test_shrinking_averages_so_that_fine_stripes_turn_grey():
    stripes = np.zeros((1472, 1472, 3), np.uint8)
    stripes[:, ::2] = 255
    shown = network_input(stripes, place((1472, 1472), 368, 8, 10**6), PAD)
    assert np.abs(shown.astype(int) - 127).max() <= 1


# ---- bounded work


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 100_000), (100_000, 1), (2, 9000), (3648, 5472), (368, 1472), (10, 10_000), (5000, 100)]
)
@pytest.mark.parametrize("max_pixels", [48**2, 5000, 4 * 368**2])
def test_the_padded_input_never_exceeds_max_pixels(size, max_pixels):
    placement = place(size, 368, 8, max_pixels)
    assert placement.padded[0] * placement.padded[1] <= max_pixels
    assert min(placement.resized) >= 1
    for padded, resized in zip(placement.padded, placement.resized, strict=True):
        assert padded % 8 == 0 and (0 <= padded - resized < 8 or padded == 8 * LEAST_CELLS > resized)


@pytest.mark.parametrize("size", [(480, 640), (1080, 1920), (100, 380), (3000, 1000)])
def test_ordinary_aspects_get_the_full_height(size):
    assert place(size, 368, 8, 4 * 368**2).resized[0] == 368


@pytest.mark.parametrize("size", [(150, 3000), (3000, 150), (301, 2777)])
def test_extreme_aspects_are_shown_smaller_and_still_exact(size):
    people = random_people(np.random.default_rng(3), COCO_18, 3, apart=90, shortest=40, image_size=size)
    estimator = estimator_of(people, size, max_pixels=120_000)
    found = estimator(plain(size))
    shown = estimator.network.inputs[0]
    assert shown.size <= 3 * 120_000 and max(seen_size(shown)) < 0.7 * max(size)
    assert len(found) == 3 and same_people(found, people, within=0.5)


@pytest.mark.parametrize("size", [(1, 9000), (2, 20_000), (9000, 1), (368, 8), (368, 47)])
def test_strips_are_padded_to_the_least_a_network_should_see(size):
    estimator = PoseEstimator(FakeNetwork(lambda size: People.empty()))
    fields = estimator.fields(plain(size))
    shown = estimator.network.inputs[0]
    assert min(shown.shape[:2]) == 8 * LEAST_CELLS and shown.size <= 3 * estimator.max_pixels
    covered = seen_size(shown)
    assert fields.S.shape[1:] == tuple(-(-side // 8) for side in covered)  # of the padding nothing comes back
    assert (shown[: covered[0], : covered[1]] == (10, 200, 30)).all()


@pytest.mark.slow
@pytest.mark.parametrize("size", [(2, 20_000), (10, 20_000), (20_000, 20), (368, 8), (368, 24), (1, 1)])
@pytest.mark.parametrize("grey", [0, 128, 255])
def test_the_real_network_sees_nobody_in_a_plain_strip(real, size, grey):
    """Unpadded, it saw 11 people in a black strip of 2 x 20000 pixels, one cell high in its input."""
    assert len(real(np.full((*size, 3), grey, np.uint8))) == 0


@pytest.fixture(scope="module")
def real() -> PoseEstimator:
    return PoseEstimator.from_pretrained("mobilenet-thin", device="cpu")


def test_the_most_pixels_do_not_grow_without_bound():
    assert PoseEstimator(FakeNetwork(standing)).max_pixels == 4 * 368**2
    assert PoseEstimator(FakeNetwork(standing), MAX_HEIGHT).max_pixels == MAX_PIXELS
    assert place((1080, 1920), MAX_HEIGHT, 8, MAX_PIXELS).resized[0] == MAX_HEIGHT
    assert PoseEstimator(FakeNetwork(standing), 8)(plain((50, 70))) is not None  # the smallest has room for its padding


def test_a_large_photograph_takes_no_memory_to_speak_of():
    image = plain((3648, 5472))  # 20 megapixels, 60 MB
    estimator = estimator_of(standing((3648, 5472)), (3648, 5472))
    tracemalloc.start()
    try:
        found = estimator(image)
        assert tracemalloc.get_traced_memory()[1] < 30e6
    finally:
        tracemalloc.stop()
    assert np.abs(found.keypoints - standing((3648, 5472)).keypoints)[..., :2].max() < 0.5


# ---- input of all kinds


def test_paths_and_arrays_of_all_kinds_are_taken(tmp_path):
    size = (120, 90)
    estimator = estimator_of(standing(size), size)
    save_image(tmp_path / "a.png", plain(size))
    grey = np.full(size, 7, np.uint8)
    alpha = np.dstack([plain(size), grey])
    for image in (tmp_path / "a.png", str(tmp_path / "a.png"), grey, alpha, grey.astype(np.uint16) * 257):
        assert len(estimator(image)) == 1


@pytest.mark.parametrize("preset", PRESETS)
def test_an_image_of_one_pixel_has_no_people(preset):
    estimator = PoseEstimator(FakeNetwork(lambda size: People.empty()), preset=preset)
    assert len(estimator(np.zeros((1, 1, 3), np.uint8))) == 0


def test_bad_images_are_refused():
    estimator = PoseEstimator(FakeNetwork(standing))
    for bad in (np.zeros((3, 8, 8)), np.zeros((0, 8, 3), np.uint8), "nowhere.png"):
        with pytest.raises(ImageError):
            estimator(bad)
    with pytest.raises(ImageError, match="NoneType"):
        estimator(None)


def test_a_network_that_diverged_is_named():
    class Diverged(FakeNetwork):
        def __call__(self, images):
            return [(S * torch.nan, L) for S, L in super().__call__(images)]

    with pytest.raises(ShapeError, match=r"S has .* NaN"):
        PoseEstimator(Diverged(standing))(plain((50, 50)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"height": 7}, "height is 7"),
        ({"height": 0}, "height is 0"),
        ({"height": 100_000_000_000}, r"height is 100000000000 pixels, wanted .* to 2048 \(MAX_HEIGHT\)"),
        ({"height": MAX_HEIGHT + 1}, "MAX_HEIGHT"),
        ({"height": float("nan")}, "height is nan"),
        ({"max_pixels": 64}, "max_pixels is 64"),
        ({"preset": "2016"}, "preset"),
        ({"peak_treshold": 0.1}, "peak_treshold"),
    ],
)
def test_bad_options_are_refused_at_once(options, message):
    with pytest.raises(PaflibError, match=message):
        PoseEstimator(FakeNetwork(standing), **options)


def test_parser_options_reach_the_parser():
    size = (400, 300)
    assert len(estimator_of(standing(size), size, min_parts=18)(plain(size))) == 1
    assert len(estimator_of(standing(size), size, min_score=9.0)(plain(size))) == 0


def test_devices():
    assert find_device("cpu") == "cpu"
    assert find_device() == find_device("auto") == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(DataError, match="'gpu'"):
        find_device("gpu")
    if not torch.cuda.is_available():
        with pytest.raises(DataError, match="'cuda'"):
            find_device("cuda")
