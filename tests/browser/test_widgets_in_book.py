"""The widgets of the built book: alive on their pages, without a kernel, a widget manager or a question to anybody."""

from __future__ import annotations

import pytest

from paflib import widgets
from scripts import book
from tests.browser.test_pages import built_pages

pytestmark = pytest.mark.browser

# The chapters that promise a widget, by the name of their file; counted once the chapter is in the table of contents.
PROMISED = {
    "overview": widgets.StageExplorer,
    "confidence-maps": widgets.ConfidenceLab,
    "affinity-fields": widgets.AffinityLab,
    "line-integrals": widgets.IntegralLab,
    "matching": widgets.MatchingStepper,
    "assembly": widgets.AssemblyStepper,
}

# What a widget shows, as one string: how often each scene was drawn, the words, and the state of every control.
SIGNATURE = """widget => JSON.stringify([
    Array.from(widget.querySelectorAll('.paf-scene'), s => s.dataset.draws),
    widget.querySelector('.paf-live').innerText,
    Array.from(widget.querySelectorAll('input'), i => [i.value, i.checked])])"""
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def widgets_on(visit, path):
    """Open a page and return its widgets, each brought into view and drawn."""
    page = visit.open(path)
    found = page.locator(".paf-widget").all()
    for widget in found:
        for scene in widget.locator(".paf-scene:visible").all():
            scene.scroll_into_view_if_needed()
            page.wait_for_function("scene => scene.dataset.ms", arg=scene.element_handle())
    return page, found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_every_widget_comes_alive(open_visit, width, scheme):
    visit = open_visit(width, scheme)
    for path in built_pages():
        for widget in widgets_on(visit, path)[1]:
            title = widget.get_attribute("aria-label")
            assert widget.locator(":scope > .paf-live").is_visible(), (path, title)
            assert widget.locator(":scope > .paf-still").is_hidden(), (path, title)
            box = widget.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width, (path, title, "wider than the page")
    assert visit.errors == []
    assert visit.outside == []


def test_chapters_have_the_widgets_they_promise(open_visit):
    visit = open_visit()
    missing, seen = [], 0
    for source in book.chapters(book.ROOT):
        if source.stem not in PROMISED:
            continue
        title = PROMISED[source.stem].title
        page = visit.open(source.relative_to(book.ROOT).with_suffix(".html").as_posix())
        found = page.locator(".paf-widget").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
        seen += len(found)
        if title not in found:
            missing.append(f"{source.stem}: no {title!r} among {found}")
    assert missing == []
    assert seen > 0


def test_a_key_changes_what_a_widget_shows(open_visit):
    """The first thing in each widget that takes arrow keys takes them on the page too."""
    visit = open_visit()
    for path in built_pages():
        page, found = widgets_on(visit, path)
        for widget in found:
            before = widget.evaluate(SIGNATURE)
            widget.locator("input[type=range], .paf-handle, button:enabled").first.focus()
            role = page.evaluate("document.activeElement.matches('input, .paf-handle')")
            page.keyboard.press("ArrowRight" if role else "Enter")
            page.evaluate(FRAMES)
            if widget.evaluate(SIGNATURE) == before:  # a first button may be the one that steps back from the start
                widget.locator("input[type=range]:enabled, .paf-handle").first.press("ArrowRight")
                page.evaluate(FRAMES)
            assert widget.evaluate(SIGNATURE) != before, (path, widget.get_attribute("aria-label"))
    assert visit.errors == []


def test_no_page_carries_a_widget_manager(open_visit):
    """Widgets are pages' own HTML: no state for a manager, no view that waits for one, none of its scripts."""
    visit = open_visit()
    for path in built_pages():
        page = visit.open(path)
        kinds = page.locator("script[type]").evaluate_all("all => all.map(one => one.type)")
        assert not [kind for kind in kinds if "jupyter.widget" in kind], path
        sources = page.locator("script[src]").evaluate_all("all => all.map(one => one.src)")
        named = ("require", "html-manager", "embed-amd", "anywidget", "unpkg", "jsdelivr", "cdnjs")
        assert not [source for source in sources if any(name in source for name in named)], path


def test_widgets_have_picture_and_words_without_scripts(chromium, site):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    for path in built_pages():
        if path == "index.html":  # it only sends the reader on, in the middle of the next page's loading
            continue
        page.goto(f"{site}/{path}")
        for widget in page.locator(".paf-widget").all():
            title = widget.get_attribute("aria-label")
            still = widget.locator(":scope > .paf-still")
            assert still.is_visible() and widget.locator(":scope > .paf-live").is_hidden(), (path, title)
            assert len(still.inner_text()) > 100, (path, title, "hardly a word")
            assert still.locator("img").count() == 1, (path, title, "no picture")
            assert still.locator("img").evaluate("image => image.naturalWidth") > 200, (path, title)
    context.close()
