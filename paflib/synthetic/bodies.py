"""Articulated bodies: proportions, joint limits and poses, and where the joints are in space.

Space is the camera's: x to the right, y down, z away from it, in units of the person's stature; the camera sees it
without perspective. A *frame* is three unit vectors of a body: to its own left, up along it, and forward.

Angles are degrees looked up in a table of sines that are multiples of 2**-30, and everything after it is made of
additions, multiplications, divisions and square roots, which IEEE 754 defines to the last bit: the same seed gives the
same body on every machine, whatever its vector units and mathematics library are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Vector = tuple[float, float, float]
Frame = tuple[Vector, Vector, Vector]
T = TypeVar("T")

_TURN = 8192
_SINES = [round(math.sin(2 * math.pi * k / _TURN) * 2**30) / 2**30 for k in range(_TURN)]


def sine(degrees: float) -> float:
    """The sine of an angle in degrees, of the nearest of 8192 directions."""
    return _SINES[round(degrees * (_TURN / 360)) & (_TURN - 1)]


def cosine(degrees: float) -> float:
    """The cosine of an angle in degrees, of the nearest of 8192 directions."""
    return _SINES[(round(degrees * (_TURN / 360)) + _TURN // 4) & (_TURN - 1)]


class Dice:
    """Random numbers from a generator's plain stream of doubles, in blocks because a call costs more than a number.

    Args:
        rng: the source; nothing but ``rng.random`` is asked of it.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._left: list[float] = []

    def random(self) -> float:
        """The next number of [0, 1)."""
        if not self._left:
            self._left = self._rng.random(512).tolist()
        return self._left.pop()

    def between(self, low: float, high: float) -> float:
        """A number of [low, high)."""
        return low + (high - low) * self.random()

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def chance(self, share: float) -> bool:
        """True for that share of the throws."""
        return self.random() < share

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self.random() * len(items))]


# ---- proportions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Build:
    """Lengths and half widths of a body, all as shares of its stature."""

    thigh: float
    shin: float
    trunk: float  # hips to shoulders
    neck: float  # shoulders to the centre of the head
    upper_arm: float
    forearm: float
    hand: float
    foot: float
    shoulder: float  # half the distance between the joints
    hip: float
    head: float  # the head's half width
    girth: float  # factor on every half width


def random_build(dice: Dice) -> Build:
    """Proportions of an adult or of a child, who has a larger head and shorter legs."""
    child = dice.chance(0.12)
    long = dice.between(0.94, 1.06)
    head = dice.between(0.068, 0.076) if child else dice.between(0.053, 0.060)
    return Build(
        thigh=0.240 * long * (0.93 if child else 1), shin=0.232 * long * (0.93 if child else 1),
        trunk=dice.between(0.275, 0.300), neck=head + dice.between(0.050, 0.062),
        upper_arm=dice.between(0.165, 0.182), forearm=dice.between(0.142, 0.156), hand=dice.between(0.050, 0.060),
        foot=dice.between(0.125, 0.145), shoulder=dice.between(0.100, 0.122), hip=dice.between(0.058, 0.070),
        head=head, girth=dice.between(0.88, 1.30),
    )  # fmt: skip


# ---- poses -----------------------------------------------------------------------------------------------------------

Limits = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
# A limb's pose is four angles: how far it is raised from hanging, towards where (0 forward, 90 outward, 180 backward),
# how far it is turned about itself (inward), and how far its elbow or knee is bent, which only ever bends one way.
_ARMS: dict[str, Limits] = {
    "hanging": ((4, 24), (30, 120), (-10, 50), (5, 40)),
    "loose": ((10, 45), (20, 120), (0, 60), (10, 80)),
    "akimbo": ((34, 52), (95, 125), (65, 95), (85, 115)),
    "reaching": ((45, 105), (-10, 50), (-20, 30), (0, 60)),
    "raised": ((115, 170), (40, 100), (-60, 60), (0, 80)),
    "waving": ((60, 105), (60, 105), (-110, -60), (50, 115)),
    "crossed": ((18, 40), (0, 45), (50, 85), (80, 112)),
    "holding": ((8, 35), (0, 80), (-10, 40), (75, 130)),
    "aside": ((50, 100), (60, 110), (-60, 60), (0, 50)),
    "behind": ((12, 30), (120, 160), (60, 90), (30, 80)),
}
_LEGS: dict[str, Limits] = {
    "standing": ((0, 9), (40, 110), (-20, 5), (0, 12)),
    "apart": ((8, 24), (60, 110), (-20, 0), (0, 15)),
    "ahead": ((12, 36), (0, 20), (-10, 5), (0, 30)),
    "behind": ((8, 28), (165, 180), (-5, 5), (5, 55)),
    "sitting": ((70, 98), (5, 35), (-15, 10), (60, 100)),
    "squatting": ((75, 110), (20, 45), (-25, 0), (95, 130)),
    "lifted": ((40, 90), (0, 60), (-15, 10), (20, 100)),
}
# How often: (weight, left leg, right leg); arms are drawn each for itself, or the same for both.
_STANCES = (
    (40, "standing", "standing"), (14, "apart", "apart"), (12, "ahead", "behind"), (12, "behind", "ahead"),
    (4, "apart", "standing"), (4, "standing", "apart"), (6, "sitting", "sitting"), (3, "squatting", "squatting"),
    (3, "lifted", "standing"), (3, "standing", "lifted"),
)  # fmt: skip
_GESTURES = (
    (26, "hanging"), (14, "loose"), (9, "akimbo"), (9, "reaching"), (8, "raised"), (7, "waving"), (6, "crossed"),
    (10, "holding"), (7, "aside"), (4, "behind"),
)  # fmt: skip


