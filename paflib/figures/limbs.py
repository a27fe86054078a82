"""One limb's field drawn large: which cells Eq. 9 covers, and one limb as several fields see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from matplotlib.patches import Polygon

from paflib._check import check_shape
from paflib.errors import DataError
from paflib.fields import Fields, Grid, affinity_fields
from paflib.figures.affinity import Limb, paint_arrows, paint_directions
from paflib.figures.colors import draw_wheel, limb_color
from paflib.figures.style import (
    CARD,
    DPI,
    INK,
    Picture,
    View,
    card,
    cell_centres,
    check_field_image,
    field_size,
    limb_index,
    outline,
    show_image,
    styled,
)  # fmt: skip


@styled
def draw_limb_cells(
    ends: Sequence[Sequence[float]] | np.ndarray,
    shape: tuple[int, int],
    grid: Grid = Grid(8),  # noqa: B008 - frozen
    limb_width: float = 8.0,
) -> Picture:
    """One limb on its grid: the rectangle of Eq. 9, its two unit vectors, and which cell centres lie inside.

    Discs are cells on the limb, with their vector; crosses are cells beside it. A cell is named by column and row at
    the edges of the grid.

    Args:
        ends: (2, 2), where the limb starts and ends, in pixels.
        shape: (h, w) in cells.
        grid: where the cells lie.
        limb_width: the half width in pixels.

    Raises:
        ShapeError: when the ends are no two points.
    """
    points = np.asarray(ends, float)
    check_shape("ends", points, "2 2")
    h, w = shape
    (left, top), (right, bottom) = grid.to_pixels([[-0.5, -0.5], [w - 0.5, h - 0.5]])
    width = 4.6
    figure = Picture(figsize=(width + 0.6, width * h / w + 0.9), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    field = affinity_fields(np.insert(points, 2, 1.0, axis=1)[None], ((0, 1),), shape, grid, limb_width)[0]
    places, inside = cell_centres(shape, grid), np.hypot(*field) > 0
    columns, rows = grid.axes(shape)
    for x in np.linspace(left, right, w + 1):
        axes.plot([x, x], [top, bottom], color="#c6ccd4", linewidth=1, zorder=0)
    for y in np.linspace(top, bottom, h + 1):
        axes.plot([left, right], [y, y], color="#c6ccd4", linewidth=1, zorder=0)
    v = (points[1] - points[0]) / np.linalg.norm(points[1] - points[0])
    side = limb_width * np.array([-v[1], v[0]])
    corners = [points[0] + side, points[1] + side, points[1] - side, points[0] - side]
    axes.add_patch(Polygon(corners, facecolor="#e69f00", alpha=0.25, edgecolor=INK, linewidth=1.5, zorder=1))
    axes.plot(*places[~inside].T, "x", color="#8a8f99", markersize=7, markeredgewidth=1.5, zorder=2)
    axes.plot(*places[inside].T, "o", color="#0072b2", markersize=6, zorder=3)
    axes.quiver(
        *places[inside].T, *field[:, inside], color="#0072b2", angles="xy", scale_units="xy", units="xy",
        scale=1 / (0.75 * min(grid.strides)), width=0.45, headwidth=3.5, headlength=3.5, headaxislength=3, zorder=3,
    )  # fmt: skip
    axes.plot(*points.T, color=INK, linewidth=1, linestyle=":", zorder=2)
    for point, name in zip(points, ("$x_1$", "$x_2$"), strict=True):
        axes.plot(*point, "s", color="#e69f00", markersize=11, markeredgecolor=INK, zorder=5)
        axes.annotate(name, (point[0], point[1]), (11, 9), textcoords="offset points", path_effects=outline(3, CARD),
                      zorder=6)  # fmt: skip
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xticks=columns, yticks=rows)
    axes.set_xticklabels([str(n) for n in range(w)])
    axes.set_yticklabels([str(n) for n in range(h)])
    axes.set(xlabel="column of cells", ylabel="row")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


@styled
def draw_affinity_panels(
    image: np.ndarray | None,
    panels: Mapping[str, Fields],
    limb: Limb,
    *,
    style: Literal["colors", "arrows"] = "colors",
    crop: Sequence[float] | None = None,
    columns: int | None = None,
    threshold: float = 0.15,
) -> Picture:
    """One limb in several fields of the same image, side by side.

    Args:
        image: (H, W, 3), RGB uint8; None draws on black.
        panels: title and fields of each panel.
        limb: index, name or two part names.
        style: direction as colour with a wheel that says which is which, or arrows.
        crop: left, top, right, bottom in pixels.
        columns: panels in a row, at most.
        threshold: arrows shorter than this are left out.

    Raises:
        ShapeError: when the image is no RGB uint8 image or not the one the fields come from.
        DataError: when there is nothing to draw, or no such limb or style.
    """
    if not panels or style not in ("colors", "arrows"):
        raise DataError(f"wanted at least one field and style 'colors' or 'arrows', got {len(panels)} and {style!r}")
    for fields in panels.values():
        image = check_field_image(image, fields)
    first = next(iter(panels.values()))
    view = View.of(field_size(image, first), crop)
    figure, axes_list, legend = card(view, list(panels), columns, legend=style == "colors")
    for axes, fields in zip(axes_list, panels.values(), strict=True):
        c = limb_index(fields.skeleton, limb)
        show_image(axes, image, view, dim=True)
        if style == "colors":
            paint_directions(axes, fields.L[c], fields)
        else:
            paint_arrows(axes, fields, c, limb_color(fields.skeleton, c), threshold)
    if legend is not None:
        draw_wheel(legend)
    return figure
