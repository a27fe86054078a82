"""Sphinx extension of the book: wide figures stand in a box that scrolls sideways on a narrow screen.

A figure as wide as the column has letters of six pixels when a phone shrinks it to its own width. The style sheet keeps
such a figure readable and lets its box scroll; here the box is made, with a place in the Tab order, so that arrow keys
scroll it as well. Photographs, and figures that are taller than wide, are left as they are.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from PIL import Image

BROAD, ASPECT = 900, 1.3  # pixels from which on a figure is wide, and at least so many times its height
_IMAGE = re.compile(r'(<figure[^>]*>\s*)(<img (?:[^">]|"[^"]*")*>)')
_SOURCE = re.compile(r' src="(?:[^"]*/)?_images/([^"]+)"')
_NAME = "A wide figure: it scrolls sideways where the page is narrow"
_OPEN = f'<div class="paf-wide" tabindex="0" role="group" aria-label="{_NAME}">'


def is_wide(file: Path) -> bool:
    """Whether a picture is as wide as the column and wider than high; drawings that scale by themselves are not."""
    try:
        width, height = Image.open(file).size
    except OSError:
        return False
    return width >= BROAD and width >= ASPECT * height


def boxed(body: str, files: dict[str, Path]) -> str:
    """A page's HTML with its wide figures in boxes; files: where each picture is, by its name in the book."""

    def box(found: re.Match[str]) -> str:
        source = _SOURCE.search(found[2])
        file = files.get(source[1]) if source else None
        return f"{found[1]}{_OPEN}{found[2]}</div>" if file is not None and is_wide(file) else found[0]

    return _IMAGE.sub(box, body)


def box_figures(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Put a page's wide figures into boxes."""
    if "body" in context:
        files = {name: Path(app.srcdir) / source for source, name in app.builder.images.items()}
        context["body"] = boxed(context["body"], files)


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", box_figures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
