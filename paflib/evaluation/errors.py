"""Where AP is lost: every error of a result by its kind, and what AP would be without the errors of that kind.

In the spirit of Ronchi and Perona (Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation, ICCV 2017) and
of the failure cases of TPAMI Fig. 14. Each annotated part of a person who was found is one of :data:`PART_KINDS`:

- ``good``: similarity (:func:`~paflib.evaluation.similarity.keypoint_similarity`) of at least 0.85 with where it is;
- ``jitter``: near, with a similarity of 0.5 to 0.85;
- ``inversion``: farther, but near the same person's other side, left for right;
- ``swap``: near somebody else's part of this name, or of its other side;
- ``miss``: near none of these;
- ``absent``: not found at all. (Ronchi and Perona count these with the misses.)

People found and people annotated are paired by falling OKS, of at least 0.1. Of the others:

- ``merged``: someone annotated whom nobody was paired with, three or more of whose parts are in another's skeleton: one
  person was found where two are;
- ``missed``: any other whom nobody was paired with;
- ``split``: someone found who is paired with nobody, and at least half of whose parts are right for somebody who was
  found without them: one person was found in pieces;
- ``extra``: any other who is paired with nobody, and not excused by a crowd or by a person without labels.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from paflib.evaluation.oks import (
    check_annotations,
    clean_results,
    evaluate_oks,
    find_category,
    oks_sigmas,
    part_indices,
    read_json,
)
from paflib.evaluation.similarity import keypoint_similarity, oks_matrix, place_similarity
from paflib.people import People
from paflib.skeleton import COCO_17, Skeleton

PART_KINDS = ("good", "jitter", "inversion", "swap", "miss", "absent")
"""What a part of a person who was found can be."""

CORRECTIONS = ("jitter", "inversion", "swap", "miss", "absent", "merged", "split", "missed", "extra", "good")
"""The order in which errors are corrected for the cumulative AP. The last, ``good``, moves the parts that are called
good to the very place: after it every result is exact, and AP is 1."""

GOOD, NEAR, PAIRED = 0.85, 0.5, 0.1  # similarity of a good part, of a near one, and OKS of two people who are paired
MERGED = 3  # parts: fewer are swaps


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What is wrong with the P people found in one image of N people annotated.

    Args:
        found, annotated: who they are.
        pair: (N,) index of the person found whom each annotated one is paired with, or -1.
        part_kind: (N, J) index into :data:`PART_KINDS`, -1 for parts that are not annotated or whose person was not
            found.
        found_kind: P words: ``"paired"``, ``"split"``, ``"extra"`` or ``"excused"``.
        annotated_kind: N words: ``"paired"``, ``"merged"``, ``"missed"`` or ``"ignored"`` (a crowd, or without parts).
    """

    found: People
    annotated: People
    pair: np.ndarray
    part_kind: np.ndarray
    found_kind: tuple[str, ...]
    annotated_kind: tuple[str, ...]


def diagnose(found: People, annotated: People, sigmas: Sequence[float] | None = None) -> Diagnosis:
    """Find the kind of every error in one image.

    Args:
        found, annotated, sigmas: as in :func:`~paflib.evaluation.similarity.oks_matrix`.

    Raises:
        DataError: the skeletons differ, or there are no areas, boxes or constants.
    """
    oks = oks_matrix(found, annotated, sigmas)
    ignored = annotated.present.sum(axis=1) == 0
    if annotated.iscrowd is not None:
        ignored |= annotated.iscrowd
    pair = pair_people(np.where(ignored, 0.0, oks))
    here = _known(keypoint_similarity(found, annotated, sigmas))  # (P, N, J)
    mirrored = _known(place_similarity(found.keypoints, annotated, sigmas, annotated.skeleton.flip))
    part_kind = _part_kinds(found, annotated, pair, here, mirrored)
    owner = _owners(found, pair, np.maximum(here, mirrored), ignored)
    annotated_kind = ["ignored" if i else "paired" if p >= 0 else "missed" for i, p in zip(ignored, pair, strict=True)]
    for n in np.nonzero(np.array(annotated_kind) == "missed")[0]:
        if (owner == n).sum(axis=1).max(initial=0) >= min(MERGED, annotated.present[n].sum()):
            annotated_kind[n] = "merged"
    found_kind = []
    for p in range(len(found)):
        excused = bool((oks[p, ignored] >= NEAR).any())
        found_kind.append(
            "paired" if p in pair else "split" if _is_piece(p, found, pair, here, owner)
            else "excused" if excused else "extra"
        )  # fmt: skip
    return Diagnosis(found, annotated, pair, part_kind, tuple(found_kind), tuple(annotated_kind))


