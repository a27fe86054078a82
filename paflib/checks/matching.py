"""Checks of the chapter on matching: the greedy rule, the clearest row first, and the matching with the best sum.

Equal scores may be taken in any order: what is asked for are the properties of a matching and not its pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
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
    in_any_order,
    judge,
    known,
    most,
    plain,
    registered,
    shown,
    steps,
    whole,
)  # fmt: skip

PROBLEM = "The problem, in Matching"
GREEDY = "Greedy, in Matching"
HUNGARIAN = "The Hungarian algorithm, in Matching"
BEST_B = '"Best B for each A", in Matching'
SINGLE = "Leaving a candidate single, in Matching"

Pairs = list[tuple[int, int]]
NAMES = ("scores",)


def _read_pairs(value: Any, question: Question) -> Pairs:
    if isinstance(value, Mapping):
        value = list(islice(value.items(), most(question) + 1))
    array = plain(in_any_order(value, question), question, "pairs (row, column)", most(question))
    if not array.size:
        return []
    if array.ndim != 2 or array.shape[1] != 2:
        slug = "wrong-axes" if array.ndim == 2 and array.shape[0] == 2 else "wrong-shape"
        words = f"Your function returns {array.shape} numbers; wanted are pairs (row, column): (pairs, 2)."
        hint = "Rows and columns came as two lists; they belong together in pairs." if slug == "wrong-axes" else ""
        raise question.failure(slug, words, hint, yours=array)
    h, w = question.case[0].shape
    if not whole(array):
        raise question.failure("wrong-type", "Rows and columns have whole numbers.", yours=array)
    pairs = sorted((int(i), int(j)) for i, j in array)
    outside = [(i, j) for i, j in pairs if not (0 <= i < h and 0 <= j < w)]
    if outside and not all(0 <= j < h and 0 <= i < w for i, j in pairs):
        words = f"There is no pair {outside[0]}: the table has {h} rows and {w} columns."
        raise question.failure("no-such-pair", words, yours=np.array(pairs))
    return pairs


# ---- properties ------------------------------------------------------------------------------------------------------


def _twice(pairs: Pairs, end: int) -> int | None:
    """A row (end 0) or column (end 1) that is used twice."""
    seen: set[int] = set()
    for pair in pairs:
        if pair[end] in seen:
            return pair[end]
        seen.add(pair[end])
    return None


def _inside(pairs: Pairs, scores: np.ndarray) -> bool:
    return all(i < scores.shape[0] and j < scores.shape[1] for i, j in pairs)


def _total(pairs: Pairs, gain: np.ndarray) -> float:
    return float(sum(gain[pair] for pair in pairs))


def _free(pairs: Pairs, gain: np.ndarray) -> tuple[int, int] | None:
    """A pair that could be taken besides."""
    rows, columns = {i for i, _ in pairs}, {j for _, j in pairs}
    left = [(i, j) for i, j in zip(*map(np.ndarray.tolist, np.nonzero(gain > 1e-9)), strict=True)
            if i not in rows and j not in columns]  # fmt: skip
    return left[0] if left else None


def _passed_over(pairs: Pairs, gain: np.ndarray) -> tuple[tuple[int, int], list[tuple[int, int]]] | None:
    """A pair that is better than every pair in its way, and those pairs: greedy would have taken it."""
    for i, j in zip(*map(np.ndarray.tolist, np.nonzero(gain > 1e-9)), strict=True):
        blocking = [pair for pair in pairs if pair[0] == i or pair[1] == j]
        if (i, j) not in pairs and all(gain[pair] < gain[i, j] - 1e-9 for pair in blocking):
            return (i, j), blocking
    return None


def _is_matching(pairs: Pairs, gain: np.ndarray) -> bool:
    once = _inside(pairs, gain) and _twice(pairs, 0) is None and _twice(pairs, 1) is None
    return once and all(gain[pair] > 0 for pair in pairs)


# ---- matchings, right and wrong --------------------------------------------------------------------------------------


def _greedy(gain: np.ndarray, sign: int = 1) -> Pairs:
    left = [(float(-sign * gain[i, j]), i, j) for i, j in np.ndindex(gain.shape) if gain[i, j] > 0]
    taken: Pairs = []
    for _, i, j in sorted(left):
        if all(i != row and j != column for row, column in taken):
            taken.append((i, j))
    return sorted(taken)


def _one_after_another(gain: np.ndarray) -> Pairs:
    """Every row in turn takes its best free column."""
    taken: Pairs = []
    for i, row in enumerate(gain):
        free = [(value, -j) for j, value in enumerate(row) if value > 0 and all(j != column for _, column in taken)]
        if free:
            taken.append((i, -max(free)[1]))
    return taken


def _each_best(gain: np.ndarray, always: bool = False) -> Pairs:
    return [(i, int(row.argmax())) for i, row in enumerate(gain) if row.size and (always or row.max() > 0)]


def _turned(pairs: Pairs) -> Pairs:
    return sorted((j, i) for i, j in pairs)


def _solved(table: np.ndarray, keep: np.ndarray | None = None, maximize: bool = True) -> Pairs:
    """The assignment of as many as the shorter side has, of which only what ``keep`` allows is left."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(table, maximize=maximize)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(i, j) for i, j in pairs if keep is None or keep[i, j]]


def _best(gain: np.ndarray) -> Pairs:
    return _solved(np.maximum(gain, 0), gain > 0)


