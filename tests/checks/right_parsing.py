"""Right solutions of the tasks on line integrals, matching and assembly, in many ways."""

from __future__ import annotations

from tests.checks.solutions import Solution

_READ = """
import numpy as np

def read(field, x, y):
    _, h, w = field.shape
    c, r = min(int(x), w - 2), min(int(y), h - 2)
    fx, fy = x - c, y - r
    top = (1 - fx) * field[:, r, c] + fx * field[:, r, c + 1]
    bottom = (1 - fx) * field[:, r + 1, c] + fx * field[:, r + 1, c + 1]
    return (1 - fy) * top + fy * bottom
"""


def _samples(n: int) -> Solution:
    return Solution("line_integral", _READ + f"""
def line_integral(field, d1, d2):
    direction = (d2 - d1) / np.linalg.norm(d2 - d1)
    return np.mean([read(field, *((1 - u) * d1 + u * d2)) @ direction for u in np.linspace(0, 1, {n})])
""")  # fmt: skip


INTEGRALS = {
    "line_integral/10-samples": _samples(10),
    "line_integral/11-samples": _samples(11),
    "line_integral/25-samples": _samples(25),
    "line_integral/500-samples": _samples(500),
    "line_integral/midpoints": Solution("line_integral", _READ + """
def line_integral(field, d1, d2):
    direction = (d2 - d1) / np.linalg.norm(d2 - d1)
    return np.mean([read(field, *((1 - u) * d1 + u * d2)) @ direction for u in (np.arange(40) + 0.5) / 40])
"""),
    "line_integral/trapezoid": Solution("line_integral", _READ + """
def line_integral(field, d1, d2):
    v = (d2 - d1) / np.linalg.norm(d2 - d1)
    dots = np.array([read(field, *(d1 + u * (d2 - d1))) @ v for u in np.linspace(0, 1, 33)])
    return (dots.sum() - (dots[0] + dots[-1]) / 2) / 32
"""),
    "line_integral/scipy": Solution("line_integral", """
import numpy as np
from scipy.ndimage import map_coordinates

def line_integral(field, d1, d2):
    direction = (d2 - d1) / np.linalg.norm(d2 - d1)
    points = d1[:, None] + (d2 - d1)[:, None] * np.linspace(0, 1, 20)
    values = np.stack([map_coordinates(one, points[::-1], order=1, mode="nearest") for one in field])
    return (direction @ values).mean()
"""),
    "line_integral/gauss": Solution("line_integral", _READ + """
def line_integral(field, d1, d2):
    v = (d2 - d1) / np.hypot(*(d2 - d1))
    x, w = np.polynomial.legendre.leggauss(30)
    dots = np.array([read(field, *(d1 + (t + 1) / 2 * (d2 - d1))) @ v for t in x])
    return (w * dots).sum() / 2
"""),
    "line_integral/torch": Solution("line_integral", """
import torch

def line_integral(field, d1, d2):
    f, a, b = torch.tensor(field), torch.tensor(d1), torch.tensor(d2)
    _, h, w = f.shape
    points = a + torch.linspace(0, 1, 15)[:, None] * (b - a)
    grid = (2 * points / torch.tensor([w - 1, h - 1]) - 1)[None, None]
    values = torch.nn.functional.grid_sample(f[None], grid, align_corners=True, padding_mode="border")[0, :, 0]
    return (((b - a) / (b - a).norm()) @ values).mean()
"""),
    "line_integral/float32": Solution("line_integral", """
import numpy as np

def line_integral(field, d1, d2):
    field, d1, d2 = (np.float32(one) for one in (field, d1, d2))
    _, h, w = field.shape
    u = np.linspace(0, 1, 12, dtype=np.float32)[:, None]
    x, y = ((1 - u) * d1 + u * d2).T
    c, r = np.minimum(x.astype(int), w - 2), np.minimum(y.astype(int), h - 2)
    fx, fy = x - c, y - r
    L = ((field[:, r, c] * (1 - fx) + field[:, r, c + 1] * fx) * (1 - fy)
         + (field[:, r + 1, c] * (1 - fx) + field[:, r + 1, c + 1] * fx) * fy)
    return float(((d2 - d1) / np.linalg.norm(d2 - d1) @ L).mean())
"""),
    "line_integral/package": Solution("line_integral", """
from paflib.parser import line_integral as theirs

def line_integral(field, d1, d2):
    return theirs(field, d1, d2, samples=10)[0]
"""),
    "line_integral/weighted": Solution("line_integral", _READ + """
def line_integral(field, d1, d2):
    direction = (d2 - d1) / np.linalg.norm(d2 - d1)
    u = np.linspace(0, 1, 10)
    dots = np.array([read(field, *((1 - k) * d1 + k * d2)) @ direction for k in u])
    weights = 0.4 + (1.6 - 0.4) * u
    return (weights * dots).sum() / weights.sum()
""", "", {"start": 0.4, "end": 1.6}),
    "line_integral/skipped": Solution("line_integral", _READ + """
def line_integral(field, d1, d2):
    direction = (d2 - d1) / np.linalg.norm(d2 - d1)
    return np.mean([read(field, *((1 - u) * d1 + u * d2)) @ direction for u in np.linspace(0.2, 0.8, 16)])
""", "", {"skip": 0.2}),
}  # fmt: skip

