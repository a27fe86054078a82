"""The chapter on evaluation: what it computes by hand is what the package and pycocotools compute."""

from __future__ import annotations

import json
from typing import Any

import jupytext
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paflib import COCO_17, MPII_16, People
from paflib.evaluation import evaluate_oks, evaluate_pckh, oks_matrix
from paflib.evaluation import pckh as package
from scripts import book

PAGE = book.ROOT / "book" / "system" / "evaluation.md"
CELLS = jupytext.reads(PAGE.read_text(encoding="utf-8"), fmt="md:myst").cells
SIGMAS = np.array(COCO_17.sigmas)


def restated() -> dict[str, Any]:
    """The functions of the cells that are tagged ``restated``."""
    scope: dict[str, Any] = {"np": np}
    tagged = [cell for cell in CELLS if "restated" in cell.metadata.get("tags", [])]
    assert len(tagged) == 6
    for cell in tagged:
        exec(cell.source, scope)
    return scope


CHAPTER = restated()


def cells_with(*words: str) -> str:
    found = [cell.source for cell in CELLS if cell.cell_type == "code" and any(word in cell.source for word in words)]
    assert found
    return "\n".join(found)


def crowd(rng: np.random.Generator, n: int, missing: float = 0.2) -> np.ndarray:
    points = np.concatenate([rng.uniform(100, 300, (n, 17, 2)), np.ones((n, 17, 1))], axis=2)
    points[rng.random((n, 17)) < missing] = 0
    points[:, 0] = 150, 150, 1  # everybody has a nose
    return points


@given(st.integers(0, 10_000))
def test_oks_by_hand_is_the_packages(seed):
    rng = np.random.default_rng(seed)
    truth, area = crowd(rng, 3), rng.uniform(500, 20_000, 3)
    seen = truth[rng.integers(0, 3, 4)] + rng.normal(0, 8, (4, 17, 3)) * [1, 1, 0]
    want = oks_matrix(People(seen, None, COCO_17), People(truth, None, COCO_17, area=area))
    by_hand = [[CHAPTER["oks_by_hand"](one, other, a, SIGMAS) for other, a in zip(truth, area, strict=True)]
               for one in seen]  # fmt: skip
    np.testing.assert_allclose(by_hand, want, atol=1e-12)


def test_the_two_people_of_the_text():
    """0.63, 0.72 and 0.65 make 0.67; on a quarter of the area 0.16, 0.27 and 0.17 make 0.20."""
    scope = CHAPTER | {"COCO_17": COCO_17}
    exec(cells_with("by_hand = [oks_by_hand"), scope)
    assert np.round(scope["by_hand"], 2).tolist() == [0.67, 0.2]
    for area, each in ((10_000, [0.63, 0.72, 0.65]), (2_500, [0.16, 0.27, 0.17])):
        sigmas = np.array([0.026, 0.062, 0.107])
        square = np.array([5, 10, 20]) ** 2
        assert np.exp(-square / (2 * area * (2 * sigmas) ** 2)).round(2).tolist() == each


def problem(seed: int) -> tuple[list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]], dict[str, Any], list[Any]]:
    """Scenes of (truth, area, seen, scores), and the same as COCO's json and results; everybody found has all parts."""
    rng = np.random.default_rng(seed)
    scenes: list[Any] = []
    rows: list[dict[str, Any]] = []
    results: list[Any] = []
    for image in range(6):
        n = int(rng.integers(1, 5))
        truth, area = crowd(rng, n), rng.uniform(2_000, 20_000, n)
        truth[rng.random(n) < 0.2] = 0  # nobody labelled these
        seen = np.concatenate([truth, crowd(rng, 2, 0)])
        seen[seen[..., 2] == 0] = rng.uniform(100, 300, (int((seen[..., 2] == 0).sum()), 3))
        seen = np.concatenate([seen[..., :2] + rng.normal(0, rng.uniform(1, 12), seen[..., :2].shape),
                               np.ones((n + 2, 17, 1))], axis=2)  # fmt: skip
        scores = rng.uniform(0.1, 1, n + 2)
        scenes.append((truth, area, seen, scores))
        for points, a in zip(truth, area, strict=True):
            flat = points * [1, 1, 2]
            box = [100.0, 100.0, 200.0, 200.0]
            rows.append({"image_id": image, "category_id": 1, "id": len(rows) + 1, "keypoints": flat.ravel().tolist(),
                         "area": a, "bbox": box, "iscrowd": 0})  # fmt: skip
        results += [{"image_id": image, "category_id": 1, "keypoints": p.ravel().tolist(), "score": s}
                    for p, s in zip(seen, scores, strict=True)]  # fmt: skip
    content = {"images": [{"id": i} for i in range(6)], "categories": [{"id": 1, "name": "person"}],
               "annotations": rows}  # fmt: skip
    return scenes, content, results


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_average_precision_by_hand_is_pycocotools(seed):
    scenes, content, results = problem(seed)
    if not any(points[:, :, 2].any() for points, *_ in scenes):
        return
    official = evaluate_oks(results, content)
    box = np.array([[100.0, 100.0, 200.0, 200.0]])
    for threshold, name in ((0.5, "AP50"), (0.75, "AP75")):
        judged: list[tuple[float, float]] = []
        for truth, area, seen, scores in scenes:
            order = np.argsort(-scores, kind="stable")
            people = People(truth, None, COCO_17, area=area, bbox=np.repeat(box, len(truth), axis=0))
            oks = oks_matrix(People(seen, None, COCO_17), people)[order]
            verdicts = CHAPTER["verdicts"](oks, ~people.present.any(axis=1), threshold)
            judged += zip(scores[order], verdicts, strict=True)
        rows = sorted((row for row in judged if row[1] == row[1]), key=lambda row: -row[0])
        positives = sum(int((points[:, :, 2] > 0).any(axis=1).sum()) for points, *_ in scenes)
        curve = CHAPTER["precision_recall"]([right for _, right in rows], positives)
        assert CHAPTER["area_below"](curve) == pytest.approx(official[name], abs=1e-9)


