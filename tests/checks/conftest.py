"""The table of wrong solutions and diagnoses at the end of a run."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

TABLE: pytest.StashKey[dict[str, Counter[str]]] = pytest.StashKey()


def lines(table: dict[str, Counter[str]]) -> list[str]:
    """One line a check: how many wrong solutions, and how often each diagnosis was given."""
    total = sum(sum(row.values()) for row in table.values())
    head = f"{total} wrong solutions, each with the diagnosis it must get:"
    return [head, *(f"  {check:16} {sum(row.values()):3}  {_slugs(row)}" for check, row in table.items())]


def _slugs(row: Counter[str]) -> str:
    return " ".join(slug if n == 1 else f"{slug}:{n}" for slug, n in row.items())


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    if TABLE in config.stash:
        terminalreporter.write_sep("=", "wrong solutions and their diagnoses")
        for line in lines(config.stash[TABLE]):
            terminalreporter.write_line(line)
