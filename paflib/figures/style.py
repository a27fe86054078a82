"""One look for every figure: the card a figure is printed on, its type, its panels, the photograph below the drawing.

Figures are made without pyplot: nothing stays open, no backend is chosen, no state is left behind. Sizes are in inches
of a page of :data:`WIDTH` inches; positions inside a panel are pixels of the source image, the centre of the top-left
pixel at (0, 0) and y pointing down.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import cv2
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from paflib._check import check_shape
from paflib.errors import DataError, ShapeError
from paflib.fields import Grid
from paflib.skeleton import Skeleton

WIDTH = 8.0  # inches: the book's column at 120 dots an inch
DPI = 120
FONT = 13.0  # points: 8.8 pixels high when the page is shown on a phone 390 pixels wide
MAX_HEIGHT, MAX_PAGE = 6.0, 11.0  # inches of one panel, and of all rows of panels together
INK, CARD, NIGHT = "#16181d", "#ffffff", "#17191f"  # outlines and type, the card, a panel that has no photograph
GAP, MARGIN, TITLE_HEIGHT, LEGEND_WIDTH, BAR_HEIGHT, LEAST_WIDTH = 0.12, 0.08, 0.3, 0.85, 2.2, 4.4  # inches

_RC = {
    "font.size": FONT, "axes.titlesize": FONT, "axes.labelsize": FONT, "xtick.labelsize": FONT,
    "ytick.labelsize": FONT, "legend.fontsize": FONT, "figure.dpi": DPI, "savefig.dpi": "figure",
    "figure.facecolor": CARD, "axes.facecolor": CARD, "savefig.facecolor": CARD,
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "font.family": "DejaVu Sans",
}  # fmt: skip

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Picture(Figure):
    """A matplotlib Figure that shows itself as a notebook cell's last expression, with or without pyplot's inline mode.

    Jupyter draws a plain Figure only after pyplot has been imported; this one brings its own: JPEG where a photograph
    is shown, which takes a fifth of the bytes, and PNG for drawings.
    """

    photograph = False

    def png(self) -> bytes:
        """The figure as PNG, at its own size."""
        return self._bytes("png")

    def jpeg(self) -> bytes:
        """The figure as JPEG, at its own size, with full colour resolution: thin coloured lines must not bleed."""
        return self._bytes("jpeg", pil_kwargs={"quality": 85, "subsampling": 0})

    def _repr_png_(self) -> bytes | None:
        return None if self.photograph else self.png()

    def _repr_jpeg_(self) -> bytes | None:
        return self.jpeg() if self.photograph else None

    def _bytes(self, kind: str, **options: Any) -> bytes:
        buffer = io.BytesIO()
        with matplotlib.style.context(["default", _RC]):
            self.savefig(buffer, format=kind, dpi=self.dpi, **options)
        return buffer.getvalue()


def styled(draw: Callable[_P, _R]) -> Callable[_P, _R]:
    """Draw with the book's settings whatever the reader's own matplotlib settings are, and leave those untouched."""

    @functools.wraps(draw)
    def inner(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with matplotlib.style.context(["default", _RC]):
            return draw(*args, **kwargs)

    return inner


@dataclass(frozen=True)
class View:
    """The piece of an image that a panel shows: left, top, right, bottom in pixels, edges and not pixel centres."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, size: tuple[int, int], crop: Sequence[float] | None = None) -> View:
        """The whole of an image of (height, width), or the crop (left, top, right, bottom) as far as it lies inside.

        Raises:
            DataError: when the crop is no box or lies beside the image.
        """
        height, width = size
        whole = (-0.5, -0.5, width - 0.5, height - 0.5)
        if crop is None:
            return cls(*whole)
        box = np.asarray(crop, float)
        if box.shape != (4,) or not np.isfinite(box).all():
            raise DataError(f"crop is {crop}, wanted four numbers: left, top, right, bottom in pixels")
        left, top = np.maximum(box[:2], whole[:2])
        right, bottom = np.minimum(box[2:], whole[2:])
        if not (right > left and bottom > top):
            raise DataError(f"crop is {crop}, which holds nothing of an image {width} pixels wide and {height} high")
        return cls(float(left), float(top), float(right), float(bottom))

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    def holds(self, points: np.ndarray) -> np.ndarray:
        """Which of the points (..., 2) lie inside."""
        x, y = points[..., 0], points[..., 1]
        return (x >= self.left) & (x <= self.right) & (y >= self.top) & (y <= self.bottom)


# ---- what may come in --------------------------------------------------------------------------------------------


def check_image(image: Any) -> np.ndarray:
    """An RGB image (H, W, 3) of uint8.

    Raises:
        ShapeError: naming what came instead.
    """
    check_shape("image", image, "H W 3")
    if image.dtype != np.uint8 or not image.size:
        raise ShapeError(
            f"image has type {image.dtype} and shape {image.shape}, wanted at least one pixel of uint8 RGB; "
            "paflib.load_image gives that for every kind of picture"
        )
    return np.asarray(image)


