"""Matchings side by side: which lines are solid, and what is written."""

from __future__ import annotations

import numpy as np
import pytest

from paflib.errors import DataError, ShapeError
from paflib.figures import draw_matchings
from paflib.parser import greedy, hungarian

SCORES = np.array([[0.9, 0.8], [0.8, 0.1]])


def texts(axes):
    return [text.get_text() for text in axes.texts]


def solid(axes):
    """The pairs drawn solid, by the rows and columns at which their lines end."""
    return [tuple(round(float(y)) for y in line.get_ydata()) for line in axes.lines if line.get_linestyle() == "-"]


def test_chosen_pairs_are_solid_and_totals_are_in_the_titles():
    figure = draw_matchings(SCORES, {"greedy": greedy(SCORES), "Hungarian": hungarian(SCORES)}, row="elbow")
    one, two = figure.axes
    assert sorted(solid(one)) == [(0, 0), (1, 1)] and sorted(solid(two)) == [(0, 1), (1, 0)]
    assert [axes.get_title() for axes in (one, two)] == ["greedy: total 1.00", "Hungarian: total 1.60"]
    assert {"elbow", "0.90", "0.80", "0.10"} <= set(texts(one))
    assert figure.png().startswith(b"\x89PNG")


def test_pairs_that_cannot_be_chosen_have_no_line():
    (axes,) = draw_matchings(np.array([[0.9, -0.5, 0.0]]), {"greedy": [(0, 0)]}).axes
    assert len(axes.lines) == 1


def test_of_many_scores_only_the_chosen_are_written():
    scores = np.linspace(0.1, 0.9, 16).reshape(4, 4)
    (axes,) = draw_matchings(scores, {"greedy": greedy(scores)}).axes
    assert len([text for text in texts(axes) if "." in text]) == 4


def test_bad_input_is_named():
    with pytest.raises(DataError, match=r"\(2, 0\)"):
        draw_matchings(SCORES, {"greedy": [(2, 0)]})
    with pytest.raises(DataError, match="nothing"):
        draw_matchings(SCORES, {})
    with pytest.raises(ShapeError, match="scores has shape"):
        draw_matchings(np.zeros(3), {"greedy": []})
