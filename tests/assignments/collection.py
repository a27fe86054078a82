"""All right ways and all mistakes, by the name of the assignment."""

from __future__ import annotations

from paflib.grading.assignments import plans
from tests.assignments import ways_confidence_maps
from tests.assignments.hand_in import Change

_MODULES = {"confidence-maps": ways_confidence_maps}
PLANS = plans()
CHANGES: list[tuple[str, Change]] = [(name, change) for name, one in _MODULES.items() for change in one.CHANGES]


def ways(name: str) -> list[dict[str, str]]:
    """Submissions that are right, each with functions of its own; every function that was written is in one of them."""
    written = _MODULES[name].WAYS
    most = max(map(len, written.values()))
    return [{function: sources[k % len(sources)] for function, sources in written.items()} for k in range(most)]


WAYS: list[tuple[str, int]] = [(name, k) for name in _MODULES for k in range(len(ways(name)))]