def check_field_image(image: Any, fields: Any) -> np.ndarray | None:
    """The image under a field, or None; when both know their size they must agree.

    Raises:
        ShapeError: when the image is no RGB image or the fields come from an image of another size.
    """
    if image is None:
        return None
    image = check_image(image)
    if fields.image_size is not None and tuple(fields.image_size) != image.shape[:2]:
        raise ShapeError(
            f"image has height and width {image.shape[:2]}, but the fields come from one of {tuple(fields.image_size)}"
        )
    return image


def field_size(image: np.ndarray | None, fields: Any) -> tuple[int, int]:
    """(height, width) of the source image: the image's own, what the fields remember, or what the cells of S cover."""
    if image is not None:
        return image.shape[0], image.shape[1]
    if fields.image_size is not None:
        return int(fields.image_size[0]), int(fields.image_size[1])
    _, right, bottom, _ = extent_of(fields.S.shape[1:], fields.S_grid)
    return max(1, round(bottom + 0.5)), max(1, round(right + 0.5))


def part_index(skeleton: Skeleton, part: str | int) -> int:
    """Index of a part given by name or by index.

    Raises:
        DataError: when the skeleton has no such part.
    """
    if isinstance(part, str):
        return skeleton.index(part)
    if not 0 <= part < skeleton.J:
        raise DataError(f"skeleton {skeleton.name!r} has {skeleton.J} parts, there is no part {part}")
    return int(part)


def limb_index(skeleton: Skeleton, limb: str | int | Sequence[str]) -> int:
    """Index of a limb given by index, by name (``"neck-nose"``) or by its two parts in either order.

    Raises:
        DataError: listing the limbs there are.
    """
    if isinstance(limb, (int, np.integer)):
        if 0 <= limb < skeleton.C:
            return int(limb)
        raise DataError(f"skeleton {skeleton.name!r} has {skeleton.C} limbs, there is no limb {limb}")
    wanted = set(limb.split("-") if isinstance(limb, str) else limb)
    for c, ends in enumerate(skeleton.limbs):
        if {skeleton.parts[j] for j in ends} == wanted:
            return c
    names = ", ".join(skeleton.limb_name(c) for c in range(skeleton.C))
    raise DataError(f"skeleton {skeleton.name!r} has no limb {limb!r}; it has {names or 'no limbs'}")


# ---- where things lie --------------------------------------------------------------------------------------------


def extent_of(shape: tuple[int, ...], grid: Grid) -> tuple[float, float, float, float]:
    """Left, right, bottom, top edge in pixels of a map (h, w) with cell centres on the grid, as imshow wants it."""
    h, w = shape
    (left, top), (right, bottom) = grid.to_pixels([[-0.5, -0.5], [w - 0.5, h - 0.5]])
    return float(left), float(right), float(bottom), float(top)


def cell_centres(shape: tuple[int, ...], grid: Grid) -> np.ndarray:
    """(h, w, 2): the pixel under the centre of every cell of a map (h, w)."""
    h, w = shape
    return grid.to_pixels(np.stack(np.meshgrid(np.arange(w), np.arange(h)), axis=-1))


# ---- the card and its panels -------------------------------------------------------------------------------------


