"""The parser compiled by Numba: from fields to the same people as the plain road, in a hundredth of its time.

Everything happens on the grid of the fields: peaks by a walk over the cells, line integrals at the points that they
need, assembly over arrays instead of objects. Each step does the plain one's arithmetic in the plain one's order, so
that even ties fall the same way; what is new is only what is left out, see :func:`_score`.

This module imports Numba, and nothing imports this module before it is used. All kernels stand in this file, because
Numba's cache does not notice an edited helper or constant of another one; what they need from there they are handed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np

from paflib._check import check_finite
from paflib.fetching import cache_folder
from paflib.fields import Fields, Grid
from paflib.parser import integral, peaks
from paflib.parser.integral import Connections
from paflib.parser.matching import match_limbs
from paflib.parser.options import ParserOptions
from paflib.people import People
from paflib.skeleton import Skeleton

_REFINE = {"none": 0, "parabola": 1, "cubic": 2}
_KERNEL = {"nearest": 0, "bilinear": 1, "cubic": 2}


def decode(fields: Fields, options: ParserOptions) -> People:
    """The people that :func:`paflib.parser.parse` finds with the same options.

    Args:
        fields: of one image.
        options: that :func:`paflib.parser.covers` says yes to.

    Raises:
        ShapeError: for confidence maps with NaN in them.
    """
    first, xy, height = find_peaks(fields.S, options)
    found = score_limbs(fields, first, xy, options)
    return assemble(found, xy, height, fields.skeleton, fields.S_grid, options)


def assemble(
    found: Connections, xy: np.ndarray, height: np.ndarray, skeleton: Skeleton, S_grid: Grid, options: ParserOptions
) -> People:
    """People from scored pairs.

    Args:
        found: good pairs of candidates, limb by limb, by start and end; indices are int64.
        xy: (P, 2) positions of the candidates in cells of S.  height: (P,) of the map there.
        skeleton, S_grid: of the fields.
    """
    if options.assembly == "sorted":
        weight = found.score
        if options.peak_weight:
            weight = weight + options.peak_weight * (height[found.a] + height[found.b])
        order = np.argsort(-weight, kind="stable")  # of equal ones the smaller limb, start and end: they stand first
        filling = np.zeros(skeleton.C, bool)
    else:
        found, order = _matched(found, skeleton, options, len(xy))
        filling = np.isin(np.arange(skeleton.C), skeleton.redundant or ())
    merging = options.assembly == "root-first" or options.contradiction == "merge"
    parts, total = _assemble(
        found.limb, found.a, found.b, found.score, order, filling, merging, _limbs(skeleton), skeleton.J, height
    )
    return _people(parts, total, xy, height, skeleton, S_grid, options)


def decode_batch(batch: Sequence[Fields], options: ParserOptions, threads: int | None = None) -> list[People]:
    """:func:`decode` each, several at a time: the kernels run without Python's lock.

    Args:
        batch: fields of any images, of whatever sizes and skeletons.
        options: of the parser.
        threads: how many at a time; by default as many as there are processors for this process.
    """
    threads = _processors() if threads is None else threads
    if min(threads, len(batch)) <= 1:
        return [decode(fields, options) for fields in batch]
    with ThreadPoolExecutor(min(threads, len(batch))) as pool:
        return list(pool.map(lambda fields: decode(fields, options), batch))


@cache
def compile_time() -> float:
    """Seconds that the first call in this process spends on compiling the kernels, or on reading them from the cache.

    Once they are ready, it returns the same number again.
    """
    skeleton = Skeleton("stick", ("tip", "foot"), ((0, 1),))
    fields = Fields(np.zeros((2, 3, 3)), np.zeros((1, 2, 3, 3)), skeleton)
    before = time.perf_counter()
    decode(fields, ParserOptions())
    decode(fields, ParserOptions(assembly="root-first"))
    return time.perf_counter() - before


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# ---- the steps, as decode takes them ---------------------------------------------------------------------------------


def find_peaks(S: np.ndarray, options: ParserOptions) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Peaks as :func:`paflib.parser.find_peaks` has them.

    Returns:
        ``first`` (J + 1,): the candidates for part j are ``first[j]`` to ``first[j + 1]``; their positions ``xy``
        (P, 2) in cells of S, and their heights (P,).
    """
    limit = peaks.float32_limit(options.peak_threshold)
    part, xy, height = _find_peaks(
        _own(S), limit, _REFINE[options.refine], peaks._FLOOR, float(peaks._MOST), peaks._TIE,
        peaks.patch_weights(), peaks._OFFSETS, options.neighbours, peaks._DIP,
    )  # fmt: skip
    if len(part) and part[0] < 0:
        check_finite("S", S)
    return np.searchsorted(part, np.arange(len(S) + 1)), xy, height


