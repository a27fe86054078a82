"""COCO's keypoint AP and AR by object keypoint similarity (OKS), through pycocotools, with a bootstrap interval.

OKS compares a predicted person with an annotated one, part by part: ``exp(-d**2 / (2 * area * (2 * sigma)**2))``,
averaged over the parts that are annotated (:mod:`~paflib.evaluation.similarity` has it by hand). AP is the area under
the precision-recall curve, averaged over the thresholds 0.50, 0.55, ..., 0.95 of OKS (FACTS 1.13). pycocotools is the
reference, so nothing of it is done again here.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from paflib.errors import DataError
from paflib.skeleton import COCO_17, SKELETONS, Skeleton

STATS = ("AP", "AP50", "AP75", "APm", "APl", "AR", "AR50", "AR75", "ARm", "ARl")
"""The ten figures of COCO's keypoint evaluation, in pycocotools' order; m and l: people of medium and large area."""

PART_GROUPS: dict[str, tuple[str, ...]] = {
    "body": COCO_17.parts,
    "feet": ("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel"),
}
"""Names for parts that are evaluated together: COCO's seventeen, and the six of TPAMI's foot data set."""

_Json = Mapping[str, Any] | str | os.PathLike[str]


def evaluate_oks(
    results: Sequence[Mapping[str, Any]] | str | os.PathLike[str],
    annotations: _Json,
    skeleton: Skeleton = COCO_17,
    sigmas: Sequence[float] | None = None,
    image_ids: Sequence[int] | None = None,
    category_id: int | str | None = None,
    bootstrap: int = 0,
    seed: int = 0,
    parts: str | Sequence[str] | None = None,
) -> dict[str, Any]:
    """Average precision and recall of predicted people, or of whatever else has a skeleton.

    Args:
        results: COCO results, one entry a person with image_id, keypoints (3 J numbers) and score; or a JSON file.
        annotations: the content of a COCO-style json, or the file.
        skeleton: whose parts the keypoints are.
        sigmas: J constants of OKS, one a part; by default the skeleton's.
        image_ids: evaluate these images alone; by default every image of the annotations, those without people too.
        category_id: evaluate this category, by number or by name; by default the one called ``person``, or the only
            one.
        bootstrap: how many times to draw the images again, with replacement; each image is matched once.
        seed: of the drawing.
        parts: evaluate these parts alone, by name, or a name in :data:`PART_GROUPS`. Someone of whom none of them is
            labelled is neither to be found nor a false person, and a result with none of them says nothing.

    Returns:
        The :data:`STATS` (NaN where there is nobody of that size), ``"images"`` and ``"people"``, how many there are,
        and with a bootstrap ``"interval"``: for each figure the 2.5th and 97.5th percentile.

    Raises:
        DataError: annotations or results that do not fit, each time naming the first that does not.
    """
    truth = read_json(annotations)
    category = find_category(truth, category_id)
    chosen = part_indices(skeleton, parts)
    truth = check_annotations(truth, skeleton, category, image_ids, parts)
    found = clean_results(read_json(results), truth, skeleton, category, parts)
    evaluated = _matched(truth, found, oks_sigmas(skeleton, sigmas)[chosen])
    people = sum(not a["iscrowd"] and a["num_keypoints"] > 0 for a in truth["annotations"])
    summary: dict[str, Any] = _stats(evaluated) | {"images": len(truth["images"]), "people": people}
    if bootstrap:
        summary["interval"] = _bootstrap(evaluated, bootstrap, seed)
    return summary


def read_json(source: Any) -> Any:
    """The content of a JSON file; what is no path is returned as it is.

    Raises:
        DataError: the file is missing, unreadable or no JSON.
    """
    if not isinstance(source, (str, os.PathLike)):
        return source
    try:
        return json.loads(Path(source).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{source}: there is no such file") from None
    except OSError as error:
        raise DataError(f"{source}: cannot be read ({error.strerror or error})") from None
    except (ValueError, RecursionError) as error:  # JSON's and UTF-8's; brackets a thousand deep
        raise DataError(f"{source}: this is no JSON, or it is truncated ({error})") from None


def find_category(annotations: Mapping[str, Any], wanted: int | str | None = None) -> int:
    """The number of a category given by number or name; by default of ``person``, or of the only one.

    Raises:
        DataError: there is no such category, or the first category that is none.
    """
    categories = annotations.get("categories", []) if isinstance(annotations, Mapping) else []
    if not isinstance(categories, list):
        raise DataError("'categories' of the annotations is no list")
    for n, category in enumerate(categories):
        if not isinstance(category, Mapping) or not is_whole(category.get("id")):
            raise DataError(f"categories[{n}] of the annotations has no whole number 'id'")
    numbers = {str(category.get("name")): int(category["id"]) for category in categories}
    listed = ", ".join(numbers) or "none"
    if isinstance(wanted, str) and wanted in numbers:
        return numbers[wanted]
    if wanted is not None:
        if str(wanted).isdecimal() and (int(wanted) in numbers.values() or not categories):
            return int(wanted)
        raise DataError(f"the annotations have no category {wanted!r} (they have: {listed})")
    if "person" in numbers:
        return numbers["person"]
    if len(numbers) == 1:
        return next(iter(numbers.values()))
    raise DataError(f"the annotations have no category 'person' (they have: {listed}); name one with category_id")


def images_of(annotations: Any) -> list[Mapping[str, Any]]:
    """The list ``images`` of COCO-style annotations, checked.

    Raises:
        DataError: it is missing or empty, an entry has no id, or two have the same.
    """
    images = annotations.get("images") if isinstance(annotations, Mapping) else None
    if not isinstance(images, list) or not isinstance(annotations.get("annotations"), list):
        raise DataError("these are no COCO annotations: wanted a JSON object with lists 'images' and 'annotations'")
    if not images:
        raise DataError("the annotations list no images: there is nothing to evaluate")
    seen = set()
    for n, image in enumerate(images):
        if not isinstance(image, Mapping) or not is_whole(image.get("id")):
            raise DataError(f"images[{n}] of the annotations has no whole number 'id'")
        if image["id"] in seen:
            raise DataError(f"the annotations list the image id {image['id']} twice")
        seen.add(image["id"])
    return images


def part_indices(skeleton: Skeleton, parts: str | Sequence[str] | None) -> list[int]:
    """Indices of parts given by name, or as a name in :data:`PART_GROUPS`; of all parts for None.

    Raises:
        DataError: the first name that is no part of the skeleton, or none was given.
    """
    if parts is None:
        return list(range(skeleton.J))
    if isinstance(parts, str):
        if parts not in PART_GROUPS and parts not in skeleton.parts:
            raise DataError(
                f"parts is {parts!r}, wanted {' or '.join(map(repr, PART_GROUPS))} or names of {skeleton.name}'s parts"
            )
        parts = PART_GROUPS.get(parts, (parts,))
    if not parts:
        raise DataError("parts is empty: name at least one part to evaluate")
    return [skeleton.index(part) for part in parts]


# ---- the door ------------------------------------------------------------------------------------------------------


def check_annotations(
    truth: Any,
    skeleton: Skeleton,
    category: int,
    image_ids: Sequence[int] | None = None,
    parts: str | Sequence[str] | None = None,
) -> dict[str, Any]:
    """What the evaluation reads of COCO-style annotations, checked; a copy, because pycocotools writes into its data.

    Of ``parts`` alone, when they are given: the keypoints that are returned have no others.

    Raises:
        DataError: naming the first annotation that does not fit, or that there is nobody to find.
    """
    ids = [image["id"] for image in images_of(truth)]
    if image_ids is not None:
        if unknown := sorted(set(image_ids) - set(ids)):
            raise DataError(f"image_ids names {unknown[0]}, which the annotations do not list ({len(unknown)} such)")
        ids = sorted(set(image_ids))
    wanted = set(ids)
    for n, row in enumerate(truth["annotations"]):
        if lacking := [key for key in ("image_id", "category_id") if not is_whole(_get(row, key))]:
            raise DataError(f"annotations[{n}] has no whole number {lacking[0]!r}")
    rows = [row for row in truth["annotations"] if row["category_id"] == category and row["image_id"] in wanted]
    chosen = part_indices(skeleton, parts)
    annotations = [_annotation(row, skeleton.J, n + 1, chosen) for n, row in enumerate(rows)]
    if not any(a["num_keypoints"] > 0 and not a["iscrowd"] for a in annotations):
        raise DataError(f"the annotations have nobody with labelled parts in {len(ids)} images: nothing to evaluate")
    return {
        "images": [{"id": i} for i in ids],
        "categories": [{"id": category, "name": "person"}],
        "annotations": annotations,
    }


def _annotation(row: Mapping[str, Any], J: int, number: int, parts: Sequence[int]) -> dict[str, Any]:
    name = f"annotation {row.get('id', number)}"
    try:
        keypoints = flat_numbers(row.get("keypoints") or [0] * (3 * J), 3 * J, f"{name}: keypoints")
    except DataError as error:
        raise DataError(f"{error}{_whose(row.get('keypoints'), J)}") from None
    keypoints = keypoints.reshape(J, 3)[parts].ravel()
    labelled = int((keypoints[2::3] > 0).sum())
    area, crowd = flat_numbers([row.get("area") or 0], 1, f"{name}: area")[0], row.get("iscrowd", 0)
    if crowd not in (0, 1):
        raise DataError(f"{name}: iscrowd is {crowd!r}, wanted 0 or 1")
    if labelled and not area > 0:
        raise DataError(f"{name} has no 'area', by which OKS divides; it is the area of the person's mask, in pixels")
    if labelled and "bbox" not in row:
        raise DataError(f"{name} has no 'bbox' [x, y, width, height]")
    # Ids count from 1: pycocotools takes the id 0 for "no match".
    return {
        "id": number,
        "image_id": row["image_id"],
        "category_id": row["category_id"],
        "keypoints": keypoints.tolist(),
        "num_keypoints": labelled,
        "area": float(area),
        "bbox": flat_numbers(row.get("bbox", [0] * 4), 4, f"{name}: bbox").tolist(),
        "iscrowd": int(crowd),
    }


def _whose(keypoints: Any, J: int) -> str:
    """Of which known skeleton so many keypoints are, as the end of a message; nothing where there is none."""
    count = len(keypoints) if isinstance(keypoints, Sequence) else 0
    known = [skeleton for skeleton in SKELETONS.values() if count == 3 * skeleton.J and skeleton.J != J]
    if not known:
        return ""
    body = " --parts body" if set(COCO_17.parts) <= set(known[0].parts) else ""
    names = " or ".join(skeleton.name for skeleton in known)
    return f"; {count} are those of {names}: pass that skeleton (--skeleton {known[0].name}{body})"


def clean_results(
    results: Any,
    truth: Mapping[str, Any],
    skeleton: Skeleton,
    category: int,
    parts: str | Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """What the evaluation reads of COCO results, checked; of ``parts`` alone, when they are given.

    Raises:
        DataError: naming the first result that does not fit.
    """
    if isinstance(results, Mapping) or not isinstance(results, Sequence):
        raise DataError("results are no list: wanted COCO results, one object a person")
    known = {image["id"] for image in truth["images"]}
    chosen = part_indices(skeleton, parts)
    cleaned = []
    for n, row in enumerate(results):
        name = f"results[{n}]"
        if not isinstance(row, Mapping) or not {"image_id", "keypoints", "score"} <= set(row):
            raise DataError(f"{name} lacks one of image_id, keypoints and score")
        if row.get("category_id", category) != category:
            raise DataError(f"{name} is of category {row['category_id']}, wanted {category}")
        if not is_whole(row["image_id"]) or row["image_id"] not in known:
            raise DataError(f"{name} is of image {row['image_id']}, which is not among the {len(known)} evaluated")
        keypoints = flat_numbers(row["keypoints"], 3 * skeleton.J, f"{name}: keypoints")
        keypoints = keypoints.reshape(skeleton.J, 3)[chosen].ravel()
        score = flat_numbers([row["score"]], 1, f"{name}: score")
        if parts is not None and not (keypoints[2::3] > 0).any():
            continue
        entry = {"image_id": row["image_id"], "category_id": category}
        cleaned.append(entry | {"keypoints": keypoints.tolist(), "score": float(score[0])})
    return cleaned


def is_whole(value: Any) -> bool:
    """Whether a value of a JSON file is a whole number; true and false are none."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _get(row: Any, key: str) -> Any:
    return row.get(key) if isinstance(row, Mapping) else None


