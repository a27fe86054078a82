"""One limb drawn large, several fields side by side, and midpoints against fields."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.quiver import Quiver

from paflib import figures
from paflib.errors import DataError, ShapeError
from paflib.fields import Fields, Grid, affinity_fields, targets
from paflib.parser import Peaks, find_peaks
from paflib.people import People
from paflib.skeleton import Skeleton

ARM = Skeleton("arm", ("elbow", "wrist"), ((0, 1),))


@pytest.fixture
def scene() -> tuple[Fields, Peaks]:
    keypoints = np.ones((3, 2, 3))
    keypoints[:, :, 0] = 27.5 + 48 * np.arange(3)[:, None]
    keypoints[:, :, 1] = 83.5, 19.5
    fields = targets(People(keypoints, None, ARM), (104, 160))
    return fields, find_peaks(fields.S)


def test_arrows_stand_on_exactly_the_cells_of_the_limb():
    ends, grid = np.array([[12.0, 8.0], [36.0, 40.0]]), Grid(8)
    field = affinity_fields(np.insert(ends, 2, 1, axis=1)[None], ((0, 1),), (6, 6), grid)[0]
    figure = figures.draw_limb_cells(ends, (6, 6), grid)
    (quiver,) = (artist for artist in figure.axes[0].get_children() if isinstance(artist, Quiver))
    rows, columns = np.nonzero(np.hypot(*field))
    np.testing.assert_allclose(np.array(quiver.get_offsets()), grid.to_pixels(np.stack([columns, rows], axis=1)))
    assert figure._repr_png_()
    with pytest.raises(ShapeError, match="ends"):
        figures.draw_limb_cells(ends[0], (6, 6))


@pytest.mark.parametrize("style, axes", [("colors", 4), ("arrows", 2)])  # the colours have a legend and its wheel
def test_fields_stand_side_by_side_under_their_titles(scene, style, axes):
    fields, _ = scene
    figure = figures.draw_affinity_panels(None, {"one": fields, "two": fields}, "elbow-wrist", style=style)
    titles = [panel.get_title(loc="left") for panel in figure.axes]
    assert titles[:2] == ["one", "two"] and len(figure.axes) in (axes, axes - 1)
    assert figure._repr_png_()


def test_panels_need_a_field_and_a_style(scene):
    with pytest.raises(DataError, match="at least one field"):
        figures.draw_affinity_panels(None, {}, 0)
    with pytest.raises(DataError, match="'lines'"):
        figures.draw_affinity_panels(None, {"one": scene[0]}, 0, style="lines")


def dashed(panel) -> set[tuple[float, float]]:
    """The x of both ends of the orange lines."""
    return {tuple(line.get_xdata()) for line in panel.lines if to_hex(line.get_color()) == "#d55e00"}


def test_wrong_pairs_are_drawn_when_they_score_as_high_as_the_lowest_right_one(scene):
    fields, peaks = scene
    scores = np.diag([1.0, 0.9, 0.95])
    scores[0, 2], scores[2, 0], scores[0, 1] = 0.895, 0.97, 0.88
    figure = figures.draw_association(fields, peaks, 0, {"marks": scores, "none": np.eye(3)}, {"marks": [[75, 50]]})
    np.testing.assert_allclose(sorted(dashed(figure.axes[0])), [(27.5, 123.5), (123.5, 27.5)], atol=0.1)
    assert not dashed(figure.axes[1])
    quivers = [[artist for artist in axes.get_children() if isinstance(artist, Quiver)] for axes in figure.axes]
    assert [len(found) for found in quivers] == [0, 1]  # a panel without marks shows the field


def test_association_wants_pairs(scene):
    fields, peaks = scene
    with pytest.raises(ShapeError, match="scores"):
        figures.draw_association(fields, peaks, 0, {"field": np.eye(2)})
    lone = Peaks(peaks.part[:4], peaks.xy[:4], peaks.score[:4], peaks.cell[:4])
    with pytest.raises(DataError, match="3 and 1"):
        figures.draw_association(fields, lone, 0, {"field": np.eye(3)})
