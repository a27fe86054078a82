"""Checks of the chapter on confidence maps: one part's spot, the maps of several people, peaks, and their places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from paflib.checks.core import (
    Answer,
    Case,
    CheckFailed,
    Mistake,
    Question,
    Student,
    Task,
    Values,
    between,
    gives,
    in_any_order,
    judge,
    known,
    most,
    plain,
    registered,
    scaled,
    steps,
    whole,
)  # fmt: skip

ONE = "One person: Eq. 7, in Confidence maps"
SIGMA = "Which sigma?, in Confidence maps"
SEVERAL = "Several people: Eq. 8, in Confidence maps"
REDUCE = "Maximum, average, sum, in Confidence maps"
PEAKS = "Peaks, in Confidence maps"
BETWEEN = "Between the cells, in Confidence maps"
CELLS = "Pixels and cells, in Skeletons and grids"

Spot = Callable[[Any, tuple[int, int], float, float], np.ndarray]
Decay = Callable[[np.ndarray, np.ndarray], np.ndarray]  # of distances along and across, in widths
POWERS = (1.5, 2.0, 3.0)
RATIOS = steps(0.4, 0.75, 0.05)
# At 45 and 135 degrees an ellipse is the same when sine and cosine are exchanged, near 0 and 90 when others are.
ANGLES = (*steps(15, 40, 5), *steps(50, 75, 5), *steps(105, 130, 5), *steps(140, 165, 5))


# ---- one spot --------------------------------------------------------------------------------------------------------


def _spot(
    point: Any,
    shape: tuple[int, int],
    stride: float,
    sigma: float,
    ratio: float = 1.0,
    angle: float = 0.0,
    origin: float | None = None,
    decay: Decay | None = None,
) -> np.ndarray:
    origin = (stride - 1) / 2 if origin is None else origin
    dx = stride * np.arange(shape[1]) + origin - point[0]
    dy = (stride * np.arange(shape[0]) + origin - point[1])[:, None]
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    decay = decay or _gaussian
    return decay((cos * dx + sin * dy) / sigma, (cos * dy - sin * dx) / (ratio * sigma))


def _gaussian(along: np.ndarray, across: np.ndarray) -> np.ndarray:
    return np.exp(-(along**2) - across**2)


def _nearest_centre(point: Any, stride: float) -> np.ndarray:
    cell = np.floor((np.asarray(point[:2], float) + 0.5) / stride)
    return stride * cell + (stride - 1) / 2


Wrong = tuple[str, str, str, Spot]


def _wrong_spots(ratio: float, angle: float) -> list[Wrong]:
    """The known mistakes in one spot: name, words, section, and the spot they give."""
    spot = partial(_spot, ratio=ratio, angle=angle)
    wrong: list[Wrong] = []
    if ratio != 1:
        wrong += _wrong_ellipses(ratio, angle)
    wrong += [
        ("xy-swapped", "x and y are exchanged: your spot lies where the part would be if x were counted along the "
         "columns, downwards, and y along the rows. A map is indexed by row first, and x counts columns.", CELLS,
         lambda p, shape, s, sigma: spot((p[1], p[0]), shape, s, sigma)),
        ("half-cell-off", "The grid is off by half a cell: the Gaussian must be computed at the centres of the cells, "
         "in the middle of the pixels that they cover.", CELLS, partial(spot, origin=0.0)),
        ("half-cell-off", "The grid is off by half a cell in x: the Gaussian must be computed at the centres of the "
         "cells, in the middle of the pixels that they cover.", CELLS,
         lambda p, shape, s, sigma: spot((p[0] + (s - 1) / 2, p[1]), shape, s, sigma)),
        ("half-cell-off", "The grid is off by half a cell in y: the Gaussian must be computed at the centres of the "
         "cells, in the middle of the pixels that they cover.", CELLS,
         lambda p, shape, s, sigma: spot((p[0], p[1] + (s - 1) / 2), shape, s, sigma)),
        ("half-cell-wrong-way", "The half cell is there, and goes the wrong way: the centre of cell 0 lies outside of "
         "the picture.", CELLS, lambda p, shape, s, sigma: spot(p, shape, s, sigma, origin=-(s - 1) / 2)),
        ("stride-forgotten", "Two neighbouring cells are one pixel apart in yours; they are a stride apart.", CELLS,
         lambda p, shape, s, sigma: spot(p, shape, 1, sigma, origin=0.0)),
        ("stride-forgotten", "Two neighbouring cells are one pixel apart in yours; they are a stride apart.", CELLS,
         lambda p, shape, s, sigma: spot(p, shape, 1, sigma, origin=(s - 1) / 2)),
        ("half-pixel-off", "The grid is off by half a pixel: the centre of the top-left pixel is at (0, 0), so the "
         "middle of the pixels 0 to 7 is not 4.",
         CELLS, lambda p, shape, s, sigma: spot(p, shape, s, sigma, origin=s / 2)),
        ("rounded-to-cell", "You move the part to the centre of its cell before you draw it. The Gaussian must be "
         "computed from the exact annotation.", ONE,
         lambda p, shape, s, sigma: spot(_nearest_centre(p, s), shape, s, sigma)),
        ("cells-for-pixels", "Your distances are in cells; sigma is a number of pixels.", ONE,
         lambda p, shape, s, sigma: spot(p, shape, s, sigma * s)),
        ("two-sigma-squared", "Your spot is too wide: the form in which the released code writes its Gaussian is not "
         "the form of Eq. 7.", SIGMA, lambda p, shape, s, sigma: spot(p, shape, s, sigma * 2**0.5)),
        ("distance-not-squared", "Your spot has a sharp tip: it falls with the distance, and a Gaussian falls with its "
         "square.", ONE, partial(spot, decay=lambda along, across: np.exp(-np.hypot(along, across)))),
        ("sigma-not-squared", "The width is wrong: your sigma is not a distance in pixels that the part's distance is "
         "compared with.", ONE, lambda p, shape, s, sigma: spot(p, shape, s, sigma**0.5)),
    ]  # fmt: skip
    return wrong


def _wrong_ellipses(ratio: float, angle: float) -> list[Wrong]:
    spot = partial(_spot, ratio=ratio, angle=angle)
    c, s = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))

    def decay(wrong: Decay) -> Spot:
        return partial(spot, decay=wrong)

    def skewed(along: np.ndarray, across: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Both distances as they are when one sign of the turn is wrong."""
        dx, dy = c * along - s * ratio * across, s * along + c * ratio * across
        return c * dx - s * dy, (c * dy + s * dx) / ratio

    one_direction = ("Your spot is too wide in one direction, and right in the other: the form in which the released "
                     "code writes its Gaussian is not the form of Eq. 7.")  # fmt: skip
    return [
        ("ratio-not-squared", "Your spot is too wide across, and right along: the ratio belongs to a width, and the "
         "square of that width is what the distance is compared with.", ONE,
         decay(lambda u, v: np.exp(-(u**2) - ratio * v**2))),
        ("two-sigma-squared", one_direction, SIGMA, decay(lambda u, v: np.exp(-(u**2) / 2 - v**2))),
        ("two-sigma-squared", one_direction, SIGMA, decay(lambda u, v: np.exp(-(u**2) - v**2 / 2))),
        ("ratio-inverted", "Your spot is wider across than along; in this task it is narrower.", ONE,
         decay(lambda u, v: np.exp(-(u**2) - (ratio**2 * v) ** 2))),
        ("ratio-on-both", "Your spot is round and too small: the ratio belongs to one of the two directions.", ONE,
         lambda p, shape, stride, sigma: _spot(p, shape, stride, ratio * sigma)),
        ("not-at-a-right-angle", "The two directions of your spot are not at a right angle to each other: a sign is "
         "wrong across.", ONE, decay(lambda u, v: np.exp(-(u**2) - skewed(u, v)[1] ** 2))),
        ("not-at-a-right-angle", "The two directions of your spot are not at a right angle to each other: a sign is "
         "wrong along.", ONE, decay(lambda u, v: np.exp(-(skewed(u, v)[0] ** 2) - v**2))),
        ("sine-for-cosine", "Your angle is measured from the y axis: sine and cosine are exchanged.", ONE,
         partial(_spot, ratio=ratio, angle=90 - angle)),
        ("degrees-for-radians", "The angle is given in degrees, and cosine and sine want radians; you turn it the "
         "other way.", ONE, partial(_spot, ratio=ratio, angle=float(np.rad2deg(np.rad2deg(angle))))),
        ("distance-not-squared", "Your spot has a sharp tip: it falls with the distance, and a Gaussian falls with its "
         "square.", ONE, decay(lambda u, v: np.exp(-np.abs(u) - np.abs(v)))),
        ("sigma-not-squared", "The width is wrong: your sigma is not a distance in pixels that the part's distance is "
         "compared with.", ONE,
         lambda p, shape, stride, sigma: spot(p, shape, stride, sigma**0.5,
                                              decay=lambda u, v: np.exp(-(u**2) - ratio * v**2))),
        ("ratio-ignored", "Your spot is round; in this task it is narrower across than along.", ONE, _spot),
        ("not-turned", "Your ellipse lies along the x axis: it is not turned.", ONE, partial(_spot, ratio=ratio)),
        ("turned-the-wrong-way", "Your ellipse is turned the wrong way: the angle is measured from the x axis towards "
         "the y axis, which points down.", ONE, partial(_spot, ratio=ratio, angle=-angle)),
        ("long-for-short", "Long and short axis are exchanged: the spot is sigma wide along the direction, and the "
         "smaller width lies across.", ONE, partial(_spot, ratio=ratio, angle=angle + 90)),
        ("degrees-for-radians", "The angle is given in degrees, and cosine and sine want radians.", ONE,
         partial(_spot, ratio=ratio, angle=float(np.rad2deg(angle)))),
    ]  # fmt: skip


