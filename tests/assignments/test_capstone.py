"""The capstone's own checks: what a figure may be, what counts as found, odd answers, and a world no colours solve."""

from __future__ import annotations

import copy
import time
import warnings

import numpy as np
import pytest

from paflib.checks import CheckFailed
from paflib.grading.assignments import capstone
from tests.assignments import hand_in
from tests.assignments.collection import PLANS
from tests.assignments.ways_capstone import COLOURS

BIRD = {
    "parts": ["neck", "beak", "rump", "claw", "left_wing", "right_wing", "feather"],
    "limbs": [(0, 1), (0, 2), (2, 3), (2, 4), (2, 5), (2, 6)],
    "pose": [(0, 0), (-3, 0.5), (2, 4), (2, 9), (-2, 6), (5, 2), (7, 6)],
}
FIGURES = {
    "star": {
        "parts": ["hub", "up", "right", "down", "left"],
        "limbs": [(0, 1), (0, 2), (0, 3), (0, 4)],
        "pose": [(0, 0), (0, -10), (10, 0), (0, 10), (-10, 0)],
    },
    "worm": {
        "parts": list("abcdefghij"),
        "limbs": [(k, k + 1) for k in range(9)],
        "pose": [(3 * k, 4 * (k % 2)) for k in range(10)],
    },
    "letter": {
        "parts": np.array(["foot", "corner", "arm", "middle", "bar"]),
        "limbs": np.array([[0, 3], [3, 1], [1, 2], [3, 4]]),
        "pose": np.array([[0, 8], [0, 0], [5, 0], [0, 4], [4, 4]]),
    },
    "crane": {
        "parts": ("base", "mast", "jib", "hook", "counterweight"),
        "limbs": ((0, 1), (1, 2), (2, 3), (1, 4)),
        "pose": ((0.0, 0.0), (0.0, -0.4), (0.3, -0.4), (0.3, -0.2), (-0.15, -0.4)),
    },
    "bird": BIRD,
}


