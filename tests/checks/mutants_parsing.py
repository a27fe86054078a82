"""Wrong solutions of the tasks on line integrals, matching and assembly."""

from __future__ import annotations

from typing import Any

from tests.checks.solutions import Solution

_INTEGRAL = """
import numpy as np

def read(field, x, y):
    _, h, w = field.shape
    c, r = min(int(x), w - 2), min(int(y), h - 2)
    fx, fy = x - c, y - r
    top = (1 - fx) * field[:, r, c] + fx * field[:, r, c + 1]
    bottom = (1 - fx) * field[:, r + 1, c] + fx * field[:, r + 1, c + 1]
    return (1 - fy) * top + fy * bottom

def line_integral(field, d1, d2):
    direction = (d2 - d1) / np.linalg.norm(d2 - d1)
    us = np.linspace(0, 1, 10)
    vectors = [read(field, *((1 - u) * d1 + u * d2)) for u in us]
    dots = np.array(vectors) @ direction
    {body}
"""


_AGAIN = "dots = np.array([read(field, *((1 - u) * d1 + u * d2)) @ direction for u in us])"


def _integral(body: str, diagnosis: str, **variation: float) -> Solution:
    return Solution(
        "line_integral", _INTEGRAL.replace("{body}", body.strip().replace("\n", "\n    ")), diagnosis, variation
    )


INTEGRALS = {
    "line_integral/sum": _integral("return dots.sum()", "sum-for-mean"),
    "line_integral/absolute": _integral("return np.abs(dots).mean()", "direction-lost"),
    "line_integral/positive": _integral("return np.maximum(dots, 0).mean()", "direction-lost"),
    "line_integral/length": _integral("return np.linalg.norm(vectors, axis=1).mean()", "length-only"),
    "line_integral/reversed": _integral("return (np.array(vectors) @ ((d1 - d2) / np.linalg.norm(d2 - d1))).mean()",
        "direction-reversed"),
    "line_integral/components": _integral("return (np.array(vectors)[:, ::-1] @ direction).mean()", "xy-swapped"),
    "line_integral/not-unit": _integral("return (np.array(vectors) @ (d2 - d1)).mean()", "grows-with-length"),
    "line_integral/arc-length": _integral("""
steps = np.linalg.norm(d2 - d1) / (len(us) - 1)
return ((dots[1:] + dots[:-1]) / 2 * steps).sum()
""", "grows-with-length"),
    "line_integral/per-length": _integral("return dots.mean() / np.linalg.norm(d2 - d1)", "shrinks-with-length"),
    "line_integral/start-only": _integral("return dots[0]", "start-only"),
    "line_integral/ends-only": _integral("return (dots[0] + dots[-1]) / 2", "ends-only"),
    "line_integral/middle": _integral("return read(field, *((d1 + d2) / 2)) @ direction", "middle-only"),
    "line_integral/five": _integral("return dots[::3].mean()", "too-few-samples"),
    "line_integral/no-end": _integral("""
us = np.arange(10) / 10
return np.mean([read(field, *((1 - u) * d1 + u * d2)) @ direction for u in us])
""", "end-missing"),
    "line_integral/no-start": _integral("""
us = np.arange(1, 13) / 12
return np.mean([read(field, *((1 - u) * d1 + u * d2)) @ direction for u in us])
""", "start-missing"),
    "line_integral/row-column": Solution("line_integral", """
import numpy as np
from scipy.ndimage import map_coordinates

def line_integral(field, d1, d2):
    direction = (d2 - d1) / np.linalg.norm(d2 - d1)
    points = d1[:, None] + (d2 - d1)[:, None] * np.linspace(0, 1, 20)
    values = np.stack([map_coordinates(one, points, order=1, mode="nearest") for one in field])
    return float((direction @ values).mean())
""", "rows-for-columns"),
    "line_integral/nearest": Solution("line_integral", """
import numpy as np

def line_integral(field, d1, d2):
    v = (d2 - d1) / np.linalg.norm(d2 - d1)
    total = 0
    for u in np.linspace(0, 1, 10):
        x, y = np.floor((1 - u) * d1 + u * d2 + 0.5).astype(int)
        total += field[:, y, x] @ v
    return total / 10
""", "nearest-cell"),
    "line_integral/cut": Solution("line_integral", """
import numpy as np

def line_integral(field, d1, d2):
    v = (d2 - d1) / np.linalg.norm(d2 - d1)
    total = 0
    for u in np.linspace(0, 1, 10):
        x, y = ((1 - u) * d1 + u * d2).astype(int)
        total += field[:, y, x] @ v
    return total / 10
""", "cell-cut-off"),
    "line_integral/wrong-corner": Solution("line_integral", """
import numpy as np

def line_integral(field, d1, d2):
    _, h, w = field.shape
    v = (d2 - d1) / np.linalg.norm(d2 - d1)
    dots = []
    for u in np.linspace(0, 1, 10):
        x, y = (1 - u) * d1 + u * d2
        c, r = min(int(x), w - 2), min(int(y), h - 2)
        fx, fy = x - c, y - r
        L = (fx * fy * field[:, r, c] + (1 - fx) * fy * field[:, r, c + 1]
             + fx * (1 - fy) * field[:, r + 1, c] + (1 - fx) * (1 - fy) * field[:, r + 1, c + 1])
        dots.append(L @ v)
    return np.mean(dots)
""", "weights-of-cells-swapped"),
    "line_integral/border": Solution("line_integral", """
import numpy as np

def line_integral(field, d1, d2):
    v = (d2 - d1) / np.linalg.norm(d2 - d1)
    dots = []
    for u in np.linspace(0, 1, 10):
        x, y = (1 - u) * d1 + u * d2
        c, r = int(x), int(y)
        fx, fy = x - c, y - r
        L = ((1 - fx) * (1 - fy) * field[:, r, c] + fx * (1 - fy) * field[:, r, c + 1]
             + (1 - fx) * fy * field[:, r + 1, c] + fx * fy * field[:, r + 1, c + 1])
        dots.append(L @ v)
    return np.mean(dots)
""", "raises"),
    "line_integral/half-a-cell": _integral("""
def moved(u):
    return np.maximum((1 - u) * d1 + u * d2 - 0.5, 0)
return np.mean([read(field, *moved(u)) @ direction for u in us])
""", "half-cell-off"),
    "line_integral/all-dots": _integral("return dots", "wrong-shape"),
    "line_integral/swapped-reading": _integral("""
return np.mean([read(field, *((1 - u) * d1 + u * d2)[::-1]) @ direction for u in us])
""", "rows-for-columns"),
    "line_integral/unweighted": _integral("return dots.mean()", "weights-ignored", start=0.4, end=1.6),
    "line_integral/weights-back": _integral("""
w = np.linspace(1.6, 0.4, 10)
return (w * dots).sum() / w.sum()
""", "weights-reversed", start=0.4, end=1.6),
    "line_integral/weights-over-count": _integral("""
w = np.linspace(0.5, 1.8, 10)
return (w * dots).mean()
""", "not-normalised", start=0.5, end=1.8),
    "line_integral/weighted-no-end": _integral("""
us = np.arange(20) / 20
dots = np.array([read(field, *((1 - u) * d1 + u * d2)) @ direction for u in us])
return np.average(dots, weights=0.4 + 2.1 * us)
""", "end-missing", start=0.4, end=2.5),
    "line_integral/root-weights": _integral("return np.average(dots, weights=np.sqrt(0.4 + 2.1 * us))",
        "weights-not-even", start=0.4, end=2.5),
    "line_integral/weighted-nearest": _integral("""
cells = [np.floor((1 - u) * d1 + u * d2 + 0.5).astype(int) for u in us]
return np.average([field[:, y, x] @ direction for x, y in cells], weights=0.4 + 2.1 * us)
""", "nearest-cell", start=0.4, end=2.5),
    "line_integral/whole-way": _integral("return dots.mean()", "ends-not-skipped", skip=0.2),
    "line_integral/one-end": _integral(f"us = np.linspace(0.2, 1, 12); {_AGAIN}; return dots.mean()",
        "one-end-not-skipped", skip=0.2),
    "line_integral/other-end": _integral(f"us = np.linspace(0, 0.8, 12); {_AGAIN}; return dots.mean()",
        "one-end-not-skipped", skip=0.2),
    "line_integral/weights-of-kept": _integral(
        f"us = np.linspace(0.2, 0.8, 12); {_AGAIN}; return np.average(dots, weights=np.linspace(0.4, 2.5, 12))",
        "weights-over-the-kept-part", start=0.4, end=2.5, skip=0.2),
    "line_integral/many-no-start": _integral(f"us = np.arange(1, 61) / 60; {_AGAIN}; return dots.mean()",
        "start-missing"),
    "line_integral/weighted-no-start": _integral(
        f"us = 0.25 + 0.5 * np.arange(1, 41) / 40; {_AGAIN}; return np.average(dots, weights=0.3 + 2.2 * us)",
        "start-missing", start=0.3, end=2.5, skip=0.25),
    "line_integral/kept-no-end": _integral(
        f"us = 0.25 + 0.5 * np.arange(40) / 40; {_AGAIN}; return np.average(dots, weights=0.3 + 2.2 * us)",
        "end-missing", start=0.3, end=2.5, skip=0.25),
    "line_integral/five-of-kept": _integral(
        f"us = np.linspace(0.25, 0.75, 5); {_AGAIN}; return np.average(dots, weights=0.3 + 2.2 * us)",
        "too-few-samples", start=0.3, end=2.5, skip=0.25),
    "line_integral/nine": _integral(f"us = np.linspace(0, 1, 9); {_AGAIN}; return dots.mean()", "too-few-samples"),
    "line_integral/nine-of-kept": _integral(
        f"us = np.linspace(0.25, 0.75, 9); {_AGAIN}; return np.average(dots, weights=0.3 + 2.2 * us)",
        "too-few-samples", start=0.3, end=2.5, skip=0.25),
    "line_integral/squared-weights": _integral("return np.average(dots, weights=(0.4 + 2.1 * us) ** 2)",
        "weights-not-even", start=0.4, end=2.5),
    "line_integral/both-at-the-start": _integral(f"us = np.linspace(0.4, 1, 12); {_AGAIN}; return dots.mean()",
        "one-end-not-skipped", skip=0.2),
    "line_integral/skips-cells": _integral(
        f"s = 0.2 / np.linalg.norm(d2 - d1); us = np.linspace(s, 1 - s, 12); {_AGAIN}; return dots.mean()",
        "skip-in-cells", skip=0.2),
    "line_integral/nearly": _integral("return 1.01 * dots.mean()", "scaled"),
}  # fmt: skip

