"""Every twin runs as a reader runs it: in an empty environment, outside the repository, by its own set-up cell.

The environment has what Colab has before a chapter is opened: Python, a kernel, and torch. It is the pinned one, taken
first and alone as `scripts/environment.py` does, because a bare range would bring gigabytes of CUDA packages. All else
is installed by the set-up cell of the first twin that runs, with paflib's own loose ranges and from PAFLIB_SOURCE,
which names this checkout. All twins share the environment, and it does not matter which of them is the first.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from paflib.model.zoo import ZOO
from scripts import book, environment, notebooks
from tests.book.test_appendix import QUESTIONS, blocks

pytestmark = pytest.mark.slow

NOT_A_READERS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_CONSTRAINT", "MPLBACKEND", "JUPYTER_PATH")
SECONDS_A_CELL = 900  # the set-up cell of the first twin installs everything
NO_TORCH = 'raise ImportError("a chapter that uses torch must name its network in `fetch`, in the head of the page")\n'
WHERE = "import paflib\nprint(paflib.__file__)"


def chapter_names() -> list[str]:
    """The pages that have a twin, by their paths from the root."""
    return [page.relative_to(book.ROOT).as_posix() for page in book.chapters(book.ROOT) if notebooks.is_notebook(page)]


def needs_torch(chapter: str) -> bool:
    """Whether a chapter runs a network: it names one among the files it needs, or trains one of its own."""
    trains = re.search(r"^import torch$", (book.ROOT / chapter).read_text(encoding="utf-8"), re.MULTILINE) is not None
    return trains or bool(set(book.needed_files(book.ROOT / chapter)) & set(ZOO))


CHAPTERS = chapter_names()
WITHOUT_TORCH = [chapter for chapter in CHAPTERS if not needs_torch(chapter)]


@dataclass(frozen=True)
class Reader:
    """Somebody's Python, and the folder in which they work."""

    python: Path
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a shell in which that Python is the first."""
        kept = {name: value for name, value in os.environ.items() if name not in NOT_A_READERS}
        path = os.pathsep.join((str(self.python.parent), kept.get("PATH", os.defpath)))
        # Compiling ten thousand files that are never imported takes a third of the installation's time.
        return kept | {"PATH": path, "PAFLIB_SOURCE": str(book.ROOT), "PIP_NO_COMPILE": "1"}

    def pip(self, *arguments: str) -> None:
        """Install something, or fail with what pip said."""
        command = [str(self.python), "-m", "pip", "install", "--quiet", "--no-input", *arguments]
        done = subprocess.run(command, env=self.environment, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"

    def run(self, text: str, name: str) -> list[str]:
        """Run a notebook from top to bottom and fail with the cell that stops; what each code cell printed."""
        import nbformat
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import AsyncKernelManager
        from nbclient import NotebookClient

        kernel = self.folder / "kernels" / "reader" / "kernel.json"
        kernel.parent.mkdir(parents=True, exist_ok=True)
        command = [str(self.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        kernel.write_text(json.dumps({"argv": command, "display_name": "reader", "language": "python"}))
        specs = KernelSpecManager(kernel_dirs=[str(kernel.parent.parent)])
        manager = AsyncKernelManager(kernel_name="reader", kernel_spec_manager=specs)
        notebook = nbformat.reads(text, as_version=4)
        client = NotebookClient(notebook, km=manager, timeout=SECONDS_A_CELL)
        stopped: Exception | None = None
        try:
            client.execute(cwd=str(self.folder), env=self.environment)
        except Exception as error:
            stopped = error
        if stopped is not None:  # not in the handler, where pytest would show both errors
            pytest.fail(complaint(name, notebook, stopped), pytrace=False)
        return [printed(cell) for cell in notebook.cells if cell.cell_type == "code"]


def complaint(name: str, notebook, error: Exception) -> str:
    """Which chapter's which cell stopped, and why, in a few lines without colours."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    failed = [n for n, cell in enumerate(cells) if any(output.output_type == "error" for output in cell.outputs)]
    last = max((n for n, cell in enumerate(cells) if cell.execution_count), default=0)
    number = failed[0] if failed else last
    reason = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()
    head = f"{name}: code cell {number + 1} of {len(cells)} stops:"
    return "\n".join([head, cells[number].source, "", *reason[-15:]])


def printed(cell) -> str:
    """What a code cell wrote to its standard output."""
    return "".join(output.text for output in cell.outputs if output.get("name") == "stdout")


def new_reader(python: list[str], folder: Path) -> Reader:
    """An empty virtual environment of a Python, and a folder to work in beside it."""
    venv, work = folder / "venv", folder / "work"
    work.mkdir()
    variables = {name: value for name, value in os.environ.items() if name not in NOT_A_READERS}
    subprocess.run([*python, "-m", "venv", str(venv)], env=variables, check=True)
    return Reader(environment.venv_python(venv), work)


