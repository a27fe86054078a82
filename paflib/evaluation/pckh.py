"""MPII's multi-person measure: average precision of every joint, found within half a head (PCKh).

For each group of people (:mod:`~paflib.evaluation.mpii`): whoever is found in the group's box is compared with each of
the group by PCKh, the share of the annotated joints found within ``threshold`` times the head size. Everyone found
claims the one annotated person whom they are most like; of several claims the best is kept. A joint of theirs counts as
right when it is near enough, and as wrong otherwise; joints of whoever is assigned to nobody are all wrong. For each
joint the scores of all groups together give a curve of precision against recall, and the area under it is AP.

MPII's own toolkit is MATLAB (Pishchulin et al., DeepCut, CVPR 2016; ``evalMPII.zip``). The facts above were read from
its ``assignGTmulti``, ``getRPC``, ``VOCap`` and ``genTableAP``, which ZhaoJ9014/Multi-Human-Parsing keeps a copy of
(``Evaluation/Multi-Human-Pose``), and from the same authors' leonid-pishchulin/poseval. Two of them surprise:

- A joint found where the assigned person has none annotated counts as wrong: a system that finds hidden joints pays.
- In the MATLAB code the joints of a group in which nobody at all was found are not counted as missed. The same authors'
  later Python code counts them, and so does this module, unless told otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from paflib._check import check_shape
from paflib.errors import DataError
from paflib.evaluation.mpii import Group, read_groups
from paflib.evaluation.oks import is_whole, read_json
from paflib.people import People
from paflib.skeleton import MPII_15, MPII_16, Skeleton

JOINTS = tuple(part for part in MPII_16.parts if part not in ("pelvis", "thorax"))
"""The 14 joints that are evaluated: MPII's sixteen without pelvis and thorax."""

JOINT_GROUPS = {
    "Head": ("head_top", "upper_neck"), "Shoulder": ("right_shoulder", "left_shoulder"),
    "Elbow": ("right_elbow", "left_elbow"), "Wrist": ("right_wrist", "left_wrist"), "Hip": ("right_hip", "left_hip"),
    "Knee": ("right_knee", "left_knee"), "Ankle": ("right_ankle", "left_ankle"),
}  # fmt: skip
"""The columns of CVPR 2017, Table 1: each the mean of two joints' AP."""

_SAME = {"head": "head_top", "neck": "upper_neck"}  # what the MPII networks call two of the joints


def evaluate_pckh(
    results: Sequence[Mapping[str, Any]] | str | os.PathLike[str],
    annotations: Mapping[str, Any] | str | os.PathLike[str],
    skeleton: Skeleton = MPII_15,
    threshold: float = 0.5,
    count_empty_groups: bool = True,
) -> dict[str, Any]:
    """MPII's multi-person AP of every joint.

    Args:
        results: one entry a person with image_id and keypoints (x, y and the joint's score, 0 for a missing one), as
            ``People.to_coco`` writes them; or a JSON file.
        annotations: in the form of :mod:`~paflib.evaluation.mpii`; or a JSON file.
        skeleton: of the results; :data:`~paflib.skeleton.MPII_15` or :data:`~paflib.skeleton.MPII_16`.
        threshold: in head sizes.
        count_empty_groups: whether people of a group where nobody was found count as missed. The MATLAB toolkit does
            not count them.

    Returns:
        ``"joints"``: AP by joint; one number for each of :data:`JOINT_GROUPS`; ``"mean"`` over the joints; ``"groups"``
        and ``"people"``, how many there are. NaN for a joint that nobody has annotated.

    Raises:
        DataError: annotations or results that do not fit, naming the first that does not.
    """
    if not threshold > 0:
        raise DataError(f"threshold is {threshold}, wanted a positive number of head sizes")
    groups = read_groups(annotations)
    found = _people_by_image(read_json(results), skeleton, {group.image_id for group in groups})
    judged = [judge_group(found.get(g.image_id, People.empty(skeleton)), g, threshold) for g in groups]
    scores, right = (np.concatenate([each[k] for each in judged]) for k in (0, 1))  # (P, 14) of all groups together
    positives = np.sum(
        [
            joints(g.people)[..., 2].astype(bool).sum(axis=0)
            for g, each in zip(groups, judged, strict=True) if count_empty_groups or len(each[0])
        ] or [np.zeros(len(JOINTS), int)], axis=0,
    )  # fmt: skip
    aps = {}
    for j, joint in enumerate(JOINTS):
        there = scores[:, j] > 0
        aps[joint] = average_precision(scores[there, j], right[there, j], int(positives[j]))
    summary: dict[str, Any] = {"joints": aps}
    summary |= {name: float(np.mean([aps[joint] for joint in pair])) for name, pair in JOINT_GROUPS.items()}
    known = [ap for ap in aps.values() if np.isfinite(ap)]
    summary |= {"mean": float(np.mean(known)) if known else float("nan")}
    return summary | {"groups": len(groups), "people": sum(len(g.people) for g in groups)}


