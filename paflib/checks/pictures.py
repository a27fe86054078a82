"""A small picture of what a student's function gave: never of what it should have given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from paflib.figures.style import Picture, styled

_WRONG, _RIGHT, _INK = "#d55e00", "#009e73", "#16181d"


def draw(kind: str, example: dict[str, Any]) -> tuple[bytes, str] | None:
    """PNG and alt text, or None where there is nothing that can be drawn."""
    if kind not in _KINDS or example.get("yours") is None:
        return None
    try:
        return _drawn(_KINDS[kind], example)
    except Exception:  # of a wrong kind, shape or size: the table has said so
        return None


@styled
def _drawn(paint: Callable[[Axes, dict[str, Any]], str], example: dict[str, Any]) -> tuple[bytes, str]:
    figure = Picture(figsize=(2.5, 2.1), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    axes.tick_params(labelsize=7)
    alt = paint(axes, example)
    return figure.png(), alt


def _plain(value: Any) -> np.ndarray:
    value = list(value.items()) if isinstance(value, Mapping) else list(value) if isinstance(value, set) else value
    return np.asarray(value.detach().cpu().numpy() if hasattr(value, "detach") else value, float)


def _mark(axes: Axes, row: float, column: float) -> None:
    axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=_WRONG, linewidth=2.5))


def _labels(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, fontsize=7)
    axes.set_ylabel(y, fontsize=7)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=1))


def _map(axes: Axes, example: dict[str, Any]) -> str:
    values, at = _plain(example["yours"]), example.get("at")
    channel = int(at[0]) if at is not None and len(at) == 3 else 0
    plane = values[channel] if values.ndim == 3 else values
    axes.imshow(plane, cmap="viridis", vmin=min(0.0, plane.min()), vmax=max(1.0, plane.max()))
    _labels(axes, "column", "row")
    if at is None:
        return f"A map of {plane.shape[0]} by {plane.shape[1]} cells, brighter where your function's value is higher."
    _mark(axes, at[-2], at[-1])
    return (f"A map of {plane.shape[0]} by {plane.shape[1]} cells, brighter where your function's value is higher; an "
            f"orange frame marks the cell in row {at[-2]}, column {at[-1]}, which is wrong.")  # fmt: skip


def _field(axes: Axes, example: dict[str, Any]) -> str:
    value = example["yours"]
    field = _plain(value[0] if isinstance(value, (tuple, list)) and np.ndim(value[0]) == 3 else value)
    field = field if field.shape[-1] == 2 else np.moveaxis(field, 0, -1)
    h, w, _ = field.shape
    row, column = np.nonzero(np.linalg.norm(field, axis=-1) > 1e-6)
    vectors = field[row, column]
    size = max(1.0, float(np.abs(vectors).max(initial=1)))
    axes.quiver(column, row, *(vectors.T / size), angles="xy", scale_units="xy", scale=1.1, color=_INK, width=0.012)
    axes.set(xlim=(-0.8, w - 0.2), ylim=(h - 0.2, -0.8), aspect="equal")
    _joints(axes, example)
    _labels(axes, "column", "row")
    words = f"Arrows in {len(row)} of {h * w} cells show the vectors that your function gives"
    if example.get("at") is None:
        return f"{words}."
    _mark(axes, *example["at"])
    return f"{words}; an orange frame marks the cell in row {example['at'][0]}, column {example['at'][1]}."


def _joints(axes: Axes, example: dict[str, Any]) -> None:
    """Thin lines from joint to joint: what went in."""
    cells = np.asarray(example["cells"])
    stride = cells[0, 1, 0] - cells[0, 0, 0]
    limbs = example["limbs"] if "limbs" in example else [(example["x1"], example["x2"])]
    for limb in limbs:
        x, y = ((np.asarray(limb) - cells[0, 0]) / stride).T
        axes.plot(x, y, "-o", color="#56b4e9", linewidth=1, markersize=3)


def _peaks(axes: Axes, example: dict[str, Any]) -> str:
    S, cells = np.asarray(example["S"]), np.asarray(_plain(example["yours"])).reshape(-1, 2)
    axes.imshow(S, cmap="gray", vmin=0, vmax=1)
    axes.scatter(cells[:, 0], cells[:, 1], marker="s", s=40, facecolors="none", edgecolors="#56b4e9", linewidths=1.8)
    _labels(axes, "column", "row")
    if example.get("at") is not None:
        _mark(axes, example["at"][1], example["at"][0])
    return f"A map in grey; {len(cells)} blue squares mark the peaks that your function found."


def _table(axes: Axes, example: dict[str, Any]) -> str:
    scores, pairs = np.asarray(example["scores"]), np.asarray(_plain(example["yours"]), int).reshape(-1, 2)
    axes.imshow(np.zeros_like(scores), cmap="Greys", vmin=0, vmax=1)
    for i, j in np.ndindex(scores.shape):
        axes.text(j, i, f"{scores[i, j]:.2f}", ha="center", va="center", fontsize=7)
    for i, j in pairs:
        axes.add_patch(Rectangle((j - 0.45, i - 0.4), 0.9, 0.8, fill=False, edgecolor="#0072b2", linewidth=2))
    axes.set(xticks=range(scores.shape[1]), yticks=range(scores.shape[0]))
    axes.set_xlabel("column", fontsize=7)
    axes.set_ylabel("row", fontsize=7)
    n, m = scores.shape
    return f"A table of {n} by {m} scores; frames are round the {len(pairs)} pairs that your function takes."


def _line(axes: Axes, example: dict[str, Any]) -> str:
    yours = float(_plain(example["yours"]).ravel()[0])
    if "field" in example:
        field, d1, d2 = (np.asarray(example[name]) for name in ("field", "d1", "d2"))
        y, x = np.mgrid[: field.shape[1], : field.shape[2]]
        axes.quiver(x, y, *field, angles="xy", scale_units="xy", scale=1.4, color="#8a8f98", width=0.012)
        axes.annotate("", tuple(d2), tuple(d1), arrowprops={"arrowstyle": "->", "color": _INK, "lw": 2})
        axes.set(xlim=(-0.8, field.shape[2] - 0.2), ylim=(field.shape[1] - 0.2, -0.8), aspect="equal")
        _labels(axes, "column", "row")
        return f"A field of grey arrows and a line across it; your function gives {yours:.3f} for the line."
    bars = np.asarray(example["dots" if "dots" in example else "line"])
    axes.bar(range(len(bars)), bars, color="#56b4e9", edgecolor=_INK)
    _labels(axes, "sample" if "dots" in example else "cell", "value")
    if "dots" in example:
        axes.axhline(example["threshold"], color=_INK, linestyle="--", linewidth=1)
        return f"Bars for {len(bars)} samples, with the threshold dashed; your function gives the score {yours:.3f}."
    axes.axvline(yours, color=_WRONG, linestyle="--", linewidth=2)
    return f"Bars for {len(bars)} cells of a row; a dashed line at {yours:.3f} is where your function puts the peak."


def _groups(axes: Axes, example: dict[str, Any]) -> str:
    parts, groups = np.asarray(example["parts"]), example["yours"]
    place = {k: (int(part), int((parts[:k] == part).sum())) for k, part in enumerate(parts)}
    for n, group in enumerate(groups):
        members = sorted(int(k) for k in (group.values() if hasattr(group, "values") else group))
        axes.plot(*zip(*(place[k] for k in members), strict=True), "-", color=f"C{n}", linewidth=5, alpha=0.45)
    for k, (x, y) in place.items():
        axes.plot(x, y, "o", markersize=13, color="white", markeredgecolor=_INK)
        axes.text(x, y, str(k), ha="center", va="center", fontsize=7)
    axes.set(
        xticks=range(int(parts.max(initial=0)) + 1), yticks=[], ylim=(-0.6, max(y for _, y in place.values()) + 0.6)
    )
    axes.invert_yaxis()
    axes.set_xlabel("part", fontsize=7)
    return f"{len(parts)} numbered candidates, a column for each part; bands join those of your {len(groups)} groups."


def _person(axes: Axes, example: dict[str, Any]) -> str:
    found, annotated = np.asarray(example["found"]), np.asarray(example["annotated"])
    there, seen = annotated[:, 2] > 0, found[:, 2] > 0
    axes.plot(*annotated[there, :2].T, "o", markersize=8, color="white", markeredgecolor=_INK)
    axes.plot(*found[seen, :2].T, "x", markersize=6, color="#0072b2", markeredgewidth=2)
    axes.invert_yaxis()
    _labels(axes, "x", "y")
    yours = float(_plain(example["yours"]).ravel()[0])
    return f"Rings are annotated parts, crosses the parts found; your function gives {yours:.3f}."


_KINDS: dict[str, Callable[[Axes, dict[str, Any]], str]] = {
    "map": _map, "field": _field, "peaks": _peaks, "table": _table, "line": _line, "groups": _groups, "person": _person,
}  # fmt: skip
