"""Matchings as bipartite graphs: the candidates of a limb's two parts, and which of them are chosen as pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes

from paflib._check import check_finite, check_shape
from paflib.errors import DataError
from paflib.figures.labels import Room, along, text_size
from paflib.figures.style import CARD, DPI, INK, MARGIN, WIDTH, Picture, size_of, styled

Pairs = Iterable[tuple[int, int]]
_START, _END, _CHOSEN, _OTHER = "#e69f00", "#56b4e9", "#0072b2", "#6b7280"
_PITCH = 0.6, 0.9, 0.95  # inches from a candidate to the next, with one, two, three panels beside each other
_FEW = 6  # lines, each of which can still have its number
_NODE_RADIUS = 11.0  # points: half of a square or disc with its rim
_SHARES = (0.3, 0.7, 0.25, 0.75, 0.35, 0.65, 0.2, 0.8, 0.4, 0.6, 0.45, 0.55, 0.5)  # of a line, for its number


@styled
def draw_matchings(
    scores: np.ndarray, matchings: Mapping[str, Pairs], *, row: str = "start", column: str = "end"
) -> Picture:
    """Matchings of one score matrix side by side, each with its total.

    Rows are squares at the left, columns discs at the right, numbered from 0. Chosen pairs are solid lines, the other
    pairs with a positive score dashed ones. A chosen line has its score beside it; a dashed one has it in a gap of its
    own, when there are at most six lines.

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
    pitch = _PITCH[min(len(chosen), 3) - 1]
    height = 0.45 + pitch * (max(n, m, 2) + 0.5)
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
        taken = (i, j) in chosen
        color, width, line = (_CHOSEN, 4.0, "-") if taken else (_OTHER, 1.4, (0, (4, 3)))
        axes.plot((0, 1), (left[i], right[j]), color=color, linewidth=width, linestyle=line, zorder=2 + taken)
    written = set(positive) | chosen if len(positive) <= _FEW else chosen
    _write_scores(axes, scores, chosen, written, (left, right))
    for x, places, marker, color, name in ((0, left, "s", _START, row), (1, right, "o", _END, column)):
        axes.scatter(
            np.full(len(places), x), places, s=330, marker=marker, c=color, edgecolors=INK, linewidths=1.4, zorder=5
        )
        for number, y in enumerate(places):
            axes.text(x, y, str(number), ha="center", va="center_baseline", color=INK, zorder=6)
        axes.text(x, -0.5, name, ha="center", va="bottom", color="#3d434e")


def _write_scores(
    axes: Axes,
    scores: np.ndarray,
    chosen: set[tuple[int, int]],
    written: set[tuple[int, int]],
    places: tuple[np.ndarray, np.ndarray],
) -> None:
    """Numbers beside their lines: on no chosen line, no square or disc and no other number as far as there is room."""
    width, height = (72 * inches for inches in size_of(axes))
    (x0, x1), (y1, y0) = axes.get_xlim(), axes.get_ylim()
    unit = np.array([width / (x1 - x0), height / (y1 - y0)])  # points of type for each unit of the axes
    nodes = np.array([(x, y) for x, column in enumerate(places) for y in column]) * unit

    def ends(pair: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        return np.array([0.0, places[0][pair[0]]]) * unit, np.array([1.0, places[1][pair[1]]]) * unit

    box = (x0 * unit[0], y0 * unit[1], x1 * unit[0], y1 * unit[1])
    order = sorted(written, key=lambda pair: (pair not in chosen, pair))  # the chosen ones find room first
    drawn = [*order, *(pair for pair in map(tuple, np.argwhere(scores > 0)) if pair not in written)]
    room = Room(box, nodes, _NODE_RADIUS, [(*ends(pair), 8.0 if pair in chosen else 3.0) for pair in drawn])
    for k, (i, j) in enumerate(order):
        text = f"{scores[i, j]:.2f}"
        half = text_size(text)
        wanted = along(*ends((i, j)), half, _SHARES)
        # A chosen line stays whole: its number is beside it. A dashed one has it in a gap, where nobody can mistake it.
        wanted = wanted[len(_SHARES) : 3 * len(_SHARES)] if (i, j) in chosen else wanted[: len(_SHARES)]
        x, y = room.place(wanted, half, own=k) / unit
        axes.text(
            x, y, text, ha="center", va="center", color=INK, weight="bold" if (i, j) in chosen else "normal", zorder=4,
            bbox={"boxstyle": "round,pad=0.1", "facecolor": CARD, "edgecolor": "none"},
        )  # fmt: skip
