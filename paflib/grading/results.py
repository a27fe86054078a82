"""What came of a submission: points, diagnoses, and what happened while it ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from paflib.grading.session import Note

ATTENTION = ("check-error", "not-graded")
"""Diagnoses that are no verdict about the student: a person has to look."""


@dataclass(frozen=True)
class QuestionInfo:
    """What may be known of a question outside the process that checks it."""

    name: str
    title: str
    points: float
    functions: Sequence[str]
    hidden: bool


@dataclass(frozen=True)
class AssignmentInfo:
    """What may be known of an assignment outside the process that checks it."""

    name: str
    title: str
    fingerprint: str
    total_seconds: float
    questions: Sequence[QuestionInfo]

    @property
    def out_of(self) -> float:
        """The points of all questions."""
        return sum(question.points for question in self.questions)

    @classmethod
    def from_json(cls, tree: dict[str, Any]) -> AssignmentInfo:
        """The inverse of :func:`dataclasses.asdict`."""
        return cls(**{**tree, "questions": [QuestionInfo(**each) for each in tree["questions"]]})


@dataclass(frozen=True)
class QuestionResult:
    """One question: the points, and when they are not given the diagnosis, its words and the counter-example."""

    name: str
    points: float
    diagnosis: str = ""
    message: str = ""
    example: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """One submission.

    Attributes:
        questions: In the assignment's order.
        diagnosis: Of the submission as a whole when nothing of it could be graded, else empty.
        remark: Its words.
        notes: Cells that raised an error or were left out.
        stops: Each time that a cell, a call or its process was stopped or ended, and why.
        output: The beginning of what it printed, of ``printed`` bytes in all.
        rung: How it was protected (:mod:`paflib.grading.sandbox`); empty when it was not run.
        digest: The sha256 of the file that was read.
    """

    questions: Sequence[QuestionResult]
    diagnosis: str = ""
    remark: str = ""
    notes: Sequence[Note] = ()
    stops: Sequence[Note] = ()
    output: str = ""
    printed: int = 0
    rung: str = ""
    digest: str = ""

    @property
    def total(self) -> float:
        """All points together."""
        return sum(question.points for question in self.questions)

    @property
    def needs_attention(self) -> bool:
        """Whether something went wrong that a person has to look at."""
        return any(diagnosis in ATTENTION for diagnosis in (self.diagnosis, *(q.diagnosis for q in self.questions)))

    def remarks(self) -> list[str]:
        """What the table says: of the whole, or of each question that did not get its points; and who was stopped."""
        if self.diagnosis:
            return [f"{self.diagnosis}: {self.remark}"]
        found = [f"{each.name}: {each.diagnosis}: {each.message}" for each in self.questions if each.diagnosis]
        said = " ".join(found)
        return found + [f"{stop.diagnosis}: {stop.message}" for stop in self.stops if stop.message not in said]

    def to_json(self) -> dict[str, Any]:
        """As a tree of plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, tree: dict[str, Any]) -> Result:
        """The inverse of :meth:`to_json`.

        Raises:
            TypeError, KeyError: it is no result.
        """
        parts: dict[str, Any] = {
            "questions": [QuestionResult(**each) for each in tree["questions"]],
            "notes": [Note(**each) for each in tree["notes"]],
            "stops": [Note(**each) for each in tree["stops"]],
        }
        return cls(**{**tree, **parts})


def nothing(questions: Sequence[Any], diagnosis: str, remark: str, **more: Any) -> Result:
    """A result without points, for one reason; ``questions`` are anything with names."""
    return Result([QuestionResult(each.name, 0, diagnosis, remark) for each in questions], diagnosis, remark, **more)
