"""Wrong solutions of the tasks that only assignments ask for."""

from __future__ import annotations

from tests.checks.right_assignments import READ
from tests.checks.solutions import Solution

_TABLE = READ + """
def score_table(field, starts, ends):
    def one(a, b):
        long, u = np.hypot(*(b - a)), np.linspace(0, 1, 10)
        v = read(field, *(a[:, None] + u * (b - a)[:, None]))
        {body}
    return np.array([[one(a, b) for b in ends] for a in starts]).reshape(len(starts), len(ends)){then}
"""
_RIGHT = "((b - a) @ v).mean() / long"


def _table(body: str, diagnosis: str, then: str = "", **variation: float) -> Solution:
    return Solution("score_table", _TABLE.replace("{body}", body).replace("{then}", then), diagnosis, variation)


TABLES = {
    "score_table/reversed": _table(f"return -{_RIGHT}", "direction-reversed"),
    "score_table/absolute": _table(f"return abs({_RIGHT})", "direction-lost"),
    "score_table/positive": _table(f"return max({_RIGHT}, 0)", "direction-lost"),
    "score_table/not-unit": _table(f"return {_RIGHT} * long", "grows-with-length"),
    "score_table/swapped": _table("return ((b - a)[::-1] @ v).mean() / long", "xy-swapped"),
    "score_table/turned": _table(f"return {_RIGHT}", "table-reversed", "[::-1, ::-1]"),
    "score_table/transposed": _table(f"return {_RIGHT}", "wrong-axes", ".T"),
    "score_table/diagonal": _table(f"return {_RIGHT}", "wrong-shape", ".diagonal()"),
    "score_table/best": Solution("score_table", _TABLE.replace("{body}", f"return {_RIGHT}").replace("{then}", "") + """
every = score_table
def score_table(*case):
    table = every(*case)
    return np.where(table == table.max(axis=1, keepdims=True, initial=-9), table, 0)
""", "best-only"),
    "score_table/start": _table("return (b - a) @ v[:, 0] / long", "start-only"),
    "score_table/ends": _table("return (b - a) @ (v[:, 0] + v[:, -1]) / long / 2", "ends-only"),
    "score_table/middle": _table("return (b - a) @ read(field, *((a + b)[:, None] / 2))[:, 0] / long", "middle-only"),
    "score_table/no-end": _table("return ((b - a) @ v)[:-1].mean() / long", "end-missing"),
    "score_table/no-start": _table("return ((b - a) @ v)[1:].mean() / long", "start-missing"),
    "score_table/prior-upside-down": _table(f"return {_RIGHT} + min(1 - long / 2.5, 0)", "prior-upside-down",
                                            reach=2.5),
    "score_table/nine": _table("v = read(field, *(a[:, None] + np.linspace(0, 1, 9) * (b - a)[:, None]))\n"
                               f"        return {_RIGHT}", "too-few-samples"),
    "score_table/five": _table("v = read(field, *(a[:, None] + np.linspace(0, 1, 5) * (b - a)[:, None]))\n"
                               f"        return {_RIGHT}", "too-few-samples"),
    "score_table/reshaped": _table(f"return {_RIGHT}", "reshaped", ".T.reshape(len(starts), len(ends))"),
    "score_table/blocks": _table(f"return {_RIGHT} + min(2.5 / abs(b - a).sum() - 1, 0)", "distance-not-euclidean",
                                 reach=2.5),
    "score_table/no-starts": _table(f"return {_RIGHT}", "raises", " + 0 * starts[0, 0]"),
    "score_table/no-ends": _table(f"return {_RIGHT}", "raises", " + 0 * ends[0, 0]"),
    "score_table/whole-way": _table(f"return {_RIGHT}", "ends-not-skipped", skip=0.15),
    "score_table/no-prior": _table(f"return {_RIGHT}", "prior-ignored", reach=2.5),
    "score_table/prior-uncut": _table(f"return {_RIGHT} + 2.5 / long - 1", "short-pairs-gain", reach=2.5),
    "score_table/prior-added": _table(f"return {_RIGHT} - min(2.5 / long - 1, 0)", "prior-of-the-wrong-sign",
                                      reach=2.5),
    "score_table/prior-times": _table(f"return {_RIGHT} * min(2.5 / long, 1)", "prior-multiplied", reach=2.5),
}  # fmt: skip

