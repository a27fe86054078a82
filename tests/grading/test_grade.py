"""A class, graded by one command: the table, the pages, stopping and going on."""

import csv
import html
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest

from paflib.checks.catalogue import CATALOGUE
from paflib.cli import main
from paflib.errors import DataError
from paflib.grading import grade as grading
from paflib.grading import report
from paflib.grading.judge import grade_file
from paflib.grading.results import AssignmentInfo, QuestionInfo, QuestionResult, Result
from paflib.grading.session import Note
from tests.grading import toy
from tests.grading.conftest import processes, tree

ROOT = Path(__file__).resolve().parents[2]
SWAPPED = "def centre(points):\n    return points.mean(axis=0)[::-1]"
SCALAR = "def centre(points):\n    return float(points.mean())"
FIRST = "def centre(points):\n    return points[0]"
LOOPED = "def centre(points):\n    x = [float(p[0]) for p in points]\n    y = [float(p[1]) for p in points]\n" + (
    "    return (sum(x) / len(x), sum(y) / len(y))"
)
LISTED = "def scaled(image, factor):\n    return [[v * factor for v in row] for row in image.tolist()]"
UNSCALED = "def scaled(image, factor):\n    return image"
FLOAT = "def count(mask):\n    return float(mask.sum())"
OUTSIDE = "def count(mask):\n    return int((~mask).sum())"
STUB = "def {}(*_, **__):\n    raise NotImplementedError('your turn')"
STUBS = tuple(STUB.format(name) for name in toy.FUNCTIONS)
STUCK = "def count(mask):\n    while True:\n        pass"

# Cells, points, and what the remarks say
CLASS: dict[str, tuple[tuple[str, ...], tuple[float, float, float], str]] = {
    **{f"right-{i}": (cells, (2, 3, 1.5), "") for i, cells in enumerate([
        toy.RIGHT, (LOOPED, *toy.RIGHT[1:]), toy.RIGHT[::-1], ("\n\n".join(toy.RIGHT),),
        (*STUBS, *toy.RIGHT), (*toy.RIGHT, "1 / 0"), ("%pip install x", *toy.RIGHT, "!ls"),
        ("# %%", *toy.RIGHT), (*toy.RIGHT, "count(3)"),
    ])},
    "swapped": ((SWAPPED, *toy.RIGHT[1:]), (0, 3, 1.5), "q1: xy-swapped: x and y are swapped"),
    "scalar": ((SCALAR, *toy.RIGHT[1:]), (0, 3, 1.5), "q1: wrong-shape: centre must return two numbers, it gave ()"),
    "first": ((FIRST, *toy.RIGHT[1:]), (0, 3, 1.5), "q1: wrong-centre: "),
    "no-first": (toy.RIGHT[1:], (0, 3, 1.5), "q1: missing: `centre` is not defined"),
    "broken-first": (("def centre(points)\n    pass", *toy.RIGHT[1:]), (0, 3, 1.5),
                     "q1: missing: `centre` is not defined; cell 2 raised SyntaxError: "),
    "listed": ((toy.CENTRE, LISTED, toy.COUNT), (2, 0, 1.5), "q2: wrong-type: scaled must return an array"),
    "unscaled": ((toy.CENTRE, UNSCALED, toy.COUNT), (2, 0, 1.5), "q2: not-scaled: "),
    "float": ((toy.CENTRE, toy.SCALED, FLOAT), (2, 3, 0), "q3: wrong-type: count must return a whole number"),
    "outside": ((toy.CENTRE, toy.SCALED, OUTSIDE), (2, 3, 0), "q3: wrong-count: "),
    "stuck": ((toy.CENTRE, toy.SCALED, STUCK), (2, 3, 0), "q3: time-limit: `count` was stopped: it was still running "
                                                           "after 3 s (cell 4, line 2: `while True:`)"),
    "shadowed": ((*toy.RIGHT, "count = 5"), (2, 3, 0), "q3: not-a-function: `count` is no function, it is a int"),
    "all-wrong": ((SWAPPED, UNSCALED, OUTSIDE), (0, 0, 0), "q1: xy-swapped: x and y are swapped | q2: not-scaled: "),
    "stubs": (STUBS, (0, 0, 0), "q1: raises: `centre` raised NotImplementedError: your turn (cell 2, line 2: `raise "),
    "first-only": ((toy.CENTRE, *STUBS[1:]), (2, 0, 0), "q2: raises: `scaled` raised NotImplementedError: your turn"),
    "wrong-notebook": (("def other():\n    pass",), (0, 0, 0), "wrong-notebook: it defines none of `centre`, `scaled`"),
    "empty": ((), (0, 0, 0), "no-code: there is no code in it"),
}  # fmt: skip
FILES: dict[str, tuple[str, tuple[float, float, float], str]] = {
    "does-not-parse.ipynb": ('{"cells": [', (0, 0, 0), "does-not-parse: it is no notebook: the file is damaged"),
    "script.py": ("\n".join(toy.RIGHT), (2, 3, 1.5), ""),
    "empty-script.py": ("", (0, 0, 0), "no-code: "),
    "other-assignment.ipynb": (toy.notebook(*toy.RIGHT, assignment="assembly"), (0, 0, 0),
                               "wrong-notebook: it is the notebook of the assignment 'assembly', and this is 'toy'"),
    "in-a-folder/homework (2).ipynb": (toy.notebook(*toy.RIGHT, assignment=None), (2, 3, 1.5), ""),
    "in-a-folder/helpers.py": ("x = 1", (2, 3, 1.5), ""),
}  # fmt: skip