def _zeros_below(right: Callable[..., np.ndarray]) -> Callable[[Case, Any], bool]:
    """Fits the right map with its small values cut off."""

    def fits(case: Case, yours: Any) -> bool:
        wanted = right(*case)
        kept = yours != 0
        return bool(np.allclose(yours[kept], wanted[kept], atol=1e-4)) and float(wanted[~kept].max(initial=0)) < 0.1

    return fits


def _common(right: Callable[..., np.ndarray]) -> list[Mistake]:
    return [
        Mistake("cut-off", "Small values are 0 in yours. The released program does that; the definition does not.",
                SIGMA, _zeros_below(right)),
        Mistake("height-not-one", "The shape is right and the height is not: the value at the part itself must be 1, "
                "whatever sigma is, and whether or not a cell lies there.", ONE, scaled(right)),
        Mistake("above-one", "Your map rises above 1: it must be 1 at a part, and less everywhere else.", ONE,
                fits_all=lambda answers: any(float(yours.max(initial=0)) > 1.01 for _, yours in answers)),
    ]  # fmt: skip


@registered("The confidence map of one part", "point shape stride sigma", "map", ratio=RATIOS, angle=ANGLES)
def check_confidence_map(student: Student, *, seed: int = 0, ratio: float = 1.0, angle: float = 0.0) -> None:
    """Eq. 7: a function of (point, shape, stride, sigma) that returns the map (h, w) of one part.

    ``point`` is (x, y) in pixels, ``shape`` is (h, w) in cells, ``stride`` pixels a cell, ``sigma`` in pixels.

    Args:
        student: the function.
        seed: of the cases.
        ratio: a variation: the spot is an ellipse, ``sigma`` wide along a direction and ``ratio * sigma`` across it.
        angle: of that direction in degrees, from the x axis towards the y axis.

    Raises:
        CheckFailed: with its diagnosis.
    """
    right = partial(_spot, ratio=ratio, angle=angle)
    mistakes = [Mistake(slug, words, look, gives(wrong)) for slug, words, look, wrong in _wrong_spots(ratio, angle)]
    names = ("point", "shape", "stride", "sigma")
    values = Values(names, "the map (rows, columns)", right, mistakes + _common(right), ("row", "column"))
    judge(student, values.task(), _spot_cases(np.random.default_rng(seed)))


def _spot_cases(rng: np.random.Generator) -> list[Case]:
    cases: list[Case] = [(np.array([3.5, 3.5]), (1, 2), 8, 10.0), (np.array([11.5, 3.5]), (2, 3), 8, 10.0)]
    for h, w in ((3, 4), (4, 3), (5, 7), (6, 9), (9, 6)):
        s = int(rng.choice([2, 4, 8, 16]))
        point = np.array([between(rng, 0, s * w - 1), between(rng, 0, s * h - 1)])
        cases.append((point, (h, w), s, between(rng, 1.2 * s, 2.5 * s)))
    return [*cases, (np.array([-4.0, 6.0]), (3, 4), 8, 9.0)]


# ---- several people --------------------------------------------------------------------------------------------------


Merge = Callable[[np.ndarray], np.ndarray]


def _maps(
    keypoints: np.ndarray,
    shape: tuple[int, int],
    stride: float,
    sigma: float,
    *,
    spot: Spot,
    merge: Merge,
    height: Callable[[float], float] = lambda score: 1.0,
    nobody: float = 0.0,
) -> np.ndarray:
    """Maps (J, h, w); ``merge`` makes one map of the spots (K, h, w) of those who have a part."""
    maps = np.full((keypoints.shape[1], *shape), nobody)
    for j in range(len(maps)):
        spots = [height(p[j, 2]) * spot(p[j], shape, stride, sigma) for p in keypoints if p[j, 2] > 0]
        if spots:
            maps[j] = merge(np.stack(spots))
    return maps


