"""The whole road: people to fields to people, for every skeleton with limbs, and what parse refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paflib import BODY_25, CAR_12, CAR_22, COCO_18, MPII_15, Fields, Grid, People, parse, targets
from paflib.errors import ShapeError
from paflib.fields import affinity_fields, confidence_maps
from paflib.parser import PRESETS, Peaks, line_integral, people_of
from paflib.parser.assembly import Body
from paflib.skeleton import Skeleton
from tests.scenes import IMAGE_SIZE, random_people, same_people

SKELETONS = [COCO_18, MPII_15, BODY_25, CAR_12, CAR_22]


@pytest.mark.parametrize("skeleton", SKELETONS, ids=lambda s: s.name)
@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 10), st.sampled_from([0.0, 0.15, 0.5]))
def test_people_to_fields_to_people(skeleton, seed, n, missing):
    """Exactly those people; joints a cell or more inside the border within 0.1 px (they all stand alone here)."""
    people = random_people(np.random.default_rng(seed), skeleton, n, missing=missing)
    found = parse(targets(people, IMAGE_SIZE))
    assert same_people(found, people, within=8)
    height, width = IMAGE_SIZE
    for person in people.keypoints:
        distances = np.linalg.norm(found.keypoints[..., :2] - person[:, :2], axis=-1)  # (found, J)
        nearest = distances[np.nanmean(distances, axis=1).argmin()]
        x, y = person[:, 0], person[:, 1]
        inner = (x >= 11.5) & (y >= 11.5) & (x <= width - 12.5) & (y <= height - 12.5)
        assert (nearest[inner] < 0.1).all()


@pytest.mark.parametrize("preset", ["paper-2017"])
@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 10))
def test_the_root_first_parser_finds_the_same_people(preset, seed, n):
    people = random_people(np.random.default_rng(seed), COCO_18, n, missing=0.0)
    for matching in ("greedy", "hungarian"):
        assert same_people(parse(targets(people, IMAGE_SIZE), preset=preset, matching=matching), people, within=8)


@pytest.mark.parametrize("preset", ["cmu-2017", "openpose-cpu", "openpose-gpu"])
def test_released_presets_find_people_in_their_own_fields(preset):
    """Limbs of four cells and more; the L grid of these presets lies 3.5 px off the S grid (FACTS 1.8)."""
    drawn = "cmu-2017" if preset == "cmu-2017" else "openpose"
    whole = 0
    for seed in range(10):
        people = random_people(np.random.default_rng(seed), COCO_18, 4, missing=0.0, shortest=32)
        found = parse(targets(people, IMAGE_SIZE, preset=drawn), preset=preset)
        whole += same_people(found, people, within=8)
    assert whole >= 9


def test_convention_the_two_grids_are_told_apart():
    """The released networks have L at origin 0 and S at 3.5 (FACTS 1.8). A limb of half width 4 px drawn there and read
    as if L had S's origin is read half a limb off: it keeps less than two thirds of its line integral.
    """
    rng, right, wrong = np.random.default_rng(1), [], []
    for _ in range(20):
        a, angle = rng.uniform(60, 100, 2), rng.uniform(0, np.pi / 2)
        b = a + 60 * np.array([np.cos(angle), -np.sin(angle)])  # the offset (3.5, 3.5) lies across such limbs
        limb = np.array([[[*a, 1.0], [*b, 1.0]]])
        field = affinity_fields(limb, ((0, 1),), (25, 25), Grid(8, 0.0), limb_width=4.0)[0]
        for grid, found in ((Grid(8, 0.0), right), (Grid(8), wrong)):
            found.append(line_integral(field, grid.to_cells(a), grid.to_cells(b))[0])
    assert np.mean(wrong) < 0.66 * np.mean(right)


def test_maps_on_different_grids():
    """S at stride 4 and L at stride 8: the same people as on one grid."""
    people = random_people(np.random.default_rng(3), COCO_18, 3)
    height, width = IMAGE_SIZE
    S = confidence_maps(people.keypoints, (height // 4, width // 4), Grid(4))
    L = affinity_fields(people.keypoints, COCO_18.limbs, (height // 8, width // 8), Grid(8))
    found = parse(Fields(S, L, COCO_18, Grid(4), Grid(8)))
    assert same_people(found, people, within=4)


def test_touching_people_come_out_whole_more_often_than_not():
    """No exactness is claimed where people touch; it must not fall apart either."""
    whole = 0
    for seed in range(20):
        people = random_people(np.random.default_rng(seed), COCO_18, 6, apart=0, missing=0.0)
        whole += same_people(parse(targets(people, IMAGE_SIZE)), people, within=8)
    assert whole >= 15


@pytest.mark.parametrize("preset", PRESETS)
def test_empty_maps_give_nobody(preset):
    """Regression: the cubic refinement once could not reshape the patches of no peaks at all."""
    people = parse(np.zeros((18, 46, 82), np.float32), np.zeros((19, 2, 46, 82), np.float32), preset=preset)
    assert len(people) == 0 and people.skeleton is COCO_18


def test_noise_gives_nobody():
    rng = np.random.default_rng(0)
    S, L = rng.normal(0, 0.02, (18, 46, 82)), rng.normal(0, 0.02, (19, 2, 46, 82))
    assert len(parse(S, L)) == 0


def test_filters_drop_small_and_weak_people():
    people = random_people(np.random.default_rng(0), COCO_18, 2, missing=0.5)
    fields, counts = targets(people, IMAGE_SIZE), people.present.sum(axis=1)
    assert counts[0] != counts[1]
    assert len(parse(fields, min_parts=counts.min())) == 2
    assert len(parse(fields, min_parts=counts.min() + 1)) == 1
    assert len(parse(fields, min_score=2.5)) == 0
    trace: list = []
    parse(fields, min_parts=counts.max(), trace=trace)
    assert [t["decision"] for t in trace if t["step"] == "person"].count("dropped") >= 1


def test_the_constants_the_papers_leave_open():
    """DESIGN 2 and FACTS 1.3, as numbers."""
    paper, cmu, cpu, gpu = (PRESETS[name] for name in ("paper", "cmu-2017", "openpose-cpu", "openpose-gpu"))
    assert (paper.peak_threshold, paper.samples, paper.sample_threshold, paper.support) == (0.05, 10, 0.05, 0.8)
    assert (paper.min_parts, paper.min_score, PRESETS["paper-2017"].min_score) == (3, 0.4, 0.2)
    assert (paper.assembly, paper.contradiction, paper.mean_of, paper.refine) == ("sorted", "merge", "all", "parabola")
    assert (cmu.peak_threshold, cmu.min_score, cmu.distance_prior, cmu.assembly) == (0.1, 0.2, True, "root-first")
    assert (cpu.assembly, cpu.peak_weight, gpu.assembly, gpu.peak_weight) == ("root-first", 0.0, "sorted", 0.1)


@pytest.mark.parametrize("score, kept", [(1.19, 0), (1.21, 1)])
def test_a_person_needs_a_mean_score_of_two_fifths(score, kept):
    peaks = Peaks(np.arange(3), np.zeros((3, 2)), np.full(3, 0.1), np.zeros((3, 2), int))
    fields = Fields(np.zeros((18, 2, 2)), np.zeros((19, 2, 2, 2)), COCO_18)
    assert len(people_of([Body(0, {0: 0, 1: 1, 2: 2}, [], score)], peaks, fields)) == kept


def test_a_skeleton_of_two_parts_has_people_too():
    """min_parts is 3, which nobody of such a skeleton could have."""
    stick = Skeleton("stick", ("tip", "foot"), (("tip", "foot"),))
    people = People(np.array([[[20.0, 20.0, 1.0], [80.0, 60.0, 1.0]]]), None, stick)
    assert same_people(parse(targets(people, (100, 100))), people, within=1)


def test_people_come_best_first_with_scores_in_the_unit_interval():
    found = parse(targets(random_people(np.random.default_rng(0), COCO_18, 5, missing=0.4), IMAGE_SIZE))
    assert found.scores is not None
    assert (np.diff(found.scores) <= 0).all() and (found.scores > 0).all() and (found.scores < 1.05).all()


@pytest.mark.parametrize("preset", PRESETS)
def test_the_trace_replays_as_json_and_changes_nothing(preset):
    fields = targets(random_people(np.random.default_rng(2), COCO_18, 3), IMAGE_SIZE)
    trace: list = []
    traced, plain = parse(fields, preset=preset, trace=trace), parse(fields, preset=preset)
    np.testing.assert_array_equal(traced.keypoints, plain.keypoints)
    steps = {entry["step"] for entry in json.loads(json.dumps(trace))}
    assert {"peak", "pair", "assemble", "person"} <= steps
    assert ("match" in steps) == (PRESETS[preset].assembly == "root-first")
    kept = [t for t in trace if t["step"] == "person" and t["decision"] == "kept"]
    assert len(kept) == len(plain)


def test_bad_input_is_named():
    S, L = np.zeros((18, 5, 6)), np.zeros((19, 2, 5, 6))
    with pytest.raises(ShapeError, match="S has 19 channels for the 18 parts of coco-18: leave out the background"):
        parse(np.zeros((19, 5, 6)), L)
    with pytest.raises(ShapeError, match=r"S has shape \(17, 5, 6\), wanted \(J=18, h, w\)"):
        parse(S[:17], L)
    with pytest.raises(ShapeError, match="S without L"):
        parse(S)
    with pytest.raises(ShapeError, match="S has 540 values that are NaN"):
        parse(S * np.nan, L)
    with pytest.raises(ShapeError, match="preset is 'opnpose', wanted one of 'paper'"):
        parse(S, L, preset="opnpose")
    with pytest.raises(ShapeError, match=r"unknown parser options \['min_part'\]; there are peak_threshold"):
        parse(S, L, min_part=3)
    with pytest.raises(ShapeError, match="preset is a NoneType, wanted a name or ParserOptions"):
        parse(S, L, preset=None)
    with pytest.raises(ShapeError, match="kernel is 'foo', wanted one of 'nearest', 'bilinear', 'cubic'"):
        parse(S, L, kernel="foo")
    with pytest.raises(ShapeError, match="Fields carry their own"):
        parse(Fields(S, L, COCO_18), L)
    with pytest.raises(ShapeError, match="matching is 'munkres'"):
        parse(S, L, matching="munkres")
