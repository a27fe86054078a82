"""The levels of the generated world, and what freezes them.

A level is its figures and the code that draws. :func:`~paflib.synthetic.describe` counts what comes of both, the tests
hold the counts, and :data:`FROZEN` holds the bytes, so that an AP reported on a level stays comparable. Whoever changes
the drawing on purpose makes a level of another name, or measures everything again.
"""

from __future__ import annotations

from dataclasses import dataclass

from paflib.errors import DataError

LEAST_SIDE, MOST_SIDE = 32, 512  # pixels of a picture's side; textures are as large
MOST_ACTORS = 250  # people and things in a picture: their numbers are bytes, and there may be two cars besides
Range = tuple[float, float]


@dataclass(frozen=True)
class Level:
    """How hard the world is. Shares are of 1, lengths are pixels.

    Attributes:
        name: names files too.
        size: (height, width) of the picture.
        people: how many, least and most; whoever finds no room stays away.
        stature: how tall they are when they stand upright.
        gap: the least distance between the boxes of two people; None lets them overlap.
        cover: the most of the smaller of two people's boxes that may lie in the other, where there is no gap.
        huddle: the share of people put beside, before or behind somebody who is there already.
        truncated: the share of people pushed over the border.
        distractors: things that are nobody, least and most.
        in_front: the share of things that may stand before people.
        cars: the share of scenes with a car or two.
        unlabelled: the share of people nobody annotated.
        least_seen: people of whom fewer parts than this are seen are not annotated either.
        noise: standard deviation of the sensor's noise, of 255, whole numbers.
        blur: the share of scenes out of focus or shaken.
        light: brightness in percent of the paint's own.
        tilt: degrees by which the camera is turned at most.
        pitch: degrees by which it looks down.

    Raises:
        DataError: naming the figure that makes no sense.
    """

    name: str
    size: tuple[int, int]
    people: tuple[int, int]
    stature: Range
    gap: float | None
    cover: float
    huddle: float
    truncated: float
    distractors: tuple[int, int]
    in_front: float
    cars: float
    unlabelled: float
    least_seen: int
    noise: tuple[int, int]
    blur: float
    light: Range
    tilt: float
    pitch: Range

    def __post_init__(self) -> None:
        for side in self.size:
            if not LEAST_SIDE <= side <= MOST_SIDE:
                raise self._wrong("size", f"sides of {LEAST_SIDE} to {MOST_SIDE} pixels")
        for name in ("people", "stature", "distractors", "noise", "light", "pitch"):
            low, high = getattr(self, name)
            if not 0 <= low <= high:
                raise self._wrong(name, "two ascending numbers from 0 upwards")
        for name in ("cover", "huddle", "truncated", "in_front", "cars", "unlabelled", "blur"):
            if not 0 <= getattr(self, name) <= 1:
                raise self._wrong(name, "a share from 0 to 1")
        if not self.stature[0] > 0:
            raise self._wrong("stature", "people of some height")
        if self.people[1] + self.distractors[1] > MOST_ACTORS:
            raise self._wrong("people", f"at most {MOST_ACTORS} people and distractors together")

    def _wrong(self, name: str, wanted: str) -> DataError:
        return DataError(f"level {self.name!r}: {name} is {getattr(self, name)}, wanted {wanted}")


LEVELS: dict[str, Level] = {
    level.name: level
    for level in (
        Level(
            "easy", size=(192, 192), people=(1, 3), stature=(75, 165), gap=6, cover=0.0, huddle=0.0, truncated=0.0,
            distractors=(0, 3), in_front=0.0, cars=0.05, unlabelled=0.0, least_seen=7, noise=(0, 6), blur=0.15,
            light=(85, 112), tilt=3, pitch=(0, 15),
        ),
        Level(
            "crowd", size=(192, 192), people=(1, 6), stature=(50, 160), gap=None, cover=0.55, huddle=0.4,
            truncated=0.12, distractors=(1, 5), in_front=0.15, cars=0.08, unlabelled=0.05, least_seen=7, noise=(0, 10),
            blur=0.3, light=(70, 115), tilt=5, pitch=(0, 20),
        ),
        Level(
            "hard", size=(256, 256), people=(3, 12), stature=(40, 220), gap=None, cover=0.6, huddle=0.6,
            truncated=0.25, distractors=(3, 10), in_front=0.4, cars=0.2, unlabelled=0.1, least_seen=6, noise=(2, 18),
            blur=0.5, light=(35, 115), tilt=12, pitch=(0, 30),
        ),
    )
}  # fmt: skip
"""``easy``: one to three people apart; ``crowd``: up to six who touch and hide each other; ``hard``: more of it all, in
larger pictures, in less light, and with more things before them."""

FROZEN: dict[tuple[str, int], tuple[str, str]] = {
    ("easy", 20): (
        "a5becafd267507933b878ed526464cfb4acdfb8e2d4299a676b014f427cd2b76",
        "dd44a66492ff2297546d7bc6623683cadb3ba5d9dc87b189235d1a1e0be04ca6",
    ),
    ("easy", 500): (
        "d9b2db5c4c590188a1a524a7b9725e0091f81185446b2d9766d9352c1381ed2a",
        "2d96cdca46183f5abfb2caeb93be12c7b531959b7cd5296b4692cc27b4e13917",
    ),
    ("crowd", 20): (
        "c4819188e5c535ddf6371e50964d8fbfbed2cc6db3c577c3fca594e107faf4c0",
        "d9f6b279470f8e83b7551a433fc43c4ddf768c024632704d2f72ea6758fe54ae",
    ),
    ("crowd", 500): (
        "d332d40b1897be1d295ed589f0850369517dd0d36bd7329e986a3a492913d556",
        "b2e7b0032d9e7fab7c8e1bff3582b3041d98f741d4d47400cf008ceaeb84d87b",
    ),
    ("hard", 20): (
        "1d79f3065baed881fff864bd4e58eca81b2a931c4fb7890a2426d6df002b809b",
        "6b169f4789b76cf8f0a4c9ca84a5de1d147e82644cba75aaa8073362ae1113a3",
    ),
    ("hard", 500): (
        "da391f01dca40b80f7f69c66d17b69da829416882f16f74f976260e5d9b54dd8",
        "0699183bfb5f2e468d7d5dfebc0aa341979ad12682deb84f073564dcc553e2da",
    ),
}
"""(level, count): sha256 of the json and of the pictures of so many scenes of seed 1, the validation set when 500; see
:func:`~paflib.synthetic.write.fingerprint`."""


def find_level(level: Level | str) -> Level:
    """A level, by name or as it is.

    Raises:
        DataError: no level is called that.
    """
    if isinstance(level, Level):
        return level
    if level not in LEVELS:
        raise DataError(f"no level is called {level!r}; there is: {', '.join(LEVELS)}")
    return LEVELS[level]
