"""Right ways and mistakes of the assignment on matching."""

from __future__ import annotations

from tests.assignments.hand_in import Change

WAYS: dict[str, list[str]] = {
    "greedily": [
        """
def greedily(scores):
    taken = []
    for i, j in sorted(np.ndindex(scores.shape), key=lambda pair: -scores[pair]):
        if scores[i, j] > LEAST and all(i != a and j != b for a, b in taken):
            taken.append((i, j))
    return taken
""",
        """
def greedily(scores):
    rows, columns, taken = set(), set(), {}
    for k in np.argsort(-scores, axis=None, kind="stable"):
        i, j = divmod(int(k), scores.shape[1])
        if scores[i, j] > LEAST and i not in rows and j not in columns:
            rows.add(i), columns.add(j)
            taken[i] = j
    return taken
""",
        """
import torch

def greedily(scores):
    left, taken = torch.tensor(scores), []
    while left.numel() and (top := left.max()) > LEAST:
        i, j = map(int, torch.nonzero(left == top)[-1])
        taken.append((i, j))
        left[i], left[:, j] = -9, -9
    return torch.tensor(taken).reshape(-1, 2)
""",
        """
def greedily(scores, rows=None, columns=None):
    n, m = scores.shape
    rows, columns = (set(range(n)) if rows is None else rows), (set(range(m)) if columns is None else columns)
    top = max(((scores[i, j], i, j) for i in rows for j in columns), default=(0, 0, 0))
    if top[0] <= LEAST or not rows or not columns:
        return []
    _, i, j = top
    return [(i, j), *greedily(scores, rows - {i}, columns - {j})]
""",
        """
import heapq

def greedily(scores):
    heap = [(-float(s), i, j) for (i, j), s in np.ndenumerate(scores) if s > LEAST]
    heapq.heapify(heap)
    a, b = [], []
    while heap:
        _, i, j = heapq.heappop(heap)
        if i not in a and j not in b:
            a.append(i), b.append(j)
    return np.array([a, b]).T
""",
        """
from paflib.parser import greedy

def greedily(scores):
    return [pair for pair in greedy(scores) if scores[pair] > LEAST]
""",
        """
def greedily(scores):
    s = np.where(scores > LEAST, scores.astype(np.float32), 0)
    taken = set()
    while s.size and s.any():
        best_of_row, best_of_column = s.max(1, keepdims=True), s.max(0, keepdims=True)
        i, j = np.argwhere((s > 0) & (s == best_of_row) & (s == best_of_column))[0].tolist()
        taken.add((i, j))
        s[i], s[:, j] = 0, 0
    return taken
""",
    ],
    "best": [
        """
def best(scores):
    n, m = scores.shape
    alone_rows = np.where(np.eye(n, dtype=bool), -ROW_COST, -1e6)
    alone_columns = np.where(np.eye(m, dtype=bool), -COLUMN_COST, -1e6)
    table = np.block([[scores, alone_rows], [alone_columns, np.zeros((m, n))]])
    return [(i, j) for i, j in zip(*linear_sum_assignment(-table)) if i < n and j < m]
""",
        """
from functools import lru_cache

def best(scores):
    n, m = scores.shape
    @lru_cache(None)
    def solve(i, used):
        if i == n:
            return -COLUMN_COST * (m - bin(used).count("1")), ()
        value, pairs = solve(i + 1, used)
        options = [(value - ROW_COST, pairs)]
        for j in range(m):
            if not used >> j & 1:
                value, pairs = solve(i + 1, used | 1 << j)
                options.append((value + float(scores[i, j]), ((i, j), *pairs)))
        return max(options)
    return list(solve(0, 0)[1])
""",
        """
from paflib.parser import hungarian

def best(scores):
    return hungarian(scores + ROW_COST + COLUMN_COST)
""",
        """
from itertools import combinations, permutations

def best(scores):
    n, m = scores.shape
    if n * m > 12:
        gain = scores + ROW_COST + COLUMN_COST
        i, j = linear_sum_assignment(-np.clip(gain, 0, None))
        return np.stack([i, j], axis=1)[gain[i, j] > 0]
    found, value = [], -np.inf
    for k in range(min(n, m) + 1):
        for rows in combinations(range(n), k):
            for columns in permutations(range(m), k):
                total = sum(scores[p] for p in zip(rows, columns)) - (n - k) * ROW_COST - (m - k) * COLUMN_COST
                if total > value + 1e-12:
                    found, value = list(zip(rows, columns)), total
    return found
""",
    ],
    "shared": [
        """
def shared(scores):
    wide = np.concatenate([scores] * CAPACITY, axis=1)
    rows, columns = linear_sum_assignment(-np.where(wide > 0, wide, 0))
    pairs = [(i, j % scores.shape[1]) for i, j in zip(rows, columns)]
    return [pair for pair in pairs if scores[pair] > 0]
""",
        """
from functools import lru_cache

def shared(scores):
    n, m = scores.shape
    @lru_cache(None)
    def solve(i, full):
        if i == n:
            return 0.0, ()
        options = [solve(i + 1, full)]
        for j in range(m):
            if scores[i, j] > 0 and full[j] < CAPACITY:
                value, pairs = solve(i + 1, full[:j] + (full[j] + 1,) + full[j + 1:])
                options.append((value + float(scores[i, j]), ((i, j), *pairs)))
        return max(options)
    return list(solve(0, (0,) * m)[1])
""",
    ],
    "proof": [
        """
from scipy.optimize import linprog

def proof(scores):
    n, m = scores.shape
    if not n * m:
        return [0.0] * n, [0.0] * m
    A = np.concatenate([np.repeat(np.eye(n), m, axis=1), np.tile(np.eye(m), n)])
    found = linprog(-(scores + ROW_COST + COLUMN_COST).ravel(), A, np.ones(n + m), method="highs")
    return -found.ineqlin.marginals[:n], -found.ineqlin.marginals[n:]
""",
        """
def proof(scores):
    n, m = scores.shape
    gain = np.maximum(scores + ROW_COST + COLUMN_COST, 0)
    total = lambda g: g[linear_sum_assignment(g, maximize=True)].sum()
    # What the best gain falls by without a row is a label: its least price.
    return _prices(gain, total) if n and m else (np.zeros(n), np.zeros(m))


def _prices(gain, total):
    v = np.array([total(gain) - total(np.delete(gain, j, axis=1)) for j in range(gain.shape[1])])
    u = np.maximum((gain - v).max(axis=1), 0)
    return u, v
""",
    ],
}  # fmt: skip
CALLED: set[str] = set()

