"""axe-core on every page of the built book, light and dark, wide and narrow: no serious or critical violation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts import vendor
from tests.browser.test_pages import built_pages

pytestmark = pytest.mark.browser

# What is the theme's own and cannot be mended by a style sheet: (axe's rule, a part of the element's HTML) -> why.
THE_THEMES_OWN = {
    ("label-content-name-mismatch", 'aria-label="Color mode"'): "pydata-sphinx-theme: the button shows icons only, and "
    "axe takes their titles (Light, Dark, System Settings), of which one is shown at a time, for its text",
    (
        "label-content-name-mismatch",
        "search-button-field",
    ): "pydata-sphinx-theme: the name is Search, the text is Search and the keys Ctrl K",
    (
        "label-content-name-mismatch",
        'aria-label="Toggle hidden content"',
    ): "myst-nb: the name of a folded cell's summary is fixed, its text says Show or Hide code cell source",
    (
        "aria-required-children",
        'class="citation-list"',
    ): "docutils: the bibliography is a list of role list whose entries "
    "have the role doc-biblioentry and links back as children",
}

# Everything that can be unfolded is: what is folded axe does not look at. It fades in, and axe would read text that is
# still half transparent: so nothing of the page moves by itself, and all that had begun is at its end.
UNFOLD = """async () => {
    const still = document.createElement('style');
    still.textContent = '*, *::before, *::after { animation: none !important; transition: none !important; }';
    document.head.append(still);
    document.querySelectorAll('details').forEach(details => { details.open = true; });
    document.querySelectorAll('.toggle-hidden').forEach(folded => { folded.classList.remove('toggle-hidden'); });
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    return document.getAnimations().length;
}"""
RUN = "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"


@pytest.fixture(scope="session")
def axe() -> Path:
    """The script of the pinned axe-core, fetched when it is not there."""
    return vendor.ensure(vendor.AXE) / "axe.min.js"


@dataclass(frozen=True)
class Violation:
    """A serious or critical one: axe's rule, the element's selector and HTML, and what is wrong with it."""

    rule: str
    where: str
    html: str
    what: str

    def excuse(self) -> tuple[str, str] | None:
        """The entry of the table above that names the rule and the element."""
        return next((key for key in THE_THEMES_OWN if key[0] == self.rule and key[1] in self.html), None)


def violations(page: Any, axe: Path) -> list[Violation]:
    """All of a page with everything unfolded."""
    page.add_script_tag(path=axe)
    assert page.evaluate(UNFOLD) == 0, "something still moves, and axe would read it halfway"
    return [
        Violation(
            rule["id"],
            " ".join(map(str, node["target"])),
            node["html"],
            (node["failureSummary"] or rule["help"]).replace("\n", " "),
        )
        for rule in page.evaluate(RUN)
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.fixture(scope="module")
def excuses_used() -> set[tuple[str, str]]:
    """What of the table the pages have needed, for the last test."""
    return set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_no_page_has_a_serious_violation(open_visit, axe, excuses_used, width, scheme):
    visit = open_visit(width, scheme, reduced_motion="reduce")
    found = []
    for path in built_pages():
        for violation in violations(visit.open(path), axe):
            if violation.excuse() is None:
                found.append(f"{path}: {violation.rule}: {violation.where}: {violation.what}")
            else:
                excuses_used.add(violation.excuse())
    assert not found, f"{len(found)} violations:\n" + "\n".join(found)


def test_every_excuse_is_still_needed(open_visit, axe, excuses_used):
    """An excuse for what is mended would hide the next violation of its kind."""
    if not excuses_used:  # run alone
        visit = open_visit(reduced_motion="reduce")
        for path in built_pages():
            excuses_used |= {key for v in violations(visit.open(path), axe) if (key := v.excuse())}
    assert set(THE_THEMES_OWN) == excuses_used


def test_a_violation_would_be_seen(open_visit, axe):
    page = open_visit().open("book/intro.html")  # index.html only sends the reader on
    page.evaluate("""() => document.querySelector('article').insertAdjacentHTML('beforeend',
        '<p style="color: #bbb; background: #fff">hardly to be read</p><button id="nameless"></button>')""")
    found = {(violation.rule, violation.where) for violation in violations(page, axe) if not violation.excuse()}
    assert ("button-name", "#nameless") in found
    assert "color-contrast" in {rule for rule, _ in found}


def test_unfolded_text_is_read_at_full_strength(open_visit, axe):
    """The theme lets what is unfolded fade in, over as many seconds as it likes: axe must see the end of it."""
    page = open_visit(390, "dark").open("book/overview.html")
    page.add_style_tag(content="* { animation-duration: 60s !important }")
    assert [v for v in violations(page, axe) if v.rule == "color-contrast"] == []
    opacity = page.locator("details pre").first.evaluate("""text => {
        let least = 1;
        for (let e = text; e; e = e.parentElement) least = Math.min(least, Number(getComputedStyle(e).opacity));
        return least;
    }""")
    assert opacity == 1
