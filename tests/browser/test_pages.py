"""Every page of the built book, on three widths, light and dark, with the rest of the internet switched off."""

from __future__ import annotations

import pytest

from scripts import book

pytestmark = pytest.mark.browser

HTML = book.ROOT / "_build" / "html"


def built_pages() -> list[str]:
    """The paths of all pages of the built book, the theme's own files left out."""
    paths = (path.relative_to(HTML) for path in HTML.rglob("*.html"))
    return sorted(path.as_posix() for path in paths if path.parts[0] != "_static")


def test_every_chapter_is_a_page(site):
    """The pages below are really the book: each source of the table of contents is among them."""
    wanted = {page.relative_to(book.ROOT).with_suffix(".html").as_posix() for page in book.chapters(book.ROOT)}
    assert wanted <= set(built_pages())


def test_no_page_is_there_that_nobody_wrote(site):
    """Regression: sphinx-proof's list of raw labels was a page of the book, and no page linked it."""
    written = {page.relative_to(book.ROOT).with_suffix(".html").as_posix() for page in book.chapters(book.ROOT)}
    assert set(built_pages()) <= written | {"index.html", "search.html"}


SHAPES = """() => Array.from(document.querySelectorAll('.paf-wide'), box => {
    const image = box.querySelector('img');
    image.loading = 'eager';
    return { name: box.closest('figure').id, box: box.clientWidth, inside: box.scrollWidth, image: image.clientWidth };
})"""


def test_wide_figures_stay_readable_on_a_phone_and_scroll_in_their_box(open_visit):
    """Letters of 22 px in a figure of 960: at 592 they have 13, in a column of 350 they would have 8."""
    visit = open_visit(390)
    path = "book/parsing/assembly.html"
    page = visit.open(path)
    boxes = page.evaluate(SHAPES)
    assert {"fig-table-2-time", "fig-seven", "fig-structures"} <= {box["name"] for box in boxes}
    for box in boxes:
        assert box["image"] >= 560 and box["inside"] > box["box"] + 100, box
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1
    box = page.locator(".paf-wide").first
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())
    wide = open_visit(1400).open(path).evaluate(SHAPES)
    assert all(box["inside"] <= box["box"] + 1 and box["image"] <= box["box"] + 1 for box in wide), wide


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1400])
def test_pages_ask_nobody_and_complain_of_nothing(open_visit, width, scheme):
    visit = open_visit(width, scheme)
    wide = []
    for path in built_pages():
        page = visit.open(path)
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 1:
            wide.append(f"{path}: {overflow} px")
    assert visit.outside == [], "requests that left the book"
    assert visit.errors == []
    assert wide == [], "pages that scroll sideways"


def test_an_outside_request_would_be_seen(open_visit):
    """The watch itself works: a request, a console error and a page error are each noted."""
    visit = open_visit()
    page = visit.open("book/intro.html")  # index.html only sends the reader on
    page.evaluate("""() => {
        fetch('http://example.com/x.js').catch(() => {});
        console.error('deliberate');
        setTimeout(() => { throw new Error('thrown on purpose'); });
    }""")
    page.wait_for_load_state("networkidle")
    page.wait_for_function("() => true")
    assert visit.outside == ["http://example.com/x.js"]
    assert any("deliberate" in error for error in visit.errors)
    assert any("thrown on purpose" in error for error in visit.errors)


def test_formulas_are_set(open_visit):
    """On every page with mathematics, MathJax has replaced each formula, without an error."""
    visit = open_visit()
    formulas = 0
    for path in built_pages():
        page = visit.open(path)
        sources = page.locator("article .math").count()
        formulas += sources
        assert page.locator("article mjx-container").count() >= sources, path
        assert page.locator("mjx-merror").count() == 0, path
    assert formulas > 0


def test_dark_mode_follows_the_system(open_visit):
    colours = {
        scheme: open_visit(1400, scheme)
        .open("book/intro.html")
        .evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert colours["light"] != colours["dark"]


def test_every_picture_is_there_with_alt_text_and_caption(open_visit):
    visit = open_visit()
    missing = []
    for path in built_pages():
        page = visit.open(path)
        missing += page.evaluate(
            """path => Array.from(document.querySelectorAll('article img')).flatMap(image => {
                image.loading = 'eager';
                const wrong = [], still = image.closest('.paf-still');
                // A widget's still stands beside its words, which say what its alt text would say again.
                if (still && !still.querySelector('p')?.textContent.trim()) wrong.push('no words beside the still');
                if (!still && !(image.getAttribute('alt') || '').trim()) wrong.push('no alt text');
                const caption = image.closest('figure')?.querySelector('figcaption')?.innerText.trim();
                if (!still && !caption) wrong.push('no caption');
                if (image.complete && image.naturalWidth === 0) wrong.push('does not load');
                return wrong.map(what => `${path}: ${image.getAttribute('src')}: ${what}`);
            })""",
            path,
        )
    assert missing == []


def test_search_finds_a_word_of_the_book(open_visit):
    page = open_visit().open("search.html?q=affinity")
    page.wait_for_selector("#search-results li")
    assert page.locator("#search-results li").count() > 0


def test_notebook_pages_offer_colab_for_their_twin(open_visit):
    """The launch button of a chapter opens the .ipynb beside its source, at the address of _config.yml."""
    repository = book.repository_url()
    for source in book.chapters(book.ROOT):
        if "kernelspec" not in book.front_matter(source):
            continue
        path = source.relative_to(book.ROOT)
        page = open_visit().open(path.with_suffix(".html").as_posix())
        links = page.locator("a[href*='colab.research.google.com']").evaluate_all("links => links.map(a => a.href)")
        wanted = (
            f"github/{repository.removeprefix('https://github.com/')}/blob/main/{path.with_suffix('.ipynb').as_posix()}"
        )
        assert any(link.endswith(wanted) for link in links), (path, links)
