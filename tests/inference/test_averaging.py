"""Several looks at one picture: their maps lie where they belong, and their mean is the mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paflib.errors import DataError
from paflib.fields import Fields, Grid, targets
from paflib.inference.averaging import Look, average, looks_of, resampled, unmirrored
from paflib.parser.sampling import sample
from paflib.people import People
from paflib.skeleton import BODY_25, COCO_18, MPII_15, Skeleton
from paflib.synthetic import random_people

SIZE = (96, 130)  # 130 is no multiple of 8: the mirror image's cells lie between the picture's


def mirrored(people: People, width: int) -> People:
    """The people of the mirror image, worked out from its definition: x becomes W - 1 - x, left becomes right."""
    keypoints = people.keypoints[:, people.skeleton.flip].copy()
    keypoints[..., 0] = width - 1 - keypoints[..., 0]
    return People(keypoints, None, people.skeleton)


def looks(people: People, grids: list[Grid]) -> list[Fields]:
    """True fields of the same people on several grids."""
    made = []
    for grid in grids:
        factor = 8 / grid.strides[0]
        size = (round(SIZE[0] * factor), round(SIZE[1] * factor))
        drawn = targets(people.resized(factor), size, 8, sigma=7 * factor, limb_width=8 * factor)
        made.append(Fields(drawn.S, drawn.L, drawn.skeleton, grid, grid, drawn.background))
    return made


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.5, 1.0, 1.7]), st.floats(-5, 5), st.floats(-5, 5))
@settings(max_examples=60, deadline=None)
def test_reading_along_the_axes_is_reading_at_the_points(seed, factor, dx, dy):
    """A second way: every cell of the goal as a point, through the parser's own sampling."""
    rng = np.random.default_rng(seed)
    maps = rng.normal(size=(2, 3, 7, 9))
    grid, goal = Grid(8), Grid((8 * factor, 6 * factor), (3.5 + dx, 2 + dy))
    x, y = goal.axes((5, 6))
    points = np.stack(np.meshgrid(x, y), axis=-1)
    expected = sample(maps.reshape(6, 7, 9), grid.to_cells(points), "cubic").reshape(2, 3, 5, 6)
    assert np.abs(resampled(maps, grid, goal, (5, 6)) - expected).max() < 1e-5


@pytest.mark.parametrize("skeleton", [COCO_18, MPII_15, BODY_25, COCO_18.complete()], ids=lambda s: s.name)
def test_the_fields_of_a_mirror_image_come_back(skeleton):
    """Where the width is a multiple of the stride the cells are the same, and so is every value."""
    people = random_people(np.random.default_rng(3), 2, (96, 128), (60, 80), gap=None).convert(skeleton)
    there = targets(people, (96, 128))
    back = unmirrored(targets(mirrored(people, 128), (96, 128)), 128)
    assert back.S_grid.to_pixels([0, 0]) == pytest.approx([3.5, 3.5])
    assert np.abs(back.S - there.S).max() < 1e-5 and np.abs(back.L - there.L).max() < 1e-5
    assert np.abs(back.background - there.background).max() < 1e-5


def test_a_mirror_image_whose_cells_lie_elsewhere():
    """130 = 16 * 8 + 2: the last column of the mirror image lies 2.5 px left of the picture."""
    people = random_people(np.random.default_rng(4), 2, SIZE, (60, 80), gap=None)
    there = targets(people, SIZE)
    back = unmirrored(targets(mirrored(people, SIZE[1]), SIZE), SIZE[1])
    assert back.S_grid.to_pixels([0, 0])[0] == pytest.approx(SIZE[1] - 1 - (8 * 16 + 3.5))
    mean = average([there, back])
    inner = (slice(None), slice(None), slice(1, -1))  # beyond the outermost cells there is nothing to read
    assert np.abs(mean.S - there.S)[inner].max() < 0.05
    wrong = average([there, targets(mirrored(people, SIZE[1]), SIZE)])
    assert np.abs(wrong.S - there.S)[inner].max() > 0.3


def test_looks_of_other_sizes_agree():
    people = random_people(np.random.default_rng(5), 2, SIZE, (60, 80), gap=None)
    one, fine, finer = looks(people, [Grid(8), Grid(6.0), Grid(5.0)])
    mean = average([one, fine, finer])
    assert mean.S.shape == one.S.shape and mean.S_grid == one.S_grid
    assert np.abs(mean.S - one.S)[:, 1:-1, 1:-1].max() < 0.05
    assert np.abs(average([one, replace_S(fine, fine.S + 3)]).S - one.S - 1.5)[:, 1:-1, 1:-1].max() < 0.1


def replace_S(fields: Fields, S: np.ndarray) -> Fields:
    return Fields(S, fields.L, fields.skeleton, fields.S_grid, fields.L_grid)


def test_one_look_is_left_alone():
    people = random_people(np.random.default_rng(6), 1, SIZE, (60, 80), gap=None)
    one = targets(people, SIZE)
    assert average([one]) is one


def test_which_looks_there_are():
    assert looks_of((1, 0.7), False, COCO_18) == (Look(1.0), Look(0.7))
    assert looks_of((1, 0.7), True, COCO_18) == (Look(1.0), Look(1.0, True), Look(0.7), Look(0.7, True))


@pytest.mark.parametrize("scales", [(), (0.0,), (float("nan"),), (1, -1), (20,), 1.0])
def test_scales_that_make_no_sense(scales):
    with pytest.raises(DataError, match="scales is"):
        looks_of(scales, False, COCO_18)


def test_a_skeleton_without_a_mirror_image_cannot_be_flipped():
    one_arm = Skeleton("one-arm", ("left_shoulder", "right_shoulder", "left_elbow"), ((0, 1), (0, 2)))
    assert looks_of((1,), False, one_arm) == (Look(),)
    with pytest.raises(DataError, match="mirror"):
        looks_of((1,), True, one_arm)
