"""The chapters on affinity fields and line integrals: what their text derives is what the package computes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import jupytext
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paflib import Grid
from paflib.fields import affinity_fields
from paflib.parser import line_integral
from scripts import book

FIELDS = book.ROOT / "book" / "fields" / "affinity-fields.md"
INTEGRALS = book.ROOT / "book" / "parsing" / "line-integrals.md"


def restated(page) -> dict[str, Callable[..., Any]]:
    """The functions of a chapter's cells that are tagged as restating the package."""
    scope: dict[str, Any] = {"np": np}
    cells = jupytext.reads(page.read_text(encoding="utf-8"), fmt="md:myst").cells
    tagged = [cell for cell in cells if "restated" in cell.metadata.get("tags", [])]
    assert tagged, f"{page.name} has no cell tagged restated"
    for cell in tagged:
        exec(cell.source, scope)
    return scope


def cell_with(page, text: str) -> str:
    cells = jupytext.reads(page.read_text(encoding="utf-8"), fmt="md:myst").cells
    found = [cell.source for cell in cells if cell.cell_type == "code" and text in cell.source]
    assert len(found) == 1, f"{len(found)} cells of {page.name} have {text!r}"
    return found[0]


LIMB_FIELD, AVERAGE_FIELD = (restated(FIELDS)[name] for name in ("limb_field", "average_field"))
INTEGRAL = restated(INTEGRALS)["integral"]


@given(st.integers(0, 10_000), st.integers(1, 8), st.floats(2, 20), st.sampled_from([1, 4, 8]))
def test_the_field_of_the_text_is_the_packages(seed, people, half_width, stride):
    rng = np.random.default_rng(seed)
    limbs = rng.uniform(-10, 90, (people, 2, 2))
    shape, grid = (80 // stride, 88 // stride), Grid(stride)
    columns, rows = grid.axes(shape)
    cells = np.stack(np.meshgrid(columns, rows), axis=-1)
    want = affinity_fields(np.insert(limbs, 2, 1, axis=2), ((0, 1),), shape, grid, half_width)[0]
    np.testing.assert_allclose(AVERAGE_FIELD(limbs, cells, half_width), want, atol=1e-6)


def test_the_limb_worked_by_hand():
    """Chapter: column 2, row 3 is on the limb from (12, 8) to (36, 40) and holds (0.6, 0.8)."""
    columns, rows = Grid(8).axes((6, 6))
    cells = np.stack(np.meshgrid(columns, rows), axis=-1)
    np.testing.assert_array_equal(cells[3, 2], [19.5, 27.5])
    field, on_limb = LIMB_FIELD(np.array([12.0, 8.0]), np.array([36.0, 40.0]), cells)
    np.testing.assert_allclose(field[3, 2], [0.6, 0.8])
    assert not on_limb[2, 4]  # the exercise's cell
    text = FIELDS.read_text(encoding="utf-8")
    assert "0.6 \\cdot 7.5 + 0.8 \\cdot 19.5 = 20.1" in text and "-0.8 \\cdot 7.5 + 0.6 \\cdot 19.5 = 5.7" in text
    products = [0.6 * 7.5 + 0.8 * 19.5, -0.8 * 7.5 + 0.6 * 19.5]
    assert products == pytest.approx([20.1, 5.7])


@given(st.integers(0, 10_000), st.integers(2, 30))
def test_the_integral_of_the_text_is_the_packages(seed, samples):
    rng = np.random.default_rng(seed)
    field = rng.normal(size=(2, 7, 9))
    a, b = rng.uniform(0, (8, 6), (2, 2))
    E, dots = INTEGRAL(field, a, b, samples)
    want, wanted = line_integral(field, a, b, samples)
    np.testing.assert_allclose(dots, wanted, atol=1e-9)
    assert pytest.approx(want, abs=1e-9) == E


def test_the_integral_reads_the_last_cell_too():
    field = np.random.default_rng(0).normal(size=(2, 4, 5))
    a, b = np.array([0.0, 0.0]), np.array([4.0, 3.0])
    assert INTEGRAL(field, a, b)[0] == pytest.approx(line_integral(field, a, b)[0])


def test_the_number_worked_by_hand():
    scope: dict[str, Any] = {"np": np}
    exec(cell_with(INTEGRALS, "small = np.zeros"), scope)
    E, dots = line_integral(scope["small"], scope["d1"], scope["d2"], 3)
    np.testing.assert_allclose(dots, [1.00, 0.74, 0.88])
    assert pytest.approx(2.62 / 3) == E
    text = INTEGRALS.read_text(encoding="utf-8")
    for product in re.findall(
        r"\$(0\.\d+) \\cdot (0\.\d+) \+ (0\.\d+) \\cdot (0\.\d+) = (0\.\d+) \+ (0\.\d+) = (\d\.\d+)\$", text
    ):
        a, b, c, d, first, second, total = map(float, product)
        assert (a * b, c * d, a * b + c * d) == pytest.approx((first, second, total))
    assert text.count("\\cdot 0.8 + ") >= 3 and "2.62 / 3 = 0.873" in text


def test_the_exercises_number():
    scope: dict[str, Any] = {"np": np}
    exec(cell_with(INTEGRALS, "small = np.zeros"), scope)
    E, dots = line_integral(scope["small"], (0, 0), (2, 0), 3)
    np.testing.assert_allclose(dots, [0.8, 0.4, 0], atol=1e-12)
    assert pytest.approx(0.4) == E and (dots > 0.05).mean() < 0.8