@given(st.integers(0, 10_000))
def test_pckh_and_its_assignment_by_hand_are_the_packages(seed):
    rng = np.random.default_rng(seed)
    truth = np.concatenate([rng.uniform(0, 100, (3, 14, 2)), rng.random((3, 14, 1)) < 0.8], axis=2)
    truth[:, 0, 2] = 1
    found = truth[rng.integers(0, 3, 4)] + rng.normal(0, 9, (4, 14, 3)) * [1, 1, 0]
    boxes = rng.uniform(15, 40, (3, 4))
    size = 0.6 * np.hypot(boxes[:, 2], boxes[:, 3])
    want = package.pckh(package.near_joints(found, truth, size), truth)
    by_hand = np.array([[CHAPTER["pckh_by_hand"](one, other, box) for other, box in zip(truth, boxes, strict=True)]
                        for one in found])  # fmt: skip
    np.testing.assert_allclose(by_hand, want)


@settings(max_examples=300)
@given(st.integers(0, 10_000), st.sampled_from([1, 3]))
def test_the_assignment_by_hand_is_the_packages(seed, digits):
    rng = np.random.default_rng(seed)
    pckh = np.maximum(rng.uniform(-0.3, 1, rng.integers(1, 6, 2)), 0).round(digits)
    assert CHAPTER["assign_by_hand"](pckh) == package.assign(pckh).tolist()


def test_the_two_people_in_a_row():
    """The person found twice does no harm to knees; of two wrists one is right, with the highest score: 0.5."""
    scope = CHAPTER | {"MPII_16": MPII_16, "evaluate_pckh": evaluate_pckh}
    exec(cells_with("def standing(x)", "def claim(x"), scope)
    joints = evaluate_pckh(scope["claims"], scope["annotated"], MPII_16)["joints"]
    assert joints["right_knee"] == 1 and joints["right_wrist"] == 0.5


def test_the_result_file_says_what_the_chapter_says_of_true_maps():
    """The same hundred crowds; on COCO's sample the released drawing is ahead, and most of the lost is cut off."""
    content = json.loads((book.ROOT / "benchmarks" / "results" / "true-maps.json").read_text(encoding="utf-8"))
    assert (content["scenes"], content["seed"]) == (100, 1)
    assert 'SyntheticDataset("crowd", 160, seed=1)' in cells_with("scenes = list(")
    assert "image_ids=range(100)" in cells_with("perfect = {}")
    for name in ("crowd", "photographs"):
        for stride in (8, 4):
            paper, released = (content[name][f"stride {stride}, {drawing}"] for drawing in ("paper", "openpose"))
            assert paper["AP"] < released["AP"]
            assert paper["causes"]["no cell"] > 0 == released["causes"]["no cell"]
    causes = content["crowd"]["stride 8, paper"]["causes"]
    assert max(causes, key=causes.get) == "no cell"
    for case in ("stride 8, paper", "stride 8, openpose"):
        row = content["photographs"][case]
        assert row["causes"]["cut off"] > row["lost_parts"] / 2


def test_the_exercise_worked_by_hand():
    similarity = np.exp(-144 / (2 * 6400 * (2 * 0.089) ** 2))
    assert 0.70 <= similarity < 0.705
