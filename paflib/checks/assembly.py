"""Checks of the chapter on assembly: the sorted rule and the root-first rule, on candidates without any skeleton.

Candidates are numbers; of each one it is known which part it is. A person is a group of candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import Any

import numpy as np

from paflib.checks.core import (
    Answer,
    Case,
    CheckFailed,
    Mistake,
    Question,
    Student,
    Task,
    Values,
    gives,
    judge,
    known,
    most,
    registered,
    shown,
    steps,
    too_many,
    whole,
)  # fmt: skip

SORTED = "Sorted, in Assembly"
LITERAL = "The paper's sentence, in Assembly"
ROOT = "Root first, in Assembly"
REDUNDANT = "What redundant limbs are for, in Assembly"
PERSON = "Who is a person?, in Assembly"
EXACT = "Three parts by hand, and exactly, in Assembly"

Groups = list[tuple[int, ...]]
Pair = tuple[int, int]


def _read_groups(value: Any, question: Question) -> Groups:
    parts = question.case[0]
    try:
        groups = _bounded(value, question)
    except (TypeError, ValueError, OverflowError):
        words = "Your function must return the people: a list, and in it for each person a list of their candidates."
        raise question.failure("wrong-type", words, f"What came out is a {type(value).__name__}.") from None
    for group in groups:
        for candidate in group:
            if not 0 <= candidate < len(parts):
                there = f"they are numbered from 0 to {len(parts) - 1}" if len(parts) else "there are none here"
                words = f"There is no candidate {candidate}: {there}."
                raise question.failure("no-such-candidate", words, yours=[list(one) for one in groups])
    return sorted(groups)


def _bounded(value: Any, question: Question) -> Groups:
    """The groups, of which no more are looked at than there can be."""
    groups, left = Groups(), most(question) - _size(value)
    for group in islice(value if left >= 0 else (), most(question) + 1):
        left -= _size(group)
        if left < 0 or len(groups) == most(question):
            left = -1
            break
        groups.append(_members(group))
    if left < 0:
        raise too_many(question, "groups of candidates")
    return groups


def _size(value: Any) -> int:
    count = getattr(value, "numel", None)  # a tensor of torch
    if callable(count):
        return int(count())
    return value.size if isinstance(value, np.ndarray) else len(value) if isinstance(value, Sized) else 0


def _members(group: Any) -> tuple[int, ...]:
    if isinstance(group, Mapping):  # part: candidate, as the chapter has them
        group = group.values()
    members = [float(candidate) for candidate in group]
    if not whole(np.array(members)):
        raise ValueError
    return tuple(sorted(int(candidate) for candidate in members))


# ---- rules, right and wrong ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rule:
    """How pairs become people; every field but the last three is a mistake when it is not as here."""

    ends: str = "never"  # or at the first pair that is ignored: "ignored", or one between two groups: "apart"
    limit: str = "after"  # "before": asked of groups before the pair; "growing": not asked where two groups meet
    order: str = "best"  # "root": the root's pairs first; "mutual": only pairs that are the best of both their ends
    merges: bool = True
    asks: str = "groups"  # where two groups meet, "pair": only the pair's own parts are looked for in the other group
    rootless: str = "meet"  # groups without the root, "apart": never merged; "alone": never grow, either
    share_a_part: str = "apart"  # "joined": two groups that hold the same part become one; "joined when merged"
    occupied: str = "kept"  # "replaced": who comes later takes the place
    used: str = "once"  # "again": a candidate may be given to a second person
    min_parts: int = 2
    max_parts: int = 10_000
    root: int | None = None

    def __call__(self, parts: np.ndarray, pairs: np.ndarray, scores: np.ndarray) -> Groups:
        groups: list[set[int]] = []
        for k in self._order(parts, pairs, scores):
            pair, before = [int(candidate) for candidate in pairs[k]], [set(group) for group in groups]
            self._consider(pair, groups, parts)
            inside = any(group.issuperset(pair) for group in before)
            if groups == before and (self.ends == "ignored" or (self.ends == "apart" and not inside)):
                break
        return self.kept(groups, parts)

    def _order(self, parts: np.ndarray, pairs: np.ndarray, scores: np.ndarray) -> Iterable[int]:
        if self.order == "given":
            return range(len(scores))
        order = [int(k) for k in np.argsort(scores if self.order == "worst" else -scores, kind="stable")]
        if self.order == "root":
            return sorted(order, key=lambda k: self.root not in parts[pairs[k]])
        if self.order == "mutual":
            ends = {k: [(end, frozenset(parts[pairs[k]].tolist())) for end in pairs[k].tolist()] for k in order}
            best = {end: k for k in reversed(order) for end in ends[k]}  # of a candidate, among pairs of the same parts
            return [k for k in order if all(best[end] == k for end in ends[k])]
        return order

    def _consider(self, pair: list[int], groups: list[set[int]], parts: np.ndarray) -> None:
        one, two = (next((group for group in groups if candidate in group), None) for candidate in pair)
        if one is None and two is None:
            groups.append(set(pair))
        elif one is not None and two is not None:
            if one is not two:
                self._merge(one, two, pair, groups, parts)
        else:
            group, candidate = (one, pair[1]) if one is not None else (two, pair[0])
            assert group is not None
            self._extend(group, candidate, parts)

    def _merge(self, one: set[int], two: set[int], pair: list[int], groups: list[set[int]], parts: np.ndarray) -> None:
        held, others = ({int(parts[k]) for k in group} for group in (one, two))
        clash = held & others
        if self.asks == "pair":
            clash &= {int(parts[k]) for k in pair}
        apart = self.rootless != "meet" and self.root not in held | others
        room = {"after": len(one) + len(two), "before": max(len(one), len(two)), "growing": 0}[self.limit]
        if self.merges and not apart and (not clash or self.share_a_part != "apart") and room <= self.max_parts:
            one |= two
            groups[:] = [group for group in groups if group is not two]
        elif self.used == "again":
            one.add(pair[1])

    def _extend(self, group: set[int], candidate: int, parts: np.ndarray) -> None:
        holds = [k for k in group if parts[k] == parts[candidate]]
        room = len(group) + (self.limit != "before")
        if self.rootless == "alone" and self.root not in {int(parts[k]) for k in (*group, candidate)}:
            return
        if (not holds or self.share_a_part == "joined") and room <= self.max_parts:
            group.add(candidate)
        elif holds and self.occupied == "replaced":
            group.difference_update(holds)
            group.add(candidate)

    def kept(self, groups: Iterable[Iterable[int]], parts: np.ndarray) -> Groups:
        """The groups that are people."""
        people = [tuple(sorted(group)) for group in groups]
        with_root = [p for p in people if self.root is None or self.root in {int(parts[k]) for k in p}]
        return sorted(p for p in with_root if len(p) >= self.min_parts)


Fits = Callable[[Case, Any], bool]


def _gives(rule: Callable[..., Groups]) -> Fits:
    return lambda case, yours: rule(*case) == yours


def _with_singles(rule: Callable[..., Groups], part: int | None = None) -> Fits:
    """Fits the right people and all single candidates besides, or those for one part."""

    def fits(case: Case, yours: Any) -> bool:
        people = rule(*case)
        single = set(range(len(case[0]))) - {k for group in people for k in group}
        of_part = [(k,) for k in single if part is None or case[0][k] == part]
        return bool(sorted([*people, *of_part]) == yours)

    return fits


# ---- what a result shows ---------------------------------------------------------------------------------------------


def _properties(case: Case, yours: Groups) -> tuple[Mistake, str] | None:
    """What no result may have, whatever the rule."""
    parts, seen = case[0], set[int]()
    for group in yours:
        for k in group:
            if k in seen:
                words = "A candidate is used twice: a joint belongs to one person."
                return Mistake("candidate-used-twice", words, SORTED), f"Candidate {k} is in two places."
            seen.add(k)
        held = [int(parts[k]) for k in group]
        for part in held:
            if held.count(part) > 1:
                both = " and ".join(str(k) for k in group if parts[k] == part)
                words = "A person has the same part twice: two groups that hold the same part must stay apart."
                return Mistake("part-twice", words, SORTED), f"The candidates {both} are both of part {part}."
    return None


def _difference(yours: Groups, right: Groups) -> str:
    """One thing that must be otherwise: two candidates that belong together, or do not."""
    of = {k: n for n, group in enumerate(right) for k in group}
    for group in yours:
        for k in group:
            if k not in of:
                return f"Candidate {k} must not be in any group."
            for other in group:
                if of.get(other, -1) != of[k]:
                    return f"The candidates {k} and {other} must not be in one group."
    mine = {k: n for n, group in enumerate(yours) for k in group}
    for group in right:
        if not any(k in mine for k in group):
            return f"A group is missing: nobody has any of the candidates {_listed(group)}."
        for k in group:
            if mine.get(k, -1) != mine.get(group[0], -2):
                return f"The candidates {group[0]} and {k} must be in one group."
    return "The groups are the right ones, and one of them comes twice."


def _listed(group: Sequence[int]) -> str:
    return f"{', '.join(map(str, group[:-1]))} and {group[-1]}"


_NOBODY = Mistake("everybody-alone", "You leave everybody alone: there is nobody in any of your answers.", PERSON,
                  fits_all=lambda answers: not any(yours for _, yours in answers))  # fmt: skip


def _task(names: tuple[str, ...], right: Callable[..., Groups], mistakes: Sequence[Mistake], look: str) -> Task:
    def agrees(yours: Groups, case: Case) -> bool:
        return yours == right(*case)

    def diagnose(answers: list[Answer]) -> CheckFailed:
        case, yours = next(one for one in answers if not agrees(one[1], one[0]))
        # Nobody at all is what many mistakes would leave of small people: it says nothing about which one it was.
        mistake, found = known(answers, (_NOBODY, *mistakes)), _difference(yours, right(*case))
        broken = next(((one, their) for one in answers if (their := _properties(*one)) is not None), None)
        if mistake is None and broken is not None:
            (case, yours), (mistake, found) = broken
        mistake = mistake or Mistake("wrong-groups", "These are not the people that the rule gives.", look)
        came = f"What came out: {shown([list(group) for group in yours])}. {found}"
        example = {"yours": [list(group) for group in yours]}
        return Question(names, case).failure(mistake.slug, mistake.words, came, mistake.look, **example)

    return Task(names, _read_groups, agrees, diagnose, lambda a, b: a == b)


# ---- sorted ----------------------------------------------------------------------------------------------------------


@registered("Assembly by the sorted rule", "parts pairs scores", "groups", min_parts=(3, 4), max_parts=(4, 5),
            root=(0, 1, 2, 3))  # fmt: skip
def check_assembly(
    student: Student, *, seed: int = 0, min_parts: int = 2, max_parts: int | None = None, root: int | None = None
) -> None:
    """The sorted rule: a function of (parts, pairs, scores) that returns people, each a list of candidates.

    ``parts`` (P,) says which part every candidate is, ``pairs`` (K, 2) which candidates are a pair, ``scores`` (K,) how
    good each pair is; all scores differ, and neither the pairs nor the two of a pair come in any order. A candidate
    that is in no pair is nobody. There may be no pairs, and no candidates.

    Args:
        student: the function.
        seed: of the cases.
        min_parts: a variation: groups with fewer candidates are left out, at the end.
        max_parts: a variation: a pair that would give a group more candidates than that is ignored.
        root: a variation: groups without a candidate for this part are left out, at the end.

    Raises:
        CheckFailed: with its diagnosis.
    """
    rule = _Rule(min_parts=min_parts, max_parts=max_parts or 10_000, root=root)
    mistakes = [*_kept_mistakes(rule), *_sorted_mistakes(rule)]
    task = _task(("parts", "pairs", "scores"), rule, mistakes, SORTED)
    judge(student, task, _sorted_cases(np.random.default_rng(seed)))


def _just_enough(rule: _Rule | _RootFirst) -> Mistake:
    more = _gives(replace(rule, min_parts=rule.min_parts + 1))
    return Mistake("more-than-for-at-least", "You leave out people who have just as many parts as are enough.", PERSON,
                   lambda case, yours: rule.min_parts > 2 and more(case, yours))  # fmt: skip


def _kept_mistakes(rule: _Rule) -> list[Mistake]:
    plain = _Rule()

    def with_root(has: Callable[[tuple[int, ...], np.ndarray], bool]) -> Fits:
        every = replace(rule, root=None)
        fits = _gives(lambda parts, *rest: [group for group in every(parts, *rest) if has(group, parts)])
        return lambda case, yours: rule.root is not None and fits(case, yours)

    return [
        Mistake("min-parts-ignored", "You keep groups that are too small to be a person.", PERSON,
                _gives(replace(rule, min_parts=plain.min_parts))),
        *(Mistake("small-people-left-out", "You leave out people because they are small. Here two candidates are "
                  "enough for a person.", PERSON,
                  _gives(replace(rule, min_parts=least))) for least in (3, 4) if rule.min_parts == plain.min_parts),
        _just_enough(rule),
        Mistake("less-than-for-at-most", "You ignore a pair that makes a group just as large as it may be.", PERSON,
                _gives(replace(rule, max_parts=rule.max_parts - 1))),
        Mistake("limit-asked-before", "You ask how large a group is before the pair is taken; what counts is how large "
                "it would be afterwards.", PERSON, _gives(replace(rule, limit="before"))),
        Mistake("limit-for-one-only", "You ask for the limit when one candidate is added, and not when two groups "
                "meet.", PERSON, _gives(replace(rule, limit="growing"))),
        *(Mistake("ends-at-ignored", "You end at a pair that is ignored. Pairs that come after it may still be taken.",
                  SORTED, _gives(replace(rule, ends=ends))) for ends in ("ignored", "apart")),
        Mistake("root-as-candidate", "You look for the candidate of this number in a group; the number is that of a "
                "part.", PERSON, with_root(lambda group, parts: rule.root in group)),
        Mistake("root-at-one-place", "You look at the first candidate of a group alone; any of them may be the one for "
                "the root.", PERSON, with_root(lambda group, parts: parts[group[0]] == rule.root)),
        Mistake("root-at-one-place", "You look at the last candidate of a group alone; any of them may be the one for "
                "the root.", PERSON, with_root(lambda group, parts: parts[group[-1]] == rule.root)),
        Mistake("max-parts-ignored", "You let a group grow larger than this task allows.", PERSON,
                _gives(replace(rule, max_parts=plain.max_parts))),
        Mistake("too-large-left-out", "A group that is too large must never arise: it is the pair that is ignored, and "
                "not the group.", PERSON, _gives(lambda *case: [
                    group for group in replace(rule, max_parts=10_000)(*case) if len(group) <= rule.max_parts])),
        Mistake("root-ignored", "You keep groups that lack the part without which nobody is a person here.", PERSON,
                _gives(replace(rule, root=None))),
    ]  # fmt: skip


def _sorted_mistakes(rule: _Rule) -> list[Mistake]:
    merged = "Two people who hold the same part are put together: a pair between them is a contradiction, and ignored."

    def rooted(**other: str) -> Fits:
        fits = _gives(replace(rule, **other))  # type: ignore[arg-type]
        return lambda case, yours: rule.root is not None and fits(case, yours)

    return [
        Mistake("single-kept", "A candidate that nobody is paired with is no person: leave it out.", PERSON,
                _with_singles(rule)),
        Mistake("single-kept", "A candidate that nobody is paired with is no person, for whichever part it is.", PERSON,
                _with_singles(rule, rule.root)),
        Mistake("not-best-first", "You take the pairs in the order in which they come; the best must have its turn "
                "first.", SORTED, _gives(replace(rule, order="given"))),
        Mistake("worst-first", "You take the pair with the smallest score first.", SORTED,
                _gives(replace(rule, order="worst"))),
        Mistake("mutually-best-only", "You take a pair only when it is the best one of both its candidates. Here every "
                "pair has its turn: a better one that was ignored does not stand in its way.", SORTED,
                _gives(replace(rule, order="mutual"))),
        Mistake("pair-parts-only", "Where two groups meet, you look for the parts of the pair's own two candidates in "
                "the other group. The groups must have no part in common at all.", SORTED,
                _gives(replace(rule, asks="pair"))),
        Mistake("root-pairs-first", "The pairs of the root have their turn first in yours. By this rule the best pair "
                "does, whichever parts it joins.", SORTED, rooted(order="root")),
        *(Mistake("apart-without-root", "Groups without the root stay apart in yours until one of them gets it. "
                  "Whether a group has the root is asked at the end, and not while groups grow.", PERSON,
                  rooted(rootless=rootless)) for rootless in ("apart", "alone")),
        Mistake("never-merged", "A pair between two people never puts them together in yours, and people stay in "
                "pieces. Two who have no part in common become one.", LITERAL, _gives(replace(rule, merges=False))),
        Mistake("contradiction-ignored", f"{merged} Whatever is paired ends up in one group.", SORTED,
                _gives(replace(rule, share_a_part="joined"))),
        Mistake("merged-in-spite-of-contradiction", f"{merged} You ask this when one candidate is added, and not when "
                "two people meet.", SORTED, _gives(replace(rule, share_a_part="joined when merged"))),
        Mistake("occupied-replaced", "A candidate takes the place of one that was there already: the better pair came "
                "first, and its candidate stays.", SORTED, _gives(replace(rule, occupied="replaced"))),
        Mistake("candidate-used-twice", "A candidate that belongs to one person is given to a second one.", SORTED,
                _gives(replace(rule, merges=False, used="again"))),
        Mistake("part-numbers-for-candidates", "You give the parts of the candidates, and not their numbers.", SORTED,
                _gives(lambda parts, *rest: sorted(tuple(sorted(int(parts[k]) for k in group))
                                                   for group in rule(parts, *rest)))),
    ]  # fmt: skip


def _scene(parts: Sequence[int], table: Mapping[Pair, float]) -> Case:
    pairs = np.array(list(table), int).reshape(-1, 2)
    return np.array(parts, int), pairs, np.array(list(table.values()), float)


def _sorted_cases(rng: np.random.Generator) -> list[Case]:
    low, high = round(float(rng.uniform(0.2, 0.3)), 2), round(float(rng.uniform(0.8, 0.95)), 2)
    cases = [
        _scene([0, 1], {(0, 1): high}),
        _scene([0, 1, 1], {(0, 1): high}),
        _scene([0, 1, 2], {(0, 1): high, (1, 2): low}),
        _scene([0, 1, 1], {(0, 2): low, (0, 1): high}),
        _scene([0, 0, 1], {(0, 2): high, (1, 2): low}),
        _scene([0, 1, 2, 3], {(1, 2): low, (0, 1): high, (2, 3): 0.7}),
        _scene([0, 1, 2, 3], {(0, 1): high, (2, 3): 0.6}),
        _scene([0, 1, 0, 1], {(0, 3): low, (0, 1): high, (2, 3): 0.6}),
        _scene([0, 1, 2, 3, 3], {(0, 1): 0.5, (2, 3): high, (1, 2): low, (2, 4): 0.6}),
        _scene([0, 1, 0, 1, 2], {(0, 1): 0.7, (2, 3): high, (1, 4): 0.5, (3, 4): low}),
        _scene([0, 1, 2, 0, 1, 2], {(0, 1): 0.5, (1, 2): 0.45, (3, 4): 0.6, (4, 5): 0.55, (0, 5): low, (0, 2): 0.4}),
        _scene([0, 0, 1, 1, 2, 2, 2, 3], {  # the scene that the chapter works out by hand
            (0, 2): 0.9, (4, 7): 0.8, (1, 3): 0.7, (0, 3): 0.6, (2, 4): 0.5, (3, 5): 0.45, (0, 4): 0.4, (2, 6): 0.35}),
    ]  # fmt: skip
    unsorted = [_scene(parts, {(parts.index(k), parts.index(k + 1)): 0.9 - 0.1 * k for k in range(3)})
                for parts in ([1, 0, 2, 3], [2, 1, 0, 3], [3, 2, 1, 0])]  # fmt: skip
    alone = _scene([0, 1, 2, 3, 0, 1, 2, 3], {(0, 1): high, (1, 2): 0.7, (2, 3): low})
    # Five parts or more: what a limit of four or five keeps apart, or lets merge, or stops while it grows one by one.
    limits = [
        _scene(range(5), {(1, 2): low, (2, 3): 0.6, (0, 1): high, (3, 4): 0.7}),
        _scene(range(6), {(2, 3): low, (0, 1): high, (4, 5): 0.5, (1, 2): 0.7, (3, 4): 0.6}),
        _scene(range(6), {(4, 5): low, (2, 3): 0.6, (0, 1): high, (3, 4): 0.5, (1, 2): 0.7}),
        _scene(range(8), {(k, k + 1): round(high - 0.05 * k, 2) for k in range(7)}),
    ]
    drawn = [_random_scene(rng, people) for people in (2, 3, 3)]
    return [*cases, *unsorted, *_met(high), *limits, alone, *drawn, _scene([0, 1], {}), _scene([], {})]


def _met(high: float) -> list[Case]:
    """What happens where groups meet, with and without each part that may be the root."""
    cases = [
        _scene([k, k, k + 1, k + 1], {(0, 2): high, (0, 3): 0.7, (1, 3): 0.6}) for k in (0, 2)
    ] + [_scene([0, 0, 1, 1, 2, 2, 3, 3], {
        (0, 2): high, (0, 3): 0.75, (1, 3): 0.7, (2, 4): 0.6, (3, 5): 0.55, (4, 6): 0.5, (5, 7): 0.45})]  # fmt: skip
    for root in range(4):
        x, y, z, other = (part for part in range(5) if part != root)
        cases += [
            _scene([root, x, x, y], {(0, 1): high, (2, 3): 0.75, (0, 3): 0.7}),
            _scene([root, x, x, y], {(2, 3): high, (0, 3): 0.7, (0, 1): 0.6}),
            _scene([root, x, y, z], {(1, 2): high, (2, 3): 0.75, (0, 1): 0.7}),
            _scene([root, x, y, z, other], {(1, 2): high, (3, 4): 0.75, (2, 3): 0.7, (0, 1): 0.6}),
        ]
    return cases


LIMBS: tuple[Pair, ...] = ((0, 1), (1, 2), (2, 3), (1, 3))


def _random_scene(rng: np.random.Generator, people: int) -> Case:
    """Four parts of some people, some missing, in no order, with pairs that are right and pairs that are not."""
    every = [(part, n) for part in range(4) for n in range(people) if rng.random() > 0.15]
    found = [every[k] for k in rng.permutation(len(every))]
    ends = [(a, b) for c in LIMBS for a, b in np.ndindex(len(found), len(found))
            if (found[a][0], found[b][0]) == c and (found[a][1] == found[b][1] or rng.random() < 0.3)]  # fmt: skip
    order = rng.permutation(len(ends))
    scores = np.round(0.05 + 0.9 * rng.permutation(len(ends)) / max(len(ends), 1), 3)
    turned = {k: ends[k][::-1] if rng.random() < 0.5 else ends[k] for k in order}
    return _scene([part for part, _ in found], {turned[k]: float(scores[k]) for k in order})


# ---- root first ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _RootFirst:
    """The root-first rule; every field but the last is a mistake when it is not as here."""

    merges: bool = False  # redundant limbs may merge two people
    begins: bool = False  # redundant limbs may begin a person
    splits: bool = False  # and do so even where their end is somebody's
    fills: bool = True  # redundant limbs may fill a gap
    looks: bool = True  # the owner of the start is looked for
    occupied: bool = False  # a part that somebody has is given once more
    replaces: bool = False  # and the candidate who was there leaves
    backwards: bool = True  # a redundant limb may fill the gap at its start
    min_parts: int = 2

    def __call__(self, parts: np.ndarray, pairs: np.ndarray, redundant: np.ndarray) -> Groups:
        groups: list[set[int]] = []
        for (a, b), extra in zip(pairs.tolist(), redundant.tolist(), strict=True):
            one, two = (next((group for group in groups if k in group), None) for k in (a, b))
            if extra:
                self._fill(a, b, one, two, groups, parts)
            elif one is None or not self.looks:
                groups.append({a, b})
            else:
                one.add(b)
        return sorted(tuple(sorted(group)) for group in groups if len(group) >= self.min_parts)

    def _fill(
        self, a: int, b: int, one: set[int] | None, two: set[int] | None, groups: list[set[int]], parts: np.ndarray
    ) -> None:
        if one is None and (two is None or self.splits):
            if self.begins:
                groups.append({a, b})
        elif one is not None and two is not None:
            if one is not two and self.merges:
                one |= two
                groups[:] = [group for group in groups if group is not two]
        elif self.fills and (one is not None or self.backwards):
            group, k = (one, b) if one is not None else (two, a)
            assert group is not None
            holds = {other for other in group if parts[other] == parts[k]}
            if self.occupied or self.replaces or not holds:
                group -= holds if self.replaces else set()
                group.add(k)


@registered("Assembly by the root-first rule", "parts pairs redundant", "groups", min_parts=(3, 4))
def check_root_first(student: Student, *, seed: int = 0, min_parts: int = 2) -> None:
    """The root-first rule: a function of (parts, pairs, redundant) that returns people, each a list of candidates.

    ``parts`` (P,) says which part every candidate is; ``pairs`` (K, 2) are the matched pairs in the order of the visit,
    those of redundant limbs last; ``redundant`` (K,) says which are those. Candidates are numbered in no order, and
    there may be no pairs, and no candidates.

    Args:
        student: the function.
        seed: of the cases.
        min_parts: a variation: groups with fewer candidates are left out, at the end.

    Raises:
        CheckFailed: with its diagnosis.
    """
    rule = _RootFirst(min_parts=min_parts)
    mistakes = [
        Mistake("min-parts-ignored", "You keep groups that are too small to be a person.", PERSON,
                _gives(replace(rule, min_parts=2))),
        _just_enough(rule),
        Mistake("redundant-merges", "A redundant limb puts two people together. By this rule it may only give "
                "somebody a part that is missing.", ROOT, _gives(replace(rule, merges=True))),
        Mistake("redundant-begins", "A redundant limb begins a person of its own. By this rule it may only give "
                "somebody a part that is missing.", ROOT, _gives(replace(rule, begins=True))),
        Mistake("redundant-begins", "A redundant limb begins a person of its own whenever its start is nobody's. By "
                "this rule it may only give somebody a part that is missing.", ROOT,
                _gives(replace(rule, begins=True, splits=True))),
        Mistake("redundant-as-any", "You treat redundant limbs like all others; they may only give somebody a part "
                "that is missing.", ROOT, _gives(replace(rule, merges=True, begins=True))),
        Mistake("redundant-left-out", "You leave redundant limbs out; they may give somebody a part that is missing.",
                REDUNDANT, _gives(replace(rule, fills=False))),
        Mistake("redundant-forwards-only", "A redundant limb may fill a gap at either of its ends.", REDUNDANT,
                _gives(replace(rule, backwards=False))),
        Mistake("part-twice", "A redundant limb gives somebody a part that they have already.", ROOT,
                _gives(replace(rule, occupied=True))),
        Mistake("occupied-replaced", "The candidate of a redundant limb takes the place of one that was there already; "
                "it may only fill a gap.", ROOT, _gives(replace(rule, replaces=True))),
        *(Mistake("owner-not-found", "Every pair begins a person in yours: whoever owns the pair's start gets its end.",
                  ROOT, _gives(replace(rule, looks=False, fills=fills))) for fills in (True, False)),
        Mistake("single-kept", "A candidate that nobody is paired with is no person: leave it out.", PERSON,
                _with_singles(rule)),
        Mistake("pair-turned", "You take the candidate with the smaller number for the start of a pair. The pair says "
                "which of the two it is; candidates are numbered in no order.", ROOT,
                _gives(lambda parts, pairs, extra: rule(parts, np.sort(pairs, axis=1), extra))),
    ]  # fmt: skip
    task = _task(("parts", "pairs", "redundant"), rule, mistakes, ROOT)
    judge(student, task, _root_cases(np.random.default_rng(seed)))


def _visit(parts: Sequence[int], pairs: Sequence[Pair], extra: Sequence[Pair] = ()) -> Case:
    every = np.array([*pairs, *extra], int).reshape(-1, 2)
    return np.array(parts, int), every, np.arange(len(every)) >= len(pairs)


def _root_cases(rng: np.random.Generator) -> list[Case]:
    cases = [
        _visit([0, 1], [(0, 1)]),
        _visit([0, 1, 1], [(0, 1)]),
        _visit([0, 1, 2], [(0, 1), (1, 2)]),
        _visit([0, 1, 2], [(0, 1)], [(0, 2)]),
        _visit([0, 1, 2], [(1, 2)], [(0, 2)]),
        _visit([0, 1, 2], [(0, 1)], [(1, 2), (0, 2)]),
        _visit([0, 2, 1, 3], [(0, 2)], [(1, 3)]),
        _visit([0, 1, 2, 3], [(0, 1), (2, 3)], [(0, 2)]),
        _visit([0, 1, 2, 2], [(0, 1), (1, 2)], [(0, 3)]),
        _visit([0, 0, 1, 1, 2, 2, 3], [(0, 2), (1, 3), (2, 4), (3, 5), (4, 6)], [(0, 4)]),
        # Large enough for a rule that drops small people:
        _visit([0, 1, 2, 3], [(0, 1), (1, 2)], [(1, 3)]),
        _visit([0, 1, 2, 3], [(1, 2), (2, 3)], [(0, 3)]),
        _visit([0, 1, 2, 3, 1], [(0, 1), (1, 2), (2, 3)], [(0, 4)]),
        _visit([0, 1, 4, 5, 6, 7], [(0, 1)], [(2, 3), (3, 4), (4, 5)]),
        _visit(range(8), [(0, 1), (1, 2), (2, 3), (4, 5), (5, 6), (6, 7)], [(0, 4)]),
        _visit([*range(5), 2, 4], [(0, 1), (1, 2), (2, 3), (3, 4)], [(0, 5), (2, 6)]),
        _visit(range(6), [(0, 1), (1, 2)], [(0, 3), (0, 4), (0, 5)]),  # who does not look for owners finds somebody too
    ]
    small = [case for case in cases if len(case[0]) <= 3]
    large = [_renumbered(rng, *case) for case in cases if len(case[0]) > 3]
    drawn = [_random_visit(rng, people) for people in (1, 2, 2, 2, 3, 3, 3, 3, 4, 4)]
    return [*small, *large, *drawn, _visit([0, 1], []), _visit([], [])]


def _renumbered(rng: np.random.Generator, parts: np.ndarray, pairs: np.ndarray, redundant: np.ndarray) -> Case:
    """The same visit, with the candidates in another order."""
    order = rng.permutation(len(parts))
    return parts[order], np.argsort(order)[pairs], redundant


def _random_visit(rng: np.random.Generator, people: int) -> Case:
    """Matched pairs of a tree of some parts, some pairs left out, and of redundant limbs between other parts of it."""
    n = int(rng.integers(4, 7))
    tree = [(int(rng.integers(max(0, end - 2), end)), end) for end in range(1, n)]
    other = [c for c in combinations(range(n), 2) if c not in tree]
    extra = [other[int(k)] for k in rng.permutation(len(other))[: rng.integers(1, 4)]]
    parts = [part for part in range(n) for _ in range(people)]

    def matched(c: Pair, share: float) -> list[Pair]:
        ends = [(c[0] * people + a, c[1] * people + int(b)) for a, b in enumerate(rng.permutation(people))]
        return [ends[int(k)] for k in rng.permutation(people) if rng.random() < share]

    pairs = [[pair for c in limbs for pair in matched(c, share)] for limbs, share in ((tree, 0.7), (extra, 0.9))]
    return _renumbered(rng, *_visit(parts, *pairs))


# ---- the score of a person -------------------------------------------------------------------------------------------


def _person_scores(
    heights: np.ndarray,
    owner: np.ndarray,
    pairs: np.ndarray,
    scores: np.ndarray,
    weight: float = 1.0,
    *,
    across: str = "neither",
    part_weight: float = 1.0,
    divide: Callable[[float, float], float] = lambda parts, pairs: 1.0,
) -> np.ndarray:
    """(M,) a score for each person; what stands behind the weight is a mistake when it is not as here.

    Args:
        heights, owner, pairs, scores, weight: as for a student.
        across: who gets a pair between two people: nobody, both, or the owner of its start or end.
        part_weight: of the heights.
        divide: what a score is divided by.
    """
    found = np.zeros(int(owner.max(initial=-1)) + 1)
    for person in range(len(found)):
        mine = owner == person
        starts, ends = (mine[pairs[:, k]] for k in (0, 1))
        inside = {"neither": starts & ends, "both": starts | ends, "start": starts, "end": ends}[across]
        total = part_weight * heights[mine].sum() + weight * scores[inside].sum()
        found[person] = total / divide(float(mine.sum()), float(inside.sum()))
    return found


def _sums(heights: np.ndarray, owner: np.ndarray, pairs: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(4, M): of each person, the sums of heights and of the scores of pairs, and the numbers of both."""
    has = owner == np.arange(owner.max(initial=-1) + 1).reshape(-1, 1)
    inside = has[:, pairs[:, 0]] & has[:, pairs[:, 1]]
    return np.stack([has @ heights, inside @ scores, has.sum(axis=1), inside.sum(axis=1)]).astype(float)


