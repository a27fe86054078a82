"""The PyTorch module is the network of the frozen graph: OpenCV runs the graph itself and must say the same."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from paflib import BODY_25, COCO_18, MPII_15, Skeleton
from paflib.errors import WeightsError
from paflib.model import mobilenet
from paflib.model.mobilenet import MobileNetThin, SameConv2d, Separable, graph_name
from paflib.model.weights import constants, read_frozen_graph
from paflib.model.zoo import load, new_network, save_network
from paflib.trainer import config_of
from paflib.trainer.loop import fresh_network

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def network(graph_file: Path) -> MobileNetThin:
    return MobileNetThin.from_graph(graph_file)


@pytest.fixture(scope="module")
def opencv(graph_file: Path):
    if hasattr(cv2.dnn, "ENGINE_CLASSIC"):  # OpenCV 5: its new engine gives no intermediate layers
        return cv2.dnn.readNet(str(graph_file), "", "tensorflow", cv2.dnn.ENGINE_CLASSIC)
    return cv2.dnn.readNetFromTensorflow(str(graph_file))


def peer_outputs(opencv, bgr: np.ndarray) -> list[np.ndarray]:
    """What OpenCV's DNN module computes from the same graph: L and S of stage 1, of stage 2, ..."""
    names = [f"Openpose/MConv_Stage{t}_{b}_5_pointwise/Conv2D" for t in range(1, 7) for b in ("L1", "L2")]
    opencv.setInput(cv2.dnn.blobFromImage(bgr))
    return list(opencv.forward(names))


def our_outputs(network: nn.Module, bgr: np.ndarray) -> list[np.ndarray]:
    with torch.inference_mode():
        stages = network(torch.from_numpy(bgr).permute(2, 0, 1)[None].float())
    return [maps.numpy() for stage in stages for maps in stage]


