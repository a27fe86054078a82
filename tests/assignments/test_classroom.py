"""The workflow for students' repositories: actionlint takes it, and its command tells right notebooks from wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

from paflib.checks.__main__ import main
from scripts import assignments, book
from tests.assignments import hand_in
from tests.assignments.collection import CHANGES, PLANS
from tests.book.test_house import actionlint

WORKFLOW = assignments.workflow("v1.2.3")
WORD = "a class with a workflow"
every_plan = pytest.mark.parametrize("name", PLANS)


def steps() -> list[str]:
    """The commands of the workflow."""
    tree = yaml.safe_load(WORKFLOW)
    return [step["run"] for job in tree["jobs"].values() for step in job["steps"] if "run" in step]


def push(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the workflow's last command in a student's repository."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(book.ROOT), "MPLBACKEND": "Agg"}
    command = ["bash", "-e", "-c", steps()[-1]]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def test_the_workflow_passes_actionlint(tmp_path):
    assert actionlint({"checks.yml": WORKFLOW}, tmp_path) == []


def test_actionlint_would_complain(tmp_path):
    broken = WORKFLOW.replace("runs-on:", "runs-at:")
    assert actionlint({"checks.yml": broken}, tmp_path) != []


def test_workflow_and_notebooks_install_one_and_the_same_version(tmp_path, monkeypatch, capsys):
    required = []
    monkeypatch.setattr(assignments, "write_autograder", lambda plan, word, target, ref, root: required.append(ref))
    arguments = ["--seed", WORD, "--out", str(tmp_path), "--only", "matching", "--ref", "spring-2031"]
    assert assignments.main(arguments) == 0
    place = f"git+{book.repository_url()}@spring-2031"
    package = yaml.safe_load((tmp_path / "classroom" / "checks.yml").read_text())["env"]["PAFLIB"]
    assert package == f"paflib @ {place}"
    assert [step for step in steps() if "$PAFLIB" in step] == ['python -m pip install "$PAFLIB"']
    first = nbformat.read(tmp_path / "students" / "matching.ipynb", 4).cells[0].source
    assert f'os.environ.get("PAFLIB_SOURCE", "{place}")' in first
    assert required == ["spring-2031"]
    assert assignments.REQUIREMENTS.format(repository="R", ref="r").splitlines()[-1] == "paflib @ git+R@r"
    said = capsys.readouterr()
    assert "everybody installs: paflib at spring-2031" in said.out and not said.err


@pytest.fixture
def checkout(tmp_path):
    """A small repository with one commit; a function that runs git in it."""
    if shutil.which("git") is None:
        pytest.skip("needs git")

    def git(*arguments: str) -> str:
        person = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
        return assignments.git(tmp_path, *person, *arguments)

    git("init", "--quiet")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "--quiet", "-m", "one")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    return git


def test_the_version_is_the_tag_of_the_commit_or_its_hash(tmp_path, checkout):
    commit = checkout("rev-parse", "HEAD")
    assert assignments.fixed_ref(tmp_path) == (commit, [])
    assert len(commit) == 40
    checkout("tag", "v9.0")
    checkout("tag", "v10.0")
    assert assignments.fixed_ref(tmp_path) == ("v10.0", [])


def test_a_version_that_students_cannot_have_is_warned_of(tmp_path, checkout, monkeypatch, capsys):
    (tmp_path / "file").write_text("two")
    ref, (changed,) = assignments.fixed_ref(tmp_path)
    assert changed == f"there are changes that are in no commit, and so not in {ref}, which the class will install"
    checkout("commit", "--quiet", "-am", "two")
    ref, (pushed,) = assignments.fixed_ref(tmp_path)
    assert pushed == f"{ref} is in no remote branch: push it, or nobody can install it"
    monkeypatch.setattr(assignments, "fixed_ref", lambda root: (ref, [pushed]))
    arguments = ["--seed", WORD, "--out", str(tmp_path / "out"), "--only", "matching", "--no-zips"]
    assert assignments.main(arguments) == 0
    assert capsys.readouterr().err == f"Warning: {pushed}; another version is chosen by --ref\n"


def test_without_git_the_version_has_to_be_named(tmp_path, checkout, monkeypatch, capsys):
    (tmp_path / "inside").mkdir()
    with pytest.raises(assignments.AssignmentsError, match=r"is no checkout of its own; name .* by --ref"):
        assignments.fixed_ref(tmp_path / "inside")  # the package was unpacked in somebody's repository
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with pytest.raises(assignments.AssignmentsError, match=r"not a git repository.*; name one by --ref"):
        assignments.fixed_ref(tmp_path / "inside")
    monkeypatch.setenv("PATH", str(tmp_path))
    out = tmp_path / "out"
    assert assignments.main(["--seed", WORD, "--out", str(out), "--no-zips"]) == 1
    assert "git cannot tell which version this is" in (said := capsys.readouterr().err) and "--ref" in said
    assert not out.exists()
    for ref in ("a b", '"; rm x', "-x", ""):
        with pytest.raises(assignments.AssignmentsError, match="is no name of a tag and no commit"):
            assignments.write_class(WORD, out, ref)
    assert not out.exists()


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
    hand_in.write(tmp_path / "wrong", plan.name, hand_in.changed(plan, change, word=WORD), plan.name_for(WORD))
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