def score_limbs(
    fields: Fields, first: np.ndarray, xy: np.ndarray, options: ParserOptions, quick: bool = True
) -> Connections:
    """All good pairs of candidates as :func:`paflib.parser.score_limbs` has them, limb by limb, by start and end.

    Args:
        fields: of which L is read.  first, xy: of :func:`find_peaks`.
        quick: leave hopeless pairs early; without it every sample of every pair is read, which changes nothing.
    """
    S_grid, L_grid = (np.array([grid.stride, grid.origin]) for grid in (fields.S_grid, fields.L_grid))
    limb, a, b, score = _score(
        _own(fields.L), _limbs(fields.skeleton), first, xy, S_grid, L_grid, _reading(options), quick
    )
    return Connections(limb, a, b, score)


def _matched(
    candidates: Connections, skeleton: Skeleton, options: ParserOptions, total: int
) -> tuple[Connections, np.ndarray]:
    """The matched connections, and the order in which the root-first assembly takes them."""
    parse_order = np.array(skeleton.parse_order, np.int64)
    if options.matching != "greedy":  # solved by SciPy, which is compiled already
        matched = match_limbs(candidates, options.matching)
        order = np.concatenate([np.nonzero(matched.limb == c)[0] for c in parse_order] or [np.zeros(0, np.int64)])
        return Connections(matched.limb.astype(np.int64), matched.a, matched.b, matched.score), order
    best_first = np.lexsort((-candidates.score, candidates.limb))
    starts = np.searchsorted(candidates.limb, np.arange(skeleton.C + 1))
    order = _match_greedily(candidates.a, candidates.b, candidates.score, best_first, starts, parse_order, total)
    return candidates, order


def _people(
    parts: np.ndarray, score: np.ndarray, xy: np.ndarray, height: np.ndarray, skeleton: Skeleton, S_grid: Grid,
    options: ParserOptions,
) -> People:  # fmt: skip
    """The people worth keeping, best first, as :func:`paflib.parser.people_of` has them."""
    count = (parts >= 0).sum(axis=1)
    kept = np.nonzero(count >= max(1, min(options.min_parts, skeleton.J)))[0]
    kept = kept[score[kept] / count[kept] >= options.min_score]
    kept = kept[np.argsort(-score[kept], kind="stable")]
    chosen = parts[kept]  # (N, J)
    keypoints = np.zeros((len(kept), skeleton.J, 3))
    person, part = np.nonzero(chosen >= 0)
    peak = chosen[person, part]
    keypoints[person, part, :2] = S_grid.to_pixels(xy[peak])
    keypoints[person, part, 2] = height[peak]
    return People(keypoints, score[kept] / max(skeleton.J + skeleton.C, 1), skeleton)


def _own(maps: np.ndarray) -> np.ndarray:
    """The maps as the one type that the kernels are compiled for."""
    return np.require(maps, np.float32, ("C", "A", "W"))


@cache
def _limbs(skeleton: Skeleton) -> np.ndarray:
    return np.array(skeleton.limbs, np.int64).reshape(-1, 2)


class _Reading(NamedTuple):
    """How line integrals are read and judged.

    ``share`` (n,) are the samples' places between the ends, none for OpenPose's. Rows of ``order`` and ``allowed`` are
    for n samples, or for any number where there is one row only: the samples in the order in which they are looked at,
    and how many of them may fail.
    """

    kernel: int
    upsampling: int
    share: np.ndarray
    order: np.ndarray
    allowed: np.ndarray
    sample_threshold: float
    supporting: bool
    distance_prior: bool
    rescue_near: bool
    rescue_score: float


