"""The workflow for students' repositories: actionlint takes it, and its command tells right notebooks from wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import paflib
from paflib.checks.__main__ import main
from scripts import book
from tests.assignments import hand_in
from tests.assignments.collection import CHANGES, PLANS
from tests.book.test_house import actionlint

WORKFLOW = book.ROOT / "data" / "classroom" / "checks.yml"
WORD = "a class with a workflow"
every_plan = pytest.mark.parametrize("name", PLANS)


def steps() -> list[str]:
    """The commands of the workflow."""
    tree = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return [step["run"] for job in tree["jobs"].values() for step in job["steps"] if "run" in step]


def push(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the workflow's last command in a student's repository."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(book.ROOT), "MPLBACKEND": "Agg"}
    command = ["bash", "-e", "-c", steps()[-1]]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def test_the_workflow_passes_actionlint(tmp_path):
    assert actionlint({"checks.yml": WORKFLOW.read_text()}, tmp_path) == []


def test_actionlint_would_complain(tmp_path):
    broken = WORKFLOW.read_text().replace("runs-on:", "runs-at:")
    assert actionlint({"checks.yml": broken}, tmp_path) != []


def test_the_workflow_installs_the_release_that_this_is():
    package = yaml.safe_load(WORKFLOW.read_text())["env"]["PAFLIB"]
    assert package == f"paflib @ git+{book.repository_url()}@v{paflib.__version__}"
    assert [step for step in steps() if "$PAFLIB" in step] == ['python -m pip install "$PAFLIB"']


def test_the_workflow_has_nothing_of_a_class():
    for word in ("seed", "grade ", "autograder", "word", "secret", "teacher.py"):
        assert not any(word in step for step in steps()), word


def test_a_right_notebook_passes_and_a_wrong_one_does_not(tmp_path):
    plan = PLANS["confidence-maps"]
    hand_in.write(tmp_path / "right", plan.name, hand_in.code(plan, WORD), plan.name_for(WORD))
    done = push(tmp_path / "right")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 of 5 checks are right" in done.stdout
    change = next(one for name, one in CHANGES if name == plan.name and one.diagnosis == "half-cell-off")
    hand_in.write(tmp_path / "wrong", plan.name, hand_in.changed(plan, change, WORD), plan.name_for(WORD))
    done = push(tmp_path / "wrong")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "not yet: half-cell-off" in done.stdout
    assert "5 of 5" not in done.stdout


def test_a_repository_without_a_notebook_fails(tmp_path):
    assert push(tmp_path).returncode == 2


@every_plan
def test_masters_pass_and_stubs_do_not(name, tmp_path, capsys):
    plan = PLANS[name]
    solved = hand_in.write(tmp_path, "solved", hand_in.code(plan, WORD), plan.name_for(WORD))
    stub = hand_in.write(tmp_path, "stub", hand_in.code(plan, WORD, solved=False), plan.name_for(WORD))
    assert main([str(solved)]) == 0
    n = len(plan.parts)
    assert f"{n} of {n} checks are right" in capsys.readouterr().out
    assert main([str(stub)]) == 1
    assert f"0 of {n} checks are right" in capsys.readouterr().out
    assert main([str(solved), str(stub)]) == 1


def test_a_cell_that_stops_is_told_and_the_others_count(tmp_path, capsys):
    right = "checks.run(checks.check_to_pixels, lambda g, s: s * g + (s - 1) / 2)"
    cells = ["from paflib import checks", "%matplotlib inline\n1 / 0", f"x = 1\n{right}", "x", "exit()"]
    assert main([str(hand_in.write(tmp_path, "one", cells, None))]) == 1
    said = capsys.readouterr().out
    assert "cell 2 stops:" in said and "ZeroDivisionError" in said
    assert "1 of 1 checks are right; cells that stop: 2" in said


def test_what_is_no_notebook_is_told(tmp_path, capsys):
    (tmp_path / "a.ipynb").write_text("{")
    assert main([str(tmp_path / "a.ipynb")]) == 2
    assert "it is no notebook" in capsys.readouterr().err
    assert main([str(hand_in.write(tmp_path, "bare", ["x = 1"], None))]) == 2
    assert "no cell of it runs a check" in capsys.readouterr().err
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
