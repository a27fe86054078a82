"""Lightweight OpenPose (Osokin, 2018): the two-branch idea made quick enough for a CPU.

A MobileNet sees the image; both branches of a stage share all but their last two layers; and 7x7 convolutions become
blocks of a 1x1, a 3x3 and a 3x3 that looks two cells far, with a sum past them. One refinement stage: 4,091,698
parameters (FACTS 1.9).

Two releases of it are in use, and differ in more than their file format. The PyTorch checkpoint has batch
normalisations; in the Open Model Zoo's they are folded into the convolutions, the block between trunk and stages has
one more 1x1 layer and an ELU where the other has a ReLU, and a refinement stage sees (L, S, F) where the checkpoint's
sees (F, S, L). Here it is (L, S, F), and :mod:`paflib.model.released` turns the checkpoint's weights round.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from paflib.errors import ShapeError
from paflib.model.backbones import MobileNetFeatures, convolution, separable
from paflib.skeleton import COCO_18, Skeleton


class LightweightNetwork(nn.Module):
    """MobileNet, a block that brings its channels down, an initial stage, and refinement stages.

    Args:
        skeleton: its limbs are the channels of L, its parts and a background those of S.
        refinements: stages after the first; the releases have one.
        channels: of F and inside the stages.
        width: factor on the channels of the MobileNet.
        hidden: channels of the layer before the prediction in the first stage.
        open_model_zoo: the layers of the Open Model Zoo's release instead of the PyTorch checkpoint's.

    Raises:
        ShapeError: fewer than no refinements, or a width that leaves no channels.
    """

    def __init__(
        self,
        skeleton: Skeleton = COCO_18,
        refinements: int = 1,
        channels: int = 128,
        width: float = 1.0,
        hidden: int = 512,
        open_model_zoo: bool = False,
    ) -> None:
        super().__init__()
        if refinements < 0 or channels < 1:
            raise ShapeError(f"refinements is {refinements} and channels {channels}, wanted at least 0 and 1")
        self.L_channels, self.S_channels = 2 * skeleton.C, skeleton.J + 1
        heads = (self.L_channels, self.S_channels)
        self.features = MobileNetFeatures(width, norm=not open_model_zoo)
        self.reduce = Reduction(self.features.channels, channels, open_model_zoo)
        self.initial = InitialStage(channels, hidden, *heads)
        self.refinements = nn.ModuleList(
            RefinementStage(sum(heads) + channels, channels, *heads, norm=not open_model_zoo)
            for _ in range(refinements)
        )
        self.order = ("LS",) * (1 + refinements)

    def forward(self, images: Tensor) -> list[tuple[Tensor | None, Tensor | None]]:
        """Predict fields and maps, stage by stage.

        Args:
            images: (B, 3, H, W) float32, blue-green-red, (x - 128) / 256.

        Returns:
            For every stage ``(L, S)``: L (B, 2C, h, w), x and y of limb c in channels 2c and 2c + 1, and S
            (B, J + 1, h, w), background last; h = ceil(H / 8), w = ceil(W / 8).
        """
        F = self.reduce(self.features(images))
        L, S = self.initial(F)
        outputs: list[tuple[Tensor | None, Tensor | None]] = [(L, S)]
        for stage in self.refinements:
            L, S = stage(torch.cat([L, S, F], dim=1))  # (B, 2C + J + 1 + channels, h, w)
            outputs.append((L, S))
        return outputs


class Reduction(nn.Module):
    """From the trunk's channels to F: a 1x1 layer, three separable ones past which the sum goes, and a 3x3 layer."""

    def __init__(self, inputs: int, channels: int, open_model_zoo: bool) -> None:
        super().__init__()
        self.align = convolution(inputs, channels, 1, act="elu" if open_model_zoo else "relu")
        blocks = [separable(channels, channels, norm=False, bias=open_model_zoo, act="elu") for _ in range(3)]
        if open_model_zoo:
            blocks.insert(0, convolution(channels, channels, 1, act="elu"))
        self.blocks = nn.Sequential(*blocks)
        self.merge = convolution(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) -> F (B, channels, h, w)."""
        x = self.align(x)
        F: Tensor = self.merge(x + self.blocks(x))
        return F


class InitialStage(nn.Module):
    """Three 3x3 layers that both branches share, and two 1x1 layers for each."""

    def __init__(self, channels: int, hidden: int, L: int, S: int) -> None:
        super().__init__()
        self.trunk = nn.Sequential(*(convolution(channels, channels) for _ in range(3)))
        self.L, self.S = head(channels, hidden, L), head(channels, hidden, S)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, channels, h, w) -> L (B, 2C, h, w), S (B, J + 1, h, w)."""
        x = self.trunk(x)
        return self.L(x), self.S(x)


class RefinementStage(nn.Module):
    """Five residual blocks that both branches share, and two 1x1 layers for each."""

    def __init__(self, inputs: int, channels: int, L: int, S: int, norm: bool) -> None:
        super().__init__()
        self.trunk = nn.Sequential(*(RefinementBlock(inputs if k == 0 else channels, channels, norm) for k in range(5)))
        self.L, self.S = head(channels, channels, L), head(channels, channels, S)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, inputs, h, w) -> L (B, 2C, h, w), S (B, J + 1, h, w)."""
        x = self.trunk(x)
        return self.L(x), self.S(x)


class RefinementBlock(nn.Module):
    """A 1x1 layer, and two 3x3 ones, the second dilated, past which the sum goes: 7x7 cells in view."""

    def __init__(self, inputs: int, channels: int, norm: bool) -> None:
        super().__init__()
        self.initial = convolution(inputs, channels, 1)
        # The released layers have both a bias and the batch normalisation that undoes it.
        self.trunk = nn.Sequential(
            convolution(channels, channels, norm=norm, bias=True),
            convolution(channels, channels, dilation=2, norm=norm, bias=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) -> (B, channels, h, w)."""
        x = self.initial(x)
        y: Tensor = x + self.trunk(x)
        return y


def head(channels: int, hidden: int, outputs: int) -> nn.Sequential:
    """A 1x1 layer of ``hidden`` channels and a 1x1 layer that predicts."""
    return nn.Sequential(convolution(channels, hidden, 1), convolution(hidden, outputs, 1, act="none"))
