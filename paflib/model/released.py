"""Which tensor of a released file is which parameter of ours.

The papers' networks went round the world as Caffe models and as PyTorch state dicts that keep Caffe's names;
Lightweight OpenPose as a PyTorch checkpoint and as the Open Model Zoo's arrays. :func:`read_tensors` opens any of
them, :func:`identify` says which network it is, and :func:`fit_released` gives a network its weights: every tensor used
once, none missing, none left over.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from paflib.errors import WeightsError
from paflib.model.caffe import read_caffemodel
from paflib.model.lightweight import LightweightNetwork
from paflib.model.staged import StagedNetwork
from paflib.model.torch_files import fit, read_state_dict
from paflib.model.two_branch import TwoBranchNetwork, caffe_name
from paflib.model.weights import WireError, wire_fields

_Path = str | os.PathLike[str]


def kind_of(path: _Path) -> str:
    """What a weights file is, told from its first bytes: safetensors, torch, npz, onnx, caffe, or tensorflow.

    Raises:
        WeightsError: the file is missing or empty, or is none of them.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(16)
    except OSError as error:
        raise WeightsError(f"cannot read the weights file {path}: {error.strerror or error}") from error
    if not head:
        raise WeightsError(f"the weights file {path} is empty")
    if head[:2] == b"PK":
        return _kind_of_archive(path)
    if head[:1] == b"\x80":  # a pickle, as PyTorch wrote before 1.6
        return "torch"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 100_000_000:
        return "safetensors"
    # ONNX begins with its version, a number in field 1; Caffe's and TensorFlow's messages have a text or a node there.
    if head[:1] == b"\x08" or Path(path).suffix == ".onnx":
        return "onnx"
    if Path(path).suffix == ".caffemodel" or _is_caffe(path):
        return "caffe"
    return "tensorflow"


def _kind_of_archive(path: _Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise WeightsError(f"{path} is truncated, or not a weights file: {error}") from None
    return "npz" if names and all(name.endswith(".npy") for name in names) else "torch"


def _is_caffe(path: _Path) -> bool:
    """Whether a protocol buffer has field 100, which is Caffe's layers; TensorFlow's graph has none."""
    try:
        return any(field == 100 for field, _, _ in wire_fields(memoryview(Path(path).read_bytes())))
    except WireError:
        return False


def read_tensors(path: _Path) -> dict[str, Tensor]:
    """The tensors of a released file, by their names there, less the prefixes that ports put before Caffe's.

    Reads Caffe models, PyTorch files (tensors alone, never code) and npz archives of arrays.

    Raises:
        WeightsError: the file is missing, truncated, or of another kind.
    """
    kind = kind_of(path)
    if kind == "caffe":
        return {name: torch.from_numpy(array) for name, array in read_caffemodel(path).items()}
    if kind == "torch":
        tensors = read_state_dict(path)
        # pytorch-openpose's module calls its parts model0, model1_1, ..., model6_2; its released file does not.
        bare = {re.sub(r"^model\d(_\d)?\.", "", name): tensor for name, tensor in tensors.items()}
        return bare if len(bare) == len(tensors) else tensors
    if kind == "npz":
        return _arrays(path)
    raise WeightsError(f"{path} is not a Caffe model, a PyTorch file or an npz archive of arrays, or is truncated")


def _arrays(path: _Path) -> dict[str, Tensor]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: torch.from_numpy(archive[name]) for name in archive.files}
    except Exception as error:  # truncated members fail in many ways
        raise WeightsError(f"{path} is not an archive of arrays, or is truncated: {error}") from None


def identify(tensors: Mapping[str, Tensor], path: _Path) -> str:
    """The name in the zoo of the network that a released file's tensors are.

    Raises:
        WeightsError: they are none of the released networks; names some of them.
    """
    if "Mconv7_stage0_L2.weight" in tensors:
        return "cmu-body25"
    if "conv5_5_CPM_L1.weight" in tensors:
        fields = int(tensors["conv5_5_CPM_L1.weight"].shape[0])
        if fields == 38:
            return "cmu-coco"
        if fields == 28:
            return "cmu-mpii" if "Mconv7_stage6_L1.weight" in tensors else "cmu-mpii-4"
    if "model.0.0.weight" in tensors or "conv1::1" in tensors:
        return "lightweight"
    some = ", ".join(list(tensors)[:3])
    raise WeightsError(f"{path} holds none of the released networks (its tensors begin with {some})")


def fit_released(network: nn.Module, tensors: Mapping[str, Tensor], path: _Path) -> nn.Module:
    """Give a network the weights of a released file.

    Args:
        network: a two-branch, staged or lightweight network; may be on the ``meta`` device.
        tensors: as :func:`read_tensors` gives them.
        path: of the file, for messages.

    Raises:
        WeightsError: naming the first tensor that is missing, misshapen or left over; or a network that was never
            released.
    """
    if isinstance(network, TwoBranchNetwork):
        return fit(network, _without_later_stages(tensors, len(network.stages)), path, caffe_name)
    if isinstance(network, StagedNetwork):
        return fit(network, tensors, path, staged_caffe_name(network.order))
    if isinstance(network, LightweightNetwork):
        if "conv1::1" in tensors:
            return fit(network, _in_our_scaling(tensors, path), path, open_model_zoo_name)
        return fit(network, _in_our_order(network, tensors), path, checkpoint_name)
    raise WeightsError(f"{path}: no released file fits a {type(network).__name__}")


