"""The Hungarian algorithm told step by step: labels, tight pairs, alternating trees, augmenting paths.

:func:`paflib.parser.hungarian` finds the same sum with a fast solver; this one is made to be looked at, and keeps every
step as plain data for a table, a figure or the book's stepper. Derived in the book's chapter on matching.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from paflib._check import check_finite, check_shape

Pair = tuple[int, int]
_ROUNDING = 1e-9  # how far from its labels' sum a score may lie and count as tight, in units of the largest score


def hungarian_steps(scores: np.ndarray) -> list[dict[str, Any]]:
    """Solve Eq. 13 to 15 by Kuhn's and Munkres's labels, and tell how.

    Every row i has a label u_i and every column j a label v_j, never negative, with ``u_i + v_j >= s_ij`` for every
    pair: labels are prices, and no pair is worth more than the prices of its two ends. So the sum of all labels is
    never less than the sum of any matching. A pair is *tight* when its ends' prices are just its score. When only tight
    pairs are matched, and whoever is left alone has the label 0, the two sums are equal and neither can be improved.

    Only pairs with a positive score can be matched, and anybody may stay alone. That is as if every row had a column of
    its own besides, called nobody, with which it scores 0: "row i has label 0" means that this pair is tight. Hence the
    matrix need not be square, and nothing has to be padded.

    Rows are taken in order. Each grows a tree of alternating paths, a tight pair to a column and from there the matched
    pair back to a row, until one of them ends at a column that is free, or at a row whose label is 0 and that can give
    its column up; where no tight pair leads on, the labels move by the least delta that makes one. Of several tight
    pairs that leave the tree, one to a free column is followed first, then the one with the smallest row, then with the
    smallest column; a row gives its column up (the smallest such row) only when there is no tight pair to follow.

    Args:
        scores: (n, m); only positive ones can be matched.

    Returns:
        Steps, each a dictionary with the state *after* it:

        - ``kind``: ``"labels"``, the first; ``"tree"``, a row becomes the root, or a pair and what hangs on it joins
          the tree; ``"relabel"``, labels move by ``delta``; ``"augment"``, the pairs of ``path`` change places;
          ``"single"``, the root has label 0 and stays alone; ``"done"``, the last.
        - ``root``: the row whose tree this is, None in the first and the last step.
        - ``pair``: in ``"tree"``, the tight pair that joined, None for the root alone; in ``"relabel"``, the pair that
          became tight and is followed next, None when it is a row that reached 0.
        - ``u``, ``v``: the labels; ``bound``: their sum.
        - ``tight``: all tight pairs. ``rows``, ``columns``: those in the tree, in the order in which they joined.
        - ``delta``: by how much the labels moved in ``"relabel"``, else None.
        - ``path``: in ``"augment"``, the pairs from the root on, every second one matched before; in a ``"tree"``
          step that reaches a free column, the same path before it is used; else empty.
        - ``gives_up``: in ``"augment"``, the row that loses its column at the end of the path; in ``"relabel"``, the
          row that reached 0; None when there is none.
        - ``matching``: the pairs, by row; ``total``: the sum of their scores.

    >>> steps = hungarian_steps(np.array([[0.9, 0.8], [0.8, 0.1]]))
    >>> [step["kind"] for step in steps]
    ['labels', 'tree', 'tree', 'augment', 'tree', 'tree', 'relabel', 'tree', 'augment', 'done']
    >>> [(round(step["total"], 2), round(step["bound"], 2)) for step in steps if step["kind"] in ("augment", "done")]
    [(0.9, 1.7), (1.6, 1.6), (1.6, 1.6)]
    """
    scores = np.asarray(scores, float)
    check_shape("scores", scores, "n m")
    check_finite("scores", scores)
    teller = _Teller(scores.tolist(), scores.shape[1])
    teller.run()
    return teller.steps


class _Teller:
    """Labels, tree and matching while the algorithm runs. Plain lists, so that JavaScript can do the very same sums."""

    def __init__(self, scores: list[list[float]], columns: int) -> None:
        self.s, self.n, self.m = scores, len(scores), columns
        self.u = [max([0.0, *row]) for row in scores]
        self.v = [0.0] * columns
        self.near = _ROUNDING * max([1.0, *self.u])
        self.row_of: dict[int, int] = {}  # the matched row of a column
        self.column_of: dict[int, int] = {}
        self.rows: list[int] = []
        self.parent: dict[int, int] = {}  # the tree's row from which a column was reached
        self.root: int | None = None
        self.steps: list[dict[str, Any]] = []

    def run(self) -> None:
        """Take the rows in order, each with a tree of its own."""
        self.tell("labels")
        for root in range(self.n):
            self.root, self.rows, self.parent = root, [root], {}
            self.tell("tree")
            while not self.finished():
                if not self.grow():
                    self.relabel()
        self.root, self.rows, self.parent = None, [], {}
        self.tell("done")

    def slack(self, i: int, j: int) -> float:
        """How much more than its score a pair's labels are."""
        return self.u[i] + self.v[j] - self.s[i][j]

    def leaving(self) -> list[Pair]:
        """The pairs that lead out of the tree: from its rows to other columns, by row, then by column."""
        return [(i, j) for i in sorted(self.rows) for j in range(self.m) if j not in self.parent and self.s[i][j] > 0]

    def tight(self) -> Pair | None:
        """The tight pair out of the tree that is to be followed, to a free column if there is one."""
        found = [(i, j) for i, j in self.leaving() if self.slack(i, j) <= self.near]
        return next(((i, j) for i, j in found if j not in self.row_of), found[0] if found else None)

    def grow(self) -> bool:
        """Follow a tight pair out of the tree, and from its column the matched pair back."""
        tight = self.tight()
        if tight is None:
            return False
        i, j = tight
        self.parent[j] = i
        if j in self.row_of:
            self.rows.append(self.row_of[j])
        self.tell("tree", pair=tight, path=self.path_to(j) if j not in self.row_of else [])
        return True

    def finished(self) -> bool:
        """Use the path that the tree has found, if it has found one."""
        free = next((j for j in self.parent if j not in self.row_of), None)
        if free is not None:
            self.augment(self.path_to(free), None)
            return True
        giver = self.giver()
        if giver is None or self.tight() is not None:
            return False
        if giver == self.root:
            self.tell("single")
        else:
            column = self.column_of[giver]
            self.augment([*self.path_to(column), (giver, column)], giver)
        return True

    def giver(self) -> int | None:
        """The tree's first row that loses nothing by staying alone."""
        return next((i for i in sorted(self.rows) if self.u[i] <= self.near), None)

    def path_to(self, j: int) -> list[Pair]:
        """The alternating path from the root to a column of the tree."""
        path = [(self.parent[j], j)]
        while path[0][0] != self.root:
            i = path[0][0]
            path = [(self.parent[self.column_of[i]], self.column_of[i]), (i, self.column_of[i]), *path]
        return path

    def augment(self, path: list[Pair], giver: int | None) -> None:
        """Match the path's pairs that were not, and no longer those that were."""
        for i, _ in path[1::2]:
            del self.column_of[i]
        for i, j in path[::2]:
            self.column_of[i] = j
            self.row_of[j] = i
        self.tell("augment", path=path, gives_up=giver)

    def relabel(self) -> None:
        """Lower the labels of the tree's rows and raise those of its columns until something new is tight."""
        delta = min([self.slack(i, j) for i, j in self.leaving()] + [self.u[i] for i in self.rows])
        for i in self.rows:
            self.u[i] -= delta
        for j in self.parent:
            self.v[j] += delta
        pair = self.tight()
        self.tell("relabel", pair=pair, delta=delta, gives_up=None if pair else self.giver())

    def tell(
        self,
        kind: str,
        pair: Pair | None = None,
        delta: float | None = None,
        path: list[Pair] | None = None,
        gives_up: int | None = None,
    ) -> None:
        """Write down the step and the state after it."""
        matching = sorted(self.column_of.items())
        tight = [
            (i, j) for i in range(self.n) for j in range(self.m)
            if self.s[i][j] > 0 and self.slack(i, j) <= self.near
        ]  # fmt: skip
        self.steps.append(
            {"kind": kind, "root": self.root, "pair": pair, "u": list(self.u), "v": list(self.v),
             "bound": _sum(self.u) + _sum(self.v), "tight": tight, "rows": list(self.rows),
             "columns": list(self.parent), "delta": delta, "path": path or [], "gives_up": gives_up,
             "matching": matching, "total": _sum(self.s[i][j] for i, j in matching)}
        )  # fmt: skip


def _sum(values: Any) -> float:
    """The sum from left to right; Python's own is more exact from 3.12 on, and then JavaScript's last digit differs."""
    total = 0.0
    for value in values:
        total += value
    return total