_SCORE = """
import numpy as np

def pair_score(dots, threshold, share):
    good = dots > threshold
    {body}
"""


_GAPS = """
longest = run = 0
for one in good:
    run = 0 if one else run + 1
    longest = max(longest, run)
return 0.0 if good.mean() < share - 1e-9 or dots.mean() <= 0 or REFUSED else dots.mean()
"""


def _score(body: str, diagnosis: str, **variation: int) -> Solution:
    return Solution("pair_score", _SCORE.replace("{body}", body.strip().replace("\n", "\n    ")), diagnosis, variation)


SCORES = {
    "pair_score/mean": _score("return dots.mean()", "never-refused"),
    "pair_score/positive-mean": _score("return max(dots.mean(), 0.0)", "never-refused"),
    "pair_score/mean-threshold": _score("return dots.mean() if dots.mean() > threshold else 0.0",
        "mean-above-threshold"),
    "pair_score/more": _score("return dots.mean() if good.mean() > share and dots.mean() > 0 else 0.0",
        "more-than-for-at-least"),
    "pair_score/all": _score("return dots.mean() if good.all() and dots.mean() > 0 else 0.0", "all-samples-asked"),
    "pair_score/any": _score("return dots.mean() if good.any() and dots.mean() > 0 else 0.0", "any-sample-enough"),
    "pair_score/count": _score("return dots.mean() if good.sum() >= share and dots.mean() > 0 else 0.0",
        "any-sample-enough"),
    "pair_score/supporting": _score(
        "return dots[good].mean() if good.mean() >= share - 1e-9 and dots.mean() > 0 else 0.0", "mean-of-supporting"),
    "pair_score/share": _score("return good.mean() if good.mean() >= share - 1e-9 and dots.mean() > 0 else 0.0",
        "share-for-score"),
    "pair_score/sum": _score("return dots.sum() if good.mean() >= share - 1e-9 and dots.mean() > 0 else 0.0",
        "sum-for-mean"),
    "pair_score/absolute": _score("""
dots = np.abs(dots)
return dots.mean() if (dots > threshold).mean() >= share - 1e-9 else 0.0
""", "direction-lost"),
    "pair_score/zero": _score("return dots.mean() if (dots > 0).mean() >= share - 1e-9 and dots.mean() > 0 else 0.0",
        "threshold-ignored"),
    "pair_score/at-the-threshold": _score(
        "return dots.mean() if (dots >= threshold).mean() >= share - 1e-9 and dots.mean() > 0 else 0.0",
        "at-least-for-more-than"),
    "pair_score/failing-in-all": _score(
        "return dots.mean() if good.mean() >= share - 1e-9 and (~good).sum() <= 2 and dots.mean() > 0 else 0.0",
        "gap-in-all", gap=2),
    "pair_score/gap-one-more": _score(_GAPS.replace("REFUSED", "longest > 2"), "gap-one-too-long", gap=1),
    "pair_score/gap-two-more": _score(_GAPS.replace("REFUSED", "longest > 3"), "gap-one-too-long", gap=2),
    "pair_score/gap-one-less": _score(_GAPS.replace("REFUSED", "longest >= 1"), "gap-one-too-short", gap=1),
    "pair_score/gap-two-less": _score(_GAPS.replace("REFUSED", "longest >= 2"), "gap-one-too-short", gap=2),
    **{f"pair_score/gap-rolled-{gap}": _score(f"""
bad = ~good
run = bad.copy()
for k in range(1, {gap + 1}):
    run &= np.roll(bad, k)
return dots.mean() if good.mean() >= share - 1e-9 and dots.mean() > 0 and not run.any() else 0
""", "gap-wraps", gap=gap) for gap in (1, 2)},
    "pair_score/gap-within": _score("there = np.flatnonzero(good)\n" + _GAPS.replace(
        "in good", "in (good[there[0] : there[-1] + 1] if len(there) else good)").replace("REFUSED", "longest > 1"),
        "gap-at-an-end", gap=1),
    "pair_score/minus-one": _score("return dots.mean() if good.mean() >= share - 1e-9 and dots.mean() > 0 else -1.0",
        "refused-not-zero"),
    "pair_score/none": _score("if good.mean() >= share - 1e-9 and dots.mean() > 0:\n    return dots.mean()",
        "returns-none"),
    "pair_score/no-gap": _score("return dots.mean() if good.mean() >= share - 1e-9 and dots.mean() > 0 else 0.0",
        "gap-ignored", gap=1),
}  # fmt: skip