def _highest(spots: np.ndarray) -> np.ndarray:
    return np.asarray(spots.max(axis=0))


def _union(spots: np.ndarray) -> np.ndarray:
    return np.asarray(1 - (1 - spots).prod(axis=0))


_MERGES: dict[str, Merge] = {"max": _highest, "union": _union}


@registered("The confidence maps of several people", "keypoints shape stride sigma", "map", ratio=RATIOS, angle=ANGLES,
            merge=("union",))  # fmt: skip
def check_confidence_maps(
    student: Student, *, seed: int = 0, ratio: float = 1.0, angle: float = 0.0, merge: str = "max"
) -> None:
    """Eq. 8: a function of (keypoints, shape, stride, sigma) that returns the maps (J, h, w) of N people.

    ``keypoints`` is (N, J, 3): x and y in pixels, and a score, which is 0 for a part that is missing; N may be 0.

    Args:
        student: the function.
        seed: of the cases.
        ratio, angle: as in :func:`check_confidence_map`.
        merge: ``"max"``, Eq. 8; or a variation: ``"union"``, the chance that at least one of the spots is there if each
            is there by itself with the chance that its value says.

    Raises:
        CheckFailed: with its diagnosis.
    """
    spot: Spot = partial(_spot, ratio=ratio, angle=angle)
    right = partial(_maps, spot=spot, merge=_MERGES[merge])
    mistakes = [*(_wrong_unions(spot, right) if merge == "union" else []), *_wrong_merges(spot, right, _MERGES[merge])]
    mistakes += [
        Mistake(slug, words, look, gives(partial(_maps, spot=wrong, merge=_MERGES[merge])))
        for slug, words, look, wrong in _wrong_spots(ratio, angle)
    ]
    names, axes = ("keypoints", "shape", "stride", "sigma"), ("channel", "row", "column")
    values = Values(names, "the maps (parts, rows, columns)", right, mistakes + _common(right), axes)
    judge(student, values.task(), _people_cases(np.random.default_rng(seed)))


def _wrong_unions(spot: Spot, right: Callable[..., np.ndarray]) -> list[Mistake]:
    def merged(merge: Merge, spot: Spot = spot, nobody: float = 0.0) -> Callable[[Case, Any], bool]:
        return gives(partial(_maps, spot=spot, merge=merge, nobody=nobody))

    def product(spots: np.ndarray) -> np.ndarray:
        return np.asarray(spots.prod(axis=0))

    def exactly_one(spots: np.ndarray) -> np.ndarray:
        return np.asarray(sum(s * np.delete(1 - spots, k, axis=0).prod(axis=0) for k, s in enumerate(spots)))

    def less_product(spots: np.ndarray) -> np.ndarray:
        return np.asarray(spots.sum(axis=0) - spots.prod(axis=0) if len(spots) > 1 else spots[0])

    def less_pairs(spots: np.ndarray) -> np.ndarray:
        total = spots.sum(axis=0)
        return np.asarray(total - (total**2 - (spots**2).sum(axis=0)) / 2)

    words = ("Where two people meet your map is right, and where three do it is not: what two of them have in common "
             "is another thing than what all have.")  # fmt: skip
    all_of_them = "You multiply the spots themselves: that is the chance that all of them are there."
    return [
        *(Mistake("union-of-two", words, REDUCE, merged(merge)) for merge in (less_product, less_pairs)),
        *(Mistake("product-for-union", all_of_them, REDUCE, merged(product, nobody=nobody)) for nobody in (0.0, 1.0)),
        Mistake("product-for-union", "You multiply the spots themselves, and take that from 1: that is the chance that "
                "one of them at least is not there.", REDUCE, merged(lambda spots: 1 - product(spots))),
        Mistake("nobody-for-anybody", "Your map holds the chance that nobody has the part: far from everybody it is 1.",
                REDUCE, gives(lambda *case: 1 - right(*case))),
        Mistake("exactly-one", "Your map holds the chance that exactly one of the spots is there; two of them may be "
                "there together.", REDUCE, merged(exactly_one)),
        Mistake("sum-for-union", "You add up the spots, and where people are near each other the map rises above 1; a "
                "chance does not.", REDUCE, merged(lambda spots: spots.sum(axis=0))),
        Mistake("height-not-one", "You divide by the highest value. That of one spot is 1 at the part already, and of "
                "two that overlap it is more than either: it is to stay so.", REDUCE,
                merged(lambda spots: _union(spots) / _union(spots).max())),
        Mistake("product-from-zero", "Your map is 1 everywhere, also where nobody is near: a product in it is 0 before "
                "anything is multiplied.", REDUCE, gives(lambda *case: np.ones_like(right(*case)))),
        Mistake("max-for-union", "You keep the larger value; in this task two spots strengthen each other.", REDUCE,
                merged(_highest)),
        Mistake("ratio-ignored", "These are the maps of the chapter: your spots are round, and you keep the larger "
                "value.", ONE, merged(_highest, spot=_spot)),
    ]  # fmt: skip


