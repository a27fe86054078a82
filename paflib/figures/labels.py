"""Where short pieces of type go: beside what they name, inside the picture, and on nothing that matters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from paflib.figures.style import FONT

_MARK, _LABEL = 20.0, 15.0  # what it costs to cover one of these
_STEPS = np.linspace(0, 1, 33)


def text_size(text: str, size: float = FONT) -> tuple[float, float]:
    """Half the width and half the height of a line of type in its box, in points: nearly, for digits and capitals."""
    return 0.32 * size * len(text) + 2.5, 0.6 * size + 1.5


def along(a: np.ndarray, b: np.ndarray, half: tuple[float, float], shares: Iterable[float]) -> np.ndarray:
    """(K, 2): places for a label of a line from a to b: on it at these shares of its way, then beside it at both sides.

    Points and half sizes are in one unit, points of type for one.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    v = (b - a) / max(float(np.hypot(*(b - a))), 1e-9)
    normal = np.array([-v[1], v[0]])
    aside = abs(normal[0]) * half[0] + abs(normal[1]) * half[1] + 3.0  # so that the box just clears the line
    middles = [a + share * (b - a) for share in shares]
    return np.array([m + side * aside * normal for side in (0, 1, -1, 1.4, -1.4, 1.8, -1.8) for m in middles])


@dataclass
class Room:
    """What is taken in a picture: marks, lines and the labels placed so far; everything in points of type.

    Args:
        box: left, top, right, bottom of the picture.
        marks: centres (K, 2) of what must not be covered, each ``radius`` to all sides.
        radius: of a mark.
        lines: (start, end, cost) of lines and of what it costs to interrupt them.
    """

    box: tuple[float, float, float, float]
    marks: np.ndarray
    radius: float
    lines: Sequence[tuple[np.ndarray, np.ndarray, float]] = ()
    labels: list[tuple[float, float, float, float]] = field(default_factory=list)

    def place(self, candidates: np.ndarray, half: tuple[float, float], own: int | None = None) -> np.ndarray:
        """The centre, among the candidates moved into the picture, that costs least; of equal ones the first. Takes it.

        Args:
            candidates: (K, 2).
            half: half the label's width and height.
            own: the index of the line that the label belongs to, which it may lie on.
        """
        left, top, right, bottom = self.box
        low, high = np.array([left, top]) + half, np.array([right, bottom]) - half
        inside = np.clip(candidates, np.minimum(low, high), np.maximum(low, high))
        costs = [self._cost(centre, half, own) + 0.02 * float(np.hypot(*(centre - wanted)))
                 for centre, wanted in zip(inside, candidates, strict=True)]  # fmt: skip
        best = inside[int(np.argmin(costs))]
        self.labels.append((float(best[0]), float(best[1]), *half))
        return np.asarray(best)

    def _cost(self, centre: np.ndarray, half: tuple[float, float], own: int | None) -> float:
        reach = np.asarray(half)
        cost = _MARK * float((np.abs(self.marks - centre) < reach + self.radius).all(axis=-1).sum())
        for x, y, w, h in self.labels:
            cost += _LABEL * (abs(x - centre[0]) < w + reach[0] and abs(y - centre[1]) < h + reach[1])
        for k, (a, b, price) in enumerate(self.lines):
            points = np.asarray(a) + _STEPS[:, None] * (np.asarray(b) - np.asarray(a))
            cost += price * (k != own and bool((np.abs(points - centre) < reach + 1.0).all(axis=1).any()))
        return cost