def _fits(wrong: Callable[[np.ndarray], Pairs], gain: Callable[[np.ndarray], np.ndarray]) -> Any:
    """Fits what a wrong rule gives; tables with equal scores, where it could give something else, do not count."""
    return lambda case, yours: len(np.unique(case[0])) < case[0].size or sorted(wrong(gain(case[0]))) == sorted(yours)


@dataclass(frozen=True)
class _Matching:
    """What both checks share: the gain of every pair, and words about what a set of pairs does wrong."""

    gain: Callable[[np.ndarray], np.ndarray]
    rules: Callable[[], list[Mistake]]
    last: Callable[[np.ndarray, Pairs], tuple[Mistake, str] | None]
    refused: str

    def agrees(self, yours: Pairs, case: Case) -> bool:
        """Whether the pairs have all the properties asked for."""
        return self.broken(yours, case) is None

    def broken(self, yours: Pairs, case: Case) -> tuple[Mistake, str] | None:
        """The first property that is broken, and its numbers."""
        scores, gain = case[0], self.gain(case[0])
        if not _inside(yours, scores):
            return _SWAPPED, f"The table has {scores.shape[0]} rows and {scores.shape[1]} columns."
        for end, name in ((1, "column"), (0, "row")):
            used = _twice(yours, end)
            if used is not None:
                mistake = Mistake(f"{name}-used-twice", f"One {name} has two partners: nobody has two right knees, and "
                                  "no knee belongs to two people.", BEST_B)  # fmt: skip
                return mistake, f"The {name} {used} is in {sum(pair[end] == used for pair in yours)} pairs."
        for pair in yours:
            if gain[pair] <= 0:
                return Mistake(
                    "nonpositive-taken", self.refused, SINGLE
                ), f"The pair {pair} scores {shown(scores[pair])}."
        return self.last(gain, yours)

    def diagnose(self, answers: list[Answer]) -> CheckFailed:
        """The failure that explains the answers."""
        case, yours = next(one for one in answers if not self.agrees(one[1], one[0]))
        broken = self.broken(yours, case)
        assert broken is not None
        mistake = known(answers, self.rules()) or broken[0]
        came = f"What came out: {yours or 'no pair'}, with the sum {shown(self._sum(yours, case[0]))}."
        more = {"yours": np.array(yours, int).reshape(-1, 2)}
        return Question(NAMES, case).failure(mistake.slug, mistake.words, f"{came} {broken[1]}", mistake.look, **more)

    @staticmethod
    def _sum(pairs: Pairs, scores: np.ndarray) -> float:
        return _total(pairs, scores) if _inside(pairs, scores) else float("nan")

    def task(self) -> Task:
        """The task, for :func:`judge`."""
        return Task(NAMES, _read_pairs, self.agrees, self.diagnose, lambda a, b: a == b)


_SWAPPED = Mistake("row-column-swapped", "Rows and columns are exchanged: a pair is (row, column).", PROBLEM)
_STOPS = Mistake("stops-early", "You stop too early: there is a pair left whose row and column are both free.", GREEDY)


def _shared_rules(gain: Callable[[np.ndarray], np.ndarray]) -> list[Mistake]:
    def fits(wrong: Callable[[np.ndarray], Pairs]) -> Any:
        return _fits(wrong, gain)

    best_b = "You take the best column for every row, whoever has it already: this is no matching."
    best_a = "You take the best row for every column, whoever has it already: this is no matching."
    return [
        Mistake("column-used-twice", best_b, BEST_B, fits(_each_best)),
        Mistake("row-used-twice", best_a, BEST_B, fits(lambda table: _turned(_each_best(table.T)))),
        Mistake("worst-first", "You take the smallest score first.", GREEDY, fits(lambda table: _greedy(table, -1))),
        Mistake("one-row-after-another", "Your rows choose one after another, in the order of the table: who comes "
                "first takes what a later row has the better claim to.", GREEDY, fits(_one_after_another)),
        Mistake("one-column-after-another", "Your columns choose one after another, in the order of the table: who "
                "comes first takes what a later column has the better claim to.", GREEDY,
                fits(lambda table: _turned(_one_after_another(table.T)))),
    ]  # fmt: skip


# ---- greedy ----------------------------------------------------------------------------------------------------------


