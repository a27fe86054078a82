"""Scenes on a card: the pictures themselves, and the truth where it is asked for."""

import cv2
import numpy as np
import pytest

from paflib import figures
from paflib.errors import DataError
from paflib.synthetic import generate


def panels(picture, rows: int, columns: int) -> list[np.ndarray]:
    """What each panel of a full card shows, as small as the scene."""
    image = cv2.imdecode(np.frombuffer(picture.png(), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    small = []
    for axes in picture.axes:
        (left, bottom), (right, top) = axes.get_position().get_points() * (image.shape[1], image.shape[0])
        piece = image[round(image.shape[0] - top) : round(image.shape[0] - bottom), round(left) : round(right)]
        small.append(cv2.resize(piece, (192, 192), interpolation=cv2.INTER_AREA)[..., ::-1].astype(float))
    assert len(small) == rows * columns
    return small


def test_scenes_stand_in_their_order():
    shown = panels(figures.draw_scenes("easy", 4, start=2, seed=1, columns=2), 2, 2)
    for k, piece in enumerate(shown):
        away = [np.abs(piece - generate("easy", index, 1).image).mean() for index in range(2, 6)]
        assert int(np.argmin(away)) == k and away[k] < 0.3 * np.partition(away, 1)[1]


def test_skeletons_lie_over_those_who_are_labelled():
    """The picture changes near the parts of labelled people, and nowhere else."""
    plain = panels(figures.draw_scenes("crowd", 2, seed=3, columns=2), 1, 2)
    drawn = panels(figures.draw_scenes("crowd", 2, seed=3, columns=2, skeletons=True), 1, 2)
    for index in range(2):
        people = generate("crowd", index, 3).people
        changed = np.abs(drawn[index] - plain[index]).max(axis=2) > 40
        points = people.keypoints[people.present][:, :2]
        rows, columns = np.nonzero(changed)
        (left, top), (right, bottom) = points.min(axis=0) - 4, points.max(axis=0) + 4
        assert (columns >= left).all() and (columns <= right).all() and (rows >= top).all() and (rows <= bottom).all()
        x, y = points.round().astype(int).clip(0, 191).T
        assert changed[y, x].mean() > 0.6 and changed.mean() < 0.4


def test_a_photograph_and_no_other_level_or_number():
    assert figures.draw_scenes("hard", 1).photograph
    with pytest.raises(DataError, match="no level is called 'none'"):
        figures.draw_scenes("none")
    for n in (0, 41):
        with pytest.raises(DataError, match=f"draws 1 to 40 scenes, got {n}"):
            figures.draw_scenes("easy", n)
