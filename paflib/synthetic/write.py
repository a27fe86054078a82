"""The generated world on disk, as COCO lays a data set out."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2

from paflib.errors import DataError
from paflib.skeleton import CAR_12, COCO_23, Skeleton
from paflib.synthetic.dataset import SyntheticDataset
from paflib.synthetic.levels import Level
from paflib.synthetic.world import Scene

PERSON, VEHICLE = 1, 2
"""Numbers of the two categories."""


def write_dataset(
    folder: str | os.PathLike[str], level: Level | str, count: int, seed: int = 0, progress: bool = False
) -> Path:
    """Write scenes to ``folder/images`` and their truth to ``folder/annotations/person_keypoints_NAME.json``.

    The folder appears when all of it is written, under its name, or not at all.

    Args:
        folder: a new one; one that is empty is taken too.
        level: by name, or one of your own; its name is the NAME.
        count: how many scenes.
        seed: another seed is another world.
        progress: show a progress bar.

    Returns:
        The json's path.

    Raises:
        DataError: something is in the folder already, no level is called that, or a number is out of range.
    """
    from tqdm import tqdm

    dataset, folder = SyntheticDataset(level, count, seed), Path(folder)
    assert isinstance(dataset.level, Level)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder} is there already and not empty: name a new folder, or remove that one")
    name = f"annotations/person_keypoints_{dataset.level.name}.json"
    with _appearing(folder) as temporary:
        (temporary / "images").mkdir()
        (temporary / "annotations").mkdir()
        scenes = tqdm(dataset, desc="synthesize", unit="image", disable=not progress)
        truth = coco_truth(_written(scenes, temporary / "images"), dataset)
        (temporary / name).write_text(json_text(truth), encoding="utf-8")
    return folder / name


def coco_truth(scenes: Iterable[Scene], dataset: SyntheticDataset) -> dict[str, Any]:
    """COCO's json of the scenes of a data set: images, categories, and an annotation for everybody and every car.

    An image's id is the scene's index. People have the 23 keypoints of COCO with feet, whoever is not labelled has none
    of them but area, box and segmentation; vehicles have the 12 of CAR_12.
    """
    level = dataset.level
    assert isinstance(level, Level)
    images, annotations = [], []
    for index, scene in enumerate(scenes):
        height, width = scene.image.shape[:2]
        images.append({"id": index, "file_name": _file_name(index), "width": width, "height": height})
        annotations += scene.people.to_coco(index, PERSON, COCO_23) + scene.vehicles.to_coco(index, VEHICLE, CAR_12)
    return {
        "info": {"description": "generated people", "level": asdict(level), "seed": dataset.seed},
        "categories": [_category(PERSON, "person", COCO_23), _category(VEHICLE, "vehicle", CAR_12)],
        "images": images,
        "annotations": [{"id": k, **annotation} for k, annotation in enumerate(annotations, 1)],
    }


def fingerprint(level: Level | str, count: int, seed: int = 1) -> tuple[str, str]:
    """sha256 of the json that :func:`write_dataset` writes, and of all pictures' bytes one after the other.

    :data:`~paflib.synthetic.levels.FROZEN` holds those of the levels.
    """
    dataset, pictures = SyntheticDataset(level, count, seed), hashlib.sha256()

    def scenes() -> Iterator[Scene]:
        for scene in dataset:
            pictures.update(scene.image.tobytes())
            yield scene

    text = json_text(coco_truth(scenes(), dataset))
    return hashlib.sha256(text.encode()).hexdigest(), pictures.hexdigest()


def json_text(truth: dict[str, Any]) -> str:
    """The json as it is written; equal truths give equal texts."""
    return json.dumps(truth, allow_nan=False, separators=(",", ":"))


def _file_name(index: int) -> str:
    return f"{index:012d}.png"


def _category(number: int, name: str, skeleton: Skeleton) -> dict[str, Any]:
    edges = [[a + 1, b + 1] for a, b in skeleton.edges or ()]  # COCO counts from 1
    return {"id": number, "name": name, "supercategory": name, "keypoints": list(skeleton.parts), "skeleton": edges}


def _written(scenes: Iterable[Scene], folder: Path) -> Iterator[Scene]:
    for index, scene in enumerate(scenes):
        path = folder / _file_name(index)
        done, content = cv2.imencode(".png", cv2.cvtColor(scene.image, cv2.COLOR_RGB2BGR))
        if not done:
            raise DataError(f"{path.name}: OpenCV cannot encode this picture as PNG")
        path.write_bytes(content.tobytes())
        yield scene


@contextlib.contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A temporary folder beside ``folder``, which takes its name when the block is left without an error."""
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