@registered("The greedy matching", "scores", "table")
def check_greedy(student: Student, *, seed: int = 0) -> None:
    """Greedy matching: a function of (scores), a table (n, m), that returns pairs (row, column), in any order.

    Args:
        student: the function.
        seed: of the cases.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def gain(scores: np.ndarray) -> np.ndarray:
        return np.where(scores > 0, scores, 0)

    def rules() -> list[Mistake]:
        return [
            Mistake("optimal-for-greedy", "These pairs have the best sum. Greedy takes the best pair first, even where "
                    "that makes the sum smaller.", GREEDY, _fits(_best, gain)),
            Mistake("ties-taken-together", "Of equal scores you take all at once, whether or not they share a row or a "
                    "column: equal ones have their turn one after another too.", GREEDY,
                    lambda case, yours: sorted(_ties_together(gain(case[0]))) == sorted(yours)),
            Mistake("best-pair-only", "You take the best pair and stop.", GREEDY,
                    _fits(lambda table: [_top(table)] if (table > 0).any() else [], gain)),
            *_shared_rules(gain),
        ]  # fmt: skip

    def last(table: np.ndarray, pairs: Pairs) -> tuple[Mistake, str] | None:
        free = _free(pairs, table)
        if free is not None:
            return _STOPS, f"The pair {free}, with {shown(table[free])}, is still to be had."
        over = _passed_over(pairs, table)
        if over is None:
            return None
        mistake = Mistake("not-best-first", "You do not take the best pair first.", GREEDY)
        ways = " and ".join(f"{pair} with {shown(table[pair])}" for pair in over[1])
        return mistake, f"The pair {over[0]} scores {shown(table[over[0]])}, and gave way to {ways}."

    refused = ("You take a pair that must not be chosen: greedy stops when no score is above 0, and leaves candidates "
               "single.")  # fmt: skip
    matching = _Matching(gain, rules, last, refused)
    judge(student, matching.task(), _tables(np.random.default_rng(seed), 0.0))


def _ties_together(table: np.ndarray) -> Pairs:
    left, taken = table.copy(), Pairs()
    while left.size and left.max() > 0:
        rows, columns = np.nonzero(left == left.max())
        taken += zip(rows.tolist(), columns.tolist(), strict=True)
        left[rows, :] = left[:, columns] = 0
    return taken


def _top(table: np.ndarray) -> tuple[int, int]:
    i, j = np.unravel_index(table.argmax(), table.shape)
    return int(i), int(j)


# ---- the clearest first ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Clearest:
    """The row with the greatest lead first; every field but the first is a mistake when it is not as here.

    Args:
        least: what staying single is worth, and what a score must be above.
        floor: what the second choice is worth at least; by default ``least``.
        alone: what the second choice is worth where one column is left; by default ``floor``.
        above: what a score must be above; by default ``least``.
        reached: a score that is just so large is enough.
        sign: -1 takes the smallest lead first.
        quotient: a lead is the best score divided by the second choice.
        leads: "anew" after every pair, or "once"; "once, and choices" when a row whose choice is gone takes none.
        taken_count: the second choice may be a column that is taken.
        stops: a row that must not take its best column ends the rule.
    """

    least: float
    floor: float | None = None
    alone: float | None = None
    above: float | None = None
    reached: bool = False
    sign: int = 1
    quotient: bool = False
    leads: str = "anew"
    taken_count: bool = False
    stops: bool = False

    def __call__(self, scores: np.ndarray) -> Pairs:
        return sorted((i, j) for i, j, _ in self.turns(scores))

    def turns(self, scores: np.ndarray) -> list[tuple[int, int, float]]:
        """Row, column and lead of every pair, in the order in which they are taken."""
        rows, free = list(range(scores.shape[0])), list(range(scores.shape[1]))
        once = {i: self._choice(scores, i, free) for i in rows} if free else {}
        taken: list[tuple[int, int, float]] = []
        while rows and free:
            now = {i: self._choice(scores, i, free) for i in rows}
            open_to = [i for i in rows if self.stops or self._enough(scores[i, now[i][1]])]
            if not open_to:
                break
            i = max(open_to, key=lambda row: self.sign * (now if self.leads == "anew" else once)[row][0])
            lead, j = once[i] if self.leads == "once, and choices" else now[i]
            if self.stops and not self._enough(scores[i, j]):
                break
            rows.remove(i)
            if j in free:
                taken.append((i, j, lead))
                free.remove(j)
        return taken

    def _enough(self, score: float) -> bool:
        above = self.least if self.above is None else self.above
        return bool(score >= above if self.reached else score > above)

    def _choice(self, scores: np.ndarray, i: int, free: list[int]) -> tuple[float, int]:
        """The lead of a row, and its best column."""
        j = max(free, key=lambda column: float(scores[i, column]))
        among = range(scores.shape[1]) if self.taken_count else free
        others = [float(scores[i, column]) for column in among if column != j]
        floor = self.least if self.floor is None else self.floor
        second = max(*others, floor) if others else floor if self.alone is None else self.alone
        best = float(scores[i, j])
        return (float(np.divide(best, second)) if self.quotient else best - second), j


@registered("The clearest row first", "scores", "table", least=steps(0.125, 0.375, 0.0625))
def check_clearest_first(student: Student, *, seed: int = 0, least: float = 0.0) -> None:
    """The clearest first: a function of (scores), a table (n, m), that returns pairs (row, column), in any order.

    The lead of a row is its best score among the free columns, less its second choice there; staying single is a choice
    as well, and worth ``least``. The free row with the greatest lead takes its best column, again and again; a row
    whose best score is not above ``least`` takes none. No two leads or choices are so close that rounding matters.

    Args:
        student: the function.
        seed: of the cases.
        least: a variation, where it is not 0; a number that float32 holds exactly, as one score is just that.

    Raises:
        CheckFailed: with its diagnosis.
    """
    right = _Clearest(least)

    def gain(scores: np.ndarray) -> np.ndarray:
        return np.where(scores > least, scores, 0)

    def last(table: np.ndarray, pairs: Pairs) -> tuple[Mistake, str] | None:
        free = _free(pairs, table)
        if free is not None:
            return _STOPS, f"The pair {free}, with {shown(table[free])}, is still to be had."
        wrong = next((turn for turn in right.turns(table) if turn[:2] not in pairs), None)
        if wrong is None:
            return None
        mistake = Mistake("not-clearest-first", "You do not take the row with the greatest lead first.", GREEDY)
        turn = f"Row {wrong[0]} leads by {shown(wrong[2])} when it has its turn"
        return mistake, f"{turn}, and does not get its best free column in yours."

    refused = f"You take a pair that must not be chosen: its score is not above {shown(least)}. A row may stay single."
    matching = _Matching(gain, lambda: _clearest_mistakes(right, gain), last, refused)
    judge(student, matching.task(), _clear_tables(np.random.default_rng(seed), right))


def _clearest_mistakes(right: _Clearest, gain: Callable[[np.ndarray], np.ndarray]) -> list[Mistake]:
    least = right.least

    def by(**other: Any) -> Callable[[Case, Any], bool]:
        fits: Callable[[Case, Any], bool] = _fits(replace(right, **other), lambda scores: scores)
        return fits

    def given(fits: Callable[[Case, Any], bool]) -> Callable[[Case, Any], bool]:
        return lambda case, yours: least > 0 and fits(case, yours)

    ignored = "A pair must score more than the least value of this task; you take every positive score."
    single = "Staying single is a choice too, and may be the second one; you compare scores alone."
    once = "You work the leads out once. A column that is taken is no choice any more, so that leads change."
    return [
        Mistake("least-ignored", ignored, GREEDY, given(by(least=0.0))),
        Mistake("least-ignored", ignored, GREEDY, given(by(above=0.0))),
        Mistake("at-least-for-more-than", "You take a pair that scores just the least value of this task; it must "
                "score more.", GREEDY, given(by(reached=True))),
        *(Mistake("single-worth-nothing", "You count staying single as worth nothing; as a second choice it is worth "
                  "the least value of this task.", SINGLE,
                  given(by(floor=0.0, stops=stops))) for stops in (False, True)),
        *(Mistake("single-not-counted", single, SINGLE, by(floor=-np.inf, alone=alone, stops=stops))
          for alone in (least, -np.inf) for stops in (False, True)),
        Mistake("greedy-for-clearest", "You take the best score first. Here it is the row with the greatest lead that "
                "has its turn, however high its best score.", GREEDY, _fits(_greedy, gain)),
        *(Mistake("optimal-for-clearest", "These pairs have the best sum. Here the rows have their turn one after "
                  "another, the greatest lead first, even where that makes the sum smaller.", GREEDY, _fits(_best, of))
          for of in (gain, lambda scores: scores - least)),
        Mistake("optimal-for-clearest", "These are the pairs of a solver, without those that must not be taken. "
                "Here the rows have their turn one after another, the greatest lead first.", GREEDY,
                _fits(lambda scores: _solved(scores, scores > least), lambda scores: scores)),
        *(Mistake("leads-not-renewed", once, GREEDY, by(leads=leads, stops=stops))
          for leads in ("once", "once, and choices") for stops in (False, True)),
        Mistake("taken-columns-count", "The second choice of a row is a column that another row has in yours; only "
                "free columns are choices.", GREEDY, by(taken_count=True)),
        Mistake("quotient-for-lead", "You divide the best score by the second choice. A lead is a difference.", GREEDY,
                by(quotient=True)),
        *(Mistake("worst-first", "You take the row with the smallest lead first.", GREEDY, by(sign=-1, stops=stops))
          for stops in (False, True)),
        Mistake("columns-for-rows", "Your columns choose. Here it is the rows that choose among the columns.", PROBLEM,
                _fits(lambda scores: _turned(right(scores.T)), lambda scores: scores)),
        Mistake("best-pair-only", "You let one row choose and stop.", GREEDY,
                _fits(lambda scores: [turn[:2] for turn in right.turns(scores)[:1]], lambda scores: scores)),
        *_shared_rules(gain),
    ]  # fmt: skip


def _clear_tables(rng: np.random.Generator, right: _Clearest) -> list[Case]:
    """Tables of growing size, in which the best choice of a row and the greatest lead are never in doubt."""
    a, zero = round(float(rng.uniform(0.51, 0.55)), 2), -right.least
    above = [  # how much a score is above the least; just so much is not above it
        [[a]], [[-0.06]], [[0.0]], [[0.2, a]], [[0.3], [a]],
        [[0.5, 0.45], [0.4, -0.3]],  # greedy, and what is left
        [[a, -0.4], [a + 0.06, 0.02]],  # a lead over staying single, however far below it the second score is
        [[0.5, zero - 0.3], [a + 0.06, zero - 0.05]],
        [[0.5, 0.2], [0.28, 0.02]],  # a lead, and no quotient
        [[0.45, 0.0], [0.3, -0.2]], [[-0.1, -0.5], [-0.06, -0.3]],
        [[0.3, 0.1], [-0.5, -0.9]], [[-0.06, -0.8], [0.34, 0.1], [0.2, -0.4]],  # far below is no lead
        [[0.4, -0.1, 0.15], [0.35, a, -0.3], [0.25, 0.6, 0.2]],  # neither greedy nor the best sum
        [[0.5, -0.05, 0.2], [0.05, a, 0.35], [0.4, 0.25, -0.25]],
        [[0.5, 0.3, 0.1], [-0.1, 0.4, 0.32], [0.6, 0.05, -0.2]],  # a lead that lasts, over a column that is not taken
    ]  # fmt: skip
    cases: list[Case] = [(np.round(np.array(table) + right.least, 4),) for table in above]
    for n, m in ((3, 3), (5, 3), (4, 4), (3, 5), (6, 4), (5, 5)):
        cases.append((_clear_table(rng, n, m, right),))
    return [*cases, (np.zeros((2, 0)),), (np.zeros((0, 3)),)]


def _clear_table(rng: np.random.Generator, n: int, m: int, right: _Clearest) -> np.ndarray:
    """A table in which all choices are clear, and in which the two other rules give other pairs."""
    refused = n * m // 3
    values = np.concatenate([np.linspace(-0.3, -0.03, refused), np.linspace(0.03, 0.6, n * m - refused)])
    while True:
        above = np.round(rng.permutation(values), 2).reshape(n, m)
        scores = np.round(above + right.least, 4)
        gain = np.where(above > 0, scores, 0)
        others = (_greedy(gain), sorted(_best(gain)))
        if _is_clear(scores, right) and right(scores) not in others:
            return scores


def _is_clear(scores: np.ndarray, right: _Clearest, margin: float = 0.015) -> bool:
    """Whether in every turn the greatest lead, and everybody's best score, stands out, and no two leads are equal."""
    rows, free = list(range(len(scores))), list(range(scores.shape[1]))
    for i, j, lead in right.turns(scores):
        values = np.sort(scores[np.ix_(rows, free)], axis=1)[:, ::-1]
        leads = values[:, 0] - np.maximum(values[:, 1], right.least) if len(free) > 1 else values[:, 0] - right.least
        able = np.sort(leads[values[:, 0] > right.least])  # who comes second and third matters to some wrong rules
        gaps = values[:, 0] - values[:, 1] if len(free) > 1 else leads
        apart = lead - able[:-1].max(initial=-1.0) > margin and np.diff(able).min(initial=1.0) > margin / 3
        if not apart or np.abs(gaps).min() < margin:
            return False
        rows.remove(i)
        free.remove(j)
    return True


