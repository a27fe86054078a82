"""Checks of the chapter on evaluation: OKS and PCKh of one person found with one annotated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from paflib.checks.core import Case, Mistake, Student, Values, between, gives, judge, registered, steps

OKS = "How alike are two people?, in Evaluation"
PCKH = "PCKh, and MPII's multi-person AP, in Evaluation"


@registered("OKS of one person", "found annotated area sigmas", "person", hidden=steps(0.2, 0.6, 0.1))
def check_oks(student: Student, *, seed: int = 0, hidden: float = 1.0) -> None:
    """Object keypoint similarity: a function of (found, annotated, area, sigmas) that returns a number.

    ``found`` and ``annotated`` are (J, 3): x, y, and 0 for a part that is not there; ``area`` in square pixels,
    ``sigmas`` (J,). At least one part is annotated; the third number of one that is, is 2, or 1 where it is hidden.

    Args:
        student: the function.
        seed: of the cases.
        hidden: a variation: the mean is a weighted one, in which a part that is annotated as hidden counts so much, and
            one that can be seen counts 1.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def mean(similarity: np.ndarray, a: np.ndarray, part: float = hidden) -> float:
        weight = np.where(a[:, 2] > 0, np.where(a[:, 2] == 1, part, 1.0), 0.0)
        return float((weight * similarity).sum() / weight.sum())

    def of(
        exponent: Callable[[np.ndarray, float, np.ndarray], np.ndarray], missing: bool = False
    ) -> Callable[..., float]:
        def oks(f: np.ndarray, a: np.ndarray, area: float, sigmas: np.ndarray) -> float:
            d = np.linalg.norm(f[:, :2] - a[:, :2], axis=1)
            similarity = np.exp(-exponent(d, area, sigmas))
            return mean(np.where((f[:, 2] > 0) | missing, similarity, 0), a)

        return oks

    right = of(_exponent)
    known_ones = _oks_mistakes(of, right, mean)
    values = Values(("found", "annotated", "area", "sigmas"), "OKS (a number)", right, known_ones, tolerance=2e-4)
    judge(student, values.task(), _person_cases(np.random.default_rng(seed), lambda rng: between(rng, 3000, 30000, 0)))


def _exponent(d: np.ndarray, area: float, sigmas: np.ndarray) -> np.ndarray:
    return np.asarray(d**2 / (2 * area * (2 * sigmas) ** 2))


