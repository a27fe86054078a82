"""A network without weights: it draws the true fields of people it is told about.

It looks where in its input the image ends and the padding begins, so that it shares no geometry with the estimator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from paflib.fields import Grid, affinity_fields, confidence_maps
from paflib.people import People
from paflib.skeleton import COCO_18, Skeleton

PAD = (128, 0, 255)  # nobody's default, and told apart from any picture the tests show


@dataclass(frozen=True)
class FakeEntry:
    """What :class:`paflib.model.zoo.Entry` says of a network, as far as the estimator asks."""

    skeleton: Skeleton = COCO_18
    stride: int = 8
    S_grid: Grid = field(default_factory=lambda: Grid(8))
    L_grid: Grid = field(default_factory=lambda: Grid(8))
    height: int = 368
    pad: tuple[int, int, int] = PAD


class FakeNetwork:
    """``people``: called with the (height, width) of the image in the input, gives People in its pixels."""

    def __init__(self, people: Callable[[tuple[int, int]], People], entry: FakeEntry | None = None, stages: int = 1):
        self.people, self.entry, self.stages = people, entry or FakeEntry(), stages
        self.inputs: list[np.ndarray] = []
        self.batches: list[int] = []

    def __call__(self, images: np.ndarray | torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        images = np.asarray(images)
        entry = self.entry
        assert images.dtype == np.uint8 and images.shape[3] == 3
        assert images.shape[1] % entry.stride == 0 and images.shape[2] % entry.stride == 0
        self.inputs += list(images)
        self.batches.append(len(images))
        S, L = (torch.stack(maps) for maps in zip(*map(self._said, images), strict=True))
        share = np.arange(1, self.stages + 1) / self.stages  # each stage is surer than the one before
        return [(s * S, s * L) for s in share.tolist()]

    def _said(self, image: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        entry, people = self.entry, self.people(seen_size(image, self.entry.pad))
        S = confidence_maps(people.keypoints, _shape(image, entry.S_grid), entry.S_grid)
        L = affinity_fields(people.keypoints, entry.skeleton.limbs, _shape(image, entry.L_grid), entry.L_grid)
        S = np.concatenate([S, 1 - S.max(axis=0, keepdims=True)])
        return torch.tensor(S).float(), torch.tensor(L).float()


def _shape(image: np.ndarray, grid: Grid) -> tuple[int, int]:
    return round(image.shape[0] / grid.strides[1]), round(image.shape[1] / grid.strides[0])


def seen_size(image: np.ndarray, pad: tuple[int, int, int] = PAD) -> tuple[int, int]:
    """(height, width) of what is not padding."""
    content = (image != np.array(pad)).any(axis=2)
    return int(content.any(axis=1).nonzero()[0][-1]) + 1, int(content.any(axis=0).nonzero()[0][-1]) + 1


def in_source(people: People, source: tuple[int, int]) -> Callable[[tuple[int, int]], People]:
    """For :class:`FakeNetwork`: people given in pixels of the source image of that (height, width)."""
    return lambda size: people.resized((size[1] / source[1], size[0] / source[0]))


_STANDING = {
    "nose": (0, -0.9), "neck": (0, -0.6), "right_shoulder": (-0.3, -0.6), "right_elbow": (-0.45, -0.2),
    "right_wrist": (-0.6, 0.15), "left_shoulder": (0.3, -0.6), "left_elbow": (0.45, -0.2), "left_wrist": (0.6, 0.15),
    "right_hip": (-0.2, 0.05), "right_knee": (-0.25, 0.5), "right_ankle": (-0.3, 0.95), "left_hip": (0.2, 0.05),
    "left_knee": (0.25, 0.5), "left_ankle": (0.3, 0.95), "right_eye": (-0.15, -0.95), "left_eye": (0.15, -0.95),
    "right_ear": (-0.3, -0.85), "left_ear": (0.3, -0.85),
}  # fmt: skip


def standing(size: tuple[int, int]) -> People:
    """Somebody who stands in the middle of an image of that (height, width) and fills nine tenths of its height."""
    height, width = size
    xy = np.array([_STANDING[part] for part in COCO_18.parts]) * 0.45 * height + [(width - 1) / 2, (height - 1) / 2]
    return People(np.concatenate([xy, np.ones((18, 1))], axis=1)[None])
