"""What was handed in: the code cells of a notebook or of a Python file, read without running or trusting anything."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIZE = 20 << 20  # bytes of a file
CODE = 1 << 20  # characters of code
CELLS = 2000  # of code, each of which may have something said of it
LISTS = 500_000  # and dictionaries in a notebook
SUFFIXES = (".ipynb", ".py")


class NotebookError(Exception):
    """A submission that cannot be graded; ``diagnosis`` is a slug, the message is for the student."""

    def __init__(self, diagnosis: str, message: str) -> None:
        super().__init__(message)
        self.diagnosis, self.message = diagnosis, message


@dataclass(frozen=True)
class Notebook:
    """The code cells of a submission, by their number in it (from 1), and the assignment that it says it belongs to."""

    cells: dict[int, str]
    assignment: str | None = None


def read_bytes(path: Path) -> bytes:
    """The contents of a regular file of bearable size; links are not followed.

    Raises:
        NotebookError: it is a link, no file, too large, or cannot be read.
    """
    try:
        # Not blocking, or a named pipe would be waited for.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        if path.is_symlink():
            raise NotebookError("not-a-file", "it is a link; hand in the file itself")
        with open(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise NotebookError("not-a-file", "it is no ordinary file")
            if status.st_size > SIZE:
                raise NotebookError(
                    "too-large",
                    f"it has {status.st_size / 1e6:.0f} MB, at most {SIZE / 1e6:.0f} MB are read: clear the outputs of "
                    "the notebook and hand it in again",
                )
            return file.read(SIZE)
    except OSError as error:
        raise NotebookError("not-a-file", f"it cannot be read: {error.strerror}") from None


def parse(content: bytes, suffix: str) -> Notebook:
    """The code cells of what a file holds.

    Raises:
        NotebookError: it is no notebook, no text, or has no code.
    """
    notebook = _parse_notebook(content) if suffix.lower() == ".ipynb" else _parse_python(content)
    if not any(source.strip() for source in notebook.cells.values()):
        raise NotebookError("no-code", "there is no code in it")
    if len(notebook.cells) > CELLS:
        raise NotebookError("too-large", f"it has {len(notebook.cells)} cells of code, at most {CELLS} are run")
    if sum(map(len, notebook.cells.values())) > CODE:
        raise NotebookError("too-large", f"its code has more than {CODE} characters")
    return notebook


def check_assignment(notebook: Notebook, name: str) -> None:
    """See that a notebook does not say that it belongs to another assignment.

    Raises:
        NotebookError: it does.
    """
    if notebook.assignment is not None and notebook.assignment != name:
        raise NotebookError(
            "wrong-notebook",
            f"it is the notebook of the assignment {notebook.assignment[:100]!r}, and this is {name!r}",
        )


def _parse_notebook(content: bytes) -> Notebook:
    if content.count(b"[") + content.count(b"{") > LISTS:  # each takes far more memory than its two letters
        raise NotebookError(
            "too-large", f"it has more than {LISTS} lists in it: clear the outputs of the notebook and hand it in again"
        )
    try:
        # Whole numbers matter to nobody here, and reading long ones takes very long.
        tree = json.loads(content.decode("utf-8-sig"), parse_int=lambda _: None)
    except (ValueError, RecursionError):
        raise NotebookError("does-not-parse", "it is no notebook: the file is damaged or of another kind") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("cells"), list):
        raise NotebookError("does-not-parse", "it is no notebook: it has no list of cells")
    cells = {number: _source(cell) for number, cell in enumerate(tree["cells"], 1) if _is_code(cell)}
    return Notebook(cells, _assignment(tree.get("metadata")))


def _is_code(cell: Any) -> bool:
    return isinstance(cell, dict) and cell.get("cell_type") == "code"


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _assignment(metadata: Any) -> str | None:
    ours = metadata.get("paflib") if isinstance(metadata, dict) else None
    name = ours.get("assignment") if isinstance(ours, dict) else None
    return name if isinstance(name, str) else None


_ENCODINGS = ("utf-8", "utf-8-sig", "iso-8859-1", "ascii", "cp1252")
"""Those that a file may name; to read some of the others takes quadratic time."""


def _parse_python(content: bytes) -> Notebook:
    """A Python file, one cell or, where it has ``# %%`` lines, several.

    >>> _parse_python(b"# %% [markdown]\\n# text\\n# %%\\nx = 1\\n# %%\\ny = 2\\n").cells
    {1: '# text\\n', 2: 'x = 1\\n', 3: 'y = 2\\n'}
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        if encoding not in _ENCODINGS:
            raise LookupError
        text = content.decode(encoding)
    except (SyntaxError, ValueError, LookupError):
        raise NotebookError("does-not-parse", "it is no text in UTF-8") from None
    parts = re.split(r"(?m)^# ?%%.*\n?", text.replace("\r\n", "\n"))
    if len(parts) > 1 and not parts[0].strip():
        parts = parts[1:]
    return Notebook(dict(enumerate(parts, 1)))
