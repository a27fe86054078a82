"""The process that knows the hidden cases: it runs the checks and gives the points, one submission after the other.

The command line has one for each job and speaks with it in lines of JSON over its stdin and stdout: first what to grade
by, answered by what may be known of the assignment; then the path of a submission, answered by its result. Student code
never runs in it, but what a check does with an answer does: when that takes too long, the command line ends the process
and starts another. When the command line ends, so does this.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import random
import re
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import numpy as np

from paflib.errors import DataError
from paflib.grading import jail
from paflib.grading.assignment import Assignment, Question, load_assignment
from paflib.grading.limits import Limits
from paflib.grading.notebook import NotebookError, check_assignment, parse, read_bytes
from paflib.grading.results import AssignmentInfo, QuestionInfo, QuestionResult, Result, nothing
from paflib.grading.sandbox import StoppedError
from paflib.grading.session import Note, Session, clean

ROOM = 1 << 30  # bytes of memory for checks
MESSAGE = 4000  # characters
NOTES = 50  # of a submission that are kept
EXAMPLE = 2000  # of each value of a counter-example

_LINUX = sys.platform.startswith("linux")
if sys.platform != "win32":
    import resource


class SpentError(BaseException):
    """The processor time for a question is spent; not an Exception, so that no check takes it for an answer."""


def main() -> None:
    """Serve until stdin ends."""
    if _LINUX:
        jail.hide_memory()  # where submissions run under our own user id, they must not read the cases here
        jail.adopt_orphans()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a check may print
    requests: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    try:
        judge = Judge(**requests.get())
    except DataError as error:
        _say(answers, {"failed": str(error)})
        return
    if _LINUX:
        limit_memory(judge.assignment.limits)
    _say(answers, asdict(judge.info))
    while True:
        request = requests.get()
        _say(answers, {"result": judge.grade(Path(request["path"])).to_json()})


def _listen(requests: queue.Queue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)  # whoever asked is gone; the wardens notice that we are


def _say(stream: IO[str], words: dict[str, Any]) -> None:
    stream.write(json.dumps(words) + "\n")
    stream.flush()


class Judge:
    """An assignment, the seed of its class, and how submissions are run."""

    def __init__(self, assignment: str, seed: int, rung: str | None, hidden: Sequence[str] = ()) -> None:
        self.assignment, fingerprint = load_assignment(assignment)
        self.seed, self.rung, self.hidden = seed, rung, list(hidden)
        self.info = describe(self.assignment, fingerprint)

    def grade(self, path: Path) -> Result:
        """The result of the submission in a file."""
        try:
            return grade_file(path, self.assignment, self.seed, self.rung, self.hidden)
        except DataError as error:  # no sandbox could be made
            return nothing(self.assignment.questions, "not-graded", clean(error, MESSAGE))
        finally:
            if _LINUX:
                _sweep()


def limit_memory(limits: Limits) -> None:
    """Give this process room for answers and for what checks make of them: a megabyte of bytes is eight of numbers.

    Only its own limit: what it starts may raise it again, and has others.
    """
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    most = pages * resource.getpagesize() + ROOM + 8 * limits.answer
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def describe(assignment: Assignment, fingerprint: str) -> AssignmentInfo:
    """What may be known of an assignment; the limits are part of its fingerprint."""
    questions = [QuestionInfo(q.name, q.title, q.points, list(q.functions), q.hidden) for q in assignment.questions]
    whole = hashlib.sha256(f"{fingerprint} {assignment.limits} {list(assignment.readable)}".encode()).hexdigest()
    return AssignmentInfo(assignment.name, assignment.title, whole, assignment.limits.total, questions)


def _sweep() -> None:
    """Kill what a submission left that ended its own warden: it is our child now."""
    while left := jail.descendants(os.getpid()):
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


# ---- one submission ------------------------------------------------------------------------------------------------


def grade_file(
    path: Path, assignment: Assignment, seed: int, rung: str | None = None, hidden: Sequence[str] = ()
) -> Result:
    """Grade the submission in a file; whatever is in it, there is a result.

    Raises:
        SandboxError: no process could be started for it.
    """
    digest = ""
    try:
        content = read_bytes(path)
        digest = hashlib.sha256(content).hexdigest()
        notebook = parse(content, path.suffix)
        check_assignment(notebook, assignment.name)
    except NotebookError as error:
        return nothing(assignment.questions, error.diagnosis, clean(error.message, MESSAGE), digest=digest)
    names, limits = assignment.functions, assignment.limits
    with Session(notebook.cells, names, limits, rung, assignment.readable, hidden) as session:
        verdict = _run(session, assignment, seed)
    output, printed = session.output
    return Result(
        **verdict, notes=_first(session.notes), stops=_first(session.stops), output=output, printed=printed,
        rung=session.rung, digest=digest,
    )  # fmt: skip


def _first(notes: Sequence[Note]) -> Sequence[Note]:
    """The first of many, and how many there are more."""
    more = len(notes) - NOTES
    return notes if more <= 0 else [*notes[:NOTES], Note(None, notes[-1].diagnosis, f"and {more} times more")]


def _run(session: Session, assignment: Assignment, seed: int) -> dict[str, Any]:
    """Points and diagnoses, as keywords of a result."""
    try:
        session.ensure()
    except StoppedError as error:
        return _all(assignment, error.diagnosis, error.message)
    if set(session.defined.values()) <= {"missing"} and not session.notes:
        names = ", ".join(f"`{name}`" for name in assignment.functions)
        return _all(assignment, "wrong-notebook", f"it defines none of {names}: is it of another assignment?")
    return {"questions": [grade_question(question, session, seed) for question in assignment.questions]}


def _all(assignment: Assignment, diagnosis: str, remark: str) -> dict[str, Any]:
    result = nothing(assignment.questions, diagnosis, remark)
    return {"questions": result.questions, "diagnosis": diagnosis, "remark": remark}


def grade_question(question: Question, session: Session, seed: int) -> QuestionResult:
    """Run a question's check on the functions of a submission.

    What the submission's process went through counts before what the check says: a check that takes an error of a
    function for an answer does not give points for a function that never came back.
    """
    try:
        session.ensure()
    except StoppedError as error:
        return QuestionResult(question.name, 0, error.diagnosis, error.message)
    if (lacking := _lacking(question, session)) is not None:
        return lacking
    session.failure, session.largest = None, ""
    _seed(seed)
    caught: BaseException | None = None
    try:
        with own_time(session.limits.check):
            question.check({name: session.functions[name] for name in question.functions}, seed)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a check may call what calls sys.exit
        caught = error
    if isinstance(caught, SpentError):
        session.restart()  # it may have been in the middle of an answer
    if session.failure is not None:
        return QuestionResult(question.name, 0, session.failure.diagnosis, session.failure.message)
    if session.largest and isinstance(caught, SpentError | MemoryError):
        spent = f"{session.limits.check:g} s of processor time that a check has were"
        spent = "memory that a check has was" if isinstance(caught, MemoryError) else spent
        words = f"{session.largest}, far more than it was asked with, and the {spent} not enough"
        return QuestionResult(question.name, 0, "answer-size", words)
    return QuestionResult(question.name, question.points) if caught is None else _verdict(question, caught)


@contextlib.contextmanager
def own_time(seconds: float) -> Iterator[None]:
    """Raise :class:`SpentError` in the block when this process has worked longer; waiting does not count."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def strike(*_: object) -> None:
        raise SpentError(f"it took more than {seconds:g} s of processor time")

    before = signal.signal(signal.SIGPROF, strike)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)  # and again, where the first is caught
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _lacking(question: Question, session: Session) -> QuestionResult | None:
    for name in question.functions:
        what = session.defined.get(name, "missing")
        if what == "missing":
            return QuestionResult(question.name, 0, "missing", f"`{name}` is not defined{_why(name, session)}")
        if what != "function":
            message = f"`{name}` is no function, it is a {clean(what, 100)}"
            return QuestionResult(question.name, 0, "not-a-function", message)
    return None


