"""The fields that come with the package: what the network says, to half a step, and read without torch."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import paflib
from paflib.errors import DataError
from paflib.fields import Fields, Grid
from paflib.inference import stored
from paflib.inference.stored import STEP, packed, stored_fields, stored_files
from paflib.skeleton import COCO_18
from scripts import stored_fields as script

VIDEO = "pose2sim-cam01"
ROUNDING = 2e-5  # by which one processor's convolutions differ from another's


def random_fields(rng: np.random.Generator) -> Fields:
    L_grid = Grid((4, 8), (1.5, 0.0))
    S, L, background = (rng.uniform(-1.2, 1.2, shape) for shape in ((18, 6, 5), (19, 2, 6, 10), (6, 5)))
    return Fields(S, L, COCO_18, Grid(8, 3.0), L_grid, background, image_size=(47, 40))


def test_what_is_packed_comes_back(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    given = {3: random_fields(rng), 17: random_fields(rng)}
    (tmp_path / "fields").mkdir()
    np.savez_compressed(tmp_path / "fields" / "a-video.npz", **packed(given, "nobody's"))
    monkeypatch.setattr(stored, "data_folder", lambda: tmp_path)
    for frame, fields in given.items():
        back = stored_fields("a-video", frame)
        for name in ("S", "L", "background"):
            np.testing.assert_allclose(getattr(back, name), getattr(fields, name), atol=STEP / 2 + 1e-7)
        assert (back.S_grid, back.L_grid, back.image_size) == (fields.S_grid, fields.L_grid, (47, 40))
        assert back.skeleton == COCO_18


def test_what_is_not_stored_is_named():
    with pytest.raises(DataError, match=rf"no fields are stored of 'cats', only of {VIDEO}: run a network"):
        stored_fields("cats", 0)
    with pytest.raises(DataError, match=r"frame 41 of pose2sim-cam01, only of 0, 20, 40"):
        stored_fields(VIDEO, 41)


def test_the_package_carries_what_the_script_writes():
    assert list(stored_files()) == list(script.FRAMES)
    for video, frames in script.FRAMES.items():
        assert stored_files()[video].stat().st_size < 500_000
        for frame in frames:
            fields = stored_fields(video, frame)
            assert fields.S.shape == (18, 46, 27) and fields.L.shape == (19, 2, 46, 27)
            assert len(paflib.parse(fields)) == 3, "three people walk in this video"


def test_they_are_read_without_torch():
    code = f"""
import sys
sys.modules["torch"] = None
import paflib
from paflib.inference.stored import stored_fields
from paflib.inference.video import Video
print(len(paflib.parse(stored_fields("{VIDEO}", 40))))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "3"


@pytest.mark.slow
def test_they_are_what_the_network_says():
    """Every value to half a step; and the parser finds the same joints in the same people, to a tenth of a pixel."""
    for video, frames in script.FRAMES.items():
        for frame, fields in script.fields_of(video, frames).items():
            kept = stored_fields(video, frame)
            for name in ("S", "L", "background"):
                np.testing.assert_allclose(getattr(kept, name), getattr(fields, name), atol=STEP / 2 + ROUNDING)
            assert kept.skeleton == fields.skeleton and kept.image_size == fields.image_size
            for grid in ("S_grid", "L_grid"):
                ours, theirs = getattr(kept, grid), getattr(fields, grid)
                np.testing.assert_allclose((ours.strides, ours.to_pixels((0, 0))),
                                           (theirs.strides, theirs.to_pixels((0, 0))))  # fmt: skip
            people, wanted = paflib.parse(kept), paflib.parse(fields)
            assert (people.present == wanted.present).all()
            np.testing.assert_allclose(people.keypoints, wanted.keypoints, atol=0.15)
