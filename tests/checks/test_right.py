"""Right solutions pass, however they are written."""

from __future__ import annotations

import pytest

from paflib.checks import CHECKS
from tests.checks.collection import MAIN, RIGHT
from tests.checks.solutions import verdict


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_solution_passes(name):
    for seed in (0, 1, 2):
        failure = verdict(RIGHT[name], name, seed)
        assert failure is None, f"{failure.diagnosis}: {failure}"


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_a_right_solution_passes_with_any_seed(name):
    for seed in range(10, 30):
        failure = verdict(RIGHT[name], name, seed)
        assert failure is None, f"seed {seed}: {failure.diagnosis}: {failure}"


def test_there_are_ten_right_ways_of_every_main_skill():
    ways = [right.check for right in RIGHT.values() if not right.variation]
    assert all(ways.count(check) >= 10 for check in MAIN), {check: ways.count(check) for check in MAIN}
    assert all(ways.count(check) >= 3 for check in CHECKS), {check: ways.count(check) for check in CHECKS}


def test_names_say_which_check_is_meant():
    assert all(name.split("/")[0] == right.check and not right.diagnosis for name, right in RIGHT.items())
