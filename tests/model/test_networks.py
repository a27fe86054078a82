"""The networks against their layer tables, restated in tests/model/released.py, with the same weights."""

from __future__ import annotations

import pytest
import torch

from paflib.errors import ShapeError
from paflib.model.backbones import FEATURES, MobileNetFeatures, VGG19Features, build_features
from paflib.model.lightweight import LightweightNetwork
from paflib.model.measure import count_parameters
from paflib.model.released import fit_released
from paflib.model.staged import StagedNetwork, body25
from paflib.model.two_branch import TwoBranchNetwork
from paflib.skeleton import BODY_25, CAR_22, COCO_18, MPII_15, Skeleton
from tests.model import released


def image(height: int = 24, width: int = 32) -> torch.Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(3)) - 0.5


@pytest.mark.parametrize(
    ("build", "parameters"),
    [
        (lambda: TwoBranchNetwork(COCO_18, VGG19Features()), 52_311_446),
        (lambda: TwoBranchNetwork(MPII_15, VGG19Features()), 51_481_032),
        (lambda: TwoBranchNetwork(MPII_15, VGG19Features(), stages=4), 34_240_880),
        (body25, 26_166_084),
        (LightweightNetwork, 4_091_698),
        (lambda: LightweightNetwork(open_model_zoo=True), 4_099_058),
    ],
    ids=["COCO", "MPII", "MPII, 4 stages", "BODY_25", "Lightweight", "Lightweight, Open Model Zoo"],
)
def test_parameter_counts_are_the_released_ones_to_the_unit(build, parameters):
    with torch.device("meta"):
        assert count_parameters(build()) == parameters


def close(ours, theirs) -> bool:
    return torch.allclose(ours, theirs, rtol=1e-4, atol=1e-4 * float(theirs.abs().max()))


@pytest.mark.parametrize(
    ("skeleton", "stages", "trunk", "width", "hidden"),
    [(COCO_18, 6, 64, 128, 512), (MPII_15, 4, 8, 16, 24), (COCO_18, 1, 4, 8, 8)],
    ids=["full size", "MPII, narrow", "one stage"],
)
def test_two_branch_network(skeleton, stages, trunk, width, hidden):
    shapes = released.two_branch_shapes(2 * skeleton.C, skeleton.J + 1, stages, trunk, width, hidden)
    weights = released.random_tensors(shapes)
    network = TwoBranchNetwork(skeleton, VGG19Features(width=trunk), stages, width, hidden)
    fit_released(network, weights, "table")
    with torch.no_grad():
        ours, theirs = network(image()), released.run_two_branch(weights, image(), stages)
    assert len(ours) == len(theirs) == len(network.order) == stages
    for (L, S), (L1, L2) in zip(ours, theirs, strict=True):
        assert L is not None and L.shape == (2, 2 * skeleton.C, 3, 4) and close(L, L1)
        assert S is not None and S.shape == (2, skeleton.J + 1, 3, 4) and close(S, L2)
    assert float(theirs[-1][0].std()) > 1e-3  # the agreement is not one of zeros


def test_staged_network_is_body_25():
    weights = released.random_tensors(released.body_25_shapes())
    network = fit_released(body25(), weights, "table")
    with torch.no_grad():
        ours, theirs = network(image(24, 16)), released.run_body_25(weights, image(24, 16))
    assert [name[-2:] for name, _ in theirs] == ["L2"] * 4 + ["L1"] * 2 and len(ours) == 6
    for (L, S), (name, maps) in zip(ours, theirs, strict=True):
        assert (L is None) == name.endswith("L1") and (S is None) == name.endswith("L2")
        assert close(L if S is None else S, maps)
    assert float(theirs[-1][1].std()) > 1e-3


