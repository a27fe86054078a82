"""Wrong solutions of the tasks on masks, losses and evaluation."""

from __future__ import annotations

from typing import Any

from tests.checks.solutions import Solution

_ANNOTATED = """
import numpy as np

def annotated(outlines, parts, crowd):
    mask = np.ones(outlines.shape[1:])
    {body}
    return mask
"""


def _annotated(body: str, diagnosis: str) -> Solution:
    return Solution("annotated", _ANNOTATED.replace("{body}", body.strip().replace("\n", "\n    ")), diagnosis)


ANNOTATED = {
    "annotated/inverted": _annotated("""
labelled = np.zeros(mask.shape, bool)
mask = np.zeros(mask.shape, bool)
for o, n, c in zip(outlines, parts, crowd):
    if not c and n > 0:
        labelled |= o
for o, n, c in zip(outlines, parts, crowd):
    if c:
        mask |= o & ~labelled
    elif n == 0:
        mask |= o
""", "inverted"),
    "annotated/no-crowd": _annotated("""
for o, n, c in zip(outlines, parts, crowd):
    if n == 0 and not c:
        mask[o] = 0
""", "crowd-ignored"),
    "annotated/whole-crowd": _annotated("""
for o, n, c in zip(outlines, parts, crowd):
    if c or n == 0:
        mask[o] = 0
""", "labelled-in-crowd-masked"),
    "annotated/crowd-only": _annotated("""
for o, c in zip(outlines, crowd):
    if c:
        mask[o] = 0
for o, n, c in zip(outlines, parts, crowd):
    if n and not c:
        mask[o] = 1
""", "unlabelled-ignored"),
    "annotated/everybody": _annotated("""
for o in outlines:
    mask[o] = 0
""", "labelled-masked"),
    "annotated/labelled-only": _annotated("""
mask[:] = 0
for o, n, c in zip(outlines, parts, crowd):
    if n > 0 and not c:
        mask[o] = 1
""", "labelled-only"),
    "annotated/uncovered": _annotated("""
for o, n, c in zip(outlines, parts, crowd):
    if c or n == 0:
        mask[o] = 0
for o, n, c in zip(outlines, parts, crowd):
    if n > 0 and not c:
        mask[o] = 1
""", "labelled-uncovers"),
    "annotated/by-parts": _annotated("""
for o, n in zip(outlines, parts):
    if n == 0:
        mask[o] = 0
for o, n in zip(outlines, parts):
    if n > 0:
        mask[o] = 1
""", "crowd-by-parts"),
    "annotated/one-each": Solution("annotated", """
def annotated(outlines, parts, crowd):
    return ~outlines
""", "wrong-shape"),
}  # fmt: skip


def _loss(body: str, diagnosis: str, imports: str = "import numpy as np", **variation: Any) -> Solution:
    source = f"{imports}\n\ndef masked_loss(predicted, true, weight):\n    {body}\n"
    return Solution("masked_loss", source, diagnosis, variation)


_TORCH = "import torch\nimport torch.nn.functional as F"

LOSSES = {
    "masked_loss/no-mask": _loss("return ((predicted - true) ** 2).sum() / (2 * len(predicted))", "mask-ignored"),
    "masked_loss/target": _loss("return ((predicted - weight * true) ** 2).sum() / (2 * len(predicted))",
        "mask-on-target-only"),
    "masked_loss/prediction": _loss("return ((weight * predicted - true) ** 2).sum() / (2 * len(predicted))",
        "mask-on-prediction-only"),
    "masked_loss/both": _loss("return ((weight * predicted - weight * true) ** 2).sum() / (2 * len(predicted))",
        "mask-squared"),
    "masked_loss/inverted": _loss("return ((1 - weight) * (predicted - true) ** 2).sum() / (2 * len(predicted))",
        "mask-inverted"),
    "masked_loss/boolean": _loss(
        "m = weight > 0; return ((predicted[m] - true[m]) ** 2).sum() / (2 * len(predicted))", "mask-as-yes-or-no"),
    "masked_loss/absolute": _loss("return (weight * np.abs(predicted - true)).sum() / (2 * len(predicted))",
        "not-squared"),
    "masked_loss/signed": _loss("return (weight * (predicted - true)).sum() / (2 * len(predicted))",
        "signed-difference"),
    "masked_loss/negative": _loss("return -(weight * (predicted - true) ** 2).sum() / (2 * len(predicted))", "sign"),
    "masked_loss/root": _loss("return np.sqrt((weight * (predicted - true) ** 2).sum())", "root-taken"),
    "masked_loss/mean": _loss("return (weight * (predicted - true) ** 2).mean()", "mean-for-sum"),
    "masked_loss/mse": _loss(
        "p, t, w = map(torch.as_tensor, (predicted, true, weight)); return F.mse_loss(p * w, t * w)", "wrong-value",
        _TORCH),
    "masked_loss/over-mask": _loss("return (weight * (predicted - true) ** 2).sum() / weight.sum()", "mean-of-masked"),
    "masked_loss/no-two": _loss("return (weight * (predicted - true) ** 2).sum() / len(predicted)", "half-missing"),
    "masked_loss/no-batch": _loss("return (weight * (predicted - true) ** 2).sum() / 2", "half-of-the-sum"),
    "masked_loss/sum": _loss("return (weight * (predicted - true) ** 2).sum()", "not-divided"),
    "masked_loss/first": _loss("return (weight[0] * (predicted[0] - true[0]) ** 2).sum() / 2", "first-picture-only"),
    "masked_loss/map": _loss("return weight * (predicted - true) ** 2 / 2", "wrong-shape"),
    "masked_loss/words": _loss("return str((weight * (predicted - true) ** 2).sum() / 2 / len(true)) + ' of loss'",
        "wrong-type"),
    "masked_loss/in-place": _loss("predicted -= true; return (weight * predicted ** 2).sum() / (2 * len(predicted))",
        "changes-input"),
    "masked_loss/all-alike": _loss("return (weight * (predicted - true) ** 2).sum() / (2 * len(predicted))",
        "part-weights-ignored",
                                   part_weights=(0.5, 1.0, 2.5)),
}  # fmt: skip


