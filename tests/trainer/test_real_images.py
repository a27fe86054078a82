"""The whole chain on real photographs: a small network learns eight of them by heart."""

import json
import os
from pathlib import Path

import pytest

from paflib.inference.estimator import PoseEstimator
from paflib.model.zoo import load
from paflib.skeleton import COCO_17
from paflib.trainer import config_of, train
from paflib.trainer.data import CocoSource

DATA = os.environ.get("PAFLIB_TEST_DATA")
SIZE = 256
EIGHT = (9, 20, 21, 34, 36, 45, 62, 66)
"""Places in the sample of pictures with 1 to 4 people whom their own true maps give back whole at this size."""


def eight(folder: Path) -> tuple[Path, dict]:
    """The folder of pictures, and the annotations of the eight alone."""
    content = json.loads((folder / "coco-mini/annotations/person_keypoints_train2017.json").read_text())
    images = [content["images"][n] for n in EIGHT]
    kept = {image["id"] for image in images}
    return folder / "coco-mini/train2017", {
        "images": images, "annotations": [a for a in content["annotations"] if a["image_id"] in kept],
        "categories": content["categories"],
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not DATA, reason="PAFLIB_TEST_DATA names no folder with real annotated images")
def test_a_small_network_learns_eight_photographs_by_heart(tmp_path):
    """AP of at least 0.9 from fresh weights: targets, masks, loss, network, parser and evaluation fit each other."""
    from paflib.evaluation.oks import evaluate_oks

    images, annotations = eight(Path(DATA))
    path = tmp_path / "eight.json"
    path.write_text(json.dumps(annotations))
    config = config_of({
        "name": "by-heart", "foreground": 8.0,
        "network": {"architecture": "staged", "order": "LLS", "first": [16, 32], "later": [24, 48], "blocks": 1,
                    "norm": True, "act": "relu", "features": {"name": "small", "channels": 64, "context": 64}},
        "data": [{"images": str(images), "annotations": str(path)}],
        "augment": {"preset": "none", "size": SIZE}, "targets": {"sigma": 6.0, "limb_width": 6.0, "region": "cmu"},
        "optimiser": {"kind": "adam", "lr": 4e-3, "weight_decay": 0.0, "later_lr": 1.0, "bias_lr": 1.0},
        "schedule": {"kind": "one-cycle"},
        "run": {"steps": 250, "batch": 8, "workers": 0, "device": "cpu", "precision": "bfloat16"},
    })  # fmt: skip
    trained = load(train(config, tmp_path / "run", quiet=True, say=lambda _: None).weights)
    results = []
    source = CocoSource(images, annotations)
    for entry, example in zip(annotations["images"], map(source.__getitem__, range(len(source))), strict=True):
        height, width = example.image.shape[:2]
        estimator = PoseEstimator(trained, height=round(SIZE * height / max(height, width)))  # as large as in training
        results += estimator(example.image).to_coco(entry["id"], skeleton=COCO_17)
    figures = evaluate_oks(results, annotations)
    print({name: round(figures[name], 3) for name in ("AP", "AP50", "AP75", "AR")})
    assert figures["AP"] >= 0.9
