"""What every check is made of: a student's function, asked with copies of plain arrays, and a failure with a diagnosis.

A check knows nothing of the function but what it returns, so the function may just as well be a proxy that asks another
process. Cases come in order of size, and the smallest one that fails is shown; the diagnosis is found by working out
what every known mistake would have given in all of them.
"""

from __future__ import annotations

import hashlib
import linecache
import math
import sysconfig
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from paflib.grading.wire import ONE_BY_ONE

Case = tuple[Any, ...]
Student = Callable[..., Any]
Answer = tuple[Case, Any]
"""The arguments that a function was asked with, and what it gave, read."""


class CheckFailed(AssertionError):
    """A student's function is wrong.

    Args:
        diagnosis: the mistake's name, such as ``"xy-swapped"``.
        message: what is wrong, where to read about it, and the numbers of the smallest example.
        example: the same numbers: the arguments by name, ``"yours"``, and what was looked at.
    """

    def __init__(self, diagnosis: str, message: str, example: Mapping[str, Any] | None = None) -> None:
        super().__init__(diagnosis, message, dict(example or {}))
        self.diagnosis, self.message, self.example = diagnosis, message, dict(example or {})

    def __str__(self) -> str:
        return self.message


class StudentError(Exception):
    """What a proxy raises for an exception in the other process: its kind and text, and the student's line.

    For what has no exception there, such as a process that takes too long or changes its input, a proxy raises
    :class:`CheckFailed` itself, which ends the check with that diagnosis.
    """

    def __init__(self, kind: str, text: str, line: str = "") -> None:
        super().__init__(kind, text, line)
        self.kind, self.text, self.line = kind, text, line


# ---- the checks there are --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """A check, what the function under it takes, and the values from which its variations are drawn."""

    check: Callable[..., None]
    title: str
    arguments: tuple[str, ...]
    picture: str
    ranges: Mapping[str, tuple[Any, ...]]


CHECKS: dict[str, Entry] = {}
"""All checks by name, without the ``check_``."""


