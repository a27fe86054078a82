"""Widgets under Node and in Chromium: a page that holds nothing but the widget, and may ask nobody for anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.widgets.node import find_node, run_module

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node."""
    return find_node()


@pytest.fixture
def run_in_node(node: str, tmp_path: Path) -> Callable[[str, str, Any], Any]:
    """A function (module, script, data) -> what the script makes of the data: :func:`tests.widgets.node.run_module`."""
    return lambda module, script, data: run_module(tmp_path, module, script, data)


@dataclass
class Shown:
    """A page from a file on disk, and all that must not happen on it."""

    page: Page
    context: BrowserContext
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The line in which the widget says in words what is seen."""
        return self.page.inner_text(".paf-status")

    def settled(self) -> None:
        """Wait until all that was asked for has been drawn: two frames."""
        self.page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")

    def draws(self) -> list[int]:
        """How often each canvas has been drawn."""
        return self.page.evaluate("[...document.querySelectorAll('.paf-scene')].map(e => Number(e.dataset.draws ?? 0))")

    def pixels(self, scene: int = 0) -> str:
        """What a canvas shows, as a PNG's data URL."""
        return self.page.evaluate("k => document.querySelectorAll('.paf-scene canvas')[k].toDataURL()", scene)

    def centre(self, knob: int) -> tuple[float, float]:
        """Where a handle is, in CSS pixels of the window."""
        box = self.page.locator(".paf-handle").nth(knob).bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def scale(self, width: float) -> float:
        """CSS pixels per scene unit, of a first scene so many units wide."""
        box = self.page.locator(".paf-scene").first.bounding_box()
        assert box is not None
        return box["width"] / width


@pytest.fixture
def show(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Shown]]:
    """A function (html, width, theme, before, after, **context options) -> Shown: a page that holds the html."""
    contexts: list[BrowserContext] = []

    def open_page(html: str, width: int = 800, theme: str | None = "light", before: str = "", **options: Any) -> Shown:
        path = tmp_path / "page.html"
        mark = f' data-theme="{theme}"' if theme else ""
        head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>a widget</title>'
        body = f'<body style="max-width: 760px; margin: 0 auto; padding: 0 16px">{before}{html}</body>'
        path.write_text(f"<!doctype html><html lang=en{mark}><head>{head}</head>{body}</html>", encoding="utf-8")
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        shown = Shown(context.new_page(), context)
        context.route("**/*", lambda route: _only(path.as_uri(), route, shown.outside))
        shown.page.on("console", lambda m: shown.errors.append(m.text) if m.type in ("error", "warning") else None)
        shown.page.on("pageerror", lambda error: shown.errors.append(str(error)))
        shown.page.goto(path.as_uri())
        return shown

    yield open_page
    for context in contexts:
        context.close()


def _only(address: str, route: Route, outside: list[str]) -> None:
    if route.request.url == address:
        route.continue_()
    else:
        outside.append(route.request.url)
        route.abort()
