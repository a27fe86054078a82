"""Bodies in space: bones keep their lengths, joints bend one way, the tables of sines, the dice, left and right."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paflib.skeleton import COCO_23
from paflib.synthetic.bodies import Dice, Pose, Vector, cosine, facing, limb, posed, random_build, random_pose, sine
from paflib.synthetic.clothes import moved, seen

SEEDS = st.integers(0, 2**32 - 1)


def dice(seed: int) -> Dice:
    return Dice(np.random.default_rng(seed))


def minus(a: Vector, b: Vector) -> np.ndarray:
    return np.array(a) - np.array(b)


def standing(yaw: float, **changes: object) -> Pose:
    hanging, straight = (8.0, 90.0, 0.0, 10.0), (2.0, 90.0, 0.0, 2.0)
    pose = Pose(yaw, 0.0, 0.0, 0.0, (0.0, 0.0, 0.0), (hanging, hanging), (straight, straight), (5.0, 5.0))
    return replace(pose, **changes)  # type: ignore[arg-type]


@given(st.floats(-1000, 1000))
def test_sines_are_those_of_the_nearest_of_8192_directions(degrees):
    assert sine(degrees) == pytest.approx(math.sin(math.radians(degrees)), abs=math.pi / 8192 + 1e-6)
    assert cosine(degrees) == pytest.approx(math.cos(math.radians(degrees)), abs=math.pi / 8192 + 1e-6)
    assert (sine(degrees) * 2**30).is_integer()


def test_the_dice_ask_for_nothing_but_doubles_in_their_order():
    class Doubles:
        def __init__(self) -> None:
            self.rng = np.random.default_rng(3)

        def random(self, size: int) -> np.ndarray:
            return self.rng.random(size)

    thrown, again = Dice(Doubles()), dice(3)
    for _ in range(600):
        assert thrown.random() == again.random()
    numbers = [again.whole(2, 5) for _ in range(2000)]
    assert min(numbers) == 2 and max(numbers) == 5
    assert np.bincount(numbers)[2:] == pytest.approx(500, abs=100)
    assert sum(again.chance(0.3) for _ in range(2000)) == pytest.approx(600, abs=100)


@given(SEEDS)
def test_bones_keep_their_lengths_in_every_pose(seed):
    throws = dice(seed)
    build = random_build(throws)
    p = posed(build, random_pose(throws)).points
    for side in ("left", "right"):
        for a, b, length in (
            ("hip", "knee", build.thigh), ("knee", "ankle", build.shin), ("shoulder", "elbow", build.upper_arm),
            ("elbow", "wrist", build.forearm), ("wrist", "hand", build.hand),
        ):  # fmt: skip
            # A thousandth: sines of table directions make frames that are not quite orthonormal to the last bit.
            assert np.linalg.norm(minus(p[f"{side}_{a}"], p[f"{side}_{b}"])) == pytest.approx(length, rel=1e-6)
    assert np.linalg.norm(minus(p["left_hip"], p["right_hip"])) == pytest.approx(2 * build.hip, rel=1e-6)
    assert np.linalg.norm(minus(p["left_shoulder"], p["right_shoulder"])) == pytest.approx(2 * build.shoulder, rel=1e-6)
    assert set(COCO_23.parts) <= set(p)


@given(SEEDS)
def test_knees_bend_backward_and_elbows_forward_only(seed):
    """A bent shin lies behind the thigh's line, seen along the thigh's own forward direction; a forearm before it."""
    throws = dice(seed)
    frame = facing(throws.between(0, 360))
    raised, towards, inward = throws.between(0, 170), throws.between(-180, 180), throws.between(-110, 95)
    bent = throws.between(1, 150)
    for side in (1, -1):
        for knee, way in ((True, -1), (False, 1)):
            angles = (raised, towards, inward, bent)
            upper, lower, _ = (np.array(v) for v in limb(frame, side, angles, knee))
            ahead = np.array(limb(frame, side, (raised, towards, inward, 0.0), knee)[2])
            assert np.degrees(np.arccos(np.clip(upper @ lower, -1, 1))) == pytest.approx(bent, abs=0.1)
            assert way * float(lower @ ahead) > 0 and abs(float(upper @ ahead)) < 1e-6


@given(SEEDS)
def test_poses_are_within_what_joints_can_do(seed):
    """Elbows and knees bend one way and not through the limb; a chin stays between the shoulders."""
    pose = random_pose(dice(seed))
    for limbs, raised, bent in ((pose.arms, 170, 130), (pose.legs, 110, 130)):
        for angles in limbs:
            assert 0 <= angles[0] <= raised and 0 <= angles[3] <= bent
    for upper, _, _, lower in pose.legs:
        assert upper >= 60 or lower <= 100  # the deep bends are those of squatting, sitting and lifted legs
    turned, nodding, tilted = pose.head
    assert abs(turned) <= 45 and -12 <= nodding <= 25 and abs(tilted) <= 12
    assert -6 <= pose.lean <= 60 and max(abs(pose.roll), abs(pose.twist)) <= 22


def test_the_head_turns_by_what_the_pose_says_on_an_upright_body():
    """Seen from before, a head turned by 45 degrees to its left looks to the image's right, half-way to a profile."""
    build = random_build(dice(0))
    for angle in (-45.0, 0.0, 45.0):
        body = posed(build, standing(0, head=(angle, 0.0, 0.0)))
        x, _, z = minus(body.points["nose"], body.points["head"])
        assert math.degrees(math.atan2(x, -z)) == pytest.approx(angle, abs=0.5)


