"""The chapter on fine-tuning: the skeleton it writes, what true maps say of it, what broken data is answered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import pytest

from paflib import COCO_18, COCO_23, MPII_15, Skeleton
from paflib.errors import PaflibError
from paflib.evaluation import evaluate_oks, true_maps
from paflib.fields import TARGETS
from paflib.synthetic import LEVELS, write_dataset
from paflib.trainer import CocoSource, config_of
from scripts import book

PAGE = book.ROOT / "book" / "networks" / "fine-tuning.md"
CELLS = jupytext.reads(PAGE.read_text(encoding="utf-8"), fmt="md:myst").cells


def cell_with(text: str) -> str:
    found = [cell.source for cell in CELLS if cell.cell_type == "code" and text in cell.source]
    assert len(found) == 1, f"{len(found)} cells have {text!r}"
    return found[0]


def skeleton() -> Skeleton:
    scope: dict[str, Any] = {"COCO_18": COCO_18, "Skeleton": Skeleton}
    exec(cell_with("mine = Skeleton("), scope)
    made: Skeleton = scope["mine"]
    return made


MINE = skeleton()


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> tuple[Path, dict[str, Any]]:
    """The chapter's own held-out pictures, fewer of them."""
    scope: dict[str, Any] = {"replace": replace, "LEVELS": LEVELS}
    exec(cell_with("level = replace(").split("learn =")[0].replace("here = Path(tempfile.mkdtemp())", ""), scope)
    folder = tmp_path_factory.mktemp("feet")
    path = write_dataset(folder / "learn", scope["level"], 12, seed=5)
    return folder, json.loads(path.read_text())


def test_the_skeleton_grows_out_of_coco():
    """What was known keeps its channels, so the real weights fit; and everything new has annotations."""
    assert MINE.parts[:18] == COCO_18.parts and MINE.limbs[:19] == COCO_18.limbs
    assert len(MINE.parts) == 24 and MINE.C == 25 and MINE.redundant == COCO_18.redundant
    assert all(COCO_23.sources(MINE)), "parts that nobody annotates"
    assert set(COCO_23.parts) <= set(MINE.parts), "AP could not be measured on COCO's parts"
    assert MINE.parts[MINE.flip[MINE.index("left_heel")]] == "right_heel"
    permutation, _ = MINE.flip_limbs  # every limb has a mirror image
    assert sorted(permutation) == list(range(25))


def test_true_maps_say_which_fields_can_join_a_foot(data):
    """Chapter: with the paper's fields limbs of the feet have no cell, with the released code's nothing is lost."""
    _, truth = data
    made = {
        region: true_maps(truth, 8, None, MINE, COCO_23, replace(TARGETS["paper"], region=region), category_id="person")
        for region in ("paper", "cmu")
    }
    feet = {name: evaluate_oks(one.results, truth, COCO_23, parts="feet")["AP"] for name, one in made.items()}
    assert made["paper"].causes["no cell"] > 0 and feet["paper"] < 0.8
    assert made["cmu"].causes["no cell"] == 0 and feet["cmu"] > 0.95


def test_broken_data_is_answered_by_name(data):
    folder, content = data
    scope: dict[str, Any] = {"content": content, "here": folder, "json": json, "CocoSource": CocoSource,
                             "PaflibError": PaflibError}  # fmt: skip
    exec(cell_with("def complaint(change)"), scope)
    exec(cell_with("def misspell(json_)").split("\nfor ")[0], scope)
    answers = {name: scope["complaint"](scope[name]) for name in ("misspell", "undefined", "outside", "orphan")}
    assert "0003.jpg" in answers["misspell"] and "NaN" in answers["undefined"]
    assert "1 parts outside" in answers["outside"] and "9999" in answers["orphan"]


def test_the_configuration_is_one(tmp_path):
    (tmp_path / "skeleton.json").write_text(MINE.to_json())
    scope: dict[str, Any] = {"mine": MINE, "here": tmp_path, "learn": Path("x.json"), "config_of": config_of}
    exec(cell_with('"start": "mobilenet-thin",'), scope)
    exec(cell_with("config |= {").split("start = fresh_network")[0], scope)
    made = config_of(scope["config"], folder=str(tmp_path))
    assert made.skeleton_of() == MINE and 0 < made.optimiser.features_lr < 1
    assert made.target_options().region == "cmu"


def test_a_frozen_trunk_is_not_trained():
    """Chapter: no gradient is computed for it."""
    from paflib.trainer.config import Optimiser
    from paflib.trainer.loop import make_optimiser

    torch = pytest.importorskip("torch")
    from paflib.model.mobilenet import MobileNetThin

    module = MobileNetThin(MPII_15)
    optimiser = make_optimiser(Optimiser(kind="adam", features_lr=0.0), module, ("LS",) * 6)
    module(torch.rand(1, 3, 48, 48))[-1][1].sum().backward()
    assert all(p.grad is None for p in module.trunk.parameters())
    assert module.stages[0].S[0].pointwise.weight.grad is not None
    in_groups = sum(len(group["params"]) for group in optimiser.param_groups)
    assert in_groups == len(list(module.stages.parameters()))
    assert np.isfinite(optimiser.param_groups[0]["lr"])
