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
        """
from scipy.optimize import LinearConstraint, milp

def best(scores):
    n, m = scores.shape
    if n == 0 or m == 0:
        return np.zeros((0, 2))
    taken = np.arange(n * m).reshape(n, m)
    once = np.array([np.isin(np.arange(n * m), line) for line in (*taken, *taken.T)], float)
    gain = scores.ravel() + ROW_COST + COLUMN_COST
    x = milp(-gain, constraints=LinearConstraint(once, ub=1), integrality=np.ones(n * m), bounds=(0, 1)).x
    return np.argwhere((x > 0.5).reshape(n, m) & (gain > 0).reshape(n, m))
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
        """
def shared(scores):
    n, m = scores.shape
    every = np.indices((m + 1,) * n).reshape(n, (m + 1) ** n).T  # a column for each row; m stands for none
    full = (every[:, :, None] == np.arange(m)).sum(axis=1).max(axis=1, initial=0) > CAPACITY
    padded = np.hstack([np.maximum(scores, 0), np.zeros((n, 1))])
    worth = np.where(full, -1.0, padded[np.arange(n), every].sum(axis=1))
    columns = every[worth.argmax()]
    return [(i, j) for i, j in enumerate(columns.tolist()) if j < m and scores[i, j] > 0]
""",
        """
from scipy.optimize import LinearConstraint, milp

def shared(scores):
    n, m = scores.shape
    if not n * m:
        return []
    limits = [(np.outer(np.arange(n) == i, np.ones(m)), 1) for i in range(n)]
    limits += [(np.outer(np.ones(n), np.arange(m) == j), CAPACITY) for j in range(m)]
    rules = LinearConstraint(np.array([one.ravel() for one, _ in limits]), ub=[most for _, most in limits])
    x = milp(-scores.ravel(), constraints=rules, integrality=np.ones(n * m), bounds=(0, 1)).x.reshape(n, m)
    return set(zip(*np.nonzero((x > 0.5) & (scores > 0))))
""",
        """
def shared(scores):
    # One row after another; each may push others on, along the way that gains most.
    of = {}
    for start in range(len(scores)):
        best = {start: (0.0, ())}
        for _ in range(len(scores)):
            for i, (gain, way) in list(best.items()):
                for k, j in of.items():
                    longer = gain + scores[i, j] - scores[k, j]
                    if k not in best or longer > best[k][0] + 1e-12:
                        best[k] = longer, (*way, (i, j))
        ends = [(0.0, (), None)]
        for i, (gain, way) in best.items():
            ends += [(gain, way, i)]
            ends += [(gain + scores[i, j], (*way, (i, j)), None) for j in range(scores.shape[1])
                     if list(of.values()).count(j) < CAPACITY]
        gain, way, single = max(ends, key=lambda end: end[0])
        of.update(dict(way))
        of.pop(single, None)
    return of
""",
        """
from paflib.parser import hungarian

