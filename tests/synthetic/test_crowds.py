"""Judging scenes: whose a peak is, which connections are right; ranks; maps that are not equally sure."""

from __future__ import annotations

import numpy as np
import pytest

from paflib import People, targets
from paflib.fields import Grid, affinity_fields, midpoint_maps
from paflib.parser import Connections, Peaks, find_peaks, match_limbs, score_limbs
from paflib.synthetic import is_right, owners, people_in_ranks, random_people, true_connections, unsure

SIZE = (368, 656)


def test_on_true_maps_of_people_apart_every_peak_has_its_owner():
    people = random_people(np.random.default_rng(3), 4, gap=40, missing=0.2)
    fields = targets(people, SIZE)
    peaks = find_peaks(fields.S)
    owner = owners(peaks, people, fields.S_grid)
    assert len(peaks) == people.present.sum() and (owner >= 0).all()
    pixels = fields.S_grid.to_pixels(peaks.xy)
    assert np.linalg.norm(pixels - people.keypoints[owner, peaks.part, :2], axis=1).max() < 1


def test_a_peak_too_far_away_and_the_second_best_peak_are_nobodys():
    people = People(np.array([[[100.0, 100.0, 1.0]] + [[0, 0, 0]] * 17]))
    xy = Grid(8).to_cells([[103.0, 100.0], [101.0, 100.0], [120.0, 100.0]])
    peaks = Peaks(np.zeros(3, int), xy, np.ones(3), np.zeros((3, 2), int))
    np.testing.assert_array_equal(owners(peaks, people, Grid(8)), [-1, 0, -1])
    lone = Peaks(peaks.part[2:], Grid(8).to_cells([[109.0, 100.0]]), peaks.score[2:], peaks.cell[2:])
    np.testing.assert_array_equal(owners(lone, people, Grid(8)), [-1])
    np.testing.assert_array_equal(owners(lone, people, Grid(8), within=10), [0])


def test_right_is_one_persons_two_peaks():
    pairs = Connections(np.zeros(3, int), np.array([0, 1, 2]), np.array([3, 3, 4]), np.ones(3))
    np.testing.assert_array_equal(is_right(pairs, np.array([0, 1, -1, 0, -1])), [True, False, False])


def test_the_parser_finds_exactly_the_true_connections_of_people_apart():
    people = random_people(np.random.default_rng(5), 3, gap=40)
    fields = targets(people, SIZE, region="cmu")
    peaks = find_peaks(fields.S)
    owner = owners(peaks, people, fields.S_grid)
    true, found = true_connections(peaks, owner, fields.skeleton), match_limbs(score_limbs(fields, peaks))
    assert len(true) == 3 * 19
    assert is_right(found, owner).sum() == len(true) == len(found)
    assert {*zip(true.limb, true.a, true.b, strict=True)} == {*zip(found.limb, found.a, found.b, strict=True)}


def test_maps_of_equal_height_are_the_true_maps():
    people = random_people(np.random.default_rng(1), 9, missing=0.2)
    fields = targets(people, SIZE)
    maps, limbs = unsure(np.random.default_rng(0), people, fields, low=1), people.skeleton.limbs
    np.testing.assert_allclose(maps["to the joints"], fields.L, atol=1e-6)
    past = affinity_fields(people.keypoints, limbs, fields.L.shape[2:], fields.L_grid, region="cmu")
    np.testing.assert_allclose(maps["past the joints"], past, atol=1e-6)
    for points, name in ((1, "one midpoint"), (2, "two midpoints")):
        true = midpoint_maps(people.keypoints, limbs, fields.S.shape[1:], points=points)
        np.testing.assert_allclose(maps[name], true, atol=1e-6)


def test_a_lone_limb_is_as_high_in_its_field_as_at_its_midpoint():
    people = random_people(np.random.default_rng(2), 1, height=(180, 180))
    maps = unsure(np.random.default_rng(0), people, targets(people, SIZE), low=0.3)
    height = np.hypot(*np.moveaxis(maps["past the joints"], 1, 0)).max(axis=(1, 2))
    assert height.min() >= 0.3 - 1e-6 and height.max() <= 1 and np.ptp(height) > 0.3
    assert (maps["one midpoint"].max(axis=(1, 2, 3)) <= height + 1e-6).all()
    assert (maps["one midpoint"].max(axis=(1, 2, 3)) > 0.6 * height).all()


def test_ranks_stand_at_even_distances():
    people = people_in_ranks(np.random.default_rng(0), 20, SIZE, spacing=40, height=140, shake=0)
    noses = people.keypoints[:, 0, :2]
    np.testing.assert_allclose(np.diff(noses[:12], axis=0), [[40, 0]] * 11, atol=1e-9)
    assert (noses[14:, 1] > noses[0, 1] + 100).any()
    with pytest.raises(ValueError, match="no room for 200 people"):
        people_in_ranks(np.random.default_rng(0), 200, SIZE)