CHANGES = [
    Change("greedily", "left.max() > LEAST", "left.max() > 0", "least-ignored"),
    Change("greedily", "left.max() > LEAST", "left.max() >= LEAST", "at-least-for-more-than"),
    Change("greedily", "left[row], left[:, column] = -np.inf, -np.inf", "left[row] = -np.inf", "column-used-twice"),
    Change("greedily", "left[row], left[:, column] = -np.inf, -np.inf", "left[:, column] = -np.inf", "row-used-twice"),
    Change("greedily", "while left", "if left", "best-pair-only"),
    Change("greedily", "(int(row), int(column))", "(int(column), int(row))", "row-column-swapped"),
    Change("greedily", "left, taken = scores.copy(), []", "left, taken = scores, []", "changes-input"),
    Change("best", " + ROW_COST + COLUMN_COST", "", "cost-ignored"),
    Change("best", " + COLUMN_COST", "", "cost-counted-once"),
    Change("best", "+ ROW_COST + COLUMN_COST", "- ROW_COST - COLUMN_COST", "cost-subtracted"),
    Change("best", "maximize=True", "maximize=False", "minimum-for-maximum"),
    Change("best", " if pays[row, column]", "", "nonpositive-taken"),
    Change("best", "np.where(pays, saved, 0)", "scores", "refused-pairs-count"),
    Change("shared", "np.repeat(np.maximum(scores, 0), CAPACITY, axis=1)", "np.maximum(scores, 0)",
           "sum-too-small"),
    Change("shared", "int(seat) // CAPACITY", "int(seat) % CAPACITY", "sum-too-small"),
    Change("shared", " if seats[row, seat] > 0", "", "nonpositive-taken"),
    Change("shared", "np.maximum(scores, 0)", "scores", "refused-pairs-count"),
    Change("shared", "int(seat) // CAPACITY", "int(seat)", "no-such-pair"),
    Change("shared", "maximize=True", "maximize=False", "sum-too-small"),
    Change("proof", " + ROW_COST + COLUMN_COST", "", "cost-ignored"),
    Change("proof", "return least.x[:n], least.x[n:]", "return least.x[n:], least.x[:n]", "wrong-axes"),
    Change("proof", "return least.x[:n], least.x[n:]", "return 1.1 * least.x[:n], 1.1 * least.x[n:]", "bound-too-high"),
    Change("proof", "return least.x[:n], least.x[n:]", "return 0.9 * least.x[:n], 0.9 * least.x[n:]", "not-covered"),
    Change("proof", "return least.x[:n], least.x[n:]", "return least.x", "wrong-type"),
    Change("proof", "return least.x[:n], least.x[n:]",
           "return np.maximum((scores + ROW_COST + COLUMN_COST).max(axis=1), 0), np.zeros(m)", "first-labels"),
]  # fmt: skip
