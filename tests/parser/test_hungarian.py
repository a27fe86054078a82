"""The Hungarian algorithm step by step: what holds after every step, and what the last one has reached."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from paflib.errors import ShapeError
from paflib.parser import hungarian, hungarian_steps
from tests.parser.test_matching import all_matchings, total

SHAPES = st.tuples(st.integers(0, 5), st.integers(0, 5))
# Tenths make ties, and sums that differ in the last digit only; millionths make neither.
TIED = SHAPES.flatmap(lambda shape: arrays(float, shape, elements=st.integers(-3, 9).map(lambda v: v / 10)))
FREE = SHAPES.flatmap(lambda shape: arrays(float, shape, elements=st.integers(-(10**5), 10**6).map(lambda v: v / 1e6)))
MATRICES = TIED | FREE
NEAR = 1e-8


@given(st.tuples(st.integers(0, 4), st.integers(0, 4)).flatmap(
    lambda shape: arrays(float, shape, elements=st.integers(-4, 9).map(lambda v: v / 10))
))  # fmt: skip
def test_the_last_matching_is_the_best_of_all(scores):
    last = hungarian_steps(scores)[-1]
    best = max(total(scores, matching) for matching in all_matchings(*scores.shape))
    assert last["total"] == pytest.approx(best) == pytest.approx(total(scores, last["matching"]))


@given(MATRICES)
def test_its_sum_is_that_of_the_fast_solver(scores):
    assert hungarian_steps(scores)[-1]["total"] == pytest.approx(total(scores, hungarian(scores)), abs=NEAR)


@given(MATRICES)
def test_after_every_step_no_pair_is_worth_more_than_its_labels(scores):
    for step in hungarian_steps(scores):
        u, v = np.array(step["u"]), np.array(step["v"])
        assert (u >= -NEAR).all() and (v >= -NEAR).all()
        assert (u[:, None] + v[None, :] >= scores - NEAR).all()
        assert step["bound"] == pytest.approx(u.sum() + v.sum())
        assert step["total"] <= step["bound"] + NEAR


@given(MATRICES)
def test_only_tight_pairs_are_matched_or_in_the_tree(scores):
    for step in hungarian_steps(scores):
        slack = np.add.outer(step["u"], step["v"]) - scores
        assert set(step["tight"]) == {tuple(map(int, p)) for p in np.argwhere((slack <= NEAR) & (scores > 0))}
        assert set(step["matching"]) <= set(step["tight"])
        assert set(step["path"]) <= set(step["tight"])
        for side in zip(*step["matching"], strict=True):
            assert len(set(side)) == len(step["matching"])


@given(MATRICES)
def test_at_the_end_whoever_is_alone_has_label_zero(scores):
    """Complementary slackness, the certificate: both sums are equal, so neither can be improved."""
    last = hungarian_steps(scores)[-1]
    matched = [set(side) for side in zip(*last["matching"], strict=True)] or [set(), set()]
    for labels, those in zip((last["u"], last["v"]), matched, strict=True):
        assert all(label <= NEAR for k, label in enumerate(labels) if k not in those)
    assert last["total"] == pytest.approx(last["bound"], abs=NEAR)


@given(MATRICES)
def test_steps_follow_from_each_other(scores):
    """Labels move in "relabel" alone, pairs in "augment" alone, each in the way that the step says."""
    steps = hungarian_steps(scores)
    assert [steps[0]["kind"], steps[-1]["kind"]] == ["labels", "done"]
    assert [s["root"] for s in steps if s["kind"] in ("augment", "single")] == list(range(len(scores)))
    for before, step in pairwise(steps):
        if step["kind"] == "relabel":
            assert step["delta"] > 0
            assert (step["pair"] is None) != (step["gives_up"] is None)
            fallen = np.subtract(before["u"], step["u"])
            risen = np.subtract(step["v"], before["v"])
            assert fallen == pytest.approx([step["delta"] * (i in step["rows"]) for i in range(len(fallen))])
            assert risen == pytest.approx([step["delta"] * (j in step["columns"]) for j in range(len(risen))])
            if step["pair"] is not None:
                assert step["pair"] in step["tight"] and step["pair"] not in before["tight"]
        else:
            assert (before["u"], before["v"], step["delta"]) == (step["u"], step["v"], None)
        if step["kind"] == "augment":
            changed = set(before["matching"]) ^ set(step["matching"])
            assert changed == set(step["path"]) and set(step["path"][1::2]) <= set(before["matching"])
            assert step["path"][0][0] == step["root"]
            reached = {j for i, j in before["tight"] if i in before["rows"]}
            assert step["gives_up"] is None or reached <= set(before["columns"])  # nobody gives up without need
        else:
            assert before["matching"] == step["matching"]
        if step["kind"] == "tree" and step["pair"] is not None:
            assert step["pair"][0] in before["rows"] and step["columns"] == [*before["columns"], step["pair"][1]]


@given(MATRICES)
def test_the_bound_falls_and_the_total_rises(scores):
    steps = hungarian_steps(scores)
    for before, step in pairwise(steps):
        assert step["bound"] <= before["bound"] + NEAR
    # A row that gives its column up may do so at no gain, but never at a loss.
    assert all(step["total"] >= before["total"] - NEAR for before, step in pairwise(steps))


def test_the_small_example_step_by_step():
    """The two rows want the same column; the labels fall by 0.1 until the second pair of row 0 is as good."""
    steps = hungarian_steps(np.array([[0.9, 0.8], [0.8, 0.1]]))
    relabel = next(step for step in steps if step["kind"] == "relabel")
    assert (relabel["rows"], relabel["columns"], relabel["pair"]) == ([1, 0], [0], (0, 1))
    assert relabel["delta"] == pytest.approx(0.1)
    assert relabel["u"] == pytest.approx([0.8, 0.7]) and relabel["v"] == pytest.approx([0.1, 0.0])
    assert steps[-2]["path"] == [(1, 0), (0, 0), (0, 1)]
    assert steps[-1]["matching"] == [(0, 1), (1, 0)]


def test_a_row_gives_its_column_up_for_one_that_gains_more():
    steps = hungarian_steps(np.array([[0.3], [0.9]]))
    assert [s["gives_up"] for s in steps if s["kind"] in ("relabel", "augment")] == [None, 0, 0]
    assert steps[-1]["matching"] == [(1, 0)]


def test_ties_go_to_the_smaller_row_then_column():
    """A free column comes first, so that nobody is moved without need."""
    assert hungarian_steps(np.full((2, 2), 0.5))[-1]["matching"] == [(0, 0), (1, 1)]
    assert hungarian_steps(np.full((1, 3), 0.5))[-1]["matching"] == [(0, 0)]
    moved = hungarian_steps(np.array([[0.5, 0.5, 0.5], [0.5, 0.0, 0.0]]))[-1]["matching"]
    assert moved == [(0, 1), (1, 0)]


def test_nothing_to_match():
    for scores in (np.zeros((0, 0)), np.zeros((0, 3)), np.zeros((3, 0)), np.full((2, 2), -1.0)):
        last = hungarian_steps(scores)[-1]
        assert (last["matching"], last["total"], last["bound"]) == ([], 0.0, 0.0)


def test_bad_input_is_named():
    with pytest.raises(ShapeError, match=r"scores has shape \(3,\), wanted \(n, m\)"):
        hungarian_steps(np.zeros(3))
    with pytest.raises(ShapeError, match="scores has 1 values that are NaN"):
        hungarian_steps(np.array([[np.nan]]))
