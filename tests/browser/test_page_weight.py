"""What a reader downloads for each page: its own HTML, with what its widgets carry, and its own images."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from scripts import book
from tests.browser.test_pages import built_pages

pytestmark = pytest.mark.browser

HTML = book.ROOT / "_build" / "html"
MOST = 1_500_000  # bytes


class Files(HTMLParser):
    """The files that a page shows or runs by itself, as they are written in it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        """Note what an element loads."""
        wanted = {"img": "src", "source": "src", "video": "src", "script": "src", "link": "href", "iframe": "src"}.get(
            tag
        )
        self.found += [value for name, value in attrs if name == wanted and value]


def own_files(page: Path) -> set[Path]:
    """The page itself and the files it loads; the theme and MathJax, all below _static, are the same for every page."""
    parser = Files()
    parser.feed(page.read_text(encoding="utf-8"))
    files = {page}
    for address in parser.found:
        parts = urlsplit(address)
        if parts.scheme or not parts.path:  # data: is in the page's own bytes already
            continue
        file = (page.parent / unquote(parts.path)).resolve()
        if file.is_file() and file.suffix != ".html" and HTML / "_static" not in file.parents:
            files.add(file)
    return files


def test_every_page_is_light_enough(site):
    weights = {path: sum(file.stat().st_size for file in own_files(HTML / path)) for path in built_pages()}
    heavy = {path: weight for path, weight in weights.items() if weight > MOST}
    assert heavy == {}, f"more than {MOST:,} bytes"


def test_images_and_widgets_are_counted(site):
    """The overview has photographs and a widget: were they left out, the test above could not fail."""
    page = HTML / "book" / "overview.html"
    files = own_files(page)
    assert len([file for file in files if file.suffix in (".png", ".jpg", ".jpeg", ".svg")]) >= 5
    assert sum(file.stat().st_size for file in files) > 300_000
