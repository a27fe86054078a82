"""What all checks do with functions that are no solutions at all, and how they ask."""

from __future__ import annotations

import itertools
import pickle
import subprocess
import sys
import tracemalloc
import warnings
from typing import Any

import numpy as np
import pytest

from paflib import checks
from paflib.checks import CHECKS, CheckFailed, StudentError
from paflib.checks.core import Question, numbers, shown
from tests.checks.collection import RIGHT
from tests.checks.solutions import function_of, verdict

FIRST = {right.check: right for right in RIGHT.values() if not right.variation}
QUESTION = Question(("scores",), (np.array([[0.5]]),))


def failure_of(name: str, student: Any, **how: Any) -> CheckFailed:
    with pytest.raises(CheckFailed) as failure:
        CHECKS[name].check(student, **how)
    return failure.value


@pytest.mark.parametrize("name", CHECKS)
def test_a_stub_returns_nothing(name):
    failure = failure_of(name, lambda *case: None)
    assert failure.diagnosis == "returns-none"
    assert all(f"{argument} = " in failure.message for argument in CHECKS[name].arguments)
    assert set(failure.example) == set(CHECKS[name].arguments)


@pytest.mark.parametrize("name", CHECKS)
def test_a_function_that_is_not_written_yet(name):
    def stub(*case):
        raise NotImplementedError

    assert failure_of(name, stub).diagnosis == "not-written"


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("value", ["a word", {"a": "b"}, object(), [[1, 2], ["x"]], 1j, lambda: 0])
def test_what_is_no_number_is_a_wrong_type(name, value):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert failure_of(name, lambda *case: value).diagnosis in ("wrong-type", "no-tensor", "wrong-shape")


HUGE = [[(1e300, 0)], [(float("inf"), 0)], [[10**400, 0.5]], np.array([[2**64 - 1, 0]], np.uint64), [[-(10**30), 1]]]


@pytest.mark.parametrize("name", ["peaks", "greedy", "best_sum", "shared_sum", "assembly", "root_first", "best_groups"])
@pytest.mark.parametrize("value", HUGE, ids=str)
def test_numbers_that_are_no_index_are_a_wrong_type(name, value):
    assert failure_of(name, lambda *case: value).diagnosis == "wrong-type"


@pytest.mark.parametrize("name", ["peaks", "greedy", "best_sum", "shared_sum", "assembly", "root_first", "best_groups"])
def test_an_answer_that_is_far_too_long_is_not_read(name):
    value = np.zeros((4_000_000, 2), np.int8)
    tracemalloc.start()
    failure = failure_of(name, lambda *case: value)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert failure.diagnosis == "far-too-many"
    assert peak < 4_000_000  # bytes: less than half of the answer itself


@pytest.mark.parametrize("name", ["assembly", "root_first", "best_groups"])
def test_no_groups_are_groups_that_are_missing(name):
    message = str(failure_of(name, lambda *case: []))
    assert "A group is missing" in message or name == "best_groups"
    assert "candidates 0 and 0" not in message


@pytest.mark.parametrize("name", [name for name in CHECKS if name not in ("assembly", "root_first", "loss_gradient")])
def test_nan_is_not_finite(name):
    right = function_of(FIRST[name])
    failure = failure_of(name, lambda *case: np.asarray(right(*case), float) * np.nan)
    assert failure.diagnosis in ("not-finite", "wrong-type")


@pytest.mark.parametrize("name", CHECKS)
def test_a_function_of_other_arguments(name):
    failure = failure_of(name, lambda: 1)
    assert failure.diagnosis == "wrong-arguments"
    assert f"({', '.join(CHECKS[name].arguments)})" in failure.message


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("thing", [None, 3, "a function"])
def test_what_is_no_function(name, thing):
    assert failure_of(name, thing).diagnosis == "not-a-function"