def expected():
    found = {name: (points, remark) for name, (_, points, remark) in CLASS.items()}
    found.update({re.split(r"[/.]", name)[0]: (points, remark) for name, (_, points, remark) in FILES.items()})
    return found


def write_class(folder):
    for name, (cells, _, _) in CLASS.items():
        toy.hand_in(folder, name, *cells)
    for name, (text, _, _) in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


def command(folder, assignment, out, *more):
    return [
        sys.executable,
        "-m",
        "paflib",
        "grade",
        str(folder),
        "--assignment",
        str(assignment),
        "--out",
        str(out),
        *more,
    ]


def run(*arguments):
    done = subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def rows(out):
    with open(out / "grades.csv", newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def points(row):
    return tuple(float(row[name]) for name in ("q1", "q2", "q3"))


def times(out):
    return {path.name: path.stat().st_mtime_ns for folder in ("state", "reports") for path in (out / folder).iterdir()}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class of thirty, graded once by the command."""
    base = tmp_path_factory.mktemp("class")
    folder, out = base / "submissions", base / "results"
    write_class(folder)
    teacher = toy.write_assignment(base / "teacher" / "secret.py")
    done = run(folder, teacher, out, "--seed", "3", "--jobs", "2")
    return SimpleNamespace(
        folder=folder,
        out=out,
        teacher=teacher,
        done=done,
        rows=rows(out),
        arguments=(folder, teacher, out, "--seed", "3"),
    )


# ---- the class of thirty


def test_one_command_grades_a_class_of_thirty(graded):
    assert len(expected()) == 30
    assert graded.done.returncode == 0
    assert graded.done.stdout.startswith("30 submissions graded, 0 as before; the table is ")
    assert "30/30" in graded.done.stderr  # progress
    assert set(graded.rows) == set(expected())
    for name, (wanted, remark) in expected().items():
        row = graded.rows[name]
        assert points(row) == wanted, (name, row)
        assert float(row["total"]) == sum(wanted)
        assert row["remarks"].startswith(remark), row
        assert bool(row["remarks"]) == bool(remark), row


def test_everyone_has_a_page_that_stands_alone(graded):
    for name in expected():
        page = (graded.out / "reports" / f"{name}.html").read_text(encoding="utf-8")
        assert "A toy &lt;assignment&gt;" in page
        assert "prefers-color-scheme: dark" in page
        assert "<script" not in page
        assert "src=" not in page
        assert "http:" not in page
        assert f"{sum(expected()[name][0]):g} of 6.5 points" in page
    swapped = (graded.out / "reports" / "swapped.html").read_text(encoding="utf-8")
    assert "<strong>xy-swapped</strong>" in swapped
    assert "The smallest case that shows it:" in swapped
    assert "<td>points</td>" in swapped
    hidden = (graded.out / "reports" / "unscaled.html").read_text(encoding="utf-8")
    assert "<strong>not-scaled</strong>. A hidden case." in hidden
    assert "smallest case" not in hidden
    assert "factor</td>" not in hidden


def test_the_overview_counts_diagnoses(graded):
    page = (graded.out / "overview.html").read_text(encoding="utf-8")
    assert "30 submissions" in page
    table = page.split("<h2>Diagnoses</h2>")[1].split("<h2>")[0]
    counts = dict(re.findall(r"<td>(q1</td><td>[\w-]+|whole submission</td><td>[\w-]+)</td><td[^>]*>(\d+)<", table))
    assert counts["q1</td><td>xy-swapped"] == "2"
    assert counts["q1</td><td>missing"] == "2"
    assert counts["whole submission</td><td>wrong-notebook"] == "2"
    assert counts["whole submission</td><td>no-code"] == "2"
    assert f"<td>{html.escape(CATALOGUE['xy-swapped'].meaning)}</td>" in table
    assert "wrong-centre</td>" in table  # a teacher's own, of which nothing is said
    stopped = page.split("<h2>Stopped</h2>")[1].split("<h2>")[0]
    assert re.findall(r'href="reports/([\w-]+)\.html"', stopped) == ["stuck"]


def test_the_same_command_takes_everything_from_before(graded):
    before, table = times(graded.out), (graded.out / "grades.csv").read_bytes()
    done = run(*graded.arguments)
    assert done.stdout.startswith("0 submissions graded, 30 as before")
    assert times(graded.out) == before
    assert (graded.out / "grades.csv").read_bytes() == table


def test_two_runs_give_the_same_table(graded, tmp_path):
    names = ["right-0", "first", "stubs", "outside"]
    folder = tmp_path / "some"
    folder.mkdir()
    for name in names:
        (folder / f"{name}.ipynb").write_bytes((graded.folder / f"{name}.ipynb").read_bytes())
    run(folder, graded.teacher, tmp_path / "out", "--seed", "3", "--jobs", "1")
    again = rows(tmp_path / "out")
    assert again == {name: graded.rows[name] for name in names}


# ---- stopping and going on


def small_class(base, names=("ann", "bob", "cem")):
    folder = base / "in"
    for name in names:
        toy.hand_in(folder, name, *toy.RIGHT)
    return folder, toy.write_assignment(base / "teacher.py"), base / "out"


def test_what_changed_is_graded_again_and_nothing_else(tmp_path):
    folder, teacher, out = small_class(tmp_path, ["ann", "bob"])

    def count(**options):
        outcome = grading.grade(folder, str(teacher), out, quiet=True, jobs=1, **options)
        return outcome.graded, outcome.reused

    assert count() == (2, 0)
    before = times(out)
    assert count() == (0, 2)
    assert times(out) == before
    toy.hand_in(folder, "bob", toy.CENTRE)
    assert count() == (1, 1)
    after = times(out)
    assert {name for name in after if after[name] != before[name]} == {"bob.json", "bob.html"}
    assert points(rows(out)["bob"]) == (2, 0, 0)
    toy.hand_in(folder, "dan", *toy.RIGHT)  # handed in late
    assert count() == (1, 2)
    assert count(seed=1) == (3, 0)
    assert count(seed=1, regrade=True) == (3, 0)
    toy.write_assignment(teacher, "title='changed'")
    assert count(seed=1) == (3, 0)
    (out / "state" / "ann.json").write_text("{}")  # somebody's editor
    (out / "reports" / "bob.html").unlink()
    assert count(seed=1) == (1, 2)
    assert (out / "reports" / "bob.html").is_file()
    (folder / "dan.ipynb").unlink()
    assert count(seed=1) == (0, 2)
    assert set(rows(out)) == {"ann", "bob"}


def test_results_of_another_assignment_are_not_replaced(tmp_path, capsys):
    folder, teacher, out = small_class(tmp_path, ["ann"])
    arguments = ["grade", str(folder), "--out", str(out), "--quiet", "--assignment"]
    assert main([*arguments, str(teacher)]) == 0
    before = tree(out)
    other = toy.write_assignment(tmp_path / "other.py", "name='another'")
    capsys.readouterr()
    assert main([*arguments, str(other)]) == 2
    assert "the results there are of 'toy', and this is 'another'; choose another folder" in capsys.readouterr().err
    assert tree(out) == before
    assert main([*arguments, str(toy.write_assignment(teacher, "title='mended'"))]) == 0  # the same, changed
    assert (out / "assignment.json").read_bytes() != before["assignment.json"]
    for text in ("{}", "[", '{"assignment": "toy", "students": {"../../in/ann.ipynb": ""}}'):
        (out / "assignment.json").write_text(text)
        assert main([*arguments, str(teacher)]) == 2
        assert "assignment.json there is damaged" in capsys.readouterr().err
    (out / "assignment.json").unlink()
    assert main([*arguments, str(teacher)]) == 2
    assert "grades.csv there is of no assignment that is known" in capsys.readouterr().err
    assert (folder / "ann.ipynb").is_file()


def test_what_was_written_about_students_who_are_gone_is_removed(tmp_path, capsys):
    folder, teacher, out = small_class(tmp_path, ["ann", "bob"])
    arguments = ["grade", str(folder), "--out", str(out), "--quiet", "--assignment", str(teacher)]
    assert main(arguments) == 0
    (out / "reports" / "notes.html").write_text("the teacher's own")
    (folder / "bob.ipynb").unlink()
    assert main(arguments) == 0
    assert "not there any more, and their pages removed: bob" in capsys.readouterr().err
    assert {path.name for path in (out / "reports").iterdir()} == {"ann.html", "notes.html"}
    assert {path.name for path in (out / "state").iterdir()} == {"ann.json"}
    assert main(arguments) == 0
    assert "removed" not in capsys.readouterr().err


@pytest.mark.parametrize("seed", [0, 5])
def test_the_seed_of_the_command_line_reaches_the_checks(tmp_path, seed):
    text = "from paflib.grading.assignment import Assignment, Question\n" + (
        "def check(functions, seed):\n    error = AssertionError()\n    error.diagnosis = 'seed'\n"
        "    error.message = f'it is {seed}'\n    raise error\n"
        "ASSIGNMENT = Assignment('a', 'A', [Question('one', 'One', 1, ['f'], check)])\n"
    )
    (tmp_path / "a.py").write_text(text)
    toy.hand_in(tmp_path / "in", "ann", "def f():\n    pass", assignment=None)
    arguments = ["grade", str(tmp_path / "in"), "--assignment", str(tmp_path / "a.py"), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--quiet", *(["--seed", str(seed)] if seed else [])]) == 0
    assert rows(tmp_path / "out")["ann"]["remarks"] == f"one: seed: it is {seed}"


def wait_for(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


GO = "import os, time\nwhile not os.path.exists({go!r}):\n    time.sleep(0.02)"
"""A cell that waits until a file is there; a submission with it is never done before, however slow the machine is."""


def waiting_class(base, names, waiting):
    """A class of which some wait for the file ``base/go/now``, and time limits that nothing reaches."""
    go = base / "go" / "now"
    go.parent.mkdir()
    folder, _, out = small_class(base, names)
    for name in waiting:
        toy.hand_in(folder, name, *toy.RIGHT, GO.format(go=str(go)))
    changes = f"readable=[{str(go.parent)!r}], limits=replace(toy.QUICK, call=60, cell=300, total=300)"
    return folder, toy.write_assignment(base / "teacher.py", changes), out, go


def begin(folder, teacher, out, done):
    """Start the command and wait until so many are done."""
    environment = {**os.environ, "TMPDIR": str(out.parent)}  # SIGKILL leaves a folder there
    process = subprocess.Popen(
        command(folder, teacher, out, "--jobs", "1"), cwd=ROOT, stderr=subprocess.PIPE, text=True, env=environment
    )
    state = out / "state"
    try:
        wait_for(lambda: state.is_dir() and len(list(state.glob("[!.]*.json"))) >= done, 120)
    except BaseException:
        process.kill()
        raise
    return process


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_goes_on_where_it_was(open_folder, number):
    mark = f"paflib-test-resume-{os.getpid()}-{number}"
    names = [f"s{i}" for i in range(6)]
    folder, teacher, out, go = waiting_class(open_folder, names, names[4:])
    first = folder / f"{names[4]}.ipynb"  # it leaves something behind, and then is stopped
    leaves = "import os, sys\nif not os.fork():\n    os.execv(sys.executable, [sys.executable, '-c', " + (
        f"'import time; time.sleep(999)', '{mark}'])"
    )
    toy.hand_in(folder, first.stem, *toy.RIGHT, leaves, GO.format(go=str(go)))
    process = begin(folder, teacher, out, 4)
    wait_for(lambda: processes(mark), 120)
    process.send_signal(number)
    _, errors = process.communicate(timeout=120)
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert errors.splitlines()[-1] == "paflib: interrupted"
        assert "Traceback" not in errors
    assert not (out / "grades.csv").exists()
    wait_for(lambda: not processes(mark), 120)
    wait_for(lambda: not processes(str(out)), 120)
    before = times(out)
    assert {name for name in before if name.endswith(".json") and not name.startswith(".")} == {
        f"{name}.json" for name in names[:4]
    }
    go.touch()
    again = run(folder, teacher, out, "--jobs", "2")
    assert again.stdout.startswith("2 submissions graded, 4 as before")
    after = times(out)
    assert all(after[name] == before[name] for name in before if name.endswith(".json") and not name.startswith("."))
    assert {name: points(row) for name, row in rows(out).items()} == dict.fromkeys(names, (2, 3, 1.5))
    assert processes(mark) == []


@pytest.mark.skipif(os.name != "posix", reason="there are no such locks")
def test_what_a_killed_run_leaves_is_removed_by_the_next_one(open_folder, monkeypatch):
    """And nothing else: no other user's, none of a run that is alive, nothing that is no folder."""
    names = [f"s{i}" for i in range(4)]
    folder, teacher, out, _ = waiting_class(open_folder, names, names[1:])
    process = begin(folder, teacher, out, 1)
    process.kill()
    process.communicate(timeout=120)
    (left,) = open_folder.glob("paflib-grade-*")
    wait_for(lambda: not processes(str(out)), 120)
    (left / "deep").mkdir()
    (left / "deep" / "file").write_text("")
    os.chmod(left / "deep", 0)
    monkeypatch.setattr("tempfile.tempdir", str(open_folder))
    alive, lock = grading.own_folder()
    kept = [open_folder / f"paflib-grade-{name}" for name in ("file", "link")]
    kept[0].write_text("")
    kept[1].symlink_to(folder)
    if os.geteuid() == 0:
        kept.append(open_folder / "paflib-grade-foreign")
        kept[2].mkdir()
        os.chown(kept[2], 12345, 12345)
    grading.remove_abandoned()
    assert sorted(open_folder.glob("paflib-grade-*")) == sorted([Path(alive), *kept])
    assert len(list(folder.iterdir())) == 4
    os.close(lock)
    run = grading.Run(folder, str(teacher), out, 0, None)
    own = Path(run.temporary)
    assert sorted(open_folder.glob("paflib-grade-*")) == sorted([own, *kept])
    run.close()
    assert not own.exists()


@pytest.mark.skipif(os.name != "posix", reason="there are no such locks")
def test_a_folder_that_another_run_took_for_an_abandoned_one_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    make, made = tempfile.mkdtemp, []

    def lost(**options):
        made.append(make(**options))
        if len(made) == 1:
            grading.remove_abandoned()
        return made[-1]

    monkeypatch.setattr("tempfile.mkdtemp", lost)
    path, lock = grading.own_folder()
    assert path == made[1] and os.path.isdir(path)
    assert not os.path.exists(made[0])
    os.close(lock)


# ---- checks that go wrong, in the process that judges

CHECKS = """
import os
import time
from paflib.grading.assignment import Assignment, Question
from paflib.grading.limits import Limits

def fails(functions, seed):
    return [0][functions["f"]()]

def swallows(functions, seed):
    try:
        functions["f"]()
    except Exception:
        pass

def dies(functions, seed):
    if functions["f"]() == 7:
        os._exit(1)

ASSIGNMENT = Assignment("checks", "Checks", [
    Question("fails", "", 1, ["f"], fails),
    Question("swallows", "", 1, ["f"], swallows),
    Question("dies", "", 1, ["f"], dies),
], Limits(call=0.5, cell=2))
"""


def test_a_check_that_fails_is_said_to_the_teacher_and_not_the_student_s_fault(tmp_path, capsys):
    (tmp_path / "checks.py").write_text(CHECKS)
    folder = tmp_path / "in"
    for name, cell in {
        "good": "def f():\n    return 0",
        "index": "def f():\n    return 5",
        "loop": "def f():\n    while True:\n        pass",
        "deadly": "def f():\n    return 7",
    }.items():
        toy.hand_in(folder, name, cell, assignment=None)
    arguments = ["grade", str(folder), "--assignment", str(tmp_path / "checks.py"), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--jobs", "1", "--quiet"]) == 1
    said = capsys.readouterr().err
    assert "a check failed on deadly, index" in said
    with open(tmp_path / "out" / "grades.csv", newline="") as file:
        got = {row["student"]: row for row in csv.DictReader(file)}
    assert got["good"]["total"] == "3"
    assert got["index"]["total"] == "2"
    assert got["index"]["remarks"].startswith("fails: check-error: the check could not judge the answer (IndexError")
    assert got["loop"]["total"] == "0"  # also where the check takes what never came for an answer
    assert "swallows: time-limit: `f` was stopped" in got["loop"]["remarks"]
    assert got["deadly"]["remarks"].startswith("not-graded: the process that runs the checks ended")
    overview = (tmp_path / "out" / "overview.html").read_text()
    assert "Look at these yourself" in overview
    assert {path.name for path in (tmp_path / "out" / "state").iterdir()} == {"good.json", "loop.json"}  # others: again


def test_a_check_that_never_comes_back_is_ended(tmp_path, monkeypatch):
    (tmp_path / "checks.py").write_text(CHECKS.replace("os._exit(1)", "time.sleep(99)").replace("cell=2", "total=1"))
    folder = tmp_path / "in"
    toy.hand_in(folder, "endless", "def f():\n    return 7", assignment=None)
    toy.hand_in(folder, "good", "def f():\n    return 0", assignment=None)
    monkeypatch.setattr(grading, "GRACE", 2.0)
    outcome = grading.grade(folder, str(tmp_path / "checks.py"), tmp_path / "out", quiet=True, jobs=1)
    results = {submission.student: result for submission, result in outcome.results}
    assert results["good"].total == 3
    assert results["endless"].diagnosis == "not-graded"
    assert "took more than 3 seconds" in results["endless"].remark
    assert outcome.failed == ["endless"]


def test_a_check_without_a_generator_of_its_own_draws_the_same_for_all(tmp_path):
    text = "import random\nimport numpy as np\nfrom paflib.grading.assignment import Assignment, Question\n" + (
        "def check(functions, seed):\n    error = AssertionError()\n    error.diagnosis = 'drew'\n"
        "    error.message = f'{random.random()} {np.random.rand()}'\n    raise error\n"
        "ASSIGNMENT = Assignment('a', 'A', [Question(n, n, 1, ['f'], check) for n in ('one', 'two')])\n"
    )
    (tmp_path / "a.py").write_text(text)
    for name in ("ann", "bob"):
        toy.hand_in(tmp_path / "in", name, "def f():\n    pass", assignment=None)
    outcome = grading.grade(tmp_path / "in", str(tmp_path / "a.py"), tmp_path / "out", quiet=True, seed=5, jobs=1)
    assert len({question.message for _, result in outcome.results for question in result.questions}) == 1


# ---- names of students


NAMES = [
    "Zoë Ünal", "=cmd|'calc'!A0", "-1+1", "@SUM(1)", "<img src=x onerror=alert(1)>", "a'b\"c&d", "名前", "x" * 200,
    "con", "tab\tand\nline", "ann", "Ann", "\u202egnp", "100%", "a#b?c",
]  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="few of these names are possible there")
def test_names_of_students_are_only_names(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    for name in NAMES:
        toy.hand_in(folder, name, *toy.RIGHT)
    (folder / os.fsdecode(b"\xff\xfe.ipynb")).write_text(toy.notebook(*toy.RIGHT))
    (folder / ".hidden.ipynb").write_text("{}")
    (folder / "notes.txt").write_text("no submission")
    outcome = grading.grade(folder, "tests.grading.toy", out, quiet=True, jobs=2)
    assert all(result.total == 6.5 for _, result in outcome.results)
    assert len(outcome.results) == len(NAMES) + 1
    files = [path.name for path in (out / "reports").iterdir()]
    assert len({name.casefold() for name in files}) == len(NAMES) + 1
    assert all(re.fullmatch(r"[\w-][\w.-]{0,90}\.html", name) for name in files)
    text = (out / "grades.csv").read_bytes().decode("utf-8")
    for row in csv.reader(text.splitlines()):
        assert row[0][0] not in "=+-@\t\r"
    assert len(text.splitlines()) == len(NAMES) + 2
    overview = (out / "overview.html").read_text(encoding="utf-8")
    for target in re.findall(r'href="reports/([^"]*)"', overview):
        assert (out / "reports" / unquote(target)).is_file(), target
    assert "<img" not in overview
    assert "\u202e" not in overview


def test_the_same_name_twice_and_folders(tmp_path):
    folder = tmp_path / "in"
    toy.hand_in(folder, "ann", *toy.RIGHT)
    (folder / "ann.py").write_text("\n".join(toy.RIGHT))
    toy.hand_in(folder / "two", "a", "x = 1")
    toy.hand_in(folder / "two", "b", "x = 1")
    (folder / "none" / "deep").mkdir(parents=True)
    toy.hand_in(folder / "deep" / "inside", "a", *toy.RIGHT)
    toy.hand_in(folder / "deep" / ".ipynb_checkpoints", "a-checkpoint", "x = 1")
    toy.hand_in(folder / "__MACOSX", "a", "x = 1")
    out = folder / "out"  # among the submissions, which it is not one of
    out.mkdir()
    if os.name == "posix":
        (folder / "link").symlink_to(folder / "deep")
        (folder / "link.ipynb").symlink_to(folder / "ann.ipynb")
    outcome = grading.grade(folder, "tests.grading.toy", out, quiet=True, jobs=1)
    got = {submission.student: result for submission, result in outcome.results}
    assert got["ann.ipynb"].total == got["ann.py"].total == got["deep"].total == 6.5
    assert got["two"].remark == "there are 2 files in the folder (a.ipynb, b.ipynb); hand in one"
    assert got["none"].remark == "there is no notebook in the folder"
    if os.name == "posix":
        assert got["link.ipynb"].remark == "it is a link; hand in the file itself"
        assert got["link"].remark == "it is a link; hand in the file itself"
    assert {"out", "__MACOSX", "inside"} & set(got) == set()


@pytest.mark.skipif(os.name != "posix", reason="few of these are possible there")
def test_what_one_hands_in_does_not_end_the_run_of_all(tmp_path):
    """Links in a circle, pipes, folders in folders without an end."""
    folder = tmp_path / "in"
    toy.hand_in(folder, "ann", *toy.RIGHT)
    (folder / "circle.ipynb").symlink_to("circle.ipynb")
    os.mkfifo(folder / "pipe.ipynb")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "folder" / "pipe.ipynb")
    (folder / "linked").mkdir()
    (folder / "linked" / "a.ipynb").symlink_to(folder / "ann.ipynb")
    depth = os.open(folder, os.O_RDONLY)
    for name in ("deep", *["a"] * 1500):
        os.mkdir(name, dir_fd=depth)
        inner = os.open(name, os.O_RDONLY, dir_fd=depth)
        os.close(depth)
        depth = inner
    os.close(depth)
    try:
        outcome = grading.grade(folder, "tests.grading.toy", tmp_path / "out", quiet=True, jobs=1)
    finally:
        subprocess.run(["rm", "-rf", str(folder / "deep")], check=True)  # Python's own would not come to its end
    got = {submission.student: result for submission, result in outcome.results}
    assert got["ann"].total == 6.5
    assert got["deep"].remark.startswith("the folder cannot be read") or "no notebook" in got["deep"].remark
    assert got["circle"].diagnosis == got["pipe"].diagnosis == got["folder"].diagnosis == "not-a-file"
    assert got["linked"].remark == "it is a link; hand in the file itself"


def test_names_that_look_the_same_are_told_apart(tmp_path):
    for name in ("ann", "ann ", "ann\n", "zo\u00eb", "zoe\u0308", "bob"):
        toy.hand_in(tmp_path, name, *toy.RIGHT)
    submissions = grading.find_submissions(tmp_path)
    shown = [submission.student for submission in submissions]
    assert len(set(shown)) == 6
    assert all(name == "bob" or name.endswith(f" ({each.stem})") for name, each in zip(shown, submissions, strict=True))


def test_no_cell_of_the_table_is_a_formula_where_semicolons_end_cells():
    for text in ("no;=cmd()", "no; @SUM(1)", 'no;"+1', "a;b;-1", "=1", "no;＝1", "no;\t=1"):
        cells = grading._cell(text).split(";")
        assert not any(cell.strip(" \"")[:1] in tuple("=+-@＝＋－＠") for cell in cells), text
    assert grading._cell("fine; so it is") == "fine; so it is"


# ---- pages


class Tags(HTMLParser):
    """All tags and attributes of a page."""

    def __init__(self, page):
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found |= {(tag, name) for name, _ in attrs} | {(tag, "")}


EVIL = '</pre></style><script>alert(1)</script><img src=x onerror=alert(2)>" onload="alert(3)\' &lt;'


def test_nothing_of_a_student_becomes_html():
    question = QuestionResult("q1", 0, EVIL, EVIL, {EVIL: EVIL})
    notes = [Note(1, EVIL, EVIL)]
    info = AssignmentInfo("a", EVIL, "", 1, [QuestionInfo("q1", EVIL, 1, ["f"], False)])
    plain = AssignmentInfo("a", "A", "", 1, [QuestionInfo("q1", "Q", 1, ["f"], False)])
    evil = Result([question], "", "", notes, notes, EVIL + "\x1b[31m", 999, "jail-user")
    whole = Result([question], EVIL, EVIL)
    right = QuestionResult("q1", 0, "wrong", "no", {"x": "1"})
    tame = Result([right], "", "", [Note(1, "a", "b")], [Note(1, "c", "d")], "out", 999)
    for one, other in ((evil, tame), (whole, Result([QuestionResult("q1", 0, "d", "m")], "d", "r"))):
        page, normal = report.student_page(EVIL, one, info), report.student_page("ann", other, plain)
        assert Tags(page).found == Tags(normal).found
        assert "\x1b" not in page
        page = report.overview_page([(EVIL, EVIL, one)], info, "jail-user")
        assert Tags(page).found == Tags(report.overview_page([("ann", "ann", other)], plain, "jail-user")).found
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'\"" in page


def test_a_real_submission_that_prints_html(tmp_path):
    cells = (f"print({EVIL!r})\nraise ValueError({EVIL!r})", f"def centre(p):\n    raise KeyError({EVIL!r})")
    path = toy.hand_in(tmp_path, "evil", *cells)
    result = grade_file(path, toy.ASSIGNMENT, 0)
    assert EVIL in result.output
    questions = [QuestionInfo(q.name, q.title, q.points, q.functions, q.hidden) for q in toy.ASSIGNMENT.questions]
    page = report.student_page("evil", result, AssignmentInfo("toy", "Toy", "", 1, questions))
    assert {tag for tag, _ in Tags(page).found} <= {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "strong", "section", "ul", "li",
        "pre",
    }  # fmt: skip


def test_the_distribution_has_every_submission():
    info = AssignmentInfo("a", "A", "", 1, [QuestionInfo("q1", "Q", 10, ["f"], False)])
    results = [("s", "s", Result([QuestionResult("q1", points, "")])) for points in (0, 0.5, 1, 9.99, 10, 10)]
    page = report.overview_page(results, info, "same-user")
    table = page.split("<h2>Points</h2>")[1].split("<h2>")[0]
    assert [int(n) for n in re.findall(r'</td><td class="number">(\d+)</td>', table)] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 3]
    assert "5.25 of 10 points on average" in page
    assert '<span class="bad">no</span>' in page  # the network, on this rung


