"""People as points: inside the image, apart, as tall as asked, their right side their own."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from paflib.skeleton import COCO_17, COCO_18
from paflib.synthetic import people_in_ranks, random_people

SIZE = (240, 320)


def many(count: int, n: int = 1, **arguments) -> np.ndarray:
    """Keypoints (count * n, 18, 3) of as many images."""
    rng = np.random.default_rng(0)
    return np.concatenate([random_people(rng, n, SIZE, **arguments).keypoints for _ in range(count)])


def distance(points: np.ndarray, a: str, b: str) -> np.ndarray:
    return np.linalg.norm(points[:, COCO_18.index(a), :2] - points[:, COCO_18.index(b), :2], axis=-1)


def test_all_parts_lie_in_the_image_and_reach_all_over_it():
    points = many(300, height=(40, 200))[..., :2]
    assert (points >= 0).all() and (points <= (319, 239)).all()
    assert (points.min(axis=(0, 1)) < 5).all() and (points.max(axis=(0, 1)) > (314, 234)).all()


@pytest.mark.parametrize("gap", [5, 25])
def test_nobodys_part_is_nearer_than_the_gap_to_anybody_elses(gap):
    nearest = []
    for seed in range(30):
        one, two = random_people(np.random.default_rng(seed), 2, SIZE, (60, 90), gap).keypoints[..., :2]
        nearest.append(np.linalg.norm(one[:, None] - two[None], axis=-1).min())
    assert gap <= min(nearest) < gap + 20


def test_without_a_gap_people_touch():
    pairs = [random_people(np.random.default_rng(seed), 2, SIZE, (180, 200)).keypoints[..., :2] for seed in range(20)]
    assert np.mean([np.linalg.norm(one[:, None] - two[None], axis=-1).min() < 10 for one, two in pairs]) > 0.2


def test_no_room_is_said():
    with pytest.raises(ValueError, match=r"no room for 2 people .* with a gap of 400 px"):
        random_people(np.random.default_rng(0), 2, SIZE, gap=400)


def test_bones_are_as_long_as_the_height_asks():
    """From the nose over neck, hip and knee to the ankle it is 0.89 of the height, of which at most 15 % are short."""
    for side in ("right", "left"):
        chain = ["nose", "neck", f"{side}_hip", f"{side}_knee", f"{side}_ankle"]
        points = many(200, height=(100, 100))
        long = sum(distance(points, a, b) for a, b in pairwise(chain))
        assert 0.85 * 89 <= long.min() < 80 and 85 < long.max() <= 89
        arm = distance(points, f"{side}_shoulder", f"{side}_elbow") + distance(points, f"{side}_elbow", f"{side}_wrist")
        assert arm.min() >= 0.85 * 32 and arm.max() <= 32
    trunk = distance(many(300, height=(80, 160)), "neck", "right_hip") / 0.3
    assert 68 <= trunk.min() < 80 and 140 < trunk.max() <= 160


def test_the_right_side_is_the_persons_own_and_most_face_the_camera():
    """On the image's left for three in four, and on its right for those who turn their back; never on both."""
    points = many(400, height=(100, 100))
    x = {part: points[:, COCO_18.index(part), 0] for part in COCO_18.parts}
    front = x["right_shoulder"] < x["left_shoulder"]
    assert 0.68 < front.mean() < 0.82
    assert ((x["right_hip"] < x["left_hip"]) == front).mean() > 0.97  # they lean, by up to 23 degrees
    assert ((x["right_eye"] < x["left_eye"]) == front).mean() > 0.97


def test_joints_turn():
    """Elbows are bent either way by up to 70 degrees, knees by up to 25."""
    points = many(300, height=(100, 100))[..., :2]

    def bent(a: str, b: str, c: str) -> np.ndarray:
        start, middle, end = (points[:, COCO_18.index(part)] for part in (a, b, c))
        (ux, uy), (vx, vy) = (middle - start).T, (end - middle).T
        return np.degrees(np.arctan2(ux * vy - uy * vx, ux * vx + uy * vy))

    for side in ("right", "left"):
        elbow = bent(f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist")
        knee = bent(f"{side}_hip", f"{side}_knee", f"{side}_ankle")
        assert elbow.min() < -60 and elbow.max() > 60 and np.abs(elbow).max() < 76
        assert knee.min() < -15 and knee.max() > 15 and np.abs(knee).max() < 31


def test_missing_parts_are_the_share_asked_for_and_the_same_seed_gives_the_same_people():
    assert (many(100, 3, missing=0.3)[..., 2] == 0).mean() == pytest.approx(0.3, abs=0.03)
    assert (many(20, 3)[..., 2] == 1).all()
    one, two = (random_people(np.random.default_rng(4), 2, SIZE, missing=0.2).keypoints for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert random_people(np.random.default_rng(4), 2, SIZE, skeleton=COCO_17).keypoints.shape == (2, 17, 3)


def test_ranks_are_a_height_and_a_tenth_apart_shaken_and_in_the_image():
    calm, shaken = (
        people_in_ranks(np.random.default_rng(0), 20, (368, 656), 40, 140, shake).keypoints[..., :2] for shake in (0, 6)
    )
    columns = np.flatnonzero(np.diff(calm[:, 0, 0]) < 0)[0] + 1  # the first of the second rank
    np.testing.assert_allclose(calm[columns, :, 1] - calm[0, :, 1], 1.1 * 140)
    away = shaken - calm
    assert np.std(away) == pytest.approx(6, rel=0.15)
    assert (shaken >= 0).all() and (shaken <= (655, 367)).all()
    wild = people_in_ranks(np.random.default_rng(0), 20, (368, 656), 40, 140, 300).keypoints[..., :2]
    assert (wild >= 0).all() and (wild <= (655, 367)).all()
