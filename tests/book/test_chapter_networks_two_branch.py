"""The two-branch network: what the text derives is what the package runs, and what it says of the photograph is so."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import paflib
from paflib.fetching import fetch
from paflib.inference.estimator import network_input, place
from paflib.inference.video import Video
from paflib.model.backbones import VGG19Features
from paflib.model.measure import count_parameters, measure
from paflib.model.two_branch import TwoBranchNetwork, branch, caffe_name
from paflib.parser import line_integral
from paflib.parser.sampling import sample
from paflib.skeleton import COCO_18

CHAPTER = Path(__file__).parents[2] / "book" / "networks" / "two-branch.md"


def restated(path: Path) -> dict[str, Any]:
    """The functions of the cells tagged ``restated``."""
    names: dict[str, Any] = {"np": np, "torch": torch}
    for cell in jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst").cells:
        if "restated" in cell.metadata.get("tags", []):
            exec(cell.source, names)
    return names


HERE = restated(CHAPTER)


class OneMap(nn.Module):
    """A chain of layers as a network of one stage, for `measure`."""

    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.chain = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> list[tuple[torch.Tensor, None]]:
        return [(self.chain(x), None)]


KERNELS = st.sampled_from([(1, 1), (3, 1), (3, 2), (5, 1), (7, 1), (7, 2)])


@settings(max_examples=60, deadline=None)
@given(st.lists(KERNELS, min_size=1, max_size=5), st.integers(1, 5))
def test_cost_and_receptive_field_are_what_measure_finds(layers, width):
    chain: list[nn.Module] = [
        nn.Conv2d(3 if k == 0 else width, width, kernel, stride, kernel // 2)
        for k, (kernel, stride) in enumerate(layers)
    ]
    found, cells = measure(OneMap(chain), (64, 96)), 64 * 96
    total = np.zeros(2, int)
    for k, (kernel, stride) in enumerate(layers):
        cells //= stride**2
        total += HERE["cost"](kernel, 3 if k == 0 else width, width, cells)
    assert tuple(total) == (found.parameters, found.macs)
    seen, step = HERE["receptive_field"](layers)
    assert found.fields == (((seen, seen), None),)
    assert step == np.prod([stride for _, stride in layers])


@pytest.mark.parametrize("stages", [1, 2, 4])
def test_the_loop_of_equations_1_and_2_is_the_network(stages):
    torch.manual_seed(stages)
    network = TwoBranchNetwork(COCO_18, VGG19Features(width=4), stages, width=8, hidden=8)
    x = torch.rand(2, 3, 48, 64)
    with torch.no_grad():
        F = network.features(x)
        ours = HERE["two_branch"](F, [s.L for s in network.stages], [s.S for s in network.stages])
        for (L, S), (L_theirs, S_theirs) in zip(ours, network(x), strict=True):
            assert torch.equal(L, L_theirs) and torch.equal(S, S_theirs)


def test_the_numbers_that_the_text_works_out():
    cost = HERE["cost"]
    assert cost(3, 3, 64, 368 * 656) == (1792, 1728 * 368 * 656) and round(1728 * 368 * 656 / 1e9, 2) == 0.42
    parameters, work = cost(7, 185, 128, 46 * 82)
    assert parameters == 1_160_448 and round(work / 1e9, 1) == 4.4 and 2 * COCO_18.C + COCO_18.J + 1 + 128 == 185
    assert round(work / cost(3, 3, 64, 368 * 656)[1]) == 10 and 368 * 656 == 64 * 46 * 82
    assert [HERE["receptive_field"](chain)[0] for chain in ([(3, 1)] * 2, [(3, 1), (3, 1), (2, 2)],
            [(3, 1), (3, 1), (2, 2), (3, 1)])] == [5, 6, 10]  # fmt: skip


def test_the_numbers_of_the_exercises():
    assert cost_of(branch(185, 38, 128, 128, 7, 5)) == 4_393_638
    assert HERE["cost"](1, 128, 38, 1)[0] == 4902 and HERE["cost"](1, 128, 128, 1)[0] == 16_512
    assert HERE["cost"](7, 128, 128, 1)[0] == 802_944
    later = [(3, 1)] * 5 + [(1, 1)] * 2
    assert 164 + 5 * 80 == 564 == 164 + 5 * 8 * (HERE["receptive_field"](later)[0] - 1)


def cost_of(module: nn.Module) -> int:
    return count_parameters(module)


def test_the_names_that_the_text_shows():
    with torch.device("meta"):
        network = TwoBranchNetwork(COCO_18, VGG19Features(), 6)
    names = list(network.state_dict())
    assert caffe_name(names[0]) == "conv1_1.weight" and caffe_name(names[24]) == "conv5_1_CPM_L1.weight"
    assert caffe_name(names[-1]) == "Mconv7_stage6_L2.bias"


@pytest.fixture(scope="module")
def image():
    with Video(fetch("pose2sim-cam01", progress=False)) as video:
        return next(islice(video, 40, None))


@pytest.fixture(scope="module")
def estimator():
    return paflib.PoseEstimator.from_pretrained("mobilenet-thin", device="cpu")


@pytest.fixture(scope="module")
def fields(image, estimator):
    return estimator.fields(image, stages=True)


def test_the_thighs_field_leaves_the_wrong_leg_at_stage_3(fields):
    man = paflib.parse(fields).keypoints[0]
    along = []
    for ends in ((8, 9), (11, 12)):
        a, b = fields.L_grid.to_cells(man[list(ends), :2])
        along.append([line_integral(stage.L[COCO_18.limbs.index((8, 9))], a, b)[0] for stage in fields.stages])
    right, left = np.array(along)
    assert (abs(left[:2] - 0.5) < 0.1).all() and (left[2:] < 0.2).all()
    assert abs(right[0] - 0.5) < 0.1 and right[-1] > 0.65 and right[-1] > right[0]


def test_the_ankles_map_prefers_the_wrong_foot_hesitates_and_is_right(fields):
    man = paflib.parse(fields).keypoints[0]
    feet = fields.S_grid.to_cells(man[[10, 13], :2])
    right, left = np.array([sample(stage.S[10:11], feet)[0] for stage in fields.stages]).T
    assert (left > 1.2 * right)[:2].all() and abs(left[2] - right[2]) < 0.1 and (right > 1.5 * left)[3:].all()


@pytest.mark.slow
def test_stage_1_looks_at_the_foot_and_stage_6_at_the_hips(image, estimator, fields):
    man = paflib.parse(fields).keypoints[0]
    placed = place(image.shape[:2], estimator.height, 8, estimator.max_pixels)
    entry = estimator.network.entry
    pixels = entry.scaling(torch.from_numpy(network_input(image, placed, entry.pad)[None])).requires_grad_()
    column, row = fields.S_grid.to_cells(man[10, :2]).round().astype(int)
    foot, hips = [], []
    for _, S in estimator.network.module(pixels):
        (gradient,) = torch.autograd.grad(S[0, 10, row, column], pixels, retain_graph=True)
        weights = gradient[0].abs().sum(dim=0).numpy()
        y, x = image.shape[0] / placed.resized[0] * np.indices(weights.shape)
        for place_of, shares in ((man[10, :2], foot), (man[[8, 11], :2].mean(axis=0), hips)):
            shares.append(weights[np.hypot(x - place_of[0], y - place_of[1]) < 150].sum() / weights.sum())
    assert foot[0] > 0.4 > 0.05 > hips[0] and hips[-1] > 0.3 > 0.15 > foot[-1]
