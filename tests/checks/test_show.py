"""The table with its picture: in a notebook, in the dark, without colours, and as lines of text."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from paflib import checks
from paflib.checks import CHECKS
from tests.checks.collection import MUTANTS, RIGHT
from tests.checks.solutions import function_of

FIRST = {right.check: right for right in RIGHT.values() if not right.variation}
PICTURED = [name for name, entry in CHECKS.items() if entry.picture not in ("", "loss")]


def result_of(name: str) -> checks.Result:
    mutant = MUTANTS[name]
    return checks.run(mutant.check, function_of(mutant), **mutant.variation)


class Page(HTMLParser):
    """The elements of a piece of HTML, and whether they are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_wrong_function_in_words():
    result = result_of("confidence_map/corners")
    assert not result and result.diagnosis == "half-cell-off"
    assert [verdict for _, verdict in result.rows] == ["yes", "yes", "no", "not reached"]
    lines = repr(result).splitlines()
    assert lines[0] == f"The confidence map of one part: not yet: half-cell-off (asked {result.calls} times)"
    assert lines[3] == "  ✗ what it returns is right: no"
    assert "off by half a cell" in lines[5]


def test_a_right_function_in_words():
    result = checks.run(checks.check_greedy, function_of(RIGHT["greedy/sorted"]))
    assert result and result.diagnosis == "" and result.failure is None
    assert [verdict for _, verdict in result.rows] == ["yes"] * 4
    assert len(repr(result).splitlines()) == 5


@pytest.mark.parametrize(
    ("name", "verdicts"),
    [
        ("confidence_map/stub", ["no", *["not reached"] * 3]), ("greedy/no-candidates", ["no", *["not reached"] * 3]),
        ("limb_field/mask", ["yes", "no", "not reached", "not reached"]),
        ("greedy/in-place", ["yes", "yes", "yes", "no"]), ("confidence_maps/global", ["yes", "yes", "yes", "no"]),
    ],
)  # fmt: skip
def test_rows_say_how_far_a_function_came(name, verdicts):
    assert [verdict for _, verdict in result_of(name).rows] == verdicts


@pytest.mark.parametrize("name", list(MUTANTS)[::9])
def test_pages_are_well_formed_and_escaped(name):
    text = result_of(name)._repr_html_()
    page = Page(text)
    assert page.open == []
    assert [attributes["scope"] for tag, attributes in page.seen if tag == "th"] == ["col", "col"]
    assert next(attributes for tag, attributes in page.seen if tag == "table")["aria-label"]
    assert text.count("<img") == text.count("<figcaption") == text.count("<figure")


def test_names_and_messages_of_students_cannot_write_html():
    def greedy(scores):
        raise ValueError("<script>alert(1)</script>")

    text = checks.run("greedy", greedy)._repr_html_()
    assert "<script>" not in text and "&lt;script&gt;" in text


def test_colours_never_carry_meaning_alone():
    """Without any style the verdict is a mark and a word, in every row."""
    for name in ("confidence_map/corners", "confidence_map/stub", "greedy/in-place"):
        bare = re.sub(r' style="[^"]*"', "", result_of(name)._repr_html_())
        cells = re.findall(r"<tr><td>([^<]*)</td><td>([^<]*)</td></tr>", bare)
        assert len(cells) == 4
        assert all(cell in ("✓ yes", "✗ no", "– not reached") for _, cell in cells)


def test_it_can_be_read_in_the_dark():
    """No colour of type is set, and backgrounds let the page's own through; a picture brings its own paper."""
    text = result_of("confidence_map/corners")._repr_html_()
    styles = re.findall(r'style="([^"]*)"', text)
    assert not [style for style in styles if re.search(r"(?<!-)\bcolor:(?!inherit)", style)]
    grounds = [ground for style in styles for ground in re.findall(r"background:([^;]*)", style)]
    assert set(grounds) <= {"rgba(0,158,115,.16)", "rgba(213,94,0,.16)", "transparent", "#fff"}
    assert re.findall(r"<img[^>]*background:#fff", text)


def picture_of(result: checks.Result) -> tuple[np.ndarray, str]:
    from PIL import Image

    attributes = next(attributes for tag, attributes in Page(result._repr_html_()).seen if tag == "img")
    source, alt = attributes["src"], attributes["alt"]
    assert source is not None and alt is not None
    data = base64.b64decode(source.removeprefix("data:image/png;base64,"))
    assert len(data) < 30_000
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), alt


@pytest.mark.parametrize("name", PICTURED)
def test_right_functions_have_a_picture_with_words(name):
    pixels, alt = picture_of(checks.run(name, function_of(FIRST[name])))
    assert min(pixels.shape[:2]) > 150 and len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10
    assert len(alt) > 40


@pytest.mark.parametrize("name", PICTURED)
def test_wrong_functions_have_a_picture_with_words(name):
    found = 0
    for mutant in [one for one in MUTANTS if MUTANTS[one].check == name][:6]:
        result = result_of(mutant)
        if result.rows[2][1] == "no":
            pixels, alt = picture_of(result)
            found += min(pixels.shape[:2]) > 150 and len(alt) > 40
    assert found >= 3


def test_the_wrong_cell_is_framed():
    orange = np.array([213, 94, 0])
    for name in ("confidence_map/corners", "limb_field/not-unit", "peaks/strict"):
        pixels, _ = picture_of(result_of(name))
        assert (np.abs(pixels.astype(int) - orange).max(axis=-1) < 20).sum() > 100, name
    pixels, _ = picture_of(checks.run("confidence_map", function_of(FIRST["confidence_map"])))
    assert (np.abs(pixels.astype(int) - orange).max(axis=-1) < 20).sum() < 20


def test_what_cannot_be_drawn_is_left_out():
    for value in (np.zeros(3), "word", [[0, 1, 2]], np.full((2, 2), np.nan)):
        assert "<img" not in checks.run("greedy", lambda scores, value=value: value)._repr_html_()


def test_a_check_can_be_named():
    assert checks.run("check_to_pixels", lambda cell, stride: cell * stride + (stride - 1) / 2)
    with pytest.raises(ValueError, match="there is no check 'pixels'"):
        checks.run("pixels", lambda: 0)


def test_keywords_reach_the_check():
    def right(cell: float, stride: float) -> Any:
        return cell * stride + 1.25

    assert checks.run("to_pixels", right, origin=1.25, seed=4)
    assert checks.run("to_pixels", right).diagnosis != ""


def test_what_is_no_function_has_a_table_too():
    result = checks.run("greedy", None)
    assert result.diagnosis == "not-a-function" and result.calls == 0
    assert "not yet" in result._repr_html_()


def test_the_picture_of_a_right_function_is_of_the_example_with_most_in_it():
    field = checks.run("affinity_field", function_of(FIRST["affinity_field"]))
    assert len(field.last["limbs"]) == 4
    limb = checks.run("limb_field", function_of(FIRST["limb_field"]))
    assert limb.last["cells"].shape == (9, 12, 2)
    people = checks.run("assembly", function_of(FIRST["assembly"]))
    assert len(people.last["parts"]) >= 8