@pytest.mark.parametrize("limbs, end, start", [("arms", "wrist", "shoulder"), ("legs", "ankle", "hip")])
def test_the_first_of_a_pair_of_angles_is_the_left_limbs(limbs, end, start):
    up, down = (120.0, 90.0, 0.0, 0.0), (2.0, 90.0, 0.0, 2.0)
    for left, right in ((up, down), (down, up)):
        points = posed(random_build(dice(0)), standing(0, **{limbs: (left, right)})).points
        for side, angles in (("left", left), ("right", right)):
            assert (points[f"{side}_{end}"][1] < points[f"{side}_{start}"][1]) == (angles is up)


def test_a_hanging_arm_and_leg_of_somebody_who_faces_the_camera():
    """x to the right, y down, z away: forward is towards the camera, and the left side is on the right."""
    front = facing(0.0)
    assert front == ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0))
    upper, lower, _ = limb(front, 1, (0.0, 0.0, 0.0, 90.0), knee=False)
    np.testing.assert_allclose(upper, (0, 1, 0), atol=1e-9)
    np.testing.assert_allclose(lower, (0, 0, -1), atol=1e-9)  # the forearm comes forward
    np.testing.assert_allclose(limb(front, 1, (0.0, 0.0, 0.0, 90.0), knee=True)[1], (0, 0, 1), atol=1e-9)
    np.testing.assert_allclose(limb(front, 1, (90.0, 90.0, 0.0, 0.0), False)[0], (1, 0, 0), atol=1e-9)  # outward
    np.testing.assert_allclose(limb(front, -1, (90.0, 90.0, 0.0, 0.0), False)[0], (-1, 0, 0), atol=1e-9)
    inward = limb(front, 1, (0.0, 0.0, 90.0, 90.0), knee=False)[1]
    np.testing.assert_allclose(inward, (-1, 0, 0), atol=1e-9)
    np.testing.assert_allclose(facing(90.0)[2], (1, 0, 0), atol=1e-9)  # 90 degrees: towards the image's right


@pytest.mark.parametrize("yaw, sign", [(0, 1), (180, -1)])
def test_left_is_on_the_right_from_before_and_on_the_left_from_behind(yaw, sign):
    build = random_build(dice(0))
    places = seen(posed(build, standing(yaw)), 100.0, 0.0, 0.0).places
    for part in ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
        assert sign * (places[f"left_{part}"][0] - places[f"right_{part}"][0]) > 1
    for side in ("left", "right"):
        assert places[f"{side}_eye"][1] < places[f"{side}_shoulder"][1] < places[f"{side}_hip"][1]
        assert places[f"{side}_hip"][1] < places[f"{side}_knee"][1] < places[f"{side}_ankle"][1]
        big, heel, small = (abs(places[f"{side}_{part}"][0]) for part in ("big_toe", "heel", "small_toe"))
        assert big < heel < small  # the big toe is the inner one


@pytest.mark.parametrize("yaw, sign", [(90, 1), (-90, -1)])
def test_in_profile_nose_and_toes_point_the_way_that_is_faced(yaw, sign):
    places = seen(posed(random_build(dice(0)), standing(yaw)), 100.0, 0.0, 0.0).places
    assert sign * (places["nose"][0] - places["left_ear"][0]) > 3
    for side in ("left", "right"):
        assert sign * (places[f"{side}_big_toe"][0] - places[f"{side}_heel"][0]) > 8
    # Facing the image's right, the right side is nearer.
    assert sign * (places["left_shoulder"][2] - places["right_shoulder"][2]) > 0.15


@given(SEEDS)
def test_places_are_multiples_of_a_64th_of_a_pixel_and_move_rigidly(seed):
    throws = dice(seed)
    figure = seen(posed(random_build(throws), random_pose(throws)), throws.between(40, 200), 12.0, 5.0)
    there = moved(figure, 10.123, -3.7)
    for name, (x, y, z) in figure.places.items():
        assert (x * 64).is_integer() and (y * 64).is_integer()
        assert there.places[name] == (x + 648 / 64, y - 237 / 64, z)
        assert there.view(figure.body.points[name])[:2] == there.places[name][:2]
