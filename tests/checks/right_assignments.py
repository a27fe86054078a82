"""Right solutions of the tasks that only assignments ask for."""

from __future__ import annotations

from tests.checks.solutions import Solution

READ = """
import numpy as np
from scipy.ndimage import map_coordinates

def read(field, x, y):
    return np.array([map_coordinates(one, [y, x], order=1, mode="nearest") for one in field])
"""

TABLES = {
    "score_table/loops": Solution("score_table", READ + """
def score_table(field, starts, ends):
    table = np.zeros((len(starts), len(ends)))
    u = np.linspace(0, 1, 10)
    for i, a in enumerate(starts):
        for j, b in enumerate(ends):
            vectors = read(field, a[0] + u * (b - a)[0], a[1] + u * (b - a)[1])
            table[i, j] = ((b - a) @ vectors).mean() / np.linalg.norm(b - a)
    return table
"""),
    "score_table/broadcast": Solution("score_table", READ + """
def score_table(field, starts, ends):
    d = ends[None] - starts[:, None]
    u = np.linspace(0, 1, 21)[:, None, None, None]
    x, y = np.moveaxis(starts[:, None] + u * d, -1, 0)
    v = np.moveaxis(read(field, x.ravel(), y.ravel()).reshape(2, *x.shape), 0, -1)
    return (v * d).sum(-1).mean(0) / np.maximum(np.linalg.norm(d, axis=-1), 1e-9)
"""),
    "score_table/package": Solution("score_table", """
import numpy as np
from paflib.parser import score_pairs

def score_table(field, starts, ends):
    return score_pairs(field, starts, ends)[0].reshape(len(starts), len(ends))
"""),
    "score_table/reach": Solution("score_table", READ + """
def score_table(field, starts, ends):
    def one(a, b):
        long, u = np.hypot(*(b - a)), np.linspace(0, 1, 12)
        E = ((b - a) @ read(field, *(a[:, None] + u * (b - a)[:, None]))).mean() / long
        return E if long <= 2.5 else E + 2.5 / long - 1
    return np.array([[one(a, b) for b in ends] for a in starts]).reshape(len(starts), len(ends))
""", "", {"reach": 2.5}),
}  # fmt: skip

ARCS = {
    "arc_integral/samples": Solution("arc_integral", READ + """
def arc_integral(field, d1, d2):
    d = d2 - d1
    n = np.array([-d[1], d[0]])
    E = []
    for t in np.linspace(0, 1, 20):
        x, y = d1 + t * d + 4 * 0.3 * t * (1 - t) * n
        step = d + 4 * 0.3 * (1 - 2 * t) * n
        E.append(step @ read(field, [x], [y])[:, 0] / np.linalg.norm(step))
    return np.mean(E)
"""),
    "arc_integral/midpoints": Solution("arc_integral", READ + """
def arc_integral(field, d1, d2):
    d = d2 - d1
    n = np.array([-d[1], d[0]])
    t = (np.arange(40) + 0.5) / 40
    at = d1[:, None] + np.outer(d, t) + np.outer(n, 1.2 * t * (1 - t))
    step = d[:, None] + np.outer(n, 1.2 - 2.4 * t)
    return ((step / np.linalg.norm(step, axis=0)) * read(field, *at)).sum(axis=0).mean()
"""),
    "arc_integral/differences": Solution("arc_integral", READ + """
def arc_integral(field, d1, d2):
    d = d2 - d1
    n = np.array([-d[1], d[0]])
    t = np.linspace(0, 1, 101)
    at = d1[:, None] + np.outer(d, t) + np.outer(n, 1.2 * t * (1 - t))
    step = np.gradient(at, axis=1)
    return np.float32(((step / np.linalg.norm(step, axis=0)) * read(field, *at)).sum(axis=0).mean())
"""),
}  # fmt: skip

