"""Wide figures in boxes that scroll: which ones, and that nothing else of a page changes."""

from __future__ import annotations

import pytest
from PIL import Image

from scripts import wide_figures

PAGE = """<p>a</p>
<figure class="align-default" id="fig-a">
<img alt="x > y" src="../../_images/{name}" />
<figcaption>b</figcaption>
</figure><p><img alt="no figure" src="../_images/wide.png" /></p>"""


@pytest.fixture
def files(tmp_path):
    sizes = {"wide.png": (960, 400), "tall.png": (960, 900), "small.jpeg": (500, 200)}
    for name, size in sizes.items():
        Image.new("RGB", size).save(tmp_path / name)
    (tmp_path / "drawing.svg").write_text("<svg/>")
    return {name: tmp_path / name for name in (*sizes, "drawing.svg")}


def test_a_wide_figure_gets_a_box_that_the_keyboard_reaches(files):
    made = wide_figures.boxed(PAGE.format(name="wide.png"), files)
    image = '<img alt="x > y" src="../../_images/wide.png" />'
    assert made.count('<div class="paf-wide" tabindex="0" role="group" aria-label="') == 1
    assert f">{image}</div>\n<figcaption>" in made
    assert made.replace("</div>", "").replace(wide_figures._OPEN, "") == PAGE.format(name="wide.png")


@pytest.mark.parametrize("name", ["tall.png", "small.jpeg", "drawing.svg", "unknown.png"])
def test_other_figures_are_left_as_they_are(files, name):
    page = PAGE.format(name=name)
    assert wide_figures.boxed(page, files) == page
