"""The mask W: where a training set says nothing, so that nobody is punished for finding who is there (TPAMI Eq. 4)."""

from __future__ import annotations

from typing import Any

import numpy as np

from paflib.errors import DataError
from paflib.fields.grid import Grid
from paflib.people import People


def loss_mask(people: People, image_size: tuple[int, int], shape: tuple[int, int], grid: Grid = Grid(8)) -> np.ndarray:  # noqa: B008 - frozen
    """W (h, w) in [0, 1]: the share of each cell that is annotated.

    A pixel is 0 on a person of whom no part is labelled, and on a crowd region outside the labelled people's own
    segmentations; 1 elsewhere (FACTS 1.8, mask_miss). A cell's value is the mean of the pixels it covers.

    Args:
        people: with ``segmentation`` (or, where that is None, ``bbox``), and ``iscrowd``, as COCO has them.
        image_size: (height, width) of the image in pixels.
        shape: (h, w) in cells.  grid: where the cells lie.

    Raises:
        DataError: when someone without labelled parts has neither a segmentation nor a box.
    """
    return _cell_means(annotated_pixels(people, image_size).astype(float), shape, grid).astype(np.float32)


def annotated_pixels(people: People, image_size: tuple[int, int]) -> np.ndarray:
    """Which pixels (H, W) of an image the annotators spoke of, bool: :func:`loss_mask` before it becomes cells.

    Raises:
        DataError: when someone without labelled parts has neither a segmentation nor a box.
    """
    missing, labelled, crowd = (np.zeros(image_size, bool) for _ in range(3))
    for n, parts in enumerate(people.present.sum(axis=1)):
        if people.iscrowd is not None and people.iscrowd[n]:
            crowd |= _region(people, n, image_size)
        elif parts == 0:
            missing |= _region(people, n, image_size)
        elif people.segmentation is not None and people.segmentation[n]:
            labelled |= _region(people, n, image_size)
    annotated: np.ndarray = ~(missing | (crowd & ~labelled))
    return annotated


def _region(people: People, n: int, image_size: tuple[int, int]) -> np.ndarray:
    from pycocotools import mask as coco_mask

    segmentation = people.segmentation[n] if people.segmentation is not None else None
    if segmentation:
        runs = _runs(coco_mask, segmentation, image_size)
        decoded = coco_mask.decode(runs)
        if decoded.shape != tuple(image_size):
            raise DataError(
                f"the segmentation of person {n} is of an image of {decoded.shape}, this one is {image_size}"
            )
        return decoded.astype(bool)
    if people.bbox is None or not np.isfinite(people.bbox[n]).all():
        raise DataError(
            f"person {n} has no labelled part and neither a segmentation nor a box: where must the loss not look?"
        )
    region = np.zeros(image_size, bool)
    x, y, w, h = people.bbox[n]
    region[max(round(y), 0) : max(round(y + h), 0), max(round(x), 0) : max(round(x + w), 0)] = True
    return region


def _runs(coco_mask: Any, segmentation: Any, image_size: tuple[int, int]) -> Any:
    height, width = image_size
    if isinstance(segmentation, list):
        return coco_mask.merge(coco_mask.frPyObjects(segmentation, height, width))
    if isinstance(segmentation.get("counts"), list):
        return coco_mask.frPyObjects(segmentation, *segmentation["size"])
    return segmentation


def _cell_means(pixels: np.ndarray, shape: tuple[int, int], grid: Grid) -> np.ndarray:
    """Mean of the pixels under every cell, exact for cells that cut through pixels; 1 where a cell lies outside."""
    height, width = pixels.shape
    table = np.zeros((height + 1, width + 1))
    table[1:, 1:] = pixels.cumsum(axis=0).cumsum(axis=1)
    (left, right), (top, bottom) = (
        _edges(axis, s, n) for axis, s, n in zip(grid.axes(shape), grid.strides, (width, height), strict=True)
    )
    rows = _interpolate(table, bottom) - _interpolate(table, top)  # (h, W + 1)
    sums = _interpolate(rows.T, right) - _interpolate(rows.T, left)  # (w, h)
    area = (bottom - top)[:, None] * (right - left)[None, :]
    # Differences of large sums are off by some 1e-15, which must not make a weight negative.
    return np.where(area > 0, np.clip(sums.T / np.where(area > 0, area, 1), 0, 1), 1.0)


def _edges(centres: np.ndarray, stride: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    # Pixel i covers i - 0.5 to i + 0.5, so in pixels counted from the image's edge a centre at c is c + 0.5.
    return np.clip(centres + 0.5 - stride / 2, 0, size), np.clip(centres + 0.5 + stride / 2, 0, size)


def _interpolate(table: np.ndarray, at: np.ndarray) -> np.ndarray:
    low = np.minimum(at.astype(int), len(table) - 2)
    share = (at - low)[:, None]
    result: np.ndarray = table[low] * (1 - share) + table[low + 1] * share
    return result
