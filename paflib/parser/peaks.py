"""Peaks of confidence maps: the candidates for each part.

Non-maximum suppression on the network's own grid, then a sub-pixel refinement from the cells around each peak. Nothing
is upsampled: what the x8 cubic upsampling of the released programs would show around a peak is worked out there alone.
Derived in the book's chapter on confidence maps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal

import numpy as np

from paflib._check import check_finite, check_shape
from paflib.errors import ShapeError
from paflib.parser.sampling import cubic_weights

Refine = Literal["parabola", "cubic", "none"]
Trace = list[dict[str, Any]]

_FLOOR = 1e-4  # of the peak: keeps the logarithm of an empty or negative neighbour finite
_TIE = 1e-12  # of its height: pixels that differ by less are equally high
_DIP = 0.05  # a corner lower than a cell by more lies between two peaks, and not on the slope of a noisy one
_MOST = np.log(2.0)  # the most by which a peak between cells exceeds its highest cell; narrower ones the grid misses


@dataclass(frozen=True, eq=False)
class Peaks:
    """P candidates, ordered by part and then row by row.

    Args:
        part: (P,) part index of each.
        xy: (P, 2) refined position in cells of S, (x, y).
        score: (P,) height of the map there.
        cell: (P, 2) the cell (x, y) that is highest among its neighbours.
    """

    part: np.ndarray
    xy: np.ndarray
    score: np.ndarray
    cell: np.ndarray

    def __len__(self) -> int:
        return len(self.part)

    def of(self, part: int) -> np.ndarray:
        """Indices of the candidates for one part."""
        return np.arange(*np.searchsorted(self.part, [part, part + 1]))


def find_peaks(
    S: np.ndarray,
    threshold: float = 0.05,
    refine: Refine = "parabola",
    trace: Trace | None = None,
    neighbours: Literal[8, 4] = 8,
) -> Peaks:
    """Peaks of S (J, h, w): cells above the threshold and above their eight neighbours, cells of the border included.

    Where equal cells meet, the first in row order is the peak: a joint exactly between two cells is found once.

    Args:
        S: (J, h, w) confidence maps, without background.
        threshold: what a cell must exceed.
        refine: ``"parabola"`` through the logarithms of three cells along x and along y, exact for a Gaussian, whose
            logarithm is a parabola; ``"cubic"``, the highest pixel of the x8 cubic upsampling around the cell, what the
            released programs see (FACTS 1.5); ``"none"``, the cell itself.
        trace: a list to which one entry a peak is appended.
        neighbours: 8, or 4 to let a higher cell beyond a corner count only where there is no dip between: where the
            mean of the four cells around the corner is lower than the cell by no more than 0.05. Two people's parts in
            cells that touch at a corner are then two peaks, as on the upsampled map; one part, faint or not, remains
            one under noise that is not above the dip. The cubic refinement then stays in the peak's own cell.

    Raises:
        ShapeError: when S is not (J, h, w), holds NaN, or ``refine`` or ``neighbours`` is unknown.
    """
    S = np.asarray(S)
    check_shape("S", S, "J h w")
    check_finite("S", S)
    if refine not in _REFINE:
        raise ShapeError(f"refine is {refine!r}, wanted one of {', '.join(map(repr, _REFINE))}")
    if neighbours not in (8, 4):
        raise ShapeError(f"neighbours is {neighbours!r}, wanted 8 or 4")
    part, y, x = np.nonzero(_local_maxima(S, neighbours) & (threshold < S))
    if neighbours == 4:
        part, y, x = (index[_beats_corners(S, part, y, x)] for index in (part, y, x))
    step = partial(_cubic_patch, reach=neighbours / 8) if refine == "cubic" else _REFINE[refine]
    xy, score = step(S.astype(float), part, y, x)
    peaks = Peaks(part, xy, score, np.stack([x, y], axis=-1))
    if trace is not None:
        trace += [
            {"step": "peak", "peak": i, "part": int(part[i]), "cell": peaks.cell[i].tolist(), "xy": xy[i].tolist(),
             "score": float(score[i])}
            for i in range(len(peaks))
        ]  # fmt: skip
    return peaks


def _local_maxima(S: np.ndarray, neighbours: int = 8) -> np.ndarray:
    _, h, w = S.shape
    padded = np.pad(S, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    highest = np.ones(S.shape, bool)
    for k in range(9):
        if neighbours == 4 and k % 2 == 0:  # corners, and the middle
            continue
        dy, dx = divmod(k, 3)
        neighbour = padded[:, dy : dy + h, dx : dx + w]
        if k < 4:  # in row order before the cell: must be lower, so that of equal cells the first is the peak
            highest &= neighbour < S
        elif k > 4:
            highest &= neighbour <= S
    return highest


def _beats_corners(S: np.ndarray, part: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Of cells that are higher than those beside, above and below: which are a peak, whatever is beyond the corners."""
    padded = np.pad(S.astype(float), ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    value, good = padded[part, y + 1, x + 1], np.ones(len(part), bool)
    for dy in (-1, 1):
        for dx in (-1, 1):
            beyond = padded[part, y + 1 + dy, x + 1 + dx]
            corner = value + beyond + padded[part, y + 1, x + 1 + dx] + padded[part, y + 1 + dy, x + 1]
            good &= (beyond < value if dy < 0 else beyond <= value) | (corner < 4 * (value - _DIP))
    return good


def _no_refinement(S: np.ndarray, part: np.ndarray, y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.stack([x, y], axis=-1).astype(float), S[part, y, x]


def _log_parabola(S: np.ndarray, part: np.ndarray, y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertex and height of the parabolas through the logarithms of three cells, along x and along y.

    At the border the three cells are the outermost ones. The vertex stays within half a cell of the peak.
    """
    _, h, w = S.shape
    peak = S[part, y, x]
    shift, gain = np.zeros((len(part), 2)), np.zeros(len(part))
    for axis, (at, size) in enumerate(((x, w), (y, h))):
        if size < 3:
            continue
        middle = np.clip(at, 1, size - 2)
        cells = [(part, y, middle + k) if axis == 0 else (part, middle + k, x) for k in (-1, 0, 1)]
        low, mid, high = (np.log(np.maximum(S[cell], _FLOOR * peak) / peak) for cell in cells)
        slope, bend = (high - low) / 2, low - 2 * mid + high
        curved = bend < -1e-12
        vertex = middle - np.divide(slope, bend, out=np.zeros_like(bend), where=curved)
        shift[:, axis] = np.where(curved, np.clip(vertex - at, -0.5, 0.5), 0.0)
        t = at + shift[:, axis] - middle
        gain += np.where(curved, mid + slope * t + bend * t**2 / 2, 0.0)
    return np.stack([x, y], axis=-1) + shift, peak * np.exp(np.clip(gain, 0.0, _MOST))


_FACTOR = 8
# Upsampled pixel k lies at cell (k + 0.5) / 8 - 0.5; these sixteen lie within one cell of the peak.
_OFFSETS = (np.arange(-_FACTOR, _FACTOR) + _FACTOR / 2 + 0.5) / _FACTOR - 0.5


def _cubic_patch(
    S: np.ndarray, part: np.ndarray, y: np.ndarray, x: np.ndarray, reach: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """The highest pixel of the x8 cubic upsampling within one cell of each peak, or within another ``reach``."""
    _, h, w = S.shape
    patch = upsampled_patch(S, part, y, x)  # (P, 16, 16)
    rows, columns = y[:, None] + _OFFSETS, x[:, None] + _OFFSETS
    near = np.abs(_OFFSETS) < reach
    inside = (_in_map(rows, h) & near)[:, :, None] & (_in_map(columns, w) & near)[:, None, :]
    patch = np.where(inside, patch, -np.inf).reshape(len(part), len(_OFFSETS) ** 2)
    top = patch.max(axis=1, initial=-np.inf, keepdims=True)
    # Pixels either side of a symmetric peak tie but for rounding: the first in row order is the one, as among cells.
    best = (patch >= top - _TIE * np.abs(top)).argmax(axis=1)
    row, column = np.divmod(best, len(_OFFSETS))
    xy = np.stack([x + _OFFSETS[column], y + _OFFSETS[row]], axis=-1)
    return xy, patch[np.arange(len(part)), best]


def upsampled_patch(S: np.ndarray, part: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The (P, 16, 16) pixels of the x8 cubic upsampling of S within one cell of each given cell.

    Equal to ``cv2.resize(S[j], None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)`` there, border included.
    """
    _, h, w = S.shape
    reach = np.arange(-3, 4)
    rows = np.clip(y[:, None] + reach, 0, h - 1)  # (P, 7): the border is repeated, as OpenCV does
    columns = np.clip(x[:, None] + reach, 0, w - 1)
    cells = S[part[:, None, None], rows[:, :, None], columns[:, None, :]]  # (P, 7, 7)
    weights = patch_weights()
    result: np.ndarray = np.einsum("ur,prc,vc->puv", weights, cells, weights, optimize=True)
    return result


@cache
def patch_weights() -> np.ndarray:
    """Weights (16, 7) of the seven cells around a peak for the sixteen pixels of the x8 upsampling there."""
    base = np.floor(_OFFSETS).astype(int)
    weights = np.zeros((len(_OFFSETS), 7))
    for k, tap in enumerate(cubic_weights(_OFFSETS - base)):
        weights[np.arange(len(_OFFSETS)), base + k - 1 + 3] = tap
    return weights


def float32_limit(threshold: float) -> Any:
    """The float32 number that float32 cells exceed when they exceed the threshold, as NumPy compares the two.

    A Python number is compared as float32; a float64 one of NumPy's as it is, which may lie between two of float32's.
    """
    exact = np.result_type(np.float32, threshold).type(threshold)
    limit = np.float32(exact)
    return np.nextafter(limit, np.float32(-np.inf)) if limit > exact else limit


def _in_map(at: np.ndarray, size: int) -> np.ndarray:
    return (at > -0.5) & (at < size - 0.5)


_REFINE = {"parabola": _log_parabola, "cubic": _cubic_patch, "none": _no_refinement}