def verdict(judged, functions, **how) -> str:
    """The diagnosis of an answer, which may neither raise anything else nor warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            judged({"creature": lambda: copy.deepcopy(BIRD), **functions}, **how)
        except CheckFailed as failure:
            assert str(failure)
            return failure.diagnosis
    return ""


def found_verdict(value) -> str:
    return verdict(capstone.check_found, {"find": lambda image: value}, scenes=capstone.SEVERAL)


# ---- figures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIGURES)
def test_very_different_figures_are_right_and_so_are_their_maps(name):
    figure = capstone.figure_of(lambda: FIGURES[name])

    def targets(keypoints):
        return np.concatenate([one.reshape(-1, *capstone.SHAPE) for one in capstone.true_maps(figure, keypoints, 5, 4)])

    functions = {"creature": lambda: FIGURES[name], "targets": targets}
    assert verdict(capstone.check_maps, functions, sigma=5.0, limb_width=4.0) == ""


# ---- what counts as found --------------------------------------------------------------------------------------------


def figures(*places: tuple[float, float]) -> np.ndarray:
    """Birds 40 pixels large at some places, (N, J, 3)."""
    pose = np.array(BIRD["pose"]) * 4
    return np.array([np.c_[pose + place, np.ones(len(pose))] for place in places])


@pytest.mark.parametrize(("share", "right"), [(0.0, 7), (0.11, 7), (0.13, 0), (0.2, 0), (0.35, 0)])
def test_a_part_is_right_within_twelve_hundredths_of_the_size(share, right):
    truth = figures((40, 40))
    assert np.ptp(truth[0, :, 0]) == 40
    assert capstone.count(figures((40 + 40 * share, 40)), truth).right == right
    assert capstone.count(figures((40, 40 - 40 * share)), truth).right == right


def test_one_found_figure_matches_one_true_one():
    pair = figures((40, 40), (41, 40))
    assert capstone.count(figures((40, 40)), pair) == capstone.Counts(7, 14, 7)


def test_one_true_figure_matches_one_that_is_found():
    assert capstone.count(figures((40, 40), (40, 40), (41, 40)), figures((40, 40))) == capstone.Counts(7, 7, 21)


def test_the_best_pair_comes_first():
    truth = figures((40, 40), (43, 40))
    assert capstone.count(figures((42, 40), (46, 40)), truth) == capstone.Counts(14, 14, 14)
    assert capstone.count(truth[::-1], truth) == capstone.Counts(14, 14, 14)


# ---- odd answers -----------------------------------------------------------------------------------------------------


class Strange:
    """Something whose every use fails."""

    def __getitem__(self, key):
        raise MemoryError

    __iter__ = __len__ = __float__ = __int__ = __getitem__


NEST: list = []
for _ in range(3000):
    NEST = [NEST]
NAN, INF = float("nan"), float("inf")
ODD = [
    None, "", "x", "abc", b"x", "9" * 300, 0, -1, True, 10**400, -(10**400), 10**5000, 1e308, -1e308, 1e-320, NAN, INF,
    -INF, 1j, {1, 2}, {}, {"parts": 1}, [], [[]], [[[]]], [[1], [1, 2]], (1, 2), [None] * 3, [(0, 1)] * 6, range(3),
    object(), len, Strange(), NEST, np.array(1.0), np.zeros((0, 3)), np.zeros((3, 0, 3)), np.array([1j]),
    np.array(["a"]), np.array([None]), np.datetime64("2020-01-01"),
]  # fmt: skip
each_odd = pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))


@each_odd
def test_a_figure_with_something_odd_gets_a_diagnosis_or_is_right(value):
    figures = [value]
    for key in BIRD:
        whole, one, inner = (copy.deepcopy(BIRD) for _ in range(3))
        whole[key], one[key][2], inner[key][2] = value, value, (inner[key][2][0], value)
        figures += [whole, one, inner, {name: BIRD[name] for name in BIRD if name != key}]
    for figure in figures:
        verdict(capstone.check_creature, {"creature": lambda figure=figure: figure})
    assert verdict(capstone.check_creature, {"creature": lambda: value})


@each_odd
def test_maps_with_something_odd_get_a_diagnosis(value):
    maps = np.zeros((19, *capstone.SHAPE)).tolist()
    maps[3][4][5] = value
    for answer in (value, maps):
        assert verdict(capstone.check_maps, {"targets": lambda keypoints, answer=answer: answer}, sigma=4.0,
                       limb_width=4.0)  # fmt: skip


@each_odd
def test_figures_with_something_odd_get_a_diagnosis(value):
    answers = [value]
    for place in range(4):
        answer = np.ones((2, 7, 3)).tolist()
        if place < 3:
            answer[1][4][place] = value
        else:
            answer[1][4] = value
        answers.append(answer)
    assert all(map(found_verdict, answers))


@pytest.mark.parametrize("limbs", [(INF, 1), (NAN, 1), (10**400, 1), (10**5000, 1)])
def test_a_limb_of_no_number_gets_its_diagnosis(limbs):
    figure = {**BIRD, "limbs": [limbs, *BIRD["limbs"][1:]]}
    assert verdict(capstone.check_creature, {"creature": lambda: figure}) in ("wrong-type", "out-of-range")


def test_a_pose_that_is_not_a_number_is_out_of_range():
    figure = {**BIRD, "pose": [*BIRD["pose"][:-1], (NAN, 6)]}
    assert verdict(capstone.check_creature, {"creature": lambda: figure}) == "out-of-range"


def test_enormous_numbers_do_not_overflow():
    for size in (1e308, 1.7e308, 1e200):
        assert found_verdict(np.full((3, 7, 3), size)) == "too-few-right"
        answer = np.full((19, *capstone.SHAPE), size)
        assert verdict(capstone.check_maps, {"targets": lambda keypoints, answer=answer: answer}, sigma=4.0,
                       limb_width=4.0) == "wrong-value"  # fmt: skip


def test_far_too_many_figures_are_told_and_not_matched():
    answer = np.random.default_rng(0).uniform(0, 96, (100_000, 7, 3))
    began = time.process_time()
    assert found_verdict(answer) == "far-too-many"
    assert time.process_time() - began < 2
    assert found_verdict(answer[:200]) != "far-too-many"


# ---- the world -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", COLOURS)
def test_colours_alone_find_no_figures(source):
    """Neither known hues nor whatever is colourful, joined from the root outwards, comes near to what is asked for."""
    plan = PLANS["capstone"]
    functions = hand_in.run([*hand_in.code(plan, solved=False), source])
    verdicts = hand_in.verdicts(plan, functions)
    assert not verdicts["creature"] and all(verdicts[one] for one in ("alone", "several", "crowd"))
    figure = capstone.figure_of(functions["creature"])
    for scenes in (capstone.ALONE, capstone.SEVERAL, capstone.CROWD):
        total = capstone.Counts()
        for image, truth in scenes.drawn(figure, 5):
            total += capstone.count(np.array(functions["find"](image)).reshape(-1, *truth.shape[1:]), truth)
        assert total.score < scenes.least - 0.15, scenes
