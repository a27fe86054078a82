"""The assembly stepper's mathematics against the package: every decision of the sorted parser, equal."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from paflib import BODY_25, COCO_18, MPII_15, Skeleton
from paflib.parser import Connections, Peaks, assemble_sorted
from tests.widgets.node import run_module
from tests.widgets.test_parity_matching import plain

CASES = 600
LOOP = Skeleton("loop", ("a", "b", "c"), (("a", "b"), ("b", "c"), ("c", "a")))
SCRIPT = """cases => cases.map(({ peaks, connections, limbs, contradiction, peakWeight }) => {
  const ordered = m.assemblyOrder(peaks, connections, peakWeight);
  const { trace, people } = m.assembleSorted(peaks, ordered, limbs, { contradiction });
  const sorted = (parts) => [...parts].sort(([i], [k]) => i - k);
  return { trace, bodies: people.filter((p) => p.parts.size).map((p) => ({ ...p, parts: sorted(p.parts) })) };
})"""


def problem(rng: np.random.Generator, skeleton: Skeleton, people: int, tied: bool) -> tuple[Peaks, Connections]:
    """Peaks of several people, some missing; most pairs within one of them, fewer and weaker ones between two."""
    whose = [(j, n) for j in range(skeleton.J) for n in range(people) if rng.random() < 0.85]
    part = np.array([j for j, _ in whose], int)
    height = rng.uniform(0.1, 1.0, len(part))
    nowhere = np.zeros((len(part), 2))
    peaks = Peaks(part, nowhere, np.round(height, 1) if tied else height, nowhere.astype(int))
    rows = [
        (c, int(a), int(b), rng.uniform(0.3, 1.0) if whose[a][1] == whose[b][1] else rng.uniform(0.05, 0.7))
        for c, (start, end) in enumerate(skeleton.limbs)
        for a in peaks.of(start)
        for b in peaks.of(end)
        if rng.random() < (0.85 if whose[a][1] == whose[b][1] else 0.3)
    ]
    table = rng.permutation(np.array(rows, float).reshape(-1, 4))  # the order in which pairs come must not matter
    limb, a, b = table[:, :3].astype(int).T
    return peaks, Connections(limb, a, b, np.round(table[:, 3], 1) if tied else table[:, 3])


def asked(peaks: Peaks, connections: Connections, skeleton: Skeleton, contradiction: str, weight: float) -> dict:
    """One case as JavaScript takes it."""
    return {
        "peaks": [{"part": int(p), "score": float(s)} for p, s in zip(peaks.part, peaks.score, strict=True)],
        "connections": [
            {"limb": int(c), "a": int(a), "b": int(b), "score": float(s)}
            for c, a, b, s in zip(connections.limb, connections.a, connections.b, connections.score, strict=True)
        ],
        "limbs": [list(limb) for limb in skeleton.limbs], "contradiction": contradiction, "peakWeight": weight,
    }  # fmt: skip


def answer(peaks: Peaks, connections: Connections, skeleton: Skeleton, contradiction: str, weight: float) -> dict:
    """The same case by the package."""
    trace: list = []
    bodies = assemble_sorted(peaks, connections, skeleton, contradiction, weight, trace)
    people = [
        {"number": b.number, "parts": sorted((int(j), int(p)) for j, p in b.parts.items()), "limbs": b.limbs,
         "score": b.score}
        for b in bodies
    ]  # fmt: skip
    return {"trace": plain(trace), "bodies": plain(people)}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    rng = np.random.default_rng(11)
    cases = []
    for k in range(CASES):
        skeleton = (COCO_18, MPII_15, BODY_25, LOOP)[k % 4]
        peaks, connections = problem(rng, skeleton, int(rng.integers(1, 4)), tied=k % 3 == 0)
        cases.append((peaks, connections, skeleton, ("merge", "ignore")[k % 5 == 0], (0.0, 0.1)[k % 7 == 0]))
    told = run_module(tmp_path_factory.mktemp("node"), "math_assembly.js", SCRIPT, [asked(*case) for case in cases])
    return list(zip([answer(*case) for case in cases], told, strict=True))


def test_every_decision_is_equal(both):
    for want, told in both:
        assert told["trace"] == want["trace"]


def test_the_people_are_equal(both):
    """Their parts, limbs and scores, to the last digit: both sides do the same sums in the same order."""
    for want, told in both:
        assert told["bodies"] == want["bodies"]


def test_the_cases_hold_every_rule(both):
    """What the tests above would be worth nothing without."""
    rules = Counter(step["rule"] for want, _ in both for step in want["trace"])
    assert set(rules) == {"new", "extended", "confirmed", "occupied", "merged", "contradiction"}
    assert min(rules.values()) > 200
    assert len(both) >= 500
