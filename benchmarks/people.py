"""Time against the number of people: bottom-up once for all, against top-down once for each (TPAMI Fig. 12).

    python -m benchmarks.people [--people N ...] [--rounds N] [--device cpu|cuda]

Writes data/results/speed-people-cpu.json or speed-people-cuda.json, which come with the package. A picture of 656 x 368
pixels holds N copies of one person, cut out of a free video. Bottom-up: mobilenet-thin sees the picture once, and the
parser finds everybody. Top-down: the same network sees each person's box alone, enlarged to the same height, and of
what the parser finds there the best is that person. The boxes are given for nothing, where a detector would have to
find them first.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.machine import machine
from paflib.fetching import fetch
from paflib.inference.estimator import PoseEstimator, find_device
from paflib.inference.files import save_json
from paflib.inference.video import Video

RESULTS = Path(__file__).resolve().parents[1] / "data" / "results"
SIZE = (368, 656)
COUNTS = (1, 2, 3, 5, 9, 14, 20)
VIDEO = "pose2sim-cam01"

Box = tuple[int, int, int, int]


def one_person(estimator: PoseEstimator) -> np.ndarray:
    """The person who stands farthest from the camera in the video's first frame, where nobody is near."""
    with Video(fetch(VIDEO)) as video:
        frame = next(iter(video))
    people = estimator(frame)
    farthest = np.nanmax(people.keypoints[:, :, 1], axis=1).argmin()  # whose feet are highest in the picture
    points = people.keypoints[farthest][people.present[farthest]][:, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.array([0.05, 0.12]) * (high[1] - low[1])
    (x0, y0), (x1, y1) = np.maximum(low - margin, 0).astype(int), (high + margin).astype(int)
    return np.ascontiguousarray(frame[y0:y1, x0:x1])


def picture_of(person: np.ndarray, n: int) -> tuple[np.ndarray, list[Box]]:
    """A grey picture with n copies of a person in rows, as large as there is room for, and their boxes x, y, w, h."""
    height, width = SIZE
    aspect = person.shape[1] / person.shape[0]
    tall, columns = max(
        (min(height // -(-n // columns), int(width / columns / aspect)), columns) for columns in range(1, n + 1)
    )
    wide = int(tall * aspect)
    copy = cv2.resize(person, (wide, tall), interpolation=cv2.INTER_AREA)
    picture, boxes = np.full((height, width, 3), 128, np.uint8), []
    for k in range(n):
        row, column = divmod(k, columns)
        x, y = column * wide, row * tall
        picture[y : y + tall, x : x + wide] = copy
        boxes.append((x, y, wide, tall))
    return picture, boxes


def clock(run: Any, *arguments: Any) -> tuple[float, Any]:
    """Milliseconds, and what came of it."""
    before = time.perf_counter()
    result = run(*arguments)
    return 1000 * (time.perf_counter() - before), result


def measure(estimator: PoseEstimator, person: np.ndarray, n: int, rounds: int) -> dict[str, Any]:
    """Median times of both ways for n people, in turns, and how many each finds."""
    from paflib.parser import parse

    picture, boxes = picture_of(person, n)
    crops = [picture[y : y + h, x : x + w] for x, y, w, h in boxes]
    spent, found = np.zeros((rounds + 1, 4)), [0, 0]
    for r in range(rounds + 1):
        up, people = clock(estimator, picture)
        network, fields = clock(estimator.fields, picture)
        parsing, _ = clock(lambda given: parse(given, backend="auto"), fields)
        down, each = clock(lambda given: list(estimator.stream(given)), crops)  # on a GPU several boxes at a time
        spent[r] = up, network, parsing, down
        found = [len(people), sum(len(one) > 0 for one in each)]
    up, network, parsing, down = np.median(spent[1:], axis=0).round(3).tolist()
    return {
        "bottom_up_ms": up, "network_ms": network, "parser_ms": parsing, "top_down_ms": down,
        "found_bottom_up": found[0], "found_top_down": found[1], "height_px": boxes[0][3],
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Measure and write."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--people", type=int, nargs="+", default=COUNTS)
    asked.add_argument("--rounds", type=int, default=15, help="(%(default)s)")
    asked.add_argument("--device", default="auto", help="cpu or cuda; by default CUDA where it is there")
    given = asked.parse_args(arguments)
    device = find_device(given.device)
    estimator = PoseEstimator.from_pretrained("mobilenet-thin", device=device)
    person = one_person(estimator)
    rows = {}
    for n in given.people:
        rows[str(n)] = measure(estimator, person, n, given.rounds)
        print(f"{n:3} people: {rows[str(n)]}", flush=True)
    content = {"machine": machine(), "used": estimator.about, "load": round(os.getloadavg()[0], 1), "size": SIZE,
               "rounds": given.rounds, "rows": rows}  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    save_json(RESULTS / f"speed-people-{device.partition(':')[0]}.json", content)


if __name__ == "__main__":
    main()
