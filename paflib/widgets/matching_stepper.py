"""MatchingStepper: greedy and Hungarian matching of one score matrix, side by side, step by step."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from paflib._check import check_finite, check_shape
from paflib.errors import ShapeError
from paflib.fields import Fields, targets
from paflib.figures import draw_matchings
from paflib.figures.style import limb_index
from paflib.parser import ParserOptions, Peaks, find_peaks, greedy, hungarian, hungarian_steps, score_pairs
from paflib.parser.options import options_of
from paflib.synthetic import random_people
from paflib.widgets.base import Widget

MOST = 6  # rows and columns that can still be read on a phone
GREEDY_IS_WRONG = ((0.9, 0.8), (0.8, 0.1))
_CROWD_SEED, _CROWD_SIZE = 14, (200, 260)  # six people close together, whose right forearms the two match differently


class MatchingStepper(Widget):
    """Edit a score matrix and step two algorithms through it: the greedy one and the Hungarian one with its labels.

    Args:
        scores: (n, m) scores of the pairs, at most 6 x 6; those at 0 or below cannot be matched. By default the
            smallest example in which greedy is wrong; a crowd's scores and random ones can be chosen as well.
        row, column: what rows and columns are called.
        name: what this matrix is called among those that can be chosen.

    Raises:
        ShapeError: no matrix, one that holds NaN, or one of more than 6 rows or columns, or of none.
    """

    module: ClassVar[str] = "matching_stepper.js"
    title: ClassVar[str] = "Matching stepper"

    def __init__(
        self, scores: ArrayLike | None = None, row: str = "elbow", column: str = "wrist", name: str = "this matrix"
    ) -> None:
        presets = [_preset("where greedy is wrong", GREEDY_IS_WRONG, "elbow", "wrist"), _crowd()]
        if scores is not None:
            presets.insert(0, _preset(name, scores, row, column))
        super().__init__({"presets": presets, "most": MOST}, *_still(presets[0]))

    @classmethod
    def from_fields(
        cls,
        fields: Fields,
        limb: str | int,
        peaks: Peaks | None = None,
        options: ParserOptions | None = None,
        name: str | None = None,
    ) -> MatchingStepper:
        """The scores of one limb in an image: line integrals, 0 for pairs that too few of their samples support.

        Of more than six candidates for a part the six highest peaks are shown, in their own order.

        Args:
            fields: the image's.
            limb: index, name (``"neck-nose"``) or two part names.
            peaks: as :func:`paflib.parser.find_peaks` returns them, which is asked by default.
            options: of the parser.
            name: what the matrix is called; by default by its limb.

        Raises:
            DataError: when there is no such limb.
            ShapeError: when one of its parts has no peak.
        """
        c = limb_index(fields.skeleton, limb)
        row, column = (fields.skeleton.parts[j].replace("_", " ") for j in fields.skeleton.limbs[c])
        return cls(limb_scores(fields, c, peaks, options), row, column, name or f"{row} to {column}")


def limb_scores(
    fields: Fields, limb: int, peaks: Peaks | None = None, options: ParserOptions | None = None
) -> np.ndarray:
    """The (n, m) scores of a limb's candidates, to three decimals; of more than six of a part, the six highest."""
    options = options or options_of()
    if peaks is None:
        peaks = find_peaks(fields.S, options.peak_threshold, options.refine, neighbours=options.neighbours)
    xy = fields.L_grid.to_cells(fields.S_grid.to_pixels(peaks.xy))
    first, second = (peaks.of(j) for j in fields.skeleton.limbs[limb])
    first, second = (np.sort(of[np.argsort(-peaks.score[of], kind="stable")[:MOST]]) for of in (first, second))
    E, good = score_pairs(fields.L[limb], xy[first], xy[second], options)
    return np.round(np.where(good, E, 0.0), 3)


def _crowd() -> dict[str, Any]:
    people = random_people(np.random.default_rng(_CROWD_SEED), 6, _CROWD_SIZE, (120.0, 180.0))
    fields = targets(people, _CROWD_SIZE)
    scores = limb_scores(fields, limb_index(fields.skeleton, "right_elbow-right_wrist"))
    return _preset("a crowd of six people", scores, "right elbow", "right wrist")


def _preset(name: str, scores: ArrayLike, row: str, column: str) -> dict[str, Any]:
    matrix = np.asarray(scores, float)
    check_shape("scores", matrix, "n m")
    check_finite("scores", matrix)
    if not (0 < matrix.shape[0] <= MOST and 0 < matrix.shape[1] <= MOST):
        raise ShapeError(f"scores has shape {matrix.shape}, wanted 1 to {MOST} rows and 1 to {MOST} columns")
    return {"name": name, "scores": matrix.tolist(), "row": row, "column": column}


def _still(preset: dict[str, Any]) -> tuple[str, bytes]:
    """The outcome in words, and as a picture."""
    scores, row, column = np.array(preset["scores"]), preset["row"], preset["column"]
    found = {"Greedy": greedy(scores), "Hungarian": hungarian(scores)}

    def told(pairs: list[tuple[int, int]]) -> str:
        named = ", ".join(f"{row} {i} with {column} {j} ({scores[i, j]:.2f})" for i, j in pairs)
        return f"{named or 'nobody'}: {sum(scores[pair] for pair in pairs):.2f} in all"

    steps = len(hungarian_steps(scores))
    words = (
        f"Two ways to pair {len(scores)} candidates for the {row} with {scores.shape[1]} for the {column}. The greedy "
        f"algorithm takes the best pair that is left, again and again: {told(found['Greedy'])}. The Hungarian "
        f"algorithm keeps a label for every candidate and needs {steps} steps: {told(found['Hungarian'])}, and no "
        "matching has more. Where scripts run, the scores can be edited here and both can be stepped through, forwards "
        "and back."
    )
    return words, draw_matchings(scores, found, row=row, column=column).png()
