"""Skeletons and grids, confidence maps: what the text derives is what the package runs, and what it says is so."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import pytest

import paflib
from paflib.fields import SIGMA, Grid, loss_mask, targets
from paflib.parser import find_peaks
from paflib.people import People
from paflib.skeleton import BODY_25, COCO_18, MPII_15, Skeleton
from paflib.synthetic import random_people

FIELDS = Path(__file__).parents[2] / "book" / "fields"
SKELETONS, CONFIDENCE = FIELDS / "skeletons-and-grids.md", FIELDS / "confidence-maps.md"


def cell(chapter: Path, name: str, **names: Any) -> dict[str, Any]:
    """What the cell of this name defines, with numpy and the given names at hand."""
    cells = jupytext.reads(chapter.read_text(encoding="utf-8"), fmt="md:myst").cells
    (source,) = [one.source for one in cells if one.metadata.get("name") == name]
    scope: dict[str, Any] = {"np": np, **names}
    exec(compile(source, f"{chapter.name}:{name}", "exec"), scope)
    return scope


def solution(chapter: Path, exercise: str) -> str:
    """The code of an exercise's solution: its indented lines."""
    text = chapter.read_text(encoding="utf-8")
    (found,) = re.findall(rf"^```\{{solution\}} {exercise}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return textwrap.dedent("\n".join(line for line in found.splitlines() if line.startswith("    ")))


# ---- skeletons and grids -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("skeleton", [COCO_18, MPII_15, BODY_25], ids=lambda s: s.name)
@pytest.mark.parametrize("seed", range(3))
def test_maps_mirrored_are_the_maps_of_mirrored_people(skeleton: Skeleton, seed: int):
    mirrored = cell(SKELETONS, "mirrored")["mirrored"]
    rng = np.random.default_rng(seed)
    points = np.concatenate([rng.uniform(0, 160, (3, skeleton.J, 2)), rng.random((3, skeleton.J, 1)) > 0.2], axis=2)
    people = People(points, skeleton=skeleton)
    here, there = targets(people, (160, 160)), targets(people.flipped(160), (160, 160))
    S, L = mirrored(here.S, here.L, skeleton)
    np.testing.assert_allclose(S, there.S, atol=1e-6)
    np.testing.assert_allclose(L, there.L, atol=1e-6)
    assert np.abs(here.S[:, :, ::-1] - there.S).max() > 0.5  # left and right forgotten
    assert np.abs(L * [[[-1]], [[1]]] - there.L).max() > 0.5  # x not turned round


def test_a_mirror_turns_a_limb_between_the_sides_end_for_end():
    mirrored = cell(SKELETONS, "mirrored")["mirrored"]
    pair = Skeleton("pair", ("right_foot", "left_foot"), limbs=((0, 1),))
    people = People(np.array([[[20.0, 40.0, 1.0], [60.0, 70.0, 1.0]]]), skeleton=pair)
    here, there = targets(people, (80, 80)), targets(people.flipped(80), (80, 80))
    np.testing.assert_allclose(mirrored(here.S, here.L, pair)[1], there.L, atol=1e-6)


@pytest.mark.parametrize("stride", [1, 2, 4, 8, 16])
def test_pixels_and_cells(stride: int):
    to_pixels, to_cells, resized = (
        cell(SKELETONS, "pixels-and-cells")[name] for name in ("to_pixels", "to_cells", "resized")
    )
    x = np.random.default_rng(stride).uniform(-100, 1000, 200)
    points = np.stack([x, x], axis=1)
    np.testing.assert_allclose(to_pixels(x, stride), Grid(stride).to_pixels(points)[:, 0])
    np.testing.assert_allclose(to_cells(x, stride), Grid(stride).to_cells(points)[:, 0])
    np.testing.assert_allclose(resized(x, 1 / stride), to_cells(x, stride))
    for factor in (0.3, 1.0, 2.5):
        np.testing.assert_allclose(
            resized(to_pixels(x, stride), factor), Grid(stride).resized(factor).to_pixels(points)[:, 0]
        )
        dot = People(np.array([[[x[0], x[1], 1.0]]]), skeleton=Skeleton("dot", ("dot",))).resized(factor)
        np.testing.assert_allclose(dot.keypoints[0, 0, :2], resized(x[:2], factor))


@pytest.mark.parametrize("seed", range(3))
def test_cell_means_are_the_loss_mask(seed: int):
    cell_means = cell(SKELETONS, "cell-means")["cell_means"]
    corner = np.random.default_rng(seed).integers(0, 40, 2)
    box = [*corner, 33, 21]
    people = People(np.zeros((1, 18, 3)), bbox=np.array([box], float))
    annotated = np.ones((64, 96))
    annotated[box[1] : box[1] + 21, box[0] : box[0] + 33] = 0
    np.testing.assert_allclose(cell_means(annotated, 8), loss_mask(people, (64, 96), (8, 12)), atol=1e-6)


def test_the_mask_is_never_negative():
    """In a photograph's grid, where cells cut through pixels, sums once came out at -4e-15."""
    people = People(np.zeros((1, 18, 3)), bbox=np.array([[21.55, 309.57, 119.1, 427.8]]))
    W = loss_mask(people, (1920, 1088), (46, 27), Grid(8, (3.1, 3.5)).resized(1920 / 368))
    assert W.min() == 0 and W.max() == 1


def test_the_order_of_visits_gives_openposes_table():
    """FACTS 1.2, POSE_MAP_INDEX: what the chapter prints under "there is a second order"."""
    channels = [12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26]
    assert [2 * c for c in COCO_18.parse_order or ()] == channels


def test_the_solutions_of_the_first_chapter_run_and_say_what_the_text_says(capsys):
    scope = cell(SKELETONS, "pixels-and-cells", BODY_25=BODY_25, Grid=Grid, Skeleton=Skeleton)
    exec(solution(SKELETONS, "ex-body-channels"), scope)
    assert capsys.readouterr().out == "22 70 71\n"
    exec(solution(SKELETONS, "ex-stride-four"), scope)
    assert capsys.readouterr().out == "41.5 83.5 [83.5 83.5]\n"
    exec(solution(SKELETONS, "ex-mirror-sign"), scope)
    assert capsys.readouterr().out == "[1 0] (array([0]), array([-1.]))\n"


# ---- confidence maps ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_confidence_maps_are_the_packages(seed: int):
    maps = cell(CONFIDENCE, "confidence-maps")["confidence_maps"]
    rng = np.random.default_rng(seed)
    keypoints = np.concatenate([rng.uniform(-20, 150, (seed, 7, 2)), rng.random((seed, 7, 1)) > 0.3], axis=2)
    grid, sigma = Grid((8.0, 5.0), (3.1, 2.0)), rng.uniform(3, 30)
    wanted = paflib.confidence_maps(keypoints, (30, 18), grid, sigma)
    np.testing.assert_allclose(maps(keypoints, (30, 18), grid, sigma), wanted, atol=1e-6)
    if seed:
        assert np.abs(maps(keypoints, (30, 18), Grid(8), sigma) - wanted).max() > 0.05  # another grid is another map


def maps_with_ties(seed: int) -> np.ndarray:
    """Noise in few steps, so that equal neighbours are common, and true maps with joints between cells."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(0, 4, (8, 9, 11)) / 4
    joints = np.concatenate([rng.integers(0, 160, (3, 8, 2)) / 2, np.ones((3, 8, 1))], axis=2)
    return np.concatenate([steps, paflib.confidence_maps(joints, (9, 11)), rng.random((8, 9, 11))])


@pytest.mark.parametrize("seed", range(5))
def test_local_maxima_are_the_packages(seed: int):
    local_maxima = cell(CONFIDENCE, "local-maxima")["local_maxima"]
    for S in maps_with_ties(seed):
        found = find_peaks(S[None], 0.05)
        np.testing.assert_array_equal(np.argwhere(local_maxima(S) & (S > 0.05))[:, ::-1], found.cell)


@pytest.mark.parametrize("seed", range(5))
def test_vertex_is_the_packages(seed: int):
    vertex = cell(CONFIDENCE, "vertex")["vertex"]
    for S in maps_with_ties(seed).astype(float):
        found = find_peaks(S[None], 0.05)
        by_hand = [(vertex(S[y], x), vertex(S[:, x], y)) for x, y in found.cell]
        np.testing.assert_allclose(np.array(by_hand).reshape(-1, 2), found.xy, atol=1e-9)


def test_vertex_is_exact_for_a_gaussian():
    vertex = cell(CONFIDENCE, "vertex")["vertex"]
    t = np.arange(9.0)
    for sigma in (0.5, 1.24, 5.0):
        for place in np.linspace(3.51, 4.49, 9):
            assert vertex(0.7 * np.exp(-(((t - place) / sigma) ** 2)), 4) == pytest.approx(place, abs=1e-9)


def test_what_the_text_says_of_merging():
    """The sum of two Gaussians has one peak up to sqrt(2) sigma = 14 px; cut at 1, up to 2 sigma sqrt(ln 2) = 16.5."""
    x = np.linspace(-40, 40, 4001)

    def peaks(apart: float, cut: float) -> int:
        f = np.exp(-(((x - apart / 2) / SIGMA) ** 2)) + np.exp(-(((x + apart / 2) / SIGMA) ** 2))
        steps = np.sign(np.diff(np.minimum(f, cut)))
        steps = steps[steps != 0]
        return int(((steps[:-1] > 0) & (steps[1:] < 0)).sum())

    assert [peaks(d, 9.0) for d in (13.8, 14.2)] == [1, 2]
    assert [peaks(d, 1.0) for d in (16.3, 16.7)] == [1, 2]


def test_the_solutions_of_the_second_chapter_run_and_say_what_the_text_says(capsys):
    scope = cell(CONFIDENCE, "local-maxima", paflib=paflib, Grid=Grid, find_peaks=find_peaks)
    exec(solution(CONFIDENCE, "ex-least-height"), scope)
    heights = [float(line) for line in capsys.readouterr().out.split()]
    np.testing.assert_allclose(heights, [0.72, 0.27], atol=0.005)
    exec(solution(CONFIDENCE, "ex-tie"), scope)
    assert capsys.readouterr().out == "0\n"
    half = solution(CONFIDENCE, "ex-tie").replace(".astype(float)", " + 0.5")
    exec(half, scope)
    assert int(capsys.readouterr().out) / 1000 == pytest.approx(1 - (7 / 8) ** 2, abs=0.04)
    exec(solution(CONFIDENCE, "ex-outlier"), scope)
    (left, _), (right, _) = scope["Grid"](8).to_pixels(scope["peaks"].xy)
    assert left == pytest.approx(36.6, abs=0.05) and right == pytest.approx(49.5, abs=1e-5)


def test_a_generated_crowd_survives_the_way_there_and_back():
    """What both chapters lean on: true maps lead back to the joints they were drawn from."""
    people = random_people(np.random.default_rng(1), 3, gap=10)
    found = paflib.parse(targets(people, (368, 656)))
    assert len(found) == 3 and found.present.all()
