"""Matching the candidates of one limb's two parts: greedily, or optimally (TPAMI Eq. 13 to 15).

Both take a matrix of scores in which a pair that must not be chosen scores 0 or less, and both may leave candidates of
either side without a partner. Derived in the book's chapter on matching.
"""

from __future__ import annotations

import numpy as np

from paflib._check import check_finite, check_shape
from paflib.parser.integral import Connections
from paflib.parser.peaks import Trace


def greedy(scores: np.ndarray, trace: Trace | None = None) -> list[tuple[int, int]]:
    """Take the best pair, strike out both its ends, and go on: what the released programs do.

    Of equal scores the one with the smaller row, then the smaller column, comes first.

    Args:
        scores: (n, m); only positive ones can be taken.
        trace: a list to which every pair looked at is appended, with what became of it.

    Returns:
        Pairs (row, column), best first, each row and each column at most once.

    >>> greedy(np.array([[0.9, 0.8], [0.8, 0.1]]))
    [(0, 0), (1, 1)]
    """
    scores = _checked(scores)
    rows, columns = np.nonzero(scores > 0)
    order = np.argsort(-scores[rows, columns], kind="stable")  # np.nonzero lists rows first, columns second
    used_rows: set[int] = set()
    used_columns: set[int] = set()
    taken = []
    for i, j in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        decision = "row used" if i in used_rows else "column used" if j in used_columns else "taken"
        if decision == "taken":
            taken.append((i, j))
            used_rows.add(i)
            used_columns.add(j)
        if trace is not None:
            trace.append({"step": "match", "row": i, "column": j, "score": float(scores[i, j]), "decision": decision})
    return taken


def hungarian(scores: np.ndarray, trace: Trace | None = None) -> list[tuple[int, int]]:
    """The pairs whose scores have the greatest sum, each row and each column at most once (Eq. 13 to 15).

    Solved by ``scipy.optimize.linear_sum_assignment``. That solver matches everyone it can; scores that must not be
    chosen count 0 there and are left out afterwards, so they never take a partner from a pair that gains.

    Args:
        scores: (n, m); only positive ones can be taken.
        trace: a list to which the chosen pairs are appended.

    Returns:
        Pairs (row, column), best first.

    >>> hungarian(np.array([[0.9, 0.8], [0.8, 0.1]]))
    [(0, 1), (1, 0)]
    """
    from scipy.optimize import linear_sum_assignment

    scores = _checked(scores)
    rows, columns = linear_sum_assignment(np.maximum(scores, 0), maximize=True)
    pairs = [(i, j) for i, j in zip(rows.tolist(), columns.tolist(), strict=True) if scores[i, j] > 0]
    pairs.sort(key=lambda pair: -scores[pair])
    if trace is not None:
        trace += [
            {"step": "match", "row": i, "column": j, "score": float(scores[i, j]), "decision": "taken"}
            for i, j in pairs
        ]
    return pairs


MATCHING = {"greedy": greedy, "hungarian": hungarian}


def match_limbs(candidates: Connections, method: str = "greedy", trace: Trace | None = None) -> Connections:
    """Match each limb on its own: the connections, out of all good pairs, in which no candidate is used twice."""
    pieces = []
    for c in np.unique(candidates.limb):
        one = candidates.of(int(c))
        a, row = np.unique(one.a, return_inverse=True)
        b, column = np.unique(one.b, return_inverse=True)
        scores = np.zeros((len(a), len(b)))
        scores[row, column] = one.score
        steps: Trace | None = None if trace is None else []
        pairs = np.array(MATCHING[method](scores, steps), int).reshape(-1, 2)
        pieces.append(
            Connections(np.full(len(pairs), c), a[pairs[:, 0]], b[pairs[:, 1]], scores[pairs[:, 0], pairs[:, 1]])
        )
        if trace is not None and steps is not None:
            trace += [
                {"step": "match", "limb": int(c), "a": int(a[s["row"]]), "b": int(b[s["column"]]), "score": s["score"],
                 "decision": s["decision"]}
                for s in steps
            ]  # fmt: skip
    return Connections.concatenate(pieces)


def _checked(scores: np.ndarray) -> np.ndarray:
    scores = np.asarray(scores, float)
    check_shape("scores", scores, "n m")
    check_finite("scores", scores)
    return scores