def judge_group(found: People, group: Group, threshold: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Scores (P, 14) and verdicts (P, 14) bool of the joints of the P people found in a group's box.

    A joint that was not found has score 0, and is no claim at all.
    """
    claimed = joints(found[in_box(found, group.box)])
    truth = joints(group.people)
    near = near_joints(claimed, truth, group.head_size, threshold)  # (P, N, 14)
    person = assign(pckh(near, truth))
    right = np.zeros(claimed.shape[:2], bool)
    right[person >= 0] = near[np.nonzero(person >= 0)[0], person[person >= 0]]
    return claimed[..., 2], right


def joints(people: People) -> np.ndarray:
    """The evaluated joints (N, 14, 3) of people with MPII's parts, 16 annotated ones or 15 of the networks.

    Raises:
        DataError: their skeleton lacks one of the joints.
    """
    names = [_SAME.get(part, part) if "head" in people.skeleton.parts else part for part in people.skeleton.parts]
    if lacking := [joint for joint in JOINTS if joint not in names]:
        raise DataError(f"{people.skeleton.name} has no {lacking[0]}: MPII is evaluated with {', '.join(JOINTS)}")
    return np.nan_to_num(people.keypoints[:, [names.index(joint) for joint in JOINTS]])


def in_box(found: People, box: np.ndarray) -> np.ndarray:
    """(P,) bool: who lies in a group's box, the mean of their joints or their chest (FACTS 1.13)."""
    points = joints(found)
    there = points[..., 2:] > 0
    places = [(points[..., :2] * there).sum(axis=1) / np.maximum(there.sum(axis=1), 1)]  # (P, 2)
    exists = [there.any(axis=(1, 2))]
    if "chest" in found.skeleton.parts:
        chest = found.skeleton.index("chest")
        places.append(np.nan_to_num(found.keypoints[:, chest, :2]))
        exists.append(found.present[:, chest])
    inside = np.zeros(len(found), bool)
    for place, known in zip(places, exists, strict=True):
        inside |= known & (place > box[:2]).all(axis=1) & (place < box[2:]).all(axis=1)
    return inside


def near_joints(found: np.ndarray, truth: np.ndarray, head_size: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """(P, N, J) bool: which joints (P, J, 3) lie within ``threshold`` head sizes (N,) of the annotated ones (N, J, 3).

    A joint that was not found, or is not annotated, is near to nothing.
    """
    sizes = check_shape("found", found, "P J 3")
    N = check_shape("truth", truth, "N J 3", J=sizes["J"])["N"]
    check_shape("head_size", head_size, "N", N=N)
    distance = np.linalg.norm(found[:, None, :, :2] - truth[None, :, :, :2], axis=-1)
    both = (found[:, None, :, 2] > 0) & (truth[None, :, :, 2] > 0)
    near: np.ndarray = both & (distance <= threshold * head_size[:, None])
    return near


def pckh(near: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """PCKh (P, N): the share of each person's annotated joints that are near; 0 for someone without any."""
    labelled = (truth[..., 2] > 0).sum(axis=1)
    result: np.ndarray = near.sum(axis=2) / np.maximum(labelled, 1)
    return result


def assign(pckh: np.ndarray) -> np.ndarray:
    """(P,): the annotated person whom each one found is taken for, or -1.

    Each claims the person of their highest PCKh, the first of equals; each person keeps the best claim, the first of
    equals. Whoever loses a claim gets nobody else. A PCKh of 0 is no claim.

    >>> assign(np.array([[0.9, 0.8], [0.5, 0.1]]))
    array([ 0, -1])
    """
    found, annotated = pckh.shape
    person = np.full(found, -1)
    if not found or not annotated:
        return person
    claim = pckh.argmax(axis=1)
    claims = np.where(np.arange(annotated) == claim[:, None], pckh, 0.0)
    winner = claims.argmax(axis=0)  # (N,)
    won = claims[winner, np.arange(annotated)] > 0
    person[winner[won]] = np.nonzero(won)[0]
    return person


def average_precision(scores: np.ndarray, right: np.ndarray, positives: int) -> float:
    """Area under precision against recall, as PASCAL VOC takes it since 2010; NaN without positives.

    The claims are taken by falling score, of equal ones in order. At each recall the precision counts that is the
    highest at this recall or a greater one.

    >>> average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), 2)
    0.8333333333333333
    """
    if positives == 0:
        return float("nan")
    order = np.argsort(-np.asarray(scores, float), kind="stable")
    hits = np.cumsum(np.asarray(right, bool)[order])
    recall = np.concatenate([[0.0], hits / positives])
    precision = hits / np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall) * best).sum())


def _people_by_image(results: Any, skeleton: Skeleton, images: set[int]) -> dict[int, People]:
    if isinstance(results, Mapping) or not isinstance(results, Sequence):
        raise DataError("results are no list: wanted one object a person, with image_id and keypoints")
    rows: dict[int, list[np.ndarray]] = {}
    for n, row in enumerate(results):
        if not isinstance(row, Mapping) or not is_whole(row.get("image_id")) or "keypoints" not in row:
            raise DataError(f"results[{n}] lacks keypoints or a whole number 'image_id'")
        try:
            points = np.array(row["keypoints"], float)
        except (TypeError, ValueError):
            raise DataError(f"results[{n}]: keypoints holds something that is no number") from None
        if points.shape != (3 * skeleton.J,) or not np.isfinite(points).all():
            raise DataError(f"results[{n}]: keypoints wants {3 * skeleton.J} finite numbers for {skeleton.name}")
        if row["image_id"] in images:  # people of other images are in nobody's group
            rows.setdefault(row["image_id"], []).append(points.reshape(-1, 3))
    return {image: People(np.stack(points), None, skeleton) for image, points in rows.items()}