GREEDY = {
    "greedy/best-column": Solution("greedy", """
def greedy(scores):
    return [(i, int(row.argmax())) for i, row in enumerate(scores) if row.size and row.max() > 0]
""", "column-used-twice"),
    "greedy/best-row": Solution("greedy", """
def greedy(scores):
    return [(int(column.argmax()), j) for j, column in enumerate(scores.T) if column.size and column.max() > 0]
""", "row-used-twice"),
    "greedy/row-struck-only": Solution("greedy", """
import numpy as np

def greedy(scores):
    left, pairs = scores.copy(), []
    while left.size and left.max() > 0:
        i, j = np.unravel_index(left.argmax(), left.shape)
        pairs.append((i, j))
        left[i] = 0
    return pairs
""", "column-used-twice"),
    "greedy/column-struck-only": Solution("greedy", """
import numpy as np

def greedy(scores):
    left, pairs = scores.copy(), []
    while left.size and left.max() > 0:
        i, j = np.unravel_index(left.argmax(), left.shape)
        pairs.append((int(i), int(j)))
        left[:, j] = -1
    return pairs
""", "row-used-twice"),
    "greedy/rows-in-turn": Solution("greedy", """
def greedy(scores):
    used, pairs = set(), []
    for i in range(scores.shape[0]):
        free = [j for j in range(scores.shape[1]) if j not in used and scores[i, j] > 0]
        if free:
            best = max(free, key=lambda j: scores[i, j])
            used.add(best)
            pairs.append((i, best))
    return pairs
""", "one-row-after-another"),
    "greedy/columns-in-turn": Solution("greedy", """
def greedy(scores):
    used, pairs = set(), []
    for j in range(scores.shape[1]):
        free = [i for i in range(scores.shape[0]) if i not in used and scores[i, j] > 0]
        if free:
            best = max(free, key=lambda i: scores[i, j])
            used.add(best)
            pairs.append((best, j))
    return pairs
""", "one-column-after-another"),
    "greedy/worst-first": Solution("greedy", """
import numpy as np

def greedy(scores):
    pairs, rows, columns = [], set(), set()
    for k in np.argsort(scores, axis=None):
        i, j = divmod(int(k), scores.shape[1])
        if scores[i, j] > 0 and i not in rows and j not in columns:
            pairs.append((i, j)), rows.add(i), columns.add(j)
    return pairs
""", "worst-first"),
    "greedy/everybody": Solution("greedy", """
import numpy as np

def greedy(scores):
    pairs, rows, columns = [], set(), set()
    for k in np.argsort(-scores, axis=None):
        i, j = divmod(int(k), scores.shape[1])
        if i not in rows and j not in columns:
            pairs.append((i, j)), rows.add(i), columns.add(j)
    return pairs
""", "nonpositive-taken"),
    "greedy/zero-too": Solution("greedy", """
import numpy as np

def greedy(scores):
    pairs, rows, columns = [], set(), set()
    for k in np.argsort(-scores, axis=None):
        i, j = divmod(int(k), scores.shape[1])
        if scores[i, j] >= 0 and i not in rows and j not in columns:
            pairs.append((i, j)), rows.add(i), columns.add(j)
    return pairs
""", "nonpositive-taken"),
    "greedy/hungarian": Solution("greedy", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def greedy(scores):
    rows, columns = linear_sum_assignment(-np.maximum(scores, 0))
    return [(i, j) for i, j in zip(rows, columns) if scores[i, j] > 0]
""", "optimal-for-greedy"),
    "greedy/ties-at-once": Solution("greedy", """
import numpy as np

def greedy(scores):
    left, pairs = np.maximum(scores, 0), []
    while left.any():
        best = np.argwhere(left == left.max())
        pairs.extend(map(tuple, best))
        for i, j in best:
            left[i, :] = left[:, j] = 0
    return pairs
""", "ties-taken-together"),
    "greedy/ties-lost": Solution("greedy", """
def greedy(scores):
    taken, pairs = set(), []
    rows, columns = range(scores.shape[0]), range(scores.shape[1])
    for _ in rows:
        for i in rows:
            for j in columns:
                if scores[i, j] <= 0 or ("row", i) in taken or ("column", j) in taken:
                    continue
                others = [scores[i, k] for k in columns if k != j and ("column", k) not in taken]
                others += [scores[k, j] for k in rows if k != i and ("row", k) not in taken]
                if all(scores[i, j] > other for other in others):
                    pairs.append((i, j))
                    taken |= {("row", i), ("column", j)}
    return pairs
""", "stops-early"),
    "greedy/best-only": Solution("greedy", """
import numpy as np

def greedy(scores):
    if not scores.size or scores.max() <= 0:
        return []
    i, j = np.unravel_index(scores.argmax(), scores.shape)
    return [(i, j)]
""", "best-pair-only"),
    "greedy/two-pairs": Solution("greedy", """
import numpy as np

def greedy(scores):
    left, pairs = scores.copy(), []
    while left.size and left.max() > 0 and len(pairs) < 2:
        i, j = np.unravel_index(left.argmax(), left.shape)
        pairs.append((i, j))
        left[i], left[:, j] = 0, 0
    return pairs
""", "stops-early"),
    "greedy/column-first": Solution("greedy", """
import numpy as np

def greedy(scores):
    left, pairs = scores.copy(), []
    while left.size and left.max() > 0:
        i, j = np.unravel_index(left.argmax(), left.shape)
        pairs.append((j, i))
        left[i], left[:, j] = 0, 0
    return pairs
""", "row-column-swapped"),
    "greedy/from-one": Solution("greedy", """
import numpy as np

def greedy(scores):
    left, pairs = scores.copy(), []
    while left.size and left.max() > 0:
        i, j = np.unravel_index(left.argmax(), left.shape)
        pairs.append((i + 1, j + 1))
        left[i], left[:, j] = 0, 0
    return pairs
""", "no-such-pair"),
    "greedy/flat": Solution("greedy", """
import numpy as np

def greedy(scores):
    left, found = scores.copy(), []
    while left.size and left.max() > 0:
        found.append(left.argmax())
        i, j = np.unravel_index(left.argmax(), left.shape)
        left[i], left[:, j] = 0, 0
    return found
""", "wrong-shape"),
    "greedy/in-place": Solution("greedy", """
import numpy as np

def greedy(scores):
    pairs = []
    while scores.size and scores.max() > 0:
        i, j = np.unravel_index(scores.argmax(), scores.shape)
        pairs.append((i, j))
        scores[i, :] = scores[:, j] = 0
    return pairs
""", "changes-input"),
    "greedy/kept-list": Solution("greedy", """
import numpy as np

def greedy(scores, pairs=[]):
    left = scores.copy()
    while left.size and left.max() > 0:
        i, j = np.unravel_index(left.argmax(), left.shape)
        pairs.append((i, j))
        left[i, :] = left[:, j] = 0
    return pairs
""", "not-repeatable"),
    "greedy/no-candidates": Solution("greedy", """
import numpy as np

def greedy(scores):
    left, pairs = scores.copy(), []
    while left.max() > 0:
        i, j = np.unravel_index(left.argmax(), left.shape)
        pairs.append((i, j))
        left[i, :] = left[:, j] = 0
    return pairs
""", "raises"),
    "greedy/too-many": Solution("greedy", """
def greedy(scores):
    return {(i, j) for i in range(60) for j in range(60)}
""", "far-too-many"),
}  # fmt: skip

_CLEAREST = """
import numpy as np

def clearest_first(scores):
    L, pairs = {least}, []
    rows, free = list(range(scores.shape[0])), list(range(scores.shape[1]))
    def lead(i, free):
        best, *others = sorted((scores[i, j] for j in free), reverse=True)
        {lead}
    {first}
    while rows and free:
        leads = {i: lead(i, free) for i in rows}
        {then}
        i = max(leads, key=leads.get)
        j = max(free, key=lambda j: scores[i, j])
        {enough}
        pairs.append((i, j))
        {used}
    return pairs
"""


def _clearest(diagnosis: str, least: float = 0.25, **change: str) -> Solution:
    words = {"lead": "return best - max([L, *others])", "first": "", "enough": "if scores[i, j] <= L: break",
             "then": "", "used": "rows.remove(i); free.remove(j)"} | change  # fmt: skip
    source = _CLEAREST.replace("{least}", str(least))
    for name, text in words.items():
        source = source.replace("{" + name + "}", text)
    return Solution("clearest_first", source, diagnosis, {"least": least} if least else {})


_REFUSED_LAST = "leads = {i: leads[i] for i in rows if scores[i, free].max() > L} or leads"
CLEAREST = {
    "clearest_first/least-nowhere": _clearest("least-ignored", first="L = 0"),
    "clearest_first/any-positive": _clearest("least-ignored",
                                             then="leads = {i: leads[i] for i in rows if scores[i, free].max() > 0}\n"
                                                  "        if not leads: break",
                                             enough=""),
    "clearest_first/at-the-least": _clearest("at-least-for-more-than", enough="if scores[i, j] < L: break"),
    "clearest_first/at-the-least-of-another": _clearest("at-least-for-more-than", 0.375,
                                                        enough="if scores[i, j] < L: break"),
    "clearest_first/second-at-least-0": _clearest("single-worth-nothing", lead="return best - max([0, *others])",
                                                  then=_REFUSED_LAST),
    "clearest_first/second-at-least-0-and-stops": _clearest("single-worth-nothing", 0.125,
                                                            lead="return best - max([0, *others])"),
    "clearest_first/scores-alone": _clearest("single-not-counted", lead="return best - max(others, default=L)",
                                             then=_REFUSED_LAST),
    "clearest_first/scores-alone-at-0": _clearest("single-not-counted", 0.0,
                                                  lead="return best - max(others, default=-np.inf)"),
    "clearest_first/scores-alone-and-stops": _clearest("single-not-counted",
                                                       lead="return best - max(others, default=L)"),
    "clearest_first/greedy": _clearest("greedy-for-clearest", lead="return best"),
    "clearest_first/greedy-at-0": _clearest("greedy-for-clearest", 0.0, lead="return best"),
    "clearest_first/optimal": Solution("clearest_first", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def clearest_first(scores):
    rows, columns = linear_sum_assignment(-np.where(scores > 0.25, scores, 0))
    return [(i, j) for i, j in zip(rows, columns) if scores[i, j] > 0.25]
""", "optimal-for-clearest", {"least": 0.25}),
    "clearest_first/optimal-above-least": Solution("clearest_first", """
from paflib.parser import hungarian

def clearest_first(scores):
    return hungarian(scores - 0.25)
""", "optimal-for-clearest", {"least": 0.25}),
    "clearest_first/once": _clearest("leads-not-renewed", first="once = {i: lead(i, free) for i in rows if free}",
                                     then="leads = {i: once[i] for i in rows}",
                                     enough="if scores[i, j] <= L: rows.remove(i); continue"),
    "clearest_first/once-with-choices": Solution("clearest_first", """
import numpy as np

def clearest_first(scores):
    pairs, used = [], set()
    if not scores.size:
        return pairs
    ranked = np.sort(np.maximum(np.c_[scores, np.full(len(scores), 0.25)], 0.25))
    for i in np.argsort(ranked[:, -2] - ranked[:, -1]):
        j = scores[i].argmax()
        if scores[i, j] > 0.25 and j not in used:
            used.add(j)
            pairs.append((i, j))
    return pairs
""", "leads-not-renewed", {"least": 0.25}),
    "clearest_first/taken-columns": _clearest("taken-columns-count", then="""leads = {}
        for i in rows:
            j = max(free, key=lambda j: scores[i, j])
            if scores[i, j] > L:
                leads[i] = scores[i, j] - max([L, *np.delete(scores[i], j)])
        if not leads: break"""),
    "clearest_first/quotient": _clearest("quotient-for-lead", lead="return best / max([L, *others])"),
    "clearest_first/smallest": _clearest("worst-first", lead="return max([L, *others]) - best if best > L else -9"),
    "clearest_first/columns": Solution("clearest_first", """
import numpy as np

def clearest_first(scores):
    pairs, left = [], np.maximum(scores.T, 0.25)
    while left.size and left.max() > 0.25:
        ranked = np.sort(np.c_[left, np.full(len(left), 0.25)])
        j = int((ranked[:, -1] - ranked[:, -2]).argmax())
        pairs.append((int(left[j].argmax()), j))
        left[:, pairs[-1][0]] = left[j] = 0.25
    return pairs
""", "columns-for-rows", {"least": 0.25}),
    "clearest_first/one": _clearest("best-pair-only", used="break"),
    "clearest_first/two": _clearest("stops-early", used="rows.remove(i); free.remove(j)\n"
                                                        "        if len(pairs) == 2: break"),
    "clearest_first/far-below": _clearest("stops-early", lead="return abs(best - max([L, *others]))"),
    "clearest_first/everybody": _clearest("nonpositive-taken", enough=""),
    "clearest_first/columns-again": _clearest("column-used-twice", used="rows.remove(i)"),
    "clearest_first/rows-again": _clearest("row-used-twice", used="free.remove(j)"),
    "clearest_first/in-order": _clearest("one-row-after-another", lead="return -i", enough="if scores[i, j] <= L:\n"
                                         "            rows.remove(i)\n            continue"),
    "clearest_first/second-choices": _clearest("not-clearest-first", lead="return -max([L, *others])",
                                               enough="if scores[i, j] <= L:\n"
                                               "            rows.remove(i)\n            continue"),
    "clearest_first/turned": _clearest("row-column-swapped", used="rows.remove(i); free.remove(j); pairs[-1] = j, i"),
    "clearest_first/in-place": Solution("clearest_first", """
import numpy as np

def clearest_first(scores):
    pairs = []
    while scores.size and scores.max() > 0.25:
        ranked = np.sort(np.maximum(np.c_[scores, np.full(len(scores), 0.25)], 0.25))
        i = int((ranked[:, -1] - ranked[:, -2]).argmax())
        pairs.append((i, int(scores[i].argmax())))
        scores[:, pairs[-1][1]] = scores[i] = -1
    return pairs
""", "changes-input", {"least": 0.25}),
    "clearest_first/one-column": Solution("clearest_first", """
import numpy as np

def clearest_first(scores):
    left, pairs = np.maximum(scores, 0.25), []
    while left.size and left.max() > 0.25:
        ranked = np.sort(left)
        i = int((ranked[:, -1] - ranked[:, -2]).argmax())
        pairs.append((i, int(left[i].argmax())))
        left[:, pairs[-1][1]] = left[i] = 0.25
    return pairs
""", "raises", {"least": 0.25}),
}  # fmt: skip

