"""The field labs' mathematics against the package: maps, fields, peaks, samples, line integrals, and the colours."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
import pytest

from paflib.fields import Grid, affinity_fields, confidence_maps
from paflib.figures.colors import direction_colors
from paflib.parser import find_peaks, line_integral, score_pairs
from paflib.parser.options import ParserOptions
from paflib.parser.sampling import sample

CASES = 600
MAPS = {"rtol": 1e-6, "atol": 1e-37}  # confidence_maps and affinity_fields round to float32, whose least number this is
NUMBERS = {"rtol": 1e-6, "atol": 1e-12}


def shape_and_grid(rng: np.random.Generator) -> tuple[tuple[int, int], Grid, dict[str, float]]:
    rows, columns = (int(n) for n in rng.integers(1, 14, 2))
    stride = float(rng.choice([1, 2, 4, 8, rng.uniform(0.5, 12)]))
    origin = float(rng.choice([0.0, (stride - 1) / 2]))
    return (rows, columns), Grid(stride, origin), {"stride": stride, "origin": origin}


def points_near(rng: np.random.Generator, n: int, shape: tuple[int, int], grid: Grid) -> np.ndarray:
    """n points (n, 2) in pixels, in the map and some way beyond; one in five on a cell's centre."""
    cells = rng.uniform(-2, np.array(shape[::-1]) + 1.0, (n, 2))
    return grid.to_pixels(np.where(rng.random((n, 1)) < 0.2, np.round(cells), cells))


@pytest.mark.parametrize("reduce", ["max", "average", "sum"])
def test_confidence_maps(run_in_node, reduce):
    rng = np.random.default_rng(1)
    cases: list[dict[str, Any]] = []
    wanted = []
    for _ in range(CASES):
        shape, grid, plain = shape_and_grid(rng)
        points = points_near(rng, int(rng.integers(0, 5)), shape, grid)
        sigma = float(rng.uniform(0.5, 5) * plain["stride"])
        keypoints = np.concatenate([points, np.ones((len(points), 1))], axis=1)[:, None]
        wanted.append(confidence_maps(keypoints, shape, grid, sigma, reduce)[0])
        cases.append({"points": xy(points), "shape": shape, "grid": plain, "sigma": sigma, "reduce": reduce})
    told = run_in_node("math_fields.js", """cases => cases.map(({ points, shape: [h, w], grid, sigma, reduce }) => {
        const pixel = (cell) => grid.stride * cell + grid.origin;
        const between = Array.from({ length: h * w }, (_, k) => m.confidenceAt(points, pixel(k % w),
            pixel(Math.floor(k / w)), sigma, reduce));
        return { map: m.confidenceMap(points, h, w, grid, sigma, reduce), between }; })""", cases)  # fmt: skip
    for ours, S in zip(told, wanted, strict=True):
        np.testing.assert_allclose(ours["map"], S.ravel(), **MAPS)
        np.testing.assert_allclose(ours["between"], S.ravel(), **MAPS)


