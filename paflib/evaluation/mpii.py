"""MPII's multi-person annotations: the official .mat file as COCO-style JSON, and the groups that are evaluated.

MPII annotates people of an image in groups: somebody is evaluated as one of a group, and a group is what a system is
shown to have found or missed. The JSON that :func:`mpii_json` writes and the evaluation reads is COCO's, with four
entries more in each annotation:

- ``keypoints``: 16 times x, y and 2 (labelled, visible), 1 (labelled, hidden) or 0, in the order of
  :data:`~paflib.skeleton.MPII_16`;
- ``head_box``: [x, y, width, height] of the head rectangle, whose diagonal the measure is scaled by;
- ``position``: [x, y], MPII's rough place of the person (``objpos``);
- ``scale``: the person's height over 200 px;
- ``group``: the number of the person's group in the image, or null for whoever belongs to none and is not evaluated.

Coordinates are paflib's, from 0 at the centre of the top-left pixel; MPII's own count from 1.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paflib._check import check_shape
from paflib.errors import DataError
from paflib.evaluation.oks import images_of, is_whole, read_json
from paflib.people import People
from paflib.skeleton import MPII_16


@dataclass(frozen=True, eq=False)
class Group:
    """N people of one group of one image.

    Args:
        image_id: the image's number.  number: the group's in its image.
        people: N people of :data:`~paflib.skeleton.MPII_16`.
        head_size: (N,) pixels, see :func:`head_size`.
        box: (4,) left, top, right, bottom, see :func:`group_box`.
    """

    image_id: int
    number: int
    people: People
    head_size: np.ndarray
    box: np.ndarray


def head_size(head_box: np.ndarray) -> np.ndarray:
    """Pixels (...,) by which MPII measures: 0.6 times the diagonal of the head rectangle (..., 4) [x, y, w, h].

    About 0.6 of the diagonal is the head from neck to top; FACTS 1.13.

    >>> float(head_size(np.array([10.0, 10.0, 30.0, 40.0])))
    30.0
    """
    box = np.asarray(head_box, float)
    result: np.ndarray = 0.6 * np.hypot(box[..., 2], box[..., 3])
    return result


def group_box(position: np.ndarray, scale: np.ndarray, image_size: tuple[float, float] | None = None) -> np.ndarray:
    """Where a group of people is looked for: (4,) left, top, right, bottom, in pixels.

    The box round everybody's rough place, with a margin by their mean scale: in the CVPR 2017 evaluation people are
    scaled to ``41 / 35 / scale``, and the margin is a quarter of the network's 368 pixels, over 2.5 in x and over 2 in
    y (ZheC/Realtime_Multi-Person_Pose_Estimation testing/evalMPII.m and config.m; FACTS 1.13). Cut to the image.

    Args:
        position: (N, 2), x and y.  scale: (N,), height over 200 px.
        image_size: (height, width); None leaves the box as it is.

    Raises:
        ShapeError: position is not (N, 2), or scale not (N,).
    """
    position, scale = np.asarray(position, float), np.asarray(scale, float)
    n = check_shape("position", position, "N 2")["N"]
    check_shape("scale", scale, "N", N=n)
    margin = 0.25 * 368 * scale.mean() / (41 / 35) / np.array([2.5, 2.0])
    low, high = position.min(axis=0) - margin, position.max(axis=0) + margin
    if image_size is not None:
        low, high = np.maximum(low, 0), np.minimum(high, np.array(image_size[::-1], float) - 1)
    return np.concatenate([low, high])


def read_groups(annotations: Mapping[str, Any] | str | os.PathLike[str]) -> list[Group]:
    """The groups of people of annotations in the form above, in the order of images and of groups in them.

    Raises:
        DataError: naming the annotation that does not fit, or that nobody belongs to a group.
    """
    content = read_json(annotations)
    images = images_of(content)
    rows: dict[int, dict[int, list[dict[str, Any]]]] = {image["id"]: {} for image in images}
    for n, row in enumerate(content["annotations"]):
        name = f"annotations[{n}]"
        if not isinstance(row, Mapping) or not is_whole(row.get("image_id")) or row["image_id"] not in rows:
            raise DataError(f"{name} is of no image that the annotations list")
        if row.get("group") is None:
            continue
        if not is_whole(row["group"]):
            raise DataError(f"{name}: group is {row['group']!r}, wanted a whole number or null")
        rows[row["image_id"]].setdefault(row["group"], []).append(_checked(row, name))
    groups = [
        _group(image, number, of_image[number]) for image in images for of_image in [rows[image["id"]]]
        for number in sorted(of_image)
    ]  # fmt: skip
    if not groups:
        raise DataError("the annotations have nobody with a 'group': nothing to evaluate")
    return groups


_NUMBERS = {"keypoints": 48, "head_box": 4, "position": 2, "scale": 1}


def _checked(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    checked: dict[str, Any] = {"id": row.get("id", 0)}
    for key, count in _NUMBERS.items():
        try:
            values = np.array(row.get(key), float).reshape(-1)
        except (TypeError, ValueError):
            values = np.array([np.nan])
        if len(values) != count or not np.isfinite(values).all():
            raise DataError(f"{name}: {key} is no list of {count} finite numbers")
        checked[key] = values
    if not (checked["head_box"][2:] > 0).all() or not checked["scale"][0] > 0:
        raise DataError(f"{name}: head_box needs a width and a height, and scale must be positive")
    return checked


def _group(image: Mapping[str, Any], number: int, rows: list[dict[str, Any]]) -> Group:
    keypoints = np.stack([row["keypoints"].reshape(16, 3) for row in rows])
    visibility = keypoints[..., 2].astype(int)
    keypoints[..., 2] = visibility > 0
    size = (image["height"], image["width"]) if {"height", "width"} <= set(image) else None
    return Group(
        image["id"], number, People(keypoints, None, MPII_16, visibility),
        head_size(np.stack([row["head_box"] for row in rows])),
        group_box(
            np.stack([row["position"] for row in rows]), np.concatenate([row["scale"] for row in rows]), size
        ),
    )  # fmt: skip


# ---- the official file ---------------------------------------------------------------------------------------------


def mpii_json(
    release: str | os.PathLike[str],
    groups: str | os.PathLike[str] | None = None,
    train: bool = True,
    sizes: Mapping[str, tuple[int, int]] | None = None,
) -> dict[str, Any]:
    """MPII's official annotations as JSON in the form above.

    Args:
        release: ``mpii_human_pose_v1_u12_1.mat``, whose ``RELEASE`` is read.
        groups: ``groups_v12.mat`` of MPII's multi-person evaluation, by which official figures are made; a group with
            anyone who stands alone (``RELEASE.single_person``) is left out. Without it all people of an image who do
            not stand alone are one group.
        train: the images with annotations for training; False for the test images, whose labels are not public.
        sizes: (height, width) by file name; the file has none, and boxes are then not cut to the image.

    Raises:
        DataError: no such file, no MPII annotations, or the two files do not fit.
    """
    content = _loadmat(release, "RELEASE")
    annolist, split = _listed(content.annolist), np.atleast_1d(content.img_train).astype(bool)
    alone = [_numbers_of(cell) for cell in _cells(content.single_person)]
    if not len(annolist) == len(split) == len(alone):
        raise DataError(f"{release}: annolist, img_train and single_person are not of one length")
    grouped = _cells(_loadmat(groups, "groups")) if groups is not None else None
    if grouped is not None and len(grouped) != len(annolist):
        raise DataError(f"{groups}: groups of {len(grouped)} images, wanted those of {len(annolist)}")
    made: dict[str, Any] = {
        "images": [], "annotations": [],
        "categories": [{"id": 1, "name": "person", "keypoints": list(MPII_16.parts)}],
    }  # fmt: skip
    for i, entry in enumerate(annolist):
        if split[i] != train:
            continue
        name = str(entry.image.name)
        size = (sizes or {}).get(name)
        image = {"id": i, "file_name": name} | ({} if size is None else {"height": size[0], "width": size[1]})
        rects = _listed(entry.annorect)
        cells = None if grouped is None else [_numbers_of(cell) for cell in _cells(grouped[i])]
        of = _groups_of(len(rects), alone[i], cells)
        made["images"].append(image)
        for r, rect in enumerate(rects):
            made["annotations"] += _annotation(rect, i, len(made["annotations"]) + 1, of.get(r))
    return made


def _groups_of(people: int, alone: list[int], groups: list[list[int]] | None) -> dict[int, int]:
    """The group of each person, both from 0; MPII's numbers are from 1."""
    if groups is None:
        together = [n for n in range(1, people + 1) if n not in alone]
        groups = [together] if together else []
    kept = [members for members in groups if members and not set(members) & set(alone)]
    return {member - 1: number for number, members in enumerate(kept) for member in members}


