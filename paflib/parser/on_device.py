"""The parser's dense steps by tensor operations: peaks and line integrals of a whole batch, wherever its maps are.

On a GPU the maps of a batch are read where the network left them, and what goes to the CPU in one copy is small: the
candidates and the scores of their pairs, from which :func:`assemble` makes people. Every tensor has a shape that does
not depend on what is in the maps, so that all of it can be recorded once and replayed (:mod:`paflib.inference.cuda`).
For that, each part has room for ``capacity`` candidates; a map with more is noticed, and somebody else must read it.

Each step does the plain road's arithmetic in the plain road's order, in float64, so that even ties fall the same way.
This module imports torch, and nothing imports this module before it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from paflib.fields import Fields, Grid
from paflib.parser import assemble as plain_assemble
from paflib.parser import import_compiled, integral, parse, peaks
from paflib.parser.integral import Connections
from paflib.parser.options import ParserOptions
from paflib.parser.peaks import Peaks
from paflib.people import People
from paflib.skeleton import Skeleton

FIRST_CAPACITY = 16
"""Candidates a part there is room for at first."""

LAST_CAPACITY = 64
"""Beyond so many a part, what comes back would be larger than the maps: these are copied and parsed on the CPU then."""

_SAMPLES = 1 << 23  # points of line integrals worked out at a time, which bounds the memory


@dataclass(frozen=True, eq=False)
class Candidates:
    """What :func:`candidates` found in one image.

    Args:
        count: (J,) how many candidates each part has; they stand part by part.
        xy: (P, 2) their positions in cells of S.  height: (P,) of the map there.
        pairs: the good pairs, limb by limb, by start and end.
    """

    count: np.ndarray
    xy: np.ndarray
    height: np.ndarray
    pairs: Connections


# ---- on the device ---------------------------------------------------------------------------------------------------


def candidates(
    S: Tensor, L: Tensor, skeleton: Skeleton, S_grid: Grid, L_grid: Grid, options: ParserOptions, capacity: int
) -> Tensor:
    """Peaks and scored pairs of a batch, each image in one row that :func:`unpack` reads.

    Args:
        S: (B, J, h, w) float32 confidence maps without background.
        L: (B, C, 2, h', w') float32.
        skeleton, S_grid, L_grid: of all images.
        options: of the parser, that :func:`paflib.parser.covers` says yes to.
        capacity: candidates a part there is room for.

    Returns:
        (B, n) float64 on the same device: whether all maps are finite; how many candidates each part has; their x and
        y; their heights; the scores of all pairs, 0 where they are not good.
    """
    h, w = S.shape[-2:]
    finite = torch.isfinite(S).flatten(1).all(1) & torch.isfinite(L).flatten(1).all(1)
    mask = _local_maxima(S, options.neighbours) & (peaks.float32_limit(options.peak_threshold) < S)
    cell, count = _slots(mask.flatten(2), capacity)
    xy, height = _REFINE[options.refine](S.flatten(2), cell, h, w, options)
    scores = _scores(L, _on_other_grid(xy, S_grid, L_grid), count, skeleton, options)
    parts = (finite[:, None].double(), count.double(), xy.flatten(1), height.flatten(1), scores.flatten(1))
    return torch.cat(parts, dim=1)


def _local_maxima(S: Tensor, neighbours: int) -> Tensor:
    """As paflib.parser.peaks: cells as high as their neighbours, and higher than those before them in row order."""
    h, w = S.shape[-2:]
    padded = functional.pad(S, (1, 1, 1, 1), value=-torch.inf)
    highest = torch.ones_like(S, dtype=torch.bool)
    for k in range(9):
        if k == 4:
            continue
        dy, dx = divmod(k, 3)
        neighbour = padded[..., dy : dy + h, dx : dx + w]
        beaten = (neighbour < S) if k < 4 else (neighbour <= S)
        if neighbours == 4 and k % 2 == 0:  # beyond a corner
            beside, above = padded[..., 1 : 1 + h, dx : dx + w], padded[..., dy : dy + h, 1 : 1 + w]
            beaten |= S.double() + neighbour + beside + above < 4 * (S.double() - peaks._DIP)
        highest &= beaten
    return highest


def _slots(mask: Tensor, capacity: int) -> tuple[Tensor, Tensor]:
    """The first ``capacity`` true cells of (B, J, cells), row by row, and how many there are: (B, J, K), (B, J)."""
    B, J, cells = mask.shape
    rank = mask.cumsum(2)  # 1 at the first
    slot = torch.where(mask & (rank <= capacity), rank - 1, capacity)  # all others into one more slot, left out below
    number = torch.arange(cells, device=mask.device).expand(B, J, cells)
    cell = torch.zeros((B, J, capacity + 1), dtype=torch.int64, device=mask.device).scatter_(2, slot, number)
    return cell[..., :capacity], rank[..., -1]


def _at(maps: Tensor, y: Tensor, x: Tensor, w: int) -> Tensor:
    """Values of maps (B, J, cells) at cells (B, J, K, ...) as float64."""
    index = (y * w + x).flatten(2)
    return maps.gather(2, index).double().reshape(y.shape)


def _no_refinement(S: Tensor, cell: Tensor, h: int, w: int, _: ParserOptions) -> tuple[Tensor, Tensor]:
    return torch.stack([cell % w, cell // w], dim=-1).double(), S.gather(2, cell).double()


def _log_parabola(S: Tensor, cell: Tensor, h: int, w: int, _: ParserOptions) -> tuple[Tensor, Tensor]:
    """As paflib.parser.peaks: vertex and height of the parabolas through the logarithms of three cells."""
    y, x = cell // w, cell % w
    peak = _at(S, y, x, w)
    shifts, gain = [], torch.zeros_like(peak)
    for at, size, along_x in ((x, w, True), (y, h, False)):
        if size < 3:
            shifts.append(torch.zeros_like(peak))
            continue
        middle = at.clamp(1, size - 2)
        cells = [_at(S, y, middle + k, w) if along_x else _at(S, middle + k, x, w) for k in (-1, 0, 1)]
        low, mid, high = (torch.log(torch.maximum(value, peaks._FLOOR * peak) / peak) for value in cells)
        slope, bend = (high - low) / 2, low - 2 * mid + high
        curved = bend < -1e-12
        vertex = middle - torch.where(curved, slope / bend, torch.zeros_like(bend))
        shifts.append(torch.where(curved, (vertex - at).clamp(-0.5, 0.5), 0.0))
        t = at + shifts[-1] - middle
        gain = gain + torch.where(curved, mid + slope * t + bend * t**2 / 2, 0.0)
    xy = torch.stack([x + shifts[0], y + shifts[1]], dim=-1)
    return xy, peak * torch.exp(gain.clamp(0.0, float(peaks._MOST)))


def _cubic_patch(S: Tensor, cell: Tensor, h: int, w: int, options: ParserOptions) -> tuple[Tensor, Tensor]:
    """As paflib.parser.peaks: the highest pixel of the x8 upsampling around each peak."""
    y, x = cell // w, cell % w
    reach = torch.arange(-3, 4, device=S.device)
    rows, columns = (y[..., None] + reach).clamp(0, h - 1), (x[..., None] + reach).clamp(0, w - 1)
    square = (*cell.shape, 7, 7)
    cells = _at(S, rows[..., :, None].expand(square), columns[..., None, :].expand(square), w)
    weights, offsets = _patch(S.device)
    patch = weights @ cells @ weights.T  # (B, J, K, 16, 16)
    near = offsets.abs() < options.neighbours / 8
    rows_in, columns_in = (
        (at[..., None] + offsets > -0.5) & (at[..., None] + offsets < size - 0.5) & near
        for at, size in ((y, h), (x, w))
    )
    patch = torch.where(rows_in[..., :, None] & columns_in[..., None, :], patch, -torch.inf).flatten(3)
    top = patch.amax(dim=-1, keepdim=True)
    best = (patch >= top - peaks._TIE * top.abs()).to(torch.uint8).argmax(dim=-1)  # the first of those that tie
    row, column = best // len(offsets), best % len(offsets)
    xy = torch.stack([x + offsets[column], y + offsets[row]], dim=-1)
    return xy, patch.gather(-1, best[..., None])[..., 0]


_REFINE = {"none": _no_refinement, "parabola": _log_parabola, "cubic": _cubic_patch}


def _on_other_grid(xy: Tensor, grid: Grid, goal: Grid) -> Tensor:
    """Cells of one grid as cells of another, in the order of arithmetic of Grid.to_pixels and Grid.to_cells."""
    origin, goal_origin = (one.to_pixels((0.0, 0.0)).tolist() for one in (grid, goal))
    axes = zip(xy.unbind(-1), grid.strides, origin, goal.strides, goal_origin, strict=True)
    return torch.stack([(cells * s + o - goal_o) / goal_s for cells, s, o, goal_s, goal_o in axes], dim=-1)


def _scores(L: Tensor, xy: Tensor, count: Tensor, skeleton: Skeleton, options: ParserOptions) -> Tensor:
    """(B, C, K, K): E of every good pair, 0 of the others.

    Args:
        L: (B, C, 2, h, w).  xy: (B, J, K, 2) in cells of L.  count: (B, J).
    """
    B, C, _, h, w = L.shape
    K = xy.shape[2]
    slot = torch.arange(K, device=L.device)
    a, b = (xy[:, end].reshape(B * C, K, 2) for end in _limbs(skeleton, L.device))
    there = [slot < count[:, end].reshape(B * C, 1) for end in _limbs(skeleton, L.device)]
    fields = L.reshape(B * C, 2, h * w)
    most = max(_SAMPLES // (K * K * (options.samples if isinstance(options.samples, int) else 25)), 1)
    pieces = [
        _pair_scores(fields[k : k + most], a[k : k + most], b[k : k + most], h, w, options)
        for k in range(0, B * C, most)
    ]
    E = torch.cat(pieces) if pieces else xy.new_zeros((0, K, K))
    return torch.where(there[0][:, :, None] & there[1][:, None, :], E, 0.0).reshape(B, C, K, K)


def _pair_scores(field: Tensor, a: Tensor, b: Tensor, h: int, w: int, options: ParserOptions) -> Tensor:
    """As paflib.parser.integral: fields (F, 2, cells), starts and ends (F, K, 2) -> E (F, K, K), 0 where not good."""
    start, end = a[:, :, None, :], b[:, None, :, :]
    v = end - start  # (F, K, K, 2)
    length = torch.sqrt(v[..., 0] * v[..., 0] + v[..., 1] * v[..., 1])
    u = v / length.clamp(min=1e-9)[..., None]
    points, taken = _uniform_points(start, end, options) if isinstance(options.samples, int) else (
        _openpose_points(start, end, h, w)
    )  # fmt: skip
    dots = _dots(field, points, u, h, w, options.kernel)  # (F, K, K, n)
    supporting = taken & (dots > options.sample_threshold)
    n = taken.sum(-1) if taken.ndim > 1 else torch.full_like(length, taken.numel(), dtype=torch.int64)
    held = supporting.sum(-1)
    counted = supporting if options.mean_of == "supporting" else taken.expand(dots.shape)
    total = _sum(torch.where(counted, dots, 0.0))
    E = total / (held if options.mean_of == "supporting" else n).clamp(min=1)
    if options.distance_prior:
        E = E + (0.5 * h / length.clamp(min=1e-9) - 1).clamp(max=0.0)
    apart = length * integral._UPSAMPLING > 1e-6
    good = (held / n >= options.support - 1e-9) & (E > 1e-6) & apart
    if options.rescue_near:
        near = ~good & (length < (float(w * h) ** 0.5) / 150) & apart
        E, good = torch.where(near, options.peak_threshold + 1e-6, E), good | near
    return torch.where(good, E, 0.0)


def _uniform_points(start: Tensor, end: Tensor, options: ParserOptions) -> tuple[Tensor, Tensor]:
    assert isinstance(options.samples, int)
    n = options.samples
    share = _shares(n, start.device)[:, None]
    points = start[..., None, :] * (1 - share) + end[..., None, :] * share  # (F, K, K, n, 2)
    return points, torch.ones(n, dtype=torch.bool, device=start.device)


def _openpose_points(start: Tensor, end: Tensor, h: int, w: int) -> tuple[Tensor, Tensor]:
    """Whole pixels of the x8 map, 5 to 25 of them, the end left out (FACTS 1.4); which of the 25 are taken."""
    up = integral._UPSAMPLING
    first, last = ((xy + 0.5) * up - 0.5 for xy in (start, end))
    n = torch.floor(torch.sqrt(5 * (last - first).abs().amax(-1)) + 0.5).clamp(5, 25)  # (F, K, K)
    step = torch.arange(25, dtype=torch.float64, device=start.device)
    pixels = first[..., None, :] + step[:, None] * ((last - first) / n[..., None])[..., None, :]
    rounded = torch.floor(pixels + 0.5).unbind(-1)
    pixels = torch.stack([rounded[0].clamp(0.0, w * up - 1), rounded[1].clamp(0.0, h * up - 1)], dim=-1)
    return (pixels + 0.5) / up - 0.5, step < n[..., None]


def _dots(field: Tensor, points: Tensor, u: Tensor, h: int, w: int, kernel: str) -> Tensor:
    """Dot products (F, K, K, n) of fields (F, 2, cells) at points (F, K, K, n, 2) with directions (F, K, K, 2)."""
    F = len(field)

    def read(column: Tensor, row: Tensor) -> Tensor:  # (F, 2, K, K, n)
        index = (row * w + column).reshape(F, 1, -1).expand(F, 2, -1)
        return field.gather(2, index).double().reshape(F, 2, *points.shape[1:4])

    if kernel == "nearest":
        column, row = (torch.floor(points + 0.5).long()[..., i].clamp(0, n - 1) for i, n in enumerate((w, h)))
        values = read(column, row)
    else:
        base = torch.floor(points)
        t = points - base
        reach = (0, 1) if kernel == "bilinear" else (-1, 0, 1, 2)
        weights = [1 - t, t] if kernel == "bilinear" else _cubic(t)
        columns, rows = (base[..., i].long() for i in (0, 1))
        values = points.new_zeros((F, 2, *points.shape[1:4]))
        for i, dy in enumerate(reach):
            row = (rows + dy).clamp(0, h - 1)
            for k, dx in enumerate(reach):
                weight = weights[i][..., 1] * weights[k][..., 0]
                values = values + read((columns + dx).clamp(0, w - 1), row) * weight[:, None]
    return values[:, 0] * u[..., 0, None] + values[:, 1] * u[..., 1, None]


def _cubic(t: Tensor) -> list[Tensor]:
    """OpenCV's cubic weights of the cells at -1, 0, 1, 2, as in paflib.parser.sampling."""
    near = [1.25 * (d * d * d) - 2.25 * (d * d) + 1 for d in (t, 1 - t)]
    far = [-0.75 * (d * d * d - 5 * (d * d) + 8 * d - 4) for d in (1 + t, 2 - t)]
    return [far[0], near[0], near[1], far[1]]