SCORES = {
    "pair_score/plain": Solution("pair_score", """
def pair_score(dots, threshold, share):
    enough = (dots > threshold).mean() >= share - 1e-9
    return dots.mean() if enough and dots.mean() > 0 else 0.0
"""),
    "pair_score/counting": Solution("pair_score", """
def pair_score(dots, threshold, share):
    n = len(dots)
    good = sum(1 for dot in dots if dot > threshold)
    mean = sum(dots) / n
    return mean if good + 1e-6 >= share * n and mean > 0 else 0
"""),
    "pair_score/torch": Solution("pair_score", """
import torch

def pair_score(dots, threshold, share):
    d = torch.tensor(dots)
    ok = ((d > threshold).double().mean() >= share - 1e-9) & (d.mean() > 0)
    return torch.where(ok, d.mean(), torch.zeros((), dtype=d.dtype))
"""),
    "pair_score/gap": Solution("pair_score", """
def pair_score(dots, threshold, share):
    good = dots > threshold
    longest = max(len(run) for run in "".join("01"[int(g)] for g in good).split("1"))
    return dots.mean() if good.mean() >= share - 1e-9 and dots.mean() > 0 and longest <= 1 else 0.0
""", "", {"gap": 1}),
}  # fmt: skip

GREEDY = {
    "greedy/strike-out": Solution("greedy", """
import numpy as np

def greedy(scores):
    left, pairs = np.array(scores, float), []
    while left.size and left.max() > 0:
        row, column = np.unravel_index(left.argmax(), left.shape)
        pairs.append((int(row), int(column)))
        left[row, :] = left[:, column] = 0
    return pairs
"""),
    "greedy/sorted": Solution("greedy", """
def greedy(scores):
    every = sorted(((scores[i, j], i, j) for i in range(scores.shape[0]) for j in range(scores.shape[1])), reverse=True)
    rows, columns, pairs = set(), set(), []
    for score, i, j in every:
        if score > 0 and i not in rows and j not in columns:
            rows.add(i)
            columns.add(j)
            pairs.append([i, j])
    return pairs
"""),
    "greedy/heap": Solution("greedy", """
import heapq

def greedy(scores):
    heap = [(-s, i, j) for i, row in enumerate(scores.tolist()) for j, s in enumerate(row) if s > 0]
    heapq.heapify(heap)
    partner, taken = {}, set()
    while heap:
        _, i, j = heapq.heappop(heap)
        if i not in partner and j not in taken:
            partner[i] = j
            taken.add(j)
    return partner
"""),
    "greedy/recursive": Solution("greedy", """
import numpy as np

def greedy(scores):
    if not scores.size or scores.max() <= 0:
        return []
    i, j = np.unravel_index(scores.argmax(), scores.shape)
    rest = scores.copy()
    rest[i], rest[:, j] = -np.inf, -np.inf
    return [(i, j)] + greedy(rest)
"""),
    "greedy/argsort": Solution("greedy", """
import numpy as np

def greedy(scores):
    rows, columns = np.nonzero(scores > 0)
    order = np.argsort(-scores[rows, columns], kind="stable")
    used_r, used_c = np.zeros(scores.shape[0], bool), np.zeros(scores.shape[1], bool)
    out = []
    for r, c in zip(rows[order], columns[order]):
        if not (used_r[r] or used_c[c]):
            used_r[r] = used_c[c] = True
            out.append((r, c))
    return np.array(out)
"""),
    "greedy/masked": Solution("greedy", """
import numpy as np

def greedy(scores):
    table = np.ma.masked_less_equal(scores, 0)
    pairs = set()
    while table.count():
        i, j = np.unravel_index(np.ma.argmax(table), table.shape)
        pairs.add((int(i), int(j)))
        table[i, :] = np.ma.masked
        table[:, j] = np.ma.masked
    return pairs
"""),
    "greedy/torch": Solution("greedy", """
import torch

def greedy(scores):
    left = torch.tensor(scores)
    pairs = []
    while left.numel() and left.max() > 0:
        k = int(left.argmax())
        i, j = divmod(k, left.shape[1])
        pairs.append((i, j))
        left[i, :], left[:, j] = 0, 0
    return torch.tensor(pairs).reshape(-1, 2)
"""),
    "greedy/float32": Solution("greedy", """
import numpy as np

def greedy(scores):
    left = scores.astype(np.float32)
    out = np.zeros((0, 2))
    for _ in range(min(left.shape)):
        if left.max() <= 0:
            break
        i, j = divmod(int(left.argmax()), left.shape[1])
        out = np.vstack([out, [i, j]])
        left[i], left[:, j] = -1, -1
    return out
"""),
    "greedy/package": Solution("greedy", """
from paflib.parser import greedy
"""),
    "greedy/last-of-equals": Solution("greedy", """
import numpy as np

def greedy(scores):
    flipped, (n, m) = scores[::-1, ::-1].copy(), scores.shape
    pairs = []
    while flipped.size and flipped.max() > 0:
        i, j = np.unravel_index(flipped.argmax(), flipped.shape)
        pairs.append((n - 1 - i, m - 1 - j))
        flipped[i, :] = flipped[:, j] = 0
    return pairs
"""),
}  # fmt: skip

