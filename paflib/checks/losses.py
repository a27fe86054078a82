"""Checks of the chapter on losses: the mask, the loss of one stage, its gradient, and the loss of all stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from paflib.checks.core import (
    Asked,
    Case,
    Mistake,
    Question,
    Student,
    Values,
    between,
    gives,
    judge,
    known,
    numbers,
    registered,
    scaled,
    scaled_throughout,
    shown,
    steps,
)  # fmt: skip

STAGE = "The loss of one stage, in Losses, masks and intermediate supervision"
MASK = "What W is, in Losses, masks and intermediate supervision"
STAGES = "Why every stage is told the truth, in Losses, masks and intermediate supervision"

_RELATIVE = 2e-4  # of a sum in float32
Loss = Callable[[np.ndarray, np.ndarray, np.ndarray], float]


# ---- where annotators spoke ------------------------------------------------------------------------------------------


@registered("Where annotators spoke", "outlines parts crowd", "map")
def check_annotated(student: Student, *, seed: int = 0) -> None:
    """The mask in pixels: a function of (outlines, parts, crowd) that returns where annotators spoke, (H, W).

    ``outlines`` (N, H, W) are booleans, ``parts`` (N,) says how many parts of each are labelled, ``crowd`` (N,) which
    outlines are of a whole crowd.

    Args:
        student: the function.
        seed: of the cases.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def union(outlines: np.ndarray, which: np.ndarray) -> np.ndarray:
        return np.asarray(outlines[which].any(axis=0))

    def right(outlines: np.ndarray, parts: np.ndarray, crowd: np.ndarray) -> np.ndarray:
        labelled = union(outlines, ~crowd & (parts > 0))
        return 1.0 * ~(union(outlines, ~crowd & (parts == 0)) | (union(outlines, crowd) & ~labelled))

    mistakes = [
        Mistake("inverted", "Your mask is turned round: it is 1 where the annotators spoke, and 0 where they did not.",
                MASK, gives(lambda *case: 1 - right(*case))),
        Mistake("crowd-ignored", "A crowd is not masked in yours: nobody in it is labelled one by one.", MASK,
                gives(lambda o, p, c: right(o[~c], p[~c], c[~c]))),
        Mistake("labelled-in-crowd-masked", "You mask a whole crowd. Where a labelled person stands before it, the "
                "annotators have spoken.", MASK,
                gives(lambda o, p, c: 1.0 * ~(union(o, ~c & (p == 0)) | union(o, c)))),
        Mistake("unlabelled-ignored", "People of whom no part is labelled are not masked in yours.", MASK,
                gives(lambda o, p, c: 1.0 * ~(union(o, c) & ~union(o, ~c & (p > 0))))),
        Mistake("labelled-masked", "You mask the labelled people; they are the ones whom the loss is about.", MASK,
                gives(lambda o, p, c: 1.0 * ~union(o, np.ones(len(o), bool)))),
        Mistake("labelled-masked", "You mask the labelled people; they are the ones whom the loss is about.", MASK,
                gives(lambda o, p, c: 1.0 * ~union(o, p > 0))),
        Mistake("labelled-only", "Your mask is 1 on labelled people alone. Empty ground counts too: nobody is there, "
                "and the annotators say so.", MASK, gives(lambda o, p, c: 1.0 * union(o, ~c & (p > 0)))),
        Mistake("labelled-uncovers", "A labelled person who stands before somebody without labels uncovers them in "
                "yours; that holds before a crowd alone.", MASK,
                gives(lambda o, p, c: 1.0 * ~((union(o, ~c & (p == 0)) | union(o, c)) & ~union(o, ~c & (p > 0))))),
        Mistake("crowd-by-parts", "A crowd is told by its mark and not by its number of labelled parts.", MASK,
                gives(lambda o, p, c: 1.0 * ~(union(o, p == 0) & ~union(o, p > 0)))),
    ]  # fmt: skip
    names = ("outlines", "parts", "crowd")
    values = Values(names, "the mask (rows, columns)", right, mistakes, ("row", "column"))
    judge(student, values.task(), _outline_cases(np.random.default_rng(seed)))