def _annotation(rect: Any, image_id: int, number: int, group: int | None) -> Iterator[dict[str, Any]]:
    """An annotation, where the person has a head rectangle; in the released file a few have not."""
    corners = [_number(getattr(rect, key, None)) for key in ("x1", "y1", "x2", "y2")]
    if np.isnan(corners).any():
        return
    x1, y1, x2, y2 = (corner - 1 for corner in corners)
    keypoints = np.zeros((16, 3))
    for point in _points(rect):
        hidden = str(getattr(point, "is_visible", 1)) == "0"  # empty for the head, whose joints are always seen
        keypoints[int(point.id)] = float(point.x) - 1, float(point.y) - 1, 1 if hidden else 2
    place = getattr(rect, "objpos", None)
    x, y, scale = (
        _number(v) for v in (getattr(place, "x", None), getattr(place, "y", None), getattr(rect, "scale", 0))
    )
    known = bool(np.isfinite([x, y, scale]).all()) and scale > 0
    yield {
        "id": number, "image_id": image_id, "category_id": 1, "keypoints": keypoints.ravel().tolist(),
        "num_keypoints": int((keypoints[:, 2] > 0).sum()), "head_box": [x1, y1, x2 - x1, y2 - y1],
        "position": [x - 1, y - 1] if known else None, "scale": scale if known else None,
        "group": group if known else None,
    }  # fmt: skip