CLEAREST = {
    "clearest_first/loops": Solution("clearest_first", """
def clearest_first(scores):
    rows, columns, pairs = set(range(scores.shape[0])), set(range(scores.shape[1])), []
    while rows and columns:
        leads = {}
        for i in rows:
            best, second, *_ = sorted([*(scores[i, j] for j in columns), 0, 0], reverse=True)
            if best > 0:
                leads[i] = best - second
        if not leads:
            break
        i = max(leads, key=leads.get)
        j = max(columns, key=lambda j: scores[i, j])
        pairs.append((i, j))
        rows.remove(i), columns.remove(j)
    return pairs
"""),
    "clearest_first/sorted": Solution("clearest_first", """
import numpy as np

def clearest_first(scores):
    left, pairs = np.maximum(scores, 0), []
    while left.any():
        ranked = np.sort(np.pad(left, ((0, 0), (1, 0))), axis=1)
        row = (ranked[:, -1] - ranked[:, -2]).argmax()
        column = left[row].argmax()
        pairs.append([row, column])
        left[row, :] = left[:, column] = 0
    return np.array(pairs)
"""),
    "clearest_first/recursive": Solution("clearest_first", """
def clearest_first(scores, rows=None, columns=None):
    rows = range(scores.shape[0]) if rows is None else rows
    columns = range(scores.shape[1]) if columns is None else columns
    def lead(i):
        best = max(scores[i, j] for j in columns)
        return best - max(0, *(scores[i, j] for j in columns if scores[i, j] < best), -1)
    able = [i for i in rows if any(scores[i, j] > 0 for j in columns)]
    if not able:
        return {}
    i = max(able, key=lead)
    j = max(columns, key=lambda j: scores[i, j])
    rest = clearest_first(scores, [k for k in rows if k != i], [k for k in columns if k != j])
    return {i: j, **rest}
"""),
    "clearest_first/torch": Solution("clearest_first", """
import torch

def clearest_first(scores):
    left, pairs = torch.tensor(scores, dtype=torch.float32).clamp(min=0), []
    while left.numel() and left.max() > 0:
        best = torch.cat([left, torch.zeros(len(left), 2)], 1).topk(2).values
        i = int((best[:, 0] - best[:, 1]).argmax())
        j = int(left[i].argmax())
        pairs.append((i, j))
        left[i], left[:, j] = 0, 0
    return torch.tensor(pairs).reshape(-1, 2)
"""),
    "clearest_first/float32": Solution("clearest_first", """
import numpy as np

def clearest_first(scores):
    left, pairs = scores.astype(np.float32), []
    for _ in range(min(left.shape)):
        low, high = np.sort(np.hstack([left, np.zeros((len(left), 2), np.float32)]), axis=1)[:, -2:].T
        lead = np.where(high > 0, high - low, -1)
        i = int(len(lead) - 1 - lead[::-1].argmax())
        if lead[i] < 0:
            break
        j = int(left[i].argmax())
        pairs.append((i, j))
        left[i], left[:, j] = -1, -1
    return pairs
"""),
    "clearest_first/least": Solution("clearest_first", """
import numpy as np

def clearest_first(scores):
    left, pairs = np.array(scores), []
    while (left > 0.25).any():
        ranked = -np.sort(-np.column_stack([left, np.full((len(left), 2), 0.25)]))
        i = int((ranked[:, 0] - ranked[:, 1]).argmax())
        j = int(left[i].argmax())
        pairs.append((i, j))
        left[i], left[:, j] = 0.25, 0.25
    return pairs
""", "", {"least": 0.25}),
    "clearest_first/least-above": Solution("clearest_first", """
def clearest_first(scores):
    above = {(i, j): s - 0.375 for i, row in enumerate(scores.tolist()) for j, s in enumerate(row) if s > 0.375}
    pairs = []
    while above:
        of = {i: sorted([s for (row, _), s in above.items() if row == i] + [0])[-2:] for i, _ in above}
        i = max(of, key=lambda i: of[i][1] - of[i][0])
        j = max((j for row, j in above if row == i), key=lambda j: above[i, j])
        pairs.append((i, j))
        above = {pair: s for pair, s in above.items() if pair[0] != i and pair[1] != j}
    return pairs
""", "", {"least": 0.375}),
}  # fmt: skip