def _nobodys_sums(
    heights: np.ndarray, owner: np.ndarray, pairs: np.ndarray, scores: np.ndarray
) -> tuple[float, float, int]:
    """What the candidates that are nobody's would give a person: heights, scores of pairs, and how many they are."""
    lost = owner < 0
    return heights[lost].sum(), scores[lost[pairs].all(axis=1)].sum(), int(lost.sum())


@registered("The score of a person", "heights owner pairs scores", weight=(0.75, 1.5, 2.0, 2.5))
def check_person_scores(student: Student, *, seed: int = 0, weight: float | None = None) -> None:
    """Person scores: a function of (heights, owner, pairs, scores) that returns a score for each person, (M,).

    ``heights`` (P,) are those of the candidates, ``owner`` (P,) says whose every candidate is, a number from 0 to
    M - 1, or -1 for nobody's; ``pairs`` (K, 2) are pairs of candidates, and ``scores`` (K,) are theirs. A score is the
    sum of the person's heights and of the scores of all pairs within the person. There may be no pairs, and no
    candidates.

    Args:
        student: the function.
        seed: of the cases.
        weight: a variation: the pairs' scores count so many times, and the whole is divided by the number of the
            person's candidates.

    Raises:
        CheckFailed: with its diagnosis.
    """
    times = 1.0 if weight is None else weight
    divide: Callable[[float, float], float] = (lambda parts, pairs: 1.0) if weight is None else lambda a, b: a

    def by(**other: Any) -> Callable[..., np.ndarray]:
        how: dict[str, Any] = {"weight": times, "divide": divide} | other
        return lambda *case: _person_scores(*case, **how)

    def of_sums(score: Callable[..., Any]) -> Callable[..., np.ndarray]:
        """Fits scores that are made of a person's sums of heights and of pairs, and of the numbers of both."""
        return lambda *case: np.asarray(score(*_sums(*case)))

    def nobodys(heights: bool, pairs: bool, count: bool) -> Callable[..., np.ndarray]:
        """As if candidates that are nobody's were the last person's, whose index is -1 as well."""
        def wrong(*case: Any) -> np.ndarray:
            (h, s, n, k), (lost_h, lost_s, lost_n) = _sums(*case), _nobodys_sums(*case)
            h[-1:] += lost_h * heights
            s[-1:] += lost_s * pairs
            by_how_many = n.copy()
            by_how_many[-1:] += lost_n * count
            return np.asarray((h + times * s) / [divide(a, b) for a, b in zip(by_how_many, k, strict=True)])

        return wrong

    across = "A pair between two people belongs to neither: it is no evidence for them."
    nobody = "What is nobody's counts for the last person in yours: an index of −1 is the last place of a list."
    varied = [] if weight is None else [
        Mistake("weight-ignored", "Heights and pairs count alike in yours; in this task they do not.", PERSON,
                gives(by(weight=1.0))),
        Mistake("weight-on-heights", "You weight the heights; it is the pairs' scores that are weighted.", PERSON,
                gives(by(weight=1.0, part_weight=times))),
        Mistake("sum-for-mean", "Your score grows with the number of parts; in this task it is divided by it.", PERSON,
                gives(by(divide=lambda parts, pairs: 1.0))),
        Mistake("divided-by-all", "You divide by the number of parts and pairs; it is the parts alone that count.",
                PERSON, gives(by(divide=lambda parts, pairs: parts + pairs))),
        Mistake("divided-by-all", "You divide by the number of parts and weighted pairs; it is the parts alone that "
                "count.", PERSON, gives(of_sums(lambda h, s, n, k: (h + times * s) / (n + times * k)))),
        Mistake("divided-by-all-candidates", "You divide by the number of all candidates; it is the person's own that "
                "count.", PERSON, gives(lambda *case: by(divide=lambda parts, pairs: len(case[0]))(*case))),
        Mistake("weight-on-heights", "You weight heights and pairs alike; it is the pairs' scores that are weighted.",
                PERSON, gives(of_sums(lambda h, s, n, k: times * (h + s) / n))),
        Mistake("half-divided", "You divide the pairs and not the heights; in this task it is the whole that is "
                "divided.", PERSON, gives(of_sums(lambda h, s, n, k: h + times * s / n))),
        Mistake("half-divided", "You divide the heights and not the pairs; in this task it is the whole that is "
                "divided.", PERSON, gives(of_sums(lambda h, s, n, k: h / n + times * s))),
        Mistake("mean-of-pairs", "You take the mean of the heights and that of the pairs; in this task the whole is "
                "divided by the number of parts.", PERSON,
                gives(of_sums(lambda h, s, n, k: h / n + times * s / np.maximum(k, 1)))),
    ]  # fmt: skip
    mistakes = [
        *varied,
        Mistake("pairs-counted-twice", "You count every pair twice, once for each of its ends.", PERSON,
                gives(by(weight=2 * times))),
        *(Mistake("nobody-counted", nobody, PERSON, gives(nobodys(heights, pairs, count)))
          for heights, pairs in ((True, False), (False, True), (True, True)) for count in (False, True)),
        Mistake("nobody-counted", nobody, PERSON, gives(lambda heights, owner, *rest: by()(
            heights, np.where(owner < 0, owner.max(initial=-1), owner), *rest))),
        Mistake("pairs-across-counted", f"{across} You count it for both.", PERSON, gives(by(across="both"))),
        Mistake("pairs-across-counted", f"{across} You count it for the owner of its start.", PERSON,
                gives(by(across="start"))),
        Mistake("pairs-across-counted", f"{across} You count it for the owner of its end.", PERSON,
                gives(by(across="end"))),
        Mistake("pairs-ignored", "You count the candidates alone; the pairs within a person are evidence as well.",
                PERSON, gives(by(weight=0.0))),
        Mistake("heights-ignored", "You count the pairs alone; the heights of the candidates belong to the score.",
                PERSON, gives(by(part_weight=0.0))),
        Mistake("mean-for-sum", "You divide by the number of parts; the score is a sum.", PERSON,
                gives(by(divide=lambda parts, pairs: parts))),
        Mistake("mean-for-sum", "You divide by the number of parts and pairs; the score is a sum.", PERSON,
                gives(by(divide=lambda parts, pairs: parts + pairs))),
        Mistake("people-reversed", "Your scores are in the wrong order: the first is that of person 0.", PERSON,
                gives(lambda *case: by()(*case)[::-1])),
    ]  # fmt: skip
    names = ("heights", "owner", "pairs", "scores")
    values = Values(names, "the scores (people)", by(), mistakes, ("person",), tolerance=2e-3)
    judge(student, values.task(), _owned_cases(np.random.default_rng(seed)))