BEST = {
    "best_sum/greedy": Solution("best_sum", """
import numpy as np

def best_sum(scores):
    left, pairs = scores.copy(), []
    while left.size and left.max() > 0:
        i, j = np.unravel_index(left.argmax(), left.shape)
        pairs.append((i, j))
        left[i, :] = left[:, j] = 0
    return pairs
""", "greedy-for-optimal"),
    "best_sum/minimum": Solution("best_sum", """
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    rows, columns = linear_sum_assignment(scores)
    return list(zip(rows, columns))
""", "minimum-for-maximum"),
    "best_sum/no-rows": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    width = len(scores[0])
    pairs = zip(*linear_sum_assignment(np.maximum(scores, 0), maximize=True))
    return [(i, j) for i, j in pairs if j < width and scores[i, j] > 0]
""", "raises"),
    "best_sum/minimum-filtered": Solution("best_sum", """
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    rows, columns = linear_sum_assignment(scores)
    return [(i, j) for i, j in zip(rows, columns) if scores[i, j] > 0]
""", "minimum-for-maximum"),
    "best_sum/everybody": Solution("best_sum", """
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    return list(zip(*linear_sum_assignment(scores, maximize=True)))
""", "everybody-matched"),
    "best_sum/one-minus": Solution("best_sum", """
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    rows, columns = linear_sum_assignment(1 - scores)
    return [(i, j) for i, j in zip(rows, columns)]
""", "everybody-matched"),
    "best_sum/raw": Solution("best_sum", """
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    rows, columns = linear_sum_assignment(1 - scores)
    return [(i, j) for i, j in zip(rows, columns) if scores[i, j] > 0]
""", "refused-pairs-count"),
    "best_sum/best-column": Solution("best_sum", """
import numpy as np

def best_sum(scores):
    pairs = []
    for i in range(len(scores)):
        if scores.shape[1] and scores[i].max() > 0:
            pairs.append((i, np.argmax(scores[i])))
    return pairs
""", "column-used-twice"),
    "best_sum/best-row": Solution("best_sum", """
def best_sum(scores):
    return [(int(column.argmax()), j) for j, column in enumerate(scores.T) if max(column) > 0]
""", "row-used-twice"),
    "best_sum/rows-in-turn": Solution("best_sum", """
def best_sum(scores):
    used, pairs = set(), []
    for i, row in enumerate(scores):
        for j in sorted(range(len(row)), key=lambda j: -row[j]):
            if row[j] > 0 and j not in used:
                used.add(j)
                pairs.append([i, j])
                break
    return pairs
""", "one-row-after-another"),
    "best_sum/one-swap": Solution("best_sum", """
import numpy as np

def best_sum(scores):
    left, pairs = scores.copy(), []
    while left.size and left.max() > 0:
        i, j = np.unravel_index(left.argmax(), left.shape)
        pairs.append((i, j))
        left[i, :] = left[:, j] = 0
    for a in range(len(pairs)):
        for b in range(a):
            (i, j), (k, l) = pairs[a], pairs[b]
            if min(scores[i, l], scores[k, j]) > 0 and scores[i, l] + scores[k, j] > scores[i, j] + scores[k, l]:
                pairs[a], pairs[b] = (i, l), (k, j)
    return pairs
""", "sum-too-small"),
    "best_sum/zero-taken": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    return np.transpose(linear_sum_assignment(np.maximum(scores, 0), maximize=True))
""", "nonpositive-taken"),
    "best_sum/two-lists": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    return linear_sum_assignment(np.maximum(scores, 0), maximize=True)
