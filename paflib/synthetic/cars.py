"""Cars: the second kind of thing with parts, those of CAR_12."""

from __future__ import annotations

from dataclasses import dataclass

from paflib.synthetic.bodies import Dice, facing
from paflib.synthetic.bodies import cosine as cos
from paflib.synthetic.bodies import sine as sin
from paflib.synthetic.render import Color, Point, Shapes, exact
from paflib.synthetic.surroundings import random_color

_GLASS, _TYRE, _HUB, _LAMPS = (
    (45, 55, 70),
    (24, 24, 26),
    (150, 150, 155),
    {"front": (250, 245, 205), "back": (205, 30, 30)},
)
_R = 0.075  # of a wheel, in lengths of the car


@dataclass(frozen=True)
class Car:
    """A car's 12 parts in the picture, in the order of CAR_12, and which of them face the camera."""

    points: list[Point]
    faces: list[bool]


def random_car(dice: Dice, shapes: Shapes, actor: int, at: Point, length: float) -> Car:
    """Add a car.

    Args:
        at: where it stands, in pixels.
        length: pixels from front to back, when seen from the side.
    """
    yaw, pitch = dice.between(0, 360), dice.between(8, 25)
    left, up, front = facing(yaw)
    sp, cp = sin(pitch), cos(pitch)
    w, high, roof = dice.between(0.19, 0.22), dice.between(0.17, 0.21), dice.between(0.30, 0.36)
    color = random_color(dice, 40, 220)

    def on(f: float, u: float, side: float) -> Point:
        """Where a point forward, up and to the left of the car's middle on the ground is in the picture."""
        x, y, z = (front[k] * f + up[k] * u + left[k] * side for k in range(3))
        return exact(at[0] + x * length), exact(at[1] + (y * cp - z * sp) * length)

    def face(corners: list[Point], color: Color, depth: float) -> None:
        shapes.polygon(actor, depth, 0, corners, color)

    front_foot, back_foot = dice.between(0.12, 0.25), -0.46  # of the windows
    front_top, back_top, narrow = dice.between(0.0, 0.08), dice.between(-0.40, -0.3), 0.82 * w
    towards = {"front": -front[2], "back": front[2], "left": -left[2], "right": left[2]}  # 1 straight to the camera
    for name, corners in _walls(0.5, -0.5, w, 0.06, 0.5, -0.5, w, high).items():
        if towards[name] * cp > 0:
            paint = _dim(color, 70 if name in ("front", "back") else 85)
            face([on(*corner) for corner in corners], paint, 0.8 - 0.01 * towards[name])
    face([on(0.5, high, w), on(0.5, high, -w), on(-0.5, high, -w), on(-0.5, high, w)], color, 0.7)
    for name, corners in _walls(front_foot, back_foot, w, high, front_top, back_top, narrow, roof).items():
        if towards[name] > -0.35:
            face([on(*corner) for corner in corners], _GLASS, 0.6 - 0.02 * towards[name])
    tops = [on(end, roof, side * narrow) for end in (front_top, back_top) for side in (-1, 1)]
    face([tops[1], tops[0], tops[2], tops[3]], color, 0.5)
    hubs, lamps, faces = [], [], []
    for end in (0.31, -0.31):
        for side in (-1, 1):
            hubs.append(on(end, _R, side * w))
            faces.append(towards["left" if side > 0 else "right"] > 0.15)
            if faces[-1]:
                face([on(end + _R * cos(a), _R + _R * sin(a), side * w) for a in range(0, 360, 30)], _TYRE, 0.4)
                r = 0.5 * _R
                face([on(end + r * cos(a), _R + r * sin(a), side * w) for a in range(0, 360, 45)], _HUB, 0.39)
    for forward, name in ((0.5, "front"), (-0.5, "back")):
        for side in (-1, 1):
            u, s = 0.75 * high, side * 0.8 * w
            lamps.append(on(forward, u, s))
            faces.append(towards[name] > 0.1)
            if faces[-1]:
                lamp = [on(forward, u + 0.03 * sin(a), s + 0.035 * cos(a)) for a in range(0, 360, 45)]
                face(lamp, _LAMPS[name], 0.38)
    return Car(hubs + lamps + tops, [*faces, True, True, True, True])


Corner = tuple[float, float, float]


def _walls(f0: float, b0: float, w0: float, low: float, f1: float, b1: float, w1: float,
           high: float) -> dict[str, list[Corner]]:  # fmt: skip
    """The four sides of a box between ``low``, where it reaches from f0 to b0 and w0 to either side, and ``high``."""
    return {
        "front": [(f0, low, w0), (f0, low, -w0), (f1, high, -w1), (f1, high, w1)],
        "back": [(b0, low, w0), (b0, low, -w0), (b1, high, -w1), (b1, high, w1)],
        "left": [(f0, low, w0), (b0, low, w0), (b1, high, w1), (f1, high, w1)],
        "right": [(f0, low, -w0), (b0, low, -w0), (b1, high, -w1), (f1, high, -w1)],
    }


def _dim(color: Color, percent: int) -> Color:
    r, g, b = (c * percent // 100 for c in color)
    return r, g, b
