"""The same network by quicker ways: what the CPU runs when nothing is to be learnt any more.

PyTorch chooses how to do each convolution, and on one thread does many of them by a slower way than that of oneDNN,
which comes with it; it pads maps by copying them where a convolution could pad; and it runs a convolution, its batch
normalisation and its ReLU one after the other, each over the whole map. Here oneDNN does every convolution with its
padding and its ReLU, and the normalisation is worked into the weights. Nothing but rounding changes.
"""

from __future__ import annotations

import copy
from functools import cache
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from paflib.model.mobilenet import SameConv2d, same_padding


class FusedConv2d(nn.Module):
    """A convolution and a ReLU, if there is one, in one pass.

    Args:
        conv: whose weights it uses; changes to them are seen.
        relu: whether negative results become 0.
    """

    def __init__(self, conv: nn.Conv2d, relu: bool = False) -> None:
        super().__init__()
        self.conv, self.relu = conv, relu

    def forward(self, x: Tensor) -> Tensor:
        """What the convolution gives, and then the ReLU."""
        conv, pad = self.conv, _sides(self.conv.padding)
        if isinstance(conv, SameConv2d):
            (top, bottom), (left, right) = map(same_padding, x.shape[-2:], conv.kernel_size, conv.stride)
            pad = [top, left]
            if (top, left) != (bottom, right):
                x, pad = nn.functional.pad(x, (left, right, top, bottom)), [0, 0]
        result: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, conv.weight, conv.bias, pad, list(conv.stride), list(conv.dilation), conv.groups,
            "relu" if self.relu else "none", [], "",
        )  # fmt: skip
        return result


def fused(module: nn.Module, relus: bool = True) -> nn.Module:
    """A copy of a network in which convolutions are fused with what follows them, or itself where that cannot be done.

    The copy shares the weights that it does not change, and is for inference on the CPU in float32 alone.

    Args:
        module: whose layers that belong together stand together in an ``nn.Sequential``; others stay as they are.
        relus: False leaves the ReLUs by themselves, to see what it is that helps.
    """
    if not _available():
        return module
    tensors = [*module.parameters(), *module.buffers()]
    result = copy.deepcopy(module, {id(tensor): tensor for tensor in tensors}).eval()
    for parent in list(result.modules()):
        if isinstance(parent, nn.Sequential):
            _fold_normalisations(parent)
            if relus:
                _take_in_relus(parent)
        for name, child in list(parent.named_children()):
            if _can_be_fused(child) and not isinstance(parent, FusedConv2d):
                setattr(parent, name, FusedConv2d(child))  # type: ignore[arg-type]
    return result


def _fold_normalisations(layers: nn.Sequential) -> None:
    for (name, conv), (after, norm) in pairwise(list(layers.named_children())):
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d) and norm.track_running_stats:
            setattr(layers, name, fuse_conv_bn_eval(conv, norm))
            setattr(layers, after, nn.Identity())


def _take_in_relus(layers: nn.Sequential) -> None:
    conv = ""
    for name, layer in list(layers.named_children()):
        if isinstance(layer, nn.ReLU) and conv:
            setattr(layers, conv, FusedConv2d(getattr(layers, conv), relu=True))
            setattr(layers, name, nn.Identity())
        if not isinstance(layer, nn.Identity):
            conv = name if _can_be_fused(layer) else ""


def _can_be_fused(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Conv2d) and layer.padding_mode == "zeros" and not isinstance(layer.padding, str)


def _sides(padding: Any) -> list[int]:
    return [int(side) for side in padding] if isinstance(padding, tuple) else [0, 0]


@cache
def _available() -> bool:
    """Whether oneDNN's fused convolution is there and right: PyTorch keeps it for its own compiler."""
    generator = torch.Generator().manual_seed(0)
    conv = nn.Conv2d(2, 3, 3, padding=1).requires_grad_(False)
    for parameter in conv.parameters():
        parameter.copy_(torch.rand(parameter.shape, generator=generator) - 0.5)
    x = torch.rand((1, 2, 5, 6), generator=generator) - 0.5
    try:
        with torch.inference_mode():
            return bool(torch.allclose(FusedConv2d(conv, relu=True)(x), conv(x).relu(), atol=1e-5))
    except (RuntimeError, AttributeError, TypeError):
        return False
