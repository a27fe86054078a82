"""Line integrals: how well a field supports a candidate limb (TPAMI Eq. 11 and 12).

Derived in the book's chapter on line integrals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from paflib._check import check_shape
from paflib.fields import Fields
from paflib.parser.options import ParserOptions
from paflib.parser.peaks import Peaks, Trace
from paflib.parser.sampling import sample

_UPSAMPLING = 8  # the resolution at which the released programs sample and measure distances, in pixels per cell
_CHUNK = 100_000  # pairs scored at a time, which bounds the memory for thousands of candidates


@dataclass(frozen=True, eq=False)
class Connections:
    """K scored pairs of candidates, each one a possible limb.

    Args:
        limb: (K,) limb index.  a, b: (K,) indices into the peaks, of the limb's start and end.  score: (K,) E.
    """

    limb: np.ndarray
    a: np.ndarray
    b: np.ndarray
    score: np.ndarray

    def __len__(self) -> int:
        return len(self.limb)

    def __getitem__(self, index: np.ndarray) -> Connections:
        return Connections(self.limb[index], self.a[index], self.b[index], self.score[index])

    def of(self, limb: int) -> Connections:
        """The connections of one limb."""
        return self[np.nonzero(self.limb == limb)[0]]

    @classmethod
    def concatenate(cls, pieces: list[Connections]) -> Connections:
        """Several sets as one, in order."""
        if not pieces:
            none = np.zeros(0, int)
            return cls(none, none, none, np.zeros(0))
        return cls(
            *(np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("limb", "a", "b", "score"))
        )


def line_integral(field: np.ndarray, a: ArrayLike, b: ArrayLike, samples: int = 10) -> tuple[float, np.ndarray]:
    """E of one candidate limb, and the dot products it is the mean of (Eq. 11, by ``samples`` uniform points, Eq. 12).

    Args:
        field: (2, h, w), one limb's field.  a, b: (2,) its ends in cells, (x, y).

    Returns:
        E, and (samples,) dot products of the field with the unit vector from a to b, both ends included.
    """
    check_shape("field", field, "2 h w")
    start, end = (np.asarray(point, float)[None] for point in (a, b))
    dots = _uniform_dots(field, start, end, ParserOptions(samples=samples))[0]
    return float(dots.mean()), dots


def score_pairs(
    field: np.ndarray, starts: np.ndarray, ends: np.ndarray, options: ParserOptions | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Score every pair of a start and an end on one limb's field.

    Args:
        field: (2, h, w).  starts: (n, 2).  ends: (m, 2), in cells of the field, (x, y).

    Returns:
        ``E`` (n, m), and ``good`` (n, m) bool: pairs with a positive E that enough of their samples support.
    """
    options = options or ParserOptions()
    check_shape("field", field, "2 h w")
    n, m = len(starts), len(ends)
    E, good = np.zeros(n * m), np.zeros(n * m, bool)
    for first in range(0, n * m, _CHUNK):
        i, j = np.divmod(np.arange(first, min(first + _CHUNK, n * m)), m)
        E[first : first + len(i)], good[first : first + len(i)] = _score(field, starts[i], ends[j], options)
    return E.reshape(n, m), good.reshape(n, m)


def score_limbs(
    fields: Fields, peaks: Peaks, options: ParserOptions | None = None, trace: Trace | None = None
) -> Connections:
    """All good pairs of candidates of all limbs, limb by limb in channel order.

    Peaks are moved from the grid of S to the grid of L, which may lie elsewhere or be finer.
    """
    xy = fields.L_grid.to_cells(fields.S_grid.to_pixels(peaks.xy))
    pieces = []
    for c, (start, end) in enumerate(fields.skeleton.limbs):
        a, b = peaks.of(start), peaks.of(end)
        E, good = score_pairs(fields.L[c], xy[a], xy[b], options)
        i, j = np.nonzero(good)
        pieces.append(Connections(np.full(len(i), c), a[i], b[j], E[i, j]))
        if trace is not None:
            trace += [
                {
                    "step": "pair",
                    "limb": c,
                    "a": int(a[i]),
                    "b": int(b[j]),
                    "score": float(E[i, j]),
                    "good": bool(good[i, j]),
                }
                for i in range(len(a))
                for j in range(len(b))
            ]
    return Connections.concatenate(pieces)


def _score(field: np.ndarray, a: np.ndarray, b: np.ndarray, options: ParserOptions) -> tuple[np.ndarray, np.ndarray]:
    length = np.linalg.norm(b - a, axis=-1)
    dots = (
        _openpose_dots(field, a, b, options) if options.samples == "openpose" else _uniform_dots(field, a, b, options)
    )
    taken = ~np.isnan(dots)  # OpenPose's number of samples differs from pair to pair
    supporting = taken & (np.nan_to_num(dots) > options.sample_threshold)
    share = supporting.sum(axis=-1) / taken.sum(axis=-1)
    counted = supporting if options.mean_of == "supporting" else taken
    E = np.where(counted, dots, 0.0).sum(axis=-1) / np.maximum(counted.sum(axis=-1), 1)
    _, h, w = field.shape
    if options.distance_prior:
        E = E + np.minimum(0.5 * h / np.maximum(length, 1e-9) - 1, 0)
    # The margin keeps shares like 8 of 10 from failing by a rounding error.
    good = (share >= options.support - 1e-9) & (E > 1e-6) & (length * _UPSAMPLING > 1e-6)
    if options.rescue_near:
        near = ~good & (length < np.sqrt(w * h) / 150) & (length * _UPSAMPLING > 1e-6)
        E, good = np.where(near, options.peak_threshold + 1e-6, E), good | near
    return E, good


def _uniform_dots(field: np.ndarray, a: np.ndarray, b: np.ndarray, options: ParserOptions) -> np.ndarray:
    assert isinstance(options.samples, int)
    share = np.linspace(0, 1, options.samples)[:, None]
    points = a[:, None] * (1 - share) + b[:, None] * share  # (P, samples, 2)
    return _dots(field, points, a, b, options)


def _openpose_dots(field: np.ndarray, a: np.ndarray, b: np.ndarray, options: ParserOptions) -> np.ndarray:
    """As OpenPose samples (FACTS 1.4): on whole pixels of the x8 map, 5 to 25 of them, the end left out; NaN pads."""
    _, h, w = field.shape
    start, end = ((xy + 0.5) * _UPSAMPLING - 0.5 for xy in (a, b))  # cells to pixels of the upsampled map
    n = np.clip(np.floor(np.sqrt(5 * np.abs(end - start).max(axis=-1)) + 0.5), 5, 25)
    step = np.arange(25)  # for all pairs, so that sums do not depend on what else is summed
    pixels = start[:, None] + step[:, None] * ((end - start) / n[:, None])[:, None]  # (P, 25, 2)
    pixels = np.clip(np.floor(pixels + 0.5), 0, np.array([w, h]) * _UPSAMPLING - 1)
    dots = _dots(field, (pixels + 0.5) / _UPSAMPLING - 0.5, a, b, options)
    return np.where(step < n[:, None], dots, np.nan)


def _dots(field: np.ndarray, points: np.ndarray, a: np.ndarray, b: np.ndarray, options: ParserOptions) -> np.ndarray:
    v = b - a
    u = v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)  # (P, 2)
    result: np.ndarray = np.einsum("kps,pk->ps", sample(field, points, options.kernel), u)
    return result
