"""Networks drawn: an arrow for everything a stage sees, squares as large as they say, changes with their sign."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.text import Annotation

from paflib import figures
from paflib.errors import DataError, ShapeError
from paflib.figures.style import INK
from tests.figures.test_skeletons import assert_readable


def black_arrows(axes) -> int:
    """Arrows between stages; those from F are grey."""
    return sum(isinstance(text, Annotation) and (text.arrowprops or {})["color"] == INK for text in axes.texts)


@pytest.mark.parametrize(
    ("order", "boxes", "arrows"),
    [(["LS"] * 6, 13, 20), ("LLLLSS", 7, 6), ("SSLLLL", 7, 8), ("L", 2, 0), (("LS", "L", "S"), 5, 4)],
)
def test_every_stage_has_an_arrow_from_what_it_sees(order, boxes, arrows):
    """Two branches: 4 a later stage. LLLLSS: 3 in a row, L to both S, S to S. SSLLLL: S to S, S to 4 L, 3 in a row."""
    figure = figures.draw_network({"a network": order})
    assert_readable(figure)
    (axes,) = figure.axes
    drawn = [patch for patch in axes.patches if isinstance(patch, FancyBboxPatch)]
    assert len(drawn) == boxes and black_arrows(axes) == arrows
    for box in drawn[1:]:
        assert box.get_y() == pytest.approx(-0.2) or box.get_y() == pytest.approx(0.8)


def test_two_networks_stand_one_above_the_other():
    figure = figures.draw_network({"one": "LS", "other": "SL"})
    assert_readable(figure)
    assert [axes.get_title("left") for axes in figure.axes] == ["one", "other"]
    names = [text.get_text() for text in figure.axes[1].texts if text.get_text()]
    assert names == ["$F$", "$S^{1}$", "$L^{2}$"]


@pytest.mark.parametrize("orders", [{}, {"x": ""}, {"x": "LX"}, {"x": "L" * 8}, {"x": ["LS", ""]}])
def test_networks_that_cannot_be_drawn_are_refused(orders):
    with pytest.raises(DataError, match=r"no network to draw|has the order"):
        figures.draw_network(orders)


def squares(axes) -> list[tuple[float, float, float]]:
    """Centre and side of every square."""
    found = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    return [(p.get_x() + p.get_width() / 2, p.get_y() + p.get_height() / 2, p.get_width()) for p in found]


def test_views_are_squares_around_the_cell_wherever_the_picture_ends(image):
    figure = figures.draw_views(image, (30, 200), {"near": (20, 40), "far": (50, 900, 1400)})
    assert_readable(figure)
    for axes, sides in zip(figure.axes, ((20, 40), (50, 900, 1400)), strict=True):
        assert squares(axes) == [pytest.approx((30, 200, side)) for side in sides]
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        assert left <= min(30 - max(sides) / 2, 0) and right >= 320 and top <= 0 and bottom >= 200 + max(sides) / 2
        assert [text.get_text() for text in axes.texts] == [str(k + 1) for k in range(len(sides))]
    with pytest.raises(DataError, match="at least one panel"):
        figures.draw_views(image, (30, 200), {})
    with pytest.raises(DataError, match="above 0"):
        figures.draw_views(image, (30, 200), {"none": (0,)})
    with pytest.raises(ShapeError, match="point is"):
        figures.draw_views(image, (30, 200, 1), {"near": (20,)})


def test_influence_is_brightest_where_the_weights_are(image):
    weights = np.zeros((120, 160))
    weights[30, 100] = 1  # at (200, 60) in the picture of twice the size
    figure = figures.draw_influence(image, {"one": weights}, (50, 50), {"one": (80, 40)}, crop=(0, 0, 300, 200))
    assert_readable(figure)
    (axes,) = figure.axes
    shown = axes.images[-1]
    row, column = np.unravel_index(np.asarray(shown.get_array())[..., :3].sum(axis=2).argmax(), (120, 160))
    assert (column, row) == (100, 30) and shown.get_extent() == [-0.5, 319.5, 239.5, -0.5]
    assert [side for _, _, side in squares(axes)] == [80, 40]
    with pytest.raises(DataError, match="nought everywhere"):
        figures.draw_influence(image, {"one": 0 * weights}, (50, 50))
    with pytest.raises(DataError, match="no maps"):
        figures.draw_influence(image, {}, (50, 50))
    with pytest.raises(ShapeError, match="maps"):
        figures.draw_influence(image, {"one": weights[0]}, (50, 50))


def test_changes_have_their_sign_and_their_place(image, fields):
    part, cell = fields.skeleton.index("nose"), (4, 9)
    low, high = (replace(fields, S=np.zeros_like(fields.S), stages=()) for _ in range(2))
    high.S[part, cell[0], cell[1]] = 0.4
    figure = figures.draw_changes(image, replace(fields, stages=(low, high, low)), part="nose")
    assert_readable(figure)
    more, less = figure.axes
    assert [text.get_text() for text in more.texts] == ["+"] and [t.get_text() for t in less.texts] == ["\u2212"]
    assert more.texts[0].get_position() == pytest.approx(tuple(fields.S_grid.to_pixels(cell[::-1])))
    colors = [np.asarray(axes.images[-1].get_array())[cell] for axes in (more, less)]
    assert colors[0][0] > colors[0][2] and colors[1][2] > colors[1][0] and colors[0][3] == colors[1][3] == 1
    assert np.asarray(more.images[-1].get_array())[..., 3].sum() == 1


def test_a_limbs_change_is_that_of_its_length(image, fields):
    figure = figures.draw_changes(image, fields, limb="neck-nose")
    assert_readable(figure)
    assert len(figure.axes) == 2 and {text.get_text() for axes in figure.axes for text in axes.texts} == {"+"}
    turned = replace(fields, L=-fields.L, stages=())  # the same lengths the other way round: nothing to be seen
    figure = figures.draw_changes(None, replace(fields, stages=(replace(fields, stages=()), turned)), limb="neck-nose")
    assert not np.asarray(figure.axes[0].images[-1].get_array())[..., 3].any()


def test_changes_want_two_stages_and_one_thing_to_show(image, fields):
    with pytest.raises(DataError, match="no two stages"):
        figures.draw_changes(image, replace(fields, stages=fields.stages[:1]), part=0)
    for wrong in ({}, {"part": 0, "limb": 0}):
        with pytest.raises(DataError, match="one of part= and limb="):
            figures.draw_changes(image, fields, **wrong)


def test_windows_count_the_ways():
    """A chain of convolutions of ones has these numbers as its kernel: three 3 x 3 end in 49 in the middle."""
    figure = figures.draw_windows({"one": (7,), "three": (3, 3, 3)})
    assert_readable(figure)
    for axes, total, most in zip(figure.axes, (49, 9**3), (1, 49), strict=True):
        numbers = [int(text.get_text()) for text in axes.texts]
        assert len(numbers) == 49 and sum(numbers) == total and max(numbers) == most
    assert [side for _, _, side in squares(figure.axes[1])] == [3, 5, 7]
    for wrong in ({}, {"even": (2,)}, {"large": (7, 5)}, {"none": ()}):
        with pytest.raises(DataError, match=r"chain of odd|too large"):
            figures.draw_windows(wrong)
