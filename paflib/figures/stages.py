"""What the stages of a network predict, one panel a stage: TPAMI Fig. 4."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paflib.errors import DataError
from paflib.fields import Fields
from paflib.figures.affinity import Limb, paint_directions
from paflib.figures.colors import draw_wheel
from paflib.figures.confidence import CONFIDENCE_MAP, paint_confidence
from paflib.figures.style import (
    Picture,
    View,
    card,
    check_field_image,
    color_bar,
    field_size,
    limb_index,
    part_index,
    show_image,
    styled,
)  # fmt: skip


@styled
def draw_stages(
    image: np.ndarray | None,
    fields: Fields,
    *,
    part: str | int | None = None,
    limb: Limb | None = None,
    columns: int | None = None,
    crop: Sequence[float] | None = None,
    vmax: float = 1.0,
    smooth: bool = False,
) -> Picture:
    """One map as every stage predicts it, all panels on one scale: a part's confidence or a limb's directions.

    Args:
        image: (H, W, 3), RGB uint8; None draws on black.
        fields: with ``stages``, as ``estimator.fields(image, stages=True)`` gives them.
        part: name or index of the part whose confidence is shown, or
        limb: index, name or two part names of the limb whose field is shown.
        columns: panels in a row; by default as many as make the panels largest.
        crop: left, top, right, bottom in pixels, to show a piece of the image.
        vmax: the top of the colour scale.
        smooth: a part's maps cubic between the cell centres, in place of squares.

    Raises:
        ShapeError: when the image is no RGB uint8 image or not the one the fields come from.
        DataError: when the fields have no stages, or not exactly one of part and limb is given or known.
    """
    if (part is None) == (limb is None):
        raise DataError("draw_stages shows a part or a limb: give one of part= and limb=")
    if not fields.stages:
        raise DataError("fields have no stages: ask for them with estimator.fields(image, stages=True)")
    image = check_field_image(image, fields)
    view = View.of(field_size(image, fields), crop)
    titles = [f"stage {t}" for t in range(1, len(fields.stages) + 1)]
    figure, panels, legend = card(view, titles, columns, legend=True)
    assert legend is not None
    if part is not None:
        color_bar(legend, CONFIDENCE_MAP, 0.0, vmax, "confidence")
    else:
        draw_wheel(legend)
    for axes, stage in zip(panels, fields.stages, strict=True):
        show_image(axes, image, view, dim=True)
        if part is not None:
            paint_confidence(axes, stage, part_index(stage.skeleton, part), vmax, smooth)
        elif limb is not None:
            paint_directions(axes, stage.L[limb_index(stage.skeleton, limb)], stage, vmax)
    return figure