@cache
def _reading(options: ParserOptions) -> _Reading:
    whole = options.samples if isinstance(options.samples, int) else 25
    counts = [whole] if isinstance(options.samples, int) else range(whole + 1)
    order = np.zeros((len(counts), whole), np.int64)
    allowed = np.zeros(len(counts), np.int64)
    for row, n in enumerate(counts):
        # The middle first: the field is strong near both ends whoever they belong to.
        order[row, :n] = sorted(range(n), key=lambda k: (_halvings(k, n), k))
        enough = [k for k in range(n + 1) if n and k / n >= options.support - 1e-9]
        allowed[row] = n - enough[0] if enough else -1
    share = np.linspace(0, 1, whole) if isinstance(options.samples, int) else np.zeros(0)
    return _Reading(
        _KERNEL[options.kernel], integral._UPSAMPLING, share, order, allowed, float(options.sample_threshold),
        options.mean_of == "supporting", options.distance_prior, options.rescue_near, options.peak_threshold + 1e-6,
    )  # fmt: skip


def _halvings(k: int, n: int) -> int:
    """How often [0, n) is halved until sample k is in the middle of its piece."""
    low, high, depth = 0, n, 0
    while (middle := (low + high) // 2) != k:
        low, high, depth = (middle + 1, high, depth + 1) if k > middle else (low, middle, depth + 1)
    return depth


# ---- kernels ---------------------------------------------------------------------------------------------------------


def _kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function when it is first called, and cache it where that can be written.

    Numba takes ``NUMBA_CACHE_DIR``, else the folder of this file, else the user's; where it can write none of them, the
    cache folder of paflib is tried, and after that there is no cache.
    """
    config: Any = numba.config
    given = config.CACHE_DIR
    for folder in (given, str(cache_folder() / "numba")):
        config.CACHE_DIR = folder
        try:
            return numba.njit(nogil=True, cache=True)(function)
        except RuntimeError:  # "no locator available"
            continue
        finally:
            config.CACHE_DIR = given
    return numba.njit(nogil=True)(function)


@_kernel
def _grown(array):  # type: ignore[no-untyped-def]
    """The array with as much room again behind it."""
    result = np.empty(2 * len(array), array.dtype)
    result[: len(array)] = array
    return result


@_kernel
def _is_peak(S, j, y, x, neighbours, dip):  # type: ignore[no-untyped-def]
    """Whether a cell is higher than its neighbours; of equal cells the first in row order is the peak.

    With 4 neighbours one beyond a corner does not count where the corner is lower than the cell by more than ``dip``.
    """
    _, h, w = S.shape
    value = S[j, y, x]
    for dy in range(-1, 2):
        for dx in range(-1, 2):
            before = dy < 0 or (dy == 0 and dx < 0)
            if (dy == 0 and dx == 0) or not (0 <= y + dy < h and 0 <= x + dx < w):
                continue
            other = S[j, y + dy, x + dx]
            if other > value or (before and other == value):
                if neighbours == 4 and dy != 0 and dx != 0:
                    four = float(value) + float(other) + float(S[j, y, x + dx]) + float(S[j, y + dy, x])
                    if four < 4 * (float(value) - dip):
                        continue
                return False
    return True


@_kernel
def _vertex(low, mid, high, at, middle, floor, peak):  # type: ignore[no-untyped-def]
    """Along one axis: how far from cell ``at`` the parabola through three logarithms peaks, and its height there."""
    low = np.log(max(low, floor * peak) / peak)
    mid = np.log(max(mid, floor * peak) / peak)
    high = np.log(max(high, floor * peak) / peak)
    slope, bend = (high - low) / 2, low - 2 * mid + high
    if not bend < -1e-12:
        return 0.0, 0.0
    shift = min(max(middle - slope / bend - at, -0.5), 0.5)
    t = at + shift - middle
    return shift, mid + slope * t + bend * (t * t) / 2


@_kernel
def _log_parabola(S, j, y, x, floor, most):  # type: ignore[no-untyped-def]
    _, h, w = S.shape
    peak = float(S[j, y, x])
    dx, dy, gain = 0.0, 0.0, 0.0
    if w >= 3:
        m = min(max(x, 1), w - 2)
        dx, more = _vertex(float(S[j, y, m - 1]), float(S[j, y, m]), float(S[j, y, m + 1]), x, m, floor, peak)
        gain += more
    if h >= 3:
        m = min(max(y, 1), h - 2)
        dy, more = _vertex(float(S[j, m - 1, x]), float(S[j, m, x]), float(S[j, m + 1, x]), y, m, floor, peak)
        gain += more
    return x + dx, y + dy, peak * np.exp(min(max(gain, 0.0), most))


@_kernel
def _cubic_patch(S, j, y, x, weights, offsets, tie, reach, rows, patch):  # type: ignore[no-untyped-def]
    """The highest pixel of the x8 upsampling within ``reach`` cells; of those that tie, the first in row order."""
    _, h, w = S.shape
    pixels = len(offsets)
    for u in range(pixels):
        for c in range(7):
            total = 0.0
            for r in range(7):
                total += weights[u, r] * S[j, min(max(y + r - 3, 0), h - 1), min(max(x + c - 3, 0), w - 1)]
            rows[u, c] = total
    top = -np.inf
    for u in range(pixels):
        row = y + offsets[u]
        for v in range(pixels):
            column = x + offsets[v]
            patch[u, v] = -np.inf
            near = max(abs(offsets[u]), abs(offsets[v])) < reach
            if near and -0.5 < row < h - 0.5 and -0.5 < column < w - 0.5:
                total = 0.0
                for c in range(7):
                    total += rows[u, c] * weights[v, c]
                patch[u, v] = total
                top = max(top, total)
    least = top - tie * abs(top)
    for u in range(pixels):
        for v in range(pixels):
            if patch[u, v] >= least:
                return x + offsets[v], y + offsets[u], patch[u, v]
    return float(x), float(y), top


@_kernel
def _find_peaks(S, threshold, refine, floor, most, tie, weights, offsets, neighbours, dip):  # type: ignore[no-untyped-def]
    """Part (P,), position (P, 2) and height (P,) of all peaks; a part of -1 where a cell is NaN or infinite."""
    J, h, w = S.shape
    huge = np.float32(3.4028234e38)
    n, part, column, row = 0, np.empty(256, np.int64), np.empty(256, np.int64), np.empty(256, np.int64)
    for j in range(J):
        for y in range(h):
            rest = 0
            for x in range(w):  # counted without a branch, several cells at a time; in most rows there is none
                rest += not -huge <= S[j, y, x] <= threshold
            for x in range(w if rest else 0):
                value = S[j, y, x]
                if -huge <= value <= threshold:
                    continue
                if not -huge <= value <= huge:
                    return np.full(1, -1), np.zeros((1, 2)), np.zeros(1)
                if _is_peak(S, j, y, x, neighbours, dip):
                    if n == len(part):
                        part, column, row = _grown(part), _grown(column), _grown(row)
                    part[n], column[n], row[n] = j, x, y
                    n += 1
    xy, height = np.empty((n, 2)), np.empty(n)
    rows, patch = np.empty((len(offsets), 7)), np.empty((len(offsets), len(offsets)))
    for i in range(n):
        j, y, x = part[i], row[i], column[i]
        if refine == 1:
            xy[i, 0], xy[i, 1], height[i] = _log_parabola(S, j, y, x, floor, most)
        elif refine == 2:
            xy[i, 0], xy[i, 1], height[i] = _cubic_patch(S, j, y, x, weights, offsets, tie, neighbours / 8, rows, patch)
        else:
            xy[i, 0], xy[i, 1], height[i] = float(x), float(y), S[j, y, x]
    return part[:n], xy, height


@_kernel
def _cubic(t):  # type: ignore[no-untyped-def]
    """OpenCV's cubic weights of the cells at -1, 0, 1, 2, as in paflib.parser.sampling."""
    s, far, near = 1 - t, 1 + t, 2 - t
    return (
        -0.75 * (far * far * far - 5 * (far * far) + 8 * far - 4),
        1.25 * (t * t * t) - 2.25 * (t * t) + 1,
        1.25 * (s * s * s) - 2.25 * (s * s) + 1,
        -0.75 * (near * near * near - 5 * (near * near) + 8 * near - 4),
    )


@_kernel
def _bilinear_dot(field, x, y, ux, uy):  # type: ignore[no-untyped-def]
    """The field (2, h, w) at a point, along the direction u."""
    _, h, w = field.shape
    bx, by = int(np.floor(x)), int(np.floor(y))
    tx, ty = x - bx, y - by
    left, right = min(max(bx, 0), w - 1), min(max(bx + 1, 0), w - 1)
    up, down = min(max(by, 0), h - 1), min(max(by + 1, 0), h - 1)
    one, two, three, four = (1 - ty) * (1 - tx), (1 - ty) * tx, ty * (1 - tx), ty * tx
    vx = field[0, up, left] * one + field[0, up, right] * two
    vx = vx + field[0, down, left] * three + field[0, down, right] * four
    vy = field[1, up, left] * one + field[1, up, right] * two
    vy = vy + field[1, down, left] * three + field[1, down, right] * four
    return vx * ux + vy * uy


@_kernel
def _other_dot(field, x, y, ux, uy, kernel):  # type: ignore[no-untyped-def]
    """The same by the nearest cell, or by cubic weights."""
    _, h, w = field.shape
    if kernel == 0:
        column = min(max(int(np.floor(x + 0.5)), 0), w - 1)
        row = min(max(int(np.floor(y + 0.5)), 0), h - 1)
        return field[0, row, column] * ux + field[1, row, column] * uy
    bx, by = int(np.floor(x)), int(np.floor(y))
    along, across = _cubic(x - bx), _cubic(y - by)
    vx, vy = 0.0, 0.0
    for i in range(4):
        row = min(max(by + i - 1, 0), h - 1)
        for k in range(4):
            column = min(max(bx + k - 1, 0), w - 1)
            weight = across[i] * along[k]
            vx += field[0, row, column] * weight
            vy += field[1, row, column] * weight
    return vx * ux + vy * uy


@_kernel
def _sum(values, n):  # type: ignore[no-untyped-def]
    """The sum of the first n, added up in the order in which NumPy adds up so few."""
    if n < 8:
        total = 0.0
        for k in range(n):
            total += values[k]
        return total
    a, b, c, d, e, f, g, h = values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7]
    whole = n - n % 8
    for k in range(8, whole, 8):
        a, b, c, d = a + values[k], b + values[k + 1], c + values[k + 2], d + values[k + 3]
        e, f, g, h = e + values[k + 4], f + values[k + 5], g + values[k + 6], h + values[k + 7]
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for k in range(whole, n):
        total += values[k]
    return total


