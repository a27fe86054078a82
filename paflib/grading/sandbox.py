"""A process for one submission: how it is started and protected here, talked to, and ended.

How much it is kept from depends on the system. The *rungs*, from the highest:

- ``jail-root``: Linux namespaces made with root's rights; the submission runs under a user id that nobody else has.
- ``jail-user``: the same namespaces inside a user namespace, which an ordinary user may open on most systems.
- ``other-user``: no namespaces; root changes to a user id that nobody else has.
- ``same-user``: limits and a process group only; the submission has the grader's rights.
- ``child-process``: not even those (Windows).

:func:`best_rung` tries them. What each protects is :func:`protections`.
"""

from __future__ import annotations

import contextlib
import functools
import io
import itertools
import json
import os
import queue
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

import paflib
from paflib.errors import DataError
from paflib.fetching import data_folder
from paflib.grading import jail
from paflib.grading.limits import Limits
from paflib.grading.warden import JAILS
from paflib.grading.wire import TornError, WireError, read_frame, write_frame

START = 60.0  # seconds for an interpreter and NumPy on a busy machine
GRACE = 1.0  # seconds that a limit inside the process is ahead of the grader's own
USERS = range(61184, 65520)  # ids that systems keep for services that come and go
ROOT = str(Path(paflib.__file__).resolve().parents[1])
ANSWERS = (("checks",), ("grading", "assignments"))
"""Folders of the package that no submission sees: the checks work out the right answers."""

_WARDEN = "import sys; sys.path.append({root!r}); from paflib.grading.warden import main; main()"
_WORKER = """
import sys
sys.path[:] = [path for path in sys.path if path]
site = [i for i, path in enumerate(sys.path) if path.endswith("-packages")]
sys.path.insert(site[0] if site else len(sys.path), {root!r})
sys.path += [path for path in {site!r} if path not in sys.path]
from paflib.grading.worker import main
main()
"""


class StoppedError(Exception):
    """The submission's process was stopped or has ended: ``diagnosis`` is a slug, ``message`` says what was running."""

    def __init__(self, diagnosis: str, message: str) -> None:
        super().__init__(message)
        self.diagnosis, self.message = diagnosis, message


class SandboxError(DataError):
    """A sandbox cannot be made here; the message says why and what helps."""


# ---- rungs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Protection:
    """One thing that submissions are kept from, or not, and how."""

    what: str
    active: bool
    how: str


@functools.cache
def best_rung() -> str:
    """The highest rung that holds on this machine, found by starting a sandbox on each.

    Raises:
        SandboxError: none holds, or only ``same-user`` does and we are root.
    """
    reasons = []
    for rung in _rungs():
        try:
            with Sandbox(Limits(), rung):
                return rung
        except (SandboxError, StoppedError) as error:
            reasons.append(f"{rung}: {error}")
    raise SandboxError(
        "submissions cannot be run safely here, and as root they would own the machine; grade as an ordinary user, or "
        f"allow namespaces (in a container: the capability SYS_ADMIN). Tried {'; '.join(reasons)}"
    )


def _rungs() -> tuple[str, ...]:
    if os.name != "posix":
        return ("child-process",)
    linux = sys.platform.startswith("linux")
    if os.geteuid() == 0:  # same-user would be root itself
        return ("jail-root", "jail-user", "other-user") if linux else ()
    return ("jail-user", "same-user") if linux else ("same-user",)


def protections(rung: str) -> list[Protection]:
    """What is active on a rung, in the words of the class overview."""
    jailed, other, posix = rung in JAILS, rung in ("jail-root", "other-user"), rung != "child-process"
    linux = sys.platform.startswith("linux")
    kernel = "limits of the kernel" if posix else "no limit"
    memory = "a limit for each process and, measured, for all together" if linux else "no limit that holds"
    hidden = linux and posix and jail.can_filter()
    loose = "the kernel refuses to make any (memfd, shared segments); pipes and sockets count by their number"
    loose = loose if hidden else "bounded only by the number of open files times the largest file"
    files = "as open as they are to everybody" if other else "it has the rights of the person who grades"
    files = "it sees the interpreter, its packages and paflib, read-only, and one empty folder" if jailed else files
    killed = "its processes are found and killed, except one that ends its supervisor first" if linux else "not found"
    killed = "every process of its user id is killed" if other else killed
    killed = "the kernel ends them with it (PID namespace)" if jailed else killed
    ours = "of another user id" if other else "it may signal them"
    return [
        Protection("points and hidden cases", True, "they are in another process; only plain values come back from it"),
        Protection("time", True, "limits for a cell, a call and the whole submission"),
        Protection("memory", linux, memory),
        Protection("memory that belongs to no process", hidden, loose),
        Protection("file sizes and open files", posix, kernel),
        Protection("disk space", jailed, "its folder is in memory, of limited size" if jailed else "no limit in all"),
        Protection("other files", jailed or other, files),
        Protection("network", jailed, "it has none (network namespace)" if jailed else "it is open to it"),
        Protection("processes of the grader and of others", jailed or other, "invisible" if jailed else ours),
        Protection("processes that it leaves behind", jailed or other, killed),
    ]


