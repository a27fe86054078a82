"""Trunks: what sees the image once and gives the features F that every stage looks at.

:class:`VGG19Features` is the papers' (FACTS 1.9): the first ten layers of VGG-19, two more to bring 512 channels down
to 128. :class:`MobileNetFeatures` is the light one of Lightweight OpenPose. A trunk of one's own needs ``forward``,
``channels``, ``stride`` and, where it gives finer features besides, ``fine_channels``
(:class:`paflib.model.small.SmallFeatures`).
"""

from __future__ import annotations

import inspect
import os
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from paflib._check import check_names
from paflib.errors import PaflibError, ShapeError, WeightsError
from paflib.model.small import SmallFeatures
from paflib.model.torch_files import read_state_dict

VGG19_LAYERS = ((1, 2, 1), (2, 2, 2), (3, 4, 4), (4, 2, 8))
"""Blocks of VGG-19 up to conv4_2: number, how many 3x3 layers, and their channels in units of the first one's (64);
a 2x2 maximum stands between one block and the next."""

CPM_LAYERS = (("conv4_3_CPM", 4), ("conv4_4_CPM", 2))
"""The two 3x3 layers that the papers put on top, in the same units: 256 and 128 channels."""

VGG19_INDICES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21)
"""Where the ten layers stand in torchvision's ``vgg19().features``."""

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Red, green, blue of an image of 0 to 1: what torchvision's weights expect to be subtracted, and divided by."""


class VGG19Features(nn.Module):
    """The papers' F: VGG-19's conv1_1 to conv4_2, then conv4_3_CPM and conv4_4_CPM; stride 8, 128 channels.

    Every layer is a 3x3 convolution and a ReLU, and bears its name in the released files.

    Args:
        prelu: from conv4_2 on a PReLU with a slope a channel instead of the ReLU, as BODY_25 has it (TPAMI).
        width: channels of the first layer, of which all others are multiples; 64 is VGG-19.
    """

    stride, fine_channels = 8, 0

    def __init__(self, prelu: bool = False, width: int = 64) -> None:
        super().__init__()
        if width < 1:
            raise ShapeError(f"width is {width}, wanted the channels of VGG-19's first layer, 64 in the papers")
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        inputs = 3
        for name, outputs in vgg19_layers(width):
            if name.endswith("_1") and name != "conv1_1":
                layers[f"pool{int(name[4]) - 1}"] = nn.MaxPool2d(2)
            layers[name] = nn.Conv2d(inputs, outputs, 3, padding=1)
            slopes = prelu and name >= "conv4_2"
            act = name.replace("conv", "prelu" if slopes else "relu")
            layers[act] = nn.PReLU(outputs) if slopes else nn.ReLU(inplace=True)
            inputs = outputs
        self.channels = inputs
        self.layers = nn.Sequential(layers)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) -> F (B, channels, H / 8, W / 8), rounded down."""
        features: Tensor = self.layers(images)
        return features

    def load_imagenet(self, path: str | os.PathLike[str], scaling: Any = None) -> None:
        """Start from torchvision's VGG-19, trained on ImageNet (``vgg19-dcbb9e9d.pth``); the CPM layers stay.

        Those weights expect red-green-blue of 0 to 1, less a mean, by a deviation; ours see what ``scaling`` makes of
        the image. The difference is linear in every pixel and goes into conv1_1: exactly, but for the outermost ring of
        pixels, where the zeros around the image mean the colour that ``scaling`` makes 0 and not the mean of ImageNet.

        Args:
            path: the PyTorch file.
            scaling: a :class:`paflib.model.zoo.Scaling`; by default the papers' blue-green-red x / 256 - 0.5.

        Raises:
            WeightsError: the file is no VGG-19, is truncated, or this trunk has another width.
        """
        from paflib.model.zoo import CMU_SCALING

        tensors = read_state_dict(path)
        kept = _vgg19_tensors(tensors, path)
        weight, bias = kept["conv1_1.weight"], kept["conv1_1.bias"]
        kept["conv1_1.weight"], kept["conv1_1.bias"] = scaled_first_layer(weight, bias, scaling or CMU_SCALING)
        own = self.layers.state_dict()
        for name, tensor in kept.items():
            if own[name].shape != tensor.shape:
                raise WeightsError(
                    f"{path}: {name} is {tuple(tensor.shape)}, this trunk's is {tuple(own[name].shape)}: "
                    "only width=64 is VGG-19"
                )
        self.layers.load_state_dict(own | kept)


def vgg19_layers(width: int = 64) -> list[tuple[str, int]]:
    """Names and channels of the papers' twelve layers, in order.

    >>> [name for name, channels in vgg19_layers() if channels == 512]
    ['conv4_1', 'conv4_2']
    """
    vgg = [(f"conv{block}_{k + 1}", units * width) for block, count, units in VGG19_LAYERS for k in range(count)]
    return [*vgg, *((name, units * width) for name, units in CPM_LAYERS)]


def scaled_first_layer(weight: Tensor, bias: Tensor, scaling: Any) -> tuple[Tensor, Tensor]:
    """conv1_1 for an input that ``scaling`` made, from conv1_1 (O, 3, 3, 3) for torchvision's normalised input.

    With v the value 0 to 255 of a colour, torchvision's input is ``(v / 255 - mean) / std``, and ours is
    ``y = v * scale + offset``; so theirs is ``a * y + b`` with ``a = 1 / (255 * std * scale)`` and
    ``b = -offset * a - mean / std``.
    """
    mean, std = torch.tensor(IMAGENET_MEAN, dtype=torch.float64), torch.tensor(IMAGENET_STD, dtype=torch.float64)
    a = 1 / (255 * std * scaling.scale)
    b = -scaling.offset * a - mean / std
    exact = weight.double()
    bias = bias.double() + torch.einsum("ochw,c->o", exact, b)
    exact = exact * a[:, None, None]
    if scaling.order == "bgr":
        exact = exact.flip(1)
    return exact.to(weight.dtype), bias.to(weight.dtype)


def _vgg19_tensors(tensors: Mapping[str, Tensor], path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """The ten layers by their own names; what else a VGG-19 has is known and left, anything more is refused."""
    names = [name for name, _ in vgg19_layers()]
    wanted = {f"features.{i}": name for i, name in zip(VGG19_INDICES, names, strict=False)}
    rest = {f"features.{i}" for i in (23, 25, 28, 30, 32, 34)} | {f"classifier.{i}" for i in (0, 3, 6)}
    kept = {}
    for layer, name in wanted.items():
        for role in ("weight", "bias"):
            if f"{layer}.{role}" not in tensors:
                raise WeightsError(f"{path} has no tensor {layer}.{role}: it is not torchvision's VGG-19")
            kept[f"{name}.{role}"] = tensors[f"{layer}.{role}"].float()
    left = [name for name in tensors if name.rpartition(".")[0] not in rest | set(wanted)]
    if left:
        raise WeightsError(f"{path} has tensors that VGG-19 has no place for: {', '.join(sorted(left)[:5])}")
    return kept


MOBILENET_LAYERS = ((64, 1, 1), (128, 2, 1), (128, 1, 1), (256, 2, 1), (256, 1, 1), (512, 1, 1), (512, 1, 2),
                    *[(512, 1, 1)] * 4)  # fmt: skip
"""Output channels, stride and dilation of MobileNet v1's separable layers. The stride that ImageNet's has at 512
channels is left out, for stride 8, and the next layer looks twice as far instead."""


class MobileNetFeatures(nn.Module):
    """MobileNet v1 up to conv5_5, at stride 8: F of 512 channels (Lightweight OpenPose, FACTS 1.9).

    Args:
        width: factor on every channel count; ImageNet's MobileNets come with 1, 0.75, 0.5 and 0.25.
        norm: batch normalisation after every convolution; without it every convolution has a bias, as after folding.
    """

    stride, fine_channels = 8, 0

    def __init__(self, width: float = 1.0, norm: bool = True) -> None:
        super().__init__()
        if not width * 32 >= 1:
            raise ShapeError(f"width is {width}, wanted a factor that leaves at least one channel of 32")
        inputs = round(32 * width)
        layers: list[nn.Module] = [convolution(3, inputs, stride=2, norm=norm)]
        for channels, stride, dilation in MOBILENET_LAYERS:
            outputs = round(channels * width)
            layers.append(separable(inputs, outputs, stride, dilation, norm))
            inputs = outputs
        self.channels = inputs
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) -> F (B, channels, H / 8, W / 8), rounded up."""
        features: Tensor = self.layers(images)
        return features


