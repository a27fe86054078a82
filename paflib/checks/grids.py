"""Checks of the chapter on skeletons and grids: pixels and cells, resizing, and the annotated share of a cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from paflib.checks.core import Case, Mistake, Student, Values, between, gives, judge, registered, steps

CELLS = "Pixels and cells, in Skeletons and grids"
MASK = "What a mask is for, in Skeletons and grids"


def _grid_cases(rng: np.random.Generator) -> list[Case]:
    small: list[Case] = [(0.0, 8.0), (1.0, 8.0), (2.0, 4.0), (3.0, 2.0)]
    return small + [(between(rng, 0, 40), float(rng.choice([1, 3, 4, 8, 16]))) for _ in range(6)]


def _first(origin: float | None) -> Callable[[float], float]:
    """The pixel under the centre of cell 0, by stride: the middle of the pixels that it covers, or what is given."""
    return lambda s: (s - 1) / 2 if origin is None else origin


@registered("From cell to pixel", "cell stride", origin=(*steps(-1.5, -0.5, 0.25), *steps(0.5, 3.0, 0.25)))
def check_to_pixels(student: Student, *, seed: int = 0, origin: float | None = None) -> None:
    """The pixel under the centre of a cell: a function of (cell, stride), both numbers.

    Args:
        student: the function.
        seed: of the cases.
        origin: a variation: the pixel under the centre of cell 0, whatever the stride.

    Raises:
        CheckFailed: with its diagnosis.
    """

    first = _first(origin)

    def right(g: float, s: float) -> float:
        return s * g + first(s)

    mistakes = [
        *([] if origin is None else [
            Mistake("origin-ignored", "Cell 0 of this network does not lie in the middle of its pixels, but at the "
                    "origin that is given.", CELLS, gives(lambda g, s: s * g + (s - 1) / 2))]),
        Mistake("half-cell-off", "The grid is off by half a cell: your cell lies at the first of the pixels that it "
                "covers, and not in their middle.", CELLS, gives(lambda g, s: s * g)),
        Mistake("half-pixel-off", "The grid is off by half a pixel: the centre of the first pixel is at 0, so a cell "
                "of 8 pixels covers 0 to 7, and not 0 to 8.", CELLS, gives(lambda g, s: s * (g + 0.5))),
        Mistake("last-pixel", "Your cell lies at the last of the pixels that it covers, and not in their middle.",
                CELLS,
                gives(lambda g, s: s * g + s - 1)),
        Mistake("half-cell-wrong-way", "The half cell is there, and goes the wrong way: the centre of cell 0 lies "
                "outside of the picture.", CELLS, gives(lambda g, s: s * g - first(s))),
        Mistake("stride-forgotten", "Two neighbouring cells are one pixel apart in yours; they are a stride apart.",
                CELLS, gives(lambda g, s: g + first(s))),
        Mistake("cells-for-pixels", "You went the other way: this is the cell over a pixel, and the question was the "
                "pixel under a cell.", CELLS, gives(lambda g, s: (g - first(s)) / s)),
        Mistake("rounded", "You round to a whole pixel. The middle of eight pixels lies between two of them, and half "
                "a pixel counts.", CELLS, _rounded(right)),
    ]  # fmt: skip
    values = Values(("cell", "stride"), "the pixel (a number)", right, mistakes)
    judge(student, values.task(), _grid_cases(np.random.default_rng(seed)))


@registered("From pixel to cell", "pixel stride", origin=(*steps(-1.5, -0.5, 0.25), *steps(0.5, 3.0, 0.25)))
def check_to_cells(student: Student, *, seed: int = 0, origin: float | None = None) -> None:
    """Where a pixel lies, in cells: a function of (pixel, stride), both numbers.

    Args:
        student: the function.
        seed: of the cases.
        origin: a variation: the pixel under the centre of cell 0, whatever the stride.

    Raises:
        CheckFailed: with its diagnosis.
    """

    first = _first(origin)

    def right(x: float, s: float) -> float:
        return (x - first(s)) / s

    mistakes = [
        *([] if origin is None else [
            Mistake("origin-ignored", "Cell 0 of this network does not lie in the middle of its pixels, but at the "
                    "origin that is given.", CELLS, gives(lambda x, s: (x - (s - 1) / 2) / s))]),
        Mistake("half-cell-off", "The grid is off by half a cell: dividing by the stride alone puts cell 0 at the "
                "first of its pixels, and not in their middle.", CELLS, gives(lambda x, s: x / s)),
        Mistake("half-pixel-off", "The grid is off by half a pixel: a pixel is a little square, and the centre of the "
                "first one is at 0.", CELLS, gives(lambda x, s: x / s - 0.5)),
        Mistake("half-cell-wrong-way", "The half cell goes the wrong way.",
                CELLS, gives(lambda x, s: (x + first(s)) / s)),
        Mistake("stride-forgotten", "Yours are still pixels: a cell is as wide as the stride.", CELLS,
                gives(lambda x, s: x - first(s))),
        Mistake("cells-for-pixels", "You went the other way: this is the pixel under a cell, and the question was the "
                "cell over a pixel.", CELLS, gives(lambda x, s: s * x + first(s))),
        Mistake("whole-cells", "You give the cell that holds the pixel; wanted is where in the row of cells the pixel "
                "lies, between their centres.", CELLS,
                lambda case, yours: abs(float(yours) - (case[0] + 0.5) / case[1]) <= 1 and float(yours) == int(yours)
                and abs(float(yours) - right(*case)) <= 0.5),
        Mistake("whole-cells", "You divide without a remainder, and the place within the cell is lost.", CELLS,
                gives(lambda x, s: x // s)),
        Mistake("rounded", "You round to a whole cell, and the place within the cell is lost.", CELLS, _rounded(right)),
    ]  # fmt: skip
    values = Values(("pixel", "stride"), "the place in cells (a number)", right, mistakes)
    judge(student, values.task(), _grid_cases(np.random.default_rng(seed)))


@registered("Resizing", "x factor", first=(0.25, 0.5, 0.75, 1.0))
def check_resized(student: Student, *, seed: int = 0, first: float = 0.0) -> None:
    """Where a pixel comes to lie when the image is resized: a function of (x, factor), both numbers.

    Args:
        student: the function.
        seed: of the cases.
        first: a variation: the coordinate of the first pixel's centre, before and after; 0 in the book, 1 in Matlab.

    Raises:
        CheckFailed: with its diagnosis.
    """
    edge = 0.5 - first  # from the image's edge to the coordinate 0

    def right(x: float, f: float) -> float:
        return (x + edge) * f - edge

    mistakes = [
        *([] if first == 0 else [
            Mistake("first-ignored", "In this convention the centre of the first pixel is not at 0.", CELLS,
                    gives(lambda x, f: (x + 0.5) * f - 0.5))]),
        Mistake("half-pixel-lost", "The half pixel is lost: what a resize multiplies is the distance from the image's "
                "edge, and the edge is not where the first centre is.", CELLS, gives(lambda x, f: x * f)),
        Mistake("half-not-taken-back", "You measure from the edge, and forget to go back to centres afterwards.", CELLS,
                gives(lambda x, f: (x + edge) * f)),
        Mistake("half-wrong-way", "The half pixel goes the wrong way: the edge lies before the first centre.", CELLS,
                gives(lambda x, f: (x - edge) * f + edge)),
        Mistake("factor-inverted", "You divide by the factor: an image that grows sends its pixels further out.", CELLS,
                gives(lambda x, f: (x + edge) / f - edge)),
        Mistake("rounded", "You round to a whole pixel; a place between two pixels is a place.",
                CELLS, _rounded(right)),
    ]  # fmt: skip
    rng = np.random.default_rng(seed)
    cases: list[Case] = [(0.0, 2.0), (3.0, 2.0), (3.5, 0.5)]
    cases += [(between(rng, 0, 300), between(rng, 0.1, 4, 2)) for _ in range(6)]
    judge(student, Values(("x", "factor"), "the new place (a number)", right, mistakes).task(), cases)


def _rounded(right: Any) -> Any:
    """Fits what rounds the right number in any of the usual ways."""
    return lambda case, yours: any(
        abs(yours - each(right(*case))) < 1e-6 for each in (np.rint, np.floor, np.ceil, np.trunc, _half_up)
    )


def _half_up(x: float) -> float:
    return float(np.floor(x + 0.5))


@registered("The annotated share of a cell", "annotated stride", "map", least=steps(0.3, 0.7, 0.05))
def check_cell_means(student: Student, *, seed: int = 0, least: float = 0.0) -> None:
    """The mask in cells: a function of (annotated, stride), the first an array (H, W) of 0 and 1 in pixels.

    Args:
        student: the function; it returns (H / stride, W / stride).
        seed: of the cases.
        least: a variation: a cell of which less than this share is annotated counts 0.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def cells(annotated: np.ndarray, s: int) -> np.ndarray:
        h, w = np.array(annotated.shape) // s
        return annotated.reshape(h, s, w, s).transpose(0, 2, 1, 3).reshape(h, w, s * s)

    def right(annotated: np.ndarray, s: int) -> np.ndarray:
        share = cells(annotated, s).mean(axis=2)
        return np.where(share < least - 1e-9, 0, share)

    partly = "A cell that is covered in part gets the share of its pixels that are annotated."
    mistakes = [
        *([] if least == 0 else [
            Mistake("least-ignored", "Cells of which too little is annotated must count 0 in this task.", MASK,
                    gives(lambda a, s: cells(a, s).mean(axis=2)))]),
        Mistake("first-pixel", f"You take one pixel of each cell for all of them. {partly}", MASK,
                gives(lambda a, s: a[::s, ::s])),
        Mistake("rounded", f"You round the share to 0 or 1. {partly}", MASK,
                lambda case, yours: bool(np.isin(yours, (0, 1)).all() and (np.abs(yours - right(*case)) <= 0.5).all())),
        Mistake("all-or-nothing", f"You let a cell count only if every pixel does. {partly}", MASK,
                gives(lambda a, s: cells(a, s).min(axis=2))),
        Mistake("all-or-nothing", f"You let a cell count as soon as one pixel does. {partly}", MASK,
                gives(lambda a, s: cells(a, s).max(axis=2))),
        Mistake("sum-for-mean",
                "You add the pixels up; the weight of a cell lies between 0 and 1, whatever the stride.",
                MASK, gives(lambda a, s: s * s * right(a, s))),
        Mistake("inverted", "Your mask is turned round: it is 1 where the annotators spoke, and 0 where they did not.",
                MASK, gives(lambda a, s: 1 - right(a, s))),
        Mistake("strips-for-cells", "The pixels are not grouped into squares: a reshape that does not keep rows and "
                "columns apart takes strips of pixels for cells.", MASK,
                gives(lambda a, s: a.reshape(a.shape[0] // s, a.shape[1] // s, s * s).mean(axis=2))),
    ]  # fmt: skip
    rng = np.random.default_rng(seed)
    cases: list[Case] = [(np.array([[1.0, 0.0], [1.0, 1.0]]), 2), (np.array([[1.0] * 3 + [0.0] * 3] * 2), 2)]
    for h, w, s in ((2, 3, 2), (3, 2, 3), (2, 4, 4), (3, 5, 4)):
        cases.append(((rng.random((h * s, w * s)) < np.repeat(rng.random(w), s)).astype(float), s))
    names, axes = ("annotated", "stride"), ("row", "column")
    judge(student, Values(names, "the mask (rows, columns)", right, mistakes, axes).task(), cases)
