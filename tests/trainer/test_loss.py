"""The loss by hand, its mask, its stages, and its gradient."""

import pytest
import torch

from paflib.errors import ShapeError
from paflib.trainer.loss import masked_loss, stage_losses, total
from paflib.trainer.targets import Targets


def test_by_hand():
    """1/(2B) sum W (p - t)^2: two pictures, errors 1 and 3, one cell masked, one half masked."""
    predicted = torch.tensor([[[[1.0, 5.0]]], [[[3.0, 0.0]]]])
    true = torch.zeros_like(predicted)
    weight = torch.tensor([[[[1.0, 0.0]]], [[[0.5, 1.0]]]])
    assert masked_loss(predicted, true, weight).item() == pytest.approx((1 + 0.5 * 9) / 4)


def test_the_foreground_counts_more_in_proportion():
    predicted, weight = torch.zeros(1, 1, 1, 3), torch.ones(1, 1, 1, 3)
    true = torch.tensor([[[[1.0, -0.5, 0.0]]]])
    assert masked_loss(predicted, true, weight, 5).item() == pytest.approx((5 * 1 + 3 * 0.25) / 2)


def test_nothing_is_learned_under_the_mask():
    predicted = torch.randn(1, 2, 4, 4, requires_grad=True)
    weight = torch.ones(1, 2, 4, 4)
    weight[..., :2] = 0
    masked_loss(predicted, torch.zeros(1, 2, 4, 4), weight).backward()
    assert (predicted.grad[..., :2] == 0).all() and (predicted.grad[..., 2:] != 0).all()


def outputs_and_targets():
    torch.manual_seed(0)
    L, S = [torch.randn(2, 4, 3, 3) for _ in range(3)], [torch.randn(2, 3, 6, 6) for _ in range(2)]
    outputs = [(L[0], None), (L[1], S[0]), (None, S[1]), (L[2], None)]
    zero = Targets(torch.zeros(2, 3, 6, 6), torch.zeros(2, 4, 3, 3), torch.ones(2, 3, 6, 6), torch.ones(2, 4, 3, 3))
    return L, S, outputs, zero


def test_every_stage_of_each_kind_is_told_the_truth():
    L, S, outputs, zero = outputs_and_targets()
    losses = stage_losses(outputs, zero)
    assert list(losses) == ["L1", "L2", "L3", "S1", "S2"]
    for name, maps in zip(losses, [*L, *S], strict=True):
        assert losses[name].item() == pytest.approx((maps**2).sum().item() / 4)
    assert total(losses).item() == pytest.approx(sum(value.item() for value in losses.values()))


def test_without_intermediate_supervision_the_last_of_each_kind_is_left():
    L, _, outputs, zero = outputs_and_targets()
    losses = stage_losses(outputs, zero, intermediate=False)
    assert list(losses) == ["L3", "S2"]
    assert losses["L3"].item() == pytest.approx((L[2] ** 2).sum().item() / 4)


def test_other_shapes_are_refused():
    with pytest.raises(ShapeError, match="wanted one shape"):
        masked_loss(torch.zeros(1, 2, 3, 3), torch.zeros(1, 2, 3, 4), torch.ones(1, 2, 3, 3))
