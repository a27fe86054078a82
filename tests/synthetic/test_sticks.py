"""Stick figures: where parts are drawn, what a scene leaves to chance, and that colours tell nothing."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest

from paflib.errors import PaflibError
from paflib.synthetic import sticks
from paflib.synthetic.sticks import MARGIN, Figure, stick_scene

HOOK = Figure.of(["top", "bend", "tip"], [(0, 1), (1, 2)], [(0, 0), (0, 10), (6, 10)])
SIZE = (96, 128)


def scene(seed: int, people: int = 1, apart: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    return stick_scene(HOOK, np.random.default_rng(seed), people, SIZE, apart)


def hues_at(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The hues, 0 to 1, of the pixels around some points."""
    found = []
    for x, y in np.rint(points).astype(int):
        around = image[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).mean(axis=0) / 255
        found.append(colorsys.rgb_to_hsv(*around)[0])
    return np.array(found)


def saturation(image: np.ndarray) -> np.ndarray:
    colours = image.astype(float)
    return np.ptp(colours, axis=-1) / np.maximum(colours.max(axis=-1), 1)


@pytest.mark.parametrize("people", [1, 3])
def test_a_scene_is_a_picture_and_all_parts_of_its_figures(people):
    image, keypoints = scene(0, people)
    assert (image.shape, image.dtype, keypoints.shape) == ((*SIZE, 3), np.uint8, (people, 3, 3))
    assert (keypoints[..., 2] == 1).all()
    low, high = np.full(2, MARGIN), np.array(SIZE[::-1]) - 1 - MARGIN
    assert (keypoints[..., :2] >= low - 1e-9).all() and (keypoints[..., :2] <= high + 1e-9).all()


def test_the_same_seed_draws_the_same_scene_and_another_another():
    assert np.array_equal(scene(3)[0], scene(3)[0])
    assert not np.array_equal(scene(3)[1], scene(4)[1])


def test_figures_are_drawn_at_their_keypoints():
    """Along every limb there is colour, and so it is at both of its ends."""
    for seed in range(8):
        image, keypoints = scene(seed)
        for a, b in HOOK.skeleton.limbs:
            points = np.linspace(keypoints[0, a, :2], keypoints[0, b, :2], 7)
            x, y = np.rint(points).astype(int).T
            assert np.median(saturation(image)[y, x]) > 0.35


def test_a_part_may_have_any_hue():
    """Whoever looks for a colour finds no part: over the scenes the hues of each are spread over the whole circle."""
    found = np.array([hues_at(image, keypoints[0, :, :2]) for image, keypoints in map(scene, range(120))])
    for hues in found.T:
        assert (np.histogram(hues, 6, (0, 1))[0] >= 8).all()


def test_a_hue_tells_nothing_of_the_other_parts():
    found = np.array([hues_at(image, keypoints[0, :, :2]) for image, keypoints in map(scene, range(200))])
    for a, b in ((0, 1), (0, 2), (1, 2)):
        turned = np.histogram((found[:, a] - found[:, b]) % 1, 4, (0, 1))[0]
        assert turned.max() < 90 and turned.min() > 20


def test_the_background_has_the_colours_of_the_figures(monkeypatch):
    """Things that belong to nobody are as bright and as colourful, and there is as much of them as of a figure."""
    with_things = [scene(seed, people=0)[0] for seed in range(12)]
    monkeypatch.setattr(sticks, "LITTER", 0)
    without = [scene(seed, people=0)[0] for seed in range(12)]
    a_figure = [scene(seed, people=1)[0] for seed in range(12)]

    def colourful(images: list[np.ndarray]) -> float:
        return float(np.mean([(saturation(image) > 0.4).mean() for image in images]))

    own = colourful(a_figure) - colourful(without)
    assert own > 0.01
    assert colourful(with_things) - colourful(without) > own


def test_scenes_keep_their_figures_apart():
    for seed in range(6):
        boxes = scene(seed, 2)[1][..., :2]
        middles = (boxes.min(axis=1) + boxes.max(axis=1)) / 2
        assert np.linalg.norm(middles[0] - middles[1]) > 0.6 * 0.42 * min(SIZE) - 6


@pytest.mark.parametrize(
    ("limbs", "pose", "words"),
    [
        ([(1, 0), (1, 2)], [(0, 0), (0, 10), (6, 10)], "not reached yet"),
        ([(0, 1), (2, 1)], [(0, 0), (0, 10), (6, 10)], "not reached yet"),
        ([(0, 1)], [(0, 0), (0, 10), (6, 10)], "joined to nothing"),
        ([(0, 1), (1, 2)], [(0, 0), (0, 10), (0, 10)], "lie on each other"),
        ([(0, 1), (1, 2)], [(0, 0), (0, 10), (0, np.nan)], "NaN"),
        ([(0, 1), (1, 2)], [(0, 0), (0, 10)], "pose has shape"),
    ],
)
def test_what_is_no_figure_is_refused(limbs, pose, words):
    with pytest.raises(PaflibError, match=words):
        Figure.of(["top", "bend", "tip"], limbs, pose)