def _wrong_merges(spot: Spot, right: Callable[..., np.ndarray], wanted: Merge) -> list[Mistake]:
    def merged(merge: Merge) -> Callable[[Case, Any], bool]:
        return gives(partial(_maps, spot=spot, merge=merge))

    def of_all(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Case, Any], bool]:
        return gives(lambda keypoints, *rest: right(change(keypoints), *rest))

    def scored(merge: Merge) -> Callable[[Case, Any], bool]:
        return gives(partial(_maps, spot=spot, merge=merge, height=lambda score: score))

    def dropped(answers: Sequence[Answer]) -> bool:
        """Whether parts below some score are left out, whatever it is."""

        def below(least: float) -> Callable[[Case, Any], bool]:
            return of_all(lambda keypoints: keypoints * (keypoints[..., 2:] >= least))

        return any(all(below(least)(*one) for one in answers) for least in steps(0.35, 0.95, 0.1))

    def averaged(keypoints: np.ndarray, *rest: Any) -> np.ndarray:
        return _maps(keypoints, *rest, spot=spot, merge=lambda spots: spots.sum(axis=0) / len(keypoints))

    return [
        Mistake("sum-for-max", "You add up the spots of several people, and where two are near each other the map "
                "rises above each of them.", REDUCE, merged(lambda spots: spots.sum(axis=0))),
        Mistake("sum-cut-at-one", "You add up the spots and cut the sum at 1, as the released code of 2017 does: "
                "between two people the map is too high.", REDUCE, merged(lambda spots: np.minimum(spots.sum(axis=0),
                1))),
        Mistake("average-for-max", "You average over people: what one person's map says must not depend on how many "
                "others there are.", REDUCE, merged(lambda spots: spots.mean(axis=0))),
        Mistake("average-for-max", "You average over people, those who lack the part included: what one person's map "
                "says must not depend on how many others there are.", REDUCE, gives(averaged)),
        Mistake("overwritten", "Each person overwrites the map of the one before, and only the last one is left.",
                SEVERAL, merged(lambda spots: spots[-1])),
        Mistake("first-person-only", "Only the first person who has a part is drawn.", SEVERAL,
                merged(lambda spots: spots[0])),
        Mistake("first-person-only", "Only the first person is drawn.", SEVERAL, of_all(lambda k: k[:1])),
        Mistake("smallest-for-max", "You keep the smaller value where two spots overlap.", SEVERAL,
                merged(lambda spots: spots.min(axis=0))),
        Mistake("missing-part-drawn",
                "A part with score 0 is missing, whatever its x and y say: it must leave no mark.",
                SEVERAL, of_all(lambda k: np.concatenate([k[..., :2], np.ones_like(k[..., 2:])], axis=-1))),
        Mistake("score-as-height", "You multiply the spot by the score. A part is there or not; the true map rises to "
                "1 at every one that is.", SEVERAL, scored(wanted)),
        Mistake("score-as-height", "You multiply the spot by the score. A part is there or not; the true map rises to "
                "1 at every one that is.", SEVERAL, scored(_highest)),
        Mistake("low-score-left-out", "You leave out parts with a low score. A part is missing where its score is 0, "
                "and there where it is anything else.", SEVERAL, fits_all=dropped),
        Mistake("parts-mixed", "All channels hold all parts: channel j must hold part j and nothing else.",
                "Parts and limbs, in Skeletons and grids",
                gives(lambda *case: np.broadcast_to(wanted(right(*case)), right(*case).shape))),
        Mistake("parts-reversed", "The channels are in the wrong order: channel j must hold part j.",
                "Parts and limbs, in Skeletons and grids", gives(lambda *case: right(*case)[::-1])),
    ]  # fmt: skip


def _people_cases(rng: np.random.Generator) -> list[Case]:
    near = np.array([[[11.5, 3.5, 1.0]], [[17.0, 5.0, 1.0]]])
    cases: list[Case] = [(near[:1], (1, 2), 8, 10.0), (near, (2, 3), 8, 10.0)]
    apart = np.array([[[3.0, 4.0, 1.0], [28.0, 9.0, 1.0]]])
    lacking = np.array([[[14.0, 5.0, 0.0], [20.0, 11.0, 0.3]], [[9.0, 12.0, 1.0], [26.0, 3.0, 0.0]]])
    cases += [(apart, (2, 5), 8, 9.0), (lacking, (3, 4), 8, 9.0)]
    three = np.array([[[8.0, 8.0, 1.0]], [[14.0, 10.0, 1.0]], [[10.0, 14.0, 1.0]]])  # of whom all overlap
    cases.append((three, (3, 3), 8, 10.0))
    for n, j, h, w in ((3, 1, 4, 6), (3, 2, 5, 7), (2, 4, 7, 5)):
        s = int(rng.choice([4, 8]))
        points = np.round(rng.uniform(0, 1, (n, j, 2)) * (s * w - 1, s * h - 1), 1)
        scores = np.round(rng.uniform(0.3, 1, (n, j, 1)), 1) * (rng.random((n, j, 1)) > 0.25)
        cases.append((np.concatenate([points, scores], axis=2), (h, w), s, between(rng, 1.2 * s, 2 * s)))
    return [*cases, (np.zeros((0, 2, 3)), (2, 3), 8, 10.0)]


# ---- peaks -----------------------------------------------------------------------------------------------------------


Cells = list[tuple[int, int]]


def _peaks(
    S: np.ndarray,
    threshold: float,
    *,
    radius: int = 1,
    before: bool = True,
    behind: bool = False,
    near: Callable[[int, int], bool] = lambda dx, dy: True,
    wrap: bool = False,
    by_columns: bool = False,
) -> Cells:
    """Cells (x, y) above the threshold and their neighbours.

    Args:
        S, threshold, radius: as for a student.
        before, behind: whether a cell must be greater than its neighbours before and behind it in row order, or only
            not smaller.
        near: which of the cells within the radius count, by how many columns and rows they are away.
        wrap: whether the neighbour beyond the border is the one at the other side.
        by_columns: whether the order is that of columns.
    """
    h, w = S.shape
    padded = np.pad(S, radius, mode="wrap") if wrap else np.pad(S, radius, constant_values=-np.inf)
    highest = np.asarray(threshold < S)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            if (dx, dy) == (0, 0) or not near(dx, dy):
                continue
            other = padded[radius + dy : radius + dy + h, radius + dx : radius + dx + w]
            first = (dx, dy) < (0, 0) if by_columns else (dy, dx) < (0, 0)
            highest &= (other < S) if (before if first else behind) else (other <= S)
    return [(int(x), int(y)) for y, x in np.argwhere(highest)]


def _read_cells(value: Any, question: Question) -> Cells:
    value = in_any_order(value, question)
    array = plain(value, question, "cells (x, y), one a peak", most(question))
    if not array.size:
        return []
    if array.ndim != 2 or array.shape[1] != 2:
        slug = "wrong-axes" if array.ndim == 2 and array.shape[0] == 2 else "wrong-shape"
        words = f"Your function returns an array of shape {array.shape}; wanted are cells (x, y): (peaks, 2)."
        raise question.failure(slug, words, yours=array)
    if not whole(array):
        raise question.failure("wrong-type", "Peaks are cells, and cells have whole numbers.", yours=array)
    return sorted((int(x), int(y)) for x, y in array)


