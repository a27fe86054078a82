"""People: what an annotator wrote and what the parser returns, one class for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from paflib._check import check_shape
from paflib.errors import DataError, ShapeError
from paflib.skeleton import BODY_25, COCO_17, COCO_18, MPII_15, Skeleton

_OPENPOSE = {s.J: s for s in (BODY_25, COCO_18, MPII_15)}
_OPENPOSE_EMPTY = (
    "face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d", "pose_keypoints_3d", "face_keypoints_3d",
    "hand_left_keypoints_3d", "hand_right_keypoints_3d",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class People:
    """N people of one skeleton in one image.

    A missing part has score 0 and NaN coordinates; whatever marks it missing (a score of 0, a NaN) is made to agree.

    Args:
        keypoints: (N, J, 3), x and y in pixels of the source image, then a score (1 for an annotated part).
        scores: (N,), the score of each person; by default the mean of the scores of the parts found.
        skeleton: whose parts the J are.
        visibility: (N, J), COCO's flag: 0 not labelled, 1 labelled but hidden, 2 visible.
        area: (N,), square pixels.  iscrowd: (N,), bool.  bbox: (N, 4), x, y, width, height.
        segmentation: N COCO segmentations (polygons or run lengths), or None for some.
        ids: (N,), an annotation's or a track's number.

    Raises:
        ShapeError: naming the argument, its shape and the one wanted.
    """

    keypoints: np.ndarray
    scores: np.ndarray | None = None
    skeleton: Skeleton = COCO_18
    visibility: np.ndarray | None = None
    area: np.ndarray | None = None
    iscrowd: np.ndarray | None = None
    bbox: np.ndarray | None = None
    segmentation: tuple[Any, ...] | None = None
    ids: np.ndarray | None = None

    def __post_init__(self) -> None:
        points = np.array(self.keypoints, dtype=float)  # a copy: missing parts are rewritten below
        n = check_shape("keypoints", points, "N J 3", J=self.skeleton.J)["N"]
        points[~is_present(points)] = np.nan, np.nan, 0.0
        scores = _mean_score(points) if self.scores is None else np.asarray(self.scores, float)
        object.__setattr__(self, "keypoints", points)
        object.__setattr__(self, "scores", scores)
        for name, kind in (("visibility", int), ("area", float), ("iscrowd", bool), ("bbox", float), ("ids", int)):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, np.asarray(getattr(self, name), kind))
        if self.visibility is not None and self.visibility.shape == points.shape[:2]:
            object.__setattr__(self, "visibility", np.where(is_present(points), self.visibility, 0))
        check_shape("scores", scores, "N", N=n)
        for name, pattern in (("visibility", "N J"), ("area", "N"), ("iscrowd", "N"), ("bbox", "N 4"), ("ids", "N")):
            if getattr(self, name) is not None:
                check_shape(name, getattr(self, name), pattern, N=n, J=self.skeleton.J)
        if self.segmentation is not None:
            object.__setattr__(self, "segmentation", tuple(self.segmentation))
            if len(self.segmentation) != n:
                raise ShapeError(f"segmentation has {len(self.segmentation)} entries, wanted {n}, one a person")

    @classmethod
    def empty(cls, skeleton: Skeleton = COCO_18) -> People:
        """Nobody."""
        return cls(np.zeros((0, skeleton.J, 3)), np.zeros(0), skeleton)

    def __len__(self) -> int:
        return len(self.keypoints)

    def __getitem__(self, index: Any) -> People:
        """A person (an integer) or several (a slice, a list, a mask), always as People.

        >>> crowd = People(np.ones((3, 18, 3)))
        >>> len(crowd[0]), len(crowd[1:]), len(crowd[[True, False, True]])
        (1, 2, 2)
        """
        rows = np.atleast_1d(np.arange(len(self))[index])
        chosen: dict[str, Any] = {}
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, np.ndarray):
                chosen[entry.name] = value[rows]
            elif isinstance(value, tuple):
                chosen[entry.name] = tuple(value[row] for row in rows)
        return replace(self, **chosen)

    @property
    def present(self) -> np.ndarray:
        """(N, J) bool: which parts were found."""
        return is_present(self.keypoints)

    # ---- other skeletons, other images ---------------------------------------------------------------------------

    def convert(self, skeleton: Skeleton) -> People:
        """The same people with the parts of another skeleton.

        A part of the same name is taken as it is; a derived one (neck, mid-hip, chest) is the mean of its sources, with
        the smallest of their scores and visibilities, and missing when one of them is missing. Others are missing.
        """
        if skeleton == self.skeleton:
            return self
        points = np.full((len(self), skeleton.J, 3), (np.nan, np.nan, 0.0))
        visibility = None if self.visibility is None else np.zeros((len(self), skeleton.J), int)
        for j, sources in enumerate(self.skeleton.sources(skeleton)):
            if sources:
                points[:, j, :2] = self.keypoints[:, sources, :2].mean(axis=1)
                points[:, j, 2] = self.keypoints[:, sources, 2].min(axis=1)
                if visibility is not None and self.visibility is not None:
                    visibility[:, j] = self.visibility[:, sources].min(axis=1)
        return replace(self, keypoints=points, skeleton=skeleton, visibility=visibility)

    def resized(self, factor: float | tuple[float, float]) -> People:
        """The people in the image resized by a factor (or by one in x and one in y): ``x' = (x + 0.5) * f - 0.5``."""
        f = np.broadcast_to(np.asarray(factor, float), 2)
        return self._moved(f, 0.5 * f - 0.5, abs(float(f.prod())))

    def flipped(self, width: int) -> People:
        """The people in the mirror image of an image so wide: ``x' = width - 1 - x``, left and right exchanged."""
        moved = self._moved(np.array([-1.0, 1.0]), np.array([width - 1.0, 0.0]), 1.0)
        flip = self.skeleton.flip
        visibility = None if self.visibility is None else self.visibility[:, flip]
        return replace(moved, keypoints=moved.keypoints[:, flip], visibility=visibility)

    def _moved(self, factor: np.ndarray, offset: np.ndarray, area_factor: float) -> People:
        points = self.keypoints.copy()
        points[..., :2] = points[..., :2] * factor + offset
        bbox = None
        if self.bbox is not None:
            # A box is a continuous area, whose left edge lies half a pixel before its first pixel's centre in the
            # convention of pixel centres; COCO's boxes are taken as they are, like its points.
            corners = np.stack([self.bbox[:, :2], self.bbox[:, :2] + self.bbox[:, 2:]]) * factor + offset
            bbox = np.concatenate([corners.min(axis=0), np.ptp(corners, axis=0)], axis=1)
        segmentation = None
        if self.segmentation is not None:
            segmentation = tuple(_moved_polygons(one, factor, offset) for one in self.segmentation)
        area = None if self.area is None else self.area * area_factor
        return replace(self, keypoints=points, bbox=bbox, area=area, segmentation=segmentation)

    # ---- COCO ----------------------------------------------------------------------------------------------------

    @classmethod
    def from_coco(cls, annotations: Sequence[Mapping[str, Any]], skeleton: Skeleton = COCO_17) -> People:
        """People from COCO annotations, or from COCO results (entries with a ``score``), of one image.

        Coordinates are taken as they are. A part whose flag is 0 is missing. In annotations the part scores are 1; in
        results the third number is the part's score.

        Raises:
            DataError: naming the annotation whose keypoints do not fit the skeleton.
        """
        if isinstance(annotations, Mapping) or not all(isinstance(row, Mapping) for row in annotations):
            raise DataError("wanted a list of COCO annotations of one image, such as coco.loadAnns(coco.getAnnIds(7))")
        rows = list(annotations)
        points = np.stack([_coco_points(row, skeleton) for row in rows]) if rows else np.zeros((0, skeleton.J, 3))
        ids = [row["id"] for row in rows if "id" in row]
        numbers = np.array(ids) if rows and len(ids) == len(rows) else None
        if rows and all("score" in row for row in rows):
            return cls(points, np.array([row["score"] for row in rows], float), skeleton, ids=numbers)
        visibility = points[..., 2].astype(int)
        points[..., 2] = visibility > 0
        return cls(
            points,
            np.ones(len(rows)),
            skeleton,
            visibility,
            area=np.array([row.get("area", np.nan) for row in rows], float),
            iscrowd=np.array([row.get("iscrowd", 0) for row in rows], bool),
            bbox=np.array([row.get("bbox", (np.nan,) * 4) for row in rows], float).reshape(-1, 4),
            segmentation=tuple(row.get("segmentation") for row in rows),
            ids=numbers,
        )

    def to_coco(self, image_id: int, category_id: int = 1, skeleton: Skeleton | None = None) -> list[dict[str, Any]]:
        """COCO entries, one a person: results with a ``score``, or annotations when the people carry visibilities.

        Args:
            image_id: COCO's number of the image.
            category_id: COCO's number of the category; 1 is a person.
            skeleton: whose parts to write. By default COCO's seventeen where the people have all of them, as COCO's
                evaluator wants it, and the people's own otherwise.
        """
        own = self.skeleton
        people = self.convert(skeleton or (COCO_17 if set(COCO_17.parts) <= set(own.parts) else own))
        return [people._coco_entry(n, image_id, category_id) for n in range(len(people))]

    def _coco_entry(self, n: int, image_id: int, category_id: int) -> dict[str, Any]:
        points = np.nan_to_num(self.keypoints[n])
        entry: dict[str, Any] = {"image_id": int(image_id), "category_id": int(category_id)}
        if self.ids is not None:
            entry["id"] = int(self.ids[n])
        if self.visibility is None:
            entry |= {"keypoints": points.ravel().tolist(), "score": float(self._score(n))}
            return entry
        points[:, 2] = self.visibility[n]
        entry |= {"keypoints": points.ravel().tolist(), "num_keypoints": int((self.visibility[n] > 0).sum())}
        if self.area is not None and np.isfinite(self.area[n]):
            entry["area"] = float(self.area[n])
        if self.iscrowd is not None:
            entry["iscrowd"] = int(self.iscrowd[n])
        if self.bbox is not None and np.isfinite(self.bbox[n]).all():
            entry["bbox"] = self.bbox[n].tolist()
        if self.segmentation is not None and self.segmentation[n] is not None:
            entry["segmentation"] = self.segmentation[n]
        return entry

    def _score(self, n: int) -> float:
        assert self.scores is not None  # set in __post_init__
        return float(self.scores[n])

    # ---- OpenPose ------------------------------------------------------------------------------------------------

    def to_openpose(self) -> dict[str, Any]:
        """The dictionary that OpenPose 1.3 writes as JSON for one image (FACTS 1.13); a missing part is 0, 0, 0.

        OpenPose's format has no place for a person's score. ``person_id`` is -1 where there are no ids.
        """
        points = np.nan_to_num(self.keypoints)
        people = [
            {
                "person_id": [-1 if self.ids is None else int(self.ids[n])],
                "pose_keypoints_2d": points[n].ravel().tolist(),
                **{key: [] for key in _OPENPOSE_EMPTY},
            }
            for n in range(len(self))
        ]
        return {"version": 1.3, "people": people}

    @classmethod
    def from_openpose(cls, content: Mapping[str, Any], skeleton: Skeleton | None = None) -> People:
        """People from the content of an OpenPose JSON file.

        Args:
            content: the parsed JSON.
            skeleton: whose parts they are; by default told by their number: 25, 18 or 15.

        Raises:
            DataError: when it is no OpenPose file or the number of values fits no skeleton.
        """
        rows = content.get("people") if isinstance(content, Mapping) else None
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise DataError("this is no OpenPose JSON: it has no list 'people' of objects")
        flat = [row.get("pose_keypoints_2d", []) for row in rows]
        sizes = {len(values) for values in flat}
        if skeleton is None:
            count = next(iter(sizes)) // 3 if len(sizes) == 1 else 0
            skeleton = _OPENPOSE.get(count, COCO_18 if not rows else None)
        if skeleton is None or (rows and sizes != {3 * skeleton.J}):
            raise DataError(
                f"pose_keypoints_2d has {sorted(sizes)} numbers; wanted three for each part of "
                f"{skeleton.name if skeleton else 'BODY_25 (75), COCO_18 (54) or MPII_15 (45): name another skeleton'}"
            )
        ids = [int(np.ravel(row.get("person_id", -1))[0]) for row in rows]
        points = np.array(flat, float).reshape(-1, skeleton.J, 3)
        return cls(points, None, skeleton, ids=np.array(ids) if rows and min(ids) >= 0 else None)