@_kernel
def _octant(x, y):  # type: ignore[no-untyped-def]
    """Which eighth of the circle a direction lies in, as one bit."""
    return 1 << ((x < 0) + 2 * (y < 0) + 4 * (abs(y) > abs(x)))


@_kernel
def _mark_live(field, kernel, threshold, live, marks):  # type: ignore[no-untyped-def]
    """For the cells after which a sample lies, in which octants of directions it may exceed the threshold: _score, 2.

    Bit k of octant k is set where a vector around is long enough along one of the octant's two edges.
    """
    _, h, w = field.shape
    gain, before, after = (1.890625, 1, 2) if kernel == 2 else (1.0, 0, 1)
    least = np.float32(threshold * np.cos(np.pi / 8) / gain * (1 - 1e-5))
    diagonal = np.float32(np.sqrt(2.0)) * least
    for y in range(h):
        for x in range(w):
            vx, vy = field[0, y, x], field[1, y, x]
            if kernel == 2:  # some of its weights are negative, and so may be what they weigh
                east = west = abs(vx) > least
                south = north = abs(vy) > least
                south_east = north_west = abs(vx + vy) > diagonal
                north_east = south_west = abs(vx - vy) > diagonal
            else:
                east, west, south, north = vx > least, -vx > least, vy > least, -vy > least
                south_east, north_west = vx + vy > diagonal, -vx - vy > diagonal
                north_east, south_west = vx - vy > diagonal, vy - vx > diagonal
            mark = (
                (0b00000101 & -np.int64(east)) | (0b00001010 & -np.int64(west))
                | (0b00110000 & -np.int64(south)) | (0b11000000 & -np.int64(north))
                | (0b00010001 & -np.int64(south_east)) | (0b00100010 & -np.int64(south_west))
                | (0b01000100 & -np.int64(north_east)) | (0b10001000 & -np.int64(north_west))
            )  # fmt: skip
            marks[0, y, x] = mark
    marks[1] = 0
    live[:] = 0
    for k in range(-before, after + 1):
        for y in range(h):
            for x in range(max(0, -k), min(w, w - k)):
                marks[1, y, x] |= marks[0, y, x + k]
    for k in range(-before, after + 1):
        for y in range(max(0, -k), min(h, h - k)):
            for x in range(w):
                live[y, x] |= marks[1, y + k, x]