@registered("Peaks", "S threshold", "peaks", radius=(2, 3))
def check_peaks(student: Student, *, seed: int = 0, radius: int = 1) -> None:
    """Non-maximum suppression: a function of (S, threshold), S one map (h, w), that returns cells (x, y), in any order.

    Args:
        student: the function.
        seed: of the cases.
        radius: a variation: a peak must be above all cells within so many rows and columns, and not only the next.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def fits(how: Callable[[np.ndarray, float], Cells]) -> Callable[[Case, Any], bool]:
        return lambda case, yours: sorted(how(*case)) == yours

    def agrees(yours: Cells, case: Case) -> bool:
        return yours == sorted(_peaks(*case, radius=radius))

    def diagnose(answers: list[Answer]) -> CheckFailed:
        case, yours = next(answer for answer in answers if not agrees(answer[1], answer[0]))
        # A library's filter keeps equal ones twice, so that the other mistakes come with that one as well.
        ties: tuple[dict[str, Any], ...] = ({}, {"before": False}, {"behind": True})
        mistakes = [one for how in ties for one in _wrong_peaks(radius, fits, partial(_peaks, radius=radius, **how))]
        mistake = known(answers, mistakes) or Mistake(
            "wrong-value", "These are not the peaks, and not in a way that this check knows.", PEAKS
        )
        found, more = _peak_words(case, yours, set(_peaks(*case, radius=radius)))
        return Question(("S", "threshold"), case).failure(
            mistake.slug, mistake.words, found, mistake.look, yours=np.array(yours, int).reshape(-1, 2), **more
        )

    task = Task(("S", "threshold"), _read_cells, agrees, diagnose, lambda a, b: a == b)
    judge(student, task, _peak_cases(np.random.default_rng(seed), radius))


def _peak_words(case: Case, yours: Cells, right: set[tuple[int, int]]) -> tuple[str, dict[str, Any]]:
    """What one cell shows: one that is no peak, or one that is missing."""
    came = f"What came out: {yours or 'no peak'}."
    for x, y in yours:
        if not (0 <= x < case[0].shape[1] and 0 <= y < case[0].shape[0]):
            return f"{came} There is no cell ({x}, {y}).", {"at": (x, y)}
        if (x, y) not in right or yours.count((x, y)) > 1:
            again = " a second time" if (x, y) in right else ""
            return f"{came} The cell ({x}, {y}), with {shown_value(case, x, y)}, must not be there{again}.", {
                "at": (x, y)
            }
    x, y = sorted(right - set(yours))[0]
    return f"{came} The cell ({x}, {y}), with {shown_value(case, x, y)}, must be there.", {"at": (x, y)}


def shown_value(case: Case, x: int, y: int) -> str:
    """The value of a map's cell in words."""
    return f"{case[0][y, x]:.4g}"


Fits = Callable[[Callable[[np.ndarray, float], Cells]], Callable[[Case, Any], bool]]


def _wrong_peaks(radius: int, fits: Fits, here: Callable[..., Cells]) -> list[Mistake]:
    def inside(S: np.ndarray, threshold: float) -> Cells:
        h, w = S.shape
        return [(x, y) for x, y in here(S, threshold) if 0 < x < w - 1 and 0 < y < h - 1]

    def trimmed(S: np.ndarray, threshold: float) -> Cells:
        h, w = S.shape
        return [(x, y) for x, y in here(S, threshold) if radius <= x < w - radius and radius <= y < h - radius]

    def highest(S: np.ndarray, threshold: float) -> Cells:
        found = here(S, threshold)
        return sorted(found, key=lambda cell: -S[cell[1], cell[0]])[:1]

    def among(found: Cells, S: np.ndarray, all_of_them: bool) -> Cells:
        """Of some cells those that stand near no higher one of them, or of those that were kept before."""
        kept: Cells = []
        for x, y in sorted(found, key=lambda cell: (-S[cell[1], cell[0]], cell[1], cell[0])):
            others = [other for other in (found if all_of_them else kept) if S[other[1], other[0]] >= S[y, x]]
            if all(max(abs(u - x), abs(v - y)) > radius for u, v in others if (u, v) != (x, y)):
                kept.append((x, y))
        return kept

    def greedy(S: np.ndarray, threshold: float) -> Cells:
        return among([(int(x), int(y)) for y, x in np.argwhere(threshold < S)], S, all_of_them=False)

    def window(low: int, high: int) -> Callable[[np.ndarray, float], Cells]:
        reach = max(low, high, 1)
        return partial(here, radius=reach, near=lambda dx, dy: -low <= min(dx, dy) and max(dx, dy) <= high)

    def any_of(ways: Sequence[Callable[[np.ndarray, float], Cells]]) -> Callable[[Sequence[Answer]], bool]:
        return lambda answers: any(all(fits(way)(*one) for one in answers) for way in ways)

    reaches = sorted({0, 1, radius - 1, radius, radius + 1})
    lopsided = [window(low, high) for low in reaches for high in reaches if low != high]
    others = [partial(here, radius=other) for other in range(2, 2 * radius + 2) if other != radius]
    rounded = [partial(here, near=lambda dx, dy: dx**2 + dy**2 <= radius**2),
               partial(here, near=lambda dx, dy: abs(dx) + abs(dy) <= radius)]  # fmt: skip

    border = "Cells of the border count like all others: beyond the border there is nothing."
    tie = "Of equal neighbours the first in row order is the peak, and no other."
    return [
        Mistake("xy-swapped", "x and y are exchanged: a cell is (x, y), column first, and an array is indexed by its "
                "row first.", PEAKS, fits(lambda S, t: [(y, x) for x, y in here(S, t)])),
        Mistake("radius-ignored", "You compare a cell with the next ones alone; in this task neighbours further away "
                "count too.", PEAKS, fits(partial(here, radius=1))),
        Mistake("plateau-lost", f"Of two equal neighbours you lose both: a part between two cells is found by neither. "
                f"{tie}", PEAKS, fits(partial(here, behind=True))),
        Mistake("plateau-twice", f"Of two equal neighbours you keep both: one part becomes two. {tie}", PEAKS,
                fits(partial(here, before=False))),
        Mistake("last-of-equals", f"Of two equal neighbours you keep the wrong one. {tie}", PEAKS,
                fits(partial(here, before=False, behind=True))),
        Mistake("last-of-equals", f"Of two equal neighbours you keep the first in column order. {tie}", PEAKS,
                fits(partial(here, by_columns=True))),
        Mistake("border-lost", f"You never look at the cells of the border. {border}", PEAKS, fits(inside)),
        Mistake("border-lost", f"You never look at the cells near the border. {border}", PEAKS, fits(trimmed)),
        Mistake("border-lost", f"You never look at the cells near the top and the left border. {border}", PEAKS,
                fits(lambda S, t: [(x, y) for x, y in here(S, t) if min(x, y) >= radius])),
        Mistake("border-wraps", f"A cell of the border is compared with the cell at the opposite border. {border}",
                PEAKS, fits(partial(here, wrap=True))),
        Mistake("threshold-ignored", "Peaks below the threshold must be dropped.", PEAKS,
                fits(lambda S, t: here(S, -np.inf))),
        Mistake("at-least-for-more-than", "A cell just as high as the threshold counts in yours; a peak must be above "
                "it.", PEAKS, fits(lambda S, t: here(S, np.nextafter(t, -np.inf)))),
        Mistake("four-neighbours", "You compare with the cells beside, above and below alone: those across a corner "
                "are neighbours too.", PEAKS, fits(partial(here, near=lambda dx, dy: not (dx and dy)))),
        Mistake("highest-only", "You give the highest peak alone: a map holds one for each person.",
                PEAKS, fits(highest)),
        Mistake("no-suppression", "You give all cells above the threshold: a spot is several cells wide, and one part "
                "becomes many peaks.", PEAKS,
                fits(lambda S, t: [(int(x), int(y)) for y, x in np.argwhere(t < S)])),
        Mistake("padding-left-in", "All your cells are off by the same number of rows and columns: a border that was "
                "put round the map is still counted.", PEAKS,
                fits(lambda S, t: [(x + radius, y + radius) for x, y in here(S, t)])),
        Mistake("counted-in-the-window", "Your cells are counted from the corner of their neighbourhood, and not from "
                "the map's.", PEAKS, fits(lambda S, t: [(min(x, radius), min(y, radius)) for x, y in here(S, t)])),
        Mistake("window-lopsided", "Your neighbourhood does not reach equally far to all sides: a slice ends before "
                "the cell that it names.", PEAKS, fits_all=any_of(lopsided)),
        *(_wrong_windows(radius, any_of(others), any_of(rounded)) if radius > 1 else []),
        Mistake("greedy-suppression", "You take the highest cell, strike out what is near it, and go on: so a cell "
                "becomes a peak that stands near a higher one, which was struck out itself.", PEAKS, fits(greedy)),
        Mistake("peaks-among-peaks", "You compare peaks of a small neighbourhood with each other alone: a peak must "
                "be above all cells near it, those included that are no peak themselves.", PEAKS,
                fits(lambda S, t: among(here(S, t, radius=1), S, all_of_them=True))),
        Mistake("padding-left-in", "All your cells are off by one row and one column: something that was put round the "
                "map, or cut off it, is not counted back.", PEAKS,
                fits(lambda S, t: [(x - 1, y - 1) for x, y in here(S, t)])),
    ]  # fmt: skip


