"""Submissions to the real assignments: of the master, of a stub, and of a master in which something is changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple

from paflib.checks import CheckFailed
from paflib.grading.assignments import SAMPLE, Plan
from scripts import assignments


class Change(NamedTuple):
    """A mistake in a master: in which question, what is written instead of what, and the diagnosis it must get."""

    question: str
    old: str
    new: str
    diagnosis: str


def code(plan: Plan, word: str = SAMPLE, solved: bool = True) -> list[str]:
    """The code cells of a notebook, its checks included; the capstone's with the weights that were trained once."""
    found = [source for kind, source, _ in assignments.cells(plan, word) if kind != "markdown"]
    if not solved:
        return [assignments.without_solution(source) for source in found]
    packed = assignments.master_path(plan).with_suffix(".txt")
    weights = packed.read_text().strip() if packed.is_file() else ""
    return [f'WEIGHTS = "{weights}"' if source == 'WEIGHTS = ""' else source for source in found]


def is_check(cell: str) -> bool:
    """Whether a cell only judges what the others define."""
    return cell.startswith(("checks.run(", "capstone.run("))


def changed(plan: Plan, *changes: Change, word: str = SAMPLE) -> list[str]:
    """The master's code cells with a mistake, or with several in different questions."""
    cells = code(plan, word)
    for change in changes:
        own = [k for k, cell in enumerate(cells) if f"def {change.question}(" in cell]
        at = (own or [k for k, cell in enumerate(cells) if change.old in cell])[0]
        assert change.old in cells[at], f"{plan.name}: {change.question} has no {change.old!r}"
        cells[at] = cells[at].replace(change.old, change.new)
    return cells


def replaced(plan: Plan, functions: Mapping[str, str], word: str = SAMPLE) -> list[str]:
    """The master's code cells with other functions for some of its own."""
    cells = code(plan, word)
    for name, source in functions.items():
        at = next(k for k, cell in enumerate(cells) if f"def {name}(" in cell)
        cells[at] = source.strip() + "\n"
    return cells


def notebook(cells: list[str], assignment: str | None) -> str:
    """A notebook as it is handed in."""
    made = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell.splitlines(True)} for cell in cells]
    metadata = {"paflib": {"assignment": assignment}} if assignment else {}
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def write(folder: Path, name: str, cells: list[str], assignment: str | None) -> Path:
    """Hand a notebook in."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    path.write_text(notebook(cells, assignment))
    return path


def run(cells: list[str], strict: bool = True) -> dict[str, Any]:
    """What the cells define, run here without the notebook's checks; errors end only their cell where not strict."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        with nullcontext() if strict else suppress(Exception):
            if not is_check(cell):
                exec(compile(cell, "<cell>", "exec"), scope)
    return scope


def verdicts(
    plan: Plan, functions: Mapping[str, Callable[..., Any]], word: str = SAMPLE, seed: int = 0, only: str = ""
) -> dict[str, str]:
    """The diagnosis of every question or of one, empty for a right answer."""
    found = {}
    for question in (one for one in plan.assignment(word).questions if only in ("", one.name)):
        try:
            question.check({name: functions[name] for name in question.functions}, seed)
            found[question.name] = ""
        except CheckFailed as failure:
            found[question.name] = failure.diagnosis
    return found
