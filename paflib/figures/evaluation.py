"""What an evaluation found: the price of each kind of error, the parts it falls on, stages, and errors in a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from paflib.errors import DataError
from paflib.figures.style import (
    CARD,
    DPI,
    INK,
    WIDTH,
    Picture,
    View,
    card,
    check_image,
    outline,
    show_image,
    styled,
)
from paflib.people import People

if TYPE_CHECKING:
    from paflib.evaluation import Diagnosis, ErrorReport, StageReport

_PARTS = {
    "good": ("#bcd9ea", "", "o"), "jitter": ("#0072b2", "//", "o"), "inversion": ("#e69f00", "..", "s"),
    "swap": ("#d55e00", "xx", "D"), "miss": ("#cc79a7", "--", "X"), "absent": ("#5a5f6b", "", "P"),
}  # fmt: skip
_PEOPLE = {"merged": "#f0e442", "split": "#f0e442", "missed": "#a8adb8", "extra": "#cc79a7"}
_FIELDS = (("S_on", "S on parts", "#0072b2", "o", "-"), ("L_on", "L on limbs", "#d55e00", "s", "--"),
           ("angle", "angle of L", "#009e73", "D", "-."))  # fmt: skip


@styled
def draw_error_price(report: ErrorReport) -> Picture:
    """AP from what it is to 1, a step for every kind of error that is corrected, in order.

    Each bar begins where the one above it ended; its length is the AP lost to this kind. The number of errors stands
    beside its name.

    Args:
        report: of :func:`paflib.evaluation.analyse_errors`.
    """
    kinds = list(report.cumulative)
    figure = Picture(figsize=(WIDTH, 0.42 * len(kinds) + 1.5), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    ends = [report.AP, *report.cumulative.values()]
    names = ["as it is"] + [f"{kind} ({report.counts[kind]})" if kind != "good" else "not exact" for kind in kinds]
    axes.barh(0, report.AP, color="#bcd9ea", edgecolor=INK)
    axes.text(0.012, 0, f"{report.AP:.3f}", va="center")
    for row, (kind, start, end) in enumerate(zip(kinds, ends[:-1], ends[1:], strict=True), 1):
        color = _PEOPLE[kind] if kind in _PEOPLE else _PARTS[kind][0]
        axes.barh(row, end - start, left=start, color=color, edgecolor=INK)
        at_left = end > 0.85
        axes.text(
            start - 0.012 if at_left else end + 0.012, row, f"+{end - start:.3f}", va="center",
            ha="right" if at_left else "left",
        )  # fmt: skip
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel="AP", xlim=(0, 1.02))
    axes.grid(axis="x", alpha=0.25)
    return figure


@styled
def draw_part_errors(report: ErrorReport) -> Picture:
    """What became of every annotated part of the people who were found: one bar a part, a piece for every kind.

    Args:
        report: of :func:`paflib.evaluation.analyse_errors`.

    Raises:
        DataError: when nobody was found.
    """
    counts = np.stack([report.parts[kind] for kind in _PARTS])  # (K, J)
    total = counts.sum(axis=0)
    if not total.any():
        raise DataError("draw_part_errors has nothing to draw: nobody who is annotated was found")
    shown = np.nonzero(total)[0]
    shares = counts[:, shown] / total[shown]
    names = [report.skeleton.parts[j].replace("_", " ") for j in shown]
    figure = Picture(figsize=(WIDTH, 0.36 * len(names) + 1.6), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    left = np.zeros(len(names))
    for (kind, (color, hatch, _)), share in zip(_PARTS.items(), shares, strict=True):
        axes.barh(names, share, left=left, color=color, hatch=hatch, edgecolor=INK, linewidth=0.6, label=kind)
        left += share
    axes.invert_yaxis()
    axes.set(xlabel="share of the annotated parts of people found", xlim=(0, 1))
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    return figure


@styled
def draw_stage_reports(reports: Sequence[StageReport]) -> Picture:
    """What each stage is worth: AP, with its interval where there is one, and the fields' errors.

    Errors are shown as a share of the largest that any stage has of the kind. A stage that predicts no S, or no L, has
    no mark there.

    Args:
        reports: of :func:`paflib.evaluation.evaluate_stages`.

    Raises:
        DataError: when there are no reports.
    """
    if not reports:
        raise DataError("draw_stage_reports was given no stages to draw")
    figure = Picture(figsize=(WIDTH, 4.2), dpi=DPI, layout="constrained")
    left, right = figure.subplots(1, 2)
    stages = [report.stage for report in reports]
    ap = np.array([report.figures["AP"] for report in reports])
    bars = None
    if all("interval" in report.figures for report in reports):
        intervals = np.array([report.figures["interval"]["AP"] for report in reports]).T  # (2, T)
        bars = np.abs(intervals - ap)
    left.errorbar(
        stages, ap, bars, color="#0072b2", marker="o", linewidth=2, markersize=7, markeredgecolor=CARD, capsize=4,
        elinewidth=1.5,
    )  # fmt: skip
    left.set(xlabel="stage", ylabel="AP", xticks=stages, ylim=(0, None))
    left.yaxis.set_major_formatter("{x:.2f}")  # one width, or the layout leaves room for ticks of another size
    for key, name, color, marker, dashes in _FIELDS:
        values = np.array([report.errors[key] for report in reports])
        most = np.nanmax(values) if np.isfinite(values).any() else np.nan
        unit = f"{most:.1f}°" if key == "angle" else f"{most:.3g}"
        right.plot(
            stages, values / most if most > 0 else values, color=color, marker=marker, linestyle=dashes, linewidth=2,
            markersize=7, markeredgecolor=CARD, label=f"{name} (1 is {unit})",
        )  # fmt: skip
    right.set(xlabel="stage", ylabel="error, of the largest", xticks=stages, ylim=(0, 1.08))
    figure.legend(*right.get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    for axes in (left, right):
        axes.grid(alpha=0.25)
    return figure


@styled
def draw_diagnosis(
    image: np.ndarray | None,
    diagnosis: Diagnosis,
    *,
    image_size: tuple[int, int] | None = None,
    crop: Sequence[float] | None = None,
) -> Picture:
    """Every error in its place: the skeletons found, a mark on each wrong part, and a line to where it should be.

    An absent part is marked where it is annotated. People missed, merged, split off and extra are drawn with their word
    beside them.

    Args:
        image: (H, W, 3), RGB uint8, drawn below in dark grey; None draws on black, and wants ``image_size``.
        diagnosis: of one image, see :func:`paflib.evaluation.diagnose`.
        image_size: (height, width) in pixels.
        crop: left, top, right, bottom in pixels, to show a piece.

    Raises:
        ShapeError: when the image is no RGB uint8 image.
        DataError: when there is neither an image nor a size, or the crop holds nothing.
    """
    image = None if image is None else check_image(image)
    size = image_size if image is None else (image.shape[0], image.shape[1])
    if size is None:
        raise DataError("draw_diagnosis needs an image, or an image_size (height, width) to draw on black")
    view = View.of(size, crop)
    figure, (axes,), _ = card(view, below=0.62)
    show_image(axes, image, view, dim=True)
    _legend(figure, _draw_people(axes, diagnosis, _word))
    return figure


def _draw_people(
    axes: Axes, diagnosis: Diagnosis, word: Callable[[Axes, People, int, str], None], least: float = -np.inf
) -> dict[str, Any]:
    """The people of a diagnosis, each kind in its colour and with its word; what the legend has of their parts.

    Args:
        word: writes the word of one person beside them.
        least: people who are extra or split off are drawn from this score on.
    """
    found, annotated = diagnosis.found, diagnosis.annotated
    for p, kind in enumerate(diagnosis.found_kind):
        alone = kind in ("extra", "split")
        if alone and found.scores is not None and found.scores[p] < least:
            continue
        _sticks(axes, found, p, _PEOPLE[kind] if alone else CARD, "--" if alone else "-")
        if alone:
            word(axes, found, p, kind)
    for n, kind in enumerate(diagnosis.annotated_kind):
        if kind in ("missed", "merged"):
            _sticks(axes, annotated, n, _PEOPLE[kind], ":")
            word(axes, annotated, n, kind)
    return _marks(axes, diagnosis)


def _legend(figure: Picture, marks: dict[str, Any]) -> None:
    if marks:
        figure.legend(
            marks.values(), marks, loc="lower center", ncols=len(marks), frameon=False, columnspacing=1.0,
            handletextpad=0.2,
        )  # fmt: skip


def _sticks(axes: Axes, people: People, n: int, color: str, dashes: str) -> None:
    points, present = people.keypoints[n, :, :2], people.present[n]
    for a, b in people.skeleton.edges or ():
        if present[a] and present[b]:
            axes.plot(
                *points[[a, b]].T, color=color, linestyle=dashes, linewidth=2, zorder=2, path_effects=outline(3.5)
            )


def _word(axes: Axes, people: People, n: int, word: str) -> None:
    points = people.keypoints[n, people.present[n], :2]
    x, y = points[points[:, 1].argmin()]
    axes.annotate(
        word, (x, y), (0, 6), textcoords="offset points", ha="center", va="bottom", annotation_clip=True, zorder=6,
        bbox={"boxstyle": "round,pad=0.2", "facecolor": CARD, "edgecolor": INK},
    )  # fmt: skip


def _marks(axes: Axes, diagnosis: Diagnosis) -> dict[str, Any]:
    """A mark on every part that is not good, and a line to where it is annotated; the marks by kind, for a legend."""
    used: dict[str, Any] = {}
    for n, p in enumerate(diagnosis.pair):
        for j, k in enumerate(diagnosis.part_kind[n]):
            if k <= 0:
                continue
            kind = list(_PARTS)[k]
            color, _, marker = _PARTS[kind]
            there = diagnosis.annotated.keypoints[n, j, :2]
            here = there if kind == "absent" else diagnosis.found.keypoints[p, j, :2]
            axes.plot(*np.stack([here, there]).T, color=color, linewidth=1.6, zorder=4, path_effects=outline(3))
            x, y = here
            used[kind] = axes.scatter(x, y, s=90, c=color, marker=marker, edgecolors=CARD, linewidths=1.4, zorder=5)
    return {kind: used[kind] for kind in _PARTS if kind in used}
