"""Segmentations: run lengths in letters are read as pycocotools reads them, and refused where they are none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from paflib.errors import DataError
from paflib.fields.segmentation import _decompressed, checked_segmentation


def runs_of(mask: np.ndarray) -> list[int]:
    """Column by column, the first run of zeros, which may have no length."""
    flat = np.concatenate([[0], mask.ravel(order="F")])
    changes = np.flatnonzero(np.diff(flat)).tolist()
    return np.diff([0, *changes, mask.size]).tolist()


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.001, 0.1, 0.5, 0.9, 0.999]))
def test_letters_are_the_numbers_that_pycocotools_wrote(seed, share):
    rng = np.random.default_rng(seed)
    mask = np.asfortranarray(rng.random(rng.integers(1, 200, 2)) < share).astype(np.uint8)
    written = coco_mask.encode(mask)
    for letters in (written["counts"], written["counts"].decode()):
        assert _decompressed(letters).tolist() == runs_of(mask)
    checked_segmentation({"size": list(mask.shape), "counts": written["counts"].decode()}, mask.shape, "it")
    if mask.size > 1:
        with pytest.raises(DataError, match="it: segmentation"):
            checked_segmentation({"size": list(mask.shape), "counts": written["counts"].decode()[:-1]}, None, "it")


@pytest.mark.parametrize("letters", ["", "P", "0P", "\x2f", "p", "\u20ac", "o" * 7 + "0"])
def test_letters_that_end_too_soon_or_are_none_are_refused(letters):
    with pytest.raises(DataError, match="which are no run lengths"):
        checked_segmentation({"size": [4, 4], "counts": letters}, None, "it")


def test_what_is_no_segmentation_is_none():
    for nothing in (None, []):
        assert checked_segmentation(nothing, (4, 4), "it") == nothing


def test_polygons_that_enclose_nothing_are_left_out():
    """Of two points pycocotools would make a box 3 px wide and 4 high."""
    triangle = [0, 0, 3, 0, 0, 3]
    assert checked_segmentation([[1, 2, 3, 4], triangle, [], [1, 2]], (4, 4), "it") == [triangle]
    assert checked_segmentation([[1, 2, 3, 4]], (4, 4), "it") == []
