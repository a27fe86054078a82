"""Type beside what it names: inside the picture, off marks and lines, and off other type."""

from __future__ import annotations

import numpy as np
import pytest

from paflib.errors import DataError
from paflib.fields import Fields, Grid
from paflib.figures import draw_affinity_colors, draw_candidates, draw_matchings, draw_peaks
from paflib.figures.curves import draw_profile
from paflib.figures.labels import Room, along, text_size
from paflib.skeleton import COCO_18, Skeleton

PAIR = Skeleton("pair", ("elbow", "wrist"), ((0, 1),))
HALF = text_size("0.72")


def test_a_label_is_moved_into_the_picture():
    room = Room((0, 0, 100, 80), np.zeros((0, 2)), 9.0)
    for wanted in ((-30.0, 40.0), (140.0, 5.0), (50.0, 90.0)):
        x, y = room.place(np.array([wanted]), HALF)
        assert HALF[0] <= x <= 100 - HALF[0] and HALF[1] <= y <= 80 - HALF[1]


def test_marks_lines_and_other_labels_are_kept_clear():
    a, b = np.array([20.0, 40.0]), np.array([20.0, 62.0])  # a limb so short that its number cannot lie on it
    room = Room((0, 0, 200, 120), np.stack([a, b]), 9.0)
    shares = (0.5, 0.3, 0.7)
    short = room.place(along(a, b, HALF, shares), HALF)
    assert not (np.abs(room.marks - short) < np.add(HALF, 9.0)).all(axis=1).any()
    aside = np.array([60, 0])
    crossing = along(short - aside, short + aside, HALF, shares)  # its own middle is where the first number lies
    second = room.place(crossing, HALF)
    assert (np.abs(short - second) >= 2 * np.array(HALF)).any(), "one number lies on the other"
    upright = Room((0, 0, 200, 120), np.zeros((0, 2)), 9.0, [(np.array([100.0, 0.0]), np.array([100.0, 120.0]), 4.0)])
    x, _ = upright.place(along(np.array([20.0, 60.0]), np.array([180.0, 60.0]), HALF, shares), HALF)
    assert abs(x - 100.0) >= HALF[0], "it interrupts the upright line"


def boxes(figure):
    """The boxes of a first panel's scores, and the panel's own, in dots of the figure."""
    figure.canvas.draw()
    axes = figure.axes[0]
    scores = [text for text in axes.texts if "." in text.get_text()]
    return [text.get_window_extent() for text in scores], axes.get_window_extent(), scores


def candidates_at(points):
    """Fields of one limb for some pairs (x, y, x, y) in cells of a map of 20 by 30."""
    S = np.zeros((2, 20, 30))
    for a_x, a_y, b_x, b_y in points:
        S[0, a_y, a_x] = S[1, b_y, b_x] = 0.9
    return Fields(S, np.zeros((1, 2, 20, 30)), PAIR, Grid(8), Grid(8), image_size=(160, 240))


def test_a_short_limb_at_the_edge_shows_its_whole_score_beside_itself():
    """Regression: 0.72 ran out of the book's photograph at the left, under its own square and disc."""
    figure = draw_candidates(None, candidates_at([(0, 5, 0, 7), (20, 4, 20, 12)]), 0, scores=np.diag([0.72, 0.81]))
    found, panel, texts = boxes(figure)
    assert sorted(text.get_text() for text in texts) == ["0.72", "0.81"]
    for box in found:
        assert panel.x0 <= box.x0 and box.x1 <= panel.x1 and panel.y0 <= box.y0 and box.y1 <= panel.y1
    marks = figure.axes[0].transData.transform([(3.5, 43.5), (3.5, 59.5)])  # of the first pair
    for x, y in marks:
        assert all(not (box.x0 - 8 < x < box.x1 + 8 and box.y0 - 8 < y < box.y1 + 8) for box in found)


@pytest.mark.parametrize("panels", [1, 2, 3])
def test_scores_break_no_chosen_line_and_cover_no_other_score(panels):
    scores = np.array([[0.9, 0.8], [0.8, 0.1]])
    pairs = [[(0, 0), (1, 1)], [(0, 1), (1, 0)], [(0, 0)]]
    figure = draw_matchings(scores, {str(k): pairs[k] for k in range(panels)})
    for k, axes in enumerate(figure.axes):
        figure.canvas.draw()
        texts = [text for text in axes.texts if "." in text.get_text()]
        found = [text.get_window_extent() for text in texts]
        assert len(texts) == 4
        for i, one in enumerate(found):
            assert not any(one.overlaps(other) for other in found[i + 1 :])
            for row, column in pairs[k]:
                ends = axes.transData.transform([(0, row), (1, column)])
                way = ends[0] + np.linspace(0, 1, 200)[:, None] * (ends[1] - ends[0])
                inside = (way > (one.x0, one.y0)).all(axis=1) & (way < (one.x1, one.y1)).all(axis=1)
                assert not inside.any(), f"{texts[i].get_text()} lies on a chosen line of panel {k}"


def test_the_legend_of_peaks_names_the_sides_that_are_shown():
    fields = Fields(np.zeros((18, 8, 8)), np.zeros((19, 2, 8, 8)), COCO_18, image_size=(64, 64))

    def named(parts):
        return [text.get_text() for text in draw_peaks(None, fields, parts=parts).legends[0].get_texts()]

    assert named(["right_ankle", "right_wrist"]) == ["right"]
    assert named(["nose", "left_wrist"]) == ["middle", "left"]
    assert named(None) == ["right", "middle", "left"]


def test_colours_can_carry_arrows():
    L = np.zeros((1, 2, 8, 8))
    L[0, 0, 3, 2:6] = 1.0
    fields = Fields(np.zeros((2, 8, 8)), L, PAIR, image_size=(64, 64))
    without, with_arrows = draw_affinity_colors(None, fields, 0), draw_affinity_colors(None, fields, 0, arrows=True)
    (quiver,) = set(map(type, with_arrows.axes[0].collections))
    assert quiver.__name__ == "Quiver" and not without.axes[0].collections
    assert len(with_arrows.axes[0].collections[0].get_offsets()) == 4
    with pytest.raises(DataError, match="one limb"):
        draw_affinity_colors(None, fields, arrows=True)


@pytest.mark.parametrize(("reduce", "between"), [("max", 0.78), ("average", 0.78), ("sum", 1.0)])
def test_a_profile_is_that_of_equation_8(reduce, between):
    """Halfway between two joints 10 px apart each person's Gaussian is exp(-25 / 100) = 0.78."""
    figure = draw_profile([(40, 40), (50, 40)], (10, 12), sigma=10.0, reduce=reduce)
    map_panel, profile = figure.axes[:2]
    together, *alone = profile.lines
    assert len(alone) == 2 and together.get_linestyle() == "-" and all(line.get_linestyle() == "--" for line in alone)
    s, values = together.get_data()
    assert np.interp(5.0, s, values) == pytest.approx(between, abs=0.005)
    assert {text.get_text() for text in map_panel.texts} >= {"1", "2"}
    with pytest.raises(DataError, match="2 to 4 points"):
        draw_profile([(1, 2)], (4, 4))
