"""COCO's segmentations, polygons and run lengths: what the mask W is drawn of, checked before it is."""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np

from paflib.errors import DataError


def checked_segmentation(segmentation: Any, image_size: tuple[int, int] | None, name: str) -> Any:
    """A segmentation, refused where no mask can be drawn of it; None and an empty list are none at all.

    A polygon of one or two points encloses nothing, and is left out: such are found in real sets, and pycocotools takes
    four numbers for a box.

    Args:
        segmentation: what a COCO annotation has: polygons, or run lengths.
        image_size: (height, width) that run lengths must be of; None where nobody knows.
        name: of the annotation, for the message.

    Raises:
        DataError: naming what is wrong with it.
    """
    if segmentation is None or segmentation == []:
        return segmentation
    if isinstance(segmentation, dict):
        _check_runs(segmentation, image_size, name)
        return segmentation
    if not isinstance(segmentation, list):
        raise DataError(
            f"{name}: segmentation is {reprlib.repr(segmentation)}, wanted polygons [[x, y, x, y, x, y, ...], ...] or "
            "run lengths {'size': [height, width], 'counts': ...}"
        )
    for polygon in segmentation:
        if not _is_polygon(polygon):
            raise DataError(
                f"{name}: segmentation has the polygon {reprlib.repr(polygon)}, wanted a flat list of numbers, x and y "
                "of every point"
            )
    return [polygon for polygon in segmentation if len(polygon) >= 6]


def _is_polygon(polygon: Any) -> bool:
    if not isinstance(polygon, list) or len(polygon) % 2:
        return False
    numbers = _array(polygon) if polygon else np.zeros(0)
    return numbers.ndim == 1 and numbers.dtype.kind in "iuf" and bool(np.isfinite(numbers).all())


def _check_runs(segmentation: dict[str, Any], image_size: tuple[int, int] | None, name: str) -> None:
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if not isinstance(size, list) or len(size) != 2 or not all(isinstance(side, int) and side > 0 for side in size):
        raise DataError(f"{name}: segmentation has the size {reprlib.repr(size)}, wanted [height, width]")
    if image_size is not None and tuple(size) != tuple(image_size):
        raise DataError(
            f"{name}: segmentation is of a picture of {size[1]} x {size[0]} pixels, its own has "
            f"{image_size[1]} x {image_size[0]}"
        )
    runs = _decompressed(counts) if isinstance(counts, (str, bytes)) else _array(counts)
    if runs.ndim != 1 or runs.dtype.kind not in "iu" or not (runs >= 0).all():
        raise DataError(f"{name}: segmentation has the counts {reprlib.repr(counts)}, which are no run lengths")
    if runs.sum() != size[0] * size[1]:
        raise DataError(
            f"{name}: segmentation has run lengths of {runs.sum()} pixels in all, wanted {size[0]} x {size[1]}"
        )


def _array(values: Any) -> np.ndarray:
    try:
        return np.array(values)
    except ValueError:  # lists of different lengths in it
        return np.array(None)


def _decompressed(counts: str | bytes) -> np.ndarray:
    """Run lengths (R,) as COCO writes them in letters; [-1] where they are none.

    Every letter holds five bits of a number, the lowest first, and a sixth that says whether more follow; the last
    one's highest bit is the sign. From the fourth run on it is the difference to the run before the last.
    """
    letters = counts if isinstance(counts, bytes) else counts.encode()
    six = np.frombuffer(letters, np.uint8).astype(np.int64) - 48
    last = np.flatnonzero(six & 32 == 0)
    first = np.concatenate([[0], last[:-1] + 1])
    length = last - first[: len(last)] + 1
    whole = len(last) and last[-1] == len(six) - 1 and length.max() <= 7  # letters of a number of 32 bits
    if not whole or six.min() < 0 or six.max() > 63:
        return np.array([-1])
    bits = (six & 31) << 5 * (np.arange(len(six)) - np.repeat(first, length))
    runs = np.add.reduceat(bits, first) - ((six[last] & 16) << 5 * length - 4)
    runs[1::2], runs[2::2] = runs[1::2].cumsum(), runs[2::2].cumsum()
    return runs
