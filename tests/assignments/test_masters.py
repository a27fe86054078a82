"""Every master is right in every variation, its stub is not, and its checks tell right ways from mistakes."""

from __future__ import annotations

import re
from collections import Counter

import jupytext
import pytest

from paflib.grading.assignments import SAMPLE
from scripts import assignments
from tests.assignments import hand_in
from tests.assignments.collection import CHANGES, MODULES, PLANS, WAYS, way, way_names

WORDS = (SAMPLE, "class b", "class h")
LONG = ("capstone",)  # whose network looks at many scenes: one class is enough
every_plan = pytest.mark.parametrize("name", PLANS)


@every_plan
@pytest.mark.parametrize("word", WORDS)
def test_the_master_is_right(name, word):
    plan = PLANS[name]
    functions = hand_in.run(hand_in.code(plan, word))
    for seed in (0, 1):
        verdicts = hand_in.verdicts(plan, functions, word, seed)
        assert not any(verdicts.values()), verdicts
    assert list(verdicts) == [part.function for part in plan.parts]


@every_plan
def test_the_stub_runs_and_gets_nothing(name):
    plan = PLANS[name]
    verdicts = hand_in.verdicts(plan, hand_in.run(hand_in.code(plan, solved=False)))
    assert set(verdicts.values()) == {"returns-none"}


@every_plan
def test_the_solution_of_another_class_is_not_right(name):
    plan = PLANS[name]
    functions = hand_in.run(hand_in.code(plan, "class b"))
    word = next(w for w in map(str, range(99)) if plan.parameters(w) != plan.parameters("class b"))
    assert any(hand_in.verdicts(plan, functions, word).values())


@pytest.mark.parametrize(("name", "which"), WAYS)
def test_a_right_way_gets_all_points(name, which):
    for word in WORDS[: 1 if name in LONG else None]:
        verdicts = hand_in.verdicts(PLANS[name], hand_in.run(way(name, which, word)), word)
        assert not any(verdicts.values()), (word, verdicts)


@pytest.mark.parametrize(("name", "change"), CHANGES)
def test_a_mistake_gets_its_diagnosis(name, change):
    plan = PLANS[name]
    for word in WORDS[: 1 if name in LONG else None]:
        functions = hand_in.run(hand_in.changed(plan, change, word=word), strict=False)
        assert hand_in.verdicts(plan, functions, word, only=change.question)[change.question] == change.diagnosis, word


@pytest.mark.slow
@every_plan
def test_right_and_wrong_are_told_apart_in_any_class(name):
    """A variation can hide a mistake, such as weights that hardly differ: no word may draw one."""
    for word in map("class {}".format, range(8)):
        functions = hand_in.run(hand_in.code(PLANS[name], word))
        assert not any(hand_in.verdicts(PLANS[name], functions, word, seed=3).values()), word
        for change in (change for of, change in CHANGES if of == name and name not in LONG):
            functions = hand_in.run(hand_in.changed(PLANS[name], change, word=word))
            assert hand_in.verdicts(PLANS[name], functions, word, only=change.question)[change.question], (word, change)


@every_plan
def test_there_are_ten_right_ways_and_five_mistakes_a_question(name):
    assert len(way_names(name)) >= 10
    assert all(len(ways) >= 5 for ways in MODULES[name].WAYS.values())
    found = Counter(change.question for of, change in CHANGES if of == name)
    assert all(found[part.function] >= 5 for part in PLANS[name].parts), found


@every_plan
def test_a_plan_has_three_to_five_questions_and_one_to_stretch(name):
    stretch = [part.stretch for part in PLANS[name].parts]
    assert 3 <= stretch.count(False) <= 5
    assert stretch[-1] and stretch.count(True) == 1


@every_plan
def test_a_master_shows_the_sample_and_stubs_are_short(name):
    plan = PLANS[name]
    master = jupytext.read(assignments.master_path(plan), fmt="py:percent")
    (parameters,) = (cell for cell in master.cells if "parameters" in cell.metadata.get("tags", []))
    assert parameters.source == assignments.constants(plan, SAMPLE)
    asked = [cell.metadata["question"] for cell in master.cells
             if cell.cell_type == "markdown" and "question" in cell.metadata]  # fmt: skip
    assert list(dict.fromkeys(asked)) == [part.function for part in plan.parts]
    titles = re.findall(r"^## (.*)$", assignments.page(plan), re.MULTILINE)
    assert [title.startswith(f"Question {k}: ") for k, title in enumerate(titles[:-1], 1)] == [True] * (len(titles) - 1)
    assert titles[-1].startswith("Stretch question: ")
    assert all(f"({assignments.points(part)})" in title for title, part in zip(titles, plan.parts, strict=True))


def test_a_solution_without_its_end_is_told():
    with pytest.raises(assignments.AssignmentsError, match="without its beginning or its end"):
        assignments.without_solution("def f():\n    # BEGIN SOLUTION\n    return 1")
