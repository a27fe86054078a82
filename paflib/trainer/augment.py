"""Augmentation: one affine warp a picture, and patches that hide parts.

Scale, rotation, crop and flip are one 2x3 matrix, so the pixels are read once and nothing is blurred twice. The paper
of 2017 scales the person in the middle to 110 to 243 px, turns by up to 40 degrees and shifts by up to 40 px; the one
of 2019 scales to 74 to 331 px and turns by up to 45 degrees (FACTS 1.10).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from paflib.errors import ShapeError
from paflib.people import is_present
from paflib.skeleton import Skeleton


@dataclass(frozen=True)
class Augmentation:
    """What is done to a picture before a network sees it; :data:`AUGMENTATIONS` holds the papers' ways.

    Args:
        size: side of the square that the network sees, in pixels.
        centre: ``"person"``, a chosen person is brought to the middle and to a size; ``"image"``, the whole picture is
            brought to ``size``, its aspect kept, and lies at the top left as an estimator shows it.
        target: height of the person's box in the square at scale 1, as a share of ``size``; for ``"image"`` the share
            that the picture's longer side fills.
        scale: factor on that, drawn evenly between the two.
        rotation: degrees either way.  jitter: pixels by which the centre moves either way.
        flip: probability of the mirror image.
        fill: RGB value outside the picture.
        patches: up to so many rectangles of the picture itself are pasted over parts, when one person is in the square.
    """

    size: int = 368
    centre: Literal["person", "image"] = "person"
    target: float = 0.6
    scale: tuple[float, float] = (0.5, 1.1)
    rotation: float = 40.0
    jitter: float = 40.0
    flip: float = 0.5
    fill: int = 128
    patches: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", tuple(float(s) for s in self.scale))
        if self.centre not in ("person", "image"):
            raise ShapeError(f"centre is {self.centre!r}, wanted 'person' or 'image'")
        if self.size < 8 or len(self.scale) != 2 or not 0 < self.scale[0] <= self.scale[1] or not self.target > 0:
            raise ShapeError(
                f"size {self.size}, target {self.target}, scale {self.scale}: wanted a size of at least 8, a positive "
                "target, and two positive scales, the smaller first"
            )
        if not 0 <= self.flip <= 1 or min(self.rotation, self.jitter, self.patches) < 0 or not 0 <= self.fill <= 255:
            raise ShapeError(
                f"flip {self.flip}, rotation {self.rotation}, jitter {self.jitter}, patches {self.patches}, "
                f"fill {self.fill}: wanted a flip in [0, 1], a fill in [0, 255] and nothing negative"
            )


AUGMENTATIONS = {
    "cvpr-2017": Augmentation(),
    "tpami-2019": Augmentation(scale=(1 / 3, 1.5), rotation=45.0, fill=0, patches=2),
    "whole": Augmentation(centre="image", target=1.0, scale=(0.85, 1.15), rotation=10.0, jitter=12.0),
    "none": Augmentation(centre="image", target=1.0, scale=(1.0, 1.0), rotation=0.0, jitter=0.0, flip=0.0),
}
"""``"cvpr-2017"`` and ``"tpami-2019"``, the papers'; ``"whole"``, gentle, for pictures that are shown as they are;
``"none"``."""


def augmentation_of(preset: str, **changes: object) -> Augmentation:
    """A preset with single fields changed by name.

    Raises:
        ShapeError: listing the presets, or the fields, that there are.
    """
    if preset not in AUGMENTATIONS:
        raise ShapeError(f"augmentation {preset!r} is unknown; there are {', '.join(AUGMENTATIONS)}")
    if unknown := sorted(set(changes) - set(Augmentation.__dataclass_fields__)):
        raise ShapeError(f"unknown augmentation {unknown}; there are {', '.join(Augmentation.__dataclass_fields__)}")
    return replace(AUGMENTATIONS[preset], **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Warp:
    """An affine map from pixels of the picture to pixels of the square, both counted from pixel centres.

    Args:
        matrix: (2, 3).
        flip: whether it mirrors, so that left and right parts change places.
    """

    matrix: np.ndarray
    flip: bool

    @property
    def factor(self) -> float:
        """Pixels of the square per pixel of the picture."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix[:, :2]))))

    def points(self, keypoints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
        """Keypoints (N, J, 3) of the picture in the square, left and right exchanged in a mirror image."""
        moved = np.array(keypoints, float)
        moved[..., :2] = moved[..., :2] @ self.matrix[:, :2].T + self.matrix[:, 2]
        return moved[:, skeleton.flip] if self.flip else moved

    def boxes(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes (N, 4), x, y, width, height, as the boxes in the square that just hold the turned ones."""
        x, y, w, h = np.asarray(boxes, float).reshape(-1, 4).T
        corners = np.stack([[x, y], [x + w, y], [x, y + h], [x + w, y + h]])  # (4, 2, N)
        moved = np.einsum("ij,kjn->kin", self.matrix[:, :2], corners) + self.matrix[:, 2][None, :, None]
        low, high = moved.min(axis=0), moved.max(axis=0)
        return np.concatenate([low, high - low]).T

    def image(self, image: np.ndarray, size: int, fill: int) -> np.ndarray:
        """The picture (H, W[, 3]) in the square (size, size[, 3]), ``fill`` outside it.

        A picture that becomes smaller than half is averaged down first: bilinear reading alone would skip pixels.
        """
        matrix, f = self.matrix.copy(), self.factor
        shrink = int(1 / f) if f <= 0.5 else 1
        if shrink > 1:
            height, width = (max(round(side / shrink), 1) for side in image.shape[:2])
            sx, sy = image.shape[1] / width, image.shape[0] / height  # picture pixels per pixel of the small one
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
            matrix[:, 2] += matrix[:, :2] @ np.array([(sx - 1) / 2, (sy - 1) / 2])
            matrix[:, :2] = matrix[:, :2] * [sx, sy]
        border = (fill,) * 3 if image.ndim == 3 else (fill,)
        return np.asarray(
            cv2.warpAffine(
                image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=border
            )
        )


def draw_warp(
    rng: np.random.Generator, how: Augmentation, image_size: tuple[int, int], box: np.ndarray | None = None
) -> Warp:
    """Draw the warp of one picture.

    Args:
        rng: the source of randomness.
        how: what may be done.
        image_size: (height, width) of the picture.
        box: (4,), x, y, width and height of the person to bring to the middle; where it is None, or the augmentation
            is of whole images, the picture's own box.
    """
    height, width = image_size
    whole = how.centre == "image" or box is None
    x, y, w, h = (-0.5, -0.5, float(width), float(height)) if whole or box is None else map(float, box)
    extent = max(w, h) if whole else h
    usual = how.target * how.size / extent
    factor = usual * rng.uniform(*how.scale)
    angle = np.deg2rad(rng.uniform(-how.rotation, how.rotation))
    shift = rng.uniform(-how.jitter, how.jitter, 2)
    flip = bool(rng.random() < how.flip)
    turn = factor * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if flip:
        turn = turn @ np.diag([-1.0, 1.0])
    centre = np.array([x + w / 2, y + h / 2])
    # A person is brought to the square's middle. A whole picture lies at the top left, where an estimator puts it.
    middle = usual * np.array([w, h]) / 2 - 0.5 if whole else (how.size - 1) / 2
    return Warp(np.concatenate([turn, (middle + shift - turn @ centre)[:, None]], axis=1), flip)


def hide_parts(rng: np.random.Generator, image: np.ndarray, keypoints: np.ndarray, patches: int) -> np.ndarray:
    """Paste up to ``patches`` rectangles from elsewhere in the picture over parts of a lone person (FACTS 1.10).

    Args:
        rng: the source of randomness.
        image: (H, W, 3) uint8.
        keypoints: (N, J, 3) in pixels of the image; nothing is done unless one person has parts in it.
        patches: the most there may be.

    Returns:
        The image, a copy where something was pasted.
    """
    height, width = image.shape[:2]
    inside = is_present(keypoints) & ((keypoints[..., :2] >= 0) & (keypoints[..., :2] < (width, height))).all(axis=-1)
    count = int(rng.integers(patches + 1)) if patches else 0
    if count == 0 or inside.any(axis=1).sum() != 1:
        return image
    parts = keypoints[inside][:, :2]
    person = max(float(np.ptp(parts, axis=0).max()), 16.0)
    hidden = image.copy()
    for _ in range(count):
        w, h = (int(side) for side in np.clip(rng.uniform(0.1, 0.3, 2) * person, 4, (width, height)))
        corner = parts[rng.integers(len(parts))] - (w // 2, h // 2)
        x, y = (int(at) for at in np.clip(corner, 0, (width - w, height - h)))
        u, v = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
        hidden[y : y + h, x : x + w] = image[v : v + h, u : u + w]
    return hidden