# ---- the command's complaints


@pytest.mark.parametrize("module", ["paflib", "paflib.cli"])
def test_both_modules_are_the_command(tmp_path, module):
    arguments = [sys.executable, "-m", module, "grade", str(tmp_path / "none"), "--assignment", "toy", "--out", "x"]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert "there is no such folder of submissions" in done.stderr


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda base: (base / "none", "tests.grading.toy", base / "out"), "there is no such folder of submissions"),
        (lambda base: (base / "empty", "tests.grading.toy", base / "out"), "there are no notebooks, no Python files"),
        (lambda base: (base / "in", "tests.grading.toy", base / "in"), "this is the folder of the submissions"),
        (lambda base: (base / "in", "tests.grading.toy", base / "in" / "ann.ipynb"), "this is a file, wanted a folder"),
        (lambda base: (base / "in", "no.such.assignment", base / "out"), "no assignment and no module has this name"),
        (lambda base: (base / "in", base / "none.py", base / "out"), "there is no such file"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(tmp_path, capsys, make, words):
    toy.hand_in(tmp_path / "in", "ann", *toy.RIGHT)
    (tmp_path / "empty").mkdir()
    before = tree(tmp_path)
    folder, assignment, out = make(tmp_path)
    assert main(["grade", str(folder), "--assignment", str(assignment), "--out", str(out), "--quiet"]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    lines = [line for line in lines if not line.startswith("paflib: warning")]
    assert len(lines) == 1
    assert lines[0].startswith("paflib: error: ")
    assert words in lines[0]
    assert tree(tmp_path) == before


def test_whatever_a_result_depends_on_has_it_graded_again(monkeypatch):
    """Among them the code of the checks: who mends one runs the same command."""
    info = AssignmentInfo("a", "A", "fingerprint", 1, [])
    other = AssignmentInfo("a", "A", "another fingerprint", 1, [])
    first = ("digest", info, 0, "jail-user")
    keys = {grading._key(*first), grading._key("another", info, 0, "jail-user"), grading._key("digest", info, 1, "x"),
            grading._key("digest", other, 0, "jail-user"), grading._key("digest", info, 0, "same-user")}  # fmt: skip
    monkeypatch.setattr(grading, "_engine", lambda: "mended")
    assert len(keys | {grading._key(*first)}) == 6


def test_the_code_of_the_whole_package_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(grading, "__file__", str(tmp_path / "grading" / "grade.py"))
    seen = set()
    for name in ("grading/grade.py", "checks/core.py", "grading/assignments/own.py", "fields/paf.py", "skeleton.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1")
        seen.add(grading._engine.__wrapped__())
        (tmp_path / name).write_text("x = 2")
        seen.add(grading._engine.__wrapped__())
    assert len(seen) == 10
    (tmp_path / "skeleton.py").rename(tmp_path / "people.py")
    assert grading._engine.__wrapped__() not in seen


def test_a_full_disk_ends_the_run_with_what_is_done(tmp_path, monkeypatch):
    folder, teacher, out = small_class(tmp_path)
    save = grading.save_json

    def full(path, content):
        if path.name == "bob.json":
            raise OSError(28, "No space left on device", str(path))
        save(path, content)

    monkeypatch.setattr(grading, "save_json", full)
    with pytest.raises(OSError, match="No space left"):
        grading.grade(folder, str(teacher), out, quiet=True, jobs=1)
    assert {path.name for path in (out / "state").iterdir()} == {"ann.json"}
    assert not (out / "grades.csv").exists()


def test_a_machine_that_protects_little_is_said_before_it_starts(tmp_path, capsys, monkeypatch):
    folder, teacher, out = small_class(tmp_path, ["ann"])
    monkeypatch.setattr("paflib.grading.sandbox.best_rung", lambda: "same-user")
    monkeypatch.setattr(grading, "best_rung", lambda: "same-user")
    assert main(["grade", str(folder), "--assignment", str(teacher), "--out", str(out), "--quiet"]) == 0
    said = capsys.readouterr().err
    assert said.startswith("paflib: warning: on this system submissions are not kept from: disk space, other files, ")
    assert "<code>same-user</code>" in (out / "overview.html").read_text()


def test_the_state_is_plain_json(graded):
    tree = json.loads((graded.out / "state" / "swapped.json").read_text())
    result = Result.from_json(tree["result"])
    assert result.total == 4.5
    assert result.to_json() == tree["result"]


def test_files_that_are_nobody_s_submission_are_named(tmp_path, capsys):
    """They may be one nevertheless, sent as a zip or with another ending."""
    folder, teacher, out = small_class(tmp_path, ["ann", "__hal"])
    for name in ("ben.zip", "chi.ipynb.txt", ".hidden", "__MACOSX", "__pycache__"):
        (folder / name).write_text("")
    if os.name == "posix":  # what a terminal would obey, and what it cannot show
        (folder / "dan\x1b[2J\n.zip").write_text("")
        (folder / os.fsdecode(b"eve\xff.zip")).write_text("")
    main(["grade", str(folder), "--assignment", str(teacher), "--out", str(out), "--quiet"])
    said = capsys.readouterr().err
    assert "left out: ben.zip, chi.ipynb.txt" in said
    assert "\x1b" not in said and "\udcff" not in said
    with (out / "grades.csv").open() as file:
        assert sorted(row["student"] for row in csv.DictReader(file)) == ["__hal", "ann"]


def test_folders_and_names_raise_what_cli_understands(tmp_path):
    with pytest.raises(DataError):
        grading.find_submissions(tmp_path / "none")
