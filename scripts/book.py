"""Build the book: fetch what its chapters need, execute them, write `_build/html`; quick when nothing has changed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from scripts import vendor

ROOT = Path(__file__).resolve().parent.parent
# What the chapters' results depend on besides their own cells: jupyter-cache looks at the cells only.
EXECUTION_INPUTS = ("paflib", "data", "benchmarks/results", "constraints.txt")
PAGE_INPUTS = (
    "book", "_config.yml", "_toc.yml", "scripts/book.py", "scripts/vendor.py", "scripts/static_widgets.py",
    "scripts/wide_figures.py",
)  # fmt: skip
READ_BY_NO_CHAPTER = ("benchmarks/results/redraw.json",)  # measured on the built book: it must not make the book stale
IGNORED_SUFFIXES = (".pyc", ".ipynb")  # compiled files come and go; twins follow from their chapters


class BookError(Exception):
    """The book cannot be built; the message says why."""


def input_files(root: Path, names: Iterable[str]) -> Iterator[Path]:
    """Yield the files under the named files and folders of `root`, sorted, without caches."""
    for name in names:
        path = root / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            hidden = any(part.startswith(".") or part == "__pycache__" for part in file.relative_to(root).parts)
            ignored = file.suffix in IGNORED_SUFFIXES or file.relative_to(root).as_posix() in READ_BY_NO_CHAPTER
            if file.is_file() and not hidden and not ignored:
                yield file


def key(root: Path, names: Iterable[str]) -> str:
    """Return a hash of the names and bytes of all files under `names`."""
    digest = hashlib.sha256()
    for file in input_files(root, names):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def is_fresh(root: Path = ROOT) -> bool:
    """Say whether `_build/html` was built, without a warning, from exactly the present files."""
    stamp = root / "_build" / "book.key"
    page = root / "_build" / "html" / "index.html"
    return page.is_file() and stamp.is_file() and stamp.read_text() == key(root, EXECUTION_INPUTS + PAGE_INPUTS)


def drop_stale_executions(root: Path) -> bool:
    """Delete the execution cache unless it belongs to the present package, data and pins; say whether it did."""
    build = root / "_build"
    stamp = build / "execution.key"
    present = key(root, EXECUTION_INPUTS)
    if stamp.is_file() and stamp.read_text() == present:
        return False
    shutil.rmtree(build / ".jupyter_cache", ignore_errors=True)
    build.mkdir(exist_ok=True)
    stamp.write_text(present)
    return True


def chapters(root: Path) -> list[Path]:
    """Return the source files of the book's pages in the order of the table of contents."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    names = [toc["root"]]

    def collect(entry: object) -> None:
        if isinstance(entry, dict):
            names.extend([entry["file"]] if "file" in entry else [])
            for value in entry.values():
                collect(value)
        elif isinstance(entry, list):
            for value in entry:
                collect(value)

    collect(toc)
    return [root / name if name.endswith(".md") else root / f"{name}.md" for name in names]


def front_matter(page: Path) -> dict[str, object]:
    """Return the YAML head of a page, empty if it has none."""
    match = re.match(r"---\n(.*?)\n---\n", page.read_text(encoding="utf-8"), re.DOTALL)
    return yaml.safe_load(match[1]) or {} if match else {}


def repository_url(root: Path = ROOT) -> str:
    """Return the address of the repository, which `_config.yml` alone decides."""
    return str(yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"])


def needed_files(page: Path) -> list[str]:
    """Return the names, as `paflib fetch` knows them, that a page lists in its head as `fetch: [...]`."""
    names = front_matter(page).get("fetch", [])
    if not isinstance(names, list):
        raise BookError(f"{page.name}: `fetch` in the head of a page is a list of names, got {names!r}")
    return [str(name) for name in names]


def run(*command: object, cwd: Path) -> int:
    """Run a command with its output shown; Jupyter takes this virtual environment's kernel before the user's own."""
    environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=environment, stdin=subprocess.DEVNULL).returncode


def fetch(root: Path) -> None:
    """Fetch the weights and photographs that the chapters name, into the user's cache."""
    names = list(dict.fromkeys(name for page in chapters(root) for name in needed_files(page)))
    if names and run(sys.executable, "-m", "paflib", "fetch", *names, cwd=root) != 0:
        raise BookError("not everything the chapters need could be fetched, see above")


def build(root: Path = ROOT) -> None:
    """Execute and write the whole book; raise BookError if anything in it gives a warning."""
    drop_stale_executions(root)
    vendor.ensure(vendor.MATHJAX, root)
    fetch(root)
    present = key(root, EXECUTION_INPUTS + PAGE_INPUTS)
    output = root / "_build"
    (output / "book.key").unlink(missing_ok=True)
    # Written anew each time (executions are cached): pages kept from an earlier build would not repeat their warnings.
    for folder in ("html", ".doctrees"):
        shutil.rmtree(output / folder, ignore_errors=True)
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    if run(jupyter_book, "build", root, "--path-output", root, "-W", "-n", "--keep-going", cwd=root) != 0:
        raise BookError(f"the book has warnings or a failing cell, see above and {output / 'html' / 'reports'}")
    (output / "book.key").write_text(present)


def main(root: Path = ROOT) -> int:
    """Build the book unless it is fresh, and say where it is; return the exit status."""
    try:
        if not is_fresh(root):
            build(root)
    except (BookError, vendor.VendorError) as error:
        print(f"The book was not built: {error}", file=sys.stderr)
        return 1
    print(f"The book is at {root / '_build' / 'html' / 'index.html'}")
    print("Open that file in a browser, or run `make serve`.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
