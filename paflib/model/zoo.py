"""The networks one can use by name: what each is, what it wants to see, and where its maps lie.

An :class:`Entry` keeps everything that is peculiar to one released network (colour order, scale, padding, the grid its
maps were trained on), so that nothing else has to know. :func:`load` gives a :class:`Network`, and every network is
called in the same way. Only building one imports torch.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from paflib._check import check_shape
from paflib.errors import ShapeError, WeightsError
from paflib.fetching import fetch
from paflib.fields import Grid
from paflib.skeleton import COCO_18, Skeleton

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

__all__ = ["ZOO", "Entry", "Network", "load"]


@dataclass(frozen=True)
class Entry:
    """One released network.

    Args:
        name: what it is called here, and in ``data/sources.toml``.
        about: a line for people.
        licence: of the weights.
        skeleton: whose parts and limbs its channels are, in order.
        stride: pixels of the input per cell of the maps; height and width of the input must be multiples of it.
        S_grid, L_grid: where the cells of S and of L lie in the input.
        height: the input height it is usually run at.
        pad: the RGB colour that fills an image up to a multiple of the stride.
        stages: how many predictions it makes, one after the other.
        preprocess: images (B, H, W, 3) uint8 RGB -> (B, 3, H, W) float32 in the network's own order and scale.
        builder: weights file -> module whose call gives ``(L, S)`` of every stage.
    """

    name: str
    about: str
    licence: str
    skeleton: Skeleton
    stride: int
    S_grid: Grid
    L_grid: Grid
    height: int
    pad: tuple[int, int, int]
    stages: int
    preprocess: Callable[[Tensor], Tensor]
    builder: Callable[[Path], nn.Module]

    def build(self, path: str | os.PathLike[str] | None = None, *, progress: bool = True) -> nn.Module:
        """The module with its weights, read from a file, or from the fetched one.

        Raises:
            FetchError: no file was given and the weights can be had nowhere.
            WeightsError: the file is missing, truncated, or another network's.
        """
        return self.builder(Path(path) if path is not None else fetch(self.name, progress=progress))


class Network:
    """A network with its weights, on a device, called with RGB images."""

    def __init__(self, entry: Entry, module: nn.Module, device: str | torch.device | None = None) -> None:
        import torch

        self.entry = entry
        self.device = torch.device(device or "cpu")
        # With the channels innermost the CPU's separable convolutions take a third to a half less time.
        self.module = module.to(self.device).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]

    def __call__(self, images: np.ndarray | Tensor) -> list[tuple[Tensor, Tensor]]:
        """Predict maps and fields for a batch of images of one size.

        Args:
            images: (B, H, W, 3) uint8 RGB, an array or a tensor; H and W multiples of ``entry.stride``.

        Returns:
            For every stage ``(S, L)``: S (B, J + 1, h, w), background last, and L (B, C, 2, h, w), float32 tensors on
            the network's device, channels in the order of ``entry.skeleton``; h = H / stride, w = W / stride.

        Raises:
            ShapeError: the images have another shape or type.
        """
        import torch

        sizes = check_shape("images", images, "B H W 3")
        stride = self.entry.stride
        if sizes["B"] == 0 or any(sizes[axis] % stride or sizes[axis] == 0 for axis in "HW"):
            raise ShapeError(
                f"images has shape {tuple(images.shape)}, wanted (B, H, W, 3) with H and W multiples of {stride}: "
                "pad them at the right and bottom"
            )
        if str(images.dtype).rpartition(".")[2] != "uint8":
            raise ShapeError(f"images is of type {images.dtype}, wanted uint8 RGB, 0 to 255")
        if isinstance(images, np.ndarray):
            images = torch.from_numpy(np.ascontiguousarray(images))
        with torch.inference_mode():
            inputs = self.entry.preprocess(images.to(self.device))
            return [self._in_order(L, S) for L, S in self.module(inputs.contiguous(memory_format=torch.channels_last))]

    def _in_order(self, L: Tensor, S: Tensor) -> tuple[Tensor, Tensor]:
        """The released channel order is the skeleton's: limb c in channels 2c (x) and 2c + 1 (y)."""
        L = L.contiguous().unflatten(1, (self.entry.skeleton.C, 2))  # (B, 2C, h, w) -> (B, C, 2, h, w)
        return S.contiguous(), L


def load(name_or_path: str | os.PathLike[str], device: str | torch.device | None = None) -> Network:
    """Load a network by its name in :data:`ZOO`, or from a local weights file.

    Raises:
        FetchError: the weights can be had nowhere; the message says where to put them by hand.
        WeightsError: neither a known name nor a weights file; or the file is truncated, or another network's.
    """
    name = os.fspath(name_or_path)
    if name in ZOO:
        return Network(ZOO[name], ZOO[name].build(), device)
    path = Path(name).expanduser()
    if not path.is_file():
        raise WeightsError(f"no network is called {name!r}, and no file either; known names are: {', '.join(ZOO)}")
    entry = ZOO["mobilenet-thin"]  # so far the only network that is read from a file
    return Network(entry, entry.build(path), device)


def _bgr(images: Tensor) -> Tensor:
    """Blue-green-red, 0 to 255, nothing subtracted."""
    return images.permute(0, 3, 1, 2).flip(1).float()  # (B, H, W, RGB) -> (B, BGR, H, W)


def _mobilenet_thin(path: Path) -> nn.Module:
    from paflib.model.mobilenet import MobileNetThin

    return MobileNetThin.from_graph(path)


MOBILENET_THIN_GRID = Grid(8, origin=(3.1, 3.5))
"""Where the cells of mobilenet-thin lie, at input sizes that are multiples of 8.

Its training code averages full-size targets over the 8 x 8 pixels of a cell, hence 3.5. But it mirrors joints as W - x,
where W - 1 - x is right, and mirrors every second image: the network learned a compromise half a pixel to the right.

Measured in x by mirror consistency (a peak and its mirror image fix the origin: tests/model/test_grid.py) on photos
and video of people at heights 256 to 736, some hundreds of joints at each: S at 3.1 to 3.2 (+- 0.03), L at 2.9 to 3.3
(+- 0.1). The mean signed distance from annotated joints (28 photographs, 350 joints) puts S at 3.05 +- 0.15 in x and at
3.33 +- 0.15 in y. S and L were drawn from the same joints, so they share one grid.
"""

ZOO = {
    entry.name: entry
    for entry in (
        Entry(
            name="mobilenet-thin",
            about="six stages of two branches on a MobileNet, 1.93 million parameters; published AP 28.1 (COCO 2014)",
            licence="Apache-2.0",
            skeleton=COCO_18,
            stride=8,
            S_grid=MOBILENET_THIN_GRID,
            L_grid=MOBILENET_THIN_GRID,
            height=368,
            pad=(128, 128, 128),
            stages=6,
            preprocess=_bgr,
            builder=_mobilenet_thin,
        ),
    )
}
"""Every network by name."""
