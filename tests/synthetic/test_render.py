"""Shapes and the buffer: everything at its pixel, nearer over farther, the picture made of the buffer alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from paflib.synthetic.render import Painted, Shapes, paint, picture_of

SIZE = (60, 80)
BLACK = np.zeros((*SIZE, 4), np.uint8)


def picture(shapes: Shapes, behind: np.ndarray = BLACK) -> np.ndarray:
    return picture_of(paint(shapes, SIZE), behind)[0][..., :3]


def centre(image: np.ndarray) -> tuple[float, float]:
    weight = image.astype(float).sum(axis=2)
    y, x = np.indices(weight.shape)
    return float((x * weight).sum() / weight.sum()), float((y * weight).sum() / weight.sum())


@pytest.mark.parametrize("x, y", [(30, 20), (41.25, 30.5), (0.984375, 55.015625 - 12)])
def test_a_bright_dot_lies_where_it_was_put(x, y):
    """To a few hundredths of a pixel; with the corner of a pixel for its centre it would be half a pixel off."""
    shapes = Shapes()
    shapes.dot(0, 0.0, 1, (x + 5, y), 5.0, (255, 255, 255))
    assert centre(picture(shapes)) == pytest.approx((x + 5, y), abs=0.06)


@pytest.mark.parametrize("a, b", [((20, 20), (60, 20)), ((20, 12), (20, 50)), ((15.25, 10.75), (62.5, 48.125))])
def test_a_bar_runs_from_joint_to_joint_as_wide_as_it_was_asked_for(a, b):
    shapes = Shapes()
    shapes.bar(0, 0.0, 1, a, b, 5.0, 5.0, (255, 255, 255), lit=False)
    image = picture(shapes)
    assert centre(image) == pytest.approx(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), abs=0.06)
    y, x = np.indices(SIZE)
    step = np.subtract(b, a)
    t = np.clip(((x - a[0]) * step[0] + (y - a[1]) * step[1]) / (step @ step), 0, 1)
    away = np.hypot(x - a[0] - t * step[0], y - a[1] - t * step[1])
    assert (image[away < 4.1, 0] == 255).all() and (image[away > 5.9, 0] == 0).all()


def test_a_bar_tapers():
    shapes = Shapes()
    shapes.bar(0, 0.0, 1, (20, 30), (60, 30), 8.0, 2.0, (255, 255, 255), lit=False)
    column = picture(shapes)[..., 0].astype(float).sum(axis=0) / 255
    assert column[20] == pytest.approx(16, abs=1) and column[60] == pytest.approx(4, abs=1)
    assert column[40] == pytest.approx(10, abs=0.7)


def test_the_nearer_covers_the_farther_in_whatever_order_they_came():
    red, green, blue = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    shapes = Shapes()
    shapes.dot(1, 5.0, 1, (40, 30), 4.0, blue)  # a nearer actor, however deep its shapes are
    shapes.dot(0, 0.1, 2, (40, 30), 8.0, green)
    shapes.dot(0, 0.2, 3, (40, 30), 12.0, red)
    painted = paint(shapes, SIZE)
    image, whose = picture_of(painted, BLACK)
    assert [tuple(image[30, x, :3]) for x in (40, 46, 50)] == [blue, green, red]
    assert [painted.at(x, 30) for x in (40, 46, 50, 60)] == [(1, 1), (0, 2), (0, 3), (-1, 0)]
    np.testing.assert_array_equal(whose[30, [40, 46, 50, 60]], [2, 1, 1, 0])


def test_a_lit_core_leans_to_the_light_and_belongs_to_the_same_piece():
    shapes = Shapes(light=(-1.0, 0.0))
    shapes.bar(0, 0.0, 7, (40, 10), (40, 50), 6.0, 6.0, (200, 100, 50))
    painted = paint(shapes, SIZE)
    row = picture_of(painted, BLACK)[0][30, :, 0].astype(int)
    assert row[36] == 200 and row[45] == 200 * 13 >> 4
    assert painted.at(36, 30) == painted.at(45, 30) == (0, 7)


def test_a_pixel_is_the_mean_of_its_four_points():
    fine = np.random.default_rng(0).integers(0, 5, (120, 160)).astype(np.uint16)
    color = np.random.default_rng(1).integers(0, 256, (5, 3)).astype(np.uint8)
    painted = Painted(fine, color, np.array([-1, 0, 1, 1, 2]), np.zeros(5, int))
    behind = np.random.default_rng(2).integers(0, 256, (60, 80, 4)).astype(np.uint8)
    image, whose = picture_of(painted, behind)
    points = np.where((fine > 0)[..., None], color[fine], np.repeat(np.repeat(behind[..., :3], 2, 0), 2, 1)).astype(int)
    mean = (points[::2, ::2] + points[1::2, ::2] + points[::2, 1::2] + points[1::2, 1::2] + 2) >> 2
    np.testing.assert_array_equal(image[..., :3], mean)
    for y, x in np.ndindex(60, 80):
        actors = (painted.actor + 1)[fine[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].ravel()]
        counts = np.bincount(actors, minlength=4)
        assert whose[y, x] == np.flatnonzero(counts == counts.max()).max()  # of two that tie the nearer


def test_at_is_the_point_of_the_buffer_that_holds_the_place():
    fine = np.arange(120 * 160, dtype=np.uint16).reshape(120, 160)
    every = np.arange(120 * 160)
    painted = Painted(fine, np.zeros((120 * 160, 3), np.uint8), every, every)
    assert painted.at(-0.5, -0.5) == (0, 0)
    assert painted.at(0.0, 0.0) == (
        161,
        161,
    )  # a pixel's centre is the corner of its four points; the last one is taken
    assert painted.at(3.3, 2.2) == (5 * 160 + 7, 5 * 160 + 7)
    assert painted.at(79.49, 59.49) == (120 * 160 - 1, 120 * 160 - 1)


def test_polygons_and_strips():
    shapes = Shapes()
    shapes.polygon(0, 0.0, 1, [(9.75, 9.75), (29.25, 9.75), (29.25, 19.25), (9.75, 19.25)], (255, 255, 255))
    image = picture(shapes)[..., 0]
    assert (image[10:20, 10:30] == 255).all() and image.sum() < 255 * (10 * 20 + 2 * 31)
    hourglass = Shapes()
    rungs: list[tuple[tuple[float, float], tuple[float, float]]] = [
        ((20, 5), (60, 5)), ((38, 30), (42, 30)), ((20, 55), (60, 55))
    ]  # fmt: skip
    hourglass.strip(0, 0.0, 1, rungs, (255, 255, 255))
    wide = (picture(hourglass)[..., 0] > 0).sum(axis=1)
    assert wide[6] > 35 and wide[54] > 35 and wide[30] < 8


def test_what_lies_outside_the_picture_does_no_harm():
    shapes = Shapes()
    shapes.bar(0, 0.0, 1, (-360, -270), (440, 330), 12.0, 3.0, (255, 255, 255))
    shapes.dot(0, 0.0, 1, (-50, 30), 10.0, (255, 255, 255))
    assert 0 < (picture(shapes) > 0).mean() < 1
    assert picture(Shapes()).max() == 0  # nothing at all


def test_opencv_fills_as_it_did_when_the_levels_were_frozen():
    """If this fails, a new OpenCV fills polygons otherwise: the levels' bytes change with it, for everybody."""
    canvas = np.zeros((24, 32), np.uint8)
    cv2.fillConvexPoly(canvas, np.array([(130, 200), (1700, 90), (1900, 1300), (700, 1450)], np.int32), 1, 8, 6)
    rows = [0, 2, 17, 26, 26, 25, 25, 25, 25, 24, 24, 23, 23, 24, 23, 23, 22, 22, 21, 22, 21, 19, 11, 2]
    np.testing.assert_array_equal(canvas.sum(axis=1), rows)
