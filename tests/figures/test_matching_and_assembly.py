"""The pictures of matching and assembly: what is drawn where, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import same_color

from paflib.errors import DataError
from paflib.figures import draw_groups, draw_hungarian, draw_structures
from paflib.parser import hungarian_steps
from paflib.people import People
from paflib.skeleton import COCO_18, Skeleton

SCORES = np.array([[0.9, 0.8, 0.2], [0.8, 0.3, 0.1], [0.4, 0.6, 0.5]])
ARM = Skeleton("arm", ("neck", "shoulder", "elbow"), ((0, 1), (1, 2)))


def told(kind: str):
    return [step for step in hungarian_steps(SCORES) if step["kind"] == kind]


def test_hungarian_panels_hold_labels_pairs_and_sums():
    step = told("augment")[1]  # the path of three pairs
    (axes,) = draw_hungarian([step]).axes
    texts = [text.get_text().strip() for text in axes.texts]
    assert texts.count("0.8") == 1 and texts.count("0.7") == 1 and texts.count("0.1") == 1
    assert "labels 2.20, pairs 1.60" in axes.get_title()
    thick = [line for line in axes.lines if line.get_linewidth() > 4]
    dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
    assert sorted(tuple(line.get_ydata()) for line in thick) == [(0, 1), (1, 0)]
    assert [tuple(line.get_ydata()) for line in dotted] == [(0, 0)], "the pair that was given up"
    assert len(axes.lines) == len(step["tight"])


def test_a_pair_matched_before_looks_unlike_one_of_the_path():
    (axes,) = draw_hungarian([told("augment")[2]]).axes
    colors = {tuple(line.get_ydata()): line.get_color() for line in axes.lines if line.get_linewidth() > 4}
    assert len(colors) == 3
    assert same_color(colors[0, 1], colors[1, 0]) and not same_color(colors[0, 1], colors[2, 2])


def test_a_shorter_column_stands_in_the_middle():
    (axes,) = draw_hungarian([hungarian_steps(np.array([[0.6], [0.4]]))[0]]).axes
    assert sorted(tuple(line.get_ydata()) for line in axes.lines) == [(0, 0.5), (1, 0.5)]


@pytest.mark.parametrize("count", [0, 7])
def test_hungarian_draws_one_to_six_steps(count):
    with pytest.raises(DataError, match=f"got {count}"):
        draw_hungarian([told("labels")[0]] * count)


def people(skeleton: Skeleton, *rows: list[tuple[float, float]]) -> People:
    points = np.array(rows, float)
    return People(np.concatenate([points, np.ones((*points.shape[:2], 1))], axis=2), None, skeleton)


def test_structures_draw_all_pairs_the_tree_and_limbs_apart():
    two = people(ARM, [(10, 10), (20, 10), (30, 10)], [(10, 40), (20, 40), (30, 40)])
    every, tree, apart = draw_structures(two, (60, 60)).axes
    assert (len(every.lines), len(tree.lines), len(apart.lines)) == (12, 8, 8)
    assert [10, 20] in [list(line.get_xdata()) for line in tree.lines]
    assert [12, 18] in [list(line.get_xdata()) for line in apart.lines], "the ends of a limb are off their places"


def test_a_missing_part_is_no_candidate():
    two = people(ARM, [(10, 10), (20, 10), (30, 10)], [(10, 40), (20, 40), (30, 40)])
    two.keypoints[1, 1] = np.nan, np.nan, 0
    every, tree, _ = draw_structures(two, (60, 60)).axes
    assert (len(every.lines), len(tree.lines)) == (2 + 4 + 2, 4)


def test_groups_number_people_and_give_each_a_look():
    pair = people(ARM, [(10, 30), (20, 30), (30, 30)], [(60, 40), (70, 40), (80, 40)])
    (left, right) = draw_groups({"both": pair, "one": pair[0]}, (100, 100)).axes
    assert [text.get_text() for text in left.texts] == ["0", "1"] and len(right.texts) == 1
    assert left.get_title(loc="left") == "both"
    looks = {(line.get_color(), line.get_linestyle()) for line in left.lines}
    assert len(looks) == 2 and len(left.lines) == 4
    marks = [scatter.get_paths()[0].vertices.tolist() for scatter in left.collections]
    assert len(marks) == 2 and marks[0] != marks[1], "people differ by their marks, not by colour alone"


def test_groups_show_the_redundant_limb_that_holds_two_pieces_together():
    part = COCO_18.index
    points = np.zeros((1, 18, 3))
    points[0, [part("neck"), part("right_shoulder"), part("right_ear")]] = (50, 50, 1), (30, 50, 1), (40, 20, 1)
    (axes,) = draw_groups({"": People(points)}, (100, 100)).axes
    assert [line.get_linestyle() for line in axes.lines] == ["-", ":"]
    points[0, [part("nose"), part("right_eye")]] = (50, 20, 1), (45, 15, 1)  # now the tree reaches the ear
    (axes,) = draw_groups({"": People(points)}, (100, 100)).axes
    assert [line.get_linestyle() for line in axes.lines] == ["-"] * 4


def test_groups_lie_over_the_image_at_their_pixels():
    image = np.full((100, 100, 3), 200, np.uint8)
    figure = draw_groups({"a": People.empty(ARM)}, (100, 100), image=image, crop=(0, 0, 50, 50))
    assert figure.axes[0].get_xlim() == (0, 50) and len(figure.axes[0].images) == 1
    with pytest.raises(DataError, match="no result"):
        draw_groups({}, (10, 10))