# ---- the best sum ----------------------------------------------------------------------------------------------------


@registered("The matching with the best sum", "scores", "table", row_cost=steps(0.1, 0.25, 0.05),
            column_cost=steps(0.1, 0.25, 0.05))  # fmt: skip
def check_best_sum(student: Student, *, seed: int = 0, row_cost: float = 0.0, column_cost: float = 0.0) -> None:
    """Eq. 13 to 15: a function of (scores), a table (n, m), that returns pairs (row, column), in any order.

    Args:
        student: the function.
        seed: of the cases.
        row_cost, column_cost: a variation: every row that is left single costs ``row_cost``, every column
            ``column_cost``, and what is to be greatest is the sum of the scores less the costs; any pair may be taken,
            one with a negative score as well, where that pays.

    Raises:
        CheckFailed: with its diagnosis.
    """
    cost = row_cost + column_cost

    def gain(scores: np.ndarray) -> np.ndarray:
        return scores + cost

    def rules() -> list[Mistake]:
        raw: Callable[[np.ndarray], np.ndarray] = lambda scores: scores  # noqa: E731
        return [*_cost_rules(row_cost, column_cost), *_solver_rules(raw, cost), *_shared_rules(gain)]

    def last(table: np.ndarray, pairs: Pairs) -> tuple[Mistake, str] | None:
        best, yours = _total(_best(table), table), _total(pairs, table)
        if yours > best - 1e-6:
            return None
        free = _free(pairs, table)
        mistake = (
            _STOPS if free is not None else Mistake("sum-too-small", "There are pairs with a greater sum.", PROBLEM)
        )
        n, m = table.shape
        single = n * row_cost + m * column_cost  # what it costs to leave everybody single
        return mistake, f"There are pairs with {shown(best - single)}, and yours have {shown(yours - single)}."

    refused = "You take a pair that lowers the sum: a candidate may stay single, and such a pair must be left out."
    matching = _Matching(gain, rules, last, refused)
    tables = _tables(np.random.default_rng(seed), -cost / 2)
    if cost:  # one pair that saves more than either cost is worth, and one refused pair that pushes out a better one
        pushing = np.array([[0.5, 0.45], [0.04, -0.7]]) - cost
        two = np.array([[0.5, 0.22], [0.2, -0.9]])  # two pairs save more than the best one
        tables = [(np.array([[-0.5 * min(row_cost, column_cost)]]),), (two,), (np.round(pushing, 3),), *tables]
        # A pair that gains just nothing might be taken as well as not, and rounding would decide.
        tables = [(np.where(np.abs(table + cost) < 1e-6, table - 0.004, table),) for (table,) in tables]
    judge(student, matching.task(), tables)


