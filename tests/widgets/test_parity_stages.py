"""The stage explorer's mathematics against the package: where cells lie, how maps are read, compared and packed."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from paflib.fields import Grid
from paflib.figures.style import extent_of
from paflib.parser import find_peaks, line_integral
from paflib.parser.sampling import sample
from paflib.widgets.base import pack
from paflib.widgets.stage_explorer import _grid, _levels
from tests.widgets.node import run_module

CASES, POINTS = 600, 8
CLOSE = {"rtol": 1e-6, "atol": 1e-9}
SCRIPT = """cases => cases.map(({ grid, shape, maps, field, points, pairs, threshold }) => {
  const [stages, rows, columns] = shape, each = m.perStage(Float64Array.from(maps), shape);
  const fields = m.fieldPerStage(Float64Array.from(field), [stages, 2, rows, columns]);
  const list = (array) => Array.from(array);
  return {
    pixels: points.map(([x, y]) => m.toPixels(grid, x, y)),
    cells: points.map(([x, y]) => m.toCells(grid, x, y)),
    boxes: [m.cellBox(grid, 0, 0), m.cellBox(grid, rows - 1, columns - 1)],
    nearest: points.map(([x, y]) => m.nearestCell(each[0], rows, columns, x, y)),
    profiles: points.map((p) => m.mapProfile(each, rows, columns, grid, m.toPixels(grid, ...p))),
    gained: list(m.gained(each[stages - 1], each[0])),
    lengths: list(m.lengths(fields[stages - 1])),
    E: pairs.map((pair) => m.pairProfile(fields, rows, columns, grid, pair)),
    peaks: m.peaksInPixels(each[0], rows, columns, grid, threshold),
  };
})"""


def case(rng: np.random.Generator) -> dict[str, Any]:
    """Maps on a grid of uneven strides, points in and beyond it, on cells, halfway between and anywhere."""
    stages, rows, columns = (int(n) for n in rng.integers((1, 1, 1), (7, 12, 12)))
    grid = Grid(tuple(rng.uniform(2, 50, 2)), tuple(rng.uniform(-5, 30, 2)))
    points = rng.uniform(-2, (columns + 1, rows + 1), (POINTS, 2))
    points[0], points[1] = np.floor(points[0]), np.floor(points[1]) + 0.5
    maps = rng.uniform(-0.3, 1.0, (stages, rows, columns))
    if rng.random() < 0.2:
        maps = np.round(maps, 1)  # neighbours that are equal
    pairs = grid.to_pixels(rng.uniform(-1, (columns, rows), (3, 2, 2)))
    pairs[2, 1] = pairs[2, 0]  # a pair without length
    field = rng.uniform(-1, 1, (stages, 2, rows, columns))
    return {"grid": grid, "maps": maps, "field": field, "points": points, "pairs": pairs, "threshold": 0.05}


def asked(case: dict[str, Any]) -> dict[str, Any]:
    """A case as JavaScript takes it; the grid as the widget writes it."""
    flat = {name: case[name].ravel().tolist() for name in ("maps", "field")}
    rest = {name: case[name].tolist() for name in ("points", "pairs")}
    shape = list(case["maps"].shape)
    return {"grid": _grid(case["grid"]), "shape": shape, "threshold": case["threshold"], **flat, **rest}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    rng = np.random.default_rng(3)
    cases = [case(rng) for _ in range(CASES)]
    told = run_module(tmp_path_factory.mktemp("node"), "math_stages.js", SCRIPT, [asked(c) for c in cases])
    return list(zip(cases, told, strict=True))


def test_there_are_enough_cases(both):
    assert len(both) >= 500


def test_cells_and_pixels_are_the_grids(both):
    for want, told in both:
        np.testing.assert_allclose(told["pixels"], want["grid"].to_pixels(want["points"]), **CLOSE)
        np.testing.assert_allclose(told["cells"], want["grid"].to_cells(want["points"]), **CLOSE)


def test_cells_are_drawn_where_the_figures_draw_them(both):
    """The corner of the first cell's square and the far one of the last's: the map's extent, seen from the corner."""
    for want, told in both:
        left, right, bottom, top = extent_of(want["maps"].shape[1:], want["grid"])
        (x, y, *_), (u, v, width, height) = told["boxes"]
        np.testing.assert_allclose([x, y, u + width, v + height], np.array([left, top, right, bottom]) + 0.5, **CLOSE)


