"""A submission's process: calls and answers, limits, what is around it, and that it is gone afterwards."""

import errno
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from paflib.errors import DataError
from paflib.grading import jail as jails
from paflib.grading import sandbox as sandboxes
from paflib.grading.grade import JudgeProcess
from paflib.grading.limits import MIB, Limits
from paflib.grading.sandbox import (
    Sandbox,
    SandboxError,
    StoppedError,
    best_rung,
    environment,
    interpreter_paths,
    protections,
)
from paflib.grading.session import Session, StudentError
from tests.grading import toy
from tests.grading.conftest import RUNGS, holds, processes
from tests.grading.toy import QUICK

if sys.platform != "win32":
    import resource

SHELL = """
import os
import subprocess
def shell(command):
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    return done.stdout + done.stderr
"""
ECHO = "def echo(*values, **names):\n    return [*values, names]\n"


def started(*cells, names=("f",), limits=QUICK, rung=None, **options):
    session = Session(dict(enumerate(cells, 1)), names, limits, rung, **options)
    session.ensure()
    return session


def wait_for(condition, seconds=5):
    """See that something becomes true."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


# ---- calls and answers


def test_every_rung_that_holds_answers_calls(rung):
    with started(ECHO, names=["echo"], rung=rung) as session:
        array = np.arange(6, dtype=np.float32).reshape(2, 3)
        one, two, names = session.functions["echo"](array, (1, None, "a", float("inf")), scale=np.float64(2))
        assert one.dtype == np.float32
        assert np.array_equal(one, array)
        assert two == (1, None, "a", float("inf"))
        assert names == {"scale": 2.0}
        assert isinstance(names["scale"], np.float64)
        assert not session.stops


def test_tensors_go_as_tensors_and_come_back_as_arrays():
    torch = pytest.importorskip("torch")
    limits = replace(QUICK, cell=30, memory=2048 * MIB)
    cell = "import torch\ndef f(x):\n    assert torch.is_tensor(x)\n    return {'sum': x.sum(), 'all': (x * 2,)}"
    with started(cell, limits=limits) as session:
        got = session.functions["f"](torch.ones(3, dtype=torch.float64))
        assert got["sum"] == 3
        assert got["all"][0].tolist() == [2, 2, 2]
        assert isinstance(got["all"][0], np.ndarray)


def test_an_argument_that_a_function_changes_is_a_copy():
    with started("def f(a):\n    a[:] = 9\n    return a") as session:
        array = np.zeros(3)
        assert session.functions["f"](array).tolist() == [9, 9, 9]
        assert array.tolist() == [0, 0, 0]


def test_cells_share_a_namespace_and_one_that_fails_leaves_the_following():
    cells = (
        "%matplotlib inline\na = 1",
        "b = a +\n",
        "c = 1 / 0",
        "d = 5\nraise SystemExit",
        "def f():\n    return a, d",
    )
    with started(*cells) as session:
        assert session.functions["f"]() == (1, 5)
        words = [note.message for note in session.notes]
        assert words[0].startswith("cell 2 raised SyntaxError: invalid syntax")
        assert words[0].endswith("(cell 2, line 1: `b = a +`)")
        assert words[1] == "cell 3 raised ZeroDivisionError: division by zero (cell 3, line 1: `c = 1 / 0`)"
        assert words[2].startswith("cell 4 raised SystemExit")
        assert not session.stops


def test_the_namespace_is_main_as_in_a_notebook():
    cells = (
        "import pickle\nclass A:\n    pass",
        "def f():\n    return __name__, type(pickle.loads(pickle.dumps(A()))).__name__",
    )
    with started(*cells) as session:
        assert session.functions["f"]() == ("__main__", "A")


def test_what_is_defined_and_what_is_not():
    with started("f = 3\ndef g():\n    pass", names=["f", "g", "h"]) as session:
        assert session.defined == {"f": "int", "g": "function", "h": "missing"}


def test_an_error_names_the_student_s_own_line_and_is_of_the_builtin_kind():
    cell = "import numpy as np\ndef f(x):\n    if x:\n        return np.zeros(3).reshape(2, 2)\n    raise KeyError('k')"
    with started(cell) as session:
        with pytest.raises(ValueError, match="cannot reshape") as caught:
            session.functions["f"](True)
        assert isinstance(caught.value, StudentError)
        assert caught.value.diagnosis == "raises"
        assert caught.value.message.startswith("`f` raised ValueError: cannot reshape")
        assert caught.value.message.endswith("(cell 1, line 4: `return np.zeros(3).reshape(2, 2)`)")
        with pytest.raises(KeyError, match="`f` raised KeyError: 'k'"):
            session.functions["f"](False)
        assert session.failure is None


def test_a_check_that_sends_no_plain_value_is_the_check_s_fault():
    with (
        started("def f(x):\n    return 1") as session,
        pytest.raises(TypeError, match="the check calls f with a object"),
    ):
        session.functions["f"](object())


def test_paflib_can_be_imported_and_nothing_of_the_checkout_besides(jail):
    cell = "import paflib\nfrom paflib.fetching import data_folder\nimport os\n"
    cell += "def f():\n    root = os.path.dirname(os.path.dirname(paflib.__file__))\n"
    cell += "    return sorted(os.listdir(root)), (data_folder() / 'sources.toml').is_file()"
    with started(cell, rung=jail) as session:
        inside, data = session.functions["f"]()
        assert data
        if (Path(sandboxes.ROOT) / "pyproject.toml").is_file():
            assert set(inside) <= {"paflib", "data", ".venv"}


# ---- limits


def test_the_checks_do_nothing_and_their_answers_cannot_be_read(jail):
    """Neither by importing them, nor by looking for their files."""
    cell = """
