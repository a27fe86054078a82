"""People to fields: confidence maps S, part affinity fields L, and the mask W.

:class:`Grid` states where the cells of a map lie in the image, :class:`Fields` is what a network predicts or what the
truth would be, and :func:`targets` draws the truth from annotated people.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import numpy as np

from paflib._check import check_finite, check_shape
from paflib.errors import ShapeError
from paflib.fields.affinity import LIMB_WIDTH, Overlap, Region, affinity_fields, midpoint_maps
from paflib.fields.confidence import SIGMA, Reduce, background_map, confidence_maps
from paflib.fields.grid import Grid
from paflib.fields.mask import annotated_pixels, loss_mask
from paflib.people import People
from paflib.skeleton import Skeleton

__all__ = [
    "LIMB_WIDTH", "SIGMA", "TARGETS", "Fields", "Grid", "TargetOptions", "affinity_fields", "annotated_pixels",
    "background_map", "confidence_maps", "loss_mask", "midpoint_maps", "targets",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Fields:
    """Confidence maps and affinity fields of one image, and where their cells lie in it.

    Args:
        S: (J, h, w) confidence maps, without background.
        L: (C, 2, h', w') affinity fields, components (x, y); on the same grid as S or on another.
        skeleton: whose parts and limbs the channels are.
        S_grid, L_grid: where the cells of S and of L lie, in pixels of the source image.
        background: (h, w), the network's background map where it has one.
        stages: what every stage predicted, first to last, as Fields; empty when it was not asked for.
        image_size: (height, width) of the source image.

    Raises:
        ShapeError: naming the map with the wrong shape, or with a NaN in it.
    """

    S: np.ndarray
    L: np.ndarray
    skeleton: Skeleton
    S_grid: Grid = field(default_factory=lambda: Grid(8))
    L_grid: Grid = field(default_factory=lambda: Grid(8))
    background: np.ndarray | None = None
    stages: tuple[Fields, ...] = ()
    image_size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "S", np.asarray(self.S, np.float32))
        object.__setattr__(self, "L", np.asarray(self.L, np.float32))
        sizes = check_shape("S", self.S, "J h w", J=self.skeleton.J)
        check_shape("L", self.L, "C 2 h' w'", C=self.skeleton.C)
        if 0 in self.S.shape[1:] or 0 in self.L.shape[2:]:
            raise ShapeError(f"S has shape {self.S.shape} and L {self.L.shape}: wanted maps of at least one cell")
        check_finite("S", self.S)
        check_finite("L", self.L)
        if self.background is not None:
            check_shape("background", self.background, "h w", h=sizes["h"], w=sizes["w"])
            check_finite("background", self.background)


@dataclass(frozen=True)
class TargetOptions:
    """How true maps are drawn; :data:`TARGETS` holds the paper's way and the released programs' (FACTS 1.8).

    Raises:
        ShapeError: a way that there is not, or a width that is not positive.
    """

    sigma: float = float(SIGMA)
    reduce: Reduce = "max"
    cutoff: float = 0.0
    limb_width: float = LIMB_WIDTH
    overlap: Overlap = "average"
    region: Region = "paper"
    L_origin: float | None = None

    def __post_init__(self) -> None:
        for name, ways in (("reduce", get_args(Reduce)), ("overlap", get_args(Overlap)), ("region", get_args(Region))):
            if getattr(self, name) not in ways:
                raise ShapeError(f"{name} is {getattr(self, name)!r}, wanted one of {', '.join(map(repr, ways))}")
        for name in ("sigma", "limb_width"):
            if not 0 < getattr(self, name) < math.inf:
                raise ShapeError(f"{name} is {getattr(self, name)}, wanted a positive number of pixels")
        if not 0 <= self.cutoff < 1:
            raise ShapeError(f"cutoff is {self.cutoff}, wanted 0 or more and less than 1")


TARGETS = {
    "paper": TargetOptions(),
    "cmu-2017": TargetOptions(reduce="sum", cutoff=0.01, overlap="last", region="cmu", L_origin=0.0),
    "openpose": TargetOptions(cutoff=0.01, region="cmu", L_origin=0.0),
}
"""``"paper"``; ``"cmu-2017"``, the data layer that the CVPR 2017 networks learnt from; ``"openpose"``, that of 2019."""


def targets(
    people: People, image_size: tuple[int, int], stride: float = 8, preset: str = "paper", **options: Any
) -> Fields:
    """The true fields of annotated people: S* (Eq. 7-8), L* (Eq. 9-10) and the background.

    Args:
        people: with coordinates in pixels of the image.
        image_size: (height, width) of the image; the maps have ``ceil(size / stride)`` cells.
        stride: pixels per cell.
        preset: a name in :data:`TARGETS`; single :class:`TargetOptions` can be given by name besides.

    Raises:
        ShapeError: for an unknown preset or option.
    """
    if not isinstance(people, People):
        raise ShapeError(f"people is a {type(people).__name__}, wanted People: People(keypoints, None, skeleton)")
    if len(image_size) != 2 or min(image_size) < 1:
        raise ShapeError(f"image_size is {tuple(image_size)}, wanted (height, width), as in image.shape[:2]")
    if preset not in TARGETS or not set(options) <= set(TargetOptions.__dataclass_fields__):
        raise ShapeError(
            f"targets(preset={preset!r}, {', '.join(options)}): presets are {', '.join(TARGETS)}; "
            f"options are {', '.join(TargetOptions.__dataclass_fields__)}"
        )
    chosen = replace(TARGETS[preset], **options)
    S_grid, L_grid = Grid(stride), Grid(stride, chosen.L_origin)
    height, width = image_size
    shape = (-int(-height // stride), -int(-width // stride))
    S = confidence_maps(people.keypoints, shape, S_grid, chosen.sigma, chosen.reduce, chosen.cutoff)
    L = affinity_fields(
        people.keypoints, people.skeleton.limbs, shape, L_grid, chosen.limb_width, chosen.overlap, chosen.region
    )
    return Fields(S, L, people.skeleton, S_grid, L_grid, background_map(S), image_size=(int(height), int(width)))
