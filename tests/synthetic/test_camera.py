"""The camera: noise and light as strong as a level says, and nothing of them in the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from paflib.synthetic import LEVELS, Scene, random_scene

STILL = replace(LEVELS["easy"], noise=(0, 0), light=(100, 100), blur=0.0)


def scene(index: int, **changes) -> Scene:
    """Of one index all are the same but for the changes: the dice are thrown as often."""
    return random_scene(np.random.default_rng((7, index)), replace(STILL, **changes))


@pytest.mark.parametrize("strength", [4, 12])
def test_noise_is_as_strong_as_the_level_says(strength):
    spread = []
    for index in range(4):
        calm, noisy = scene(index), scene(index, noise=(strength, strength))
        inner = (calm.image > 60) & (calm.image < 195)  # where nothing is cut off
        spread.append((noisy.image.astype(int) - calm.image)[inner].std())
        assert noisy.people.to_coco(0) == calm.people.to_coco(0)
    assert np.mean(spread) == pytest.approx(strength, rel=0.1)


def test_half_the_light_is_half_as_bright():
    for index in range(4):
        day, dusk = scene(index).image.astype(float), scene(index, light=(50, 50)).image.astype(float)
        inner = (day > 40) & (day < 250)
        assert (dusk[inner] / day[inner]).mean() == pytest.approx(0.5, abs=0.02)
        assert scene(index, light=(50, 50)).people.to_coco(0) == scene(index).people.to_coco(0)


def test_blur_smooths_and_nothing_moves():
    """Differences of neighbours become smaller, and the truth stays: for the scenes whose dice are thrown alike."""
    for index in range(4):
        sharp, soft = scene(index), scene(index, blur=1.0)
        rough = [np.abs(np.diff(one.image.astype(int), axis=1)).mean() for one in (sharp, soft)]
        assert rough[1] < 0.9 * rough[0]
        np.testing.assert_array_equal(sharp.people.keypoints, soft.people.keypoints)
        np.testing.assert_array_equal(sharp.owner, soft.owner)
