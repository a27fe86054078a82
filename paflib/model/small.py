"""A small trunk for a laptop: features at two strides, for networks that are trained inside a chapter or a test."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from paflib.errors import ShapeError


class SmallFeatures(nn.Module):
    """Residual 3x3 convolutions with batch normalisation: F at 1/8 of the image's size, and finer features at 1/4.

    What a person's other limbs do is far away and need not be known to the pixel, so some layers work at 1/16, where
    they see twice as far for a quarter of the operations; what they find is added to F. The finer features see F as
    well, brought to their size, so they know what is where and where exactly.

    Args:
        channels: of F.
        fine_channels: of the finer features; 0 for none.
        context: channels at 1/16; 0 for none.
        depth: residual blocks at 1/8 and at 1/16.
    """

    stride = 8

    def __init__(self, channels: int = 64, fine_channels: int = 32, context: int = 96, depth: int = 2) -> None:
        super().__init__()
        if channels < 8 or fine_channels < 0 or context < 0 or depth < 0:
            raise ShapeError(
                f"SmallFeatures(channels={channels}, fine_channels={fine_channels}, context={context}, depth={depth}): "
                "wanted at least 8 channels and nothing negative"
            )
        self.channels, self.fine_channels = channels, fine_channels
        stem, quarter = channels // 4, channels // 2
        self.stem = nn.Sequential(_layer(3, stem, stride=2), _layer(stem, quarter, stride=2), Residual(quarter))
        self.trunk = nn.Sequential(_layer(quarter, channels, stride=2), *(Residual(channels) for _ in range(depth)))
        self.context: nn.Module | None = None
        if context:
            self.context = nn.Sequential(
                _layer(channels, context, stride=2),
                *(Residual(context) for _ in range(depth)),
                nn.Conv2d(context, channels, 1),
            )
        if fine_channels:
            self.down = _layer(channels, fine_channels, kernel=1)
            self.merge = nn.Sequential(_layer(quarter + fine_channels, fine_channels), Residual(fine_channels))

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """(B, 3, H, W) -> F (B, channels, H/8, W/8), and where there are any, finer features (B, ., H/4, W/4)."""
        quarter = self.stem(images)
        F: Tensor = self.trunk(quarter)
        if self.context is not None:
            F = F + _enlarged(self.context(F), F)
        if not self.fine_channels:
            return F
        return F, self.merge(torch.cat([quarter, _enlarged(self.down(F), quarter)], dim=1))


class Residual(nn.Module):
    """Two 3x3 convolutions whose sum with their input goes on."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _layer(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, h, w) -> the same."""
        return functional.relu(x + self.norm(self.second(self.first(x))))


def _layer(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _enlarged(x: Tensor, like: Tensor) -> Tensor:
    size = (like.shape[-2], like.shape[-1])
    return functional.interpolate(x, size=size, mode="bilinear", align_corners=False)