def _sum(values: Tensor) -> Tensor:
    """The sum over the last axis, added up in the order in which NumPy adds up so few."""
    n = values.shape[-1]
    if n < 8:
        total = values[..., 0]
        for k in range(1, n):
            total = total + values[..., k]
        return total
    eight, whole = values[..., :8], n - n % 8
    for k in range(8, whole, 8):
        eight = eight + values[..., k : k + 8]
    two = eight[..., 0::2] + eight[..., 1::2]
    total = (two[..., 0] + two[..., 1]) + (two[..., 2] + two[..., 3])
    for k in range(whole, n):
        total = total + values[..., k]
    return total


# Small tensors that are the same for every batch. They are made once: while a graph is recorded nothing can be copied
# to the device, and the run before the recording has made them all.


@cache
def _limbs(skeleton: Skeleton, device: torch.device) -> tuple[Tensor, Tensor]:
    limbs = torch.tensor(skeleton.limbs, dtype=torch.int64).reshape(-1, 2).to(device)
    return limbs[:, 0], limbs[:, 1]


@cache
def _shares(n: int, device: torch.device) -> Tensor:
    return torch.from_numpy(np.linspace(0, 1, n)).to(device)


@cache
def _patch(device: torch.device) -> tuple[Tensor, Tensor]:
    """Weights (16, 7) of the cells around a peak for the pixels of the x8 upsampling there, and where these lie."""
    return torch.from_numpy(peaks.patch_weights()).to(device), torch.from_numpy(peaks._OFFSETS).to(device)


