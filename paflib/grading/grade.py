"""A folder of submissions to a table of points: in parallel, resumable, with a page for each student and for the class.

In the folder ``OUT`` there are, when all is done, ``grades.csv`` (a row for each student), ``overview.html``,
``reports/STUDENT.html``, and ``state/STUDENT.json``, from which a later run takes what has not changed: the same file,
assignment, seed and sources of ``paflib``. A module that a teacher's assignment file imports is not looked at, and no
other package: after changing one, use ``--regrade``. ``assignment.json`` says of which assignment the results are, so
that no other takes their place, and whose pages there are: a run removes those of students who are not there any more.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import hashlib
import io
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from paflib import __version__
from paflib.errors import DataError
from paflib.grading.notebook import SUFFIXES, NotebookError, read_bytes
from paflib.grading.report import overview_page, student_page
from paflib.grading.results import AssignmentInfo, Result, nothing
from paflib.grading.sandbox import best_rung
from paflib.grading.session import clean
from paflib.grading.warden import clear
from paflib.inference.files import atomic_path, save_json

try:
    import fcntl
except ImportError:  # Windows, where killed runs leave their folders
    fcntl = None  # type: ignore[assignment]

TEMPORARY = "paflib-grade-"
NOTE = "assignment.json"
WRITTEN = ("grades.csv", "overview.html", "reports", "state")
GRACE = 120.0  # seconds that the checks of a submission may take beyond its own limit
_JUDGE = "import sys; sys.path[:] = {path!r}; from paflib.grading.judge import main; main()"
_RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{i}" for name in ("com", "lpt") for i in range(1, 10))}


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Attributes:
        student: The name in the table.
        path: The file, or None where there is none to grade.
        problem: Why there is none.
        stem: Of the files that are written about it.
    """

    student: str
    path: Path | None
    problem: str
    stem: str


@dataclass(frozen=True)
class Outcome:
    """What a run did: how many were graded now, taken from an earlier run, and could not be graded; and all results.

    ``left_out`` names the files that are no notebooks and no Python files, and so nobody's submission; ``removed`` the
    pages of students who handed something in before an earlier run and are not there now.
    """

    graded: int
    reused: int
    failed: Sequence[str]
    results: Sequence[tuple[Submission, Result]]
    info: AssignmentInfo
    left_out: Sequence[str] = ()
    removed: Sequence[str] = ()


# ---- what there is -------------------------------------------------------------------------------------------------


def find_submissions(folder: Path, leave_out: Iterable[Path] = ()) -> list[Submission]:
    """The submissions in a folder: each notebook or Python file is one, and each folder with one of them in it.

    A folder's notebook comes before the Python files beside it, which may be helpers. Hidden names are left out.

    Raises:
        DataError: there is no such folder, or nothing in it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder of submissions")
    out = {os.path.realpath(path) for path in leave_out}  # which takes links in a circle as well
    entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    found = [path for path in entries if _may_be_one(path)]
    found = [path for path in found if os.path.realpath(path) not in out]
    if not found:
        raise DataError(f"{folder}: there are no notebooks, no Python files and no folders in it")
    names = _names(found)
    order = sorted(range(len(found)), key=lambda i: (names[i].casefold(), names[i]))
    stems = _stems([names[i] for i in order])
    shown = _told_apart([clean(" ".join(names[i].split()), 200) for i in order], stems)
    files = [_the_file(found[i]) for i in order]
    return [Submission(name, *file, stem) for name, file, stem in zip(shown, files, stems, strict=True)]


def _told_apart(names: Sequence[str], stems: Sequence[str]) -> list[str]:
    """Names as the table shows them, where two look the same with what their files are called.

    >>> _told_apart(["ann", "ann", "bob"], ["ann", "ann-1234", "bob"])
    ['ann (ann)', 'ann (ann-1234)', 'bob']
    """
    looks = [unicodedata.normalize("NFKC", name) for name in names]
    alike = [looks.count(look) > 1 for look in looks]
    return [f"{name} ({stem})" if twice else name for name, stem, twice in zip(names, stems, alike, strict=True)]


def find_left_out(folder: Path) -> list[str]:
    """The names of the files in a folder that :func:`find_submissions` takes for nobody's submission."""
    entries = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(clean(path.name, 200) for path in entries if not _may_be_one(path) and path.name not in _NOBODYS)