def pair_people(oks: np.ndarray, least: float = PAIRED) -> np.ndarray:
    """(N,): the person found (a row of ``oks`` (P, N)) whom each annotated one is paired with, by falling OKS, or -1.

    >>> pair_people(np.array([[0.9, 0.8], [0.7, 0.05]]))
    array([ 0, -1])
    """
    pair = np.full(oks.shape[1], -1)
    for k in np.argsort(-oks, axis=None, kind="stable"):
        p, n = divmod(int(k), oks.shape[1])
        if oks[p, n] < least:
            break
        if pair[n] < 0 and p not in pair:
            pair[n] = p
    return pair


def _known(similarity: np.ndarray) -> np.ndarray:
    return np.nan_to_num(similarity, nan=0.0)


def _part_kinds(
    found: People, annotated: People, pair: np.ndarray, here: np.ndarray, mirrored: np.ndarray
) -> np.ndarray:
    kinds = np.full(annotated.present.shape, -1)
    own_side = annotated.skeleton.flip == np.arange(annotated.skeleton.J)
    for n, p in enumerate(pair):
        if p < 0:
            continue
        others = np.delete(np.maximum(here[p], mirrored[p]), n, axis=0).max(axis=0, initial=0.0)  # (J,)
        inverted = np.where(own_side, 0.0, mirrored[p, n])
        kind = np.select(
            [~found.present[p], here[p, n] >= GOOD, here[p, n] >= NEAR, (inverted >= NEAR) & (inverted >= others),
             others >= NEAR],
            [PART_KINDS.index(name) for name in ("absent", "good", "jitter", "inversion", "swap")],
            PART_KINDS.index("miss"),
        )  # fmt: skip
        kinds[n] = np.where(annotated.present[n], kind, -1)
    return kinds


def _owners(found: People, pair: np.ndarray, similarity: np.ndarray, ignored: np.ndarray) -> np.ndarray:
    """(P, J): on whose part each part found lies, -1 for none; of equals the person one is paired with."""
    if not similarity.shape[1]:
        return np.full(found.present.shape, -1)
    similarity = np.where(ignored[None, :, None], 0.0, similarity)
    for n, p in enumerate(pair):
        if p >= 0:
            similarity[p, n] *= 1 + 1e-9
    owner = np.where(similarity.max(axis=1) >= NEAR, similarity.argmax(axis=1), -1)
    result: np.ndarray = np.where(found.present, owner, -1)
    return result


def _is_piece(p: int, found: People, pair: np.ndarray, here: np.ndarray, owner: np.ndarray) -> bool:
    """Whether at least half of someone's parts are right for a person who was found without them."""
    for n in np.unique(owner[p][owner[p] >= 0]):
        if pair[n] >= 0:
            lacking = here[pair[n], n] < NEAR  # parts that the person's own skeleton has not, or elsewhere
            if 2 * ((owner[p] == n) & (here[p, n] >= NEAR) & lacking).sum() >= found.present[p].sum():
                return True
    return False


# ---- correcting ----------------------------------------------------------------------------------------------------


def corrected(diagnosis: Diagnosis, kinds: Iterable[str], score: float = 1.0) -> People:
    """The people found, with every error of some kinds corrected.

    Parts are moved to where they are annotated (or added there); people who were missed or merged are added with
    ``score``; people split off and extra ones are left out.

    Args:
        diagnosis: of one image.
        kinds: out of :data:`CORRECTIONS`.
        score: of the people who are added.
    """
    kinds = set(kinds)
    found, annotated = diagnosis.found, diagnosis.annotated
    moved = np.isin(diagnosis.part_kind, [k for k, name in enumerate(PART_KINDS) if name in kinds])
    keypoints = found.keypoints.copy()
    for n, p in enumerate(diagnosis.pair):
        if p >= 0:
            keypoints[p, moved[n]] = annotated.keypoints[n, moved[n]]
    # Whoever is excused is no error, but half likeness to an ignored person excuses nobody at the higher thresholds.
    gone = kinds | {"excused"} if "extra" in kinds else kinds
    kept = np.array([kind not in gone for kind in diagnosis.found_kind], bool)
    added = np.array([kind in kinds for kind in diagnosis.annotated_kind], bool)
    assert found.scores is not None
    return People(
        np.concatenate([keypoints[kept], annotated.keypoints[added]]),
        np.concatenate([found.scores[kept], np.full(added.sum(), score)]),
        found.skeleton,
    )


