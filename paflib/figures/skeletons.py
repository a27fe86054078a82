"""Skeletons as diagrams: which number is which part, which channel is which limb."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from paflib.errors import DataError
from paflib.figures.colors import part_color
from paflib.figures.style import CARD, DPI, INK, MARGIN, TITLE_HEIGHT, WIDTH, Picture, styled
from paflib.skeleton import Skeleton

Place = tuple[float, float]

# A body that faces us, its right side at our left, x and y in inches with y down. Head and feet are drawn too large, so
# that numbers find room. The left side is the mirror image.
_MIDDLE: dict[str, Place] = {
    "head": (0, -0.35), "head_top": (0, -0.35), "nose": (0, 0), "upper_neck": (0, 0.75), "neck": (0, 0.95),
    "thorax": (0, 1.1), "chest": (0, 1.9), "pelvis": (0, 2.55), "mid_hip": (0, 2.45),
}  # fmt: skip
_LEFT: dict[str, Place] = {
    "eye": (0.4, -0.6), "ear": (1.1, -0.4), "shoulder": (0.8, 1.05), "elbow": (1.1, 1.95), "wrist": (1.15, 2.85),
    "hip": (0.5, 2.75), "knee": (0.58, 3.75), "ankle": (0.6, 4.65), "heel": (0.2, 5.35), "big_toe": (0.7, 5.7),
    "small_toe": (1.2, 5.2),
}  # fmt: skip
BODY: dict[str, Place] = {
    **_MIDDLE,
    **{f"left_{part}": place for part, place in _LEFT.items()},
    **{f"right_{part}": (-x, y) for part, (x, y) in _LEFT.items()},
}
"""Where :func:`draw_skeletons` draws the parts of a human body, in inches."""

_EDGE, _SOLE = 0.17, 0.42  # inches: around the outermost parts, and for the legend at the foot
_SHORT = 0.8  # inches: a limb below has no room for its channel on it


@styled
def draw_skeletons(*skeletons: Skeleton, layout: Mapping[str, Place] | None = None, channels: bool = True) -> Picture:
    """Skeletons side by side: numbered parts, limbs with their channel; redundant limbs are dashed.

    A disc is a part and its number the channel of S; a number on a limb is the channel c of L, that is ``limbs[c]``,
    and the small wedge beside it points the way the field runs. Warm colours are the body's own right side, cold ones
    its left. What is drawn are the limbs, or the edges of a skeleton that has no limbs.

    Args:
        skeletons: one or more.
        layout: place (x, y) of each part by name, in inches with y down; a human body by default. A layout too broad
            for the page is made narrower.
        channels: write the channels on the limbs.

    Raises:
        DataError: naming the parts that have no place.
    """
    if not skeletons:
        raise DataError("draw_skeletons was given no skeleton")
    places = BODY if layout is None else layout
    if missing := sorted({part for one in skeletons for part in one.parts} - set(places)):
        raise DataError(f"layout has no place for {', '.join(missing)}")
    drawn = [np.array([places[part] for part in one.parts], float) for one in skeletons]
    everything = np.concatenate(drawn)
    low, high = everything.min(axis=0) - _EDGE, everything.max(axis=0) + _EDGE
    shrink = min(1.0, (WIDTH / len(skeletons) - 0.05) / (high - low)[0])
    wide, tall = (high - low) * (shrink, 1)
    legend = _SOLE if any(one.redundant for one in skeletons) else 0.0
    across = max(len(skeletons) * (wide + 0.05), 4.4 if legend else 0.0)
    down = tall + TITLE_HEIGHT + MARGIN + legend
    figure = Picture(figsize=(across, down), dpi=DPI)
    pitch = across / len(skeletons)
    for k, (one, points) in enumerate(zip(skeletons, drawn, strict=True)):
        left = (k * pitch + (pitch - wide) / 2) / across
        axes = figure.add_axes((left, legend / down, wide / across, tall / down))
        axes.axis("off")
        axes.set(xlim=(low[0] * shrink, high[0] * shrink), ylim=(high[1], low[1]))
        axes.set_title(f"{one.name}", pad=5)
        _paint(axes, one, points * (shrink, 1), channels)
    if legend:
        kinds = [Line2D([], [], color=INK, linewidth=3, linestyle=style) for style in ("-", (0, (1.5, 0.8)))]
        figure.legend(kinds, ["tree", "redundant"], loc="lower center", ncols=2, frameon=False, borderaxespad=0.1)
    return figure


def _paint(axes: Axes, skeleton: Skeleton, points: np.ndarray, channels: bool) -> None:
    pairs = skeleton.limbs or skeleton.edges or ()
    for c, (a, b) in enumerate(pairs):
        redundant = bool(skeleton.limbs) and c in (skeleton.redundant or ())
        style = (0, (1.5, 0.8)) if redundant else "-"
        axes.plot(*points[[a, b]].T, color=part_color(skeleton, b), linewidth=3.5, linestyle=style, zorder=1)
        if channels and skeleton.limbs:
            taken = np.concatenate([points, [points[[i, j]].mean(axis=0) for i, j in pairs if (i, j) != (a, b)]])
            _label(axes, str(c), points[a], points[b], taken)
    for j, (x, y) in enumerate(points):
        face = part_color(skeleton, j)
        axes.plot(x, y, "o", markersize=21, markerfacecolor=face, markeredgecolor=INK, markeredgewidth=1.2, zorder=3)
        rim = [withStroke(linewidth=2.5, foreground=INK)]
        axes.text(
            x, y, str(j), ha="center", va="center_baseline", color=CARD, weight="bold", path_effects=rim, zorder=4
        )


def _label(axes: Axes, text: str, a: np.ndarray, b: np.ndarray, taken: np.ndarray) -> None:
    """The channel in the middle of a limb and a wedge that points from a to b.

    Where the limb is short the channel stands beside it, on the side that is farther from what is taken.
    """
    length = np.hypot(*(b - a))
    middle, along = (a + b) / 2, (b - a) / length
    short = length < _SHORT
    tip = middle + (0.07 if short else 0.2) * along
    if short:
        across = 0.19 * np.array([along[1], -along[0]])
        middle = max(middle + across, middle - across, key=lambda place: np.hypot(*(taken - place).T).min())
    axes.annotate(
        "", tip, tip - 0.05 * along, zorder=2,
        arrowprops={"arrowstyle": "-|>,head_width=0.22,head_length=0.34", "color": INK, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    axes.text(
        float(middle[0]), float(middle[1]), text, ha="center", va="center_baseline", zorder=2.5,
        bbox={"boxstyle": "round,pad=0.08", "facecolor": CARD, "edgecolor": "none"},
    )  # fmt: skip
