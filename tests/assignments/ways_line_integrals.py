"""Right ways and mistakes of the assignment on line integrals."""

from __future__ import annotations

from tests.assignments.hand_in import Change

_READ = """
from scipy.ndimage import map_coordinates

def between(field, x, y):
    return np.array([map_coordinates(one, [[y], [x]], order=1)[0] for one in field])
"""
_LOOPS = """
def between(field, x, y):
    value = [0.0, 0.0]
    for i in range(field.shape[1]):
        for j in range(field.shape[2]):
            near = max(0, 1 - abs(x - j)) * max(0, 1 - abs(y - i))
            value = [value[0] + near * field[0, i, j], value[1] + near * field[1, i, j]]
    return np.array(value)
"""
_TORCH = """
import torch

def between(field, x, y):
    _, h, w = field.shape
    at = torch.tensor([[[[2 * x / (w - 1) - 1, 2 * y / (h - 1) - 1]]]], dtype=torch.float64)
    F = torch.tensor(np.array(field), dtype=torch.float64)[None]
    return torch.nn.functional.grid_sample(F, at, align_corners=True).reshape(2).numpy()
"""

WAYS: dict[str, list[str]] = {
    "weighted": [
        _READ + """
def weighted(field, d1, d2):
    u = np.linspace(SKIP, 1 - SKIP, 10)
    v = [map_coordinates(one, d1[::-1, None] + u * (d2 - d1)[::-1, None], order=1) for one in field]
    return np.average((d2 - d1) @ v / np.hypot(*(d2 - d1)), weights=START + (END - START) * u)
""",
        _LOOPS + """
def weighted(field, d1, d2):
    n, total, weights = 10, 0.0, 0.0
    length = ((d2[0] - d1[0]) ** 2 + (d2[1] - d1[1]) ** 2) ** 0.5
    for k in range(n):
        u = SKIP + (1 - 2 * SKIP) * k / (n - 1)
        value = between(field, d1[0] + u * (d2[0] - d1[0]), d1[1] + u * (d2[1] - d1[1]))
        w = START * (1 - u) + END * u
        total += w * (value[0] * (d2[0] - d1[0]) + value[1] * (d2[1] - d1[1])) / length
        weights += w
    return total / weights
""",
        _TORCH + """
def weighted(field, d1, d2):
    u = torch.linspace(SKIP, 1 - SKIP, 15, dtype=torch.float64)
    v = torch.tensor(np.array([between(field, *(d1 + float(s) * (d2 - d1))) for s in u]))
    way = torch.tensor(d2 - d1)
    w = torch.lerp(torch.full_like(u, START), torch.full_like(u, END), u)
    return (w * (v @ way)).sum() / w.sum() / way.norm()
""",
        """
def between(field, x, y):
    c, r = np.clip(int(x), 0, field.shape[2] - 2), np.clip(int(y), 0, field.shape[1] - 2)
    top = field[:, r, c] + (x - c) * (field[:, r, c + 1] - field[:, r, c])
    bottom = field[:, r + 1, c] + (x - c) * (field[:, r + 1, c + 1] - field[:, r + 1, c])
    return top + (y - r) * (bottom - top)

def weighted(field, d1, d2):
    d = (d2 - d1) / np.linalg.norm(d2 - d1)
    u = np.linspace(SKIP, 1 - SKIP, 101)
    f = np.array([between(field, *p) @ d for p in d1 + u[:, None] * (d2 - d1)])
    w = np.interp(u, [0, 1], [START, END])
    middle = lambda a: ((a[1:] + a[:-1]) / 2).sum()
    return middle(w * f) / middle(w)
""",
        _READ + """
def weighted(field, d1, d2):
    d1, d2, field = (np.asarray(one, np.float32) for one in (d1, d2, field))
    u = np.linspace(SKIP, 1 - SKIP, 20, dtype=np.float32)
    dots = np.array([between(field, *(d1 + s * (d2 - d1))) for s in u]) @ ((d2 - d1) / np.linalg.norm(d2 - d1))
    return np.float32((dots * (START + u * (END - START))).sum() / (START + u * (END - START)).sum())
""",
        _READ + """
def weighted(field, d1, d2):
    along = np.tensordot((d2 - d1) / np.linalg.norm(d2 - d1), field, 1)[None]
    u = np.linspace(SKIP, 1 - SKIP, 30)
    values = np.concatenate([between(along, *(d1 * (1 - s) + d2 * s)) for s in u])
    w = START - (START - END) * u
    return float(w @ values / sum(w))
""",
        _LOOPS + """
def weighted(field, d1, d2):
    samples = [(START + (END - START) * u, between(field, *((1 - u) * d1 + u * d2)))
               for u in [SKIP + k * (1 - 2 * SKIP) / 19 for k in range(20)]]
    mean = sum(w * v for w, v in samples) / sum(w for w, _ in samples)
    return mean @ (d2 - d1) / np.sqrt((d2 - d1) @ (d2 - d1))
""",
    ],
    "table": [
        """
def table(field, starts, ends):
    d = ends[None] - starts[:, None]
    if not d.size:
        return np.zeros(d.shape[:2])
    long = np.linalg.norm(d, axis=-1)
    us = np.linspace(SKIP, 1 - SKIP, 11)
    v = np.mean([[[between(field, *(a + u * (b - a))) for b in ends] for a in starts] for u in us], axis=0)
    return (v * d).sum(-1) / long + np.minimum(REACH / long - 1, 0)
""",
        """
def table(field, starts, ends):
    def one(a, b):
        long = np.hypot(*(b - a))
        dots = [between(field, *((1 - u) * a + u * b)) @ (b - a) / long for u in np.linspace(SKIP, 1 - SKIP, 25)]
        return np.mean(dots) - (1 - REACH / long if long > REACH else 0)
    return np.array([one(a, b) for a in starts for b in ends]).reshape(len(starts), len(ends))
""",
        """
from paflib.parser import score_pairs

def table(field, starts, ends):
    E = np.zeros((len(starts), len(ends)))
    for i, a in enumerate(starts):
        for j, b in enumerate(ends):
            kept = a + SKIP * (b - a), b - SKIP * (b - a)
            E[i, j] = score_pairs(field, *(one[None] for one in kept))[0].item()
            E[i, j] += min(REACH / np.hypot(*(a - b)) - 1, 0)
    return E
""",
        """
import torch

def table(field, starts, ends):
    A, B = (torch.tensor(np.asarray(one, float).reshape(-1, 2)) for one in (starts, ends))
    d = B[None] - A[:, None]
    far = torch.cdist(A, B)
    E = torch.zeros(far.shape, dtype=torch.float64)
    for u in torch.linspace(SKIP, 1 - SKIP, 16, dtype=torch.float64):
        at = (A[:, None] + u * d).reshape(-1, 2)
        v = torch.tensor(np.array([between(field, *map(float, p)) for p in at]).reshape(*far.shape, 2))
        E += (v * d).sum(dim=-1) / far / 16
    return E + (REACH / far - 1).clamp(max=0)
""",
        """
def table(field, starts, ends):
    rows = []
    for x1, y1 in starts:
        row = []
        for x2, y2 in ends:
            dx, dy = x2 - x1, y2 - y1
            far, total, n = (dx * dx + dy * dy) ** 0.5, 0.0, 20
            for k in range(n):
                u = SKIP + (1 - 2 * SKIP) * (k + 0.5) / n
                vx, vy = between(field, x1 + u * dx, y1 + u * dy)
                total += vx * dx + vy * dy
            row.append(total / n / far + (0 if far < REACH else REACH / far - 1))
        rows.append(row)
    return np.array(rows).reshape(len(starts), len(ends))
""",
        """
from scipy.ndimage import map_coordinates

def table(field, starts, ends):
    a, b = np.float32(starts).reshape(-1, 1, 2), np.float32(ends).reshape(1, -1, 2)
    u = np.linspace(SKIP, 1 - SKIP, 31, dtype=np.float32)[:, None, None, None]
    at = ((1 - u) * a + u * b)[..., ::-1].reshape(-1, 2).T
    v = np.stack([map_coordinates(one, at, order=1) for one in field], axis=-1).reshape(31, *np.broadcast(a, b).shape)
    far = np.sqrt(((b - a) ** 2).sum(-1))
    E = np.einsum("kijc,ijc->ij", v, b - a) / 31 / far
    return np.where(far > REACH, E + REACH / far - 1, E)
""",
    ],
    "score": [
        """
def score(dots, threshold, share):
    run = longest = good = 0
    for dot in dots:
        good, run = (good + 1, 0) if dot > threshold else (good, run + 1)
        longest = max(longest, run)
    if good < share * len(dots) - 1e-9 or longest > GAP or sum(dots) <= 0:
        return 0
    return sum(dots) / len(dots)
""",
        """
from itertools import groupby

def score(dots, threshold, share):
    runs = [(one, len(list(group))) for one, group in groupby(dots > threshold)]
    ok = all(n <= GAP for one, n in runs if not one) and sum(n for one, n in runs if one) >= share * len(dots) - 1e-9
    return float(max(np.mean(dots), 0)) * ok
""",
        """
def score(dots, threshold, share):
    bad = np.concatenate([[0], np.cumsum(dots <= threshold)])
    hole = any(bad[k + GAP + 1] - bad[k] == GAP + 1 for k in range(len(dots) - GAP))
    mean = dots.mean(dtype=np.float64)
    return np.where(hole | (len(dots) - bad[-1] < share * len(dots) - 1e-9) | (mean <= 0), 0, mean)
""",
        """
def score(dots, threshold, share):
    if (dots > threshold).sum() / len(dots) < share - 1e-9:
        return 0.0
    for k in range(len(dots) - GAP):
        if not (dots[k : k + GAP + 1] > threshold).any():
            return 0.0
    return max(0.0, float(dots.mean()))
""",
        """
import re

def score(dots, threshold, share):
    word = "".join("+" if dot > threshold else "." for dot in dots)
    refused = re.search(r"\\.{%d}" % (GAP + 1), word) or word.count("+") < share * len(word) - 1e-9
    return 0 if refused or sum(dots) <= 0 else float(np.average(dots))
""",
        """
import torch

def score(dots, threshold, share):
    d = torch.tensor(np.asarray(dots, float))
    good = d > threshold
    edges = torch.nn.functional.pad(good.nonzero()[:, 0] + 1, (1, 1))
    edges[-1] = len(d) + 1
    longest = int((edges[1:] - edges[:-1]).max()) - 1
    keep = (good.double().mean() >= share - 1e-9) & (d.mean() > 0) & (longest <= GAP)
    return torch.where(keep, d.mean(), torch.zeros(()).double())
""",
        """
def score(dots, threshold, share):
    def longest(rest, run=0, most=0):
        if not len(rest):
            return most
        run = 0 if rest[0] > threshold else run + 1
        return longest(rest[1:], run, max(most, run))

    enough = np.count_nonzero(dots > threshold) >= len(dots) * share - 1e-9
    return np.float32(dots.mean()) if enough and dots.mean() > 0 and longest(list(dots)) <= GAP else np.float32(0)
""",
    ],
    "along_arc": [
        """
def along_arc(field, d1, d2):
    t, d = np.linspace(0, 1, 60), (d2 - d1) @ [1, 1j]
    z = d1 @ [1, 1j] + d * (t + 4j * BEND * t * (1 - t))
    step = d * (1 + 4j * BEND * (1 - 2 * t))
    v = np.array([between(field, p.real, p.imag) for p in z]) @ [1, -1j]
    return (v * step / abs(step)).real.mean()
""",
        """
def along_arc(field, d1, d2):
    v = d2 - d1
    n = np.array([-v[1], v[0]])
    t = (np.arange(30) + 0.5) / 30
    at = d1 + t[:, None] * v + (4 * BEND * t * (1 - t))[:, None] * n
    angle = np.arctan2(v[1], v[0]) + np.arctan(4 * BEND * (1 - 2 * t))
    dots = [np.array([np.cos(a), np.sin(a)]) @ between(field, *p) for a, p in zip(angle, at)]
    return sum(dots) / len(dots)
""",
        """
def along_arc(field, d1, d2):
    def place(t):
        v = d2 - d1
        return d1 + t * v + 4 * BEND * t * (1 - t) * np.array([-v[1], v[0]])

    total = 0.0
    for t in np.linspace(0, 1, 10):
        step = place(t + 1e-5) - place(t - 1e-5)
        total += step @ between(field, *place(t)) / np.hypot(*step)
    return total / 10
""",
        """
def along_arc(field, d1, d2):
    t = np.linspace(0, 1, 201)
    control = (d1 + d2) / 2 + 2 * BEND * np.array([d1[1] - d2[1], d2[0] - d1[0]])
    at = np.outer((1 - t) ** 2, d1) + np.outer(2 * t * (1 - t), control) + np.outer(t**2, d2)
    step = np.outer(1 - t, control - d1) + np.outer(t, d2 - control)
    step /= np.linalg.norm(step, axis=1, keepdims=True)
    f = (step * [between(field, *p) for p in at]).sum(axis=1)
    return (f.sum() - (f[0] + f[-1]) / 2) / 200
""",
        """
import torch

def along_arc(field, d1, d2):
    t = torch.linspace(0, 1, 25, dtype=torch.float64, requires_grad=True)
    way = torch.tensor(d2 - d1)
    aside = torch.stack([-way[1], way[0]])
    at = torch.tensor(d1) + t[:, None] * way + (4 * BEND * t * (1 - t))[:, None] * aside
    step = torch.stack([torch.autograd.grad(at[:, k].sum(), t, retain_graph=True)[0] for k in range(2)], dim=1)
    v = torch.tensor(np.array([between(field, *map(float, p)) for p in at]))
    return torch.nn.functional.cosine_similarity(step, v, dim=1).mul(v.norm(dim=1)).mean()
""",
        """
from scipy.integrate import quad

def along_arc(field, d1, d2):
    vx, vy = d2 - d1

    def dot(t):
        x, y = d1[0] + t * vx - 4 * BEND * t * (1 - t) * vy, d1[1] + t * vy + 4 * BEND * t * (1 - t) * vx
        sx, sy = vx - 4 * BEND * (1 - 2 * t) * vy, vy + 4 * BEND * (1 - 2 * t) * vx
        fx, fy = between(field, x, y)
        return (fx * sx + fy * sy) / (sx * sx + sy * sy) ** 0.5

    return quad(dot, 0, 1, limit=200)[0]
""",
    ],
}  # fmt: skip
CALLED = {"between"}  # by another function of the notebook

