"""What the parser works on: peaks, the candidate limbs between them, and one candidate's line integral."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from paflib._check import check_finite, check_shape
from paflib.errors import DataError
from paflib.fields import Fields
from paflib.figures.affinity import Limb, paint_arrows
from paflib.figures.colors import limb_color, side
from paflib.figures.labels import Room, along, text_size
from paflib.figures.style import (
    CARD,
    DPI,
    INK,
    MARGIN,
    WIDTH,
    Picture,
    View,
    card,
    check_field_image,
    field_size,
    frame,
    limb_index,
    outline,
    part_index,
    pixels_per_point,
    show_image,
    styled,
)  # fmt: skip
from paflib.parser import Connections, Peaks, find_peaks, greedy, line_integral, score_pairs
from paflib.parser.sampling import sample

_SIDES = {"right": ("s", "#e69f00"), "": ("o", "#009e73"), "left": ("D", "#56b4e9")}
_START, _END = "#e69f00", "#56b4e9"
_PASSED, _FAILED = "#0072b2", "#d55e00"
_MARK_RADIUS = 9.0  # points: half of a candidate's square or disc with its rim
_SHARES = np.linspace(0, 1, 21)[:, None]


@styled
def draw_peaks(
    image: np.ndarray | None,
    fields: Fields,
    peaks: Peaks | None = None,
    parts: Sequence[str | int] | None = None,
    *,
    crop: Sequence[float] | None = None,
) -> Picture:
    """Peaks over the image: the higher one is, the larger its mark; marks and colours tell right, middle and left.

    The legend names the sides of the parts that are shown.

    Args:
        image: (H, W, 3), RGB uint8; None draws on black.
        fields: whose peaks they are; gives skeleton and grid.
        peaks: as :func:`paflib.parser.find_peaks` returns them, which is asked by default.
        parts: names or indices of the parts to show; all by default.
        crop: left, top, right, bottom in pixels, to show a piece of the image.

    Raises:
        ShapeError: when the image is no RGB uint8 image or not the one the fields come from.
        DataError: when there is no such part, or the crop holds nothing.
    """
    skeleton = fields.skeleton
    shown = [part_index(skeleton, part) for part in (range(skeleton.J) if parts is None else parts)]
    image = check_field_image(image, fields)
    view = View.of(field_size(image, fields), crop)
    peaks = find_peaks(fields.S) if peaks is None else peaks
    figure, (axes,), _ = card(view, below=0.4)
    show_image(axes, image, view, dim=True)
    pixels = fields.S_grid.to_pixels(peaks.xy)
    for name, (marker, color) in _SIDES.items():
        mine = np.isin(peaks.part, [j for j in shown if side(skeleton.parts[j]) == name])
        size = 25 + 75 * np.clip(peaks.score[mine], 0, 1)
        x, y = pixels[mine].T
        axes.scatter(x, y, s=size, marker=marker, c=color, edgecolors=INK, linewidths=1.2, zorder=3)
    sides = {side(skeleton.parts[j]) for j in shown}
    marks = [_mark(marker, color, name or "middle") for name, (marker, color) in _SIDES.items() if name in sides]
    figure.legend(handles=marks, loc="lower center", ncols=3, frameon=False, borderaxespad=0.1, handletextpad=0.2)
    return figure


@styled
def draw_candidates(
    image: np.ndarray | None,
    fields: Fields,
    limb: Limb,
    peaks: Peaks | None = None,
    connections: Connections | Sequence[tuple[int, int]] | None = None,
    *,
    scores: np.ndarray | None = None,
    crop: Sequence[float] | None = None,
    labels: bool | None = None,
) -> Picture:
    """Every candidate for one limb: chosen ones solid, the other possible ones dashed, refused ones dotted.

    A line is the wider the higher its score. Peaks of the limb's first part are squares, of its second discs; the
    number in each counts the part's peaks from 0.

    Args:
        image: (H, W, 3), RGB uint8; None draws on black.
        fields: the fields.
        limb: index, name (``"neck-nose"``) or two part names.
        peaks: as :func:`paflib.parser.find_peaks` returns them, which is asked by default.
        connections: the chosen pairs: the parser's :class:`~paflib.parser.Connections`, or pairs that count the peaks
            of the first and of the second part from 0; by default the greedy matching's.
        scores: (n, m), one for each pair of a first and a second part's peak; a pair at 0 or below is refused. By
            default the line integrals, 0 for the pairs that too few samples support.
        crop: left, top, right, bottom in pixels, to show a piece of the image.
        labels: write scores beside the lines; by default beside all when there are at most 9 pairs, else beside the
            chosen ones.

    Raises:
        ShapeError: when the image is no RGB uint8 image or not the one the fields come from, or scores do not fit.
        DataError: when there is no such limb, or the crop holds nothing.
    """
    c = limb_index(fields.skeleton, limb)
    image = check_field_image(image, fields)
    view = View.of(field_size(image, fields), crop)
    peaks = find_peaks(fields.S) if peaks is None else peaks
    first, second = (peaks.of(j) for j in fields.skeleton.limbs[c])
    scores = _scores(fields, c, peaks.xy[first], peaks.xy[second]) if scores is None else np.asarray(scores, float)
    check_shape("scores", scores, "n m", n=len(first), m=len(second))
    chosen = _chosen(connections, c, first, second, scores)
    figure, (axes,), _ = card(view, below=0.68)
    show_image(axes, image, view, dim=True)
    a, b = (fields.S_grid.to_pixels(peaks.xy[mine]) for mine in (first, second))
    pairs = sorted(np.ndindex(scores.shape), key=lambda pair: pair in chosen)  # the chosen ones on top
    for i, j in pairs:
        _line(axes, a[i], b[j], float(scores[i, j]), (i, j) in chosen, limb_color(fields.skeleton, c))
    every = labels if labels is not None else scores.size <= 9
    written = [pair for pair in reversed(pairs) if pair in chosen or (every and scores[pair] > 0)]
    if labels is not False:
        _write_scores(axes, view, [(a[i], b[j], float(scores[i, j]), (i, j) in chosen) for i, j in written],
                      np.concatenate([a, b]))  # fmt: skip
    _peak_marks(axes, a, "s", _START)
    _peak_marks(axes, b, "o", _END)
    _key(figure, [fields.skeleton.parts[j].replace("_", " ") for j in fields.skeleton.limbs[c]])
    return figure


@styled
def draw_line_integral(
    image: np.ndarray | None,
    fields: Fields,
    limb: Limb,
    a: Sequence[float] | np.ndarray,
    b: Sequence[float] | np.ndarray,
    *,
    samples: int = 10,
    threshold: float = 0.05,
    crop: Sequence[float] | None = None,
) -> Picture:
    """One candidate's line integral (TPAMI Eq. 11): where the field is read, and what each reading adds.

    Left, the field's arrows with the samples along the candidate. Right, the dot product of the field with the
    candidate's direction at each sample, their mean E as a line. Discs support the candidate, crosses do not.

    Args:
        image: (H, W, 3), RGB uint8; None draws on black.
        fields: the fields.
        limb: index, name or two part names.
        a, b: where the candidate starts and ends, (x, y) in cells of S as in ``peaks.xy``.
        samples: how many, both ends included.
        threshold: what a sample must exceed to support the candidate.
        crop: left, top, right, bottom in pixels; by default the candidate and some room around it.

    Raises:
        ShapeError: when the image is no RGB uint8 image or not the one the fields come from, or a or b is no point.
        DataError: when there is no such limb, or the crop holds nothing.
    """
    c = limb_index(fields.skeleton, limb)
    image = check_field_image(image, fields)
    ends = [np.asarray(point, float) for point in (a, b)]
    for name, point in zip("ab", ends, strict=True):
        check_shape(name, point, "2")
        check_finite(name, point)
    pixels = fields.S_grid.to_pixels(np.stack(ends))
    cells = fields.L_grid.to_cells(pixels)
    score, dots = line_integral(fields.L[c], cells[0], cells[1], samples)
    passed = dots > threshold
    view = View.of(field_size(image, fields), _around(pixels, fields) if crop is None else crop)
    figure, picture, graph = _two_panels(view)
    show_image(picture, image, view, dim=True)
    _show_samples(picture, fields, c, pixels, samples, passed)
    names = [fields.skeleton.parts[j].replace("_", "\n") for j in fields.skeleton.limbs[c]]
    _show_dots(graph, dots, score, threshold, passed, names)
    return figure


# ---- candidates --------------------------------------------------------------------------------------------------


def _scores(fields: Fields, limb: int, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    cells = [fields.L_grid.to_cells(fields.S_grid.to_pixels(xy)) for xy in (starts, ends)]
    score, good = score_pairs(fields.L[limb], cells[0], cells[1])
    return np.where(good, score, 0.0)


def _chosen(
    connections: Connections | Sequence[tuple[int, int]] | None,
    limb: int,
    first: np.ndarray,
    second: np.ndarray,
    scores: np.ndarray,
) -> set[tuple[int, int]]:
    """The chosen pairs, counting the peaks of either part from 0."""
    if connections is None:
        return set(greedy(np.nan_to_num(scores)))
    if not isinstance(connections, Connections):
        pairs = {(int(i), int(j)) for i, j, *_ in connections}
    else:
        mine = connections.of(limb)
        rows, columns = ({int(p): k for k, p in enumerate(of)} for of in (first, second))
        pairs = {(rows.get(int(p), -1), columns.get(int(q), -1)) for p, q in zip(mine.a, mine.b, strict=True)}
    if any(not (0 <= i < len(first) and 0 <= j < len(second)) for i, j in pairs):
        raise DataError("connections name a peak that is not among the peaks given: both must come from one run")
    return pairs


def _line(axes: Axes, a: np.ndarray, b: np.ndarray, score: float, chosen: bool, color: str) -> None:
    """One candidate; chosen: solid with a rim, possible: dashed, refused: thin and dotted."""
    x, y = (a[0], b[0]), (a[1], b[1])
    width = 1.5 + 4.0 * min(max(score, 0.0), 1.0)
    if chosen:
        axes.plot(x, y, color=color, linewidth=width, path_effects=outline(width + 2.5), zorder=4)
    elif score > 0:
        axes.plot(x, y, color="white", linewidth=width * 0.6, dashes=(3, 1.8), zorder=3)
    else:
        axes.plot(x, y, color="white", linewidth=1.0, linestyle=":", alpha=0.7, zorder=2)


def _write_scores(
    axes: Axes, view: View, pairs: Sequence[tuple[np.ndarray, np.ndarray, float, bool]], marks: np.ndarray
) -> None:
    """The score of each pair (a, b, score, chosen) on its line or beside it, inside the picture and off the marks.

    A pair that the view does not show has no number in it.
    """
    point = pixels_per_point(axes, view)
    box = tuple(edge / point for edge in (view.left, view.top, view.right, view.bottom))
    room = Room(box, marks[view.holds(marks)] / point, _MARK_RADIUS)  # type: ignore[arg-type]
    for a, b, score, chosen in pairs:
        seen = view.holds(a * (1 - _SHARES) + b * _SHARES)
        if not seen.any():
            continue
        text = f"{score:.2f}"
        half = text_size(text)
        middle = [0.5, *(0.5 + d for d in (0.12, -0.12, 0.24, -0.24)), float(_SHARES[seen].mean())]
        x, y = room.place(along(a / point, b / point, half, middle), half) * point
        axes.text(
            x, y, text, ha="center", va="center", zorder=5, color=INK, weight="bold" if chosen else "normal",
            bbox={"boxstyle": "round,pad=0.12", "facecolor": CARD, "edgecolor": "none", "alpha": 0.92},
        )  # fmt: skip


def _peak_marks(axes: Axes, places: np.ndarray, marker: str, color: str) -> None:
    axes.scatter(places[:, 0], places[:, 1], s=230, marker=marker, c=color, edgecolors=INK, linewidths=1.4, zorder=6)
    for n, (x, y) in enumerate(places):
        axes.text(x, y, str(n), ha="center", va="center", color=INK, zorder=7, clip_on=True)


def _mark(marker: str, color: str, label: str) -> Line2D:
    return Line2D([], [], linestyle="", marker=marker, color=color, markeredgecolor=INK, markersize=11, label=label)


def _key(figure: Picture, names: list[str]) -> None:
    """Two lines below the picture: what the marks are, and what the lines are."""
    lines = [
        Line2D([], [], color=INK, linewidth=4, label="chosen"),
        Line2D([], [], color=INK, linewidth=2, dashes=(2.5, 1.5), label="possible"),
        Line2D([], [], color=INK, linewidth=1.5, linestyle=":", label="refused"),
    ]
    marks = [_mark("s", _START, names[0]), _mark("o", _END, names[1])]
    height = figure.get_figheight()
    for handles, bottom in ((marks, 0.33), (lines, 0.04)):
        figure.legend(handles=handles, loc="lower center", ncols=3, frameon=False, borderpad=0, borderaxespad=0,
                      bbox_to_anchor=(0.5, bottom / height), handletextpad=0.5, columnspacing=1.6)  # fmt: skip


# ---- the line integral -------------------------------------------------------------------------------------------


def _around(pixels: np.ndarray, fields: Fields) -> tuple[float, ...]:
    """A square around the candidate with some cells of room."""
    middle = pixels.mean(axis=0)
    length = float(np.hypot(*(pixels[1] - pixels[0])))
    half = np.ptp(pixels, axis=0).max() / 2 + max(0.3 * length, 1.5 * max(fields.L_grid.strides))
    return (*(middle - half), *(middle + half))


def _two_panels(view: View) -> tuple[Picture, Axes, Axes]:
    """The image at the left, a graph of the same height at the right."""
    width = 3.7
    height = float(np.clip(width * view.height / view.width, 2.4, 4.2))
    width = min(width, height * view.width / view.height)
    foot = 0.62  # the graph's tick labels, which may have two lines
    total = (WIDTH, height + foot + 2 * MARGIN)
    figure = Picture(figsize=total, dpi=DPI)
    bottom, share = (foot + MARGIN) / total[1], height / total[1]
    picture = figure.add_axes((MARGIN / total[0], bottom, width / total[0], share))
    left = width + MARGIN + 0.95
    graph = figure.add_axes((left / total[0], bottom, (total[0] - left - 0.7) / total[0], share))
    frame(picture, view)
    return figure, picture, graph


def _show_samples(axes: Axes, fields: Fields, limb: int, pixels: np.ndarray, samples: int, passed: np.ndarray) -> None:
    paint_arrows(axes, fields, limb, "#b8bcc6")
    share = np.linspace(0, 1, samples)[:, None]
    places = pixels[0] * (1 - share) + pixels[1] * share
    vectors = sample(fields.L[limb], fields.L_grid.to_cells(places))
    length = float(np.hypot(*(pixels[1] - pixels[0])))
    unit = max(0.9 * length / (samples - 1), 1e-3)  # an arrow along the candidate ends before the next sample
    axes.plot(pixels[:, 0], pixels[:, 1], color="white", linewidth=2, path_effects=outline(4), zorder=3)
    axes.quiver(
        *places.T, *vectors, color=limb_color(fields.skeleton, limb), edgecolor=INK, linewidth=0.6, zorder=5,
        angles="xy", scale_units="xy", scale=1 / unit, units="xy", width=0.14 * unit, headwidth=3,
        headlength=2.8, headaxislength=2.5, minlength=0.0,
    )  # fmt: skip
    _marks(axes, places[:, 0], places[:, 1], passed)
    for point, name in zip(pixels, "ab", strict=True):  # the offset is in points, in which up is positive
        away = (pixels[1] - pixels[0]) * (16 if name == "b" else -16) / max(length, 1e-9)
        axes.annotate(
            name, (point[0], point[1]), (away[0], -away[1]), textcoords="offset points", color="white", ha="center",
            va="center", weight="bold", style="italic", path_effects=outline(), zorder=7,
        )  # fmt: skip


def _show_dots(
    axes: Axes, dots: np.ndarray, score: float, threshold: float, passed: np.ndarray, names: list[str]
) -> None:
    share = np.linspace(0, 1, len(dots))
    axes.vlines(share, 0, dots, color="#8a8f99", linewidth=2, zorder=1)
    axes.axhline(0, color=INK, linewidth=1)
    axes.axhline(threshold, color=_FAILED, linewidth=1.5, linestyle=":")
    axes.axhline(score, color=INK, linewidth=2, linestyle="--")
    axes.text(1.03, score, f"E =\n{score:.2f}", transform=axes.get_yaxis_transform(), ha="left", va="center")
    _marks(axes, share, dots, passed)
    axes.set_xlim(-0.06, 1.06)
    low, high = min(-0.12, float(dots.min()) - 0.1), max(1.05, float(dots.max()) + 0.1)
    axes.set_ylim(low, high)
    axes.set_yticks(np.arange(np.ceil(2 * low), np.floor(2 * high) + 1) / 2)
    axes.set_xticks([0, 1], [f"a: {names[0]}", f"b: {names[1]}"])
    axes.set_ylabel("field · direction")


def _marks(axes: Axes, x: np.ndarray, y: np.ndarray, passed: np.ndarray) -> None:
    """Samples that support the candidate as discs, the others as crosses."""
    axes.scatter(x[passed], y[passed], s=50, c=_PASSED, edgecolors="white", linewidths=1.5, zorder=6)
    axes.scatter(x[~passed], y[~passed], s=50, marker="X", c=_FAILED, edgecolors="white", linewidths=1.0, zorder=6)
