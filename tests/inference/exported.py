"""Networks to export, narrow but of every architecture, and whether two networks say the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from paflib.model.zoo import Network, new_network
from paflib.skeleton import COCO_18
from tests.model.test_saved_networks import NETWORKS as SAVED

NETWORKS: dict[str, tuple[str, Any, dict[str, Any]]] = SAVED | {
    "lightweight, open model zoo": (
        "lightweight", COCO_18, {"width": 0.125, "channels": 8, "hidden": 8, "open_model_zoo": True}
    ),
}  # fmt: skip


def make(name: str) -> Network:
    return lively(new_network("mine", *NETWORKS[name], height=64, about="a test", pad=(0, 1, 2), licence="CC0"))


def lively(network: Network) -> Network:
    """Random weights that let what is seen come through to the end; PyTorch's own ones leave little but the biases.

    All slopes of PReLUs are equal, as they are when training begins.
    """
    torch.manual_seed(0)
    for layer in network.module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.normal_(layer.bias, std=0.1)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.1)
            nn.init.normal_(layer.bias, std=0.1)
            assert layer.running_mean is not None and layer.running_var is not None
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.8, 1.2)
    return network


def pictures(batch: int, height: int, width: int) -> np.ndarray:
    """Noise, with more red in it than blue."""
    noise = np.random.default_rng(batch * height + width).integers(0, 256, (batch, height, width, 3), np.uint8)
    return noise // np.array([1, 2, 4], np.uint8)


def distance(network: Callable[[Any], Any], other: Callable[[Any], Any], images: np.ndarray) -> float:
    """The largest difference of the last stage's S or L, in units of its largest value."""
    shares = []
    for maps, wanted in zip(network(images)[-1], other(images)[-1], strict=True):
        assert maps.shape == wanted.shape and maps.dtype == wanted.dtype == torch.float32
        largest = wanted.abs().max()
        assert wanted.flatten(-2).std(dim=-1).max() > 0.01 * largest > 0  # in maps of one value any two would agree
        shares.append(float((maps - wanted).abs().max() / largest))
    return max(shares)
