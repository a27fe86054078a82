"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside ``path`` to write to, which takes its place at the end of the block.

    The name begins with a dot and keeps the ending. When the block is left by an exception, Ctrl-C included, the
    temporary file is removed and ``path`` is as it was.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_files(folder: str | os.PathLike[str], stale: str) -> Iterator[Path]:
    """A temporary folder inside ``folder`` to write many files to, which move up into ``folder`` at the end.

    Files whose whole names match the regular expression ``stale``, left by an earlier run, are removed just before, so
    that old and new ones never mix. When the block is left by an exception, Ctrl-C included, ``folder`` is as it was;
    when moving fails, none of the new files stays.
    """
    folder = Path(folder)
    with tempfile.TemporaryDirectory(prefix=".paflib-", dir=folder) as name:
        yield Path(name)
        _move_in(Path(name), folder, stale)


def _move_in(temporary: Path, folder: Path, stale: str) -> None:
    pattern, moved = re.compile(stale), []
    try:
        for old in [path for path in folder.iterdir() if pattern.fullmatch(path.name)]:
            old.unlink()
        for new in sorted(temporary.iterdir()):
            moved.append(folder / new.name)
            os.replace(new, moved[-1])
    except BaseException:  # a part of them looks like a shorter whole
        for path in moved:
            path.unlink(missing_ok=True)
        raise


def save_json(path: str | os.PathLike[str], content: Any) -> None:
    """Write JSON atomically; a NaN or an infinity, which JSON cannot say, is a ValueError."""
    text = json.dumps(content, allow_nan=False)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