def _owned_cases(rng: np.random.Generator) -> list[Case]:
    def case(owner: list[int], pairs: list[Pair]) -> Case:
        heights, scores = rng.uniform(0.3, 1, len(owner)), rng.uniform(0.2, 1, len(pairs))
        ends = np.array(pairs, int).reshape(-1, 2)
        return np.round(heights, 2), np.array(owner, int), ends, np.round(scores, 2)

    cases = [
        case([0, 0], [(0, 1)]),
        case([0, 0, 1], [(0, 1)]),
        case([0, 0, 1, 1, 1], [(0, 1), (2, 3), (3, 4), (1, 2)]),
        case([0, -1, 0, 1, -1, 1, 0], [(0, 2), (0, 6), (2, 6), (3, 5), (1, 4), (1, 0), (5, 6)]),
    ]
    for people in (2, 3, 4):
        owner = [*range(people), *rng.integers(-1, people, 3 * people).tolist()]
        ends = [(int(a), int(b)) for a, b in rng.integers(0, len(owner), (4 * people, 2)) if a != b]
        cases.append(case(owner, ends))
    return [*cases, case([0, -1, 0], []), case([], [])]


# ---- the best groups there are ---------------------------------------------------------------------------------------


def _partitions(parts: np.ndarray) -> Iterable[list[list[int]]]:
    """All ways to put candidates into groups, none with the same part twice."""

    def extended(k: int, groups: list[list[int]]) -> Iterable[list[list[int]]]:
        if k == len(parts):
            yield groups
            return
        for n, group in enumerate(groups):
            if all(parts[k] != parts[other] for other in group):
                yield from extended(k + 1, [*groups[:n], [*group, k], *groups[n + 1 :]])
        yield from extended(k + 1, [*groups, [k]])

    return extended(0, [])