def _oks_mistakes(of: Callable[..., Any], right: Callable[..., float], mean: Callable[..., float]) -> list[Mistake]:
    def similarity(f: np.ndarray, a: np.ndarray, area: float, sigmas: np.ndarray) -> np.ndarray:
        d = np.linalg.norm(f[:, :2] - a[:, :2], axis=1)
        return np.where(f[:, 2] > 0, np.exp(-_exponent(d, area, sigmas)), 0)

    def kept(which: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[[Case, Any], bool]:
        def oks(f: np.ndarray, a: np.ndarray, area: float, sigmas: np.ndarray) -> float:
            chosen = which(f, a)
            return float((similarity(f, a, area, sigmas) * chosen).sum() / max(chosen.sum(), 1))

        return gives(oks)

    size = "OKS measures in units of the person's size, and that is the root of the area."
    return [
        Mistake("hidden-as-seen", "Hidden parts count as much as all others in yours; in this task they count less.",
                OKS, gives(lambda f, a, area, s: mean(similarity(f, a, area, s), a, 1.0))),
        Mistake("two-before-sigma-missing", "Every part may be half as far off in yours: the 2 before sigma is part of "
                "the definition.", OKS, gives(of(lambda d, area, s: d**2 / (2 * area * s**2)))),
        Mistake("other-two-missing", "There are two factors of 2 in the definition, and yours has one of them.", OKS,
                gives(of(lambda d, area, s: d**2 / (area * (2 * s) ** 2)))),
        Mistake("area-squared", f"You square the area, which is a square already. {size}", OKS,
                gives(of(lambda d, area, s: d**2 / (2 * area**2 * (2 * s) ** 2)))),
        Mistake("area-root", f"You take the area for a length. {size}", OKS,
                gives(of(lambda d, area, s: d**2 / (2 * area**0.5 * (2 * s) ** 2)))),
        Mistake("area-ignored", f"The same error must count more on a small person than on a large one. {size}", OKS,
                gives(of(lambda d, area, s: d**2 / (2 * (2 * s) ** 2)))),
        Mistake("distance-not-squared", "The similarity falls with the square of the distance.", OKS,
                gives(of(lambda d, area, s: d / (2 * area * (2 * s) ** 2)))),
        Mistake("distance-not-squared", "The similarity falls with the square of the distance.", OKS,
                gives(of(lambda d, area, s: d / (2 * area**0.5 * 2 * s)))),
        Mistake("sigma-not-squared", "A part's own width has to be squared, as the distance is.", OKS,
                gives(of(lambda d, area, s: d**2 / (2 * area * 2 * s)))),
        Mistake("missing-taken-for-corner", "A part that was not found adds 0; yours is taken to be where its x and y "
                "say, though it is not there.", OKS, gives(of(_exponent, True))),
        Mistake("unlabelled-counted", "The mean is over the parts that are annotated, and yours counts the others too.",
                OKS, kept(lambda f, a: np.ones(len(a)))),
        Mistake("missed-left-out",
                "A part that is annotated and was not found counts as 0; you leave it out of the mean.",
                OKS, kept(lambda f, a: (a[:, 2] > 0) & (f[:, 2] > 0))),
        Mistake("over-found", "The mean is over the parts that are annotated, and yours is over those that were found.",
                OKS, kept(lambda f, a: f[:, 2] > 0)),
        Mistake("sum-for-mean", "You add the similarities up; OKS is their mean, between 0 and 1.", OKS,
                gives(lambda f, a, area, s: float(similarity(f, a, area, s)[a[:, 2] > 0].sum()))),
        Mistake("one-axis", "You measure along x alone.", OKS,
                gives(lambda f, a, area, s: right(f * [1, 0, 1], a * [1, 0, 1], area, s))),
    ]  # fmt: skip


def _person_cases(
    rng: np.random.Generator, last: Callable[[np.random.Generator], Any], sigmas: bool = True
) -> list[Case]:
    def case(shift: list[tuple[float, float]], lost: tuple[int, ...] = (), bare: tuple[int, ...] = ()) -> Case:
        n = len(shift)
        annotated = np.round(np.concatenate([rng.uniform(20, 140, (n, 2)), rng.integers(1, 3, (n, 1))], axis=1))
        found = annotated + np.insert(np.array(shift, float), 2, 0, axis=1)
        found[:, 2] = np.round(rng.uniform(0.4, 1, n), 2)
        found[list(lost), 2], annotated[list(bare)] = 0, 0
        rest = (last(rng), np.round(rng.choice([0.025, 0.062, 0.089, 0.107], n), 3)) if sigmas else (last(rng),)
        return (found, annotated, *rest)

    def shifts(n: int) -> list[tuple[float, float]]:
        return [(float(x), float(y)) for x, y in np.round(rng.uniform(-15, 15, (n, 2)))]

    cases = [case([(0, 0)]), case([(6, 0)]), case([(3, -4)]), case([(0, 9), (2, 1)]), case(shifts(2), lost=(1,))]
    cases += [case(shifts(3), bare=(2,)), case(shifts(4), lost=(0,), bare=(3,))]
    return [*cases, *(case(shifts(n), lost=(1,), bare=(n - 1,)) for n in (5, 8)), case(shifts(6))]


@registered("PCKh of one person", "found annotated head_box", "person", head=(0.4, 0.5, 0.7, 0.8),
            share=(0.2, 0.25, 0.75, 1.0))  # fmt: skip
def check_pckh(student: Student, *, seed: int = 0, head: float = 0.6, share: float = 0.5) -> None:
    """The share of near joints: a function of (found, annotated, head_box) that returns a number.

    ``found`` and ``annotated`` are (J, 3): x, y, and 0 for a joint that is not there; ``head_box`` is x, y, width and
    height. At least one joint is annotated, and no joint lies just at the limit.

    Args:
        student: the function.
        seed: of the cases.
        head: a variation: the head size is so many times the diagonal of the head's rectangle.
        share: a variation: a joint is near within so many head sizes.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def of(reach: Callable[[np.ndarray], float], missing: bool = False, axes: Any = (1, 1, 1)) -> Callable[..., float]:
        def pckh(f: np.ndarray, a: np.ndarray, box: np.ndarray) -> float:
            near = np.linalg.norm((f - a)[:, :2] * axes[:2], axis=1) <= reach(box)
            return float((near & ((f[:, 2] > 0) | missing))[a[:, 2] > 0].mean())

        return pckh

    def diagonal(box: np.ndarray) -> float:
        return float(np.hypot(box[2], box[3]))

    right = of(lambda box: share * head * diagonal(box))

    def over(which: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[[Case, Any], bool]:
        def pckh(f: np.ndarray, a: np.ndarray, box: np.ndarray) -> float:
            labelled = a[:, 2] > 0
            return right(f, a, box) * float(labelled.sum()) / max(float(which(f, a).sum()), 1)

        return gives(pckh)

    size = "A joint is near within a share of the head size, and the head size is a share of the rectangle's diagonal."
    standard = "In this task the shares are not those of MPII."
    mistakes = [
        Mistake("standard-shares", standard, PCKH, gives(of(lambda box: 0.3 * diagonal(box)))),
        Mistake("standard-shares", standard, PCKH, gives(of(lambda box: 0.6 * share * diagonal(box)))),
        Mistake("standard-shares", standard, PCKH, gives(of(lambda box: 0.5 * head * diagonal(box)))),
        Mistake("whole-head", f"A whole head size is near for you. {size}", PCKH,
                gives(of(lambda box: head * diagonal(box)))),
        Mistake("diagonal-for-head", f"The diagonal itself is the head size for you. {size}", PCKH,
                gives(of(lambda box: share * diagonal(box)))),
        Mistake("height-for-diagonal", f"You measure heads by one side of their rectangle. {size}", PCKH,
                gives(of(lambda box: share * head * box[3]))),
        Mistake("height-for-diagonal", f"You measure heads by one side of their rectangle. {size}", PCKH,
                gives(of(lambda box: share * head * box[2]))),
        Mistake("corner-for-size",
                "The first two numbers of the head's box are where it is, and the last two how large.",
                PCKH, gives(of(lambda box: share * head * float(np.hypot(box[0], box[1]))))),
        Mistake("missing-taken-for-corner", "A joint that was not found is not near, wherever its x and y say it is.",
                PCKH, gives(of(lambda box: share * head * diagonal(box), True))),
        Mistake("unlabelled-counted", "The share is of the joints that are annotated, and yours counts the others too.",
                PCKH, over(lambda f, a: np.ones(len(a)))),
        Mistake("missed-left-out", "A joint that is annotated and was not found counts as not near; you leave it out.",
                PCKH, over(lambda f, a: (a[:, 2] > 0) & (f[:, 2] > 0))),
        Mistake("count-for-share", "You give the number of near joints; PCKh is their share.", PCKH,
                gives(lambda f, a, box: right(f, a, box) * float((a[:, 2] > 0).sum()))),
        Mistake("one-axis", "You measure along x alone.", PCKH,
                gives(of(lambda box: share * head * diagonal(box), axes=(1, 0, 1)))),
        Mistake("far-for-near", "You count the joints that are far off.", PCKH,
                gives(lambda f, a, box: 1 - right(f, a, box))),
    ]  # fmt: skip
    values = Values(("found", "annotated", "head_box"), "PCKh (a number)", right, mistakes, tolerance=1e-3)
    judge(student, values.task(), _joint_cases(np.random.default_rng(seed), head, share))


_UP = 3.0  # of a joint that lies above or below the right place


def _joint_cases(rng: np.random.Generator, head: float, share: float) -> list[Case]:
    """Joints at distances that the mistakes judge otherwise, none of them at the limit."""

    def case(factors: list[float], lost: tuple[int, ...] = (), bare: tuple[int, ...] = ()) -> Case:
        n, box = len(factors), np.array([rng.integers(220, 300), rng.integers(5, 20), *rng.integers(18, 45, 2)], float)
        near = share * head * float(np.hypot(box[2], box[3]))
        turn = rng.uniform(0.6, 1.4, n) * rng.choice([-1, 1], n)
        turn[np.array(factors) == _UP] = np.pi / 2
        annotated = np.round(np.concatenate([rng.uniform(5, 140, (n, 2)), rng.integers(1, 3, (n, 1))], axis=1))
        found = annotated.copy()
        found[:, :2] += np.round(near * np.array(factors)[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1), 2)
        found[list(lost)], annotated[list(bare)] = 0, 0
        annotated[list(lost), :2] = np.round(near / 2)  # where a part that is lost would seem near
        return found, annotated, box

    few: list[Case] = [
        case([0.5]),
        case([1.25]),
        case([0.75, 1.9]),
        case([0.9, 0.4], lost=(1,)),
        case([0.3, 0.8], bare=(1,)),
    ]
    many = [[2.5, _UP, *rng.permutation([0.2, 0.55, 0.7, 0.85, 1.15, 1.4, 1.8]).tolist()] for _ in range(8)]
    return [*few, *(case(one, lost=(2,), bare=(5, 6)) for one in many), case([0.5, 0.8, 1.3, 0.9])]
