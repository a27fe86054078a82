"""What a level is like, counted on its scenes."""

from __future__ import annotations

from typing import Any

import numpy as np

from paflib.people import People
from paflib.synthetic.dataset import SyntheticDataset
from paflib.synthetic.levels import Level
from paflib.synthetic.world import Scene

OVERLAP = 0.1
"""Two people overlap when at least this share of the smaller of their boxes lies in the other."""


def describe(level: Level | str, count: int = 500, seed: int = 1) -> dict[str, Any]:
    """Figures of the first scenes of a level.

    Args:
        level: by name, or one of your own.
        count: how many scenes.
        seed: of the world.

    Returns:
        - ``size``: (height, width) of the pictures.
        - ``images``, ``people``, ``labelled``, ``vehicles``, ``distractors``: how many there are in all.
        - ``people_per_image``, ``stature``: (least, mean, most).
        - ``overlapped``: the share of labelled people whose box, that of their visible pixels, and the box of another
          labelled person have at least :data:`OVERLAP` of the smaller one in common.
        - ``covered``: the share of labelled people of whom another person hides at least one part.
        - ``truncated``: the share of labelled people with a part outside the picture.
        - ``hidden_by_others``, ``hidden_by_self``: shares of labelled people's parts inside the picture.
        - ``unlabelled``: the share of people without labels.

    Raises:
        DataError: no level is called that, or a number is out of range.
    """
    dataset = SyntheticDataset(level, count, seed)
    counts = dict.fromkeys(("labelled", "overlapped", "covered", "truncated", "inside", "others", "self"), 0)
    people, statures, vehicles, things = [], [], 0, 0
    for scene in dataset:
        people.append(len(scene.people))
        statures.extend(scene.stature.tolist())
        vehicles, things = vehicles + len(scene.vehicles), things + scene.distractors
        for name, number in _counts(scene).items():
            counts[name] += number
    labelled, inside = max(counts["labelled"], 1), max(counts["inside"], 1)
    return {
        "size": dataset[0].owner.shape, "images": count, "people": sum(people), "labelled": counts["labelled"],
        "vehicles": vehicles, "distractors": things, "people_per_image": _spread(people), "stature": _spread(statures),
        "overlapped": counts["overlapped"] / labelled, "covered": counts["covered"] / labelled,
        "truncated": counts["truncated"] / labelled, "hidden_by_others": counts["others"] / inside,
        "hidden_by_self": counts["self"] / inside, "unlabelled": 1 - counts["labelled"] / max(sum(people), 1),
    }  # fmt: skip


def _spread(values: list[Any]) -> tuple[float, float, float]:
    return (float(min(values)), sum(values) / len(values), float(max(values))) if values else (0.0, 0.0, 0.0)


def _counts(scene: Scene) -> dict[str, int]:
    assert scene.people.visibility is not None
    labelled = np.flatnonzero(scene.people.present.any(axis=1))
    others = hidden_by_others(scene)[labelled]
    flags = scene.people.visibility[labelled]
    return {
        "labelled": len(labelled), "overlapped": int(overlapped(scene.people[labelled]).sum()),
        "covered": int(others.any(axis=1).sum()), "truncated": int((flags == 0).any(axis=1).sum()),
        "inside": int((flags > 0).sum()), "others": int(others.sum()), "self": int(((flags == 1) & ~others).sum()),
    }  # fmt: skip


def overlapped(people: People) -> np.ndarray:
    """(N,) bool: who overlaps with another one of them, by their boxes; see :data:`OVERLAP`."""
    assert people.bbox is not None
    low, size = people.bbox[:, :2], people.bbox[:, 2:]
    common = np.minimum((low + size)[:, None], (low + size)[None]) - np.maximum(low[:, None], low[None])
    shared = np.maximum(common, 0).prod(axis=-1)
    area = size.prod(axis=-1)
    meets = shared >= OVERLAP * np.maximum(np.minimum(area[:, None], area[None]), 1)
    np.fill_diagonal(meets, False)
    found: np.ndarray = meets.any(axis=1)
    return found


def hidden_by_others(scene: Scene) -> np.ndarray:
    """(N, J) bool: which parts inside the picture lie on a pixel that is another person's, a car's or a thing's."""
    assert scene.people.visibility is not None
    places = np.nan_to_num(scene.people.keypoints[..., :2])
    column, row = (np.floor(places[..., k] + 0.5).astype(int) for k in (0, 1))
    height, width = scene.owner.shape
    whose = scene.owner[row.clip(0, height - 1), column.clip(0, width - 1)]
    hidden: np.ndarray = (scene.people.visibility == 1) & (whose != np.arange(len(scene.people))[:, None])
    return hidden