def _why(name: str, session: Session) -> str:
    """The cell that would have defined a function, and what became of it."""
    for note in session.notes:
        if note.cell is not None and re.search(rf"\b{re.escape(name)}\b", session.cells.get(note.cell, "")):
            return f"; {note.message}"
    return ""


def _verdict(question: Question, error: BaseException) -> QuestionResult:
    diagnosis, message = getattr(error, "diagnosis", None), getattr(error, "message", None)
    if not isinstance(diagnosis, str) or not isinstance(message, str):
        words = f"the check could not judge the answer ({type(error).__name__}: {error}); your teacher will look at it"
        return QuestionResult(question.name, 0, "check-error", clean(words, MESSAGE))
    example = getattr(error, "example", None)
    shown = _show(example) if isinstance(example, Mapping) and not question.hidden else {}
    return QuestionResult(question.name, 0, clean(diagnosis, 100), clean(message, MESSAGE), shown)


def _show(example: Mapping[str, Any]) -> dict[str, str]:
    return {clean(name, 100): clean(_text(value), EXAMPLE) for name, value in list(example.items())[:20]}


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return np.array2string(value, threshold=200, precision=4, suppress_small=True)
    try:
        return repr(value)
    except Exception:
        return f"a {type(value).__name__}"


def _seed(seed: int) -> None:
    """A check that draws without a generator of its own draws the same for everyone."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)