from paflib import checks
import paflib.checks
from paflib.checks import check_confidence_map
from paflib.grading.assignments import capstone
def f(what):
    if what == "run":
        return [checks.run(check_confidence_map, f, ratio=0.5), paflib.checks.check_peaks(f), capstone.sheet(f)]
    import os
    here = os.path.dirname(paflib.__file__)
    if what == "files":
        places = [os.path.join(here, *place) for place in (("checks",), ("grading", "assignments"))]
        return [sorted(os.listdir(place)) for place in places]
    if what == "import":
        del __import__("sys").modules["paflib.checks"], paflib.checks
        from paflib.checks.confidence import check_summit
"""
    with started(cell, rung=jail, limits=replace(QUICK, cell=30)) as session:
        assert session.functions["f"]("run") == [None, None, None]
        assert session.functions["f"]("files") == [[], []]
        with pytest.raises(StudentError, match=r"No module named 'paflib\.checks\.confidence'"):
            session.functions["f"]("import")


def test_a_call_that_ends_its_process_loses_that_answer_and_no_other():
    with started("import os\ndef f(x):\n    return os._exit(3) if x else 1") as session:
        with pytest.raises(StoppedError, match="ended itself with exit code 3 in a call of `f`"):
            session.functions["f"](True)
        assert session.failure.diagnosis == "quit"
        with pytest.raises(StoppedError):  # it is over, and is not started again behind a check's back
            session.functions["f"](False)
        session.ensure()
        assert session.functions["f"](False) == 1


def test_a_cell_that_ends_the_process_is_left_out_and_three_are_too_many():
    deadly = "import os\nos._exit(1)"
    with started("a = 1", deadly, "b = 2", deadly, "def f():\n    return a, b") as session:
        assert session.functions["f"]() == (1, 2)
        assert [note.cell for note in session.notes] == [2, 4]
        assert "cell 2 was left out: its process ended itself" in session.notes[0].message
    with pytest.raises(StoppedError, match="3 of its cells end the process"):
        started(deadly, deadly, deadly)


def test_time_is_limited_in_a_cell_in_a_call_and_in_all():
    limits = replace(QUICK, call=0.3, cell=0.3, total=2.5)
    with started("while True:\n    pass", "def f():\n    while True:\n        pass", limits=limits) as session:
        assert session.stops[0].message.startswith("cell 1 was stopped: it was still running after 0.3 s (cell 1, line")
        with pytest.raises(StudentError, match=r"`f` was stopped: .* 0.3 s \(cell 2, line") as caught:
            session.functions["f"]()
        assert caught.value.diagnosis == "time-limit"
        assert session.failure.diagnosis == "time-limit"
        with pytest.raises(StoppedError, match=r"more than 2\.5 s in all") as stopped:
            for _ in range(30):
                with pytest.raises(StudentError):
                    session.functions["f"]()
        assert stopped.value.diagnosis == "total-time"
        with pytest.raises(StoppedError, match=r"more than 2\.5 s in all"):
            session.ensure()


def test_what_holds_memory_together_is_stopped_where_each_is_small(rung):
    if rung == "other-user" or not sys.platform.startswith("linux"):
        pytest.skip("measured on Linux")
    cell = (
        "import os, time\ndef f():\n    for _ in range(8):\n        if not os.fork():\n"
        "            held = b'x' * (60 << 20)\n            time.sleep(9)\n    time.sleep(9)"
    )
    limits = replace(QUICK, memory=300 * MIB, call=5)
    with started(cell, limits=limits, rung=rung) as session:
        begin = time.monotonic()
        with pytest.raises(StoppedError, match="and 300 MiB are allowed") as caught:
            session.functions["f"]()
        assert caught.value.diagnosis == "memory-limit"
        assert time.monotonic() - begin < 4


def test_memory_that_processes_share_counts_once(rung):
    if rung == "other-user" or not sys.platform.startswith("linux"):
        pytest.skip("measured on Linux")
    cell = (
        "import os, time\nheld = b'x' * (100 << 20)\ndef f():\n    children = []\n    for _ in range(5):\n"
        "        child = os.fork()\n        if not child:\n            time.sleep(0.6)\n            os._exit(0)\n"
        "        children.append(child)\n    return len([os.waitpid(child, 0) for child in children])"
    )
    with started(cell, limits=replace(QUICK, memory=300 * MIB, call=8), rung=rung) as session:
        assert session.functions["f"]() == 5


def test_an_answer_is_as_large_as_allowed_and_no_larger():
    limits = replace(QUICK, answer=8000)
    with started("import numpy as np\ndef f(n):\n    return np.zeros(n)", limits=limits) as session:
        assert session.functions["f"](1000).shape == (1000,)
        with pytest.raises(StudentError, match=r"`f` returned an array of shape \(1001,\)") as caught:
            session.functions["f"](1001)
        assert caught.value.diagnosis == session.failure.diagnosis == "answer-size"


def test_output_is_kept_to_its_limit_in_the_order_in_which_it_came():
    cell = "import os, sys\nprint('one')\nos.system('echo two')\nprint('three', file=sys.stderr)\nprint('\\udc80é' * 9)"
    with started(cell, limits=replace(QUICK, output=30)) as session:
        pass
    text, printed = session.output
    assert text == "one\ntwo\nthree\n\\udc80é\\udc80é"
    assert printed > 60


def test_the_grader_s_clock_and_memory_stand_when_nobody_reads():
    """A process that never reads its requests does not hold up the grader, however large they are."""
    limits = replace(QUICK, call=0.5)
    with started("import time\ndef f(x):\n    while True:\n        try:\n            time.sleep(9)\n"
                 "        except BaseException:\n            pass", limits=limits) as session:  # fmt: skip
        begin = time.monotonic()
        with pytest.raises(StoppedError):
            session.functions["f"](np.zeros(1 << 22))
        with pytest.raises(StoppedError):
            session.functions["f"](np.zeros(1 << 22))
        assert time.monotonic() - begin < 5


def test_the_kernel_s_own_limits_are_set_and_cannot_be_raised(rung):
    """Those that nothing else stands for when the warden is late."""
    if not sys.platform.startswith("linux"):
        pytest.skip("other systems refuse some")
    wanted = {"CORE": 0, "FSIZE": QUICK.file, "NOFILE": 256, "CPU": QUICK.total + 5, "DATA": QUICK.memory}
    cell = "import resource\ndef f(name):\n    return resource.getrlimit(getattr(resource, 'RLIMIT_' + name))"
    with started(cell, rung=rung) as session:
        for name, value in wanted.items():
            hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            assert session.functions["f"](name) == (value, value), name


def test_limits_must_be_positive():
    with pytest.raises(DataError, match="limit 'call' is 0, wanted a number above 0"):
        Limits(call=0)


# ---- what is around it


def test_a_jail_has_an_empty_home_and_one_writable_folder(rung):
    with started(SHELL, names=["shell"], rung=rung) as session:
        shell = session.functions["shell"]
        assert shell("ls -A $HOME").split() == ["tmp"]
        assert shell("echo $TMPDIR $(pwd)").split() == shell("echo $HOME/tmp $HOME").split()
        assert shell("echo x > file && cat file") == "x\n"
        environ = session.functions["shell"]("env")
        assert "PAFLIB" not in environ
        assert "PYTEST" not in environ
        if rung.startswith("jail"):
            writable = shell("find / -xdev -writable -type d 2>/dev/null").split()
            assert sorted(writable) == ["/dev/shm", "/sandbox"]
            mounts = [line.split() for line in shell("cat /proc/mounts").splitlines()]
            loose = {mount[1] for mount in mounts if "ro" not in mount[3].split(",")}
            assert loose == {f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "shm")} | {
                "/sandbox"
            }


def test_a_jail_has_no_rights_no_network_and_no_other_processes(rung):
    if not rung.startswith("jail"):
        pytest.skip("no jail")
    with started(SHELL, names=["shell"], rung=rung) as session:
        shell = session.functions["shell"]
        status = dict(line.split(":\t") for line in shell("cat /proc/self/status").splitlines() if ":\t" in line)
        assert {status[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
        assert status["NoNewPrivs"] == "1"
        assert shell("id -u") == "1000\n"
        assert [line.split(":")[0].strip() for line in shell("cat /proc/net/dev").splitlines()[2:]] == ["lo"]
        numbers = sorted(int(name) for name in shell("ls /proc").split() if name.isdigit())
        assert numbers[:2] == [1, 2]
        assert len(numbers) <= 4  # the first process, the submission, the shell, ls
        assert "denied" in shell("cat /proc/1/environ")
        assert "ailed" in shell("unshare -U true") or "No space" in shell("unshare -U true")
        assert "denied" in shell("mount -o remount,rw /") or "must be superuser" in shell("mount -o remount,rw /")
        assert shell("ulimit -H -c").strip() == "0"
        assert shell("cat /proc/self/oom_score_adj") == "1000\n"  # of all, the kernel ends this first


HIDDEN = """
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
WAYS = {
    "memfd": lambda: os.memfd_create("x"), "shm": lambda: libc.shmget(0, 1 << 20, 0o1600),
    "sem": lambda: libc.semget(0, 100, 0o1600), "msg": lambda: libc.msgget(0, 0o1600),
    "ring": lambda: libc.syscall(425, 8, 0),
    "buffer": lambda: socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20),
    "else": lambda: socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16),
}
def f():
    got = {}
    for name, way in WAYS.items():
        ctypes.set_errno(0)
        try:
            got[name] = ctypes.get_errno() if way() == -1 else 0
        except OSError as error:
            got[name] = error.errno
    return got