def _weighted(dice: Dice, table: Sequence[tuple]) -> tuple:
    at = dice.random() * sum(row[0] for row in table)
    for row in table:
        at -= row[0]
        if at < 0:
            return row
    return table[-1]


@dataclass(frozen=True)
class Pose:
    """Angles of one body in degrees; pairs are (left, right)."""

    yaw: float  # 0 towards the camera, 90 towards the image's right
    lean: float
    roll: float
    twist: float
    head: Vector  # turned, nodding, tilted
    arms: tuple[tuple[float, ...], tuple[float, ...]]
    legs: tuple[tuple[float, ...], tuple[float, ...]]
    ankles: tuple[float, float]


def random_pose(dice: Dice) -> Pose:
    """Somebody standing, walking, sitting, squatting or with a leg lifted, doing something with their arms."""
    _, left, right = _weighted(dice, _STANCES)
    gesture = _weighted(dice, _GESTURES)[1]
    other = gesture if dice.chance(0.4) else _weighted(dice, _GESTURES)[1]
    # Facing the camera, turned half, in profile, seen from behind.
    yaw = dice.pick((0, 0, 0, 35, -35, 60, -60, 90, -90, 135, -135, 180, 180)) + dice.between(-22, 22)
    bent = dice.chance(0.12)
    return Pose(
        yaw,
        lean=dice.between(20, 60) if bent else dice.between(-6, 14),
        roll=dice.between(-9, 9),
        twist=dice.between(-22, 22),
        head=(dice.between(-45, 45), dice.between(-12, 25), dice.between(-12, 12)),
        arms=(_angles(dice, _ARMS[gesture]), _angles(dice, _ARMS[other])),
        legs=(_angles(dice, _LEGS[left]), _angles(dice, _LEGS[right])),
        ankles=(dice.between(-8, 22), dice.between(-8, 22)),
    )


def _angles(dice: Dice, limits: Limits) -> tuple[float, ...]:
    return tuple(dice.between(low, high) for low, high in limits)


# ---- where everything is ---------------------------------------------------------------------------------------------


def along(start: Vector, *steps: tuple[Vector, float]) -> Vector:
    """A point, so many steps (direction, length) from another one."""
    x, y, z = start
    for (dx, dy, dz), length in steps:
        x, y, z = x + dx * length, y + dy * length, z + dz * length
    return x, y, z


def _mix(a: Vector, wa: float, b: Vector, wb: float) -> Vector:
    return a[0] * wa + b[0] * wb, a[1] * wa + b[1] * wb, a[2] * wa + b[2] * wb


def _neg(a: Vector) -> Vector:
    return -a[0], -a[1], -a[2]


def facing(yaw: float) -> Frame:
    """The frame of somebody upright: 0 degrees towards the camera, 90 towards the image's right."""
    s, c = sine(yaw), cosine(yaw)
    return (c, 0.0, s), (0.0, -1.0, 0.0), (s, 0.0, -c)


def turned(frame: Frame, yaw: float = 0.0, lean: float = 0.0, roll: float = 0.0) -> Frame:
    """The frame turned about its own up axis (to its left), then bent forward, then to its left."""
    left, up, front = frame
    s, c = sine(yaw), cosine(yaw)
    left, front = _mix(left, c, front, -s), _mix(front, c, left, s)
    s, c = sine(lean), cosine(lean)
    up, front = _mix(up, c, front, s), _mix(front, c, up, -s)
    s, c = sine(roll), cosine(roll)
    up, left = _mix(up, c, left, s), _mix(left, c, up, -s)
    return left, up, front