_NOBODYS = ("__pycache__", "__MACOSX")  # what programs leave behind


def _may_be_one(path: Path) -> bool:
    return path.name not in _NOBODYS and (path.is_dir() or path.suffix.lower() in SUFFIXES)


def _names(paths: Sequence[Path]) -> list[str]:
    """A student's name for each: without its ending, except where that would make two the same."""
    short = [path.name if path.is_dir() else path.stem for path in paths]
    twice = {name for name in short if short.count(name) > 1}
    return [path.name if name in twice else name for path, name in zip(paths, short, strict=True)]


def _the_file(path: Path) -> tuple[Path | None, str]:
    if not path.is_dir() or path.is_symlink():
        return path, ""  # that a link is no submission is said when it is read
    try:
        files = sorted(file for file in path.rglob("*") if not file.is_dir() and not _is_hidden(file, path))
    except (OSError, RecursionError):
        return None, "the folder cannot be read: it is closed, or folders in it are nested too deep"
    for suffix in SUFFIXES:
        fitting = [file for file in files if file.suffix.lower() == suffix]
        if len(fitting) == 1:
            return fitting[0], ""
        if fitting:
            names = ", ".join(str(file.relative_to(path)) for file in fitting[:5])
            return None, clean(f"there are {len(fitting)} files in the folder ({names}); hand in one", 1000)
    return None, "there is no notebook in the folder"


def _is_hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith((".", "__")) for part in file.relative_to(folder).parts)


def _stems(names: Sequence[str]) -> list[str]:
    """Names for files that every system takes, no two the same where upper and lower case are; mostly the names.

    >>> _stems(["ann", "Ann", "../x", "con"])
    ['ann', 'Ann-17239b6e', 'x-d6b96a97', 'con-1143da2b']
    """
    stems: list[str] = []
    for name in names:
        stem = re.sub(r"[^\w.-]+", "_", unicodedata.normalize("NFC", name)).strip("._")[:60] or "student"
        taken = {other.casefold() for other in stems} | _RESERVED
        if stem != name or stem.casefold() in taken:
            stem += "-" + hashlib.sha256(name.encode(errors="backslashreplace")).hexdigest()[:8]
        stems.append(stem)
    return stems


def _key(digest: str, info: AssignmentInfo, seed: int, rung: str) -> str:
    """What a result depends on; another key means: grade again."""
    parts = (digest, info.name, info.fingerprint, seed, __version__, _engine(), rung)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@functools.cache
def _engine() -> str:
    """The code of the package, which may change within a version: checks, and submissions too, use all parts of it."""
    package = Path(__file__).parents[1]
    files = [(str(file.relative_to(package)), file.read_bytes()) for file in sorted(package.rglob("*.py"))]
    return hashlib.sha256(repr(files).encode()).hexdigest()


def _digest(submission: Submission) -> str:
    if submission.path is None:
        return submission.problem
    try:
        return hashlib.sha256(read_bytes(submission.path)).hexdigest()
    except NotebookError as error:
        return f"{error.diagnosis} {error.message}"


# ---- the processes that judge --------------------------------------------------------------------------------------


class JudgeError(Exception):
    """The process that checks has ended, or was ended because it took too long."""