# ---- the papers' networks ------------------------------------------------------------------------------------------


def _without_later_stages(tensors: Mapping[str, Tensor], stages: int) -> dict[str, Tensor]:
    """Leave out stages that a shorter network has not: MPII's four stages are released as the first four of six.

    Only whole stages of the right shape are left out, so that anything else is still found to be left over.
    """
    kept = dict(tensors)
    model = {name: t.shape for name, t in tensors.items() if re.match(r"Mconv\d_stage2_", name)}
    for stage in range(stages + 1, 10):
        names = {name.replace("_stage2_", f"_stage{stage}_"): shape for name, shape in model.items()}
        if stages < 2 or not names or any(name not in kept or kept[name].shape != names[name] for name in names):
            break
        kept = {name: tensor for name, tensor in kept.items() if name not in names}
    return kept


def staged_caffe_name(order: tuple[str, ...]) -> Callable[[str], str]:
    """The names in BODY_25's file of the parameters of a :class:`StagedNetwork` on VGG-19.

    There stages of L are called ``L2`` and stages of S ``L1``, the other way round than in the CVPR 2017 files, and
    each kind counts from 0 by itself.

    >>> name = staged_caffe_name(("L", "L", "L", "L", "S", "S"))
    >>> name("stages.3.blocks.0.layers.2.1.weight"), name("stages.4.predict.bias")
    ('Mprelu1_stage3_L2_2.weight', 'Mconv7_stage0_L1.bias')
    """
    counts = [order[:k].count(kind) for k, kind in enumerate(order)]

    def name(parameter: str) -> str:
        if parameter.startswith("features.layers."):
            return parameter.removeprefix("features.layers.")
        _, stage, *place, role = parameter.split(".")
        where = f"stage{counts[int(stage)]}_{'L2' if order[int(stage)] == 'L' else 'L1'}"
        if place[0] == "predict":
            return f"Mconv7_{where}.{role}"
        kind = "Mprelu" if place[-1] == "1" else "Mconv"
        if place[0] == "hidden":
            return f"{kind}6_{where}.{role}"
        return f"{kind}{int(place[1]) + 1}_{where}_{place[3]}.{role}"

    return name


# ---- Lightweight OpenPose ------------------------------------------------------------------------------------------

_PARTS = {"features.layers": "model", "reduce": "cpm", "initial": "initial_stage", "refinements": "refinement_stages"}
_REDUCTION = {"align": "align", "blocks": "trunk", "merge": "conv"}
_HEADS = {"L": "pafs", "S": "heatmaps"}


def checkpoint_name(parameter: str) -> str:
    """The name in Lightweight OpenPose's PyTorch checkpoint of a parameter of :class:`LightweightNetwork`.

    >>> checkpoint_name("features.layers.3.1.1.running_mean"), checkpoint_name("refinements.0.L.1.0.bias")
    ('model.3.4.running_mean', 'refinement_stages.0.pafs.1.0.bias')
    """
    part = next(part for part in _PARTS if parameter.startswith(part + "."))
    *place, role = parameter.removeprefix(part + ".").split(".")
    if part == "features.layers" and len(place) == 3:  # convolution, norm, relu, convolution, norm, relu
        place = [place[0], str(3 * int(place[1]) + int(place[2]))]
    elif part == "reduce":
        place = [_REDUCTION[place[0]], *place[1:]]
        if place[0] == "trunk":  # convolution, elu, convolution, elu
            place = ["trunk", place[1], str(2 * int(place[2]))]
    else:
        place = [_HEADS.get(word, word) for word in place]
    return ".".join([_PARTS[part], *place, role])


