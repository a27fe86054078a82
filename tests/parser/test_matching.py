"""Matching: greedy and Hungarian against brute force, candidates left out, and what their traces say."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from paflib.errors import ShapeError
from paflib.parser import Connections, greedy, hungarian, match_limbs

MATRICES = st.tuples(st.integers(0, 4), st.integers(0, 4)).flatmap(
    lambda shape: arrays(float, shape, elements=st.integers(-4, 9).map(lambda v: v / 10))
)


def all_matchings(n, m):
    """Every set of pairs that uses each row and each column at most once, the empty one included."""
    for size in range(min(n, m) + 1):
        for rows in combinations(range(n), size):
            for columns in permutations(range(m), size):
                yield list(zip(rows, columns, strict=True))


def total(scores, pairs):
    return sum(scores[pair] for pair in pairs)


@given(MATRICES)
def test_hungarian_has_the_greatest_sum_of_all_matchings(scores):
    pairs = hungarian(scores)
    best = max(total(scores, matching) for matching in all_matchings(*scores.shape))
    assert total(scores, pairs) == pytest.approx(best)


@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 10_000))
def test_greedy_is_the_matching_that_is_best_pair_by_pair(n, m, seed):
    """Of all matchings of positive pairs, greedy's sorted scores come first in dictionary order (no ties here)."""
    scores = np.random.default_rng(seed).permutation(n * m).reshape(n, m) - 3.0
    positive = [m for m in all_matchings(*scores.shape) if all(scores[pair] > 0 for pair in m)]
    best = max(sorted((scores[pair] for pair in m), reverse=True) for m in positive)
    assert [scores[pair] for pair in greedy(scores)] == best


@given(MATRICES)
def test_both_leave_out_what_must_not_be_chosen_and_use_nobody_twice(scores):
    for method in (greedy, hungarian):
        pairs = method(scores)
        assert all(scores[pair] > 0 for pair in pairs)
        assert [scores[pair] for pair in pairs] == sorted((scores[pair] for pair in pairs), reverse=True)
        for side in zip(*pairs, strict=True):
            assert len(set(side)) == len(pairs)


@given(MATRICES)
def test_greedy_never_beats_hungarian_and_reaches_half_of_it(scores):
    one, two = total(scores, greedy(scores)), total(scores, hungarian(scores))
    assert two / 2 - 1e-9 <= one <= two + 1e-9


def test_ties_go_to_the_smaller_row_then_column():
    assert greedy(np.full((2, 2), 0.5)) == [(0, 0), (1, 1)]


def test_a_pair_that_must_not_be_chosen_takes_no_partner_from_one_that_gains():
    """A solver that must match everyone would take 0.9 and the forbidden pair, or two poor ones."""
    assert hungarian(np.array([[0.9, 0.05], [0.8, 0.0]])) == [(0, 0)]
    assert hungarian(np.array([[0.9, -5.0], [0.8, -9.0]])) == [(0, 0)]


def test_the_trace_tells_why_each_pair_was_refused():
    trace: list = []
    greedy(np.array([[0.9, 0.8], [0.7, 0.1]]), trace)
    assert [(t["row"], t["column"], t["decision"]) for t in trace] == [
        (0, 0, "taken"), (0, 1, "row used"), (1, 0, "column used"), (1, 1, "taken"),
    ]  # fmt: skip


@pytest.mark.parametrize("method", ["greedy", "hungarian"])
def test_limbs_are_matched_one_by_one(method):
    connections = Connections(
        np.array([0, 0, 0, 3]), np.array([4, 4, 5, 4]), np.array([7, 8, 7, 9]), np.array([0.9, 0.8, 0.8, 0.2])
    )
    trace: list = []
    matched = match_limbs(connections, method, trace)
    want = [(0, 4, 7), (3, 4, 9)] if method == "greedy" else [(0, 4, 8), (0, 5, 7), (3, 4, 9)]
    assert list(zip(matched.limb, matched.a, matched.b, strict=True)) == want
    assert {(t["limb"], t["a"], t["b"]) for t in trace if t["decision"] == "taken"} == set(want)
    assert len(match_limbs(connections[np.zeros(0, int)], method)) == 0


def test_bad_input_is_named():
    with pytest.raises(ShapeError, match=r"scores has shape \(3,\), wanted \(n, m\)"):
        greedy(np.zeros(3))
    with pytest.raises(ShapeError, match="scores has 1 values that are NaN"):
        hungarian(np.array([[np.nan]]))
