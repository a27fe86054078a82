"""Scenes: people, cars and things in a picture, and the exact truth about them.

Everything that decides a pixel or a label is arithmetic that IEEE 754 or whole numbers define to the last bit (see
``bodies`` and ``render``), on random numbers that are nothing but ``Generator.random``: the same seed gives the same
bytes whatever the machine's vector units and mathematics library.

A joint's coordinate is where the drawing has it, in the convention of the package: pixel (0, 0)'s centre is (0, 0). It
is a multiple of 1/64 pixel. What is at a place is read from the buffer that the picture was made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from paflib.errors import DataError
from paflib.people import People
from paflib.skeleton import CAR_12, COCO_23, Skeleton
from paflib.synthetic.bodies import Dice
from paflib.synthetic.camera import developed, shadow
from paflib.synthetic.cars import Car, random_car
from paflib.synthetic.clothes import Figure, Outfit, dress, shows
from paflib.synthetic.levels import Level, find_level
from paflib.synthetic.placing import ground_of, placed
from paflib.synthetic.render import Painted, Shapes, paint, picture_of
from paflib.synthetic.surroundings import background
from paflib.synthetic.things import distractor

_LIGHTS = ((-1.0, 0.0), (1.0, 0.0), (-0.7, -0.7), (0.7, -0.7))


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and the truth about it.

    Attributes:
        image: (H, W, 3) uint8, RGB.
        people: of COCO_23, the farthest first. Visibility is 2 where the part is seen, 1 where it is hidden by the
            person themselves, by others or by things, and 0 outside the picture. Area, box and segmentation (run
            lengths) are those of the pixels seen. Whoever nobody annotated has no part, but all of these.
        vehicles: of CAR_12, with the same.
        owner: (H, W) int, whose every pixel is: 0 for the first of ``people``, and so on, -1 for nobody's.
        stature: (N,), pixels from sole to crown of each of the people, if they stood upright.
        distractors: how many things there are that are nobody, hidden ones too.
    """

    image: np.ndarray
    people: People
    vehicles: People
    owner: np.ndarray
    stature: np.ndarray
    distractors: int