_SMALLEST = "You look for the smallest sum: a solver that is given costs makes them small, and scores are no costs."


def _solver_rules(raw: Callable[[np.ndarray], np.ndarray], cost: float) -> list[Mistake]:
    def positive(table: np.ndarray) -> np.ndarray:
        return table + cost > 0

    return [
        Mistake("minimum-for-maximum", _SMALLEST, HUNGARIAN, _fits(lambda t: _solved(t, maximize=False), raw)),
        Mistake("minimum-for-maximum", _SMALLEST, HUNGARIAN, _fits(lambda t: _solved(t, positive(t), False), raw)),
        Mistake("minimum-for-maximum", _SMALLEST, HUNGARIAN,
                _fits(lambda t: _solved(np.maximum(t + cost, 0), positive(t), False), raw)),
        Mistake("everybody-matched", "You match as many as the shorter side has; a pair that lowers the sum must be "
                "left out, and its candidates stay single.", SINGLE, _fits(_solved, raw)),
        Mistake("refused-pairs-count", "You leave out the pairs that lower the sum only afterwards: while the best sum "
                "was sought they counted, and pushed out a pair that gains.", SINGLE,
                _fits(lambda t: _solved(t, positive(t)), raw)),
        Mistake("greedy-for-optimal", "You take the best pair first. That is greedy, and two other pairs can be worth "
                "more than the best one and what it leaves.", HUNGARIAN, _fits(lambda t: _greedy(t + cost), raw)),
    ]  # fmt: skip


