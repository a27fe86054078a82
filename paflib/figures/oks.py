"""How people are measured: what a part may be off, precision against recall, scores side by side, failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Circle

from paflib._check import check_shape
from paflib.errors import DataError
from paflib.evaluation.oks import oks_sigmas
from paflib.figures.evaluation import _draw_people, _legend, _sticks, _word
from paflib.figures.style import (
    CARD,
    DPI,
    FONT,
    INK,
    WIDTH,
    Picture,
    View,
    card,
    check_image,
    outline,
    pixels_per_point,
    show_image,
    styled,
)
from paflib.people import People

if TYPE_CHECKING:
    from paflib.evaluation import Diagnosis

_LOOKS = (("#0072b2", "o", "-"), ("#d55e00", "s", "--"), ("#009e73", "D", "-."), ("#cc79a7", "^", ":"))
_BAR, _BASE = "#56b4e9", "#bcd9ea"


@styled
def draw_tolerance(
    image: np.ndarray,
    annotated: People,
    found: People | None = None,
    *,
    similarity: float = 0.5,
    crop: Sequence[float] | None = None,
) -> Picture:
    """How far a part may be off: round every annotated part a ring where its similarity has fallen to a value.

    Args:
        image: (H, W, 3), RGB uint8, drawn below in dark grey.
        annotated: people with areas and OKS constants.
        found: people found, a cross for each of their parts.
        similarity: at the ring, between 0 and 1.
        crop: left, top, right, bottom in pixels, to show a piece.

    Raises:
        ShapeError: when the image is no RGB uint8 image.
        DataError: when there are no areas or constants, or the similarity is not between 0 and 1.
    """
    if not 0 < similarity < 1:
        raise DataError(f"draw_tolerance draws rings at a similarity between 0 and 1, got {similarity}")
    if annotated.area is None:
        raise DataError("draw_tolerance needs people with areas, by which OKS divides")
    image, sigmas = check_image(image), oks_sigmas(annotated.skeleton)
    view = View.of(image.shape[:2], crop)
    figure, (axes,), _ = card(view, below=0.45)
    show_image(axes, image, view, dim=True)
    for n, area in enumerate(annotated.area):
        _sticks(axes, annotated, n, "#a8adb8", "-")
        for (x, y), sigma in zip(annotated.keypoints[n, :, :2], sigmas, strict=True):
            if np.isfinite(x):
                radius = 2 * sigma * np.sqrt(-2 * area * np.log(similarity))
                axes.add_patch(Circle((x, y), radius, fill=False, edgecolor="#56b4e9", linewidth=2, zorder=4))
    handles = {f"similarity {similarity:g}": axes.plot([], [], "o", mfc="none", mec="#0072b2", ms=14, mew=2)[0]}
    if found is not None:
        points = found.keypoints[found.present]
        (cross,) = axes.plot(
            points[:, 0], points[:, 1], "x", color="#f0e442", markersize=8, markeredgewidth=2.2, zorder=5,
            path_effects=outline(3.5),
        )  # fmt: skip
        handles["found"] = cross
    figure.legend(handles.values(), handles, loc="lower center", ncols=len(handles), frameon=False)
    return figure


@styled
def draw_precision_recall(curves: Mapping[str, Any]) -> Picture:
    """Precision against recall, a line for each threshold; the shade below the first is its average precision.

    Args:
        curves: by name, (K, 2) recall and precision, recall rising.

    Raises:
        ShapeError: when a curve is not (K, 2).
        DataError: when there is no curve, or more than there are looks.
    """
    if not 1 <= len(curves) <= len(_LOOKS):
        raise DataError(f"draw_precision_recall draws 1 to {len(_LOOKS)} curves, got {len(curves)}")
    figure = Picture(figsize=(WIDTH, 4.4), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    for k, ((name, values), (color, _, dashes)) in enumerate(zip(curves.items(), _LOOKS, strict=False)):
        points = np.asarray(values, float)
        check_shape(f"the curve {name!r}", points, "K 2")
        recall, precision = points.T
        best = np.maximum.accumulate(precision[::-1])[::-1]
        if k == 0:
            axes.fill_between(recall, best, step="pre", color=_BASE, alpha=0.7, linewidth=0)
        axes.plot(recall, precision, color=color, linewidth=1, alpha=0.6)
        axes.step(recall, best, color=color, linestyle=dashes, linewidth=2.4, label=name)
    axes.set(xlabel="recall: share of the annotated who are found", ylabel="precision", xlim=(0, 1), ylim=(0, 1.03))
    axes.grid(alpha=0.25)
    figure.legend(loc="outside upper center", ncols=len(curves), frameon=False)
    return figure


@styled
def draw_scores(
    scores: Mapping[str, float | Sequence[float]], label: str = "AP", *, base: str | None = None, most: float = 1.0
) -> Picture:
    """Figures side by side: a bar each, with its interval where there is one, and a line at the one to compare with.

    Args:
        scores: by name, a number, or a number and the two ends of its interval.
        label: what they are.
        base: the name of the one that the others are compared with.
        most: the right end of the axis.

    Raises:
        DataError: when there are no scores, or no such base.
    """
    if not scores or (base is not None and base not in scores):
        raise DataError(f"draw_scores has {', '.join(scores) or 'nothing'} to draw, and base is {base!r}")
    rows = {name: np.atleast_1d(np.asarray(value, float)) for name, value in scores.items()}
    figure = Picture(figsize=(WIDTH, 0.46 * len(rows) + 1.1), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    for k, (name, value) in enumerate(rows.items()):
        axes.barh(k, value[0], color=_BASE if name == base else _BAR, edgecolor=INK, height=0.7)
        end = value[0]
        if len(value) == 3:
            axes.errorbar(value[0], k, xerr=[[value[0] - value[1]], [value[2] - value[0]]], color=INK, capsize=4)
            end = value[2]
        inside = end > 0.86 * most
        axes.text(
            min(end, value[0]) - 0.012 * most if inside else end + 0.012 * most, k, f"{value[0]:.3f}", va="center",
            ha="right" if inside else "left",
            bbox={"boxstyle": "round,pad=0.12", "facecolor": CARD, "edgecolor": "none", "alpha": 0.85},
        )  # fmt: skip
    if base is not None:
        axes.axvline(rows[base][0], color=INK, linestyle=":", linewidth=1.5, zorder=0)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.invert_yaxis()
    axes.set(xlabel=label, xlim=(0, most))
    axes.grid(axis="x", alpha=0.25)
    return figure


@styled
def draw_failures(
    panels: Sequence[tuple[str, np.ndarray, Diagnosis]], columns: int = 2, *, least: float = 0.0
) -> Picture:
    """Errors of several pictures in panels, each drawn as :func:`~paflib.figures.draw_diagnosis` draws one.

    Args:
        panels: (title, image, diagnosis) of pictures of one size.
        columns: panels in a row.
        least: people who are extra or split off are drawn from this score on.

    Raises:
        ShapeError: when an image is no RGB uint8 image.
        DataError: when there are no panels.
    """
    if not panels:
        raise DataError("draw_failures was given nothing to draw")
    view = View.of(check_image(panels[0][1]).shape[:2])
    figure, axes, _ = card(view, [title for title, _, _ in panels], columns, below=0.45)
    marks: dict[str, Any] = {}
    for panel, (_, image, diagnosis) in zip(axes, panels, strict=True):
        show_image(panel, check_image(image), view, dim=True)
        marks |= _draw_people(panel, diagnosis, partial(_word_inside, view=view), least)
    _legend(figure, marks)
    return figure


def _word_inside(axes: Any, people: People, n: int, word: str, view: View) -> None:
    """A word at someone's head, moved into the panel when the head is at its edge."""
    points = people.keypoints[n, people.present[n], :2]
    x, y = points[points[:, 1].argmin()]
    point = pixels_per_point(axes, view)
    half, high = 0.32 * FONT * len(word) * point, 2.2 * FONT * point
    x = float(np.clip(x, view.left + half, view.right - half))
    y = float(max(y, view.top + high))
    moved = np.zeros((1, people.skeleton.J, 3))
    moved[0, 0] = x, y, 1.0
    _word(axes, People(moved, None, people.skeleton), 0, word)
