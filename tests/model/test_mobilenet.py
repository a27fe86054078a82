"""The PyTorch module is the network of the frozen graph: OpenCV runs the graph itself and must say the same."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from paflib.errors import WeightsError
from paflib.model import mobilenet
from paflib.model.mobilenet import MobileNetThin, SameConv2d, Separable, graph_name
from paflib.model.weights import constants, read_frozen_graph

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
            assert module.relu == any(node.op == "Relu" and bias.name in node.inputs for node in graph.values())
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
