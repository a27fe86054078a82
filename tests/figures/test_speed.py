"""What was measured is what is drawn."""

import numpy as np
import pytest

from paflib import figures
from paflib.errors import DataError
from paflib.figures.speed import PARSERS, speed_results
from tests.figures.test_skeletons import assert_readable

ROWS = {"1": {"total_ms": 80.0}, "9": {"total_ms": 81.0}, "100": {"total_ms": 200.0}}
OURS = {"1": {"total_ms": 0.2}, "9": {"total_ms": 0.3}, "100": {"total_ms": 8.0}}


def lines(figure):
    (axes,) = figure.axes
    return {c.get_label(): c.lines[0].get_xydata().tolist() for c in axes.containers}


def test_parsers_are_drawn_with_the_upsampling_they_need():
    figure = figures.draw_parser_speed(
        {"parsers": {"pafprocess": {"rows": ROWS}, "paflib-numba-paper-4": {"rows": OURS}, "other": {"rows": OURS}}}
    )
    assert lines(figure) == {
        "pafprocess, x8 maps": [[1, 80], [9, 81], [100, 200]],
        "paflib, maps as they are": [[1, 0.2], [9, 0.3], [100, 8]],
    }
    assert_readable(figure)
    with pytest.raises(DataError, match="1 to 4 curves"):
        figures.draw_parser_speed({"parsers": {}})


def test_both_ways_are_drawn_against_the_number_of_people():
    rows = {n: {"top_down_ms": 100.0 * int(n), "bottom_up_ms": 120.0, "parser_ms": 0.4} for n in ("1", "5", "20")}
    drawn = lines(figures.draw_people_speed({"rows": rows}))
    assert drawn["top-down, a box each"] == [[1, 100], [5, 500], [20, 2000]]
    assert drawn["bottom-up, once"] == [[1, 120], [5, 120], [20, 120]]


@pytest.mark.parametrize("name", ["parsers", "people-cpu", "networks-cpu"])
def test_the_results_that_come_with_the_package_say_what_they_were_read_on(name):
    results = speed_results(name)
    assert {"processor", "torch", "commit", "python"} <= set(results["machine"])


def test_the_packages_own_results_are_readable():
    for figure in (figures.draw_parser_speed(), figures.draw_people_speed()):
        assert_readable(figure)
    assert set(PARSERS) <= set(speed_results("parsers")["parsers"])
    times = np.array([row["total_ms"] for row in speed_results("parsers")["parsers"]["pafprocess"]["rows"].values()])
    assert (times > 0).all()


def test_a_result_that_is_not_there_says_how_it_is_made():
    with pytest.raises(DataError, match=r"no result speed-people-tpu: run python -m benchmarks\.people"):
        speed_results("people-tpu")