""", "wrong-axes"),
    "best_sum/the-sum": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    table = np.maximum(scores, 0)
    return table[linear_sum_assignment(table, maximize=True)].sum()
""", "wrong-shape"),
    "best_sum/column-first": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    rows, columns = linear_sum_assignment(np.maximum(scores, 0), maximize=True)
    return [(j, i) for i, j in zip(rows, columns) if scores[i, j] > 0]
""", "row-column-swapped"),
    "best_sum/no-cost": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    rows, columns = linear_sum_assignment(np.maximum(scores, 0), maximize=True)
    return [(i, j) for i, j in zip(rows, columns) if scores[i, j] > 0]
""", "cost-ignored", {"row_cost": 0.2, "column_cost": 0.15}),
    "best_sum/one-cost": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    gain = scores + 0.2
    rows, columns = linear_sum_assignment(np.maximum(gain, 0), maximize=True)
    return [(i, j) for i, j in zip(rows, columns) if gain[i, j] > 0]
""", "cost-counted-once", {"row_cost": 0.2, "column_cost": 0.15}),
    "best_sum/cost-of-pairs": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    gain = scores - 0.2 - 0.15
    rows, columns = linear_sum_assignment(np.maximum(gain, 0), maximize=True)
    return [(i, j) for i, j in zip(rows, columns) if gain[i, j] > 0]
""", "cost-subtracted", {"row_cost": 0.2, "column_cost": 0.15}),
    "best_sum/positive-only": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    gain = np.where(scores > 0, scores + 0.2 + 0.15, 0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(i, j) for i, j in zip(rows, columns) if gain[i, j] > 0]
