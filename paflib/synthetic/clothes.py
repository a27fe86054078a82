"""Bodies in clothes: a posed body as shapes, and on which pieces of it a joint is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from math import floor, sqrt

from paflib.synthetic.bodies import Body, Dice, Frame, Vector, along, cosine, sine
from paflib.synthetic.render import Color, Point, Shapes, exact

# Pieces of a body; of those there are two of, the left one, whose right one is the next number.
TORSO, HEAD, HAIR, NECK, CARRIED, UPPER_ARM, FOREARM, HAND, THIGH, SHIN, FOOT = 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16

_SKINS = ((255, 219, 190), (241, 194, 160), (224, 172, 130), (198, 140, 98), (150, 98, 66), (112, 72, 50), (84, 54, 40))
_HAIRS = ((28, 22, 20), (45, 32, 24), (72, 48, 32), (104, 70, 40), (150, 108, 60), (205, 170, 105), (140, 60, 32),
          (150, 148, 146), (215, 212, 208))  # fmt: skip
_CLOTHS = ((28, 30, 36), (52, 56, 64), (235, 235, 232), (200, 202, 205), (150, 30, 36), (200, 50, 45), (232, 120, 40),
           (240, 200, 70), (60, 120, 60), (30, 80, 60), (110, 160, 90), (40, 70, 140), (60, 110, 190), (120, 170, 220),
           (90, 60, 130), (170, 120, 190), (230, 150, 170), (120, 80, 50), (190, 160, 120), (90, 95, 70))  # fmt: skip
_TROUSERS = ((30, 32, 38), (45, 55, 80), (60, 85, 130), (95, 120, 160), (80, 72, 62), (150, 135, 105), (120, 120, 120),
             (70, 75, 55), (110, 50, 45), (225, 222, 215))  # fmt: skip
_SHOES = ((25, 24, 26), (240, 240, 240), (120, 75, 45), (180, 40, 40), (60, 60, 110), (90, 90, 95), (70, 50, 40))
_WHITE, _PUPIL, _LIPS, _LENS = (250, 250, 250), (30, 22, 20), (150, 50, 52), (30, 30, 36)


@dataclass(frozen=True)
class Outfit:
    """What somebody looks like and wears."""

    skin: Color
    hair: Color
    style: str  # short, long, tail, bald, cap
    top: Color
    second: Color  # of stripes, of the shirt in an open jacket, of prints, of caps
    sleeves: float  # how far down the arm: 0 none, half the upper arm, 2 to the wrist
    pattern: str  # plain, stripes, jacket, print, buttons
    bottom: Color
    legs: float  # how far down the leg trousers go: half the thigh, 2 to the ankle; of a skirt below 0
    shoes: Color
    bag: Color | None  # a backpack
    glasses: bool


def random_outfit(dice: Dice) -> Outfit:
    """Skin, hair and clothes, each drawn for itself."""
    skin = _varied(dice, dice.pick(_SKINS), 8)
    return Outfit(
        skin=skin,
        hair=_varied(dice, dice.pick(_HAIRS), 10),
        style=dice.pick(("short", "short", "short", "long", "long", "tail", "bald", "cap")),
        top=_varied(dice, dice.pick(_CLOTHS), 20),
        second=_varied(dice, dice.pick(_CLOTHS), 20),
        sleeves=dice.pick((0.0, 0.55, 0.55, 0.6, 2.0, 2.0, 2.0)),
        pattern=dice.pick(("plain", "plain", "stripes", "jacket", "print", "buttons")),
        bottom=_varied(dice, dice.pick(_TROUSERS), 16),
        legs=dice.pick((0.55, 0.75, 2.0, 2.0, 2.0, 2.0, -0.55, -0.8)),
        shoes=_varied(dice, dice.pick(_SHOES), 14),
        bag=_varied(dice, dice.pick(_CLOTHS), 20) if dice.chance(0.12) else None,
        glasses=dice.chance(0.12),
    )


def _varied(dice: Dice, color: Color, by: int) -> Color:
    spread, shift = 2 * by + 1, -by
    r, g, b = (c + shift + int(spread * dice.random()) for c in color)
    return min(255, max(0, r)), min(255, max(0, g)), min(255, max(0, b))


def shade(color: Color, percent: int) -> Color:
    """A colour made darker, or lighter above 100 percent."""
    r, g, b = (min(255, c * percent // 100) for c in color)
    return r, g, b


# ---- what the camera sees --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """From a body's space, in statures about its pelvis, to a picture: rows of a matrix, and a place in pixels."""

    x: Vector
    y: Vector
    depth: Vector
    at: Point

    def __call__(self, p: Vector) -> Vector:
        """x and y in pixels, rounded to 1/64 of one, and the depth in statures."""
        px, py, pz = p
        (a, b, c), (d, e, f), (_, h, i), (x, y) = self.x, self.y, self.depth, self.at
        return (floor((a * px + b * py + c * pz + x) * 64 + 0.5) / 64,
                floor((d * px + e * py + f * pz + y) * 64 + 0.5) / 64, h * py + i * pz)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A body as the camera sees it.

    Attributes:
        body: in its own space.
        stature: pixels.
        view: from that space to the picture.
        places: of all of a body's points, x and y in pixels and the depth in statures.
    """

    body: Body
    stature: float
    view: View
    places: dict[str, Vector]


def seen(body: Body, stature: float, pitch: float, tilt: float) -> Figure:
    """A body seen from ``pitch`` degrees above the horizon by a camera tilted by ``tilt``, its pelvis at (0, 0)."""
    sp, cp, st, ct = sine(pitch), cosine(pitch), sine(tilt) * stature, cosine(tilt) * stature
    view = View((ct, -st * cp, st * sp), (st, ct * cp, -ct * sp), (0.0, sp, cp), (0.0, 0.0))
    return Figure(body, stature, view, {name: view(p) for name, p in body.points.items()})


def moved(figure: Figure, dx: float, dy: float) -> Figure:
    """The figure somewhere else in the picture; the way is rounded to 1/64 pixel."""
    dx, dy = exact(dx), exact(dy)
    x, y = figure.view.at
    places = {name: (px + dx, py + dy, z) for name, (px, py, z) in figure.places.items()}
    return replace(figure, view=replace(figure.view, at=(x + dx, y + dy)), places=places)


# ---- shapes ----------------------------------------------------------------------------------------------------------

Rung = tuple[Point, Point]  # the trunk's left and right edge at some height


def dress(shapes: Shapes, actor: int, figure: Figure, outfit: Outfit) -> None:
    """Add a figure's shapes."""
    _Tailor(shapes, actor, figure, outfit).dress()


