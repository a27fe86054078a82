"""The small process between the grader and a submission: it starts the submission, watches it, and ends all of it.

It is started with two descriptors. From the first it reads one line, what to run and how; after that the grader holds
the other end and writes nothing, so that its end means: stop. On the second it says in lines of JSON what became of the
submission: ``failed`` (it could not be started, and why), ``stopped`` (``memory`` or ``processes``, and how much),
``exit`` (its code) or ``signal``. Only the standard library is used, and nothing is read that a submission wrote.

How it is run is a *rung*; :mod:`paflib.grading.sandbox` picks the highest that holds.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from paflib.grading import jail

if sys.platform != "win32":  # where there is no warden, but its documentation is read
    import resource

INTERVAL = 0.1  # seconds between two looks at the memory
DOUBTS = 10  # looks in a row at a memory that cannot be measured in time; then it is too large
JAILS = ("jail-root", "jail-user")
"""Rungs with namespaces."""


def main() -> None:
    """Run what the line on the first descriptor says; the arguments are the two descriptors."""
    life, status = int(sys.argv[-2]), int(sys.argv[-1])
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(life, 1 << 16) or b"\n"
    Warden(json.loads(line), life, status).run()


class Warden:
    """One submission: its configuration, the descriptors, and the process that stands for all of it."""

    def __init__(self, config: dict[str, Any], life: int, status: int) -> None:
        self.config, self.life, self.status = config, life, status
        self.jailed = config["rung"] in JAILS
        self.linux = sys.platform.startswith("linux")
        self.child, self.doubts = 0, 0

    def run(self) -> None:
        """Start, watch, end, clear away."""
        try:
            fate = self.start()
        except OSError as error:
            self.say(failed=str(error))
        else:
            self.watch(fate)
            self.end()
        clear(self.config["folder"])

    def say(self, **words: Any) -> None:
        """One line to the grader, which may have gone."""
        with contextlib.suppress(OSError):
            os.write(self.status, json.dumps(words).encode() + b"\n")

    # ---- starting

    def start(self) -> int:
        """Fork the submission, or the first process of its system; what is said of it comes out of the descriptor."""
        self.config["tasks"] = jail.tasks_of_user(os.getuid()) if self.linux and not self.config["user"] else 0
        if self.linux:
            jail.adopt_orphans()
        proc = None
        if self.jailed:
            proc = os.open("/proc", os.O_RDONLY)
            jail.leave_system(proc, as_root=self.config["rung"] == "jail-root")
        fate, writing = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            os.close(fate)
            for descriptor in (self.life, self.status):
                os.close(descriptor)
            self.first_process(writing, proc)
        os.close(writing)
        _let_go()
        with contextlib.suppress(OSError):  # root's way to stay ahead of a thousand processes
            os.setpriority(os.PRIO_PROCESS, 0, -10)
        return fate

    def first_process(self, fate: int, proc: int | None) -> NoReturn:
        """In a jail: build it, start the submission as its second process, collect what ends, and end with it."""
        try:
            # The first process of a namespace gets from inside it only signals for which it has a handler, so: none.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            if self.linux:
                jail.die_with_parent()
            if proc is None:
                self.become_submission(None)
            self.build()
            jail.hide_memory()
            worker = os.fork()
            if worker == 0:
                self.become_submission(proc)
            os.close(proc)
            _let_go()
            _tell(fate, _wait_for(worker))
        except BaseException as error:
            _tell(fate, {"failed": str(error) or type(error).__name__})
        os._exit(0)

    def build(self) -> None:
        """Make the file system of a jail and go into it."""
        config = self.config
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # of all, the kernel ends this first
        owner = config["user"] or jail.INSIDE
        jail.build(config["folder"], config["readable"], config["hidden"], config["disk"], owner)

    def become_submission(self, proc: int | None) -> NoReturn:
        """Limits, no rights, and the worker's interpreter in place of this one."""
        config = self.config
        home = jail.HOME if self.jailed else config["folder"]
        os.setsid()
        os.chdir(home)
        os.umask(0o077)
        self.limit()
        if self.linux:
            jail.become_nobody(config["user"], proc)
        os.makedirs("tmp", exist_ok=True)
        where = {"HOME": home, "TMPDIR": f"{home}/tmp", "PWD": home}
        os.execve(config["program"][0], config["program"], {**config["environment"], **where})

    def limit(self) -> None:
        """The kernel's limits, of which none can be raised again."""
        config = self.config
        wanted = {
            "RLIMIT_CORE": 0,
            "RLIMIT_FSIZE": config["file"],
            "RLIMIT_NOFILE": 256,
            "RLIMIT_CPU": int(config["total"]) + 5,
            # Private memory that may be written. Not the address space: of that torch reserves far more than it uses.
            "RLIMIT_DATA": config["memory"],
            "RLIMIT_NPROC": config["tasks"] + config["processes"],
        }
        for name, value in wanted.items():
            kind = getattr(resource, name, None)
            if kind is None:
                continue
            hard = resource.getrlimit(kind)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            with contextlib.suppress(OSError, ValueError):  # macOS refuses some
                resource.setrlimit(kind, (value, value))

    # ---- watching

    def watch(self, fate: int) -> None:
        """Until the submission ends, the grader wants it to end, or it has grown too large."""
        wake, waking = os.pipe()
        os.set_blocking(waking, False)
        signal.set_wakeup_fd(waking)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        listening = [self.life, fate, wake]
        over = False
        while not over:
            ready, _, _ = select.select(listening, [], [], INTERVAL)
            over = self.life in ready or self.ended() or self.too_large()
            if wake in ready:
                os.read(wake, 1 << 10)
            if fate in select.select([fate], [], [], 0)[0]:  # also what was said just before the end
                said = os.read(fate, 1 << 16)
                over = over or bool(said)
                if fate in listening and not said:
                    listening.remove(fate)
                with contextlib.suppress(OSError):
                    os.write(self.status, said)

    def ended(self) -> bool:
        """Collect what has ended; whether the submission, or its whole system, is among that."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if pid == 0:
                return False
            if pid == self.child:
                if not self.jailed:
                    self.say(**_words(status))
                return True

    def too_large(self) -> bool:
        """Whether the submission's processes are too many, or hold too much memory, together; then it is said."""
        if not self.linux:
            return False
        most = self.config["processes"] + 2
        found = [self.child, *jail.descendants(self.child, most + 1)]
        if len(found) > most:  # the kernel's own limit does not hold for root
            self.say(stopped="processes", used=len(found))
            return True
        used, sure = jail.used_memory(found, self.config["memory"])
        self.doubts = 0 if sure else self.doubts + 1
        over = used > self.config["memory"] and (sure or self.doubts == DOUBTS)
        if over:
            self.say(stopped="memory", used=used)
        return over

    # ---- ending

    def end(self) -> None:
        """Kill all of it and wait until nothing is left."""
        for _ in range(200):
            self.kill()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
                time.sleep(0.01)
                continue
            return  # no children, and orphans would be ours

    def kill(self) -> None:
        """One SIGKILL to everything that can be found."""
        found = jail.descendants(os.getpid()) if self.linux else [self.child]
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if not self.linux:
            with contextlib.suppress(OSError):
                os.killpg(self.child, signal.SIGKILL)
        if self.config["user"] and not self.jailed:
            _kill_user(self.config["user"])


def _kill_user(user: int) -> None:
    """Kill every process of a user id that only this submission has."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _wait_for(worker: int) -> dict[str, Any]:
    while True:
        pid, status = os.wait()
        if pid == worker:
            return _words(status)


def _words(status: int) -> dict[str, Any]:
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status)}
    return {"exit": os.WEXITSTATUS(status)}


def _tell(descriptor: int, words: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        os.write(descriptor, json.dumps(words).encode() + b"\n")


def clear(folder: str) -> None:
    """Remove a folder, whatever modes its folders were given."""
    for path, names, _ in os.walk(folder):
        for inner in (os.path.join(path, name) for name in names):
            if not os.path.islink(inner):  # the folder behind a link is not ours
                with contextlib.suppress(OSError):
                    os.chmod(inner, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _let_go() -> None:
    """Let go of the submission's pipes, which must end when it does."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
