"""L*: Eq. 9 and 10 against a cell-by-cell restatement, its presets, directions, and the midpoint baseline."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paflib.errors import ShapeError
from paflib.fields import Grid, affinity_fields, confidence_maps, midpoint_maps

SHAPE = (7, 10)
LIMBS = ((0, 1), (2, 1), (2, 3))


def vectors_by_hand(keypoints, limb, shape, grid, width):
    """For every cell, the unit vectors of the people whose limb covers it, in the words of Eq. 9."""
    stride, origin = grid
    cells: list = [[[] for _ in range(shape[1])] for _ in range(shape[0])]
    for person in keypoints:
        (x1, y1, s1), (x2, y2, s2) = person[limb[0]], person[limb[1]]
        length = math.hypot(x2 - x1, y2 - y1)
        if min(s1, s2) <= 0 or length == 0:
            continue
        vx, vy = (x2 - x1) / length, (y2 - y1) / length
        for row in range(shape[0]):
            for column in range(shape[1]):
                dx, dy = stride * column + origin - x1, stride * row + origin - y1
                if 0 <= vx * dx + vy * dy <= length and abs(-vy * dx + vx * dy) <= width:
                    cells[row][column].append((vx, vy))
    return cells


def random_keypoints(seed, n=3):
    rng = np.random.default_rng(seed)
    keypoints = rng.uniform(-10, 90, (n, 4, 3))
    keypoints[..., 2] = rng.random((n, 4)) > 0.15
    return keypoints


@given(st.integers(0, 10_000), st.sampled_from([(8.0, 3.5), (8.0, 0.0), (4.0, 1.5)]), st.floats(2, 15))
def test_equals_the_equations_cell_by_cell(seed, grid, width):
    keypoints = random_keypoints(seed)
    average = affinity_fields(keypoints, LIMBS, SHAPE, Grid(*grid), width)
    last = affinity_fields(keypoints, LIMBS, SHAPE, Grid(*grid), width, overlap="last")
    for c, limb in enumerate(LIMBS):
        cells = vectors_by_hand(keypoints, limb, SHAPE, grid, width)
        for row in range(SHAPE[0]):
            for column in range(SHAPE[1]):
                found = cells[row][column]
                mean = np.mean(found, axis=0) if found else (0, 0)
                np.testing.assert_allclose(average[c, :, row, column], mean, atol=1e-6)
                np.testing.assert_allclose(last[c, :, row, column], found[-1] if found else (0, 0), atol=1e-6)


def test_convention_components_are_x_then_y_and_point_from_start_to_end():
    keypoints = np.array([[[3.5, 27.5, 1.0], [67.5, 27.5, 1.0], [35.5, 3.5, 1.0], [35.5, 51.5, 1.0]]])
    L = affinity_fields(keypoints, ((0, 1), (2, 3)), SHAPE)
    np.testing.assert_allclose(L[0, :, 3, 4], (1, 0), atol=1e-6)  # left to right: +x
    np.testing.assert_allclose(L[1, :, 3, 4], (0, 1), atol=1e-6)  # downwards in the image: +y
    back = affinity_fields(keypoints, ((1, 0), (3, 2)), SHAPE)
    np.testing.assert_allclose(back, -L, atol=1e-6)
    assert np.abs(L[0] - L[0, ::-1]).max() == 1  # swapping x and y is a wide miss


def test_two_limbs_that_cross_are_averaged_or_the_last_one_wins():
    cross = np.array(
        [
            [[3.5, 27.5, 1], [67.5, 27.5, 1], [0, 0, 0], [0, 0, 0]],
            [[35.5, 3.5, 1], [35.5, 51.5, 1], [0, 0, 0], [0, 0, 0]],
        ],
        float,
    )
    np.testing.assert_allclose(affinity_fields(cross, ((0, 1),), SHAPE)[0, :, 3, 4], (0.5, 0.5))
    np.testing.assert_allclose(affinity_fields(cross, ((0, 1),), SHAPE, overlap="last")[0, :, 3, 4], (0, 1))


def test_the_released_region_runs_past_the_joints_and_the_papers_does_not():
    limb = np.array([[[27.5, 27.5, 1.0], [51.5, 27.5, 1.0]]])
    paper = affinity_fields(limb, ((0, 1),), SHAPE)[0, 0]
    cmu = affinity_fields(limb, ((0, 1),), SHAPE, region="cmu")[0, 0]
    assert paper[3].nonzero()[0].tolist() == [3, 4, 5, 6]
    assert cmu[3].nonzero()[0].tolist() == [2, 3, 4, 5, 6]  # its box leaves the last column out
    assert (np.hypot(paper, 0) <= 1).all()


def released_region(a, b, shape, width_in_cells=1.0):
    """The 2017 data layer's loop, in cells (FACTS 1.8): the rounded box of both ends grown by the width, last row and
    column left out, and in it the cells whose distance from the line is at most the width.
    """
    (ax, ay), (bx, by) = a, b
    length = math.hypot(bx - ax, by - ay)
    covered = np.zeros(shape, bool)
    for y in range(
        max(math.floor(min(ay, by) - width_in_cells + 0.5), 0),
        min(math.floor(max(ay, by) + width_in_cells + 0.5), shape[0]),
    ):
        for x in range(
            max(math.floor(min(ax, bx) - width_in_cells + 0.5), 0),
            min(math.floor(max(ax, bx) + width_in_cells + 0.5), shape[1]),
        ):
            covered[y, x] = abs((x - ax) * (by - ay) / length - (y - ay) * (bx - ax) / length) <= width_in_cells
    return covered


@given(st.integers(0, 10_000))
def test_the_released_region_cell_by_cell(seed):
    ends = np.random.default_rng(seed).uniform(-1, 10, (2, 2))
    keypoints = np.concatenate([8 * ends, np.ones((2, 1))], axis=1)[None]  # origin 0: cell g lies at pixel 8 g
    L = affinity_fields(keypoints, ((0, 1),), SHAPE, Grid(8, 0), region="cmu")
    np.testing.assert_array_equal(np.hypot(*L[0]) > 0, released_region(*ends, SHAPE))


def test_a_limb_without_length_or_without_an_end_leaves_no_mark():
    point = np.array([[[20.0, 20.0, 1.0], [20.0, 20.0, 1.0]], [[20.0, 20.0, 1.0], [60.0, 20.0, 0.0]]])
    assert not affinity_fields(point, ((0, 1),), SHAPE).any()


@given(st.integers(0, 10_000), st.integers(1, 3))
def test_midpoints_are_gaussians_between_the_ends(seed, points):
    keypoints = random_keypoints(seed)
    M = midpoint_maps(keypoints, LIMBS, SHAPE, points=points)
    for c, (a, b) in enumerate(LIMBS):
        for k in range(points):
            t = (k + 1) / (points + 1)
            middle = keypoints[:, [a]] * (1 - t) + keypoints[:, [b]] * t
            middle[..., 2] = np.minimum(keypoints[:, [a], 2], keypoints[:, [b], 2])
            np.testing.assert_allclose(M[c, k], confidence_maps(middle, SHAPE)[0], atol=1e-6)


def test_midpoints_cannot_tell_two_crossing_pairs_apart_and_fields_can():
    """Fig. 5: where the middles of right and wrong pairs coincide, midpoint maps are the same and fields are not."""
    right = np.array([[[11.5, 11.5, 1.0], [59.5, 43.5, 1.0]], [[59.5, 11.5, 1.0], [11.5, 43.5, 1.0]]])
    wrong = np.array([[[11.5, 11.5, 1.0], [11.5, 43.5, 1.0]], [[59.5, 11.5, 1.0], [59.5, 43.5, 1.0]]])
    same = np.array([[[11.5, 11.5, 1.0], [59.5, 43.5, 1.0]], [[11.5, 43.5, 1.0], [59.5, 11.5, 1.0]]])
    M = midpoint_maps(right, ((0, 1),), SHAPE)
    np.testing.assert_allclose(M, midpoint_maps(same, ((0, 1),), SHAPE))
    L, turned = (affinity_fields(people, ((0, 1),), SHAPE) for people in (right, same))
    assert np.abs(L - turned).max() > 1
    assert np.abs(M - midpoint_maps(wrong, ((0, 1),), SHAPE)).max() > 0.9


@pytest.mark.parametrize(
    "change, message",
    [
        ({"keypoints": np.zeros((4, 3))}, r"keypoints has shape \(4, 3\), wanted \(N, J, 3\)"),
        ({"limbs": ((0, 9),)}, r"limbs has \(0, 9\), wanted two part indices below 4"),
        ({"overlap": "mean"}, "overlap 'mean'"),
        ({"region": "box"}, "region 'box'"),
    ],
)
def test_bad_input_is_named(change, message):
    with pytest.raises(ShapeError, match=message):
        affinity_fields(**({"keypoints": np.zeros((1, 4, 3)), "limbs": LIMBS, "shape": SHAPE} | change))
