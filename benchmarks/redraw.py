"""What one redraw of each widget costs in the built book, under a reader's drag, as a result file.

    python -m benchmarks.redraw [--steps 60]

Serves _build/html on 127.0.0.1, opens each page with a widget in headless Chromium and moves what a reader would move:
a point by pointer events, a stepper's slider by input events. A redraw is the mathematics, the words and every canvas
that shows them, by the page's own clock. Writes benchmarks/results/redraw.json: median and 95th percentile of each.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import machine
from paflib.inference.files import save_json
from scripts import book

HTML = book.ROOT / "_build" / "html"
RESULT = Path(__file__).resolve().parent / "results" / "redraw.json"
AIM = 16.0  # ms: a frame at 60 Hz

# Moves the first point of a widget, or the slider of its steps, and tells for each move what was spent on the redraw.
MOVE = """async (widget, steps) => {
    const scenes = [...widget.querySelectorAll('.paf-scene')], spent = [];
    const knob = widget.querySelector('.paf-handle'), bar = widget.querySelector('.paf-stepper input[type=range]');
    const box = knob?.getBoundingClientRect(), frame = () => new Promise(requestAnimationFrame);
    const at = (k) => ({ pointerId: 1, bubbles: true, clientX: box.x + 22 + k,
        clientY: box.y + 22 + 12 * Math.sin(k / 6) });
    const move = (k) => {
        if (knob) return knob.dispatchEvent(new PointerEvent('pointermove', at(k)));
        bar.value = k % (Number(bar.max) + 1);
        return bar.dispatchEvent(new Event('input', { bubbles: true }));
    };
    if (knob) {
        knob.setPointerCapture = () => {}; // there is no real pointer to capture
        knob.dispatchEvent(new PointerEvent('pointerdown', at(0)));
    }
    for (let k = 1; k <= steps; k += 1) {
        const before = scenes.map((s) => s.dataset.draws), start = performance.now();
        move(k);
        const worked = performance.now() - start;
        await frame();
        await frame();
        const drawn = scenes.filter((s, i) => s.dataset.draws !== before[i]);
        spent.push([worked + drawn.reduce((sum, s) => sum + Number(s.dataset.ms), 0), drawn.length]);
    }
    if (knob) knob.dispatchEvent(new PointerEvent('pointerup', at(steps)));
    return spent;
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line on the terminal for each."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a folder is served, as long as it is."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def redraws(browser: Any, site: str, page: str, steps: int) -> list[dict[str, Any]]:
    """For each widget of a page its title and what the steps took, in milliseconds."""
    opened = browser.new_page(viewport={"width": 1400, "height": 900})
    opened.goto(f"{site}/{page}", wait_until="load", timeout=120_000)
    found = []
    for widget in opened.locator(".paf-widget").all():
        widget.scroll_into_view_if_needed()
        for scene in widget.locator(".paf-scene:visible").all():
            scene.scroll_into_view_if_needed()
            opened.wait_for_function("scene => scene.dataset.ms", arg=scene.element_handle(), timeout=120_000)
        widget.locator(".paf-handle, .paf-stepper").first.scroll_into_view_if_needed()
        spent = np.array(widget.evaluate(MOVE, steps))
        if not (spent[:, 1] >= 1).all():
            raise RuntimeError(f"{page}: a step was not drawn")
        median, slow = np.percentile(spent[:, 0], (50, 95))
        found.append(
            {
                "widget": widget.get_attribute("aria-label"),
                "page": page,
                "median_ms": round(float(median), 2),
                "p95_ms": round(float(slow), 2),
            }
        )
    opened.close()
    return found


def main(arguments: list[str] | None = None) -> int:
    """Measure all widgets of the built book and write what was found; 1 when one is slower than a frame."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    steps = parser.parse_args(arguments).steps
    pages = [path for path in sorted(HTML.rglob("*.html")) if 'class="paf-widget"' in path.read_text(encoding="utf-8")]
    if not pages:
        print("There is no built book with widgets in _build/html: run `make book` first", file=sys.stderr)
        return 1
    path = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright, served(HTML) as site:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=flags)
        results = [one for page in pages for one in redraws(browser, site, page.relative_to(HTML).as_posix(), steps)]
        version = browser.version
        browser.close()
    load = os.getloadavg()[0]
    content = {"machine": machine(), "browser": f"Chromium {version}, headless, without a GPU", "cores": os.cpu_count(),
               "load": round(load, 1), "steps": steps, "aim_ms": AIM, "redraws": results}  # fmt: skip
    save_json(RESULT, content)
    for one in results:
        print(f"{one['widget']:20} {one['page']:36} median {one['median_ms']:5.1f} ms, 95 % {one['p95_ms']:5.1f} ms")
    return int(any(one["median_ms"] > AIM for one in results))


if __name__ == "__main__":
    sys.exit(main())
