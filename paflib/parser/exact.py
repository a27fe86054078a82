"""The exact K-partite problem, for small scenes (TPAMI Fig. 6b and 6c).

Over the complete graph the best partition of all candidates into people is NP-hard; over a tree it falls apart into
one bipartite matching a limb (Fig. 6d). Both are stated here as one mixed-integer programme, so that a chapter can
measure what the relaxations cost. Derived in the book's chapter on assembly.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import numpy as np

from paflib.errors import DataError
from paflib.parser.assembly import Body
from paflib.parser.integral import Connections
from paflib.parser.peaks import Peaks
from paflib.skeleton import Skeleton, closing_limbs

_MOST_ROWS = 400_000
_EFFORT = 1e-6  # what joining two candidates costs, so that nobody is joined for nothing


def assemble_exact(peaks: Peaks, connections: Connections, skeleton: Skeleton, time_limit: float = 60.0) -> list[Body]:
    """The partition of candidates into people with the greatest sum of connection scores.

    Every pair of candidates of two different parts has a variable z: in the same person or not. A person holds a part
    at most once (Eq. 14 and 15 for every pair of parts), and being the same person is transitive. With the limbs of
    ``skeleton.complete()`` this is Fig. 6b; with a tree it is Fig. 6c, where transitivity constrains nothing and only
    the limbs' own pairs are needed.

    Args:
        peaks: the candidates.
        connections: all good pairs, of whichever limbs are to count.
        skeleton: whose parts and limbs they are.
        time_limit: seconds after which the solver gives up.

    Raises:
        DataError: when the scene is too large to be solved exactly, or the solver ran out of time.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    used = np.unique(connections.limb).tolist()
    pairs, gain = _variables(peaks, connections, tree=not closing_limbs(skeleton.limbs, used))
    if not pairs:
        return []
    index = {pair: k for k, pair in enumerate(pairs)}
    rows = _exclusive(peaks, index) + _transitive(peaks, index)
    entries = [(r, k, value) for r, (terms, _) in enumerate(rows) for k, value in terms]
    r, k, value = (np.array(column) for column in zip(*entries, strict=True))
    matrix = csr_array((value, (r, k)), shape=(len(rows), len(pairs)))
    limit = np.array([upper for _, upper in rows], float)
    solution = milp(
        -gain, integrality=np.ones(len(pairs)), bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, -np.inf, limit), options={"time_limit": time_limit},
    )  # fmt: skip
    if solution.x is None or solution.status != 0:
        raise DataError(
            f"the exact problem of {len(peaks)} candidates was not solved in {time_limit:g} s; take fewer people"
        )
    return _bodies(peaks, connections, skeleton, [pair for pair, z in zip(pairs, solution.x, strict=True) if z > 0.5])


def _variables(peaks: Peaks, connections: Connections, tree: bool) -> tuple[list[tuple[int, int]], np.ndarray]:
    scored: dict[tuple[int, int], float] = defaultdict(float)
    for a, b, score in zip(connections.a.tolist(), connections.b.tolist(), connections.score.tolist(), strict=True):
        scored[min(a, b), max(a, b)] += score
    if tree:
        pairs = sorted(scored)
    else:
        pairs = [(a, b) for a, b in combinations(range(len(peaks)), 2) if peaks.part[a] != peaks.part[b]]
    triples = 0 if tree else len(peaks) ** 3 // 6
    if triples > _MOST_ROWS:
        raise DataError(
            f"{len(peaks)} candidates make {triples} transitivity constraints; the exact problem is for small scenes"
            f" (up to {int((6 * _MOST_ROWS) ** (1 / 3))} candidates): take fewer people or parts, or the tree"
        )
    return pairs, np.array([scored.get(pair, 0.0) - _EFFORT for pair in pairs])


_Row = tuple[list[tuple[int, float]], float]


def _exclusive(peaks: Peaks, index: dict[tuple[int, int], int]) -> list[_Row]:
    """A candidate has at most one partner among the candidates of any other part."""
    partners: dict[tuple[int, int], list[int]] = defaultdict(list)
    for (a, b), k in index.items():
        partners[a, int(peaks.part[b])].append(k)
        partners[b, int(peaks.part[a])].append(k)
    return [([(k, 1.0) for k in ks], 1.0) for ks in partners.values()]


def _transitive(peaks: Peaks, index: dict[tuple[int, int], int]) -> list[_Row]:
    """z_ab + z_bc - z_ac <= 1, each way round, for all candidates a, b, c of three different parts."""
    rows: list[_Row] = []
    for triple in combinations(range(len(peaks)), 3):
        sides = [index.get(pair) for pair in combinations(triple, 2)]
        if None in sides:
            continue
        for lone in range(3):
            rows.append(([(side, -1.0 if i == lone else 1.0) for i, side in enumerate(sides) if side is not None], 1.0))
    return rows


def _bodies(peaks: Peaks, connections: Connections, skeleton: Skeleton, joined: list[tuple[int, int]]) -> list[Body]:
    group = np.arange(len(peaks))
    for a, b in joined:
        group[group == group[b]] = group[a]
    chosen = set(joined)
    bodies: dict[int, Body] = {}
    for c, a, b, score in zip(connections.limb, connections.a, connections.b, connections.score, strict=True):
        if (min(a, b), max(a, b)) in chosen:
            body = bodies.setdefault(int(group[a]), Body(len(bodies)))
            start, end = skeleton.limbs[c]
            body.parts |= {start: int(a), end: int(b)}
            body.limbs.append(int(c))
            body.score += float(score)
    for body in bodies.values():
        body.score += float(peaks.score[list(body.parts.values())].sum())
    return list(bodies.values())
