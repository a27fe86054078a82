"""AssemblyStepper: the sorted parser's decisions over a photograph, one after the other."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

import cv2
import numpy as np
from PIL import Image

from paflib.errors import DataError
from paflib.fields import Fields
from paflib.figures import draw_people
from paflib.figures.style import View, check_field_image, dimmed
from paflib.inference.images import as_image, load_image
from paflib.parser import (
    Connections,
    ParserOptions,
    Peaks,
    assemble_sorted,
    find_peaks,
    people_of,
    score_limbs,
)
from paflib.parser.options import options_of
from paflib.widgets.base import Widget

LONG_SIDE = 640  # pixels of the photograph that travels with the widget
DIMMED = 0.6  # of the photograph's lightness, so that what is drawn on it stands out


class AssemblyStepper(Widget):
    """Step the sorted parser over the connections of a photograph: each decision says its rule.

    The assembly itself runs in the page, so that redundant limbs can be switched off and contradictions be taken
    literally there; peaks and scores are worked out here.

    Args:
        image: (H, W, 3), RGB uint8.
        fields: the image's.
        peaks: as :func:`paflib.parser.find_peaks` returns them, which is asked by default.
        candidates: the scored pairs, by default all good ones; they must count these peaks.
        crop: left, top, right, bottom in pixels, to show a piece of the image. Peaks outside of it, and pairs that end
            there, are left out.
        preset: of the parser, a name or options.
        quality: of the photograph, as JPEG.

    Raises:
        ShapeError: no RGB image, or not the one that the fields come from.
        DataError: candidates that name a peak that there is not, or a crop that holds nothing.
    """

    module: ClassVar[str] = "assembly_stepper.js"
    title: ClassVar[str] = "Assembly stepper"

    def __init__(
        self,
        image: np.ndarray,
        fields: Fields,
        peaks: Peaks | None = None,
        candidates: Connections | None = None,
        crop: Sequence[float] | None = None,
        preset: str | ParserOptions = "paper",
        quality: int = 75,
    ) -> None:
        photo = check_field_image(image, fields)
        assert photo is not None
        options, skeleton = options_of(preset), fields.skeleton
        if peaks is None:
            peaks = find_peaks(fields.S, options.peak_threshold, options.refine, neighbours=options.neighbours)
        if candidates is None:
            candidates = score_limbs(fields, peaks, options)
        if len(candidates) and max(candidates.a.max(), candidates.b.max()) >= len(peaks):
            raise DataError("candidates name a peak that is not among the peaks given: both must come from one run")
        view = View.of(photo.shape[:2], crop)
        if crop is not None:
            peaks, candidates = _in_view(fields, peaks, candidates, view)
        source, size, places = _photograph(photo, fields.S_grid.to_pixels(peaks.xy), view, quality)
        state = {
            "photo": source,
            "width": size[0],
            "height": size[1],
            "peaks": [
                {"part": int(part), "x": round(float(x), 2), "y": round(float(y), 2), "score": float(score)}
                for part, (x, y), score in zip(peaks.part, places, peaks.score, strict=True)
            ],
            "connections": [
                {"limb": int(c), "a": int(a), "b": int(b), "score": float(score)}
                for c, a, b, score in zip(candidates.limb, candidates.a, candidates.b, candidates.score, strict=True)
            ],
            "parts": [name.replace("_", " ") for name in skeleton.parts],
            "limbs": [list(limb) for limb in skeleton.limbs],
            "redundant": list(skeleton.redundant or ()),
            "contradiction": options.contradiction,
            "peakWeight": options.peak_weight,
            "minParts": min(options.min_parts, skeleton.J),
            "minScore": options.min_score,
        }
        super().__init__(state, *_still(photo, fields, peaks, candidates, options, view))

    @classmethod
    def from_image(
        cls, estimator: Any, image: Any, crop: Sequence[float] | None = None, **options: Any
    ) -> AssemblyStepper:
        """Step through what an estimator's network sees in an image, with the estimator's own parser options.

        Args:
            estimator: a :class:`paflib.PoseEstimator`.
            image: an array as :func:`paflib.inference.images.as_image` takes it, or the path of a picture.
            crop: as for the class; the network sees the whole image all the same.
            options: as for the class.
        """
        pixels = as_image(image) if isinstance(image, np.ndarray) else load_image(image)
        return cls(pixels, estimator.fields(pixels), crop=crop, **{"preset": estimator.options, **options})


def _in_view(fields: Fields, peaks: Peaks, candidates: Connections, view: View) -> tuple[Peaks, Connections]:
    """The peaks that the view shows, and the pairs between them, which count those peaks from 0."""
    inside = view.holds(fields.S_grid.to_pixels(peaks.xy))
    number = np.cumsum(inside) - 1
    kept = candidates[np.nonzero(inside[candidates.a] & inside[candidates.b])[0]]
    shown = Peaks(peaks.part[inside], peaks.xy[inside], peaks.score[inside], peaks.cell[inside])
    return shown, Connections(kept.limb, number[kept.a], number[kept.b], kept.score)


def _photograph(
    photo: np.ndarray, points: np.ndarray, view: View, quality: int
) -> tuple[str, tuple[int, int], np.ndarray]:
    """The view as a dimmed JPEG in a data URL, its (width, height), and where the points lie in it."""
    left, top = (max(0, int(np.floor(edge + 0.5))) for edge in (view.left, view.top))
    right, bottom = (int(np.ceil(edge + 0.5)) for edge in (view.right, view.bottom))
    piece = photo[top:bottom, left:right]
    factor = min(1.0, LONG_SIDE / max(piece.shape[:2]))
    width, height = (max(1, round(side * factor)) for side in piece.shape[1::-1])
    small = cv2.resize(piece, (width, height), interpolation=cv2.INTER_AREA)
    buffer = io.BytesIO()
    Image.fromarray(dimmed(small, DIMMED)[..., 0]).save(buffer, "JPEG", quality=quality)
    scale = np.array([width / piece.shape[1], height / piece.shape[0]])
    # In the page (0, 0) is the photograph's corner, not its first pixel's centre.
    places = (points - np.array([left, top]) + 0.5) * scale
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii"), (width, height), places


def _still(
    photo: np.ndarray, fields: Fields, peaks: Peaks, candidates: Connections, options: ParserOptions, view: View
) -> tuple[str, bytes]:
    """What the parser does in words, and a picture of whom it finds."""
    skeleton, trace = fields.skeleton, []  # type: ignore[var-annotated]
    bodies = assemble_sorted(peaks, candidates, skeleton, options.contradiction, options.peak_weight, trace)
    people = people_of(bodies, peaks, fields, options)
    count = Counter(step["rule"] for step in trace)
    first = [
        f"{skeleton.limb_name(s['limb']).replace('_', ' ').replace('-', ' to ')} ({s['score']:.2f}, {s['rule']})"
        for s in trace[:3]
    ]
    ignored, dropped = count["occupied"] + count["contradiction"], len(bodies) - len(people)
    words = (
        f"The sorted parser goes through {len(trace)} possible limbs between {len(peaks)} peaks, best first; the first "
        f"are {', '.join(first) or 'none'}. It begins {count['new']} people, extends one {count['extended']} times, "
        f"merges two {count['merged']} times, finds {count['confirmed']} limbs confirmed that a person has already, "
        f"and ignores {ignored} that contradict what it has. {len(people)} people are kept, those in the picture; "
        f"{dropped} small fragments are dropped. Where scripts run, every decision can be looked at here, forwards and "
        "back, and redundant limbs can be switched off."
    )
    crop = (view.left, view.top, view.right, view.bottom)
    return words, draw_people(photo, people, numbers=True, crop=crop).jpeg()
