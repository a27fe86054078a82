"""The book's assignments: what is asked, for how many points, and in which variation.

A :class:`Plan` says what an assignment asks. The word of a class turns it into an
:class:`~paflib.grading.assignment.Assignment`: the word draws the parameters of the variation, which stand in the
notebook, and the hidden cases, which do not. The book itself shows the variation of the word :data:`SAMPLE`. All that
a word gives is made from its :func:`key`, and to work that out takes long: who guesses words, and tries each against
the numbers and the name in a notebook, gets through few of them.

The questions are judged by :mod:`paflib.checks`, by the checks that the chapters call and that the notebook runs with
its own cases after every question.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from paflib._check import meant
from paflib.checks import CHECKS, CheckFailed, StudentError, variation
from paflib.errors import DataError
from paflib.grading.assignment import Assignment, Question
from paflib.grading.limits import Limits

SAMPLE = "0"
"""The word of the variation that the book shows and the repository holds a solution of."""


@dataclass(frozen=True)
class Part:
    """One question of a plan.

    Attributes:
        function: The name of the function to write, which is also the question's.
        title: Of the question.
        points: Of the question.
        check: The name of the check in :data:`paflib.checks.CHECKS`.
        drawn: The parameters of the check that the word draws.
        fixed: Parameters of the check that are the same for everybody.
        stretch: Whether this is the stretch question, which goes beyond the chapter.
    """

    function: str
    title: str
    points: float
    check: str
    drawn: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    stretch: bool = False

    def parameters(self, word: str) -> dict[str, Any]:
        """What the word draws for this question, by the names of the check's keywords."""
        return variation(self.check, key(word), *self.drawn) if self.drawn else {}

    def call(self) -> str:
        """The line of a notebook that runs the check with the notebook's own cases; parameters are its constants."""
        how = [f"{name}={name.upper()}" for name in self.drawn]
        how += [f"{name}={value!r}".replace("'", '"') for name, value in self.fixed.items()]
        return f"checks.run({', '.join([f'checks.check_{self.check}', self.function, *how])})"

    def question(self, word: str) -> Question:
        """The question of a class."""
        how = {**self.parameters(word), **self.fixed}

        def check(functions: Mapping[str, Callable[..., Any]], seed: int) -> None:
            asked = bridged(functions[self.function])
            CHECKS[self.check].check(asked, seed=cases(word, f"{self.function}/{seed}"), **how)

        return Question(self.function, self.title, self.points, [self.function], check)


@dataclass(frozen=True)
class Plan:
    """An assignment, before a class is known.

    Attributes:
        name: As the command line, files and notebooks call it.
        title: Of the notebook.
        parts: Its questions, the stretch question last.
        limits: What a submission may use.
    """

    name: str
    title: str
    parts: tuple[Part, ...]
    limits: Limits = field(default_factory=lambda: Limits(total=300))

    def parameters(self, word: str) -> dict[str, Any]:
        """The constants of a class's notebook, by name; a parameter that two questions share is one constant."""
        return {name.upper(): value for part in self.parts for name, value in part.parameters(word).items()}

    def name_for(self, word: str) -> str:
        """The name that the notebooks of a class carry: who hands in another class's is told so."""
        return self.name if word == SAMPLE else f"{self.name}-{_digest(word, 'name')[:6]}"

    def assignment(self, word: str = SAMPLE) -> Assignment:
        """The assignment of a class."""
        questions = [part.question(word) for part in self.parts]
        return Assignment(self.name_for(word), self.title, questions, self.limits)


def bridged(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a submission whose errors are those that checks expect of another process."""
    from paflib.grading.session import StudentError as Raised

    def asked(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Raised as error:
            if error.diagnosis != "raises":
                raise CheckFailed(error.diagnosis, error.message) from None
            raise StudentError(error.kind, error.text, error.line) from None

    return asked


@functools.cache
def key(word: str) -> str:
    """What everything about a class is made from: 50 ms and 16 MiB for each word, against guessing it.

    :data:`SAMPLE`, which is no secret, is its own key.
    """
    if word == SAMPLE:
        return word
    made = hashlib.scrypt(word.encode(), salt=b"paflib: the word of a class", n=1 << 14, r=8, p=1, dklen=32)
    return made.hex()


def _digest(word: str, purpose: str) -> str:
    return hashlib.sha256(f"{key(word)}/{purpose}".encode()).hexdigest()


def cases(word: str, purpose: str) -> int:
    """The seed of hidden cases: who does not know the word cannot tell it."""
    return int(_digest(word, f"cases/{purpose}")[:12], 16)


def plans() -> dict[str, Plan]:
    """All plans by name, in the order of the book."""
    from paflib.grading.assignments import (
        affinity_fields,
        assembly,
        capstone,
        confidence_maps,
        line_integrals,
        matching,
    )

    order = (confidence_maps, affinity_fields, line_integrals, matching, assembly, capstone)
    return {module.PLAN.name: module.PLAN for module in order}


def load(name: str, word: str = SAMPLE) -> Assignment:
    """An assignment of the book, in the variation of a word.

    Raises:
        DataError: there is no such assignment.

    >>> [question.name for question in load("confidence-maps").questions][:2]
    ['spot', 'maps']
    """
    known = plans()
    if name not in known:
        raise DataError(f"there is no assignment {name!r}{meant(name, known)}")
    return known[name].assignment(word)
