"""Parameters, multiply-adds and receptive fields: against the released figures, by hand, and by brute force."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from paflib.errors import ShapeError
from paflib.model.backbones import MobileNetFeatures, VGG19Features
from paflib.model.measure import View, count_parameters, measure
from paflib.model.mobilenet import MobileNetThin
from paflib.model.small import SmallFeatures
from paflib.model.staged import StagedNetwork, body25
from paflib.model.two_branch import TwoBranchNetwork
from paflib.skeleton import COCO_18, MPII_15, Skeleton

PAIR = Skeleton("pair", ("a", "b"), ((0, 1),))


@pytest.mark.parametrize(
    ("build", "gmacs"),
    [
        (lambda: TwoBranchNetwork(COCO_18, VGG19Features()), 242.3),
        (lambda: TwoBranchNetwork(MPII_15, VGG19Features()), 239.2),
        (lambda: TwoBranchNetwork(MPII_15, VGG19Features(), stages=4), 174.2),
        (body25, 143.6),
    ],
    ids=["COCO", "MPII", "MPII, 4 stages", "BODY_25"],
)
def test_operations_are_the_released_networks(build, gmacs):
    """FACTS 1.9, at 368 x 656."""
    with torch.device("meta"):
        assert measure(build(), (368, 656)).gmacs == pytest.approx(gmacs, abs=0.05)


def test_operations_of_vgg_by_hand():
    """conv1_1 to conv4_2: 67.2 GMAC (FACTS 1.9); pixels times 9 times channels in times channels out."""
    rows = [(1, 3, 64), (1, 64, 64), (2, 64, 128), (2, 128, 128), (4, 128, 256), (4, 256, 256), (4, 256, 256),
            (4, 256, 256), (8, 256, 512), (8, 512, 512)]  # fmt: skip
    vgg = sum(368 * 656 // scale**2 * 9 * inputs * outputs for scale, inputs, outputs in rows)
    cpm = 46 * 82 * 9 * (512 * 256 + 256 * 128)
    assert vgg / 1e9 == pytest.approx(67.2, abs=0.05)
    with torch.device("meta"):
        assert measure(OneStage(VGG19Features())).macs == vgg + cpm


class OneStage(nn.Module):
    """Whatever a module gives, called the fields of a stage."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: Tensor) -> list[tuple[Tensor | None, Tensor | None]]:
        return [(self.module(images), None)]


def test_receptive_fields_by_hand():
    """Each layer adds (kernel - 1) times the stride that it stands at."""
    trunk = 2 * 2 + 1 + 2 * 2 * 2 + 2 + 4 * 4 * 2 + 4 + 8 * (2 * 2 + 2 * 2)  # blocks of 2, 2, 4, 4 layers; 3 pools
    stage_1 = 1 + trunk + 8 * 3 * 2
    expected = [stage_1 + stage * 8 * 5 * 6 for stage in range(6)]
    found = measure(TwoBranchNetwork(COCO_18, VGG19Features(width=4), width=4, hidden=4), (64, 64)).fields
    assert [L for L, _ in found] == [S for _, S in found] == [(size, size) for size in expected]
    dense = measure(StagedNetwork(COCO_18, VGG19Features(True, 4), "LLS", (4, 4), (4, 4)), (64, 64)).fields
    assert dense == (
        ((1 + trunk + 8 * 30,) * 2, None),  # five blocks of three 3x3 layers look as far as five 7x7 layers
        ((1 + trunk + 2 * 8 * 30,) * 2, None),
        (None, (1 + trunk + 3 * 8 * 30,) * 2),
    )


