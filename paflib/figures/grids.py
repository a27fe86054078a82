"""Grids and masks: where the cells of a map lie among the pixels, and which of them a loss may look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from paflib._check import check_shape
from paflib.errors import DataError
from paflib.fields import Grid
from paflib.figures.people import paint_people
from paflib.figures.style import CARD, DPI, INK, WIDTH, Picture, View, card, check_image, extent_of, show_image, styled
from paflib.people import People

_FILLS = ("#e8ebef", "#c6ccd4")
_MARKS = (("o", "#0072b2"), ("D", "#d55e00"), ("s", "#009e73"), ("^", "#cc79a7"))


@styled
def draw_ruler(grids: Mapping[str, Grid], pixels: int = 24) -> Picture:
    """A row of pixels, and below it a row of cells for every grid, each cell with the pixel under its centre.

    Args:
        grids: what to call each grid, and the grid; only x is drawn.
        pixels: how many there are. Cells that reach beyond the last one, or have their centre before the
            first, are left out.

    Raises:
        DataError: when there is no grid, or more than there are marks.
    """
    if not 1 <= len(grids) <= len(_MARKS):
        raise DataError(f"draw_ruler draws 1 to {len(_MARKS)} grids, got {len(grids)}")
    row, head = 0.5, 0.32  # inches: of a row of boxes, of its name
    out = max(0.0, *(grid.strides[0] / 2 - 0.5 - grid.axes((1, 1))[0][0] for grid in grids.values()))  # left of pixel 0
    high = row + len(grids) * (row + head + 0.3) + 0.25
    figure = Picture(figsize=(WIDTH, high), dpi=DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set(xlim=(-0.5 - min(out, 8) - 0.3, pixels - 0.2), ylim=(high, 0))
    for x in range(pixels):
        axes.add_patch(Rectangle((x - 0.5, 0.1), 1, row, facecolor=_FILLS[x % 2], edgecolor=CARD))
        axes.text(x, 0.1 + row / 2, str(x), ha="center", va="center_baseline")
    for k, (name, grid) in enumerate(grids.items()):
        marker, color = _MARKS[k]
        top = row + 0.25 + k * (row + head + 0.3)
        axes.text(
            -0.5, top + head / 2, name, ha="left", va="center_baseline", weight="bold", zorder=2,
            bbox={"boxstyle": "round,pad=0.05", "facecolor": CARD, "edgecolor": "none"},
        )  # fmt: skip
        stride, origin = grid.strides[0], grid.axes((1, 1))[0][0]
        first, last = np.ceil(-origin / stride), np.floor((pixels - 0.5 - origin) / stride - 0.5)
        for g in range(int(max(first, 0)), int(last) + 1):
            centre = stride * g + origin
            corner = (centre - stride / 2, top + head)
            axes.add_patch(Rectangle(corner, stride, row, facecolor="none", edgecolor=INK, lw=1.5))
            axes.plot([centre, centre], [0.1 + row, top + head + 0.12], color=color, lw=1.2, linestyle=":", zorder=0.5)
            axes.plot(centre, top + head + 0.12, marker, color=color, markersize=9, markeredgecolor=INK)
            axes.text(centre, top + head + row - 0.16, f"cell {g} at {centre:g}", ha="center", va="center_baseline")
    return figure


@styled
def draw_mask(
    image: np.ndarray | None,
    mask: np.ndarray,
    grid: Grid,
    people: People | None = None,
    *,
    size: tuple[int, int] | None = None,
    crop: Sequence[float] | None = None,
) -> Picture:
    """A mask W over its image: the cells where the loss looks away are hatched, the more the mask takes away the more.

    Args:
        image: (H, W, 3), RGB uint8; None draws on black, and then ``size`` is needed.
        mask: (h, w) in [0, 1].
        grid: where its cells lie.
        people: whom to draw besides: the labelled ones, say.
        size: (height, width) of the image where there is none.
        crop: left, top, right, bottom in pixels, to show a piece of the image.

    Raises:
        ShapeError: when the mask is not (h, w) or the image no RGB uint8 image.
        DataError: when there is neither image nor size, or the crop holds nothing.
    """
    check_shape("mask", mask, "h w")
    if image is not None:
        size = check_image(image).shape[:2]
    if size is None:
        raise DataError("draw_mask needs an image, or the size of one")
    view = View.of(size, crop)
    figure, (axes,), _ = card(view)
    show_image(axes, image, view)
    left, _, _, top = extent_of(mask.shape, grid)
    wide, tall = grid.strides
    for row, column in zip(*np.nonzero(mask < 1), strict=True):
        away = float(np.clip(1 - mask[row, column], 0, 1))
        look: dict[str, Any] = {"facecolor": (1, 1, 1, 0.6 * away), "edgecolor": (*_rgb(INK), away), "linewidth": 0.8}
        hatch = "//" if away > 0.5 else None
        axes.add_patch(Rectangle((left + column * wide, top + row * tall), wide, tall, zorder=2, hatch=hatch, **look))
    if people is not None:
        paint_people(axes, people, view)
    return figure


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue
