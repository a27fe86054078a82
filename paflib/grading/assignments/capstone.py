"""The capstone: a network for a skeleton that nobody has trained one for, judged on scenes that nobody has seen.

A student invents a stick figure (:mod:`paflib.synthetic.sticks`), draws its true maps, trains a small network on
generated scenes and decodes its maps. What is judged is what their functions return: ``creature()`` the figure,
``targets(keypoints)`` its maps, ``find(image)`` the figures in an image. The scenes are drawn by the class's word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from paflib.checks.core import Asked, CheckFailed, Mistake, Question, Student, numbers, plain
from paflib.checks.show import Result
from paflib.errors import PaflibError
from paflib.fields import Grid, affinity_fields, confidence_maps
from paflib.grading.assignment import Question as GradedQuestion
from paflib.grading.assignments import Part, Plan, bridged, cases
from paflib.grading.limits import MIB, Limits
from paflib.skeleton import BODY_25, COCO_17, COCO_18, MPII_15
from paflib.synthetic.sticks import Figure, stick_scene

SIZE, STRIDE = (96, 128), 4
SHAPE = (SIZE[0] // STRIDE, SIZE[1] // STRIDE)
NEAR = 0.12
"""A part is right within this share of the figure's size; so near is about a tenth of a person's height."""

_FEWEST, _MOST = 5, 10
_LARGEST, _LONGEST = 1e4, 40
_FIGURES = 500
"""Far more figures than any scene holds: so many cannot be matched in reasonable time."""
_RANGES: dict[str, tuple[float, ...]] = {"sigma": (4.0, 4.5, 5.0, 5.5, 6.0), "limb_width": (3.5, 4.0, 4.5, 5.0)}
MAPS, DECODING, TRAINING = "Several people: Eq. 8, in Confidence maps", "Who is a person?, in Assembly", "Training"
LIMBS = "How wide is a limb?, in Part affinity fields"


# ---- what comes back from a student ----------------------------------------------------------------------------------


def _ask(function: Any, names: tuple[str, ...], *case: Any) -> tuple[Any, Question]:
    return Asked(function, names)(*case), Question(names, case)


def figure_of(creature: Student) -> Figure:
    """The figure that a student's ``creature()`` describes.

    Raises:
        CheckFailed: ``wrong-type``, ``number-of-parts``, ``out-of-range``, ``not-a-tree``,
            ``parts-too-near`` or ``not-new``.
    """
    value, question = _ask(creature, ())
    try:
        parts = [str.strip(part) for part in value["parts"]]
        limbs = [(int(a), int(b)) for a, b in value["limbs"]]
        pose = np.array([[float(x), float(y)] for x, y in value["pose"]])
    except Exception:  # what stands there instead may raise anything when it is read
        words = 'Your function must return {"parts": names, "limbs": pairs of part numbers, "pose": pairs x, y}.'
        raise question.failure("wrong-type", words) from None
    if not _FEWEST <= len(parts) <= _MOST:
        words = f"Your figure has {len(parts)} parts; {_FEWEST} to {_MOST} are asked for."
        raise question.failure("number-of-parts", words)
    small = all(abs(number) <= _LARGEST for number in (*pose.flat, *(part for limb in limbs for part in limb)))
    if not small or any(not 0 < len(part) <= _LONGEST for part in parts):
        words = f"A name has 1 to {_LONGEST} letters, and no number is larger than {_LARGEST:g}, or NaN."
        raise question.failure("out-of-range", words)
    try:
        figure = Figure.of(parts, limbs, pose)
    except PaflibError as error:
        words = "The limbs must be a tree, from part 0 outwards, and every part has a place in the pose."
        raise question.failure("not-a-tree", words, f"What is said of yours: {error}.") from None
    apart = np.linalg.norm(pose[:, None] - pose, axis=-1) + np.where(np.eye(len(pose)), np.inf, 0)
    if apart.min() < 0.12 * figure.size:
        a, b = (parts[int(k)] for k in np.unravel_index(apart.argmin(), apart.shape))
        words = f"{a} and {b} lie so near each other that no map of this size can hold them apart."
        raise question.failure("parts-too-near", words)
    if any(set(parts) <= set(known.parts) for known in (COCO_17, COCO_18, MPII_15, BODY_25)):
        words = "All your parts are those of a person, for whom there are networks already. Invent something."
        raise question.failure("not-new", words)
    return figure


def check_creature(functions: Mapping[str, Student], seed: int = 0) -> None:
    """A figure that can be drawn: ``creature()`` returns its parts, limbs and pose."""
    figure_of(functions["creature"])


# ---- true maps -------------------------------------------------------------------------------------------------------


def soft_limbs(keypoints: np.ndarray, limbs: Sequence[tuple[int, int]], limb_width: float, ends: bool = True) -> Any:
    """The limbs of all figures (N, C, 2, h, w): vectors along a limb that grow shorter away from it, as Eq. 7's spots.

    Args:
        keypoints: (N, J, 3), with nothing missing.
        limbs: C pairs of parts.
        limb_width: at this distance in pixels a vector has the length 1/e.
        ends: whether a limb ends at its parts, or goes on as a line.
    """
    x, y = np.meshgrid(*Grid(STRIDE).axes(SHAPE))
    drawn = np.zeros((len(keypoints), len(limbs), 2, *SHAPE))
    for n, c in np.ndindex(len(keypoints), len(limbs)):
        a, b = (keypoints[n, part, :2] for part in limbs[c])
        way = (b - a) / np.linalg.norm(b - a)
        along = way[0] * (x - a[0]) + way[1] * (y - a[1])
        if ends:
            along = np.clip(along, 0, np.linalg.norm(b - a))
        away = (x - a[0] - along * way[0]) ** 2 + (y - a[1] - along * way[1]) ** 2
        drawn[n, c] = np.exp(-away / limb_width**2) * way[:, None, None]
    return drawn


def _longest(drawn: np.ndarray) -> np.ndarray:
    """In every cell the longest vector of all figures: (C, 2, h, w)."""
    first = np.linalg.norm(drawn, axis=2).argmax(axis=0)[None, :, None]
    return np.take_along_axis(drawn, first, axis=0)[0]


def true_maps(figure: Figure, keypoints: np.ndarray, sigma: float, limb_width: float) -> tuple[np.ndarray, np.ndarray]:
    """The confidence maps (J, h, w) and the soft affinity fields (C, 2, h, w) of some figures."""
    S = confidence_maps(keypoints, SHAPE, Grid(STRIDE), sigma)
    return S, _longest(soft_limbs(keypoints, figure.skeleton.limbs, limb_width))


def check_maps(functions: Mapping[str, Student], seed: int = 0, *, sigma: float, limb_width: float) -> None:
    """The true maps: ``targets(keypoints)`` returns (J + 2 C, h, w), first all of S, then x and y of every limb.

    The limbs are not those of Eq. 9 and 10, which the library draws: they have soft edges, and of several the longest
    vector counts.
    """
    figure = figure_of(functions["creature"])
    J, C = figure.skeleton.J, figure.skeleton.C
    for n in (1, 2, 3):
        keypoints = stick_scene(figure, np.random.default_rng([seed, n]), n)[1]
        value, question = _ask(functions["targets"], ("keypoints",), keypoints)
        yours = numbers(value, question, (J + 2 * C, *SHAPE), "the maps (J + 2 C, rows, columns)")
        S, L = true_maps(figure, keypoints, sigma, limb_width)
        wanted = np.concatenate([S, L.reshape(-1, *SHAPE)])
        if not np.allclose(yours, wanted, atol=2e-3):
            fields = _other_fields(keypoints, figure.skeleton.limbs, limb_width)
            mistake = _maps_mistake(yours, S, L, fields)
            where = np.unravel_index(np.abs(yours - wanted).argmax(), wanted.shape)
            channel, row, column = (int(k) for k in where)
            found = f"The largest difference is in channel {channel}, row {row}, column {column}."
            raise question.failure(mistake.slug, mistake.words, found, mistake.look)


def _other_fields(
    keypoints: np.ndarray, limbs: Sequence[tuple[int, int]], limb_width: float
) -> dict[str, tuple[str, np.ndarray]]:
    """What known mistakes make of the fields, by the mistake, with its words."""
    drawn = soft_limbs(keypoints, limbs, limb_width)
    found = {
        "edges-not-soft": (
            "Your limbs have hard edges, as in Eq. 9. Here the vectors grow shorter with the distance from the limb.",
            affinity_fields(keypoints, limbs, SHAPE, Grid(STRIDE), limb_width),
        ),
        "two-in-the-exponent": (
            "A vector at the distance r from its limb has the length exp(-(r / LIMB_WIDTH)^2), without a 2.",
            _longest(soft_limbs(keypoints, limbs, limb_width * 2**0.5)),
        ),
        "runs-past-the-ends": (
            "Your limbs go on beyond their parts: the distance is that from the limb, which ends there.",
            _longest(soft_limbs(keypoints, limbs, limb_width, ends=False)),
        ),
        "average-for-longest": (
            "Where limbs of several figures meet you take a mean; the longest vector is wanted.", drawn.mean(axis=0)),
        "sum-for-longest": (
            "Where limbs of several figures meet you add them up; the longest vector is wanted.", drawn.sum(axis=0)),
        "components-apart-in-place": (
            "Where limbs of several figures meet you take the larger x and the larger y, of two vectors perhaps; the "
            "longest vector is wanted, with both of its components.",
            np.take_along_axis(drawn, np.abs(drawn).argmax(axis=0)[None], axis=0)[0],
        ),
        "first-person-only": ("Only the first figure has limbs in yours.", drawn[0]),
        "overwritten": ("A later figure's limbs overwrite those of an earlier one; the longest vector is wanted.",
                        drawn[-1]),
    }  # fmt: skip
    return found


def _maps_mistake(
    yours: np.ndarray, S: np.ndarray, L: np.ndarray, fields: Mapping[str, tuple[str, np.ndarray]]
) -> Mistake:
    J, (h, w) = len(S), S.shape[1:]
    flat, by_component = L.reshape(-1, h, w), L.swapaxes(0, 1).reshape(-1, h, w)
    look = "Parts and limbs, in Skeletons and grids"
    known = {
        "limbs-first": ("The fields come first in yours; the confidence maps are to.", np.concatenate([flat, S])),
        "components-apart": ("Your fields have all x first and then all y; x and y of a limb belong beside each other.",
                             np.concatenate([S, by_component])),
        "xy-swapped": ("x and y of the fields are exchanged.", np.concatenate([S, L[:, ::-1].reshape(-1, h, w)])),
        "direction-reversed": ("Your fields point from the end of a limb to its start.", np.concatenate([S, -flat])),
    }  # fmt: skip
    for slug, (words, maps) in known.items():
        if np.allclose(yours, maps, atol=2e-3):
            return Mistake(slug, words, look)
    if np.allclose(yours[:J], S, atol=2e-3):
        for slug, (words, other) in fields.items():
            if np.allclose(yours[J:], other.reshape(-1, h, w), atol=2e-3):
                return Mistake(slug, words, LIMBS)
        return Mistake("fields-wrong", "The confidence maps are right, and the fields are not.", LIMBS)
    if np.allclose(yours[J:], flat, atol=2e-3):
        return Mistake("confidence-maps-wrong", "The fields are right, and the confidence maps are not.", MAPS)
    return Mistake("wrong-value", "Neither the confidence maps nor the fields are right.", MAPS)


# ---- held-out scenes -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """What was found in some scenes: right parts, all true parts, all parts that were said to be there."""

    right: int = 0
    true: int = 0
    said: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.right + other.right, self.true + other.true, self.said + other.said)

    @property
    def score(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / max(self.true + self.said, 1)


def count(found: np.ndarray, truth: np.ndarray) -> Counts:
    """Compare figures (N, J, 3) with the true ones (M, J, 3): each is matched with one at most, the best pair first."""
    there = found[..., 2] > 0
    size = np.maximum(np.ptp(truth[..., 0], axis=1), np.ptp(truth[..., 1], axis=1))
    near = np.linalg.norm(truth[:, None, :, :2] - found[None, :, :, :2], axis=-1) < NEAR * size[:, None, None]
    table, right = (near & there).sum(axis=-1), 0
    while table.size and table.max() > 0:
        i, j = divmod(int(table.argmax()), table.shape[1])
        right += int(table[i, j])
        table[i], table[:, j] = -1, -1
    return Counts(right, truth.shape[0] * truth.shape[1], int(there.sum()))


def _each_part(found: np.ndarray, truth: np.ndarray) -> Counts:
    """The same when it does not matter whose a part is."""
    size = np.maximum(np.ptp(truth[..., 0], axis=1), np.ptp(truth[..., 1], axis=1)).mean()
    right = 0
    for j in range(truth.shape[1]):
        mine = found[found[:, j, 2] > 0, j, :2]
        near = np.linalg.norm(truth[:, None, j, :2] - mine[None], axis=-1) < NEAR * size
        right += min(int(near.any(axis=1).sum()), int(near.any(axis=0).sum()))
    return Counts(right, truth.shape[0] * truth.shape[1], int((found[..., 2] > 0).sum()))


def _other_names(found: np.ndarray, truth: np.ndarray) -> Counts:
    """The same when it does not matter which part is which."""
    points, true = found[found[..., 2] > 0][:, :2].reshape(-1, 1, 2), truth[..., :2].reshape(1, -1, 2)
    size = np.maximum(np.ptp(truth[..., 0], axis=1), np.ptp(truth[..., 1], axis=1)).mean()
    near = np.linalg.norm(points - true, axis=-1) < NEAR * size / 2
    return Counts(min(int(near.any(axis=0).sum()), int(near.any(axis=1).sum())), true.shape[1], len(points))


@dataclass(frozen=True)
class Scenes:
    """What held-out scenes are like, and which score is asked for."""

    people: tuple[int, ...]
    apart: float
    least: float
    number: int = 24

    def drawn(self, figure: Figure, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """The scenes."""
        rngs = [np.random.default_rng([seed, n]) for n in range(self.number)]
        return [stick_scene(figure, rng, self.people[n % len(self.people)], SIZE, self.apart)
                for n, rng in enumerate(rngs)]  # fmt: skip


def check_found(functions: Mapping[str, Student], seed: int = 0, *, scenes: Scenes) -> None:
    """Held-out scenes: ``find(image)`` returns figures (N, J, 3): x, y in pixels, and a score, 0 for what is missing.

    Raises:
        CheckFailed: with its diagnosis.
    """
    figure = figure_of(functions["creature"])
    answers: list[tuple[np.ndarray, np.ndarray]] = []
    question = Question(("image",), (np.zeros((*SIZE, 3), np.uint8),))
    for image, truth in scenes.drawn(figure, seed):
        value, question = _ask(functions["find"], ("image",), image)
        answers.append((_read_found(value, question, figure), truth))
    total = sum((count(*answer) for answer in answers), Counts())
    if total.score < scenes.least:
        mistake = _found_mistake(answers, total, scenes.least)
        found = (f"In {len(answers)} scenes you say {total.said} parts, {total.right} of which are right; there are "
                 f"{total.true}. The score is {total.score:.2f}, and {scenes.least:g} is asked for.")  # fmt: skip
        raise question.failure(mistake.slug, mistake.words, found, mistake.look)


def _read_found(value: Any, question: Question, figure: Figure) -> np.ndarray:
    J = figure.skeleton.J
    array = plain(value, question, f"figures (N, {J}, 3)")
    if not array.size:
        return np.zeros((0, J, 3))
    if array.ndim != 3 or array.shape[1:] != (J, 3):
        words = f"Your function returns an array of shape {array.shape}; figures must have the shape (N, {J}, 3)."
        raise question.failure("wrong-shape", words)
    if len(array) > _FIGURES:
        words = f"Your function finds {len(array)} figures in one image; no scene holds more than a handful."
        raise question.failure("far-too-many", words, "Are all peaks of noise figures of their own?")
    array = np.clip(array, -_LARGEST, _LARGEST)  # what is so far away is wrong, and its square might overflow
    array[~np.isfinite(array).all(axis=-1)] = 0  # a part that is missing may be NaN
    return array


def _found_mistake(answers: Sequence[tuple[np.ndarray, np.ndarray]], total: Counts, least: float) -> Mistake:
    def score(how: Callable[[np.ndarray, np.ndarray], Counts]) -> float:
        return sum((how(*answer) for answer in answers), Counts()).score

    def moved(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray, np.ndarray], Counts]:
        return lambda found, truth: count(np.concatenate([change(found[..., :2]), found[..., 2:]], axis=-1), truth)

    if not total.said:
        return Mistake("nobody-found", "You find nobody. Are all peaks below the threshold, or has the network not "
                       "learnt anything yet?", "Peaks, in Confidence maps")  # fmt: skip
    better = max(least, total.score + 0.2)
    known = [
        ("xy-swapped", "x and y are exchanged: a keypoint is x, y and a score.", "Pixels and cells, in Skeletons and "
         "grids", moved(lambda xy: xy[..., ::-1])),
        ("cells-for-pixels", "Your places are in cells; they are asked for in pixels of the image.", "Pixels and "
         "cells, in Skeletons and grids", moved(lambda xy: STRIDE * xy + (STRIDE - 1) / 2)),
        ("people-mixed", "The parts are there, and those of several figures are put together to one.",
         "Sorted, in Assembly", _each_part),
        ("parts-mixed", "There are parts where you say, but not those that you say: are channels in another order than "
         "the parts of your figure?", "Parts and limbs, in Skeletons and grids", _other_names),
    ]  # fmt: skip
    for slug, words, look, how in known:
        if score(how) >= better:
            return Mistake(slug, words, look)
    precision, recall = total.right / total.said, total.right / total.true
    if precision >= least > recall + 0.1:
        return Mistake("parts-missed", "What you find is right, and much is not found: look at your thresholds.",
                       "Two thresholds, in Line integrals")  # fmt: skip
    if recall >= least > precision + 0.1:
        return Mistake("too-many", "All is found, and much besides that is not there: look at your thresholds.",
                       "Who is a person?, in Assembly")  # fmt: skip
    return Mistake("too-few-right", "Too little of what you find is right. Look at your network's maps beside the true "
                   "ones: what is learnt already, and what is not?", TRAINING)  # fmt: skip


# ---- the plan --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work(Part):
    """A question about several functions."""

    functions: tuple[str, ...] = ()
    judged: Callable[..., None] = check_creature

    def parameters(self, word: str) -> dict[str, Any]:
        """What the word draws: how wide spots and limbs are."""
        return {name: _RANGES[name][cases(word, name) % len(_RANGES[name])] for name in self.drawn}

    def call(self) -> str:
        """The line of a notebook that judges the work on scenes of its own."""
        how = "".join(f", {name}={name.upper()}" for name in self.drawn)
        return f'capstone.run("{self.function}", {", ".join(self.functions)}{how})'

    def question(self, word: str) -> GradedQuestion:
        """The question of a class."""
        how = {**self.parameters(word), **self.fixed}

        def check(functions: Mapping[str, Callable[..., Any]], seed: int) -> None:
            asked = {name: bridged(functions[name]) for name in self.functions}
            self.judged(asked, cases(word, f"{self.function}/{seed}"), **how)

        return GradedQuestion(self.function, self.title, self.points, list(self.functions), check)


ALONE, SEVERAL, CROWD = Scenes((1,), 0.6, 0.8), Scenes((2, 3), 0.6, 0.75), Scenes((4,), 0.3, 0.7)
_FIND = ("creature", "find")
PLAN = Plan(
    "capstone",
    "Capstone: a skeleton of your own",
    (
        Work("creature", "A figure of your own", 2, "", functions=("creature",)),
        Work("targets", "Its true maps", 3, "", ("sigma", "limb_width"), functions=("creature", "targets"),
             judged=check_maps),
        Work("alone", "One figure in a picture", 5, "", fixed={"scenes": ALONE}, functions=_FIND, judged=check_found),
        Work("several", "Two or three", 5, "", fixed={"scenes": SEVERAL}, functions=_FIND, judged=check_found),
        Work("crowd", "A crowd", 2, "", fixed={"scenes": CROWD}, functions=_FIND, judged=check_found, stretch=True),
    ),
    Limits(call=10, cell=300, total=900, memory=3072 * MIB),
)  # fmt: skip


def run(question: str, *functions: Any, **how: Any) -> Result:
    """Judge functions in a notebook, on scenes of the notebook's own, and show what comes out.

    Args:
        question: Its name.
        functions: In the order of the question's own.
        how: The numbers of the class.
    """
    part = next(part for part in PLAN.parts if part.function == question)
    assert isinstance(part, Work)
    calls, failure = 0, None

    def counted(function: Any) -> Any:
        def called(*case: Any) -> Any:
            nonlocal calls
            calls += 1
            return function(*case)

        return called if callable(function) else function

    asked = {name: counted(one) for name, one in zip(part.functions, functions, strict=True)}
    try:
        part.judged(asked, **how, **part.fixed)
    except CheckFailed as error:
        failure = error
    return Result(part.title, calls, failure, {}, "")


def sheet(creature: Student, scenes: int = 4) -> Any:
    """A picture of some scenes beside each other, to look at; None as long as there is no figure."""
    from PIL import Image

    try:
        figure = figure_of(creature)
    except CheckFailed:
        return None
    images = [stick_scene(figure, np.random.default_rng(n), n + 1, SIZE)[0] for n in range(scenes)]
    picture = Image.fromarray(np.concatenate(images, axis=1))
    return picture.resize((picture.width * 2, picture.height * 2))


ASSIGNMENT = PLAN.assignment()
