"""People over an image, twice with one look: :func:`draw_people` as a figure, :func:`overlay_people` as pixels.

A limb is a bar that tapers from its first part to its second, a part a white dot, both with a dark rim that keeps them
readable on any photograph. Everything is laid out as polygons in image pixels, so the two cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from scipy.optimize import linear_sum_assignment

from paflib.figures.colors import limb_color
from paflib.figures.style import (
    CARD,
    FONT,
    INK,
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
from paflib.skeleton import Skeleton, closing_limbs

_TAPER = 0.55  # the bar's width at its second part, of that at its first
_RIM = 0.45  # the dark rim, of the bar's half width
_DOT = 0.95  # a dot's radius, of the bar's half width
_SHIFT = 4  # bits below the pixel that OpenCV's polygons keep
_GROWTH = 0.5  # pixels by which OpenCV's smooth polygons come out larger than they are
_FAR = 1e6  # pixels; OpenCV counts in 32 bits


@dataclass(frozen=True)
class Shape:
    """A filled polygon (K, 2) in image pixels and its colour, '#rrggbb'."""

    outline: np.ndarray
    color: str


@styled
def draw_people(
    image: np.ndarray,
    people: People,
    *,
    numbers: bool = False,
    names: bool = False,
    crop: Sequence[float] | None = None,
    line_width: float = 1.0,
) -> Picture:
    """People over their image; right limbs in warm colours, left ones in cold ones, missing parts left out.

    Args:
        image: (H, W, 3), RGB uint8.
        people: whom to draw; nobody gives the bare image.
        numbers: write each person's index above them, the n of ``people[n]``.
        names: write the name of every part beside the person; for one or two people on a page.
        crop: left, top, right, bottom in pixels, to show a piece of the image.
        line_width: factor on the width of the lines, which follows each person's size.

    Raises:
        ShapeError: when the image is no RGB uint8 image.
        DataError: when the crop holds nothing of the image.
    """
    image = check_image(image)
    view = View.of(image.shape[:2], crop)
    figure, (axes,), _ = card(view)
    show_image(axes, image, view)
    paint_people(axes, people, view, line_width)
    if names:
        for n in range(len(people)):
            _write_names(axes, people[n], view)
    if numbers:
        room = 22 * pixels_per_point(axes, view)  # a number's box is that high, and as wide
        for n, (x, y) in tops(people, view, room):
            _write_number(axes, str(n), x, y)
    return figure


def paint_people(axes: Axes, people: People, view: View, line_width: float = 1.0) -> None:
    """People onto a panel."""
    shapes = [
        shape for n in range(len(people)) for shape in person_shapes(people[n], (view.height, view.width), line_width)
    ]
    if shapes:
        colors = [shape.color for shape in shapes]
        axes.add_collection(PolyCollection([s.outline for s in shapes], facecolors=colors, edgecolors="none", zorder=3))


def overlay_people(image: np.ndarray, people: People, *, numbers: bool = False, line_width: float = 1.0) -> np.ndarray:
    """A copy of the image (H, W, 3), RGB uint8, with the people drawn into its pixels as :func:`draw_people` does.

    The input is left as it is. What lies outside the image is cut off; nobody gives a plain copy.

    Raises:
        ShapeError: when the image is no RGB uint8 image.
    """
    canvas = np.array(check_image(image), order="C")
    for n in range(len(people)):
        for shape in person_shapes(people[n], canvas.shape[:2], line_width, _GROWTH):
            _fill(canvas, shape)
    if numbers:
        room = 44 * _type_scale(canvas)
        for n, (x, y) in tops(people, View.of(canvas.shape[:2]), room):
            _stamp(canvas, str(n), x, y)
    return canvas


# ---- geometry ----------------------------------------------------------------------------------------------------


def person_shapes(
    person: People, size: tuple[float, float], line_width: float = 1.0, growth: float = 0.0
) -> list[Shape]:
    """What one person is drawn of, from the bottom to the top: rims, bars, rims of dots, dots.

    Args:
        person: People of one.
        size: (height, width) of what is shown, which bounds the width of the lines.
        line_width: factor on it.
        growth: pixels by which whoever fills the polygons makes them larger; they are made smaller by as much.
    """
    points, present = person.keypoints[0, :, :2], person.present[0]
    half = 0.5 * line_width * _bar_width(points[present], size)
    edges = [(points[a], points[b], color) for a, b, color in _edges(person.skeleton, present)]
    rim, thin = _RIM * half - growth, -growth
    dots = points[present]
    return [
        *(Shape(bar(a, b, half + rim, _TAPER * half + rim), INK) for a, b, _ in edges),
        *(Shape(bar(a, b, half + thin, _TAPER * half + thin), color) for a, b, color in edges),
        *(Shape(bar(dot, dot, _DOT * half + rim, 0.0), INK) for dot in dots),
        *(Shape(bar(dot, dot, _DOT * half + thin, 0.0), CARD) for dot in dots),
    ]


def _edges(skeleton: Skeleton, present: np.ndarray) -> list[tuple[int, int, str]]:
    """The edges between parts that are there, and redundant limbs where only they join two pieces of a person."""
    redundant = skeleton.redundant or ()
    every = list(zip(skeleton.edges or (), skeleton.colors or (), strict=True))
    every += [(skeleton.limbs[c], limb_color(skeleton, c)) for c in redundant]
    there = [(a, b, color) for (a, b), color in every if present[a] and present[b]]
    own = sum(bool(present[a] and present[b]) for a, b in skeleton.edges or ())
    closing = set(closing_limbs([(a, b) for a, b, _ in there], range(len(there))))
    return [edge for k, edge in enumerate(there) if k < own or k not in closing]


def bar(a: np.ndarray, b: np.ndarray, ra: float, rb: float, steps: int = 12) -> np.ndarray:
    """The hull (K, 2) of a circle of radius ra around a and one of radius rb around b: a bar with round ends."""
    ra, rb = max(ra, 0.05), max(rb, 0.0)
    along = b - a
    distance = float(np.hypot(*along))
    if distance <= abs(ra - rb):  # one circle holds the other
        centre, radius = (a, ra) if ra >= rb else (b, rb)
        turn = np.linspace(0, 2 * np.pi, 2 * steps, endpoint=False)
        return np.asarray(centre + radius * np.stack([np.cos(turn), np.sin(turn)], axis=1))
    heading = np.arctan2(along[1], along[0])
    open_angle = np.arccos((ra - rb) / distance)
    back = np.linspace(heading + open_angle, heading + 2 * np.pi - open_angle, steps)
    front = np.linspace(heading - open_angle, heading + open_angle, steps)
    rounds = [c + r * np.stack([np.cos(t), np.sin(t)], axis=1) for c, r, t in ((a, ra, back), (b, rb, front))]
    return np.concatenate(rounds)


def _bar_width(points: np.ndarray, size: tuple[float, float]) -> float:
    """A bar is 2.2 % of the person's diagonal wide, and visible and not clumsy in what is shown."""
    shown = max(size)
    diagonal = float(np.hypot(*np.ptp(points, axis=0))) if len(points) else 0.0
    return float(np.clip(0.022 * diagonal, shown / 260, shown / 60))


