"""What lies behind people: walls and floors with textures, windows, doors, patches; and the sheets of noise.

Textures are made once in a process, of random bytes by arithmetic of whole numbers.
"""

from __future__ import annotations

import functools
from itertools import pairwise

import cv2
import numpy as np

from paflib.synthetic.bodies import Dice, cosine, sine
from paflib.synthetic.levels import MOST_SIDE
from paflib.synthetic.render import Color

TILE = MOST_SIDE  # pixels of a side of a texture
GRAIN = 600  # pixels of a side of a sheet of noise
_TONES = (np.arange(256) - 128)[:, None]


@functools.cache
def textures() -> np.ndarray:
    """(13, 512, 512) uint8: noise of several scales, planks, bricks, tiles, cloth, stripes, slats and leaves."""
    rng = np.random.default_rng(7)
    noise = [_noise(rng, scales) for scales in ((64, 16, 4), (32, 8), (16, 4, 2), (8, 2), (128, 64), (4, 2))]
    y, x = np.mgrid[:TILE, :TILE]
    shifted = x + y // 14 % 2 * 16  # every other row of bricks
    patterns = (
        np.where(x % 26 < 2, 60, 104 + x // 26 * 37 % 5 * 12),
        np.where((y % 14 < 2) | (shifted % 32 < 2), 175, 118 + (shifted // 32 * 31 + y // 14 * 17) % 7 * 6),
        np.where((x // 24 + y // 24) % 2 == 0, 96, 160),
        128 + (x // 6 % 2 * 2 - 1) * 26 + (y // 10 % 2 * 2 - 1) * 18,
        np.where((x + y // 3) // 9 % 3 == 0, 70, 150),
        np.where(y % 18 < 3, 50, 140 + y // 18 % 3 * 10),
    )
    grain = _noise(rng, (16, 4, 2)).astype(int) - 128 >> 1
    return np.stack([*noise, *(np.clip(one + grain, 0, 255).astype(np.uint8) for one in patterns), _leaves(rng)])


def _noise(rng: np.random.Generator, scales: tuple[int, ...]) -> np.ndarray:
    """Random bytes a scale apart with straight lines between, each scale half as strong as the one before."""
    total = np.zeros((TILE, TILE), int)
    for k, scale in enumerate(scales):
        small = (rng.random((TILE // scale, TILE // scale)) * 256).astype(np.uint8)
        total += cv2.resize(small, (TILE, TILE), interpolation=cv2.INTER_LINEAR_EXACT).astype(int) >> k
    low, high = int(total.min()), int(total.max())
    return ((total - low) * 255 // (high - low)).astype(np.uint8)


def _leaves(rng: np.random.Generator) -> np.ndarray:
    leaves = np.full((TILE, TILE), 90, np.uint8)
    for x, y, size, tone in (rng.random((2500, 4)) * (TILE, TILE, 9, 140)).astype(int).tolist():
        size += 3
        corners = np.array([(x, y), (x + size, y + size // 2), (x + size // 2, y + size)], np.int32)
        cv2.fillConvexPoly(leaves, corners, tone + 60)
    return leaves


@functools.cache
def grains(strength: int) -> np.ndarray:
    """(600, 600, 3) int8: noise with that standard deviation, nearly normal: sums of four random bytes."""
    rng = np.random.default_rng(8)
    total = sum((rng.random((GRAIN, GRAIN, 3)) * 256).astype(int) for _ in range(4)) - 510  # its deviation is 148
    return np.clip(total * strength // 148, -128, 127).astype(np.int8)


def crop(dice: Dice, size: tuple[int, int]) -> np.ndarray:
    """(H, W) uint8: a piece of a texture."""
    tile = textures()[dice.whole(0, len(textures()) - 1)]
    y, x = dice.whole(0, TILE - size[0]), dice.whole(0, TILE - size[1])
    piece = tile[y : y + size[0], x : x + size[1]]
    return piece[:, ::-1] if dice.chance(0.5) else piece


def papered(dice: Dice, size: tuple[int, int], color: Color, strength: int) -> np.ndarray:
    """(H, W, 4) uint8: a texture of that colour; strength in percent of its full contrast."""
    tints = np.array([strength + dice.whole(-strength // 5, strength // 5) for _ in range(3)])
    table = np.zeros((256, 4), np.uint8)
    table[:, :3] = np.minimum(np.maximum(_TONES * tints // 100 + np.array(color), 0), 255)
    return table.view(np.uint32).ravel().take(crop(dice, size)).view(np.uint8).reshape(*size, 4)


def random_color(dice: Dice, low: int = 20, high: int = 235) -> Color:
    """Any colour: a grey, moved towards a hue."""
    grey = dice.between(low, high)
    spread = dice.between(0, 70)
    r, g, b = (min(255, max(0, int(grey + dice.between(-spread, spread)))) for _ in range(3))
    return r, g, b


def background(dice: Dice, size: tuple[int, int]) -> np.ndarray:
    """A picture without anybody, (H, W, 4) uint8, of which three channels count."""
    height, width = size
    horizon = int(height * dice.between(0.25, 0.75))
    if dice.chance(0.2):
        horizon = 0 if dice.chance(0.5) else height
    view = np.empty((height, width, 4), np.uint8)
    if horizon:
        view[:horizon] = papered(dice, (horizon, width), random_color(dice), dice.whole(5, 60))
    if horizon < height:
        view[horizon:] = papered(dice, (height - horizon, width), random_color(dice), dice.whole(5, 60))
    for _ in range(dice.whole(0, 5)):
        _panel(dice, view, horizon)
    for _ in range(dice.whole(0, 3)):
        _scrap(dice, view)
    return view


def _panel(dice: Dice, view: np.ndarray, horizon: int) -> None:
    """A window, a door, a picture, a building: a rectangle with a texture of its own and perhaps panes."""
    height, width = view.shape[:2]
    w, h = dice.whole(width // 12, width // 2), dice.whole(height // 12, height // 2)
    x = dice.whole(-w // 2, width - w // 2)
    y = dice.whole(-h // 2, max(0, horizon - h)) if dice.chance(0.6) else horizon - h
    x0, x1, y0, y1 = max(0, x), min(width, x + w), max(0, y), min(height, y + h)
    if x1 - x0 < 4 or y1 - y0 < 4:
        return
    view[y0:y1, x0:x1] = papered(dice, (y1 - y0, x1 - x0), random_color(dice), dice.whole(5, 50))
    if dice.chance(0.5):
        step, rim = dice.whole(8, 30), (*random_color(dice), 0)
        for at in range(x0, x1, step):
            view[y0:y1, at : at + 2] = rim
        if dice.chance(0.6):
            for at in range(y0, y1, step):
                view[at : at + 2, x0:x1] = rim


def _scrap(dice: Dice, view: np.ndarray) -> None:
    """A patch of any shape: a hill, a roof, a rug, a bush, a cloud."""
    height, width = view.shape[:2]
    cx, cy, r = dice.between(0, width), dice.between(0, height), dice.between(0.08, 0.35) * width
    turn, corners = dice.between(0, 360), dice.whole(3, 9)
    points = []
    for k in range(corners):
        angle, far = turn + 360 * k / corners, r * dice.between(0.6, 1.2)
        points.append((round(cx + far * cosine(angle)), round(cy + 0.7 * far * sine(angle))))
    color = (*random_color(dice), 0)
    for a, b in pairwise([*points, points[0]]):
        cv2.fillConvexPoly(view, np.array([(round(cx), round(cy)), a, b], np.int32), color)