_ARC = READ + """
def arc_integral(field, d1, d2):
    d = d2 - d1
    n = np.array([-d[1], d[0]])
    t = np.linspace(0, 1, 20)
    at = d1[:, None] + np.outer(d, t) + np.outer(n, 4 * 0.3 * t * (1 - t))
    step = d[:, None] + np.outer(n, 4 * 0.3 * (1 - 2 * t))
    long = np.linalg.norm(step, axis=0)
    {body}
"""


def _arc(body: str, diagnosis: str) -> Solution:
    return Solution("arc_integral", _ARC.replace("{body}", body), diagnosis)


_ALONG = "return (step * read(field, *at) / long).sum(axis=0)"
_AGAIN = f"""t = np.linspace(0, 1, COUNT)
    at = d1[:, None] + np.outer(d, t) + np.outer(n, 4 * 0.3 * t * (1 - t))
    step = d[:, None] + np.outer(n, 4 * 0.3 * (1 - 2 * t))
    long = np.linalg.norm(step, axis=0)
    {_ALONG}.mean()"""
ARCS = {
    "arc_integral/straight": _arc("at = d1[:, None] + np.outer(d, t); long = np.linalg.norm(d)\n"
                                  "    return (d @ read(field, *at) / long).mean()", "bend-ignored"),
    "arc_integral/other-side": _arc("at -= 2 * np.outer(n, 1.2 * t * (1 - t)); step -= 2 * np.outer(n, 1.2 - 2.4 * t)\n"
                                    f"    {_ALONG}.mean()", "bent-the-other-way"),
    "arc_integral/chord": _arc("return (d @ read(field, *at)).mean() / np.linalg.norm(d)", "chord-for-tangent"),
    "arc_integral/long": _arc("return (step * read(field, *at)).sum(axis=0).mean() / np.linalg.norm(d)", "not-unit"),
    "arc_integral/back": _arc(f"step = -step; {_ALONG}.mean()", "direction-reversed"),
    "arc_integral/whole": _arc(f"{_ALONG}.mean() * np.linalg.norm(d)", "grows-with-length"),
    "arc_integral/middle": _arc("t = 0.5; at = at[:, 9:11].mean(axis=1, keepdims=True); step = d[:, None]\n"
                                "    at = d1[:, None] + d[:, None] / 2 + 0.3 * n[:, None]\n"
                                "    return float((d @ read(field, *at)).mean() / np.linalg.norm(d))", "middle-only"),
    "arc_integral/no-end": _arc(f"{_ALONG}[:-1].mean()", "end-missing"),
    "arc_integral/by-arc-length": _arc(f"return ({_ALONG[7:]} * long).sum() / long.sum()", "arc-length-mean"),
    "arc_integral/bend-nearly": _arc(f"at -= np.outer(n, 0.02 * t * (1 - t)); {_ALONG}.mean()", "wrong-value"),
    "arc_integral/ends": _arc(f"{_ALONG}[[0, -1]].mean()", "ends-only"),
    "arc_integral/swapped": _arc("return (step[::-1] * read(field, *at) / long).sum(axis=0).mean()", "xy-swapped"),
    "arc_integral/absolute": _arc(f"return abs({_ALONG[7:]}).mean()", "direction-lost"),
    "arc_integral/components-absolute": _arc("return abs(step * read(field, *at) / long).sum(axis=0).mean()",
                                             "wrong-value"),
    "arc_integral/no-start": _arc(f"{_ALONG}[1:].mean()", "start-missing"),
    "arc_integral/sum": _arc(f"{_ALONG}.sum()", "sum-for-mean"),
    "arc_integral/nine": _arc(_AGAIN.replace("COUNT", "9"), "too-few-samples"),
    "arc_integral/four": _arc(_AGAIN.replace("COUNT", "4"), "too-few-samples"),
    **{f"arc_integral/by-arc-length-{n}": _arc(
        _AGAIN.replace("COUNT", str(n)).replace(".mean()", " @ long / long.sum()"), "arc-length-mean")
       for n in (40, 100)},
    "arc_integral/flat": _arc(_AGAIN.replace("COUNT", "20").replace("4 * 0.3 * t", "0.3 * t"), "bent-too-little"),
    "arc_integral/flat-everywhere": _arc(_AGAIN.replace("COUNT", "20").replace("4 * 0.3", "0.3"), "bent-too-little"),
    "arc_integral/half-as-bent": _arc(_AGAIN.replace("COUNT", "20").replace("4 * 0.3", "2 * 0.3"), "bent-too-little"),
    "arc_integral/cells": _arc("n = n / np.linalg.norm(n)\n    " + _AGAIN.replace("COUNT", "20"), "bend-in-cells"),
    "arc_integral/five": _arc(f"{_ALONG}[[0, 5, 10, 14, 19]].mean()", "wrong-value"),
    "arc_integral/seven": _arc(f"t, at, step, long = t[::3], at[:, ::3], step[:, ::3], long[::3]; {_ALONG}.mean()",
                               "wrong-value"),
    **{f"arc_integral/slope-{slope}": _arc(
        f"step = d[:, None] + np.outer(n, {slope} * 0.3 * (1 - 2 * t)); long = np.linalg.norm(step, axis=0); "
        f"{_ALONG}.mean()", slug)
       for slope, slug in ((1, "tangent-by-a-factor"), (2, "tangent-by-a-factor"), (-4, "tangent-the-other-way"))},
}  # fmt: skip

