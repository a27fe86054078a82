"""Curves: what was measured is what is drawn, readable, with looks that do not rest on colour alone."""

import numpy as np
import pytest

from paflib import figures
from paflib.errors import DataError, ShapeError
from paflib.fields import SIGMA, Grid, confidence_maps
from tests.figures.test_skeletons import assert_readable

X = np.array([0.5, 1.0, 2.0, 4.0])
CURVES = {"none": np.stack([X, 3 + 0 * X, 0.1 * X], axis=1), "cubic": np.stack([X, X], axis=1)}


def panels(figure):
    return {axes.get_title() or axes.get_xlabel(): axes for axes in figure.axes}


@pytest.mark.parametrize("options", [{}, {"log_x": True, "log_y": True}, {"lines": {"here": 1.0}, "y_range": (0, 5)}])
def test_curves_are_readable(options):
    assert_readable(figures.draw_curves(CURVES, "σ in cells", "mean error in px", **options))


def test_curves_show_the_measured_points_with_different_marks_and_dashes():
    (axes,) = figures.draw_curves(CURVES, "x", "y").axes
    drawn = [container.lines[0] for container in axes.containers]
    for line, values in zip(drawn, CURVES.values(), strict=True):
        np.testing.assert_allclose(line.get_xydata(), values[:, :2])
    assert len({(line.get_marker(), line.get_linestyle()) for line in drawn}) == 2
    assert len(axes.containers[0].lines[1]) == 2 and not axes.containers[1].lines[1]  # caps of the error bars


def test_curves_refuse_other_shapes_and_too_many():
    with pytest.raises(ShapeError, match=r"'odd' has shape \(4,\)"):
        figures.draw_curves({"odd": X}, "x", "y")
    with pytest.raises(DataError, match="1 to 4 curves"):
        figures.draw_curves({str(k): CURVES["cubic"] for k in range(5)}, "x", "y")


def test_reductions_show_each_map_its_peaks_and_its_profile():
    wrists = np.array([[32.0, 29.0], [48.0, 33.0]])
    figure = figures.draw_reductions(wrists, shape=(8, 10))
    assert_readable(figure)
    found = panels(figure)
    assert {"maximum: 2 peaks", "average: 1 peak", "sum, cut at 1: 1 peak"} < set(found)
    keypoints = np.insert(wrists, 2, 1, axis=1)[:, None]
    for name, title in (("max", "maximum: 2 peaks"), ("average", "average: 1 peak")):
        shown = found[title].images[0]
        np.testing.assert_allclose(shown.get_array(), confidence_maps(keypoints, (8, 10), reduce=name)[0])
        assert tuple(shown.get_extent()) == (-0.5, 79.5, 63.5, -0.5)
    profile = next(axes for title, axes in found.items() if title.startswith("x in pixels"))
    row = confidence_maps(keypoints, (8, 10))[0, 3]
    np.testing.assert_allclose(profile.lines[0].get_xydata(), np.stack([Grid(8).axes((8, 10))[0], row], axis=1))


def test_reductions_refuse_no_points():
    with pytest.raises(ShapeError, match="points"):
        figures.draw_reductions([1.0, 2.0])
    with pytest.raises(DataError, match="needs a point"):
        figures.draw_reductions(np.zeros((0, 2)))


def test_the_parabola_lies_on_the_gaussian_unless_there_is_noise():
    exact = figures.draw_parabola(0.3, SIGMA / 8)
    assert_readable(exact)
    for axes in exact.axes:
        gaussian, parabola, _, true_top, found_top = axes.lines
        np.testing.assert_allclose(parabola.get_ydata(), gaussian.get_ydata(), atol=1e-9)
        assert found_top.get_xdata()[0] == pytest.approx(true_top.get_xdata()[0]) == pytest.approx(0.3)
    noisy = figures.draw_parabola(0.3, SIGMA / 8, noise=(0, 0, 0.1)).axes[0]
    assert noisy.lines[4].get_xdata()[0] > 0.35


def test_the_parabola_refuses_what_has_no_top():
    with pytest.raises(DataError, match="positive"):
        figures.draw_parabola(0.0, 1.0, noise=(-1, 0, 0))
    with pytest.raises(DataError, match="bend down"):
        figures.draw_parabola(0.0, 1.0, noise=(1, 0, 1))
