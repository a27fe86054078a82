"""Checks of the chapter on line integrals: the integral itself, and the score of a pair with its two thresholds.

Of an integral nobody says how many samples to take, so an answer is right if it is what one of the ways to take ten
samples or more would give, with both ends or in the middles; some fields have peaks at the ends, where samples that
treat the ends unlike stand out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from paflib.checks.core import (
    Answer,
    Case,
    Mistake,
    Student,
    Values,
    between,
    gives,
    judge,
    registered,
    scaled_throughout,
    shown,
    steps,
)  # fmt: skip

INTEGRAL = "The integral, in Line integrals"
CODE = "In code, in Line integrals"
DIRECTION = "Direction, in Line integrals"
SAMPLES = "How many samples?, in Line integrals"
READING = "Reading between the cells, in Line integrals"
THRESHOLDS = "Two thresholds, in Line integrals"
PARSERS = "What the known programs do, in Line integrals"

_DENSE = 501
_COUNTS = (*range(5, 61), 64, 75, 80, 90, 100, 101, 120, 150, 200, 300, _DENSE)  # samples a student may have taken
Shares = np.ndarray
Read = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _bilinear(field: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(2, N) the field (2, h, w) at N points."""
    column = np.clip(np.floor(x), 0, field.shape[2] - 2).astype(int)
    row = np.clip(np.floor(y), 0, field.shape[1] - 2).astype(int)
    fx, fy = x - column, y - row
    above = (1 - fx) * field[:, row, column] + fx * field[:, row, column + 1]
    below = (1 - fx) * field[:, row + 1, column] + fx * field[:, row + 1, column + 1]
    return np.asarray((1 - fy) * above + fy * below)