""", "negative-pairs-refused", {"row_cost": 0.2, "column_cost": 0.15}),
    "best_sum/positive-kept": Solution("best_sum", """
import numpy as np
from scipy.optimize import linear_sum_assignment

def best_sum(scores):
    rows, columns = linear_sum_assignment(np.maximum(scores + 0.1 + 0.25, 0), maximize=True)
    return [(i, j) for i, j in zip(rows, columns) if scores[i, j] > 0]
""", "negative-pairs-refused", {"row_cost": 0.1, "column_cost": 0.25}),
}  # fmt: skip

_ASSEMBLY = """
import numpy as np

def assembly(parts, pairs, scores):
    people = []
    for k in {order}:
        a, b = int(pairs[k][0]), int(pairs[k][1])
        with_a = [p for p in people if a in p.values()]
        with_b = [p for p in people if b in p.values()]
        A, B = int(parts[a]), int(parts[b])
        if not with_a and not with_b:
            people.append({A: a, B: b})
        elif with_a and with_b:
            one, two = with_a[0], with_b[0]
            {both}
        elif with_a:
            {extend}
        else:
            {extend_back}
    {end}
"""
_DEFAULT = {
    "order": "np.argsort(-scores)",
    "both": """
if one is not two and not set(one) & set(two):
    one.update(two)
    people.remove(two)
""",
    "extend": "with_a[0].setdefault(B, b)",
    "extend_back": "with_b[0].setdefault(A, a)",
    "end": "return [list(p.values()) for p in people]",
}


def _assembly(diagnosis: str, variation: dict[str, Any] | None = None, **changed: str) -> Solution:
    source = _ASSEMBLY
    for name, indent in (("order", 0), ("both", 12), ("extend", 12), ("extend_back", 12), ("end", 4)):
        text = changed.get(name, _DEFAULT[name]).strip().replace("\n", "\n" + " " * indent)
        source = source.replace("{" + name + "}", text)
    return Solution("assembly", source, diagnosis, variation or {})


_REPLACED = {"extend": "with_a[0][B] = b", "extend_back": "with_b[0][A] = a"}

ASSEMBLY = {
    "assembly/as-given": _assembly("not-best-first", order="range(len(scores))"),
    "assembly/ascending": _assembly("worst-first", order="np.argsort(scores)"),
    "assembly/literal": _assembly("never-merged", both="pass"),
    "assembly/merged-anyway": Solution("assembly", """
import numpy as np

def assembly(parts, pairs, scores):
    people = []
    for k in np.argsort(-scores):
        a, b = (int(c) for c in pairs[k])
        with_a = [p for p in people if a in p]
        with_b = [p for p in people if b in p]
        if with_a and with_b:
            if with_a[0] is not with_b[0]:
                with_a[0].extend(with_b[0])
                people.remove(with_b[0])
        elif with_a or with_b:
            person, new = (with_a[0], b) if with_a else (with_b[0], a)
            if parts[new] not in [parts[c] for c in person]:
                person.append(new)
        else:
            people.append([a, b])
    return people
""", "merged-in-spite-of-contradiction"),
    "assembly/union-find": Solution("assembly", """
def assembly(parts, pairs, scores):
    parent = list(range(len(parts)))
    def find(k):
        while parent[k] != k:
            k = parent[k]
        return k
    for a, b in pairs:
        parent[find(b)] = find(a)
    groups = {}
    for k in range(len(parts)):
        groups.setdefault(find(k), []).append(k)
    return [group for group in groups.values() if len(group) > 1]
""", "contradiction-ignored"),
    "assembly/replaced": _assembly("occupied-replaced", None, **_REPLACED),
    "assembly/second-owner": _assembly("candidate-used-twice", both="""