def is_present(points: np.ndarray) -> np.ndarray:
    """Which of the parts (..., 3) are there: those with a positive score and finite coordinates."""
    return (points[..., 2] > 0) & np.isfinite(points).all(axis=-1)


def _mean_score(points: np.ndarray) -> np.ndarray:
    found = is_present(points)
    return points[..., 2].sum(axis=-1) / np.maximum(found.sum(axis=-1), 1)


def _coco_points(row: Mapping[str, Any], skeleton: Skeleton) -> np.ndarray:
    flat = row.get("keypoints") or [0] * (3 * skeleton.J)
    name = f"annotation {row['id']}" if "id" in row else "an entry"
    if len(flat) != 3 * skeleton.J:
        raise DataError(
            f"{name} has {len(flat)} keypoint numbers, wanted {3 * skeleton.J}: three for each part of {skeleton.name}"
        )
    try:
        return np.array(flat, float).reshape(skeleton.J, 3)
    except (TypeError, ValueError):
        raise DataError(f"{name} has keypoints that are no numbers") from None


def _moved_polygons(segmentation: Any, factor: np.ndarray, offset: np.ndarray) -> Any:
    if segmentation is None:
        return None
    if isinstance(segmentation, Mapping):
        raise DataError("run-length segmentations cannot be resized or flipped as numbers: decode them to a mask first")
    return [(np.reshape(polygon, (-1, 2)) * factor + offset).ravel().tolist() for polygon in segmentation]
