"""The chapter on training: its warp is the package's, its configuration is one, and the exercise's number is right."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import pytest

import paflib
from paflib.fetching import data_folder
from paflib.trainer import AUGMENTATIONS
from paflib.trainer.augment import draw_warp
from paflib.trainer.config import config_of, read_config

CHAPTER = Path(__file__).parents[2] / "book" / "networks" / "training.md"


def cells() -> list[Any]:
    return jupytext.reads(CHAPTER.read_text(encoding="utf-8"), fmt="md:myst").cells


def cell(name: str) -> dict[str, Any]:
    """What the cell of this name defines."""
    (source,) = [one.source for one in cells() if one.metadata.get("name") == name]
    scope: dict[str, Any] = {"np": np}
    exec(compile(source, f"{CHAPTER.name}:{name}", "exec"), scope)
    return scope


@pytest.mark.parametrize("preset", ["cvpr-2017", "tpami-2019"])
@pytest.mark.parametrize("seed", range(20))
def test_the_warp_by_hand_is_the_packages(preset: str, seed: int):
    """From the same random numbers, in the order in which the package draws them."""
    how, box = AUGMENTATIONS[preset], np.array([40.0, 25.0, 60.0, 150.0])
    warp = draw_warp(np.random.default_rng(seed), how, (300, 400), box)
    rng = np.random.default_rng(seed)
    scale = how.target * how.size / box[3] * rng.uniform(*how.scale)
    angle = np.deg2rad(rng.uniform(-how.rotation, how.rotation))
    shift = rng.uniform(-how.jitter, how.jitter, 2)
    by_hand = cell("warp")["warp_by_hand"]
    matrix = by_hand(how.size, box[:2] + box[2:] / 2, scale, angle, shift, bool(rng.random() < how.flip))
    np.testing.assert_allclose(matrix, warp.matrix, atol=1e-9)


def test_the_warps_draw_both_mirror_images():
    how = AUGMENTATIONS["cvpr-2017"]
    assert {draw_warp(np.random.default_rng(seed), how, (300, 400)).flip for seed in range(20)} == {False, True}


def test_the_exercise():
    by_hand = cell("warp")["warp_by_hand"]
    x, y = by_hand(368, np.array([140, 150]), 0.6 * 368 / 200, 0.0, 0.0, False) @ [140, 50, 1]
    assert (x, y) == pytest.approx((183.5, 73.1))
    how = replace(AUGMENTATIONS["cvpr-2017"], scale=(1.0, 1.0), rotation=0.0, jitter=0.0, flip=0.0)
    warp = draw_warp(np.random.default_rng(0), how, (480, 640), np.array([100.0, 50.0, 80.0, 200.0]))
    np.testing.assert_allclose(warp.matrix @ [140, 50, 1], (183.5, 73.1), atol=1e-9)


def test_the_configuration_of_the_chapter_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    parts = [one.source for one in cells() if one.source.startswith(("middles", "CONFIG", "NETWORK", "STAGES"))]
    scope: dict[str, Any] = {"here": tmp_path, "read_config": read_config, "config_of": config_of, "paflib": paflib}
    scope["Skeleton"] = paflib.Skeleton
    for source in parts:
        exec(source, scope)
    assert "did you mean 'foreground'?" in capsys.readouterr().out
    config = scope["config"]
    assert config.name == "small" and config.run.batch * config.run.steps < 20_000
    assert config.skeleton_of() == scope["spine"]


def test_the_results_that_the_chapter_shows_are_there():
    for name, keys in (("tiny", ("curve", "levels", "images", "training_seconds")), ("training", ("results",))):
        path = data_folder() / "results" / f"{name}.json"
        if not path.is_file():
            pytest.fail(f"{path} is missing: python -m benchmarks.{name}")
        content = json.loads(path.read_text())
        assert set(keys) <= set(content)