def _outline_cases(rng: np.random.Generator) -> list[Case]:
    def boxes(h: int, w: int, *columns: tuple[int, int]) -> np.ndarray:
        x = np.arange(w)
        return np.stack([np.broadcast_to((x >= low) & (x < high), (h, w)) for low, high in columns])

    def case(outlines: np.ndarray, parts: Sequence[int], crowd: Sequence[int]) -> Case:
        return outlines.copy(), np.array(parts), np.array(crowd, bool)

    cases = [
        case(boxes(1, 3, (0, 1)), [5], [0]),
        case(boxes(1, 3, (1, 2)), [0], [0]),
        case(boxes(1, 3, (0, 2)), [0], [1]),
        case(boxes(2, 4, (0, 2), (1, 4)), [4, 0], [0, 1]),
        case(boxes(2, 4, (0, 2), (1, 4)), [4, 0], [0, 0]),
        case(boxes(2, 5, (0, 2), (1, 4), (3, 5)), [0, 6, 0], [1, 0, 0]),
        case(boxes(1, 4, (0, 2), (1, 3)), [3, 0], [1, 0]),
    ]
    for n in (4, 6):
        outlines = rng.random((n, 5, 7)) < 0.45
        cases.append(case(outlines, rng.integers(0, 3, n).tolist(), (rng.random(n) < 0.35).tolist()))
    return [*cases, case(np.zeros((0, 2, 3), bool), [], [])]


# ---- one stage -------------------------------------------------------------------------------------------------------


def _per_channel(weights: Sequence[float] | None, channels: int) -> np.ndarray:
    given = np.ones(channels) if weights is None else np.asarray(weights, float)
    return given[:, None, None]


def _loss(p: np.ndarray, t: np.ndarray, w: np.ndarray, parts: Sequence[float] | None = None) -> float:
    return float((_per_channel(parts, p.shape[1]) * w * (p - t) ** 2).sum() / (2 * len(p)))


def _stage_mistakes(parts: Sequence[float] | None) -> list[tuple[str, str, Loss]]:
    """The known mistakes in the loss of one stage: name, words, and the loss they give."""

    def weighted(p: np.ndarray) -> np.ndarray:
        return _per_channel(parts, p.shape[1])

    def loss(p: np.ndarray, t: np.ndarray, w: np.ndarray) -> float:
        return _loss(p, t, w, parts)

    size = "The loss is a sum over cells and channels, divided by twice the number of pictures."
    return [
        ("part-weights-ignored", "Every channel counts alike in yours; in this task some count more.", _loss),
        ("mask-ignored", "The mask has no effect: where W is 0 the network may say whatever it likes.",
         lambda p, t, w: loss(p, t, np.ones_like(w))),
        ("mask-on-target-only", "The mask is applied to the truth alone: where W is 0 your network is told to say "
         "nothing, and should be told nothing.", lambda p, t, w: loss(p, w * t, np.ones_like(w))),
        ("mask-on-prediction-only", "The mask is applied to the prediction alone, and the truth is still held against "
         "it where W is 0.", lambda p, t, w: loss(w * p, t, np.ones_like(w))),
        ("mask-squared", "The mask is squared along with the difference: a cell that is covered in part counts too "
         "little.", lambda p, t, w: loss(p, t, w**2)),
        ("mask-inverted", "You count the cells where the annotators said nothing, and no others.",
         lambda p, t, w: loss(p, t, 1 - w)),
        ("mask-as-yes-or-no", "A cell that is covered in part counts in part; yours counts whole or not at all.",
         lambda p, t, w: loss(p, t, (w > 0).astype(float))),
        ("mask-as-yes-or-no", "A cell that is covered in part counts in part; yours counts whole or not at all.",
         lambda p, t, w: loss(p, t, (w >= 0.5).astype(float))),
        ("not-squared", "You add absolute differences; the distance between prediction and truth is squared.",
         lambda p, t, w: float((weighted(p) * w * np.abs(p - t)).sum() / (2 * len(p)))),
        ("signed-difference", "Differences above and below the truth cancel in yours: they have to be squared before "
         "they are added.", lambda p, t, w: float((weighted(p) * w * (p - t)).sum() / (2 * len(p)))),
        ("sign", "The sign is wrong: training makes the loss smaller, and yours is smallest where the network is most "
         "wrong.", lambda p, t, w: -loss(p, t, w)),
        ("root-taken", "You take a square root at the end.", lambda p, t, w: loss(p, t, w) ** 0.5),
        ("root-taken", "You take a square root at the end.", lambda p, t, w: (loss(p, t, w) * 2 * len(p)) ** 0.5),
        ("mean-for-sum", f"You take a mean over cells and channels. {size}",
         lambda p, t, w: loss(p, t, w) * 2 * len(p) / p.size),
        ("mean-for-sum", f"You take a mean over cells and channels. {size}",
         lambda p, t, w: loss(p, t, w) * len(p) / p.size),
        ("mean-of-masked", f"You divide by the cells that the mask leaves. {size}",
         lambda p, t, w: loss(p, t, w) * 2 * len(p) / float(w.sum())),
        ("half-missing", f"Yours is twice as large as it should be. {size}", lambda p, t, w: 2 * loss(p, t, w)),
        ("half-of-the-sum", f"The number of pictures has no effect in yours. {size}",
         lambda p, t, w: loss(p, t, w) * len(p)),
        ("not-divided", f"You do not divide. {size}", lambda p, t, w: loss(p, t, w) * 2 * len(p)),
        ("first-picture-only", "Only the first picture of the batch counts.",
         lambda p, t, w: loss(p[:1], t[:1], w[:1])),
        ("first-picture-only", "Only the first picture of the batch counts.",
         lambda p, t, w: loss(p[:1], t[:1], w[:1]) / len(p)),
    ]  # fmt: skip