if one is not two:
    one[B] = b if B not in one else one[B]
"""),
    "assembly/second-owner-always": Solution("assembly", """
import numpy as np

def assembly(parts, pairs, scores):
    people = []
    for k in np.argsort(-scores):
        a, b = (int(c) for c in pairs[k])
        for person in people:
            if a in person:
                if parts[b] not in [parts[c] for c in person]:
                    person.append(b)
                break
        else:
            people.append([a, b])
    return people
""", "candidate-used-twice"),
    "assembly/singles": Solution("assembly", """
import numpy as np

def assembly(parts, pairs, scores):
    groups = [{k} for k in range(len(parts))]
    for k in np.argsort(-scores):
        one, two = (next(g for g in groups if c in g) for c in pairs[k])
        if one is not two and not {parts[c] for c in one} & {parts[c] for c in two}:
            one |= two
            groups.remove(two)
    return groups
""", "single-kept"),
    "assembly/part-numbers": _assembly("part-numbers-for-candidates", end="return [list(p) for p in people]"),
    "assembly/from-one": _assembly("no-such-candidate", end="return [[c + 1 for c in p.values()] for p in people]"),
    "assembly/longest-only": _assembly("wrong-groups",
        end="return [list(max(people, key=len).values())] if people else []"),
    "assembly/one-list": _assembly("wrong-type", end="return [c for p in people for c in p.values()]"),
    "assembly/too-many": _assembly("far-too-many", end="return np.zeros((500_000, 2), np.int8)"),
    "assembly/too-many-groups": _assembly("far-too-many", end="return (p for k in range(10 ** 6) for p in [[0, 1]])"),
    "assembly/no-root": _assembly("root-ignored", {"root": 1}),
    "assembly/small": _assembly("min-parts-ignored", {"min_parts": 3}),
    "assembly/literal-with-a-limit": _assembly("never-merged", {"max_parts": 4}, both="pass",
                                               extend="len(with_a[0]) < 4 and with_a[0].setdefault(B, b)",
                                               extend_back="len(with_b[0]) < 4 and with_b[0].setdefault(A, a)"),
    "assembly/large": _assembly("max-parts-ignored", {"max_parts": 4}),
    "assembly/large-dropped": _assembly("too-large-left-out", {"max_parts": 4},
                                        end="return [list(p.values()) for p in people if len(p) <= 4]"),
    "assembly/sorts-in-place": Solution("assembly", """
import numpy as np

def assembly(parts, pairs, scores):
    order = np.argsort(-scores)
    pairs[:] = pairs[order]
    group = {k: {k} for k in range(len(parts))}
    for a, b in pairs.tolist():
        one, two = group[a], group[b]
        if one is not two and not {parts[c] for c in one} & {parts[c] for c in two}:
            one |= two
            group.update({c: one for c in two})
    return list({id(g): g for g in group.values() if len(g) > 1}.values())
""", "changes-input"),
}  # fmt: skip

_LIMITED = """
import numpy as np

def assembly(parts, pairs, scores):
    crowd = {c: [c] for c in range(len(parts))}
    for a, b in pairs[np.argsort(-scores)].tolist():
        one, two = crowd[a], crowd[b]
        held = [parts[c] for c in one + two]
        clash = len(set(held)) < len(held)
        if {ignored}
        one.extend(two)
        crowd.update(dict.fromkeys(two, one))
    people = list({id(g): sorted(g) for g in crowd.values() if len(g) > 1}.values())
    return [g for g in people if {kept}]
"""


def _limited(diagnosis: str, ignored: str = "", kept: str = "True", **variation: int) -> Solution:
    source = _LIMITED.replace("{ignored}", ignored or "one is two or clash: continue").replace("{kept}", kept)
    return Solution("assembly", source, diagnosis, variation)


_PAIR_PARTS = "one is two or parts[a] in parts[two] or parts[b] in parts[one]: continue"
_NO_ROOT = "one is two or clash or min(len(one), len(two)) > {} and len(held) > 2 and {} not in held: continue"
_MUTUAL = """[k for k in np.argsort(-scores) if not any(
        scores[o] > scores[k] and set(pairs[o]) & set(pairs[k]) and set(parts[pairs[o]]) == set(parts[pairs[k]])
        for o in range(len(scores)))]"""

LIMITED = {
    "assembly/fewer-than-max": _limited("less-than-for-at-most", "one is two or clash or len(held) >= 4: continue",
                                        max_parts=4),
    "assembly/fewer-than-5": _limited("less-than-for-at-most", "one is two or clash or len(held) >= 5: continue",
                                      max_parts=5),
    "assembly/asked-before": _limited("limit-asked-before",
                                      "one is two or clash or len(one) > 4 or len(two) > 4: continue", max_parts=4),
    "assembly/asked-of-one": _limited("limit-for-one-only",
                                      "one is two or clash or min(len(one), len(two)) == 1 and len(held) > 4: continue",
                                      max_parts=4),
    "assembly/ends": _limited("ends-at-ignored", "one is two or clash: break"),
    "assembly/ends-at-limit": _limited("ends-at-ignored",
                                       "one is two: continue\n        if clash or len(held) > 5: break", max_parts=5),
    "assembly/more-than-enough": _limited("more-than-for-at-least", kept="len(g) > 3", min_parts=3),
    "assembly/more-than-four": _limited("more-than-for-at-least", kept="len(g) > 4", min_parts=4),
    "assembly/pairs-left-out": _limited("small-people-left-out", kept="len(g) > 2 and 1 in parts[g]", root=1),
    "assembly/small-left-out": _limited("small-people-left-out", kept="len(g) >= 4"),
    "assembly/root-candidate": _limited("root-as-candidate", kept="2 in g", root=2),
    "assembly/root-candidate-0": _limited("root-as-candidate", kept="0 in g", root=0),
    "assembly/root-at-the-start": _limited("root-at-one-place", kept="parts[g[0]] == 1", root=1),
    "assembly/root-at-the-end": _limited("root-at-one-place", kept="parts[g[-1]] == 2", root=2),
    "assembly/no-candidates": _limited("raises", kept="True][: 99 * len(pairs) + max(parts)"),
    "assembly/nobody": _limited("everybody-alone", kept="False"),
    "assembly/pair-parts": _limited("pair-parts-only", _PAIR_PARTS),
    "assembly/pair-parts-of-4": _limited("pair-parts-only", f"len(held) > 4 or {_PAIR_PARTS}", max_parts=4),
    "assembly/pair-parts-at-3": _limited("pair-parts-only", _PAIR_PARTS, "len(g) > 2", min_parts=3),
    "assembly/pair-parts-with-root": _limited("pair-parts-only", _PAIR_PARTS, "3 in parts[g]", root=3),
    "assembly/mutual": _assembly("mutually-best-only", order=_MUTUAL),
    "assembly/mutual-with-root": _assembly("mutually-best-only", {"root": 2}, order=_MUTUAL,
                                           end="return [list(p.values()) for p in people if 2 in p]"),
    **{f"assembly/root-{root}-pairs-first": _assembly(
        "root-pairs-first", {"root": root}, end=f"return [list(p.values()) for p in people if {root} in p]",
        order=f"sorted(range(len(scores)), key=lambda k: ({root} not in parts[pairs[k]], -scores[k]))")
       for root in (0, 3)},
    "assembly/apart-without-root": _limited("apart-without-root", _NO_ROOT.format(1, 1), "1 in parts[g]", root=1),
    "assembly/none-grows-without-root": _limited("apart-without-root", _NO_ROOT.format(0, 0), "0 in parts[g]", root=0),
}  # fmt: skip

_ROOT = """
def root_first(parts, pairs, redundant):
    people = []
    for (a, b), extra in zip(pairs.tolist(), redundant.tolist()):
        A, B = int(parts[a]), int(parts[b])
        one = next((p for p in people if a in p.values()), None)
        two = next((p for p in people if b in p.values()), None)
        {body}
    return [list(p.values()) for p in people{end}]
