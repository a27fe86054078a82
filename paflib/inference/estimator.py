"""The estimator: a photograph in, people out, in the photograph's own pixels."""

from __future__ import annotations

import math
import os
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np

from paflib.errors import DataError, ShapeError
from paflib.fields import Fields, Grid
from paflib.inference.averaging import Look, average, looks_of, unmirrored
from paflib.inference.images import as_image, load_image
from paflib.parser import covers, parse_batch
from paflib.parser.options import ParserOptions, options_of
from paflib.people import People

if TYPE_CHECKING:
    from paflib.inference.cuda import Pending, Runner
    from paflib.model.zoo import Entry

Image = np.ndarray | str | os.PathLike[str]

MAX_HEIGHT = 2048
"""Largest height of the network's input, in pixels; at 2:1 mobilenet-thin takes 2.5 GB, at twice the height 10 GB."""

MAX_PIXELS = MAX_HEIGHT * 2 * MAX_HEIGHT
"""Most pixels of the network's input unless one asks for more: aspects up to 2:1 at :data:`MAX_HEIGHT`."""

LEAST_CELLS = 6
"""Cells that the padded input has at least in height and width.

A convolutional network pads its maps with zeros, which it never saw in place of a picture's middle: shown a plain strip
one to four cells wide, mobilenet-thin sees people along it. Shown the strip with padding beside it, it sees none.
"""


class Network(Protocol):
    """What the estimator wants of a network; :class:`paflib.model.zoo.Network` is one.

    ``entry`` has skeleton, stride, S_grid, L_grid, height and pad.
    """

    entry: Any

    def __call__(self, images: Any) -> list[tuple[Any, Any]]:
        """For images (B, H, W, 3) uint8 RGB, H and W multiples of the stride, the tensors (S, L) of every stage.

        S is (B, J + 1, h, w), background last; L is (B, C, 2, h', w').
        """
        ...


@dataclass(frozen=True)
class Placement:
    """How an image lies in the network's input: resized, at the top left, padded at the right and bottom.

    Sizes are (height, width). Both sides are rounded to whole pixels, each has a factor of its own, and ``factor`` is
    exact: a source pixel x lies at ``(x + 0.5) * f - 0.5``.
    """

    source: tuple[int, int]
    resized: tuple[int, int]
    padded: tuple[int, int]

    @property
    def factor(self) -> tuple[float, float]:
        """(fx, fy): network pixels per source pixel."""
        return self.resized[1] / self.source[1], self.resized[0] / self.source[0]

    def in_source(self, grid: Grid) -> Grid:
        """A grid of the network's input as seen in the source image."""
        fx, fy = self.factor
        return grid.resized((1 / fx, 1 / fy))

    def cells(self, grid: Grid) -> tuple[int, int]:
        """How many rows and columns of a grid the image covers, the last ones perhaps in part."""
        stride_x, stride_y = grid.strides
        return math.ceil(self.resized[0] / stride_y), math.ceil(self.resized[1] / stride_x)


def place(size: tuple[int, int], height: int, stride: int, max_pixels: int) -> Placement:
    """Find the size at which an image is shown to a network.

    The aspect is kept. The image gets ``height``, or less where the padded input would have more than ``max_pixels``
    pixels: with scale f the padded sides are below ``f * H + stride`` and ``f * W + stride``, and the largest f whose
    product keeps the bound solves a quadratic. A strip is padded to :data:`LEAST_CELLS` cells; its length is then what
    the bound leaves of that width.

    >>> place((480, 640), height=368, stride=8, max_pixels=600_000)
    Placement(source=(480, 640), resized=(368, 491), padded=(368, 496))
    """
    H, W = size
    a, b, c = H * W, stride * (H + W), stride**2 - max_pixels
    bound = (math.sqrt(b * b - 4 * a * c) - b) / (2 * a)
    least = LEAST_CELLS * stride
    f = min(height / H, bound, (max_pixels / least - stride) / max(H, W))
    resized = (max(round(H * f), 1), max(round(W * f), 1))
    rows, columns = (max(math.ceil(side / stride) * stride, least) for side in resized)
    return Placement((H, W), resized, (rows, columns))


