"""The functions that the chapters on matching and assembly restate, held equal to the package's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paflib import COCO_18, MPII_15, Skeleton
from paflib.parser import Connections, Peaks, assemble_sorted, greedy, hungarian, hungarian_steps
from scripts import book

LOOP = Skeleton("loop", ("a", "b", "c"), (("a", "b"), ("b", "c"), ("c", "a")))


def restated(page: str) -> dict[str, Any]:
    """The functions of a chapter whose cells are tagged ``restated``."""
    path = Path(book.ROOT) / "book" / "parsing" / f"{page}.md"
    cells = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst").cells
    names: dict[str, Any] = {"np": np}
    for cell in cells:
        if "restated" in cell.metadata.get("tags", []):
            exec(cell.source, names)
    return names


MATCHING, ASSEMBLY = restated("matching"), restated("assembly")


def random_scores(rng: np.random.Generator, digits: int | None = None) -> np.ndarray:
    """Up to seven rows and columns, some of them refused; few digits make ties."""
    scores = rng.uniform(-0.5, 1, rng.integers(0, 8, 2))
    return scores if digits is None else scores.round(digits)


@settings(max_examples=300)
@given(st.integers(0, 100_000), st.sampled_from([None, 1]))
def test_greedy_is_the_packages(seed, digits):
    scores = random_scores(np.random.default_rng(seed), digits)
    assert MATCHING["greedy_by_hand"](scores) == greedy(scores)


@settings(max_examples=300)
@given(st.integers(0, 100_000))
def test_the_best_sum_is_the_packages(seed):
    scores = random_scores(np.random.default_rng(seed))
    assert MATCHING["best_sum"](scores) == sorted(hungarian(scores))


@settings(max_examples=200)
@given(st.integers(0, 100_000))
def test_with_ties_the_best_sum_is_as_great(seed):
    scores = random_scores(np.random.default_rng(seed), 1)
    found = MATCHING["best_sum"](scores)
    assert len({i for i, _ in found}) == len({j for _, j in found}) == len(found)
    assert sum(scores[pair] for pair in found) == pytest.approx(sum(scores[pair] for pair in hungarian(scores)))


def test_the_steps_by_hand_are_those_of_the_package():
    """The numbers in the chapter's text: two moves of 0.1, one path of three pairs, bounds 2.3, 2.2 and 2.1."""
    steps = hungarian_steps(np.array([[0.9, 0.8, 0.2], [0.8, 0.3, 0.1], [0.4, 0.6, 0.5]]))
    assert [round(step["delta"], 9) for step in steps if step["kind"] == "relabel"] == [0.1, 0.1]
    assert [step["path"] for step in steps if step["kind"] == "augment"] == [
        [(0, 0)], [(1, 0), (0, 0), (0, 1)], [(2, 2)]
    ]  # fmt: skip
    assert [round(step["bound"], 9) for step in steps if step["kind"] in ("labels", "relabel")] == [2.3, 2.2, 2.1]
    assert np.allclose(steps[-1]["u"], [0.7, 0.6, 0.5]) and np.allclose(steps[-1]["v"], [0.2, 0.1, 0.0])
    assert steps[-1]["matching"] == [(0, 1), (1, 0), (2, 2)]


@settings(max_examples=300)
@given(st.integers(0, 100_000))
def test_best_b_for_each_a_is_a_matching_only_when_no_column_is_used_twice(seed):
    """Where it uses none twice it is the best sum, as every row has its best; its sum is never less."""
    scores = random_scores(np.random.default_rng(seed))
    pairs = MATCHING["best_b_for_each_a"](scores)
    best = hungarian(scores)
    assert len({row for row, _ in pairs}) == len(pairs)
    if len({column for _, column in pairs}) == len(pairs):
        assert pairs == sorted(best) == sorted(greedy(scores))
    else:
        assert sum(scores[pair] for pair in pairs) > sum(scores[pair] for pair in best)


def random_problem(rng: np.random.Generator, skeleton: Skeleton, digits: int | None) -> tuple[Peaks, Connections]:
    """Up to three candidates a part, and most of their pairs."""
    parts = np.sort(rng.integers(0, skeleton.J, rng.integers(1, 3 * skeleton.J)))
    n = len(parts)
    peaks = Peaks(parts, np.zeros((n, 2)), rng.uniform(0, 1, n), np.zeros((n, 2), int))
    rows = [
        (c, a, b)
        for c, (start, end) in enumerate(skeleton.limbs)
        for a in peaks.of(start)
        for b in peaks.of(end)
        if rng.random() < 0.7
    ]
    limb, a, b = np.array(rows, int).reshape(-1, 3).T
    score = rng.uniform(0.1, 1, len(rows))
    return peaks, Connections(limb, a, b, score if digits is None else score.round(digits))


@settings(max_examples=200)
@given(st.integers(0, 100_000), st.sampled_from([LOOP, MPII_15, COCO_18]), st.sampled_from([None, 1]))
def test_the_short_sorted_rule_is_the_packages(seed, skeleton, digits):
    peaks, pairs = random_problem(np.random.default_rng(seed), skeleton, digits)
    short = ASSEMBLY["assemble_by_hand"](peaks, pairs)
    long = [body.parts for body in assemble_sorted(peaks, pairs, skeleton)]
    assert sorted(sorted(one.items()) for one in short) == sorted(sorted(one.items()) for one in long)


@settings(max_examples=100)
@given(st.integers(0, 100_000))
def test_a_persons_score_is_the_packages(seed):
    peaks, pairs = random_problem(np.random.default_rng(seed), MPII_15, None)
    for body in assemble_sorted(peaks, pairs, MPII_15):
        assert ASSEMBLY["score_of"](body.parts, peaks, pairs) == pytest.approx(body.score)
