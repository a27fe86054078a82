"""Videos, a frame at a time: memory does not grow with their length; what is written appears whole or not at all."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from paflib.errors import ImageError, ShapeError
from paflib.inference.files import atomic_path

# FFmpeg writes to stderr on its own; what is wrong is said by an ImageError. Read by OpenCV at the first capture.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2

SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".ogv")
"""Endings that are taken for videos; everything else is tried as a picture."""

UNKNOWN_FPS = 25.0
"""Frames per second of a video that does not say."""


class Pace:
    """The video's own clock, by which a frame is late or early; it starts with the first frame.

    Args:
        fps: frames per second.
        clock, sleep: of this machine, in seconds.
    """

    def __init__(
        self,
        fps: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.fps, self.clock, self.sleep = fps, clock, sleep
        self.start: float | None = None

    def is_late(self, number: int) -> bool:
        """Whether the time of a frame is over; where it has not begun yet, this waits for it."""
        now = self.clock()
        self.start = now if self.start is None else self.start
        early = self.start + number / self.fps - now
        if early > 0:
            self.sleep(early)
        return early < -1 / self.fps


class Video:
    """A video file whose frames are read one after the other::

        with Video("dance.mp4") as video:
            for frame in video:  # RGB uint8 (H, W, 3)
                people = estimator(frame)

    Attributes:
        path: the file.
        fps: frames per second.
        size: (width, height) in pixels.
        count: how many frames the container promises, 0 when it does not say; some containers only estimate it.

    Raises:
        ImageError: the file is missing, empty, or no video that can be read; while reading, that it breaks off well
            before the promised number of frames.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if self.path.is_dir():
            raise ImageError(f"{path}: this is a folder, wanted a video")
        if not self.path.exists():
            raise ImageError(f"{path}: there is no such file")
        with _quiet_opencv():
            self._capture = cv2.VideoCapture(str(self.path))
        if not self._capture.isOpened():
            raise ImageError(f"{path}: this is no video that can be read, or it is truncated")
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = float(fps) if math.isfinite(fps) and fps > 0 else UNKNOWN_FPS
        width, height = (int(self._capture.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        self.size = (width, height)
        self.count = max(int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)), 0)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (frame for _, frame in self.frames())

    def frames(self, step: int = 1, pace: Pace | None = None) -> Iterator[tuple[int, np.ndarray]]:
        """Frames with their numbers in the video, some of them left out.

        Args:
            step: every how manyth frame is taken, beginning with the first.
            pace: frames that are late by it are left out too, and those that are early are waited for.

        Raises:
            ImageError: as for the class.
        """
        read = 0
        while self._capture.grab():  # what is left out is not converted
            number, read = read, read + 1
            if number % step or (pace is not None and pace.is_late(number)):
                continue
            found, frame = self._capture.retrieve()
            if not found:
                read -= 1
                break
            yield number, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        # A container's count may be off by a little (edit lists, estimates from the duration): a tenth is not a little.
        if read == 0 or read < 0.9 * self.count - 2:
            raise ImageError(f"{self.path}: only {read} of {self.count} frames can be read: it is truncated or damaged")

    def close(self) -> None:
        """Give the file back."""
        self._capture.release()

    def __enter__(self) -> Video:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@contextlib.contextmanager
def video_writer(path: str | os.PathLike[str], fps: float) -> Iterator[Callable[[np.ndarray], None]]:
    """Write an mp4 (MPEG-4) whose size is that of the first frame::

        with video_writer("out.mp4", fps=25) as write:
            for frame in frames:  # RGB uint8 (H, W, 3)
                write(frame)

    The file takes its name at the end of the block; when the block is left by an exception there is none. The format
    stores even sizes only: of an odd width or height the last column or row is left out.

    Raises:
        ImageError: no frame was written, or the file cannot be (a full disk, an OpenCV without FFmpeg).
        ShapeError: a frame has another size than the first.
    """
    path = Path(path)
    with atomic_path(path) as temporary, contextlib.ExitStack() as stack:
        writer = _Writer(temporary, path, fps)
        stack.callback(writer.release)
        yield writer.write
        writer.finish()


class _Writer:
    def __init__(self, temporary: Path, path: Path, fps: float) -> None:
        self.temporary, self.path, self.fps = temporary, path, fps
        self.frames, self.size = 0, (0, 0)
        self._writer: cv2.VideoWriter | None = None

    def write(self, frame: np.ndarray) -> None:
        size = (frame.shape[1], frame.shape[0])
        if self._writer is None:
            self.size = size
            with _quiet_opencv():
                self._writer = cv2.VideoWriter(str(self.temporary), cv2.VideoWriter.fourcc(*"mp4v"), self.fps, size)
        if not self._writer.isOpened():
            raise ImageError(f"{self.path}: this video cannot be written (folder, disk, or an OpenCV without FFmpeg?)")
        if size != self.size:
            raise ShapeError(f"frame {self.frames} of {self.path} has size {size}, wanted {self.size} as the first")
        self._writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        self.frames += 1

    def release(self) -> None:
        if self._writer is not None:
            self._writer.release()

    def finish(self) -> None:
        """Close the file and see that it holds what was written: OpenCV does not say when the disk is full."""
        self.release()
        if self.frames == 0:
            raise ImageError(f"{self.path}: there is no frame to write")
        with _quiet_opencv():
            check = cv2.VideoCapture(str(self.temporary))
        written = int(check.get(cv2.CAP_PROP_FRAME_COUNT)) if check.isOpened() else 0
        check.release()
        if written != self.frames:
            raise ImageError(f"{self.path}: only {written} of {self.frames} frames were written; is the disk full?")


@contextlib.contextmanager
def _quiet_opencv() -> Iterator[None]:
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