def registered(
    title: str, arguments: str, picture: str = "", **ranges: tuple[Any, ...]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Enter a check into :data:`CHECKS`."""

    def enter(check: Callable[..., None]) -> Callable[..., None]:
        name = check.__name__.removeprefix("check_")
        CHECKS[name] = Entry(check, title, tuple(arguments.split()), picture, ranges)
        return check

    return enter


def arguments_of(name: str) -> tuple[str, ...]:
    """What the function under a check takes."""
    return CHECKS[name].arguments


def variation(name: str, seed: int | str, *only: str) -> dict[str, Any]:
    """One variation of a check, drawn by a seed: keyword arguments for it, and the numbers of an assignment's text.

    A parameter that two checks share, such as an ellipse's angle, comes out equal in both for the same seed.

    Args:
        name: of the check, with or without ``check_``.
        seed: a number or a word; who does not know it cannot tell the variation.
        only: the parameters to draw; by default all.

    Raises:
        ValueError: there is no such check or parameter.

    >>> variation("confidence_map", 7) == variation("check_confidence_maps", 7, "ratio", "angle")
    True
    """
    name = name.removeprefix("check_")
    if name not in CHECKS:
        raise ValueError(f"there is no check {name!r}; there are {', '.join(CHECKS)}")
    ranges = CHECKS[name].ranges
    if unknown := [one for one in only if one not in ranges]:
        raise ValueError(f"{name} has no parameter {unknown[0]!r}; it has {', '.join(ranges) or 'none'}")
    return {one: ranges[one][_drawn(seed, one, len(ranges[one]))] for one in only or tuple(ranges)}


def _drawn(seed: int | str, word: str, among: int) -> int:
    digest = hashlib.sha256(f"{seed}/{word}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % among


def steps(low: float, high: float, step: float) -> tuple[float, ...]:
    """The values low, low + step, ..., high, from which a seed draws one."""
    return tuple(round(low + k * step, 6) for k in range(round((high - low) / step) + 1))


# ---- numbers in words ------------------------------------------------------------------------------------------------

_MOST = 24  # numbers of an array that a message shows


def shown(value: Any) -> str:
    """A value as a message shows it: four digits, small arrays in full, large ones by their shape."""
    if isinstance(value, np.ndarray) and value.ndim:
        return _array(value) if value.size <= _MOST else f"(an array of shape {value.shape})"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(shown, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, np.ndarray):
        value = value.item()
    if isinstance(value, (float, np.floating)):
        digits = 4 if abs(float(value)) < 1000 else 7
        return f"{float(value) + 0.0:.{digits}g}"  # + 0.0 takes the sign from a negative zero
    return str(value)


def _array(value: np.ndarray) -> str:
    if value.ndim == 0:
        return shown(value.item())
    return "[" + ", ".join(map(_array, value)) + "]" if value.size else f"(empty, of shape {value.shape})"


@dataclass(frozen=True)
class Question:
    """The arguments of one call, by name."""

    names: tuple[str, ...]
    case: Case

    def words(self) -> str:
        """What went in, in a line; none where nothing does."""
        went_in = ", ".join(f"{n} = {shown(v)}" for n, v in zip(self.names, self.case, strict=True))
        return f"What went in: {went_in}." if went_in else ""

    def failure(self, diagnosis: str, words: str, found: str = "", look: str = "", **more: Any) -> CheckFailed:
        """A failure on these arguments.

        Args:
            diagnosis: the slug.
            words: what is wrong.
            found: what came out, and what a property demands.
            look: the section to read.
            more: numbers for the example.
        """
        lines = [words, self.words(), found, f"Read again: {look}." if look else ""]
        example = {name: _copied(value) for name, value in zip(self.names, self.case, strict=True)}
        return CheckFailed(diagnosis, "\n".join(line for line in lines if line), example | more)


# ---- asking ----------------------------------------------------------------------------------------------------------


_ITEMS = 1_000_000  # of something that gives them one after the other


class Asked:
    """A student's function, asked with copies; it is noted whether it changes what it was given.

    Raises:
        CheckFailed: ``not-a-function``.
    """

    def __init__(self, student: Student, names: tuple[str, ...]) -> None:
        if not callable(student):
            words = f"Wanted a function of ({', '.join(names)}), and this is {_kind(student)}."
            raise CheckFailed("not-a-function", words)
        self.student, self.names = student, names
        self.changed: CheckFailed | None = None

    def __call__(self, *case: Any) -> Any:
        """What the function gives for copies of these arguments.

        Raises:
            CheckFailed: ``raises``, ``wrong-arguments``, ``not-written`` or ``returns-none``.
        """
        question, given = Question(self.names, case), [_copied(value) for value in case]
        try:
            value = _listed(self.student(*given), question)
        except CheckFailed:
            raise
        except (Exception, SystemExit) as error:
            raise _raised(error, question) from error
        if value is None:
            words = "Your function returns nothing (None). Is the last line a `return`, or is the stub still there?"
            raise question.failure("returns-none", words)
        if self.changed is None:
            self.changed = _change(question, given)
        return value


def _listed(value: Any, question: Question) -> Any:
    """What gives its items one after the other, such as ``zip(...)``, as a list: the grader's pipe does so too."""
    if isinstance(value, ONE_BY_ONE):
        value = list(islice(value, _ITEMS + 1))
        if len(value) > _ITEMS:
            words = f"What your function returns has no end: it gave {_ITEMS} items, and goes on."
            raise question.failure("far-too-many", words)
    return type(value)(_listed(item, question) for item in value) if type(value) in (list, tuple) else value


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def _kind(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _change(question: Question, given: Sequence[Any]) -> CheckFailed | None:
    for name, before, after in zip(question.names, question.case, given, strict=True):
        if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=before.dtype.kind == "f"):
            words = f"Your function changes its input: {name} is not what it was before the call."
            found = f"Afterwards it is {shown(after)}. Whoever calls you may still need it: work on a copy."
            return question.failure("changes-input", words, found)
    return None


def _raised(error: BaseException, question: Question) -> CheckFailed:
    kind, text, line = type(error).__name__, str(error), _line(error)
    if isinstance(error, StudentError):
        kind, text, line = error.kind, error.text, error.line
    if kind == "NotImplementedError" and "raise" in line:
        return question.failure("not-written", "Your function is not written yet: it raises NotImplementedError.")
    if kind == "TypeError" and not line and "argument" in text:
        words = f"Your function must take {len(question.names)} arguments: ({', '.join(question.names)})."
        return question.failure("wrong-arguments", words, f"Python says: {text}.")
    words = f"Your function stops with {kind}: {text or 'no message'}."
    return question.failure("raises", words, f"It happens here: {line}" if line else "")


_FOREIGN = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
_OURS = str(Path(__file__).parent)


def _line(error: BaseException) -> str:
    """The last line of the student's own code on the way to the error: neither ours nor a library's."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith((*_FOREIGN, _OURS)):
            text = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
            return f"line {frame.lineno}, in {frame.name}: {text}" if text else f"line {frame.lineno}, in {frame.name}"
    return ""


# ---- reading what came back ------------------------------------------------------------------------------------------


def numbers(value: Any, question: Question, shape: tuple[int, ...], what: str) -> np.ndarray:
    """What a function returned as float64 of the shape that was asked for.

    Args:
        value: an array, a tensor of torch, nested lists; a single number may be an array of one element.
        question: what the function was asked.
        shape: of the result.
        what: the result's name and axes, such as "the map (rows, columns)".

    Raises:
        CheckFailed: ``wrong-type``, ``wrong-axes``, ``wrong-shape`` or ``not-finite``.
    """
    array = plain(value, question, what)
    if array.shape == (0,) and 0 in shape:  # lists cannot say how many columns no rows have
        array = array.reshape(shape)
    if array.shape != shape and (array.size != 1 or shape != ()):
        permuted = sorted(array.shape) == sorted(shape) and len(shape) > 1
        slug = "wrong-axes" if permuted else "wrong-shape"
        words = f"Your function returns an array of shape {array.shape}; {what} must have the shape {shape}."
        raise question.failure(slug, words, "The axes are there, in another order." if permuted else "", yours=array)
    array = array.reshape(shape)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        place = f" first at index {tuple(map(int, bad[0]))}" if shape else ""
        words = f"Your result holds {len(bad)} values that are NaN or infinite,{place}.".replace(",.", ".")
        hint = "A division by zero, a logarithm of 0 or an exponential of a large number leaves such values."
        raise question.failure("not-finite", words, hint, yours=array)
    return array


def most(question: Question) -> int:
    """How many numbers a list of pairs, cells or groups may hold, before anybody looks at them: more than needed."""
    return min(100_000, max(1000, 100 * int(np.size(question.case[0]))))


def in_any_order(value: Any, question: Question) -> Any:
    """A set as a list, no longer than is worth reading; anything else as it is."""
    return list(islice(value, most(question) + 1)) if isinstance(value, (set, frozenset)) else value


def too_many(question: Question, what: str) -> CheckFailed:
    """The failure of an answer that holds more than :func:`most` numbers."""
    words = f"Your function returns more than {most(question)} numbers; wanted are {what}, and here there are few."
    return question.failure("far-too-many", words, "A loop may add to its list without an end, or a map came out.")


def plain(value: Any, question: Question, what: str, limit: int | None = None) -> np.ndarray:
    """What a function returned as an array of float64, of whatever shape.

    Args:
        value, question, what: as for :func:`numbers`.
        limit: how many numbers there may be.

    Raises:
        CheckFailed: ``wrong-type`` or ``far-too-many``.
    """
    detach = getattr(value, "detach", None)  # a tensor of torch, which need not be imported to be read
    try:
        array = np.asarray(detach().cpu().numpy() if callable(detach) else value)
    except (ValueError, TypeError, RuntimeError, OverflowError):
        array = np.array(None)
    if array.dtype.kind not in "fiub":
        words = f"Your function returns {_kind(value)} that is no array of numbers; wanted {what}."
        raise question.failure("wrong-type", words)
    if limit is not None and array.size > limit:
        raise too_many(question, what)
    return array.astype(float)


def whole(array: np.ndarray) -> bool:
    """Whether all numbers are whole, and none is so large that it cannot be an index."""
    return bool((np.isfinite(array) & (array == np.rint(array)) & (np.abs(array) < 2**31)).all())


# ---- judging ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """A known mistake: its name, what is wrong in words, where to read, and whether an answer is what it would give.

    ``fits_all`` looks at all answers together, where one alone says nothing.
    """

    slug: str
    words: str
    look: str = ""
    fits: Callable[[Case, Any], bool] = lambda case, yours: False
    fits_all: Callable[[Sequence[Answer]], bool] | None = None

    def explains(self, answers: Sequence[Answer]) -> bool:
        """Whether this mistake would have given all of the answers."""
        return self.fits_all(answers) if self.fits_all is not None else all(self.fits(*one) for one in answers)


WRONG_VALUE = Mistake("wrong-value", "The values are wrong, and not in a way that this check knows.")


def known(answers: Sequence[Answer], mistakes: Iterable[Mistake]) -> Mistake | None:
    """The first mistake that would have given all of the answers."""
    with np.errstate(all="ignore"):
        return next((one for one in mistakes if one.explains(answers)), None)


@dataclass(frozen=True)
class Task:
    """What a check asks of a function.

    Args:
        names: its arguments.
        read: what it returned, read; raises :class:`CheckFailed` where that is of the wrong kind or shape.
        agrees: whether an answer is right.
        diagnose: the failure that explains the answers, of which one at least is wrong.
        same: whether two answers to one question are the same.
        odd: among answers that are all right by themselves one that does not go with the others, or None.
    """

    names: tuple[str, ...]
    read: Callable[[Any, Question], Any]
    agrees: Callable[[Any, Case], bool]
    diagnose: Callable[[list[Answer]], CheckFailed]
    same: Callable[[Any, Any], bool]
    odd: Callable[[list[Answer]], Answer | None] = lambda answers: None


def judge(student: Student, task: Task, cases: Iterable[Case]) -> None:
    """Ask a function all cases, the smallest first, and raise what explains its answers, if one is wrong.

    Raises:
        CheckFailed: with the diagnosis.
    """
    asked, answers, wrong = Asked(student, task.names), list[Answer](), list[Answer]()
    for case in cases:
        try:
            yours = _read(asked, task, case, answers)
        except CheckFailed:
            if wrong:  # the smaller case that is wrong already tells more
                break
            raise
        answers.append((case, yours))
        wrong += [] if task.agrees(yours, case) else [(case, yours)]
    _check_repeatable(asked, task, *(wrong or answers)[0])
    if wrong or task.odd(answers) is not None:
        raise task.diagnose(answers)
    if asked.changed is not None:
        raise asked.changed


def _read(asked: Asked, task: Task, case: Case, answers: Sequence[Answer]) -> Any:
    """The answer to a case; one that cannot be read may be what is left of earlier calls."""
    value = asked(*case)
    try:
        return task.read(value, Question(task.names, case))
    except CheckFailed:
        if answers:
            _check_repeatable(asked, task, *answers[0])
        raise


def _check_repeatable(asked: Asked, task: Task, case: Case, before: Any) -> None:
    question, value = Question(task.names, case), asked(*case)
    try:
        same = task.same(task.read(value, question), before)
    except CheckFailed:
        same = False
    if not same:
        words = "Asked the same question twice, your function gives two answers: something is kept between the calls."
        raise question.failure("not-repeatable", words, "A list or array outside the function may still be filled.")


# ---- results that are arrays -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Values:
    """A task whose result is an array (or a number) with one right value in each place.

    Args:
        names: the function's arguments.
        what: the result's name, for messages.
        right: the right result.
        mistakes: the known ones, the most telling first.
        axes: what the axes of the result are called.
        tolerance: how far a value may be off, and ``relative``, as a share of the right one, besides.
        look: the section to read when no known mistake fits; by default that of most of them.
    """

    names: tuple[str, ...]
    what: str
    right: Callable[..., Any]
    mistakes: Sequence[Mistake]
    axes: tuple[str, ...] = ()
    tolerance: float = 1e-4
    relative: float = 0.0
    look: str = ""

    def task(self) -> Task:
        """The task, for :func:`judge`."""
        return Task(self.names, self._read, self._agrees, self._diagnose, self.close, self._odd)

    def close(self, a: Any, b: Any) -> bool:
        """Whether two results are the same, within the tolerance."""
        return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, atol=self.tolerance, rtol=self.relative))

    def _read(self, value: Any, question: Question) -> np.ndarray:
        return numbers(value, question, np.shape(self.right(*question.case)), self.what)

    def _agrees(self, yours: Any, case: Case) -> bool:
        return self.close(yours, self.right(*case))

    def _odd(self, answers: list[Answer]) -> Answer | None:
        return None

    def _must_be(self, case: Case, wanted: np.ndarray, at: tuple[int, ...]) -> str:
        """What stands in a message for the right value."""
        return shown(wanted[at])

    def _diagnose(self, answers: list[Answer]) -> CheckFailed:
        wrong = next((answer for answer in answers if not self._agrees(answer[1], answer[0])), None)
        case, yours = wrong or self._odd(answers) or answers[0]
        mistake = known(answers, self.mistakes) or replace(WRONG_VALUE, look=self._section())
        wanted = np.asarray(self.right(*case), float)
        place = np.unravel_index(np.abs(yours - wanted).argmax(), wanted.shape) if wanted.shape else ()
        at = tuple(map(int, place))
        where = ", ".join(f"{axis} {k}" for axis, k in zip(self.axes, at, strict=True))
        must_be = self._must_be(case, wanted, at)
        found = f"What came out: {shown(yours[at])}{' in ' + where if where else ''}; it must be {must_be}."
        more = {"yours": yours if yours.ndim else float(yours), "at": at, "must_be": float(wanted[at])}
        return Question(self.names, case).failure(mistake.slug, mistake.words, found, mistake.look, **more)

    def _section(self) -> str:
        looks = Counter(mistake.look for mistake in self.mistakes)
        return self.look or max(looks, key=looks.__getitem__, default="")


def gives(wrong: Callable[..., Any], tolerance: float = 2e-3, relative: float = 0.0) -> Callable[[Case, Any], bool]:
    """Whether an answer is what a wrong function gives, for :class:`Mistake`."""

    def fits(case: Case, yours: Any) -> bool:
        theirs = wrong(*case)
        return np.shape(theirs) == np.shape(yours) and bool(np.allclose(yours, theirs, atol=tolerance, rtol=relative))

    return fits


def scaled(right: Callable[..., Any]) -> Callable[[Case, Any], bool]:
    """Whether an answer is the right one times a positive number, for :class:`Mistake`."""

    def fits(case: Case, yours: Any) -> bool:
        wanted = np.asarray(right(*case), float)
        size = float((wanted**2).sum())
        factor = float((yours * wanted).sum()) / size if size else 1.0
        return factor > 0 and bool(np.allclose(yours, factor * wanted, atol=1e-3 * max(factor, 1e-12), rtol=1e-3))

    return fits


def scaled_throughout(right: Callable[..., float]) -> Callable[[Sequence[Answer]], bool]:
    """Whether all answers are the right numbers times the same positive factor, for :class:`Mistake`."""

    def fits(answers: Sequence[Answer]) -> bool:
        wanted, yours = np.array([[right(*case), float(mine)] for case, mine in answers]).T
        factor = float(yours @ wanted / (wanted @ wanted)) if wanted.any() else 1.0
        return factor > 0 and bool(np.allclose(yours, factor * wanted, rtol=2e-2, atol=2e-3 * factor))

    return fits


def between(rng: np.random.Generator, low: float, high: float, digits: int = 1) -> float:
    """A number from low to high with so many digits, which a message can show in full."""
    return round(float(rng.uniform(low, high)), digits)


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, (int, float, np.integer, np.floating)) and math.isfinite(value)
