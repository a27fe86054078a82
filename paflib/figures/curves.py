"""Curves: a measurement against what was varied, the profile of merged maps, a parabola through three logarithms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from paflib._check import check_shape
from paflib.errors import DataError, ShapeError
from paflib.fields import SIGMA, Grid, confidence_maps
from paflib.fields.confidence import Reduce
from paflib.figures.confidence import CONFIDENCE_MAP
from paflib.figures.style import CARD, DPI, FONT, INK, NIGHT, WIDTH, Picture, extent_of, outline, styled
from paflib.parser import find_peaks

_LOOKS = (("#0072b2", "o", "-"), ("#d55e00", "s", "--"), ("#009e73", "D", "-."), ("#cc79a7", "^", ":"))
_NAMES: dict[str, str] = {"max": "maximum", "average": "average", "sum": "sum, cut at 1"}


@styled
def draw_curves(
    curves: Mapping[str, Any],
    x_label: str,
    y_label: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    lines: Mapping[str, float] | None = None,
    y_range: tuple[float, float] | None = None,
) -> Picture:
    """Measurements against what was varied, one line with its own colour, mark and dashes each.

    Args:
        curves: by name, (K, 2) pairs x, y or (K, 3) with the half height of an error bar; a NaN leaves a gap.
        x_label, y_label: what the axes are, with units.
        log_x, log_y: logarithmic axes.
        lines: x by name, drawn as upright dotted lines with the name above.
        y_range: lowest and highest y; by default what the curves need.

    Raises:
        ShapeError: when a curve is not (K, 2) or (K, 3).
        DataError: when there is no curve, or more than there are looks.
    """
    if not 1 <= len(curves) <= len(_LOOKS):
        raise DataError(f"draw_curves draws 1 to {len(_LOOKS)} curves, got {len(curves)}")
    figure, axes = _plot(4.2)
    for (name, values), (color, marker, dashes) in zip(curves.items(), _LOOKS, strict=False):
        points = np.asarray(values, float)
        if points.ndim != 2 or points.shape[1] not in (2, 3):
            raise ShapeError(f"the curve {name!r} has shape {points.shape}, wanted (K, 2) or (K, 3)")
        bars = points[:, 2] if points.shape[1] == 3 else None
        axes.errorbar(
            points[:, 0], points[:, 1], bars, label=name, color=color, marker=marker, linestyle=dashes,
            linewidth=2, markersize=7, markeredgecolor=CARD, capsize=4, elinewidth=1.5,
        )  # fmt: skip
    axes.set(xlabel=x_label, ylabel=y_label, xscale="log" if log_x else "linear", yscale="log" if log_y else "linear")
    if log_x:
        measured = np.unique(np.concatenate([np.asarray(values, float)[:, 0] for values in curves.values()]))
        if len(measured) <= 10:  # few enough to be named
            axes.set_xticks(measured)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
    if y_range is not None:
        axes.set_ylim(*y_range)
    for name, x in (lines or {}).items():
        axes.axvline(x, color=INK, linestyle=":", linewidth=1.5, zorder=0)
        axes.text(x, 1.01, name, transform=axes.get_xaxis_transform(), ha="center", va="bottom")
    axes.grid(alpha=0.25)
    broad = sum(map(len, curves)) + 6 * len(curves) > 66  # letters of type that a line holds, with the marks
    figure.legend(loc="outside upper center", ncols=2 if broad else len(curves), frameon=False)
    return figure


@styled
def draw_reductions(
    points: Any,
    shape: tuple[int, int] = (8, 12),
    grid: Grid = Grid(8),  # noqa: B008 - frozen
    sigma: float = float(SIGMA),
    reduces: Sequence[Reduce] = ("max", "average", "sum"),
) -> Picture:
    """One part of several people made into one map in several ways, and below, each map along one row of cells.

    A cross is where the part truly is, a ring a peak that is found. The profile runs through the first point's row.

    Args:
        points: (N, 2), x and y of each person's part in pixels.
        shape: (h, w) in cells.  grid: where they lie.
        sigma: as in :func:`paflib.fields.confidence_maps`.
        reduces: ways to merge, one panel each.

    Raises:
        ShapeError: when the points are not (N, 2) or a way to merge is unknown.
        DataError: when there are no points, or more ways than there are looks.
    """
    people = np.asarray(points, float)
    check_shape("points", people, "N 2")
    if not len(people) or not 1 <= len(reduces) <= len(_LOOKS):
        raise DataError(f"draw_reductions needs a point and 1 to {len(_LOOKS)} ways to merge, got {len(reduces)}")
    keypoints = np.insert(people, 2, 1.0, axis=1)[:, None]  # (N, 1, 3)
    maps = {name: confidence_maps(keypoints, shape, grid, sigma, name)[0] for name in reduces}
    figure = Picture(figsize=(WIDTH, WIDTH / len(reduces) * shape[0] / shape[1] + 3.4), dpi=DPI, layout="constrained")
    panels = figure.subplot_mosaic(
        [list(reduces), ["profile"] * len(reduces)], height_ratios=(WIDTH / len(reduces) * shape[0] / shape[1] + 0.3, 3)
    )
    extent = extent_of(shape, grid)
    columns, rows = grid.axes(shape)
    row = int(np.abs(rows - people[0, 1]).argmin())
    for (name, values), (color, marker, dashes) in zip(maps.items(), _LOOKS, strict=False):
        axes = panels[name]
        axes.imshow(values, cmap=CONFIDENCE_MAP, vmin=0, vmax=1, extent=extent)
        axes.set(xticks=[], yticks=[], facecolor=NIGHT)
        peaks = find_peaks(values[None])
        axes.set_title(f"{_NAMES[name]}: {len(peaks)} peak{'s' * (len(peaks) != 1)}", fontsize=FONT)
        axes.plot(*people.T, "x", color="white", markersize=10, markeredgewidth=2, path_effects=outline(4))
        axes.plot(
            *grid.to_pixels(peaks.xy).T, "o", color="none", markeredgecolor="white", markersize=17, markeredgewidth=2,
            path_effects=outline(4),
        )  # fmt: skip
        axes.set(xlim=extent[:2], ylim=extent[2:])
        panels["profile"].plot(
            columns, values[row], color=color, marker=marker, linestyle=dashes, linewidth=2, label=_NAMES[name]
        )  # fmt: skip
    for x in people[:, 0]:
        panels["profile"].axvline(x, color=INK, linestyle=":", linewidth=1.5, zorder=0)
    panels["profile"].set(xlabel=f"x in pixels, along the cells of row {row}", ylabel="confidence", ylim=(0, 1.05))
    panels["profile"].legend(frameon=False, loc="upper right")
    panels["profile"].grid(alpha=0.25)
    return figure


@styled
def draw_profile(
    points: Any,
    shape: tuple[int, int],
    grid: Grid = Grid(8),  # noqa: B008 - frozen
    sigma: float = float(SIGMA),
    reduce: Reduce = "max",
    beyond: float = 24.0,
) -> Picture:
    """One part's map for several people, and below it the values along the line from the first of them to the second.

    Joints are numbered from 1; a cross is a peak of the map, with its height. Below, the solid line is all people
    together, the dashed ones each person alone; both are Eq. 7 and 8 themselves, between the cells too.

    Args:
        points: (N, 2), x and y of each person's part in pixels.
        shape: (h, w) in cells.  grid: where they lie.
        sigma, reduce: as in :func:`paflib.fields.confidence_maps`.
        beyond: pixels by which the line runs past the two joints.

    Raises:
        ShapeError: when the points are not (N, 2), or the way to merge is unknown.
        DataError: when there are fewer than two points, or more than there are looks.
    """
    people = np.asarray(points, float)
    check_shape("points", people, "N 2")
    if not 2 <= len(people) <= len(_LOOKS):
        raise DataError(f"draw_profile wants 2 to {len(_LOOKS)} points, got {len(people)}")
    keypoints = np.insert(people, 2, 1.0, axis=1)[:, None]  # (N, 1, 3)
    values = confidence_maps(keypoints, shape, grid, sigma, reduce)[0]
    apart = float(np.hypot(*(people[1] - people[0])))
    way = (people[1] - people[0]) / max(apart, 1e-9) if apart else np.array([1.0, 0.0])
    s = np.linspace(-beyond, apart + beyond, 301)
    line = people[0] + s[:, None] * way
    high = WIDTH * shape[0] / shape[1]
    figure = Picture(figsize=(WIDTH, high + 3.0), dpi=DPI, layout="constrained")
    panel, below = figure.subplots(2, 1, height_ratios=(high, 2.8))
    extent = extent_of(shape, grid)
    panel.imshow(values, cmap=CONFIDENCE_MAP, vmin=0, vmax=1, extent=extent)
    panel.plot(*line[[0, -1]].T, color="white", linewidth=1.5, linestyle="--", path_effects=outline(3.5))
    peaks = find_peaks(values[None])
    for (x, y), score in zip(grid.to_pixels(peaks.xy), peaks.score, strict=True):
        panel.plot(x, y, "+", color="white", markersize=13, markeredgewidth=2, path_effects=outline(4.5))
        panel.annotate(f"{score:.2f}", (x, y), (0, 26), textcoords="offset points", color="white", ha="center",
                       path_effects=outline())  # fmt: skip
    for n, (x, y) in enumerate(people, 1):
        panel.annotate(str(n), (x, y), (0, -27), textcoords="offset points", color="white", ha="center",
                       weight="bold", path_effects=outline())  # fmt: skip
    panel.set(xlim=extent[:2], ylim=extent[2:], xticks=[], yticks=[])
    _draw_profile_curves(below, people, line, s, sigma, reduce)
    below.set(ylabel="confidence", ylim=(0, 1.05), xticks=[0, apart], xticklabels=["1", "2"],
              xlabel=f"along the line, {apart:.0f} px from 1 to 2")  # fmt: skip
    below.margins(x=0)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def _draw_profile_curves(
    axes: Axes, people: np.ndarray, line: np.ndarray, s: np.ndarray, sigma: float, reduce: Reduce
) -> None:
    alone = np.exp(-np.sum((line[None] - people[:, None]) ** 2, axis=-1) / sigma**2)  # (N, K)
    together = {"max": alone.max(axis=0), "average": alone.mean(axis=0), "sum": np.minimum(alone.sum(axis=0), 1)}
    axes.plot(s, together[reduce], color=INK, linewidth=5, label="all people together")
    for n, (values, (color, *_)) in enumerate(zip(alone, _LOOKS, strict=False)):
        seen = np.where(values > 0.004, values, np.nan)
        axes.plot(s, seen, color=color, linewidth=2.5, dashes=(4, 2), label="each person alone" if n == 0 else None)
    axes.grid(alpha=0.25)


@styled
def draw_parabola(offset: float, sigma: float, noise: Sequence[float] = (0, 0, 0)) -> Picture:
    """Three cells of a Gaussian, and the parabola through their logarithms.

    Left the values, right their logarithms; the dotted line is where the Gaussian is highest, the dashed one where the
    parabola is.

    Args:
        offset: where the Gaussian is highest, in cells from the middle one.
        sigma: its width in cells, in the form of Eq. 7.
        noise: what is added to the three values.

    Raises:
        DataError: when a value is not positive, so that it has no logarithm, or the three do not bend down.
    """
    cells = np.array([-1.0, 0.0, 1.0])
    values = np.exp(-(((cells - offset) / sigma) ** 2)) + np.asarray(noise, float)
    if (values <= 0).any():
        raise DataError(f"the three cells hold {values.round(3)}, wanted positive values")
    coefficients = np.polyfit(cells, np.log(values), 2)
    if coefficients[0] >= 0:
        raise DataError(f"the logarithms of {values.round(3)} do not bend down, so they have no highest point")
    vertex = -coefficients[1] / (2 * coefficients[0])
    fine = np.linspace(-2, 2, 201)
    figure = Picture(figsize=(WIDTH, 3.9), dpi=DPI, layout="constrained")
    panels = figure.subplots(1, 2)
    changes: tuple[Callable[[Any], Any], ...] = (np.exp, np.asarray)
    for axes, change in zip(panels, changes, strict=True):
        axes.plot(fine, change(-(((fine - offset) / sigma) ** 2)), color="#56b4e9", linewidth=5, label="the Gaussian")
        axes.plot(fine, change(np.polyval(coefficients, fine)), color=INK, linestyle="--", linewidth=1.5,
                  label="the parabola")  # fmt: skip
        axes.plot(cells, change(np.log(values)), "o", color="#d55e00", markersize=9, label="three cells", zorder=3)
        axes.axvline(offset, color=INK, linestyle=":", linewidth=1.5)
        axes.axvline(vertex, color=INK, linestyle="--", linewidth=1)
        axes.set(xlabel="cells from the highest one", xticks=range(-2, 3))
        axes.grid(alpha=0.25)
    panels[0].set(ylabel="S", ylim=(0, 1.1))
    panels[1].set(ylabel="log S", ylim=(min(np.log(values).min() - 1.2, -3.5), 0.4))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    return figure


def _plot(height: float) -> tuple[Picture, Axes]:
    figure = Picture(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
    return figure, figure.subplots()
