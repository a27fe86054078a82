"""Training seen from outside: augmented pictures, masks a channel, schedules, losses a stage, networks growing up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from paflib._check import check_shape
from paflib.errors import DataError, ShapeError
from paflib.fields import Fields, Grid
from paflib.figures.affinity import Limb, paint_directions
from paflib.figures.colors import draw_wheel
from paflib.figures.confidence import CONFIDENCE_MAP, paint_confidence
from paflib.figures.people import paint_people
from paflib.figures.style import (
    CARD,
    DPI,
    WIDTH,
    Picture,
    View,
    card,
    check_field_image,
    check_image,
    color_bar,
    extent_of,
    field_size,
    limb_index,
    part_index,
    show_image,
    styled,
)
from paflib.people import People
from paflib.skeleton import Skeleton

if TYPE_CHECKING:
    from paflib.trainer.config import Schedule
    from paflib.trainer.data import Item

_LOOKS = (
    ("#0072b2", "o", "-"), ("#d55e00", "s", "--"), ("#009e73", "D", "-."), ("#cc79a7", "^", ":"),
    ("#e69f00", "v", (0, (5, 1, 1, 1, 1, 1))), ("#56b4e9", "P", (0, (1, 1))),
)  # fmt: skip
"""Colours of Okabe and Ito, each with a mark and dashes of its own."""


@styled
def draw_items(items: Sequence[Item], skeleton: Skeleton, *, columns: int = 3, line_width: float = 0.8) -> Picture:
    """Pictures as a network in training sees them, with the true skeletons; hatched where the loss looks away.

    Args:
        items: of :class:`paflib.trainer.Batches`, all of one size.
        skeleton: the network's, whose parts the items' keypoints are.
        columns: panels in a row.
        line_width: factor on the width of the skeletons' lines.

    Raises:
        DataError: there is no item.
        ShapeError: the items are of different sizes.
    """
    if not items:
        raise DataError("draw_items got no item: take some of a Batches, such as batches[step, place]")
    sizes = {item.image.shape[:2] for item in items}
    if len(sizes) > 1:
        raise ShapeError(f"the items are of {sorted(sizes)}, wanted one size")
    view = View.of(items[0].image.shape[:2])
    figure, panels, _ = card(view, [""] * len(items), columns)
    for axes, item in zip(panels, items, strict=True):
        show_image(axes, item.image, view)
        _hatch(axes, item.mask.astype(float) / 255, Grid(1))
        paint_people(axes, People(item.keypoints.astype(float), skeleton=skeleton), view, line_width)
    return figure


@styled
def draw_channel_masks(
    image: np.ndarray, weights: Mapping[str, np.ndarray], grid: Grid, people: People | None = None
) -> Picture:
    """W of several channels, a panel each: hatched cells do not count in that channel.

    Args:
        image: (H, W, 3), RGB uint8.
        weights: (h, w) in [0, 1] by the channel's name.
        grid: where the cells lie.
        people: whom to draw besides: those who are labelled.

    Raises:
        ShapeError: the image is no RGB uint8 image, or a weight not (h, w).
        DataError: there are no weights.
    """
    if not weights:
        raise DataError("draw_channel_masks got no weights")
    image = check_image(image)
    view = View.of(image.shape[:2])
    figure, panels, _ = card(view, list(weights), columns=min(2, len(weights)))
    for axes, (name, weight) in zip(panels, weights.items(), strict=True):
        check_shape(name, weight, "h w")
        show_image(axes, image, view)
        _hatch(axes, np.asarray(weight, float), grid)
        if people is not None:
            paint_people(axes, people, view)
    return figure


def _hatch(axes: Axes, weight: np.ndarray, grid: Grid) -> None:
    """Hatch the cells of a panel whose weight is below 1, in runs along a row; the less they count the brighter."""
    left, _, _, top = extent_of(weight.shape, grid)
    wide, tall = grid.strides
    if wide < 4:  # single pixels have no room for lines: a veil, and one line where it ends
        if (weight < 0.5).any():
            veil = np.zeros((*weight.shape, 4))
            veil[..., :3], veil[..., 3] = 1.0, 0.6 * (1 - weight)
            extent = extent_of(weight.shape, grid)
            axes.imshow(veil, extent=extent, interpolation="nearest", zorder=2)
            axes.contourf(
                weight, levels=[-1.0, 0.5], extent=(extent[0], extent[1], extent[3], extent[2]), colors="none",
                hatches=["//"], zorder=2,
            )  # fmt: skip
        return
    for row, column in zip(*np.nonzero(weight < 1), strict=True):
        away = float(np.clip(1 - weight[row, column], 0, 1))
        look: dict[str, Any] = {"facecolor": (1, 1, 1, 0.6 * away), "edgecolor": (0.086, 0.094, 0.114, away)}
        look |= {"zorder": 2, "linewidth": 0.8, "hatch": "//" if away > 0.5 else None}
        axes.add_patch(Rectangle((left + column * wide, top + row * tall), wide, tall, **look))


@styled
def draw_schedules(schedules: Mapping[str, tuple[Schedule, int]]) -> Picture:
    """Learning rates over a run, as a share of their highest.

    Args:
        schedules: by name, the schedule and the number of steps of its run.

    Raises:
        DataError: there is none, or there are more than looks.
    """
    from paflib.trainer.loop import learning_rate

    if not 1 <= len(schedules) <= len(_LOOKS):
        raise DataError(f"draw_schedules draws 1 to {len(_LOOKS)} schedules, got {len(schedules)}")
    figure = Picture(figsize=(WIDTH, 4.0), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    shares = np.linspace(0, 1, 401)
    for (name, (how, steps)), (color, _, dashes) in zip(schedules.items(), _LOOKS, strict=False):
        rates = [learning_rate(how, min(int(share * steps), steps - 1), steps) for share in shares]
        axes.plot(100 * shares, rates, color=color, linestyle=dashes, linewidth=2.5, label=name)
    axes.set(xlabel="share of the run in %", ylabel="learning rate / highest", yscale="log")
    axes.grid(alpha=0.25)
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    return figure


@styled
def draw_stage_losses(rows: Sequence[Mapping[str, Any]], *, x: str = "step") -> Picture:
    """The loss of every stage over a run, the fields' at the left and the maps' at the right.

    Args:
        rows: of a run's ``log.csv``; numbers, or the text of numbers.
        x: the column to draw them against: ``"step"`` or ``"images"``.

    Raises:
        DataError: there are no rows, or they have no losses of stages.
    """
    kinds = {"L": "fields L", "S": "maps S"}
    names = {k: [n for n in (rows[0] if rows else {}) if n[:1] == k and n[1:].isdigit()] for k in kinds}
    if not any(names.values()) or max(map(len, names.values())) > len(_LOOKS):
        raise DataError(f"draw_stage_losses wants rows with the losses L1, S1, ... of at most {len(_LOOKS)} stages")
    kinds = {kind: title for kind, title in kinds.items() if names[kind]}
    figure = Picture(figsize=(WIDTH, 4.2), dpi=DPI, layout="constrained")
    for panel, (kind, title) in zip(np.atleast_1d(figure.subplots(1, len(kinds))), kinds.items(), strict=True):
        for name, (color, marker, dashes) in zip(names[kind], _LOOKS, strict=False):
            along, values = ([float(row[key]) for row in rows] for key in (x, name))
            panel.plot(
                along, values, color=color, marker=marker, linestyle=dashes, linewidth=2, markersize=6,
                markeredgecolor=CARD, label=name, markevery=max(1, len(rows) // 10),
            )  # fmt: skip
        panel.set_title(title)
        panel.set(xlabel=x, yscale="log")
        panel.locator_params(axis="x", nbins=4)
        panel.grid(alpha=0.25, which="both")
        panel.legend(frameon=False, loc="upper right")
    figure.axes[0].set_ylabel("loss of a picture")
    for panel in figure.axes:  # few ticks, written out: 300 and not 3 x 10^2
        panel.yaxis.set_major_formatter("{x:g}")
        panel.yaxis.set_minor_formatter("{x:g}" if np.ptp(np.log10(panel.get_ylim())) < 1 else "")
    return figure


@styled
def draw_ages(
    image: np.ndarray | None,
    ages: Mapping[str, Fields],
    *,
    part: str | int | None = None,
    limb: Limb | None = None,
    columns: int = 2,
) -> Picture:
    """One map of one picture as several networks see it: one network at several ages, or two that learnt otherwise.

    Args:
        image: (H, W, 3), RGB uint8; None draws on black.
        ages: what each says, by its title.
        part: whose confidence is drawn, or
        limb: whose field; with neither, the highest confidence of all parts.
        columns: panels in a row.

    Raises:
        ShapeError: the image is no RGB uint8 image or not the one the fields come from.
        DataError: there are no fields, both part and limb are given, or there is no such one.
    """
    if not ages or (part is not None and limb is not None):
        raise DataError("draw_ages wants fields by title, and at most one of part= and limb=")
    first = next(iter(ages.values()))
    image = check_field_image(image, first)
    view = View.of(field_size(image, first))
    figure, panels, legend = card(view, list(ages), columns, legend=True)
    assert legend is not None
    if limb is None:
        color_bar(legend, CONFIDENCE_MAP, 0.0, 1.0, "confidence")
    else:
        draw_wheel(legend)
    for axes, fields in zip(panels, ages.values(), strict=True):
        show_image(axes, image, view, dim=True)
        if limb is not None:
            paint_directions(axes, fields.L[limb_index(fields.skeleton, limb)], fields)
        elif part is not None:
            paint_confidence(axes, fields, part_index(fields.skeleton, part))
        else:
            every = np.broadcast_to(fields.S.max(axis=0), fields.S.shape)
            paint_confidence(axes, replace(fields, S=every, stages=()), 0)
    return figure


@styled
def draw_people_grid(
    images: Sequence[np.ndarray], people: Sequence[People], *, titles: Sequence[str] | None = None, columns: int = 2
) -> Picture:
    """Several pictures of one size with the people found in each.

    Args:
        images: (H, W, 3) each, RGB uint8.
        people: one for each picture.
        titles: one for each picture; by default none.
        columns: panels in a row.

    Raises:
        ShapeError: a picture is no RGB uint8 image or of another size, or the numbers differ.
    """
    titles = [""] * len(images) if titles is None else titles
    if not len(images) == len(people) == len(titles) or not images:
        raise ShapeError(f"{len(images)} images, {len(people)} people and {len(titles)} titles: wanted one each")
    if len({check_image(image).shape for image in images}) > 1:
        raise ShapeError(f"images have shapes {[image.shape for image in images]}, wanted one")
    view = View.of(images[0].shape[:2])
    figure, panels, _ = card(view, list(titles), columns)
    for axes, image, found in zip(panels, images, people, strict=True):
        show_image(axes, image, view)
        paint_people(axes, found, view)
    return figure