@pytest.mark.parametrize("name", CHECKS)
def test_the_students_own_line_is_shown(name):
    def careless(*case):
        nothing = 0
        return np.linalg.norm([1.0]) / np.array(1 // nothing)

    failure = failure_of(name, careless)
    assert failure.diagnosis == "raises"
    assert "ZeroDivisionError" in failure.message
    assert "in careless: return np.linalg.norm([1.0]) / np.array(1 // nothing)" in failure.message
    assert "paflib" not in failure.message


def test_the_line_is_the_students_and_not_the_librarys():
    def careless(scores):
        return np.linalg.inv(np.zeros((2, 2)))

    assert "in careless: return np.linalg.inv(np.zeros((2, 2)))" in failure_of("greedy", careless).message


def test_leaving_the_program_is_an_error_like_any_other():
    assert failure_of("greedy", lambda scores: sys.exit(3)).diagnosis == "raises"


def test_an_interruption_is_not_swallowed():
    def interrupted(scores):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        checks.check_greedy(interrupted)


@pytest.mark.parametrize("name", CHECKS)
def test_whatever_a_function_does_to_its_input_the_questions_stay_the_same(name):
    """Every array comes as a copy: a right function that destroys its input is right, and told what it does."""
    right = function_of(FIRST[name])
    changed = []

    def destroying(*case):
        value = right(*case)
        for argument in case:
            if isinstance(argument, np.ndarray) and argument.size:
                argument.ravel()[:] = 1 - argument.ravel()[0] if argument.dtype.kind != "b" else ~argument.ravel()[0]
                changed.append(argument)
        return value

    if name in ("to_pixels", "to_cells", "resized", "loss_gradient"):  # no arrays
        CHECKS[name].check(destroying)
        assert not changed
    else:
        assert failure_of(name, destroying).diagnosis == "changes-input"


@pytest.mark.parametrize("name", [name for name in CHECKS if name != "loss_gradient"])
def test_functions_are_asked_with_plain_arrays_and_numbers_alone(name):
    right, given = function_of(FIRST[name]), []

    def asked(*case):
        given.extend(case)
        return right(*case)

    CHECKS[name].check(asked)
    plain = (np.ndarray, int, float)
    assert all(isinstance(one, plain) or (type(one) is tuple and set(map(type, one)) <= {int}) for one in given)
    assert all(one.dtype.kind in "fiub" for one in given if isinstance(one, np.ndarray))


@pytest.mark.parametrize("name", [name for name in CHECKS if name != "loss_gradient"])
def test_a_proxy_that_hands_on_nested_lists_passes(name):
    """What comes back from another process need be no array."""
    right = function_of(FIRST[name])

    def proxy(*case):
        value = right(*pickle.loads(pickle.dumps(case)))
        if isinstance(value, (np.ndarray, np.generic)):
            return value.tolist()
        return value

    CHECKS[name].check(proxy)


def test_a_proxy_tells_of_an_exception_in_the_other_process():
    def proxy(scores):
        raise StudentError("IndexError", "index 4 is out of bounds", "line 7, in greedy: scores[4]")

    failure = failure_of("greedy", proxy)
    assert failure.diagnosis == "raises"
    assert "IndexError: index 4" in failure.message and "line 7, in greedy: scores[4]" in failure.message


def test_a_proxy_may_end_the_check_with_a_diagnosis_of_its_own():
    def proxy(scores):
        raise CheckFailed("out-of-time", "It took more than 5 seconds.")

    assert failure_of("greedy", proxy).diagnosis == "out-of-time"


def test_what_is_kept_between_calls_is_told_before_anything_else():
    seen = []

    def greedy(scores):
        seen.append((0, 0))
        return list(seen)

    assert failure_of("greedy", greedy).diagnosis == "not-repeatable"


def test_a_small_wrong_case_tells_more_than_an_error_in_a_larger_one():
    def greedy(scores):
        if scores.size > 6:
            raise MemoryError
        return [(i, int(row.argmax())) for i, row in enumerate(scores) if row.size and row.max() > 0]

    assert failure_of("greedy", greedy).diagnosis == "column-used-twice"


def test_the_smallest_example_is_shown():
    """Sum and maximum agree for one person: the first example that shows the mistake has two, on six cells."""
    failure = verdict(next(m for n, m in mutants() if n == "confidence_maps/sum"))
    assert failure is not None
    assert failure.example["keypoints"].shape == (2, 1, 3) and failure.example["shape"] == (2, 3)
    at, yours = failure.example["at"], failure.example["yours"]
    assert yours[at] > failure.example["must_be"]


def mutants() -> list[tuple[str, Any]]:
    from tests.checks.collection import MUTANTS

    return list(MUTANTS.items())


def test_failures_travel_between_processes():
    failure = failure_of("greedy", lambda scores: [(0, 0)])
    again = pickle.loads(pickle.dumps(failure))
    assert (again.diagnosis, again.message, str(again)) == (failure.diagnosis, failure.message, str(failure))
    assert np.array_equal(again.example["scores"], failure.example["scores"])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.1 + 0.2, "0.3"), (-0.0, "0"), (28247.0, "28247"), (np.float32(0.25), "0.25"), (3, "3"), (True, "True"),
        ((2, 3), "(2, 3)"), ((1,), "(1,)"), ([], "[]"), (np.array(0.5), "0.5"), (np.array([[1.0]]), "[[1]]"),
        (np.zeros((5, 6)), "(an array of shape (5, 6))"), (np.zeros((0, 2)), "(empty, of shape (0, 2))"),
        (np.array([True, False]), "[True, False]"),
    ],
)  # fmt: skip
def test_numbers_in_words(value, words):
    assert shown(value) == words