class _Tailor:
    """One figure's shapes.

    Depths of pieces that meet are moved apart a little, so that they cover each other rightly: arms before the trunk,
    the trunk before the tops of the legs, the face before the hair.
    """

    def __init__(self, shapes: Shapes, actor: int, figure: Figure, outfit: Outfit) -> None:
        self.bar, self.dot = partial(shapes.bar, actor), partial(shapes.dot, actor)
        self.polygon, self.strip = partial(shapes.polygon, actor), partial(shapes.strip, actor)
        self.light, self.view, self.places = shapes.light, figure.view, figure.places
        self.body, self.build, self.outfit = figure.body, figure.body.build, outfit
        self.s, self.girth = figure.stature, figure.body.build.girth
        self.g = self.s * self.girth

    def dress(self) -> None:
        self.trunk()
        self.head()
        for side in (0, 1):
            self.arm(side)
            self.leg(side)

    def arm(self, side: int) -> None:
        o, g, skin = self.outfit, self.g, self.outfit.skin
        name = ("left", "right")[side]
        shoulder, elbow, wrist, hand = (self.places[f"{name}_{p}"] for p in ("shoulder", "elbow", "wrist", "hand"))
        upper, lower = (shoulder[2] + elbow[2]) / 2 - 0.022, (elbow[2] + wrist[2]) / 2 - 0.032
        cloth = shade(o.top, 94)
        color = cloth if o.sleeves > 1 else skin
        self.bar(upper, UPPER_ARM + side, shoulder, elbow, 0.034 * g, 0.027 * g, color)
        self.bar(lower, FOREARM + side, elbow, wrist, 0.027 * g, 0.019 * g, color)
        self.bar(lower - 0.004, HAND + side, wrist, hand, 0.018 * g, 0.021 * self.s, skin)
        if 0 < o.sleeves < 1:
            end = _between(shoulder, elbow, o.sleeves)
            self.bar(upper - 0.001, UPPER_ARM + side, shoulder, end, 0.037 * g, 0.034 * g, cloth)

    def leg(self, side: int) -> None:
        o, s, g = self.outfit, self.s, self.g
        name = ("left", "right")[side]
        hip, knee, ankle = (self.places[f"{name}_{p}"] for p in ("hip", "knee", "ankle"))
        heel, big, small = (self.places[f"{name}_{p}"] for p in ("heel", "big_toe", "small_toe"))
        upper, lower = (hip[2] + knee[2]) / 2 + 0.01, (knee[2] + ankle[2]) / 2 + 0.012
        cloth = shade(o.bottom, 97)
        color = cloth if o.legs > 1 else o.skin
        self.bar(upper, THIGH + side, hip, knee, 0.056 * g, 0.040 * g, color)
        self.bar(lower, SHIN + side, knee, ankle, 0.038 * g, 0.024 * g, color)
        if 0 < o.legs < 1:
            end = _between(hip, knee, o.legs)
            self.bar(upper - 0.001, THIGH + side, hip, end, 0.062 * g, 0.056 * g, cloth)
        toe = _between(big, small, 0.4)
        foot, instep = (heel[2] + toe[2]) / 2 - 0.01, _between(heel, toe, 0.35)
        self.bar(foot, FOOT + side, heel, toe, 0.022 * s, 0.027 * s, o.shoes)
        self.bar(foot + 0.001, FOOT + side, ankle, instep, 0.022 * s, 0.024 * s, o.shoes, False)

    # -- the trunk

    def trunk(self) -> None:
        o, chest = self.outfit, self.body.chest
        across = self._across()
        hips, shirt = self._hips(across), self._shirt(across)
        pelvis, waist, throat = (self.places[p] for p in ("pelvis", "waist", "throat"))
        depth = waist[2] * 0.5 + throat[2] * 0.5 - 0.012
        self.strip(pelvis[2] + 0.012, TORSO, hips, o.bottom)
        self.strip(depth, TORSO, shirt, shade(o.top, 88))
        self.strip(depth - 0.0001, TORSO, _lit(shirt, self.light, across), o.top)
        if o.pattern == "stripes":
            for (a, b), (c, d) in pairwise(shirt[1:6]):
                self.strip(depth - 0.0002, TORSO, [(a, b), (_mid(a, c, 0.45), _mid(b, d, 0.45))], o.second)
        front = -chest[2][2]  # 1 towards the camera, -1 away
        if front > 0.1:
            self.shirt_front(depth, front)
        if o.legs < 0:
            self.skirt()
        if o.bag is not None:
            self.backpack(depth, o.bag)
        nape = depth - 0.0006 if front > -0.2 else depth + 0.01
        self.bar(nape, NECK, throat, self.places["head"], 0.030 * self.g, 0.028 * self.s, shade(o.skin, 90), False)

    def _across(self) -> Point:
        """The direction across the trunk in the picture."""
        (tx, ty, _), (px, py, _) = self.places["throat"], self.places["pelvis"]
        dx, dy = tx - px, ty - py
        long = sqrt(dx * dx + dy * dy)
        return (-dy / long, dx / long) if long > 0.06 * self.s else (1.0, 0.0)

    def _level(self, across: Point, frame: Frame) -> Callable[[Vector, float, float], Rung]:
        """What gives a trunk's edges at a point of its axis: an ellipse so wide and so deep, seen from the side."""
        (lx, ly, lz), (fx, fy, fz) = frame[0], frame[2]
        (xx, xy, xz), (yx, yy, yz) = self.view.x, self.view.y
        u, v = across
        left = u * (lx * xx + ly * xy + lz * xz) + v * (lx * yx + ly * yy + lz * yz)
        front = u * (fx * xx + fy * xy + fz * xz) + v * (fx * yx + fy * yy + fz * yz)

        def level(at: Vector, wide: float, deep: float) -> Rung:
            x, y, _ = self.view(at)
            half = sqrt(left * left * wide * wide + front * front * deep * deep) - 0.25
            return (x + u * half, y + v * half), (x - u * half, y - v * half)

        return level

    def _hips(self, across: Point) -> list[Rung]:
        b, girth, up = self.build, self.girth, self.body.pelvis[1]
        pelvis, chest = self._level(across, self.body.pelvis), self._level(across, self.body.chest)
        zero = (0.0, 0.0, 0.0)
        return [
            pelvis(along(zero, (up, -0.055)), 0.05 * girth, 0.035),
            pelvis(along(zero, (up, -0.030)), b.hip + 0.030 * girth, 0.055 * girth),
            pelvis(zero, b.hip + 0.032 * girth, 0.062 * girth),
            pelvis(along(zero, (up, 0.5 * 0.38 * b.trunk)), b.hip + 0.022 * girth, 0.056 * girth),
            chest(self.body.points["waist"], 0.078 * girth, 0.052 * girth),
        ]

    def _shirt(self, across: Point) -> list[Rung]:
        b, girth, hips_up, up = self.build, self.girth, self.body.pelvis[1], self.body.chest[1]
        pelvis, chest = self._level(across, self.body.pelvis), self._level(across, self.body.chest)
        zero, throat, w = (0.0, 0.0, 0.0), self.body.points["throat"], self.build.shoulder
        return [
            pelvis(along(zero, (hips_up, -0.012)), b.hip + 0.036 * girth, 0.066 * girth),
            pelvis(along(zero, (hips_up, 0.19 * b.trunk)), b.hip + 0.024 * girth, 0.060 * girth),
            chest(self.body.points["waist"], 0.080 * girth, 0.056 * girth),
            chest(along(throat, (up, -0.36 * b.trunk)), 0.5 * w + 0.044 * girth, 0.066 * girth),
            chest(along(throat, (up, -0.15 * b.trunk)), w - 0.004, 0.066 * girth),
            chest(along(throat, (up, -0.004)), w + 0.006, 0.048 * girth),
            chest(along(throat, (up, 0.014)), 0.72 * w, 0.040 * girth),
            chest(along(throat, (up, 0.036)), 0.034 * girth, 0.030),
        ]

    def shirt_front(self, depth: float, front: float) -> None:
        """What only the front of a shirt has: a neckline, a jacket's opening, buttons, a print."""
        o, s, long = self.outfit, self.s, self.build.trunk
        left, up, ahead = self.body.chest
        throat, waist, deep = self.body.points["throat"], self.body.points["waist"], 0.062 * self.girth

        def on(rise: float, aside: float = 0.0, out: float = 1.0) -> Point:
            base = along(throat, (up, rise)) if rise > -0.6 * long else along(waist, (up, rise + 0.62 * long))
            x, y, _ = self.view(along(base, (left, aside), (ahead, deep * out)))
            return x, y

        neckline = [on(0.03, -0.034, 0.4), on(0.03, 0.034, 0.4), on(-0.045, 0.0)]
        self.polygon(depth - 0.0005, TORSO, neckline, shade(o.skin, 94))
        if o.pattern == "jacket":
            opening = [on(0.01, -0.022, 0.6), on(0.01, 0.022, 0.6), on(-0.80 * long, 0.040), on(-0.80 * long, -0.040)]
            self.polygon(depth - 0.0004, TORSO, opening, o.second)
        elif o.pattern == "print":
            self.dot(depth - 0.0004, TORSO, on(-0.115), 0.034 * s * max(0.4, front), o.second)
        elif o.pattern == "buttons":
            ends = on(-0.04), on(-0.85 * long)
            self.bar(depth - 0.0004, TORSO, *ends, 0.006 * s, 0.006 * s, shade(o.top, 60), False)

    def skirt(self) -> None:
        g, legs = self.g, ("left", "right")
        hips = [self.places[f"{name}_hip"] for name in legs]
        hems = [
            _between(hip, self.places[f"{name}_knee"], -self.outfit.legs) for hip, name in zip(hips, legs, strict=True)
        ]
        depth = min(self.places["pelvis"][2], (hips[0][2] + hems[0][2]) / 2, (hips[1][2] + hems[1][2]) / 2)
        if hems[0][0] > hems[1][0]:
            hems = hems[::-1]
        left, right = sorted(hips)
        corners = [
            (left[0] - 0.052 * g, left[1] - 0.03 * self.s), (right[0] + 0.052 * g, right[1] - 0.03 * self.s),
            (hems[1][0] + 0.066 * g, hems[1][1]), (hems[0][0] - 0.066 * g, hems[0][1]),
        ]  # fmt: skip
        self.polygon(depth + 0.004, TORSO, corners, self.outfit.bottom)

    def backpack(self, depth: float, color: Color) -> None:
        s, (left, up, front), throat = self.s, self.body.chest, self.body.points["throat"]
        back = (-front[0], -front[1], -front[2])
        top = self.view(along(throat, (up, -0.06), (back, 0.105)))
        low = self.view(along(throat, (up, -0.20), (back, 0.110)))
        wide = 0.058 * (1 if abs(front[2]) > 0.6 else 0.75) * s
        self.bar((top[2] + low[2]) / 2 - (0.03 if back[2] < 0 else 0), CARRIED, top, low, wide, 1.08 * wide, color)
        for side in (-1, 1) if front[2] < -0.2 else ():
            a = self.view(along(throat, (up, 0.012), (left, 0.06 * side), (front, 0.05)))
            b = self.view(along(throat, (up, -0.15), (left, 0.075 * side), (front, 0.06)))
            self.bar(depth - 0.0007, TORSO, a, b, 0.009 * s, 0.009 * s, shade(color, 85), False)

    # -- the head

    def on_head(self, ahead: float, rise: float, aside: float = 0.0) -> Point:
        """A place of the head, in its half widths forward, up and to its left of its centre."""
        r, (left, up, front) = self.build.head, self.body.head
        x, y, _ = self.view(along(self.body.points["head"], (front, ahead * r), (up, rise * r), (left, aside * r)))
        return x, y

    def head(self) -> None:
        o, at, px = self.outfit, self.on_head, self.build.head * self.s
        depth, front = self.places["head"][2] - 0.03, -self.body.head[2][2]
        if o.style != "bald":
            self.hair(depth + (0.004 if front > -0.15 else -0.006), front)
        self.bar(depth, HEAD, at(0.02, 0.28), at(0.14, -0.48), 0.95 * px, 0.72 * px, o.skin)
        for side, name in ((1, "left"), (-1, "right")):
            far = self.places[f"{name}_ear"][2] - self.places["head"][2]
            if far < 0.5 * self.build.head:
                ends = at(-0.06, 0.12, 0.98 * side), at(-0.1, -0.16, 0.95 * side)
                before = 0.003 if far > 0.1 * self.build.head else -0.0005
                self.bar(depth + before, HEAD, *ends, 0.19 * px, 0.14 * px, shade(o.skin, 88), False)
        if o.style == "cap":
            self.cap(depth, front)
        elif o.style != "bald" and front > -0.3:
            for a, b in (((0.10, 0.98, -0.55), (0.62, 0.86, 0.30)), ((-0.15, 0.90, 0.62), (0.30, 0.95, 0.35))):
                self.bar(depth - 0.001, HAIR, at(*a), at(*b), 0.34 * px, 0.30 * px, shade(o.hair, 108), False)
        self.face(depth)

    def hair(self, depth: float, front: float) -> None:
        """The back of the skull, and what falls from it."""
        o, at, px = self.outfit, self.on_head, self.build.head * self.s
        self.bar(depth, HAIR, at(-0.22, 0.30), at(-0.20, -0.05), 1.06 * px, 0.98 * px, o.hair)
        if o.style == "long":
            behind = depth + (0.05 if front > 0 else -0.004)
            self.bar(behind, HAIR, at(-0.45, 0.1), at(-0.5, -1.75), 0.92 * px, 0.80 * px, shade(o.hair, 95))
        elif o.style == "tail":
            tail = self.view(along(self.body.points["head"], (self.body.head[2], -1.3 * self.build.head)))[2]
            self.bar(tail, HAIR, at(-1.15, 0.35), at(-1.45, -1.0), 0.36 * px, 0.22 * px, shade(o.hair, 92))

    def cap(self, depth: float, front: float) -> None:
        at, px, color = self.on_head, self.build.head * self.s, self.outfit.second
        self.bar(depth - 0.001, HAIR, at(-0.25, 0.62), at(0.35, 0.62), 0.88 * px, 0.80 * px, color)
        if front > -0.5:
            peak = shade(color, 75)
            self.bar(depth - 0.002, HAIR, at(0.75, 0.48, 0.5), at(0.75, 0.48, -0.5), 0.24 * px, 0.24 * px, peak, False)
            self.bar(depth - 0.002, HAIR, at(0.8, 0.5), at(1.35, 0.40), 0.26 * px, 0.2 * px, peak, False)

    def face(self, depth: float) -> None:
        o, at, r = self.outfit, self.on_head, self.build.head
        px, head = r * self.s, self.places["head"][2]
        for side, name in ((1, "left"), (-1, "right")):
            x, y, z = self.places[f"{name}_eye"]
            pupil = max(0.15 * px, 0.42)
            if 0.12 * r <= z - head < 0.4 * r:  # seen from behind, where it stands out
                self.dot(depth + 0.002, HEAD, (x, y), pupil, o.skin)
            elif z - head < 0.12 * r:
                inner, outer = at(0.84, 0.18, 0.30 * side), at(0.80, 0.18, 0.54 * side)
                self.bar(depth - 0.003, HEAD, inner, outer, 0.17 * px, 0.15 * px, _WHITE, False)
                self.dot(depth - 0.0035, HEAD, (x, y), pupil, _PUPIL)
                brow = at(0.86, 0.46, 0.18 * side), at(0.74, 0.44, 0.62 * side)
                self.bar(depth - 0.003, HEAD, *brow, 0.07 * px, 0.06 * px, shade(o.hair, 80), False)
                if o.glasses:
                    lens = at(0.9, 0.18, 0.24 * side), at(0.84, 0.18, 0.6 * side)
                    self.bar(depth - 0.0036, HEAD, *lens, 0.24 * px, 0.22 * px, _LENS, False)
        nose = self.places["nose"]
        if nose[2] - head < 0.45 * r:
            before = depth - 0.004 if nose[2] < head + 0.05 * r else depth + 0.002
            self.bar(before, HEAD, at(0.92, 0.16), nose, 0.10 * px, 0.17 * px, shade(o.skin, 80), False)
        if self.places["mouth"][2] - head < 0.05 * r:
            lips = at(0.86, -0.60, -0.30), at(0.86, -0.60, 0.30)
            self.bar(depth - 0.003, HEAD, *lips, 0.09 * px, 0.09 * px, _LIPS, False)


