"""Finding an assignment, and what is said when it is none."""

import pytest

from paflib.errors import DataError
from paflib.grading import assignment as assignments
from paflib.grading.assignment import Assignment, Question, load_assignment
from paflib.grading.limits import Limits
from tests.grading import toy


def question(**changes):
    return Question(**{"name": "q1", "title": "One", "points": 1, "functions": ["f"], "check": print, **changes})


def test_by_dotted_name_by_file_and_by_registered_name(tmp_path, monkeypatch):
    found, fingerprint = load_assignment("tests.grading.toy")
    assert found is toy.ASSIGNMENT
    assert load_assignment("tests.grading.toy:ASSIGNMENT") == (found, fingerprint)
    monkeypatch.setitem(assignments.ASSIGNMENTS, "toy", "tests.grading.toy:ASSIGNMENT")
    assert load_assignment("toy") == (found, fingerprint)
    path = toy.write_assignment(tmp_path / "secret.py", "title='Mine'")
    mine, other = load_assignment(str(path))
    assert mine.title == "Mine"
    assert other != fingerprint
    assert [path.name for path in tmp_path.iterdir()] == ["secret.py"]  # no __pycache__ with the secret in it


def test_a_teacher_s_file_may_import_what_lies_beside_it(tmp_path, monkeypatch):
    (tmp_path / "beside_the_assignment.py").write_text("TITLE = 'Beside'")
    path = toy.write_assignment(tmp_path / "mine.py", "title=__import__('beside_the_assignment').TITLE")
    monkeypatch.setattr("sys.path", ["", *__import__("sys").path])
    assert load_assignment(str(path))[0].title == "Beside"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("no/such/file.py", "there is no such file"),
        ("no_such_module", "no assignment and no module has this name; wanted a file that ends in .py"),
        ("tests.grading.no_such_module", "no assignment and no module has this name"),
        ("json", "its variable ASSIGNMENT is missing"),
        ("tests.grading.toy:NAME", "its variable NAME is a str"),
    ],
)
def test_what_is_no_assignment(reference, words):
    with pytest.raises(DataError, match=words):
        load_assignment(reference)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / 0", "running it raised ZeroDivisionError"),
        ("import no_such_thing", "running it raised ModuleNotFoundError"),
        ("def f(:", "running it raised SyntaxError"),
        ("ASSIGNMENT = 3", "its variable ASSIGNMENT is a int"),
    ],
)
def test_a_file_that_fails(tmp_path, text, words):
    path = tmp_path / "broken.py"
    path.write_text(text)
    with pytest.raises(DataError, match=words):
        load_assignment(str(path))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "total"}, "question 'total': wanted a name"),
        ({"name": "a b"}, "question 'a b': wanted a name"),
        ({"name": "=cmd"}, "question '=cmd': wanted a name"),
        ({"points": -1}, "question 'q1' has -1 points"),
        ({"points": float("nan")}, "question 'q1' has nan points"),
        ({"functions": []}, "wanted a list of names"),
        ({"functions": "f"}, "wanted a list of names"),
        ({"check": None}, "wanted a function"),
    ],
)
def test_questions_are_checked_at_the_door(changes, words):
    with pytest.raises(DataError, match=words):
        question(**changes)


def test_assignments_are_checked_at_the_door():
    with pytest.raises(DataError, match="assignment 'a' has no questions"):
        Assignment("a", "A", [])
    with pytest.raises(DataError, match="has two questions called 'q1'"):
        Assignment("a", "A", [question(), question()])
    made = Assignment("a", "A", [question(), question(name="q2", functions=["g", "f"], points=0.5)])
    assert made.functions == ["f", "g"]
    assert made.out_of == 1.5
    assert made.limits == Limits()
