"""The checks as the chapters call them: the cells run and are right, and what their exercises say of them is true."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import jupytext
import numpy as np
import pytest

from paflib import checks
from paflib.fields import Grid
from paflib.parser import Connections, Peaks
from scripts import book

CHAPTERS = {
    "fields/skeletons-and-grids": 1, "fields/confidence-maps": 2, "fields/affinity-fields": 2,
    "parsing/line-integrals": 1, "parsing/matching": 2, "parsing/assembly": 1, "networks/losses": 2,
    "system/evaluation": 1,
}  # fmt: skip
OWN = {
    "fields/confidence-maps": "ex-own-maps", "fields/affinity-fields": "ex-own-field",
    "parsing/matching": "ex-matching-own", "parsing/assembly": "ex-assembly-own", "networks/losses": "ex-loss-own",
    "system/evaluation": "ex-eval-own",
}  # fmt: skip


def text_of(chapter: str) -> str:
    return (book.ROOT / "book" / f"{chapter}.md").read_text(encoding="utf-8")


def derived(chapter: str) -> dict[str, Any]:
    """The functions that a chapter derives, by name: the cells that are tagged or named."""
    scope: dict[str, Any] = {"np": np, "Grid": Grid, "Peaks": Peaks, "Connections": Connections}
    for cell in jupytext.reads(text_of(chapter), fmt="md:myst").cells:
        if cell.cell_type == "code" and ("restated" in cell.metadata.get("tags", []) or "name" in cell.metadata):
            exec(cell.source, scope)
    return scope


def asking(chapter: str) -> list[str]:
    """The cells of a chapter that call a check."""
    cells = jupytext.reads(text_of(chapter), fmt="md:myst").cells
    return [cell.source for cell in cells if cell.cell_type == "code" and "checks.run(" in cell.source]


def solution(chapter: str, exercise: str) -> str:
    (found,) = re.findall(rf"^```\{{solution\}} {exercise}\n(.*?)^```$", text_of(chapter), re.MULTILINE | re.DOTALL)
    return textwrap.dedent("\n".join(line for line in found.splitlines() if line.startswith("    ")))


def results(source: str, scope: dict[str, Any]) -> list[checks.Result]:
    """What the calls of a piece of code show, in order."""
    shown: list[checks.Result] = []

    def run(*args: Any, **how: Any) -> checks.Result:
        shown.append(checks.run(*args, **how))
        return shown[-1]

    class Listening:
        def __getattr__(self, name: str) -> Any:
            return run if name == "run" else getattr(checks, name)

    code = source.replace("from paflib import checks", "")
    exec(code, scope | {"checks": Listening()})
    return shown


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_a_chapter_derives_passes_its_check(chapter):
    cells, scope = asking(chapter), derived(chapter)
    assert len(cells) == CHAPTERS[chapter]
    for cell in cells:
        (result,) = results(cell, scope)
        assert result, f"{cell}\n{result}"


@pytest.mark.parametrize("chapter", OWN)
def test_the_solution_of_an_exercise_passes(chapter):
    first = results(solution(chapter, OWN[chapter]), derived(chapter))[0]
    assert first or chapter == "networks/losses", first


def changed(chapter: str, before: str, after: str) -> str:
    """The diagnosis of an exercise's solution with one thing changed."""
    source = solution(chapter, OWN[chapter])
    assert before in source
    return results(source.replace(before, after), derived(chapter))[0].diagnosis


def test_the_diagnoses_that_the_solutions_name():
    maps, field, assembly, oks = (one for one in OWN if one.split("/")[1] not in ("matching", "losses"))
    assert changed(maps, "(x, y, score)", "(y, x, score)") == "xy-swapped"
    sums = "S[j, row, column] += np.exp(-(dx**2 + dy**2) / sigma**2)"
    whole = "S[j, row, column] = max(S[j, row, column], np.exp(-(dx**2 + dy**2) / sigma**2))"
    assert changed(maps, whole, sums) == "sum-for-max"
    # The two places where the length is used for something else keep it.
    assert changed(field, "v = (x2 - x1) / length", "w = (x2 - x1) / length; v = x2 - x1") == "not-unit"
    assert changed(field, "(abs(vx * x + vy * y - length / 2) <= length / 2) & ", "") == "no-ends"
    assert changed(field, "np.maximum(n, 1)", "max(len(limbs), 1)") == "divided-by-everybody"
    merged = "one.update(two)\n            people.remove(two)"
    assert changed(assembly, merged, "pass") == "never-merged"
    assert changed(assembly, "person.setdefault(part, peak)", "person[part] = peak") == "occupied-replaced"
    assert changed(oks, "(2 * sigma)", "sigma") == "two-before-sigma-missing"
    assert changed(oks, "2 * area", "area") == "other-two-missing"
    named = {
        maps: ("xy-swapped", "sum-for-max"), field: ("not-unit", "no-ends", "divided-by-everybody"),
        assembly: ("never-merged", "occupied-replaced"), oks: ("two-before-sigma-missing", "other-two-missing"),
    }  # fmt: skip
    for chapter, slugs in named.items():
        assert all(f"`{slug}`" in text_of(chapter) for slug in slugs)


def test_the_diagnoses_of_the_chapter_on_matching():
    shown = results(solution("parsing/matching", "ex-matching-own"), derived("parsing/matching"))
    assert [result.diagnosis for result in shown] == ["", "greedy-for-optimal", "column-used-twice"]


def test_the_masked_truth_of_the_chapter_on_losses():
    source = solution("networks/losses", "ex-loss-own")
    shown = results(source + "\nchecks.run(checks.check_loss_gradient, masked_truth)", derived("networks/losses"))
    assert [result.diagnosis for result in shown] == ["mask-on-target-only"] * 2


def test_careless_maxima_lose_plateaus():
    scope = derived("fields/confidence-maps")
    exec(solution("fields/confidence-maps", "ex-tie").split("pixels =")[0], scope)
    careless = scope["careless_maxima"]
    result = checks.run("peaks", lambda S, threshold: np.argwhere(careless(S) & (threshold < S))[:, ::-1])
    assert result.diagnosis == "plateau-lost"


def test_the_trapezoid_is_a_line_integral():
    integral = derived("parsing/line-integrals")["integral"]

    def trapezoid(field, d1, d2):
        dots = np.array(integral(field, d1, d2, 20)[1])
        return (dots.sum() - (dots[0] + dots[-1]) / 2) / 19

    assert checks.run("line_integral", trapezoid)