def tops(people: People, view: View, room: float) -> list[tuple[int, tuple[float, float]]]:
    """For each person with a part in the view, the number n and the bottom of its box of ``room`` x ``room`` pixels.

    The box stands above the person's highest part, inside the view, and to the right of a box that is there already.
    """
    places: list[tuple[int, tuple[float, float]]] = []
    for n in range(len(people)):
        points = people.keypoints[n, people.present[n], :2]
        points = points[view.holds(points)]
        if not len(points):
            continue
        x, y = points[points[:, 1].argmin()]
        y = max(y - 1.5 * _bar_width(points, (view.height, view.width)), view.top + room)
        x = min(max(x, view.left + room / 2), view.right - room / 2)
        while any(abs(x - u) < room and abs(y - v) < room for _, (u, v) in places) and x + 1.5 * room < view.right:
            x += room
        places.append((n, (float(x), float(y))))
    return places


# ---- type in a figure --------------------------------------------------------------------------------------------


def _write_number(axes: Axes, text: str, x: float, y: float) -> None:
    axes.text(
        x, y, text, ha="center", va="bottom", weight="bold", color=INK, zorder=5,
        bbox={"boxstyle": "round,pad=0.2", "facecolor": CARD, "edgecolor": INK, "linewidth": 1},
    )  # fmt: skip


