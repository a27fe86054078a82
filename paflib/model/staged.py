"""The staged network of TPAMI 2019: refine the affinity fields L first, then the confidence maps S (Fig. 3).

A convolutional trunk sees the image once and gives the features F. A row of stages follows, each of which predicts one
kind of map: a stage of L sees F and the L before it (Eq. 1, 2), a stage of S sees F, the S before it and the last L
(Eq. 2, 3). Three 3x3 convolutions whose outputs are concatenated stand where the CVPR 2017 network had a 7x7 one: the
same receptive field for fewer operations, and every layer's own output still in sight.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from paflib.errors import ShapeError
from paflib.skeleton import BODY_25, Skeleton

FIRST, LATER = (96, 256), (128, 512)
"""Channels (of a dense block's convolutions, of the 1x1 layer) of the first stage of a kind, and of the later ones, in
the released BODY_25 network (FACTS 1.9)."""


def convolution(inputs: int, outputs: int, kernel: int = 3, norm: bool = False, act: str = "prelu") -> nn.Sequential:
    """A convolution that keeps the size, batch normalisation if wanted, and PReLU with a slope a channel, or ReLU."""
    layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=not norm)]
    if norm:
        layers.append(nn.BatchNorm2d(outputs))
    layers.append(nn.PReLU(outputs, init=0.25) if act == "prelu" else nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class DenseBlock(nn.Module):
    """Three chained 3x3 convolutions, their outputs concatenated: 7x7 cells in view (TPAMI Fig. 3)."""

    def __init__(self, inputs: int, width: int, norm: bool = False, act: str = "prelu") -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [convolution(inputs if k == 0 else width, width, norm=norm, act=act) for k in range(3)]
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) -> (B, 3 * width, h, w)."""
        outputs = []
        for layer in self.layers:
            x = layer(x)
            outputs.append(x)
        return torch.cat(outputs, dim=1)


class Stage(nn.Module):
    """Dense blocks, a 1x1 layer, and a 1x1 layer that predicts (TPAMI Fig. 3)."""

    def __init__(
        self, inputs: int, outputs: int, width: int, hidden: int, blocks: int = 5, norm: bool = False,
        act: str = "prelu",
    ) -> None:  # fmt: skip
        super().__init__()
        self.blocks = nn.Sequential(
            *(DenseBlock(inputs if k == 0 else 3 * width, width, norm, act) for k in range(blocks))
        )
        self.hidden = convolution(3 * width, hidden, kernel=1, norm=norm, act=act)
        self.predict = nn.Conv2d(hidden, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) -> (B, outputs, h, w)."""
        prediction: Tensor = self.predict(self.hidden(self.blocks(x)))
        return prediction


class StagedNetwork(nn.Module):
    """Features, then stages of L and S in any order.

    Args:
        skeleton: its limbs are the channels of L, its parts and a background those of S.
        features: images (B, 3, H, W) -> F (B, ``features.channels``, H / stride, W / stride). A trunk with
            ``fine_channels`` (not 0) gives F and besides finer features, on which the stages of S then stand, so that S
            has more cells than L.
        order: one letter a stage: ``"LLLLSS"`` is BODY_25's, and any other will do, as ``"LLLLS"``, or ``"SSSLLL"``
            with the confidence maps first. A stage sees F, what its own kind said last, and what the other kind said
            last.
        first, later: (channels of the dense blocks, channels of the 1x1 layer) in the first stage of a kind and in the
            later ones.
        S_first, S_later: the same for S where it differs.
        blocks: dense blocks a stage.
        norm: batch normalisation after every convolution but the last; the released network has none.
        act: ``"prelu"`` with a slope a channel, the released network's, or ``"relu"``.
        residual: a later stage says what to change of the map before it, and not the whole map anew. Not the papers';
            a narrow stage need not carry every channel through its few.

    Raises:
        ShapeError: an order that is empty or has other letters, or an unknown activation.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        features: nn.Module,
        order: str = "LLLLSS",
        first: tuple[int, int] = FIRST,
        later: tuple[int, int] = LATER,
        S_first: tuple[int, int] | None = None,
        S_later: tuple[int, int] | None = None,
        blocks: int = 5,
        norm: bool = False,
        act: str = "prelu",
        residual: bool = False,
    ) -> None:
        super().__init__()
        if not order or set(order) - {"L", "S"}:
            raise ShapeError(f"order is {order!r}, wanted a letter L or S for every stage, such as 'LLLLSS'")
        if act not in ("prelu", "relu"):
            raise ShapeError(f"act is {act!r}, wanted 'prelu' or 'relu'")
        self.order, self.residual = tuple(order), residual
        self.features = features
        self.fine = int(getattr(features, "fine_channels", 0))
        outputs = {"L": 2 * skeleton.C, "S": skeleton.J + 1}
        channels = int(features.channels)  # type: ignore[arg-type]  # nn.Module's attributes are of any kind
        trunk = {"L": channels, "S": self.fine or channels}
        widths = {"L": (first, later), "S": (S_first or first, S_later or later)}
        stages, seen = [], dict.fromkeys("LS", 0)  # how many channels of each kind have been predicted so far
        for kind in self.order:
            width, hidden = widths[kind][1 if seen[kind] else 0]
            inputs = trunk[kind] + sum(seen.values())
            stages.append(Stage(inputs, outputs[kind], int(width), int(hidden), blocks, norm, act))
            seen[kind] = outputs[kind]
        self.stages = nn.ModuleList(stages)

    def forward(self, images: Tensor) -> list[tuple[Tensor | None, Tensor | None]]:
        """Predict stage by stage.

        Args:
            images: (B, 3, H, W) in the trunk's own colour order and scale.

        Returns:
            For every stage ``(L, None)`` with L (B, 2C, h, w), x and y of limb c in channels 2c and 2c + 1, or
            ``(None, S)`` with S (B, J + 1, h', w'), background last.
        """
        F = self.features(images)
        trunk = dict(zip("LS", F if self.fine else (F, F), strict=True))
        latest: dict[str, Tensor] = {}
        outputs: list[tuple[Tensor | None, Tensor | None]] = []
        for kind, stage in zip(self.order, self.stages, strict=True):
            other = "S" if kind == "L" else "L"
            seen = [latest[k] for k in (kind, other) if k in latest]  # its own kind first, then the other
            x = torch.cat([trunk[kind], *(_as_large_as(trunk[kind], map_) for map_ in seen)], dim=1)
            change = stage(x)
            latest[kind] = latest[kind] + change if self.residual and kind in latest else change
            outputs.append((latest["L"], None) if kind == "L" else (None, latest["S"]))
        return outputs


