"""Training: annotated pictures in, a network out.

``data`` reads and ``augment`` warps, ``targets`` draws the true maps on the device, ``loss`` compares every stage with
them, ``config`` is a run as a TOML file, and ``loop`` runs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Resolved when first used: the data and configuration of a run can be looked at without loading torch.
_HOMES = {
    "Augmentation": "augment", "AUGMENTATIONS": "augment", "Batches": "data", "CocoSource": "data", "Config": "config",
    "SyntheticSource": "data", "config_of": "config", "draw_targets": "targets", "masked_loss": "loss",
    "read_config": "config", "stage_losses": "loss", "train": "loop", "validate": "loop",
}  # fmt: skip

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'paflib.trainer' has no attribute {name!r}")
    return getattr(import_module(f"paflib.trainer.{_HOMES[name]}"), name)
