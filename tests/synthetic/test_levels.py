"""The levels' figures, counted; and their bytes, frozen."""

from __future__ import annotations

import numpy as np
import pytest

from paflib.errors import DataError
from paflib.people import People
from paflib.skeleton import COCO_23
from paflib.synthetic import LEVELS, describe, generate
from paflib.synthetic.levels import FROZEN
from paflib.synthetic.measure import overlapped
from paflib.synthetic.write import fingerprint

# What issue and docstrings promise, as ranges: (lowest, highest).
PROMISED = {
    "easy": {
        "people_per_image": (1, 3), "stature": (75, 165), "overlapped": (0, 0), "covered": (0, 0.05),
        "truncated": (0, 0.01), "hidden_by_others": (0, 0.02), "hidden_by_self": (0.2, 0.3), "unlabelled": (0, 0.01),
        "vehicles": (0, 0.15), "distractors": (1, 2),
    },
    "crowd": {
        "people_per_image": (1, 6), "stature": (50, 160), "overlapped": (0.6, 0.8), "covered": (0.3, 0.5),
        "truncated": (0.15, 0.3), "hidden_by_others": (0.05, 0.1), "hidden_by_self": (0.18, 0.28),
        "unlabelled": (0.05, 0.15), "vehicles": (0.05, 0.3), "distractors": (2.5, 3.5),
    },
    "hard": {
        "people_per_image": (3, 12), "stature": (40, 220), "overlapped": (0.75, 0.95), "covered": (0.45, 0.65),
        "truncated": (0.3, 0.5), "hidden_by_others": (0.12, 0.2), "hidden_by_self": (0.15, 0.28),
        "unlabelled": (0.12, 0.25), "vehicles": (0.15, 0.5), "distractors": (5.5, 7.5),
    },
}  # fmt: skip


def check(level: str, count: int) -> None:
    found, promised = describe(level, count), PROMISED[level]
    assert found["size"] == ((256, 256) if level == "hard" else (192, 192)) and found["images"] == count
    for name, (low, high) in promised.items():
        if isinstance(found[name], tuple):
            least, mean, most = found[name]
            assert low <= least <= mean <= most <= high, name
        else:
            value = found[name] / count if name in ("vehicles", "distractors") else found[name]
            assert low <= value <= high, name
    assert found["labelled"] == pytest.approx(found["people"] * (1 - found["unlabelled"]))


@pytest.mark.parametrize("level", LEVELS)
def test_figures_of_the_first_scenes(level):
    check(level, 80)


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
def test_figures_of_the_validation_set(level):
    check(level, 500)


@pytest.mark.parametrize("level, count", [one for one in FROZEN if one[1] == 20])
def test_the_first_scenes_are_frozen(level, count):
    assert fingerprint(level, count, seed=1) == FROZEN[level, count]


@pytest.mark.slow
@pytest.mark.parametrize("level, count", [one for one in FROZEN if one[1] == 500])
def test_the_validation_set_is_frozen(level, count):
    assert fingerprint(level, count, seed=1) == FROZEN[level, count]


def test_every_level_is_frozen():
    assert set(FROZEN) == {(level, count) for level in LEVELS for count in (20, 500)}
    assert len({sum for sums in FROZEN.values() for sum in sums}) == 2 * len(FROZEN)


def test_easy_people_keep_apart():
    for index in range(40):
        boxes = generate("easy", index, 1).people.bbox
        assert boxes is not None
        for n, (x, y, w, h) in enumerate(boxes):
            for u, v, wide, high in boxes[n + 1 :]:
                assert max(x - u - wide, u - x - w, y - v - high, v - y - h) > 0


def test_who_overlaps_by_hand():
    boxes = np.array([[0, 0, 10, 10], [9, 0, 10, 10], [18.5, 0, 10, 10], [100, 100, 40, 40], [110, 110, 5, 5]], float)
    people = People(np.zeros((5, 23, 3)), None, COCO_23, bbox=boxes)
    # 1 px of 10 is a tenth; half a pixel is not; a box inside another overlaps with it whole, and it with that.
    np.testing.assert_array_equal(overlapped(people), [True, True, False, True, True])
    np.testing.assert_array_equal(overlapped(people[:1]), [False])
    assert overlapped(people[:0]).shape == (0,)


def test_describe_refuses_what_it_cannot_count():
    with pytest.raises(DataError, match="no level is called 'none'"):
        describe("none")
    with pytest.raises(DataError, match="count is 0"):
        describe("easy", 0)
