"""Every figure: made without pyplot, shown in a notebook, readable on a phone, refusing what is wrong."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib import rcParams
from matplotlib.text import Text

from paflib import figures
from paflib.errors import DataError, ShapeError
from paflib.fields import Fields
from paflib.people import People
from paflib.skeleton import BODY_25

PHONE = 390  # pixels

FIGURES: dict[str, Callable] = {
    "people": lambda image, fields, people: figures.draw_people(image, people, numbers=True, names=True),
    "confidence": lambda image, fields, people: figures.draw_confidence(image, fields, "nose"),
    "grid": lambda image, fields, people: figures.draw_confidence_grid(image, fields, range(4)),
    "grid_smooth": lambda image, fields, people: figures.draw_confidence_grid(image, fields, ["nose"], smooth=True),
    "affinity": lambda image, fields, people: figures.draw_affinity(image, fields, "neck-nose"),
    "affinity_colors": lambda image, fields, people: figures.draw_affinity_colors(image, fields),
    "stages_part": lambda image, fields, people: figures.draw_stages(image, fields, part="nose"),
    "stages_limb": lambda image, fields, people: figures.draw_stages(image, fields, limb=("neck", "nose")),
    "peaks": lambda image, fields, people: figures.draw_peaks(image, fields),
    "candidates": lambda image, fields, people: figures.draw_candidates(image, fields, "neck-nose"),
    "line_integral": lambda image, fields, people: figures.draw_line_integral(image, fields, 0, (9.5, 7), (8.2, 14.6)),
}


@pytest.fixture(params=FIGURES)
def draw(request: pytest.FixtureRequest) -> Callable:
    return FIGURES[request.param]


def test_a_drawing_without_a_photograph_shows_itself_as_png(fields):
    from IPython.core.formatters import DisplayFormatter

    data, _ = DisplayFormatter().format(figures.draw_affinity_colors(None, fields))
    assert data["image/png"].startswith(b"\x89PNG") and "image/jpeg" not in data


def test_figure_shows_itself_in_a_notebook_and_leaves_its_input_alone(draw, image, fields, people):
    """IPython asks an object it does not know for ``_repr_jpeg_`` and ``_repr_png_``; a plain Figure has neither."""
    from IPython.core.formatters import DisplayFormatter

    before = image.copy(), fields.S.copy(), fields.L.copy(), people.keypoints.copy()
    data, _ = DisplayFormatter().format(draw(image, fields, people))
    assert data["image/jpeg"].startswith(b"\xff\xd8") and "image/png" not in data, "a photograph is shown as JPEG"
    assert len(data["image/jpeg"]) > 3000
    for was, now in zip(before, (image, fields.S, fields.L, people.keypoints), strict=True):
        np.testing.assert_array_equal(was, now)


def test_type_is_readable_on_a_phone_and_inside_the_page(draw, image, fields, people):
    figure = draw(image, fields, people)
    figure.draw_without_rendering()
    width, height = figure.get_figwidth() * figure.dpi, figure.get_figheight() * figure.dpi
    assert width <= 8.01 * 120
    for text in figure.findobj(Text):
        if text.get_text() and text.get_visible():
            assert text.get_fontsize() * figure.dpi / 72 * min(1.0, PHONE / width) >= 8.5, text.get_text()
            box = text.get_window_extent()
            assert box.x0 > -2 and box.y0 > -2 and box.x1 < width + 2 and box.y1 < height + 2, text.get_text()


@pytest.mark.parametrize("name", ["people", "confidence", "line_integral"])
def test_the_readers_settings_neither_change_the_figure_nor_are_changed(name, image, fields, people):
    draw = FIGURES[name]
    calm = draw(image, fields, people).png()
    before = dict(rcParams)
    rcParams.update({"font.size": 3, "text.color": "white", "figure.facecolor": "black", "axes.titlesize": 30})
    try:
        loud = dict(rcParams)
        assert draw(image, fields, people).png() == calm
        assert dict(rcParams) == loud
    finally:
        rcParams.update(before)


def test_no_figure_needs_pyplot_or_imports_torch():
    """In a process of its own: pyplot keeps figures alive and picks a backend, and torch takes seconds."""
    code = """