def limb(frame: Frame, side: int, angles: Sequence[float], knee: bool) -> tuple[Vector, Vector, Vector]:
    """Directions of a limb's upper and lower bone, and of what was forward when the limb hung down, carried along.

    Args:
        frame: of the trunk it hangs from.
        side: 1 for the left limb, -1 for the right one.
        angles: raised, towards, turned inward, bent.
        knee: whether it bends backward as a knee does, or forward as an elbow.
    """
    left, up, front = frame
    outward = left if side > 0 else _neg(left)
    raised, towards, inward, bent = angles
    st, ct = sine(towards), cosine(towards)
    heading, aside = _mix(front, ct, outward, st), _mix(outward, ct, front, -st)
    sr, cr = sine(raised), cosine(raised)
    upper = _mix(up, -cr, heading, sr)
    carried = _mix(up, sr, heading, cr)
    ahead, out = _mix(carried, ct, aside, -st), _mix(carried, st, aside, ct)
    ahead = _mix(ahead, cosine(inward), out, -sine(inward))
    sb, cb = sine(bent), cosine(bent)
    if knee:
        return upper, _mix(upper, cb, ahead, -sb), _mix(ahead, cb, upper, sb)
    return upper, _mix(upper, cb, ahead, sb), _mix(ahead, cb, upper, -sb)


@dataclass(frozen=True)
class Body:
    """A posed body: named points in space, the mid of the hips at the origin, and the frames of its three blocks."""

    build: Build
    points: dict[str, Vector]
    pelvis: Frame
    chest: Frame
    head: Frame


def posed(build: Build, pose: Pose) -> Body:
    """Where the joints of a body are. Points are the 23 parts of COCO with feet, and what the drawing needs besides."""
    pelvis = turned(facing(pose.yaw), 0, 0.35 * pose.lean, 0.3 * pose.roll)
    chest = turned(pelvis, pose.twist, 0.65 * pose.lean, 0.7 * pose.roll)
    skull = turned(chest, pose.head[0], pose.head[1] - 0.6 * pose.lean, pose.head[2])
    zero = (0.0, 0.0, 0.0)
    waist = along(zero, (pelvis[1], 0.38 * build.trunk))
    throat = along(waist, (chest[1], 0.62 * build.trunk))
    head = along(throat, (chest[1], 0.45 * build.neck), (skull[1], 0.55 * build.neck), (skull[2], 0.012))
    r = build.head
    points = {
        "pelvis": zero, "waist": waist, "throat": throat, "head": head,
        "nose": along(head, (skull[2], 1.02 * r), (skull[1], -0.10 * r)),
        "mouth": along(head, (skull[2], 0.95 * r), (skull[1], -0.58 * r)),
    }  # fmt: skip
    for side, name in ((1, "left"), (-1, "right")):
        points[f"{name}_eye"] = along(head, (skull[2], 0.86 * r), (skull[0], 0.42 * side * r), (skull[1], 0.18 * r))
        points[f"{name}_ear"] = along(head, (skull[2], -0.10 * r), (skull[0], 0.98 * side * r))
        shoulder = along(throat, (chest[0], side * build.shoulder), (chest[1], -0.012))
        upper, lower, _ = limb(chest, side, pose.arms[side < 0], knee=False)
        elbow = along(shoulder, (upper, build.upper_arm))
        wrist = along(elbow, (lower, build.forearm))
        points[f"{name}_shoulder"], points[f"{name}_elbow"], points[f"{name}_wrist"] = shoulder, elbow, wrist
        points[f"{name}_hand"] = along(wrist, (lower, build.hand))
        hip = along(zero, (pelvis[0], side * build.hip))
        upper, lower, ahead = limb(pelvis, side, pose.legs[side < 0], knee=True)
        knee = along(hip, (upper, build.thigh))
        ankle = along(knee, (lower, build.shin))
        points[f"{name}_hip"], points[f"{name}_knee"], points[f"{name}_ankle"] = hip, knee, ankle
        tip = pose.ankles[side < 0]
        toward, sole = _mix(ahead, cosine(tip), lower, sine(tip)), _mix(lower, cosine(tip), ahead, -sine(tip))
        across = _cross(toward, sole)  # to the body's left
        low = along(ankle, (sole, 0.030))
        points[f"{name}_heel"] = along(low, (toward, -0.26 * build.foot))
        points[f"{name}_big_toe"] = along(low, (toward, 0.74 * build.foot), (across, -0.012 * side))
        points[f"{name}_small_toe"] = along(low, (toward, 0.62 * build.foot), (across, 0.016 * side))
    return Body(build, points, pelvis, chest, skull)


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
