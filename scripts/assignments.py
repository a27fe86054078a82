"""Write the assignments: the book's pages of the sample, or all that a class needs from its secret word.

A master (`tests/assignments/masters/NAME.py`, cells in the percent format) is the one source of an assignment's text,
stubs and solution; what is asked for how many points is in `paflib.grading.assignments`. From both follow

- the page of the book, without the solutions: `python -m scripts.assignments --pages`;
- for a class, `python -m scripts.assignments --seed WORD --out FOLDER`: for every assignment the students' notebook,
  the teacher's file for `paflib grade`, and an autograder for Gradescope (`otter assign` of otter-grader makes it);
  and the workflow for GitHub Classroom. All of them install one and the same version of `paflib`, that of `--ref`.

The word draws the class's variation and its hidden cases. Whoever knows or guesses it knows the cases: it stands in the
teacher's file and in the autograder, and nowhere else; a short one is refused.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
from nbformat.notebooknode import NotebookNode

from paflib.grading.assignments import SAMPLE, Part, Plan, plans
from scripts import book as pages
from scripts import notebooks
from scripts.flatten import Book, Page

ROOT = pages.ROOT
MASTERS = "tests/assignments/masters"
HEAD = """\
---
jupytext:
  text_representation: {{extension: .md, format_name: myst}}
kernelspec: {{name: python3, display_name: Python 3, language: python}}
assignment: {name}
---
"""
TEACHERS_FILE = '''\
"""{title}: for `paflib grade FOLDER --assignment THIS_FILE --out RESULTS`.

It holds the word of the class, from which the hidden cases follow: keep it where no student can read it.
"""

from paflib.grading.assignments import load

ASSIGNMENT = load({name!r}, {word!r})
'''
TEST = """\
def test_{function}(env):
    from paflib.grading.assignments import load
    questions = {{each.name: each for each in load({name!r}, {word!r}).questions}}
    one = questions[{function!r}]
    one.check({{name: env.get(name) for name in one.functions}}, 0)
"""
OTTER = """\
# ASSIGNMENT CONFIG
init_cell: false
check_all_cell: false
export_cell: false
solutions_pdf: false
template_pdf: false
python_version: "3.11"
requirements: requirements.txt
tests:
    ok_format: false
    files: true
generate:
    show_hidden: true
    show_stdout: false
"""
# A CPU build of torch: the autograder's container has no use for gigabytes of CUDA.
REQUIREMENTS = """\
--extra-index-url https://download.pytorch.org/whl/cpu
torch
paflib @ git+{repository}@{ref}
"""
WORKFLOW = "data/classroom/checks.yml"
SHORTEST, SHORT = 8, 16  # letters of a word: fewer are refused, fewer are warned of
MAKE_WORD = 'python3 -c "import secrets; print(secrets.token_hex(16))"'


class AssignmentsError(Exception):
    """The assignments cannot be written; the message says why."""


# ---- masters ---------------------------------------------------------------------------------------------------------


def master_path(plan: Plan, root: Path = ROOT) -> Path:
    """Return where the master of an assignment is."""
    return root / MASTERS / f"{module_name(plan)}.py"


def module_name(plan: Plan) -> str:
    """Return what files of Python that belong to an assignment are called."""
    return plan.name.replace("-", "_")


def constants(plan: Plan, word: str) -> str:
    """Return the cell that sets the parameters of a class."""
    return "\n".join(f"{name} = {value!r}" for name, value in plan.parameters(word).items())


def read_master(plan: Plan, word: str, root: Path = ROOT) -> NotebookNode:
    """Return a master's cells, with the parameters of a class and the points of the questions."""
    master = jupytext.read(master_path(plan, root), fmt="py:percent")
    parts = {part.function: part for part in plan.parts}
    for cell in master.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = constants(plan, word)
        name = cell.metadata.get("question", "")
        if name and name not in parts:
            raise AssignmentsError(f"{master_path(plan, root).name}: {plan.name} has no question {name!r}")
        if name and cell.cell_type == "markdown":
            cell.source = re.sub(r"^(## .*)$", rf"\1 ({points(parts[name])})", cell.source, count=1, flags=re.MULTILINE)
    return master


