"""Midpoints: exact on the row that fools them, a restatement of the score in a loop, and thresholds."""

from __future__ import annotations

import numpy as np
import pytest

from paflib import People, Skeleton, targets
from paflib.errors import ShapeError
from paflib.fields import midpoint_maps
from paflib.parser import find_peaks, score_pairs
from paflib.parser.midpoints import read_midpoints, score_midpoints
from paflib.parser.sampling import sample

ARM = Skeleton("arm", ("elbow", "wrist"), ((0, 1),))
SIZE = (104, 296)


def row(n: int = 6) -> People:
    """Forearms side by side, 48 px apart, their middles on cell centres."""
    keypoints = np.ones((n, 2, 3))
    keypoints[:, :, 0] = 27.5 + 48 * np.arange(n)[:, None]
    keypoints[:, :, 1] = 83.5, 19.5
    return People(keypoints, None, ARM)


def scores(people: People, points: int) -> np.ndarray:
    fields = targets(people, SIZE)
    peaks = find_peaks(fields.S)
    maps = midpoint_maps(people.keypoints, ARM.limbs, fields.S.shape[1:], points=points)
    return read_midpoints(maps[0], peaks.xy[peaks.of(0)], peaks.xy[peaks.of(1)]).mean(axis=0)


@pytest.mark.parametrize("points", [1, 2, 3])
def test_a_row_of_k_plus_two_people_fools_k_midpoints_and_no_shorter_one_does(points):
    found = scores(row(), points)
    apart = np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    right = np.diag(found)
    assert np.ptp(right) < 1e-6
    np.testing.assert_allclose(found[apart == points + 1], right[0], atol=1e-6)
    assert found[(apart > 0) & (apart <= points)].max() < 0.8 * right[0]


def test_the_field_refuses_what_fools_the_midpoints():
    fields = targets(row(), SIZE)
    peaks = find_peaks(fields.S)
    _, good = score_pairs(fields.L[0], peaks.xy[peaks.of(0)], peaks.xy[peaks.of(1)])
    np.testing.assert_array_equal(good, np.eye(6, dtype=bool))


@pytest.mark.parametrize("points", [1, 2, 4])
def test_each_point_is_read_from_its_own_map(points):
    rng = np.random.default_rng(points)
    maps = rng.random((points, 9, 12))
    starts, ends = rng.uniform(0, 8, (3, 2)), rng.uniform(0, 8, (4, 2))
    values = read_midpoints(maps, starts, ends)
    assert values.shape == (points, 3, 4)
    for k, i, j in np.ndindex(values.shape):
        place = starts[i] + (ends[j] - starts[i]) * (k + 1) / (points + 1)
        assert values[k, i, j] == pytest.approx(sample(maps[k : k + 1], place)[0])


def test_every_point_must_exceed_the_threshold():
    fields = targets(row(1), SIZE)
    peaks = find_peaks(fields.S)
    maps = np.full((1, 2, *fields.S.shape[1:]), 0.3)
    assert score_midpoints(maps, fields, peaks).score == pytest.approx([0.3])
    maps[0, 1] = 0.04
    assert len(score_midpoints(maps, fields, peaks)) == 0
    assert score_midpoints(maps, fields, peaks, threshold=0.03).score == pytest.approx([0.17])


def test_connections_carry_the_score_of_their_own_pair():
    people = row()
    people.keypoints[2, 1] = np.nan, np.nan, 0  # one wrist fewer: rows and columns cannot be exchanged
    fields = targets(people, SIZE)
    peaks = find_peaks(fields.S)
    maps = np.random.default_rng(0).random((1, 2, *fields.S.shape[1:]))
    pairs = score_midpoints(maps, fields, peaks)
    assert len(pairs) > 10 and set(peaks.part[pairs.a]) == {0} and set(peaks.part[pairs.b]) == {1}
    for a, b, score in zip(pairs.a, pairs.b, pairs.score, strict=True):
        assert score == pytest.approx(read_midpoints(maps[0], peaks.xy[[a]], peaks.xy[[b]]).mean())


def test_maps_of_another_grid_are_refused():
    fields = targets(row(), SIZE)
    with pytest.raises(ShapeError, match="maps"):
        score_midpoints(np.zeros((1, 1, 3, 3)), fields, find_peaks(fields.S))
