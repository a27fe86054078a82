"""The two-branch network of CVPR 2017: fields L and maps S side by side, and again, stage after stage (Fig. 3).

Each stage has two branches of the same shape. Those of stage 1 see the features F (Eq. 1, 2: rho and phi); those of a
later stage see both predictions of the stage before it and F again, and 7x7 convolutions let a cell look far around.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from paflib.errors import ShapeError
from paflib.skeleton import Skeleton


class TwoBranchNetwork(nn.Module):
    """Features, then stages that predict L and S together.

    With VGG-19's features, six stages and COCO-18 it is the released network of 52,311,446 parameters (FACTS 1.9).

    Args:
        skeleton: its limbs are the channels of L, its parts and a background those of S.
        features: images (B, 3, H, W) -> F (B, ``features.channels``, H / stride, W / stride).
        stages: how often the network says it; the papers' six, or four where it has to be quick.
        width: channels inside a branch.
        hidden: channels of the 1x1 layer of stage 1; later stages have ``width``.

    Raises:
        ShapeError: no stages, or a trunk that gives finer features for S, which this network has no use for.
    """

    def __init__(
        self, skeleton: Skeleton, features: nn.Module, stages: int = 6, width: int = 128, hidden: int = 512
    ) -> None:
        super().__init__()
        if stages < 1:
            raise ShapeError(f"stages is {stages}, wanted at least 1")
        if getattr(features, "fine_channels", 0):
            raise ShapeError("the trunk gives finer features, where both branches see the same: fine_channels=0")
        self.features = features
        L, S, F = 2 * skeleton.C, skeleton.J + 1, int(getattr(features, "channels", 0))
        made = [Stage(F, L, S, width, hidden, kernel=3, count=3)]
        made += [Stage(L + S + F, L, S, width, width, kernel=7, count=5) for _ in range(stages - 1)]
        self.stages = nn.ModuleList(made)
        self.order = ("LS",) * stages

    def forward(self, images: Tensor) -> list[tuple[Tensor | None, Tensor | None]]:
        """Predict fields and maps, stage by stage.

        Args:
            images: (B, 3, H, W) in the trunk's own colour order and scale.

        Returns:
            For every stage ``(L, S)``: L (B, 2C, h, w), x and y of limb c in channels 2c and 2c + 1, and S
            (B, J + 1, h, w), background last.
        """
        F = x = self.features(images)
        outputs: list[tuple[Tensor | None, Tensor | None]] = []
        for stage in self.stages:
            L, S = stage(x)
            x = torch.cat([L, S, F], dim=1)  # (B, 2C + J + 1 + channels, h, w): what the next stage sees
            outputs.append((L, S))
        return outputs


class Stage(nn.Module):
    """A branch that predicts the affinity fields L and one that predicts the confidence maps S, from the same input."""

    def __init__(self, inputs: int, L: int, S: int, width: int, hidden: int, kernel: int, count: int) -> None:
        super().__init__()
        self.L = branch(inputs, L, width, hidden, kernel, count)
        self.S = branch(inputs, S, width, hidden, kernel, count)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, inputs, h, w) -> L (B, 2C, h, w), S (B, J + 1, h, w)."""
        return self.L(x), self.S(x)


def branch(inputs: int, outputs: int, width: int, hidden: int, kernel: int, count: int) -> nn.Sequential:
    """``count`` layers of ``width`` channels, a 1x1 layer of ``hidden``, and a 1x1 layer that predicts; ReLU between.

    Layer k, counted from 0, stands at ``2 * k``.
    """
    layers: list[nn.Module] = []
    for _ in range(count):
        layers += [nn.Conv2d(inputs, width, kernel, padding=kernel // 2), nn.ReLU(inplace=True)]
        inputs = width
    layers += [nn.Conv2d(width, hidden, 1), nn.ReLU(inplace=True), nn.Conv2d(hidden, outputs, 1)]
    return nn.Sequential(*layers)


def caffe_name(parameter: str) -> str:
    """The name in the released files of a parameter of :class:`TwoBranchNetwork` on VGG-19: L is ``L1``, S is ``L2``.

    >>> caffe_name("features.layers.conv4_4_CPM.bias")
    'conv4_4_CPM.bias'
    >>> caffe_name("stages.0.L.8.weight"), caffe_name("stages.5.S.12.weight")
    ('conv5_5_CPM_L1.weight', 'Mconv7_stage6_L2.weight')
    """
    if parameter.startswith("features.layers."):
        return parameter.removeprefix("features.layers.")
    _, stage, kind, number, role = parameter.split(".")
    layer, which = int(number) // 2 + 1, "L1" if kind == "L" else "L2"
    name = f"conv5_{layer}_CPM_{which}" if stage == "0" else f"Mconv{layer}_stage{int(stage) + 1}_{which}"
    return f"{name}.{role}"
