"""Peaks: found once each, exact on a Gaussian, equal to the x8 upsampling with the cubic preset, border included."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paflib.errors import ShapeError
from paflib.fields import Grid, confidence_maps
from paflib.parser import find_peaks
from paflib.parser.peaks import upsampled_patch

SHAPE = (12, 16)


def one_joint(x, y, sigma=7 * 2**0.5):
    return confidence_maps(np.array([[[x, y, 1.0]]]), SHAPE, Grid(8), sigma)


@given(st.floats(11.5, 8 * 14 + 3.5), st.floats(11.5, 8 * 10 + 3.5), st.floats(7, 20))
def test_the_log_parabola_is_exact_for_a_gaussian(x, y, sigma):
    """A joint a cell or more inside the border: within 0.1 px (here 0.01) whatever the sub-cell offset, height 1."""
    peaks = find_peaks(one_joint(x, y, sigma))
    assert len(peaks) == 1
    np.testing.assert_allclose(Grid(8).to_pixels(peaks.xy[0]), (x, y), atol=0.01)
    assert peaks.score[0] == pytest.approx(1, abs=0.002)


def test_without_refinement_the_error_is_half_a_cell():
    """So that the test above cannot pass by accident."""
    peaks = find_peaks(one_joint(51.5 + 3.9, 35.5), refine="none")
    assert abs(Grid(8).to_pixels(peaks.xy[0])[0] - 55.4) > 3.8


@given(st.floats(-0.5, 8 * 16 - 0.5), st.floats(-0.5, 8 * 12 - 0.5), st.sampled_from(["parabola", "cubic", "none"]))
def test_every_joint_inside_the_image_is_found_border_cells_included(x, y, refine):
    peaks = find_peaks(one_joint(x, y), refine=refine)
    assert len(peaks) == 1
    # Where the border is repeated, the x8 cubic upsampling has its maximum up to 5 px from the joint.
    within = {"parabola": 1.0, "cubic": 6.0, "none": 4.01}[refine]
    assert np.abs(Grid(8).to_pixels(peaks.xy[0]) - (x, y)).max() < within


def test_the_outermost_cells_count():
    """A decoder that skips the border ring finds none of these four (FACTS 3: it loses a person in twenty)."""
    corners = np.array([[[1.0, 1.0, 1]], [[126.0, 1.0, 1]], [[1.0, 94.0, 1]], [[126.0, 94.0, 1]]])
    S = confidence_maps(corners, SHAPE)
    assert len(find_peaks(S)) == 4
    assert not find_peaks(S[:, 1:-1, 1:-1], threshold=0.6)


@pytest.mark.parametrize("joint", [(55.5, 35.5), (51.5, 39.5), (55.5, 39.5)])
def test_a_joint_exactly_between_equal_cells_is_found_once(joint):
    S = one_joint(*joint)
    assert (S.max() == S).sum() in (2, 4)
    peaks = find_peaks(S)
    assert len(peaks) == 1
    assert peaks.cell[0].tolist() == [6, 4]  # the first in row order
    np.testing.assert_allclose(Grid(8).to_pixels(peaks.xy[0]), joint, atol=1e-3)


@given(st.integers(0, 10_000))
def test_cubic_peaks_are_those_of_opencvs_upsampling(seed):
    rng = np.random.default_rng(seed)
    S = cv2.GaussianBlur(rng.random((9, 11)).astype(np.float32), (0, 0), 1.2)[None]
    big = cv2.resize(S[0], None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    peaks = find_peaks(S, threshold=0.0, refine="cubic")
    patches = upsampled_patch(S.astype(float), peaks.part, peaks.cell[:, 1], peaks.cell[:, 0])
    for xy, score, (x, y), patch in zip(peaks.xy, peaks.score, peaks.cell, patches, strict=True):
        left, top = 8 * x - 4, 8 * y - 4
        rows, columns = slice(max(top, 0), top + 16), slice(max(left, 0), left + 16)
        around = big[rows, columns]
        inside = patch[max(-top, 0) : max(-top, 0) + around.shape[0], max(-left, 0) : max(-left, 0) + around.shape[1]]
        np.testing.assert_allclose(inside, around, atol=2e-6)
        assert score == pytest.approx(around.max(), abs=2e-6)
        row, column = np.unravel_index(around.argmax(), around.shape)
        pixel = (rows.start + row, columns.start + column)
        np.testing.assert_allclose((xy[::-1] + 0.5) * 8 - 0.5, pixel, atol=1e-9)


@given(st.integers(0, 10_000))
def test_peaks_are_the_cells_that_beat_their_neighbours(seed):
    S = np.random.default_rng(seed).integers(0, 6, (2, 6, 7)).astype(float)
    want = []
    for j, y, x in np.ndindex(S.shape):
        earlier = [(y - 1, x - 1), (y - 1, x), (y - 1, x + 1), (y, x - 1)]
        later = [(y, x + 1), (y + 1, x - 1), (y + 1, x), (y + 1, x + 1)]

        def value(cell, j=j):
            return S[(j, *cell)] if 0 <= cell[0] < 6 and 0 <= cell[1] < 7 else -1

        if (
            S[j, y, x] > 2
            and all(value(c) < S[j, y, x] for c in earlier)
            and all(value(c) <= S[j, y, x] for c in later)
        ):
            want.append((j, y, x))
    peaks = find_peaks(S, threshold=2)
    assert list(zip(peaks.part, peaks.cell[:, 1], peaks.cell[:, 0], strict=True)) == want
    for j in range(2):
        assert [want[i][0] for i in peaks.of(j)] == [w[0] for w in want if w[0] == j]


def test_a_refined_peak_stays_near_its_cell_on_any_map():
    """Networks predict what no Gaussian looks like; refinement must not run away."""
    rng = np.random.default_rng(0)
    S = rng.normal(0, 1, (50, 9, 9)) ** 3
    peaks = find_peaks(S, threshold=0.0)
    assert len(peaks) > 200
    assert np.abs(peaks.xy - peaks.cell).max() <= 0.5
    values = S[peaks.part, peaks.cell[:, 1], peaks.cell[:, 0]]
    assert (peaks.score >= values - 1e-12).all() and (peaks.score <= 2 * values + 1e-12).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 2), (2, 2)])
@pytest.mark.parametrize("refine", ["parabola", "cubic", "none"])
def test_tiny_maps(shape, refine):
    S = np.zeros((1, *shape))
    S[0, -1, -1] = 0.9
    peaks = find_peaks(S, refine=refine)
    assert peaks.cell.tolist() == [[shape[1] - 1, shape[0] - 1]]


def test_the_trace_lists_every_peak():
    trace: list = []
    peaks = find_peaks(one_joint(40, 40), trace=trace)
    assert [(t["step"], t["part"], t["score"]) for t in trace] == [("peak", 0, peaks.score[0])]


def test_bad_input_is_named():
    with pytest.raises(ShapeError, match=r"S has shape \(5, 5\), wanted \(J, h, w\)"):
        find_peaks(np.zeros((5, 5)))
    with pytest.raises(ShapeError, match="S has 1 values that are NaN"):
        find_peaks(np.full((1, 1, 1), np.nan))
    with pytest.raises(ShapeError, match="refine is 'gauss'"):
        find_peaks(np.zeros((1, 5, 5)), refine="gauss")