WEIGHTS = tuple((a, 1.0, b) for a in (0.25, 0.5, 2.0, 3.0) for b in (0.2, 0.4, 2.5, 4.0))


@registered("The masked loss of one stage", "predicted true weight", "loss", part_weights=WEIGHTS)
def check_masked_loss(student: Student, *, seed: int = 0, part_weights: Sequence[float] | None = None) -> None:
    """Eq. 4 or 5: a function of (predicted, true, weight), all (B, K, h, w), that returns the loss, a number.

    As the released code has it: a sum over cells and channels, divided by twice the number of pictures B.

    Args:
        student: the function.
        seed: of the cases.
        part_weights: a variation: K numbers, how much the squares of every channel count.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def right(p: np.ndarray, t: np.ndarray, w: np.ndarray) -> float:
        return _loss(p, t, w, part_weights)

    mistakes = [
        Mistake(slug, words, STAGE, gives(wrong, 1e-6, 1e-3)) for slug, words, wrong in _stage_mistakes(part_weights)
    ]
    mistakes.append(
        Mistake("scaled", "Your loss is the right one times a factor.", STAGE, fits_all=scaled_throughout(right))
    )
    names = ("predicted", "true", "weight")
    values = Values(names, "the loss (a number)", right, mistakes, tolerance=1e-6, relative=_RELATIVE)
    judge(
        student,
        values.task(),
        _loss_cases(np.random.default_rng(seed), 0 if part_weights is None else len(part_weights)),
    )


def _loss_cases(rng: np.random.Generator, channels: int) -> list[Case]:
    def case(b: int, k: int, h: int, w: int, weights: Any = None) -> Case:
        shape = (b, channels or k, h, w)
        predicted, true = np.round(rng.uniform(-0.2, 1, shape), 2), np.round(rng.uniform(0, 1, shape), 2)
        mask = np.ones(shape) if weights is None else np.broadcast_to(weights, shape).copy()
        return predicted, true, mask

    small = [case(1, 1, 1, 1), case(1, 1, 1, 2, np.array([1.0, 0.0])), case(1, 1, 1, 2, np.array([0.5, 1.0]))]
    small += [case(2, 1, 1, 2), case(1, 2, 2, 3, np.array([1.0, 0.0, 0.25]))]
    masks = [np.round(rng.choice([0, 0.25, 0.7, 1], (h, w)), 2) for h, w in ((3, 4), (4, 3))]
    return [*small, case(2, 3, 3, 4, masks[0]), case(3, 2, 4, 3, masks[1])]


# ---- the gradient ----------------------------------------------------------------------------------------------------


@registered("The gradient of the masked loss", "predicted true weight", "loss")
def check_loss_gradient(student: Student, *, seed: int = 0) -> None:
    """The same function as :func:`check_masked_loss`, on tensors of torch: a network must be able to learn from it.

    The function is given float32 tensors, of which ``predicted`` asks for its gradient, and must return a tensor. It
    cannot be a proxy to another process.

    Args:
        student: the function.
        seed: of the cases.

    Raises:
        CheckFailed: with its diagnosis.
    """
    import torch

    names = ("predicted", "true", "weight")
    asked, answers, wrong = Asked(student, names), [], False
    for case in _loss_cases(np.random.default_rng(seed), 0):
        question = Question(names, case)
        predicted, true, weight = (torch.tensor(one, dtype=torch.float32) for one in case)
        predicted.requires_grad_()
        answers.append((case, _gradient(asked, (predicted, true, weight), question)))
        wrong = wrong or not np.allclose(answers[-1][1], _slope(*case), atol=1e-4)
    if not wrong:
        return
    case, yours = next(one for one in answers if not np.allclose(one[1], _slope(*one[0]), atol=1e-4))
    mistake = known(answers, _gradient_mistakes())
    if mistake is None:
        mistake = Mistake("wrong-gradient", "The gradient that a network gets from your loss is not that of the masked "
                          "squares.", STAGE)  # fmt: skip
    at = np.unravel_index(np.abs(yours - _slope(*case)).argmax(), yours.shape)
    place, counted = tuple(map(int, at)), float(case[2][at])
    found = f"At index {place} the gradient is {shown(float(yours[at]))}; W is {shown(counted)} there."
    raise Question(names, case).failure(mistake.slug, mistake.words, found, mistake.look, yours=yours)


def _slope(p: np.ndarray, t: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.asarray(w * (p - t) / len(p))


def _gradient(asked: Asked, tensors: tuple[Any, ...], question: Question) -> np.ndarray:
    import torch

    loss = asked(*tensors)
    if not isinstance(loss, torch.Tensor):
        words = f"Your loss is a {type(loss).__name__}; a network learns from a tensor that knows where it came from."
        raise question.failure("no-tensor", words, look=STAGE)
    if loss.numel() != 1:
        raise question.failure(
            "wrong-shape", f"Your loss has shape {tuple(loss.shape)}; a loss is a number.", look=STAGE
        )
    if not loss.requires_grad:
        words = "No gradient comes back through your loss: on the way something was detached, or turned into a number."
        raise question.failure("no-gradient", words, look=STAGE)
    loss.reshape(()).backward()
    gradient = tensors[0].grad
    if gradient is None:
        words = "No gradient reaches the prediction: on the way it was detached, or copied."
        raise question.failure("no-gradient", words, look=STAGE)
    return numbers(gradient, question, tuple(tensors[0].shape), "the gradient")


def _gradient_mistakes() -> list[Mistake]:
    def of(p: np.ndarray, t: np.ndarray, w: np.ndarray) -> np.ndarray:
        return _slope(p, t, np.ones_like(w))

    return [
        Mistake("mask-ignored", "Under the mask there must be no gradient, and in yours there is.", STAGE, gives(of)),
        Mistake("mask-on-target-only", "The mask is applied to the truth alone: under it the network is pushed to say "
                "nothing.", STAGE, gives(lambda p, t, w: of(p, w * t, w))),
        Mistake("sign", "The gradient has the wrong sign: training would lead away from the truth.", STAGE,
                gives(lambda p, t, w: -_slope(p, t, w))),
        Mistake("scaled", "The gradient is the right one times a factor: the loss is divided by something else than "
                "twice the number of pictures.", STAGE, _rescaled),
    ]  # fmt: skip


def _rescaled(case: Case, yours: Any) -> bool:
    return scaled(_slope)(case, yours)


# ---- all stages ------------------------------------------------------------------------------------------------------


@registered(
    "The loss of all stages", "predictions true weight", "loss", growth=(*steps(0.5, 0.9, 0.1), *steps(1.2, 2.0, 0.2))
)
def check_total_loss(student: Student, *, seed: int = 0, growth: float = 1.0) -> None:
    """Eq. 6: a function of (predictions, true, weight) that returns the loss of T stages, a number.

    ``predictions`` is (T, B, K, h, w), what every stage says; ``true`` and ``weight``, both (B, K, h, w), are the same
    for all.

    Args:
        student: the function.
        seed: of the cases.
        growth: a variation: every stage counts so many times as much as the one before; the first counts once.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def staged(predictions: np.ndarray, one: Callable[[np.ndarray], float], factor: float = growth) -> float:
        return sum(factor**n * one(said) for n, said in enumerate(predictions))

    def right(predictions: np.ndarray, t: np.ndarray, w: np.ndarray) -> float:
        return staged(predictions, lambda said: _loss(said, t, w))

    def of(wrong: Callable[..., float]) -> Callable[[Case, Any], bool]:
        return gives(wrong, 1e-6, 1e-3)

    def backwards(p: np.ndarray, t: np.ndarray, w: np.ndarray) -> float:
        return right(p[::-1], t, w)

    mistakes = [
        Mistake("growth-ignored", "All stages count alike in yours; in this task later ones count otherwise.", STAGES,
                of(lambda p, t, w: staged(p, lambda said: _loss(said, t, w), 1.0))),
        Mistake("growth-backwards", "The weights of the stages run the wrong way: the first stage counts once.", STAGES,
                of(backwards)),
        Mistake("growth-backwards", "The weights of the stages run the wrong way: the first stage counts once.", STAGES,
                of(lambda p, t, w: staged(p, lambda said: _loss(said, t, w), 1 / growth))),
        Mistake("last-stage-only", "Only the last stage is told the truth: the early stages get no loss of their own.",
                STAGES, of(lambda p, t, w: _loss(p[-1], t, w))),
        Mistake("last-stage-only", "Only the last stage is told the truth: the early stages get no loss of their own.",
                STAGES, of(lambda p, t, w: growth ** (len(p) - 1) * _loss(p[-1], t, w))),
        Mistake("first-stage-only", "Only the first stage counts in yours.", STAGES,
                of(lambda p, t, w: _loss(p[0], t, w))),
        Mistake("mean-over-stages", "You average over the stages; they are to be added.", STAGE,
                of(lambda p, t, w: right(p, t, w) / len(p))),
        Mistake("last-stage-left-out", "The last stage is left out of the sum.", STAGE,
                of(lambda p, t, w: right(p[:-1], t, w))),
        Mistake("stages-mixed", "You average what the stages say, and compare that with the truth: each stage has to "
                "be compared for itself.", STAGES, of(lambda p, t, w: _loss(p.mean(axis=0), t, w))),
        Mistake("stages-mixed", "You add up what the stages say, and compare that with the truth: each stage has to be "
                "compared for itself.", STAGES, of(lambda p, t, w: _loss(p.sum(axis=0), t, w))),
        Mistake("mask-on-last-stage-only", "The mask is applied to one stage alone.", STAGE,
                of(lambda p, t, w: right(p[:-1], t, np.ones_like(w)) + growth ** (len(p) - 1) * _loss(p[-1], t, w))),
        *(Mistake(slug, words, STAGE, of(lambda p, t, w, one=one: staged(p, lambda said: one(said, t, w))))
          for slug, words, one in _stage_mistakes(None)),
        Mistake("scaled", "Your loss is the right one times a factor.", STAGE, fits_all=scaled_throughout(right)),
    ]  # fmt: skip
    names = ("predictions", "true", "weight")
    values = Values(names, "the loss (a number)", right, mistakes, tolerance=1e-6, relative=_RELATIVE, look=STAGES)
    judge(student, values.task(), _stages_cases(np.random.default_rng(seed)))


def _stages_cases(rng: np.random.Generator) -> list[Case]:
    cases: list[Case] = []
    for n, (_, true, weight) in zip((1, 2, 2, 3, 1, 4, 3), _loss_cases(rng, 0), strict=True):
        said = np.stack([np.clip(true + between(rng, -0.6, 0.6, 2) * rng.random(true.shape), -1, 2) for _ in range(n)])
        cases.append((np.round(said, 3), true, weight))
    return cases