def _gradient(body: str, diagnosis: str) -> Solution:
    return Solution(
        "loss_gradient", f"import torch\n\ndef loss_gradient(predicted, true, weight):\n    {body}\n", diagnosis
    )


GRADIENTS = {
    "loss_gradient/no-mask": _gradient("return ((predicted - true) ** 2).sum() / (2 * len(true))", "mask-ignored"),
    "loss_gradient/target": _gradient("return ((predicted - true * weight) ** 2).sum() / (2 * len(true))",
        "mask-on-target-only"),
    "loss_gradient/item": _gradient("return ((weight * (predicted - true) ** 2).sum() / (2 * len(true))).item()",
        "no-tensor"),
    "loss_gradient/detached": _gradient("return (weight * (predicted.detach() - true) ** 2).sum() / (2 * len(true))",
        "no-gradient"),
    "loss_gradient/negative": _gradient("return -(weight * (predicted - true) ** 2).sum() / (2 * len(true))", "sign"),
    "loss_gradient/mean": _gradient("return (weight * (predicted - true) ** 2).mean()", "scaled"),
    "loss_gradient/vector": _gradient("return (weight * (predicted - true) ** 2).sum(dim=(1, 2, 3)).repeat(2)",
        "wrong-shape"),
    "loss_gradient/absolute": _gradient("return (weight * (predicted - true).abs()).sum() / (2 * len(true))",
        "wrong-gradient"),
}  # fmt: skip

_STAGED = """
import numpy as np

def loss(p, t, w):
    return (w * (p - t) ** 2).sum() / (2 * len(p))

def total_loss(predictions, true, weight):
    {body}
"""


def _total(body: str, diagnosis: str, **variation: float) -> Solution:
    return Solution("total_loss", _STAGED.replace("{body}", body), diagnosis, variation)


TOTALS = {
    "total_loss/last": _total("return loss(predictions[-1], true, weight)", "last-stage-only"),
    "total_loss/first": _total("return loss(predictions[0], true, weight)", "first-stage-only"),
    "total_loss/mean": _total("return np.mean([loss(p, true, weight) for p in predictions])", "mean-over-stages"),
    "total_loss/but-last": _total("return sum(loss(p, true, weight) for p in predictions[:-1])", "last-stage-left-out"),
    "total_loss/mixed": _total("return loss(predictions.mean(axis=0), true, weight)", "stages-mixed"),
    "total_loss/added": _total("return loss(predictions.sum(axis=0), true, weight)", "stages-mixed"),
    "total_loss/mask-last": _total(
        "return sum(loss(p, true, 1 + 0 * weight) for p in predictions[:-1]) + loss(predictions[-1], true, weight)",
        "mask-on-last-stage-only"),
    "total_loss/no-mask": _total("return sum(loss(p, true, 1 + 0 * weight) for p in predictions)", "mask-ignored"),
    "total_loss/target": _total("return sum(loss(p, weight * true, 1 + 0 * weight) for p in predictions)",
        "mask-on-target-only"),
    "total_loss/list": _total("return [loss(p, true, weight) for p in predictions]", "wrong-shape"),
    "total_loss/by-stages": _total("return loss(predictions, true, weight)", "wrong-value"),
    "total_loss/alike": _total("return sum(loss(p, true, weight) for p in predictions)", "growth-ignored", growth=1.4),
    "total_loss/backwards": _total(
        "return sum(1.4 ** n * loss(p, true, weight) for n, p in enumerate(predictions[::-1]))", "growth-backwards",
        growth=1.4),
}  # fmt: skip