def shared(scores):
    return [[i, seat // CAPACITY] for i, seat in hungarian(np.kron(scores, np.ones((1, CAPACITY))))]
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
    found = linprog(-scores.ravel(), A, [1] * n + [CAPACITY] * m, method="highs")
    return -found.ineqlin.marginals[:n], -found.ineqlin.marginals[n:]
""",
        """
def proof(scores):
    n, m = scores.shape
    seats = np.repeat(np.maximum(scores, 0), CAPACITY, axis=1)
    total = lambda g: g[linear_sum_assignment(g, maximize=True)].sum()
    # What the best sum falls by without one of its seats is a column's label: its greatest price.
    v = np.array([total(seats) - total(np.delete(seats, CAPACITY * j, axis=1)) for j in range(m)])
    return (scores - v).max(axis=1, initial=0), v
""",
        """
from paflib.parser import hungarian_steps

def proof(scores):
    last = hungarian_steps(np.tile(scores, CAPACITY))[-1]
    return last["u"], last["v"][:scores.shape[1]]
""",
        """
def proof(scores):
    n, m = scores.shape
    of = dict(shared(scores))
    v = np.zeros(m)
    # Prices go up until nobody would rather have another column: the least prices.
    for _ in range(m + 1):
        u = [scores[i, of[i]] - v[of[i]] if i in of else 0.0 for i in range(n)]
        v = np.maximum(v, (scores - np.reshape(u, (n, 1))).max(axis=0, initial=0))
    return [max(0.0, float(label)) for label in u], v
""",
        """
def proof(scores):
    n, m = scores.shape
    k = CAPACITY * m + n + 1  # a row may also take one of n + 1 seats that are worth nothing
    cost = np.hstack([-np.repeat(scores, CAPACITY, axis=1), np.zeros((n, n + 1))])
    u, v, row_of = np.zeros(n), np.zeros(k), np.full(k, -1)
    for start in range(n):
        least, before, used = np.full(k, np.inf), np.full(k, -1), np.zeros(k, bool)
        row, at = start, -1
        while row >= 0:
            slack = cost[row] - u[row] - v
            nearer = ~used & (slack < least)
            least[nearer], before[nearer] = slack[nearer], at
            at = int(np.where(used, np.inf, least).argmin())
            step = least[at]
            u[[start, *row_of[used]]] += step
            v[used] -= step
            least[~used] -= step
            used[at], row = True, row_of[at]
        while at >= 0:
            row_of[at] = row_of[before[at]] if before[at] >= 0 else start
            at = before[at]
    return np.abs(u), np.abs(v[:CAPACITY * m:CAPACITY])
""",
        """
import torch
from scipy.optimize import linprog

def proof(scores):
    # The best of all least bounds: one label fixed by the other, u = max(s - v), so that the v alone are free.
    n, m = scores.shape
    if not scores.size:
        return torch.zeros(n), torch.zeros(m)
    rows = [[*(-1.0 * (i == k) for k in range(n)), *(-1.0 * (j == k) for k in range(m))]
            for i in range(n) for j in range(m)]
    v = linprog(np.r_[np.ones(n), np.full(m, CAPACITY)], rows, -scores.ravel(), method="highs-ipm").x[n:]
    v = torch.tensor(v)
    return (torch.tensor(scores) - v).amax(dim=1).clamp(min=0), v
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
    Change("best", "    saved =", "    width = len(scores[0])\n    saved =", "raises"),
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
    Change("shared", "    seats =", "    width = len(scores[0])\n    seats =", "raises"),
    Change("shared", "int(seat) // CAPACITY", "int(seat)", "no-such-pair"),
    Change("shared", "maximize=True", "maximize=False", "minimum-for-maximum"),
    Change("proof", "    n, m = scores.shape", "    n, m = len(scores), len(scores[0])", "raises"),
    Change("proof", "[CAPACITY] * m", "[1] * m", "capacity-ignored"),
    Change("proof", "    from scipy.optimize import linprog\n",
           "    from paflib.parser import hungarian_steps\n    last = hungarian_steps(scores)[-1]\n"
           "    return last['u'], last['v']\n", "capacity-ignored"),
    Change("proof", "    from scipy.optimize import linprog\n",
           "    from paflib.parser import hungarian_steps\n"
           "    last = hungarian_steps(np.repeat(scores, CAPACITY, axis=1))[-1]\n"
           "    return last['u'], np.reshape(last['v'], (-1, CAPACITY)).sum(axis=1)\n", "labels-summed"),
    Change("proof", "return least.x[:n], least.x[n:]", "return least.x[:n], CAPACITY * least.x[n:]", "labels-summed"),
    Change("proof", "return least.x[:n], least.x[n:]", "return least.x[:n], least.x[n:] / CAPACITY", "labels-divided"),
    Change("proof", "return least.x[:n], least.x[n:]", "return least.x[:n], np.repeat(least.x[n:], CAPACITY)",
           "labels-of-seats"),
    Change("proof", "return least.x[:n], least.x[n:]", "return least.x[n:], least.x[:n]", "wrong-axes"),
    Change("proof", "return least.x[:n], least.x[n:]", "return 1.1 * least.x[:n], 1.1 * least.x[n:]", "bound-too-high"),
    Change("proof", "return least.x[:n], least.x[n:]", "return 0.9 * least.x[:n], 0.9 * least.x[n:]", "not-covered"),
    Change("proof", "return least.x[:n], least.x[n:]", "return least.x[:n] - 9, least.x[n:] + 9", "label-negative"),
    Change("proof", "return least.x[:n], least.x[n:]", "return least.x", "wrong-type"),
    Change("proof", "return least.x[:n], least.x[n:]",
           "return np.maximum(scores.max(axis=1), 0), np.zeros(m)", "first-labels"),
]  # fmt: skip