# ---- on the CPU ------------------------------------------------------------------------------------------------------


def unpack(row: np.ndarray, skeleton: Skeleton, capacity: int) -> Candidates | None:
    """Read one image's row of :func:`candidates`; None where its maps hold NaN, or more than there is room for."""
    J, C, K = skeleton.J, skeleton.C, capacity
    finite, count, xy, height, scores = np.split(row, np.cumsum([1, J, J * K * 2, J * K]))
    count = count.astype(np.int64)
    if not finite[0] or count.max(initial=0) > K:
        return None
    there = np.arange(K) < count[:, None]  # (J, K)
    scores = scores.reshape(C, K, K)
    limb, a, b = np.nonzero(scores)
    first = np.concatenate([[0], np.cumsum(count)])
    starts, ends = (first[np.array(skeleton.limbs, np.int64).reshape(-1, 2)[limb, end]] for end in (0, 1))
    # NumPy's indices are columns of one array; the compiled assembly is compiled for arrays that stand by themselves.
    pairs = Connections(np.ascontiguousarray(limb), starts + a, ends + b, scores[limb, a, b])
    return Candidates(count, xy.reshape(J, K, 2)[there], height.reshape(J, K)[there], pairs)


def most_candidates(rows: np.ndarray, skeleton: Skeleton) -> int:
    """The most candidates that a part has in any of the rows (B, n)."""
    return int(rows[:, 1 : 1 + skeleton.J].max(initial=0))


