"""Several looks at one picture, averaged: at other sizes, and at its mirror image.

A network misses at one size what it sees at another. Both papers report their best figures with maps averaged over
three sizes; a mirror image besides halves what is left of a network's preference for a side. The maps of a look lie on
a grid of their own, so they are read at the cells of the first look's with the cubic kernel, along each axis alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from paflib.errors import DataError
from paflib.fields import Fields, Grid
from paflib.parser.sampling import cubic_weights
from paflib.skeleton import Skeleton


@dataclass(frozen=True)
class Look:
    """One way to show a picture to a network.

    Args:
        scale: factor on the height of the network's input.
        mirrored: whether the network sees the mirror image.
    """

    scale: float = 1.0
    mirrored: bool = False


def looks_of(scales: Sequence[float], flip: bool, skeleton: Skeleton) -> tuple[Look, ...]:
    """Every scale, and with ``flip`` the mirror image at every scale; the first is the one whose grid is kept.

    Raises:
        DataError: no scale, one that is not between 0.1 and 10, or a skeleton whose mirror image has other limbs.
    """
    chosen = tuple(float(scale) for scale in scales) if isinstance(scales, Sequence) else ()
    if not chosen or not all(0.1 <= scale <= 10 for scale in chosen):  # false for NaN too
        raise DataError(f"scales is {scales}, wanted one or more factors from 0.1 to 10, such as (1, 0.7, 1.3)")
    if flip:
        _ = skeleton.flip_limbs  # says which limb has no mirror image
    return tuple(Look(scale, mirrored) for scale in chosen for mirrored in ((False, True) if flip else (False,)))


def unmirrored(fields: Fields, width: int) -> Fields:
    """The fields of a picture ``width`` pixels wide from those of its mirror image, cells still in their old order.

    Left and right parts change places, the x components change sign, and the columns run from right to left: the grid
    has a negative stride in all but name, so S and L are turned round and the origin is where the last column lies.
    """
    limbs, signs = mirrored_limbs(fields.skeleton)
    L = fields.L[limbs] * signs
    return replace(
        fields,
        S=fields.S[fields.skeleton.flip, :, ::-1],
        L=L[..., ::-1],
        background=None if fields.background is None else fields.background[:, ::-1],
        S_grid=mirrored_grid(fields.S_grid, fields.S.shape[-1], width),
        L_grid=mirrored_grid(fields.L_grid, fields.L.shape[-1], width),
        stages=tuple(unmirrored(stage, width) for stage in fields.stages),
    )


def mirrored_limbs(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Whose mirror image each limb is (C,), and the signs (C, 2, 1, 1) by which its field is multiplied."""
    limbs, sign = skeleton.flip_limbs
    return limbs, (sign[:, None, None, None] * np.array([-1.0, 1.0])[None, :, None, None]).astype(np.float32)


def average(looks: Sequence[Fields]) -> Fields:
    """The mean of several fields of one picture, on the grids of the first.

    Args:
        looks: with the same skeleton, and as many ``stages`` each.
    """
    first = looks[0]
    if len(looks) == 1:
        return first
    S_shape, L_shape = _cells(first.S), _cells(first.L)
    backgrounds = [resampled(f.background[None], f.S_grid, first.S_grid, S_shape)[0]
                   for f in looks if f.background is not None]  # fmt: skip
    return replace(
        first,
        S=np.mean([resampled(f.S, f.S_grid, first.S_grid, S_shape) for f in looks], axis=0),
        L=np.mean([resampled(f.L, f.L_grid, first.L_grid, L_shape) for f in looks], axis=0),
        background=np.mean(backgrounds, axis=0) if backgrounds else None,
        stages=tuple(average(stage) for stage in zip(*(f.stages for f in looks), strict=True)),
    )


def resampled(maps: np.ndarray, grid: Grid, goal: Grid, shape: tuple[int, int]) -> np.ndarray:
    """Maps (..., h, w) on one grid, read at the cells of another: (..., *shape), cubic, the border repeated."""
    rows, columns = readings(grid, _cells(maps), goal, shape)
    return np.asarray(rows @ maps @ columns.T)


def readings(grid: Grid, cells: tuple[int, int], goal: Grid, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """How maps of (rows, columns) ``cells`` on one grid are read at ``shape`` cells of another.

    Returns:
        Two float32 matrices, ``(shape[0], cells[0])`` and ``(shape[1], cells[1])``: the maps are multiplied by the
        first from the left and by the second, transposed, from the right.
    """
    x, y = goal.axes(shape)
    (stride_x, stride_y), origin = grid.strides, grid.to_pixels((0.0, 0.0))
    return _readings((y - origin[1]) / stride_y, cells[0]), _readings((x - origin[0]) / stride_x, cells[1])


def _readings(places: np.ndarray, cells: int) -> np.ndarray:
    """(n, cells): how much each cell counts at each of n places along an axis, given in cells."""
    base = np.floor(places).astype(int)
    weights = cubic_weights(places - base)  # (4, n)
    matrix = np.zeros((len(places), cells), np.float32)
    for k in range(4):
        np.add.at(matrix, (np.arange(len(places)), np.clip(base + k - 1, 0, cells - 1)), weights[k])
    return matrix


def mirrored_grid(grid: Grid, columns: int, width: int) -> Grid:
    """Where the columns lie that a grid's columns have become, their order reversed, in the picture turned round."""
    last = grid.to_pixels((columns - 1.0, 0.0))
    return Grid(grid.stride, (float(width - 1 - last[0]), float(last[1])))


def _cells(maps: np.ndarray) -> tuple[int, int]:
    return maps.shape[-2], maps.shape[-1]
