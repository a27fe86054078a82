"""Targets drawn in batches are those drawn one picture at a time with NumPy; masks count where they should."""

import numpy as np
import pytest
import torch

from paflib.errors import ShapeError
from paflib.fields import TARGETS, Grid, loss_mask, targets
from paflib.people import People
from paflib.skeleton import BODY_25, COCO_17, COCO_18
from paflib.synthetic import random_people
from paflib.trainer.data import Batch
from paflib.trainer.targets import draw_targets

SIZE = 96


def batch_of(people: list[People], **changes) -> Batch:
    """A batch of empty pictures with these people; nothing unknown."""
    most, J = max(len(p) for p in people), people[0].skeleton.J
    keypoints = np.zeros((len(people), most, J, 3), np.float32)
    for row, one in zip(keypoints, people, strict=True):
        row[: len(one)] = np.nan_to_num(one.keypoints)
    parts: dict = {
        "images": np.zeros((len(people), SIZE, SIZE, 3), np.uint8), "keypoints": keypoints,
        "unknown": np.zeros((len(people), most, J), bool), "boxes": np.zeros((len(people), most, 4), np.float32),
        "mask": np.full((len(people), SIZE, SIZE), 255, np.uint8), "known": np.ones((len(people), J), bool),
    } | changes  # fmt: skip
    return Batch(**parts).map(torch.from_numpy)


@pytest.mark.parametrize("preset", TARGETS)
@pytest.mark.parametrize("stride", [4, 8])
@pytest.mark.parametrize("seed", range(4))
def test_batches_match_the_numpy_road(preset, stride, seed):
    """Two independent computations, on crowds that overlap and miss parts.

    A cell on a limb's very edge may fall to either side by rounding (float32 against float64): at most one in 2,000.
    """
    rng = np.random.default_rng(seed)
    people = [random_people(rng, n, (SIZE, SIZE), (40, 80), gap=None, missing=0.2) for n in (1, 3, 2)]
    options = TARGETS[preset]
    S_grid, L_grid = Grid(stride), Grid(stride, options.L_origin)
    drawn = draw_targets(batch_of(people), COCO_18, S_grid, L_grid, options)
    for n, one in enumerate(people):
        truth = targets(one, (SIZE, SIZE), stride, preset)
        assert np.allclose(drawn.S[n, :-1], truth.S, atol=2e-5)
        assert np.allclose(drawn.S[n, -1], truth.background, atol=2e-5)
        off = ~np.isclose(drawn.L[n].reshape(truth.L.shape), truth.L, atol=2e-4).all(axis=1)
        assert off.mean() <= 1 / 2000, f"{off.sum()} cells"
        assert np.abs(truth.L).max() > 0.5
    assert (drawn.W_S == 1).all() and (drawn.W_L == 1).all()


def test_order_of_channels_x_then_y():
    """One limb to the right: channel 2c is 1 on it and 2c + 1 is 0."""
    keypoints = np.zeros((1, 18, 3))
    keypoints[0, 1], keypoints[0, 8] = (20, 48, 1), (70, 48, 1)  # limb 0 runs from the neck to the right hip
    drawn = draw_targets(batch_of([People(keypoints)]), COCO_18, Grid(8), Grid(8))
    assert drawn.L[0, 0].max() == 1 and (drawn.L[0, 1].abs().max() == 0) and (drawn.L[0, 2:].abs().max() == 0)


@pytest.mark.parametrize("stride", [4, 8])
def test_the_mask_is_the_mean_of_its_pixels(stride):
    """The same numbers as fields.loss_mask for somebody without labelled parts."""
    segment = [[10.0, 12.0, 60.0, 20.0, 50.0, 70.0]]
    unlabelled = People(np.zeros((1, 17, 3)), None, COCO_17, segmentation=(segment,), area=np.array([900.0]))
    W = loss_mask(unlabelled, (SIZE, SIZE), (SIZE // stride, SIZE // stride), Grid(stride))
    from paflib.fields import annotated_pixels

    mask = 255 * annotated_pixels(unlabelled, (SIZE, SIZE)).astype(np.uint8)[None]
    drawn = draw_targets(batch_of([People.empty()], mask=mask, keypoints=np.zeros((1, 1, 18, 3), np.float32),
                                  unknown=np.zeros((1, 1, 18), bool), boxes=np.zeros((1, 1, 4), np.float32)),
                         COCO_18, Grid(stride), Grid(stride))  # fmt: skip
    assert 0.05 < (W < 1).mean() < 0.9
    assert np.allclose(drawn.W_S[0], W[None], atol=1e-6) and np.allclose(drawn.W_L[0], W[None], atol=1e-6)


def test_parts_that_a_set_does_not_label_are_masked_with_their_limbs():
    known = np.ones((1, 25), bool)
    feet = [BODY_25.index(name) for name in BODY_25.parts if "toe" in name or "heel" in name]
    known[0, feet] = False
    drawn = draw_targets(
        batch_of([random_people(np.random.default_rng(0), 1, (SIZE, SIZE), (60, 80)).convert(BODY_25)], known=known),
        BODY_25, Grid(8), Grid(8),
    )  # fmt: skip
    per_part, per_limb = drawn.W_S[0].amax((1, 2)), drawn.W_L[0].amax((1, 2))[::2]
    assert [j for j in range(25) if per_part[j] == 0] == feet
    assert per_part[25] == 0, "the background is not known where feet are not"
    assert [c for c, limb in enumerate(BODY_25.limbs) if set(limb) & set(feet)] == [
        c for c in range(26) if per_limb[c] == 0
    ]


def test_an_unknown_part_is_masked_in_its_persons_box_but_not_on_anothers_mark():
    """A neck with one known shoulder: nothing is said about necks in that person's box, other people's apart."""
    neck = COCO_18.index("neck")
    keypoints = np.zeros((2, 18, 3), np.float32)
    keypoints[1, neck] = (40, 40, 1)  # somebody else's neck inside the first one's box
    unknown = np.zeros((1, 2, 18), bool)
    unknown[0, 0, neck] = True
    boxes = np.zeros((1, 2, 4), np.float32)
    boxes[0, 0] = (16, 16, 48, 64)
    drawn = draw_targets(batch_of([People(keypoints)], unknown=unknown, boxes=boxes), COCO_18, Grid(8), Grid(8))
    W = drawn.W_S[0, neck]
    assert W[2, 7] == 0 and W[9, 4] == 0  # inside the box, away from the mark
    assert W[2, 9] == 1 and W[1, 4] == 1 and W[11, 4] == 1  # outside
    assert W[4, 4] == 1  # pixel 35.5: on the other's mark
    assert (drawn.W_S[0, [j for j in range(18) if j != neck]] == 1).all()
    limbs = [c for c, limb in enumerate(COCO_18.limbs) if neck in limb]
    assert all((drawn.W_L[0, 2 * c] == 0).any() == (c in limbs) for c in range(19))


def test_a_size_that_is_no_multiple_is_refused():
    with pytest.raises(ShapeError, match=r"cannot be cut into cells of \(7.0, 7.0\)"):
        draw_targets(batch_of([People.empty(), People(np.ones((1, 18, 3)))]), COCO_18, Grid(7), Grid(8))
