"""Figures about OKS, AP and failures: what they draw is what they were given."""

import numpy as np
import pytest
from matplotlib.patches import Circle

from paflib import COCO_17, People, figures
from paflib.errors import DataError, ShapeError
from paflib.evaluation import analyse_errors, keypoint_similarity
from tests.evaluation.test_errors import planted
from tests.figures.conftest import standing
from tests.figures.test_skeletons import assert_readable


def annotated() -> People:
    people = standing((80, 120), (220, 125)).convert(COCO_17)
    return People(people.keypoints, None, COCO_17, area=np.array([9000.0, 2500.0]))


def test_rings_are_where_the_similarity_is_what_is_said(image):
    people = annotated()
    figure = figures.draw_tolerance(image, people, people, similarity=0.5)
    assert_readable(figure)
    rings = [patch for patch in figure.axes[0].patches if isinstance(patch, Circle)]
    assert len(rings) == 34
    for k in (0, 11, 20):
        n, j = divmod(k, 17)
        moved = people.keypoints.copy()
        moved[n, j, 0] += rings[k].get_radius()
        similarity = keypoint_similarity(People(moved, None, COCO_17), people)[n, n, j]
        assert similarity == pytest.approx(0.5)
        assert rings[k].get_center() == pytest.approx(tuple(people.keypoints[n, j, :2]))


def test_tolerance_wants_areas_and_a_similarity(image):
    with pytest.raises(DataError, match="areas"):
        figures.draw_tolerance(image, standing((80, 120)))
    with pytest.raises(DataError, match="between 0 and 1"):
        figures.draw_tolerance(image, annotated(), similarity=1.0)


def test_the_thick_curve_takes_the_best_precision_to_the_right():
    curve = np.array([(0.5, 1.0), (0.5, 0.5), (1.0, 2 / 3)])
    figure = figures.draw_precision_recall({"OKS 0.5": curve, "OKS 0.9": curve * [0.5, 1]})
    assert_readable(figure)
    thin, thick = figure.axes[0].lines[:2]
    np.testing.assert_allclose(thin.get_ydata(), curve[:, 1])
    np.testing.assert_allclose(thick.get_ydata(), [1, 2 / 3, 2 / 3])
    with pytest.raises(ShapeError, match=r"OKS 0\.5"):
        figures.draw_precision_recall({"OKS 0.5": curve[0]})
    with pytest.raises(DataError, match="1 to 4"):
        figures.draw_precision_recall({})


def test_bars_are_as_long_as_the_scores_and_say_them():
    scores = {"as it is": 0.4, "moved": (0.3, 0.25, 0.41), "highest": 0.97}
    figure = figures.draw_scores(scores, base="as it is")
    assert_readable(figure)
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches if bar.get_width() in (0.4, 0.3, 0.97)] == [0.4, 0.3, 0.97]
    assert [text.get_text() for text in axes.texts] == ["0.400", "0.300", "0.970"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list(scores)
    with pytest.raises(DataError, match="base"):
        figures.draw_scores(scores, base="nothing")


def test_failures_stand_in_panels_with_lines_and_words():
    report = analyse_errors(*planted())
    alone = {n: sum(kind in ("extra", "split") for kind in one.found_kind) for n, one in report.diagnoses.items()}
    chosen = sorted(report.diagnoses, key=lambda n: (-alone[n], len(report.diagnoses[n].annotated) == 0))[:4]
    words = sum(alone[n] for n in chosen)
    assert words > 0
    picture = np.full((400, 600, 3), 90, np.uint8)
    panels = [(f"case {n}", picture, report.diagnoses[n]) for n in chosen]
    figure = figures.draw_failures(panels)
    assert_readable(figure)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [title for title, _, _ in panels]
    people = [len(one.found) for _, _, one in panels]
    lines = [len(axes.lines) for axes in figure.axes]
    assert all(count >= 10 for n, count in zip(people, lines, strict=True) if n), "no skeletons are drawn"
    high = figures.draw_failures(panels, least=2.0)
    assert sum(len(a.texts) for a in figure.axes) - sum(len(a.texts) for a in high.axes) == words
    with pytest.raises(DataError, match="nothing"):
        figures.draw_failures([])