@pytest.mark.parametrize("picture", ["frame 40", "astronaut"])
@pytest.mark.parametrize("size", [(208, 368), (136, 200), (187, 333)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_stage_agrees_with_opencv(network, opencv, pictures, picture, size):
    """368 is 23 * 16, 136 and 200 are multiples of 8 but not of 16, and 187 x 333 leaves odd sizes on the way."""
    bgr = cv2.resize(pictures[picture][:, :, ::-1], size, interpolation=cv2.INTER_AREA)
    ours, theirs = our_outputs(network, bgr), peer_outputs(opencv, bgr)
    assert len(ours) == len(theirs) == 12
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert a.shape == b.shape == (1, 38 if number % 2 == 0 else 19, -(-size[1] // 8), -(-size[0] // 8))
        assert np.abs(a - b).max() < TOLERANCE, f"stage {number // 2 + 1}"
    assert ours[-1][0, :18].max() > 0.5  # the pictures have people, so the agreement is not one of zeros


def test_symmetric_padding_would_be_far_off(graph_file, opencv, pictures, monkeypatch):
    """The trap of every port from TensorFlow: padding of one pixel on both sides at stride 2."""
    monkeypatch.setattr(mobilenet, "same_padding", lambda size, kernel, stride: ((kernel - 1) // 2,) * 2)
    bgr = pictures["frame 40"][:, :, ::-1].copy()
    wrong = our_outputs(MobileNetThin.from_graph(graph_file), bgr)
    assert np.abs(wrong[-1] - peer_outputs(opencv, bgr)[-1]).max() > 1000 * TOLERANCE


def test_parameter_count_is_the_published_one(network):
    assert sum(parameter.numel() for parameter in network.parameters()) == 1_930_872


def test_strides_and_activations_are_the_graphs(network, graph_file):
    """Walk the module's convolutions and look each one up in the graph."""
    graph = read_frozen_graph(graph_file)
    readers = {name: node for node in graph.values() for name in node.inputs}
    convolutions = 0
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            node = readers[graph_name(f"{name}.weight")]
            assert node.op == ("DepthwiseConv2dNative" if module.groups > 1 else "Conv2D")
            assert node.attributes["strides"] == (1, *module.stride, 1)
            assert node.attributes["padding"] == "SAME"
            assert isinstance(module, SameConv2d) or module.kernel_size == (1, 1)
            convolutions += 1
        if isinstance(module, Separable):
            bias = readers[graph_name(f"{name}.pointwise.bias")]
            rectified = any(node.op == "Relu" and bias.name in node.inputs for node in graph.values())
            assert hasattr(module, "relu") == rectified
    assert convolutions == sum(node.op in ("Conv2D", "DepthwiseConv2dNative") for node in graph.values()) == 143


def test_nothing_is_left_to_chance_or_trained_further(network):
    assert not network.training
    assert not any(parameter.requires_grad or parameter.is_meta for parameter in network.parameters())


SOME = "Openpose/MConv_Stage3_L2_4_pointwise/weights"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda tensors: tensors.pop(SOME), f"has no tensor {SOME}"),
        (lambda tensors: tensors.update(extra=np.zeros(3)), "no place for: extra"),
        (lambda tensors: tensors.update({SOME: tensors[SOME][..., :3]}), rf"{SOME} is float32 \(3, 64, 1, 1\), wanted"),
        (lambda tensors: tensors.update({SOME: tensors[SOME].astype(float)}), f"{SOME} is float64"),
        (lambda tensors: tensors.update({"feat_concat/axis": np.array(1)}), "feat_concat/axis is not 3"),
    ],
    ids=["missing", "left over", "shape", "type", "axis"],
)
def test_a_tensor_that_does_not_fit_is_named(graph_file, monkeypatch, change, complaint):
    def changed(graph):
        tensors = constants(graph)
        change(tensors)
        return tensors

    monkeypatch.setattr(mobilenet, "constants", changed)
    with pytest.raises(WeightsError, match=complaint) as caught:
        MobileNetThin.from_graph(graph_file)
    assert str(graph_file) in str(caught.value)


# ---- other skeletons -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skeleton", [COCO_18, MPII_15, BODY_25], ids=lambda one: one.name)
def test_heads_follow_the_skeleton_and_can_be_trained(skeleton):
    made = new_network("mine", "mobilenet-thin", skeleton, height=64)
    assert made.entry.order == ("LS",) * 6 and made.entry.stride == 8
    assert all(parameter.requires_grad for parameter in made.module.parameters())
    stages = made.module(torch.rand(1, 3, 64, 48))
    assert [tuple(maps.shape) for maps in stages[-1]] == [(1, 2 * skeleton.C, 8, 6), (1, skeleton.J + 1, 8, 6)]
    sum(maps.sum() for stage in stages for maps in stage).backward()
    assert all(parameter.grad is not None for parameter in made.module.parameters())


def test_one_file_keeps_a_network_of_another_skeleton(tmp_path):
    made = new_network("mine", "mobilenet-thin", BODY_25, height=64)
    save_network(tmp_path / "mine.safetensors", made)
    again = load(tmp_path / "mine.safetensors")
    assert again.entry.skeleton == BODY_25
    image = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    for one, other in zip(made(image), again(image), strict=True):
        assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])


def shuffled(seed: int) -> Skeleton:
    """COCO_18 with its parts and limbs in another order, half of the limbs running the other way."""
    rng = np.random.default_rng(seed)
    names = [(COCO_18.parts[a], COCO_18.parts[b]) for a, b in COCO_18.limbs]
    limbs = [names[c][:: 1 if turn else -1] for c, turn in zip(rng.permutation(19), rng.random(19) < 0.5, strict=True)]
    return Skeleton("shuffled", tuple(COCO_18.parts[j] for j in rng.permutation(18)), tuple(limbs))


@pytest.mark.parametrize("seed", [0, 1])
def test_channels_go_by_name_whatever_their_order(network, pictures, seed):
    """Two shuffled skeletons: every stage says of every part and limb what the original says, to rounding."""
    skeleton = shuffled(seed)
    other = MobileNetThin(skeleton)
    other.load_state_dict(other.adapted(network))
    bgr = cv2.resize(pictures["frame 40"][:, :, ::-1], (96, 160), interpolation=cv2.INTER_AREA)
    was, now = our_outputs(network, bgr), our_outputs(other, bgr)
    parts = [COCO_18.index(part) for part in skeleton.parts] + [18]
    ends = {frozenset((COCO_18.parts[a], COCO_18.parts[b])): c for c, (a, b) in enumerate(COCO_18.limbs)}
    for number in range(0, 12, 2):
        L, L_now = (one[number].reshape(-1, 2, *one[number].shape[2:]) for one in (was, now))
        assert np.abs(was[number + 1][0, parts] - now[number + 1][0]).max() < TOLERANCE
        for c, (a, b) in enumerate(skeleton.limbs):
            k = ends[frozenset((skeleton.parts[a], skeleton.parts[b]))]
            sign = 1 if COCO_18.limbs[k] == (COCO_18.index(skeleton.parts[a]), COCO_18.index(skeleton.parts[b])) else -1
            assert np.abs(sign * L[k] - L_now[c]).max() < TOLERANCE
    assert np.abs(was[-2]).max() > 0.5


NAMES = tuple((COCO_18.parts[a], COCO_18.parts[b]) for a, b in COCO_18.limbs)
TOES = Skeleton(
    "toes", (*COCO_18.parts, "left_toe", "left_toe_tip"),
    (("left_ankle", "left_toe"), ("left_toe", "left_toe_tip"), *NAMES), tuple(c + 2 for c in COCO_18.redundant or ()),
)  # fmt: skip


def test_a_skeleton_that_lacks_limbs_agrees_at_the_first_stage(network, pictures):
    made = MobileNetThin(BODY_25)  # no limb from neck to hip
    made.load_state_dict(made.adapted(network))
    bgr = cv2.resize(pictures["frame 40"][:, :, ::-1], (96, 160), interpolation=cv2.INTER_AREA)
    parts = [BODY_25.index(part) for part in COCO_18.parts]
    assert np.abs(our_outputs(network, bgr)[1][0, :18] - our_outputs(made, bgr)[1][0, parts]).max() < TOLERANCE


def test_new_parts_leave_the_known_ones_what_they_were(network, pictures):
    """At every stage: nobody listens to the new channels yet. A toe begins as the ankle, its limbs as the shin."""
    made = MobileNetThin(TOES)
    made.load_state_dict(made.adapted(network))
    bgr = cv2.resize(pictures["frame 40"][:, :, ::-1], (96, 160), interpolation=cv2.INTER_AREA)
    was, now = our_outputs(network, bgr), our_outputs(made, bgr)
    parts, toe = [TOES.index(part) for part in COCO_18.parts], TOES.index("left_toe_tip")
    for number in range(1, 12, 2):
        assert np.abs(was[number][0, :18] - now[number][0, parts]).max() < TOLERANCE, f"stage {number // 2 + 1}"
        assert np.abs(was[number][0, COCO_18.index("left_ankle")] - now[number][0, toe]).max() < TOLERANCE
    shin = COCO_18.limbs.index((COCO_18.index("left_knee"), COCO_18.index("left_ankle")))
    for k in range(4):  # x and y of the two limbs of the toes
        assert np.abs(was[-2][0, 2 * shin + k % 2] - now[-2][0, k]).max() < TOLERANCE
    channel = 2 * TOES.C + toe
    read = made.stages[1].S[0]
    assert not read.pointwise.weight[:, channel].any() and read.depthwise.weight[channel].any()


def test_balanced_layers_say_the_same_and_can_learn(network, pictures):
    """Real weights are badly scaled for Adam: those of the heads are around 5, and a quarter of it when balanced."""
    made = MobileNetThin()
    made.load_state_dict(mobilenet.balanced(network.state_dict()))
    bgr = cv2.resize(pictures["frame 40"][:, :, ::-1], (96, 160), interpolation=cv2.INTER_AREA)
    for one, other in zip(our_outputs(network, bgr), our_outputs(made, bgr), strict=True):
        assert np.abs(one - other).max() < TOLERANCE
    for name, tensor in made.state_dict().items():
        if name.endswith("depthwise.weight"):
            length = tensor.flatten(1).norm(dim=1)
            assert torch.allclose(length[length > 0], torch.ones(1)), name
    before, after = (
        [one.stages[t].S[4].pointwise.weight.square().mean().sqrt().item() for t in range(6)] for one in (network, made)
    )
    assert min(before) > 3 and all(small < big / 4 for big, small in zip(before, after, strict=True))


def test_a_run_starts_from_the_real_weights_and_sees_pixels_as_they_do(graph_file, capsys):
    config = config_of({
        "name": "mine", "skeleton": "body-25", "start": "mobilenet-thin", "network": {"architecture": "mobilenet-thin"},
        "data": [{"level": "easy"}], "augment": {"preset": "none", "size": 64},
    })  # fmt: skip
    made, real = fresh_network(config), load("mobilenet-thin")
    assert made.entry.scaling == real.entry.scaling and made.entry.S_grid == real.entry.S_grid
    assert made.entry.pad == real.entry.pad and made.entry.skeleton == BODY_25 and made.entry.height == 64
    assert torch.equal(made.module.trunk[0][0].weight, real.module.trunk[0][0].weight)
    assert all(parameter.requires_grad for parameter in made.module.parameters())
    said = capsys.readouterr().out
    assert "those of mid_hip, left_big_toe" in said and "begin fresh" in said
