"""What the tests of the real network look at: its weights and two real pictures, fetched once by name."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from paflib.fetching import fetch


@pytest.fixture(scope="session")
def graph_file() -> Path:
    return fetch("mobilenet-thin", progress=False)


@pytest.fixture(scope="session")
def frames() -> list[np.ndarray]:
    """Frames 0, 20, 40, 60 and 80 of the video, RGB, 368 pixels high."""
    video = cv2.VideoCapture(str(fetch("pose2sim-cam01", progress=False)))
    found = []
    for number in range(81):
        ok, frame = video.read()
        assert ok
        if number % 20 == 0:
            found.append(cv2.resize(frame, (208, 368), interpolation=cv2.INTER_AREA)[:, :, ::-1].copy())
    return found


@pytest.fixture(scope="session")
def pictures(frames: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Two real pictures of people, RGB."""
    astronaut = cv2.imread(str(fetch("astronaut", progress=False)))
    assert astronaut is not None
    return {"frame 40": frames[2], "astronaut": astronaut[:, :, ::-1].copy()}
