"""Scenes of the generated world, with or without the truth about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paflib.errors import DataError
from paflib.figures.people import paint_people
from paflib.figures.style import Picture, View, card, show_image, styled

if TYPE_CHECKING:
    from paflib.synthetic import Level

_MOST = 40


@styled
def draw_scenes(
    level: Level | str, n: int = 8, *, start: int = 0, seed: int = 0, skeletons: bool = False,
    columns: int | None = None, line_width: float = 0.7,
) -> Picture:  # fmt: skip
    """Scenes of a level side by side, in the order of their indices.

    Args:
        level: by name, or one of your own.
        n: how many.
        start: the index of the first.
        seed: of the world.
        skeletons: draw whoever is labelled over them, hidden parts too.
        columns: panels in a row; by default as many as make the panels largest.
        line_width: factor on the width of the skeletons' lines.

    Raises:
        DataError: no level is called that, a number is below 0, or there is no room for so many.
    """
    from paflib.synthetic import generate

    if not 1 <= n <= _MOST:
        raise DataError(f"draw_scenes draws 1 to {_MOST} scenes, got {n}")
    scenes = [generate(level, start + k, seed) for k in range(n)]
    view = View.of(scenes[0].owner.shape)
    figure, panels, _ = card(view, [""] * n, columns)
    for axes, scene in zip(panels, scenes, strict=True):
        show_image(axes, scene.image, view)
        if skeletons:
            paint_people(axes, scene.people, view, line_width)
            paint_people(axes, scene.vehicles, view, line_width)
    return figure