def test_reading_numbers():
    assert numbers(np.array([[0.5]]), QUESTION, (), "a number") == 0.5
    for value, shape, slug in (
        (np.zeros((2, 3)), (3, 2), "wrong-axes"), (np.zeros(6), (3, 2), "wrong-shape"), ([1, 2], (), "wrong-shape"),
        ([1, np.inf], (2,), "not-finite"), ([1, "x"], (2,), "wrong-type"), ([1, None], (2,), "wrong-type"),
    ):  # fmt: skip
        with pytest.raises(CheckFailed) as failure:
            numbers(value, QUESTION, shape, "it")
        assert failure.value.diagnosis == slug


LIGHT = """
import sys
import paflib
from paflib import checks
checks.check_confidence_map, checks.variation("greedy", 1), paflib.checks
heavy = {"torch", "matplotlib", "cv2", "scipy", "pycocotools"} & set(sys.modules)
assert not heavy, f"import paflib.checks loaded {heavy}"
checks.run("to_pixels", lambda cell, stride: stride * cell)
heavy = {"torch", "matplotlib"} & set(sys.modules)
assert not heavy, f"a check loaded {heavy}"
"""


ONE_AFTER_THE_OTHER = {
    "zip": lambda cells: zip(*np.array(cells).reshape(-1, 2).T, strict=True),
    "generator": lambda cells: (cell for cell in cells),
    "map": lambda cells: map(tuple, cells),
    "set": set,
    "keys": lambda cells: dict.fromkeys(cells).keys(),
}


@pytest.mark.parametrize("kind", ONE_AFTER_THE_OTHER)
def test_answers_that_come_one_after_the_other_are_lists(kind):
    """The grader's pipe makes lists of them: a notebook and a grade must not differ."""
    right = next(one for one in RIGHT.values() if one.check == "peaks" and not one.variation)
    peaks, how = function_of(right), ONE_AFTER_THE_OTHER[kind]
    checks.check_peaks(lambda S, threshold: how([tuple(map(int, cell)) for cell in peaks(S, threshold)]))


def test_answers_without_an_end_are_told():
    with pytest.raises(CheckFailed, match="has no end") as failure:
        checks.check_peaks(lambda S, threshold: itertools.count())
    assert failure.value.diagnosis == "far-too-many"


def test_an_error_that_comes_while_items_are_taken_is_the_functions():
    with pytest.raises(CheckFailed) as failure:
        checks.check_peaks(lambda S, threshold: (1 // 0 for _ in range(3)))
    assert failure.value.diagnosis == "raises"


def test_checks_are_light():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
