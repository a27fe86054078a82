"""Fields over an image: cells at their place, arrows and colours in the right direction."""

import colorsys
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.quiver import Quiver
from matplotlib.text import Text

from paflib import figures
from paflib.errors import DataError, ShapeError
from paflib.fields import Fields, Grid
from paflib.figures.affinity import strongest
from paflib.figures.colors import direction_colors, direction_image
from paflib.figures.style import extent_of
from paflib.parser import find_peaks, match_limbs, score_limbs
from paflib.skeleton import Skeleton
from tests.figures.test_people_figures import pixels

LINE = Skeleton("line", ("top", "foot"), limbs=((0, 1),))
GRIDS = [Grid(8), Grid(8, 0), Grid((5, 10), (2, 7))]


def lone_cell(grid: Grid, x: int, y: int, vector: tuple[float, float] = (0, 0)) -> Fields:
    S, L = np.zeros((2, 12, 16)), np.zeros((1, 2, 12, 16))
    S[0, y, x] = 1
    L[0, :, y, x] = vector
    return Fields(S, L, LINE, grid, grid, image_size=(96, 128))


def lit(figure, size=(96, 128)) -> np.ndarray:
    """The bright pixels (n, 2) of the figure's first panel, in pixels (x, y) of the image shown there."""
    shown = pixels(figure)
    place = figure.axes[0].get_window_extent()
    top = shown.shape[0] - place.y1
    panel = shown[round(top) : round(top + place.height), round(place.x0) : round(place.x1)]
    panel = panel[2:-2, 2:-2]  # what lies across the edge of the card is white
    y, x = np.nonzero(panel.max(axis=2) > 120)
    return (np.stack([x, y], axis=1) + 2.5) * (size[1], size[0]) / (place.width, place.height) - 0.5


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_a_cell_is_drawn_where_the_grid_says(grid):
    """Its centre within 0.3 px; extents by whole cells without the grid's origin would be 3.5 px off at stride 8."""
    figure = figures.draw_confidence(None, lone_cell(grid, 6, 4), "top")
    bright = lit(figure)
    centre = (bright.min(axis=0) + bright.max(axis=0)) / 2
    assert centre == pytest.approx(grid.to_pixels((6, 4)), abs=0.3)
    assert np.ptp(bright, axis=0) == pytest.approx(grid.stride, abs=0.4)


def test_the_extent_has_cell_edges_half_a_cell_from_the_centres():
    assert extent_of((12, 16), Grid(8)) == (-0.5, 127.5, 95.5, -0.5)
    assert extent_of((12, 16), Grid(8, 0)) == (-4, 124, 92, -4)


def test_smoothing_moves_nothing():
    fields = lone_cell(Grid(8), 6, 4)
    assert lit(figures.draw_confidence(None, fields, 0, smooth=True)).mean(axis=0) == pytest.approx(
        Grid(8).to_pixels((6, 4)), abs=0.3
    )


@pytest.mark.parametrize("vector", [(1, 0), (0, 1), (-1, 0), (0, -1), (0.6, 0.8)])
def test_arrows_point_where_the_limb_runs(vector):
    """The head is the arrow's broad end: more of its pixels lie ahead of the cell's centre than behind it."""
    figure = figures.draw_affinity(None, lone_cell(Grid(8), 6, 4, vector), 0)
    (quiver,) = figure.findobj(Quiver)
    assert (quiver.U[0], quiver.V[0]) == pytest.approx(vector)
    np.testing.assert_allclose(np.asarray(quiver.get_offsets())[0], Grid(8).to_pixels((6, 4)))
    ahead = (lit(figure) - Grid(8).to_pixels((6, 4))) @ np.array(vector)
    aside = (lit(figure) - Grid(8).to_pixels((6, 4))) @ np.array((-vector[1], vector[0]))
    assert np.ptp(ahead) == pytest.approx(7.3, abs=0.6)  # a unit vector is nearly as long as a cell
    assert np.ptp(aside[ahead > 1]) > 1.8 * np.ptp(aside[ahead < -1])


