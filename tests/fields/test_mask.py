"""W: unlabelled people and crowds are left out, labelled people inside a crowd are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from paflib import COCO_17, Grid, People
from paflib.errors import DataError
from paflib.fields import loss_mask

SIZE = (50, 70)


def square(x, y, w, h):
    return [[x, y, x + w, y, x + w, y + h, x, y + h]]


def annotation(segmentation, labelled=False, crowd=False, **more):
    keypoints = [10, 10, 2] * 17 if labelled else [0] * 51
    return {"keypoints": keypoints, "segmentation": segmentation, "iscrowd": int(crowd), **more}


def people(*annotations):
    return People.from_coco(annotations, COCO_17)


def by_hand(annotated, shape, stride, origin):
    """The mean over each cell, by cutting every pixel into 4 x 4 pieces and asking each piece which cell it is in."""
    fine = np.kron(annotated, np.ones((4, 4)))
    sums, counts = np.zeros(shape), np.zeros(shape)
    for row in range(fine.shape[0]):
        for column in range(fine.shape[1]):
            y, x = (row + 0.5) / 4 - 0.5, (column + 0.5) / 4 - 0.5
            gy, gx = (int(np.floor((v - origin + stride / 2) / stride)) for v in (y, x))
            if 0 <= gy < shape[0] and 0 <= gx < shape[1]:
                sums[gy, gx] += fine[row, column]
                counts[gy, gx] += 1
    return np.where(counts > 0, sums / np.maximum(counts, 1), 1)


@pytest.mark.parametrize("stride, origin", [(8, 3.5), (8, 0.0), (5, 2.0), (2, 0.25)])
def test_a_cell_is_the_mean_of_its_pixels(stride, origin):
    crowd = people(annotation(square(9, 13, 30, 20)))
    shape = (-(-SIZE[0] // stride), -(-SIZE[1] // stride))
    full = loss_mask(crowd, SIZE, SIZE, Grid(1))
    assert set(np.unique(full)) == {0.0, 1.0}
    got = loss_mask(crowd, SIZE, shape, Grid(stride, origin))
    np.testing.assert_allclose(got, by_hand(full, shape, stride, origin), atol=1e-6)


@given(st.integers(1, 30), st.integers(1, 30))
def test_only_people_without_labels_are_masked(x, y):
    labelled = loss_mask(people(annotation(square(x, y, 15, 15), labelled=True)), SIZE, SIZE, Grid(1))
    unlabelled = loss_mask(people(annotation(square(x, y, 15, 15))), SIZE, SIZE, Grid(1))
    assert labelled.all()
    assert (unlabelled == 0).sum() == pytest.approx(225, abs=31)
    assert unlabelled[y + 7, x + 7] == 0


def test_a_labelled_person_in_front_of_a_crowd_still_counts():
    runs = coco_mask.encode(np.asfortranarray(np.pad(np.ones((30, 40), np.uint8), ((10, 10), (10, 20)))))
    W = loss_mask(
        people(annotation(runs, crowd=True), annotation(square(20, 15, 10, 10), labelled=True)), SIZE, SIZE, Grid(1)
    )
    assert W[20, 25] == 1 and W[35, 45] == 0 and W[5, 5] == 1


def test_uncompressed_runs_and_boxes_are_read_too():
    counts = [0, SIZE[0] * 10, SIZE[0] * (SIZE[1] - 10)]  # column by column: the ten leftmost columns
    W = loss_mask(people(annotation({"counts": counts, "size": list(SIZE)}, crowd=True)), SIZE, SIZE, Grid(1))
    assert not W[:, :10].any() and W[:, 10:].all()
    boxed = loss_mask(people(annotation(None, bbox=[5, 5, 10, 10])), SIZE, SIZE, Grid(1))
    assert (boxed == 0).sum() == 100


def test_nobody_masks_nothing():
    assert loss_mask(People.empty(COCO_17), SIZE, (7, 9)).all()


def test_someone_without_any_region_is_an_error():
    with pytest.raises(DataError, match="person 0 has no labelled part and neither a segmentation nor a box"):
        loss_mask(people(annotation(None)), SIZE, (7, 9))


def test_a_segmentation_of_another_image_is_an_error():
    runs = coco_mask.encode(np.asfortranarray(np.ones((9, 9), np.uint8)))
    with pytest.raises(DataError, match=r"is of an image of \(9, 9\), this one is \(50, 70\)"):
        loss_mask(people(annotation(runs, crowd=True)), SIZE, (7, 9))
