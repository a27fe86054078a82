"""A network as an ONNX file: for ONNX Runtime, OpenCV, and whatever else runs ONNX, without PyTorch and without paflib.

The file takes pictures as they are, and holds everything one has to know of its network, so that it alone is enough:
:class:`paflib.PoseEstimator` reads it.
"""

from __future__ import annotations

import copy
import inspect
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from paflib.errors import DataError, ShapeError
from paflib.inference.files import atomic_path
from paflib.model.mobilenet import SameConv2d, same_padding
from paflib.model.zoo import Entry, Network, entry_metadata

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 17
"""Version of ONNX's set of operations: old enough for runtimes from 2022 on, and all that the networks need."""

INPUT, OUTPUTS = "images", ("S", "L")
"""What the input and the outputs of a file are called."""


def export_onnx(network: Network, path: str | os.PathLike[str], *, size: tuple[int, int] | None = None) -> None:
    """Write a network to an ONNX file: pictures in, what its last stage says out.

    The input ``images`` is (B, H, W, 3) uint8 RGB, H and W multiples of ``entry.stride``, what any
    :class:`paflib.model.zoo.Network` is called with. Colour order and scaling are inside: a network that is shown
    blue-green-red in place of red-green-blue, or 0 to 1 in place of 0 to 255, complains of nothing and finds nobody, so
    that is nothing for whoever uses the file to get right. The outputs are ``S`` (B, J + 1, h, w), background last, and
    ``L`` (B, 2C, h', w'), x and y of limb c in channels 2c and 2c + 1, float32.

    The entry travels in the file's metadata (``metadata_props``), as :func:`paflib.model.zoo.save_network` writes it.

    Args:
        network: with its module, on any device, in training or not; it stays as it is.
        path: usually ending in ``.onnx``; appears whole or not at all.
        size: (height, width) of the only pictures that the file takes, one at a time, for runtimes that want to know
            all sizes beforehand, as OpenCV 4 does for networks that bring maps to another grid. By default batch,
            height and width are free.

    Raises:
        DataError: the package ``onnx`` is missing; the network is an ONNX file itself, never predicts S or L, or does
            something that ONNX has no word for.
        ShapeError: ``size`` is no multiple of the stride.
    """
    onnx = import_onnx()
    if not isinstance(network, Network):
        raise DataError(f"{network.entry.name} is read from a file itself: only PyTorch's networks can be exported")
    entry = network.entry
    if lacking := {"S", "L"} - set("".join(entry.order)):
        raise DataError(f"{entry.name} predicts no {min(lacking)}, and the file is to hold S and L")
    stride = entry.stride
    if size is not None and (len(size) != 2 or any(side < 1 or side % stride for side in size)):
        raise ShapeError(f"size is {size}, wanted (height, width), multiples of {stride}")
    with atomic_path(path) as temporary:
        _write(LastStage(network), entry, size, temporary)
        model = onnx.load(temporary)
        _tidy(model)
        model.doc_string = f"{entry.name}: {entry.about}"
        onnx.helper.set_model_props(model, entry_metadata(entry))
        onnx.checker.check_model(model)
        onnx.save(model, temporary)


class LastStage(nn.Module):
    """What a file holds: from pictures (B, H, W, 3) uint8 RGB to S (B, J + 1, h, w) and L (B, 2C, h', w')."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.module = _plainly_padded(copy.deepcopy(network.module).cpu().eval().requires_grad_(False))
        self.scaling = network.entry.scaling

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The last S and the last L, whichever stage said them."""
        # What Scaling does, in words that OpenCV understands: version 5 overlooks a change of type that comes after a
        # transposition, and version 4 cannot go through the colours backwards, but take them one by one.
        x = images.float().permute(0, 3, 1, 2)
        x = x[:, [2, 1, 0]] if self.scaling.order == "bgr" else x
        latest: dict[str, Tensor] = {}
        for L, S in self.module(x * self.scaling.scale + self.scaling.offset):
            latest |= {kind: maps for kind, maps in (("S", S), ("L", L)) if maps is not None}
        return latest["S"], latest["L"]


def _plainly_padded(module: nn.Module) -> nn.Module:
    """The module with plain convolutions in place of its :class:`paflib.model.mobilenet.SameConv2d`."""
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, SameConv2d):
                setattr(parent, name, plain_convolution(child))
    return module


def plain_convolution(conv: SameConv2d) -> nn.Conv2d:
    """The same convolution with the same padding on both sides, for sizes that are multiples of its stride.

    Where TensorFlow pads one pixel more at the end, that pixel is put in front too, and the kernel gets a row and a
    column of zeros that look at it. To ask for the size and pad by it would become dozens of operations in the file,
    which some runtimes do not understand.
    """
    before, after = zip(*map(same_padding, conv.stride, conv.kernel_size, conv.stride), strict=True)
    top, left = (b - a for a, b in zip(before, after, strict=True))
    weight = functional.pad(conv.weight, (left, 0, top, 0))
    rows, columns = weight.shape[-2:]
    plain = nn.Conv2d(
        conv.in_channels, conv.out_channels, (rows, columns), (conv.stride[0], conv.stride[1]), (after[0], after[1]),
        groups=conv.groups, bias=conv.bias is not None,
    )  # fmt: skip
    plain.weight, plain.bias = nn.Parameter(weight, requires_grad=False), conv.bias
    return plain


def _write(module: nn.Module, entry: Entry, size: tuple[int, int] | None, path: Path) -> None:
    """Write what the module does when it is run once."""
    free: dict[str, dict[int, str]] = {INPUT: dict(enumerate("BHW"))}
    free |= {name: {0: "B", 2: f"h_{name}", 3: f"w_{name}"} for name in OUTPUTS}
    height, width = size or (8 * entry.stride, 8 * entry.stride)
    options: dict[str, Any] = {} if size else {"dynamic_axes": free}
    # PyTorch's newer exporter needs one package more, onnxscript.
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        options["dynamo"] = False
    try:
        with warnings.catch_warnings():
            # That there is a newer exporter, as said above; and that comparisons of sizes are made once and for all:
            # which of two grids is the finer is the same for all pictures whose sides are multiples of the stride.
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)  # type: ignore[attr-defined]
            torch.onnx.export(
                module, (torch.zeros(1, height, width, 3, dtype=torch.uint8),), os.fspath(path), opset_version=OPSET,
                input_names=[INPUT], output_names=list(OUTPUTS), **options,
            )  # fmt: skip
    except torch.onnx.errors.OnnxExporterError as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(f"{entry.name} cannot be written as ONNX: {reason}") from error


def _tidy(model: ModelProto) -> None:
    """Let layers with equal weights read them directly.

    PyTorch keeps such weights once and makes the others an ``Identity`` of them, which OpenCV does not take for
    weights.
    """
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    same = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Identity"}
    same = {copy: weight for copy, weight in same.items() if weight in weights}
    kept = [node for node in graph.node if node.output[0] not in same]
    for node in kept:
        node.input[:] = [same.get(name, name) for name in node.input]
    del graph.node[:]
    graph.node.extend(kept)


def import_onnx() -> Any:
    """The package ``onnx``, which PyTorch's exporter needs.

    Raises:
        DataError: it is not installed.
    """
    try:
        import onnx
    except ImportError:
        raise DataError(
            "exporting needs the package onnx, which is not installed: pip install onnx, or paflib[export]"
        ) from None
    return onnx
