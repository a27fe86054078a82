"""Make the network ``tiny`` of its finished training: weights as float16, figures per stage, and the model card.

    paflib train data/configs/tiny.toml --out runs/tiny
    paflib train data/configs/tiny-more.toml --out runs/tiny-more
    python -m benchmarks.tiny runs/tiny runs/tiny-more [--scenes N]

Writes data/weights/tiny.safetensors, data/weights/tiny.md and data/results/tiny.json. What is measured is what is
written: the float16 file, loaded as a user loads it, on generated scenes of seed 1, which training never saw.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from paflib.evaluation.stages import evaluate_stages
from paflib.inference.estimator import PoseEstimator
from paflib.inference.files import atomic_path, save_json
from paflib.model.zoo import load, read_metadata, save_network
from paflib.skeleton import COCO_17
from paflib.synthetic import generate
from paflib.trainer.loop import LOG, WEIGHTS, checkpoint_config

DATA = Path(__file__).resolve().parents[1] / "data"
SEED = 1


def main() -> None:
    """Convert, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", help="folders of the parts of the training, in their order")
    parser.add_argument("--scenes", type=int, default=500)
    parser.add_argument("--bootstrap", type=int, default=500)
    arguments = parser.parse_args()
    runs: list[Path] = arguments.runs
    last = runs[-1]
    weights = DATA / "weights" / "tiny.safetensors"
    weights.parent.mkdir(exist_ok=True)
    metadata = read_metadata(last / WEIGHTS)
    kept: dict[str, str] = {key: metadata[key] for key in ("config", "images") if key in metadata}
    save_network(weights, load(last / WEIGHTS), kept, half=True)
    configs = [checkpoint_config(run / WEIGHTS) for run in runs]
    results: dict[str, Any] = {
        "machine": machine(),
        "parameters": sum(p.numel() for p in load(weights).module.parameters()),
        "bytes": weights.stat().st_size,
        "images": sum(config.run.steps * config.run.batch for config in configs),
        "training_seconds": sum(training_seconds(run) for run in runs),
        "parts": [
            {
                "name": run.name,
                "images": config.run.steps * config.run.batch,
                "data": [{"level": d.level, "seed": d.seed, "probability": d.probability} for d in config.data],
            }
            for run, config in zip(runs, configs, strict=True)
        ],
        "curve": curve(runs, [config.run.batch for config in configs]),
        "scenes": arguments.scenes,
        "seed": SEED,
        "levels": {},
    }
    for level in ("easy", "crowd"):
        estimator = PoseEstimator(load(weights))
        reports = evaluate_stages(
            estimator,
            ((index, generate(level, index, SEED).image) for index in range(arguments.scenes)),
            truth(level, arguments.scenes),
            target=configs[-1].target_options(),
            bootstrap=arguments.bootstrap,
        )
        results["levels"][level] = [report.to_json() for report in reports]
    save_json(DATA / "results" / "tiny.json", results)
    with atomic_path(DATA / "weights" / "tiny.md") as path:
        path.write_text(card(results), encoding="utf-8")
    print(card(results))


def truth(level: str, scenes: int) -> dict[str, Any]:
    """The scenes' people as COCO-style annotations of the seventeen parts."""
    images, annotations = [], []
    for index in range(scenes):
        scene = generate(level, index, SEED)
        images.append({"id": index, "height": scene.image.shape[0], "width": scene.image.shape[1]})
        annotations += scene.people.convert(COCO_17).to_coco(index, skeleton=COCO_17)
    for number, row in enumerate(annotations):
        row["id"] = number + 1
    return {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]}


def training_seconds(run: Path) -> float:
    """Time spent in training steps, from the log's images and images a second."""
    seconds, before = 0.0, 0
    for row in _rows(run / LOG):
        seconds += (int(row["images"]) - before) / float(row["images_per_second"])
        before = int(row["images"])
    return round(seconds)


def curve(runs: Sequence[Path], batches: Sequence[int]) -> list[dict[str, float]]:
    """AP against images seen in all parts together, as the runs' own validations found it."""
    wanted, seen, points = ("AP", "AP50", "AP75", "AR"), 0.0, []
    for run, batch in zip(runs, batches, strict=True):
        rows = [
            {"images": seen + float(int(row["step"]) * batch)} | {key: float(row[key]) for key in wanted}
            for row in _rows(run / "validation.csv")
        ]
        points += rows
        seen = rows[-1]["images"] if rows else seen
    return points


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _part(part: dict[str, Any]) -> str:
    sets = ", ".join(f"{one['probability']:.0%} {one['level']} of seed {one['seed']}" for one in part["data"])
    return f"{part['images']:,} images ({sets})"


def card(results: dict[str, Any]) -> str:
    """The model card as Markdown."""
    lines = [
        "# tiny",
        "",
        "A staged network in the manner of TPAMI 2019 for COCO-18 at 192 px, trained on generated people alone. It is",
        "for tests, chapters and first minutes: of photographs of people it knows nothing.",
        "",
        f"- {results['parameters']:,} parameters, {results['bytes'] / 1e6:.2f} MB as float16; BSD-3-Clause",
        "- data: scenes of `paflib.synthetic`, no photographs: " + "; ".join(map(_part, results["parts"])),
        "- commands: "
        + ", ".join(
            f"`paflib train data/configs/{part['name']}.toml --out runs/{part['name']}`" for part in results["parts"]
        )
        + ", `python -m benchmarks.tiny "
        + " ".join(f"runs/{part['name']}" for part in results["parts"])
        + "`",
        f"- {results['images']:,} images in {results['training_seconds'] / 60:.0f} minutes, one thread, on "
        f"{results['machine']['processor']}",
        f"- measured on {results['scenes']} scenes of seed {results['seed']} a level, with 95 % bootstrap intervals:",
        "",
        "| level | AP | interval | AP50 | AP75 | AR |",
        "|---|---|---|---|---|---|",
    ]
    for level, stages in results["levels"].items():
        last = stages[-1]["figures"]
        low, high = last["interval"]["AP"]
        row = " | ".join(f"{last[name]:.3f}" for name in ("AP50", "AP75", "AR"))
        lines.append(f"| {level} | {last['AP']:.3f} | {low:.3f} to {high:.3f} | {row} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
