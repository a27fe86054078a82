"""VGG-19 from torchvision's file of ImageNet weights: another input scaling, the same features."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from paflib.errors import WeightsError
from paflib.model.backbones import VGG19Features
from paflib.model.zoo import CMU_SCALING, Scaling

CFG = (64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M", 512, 512, 512, 512, "M", 512, 512, 512, 512, "M")
"""torchvision's configuration "E": numbers are 3x3 layers, M a 2x2 maximum."""


def torchvision_tensors(seed: int = 0) -> dict[str, Tensor]:
    """Names and shapes of vgg19-dcbb9e9d.pth; the classifier, most of its 575 MB, without numbers of its own."""
    generator = torch.Generator().manual_seed(seed)
    tensors, inputs, index = {}, 3, 0
    for row in CFG:
        if isinstance(row, int):
            spread = (2 / (9 * inputs)) ** 0.5
            tensors[f"features.{index}.weight"] = torch.randn(row, inputs, 3, 3, generator=generator) * spread
            tensors[f"features.{index}.bias"] = 0.1 * torch.randn(row, generator=generator)
            inputs, index = row, index + 1
        index += 1
    for number in (0, 3, 6):
        tensors |= {f"classifier.{number}.weight": torch.zeros(2, 2), f"classifier.{number}.bias": torch.zeros(2)}
    return tensors


def torchvision_features(tensors: dict[str, Tensor], rgb: Tensor) -> Tensor:
    """conv4_2 of torchvision's network, for its own normalised input."""
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = (rgb.permute(0, 3, 1, 2) / 255 - mean[:, None, None]) / std[:, None, None]
    index = 0
    for row in CFG[:13]:
        if isinstance(row, int):
            x = functional.conv2d(x, tensors[f"features.{index}.weight"], tensors[f"features.{index}.bias"], padding=1)
            x, index = x.relu(), index + 2
        else:
            x, index = functional.max_pool2d(x, 2), index + 1
    return x


@pytest.fixture(scope="module")
def tensors() -> dict[str, Tensor]:
    return torchvision_tensors()


@pytest.fixture
def file(tensors: dict[str, Tensor], tmp_path: Path) -> Path:
    torch.save(tensors, tmp_path / "vgg19-dcbb9e9d.pth")
    return tmp_path / "vgg19-dcbb9e9d.pth"


def upto_conv4_2(features: VGG19Features) -> nn.Sequential:
    names = list(dict(features.layers.named_children()))
    return nn.Sequential(*list(features.layers)[: names.index("conv4_3_CPM")])


@pytest.mark.parametrize("scaling", [CMU_SCALING, Scaling("rgb", 1 / 255, 0.0), Scaling("bgr", 1.0, -128.0)])
def test_the_same_features_from_another_input(file, tensors, scaling):
    """All but a border: the zeros around our image mean another colour than those around torchvision's.

    conv4_2 looks 84 pixels wide, so five cells from the border it sees none of it.
    """
    features = VGG19Features()
    features.load_imagenet(file, scaling)
    rgb = torch.randint(0, 256, (1, 160, 96, 3), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    with torch.no_grad():
        ours, theirs = upto_conv4_2(features)(scaling(rgb)), torchvision_features(tensors, rgb)
    assert ours.shape == theirs.shape == (1, 512, 20, 12)
    inner = (..., slice(5, -5), slice(5, -5))
    assert torch.allclose(ours[inner], theirs[inner], rtol=1e-3, atol=1e-4 * float(theirs.max()))
    assert float(theirs[inner].std()) > 0.01
    assert not torch.allclose(ours, theirs, atol=1e-4 * float(theirs.max()))  # the border does differ


def test_the_cpm_layers_stay_and_slopes_too(file):
    torch.manual_seed(0)
    features = VGG19Features(prelu=True)
    before = {name: tensor.clone() for name, tensor in features.state_dict().items()}
    features.load_imagenet(file)
    after = features.state_dict()
    same = {name for name in after if torch.equal(before[name], after[name])}
    assert same == {name for name in after if "CPM" in name or "prelu" in name}


def test_half_weights_become_float32(tensors, tmp_path):
    torch.save({name: tensor.half() for name, tensor in tensors.items()}, tmp_path / "half.pth")
    features = VGG19Features()
    features.load_imagenet(tmp_path / "half.pth")
    assert all(parameter.dtype == torch.float32 for parameter in features.parameters())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"features.21.bias": None}, r"no tensor features\.21\.bias: it is not torchvision's VGG-19"),
        ({"features.22.weight": torch.zeros(1)}, r"no place for: features\.22\.weight"),
        ({"features.0.weight": torch.zeros(64, 3, 5, 5)}, r"conv1_1\.weight is \(64, 3, 5, 5\), this trunk's is"),
        ({"features.5.weight": torch.zeros(128, 32, 3, 3)}, r"conv2_1\.weight is \(128, 32, 3, 3\)"),
    ],
)
def test_another_network_is_refused_by_name(tensors, change, complaint, tmp_path):
    changed = {name: tensor for name, tensor in (tensors | change).items() if tensor is not None}
    torch.save(changed, tmp_path / "other.pth")
    features = VGG19Features()
    before = features.state_dict()["layers.conv1_1.weight"].clone()
    with pytest.raises(WeightsError, match=complaint) as caught:
        features.load_imagenet(tmp_path / "other.pth")
    assert "other.pth" in str(caught.value)
    assert torch.equal(before, features.state_dict()["layers.conv1_1.weight"])


def test_a_narrower_trunk_is_not_vgg19(file):
    with pytest.raises(WeightsError, match="only width=64 is VGG-19"):
        VGG19Features(width=8).load_imagenet(file)
