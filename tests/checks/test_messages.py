"""What a message says, and what it must never say: the answer."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paflib.checks import CHECKS, CheckFailed, affinity, assembly, confidence, evaluation, grids, integrals, losses
from paflib.checks import matching as matching_checks
from paflib.checks.core import shown
from scripts import book
from tests.checks.collection import MUTANTS, RIGHT, VARIED
from tests.checks.solutions import Solution, function_of, verdict

MODULES = (affinity, assembly, confidence, evaluation, grids, integrals, losses, matching_checks)
FIRST = {right.check: right for right in RIGHT.values() if not right.variation}
NOT_ONE_ARRAY = (
    "greedy", "clearest_first", "best_sum", "shared_sum", "labels", "assembly", "root_first", "best_groups",
    "loss_gradient", "peaks",
)  # fmt: skip
SECTIONS = {
    value for module in MODULES for key, value in vars(module).items()
    if isinstance(value, str) and ", in " in value and key.isupper()
}  # fmt: skip
CODE = re.compile(r"\bnp\.|\bdef |\blambda\b|\*\*|\bexp\(|\bimport\b|\bsum\(|\.mean\(|linear_sum|hypot|e\^|==")


def right_result(mutant: Solution, failure: CheckFailed) -> Any:
    """What a right function gives for the example of a failure."""
    right = VARIED[mutant.check](**mutant.variation) if mutant.variation else function_of(FIRST[mutant.check])
    return right(*(failure.example[name] for name in CHECKS[mutant.check].arguments))


@pytest.fixture(scope="module")
def failures() -> dict[str, CheckFailed]:
    found = {name: verdict(mutant, name) for name, mutant in MUTANTS.items()}
    return {name: failure for name, failure in found.items() if failure is not None}


def test_every_message_has_its_parts(failures):
    for name, failure in failures.items():
        words, *rest = failure.message.splitlines()
        assert re.match(r"[A-Zx]", words) and re.search(r"[.?]$", words), f"{name}: {words}"
        assert rest[0].startswith("What went in: "), name
        if failure.diagnosis not in ("returns-none", "raises", "wrong-type", "wrong-shape", "wrong-axes", "not-finite",
                                     "changes-input", "not-repeatable", "no-tensor", "no-gradient", "no-such-pair",
                                     "no-such-candidate"):  # fmt: skip
            assert len(rest) > 1, f"{name} has no numbers"
            assert failure.diagnosis == "far-too-many" or rest[-1].startswith("Read again: "), f"{name} has no section"
        assert len(failure.message) < 1100, f"{name}: {len(failure.message)} characters"


def test_no_message_holds_code_or_a_formula(failures):
    for name, failure in failures.items():
        ours = [
            line
            for line in failure.message.splitlines()
            if not line.startswith(("It happens here", "Your function stops"))
        ]
        assert not CODE.search("\n".join(ours)), f"{name}: {CODE.search(failure.message)}"


def test_no_message_quotes_the_checks_own_source(failures):
    lines = {line.strip() for module in MODULES for line in inspect.getsource(module).splitlines()}
    code = {line for line in lines if len(line) > 15 and "=" in line and '"' not in line}
    for name, failure in failures.items():
        assert not [line for line in code if line in failure.message], name


def test_no_message_holds_the_right_result(failures):
    """At most one number of it, beside those that went in or came out: what the example's property demands."""
    for name, failure in failures.items():
        if MUTANTS[name].check in NOT_ONE_ARRAY:
            continue
        right = np.asarray(right_result(MUTANTS[name], failure), float)
        known = set(re.findall(r"-?\d+\.?\d*", failure.message.split("What went in")[1].split("\n")[0]))
        known |= {shown(float(value)) for value in np.ravel(failure.example.get("yours", []))} | {"0", "1", "-1"}
        said = set(re.findall(r"-?\d+\.\d+", failure.message)) - known
        told = {shown(float(value)) for value in right.ravel()} & said
        assert len(told) <= 1, f"{name} tells {told}"
        assert not 3 <= right.size <= 24 or shown(right) not in failure.message, name