def _write_names(axes: Axes, person: People, view: View) -> None:
    """Names in a column at either side of the person, with a line from each to its part."""
    points, present = person.keypoints[0, :, :2], person.present[0]
    shown = np.flatnonzero(present & view.holds(np.nan_to_num(points, nan=np.inf)))
    if not len(shown):
        return
    point = pixels_per_point(axes, view)
    longest = 0.54 * FONT * point * max(len(person.skeleton.parts[j]) for j in shown)
    near, far = points[shown, 0].min() - 22 * point, points[shown, 0].max() + 22 * point
    fits_left, fits_right = near - longest >= view.left, far + longest <= view.right
    middle = np.median(points[shown, 0]) if fits_left == fits_right else np.inf if fits_left else -np.inf
    near, far = max(near, view.left + longest), min(far, view.right - longest)
    for at_left, edge in ((True, near), (False, far)):
        column = [j for j in shown if (points[j, 0] <= middle) == at_left]
        if not column:
            continue
        rows = spread(np.sort(points[column, 1]), 18 * point, view.top + 9 * point, view.bottom - 9 * point)
        places = np.stack([np.full(len(rows), edge), rows], axis=1)
        # The shortest lines in sum: such lines never cross each other.
        lengths = np.hypot(*np.moveaxis(points[column][:, None] - places, -1, 0))
        for k, row in zip(*linear_sum_assignment(lengths), strict=True):
            name = person.skeleton.parts[column[k]].replace("_", " ")
            _write_name(axes, name, places[row], points[column[k]], at_left)


def _write_name(axes: Axes, name: str, place: np.ndarray, part: np.ndarray, at_left: bool) -> None:
    axes.plot([place[0], part[0]], [place[1], part[1]], color=CARD, linewidth=1.2, path_effects=outline(3), zorder=2.5)
    axes.text(
        place[0], place[1], name, ha="right" if at_left else "left", va="center", color=INK, zorder=5,
        bbox={"boxstyle": "round,pad=0.12", "facecolor": CARD, "edgecolor": "none", "alpha": 0.92},
    )  # fmt: skip


def spread(wanted: np.ndarray, step: float, low: float, high: float) -> np.ndarray:
    """Places at least ``step`` apart, in the order of the ascending ``wanted`` ones and near them, inside low..high.

    >>> spread(np.array([0.0, 1.0, 9.0]), 2.0, 0.0, 10.0)
    array([0., 2., 9.])
    """
    places = np.array(wanted, float)
    step = min(step, (high - low) / max(len(places) - 1, 1))
    places = np.clip(places, low, high)
    for k in range(1, len(places)):
        places[k] = max(places[k], places[k - 1] + step)
    places[-1:] = np.minimum(places[-1:], high)
    for k in range(len(places) - 2, -1, -1):
        places[k] = min(places[k], places[k + 1] - step)
    return places


# ---- pixels ------------------------------------------------------------------------------------------------------


def _fill(canvas: np.ndarray, shape: Shape) -> None:
    height, width = canvas.shape[:2]
    low, high = shape.outline.min(axis=0), shape.outline.max(axis=0)
    if (high < -1).any() or low[0] > width or low[1] > height:
        return
    corners = np.round(np.clip(shape.outline, -_FAR, _FAR) * 2**_SHIFT).astype(np.int32)
    cv2.fillConvexPoly(canvas, corners, _rgb(shape.color), cv2.LINE_AA, _SHIFT)


def _type_scale(canvas: np.ndarray) -> float:
    """OpenCV's font scale for an image: its letters are about 22 pixels high at 1."""
    return max(0.4, max(canvas.shape[:2]) / 1000)


def _stamp(canvas: np.ndarray, text: str, x: float, y: float) -> None:
    """A number in a white box that stands on (x, y)."""
    scale = _type_scale(canvas)
    thick, pad = max(1, round(2 * scale)), max(2, round(6 * scale))
    (w, h), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    left, bottom = round(x - w / 2), round(y) - pad
    corners = (left - pad, bottom - h - pad), (left + w + pad, bottom + pad)
    cv2.rectangle(canvas, *corners, _rgb(CARD), -1)
    cv2.rectangle(canvas, *corners, _rgb(INK), 1)
    cv2.putText(canvas, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, scale, _rgb(INK), thick, cv2.LINE_AA)


def _rgb(color: str) -> tuple[int, int, int]:
    r, g, b = (round(255 * value) for value in to_rgb(color))
    return r, g, b
