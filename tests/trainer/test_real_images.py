"""The whole chain on real photographs: a small network learns eight of them by heart."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from paflib.evaluation.oks import evaluate_oks
from paflib.inference.estimator import PoseEstimator
from paflib.inference.images import load_image, save_image
from paflib.model.zoo import load
from paflib.skeleton import COCO_17
from paflib.trainer import config_of, train

DATA = os.environ.get("PAFLIB_TEST_DATA")
SIZE = 192
EIGHT = (1, 7, 9, 20, 36, 62, 69, 70)
"""Places in the sample of pictures with 1 to 3 people whom their own true maps give back whole at this size."""


def write_eight(data: Path, folder: Path) -> dict:
    """The eight pictures, resized to a square and padded, and what is annotated in them: what is learned is asked."""
    content = json.loads((data / "annotations/person_keypoints_train2017.json").read_text())
    images, annotations = [], []
    for n in EIGHT:
        entry = content["images"][n]
        image = load_image(data / "train2017" / entry["file_name"])
        f = SIZE / max(image.shape[:2])
        small = cv2.resize(image, None, fx=f, fy=f, interpolation=cv2.INTER_AREA)
        square = np.full((SIZE, SIZE, 3), 128, np.uint8)
        square[: small.shape[0], : small.shape[1]] = small
        save_image(folder / f"{n}.png", square)
        images.append({"id": entry["id"], "file_name": f"{n}.png", "height": SIZE, "width": SIZE})
        for row in content["annotations"]:
            if row["image_id"] == entry["id"]:
                annotations.append(resized(row, f))
    made = {"images": images, "annotations": annotations, "categories": content["categories"]}
    (folder / "people.json").write_text(json.dumps(made))
    return made


def resized(row: dict, f: float) -> dict:
    points = np.array(row["keypoints"], float).reshape(-1, 3)
    points[:, :2] = np.where(points[:, 2:] > 0, (points[:, :2] + 0.5) * f - 0.5, 0)
    outline = row["segmentation"]
    outline = [[v * f for v in ring] for ring in outline] if isinstance(outline, list) else []  # a crowd's is a raster
    return row | {
        "keypoints": points.ravel().tolist(), "area": row["area"] * f * f, "bbox": [v * f for v in row["bbox"]],
        "segmentation": outline,
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not DATA, reason="PAFLIB_TEST_DATA names no folder with real annotated images")
def test_a_small_network_learns_eight_photographs_by_heart(tmp_path):
    """AP of at least 0.9 from fresh weights: targets, masks, loss, network, parser and evaluation fit each other."""
    annotations = write_eight(Path(DATA) / "coco-mini", tmp_path)
    config = config_of({
        "name": "by-heart", "foreground": 8.0,
        "network": {"architecture": "staged", "order": "LLS", "first": [48, 96], "later": [48, 96], "blocks": 1,
                    "norm": True, "act": "relu", "residual": True, "height": SIZE,
                    "features": {"name": "small", "channels": 96, "context": 96, "fine_channels": 0}},
        "data": [{"images": str(tmp_path), "annotations": str(tmp_path / "people.json")}],
        "augment": {"preset": "none", "size": SIZE}, "targets": {"sigma": 6.0, "limb_width": 6.0, "region": "cmu"},
        "optimiser": {"kind": "adam", "lr": 4e-3, "weight_decay": 0.0, "later_lr": 1.0, "bias_lr": 1.0},
        "schedule": {"kind": "one-cycle"},
        "run": {"steps": 900, "batch": 8, "workers": 0, "device": "cpu", "precision": "bfloat16", "threads": 1},
    })  # fmt: skip
    trained = load(train(config, tmp_path / "run", quiet=True, say=lambda _: None).weights)
    estimator = PoseEstimator(trained)
    results = []
    for entry in annotations["images"]:
        results += estimator(tmp_path / entry["file_name"]).to_coco(entry["id"], skeleton=COCO_17)
    figures = evaluate_oks(results, annotations)
    print({name: round(figures[name], 3) for name in ("AP", "AP50", "AP75", "AR")})
    assert figures["people"] == 13 and figures["AP"] >= 0.9