def _cost_rules(row_cost: float, column_cost: float) -> list[Mistake]:
    if row_cost == column_cost == 0:
        return []

    def with_cost(cost: float) -> Callable[[Case, Any], bool]:
        """Fits the best sum with another cost; rounding decides on a pair that gains just nothing by it."""
        fits = [_fits(_best, partial(np.add, cost + rounding)) for rounding in (0, 1e-9, -1e-9)]
        return lambda case, yours: any(one(case, yours) for one in fits)

    once = "A pair saves two costs, that of its row and that of its column; you count one of them."
    negative = "You leave out every pair with a negative score, though one that saves more costs than it loses pays."
    both = row_cost + column_cost
    return [
        Mistake("cost-ignored", "You leave single whoever gains nothing; in this task that costs something.", SINGLE,
                with_cost(0)),
        Mistake("cost-counted-once", once, SINGLE, with_cost(row_cost)),
        Mistake("cost-counted-once", once, SINGLE, with_cost(column_cost)),
        Mistake("cost-subtracted", "You take the costs from the pairs; they are to be paid for those who stay single.",
                SINGLE, with_cost(-row_cost - column_cost)),
        Mistake("negative-pairs-refused", negative, SINGLE,
                _fits(lambda t: _solved(np.where(t > 0, t + both, 0), t > 0), lambda scores: scores)),
        Mistake("negative-pairs-refused", negative, SINGLE,
                _fits(lambda t: _solved(np.maximum(t + both, 0), t > 0), lambda scores: scores)),
    ]  # fmt: skip


# ---- tables ----------------------------------------------------------------------------------------------------------


def _tables(rng: np.random.Generator, least: float) -> list[Case]:
    """Tables of growing size; ``least`` is the score from which on a pair gains something."""
    a = round(float(rng.uniform(0.85, 0.95)), 2)
    small = [
        [[a]], [[round(least - 0.1, 2)]], [[0.6, a]], [[a], [0.7]],
        [[a, a - 0.1], [a - 0.12, 0.3]], [[0.4, 0.5], [a, 0.55]],
        [[0.5, 0.4], [least + 0.05, least - 0.6]], [[0.5, least + 0.1], [0.45, least - 0.9]],
        [[0.9, 0.0], [0.7, 0.0]], [[0.5, 0.5], [0.5, 0.5]], [[a, least - 0.2, 0.4], [0.8, least - 0.3, least - 0.1]],
        [[a, 0.8, 0.2], [0.8 - 0.01, 0.3, 0.1], [0.4, 0.6, 0.5]],
        [[least - 0.1, least - 0.2], [least - 0.3, least - 0.4], [least - 0.5, least - 0.6]],
    ]  # fmt: skip
    cases: list[Case] = [(np.round(np.array(table, float), 2),) for table in small]
    for n, m in ((3, 4), (4, 3), (5, 5), (6, 5), (5, 7)):
        cases.append((_distinct(rng, n, m, least),))
    return [*cases, (np.zeros((2, 0)),), (np.zeros((0, 3)),)]


def _distinct(rng: np.random.Generator, n: int, m: int, least: float) -> np.ndarray:
    """A table whose scores are all different, a third of them refused."""
    values = np.linspace(least - 0.5, 0.98, n * m) + rng.uniform(-0.004, 0.004, n * m)
    return np.round(rng.permutation(values).reshape(n, m), 3)


# ---- columns that may be shared --------------------------------------------------------------------------------------


def _best_shared(gain: np.ndarray, capacity: int) -> Pairs:
    """The best sum when a column may have several rows: it is there several times."""
    pairs = _best(np.tile(gain, capacity))
    return sorted((i, j % gain.shape[1]) for i, j in pairs)


