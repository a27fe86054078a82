"""StageExplorer: what each stage of a network says about a photograph, and what the parser makes of it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any, ClassVar

import cv2
import numpy as np
from PIL import Image

from paflib import figures
from paflib.errors import DataError
from paflib.fields import Fields, Grid
from paflib.figures.style import View, check_field_image, limb_index, part_index
from paflib.inference.images import as_image, load_image
from paflib.parser import ParserOptions, find_peaks, line_integral, parse
from paflib.parser.sampling import sample
from paflib.people import People
from paflib.widgets.base import Widget, pack

LONG_SIDE = 640  # pixels of the photograph that travels with the widget
MOST_PLACES = 4  # curves in one chart that can still be told apart
LEAST_LIMB = 0.2  # a pair that no stage gives this much is not worth a curve


class StageExplorer(Widget):
    """Slide or play through the stages of a network over a photograph.

    For a part the confidence map is shown and its value at the part's highest peaks, for a limb the affinity field and
    the line integral of the best pairs; each also as the difference to the stage before; and the people that the parser
    finds at each stage. Peaks, pairs and people are worked out here, by the package.

    In a notebook ``explorer.state["stage"]`` (from 0), ``["first"]`` (the part or limb, as a number in ``["items"]``),
    ``["look"]`` (``"map"``, ``"change"`` or ``"people"``) and ``["probe"]`` (a pixel) follow what the reader does.

    Args:
        image: (H, W, 3), RGB uint8.
        fields: with ``stages``, as ``estimator.fields(image, stages=True)`` gives them.
        parts, limbs: what can be chosen, by name or index; each part adds about 10 KB to a page, each limb 20 KB.
        crop: left, top, right, bottom in pixels, to show a piece of the image.
        first: the part or limb that is shown first; by default the first limb, or part where there is no limb.
        preset: of the parser, a name or options.
        quality: of the photograph, as JPEG.

    Raises:
        DataError: fields without stages, nothing chosen, an unknown part or limb, a crop that holds nothing.
        ShapeError: no RGB image, or not the one that the fields come from.
    """

    module: ClassVar[str] = "stage_explorer.js"
    title: ClassVar[str] = "Stage explorer"

    def __init__(
        self,
        image: np.ndarray,
        fields: Fields,
        parts: Sequence[str | int] = ("right_ankle", "right_knee", "right_hip", "nose"),
        limbs: Sequence[str | int] = ("right_hip-right_knee", "right_knee-right_ankle", "neck-right_hip"),
        crop: Sequence[float] | None = None,
        first: str | int | None = None,
        preset: str | ParserOptions = "paper",
        quality: int = 75,
    ) -> None:
        if not fields.stages:
            raise DataError("fields have no stages: ask for them with estimator.fields(image, stages=True)")
        skeleton, stages = fields.skeleton, fields.stages
        chosen_parts = [part_index(skeleton, part) for part in parts]
        chosen_limbs = [limb_index(skeleton, limb) for limb in limbs]
        if not chosen_parts and not chosen_limbs:
            raise DataError("parts and limbs are both empty, wanted at least one of them")
        photo = check_field_image(image, fields)
        assert photo is not None
        view = _whole_pixels(View.of(photo.shape[:2], crop), photo.shape[:2])
        items = [part_item(stages, j, view) for j in chosen_parts] + [limb_item(stages, c, view) for c in chosen_limbs]
        at = _first(items, len(chosen_parts), first)
        found = [parse(stage, preset=preset) for stage in stages]
        state = {
            "photo": _photo(photo, view, quality),
            "view": {"left": view.left + 0.5, "top": view.top + 0.5, "width": view.width, "height": view.height},
            "stages": len(stages),
            "items": items,
            "first": at,
            "stage": 0,
            "look": "map",
            "probe": _most_lost(items[at], stages, view),
            "people": [_people(people) for people in found],
            "edges": [list(edge) for edge in skeleton.edges or ()],
            "colors": list(skeleton.colors or ()),
        }
        super().__init__(state, _description(items[at]["label"], found), _still(photo, fields, items[at], view))

    @classmethod
    def from_image(cls, estimator: Any, image: Any, **options: Any) -> StageExplorer:
        """Look at an image with an estimator whose network has stages.

        Args:
            estimator: a :class:`paflib.PoseEstimator`.
            image: an array as :func:`paflib.inference.images.as_image` takes it, or the path of a picture.
            options: as for the class.
        """
        pixels = as_image(image) if isinstance(image, np.ndarray) else load_image(image)
        return cls(pixels, estimator.fields(pixels, stages=True), **options)


# ---- what can be looked at ---------------------------------------------------------------------------------------


def part_item(stages: Sequence[Fields], part: int, view: View) -> dict[str, Any]:
    """One part: its map at every stage, and the places in view where any stage has a high peak."""
    last = stages[-1]
    return {
        "kind": "part", "index": part, "label": last.skeleton.parts[part].replace("_", " "),
        "grid": _grid(last.S_grid), "maps": _levels(np.stack([stage.S[part] for stage in stages])),
        "places": np.round(part_places(stages, part, view), 2).tolist(),
    }  # fmt: skip


def limb_item(stages: Sequence[Fields], limb: int, view: View) -> dict[str, Any]:
    """One limb: its field at every stage, and the pairs in view that any stage rates highly."""
    last = stages[-1]
    ends = [last.skeleton.parts[j].replace("_", " ") for j in last.skeleton.limbs[limb]]
    return {
        "kind": "limb", "index": limb, "label": " \N{EN DASH} ".join(ends),
        "grid": _grid(last.L_grid), "maps": _levels(np.stack([stage.L[limb] for stage in stages])),
        "places": np.round(limb_places(stages, limb, view), 2).tolist(),
    }  # fmt: skip


def part_places(stages: Sequence[Fields], part: int, view: View, most: int = MOST_PLACES) -> np.ndarray:
    """(n, 2) pixels: the highest peaks of all stages' maps together, two cells apart, the last stage's best first."""
    found: list[np.ndarray] = []
    scores: list[np.ndarray] = []
    for stage in stages:
        peaks = find_peaks(stage.S[part : part + 1])
        found.append(peaks.xy)
        scores.append(peaks.score)
    cells, heights = np.concatenate(found), np.concatenate(scores)
    grid = stages[-1].S_grid
    kept: list[np.ndarray] = []
    for xy in cells[np.argsort(-heights, kind="stable")]:
        apart = all(np.hypot(*(xy - other)) >= 2 for other in kept)
        if apart and len(kept) < most and view.holds(grid.to_pixels(xy)):
            kept.append(xy)
    places = np.array(kept).reshape(-1, 2)
    order = np.argsort(-sample(stages[-1].S[part : part + 1], places)[0], kind="stable")
    return grid.to_pixels(places[order])


def limb_places(stages: Sequence[Fields], limb: int, view: View, most: int = MOST_PLACES) -> np.ndarray:
    """(n, 2, 2) pixels: the pairs of part places that some stage's line integral rates best, the last's best first."""
    a, b = (part_places(stages, j, view, 2 * most) for j in stages[-1].skeleton.limbs[limb])
    pairs = np.array([(start, end) for start in a for end in b]).reshape(-1, 2, 2)
    cells = stages[-1].L_grid.to_cells(pairs)
    E = np.array([[line_integral(stage.L[limb], *pair)[0] for stage in stages] for pair in cells])
    E = E.reshape(len(pairs), len(stages))
    best = [k for k in np.argsort(-E.max(axis=1, initial=0), kind="stable") if E[k].max() > LEAST_LIMB][:most]
    return pairs[sorted(best, key=lambda k: -E[k, -1])]


def _levels(maps: np.ndarray) -> dict[str, Any]:
    """Packed between bounds that hold every value and make zero one of the 256 levels."""
    low, high = min(0.0, float(maps.min())), max(0.0, float(maps.max()))
    step = max(high - low, 1e-6) / 254
    bottom = -np.ceil(-low / step) * step
    return pack(maps, bottom, bottom + 255 * step)


def _grid(grid: Grid) -> dict[str, list[float]]:
    return {"stride": list(grid.strides), "origin": grid.to_pixels((0, 0)).tolist()}


def _first(items: Sequence[dict[str, Any]], parts: int, first: str | int | None) -> int:
    if first is None:
        return parts if len(items) > parts else 0
    wanted = str(first).replace("_", " ").replace("-", " \N{EN DASH} ")
    for k, item in enumerate(items):
        if item["label"] == wanted:
            return k
    raise DataError(f"first is {first!r}, which is none of {', '.join(item['label'] for item in items)}")


def _most_lost(item: dict[str, Any], stages: Sequence[Fields], view: View) -> list[float]:
    """The pixel of the cell in view that lost most from the first stage to the last: where a doubt was settled."""
    if item["kind"] == "part":
        maps, grid = [stage.S[item["index"]] for stage in stages], stages[-1].S_grid
    else:
        maps, grid = [np.hypot(*stage.L[item["index"]]) for stage in stages], stages[-1].L_grid
    h, w = maps[0].shape
    pixels = grid.to_pixels(np.stack(np.meshgrid(np.arange(w), np.arange(h)), axis=-1))
    lost = np.where(view.holds(pixels), maps[0] - maps[-1], -np.inf)
    x, y = pixels.reshape(-1, 2)[lost.argmax()]
    return [round(float(x), 1), round(float(y), 1)]


# ---- photograph, people, words -----------------------------------------------------------------------------------


def _whole_pixels(view: View, size: tuple[int, int]) -> View:
    """The view widened to the edges of pixels, as a cropped photograph needs them."""
    left, top = np.floor([view.left + 0.5, view.top + 0.5])
    right, bottom = np.ceil([view.right + 0.5, view.bottom + 0.5])
    return View.of(size, (left - 0.5, top - 0.5, right - 0.5, bottom - 0.5))


def _photo(image: np.ndarray, view: View, quality: int) -> str:
    """The photograph in view as a JPEG data URI with a long side of at most :data:`LONG_SIDE`."""
    left, top, right, bottom = (round(edge + 0.5) for edge in (view.left, view.top, view.right, view.bottom))
    piece = np.ascontiguousarray(image[top:bottom, left:right])
    factor = min(1.0, LONG_SIDE / max(piece.shape[:2]))
    size = tuple(max(1, round(side * factor)) for side in piece.shape[1::-1])
    content = _jpeg(cv2.resize(piece, size, interpolation=cv2.INTER_AREA), quality)
    return "data:image/jpeg;base64," + base64.b64encode(content).decode("ascii")


def _jpeg(pixels: np.ndarray, quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="JPEG", quality=quality, optimize=True)
    return buffer.getvalue()


def _still(image: np.ndarray, fields: Fields, item: dict[str, Any], view: View) -> bytes:
    """All stages of what is shown first, for pages without scripts: a JPEG, for it is mostly photograph."""
    crop = (view.left, view.top, view.right, view.bottom)
    figure = figures.draw_stages(image, fields, crop=crop, columns=3, **{item["kind"]: item["index"]})
    drawn = Image.open(io.BytesIO(figure.png())).convert("RGB")
    drawn.thumbnail((720, 1200))
    return _jpeg(np.asarray(drawn), 72)


def _people(people: People) -> dict[str, Any]:
    points = np.round(people.keypoints[:, :, :2], 1)
    return {
        "scores": np.round(people.scores, 4).tolist() if people.scores is not None else [],
        "points": [
            [point.tolist() if here else None for point, here in zip(*person, strict=True)]
            for person in zip(points, people.present, strict=True)
        ],
    }


def _description(label: str, found: Sequence[People]) -> str:
    counts = [len(people) for people in found]
    means = [float(np.mean(np.asarray(people.scores))) if len(people) else 0.0 for people in found]
    return (
        f"One photograph as the {len(found)} stages of a network see it, one stage at a time: a confidence map or an "
        f"affinity field over the photograph (first: {label}), what changed since the stage before, or the people that "
        "the parser finds at that stage. "
        f"From the first stage to the last it finds {', '.join(map(str, counts))} people, with mean scores of "
        f"{', '.join(f'{mean:.2f}' for mean in means)}."
    )
