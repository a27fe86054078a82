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
RATIOS, ANGLES = steps(0.4, 0.75, 0.05), (*steps(15, 40, 5), *steps(50, 75, 5), *steps(105, 165, 5))


# ---- one spot --------------------------------------------------------------------------------------------------------


def _spot(
    point: Any,
    shape: tuple[int, int],
    stride: float,
    sigma: float,
    ratio: float = 1.0,
    angle: float = 0.0,
    origin: float | None = None,
    decay: Callable[[np.ndarray], np.ndarray] = lambda square: np.exp(-square),
) -> np.ndarray:
    origin = (stride - 1) / 2 if origin is None else origin
    dx = stride * np.arange(shape[1]) + origin - point[0]
    dy = (stride * np.arange(shape[0]) + origin - point[1])[:, None]
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    square = (cos * dx + sin * dy) ** 2 + ((cos * dy - sin * dx) / ratio) ** 2
    return decay(square / sigma**2)


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
         "square.", ONE, partial(spot, decay=lambda square: np.exp(-np.sqrt(square)))),
        ("sigma-not-squared", "The width is wrong: your sigma is not a distance in pixels that the part's distance is "
         "compared with.", ONE, lambda p, shape, s, sigma: spot(p, shape, s, sigma**0.5)),
    ]  # fmt: skip
    return wrong


def _wrong_ellipses(ratio: float, angle: float) -> list[Wrong]:
    return [
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
    keypoints: np.ndarray, shape: tuple[int, int], stride: float, sigma: float, *, spot: Spot, merge: Merge
) -> np.ndarray:
    """Maps (J, h, w); ``merge`` makes one map of the spots (K, h, w) of those who have a part."""
    maps = np.zeros((keypoints.shape[1], *shape))
    for j in range(len(maps)):
        spots = [spot(person[j], shape, stride, sigma) for person in keypoints if person[j, 2] > 0]
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
    mistakes = [*(_wrong_unions(spot) if merge == "union" else []), *_wrong_merges(spot, right)]
    mistakes += [
        Mistake(slug, words, look, gives(partial(_maps, spot=wrong, merge=_MERGES[merge])))
        for slug, words, look, wrong in _wrong_spots(ratio, angle)
    ]
    names, axes = ("keypoints", "shape", "stride", "sigma"), ("channel", "row", "column")
    values = Values(names, "the maps (parts, rows, columns)", right, mistakes + _common(right), axes)
    judge(student, values.task(), _people_cases(np.random.default_rng(seed)))


def _wrong_unions(spot: Spot) -> list[Mistake]:
    def less_product(spots: np.ndarray) -> np.ndarray:
        return np.asarray(spots.sum(axis=0) - spots.prod(axis=0) if len(spots) > 1 else spots[0])

    def less_pairs(spots: np.ndarray) -> np.ndarray:
        total = spots.sum(axis=0)
        return np.asarray(total - (total**2 - (spots**2).sum(axis=0)) / 2)

    words = ("Where two people meet your map is right, and where three do it is not: what two of them have in common "
             "is another thing than what all have.")  # fmt: skip
    return [
        Mistake("union-of-two", words, REDUCE, gives(partial(_maps, spot=spot, merge=merge)))
        for merge in (less_product, less_pairs)
    ]


def _wrong_merges(spot: Spot, right: Callable[..., np.ndarray]) -> list[Mistake]:
    def merged(merge: Merge) -> Callable[[Case, Any], bool]:
        return gives(partial(_maps, spot=spot, merge=merge))

    def of_all(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Case, Any], bool]:
        return gives(lambda keypoints, *rest: right(change(keypoints), *rest))

    def averaged(keypoints: np.ndarray, *rest: Any) -> np.ndarray:
        return _maps(keypoints, *rest, spot=spot, merge=lambda spots: spots.sum(axis=0) / len(keypoints))

    return [
        Mistake("max-for-union", "You keep the larger value; in this task two spots strengthen each other.", REDUCE,
                merged(_highest)),
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
        Mistake("smallest-for-max", "You keep the smaller value where two spots overlap.", SEVERAL,
                merged(lambda spots: spots.min(axis=0))),
        Mistake("missing-part-drawn",
                "A part with score 0 is missing, whatever its x and y say: it must leave no mark.",
                SEVERAL, of_all(lambda k: np.concatenate([k[..., :2], np.ones_like(k[..., 2:])], axis=-1))),
        Mistake("score-as-height", "You multiply the spot by the score. A part is there or not; the true map rises to "
                "1 at every one that is.", SEVERAL, gives(partial(_maps_with_scores, spot=spot))),
        Mistake("parts-mixed", "All channels hold all parts: channel j must hold part j and nothing else.",
                "Parts and limbs, in Skeletons and grids",
                gives(lambda *case: np.broadcast_to(right(*case).max(axis=0, initial=0), right(*case).shape))),
        Mistake("parts-reversed", "The channels are in the wrong order: channel j must hold part j.",
                "Parts and limbs, in Skeletons and grids", gives(lambda *case: right(*case)[::-1])),
    ]  # fmt: skip


