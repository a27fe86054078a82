"""Upper bounds: what the parser would find if a network were perfect (CVPR 2017 and TPAMI 2019, Fig. 11a).

:func:`true_maps` needs no network and no image: it draws the true maps of annotated people, parses them, and says what
is still lost, and why. :func:`upper_bounds` replaces one half of a network's work by the truth at a time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from paflib.errors import DataError
from paflib.evaluation.errors import PART_KINDS, Diagnosis, ErrorReport, analyse_errors
from paflib.evaluation.oks import check_annotations, evaluate_oks, find_category, images_of, read_json
from paflib.evaluation.similarity import place_similarity
from paflib.evaluation.truth import annotated_people, named, pairs_of, target_options, true_fields
from paflib.fields import Fields, TargetOptions, affinity_fields, targets
from paflib.fields.affinity import Region
from paflib.parser import find_peaks, parse
from paflib.parser.options import ParserOptions, options_of
from paflib.people import People
from paflib.skeleton import COCO_17, COCO_18, Skeleton

if TYPE_CHECKING:
    from paflib.inference.estimator import PoseEstimator

CAUSES = ("cut off", "no cell", "too few", "no peak", "parser")
"""Why a part of true maps is not found in its place: see :func:`causes_of`."""

BOUNDS = ("predicted", "true connections", "true detections", "true maps")
"""What :func:`upper_bounds` evaluates."""


@dataclass(frozen=True, eq=False)
class TrueMaps:
    """What the parser makes of true maps.

    Args:
        figures: of :func:`~paflib.evaluation.oks.evaluate_oks`.
        errors: what is lost, by kind.
        causes: for each of :data:`CAUSES`, how many labelled parts of the evaluated skeleton are lost to it.
        lost: how many labelled parts are lost, the sum of the causes.
        labelled: how many there are.
        results: COCO results.
    """

    figures: dict[str, Any]
    errors: ErrorReport
    causes: dict[str, int]
    lost: int
    labelled: int
    results: list[dict[str, Any]]


def true_maps(
    annotations: Mapping[str, Any] | str | os.PathLike[str],
    stride: int = 8,
    height: int | None = 368,
    network: Skeleton = COCO_18,
    skeleton: Skeleton = COCO_17,
    target: str | TargetOptions = "paper",
    preset: str | ParserOptions = "paper",
    image_ids: Sequence[int] | None = None,
    category_id: int | str | None = None,
    **options: Any,
) -> TrueMaps:
    """Draw the true maps of annotated people, parse them and evaluate who is found.

    Args:
        annotations: COCO-style json, whose images have a height and a width.
        stride: pixels per cell.
        height: of the network's input in pixels, to which images are resized with their aspect kept, as an estimator
            does; None leaves them at their own size.
        network: the skeleton that the maps are drawn of.
        skeleton: of the annotations.
        target: how maps are drawn, a name in :data:`~paflib.fields.TARGETS` or options.
        preset, options: of the parser.
        image_ids, category_id: as in :func:`~paflib.evaluation.oks.evaluate_oks`.

    Raises:
        DataError: annotations that do not fit, or an image without a size.
        ShapeError: an unknown target, preset or option.
    """
    content = read_json(annotations)
    category = find_category(content, category_id)
    checked = check_annotations(content, skeleton, category, image_ids)
    sizes = {image["id"]: _size(image) for image in images_of(content)}
    chosen, drawing = options_of(preset, **options), target_options(target)
    results: list[dict[str, Any]] = []
    drawn: dict[int, tuple[People, Fields]] = {}
    for image_id, people in annotated_people(checked, skeleton, category).items():
        resized, size, factor = resized_people(named(people), sizes[image_id], height)
        fields = targets(resized.convert(network), size, stride, **asdict(drawing))
        found = parse(fields, preset=chosen).resized((1 / factor[0], 1 / factor[1]))
        results += found.to_coco(image_id, category, skeleton)
        drawn[image_id] = resized.convert(network), fields
    errors = analyse_errors(results, checked, skeleton, category_id=category)
    return TrueMaps(
        evaluate_oks(results, checked, skeleton, category_id=category),
        errors,
        *_causes(errors.diagnoses, drawn, chosen, drawing.region),
        results,
    )


def resized_people(
    people: People, size: tuple[int, int], height: int | None
) -> tuple[People, tuple[int, int], tuple[float, float]]:
    """People of an image of ``size`` (height, width) as an estimator shows it: them, the new size, factors x and y."""
    from paflib.inference.estimator import MAX_PIXELS, place

    bare = People(people.keypoints, people.scores, people.skeleton)
    if height is None:
        return bare, size, (1.0, 1.0)
    placement = place(size, height, 8, min(4 * height**2, MAX_PIXELS))
    return bare.resized(placement.factor), placement.resized, placement.factor


def _size(image: Mapping[str, Any]) -> tuple[int, int]:
    size = image.get("height"), image.get("width")
    if not all(isinstance(side, int) and side > 0 for side in size):
        raise DataError(f"image {image['id']} of the annotations has no height and width: how large is its map?")
    return int(image["height"]), int(image["width"])


# ---- why parts are lost --------------------------------------------------------------------------------------------


def causes_of(
    people: People,
    fields: Fields,
    options: ParserOptions | None = None,
    region: Region = "paper",
    found: np.ndarray | None = None,
) -> np.ndarray:
    """Why the parser cannot find a part in true maps: (N, J) words out of :data:`CAUSES`.

    A person's limbs whose ends are both annotated join the parts into pieces; the main piece is the one that was found,
    or else the largest. A part is lost because it is:

    - ``"cut off"``: outside the main piece, as when a shoulder and so the neck is missing;
    - ``"no cell"``: joined to the main piece only over a limb that holds no cell of L, being shorter than a cell;
    - ``"too few"``: in the main piece, which has fewer parts than the parser calls a person;
    - ``"no peak"``: without a peak of its own, which melted into somebody else's or lies outside the image;
    - ``"parser"``: none of these: the parser could have found it.

    Args:
        people: N people with the parts of the fields' skeleton, in pixels of the fields.
        fields: their true fields.
        options: of the parser.
        region: how the limbs were drawn, see :func:`~paflib.fields.affinity_fields`.
        found: (N, J) bool, the parts that were found.
    """
    options = options or ParserOptions()
    skeleton, present = fields.skeleton, people.present
    found = np.zeros(present.shape, bool) if found is None else found
    causes = np.full(present.shape, "parser", dtype=object)
    causes[~_has_peak(people, fields, options)] = "no peak"
    for n in range(len(people)):
        joined = [c for c, (a, b) in enumerate(skeleton.limbs) if present[n, a] and present[n, b]]
        drawn = [c for c in joined if _leaves_a_mark(people[n], c, fields, region)]
        reached = _main_piece(present[n], found[n], skeleton, joined)
        marked = _main_piece(present[n], found[n], skeleton, drawn)
        if marked.sum() < options.min_parts:
            causes[n, marked] = "too few"
        causes[n, ~marked] = "no cell"
        causes[n, ~reached] = "cut off"
    return causes


def _leaves_a_mark(person: People, c: int, fields: Fields, region: Region) -> bool:
    h, w = fields.L.shape[2:]
    a, b = fields.skeleton.limbs[c]
    # The released maps run past the joints; there a limb without a cell between them still has some around them.
    return bool(affinity_fields(person.keypoints, ((a, b),), (h, w), fields.L_grid, region=region).any())


def _main_piece(present: np.ndarray, found: np.ndarray, skeleton: Skeleton, limbs: Sequence[int]) -> np.ndarray:
    """(J,) bool: of the pieces that these limbs join the one with most parts found, of equals with most parts."""
    label = np.arange(skeleton.J)
    for _ in limbs:  # labels travel at least one limb a round
        for c in limbs:
            a, b = skeleton.limbs[c]
            label[[a, b]] = min(label[a], label[b])
    weight = np.where(found, skeleton.J + 1, 1) * present
    main = np.bincount(label, weight, minlength=skeleton.J).argmax()
    result: np.ndarray = present & (label == main)
    return result


def _has_peak(people: People, fields: Fields, options: ParserOptions) -> np.ndarray:
    """(N, J) bool: parts that have a peak of their own, within a cell and a half."""
    peaks = find_peaks(fields.S, options.peak_threshold, options.refine, neighbours=options.neighbours)
    reach = 1.5 * max(fields.S_grid.strides)
    found = np.zeros(people.present.shape, bool)
    for j in range(people.skeleton.J):
        pixels = fields.S_grid.to_pixels(peaks.xy[peaks.of(j)])
        distance = np.linalg.norm(pixels[:, None] - people.keypoints[None, :, j, :2], axis=-1)  # (p, N)
        distance = np.where(np.isnan(distance), np.inf, distance)
        if distance.size:
            nearest = distance.argmin(axis=1)
            near = distance.min(axis=1) <= reach
            found[nearest[near], j] = True
    return found


def _causes(
    diagnoses: Mapping[int, Diagnosis],
    drawn: Mapping[int, tuple[People, Fields]],
    options: ParserOptions,
    region: Region,
) -> tuple[dict[str, int], int, int]:
    counts = dict.fromkeys(CAUSES, 0)
    labelled = 0
    near = [PART_KINDS.index("good"), PART_KINDS.index("jitter")]
    for image_id, diagnosis in diagnoses.items():
        people, fields = drawn[image_id]
        index = np.array([people.skeleton.parts.index(part) for part in diagnosis.annotated.skeleton.parts])
        own = _rows_of(diagnosis.annotated)
        right = np.isin(diagnosis.part_kind, near)
        found = np.zeros(people.present.shape, bool)
        found[np.ix_(own[own >= 0], index)] = right[own >= 0]
        causes = causes_of(people, fields, options, region, found)
        for n in np.nonzero([kind != "ignored" for kind in diagnosis.annotated_kind])[0]:
            present = diagnosis.annotated.present[n]
            labelled += int(present.sum())
            for cause in causes[own[n]][index][present & ~right[n]]:
                counts[cause] += 1
    return counts, sum(counts.values()), labelled


def _rows_of(annotated: People) -> np.ndarray:
    """For each annotated person the row among those who are no crowd, in which the maps were drawn; -1 for a crowd."""
    crowd = np.zeros(len(annotated), bool) if annotated.iscrowd is None else annotated.iscrowd
    return np.where(crowd, -1, np.cumsum(~crowd) - 1)


# ---- with a network ------------------------------------------------------------------------------------------------


def upper_bounds(
    estimator: PoseEstimator,
    images: Mapping[int, Any] | Iterable[tuple[int, Any]],
    annotations: Mapping[str, Any] | str | os.PathLike[str],
    skeleton: Skeleton = COCO_17,
    category_id: int | str | None = None,
    target: str | TargetOptions = "paper",
    bootstrap: int = 0,
    seed: int = 0,
) -> dict[str, dict[str, Any]]:
    """AP with one half of a network's work replaced by the truth, and with both.

    - ``"predicted"``: what the network and the parser find;
    - ``"true connections"``: the network's detections, each given to the person it lies nearest to;
    - ``"true detections"``: the true confidence maps, connected by the network's fields;
    - ``"true maps"``: both true, on the network's own cells.

    Args:
        estimator, images, annotations, skeleton, category_id, target, bootstrap, seed: as in
            :func:`~paflib.evaluation.stages.evaluate_stages`.

    Returns:
        For each of :data:`BOUNDS` the figures of :func:`~paflib.evaluation.oks.evaluate_oks`.

    Raises:
        DataError: annotations that do not fit, an image that is not annotated, no images.
    """
    content = read_json(annotations)
    category = find_category(content, category_id)
    people = annotated_people(check_annotations(content, skeleton, category), skeleton, category)
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in BOUNDS}
    seen = []
    entry = estimator.network.entry
    for image_id, image in pairs_of(images, people):
        seen.append(image_id)
        fields = estimator.fields(image)
        truth = true_fields(people[image_id], fields, entry.S_grid, entry.L_grid, target)
        detections = Fields(truth.S, fields.L, fields.skeleton, fields.S_grid, fields.L_grid)
        found = {
            "predicted": parse(fields, preset=estimator.options),
            "true connections": connect_truly(fields, named(people[image_id]), estimator.options),
            "true detections": parse(detections, preset=estimator.options),
            "true maps": parse(truth, preset=estimator.options),
        }
        for name in BOUNDS:
            results[name] += found[name].to_coco(image_id, category, skeleton)
    return {
        name: evaluate_oks(
            results[name], content, skeleton, image_ids=seen, category_id=category, bootstrap=bootstrap, seed=seed
        )
        for name in BOUNDS
    }


def connect_truly(
    fields: Fields, annotated: People, options: ParserOptions | None = None, least: float = 0.1
) -> People:
    """People made of a network's detections, each detection given to the person whose part it is nearest to.

    Of several detections for one part the nearest is taken; one whose similarity with the part is below ``least`` is
    nobody's. Derived parts, such as a neck, are compared with the derived place.

    Args:
        fields: whose S is searched for peaks.
        annotated: with areas, in the pixels of the fields' image.
        options: of the parser.  least: similarity, see :func:`~paflib.evaluation.similarity.keypoint_similarity`.
    """
    options = options or ParserOptions()
    truth = annotated.convert(fields.skeleton)
    peaks = find_peaks(fields.S, options.peak_threshold, options.refine, neighbours=options.neighbours)
    pixels = fields.S_grid.to_pixels(peaks.xy)
    keypoints = np.zeros((len(truth), fields.skeleton.J, 3))
    for j in range(fields.skeleton.J):
        mine = peaks.of(j)
        points = np.zeros((len(mine), fields.skeleton.J, 3))
        points[:, j, :2], points[:, j, 2] = pixels[mine], 1.0
        similarity = np.nan_to_num(place_similarity(points, truth)[..., j])  # (p, N)
        for n in range(len(truth)) if len(mine) else ():
            own = np.where(similarity.argmax(axis=1) == n, similarity[:, n], 0.0)
            k = int(own.argmax())
            if own[k] >= least:
                keypoints[n, j] = *pixels[mine[k]], peaks.score[mine[k]]
    kept = (keypoints[..., 2] > 0).any(axis=1)
    return People(keypoints[kept], keypoints[kept, :, 2].sum(axis=1) / fields.skeleton.J, fields.skeleton)
