"""The instructors' guide: its commands exist and do what it says, its cells run, its example can be graded."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from paflib.cli import _parser, main
from paflib.grading.assignment import load_assignment
from paflib.grading.assignments import plans
from paflib.grading.sandbox import SandboxError, best_rung
from scripts import book, notebooks
from tests.assignments import hand_in

GUIDE = book.ROOT / "book" / "appendix" / "instructors-guide.md"
TEXT = GUIDE.read_text(encoding="utf-8")
CELLS = [cell for cell in notebooks.read_chapter(GUIDE).cells if cell.cell_type == "code"]


class Command(NamedTuple):
    """A command of the guide, and what the guide says that it prints, or nothing."""

    line: str
    output: str


def commands() -> list[Command]:
    """All commands of the guide, in their order."""
    found = []
    for block in re.finditer(r"^```console\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", TEXT, re.MULTILINE | re.DOTALL):
        lines = [line.strip() for line in re.sub(r"\\\n", " ", block[1]).splitlines()]
        assert all(line.startswith("$ ") for line in lines), block[1]
        found += [Command(line[2:], "") for line in lines[:-1]]
        found.append(Command(lines[-1][2:], block[2] or ""))
    return found


def words(line: str) -> list[str]:
    """A command as its program gets it; what the shell puts in is left as a word."""
    return shlex.split(re.sub(r"\$\(cat [^)]*\)", "word", line))


def test_every_command_exists():
    makefile = (book.ROOT / "Makefile").read_text()
    seen = set()
    for line, _ in commands():
        program, *rest = words(line)
        seen.add(Path(program).name)
        if program == "make":
            assert re.search(rf"^{rest[0]}:", makefile, re.MULTILINE), line
            assert all(f"$({word.split('=')[0]}" in makefile for word in rest[1:]), line
        elif program == ".venv/bin/paflib":
            assert _parser().parse_args(rest).run is not None
        elif program == ".venv/bin/python":
            assert rest[0] == "-m" and (rest[1] == "otter" or find_spec(rest[1]) is not None), line
    assert seen == {"make", "paflib", "python", "python3", "cut", "mkdir", "cp"}


def test_the_files_that_are_named_exist():
    named = set(re.findall(r"`((?:tests|data|scripts|book)/[\w./-]+)`", TEXT))
    assert "tests/assignments/masters" in named
    assert [path for path in named if not (book.ROOT / path).exists()] == []


def test_the_cells_run_and_show_what_the_text_says(capsys):
    scope: dict[str, Any] = {}
    shown = []
    for cell in CELLS:
        *lines, last = cell.source.rstrip().split("\n")
        is_table = last.startswith("Markdown(")
        exec("\n".join(lines if is_table else [*lines, last]), scope)
        shown += [eval(last, scope).data] if is_table else []
    rubric, protected, diagnoses = shown
    for plan in plans().values():
        assert f"| **{plan.name}** | | | **{plan.assignment().out_of:g}** |" in rubric
        assert all(f"`{part.function}` | {part.points:g} |" in rubric for part in plan.parts)
    assert rubric.count("(stretch)") == len(plans())
    assert "| points and hidden cases | yes | yes | yes | yes |" in protected
    assert "| network | yes | no | no | no |" in protected
    assert "| `xy-swapped` |" in diagnoses
    said = capsys.readouterr().out
    assert "confidence-maps: 10 s a call, 60 s a cell, 300 s in all\ncapstone: 10 s a call, 300 s a cell" in said
    assert "Not protected anywhere" in said and "The pieces" not in said
    assert "['clearest', 'best', 'shared'] 9" in said
    assert said.rstrip().split("\n")[-3] == "right"
    assert said.rstrip().split("\n")[-2] == "missing-counted: Missing parts pull at your box."
    assert said.rstrip().split("\n")[-1].startswith("returns-none: ")


def test_what_is_said_of_the_assignments_is_true():
    names = list(plans())
    assert "Five assignments follow the chapters" in TEXT
    readme, intro = ((book.ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "book/intro.md"))
    assert "five\n  assignments and a capstone" in readme and "Five assignments and a capstone" in intro
    assert (len(names), names[-1]) == (6, "capstone")
    for name in names:
        head = (book.ROOT / "book" / "assignments" / f"{name}.md").read_text(encoding="utf-8")[:1200]
        assert re.search(r"; (90 minutes|two hours) or so", head), name


# ---- a question of one's own


def somewhere_to_run() -> None:
    """Skip where nothing would protect root from submissions."""
    try:
        best_rung()
    except SandboxError as error:
        pytest.skip(str(error))


def test_the_question_of_ones_own_can_be_graded(tmp_path, capsys):
    somewhere_to_run()
    cells = [cell.source for cell in CELLS if "own-question" in cell.metadata.get("tags", [])]
    assert len(cells) == 3
    (tmp_path / "boxes.py").write_text("\n\n".join(cells))
    box = "import numpy as np\n\ndef box(k):\n    xy = k[k[:, 2] > 0, :2]\n    low, high = xy.min(0), xy.max(0)\n"
    right = f"{box}    return np.r_[low, high - low]"
    made = {
        "right": right, "corner": f"{box}    return np.r_[low, high]", "stub": "def box(k):\n    ...",
        "all": right.replace("k[k[:, 2] > 0, :2]", "k[:, :2]"), "error": right.replace("low, high -", "hihg -"),
    }  # fmt: skip
    for name, source in made.items():
        hand_in.write(tmp_path / "in", name, [source], None)
    arguments = ["grade", str(tmp_path / "in"), "--assignment", str(tmp_path / "boxes.py")]
    assert main([*arguments, "--out", str(tmp_path / "out"), "--quiet"]) == 0
    with open(tmp_path / "out" / "grades.csv", newline="", encoding="utf-8") as file:
        rows = {row["student"]: (row["box"], row["remarks"].split(": ")[1:2]) for row in csv.DictReader(file)}
    assert rows == {
        "right": ("2", []), "corner": ("0", ["second-corner"]), "stub": ("0", ["returns-none"]),
        "all": ("0", ["missing-counted"]), "error": ("0", ["raises"]),
    }  # fmt: skip


def test_the_changed_assignment_is_one(tmp_path):
    (cell,) = [cell.source for cell in CELLS if "varied" in cell.metadata.get("tags", [])]
    (tmp_path / "matching.py").write_text(cell)
    assignment, _ = load_assignment(str(tmp_path / "matching.py"))
    assert assignment.limits.call == 30


# ---- from the word to the grades


def here(line: str, folder: Path) -> str:
    """A command of the guide for this interpreter, with everything that it writes below a folder."""
    made = r".venv/bin/python -m scripts.assignments --seed \1 --out \2"
    line = re.sub(r"^make assignments SEED=(\S+ \S+) OUT=(\S+)", made, line)
    line = re.sub(r"^\.venv/bin/paflib", ".venv/bin/python -m paflib", line)
    line = re.sub(r"^(\.venv/bin/python|python3)\b", shlex.quote(sys.executable), line)
    return line.replace("../", f"{folder}/")


@pytest.mark.slow
def test_the_commands_do_what_the_guide_says(tmp_path):
    somewhere_to_run()
    pytest.importorskip("otter")
    if not (book.ROOT / ".git").exists():
        pytest.skip("no checkout, whose commit the class would install")
    recipe = (book.ROOT / "Makefile").read_text().partition("\nassignments:")[2]
    assert '-m scripts.assignments --seed "$(SEED)" --out' in recipe  # what stands for make below
    folder = tmp_path / "a"
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(book.ROOT), "JUPYTER_PREFER_ENV_PATH": "1", "MPLBACKEND": "Agg"}
    said = []
    for line, output in commands():
        command = here(line, folder)
        done = subprocess.run(["bash", "-c", command], cwd=book.ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        printed = done.stdout.replace(f"{folder}/", "../").split()
        assert not output or printed == output.split(), line
        said.append(" ".join(printed))
    assert "5 of 5 checks are right" in said[-1]
    word = (folder / "word.txt").read_text().strip()
    assert len(word) == 32
    notebook = (folder / "spring" / "students" / "confidence-maps.ipynb").read_text()
    assert word not in notebook
    workflow = (folder / "template" / ".github" / "workflows" / "checks.yml").read_text()
    (version,) = re.findall(r"PAFLIB: paflib @ (git\+\S+@\S+)", workflow)
    assert f'\\"{version}\\"' in notebook
    assert "colab.research.google.com/github/school/course/blob/main/homework/confidence-maps.ipynb" in notebook
    rows = (folder / "results" / "grades.csv").read_text()
    for diagnosis in ("spot: half-cell-off", "quit: ", "wrong-notebook: ", "no-file: "):
        assert diagnosis in rows
    assert (folder / "results" / "reports" / "ben.html").is_file()
    assert (folder / "results" / "overview.html").is_file()
    assert sorted(path.name for path in (folder / "template").rglob("*") if path.is_file()) == [
        "checks.yml", "confidence-maps.ipynb"
    ]  # fmt: skip
