"""Confidence maps S*: where each part is (TPAMI Eq. 7 and 8).

Derived in the book's chapter on confidence maps.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from paflib._check import check_shape
from paflib.errors import ShapeError
from paflib.fields.grid import Grid
from paflib.people import is_present

SIGMA = 7 * np.sqrt(2)
"""Pixels, in the form of Eq. 7, ``exp(-d^2 / sigma^2)``: the Gaussian the released networks were trained with, whose
code writes ``exp(-d^2 / (2 * 7^2))`` (FACTS 1.8)."""

Reduce = Literal["max", "average", "sum"]


def confidence_maps(
    keypoints: np.ndarray,
    shape: tuple[int, int],
    grid: Grid = Grid(8),  # noqa: B008 - frozen
    sigma: float = float(SIGMA),
    reduce: Reduce = "max",
    cutoff: float = 0.0,
) -> np.ndarray:
    """Confidence maps (J, h, w) of N people: a Gaussian on every part of everyone, exact at the cell centres.

    Each person k's map of part j is ``exp(-|p - x_jk|^2 / sigma^2)`` (Eq. 7). The maps of all people become one by
    their maximum (Eq. 8), which keeps near peaks apart and as high as they were.

    Args:
        keypoints: (N, J, 3), x and y in pixels and a score; a part with score 0 or NaN leaves no mark.
        shape: (h, w) in cells.
        grid: where the cells lie.
        sigma: the Gaussian's width in pixels, in the form of Eq. 7.
        reduce: ``"max"``, the paper's; ``"average"`` over the people who have the part, which the paper warns of;
            ``"sum"`` clipped at 1, what the 2017 training code does (FACTS 1.8).
        cutoff: values of one person's Gaussian below this are 0; the released code cuts at 0.01.

    Raises:
        ShapeError: when keypoints are not (N, J, 3), or sigma is not positive, or reduce is unknown.
    """
    people = np.asarray(keypoints, float)
    check_shape("keypoints", people, "N J 3")
    if not sigma > 0:
        raise ShapeError(f"sigma is {sigma}, wanted a positive number of pixels")
    if reduce not in ("max", "average", "sum"):
        raise ShapeError(f"reduce is {reduce!r}, wanted 'max', 'average' or 'sum'")
    S = np.zeros((people.shape[1], *shape))
    for person in people:
        gaussian = _gaussians(person, shape, grid, sigma, cutoff)  # (J, h, w)
        S = np.maximum(S, gaussian) if reduce == "max" else S + gaussian
    if reduce == "average":
        S /= np.maximum(is_present(people).sum(axis=0), 1)[:, None, None]
    elif reduce == "sum":
        S = np.minimum(S, 1.0)
    return S.astype(np.float32)


def background_map(S: np.ndarray) -> np.ndarray:
    """The background channel (h, w) of the released networks: ``max(1 - max_j S_j, 0)`` (FACTS 1.8)."""
    check_shape("S", S, "J h w")
    return np.maximum(1 - S.max(axis=0), 0).astype(np.float32)


def _gaussians(person: np.ndarray, shape: tuple[int, int], grid: Grid, sigma: float, cutoff: float) -> np.ndarray:
    present = is_present(person)
    x, y = np.where(present[:, None], person[:, :2], 0.0).T
    columns, rows = grid.axes(shape)
    # A Gaussian is a product of one along x and one along y, so h + w exponentials do for h * w cells.
    along_x = np.exp(-(((columns - x[:, None]) / sigma) ** 2))  # (J, w)
    along_y = np.exp(-(((rows - y[:, None]) / sigma) ** 2))  # (J, h)
    maps = along_y[:, :, None] * along_x[:, None, :] * present[:, None, None]
    if cutoff > 0:
        maps[maps < cutoff] = 0.0
    result: np.ndarray = maps
    return result
