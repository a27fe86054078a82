"""Longer runs of the chapter on fine-tuning: how far real weights get with new pictures and a new skeleton.

    python -m benchmarks.fine_tuning [--runs 120:0 300:0.1]

Runs the chapter's own cells up to its training, then trains for so many steps with the trunk following at a share of
the rate, 0 being frozen, and writes data/results/fine-tuning.json, which comes with the package: the chapter reads it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import jupytext

from benchmarks.machine import machine
from paflib.inference.files import save_json
from paflib.trainer import config_of, train

ROOT = Path(__file__).resolve().parents[1]


def chapter() -> dict[str, Any]:
    """The names that the chapter's cells define before it trains."""
    page = (ROOT / "book" / "networks" / "fine-tuning.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    for cell in jupytext.reads(page, fmt="md:myst").cells:
        if cell.cell_type != "code" or "myst_nb" in cell.source:
            continue
        if "tuned = train(" in cell.source:
            break
        exec(cell.source, names)
    for cell in jupytext.reads(page, fmt="md:myst").cells:
        if cell.cell_type == "code" and "def from_ankle" in cell.source:
            exec(cell.source, names)
    return names


def main() -> None:
    """Train for each number of steps and write what each network finds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", nargs="+", default=["120:0", "300:0.1"], help="STEPS:SHARE each")
    parser.add_argument("--out", type=Path, default=ROOT / "data" / "results" / "fine-tuning.json")
    arguments = parser.parse_args()
    names, runs = chapter(), []
    for text in arguments.runs:
        steps, share = int(text.partition(":")[0]), float(text.partition(":")[2])
        config = dict(names["config"])
        config["optimiser"] = {**config["optimiser"], "features_lr": share}
        config["run"] = {**config["run"], "steps": steps, "log_every": max(steps // 20, 1)}
        started = time.process_time()
        result = train(config_of(config, folder=str(names["here"])), names["here"] / f"run-{steps}-{share}", quiet=True)
        seconds = time.process_time() - started
        found = names["look"](result.weights)
        body, feet, exact = names["scores_of"](found)
        row = {"steps": steps, "images": 8 * steps, "lr": config["optimiser"]["lr"], "features_lr": share}
        row |= {"cpu_seconds": round(seconds)}
        runs.append(row | {"body": body, "feet": feet, "exact": float(exact), "toe": names["from_ankle"](found)})
        print(runs[-1], flush=True)
        save_json(arguments.out, {"machine": machine(), "runs": runs})


if __name__ == "__main__":
    main()