def flat_numbers(values: Any, count: int, name: str) -> np.ndarray:
    """Values of a JSON file as an array (count,) of finite floats.

    Raises:
        DataError: beginning with ``name``, what they are instead.
    """
    try:
        numbers = np.array(values, float)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"{name} holds something that is no number") from None
    if numbers.shape != (count,):
        raise DataError(f"{name} has {numbers.size} numbers, wanted {count} in a flat list")
    if not np.isfinite(numbers).all():
        raise DataError(f"{name} holds NaN or infinity; what is missing is written 0")
    return numbers


def oks_sigmas(skeleton: Skeleton, sigmas: Sequence[float] | None = None) -> np.ndarray:
    """The J constants of OKS: those given, or the skeleton's.

    Raises:
        DataError: nobody has measured any for this skeleton, or not one for each part was given.
    """
    chosen = skeleton.sigmas if sigmas is None else tuple(sigmas)
    if chosen is None:
        raise DataError(f"skeleton {skeleton.name!r} has no OKS constants: pass {skeleton.J} sigmas")
    if len(chosen) != skeleton.J or not min(chosen) > 0:
        raise DataError(f"sigmas has {len(chosen)} values, wanted {skeleton.J} positive ones for {skeleton.name}")
    return np.array(chosen, float)


# ---- pycocotools ---------------------------------------------------------------------------------------------------


