"""The staged network: what the text derives is what the package runs, and what it says of the result files is so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import pytest
import torch

from paflib import People, targets
from paflib.evaluation import StageReport
from paflib.fetching import data_folder
from paflib.model.backbones import VGG19Features, build_features
from paflib.model.measure import measure
from paflib.model.staged import DenseBlock, StagedNetwork, body25
from paflib.skeleton import COCO_18
from tests.book.test_chapter_networks_two_branch import restated

CHAPTER = Path(__file__).parents[2] / "book" / "networks" / "staged.md"
HERE = restated(CHAPTER)


def cell_with(text: str, **names: Any) -> dict[str, Any]:
    """What the one cell that holds this text defines."""
    cells = jupytext.reads(CHAPTER.read_text(encoding="utf-8"), fmt="md:myst").cells
    (source,) = [cell.source for cell in cells if cell.cell_type == "code" and text in cell.source]
    exec(source, names)
    return names


@pytest.mark.parametrize("order", ["LLLLSS", "LS", "LLLLLS", "LLLSSS"])
def test_the_loop_of_equations_1_to_3_is_the_network(order):
    torch.manual_seed(len(order))
    network = StagedNetwork(COCO_18, VGG19Features(width=4), order, first=(8, 16), later=(12, 16), blocks=2)
    x, T_P = torch.rand(2, 3, 48, 64), order.count("L")
    with torch.no_grad():
        fields, maps = HERE["staged"](network.features(x), network.stages[:T_P], network.stages[T_P:])
        theirs = [L if S is None else S for L, S in network(x)]
    assert len(theirs) == len(order)
    assert all(torch.equal(ours, other) for ours, other in zip([*fields, *maps], theirs, strict=True))


def test_the_dense_block_and_the_prelu_are_the_packages():
    torch.manual_seed(0)
    block = DenseBlock(6, 5)
    with torch.no_grad():
        for layer in block.layers:
            layer[1].weight.uniform_(-1, 1)
        x = torch.randn(2, 6, 9, 7)
        assert torch.equal(HERE["dense_block"](x, block.layers), block(x))
        conv, act = block.layers[0]
        torch.testing.assert_close(HERE["prelu"](conv(x), act.weight), block.layers[0](x))


@pytest.mark.parametrize("order", ["LLLLSS", "SSL"])
def test_multiply_adds_are_those_of_measure(order):
    with torch.device("meta"):
        network = StagedNetwork(COCO_18, build_features("vgg19", width=8), order, first=(8, 16), later=(12, 16))
    found = measure(network, (64, 96))
    trunk = measure(StagedNetwork(COCO_18, network.features, "L", first=(1, 1), blocks=1), (64, 96))
    small = StagedNetwork(COCO_18, network.features, "L", first=(1, 1), blocks=1).stages[0]
    stages = sum(HERE["multiply_adds"](stage, 8 * 12) for stage in network.stages)
    assert found.macs == trunk.macs - HERE["multiply_adds"](small, 8 * 12) + stages


def test_the_counts_of_the_text():
    multiply_adds = HERE["multiply_adds"]
    C = 128
    assert multiply_adds(torch.nn.Conv2d(C, C, 7)) == 49 * C**2 and multiply_adds(DenseBlock(C, C)) == 27 * C**2
    assert multiply_adds(DenseBlock(3 * C, C)) == 45 * C**2
    assert 2 * 49 - 1 == 97 and 3 * (2 * 9 - 1) == 51
    blocks = [DenseBlock(180 if k == 0 else 192, 64) for k in range(5)]
    assert multiply_adds(blocks[0]) == 177_408 and multiply_adds(blocks[1]) == 184_320
    assert sum(multiply_adds(block) for block in blocks) == 914_688


def test_a_new_stage_costs_somewhat_less_than_an_old_branch():
    """So says the text; and that the six stages together are cheaper by more than a third."""
    from paflib.model.zoo import build_network

    with torch.device("meta"):
        body, old = body25(), build_network("two-branch", COCO_18)
    new, branch = (HERE["multiply_adds"](module) for module in (body.stages[1], old.stages[1].L))
    assert 0.75 < new / branch < 1
    assert measure(body).macs < 0.65 * measure(old).macs


def test_the_same_maps_have_different_fields_and_a_lone_field_has_its_joints():
    names = cell_with("def thighs", np=np, COCO_18=COCO_18, paflib=type("", (), {"targets": targets, "People": People}))
    straight, crossing = names["straight"], names["crossing"]
    np.testing.assert_array_equal(straight.S, crossing.S)
    assert np.abs(straight.L - crossing.L).max() > 0.5
    found = cell_with("def ends", **names)
    c = COCO_18.limbs.index((8, 9))
    for hip, knee in (((60, 24), (60, 96)), ((50, 30), (130, 80)), ((150, 90), (40, 70))):
        lone = names["thighs"]((hip, knee))
        places = lone.L_grid.to_pixels(found["ends"](lone.L[c]))
        assert np.hypot(*(places - [hip, knee]).T).max() < 2 * 8, places


def result(name: str) -> Any:
    return json.loads((data_folder() / "results" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["mobilenet-thin", "tiny"])
def test_the_result_files_say_what_the_text_says(name):
    rows = result("tiny")["levels"]["crowd"] if name == "tiny" else result("stages-mobilenet-thin")["stages"]
    reports = [StageReport.from_json(row) for row in rows]
    assert [report.stage for report in reports] == list(range(1, len(reports) + 1))
    for report in reports:
        low, high = report.figures["interval"]["AP"]
        assert low <= report.figures["AP"] <= high
    L_on = np.array([r.errors["L_on"] for r in reports if "L" in r.predicts])
    assert L_on[1] < L_on[0], "the first correction takes something off"


def test_what_falls_in_mobilenet_thin_and_what_does_not():
    """The error of L on limbs at every stage; off limbs not; the angle and S up to the fifth; AP hardly at stage 6."""
    reports = [StageReport.from_json(row) for row in result("stages-mobilenet-thin")["stages"]]
    assert len(reports) == 6
    steps = {key: np.diff([r.errors[key] for r in reports]) for key in reports[0].errors}
    assert (steps["L_on"] < 0).all() and steps["L_on"].argmin() == 0
    assert (steps["L_off"] > 0).any() and (steps["L_off"] < 0).any() and steps["L_off"].sum() > 0
    for key in ("angle", "S_on", "S"):
        assert (steps[key][:4] < 0).all() and steps[key][4] > 0, key
        assert steps[key][4] < 0.1 * abs(steps[key][:4].sum()), f"{key} rises by a trifle"
    five, six = (r.figures for r in reports[4:])
    low, high = six["interval"]["AP"]
    assert 0 < six["AP"] - five["AP"] < 0.1 * (high - low)
