"""What every stage of a network is worth: AP with a bootstrap interval, and the fields' errors, as a result file.

    python -m benchmarks.stages mobilenet-thin --images DIR --annotations FILE [--what WORDS]

Writes data/results/stages-NETWORK.json, which comes with the package: the chapter on the staged network reads it.
(benchmarks/tiny.py does the same for ``tiny`` on generated scenes.)
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

import paflib
from benchmarks.machine import machine
from paflib.errors import DataError
from paflib.evaluation import StageReport, evaluate_stages
from paflib.evaluation.oks import read_json
from paflib.inference.files import save_json
from paflib.skeleton import COCO_17

DATA = Path(__file__).resolve().parents[1] / "data"


def main() -> None:
    """Evaluate a network's stages and write what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("network", help="a name of the zoo, or a file of weights")
    parser.add_argument("--images", type=Path, required=True, help="a folder of photographs")
    parser.add_argument("--annotations", type=Path, required=True, help="COCO-style json of them")
    parser.add_argument("--what", default="photographs", help="what they are, for the reader of the file")
    parser.add_argument("--bootstrap", type=int, default=500)
    arguments = parser.parse_args()
    estimator = paflib.PoseEstimator.from_pretrained(arguments.network)
    content = {"machine": machine(), "network": estimator.network.entry.name, "what": arguments.what}
    content |= photographs(estimator, arguments.images, arguments.annotations, arguments.bootstrap)
    path = DATA / "results" / f"stages-{content['network']}.json"
    path.parent.mkdir(exist_ok=True)
    save_json(path, content)
    for stage in content["stages"]:
        print(stage["stage"], stage["predicts"], f"{stage['figures']['AP']:.3f}", stage["errors"])


def photographs(estimator: Any, folder: Path, annotations: Path, bootstrap: int) -> dict[str, Any]:
    """Every photograph of a COCO-style set that shows somebody with annotated parts."""
    truth = read_json(annotations)
    shown = {row["image_id"] for row in truth["annotations"] if row.get("num_keypoints", 0) and not row.get("iscrowd")}
    rows = [image for image in truth["images"] if image["id"] in shown]
    if not rows:
        raise DataError(f"{annotations} has no photograph of somebody whose parts are annotated")
    images = ((row["id"], paflib.load_image(folder / row["file_name"])) for row in rows)
    reports = evaluate_stages(estimator, images, truth, COCO_17, bootstrap=bootstrap)
    return {"images": len(rows), "target": "paper", "bootstrap": bootstrap, "stages": plain(reports)}


def plain(reports: Iterable[StageReport]) -> list[dict[str, Any]]:
    """Reports as JSON, to six digits: more say nothing and make the file longer."""
    return [rounded(report.to_json()) for report in reports]


def rounded(value: Any) -> Any:
    """Floats inside lists and mappings to six significant digits."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float) and np.isfinite(value) else value


if __name__ == "__main__":
    main()