def _number(value: Any) -> float:
    """A number of the MATLAB file, or NaN: an empty array stands for a number that is not there."""
    return float(value) if np.isscalar(value) and not isinstance(value, str) else float("nan")  # type: ignore[arg-type]


def _points(rect: Any) -> list[Any]:
    points = getattr(rect, "annopoints", None)
    return _listed(getattr(points, "point", None))


def _loadmat(path: str | os.PathLike[str], variable: str) -> Any:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    if not Path(path).is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        content = loadmat(path, struct_as_record=False, squeeze_me=True)
    except (MatReadError, ValueError, OSError, TypeError, NotImplementedError) as error:
        raise DataError(f"{path}: this is no MATLAB file that can be read ({error})") from None
    if variable not in content:
        raise DataError(f"{path}: this MATLAB file has no variable {variable!r}")
    if variable == "RELEASE" and not all(hasattr(content[variable], k) for k in _RELEASE):
        raise DataError(f"{path}: RELEASE lacks one of {', '.join(_RELEASE)}")
    return content[variable]


_RELEASE = ("annolist", "img_train", "single_person")


def _listed(value: Any) -> list[Any]:
    """A MATLAB struct array as a list: scipy gives one struct for one, an array for several, an empty one for none."""
    return [item for item in np.atleast_1d(np.asarray(value, object)).ravel() if hasattr(item, "_fieldnames")]


def _cells(value: Any) -> list[Any]:
    """A MATLAB cell array as a list; a cell array of one cell loses its array when scipy squeezes it."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return list(value.ravel())
    return [value]


def _numbers_of(cell: Any) -> list[int]:
    return [int(number) for number in np.asarray(cell, float).ravel()]