def body25(skeleton: Skeleton = BODY_25, order: str = "LLLLSS") -> StagedNetwork:
    """The released BODY_25 network of 26,166,084 parameters (FACTS 1.9), or one for another skeleton or order."""
    from paflib.model.backbones import VGG19Features

    return StagedNetwork(skeleton, VGG19Features(prelu=True), order)


def _as_large_as(goal: Tensor, maps: Tensor) -> Tensor:
    """Maps on the grid of another tensor: bilinear where it is finer, means of cells where it is coarser."""
    size = (goal.shape[-2], goal.shape[-1])
    if maps.shape[-2:] == goal.shape[-2:]:
        return maps
    if maps.shape[-1] < goal.shape[-1]:
        return functional.interpolate(maps, size=size, mode="bilinear", align_corners=False)
    rows, columns = (int(maps.shape[axis]) // int(goal.shape[axis]) for axis in (-2, -1))
    if (rows * size[0], columns * size[1]) == tuple(maps.shape[-2:]):  # as for images that are multiples of the stride
        return functional.avg_pool2d(maps, (rows, columns))
    return functional.adaptive_avg_pool2d(maps, size)


def describe_order(order: Sequence[str]) -> str:
    """An order of stages in words.

    >>> describe_order("LLLLSS"), describe_order("SSLLLL"), describe_order(("LS", "LS"))
    ('4 L + 2 S', '2 S + 4 L', '2 LS')
    """
    runs: list[tuple[str, int]] = []
    for kind in order:
        runs = [*runs[:-1], (kind, runs[-1][1] + 1)] if runs and runs[-1][0] == kind else [*runs, (kind, 1)]
    return " + ".join(f"{count} {kind}" for kind, count in runs)
