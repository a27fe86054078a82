"""The true fields of an image, drawn where a network draws its own: what its predictions are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from paflib.errors import DataError, ShapeError
from paflib.fields import TARGETS, Fields, Grid, TargetOptions, affinity_fields, confidence_maps
from paflib.people import People
from paflib.skeleton import Skeleton


def true_fields(
    people: People, like: Fields, S_grid: Grid, L_grid: Grid, target: str | TargetOptions = "paper"
) -> Fields:
    """The true S and L on the cells of predicted ones.

    Widths of Gaussians and limbs are pixels of the network's input, in which the network learnt them.

    Args:
        people: with coordinates in pixels of the source image; crowds are left out.
        like: predicted fields, whose grids are in pixels of the source image.
        S_grid, L_grid: the same grids in pixels of the network's input (``entry.S_grid``, ``entry.L_grid``).
        target: how true maps are drawn, a name in :data:`~paflib.fields.TARGETS` or options.

    Raises:
        ShapeError: an unknown target.
    """
    options = target_options(target)
    factor = np.array(S_grid.strides) / np.array(like.S_grid.strides)
    shown = People(named(people).convert(like.skeleton).keypoints, None, like.skeleton)
    points = shown.resized((float(factor[0]), float(factor[1]))).keypoints
    h, w = like.S.shape[1:]
    S = confidence_maps(points, (h, w), S_grid, options.sigma, options.reduce, options.cutoff)
    h, w = like.L.shape[2:]
    L = affinity_fields(
        points, like.skeleton.limbs, (h, w), L_grid, options.limb_width, options.overlap, options.region
    )
    return Fields(S, L, like.skeleton, like.S_grid, like.L_grid, image_size=like.image_size)


def target_options(target: str | TargetOptions) -> TargetOptions:
    """How true maps are drawn, by name or as it is.

    Raises:
        ShapeError: an unknown name.
    """
    if isinstance(target, TargetOptions):
        return target
    if target not in TARGETS:
        raise ShapeError(f"target is {target!r}, wanted one of {', '.join(TARGETS)}, or TargetOptions")
    return TARGETS[target]


def named(people: People) -> People:
    """The people who are one person each: without crowds."""
    return people if people.iscrowd is None else people[~people.iscrowd]


def annotated_people(annotations: Mapping[str, Any], skeleton: Skeleton, category: int) -> dict[int, People]:
    """The people of every image of checked COCO annotations, crowds and unlabelled ones too, by image id."""
    rows: dict[int, list[Mapping[str, Any]]] = {image["id"]: [] for image in annotations["images"]}
    for row in annotations["annotations"]:
        if row["category_id"] == category and row["image_id"] in rows:
            rows[row["image_id"]].append(row)
    return {i: People.from_coco(of_image, skeleton) for i, of_image in rows.items()}


def pairs_of(images: Mapping[int, Any] | Iterable[tuple[int, Any]], known: Iterable[int]) -> Iterator[tuple[int, Any]]:
    """The pairs of image id and image, each id checked.

    Raises:
        DataError: an image is not among those annotated, or there is none at all.
    """
    ids, any_image = set(known), False
    for image_id, image in images.items() if isinstance(images, Mapping) else images:
        if image_id not in ids:
            raise DataError(f"image {image_id!r} is not among the {len(ids)} that are annotated")
        any_image = True
        yield image_id, image
    if not any_image:
        raise DataError("there are no images: nothing to evaluate")
