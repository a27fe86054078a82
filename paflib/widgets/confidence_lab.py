"""ConfidenceLab: several people's wrists, one map; what sigma and maximum, average or sum do to its peaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from paflib import figures
from paflib.fields import SIGMA, Fields, Grid, confidence_maps
from paflib.fields.confidence import Reduce
from paflib.figures.curves import draw_profile
from paflib.skeleton import Skeleton
from paflib.widgets.base import Widget

MOST_IN_PROFILE = 4  # people whose curves can still be told apart in the picture


class ConfidenceLab(Widget):
    """Drag one kind of joint of several people; see their confidence map, its peaks, and a profile from 1 to 2.

    In a notebook ``lab.state["points"]``, ``["sigma"]`` and ``["reduce"]`` follow what the reader does.

    Args:
        points: (x, y) of each person's joint, in pixels; the profile runs from the first person to the second.
        shape: (rows, columns) of the map in cells.
        stride: pixels per cell.
        sigma: in pixels, as in :func:`paflib.fields.confidence_maps`.
        reduce: ``"max"``, ``"average"`` or ``"sum"``.
        part: what the joints are called.
    """

    module: ClassVar[str] = "confidence_lab.js"
    title: ClassVar[str] = "Confidence lab"

    def __init__(
        self,
        points: Sequence[tuple[float, float]] = ((56.0, 46.0), (79.0, 51.0), (146.0, 74.0)),
        shape: tuple[int, int] = (14, 24),
        stride: int = 8,
        sigma: float = float(SIGMA),
        reduce: Reduce = "max",
        part: str = "right wrist",
    ) -> None:
        state = {
            "rows": shape[0], "columns": shape[1], "stride": stride, "points": [list(map(float, p)) for p in points],
            "sigma": sigma, "reduce": reduce, "part": part,
        }  # fmt: skip
        people = f"{len(points)} {'person' if len(points) == 1 else 'people'}"
        profile = ""
        if 2 <= len(points) <= MOST_IN_PROFILE:
            profile = (
                "Below it the values along the line from person 1 to person 2: each person's own Gaussian dashed, all "
                "people together solid. "
            )
        description = (
            f"The confidence map of the part {part!r} for {people}, on a grid of {shape[0]} x {shape[1]} cells of "
            f"{stride} px: a bright spot on every joint, where two are near one long spot with two tops; crosses mark "
            f"the peaks, with their heights. {profile}With scripts switched on, the joints can be dragged by mouse, "
            "finger or arrow keys, sigma has a slider, and the people become one map by their maximum, their average "
            "or their sum."
        )
        super().__init__(state, description, _picture(points, shape, stride, sigma, reduce, part))


def _picture(
    points: Sequence[tuple[float, float]], shape: tuple[int, int], stride: int, sigma: float, reduce: Reduce, part: str
) -> bytes:
    grid = Grid(stride)
    if 2 <= len(points) <= MOST_IN_PROFILE:
        figure = draw_profile(points, shape, grid, sigma, reduce)
        figure.set_dpi(90)  # it travels with the page, and is shown at 720 pixels
        return figure.png()
    skeleton = Skeleton("one part", (part.replace(" ", "_"),), ())
    keypoints = np.array([[[x, y, 1.0]] for x, y in points]).reshape(-1, 1, 3)
    S = confidence_maps(keypoints, shape, grid, sigma, reduce)
    fields = Fields(S, np.zeros((0, 2, *shape)), skeleton, grid, grid)
    return figures.draw_confidence(None, fields, 0).png()