def _matched(truth: dict[str, Any], found: list[dict[str, Any]], sigmas: np.ndarray) -> Any:
    """A COCOeval whose images are all matched, each once: ``evalImgs`` [area][image] of one category."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with _silence():
        annotated = COCO()
        annotated.dataset = truth
        annotated.createIndex()
        if found:
            detected = annotated.loadRes(found)
        else:  # loadRes looks at the first entry
            detected = COCO()
            detected.dataset = truth | {"annotations": []}
            detected.createIndex()
        evaluator = COCOeval(annotated, detected, "keypoints")
        evaluator.params.kpt_oks_sigmas = sigmas
        evaluator.evaluate()
    return evaluator


def _stats(evaluator: Any) -> dict[str, float]:
    with _silence():
        evaluator.accumulate()
        evaluator.summarize()
    # pycocotools writes -1 where there is nobody to find.
    values = [float(value) if value > -1 else float("nan") for value in evaluator.stats]
    return dict(zip(STATS, values, strict=True))


def _bootstrap(evaluator: Any, times: int, seed: int) -> dict[str, tuple[float, float]]:
    """95 % intervals over images: draw as many images as there are, accumulate their matches again."""
    random = np.random.default_rng(seed)
    matched, images = list(evaluator.evalImgs), len(evaluator.params.imgIds)
    areas = len(matched) // images
    drawn = []
    for _ in range(times):
        sample = random.integers(images, size=images)
        evaluator.evalImgs = [matched[area * images + i] for area in range(areas) for i in sample]
        drawn.append(list(_stats(evaluator).values()))
    return {name: _interval(values) for name, values in zip(STATS, np.array(drawn).T, strict=True)}


def _interval(values: np.ndarray) -> tuple[float, float]:
    values = values[np.isfinite(values)]  # a draw may hold nobody of a size
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()):
        yield
