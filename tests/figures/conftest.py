"""Scenes for the pictures' tests: upright people at known places, and the true fields of them."""

import numpy as np
import pytest

from paflib.fields import Fields, targets
from paflib.people import People
from paflib.skeleton import COCO_18

_BODY = np.array(
    [(0, -80), (0, -60), (-18, -58), (-27, -30), (-30, -2), (18, -58), (30, -34), (44, -56), (-11, 0), (-13, 40),
     (-14, 80), (11, 0), (17, 40), (15, 80), (-4, -84), (4, -84), (-9, -81), (9, -81)], float,
)  # fmt: skip


def standing(*centres: tuple[float, float]) -> People:
    points = np.stack([_BODY + centre for centre in centres])
    return People(np.concatenate([points, np.ones((len(centres), COCO_18.J, 1))], axis=2))


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)


@pytest.fixture
def people() -> People:
    return standing((80, 120), (220, 125))


@pytest.fixture
def fields(people: People) -> Fields:
    """With three stages that grow towards the truth."""
    truth = targets(people, (240, 320))
    stages = tuple(Fields(truth.S * k / 3, truth.L * k / 3, COCO_18, image_size=(240, 320)) for k in (1, 2, 3))
    return Fields(truth.S, truth.L, COCO_18, truth.S_grid, truth.L_grid, stages=stages, image_size=(240, 320))
