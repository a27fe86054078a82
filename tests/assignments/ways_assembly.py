"""Right ways and mistakes of the assignment on assembly."""

from __future__ import annotations

from tests.assignments.hand_in import Change

WAYS: dict[str, list[str]] = {
    "by_score": [
        """
def by_score(parts, pairs, scores):
    label = list(range(len(parts)))
    for k in sorted(range(len(scores)), key=lambda k: -scores[k]):
        one, two = ([c for c, of in enumerate(label) if of == label[end]] for end in pairs[k])
        both = [parts[c] for c in one + two]
        if one != two and len(set(both)) == len(both) <= MAX_PARTS:
            for c in two:
                label[c] = label[one[0]]
    groups = [[c for c, of in enumerate(label) if of == name] for name in set(label)]
    return [g for g in groups if len(g) > 1 and any(parts[c] == ROOT for c in g)]
""",
        """
def by_score(parts, pairs, scores):
    people = []
    for _, (a, b) in sorted(zip(scores.tolist(), pairs.tolist()), reverse=True):
        mine = [p for p in people if a in p or b in p]
        new = {a, b}.union(*mine)
        if len(new) <= MAX_PARTS and len({int(parts[c]) for c in new}) == len(new):
            people = [p for p in people if p not in mine] + [new]
    return [p for p in people if ROOT in {int(parts[c]) for c in p}]
""",
        """
import numpy as np

def by_score(parts, pairs, scores):
    people = []
    for k in np.lexsort([-scores]):
        a, b = map(int, pairs[k])
        one, two = (next((p for p in people if part in p and p[part] == c), None)
                    for part, c in ((parts[a], a), (parts[b], b)))
        one = {parts[a]: a} if one is None else one
        two = {parts[b]: b} if two is None else two
        if one is two or set(one) & set(two) or len(one) + len(two) > MAX_PARTS:
            continue
        people = [p for p in people if p is not one and p is not two] + [{**one, **two}]
    return [p for p in people if ROOT in p]
""",
        """
def by_score(parts, pairs, scores):
    parent = list(range(len(parts)))
    held = [{int(p)} for p in parts]
    def find(c):
        while parent[c] != c:
            c = parent[c]
        return c
    for k in (-scores).argsort(kind="mergesort"):
        a, b = find(pairs[k][0]), find(pairs[k][1])
        if a != b and not held[a] & held[b] and len(held[a]) + len(held[b]) <= MAX_PARTS:
            parent[b] = a
            held[a] |= held[b]
    roots = {find(c) for c in range(len(parts))}
    return [[c for c in range(len(parts)) if find(c) == r] for r in roots if len(held[r]) > 1 and ROOT in held[r]]
""",
        """
import torch

def by_score(parts, pairs, scores):
    n = len(parts)
    same = torch.eye(n, dtype=torch.bool)
    kinds = torch.nn.functional.one_hot(torch.tensor(parts), 10).bool()
    for k in torch.argsort(torch.tensor(scores), descending=True).tolist():
        a, b = pairs[k]
        if same[a, b]:
            continue
        union = same[a] | same[b]
        if int(union.sum()) <= MAX_PARTS and int(kinds[union].sum(0).max()) == 1:
            same[union] = union
    rows = {tuple(torch.nonzero(row)[:, 0].tolist()) for row in same}
    return [list(g) for g in rows if len(g) > 1 and any(parts[c] == ROOT for c in g)]
""",
        """
def by_score(parts, pairs, scores):
    def step(people, pair):
        a, b = pair
        one = next((p for p in people if a in p), frozenset([a]))
        two = next((p for p in people if b in p), frozenset([b]))
        new = one | two
        ok = one != two and len(new) <= MAX_PARTS and len({parts[c] for c in new}) == len(new)
        return people - {one, two} | {new} if ok else people
    from functools import reduce
    order = [p for _, p in sorted(zip(-scores, map(tuple, pairs.tolist())))]
    people = reduce(step, order, frozenset())
    return [tuple(p) for p in people if any(parts[c] == ROOT for c in p)]
""",
        """
def by_score(parts, pairs, scores):
    todo, people = dict(zip(map(tuple, pairs.tolist()), scores.tolist())), []
    while todo:
        a, b = max(todo, key=todo.get)
        del todo[a, b]
        touching = [p for p in people if {a, b} & set(p)]
        new = sorted({a, b, *(c for p in touching for c in p)})
        if len(new) > MAX_PARTS or len(set(parts[new])) < len(new):
            continue
        people = [p for p in people if p not in touching] + [new]
    return [p for p in people if (parts[p] == ROOT).any()]
""",
    ],
    "root_first": [
        """
def root_first(parts, pairs, redundant):
    owner, n = {}, 0
    for (a, b), extra in zip(pairs.tolist(), redundant.tolist()):
        if not extra:
            if a not in owner:
                owner[a], n = n, n + 1
            owner[b] = owner[a]
        elif (a in owner) != (b in owner):
            mine, new = (owner[a], b) if a in owner else (owner[b], a)
            if all(parts[c] != parts[new] for c, p in owner.items() if p == mine):
                owner[new] = mine
    people = [[c for c, p in owner.items() if p == k] for k in range(n)]
    return [p for p in people if len(p) >= MIN_PARTS]
""",
        """
def root_first(parts, pairs, redundant):
    people = []
    for a, b in pairs[~redundant].tolist():
        for person in people:
            if a in person:
                person.add(b)
                break
        else:
            people.append({a, b})
    for a, b in pairs[redundant].tolist():
        owned = set().union(*people)
        for person in people:
            held = {int(parts[c]) for c in person}
            if a in person and b not in owned and parts[b] not in held:
                person.add(b)
                break
            if b in person and a not in owned and parts[a] not in held:
                person.add(a)
                break
    return tuple(tuple(p) for p in people if len(p) >= MIN_PARTS)
""",
        """
def root_first(parts, pairs, redundant):
    label = np.full(len(parts), -1)
    for n, ((a, b), extra) in enumerate(zip(pairs, redundant)):
        if not extra:
            label[a] = n if label[a] < 0 else label[a]
            label[b] = label[a]
        elif np.sum(label[[a, b]] < 0) == 1:
            new, old = (a, b) if label[a] < 0 else (b, a)
            label[new] = -1 if parts[new] in parts[label == label[old]] else label[old]
    groups = [np.flatnonzero(label == n) for n in set(label.tolist()) - {-1}]
    return [group for group in groups if group.size >= MIN_PARTS]
""",
        """
from functools import reduce

def root_first(parts, pairs, redundant):
    def step(people, pair):
        a, b, extra = pair
        of = [next((p for p in people if end in p), None) for end in (a, b)]
        if not extra:
            return people - {of[0]} | {(of[0] or frozenset([a])) | {b}}
        if of.count(None) != 1:
            return people
        old, new = (of[0], b) if of[0] else (of[1], a)
        return people if parts[new] in {parts[c] for c in old} else people - {old} | {old | {new}}
    people = reduce(step, np.column_stack([pairs, redundant]).tolist(), frozenset())
    return {p for p in people if len(p) >= MIN_PARTS}
""",
        """
import torch

def root_first(parts, pairs, redundant):
    parts, pairs = torch.tensor(parts), torch.tensor(pairs)
    has = torch.zeros(len(pairs), len(parts), dtype=torch.bool)  # a row for every person there can be
    for n, (a, b) in enumerate(pairs.tolist()):
        if not redundant[n]:
            person = int(has[:, a].int().argmax()) if has[:, a].any() else n
            has[person, [a, b]] = True
        elif has[:, a].any() != has[:, b].any():
            new, old = (b, a) if has[:, a].any() else (a, b)
            person = has[:, old].nonzero()[0, 0]
            has[person, new] = not bool((parts[has[person]] == parts[new]).any())
    return [torch.nonzero(row)[:, 0] for row in has if row.sum() >= MIN_PARTS]
""",
        """
class Person(dict):
    def take(self, part, candidate):
        self.setdefault(int(part), int(candidate))

def root_first(parts, pairs, redundant):
    people, of = [], {}
    for k in range(len(pairs)):
        a, b = map(int, pairs[k])
        if not redundant[k] and a not in of:
            people.append(Person())
            people[-1].take(parts[a], a)
            of[a] = people[-1]
        if redundant[k] and (a in of) == (b in of):
            continue
        old, new = (a, b) if a in of else (b, a)
        of[old].take(parts[new], new)
        if new in of[old].values():
            of[new] = of[old]
    return [person.values() for person in people if len(person) >= MIN_PARTS]
""",
    ],
    "person_scores": [
        """
def person_scores(heights, owner, pairs, scores):
    found = []
    for m in range(max(owner, default=-1) + 1):
        h = [height for height, o in zip(heights, owner) if o == m]
        s = [score for (a, b), score in zip(pairs, scores) if owner[a] == m and owner[b] == m]
        found.append((sum(h) + WEIGHT * sum(s)) / len(h))
    return found
""",
        """
def person_scores(heights, owner, pairs, scores):
    n = owner.max(initial=-1) + 1
    total = np.zeros(n + 1)
    np.add.at(total, owner, heights)
    one, two = owner[pairs[:, 0]], owner[pairs[:, 1]]
    np.add.at(total, np.where(one == two, one, -1), WEIGHT * scores)
    return total[:n] / np.bincount(owner[owner >= 0], minlength=n)
""",
        """
import torch

def person_scores(heights, owner, pairs, scores):
    owner, pairs = torch.tensor(owner), torch.tensor(pairs)
    people = torch.arange(int(owner.max()) + 1 if len(owner) else 0)
    has = (owner == people[:, None]).double()
    pair = has[:, pairs[:, 0]] * has[:, pairs[:, 1]]
    return ((has @ torch.tensor(heights) + WEIGHT * pair @ torch.tensor(scores)) / has.sum(1)).float()
""",
        """
from scipy.ndimage import sum_labels

def person_scores(heights, owner, pairs, scores):
    if not len(owner):
        return []
    people = np.arange(owner.max() + 1)
    one, two = owner[pairs].T
    evidence = np.concatenate([heights, WEIGHT * scores])
    whose = np.concatenate([owner, np.where(one == two, one, -1)])
    return sum_labels(evidence, whose, people) / np.array([np.count_nonzero(owner == p) for p in people])
""",
        """
from collections import defaultdict

def person_scores(heights, owner, pairs, scores):
    evidence, size = defaultdict(float), defaultdict(int)
    for height, person in zip(heights.tolist(), owner.tolist()):
        evidence[person] += height
        size[person] += 1
    for (a, b), score in zip(pairs.tolist(), scores.tolist()):
        evidence[owner[a] if owner[a] == owner[b] else None] += WEIGHT * score
    return [evidence[person] / size[person] for person in sorted(size) if person >= 0]
""",
    ],
    "best_groups": [
        """
def best_groups(parts, pairs, scores):
    from itertools import product
    n, best, kept = len(parts), 0.0, []
    for label in product(*(range(k + 1) for k in range(n))):
        groups = [[k for k in range(n) if label[k] == name] for name in set(label)]
        if all(len({parts[k] for k in g}) == len(g) for g in groups):
            value = sum(s for (a, b), s in zip(pairs, scores) if label[a] == label[b])
            value -= COST * sum(len(g) > 1 for g in groups)
            if value > best:
                best, kept = value, groups
    return kept
""",
        """
from functools import lru_cache

def best_groups(parts, pairs, scores):
    n = len(parts)
    def value(mask):
        if bin(mask).count("1") < 2:
            return 0.0
        return sum(s for (a, b), s in zip(pairs, scores) if mask >> a & 1 and mask >> b & 1) - COST
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
    return [[k for k in range(n) if mask >> k & 1] for mask in best((1 << n) - 1)[1]]
""",
        """
def best_groups(parts, pairs, scores):
    # Branch and bound: what is still to be gained is at most all positive scores that are not yet decided.
    n, best = len(parts), [0.0, []]
    table = np.zeros((n, n))
    np.add.at(table, (pairs[:, 0], pairs[:, 1]), scores)
    table = table + table.T
    hope = [sum(np.maximum(table[k, :k], 0).sum() for k in range(start, n)) for start in range(n + 1)]
    def place(k, groups, value):
        if value + hope[k] < best[0] - COST * n:
            return
        if k == n:
            value -= COST * sum(len(g) > 1 for g in groups)
            if value > best[0]:
                best[:] = value, [list(g) for g in groups]
            return
        for g in groups:
            if all(parts[o] != parts[k] for o in g):
                more = table[k, g].sum()
                g.append(k)
                place(k + 1, groups, value + more)
                g.pop()
        place(k + 1, groups + [[k]], value)
    place(0, [], 0.0)
    return best[1]
""",
        """
from itertools import combinations
from scipy.optimize import LinearConstraint, milp

def best_groups(parts, pairs, scores):
    # Which groups to take, of all there can be: each candidate in one at most.
    n = len(parts)
    every = [g for k in range(2, n + 1) for g in combinations(range(n), k) if len({int(parts[c]) for c in g}) == k]
    if not every:
        return []
    worth = [sum(s for p, s in zip(pairs, scores) if set(p.tolist()) <= set(g)) - COST for g in every]
    member = np.array([[float(c in g) for g in every] for c in range(n)])
    x = milp(-np.array(worth), constraints=LinearConstraint(member, ub=1), integrality=np.ones(len(every)),
             bounds=(0, 1)).x
    return [g for g, taken in zip(every, x) if taken > 0.5]
""",
        """
def best_groups(parts, pairs, scores):
    # One candidate after another, all ways at once: a label for each, that of the first member of its group.
    ways = np.zeros((1, 0), int)
    for k in range(len(parts)):
        longer = []
        for label in range(k + 1):
            ok = label == k or (ways[:, label] == label) & ~((ways == label) & (parts[:k] == parts[k])).any(axis=1)
            kept = ways[ok] if label < k else ways
            longer.append(np.hstack([kept, np.full((len(kept), 1), label)]))
        ways = np.concatenate(longer)
    inside = ways[:, pairs[:, 0]] == ways[:, pairs[:, 1]]
    sizes = (ways[:, :, None] == np.arange(len(parts))).sum(axis=1)
    best = ways[(inside @ scores - COST * (sizes > 1).sum(axis=1)).argmax()]
    return [np.flatnonzero(best == label) for label in set(best.tolist())]
""",
        """
import torch

def best_groups(parts, pairs, scores):
    n = len(parts)
    table = torch.zeros(n, n, dtype=torch.float64)
    for (a, b), s in zip(pairs.tolist(), scores.tolist()):
        table[a, b] += s
        table[b, a] += s
    found = {frozenset(): (0.0, [])}  # by who is placed already; every new group holds the first who is not
    for _ in range(n):
        for placed, (value, groups) in list(found.items()):
            left = [c for c in range(n) if c not in placed]
            if not left:
                continue
            heads = [[left[0]]]
            for c in left[1:]:
                heads += [g + [c] for g in heads if all(parts[c] != parts[o] for o in g)]
            for g in heads:
                more = value + float(table[g][:, g].sum()) / 2 - COST * (len(g) > 1)
                key = placed | set(g)
                if key not in found or more > found[key][0]:
                    found[key] = more, [*groups, g]
    return [torch.tensor(g) for g in found[frozenset(range(n))][1]]
""",
    ],
}  # fmt: skip
CALLED: set[str] = set()