def pretend_torch(reader: Reader) -> None:
    """Tell pip that torch is there, and Python that it cannot be used."""
    command = [str(reader.python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", (book.ROOT / "constraints.txt").read_text(), re.MULTILINE))
    (site / "torch.py").write_text(NO_TORCH)
    record = site / f"torch-{pins['torch']}.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {pins['torch']}\n")


def pythons_312() -> list[str]:
    """Where a Python 3.12 may be: the first on the path, which may be pyenv's command, and those that pyenv has."""
    command = shutil.which("python3.12")
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    own = sorted(root.glob("versions/3.12.*/bin/python3.12"), reverse=True)
    return [*([command] if command else []), *map(str, own)]


def python_312() -> str | None:
    """The path of a Python 3.12 that works and can make environments."""
    code = "import sys, venv, ensurepip; assert sys.version_info[:2] == (3, 12); print(sys.executable)"
    for command in pythons_312():
        found = subprocess.run([command, "-c", code], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.strip()
    return None


@pytest.fixture(scope="module")
def twins() -> dict[str, str]:
    """The twins as `make notebooks` writes them, by chapter; another test holds the files to be just these."""
    written = notebooks.twins()
    return {path.with_suffix(".md").relative_to(book.ROOT).as_posix(): text for path, text in written.items()}


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> Reader:
    """A reader with this Python and with torch."""
    someone = new_reader([sys.executable], tmp_path_factory.mktemp("reader"))
    someone.pip("-c", str(book.ROOT / "constraints.txt"), "torch")
    someone.pip("ipykernel")
    return someone


@pytest.fixture(scope="module")
def reader_312(tmp_path_factory) -> Reader:
    """A reader with Python 3.12 and no torch."""
    python = python_312()
    if python is None:
        pytest.skip("there is no python3.12 here: install it to run the chapters without torch on it as well")
    someone = new_reader([python], tmp_path_factory.mktemp("reader-312"))
    pretend_torch(someone)
    someone.pip("ipykernel")
    return someone


def with_question(text: str) -> str:
    """A notebook with one more cell, which tells where paflib was taken from."""
    notebook = json.loads(text)
    notebook["cells"].append(
        {"cell_type": "code", "id": "where", "metadata": {}, "outputs": [], "execution_count": None, "source": WHERE}
    )
    return json.dumps(notebook)


def check(reader: Reader, text: str, chapter: str) -> None:
    """Run a twin, and see that it ran on the paflib it installed and not on the checkout."""
    assert book.ROOT not in [reader.folder, *reader.folder.parents]
    place = Path(reader.run(with_question(text), chapter)[-1].strip())
    assert reader.python.parent.parent in place.parents, f"{chapter} ran on {place}"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_twin_runs_in_an_empty_environment(chapter, reader, twins):
    check(reader, twins[chapter], chapter)


def test_some_chapters_need_no_torch():
    """Those that need a network's fields of single frames take the stored ones: the tests below are not empty."""
    assert {Path(chapter).stem for chapter in WITHOUT_TORCH} >= {
        "affinity-fields", "line-integrals", "matching", "assembly"
    }  # fmt: skip


@pytest.mark.parametrize("chapter", WITHOUT_TORCH)
def test_chapters_without_a_network_run_without_torch_on_python_312(chapter, reader_312, twins):
    check(reader_312, twins[chapter], chapter)


def test_the_answers_of_the_appendix_run_without_torch_on_python_312(reader_312):
    code = [block.code for block in blocks(QUESTIONS) if not block.uses_torch]
    set_up = notebooks.set_up_cell(book.repository_url(), [], glued=False)
    text = notebooks.notebook([("code", source, {}) for source in (set_up, *code)])
    check(reader_312, text, "book/appendix/questions.md")


def test_a_chapter_that_uses_torch_and_does_not_say_so_is_told(reader_312):
    with pytest.raises(pytest.fail.Exception, match="must name its network in `fetch`"):
        reader_312.run(notebooks.notebook([("code", "import torch", {})]), "book/secretive.md")


def test_a_cell_that_fails_is_reported_with_its_chapter_and_its_error(tmp_path):
    cells = [("code", "a = 1", {}), ("markdown", "Text.", {}), ("code", "b = 2\na / 0", {}), ("code", "c = 3", {})]
    with pytest.raises(pytest.fail.Exception) as failure:
        Reader(Path(sys.executable), tmp_path).run(notebooks.notebook(cells), "book/broken.md")
    first, *rest = str(failure.value).splitlines()
    assert first == "book/broken.md: code cell 2 of 3 stops:"
    assert rest[:2] == ["b = 2", "a / 0"]
    assert rest[-1] == "ZeroDivisionError: division by zero"
    assert "\x1b" not in str(failure.value)