def test_arrows_use_the_grid_of_L_and_not_of_S():
    fields = replace(lone_cell(Grid(8), 6, 4, (1, 0)), L_grid=Grid(8, 0))
    (quiver,) = figures.draw_affinity(None, fields, 0).findobj(Quiver)
    np.testing.assert_allclose(np.asarray(quiver.get_offsets())[0], (48, 32))


def test_direction_colours_use_the_grid_of_L_and_not_of_S():
    fields = replace(lone_cell(Grid(8), 6, 4, (1, 0)), L_grid=Grid(8, 0))
    bright = lit(figures.draw_affinity_colors(None, fields))
    assert (bright.min(axis=0) + bright.max(axis=0)) / 2 == pytest.approx((48, 32), abs=0.3)


def test_weak_vectors_have_no_arrow_and_steps_thin_the_rest_out():
    L = np.zeros((1, 2, 12, 16))
    L[0, 0] = 0.5
    L[0, 0, 0, 0] = 0.01
    fields = Fields(np.zeros((2, 12, 16)), L, LINE)
    assert figures.draw_affinity(None, fields, 0).findobj(Quiver)[0].N == 12 * 16 - 1
    assert figures.draw_affinity(None, fields, 0, step=4).findobj(Quiver)[0].N == 3 * 4
    assert not figures.draw_affinity(None, fields, 0, threshold=0.6).findobj(Quiver)


# ---- directions as colours ---------------------------------------------------------------------------------------


def test_equal_turns_change_the_colour_equally():
    """Measured in CIELAB, which is not the space the hues were made in: every step is near the mean step."""
    import cv2

    turn = np.linspace(0, 2 * np.pi, 49)
    colors = direction_colors(np.stack([np.cos(turn), np.sin(turn)], axis=-1))
    lab = cv2.cvtColor(colors[None].astype(np.float32), cv2.COLOR_RGB2LAB)[0]
    steps = np.linalg.norm(np.diff(lab, axis=0), axis=1)
    assert steps.max() < 2.2 * steps.min()
    assert np.ptp(lab[:, 0]) < 8  # of 100: no direction looks brighter than another
    np.testing.assert_allclose(colors[0], colors[-1], atol=1e-9)
    assert colors.min() > 0.02 and colors.max() < 1.0  # no hue is clipped


def test_direction_image_tells_opposite_directions_apart_and_strength_by_opacity():
    field = np.zeros((2, 1, 3))
    field[0, 0] = 1.0, -0.5, 0.0
    image = direction_image(field)
    assert image[0, :, 3].tolist() == [1.0, 0.5, 0.0]
    hues = [colorsys.rgb_to_hsv(*image[0, k, :3])[0] for k in (0, 1)]
    assert 0.3 < abs(hues[0] - hues[1]) < 0.7


@pytest.mark.parametrize("vector", [(1, 0), (0, 1), (-0.6, -0.8)])
def test_the_wheel_shows_the_colours_of_the_panel(vector):
    """What points down in the image has the colour of the wheel's lower rim, not of its upper one."""
    figure = figures.draw_affinity_colors(None, lone_cell(Grid(8), 6, 4, vector), 0)
    shown = pixels(figure).astype(int)
    panel, wheel = figure.axes[0], next(axes for axes in figure.axes[1].child_axes)
    figure.draw_without_rendering()

    def color(axes, point):
        u, v = axes.transData.transform(point)
        return shown[int(shown.shape[0] - v), int(u)]

    drawn = color(panel, Grid(8).to_pixels((6, 4)))
    rim = np.array(vector) / np.hypot(*vector) * 0.93
    assert np.abs(color(wheel, rim) - drawn).max() < 30
    assert np.abs(color(wheel, -rim) - drawn).max() > 60


