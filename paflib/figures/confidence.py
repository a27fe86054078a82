"""Confidence maps over the image they were predicted from, every cell exactly where it lies."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import matplotlib
import numpy as np
from matplotlib.axes import Axes

from paflib.errors import DataError
from paflib.fields import Fields
from paflib.figures.style import (
    Picture,
    View,
    card,
    check_field_image,
    color_bar,
    extent_of,
    field_size,
    part_index,
    show_image,
    styled,
)  # fmt: skip

CONFIDENCE_MAP = "inferno"  # lightness grows evenly with the value, for every kind of eye and in grey print


@styled
def draw_confidence(
    image: np.ndarray | None,
    fields: Fields,
    part: str | int,
    *,
    crop: Sequence[float] | None = None,
    vmax: float = 1.0,
    smooth: bool = False,
) -> Picture:
    """The confidence map of one part, over the image in dark grey; the higher a value, the more it covers.

    Cells are drawn as the squares they stand for, at their place by ``fields.S_grid``.

    Args:
        image: (H, W, 3), RGB uint8; None draws on black.
        fields: the maps.
        part: name or index.
        crop: left, top, right, bottom in pixels, to show a piece of the image.
        vmax: the value at the top of the colour scale, which starts at 0.
        smooth: cubic between the cell centres, as the released programs upsample, in place of squares.

    Raises:
        ShapeError: when the image is no RGB uint8 image or not the one the fields come from.
        DataError: when there is no such part, or the crop holds nothing.
    """
    return draw_confidence_grid(image, fields, [part], columns=1, crop=crop, vmax=vmax, smooth=smooth, titles=False)


@styled
def draw_confidence_grid(
    image: np.ndarray | None,
    fields: Fields,
    parts: Sequence[str | int] | None = None,
    *,
    columns: int | None = None,
    crop: Sequence[float] | None = None,
    vmax: float = 1.0,
    smooth: bool = False,
    titles: bool = True,
) -> Picture:
    """The confidence maps of several parts, one panel each, on one colour scale; all parts by default.

    For arguments and errors see :func:`draw_confidence`.
    """
    skeleton = fields.skeleton
    chosen = [part_index(skeleton, part) for part in (range(skeleton.J) if parts is None else parts)]
    if not chosen:
        raise DataError("parts is empty, wanted at least one part")
    image = check_field_image(image, fields)
    view = View.of(field_size(image, fields), crop)
    names = [skeleton.parts[j].replace("_", " ") if titles else "" for j in chosen]
    figure, panels, legend = card(view, names, columns, legend=True)
    for axes, j in zip(panels, chosen, strict=True):
        show_image(axes, image, view, dim=True)
        paint_confidence(axes, fields, j, vmax, smooth)
    assert legend is not None
    color_bar(legend, CONFIDENCE_MAP, 0.0, vmax, "confidence")
    return figure


def paint_confidence(axes: Axes, fields: Fields, part: int, vmax: float = 1.0, smooth: bool = False) -> None:
    """One map onto a panel; a value's opacity grows with it and is full from half of ``vmax`` on."""
    values = fields.S[part]
    extent = extent_of(values.shape, fields.S_grid)
    if smooth:  # the finer map covers the same cells, so the extent stays
        values = cv2.resize(values, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    values = np.clip(values / vmax, 0, 1)
    rgba = matplotlib.colormaps[CONFIDENCE_MAP](values)
    rgba[..., 3] = np.clip(2 * values, 0, 1)
    limits = axes.get_xlim(), axes.get_ylim()
    axes.imshow(rgba, extent=extent, interpolation="nearest", zorder=1)
    axes.set(xlim=limits[0], ylim=limits[1])
