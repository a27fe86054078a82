"""Fused convolutions: the same maps from fewer passes, for every architecture, and the network itself untouched."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from paflib.errors import DataError
from paflib.model import fused as module
from paflib.model import zoo
from paflib.model.fused import FusedConv2d, fused
from paflib.skeleton import COCO_18

NETWORKS = {
    "two-branch": {"features": {"name": "vgg19", "width": 8}, "stages": 2, "width": 16, "hidden": 32},
    "staged": {"features": {"name": "vgg19", "prelu": True, "width": 8}, "order": "LLS", "first": [8, 16],
               "later": [8, 16]},
    "lightweight": {},
    "mobilenet-thin": {},
}  # fmt: skip


def scrambled(network: nn.Module) -> nn.Module:
    """Weights and normalisations such that no layer is idle."""
    generator = torch.Generator().manual_seed(0)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None and layer.running_var is not None
            layer.running_mean.copy_(torch.randn(layer.running_mean.shape, generator=generator) / 10)
            layer.running_var.copy_(0.5 + torch.rand(layer.running_var.shape, generator=generator))
    return network.eval().requires_grad_(False)


def maps(network: nn.Module, size: tuple[int, int] = (72, 88)) -> list[torch.Tensor]:
    x = torch.rand((2, 3, *size), generator=torch.Generator().manual_seed(1)) - 0.5
    with torch.inference_mode():
        stages = network(x.contiguous(memory_format=torch.channels_last))
    return [tensor for stage in stages for tensor in stage if tensor is not None]


# MobileNet-thin, with TensorFlow's padding, takes odd sizes too.
@pytest.mark.parametrize(("name", "size"), [*((name, (72, 88)) for name in NETWORKS), ("mobilenet-thin", (69, 91))])
def test_the_maps_are_the_same(name, size):
    network = scrambled(zoo.build_network(name, COCO_18, NETWORKS[name]))
    for one, two in zip(maps(network, size), maps(fused(network), size), strict=True):
        assert (one - two).abs().max() < 1e-5 * max(1.0, float(one.abs().max()))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_convolution_is_fused_and_no_relu_behind_one_is_left(name):
    layers = list(fused(scrambled(zoo.build_network(name, COCO_18, NETWORKS[name]))).modules())
    inside = {id(layer.conv) for layer in layers if isinstance(layer, FusedConv2d)}
    assert all(id(layer) in inside for layer in layers if isinstance(layer, nn.Conv2d))
    assert not any(isinstance(layer, (nn.ReLU, nn.BatchNorm2d)) for layer in layers)
    assert any(layer.relu for layer in layers if isinstance(layer, FusedConv2d))


def test_the_network_itself_stays_as_it_is():
    network = scrambled(zoo.build_network("lightweight", COCO_18, {}))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    kinds = [type(layer) for layer in network.modules()]
    fused(network)
    assert kinds == [type(layer) for layer in network.modules()]
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


def test_a_relu_that_does_not_follow_its_convolution_is_not_taken_in():
    conv = nn.Conv2d(2, 2, 1)
    layers = nn.Sequential(conv, nn.MaxPool2d(2), nn.ReLU()).eval().requires_grad_(False)
    made = fused(layers)
    assert not made[0].relu and isinstance(made[2], nn.ReLU)


def test_layers_that_pad_otherwise_are_left_alone():
    layers = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"), nn.Conv2d(1, 1, 3, padding="same"))
    made = fused(layers.eval())
    assert [type(layer) for layer in made] == [nn.Conv2d, nn.Conv2d]


def test_a_normalisation_by_what_it_sees_is_left_alone():
    """Without running statistics there is nothing to work into the weights."""
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False), nn.ReLU()).eval()
    x = torch.rand((2, 3, 9, 8), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert (layers(x) - fused(layers)(x)).abs().max() < 1e-5
    assert any(isinstance(layer, nn.BatchNorm2d) for layer in fused(layers).modules())


def test_relus_can_be_left_by_themselves():
    network = scrambled(zoo.build_network("lightweight", COCO_18, {}))
    apart = fused(network, relus=False)
    assert not any(layer.relu for layer in apart.modules() if isinstance(layer, FusedConv2d))
    for one, two in zip(maps(network), maps(apart), strict=True):
        assert (one - two).abs().max() < 1e-5 * max(1.0, float(one.abs().max()))


@pytest.mark.parametrize(
    ("asked", "precision"), [("auto", "float16"), ("bfloat16", "bfloat16"), ("float32", "float32")]
)
def test_on_a_gpu_a_copy_of_the_layers_runs_in_half_precision(asked, precision):
    network = zoo.load("tiny", device="cpu")
    network.device = torch.device("cuda")  # as far as prepare asks
    network.prepare(asked)
    assert network.precision == precision
    assert {tensor.dtype for tensor in network._runs.parameters()} == {getattr(torch, precision)}
    assert {tensor.dtype for tensor in network.module.parameters()} == {torch.float32}


def test_without_the_operation_the_network_runs_as_it_is(monkeypatch):
    def missing(*_):
        raise AttributeError("no such operation")

    monkeypatch.setattr(FusedConv2d, "forward", missing)
    module._available.cache_clear()
    network = scrambled(zoo.build_network("mobilenet-thin", COCO_18, {}))
    assert fused(network) is network
    module._available.cache_clear()


def test_here_it_is_available():
    module._available.cache_clear()
    assert module._available()


def test_a_prepared_network_says_the_same_and_keeps_its_module():
    plain, prepared = zoo.load("tiny"), zoo.load("tiny").prepare()
    images = torch.randint(0, 256, (1, 64, 96, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    for one, two in zip(plain(images), prepared(images), strict=True):
        assert all((a - b).abs().max() < 1e-5 for a, b in zip(one, two, strict=True))
    assert prepared.precision == "float32"
    assert [type(layer) for layer in prepared.module.modules()] == [type(layer) for layer in plain.module.modules()]
    for precision, message in (("half", "precision is 'half', wanted"), ("float16", "is for CUDA devices; on cpu")):
        with pytest.raises(DataError, match=message):
            zoo.load("tiny").prepare(precision)
