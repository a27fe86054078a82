"""From shapes to a picture, and to the buffer that says what every point of it shows.

A picture is painted on a grid twice as fine as its pixels, from the farthest shape to the nearest, and what is painted
is the number of the shape. Everything else is looked up: colours, whose a point is and which piece of their body. So
picture and truth cannot differ. The mean of 2 x 2 colours is a pixel, which smooths the edges.

Painting is OpenCV's ``fillConvexPoly`` without smoothing, with corners rounded to 1/64 of a point of the grid, and the
rest is arithmetic of whole numbers: the same bytes on every machine and with OpenCV 4 and 5, whose ``fillPoly`` differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np

from paflib.synthetic.bodies import cosine, sine

Color = tuple[int, int, int]
Point = tuple[float, float]
Place = tuple[float, ...]  # x, y, and what else it may have

FINE = 2  # points of the grid to a pixel, along each axis
_BITS = 6  # corners are multiples of 1/64 of a point of the grid
_ARC = (126, 153, 180, 207, 234, -54, -27, 0, 27, 54)  # degrees from a bar's direction: round its start, its end
_ALONG, _ACROSS = (np.array([f(a) for a in _ARC]) for f in (cosine, sine))
_CORE = 0.68  # the half width of a lit core, of the bar's


def exact(value: float) -> float:
    """A coordinate rounded to 1/64 pixel."""
    return math.floor(value * 64 + 0.5) / 64


@dataclass
class Shapes:
    """Shapes to be painted: bars with round ends, and polygons. Positions are in pixels.

    ``actor`` numbers who is painted, the farthest first; ``depth`` orders the shapes of one actor, the farthest first;
    ``piece`` is a small number that names the piece of the body.
    """

    light: Point = (0.0, 0.0)  # where it comes from
    bars: list[tuple[float, ...]] = field(default_factory=list)
    polygons: list[list[Point]] = field(default_factory=list)
    order: list[tuple[int, float, int, int, int, Color, bool]] = field(default_factory=list)

    def bar(self, actor: int, depth: float, piece: int, a: Place, b: Place, ra: float, rb: float, color: Color,
            lit: bool = True) -> None:  # fmt: skip
        """The hull of a circle around a and one around b; lit ones get a lighter core, as a cylinder has."""
        self.order.append((actor, -depth, len(self.order), len(self.bars), piece, color, lit))
        self.bars.append((a[0], a[1], b[0], b[1], ra, rb))

    def dot(self, actor: int, depth: float, piece: int, at: Place, radius: float, color: Color) -> None:
        """A disc."""
        self.bar(actor, depth, piece, at, at, radius, radius, color, False)

    def polygon(self, actor: int, depth: float, piece: int, corners: list[Point], color: Color) -> None:
        """A convex polygon."""
        self.order.append((actor, -depth, len(self.order), -1 - len(self.polygons), piece, color, False))
        self.polygons.append(corners)

    def strip(self, actor: int, depth: float, piece: int, rungs: list[tuple[Point, Point]], color: Color) -> None:
        """What lies between the first and the last rung of a ladder: a concave polygon, rung by rung."""
        for (a, b), (c, d) in pairwise(rungs):
            self.polygon(actor, depth, piece, [a, b, d, c], color)


@dataclass(frozen=True)
class Painted:
    """What was painted.

    Attributes:
        shape: (2 H, 2 W), the number of the shape at every point of the fine grid, 0 where there is none.
        color: (K, 3) uint8, the shapes' colours.  actor: (K,), whose they are, -1 for none.
        piece: (K,), which piece of the body.
    """

    shape: np.ndarray
    color: np.ndarray
    actor: np.ndarray
    piece: np.ndarray

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Actor and piece at a place in pixels, which must lie in the picture."""
        n = self.shape[math.floor(FINE * (y + 0.5)), math.floor(FINE * (x + 0.5))]
        return int(self.actor[n]), int(self.piece[n])


def paint(shapes: Shapes, size: tuple[int, int]) -> Painted:
    """Paint shapes, the farthest first, for a picture of (height, width) pixels."""
    fine = np.zeros((FINE * size[0], FINE * size[1]), np.uint16)
    bars, polygons = _bars(shapes), _polygons(shapes)
    count = len(shapes.bars)
    colors, actors, pieces = [(0, 0, 0)], [-1], [0]
    fill, n = cv2.fillConvexPoly, 0
    for actor, _, _, index, piece, color, lit in sorted(shapes.order):
        n += 1
        fill(fine, bars[index] if index >= 0 else polygons[-1 - index], n, 8, _BITS)
        if lit:
            r, g, b = color
            colors.append((r * 13 >> 4, g * 13 >> 4, b * 13 >> 4))
            actors.append(actor)
            pieces.append(piece)
            n += 1
            fill(fine, bars[count + index], n, 8, _BITS)
        colors.append(color)
        actors.append(actor)
        pieces.append(piece)
    return Painted(fine, np.array(colors, np.uint8), np.array(actors), np.array(pieces))


