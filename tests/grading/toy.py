"""A small assignment, as a teacher writes one, and submissions to it: what the tests of the grader grade.

:func:`write_assignment` writes it into a file of its own with a secret in it; the questions are a centre of points (the
usual mistakes have diagnoses), a scaled picture with hidden cases, and a count.
"""

import json
from pathlib import Path

import numpy as np

from paflib.grading.assignment import Assignment, Question
from paflib.grading.limits import MIB, Limits

NAME = "toy"
FUNCTIONS = ("centre", "scaled", "count")


class CheckFailed(AssertionError):
    """As the checks of the book raise."""

    def __init__(self, diagnosis, message, **example):
        super().__init__(message)
        self.diagnosis, self.message, self.example = diagnosis, message, example


def check_centre(functions, seed):
    centre = functions["centre"]
    for n in range(1, 4):
        points = np.random.default_rng([seed, n]).uniform(0, 100, (n, 2))
        wanted, got = points.mean(axis=0), np.asarray(centre(points))
        if got.shape != (2,) or got.dtype.kind not in "fi":
            raise CheckFailed("wrong-shape", f"centre must return two numbers, it gave {got.shape}", points=points)
        if np.allclose(got, wanted[::-1]) and not np.allclose(got, wanted):
            raise CheckFailed("xy-swapped", "x and y are swapped", points=points, got=got)
        if not np.allclose(got, wanted):
            raise CheckFailed("wrong-centre", "this is not the centre of the points", points=points, got=got)


def check_scaled(functions, seed):
    draw = np.random.default_rng([seed, 99])
    image, factor = draw.uniform(0, 1, (4, 6)).astype(np.float32), float(draw.uniform(2, 3))
    got = functions["scaled"](image, factor=factor)
    if not isinstance(got, np.ndarray):
        raise CheckFailed("wrong-type", f"scaled must return an array, it gave a {type(got).__name__}", image=image)
    if got.shape != image.shape or not np.allclose(got, image * factor, atol=1e-5):
        raise CheckFailed("not-scaled", "the values are not factor times the image's", image=image, factor=factor)


def check_count(functions, seed):
    mask = np.random.default_rng([seed, 7]).uniform(size=(5, 5)) > 0.5
    got = functions["count"](mask)
    if isinstance(got, bool) or not isinstance(got, int | np.integer):
        raise CheckFailed("wrong-type", f"count must return a whole number, it gave a {type(got).__name__}")
    if got != mask.sum():
        raise CheckFailed("wrong-count", f"there are not {got} cells inside", mask=mask)


QUICK = Limits(call=3, cell=5, total=60, memory=400 * MIB, processes=40, file=4 * MIB, disk=16 * MIB, answer=8 * MIB)
ASSIGNMENT = Assignment(
    NAME,
    "A toy <assignment>",
    [
        Question("q1", "The centre", 2, ["centre"], check_centre),
        Question("q2", "Scaling", 3, ["scaled"], check_scaled, hidden=True),
        Question("q3", "Counting", 1.5, ["count"], check_count),
    ],
    QUICK,
)

SECRET = "the-hidden-cases-of-the-class-of-2031"
TEACHERS_FILE = '''
"""An assignment with a secret."""
from dataclasses import replace
from tests.grading import toy

SECRET = "{secret}"
ASSIGNMENT = replace(toy.ASSIGNMENT{changes})
'''

CENTRE = "import numpy as np\n\ndef centre(points):\n    return np.asarray(points).mean(axis=0)\n"
SCALED = "def scaled(image, factor):\n    return image * factor\n"
COUNT = "def count(mask):\n    return int(mask.sum())\n"
RIGHT = (CENTRE, SCALED, COUNT)


def write_assignment(path: Path, changes: str = "") -> Path:
    """A teacher's file: the toy with a secret in it, and what else is asked of :func:`dataclasses.replace`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEACHERS_FILE.format(secret=SECRET, changes=f", {changes}" if changes else ""))
    return path


def notebook(*cells: str, assignment: str | None = NAME) -> str:
    """A notebook of code cells."""
    made = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell.splitlines(True)} for cell in cells]
    text = {"cell_type": "markdown", "metadata": {}, "source": ["# A title"]}
    metadata = {"paflib": {"assignment": assignment}} if assignment else {}
    return json.dumps({"cells": [text, *made], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def hand_in(folder: Path, student: str, *cells: str, **options: str | None) -> Path:
    """Write a student's notebook."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{student}.ipynb"
    path.write_text(notebook(*cells, **options))
    return path
