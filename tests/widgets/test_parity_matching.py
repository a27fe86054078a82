"""The matching stepper's mathematics against the package: every step, greedy and Hungarian."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from paflib.parser import greedy, hungarian_steps
from tests.widgets.node import run_module

CASES = 600


def plain(value: Any) -> Any:
    """Python's side as JSON would have it, so that tuples and lists compare equal."""
    return json.loads(json.dumps(value, allow_nan=False))


def matrices() -> list[np.ndarray]:
    """Of all shapes up to 6 x 6, empty ones included; tenths, in which ties abound, and scores that never tie."""
    rng = np.random.default_rng(7)
    found = []
    for k in range(CASES):
        shape = tuple(rng.integers(0, 7, 2))
        tied = k % 2 == 0
        found.append(rng.integers(-3, 10, shape) / 10 if tied else rng.uniform(-0.3, 1.0, shape))
    return [*found, np.full((3, 3), 0.5), np.full((2, 4), -1.0), np.array([[0.9, 0.8], [0.8, 0.1]])]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[np.ndarray, dict[str, Any]]]:
    cases = matrices()
    told = run_module(
        tmp_path_factory.mktemp("node"), "math_matching.js",
        "cases => cases.map(s => ({ greedy: m.greedySteps(s), hungarian: m.hungarianSteps(s) }))",
        [case.tolist() for case in cases],
    )  # fmt: skip
    return list(zip(cases, told, strict=True))


def test_greedy_is_equal_step_for_step(both):
    for scores, told in both:
        trace: list = []
        greedy(scores, trace)
        assert told["greedy"] == plain(trace), scores


def test_the_hungarian_algorithm_is_equal_step_for_step(both):
    """To the last digit: both sides do the same sums in the same order."""
    for scores, told in both:
        if scores.shape[0] == 0:  # an empty list of rows has forgotten how many columns it had
            scores = np.zeros((0, 0))
        assert told["hungarian"] == plain(hungarian_steps(scores)), scores


def test_the_cases_hold_every_kind_of_step_and_ties(both):
    """What the two tests above would be worth nothing without."""
    kinds = [step["kind"] for _, told in both for step in told["hungarian"]]
    assert {k: kinds.count(k) > 50 for k in set(kinds)} == dict.fromkeys(
        ("labels", "tree", "relabel", "augment", "single", "done"), True
    )
    assert sum(s["gives_up"] is not None for _, told in both for s in told["hungarian"] if s["kind"] == "augment") > 50
    assert sum(len(np.unique(s[s > 0])) < (s > 0).sum() for s, _ in both) > 100
    assert len(both) >= 500
