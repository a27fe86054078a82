"""Colours that carry a meaning: a hue for each direction, and the skeleton's colours for parts and limbs."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from paflib.figures.style import NIGHT, size_of
from paflib.skeleton import Skeleton

_MIDDLE = "#009e73"  # Okabe and Ito's green, for what has no side
_LIGHTNESS, _CHROMA = 0.76, 0.125  # in Oklab: the most chroma at which every hue still is an sRGB colour

# Oklab to linear sRGB (B. Ottosson 2020, "A perceptual color space for image processing").
_LAB_TO_LMS = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
_LMS_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def direction_colors(vectors: np.ndarray) -> np.ndarray:
    """The colour (..., 3), sRGB in 0..1, of the direction of each vector (..., 2), components (x, y) with y down.

    Hues go round Oklab's circle at one lightness and one chroma, so that equal turns look equally different and no
    direction looks stronger than another. The length plays no part.
    """
    angle = np.arctan2(vectors[..., 1], vectors[..., 0])
    lab = np.stack(
        [np.full(angle.shape, _LIGHTNESS), _CHROMA * np.cos(angle + 0.7), _CHROMA * np.sin(angle + 0.7)], axis=-1
    )
    linear = np.clip((lab @ _LAB_TO_LMS.T) ** 3 @ _LMS_TO_RGB.T, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def direction_image(field: np.ndarray, vmax: float = 1.0) -> np.ndarray:
    """A field (2, h, w) as RGBA (h, w, 4): direction as hue, length as opacity, opaque from ``vmax`` on."""
    vectors = np.moveaxis(field, 0, -1).astype(float)
    opacity = np.clip(np.hypot(vectors[..., 0], vectors[..., 1]) / vmax, 0, 1)
    return np.concatenate([direction_colors(vectors), opacity[..., None]], axis=-1)


def draw_wheel(legend: Axes, size: int = 161) -> None:
    """The legend of :func:`direction_image` at the top of a legend column: what a vector from the middle looks like.

    The arms are labelled x and y as an image counts them: y grows downwards.
    """
    width, height = size_of(legend)
    diameter = 0.72 * width
    wheel = legend.inset_axes((0.0, 1 - diameter / height, diameter / width, diameter / height))
    steps = np.linspace(-1, 1, size)
    vectors = np.stack(np.meshgrid(steps, steps))
    picture = direction_image(vectors)
    radius = np.hypot(*vectors)
    night = np.array(to_rgb(NIGHT))
    solid = picture[..., :3] * picture[..., 3:] + night * (1 - picture[..., 3:])
    edge = np.clip((1 - radius) * size / 2, 0, 1)[..., None]  # a smooth rim
    wheel.imshow(np.concatenate([solid, edge], axis=-1), extent=(-1, 1, 1, -1), interpolation="bilinear")
    for x, y, name in ((1, 0, "x"), (0, 1, "y")):
        wheel.annotate("", (0.92 * x, 0.92 * y), (0, 0), arrowprops={"arrowstyle": "->", "color": "white", "lw": 1.6})
        wheel.text(1.3 * x, 1.36 * y, name, ha="center", va="center")
    wheel.axis("off")


def side(part: str) -> str:
    """``"right"``, ``"left"`` or ``""``, by the words of a part's name."""
    words = part.split("_")
    return next((word for word in words if word in ("right", "left")), "")


def part_color(skeleton: Skeleton, part: int) -> str:
    """The colour of the edge that leads to a part, or starts there when none leads to it."""
    edges, colors = skeleton.edges or (), skeleton.colors or ()
    if side(skeleton.parts[part]) == "":
        return _MIDDLE
    for end in (1, 0):
        for edge, color in zip(edges, colors, strict=True):
            if edge[end] == part:
                return color
    return _MIDDLE


def limb_color(skeleton: Skeleton, limb: int) -> str:
    """The colour in which people's drawings have a limb; a limb that they leave out takes its second part's."""
    ends = set(skeleton.limbs[limb])
    for edge, color in zip(skeleton.edges or (), skeleton.colors or (), strict=True):
        if set(edge) == ends:
            return color
    return part_color(skeleton, skeleton.limbs[limb][1])