def _maps_with_scores(keypoints: np.ndarray, *rest: Any, spot: Spot) -> np.ndarray:
    maps = np.zeros((keypoints.shape[1], *rest[0]))
    for person in keypoints:
        for j, part in enumerate(person):
            maps[j] = np.maximum(maps[j], part[2] * spot(part, *rest))
    return maps


def _people_cases(rng: np.random.Generator) -> list[Case]:
    near = np.array([[[11.5, 3.5, 1.0]], [[17.0, 5.0, 1.0]]])
    cases: list[Case] = [(near[:1], (1, 2), 8, 10.0), (near, (2, 3), 8, 10.0)]
    apart = np.array([[[3.0, 4.0, 1.0], [28.0, 9.0, 1.0]]])
    lacking = np.array([[[14.0, 5.0, 0.0], [20.0, 11.0, 0.6]], [[9.0, 12.0, 1.0], [26.0, 3.0, 0.0]]])
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
    diagonal: bool = True,
    wrap: bool = False,
) -> Cells:
    """Cells (x, y) above the threshold and their neighbours.

    Args:
        S, threshold, radius: as for a student.
        before, behind: whether a cell must be greater than its neighbours before and behind it in row order, or only
            not smaller.
        diagonal: whether neighbours across a corner count.
        wrap: whether the neighbour beyond the border is the one at the other side.
    """
    h, w = S.shape
    padded = np.pad(S, radius, mode="wrap") if wrap else np.pad(S, radius, constant_values=-np.inf)
    highest = np.asarray(threshold < S)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            if (dx, dy) == (0, 0) or (not diagonal and dx and dy):
                continue
            other = padded[radius + dy : radius + dy + h, radius + dx : radius + dx + w]
            strict = before if (dy, dx) < (0, 0) else behind
            highest &= (other < S) if strict else (other <= S)
    return [(int(x), int(y)) for y, x in np.argwhere(highest)]


