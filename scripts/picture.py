"""Draw the README's picture: what the network says of a photograph, and the people that the parser finds in it.

`python -m scripts.picture` writes book/images/readme.jpg. The photograph itself is fetched, never committed, so the
picture shows the maps, the fields and the people without it.
"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

import paflib
from paflib import figures
from paflib.inference.video import Video

TARGET = Path(__file__).resolve().parents[1] / "book" / "images" / "readme.jpg"
HEIGHT = 720  # pixels of each of the three panels
NIGHT = 23  # grey level of their background


def panels() -> list[np.ndarray]:
    """Return three RGB pictures of one frame: confidence of all parts, direction of all limbs, people."""
    with Video(paflib.fetch("pose2sim-cam01")) as video:
        image = next(islice(video, 40, None))
    estimator = paflib.PoseEstimator.from_pretrained("mobilenet-thin")
    fields = estimator.fields(image)
    night = np.full_like(image, NIGHT)
    size = (round(HEIGHT * image.shape[1] / image.shape[0]), HEIGHT)
    heat = np.clip(_enlarged(fields.S.max(axis=0), fields, size, cv2.INTER_CUBIC), 0, 1)
    maps = cv2.applyColorMap((255 * heat).astype(np.uint8), cv2.COLORMAP_INFERNO)[:, :, ::-1]
    longest = np.linalg.norm(fields.L, axis=1).argmax(axis=0)  # (h, w): of all limbs, the one with most to say
    strongest = np.take_along_axis(fields.L, longest[None, None], axis=0)[0]  # (2, h, w)
    colours = figures.direction_image(strongest)
    cells = 255 * colours[..., :3] * colours[..., 3:] + NIGHT * (1 - colours[..., 3:])
    directions = _enlarged(cells, fields, size, cv2.INTER_NEAREST).astype(np.uint8)
    people = cv2.resize(figures.overlay_people(night, estimator(image)), size, interpolation=cv2.INTER_AREA)
    return [maps, directions, people]


def _enlarged(maps: np.ndarray, fields: paflib.Fields, size: tuple[int, int], kernel: int) -> np.ndarray:
    """Maps (h, w) or (h, w, 3) at the scale of the panel, cut where the image ends, which may be within a cell."""
    assert fields.image_size is not None
    scale = size[1] / fields.image_size[0]
    stride_x, stride_y = fields.S_grid.strides
    whole = (round(maps.shape[1] * stride_x * scale), round(maps.shape[0] * stride_y * scale))
    return np.asarray(cv2.resize(maps, whole, interpolation=kernel))[: size[1], : size[0]]


def main() -> int:
    """Write the picture."""
    gap = np.full((HEIGHT, 12, 3), 255, np.uint8)
    first, second, third = panels()
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(
        str(TARGET),
        np.concatenate([first, gap, second, gap, third], axis=1)[:, :, ::-1],
        [cv2.IMWRITE_JPEG_QUALITY, 92],
    )
    print(f"wrote {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