def _between(a: Vector, b: Vector, t: float) -> Vector:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t


def _mid(a: Point, b: Point, t: float) -> Point:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def _lit(rungs: list[Rung], light: Point, across: Point) -> list[Rung]:
    """The lit part of a trunk, narrower and towards the light."""
    side = across[0] * light[0] + across[1] * light[1]
    first, last = 0.16 * (1 - side), 1 - 0.16 * (1 + side)
    return [(_mid(a, b, first), _mid(a, b, last)) for a, b in rungs[:-1]]


# ---- what is seen of the joints --------------------------------------------------------------------------------------

_OWN = {
    "elbow": (UPPER_ARM, FOREARM), "wrist": (FOREARM, HAND), "knee": (THIGH, SHIN), "ankle": (SHIN, FOOT),
}  # fmt: skip
_FAR = {"nose": 0.25, "eye": 0.12, "ear": 0.3}  # how far behind the head's centre one is seen, in its half widths


def shows(figure: Figure, part: str, piece: int) -> bool:
    """Whether a joint is visible where the picture shows this piece of its own body at the joint's place.

    An elbow is seen on the upper arm or the forearm, and so on. A shoulder or hip is seen on the trunk too, unless it
    is at the far side of a trunk seen from the side; eyes, nose and ears unless they are at the far side of the head;
    toes and heel unless the rest of the foot is between.
    """
    side, _, joint = ("", "", part) if part == "nose" else part.partition("_")
    right, depth, places, build = side == "right", figure.places[part][2], figure.places, figure.body.build
    if joint in _FAR:
        return piece == HEAD and depth - places["head"][2] < _FAR[joint] * build.head
    if joint == "shoulder":
        near = depth - places["throat"][2] < 0.8 * build.shoulder
        return piece == UPPER_ARM + right or (near and piece in (TORSO, NECK))
    if joint == "hip":
        near = depth - places["pelvis"][2] < 0.8 * build.hip
        return piece == THIGH + right or (near and piece == TORSO)
    if joint in _OWN:
        return piece - right in _OWN[joint]
    rest = places[f"{side}_{'big_toe' if joint == 'heel' else 'heel'}"][2]
    return piece == FOOT + right and depth - rest < 0.6 * build.foot