@_kernel
def _pixel(start, step, k, size, up):  # type: ignore[no-untyped-def]
    """In cells, the pixel of the upsampled map nearest to the k-th step, along x or along y."""
    return (min(max(np.floor(start + k * step + 0.5), 0.0), size * up - 1.0) + 0.5) / up - 0.5


@_kernel
def _score(L, limbs, first, xy, S_grid, L_grid, reading, quick):  # type: ignore[no-untyped-def]
    """All good pairs of all limbs: limb, start, end and score, each (K,).

    ``quick`` leaves a pair as soon as it is lost, which changes no result. A pair is good only when enough of its
    samples exceed the threshold t, and whichever samples are looked at first:

    1. Once more of them have failed than may fail, no other sample can save the pair. (The rescue of near pairs looks
       at their length alone, and is decided before.)
    2. Where many pairs meet on a map, samples are at first not even read. A sample's dot product with the direction u
       is a weighted sum of dot products ``L_i . u`` of the vectors around its place. The weights of the nearest cell
       and bilinear ones are not negative and add up to 1, so it is at most ``max L_i . u``; the magnitudes of cubic
       ones add up to at most ``W = (11/8)^2``, half way between cells, so it is at most ``W max |L_i . u|``. And u, in
       an octant with the edges e and f, is ``p e + q f`` with p and q not negative and ``p + q <= 1 / cos(pi / 8)``.
       So where, for all vectors around, ``L_i . e`` and ``L_i . f`` stay below ``t cos(pi / 8)`` (their magnitudes,
       below that by W, for cubic weights), the sample fails. A margin of 1e-5 covers the rounding.
    """
    C, _, h, w = L.shape
    at = np.empty((len(xy), 2))
    for i in range(len(xy)):
        for k in range(2):
            at[i, k] = (xy[i, k] * S_grid[0, k] + S_grid[1, k] - L_grid[1, k]) / L_grid[0, k]
    share, order, allowed, threshold = reading.share, reading.order, reading.allowed, reading.sample_threshold
    rest, up, kernel, supporting = 1 - share, reading.upsampling, reading.kernel, reading.supporting
    uniform, near = len(share) > 0, np.sqrt(float(w * h)) / 150 if reading.rescue_near else -1.0
    live, marks = np.empty((h, w), np.uint8), np.empty((2, h, w), np.uint8)
    dots = np.empty(order.shape[1])
    n, size, row = order.shape[1], 0, 0
    sx, sy, dx, dy = 0.0, 0.0, 0.0, 0.0
    limb, start, end, score = np.empty(256, np.int64), np.empty(256, np.int64), np.empty(256, np.int64), np.empty(256)
    for c in range(C):
        field = L[c]
        a0, a1, b0, b1 = first[limbs[c, 0]], first[limbs[c, 0] + 1], first[limbs[c, 1]], first[limbs[c, 1] + 1]
        marked = quick and threshold >= 0 and (a1 - a0) * (b1 - b0) > h * w // 8
        if marked:
            _mark_live(field, kernel, threshold, live, marks)
        for a in range(a0, a1):
            ax, ay = at[a, 0], at[a, 1]
            for b in range(b0, b1):
                bx, by = at[b, 0], at[b, 1]
                vx, vy = bx - ax, by - ay
                length = np.sqrt(vx * vx + vy * vy)
                if not length * up > 1e-6:
                    continue
                E = reading.rescue_score if length < near else 0.0
                if not uniform:
                    sx, sy = (ax + 0.5) * up - 0.5, (ay + 0.5) * up - 0.5
                    dx, dy = ((bx + 0.5) * up - 0.5) - sx, ((by + 0.5) * up - 0.5) - sy
                    row = n = int(min(max(np.floor(np.sqrt(5 * max(abs(dx), abs(dy))) + 0.5), 5.0), 25.0))
                    dx, dy = dx / n, dy / n
                failed, most = 0, allowed[row]
                if marked:
                    octant = _octant(vx, vy)
                    for i in range(n):
                        k = order[row, i]
                        if uniform:
                            x, y = ax * rest[k] + bx * share[k], ay * rest[k] + by * share[k]
                        else:
                            x, y = _pixel(sx, dx, k, w, up), _pixel(sy, dy, k, h, up)
                        v, u = min(max(int(np.floor(y)), 0), h - 1), min(max(int(np.floor(x)), 0), w - 1)
                        if not live[v, u] & octant:
                            failed += 1
                            if failed > most:
                                break
                if failed <= most:
                    failed = 0
                    ux, uy = vx / max(length, 1e-9), vy / max(length, 1e-9)
                    for i in range(n):
                        k = order[row, i]
                        if uniform:
                            x, y = ax * rest[k] + bx * share[k], ay * rest[k] + by * share[k]
                        else:
                            x, y = _pixel(sx, dx, k, w, up), _pixel(sy, dy, k, h, up)
                        if kernel == 1:
                            dot = _bilinear_dot(field, x, y, ux, uy)
                        else:
                            dot = _other_dot(field, x, y, ux, uy, kernel)
                        dots[k] = dot
                        if not dot > threshold:
                            failed += 1
                            if quick and failed > most:
                                break
                            if supporting:
                                dots[k] = 0.0
                    if failed <= most:
                        dots[n:] = 0.0  # OpenPose's samples are summed as if they were 25, whatever their number
                        mean = _sum(dots, len(dots)) / (max(n - failed, 1) if supporting else n)
                        if reading.distance_prior:
                            mean += min(0.5 * h / max(length, 1e-9) - 1, 0.0)
                        if mean > 1e-6:
                            E = mean
                if E > 0:
                    if size == len(limb):
                        limb, start, end, score = _grown(limb), _grown(start), _grown(end), _grown(score)
                    limb[size], start[size], end[size], score[size] = c, a, b, E
                    size += 1
    return limb[:size], start[:size], end[:size], score[:size]


