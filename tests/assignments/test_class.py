"""A real class: submissions to the assignment on confidence maps, graded by one command, and by otter."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paflib.cli import main
from paflib.grading.judge import grade_file
from paflib.grading.sandbox import SandboxError, best_rung
from scripts import assignments, book
from tests.assignments import hand_in
from tests.assignments.collection import CHANGES, PLANS, way, way_names

WORD = "the class of 2031"
PLAN = PLANS["confidence-maps"]
NAME = PLAN.name_for(WORD)
POINTS = {part.function: part.points for part in PLAN.parts}
FOLLOWS = {"spot": ("maps",)}  # who gets the one wrong gets the other wrong, since it calls it
MISTAKES = [change for name, change in CHANGES if name == PLAN.name]


@pytest.fixture(scope="module", autouse=True)
def somewhere_to_run():
    """Skip where nothing would protect root from submissions."""
    try:
        best_rung()
    except SandboxError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", PLANS)
def test_the_master_gets_all_points_in_the_sandbox_and_the_stub_none(name, tmp_path):
    plan = PLANS[name]
    solved, stub = (
        grade_file(
            hand_in.write(tmp_path, f"s{solved}", hand_in.code(plan, WORD, solved), plan.name_for(WORD)),
            plan.assignment(WORD),
            seed=0,
        )
        for solved in (True, False)
    )
    assert solved.total == sum(part.points for part in plan.parts), solved.remarks()
    assert (solved.notes, solved.stops, stub.notes, stub.stops) == ([], [], [], [])
    assert stub.total == 0
    assert {question.diagnosis for question in stub.questions} == {"returns-none"}


def together(changes: list[hand_in.Change]) -> list[list[hand_in.Change]]:
    """Mistakes of different questions together, so that all of them need few submissions."""
    made: list[list[hand_in.Change]] = []
    for change in changes:
        follows = {change.question, *FOLLOWS.get(change.question, ())}
        for one in made:
            if not any(follows & {other.question, *FOLLOWS.get(other.question, ())} for other in one):
                one.append(change)
                break
        else:
            made.append([change])
    return made


def a_class() -> dict[str, tuple[list[str], str | None, dict[str, str]]]:
    """Thirty submissions or more: cells, the assignment they say they are of, and the diagnosis of what is wrong."""
    stub, right = hand_in.code(PLAN, WORD, solved=False), hand_in.code(PLAN, WORD)
    nothing, other = dict.fromkeys(POINTS, "returns-none"), hand_in.code(PLAN, "another class")
    verdicts = hand_in.verdicts(PLAN, hand_in.run(other), WORD)
    made: dict[str, tuple[list[str], str | None, dict[str, str]]] = {
        **{f"right-{which}": (way(PLAN.name, which, WORD), NAME, {}) for which in way_names(PLAN.name)},
        "no-metadata": (right, None, {}),
        "stub": (stub, NAME, nothing),
        "half": ([a if "def peaks" not in a and "def place" not in a else b for a, b in zip(right, stub, strict=True)],
                 NAME, {"peaks": "returns-none", "place": "returns-none"}),
        "first-only": ([a if "def spot" in a else b for a, b in zip(right, stub, strict=True)], NAME,
                       {name: "returns-none" for name in POINTS if name != "spot"}),
        "deleted": ([cell for cell in right if "def summit" not in cell], NAME, {"summit": "missing"}),
        "syntax": ([cell.replace("def place(line, at):", "def place(line, at)") for cell in right], NAME,
                   {"place": "missing"}),
        "stuck": ([cell.replace("found = []", "while True: pass") for cell in right], NAME, {"peaks": "time-limit"}),
        "sample": (hand_in.code(PLAN), PLAN.name, dict.fromkeys(POINTS, "wrong-notebook")),
        "another-class": (other, None, {name: slug for name, slug in verdicts.items() if slug}),
        "other-course": (["def hello():\n    pass"], None, dict.fromkeys(POINTS, "wrong-notebook")),
        "empty": ([], NAME, dict.fromkeys(POINTS, "no-code")),
    }  # fmt: skip
    for k, changes in enumerate(together(MISTAKES)):
        follow = {other for change in changes for other in FOLLOWS.get(change.question, ())}
        wrong = {change.question: change.diagnosis for change in changes} | dict.fromkeys(follow, "")
        made[f"mistakes-{k}"] = (hand_in.changed(PLAN, *changes, word=WORD), NAME, wrong)
    return made


def write_class(folder: Path) -> dict[str, dict[str, str]]:
    """Hand everything in; what is wrong with each."""
    made = a_class()
    for name, (cells, assignment, _) in made.items():
        hand_in.write(folder, name, cells, assignment)
    (folder / "damaged.ipynb").write_text('{"cells": [')
    return {name: wrong for name, (_, _, wrong) in made.items()} | {"damaged": dict.fromkeys(POINTS, "does-not-parse")}


@pytest.mark.slow
def test_one_command_grades_a_real_class_with_every_mistake(tmp_path):
    wanted = write_class(tmp_path / "in")
    assert len(wanted) >= 30
    only = ["--only", PLAN.name, "--no-zips", "--ref", "v0"]
    assert assignments.main(["--seed", WORD, "--out", str(tmp_path / "out"), *only]) == 0
    text = (tmp_path / "out" / "teacher" / "confidence_maps.py").read_text()
    teacher = tmp_path / "teacher.py"
    # A call may import PyTorch, and one that never ends must not take long.
    quick = f"replace(load({PLAN.name!r}, {WORD!r}), limits=Limits(call=8, cell=20, total=60))"
    teacher.write_text("from dataclasses import replace\nfrom paflib.grading.limits import Limits\n" + text.replace(
        f"load({PLAN.name!r}, {WORD!r})", quick))  # fmt: skip
    arguments = ["grade", str(tmp_path / "in"), "--assignment", str(teacher), "--out", str(tmp_path / "results")]
    assert main([*arguments, "--quiet"]) == 0
    with open(tmp_path / "results" / "grades.csv", newline="", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(wanted)
    for name, wrong in wanted.items():
        got = {question: float(rows[name][question]) for question in POINTS}
        assert got == {question: 0 if question in wrong else points for question, points in POINTS.items()}, name
        assert float(rows[name]["total"]) == sum(got.values())
        told = rows[name]["remarks"]
        assert bool(told) == bool(wrong), name
        assert all(diagnosis in told for diagnosis in wrong.values()), (name, told)


# ---- otter


def otter_run(submission: Path, autograder: Path, out: Path) -> dict[str, float]:
    """The score of every question, by otter's own run; nothing of the class's word is in what the student sees."""
    out.mkdir()
    command = [sys.executable, "-m", "otter", "run", submission.name, "-a", str(autograder), "-o", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(book.ROOT), "JUPYTER_PREFER_ENV_PATH": "1"}
    done = subprocess.run(command, cwd=submission.parent, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = (out / "results.json").read_text()
    assert WORD not in text
    return {one["name"]: one["score"] for one in json.loads(text)["tests"] if "score" in one}


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANS)
def test_otter_gives_the_same_points(name, tmp_path):
    pytest.importorskip("otter")
    plan, zipped = PLANS[name], tmp_path / "autograder.zip"
    # Otter runs the solution itself as well; the capstone's would train its network first.
    assignments.write_autograder(plan, WORD, zipped, "v0", check=name != "capstone")
    points = {part.function: part.points for part in plan.parts}
    master = hand_in.write(tmp_path, "master", hand_in.code(plan, WORD), None)
    assert otter_run(master, zipped, tmp_path / "o1") == points
    stub = hand_in.write(tmp_path, "stub", hand_in.code(plan, WORD, solved=False), None)
    assert otter_run(stub, zipped, tmp_path / "o2") == dict.fromkeys(points, 0)
    cells = hand_in.code(plan, WORD)
    last = [part.function for part in plan.parts if any(f"def {part.function}(" in cell for cell in cells)][-1]
    partly = [cell for cell in cells if f"def {last}(" not in cell]
    path = hand_in.write(tmp_path, "partly", partly, None)
    assert otter_run(path, zipped, tmp_path / "o3") == {**points, last: 0}
