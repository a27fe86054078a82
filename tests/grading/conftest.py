"""What the tests of the grader share."""

import os
import tempfile
from pathlib import Path

import pytest

from paflib.grading.limits import Limits
from paflib.grading.sandbox import Sandbox, SandboxError, best_rung
from paflib.grading.warden import JAILS

RUNGS = ("jail-root", "jail-user", "other-user", "same-user")


WITH_SUBMISSIONS = ("test_grade", "test_hostile", "test_large_answers", "test_sandbox")


def holds(rung: str) -> bool:
    """Whether a rung works here."""
    try:
        with Sandbox(Limits(), rung):
            return True
    except SandboxError:
        return False


@pytest.fixture(scope="module", autouse=True)
def somewhere_to_run(request):
    """Skip what runs submissions where nothing would protect root from them."""
    if request.module.__name__.rpartition(".")[2] in WITH_SUBMISSIONS:
        try:
            best_rung()
        except SandboxError as error:
            pytest.skip(str(error))


@pytest.fixture(params=RUNGS)
def rung(request):
    """Every rung that works here; the code that runs on it in these tests does no harm."""
    if not holds(request.param):
        pytest.skip(f"{request.param} does not hold on this machine")
    return request.param


@pytest.fixture
def jail():
    """The rung of this machine, where it is a jail."""
    if best_rung() not in JAILS:
        pytest.skip("this machine allows no namespaces")
    return best_rung()


def processes(mark: str) -> list[int]:
    """The processes with a word in their command line, but for this one."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                if mark in Path(f"/proc/{name}/cmdline").read_bytes().decode(errors="replace"):
                    found.append(int(name))
            except OSError:
                continue
    return found


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def open_folder():
    """A temporary folder that every user may pass through, as pytest's may not be."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o711)
        yield Path(name)
