"""The built book on 127.0.0.1, and a Chromium that may talk to nobody else."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, Route

from scripts import book

HTML = book.ROOT / "_build" / "html"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line on the terminal for each."""

    def log_message(self, format, *args):
        pass


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the book, served from `_build/html`; an error if that is not the present sources' book."""
    if not book.is_fresh():
        pytest.fail("_build/html is not the book of these sources: run `make test-browser`, which builds it first")
    handler = functools.partial(QuietHandler, directory=str(HTML))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@dataclass
class Visit:
    """A page, and everything about it that must not happen."""

    page: Page
    site: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def guard(self, route: Route) -> None:
        """Let requests to the book through; abort and note all others."""
        url = route.request.url
        if url.startswith((self.site + "/", "data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(url)
            route.abort()

    def heard(self, message: ConsoleMessage) -> None:
        """Note an error that the page writes to the console."""
        if message.type == "error":
            self.errors.append(f"console: {message.text}")

    def answered(self, response: Response) -> None:
        """Note a file that the book itself lacks."""
        if response.status >= 400:
            self.errors.append(f"{response.status}: {response.url}")

    def open(self, path: str) -> Page:
        """Load a page of the book and wait until it is quiet and its formulas are set."""
        self.page.goto(f"{self.site}/{path}", wait_until="networkidle")
        self.page.evaluate("async () => { if (window.MathJax && MathJax.startup) await MathJax.startup.promise; }")
        return self.page


def visit(context: BrowserContext, site: str) -> Visit:
    """Open an empty page in `context` that is watched from its first request on."""
    watched = Visit(context.new_page(), site)
    context.route("**/*", watched.guard)
    watched.page.on("console", watched.heard)
    watched.page.on("response", watched.answered)
    watched.page.on("pageerror", lambda error: watched.errors.append(f"page error: {error}"))
    return watched


@pytest.fixture
def open_visit(chromium: Browser, site: str) -> Iterator:
    """A function (width, colour scheme, **context options) -> Visit in a fresh browser profile."""
    contexts: list[BrowserContext] = []

    def start(width: int = 1400, scheme: str = "light", **options: Any) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            service_workers="block",
            **options,
        )
        context.set_default_navigation_timeout(120_000)  # a page is heavy, and the machine may be busy
        contexts.append(context)
        return visit(context, site)

    yield start
    for context in contexts:
        context.close()