def test_no_message_tells_the_right_pairs_or_groups(failures):
    for name, failure in failures.items():
        mutant = MUTANTS[name]
        pairs = ("greedy", "clearest_first", "best_sum", "shared_sum", "peaks")
        if mutant.check in pairs and np.shape(failure.example.get("yours"))[1:] == (2,):
            right = np.array(list(right_result(mutant, failure)), int).reshape(-1, 2)
            told = [tuple(pair) for pair in right.tolist() if str(tuple(pair)) in failure.message]
            given = {tuple(pair) for pair in np.asarray(failure.example["yours"], int).reshape(-1, 2).tolist()}
            assert len(set(told) - given) <= 1, f"{name}: {failure.message}"


def test_no_example_holds_the_right_result(failures):
    for name, failure in failures.items():
        mutant, example = MUTANTS[name], failure.example
        if mutant.check in NOT_ONE_ARRAY:
            continue
        right = np.asarray(right_result(mutant, failure), float)
        others = [value for key, value in example.items() if key not in ("yours", *CHECKS[mutant.check].arguments)]
        assert right.size == 1 or not any(np.shape(value) == right.shape for value in others), name
        assert set(example) <= {*CHECKS[mutant.check].arguments, "yours", "at", "must_be"}, name


def test_the_numbers_of_an_example_are_plain(failures):
    for name, failure in failures.items():
        for key, value in failure.example.items():
            assert isinstance(value, (int, float, tuple, list, np.ndarray)), (
                f"{name}: {key} is a {type(value).__name__}"
            )
            assert not isinstance(value, np.ndarray) or value.dtype.kind in "fiub", f"{name}: {key}"


def test_what_must_be_is_what_a_right_function_gives(failures):
    """The one number that is told is true."""
    for name, failure in failures.items():
        if "must_be" in failure.example:
            right = np.asarray(right_result(MUTANTS[name], failure), float)
            value = right[failure.example["at"]]
            told = re.search(r"must be (\S+) to (\S+), by how many samples", failure.message)
            if told:
                assert float(told[1]) - 1e-3 < value < float(told[2]) + 1e-3, name
            else:
                assert value == pytest.approx(failure.example["must_be"], abs=5e-3, rel=1e-3), name


def test_the_same_seed_gives_the_same_message(failures):
    for name, one in failures.items():
        two = verdict(MUTANTS[name], name)
        assert two is not None
        assert (one.diagnosis, one.message) == (two.diagnosis, two.message)
        assert one.example.keys() == two.example.keys()
        for key, value in one.example.items():
            np.testing.assert_equal(value, two.example[key])


def test_other_seeds_ask_other_questions():
    for name, right in FIRST.items():
        asked: list[list[Any]] = [[], []]
        for seed, cases in enumerate(asked):
            function = function_of(right)

            def listening(*case, cases=cases, function=function):
                cases.append(str(case))
                return function(*case)

            CHECKS[name].check(listening, seed=seed)
        assert len(asked[0]) == len(asked[1]) and asked[0] != asked[1], name


def test_the_sections_that_are_to_be_read_again_exist():
    headings = set()
    for page in book.chapters(book.ROOT):
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        headings |= {f"{title}, in {titles[0]}" for title in titles[1:]}
    assert len(SECTIONS) > 25
    assert not SECTIONS - headings


@pytest.mark.parametrize("name", [name for name in FIRST if name not in NOT_ONE_ARRAY])
def test_values_that_are_wrong_in_no_known_way_have_a_section_too(name):
    """Of the right shape, and no mistake that anybody makes."""
    right = function_of(FIRST[name])

    def nonsense(*case):
        value = np.asarray(right(*case), float)
        return np.cos(7 * value + np.arange(value.size).reshape(value.shape))

    with pytest.raises(CheckFailed) as failure:
        CHECKS[name].check(nonsense)
    line = failure.value.message.splitlines()[-1]
    assert line.removeprefix("Read again: ").removesuffix(".") in SECTIONS, line


def test_every_read_again_names_such_a_section(failures):
    lines = [line for failure in failures.values() for line in failure.message.splitlines() if "Read again" in line]
    assert len(lines) > 250
    assert {line.removeprefix("Read again: ").removesuffix(".") for line in lines} <= SECTIONS


def test_no_check_looks_inside_the_function():
    """It could be a proxy to another process."""
    sources = "".join(path.read_text() for path in Path(inspect.getfile(CheckFailed)).parent.glob("*.py"))
    assert not re.findall(r"__code__|inspect\.|getsource|__globals__|__closure__|co_names", sources)
