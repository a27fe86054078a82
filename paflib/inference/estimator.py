"""The estimator: a photograph in, people out, in the photograph's own pixels."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import cv2
import numpy as np

from paflib.errors import DataError
from paflib.fields import Fields, Grid
from paflib.inference.averaging import Look, average, looks_of, unmirrored
from paflib.inference.images import as_image, load_image
from paflib.parser import parse
from paflib.parser.options import ParserOptions, options_of
from paflib.people import People

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

    def __call__(self, images: np.ndarray) -> list[tuple[Any, Any]]:
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
            first. ``(1, 0.7, 1.3)`` is in the manner of the papers' best figures, and costs 3.2 times as much.
        flip: show the mirror image too, at every scale, which doubles the cost.

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

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str | os.PathLike[str] = "mobilenet-thin",
        device: str | None = None,
        height: int | None = None,
        max_pixels: int | None = None,
        **options: Any,
    ) -> PoseEstimator:
        """An estimator with real weights, by name (fetched once) or from a local file.

        Args:
            name_or_path: a name in :data:`paflib.model.zoo.ZOO`, or a weights file.
            device: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ...; by default the first CUDA device where there is one.
            height, max_pixels, options: as for the class, ``scales`` and ``flip`` among them.

        Raises:
            FetchError, WeightsError: no such network, or its weights cannot be had or read.
            DataError: no such device.
        """
        from paflib.model import zoo  # imports torch, which takes seconds

        return cls(zoo.load(name_or_path, device=find_device(device)), height, max_pixels, **options)

    def __call__(self, image: Image) -> People:
        """The people in an image, best first, in pixels of the image.

        The maps are parsed by the compiled road where Numba can be imported; the first call on a machine compiles it.

        Args:
            image: RGB ``(H, W, 3)``, grey or RGBA array of uint8 or uint16, or the path of a picture.

        Raises:
            ImageError: it is no image, or no picture that can be read.
        """
        return parse(self.fields(image), preset=self.options, backend="auto")

    def fields(self, image: Image, stages: bool = False) -> Fields:
        """What the network says: S, L and background, with grids in pixels of the source image.

        Args:
            image: as for a call.
            stages: keep what every stage predicted in ``Fields.stages``, first to last.

        Raises:
            ImageError: it is no image, or no picture that can be read.
        """
        image = load_image(image) if isinstance(image, (str, os.PathLike)) else as_image(image)
        return average([self._seen(image, look, stages) for look in self.looks])

    def _seen(self, image: np.ndarray, look: Look, stages: bool) -> Fields:
        """The fields of one look at an image (H, W, 3), in pixels of the image."""
        entry = self.network.entry
        most = min(round(self.max_pixels * look.scale**2), max(self.max_pixels, MAX_PIXELS))
        least = (LEAST_CELLS * entry.stride) ** 2
        placement = place((image.shape[0], image.shape[1]), self._height(look), entry.stride, max(most, least))
        shown = np.ascontiguousarray(image[:, ::-1]) if look.mirrored else image
        outputs = self.network(network_input(shown, placement, entry.pad)[None])
        made = tuple(self._fields(S, L, placement) for S, L in (outputs if stages else outputs[-1:]))
        fields = replace(made[-1], stages=made if stages else ())
        return unmirrored(fields, image.shape[1]) if look.mirrored else fields

    def _height(self, look: Look) -> int:
        return round(self.height * look.scale)

    def _fields(self, S: Any, L: Any, placement: Placement) -> Fields:
        """One stage's output for a batch of one: S (1, J+1, h, w) and L (1, C, 2, h', w') -> Fields."""
        entry = self.network.entry
        rows, columns = placement.cells(entry.S_grid)
        maps = _numpy(S)[0, :, :rows, :columns]
        rows, columns = placement.cells(entry.L_grid)
        return Fields(
            maps[:-1],
            _numpy(L)[0, :, :, :rows, :columns],
            entry.skeleton,
            placement.in_source(entry.S_grid),
            placement.in_source(entry.L_grid),
            background=maps[-1],
            image_size=placement.source,
        )


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


def _numpy(tensor: Any) -> np.ndarray:
    return np.ascontiguousarray(tensor.float().cpu().numpy())
