"""AffinityLab: two people's limb, one field; its width, and what becomes of the cells where both people's limbs lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from paflib import figures
from paflib.fields import LIMB_WIDTH, Fields, Grid, affinity_fields
from paflib.fields.affinity import Overlap
from paflib.skeleton import Skeleton
from paflib.widgets.base import Widget

Point = tuple[float, float]
Limbs = Sequence[tuple[Point, Point]]

CROSSING: Limbs = (((30.0, 40.0), (164.0, 84.0)), ((124.0, 106.0), (84.0, 22.0)))


class AffinityLab(Widget):
    """Drag the ends of one limb of two people; see their field as colours and arrows, and what happens where they meet.

    In a notebook ``lab.state["limbs"]``, ``["limb_width"]`` and ``["overlap"]`` follow what the reader does.

    Args:
        limbs: ((x, y), (x, y)) of each of the two people's limb, from its first to its second part, in pixels.
        shape: (rows, columns) of the field in cells.
        stride: pixels per cell.
        limb_width: the half width sigma_l in pixels, as in :func:`paflib.fields.affinity_fields`.
        overlap: ``"average"`` or ``"last"``.
        limb: what the two parts are called.
    """

    module: ClassVar[str] = "affinity_lab.js"
    title: ClassVar[str] = "Affinity lab"

    def __init__(
        self,
        limbs: Limbs = CROSSING,
        shape: tuple[int, int] = (16, 25),
        stride: int = 8,
        limb_width: float = LIMB_WIDTH,
        overlap: Overlap = "average",
        limb: tuple[str, str] = ("right elbow", "right wrist"),
    ) -> None:
        state = {
            "rows": shape[0], "columns": shape[1], "stride": stride, "limbs": plain(limbs), "limb_width": limb_width,
            "overlap": overlap, "limb": list(limb),
        }  # fmt: skip
        description = (
            f"The affinity field of the limb from {limb[0]} to {limb[1]} for two people whose limbs cross: every cell "
            "on a limb holds an arrow of length 1 along it, and has the colour of that direction; all other cells are "
            "empty. Where both limbs lie, the cells hold the average of two arrows, which is shorter. With scripts "
            "switched on, the four ends can be dragged by mouse, finger or arrow keys, the width has a slider, and "
            "the second person's limb may overwrite the first one's in place of averaging."
        )
        fields = fields_of(limbs, shape, stride, limb_width, overlap, limb)
        super().__init__(state, description, figures.draw_affinity_colors(None, fields, 0, arrows=True).png())


def plain(limbs: Limbs) -> list[list[list[float]]]:
    """The limbs as lists, for JSON."""
    return [[[float(x), float(y)] for x, y in ends] for ends in limbs]


def fields_of(
    limbs: Limbs, shape: tuple[int, int], stride: int, limb_width: float, overlap: Overlap, names: tuple[str, str]
) -> Fields:
    """The two people's fields on a skeleton of one limb, without confidence maps: for the picture."""
    skeleton = Skeleton("one limb", tuple(name.replace(" ", "_") for name in names), ((0, 1),))
    keypoints = np.array([[[x, y, 1.0] for x, y in ends] for ends in limbs]).reshape(-1, 2, 3)
    grid = Grid(stride)
    L = affinity_fields(keypoints, skeleton.limbs, shape, grid, limb_width, overlap)
    return Fields(np.zeros((2, *shape)), L, skeleton, grid, grid)
