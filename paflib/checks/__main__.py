"""``python -m paflib.checks NOTEBOOK ...``: run notebooks, and say what their own checks say.

For students at a terminal, and for a workflow that runs at every push (``data/classroom/checks.yml``). What is run is
the notebook as it is, with the rights of whoever runs it: for work of others there is ``paflib grade``.

Exit codes: 0, every check of every notebook is right; 1, one is not, or a cell raised an error; 2, a file is no
notebook, or has no checks in it.
"""

from __future__ import annotations

import ast
import linecache
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paflib.checks.show import Result
from paflib.grading.notebook import NotebookError, parse, read_bytes
from paflib.grading.worker import without_magics


def main(names: Sequence[str]) -> int:
    """Run notebooks and return the exit code."""
    if not names:
        print("usage: python -m paflib.checks NOTEBOOK ...", file=sys.stderr)
        return 2
    return max(check_notebook(Path(name)) for name in names)


def check_notebook(path: Path) -> int:
    """Run the cells of a notebook, print what its checks found, and return the exit code."""
    try:
        cells = parse(read_bytes(path), path.suffix).cells
    except NotebookError as error:
        print(f"{path}: {error.message}", file=sys.stderr)
        return 2
    print(f"{path}:")
    found, failed = run_cells(cells)
    right = sum(map(bool, found))
    print(f"{right} of {len(found)} checks are right{f'; cells that stop: {failed}' if failed else ''}\n")
    if not found:
        print(f"{path}: no cell of it runs a check", file=sys.stderr)
        return 2
    return int(right < len(found) or failed > 0)


def run_cells(cells: dict[int, str]) -> tuple[list[Result], int]:
    """Run cells one after the other; the results of checks that they show, and how many cells raised an error."""
    found: list[Result] = []
    failed = 0
    scope: dict[str, Any] = {"__name__": "__main__", "display": lambda *_, **__: None, "get_ipython": lambda: None}
    for number, source in cells.items():
        try:
            value = run_cell(source, f"<cell {number}>", scope)
        except (Exception, SystemExit):  # the cells below may still be right
            failed += 1
            print(f"cell {number} stops:\n{traceback.format_exc(limit=-1)}", flush=True)
            continue
        if isinstance(value, Result):
            found.append(value)
            print(value, flush=True)
    return found, failed


def run_cell(source: str, name: str, scope: dict[str, Any]) -> Any:
    """Run a cell and return what a notebook shows below it: the value of its last line."""
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    try:
        tree = ast.parse(source, name)
    except SyntaxError:
        tree = ast.parse(without_magics(source), name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), scope)
    return eval(compile(ast.Expression(last.value), name, "eval"), scope) if isinstance(last, ast.Expr) else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
