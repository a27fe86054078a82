"""What a network said of a few frames, kept with the package: fields without the network, and without torch.

``data/fields`` holds one file for each video, which ``python -m scripts.stored_fields`` writes. Its numbers are whole
ten-thousandths: finer than anything the parser looks at, so that it finds in them what it finds in the network's own
(with 256 levels it did not: a joint in thirteen frames went to another place, 195 pixels away).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from paflib.errors import DataError
from paflib.fetching import data_folder
from paflib.fields import Fields, Grid
from paflib.skeleton import SKELETONS

STEP = 1e-4
"""What one unit of a stored number is worth; a value is at most half of it away from the network's."""


def stored_files() -> dict[str, Path]:
    """The files of stored fields by the name of their video, as ``paflib fetch`` knows it."""
    return {path.stem: path for path in sorted((data_folder() / "fields").glob("*.npz"))}


def stored_fields(video: str, frame: int) -> Fields:
    """What the network said of one frame of a video, as ``estimator.fields(image)`` would return it.

    Args:
        video: its name in ``data/sources.toml``, such as ``"pose2sim-cam01"``.
        frame: counted from 0.

    Raises:
        DataError: a video or a frame of which nothing is stored; it names those that there are.
    """
    files = stored_files()
    if video not in files:
        raise DataError(f"no fields are stored of {video!r}, only of {', '.join(files) or 'nothing'}: run a network")
    with np.load(files[video]) as stored:
        frames = stored["frames"].tolist()
        if frame not in frames:
            known = ", ".join(map(str, frames))
            raise DataError(f"no fields are stored of frame {frame!r} of {video}, only of {known}: run a network")
        k = frames.index(frame)
        S, L, background = (STEP * stored[name][k] for name in ("S", "L", "background"))
        S_grid, L_grid = (Grid(tuple(stride), tuple(origin)) for stride, origin in stored["grids"].tolist())
        height, width = stored["image_size"].tolist()
        skeleton = SKELETONS[str(stored["skeleton"])]
    return Fields(S, L, skeleton, S_grid, L_grid, background, image_size=(height, width))


def packed(fields: dict[int, Fields], network: str) -> dict[str, Any]:
    """The arrays of a file, from the fields of one video's frames by number; ``stored_fields`` reads them back.

    Args:
        fields: of frames of one size by one network, so that all have the same grids and one of
            :data:`paflib.skeleton.SKELETONS`.
        network: its name, for whoever looks into the file.
    """
    all_of, first = list(fields.values()), next(iter(fields.values()))

    def whole(maps: list[Any]) -> np.ndarray:
        return np.rint(np.stack(maps) / STEP).astype(np.int16)

    return {
        "frames": np.array(list(fields)),
        "S": whole([one.S for one in all_of]),
        "L": whole([one.L for one in all_of]),
        "background": whole([one.background for one in all_of]),
        "grids": np.array([(grid.strides, grid.to_pixels((0, 0))) for grid in (first.S_grid, first.L_grid)]),
        "image_size": np.array(first.image_size),
        "skeleton": np.array(first.skeleton.name),
        "network": np.array(network),
    }
