"""How fast the training loop is, and what share of its time it waits for data.

    python -m benchmarks.training [--steps N] [--out FILE]

Three networks train for a few steps each from generated scenes at the papers' settings (tiny at its own): images a
second, and the share of the time in which the next batch was not there yet.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from paflib.inference.files import save_json
from paflib.trainer import config_of, read_config, train

CONFIGS = Path(__file__).resolve().parents[1] / "data" / "configs"
SCENES = [{"level": "hard"}]


def main() -> None:
    """Run all and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--networks", nargs="+", default=["tiny", "cvpr-2017-coco", "tpami-2019-body25"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=CONFIGS.parent / "results" / "training.json")
    arguments = parser.parse_args()
    results = {name: measure(name, arguments.steps, arguments.workers) for name in arguments.networks}
    save_json(arguments.out, {"machine": machine(), "steps": arguments.steps, "results": results})
    print(json.dumps(results, indent=1))


def measure(name: str, steps: int, workers: int) -> dict[str, Any]:
    """Images a second and the share of waiting for one configuration, its data sets replaced by generated scenes."""
    content = read_config(CONFIGS / f"{name}.toml").as_dict()
    content |= {"start": "", "validation": {}, "run": content["run"] | {"steps": steps, "workers": workers}}
    content["run"] |= {"log_every": steps, "validate_every": 0, "checkpoint_every": 10 * steps}
    if not content["data"][0]["level"]:
        content |= {"data": SCENES, "augment": content["augment"] | {"centre": "image", "target": 1.0}}
    with tempfile.TemporaryDirectory() as folder:
        train(config_of(content), folder, stop_at=2, quiet=True)  # the first steps choose kernels
        result = train(config_of(content), folder, quiet=True)
    return {
        "images_per_second": round(result.images_per_second, 2),
        "waiting": round(result.waiting, 4),
        "batch": content["run"]["batch"],
        "workers": workers,
        "precision": content["run"]["precision"],
    }


if __name__ == "__main__":
    main()