def points(part: Part) -> str:
    """Return a question's points in words."""
    return f"{part.points:g} point{'s' * (part.points != 1)}"


def without_solution(source: str) -> str:
    """Return a cell as students get it: `...` where its solution was.

    >>> print(without_solution("def f(x):\\n    # BEGIN SOLUTION\\n    return x\\n    # END SOLUTION"))
    def f(x):
        ...
    """
    text = re.sub(r"^( *)# BEGIN SOLUTION\n.*?^ *# END SOLUTION(?:\n|$)", r"\1...\n", source, flags=re.M | re.S)
    if "SOLUTION" in text:
        raise AssignmentsError(f"a solution without its beginning or its end:\n{source}")
    return text.rstrip("\n")


def cells(plan: Plan, word: str, root: Path = ROOT) -> Iterator[tuple[str, str, Part | None]]:
    """Yield (kind, source, question) of a master's cells, each question's check after its last cell."""
    parts = {part.function: part for part in plan.parts}
    master = [cell for cell in read_master(plan, word, root).cells if cell.source.strip()]
    names = [cell.metadata.get("question") for cell in master]
    for n, cell in enumerate(master):
        part = parts.get(cell.metadata.get("question", ""))
        yield cell.cell_type, cell.source, part
        if part is not None and part.function not in names[n + 1 :]:
            yield "check", part.call(), part


# ---- pages and notebooks of students ---------------------------------------------------------------------------------


def page(plan: Plan, word: str = SAMPLE, root: Path = ROOT) -> str:
    """Return the source of a student's notebook, as a page of the book."""
    blocks = [HEAD.format(name=plan.name_for(word)).rstrip()]
    for kind, source, _ in cells(plan, word, root):
        code = f"```{{code-cell}} ipython3\n{without_solution(source)}\n```"
        blocks.append(source if kind == "markdown" else code)
    return "\n\n".join(blocks) + "\n"


def page_path(plan: Plan, root: Path = ROOT) -> Path:
    """Return where the page of an assignment is."""
    return root / "book" / "assignments" / f"{plan.name}.md"


def stale(root: Path = ROOT) -> dict[Path, str]:
    """Return the pages that do not follow from their masters, and what they should hold."""
    wanted = {page_path(plan, root): page(plan, SAMPLE, root) for plan in plans().values()}
    return {path: text for path, text in wanted.items() if not notebooks.is_up_to_date(path, text)}


def student_notebook(plan: Plan, word: str, book: Book, ref: str, root: Path = ROOT, colab: str = "") -> str:
    """Return the notebook that the students of a class get; links lead to the book's own pages."""
    chapter = jupytext.reads(page(plan, word, root), fmt="md:myst")
    flat = Page(book, f"book/assignments/{plan.name}.ipynb", None)
    first = notebooks.set_up_cell(book.repository, [], glued=False, ref=ref)
    inside = [("code", first, {}), *notebooks.flat_cells(flat, chapter)]
    if colab:
        inside.insert(1, ("markdown", notebooks.badge(colab), {}))
    return notebooks.notebook(inside, plan.name_for(word))


# ---- the autograder --------------------------------------------------------------------------------------------------


def otter_master(plan: Plan, word: str, root: Path = ROOT) -> str:
    """Return the master as otter-grader wants it: with raw cells round questions, solutions and tests."""
    new = nbformat.v4
    made = [new.new_raw_cell(OTTER)]
    for kind, source, part in cells(plan, word, root):
        if kind == "check" and part is not None:
            test = TEST.format(name=plan.name, word=word, function=part.function)
            config = f'""" # BEGIN TEST CONFIG\npoints: {part.points:g}\n""" # END TEST CONFIG\n'
            question = f"# BEGIN QUESTION\nname: {part.function}\npoints: {part.points:g}"
            made += map(new.new_raw_cell, (question, "# BEGIN TESTS"))
            made += [new.new_code_cell(config + test), *map(new.new_raw_cell, ("# END TESTS", "# END QUESTION"))]
        else:
            made.append((new.new_code_cell if kind == "code" else new.new_markdown_cell)(source))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return str(nbformat.writes(new.new_notebook(cells=made, metadata={"kernelspec": kernel})))


