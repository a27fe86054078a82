"""How candidates become people: the graphs of TPAMI Fig. 6, and several results of assembly side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from matplotlib.axes import Axes

from paflib.errors import DataError
from paflib.figures.people import tops
from paflib.figures.style import (
    CARD,
    INK,
    Picture,
    View,
    card,
    check_image,
    outline,
    pixels_per_point,
    show_image,
    styled,
)
from paflib.people import People

_LOOKS = (("#56b4e9", "o", "-"), ("#e69f00", "s", "--"), ("#cc79a7", "D", "-."), ("#f0e442", "^", ":"),
          ("#009e73", "v", "-"), ("#d55e00", "P", "--"))  # fmt: skip
_PAIR, _DOT = "#8fb8d8", "#e69f00"
_APART = 0.2  # the share of a limb by which its ends are drawn off their places when limbs are matched one by one


@styled
def draw_structures(
    people: People, image_size: tuple[int, int], *, crop: Sequence[float] | None = None, columns: int = 3
) -> Picture:
    """What has to be decided: all pairs of candidates, the pairs of a tree's limbs, or each limb for itself.

    Every present part of the people is a candidate; whose it is plays no part. These are TPAMI Fig. 6b, 6c and 6d.

    Args:
        people: with the skeleton whose limbs are the tree.
        image_size: (height, width) in pixels.
        crop: left, top, right, bottom in pixels, to show a piece.
        columns: panels in a row.

    Raises:
        DataError: when the crop holds nothing.
    """
    skeleton, points = people.skeleton, people.keypoints[..., :2]
    view = View.of(image_size, crop)
    tree = [skeleton.limbs[c] for c in skeleton.tree]
    figure, panels, _ = card(view, ("all pairs", "the tree's pairs", "limb by limb"), columns)
    for axes, pairs in zip(panels, (list(combinations(range(skeleton.J), 2)), tree, tree), strict=True):
        show_image(axes, None, view)
        apart = _APART if axes is panels[2] else 0.0
        for a, b in pairs:
            ends = [points[people.present[:, j], j] for j in (a, b)]
            for start in ends[0]:
                for end in ends[1]:
                    _thin(axes, start + apart * (end - start), end + apart * (start - end), apart > 0)
        if not apart:
            dots = points[people.present]
            axes.scatter(dots[:, 0], dots[:, 1], s=70, c=_DOT, edgecolors=CARD, linewidths=1.2, zorder=5)
    return figure


def _thin(axes: Axes, a: np.ndarray, b: np.ndarray, ends: bool) -> None:
    axes.plot([a[0], b[0]], [a[1], b[1]], color=_PAIR, linewidth=1.3, zorder=2)
    if ends:
        axes.scatter([a[0], b[0]], [a[1], b[1]], s=28, c=_DOT, edgecolors=CARD, linewidths=0.8, zorder=5)


@styled
def draw_groups(
    results: Mapping[str, People],
    image_size: tuple[int, int],
    *,
    image: np.ndarray | None = None,
    crop: Sequence[float] | None = None,
    columns: int | None = None,
) -> Picture:
    """Which parts were put into the same person: one panel a result, every person with a look and a number of its own.

    Colour, mark and dashes say the person, not the side of the body. A thin dotted line is a redundant limb without
    which the person would be in two pieces.

    Args:
        results: people by title.
        image_size: (height, width) in pixels.
        image: (H, W, 3), RGB uint8, drawn below in dark grey; None draws on black.
        crop: left, top, right, bottom in pixels, to show a piece.
        columns: panels in a row.

    Raises:
        ShapeError: when the image is no RGB uint8 image.
        DataError: when there is no result, or the crop holds nothing.
    """
    if not results:
        raise DataError("draw_groups was given no result to draw")
    image = None if image is None else check_image(image)
    view = View.of(image_size, crop)
    figure, panels, _ = card(view, list(results), columns or min(3, len(results)))
    for axes, people in zip(panels, results.values(), strict=True):
        show_image(axes, image, view, dim=True)
        for n in range(len(people)):
            _group(axes, people[n], _LOOKS[n % len(_LOOKS)])
        room = 22 * pixels_per_point(axes, view)
        for n, (x, y) in tops(people, view, room):
            axes.text(
                x, y, str(n), ha="center", va="bottom", weight="bold", color=INK, zorder=6,
                bbox={"boxstyle": "round,pad=0.15", "facecolor": CARD, "edgecolor": _LOOKS[n % len(_LOOKS)][0]},
            )  # fmt: skip
    return figure


def _group(axes: Axes, person: People, look: tuple[str, str, str]) -> None:
    color, marker, dashes = look
    points, present = person.keypoints[0, :, :2], person.present[0]
    skeleton = person.skeleton
    piece = np.arange(skeleton.J)
    for a, b in (edge for edge in skeleton.edges or () if present[list(edge)].all()):
        axes.plot(
            points[[a, b], 0],
            points[[a, b], 1],
            color=color,
            linewidth=3.2,
            linestyle=dashes,
            zorder=3,
            path_effects=outline(5),
        )
        piece[piece == piece[b]] = piece[a]
    for a, b in (skeleton.limbs[c] for c in skeleton.redundant or ()):
        if present[a] and present[b] and piece[a] != piece[b]:
            axes.plot(points[[a, b], 0], points[[a, b], 1], color=color, linewidth=1.6, linestyle=":", zorder=3)
            piece[piece == piece[b]] = piece[a]
    places = points[present]
    axes.scatter(places[:, 0], places[:, 1], s=46, marker=marker, c=color, edgecolors=INK, linewidths=1.2, zorder=4)