_CHAPTER = """
import numpy as np

def augment(row, tight, partner, seen):
    for column in np.flatnonzero(tight[row]):
        if column not in seen:
            seen.add(column)
            if column not in partner or augment(partner[column], tight, partner, seen):
                partner[column] = row
                return True
    return False

def best_sum(scores):
    n, m = scores.shape
    s = np.hstack([np.maximum(scores, 0), np.zeros((n, n))])
    u, v, partner = s.max(axis=1, initial=0), np.zeros(m + n), {}
    for row in range(n):
        while not augment(row, u[:, None] + v - s < 1e-9, partner, seen := set()):
            rows, columns = [row, *(partner[column] for column in seen)], list(seen)
            delta = np.delete((u[:, None] + v - s)[rows], columns, axis=1).min()
            u[rows] -= delta
            v[columns] += delta
    return [(row, int(column)) for column, row in partner.items() if column < m and scores[row, column] > 0]
"""

BEST = {
    "best_sum/chapter": Solution("best_sum", _CHAPTER),
    "best_sum/scipy": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    rows, columns = linear_sum_assignment(np.maximum(scores, 0), maximize=True)
    return [(i, j) for i, j in zip(rows, columns) if scores[i, j] > 0]
"""),
    "best_sum/scipy-costs": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    cost = -np.clip(scores, 0, None)
    pairs = np.stack(linear_sum_assignment(cost), axis=1)
    return pairs[scores[pairs[:, 0], pairs[:, 1]] > 0]
"""),
    "best_sum/nobody-columns": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    n, m = scores.shape
    table = np.hstack([scores, np.zeros((n, n))])
    pairs = zip(*linear_sum_assignment(table, maximize=True))
    return {(int(i), int(j)) for i, j in pairs if j < m and scores[i, j] > 0}
