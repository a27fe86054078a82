"""What the stages of a network are worth: AP after each, and how far each field is from the true one.

The stages of the papers' networks refine what the stage before said. AP says whether that matters; the fields' own
error says what is refined: S and L apart, and for L the length of its vectors apart from their direction.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from paflib.errors import DataError
from paflib.evaluation.oks import check_annotations, evaluate_oks, find_category, read_json
from paflib.evaluation.truth import annotated_people, pairs_of, true_fields
from paflib.fields import Fields, TargetOptions, loss_mask
from paflib.parser import parse
from paflib.skeleton import COCO_17, Skeleton

if TYPE_CHECKING:
    from paflib.inference.estimator import PoseEstimator

ON_PART = 0.1
"""Where a true confidence is at least this, a cell counts as on a part."""

ERRORS = ("S", "S_on", "L_on", "L_off", "angle")
"""What :func:`field_errors` measures."""


@dataclass(frozen=True)
class StageReport:
    """One stage of a network.

    Args:
        stage: from 1.
        predicts: ``"LS"``, ``"L"`` or ``"S"``.
        borrowed: what was taken from another stage to find people with, such as ``"S of stage 6"``; empty when nothing.
        figures: of :func:`~paflib.evaluation.oks.evaluate_oks`, with ``"interval"`` if a bootstrap was asked for.
        errors: each of :data:`ERRORS`, as :func:`field_errors` defines them, over all images; NaN for what the stage
            does not predict.
    """

    stage: int
    predicts: str
    borrowed: str
    figures: dict[str, Any]
    errors: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """The report as plain numbers; NaN becomes None."""
        return _plain(asdict(self))

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> StageReport:
        """The report of what :meth:`to_json` gave; an error that is None was NaN."""
        errors = {name: float("nan") if value is None else float(value) for name, value in row["errors"].items()}
        return cls(**{**row, "errors": errors})


def evaluate_stages(
    estimator: PoseEstimator,
    images: Mapping[int, Any] | Iterable[tuple[int, Any]],
    annotations: Mapping[str, Any] | str | os.PathLike[str],
    skeleton: Skeleton = COCO_17,
    category_id: int | str | None = None,
    target: str | TargetOptions = "paper",
    bootstrap: int = 0,
    seed: int = 0,
) -> list[StageReport]:
    """AP and field errors of every stage of an estimator's network.

    A stage that predicts only L is evaluated with the last S of the network, one that predicts only S with its last L:
    the report says so.

    Args:
        estimator: whose options parse every stage's fields.
        images: (id, image) pairs, each image as an estimator takes it.
        annotations: COCO-style json; images that are not given are not evaluated.
        skeleton: of the annotations.
        category_id, bootstrap, seed: as in :func:`~paflib.evaluation.oks.evaluate_oks`.
        target: how true maps are drawn, a name in :data:`~paflib.fields.TARGETS` or options: as the network was taught.

    Raises:
        DataError: annotations that do not fit, an image that is not annotated, no images.
    """
    content = read_json(annotations)
    category = find_category(content, category_id)
    check_annotations(content, skeleton, category)
    people = annotated_people(content, skeleton, category)
    results: list[list[dict[str, Any]]] = []
    sums: list[dict[str, np.ndarray]] = []
    order: tuple[str, ...] = ()
    seen = []
    for image_id, image in pairs_of(images, people):
        seen.append(image_id)
        stages, order = stages_of(estimator, image)
        truth = true_fields(
            people[image_id], stages[0], estimator.network.entry.S_grid, estimator.network.entry.L_grid, target
        )
        masks = _masks(people[image_id], truth)
        for t, fields in enumerate(stages):
            if t == len(results):
                results.append([])
                sums.append({})
            found = parse(fields, preset=estimator.options)
            results[t] += found.to_coco(image_id, category, skeleton)
            for name, pair in _error_sums(fields, truth, *masks).items():
                sums[t][name] = sums[t].get(name, np.zeros(2)) + pair
    return [
        StageReport(
            t + 1, order[t], _borrowed(order, t),
            evaluate_oks(
                results[t], content, skeleton, image_ids=seen, category_id=category, bootstrap=bootstrap, seed=seed
            ),
            {name: _mean(sums[t][name]) if name[0].replace("a", "L") in order[t] else float("nan") for name in ERRORS},
        )
        for t in range(len(results))
    ]  # fmt: skip


def stages_of(estimator: PoseEstimator, image: Any) -> tuple[list[Fields], tuple[str, ...]]:
    """Every stage's fields for an image, each complete, and what each stage predicts itself.

    What a stage does not predict is taken from the last stage of the network that does.

    Raises:
        DataError: the network's order of stages does not fit the fields it gave.
    """
    fields = estimator.fields(image, stages=True)
    order = tuple(getattr(estimator.network.entry, "order", None) or ("LS",) * len(fields.stages))
    if len(order) != len(fields.stages) or not all(set(what) & set("LS") for what in order):
        raise DataError(f"the network says that its stages predict {order}, and gave {len(fields.stages)} stages")
    last = {what: fields.stages[_last(order, what)] for what in "LS"}
    complete = []
    for what, stage in zip(order, fields.stages, strict=True):
        of_S, of_L = stage if "S" in what else last["S"], stage if "L" in what else last["L"]
        complete.append(replace(of_S, L=of_L.L, L_grid=of_L.L_grid, stages=()))
    return complete, order


def field_errors(
    predicted: Fields, truth: Fields, S_mask: np.ndarray | None = None, L_mask: np.ndarray | None = None
) -> dict[str, float]:
    """How far predicted fields are from the true ones.

    Args:
        predicted, truth: on the same cells.
        S_mask, L_mask: (h, w) weights of the cells; 0 where the truth is not known.

    Returns:
        ``"S"``: mean squared error of confidence over all cells and parts; ``"S_on"``: where the true one is at least
        :data:`ON_PART`. ``"L_on"`` and ``"L_off"``: mean squared length of the difference of the vectors on the limbs'
        cells, and elsewhere. ``"angle"``: mean angle in degrees between predicted and true vectors on the limbs'
        cells; a vector of length 0 points nowhere and counts as 90. NaN where there are no such cells.
    """
    return {name: _mean(pair) for name, pair in _error_sums(predicted, truth, S_mask, L_mask).items()}


def _error_sums(
    predicted: Fields, truth: Fields, S_mask: np.ndarray | None, L_mask: np.ndarray | None
) -> dict[str, np.ndarray]:
    """For each of ERRORS the weighted sum and the sum of the weights."""
    S, S_true, L, L_true = (m.astype(float) for m in (predicted.S, truth.S, predicted.L, truth.L))
    if S.shape != S_true.shape or L.shape != L_true.shape:
        raise DataError(f"S {S.shape} and L {L.shape} are compared with true ones of {S_true.shape} and {L_true.shape}")
    S_weight = np.broadcast_to(1.0 if S_mask is None else S_mask, S.shape)
    L_weight = np.broadcast_to(1.0 if L_mask is None else L_mask, L[:, 0].shape)
    S_error, L_error = (S - S_true) ** 2, ((L - L_true) ** 2).sum(axis=1)
    length = np.hypot(L[:, 0], L[:, 1]) * np.hypot(L_true[:, 0], L_true[:, 1])
    cosine = np.divide((L * L_true).sum(axis=1), length, out=np.zeros_like(length), where=length > 0)
    angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    on_part, on_limb = S_true >= ON_PART, (L_true != 0).any(axis=1)
    return {
        "S": _weighted(S_error, S_weight), "S_on": _weighted(S_error, S_weight * on_part),
        "L_on": _weighted(L_error, L_weight * on_limb), "L_off": _weighted(L_error, L_weight * ~on_limb),
        "angle": _weighted(angle, L_weight * on_limb),
    }  # fmt: skip


def _weighted(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.array([(values * weights).sum(), weights.sum()])


def _mean(pair: np.ndarray) -> float:
    return float(pair[0] / pair[1]) if pair[1] > 0 else float("nan")


def _masks(people: Any, truth: Fields) -> tuple[np.ndarray, np.ndarray]:
    assert truth.image_size is not None  # the estimator's fields know it
    height, width = truth.S.shape[1:]
    S_mask = loss_mask(people, truth.image_size, (height, width), truth.S_grid)
    height, width = truth.L.shape[2:]
    return S_mask, loss_mask(people, truth.image_size, (height, width), truth.L_grid)


def _last(order: Sequence[str], what: str) -> int:
    for t in reversed(range(len(order))):
        if what in order[t]:
            return t
    raise DataError(f"no stage of the network predicts {what}: its order is {tuple(order)}")


def _borrowed(order: Sequence[str], t: int) -> str:
    return " and ".join(f"{what} of stage {_last(order, what) + 1}" for what in "LS" if what not in order[t])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
