"""Fields to people: peaks, line integrals, matching, assembly.

:func:`parse` is the whole road; the steps it calls are public, each a chapter of the book:
:func:`find_peaks`, :func:`score_limbs`, :func:`match_limbs`, :func:`assemble_sorted` or :func:`assemble_root_first`,
and :func:`people_of`. Every step appends its decisions to a ``trace``, a list of plain dictionaries, when it is given
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any, Literal, get_args

import numpy as np

from paflib._check import check_finite, check_shape
from paflib.errors import DataError, ShapeError
from paflib.fields import Fields, Grid
from paflib.parser.assembly import Body, assemble_root_first, assemble_sorted
from paflib.parser.exact import assemble_exact
from paflib.parser.integral import Connections, line_integral, score_limbs, score_pairs
from paflib.parser.kuhn_munkres import hungarian_steps
from paflib.parser.matching import greedy, hungarian, match_limbs
from paflib.parser.options import PRESETS, ParserOptions, options_of
from paflib.parser.peaks import Peaks, Trace, find_peaks
from paflib.people import People
from paflib.skeleton import COCO_18, Skeleton

__all__ = [
    "PRESETS", "Body", "Connections", "ParserOptions", "Peaks", "assemble_exact", "assemble_root_first",
    "assemble_sorted", "find_peaks", "greedy", "hungarian", "hungarian_steps", "line_integral", "match_limbs", "parse",
    "parse_batch", "people_of", "score_limbs", "score_pairs",
]  # fmt: skip

Backend = Literal["numpy", "numba", "torch", "auto"]


def parse(
    S: np.ndarray | Fields,
    L: np.ndarray | None = None,
    *,
    skeleton: Skeleton | None = None,
    stride: float = 8,
    preset: str | ParserOptions = "paper",
    trace: Trace | None = None,
    backend: Backend = "numpy",
    **options: Any,
) -> People:
    """People from confidence maps and affinity fields, of any network.

    Args:
        S: (J, h, w) confidence maps without background, or :class:`~paflib.fields.Fields`, which say all the rest.
        L: (C, 2, h, w) affinity fields.
        skeleton: whose channels they are; COCO_18 by default.
        stride: pixels per cell, cell centres as :class:`~paflib.fields.Grid` has them.
        preset: a name in :data:`PRESETS`, or options.
        trace: a list to which the decisions of every step are appended.
        backend: ``"numpy"``, the road of the book's chapters; ``"numba"``, the same compiled, for the same people in a
            hundredth of the time (:mod:`paflib.parser.compiled`; its first call on a machine compiles, for some
            seconds); ``"torch"``, by tensor operations, on the GPU where there is one
            (:mod:`paflib.parser.on_device`), for maps that are there already; ``"auto"``, the compiled one where Numba
            can be imported and no trace is asked for. Options that are not compiled go the plain road.
        options: single :class:`ParserOptions` by name.

    Returns:
        People with coordinates in pixels of the image and scores in about [0, 1]: the sum of a person's peaks and
        connections over the number of parts and limbs the skeleton has.

    Raises:
        ShapeError: for maps of the wrong shape or with NaN in them, an unknown preset, option or backend.
        DataError: for the backend ``"numba"`` where Numba cannot be imported.
    """
    chosen = options_of(preset, **options)
    fast = _fast_road(backend, chosen, trace)
    fields = _as_fields(S, L, skeleton, stride)
    if fast is not None:
        found: People = fast.decode(fields, chosen)
        return found
    peaks = find_peaks(fields.S, chosen.peak_threshold, chosen.refine, trace, chosen.neighbours)
    candidates = score_limbs(fields, peaks, chosen, trace)
    return assemble(peaks, candidates, fields.skeleton, fields.S_grid, chosen, trace)


def assemble(
    peaks: Peaks,
    candidates: Connections,
    skeleton: Skeleton,
    S_grid: Grid,
    options: ParserOptions,
    trace: Trace | None = None,
) -> People:
    """People from peaks and scored pairs: the second half of :func:`parse`, by plain code."""
    if options.assembly == "sorted":
        bodies = assemble_sorted(peaks, candidates, skeleton, options.contradiction, options.peak_weight, trace)
    else:
        matched = match_limbs(candidates, options.matching, trace)
        bodies = assemble_root_first(peaks, matched, skeleton, trace)
    return _people_of(bodies, peaks, skeleton, S_grid, options, trace)


def parse_batch(
    batch: Sequence[Fields],
    *,
    preset: str | ParserOptions = "paper",
    threads: int | None = None,
    backend: Backend = "auto",
    **options: Any,
) -> list[People]:
    """People of several images: :func:`parse` of each, and with the compiled backend several at a time.

    Args:
        batch: fields, of whatever sizes and skeletons.
        preset, backend, options: as for :func:`parse`.
        threads: how many images at a time; by default as many as there are processors for this process.

    Raises:
        ShapeError: what is no Fields, or as for :func:`parse`.
    """
    for n, fields in enumerate(batch):
        if not isinstance(fields, Fields):
            raise ShapeError(f"batch[{n}] is a {type(fields).__name__}, wanted Fields, such as estimator.fields(image)")
        check_finite("L", fields.L)
    chosen = options_of(preset, **options)
    fast = _fast_road(backend, chosen, None)
    if fast is None:
        return [parse(fields, preset=chosen) for fields in batch]
    found: list[People] = fast.decode_batch(batch, chosen, threads)
    return found


def people_of(
    bodies: list[Body], peaks: Peaks, fields: Fields, options: ParserOptions | None = None, trace: Trace | None = None
) -> People:
    """The people worth keeping: enough parts, and enough score a part; best first."""
    return _people_of(bodies, peaks, fields.skeleton, fields.S_grid, options or ParserOptions(), trace)


def _people_of(
    bodies: list[Body], peaks: Peaks, skeleton: Skeleton, S_grid: Grid, options: ParserOptions, trace: Trace | None
) -> People:
    least = min(options.min_parts, skeleton.J)
    kept = [b for b in bodies if len(b.parts) >= least and b.score / len(b.parts) >= options.min_score]
    if trace is not None:
        trace += [
            {"step": "person", "person": b.number, "parts": len(b.parts), "score": b.score,
             "decision": "kept" if b in kept else "dropped"}
            for b in bodies
        ]  # fmt: skip
    kept.sort(key=lambda body: -body.score)
    keypoints = np.zeros((len(kept), skeleton.J, 3))
    pixels = S_grid.to_pixels(peaks.xy)
    for n, body in enumerate(kept):
        parts, chosen = list(body.parts), list(body.parts.values())
        keypoints[n, parts, :2] = pixels[chosen]
        keypoints[n, parts, 2] = peaks.score[chosen]
    scores = np.array([body.score for body in kept], float) / max(skeleton.J + skeleton.C, 1)
    return People(keypoints, scores, skeleton)


def _as_fields(S: np.ndarray | Fields, L: np.ndarray | None, skeleton: Skeleton | None, stride: float) -> Fields:
    if isinstance(S, Fields):
        if L is not None or skeleton not in (None, S.skeleton):
            raise ShapeError("parse was given Fields and besides an L or another skeleton; Fields carry their own")
        check_finite("L", S.L)  # it may have been changed since they were made; of S every road sees it
        return S
    if L is None:
        raise ShapeError("parse was given S without L: pass both maps, or Fields")
    skeleton = skeleton or COCO_18
    if getattr(S, "ndim", 0) == 3 and len(S) == skeleton.J + 1:
        raise ShapeError(
            f"S has {len(S)} channels for the {skeleton.J} parts of {skeleton.name}: leave out the background"
        )
    check_shape("S", S, "J h w", J=skeleton.J)
    return Fields(S, L, skeleton, Grid(stride), Grid(stride))


def _fast_road(backend: str, options: ParserOptions, trace: Trace | None) -> ModuleType | None:
    """The module that decodes, where it is not the plain road's turn."""
    if backend not in get_args(Backend):
        raise ShapeError(f"backend is {backend!r}, wanted one of {', '.join(map(repr, get_args(Backend)))}")
    if backend == "numpy" or (backend == "auto" and trace is not None):
        return None
    if trace is not None:
        raise ShapeError(f"the backend {backend!r} keeps no trace: leave out backend, or trace")
    module = _on_device() if backend == "torch" else import_compiled()
    if isinstance(module, ImportError):
        if backend == "numba":
            raise DataError(f"the backend 'numba' cannot be used here: {module}; backend='numpy' needs no Numba")
        return None
    return module if covers(options) else None


def covers(options: ParserOptions) -> bool:
    """Whether the fast roads have these options. Peaks of negative height, whose logarithms nobody needs, are not."""
    return options.peak_threshold >= 0


def _on_device() -> ModuleType:
    from paflib.parser import on_device  # imports torch, which takes seconds

    return on_device


@cache
def import_compiled() -> ModuleType | ImportError:
    """The module of the compiled road, or why there is none."""
    try:
        from paflib.parser import compiled  # imports Numba, which takes half a second
    except ImportError as error:
        return error
    return compiled
