"""What is asked: an assignment, its questions, their checks and points; and where assignments are found."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paflib._check import meant
from paflib.errors import DataError
from paflib.grading.limits import Limits
from paflib.grading.registry import ASSIGNMENTS

Check = Callable[[Mapping[str, Callable[..., Any]], int], None]

VARIABLE = "ASSIGNMENT"
"""The name under which a teacher's file holds its assignment."""

_RESERVED = ("student", "total", "remarks")  # columns of the table


@dataclass(frozen=True)
class Question:
    """One question of an assignment.

    Attributes:
        name: Short and unique: a column of the table.
        title: What the report calls it.
        points: Given when ``check`` returns, and not when it raises.
        functions: The names that the notebook must define.
        check: Called with those functions, by name, and the class's seed. It raises an error with a ``diagnosis`` (a
            slug) and a ``message`` (words for the student), and perhaps an ``example`` (a dict of plain arrays and
            numbers). The functions run in another process: they take and give plain arrays, numbers, texts, lists,
            tuples and dicts, they change copies of their arguments, and an error of theirs is raised again here with
            the diagnosis ``raises``.
        hidden: The report names the diagnosis and shows no example.
    """

    name: str
    title: str
    points: float
    functions: Sequence[str]
    check: Check
    hidden: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", self.name) or self.name in _RESERVED:
            raise DataError(
                f"question {self.name!r}: wanted a name of letters, digits, '_', '.' and '-' that is not one of "
                f"{', '.join(_RESERVED)}"
            )
        if not self.points >= 0:
            raise DataError(f"question {self.name!r} has {self.points!r} points, wanted 0 or more")
        if isinstance(self.functions, str) or not self.functions:
            raise DataError(f"question {self.name!r}: functions is {self.functions!r}, wanted a list of names")
        if not callable(self.check):
            raise DataError(f"question {self.name!r}: check is {self.check!r}, wanted a function")


@dataclass(frozen=True)
class Assignment:
    """A named list of questions.

    Attributes:
        name: As the notebook's metadata has it: ``{"paflib": {"assignment": NAME}}``.
        title: What reports call it.
        questions: In the order of the table's columns.
        limits: What a submission may use.
        readable: Files and folders besides the interpreter and its packages that a submission may read.
    """

    name: str
    title: str
    questions: Sequence[Question]
    limits: Limits = field(default_factory=Limits)
    readable: Sequence[str] = ()

    def __post_init__(self) -> None:
        names = [question.name for question in self.questions]
        if not names:
            raise DataError(f"assignment {self.name!r} has no questions")
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise DataError(f"assignment {self.name!r} has two questions called {twice!r}")

    @property
    def functions(self) -> list[str]:
        """All names that a notebook must define, each once, in the order in which they are asked for."""
        return list(dict.fromkeys(name for question in self.questions for name in question.functions))

    @property
    def out_of(self) -> float:
        """The points of all questions."""
        return sum(question.points for question in self.questions)


def load_assignment(reference: str) -> tuple[Assignment, str]:
    """An assignment and the fingerprint of the file that defines it.

    ``reference`` is the name of a registered assignment, a dotted name (``package.module``, where the variable
    ``ASSIGNMENT`` is looked up, or ``package.module:VARIABLE``), or the path of a Python file with that variable: a
    teacher's own, with a secret seed or hidden cases.

    Raises:
        DataError: there is no such assignment, or its file fails; with what it says.
    """
    reference = ASSIGNMENTS.get(reference, reference)
    if reference.endswith(".py"):
        module, variable, what = _run_file(Path(reference)), VARIABLE, reference
    else:
        dotted, _, variable = reference.partition(":")
        module, variable, what = _import(dotted), variable or VARIABLE, dotted
    found = getattr(module, variable, None)
    if not isinstance(found, Assignment):
        raise DataError(
            f"--assignment {what}: its variable {variable} is {_kind(found)}, wanted a paflib.grading Assignment"
        )
    return found, _fingerprint(module)


def _kind(found: object) -> str:
    return "missing" if found is None else f"a {type(found).__name__}"


def _run_file(path: Path) -> Any:
    if not path.is_file():
        raise DataError(f"--assignment {path}: there is no such file")
    spec = importlib.util.spec_from_file_location("paflib_assignment", path.resolve())
    assert spec is not None and spec.loader is not None  # the name ends in .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.resolve().parent))  # a teacher may keep helpers beside it
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # __pycache__ would hold the secret as well
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise DataError(f"--assignment {path}: running it raised {type(error).__name__}: {error}") from error
    finally:
        sys.dont_write_bytecode = written
    return module


def _import(dotted: str) -> Any:
    try:
        return importlib.import_module(dotted)
    except ModuleNotFoundError as error:
        if error.name and (dotted == error.name or dotted.startswith(error.name + ".")):
            raise DataError(
                f"--assignment {dotted}: no assignment and no module has this name; wanted a file that ends in .py, a "
                f"dotted name, or a registered one{meant(dotted, ASSIGNMENTS) if ASSIGNMENTS else ''}"
            ) from None
        raise DataError(f"--assignment {dotted}: importing it raised {error}") from error
    except Exception as error:
        raise DataError(f"--assignment {dotted}: importing it raised {type(error).__name__}: {error}") from error


def _fingerprint(module: Any) -> str:
    source = Path(module.__file__) if getattr(module, "__file__", None) else None
    return hashlib.sha256(source.read_bytes() if source else b"").hexdigest()
