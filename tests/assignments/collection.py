"""All right ways and all mistakes, by the name of the assignment."""

from __future__ import annotations

from paflib.grading.assignments import SAMPLE, plans
from tests.assignments import (
    hand_in,
    ways_affinity_fields,
    ways_assembly,
    ways_capstone,
    ways_confidence_maps,
    ways_line_integrals,
    ways_matching,
)
from tests.assignments.hand_in import Change

MODULES = {
    "confidence-maps": ways_confidence_maps,
    "affinity-fields": ways_affinity_fields,
    "line-integrals": ways_line_integrals,
    "matching": ways_matching,
    "assembly": ways_assembly,
    "capstone": ways_capstone,
}
PLANS = plans()
CHANGES: list[tuple[str, Change]] = [(name, change) for name, one in MODULES.items() for change in one.CHANGES]

# Three more ways: the master's functions, whose results are of another kind. Lists of pairs or groups stay lists.
CONVERSIONS = {
    "float32": "value.astype(np.float32) if isinstance(value, np.ndarray) else value",
    "lists": "value.tolist() if isinstance(value, np.ndarray) else list(value) if isinstance(value, tuple) else value",
    "tensors": "__import__('torch').tensor(value) if isinstance(value, np.ndarray) else value",
}
CONVERTED = """
def converted(function):
    def answer(*case):
        value = function(*case)
        return {conversion}
    return answer

for name in {names}:
    globals()[name] = converted(globals()[name])
"""


def written(name: str) -> int:
    """How many ways were written; in each, every function is another one, as long as there are any."""
    return max(map(len, MODULES[name].WAYS.values()))


def way_names(name: str) -> list[str]:
    """What the ways of an assignment are called."""
    return [*map(str, range(written(name))), *CONVERSIONS]


def way(name: str, which: str, word: str = SAMPLE) -> list[str]:
    """The cells of a submission that is right."""
    plan, module = PLANS[name], MODULES[name]
    if which not in CONVERSIONS:
        functions = {one: sources[int(which) % len(sources)] for one, sources in module.WAYS.items()}
        return hand_in.replaced(plan, functions, word)
    names = [one for one in plan.assignment(word).functions if one not in module.CALLED]
    return [*hand_in.code(plan, word), CONVERTED.format(conversion=CONVERSIONS[which], names=names)]


WAYS: list[tuple[str, str]] = [(name, which) for name in MODULES for which in way_names(name)]
