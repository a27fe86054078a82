"""Right solutions of the tasks on masks, losses and evaluation, in many ways."""

from __future__ import annotations

from typing import Any

from tests.checks.solutions import Solution

ANNOTATED = {
    "annotated/chapter": Solution("annotated", """
import numpy as np

def annotated(outlines, parts, crowd):
    nobody = np.zeros(outlines.shape[1:], bool)
    missing, crowds, labelled = (nobody | outlines[chosen].any(axis=0) for chosen in
                                 (~crowd & (parts == 0), crowd, ~crowd & (parts > 0)))
    return ~(missing | (crowds & ~labelled))
"""),
    "annotated/pixels": Solution("annotated", """
def annotated(outlines, parts, crowd):
    def counts(y, x):
        here = [n for n in range(len(outlines)) if outlines[n, y, x]]
        if any(not crowd[n] and parts[n] == 0 for n in here):
            return 0
        if any(crowd[n] for n in here):
            return int(any(not crowd[n] and parts[n] > 0 for n in here))
        return 1
    return [[counts(y, x) for x in range(outlines.shape[2])] for y in range(outlines.shape[1])]
"""),
    "annotated/painted": Solution("annotated", """
import numpy as np

def annotated(outlines, parts, crowd):
    W = np.ones(outlines.shape[1:])
    for o in outlines[crowd]:
        W[o] = 0
    for o in outlines[~crowd & (parts > 0)]:
        W[o] = 1
    for o in outlines[~crowd & (parts == 0)]:
        W[o] = 0
    return W
"""),
}  # fmt: skip


def _loss(body: str, imports: str = "import numpy as np", **variation: Any) -> Solution:
    source = f"{imports}\n\ndef masked_loss(predicted, true, weight):\n    {body}\n"
    return Solution("masked_loss", source, "", variation)


_TORCH = "import torch"
LOSSES = {
    "masked_loss/plain": _loss("return (weight * (predicted - true) ** 2).sum() / (2 * len(predicted))"),
    "masked_loss/float32": _loss(
        "p, t, w = (np.float32(a) for a in (predicted, true, weight)); return (w * (p - t) ** 2).sum() / (2 * len(p))"),
    "masked_loss/root-of-mask": _loss(
        "r = np.sqrt(weight); return ((r * predicted - r * true) ** 2).sum() / 2 / predicted.shape[0]"),
    "masked_loss/einsum": _loss(
        "d = predicted - true; return np.einsum('bkhw,bkhw,bkhw->', weight, d, d) / (2 * len(d))"),
    "masked_loss/mean-of-pictures": _loss(
        "return np.mean([(w * (p - t) ** 2).sum() / 2 for p, t, w in zip(predicted, true, weight)])"),
    "masked_loss/average": _loss(
        "return np.average((predicted - true) ** 2, weights=weight) * weight.sum() / (2 * len(true))"),
    "masked_loss/vdot": _loss("return np.vdot(weight, (predicted - true) ** 2) / (2 * len(predicted))"),
    "masked_loss/loops": Solution("masked_loss", """
def masked_loss(predicted, true, weight):
    total = 0.0
    for p, t, w in zip(predicted.ravel().tolist(), true.ravel().tolist(), weight.ravel().tolist()):
        total += w * (p - t) * (p - t)
    return total / (2 * predicted.shape[0])
"""),
    "masked_loss/torch": _loss(
        "p, t, w = map(torch.tensor, (predicted, true, weight)); return (w * (p - t) ** 2).sum() / (2 * len(p))",
        _TORCH),
    "masked_loss/torch-float32": _loss(
        "p, t, w = (torch.tensor(a, dtype=torch.float32, requires_grad=True) for a in (predicted, true, weight)); "
        "return (w * torch.nn.functional.mse_loss(p, t, reduction='none')).sum() / (2 * p.shape[0])", _TORCH),
    "masked_loss/package": _loss(
        "return masked(*map(torch.tensor, (predicted, true, weight)))",
        _TORCH + "\nfrom paflib.trainer import masked_loss as masked"),
    "masked_loss/part-weights": _loss(
        "c = np.array([0.5, 1.0, 2.5])[:, None, None]; "
        "return (c * weight * (predicted - true) ** 2).sum() / (2 * len(predicted))",
        part_weights=(0.5, 1.0, 2.5)),
    "loss_gradient/plain": Solution("loss_gradient", """
def loss_gradient(predicted, true, weight):
    return (weight * (predicted - true) ** 2).sum() / (2 * len(predicted))
"""),
    "loss_gradient/mse": Solution("loss_gradient", """
import torch

def loss_gradient(predicted, true, weight):
    squares = torch.nn.functional.mse_loss(predicted, true, reduction="none")
    return 0.5 * (weight * squares).flatten(1).sum(dim=1).mean()
"""),
    "loss_gradient/package": Solution("loss_gradient", """
from paflib.trainer import masked_loss as loss_gradient
"""),
    "total_loss/sum": Solution("total_loss", """
def total_loss(predictions, true, weight):
    return sum((weight * (said - true) ** 2).sum() / (2 * len(true)) for said in predictions)
"""),
    "total_loss/at-once": Solution("total_loss", """
def total_loss(predictions, true, weight):
    return (weight * (predictions - true) ** 2).sum() / (2 * predictions.shape[1])
"""),
    "total_loss/torch": Solution("total_loss", """
import torch

def total_loss(predictions, true, weight):
    p, t, w = (torch.tensor(a).float() for a in (predictions, true, weight))
    return torch.stack([(w * (one - t) ** 2).sum() / (2 * len(t)) for one in p]).sum()
"""),
    "total_loss/growth": Solution("total_loss", """
def total_loss(predictions, true, weight):
    total, factor = 0, 1
    for said in predictions:
        total += factor * (weight * (said - true) ** 2).sum() / (2 * len(true))
        factor *= 1.4
    return total
""", "", {"growth": 1.4}),
}  # fmt: skip