_OKS = """
import numpy as np

def oks(found, annotated, area, sigmas):
    d2 = ((found[:, :2] - annotated[:, :2]) ** 2).sum(axis=1)
    there, seen = annotated[:, 2] > 0, found[:, 2] > 0
    {body}
"""


def _oks(body: str, diagnosis: str, **variation: float) -> Solution:
    return Solution("oks", _OKS.replace("{body}", body.strip().replace("\n", "\n    ")), diagnosis, variation)


_E = "e = np.exp(-d2 / (2 * area * (2 * sigmas) ** 2)) * seen; "

OKS = {
    "oks/one-sigma": _oks("e = np.exp(-d2 / (2 * area * sigmas ** 2)) * seen; return e[there].mean()",
        "two-before-sigma-missing"),
    "oks/one-two": _oks("e = np.exp(-d2 / (area * (2 * sigmas) ** 2)) * seen; return e[there].mean()",
        "other-two-missing"),
    "oks/area-squared": _oks("e = np.exp(-d2 / (2 * area ** 2 * (2 * sigmas) ** 2)) * seen; return e[there].mean()",
        "area-squared"),
    "oks/area-root": _oks(
        "s = np.sqrt(area); e = np.exp(-d2 / (2 * s * (2 * sigmas) ** 2)) * seen; return e[there].mean()", "area-root"),
    "oks/no-area": _oks("e = np.exp(-d2 / (2 * (2 * sigmas) ** 2)) * seen; return e[there].mean()", "area-ignored"),
    "oks/distance": _oks("e = np.exp(-np.sqrt(d2) / (2 * area * (2 * sigmas) ** 2)) * seen; return e[there].mean()",
        "distance-not-squared"),
    "oks/sigma": _oks("e = np.exp(-d2 / (2 * area * 2 * sigmas)) * seen; return e[there].mean()", "sigma-not-squared"),
    "oks/corner": _oks("e = np.exp(-d2 / (2 * area * (2 * sigmas) ** 2)); return e[there].mean()",
        "missing-taken-for-corner"),
    "oks/all-parts": _oks(_E + "return e.mean()", "unlabelled-counted"),
    "oks/both": _oks(_E + "return e[there & seen].mean() if (there & seen).any() else 0.0", "missed-left-out"),
    "oks/found": _oks(_E + "return e[seen].mean()", "over-found"),
    "oks/sum": _oks(_E + "return e[there].sum()", "sum-for-mean"),
    "oks/x-only": _oks("d2 = (found[:, 0] - annotated[:, 0]) ** 2; " + _E + "return e[there].mean()", "one-axis"),
    "oks/each": _oks(_E + "return e[there]", "wrong-shape"),
    "oks/alike": _oks(_E + "return e[there].mean()", "hidden-as-seen", hidden=0.5),
}  # fmt: skip

_PCKH = """
import numpy as np

def pckh(found, annotated, head_box):
    d = np.hypot(*(found[:, :2] - annotated[:, :2]).T)
    there, seen = annotated[:, 2] > 0, found[:, 2] > 0
    size = 0.6 * np.hypot(head_box[2], head_box[3])
    {body}
"""


def _pckh(body: str, diagnosis: str, **variation: float) -> Solution:
    return Solution("pckh", _PCKH.replace("{body}", body), diagnosis, variation)


PCKH = {
    "pckh/whole": _pckh("return ((d <= size) & seen)[there].mean()", "whole-head"),
    "pckh/diagonal": _pckh("return ((d <= size / 1.2) & seen)[there].mean()", "diagonal-for-head"),
    "pckh/height": _pckh("return ((d <= 0.3 * head_box[3]) & seen)[there].mean()", "height-for-diagonal"),
    "pckh/corner": _pckh("return ((d <= 0.3 * np.hypot(*head_box[:2])) & seen)[there].mean()", "corner-for-size"),
    "pckh/missing": _pckh("return (d <= 0.5 * size)[there].mean()", "missing-taken-for-corner"),
    "pckh/all": _pckh("return ((d <= 0.5 * size) & seen & there).mean()", "unlabelled-counted"),
    "pckh/both": _pckh("return (d <= 0.5 * size)[there & seen].mean()", "missed-left-out"),
    "pckh/count": _pckh("return ((d <= 0.5 * size) & seen)[there].sum()", "count-for-share"),
    "pckh/x-only": _pckh("return ((abs(found[:, 0] - annotated[:, 0]) <= 0.5 * size) & seen)[there].mean()",
        "one-axis"),
    "pckh/far": _pckh("return 1 - ((d <= 0.5 * size) & seen)[there].mean()", "far-for-near"),
    "pckh/standard": _pckh("return ((d <= 0.5 * size) & seen)[there].mean()", "standard-shares", share=0.25),
}  # fmt: skip

MUTANTS: dict[str, Solution] = ANNOTATED | LOSSES | GRADIENTS | TOTALS | OKS | PCKH
