"""A small world on disk: pictures of noise with people annotated in them, and a network that trains in seconds."""

import json

import numpy as np
import pytest

from paflib.inference.images import save_image
from paflib.synthetic import random_people
from paflib.trainer import config_of


def annotations(people_of: list, names: list[str], size: tuple[int, int], J: int = 17) -> dict:
    """A COCO-style json of People, one entry an image."""
    rows: list[dict] = []
    for image, people in enumerate(people_of):
        for keypoints in people.keypoints:
            points = np.nan_to_num(keypoints)
            flags = np.where(points[:, 2:] > 0, 2, 0)
            low, high = points[points[:, 2] > 0, :2].min(axis=0), points[points[:, 2] > 0, :2].max(axis=0)
            x, y, w, h = (float(v) for v in (*low, *(high - low)))
            rows.append({
                "id": len(rows) + 1, "image_id": image + 1, "category_id": 1, "iscrowd": 0, "area": w * h,
                "keypoints": np.concatenate([points[:, :2], flags], axis=1).ravel().tolist(), "bbox": [x, y, w, h],
                "num_keypoints": int((flags > 0).sum()), "segmentation": [[x, y, x + w, y, x + w, y + h, x, y + h]],
            })  # fmt: skip
    images = [{"id": n + 1, "file_name": name, "height": size[0], "width": size[1]} for n, name in enumerate(names)]
    return {"images": images, "annotations": rows, "categories": [{"id": 1, "name": "person"}]}


def write_set(folder, pictures: int = 4, size: tuple[int, int] = (96, 128), seed: int = 0, skeleton=None):
    """Pictures and annotations of a set; returns the json's path."""
    from paflib.skeleton import COCO_17

    rng = np.random.default_rng(seed)
    names = [f"{n:03d}.png" for n in range(pictures)]
    people = [random_people(rng, 2, size, (60, 80), gap=None).convert(skeleton or COCO_17) for _ in names]
    for name in names:
        save_image(folder / name, rng.integers(0, 255, (*size, 3), dtype=np.uint8))
    path = folder / "people.json"
    path.write_text(json.dumps(annotations(people, names, size)), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def small_set(tmp_path_factory):
    """Four pictures with two people each."""
    return write_set(tmp_path_factory.mktemp("set"))


def small_config(path, **changes):
    """A configuration whose steps take a few milliseconds; ``changes`` go on top, tables merged, None takes away."""
    content = {
        "name": "small",
        "network": {"architecture": "staged", "order": "LS", "first": [8, 8], "blocks": 1, "act": "relu",
                    "features": {"name": "small", "channels": 8, "fine_channels": 0, "context": 0, "depth": 0}},
        "data": [{"images": str(path.parent), "annotations": str(path)}],
        "augment": {"preset": "whole", "size": 64},
        "optimiser": {"kind": "sgd", "lr": 1e-5},
        "schedule": {"kind": "constant"},
        "run": {"steps": 6, "batch": 4, "workers": 0, "log_every": 2, "checkpoint_every": 100, "threads": 1,
                "device": "cpu"},
    }  # fmt: skip
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(content.get(key), dict)
        content[key] = {k: v for k, v in ({**content[key], **value}).items() if v is not None} if both else value
    return config_of(content)