def _wrong_windows(
    radius: int, other: Callable[[Sequence[Answer]], bool], rounded: Callable[[Sequence[Answer]], bool]
) -> list[Mistake]:
    return [
        Mistake("other-radius", "Your neighbourhood reaches further, or less far, than the radius that is given.",
                PEAKS, fits_all=other),
        Mistake("round-neighbourhood", "Your neighbourhood is round, or a square on its corner: rows and columns are "
                f"to be counted each for itself, so that the cell {radius} to the right and {radius} below is near.",
                PEAKS, fits_all=rounded),
    ]  # fmt: skip


def _peak_cases(rng: np.random.Generator, radius: int) -> list[Case]:
    def flat(h: int, w: int, **cells: float) -> np.ndarray:
        S = np.round(0.04 * rng.permutation(h * w).reshape(h, w) / (h * w), 4)  # no two alike but those that are given
        for name, value in cells.items():
            _, x, y = name.split("_")
            S[int(y), int(x)] = value
        return S

    wide = 2 * radius + 1
    cases: list[Case] = [
        (flat(3, 4, c_1_1=0.9), 0.05),
        (flat(3, 4, c_2_1=0.7, c_1_1=0.7), 0.05),
        (flat(4, 3, c_1_2=0.6, c_1_1=0.6), 0.05),
        (flat(4, 3, c_1_1=0.65, c_0_2=0.65), 0.05),  # of which the first is another one by columns
        (flat(3, 4, c_1_1=0.9, c_2_2=0.5), 0.05),
        (flat(3, 4, c_3_0=0.8), 0.05),
        (flat(4, 5, c_1_1=0.04, c_3_3=0.045), 0.05),
        (flat(3, wide + 2, c_0_1=0.5, **{f"c_{wide + 1}_1": 0.75}), 0.5),  # one is just at the threshold
        (flat(4, wide + 4, c_1_1=0.9) + np.eye(4, wide + 4, wide) * 0.4, 0.2),
        (
            flat(5, 2 * wide, c_0_2=0.9) + 0.5 * (np.arange(2 * wide) == 2 * wide - 1) * (np.arange(5) == 2)[:, None],
            0.05,
        ),
    ]
    # A cell near a higher one that is no peak itself, whose own peak is further away:
    slope = {f"c_{radius + 1}_0": 0.6, f"c_{radius + 2}_0": 0.8}
    cases.append((flat(2, wide + 2, c_1_0=0.5, **slope), 0.05))
    for step in (radius, radius + 1):  # three in a row and in a column: only the middle one is a peak, and all are
        row = flat(2, 2 * step + 1, c_0_0=0.5, **{f"c_{step}_0": 0.9, f"c_{2 * step}_0": 0.5})
        cases += [(row, 0.05), (row.T.copy(), 0.05)]
    for h, w in ((5, 7), (9, 8), (12, 13)):
        cases.append((rng.permutation(h * w).reshape(h, w) / (h * w), 0.3))
    return cases


# ---- between the cells -----------------------------------------------------------------------------------------------


def _vertex(line: np.ndarray, at: int, to_parabola: Callable[[np.ndarray], np.ndarray]) -> float:
    middle = int(np.clip(at, 1, len(line) - 2))
    low, mid, high = to_parabola(line[middle - 1 : middle + 2])
    bend = low - 2 * mid + high
    return float(at) if abs(bend) < 1e-12 else middle - (high - low) / 2 / bend