def _in_our_order(network: LightweightNetwork, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A refinement stage of the checkpoint sees (F, S, L); turn its first layer round to (L, S, F)."""
    turned = dict(tensors)
    S, L = network.S_channels, network.L_channels
    for stage in range(len(network.refinements)):
        name = f"refinement_stages.{stage}.trunk.0.initial.0.weight"
        weight = tensors.get(name)
        if weight is not None and weight.ndim == 4 and weight.shape[1] > S + L:
            F = weight.shape[1] - S - L
            turned[name] = torch.cat([weight[:, F + S :], weight[:, F : F + S], weight[:, :F]], dim=1)
    return turned


_MOBILENET_NAMES = ("1", "2_1", "2_2", "3_1", "3_2", "4_1", "4_2", "5_1", "5_2", "5_3", "5_4", "5_5")
_ZOO_REDUCTION = ("red", "dw1", "dw2", "dw3")
_ZOO_SUMS = {"Mconv7_stage2_L1": "Add_1814::1", "Mconv7_stage2_L2": "Add_1864::1"}


def open_model_zoo_name(parameter: str) -> str:
    """The name of an array of the Open Model Zoo's release: the operation that reads it, and which of its inputs it is.

    >>> open_model_zoo_name("features.layers.1.1.0.bias"), open_model_zoo_name("refinements.0.trunk.4.initial.0.weight")
    ('conv2_1/sep/bn/variance/Fused_Add_::1', 'Mconv5_stage2_L1/sq/WithoutBiases::1')
    """
    *place, role = parameter.split(".")
    words = place[:-1]  # the last one, 0, is the convolution of a convolution and its activation
    if words[0] == "features":
        layer = f"conv{_MOBILENET_NAMES[int(words[2])]}"
        layer += {"0": "/dw", "1": "/sep"}[words[3]] if len(words) > 3 else ""
        return f"{layer}::1" if role == "weight" else f"{layer}/bn/variance/Fused_Add_::1"
    layer = _open_model_zoo_layer(words)
    if re.search(r"dw\d$", layer):  # a convolution of each channel alone
        return f"{layer}::1" if role == "weight" else f"{layer}/add_::1"
    if role == "weight":
        return f"{layer}/WithoutBiases::1"
    folded = "/Fused_Add_::1" if "3x3" in layer else "::1"
    return _ZOO_SUMS.get(layer, f"{layer}{folded}")


def _open_model_zoo_layer(words: list[str]) -> str:
    """``["reduce", "blocks", "3", "1"]`` -> ``"conv4_3_CPM/inc"``, and so on."""
    if words[0] == "reduce":
        if words[1] != "blocks":
            return {"align": "conv4_3_CPM/al", "merge": "conv4_4_CPM"}[words[1]]
        block = f"conv4_3_CPM/{_ZOO_REDUCTION[int(words[2])]}"
        if len(words) == 3 or words[3] == "0":
            return block
        return "conv4_3_CPM/inc" if words[2] == "3" else f"{block}/1x1"
    if words[0] == "initial":
        if words[1] == "trunk":
            return f"conv5_{int(words[2]) + 1}_CPM_L1"
        return f"conv5_{int(words[2]) + 4}_CPM_{'L1' if words[1] == 'L' else 'L2'}"
    stage = f"stage{int(words[1]) + 2}"
    if words[2] == "trunk":
        inner = "sq" if words[4] == "initial" else {"0": "3x3", "1": "3x3/2"}[words[5]]
        return f"Mconv{int(words[3]) + 1}_{stage}_L1/{inner}"
    return f"Mconv{int(words[3]) + 6}_{stage}_{'L1' if words[2] == 'L' else 'L2'}"


def _in_our_scaling(tensors: Mapping[str, Tensor], path: _Path) -> dict[str, Tensor]:
    """The Open Model Zoo's arrays for an input of (x - 128) / 256, with the shapes that our layers have.

    There the input is ``x * scale + mean``. With y = (x - 128) / 256 that is ``256 * scale * y + 128 * scale + mean``,
    whose second part is nought to seven digits: the factor goes into the first layer.
    """
    arrays = {name: tensor for name, tensor in tensors.items() if not name.startswith("data/")}
    scale = _input_constant(tensors, "data/scale/Fused_Mul_::1", path)
    mean = _input_constant(tensors, "data/mean/Fused_Add_::1", path)
    if not torch.allclose(128 * scale + mean, torch.zeros(()), atol=1e-5):
        raise WeightsError(f"{path}: its input is x * {scale} + {mean}, which is not 0 at 128: another network's")
    arrays["conv1::1"] = arrays["conv1::1"] * (256 * scale)
    return {name: _in_our_shape(tensor) for name, tensor in arrays.items()}


def _input_constant(tensors: Mapping[str, Tensor], name: str, path: _Path) -> Tensor:
    if name not in tensors:
        raise WeightsError(f"{path} has no tensor {name}: it is not the Open Model Zoo's release")
    values = tensors[name].flatten()
    if not len(values) or not bool((values == values[0]).all()):
        raise WeightsError(f"{path}: tensor {name} is {values.tolist()}, wanted the same for all colours")
    return values[0]


def _in_our_shape(tensor: Tensor) -> Tensor:
    """(groups, 1, 1, 3, 3) -> (groups, 1, 3, 3), and a bias (1, n, 1, 1) -> (n,)."""
    if tensor.ndim == 5 and tensor.shape[1] == 1:
        return tensor.squeeze(1)
    if tensor.ndim == 4 and tensor.shape[0] == tensor.shape[2] == tensor.shape[3] == 1:
        return tensor.flatten()
    return tensor


def read_released(network: nn.Module, path: _Path) -> nn.Module:
    """Read a released file into a network: :func:`read_tensors`, then :func:`fit_released`."""
    return fit_released(network, read_tensors(path), path)


def arguments_of(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of the network that the file itself decides: which of Lightweight OpenPose's releases it is."""
    if "conv1::1" in tensors:
        return {"open_model_zoo": True}
    if "model.0.0.weight" in tensors:
        stages = {name.split(".")[1] for name in tensors if name.startswith("refinement_stages.")}
        return {"refinements": len(stages)}
    return {}
