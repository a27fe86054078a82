"""Harder than a random crowd: people who stand in ranks, and maps that are not equally sure of every limb."""

from __future__ import annotations

from typing import Any

import numpy as np

from paflib.fields import Fields, Grid, affinity_fields, midpoint_maps
from paflib.fields.affinity import Region
from paflib.people import People
from paflib.skeleton import COCO_18
from paflib.synthetic.people import random_people


def people_in_ranks(
    rng: np.random.Generator,
    n: int,
    image_size: tuple[int, int] = (368, 656),
    spacing: float = 40.0,
    height: float = 140.0,
    shake: float = 3.0,
) -> People:
    """n people in one random pose, side by side at even distances: a choir, a team, a parade.

    Args:
        rng: the source of randomness.
        n: how many; a rank is filled before the next one starts below it.
        image_size: (height, width) in pixels.
        spacing: pixels from a person to the next; the ranks are ``1.1 * height`` apart.
        height: body height in pixels.
        shake: standard deviation in pixels, in x and in y, by which each part differs from the common pose.

    Raises:
        ValueError: when there is no room for so many.
    """
    pose = random_people(rng, 1, (round(2 * height), round(2 * height)), (height, height)).keypoints[0]
    pose[:, :2] -= pose[:, :2].min(axis=0)
    wide, high = np.array(image_size[::-1]) - 1 - pose[:, :2].max(axis=0)
    if min(wide, high) < 0 or (int(wide / spacing) + 1) * (int(high / (1.1 * height)) + 1) < n:
        raise ValueError(f"no room for {n} people {height} px tall and {spacing} px apart in {image_size}")
    rank, place = np.divmod(np.arange(n), int(wide / spacing) + 1)
    keypoints = np.tile(pose, (n, 1, 1))
    keypoints[..., :2] += np.stack([place * spacing, rank * 1.1 * height], axis=-1)[:, None]
    keypoints[..., :2] += rng.normal(0, shake, keypoints[..., :2].shape)
    keypoints[..., :2] = np.clip(keypoints[..., :2], 0, np.array(image_size[::-1]) - 1)
    return People(keypoints, None, COCO_18)


def unsure(rng: np.random.Generator, people: People, fields: Fields, low: float = 0.3) -> dict[str, np.ndarray]:
    """True maps with a height of its own, between ``low`` and 1, for every limb of every person.

    A network is seldom equally sure of all limbs; :func:`~paflib.fields.targets` always is. With ``low=1`` the maps
    are the true ones.

    Args:
        rng: the source of randomness; a limb has the same height in all maps.
        people: who is there.
        fields: their true fields, which give shape and grid.
        low: the least height.

    Returns:
        ``"one midpoint"`` (C, 1, h, w) and ``"two midpoints"`` (C, 2, h, w), and the fields ``"to the joints"`` (Eq. 9)
        and ``"past the joints"`` (as the released code draws them), (C, 2, h, w).
    """
    limbs, shape = people.skeleton.limbs, fields.L.shape[2:]
    maps = {
        "one midpoint": np.zeros((len(limbs), 1, *shape)), "two midpoints": np.zeros((len(limbs), 2, *shape)),
        "to the joints": np.zeros((len(limbs), 2, *shape)), "past the joints": np.zeros((len(limbs), 2, *shape)),
    }  # fmt: skip
    covered = {name: np.zeros((len(limbs), 1, *shape)) for name in ("to the joints", "past the joints")}
    for n in range(len(people)):
        height = rng.uniform(low, 1, (len(limbs), 1, 1, 1))
        window, small, grid = _window(people.keypoints[n], shape, fields.L_grid)
        one = people.keypoints[n : n + 1], limbs, small, grid
        for points, name in ((1, "one midpoint"), (2, "two midpoints")):
            marks = height * midpoint_maps(*one, points=points)
            maps[name][window] = np.maximum(maps[name][window], marks)
        for name, region in _REGIONS:
            field = affinity_fields(*one, region=region)
            maps[name][window] += height * field
            covered[name][window] += np.hypot(field[:, :1], field[:, 1:]) > 0
    for name, count in covered.items():
        maps[name] /= np.maximum(count, 1)
    return maps


_REGIONS: tuple[tuple[str, Region], ...] = (("to the joints", "paper"), ("past the joints", "cmu"))
_ROOM = 6  # cells around a person's parts, beyond which a Gaussian of the usual width is below 1e-10


def _window(person: np.ndarray, shape: tuple[int, ...], grid: Grid) -> tuple[tuple[Any, ...], tuple[int, int], Grid]:
    """The piece of a map that a person can leave a mark on, its shape, and the grid of its cells."""
    cells = grid.to_cells(person[person[:, 2] > 0, :2]).reshape(-1, 2)
    low = np.clip(np.floor(cells.min(axis=0, initial=np.inf)) - _ROOM, 0, np.array(shape[::-1]) - 1)
    high = np.clip(np.ceil(cells.max(axis=0, initial=-np.inf)) + _ROOM, low, np.array(shape[::-1]) - 1)
    (left, top), (right, bottom) = low.astype(int), high.astype(int) + 1
    corner = grid.to_pixels(low)
    piece = Grid(grid.stride, (float(corner[0]), float(corner[1])))
    return (..., slice(top, bottom), slice(left, right)), (int(bottom - top), int(right - left)), piece