"""),
    "best_sum/every-order": Solution("best_sum", """
from functools import lru_cache

def best_sum(scores):
    n, m = scores.shape

    @lru_cache(None)
    def best(row, used):
        if row == n:
            return 0.0, ()
        options = [best(row + 1, used)]
        for j in range(m):
            if scores[row, j] > 0 and not used >> j & 1:
                total, rest = best(row + 1, used | 1 << j)
                options.append((total + scores[row, j], ((row, j), *rest)))
        return max(options, key=lambda option: option[0])
    return best(0, 0)[1]
"""),
    "best_sum/programme": Solution("best_sum", """
import numpy as np
from scipy.optimize import linprog

def best_sum(scores):
    n, m = scores.shape
    if not scores.size:
        return []
    A = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    z = linprog(-scores.ravel(), A_ub=A, b_ub=np.ones(n + m), bounds=(0, 1)).x.reshape(n, m)
    return [(int(i), int(j)) for i, j in np.argwhere(z > 0.5) if scores[i, j] > 0]
"""),
    "best_sum/auction": Solution("best_sum", """
import numpy as np

def best_sum(scores):
    n, m = scores.shape
    s = np.hstack([np.maximum(scores, 0), np.zeros((n, n))])
    prices, owner, waiting, eps = np.zeros(n + m), {}, list(range(n)), 1e-4 / (n + 1)
    while waiting:
        i = waiting.pop()
        gain = s[i] - prices
        first, second = np.argsort(-gain)[:2] if n + m > 1 else (0, 0)
        prices[first] += gain[first] - gain[second] + eps
        if first in owner:
            waiting.append(owner[first])
        owner[first] = i
    return [(i, int(j)) for j, i in owner.items() if j < m and scores[i, j] > 0]
"""),
    "best_sum/torch-table": Solution("best_sum", """
import torch
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    table = torch.tensor(scores).clamp(min=0)
    rows, columns = linear_sum_assignment(table.numpy(), maximize=True)
    pairs = torch.tensor([[i, j] for i, j in zip(rows, columns) if table[i, j] > 0])
    return pairs.reshape(-1, 2)
"""),
    "best_sum/package": Solution("best_sum", """
from paflib.parser import hungarian as best_sum
"""),
    "best_sum/integers": Solution("best_sum", """
import numpy as np
from scipy.optimize import LinearConstraint, milp

def best_sum(scores):
    n, m = scores.shape
    if not scores.size:
        return []
    A = [[k // m == i for k in range(n * m)] for i in range(n)] + [[k % m == j for k in range(n * m)] for j in range(m)]
    z = milp(-scores.ravel(), constraints=LinearConstraint(np.array(A, float), -np.inf, 1),
    integrality=1, bounds=(0, 1)).x
    return [divmod(k, m) for k in range(n * m) if z[k] > 0.5 and scores.flat[k] > 0]
"""),
    "best_sum/costs": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    gain = scores + 0.2 + 0.15
    rows, columns = linear_sum_assignment(np.maximum(gain, 0), maximize=True)
    return [(i, j) for i, j in zip(rows, columns) if gain[i, j] > 0]
""", "", {"row_cost": 0.2, "column_cost": 0.15}),
    "best_sum/costs-in-full": Solution("best_sum", """
from itertools import permutations

def best_sum(scores):
    n, m = scores.shape
    def value(pairs):
        total = sum(scores[i, j] for i, j in pairs)
        return total - 0.2 * (n - len(pairs)) - 0.15 * (m - len(pairs))
    best = [()]
    for i in range(n):
        best = [p for b in best for p in [b] + [(*b, (i, j)) for j in range(m) if j not in [q for _, q in b]]]
        best = sorted(best, key=value)[-60:] if len(best) > 20000 else best
    return list(max(best, key=value))
""", "", {"row_cost": 0.2, "column_cost": 0.15}),
}  # fmt: skip

