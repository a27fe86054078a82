"""From paint to a photograph: shadows, light from one side, focus, the colour of the light, noise.

Whole numbers throughout: shifts, sums and tables.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from paflib.synthetic.bodies import Dice, cosine, sine
from paflib.synthetic.clothes import Figure
from paflib.synthetic.levels import Level
from paflib.synthetic.surroundings import GRAIN, grains

_CIRCLE = [(cosine(a), sine(a)) for a in range(0, 360, 30)]


def shadow(behind: np.ndarray, figures: Iterable[Figure]) -> None:
    """Darken the ground (H, W, 4) around people's feet, in place, and again closer to them."""
    figures = list(figures)
    for size in (0.080, 0.052):
        mask = np.zeros(behind.shape[:2], np.uint8)
        for figure in figures:
            r = size * figure.stature
            for side in ("left", "right"):
                heel, toe = figure.places[f"{side}_heel"], figure.places[f"{side}_big_toe"]
                x, y = (heel[0] + toe[0]) / 2, (heel[1] + toe[1]) / 2 + 0.008 * figure.stature
                ellipse = [(round(16 * (x + r * c)), round(16 * (y + 0.4 * r * s))) for c, s in _CIRCLE]
                cv2.fillConvexPoly(mask, np.array(ellipse, np.int32), 255, 8, 4)
        cv2.copyTo(behind - (behind >> 2), mask, behind)


def developed(dice: Dice, level: Level, picture: np.ndarray) -> np.ndarray:
    """The picture (H, W, 3) as a camera takes it.

    Args:
        picture: (H, W, 4) uint8, of which three channels count.
    """
    height, width = level.size
    if dice.chance(0.5):
        fall = np.linspace(256, dice.whole(140, 240), width).astype(np.uint16)
        picture = (picture * (fall if dice.chance(0.5) else fall[::-1])[:, None] >> 8).astype(np.uint8)
    if dice.chance(level.blur):
        for _ in range(dice.whole(1, 2)):
            picture = dice.pick((_soft, _soft, _shaken))(picture)
    table = _tones(dice, level)
    image = cv2.LUT(cv2.cvtColor(picture, cv2.COLOR_RGBA2RGB), table)
    strength = dice.whole(*level.noise)
    y, x = dice.whole(0, GRAIN - height), dice.whole(0, GRAIN - width)
    noisy: np.ndarray = cv2.add(image, grains(strength)[y : y + height, x : x + width], dtype=cv2.CV_8U)
    return noisy


def _tones(dice: Dice, level: Level) -> np.ndarray:
    """(1, 256, 3) uint8: contrast, brightness and the colour of the light, as what becomes of each value."""
    slope, middle = dice.whole(190, 290), dice.whole(90, 140)
    gain = dice.between(*level.light) * 2.56
    tints = np.array([int(gain * dice.between(0.93, 1.07)) for _ in range(3)])
    flat = ((np.arange(256) - middle) * slope >> 8) + middle
    return np.clip(flat[:, None] * tints >> 8, 0, 255).astype(np.uint8)[None]


def _soft(picture: np.ndarray) -> np.ndarray:
    """The binomial filter 1 2 1 along both axes."""
    wide = picture.astype(np.uint16)
    wide[1:-1] = (wide[:-2] + 2 * wide[1:-1] + wide[2:] + 2) >> 2
    wide[:, 1:-1] = (wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:] + 2) >> 2
    return wide.astype(np.uint8)


def _shaken(picture: np.ndarray) -> np.ndarray:
    """The mean of four pixels in a row, about."""
    wide = picture.astype(np.uint16)
    wide[:, 1:-2] = (wide[:, :-3] + wide[:, 1:-2] + wide[:, 2:-1] + wide[:, 3:] + 2) >> 2
    return wide.astype(np.uint8)