def _smallest(capacity: int) -> list[Callable[[np.ndarray], Pairs]]:
    """The smallest sum, of all scores or with none below 0."""

    def smallest(table: np.ndarray, least: float) -> Pairs:
        wide = np.repeat(np.maximum(table, least), capacity, axis=1)
        return [(i, j // capacity) for i, j in _solved(wide, wide > 0, maximize=False)]

    return [partial(smallest, least=least) for least in (-np.inf, 0.0)]


def _misread(capacity: int) -> list[Callable[[np.ndarray], Pairs]]:
    """Wrong ways back from the wide table: columns side by side read as one after another, and the other way round."""
    side_by_side, one_after_another = partial(np.repeat, repeats=capacity, axis=1), partial(np.tile, reps=capacity)

    def misread(table: np.ndarray, widen: Callable[..., np.ndarray], back: Callable[[int, int], int]) -> Pairs:
        wide = widen(np.maximum(table, 0))
        return [(i, back(j, table.shape[1])) for i, j in _solved(wide, wide > 0)]

    ways: list[tuple[Callable[..., np.ndarray], Callable[[int, int], int]]] = [
        (side_by_side, lambda seat, m: seat % m),
        (side_by_side, lambda seat, m: seat % capacity),
        (one_after_another, lambda seat, m: seat // capacity),
    ]
    return [partial(misread, widen=widen, back=back) for widen, back in ways] if capacity > 1 else []


def _greedy_shared(gain: np.ndarray, capacity: int) -> Pairs:
    taken: Pairs = []
    for i, j in sorted(np.ndindex(gain.shape), key=lambda pair: -float(gain[pair])):
        once = all(i != row for row, _ in taken) and sum(j == column for _, column in taken) < capacity
        taken += [(i, j)] if gain[i, j] > 0 and once else []
    return taken


@dataclass(frozen=True)
class _Shared(_Matching):
    """A matching whose columns may have several rows."""

    capacity: int = 1

    def broken(self, yours: Pairs, case: Case) -> tuple[Mistake, str] | None:
        """The first property that is broken, and its numbers."""
        if not _inside(yours, case[0]):
            return _SWAPPED, f"The table has {case[0].shape[0]} rows and {case[0].shape[1]} columns."
        if (row := _twice(yours, 0)) is not None:
            return Mistake("row-used-twice", "One row has two partners; only columns may be shared.", PROBLEM), (
                f"The row {row} is in {sum(pair[0] == row for pair in yours)} pairs.")  # fmt: skip
        for column in {j for _, j in yours}:
            n = sum(pair[1] == column for pair in yours)
            if n > self.capacity:
                return Mistake("column-too-full", "A column has more partners than it may have.", PROBLEM), (
                    f"The column {column} is in {n} pairs, and may be in {self.capacity}.")  # fmt: skip
        for pair in yours:
            if case[0][pair] <= 0:
                return Mistake("nonpositive-taken", self.refused, SINGLE), (
                    f"The pair {pair} scores {shown(case[0][pair])}.")  # fmt: skip
        return self.last(case[0], yours)


@registered("The best sum with shared columns", "scores", "table", capacity=(2, 3))
def check_shared_sum(student: Student, *, seed: int = 0, capacity: int = 1) -> None:
    """A matching in which columns are shared: a function of (scores), a table (n, m), that returns pairs (row, column).

    Every row is in one pair at most, every column in ``capacity`` pairs at most, and the sum of the scores is the
    greatest; a pair that does not score above 0 is left out.

    Args:
        student: the function.
        seed: of the cases.
        capacity: a variation, where it is not 1.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def fits(wrong: Callable[[np.ndarray], Pairs]) -> Any:
        return _fits(wrong, lambda scores: scores)

    def rules() -> list[Mistake]:
        return [
            Mistake("capacity-ignored", "You give every column to one row at most; in this task it may be shared.",
                    PROBLEM, lambda case, yours: capacity > 1 and fits(_best)(case, yours)),
            Mistake("column-too-full", "Every row takes its best column, however many have it already.", BEST_B,
                    fits(_each_best)),
            *(Mistake("capacity-off-by-one", f"You let a column have one row too {word}.", PROBLEM,
                      fits(partial(_best_shared, capacity=seats)))
              for word, seats in (("few", capacity - 1), ("many", capacity + 1)) if capacity > 1),
            *(Mistake("seats-misread", "You solve the wide table, in which a column stands several times, and then "
                      "take a seat for another column than it is one of.", PROBLEM, fits(misread))
              for misread in _misread(capacity)),
            *(Mistake("minimum-for-maximum", _SMALLEST, HUNGARIAN, fits(smallest)) for smallest in _smallest(capacity)),
            Mistake("greedy-for-optimal", "You take the best pair first. That is greedy, and other pairs can be worth "
                    "more than the best one and what it leaves.", HUNGARIAN,
                    fits(lambda table: _greedy_shared(table, capacity))),
            Mistake("rows-shared", "You let rows be shared, and give every column to one row at most: it is the other "
                    "way round.", PROBLEM,
                    lambda case, yours: capacity > 1
                    and fits(lambda table: _turned(_best_shared(table.T, capacity)))(case, yours)),
            Mistake("refused-pairs-count", "You leave out the pairs that lower the sum only afterwards: while the best "
                    "sum was sought they counted, and pushed out a pair that gains.", SINGLE,
                    fits(lambda table: [(i, j % table.shape[1]) for i, j in _solved(
                        np.tile(table, capacity), np.tile(table, capacity) > 0)])),
        ]  # fmt: skip

    def last(table: np.ndarray, pairs: Pairs) -> tuple[Mistake, str] | None:
        best, yours = _total(_best_shared(table, capacity), table), _total(pairs, table)
        if yours > best - 1e-6:
            return None
        mistake = Mistake("sum-too-small", "There are pairs with a greater sum.", PROBLEM)
        return mistake, f"There are pairs with {shown(best)}, and yours have {shown(yours)}."

    refused = "You take a pair that lowers the sum or adds nothing to it; a row may stay single."
    matching = _Shared(lambda scores: scores, rules, last, refused, capacity)
    rng = np.random.default_rng(seed)
    judge(student, matching.task(), [*_tables(rng, 0.0), *_full_columns(rng, capacity)])


def _full_columns(rng: np.random.Generator, capacity: int) -> list[Case]:
    """Tables with more rows than a column may have: where greedy fails, and where refused pairs push others out."""
    small = 0.01 * np.arange(capacity)
    tempting = [*zip(0.9 + small, 0.8 - small, strict=True), (0.85, 0.1)]
    pushing = [(0.5, -0.1), *zip(0.45 - small, -0.9 - small, strict=True)]
    long = np.linspace(0.5, 0.9, capacity + 2)[:, None]
    tables = [np.array([[0.9], [0.7]]), long, np.array([[0.8, 0.1], [0.7, 0.2], [0.6, 0.5]])]
    cases: list[Case] = [(np.round(table, 2),) for table in (*tables, np.array(tempting), np.array(pushing))]
    return cases + [(_distinct(rng, n, m, 0.0),) for n, m in ((4, 2), (6, 2), (7, 3))]


# ---- labels that prove a sum -----------------------------------------------------------------------------------------

LABELS = "Labels: an upper bound, in Matching"
SINGLE_LABELS = "Staying single, in Matching"
Labels = tuple[np.ndarray, np.ndarray]


def _read_labels(value: Any, question: Question, capacity: int) -> Labels:
    n, m = question.case[0].shape
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        words = "Your function must return two lists of labels, those of the rows and those of the columns."
        raise question.failure("wrong-type", words, f"What came out is a {type(value).__name__}.")
    u, v = (plain(one, question, "labels (numbers)", most(question)) for one in value)
    if (u.shape, v.shape) == ((n,), (m * capacity,)) and m > 0 and capacity > 1:
        words = f"You give {m * capacity} labels of columns, one for each seat. A column has one label: wanted are {m}."
        raise question.failure("labels-of-seats", words, "", PROBLEM)
    if (u.shape, v.shape) != ((n,), (m,)):
        slug = "wrong-axes" if (u.shape, v.shape) == ((m,), (n,)) else "wrong-shape"
        words = f"Your labels have the shapes {u.shape} and {v.shape}; wanted are {(n,)} for rows, {(m,)} for columns."
        raise question.failure(slug, words)
    if not (np.isfinite(u).all() and np.isfinite(v).all()):
        raise question.failure("not-finite", "Some of your labels are NaN or infinite.")
    return u, v


def _label_mistake(case: Case, yours: Labels, capacity: int) -> tuple[Mistake, str] | None:
    """The first property of proving labels that is broken, and its numbers."""
    (scores,), (u, v) = case, yours
    lacking = scores - u[:, None] - v[None, :]
    if min(u.min(initial=0), v.min(initial=0)) < -1e-4:
        words = "A label is negative. Who stays single must have the label 0, and nobody one below it."
        return Mistake("label-negative", words, SINGLE_LABELS), f"The least label is {shown(float(min(*u, *v)))}."
    if lacking.size and lacking.max() > 1e-4:
        i, j = (int(k) for k in np.unravel_index(lacking.argmax(), lacking.shape))
        words = "A pair scores more than its two labels: such labels are no bound, and prove nothing."
        found = f"The labels of row {i} and column {j} have the sum {shown(float(u[i] + v[j]))}, and their pair "
        return Mistake("not-covered", words, LABELS), f"{found}scores {shown(scores[i, j])}."
    best, bound = _total(_best_shared(scores, capacity), scores), float(u.sum() + capacity * v.sum())
    if bound <= best + 1e-4 * (1 + len(u) + len(v)):
        return None
    words = "Your labels are a bound, and not the least: it is greater than the best sum."
    return Mistake("bound-too-high", words, LABELS), (
        f"The bound is {shown(bound)}, and there are labels with {shown(best)}.")  # fmt: skip


def _label_mistakes(capacity: int) -> list[Mistake]:
    def proves(seats: int, times: float = 1.0) -> Callable[[Case, Any], bool]:
        """Whether labels would prove the sum for so many seats, those of the columns taken so many times."""
        return lambda case, yours: (
            capacity > 1 and _label_mistake(case, (yours[0], times * yours[1]), seats) is None)  # fmt: skip

    def first(axis: int) -> Callable[[Case, Any], bool]:
        return lambda case, yours: not yours[axis].any() and np.allclose(
            yours[1 - axis], np.maximum(case[0].max(axis=axis, initial=0), 0), atol=1e-4)  # fmt: skip

    return [
        *(Mistake("first-labels", "These are the labels to begin with. They are a bound; the least bound is what "
                  "proves a matching.", LABELS, first(axis)) for axis in (0, 1)),
        Mistake("capacity-ignored", "Your labels prove the best sum when a column has one row. Here it has several, "
                "and the bound counts its label once for each.", PROBLEM, proves(1)),
        Mistake("labels-summed", "Your labels of columns are too large by as many times as a column has seats: you add "
                "up the labels of all its seats. The bound counts the label of a column once for each seat already.",
                PROBLEM, proves(capacity, 1 / capacity)),
        Mistake("labels-divided", "You divide the labels of columns by the number of seats. The bound counts every "
                "seat; but a pair has one of them, with the whole label.", PROBLEM, proves(capacity, capacity)),
    ]  # fmt: skip


@registered("Labels that prove the best sum", "scores", capacity=(2, 3))
def check_labels(student: Student, *, seed: int = 0, capacity: int = 1) -> None:
    """A proof: a function of (scores), a table (n, m), that returns labels of the rows (n,) and of the columns (m,).

    No label is negative, every pair scores at most the sum of its two labels, and the bound, the sum of the rows'
    labels and ``capacity`` times that of the columns', is the best sum, which is thereby proved to be the best.

    Args:
        student: the function.
        seed: of the cases.
        capacity: a variation, as in :func:`check_shared_sum`: a column may have so many rows.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def agrees(yours: Labels, case: Case) -> bool:
        return _label_mistake(case, yours, capacity) is None

    def diagnose(answers: list[Answer]) -> CheckFailed:
        case, yours = next(one for one in answers if not agrees(one[1], one[0]))
        broken = _label_mistake(case, yours, capacity)
        assert broken is not None
        mistake = known(answers, _label_mistakes(capacity)) or broken[0]
        came = f"What came out: {shown(yours[0])} for the rows and {shown(yours[1])} for the columns. {broken[1]}"
        return Question(NAMES, case).failure(mistake.slug, mistake.words, came, mistake.look)

    def same(a: Labels, b: Labels) -> bool:
        return all(np.allclose(one, two, atol=1e-4) for one, two in zip(a, b, strict=True))

    task = Task(NAMES, lambda value, question: _read_labels(value, question, capacity), agrees, diagnose, same)
    rng = np.random.default_rng(seed)
    # Of what has labels above 0, one that is not square comes first: labels that are exchanged show at once.
    first = [(np.array(table),) for table in ([[-0.1]], [[0.6, round(float(rng.uniform(0.85, 0.95)), 2)]])]
    judge(student, task, [*first, *_tables(rng, 0.0), *_full_columns(rng, capacity)])