class JudgeProcess:
    """A running :mod:`paflib.grading.judge`."""

    def __init__(self, assignment: str, seed: int, rung: str, hidden: Sequence[str], temporary: str) -> None:
        pipe, environment = subprocess.PIPE, {**os.environ, "TMPDIR": temporary}
        command = [sys.executable, "-c", _JUDGE.format(path=sys.path)]
        # A session of its own: Ctrl-C is for us alone, and we end it.
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, start_new_session=True, env=environment
        )
        tree = self.ask({"assignment": assignment, "seed": seed, "rung": rung, "hidden": hidden}, GRACE)
        if "failed" in tree:
            self.close()
            raise DataError(tree["failed"])
        self.info = AssignmentInfo.from_json(tree)

    def grade(self, path: Path) -> Result:
        """The result of a submission.

        Raises:
            JudgeError: the process has ended.
        """
        tree = self.ask({"path": str(path.absolute())}, self.info.total_seconds + GRACE)
        return Result.from_json(tree["result"])

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send a line and read a line.

        Raises:
            JudgeError: none came in time.
        """
        assert self.process.stdin is not None and self.process.stdout is not None
        clock = threading.Timer(seconds, self.process.kill)
        clock.daemon = True
        clock.start()
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            self.close()
            raise JudgeError(
                f"the process that runs the checks ended, or took more than {seconds:g} seconds: does a check use an "
                "answer without looking at it first?"
            ) from None
        finally:
            clock.cancel()

    def close(self) -> None:
        """End it; what it runs ends with it."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()


# ---- the folder of a run, for as long as it is alive ---------------------------------------------------------------


def own_folder() -> tuple[str, int | None]:
    """A new temporary folder, and what keeps it ours until we close it or end, however we end."""
    while True:
        path = tempfile.mkdtemp(prefix=TEMPORARY)
        lock = _lock(path, wait=True)
        if lock is None and not os.path.isdir(path):  # another run had taken it for an abandoned one
            continue
        os.chmod(path, 0o711)  # submissions under another user id pass through it
        return path, lock


def remove_abandoned() -> None:
    """Remove the temporary folders of our own runs that were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{TEMPORARY}*") if fcntl is not None else ():
        lock = _lock(str(path), wait=False)
        if lock is not None:
            clear(str(path))
            os.close(lock)


def _lock(path: str, wait: bool) -> int | None:
    """Lock a folder of our own; None where that cannot be had, or where the folder is not there any more."""
    if fcntl is None:
        return None
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        if os.fstat(folder).st_uid != os.geteuid():
            raise OSError
        fcntl.flock(folder, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        if not os.path.samestat(os.fstat(folder), os.lstat(path)):
            raise OSError
    except OSError:
        os.close(folder)
        return None
    return folder


# ---- grading a class -----------------------------------------------------------------------------------------------


class Run:
    """One run over a folder: where things are, and what is done already."""

    def __init__(self, folder: Path, assignment: str, out: Path, seed: int, rung: str | None) -> None:
        check_out(folder, out)
        self.out, self.seed, self.assignment = out, seed, assignment
        self.submissions = find_submissions(folder, [out])
        self.rung = rung or best_rung()
        self.hidden = [str(path.absolute()) for path in (folder, out)]
        if assignment.endswith(".py"):
            path = Path(assignment).absolute()
            self.hidden += [str(path), str(path.parent / "__pycache__")]
        self.judges: list[JudgeProcess] = []
        self.closed = False
        remove_abandoned()
        self.temporary, self.lock = own_folder()
        try:
            self.info = self.judge().info
            self.removed = self.take_over(check_same(out, self.info))
            for name in ("state", "reports"):
                (out / name).mkdir(exist_ok=True)
        except BaseException:
            self.close()
            raise

    def judge(self) -> JudgeProcess:
        """Another process that checks."""
        judge = JudgeProcess(self.assignment, self.seed, self.rung, self.hidden, self.temporary)
        self.judges.append(judge)
        if self.closed:
            judge.close()
        return judge

    def close(self) -> None:
        """End all processes; none is started any more."""
        self.closed = True
        for judge in self.judges:
            judge.close()
        shutil.rmtree(self.temporary, ignore_errors=True)
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def earlier(self, submission: Submission) -> Result | None:
        """The result of an earlier run, where nothing has changed since."""
        try:
            tree = json.loads((self.out / "state" / f"{submission.stem}.json").read_text(encoding="utf-8"))
            fits = tree["key"] == _key(_digest(submission), self.info, self.seed, self.rung)
            return Result.from_json(tree["result"]) if fits else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def grade(self, submission: Submission, judge: JudgeProcess) -> Result:
        """Grade one submission and write down what came of it."""
        if submission.path is None:
            result = nothing(self.info.questions, "no-file", submission.problem)
        else:
            result = judge.grade(submission.path)
        digest = result.digest or _digest(submission)
        tree = {
            "key": _key(digest, self.info, self.seed, self.rung), "student": submission.student,
            "result": result.to_json(),
        }  # fmt: skip
        if not result.needs_attention:  # else the next run tries again
            save_json(self.out / "state" / f"{submission.stem}.json", tree)
        return result

    def report(self, submission: Submission, result: Result) -> None:
        """Write the student's page."""
        _save_text(self.report_path(submission), student_page(submission.student, result, self.info))

    def report_path(self, submission: Submission) -> Path:
        """Where the student's page is."""
        return self.out / "reports" / f"{submission.stem}.html"

    def take_over(self, before: Mapping[str, str]) -> list[str]:
        """Note whose results there will be, and remove those of students who are not there any more; who these are."""
        students = {submission.stem: submission.student for submission in self.submissions}
        gone = {stem: student for stem, student in before.items() if stem not in students}
        for stem in gone:
            for path in (self.out / "reports" / f"{stem}.html", self.out / "state" / f"{stem}.json"):
                path.unlink(missing_ok=True)
        self.out.mkdir(parents=True, exist_ok=True)
        tree = {"assignment": self.info.name, "digest": self.info.fingerprint, "students": students}
        save_json(self.out / NOTE, tree)
        return sorted(gone.values())