import sys, numpy as np, paflib, paflib.figures as figures
image, people = np.zeros((64, 64, 3), np.uint8), paflib.People(np.full((1, 18, 3), 30.0))
fields = paflib.targets(people, (64, 64))
figures.draw_people(image, people).png(), figures.draw_confidence(image, fields, 0).png()
figures.draw_candidates(image, fields, 0).png(), figures.draw_affinity_colors(image, fields).png()
print(sorted({"matplotlib.pyplot", "torch"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3000, 2000)])
def test_images_of_any_size_are_drawn(size):
    image = np.zeros((*size, 3), np.uint8)
    assert figures.draw_people(image, People.empty()).png()


@pytest.mark.parametrize("name", sorted(FIGURES.keys() - {"people"}))
def test_fields_are_drawn_without_an_image(name, fields, people):
    """The panel is as large as what the cells cover: 240 x 320 pixels here."""
    view = FIGURES[name](None, replace(fields, image_size=None), people).axes[0]
    assert name == "line_integral" or (view.get_xlim(), view.get_ylim()) == ((-0.5, 319.5), (239.5, -0.5))


# ---- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape, dtype", [((8, 9), np.uint8), ((8, 9, 4), np.uint8), ((8, 9, 3), float), ((0, 9, 3), np.uint8)]
)
def test_what_is_no_rgb_image_is_refused(draw, shape, dtype, fields, people):
    with pytest.raises(ShapeError, match="image has"):
        draw(np.zeros(shape, dtype), fields, people)


def test_an_image_of_another_size_than_the_fields_is_refused(fields):
    with pytest.raises(ShapeError, match="fields come from"):
        figures.draw_confidence(np.zeros((100, 100, 3), np.uint8), fields, "nose")


def test_unknown_parts_and_limbs_are_refused_by_name(image, fields):
    with pytest.raises(DataError, match="no part 'snout'"):
        figures.draw_confidence(image, fields, "snout")
    with pytest.raises(DataError, match="no part 18"):
        figures.draw_confidence_grid(image, fields, [18])
    with pytest.raises(DataError, match="no limb 'nose-left_ankle'"):
        figures.draw_affinity(image, fields, "nose-left_ankle")
    with pytest.raises(DataError, match="no limb 19"):
        figures.draw_affinity_colors(image, fields, 19)
    with pytest.raises(DataError, match="no part 'mid_hip'"):  # a part of another skeleton
        figures.draw_peaks(image, fields, parts=BODY_25.parts[:9])


def test_crops_are_checked(image, fields):
    with pytest.raises(DataError, match="holds nothing"):
        figures.draw_confidence(image, fields, 0, crop=(400, 0, 500, 100))
    with pytest.raises(DataError, match="four numbers"):
        figures.draw_confidence(image, fields, 0, crop=(0, 1, 2))


def test_stages_ask_for_stages_and_for_one_thing_to_show(image, fields):
    with pytest.raises(DataError, match="stages=True"):
        figures.draw_stages(image, replace(fields, stages=()), part="nose")
    for wrong in ({}, {"part": 0, "limb": 0}):
        with pytest.raises(DataError, match="one of part= and limb="):
            figures.draw_stages(image, fields, **wrong)


def test_points_of_a_line_integral_are_checked(image, fields):
    with pytest.raises(ShapeError, match="a has shape"):
        figures.draw_line_integral(image, fields, 0, (1, 2, 3), (4, 5))
    with pytest.raises(ShapeError, match="b has 1 values"):
        figures.draw_line_integral(image, fields, 0, (1, 2), (np.nan, 5))


def test_an_empty_field_has_no_arrows(image):
    nothing = Fields(np.zeros((18, 30, 40)), np.zeros((19, 2, 30, 40)), People.empty().skeleton)
    for make in (
        lambda: figures.draw_affinity(image, nothing, 0), lambda: figures.draw_peaks(image, nothing),
        lambda: figures.draw_candidates(image, nothing, 0),
    ):  # fmt: skip
        assert make().png()


def test_a_noisy_photograph_is_shown_too():
    """Regression: Pillow cannot write an optimised JPEG of noise at full colour resolution in one go."""
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    assert figures.draw_people(noise, People.empty()).jpeg().startswith(b"\xff\xd8")