Times = Callable[[int], int]
"""How many times the cost a group of so many candidates costs."""


_SINGLES: tuple[Times, ...] = (lambda size: 1, lambda size: int(size == 1))
"""Costs in which who stays alone is not free."""


def _once(size: int) -> int:
    return int(size > 1)


def _worth(groups: Iterable[Iterable[int]], case: Case, cost: float, times: Times = _once) -> float:
    """The scores of all pairs within groups, less the cost of every group of two or more."""
    _, pairs, scores = case
    of = {k: n for n, group in enumerate(groups) for k in group}
    inside = sum(float(s) for (a, b), s in zip(pairs.tolist(), scores, strict=True) if of.get(a, -1) == of.get(b, -2))
    return inside - cost * sum(times(len(list(group))) for group in groups)


def _most_worth(
    case: Case, cost: float, seen: Callable[[Case], Case] = lambda case: case, times: Times = _once
) -> Groups:
    best = max(_partitions(case[0]), key=lambda groups: _worth(groups, seen(case), cost, times))
    return sorted(tuple(group) for group in best if len(group) > 1)


@registered("The best groups there are", "parts pairs scores", "groups", cost=steps(0.15, 0.35, 0.05))
def check_best_groups(student: Student, *, seed: int = 0, cost: float = 0.0) -> None:
    """The best people: a function of (parts, pairs, scores) that returns groups of candidates with the greatest worth.

    ``parts`` (P,) says which part every candidate is, ``pairs`` (K, 2) are pairs of candidates and ``scores`` (K,)
    theirs, which may be negative. No group has a part twice; a candidate may stay alone. The worth is the sum of the
    scores of all pairs both of whose ends are in one group, whether that is wanted or not. The two of a pair come in
    any order. There are at most seven candidates, and there may be none, or no pairs.

    Args:
        student: the function.
        seed: of the cases.
        cost: a variation: every group of two or more costs so much.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def several(groups: Groups) -> Groups:
        return [group for group in groups if len(group) > 1]

    def broken(case: Case, yours: Groups) -> tuple[Mistake, str] | None:
        if (impossible := _properties(case, yours)) is not None:
            return impossible
        best, mine = _worth(_most_worth(case, cost), case, cost), _worth(several(yours), case, cost)
        if mine > best - 1e-6:
            return None
        found = f"Yours are worth {shown(mine)}, and there are some with {shown(best)}."
        return Mistake("worth-less", "There are groups that are worth more.", EXACT), found

    def diagnose(answers: list[Answer]) -> CheckFailed:
        case, yours = next(one for one in answers if broken(*one) is not None)
        first = broken(case, yours)
        assert first is not None
        mistake = known(answers, _group_mistakes(cost, several)) or first[0]
        came = f"What came out: {shown([list(group) for group in yours])}. {first[1]}"
        names, example = ("parts", "pairs", "scores"), {"yours": [list(group) for group in yours]}
        return Question(names, case).failure(mistake.slug, mistake.words, came, mistake.look, **example)

    task = Task(("parts", "pairs", "scores"), _read_groups, lambda yours, case: broken(case, yours) is None, diagnose,
                lambda a, b: a == b)  # fmt: skip
    judge(student, task, _group_cases(np.random.default_rng(seed), cost))


def _group_mistakes(cost: float, several: Callable[[Groups], Groups]) -> list[Mistake]:
    def positive(case: Case) -> Case:
        return case[0], case[1], np.maximum(case[2], 0)

    def ordered(case: Case) -> Case:
        parts, pairs, scores = case
        return parts, pairs[pairs[:, 0] < pairs[:, 1]], scores[pairs[:, 0] < pairs[:, 1]]

    def worth(other: float, seen: Callable[[Case], Case] = lambda case: case, times: Times = _once) -> Fits:
        def fits(case: Case, yours: Any) -> bool:
            best, everybody = _most_worth(case, other, seen, times), range(len(case[0]))
            values = []
            for groups in (best, several(yours)):
                alone = [(k,) for k in everybody if not any(k in group for group in groups)]
                values.append(_worth([*groups, *alone], seen(case), other, times))
            return abs(values[0] - values[1]) < 1e-6

        return fits

    def costing(times: Times) -> Fits:
        return lambda case, yours: cost > 0 and worth(cost, times=times)(case, yours)

    def sorted_rule(case: Case, yours: Any) -> bool:
        parts, pairs, scores = case
        return _Rule()(parts, pairs[scores > 0], scores[scores > 0]) == several(yours)

    return [
        Mistake("cost-ignored", "You make groups that are worth less than they cost.", EXACT,
                lambda case, yours: cost > 0 and worth(0.0)(case, yours)),
        *(Mistake("cost-of-members", "A group costs more in yours the more candidates it has; here every group of two "
                  "or more costs the same.", EXACT,
                  costing(times)) for times in (lambda size: size - 1, lambda size: size * (size > 1))),
        *(Mistake("singles-cost", "A candidate who stays alone costs something in yours; it is groups of two or more "
                  "that cost.", EXACT, costing(times)) for times in _SINGLES),
        Mistake("more-than-for-at-least", "A group of two costs nothing in yours; every group of two or more costs the "
                "same.", EXACT, costing(lambda size: size > 2)),
        Mistake("cost-added", "You add the costs of groups to their worth; costs are taken off.", EXACT,
                lambda case, yours: cost > 0 and worth(-cost)(case, yours)),
        Mistake("pairs-counted-twice", "You count every pair twice, once for each of its ends, and the cost of a group "
                "once.", EXACT, lambda case, yours: cost > 0 and worth(cost / 2)(case, yours)),
        Mistake("negative-pairs-ignored", "You never look at negative scores. They count as soon as both ends are in "
                "one group, however they came there.", EXACT, worth(cost, positive)),
        Mistake("turned-pairs-ignored", "You look at a pair only when its first candidate has the smaller number. The "
                "two of a pair come in any order.", EXACT, worth(cost, ordered)),
        Mistake("greedy-for-optimal", "These are the groups of the sorted rule. It takes the best pair first, and "
                "never goes back.", SORTED, sorted_rule),
        Mistake("everybody-alone", "You leave everybody alone.", EXACT,
                lambda case, yours: several(yours) == []),
    ]  # fmt: skip


def _group_cases(rng: np.random.Generator, cost: float) -> list[Case]:
    high = round(float(rng.uniform(0.8, 0.95)), 2)
    cases = [
        _scene([0, 1], {(0, 1): high}),
        _scene([0, 1], {(1, 0): high}),
        _scene([0, 1], {(0, 1): -0.3}),
        _scene([0, 1], {(0, 1): max(round(0.4 * cost, 3), 0.01)}),
        _scene([0, 1], {(0, 1): max(round(0.75 * cost, 3), 0.01)}),
        _scene([0, 1], {(0, 1): min(round(-cost / 2, 3), -0.01)}),
        _scene([0, 1], {(0, 1): min(round(-1.5 * cost, 3), -0.01)}),
        _scene([0, 1, 2], {(0, 1): high, (1, 2): min(round(-cost / 2, 3), -0.01)}),
        _scene([0, 1, 2], {(0, 1): high, (1, 2): max(round(cost / 2, 3), 0.01)}),  # a third one who costs nothing
        _scene([0, 1, 1], {(0, 1): 0.5, (2, 0): high}),
        _scene([0, 1, 2], {(0, 1): high, (1, 2): 0.5, (0, 2): -0.95}),
        _scene([0, 1, 1, 2], {(0, 1): 0.8, (0, 2): 0.7, (2, 3): 0.75, (1, 3): -0.4, (0, 3): 0.1}),
        _scene([0, 0, 1, 1], {(0, 2): 0.9, (0, 3): 0.8, (1, 2): 0.85, (1, 3): 0.1}),
        _scene([0, 0, 1, 1, 2], {(0, 2): 0.6, (1, 3): 0.7, (2, 4): 0.5, (3, 4): 0.45, (0, 4): -0.3, (1, 4): 0.2}),
    ]
    for people, n in ((2, 6), (2, 7), (3, 6)):
        number = rng.permutation(n)  # of a candidate among all, by part and then by person
        kinds = number // people
        ends = [(a, b) for a, b in np.ndindex(len(kinds), len(kinds)) if kinds[a] < kinds[b]]
        drawn = rng.permutation(np.linspace(-0.7, 0.6, len(ends)))  # no two alike
        own = 0.4 * np.array([number[a] % people == number[b] % people for a, b in ends])
        cases.append(_scene(kinds.tolist(), dict(zip(ends, np.round(drawn + own, 3).tolist(), strict=True))))
    return [*cases, _scene([0, 1], {}), _scene([], {})]