_SHARED = """
import numpy as np
from scipy.optimize import linear_sum_assignment

def solved(table, maximize=True):
    return list(zip(*(x.tolist() for x in linear_sum_assignment(table, maximize=maximize))))

def shared_sum(scores):
    n, m = scores.shape
    wide = np.maximum(np.tile(scores, 2), 0)
    {body}
"""


def _shared(body: str, diagnosis: str) -> Solution:
    return Solution("shared_sum", _SHARED.replace("{body}", body), diagnosis, {"capacity": 2})


_GREEDY_SHARED = """taken = []
    for i, j in sorted(np.ndindex(n, m), key=lambda pair: -scores[pair]):
        if scores[i, j] > 0 and all(i != a for a, _ in taken) and sum(j == b for _, b in taken) < 2:
            taken.append((i, j))
    return taken"""
SHARED = {
    "shared_sum/once": _shared("return [(i, j) for i, j in solved(np.maximum(scores, 0)) if scores[i, j] > 0]",
                               "capacity-ignored"),
    "shared_sum/greedy": _shared(_GREEDY_SHARED, "greedy-for-optimal"),
    "shared_sum/best-b": _shared("return [(i, int(r.argmax())) for i, r in enumerate(scores) if m and r.max() > 0]",
                                 "column-too-full"),
    "shared_sum/rows": _shared("return [(i % n, j) for i, j in solved(np.maximum(np.tile(scores, (2, 1)), 0)) "
                               "if scores[i % n, j] > 0]", "rows-shared"),
    "shared_sum/afterwards": _shared("return [(i, j % m) for i, j in solved(np.tile(scores, 2)) "
                                     "if scores[i, j % m] > 0]", "refused-pairs-count"),
    "shared_sum/smallest": _shared("return [(i, j // 2) for i, j in solved(np.repeat(wide[:, :m], 2, axis=1), False) "
                                   "if scores[i, j // 2] > 0]", "minimum-for-maximum"),
    "shared_sum/three": _shared("return [(i, j % m) for i, j in solved(np.tile(wide, 2)[:, :3 * m]) "
                                "if scores[i, j % m] > 0]", "capacity-off-by-one"),
    "shared_sum/seats": _shared("return [(i, j // 2) for i, j in solved(wide) if wide[i, j] > 0]", "seats-misread"),
    "shared_sum/seats-of-two": _shared("wide = np.repeat(wide[:, :m], 2, axis=1)\n"
                                       "    return [(i, j % 2) for i, j in solved(wide) if wide[i, j] > 0]",
                                       "seats-misread"),
    "shared_sum/seats-by-columns": _shared("wide = np.repeat(wide[:, :m], 2, axis=1)\n"
                                           "    return [(i, j % m) for i, j in solved(wide) if wide[i, j] > 0]",
                                           "seats-misread"),
    "shared_sum/everybody": _shared("return [(i, j % m) for i, j in solved(wide)]", "nonpositive-taken"),
    "shared_sum/wide-columns": _shared("return [(i, j) for i, j in solved(wide) if wide[i, j] > 0]", "no-such-pair"),
    "shared_sum/twice": _shared("return [(i, j) for i in range(n) for j in np.argsort(-scores[i])[:2].tolist() "
                                "if scores[i, j] > 0]", "row-used-twice"),
    "shared_sum/no-rows": _shared("width = len(scores[0])\n"
                                  "    return [(i, j % width) for i, j in solved(wide) if wide[i, j] > 0]", "raises"),
    "shared_sum/first": _shared("return [(i, j % m) for i, j in solved(wide)[:1] if wide[i, j] > 0]", "sum-too-small"),
    "shared_sum/turned": _shared("return [(j % m, i) for i, j in solved(wide) if wide[i, j] > 0]",
                                 "row-column-swapped"),
}  # fmt: skip

