"""Networks: which stage sees what, how far, and what it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import FancyBboxPatch, Rectangle

from paflib._check import check_shape
from paflib.errors import DataError, ShapeError
from paflib.fields import Fields
from paflib.figures.affinity import Limb
from paflib.figures.confidence import CONFIDENCE_MAP
from paflib.figures.style import (
    CARD,
    DPI,
    INK,
    MARGIN,
    NIGHT,
    TITLE_HEIGHT,
    WIDTH,
    Picture,
    View,
    card,
    check_field_image,
    check_image,
    dimmed,
    extent_of,
    field_size,
    frame,
    limb_index,
    outline,
    part_index,
    show_image,
    styled,
)

_KINDS = {"L": ("#56b4e9", "-"), "S": ("#e69f00", "-"), "F": ("#d9dce1", "-")}
_RISES, _FALLS = "#e69f00", "#56b4e9"
_MOST_STAGES = 7  # boxes in a row whose names can be read on a phone


@styled
def draw_network(orders: Mapping[str, Sequence[str]]) -> Picture:
    """Networks as rows of boxes: the features F, and every stage with arrows from what it sees.

    A stage of L stands in the upper row, one of S in the lower; a stage that predicts both has two boxes. Every box
    sees F, over the grey line, and the latest prediction of each kind.

    Args:
        orders: by title, what each stage predicts: ``"LS"``, ``"L"`` or ``"S"``; ``"LLLLSS"`` will do for six stages.

    Raises:
        DataError: no network, a stage that predicts something else, or more stages than there is room for.
    """
    if not orders:
        raise DataError("draw_network was given no network to draw")
    for name, order in orders.items():
        if not 1 <= len(order) <= _MOST_STAGES or not all(what and set(what) <= set("LS") for what in order):
            raise DataError(f"{name!r} has the order {order!r}, wanted 1 to {_MOST_STAGES} of 'LS', 'L' and 'S'")
    columns = 1 + max(map(len, orders.values()))
    height = 2.5
    figure = Picture(figsize=(WIDTH, height * len(orders)), dpi=DPI)
    for k, (name, order) in enumerate(orders.items()):
        bottom = 1 - (k + 1) / len(orders)
        axes = figure.add_axes((0.01, bottom, 0.98, (1 - 0.34 / height) / len(orders)))
        axes.set_title(name, loc="left", pad=4)
        axes.axis("off")
        axes.set(xlim=(-0.45, columns - 0.5), ylim=(1.45, -0.45))
        _stages(axes, order)
    return figure


def _stages(axes: Axes, order: Sequence[str]) -> None:
    """One network: y is 0 for L, 1 for S, 0.5 for F; x is the number of the stage."""
    rows, counts = {"L": 0.0, "S": 1.0}, dict.fromkeys("LS", 0)
    _box(axes, 0, 0.5, "F", "$F$")
    axes.plot([0.3, len(order)], [0.5, 0.5], color="#6b7280", linewidth=2.5, zorder=1)
    latest: dict[str, int] = {}
    for x, what in enumerate(order, 1):
        for kind in what:
            y = rows[kind]
            _arrow(axes, (x, 0.5), (x, y + (0.24 if y < 0.5 else -0.24)), "#6b7280")
            for other, column in latest.items():
                _arrow(axes, (column + 0.3, rows[other]), (x - 0.32, y), INK)
        for kind in what:
            counts[kind] += 1
            latest[kind] = x
            _box(axes, x, rows[kind], kind, f"${kind}^{{{x}}}$")


def _box(axes: Axes, x: float, y: float, kind: str, name: str) -> None:
    place = FancyBboxPatch(
        (x - 0.28, y - 0.2), 0.56, 0.4, boxstyle="round,pad=0,rounding_size=0.08", facecolor=_KINDS[kind][0],
        edgecolor=INK, linewidth=1.5, zorder=3,
    )  # fmt: skip
    axes.add_patch(place)
    axes.text(x, y, name, ha="center", va="center", zorder=4)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], color: str) -> None:
    axes.annotate(
        "", end, start, zorder=2,
        arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 1.5, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip


@styled
def draw_views(image: np.ndarray, point: Sequence[float], views: Mapping[str, Sequence[float]]) -> Picture:
    """How far a cell sees at every stage: a square a stage around the cell, over the photograph, numbered.

    A square may be larger than the photograph; what lies outside is dark.

    Args:
        image: (H, W, 3), RGB uint8.
        point: x and y of the cell's centre in pixels.
        views: by title, one panel each: the side of every stage's square, in pixels of the image.

    Raises:
        ShapeError: no RGB image, or no point.
        DataError: no views, or a square without a size.
    """
    image = check_image(image)
    x, y = _point(point)
    if not views or not all(len(sides) and min(sides) > 0 for sides in views.values()):
        raise DataError("draw_views wants at least one panel, and the sides of its squares above 0")
    width = (WIDTH - MARGIN * (len(views) + 1)) / len(views)
    figure = Picture(figsize=(WIDTH, width + TITLE_HEIGHT + 2 * MARGIN), dpi=DPI)
    figure.photograph = True
    height, whole = image.shape[0], figure.get_figheight()
    for k, (title, sides) in enumerate(views.items()):
        left = MARGIN + k * (width + MARGIN)
        axes = figure.add_axes((left / WIDTH, MARGIN / whole, width / WIDTH, width / whole))
        middle = ((image.shape[1] - 1) / 2, (height - 1) / 2)
        off = max(abs(x - middle[0]), abs(y - middle[1]))
        half = 0.52 * max(*image.shape[:2], 2 * off + max(sides))
        view = View(middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)
        extent = (-0.5, image.shape[1] - 0.5, height - 0.5, -0.5)
        axes.imshow(dimmed(image, 0.8), extent=extent, zorder=0)
        frame(axes, view)
        axes.set_title(title, loc="left", pad=5)
        beside = 0.8 * min(sides) / len(sides)  # numbers stand one beside the other where squares lie close
        for number, side in enumerate(sides, 1):
            color = to_hex(matplotlib.colormaps["viridis"](0.35 + 0.65 * number / len(sides)))
            _square(axes, (x, y), side, color)
            axes.text(
                x + (number - (len(sides) + 1) / 2) * beside, y - side / 2, str(number), color=color, ha="center",
                va="center", zorder=4, weight="bold",
                bbox={"boxstyle": "round,pad=0.12", "facecolor": NIGHT, "edgecolor": "none"},
            )  # fmt: skip
        axes.plot(x, y, "o", color=CARD, markersize=6, markeredgecolor=INK, zorder=5)
    return figure


def _square(axes: Axes, centre: tuple[float, float], side: float, color: str, dashes: str = "-") -> None:
    corner = (centre[0] - side / 2, centre[1] - side / 2)
    axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=color, linewidth=2, linestyle=dashes, zorder=3))


@styled
def draw_influence(
    image: np.ndarray,
    maps: Mapping[str, np.ndarray],
    point: Sequence[float],
    sides: Mapping[str, tuple[float, float]] | None = None,
    *,
    crop: Sequence[float] | None = None,
    columns: int | None = None,
) -> Picture:
    """Which pixels move a prediction: one panel a map, bright where a change of the photograph counts most.

    Every map is averaged over some pixels, for single ones cannot be seen, and shown up to its own largest value.

    Args:
        image: (H, W, 3), RGB uint8.
        maps: by title, (h, w) weights that are not negative; each covers the whole image.
        point: x and y of the cell that predicts, in pixels; a cross.
        sides: by title, the sides of two squares around it in pixels: a solid and a dashed one.
        crop: left, top, right, bottom in pixels.
        columns: panels in a row, at most.

    Raises:
        ShapeError: no RGB image, no point, or a map that is no matrix.
        DataError: no maps, or one that is nought everywhere.
    """
    image = check_image(image)
    x, y = _point(point)
    if not maps:
        raise DataError("draw_influence was given no maps to draw")
    view = View.of(image.shape[:2], crop)
    extent = (-0.5, image.shape[1] - 0.5, image.shape[0] - 0.5, -0.5)
    figure, panels, _ = card(view, list(maps), columns)
    for axes, (title, values) in zip(panels, maps.items(), strict=True):
        weights = np.asarray(values, float)
        check_shape("maps", weights, "h w")
        blurred = cv2.GaussianBlur(weights, (0, 0), max(weights.shape) / 120)
        if not blurred.max() > 0:
            raise DataError(f"the map {title!r} is nought everywhere: nothing moves the prediction")
        show_image(axes, image, view, dim=True)
        share = np.sqrt(np.clip(blurred / blurred.max(), 0, 1))  # square root: else all but the brightest is black
        rgba = matplotlib.colormaps[CONFIDENCE_MAP](share)
        rgba[..., 3] = np.clip(1.5 * share, 0, 1)
        axes.imshow(rgba, extent=extent, interpolation="bilinear", zorder=1)
        for side, dashes in zip((sides or {}).get(title, ()), ("-", "--"), strict=False):
            _square(axes, (x, y), side, CARD, dashes)
        axes.plot(x, y, "+", color=CARD, markersize=12, markeredgewidth=2.5, path_effects=outline(4), zorder=5)
        frame(axes, view)
    return figure


@styled
def draw_changes(
    image: np.ndarray | None,
    fields: Fields,
    *,
    part: str | int | None = None,
    limb: Limb | None = None,
    columns: int | None = None,
    crop: Sequence[float] | None = None,
    vmax: float = 0.3,
) -> Picture:
    """What every stage changed of the one before: orange and ``+`` where it says more, blue and ``-`` where less.

    For a part the change of its confidence, for a limb that of its vectors' length; signs stand in cells that change
    by at least half of ``vmax``.

    Args:
        image: (H, W, 3), RGB uint8; None draws on black.
        fields: with at least two stages.
        part: name or index of the part, or
        limb: index, name or two part names of the limb.
        columns: panels in a row.
        crop: left, top, right, bottom in pixels, to show a piece of the image.
        vmax: the change that is opaque.

    Raises:
        ShapeError: no RGB image, or not the one that the fields come from.
        DataError: fields with fewer than two stages, or not exactly one of part and limb.
    """
    if (part is None) == (limb is None):
        raise DataError("draw_changes shows a part or a limb: give one of part= and limb=")
    if len(fields.stages) < 2:
        raise DataError("fields have no two stages: ask for them with estimator.fields(image, stages=True)")
    image = check_field_image(image, fields)
    view = View.of(field_size(image, fields), crop)
    skeleton = fields.skeleton
    if part is not None:
        values = np.stack([stage.S[part_index(skeleton, part)] for stage in fields.stages])
        grid = fields.S_grid
    else:
        c = limb_index(skeleton, limb if limb is not None else 0)
        values = np.stack([np.hypot(*stage.L[c]) for stage in fields.stages])
        grid = fields.L_grid
    titles = [f"{t} \N{RIGHTWARDS ARROW} {t + 1}" for t in range(1, len(values))]
    figure, panels, _ = card(view, titles, columns)
    extent = extent_of(values.shape[1:], grid)
    centres_x, centres_y = grid.axes((values.shape[1], values.shape[2]))
    for axes, change in zip(panels, np.diff(values, axis=0), strict=True):
        show_image(axes, image, view, dim=True)
        axes.imshow(_signed(change, vmax), extent=extent, interpolation="nearest", zorder=1)
        frame(axes, view)
        for row, column in np.argwhere(np.abs(change) >= vmax / 2):
            if view.holds(np.array([centres_x[column], centres_y[row]])):
                axes.text(
                    centres_x[column], centres_y[row], "+" if change[row, column] > 0 else "\N{MINUS SIGN}",
                    ha="center", va="center", color=CARD, weight="bold", path_effects=outline(2.5), zorder=4,
                    clip_on=True,
                )  # fmt: skip
    return figure


def _signed(change: np.ndarray, vmax: float) -> np.ndarray:
    """(h, w, 4): orange where a change is positive, blue where negative, the more opaque the larger."""
    rgba = np.where((change > 0)[..., None], to_rgb(_RISES), to_rgb(_FALLS))
    return np.concatenate([rgba, np.clip(np.abs(change) / vmax, 0, 1)[..., None]], axis=2)


@styled
def draw_windows(kernels: Mapping[str, Sequence[int]]) -> Picture:
    """Chains of convolutions as windows: how many ways lead from each cell to the one in the middle, and the frames.

    Args:
        kernels: by title, the sizes of the kernels of a chain, such as ``(3, 3, 3)``; odd numbers.

    Raises:
        DataError: no chain, an even kernel, or a window of more than nine cells.
    """
    reach = {title: 1 + sum(kernel - 1 for kernel in chain) for title, chain in kernels.items()}
    if not kernels or any(not chain or min(kernel % 2 for kernel in chain) == 0 for chain in kernels.values()):
        raise DataError(f"kernels is {dict(kernels)}, wanted at least one chain of odd sizes")
    if max(reach.values()) > 9:
        raise DataError(f"a window of {max(reach.values())} cells is too large to be read, wanted at most 9")
    most = max(reach.values())
    width = (WIDTH - MARGIN * (len(kernels) + 1)) / len(kernels)
    figure = Picture(figsize=(WIDTH, width + TITLE_HEIGHT + 2 * MARGIN), dpi=DPI)
    for k, (title, chain) in enumerate(kernels.items()):
        left, whole = MARGIN + k * (width + MARGIN), figure.get_figheight()
        axes = figure.add_axes((left / WIDTH, MARGIN / whole, width / WIDTH, width / whole))
        ways = np.ones(1, int)
        for kernel in chain:
            ways = np.convolve(ways, np.ones(kernel, int))
        table, half = np.outer(ways, ways), reach[title] // 2
        axes.imshow(table, cmap="Blues", vmin=0, vmax=1.6 * table.max(), extent=(-half - 0.5, half + 0.5) * 2)
        for (row, column), number in np.ndenumerate(table):
            axes.text(column - half, row - half, str(number), ha="center", va="center")
        side = 1
        for kernel, dashes in zip(chain, ("-", "--", ":", "-.") * 3, strict=False):
            side += kernel - 1
            _square(axes, (0, 0), side, "#d55e00", dashes)
        axes.set(xlim=(-most / 2 - 0.1, most / 2 + 0.1), ylim=(most / 2 + 0.1, -most / 2 - 0.1), aspect="equal")
        axes.axis("off")
        axes.set_title(title, loc="left", pad=4)
    return figure


def _point(point: Sequence[float]) -> tuple[float, float]:
    values = np.asarray(point, float)
    if values.shape != (2,) or not np.isfinite(values).all():
        raise ShapeError(f"point is {point}, wanted x and y in pixels")
    return float(values[0]), float(values[1])
