"""A submission that is running: its cells executed, its functions there to be called.

A cell or a call that ends the process does not end the submission: it is started again, without the cells that ended
it, so that an endless loop in one question leaves the other questions as they are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paflib.grading.limits import Limits
from paflib.grading.sandbox import GRACE, Sandbox, StoppedError, best_rung
from paflib.grading.wire import LateError, UnsendableError, WireError, decode, encode, extent

DEADLY_CELLS = 3
"""So many cells may end the process; then the submission is given up."""

LARGE = 10_000
"""Numbers of an answer that may keep a check busy, where the arguments of the call were not nearly as many."""

_TEXT = 2000
_BUILTIN: dict[str, type[Exception]] = {
    error.__name__: error
    for error in (
        NotImplementedError, RecursionError, RuntimeError, ZeroDivisionError, ArithmeticError, IndexError, KeyError,
        LookupError, TypeError, ValueError, AttributeError, NameError,
    )
}  # fmt: skip
_LIMITS = {"TimeLimit": "time-limit", "MemoryError": "memory-limit"}


class StudentError(Exception):
    """A call of a student's function came to no answer.

    Where the function raised an error that Python has, such as ValueError, this is one too, so that a check may expect
    it. ``diagnosis`` is ``raises``, ``time-limit``, ``memory-limit``, ``answer-type`` or ``answer-size``;
    ``message`` is for the student and names their line.
    """

    diagnosis = "raises"
    kind = text = line = ""  # the name of the student's error, what it says, and the line where it came up

    @property
    def message(self) -> str:
        """The words for the student."""
        return str(self.args[0])

    def __str__(self) -> str:
        return self.message  # a KeyError would show its quotation marks


@dataclass(frozen=True)
class Note:
    """Something that happened, in which cell (or none), as a slug and in words."""

    cell: int | None
    diagnosis: str
    message: str


class Session:
    """A submission's cells, run, and its functions; a context manager.

    Attributes:
        notes: Cells that raised an error, and cells that ended the process and were left out.
        stops: Why a cell, a call or the process was stopped or ended, each time.
        failure: Why the present question cannot get its points whatever its check says: a limit, a lost process.
        largest: The first answer to the present question of more than :data:`LARGE` numbers, in words, or empty.
        functions: What a check calls, by name.
    """

    def __init__(
        self,
        cells: Mapping[int, str],
        names: Sequence[str],
        limits: Limits,
        rung: str | None = None,
        readable: Iterable[str] = (),
        hidden: Iterable[str] = (),
    ) -> None:
        self.cells, self.names, self.limits = cells, names, limits
        self.rung = rung or best_rung()
        self._options = (limits, self.rung, list(readable), list(hidden))
        self._until = time.monotonic() + limits.total
        self._deadly: dict[int, Note] = {}
        self._raised: dict[int, Note] = {}
        self._sandbox: Sandbox | None = None
        self._printed: list[tuple[bytes, int]] = []
        self.defined: dict[str, str] = {}
        self.stops: list[Note] = []
        self.failure: Note | None = None
        self.largest = ""
        self.functions: dict[str, Callable[..., Any]] = {name: self._function(name) for name in names}

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.restart()

    @property
    def notes(self) -> list[Note]:
        """What happened in the cells, in their order."""
        return [note for _, note in sorted({**self._raised, **self._deadly}.items())]

    @property
    def output(self) -> tuple[str, int]:
        """What was printed first, with replacements for what is no UTF-8, and how many bytes were printed in all.

        Of a submission that was started again, what its first process printed.
        """
        if self._sandbox is not None and not self._printed:
            kept, total = self._sandbox.output, self._sandbox.printed
        else:
            kept, total = self._printed[0] if self._printed else (b"", 0)
        return kept.decode("utf-8", "replace"), total

    # ---- starting, and starting again

    def ensure(self) -> None:
        """See that the process runs and its cells have been executed.

        Raises:
            StoppedError: too many cells end the process, or the time of the submission is over.
            SandboxError: no process can be started; this is not the submission's fault.
        """
        while self._sandbox is None or self._sandbox.ended:
            self.restart()
            if len(self._deadly) >= DEADLY_CELLS:
                raise StoppedError("crashed", f"{DEADLY_CELLS} of its cells end the process; it was given up")
            self._check_time()
            sandbox = Sandbox(*self._options)
            self._sandbox = sandbox.__enter__()
            try:
                self._load(sandbox)
            except StoppedError as error:
                if error.diagnosis == "total-time" or not self.stops or self.stops[-1].cell is None:
                    raise

    def _load(self, sandbox: Sandbox) -> None:
        self._raised = {}
        for number, source in self.cells.items():
            if number not in self._deadly:
                self._run(sandbox, number, source)
        header, _ = self._ask(sandbox, {"do": "names", "names": list(self.names)}, (), 5, "while it was looked at")
        found = header.get("names")
        found = found if isinstance(found, dict) else {}
        self.defined = {name: str(found.get(name, "missing"))[:100] for name in self.names}

    def _run(self, sandbox: Sandbox, number: int, source: str) -> None:
        request = {"do": "cell", "cell": number, "source": source, "seconds": self.limits.cell}
        try:
            header, _ = self._ask(sandbox, request, (), self.limits.cell, f"while cell {number} was running", number)
        except StoppedError as error:
            if error.diagnosis != "total-time":
                self._deadly[number] = Note(number, error.diagnosis, f"cell {number} was left out: {error.message}")
            raise
        if "error" in header:
            slug, words = _error(header["error"])
            note = Note(number, slug, f"cell {number} {words}")
            self._raised[number] = note
            if slug != "raises":
                self.stops.append(note)

    def _check_time(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise StoppedError("total-time", f"the submission took more than {self.limits.total:g} s in all")
        return left

    def _ask(
        self,
        sandbox: Sandbox,
        message: dict[str, Any],
        arrays: Sequence[Any],
        seconds: float,
        doing: str,
        cell: int | None = None,
    ) -> tuple[dict[str, Any], bytes]:
        """A request whose end is remembered; when the time of the whole submission ends first, that is said."""
        left = self._check_time()
        try:
            return sandbox.request(message, arrays, min(seconds + GRACE, left), doing)
        except StoppedError as error:
            stop = error
        if stop.diagnosis == "time-limit" and left < seconds + GRACE:
            total = f"the submission took more than {self.limits.total:g} s in all; {stop.message}"
            stop = sandbox.stop("total-time", total)
        self.stops.append(Note(cell, stop.diagnosis, stop.message))
        raise stop

    def restart(self) -> None:
        """End the process; :meth:`ensure` starts another."""
        if self._sandbox is not None:
            self._sandbox.close()
            self._printed.append((self._sandbox.output, self._sandbox.printed))
            self._sandbox = None

    # ---- calling

    def _function(self, name: str) -> Callable[..., Any]:
        def function(*arguments: Any, **keywords: Any) -> Any:
            return self.call(name, arguments, keywords)

        function.__name__ = function.__qualname__ = name
        return function

    def call(self, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        """Call a function of the submission with plain values, and give what it returns as plain values.

        Raises:
            StudentError: it raised an error, took too long, or returned something that is no plain value.
            StoppedError: its process has ended.
            TypeError: the check gave an argument that is no plain value.
        """
        try:
            tree, arrays = encode([list(arguments), dict(keywords)])
        except UnsendableError as error:
            raise TypeError(f"the check calls {name} with {error.message}") from None
        until = time.monotonic() + self.limits.call + GRACE
        request = {
            "do": "call", "name": name, "arguments": tree, "seconds": self.limits.call, "limit": self.limits.answer,
        }  # fmt: skip
        try:
            sandbox = self._sandbox
            if sandbox is None:
                raise StoppedError("quit", "its process has ended")
            header, payload = self._ask(sandbox, request, arrays, self.limits.call, f"in a call of `{name}`")
            value = self._value(sandbox, name, header, payload, until)
        except (StoppedError, StudentError) as error:
            note = Note(None, error.diagnosis, error.message)
            if error.diagnosis != "raises" and self.failure is None:
                self.failure = note
            if error.diagnosis in _LIMITS.values() and note not in self.stops:
                self.stops.append(note)
            raise
        size = extent(value)
        if size > LARGE and size > 10 * extent([arguments, dict(keywords)]):
            self.largest = self.largest or f"`{name}` returned {size} numbers or letters"
        return value

    def _value(self, sandbox: Sandbox, name: str, header: Mapping[str, Any], payload: bytes, until: float) -> Any:
        if "error" in header:
            raise _student_error(name, header["error"])
        if "refused" in header:
            raise _refused(name, header["refused"])
        try:
            return decode(header.get("answer"), payload, until)
        except LateError:
            words = f"it took more than {self.limits.call:g} s to run `{name}` and to read what it returned"
            raise _limited("time-limit", words) from None
        except MemoryError:
            raise _limited("answer-size", f"`{name}` returned more than the grader has memory for") from None
        except WireError as error:
            stop = sandbox.stop("broken-channel", f"it disturbed the pipe to the grader in a call of `{name}`: {error}")
            self.stops.append(Note(None, stop.diagnosis, stop.message))
            raise stop from None


# ---- the words of the other side, which may be anything --------------------------------------------------------------


def _error(words: Any) -> tuple[str, str]:
    """The slug and the text of an error that the submission's process describes.

    >>> _error({"type": "ValueError", "text": "no", "bases": [], "cell": 3, "line": 2, "code": "f(x)"})
    ('raises', 'raised ValueError: no (cell 3, line 2: `f(x)`)')
    """
    words = words if isinstance(words, dict) else {}
    kind, text = clean(words.get("type", "an error"), 100), clean(words.get("text", ""), _TEXT)
    place = ""
    if "cell" in words:
        code = clean(words.get("code", ""), 200)
        place = f" (cell {clean(words['cell'], 10)}, line {clean(words.get('line'), 10)}: `{code}`)"
    bases = words.get("bases")
    slug = next((_LIMITS[base] for base in _names(bases) if base in _LIMITS), "raises")
    if slug == "time-limit":
        return slug, f"was stopped: {text}{place}"
    return slug, f"raised {kind}: {text}{place}" if text else f"raised {kind}{place}"


def _names(bases: Any) -> list[str]:
    return [base for base in bases if isinstance(base, str)] if isinstance(bases, list) else []


def _student_error(name: str, words: Any) -> StudentError:
    slug, text = _error(words)
    bases = _names(words.get("bases")) if isinstance(words, dict) else []
    kind: type[StudentError] = StudentError
    builtin = next((_BUILTIN[base] for base in bases if base in _BUILTIN), None)
    if builtin is not None:
        kind = type("StudentError", (StudentError, builtin), {})
    error = kind(f"`{name}` {text}")
    error.diagnosis = slug
    if isinstance(words, dict):
        error.kind, error.text = clean(words.get("type", "an error"), 100), clean(words.get("text", ""), _TEXT)
        if "cell" in words:
            where = f"cell {clean(words['cell'], 10)}, line {clean(words.get('line'), 10)}"
            error.line = f"{where}: {clean(words.get('code', ''), 200)}"
    return error


def _refused(name: str, words: Any) -> StudentError:
    slug, text = [*words, "", ""][:2] if isinstance(words, list) else ("", "")
    slug = slug if slug in ("answer-type", "answer-size") else "answer-type"
    return _limited(slug, f"`{name}` returned {clean(text, _TEXT) or 'something that is no plain value'}")


def _limited(slug: str, message: str) -> StudentError:
    error = StudentError(message)
    error.diagnosis = slug
    return error


def clean(text: Any, length: int) -> str:
    """A text of the submission, cut, in letters that every file can hold, and without control characters.

    >>> clean("a\\x1b[31m\\ud800b\\n", 20), clean("x" * 30, 8)
    ('a�[31m�b\\n', 'xxxxxxx…')
    """
    text = str(text)
    text = text if len(text) <= length else text[: length - 1] + "…"
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