_LABELS = """
import numpy as np
from scipy.optimize import linprog

def proof(scores, seats):
    n, m = scores.shape
    if not n * m:
        return np.zeros(n), np.zeros(m)
    A = np.concatenate([np.repeat(np.eye(n), m, axis=0), np.tile(np.eye(m), (n, 1))], axis=1)
    x = linprog([1] * n + [seats] * m, -A, -scores.ravel()).x
    return x[:n], x[n:]

def labels(scores):
    n, m = scores.shape
    u, v = proof(scores, {seats})
    {body}
"""


def _labels(body: str, diagnosis: str, seats: int | None = None, **variation: int) -> Solution:
    count = variation.get("capacity", 1) if seats is None else seats
    return Solution("labels", _LABELS.replace("{body}", body).replace("{seats}", str(count)), diagnosis, variation)


LABELS = {
    "labels/no-rows": _labels("return u, v[:len(scores[0])]", "raises"),
    "labels/first": _labels("return np.maximum(scores.max(axis=1, initial=0), 0), np.zeros(m)", "first-labels"),
    "labels/first-columns": _labels("return np.zeros(n), np.maximum(scores.max(axis=0, initial=0), 0)", "first-labels"),
    "labels/zero": _labels("return 0 * u, 0 * v", "not-covered"),
    "labels/half": _labels("return u / 2, v / 2", "not-covered"),
    "labels/high": _labels("return u + 0.1, v", "bound-too-high"),
    "labels/moved": _labels("return u + 0.2, v - 0.2", "label-negative"),
    "labels/exchanged": _labels("return v, u", "wrong-axes"),
    "labels/one-list": _labels("return np.concatenate([u, v])", "wrong-type"),
    "labels/table": _labels("return u[:, None] + v, v", "wrong-shape"),
    "labels/nan": _labels("return u * np.nan, v", "not-finite"),
    "labels/first-shared": _labels("return np.maximum(scores.max(axis=1, initial=0), 0), np.zeros(m)", "first-labels",
                                   capacity=2),
    "labels/one-seat": _labels("return u, v", "capacity-ignored", seats=1, capacity=2),
    "labels/one-seat-of-3": _labels("return u, v", "capacity-ignored", seats=1, capacity=3),
    "labels/one-seat-by-columns": _labels("u, v = proof(scores.T, 1)\n    return v, u", "capacity-ignored", capacity=2),
    "labels/summed": _labels("return u, 2 * v", "labels-summed", capacity=2),
    "labels/summed-seats": _labels("w, of_seat = proof(np.repeat(scores, 3, axis=1), 1)\n"
                                   "    return w, of_seat.reshape(m, 3).sum(axis=1)", "labels-summed", capacity=3),
    "labels/divided": _labels("return u, v / 2", "labels-divided", capacity=2),
    "labels/divided-by-3": _labels("return u, v / 3", "labels-divided", capacity=3),
    "labels/seats": _labels("return proof(np.repeat(scores, 2, axis=1), 1)", "labels-of-seats", capacity=2),
    "labels/shared-high": _labels("return u, v + 0.1", "bound-too-high", capacity=2),
    "labels/shared-exchanged": _labels("return v, u", "wrong-axes", capacity=2),
}  # fmt: skip

