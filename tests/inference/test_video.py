"""Videos are read and written frame by frame; bad ones are refused by name."""

import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest

from paflib.errors import ImageError, ShapeError
from paflib.inference.video import Pace, Video, video_writer

SIZE = (64, 48)


def frame(n: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Reddish, brighter from frame to frame."""
    return np.full((size[1], size[0], 3), (100 + 5 * n, 40, 10), np.uint8)


def written(path: Path, frames: int, fps: float = 25) -> Path:
    with video_writer(path, fps) as write:
        for n in range(frames):
            write(frame(n))
    return path


def test_frames_come_back_in_order_and_colour(tmp_path):
    with Video(written(tmp_path / "a.mp4", 20, fps=12.5)) as video:
        assert (video.fps, video.size, video.count) == (12.5, SIZE, 20)
        frames = list(video)
    assert len(frames) == 20
    for n, got in enumerate(frames):
        assert got.dtype == np.uint8 and np.abs(got.astype(int) - frame(n)).max() <= 12
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_memory_does_not_grow_with_the_length(tmp_path):
    with video_writer(tmp_path / "a.mp4", 25) as write:
        for n in range(60):
            write(frame(n % 30, (640, 480)))
    tracemalloc.start()
    try:
        with Video(tmp_path / "a.mp4") as video:
            assert sum(1 for _ in video) == 60
        assert tracemalloc.get_traced_memory()[1] < 8 * 640 * 480 * 3
    finally:
        tracemalloc.stop()


def test_nothing_is_left_when_writing_breaks_off(tmp_path):
    written(tmp_path / "a.mp4", 3)
    before = (tmp_path / "a.mp4").read_bytes()
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error), video_writer(tmp_path / "a.mp4", 25) as write:
            write(frame(0))
            assert len(list(tmp_path.iterdir())) == 2
            raise error
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == before


def test_frames_of_another_size_and_no_frames_are_refused(tmp_path):
    with pytest.raises(ShapeError, match=r"frame 1 .*\(48, 64\)"), video_writer(tmp_path / "a.mp4", 25) as write:
        write(frame(0))
        write(frame(1, (48, 64)))
    with pytest.raises(ImageError, match="no frame"), video_writer(tmp_path / "a.mp4", 25):
        pass
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ImageError, match=r"nowhere.a\.mp4"), video_writer(tmp_path / "nowhere" / "a.mp4", 25) as write:
        write(frame(0))


def test_bad_videos_are_refused_by_name_and_ffmpeg_is_silent(tmp_path, capfd):
    good = written(tmp_path / "good.mp4", 20).read_bytes()
    for name, content in {"empty": b"", "text": b"no video\n" * 99, "half": good[: len(good) // 2]}.items():
        (tmp_path / f"{name}.mp4").write_bytes(content)
        with pytest.raises(ImageError, match=rf"{name}\.mp4: .*(no video|truncated)"):
            Video(tmp_path / f"{name}.mp4")
    with pytest.raises(ImageError, match="no such file"):
        Video(tmp_path / "nowhere.mp4")
    with pytest.raises(ImageError, match="folder"):
        Video(tmp_path)
    assert capfd.readouterr().err == ""


def test_a_video_that_breaks_off_says_so_after_its_last_frame(tmp_path):
    path = str(tmp_path / "a.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 25, SIZE)
    for n in range(40):
        writer.write(frame(n))
    writer.release()
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: len(content) // 2])
    seen = 0
    with Video(path) as video, pytest.raises(ImageError, match=r"a\.avi: only \d+ of \d+ frames"):
        for _ in video:
            seen += 1
    assert 5 < seen < 30


# ---- some of the frames


class Machine:
    """A clock that goes on when somebody sleeps or works."""

    def __init__(self) -> None:
        self.now, self.slept = 50.0, 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds

    def pace(self, fps: float) -> Pace:
        return Pace(fps, lambda: self.now, self.sleep)


def test_every_nth_frame_with_its_number(tmp_path):
    with Video(written(tmp_path / "a.mp4", 11)) as video:
        taken = list(video.frames(4))
    assert [number for number, _ in taken] == [0, 4, 8]
    for number, got in taken:
        assert np.abs(got.astype(int) - frame(number)).max() <= 12


def test_who_is_slow_leaves_frames_out_and_is_never_more_than_a_frame_behind(tmp_path):
    machine = Machine()
    with Video(written(tmp_path / "a.mp4", 30, fps=10)) as video:
        seen = []
        for number, _ in video.frames(pace=machine.pace(10)):
            assert machine.now - 50 - number / 10 <= 0.1 + 1e-9  # no later than the next frame's time
            seen.append(number)
            machine.now += 0.35
    assert seen == [0, 3, 6, 10, 13, 17, 20, 24, 27] or np.all(np.abs(np.diff(seen) - 3.5) <= 0.5)
    assert machine.slept < 0.3


def test_who_is_quick_waits_for_the_frames(tmp_path):
    machine = Machine()
    with Video(written(tmp_path / "a.mp4", 20, fps=10)) as video:
        seen = [number for number, _ in video.frames(pace=machine.pace(10))]
    assert seen == list(range(20)) and machine.slept == pytest.approx(1.9)


def test_a_truncated_video_is_named_whatever_is_left_out(tmp_path):
    whole = written(tmp_path / "a.mp4", 40).read_bytes()
    (tmp_path / "b.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match=r"b\.mp4"), Video(tmp_path / "b.mp4") as video:
        list(video.frames(3))
