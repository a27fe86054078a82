"""Midpoints against fields: which pairs of candidates each of them takes for limbs (TPAMI Fig. 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from paflib._check import check_shape
from paflib.errors import DataError
from paflib.fields import Fields
from paflib.figures.affinity import Limb, paint_arrows
from paflib.figures.style import INK, NIGHT, Picture, View, card, field_size, limb_index, outline, styled
from paflib.parser import Peaks

_RIGHT, _WRONG, _MARK = "#ffffff", "#d55e00", "#f0e442"
_START, _END = "#e69f00", "#56b4e9"


@styled
def draw_association(
    fields: Fields,
    peaks: Peaks,
    limb: Limb,
    scores: Mapping[str, np.ndarray],
    marks: Mapping[str, Sequence[Sequence[float]] | np.ndarray] | None = None,
    *,
    tolerance: float = 0.01,
    crop: Sequence[float] | None = None,
) -> Picture:
    """Several ways to score the pairs of one limb, side by side: the pairs that are as good as the right ones.

    The right pairs are those of equal number: peak i of the first part with peak i of the second. In each panel they
    are solid and white; a wrong pair that scores no less than the lowest of them is dashed and orange. Peaks
    are squares and discs, marks yellow diamonds.

    Args:
        fields: the scene; a panel without marks shows their arrows.
        peaks: the candidates; as many of the first part as of the second.
        limb: index, name or two part names.
        scores: title of each panel, and (n, n) scores of the pairs.
        marks: by title, (K, 2) pixels of the points that the panel's way of scoring looks at.
        tolerance: how much lower than the lowest right pair a wrong one may score and still be drawn.
        crop: left, top, right, bottom in pixels.

    Raises:
        ShapeError: when scores are not one for each pair.
        DataError: when the two parts have different numbers of peaks, or there is nothing to draw.
    """
    c = limb_index(fields.skeleton, limb)
    first, second = (peaks.of(j) for j in fields.skeleton.limbs[c])
    if len(first) != len(second) or not len(first) or not scores:
        raise DataError(f"wanted as many peaks of one part as of the other, got {len(first)} and {len(second)}")
    view = View.of(field_size(None, fields), crop)
    figure, panels, _ = card(view, list(scores), columns=len(scores), below=0.75)
    a, b = (fields.S_grid.to_pixels(peaks.xy[mine]) for mine in (first, second))
    for axes, (title, values) in zip(panels, scores.items(), strict=True):
        check_shape("scores", values, "n m", n=len(first), m=len(second))
        places = np.asarray((marks or {}).get(title, []), float).reshape(-1, 2)
        if not len(places):
            paint_arrows(axes, fields, c, _MARK)
        _pairs(axes, a, b, np.asarray(values, float), tolerance, 4 if len(places) else 2)
        axes.scatter(places[:, 0], places[:, 1], marker="D", s=60, c=_MARK, edgecolors=INK, linewidths=1.2, zorder=5)
        for places, marker, color in ((a, "s", _START), (b, "o", _END)):
            x, y = places.T
            axes.scatter(x, y, s=150, marker=marker, c=color, edgecolors=INK, linewidths=1.3, zorder=6)
            for n, place in enumerate(places, 1):
                axes.text(place[0], place[1], str(n), ha="center", va="center_baseline", color=INK, zorder=7)
    _key(figure, [fields.skeleton.parts[j].replace("_", " ") for j in fields.skeleton.limbs[c]])
    return figure


def _pairs(axes: Axes, a: np.ndarray, b: np.ndarray, scores: np.ndarray, tolerance: float, width: float) -> None:
    least = np.diag(scores).min() - tolerance
    for i, j in np.ndindex(scores.shape):
        x, y = (a[i, 0], b[j, 0]), (a[i, 1], b[j, 1])
        if i == j:
            axes.plot(x, y, color=_RIGHT, linewidth=width, path_effects=outline(width + 2), zorder=3)
        elif scores[i, j] >= least:
            axes.plot(x, y, color=_WRONG, linewidth=2.5, dashes=(3, 1.5), zorder=4)


def _key(figure: Picture, names: Sequence[str]) -> None:
    def mark(marker: str, color: str, label: str) -> Line2D:
        return Line2D([], [], linestyle="", marker=marker, color=color, markeredgecolor=INK, markersize=10, label=label)

    marks = [mark("s", _START, names[0]), mark("o", _END, names[1]), mark("D", _MARK, "where the map is read")]
    lines = [
        Line2D([], [], color=_RIGHT, linewidth=4, path_effects=outline(6, NIGHT), label="right pair"),
        Line2D([], [], color=_WRONG, linewidth=2.5, dashes=(3, 1.5), label="wrong pair, as good"),
    ]
    height = figure.get_figheight()
    for handles, bottom in ((marks, 0.38), (lines, 0.06)):
        figure.legend(handles=handles, loc="lower center", ncols=3, frameon=False, borderpad=0, borderaxespad=0,
                      bbox_to_anchor=(0.5, bottom / height), handletextpad=0.5, columnspacing=1.6)  # fmt: skip