def test_maps_are_read_alike(both):
    for want, told in both:
        nearest = sample(want["maps"][:1], want["points"], "nearest")[0]
        np.testing.assert_allclose(told["nearest"], nearest, **CLOSE)
        bilinear = sample(want["maps"], want["points"], "bilinear").T
        np.testing.assert_allclose(told["profiles"], bilinear, **CLOSE)


def test_differences_and_lengths_are_alike(both):
    for want, told in both:
        np.testing.assert_allclose(told["gained"], (want["maps"][-1] - want["maps"][0]).ravel(), **CLOSE)
        np.testing.assert_allclose(told["lengths"], np.hypot(*want["field"][-1]).ravel(), **CLOSE)


def test_line_integrals_are_alike(both):
    for want, told in both:
        cells = want["grid"].to_cells(want["pairs"])
        E = [[line_integral(field, a, b)[0] for field in want["field"]] for a, b in cells[:2]]
        np.testing.assert_allclose(told["E"][:2], E, **CLOSE)
        # Both ends at one place: pixels and back leave rounding errors, which have a direction; neither side may fail.
        assert np.isfinite(told["E"][2]).all()


def test_peaks_are_alike(both):
    found = 0
    for want, told in both:
        peaks = find_peaks(want["maps"][:1], want["threshold"])
        order = np.argsort(-peaks.score, kind="stable")
        pixels = want["grid"].to_pixels(peaks.xy)[order].reshape(-1, 2)
        rows = np.array([[p["x"], p["y"], p["score"]] for p in told["peaks"]]).reshape(-1, 3)
        np.testing.assert_allclose(np.sort(rows[:, 2]), np.sort(peaks.score), **CLOSE)
        if len(np.unique(np.round(peaks.score, 9))) == len(peaks):  # else the order of equal ones may differ
            np.testing.assert_allclose(rows, np.column_stack([pixels, peaks.score[order]]), **CLOSE)
            found += len(peaks)
    assert found > 1000


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[np.ndarray, dict[str, Any], dict[str, Any]]]:
    rng = np.random.default_rng(4)
    maps = [rng.uniform(-rng.uniform(0, 2), rng.uniform(0, 2), rng.integers(1, 9, 3)) for _ in range(CASES)]
    packed = [_levels(values) for values in maps]
    told = run_module(
        tmp_path_factory.mktemp("node"), "ui.js",
        "packed => packed.map((p) => { const u = m.unpack(p); return { ...u, values: Array.from(u.values) }; })",
        packed,
    )  # fmt: skip
    return list(zip(maps, packed, told, strict=True))


def test_unpacked_maps_are_within_the_stated_bound(unpacked):
    """``pack`` promises (high - low) / 510; JavaScript reads it into float32."""
    for maps, packed, told in unpacked:
        assert told["shape"] == list(maps.shape)
        bound = (packed["high"] - packed["low"]) / 510
        assert np.abs(np.array(told["values"]) - maps.ravel()).max() <= bound * (1 + 1e-5) + 1e-7


def test_zero_stays_zero_when_packed(unpacked):
    """What is nothing must draw as nothing, and an unchanged zero must show no difference."""
    for maps, packed, _ in unpacked[:50]:
        bounds = {"low": packed["low"], "high": packed["high"]}
        again = pack(np.zeros(3), **bounds)
        level = np.frombuffer(base64.b64decode(again["data"]), np.uint8)[0]
        assert abs(bounds["low"] + (bounds["high"] - bounds["low"]) * level / 255) < 1e-9
        assert bounds["low"] <= maps.min() and maps.max() <= bounds["high"]
