"""S*: Eq. 7 and 8 against a cell-by-cell restatement, its presets, and the grid convention."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paflib.errors import ShapeError
from paflib.fields import SIGMA, Grid, background_map, confidence_maps
from paflib.fields.confidence import Reduce

SHAPE = (6, 9)


def by_hand(keypoints, shape, stride, origin, sigma):
    """Each person's Gaussian, cell by cell, from Eq. 7 as printed: (N, J, h, w)."""
    maps = np.zeros((*keypoints.shape[:2], *shape))
    for k, person in enumerate(keypoints):
        for j, (x, y, score) in enumerate(person):
            for row in range(shape[0]):
                for column in range(shape[1]):
                    px, py = stride * column + origin, stride * row + origin
                    if score > 0:
                        maps[k, j, row, column] = math.exp(-((px - x) ** 2 + (py - y) ** 2) / sigma**2)
    return maps


def random_keypoints(seed, n=3, j=4):
    rng = np.random.default_rng(seed)
    keypoints = rng.uniform(-10, 80, (n, j, 3))
    keypoints[..., 2] = rng.random((n, j)) > 0.2
    return keypoints


@given(st.integers(0, 10_000), st.sampled_from([(8, None), (8, 0.0), (4, 1.5), (5, None)]), st.floats(3, 20))
def test_equals_the_equations_cell_by_cell(seed, grid, sigma):
    keypoints = random_keypoints(seed)
    stride, origin = grid
    own = by_hand(keypoints, SHAPE, stride, (stride - 1) / 2 if origin is None else origin, sigma)
    present = (keypoints[..., 2] > 0).sum(axis=0)[:, None, None]
    wanted: list[tuple[Reduce, np.ndarray]] = [
        ("max", own.max(axis=0)),
        ("average", own.sum(axis=0) / np.maximum(present, 1)),
        ("sum", np.minimum(own.sum(axis=0), 1)),
    ]
    for reduce, want in wanted:
        S = confidence_maps(keypoints, SHAPE, Grid(*grid), sigma, reduce)
        np.testing.assert_allclose(S, want, atol=1e-6)


def test_sigma_is_the_released_gaussian_in_the_papers_form():
    """Convention: exp(-d^2 / sigma^2) with sigma = 7 sqrt 2 is exp(-d^2 / (2 7^2)); sigma = 7 would be far off."""
    S = confidence_maps(np.array([[[10.5, 3.5, 1.0]]]), (1, 4))[0, 0]
    released = [math.exp(-((8 * g + 3.5 - 10.5) ** 2) / (2 * 7**2)) for g in range(4)]
    np.testing.assert_allclose(S, released, atol=1e-6)
    assert abs(math.exp(-((3.5 - 10.5) ** 2) / 7**2) - S[0]) > 0.2


def test_the_maximum_keeps_two_near_peaks_apart_and_the_average_does_not():
    """What TPAMI's figure next to Eq. 8 shows."""
    two = np.array([[[35.5, 3.5, 1.0]], [[51.5, 3.5, 1.0]]])
    row = {reduce: confidence_maps(two, (1, 12), reduce=reduce)[0, 0] for reduce in ("max", "average", "sum")}
    assert row["max"][4] == row["max"][6] == pytest.approx(1)
    assert row["average"][4] == pytest.approx((1 + math.exp(-(16**2) / SIGMA**2)) / 2)
    assert row["sum"].max() <= 1
    assert row["max"][5] < 0.55 < row["sum"][5]


@pytest.mark.parametrize("origin, least_error", [(3.5, 0.0), (0.0, 0.1), (4.0, 0.002), (7.0, 0.1)])
def test_convention_cell_centres(origin, least_error):
    """The centre of cell 2 at stride 8 is pixel 19.5; for a joint there, any other origin loses height."""
    S = confidence_maps(np.array([[[2 * 8 + origin, 2 * 8 + origin, 1.0]]]), (5, 5))
    error = abs(1 - S[0, 2, 2])
    assert error <= 1e-6 if least_error == 0 else error > least_error


def test_missing_parts_and_nobody_leave_no_mark():
    assert not confidence_maps(np.zeros((0, 4, 3)), SHAPE).any()
    gone = np.array([[[np.nan, np.nan, 0.0]], [[20.0, 20.0, 0.0]]])
    assert not confidence_maps(gone, SHAPE).any()


def test_cutoff_removes_the_tail_only():
    one = np.array([[[30.0, 20.0, 1.0]]])
    full, cut = confidence_maps(one, SHAPE), confidence_maps(one, SHAPE, cutoff=0.01)
    np.testing.assert_array_equal(cut, np.where(full >= 0.01, full, 0))
    assert (full != cut).any()


def test_background_is_what_no_part_claims():
    S = confidence_maps(random_keypoints(3), SHAPE)
    np.testing.assert_allclose(background_map(S), 1 - S.max(axis=0), atol=1e-6)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((np.zeros((3, 2)), SHAPE), r"keypoints has shape \(3, 2\), wanted \(N, J, 3\)"),
        ((np.zeros((1, 1, 3)), SHAPE, Grid(8), -1.0), "sigma is -1.0"),
        ((np.zeros((1, 1, 3)), SHAPE, Grid(8), 7.0, "mean"), "reduce is 'mean'"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ShapeError, match=message):
        confidence_maps(*arguments)
