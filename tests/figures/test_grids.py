"""The ruler of cells and the mask: every cell where its grid says."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from paflib import figures
from paflib.errors import DataError, ShapeError
from paflib.fields import Grid
from paflib.people import People
from tests.figures.test_skeletons import assert_readable

TWO = {"S": Grid(8), "L of the released networks": Grid(8, 0)}


def boxes(axes) -> list[tuple[float, float, float]]:
    """Left edge, top and width of every rectangle, in the figure's own coordinates."""
    return [(p.get_x(), p.get_y(), p.get_width()) for p in axes.patches if isinstance(p, Rectangle)]


@pytest.mark.parametrize("grids", [TWO, {"S": Grid(8)}, {"fine": Grid(4), "coarse": Grid(16), "odd": Grid(5, 2.5)}])
def test_the_ruler_is_readable(grids):
    assert_readable(figures.draw_ruler(grids))


def test_the_ruler_has_cells_where_the_grids_say():
    (axes,) = figures.draw_ruler(TWO).axes
    cells = sorted((top, left) for left, top, width in boxes(axes) if width == 8)
    assert [left for _, left in cells] == [-0.5, 7.5, 15.5, -4, 4, 12]
    assert [text.get_text() for text in axes.texts if "cell" in text.get_text()] == [
        "cell 0 at 3.5", "cell 1 at 11.5", "cell 2 at 19.5", "cell 0 at 0", "cell 1 at 8", "cell 2 at 16",
    ]  # fmt: skip


@pytest.mark.parametrize("grids", [{}, {str(k): Grid(8) for k in range(5)}])
def test_the_ruler_refuses_what_it_cannot_mark(grids):
    with pytest.raises(DataError, match="1 to 4 grids"):
        figures.draw_ruler(grids)


def test_the_mask_hatches_the_cells_it_takes_away():
    mask = np.ones((4, 6))
    mask[1, 2], mask[3, 5] = 0.0, 0.75
    (axes,) = figures.draw_mask(None, mask, Grid(8), size=(32, 48)).axes
    first, second = (p for p in axes.patches if isinstance(p, Rectangle))
    assert (first.get_x(), first.get_y(), first.get_width()) == (15.5, 7.5, 8)
    assert (second.get_x(), second.get_y()) == (39.5, 23.5)
    assert first.get_hatch() == "//" and second.get_hatch() is None
    assert first.get_facecolor()[3] == pytest.approx(0.6)
    assert second.get_facecolor()[3] == pytest.approx(0.15)


def test_the_mask_lies_over_photograph_and_people(image, people: People):
    mask = np.ones((30, 40))
    mask[:10, :10] = 0
    figure = figures.draw_mask(image, mask, Grid(8), people, crop=(0, 0, 200, 200))
    assert_readable(figure)
    assert len(figure.axes[0].collections) == 1


def test_the_mask_refuses_what_is_none():
    with pytest.raises(ShapeError, match="mask"):
        figures.draw_mask(None, np.ones(4), Grid(8), size=(32, 32))
    with pytest.raises(DataError, match="needs an image"):
        figures.draw_mask(None, np.ones((4, 4)), Grid(8))