def network_input(image: np.ndarray, placement: Placement, pad: tuple[int, int, int]) -> np.ndarray:
    """Resize and pad an image: (H, W, 3) uint8 -> (*placement.padded, 3) uint8, area-averaged down, cubic up."""
    (height, width), (rows, columns) = placement.resized, placement.padded
    kernel = cv2.INTER_AREA if height < placement.source[0] else cv2.INTER_CUBIC
    resized = cv2.resize(image, (width, height), interpolation=kernel)
    below, right = rows - height, columns - width
    return cv2.copyMakeBorder(resized, 0, below, 0, right, cv2.BORDER_CONSTANT, value=pad)


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture as the network is to see it: for every look an array (*padded, 3) uint8, and how it lies there."""

    inputs: tuple[np.ndarray, ...]
    placements: tuple[Placement, ...]

    def alike(self, other: Shown) -> bool:
        """Whether the two can be in one batch."""
        return all(
            (a.resized, a.padded) == (b.resized, b.padded)
            for a, b in zip(self.placements, other.placements, strict=True)
        )


@dataclass(eq=False)
class _Work:
    """A batch that was given to the network: its pictures, and what the network said, or is still to say.

    Or why it said nothing: of the one picture that is in the batch then, or of something else where there is none.
    """

    batch: list[Shown]
    fields: list[Fields] = field(default_factory=list)
    pending: Pending | None = None
    failure: Exception | None = None


class PoseEstimator:
    """A network and a parser behind one call: ``estimator(image) -> People``.

    The image is resized to the network's ``height`` with its aspect kept, padded at the right and bottom to the stride
    (a strip to :data:`LEAST_CELLS` cells), and the maps are cut back to the cells that it covers; coordinates are those
    of the source image. The work is bounded: an image so wide that the padded input would have more than ``max_pixels``
    pixels is shown smaller. By default that is ``4 * height**2``, which leaves every aspect up to nearly 4:1 at full
    height, and never more than :data:`MAX_PIXELS`; however large the photograph, the network never sees more.

    Args:
        network: as :func:`paflib.model.zoo.load` gives it; :meth:`from_pretrained` takes a name.
        height: of the network's input, in pixels, from its stride to :data:`MAX_HEIGHT`; by default the one the network
            is usually run at. Smaller is quicker, larger finds smaller people.
        max_pixels: most pixels of the network's input; at another scale its square times as many.
        preset, options: of the parser, see :class:`paflib.parser.ParserOptions`.
        scales: factors on ``height``: the picture is shown once at each, and the maps are averaged on the grid of the
            first, so that ``(0.7, 1, 1.3)`` averages on the coarsest. ``(1, 0.7, 1.3)`` is in the manner of the papers'
            best figures, and costs 3.2 times as much.
        flip: show the mirror image too, at every scale, which doubles the cost.
        on_device: find peaks and line integrals on the network's device too, so that only candidates leave it
            (:mod:`paflib.inference.cuda`); by default on CUDA. Elsewhere the parser's compiled road is quicker.

    Raises:
        DataError: height too small or too large, max_pixels too small, no scale or one beyond reason, or ``flip`` with
            a skeleton whose mirror image has other limbs.
        ShapeError: an unknown preset or option of the parser.
    """

    def __init__(
        self,
        network: Network,
        height: int | None = None,
        max_pixels: int | None = None,
        preset: str | ParserOptions = "paper",
        scales: Sequence[float] = (1.0,),
        flip: bool = False,
        on_device: bool | None = None,
        **options: Any,
    ) -> None:
        stride = network.entry.stride
        self.network = network
        self.height = network.entry.height if height is None else height
        if not stride <= self.height <= MAX_HEIGHT:
            raise DataError(
                f"height is {self.height} pixels, wanted the network's stride of {stride} to {MAX_HEIGHT} (MAX_HEIGHT)"
            )
        least = (LEAST_CELLS * stride) ** 2
        self.max_pixels = max(min(4 * self.height**2, MAX_PIXELS), least) if max_pixels is None else max_pixels
        if self.max_pixels < least:
            raise DataError(f"max_pixels is {self.max_pixels}, wanted at least {least}: the smallest input there is")
        self.looks = looks_of(scales, flip, network.entry.skeleton)
        for look in self.looks:
            if not stride <= self._height(look) <= MAX_HEIGHT:
                raise DataError(
                    f"a height of {self.height} pixels at scale {look.scale:g} is {self._height(look)}, wanted the "
                    f"network's stride of {stride} to {MAX_HEIGHT} (MAX_HEIGHT)"
                )
        self.options = options_of(preset, **options)
        self._most: dict[tuple[Placement, ...], int] = {}  # images there was room for, where there was none for more
        self._runner = self._make_runner(on_device)

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str | os.PathLike[str] = "mobilenet-thin",
        device: str | None = None,
        height: int | None = None,
        max_pixels: int | None = None,
        precision: str = "auto",
        entry: Entry | str | None = None,
        backend: str = "auto",
        **options: Any,
    ) -> PoseEstimator:
        """An estimator with real weights, by name (fetched once) or from a local file.

        Args:
            name_or_path: a name in :data:`paflib.model.zoo.ZOO`, a weights file, or an ONNX file, which ONNX Runtime or
                OpenCV runs on the CPU (:mod:`paflib.inference.backends`).
            device: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ...; by default the first CUDA device where there is one.
            height, max_pixels, options: as for the class, ``scales`` and ``flip`` among them.
            precision: of the network's layers, see :meth:`paflib.model.zoo.Network.prepare`.
            entry, backend: of an ONNX file: what it is, where it does not say so itself, as an
                :class:`paflib.model.zoo.Entry` or the name of the network in the zoo that it is; and what runs it,
                ``"onnxruntime"`` or ``"opencv"``, by default ONNX Runtime where it is installed.

        Raises:
            FetchError, WeightsError: no such network, or its weights cannot be had or read.
            DataError: no such device, or no such precision there; or an entry or a backend for something else than an
                ONNX file.
        """
        network: Any = load_network(name_or_path, device, entry, backend)
        if hasattr(network, "prepare"):
            network.prepare(precision)
        return cls(network, height, max_pixels, **options)

    def __call__(self, image: Image) -> People:
        """The people in an image, best first, in pixels of the image.

        Where the maps come to the CPU they are parsed by the compiled road, if Numba can be imported; the first call on
        a machine compiles it.

        Args:
            image: RGB ``(H, W, 3)``, grey or RGBA array of uint8 or uint16, or the path of a picture.

        Raises:
            ImageError: it is no image, or no picture that can be read.
            ShapeError: the network's maps of it hold NaN.
            DataError: the device has no room for it.
        """
        return next(self.stream([image], batch=1))

    def stream(self, images: Iterable[Image], batch: int | None = None) -> Iterator[People]:
        """The people of one image after the other, in the order of the images, however many there are.

        No more than two batches of images are held at a time. On a GPU the network is at one batch while the people of
        the one before are put together and the images of the next are read and resized.

        Args:
            images: as for a call, of any sizes; one after another of the same size are taken together.
            batch: how many at most; by default 8 on CUDA and 1 elsewhere, where more at a time are no quicker. With 1,
                each image's people come before the next image is asked for, as a camera wants it.

        Raises:
            ImageError: an image cannot be read.
            ShapeError: the network's maps of an image hold NaN; it says of which.
            DataError: the device has no room for an image, and it says for which; or, at once, batch is less than 1,
                or images is a single one.
            Whatever comes of an image comes after the people of those before it.
        """
        if isinstance(images, (str, os.PathLike)) or getattr(images, "ndim", 0) == 3:
            raise DataError("images is a single picture, wanted several, as [picture]; or call the estimator on it")
        size = (8 if self._runner else 1) if batch is None else batch
        if size < 1:
            raise DataError(f"batch is {batch}, wanted at least 1")
        return self._stream(iter(images), size)

    def _stream(self, images: Iterator[Image], size: int) -> Iterator[People]:
        waiting: deque[_Work] = deque()
        done, most = 0, int(self._runner is not None and size > 1)  # works that wait while the next is made ready
        for work in self._works(images, size):
            waiting.append(work)
            while len(waiting) > most:
                for people in self._finish(waiting.popleft(), done):
                    yield people
                    done += 1
        for work in waiting:
            for people in self._finish(work, done):
                yield people
                done += 1

    def fields(self, image: Image, stages: bool = False) -> Fields:
        """What the network says: S, L and background, with grids in pixels of the source image.

        Args:
            image: as for a call.
            stages: keep what every stage predicted in ``Fields.stages``, first to last.

        Raises:
            ImageError: it is no image, or no picture that can be read.
        """
        return self._host_fields([self._shown(image)], stages)[0]

    @property
    def about(self) -> str:
        """What is used, in a line: the network, its device and precision, and where the maps are parsed."""
        entry, runner = self.network.entry, self._runner
        device = getattr(self.network, "device", None)
        where = getattr(self.network, "about", "") or f"on {device or 'the CPU'}"
        if device is not None and device.type == "cuda":
            import torch

            where += f" ({torch.cuda.get_device_name(device)})"
        precision = getattr(self.network, "precision", "float32")
        parsed = "on the CPU" if runner is None else f"there, {'replayed as a graph' if runner.graphs else 'eagerly'}"
        return f"{getattr(entry, 'name', 'network')} {where} in {precision}, parsed {parsed}"

    # ---- images to the network

    def _shown(self, image: Image) -> Shown:
        """An image as every look shows it."""
        image = load_image(image) if isinstance(image, (str, os.PathLike)) else as_image(image)
        placements = tuple(self._placement(image, look) for look in self.looks)
        inputs = []
        for look, placement in zip(self.looks, placements, strict=True):
            turned = np.ascontiguousarray(image[:, ::-1]) if look.mirrored else image
            inputs.append(network_input(turned, placement, self.network.entry.pad))
        return Shown(tuple(inputs), placements)

    def _placement(self, image: np.ndarray, look: Look) -> Placement:
        entry = self.network.entry
        most = min(round(self.max_pixels * look.scale**2), max(self.max_pixels, MAX_PIXELS))
        least = (LEAST_CELLS * entry.stride) ** 2
        return place((image.shape[0], image.shape[1]), self._height(look), entry.stride, max(most, least))

    def _works(self, images: Iterator[Image], size: int) -> Iterator[_Work]:
        """Batches, given to the network when they are asked for; an error is the last of them."""
        try:
            for group in self._groups(images, size):
                yield from self._submit(group)
        except Exception as error:
            yield _Work([], failure=error)

    def _groups(self, images: Iterator[Image], size: int) -> Iterator[list[Shown]]:
        """Images that are placed alike, one after another, at most ``size`` of them; then the error of one, if any.

        They are resized on threads where a GPU is at work meanwhile.
        """
        pool = ThreadPoolExecutor(min(size, 4)) if self._runner is not None and size > 1 else None
        with pool or nullcontext():
            more = True
            while more:
                coming, failure = self._read(images, size, pool)
                more = len(coming) == size
                group: list[Shown] = []
                for show in coming:
                    try:
                        shown = show()
                    except Exception as error:
                        failure, more = error, False
                        break
                    if group and not group[0].alike(shown):
                        yield group
                        group = []
                    group.append(shown)
                if group:
                    yield group
            if failure is not None:
                raise failure

    def _read(
        self, images: Iterator[Image], size: int, pool: ThreadPoolExecutor | None
    ) -> tuple[list[Callable[[], Shown]], Exception | None]:
        """The next images, each as what gives it as it is shown, and why there are fewer than ``size``, if it is an
        error.
        """
        coming: list[Callable[[], Shown]] = []
        try:
            for image in islice(images, size):
                coming.append(pool.submit(self._shown, image).result if pool else partial(self._shown, image))
        except Exception as error:
            return coming, error
        return coming, None

    def _submit(self, group: list[Shown]) -> Iterator[_Work]:
        """Give a batch to the network, in smaller ones where the device has no room for it."""
        too_many = 0
        shape = tuple(replace(one, source=(0, 0)) for one in group[0].placements)
        while group:
            most = self._most.get(shape, len(group))
            part, group = group[:most], group[most:]
            try:
                works = self._start(part)
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error):
                    raise
                group = part + group
                if self._made_room():
                    continue
                if len(part) == 1:
                    yield _Work(part, failure=self._no_room(error))
                    return
                self._most[shape], too_many = len(part) // 2, too_many or len(part)
            else:
                if too_many:
                    warnings.warn(
                        f"the device has no room for {too_many} images at a time: going on with {len(part)}",
                        stacklevel=2,
                    )
                    too_many = 0
                yield from works

    def _made_room(self) -> bool:
        """Whether something was given back that a batch might need: graphs of other shapes."""
        return self._runner is not None and self._runner.release()

    def _no_room(self, cause: BaseException) -> DataError:
        error = DataError(
            f"the device has no room for one image at a height of {self.height} pixels: choose a smaller height "
            "or max_pixels, or another device"
        )
        error.__cause__ = cause
        return error

    def _start(self, batch: list[Shown]) -> list[_Work]:
        if self._runner is not None:
            inputs = [np.stack(images) for images in zip(*(shown.inputs for shown in batch), strict=True)]
            return [_Work(batch, pending=self._runner.submit(inputs, batch[0].placements))]
        try:
            return [_Work(batch, self._host_fields(batch))]
        except ShapeError as error:  # NaN in the maps of one of them
            if len(batch) == 1:
                return [_Work(batch, failure=error)]
            return [work for shown in batch for work in self._start([shown])]

    def _make_runner(self, on_device: bool | None) -> Runner | None:
        device = getattr(self.network, "device", None)
        cuda = device is not None and device.type == "cuda"
        if not (cuda if on_device is None else on_device) or not covers(self.options):
            return None
        from paflib.inference.cuda import Runner

        return Runner(self.network, self.looks, self.options, device or "cpu")

    # ---- what it said to people

    def _finish(self, work: _Work, done: int) -> Iterator[People]:
        """The people of a batch, of which the first is image ``done`` of the stream."""
        if work.failure is not None:
            raise _of_image(done, work.failure) if work.batch else work.failure
        if work.pending is not None:
            yield from self._from_device(work.batch, work.pending, done)
        else:
            yield from parse_batch(work.fields, preset=self.options)

    def _from_device(self, batch: list[Shown], pending: Pending, done: int) -> Iterator[People]:
        from paflib.parser import on_device

        assert self._runner is not None
        entry, rows = self.network.entry, pending.wait()
        if on_device.most_candidates(rows, entry.skeleton) > pending.capacity == self._runner.capacity:
            self._runner.widen()  # for the batches to come
        for n, (row, shown) in enumerate(zip(rows, batch, strict=True)):
            found = on_device.unpack(row, entry.skeleton, pending.capacity)
            if found is None:
                yield self._again(shown, done + n)
            else:
                grid = shown.placements[0].in_source(entry.S_grid)
                yield on_device.assemble(found, entry.skeleton, grid, self.options)

    def _again(self, shown: Shown, number: int) -> People:
        """The people of an image of whose maps the device made nothing: too much is in them for it, or NaN."""
        try:
            return parse_batch(self._with_room([shown]), preset=self.options)[0]
        except DataError as error:
            raise _of_image(number, error) from None
        except ShapeError as error:
            network: Any = self.network
            precision = getattr(network, "precision", "float32")
            if precision == "float32":
                raise _of_image(number, error) from None
            warnings.warn(f"{precision} overflows in this network ({error}): going on in float32", stacklevel=2)
            network.prepare("float32")
            assert self._runner is not None
            self._runner.release()
            return self._again(shown, number)

    def _with_room(self, batch: list[Shown]) -> list[Fields]:
        """:meth:`_host_fields`, once more after graphs were given back where there was no room."""
        try:
            return self._host_fields(batch)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            if not self._made_room():
                raise self._no_room(error) from error
        return self._with_room(batch)

    def _host_fields(self, batch: list[Shown], stages: bool = False) -> list[Fields]:
        """The fields of pictures that are placed alike, the mean of all looks, on the CPU."""
        looks = []
        for k, look in enumerate(self.looks):
            outputs = self.network(np.stack([shown.inputs[k] for shown in batch]))
            kept = [(_numpy(S), _numpy(L)) for S, L in (outputs if stages else outputs[-1:])]
            looks.append([self._seen(kept, n, shown.placements[k], look, stages) for n, shown in enumerate(batch)])
        return [average(each) for each in zip(*looks, strict=True)]

    def _seen(
        self, outputs: list[tuple[np.ndarray, np.ndarray]], n: int, placement: Placement, look: Look, stages: bool
    ) -> Fields:
        """The fields of image n of a batch at one look, from what the network said of the batch at every stage."""
        made = tuple(self._fields(S[n], L[n], placement) for S, L in outputs)
        fields = replace(made[-1], stages=made if stages else ())
        return unmirrored(fields, placement.source[1]) if look.mirrored else fields

    def _height(self, look: Look) -> int:
        return round(self.height * look.scale)

    def _fields(self, S: np.ndarray, L: np.ndarray, placement: Placement) -> Fields:
        """One stage's output for one image, S (J + 1, h, w) and L (C, 2, h', w'), as Fields."""
        entry = self.network.entry
        rows, columns = placement.cells(entry.S_grid)
        maps = np.ascontiguousarray(S[:, :rows, :columns])
        rows, columns = placement.cells(entry.L_grid)
        return Fields(
            maps[:-1],
            np.ascontiguousarray(L[:, :, :rows, :columns]),
            entry.skeleton,
            placement.in_source(entry.S_grid),
            placement.in_source(entry.L_grid),
            background=maps[-1],
            image_size=placement.source,
        )