CHANGES = [
    Change("by_score", "pairs[np.argsort(-scores)]", "pairs", "not-best-first"),
    Change("by_score", "np.argsort(-scores)", "np.argsort(scores)", "worst-first"),
    Change("by_score", " or len(set(together)) < len(together)", "", "contradiction-ignored"),
    Change("by_score", " or len(together) > MAX_PARTS", "", "max-parts-ignored"),
    Change("by_score", "if one is two or", "if one is two or min(len(one), len(two)) > 1 or", "never-merged"),
    Change("by_score", " and ROOT in parts[group]", "", "root-ignored"),
    Change("by_score", "return [group for group in people if len(group) > 1 and",
           "return [group for group in people if", "single-kept"),
    Change("by_score", "len(together) > MAX_PARTS", "False", "max-parts-ignored"),
    Change("by_score", "len(together) > MAX_PARTS", "len(together) >= MAX_PARTS", "less-than-for-at-most"),
    Change("by_score", "len(together) > MAX_PARTS", "max(len(one), len(two)) > MAX_PARTS", "limit-asked-before"),
    Change("by_score", "len(together) > MAX_PARTS", "min(len(one), len(two)) == 1 and len(together) > MAX_PARTS",
           "limit-for-one-only"),
    Change("by_score", "            continue", "            break", "ends-at-ignored"),
    Change("by_score", "ROOT in parts[group]", "ROOT in group", "root-as-candidate"),
    Change("by_score", "ROOT in parts[group]", "parts[min(group)] == ROOT", "root-at-one-place"),
    Change("by_score", "len(group) > 1", "len(group) > 2", "small-people-left-out"),
    Change("by_score", "len(group) > 1", "len(group) >= MIN_PARTS", "small-people-left-out"),
    Change("by_score", "len(set(together)) < len(together)",
           "parts[first] in parts[two] or parts[second] in parts[one]", "pair-parts-only"),
    Change("by_score", "pairs[np.argsort(-scores)].tolist()",
           "pairs[sorted(range(len(scores)), key=lambda k: (ROOT not in parts[pairs[k]], -scores[k]))].tolist()",
           "root-pairs-first"),
    Change("by_score", "pairs[np.argsort(-scores)].tolist()",
           "[pair for pair, score in zip(pairs[np.argsort(-scores)].tolist(), -np.sort(-scores)) if not any(\n"
           "        more > score and {*pair} & {*other} and {*parts[pair]} == {*parts[other]}\n"
           "        for other, more in zip(pairs.tolist(), scores))]", "mutually-best-only"),
    Change("by_score", "if one is two or",
           "if one is two or min(len(one), len(two)) > 1 and ROOT not in together or", "apart-without-root"),
    Change("by_score", "if one is two or",
           "if one is two or len(together) > 2 and ROOT not in together or", "apart-without-root"),
    Change("by_score", "    crowd = ", "    max(parts)\n    crowd = ", "raises"),
    Change("root_first", "    people = []", "    people, first = [], pairs[0]", "raises"),
    Change("root_first", "pairs.tolist()", "map(sorted, pairs.tolist())", "pair-turned"),
    Change("root_first", " if len(person) >= MIN_PARTS", "", "min-parts-ignored"),
    Change("root_first", "if not extra and of_start is None:", "if of_start is None:", "redundant-begins"),
    Change("root_first", "elif (of_start is None) != (of_end is None):",
           "elif of_start is not None and of_end is None:", "redundant-forwards-only"),
    Change("root_first", "if parts[new] not in parts[owner] else []", "if True else []", "part-twice"),
    Change("root_first", "owner += [new]", "owner += []", "redundant-left-out"),
    Change("root_first", "len(person) >= MIN_PARTS", "len(person) > MIN_PARTS", "more-than-for-at-least"),
    Change("root_first", "owner += [new] if parts[new] not in parts[owner] else []",
           "owner[:] = [one for one in owner if parts[one] != parts[new]] + [new]", "occupied-replaced"),
    Change("root_first", "if len(person) >= MIN_PARTS", "if len(person) > 99", "everybody-alone"),
    Change("root_first", "if not extra and of_start is None:", "if not extra:", "owner-not-found"),
    Change("person_scores", "owner.max(initial=-1)", "owner.max()", "raises"),
    Change("person_scores", " & has[:, pairs[:, 1]]", "", "pairs-across-counted"),
    Change("person_scores", "WEIGHT * ", "", "weight-ignored"),
    Change("person_scores", " / has.sum(axis=1)", "", "sum-for-mean"),
    Change("person_scores", "has @ heights + ", "", "heights-ignored"),
    Change("person_scores", " + WEIGHT * (within @ scores)", "", "pairs-ignored"),
    Change("person_scores", "/ has.sum(axis=1)", "/ (has.sum(axis=1) + within.sum(axis=1))", "divided-by-all"),
    Change("person_scores", "WEIGHT * (within @ scores)", "2 * WEIGHT * (within @ scores)", "pairs-counted-twice"),
    Change("person_scores", "(has @ heights + WEIGHT * (within @ scores)) / has.sum(axis=1)",
           "has @ heights + WEIGHT * (within @ scores) / has.sum(axis=1)", "half-divided"),
    Change("person_scores", "(has @ heights + WEIGHT * (within @ scores)) / has.sum(axis=1)",
           "has @ heights / has.sum(axis=1) + WEIGHT * (within @ scores)", "half-divided"),
    Change("person_scores", "(has @ heights + WEIGHT * (within @ scores)) / has.sum(axis=1)",
           "has @ heights / has.sum(axis=1) + WEIGHT * (within @ scores) / np.maximum(within.sum(axis=1), 1)",
           "mean-of-pairs"),
    Change("person_scores", "(has @ heights + WEIGHT * (within @ scores))",
           "WEIGHT * (has @ heights + within @ scores)", "weight-on-heights"),
    Change("person_scores", "/ has.sum(axis=1)", "/ len(heights)", "divided-by-all-candidates"),
    Change("person_scores", "has = owner == people", "has = owner % len(people) == people", "nobody-counted"),
    Change("best_groups", "sum(len(group) > 1 for group in groups)", "len(groups)", "singles-cost"),
    Change("best_groups", "- COST * sum(len(group) > 1", "- COST * sum(len(group) == 1", "singles-cost"),
    Change("best_groups", "- COST * sum(len(group) > 1", "- COST * sum(len(group) > 2", "more-than-for-at-least"),
    Change("best_groups", "- COST *", "+ COST *", "cost-added"),
    Change("best_groups", "scores[same].sum()", "2 * scores[same].sum()", "pairs-counted-twice"),
    Change("best_groups", " - COST * sum(len(group) > 1 for group in groups)", "", "cost-ignored"),
    Change("best_groups", "sum(len(group) > 1 for", "sum(len(group) - 1 for", "cost-of-members"),
    Change("best_groups", "scores[same].sum()", "np.maximum(scores[same], 0).sum()", "negative-pairs-ignored"),
    Change("best_groups", "label[one] == label[two] for", "one < two and label[one] == label[two] for",
           "turned-pairs-ignored"),
    Change("best_groups", "    def worth", "    max(parts)\n\n    def worth", "raises"),
    Change("best_groups", "if parts[candidate] not in parts[list(group)]:", "if True:", "part-twice"),
    Change("best_groups", "max(every_way", "min(every_way", "worth-less"),
    Change("best_groups", "return [group for group in max(every_way(0, []), key=worth) if len(group) > 1]",
           "return []", "everybody-alone"),
]  # fmt: skip