@_kernel
def _match_greedily(a, b, score, best_first, starts, parse_order, total):  # type: ignore[no-untyped-def]
    """The connections that a greedy matching takes, limb by limb in ``parse_order``, best first."""
    taken, n = np.empty(len(a), np.int64), 0
    used = np.full(total, -1)  # the limb that a peak was last used by
    for c in parse_order:
        for i in range(starts[c], starts[c + 1]):
            k = best_first[i]
            if score[k] > 0 and used[a[k]] != c and used[b[k]] != c:
                used[a[k]] = used[b[k]] = c
                taken[n] = k
                n += 1
    return taken[:n]


@_kernel
def _assemble(limb, a, b, score, order, filling, merging, limbs, J, height):  # type: ignore[no-untyped-def]
    """Which peak each part of each person is (N, J), -1 for none, and their scores (N,).

    The rules are those of paflib.parser.assembly, connection by connection in ``order``; of limbs that are only
    ``filling``, a connection may give someone a missing part, and nothing else.
    """
    n, most = 0, min(len(order), len(height) // 2)  # whoever is new takes two peaks that nobody owned
    parts, total = np.full((most, J), -1), np.zeros(most)
    owner = np.full(len(height), -1)
    for k in order:
        c = limb[k]
        one, two = owner[a[k]], owner[b[k]]
        if one < 0 and two < 0:
            if filling[c]:
                continue
            parts[n, limbs[c, 0]], parts[n, limbs[c, 1]] = a[k], b[k]
            owner[a[k]] = owner[b[k]] = n
            total[n] += height[a[k]]
            total[n] += height[b[k]]
            total[n] += score[k]
            n += 1
        elif one >= 0 and two >= 0:
            if one != two:
                disjoint = merging and not filling[c]
                for j in range(J):
                    disjoint = disjoint and (parts[one, j] < 0 or parts[two, j] < 0)
                if not disjoint:
                    continue
                for j in range(J):
                    if parts[two, j] >= 0:
                        parts[one, j], parts[two, j] = parts[two, j], -1
                        owner[parts[one, j]] = one
                total[one] += total[two]
                total[two] = 0.0
            if not filling[c]:
                total[one] += score[k]
        else:
            body, part, peak = (one, limbs[c, 1], b[k]) if one >= 0 else (two, limbs[c, 0], a[k])
            if parts[body, part] >= 0:
                continue
            parts[body, part] = peak
            owner[peak] = body
            if not filling[c]:
                total[body] += height[peak]
                total[body] += score[k]
    return parts[:n], total[:n]
