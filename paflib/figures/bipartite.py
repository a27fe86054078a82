"""Matchings as bipartite graphs: the candidates of a limb's two parts, and which of them are chosen as pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes

from paflib._check import check_finite, check_shape
from paflib.errors import DataError
from paflib.figures.style import CARD, DPI, INK, MARGIN, WIDTH, Picture, styled

Pairs = Iterable[tuple[int, int]]
_START, _END, _CHOSEN, _OTHER = "#e69f00", "#56b4e9", "#0072b2", "#6b7280"


@styled
def draw_matchings(
    scores: np.ndarray, matchings: Mapping[str, Pairs], *, row: str = "start", column: str = "end"
) -> Picture:
    """Matchings of one score matrix side by side, each with its total.

    Rows are squares at the left, columns discs at the right, numbered from 0. Chosen pairs are solid lines, the other
    pairs with a positive score dashed ones. Every line carries its score when there are at most nine, else the chosen.

    Args:
        scores: (n, m); a pair at 0 or below cannot be chosen.
        matchings: by name, each the pairs (row, column) that it chooses.
        row, column: what rows and columns are called.

    Raises:
        ShapeError: scores that are no matrix.
        DataError: no matching, or one with a pair that the matrix has not.
    """
    scores = np.asarray(scores, float)
    n, m = check_shape("scores", scores, "n m").values()
    check_finite("scores", scores)
    chosen = {name: {(int(i), int(j)) for i, j in pairs} for name, pairs in matchings.items()}
    wrong = [pair for pairs in chosen.values() for pair in pairs if not (0 <= pair[0] < n and 0 <= pair[1] < m)]
    if wrong or not chosen:
        raise DataError(f"matchings hold {wrong or 'nothing'}, wanted pairs of {n} rows and {m} columns")
    height = 0.45 + 0.6 * (max(n, m, 2) + 0.5)
    figure = Picture(figsize=(WIDTH, height), dpi=DPI)
    share = 1 / len(chosen)
    for k, (name, pairs) in enumerate(chosen.items()):
        axes = figure.add_axes((k * share, MARGIN / height, share, 1 - (MARGIN + 0.35) / height))
        axes.set_title(f"{name}: total {sum(scores[pair] for pair in pairs):.2f}", pad=4, weight="bold")
        _graph(axes, scores, pairs, row, column)
    return figure


def _graph(axes: Axes, scores: np.ndarray, chosen: set[tuple[int, int]], row: str, column: str) -> None:
    n, m = scores.shape
    axes.axis("off")
    axes.set_xlim(-0.35, 1.35)
    axes.set_ylim(-1.0, max(n, m, 2) - 0.5)
    axes.invert_yaxis()
    left, right = (np.arange(size) + (max(n, m, 2) - size) / 2 for size in (n, m))
    positive = [(int(i), int(j)) for i, j in np.argwhere(scores > 0)]
    for i, j in sorted(set(positive) | chosen, key=lambda pair: pair in chosen):  # the chosen ones on top
        taken, all_written = (i, j) in chosen, len(positive) <= 9
        color, width, line = (_CHOSEN, 4.0, "-") if taken else (_OTHER, 1.4, (0, (4, 3)))
        axes.plot((0, 1), (left[i], right[j]), color=color, linewidth=width, linestyle=line, zorder=2 + taken)
        if taken or all_written:
            # Spread along the lines where all are written; else before the squares, each of which has one at most.
            at = 0.2 + 0.48 * j / max(m - 1, 1) if all_written else -0.17
            axes.text(
                at, left[i] + (right[j] - left[i]) * max(at, 0.0), f"{scores[i, j]:.2f}", ha="center", va="center",
                color=INK, weight="bold" if taken else "normal", zorder=4,
                bbox={"boxstyle": "round,pad=0.1", "facecolor": CARD, "edgecolor": "none"},
            )  # fmt: skip
    for x, places, marker, color, name in ((0, left, "s", _START, row), (1, right, "o", _END, column)):
        axes.scatter(
            np.full(len(places), x), places, s=330, marker=marker, c=color, edgecolors=INK, linewidths=1.4, zorder=5
        )
        for number, y in enumerate(places):
            axes.text(x, y, str(number), ha="center", va="center_baseline", color=INK, zorder=6)
        axes.text(x, -0.5, name, ha="center", va="bottom", color="#3d434e")