_PERSONS = """
import numpy as np

def person_scores(heights, owner, pairs, scores):
    found = []
    for person in range(owner.max() + 1):
        mine = owner == person
        starts, ends = mine[pairs[:, 0]], mine[pairs[:, 1]]
        inside = starts & ends
        h, s, n, k = heights[mine].sum(), scores[inside].sum(), mine.sum(), inside.sum()
        found.append({value})
    return {result}
"""


def _persons(value: str, diagnosis: str, result: str = "found", **variation: float) -> Solution:
    source = _PERSONS.replace("{value}", value).replace("{result}", result)
    return Solution("person_scores", source, diagnosis, variation)


PERSONS = {
    "person_scores/either": _persons("h + scores[starts | ends].sum()", "pairs-across-counted"),
    "person_scores/starts": _persons("h + scores[starts].sum()", "pairs-across-counted"),
    "person_scores/heights": _persons("h", "pairs-ignored"),
    "person_scores/pairs": _persons("s", "heights-ignored"),
    "person_scores/mean": _persons("(h + s) / n", "mean-for-sum"),
    "person_scores/mean-of-all": _persons("(h + s) / (n + k)", "mean-for-sum"),
    "person_scores/no-candidates": Solution("person_scores", """
def person_scores(heights, owner, pairs, scores):
    found = [heights[owner == m].sum() for m in range(max(owner) + 1)]
    for (a, b), s in zip(pairs, scores):
        if owner[a] == owner[b] >= 0:
            found[owner[a]] += s
    return found
""", "raises"),
    "person_scores/reversed": _persons("h + s", "people-reversed", "found[::-1]"),
    "person_scores/sum": _persons("h + s", "wrong-shape", "sum(found)"),
    "person_scores/product": _persons("h * s", "wrong-value"),
    "person_scores/unweighted": _persons("(h + s) / n", "weight-ignored", weight=2.0),
    "person_scores/heights-weighted": _persons("(2 * h + s) / n", "weight-on-heights", weight=2.0),
    "person_scores/undivided": _persons("h + 2 * s", "sum-for-mean", weight=2.0),
    "person_scores/ends": _persons("h + scores[ends].sum()", "pairs-across-counted"),
    "person_scores/twice": _persons("h + 2 * s", "pairs-counted-twice"),
    "person_scores/twice-weighted": _persons("(h + 2 * 1.5 * s) / n", "pairs-counted-twice", weight=1.5),
    "person_scores/nobody": Solution("person_scores", """
import numpy as np

def person_scores(heights, owner, pairs, scores):
    found = np.zeros(owner.max() + 1)
    np.add.at(found, owner, heights)
    for (a, b), score in zip(pairs, scores):
        if owner[a] == owner[b]:
            found[owner[a]] += score
    return found
""", "nobody-counted"),
    "person_scores/nobody-divides": Solution("person_scores", """
import numpy as np

def person_scores(heights, owner, pairs, scores):
    total, n = np.zeros(owner.max() + 1), np.zeros(owner.max() + 1)
    np.add.at(total, owner, heights)
    np.add.at(n, owner, 1)
    one, two = owner[pairs].T
    np.add.at(total, one[(one == two) & (one >= 0)], 2.0 * scores[(one == two) & (one >= 0)])
    return total / n
""", "nobody-counted", {"weight": 2.0}),
    "person_scores/nobody-has": Solution("person_scores", """
import numpy as np

def person_scores(heights, owner, pairs, scores):
    has = np.zeros((owner.max() + 1, len(owner)))
    has[owner, np.arange(len(owner))] = 1
    return has @ heights + (has[:, pairs[:, 0]] * has[:, pairs[:, 1]]) @ scores
""", "nobody-counted"),
    "person_scores/both-weighted": _persons("2 * (h + s) / n", "weight-on-heights", weight=2.0),
    "person_scores/pairs-divided": _persons("h + 2 * s / n", "half-divided", weight=2.0),
    "person_scores/heights-divided": _persons("h / n + 0.75 * s", "half-divided", weight=0.75),
    "person_scores/two-means": _persons("h / n + 2 * s / max(k, 1)", "mean-of-pairs", weight=2.0),
    "person_scores/divided-by-weights": _persons("(h + 2 * s) / (n + 2 * k)", "divided-by-all", weight=2.0),
    "person_scores/divided-by-everybody": _persons("(h + 2 * s) / len(heights)", "divided-by-all-candidates",
                                                   weight=2.0),
    "person_scores/divided-by-all": _persons("(h + 2 * s) / (n + k)", "divided-by-all", weight=2.0),
}  # fmt: skip

