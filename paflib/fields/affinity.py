"""Part affinity fields L*: which way each limb runs (TPAMI Eq. 9 and 10), and midpoint maps, the baseline they replace.

Derived in the book's chapter on part affinity fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from paflib._check import check_shape
from paflib.errors import ShapeError
from paflib.fields.confidence import SIGMA, confidence_maps
from paflib.fields.grid import Grid

LIMB_WIDTH = 8.0
"""Half the width of a limb in pixels, the paper's sigma_l: one cell at stride 8 in the released code (FACTS 1.8)."""

Overlap = Literal["average", "last"]
Region = Literal["paper", "cmu"]


def affinity_fields(
    keypoints: np.ndarray,
    limbs: Sequence[tuple[int, int]],
    shape: tuple[int, int],
    grid: Grid = Grid(8),  # noqa: B008 - frozen
    limb_width: float = LIMB_WIDTH,
    overlap: Overlap = "average",
    region: Region = "paper",
) -> np.ndarray:
    """Part affinity fields (C, 2, h, w) of N people: on a limb the unit vector along it, elsewhere 0 (Eq. 9 and 10).

    A cell with centre p lies on person k's limb from x_1 to x_2 when ``0 <= v . (p - x_1) <= |x_2 - x_1|`` and
    ``|v_perp . (p - x_1)| <= sigma_l``, v being the unit vector from x_1 to x_2.

    Args:
        keypoints: (N, J, 3), x and y in pixels and a score; a limb of which an end is missing, or whose ends coincide,
            leaves no mark.
        limbs: C pairs (from, to) of part indices.
        shape: (h, w) in cells.
        grid: where the cells lie.
        limb_width: the half width sigma_l in pixels.
        overlap: where limbs of the same kind cross: ``"average"`` over the people whose limb covers the cell (Eq. 10),
            or ``"last"``, the last person wins, which is what the 2017 training code does (FACTS 1.8).
        region: ``"paper"`` ends a limb at its joints; ``"cmu"`` takes the cells within the half width of the line that
            lie in the limb's bounding box grown by the half width, so the field runs past the joints (FACTS 1.8).

    Raises:
        ShapeError: when keypoints are not (N, J, 3), a limb names no part, or an option is unknown.
    """
    people = np.asarray(keypoints, float)
    parts = check_shape("keypoints", people, "N J 3")["J"]
    _check_limbs(limbs, parts)
    if overlap not in ("average", "last") or region not in ("paper", "cmu"):
        raise ShapeError(f"overlap {overlap!r} and region {region!r}: wanted 'average' or 'last', and 'paper' or 'cmu'")
    x, y = np.meshgrid(*grid.axes(shape))
    cells = np.stack([x, y], axis=-1)  # (h, w, 2) cell centres in pixels
    L = np.zeros((len(limbs), 2, *shape))
    for c, (start, end) in enumerate(limbs):
        covered = np.zeros(shape)
        for a, b in _both_present(people, start, end):
            on_limb = _on_limb(cells, a, b, limb_width, region, grid)
            v = (b - a) / np.linalg.norm(b - a)
            if overlap == "last":
                L[c][:, on_limb] = v[:, None]
            else:
                L[c] += v[:, None, None] * on_limb
                covered += on_limb
        if overlap == "average":
            L[c] /= np.maximum(covered, 1)
    return L.astype(np.float32)


def midpoint_maps(
    keypoints: np.ndarray,
    limbs: Sequence[tuple[int, int]],
    shape: tuple[int, int],
    grid: Grid = Grid(8),  # noqa: B008 - frozen
    sigma: float = float(SIGMA),
    points: int = 1,
) -> np.ndarray:
    """Midpoint maps (C, points, h, w): a Gaussian on evenly spaced points between a limb's ends.

    The baseline of TPAMI Fig. 5 and Fig. 11a: they say that a limb passes here, but not which way it runs, so in a
    crowd two wrong pairs can share the midpoints of two right ones.

    Args:
        keypoints, limbs, shape, grid: as in :func:`affinity_fields`.
        sigma: as in :func:`~paflib.fields.confidence.confidence_maps`.
        points: 1, the middle; 2, the points at one and two thirds; more are possible.
    """
    people = np.asarray(keypoints, float)
    _check_limbs(limbs, check_shape("keypoints", people, "N J 3")["J"])
    if points < 1:
        raise ShapeError(f"points is {points}, wanted at least 1")
    t = np.arange(1, points + 1)[:, None] / (points + 1)  # (points, 1) share of the way
    ends = people[:, np.array(limbs, int).reshape(-1, 2)]  # (N, C, 2, 3)
    between = ends[:, :, None, 0] * (1 - t) + ends[:, :, None, 1] * t  # (N, C, points, 3)
    between[..., 2] = np.all(ends[..., 2] > 0, axis=2, keepdims=True)
    flat = between.reshape(len(people), -1, 3)  # (N, C * points, 3)
    return confidence_maps(flat, shape, grid, sigma).reshape(len(limbs), points, *shape)


def _check_limbs(limbs: Sequence[tuple[int, int]], parts: int) -> None:
    for limb in limbs:
        if len(limb) != 2 or not all(0 <= j < parts for j in limb):
            raise ShapeError(f"limbs has {tuple(limb)}, wanted two part indices below {parts}")


def _both_present(people: np.ndarray, start: int, end: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for person in people:
        a, b = person[start], person[end]
        if min(a[2], b[2]) > 0 and np.isfinite(a).all() and np.isfinite(b).all() and (a[:2] != b[:2]).any():
            yield a[:2], b[:2]


def _on_limb(cells: np.ndarray, a: np.ndarray, b: np.ndarray, width: float, region: Region, grid: Grid) -> np.ndarray:
    length = np.linalg.norm(b - a)
    v = (b - a) / length
    offset = cells - a
    across: np.ndarray = np.abs(offset @ np.array([-v[1], v[0]])) <= width
    if region == "paper":
        along = offset @ v
        return across & (along >= 0) & (along <= length)
    # The released code works in cells: the box of both ends, grown by the half width, its corners rounded to cells and
    # the last row and column left out.
    ends = grid.to_cells(np.stack([a, b]))
    grow = width / np.array(grid.stride)
    low, high = np.floor(ends.min(axis=0) - grow + 0.5), np.floor(ends.max(axis=0) + grow + 0.5)
    index = np.rint(grid.to_cells(cells))
    return across & ((index >= low) & (index < high)).all(axis=-1)
