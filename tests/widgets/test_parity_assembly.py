"""The assembly stepper's mathematics against the package: every decision of the sorted parser, equal."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from paflib import BODY_25, COCO_18, MPII_15, Skeleton
from paflib.fields import Fields
from paflib.parser import Connections, ParserOptions, Peaks, assemble_sorted, people_of
from paflib.parser.assembly import Body
from paflib.widgets import AssemblyStepper
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


# ---- who is kept -------------------------------------------------------------------------------------------------

KEEPS = """cases => cases.map(({ parts, score, minParts, minScore }) =>
  m.keepsPerson({ parts: new Map(Array.from({ length: parts }, (_, k) => [k, k])), score }, { minParts, minScore }))"""


def person(parts: int, score: float) -> Body:
    """Somebody with the first so many parts; peak k is a candidate for part k."""
    return Body(0, {k: k for k in range(parts)}, [], score)


def verdict(parts: int, score: float, options: ParserOptions, skeleton: Skeleton) -> bool:
    """Whether the package keeps such a person."""
    maps = np.zeros((skeleton.J, 4, 4)), np.zeros((skeleton.C, 2, 4, 4))
    nowhere = np.zeros((skeleton.J, 2))
    peaks = Peaks(np.arange(skeleton.J), nowhere, np.ones(skeleton.J), nowhere.astype(int))
    return len(people_of([person(parts, score)], peaks, Fields(*maps, skeleton), options)) == 1


def test_the_same_people_are_kept(run_in_node):
    """Scores from 0 to twice the least, a third of them at the least itself, which still is enough."""
    rng = np.random.default_rng(12)
    cases = []
    for k in range(CASES):
        parts, least = int(rng.integers(1, 9)), int(rng.integers(1, 7))
        score = float(rng.choice([0.25, 0.4, 0.5, rng.uniform(0.1, 0.9)]))
        total = parts * score if k % 3 == 0 else parts * score * float(rng.uniform(0, 2))
        cases.append({"parts": parts, "score": total, "minParts": least, "minScore": score})
    wanted = [
        verdict(c["parts"], c["score"], ParserOptions(min_parts=c["minParts"], min_score=c["minScore"]), COCO_18)
        for c in cases
    ]
    assert run_in_node("math_assembly.js", KEEPS, cases) == wanted
    enough = np.array([(c["parts"] - c["minParts"], c["score"] / c["parts"] - c["minScore"]) for c in cases])
    kept = np.array(wanted)
    # Cases by which each mistake would be seen: at either limit exactly and kept, beyond one limit alone and not.
    assert (kept & (enough[:, 0] == 0)).sum() > 20
    assert (kept & (enough[:, 1] == 0)).sum() > 20
    assert (~kept & (enough[:, 0] > 0)).sum() > 20
    assert (~kept & (enough[:, 1] > 0)).sum() > 20


def test_a_small_skeleton_asks_for_no_more_parts_than_it_has():
    """As the parser: an arm of two parts has nobody with three."""
    pair = Skeleton("pair", ("elbow", "wrist"), ((0, 1),))
    fields = Fields(np.zeros((2, 4, 4)), np.zeros((1, 2, 4, 4)), pair, image_size=(32, 32))
    stepper = AssemblyStepper(np.zeros((32, 32, 3), np.uint8), fields)
    assert stepper.state["minParts"] == 2
    assert verdict(2, 2.0, ParserOptions(), pair)
