"""The Hungarian algorithm step by step: labels beside the candidates, and the tight pairs between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from paflib.errors import DataError
from paflib.figures.style import DPI, FONT, INK, WIDTH, Picture, styled

_START, _END = "#e69f00", "#56b4e9"  # squares and discs, as in draw_candidates
_LINES = {  # by whether a tight pair is matched, and whether it is on the path just used: colour, width, dashes
    (False, False): (INK, 1.2, "-"), (True, False): ("#0072b2", 4.5, "-"),
    (True, True): ("#d55e00", 4.5, "--"), (False, True): ("#d55e00", 2.5, ":"),
}  # fmt: skip
_MOST = 6  # panels
_UNIT, _BESIDE, _HEAD = 0.72, 0.68, 0.75  # inches: from a dot to the next, beside the dots for labels, a panel's title
_KINDS = {"labels": "first labels", "augment": "along the path", "single": "one stays alone"}


@styled
def draw_hungarian(steps: Sequence[Mapping[str, Any]]) -> Picture:
    """What the Hungarian algorithm does, one panel a step: the labels, the tight pairs, the matching.

    Rows are squares at the left, columns discs at the right, each with its label beside it. Tight pairs are thin lines,
    matched ones thick. Where a path is used, the pairs it matched are dashed and red, those it gave up dotted. The
    title says the sum of the labels, which no matching can exceed, and the sum of the matched pairs' scores.

    Args:
        steps: some of :func:`paflib.parser.hungarian_steps`, at most six.

    Raises:
        DataError: for no step, or more than six.
    """
    if not 1 <= len(steps) <= _MOST:
        raise DataError(f"draw_hungarian draws 1 to {_MOST} steps, got {len(steps)}")
    sizes = len(steps[0]["u"]), len(steps[0]["v"])
    figure, panels = _card(len(steps), max(*sizes, 2))
    for number, (axes, step) in enumerate(zip(panels, steps, strict=True), 1):
        axes.set_title(_title(number, step), fontsize=FONT)
        places = [_places(size, max(*sizes, 2)) for size in sizes]
        matched = {tuple(pair) for pair in step["matching"]}
        path = {tuple(pair) for pair in step["path"]} if step["kind"] == "augment" else set()
        for i, j in sorted({tuple(pair) for pair in step["tight"]} | matched, key=lambda pair: pair in matched):
            color, width, line = _LINES[(i, j) in matched, (i, j) in path]
            axes.plot((0, 1), (places[0][i], places[1][j]), color=color, linewidth=width, linestyle=line)
        _dots(axes, places, (step["u"], step["v"]))
    return figure


def _title(number: int, step: Mapping[str, Any]) -> str:
    what = _KINDS.get(step["kind"], step["kind"])
    if step["kind"] == "relabel":
        what = f"labels move by {step['delta']:.2g}"
    return f"{number}. {what}\nlabels {step['bound']:.2f}, pairs {step['total']:.2f}"


def _card(count: int, most: int) -> tuple[Picture, list[Axes]]:
    """Panels in rows of three, each as high as the longer column of dots needs."""
    columns = min(3, count)
    rows = -(-count // columns)
    height = _UNIT * (most - 1) + 0.6
    size = (WIDTH * columns / 3, rows * (height + _HEAD) + 0.1)
    figure, panels = Picture(figsize=size, dpi=DPI), []
    for k in range(count):
        row, column = divmod(k, columns)
        bottom = 1 - (row + 1) * (height + _HEAD) / size[1]
        axes = figure.add_axes((column / columns, bottom, 1 / columns, height / size[1]))
        axes.axis("off")
        beside = _BESIDE / (WIDTH / 3 - 2 * _BESIDE)  # in distances between the two columns of dots
        axes.set_xlim(-beside, 1 + beside)
        axes.set_ylim(most - 1 + 0.3 / _UNIT, -0.3 / _UNIT)
        panels.append(axes)
    return figure, panels


def _places(count: int, most: int) -> np.ndarray:
    """(count,) heights: the shorter column of dots stands in the middle of the longer one."""
    return np.arange(count) + (most - count) / 2


def _dots(axes: Axes, places: list[np.ndarray], labels: tuple[Sequence[float], Sequence[float]]) -> None:
    for x, marker, color in ((0, "s", _START), (1, "o", _END)):
        xs = np.full(len(places[x]), x)
        axes.scatter(xs, places[x], s=260, marker=marker, c=color, edgecolors=INK, linewidths=1.4, zorder=5)
        for number, (y, label) in enumerate(zip(places[x], labels[x], strict=True)):
            axes.text(x, y, str(number), ha="center", va="center_baseline", color=INK, zorder=6)
            words, side = (f"   {label:.2g}", "left") if x else (f"{label:.2g}   ", "right")
            axes.text(x, y, words, ha=side, va="center_baseline", weight="bold")