def _bars(shapes: Shapes) -> np.ndarray:
    """(2 K, 14, 2) corners of the K bars, then of their lit cores, as OpenCV takes them."""
    rows = np.array(shapes.bars).reshape(-1, 6).T
    ax, ay, bx, by, ra, rb = rows
    dx, dy = bx - ax, by - ay
    length = np.sqrt(dx * dx + dy * dy)
    apart = np.maximum(length, 1e-3)
    ux, uy = dx / apart, dy / apart
    ux[length < 1e-3] = 1.0
    shift = (ux * shapes.light[1] - uy * shapes.light[0]) * 0.30  # of a core, across the bar and towards the light
    sx, sy = -uy * shift, ux * shift
    both = np.empty((6, 2 * len(ax)))
    both[:, : len(ax)] = rows
    both[:, len(ax) :] = ax + sx * ra, ay + sy * ra, bx + sx * rb, by + sy * rb, _CORE * ra, _CORE * rb
    # OpenCV's polygons come out larger by half a point of the grid: make the bars smaller by that.
    both[4:] = np.maximum(both[4:] - 0.5 / FINE, 0.1)
    return _hulls(both, np.concatenate([ux, ux]), np.concatenate([uy, uy]), np.concatenate([apart, apart]))


def _hulls(bars: np.ndarray, ux: np.ndarray, uy: np.ndarray, length: np.ndarray) -> np.ndarray:
    """(K, 14, 2): corners of bars, round the end a, then round the end b, joined by the common tangents."""
    ax, ay, bx, by, ra, rb = bars
    c = np.minimum(np.maximum((ra - rb) / length, -0.5), 0.5)
    s = np.sqrt(1 - c * c)
    along, across = np.empty((len(ax), 14)), np.empty((len(ax), 14))
    along[:, 1:6], along[:, 8:13], along[:, ::7], along[:, 6::7] = _ALONG[:5], _ALONG[5:], c[:, None], c[:, None]
    across[:, 1:6], across[:, 8:13], across[:, 0], across[:, 13] = _ACROSS[:5], _ACROSS[5:], s, s
    across[:, 6], across[:, 7] = -s, -s
    for half, r in ((slice(0, 7), ra), (slice(7, 14), rb)):
        along[:, half] *= r[:, None]
        across[:, half] *= r[:, None]
    ux, uy = ux[:, None], uy[:, None]
    corners = np.empty((len(ax), 14, 2))
    corners[..., 0] = along * ux - across * uy
    corners[..., 1] = along * uy + across * ux
    corners[:, :7, 0] += ax[:, None]
    corners[:, :7, 1] += ay[:, None]
    corners[:, 7:, 0] += bx[:, None]
    corners[:, 7:, 1] += by[:, None]
    return _fixed(corners)


def _polygons(shapes: Shapes) -> list[np.ndarray]:
    every = _fixed(np.array([corner for polygon in shapes.polygons for corner in polygon]).reshape(-1, 2))
    split, start = [], 0
    for polygon in shapes.polygons:
        split.append(every[start : start + len(polygon)])
        start += len(polygon)
    return split


def _fixed(pixels: np.ndarray) -> np.ndarray:
    """Pixels as whole 1/64 of points of the fine grid, whose point g lies at pixel (g - 0.5) / 2."""
    return np.floor(pixels * (FINE << _BITS) + ((FINE - 1) << _BITS) / 2 + 0.5).astype(np.int32)


def picture_of(painted: Painted, behind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The picture and whose its pixels are.

    Args:
        painted: what was painted.
        behind: (H, W, 4) uint8, what is seen where nothing was; the fourth channel is not looked at.

    Returns:
        The picture (H, W, 4) uint8, of which three channels count, and (H, W) uint8: the actor whose most of the
        pixel's four points are, the nearer one of two that tie, plus 1; 0 for none.
    """
    size = behind.shape[1], behind.shape[0]
    table = np.concatenate([painted.color, (painted.actor + 1).astype(np.uint8)[:, None]], axis=1)
    fine = table.view(np.uint32).ravel().take(painted.shape).view(np.uint8).reshape(*painted.shape.shape, 4)
    actor = cv2.extractChannel(fine, 3)
    empty = (actor == 0).view(np.uint8)
    cv2.copyTo(cv2.resize(behind, None, fx=FINE, fy=FINE, interpolation=cv2.INTER_NEAREST), empty, fine)
    return cv2.resize(fine, size, interpolation=cv2.INTER_LINEAR_EXACT), _majority(actor)


def _majority(fine: np.ndarray) -> np.ndarray:
    """(H, W): the most frequent of each 2 x 2 numbers (2 H, 2 W), of two that tie the larger one."""
    quarters = [np.ascontiguousarray(fine[y::2, x::2]) for y in (0, 1) for x in (0, 1)]
    most = cv2.max(cv2.max(quarters[0], quarters[1]), cv2.max(quarters[2], quarters[3]))
    least = cv2.min(cv2.min(quarters[0], quarters[1]), cv2.min(quarters[2], quarters[3]))
    mixed = np.flatnonzero(most != least)
    a, b, c, d = np.sort(np.stack([quarter.ravel()[mixed] for quarter in quarters]), axis=0)
    # Sorted: three of a kind hold the second and the third place; a lone pair wins; two pairs, or none, tie.
    most.ravel()[mixed] = np.where(b == c, b, np.where((a == b) & (c != d), a, d))
    return most
