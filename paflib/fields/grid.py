"""Grids: where the cells of a map lie in the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from paflib.errors import ShapeError

_Number = float | tuple[float, float]


@dataclass(frozen=True)
class Grid:
    """Where the cells of a map lie: cell g of stride s has its centre at pixel ``s * g + origin``.

    Args:
        stride: pixels from a cell to the next, one number or one in x and one in y.
        origin: the pixel under the centre of cell 0; by default ``(stride - 1) / 2``, the middle of the s pixels that
            the cell covers.

    >>> Grid(8).to_pixels([[0.0, 1.0]])
    array([[ 3.5, 11.5]])
    """

    stride: _Number
    origin: _Number | None = None

    def __post_init__(self) -> None:
        stride = _pair("stride", self.stride)
        if min(stride) <= 0:
            raise ShapeError(f"stride is {self.stride}, wanted a positive number of pixels")
        origin = tuple((s - 1) / 2 for s in stride) if self.origin is None else _pair("origin", self.origin)
        object.__setattr__(self, "stride", stride)
        object.__setattr__(self, "origin", origin)

    def to_pixels(self, cells: Any) -> np.ndarray:
        """Cell coordinates (..., 2) as pixels (..., 2), both (x, y)."""
        return np.asarray(cells, float) * np.array(self.stride) + np.array(self.origin)

    def to_cells(self, pixels: Any) -> np.ndarray:
        """Pixels (..., 2) as cell coordinates (..., 2), both (x, y)."""
        return (np.asarray(pixels, float) - np.array(self.origin)) / np.array(self.stride)

    def resized(self, factor: _Number) -> Grid:
        """The same cells seen in the image resized by a factor: ``x' = (x + 0.5) * f - 0.5`` for cell centres too."""
        f = np.array(_pair("factor", factor))
        origin = (np.array(self.origin) + 0.5) * f - 0.5
        stride = np.array(self.stride) * f
        return Grid((float(stride[0]), float(stride[1])), (float(origin[0]), float(origin[1])))

    @property
    def strides(self) -> tuple[float, float]:
        """Pixels per cell along x and along y."""
        return _pair("stride", self.stride)

    def axes(self, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Pixel x of the w columns and pixel y of the h rows of a map of ``shape`` (h, w)."""
        h, w = shape
        centres = self.to_pixels(np.stack([np.arange(max(h, w))] * 2, axis=-1))
        return centres[:w, 0], centres[:h, 1]


def _pair(name: str, value: Any) -> tuple[float, float]:
    try:
        x, y = np.broadcast_to(np.asarray(value, float), 2)
    except ValueError:
        raise ShapeError(f"{name} is {value}, wanted a number or a pair (x, y)") from None
    return float(x), float(y)