CHANGES = [
    Change("weighted", "weights = START + (END - START) * shares", "weights = np.ones(12)", "weights-ignored"),
    Change("weighted", "START + (END - START)", "END + (START - END)", "weights-reversed"),
    Change("weighted", "np.linspace(SKIP, 1 - SKIP, 12)", "np.linspace(0, 1, 12)", "ends-not-skipped"),
    Change("weighted", "np.linspace(SKIP, 1 - SKIP, 12)", "np.linspace(SKIP, 1 - SKIP, 13)[:-1]", "end-missing"),
    Change("weighted", "weights = START + (END - START) * shares", "weights = (START + (END - START) * shares) ** 0.5",
           "weights-not-even"),
    Change("weighted", "(END - START) * shares", "(END - START) * np.linspace(0, 1, 12)", "weights-over-the-kept-part"),
    Change("weighted", "np.linspace(SKIP, 1 - SKIP, 12)", "np.linspace(SKIP, 1, 12)", "one-end-not-skipped"),
    Change("weighted", "np.linspace(SKIP, 1 - SKIP, 12)", "SKIP + (1 - 2 * SKIP) * np.arange(1, 41) / 40",
           "start-missing"),
    Change("weighted", "np.linspace(SKIP, 1 - SKIP, 12)", "np.linspace(SKIP, 1 - SKIP, 5)", "too-few-samples"),
    Change("weighted", "np.linspace(SKIP, 1 - SKIP, 12)", "np.linspace(SKIP, 1 - SKIP, 9)", "too-few-samples"),
    Change("weighted", "np.linspace(SKIP, 1 - SKIP, 12)", "np.linspace(2 * SKIP, 1, 12)", "one-end-not-skipped"),
    Change("weighted", "shares = np.linspace(SKIP, 1 - SKIP, 12)",
           "s = SKIP / np.linalg.norm(d2 - d1); shares = np.linspace(s, 1 - s, 12)", "skip-in-cells"),
    Change("weighted", "weights = START + (END - START) * shares", "weights = (START + (END - START) * shares) ** 2",
           "weights-not-even"),
    Change("weighted", "/ weights.sum()", "/ 12", "not-normalised"),
    Change("weighted", "(d2 - d1) / np.linalg.norm(d2 - d1)\n", "(d2 - d1)\n", "grows-with-length"),
    Change("weighted", "(d2 - d1) / np.linalg.norm", "(d1 - d2) / np.linalg.norm", "direction-reversed"),
    Change("weighted", "[1 - right, right] @ [1 - down, down]", "[0.5, 0.5] @ [0.5, 0.5]", "wrong-value"),
    Change("table", " + min(REACH / far - 1, 0)", "", "prior-ignored"),
    Change("table", "REACH / far", "REACH / abs(way).sum()", "distance-not-euclidean"),
    Change("table", "return filled", "return filled.T.reshape(filled.shape)", "reshaped"),
    Change("table", "np.linspace(SKIP, 1 - SKIP, 10)", "np.linspace(SKIP, 1 - SKIP, 5)", "too-few-samples"),
    Change("table", "min(REACH / far - 1, 0)", "(REACH / far - 1)", "short-pairs-gain"),
    Change("table", "min(REACH / far - 1, 0)", "min(1 - far / REACH, 0)", "prior-upside-down"),
    Change("table", "np.linspace(SKIP, 1 - SKIP, 10)", "np.linspace(0, 1, 10)", "ends-not-skipped"),
    Change("table", "np.linspace(SKIP, 1 - SKIP, 10)", "(SKIP, 1 - SKIP)", "ends-only"),
    Change("table", "np.linspace(SKIP, 1 - SKIP, 10)", "SKIP + (1 - 2 * SKIP) * np.arange(20) / 20", "end-missing"),
    Change("table", "+ min(REACH", "- min(REACH", "prior-of-the-wrong-sign"),
    Change("table", "+ min(REACH / far - 1, 0)", "* min(REACH / far, 1)", "prior-multiplied"),
    Change("table", "return filled", "return filled.T", "wrong-axes"),
    Change("table", "way = ends[column] - starts[row]\n", "way = starts[row] - ends[column]\n", "direction-reversed"),
    Change("score", " and longest <= GAP", "", "gap-ignored"),
    Change("score", "supports.mean() >= share - 1e-9", "supports.mean() > share + 1e-9", "more-than-for-at-least"),
    Change("score", "dots > threshold", "dots >= threshold", "at-least-for-more-than"),
    Change("score", "longest = max(", "supports = np.tile(supports, 2); longest = max(", "gap-wraps"),
    Change("score", "longest <= GAP", "longest <= GAP + 1", "gap-one-too-long"),
    Change("score", "longest <= GAP", "longest < GAP", "gap-one-too-short"),
    Change("score", '"-" for one in supports).split()', '"-" for one in supports).strip("-").split()', "gap-at-an-end"),
    Change("score", "and longest <= GAP", "and (~supports).sum() <= GAP", "gap-in-all"),
    Change("score", "return dots.mean() if", "return dots[supports].mean() if", "mean-of-supporting"),
    Change("score", "return dots.mean() if", "return dots.sum() if", "sum-for-mean"),
    Change("score", "return dots.mean() if", "return supports.mean() if", "share-for-score"),
    Change("score", "dots > threshold", "np.abs(dots) > threshold", "direction-lost"),
    Change("along_arc", "4 * BEND", "0 * BEND", "bend-ignored"),
    Change("along_arc", "4 * BEND", "-4 * BEND", "bent-the-other-way"),
    Change("along_arc", "heading = way + 4 * BEND * (1 - 2 * share) * aside", "heading = way", "chord-for-tangent"),
    Change("along_arc", "heading = way + 4 * BEND", "heading = way + BEND", "tangent-by-a-factor"),
    Change("along_arc", "(1 - 2 * share)", "(2 * share - 1)", "tangent-the-other-way"),
    Change("along_arc", "np.linspace(0, 1, 40)", "np.linspace(0, 1, 40)[:-1]", "end-missing"),
    Change("along_arc", "np.linspace(0, 1, 40)", "np.linspace(0, 1, 9)", "too-few-samples"),
    Change("along_arc", "4 * BEND * share", "BEND * share", "bent-too-little"),
    Change("along_arc", "aside = np.array([-way[1], way[0]])", "aside = np.array([-way[1], way[0]]) / np.hypot(*way)",
           "bend-in-cells"),
    Change("along_arc", "return np.mean(found)",
           "return np.average(found, weights=[np.hypot(1, 4 * BEND * (1 - 2 * t)) for t in np.linspace(0, 1, 40)])",
           "arc-length-mean"),
    Change("along_arc", "return np.mean(found)", "return np.sum(found)", "sum-for-mean"),
    Change("along_arc", "np.linalg.norm(heading)", "np.linalg.norm(way)", "not-unit"),
    Change("along_arc", "return np.mean(found)", "return np.mean(found) * np.linalg.norm(way)", "grows-with-length"),
    Change("along_arc", "@ heading", "@ heading[::-1]", "xy-swapped"),
]  # fmt: skip