_GROUPS = """
import numpy as np

def assembly(parts, pairs, scores):
    group = [{int(part): k} for k, part in enumerate(parts)]
    for k in np.argsort(-scores, kind="stable"):
        one, two = group[pairs[k, 0]], group[pairs[k, 1]]
        if one is not two and not one.keys() & two.keys():
            one |= two
            for c in two.values():
                group[c] = one
    people = list({id(one): one for one in group if len(one) > 1}.values())
    {end}
"""


def _groups(end: str, **variation: int) -> Solution:
    return Solution("assembly", _GROUPS.replace("{end}", end), "", variation)


ASSEMBLY = {
    "assembly/dicts": _groups("return people"),
    "assembly/lists": _groups("return [list(p.values()) for p in people]"),
    "assembly/sets": _groups("return [set(p.values()) for p in people]"),
    "assembly/arrays": _groups("return [np.array(sorted(p.values())) for p in people]"),
    "assembly/tuples": _groups("return tuple(tuple(p.values()) for p in people)"),
    "assembly/six-rules": Solution("assembly", """
import numpy as np

def assembly(parts, pairs, scores):
    people = []
    def owner(c):
        return next((p for p in people if c in p), None)
    def holds(person, part):
        return any(parts[c] == part for c in person)
    for k in np.argsort(scores)[::-1]:
        a, b = pairs[k].tolist()
        one, two = owner(a), owner(b)
        if one is None and two is None:
            people.append([a, b])
        elif two is None:
            if not holds(one, parts[b]):
                one.append(b)
        elif one is None:
            if not holds(two, parts[a]):
                two.append(a)
        elif one is not two and not any(holds(one, parts[c]) for c in two):
            one.extend(two)
            people.remove(two)
    return people
"""),
    "assembly/union-find": Solution("assembly", """
def assembly(parts, pairs, scores):
    parent = list(range(len(parts)))
    held = [{int(p)} for p in parts]
    def find(k):
        while parent[k] != k:
            k = parent[k]
        return k
    for score, a, b in sorted(((s, int(a), int(b)) for s, (a, b) in zip(scores, pairs)), reverse=True):
        a, b = find(a), find(b)
        if a != b and held[a].isdisjoint(held[b]):
            parent[b] = a
            held[a] |= held[b]
    groups = {}
    for k in range(len(parts)):
        groups.setdefault(find(k), []).append(k)
    return [g for g in groups.values() if len(g) >= 2]
"""),
    "assembly/labels": Solution("assembly", """
import numpy as np

def assembly(parts, pairs, scores):
    label = np.arange(len(parts))
    for k in np.argsort(-scores):
        a, b = label[pairs[k]]
        if a != b and not np.isin(parts[label == a], parts[label == b]).any():
            label[label == b] = a
    return [np.flatnonzero(label == n) for n in np.unique(label) if (label == n).sum() > 1]
"""),
    "assembly/matrix": Solution("assembly", """
import numpy as np

def assembly(parts, pairs, scores):
    J = int(parts.max(initial=0)) + 1
    rows = -np.ones((len(parts), J), int)
    rows[np.arange(len(parts)), parts] = np.arange(len(parts))
    alive = np.ones(len(parts), bool)
    for k in sorted(range(len(scores)), key=lambda k: -scores[k]):
        i, j = (int(np.flatnonzero(alive & (rows == c).any(axis=1))[0]) for c in pairs[k])
        if i != j and not ((rows[i] >= 0) & (rows[j] >= 0)).any():
            rows[i] = np.maximum(rows[i], rows[j])
            alive[j] = False
    return [row[row >= 0].tolist() for row in rows[alive] if (row >= 0).sum() > 1]
"""),
    "assembly/torch": Solution("assembly", """
import torch

def assembly(parts, pairs, scores):
    groups = [{k} for k in range(len(parts))]
    for k in torch.argsort(torch.tensor(scores), descending=True).tolist():
        one, two = (next(g for g in groups if int(c) in g) for c in pairs[k])
        if one is not two and not {int(parts[c]) for c in one} & {int(parts[c]) for c in two}:
            one |= two
            groups.remove(two)
    return [torch.tensor(sorted(g)) for g in groups if len(g) > 1]
"""),
    "assembly/package": Solution("assembly", """
import numpy as np
from paflib import Skeleton
from paflib.parser import Connections, Peaks, assemble_sorted

def assembly(parts, pairs, scores):
    if not len(pairs):
        return []
    n = len(parts)
    J = int(parts.max()) + 2
    order = np.argsort(parts, kind="stable")
    place = np.argsort(order)
    pairs = np.array([sorted(pair, key=lambda c: parts[c]) for pair in pairs.tolist()])
    ends = [tuple(int(parts[c]) for c in pair) for pair in pairs]
    limbs = sorted(set(ends))
    skeleton = Skeleton("any", tuple(f"part {j}" for j in range(J)), limbs)
    peaks = Peaks(parts[order], np.zeros((n, 2)), np.ones(n), np.zeros((n, 2), int))
    limb = np.array([limbs.index(one) for one in ends])
    bodies = assemble_sorted(peaks, Connections(limb, place[pairs[:, 0]], place[pairs[:, 1]], scores), skeleton)
    return [[int(order[k]) for k in body.parts.values()] for body in bodies]
"""),
    "assembly/root": _groups("return [p for p in people if 1 in p]", root=1),
    "assembly/min-parts": _groups("return [p for p in people if len(p) >= 3]", min_parts=3),
    "assembly/max-parts": Solution("assembly", _GROUPS.replace("one.keys() & two.keys():",
        "one.keys() & two.keys() and len(one) + len(two) <= 4:")
                                   .replace("{end}", "return people"), "", {"max_parts": 4}),
}  # fmt: skip

