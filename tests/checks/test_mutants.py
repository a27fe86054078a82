"""Every plausible wrong solution is rejected, with the diagnosis that is its own."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from paflib import checks
from paflib.checks import CHECKS
from tests.checks.collection import MUTANTS
from tests.checks.conftest import TABLE, lines
from tests.checks.solutions import verdict


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_solution_gets_its_own_diagnosis(name):
    for seed in (0, 1):
        failure = verdict(MUTANTS[name], name, seed)
        assert failure is not None, f"{name} passes with seed {seed}"
        assert failure.diagnosis == MUTANTS[name].diagnosis, failure.message


def test_the_table_of_wrong_solutions_and_diagnoses(request):
    """Printed here (visible with -s), and once more at the end of the run."""
    table = {check: Counter[str]() for check in CHECKS}
    for name, mutant in MUTANTS.items():
        failure = verdict(mutant, name, seed=2)
        table[mutant.check][failure.diagnosis if failure is not None else "PASSED"] += 1
    request.config.stash[TABLE] = table
    print("\n" + "\n".join(lines(table)))
    assert sum(row["PASSED"] for row in table.values()) == 0
    assert sum(sum(row.values()) for row in table.values()) == len(MUTANTS) >= 100
    for check, row in table.items():
        assert sum(row.values()) >= 5, check
        assert len(row) >= 5, f"{check} tells only {', '.join(row)} apart"


def test_names_say_which_check_is_meant():
    assert all(name.split("/")[0] == mutant.check for name, mutant in MUTANTS.items())


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_diagnoses_do_not_depend_on_the_seed(name):
    for seed in range(10, 22):
        failure = verdict(MUTANTS[name], name, seed)
        assert failure is not None and failure.diagnosis == MUTANTS[name].diagnosis, f"{seed}: {failure}"


def test_every_diagnosis_has_a_wrong_solution():
    """But for those of functions that are no solutions at all, which another file tests."""
    folder = Path(checks.__file__).parent
    pattern = re.compile(r'(?:Mistake\(\s*|failure\(\s*|^ {4}\(|^ {8}\(|slug = )f?"([a-z]+(?:-[a-z]+)+)"', re.MULTILINE)
    slugs = {slug for path in folder.glob("*.py") for slug in pattern.findall(path.read_text())}
    elsewhere = {"not-written", "wrong-arguments", "not-a-function"}
    assert len(slugs) > 100
    assert slugs - {mutant.diagnosis for mutant in MUTANTS.values()} <= elsewhere
