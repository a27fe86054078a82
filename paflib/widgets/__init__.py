"""Widgets: the mathematics of the chapters under the reader's hands, live in notebooks and in pages with no kernel."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "ConfidenceLab": "confidence_lab",
    "AffinityLab": "affinity_lab",
    "IntegralLab": "integral_lab",
    "MatchingStepper": "matching_stepper",
    "AssemblyStepper": "assembly_stepper",
    "StageExplorer": "stage_explorer",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'paflib.widgets' has no attribute {name!r}")
    value = getattr(import_module(f"paflib.widgets.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