_GROUPS = """
def best_groups(parts, pairs, scores):
    def ways(k, groups):
        if k == len(parts):
            yield groups
            return
        for n, group in enumerate(groups):
            if {allowed}:
                yield from ways(k + 1, groups[:n] + [group + [k]] + groups[n + 1:])
        yield from ways(k + 1, groups + [[k]])
    def worth(groups):
        inside = [{score} for (a, b), s in zip(pairs, scores) for g in groups if a in g and b in g]
        return sum(inside) - {cost} * sum({times} for g in groups)
    return {result}
"""


def _groups(diagnosis: str, cost: float = 0.0, seen: float | None = None, **change: str) -> Solution:
    words = {"allowed": "all(parts[k] != parts[o] for o in group)", "score": "s", "times": "len(g) > 1",
             "result": "[g for g in max(ways(0, []), key=worth) if len(g) > 1]"} | change  # fmt: skip
    source = _GROUPS.replace("{cost}", str(cost if seen is None else seen))
    for name, text in words.items():
        source = source.replace("{" + name + "}", text)
    return Solution("best_groups", source, diagnosis, {"cost": cost} if cost else {})


GROUPS = {
    "best_groups/positive": _groups("negative-pairs-ignored", score="max(s, 0)"),
    "best_groups/any-part": _groups("part-twice", allowed="True"),
    "best_groups/alone": _groups("everybody-alone", result="[]"),
    "best_groups/pairs": _groups("candidate-used-twice", result="[p for p, s in zip(pairs, scores) if s > 0]"),
    "best_groups/worst": _groups("worth-less", result="[g for g in min(ways(0, []), key=worth) if len(g) > 1]"),
    "best_groups/largest": _groups("worth-less", result="[max(max(ways(0, []), key=worth), key=len)]"),
    "best_groups/parts": _groups("no-such-candidate", result="[[o + 9 for o in g] for g in next(ways(0, []))]"),
    "best_groups/no-cost": _groups("cost-ignored", cost=0.25, seen=0.0),
    "best_groups/cost-of-links": _groups("cost-of-members", cost=0.15, times="len(g) - 1"),
    "best_groups/cost-of-candidates": _groups("cost-of-members", cost=0.25, times="len(g) * (len(g) > 1)"),
    "best_groups/cost-of-everybody": _groups("singles-cost", cost=0.25, times="True"),
    "best_groups/cost-of-singles": _groups("singles-cost", cost=0.15, times="len(g) == 1"),
    "best_groups/cost-of-three": _groups("more-than-for-at-least", cost=0.25, times="len(g) > 2"),
    "best_groups/cost-added": _groups("cost-added", cost=0.2, seen=-0.2),
    "best_groups/twice": _groups("pairs-counted-twice", cost=0.3, score="2 * s"),
    "best_groups/turned": _groups("turned-pairs-ignored", score="s * (a < b)"),
    "best_groups/turned-with-cost": _groups("turned-pairs-ignored", cost=0.2, score="s * (a < b)"),
    "best_groups/no-candidates": _groups("raises", result="(max(parts), max(ways(0, []), key=worth))[1]"),
    "best_groups/sorted": Solution("best_groups", """
def best_groups(parts, pairs, scores):
    groups = []
    for s, (a, b) in sorted(zip(scores.tolist(), pairs.tolist()), reverse=True):
        if s <= 0:
            break
        one, two = (next((g for g in groups if k in g), {k}) for k in (a, b))
        if one is not two and not {parts[k] for k in one} & {parts[k] for k in two}:
            groups = [g for g in groups if g is not one and g is not two] + [one | two]
    return groups
""", "greedy-for-optimal"),
}  # fmt: skip

MUTANTS: dict[str, Solution] = TABLES | ARCS | SHARED | LABELS | PERSONS | GROUPS