def write_autograder(plan: Plan, word: str, target: Path, ref: str, root: Path = ROOT, check: bool = False) -> None:
    """Make the zip that Gradescope takes, by `otter assign`.

    Args:
        plan: The assignment.
        word: Of the class.
        target: The zip.
        ref: The version of the package that it installs.
        root: Of the checkout.
        check: Whether otter runs the solution against the tests as well, which takes a quarter of a minute more.

    Raises:
        AssignmentsError: otter-grader is not installed, or fails.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"{plan.name}.ipynb").write_text(otter_master(plan, word, root), encoding="utf-8")
        requirements = REQUIREMENTS.format(repository=pages.repository_url(root), ref=ref)
        (folder / "requirements.txt").write_text(requirements, encoding="utf-8")
        command = [sys.executable, "-m", "otter", "assign", f"{plan.name}.ipynb", "made", "--no-pdfs"]
        command += [] if check else ["--no-run-tests"]
        path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "PYTHONPATH": path, "JUPYTER_PREFER_ENV_PATH": "1"}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        zips = list((folder / "made" / "autograder").glob("*.zip"))
        if done.returncode != 0 or len(zips) != 1:
            raise AssignmentsError(f"otter assign failed on {plan.name} (pip install otter-grader?):\n{done.stderr}")
        shutil.copy(zips[0], target)


# ---- the version of the package that a class has -------------------------------------------------------------------


def fixed_ref(root: Path = ROOT) -> tuple[str, list[str]]:
    """Return the tag of the commit that is checked out, or else its full hash, and what speaks against it.

    Raises:
        AssignmentsError: git is not there, or this is no checkout of its own.
    """
    try:
        top = git(root, "rev-parse", "--show-toplevel")
        commit, tags = git(root, "rev-parse", "HEAD"), git(root, "tag", "--points-at", "HEAD", "--sort=-v:refname")
        changed, pushed = git(root, "status", "--porcelain"), git(root, "branch", "-r", "--contains", "HEAD")
    except (OSError, subprocess.CalledProcessError) as error:
        why = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[0]
        raise AssignmentsError(f"git cannot tell which version this is ({why}); name one by --ref") from None
    if not os.path.samefile(top, root):
        raise AssignmentsError(f"{root} is no checkout of its own; name a tag or a commit by --ref")
    ref = tags.split("\n")[0] or commit
    warnings = []
    if changed:
        warnings.append(f"there are changes that are in no commit, and so not in {ref}, which the class will install")
    if not pushed:
        warnings.append(f"{ref} is in no remote branch: push it, or nobody can install it")
    return ref, warnings


def git(root: Path, *arguments: str) -> str:
    """Return what git prints."""
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def workflow(ref: str, root: Path = ROOT) -> str:
    """Return the workflow for the repositories of students, which installs one version of the package."""
    text = (root / WORKFLOW).read_text(encoding="utf-8")
    return text.replace("REPOSITORY@REF", f"{pages.repository_url(root)}@{ref}")


# ---- a class ---------------------------------------------------------------------------------------------------------


def check_word(word: str) -> list[str]:
    """Return what speaks against a word that is taken nevertheless.

    Raises:
        AssignmentsError: it is the book's own, or short enough to be found by trying.
    """
    if word == SAMPLE:
        raise AssignmentsError(
            f"the word {word!r} is the book's own, and everybody has its hidden cases; make one: {MAKE_WORD}"
        )
    if len(word) < SHORTEST:
        raise AssignmentsError(
            f"the word has {len(word)} letters and can be guessed, wanted {SHORT} or more; make one: {MAKE_WORD}"
        )
    if len(word) < SHORT:
        return [f"the word has only {len(word)} letters; if it is one that people use it can be guessed, and with it "
                f"the hidden cases; make one: {MAKE_WORD}"]  # fmt: skip
    return []


def write_class(
    word: str,
    out: Path,
    ref: str,
    names: list[str] | None = None,
    root: Path = ROOT,
    colab: str = "",
    zips: bool = True,
) -> list[Path]:
    """Write what a class needs, and return the files.

    Args:
        word: The secret word of the class.
        out: The folder: `students/` and `classroom/` may be published, `teacher/` must not.
        ref: The tag or commit of the package that everybody installs.
        names: Of the assignments; by default all.
        root: Of the checkout.
        colab: The address on GitHub of the folder where the students' notebooks will lie; without it they have no
            badge that opens them in Colab.
        zips: Whether to make the autograders as well.

    Raises:
        AssignmentsError: the word is no secret, the folder is in the repository, an assignment is unknown, or
            otter-grader fails.
    """
    check_word(word)
    check_out(out, root)
    if not re.fullmatch(r"[A-Za-z0-9_][\w./+-]*", ref, re.ASCII):
        raise AssignmentsError(f"--ref {ref!r} is no name of a tag and no commit")
    known, book = plans(), notebooks.read_book(root)
    if unknown := [name for name in names or [] if name not in known]:
        raise AssignmentsError(f"there is no assignment {unknown[0]!r}; there are {', '.join(known)}")
    for folder in ("students", "teacher", "classroom"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    written = [out / "classroom" / Path(WORKFLOW).name]
    written[0].write_text(workflow(ref, root), encoding="utf-8")
    for plan in (known[name] for name in names or known):
        student, teacher = out / "students" / f"{plan.name}.ipynb", out / "teacher" / f"{module_name(plan)}.py"
        address = f"{colab.rstrip('/')}/{student.name}" if colab else ""
        address = address.replace("https://github.com/", notebooks.COLAB)
        student.write_text(student_notebook(plan, word, book, ref, root, address), encoding="utf-8")
        teacher.write_text(TEACHERS_FILE.format(title=plan.title, name=plan.name, word=word), encoding="utf-8")
        written += [student, teacher]
        if zips:
            written.append(out / "teacher" / f"{plan.name}-autograder.zip")
            write_autograder(plan, word, written[-1], ref, root)
    return written


def check_out(out: Path, root: Path = ROOT) -> None:
    """See that a class's files do not come to lie among those of the repository.

    Raises:
        AssignmentsError: they would.
    """
    place, here = out.resolve(), root.resolve()
    if place.is_relative_to(here) and not place.is_relative_to(here / "dist"):
        raise AssignmentsError(f"--out {out}: what a class gets must not lie in the repository; choose another folder")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write pages or a class; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m scripts.assignments", description=__doc__.splitlines()[0])
    parser.add_argument("--pages", action="store_true", help="write the pages of the book that are stale")
    parser.add_argument("--check", action="store_true", help="only name the pages that are stale")
    parser.add_argument("--seed", help=f"the secret word of a class, {SHORT} letters or more: {MAKE_WORD}")
    parser.add_argument("--out", type=Path, default=root / "dist" / "assignments", help="the folder for a class")
    parser.add_argument("--only", nargs="*", help="names of assignments; by default all")
    parser.add_argument("--colab", default="", help="where the notebooks will lie: https://github.com/.../blob/main/...")
    parser.add_argument("--ref", help="the tag or commit of paflib that the class installs; by default the present one")
    parser.add_argument("--no-zips", action="store_true", help="no autograders for Gradescope")
    options = parser.parse_args(arguments)
    if not (options.pages or options.check or options.seed is not None):
        parser.error("wanted --seed WORD for a class, or --pages for the book")
    try:
        if options.seed is not None:
            warnings = check_word(options.seed)
            check_out(options.out, root)
            ref, against = (options.ref, []) if options.ref else fixed_ref(root)
            for warning in [*warnings, *(f"{each}; another version is chosen by --ref" for each in against)]:
                print(f"Warning: {warning}", file=sys.stderr)
            zips = not options.no_zips
            for path in write_class(options.seed, options.out, ref, options.only, root, options.colab, zips):
                print(f"wrote: {path}")
            print(f"everybody installs: paflib at {ref}")
            return 0
        changes = stale(root)
    except AssignmentsError as error:
        print(f"Not everything was written: {error}", file=sys.stderr)
        return 1
    for path, text in changes.items():
        print(f"{'stale' if options.check else 'wrote'}: {path.relative_to(root)}")
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 1 if options.check and changes else 0


if __name__ == "__main__":
    sys.exit(main())
