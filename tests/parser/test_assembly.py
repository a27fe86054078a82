"""Assembly: each rule on a hand-made scene, Fig. 7 rebuilt, the literal reading, and the exact problem."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paflib import COCO_18, MPII_15, Fields, People, Skeleton, parse, targets
from paflib.errors import DataError
from paflib.fields import affinity_fields
from paflib.parser import (
    Connections,
    Peaks,
    assemble_exact,
    assemble_root_first,
    assemble_sorted,
    find_peaks,
    hungarian,
    match_limbs,
    score_limbs,
)
from tests.scenes import IMAGE_SIZE, random_people, same_people

CHAIN = Skeleton("chain", ("a", "b", "c"), (("a", "b"), ("b", "c")))
LOOP = Skeleton("loop", ("a", "b", "c"), (("a", "b"), ("b", "c"), ("c", "a")))


def candidates(*parts):
    n = len(parts)
    return Peaks(np.array(parts), np.zeros((n, 2)), np.full(n, 0.5), np.zeros((n, 2), int))


def pairs(*rows):
    limb, a, b, score = zip(*rows, strict=True)
    return Connections(np.array(limb), np.array(a), np.array(b), np.array(score, float))


def groups(bodies):
    return sorted(sorted(body.parts.values()) for body in bodies)


def rules(trace):
    return [step["rule"] for step in trace]


def test_sorted_new_extended_confirmed():
    trace: list = []
    bodies = assemble_sorted(
        candidates(0, 1, 2), pairs((0, 0, 1, 0.9), (1, 1, 2, 0.8), (2, 2, 0, 0.7)), LOOP, trace=trace
    )
    assert rules(trace) == ["new", "extended", "confirmed"]
    assert groups(bodies) == [[0, 1, 2]]
    assert bodies[0].score == pytest.approx(3 * 0.5 + 0.9 + 0.8 + 0.7)
    assert bodies[0].limbs == [0, 1, 2]


def test_sorted_occupied():
    """Two candidates for b want the same a: the better pair has it."""
    trace: list = []
    bodies = assemble_sorted(candidates(0, 1, 1), pairs((0, 0, 1, 0.6), (0, 0, 2, 0.9)), CHAIN, trace=trace)
    assert rules(trace) == ["new", "occupied"] and groups(bodies) == [[0, 2]]


def test_sorted_merges_disjoint_people_and_refuses_contradictions():
    chain = Skeleton("four", ("a", "b", "c", "d"), (("a", "b"), ("b", "c"), ("c", "d")))
    peaks = candidates(0, 1, 2, 3)
    connections = pairs((0, 0, 1, 0.9), (2, 2, 3, 0.8), (1, 1, 2, 0.5))
    trace: list = []
    assert groups(assemble_sorted(peaks, connections, chain, trace=trace)) == [[0, 1, 2, 3]]
    assert rules(trace) == ["new", "new", "merged"]
    literal: list = []
    assert groups(assemble_sorted(peaks, connections, chain, contradiction="ignore", trace=literal)) == [[0, 1], [2, 3]]
    assert rules(literal) == ["new", "new", "contradiction"]
    both_have_b = candidates(0, 1, 1, 2)
    trace = []
    bodies = assemble_sorted(both_have_b, pairs((0, 0, 1, 0.9), (1, 2, 3, 0.8), (1, 1, 3, 0.5)), CHAIN, trace=trace)
    assert rules(trace) == ["new", "new", "contradiction"] and groups(bodies) == [[0, 1], [2, 3]]


def test_sorted_order_is_by_score_then_limb_then_candidates():
    trace: list = []
    tied = pairs((1, 2, 4, 0.5), (0, 1, 3, 0.5), (0, 0, 3, 0.5), (0, 0, 2, 0.5))
    assemble_sorted(candidates(0, 0, 1, 1, 2), tied, CHAIN, trace=trace)
    assert [(t["limb"], t["a"], t["b"]) for t in trace] == [(0, 0, 2), (0, 0, 3), (0, 1, 3), (1, 2, 4)]


def test_root_first_gives_the_end_to_the_owner_of_the_start():
    trace: list = []
    bodies = assemble_root_first(
        candidates(0, 0, 1, 1, 2), pairs((0, 0, 3, 0.9), (0, 1, 2, 0.8), (1, 3, 4, 0.7)), CHAIN, trace
    )
    assert groups(bodies) == [[0, 3, 4], [1, 2]] and rules(trace) == ["new", "new", "extended"]


def test_root_first_redundant_limbs_only_fill_what_is_missing():
    """The third limb closes the loop: it never starts a person, and adds no score (FACTS 1.7)."""
    trace: list = []
    bodies = assemble_root_first(candidates(0, 1, 2), pairs((0, 0, 1, 0.9), (2, 2, 0, 0.7)), LOOP, trace)
    assert groups(bodies) == [[0, 1, 2]]
    assert bodies[0].score == pytest.approx(0.5 + 0.5 + 0.9)
    assert not assemble_root_first(candidates(2, 0), pairs((2, 0, 1, 0.7)), LOOP)


_HEAD = {"nose": (0, 0), "neck": (0, 50), "right_shoulder": (-40, 54), "left_shoulder": (40, 54),
         "right_ear": (-24, -6), "left_ear": (24, -6), "right_eye": (-12, -14), "left_eye": (12, -14)}  # fmt: skip


def fig_7():
    """TPAMI Fig. 7 with scores for fields: two people side by side, and A's neck is drawn to B's nose.

    Both true neck-nose limbs are weak (0.3), the false one between them is stronger (0.6), all others are clear (0.9).
    The same scene in drawn fields is in the book's chapter on assembly.
    """
    part = COCO_18.index
    peaks = sorted((part(name), person) for person in (0, 1) for name in _HEAD)
    xy = np.array([np.add(_HEAD[COCO_18.parts[j]], (100 + 120 * person, 80)) / 8 for j, person in peaks], float)
    found = Peaks(np.array([j for j, _ in peaks]), xy, np.full(len(peaks), 0.8), np.rint(xy).astype(int))
    index = {key: i for i, key in enumerate(peaks)}
    rows = []
    for c, (a, b) in enumerate(COCO_18.limbs):
        for person in (0, 1):
            if (a, person) in index and (b, person) in index:
                weak = COCO_18.limb_name(c) == "neck-nose"
                rows.append((c, index[a, person], index[b, person], 0.3 if weak else 0.9))
    c = COCO_18.limbs.index((part("neck"), part("nose")))
    rows.append((c, index[part("neck"), 0], index[part("nose"), 1], 0.6))
    return found, pairs(*rows), {i: person for (_, person), i in index.items()}


def test_fig_7_in_drawn_fields():
    """The same through line integrals: true neck-nose fields faded, a false limb painted from A's neck to B's nose."""
    keypoints = np.zeros((2, COCO_18.J, 3))
    for person in (0, 1):
        for name, xy in _HEAD.items():
            keypoints[person, COCO_18.index(name)] = *np.add(xy, (100 + 120 * person, 80)), 1
    people = People(keypoints, None, COCO_18)
    fields = targets(people, (200, 340))
    c = COCO_18.limbs.index((COCO_18.index("neck"), COCO_18.index("nose")))
    crossed = keypoints[[0]].copy()
    crossed[0, 0] = keypoints[1, 0]
    L = fields.L.copy()
    L[c] *= 0.35
    false = affinity_fields(crossed, COCO_18.limbs, fields.S.shape[1:])[c]
    L[c] = np.where(np.hypot(*false) > 0, 0.7 * false, L[c])
    drawn = Fields(fields.S, L, COCO_18)
    peaks = find_peaks(drawn.S)
    connections = score_limbs(drawn, peaks)
    owner = {i: int(peaks.xy[i, 0] * 8 > 160) for i in range(len(peaks))}
    with_them = assemble_sorted(peaks, connections, COCO_18)
    assert people_mixed(with_them, owner) == 0 and len(with_them) == 2
    without = assemble_sorted(peaks, connections[~np.isin(connections.limb, COCO_18.redundant)], COCO_18)
    assert people_mixed(without, owner) == 1


def people_mixed(bodies, person_of):
    return sum(len({person_of[p] for p in body.parts.values()}) > 1 for body in bodies)


def test_peak_weight_changes_the_order():
    """OpenPose sorts by E + 0.1 (both peaks' scores): a pair of strong peaks comes before a slightly better pair."""
    peaks = Peaks(np.array([0, 1, 1]), np.zeros((3, 2)), np.array([0.9, 0.1, 0.9]), np.zeros((3, 2), int))
    connections = pairs((0, 0, 1, 0.52), (0, 0, 2, 0.50))
    assert groups(assemble_sorted(peaks, connections, CHAIN)) == [[0, 1]]
    assert groups(assemble_sorted(peaks, connections, CHAIN, peak_weight=0.1)) == [[0, 2]]


def test_root_first_visits_limbs_in_parse_order_and_never_merges_by_a_redundant_limb():
    late = Skeleton("late", ("a", "b", "c", "d"), (("c", "d"), ("b", "c"), ("a", "b"), ("d", "a")), redundant=(3,))
    assert late.parse_order == (0, 1, 2, 3)
    turned = Skeleton("turned", late.parts, late.limbs, redundant=(3,), parse_order=(2, 1, 0, 3))
    connections = pairs((0, 2, 3, 0.9), (1, 1, 2, 0.9), (2, 0, 1, 0.9))
    trace: list = []
    assemble_root_first(candidates(0, 1, 2, 3), connections, turned, trace)
    assert [step["limb"] for step in trace] == [2, 1, 0]
    apart = pairs((0, 2, 3, 0.9), (2, 0, 1, 0.9), (3, 3, 0, 0.9))
    assert groups(assemble_root_first(candidates(0, 1, 2, 3), apart, turned)) == [[0, 1], [2, 3]]


def test_fig_7_redundant_limbs_resolve_the_wrong_neck_nose_link():
    peaks, connections, person_of = fig_7()
    with_them = assemble_sorted(peaks, connections, COCO_18)
    assert people_mixed(with_them, person_of) == 0 and len(with_them) == 2
    tree = connections[~np.isin(connections.limb, COCO_18.redundant)]
    without = assemble_sorted(peaks, tree, COCO_18)
    assert people_mixed(without, person_of) == 1


def test_the_root_first_rule_does_not_resolve_fig_7():
    """Matched limb by limb, the strong false link has taken A's neck before any ear-shoulder limb is looked at."""
    peaks, connections, person_of = fig_7()
    assert people_mixed(assemble_root_first(peaks, match_limbs(connections), COCO_18), person_of) >= 1


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_taken_literally_the_papers_contradiction_leaves_people_in_pieces(seed):
    """DIFF of FACTS 1.7: even one clean person stays whole only when limbs are merged."""
    person = random_people(np.random.default_rng(seed), COCO_18, 1, missing=0.0)
    fields = targets(person, IMAGE_SIZE)
    assert same_people(parse(fields), person, 8)
    pieces = parse(fields, contradiction="ignore", min_parts=1, min_score=0)
    assert len(pieces) > 1


# ---- the exact problem -----------------------------------------------------------------------------------------------


def random_problem(rng, skeleton, per_part):
    parts = [j for j in range(skeleton.J) for _ in range(rng.integers(1, per_part + 1))]
    peaks = candidates(*parts)
    rows = [
        (c, a, b, rng.uniform(0.1, 1))
        for c, (start, end) in enumerate(skeleton.limbs)
        for a in peaks.of(start)
        for b in peaks.of(end)
        if rng.random() < 0.8
    ]
    return peaks, pairs(*rows) if rows else Connections.concatenate([])


def connection_total(bodies, peaks):
    return sum(body.score - peaks.score[list(body.parts.values())].sum() for body in bodies)


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_over_a_tree_the_exact_problem_falls_apart_into_one_matching_a_limb(seed):
    """Fig. 6c = Fig. 6d for the sum of the tree's own limbs."""
    tree = Skeleton("tree", MPII_15.parts[:7], MPII_15.limbs[:6])
    peaks, connections = random_problem(np.random.default_rng(seed), tree, 4)
    exact = connection_total(assemble_exact(peaks, connections, tree), peaks)
    apart = match_limbs(connections, "hungarian").score.sum()
    assert exact == pytest.approx(apart, abs=1e-4)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_over_the_complete_graph_it_is_the_best_of_all_partitions(seed):
    """Against brute force over every way to put the candidates into people, for three parts of at most two each."""
    peaks, connections = random_problem(np.random.default_rng(seed), LOOP, 2)
    score = {(a, b): s for a, b, s in zip(connections.a, connections.b, connections.score, strict=True)}
    best = 0.0
    for labels in product(range(len(peaks)), repeat=len(peaks)):
        held = {(label, part) for label, part in zip(labels, peaks.part, strict=True)}
        if len(held) == len(peaks):
            best = max(best, sum(s for (a, b), s in score.items() if labels[a] == labels[b]))
    bodies = assemble_exact(peaks, connections, LOOP)
    assert connection_total(bodies, peaks) == pytest.approx(best, abs=1e-4)


def test_exact_greedy_and_hungarian_agree_on_a_clear_scene():
    people = random_people(np.random.default_rng(5), MPII_15, 2, missing=0.0)
    fields = targets(people, IMAGE_SIZE)
    peaks = find_peaks(fields.S)
    connections = score_limbs(fields, peaks)
    assert groups(assemble_exact(peaks, connections, MPII_15)) == groups(assemble_sorted(peaks, connections, MPII_15))


def test_a_scene_too_large_for_the_exact_problem_is_refused():
    peaks = candidates(*[j for j in range(3) for _ in range(100)])
    connections = pairs((0, 0, 100, 0.5), (1, 100, 200, 0.5), (2, 200, 0, 0.5))
    with pytest.raises(DataError, match=r"300 candidates make .* constraints; the exact problem is for small scenes"):
        assemble_exact(peaks, connections, LOOP)


def test_nobody_anywhere():
    none = Connections.concatenate([])
    nothing = candidates()
    assert assemble_sorted(nothing, none, COCO_18) == assemble_root_first(nothing, none, COCO_18) == []
    assert assemble_exact(nothing, none, COCO_18) == []
    assert hungarian(np.zeros((0, 3))) == []
