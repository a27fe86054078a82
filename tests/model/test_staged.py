"""What is the staged network's own: finer maps of S, orders, stages that say what to change."""

import pytest
import torch

from paflib.errors import ShapeError
from paflib.model.small import SmallFeatures
from paflib.model.staged import StagedNetwork, _as_large_as, convolution, describe_order
from paflib.skeleton import COCO_18, MPII_15


def small(order: str = "LLS", fine: int = 8, **arguments) -> StagedNetwork:
    torch.manual_seed(0)
    features = SmallFeatures(channels=16, fine_channels=fine, context=8, depth=1)
    return StagedNetwork(COCO_18, features, order, (8, 8), (8, 8), blocks=1, **arguments).eval()


IMAGES = torch.linspace(-0.5, 0.5, 3 * 64 * 96).reshape(1, 3, 64, 96)


@pytest.mark.parametrize(("fine", "S_cells"), [(0, (8, 12)), (8, (16, 24))])
def test_maps_may_have_more_cells_than_fields(fine, S_cells):
    for L, S in small("LSLS", fine)(IMAGES):
        assert (L is None) != (S is None)
        if L is not None:
            assert L.shape == (1, 38, 8, 12)
        else:
            assert S.shape == (1, 19, *S_cells)


def test_a_slope_stays_a_slope_on_finer_cells_and_on_coarser_ones():
    """A cell's centre is half a cell from its edge: twice as many cells read the slope at quarters of the coarse ones.

    With the corners for centres the finer map would be steeper in its cells, off by a tenth already in the second.
    """
    coarse, fine = torch.arange(6.0), torch.arange(12.0) / 2 - 0.25
    up = _as_large_as(torch.zeros(1, 1, 2, 12), coarse.expand(1, 1, 1, 6))
    assert torch.allclose(up[..., 1:-1], fine[1:-1].expand(1, 1, 2, 10))
    assert torch.allclose(_as_large_as(torch.zeros(1, 1, 1, 6), fine.expand(1, 1, 2, 12)), coarse)


def test_fresh_slopes_are_a_quarter_for_every_channel():
    """PReLU's own paper's, and what Caffe begins with."""
    slopes = convolution(3, 5)[1].weight
    assert slopes.shape == (5,) and (slopes == 0.25).all()


def test_a_stage_sees_its_own_kind_and_the_other():
    """The inputs' channels: F, then what its own kind said, then what the other kind said."""
    inputs = [stage.blocks[0].layers[0][0].in_channels for stage in small("LSLS", fine=0).stages]
    assert inputs == [16, 16 + 38, 16 + 38 + 19, 16 + 19 + 38]
    fine = [stage.blocks[0].layers[0][0].in_channels for stage in small("LLSS", fine=8).stages]
    assert fine == [16, 16 + 38, 8 + 38, 8 + 38 + 19]


def test_what_a_stage_said_changes_what_the_next_one_says():
    network = small("LLS")
    before = network(IMAGES)
    with torch.no_grad():
        network.stages[0].predict.bias += 1
    after = network(IMAGES)
    assert not torch.allclose(before[1][0], after[1][0]) and not torch.allclose(before[2][1], after[2][1])


def test_a_residual_stage_says_what_to_change():
    """With its last layer silent, a later stage repeats the one before; without residual it says nothing."""
    for residual in (True, False):
        network = small("LLSS", residual=residual)
        with torch.no_grad():
            for number in (1, 3):
                network.stages[number].predict.weight.zero_()
                network.stages[number].predict.bias.zero_()
        (first, _), (second, _), (_, third), (_, fourth) = network(IMAGES)
        assert torch.equal(second, first) == residual and torch.equal(fourth, third) == residual
        assert first.abs().max() > 0 and (residual or second.abs().max() == 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"order": ""}, "order is ''"), ({"order": "LX"}, "order is 'LX'"), ({"act": "gelu"}, "act is 'gelu'")],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ShapeError, match=message):
        small(**arguments)


@pytest.mark.parametrize("arguments", [{"channels": 4}, {"fine_channels": -1}, {"depth": -1}, {"context": -2}])
def test_bad_trunks_are_named(arguments):
    with pytest.raises(ShapeError, match="wanted at least 8 channels"):
        SmallFeatures(**arguments)


def test_any_skeleton():
    network = StagedNetwork(MPII_15, SmallFeatures(16, 0, 0, 0), "LS", (8, 8), blocks=1).eval()
    (L, _), (_, S) = network(IMAGES)
    assert L.shape[1] == 28 and S.shape[1] == 16


def test_orders_in_words():
    assert describe_order("LLLLLS") == "5 L + 1 S" and describe_order("LSLS") == "1 L + 1 S + 1 L + 1 S"
