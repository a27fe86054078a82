"""The teachers' catalogue of diagnoses holds every one that can be given, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import paflib
from paflib.checks.catalogue import CATALOGUE, GROUPS, markdown, meaning_of
from paflib.grading.session import _LIMITS
from tests.assignments.collection import CHANGES
from tests.checks.collection import MUTANTS
from tests.checks.test_messages import CODE

FOLDERS = [Path(paflib.__file__).parent / name for name in ("checks", "grading")]
# Which argument of a call is the diagnosis.
PLACES = {"Mistake": 0, "failure": 0, "CheckFailed": 0, "NotebookError": 0, "StoppedError": 0, "UnsendableError": 0,
          "stop": 0, "nothing": 1, "_all": 1, "QuestionResult": 2}  # fmt: skip


def texts(node: ast.AST) -> Iterator[str]:
    """The texts that an expression can be; of a formatted one, a pattern."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(one.value) if isinstance(one, ast.Constant) else "[a-z]+" for one in node.values)


def is_words(node: ast.AST) -> bool:
    """Whether an expression is a sentence, or one that something is put into."""
    return any(re.match(r"([A-Zx]|\[a-z).* ", text) for text in texts(node))


def is_slug(text: str) -> bool:
    """Whether a text is written as diagnoses are; a pattern is."""
    return re.fullmatch(r"[a-z+\[\]-]+", text) is not None


def raised(source: str) -> set[str]:
    """The diagnoses that some code gives."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = PLACES.get(name)
            if place is not None and len(node.args) > place:
                found.update(texts(node.args[place]))
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {getattr(one, "id", getattr(one, "attr", "")) for one in targets}
            found.update(texts(node.value) if names & {"slug", "diagnosis"} else ())
        elif isinstance(node, ast.Tuple) and len(node.elts) >= 3 and is_words(node.elts[1]):
            found.update(filter(is_slug, texts(node.elts[0])))  # a row of a table of mistakes
        elif isinstance(node, ast.Dict):  # the same table, by diagnosis
            rows = [(key, value.elts) for key, value in zip(node.keys, node.values, strict=True)
                    if key is not None and isinstance(value, ast.Tuple) and value.elts]  # fmt: skip
            found.update(
                text for key, elements in rows if is_words(elements[0]) for text in filter(is_slug, texts(key))
            )
    return {slug for slug in found if slug}


def all_raised() -> set[str]:
    """The diagnoses of all checks and of the grader."""
    files = [path for folder in FOLDERS for path in folder.rglob("*.py") if path.name != "catalogue.py"]
    found = {slug for path in files for slug in raised(path.read_text(encoding="utf-8"))}
    return found | set(_LIMITS.values())


def lacking(slugs: set[str]) -> set[str]:
    """Diagnoses, or patterns of them, without an entry."""
    return {slug for slug in slugs if not any(re.fullmatch(slug, known) for known in CATALOGUE)}


def stale(slugs: set[str]) -> set[str]:
    """Entries that nothing gives."""
    return {known for known in CATALOGUE if not any(re.fullmatch(slug, known) for slug in slugs)}


def test_every_diagnosis_has_an_entry_and_every_entry_a_diagnosis():
    slugs = all_raised()
    assert len(slugs) > 250
    assert lacking(slugs) == set()
    assert stale(slugs) == set()


def test_wrong_solutions_get_no_other_diagnosis():
    """What was seen, beside what the code was read to give."""
    seen = {mutant.diagnosis for mutant in MUTANTS.values()} | {change.diagnosis for _, change in CHANGES}
    assert seen - set(CATALOGUE) - {""} == set()


def test_what_is_missing_and_what_is_stale_is_told():
    unknown = {"no-such-diagnosis", "[a-z]+-used-thrice"}
    assert lacking({*unknown, "xy-swapped"}) == unknown
    assert stale(all_raised() - {"xy-swapped"}) == {"xy-swapped"}


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ('Mistake("one-thing", "Words.", LOOK)', {"one-thing"}),
        ('raise question.failure("two-things" if a else "three-things", words)', {"two-things", "three-things"}),
        ('Mistake(f"{name}-used-twice", "Words.", LOOK)', {"[a-z]+-used-twice"}),
        ('ROWS = [("four-things", "A sentence.", LOOK, fits)]', {"four-things"}),
        ('axes = ("channel", "row", "column")', set()),
        ('known = {"eight-things": ("A sentence.", maps)}', {"eight-things"}),
        ('LOOK, OTHER = "Some section, in a chapter", "Another section"', set()),
        ('A, B, C = "One section, in a chapter", "Another section", "A third"', set()),
        ('colours = {"yes": ("#009e73", 1)}', set()),
        ('nothing(questions, "five-things", "why")', {"five-things"}),
        ('QuestionResult(name, 0, "six-things", "why")', {"six-things"}),
        ('class E(Exception):\n    diagnosis = "seven-things"', {"seven-things"}),
    ],
)
def test_code_is_read(source, wanted):
    assert raised(source) == wanted


def test_no_diagnosis_is_in_two_groups():
    assert sum(map(len, GROUPS.values())) == len(CATALOGUE)


@pytest.mark.parametrize("slug", CATALOGUE)
def test_an_entry_is_words_for_a_teacher_and_no_answer(slug):
    entry = CATALOGUE[slug]
    for text in entry:
        assert re.match(r"[A-Zx]", text) and text.endswith((".", "?")), text
        assert len(text) >= 12 and "|" not in text
        assert not CODE.search(text), text
    assert entry.meaning != entry.help


def test_a_table_has_a_row_for_each_diagnosis():
    for group, entries in GROUPS.items():
        assert markdown(group).count("\n| `") == len(entries)
    assert meaning_of("no-such-diagnosis") == ""