"""


def test_memory_that_nobody_counts_cannot_be_had(rung):
    if not jails.can_filter():
        pytest.skip("this kernel or processor has no filter of system calls that we know")
    with started(HIDDEN, rung=rung) as session:
        got = session.functions["f"]()
        assert got.pop("else") == 0
        assert set(got.values()) == {errno.ENOSYS}


def test_a_kernel_without_a_filter_is_said_to_protect_less(monkeypatch):
    def said():
        return {each.what: each.active for each in protections("jail-user")}["memory that belongs to no process"]

    monkeypatch.setattr(jails, "can_filter", lambda: False)
    assert not said()
    monkeypatch.setattr(jails, "can_filter", lambda: True)
    assert said() == sys.platform.startswith("linux")


def test_a_jail_leaves_the_system_s_own_settings(rung):
    setting = Path("/proc/sys/user/max_user_namespaces")
    if not setting.is_file():
        pytest.skip("Linux only")
    before = setting.read_text()
    with started("f = print", rung=rung):
        assert setting.read_text() == before


def test_a_submission_of_root_is_not_root(jail):
    if os.geteuid() != 0 or jail != "jail-root":
        pytest.skip("not root")
    with started("import time\ndef f():\n    time.sleep(0.5)", rung=jail) as session:
        mark = "paflib.grading.worker"
        owners = {os.stat(f"/proc/{pid}").st_uid for pid in processes(mark)}
        assert owners & set(sandboxes.USERS)
        session.functions["f"]()


def test_what_is_hidden_is_hidden_also_where_it_may_be_read(jail, tmp_path):
    course = tmp_path / "course"
    for name in ("open.txt", "secret.py", "submissions/ann.ipynb", "submissions/deep/x"):
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        (course / name).write_text(f"contents of {name}")
    hidden = [str(course / "secret.py"), str(course / "submissions"), str(course / "missing")]
    with started(SHELL, names=["shell"], rung=jail, readable=[str(course)], hidden=hidden) as session:
        shell = session.functions["shell"]
        assert shell(f"cat {course}/open.txt") == "contents of open.txt"
        assert shell(f"cat {course}/secret.py") == ""
        assert shell(f"ls -A {course}/submissions") == ""
        assert "Read-only" in shell(f"touch {course}/x")
    assert (course / "secret.py").read_text() == "contents of secret.py"
    with started(SHELL, names=["shell"], rung=jail, hidden=[str(course), sys.prefix + "/.."]) as session:
        assert "No such file" in session.functions["shell"](f"ls {course}")


def test_the_checks_of_another_copy_of_the_package_are_hidden_too(jail, tmp_path, monkeypatch):
    """As where the package is installed, and run from a checkout."""
    for place in sandboxes.ANSWERS:
        (tmp_path / "site-packages" / "paflib").joinpath(*place).mkdir(parents=True)
        (tmp_path / "site-packages" / "paflib").joinpath(*place, "answers.py").write_text("answers")
    monkeypatch.syspath_prepend(str(tmp_path / "site-packages"))
    with started(SHELL, names=["shell"], rung=jail) as session:
        found = session.functions["shell"](f"ls -R {tmp_path}")
        assert "checks" in found
        assert "answers.py" not in found


def test_links_to_the_interpreter_and_to_packages_are_followed(jail, tmp_path, monkeypatch):
    """As with a virtual environment whose interpreter is a link to a link, in a folder that is a link."""
    (tmp_path / "link").symlink_to(Path(sys.executable).parent)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "link" / Path(sys.executable).name))
    assert str(tmp_path / "link" / Path(sys.executable).name) in interpreter_paths()
    with started("import numpy\ndef f():\n    return numpy.__version__", rung=jail) as session:
        assert session.functions["f"]() == np.__version__


def test_the_environment_has_nothing_of_ours(monkeypatch):
    monkeypatch.setenv("API_TOKEN", "secret")
    assert "secret" not in str(environment())


# ---- the end


def test_nothing_is_left_of_it(rung, open_folder, monkeypatch):
    temporary, outside = open_folder / "temporary", open_folder / "outside"
    temporary.mkdir(mode=0o711)
    outside.mkdir(mode=0o755)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    mark = f"paflib-test-left-{os.getpid()}"
    cell = (
        "import os, subprocess, sys\n"
        f"command = [sys.executable, '-c', 'import time; time.sleep(999)', {mark!r}]\n"
        "for _ in range(3):\n    subprocess.Popen(command, start_new_session=True)\n"
        "if not os.fork():\n    os.setsid()\n    if not os.fork():\n        os.setsid()\n"
        "        os.execv(command[0], command)\n    os._exit(0)\n"
        f"os.makedirs('deep/er')\nos.symlink({str(outside)!r}, 'deep/link')\nos.chmod('deep', 0)\n"
        "def f():\n    return 1"
    )
    with started(cell, rung=rung) as session:
        assert session.functions["f"]() == 1
        wait_for(lambda: len(processes(mark)) == 4)
    assert processes(mark) == []
    assert list(temporary.iterdir()) == []
    assert outside.stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_a_grader_that_is_killed_takes_it_along(rung, tmp_path):
    mark = f"paflib-test-orphan-{os.getpid()}"
    code = (
        "from tests.grading.test_sandbox import started\n"
        f'cell = \'import os, sys; os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-c", "import time; '
        f'time.sleep(99)", "{mark}"])\'\n'
        f"session = started(cell, rung={rung!r})\nprint('up', flush=True)\nimport time; time.sleep(99)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as grader:
        try:
            assert grader.stdout is not None
            assert grader.stdout.readline() == "up\n"
            wait_for(lambda: set(processes(mark)) - {grader.pid})
        finally:
            grader.kill()
    wait_for(lambda: not processes(mark))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="orphans are adopted on Linux")
def test_what_ends_its_own_warden_is_found_by_the_judge(tmp_path):
    """Where a submission has the rights of the grader, and so the right to."""
    if not holds("same-user"):
        pytest.skip("same-user does not hold on this machine")
    mark = f"paflib-test-warden-{os.getpid()}"
    cell = (
        "import os, sys\nread, write = os.pipe()\nif not os.fork():\n    os.setsid()\n"
        f"    os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(999)', '{mark}'])\n"
        "os.close(write)\nos.read(read, 1)  # it has become the other program\nos.kill(os.getppid(), 9)"
    )
    judge = JudgeProcess("tests.grading.toy", 0, "same-user", [], str(tmp_path))
    try:
        result = judge.grade(toy.hand_in(tmp_path, "ann", cell, *toy.RIGHT))
        assert result.stops, result
        assert processes(mark) == []
    finally:
        judge.close()
        for pid in processes(mark):
            os.kill(pid, signal.SIGKILL)


JUDGE = """
import ctypes
from paflib.grading.assignment import Assignment, Question

