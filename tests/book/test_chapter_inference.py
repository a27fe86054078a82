"""The chapter on inference: what it derives is what the package does, and its numbers are those of the results."""

from __future__ import annotations

import re
from typing import Any

import cv2
import jupytext
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paflib.figures import speed_results
from paflib.parser.sampling import cubic_weights, sample
from scripts import book, speed_table

TEXT = (book.ROOT / "book" / "system" / "inference.md").read_text(encoding="utf-8")


def restated() -> dict[str, Any]:
    scope: dict[str, Any] = {"np": np}
    cells = jupytext.reads(TEXT, fmt="md:myst").cells
    tagged = [cell.source for cell in cells if "restated" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    exec(tagged[0], scope)
    return scope


CHAPTER = restated()


@given(st.floats(0, 1, exclude_max=True))
def test_the_weights_are_the_packages(t):
    np.testing.assert_allclose(CHAPTER["weights"](t), cubic_weights(np.array(t)), atol=1e-12)
    assert CHAPTER["weights"](t).sum() == pytest.approx(1)


@given(st.integers(0, 2**32 - 1), st.floats(-2, 9), st.floats(-2, 8))
def test_a_pixel_is_the_packages_sample(seed, x, y):
    cells = np.random.default_rng(seed).normal(size=(6, 7))
    want = sample(cells[None], np.array([[x, y]]), "cubic")[0, 0]
    assert CHAPTER["pixel"](cells, x, y) == pytest.approx(want, abs=1e-12)


def test_a_pixel_is_that_of_the_enlarged_map():
    cells = np.random.default_rng(0).normal(size=(6, 7)).astype(np.float32)
    large = cv2.resize(cells, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    ours = [[CHAPTER["pixel"](cells, (x + 0.5) / 8 - 0.5, (y + 0.5) / 8 - 0.5) for x in range(56)] for y in range(48)]
    np.testing.assert_allclose(ours, large, atol=1e-5)


def test_half_way_between_cells_the_weights_are_the_exercises():
    np.testing.assert_allclose(CHAPTER["weights"](0.5), np.array([-3, 19, 19, -3]) / 32)
    assert np.abs(CHAPTER["weights"](0.5)).sum() ** 2 == pytest.approx(1.89, abs=0.005)


def test_the_exercise_on_cost_is_right():
    top_down, bottom_up = (lambda n: 20 + 10 * n), (lambda n: 40 + 0.3 * (n / 9) ** 1.3)
    assert top_down(2) <= bottom_up(2) < bottom_up(3) < top_down(3)
    assert pytest.approx(40, rel=0.02) == 0.3 * (390 / 9) ** 1.3


def test_what_the_chapter_says_of_the_results_holds():
    """As far as its words go: who is below whom, everybody that OpenPose's rule recovers, and what it is that helps."""
    parsers = speed_results("parsers")["parsers"]
    ours, openpose = (parsers[name]["rows"] for name in ("paflib-numba-paper-4", "openpose-sorted"))
    assert set(ours) == set(openpose) == {"1", "2", "5", "9", "20", "50", "100"}
    for n in ours:
        assert ours[n]["people"] >= openpose[n]["people"] and ours[n]["recall"] >= openpose[n]["recall"]
        assert ours[n]["total_ms"] < openpose[n]["total_ms"]
    networks = speed_results("networks-cpu")["networks"]
    thin, tiny = networks["mobilenet-thin"]["1"], networks["tiny"]["1"]
    helps, relus = thin["torch"]["times_ours"] - 1, thin["paflib-relus-apart"]["times_ours"] - 1
    assert helps > 0.2 and relus < helps / 4
    assert tiny["onnxruntime"]["times_ours_to"] < 1
    for name in ("onnxruntime", "opencv-onnx"):  # with two threads about level
        two = networks["mobilenet-thin"]["2"][name]
        assert two["times_ours_from"] <= 1 <= two["times_ours_to"]
    ways = speed_results("people-cpu")["rows"]
    assert ways["20"]["top_down_ms"] > 2 * ways["20"]["bottom_up_ms"] > ways["1"]["top_down_ms"]
    assert ways["5"]["top_down_ms"] < ways["5"]["bottom_up_ms"] or ways["9"]["top_down_ms"] > ways["9"]["bottom_up_ms"]


def test_the_readmes_tables_are_those_of_the_results():
    readme = speed_table.README.read_text(encoding="utf-8")
    assert speed_table.written(readme) == readme, "run python -m scripts.speed_table"
    shown = readme.partition(speed_table.BEGIN)[2].partition(speed_table.END)[0]
    nine = speed_results("parsers")["parsers"]["paflib-numba-paper-4"]["rows"]["9"]["total_ms"]
    assert f"{nine:.2f}" in shown and len(re.findall(r"^\| ", shown, re.M)) >= 8


def test_a_readme_without_its_marks_is_named():
    with pytest.raises(SystemExit, match="has no lines <!-- made by"):
        speed_table.written("# nothing here\n")