def _cell(rounded: Callable[[np.ndarray], np.ndarray]) -> Read:
    def read(field: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        _, h, w = field.shape
        return np.asarray(
            field[:, np.clip(rounded(y), 0, h - 1).astype(int), np.clip(rounded(x), 0, w - 1).astype(int)]
        )

    return read


def _nearest(values: np.ndarray) -> np.ndarray:
    return np.floor(values + 0.5)


# ---- the integral ----------------------------------------------------------------------------------------------------


class _Rule:
    """How a line integral is worked out; a student's way, or one with a mistake in it."""

    def __init__(self, start: float, end: float, skip: float) -> None:
        self.start, self.end, self.skip = start, end, skip

    def dots(self, field: np.ndarray, d1: np.ndarray, d2: np.ndarray, u: Shares, read: Read = _bilinear) -> np.ndarray:
        """(N,) dot products at the shares u of the way."""
        x, y = d1[:, None] * (1 - u) + d2[:, None] * u
        return np.asarray((d2 - d1) / np.linalg.norm(d2 - d1) @ read(field, x, y))

    def weights(self, u: Shares) -> np.ndarray:
        """(N,) what the samples at the shares u of the way count."""
        return self.start + (self.end - self.start) * u

    def mean(self, dots: np.ndarray, u: Shares) -> float:
        """The weighted mean."""
        weights = self.weights(u)
        return float((weights * dots).sum() / weights.sum())

    def kept(self, way: Shares) -> Shares:
        """Shares of the whole way, of shares of the part that counts."""
        return self.skip + (1 - 2 * self.skip) * way

    def shares(self, n: int = _DENSE) -> Shares:
        """Evenly spaced, over the part of the way that counts."""
        return self.kept(np.linspace(0, 1, n))

    def by_ways(self, field: np.ndarray, d1: np.ndarray, d2: np.ndarray) -> np.ndarray:
        """(W,) the integral from the samples of each right way."""
        u = self.kept(_WAY)
        return _by_ways(self.dots(field, d1, d2, u), self.weights(u))

    def __call__(
        self, field: np.ndarray, d1: np.ndarray, d2: np.ndarray, u: Shares | None = None, read: Read = _bilinear
    ) -> float:
        u = self.shares() if u is None else u
        return self.mean(self.dots(field, d1, d2, u, read), u)


@registered("The line integral", "field d1 d2", "line", start=steps(0.2, 0.6, 0.1), end=steps(2.0, 3.0, 0.25),
            skip=steps(0.1, 0.25, 0.05))  # fmt: skip
def check_line_integral(
    student: Student, *, seed: int = 0, start: float = 1.0, end: float = 1.0, skip: float = 0.0
) -> None:
    """Eq. 11 and 12: a function of (field, d1, d2) that returns E of the candidate limb from d1 to d2.

    ``field`` is (2, h, w), ``d1`` and ``d2`` are (x, y) in cells, both within the map; between cells the field is read
    by bilinear interpolation. Any number of evenly spaced samples will do, from ten on; their plain mean, the trapezoid
    rule and samples in the middles of equal parts are all right.

    Args:
        student: the function.
        seed: of the cases.
        start, end: a variation: the weight of a sample changes evenly along the limb, from ``start`` at d1 to ``end``
            at d2, and E is the weighted mean.
        skip: a variation: this share of the way is left out at either end.

    Raises:
        CheckFailed: with its diagnosis.
    """
    rule, varied = _Rule(start, end, skip), (start, end, skip) != (1.0, 1.0, 0.0)
    mistakes = [*(_varied_mistakes(rule) if varied else []), *_integral_mistakes(rule)]
    right = _with(rule, rule.shares(n=10))
    names, what = ("field", "d1", "d2"), "E (a number)"
    values = _Sampled(names, what, right, mistakes, tolerance=1e-3, look=INTEGRAL, by_ways=rule.by_ways)
    judge(student, values.task(), _integral_cases(np.random.default_rng(seed), skip))


def _right_ways() -> Iterator[tuple[Shares, Shares]]:
    """Yield shares of the way from 0 to 1, and what each sample counts: the ways to take ten samples or more.

    Of large numbers only some: what the others give lies within the tolerance of these.
    """
    for n in (*range(10, 31), _DENSE):
        yield np.linspace(0, 1, n), np.r_[0.5, np.ones(n - 2), 0.5]
    for n in (*range(10, 61), 66, 72, 78, 85, 93, 100, 112, 125, 140, 160, 185, 220, 270, 350, 500, 1000):
        yield np.linspace(0, 1, n), np.ones(n)
    for n in range(10, 31):
        yield (np.arange(n) + 0.5) / n, np.ones(n)


# All of these ways behind each other, so that the field is read once for all: the shares, what they count, and where
# each way begins.
_WAY, _WAY_COUNTS = map(np.concatenate, zip(*_right_ways(), strict=True))
_FIRST = np.cumsum([0, *(len(way) for way, _ in _right_ways())])[:-1]


def _by_ways(dots: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(W,) the weighted means of the dot products at :data:`_WAY`, for each of the W right ways."""
    weights = weights * _WAY_COUNTS
    return np.asarray(np.add.reduceat(weights * dots, _FIRST) / np.add.reduceat(weights, _FIRST))


@dataclass(frozen=True)
class _Sampled(Values):
    """Numbers that are what one of the right ways to take samples gives.

    Args:
        by_ways: what each of the W right ways gives, (W, ...), by :func:`_by_ways`.
        one_way: whether it must be the same way in all cases.
    """

    by_ways: Callable[..., np.ndarray] = lambda *case: np.zeros(1)
    one_way: bool = False

    def _agrees(self, yours: Any, case: Case) -> bool:
        off = np.abs(self.by_ways(*case) - yours)
        return bool((off <= self.tolerance).all(axis=tuple(range(1, off.ndim))).any())

    def _odd(self, answers: list[Answer]) -> Answer | None:
        if not self.one_way:
            return None
        off = np.abs([self.by_ways(*case) - yours for case, yours in answers])
        nearest = off.max(axis=0).argmin()
        return answers[off[:, nearest].argmax()] if off[:, nearest].max() > self.tolerance else None

    def _must_be(self, case: Case, wanted: np.ndarray, at: tuple[int, ...]) -> str:
        found = np.array([values[at] for values in self.by_ways(*case)])
        if np.ptp(found) < 2 * self.tolerance:
            return shown(wanted[at])
        return f"{shown(found.min())} to {shown(found.max())}, by how many samples are taken"


FitsAll = Callable[[Sequence[Answer]], bool]


def _with(wrong: Callable[..., Any], u: Shares) -> Callable[..., Any]:
    """The same, with these samples."""
    return lambda *case: wrong(*case, u)


def _sampled(wrong: Callable[..., Any], rule: _Rule) -> FitsAll:
    """Fits what a wrong way gives with some number of samples, which is not known, and the same in all cases."""

    def fits(answers: Sequence[Answer]) -> bool:
        given = (gives(_with(wrong, rule.shares(n=n))) for n in _COUNTS)
        last_first = list(reversed(answers))  # the smallest cases tell the fewest mistakes apart
        return any(all(one(*answer) for answer in last_first) for one in given)

    return fits


def _varied_mistakes(rule: _Rule) -> list[Mistake]:
    start, end = rule.start, rule.end
    even, turned, whole = _Rule(1, 1, rule.skip), _Rule(end, start, rule.skip), _Rule(start, end, 0)

    def over_kept(f: np.ndarray, a: np.ndarray, b: np.ndarray, u: Shares) -> float:
        dots, among = rule.dots(f, a, b, u), np.linspace(0, 1, len(u))
        return whole.mean(dots, among)

    def all_from(low: float, high: float) -> FitsAll:
        return _sampled(lambda f, a, b, u: whole(f, a, b, np.linspace(low, high, len(u))), rule)

    def in_cells(f: np.ndarray, a: np.ndarray, b: np.ndarray, u: Shares) -> float:
        share = rule.skip / float(np.linalg.norm(b - a))
        return whole(f, a, b, np.linspace(share, 1 - share, len(u)))

    def with_power(power: float) -> Callable[..., float]:
        return lambda f, a, b, u: float(np.average(rule.dots(f, a, b, u), weights=rule.weights(u) ** power))

    def where(varied: bool, wrong: Callable[..., Any]) -> FitsAll:
        return lambda answers: varied and _sampled(wrong, rule)(answers)

    return [
        Mistake("weights-ignored", "All your samples count alike; in this task their weight changes along the limb.",
                INTEGRAL, fits_all=_sampled(even, rule)),
        Mistake("weights-reversed", "Your weights run the wrong way, from the second end to the first.", INTEGRAL,
                fits_all=_sampled(turned, rule)),
        *(Mistake("weights-not-even", "Your weights do not change evenly: from one sample to the next they must "
                  "change by the same amount.", INTEGRAL, fits_all=where(start != end, with_power(power)))
          for power in (0.5, 2)),
        Mistake("ends-not-skipped", "You sample the whole way; in this task both ends of it are left out.", SAMPLES,
                fits_all=_sampled(whole, whole)),
        *(Mistake("one-end-not-skipped", "You leave out one end of the way; in this task both ends of it are left out.",
                  SAMPLES, fits_all=fits) for skip in (rule.skip, 2 * rule.skip)
          for fits in (all_from(skip, 1), all_from(0, 1 - skip))),
        Mistake("skip-in-cells", "You leave out so many cells at either end; it is that share of the way.", SAMPLES,
                fits_all=where(rule.skip > 0, in_cells)),
        Mistake("weights-over-the-kept-part", "Your weights run from the first sample to the last; they are to change "
                "along the whole limb, and the samples lie on the middle part of it.", INTEGRAL,
                fits_all=where(start != end and rule.skip > 0, over_kept)),
        Mistake("not-normalised", "Your weighted sum is divided by the number of samples. A field that points along "
                "the line everywhere must give 1, whatever the weights are.", INTEGRAL,
                fits_all=_sampled(lambda f, a, b, u: rule(f, a, b, u) * (start + end) / 2, rule)),
    ]  # fmt: skip


def _integral_mistakes(rule: _Rule) -> list[Mistake]:
    return [
        *_too_few(lambda way: gives(_with(rule, rule.kept(way)), 1e-3)),
        *_direction_mistakes(rule), *_length_mistakes(rule), *_sample_mistakes(rule), *_reading_mistakes(rule),
    ]  # fmt: skip


def _too_few(fits: Callable[[Shares], Callable[[Case, Any], bool]]) -> list[Mistake]:
    """Fewer samples than ten; before what fits with some number of samples, which might be so few."""
    return [
        Mistake("too-few-samples", f"You take {n} samples. They are too few: a gap in the field falls between them.",
                SAMPLES, fits(np.linspace(0, 1, n))) for n in range(3, 10)
    ]  # fmt: skip


def _an_end_missing(fits: Callable[[Shares], Callable[[Case, Any], bool]], d1: str, d2: str, of: str) -> list[Mistake]:
    """Evenly spaced samples without one of the ends, which are called so, of a line or an arc."""
    return [
        *(Mistake("end-missing", f"Your samples begin at {d1} and stop before {d2}: both ends belong to the {of}.",
                  SAMPLES, fits(np.arange(n) / n)) for n in range(5, 101)),
        *(Mistake("start-missing", f"Your samples begin after {d1}: both ends belong to the {of}.", SAMPLES,
                  fits(np.arange(1, n + 1) / n)) for n in range(5, 101)),
    ]  # fmt: skip


def _direction_mistakes(rule: _Rule) -> list[Mistake]:
    def over(change: Callable[[np.ndarray], np.ndarray]) -> FitsAll:
        return _sampled(lambda field, a, b, u: rule.mean(change(rule.dots(field, a, b, u)), u), rule)

    def lengths(field: np.ndarray, a: np.ndarray, b: np.ndarray, u: Shares) -> float:
        return rule.mean(np.linalg.norm(_bilinear(field, *(a[:, None] * (1 - u) + b[:, None] * u)), axis=0), u)

    lost = "The sign is lost: a field that points back along the line must count against the pair."
    return [
        Mistake("direction-reversed", "The sign is turned round: the direction of a candidate runs from d1 to d2.",
                DIRECTION, fits_all=over(lambda dots: -dots)),
        Mistake("direction-lost", lost, DIRECTION, fits_all=over(np.abs)),
        Mistake("direction-lost", lost, DIRECTION, fits_all=_sampled(lambda f, a, b, u: abs(rule(f, a, b, u)), rule)),
        Mistake("direction-lost", "What points back along the line is counted as nothing; it must count against the "
                "pair.", DIRECTION, fits_all=over(lambda dots: np.maximum(dots, 0))),
        Mistake("length-only", "Only the length of the vectors counts in yours, as in a map of where limbs are; what "
                "matters is how far they point along the line.", DIRECTION, fits_all=_sampled(lengths, rule)),
        Mistake("xy-swapped", "x and y are exchanged in the dot product: the field's first component is x.", INTEGRAL,
                fits_all=_sampled(lambda f, a, b, u: rule(f[::-1], a, b, u), rule)),
    ]  # fmt: skip


def _length_mistakes(rule: _Rule) -> list[Mistake]:
    def length(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.linalg.norm(b - a))

    def trapezoid(field: np.ndarray, a: np.ndarray, b: np.ndarray, u: Shares) -> float:
        dots = rule.dots(field, a, b, u)
        return float((dots[1:] + dots[:-1]).mean() / 2) * length(a, b)

    grows = ("E grows with the length of the limb: the direction must be a vector of length 1, and the integral a mean "
             "along the way.")  # fmt: skip
    return [
        Mistake("grows-with-length", grows, INTEGRAL,
                fits_all=_sampled(lambda f, a, b, u: rule(f, a, b, u) * length(a, b), rule)),
        Mistake("grows-with-length", grows, INTEGRAL, fits_all=_sampled(trapezoid, rule)),
        Mistake("shrinks-with-length", "E shrinks with the length of the limb: it is divided by the length once too "
                "often.", INTEGRAL, fits_all=_sampled(lambda f, a, b, u: rule(f, a, b, u) / length(a, b), rule)),
    ]  # fmt: skip


def _sample_mistakes(rule: _Rule) -> list[Mistake]:
    def at(*shares: float) -> Callable[[Case, Any], bool]:
        return gives(_with(rule, rule.kept(np.array(shares))), 1e-3)

    def scaled_by_some(answers: Sequence[Answer]) -> bool:
        return any(scaled_throughout(_with(rule, rule.shares(n=n)))(answers) for n in _COUNTS)

    return [
        Mistake("middle-only", "You look at the middle of the line alone.", SAMPLES, at(0.5)),
        Mistake("ends-only", "You look at the two ends alone.", SAMPLES, at(0, 1)),
        Mistake("start-only", "You look at one end alone.", SAMPLES, at(0)),
        Mistake("start-only", "You look at one end alone.", SAMPLES, at(1)),
        *_an_end_missing(lambda way: at(*way), "d1", "d2", "line"),
        Mistake("sum-for-mean", "You add the dot products up; E is their mean, or it would depend on how many samples "
                "you take.", INTEGRAL, fits_all=_sampled(lambda f, a, b, u: len(u) * rule(f, a, b, u), rule)),
        Mistake("scaled", "E is too large or too small by a factor: a field that points along the line with length 1 "
                "everywhere must give 1.", INTEGRAL, fits_all=scaled_by_some),
    ]  # fmt: skip


def _reading_mistakes(rule: _Rule) -> list[Mistake]:
    def by(read: Read) -> FitsAll:
        return _sampled(lambda f, a, b, u: rule(f, a, b, u, read), rule)

    def exchanged(answers: Sequence[Answer]) -> bool:
        inside = [one for one in answers if max(*one[0][1], *one[0][2]) <= min(one[0][0].shape[1:]) - 1]
        return by(lambda f, x, y: _bilinear(f, y, x))(inside)

    return [
        Mistake("rows-for-columns", "The field is read with rows and columns exchanged. A map is indexed by row first, "
                "and the row is y.", CODE, fits_all=exchanged),
        Mistake("nearest-cell", "You read the nearest cell. Between cells the field is to be read by bilinear "
                "interpolation.", READING, fits_all=by(_cell(_nearest))),
        Mistake("nearest-cell", "You read the nearest cell. Between cells the field is to be read by bilinear "
                "interpolation.", READING, fits_all=by(_cell(np.rint))),
        Mistake("cell-cut-off", "You cut the place down to whole cells: between cells the field is read from the four "
                "around it, each weighted by how near it is.", CODE, fits_all=by(_cell(np.floor))),
        Mistake("weights-of-cells-swapped", "Your four cells are weighted the wrong way round: the nearer a cell, the "
                "more it counts.", CODE, fits_all=by(_mirrored)),
        Mistake("half-cell-off", "The field is read half a cell away from the candidate: candidates are given in cells "
                "already, and the centre of cell 0 is at 0.", CODE,
                fits_all=by(lambda f, x, y: _bilinear(f, np.maximum(x - 0.5, 0), np.maximum(y - 0.5, 0)))),
    ]  # fmt: skip


def _mirrored(field: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    column = np.clip(np.floor(x), 0, field.shape[2] - 2)
    row = np.clip(np.floor(y), 0, field.shape[1] - 2)
    return _bilinear(field, 2 * column + 1 - x, 2 * row + 1 - y)


def _integral_cases(rng: np.random.Generator, skip: float) -> list[Case]:
    """Fields that change evenly, and some with peaks at the ends of the part that counts, or with a ridge in it."""

    def constant(h: int, w: int, x: float, y: float) -> np.ndarray:
        return np.broadcast_to(np.array([x, y], float)[:, None, None], (2, h, w)).copy()

    def ramp(h: int, w: int, component: int, axis: int, low: float, high: float) -> np.ndarray:
        field = np.zeros((2, h, w))
        size = w if axis == 0 else h
        slope = low + (high - low) * np.arange(size) / (size - 1)
        field[component] = slope if axis == 0 else slope[:, None]
        return field

    def at(*point: float) -> np.ndarray:
        return np.array(point, float)

    a, b = between(rng, 0.2, 0.5, 2), between(rng, 0.55, 0.9, 2)
    cases: list[Case] = [
        (constant(2, 3, 1, 0), at(0, 0), at(1, 0)),
        (constant(2, 3, 1, 0), at(0, 1), at(2, 1)),
        (constant(2, 3, 1, 0), at(2, 0), at(0, 0)),
        (constant(3, 2, 1, 0), at(0.5, 0), at(0.5, 2)),
        (constant(3, 4, a, b), at(0, 0.5), at(2, 2)),
        (constant(4, 6, 0.6, 0.8), at(1, 0), at(3.25, 3)),
        (ramp(2, 4, 0, 0, -1, 1), at(0, 0.5), at(3, 0.5)),
        (ramp(4, 3, 1, 1, 1, -0.5), at(1, 0), at(1, 3)),
        (ramp(3, 4, 1, 0, 0, 1), at(1.25, 0), at(1.25, 2)),
        (ramp(3, 4, 1, 0, 0, 1), at(1.75, 0.5), at(1.75, 2)),
        (ramp(4, 3, 0, 1, 0, 1), at(0, 1.25), at(2, 1.25)),
        (ramp(4, 5, 0, 1, -0.5, 1), at(0.25, 1.75), at(4, 1.75)),
        *(_peaked(skip, *peaks) for peaks in ((0, 5), (2,), (0,), (5,))),
    ]
    return cases + [_tilted(rng) for _ in range(3)]


def _peaked(skip: float, *peaks: int) -> Case:
    """A field that is 0 but in some columns, and a line of which five cells count, from the column 0 of the peaks."""
    length = 5 / (1 - 2 * skip)
    first = int(np.ceil(skip * length - 1e-9))
    d1, d2 = (round(first + 2.5 + side * length / 2, 2) for side in (-1, 1))
    field = np.zeros((2, 2, first + 6 + first))
    field[0][:, [first + peak for peak in peaks]] = 1.0
    return field, np.array([d1, 0.5]), np.array([d2, 0.5])


def _tilted(rng: np.random.Generator) -> Case:
    """A field that changes evenly over the map, and a line through it."""
    h, w = int(rng.integers(4, 7)), int(rng.integers(7, 10))
    base, dx, dy = rng.uniform(-0.5, 0.5, 2), rng.uniform(-0.8, 0.8, 2) / w, rng.uniform(-0.8, 0.8, 2) / h
    x, y = np.arange(w), np.arange(h)[:, None]
    field = np.stack([base[k] + dx[k] * x + dy[k] * y for k in range(2)])
    d1 = np.round(rng.uniform(0, 0.45, 2) * (h - 1), 2)
    return np.round(field, 4), d1, np.round(d1 + rng.uniform(0.25, 0.5, 2) * (h - 1), 2)


# ---- the score of a pair ---------------------------------------------------------------------------------------------


def _longest_gap(supporting: np.ndarray) -> int:
    longest = run = 0
    for each in supporting:
        run = 0 if each else run + 1
        longest = max(longest, run)
    return longest


@registered("The score of a pair", "dots threshold share", "line", gap=(1, 2))
def check_pair_score(student: Student, *, seed: int = 0, gap: int | None = None) -> None:
    """Score and refusal: a function of (dots, threshold, share) that returns the score of a pair, 0 if it is refused.

    ``dots`` (N,) are the dot products of the samples. A sample supports the pair if it is above the threshold; the pair
    is refused unless at least this share of its samples support it and its mean is positive. Its score is the mean of
    all samples.

    Args:
        student: the function.
        seed: of the cases.
        gap: a variation: a pair is also refused when more than so many samples in a row do not support it.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def verdict(dots: np.ndarray, supporting: np.ndarray, enough: bool) -> float:
        enough = enough and (gap is None or _longest_gap(supporting) <= gap)
        return float(dots.mean()) if enough and dots.mean() > 0 else 0.0

    def right(dots: np.ndarray, threshold: float, share: float) -> float:
        supporting = dots > threshold
        return verdict(dots, supporting, supporting.mean() >= share - 1e-9)

    values = Values(("dots", "threshold", "share"), "the score (a number)", right, _score_mistakes(right, verdict, gap))
    judge(student, values.task(), _score_cases(np.random.default_rng(seed), gap))


def _score_mistakes(right: Callable[..., float], verdict: Callable[..., float], gap: int | None) -> list[Mistake]:
    def supported(dots: np.ndarray, t: float, share: float) -> float:
        return float(dots[dots > t].mean()) if right(dots, t, share) > 0 else 0.0

    def when(enough: Callable[[np.ndarray, float], bool]) -> Callable[[Case, Any], bool]:
        return gives(lambda dots, t, share: verdict(dots, dots > t, enough(dots > t, share)))

    mean = "The score of a pair that is not refused is the mean of all its samples."
    return [
        Mistake("gap-ignored", "In this task a pair with too long a gap is refused, however many samples support it.",
                THRESHOLDS, gives(lambda d, t, s: max(float(d.mean()), 0) if (d > t).mean() >= s - 1e-9 else 0)),
        Mistake("never-refused",
                "You never refuse a pair: a mean can hide a gap, and too few samples support this one.",
                THRESHOLDS, gives(lambda d, t, s: float(d.mean()))),
        Mistake("never-refused", "You never refuse a pair whose mean is positive: a mean can hide a gap.", THRESHOLDS,
                gives(lambda d, t, s: max(float(d.mean()), 0.0))),
        Mistake("mean-above-threshold", "You compare the mean with the threshold. It is each sample that has to "
                "support the pair, and then enough of them.", THRESHOLDS,
                gives(lambda d, t, s: float(d.mean()) if d.mean() > t else 0.0)),
        Mistake("more-than-for-at-least", "A pair with just the share that is asked for is let through: at least, and "
                "not more than.", THRESHOLDS, when(lambda supporting, share: supporting.mean() > share + 1e-9)),
        *([] if gap is None else _gap_mistakes(right, gap)),
        Mistake("all-samples-asked", "You refuse a pair as soon as one sample does not support it.", THRESHOLDS,
                when(lambda supporting, share: bool(supporting.all()))),
        Mistake("any-sample-enough", "One supporting sample is enough for you; the share of them must be large enough.",
                THRESHOLDS, when(lambda supporting, share: bool(supporting.any()))),
        Mistake("mean-of-supporting", f"You leave out the samples that do not support the pair. {mean}", THRESHOLDS,
                gives(supported)),
        Mistake("share-for-score", "You give the share of supporting samples as the score; it only decides whether the "
                f"pair is refused. {mean}", THRESHOLDS,
                gives(lambda d, t, s: float((d > t).mean()) if right(d, t, s) > 0 else 0.0)),
        Mistake("sum-for-mean", f"You add the samples up. {mean}", INTEGRAL,
                gives(lambda d, t, s: len(d) * right(d, t, s))),
        Mistake("direction-lost", "The sign of a sample is lost: one that points back does not support the pair.",
                DIRECTION, gives(lambda d, t, s: right(np.abs(d), t, s))),
        Mistake("direction-lost", "The sign of a sample is lost when you ask whether it supports the pair: one that "
                "points back does not.", DIRECTION,
                gives(lambda d, t, s: verdict(d, np.abs(d) > t, (np.abs(d) > t).mean() >= s - 1e-9))),
        Mistake("threshold-ignored", "A sample that is only just positive does not support a pair; it has to be above "
                "the threshold.", THRESHOLDS, gives(lambda d, t, s: right(d, 0.0, s))),
        Mistake("at-least-for-more-than", "A sample just as high as the threshold supports the pair in yours; it "
                "has to be above it.", THRESHOLDS,
                gives(lambda d, t, s: verdict(d, d >= t, (d >= t).mean() >= s - 1e-9))),
        Mistake("refused-not-zero", "A pair that is refused scores 0.", THRESHOLDS,
                lambda case, yours: abs(yours - right(*case)) < 1e-3 or bool(right(*case) == 0 and yours < 0)),
    ]  # fmt: skip


def _gap_mistakes(right: Callable[..., float], gap: int) -> list[Mistake]:
    def refusing(refused: Callable[[np.ndarray], bool]) -> Callable[[Case, Any], bool]:
        def score(dots: np.ndarray, t: float, share: float) -> float:
            supporting = dots > t
            enough = supporting.mean() >= share - 1e-9 and dots.mean() > 0 and not refused(supporting)
            return float(dots.mean()) if enough else 0.0

        return gives(score)

    def within(supporting: np.ndarray) -> int:
        there = np.flatnonzero(supporting)
        return _longest_gap(supporting[there[0] : there[-1] + 1]) if len(there) else len(supporting)

    def around(supporting: np.ndarray) -> int:
        return min(_longest_gap(np.tile(supporting, 2)), len(supporting))

    return [
        Mistake("gap-one-too-long", f"You let a gap of {gap + 1} through; a pair is refused when more than {gap} "
                "samples in a row do not support it.", THRESHOLDS, refusing(lambda good: _longest_gap(good) > gap + 1)),
        Mistake("gap-one-too-short", f"You refuse a pair with a gap of {gap}; that may be, and only more than {gap} "
                "in a row may not.", THRESHOLDS, refusing(lambda good: _longest_gap(good) >= gap)),
        Mistake("gap-at-an-end", "You look for gaps between supporting samples only; samples that do not support the "
                "pair at either end of it are a gap too.", THRESHOLDS, refusing(lambda good: within(good) > gap)),
        Mistake("gap-wraps", "You count failing samples at the start and at the end of the pair as one gap: the first "
                "sample does not lie next to the last.", THRESHOLDS, refusing(lambda good: around(good) > gap)),
        Mistake("gap-in-all", "You count the failing samples all along the way; a gap is of samples next to each "
                "other, and those that are scattered are the share's concern.", THRESHOLDS,
                gives(lambda d, t, s: right(d, t, s) if (d <= t).sum() <= gap else 0.0)),
    ]  # fmt: skip


def _score_cases(rng: np.random.Generator, gap: int | None) -> list[Case]:
    def dots(n: int, failing: list[int], low: float = 0.3) -> np.ndarray:
        values = np.round(rng.uniform(low, 1, n), 2)
        values[failing] = np.round(rng.uniform(-0.3, -0.1, len(failing)), 2)
        return values

    cases: list[Case] = [
        (dots(2, []), 0.05, 0.8),
        (dots(4, [1, 2]), 0.05, 0.75),
        (dots(4, [2]), 0.05, 0.75),
        (dots(5, [0, 3]), 0.05, 0.6),
        (np.array([0.9, 0.02, 0.9, 0.04, 0.8]), 0.05, 0.8),
        (np.array([0.06, 0.07, 0.08, -0.9, 0.06]), 0.05, 0.8),
        (dots(10, [1, 6]), 0.05, 0.8),
        (dots(10, [7]), 0.05, 0.8),
        (np.array([0.9, 0.25, 0.8, 0.7]), 0.25, 0.8),  # one is just at the threshold
        (dots(10, [1, 4, 8]), 0.05, 0.6),  # three, none next to another
        (np.array([0.2, -0.2, 0.09, -0.05, 0.06]), 0.05, 0.8),
        (np.array([0.03, 0.04, 0.02]), 0.05, 0.8),
        (dots(10, [4, 5]), 0.05, 0.8),
        (dots(10, [3, 4, 5]), 0.05, 0.8),
        (dots(10, list(range(10))), 0.05, 0.8),
        (dots(6, [0, 1, 2]), 0.05, 0.5),
        *((dots(10, failing), 0.05, 0.6) for failing in ([4], [4, 5], [3, 4, 5], [3, 4, 5, 6], [0, 1, 2], [7, 8, 9])),
        *((dots(n, failing), 0.05, 0.5) for n, failing in ((6, [0, 5]), (8, [0, 1, 7]), (8, [0, 6, 7]))),
    ]
    for share in (0.6, 0.7, 0.9):
        cases.append((np.round(rng.uniform(-0.2, 1, 10), 2), 0.1, share))
    return cases


# ---- all pairs, and a length prior -----------------------------------------------------------------------------------

_EVEN = _Rule(1, 1, 0)


def _table(
    field: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    prior: Callable[[np.ndarray], np.ndarray],
    one: Callable[..., float] = _EVEN,
) -> np.ndarray:
    """(n, m) the integral of every pair and what the prior adds for its length."""
    table = np.array([[one(field, a, b) for b in ends] for a in starts], float).reshape(len(starts), len(ends))
    return table + prior(np.linalg.norm(ends[None] - starts[:, None], axis=-1))


@registered("The table of all pairs", "field starts ends", reach=steps(2.0, 3.5, 0.25), skip=steps(0.1, 0.25, 0.05))
def check_score_table(student: Student, *, seed: int = 0, reach: float | None = None, skip: float = 0.0) -> None:
    """All pairs of a limb: a function of (field, starts, ends) that returns the table (n, m) of the integrals E.

    ``field`` is (2, h, w); ``starts`` (n, 2) and ``ends`` (m, 2) are candidates (x, y) in cells; n or m may be 0.

    Args:
        student: the function.
        seed: of the cases.
        reach: a variation: a length prior is added to E, the least of ``reach / length - 1`` and 0, with the distance
            of the two candidates in cells for the length.
        skip: a variation: this share of the way is left out at either end.

    Raises:
        CheckFailed: with its diagnosis.
    """

    rule = _Rule(1, 1, skip)

    def prior(length: np.ndarray) -> np.ndarray:
        return np.minimum(reach / length - 1, 0) if reach is not None else np.zeros(length.shape)

    def right(field: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        return _table(field, starts, ends, prior, _with(rule, rule.shares(n=10)))

    def by_ways(field: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        lengths = np.linalg.norm(ends[None] - starts[:, None], axis=-1)
        E = np.zeros((len(_FIRST), *lengths.shape))
        for i, j in np.ndindex(lengths.shape):
            E[:, i, j] = rule.by_ways(field, starts[i], ends[j])
        return E + prior(lengths)

    mistakes = _table_mistakes(prior, reach, rule)
    names, axes = ("field", "starts", "ends"), ("row", "column")
    values = _Sampled(names, "the table (starts, ends)", right, mistakes, axes, 1e-3, look=INTEGRAL, by_ways=by_ways)
    judge(student, values.task(), _table_cases(np.random.default_rng(seed)))


def _table_mistakes(prior: Callable[[np.ndarray], np.ndarray], reach: float | None, sampled: _Rule) -> list[Mistake]:
    rule: Callable[..., float] = sampled

    def with_prior(other: Callable[[np.ndarray], np.ndarray]) -> FitsAll:
        return _sampled(lambda f, a, b, u: _table(f, a, b, other, _with(rule, u)), sampled)

    def with_integral(other: Callable[..., float], samples: _Rule = sampled) -> FitsAll:
        return _sampled(lambda f, a, b, u: _table(f, a, b, prior, _with(other, u)), samples)

    def at(*shares: float) -> Callable[[Case, Any], bool]:
        return gives(_with(with_samples, sampled.kept(np.array(shares))))

    def with_samples(f: np.ndarray, a: np.ndarray, b: np.ndarray, u: Shares) -> np.ndarray:
        return _table(f, a, b, prior, _with(rule, u))

    priors = [] if reach is None else [
        Mistake("prior-ignored", "Nothing is taken from long pairs in yours; in this task there is a length prior.",
                PARSERS, fits_all=with_prior(np.zeros_like)),
        Mistake("short-pairs-gain", "Short pairs gain in yours; the prior takes something from long pairs, and gives "
                "nothing to anybody.", PARSERS, fits_all=with_prior(lambda length: reach / length - 1)),
        Mistake("prior-upside-down", "Your prior is 1 less the length over the reach: it falls without an end. Wanted "
                "is the reach over the length, less 1, which is never below -1.", PARSERS,
                fits_all=with_prior(lambda length: np.minimum(1 - length / reach, 0))),
        Mistake("prior-of-the-wrong-sign", "Long pairs gain in yours; the prior takes something from them.", PARSERS,
                fits_all=with_prior(lambda length: -prior(length))),
        Mistake("prior-multiplied", "Your prior is a factor of E; it is to be added.", PARSERS,
                fits_all=_sampled(lambda f, a, b, u: _table(f, a, b, np.zeros_like, _with(rule, u))
                                  * (1 + prior(np.linalg.norm(b[None] - a[:, None], axis=-1))), sampled)),
    ]  # fmt: skip
    skips = [] if not sampled.skip else [
        Mistake("ends-not-skipped", "You sample the whole way; in this task both ends of it are left out.", SAMPLES,
                fits_all=with_integral(_EVEN, _EVEN)),
    ]  # fmt: skip
    return [
        *priors,
        *skips,
        *_too_few(lambda way: at(*way)),
        Mistake("direction-reversed", "The sign is turned round: the direction of a candidate runs from the start to "
                "the end.", DIRECTION, fits_all=with_integral(lambda *case: -rule(*case))),
        Mistake("direction-lost", "The sign is lost: a field that points back along the line must count against the "
                "pair.", DIRECTION, fits_all=with_integral(lambda *case: abs(rule(*case)))),
        Mistake("direction-lost", "What points back along the line is counted as nothing; it must count against the "
                "pair.", DIRECTION, fits_all=with_integral(lambda *case: max(rule(*case), 0))),
        Mistake("grows-with-length", "E grows with the length of the limb: the direction must be a vector of length 1, "
                "and the integral a mean along the way.", INTEGRAL,
                fits_all=with_integral(lambda f, a, b, u: rule(f, a, b, u) * float(np.linalg.norm(b - a)))),
        Mistake("xy-swapped", "x and y are exchanged in the dot product: the field's first component is x.", INTEGRAL,
                fits_all=with_integral(lambda f, a, b, u: rule(f[::-1], a, b, u))),
        Mistake("start-only", "You look at one end of the line alone.", SAMPLES, at(0)),
        Mistake("start-only", "You look at one end of the line alone.", SAMPLES, at(1)),
        Mistake("ends-only", "You look at the two ends of the line alone.", SAMPLES, at(0, 1)),
        Mistake("middle-only", "You look at the middle of the line alone.", SAMPLES, at(0.5)),
        *_an_end_missing(lambda way: at(*way), "the start", "the end", "line"),
        Mistake("distance-not-euclidean", "Your prior counts columns and rows and adds them up; wanted is the distance "
                "straight from one to the other.", PARSERS, fits_all=_sampled(
                    lambda f, a, b, u: _table(f, a, b, np.zeros_like, _with(rule, u))
                    + prior(np.abs(b[None] - a[:, None]).sum(axis=-1)), sampled)),
        Mistake("reshaped", "Your table holds the right numbers in the wrong places: row by row they are what it has "
                "column by column.", CODE,
                fits_all=_sampled(lambda *case: with_samples(*case).T.reshape(len(case[1]), len(case[2])), sampled)),
        Mistake("table-reversed", "Row and column of your table are counted from the other end.", CODE,
                fits_all=_sampled(lambda *case: with_samples(*case)[::-1, ::-1], sampled)),
        Mistake("best-only", "Your table holds the best pair of every row alone. Which pairs are taken is for the "
                "matching to say; here every pair gets its score.", CODE,
                fits_all=_sampled(lambda *case: _row_best(with_samples(*case)), sampled)),
    ]  # fmt: skip


def _row_best(table: np.ndarray) -> np.ndarray:
    best = table.max(axis=1, keepdims=True, initial=-np.inf)
    return np.asarray(np.where(table == best, table, 0))


def _table_cases(rng: np.random.Generator) -> list[Case]:
    even = np.stack([np.full((3, 7), 0.8), np.full((3, 7), 0.4)])
    near, far, low = np.array([[1.0, 1.0]]), np.array([[6.0, 1.0]]), np.array([[1.0, 0.0], [5.5, 2.0]])
    peaked = np.zeros((2, 3, 7))
    peaked[0][:, [1, 6]], peaked[0][:, 3] = 1.0, 0.5
    cases: list[Case] = [(even, near, np.array([[2.5, 1.0]])), (even, near, far), (even, far, near), (even, low, near),
                         (peaked, near, far), (peaked, low, far), (peaked, far, near)]  # fmt: skip
    for n, m in ((2, 3), (3, 2), (3, 3)):
        field, _, _ = _tilted(rng)
        size = np.array(field.shape[:0:-1]) - 1  # (w - 1, h - 1)
        starts = np.round(rng.uniform(0, 0.4, (n, 2)) * size, 2)
        ends = np.round(rng.uniform(0.55, 1, (m, 2)) * size, 2)
        cases.append((field, starts, ends))
    return [*cases, (even, low, np.zeros((0, 2))), (even, np.zeros((0, 2)), low)]


# ---- along an arc ----------------------------------------------------------------------------------------------------


class _Arc:
    """The integral along a bent limb; every argument but the first is a mistake when it is not as here.

    Args:
        bend: of the parabola.
        slope: how much of its slope the tangent has: 0 is the straight line's, and without the 4 it is a quarter.
        unit: whether the tangent has the length 1 everywhere.
        by_length: whether the mean is over the arc's length.
        change: of the dot products, before their mean.
    """

    def __init__(
        self,
        bend: float,
        slope: float = 1.0,
        unit: bool = True,
        by_length: bool = False,
        change: Callable[[np.ndarray], np.ndarray] = lambda dots: dots,
    ) -> None:
        self.bend, self.slope, self.unit, self.by_length, self.change = bend, slope, unit, by_length, change

    def dots(self, field: np.ndarray, d1: np.ndarray, d2: np.ndarray, u: Shares) -> tuple[np.ndarray, np.ndarray]:
        """(N,) dot products at shares of the straight way, and the arc's length at each, in its own unit."""
        span = (d2 - d1)[:, None]
        normal = np.stack([-span[1], span[0]])
        x, y = d1[:, None] + span * u + normal * (4 * self.bend * u * (1 - u))
        along = span + normal * (4 * self.bend * self.slope * (1 - 2 * u))
        lengths = np.linalg.norm(along, axis=0)
        dots = (along * _bilinear(field, x, y)).sum(axis=0) / (lengths if self.unit else np.linalg.norm(span))
        return self.change(dots), lengths

    def __call__(self, field: np.ndarray, d1: np.ndarray, d2: np.ndarray, u: Shares) -> float:
        dots, lengths = self.dots(field, d1, d2, u)
        return float(np.average(dots, weights=lengths if self.by_length else None))


_TURNS = "the slope of 4 b t (1 - t) is 4 b (1 - 2 t)"


@registered("The integral along an arc", "field d1 d2", bend=(*steps(-0.25, -0.18, 0.01), *steps(0.18, 0.25, 0.01)))
def check_arc_integral(student: Student, *, seed: int = 0, bend: float = 0.3) -> None:
    """The integral along a bent limb: a function of (field, d1, d2) that returns E.

    ``field`` is (2, h, w), ``d1`` and ``d2`` are (x, y) in cells. The way is the parabola of a bent limb (see
    :func:`~paflib.checks.check_limb_field`), and E the mean, over evenly spaced shares of the straight line, of the
    field's product with the unit vector along the parabola. Any number of samples will do, from ten on, and the same
    in all cases, whose candidates are equally far apart.

    Args:
        student: the function.
        seed: of the cases.
        bend: a variation, where it is not 0.3.

    Raises:
        CheckFailed: with its diagnosis.
    """

    arc = _Arc(bend)
    right: Callable[..., float] = arc

    def fits(arc: Callable[..., float]) -> FitsAll:
        return _sampled(arc, _EVEN)

    def at(*shares: float) -> Callable[[Case, Any], bool]:
        return gives(_with(right, np.array(shares)), 1e-3)

    lost = "The sign is lost: a field that points back along the arc must count against the pair."

    def in_cells(f: np.ndarray, a: np.ndarray, b: np.ndarray, u: Shares) -> float:
        return _Arc(bend / float(np.linalg.norm(b - a)))(f, a, b, u)

    mistakes = [
        *_too_few(lambda way: at(*way)),
        *(Mistake("bent-too-little", "Your arc lies too near the straight line: in the middle of the way it is b times "
                  "the distance of the candidates away, and 4 t (1 - t) is 1 there.", INTEGRAL,
                  fits_all=fits(_Arc(bend / factor, slope))) for factor in (4, 2) for slope in (1, factor)),
        Mistake("bend-in-cells", "Your arc lies so many cells beside the straight line, however long that is: the "
                "distance is a share of that of the candidates.", INTEGRAL, fits_all=fits(in_cells)),
        Mistake("bend-ignored", "You go straight from candidate to candidate; in this task the limb is bent.",
                INTEGRAL, fits_all=fits(_Arc(0))),
        Mistake("bent-the-other-way", "Your arc lies on the other side of the straight line.", INTEGRAL,
                fits_all=fits(_Arc(-bend))),
        Mistake("chord-for-tangent", "You read the field on the arc, and ask how far it points from candidate to "
                "candidate; what counts is how far it points along the arc.", INTEGRAL,
                fits_all=fits(_Arc(bend, slope=0))),
        *(Mistake("tangent-by-a-factor", f"Your vector along the arc turns too little: {_TURNS}.", INTEGRAL,
                  fits_all=fits(_Arc(bend, slope))) for slope in (0.25, 0.5)),
        Mistake("tangent-the-other-way", f"Your vector along the arc turns the wrong way: {_TURNS}, which has the sign "
                "of b in the first half of the way.", INTEGRAL, fits_all=fits(_Arc(bend, slope=-1))),
        Mistake("not-unit", "Your vector along the arc is not of length 1 everywhere.", INTEGRAL,
                fits_all=fits(_Arc(bend, unit=False))),
        Mistake("arc-length-mean", "Your mean is over the length of the arc; here it is over the shares of the "
                "straight way, and every sample counts alike.", INTEGRAL, fits_all=fits(_Arc(bend, by_length=True))),
        Mistake("direction-reversed", "The sign is turned round: the arc runs from d1 to d2.", DIRECTION,
                fits_all=fits(_Arc(bend, change=np.negative))),
        Mistake("direction-lost", lost, DIRECTION, fits_all=fits(_Arc(bend, change=np.abs))),
        Mistake("direction-lost", lost, DIRECTION, fits_all=fits(_Arc(bend, change=lambda dots: np.maximum(dots, 0)))),
        Mistake("direction-lost", lost, DIRECTION, fits_all=fits(lambda *case: abs(right(*case)))),
        Mistake("grows-with-length", "E grows with the length of the limb; it must be a mean along the way.", INTEGRAL,
                fits_all=fits(lambda f, a, b, u: right(f, a, b, u) * float(np.linalg.norm(b - a)))),
        Mistake("middle-only", "You look at the middle of the arc alone.", SAMPLES, at(0.5)),
        Mistake("ends-only", "You look at the two ends alone.", SAMPLES, at(0, 1)),
        *_an_end_missing(lambda way: at(*way), "d1", "d2", "arc"),
        Mistake("sum-for-mean", "You add the dot products up; E is their mean, or it would depend on how many samples "
                "you take.", INTEGRAL, fits_all=fits(lambda *case: len(case[-1]) * right(*case))),
        Mistake("xy-swapped", "x and y are exchanged in the dot product: the field's first component is x.", INTEGRAL,
                fits_all=fits(lambda f, a, b, u: right(f[::-1], a, b, u))),
    ]  # fmt: skip
    names, ten = ("field", "d1", "d2"), _with(right, _EVEN.shares(n=10))
    values = _Sampled(names, "E (a number)", ten, mistakes, tolerance=1e-3, look=INTEGRAL, one_way=True,
                      by_ways=lambda f, a, b: _by_ways(arc.dots(f, a, b, _WAY)[0], np.ones(len(_WAY))))  # fmt: skip
    judge(student, values.task(), _arc_cases(np.random.default_rng(seed), bend))


def _arc_cases(rng: np.random.Generator, bend: float) -> list[Case]:
    """Even fields, and fields that change evenly across the straight line or along it."""
    rows, columns = np.mgrid[:12, :12].astype(float)
    cases: list[Case] = []
    for turn in (0.0, *np.round(rng.uniform(0.3, 6.0, 3), 2)):
        half = 3.5 * np.array([np.cos(turn), np.sin(turn)])
        a, b = np.round(5.5 - half, 2), np.round(5.5 + half, 2)
        v = (b - a) / np.linalg.norm(b - a)
        n = np.array([-v[1], v[0]])
        t = ((columns - a[0]) * v[0] + (rows - a[1]) * v[1]) / np.linalg.norm(b - a)
        s = ((columns - a[0]) * n[0] + (rows - a[1]) * n[1]) / (bend * np.linalg.norm(b - a))
        for vector, size in ((v, np.ones_like(s)), (v, 1.5 * s), (n, 2 * (1 - 2 * t)), (v + n, s - t), (v, 1 - 2 * t),
                             (v, (1 - 2 * t) ** 4), (n, 2 * (1 - 2 * t) ** 3)):  # fmt: skip
            cases.append((np.round(vector[:, None, None] * size, 4), a, b))
    return cases
