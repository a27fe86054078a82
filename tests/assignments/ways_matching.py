"""Right ways and mistakes of the assignment on matching."""

from __future__ import annotations

from tests.assignments.hand_in import Change

WAYS: dict[str, list[str]] = {
    "clearest": [
        """
def clearest(scores):
    rows, free, taken = set(range(len(scores))), set(range(scores.shape[1])), []
    while True:
        turns = []
        for i in rows:
            ranked = sorted(((scores[i, j], j) for j in free), reverse=True)
            if ranked and ranked[0][0] > LEAST:
                second = max(LEAST, ranked[1][0]) if len(ranked) > 1 else LEAST
                turns.append((ranked[0][0] - second, i, ranked[0][1]))
        if not turns:
            return taken
        _, i, j = max(turns)
        taken.append((i, j))
        rows.discard(i), free.discard(j)
""",
        """
def clearest(scores):
    left, taken = np.where(scores > LEAST, scores, LEAST), {}
    while left.size and left.max() > LEAST:
        ranked = np.sort(np.pad(left, ((0, 0), (0, 1)), constant_values=LEAST))
        i = (ranked[:, -1] - ranked[:, -2]).argmax()
        taken[int(i)] = j = int(left[i].argmax())
        left[i], left[:, j] = LEAST, LEAST
    return taken
""",
        """
import torch

def clearest(scores):
    above, taken = torch.tensor(scores - LEAST).clamp(min=0), []
    while above.any():
        top = torch.cat([above, torch.zeros(len(above), 1)], dim=1).topk(2, dim=1)
        i = int((top.values[:, 0] - top.values[:, 1]).argmax())
        j = int(top.indices[i, 0])
        taken.append((i, j))
        above[i], above[:, j] = 0, 0
    return torch.tensor(taken).reshape(-1, 2)
""",
        """
def clearest(scores):
    if not scores.size or scores.max() <= LEAST:
        return []
    best = scores.max(axis=1)
    at = scores.argmax(axis=1)
    others = np.maximum(np.where(np.arange(scores.shape[1]) == at[:, None], -9, scores).max(axis=1), LEAST)
    i = int(np.where(best > LEAST, best - others, -9).argmax())
    j = int(at[i])
    rest = clearest(np.delete(np.delete(scores, i, 0), j, 1))
    return [(i, j), *((a + (a >= i), b + (b >= j)) for a, b in rest)]
""",
        """
import heapq

def clearest(scores):
    rows, columns, a, b = range(len(scores)), set(range(scores.shape[1])), [], []
    while rows and columns:
        two = {i: heapq.nlargest(2, [LEAST, *scores[i, list(columns)]]) for i in rows}
        rows = sorted((i for i in rows if two[i][0] > LEAST), key=lambda i: two[i][1] - two[i][0])
        if rows:
            a.append(rows.pop(0))
            b.append(next(j for j in columns if scores[a[-1], j] == two[a[-1]][0]))
            columns.remove(b[-1])
    return np.array([a, b]).T
""",
        """
def clearest(scores):
    pairs = {(i, j): float(s) for (i, j), s in np.ndenumerate(scores) if s > LEAST}
    taken = set()
    while pairs:
        def lead(pair):
            others = [s for p, s in pairs.items() if p[0] == pair[0] and p != pair]
            return pairs[pair] - max(others, default=LEAST)
        i, j = max(pairs, key=lead)
        taken.add((i, j))
        pairs = {p: s for p, s in pairs.items() if p[0] != i and p[1] != j}
    return taken
""",
        """
def clearest(scores):
    s = scores.astype(np.float32)
    free_row, free_column = np.ones(s.shape[0], bool), np.ones(s.shape[1], bool)
    out = np.zeros((0, 2))
    for _ in range(min(s.shape)):
        t = np.where(free_row[:, None] & free_column, s, np.float32(LEAST))
        t = np.maximum(np.hstack([t, np.full((len(t), 1), LEAST, np.float32)]), np.float32(LEAST))
        two = np.partition(t, -2, axis=1)[:, -2:]
        i = int(np.diff(two)[:, 0].argmax())
        if two[i, 1] <= LEAST:
            break
        j = int(t[i].argmax())
        out = np.vstack([out, [i, j]])
        free_row[i] = free_column[j] = False
    return out
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
    Change("clearest", "choice[-1] - choice[-2] for", "choice[-1] for", "greedy-for-clearest"),
    Change("clearest", "choice[-1] - choice[-2] for", "choice[-2] - choice[-1] for", "worst-first"),
    Change("clearest", "choice[-1] - choice[-2] for", "choice[-1] / choice[-2] for", "quotient-for-lead"),
    Change("clearest", "[LEAST, *np.maximum(scores[row, columns], LEAST)]", "[0, *np.maximum(scores[row, columns], 0)]",
           "single-worth-nothing"),
    Change("clearest", "sorted([LEAST, *np.maximum(scores[row, columns], LEAST)])",
           "sorted(scores[row, columns]) if len(columns) > 1 else [LEAST, *scores[row, columns]]",
           "single-not-counted"),
    Change("clearest", "np.maximum(scores[row, columns], LEAST)", "scores[row, columns]", "stops-early"),
    Change("clearest", "np.maximum(scores[row, columns], LEAST)", "np.maximum(scores[row], LEAST)",
           "leads-not-renewed"),
    Change("clearest", "<= LEAST:", "< LEAST:", "at-least-for-more-than"),
    Change("clearest", "    rows, columns", "    LEAST = 0\n    rows, columns", "least-ignored"),
    Change("clearest", "        columns.remove(column)\n", "", "column-used-twice"),
    Change("clearest", "        rows.remove(row)\n", "", "row-used-twice"),
    Change("clearest", "taken.append((row, column))", "taken.append((column, row))", "row-column-swapped"),
    Change("clearest", "    rows, columns, taken",
           "    rows, columns = linear_sum_assignment(scores, maximize=True)\n"
           "    return [pair for pair in zip(rows, columns) if scores[pair] > LEAST]\n    rows, columns, taken",
           "optimal-for-clearest"),
    Change("best", " + ROW_COST + COLUMN_COST", "", "cost-ignored"),
    Change("best", " + COLUMN_COST", "", "cost-counted-once"),
    Change("best", "+ ROW_COST + COLUMN_COST", "- ROW_COST - COLUMN_COST", "cost-subtracted"),
    Change("best", "maximize=True", "maximize=False", "minimum-for-maximum"),
    Change("best", " if pays[row, column]", "", "nonpositive-taken"),
    Change("best", "np.where(pays, saved, 0)", "scores", "refused-pairs-count"),
    Change("best", "pays = saved > 0", "pays = scores > 0", "negative-pairs-refused"),
    Change("best", "np.where(pays, saved, 0), maximize=True)", "np.where(pays, scores, 0), maximize=True)",
           "sum-too-small"),
    Change("shared", "np.repeat(np.maximum(scores, 0), CAPACITY, axis=1)", "np.maximum(scores, 0)",
           "sum-too-small"),
    Change("shared", "    seats =", "    CAPACITY = globals()['CAPACITY'] + 1\n    seats =", "capacity-off-by-one"),
    Change("shared", "int(seat) // CAPACITY", "int(seat) % scores.shape[1]", "seats-misread"),
    Change("shared", "np.repeat(np.maximum(scores, 0), CAPACITY, axis=1)", "np.tile(np.maximum(scores, 0), CAPACITY)",
           "seats-misread"),
    Change("shared", "int(seat) // CAPACITY", "int(seat) % CAPACITY", "seats-misread"),
    Change("shared", " if seats[row, seat] > 0", "", "nonpositive-taken"),
    Change("shared", "np.maximum(scores, 0)", "scores", "refused-pairs-count"),
    Change("shared", "int(seat) // CAPACITY", "int(seat)", "no-such-pair"),
    Change("shared", "maximize=True", "maximize=False", "minimum-for-maximum"),
    Change("proof", "+ ROW_COST + COLUMN_COST", "- ROW_COST - COLUMN_COST", "cost-subtracted"),
    Change("proof", " + COLUMN_COST", "", "cost-counted-once"),
    Change("proof", " + ROW_COST + COLUMN_COST", "", "cost-ignored"),
    Change("proof", "return least.x[:n], least.x[n:]", "return least.x[n:], least.x[:n]", "wrong-axes"),
    Change("proof", "return least.x[:n], least.x[n:]", "return 1.1 * least.x[:n], 1.1 * least.x[n:]", "bound-too-high"),
    Change("proof", "return least.x[:n], least.x[n:]", "return 0.9 * least.x[:n], 0.9 * least.x[n:]", "not-covered"),
    Change("proof", "return least.x[:n], least.x[n:]", "return least.x", "wrong-type"),
    Change("proof", "return least.x[:n], least.x[n:]",
           "return np.maximum((scores + ROW_COST + COLUMN_COST).max(axis=1), 0), np.zeros(m)", "first-labels"),
]  # fmt: skip
