"""Affinity fields over the image: as arrows, and with direction as colour.

In an image y points down; an arrow of the field (u, v) = (0, 1) points down the page, as the limb runs there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.quiver import Quiver

from paflib.errors import DataError
from paflib.fields import Fields
from paflib.figures.colors import direction_image, draw_wheel, limb_color
from paflib.figures.style import (
    CARD,
    INK,
    Picture,
    View,
    card,
    cell_centres,
    check_field_image,
    extent_of,
    field_size,
    limb_index,
    show_image,
    styled,
)  # fmt: skip

Limb = str | int | Sequence[str]


@styled
def draw_affinity(
    image: np.ndarray | None,
    fields: Fields,
    limb: Limb,
    *,
    crop: Sequence[float] | None = None,
    threshold: float = 0.15,
    step: int = 1,
) -> Picture:
    """The affinity field of one limb as arrows over the image in dark grey, one for each cell with something to say.

    The middle of an arrow is the cell's centre by ``fields.L_grid``; a unit vector is as long as a cell is wide.

    Args:
        image: (H, W, 3), RGB uint8; None draws on black.
        fields: the fields.
        limb: index, name (``"neck-nose"``) or two part names.
        crop: left, top, right, bottom in pixels, to show a piece of the image.
        threshold: vectors shorter than this are left out.
        step: draw every ``step``-th cell in x and y, as long as ``step`` cells.

    Raises:
        ShapeError: when the image is no RGB uint8 image or not the one the fields come from.
        DataError: when there is no such limb, or the crop holds nothing.
    """
    c = limb_index(fields.skeleton, limb)
    image = check_field_image(image, fields)
    view = View.of(field_size(image, fields), crop)
    figure, (axes,), _ = card(view)
    show_image(axes, image, view, dim=True)
    paint_arrows(axes, fields, c, limb_color(fields.skeleton, c), threshold, step)
    return figure


@styled
def draw_affinity_colors(
    image: np.ndarray | None,
    fields: Fields,
    limb: Limb | None = None,
    *,
    crop: Sequence[float] | None = None,
    vmax: float = 1.0,
    arrows: bool = False,
) -> Picture:
    """An affinity field with direction as colour and strength as opacity, and a wheel that says which is which.

    Args:
        image: (H, W, 3), RGB uint8; None draws on black.
        fields: the fields.
        limb: index, name or two part names; None shows in every cell the limb that is strongest there.
        crop: left, top, right, bottom in pixels, to show a piece of the image.
        vmax: the strength from which on a cell is opaque.
        arrows: draw the vectors upon the cells as well, a unit vector as long as a cell is wide.

    Raises:
        ShapeError: when the image is no RGB uint8 image or not the one the fields come from.
        DataError: when there is no such limb, or the crop holds nothing; arrows of no one limb.
    """
    if arrows and limb is None:
        raise DataError("draw_affinity_colors draws arrows of one limb at a time: name it")
    field = strongest(fields) if limb is None else fields.L[limb_index(fields.skeleton, limb)]
    image = check_field_image(image, fields)
    view = View.of(field_size(image, fields), crop)
    figure, (axes,), legend = card(view, legend=True)
    show_image(axes, image, view, dim=True)
    paint_directions(axes, field, fields, vmax)
    if arrows and limb is not None:
        paint_arrows(axes, fields, limb_index(fields.skeleton, limb), CARD, 0.02)
    assert legend is not None
    draw_wheel(legend)
    return figure


def strongest(fields: Fields) -> np.ndarray:
    """(2, h, w): in every cell the vector of the limb whose vector is the longest there.

    Raises:
        DataError: when the skeleton has no limbs.
    """
    if not fields.skeleton.C:
        raise DataError(f"skeleton {fields.skeleton.name!r} has no limbs, so its fields have no directions to draw")
    best = np.hypot(fields.L[:, 0], fields.L[:, 1]).argmax(axis=0)
    return np.take_along_axis(fields.L, best[None, None], axis=0)[0]


def paint_arrows(
    axes: Axes, fields: Fields, limb: int, color: str, threshold: float = 0.15, step: int = 1
) -> Quiver | None:
    """One limb's arrows onto a panel; None when no vector reaches the threshold."""
    first = step // 2
    field = fields.L[limb, :, first::step, first::step]
    places = cell_centres(fields.L.shape[2:], fields.L_grid)[first::step, first::step]
    strong = np.hypot(*field) >= threshold
    if not strong.any():
        return None
    pitch = step * min(fields.L_grid.strides)
    return axes.quiver(
        *places[strong].T, *field[:, strong], color=color, edgecolor=INK, linewidth=0.4, zorder=2,
        angles="xy", scale_units="xy", scale=1 / (0.95 * pitch), pivot="mid",
        units="xy", width=0.15 * pitch, headwidth=3.2, headlength=3.2, headaxislength=2.8, minlength=0.0,
    )  # fmt: skip


def paint_directions(axes: Axes, field: np.ndarray, fields: Fields, vmax: float = 1.0) -> None:
    """A field (2, h, w) on ``fields.L_grid`` onto a panel, direction as colour."""
    limits = axes.get_xlim(), axes.get_ylim()
    extent = extent_of(field.shape[1:], fields.L_grid)
    axes.imshow(direction_image(field, vmax), extent=extent, interpolation="nearest", zorder=1)
    axes.set(xlim=limits[0], ylim=limits[1])