def check(functions, seed):
    error = AssertionError()
    error.diagnosis, error.message = "dumpable", f"it is {ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)}"
    raise error

ASSIGNMENT = Assignment("a", "A", [Question("one", "One", 1, ["f"], check)])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's flag is Linux's")
def test_the_memory_of_the_process_with_the_hidden_cases_cannot_be_read(tmp_path):
    """Nor traced, by others of its user; what the kernel says of it is the same for root, who may do both anyway."""
    (tmp_path / "a.py").write_text(JUDGE)
    judge = JudgeProcess(str(tmp_path / "a.py"), 0, best_rung(), [], str(tmp_path))
    try:
        (question,) = judge.grade(toy.hand_in(tmp_path, "ann", "def f():\n    pass", assignment=None)).questions
    finally:
        judge.close()
    assert question.message == "it is 0"


# ---- rungs


def test_the_best_rung_holds_and_its_protections_are_said():
    assert holds(best_rung())
    for rung in (*RUNGS, "child-process"):
        said = {each.what: each.active for each in protections(rung)}
        assert said["points and hidden cases"]
        assert said["network"] == rung.startswith("jail")
        assert said["other files"] == (rung not in ("same-user", "child-process"))


def test_root_runs_nothing_where_nothing_protects_it(monkeypatch):
    monkeypatch.setattr(sandboxes, "_rungs", lambda: ("no-such-rung",))
    monkeypatch.setattr(sandboxes, "_WORKER", "raise SystemExit(1)")
    best_rung.cache_clear()
    try:
        with pytest.raises(SandboxError, match="grade as an ordinary user, or allow namespaces"):
            best_rung()
    finally:
        best_rung.cache_clear()
    monkeypatch.undo()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "same-user" not in sandboxes._rungs()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert sandboxes._rungs()[-1] == "same-user"


def test_a_sandbox_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr(sandboxes, "environment", lambda: {"PATH": ""})
    monkeypatch.setattr(sandboxes, "_WORKER", "raise SystemExit('no luck')")
    with pytest.raises(SandboxError, match=r"the sandbox .* did not start"), Sandbox(QUICK):
        pass
