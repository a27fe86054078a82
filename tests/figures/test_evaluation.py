"""Figures of an evaluation: what they show is what the report says."""

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from paflib import figures
from paflib.errors import DataError
from paflib.evaluation import StageReport, analyse_errors, diagnose
from paflib.figures.evaluation import _PARTS
from tests.evaluation.test_errors import PAIR, as_found, changed, coco, planted, standing
from tests.figures.test_skeletons import assert_readable


@pytest.fixture(scope="module")
def report():
    return analyse_errors(*planted())


def test_the_price_goes_from_ap_to_one_in_steps(report):
    figure = figures.draw_error_price(report)
    assert_readable(figure)
    (axes,) = figure.axes
    bars = [bar for container in axes.containers for bar in container]
    assert bars[0].get_width() == pytest.approx(report.AP)
    assert [bar.get_width() for bar in bars[1:]] == pytest.approx(list(report.lost.values()))
    for one, two in pairwise(bars):
        assert two.get_x() == pytest.approx(one.get_x() + one.get_width())
    assert bars[-1].get_x() + bars[-1].get_width() == pytest.approx(1)
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    assert names[0] == "as it is" and "swap (7)" in names and names[-1] == "not exact"


def test_every_part_has_a_bar_of_all_its_kinds(report):
    figure = figures.draw_part_errors(report)
    assert_readable(figure)
    (axes,) = figure.axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [p.replace("_", " ") for p in report.skeleton.parts]
    for container, kind in zip(axes.containers, _PARTS, strict=True):
        total = np.sum([report.parts[k] for k in _PARTS], axis=0)
        assert [bar.get_width() for bar in container] == pytest.approx(list(report.parts[kind] / total))
    looks = {(bars[0].get_facecolor(), bars[0].get_hatch()) for bars in axes.containers}
    assert len(looks) == len(_PARTS)


def stage(number: int, predicts: str, **errors: float) -> StageReport:
    known = {"S": 0.1, "S_on": np.nan, "L_on": np.nan, "L_off": 0.1, "angle": np.nan} | errors
    figures_of = {"AP": 0.2 * number, "interval": {"AP": (0.2 * number - 0.05, 0.2 * number + 0.1)}}
    return StageReport(number, predicts, "", figures_of, known)


def test_stages_show_ap_with_its_interval_and_errors_where_there_are_any():
    reports = [stage(1, "L", L_on=0.8, angle=40), stage(2, "L", L_on=0.4, angle=20), stage(3, "S", S_on=0.2)]
    figure = figures.draw_stage_reports(reports)
    assert_readable(figure)
    left, right = figure.axes
    line = left.containers[0].lines[0]
    np.testing.assert_allclose(line.get_ydata(), [0.2, 0.4, 0.6])
    caps = [cap.get_ydata() for cap in left.containers[0].lines[1]]
    np.testing.assert_allclose(caps[0], [0.15, 0.35, 0.55])
    np.testing.assert_allclose(caps[1], [0.3, 0.5, 0.7])
    drawn = {text.get_text(): text for text in figure.legends[0].get_texts()}
    assert set(drawn) == {"S on parts (1 is 0.2)", "L on limbs (1 is 0.8)", "angle of L (1 is 40.0°)"}
    np.testing.assert_allclose(right.lines[1].get_ydata(), [1, 0.5, np.nan])
    assert len({(li.get_marker(), li.get_linestyle()) for li in right.lines}) == 3


def test_long_ticks_leave_room_for_the_name_of_the_axis():
    """Regression: with ticks of two decimals, which come with the final size, "AP" was cut off at the left edge."""
    known = {"S_on": 0.1, "L_on": 0.5, "angle": 20.0}
    values = {0.172: (0.121, 0.24), 0.225: (0.163, 0.304), 0.256: (0.191, 0.342)}
    rows = [{"AP": AP, "interval": {"AP": interval}} for AP, interval in values.items()]
    reports = [StageReport(t, "LS", "", row, known) for t, row in enumerate(rows, 1)]
    drawn = np.asarray(Image.open(io.BytesIO(figures.draw_stage_reports(reports).png())).convert("L"))
    assert drawn[:, 0].min() == 255, "type runs over the left edge"


def test_stages_without_an_interval_and_a_network_without_s():
    plain = StageReport(1, "L", "", {"AP": 0.1}, {"S_on": np.nan, "L_on": 0.0, "angle": 0.0})
    assert_readable(figures.draw_stage_reports([plain]))
    with pytest.raises(DataError, match="no stages"):
        figures.draw_stage_reports([])


def test_errors_are_marked_in_their_places():
    points = as_found(PAIR).keypoints
    found = changed(as_found(standing((100, 100), (700, 400))), 0, 9, points[1, 9])
    figure = figures.draw_diagnosis(None, diagnose(changed(found, 0, 15, 0), PAIR), image_size=(700, 900))
    assert_readable(figure)
    (axes,) = figure.axes
    marks = [tuple(scatter.get_offsets()[0]) for scatter in axes.collections]
    assert marks == [tuple(points[1, 9, :2]), tuple(points[0, 15, :2])]
    words = {text.get_text() for text in axes.texts}
    assert words == {"missed", "extra"}
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["swap", "absent"]


def test_a_picture_below_and_nothing_wrong():
    image = np.zeros((400, 700, 3), np.uint8)
    figure = figures.draw_diagnosis(image, diagnose(as_found(PAIR), PAIR))
    assert figure.photograph and not figure.legends
    with pytest.raises(DataError, match="needs an image, or an image_size"):
        figures.draw_diagnosis(None, diagnose(as_found(PAIR), PAIR))
    with pytest.raises(DataError, match="nobody who is annotated was found"):
        figures.draw_part_errors(analyse_errors([], coco({1: PAIR})))