SHARED = {
    "shared_sum/once": Solution("shared_sum", """
from paflib.parser import hungarian

def shared_sum(scores):
    return hungarian(scores)
"""),
    "shared_sum/tried": Solution("shared_sum", """
from functools import lru_cache

def shared_sum(scores):
    n, m = scores.shape
    @lru_cache(None)
    def best(i, used):
        if i == n:
            return 0.0, ()
        options = [best(i + 1, used)]
        for j in range(m):
            if scores[i, j] > 0 and not used >> j & 1:
                value, pairs = best(i + 1, used | 1 << j)
                options.append((value + float(scores[i, j]), ((i, j), *pairs)))
        return max(options)
    return list(best(0, 0)[1])
"""),
    "shared_sum/padded": Solution("shared_sum", """
import torch
from scipy.optimize import linear_sum_assignment

def shared_sum(scores):
    gain = torch.clamp(torch.tensor(scores), min=0)
    pairs = torch.tensor(list(zip(*linear_sum_assignment(-gain.numpy())))).reshape(-1, 2)
    return pairs[gain[pairs[:, 0], pairs[:, 1]] > 0] if pairs.numel() else pairs
"""),
    "shared_sum/twice": Solution("shared_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def shared_sum(scores):
    wide = np.maximum(np.repeat(scores, 2, axis=1), 0)
    rows, columns = linear_sum_assignment(wide, maximize=True)
    return [(i, j // 2) for i, j in zip(rows, columns) if wide[i, j] > 0]
""", "", {"capacity": 2}),
    "shared_sum/program": Solution("shared_sum", """
import numpy as np
from scipy.optimize import linprog

def shared_sum(scores):
    n, m = scores.shape
    if not n * m:
        return []
    rows, columns = np.repeat(np.eye(n), m, axis=1), np.tile(np.eye(m), n)
    # Two solutions may be equally good: a little noise decides for a corner of the polytope.
    c = -scores.ravel() - 1e-9 * np.arange(n * m)
    x = linprog(c, np.concatenate([rows, columns]), np.concatenate([np.ones(n), np.full(m, 3)]), method="highs-ds").x
    return np.argwhere((x.reshape(n, m) > 0.5) & (scores > 0))
""", "", {"capacity": 3}),
}  # fmt: skip

LABELS = {
    "labels/program": Solution("labels", """
import numpy as np
from scipy.optimize import linprog

def labels(scores):
    n, m = scores.shape
    if not n * m:
        return np.zeros(n), np.zeros(m)
    A = np.concatenate([np.repeat(np.eye(n), m, axis=0), np.tile(np.eye(m), (n, 1))], axis=1)
    x = linprog(np.ones(n + m), -A, -scores.ravel()).x
    return x[:n], x[n:]
"""),
    "labels/moved": Solution("labels", """
import numpy as np

def labels(scores):
    n, m = scores.shape
    k = n + m
    gain = np.zeros((k, k))
    gain[:n, :m] = np.maximum(scores, 0)
    u, v, of = gain.max(axis=1, initial=0), np.zeros(k), [-1] * k
    for start in range(k):
        rows, came = {start}, {}
        while True:
            slack = {(i, j): u[i] + v[j] - gain[i, j] for i in rows for j in range(k) if j not in came}
            (i, j), step = min(slack.items(), key=lambda item: item[1])
            for row in rows:
                u[row] -= step
            for column in came:
                v[column] += step
            came[j] = i
            if of[j] < 0:
                break
            rows.add(of[j])
        while True:
            i = came[j]
            before = next((c for c in range(k) if of[c] == i), None)
            of[j] = i
            if i == start:
                break
            j = before
    low = min(v.min(initial=0), 0)
    u, v = u + low, v - low
    return [max(0.0, float(x)) for x in u[:n]], [max(0.0, float(x)) for x in v[:m]]
"""),
    "labels/prices": Solution("labels", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def labels(scores):
    gain = np.maximum(scores, 0).astype(np.float32)
    total = lambda g: g[linear_sum_assignment(g, maximize=True)].sum()
    if not gain.size:
        return np.zeros(len(gain)), np.zeros(gain.shape[1])
    u = np.array([total(gain) - total(np.delete(gain, i, axis=0)) for i in range(len(gain))])
    return u, np.maximum((gain - u[:, None]).max(axis=0), 0)
"""),
    "labels/shared": Solution("labels", """
import numpy as np
from scipy.optimize import linprog

def labels(scores):
    n, m = scores.shape
    if not n * m:
        return [0.0] * n, [0.0] * m
    A = np.concatenate([np.repeat(np.eye(n), m, axis=1), np.tile(np.eye(m), n)])
    found = linprog(-scores.ravel(), A, [1] * n + [3] * m, method="highs")
    return -found.ineqlin.marginals[:n], -found.ineqlin.marginals[n:]
""", "", {"capacity": 3}),
    "labels/seats": Solution("labels", """
import numpy as np
from paflib.parser import hungarian_steps

def labels(scores):
    last = hungarian_steps(np.repeat(scores, 2, axis=1))[-1]
    return last["u"], np.reshape(last["v"], (-1, 2)).min(axis=1)
""", "", {"capacity": 2}),
}  # fmt: skip

PERSONS = {
    "person_scores/loops": Solution("person_scores", """
def person_scores(heights, owner, pairs, scores):
    found = [0.0] * (max(owner, default=-1) + 1)
    for k, person in enumerate(owner):
        if person >= 0:
            found[person] += heights[k]
    for (a, b), score in zip(pairs, scores):
        if owner[a] == owner[b] and owner[a] >= 0:
            found[owner[a]] += score
    return found
"""),
    "person_scores/bincount": Solution("person_scores", """
import numpy as np

def person_scores(heights, owner, pairs, scores):
    one, two = owner[pairs].T
    inside = (one == two) & (one >= 0)
    n = owner.max(initial=-1) + 1
    heights = np.bincount(owner[owner >= 0], heights[owner >= 0], n)
    return (heights + np.bincount(one[inside], scores[inside], n)).astype(np.float32)
"""),
    "person_scores/torch": Solution("person_scores", """
import torch

def person_scores(heights, owner, pairs, scores):
    owner, pairs = torch.tensor(owner), torch.tensor(pairs)
    people = torch.arange(int(owner.max()) + 1 if len(owner) else 0)
    mine = (owner == people[:, None]).double()
    both = mine[:, pairs[:, 0]] * mine[:, pairs[:, 1]]
    return mine @ torch.tensor(heights) + both @ torch.tensor(scores)
"""),
    "person_scores/weighted": Solution("person_scores", """
import numpy as np

def person_scores(heights, owner, pairs, scores):
    people = [np.flatnonzero(owner == m) for m in range(owner.max(initial=-1) + 1)]
    within = [np.isin(pairs, mine).all(axis=1) for mine in people]
    return [(heights[p].sum() + 2.0 * scores[w].sum()) / len(p) for p, w in zip(people, within)]
""", "", {"weight": 2.0}),
}  # fmt: skip

GROUPS = {
    "best_groups/partitions": Solution("best_groups", """
def best_groups(parts, pairs, scores):
    def ways(k, groups):
        if k == len(parts):
            yield groups
            return
        for n, group in enumerate(groups):
            if all(parts[k] != parts[o] for o in group):
                yield from ways(k + 1, groups[:n] + [group + [k]] + groups[n + 1:])
        yield from ways(k + 1, groups + [[k]])
    def worth(groups):
        return sum(s for (a, b), s in zip(pairs, scores) for g in groups if a in g and b in g)
    return [g for g in max(ways(0, []), key=worth) if len(g) > 1]
"""),
    "best_groups/subsets": Solution("best_groups", """
from functools import lru_cache

def best_groups(parts, pairs, scores):
    n = len(parts)
    def value(mask):
        return sum(s for (a, b), s in zip(pairs, scores) if mask >> a & 1 and mask >> b & 1)
    def allowed(mask):
        held = [parts[k] for k in range(n) if mask >> k & 1]
        return len(set(held)) == len(held)
    @lru_cache(None)
    def best(left):
        if not left:
            return 0.0, ()
        first = left & -left
        rest, found, sub = left ^ first, None, left ^ first
        while True:
            mask = sub | first
            if allowed(mask):
                more, groups = best(left ^ mask)
                if found is None or value(mask) + more > found[0]:
                    found = value(mask) + more, (mask, *groups)
            if not sub:
                return found
            sub = (sub - 1) & rest
    masks = best((1 << n) - 1)[1]
    return [[k for k in range(n) if mask >> k & 1] for mask in masks]
"""),
    "best_groups/labels": Solution("best_groups", """
import numpy as np
from itertools import product

def best_groups(parts, pairs, scores):
    n, best, kept = len(parts), 0.0, np.arange(len(parts))
    for label in map(np.array, product(*(range(k + 1) for k in range(n)))):
        clash = (label[:, None] == label) & (parts[:, None] == parts)
        if clash.sum() == n:
            value = scores[label[pairs[:, 0]] == label[pairs[:, 1]]].sum()
            if value > best + 1e-12:
                best, kept = value, label
    return [np.flatnonzero(kept == name) for name in np.unique(kept)]
"""),
    "best_groups/cost": Solution("best_groups", """
def best_groups(parts, pairs, scores):
    table = {frozenset(pair): s for pair, s in zip(map(tuple, pairs.tolist()), scores.tolist())}
    def search(k, groups):
        if k == len(parts):
            inside = sum(s for pair, s in table.items() if any(pair <= set(g) for g in groups))
            return inside - 0.25 * sum(len(g) > 1 for g in groups), groups
        options = [search(k + 1, [*groups, {k}])]
        for g in groups:
            if parts[k] not in [parts[o] for o in g]:
                options.append(search(k + 1, [o if o is not g else g | {k} for o in groups]))
        return max(options, key=lambda one: one[0])
    return [sorted(g) for g in search(0, [])[1] if len(g) > 1]
""", "", {"cost": 0.25}),
}  # fmt: skip

RIGHT: dict[str, Solution] = TABLES | ARCS | SHARED | LABELS | PERSONS | GROUPS
