"""Skeleton diagrams: numbers where the parts are, redundant limbs dashed, every released skeleton of a body drawn."""

import numpy as np
import pytest
from matplotlib.text import Text

from paflib import figures
from paflib.errors import DataError
from paflib.figures.skeletons import BODY
from paflib.figures.style import Picture
from paflib.skeleton import BODY_25, COCO_17, COCO_18, MPII_15, MPII_16, Skeleton

PHONE = 390  # pixels
KITE = Skeleton("kite", ("top", "tail", "left_end", "right_end"), limbs=((0, 1), (0, 2), (0, 3), (2, 1), (3, 1)))
PLACES = {"top": (1.0, 0.0), "tail": (1.0, 3.0), "left_end": (2.0, 1.0), "right_end": (0.0, 1.0)}


def assert_readable(figure: Picture) -> None:
    """Type at least 8.5 pixels high on a phone, and all of it inside a page of eight inches."""
    figure.draw_without_rendering()
    width, height = figure.get_figwidth() * figure.dpi, figure.get_figheight() * figure.dpi
    assert width <= 8.01 * 120, width
    for text in figure.findobj(Text):
        if text.get_text() and text.get_visible():
            assert float(text.get_fontsize()) * figure.dpi / 72 * min(1.0, PHONE / width) >= 8.5, text.get_text()
    box = figure.get_tightbbox()  # inches; unlike the texts' own boxes without the ticks beyond an axis's ends
    assert (
        box.x0 > -0.02 and box.y0 > -0.02 and box.x1 < width / figure.dpi + 0.02 and box.y1 < height / figure.dpi + 0.02
    )


def numbers(axes) -> dict[str, list[np.ndarray]]:
    found: dict[str, list[np.ndarray]] = {}
    for text in axes.texts:
        if text.get_text():
            found.setdefault(text.get_text(), []).append(np.array(text.get_position()))
    return found


@pytest.mark.parametrize(
    "skeletons", [(COCO_18,), (COCO_18, MPII_15, BODY_25), (COCO_17, MPII_16)], ids=lambda s: s[-1].name
)
def test_bodies_are_drawn_readably(skeletons):
    figure = figures.draw_skeletons(*skeletons)
    assert_readable(figure)
    assert [axes.get_title() for axes in figure.axes] == [one.name for one in skeletons]


def test_every_part_and_every_limb_has_its_number_at_its_place():
    (axes,) = figures.draw_skeletons(KITE, layout=PLACES).axes
    found = numbers(axes)
    for j, part in enumerate(KITE.parts):
        assert any(np.allclose(place, PLACES[part]) for place in found[str(j)]), part
    for c, (a, b) in enumerate(KITE.limbs):
        middle = np.mean([PLACES[KITE.parts[a]], PLACES[KITE.parts[b]]], axis=0)
        assert any(np.linalg.norm(place - middle) < 0.25 for place in found[str(c)]), KITE.limb_name(c)


def test_redundant_limbs_are_dashed_and_the_others_are_not():
    (axes,) = figures.draw_skeletons(KITE, layout=PLACES).axes
    dashed = [line.get_linestyle() != "-" for line in axes.lines[: KITE.C]]
    assert KITE.redundant == (3, 4)
    assert dashed == [False, False, False, True, True]


def test_wedges_point_from_the_first_part_to_the_second():
    (axes,) = figures.draw_skeletons(KITE, layout=PLACES).axes
    wedges = [text for text in axes.texts if hasattr(text, "arrow_patch") and text.arrow_patch is not None]
    assert len(wedges) == KITE.C
    for wedge, (a, b) in zip(wedges, KITE.limbs, strict=True):
        along = np.subtract(PLACES[KITE.parts[b]], PLACES[KITE.parts[a]])
        assert (np.array(wedge.xy) - np.array(wedge.get_position())) @ along > 0


def test_the_right_side_is_at_the_readers_left():
    assert all(BODY[part][0] < 0 for part in BODY if part.startswith("right"))
    assert all(BODY[part][0] > 0 for part in BODY if part.startswith("left"))


def test_a_part_without_a_place_is_named():
    with pytest.raises(DataError, match="no place for left_end, right_end, tail, top"):
        figures.draw_skeletons(KITE)
    with pytest.raises(DataError, match="no skeleton"):
        figures.draw_skeletons()


def test_a_broad_layout_is_made_to_fit_the_page():
    broad = {part: (9 * x, y) for part, (x, y) in PLACES.items()}
    assert_readable(figures.draw_skeletons(KITE, layout=broad))