def card(
    view: View, titles: Sequence[str] = ("",), columns: int | None = None, legend: bool = False, below: float = 0.0
) -> tuple[Picture, list[Axes], Axes | None]:
    """A figure with one panel of the view per title, and a column for a legend at the right when asked for.

    The panels fill the figure to a fraction of an inch, so nothing is left to a layout engine; a title of "" takes no
    room when all are. A panel is at most :data:`MAX_HEIGHT` high; a tall figure becomes narrower than the page.

    Args:
        view: what each panel shows; gives the panels' aspect.
        titles: one for each panel.
        columns: panels in a row, at most; by default 3 to 5, whatever makes the panels largest.
        legend: keep a column free at the right edge; its axes are returned and are as high as the first row's panel.
        below: inches kept free below the panels.
    """
    head = TITLE_HEIGHT if any(titles) else 0.0
    side = LEGEND_WIDTH + GAP if legend else 0.0
    room = WIDTH - side - (2 * MARGIN if legend or head or below else 0.0)
    broad = 0.11 * max(map(len, titles))  # inches of the longest title: columns stand at least that far apart
    tried = [min(columns, len(titles))] if columns else range(min(3, len(titles)), min(5, len(titles)) + 1)
    fits = [_panel(view, len(titles), n, room, head, broad) for n in tried]
    columns, (width, height) = max(fits, key=lambda fit: fit[1][0])  # the largest panels; of equal ones fewer columns
    pitch, rows = max(width + GAP, broad), -(-len(titles) // columns)
    margin = MARGIN if legend or head or below else 0.0  # a bare photograph goes to the edge, type does not
    across = (columns - 1) * pitch + max(width, broad) + side
    inset = max(0.0, LEAST_WIDTH - across) / 2 if below else 0.0  # what stands below must find room
    down = rows * (height + head) + GAP * (rows - 1) + below
    total = (across + 2 * (margin + inset), down + 2 * margin)
    figure = Picture(figsize=total, dpi=DPI)

    def place(x: float, y: float, w: float, h: float) -> Axes:
        left, top = (x + margin + inset) / total[0], 1 - (y + margin) / total[1]
        return figure.add_axes((left, top - h / total[1], w / total[0], h / total[1]))

    panels = []
    for k, title in enumerate(titles):
        row, column = divmod(k, columns)
        axes = place(column * pitch, row * (height + head + GAP) + head, width, height)
        frame(axes, view)
        if title:
            axes.set_title(title, loc="left", pad=5)
        panels.append(axes)
    beside = place(across - LEGEND_WIDTH, head, LEGEND_WIDTH, height) if legend else None
    if beside is not None:
        beside.axis("off")
    return figure, panels, beside


def _panel(
    view: View, panels: int, columns: int, room: float, head: float, broad: float
) -> tuple[int, tuple[float, float]]:
    """Width and height in inches of a panel when so many stand in a row, and the number of columns that leaves room."""
    columns = max(1, min(columns, int((room + GAP) / max(broad, 0.1))))
    aspect, rows = view.height / view.width, -(-panels // columns)
    width = (room - GAP * (columns - 1)) / columns
    height = min(width * aspect, MAX_HEIGHT, MAX_PAGE / rows - head - GAP)
    return columns, (max(height / aspect, 0.5) if height < width * aspect else width, max(height, 0.25))


def frame(axes: Axes, view: View) -> None:
    """An image panel: no ticks, y down, one pixel as high as it is wide."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_facecolor(NIGHT)
    axes.set_aspect("equal")
    axes.set_xlim(view.left, view.right)
    axes.set_ylim(view.bottom, view.top)
    axes.set_autoscale_on(False)


def size_of(axes: Axes) -> tuple[float, float]:
    """Width and height in inches of a panel's place on the card."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    place = axes.get_position()
    return place.width * figure.get_figwidth(), place.height * figure.get_figheight()


def pixels_per_point(axes: Axes, view: View) -> float:
    """How many pixels of the source image one point of type is high in a panel."""
    return view.height / (size_of(axes)[1] * 72)


def show_image(axes: Axes, image: np.ndarray | None, view: View, dim: bool = False) -> None:
    """Lay the photograph under a panel, in dark grey when fields are drawn over it; None leaves the panel dark."""
    if image is None:
        return
    if isinstance(axes.figure, Picture):
        axes.figure.photograph = True
    rows = slice(int(np.floor(view.top + 0.5)), int(np.ceil(view.bottom + 0.5)))
    columns = slice(int(np.floor(view.left + 0.5)), int(np.ceil(view.right + 0.5)))
    piece = image[rows, columns]
    extent = (columns.start - 0.5, columns.stop - 0.5, rows.stop - 0.5, rows.start - 0.5)
    piece = _shrunk(piece)
    axes.imshow(dimmed(piece) if dim else piece, extent=extent, aspect="equal", zorder=0)
    frame(axes, view)


def dimmed(image: np.ndarray, level: float = 0.5) -> np.ndarray:
    """The image in dark grey, RGB uint8: bright drawings stand out on it and no colour of it competes with theirs."""
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY).astype(np.float32) * level
    return np.repeat(np.round(grey).astype(np.uint8)[..., None], 3, axis=2)


def _shrunk(image: np.ndarray) -> np.ndarray:
    """No more pixels than twice what a full page shows: a photograph of 20 megapixels draws as fast as a small one."""
    factor = 2 * WIDTH * DPI / max(image.shape[:2])
    if factor >= 1:
        return image
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def outline(width: float = 3.0, color: str = INK) -> list[Any]:
    """Path effects that put a dark line around type and markers, so that they can be read on a busy photograph."""
    return [withStroke(linewidth=width, foreground=color)]


def color_bar(legend: Axes, cmap: str | Colormap, vmin: float, vmax: float, label: str) -> None:
    """A slim colour bar at the top left of the legend column, with three ticks."""
    figure = legend.get_figure(root=True)
    assert figure is not None
    share = min(1.0, BAR_HEIGHT / size_of(legend)[1])
    bar = legend.inset_axes((0.0, 1 - share, 0.2, share))
    ticks = [vmin, (vmin + vmax) / 2, vmax]
    drawn = figure.colorbar(ScalarMappable(Normalize(vmin, vmax), cmap), cax=bar, ticks=ticks)
    drawn.ax.set_yticklabels([f"{tick:.2g}" for tick in ticks])
    drawn.outline.set_visible(False)
    low, _, high = drawn.ax.get_yticklabels()
    low.set_verticalalignment("bottom")
    high.set_verticalalignment("top")
    drawn.set_label(label)
