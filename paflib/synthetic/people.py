"""Articulated people in random poses: what chapters measure the method on, with the truth at hand."""

from __future__ import annotations

import numpy as np

from paflib.people import People
from paflib.skeleton import COCO_18, Skeleton

# The body as a tree of bones from the neck outwards: (from, to, length as a share of body height, direction in degrees
# when standing, how far it turns either way). Angles are those of the image: 0 to the right, 90 down. The person faces
# the camera, so their right side is on the image's left. A bone's turn is passed on to those behind it.
_BONES = (
    ("neck", "nose", 0.12, -90, 20),
    ("nose", "right_eye", 0.028, -145, 10), ("nose", "left_eye", 0.028, -35, 10),
    ("right_eye", "right_ear", 0.034, 160, 10), ("left_eye", "left_ear", 0.034, 20, 10),
    ("neck", "right_shoulder", 0.11, 175, 10), ("neck", "left_shoulder", 0.11, 5, 10),
    ("right_shoulder", "right_elbow", 0.17, 100, 70), ("left_shoulder", "left_elbow", 0.17, 80, 70),
    ("right_elbow", "right_wrist", 0.15, 95, 70), ("left_elbow", "left_wrist", 0.15, 85, 70),
    ("neck", "right_hip", 0.30, 103, 8), ("neck", "left_hip", 0.30, 77, 8),
    ("right_hip", "right_knee", 0.24, 95, 30), ("left_hip", "left_knee", 0.24, 85, 30),
    ("right_knee", "right_ankle", 0.23, 90, 25), ("left_knee", "left_ankle", 0.23, 90, 25),
)  # fmt: skip


def random_people(
    rng: np.random.Generator,
    n: int,
    image_size: tuple[int, int] = (368, 656),
    height: tuple[float, float] = (110.0, 200.0),
    gap: float | None = None,
    missing: float = 0.0,
    skeleton: Skeleton = COCO_18,
) -> People:
    """n people in random poses, all parts inside the image.

    Args:
        rng: the source of randomness; the same seed gives the same people.
        n: how many.
        image_size: (height, width) in pixels.
        height: range of body heights, head to ankle when standing, in pixels.
        gap: the least distance between anyone's parts and anybody else's, in pixels; negative or None lets people
            touch, hide and overlap freely.
        missing: the share of parts left out at random.
        skeleton: with the parts of :data:`~paflib.skeleton.COCO_18`, or parts derived from them.

    Raises:
        ValueError: when no room is found for everybody: fewer people, smaller ones, or a smaller gap are needed.
    """
    placed: list[np.ndarray] = []
    for _ in range(n):
        for _ in range(2000):
            points = _pose(rng, rng.uniform(*height))
            room = np.array(image_size[::-1]) - 1 - np.ptp(points, axis=0)
            if (room < 0).any():
                continue
            points += rng.uniform(0, 1, 2) * room - points.min(axis=0)
            if gap is None or all(_apart(points, other) >= gap for other in placed):
                break
        else:
            raise ValueError(f"no room for {n} people {height} px tall with a gap of {gap} px in {image_size}")
        placed.append(points)
    keypoints = np.concatenate([np.array(placed).reshape(n, COCO_18.J, 2), np.ones((n, COCO_18.J, 1))], axis=-1)
    keypoints[rng.random((n, COCO_18.J)) < missing, 2] = 0
    return People(keypoints, None, COCO_18).convert(skeleton)


def _pose(rng: np.random.Generator, height: float) -> np.ndarray:
    """Part positions (18, 2) of one person, the neck at (0, 0)."""
    points = np.zeros((COCO_18.J, 2))
    turned = {"neck": rng.uniform(-15, 15)}
    facing = 1 if rng.random() < 0.75 else -1  # some turn their back
    for start, end, length, rest, turn in _BONES:
        turned[end] = turned[start] + rng.uniform(-turn, turn)
        angle = np.deg2rad(rest + turned[end])
        step = length * height * rng.uniform(0.85, 1.0) * np.array([np.cos(angle) * facing, np.sin(angle)])
        points[COCO_18.index(end)] = points[COCO_18.index(start)] + step
    return points


def _apart(one: np.ndarray, two: np.ndarray) -> float:
    return float(np.linalg.norm(one[:, None] - two[None], axis=-1).min())