def load_network(
    name_or_path: str | os.PathLike[str],
    device: str | None = None,
    entry: Entry | str | None = None,
    backend: str = "auto",
) -> Network:
    """A network by its name, from a weights file (:func:`paflib.model.zoo.load`), or from an ONNX file.

    Args:
        name_or_path, device, entry, backend: as for :meth:`PoseEstimator.from_pretrained`.

    Raises:
        FetchError, WeightsError: no such network, or its weights cannot be had or read.
        DataError: no such device, or an ONNX file on another device than the CPU; no such entry or backend, or one for
            something else than an ONNX file.
    """
    from paflib.model import zoo  # imports torch, which takes seconds
    from paflib.model.released import kind_of

    path = Path(name_or_path).expanduser()
    if os.fspath(name_or_path) in zoo.ZOO or not path.is_file() or kind_of(path) != "onnx":
        if entry is not None or backend != "auto":
            raise DataError(f"{name_or_path} is no ONNX file: leave out the entry and the backend")
        return zoo.load(name_or_path, device=find_device(device))
    if device not in (None, "auto", "cpu"):
        raise DataError(f"{path} is an ONNX file, which is run on the CPU: leave out the device {device!r}")
    if isinstance(entry, str) and entry not in zoo.ZOO:
        raise DataError(f"entry is {entry!r}, wanted a paflib.model.zoo.Entry, or one of {', '.join(zoo.ZOO)}")
    from paflib.inference.backends import load_file

    return load_file(path, backend, zoo.ZOO[entry] if isinstance(entry, str) else entry)


def find_device(name: str | None = None) -> str:
    """The torch device of that name; for None or ``"auto"`` CUDA where it is there, else the CPU.

    Raises:
        DataError: torch knows no such device, or this machine has none.
    """
    import torch

    if name in (None, "auto"):
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:  # torch built without CUDA raises AssertionError
        reason = str(error).splitlines()[0]
        raise DataError(f"device {name!r} cannot be used here: {reason}") from None
    return str(name)


def _numpy(maps: Any) -> np.ndarray:
    return maps if isinstance(maps, np.ndarray) else np.asarray(maps.float().cpu().numpy())


def _of_image(number: int, error: Exception) -> Exception:
    """An error that says of which image of a stream it is."""
    named = type(error)(f"image {number}: {error}")
    named.__cause__ = error.__cause__
    return named


_NO_ROOM = ("out of memory", "can't allocate memory", "ALLOC_FAILED")  # of CUDA; of the CPU; of cuBLAS and cuDNN


def out_of_memory(error: BaseException) -> bool:
    """Whether a GPU, or the CPU, had no room: PyTorch says so in errors of several classes, and older ones of none."""
    return isinstance(error, MemoryError) or any(words in str(error) for words in _NO_ROOM)
