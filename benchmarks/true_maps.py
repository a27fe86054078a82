"""What the parser makes of true maps, and why it loses the rest, as a result file.

    python -m benchmarks.true_maps [--annotations FILE] [--scenes N]

Writes benchmarks/results/true-maps.json: for COCO-style annotations shown 368 px high (when they are named) and for
generated scenes of the level ``crowd`` at their own size, at strides 8 and 4, with limbs drawn as Eq. 9
says and as released code draws them, and with every pair of parts as a limb.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from paflib.evaluation.bounds import TrueMaps, true_maps
from paflib.evaluation.oks import read_json
from paflib.fields import TARGETS, TargetOptions
from paflib.inference.files import save_json
from paflib.skeleton import COCO_17, COCO_18, Skeleton
from paflib.synthetic import generate

RESULT = Path(__file__).resolve().parent / "results" / "true-maps.json"
SEED = 1  # of the generated validation sets
SMALL = TargetOptions(sigma=7.0, limb_width=5.0, region="cmu")
CASES: dict[str, tuple[int, TargetOptions, Skeleton]] = {
    "stride 8, paper": (8, TARGETS["paper"], COCO_18),
    "stride 8, openpose": (8, TARGETS["openpose"], COCO_18),
    "stride 8, openpose, all pairs": (8, TARGETS["openpose"], COCO_18.complete()),
    "stride 4, paper": (4, TARGETS["paper"], COCO_18),
    "stride 4, openpose": (4, TARGETS["openpose"], COCO_18),
    "stride 4, small people": (4, SMALL, COCO_18),
    "stride 4, small people, all pairs": (4, SMALL, COCO_18.complete()),
}
"""By name: stride, how maps are drawn, and the network's skeleton."""


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--annotations", type=Path, help="COCO-style json, such as person_keypoints_train2017.json")
    parser.add_argument("--scenes", type=int, default=100, help="of the level crowd (%(default)s)")
    arguments = parser.parse_args()
    content: dict[str, Any] = {"machine": machine(), "scenes": arguments.scenes, "seed": SEED}
    sets: dict[str, tuple[Any, int | None]] = {"crowd": (truth("crowd", arguments.scenes), None)}
    if arguments.annotations:
        sets["photographs"] = read_json(arguments.annotations), 368
    for name, (people, height) in sets.items():
        content[name] = measured(people, height)
        for case, figures in content[name].items():
            print(f"{name:12} {case:34} AP {figures['AP']:.3f}  {figures['causes']}", flush=True)
    RESULT.parent.mkdir(exist_ok=True)
    save_json(RESULT, content)


def measured(annotations: Mapping[str, Any], height: int | None) -> dict[str, Any]:
    """Every case on one set of annotations."""
    return {
        case: row(true_maps(annotations, stride, height, network, COCO_17, target))
        for case, (stride, target, network) in CASES.items()
    }


def row(made: TrueMaps) -> dict[str, Any]:
    """The figures of one case, to four digits."""
    errors = made.errors.to_json()
    return {
        "AP": round(made.figures["AP"], 4), "AP50": round(made.figures["AP50"], 4),
        "labelled_parts": made.labelled, "lost_parts": made.lost, "causes": made.causes, "people": errors["people"],
        "parts": errors["parts"], "AP_lost": {kind: round(lost, 4) for kind, lost in errors["lost"].items()},
        "offset": [round(x, 4) for x in errors["offset"]["mean"]],
        "offset_standard_error": [round(x, 4) for x in errors["offset"]["standard_error"]],
    }  # fmt: skip


def truth(level: str, count: int) -> dict[str, Any]:
    """COCO's json of generated people, by COCO's seventeen parts."""
    images, rows = [], []
    for index in range(count):
        scene = generate(level, index, SEED)
        images.append({"id": index, "height": scene.image.shape[0], "width": scene.image.shape[1]})
        rows += scene.people.convert(COCO_17).to_coco(index, 1, COCO_17)
    return {
        "images": images, "annotations": [{**entry, "id": k} for k, entry in enumerate(rows, 1)],
        "categories": [{"id": 1, "name": "person"}],
    }  # fmt: skip


if __name__ == "__main__":
    main()