# ---- the report ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ErrorReport:
    """The errors of a result, and what each kind costs.

    Args:
        skeleton: whose parts were evaluated.
        parts: for each of :data:`PART_KINDS`, how many of each part (J,).
        people: how many are ``annotated``, ``found``, ``paired``, ``merged``, ``missed``, ``split``, ``extra``,
            ``excused``.
        AP: as it is.
        alone: for each of :data:`CORRECTIONS`, AP with the errors of this kind alone corrected.
        cumulative: the same with all kinds before it corrected as well; the last is 1, unless more than the 20 people
            whom pycocotools looks at are in one image.
        offset: mean signed distance (2,) in x and y, in pixels, of good and jittering parts from where they are.
        offset_error: (2,) standard error of that.  offset_count: how many parts.
        diagnoses: by image.
    """

    skeleton: Skeleton
    parts: dict[str, np.ndarray]
    people: dict[str, int]
    AP: float
    alone: dict[str, float]
    cumulative: dict[str, float]
    offset: np.ndarray
    offset_error: np.ndarray
    offset_count: int
    diagnoses: dict[int, Diagnosis] = field(repr=False, default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many errors there are of each of :data:`CORRECTIONS`: parts, or people."""
        return {kind: int(self.parts[kind].sum()) if kind in self.parts else self.people[kind] for kind in CORRECTIONS}

    @property
    def lost(self) -> dict[str, float]:
        """AP lost to each kind: by how much the cumulative AP rises when it is corrected."""
        before = dict(zip(CORRECTIONS, [self.AP, *self.cumulative.values()], strict=False))
        return {kind: self.cumulative[kind] - before[kind] for kind in CORRECTIONS}

    def table(self) -> str:
        """A text table: how many of each kind, AP with it alone corrected, AP with it and all above corrected."""
        lines = [
            f"{'corrected':<10} {'count':>6} {'AP alone':>9} {'AP so far':>10}",
            f"{'-':<10} {'':>6} {'':>9} {self.AP:>10.3f}",
        ]
        lines += [
            f"{kind:<10} {count:>6} {self.alone[kind]:>9.3f} {self.cumulative[kind]:>10.3f}"
            for kind, count in self.counts.items()
        ]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The figures as plain numbers, without the diagnoses of single images."""
        return {
            "AP": self.AP,
            "people": self.people,
            "parts": {kind: int(count.sum()) for kind, count in self.parts.items()},
            "parts_by_name": {
                part: {kind: int(count[j]) for kind, count in self.parts.items()}
                for j, part in enumerate(self.skeleton.parts)
            },
            "alone": self.alone,
            "cumulative": self.cumulative,
            "lost": self.lost,
            "offset": {
                "mean": self.offset.tolist(),
                "standard_error": self.offset_error.tolist(),
                "parts": self.offset_count,
            },
        }


def analyse_errors(
    results: Sequence[Mapping[str, Any]] | str | os.PathLike[str],
    annotations: Mapping[str, Any] | str | os.PathLike[str],
    skeleton: Skeleton = COCO_17,
    sigmas: Sequence[float] | None = None,
    image_ids: Sequence[int] | None = None,
    category_id: int | str | None = None,
    parts: str | Sequence[str] | None = None,
) -> ErrorReport:
    """Find every error of a result and what each kind of error costs in AP.

    A part of a result counts as found where its third number is above 0.

    Args: as in :func:`~paflib.evaluation.oks.evaluate_oks`.

    Raises:
        DataError: annotations or results that do not fit, each time naming the first that does not.
    """
    content = read_json(annotations)
    category = find_category(content, category_id)
    truth = check_annotations(content, skeleton, category, image_ids, parts)
    rows = clean_results(read_json(results), truth, skeleton, category, parts)
    chosen = part_indices(skeleton, parts)
    constants = tuple(oks_sigmas(skeleton, sigmas)[chosen])
    evaluated = _part_of(skeleton, chosen, constants)
    diagnoses = {
        image["id"]: diagnose(
            _people([row for row in rows if row["image_id"] == image["id"]], evaluated),
            _annotated([row for row in truth["annotations"] if row["image_id"] == image["id"]], evaluated),
        )
        for image in truth["images"]
    }
    highest = max([row["score"] for row in rows], default=1.0)

    def ap(kinds: Iterable[str]) -> float:
        mended = [row for i, d in diagnoses.items() for row in _results(corrected(d, kinds, highest), i, category)]
        return float(evaluate_oks(mended, truth, evaluated, category_id=category)["AP"])

    return ErrorReport(
        evaluated,
        _count_parts(diagnoses.values(), evaluated.J),
        _count_people(diagnoses.values()),
        ap(()),
        {kind: ap({kind}) for kind in CORRECTIONS},
        {kind: ap(CORRECTIONS[: k + 1]) for k, kind in enumerate(CORRECTIONS)},
        *_offset(diagnoses.values()),
        diagnoses,
    )


def _part_of(skeleton: Skeleton, chosen: Sequence[int], sigmas: tuple[float, ...]) -> Skeleton:
    """A skeleton of these parts alone, without limbs, but with the lines and mirror pairs that are left."""
    number = {j: k for k, j in enumerate(chosen)}
    pairs, edges = (
        tuple((number[a], number[b]) for a, b in of or () if a in number and b in number)
        for of in (skeleton.flip_pairs, skeleton.edges)
    )
    parts = tuple(skeleton.parts[j] for j in chosen)
    return Skeleton(skeleton.name, parts, edges=edges, sigmas=sigmas, flip_pairs=pairs)


def _annotated(rows: Sequence[Mapping[str, Any]], skeleton: Skeleton) -> People:
    people = People.from_coco(rows, skeleton)
    # The area of someone without labelled parts may be missing; whoever is found there is then compared with their box.
    if people.area is None or people.bbox is None:
        return people
    box = people.bbox[:, 2] * people.bbox[:, 3]
    return replace(people, area=np.where(people.area > 0, people.area, np.maximum(box, 1)))


def _people(rows: Sequence[Mapping[str, Any]], skeleton: Skeleton) -> People:
    points = np.array([row["keypoints"] for row in rows], float).reshape(-1, skeleton.J, 3)
    return People(points, np.array([row["score"] for row in rows], float), skeleton)


def _results(people: People, image_id: int, category: int) -> list[dict[str, Any]]:
    return people.to_coco(image_id, category, people.skeleton)


def _count_parts(diagnoses: Iterable[Diagnosis], J: int) -> dict[str, np.ndarray]:
    kinds = np.concatenate([np.zeros((0, J), int), *(d.part_kind for d in diagnoses)])
    return {name: (kinds == k).sum(axis=0) for k, name in enumerate(PART_KINDS)}


def _count_people(diagnoses: Iterable[Diagnosis]) -> dict[str, int]:
    found = [kind for d in diagnoses for kind in d.found_kind]
    annotated = [kind for d in diagnoses for kind in d.annotated_kind if kind != "ignored"]
    counts = {"annotated": len(annotated), "found": len(found), "paired": annotated.count("paired")}
    counts |= {kind: annotated.count(kind) for kind in ("merged", "missed")}
    return counts | {kind: found.count(kind) for kind in ("split", "extra", "excused")}


def _offset(diagnoses: Iterable[Diagnosis]) -> tuple[np.ndarray, np.ndarray, int]:
    near = (PART_KINDS.index("good"), PART_KINDS.index("jitter"))
    offsets = [
        d.found.keypoints[p, j, :2] - d.annotated.keypoints[n, j, :2]
        for d in diagnoses
        for n, p in enumerate(d.pair)
        for j in np.nonzero(np.isin(d.part_kind[n], near))[0]
    ]
    if len(offsets) < 2:
        return np.full(2, np.nan), np.full(2, np.nan), len(offsets)
    return np.mean(offsets, axis=0), np.std(offsets, axis=0, ddof=1) / np.sqrt(len(offsets)), len(offsets)