@pytest.mark.parametrize("refinements", [1, 2])
def test_lightweight_network(refinements):
    weights = released.random_tensors(released.lightweight_shapes(refinements))
    network = fit_released(LightweightNetwork(refinements=refinements), weights, "table")
    with torch.no_grad():
        ours, theirs = network(image(56, 72)), released.run_lightweight(weights, image(56, 72), refinements)
    assert len(ours) == len(theirs) == 1 + refinements
    for (L, S), (pafs, heatmaps) in zip(ours, theirs, strict=True):
        assert L is not None and L.shape == (2, 38, 7, 9) and close(L, pafs)
        assert S is not None and S.shape == (2, 19, 7, 9) and close(S, heatmaps)
    assert float(theirs[-1][0].std()) > 1e-3


TRIANGLE = Skeleton("triangle", ("a", "b", "c"), ((0, 1), (1, 2), (2, 0)))


@pytest.mark.parametrize("skeleton", [TRIANGLE, BODY_25, CAR_22], ids=lambda s: s.name)
@pytest.mark.parametrize("features", [{"name": "vgg19", "width": 4}, {"name": "mobilenet", "width": 0.125},
                                      {"name": "small", "channels": 8, "fine_channels": 0}])  # fmt: skip
def test_any_skeleton_on_any_trunk(skeleton, features):
    network = TwoBranchNetwork(skeleton, build_features(**features), stages=2, width=8, hidden=8)
    for L, S in network(torch.rand(2, 3, 32, 24)):
        assert L is not None and L.shape == (2, 2 * skeleton.C, 4, 3)
        assert S is not None and S.shape == (2, skeleton.J + 1, 4, 3)


def test_what_a_later_stage_sees_is_what_the_one_before_said():
    """Cut the fields out of stage 2's input: stage 1 stays as it is, stage 2 changes."""
    torch.manual_seed(0)
    network = TwoBranchNetwork(COCO_18, VGG19Features(width=4), stages=2, width=8, hidden=8)
    x = image()
    before = network(x)
    with torch.no_grad():
        network.stages[1].L[0].weight[:, :38] = 0
    after = network(x)
    assert torch.equal(before[0][0], after[0][0]) and not torch.allclose(before[1][0], after[1][0])
    assert torch.equal(before[1][1], after[1][1])  # the other branch sees what it saw


def test_gradients_reach_the_first_layer_from_every_stage():
    torch.manual_seed(0)
    network = TwoBranchNetwork(COCO_18, VGG19Features(width=4), stages=3, width=8, hidden=8)
    for stage in range(3):
        network.zero_grad()
        L, S = network(image())[stage]
        assert L is not None and S is not None
        (L.square().sum() + S.square().sum()).backward()
        first = network.features.layers.conv1_1.weight.grad
        assert first is not None and float(first.abs().sum()) > 0


def test_the_trunks_say_what_they_give():
    for name, small in (("vgg19", {"width": 4}), ("mobilenet", {"width": 0.25}), ("small", {"fine_channels": 0})):
        features = build_features(name, **small)
        F = features(torch.rand(1, 3, 64, 48))
        assert F.shape == (1, features.channels, 64 // features.stride, 48 // features.stride)
        assert not features.fine_channels and name in FEATURES


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda: TwoBranchNetwork(COCO_18, VGG19Features(width=4), stages=0), "stages is 0"),
        (lambda: TwoBranchNetwork(COCO_18, build_features("small")), "fine_channels=0"),
        (lambda: build_features("resnet"), "'resnet'; known are: vgg19, mobilenet, small"),
        (lambda: build_features("vgg19", depth=3), "trunk 'vgg19'.*depth"),
        (lambda: VGG19Features(width=0), "width is 0"),
        (lambda: MobileNetFeatures(width=0), "width is 0"),
        (lambda: LightweightNetwork(refinements=-1), "refinements is -1"),
    ],
)
def test_arguments_that_make_no_network_are_named(wrong, complaint):
    with pytest.raises(ShapeError, match=complaint):
        wrong()


def test_staged_orders_of_table_5_are_arguments():
    for order in ("LLLLLS", "LLLLSS", "LLLSSS", "LLLLS", "LLLS", "SSLLLL"):
        network = StagedNetwork(COCO_18, VGG19Features(prelu=True, width=4), order, (4, 8), (6, 8), blocks=1)
        outputs = network(torch.rand(1, 3, 16, 16))
        assert ["L" if S is None else "S" for _, S in outputs] == list(order)
