"""Random scenes for the tests: people of any skeleton whose parts lie anywhere in boxes that keep apart."""

from __future__ import annotations

import numpy as np

from paflib.people import People
from paflib.skeleton import Skeleton

IMAGE_SIZE = (368, 656)


def random_people(
    rng: np.random.Generator,
    skeleton: Skeleton,
    n: int,
    *,
    apart: float = 24.0,
    shortest: float = 8.0,
    missing: float = 0.15,
    image_size: tuple[int, int] = IMAGE_SIZE,
) -> People:
    """n people in separate boxes of an image, each connected by its limbs.

    Args:
        apart: pixels between neighbouring boxes; 24 are three cells of stride 8 and more than two limbs' widths.
        shortest: pixels that every limb is at least long: one cell of stride 8. A shorter limb may cover no cell centre
            by Eq. 9 and leave no mark in L, and then no parser can tell it from nothing (without this bound about one
            scene in ten holds such a limb).
        missing: the share of parts left out, as far as the person stays connected.
    """
    height, width = image_size
    columns = int(np.ceil(np.sqrt(n * width / height)))
    rows = int(np.ceil(n / columns))
    boxes = rng.permutation(rows * columns)[:n]
    size = np.array([width / columns, height / rows])
    keypoints = np.zeros((n, skeleton.J, 3))
    for person, box in zip(keypoints, boxes, strict=True):
        corner = size * np.array([box % columns, box // columns])
        # The outer sides of the scene have no margin, so that parts come to lie in the border cells too.
        low = corner + np.where(corner > 0, apart / 2, 0)
        high = corner + size - np.where(corner + size < np.array([width, height]) - 1, apart / 2, 1)
        person[:, :2] = _spread(rng, skeleton, low, high, shortest)
        person[:, 2] = _kept(rng, skeleton, missing)
    return People(keypoints, None, skeleton)


def _spread(
    rng: np.random.Generator, skeleton: Skeleton, low: np.ndarray, high: np.ndarray, shortest: float
) -> np.ndarray:
    """Part positions in a box: uniform, those of limbs that came out too short drawn anew."""
    xy = rng.uniform(low, high, (skeleton.J, 2))
    limbs = np.array(skeleton.limbs)
    for _ in range(10_000):
        short = np.linalg.norm(xy[limbs[:, 0]] - xy[limbs[:, 1]], axis=1) < shortest
        if not short.any():
            return xy
        again = rng.choice(np.unique(limbs[short]))
        xy[again] = rng.uniform(low, high)
    raise AssertionError(f"no {skeleton.name} with limbs of {shortest} px fits a box of {high - low}")


def _kept(rng: np.random.Generator, skeleton: Skeleton, missing: float) -> np.ndarray:
    kept = np.ones(skeleton.J, bool)
    for j in rng.permutation(skeleton.J):
        if rng.random() < missing:
            kept[j] = False
            kept[j] = not (kept.sum() >= 3 and connected(kept, skeleton.limbs))
    return kept.astype(float)


def connected(kept: np.ndarray, limbs: tuple[tuple[int, int], ...]) -> bool:
    """Whether the kept parts hang together by limbs between kept parts."""
    reached = {int(np.argmax(kept))}
    for _ in limbs:
        reached |= {b for a, b in limbs if a in reached and kept[b]} | {a for a, b in limbs if b in reached and kept[a]}
    return len(reached) == kept.sum()


def same_people(found: People, true: People, within: float) -> bool:
    """Whether two sets of people hold the same parts, each within so many pixels, in whatever order."""
    left = list(range(len(found)))
    for person in true.keypoints:
        match = [n for n in left if _same(found.keypoints[n], person, within)]
        if len(match) != 1:
            return False
        left.remove(match[0])
    return not left


def _same(one: np.ndarray, two: np.ndarray, within: float) -> bool:
    parts = one[:, 2] > 0
    if (parts != (two[:, 2] > 0)).any():
        return False
    return bool((np.linalg.norm(one[parts, :2] - two[parts, :2], axis=1) <= within).all())