ROOT = {
    "root_first/dicts": Solution("root_first", """
def root_first(parts, pairs, redundant):
    people = []
    for (a, b), extra in zip(pairs.tolist(), redundant.tolist()):
        A, B = int(parts[a]), int(parts[b])
        one = next((p for p in people if a in p.values()), None)
        two = next((p for p in people if b in p.values()), None)
        if not extra:
            if one is None:
                people.append({A: a, B: b})
            else:
                one[B] = b
        elif one is not None and two is None:
            one.setdefault(B, b)
        elif two is not None and one is None:
            two.setdefault(A, a)
    return people
"""),
    "root_first/labels": Solution("root_first", """
import numpy as np

def root_first(parts, pairs, redundant):
    label = -np.ones(len(parts), int)
    for n, ((a, b), extra) in enumerate(zip(pairs, redundant)):
        if not extra:
            label[a] = n if label[a] < 0 else label[a]
            label[b] = label[a]
        elif (label[a] < 0) != (label[b] < 0):
            new, old = (a, b) if label[a] < 0 else (b, a)
            if parts[new] not in parts[label == label[old]]:
                label[new] = label[old]
    return [np.flatnonzero(label == n) for n in np.unique(label[label >= 0])]
"""),
    "root_first/owners": Solution("root_first", """
def root_first(parts, pairs, redundant):
    owner, people = {}, []
    for k in range(len(pairs)):
        a, b = int(pairs[k][0]), int(pairs[k][1])
        if redundant[k]:
            if (a in owner) == (b in owner):
                continue
            new, person = (b, owner[a]) if a in owner else (a, owner[b])
            if all(parts[c] != parts[new] for c in person):
                person.append(new)
                owner[new] = person
            continue
        if a not in owner:
            owner[a] = [a]
            people.append(owner[a])
        owner[a].append(b)
        owner[b] = owner[a]
    return people
"""),
    "root_first/min-parts": Solution("root_first", """
def root_first(parts, pairs, redundant):
    owner, people = {}, []
    for (a, b), extra in zip(pairs.tolist(), redundant.tolist()):
        if extra:
            if (a in owner) != (b in owner):
                new, person = (b, owner[a]) if a in owner else (a, owner[b])
                if parts[new] not in [parts[c] for c in person]:
                    person.append(new)
                    owner[new] = person
        else:
            if a not in owner:
                owner[a] = [a]
                people.append(owner[a])
            owner[a].append(b)
            owner[b] = owner[a]
    return [p for p in people if len(p) >= 3]
""", "", {"min_parts": 3}),
}  # fmt: skip

RIGHT: dict[str, Solution] = INTEGRALS | SCORES | GREEDY | CLEAREST | BEST | ASSEMBLY | ROOT