@registered("The place of a peak between its cells", "line at", "line", power=POWERS)
def check_vertex(student: Student, *, seed: int = 0, power: float | None = None) -> None:
    """Where a row of cells is highest: a function of (line, at), a row of a map and its highest cell, in cells.

    The row is a Gaussian's; at the border the three outermost cells are to be taken.

    Args:
        student: the function.
        seed: of the cases.
        power: a variation: the row is no Gaussian's, but ``A * (1 + (d / w)**2)**-power`` at the distance d from the
            part, with an A and a w that nobody knows.

    Raises:
        CheckFailed: with its diagnosis.
    """
    true = np.log if power is None else lambda cells: -(cells ** (-1 / power))

    def right(line: np.ndarray, at: int) -> float:
        return _vertex(line, at, true)

    def wraps(line: np.ndarray, at: int) -> float:
        low, mid, high = true(line[[at - 1, at, (at + 1) % len(line)]])
        return float(at - (high - low) / 2 / (low - 2 * mid + high))

    def moved(factor: float, of: Callable[[np.ndarray, int], int]) -> Callable[[Case, Any], bool]:
        """The place so many times as far away as it is, from a cell."""
        return gives(lambda line, at: of(line, at) + factor * (right(line, at) - of(line, at)))

    def middle_of(line: np.ndarray, at: int) -> int:
        return int(np.clip(at, 1, len(line) - 2))

    def at_of(line: np.ndarray, at: int) -> int:
        return at

    def repeated(line: np.ndarray, at: int) -> float:
        low, mid, high = true(np.pad(line, 1, mode="edge")[at : at + 3])
        return float(at - (high - low) / 2 / (low - 2 * mid + high))

    def quarter(line: np.ndarray, at: int, of: Callable[[np.ndarray, int], int]) -> float:
        cell = of(line, at)
        higher = np.sign(line[cell + 1] - line[cell - 1]) if 0 < cell < len(line) - 1 else 0
        return float(cell + higher / 4)

    def three_alike(line: np.ndarray, at: int) -> float:
        middle = middle_of(line, at)
        low, mid, high = true(line[middle - 1 : middle + 2])
        return float(middle - (high - low) / 2 / (low - mid + high))

    def through_the_row(to_parabola: Callable[[np.ndarray], np.ndarray]) -> Callable[[Case, Any], bool]:
        def fits(line: np.ndarray, at: int) -> float:
            a, b, _ = np.polyfit(np.arange(len(line)), to_parabola(line), 2)
            return float(-b / 2 / a)

        return gives(fits)

    def to_another_power(answers: Sequence[Answer]) -> bool:
        k = power or 1.0
        known_ones = {1.0, 2.0, 3.0, 1 / 2, 1 / 3, 2 / 3, 3 / 2, k, 1 / k, 2 / k, 1 / (2 * k), k / 2}
        powers = {sign * one for one in known_ones for sign in (-1, 1)}
        return any(
            all(gives(lambda line, at, p=p: _vertex(line, at, lambda c: c**p))(*one) for one in answers)
            for p in sorted(powers)
            if min(abs(p - 1), abs(p + 1 / k)) > 1e-9
        )

    undone = "You raise the cells to a power that does not make a parabola of this curve: try it with a curve you know."
    wrong_power = [] if power is None else [
        Mistake("wrong-power", undone, BETWEEN, fits_all=to_another_power),
    ]  # fmt: skip
    mistakes = [
        Mistake("no-refinement", "You give the cell itself. Its neighbours know more: the part lies nearer to the "
                "higher one.", BETWEEN, gives(lambda line, at: at)),
        *(Mistake("gaussian-assumed", "You take the row for a Gaussian's; in this task it is another curve.", BETWEEN,
                  fits) for fits in (gives(lambda line, at: _vertex(line, at, np.log)), through_the_row(np.log))),
        *wrong_power,
        *(Mistake("no-logarithm", "You put the parabola through the values themselves. The values are no parabola; "
                  "look for what has to be done to them first.", BETWEEN, fits)
          for fits in (gives(lambda line, at: _vertex(line, at, lambda c: c)), through_the_row(lambda c: c))),
        *(one for of in (at_of, middle_of) for one in (
            Mistake("sign-reversed", "You move the peak away from the higher neighbour.", BETWEEN, moved(-1, of)),
            Mistake("twice-the-shift", "You move the peak twice as far as you should.", BETWEEN, moved(2, of)),
            Mistake("half-the-shift", "You move the peak half as far as you should.", BETWEEN, moved(0.5, of)),
            Mistake("cell-not-added", "You give the shift from the cell; wanted is the place in the row.", BETWEEN,
                    gives(lambda line, at, of=of: right(line, at) - of(line, at))),
            Mistake("quarter-step", "You move the peak by a quarter of a cell towards the higher neighbour, whatever "
                    "the values are. They say how far it is.", BETWEEN, gives(partial(quarter, of=of))))),
        Mistake("cell-not-added", "You count from the first of the three cells; wanted is the place in the row.",
                BETWEEN, gives(lambda line, at: right(line, at) - middle_of(line, at) + 1)),
        *(Mistake("one-cell-off", "Your place is off by one whole cell: from which cell is your shift counted?",
                  BETWEEN, gives(lambda line, at, off=off: right(line, at) + off)) for off in (-1, 1)),
        Mistake("place-doubled", "Your place is twice as far from the first cell of the row as it should be: a factor "
                "is missing in the vertex.", BETWEEN, gives(lambda line, at: 2 * right(line, at))),
        Mistake("sign-reversed", "Your place has the wrong sign: it lies before the first cell of the row.", BETWEEN,
                gives(lambda line, at: -right(line, at))),
        Mistake("bend-of-three", "The bend of your parabola is wrong: three equal cells have none, and in yours they "
                "do.", BETWEEN, gives(three_alike)),
        Mistake("border-counted-from-at", "At the border your shift is counted from another cell than the one that you "
                "add it to: of the three cells, which one is in the middle?", BETWEEN,
                gives(lambda line, at: right(line, at) + at - middle_of(line, at))),
        Mistake("border-repeated", "At the border you count the last cell twice; the three outermost cells are to be "
                "taken.", BETWEEN, gives(repeated)),
        Mistake("border-wraps", "At the border you take a cell from the other end of the row; the three outermost "
                "cells are to be taken.", BETWEEN, gives(wraps)),
        *(Mistake("centre-of-mass", "You take the mean of the cells, weighted by their values. It is drawn to the "
                  "middle: the cells do not hold the whole spot.", BETWEEN, gives(mean))
          for mean in (_centre_of_mass, lambda line, at: line @ np.arange(len(line)) / line.sum())),
        *(Mistake("border-not-refined", "At the border you give the cell itself; the three outermost cells are enough "
                  "there too.", BETWEEN,
                  gives(lambda line, at, low=low, high=high: right(line, at) if low <= at < len(line) - high else at))
          for low, high in ((1, 1), (1, 0), (0, 1))),
    ]  # fmt: skip
    values = Values(("line", "at"), "the place in cells (a number)", right, mistakes, tolerance=2e-3)
    judge(student, values.task(), _line_cases(np.random.default_rng(seed), power))


def _centre_of_mass(line: np.ndarray, at: int) -> float:
    middle = int(np.clip(at, 1, len(line) - 2))
    cells = line[middle - 1 : middle + 2]
    return float((cells * np.arange(middle - 1, middle + 2)).sum() / cells.sum())


def _line_cases(rng: np.random.Generator, power: float | None) -> list[Case]:
    places: Sequence[tuple[int, int, float]] = [(3, 1, 0.3), (3, 1, -0.25), (5, 2, 0.42), (4, 1, -0.4)]
    places = [*places, *((7, int(rng.integers(1, 6)), between(rng, -0.45, 0.45, 2)) for _ in range(4))]
    places = [*places, (4, 0, 0.3), (5, 4, -0.2), (6, 0, 0.15)]
    cases: list[Case] = []
    for size, at, shift in places:
        square = ((np.arange(size) - at - shift) / between(rng, 1.1, 2)) ** 2
        curve = np.exp(-square) if power is None else (1 + square) ** -power
        cases.append((between(rng, 0.4, 1, 2) * curve, at))
    return cases


# ---- between the cells, in two directions ----------------------------------------------------------------------------