def convolution(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1, groups: int = 1,
    norm: bool = False, bias: bool | None = None, act: str = "relu",
) -> nn.Sequential:  # fmt: skip
    """A convolution that keeps the size, batch normalisation if wanted, and ``act``: relu, elu, or none.

    Without ``bias`` being given there is one where no batch normalisation follows, which would undo it.
    """
    pad = dilation * (kernel // 2)
    with_bias = not norm if bias is None else bias
    layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, kernel, stride, pad, dilation, groups, with_bias)]
    if norm:
        layers.append(nn.BatchNorm2d(outputs))
    if act != "none":
        layers.append({"relu": nn.ReLU, "elu": nn.ELU}[act](inplace=True))
    return nn.Sequential(*layers)


def separable(
    inputs: int, outputs: int, stride: int = 1, dilation: int = 1, norm: bool = True, bias: bool | None = None,
    act: str = "relu",
) -> nn.Sequential:  # fmt: skip
    """A 3x3 convolution of each channel alone, then a 1x1 one that mixes them, ``act`` after both."""
    depthwise = convolution(inputs, inputs, 3, stride, dilation, inputs, norm, bias, act)
    return nn.Sequential(depthwise, convolution(inputs, outputs, 1, norm=norm, bias=bias, act=act))


FEATURES: dict[str, type[nn.Module]] = {
    "vgg19": VGG19Features,
    "mobilenet": MobileNetFeatures,
    "small": SmallFeatures,
}
"""Trunks by the name that a configuration or a weights file gives them."""


def build_features(name: str = "vgg19", **arguments: Any) -> nn.Module:
    """A trunk by name, with its own arguments.

    Raises:
        ShapeError: an unknown name or argument; lists the known ones.
    """
    if name not in FEATURES:
        raise ShapeError(f"no trunk is called {name!r}; known are: {', '.join(FEATURES)}")
    check_names(f"trunk {name!r}", arguments, [*inspect.signature(FEATURES[name]).parameters, "name"])
    try:
        return FEATURES[name](**arguments)
    except PaflibError:
        raise
    except (TypeError, ValueError, RuntimeError) as error:
        raise ShapeError(f"trunk {name!r} cannot be built with {arguments}: {error}") from None
