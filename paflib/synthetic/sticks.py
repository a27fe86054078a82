"""Stick figures of any skeleton: a world small enough that a network learns it on a CPU in a minute.

A :class:`Figure` is a skeleton and how it stands. Its limbs are bars and its parts are dots; in every scene each figure
is turned, scaled and bent at its joints by chance. Colours are drawn by chance too, and behind the figures lie dots and
bars in the same colours that belong to nobody: a part is known by the shape around it, and by no threshold of colours.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from paflib._check import check_shape
from paflib.errors import DataError
from paflib.skeleton import Skeleton

MARGIN = 4  # pixels between a part and the border
LITTER = 8  # things in the background that belong to nobody
_SHADES = 4  # of a bar, from one end to the other
_TRIES = 200


@dataclass(frozen=True, eq=False)
class Figure:
    """A skeleton, and where its parts are when it stands upright.

    Args:
        skeleton: its limbs are a tree whose root is part 0.
        pose: (J, 2) x and y of every part, y pointing down, in any unit.

    Raises:
        DataError: the limbs are no tree from part 0 outwards, or the pose does not fit.

    >>> Figure.of(["head", "tail"], [(0, 1)], [(0, 0), (3, 1)]).skeleton.limbs
    ((0, 1),)
    """

    skeleton: Skeleton
    pose: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "pose", np.asarray(self.pose, float))
        check_shape("pose", self.pose, "J 2", J=self.skeleton.J)
        if not np.isfinite(self.pose).all():
            raise DataError("pose holds numbers that are NaN or infinite")
        reached = {0}
        for start, end in self.skeleton.limbs:
            if start not in reached or end in reached:
                raise DataError(
                    f"limb ({start}, {end}) begins at a part that is not reached yet, or ends at one that is: limbs "
                    "must run from part 0 outwards, each to a new part"
                )
            if np.allclose(self.pose[start], self.pose[end]):
                raise DataError(f"parts {start} and {end} lie on each other in the pose")
            reached.add(end)
        if len(reached) < self.skeleton.J:
            raise DataError(f"parts {sorted(set(range(self.skeleton.J)) - reached)} are joined to nothing")

    @classmethod
    def of(cls, parts: Sequence[str], limbs: Sequence[Sequence[int]], pose: Any) -> Figure:
        """A figure of plain lists."""
        pairs = tuple((int(a), int(b)) for a, b in limbs)
        return cls(Skeleton("stick figure", tuple(parts), pairs), pose)

    @property
    def size(self) -> float:
        """The larger side of the box around the pose."""
        return float(np.ptp(self.pose, axis=0).max())


def bent(figure: Figure, rng: np.random.Generator, size: float) -> np.ndarray:
    """Parts (J, 2) of a figure about ``size`` pixels large, turned and bent by chance, around (0, 0)."""
    angle = np.zeros(figure.skeleton.J)
    angle[0] = np.deg2rad(rng.uniform(-25, 25))
    scale, points = size / figure.size, np.zeros((figure.skeleton.J, 2))
    for start, end in figure.skeleton.limbs:
        angle[end] = angle[start] + np.deg2rad(rng.normal(0, 10))
        c, s = np.cos(angle[end]), np.sin(angle[end])
        way = (figure.pose[end] - figure.pose[start]) * scale * rng.uniform(0.9, 1.1)
        points[end] = points[start] + (c * way[0] - s * way[1], s * way[0] + c * way[1])
    return points - (points.min(axis=0) + points.max(axis=0)) / 2


def stick_scene(
    figure: Figure,
    rng: np.random.Generator,
    people: int = 1,
    size: tuple[int, int] = (96, 128),
    apart: float = 0.6,
) -> tuple[np.ndarray, np.ndarray]:
    """A picture of some figures, and where their parts are.

    Args:
        figure: what is drawn.
        rng: decides everything.
        people: how many figures.
        size: (height, width) of the picture in pixels.
        apart: the least distance of two figures' middles, as a share of their size; what does not fit after many
            tries is put where it is.

    Returns:
        The image (H, W, 3), uint8, RGB, and the keypoints (people, J, 3): x, y in pixels, and 1.
    """
    height, width = size
    image = _background(rng, size)
    middles: list[np.ndarray] = []
    keypoints = np.ones((people, figure.skeleton.J, 3))
    for n in range(people):
        large = rng.uniform(0.42, 0.6) * min(size)
        points = bent(figure, rng, large)
        low, high = MARGIN - points.min(axis=0), (width, height) - points.max(axis=0) - 1 - MARGIN
        middle = (low + high) / 2
        for _ in range(_TRIES):
            middle = rng.uniform(np.minimum(low, high), np.maximum(low, high))
            if all(np.linalg.norm(middle - other) >= apart * large for other in middles):
                break
        middles.append(middle)
        keypoints[n, :, :2] = points + middle
        _paint(image, keypoints[n, :, :2], figure.skeleton.limbs, rng)
    noisy = image.astype(float) + rng.normal(0, 6, image.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8), keypoints


def _background(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Soft grey patches, and lines, bars and dots that belong to nobody."""
    coarse = rng.uniform(60, 150, (4, 5, 1)).astype(np.float32)
    grey = cv2.resize(coarse, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    image = np.clip(np.repeat(grey[..., None], 3, axis=2), 0, 255).astype(np.uint8)
    for _ in range(5):
        a, b = (tuple(int(v) for v in rng.uniform(0, (size[1], size[0]))) for _ in range(2))
        cv2.line(image, a, b, (int(rng.integers(30, 200)),) * 3, 2, cv2.LINE_AA)
    for _ in range(LITTER):
        points = rng.uniform(0, (size[1], size[0]), (1, 2)) + _walk(rng, int(rng.integers(0, 4)))
        _paint(image, points, [(k, k + 1) for k in range(len(points) - 1)], rng)
    return np.asarray(image)


def _walk(rng: np.random.Generator, steps: int) -> np.ndarray:
    """Corners (steps + 1, 2) of a bent line that begins at (0, 0)."""
    angle, length = rng.uniform(0, 2 * np.pi, steps), rng.uniform(8, 24, steps)
    way = np.stack([np.cos(angle), np.sin(angle)], axis=-1) * length[:, None]
    return np.concatenate([np.zeros((1, 2)), way.cumsum(axis=0)])


def _paint(image: np.ndarray, points: np.ndarray, limbs: Sequence[tuple[int, int]], rng: np.random.Generator) -> None:
    """A dot on every point in a colour drawn by chance, and bars that run from the colour of one end to the other's."""
    drawn = rng.uniform((0, 0.45, 0.75), (1, 0.85, 1), (len(points), 3)).tolist()
    ends = np.array([colorsys.hsv_to_rgb(*color) for color in drawn]) * 255
    start, end = np.array(limbs, int).reshape(-1, 2).T[..., None]
    share = np.linspace(0, 1, _SHADES + 1)[:, None]
    corners = _sixteenths(points[start] * (1 - share) + points[end] * share)
    share = np.linspace(0, 1, _SHADES)[:, None]
    for bar, shades in zip(corners, (ends[start] * (1 - share) + ends[end] * share).tolist(), strict=True):
        for a, b, shade in zip(bar[:-1], bar[1:], shades, strict=True):
            cv2.line(image, a, b, shade, 3, cv2.LINE_AA, 4)
    for point, color in zip(_sixteenths(points), ends.tolist(), strict=True):
        cv2.circle(image, point, 2 * 16, color, -1, cv2.LINE_AA, 4)


def _sixteenths(points: np.ndarray) -> Any:
    """Points in sixteenths of a pixel, as OpenCV takes them."""
    return np.rint(points * 16).astype(int).tolist()
