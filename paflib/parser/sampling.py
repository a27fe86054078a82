"""Reading a field between its cells: nearest, bilinear, or the cubic kernel of OpenCV."""

from __future__ import annotations

from typing import Literal

import numpy as np

from paflib.errors import ShapeError

Kernel = Literal["nearest", "bilinear", "cubic"]
_A = -0.75  # OpenCV's cubic; a smoother -0.5 places peaks two to three times worse (FACTS 1.5)


def cubic_weights(t: np.ndarray) -> np.ndarray:
    """Weights (4, ...) of the cells at -1, 0, 1, 2 for a point at t in [0, 1) after cell 0, by OpenCV's kernel."""
    # Products and no powers: what they round to is the same everywhere.
    near = [(_A + 2) * (d * d * d) - (_A + 3) * (d * d) + 1 for d in (t, 1 - t)]
    far = [_A * (d * d * d - 5 * (d * d) + 8 * d - 4) for d in (1 + t, 2 - t)]
    return np.stack([far[0], near[0], near[1], far[1]])


def sample(maps: np.ndarray, xy: np.ndarray, kernel: Kernel = "bilinear") -> np.ndarray:
    """Values (K, ...) of maps (K, h, w) at points (..., 2), given in cells as (x, y).

    Beyond the outermost cell centres the border is repeated, as image resizing does.
    """
    if kernel not in ("nearest", "bilinear", "cubic"):
        raise ShapeError(f"kernel is {kernel!r}, wanted 'nearest', 'bilinear' or 'cubic'")
    _, h, w = maps.shape
    if kernel == "nearest":
        # Half rounds up, as in the released code; np.round would go to the even cell.
        x, y = (np.clip(np.floor(xy[..., i] + 0.5).astype(int), 0, n - 1) for i, n in enumerate((w, h)))
        return maps[:, y, x]
    base = np.floor(xy).astype(int)
    t = xy - base
    reach = (0, 1) if kernel == "bilinear" else (-1, 0, 1, 2)
    weights = np.stack([1 - t, t]) if kernel == "bilinear" else cubic_weights(t)
    values = np.zeros((len(maps), *xy.shape[:-1]))
    columns = [np.clip(base[..., 0] + k, 0, w - 1) for k in reach]
    for i, k in enumerate(reach):
        row = np.clip(base[..., 1] + k, 0, h - 1)
        for j, column in enumerate(columns):
            values += maps[:, row, column] * (weights[i, ..., 1] * weights[j, ..., 0])
    return values