def brute_force(network: nn.Module, size: int) -> list[tuple[Tensor | None, Tensor | None]]:
    """For every stage's map the pixels along x that can change any cell, as a mask (cells, pixels).

    A pixel that is no number makes every cell that sees it none, whatever the weights are.
    """
    network = network.double().eval()
    seen: list[list[list[Tensor]]] = []
    with torch.no_grad():
        for pixel in range(size):
            image = torch.rand(1, 3, 8, size, dtype=torch.float64)
            image[..., pixel] = float("nan")
            stages = network(image)
            seen.append([[maps.isnan().any(1)[0].any(0) for maps in stage if maps is not None] for stage in stages])
    columns = [[torch.stack(maps, dim=1) for maps in zip(*stage, strict=True)] for stage in zip(*seen, strict=True)]
    return [tuple(stage) for stage in columns]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "build", "size"),
    [
        ("strided and dilated", lambda: Strided(), 96),
        ("a pool and two branches", lambda: TwoBranchNetwork(PAIR, Pooled(), 2, width=2, hidden=2), 160),
        ("dense blocks", lambda: StagedNetwork(PAIR, Pooled(), "LS", (2, 2), (2, 2), blocks=1), 160),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_receptive_fields_by_brute_force(name, build, size):
    torch.manual_seed(0)
    network = build()
    found = measure(network, (8, size)).fields
    for stage, columns in zip(found, brute_force(network, size), strict=True):
        fields = [field for field in stage if field is not None]
        for field, mask in zip(fields, columns, strict=True):
            cells = mask[len(mask) // 2 - 1 : len(mask) // 2 + 1]  # cells in the middle, which no border cuts
            assert not cells[:, 0].any() and not cells[:, -1].any(), "the picture is too small for this test"
            assert cells.sum(1).tolist() == [field[1]] * len(cells)


class Strided(nn.Module):
    """Layers that look in every way that a convolution can, and a sum of two that look differently far."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 2, 4, stride=2, padding=1)
        self.far = nn.Conv2d(2, 2, 3, padding=3, dilation=3)
        self.near = nn.Conv2d(2, 2, 1)
        self.wide = nn.Conv2d(2, 2, (1, 5), padding=(0, 2), groups=2)

    def forward(self, images: Tensor) -> list[tuple[Tensor | None, Tensor | None]]:
        x = self.first(images).relu()
        x = functional.elu(self.far(x)) + self.near(x)
        x = functional.avg_pool2d(functional.pad(x, (1, 1, 0, 0)), (2, 2))
        return [(self.wide(x), self.near(x))]


class Pooled(nn.Module):
    stride, channels, fine_channels = 4, 2, 0

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        return functional.max_pool2d(functional.max_pool2d(self.conv(images), 3, 2, 1), 2)


def test_enlarged_maps_are_seen_through():
    """Twice as many cells, bilinear: new cell 2k lies 0.25 cells before cell k and reads cells k - 1 and k."""
    view = View(8, 0, 7).enlarged(2)
    assert (view.step, view.first, view.last) == (4, 0 - 2 - 6, 7 - 2 + 6)
    for cell in range(4, 8):
        at = (cell + 0.5) / 2 - 0.5
        for read in (int(at // 1), int(at // 1) + 1):
            assert view.step * cell + view.first <= 8 * read
            assert 8 * read + 7 <= view.step * cell + view.last


def test_any_module_can_be_measured_and_is_left_as_it_is():
    for network in (MobileNetThin(), StagedNetwork(COCO_18, SmallFeatures(16, 8), "LLS", (4, 4), (4, 4), blocks=1)):
        network.train()
        before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        found = measure(network, (64, 96))
        assert found.parameters == count_parameters(network) == sum(p.numel() for p in network.parameters())
        assert found.macs > 0 and len(found.fields) in (3, 6) and found.size == (64, 96)
        assert network.training and all(torch.equal(before[n], t) for n, t in network.state_dict().items())
    assert measure(OneStage(MobileNetFeatures(0.25)), (64, 64)).gmacs > 0


def test_a_shared_layer_is_counted_once_and_used_twice():
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Conv2d(3, 3, 3, padding=1)
            self.b = self.a

        def forward(self, images: Tensor) -> list[tuple[Tensor | None, Tensor | None]]:
            return [(self.b(self.a(images)), None)]

    found = measure(Twice(), (10, 10))
    assert found.parameters == 3 * 3 * 9 + 3
    assert found.macs == 2 * 100 * 81
    assert found.fields == (((5, 5), None),)


def test_what_is_not_understood_is_named():
    class Fourier(nn.Module):
        def forward(self, images: Tensor) -> list[tuple[Tensor | None, Tensor | None]]:
            return [(functional.pixel_shuffle(functional.pad(images, (0, 0, 0, 0, 0, 1)), 2), None)]

    with pytest.raises(ShapeError, match=r"operation .*shuffle"):
        measure(Fourier(), (8, 8))
