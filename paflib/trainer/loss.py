"""The loss of every stage: masked squares (CVPR 2017 Eq. 3-5; TPAMI 2019 Eq. 4-6).

Every stage is told the same truth (intermediate supervision), so the gradient reaches the first layers by a short way
however many stages there are.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from paflib.errors import ShapeError
from paflib.trainer.targets import Targets


def masked_loss(predicted: Tensor, true: Tensor, weight: Tensor, foreground: float = 1.0) -> Tensor:
    """``sum(W * (predicted - true)^2) / (2 B)``, the loss of one stage and one kind of map.

    The sum over cells and channels and the mean over the B pictures are the released code's (FACTS 1.10).

    Args:
        predicted, true, weight: (B, K, h, w).
        foreground: how much more a cell counts where the true map is 1 or -1; between, in proportion. The papers' is 1.
            Most cells of a map are empty, and a young network gains more by saying "nothing" everywhere than by finding
            anything; more weight on what there is cuts that phase short.

    Raises:
        ShapeError: the shapes differ.
    """
    if not predicted.shape == true.shape == weight.shape:
        raise ShapeError(
            f"a stage predicts {tuple(predicted.shape)}, the truth is {tuple(true.shape)}, "
            f"its weights {tuple(weight.shape)}: wanted one shape"
        )
    if foreground != 1.0:
        weight = weight * (1 + (foreground - 1) * true.abs())
    return (weight * (predicted.float() - true) ** 2).sum() / (2 * len(predicted))


def stage_losses(
    outputs: Sequence[tuple[Tensor | None, Tensor | None]],
    targets: Targets,
    foreground: float = 1.0,
    intermediate: bool = True,
) -> dict[str, Tensor]:
    """The loss of every map of every stage, by name: ``"L1"``, ``"S1"``, ``"L2"``, ... Their sum is what is trained.

    Args:
        outputs: what a network's forward gives: ``(L, S)`` of every stage, None where a stage predicts only the other.
        targets: the truth.
        foreground: see :func:`masked_loss`.
        intermediate: False leaves only the last loss of each kind, to see what the others are for.
    """
    losses: dict[str, Tensor] = {}
    for kind, place, true, weight in (("L", 0, targets.L, targets.W_L), ("S", 1, targets.S, targets.W_S)):
        predicted = [maps for stage in outputs if (maps := stage[place]) is not None]
        numbers = range(len(predicted)) if intermediate else range(len(predicted))[-1:]
        for number in numbers:
            losses[f"{kind}{number + 1}"] = masked_loss(predicted[number], true, weight, foreground)
    return losses


def total(losses: dict[str, Tensor]) -> Tensor:
    """The sum over stages and kinds (TPAMI Eq. 6)."""
    return torch.stack(list(losses.values())).sum()