def _summit(
    patch: np.ndarray,
    cross: float = 1.0,
    to_parabola: Callable[[np.ndarray], np.ndarray] = np.log,
    order: tuple[int, int] = (1, 1),
) -> np.ndarray:
    """(2,) from the middle of a patch (3, 3) to the top of the surface of second order through it.

    Args:
        patch: the cells.
        cross: how often the mixed term counts.
        to_parabola: what is done to the cells first.
        order: of slope and bend: 1 for x first, -1 for y first.
    """
    v = to_parabola(patch)
    slope = np.array([v[1, 2] - v[1, 0], v[2, 1] - v[0, 1]])[:: order[0]] / 2
    bend = np.diag([v[1, 0] - 2 * v[1, 1] + v[1, 2], v[0, 1] - 2 * v[1, 1] + v[2, 1]][:: order[1]])
    bend = bend + cross * np.array([[0, 1], [1, 0]]) * (v[2, 2] - v[2, 0] - v[0, 2] + v[0, 0]) / 4
    return -np.asarray(np.linalg.pinv(bend) @ slope)


def _mean_of_patch(patch: np.ndarray) -> np.ndarray:
    columns, rows = patch.sum(axis=0), patch.sum(axis=1)
    return np.array([columns[2] - columns[0], rows[2] - rows[0]]) / patch.sum()


@registered("The place of a peak in two directions", "patch")
def check_summit(student: Student, *, seed: int = 0) -> None:
    """Where a turned ellipse is highest: a function of (patch) that returns how far (x, y) the top is from the middle.

    ``patch`` (3, 3) holds a cell that is a peak and its eight neighbours, all of one Gaussian whose spot is an ellipse
    that nobody knows; the shift is in cells.

    Args:
        student: the function.
        seed: of the cases.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def to_a_power(answers: Sequence[Answer]) -> bool:
        def with_power(k: float) -> Callable[[Case, Any], bool]:
            return gives(partial(_summit, to_parabola=lambda cells: cells ** (-1 / k)))

        return any(all(with_power(k)(*answer) for answer in answers) for k in POWERS)

    def mixed_with_a_factor(answers: Sequence[Answer]) -> bool:
        def times(cross: float, whole: float) -> Callable[[Case, Any], bool]:
            return gives(lambda patch: whole * _summit(patch, cross))

        wrong = [times(cross, whole) for cross in (0.25, 0.5, 2.0, 4.0) for whole in (0.5, 1.0, 2.0)]
        return any(all(fits(*answer) for answer in answers) for fits in wrong)

    def quarter(patch: np.ndarray) -> np.ndarray:
        return np.asarray(np.sign([patch[1, 2] - patch[1, 0], patch[2, 1] - patch[0, 1]]) / 4)

    mistakes = [
        Mistake("no-refinement", "You give the cell itself. Its neighbours know more: the part lies nearer to the "
                "higher ones.", BETWEEN, gives(lambda patch: np.zeros(2))),
        Mistake("no-refinement", "You give the cell itself, counted from the first cell of the patch. Its neighbours "
                "know more: the part lies nearer to the higher ones.", BETWEEN, gives(lambda patch: np.ones(2))),
        Mistake("directions-apart", "You look along the row and along the column, each for itself. That is right for a "
                "round spot; in a turned ellipse the cells across the corners matter as well.", BETWEEN,
                gives(partial(_summit, cross=0.0))),
        Mistake("no-logarithm", "You put the surface through the values themselves. The values are no surface of "
                "second order; look for what has to be done to them first.", BETWEEN,
                lambda case, yours: any(gives(partial(_summit, cross=cross, to_parabola=lambda values: values))(
                    case, yours) for cross in (0.0, 1.0))),
        Mistake("wrong-power", "You raise the cells to a power, as for another curve. This patch is a Gaussian's.",
                BETWEEN, fits_all=to_a_power),
        Mistake("xy-swapped", "x and y are exchanged: x counts columns, and comes first.", CELLS,
                gives(lambda patch: _summit(patch)[::-1])),
        *(Mistake("xy-swapped", "x and y are exchanged in one half of your sum: slope and bend must begin with the "
                  "same axis.", CELLS, gives(partial(_summit, order=order))) for order in ((-1, 1), (1, -1))),
        Mistake("sign-reversed", "You move the peak away from the higher neighbours.", BETWEEN,
                gives(lambda patch: -_summit(patch))),
        Mistake("twice-the-shift", "You move the peak twice as far as you should.", BETWEEN,
                gives(lambda patch: 2 * _summit(patch))),
        Mistake("half-the-shift", "You move the peak half as far as you should.", BETWEEN,
                gives(lambda patch: _summit(patch) / 2)),
        Mistake("cross-term-reversed", "The mixed term has the wrong sign: your ellipse is turned the other way.",
                BETWEEN, gives(partial(_summit, cross=-1.0))),
        Mistake("cross-term-scaled", "The mixed term counts too much or too little beside the other two: try it with "
                "a surface whose terms you know.", BETWEEN, fits_all=mixed_with_a_factor),
        Mistake("quarter-step", "You move the peak by a quarter of a cell towards the higher neighbours, whatever the "
                "values are. They say how far it is.", BETWEEN, gives(quarter)),
        Mistake("counted-from-the-corner", "You count from the first cell of the patch; wanted is the shift from the "
                "cell in its middle.", BETWEEN, gives(lambda patch: _summit(patch) + 1)),
        Mistake("centre-of-mass", "You take the mean of the cells, weighted by their values. It is drawn to the "
                "middle: the nine cells do not hold the whole spot.", BETWEEN,
                lambda case, yours: any(gives(lambda patch, at=at: _mean_of_patch(patch) + at)(case, yours)
                                        for at in (0, 1))),
    ]  # fmt: skip
    values = Values(("patch",), "the shift (x, y)", _summit, mistakes, ("component",), tolerance=2e-3)
    judge(student, values.task(), _patches(np.random.default_rng(seed)))


def _patches(rng: np.random.Generator) -> list[Case]:
    def patch(x: float, y: float, sigma: float, ratio: float, angle: float, height: float) -> np.ndarray:
        return height * _spot((x, y), (3, 3), 1, sigma, ratio, angle, origin=-1.0)

    cases: list[Case] = [(patch(0.3, 0.0, 1.5, 1, 0, 1.0),), (patch(-0.1, 0.25, 1.5, 1, 0, 1.0),)]
    for angle in (30, 60, 120, 150):
        drawn = np.zeros((3, 3))
        while drawn[1, 1] < drawn.max() or not drawn.any():  # its middle must be a peak
            x, y = between(rng, 0.1, 0.4, 2), between(rng, -0.4, -0.1, 2)
            sigma, height = between(rng, 1.6, 2.2, 2), between(rng, 0.4, 1, 2)
            drawn = patch(x, y, sigma, 0.65, angle + float(rng.integers(-10, 11)), height)
        cases.append((drawn,))
    return cases