def assemble(found: Candidates, skeleton: Skeleton, S_grid: Grid, options: ParserOptions) -> People:
    """The people of one image, by the compiled assembly where Numba can be imported."""
    compiled = import_compiled()
    if isinstance(compiled, ImportError):
        part = np.repeat(np.arange(skeleton.J), found.count)
        cells = Peaks(part, found.xy, found.height, np.rint(found.xy).astype(int))
        return plain_assemble(cells, found.pairs, skeleton, S_grid, options)
    people: People = compiled.assemble(found.pairs, found.xy, found.height, skeleton, S_grid, options)
    return people


# ---- the road from Fields --------------------------------------------------------------------------------------------


def decode(fields: Fields, options: ParserOptions, device: torch.device | str | None = None) -> People:
    """The people that :func:`paflib.parser.parse` finds with the same options.

    Args:
        fields: of one image.
        options: of the parser, that :func:`paflib.parser.covers` says yes to.
        device: where the dense steps run; by default the first CUDA device where there is one.

    Raises:
        ShapeError: for confidence maps with NaN in them.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    S, L = (torch.from_numpy(np.ascontiguousarray(maps))[None].to(device) for maps in (fields.S, fields.L))
    capacity = FIRST_CAPACITY
    while capacity <= LAST_CAPACITY:
        with torch.inference_mode():
            rows = candidates(S, L, fields.skeleton, fields.S_grid, fields.L_grid, options, capacity).cpu().numpy()
        found = unpack(rows[0], fields.skeleton, capacity)
        if found is not None:
            return assemble(found, fields.skeleton, fields.S_grid, options)
        if most_candidates(rows, fields.skeleton) <= capacity:  # there is room, so what is there is no number
            break
        capacity *= 2
    return parse(fields, preset=options, backend="auto")


def decode_batch(batch: Sequence[Fields], options: ParserOptions, threads: int | None = None) -> list[People]:
    """:func:`decode` each; ``threads`` is the compiled road's, and not used here."""
    return [decode(fields, options) for fields in batch]