# ---- what a submission may see -------------------------------------------------------------------------------------


def interpreter_paths() -> list[str]:
    """Files and folders that this interpreter, its packages and ``paflib`` need; no folder of anything else."""
    paths = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.join(ROOT, "paflib"), *_site(), *_links()}
    paths.add(str(data_folder()))
    paths.update(folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder)
    return sorted(path for path in paths if os.path.isabs(path) and os.path.realpath(path) != "/")


def _answers() -> list[str]:
    """Where the checks are: in the package that runs, and in others that may be installed beside it."""
    return [os.path.join(base, "paflib", *place) for base in (ROOT, *_site()) for place in ANSWERS]


def _site() -> list[str]:
    return [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")]


def _links() -> list[str]:
    """The interpreter, and every link on the way to it."""
    found = [os.path.abspath(sys.executable)]
    while os.path.islink(found[-1]) and len(found) < 20:
        found.append(os.path.normpath(os.path.join(os.path.dirname(found[-1]), os.readlink(found[-1]))))
    return found


def environment() -> dict[str, str]:
    """The environment of a submission: nothing of ours; one thread each, so that results and times repeat."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    threads = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA", "VECLIB_MAXIMUM")
    return {
        **kept,
        **{f"{name}_NUM_THREADS": "1" for name in threads},
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "USER": "student",
        "LOGNAME": "student",
        "MPLBACKEND": "Agg",
        "PYTHONHASHSEED": "0",
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
    }


_count = itertools.count()


def _free_user() -> int:
    """A user id that no process has, and that graders beside this one do not come to at the same time."""
    used = set()
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        with contextlib.suppress(OSError):
            used.add(os.stat(f"/proc/{name}").st_uid)
    start = os.getpid() * 31 + next(_count)
    return next(user for i in range(len(USERS)) if (user := USERS[(start + i) % len(USERS)]) not in used)


# ---- the process ---------------------------------------------------------------------------------------------------


class Sandbox:
    """A running process that holds a submission's namespace; a context manager that ends it.

    Attributes:
        rung: How it is protected.
        output: What it printed first, up to ``limits.output`` bytes.
        printed: Bytes that it printed in all.
    """

    def __init__(
        self, limits: Limits, rung: str | None = None, readable: Iterable[str] = (), hidden: Iterable[str] = ()
    ) -> None:
        self.limits, self.rung = limits, rung or best_rung()
        self.output, self.printed = b"", 0
        self._extra, self._hidden = list(readable), list(hidden)
        self._fate: dict[str, Any] = {}
        self._answers: queue.Queue[Any] = queue.Queue(1)  # the reader waits: no more than two answers are ever held
        self._requests: queue.Queue[Any] = queue.Queue()
        self._told = threading.Event()
        self._life = -1
        self._threads: list[threading.Thread] = []
        self.ended: StoppedError | None = None

    def __enter__(self) -> Sandbox:
        self.folder = tempfile.mkdtemp(prefix="paflib-")
        try:
            self._start()
            self.request({"do": "hello"}, (), START, "while it was starting")
        except StoppedError as error:
            self.close()
            raise SandboxError(f"the sandbox {self.rung} did not start: {self._fate.get('failed', error)}") from error
        except OSError as error:
            self.close()
            raise SandboxError(f"the sandbox {self.rung} did not start: {error}") from error
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        program = [sys.executable, "-s", "-u", "-c", _WORKER.format(root=ROOT, site=_site())]
        status = None
        if self.rung == "child-process":
            self._told.set()
            self.process = self._popen(program, cwd=self.folder, env={**environment(), **self._places()})
        else:
            status = self._start_warden(program)
        jobs: list[tuple[Any, ...]] = [(self._drain,), (self._write,), (self._read,)]
        jobs += [(self._listen, status)] if status is not None else []
        self._threads = [threading.Thread(target=job[0], args=job[1:], daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()

    def _places(self) -> dict[str, str]:
        return dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), self.folder)

    def _popen(self, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, **options)

    def _start_warden(self, program: Sequence[str]) -> IO[bytes]:
        life, self._life = os.pipe()
        status, telling = os.pipe()
        command = [sys.executable, "-I", "-S", "-c", _WARDEN.format(root=ROOT), str(life), str(telling)]
        self.process = self._popen(
            command, cwd="/", env=environment(), pass_fds=(life, telling), start_new_session=True
        )
        os.close(life)
        os.close(telling)
        with contextlib.suppress(BrokenPipeError):  # it died at once, which its status says
            os.write(self._life, json.dumps(self._config(program)).encode() + b"\n")
        return os.fdopen(status, "rb")

    def _config(self, program: Sequence[str]) -> dict[str, Any]:
        user = _free_user() if self.rung in ("jail-root", "other-user") else None
        if self.rung == "other-user" and user is not None:
            os.chown(self.folder, user, user)
        return {
            **asdict(self.limits),
            "rung": self.rung,
            "program": list(program),
            "environment": environment(),
            "folder": self.folder,
            "user": user,
            "readable": [*interpreter_paths(), *self._extra],
            "hidden": [*_answers(), *self._hidden],
        }

    # ---- the pipes, each with a thread of its own

    def _write(self) -> None:
        stream = self.process.stdin
        assert stream is not None
        with contextlib.suppress(OSError, ValueError):
            while (frame := self._requests.get()) is not None:
                stream.write(frame)
                stream.flush()
        with contextlib.suppress(OSError):
            stream.close()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        with stream:
            try:
                while (frame := read_frame(stream, self.limits.answer)) is not None:
                    self._offer(frame)
                self._offer(None)
            except WireError as error:
                self._offer(error)
            except MemoryError as error:
                self._offer(error)
            except (OSError, ValueError) as error:
                self._offer(TornError(str(error)))

    def _offer(self, item: Any) -> None:
        """Hand an answer over, unless nobody will ask any more."""
        while not self.ended:
            with contextlib.suppress(queue.Full):
                self._answers.put(item, timeout=0.2)
                return

    def _drain(self) -> None:
        """Read on when enough is kept, so that whoever prints is not held up."""
        stream = self.process.stderr
        assert stream is not None
        with stream, contextlib.suppress(OSError, ValueError):
            while chunk := os.read(stream.fileno(), 1 << 16):
                self.output += chunk[: self.limits.output - len(self.output)]
                self.printed += len(chunk)

    def _listen(self, status: IO[bytes]) -> None:
        with status, contextlib.suppress(OSError, ValueError):
            for line in status:
                self._fate.update(json.loads(line))
        self._told.set()

    # ---- asking

    def request(
        self, message: dict[str, Any], arrays: Sequence[np.ndarray], seconds: float, doing: str
    ) -> tuple[dict[str, Any], bytes]:
        """Send a request and wait for its answer.

        Raises:
            StoppedError: the process has ended, was stopped because it took longer, or wrote something that is no
                answer. It is over then.
            UnsendableError: the request is too large.
        """
        if self.ended:
            raise self.ended
        nonce, frame = secrets.token_hex(8), io.BytesIO()
        write_frame(frame, {**message, "nonce": nonce}, arrays)
        self._requests.put(frame.getvalue())
        return self._answer(nonce, seconds, doing)

    def _answer(self, nonce: str, seconds: float, doing: str) -> tuple[dict[str, Any], bytes]:
        try:
            frame = self._answers.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            raise self.stop("time-limit", f"it was stopped {doing}, after {seconds:.3g} s") from None
        if isinstance(frame, tuple):
            header, payload = frame
            if isinstance(header, dict) and header.pop("nonce", None) == nonce:
                return header, payload
            frame = WireError("it answers another question")
        raise self._lost(frame, doing)

    def _lost(self, frame: WireError | MemoryError | None, doing: str) -> StoppedError:
        """The pipe broke: because something else was written to it, or because the process ended."""
        if isinstance(frame, MemoryError):
            return self.stop("answer-size", f"it was stopped {doing}: the grader had no memory for its answer")
        if frame is not None and not isinstance(frame, TornError):
            return self.stop("broken-channel", f"it disturbed the pipe to the grader {doing}: {frame}")
        if self.rung == "child-process":
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self.process.wait(1)
                self._fate = {"exit": code} if code >= 0 else {"signal": -code}
        else:
            self._told.wait(2)
        fate = self._fate
        if fate.get("stopped") == "memory":
            held = f"{fate['used'] >> 20} MiB, and {self.limits.memory >> 20} MiB are allowed"
            return self.stop("memory-limit", f"it was stopped {doing}: it held {held}")
        if fate.get("stopped") == "processes":
            count = f"{fate['used']} processes, and {self.limits.processes} are allowed"
            return self.stop("process-limit", f"it was stopped {doing}: it had {count}")
        if fate.get("signal", 0) == getattr(signal, "SIGXCPU", -1):
            return self.stop("time-limit", f"it was stopped {doing}: it used more processor time than allowed")
        if "signal" in fate:
            return self.stop("crashed", f"its process was ended by {_signal(fate['signal'])} {doing}")
        if "exit" in fate:
            return self.stop("quit", f"its process ended itself with exit code {fate['exit']} {doing}")
        return self.stop("broken-channel", f"it closed the pipe to the grader, or ended its supervisor, {doing}")

    def stop(self, diagnosis: str, message: str) -> StoppedError:
        """End the process and remember why."""
        self.ended = StoppedError(diagnosis, message)
        self.close()
        return self.ended

    # ---- ending

    def close(self) -> None:
        """End the process and everything that it started, and remove its folder; harmless when it is over."""
        self.ended = self.ended or StoppedError("quit", "its process has ended")
        self._requests.put(None)
        if self._life >= 0:
            os.close(self._life)
            self._life = -1
        if hasattr(self, "process"):
            self._finish(self.process)
        with contextlib.suppress(OSError):
            shutil.rmtree(self.folder)

    def _finish(self, process: subprocess.Popen[bytes]) -> None:
        if self.rung == "child-process":
            process.kill()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for thread in self._threads[:1]:  # the last of what it printed
            thread.join(1)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