def _read_cells(value: Any, question: Question) -> Cells:
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
        mistake = known(answers, _wrong_peaks(radius, fits)) or Mistake(
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


def _wrong_peaks(
    radius: int, fits: Callable[[Callable[[np.ndarray, float], Cells]], Callable[[Case, Any], bool]]
) -> list[Mistake]:
    here = partial(_peaks, radius=radius)

    def inside(S: np.ndarray, threshold: float) -> Cells:
        h, w = S.shape
        return [(x, y) for x, y in here(S, threshold) if 0 < x < w - 1 and 0 < y < h - 1]

    def trimmed(S: np.ndarray, threshold: float) -> Cells:
        h, w = S.shape
        return [(x, y) for x, y in here(S, threshold) if radius <= x < w - radius and radius <= y < h - radius]

    def highest(S: np.ndarray, threshold: float) -> Cells:
        found = here(S, threshold)
        return sorted(found, key=lambda cell: -S[cell[1], cell[0]])[:1]

    def last(S: np.ndarray, threshold: float) -> Cells:
        return here(S, threshold, before=False, behind=True)

    border = "Cells of the border count like all others: beyond the border there is nothing."
    tie = "Of equal neighbours the first in row order is the peak, and no other."
    return [
        Mistake("xy-swapped", "x and y are exchanged: a cell is (x, y), column first, and an array is indexed by its "
                "row first.", PEAKS, fits(lambda S, t: [(y, x) for x, y in here(S, t)])),
        Mistake("radius-ignored", "You compare a cell with the next ones alone; in this task neighbours further away "
                "count too.", PEAKS, fits(lambda S, t: _peaks(S, t))),
        Mistake("plateau-lost", f"Of two equal neighbours you lose both: a part between two cells is found by neither. "
                f"{tie}", PEAKS, fits(partial(here, behind=True))),
        Mistake("plateau-twice", f"Of two equal neighbours you keep both: one part becomes two. {tie}", PEAKS,
                fits(partial(here, before=False))),
        Mistake("last-of-equals", f"Of two equal neighbours you keep the wrong one. {tie}", PEAKS, fits(last)),
        Mistake("border-lost", f"You never look at the cells of the border. {border}", PEAKS, fits(inside)),
        Mistake("border-lost", f"You never look at the cells near the border. {border}", PEAKS, fits(trimmed)),
        Mistake("border-wraps", f"A cell of the border is compared with the cell at the opposite border. {border}",
                PEAKS, fits(partial(here, wrap=True))),
        Mistake("threshold-ignored", "Peaks below the threshold must be dropped.", PEAKS,
                fits(lambda S, t: here(S, -np.inf))),
        Mistake("at-least-for-more-than", "A cell just as high as the threshold counts in yours; a peak must be above "
                "it.", PEAKS, fits(lambda S, t: here(S, np.nextafter(t, -np.inf)))),
        Mistake("four-neighbours", "You compare with the cells beside, above and below alone: a cell has eight "
                "neighbours, and those across a corner count too.", PEAKS, fits(partial(here, diagonal=False))),
        Mistake("highest-only", "You give the highest peak alone: a map holds one for each person.",
                PEAKS, fits(highest)),
        Mistake("no-suppression", "You give all cells above the threshold: a spot is several cells wide, and one part "
                "becomes many peaks.", PEAKS,
                fits(lambda S, t: [(int(x), int(y)) for y, x in np.argwhere(t < S)])),
        Mistake("padding-left-in", "All your cells are off by the same number of rows and columns: a border that was "
                "put round the map is still counted.", PEAKS,
                fits(lambda S, t: [(x + radius, y + radius) for x, y in here(S, t)])),
        Mistake("padding-left-in", "All your cells are off by one row and one column: something that was put round the "
                "map, or cut off it, is not counted back.", PEAKS,
                fits(lambda S, t: [(x - 1, y - 1) for x, y in here(S, t)])),
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
    for h, w in ((5, 7), (9, 8), (12, 13)):
        cases.append((rng.permutation(h * w).reshape(h, w) / (h * w), 0.3))
    return cases


# ---- between the cells -----------------------------------------------------------------------------------------------


def _vertex(line: np.ndarray, at: int, to_parabola: Callable[[np.ndarray], np.ndarray]) -> float:
    middle = int(np.clip(at, 1, len(line) - 2))
    low, mid, high = to_parabola(line[middle - 1 : middle + 2])
    bend = low - 2 * mid + high
    return float(at) if abs(bend) < 1e-12 else middle - (high - low) / 2 / bend


@registered("The place of a peak between its cells", "line at", "line", power=(1.5, 2.0, 3.0))
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

    undone = "You raise the cells to a power that does not make a parabola of this curve: try it with a curve you know."
    wrong_power = [] if power is None else [
        Mistake("wrong-power", undone, BETWEEN, gives(lambda line, at: _vertex(line, at, lambda c: c**-power))),
        Mistake("wrong-power", undone, BETWEEN, gives(lambda line, at: _vertex(line, at, lambda c: c ** (1 / power)))),
    ]  # fmt: skip
    mistakes = [
        Mistake("no-refinement", "You give the cell itself. Its neighbours know more: the part lies nearer to the "
                "higher one.", BETWEEN, gives(lambda line, at: at)),
        Mistake("gaussian-assumed", "You take the row for a Gaussian's; in this task it is another curve.", BETWEEN,
                gives(lambda line, at: _vertex(line, at, np.log))),
        *wrong_power,
        Mistake("no-logarithm", "You put the parabola through the values themselves. The values are no parabola; look "
                "for what has to be done to them first.",
                BETWEEN, gives(lambda line, at: _vertex(line, at, lambda c: c))),
        Mistake("sign-reversed", "You move the peak away from the higher neighbour.", BETWEEN,
                gives(lambda line, at: 2 * at - right(line, at))),
        Mistake("twice-the-shift", "You move the peak twice as far as you should.", BETWEEN,
                gives(lambda line, at: 2 * right(line, at) - at)),
        Mistake("half-the-shift", "You move the peak half as far as you should.", BETWEEN,
                gives(lambda line, at: (right(line, at) + at) / 2)),
        Mistake("cell-not-added", "You give the shift from the cell; wanted is the place in the row.", BETWEEN,
                gives(lambda line, at: right(line, at) - at)),
        Mistake("border-wraps", "At the border you take a cell from the other end of the row; the three outermost "
                "cells are to be taken.", BETWEEN, gives(wraps)),
        Mistake("centre-of-mass", "You take the mean of the cells, weighted by their values. It is drawn to the "
                "middle: the three cells do not hold the whole spot.", BETWEEN, gives(_centre_of_mass)),
        Mistake("border-not-refined", "At the border you give the cell itself; the three outermost cells are enough "
                "there too.", BETWEEN,
                gives(lambda line, at: right(line, at) if 0 < at < len(line) - 1 else at)),
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
    patch: np.ndarray, cross: bool = True, to_parabola: Callable[[np.ndarray], np.ndarray] = np.log
) -> np.ndarray:
    """(2,) from the middle of a patch (3, 3) to the top of the surface of second order through it."""
    v = to_parabola(patch)
    slope = np.array([v[1, 2] - v[1, 0], v[2, 1] - v[0, 1]]) / 2
    bend = np.diag([v[1, 0] - 2 * v[1, 1] + v[1, 2], v[0, 1] - 2 * v[1, 1] + v[2, 1]])
    if cross:
        bend = bend + np.array([[0, 1], [1, 0]]) * (v[2, 2] - v[2, 0] - v[0, 2] + v[0, 0]) / 4
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
    mistakes = [
        Mistake("no-refinement", "You give the cell itself. Its neighbours know more: the part lies nearer to the "
                "higher ones.", BETWEEN, gives(lambda patch: np.zeros(2))),
        Mistake("directions-apart", "You look along the row and along the column, each for itself. That is right for a "
                "round spot; in a turned ellipse the cells across the corners matter as well.", BETWEEN,
                gives(partial(_summit, cross=False))),
        Mistake("no-logarithm", "You put the surface through the values themselves. The values are no surface of "
                "second order; look for what has to be done to them first.", BETWEEN,
                gives(partial(_summit, to_parabola=lambda values: values))),
        Mistake("xy-swapped", "x and y are exchanged: x counts columns, and comes first.", CELLS,
                gives(lambda patch: _summit(patch)[::-1])),
        Mistake("sign-reversed", "You move the peak away from the higher neighbours.", BETWEEN,
                gives(lambda patch: -_summit(patch))),
        Mistake("twice-the-shift", "You move the peak twice as far as you should.", BETWEEN,
                gives(lambda patch: 2 * _summit(patch))),
        Mistake("half-the-shift", "You move the peak half as far as you should.", BETWEEN,
                gives(lambda patch: _summit(patch) / 2)),
        Mistake("counted-from-the-corner", "You count from the first cell of the patch; wanted is the shift from the "
                "cell in its middle.", BETWEEN, gives(lambda patch: _summit(patch) + 1)),
        Mistake("centre-of-mass", "You take the mean of the cells, weighted by their values. It is drawn to the "
                "middle: the nine cells do not hold the whole spot.", BETWEEN, gives(_mean_of_patch)),
    ]  # fmt: skip
    values = Values(("patch",), "the shift (x, y)", _summit, mistakes, ("component",), tolerance=2e-3)
    judge(student, values.task(), _patches(np.random.default_rng(seed)))


def _patches(rng: np.random.Generator) -> list[Case]:
    def patch(x: float, y: float, sigma: float, ratio: float, angle: float, height: float) -> np.ndarray:
        return height * _spot((x, y), (3, 3), 1, sigma, ratio, angle, origin=-1.0)

    cases: list[Case] = [(patch(0.3, 0.0, 1.5, 1, 0, 1.0),), (patch(-0.1, 0.25, 1.5, 1, 0, 1.0),)]
    for angle in (30, 60, 120, 150):
        x, y = between(rng, 0.1, 0.4, 2), between(rng, -0.4, -0.1, 2)
        sigma, height = between(rng, 1.6, 2.2, 2), between(rng, 0.4, 1, 2)
        cases.append((patch(x, y, sigma, 0.65, angle + float(rng.integers(-10, 11)), height),))
    return cases
