"""The widgets of the built book: alive on their pages, without a kernel, a widget manager or a question to anybody."""

from __future__ import annotations

import pytest

from paflib import widgets
from tests.browser.test_pages import HTML, built_pages

pytestmark = pytest.mark.browser

# The chapters that promise a widget, by their pages.
PROMISED = {
    "book/overview.html": widgets.StageExplorer,
    "book/fields/confidence-maps.html": widgets.ConfidenceLab,
    "book/fields/affinity-fields.html": widgets.AffinityLab,
    "book/parsing/line-integrals.html": widgets.IntegralLab,
    "book/parsing/matching.html": widgets.MatchingStepper,
    "book/parsing/assembly.html": widgets.AssemblyStepper,
}

FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"

# What a reader moves in each widget: a point on a scene, or the slider of the steps.
POINT, STEPS = ".paf-handle", ".paf-stepper input[type=range]"
MOVED = {
    "Confidence lab": POINT,
    "Affinity lab": POINT,
    "Line integral lab": POINT,
    "Stage explorer": POINT,
    "Matching stepper": STEPS,
    "Assembly stepper": STEPS,
}
# Where what is moved stands now, and what the widget says in words; nothing of how often it has been drawn.
STANDS = "thing => thing.getAttribute('aria-valuetext')"
SAYS = """widget => Array.from(widget.querySelectorAll('.paf-status'), line => line.textContent).join(' | ')"""
GESTURES = ("drag", "key", "touch")


def pages_with_widgets():
    """The pages of the built book that hold a widget: the slower tests look at no others."""
    return [path for path in built_pages() if 'class="paf-widget"' in (HTML / path).read_text(encoding="utf-8")]


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
    missing = []
    for path, widget in PROMISED.items():
        page = visit.open(path)
        found = page.locator(".paf-widget").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
        if widget.title not in found:
            missing.append(f"{path}: no {widget.title!r} among {found}")
    assert missing == []


def middle(box, share=0.5):
    """A point of an element's box, at this share of its width."""
    return box["x"] + box["width"] * share, box["y"] + box["height"] / 2


def by_mouse(page, thing, steps):
    """Drag a point by (46, 22) px, or a slider's thumb, which stands at its start, to two thirds of its way."""
    box = thing.bounding_box()
    x, y = middle(box, 0.06 if steps else 0.5)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(*((middle(box, 0.66)) if steps else (x + 46, y + 22)), steps=5)
    page.mouse.up()


def by_key(page, thing, steps):
    """Four presses of an arrow key: the stage explorer's probe reads whole cells and goes a quarter of one at each."""
    thing.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")


def by_finger(page, thing, steps):
    """Drag a point by (46, 22) px with a finger; a stepper's next step is a button to tap."""
    if steps:
        thing.locator("xpath=ancestor::*[contains(@class, 'paf-stepper')]").get_by_role("button", name="Next").tap()
        return
    x, y = middle(thing.bounding_box())
    touch = page.context.new_cdp_session(page)
    for kind, share in (("touchStart", 0), ("touchMove", 0.5), ("touchMove", 1), ("touchEnd", None)):
        points = [] if share is None else [{"x": x + 46 * share, "y": y + 22 * share}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


DO = {"drag": by_mouse, "key": by_key, "touch": by_finger}


def unmoved(open_visit, gesture, before=""):
    """The widgets of the book that a gesture does not move, or of which the words stay; and how many there are.

    before: a script that runs in the page before any other.
    """
    visit = open_visit(390, has_touch=True, is_mobile=True) if gesture == "touch" else open_visit()
    if before:
        visit.page.add_init_script(before)
    dead, count = [], 0
    for path in pages_with_widgets():
        page, found = widgets_on(visit, path)
        for widget in found:
            title = widget.get_attribute("aria-label")
            thing = widget.locator(MOVED[title]).first
            thing.scroll_into_view_if_needed()
            thing.evaluate("thing => thing.scrollIntoView({ block: 'center', behavior: 'instant' })")
            page.evaluate(FRAMES)
            stood, said = thing.evaluate(STANDS), widget.evaluate(SAYS)
            DO[gesture](page, thing, MOVED[title] == STEPS)
            page.evaluate(FRAMES)
            stands, says = thing.evaluate(STANDS), widget.evaluate(SAYS)
            count += 1
            if stands == stood:
                dead.append(f"{path}: {title}: still stands at {stands}")
            elif says == said:
                dead.append(f"{path}: {title}: moved to {stands}, and still says {says!r}")
    assert visit.errors == [] and visit.outside == []
    return dead, count


@pytest.mark.parametrize("gesture", GESTURES)
def test_a_drag_a_key_and_a_touch_each_change_what_a_widget_says(open_visit, gesture):
    """In every widget of the book: the point or the step moves, and the sentence about it is another one."""
    dead, count = unmoved(open_visit, gesture)
    assert dead == []
    assert count >= len(MOVED)


# What a page is given so that it no longer hears one of the three.
DEAF = {
    "drag": ("pointerdown mousedown", "event.pointerType !== 'touch'"),
    "key": ("keydown", "true"),
    "touch": ("touchstart pointerdown click", "event.pointerType !== 'mouse'"),
}


@pytest.mark.parametrize("gesture", GESTURES)
def test_a_widget_that_hears_no_drag_key_or_touch_would_be_seen(open_visit, gesture):
    events, when = DEAF[gesture]
    before = f"""for (const name of {events.split()!r}) window.addEventListener(name, (event) => {{
        if ({when}) {{ event.stopImmediatePropagation(); event.preventDefault(); }}
    }}, {{ capture: true, passive: false }});"""
    dead, count = unmoved(open_visit, gesture, before)
    assert len(dead) == count >= len(MOVED)
    assert all("still stands at" in line for line in dead)


def test_words_that_do_not_follow_would_be_seen(open_visit):
    """A widget whose points move and whose sentence stays, however often it is drawn."""
    before = """document.addEventListener('DOMContentLoaded', () => setTimeout(() => {
        for (const line of document.querySelectorAll('.paf-status')) {
            const text = line.textContent;
            new MutationObserver(() => { if (line.textContent !== text) line.textContent = text; })
                .observe(line, { childList: true });
        }
    }, 0));"""
    dead, count = unmoved(open_visit, "key", before)
    assert len(dead) == count >= len(MOVED)
    assert all("and still says" in line for line in dead)


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
