"""Sphinx extension of the book: widgets as the pages' own HTML, without the kernel's copy of their state.

Executing a chapter leaves the state of its widgets in the notebook, and myst-nb writes it into the page for a widget
manager that this book does not load. Each widget is in the page already (paflib/widgets/base.py), so the copy would
only double what a reader downloads.
"""

from __future__ import annotations

from typing import Any

STATE = "application/vnd.jupyter.widget-state+json"


def drop_states(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Leave the kernel's widget states out of a page's scripts."""
    files = context.get("script_files", [])
    files[:] = [file for file in files if getattr(file, "attributes", {}).get("type") != STATE]


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx, after myst-nb has put its scripts in."""
    app.connect("html-page-context", drop_states, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