_OKS = """
import numpy as np

def oks(found, annotated, area, sigmas):
    {body}
"""


def _oks(body: str, **variation: float) -> Solution:
    return Solution("oks", _OKS.replace("{body}", body.strip().replace("\n", "\n    ")), "", variation)


PEOPLE = {
    "oks/chapter": _oks("""
square = ((found[:, :2] - annotated[:, :2]) ** 2).sum(axis=1)
similarity = np.exp(-square / (2 * area * (2 * sigmas) ** 2))
similarity = np.where(found[:, 2] > 0, similarity, 0)
return similarity[annotated[:, 2] > 0].mean()
"""),
    "oks/norm": _oks("""
d = np.linalg.norm(found[:, :2] - annotated[:, :2], axis=1) / np.sqrt(area)
e = np.exp(-(d / (2 * sigmas)) ** 2 / 2) * (found[:, 2] > 0)
return np.average(e, weights=annotated[:, 2] > 0)
"""),
    "oks/loops": Solution("oks", """
import math

def oks(found, annotated, area, sigmas):
    total, n = 0.0, 0
    for (x, y, seen), (a, b, there), sigma in zip(found, annotated, sigmas):
        if there > 0:
            n += 1
            if seen > 0:
                total += math.exp(-((x - a) ** 2 + (y - b) ** 2) / (8 * area * sigma ** 2))
    return total / n
"""),
    "oks/pycocotools": _oks("""
variances = (sigmas * 2) ** 2
there = annotated[:, 2] > 0
dx, dy = found[:, 0] - annotated[:, 0], found[:, 1] - annotated[:, 1]
e = (dx ** 2 + dy ** 2) / variances / (area + np.spacing(1)) / 2
e = e[there & (found[:, 2] > 0)]
return np.sum(np.exp(-e)) / there.sum()
"""),
    "oks/infinite": _oks("""
d2 = np.where(found[:, 2] > 0, np.sum((found - annotated)[:, :2] ** 2, axis=1), np.inf)
return np.exp(-d2 / (2 * area) / (2 * sigmas) ** 2)[annotated[:, 2] > 0].mean()
"""),
    "oks/float32": _oks("""
f, a, s = np.float32(found), np.float32(annotated), np.float32(sigmas)
e = np.exp(-((f[:, :2] - a[:, :2]) ** 2).sum(1) / (np.float32(8 * area) * s * s))
keep = a[:, 2] > 0
return np.float32((e * (f[:, 2] > 0))[keep].sum() / keep.sum())
"""),
    "oks/torch": _oks("""
import torch
f, a, s = map(torch.tensor, (found, annotated, sigmas))
e = torch.exp(-(f - a)[:, :2].square().sum(1) / (2 * area * (2 * s) ** 2)) * (f[:, 2] > 0)
return e[a[:, 2] > 0].mean()
"""),
    "oks/product": _oks("""
widths = np.sqrt(2 * area) * 2 * sigmas
ex, ey = (np.exp(-((found[:, k] - annotated[:, k]) / widths) ** 2) for k in (0, 1))
mine = [x * y if s > 0 else 0.0 for x, y, s in zip(ex, ey, found[:, 2])]
there = np.flatnonzero(annotated[:, 2])
return sum(mine[j] for j in there) / len(there)
"""),
    "oks/complex": _oks("""
z = (found[:, 0] + 1j * found[:, 1]) - (annotated[:, 0] + 1j * annotated[:, 1])
e = np.exp(-abs(z) ** 2 / (8 * area * sigmas ** 2))
e[found[:, 2] == 0] = 0
return np.array([np.mean(e[annotated[:, 2] != 0])])
"""),
    "oks/package": _oks("""
from paflib import People, Skeleton
from paflib.evaluation import oks_matrix
skeleton = Skeleton("some", tuple(f"part {j}" for j in range(len(found))))
one, other = People(found[None], None, skeleton), People(annotated[None], None, skeleton, area=np.array([area]))
return oks_matrix(one, other, sigmas)[0, 0]
"""),
    "oks/hidden": _oks("""
w = np.select([annotated[:, 2] == 2, annotated[:, 2] == 1], [1.0, 0.5], 0.0)
e = np.exp(-((found - annotated)[:, :2] ** 2).sum(axis=1) / (8 * area * sigmas ** 2)) * (found[:, 2] > 0)
return (w * e).sum() / w.sum()
""", hidden=0.5),
    "pckh/chapter": Solution("pckh", """
import numpy as np

def pckh(found, annotated, head_box):
    head_size = 0.6 * np.hypot(head_box[2], head_box[3])
    distance = np.hypot(*(found - annotated)[:, :2].T)
    near = (distance <= 0.5 * head_size) & (found[:, 2] > 0)
    return near[annotated[:, 2] > 0].mean()
"""),
    "pckh/loops": Solution("pckh", """
def pckh(found, annotated, head_box):
    near, there = 0, 0
    limit = (0.3 ** 2) * (head_box[2] ** 2 + head_box[3] ** 2)
    for f, a in zip(found, annotated):
        if a[2] > 0:
            there += 1
            near += bool(f[2] > 0 and (f[0] - a[0]) ** 2 + (f[1] - a[1]) ** 2 < limit)
    return near / there
"""),
    "pckh/torch": Solution("pckh", """
import torch

def pckh(found, annotated, head_box):
    f, a = torch.tensor(found), torch.tensor(annotated)
    size = 0.6 * torch.tensor(head_box[2:]).norm()
    near = ((f - a)[:, :2].norm(dim=1) <= size / 2) & (f[:, 2] > 0)
    return near[a[:, 2] > 0].float().mean()
"""),
    "pckh/other-shares": Solution("pckh", """
import numpy as np

def pckh(found, annotated, head_box):
    reach = 0.25 * 0.8 * np.hypot(*head_box[2:])
    near = (np.linalg.norm((found - annotated)[:, :2], axis=1) <= reach) & (found[:, 2] > 0)
    return near[annotated[:, 2] > 0].mean()
""", "", {"share": 0.25, "head": 0.8}),
}  # fmt: skip

RIGHT: dict[str, Solution] = ANNOTATED | LOSSES | PEOPLE