def test_all_limbs_at_once_shows_the_strongest():
    L = np.zeros((3, 2, 1, 1))
    L[0, 0], L[1, 1], L[2, 0] = 0.2, 0.9, -0.5
    skeleton = Skeleton("star", ("hub", "a", "b", "c"), limbs=((0, 1), (0, 2), (0, 3)))
    assert strongest(Fields(np.zeros((4, 1, 1)), L, skeleton)).ravel() == pytest.approx([0, 0.9])
    with pytest.raises(DataError, match="no limbs"):
        strongest(Fields(np.zeros((1, 1, 1)), np.zeros((0, 2, 1, 1)), Skeleton("dot", ("point",))))


# ---- the parser's steps ------------------------------------------------------------------------------------------


def labels(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].findobj(Text) if text.get_text()]


def test_candidates_fit_the_parser(image, fields):
    """The connections the parser matched, and what the figure works out on its own, give the same picture."""
    peaks = find_peaks(fields.S)
    chosen = match_limbs(score_limbs(fields, peaks))
    given = figures.draw_candidates(image, fields, "neck-right_hip", peaks, chosen)
    assert given.png() == figures.draw_candidates(image, fields, "neck-right_hip").png()
    assert len([line for line in given.axes[0].lines if line.get_linestyle() == "-"]) == 2  # two people, two chosen


def test_candidates_with_a_matrix_of_ones_own(image, fields):
    scores = np.array([[0.9, 0.8], [0.7, 0.0]])
    figure = figures.draw_candidates(image, fields, "neck-nose", connections=[(0, 1), (1, 0)], scores=scores)
    assert {"0.90", "0.80", "0.70"} <= set(labels(figure)) and "0.00" not in labels(figure)
    bold = [t.get_text() for t in figure.axes[0].findobj(Text) if t.get_fontweight() == "bold" and t.get_text()]
    assert sorted(bold) == ["0.70", "0.80"]
    styles = sorted(line.get_linestyle() for line in figure.axes[0].lines)
    assert styles == ["-", "-", "--", ":"]  # chosen, chosen, possible, refused
    assert {"0.90", "0.80"}.isdisjoint(labels(figures.draw_candidates(image, fields, 14, scores=scores, labels=False)))


def test_candidates_refuse_what_does_not_fit(image, fields):
    with pytest.raises(ShapeError, match="scores has shape"):
        figures.draw_candidates(image, fields, "neck-nose", scores=np.zeros((3, 2)))
    with pytest.raises(DataError, match="not among the peaks"):
        figures.draw_candidates(image, fields, "neck-nose", connections=[(0, 7)])


def test_peaks_lie_at_the_parts(image, fields, people):
    figure = figures.draw_peaks(image, fields, parts=["nose"])
    offsets = np.concatenate([c.get_offsets() for c in figure.axes[0].collections])
    np.testing.assert_allclose(sorted(offsets.tolist()), sorted(people.keypoints[:, 0, :2].tolist()), atol=0.1)


def test_the_line_integral_shows_the_dot_products_and_their_mean(image, fields, people):
    cells = fields.S_grid.to_cells(people.keypoints[:, :, :2])
    right = figures.draw_line_integral(image, fields, "neck-right_hip", cells[0, 1], cells[0, 8])
    wrong = figures.draw_line_integral(image, fields, "neck-right_hip", cells[0, 1], cells[1, 8])
    texts = [[text.get_text() for text in figure.findobj(Text)] for figure in (right, wrong)]
    means = [next(float(text[4:]) for text in some if text.startswith("E =")) for some in texts]
    assert means[0] > 0.8 > 0.4 > means[1]
    passed, failed = (np.size(c.get_offsets()) // 2 for c in wrong.axes[1].collections[1:])
    assert passed + failed == 10 and failed >= 5
    samples = np.asarray(right.axes[0].collections[-2].get_offsets())  # the discs over the image
    np.testing.assert_allclose(samples[[0, -1]], people.keypoints[0, [1, 8], :2], atol=1e-6)