"""
_TREE = """
if not extra:
    if one is None:
        people.append({A: a, B: b})
    else:
        one[B] = b
"""


def _root(body: str, diagnosis: str, end: str = "", **variation: int) -> Solution:
    source = _ROOT.replace("{body}", (_TREE + body).strip().replace("\n", "\n        ")).replace("{end}", end)
    return Solution("root_first", source, diagnosis, variation)


_FILL = """
elif one is not None and two is None:
    one.setdefault(B, b)
elif two is not None and one is None:
    two.setdefault(A, a)
"""

ROOT = {
    "root_first/merges": Solution("root_first", """
def root_first(parts, pairs, redundant):
    people = []
    for (a, b), extra in zip(pairs.tolist(), redundant.tolist()):
        one, two = (next((p for p in people if k in p), None) for k in (a, b))
        if not extra and one is None:
            people.append([a, b])
        elif not extra:
            one.append(b)
        elif one is not None and two is not None:
            if one is not two:
                people = [p for p in people if p is not two]
                one += two
        elif one is not None or two is not None:
            person, new = (one, b) if two is None else (two, a)
            if parts[new] not in parts[person]:
                person.append(new)
    return people
""", "redundant-merges"),
    "root_first/begins": _root(
        "elif one is None and two is None:\n    people.append({A: a, B: b})" + _FILL, "redundant-begins"),
    "root_first/left-out": Solution("root_first", """
def root_first(parts, pairs, redundant):
    people = []
    for a, b in pairs[~redundant].tolist():
        owner = [p for p in people if a in p]
        if owner:
            owner[0].append(b)
        else:
            people.append([a, b])
    return people
""", "redundant-left-out"),
    "root_first/forwards": _root("elif one is not None and two is None:\n    one.setdefault(B, b)",
        "redundant-forwards-only"),
    "root_first/twice": _root("""
elif one is not None and two is None:
    one[len(parts) + b] = b
elif two is not None and one is None:
    two[len(parts) + a] = a
""", "part-twice"),
    "root_first/no-owner": Solution("root_first", """
def root_first(parts, pairs, redundant):
    return [[a, b] for (a, b), extra in zip(pairs.tolist(), redundant) if not extra]
""", "owner-not-found"),
    "root_first/as-any": Solution("root_first", """
def root_first(parts, pairs, redundant):
    group = {}
    for a, b in pairs.tolist():
        one, two = group.get(a), group.get(b)
        if one is None and two is None:
            group[a] = group[b] = [a, b]
        elif one is not None and two is not None:
            if one is not two:
                one += two
                group.update({c: one for c in two})
        elif one is not None and parts[b] not in [parts[c] for c in one]:
            one.append(b)
            group[b] = one
        elif two is not None and parts[a] not in [parts[c] for c in two]:
            two.append(a)
            group[a] = two
    return list({id(g): g for g in group.values()}.values())
""", "redundant-as-any"),
    "root_first/small": _root(_FILL, "min-parts-ignored", min_parts=3),
    "root_first/more-than-3": _root(_FILL, "more-than-for-at-least", " if len(p) > 3", min_parts=3),
    "root_first/more-than-4": _root(_FILL, "more-than-for-at-least", " if len(p) > 4", min_parts=4),
    "root_first/replaced": _root("""
elif one is not None and two is None:
    one[B] = b
elif two is not None and one is None:
    two[A] = a
""", "occupied-replaced"),
    "root_first/smaller-number-first": Solution("root_first", """
def root_first(parts, pairs, redundant):
    people = []
    for (a, b), extra in zip(map(sorted, pairs.tolist()), redundant.tolist()):
        one, two = (next((p for p in people if k in p), None) for k in (a, b))
        if not extra and one is None:
            people.append([a, b])
        elif not extra:
            one.append(b)
        elif (one is None) != (two is None):
            person, new = (one, b) if two is None else (two, a)
            if parts[new] not in parts[person]:
                person.append(new)
    return people
""", "pair-turned"),
    "root_first/no-pairs": _root(_FILL, "raises", "][: 99 * len(pairs[0])"),
    "root_first/nobody": _root(_FILL, "everybody-alone", " if len(p) > 99"),
    "root_first/no-owner-of-4": Solution("root_first", """
def root_first(parts, pairs, redundant):
    people = [{int(a), int(b)} for a, b in pairs[~redundant]]
    for a, b in pairs[redundant].tolist():
        one, two = (next((p for p in people if k in p), None) for k in (a, b))
        if (one is None) != (two is None):
            group, new = (one, b) if two is None else (two, a)
            if parts[new] not in [parts[k] for k in group]:
                group.add(new)
    return [p for p in people if len(p) >= 4]
""", "owner-not-found", {"min_parts": 4}),
}  # fmt: skip

MUTANTS: dict[str, Solution] = INTEGRALS | SCORES | GREEDY | CLEAREST | BEST | ASSEMBLY | LIMITED | ROOT