@pytest.mark.parametrize("overlap", ["average", "last"])
def test_affinity_fields(run_in_node, overlap):
    rng = np.random.default_rng(2)
    cases: list[dict[str, Any]] = []
    wanted, covered, sure = [], [], []
    for k in range(CASES):
        shape, grid, plain = shape_and_grid(rng)
        limbs = points_near(rng, 2 * int(rng.integers(0, 5)), shape, grid).reshape(-1, 2, 2)
        width = float(rng.uniform(0.2, 3) * plain["stride"])
        if k % 4 == 0 and len(limbs):
            limbs[0, 1, k // 4 % 2] = limbs[0, 0, k // 4 % 2]  # upright or level: centres lie exactly on the edge
            width = plain["stride"]
        if k % 7 == 0 and len(limbs):
            limbs[-1, 1] = limbs[-1, 0]  # without length
        keypoints = np.concatenate([limbs, np.ones((*limbs.shape[:2], 1))], axis=2)
        wanted.append(affinity_fields(keypoints, [(0, 1)], shape, grid, width, overlap)[0])
        alone = [affinity_fields(one[None], [(0, 1)], shape, grid, width)[0].any(axis=0) for one in keypoints]
        covered.append(np.sum(alone, axis=0) if alone else np.zeros(shape))
        sure.append(~np.any([on_the_edge(grid, shape, a, b, width) for a, b in limbs], axis=0) & np.ones(shape, bool))
        people = [{"a": a, "b": b} for a, b in map(xy, limbs)]
        cases.append({"limbs": people, "shape": shape, "grid": plain, "width": width, "overlap": overlap})
    told = run_in_node("math_fields.js", """cases => cases.map(({ limbs, shape: [h, w], grid, width, overlap }) =>
        m.affinityField(limbs, h, w, grid, width, overlap))""", cases)  # fmt: skip
    assert sum((c > 1).any() for c in covered) > CASES / 5, "too few cases in which limbs overlap"
    assert 0.99 < np.mean(np.concatenate([s.ravel() for s in sure])) < 1.0
    for ours, L, count, certain in zip(told, wanted, covered, sure, strict=True):
        found = np.array([ours["x"], ours["y"]]).reshape(2, *certain.shape)
        np.testing.assert_allclose(found[:, certain], L[:, certain], rtol=1e-6, atol=1e-7)
        np.testing.assert_array_equal(np.reshape(ours["count"], certain.shape)[certain], count[certain])


def on_the_edge(grid: Grid, shape: tuple[int, int], a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """Cells that a slanting limb has on its very edge, where the last bit decides: its joint's own cell above all."""
    length = np.linalg.norm(b - a)
    if (a == b).any():  # upright and level limbs are exact
        return np.zeros(shape, bool)
    v = (b - a) / length
    offset = np.stack(np.meshgrid(*grid.axes(shape)), axis=-1) - a
    along, across = offset @ v, np.abs(offset @ np.array([-v[1], v[0]]))
    return (np.abs(along * (along - length)) < 1e-9 * length) | (np.abs(across - width) < 1e-9)


def test_peaks(run_in_node):
    rng = np.random.default_rng(3)
    maps = []
    for k in range(CASES):
        shape = rng.integers(1, 12, 2)
        S = rng.uniform(-0.1, 1, shape)
        if k % 3 == 0:
            S = np.round(3 * S) / 3  # plateaus, zeros and ties
        elif k % 3 == 1:  # what the lab shows
            people = np.concatenate([rng.uniform(0, 8 * shape[::-1], (3, 2)), np.ones((3, 1))], axis=1)[:, None]
            S = confidence_maps(people, (int(shape[0]), int(shape[1])))[0].astype(float)
        maps.append(S)
    told = run_in_node("math_fields.js", "cases => cases.map(({ map, shape }) => m.findPeaks(map, ...shape, 0.05))",
                       [{"map": S.ravel().tolist(), "shape": S.shape} for S in maps])  # fmt: skip
    wanted = [find_peaks(S[None], 0.05, "parabola") for S in maps]
    assert sum(map(len, wanted)) > CASES
    for ours, peaks in zip(told, wanted, strict=True):
        assert [[p["column"], p["row"]] for p in ours] == peaks.cell.tolist()
        np.testing.assert_allclose(np.array([[p["x"], p["y"]] for p in ours]).reshape(-1, 2), peaks.xy, **NUMBERS)
        np.testing.assert_allclose([p["score"] for p in ours], peaks.score, **NUMBERS)


def test_samples_and_line_integrals(run_in_node):
    rng = np.random.default_rng(4)
    options = ParserOptions()
    fields, ends, counts = [], [], []
    for k in range(CASES):
        shape = rng.integers(1, 12, 2)
        fields.append(rng.uniform(-1, 1, (2, *shape)) * (rng.random(shape) < rng.choice([0.4, 1.0])))
        if k % 3 == 0:  # a field that a candidate can win
            fields[-1] = np.abs(fields[-1])
        ends.append(rng.uniform(-1.5, shape[::-1] + 0.5, (2, 2)))
        if k % 20 == 0:
            ends[-1][1] = ends[-1][0]  # no length, no direction
        elif k % 5 == 0:
            ends[-1] = np.round(ends[-1])
        counts.append(options.samples if k % 2 else int(rng.integers(2, 26)))
    cases = [{"x": f[0].ravel().tolist(), "y": f[1].ravel().tolist(), "shape": f.shape[1:], "ends": xy(e), "count": n}
             for f, e, n in zip(fields, ends, counts, strict=True)]  # fmt: skip
    told = run_in_node("math_fields.js", """cases => cases.map(({ x, y, shape, ends: [a, b], count }) => {
        const found = m.lineIntegral({ x, y }, ...shape, a, b, count);
        return { ...found, ...m.judge(found), at: m.sampleMap(x, ...shape, a.x, a.y) }; })""", cases)  # fmt: skip
    kept = 0
    for ours, field, (a, b), n in zip(told, fields, ends, counts, strict=True):
        E, dots = line_integral(field, a, b, n)
        points = a * (1 - np.linspace(0, 1, n)[:, None]) + b * np.linspace(0, 1, n)[:, None]
        np.testing.assert_allclose(ours["E"], E, **NUMBERS)
        np.testing.assert_allclose([s["dot"] for s in ours["samples"]], dots, **NUMBERS)
        np.testing.assert_allclose([[s["vx"], s["vy"]] for s in ours["samples"]], sample(field, points).T, **NUMBERS)
        np.testing.assert_allclose(ours["at"], sample(field[:1], a)[0], **NUMBERS)
        assert ours["passed"] == (dots > options.sample_threshold).sum()
        _, good = score_pairs(field, a[None], b[None], ParserOptions(samples=n))
        assert ours["good"] == bool(good[0, 0])
        kept += ours["good"]
    assert CASES / 20 < kept < CASES / 2, "nearly every case is decided alike"


def test_direction_colours(run_in_node):
    vectors = np.random.default_rng(5).normal(size=(CASES, 2))
    told = run_in_node("ui.js", "vectors => vectors.map(([x, y]) => m.directionColor(x, y))", vectors.tolist())
    np.testing.assert_allclose(np.array(told) / 255, direction_colors(vectors), atol=1e-6)


def test_inferno(run_in_node):
    """The widgets mix the map from 33 of its colours: nowhere more than five of 255 steps away."""
    values = np.linspace(-0.2, 1.2, CASES)
    told = run_in_node("ui.js", "values => values.map(m.inferno)", values.tolist())
    wanted = matplotlib.colormaps["inferno"](np.clip(values, 0, 1))[:, :3] * 255
    np.testing.assert_allclose(told, wanted, atol=5)


def way(dx: float, dy: float) -> str:
    """The nearest of eight directions, in an image, where y grows downwards; by slopes, and not by the angle."""
    slope = np.tan(np.pi / 8)
    along = "right" if dx > slope * abs(dy) else "left" if -dx > slope * abs(dy) else ""
    across = "down" if dy > slope * abs(dx) else "up" if -dy > slope * abs(dx) else ""
    return " and ".join(word for word in (along, across) if word)


def test_directions_in_words(run_in_node):
    rng = np.random.default_rng(6)
    ends = rng.uniform(-50, 250, (CASES, 2, 2))
    ends[:8, 1] = ends[:8, 0] + [[9, 0], [9, 9], [0, 9], [-9, 9], [-9, 0], [-9, -9], [0, -9], [9, -9]]
    told = run_in_node("field_view.js", "cases => cases.map(([a, b]) => m.wayOf({ a, b }))", [xy(e) for e in ends])
    wanted = [way(*(b - a)) for a, b in ends]
    assert wanted[:4] == ["right", "right and down", "down", "left and down"]
    assert wanted[4:8] == ["left", "left and up", "up", "right and up"]
    assert told == wanted
    assert len(set(wanted)) == 8


def test_letters_stand_beside_their_rings_and_in_the_picture(run_in_node):
    """The line integral lab's a and b: clear of rings 29 px across, whole even where an end lies in a corner."""
    rng = np.random.default_rng(7)
    width, height, far, margin = 200.0, 128.0, 12.0, 4.0
    ends = rng.uniform(0, (width, height), (CASES, 2, 2))
    corners = np.array([(0, 0), (width, 0), (0, height), (width, height)], float)
    ends[:16] = [(a, b) for a in corners for b in corners]
    ends[16:60, 0, rng.integers(0, 2, 44)] = 0.0
    told = run_in_node("integral_lab.js", """cases => cases.map(([a, b]) => m.besideEnds(a, b, 12, 4, 200, 128))""",
                       [xy(pair) for pair in ends])  # fmt: skip
    for pair, letters in zip(ends, told, strict=True):
        assert [name for name, _ in letters] == ["a", "b"]
        for end, (_, place) in zip(pair, letters, strict=True):
            assert np.hypot(*(place - end)) == pytest.approx(far)
            assert margin <= place[0] <= width - margin and margin <= place[1] <= height - margin


def xy(points: np.ndarray) -> list[dict[str, float]]:
    return [{"x": float(x), "y": float(y)} for x, y in points]