def grade(
    folder: Path,
    assignment: str,
    out: Path,
    *,
    seed: int = 0,
    jobs: int | None = None,
    regrade: bool = False,
    rung: str | None = None,
    quiet: bool = False,
) -> Outcome:
    """Grade a folder of submissions; see :mod:`paflib.grading.assignment` for what ``assignment`` may be.

    What has been graded is kept when the run is stopped, and the same call goes on from there.

    Args:
        folder: Of the submissions.
        assignment: A name, a dotted name or a file.
        out: The folder for the results.
        seed: Of the class's hidden cases.
        jobs: How many submissions at a time; by default half as many as there are processors.
        regrade: Take nothing from an earlier run.
        rung: How submissions are protected; by default as well as this machine can.
        quiet: No progress bar.

    Raises:
        DataError: there is nothing to grade, or no such assignment, or no safe way to run submissions.
    """
    run = Run(folder, assignment, out, seed, rung)
    try:
        done = {} if regrade else _earlier(run)
        todo = [submission for submission in run.submissions if submission.stem not in done]
        results = {**done, **_grade_all(run, todo, jobs or max(1, (os.cpu_count() or 1) // 2), quiet)}
    finally:
        run.close()
    pairs = [(submission, results[submission.stem]) for submission in run.submissions]
    _save_text(out / "grades.csv", table(pairs, run.info))
    rows = [(submission.student, submission.stem, result) for submission, result in pairs]
    _save_text(out / "overview.html", overview_page(rows, run.info, run.rung))
    failed = [submission.student for submission, result in pairs if result.needs_attention]
    return Outcome(len(todo), len(done), failed, pairs, run.info, find_left_out(folder), run.removed)


def check_out(folder: Path, out: Path) -> None:
    """See that results can lie where they are wanted.

    Raises:
        DataError: it is a file, or the folder of the submissions.
    """
    if out.exists() and not out.is_dir():
        raise DataError(f"--out {out}: this is a file, wanted a folder")
    if out.resolve() == folder.resolve():
        raise DataError(f"--out {out}: this is the folder of the submissions; choose another for the results")


def check_same(out: Path, info: AssignmentInfo) -> dict[str, str]:
    """See that a folder holds no results of another assignment; whose results it holds, by what files are called.

    Raises:
        DataError: it does, or files of another origin that would be replaced.
    """
    remedy = "choose another folder, or remove this one first"
    try:
        tree = json.loads((out / NOTE).read_text(encoding="utf-8"))
        name, students = tree["assignment"], {_a_stem(stem): str(each) for stem, each in tree["students"].items()}
    except FileNotFoundError:
        if taken := [each for each in WRITTEN if (out / each).exists()]:
            raise DataError(f"--out {out}: {taken[0]} there is of no assignment that is known; {remedy}") from None
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise DataError(f"--out {out}: {NOTE} there is damaged; {remedy}") from None
    if name != info.name:
        name = clean(name, 100)
        raise DataError(f"--out {out}: the results there are of {name!r}, and this is {info.name!r}; {remedy}")
    return students


def _a_stem(text: str) -> str:
    if not re.fullmatch(r"[\w-][\w.-]*", text):  # it becomes the name of a file that is removed
        raise ValueError
    return text


def _earlier(run: Run) -> dict[str, Result]:
    found = {}
    for submission in run.submissions:
        result = run.earlier(submission)
        if result is not None:
            found[submission.stem] = result
            if not run.report_path(submission).is_file():  # stopped between the two
                run.report(submission, result)
    return found


def _grade_all(run: Run, todo: Sequence[Submission], jobs: int, quiet: bool) -> dict[str, Result]:
    """Grade in threads, each with a process that checks; the files are written here."""
    waiting: queue.SimpleQueue[Submission] = queue.SimpleQueue()
    finished: queue.SimpleQueue[tuple[Submission, Result | BaseException]] = queue.SimpleQueue()
    for submission in todo:
        waiting.put(submission)
    for number in range(min(jobs, len(todo))):
        judge = run.judges[0] if number == 0 else None
        threading.Thread(target=_work, args=(run, judge, waiting, finished.put), daemon=True).start()
    results = {}
    with tqdm(total=len(todo), desc="grade", unit="submission", disable=quiet or not todo) as bar:
        for _ in todo:
            submission, result = finished.get()
            if isinstance(result, BaseException):
                raise result
            run.report(submission, result)
            results[submission.stem] = result
            bar.set_postfix_str(submission.student, refresh=False)
            bar.update()
    return results


def _work(
    run: Run,
    judge: JudgeProcess | None,
    waiting: queue.SimpleQueue[Submission],
    give: Callable[[tuple[Submission, Result | BaseException]], None],
) -> None:
    """Grade what waits until nothing does; a judge that ended is replaced."""
    while not run.closed:
        try:
            submission = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            judge = judge or run.judge()
            give((submission, run.grade(submission, judge)))
        except JudgeError as error:
            judge = None
            give((submission, nothing(run.info.questions, "not-graded", str(error))))
        except BaseException as error:  # a full disk: for the thread that waits
            give((submission, error))


# ---- files ---------------------------------------------------------------------------------------------------------


def _save_text(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def table(results: Sequence[tuple[Submission, Result]], info: AssignmentInfo) -> str:
    """The table of points as CSV, one row for each student; no cell of it is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["student", "total", *(question.name for question in info.questions), "remarks"])
    for submission, result in results:
        points = [f"{each.points:g}" for each in result.questions]
        remarks = clean(" | ".join(result.remarks()), 2000)
        writer.writerow([_cell(submission.student), f"{result.total:g}", *points, _cell(remarks)])
    return text.getvalue()


def _cell(text: str) -> str:
    """A text that a spreadsheet takes for a text, also one that takes semicolons for the ends of cells.

    >>> _cell("=cmd|' /C calc'!A0"), _cell("  -1+1"), _cell("Ann\\nLee"), _cell("no;=cmd()")
    ("'=cmd|' /C calc'!A0", "'-1+1", 'Ann Lee', "no;'=cmd()")
    """
    text = re.sub(r"""(;[\s"']*)(?=[=+\-@＝＋－＠])""", r"\1'", " ".join(text.split()))
    return "'" + text if text[:1] in tuple("=+-@＝＋－＠") else text
