"""Object keypoint similarity (OKS) by hand: how alike a person found and a person annotated are, between 0 and 1.

Of one part at distance d from where it is annotated, ``exp(-d**2 / (2 * area * (2 * sigma)**2))``: a Gaussian whose
width grows with the person's size, and is the part's own, because annotators agree to a few pixels on an eye and not on
a hip (FACTS 1.13). OKS is the mean over the parts that are annotated. :mod:`~paflib.evaluation.oks` leaves the
evaluation to pycocotools; this is the same number, to look at and to build on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paflib.errors import DataError
from paflib.evaluation.oks import oks_sigmas
from paflib.people import People


def keypoint_similarity(found: People, annotated: People, sigmas: Sequence[float] | None = None) -> np.ndarray:
    """Similarity (P, N, J) of each part of P people found with the same part of N people annotated.

    NaN where the part is not annotated; 0 where it was not found.

    Args:
        found: P people.
        annotated: N people of the same skeleton, with areas.
        sigmas: J constants of OKS; by default the skeleton's.

    Raises:
        DataError: the skeletons differ, or there are no areas or constants.
    """
    _check(found, annotated)
    return place_similarity(found.keypoints, annotated, sigmas)


def place_similarity(
    points: np.ndarray, annotated: People, sigmas: Sequence[float] | None = None, of: np.ndarray | None = None
) -> np.ndarray:
    """Similarity (P, N, J) of points (P, J, 3) with the places of annotated parts: of part ``of[j]`` for point j.

    With ``of=skeleton.flip`` each part is compared with where its mirror image is annotated. Width and area belong to
    the part that is annotated there.
    """
    of = np.arange(annotated.skeleton.J) if of is None else of
    constants = oks_sigmas(annotated.skeleton, sigmas)[of]
    offset = points[:, None, :, :2] - annotated.keypoints[None, :, of, :2]  # (P, N, J, 2), NaN where one is missing
    area = _areas(annotated)[None, :, None]
    similarity = np.exp(-(offset**2).sum(axis=-1) / (2 * area * (2 * constants) ** 2))
    similarity = np.where(points[:, None, :, 2] > 0, similarity, 0.0)
    return np.where(annotated.present[None][..., of], similarity, np.nan)


def oks_matrix(found: People, annotated: People, sigmas: Sequence[float] | None = None) -> np.ndarray:
    """OKS (P, N) of P people found with N people annotated.

    The mean of :func:`keypoint_similarity` over the annotated parts. Someone annotated without parts is compared by
    box, as pycocotools does: each part by its distance from the box grown by its own width and height on every side.

    pycocotools knows no missing parts in what was found: it takes 0, 0 for a place, so that a missing part is as far
    off as the annotated one is from the image's corner. Here it adds exactly nothing.

    Args:
        found, annotated, sigmas: as in :func:`keypoint_similarity`; ``annotated`` with boxes, if someone has no parts.

    Raises:
        DataError: the skeletons differ, or there are no areas, boxes or constants.
    """
    similarity = keypoint_similarity(found, annotated, sigmas)
    labelled = annotated.present.sum(axis=1)  # (N,)
    oks: np.ndarray = np.nansum(similarity, axis=2) / np.maximum(labelled, 1)
    if (labelled == 0).any():
        oks[:, labelled == 0] = _box_oks(found, annotated[labelled == 0], oks_sigmas(annotated.skeleton, sigmas))
    return oks


def _box_oks(found: People, annotated: People, sigmas: np.ndarray) -> np.ndarray:
    if annotated.bbox is None or not np.isfinite(annotated.bbox).all():
        raise DataError("someone is annotated with neither parts nor a box: OKS has nothing to compare with")
    low, size = annotated.bbox[:, :2], annotated.bbox[:, 2:]
    points = found.keypoints[:, None, :, :2]  # (P, 1, J, 2)
    below, above = (low - size)[None, :, None] - points, points - (low + 2 * size)[None, :, None]
    outside = np.maximum(below, 0) + np.maximum(above, 0)  # (P, N, J, 2), NaN where missing
    exponent = (outside**2).sum(axis=-1) / (2 * _areas(annotated)[None, :, None] * (2 * sigmas) ** 2)
    return np.where(found.present[:, None], np.exp(-exponent), 0.0).mean(axis=2)


def _areas(annotated: People) -> np.ndarray:
    """(N,) positive areas; pycocotools adds the same 2e-16 px, so that nobody divides by zero."""
    if annotated.area is None:
        raise DataError("the annotated people have no areas, by which OKS divides: give People an area each")
    return annotated.area + np.spacing(1)


def _check(found: People, annotated: People) -> None:
    if found.skeleton.parts != annotated.skeleton.parts:
        raise DataError(
            f"people found have the parts of {found.skeleton.name}, annotated ones those of {annotated.skeleton.name}: "
            "convert one of them"
        )
    if annotated.area is not None and np.isnan(annotated.area).any():
        raise DataError(f"annotated person {int(np.isnan(annotated.area).argmax())} has no area, by which OKS divides")
