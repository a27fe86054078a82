"""Training seen from outside: what is drawn is what is known, readable, and not by colour alone."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from paflib import figures
from paflib.errors import DataError, ShapeError
from paflib.fields import Grid
from paflib.skeleton import COCO_18
from paflib.trainer.config import Schedule
from paflib.trainer.data import Item
from tests.figures.test_skeletons import assert_readable

LOG = [{"step": str(50 * n), "images": str(800 * n), "lr": "0.1", "loss": "9", "L1": str(80 / n), "L2": str(60 / n),
        "S1": str(40 / n)} for n in range(1, 13)]  # fmt: skip


def item(people, size: int = 96) -> Item:
    """The first of the people, small, and a mask that hides the left third."""
    points = people.keypoints[:1].astype(np.float32) * [0.4, 0.4, 1]
    mask = np.full((size, size), 255, np.uint8)
    mask[:, : size // 3] = 0
    empty = np.zeros((1, COCO_18.J), bool)
    picture = np.full((size, size, 3), 90, np.uint8)
    return Item(picture, points, empty, np.zeros((1, 4), np.float32), mask, ~empty[0], "one")


def test_items_show_their_people_and_what_is_masked(people):
    bare = replace(item(people), mask=np.full((96, 96), 255, np.uint8))
    figure = figures.draw_items([item(people), bare], COCO_18, columns=2)
    assert_readable(figure)
    masked, plain = figure.axes
    for axes in figure.axes:
        bones = [one for one in axes.collections if isinstance(one, PolyCollection) and len(one.get_paths()) > 10]
        assert len(bones) == 1
    veil = masked.images[-1].get_array()
    assert (veil[:, :32, 3] > 0).all() and (veil[:, 32:, 3] == 0).all()
    assert len(plain.images) == 1


def test_items_of_one_size_and_at_least_one(people):
    with pytest.raises(DataError, match="no item"):
        figures.draw_items([], COCO_18)
    with pytest.raises(ShapeError, match="wanted one size"):
        figures.draw_items([item(people), item(people, 64)], COCO_18)


def test_masks_of_channels_hatch_the_cells_that_do_not_count(image, people):
    whole = np.ones((30, 40))
    holed = whole.copy()
    holed[3, 5], holed[4, 5] = 0.0, 0.75
    figure = figures.draw_channel_masks(image, {"nose": whole, "neck": holed}, Grid(8), people)
    assert_readable(figure)
    nose, neck = figure.axes
    assert (nose.get_title(loc="left"), neck.get_title(loc="left")) == ("nose", "neck")
    assert len(nose.patches) == 0
    assert [(p.get_xy(), p.get_hatch()) for p in neck.patches] == [((39.5, 23.5), "//"), ((39.5, 31.5), None)]
    with pytest.raises(ShapeError, match="neck"):
        figures.draw_channel_masks(image, {"neck": holed[0]}, Grid(8))
    with pytest.raises(DataError, match="no weights"):
        figures.draw_channel_masks(image, {}, Grid(8))


def test_schedules_are_shares_of_their_highest_over_a_run():
    halves = Schedule("step", at=(50,), factor=0.1)
    figure = figures.draw_schedules({"stairs": (halves, 100), "flat": (Schedule("constant"), 7)})
    assert_readable(figure)
    stairs, flat = figure.axes[0].lines
    x, y = stairs.get_data()
    assert np.allclose(y[x < 49], 1) and np.allclose(y[x > 51], 0.1)
    assert np.allclose(flat.get_ydata(), 1) and flat.get_linestyle() != stairs.get_linestyle()
    with pytest.raises(DataError, match="1 to 6 schedules"):
        figures.draw_schedules({})


@pytest.mark.parametrize("x", ["step", "images"])
def test_losses_of_stages_are_the_logs(x):
    figure = figures.draw_stage_losses(LOG, x=x)
    assert_readable(figure)
    fields, maps = figure.axes
    assert [line.get_label() for line in fields.lines] == ["L1", "L2"] and len(maps.lines) == 1
    wanted = [(float(row[x]), float(row["L2"])) for row in LOG]
    np.testing.assert_allclose(fields.lines[1].get_xydata(), wanted)
    assert len({(line.get_marker(), line.get_linestyle()) for line in fields.lines}) == 2


def test_losses_want_stages():
    for rows in ([], [{"step": 1, "loss": 2}]):
        with pytest.raises(DataError, match="rows with the losses"):
            figures.draw_stage_losses(rows)


@pytest.mark.parametrize("what", [{}, {"part": "nose"}, {"limb": 0}])
def test_ages_share_one_scale(image, fields, what):
    ages = {"young": fields.stages[0], "grown": fields}
    figure = figures.draw_ages(image, ages, **what)
    assert_readable(figure)
    young, grown = figure.axes[:2]
    assert [axes.get_title(loc="left") for axes in (young, grown)] == list(ages)
    bright = [axes.images[-1].get_array()[..., 3].max() for axes in (young, grown)]
    assert bright[0] < bright[1] or "limb" in what


def test_ages_of_all_parts_show_the_highest(image, fields):
    axes = figures.draw_ages(image, {"now": fields}).axes[0]
    drawn = axes.images[-1].get_array()[..., 3] > 0.5
    np.testing.assert_array_equal(drawn, fields.S.max(axis=0) > 0.25)
    for wrong in ({"part": 0, "limb": 0}, {"part": "tail"}):
        with pytest.raises(DataError):
            figures.draw_ages(image, {"now": fields}, **wrong)
    with pytest.raises(DataError, match="fields by title"):
        figures.draw_ages(image, {})


def test_a_grid_of_people(image, people):
    figure = figures.draw_people_grid([image, image], [people, people[:0]], titles=["two", "nobody"])
    assert_readable(figure)
    assert [len(axes.collections) for axes in figure.axes] == [1, 0]
    with pytest.raises(ShapeError, match="wanted one each"):
        figures.draw_people_grid([image], [people, people])
    with pytest.raises(ShapeError, match="wanted one"):
        figures.draw_people_grid([image, image[:50]], [people, people])
