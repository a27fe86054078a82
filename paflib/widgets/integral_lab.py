"""IntegralLab: a candidate limb over two people's field; what its samples read, and the E that they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from paflib import figures
from paflib.fields import LIMB_WIDTH
from paflib.parser.options import ParserOptions
from paflib.widgets.affinity_lab import Limbs, Point, fields_of, plain
from paflib.widgets.base import Widget

TWO_ARMS: Limbs = (((30.0, 30.0), (138.0, 56.0)), ((42.0, 106.0), (166.0, 74.0)))


class IntegralLab(Widget):
    """Drag a candidate limb over the field of two people's limbs; see its samples, their dot products, and E.

    In a notebook ``lab.state["candidate"]`` and ``["samples"]`` follow what the reader does. The threshold and the
    share of samples that must pass it are those of :class:`paflib.parser.options.ParserOptions`.

    Args:
        limbs: ((x, y), (x, y)) of each of the two people's limb, from its first to its second part, in pixels.
        candidate: ((x, y), (x, y)), where the candidate first lies; by default from the first person's first part to
            their own second part.
        shape: (rows, columns) of the field in cells.
        stride: pixels per cell.
        limb_width: the half width sigma_l in pixels, as in :func:`paflib.fields.affinity_fields`.
        samples: how many, both ends included: 2 to 25.
        part: what the two parts are called.
    """

    module: ClassVar[str] = "integral_lab.js"
    title: ClassVar[str] = "Line integral lab"

    def __init__(
        self,
        limbs: Limbs = TWO_ARMS,
        candidate: Sequence[Point] | None = None,
        shape: tuple[int, int] = (16, 25),
        stride: int = 8,
        limb_width: float = LIMB_WIDTH,
        samples: int = 10,
        part: tuple[str, str] = ("elbow", "wrist"),
    ) -> None:
        options = ParserOptions()
        ends = limbs[0] if candidate is None else candidate
        state = {
            "rows": shape[0], "columns": shape[1], "stride": stride, "limbs": plain(limbs), "limb_width": limb_width,
            "candidate": [[float(x), float(y)] for x, y in ends], "samples": samples, "part": list(part),
            "threshold": options.sample_threshold, "support": options.support,
        }  # fmt: skip
        description = (
            f"The affinity field of two people's limbs from {part[0]} to {part[1]}, and one candidate limb over it. "
            f"{samples} samples lie evenly on the candidate; at each the field's vector is read, and its dot product "
            "with the candidate's direction is a bar of the chart. Their mean is E. With scripts switched on, both "
            "ends can be dragged by mouse, finger or arrow keys, the ends swapped and the number of samples changed: "
            "E is near 1 along a limb, near 0 across or beside it, and its negative the other way round."
        )
        fields = fields_of(limbs, shape, stride, limb_width, "average", part)
        a, b = fields.S_grid.to_cells(ends)
        whole = (-0.5, -0.5, shape[1] * stride - 0.5, shape[0] * stride - 0.5)
        figure = figures.draw_line_integral(None, fields, 0, a, b, samples=samples, crop=whole)
        super().__init__(state, description, figure.png())
