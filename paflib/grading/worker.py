"""The submission's side of the pipe: runs the cells of a notebook, then answers calls of its functions.

The student's code shares this process and may do to it what it likes. Nothing here is a secret and nothing here is
trusted: the worst that comes of it is a wrong answer, or none.
"""

from __future__ import annotations

import contextlib
import linecache
import os
import re
import signal
import sys
import types
from collections.abc import Callable, Iterator
from typing import IO, Any

import paflib.grading
from paflib.grading.wire import UnsendableError, decode, encode, plain, read_frame, write_frame

TEXT = 2000  # characters of a message
CODE = 200  # of a line of code
_BODY = ("time", "timeit", "capture", "prun")  # cell magics whose cell is Python


def main() -> None:
    """Serve until the grader closes the pipe; the protocol is on what were stdin and stdout."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)  # input() meets the end of the file
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
    Worker(requests, answers).serve()


class NoChecks(types.ModuleType):
    """In place of modules with checks, and of what is in them: a notebook's own calls of checks do nothing here.

    To know a right answer a check works it out, so a submission that could import the checks could hand in theirs.
    """

    def __getattr__(self, name: str) -> NoChecks:
        if name.startswith("__"):
            raise AttributeError(name)
        return NoChecks(f"{self.__name__}.{name}")

    def __call__(self, *_: Any, **__: Any) -> None:
        """No check."""


class TimeLimit(BaseException):
    """The time limit of a cell or a call; not an Exception, so that few nets catch it."""


class Worker:
    """The notebook's namespace and the pipe."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self.requests, self.answers = requests, answers
        self.cells: dict[str, int] = {}  # by file name
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        for package, name in ((paflib, "checks"), (paflib.grading, "assignments")):
            nothing = NoChecks(f"{package.__name__}.{name}")
            sys.modules[nothing.__name__] = nothing
            setattr(package, name, nothing)
        self.namespace: dict[str, Any] = module.__dict__
        self.namespace.update(display=lambda *_, **__: None, get_ipython=lambda: None)

    def serve(self) -> None:
        """Answer one request after the other, each answer with the number of its request."""
        while (frame := read_frame(self.requests)) is not None:
            request, payload = frame
            nonce = request["nonce"]
            try:
                reply, arrays = getattr(self, "do_" + request["do"])(request, payload)
                write_frame(self.answers, {"nonce": nonce, **reply}, arrays)
            except UnsendableError as error:
                write_frame(self.answers, {"nonce": nonce, "refused": [error.diagnosis, error.message[:TEXT]]})
            except (Exception, TimeLimit) as error:
                write_frame(self.answers, {"nonce": nonce, "error": self.describe(error)})

    def do_hello(self, request: dict[str, Any], payload: bytes) -> tuple[dict[str, Any], list[Any]]:
        """The process is there."""
        return {"hello": sys.version}, []

    def do_cell(self, request: dict[str, Any], payload: bytes) -> tuple[dict[str, Any], list[Any]]:
        """Run one cell."""
        name = f"<cell {request['cell']}>"
        self.cells[name] = request["cell"]
        source = request["source"]
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        return self.limited(request["seconds"], lambda: exec(compile_cell(source, name), self.namespace)), []

    def do_names(self, request: dict[str, Any], payload: bytes) -> tuple[dict[str, Any], list[Any]]:
        """What became of the names that are wanted: a function, something else, or nothing."""
        found = {}
        for name in request["names"]:
            value = self.namespace.get(name)
            found[name] = "missing" if value is None else "function" if callable(value) else type(value).__name__[:100]
        return {"names": found}, []

    def do_call(self, request: dict[str, Any], payload: bytes) -> tuple[dict[str, Any], list[Any]]:
        """Call a function; converting what it returns is within the time limit too."""
        arguments, keywords = decode(request["arguments"], payload)
        encoded: list[Any] = [None, []]

        def call() -> None:
            value = self.namespace[request["name"]](*arguments, **keywords)
            encoded[:] = encode(plain(value), request["limit"])

        reply = self.limited(request["seconds"], call)
        return (reply, []) if reply else ({"answer": encoded[0]}, encoded[1])

    def limited(self, seconds: float, work: Callable[[], Any]) -> dict[str, Any]:
        """Do something within a time limit; nothing, or the error in words."""
        try:
            with alarm(seconds):
                try:
                    work()
                except (UnsendableError, TimeLimit):
                    raise
                except BaseException as error:  # exit() and interrupts as well
                    return {"error": self.describe(error)}
        except TimeLimit as error:
            return {"error": self.describe(error)}
        return {}

    def describe(self, error: BaseException) -> dict[str, Any]:
        """An error in plain words: its type and text, and where in the student's code it came up."""
        words: dict[str, Any] = {
            "type": type(error).__name__[:100],
            "bases": [each.__name__[:100] for each in type(error).__mro__[:20]],
            "text": _text(error),
        }
        if isinstance(error, SyntaxError) and error.filename in self.cells:
            place: tuple[str, int] | None = (str(error.filename), error.lineno or 1)
        else:
            place = self.place(error)
        if place:
            words.update(cell=self.cells[place[0]], line=place[1], code=linecache.getline(*place).strip()[:CODE])
        return words

    def place(self, error: BaseException) -> tuple[str, int] | None:
        """The last line of the student's cells that the error went through."""
        place, trace = None, error.__traceback__
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if name in self.cells:
                place = (name, trace.tb_lineno)
            trace = trace.tb_next
        return place


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise :class:`TimeLimit` in the block when it takes longer; the grader's own clock runs a little further.

    Code that catches it, and code that never comes back to Python, is stopped from outside.
    """
    if not hasattr(signal, "setitimer"):  # Windows: only from outside
        yield
        return

    def strike(*_: object) -> None:
        raise TimeLimit(f"it was still running after {seconds:g} s")

    signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def compile_cell(source: str, name: str) -> types.CodeType:
    """A cell as code; what is only IPython's language is left out.

    Raises:
        SyntaxError: it is no Python then either.
    """
    try:
        return compile(source, name, "exec", dont_inherit=True)
    except SyntaxError:
        return compile(without_magics(source), name, "exec", dont_inherit=True)


def without_magics(source: str) -> str:
    """A cell without IPython's magics, shell commands and questions; its lines keep their numbers.

    >>> print(without_magics("%matplotlib inline\\nif x:\\n    !ls\\nfiles = !ls\\ny = 5 % 3\\nhelp?"))
    pass
    if x:
        pass
    files = None
    y = 5 % 3
    pass
    >>> without_magics("%%bash\\nls"), without_magics("%%time\\nx = 1")
    ('pass', 'pass\\nx = 1')
    """
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if match := re.match(r"\s*%%(\w*)", lines[first]):
        if match[1] not in _BODY:
            return "pass"
        lines[first] = "pass"
    lines = [re.sub(r"^(\s*)(?:[%!?].*|[\w.]+\?{1,2}\s*)$", r"\1pass", line) for line in lines]
    return "\n".join(re.sub(r"^(\s*[\w, ]+=\s*)(?:!|%\w).*$", r"\1None", line) for line in lines)


def _text(error: BaseException) -> str:
    try:
        return str(error)[:TEXT]
    except TimeLimit:
        raise
    except BaseException:
        return "(its message cannot be shown)"