def generate(level: Level | str, index: int, seed: int = 0) -> Scene:
    """Scene number ``index`` of a seed's world, which depends on no other scene.

    Raises:
        DataError: no level is called that, or a number is below 0.
    """
    for name, number in (("index", index), ("seed", seed)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 0:
            raise DataError(f"{name} is {number!r}, wanted a whole number from 0 upwards")
    return random_scene(np.random.default_rng((int(seed), int(index))), find_level(level))


@dataclass(frozen=True)
class _Actor:
    """Whoever or whatever is in the picture, and how low it stands: the lowest is the nearest."""

    ground: float
    person: tuple[Figure, Outfit] | None = None
    car: bool = False


def random_scene(rng: np.random.Generator, level: Level) -> Scene:
    """A scene of a level. It depends on nothing but the numbers that ``rng.random`` gives.

    Raises:
        DataError: the level is no :class:`~paflib.synthetic.Level`.
    """
    if not isinstance(level, Level):
        raise DataError(f"level is {level!r}, wanted a Level such as LEVELS['crowd']; generate() takes names")
    dice = Dice(rng)
    behind = background(dice, level.size)
    people = placed(dice, level)
    shapes = Shapes(light=dice.pick(_LIGHTS))
    actors = _cast(dice, level, people)
    cars = _draw(dice, level, shapes, actors)
    painted = paint(shapes, level.size)
    shadow(behind, (figure for figure, _ in people))
    picture, whose = picture_of(painted, behind)
    image = developed(dice, level, picture)
    return _judged(dice, level, image, painted, np.asfortranarray(whose), actors, cars)


def _cast(dice: Dice, level: Level, people: list[tuple[Figure, Outfit]]) -> list[_Actor]:
    """Everybody and everything, the farthest first."""
    height = level.size[0]
    actors = [_Actor(ground_of(person[0]), person) for person in people]
    for _ in range(dice.whole(*level.distractors)):
        actors.append(_Actor(dice.between(0.3, 1.1) * height if dice.chance(level.in_front) else -1.0))
    if dice.chance(level.cars):
        for _ in range(dice.whole(1, 2)):
            actors.append(_Actor(dice.between(0.45, 1.0) * height, car=True))
    return sorted(actors, key=lambda actor: actor.ground)


def _draw(dice: Dice, level: Level, shapes: Shapes, actors: list[_Actor]) -> dict[int, Car]:
    cars = {}
    for n, actor in enumerate(actors):
        if actor.person is not None:
            dress(shapes, n, *actor.person)
        elif actor.car:
            at = dice.between(0, level.size[1]), actor.ground
            cars[n] = random_car(dice, shapes, n, at, dice.between(0.7, 1.4) * level.stature[1] * 0.8)
        else:
            distractor(dice, shapes, n, level.size, dice.between(*level.stature))
    return cars


# ---- truth -----------------------------------------------------------------------------------------------------------


def _judged(dice: Dice, level: Level, image: np.ndarray, painted: Painted, whose: np.ndarray, actors: list[_Actor],
            cars: dict[int, Car]) -> Scene:  # fmt: skip
    """The scene; ``whose`` (H, W), column by column as pycocotools reads masks, is each pixel's actor plus 1."""
    numbers = np.full(len(actors) + 1, -1, np.int16)  # of the person that an actor plus 1 is
    people, vehicles = _Rows(COCO_23), _Rows(CAR_12)
    statures: list[float] = []
    for n, actor in enumerate(actors):
        if actor.person is None and not actor.car:
            continue
        figure = actor.person[0] if actor.person else None
        unlabelled = figure is not None and dice.chance(level.unlabelled)
        mask = whose == n + 1
        if not mask.any():
            continue
        if figure is None:
            vehicles.add(cars[n].points, _car_flags(level, painted, n, cars[n]), mask)
            continue
        flags = _person_flags(level, painted, n, figure)
        if unlabelled or flags.count(2) < level.least_seen:
            flags = [0] * len(flags)
        numbers[n + 1] = len(statures)
        statures.append(figure.stature)
        people.add([figure.places[part][:2] for part in COCO_23.parts], flags, mask)
    things = sum(actor.person is None and not actor.car for actor in actors)
    return Scene(image, people.people(), vehicles.people(), numbers[whose], np.array(statures), things)


def _person_flags(level: Level, painted: Painted, n: int, figure: Figure) -> list[int]:
    flags = []
    for part in COCO_23.parts:
        x, y, _ = figure.places[part]
        if not _inside(x, y, level.size):
            flags.append(0)
            continue
        whose, piece = painted.at(x, y)
        flags.append(2 if whose == n and shows(figure, part, piece) else 1)
    return flags


def _car_flags(level: Level, painted: Painted, n: int, car: Car) -> list[int]:
    return [
        0 if not _inside(x, y, level.size) else 2 if faces and painted.at(x, y)[0] == n else 1
        for (x, y), faces in zip(car.points, car.faces, strict=True)
    ]


def _inside(x: float, y: float, size: tuple[int, int]) -> bool:
    return -0.5 <= x < size[1] - 0.5 and -0.5 <= y < size[0] - 0.5


class _Rows:
    """People in the making."""

    def __init__(self, skeleton: Skeleton) -> None:
        self.skeleton = skeleton
        self.points: list[Sequence[tuple[float, float]]] = []
        self.flags: list[list[int]] = []
        self.runs: list[dict[str, Any]] = []

    def add(self, points: Sequence[tuple[float, float]], flags: list[int], mask: np.ndarray) -> None:
        from pycocotools import mask as coco_mask

        self.points.append(points)
        self.flags.append(flags)
        self.runs.append(coco_mask.encode(mask.view(np.uint8)))

    def people(self) -> People:
        from pycocotools import mask as coco_mask

        n, j = len(self.flags), self.skeleton.J
        flags = np.array(self.flags, int).reshape(n, j)
        keypoints = np.empty((n, j, 3))
        keypoints[..., :2], keypoints[..., 2] = np.array(self.points).reshape(n, j, 2), flags > 0
        area = coco_mask.area(self.runs).astype(float) if n else np.zeros(0)
        bbox = coco_mask.toBbox(self.runs) if n else np.zeros((0, 4))
        runs = tuple({"size": list(run["size"]), "counts": run["counts"].decode()} for run in self.runs)
        return People(keypoints, np.ones(n), self.skeleton, flags, area, np.zeros(n, bool), bbox, runs)
