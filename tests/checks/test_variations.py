"""Variations: drawn by a seed, answered by who follows their text, and by nothing that a library has."""

from __future__ import annotations

from typing import Any

import pytest

from paflib import checks
from paflib.checks import CHECKS, CheckFailed, variation
from tests.checks.collection import RIGHT, VARIED
from tests.checks.solutions import function_of

PARAMETERS = [(name, parameter) for name, entry in CHECKS.items() for parameter in entry.ranges]
BOOK = {right.check: right for right in RIGHT.values() if not right.variation}


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_every_value_of_a_range_can_be_answered(name, parameter):
    for value in CHECKS[name].ranges[parameter]:
        how = drawn(name, parameter, value)
        CHECKS[name].check(VARIED[name](**how), seed=3, **how)


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_the_books_own_answer_is_wrong_for_every_value(name, parameter):
    for value in CHECKS[name].ranges[parameter]:
        how = drawn(name, parameter, value)
        with pytest.raises(CheckFailed) as failure:
            CHECKS[name].check(function_of(BOOK[name]), **how)
        assert failure.value.diagnosis not in ("raises", "wrong-type", "wrong-shape")


def drawn(name: str, parameter: str, value: Any) -> dict[str, Any]:
    """A variation in which a parameter has this value; an angle needs an ellipse."""
    return variation(name, 1, "ratio") | {"angle": value} if parameter == "angle" else {parameter: value}


@pytest.mark.parametrize("name", [name for name in CHECKS if CHECKS[name].ranges])
@pytest.mark.parametrize("seed", [0, 1, 2, "a word"])
def test_all_parameters_of_a_seed_together_can_be_answered(name, seed):
    how = variation(name, seed)
    CHECKS[name].check(VARIED[name](**how), **how)


def test_a_seed_draws_always_the_same_and_another_one_something_else():
    assert variation("limb_field", 5) == variation("check_limb_field", 5)
    drawn = {tuple(variation("limb_field", seed).values()) for seed in range(50)}
    assert len(drawn) > 30
    assert variation("limb_field", 5, "taper").keys() == {"taper"}


def test_checks_share_a_parameter():
    """The map of one person and the maps of several are of one assignment: one ellipse for both."""
    for one, other, shared in (("confidence_map", "confidence_maps", ("ratio", "angle")),
                               ("limb_field", "affinity_field", ("taper", "bend")),
                               ("line_integral", "score_table", ("skip",))):  # fmt: skip
        for seed in range(5):
            assert variation(one, seed, *shared) == variation(other, seed, *shared)


def test_unknown_names_are_told():
    with pytest.raises(ValueError, match="there is no check 'confidence'; there are "):
        variation("confidence", 1)
    with pytest.raises(ValueError, match="clearest_first has no parameter 'most'; it has least"):
        variation("clearest_first", 1, "most")
    with pytest.raises(TypeError, match="unexpected keyword"):
        checks.check_greedy(lambda scores: [], most=3)
