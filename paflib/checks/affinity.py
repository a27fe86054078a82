"""Checks of the chapter on part affinity fields: the field of one limb, and the field of everybody's.

Where a field lies and what it holds are told apart: the cells that are not zero are compared with every region that is
often taken for the limb, and the vectors with every direction that is often taken for the limb's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from paflib.checks.core import (
    Answer,
    Case,
    CheckFailed,
    Mistake,
    Question,
    Student,
    Task,
    Values,
    between,
    gives,
    judge,
    known,
    numbers,
    registered,
    shown,
    steps,
)  # fmt: skip

LIMB = "The field of one limb, in Part affinity fields"
ENDS = "Where does a limb end?, in Part affinity fields"
WIDTH = "How wide is a limb?, in Part affinity fields"
EVERYBODY = "The field of everybody, in Part affinity fields"
CROSSING = "Where limbs cross: average or overwrite, in Part affinity fields"
CHANNELS = "Parts and limbs, in Skeletons and grids"

_EDGE = 0.05  # pixels: whether a cell this near to the limb's edge is on it, rounding decides
_TAPERS, _BENDS = (
    (*steps(0.3, 0.6, 0.05), *steps(1.6, 2.2, 0.1)),
    (*steps(-0.25, -0.15, 0.01), *steps(0.15, 0.25, 0.01)),
)


@dataclass(frozen=True)
class Limb:
    """One limb over the cells (h, w, 2): how far along it and across it every cell lies."""

    x1: np.ndarray
    x2: np.ndarray
    cells: np.ndarray
    half_width: float
    taper: float = 1.0
    bend: float = 0.0

    @cached_property
    def length(self) -> float:
        """From joint to joint."""
        return float(np.linalg.norm(self.x2 - self.x1))

    @cached_property
    def v(self) -> np.ndarray:
        """(2,) the unit vector from joint to joint."""
        return np.asarray((self.x2 - self.x1) / self.length)

    @property
    def v_perp(self) -> np.ndarray:
        """(2,) at a right angle to it."""
        return np.array([-self.v[1], self.v[0]])

    @cached_property
    def along(self) -> np.ndarray:
        """(h, w) pixels from the first joint on, along the straight line."""
        return np.asarray((self.cells - self.x1) @ self.v)

    @cached_property
    def share(self) -> np.ndarray:
        """(h, w) share of the way from joint to joint, between 0 and 1."""
        return np.clip(self.along / self.length, 0, 1)

    @property
    def way(self) -> np.ndarray:
        """(h, w) the same, not cut at the joints."""
        return np.asarray(self.along / self.length)

    @cached_property
    def straight(self) -> np.ndarray:
        """(h, w) pixels from the straight line through the joints, with a sign."""
        return np.asarray((self.cells - self.x1) @ self.v_perp)

    @cached_property
    def across(self) -> np.ndarray:
        """(h, w) pixels from the limb's own middle line, with a sign."""
        return self.straight - 4 * self.bend * self.length * self.share * (1 - self.share)

    @cached_property
    def width(self) -> np.ndarray:
        """(h, w) the half width beside every cell."""
        return self.half_width * (1 + (self.taper - 1) * self.share)

    @property
    def between(self) -> np.ndarray:
        """(h, w) cells between the joints."""
        return (self.along >= 0) & (self.along <= self.length)

    @property
    def on(self) -> np.ndarray:
        """(h, w) cells on the limb."""
        return self.between & (np.abs(self.across) <= self.width)

    @property
    def sure(self) -> np.ndarray:
        """(h, w) cells of which rounding does not decide whether they are on it."""
        edges = (self.along, self.along - self.length, np.abs(self.across) - self.width)
        return np.min(np.abs(edges), axis=0) > _EDGE

    @property
    def slope(self) -> np.ndarray:
        """(h, w) of the limb's middle line beside every cell, measured from the straight line."""
        return 4 * self.bend * (1 - 2 * self.share)

    @property
    def vectors(self) -> np.ndarray:
        """(h, w, 2) the direction of the limb's middle line beside every cell."""
        slope = self.slope[..., None]
        return (self.v + slope * self.v_perp) / np.sqrt(1 + slope**2)

    @property
    def field(self) -> np.ndarray:
        """(h, w, 2) the field."""
        return self.vectors * self.on[..., None]


# ---- what one limb's field shows -------------------------------------------------------------------------------------


Region = Callable[[Limb], np.ndarray]


def _swapped(limb: Limb) -> Limb:
    return Limb(limb.x1[::-1], limb.x2[::-1], limb.cells, limb.half_width, limb.taper, limb.bend)


def _within(limb: Limb, factor: float = 1.0) -> np.ndarray:
    return np.asarray(np.abs(limb.across) <= factor * limb.width)


def _from_ends(limb: Limb) -> np.ndarray:
    outside = np.maximum(0, np.maximum(-limb.along, limb.along - limb.length))
    return np.hypot(outside, limb.across) <= limb.width


def _box(limb: Limb, grow: float) -> np.ndarray:
    low, high = np.minimum(limb.x1, limb.x2) - grow, np.maximum(limb.x1, limb.x2) + grow
    return ((limb.cells >= low) & (limb.cells <= high)).all(axis=-1)


def _of_formulas(limb: Limb, width: Callable[[np.ndarray], np.ndarray], bend: float | None = None) -> np.ndarray:
    """Cells within a width by the share of the way, beside a middle line that is bent so much; with no ends."""
    t, bend = limb.way, limb.bend if bend is None else bend
    return np.asarray(np.abs(limb.straight - 4 * bend * limb.length * t * (1 - t)) <= limb.half_width * width(t))


def _bent_by(limb: Limb, factor: float) -> np.ndarray:
    return limb.between & _of_formulas(limb, lambda t: 1 + (limb.taper - 1) * t, factor * limb.bend)


def _wide(limb: Limb, width: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    return limb.between & _of_formulas(limb, width)


def _endless(limb: Limb) -> np.ndarray:
    return _of_formulas(limb, lambda t: 1 + (limb.taper - 1) * t)


def _exchanged(limb: Limb) -> Limb:
    return Limb(limb.x2, limb.x1, limb.cells, limb.half_width, limb.taper, limb.bend)


def _backwards(limb: Limb) -> Limb:
    """The same limb from the first joint on to the other side."""
    return Limb(limb.x1, 2 * limb.x1 - limb.x2, limb.cells, limb.half_width, limb.taper, limb.bend)


def _without_a_sign(limb: Limb) -> np.ndarray:
    """Across is measured along a vector whose components are exchanged, and neither of which changed its sign."""
    across = (limb.cells - limb.x1) @ limb.v[::-1] - (limb.straight - limb.across)
    return limb.between & (np.abs(across) <= limb.width)


def _reversed_taper(limb: Limb) -> np.ndarray:
    return limb.between & (np.abs(limb.across) <= limb.half_width * (limb.taper + (1 - limb.taper) * limb.share))


def _near_the_curve(limb: Limb) -> np.ndarray:
    t = np.linspace(0, 1, 201)[:, None]
    aside = 4 * limb.bend * limb.length * t * (1 - t)
    curve = limb.x1 + t * (limb.x2 - limb.x1) + aside * limb.v_perp
    distance = np.linalg.norm(limb.cells[..., None, :] - curve, axis=-1).min(axis=-1)
    return limb.between & (distance <= limb.width)


_TAPERED: list[tuple[str, str, str, Region]] = [
    ("taper-ignored", "Your limb is equally wide all along; in this task its width changes from joint to joint.", WIDTH,
     lambda a: a.between & (np.abs(a.across) <= a.half_width)),
    ("taper-ignored", "Your limb's width changes by a pixel or two, whatever it is; in this task it changes by a share "
     "of itself.", WIDTH, lambda a: _wide(a, lambda t: 1 + (a.taper - 1) * t / a.half_width)),
    ("taper-ignored", "Your limb's width changes by a pixel or two, whatever it is; in this task it changes by a share "
     "of itself.", WIDTH, lambda a: _wide(a, lambda t: 1 + a.taper * t / a.half_width)),
    ("taper-ignored", "Your limb is equally wide all along, between its two widths; in this task its width changes "
     "from joint to joint.", WIDTH, lambda a: _wide(a, lambda t: (1 + a.taper) / 2 + 0 * t)),
    ("taper-added", "At its second joint your limb is a whole half width wider than it should be: it must have there "
     "what the taper makes of the first, and not both together.", WIDTH,
     lambda a: _wide(a, lambda t: 1 + a.taper * t)),
    ("taper-from-nothing", "Your limb begins with no width at its first joint; it must have the given one there.",
     WIDTH, lambda a: _wide(a, lambda t: a.taper * t)),
    ("taper-other-way", "Your limb becomes narrower where it must become wider, or wider where it must become "
     "narrower.", WIDTH, lambda a: _wide(a, lambda t: 1 - (a.taper - 1) * t)),
    ("way-in-pixels", "Your width changes by pixels of the way; it must reach the second width at the second joint, "
     "however long the limb is.", WIDTH, lambda a: _wide(a, lambda t: 1 + (a.taper - 1) * t * a.length)),
    ("taper-reversed", "Your limb has its widths exchanged: the given half width belongs to the first joint.", WIDTH,
     _reversed_taper),
    ("taper-everywhere", "Your limb has the second joint's width all along.", WIDTH,
     lambda a: a.between & (np.abs(a.across) <= a.half_width * a.taper)),
    ("taper-by-factors", "Your limb's width changes by the same factor on both halves of the way; in this task it "
     "changes evenly, by the same number of pixels.", WIDTH,
     lambda a: a.between & (np.abs(a.across) <= a.half_width * a.taper**a.share)),
]  # fmt: skip
_BENT: list[tuple[str, str, str, Region]] = [
    ("bend-ignored", "Your limb lies as if it were straight; in this task it is bent between its joints, by a share of "
     "its length.", LIMB, lambda a: a.between & (np.abs(a.straight) <= a.width)),
    ("bend-ignored", "Your limb is bent by a pixel or less, however long it is; in this task it is bent by a share of "
     "its length.", LIMB, lambda a: _bent_by(a, 1 / a.length)),
    ("bent-the-other-way", "Your limb is bent to the wrong side: the positive side is the one to which v_perp points.",
     LIMB, lambda a: _bent_by(a, -1)),
    ("bent-too-little", "Your limb is bent too little: halfway, its middle line must lie beside the straight line by "
     "the share of the length that is given.", LIMB, lambda a: _bent_by(a, 1 / 4)),
    ("bent-too-little", "Your limb is bent too little: halfway, its middle line must lie beside the straight line by "
     "the share of the length that is given.", LIMB, lambda a: _bent_by(a, 1 / 2)),
    ("bent-too-much", "Your limb is bent too much: halfway, its middle line must lie beside the straight line by the "
     "share of the length that is given.", LIMB, lambda a: _bent_by(a, 2)),
    ("bent-too-much", "Your limb is bent too much, and the more the longer it is.", LIMB,
     lambda a: _bent_by(a, a.length)),
    ("bent-to-both-sides", "Your limb is there twice, bent to either side: on which side of the straight line a cell "
     "lies must still be known when the bend is taken off.", LIMB,
     lambda a: a.between & (np.abs(np.abs(a.straight) - (a.straight - a.across)) <= a.width)),
    ("across-the-curve", "You measure how far a cell is from the middle line at a right angle to the curve; in this "
     "task it is measured at a right angle to the straight line.", LIMB, _near_the_curve),
    ("joints-exchanged", "Your limb has its joints exchanged: its width and its bend begin at the second one.", LIMB,
     lambda a: _exchanged(a).on),
]  # fmt: skip
_REGIONS: list[tuple[str, str, str, Region]] = [
    ("xy-swapped", "x and y are exchanged: your limb lies where it would be if x counted rows.", LIMB,
     lambda a: _swapped(a).on),
    ("width-along", "The width is measured along the limb, where the length belongs: a limb is long along its "
     "direction, and narrow across it.", LIMB,
     lambda a: (np.abs(a.along) <= a.half_width) & (a.straight >= 0) & (a.straight <= a.length)),
    ("width-along", "The width is measured along the limb: half the width is how far a cell may lie from the line, "
     "to either side of it.", LIMB, lambda a: (a.along >= 0) & (a.along <= a.half_width)),
    ("width-along", "The width is measured along the limb: half the width is how far a cell may lie from the line, "
     "to either side of it.", LIMB, lambda a: np.abs(a.along) <= a.half_width),
    ("no-ends", "Your limb does not end: it covers the whole line through the joints, far beyond them.", LIMB, _within),
    ("no-ends", "Your limb does not end: it goes on beyond the joints.", LIMB, _endless),
    ("beyond-the-first-joint", "Your limb lies on the other side of its first joint: it must run from there to the "
     "second.", LIMB, lambda a: _backwards(a).on),
    ("perpendicular-without-sign", "What you measure across the limb is not at a right angle to it: exchanging x and "
     "y alone does not turn a vector.", LIMB, _without_a_sign),
    ("one-end-only", "Your limb ends at one of its joints and runs on beyond the other.", LIMB,
     lambda a: _within(a) & (a.along >= 0)),
    ("one-end-only", "Your limb ends at one of its joints and runs on beyond the other.", LIMB,
     lambda a: _endless(a) & (a.along >= 0)),
    ("one-end-only", "Your limb ends at one of its joints and runs on beyond the other.", LIMB,
     lambda a: _within(a) & (a.along <= a.length)),
    ("one-end-only", "Your limb ends at one of its joints and runs on beyond the other.", LIMB,
     lambda a: _endless(a) & (a.along <= a.length)),
    ("one-sided", "Your limb has one side only: a cell may lie to either side of the line, and across it the distance "
     "has a sign.", LIMB, lambda a: a.between & (a.across <= a.width)),
    ("half-a-limb", "Half of your limb is missing: cells to one side of the line are left out.", LIMB,
     lambda a: a.between & (a.across <= a.width) & (a.across >= 0)),
    ("half-a-limb", "Half of your limb is missing: cells to one side of the line are left out.", LIMB,
     lambda a: a.between & (a.across >= -a.width) & (a.across <= 0)),
    ("half-as-wide", "Your limb is half as wide as it should be: what is given is half the width already.", WIDTH,
     lambda a: a.between & _within(a, 0.5)),
    ("twice-as-wide", "Your limb is twice as wide as it should be.", WIDTH, lambda a: a.between & _within(a, 2)),
    ("round-ends", "Your limb has round ends: cells beyond a joint are on it when they are near the joint. This limb "
     "ends at its joints.", ENDS, _from_ends),
    ("past-the-joints", "Your limb runs past its joints by half its width. The released code draws such limbs; Eq. 9 "
     "ends a limb at its joints.", ENDS,
     lambda a: _within(a) & (a.along >= -a.half_width) & (a.along <= a.length + a.half_width)),
    ("past-the-joints", "Your limb runs past its joints by half its width. The released code draws such limbs; Eq. 9 "
     "ends a limb at its joints.", ENDS,
     lambda a: _endless(a) & (a.along >= -a.half_width) & (a.along <= a.length + a.half_width)),
    ("past-the-joints", "Your limb runs past its joints, as far as a box around both reaches. The released code draws "
     "such limbs; Eq. 9 ends a limb at its joints.", ENDS, lambda a: _within(a) & _box(a, a.half_width)),
    ("bounding-box", "You fill the box around the two joints. The limb is a rectangle along the line between them.",
     LIMB, lambda a: _box(a, 0)),
    ("bounding-box", "You fill the box around the two joints. The limb is a rectangle along the line between them.",
     LIMB, lambda a: _box(a, a.half_width)),
    ("disc", "Your limb is a disc: a cell near a joint is on it wherever it lies.", LIMB,
     lambda a: np.hypot(a.along, a.straight) <= a.half_width),
    ("disc", "Your limb is a disc: a cell near a joint is on it wherever it lies.", LIMB,
     lambda a: np.hypot(a.along, a.straight) <= a.length),
    ("everywhere", "Your field is not zero anywhere: away from the limb it must be.", LIMB,
     lambda a: np.ones(a.cells.shape[:2], bool)),
    ("nothing-drawn", "Your field is zero everywhere.", LIMB, lambda a: np.zeros(a.cells.shape[:2], bool)),
    ("inverted", "Your field is zero on the limb and not zero beside it.", LIMB, lambda a: ~a.on),
]  # fmt: skip


def _parallel(yours: np.ndarray, wanted: np.ndarray) -> bool:
    length = np.linalg.norm(yours, axis=-1, keepdims=True)
    return bool(np.allclose(yours, length * wanted, atol=1e-3 * max(1.0, float(length.max(initial=0)))))


def _unit(field: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(field, axis=-1, keepdims=True)
    return np.asarray(field / np.where(length > 1e-9, length, 1))


Vectors = Callable[[np.ndarray, Limb, np.ndarray], bool]

_VECTORS: list[tuple[str, str, str, Vectors]] = [
    ("chord-for-tangent", "Your vectors all point from joint to joint; in a bent limb they must follow it.", LIMB,
     lambda yours, limb, at: np.allclose(yours, limb.v, atol=1e-3)),
    ("not-unit", "Your vectors are not unit length. They point the right way, and must be of length 1 wherever they "
     "stand and however long the limb is.", LIMB, lambda yours, limb, at: _parallel(yours, limb.vectors[at])),
    ("direction-reversed", "Your vectors point back: the field of a limb runs from its first joint to its second.",
     CHANNELS, lambda yours, limb, at: _parallel(yours, -limb.vectors[at])),
    ("xy-swapped", "x and y are exchanged: the first component of a vector is x, along the columns.", LIMB,
     lambda yours, limb, at: _parallel(yours[..., ::-1], limb.vectors[at])),
    ("direction-lost", "The direction is lost: a vector's components may be negative, and yours never are.", LIMB,
     lambda yours, limb, at: _parallel(yours, np.abs(limb.vectors[at]))),
    ("direction-lost", "The direction is lost: you mark the limb, and do not say which way it runs.", LIMB,
     lambda yours, limb, at: bool(np.ptp(yours) < 1e-6)),
    ("across-for-along", "Your vectors point across the limb; they must point along it.", LIMB,
     lambda yours, limb, at: bool(np.allclose(yours @ limb.v, 0, atol=1e-3 * np.abs(yours).max(initial=1)))),
    ("across-for-along", "Your vectors point across the limb; they must point along it.", LIMB,
     lambda yours, limb, at: bool(np.allclose((yours * limb.vectors[at]).sum(axis=-1), 0, atol=1e-3))),
]  # fmt: skip


def _sloping(slope: Callable[[Limb], np.ndarray]) -> Vectors:
    """Fits vectors that follow a middle line with another slope, whatever their length."""

    def fits(yours: np.ndarray, limb: Limb, at: np.ndarray) -> bool:
        return _parallel(yours, _unit(limb.v + slope(limb)[at][..., None] * limb.v_perp))

    return fits


def _times(factor: float) -> Vectors:
    return _sloping(lambda a: factor * a.slope)


_BENT_VECTORS: list[tuple[str, str, str, Vectors]] = [
    ("tangent-the-other-way", "Your vectors turn to the wrong side: where the middle line leaves the straight one, "
     "they lead back to it.", LIMB, _times(-1)),
    *(("tangent-by-a-factor", "Your vectors turn to the right side, and too little or too much: a factor of the slope "
       "is missing, or is there twice.", LIMB, _times(factor)) for factor in (0.25, 0.5, 2, 4)),
    *(("tangent-by-length", "How much your vectors turn depends on how long the limb is; a slope does not.", LIMB,
       _sloping(slope))
      for slope in (lambda a: a.slope * a.length, lambda a: a.slope / a.length)),
    *(("tangent-of-the-place", "Your vectors turn by how far the middle line lies from the straight one; what counts "
       "is how fast that changes along the way.", LIMB, _sloping(slope))
      for slope in (lambda a: 4 * a.bend * a.share * (1 - a.share),
                    lambda a: 4 * a.bend * a.length * a.share * (1 - a.share))),
    *(("tangent-not-level-halfway", "Halfway your vectors still turn away from the straight line; there the middle "
       "line runs beside it, and so must they.", LIMB, _sloping(slope))
      for slope in (lambda a: 4 * a.bend * (1 - a.share), lambda a: -8 * a.bend * a.share,
                    lambda a: 4 * a.bend + 0 * a.share)),
    ("tangent-from-the-x-axis", "Your vectors are those of a limb that runs along the x axis: the slope is measured "
     "from the limb's own direction.", LIMB,
     lambda yours, limb, at: _parallel(yours, _unit(np.stack([0 * limb.slope + 1, limb.slope], axis=-1)[at]))),
]  # fmt: skip

LimbAnswer = tuple[Limb, np.ndarray]


def _marked(yours: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(yours, axis=-1) > 1e-6)


def region_mistake(answers: Sequence[LimbAnswer]) -> Mistake | None:
    """What is wrong with where fields of single limbs lie, or None."""
    if all((_marked(yours) == limb.on)[limb.sure].all() for limb, yours in answers):
        return None

    def likeness(region: Region) -> float:
        return float(np.mean(np.concatenate([(_marked(yours) == region(a))[a.sure] for a, yours in answers])))

    def wrong(region: Region) -> bool:
        return any((region(a) != a.on)[a.sure].any() for a, _ in answers)

    limb, right = answers[0][0], likeness(lambda a: a.on)
    asked = [*(_TAPERED if limb.taper != 1 else []), *(_BENT if limb.bend != 0 else []), *_REGIONS]
    slug, words, look, region = max((one for one in asked if wrong(one[3])), key=lambda one: likeness(one[3]))
    # Not all cells: the edge of a wrong region may go through the centre of one. But most of what is wrong.
    exact = slug in ("everywhere", "nothing-drawn")  # which say something of every cell
    if likeness(region) > (1 - 1e-9 if exact else 0.985) and 1 - likeness(region) < (1 - right) / 2:
        return Mistake(slug, words, look)
    return Mistake("wrong-region", "The cells that are not zero in yours are not those on the limb.", LIMB)


def vector_mistake(answers: Sequence[LimbAnswer]) -> Mistake | None:
    """What is wrong with the vectors of fields of single limbs, where they and the limb lie, or None."""
    ats = [(limb, yours, limb.on & limb.sure & _marked(yours)) for limb, yours in answers]
    if all(np.allclose(yours[at], limb.vectors[at], atol=1e-3) for limb, yours, at in ats):
        return None
    bent = answers[0][0].bend != 0
    for slug, words, look, fits in [*_VECTORS, *(_BENT_VECTORS if bent else [])]:
        if all(fits(yours[at], limb, at) for limb, yours, at in ats if at.any()):
            return Mistake(slug, words, look)
    return Mistake("wrong-vector", "On the limb your vectors are not those of the limb.", LIMB)


def limb_mistake(answers: Sequence[LimbAnswer]) -> Mistake:
    """What is wrong with fields of single limbs, one at least of which is."""
    region, vectors = region_mistake(answers), vector_mistake(answers)
    unknown = ("wrong-region", "wrong-vector")
    if region is not None and vectors is not None and region.slug in unknown and vectors.slug not in unknown:
        return vectors
    return region or vectors or Mistake("wrong-value", "The field is wrong.", LIMB)


def _agrees(limb: Limb, yours: np.ndarray) -> bool:
    return bool(np.allclose(yours[limb.sure], limb.field[limb.sure], atol=1e-3))


def _cell_words(cells: np.ndarray, yours: np.ndarray, wanted: np.ndarray, sure: np.ndarray) -> tuple[str, Any]:
    """What the cell of the greatest difference shows: a property that its vector must have."""
    off = np.where(sure, np.linalg.norm(yours - wanted, axis=-1), 0)
    row, column = (int(k) for k in np.unravel_index(off.argmax(), off.shape))
    mine, right = yours[row, column], wanted[row, column]
    size, length = float(np.linalg.norm(mine)), float(np.linalg.norm(right))
    pixel = f"({', '.join(shown(float(x)) for x in cells[row, column])})"
    came = (
        f"What came out: the vector {shown(mine)} in row {row}, column {column}, whose centre is at the pixel {pixel}"
    )
    if length < 1e-6:
        return f"{came}; it must be zero, since no limb covers this cell.", (row, column)
    if size < 1e-6:
        return f"{came}; it must not be zero, since a limb covers this cell.", (row, column)
    if abs(size - length) > 1e-3:
        return f"{came}; its length is {shown(size)} and must be {shown(length)}.", (row, column)
    return f"{came}; its product with the right direction is {shown(float(mine @ right) / length)} and must be 1.", (
        row, column
    )  # fmt: skip


# ---- one limb --------------------------------------------------------------------------------------------------------


def _pixel_cells(shape: tuple[int, int], stride: float) -> np.ndarray:
    x, y = stride * np.arange(shape[1]) + (stride - 1) / 2, stride * np.arange(shape[0]) + (stride - 1) / 2
    return np.stack(np.meshgrid(x, y), axis=-1)


def _read_field(value: Any, question: Question) -> np.ndarray:
    h, w, _ = question.case[2].shape
    if isinstance(value, (tuple, list)) and len(value) == 2 and np.shape(value[0]) == (h, w, 2):
        value = value[0]  # the chapter's function also says which cells are on the limb
    return numbers(value, question, (h, w, 2), "the field (rows, columns, x and y)")


@registered("The field of one limb", "x1 x2 cells half_width", "field", taper=_TAPERS, bend=_BENDS)
def check_limb_field(student: Student, *, seed: int = 0, taper: float = 1.0, bend: float = 0.0) -> None:
    """Eq. 9: a function of (x1, x2, cells, half_width) that returns the field (h, w, 2) of one limb.

    ``x1`` and ``x2`` are the joints, (x, y) in pixels; ``cells`` (h, w, 2) the centres of the cells in pixels. The
    function may return which cells are on the limb besides, as the chapter's does.

    Args:
        student: the function.
        seed: of the cases.
        taper: a variation: the half width changes evenly along the limb, from ``half_width`` at the first joint to
            ``taper * half_width`` at the second.
        bend: a variation: the limb's middle line is a parabola through both joints that lies, in the middle of the way,
            ``bend`` times the limb's length beside the straight line, on the side of ``v_perp``; a cell's distance from
            it is measured at a right angle to the straight line, and its vector is the unit vector along the parabola.

    Raises:
        CheckFailed: with its diagnosis.
    """
    names = ("x1", "x2", "cells", "half_width")

    def limb(case: Case) -> Limb:
        x1, x2, cells, half_width = case
        return Limb(x1, x2, cells, half_width, taper, bend)

    def diagnose(answers: list[Answer]) -> CheckFailed:
        case, yours = next(one for one in answers if not _agrees(limb(one[0]), one[1]))
        mistake = limb_mistake([(limb(one), theirs) for one, theirs in answers])
        found, at = _cell_words(case[2], yours, limb(case).field, limb(case).sure)
        return Question(names, case).failure(mistake.slug, mistake.words, found, mistake.look, yours=yours, at=at)

    task = Task(names, _read_field, lambda yours, case: _agrees(limb(case), yours), diagnose, np.allclose)
    judge(student, task, _limb_cases(np.random.default_rng(seed), taper))


def _limb_cases(rng: np.random.Generator, taper: float) -> list[Case]:
    small: list[Case] = [
        (np.array([2.0, 5.0]), np.array([18.0, 7.0]), _pixel_cells((2, 3), 8), 6.0),
        (np.array([9.0, 26.0]), np.array([7.0, 6.0]), _pixel_cells((4, 3), 8), 7.0),
        (np.array([12.0, 8.0]), np.array([36.0, 40.0]), _pixel_cells((6, 5), 8), 8.0),
    ]
    # Cells a tenth of a pixel within all four edges, and as much beyond them: at the first joint whatever the taper.
    small += [
        (np.array([3.5 - near, 11.5]), np.array([27.5 + near, 11.5]), _pixel_cells((3, 4), 8), 8 + near)
        for near in (0.1, -0.1)
    ]
    drawn = [_limb_case(rng, (6, 8), quadrant) for quadrant in range(4)] + [_limb_case(rng, (9, 12), None)]
    # Cells of a pixel each, among which it shows how a width changes on the way:
    fine = [(np.array([6.0, 19.0]), np.array([42.0, 21.5]), _pixel_cells((40, 48), 1), 9.0)] if taper != 1 else []
    return [*small, *drawn, *fine]


def _limb_case(rng: np.random.Generator, shape: tuple[int, int], quadrant: int | None) -> Case:
    """A limb across the middle of a map, long enough to have ends and sides inside it."""
    stride = float(rng.choice([4, 6]))
    cells = _pixel_cells(shape, stride)
    turn = rng.uniform(0.2, 1.3) + np.pi / 2 * (rng.integers(4) if quadrant is None else quadrant)
    half = 0.34 * stride * min(shape) * np.array([np.cos(turn), np.sin(turn)])
    middle = cells.reshape(-1, 2).mean(axis=0) + rng.uniform(-2, 2, 2)
    return np.round(middle - half, 1), np.round(middle + half, 1), cells, between(rng, 1.2 * stride, 1.6 * stride)


# ---- everybody -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Several:
    """N limbs of one kind over the same cells."""

    limbs: tuple[Limb, ...]
    cells: np.ndarray

    @property
    def fields(self) -> np.ndarray:
        """(N, h, w, 2)."""
        return np.array([limb.field for limb in self.limbs]).reshape(-1, *self.cells.shape)

    @property
    def count(self) -> np.ndarray:
        """(h, w, 1) how many cover a cell."""
        on = np.array([limb.on for limb in self.limbs]).reshape(-1, *self.cells.shape[:2])
        return on.sum(axis=0)[..., None]

    @property
    def sure(self) -> np.ndarray:
        """(h, w)."""
        sure = np.array([limb.sure for limb in self.limbs]).reshape(-1, *self.cells.shape[:2])
        return np.asarray(sure.all(axis=0))

    @property
    def average(self) -> np.ndarray:
        """(h, w, 2) Eq. 10."""
        return self.fields.sum(axis=0) / np.maximum(self.count, 1)

    def only(self, which: slice) -> np.ndarray:
        """(h, w, 2) the average of some of them."""
        return _Several(self.limbs[which], self.cells).average


Merge = Callable[["_Several"], np.ndarray]


def _last(several: _Several, order: int) -> np.ndarray:
    field = np.zeros(several.cells.shape)
    for limb in several.limbs[::order]:
        field[limb.on] = limb.vectors[limb.on]
    return field


def _strongest(several: _Several) -> np.ndarray:
    return np.asarray(np.where(several.fields.max(axis=0) > -several.fields.min(axis=0), several.fields.max(axis=0),
                               several.fields.min(axis=0)))  # fmt: skip


_COVER = "The average is over those who cover the cell: two people who never meet do not change each other's field."
_MERGES: list[tuple[str, str, str, Merge]] = [
    ("sum-for-average", "You add up the vectors of people who cover the same cell, and the field becomes longer than a "
     f"unit vector. {_COVER}", EVERYBODY, lambda s: s.fields.sum(axis=0)),
    ("divided-by-everybody", "You divide by the number of all people, those included who do not cover the cell. "
     f"{_COVER}", EVERYBODY, lambda s: s.fields.mean(axis=0)),
    ("overwritten", "The person drawn last overwrites the others, as in the code of 2017: of two limbs that cross, one "
     "is interrupted. The paper averages.", CROSSING, lambda s: _last(s, 1)),
    ("overwritten", "The person drawn last overwrites the others, and is divided by how many cover the cell. The paper "
     "adds them up before it divides.", CROSSING, lambda s: _last(s, 1) / np.maximum(s.count, 1)),
    ("first-wins", "The person drawn first keeps the cell, and whoever comes later is not heard. The paper averages.",
     CROSSING, lambda s: _last(s, -1)),
    ("made-unit-again", "You make the average a unit vector again. Where limbs cross, their average is shorter, and is "
     "to stay so.", CROSSING, lambda s: _unit(s.average)),
    ("largest-for-average", "You keep the largest component instead of the average.", CROSSING,
     lambda s: s.fields.max(axis=0)),
    ("largest-for-average", "You keep the largest component instead of the average.", CROSSING, _strongest),
    ("running-average", "You average two at a time, so that of three people the last one counts half, and the first "
     "two a quarter each.", EVERYBODY, lambda s: _running(s)),
    ("only-where-alone", "Where several people cover a cell you draw nobody.", CROSSING,
     lambda s: s.average * (s.count == 1)),
]  # fmt: skip


_WITHOUT: list[tuple[str, str, str, Merge]] = [
    ("divided-by-one-more", "You divide by one more than lie on the cell: a single person's vectors are half as long "
     "as they should be.", EVERYBODY, lambda s: s.fields.sum(axis=0) / (s.count + 1)),
    ("first-person-only", "Only the first person's limb is drawn.", EVERYBODY, lambda s: s.only(slice(1))),
    ("limb-left-out", "The last person's limb is left out.", EVERYBODY, lambda s: s.only(slice(-1))),
    ("limb-left-out", "The first person's limb is left out.", EVERYBODY, lambda s: s.only(slice(1, None))),
    ("reshaped", "Your numbers are in the wrong places: a reshape does not move axes, it deals all numbers out anew.",
     EVERYBODY, lambda s: np.moveaxis(s.average.reshape(2, *s.cells.shape[:2]), 0, -1)),
]  # fmt: skip


def _running(several: _Several) -> np.ndarray:
    field, seen = np.zeros(several.cells.shape), np.zeros(several.cells.shape[:2], bool)
    for limb in several.limbs:
        mixed = np.where(seen[..., None], (field + limb.field) / 2, limb.field)
        field, seen = np.where(limb.on[..., None], mixed, field), seen | limb.on
    return field


@registered("The field of everybody's limbs", "limbs cells half_width", "field", taper=_TAPERS, bend=_BENDS)
def check_affinity_field(student: Student, *, seed: int = 0, taper: float = 1.0, bend: float = 0.0) -> None:
    """Eq. 10: a function of (limbs, cells, half_width) that returns the field (2, h, w) of N limbs of one kind.

    ``limbs`` (N, 2, 2) holds both joints of everybody, (x, y) in pixels; N may be 0. The rest is as in
    :func:`check_limb_field`.

    Args:
        student: the function.
        seed: of the cases.
        taper, bend: variations, as in :func:`check_limb_field`.

    Raises:
        CheckFailed: with its diagnosis.
    """
    names = ("limbs", "cells", "half_width")

    def several(case: Case) -> _Several:
        limbs, cells, half_width = case
        return _Several(tuple(Limb(x1, x2, cells, half_width, taper, bend) for x1, x2 in limbs), cells)

    def agrees(yours: np.ndarray, case: Case, merge: Merge = lambda s: s.average) -> bool:
        them = several(case)
        wanted = merge(them) if them.limbs else np.zeros(them.cells.shape)
        return bool(np.allclose(yours[them.sure], wanted[them.sure], atol=1e-3))

    def read(value: Any, question: Question) -> np.ndarray:
        h, w, _ = question.case[1].shape
        return np.moveaxis(numbers(value, question, (2, h, w), "the field (x and y, rows, columns)"), 0, -1)

    def mistake_of(answers: list[Answer]) -> Mistake:
        def merged(merge: Merge) -> Callable[[Case, Any], bool]:
            return lambda case, yours: agrees(yours, case, merge)

        def mistakes(rows: Sequence[tuple[str, str, str, Merge]]) -> list[Mistake]:
            return [Mistake(slug, words, look, merged(merge)) for slug, words, look, merge in rows]

        whole = known(answers, mistakes(_WITHOUT))
        alone = [(several(case).limbs[0], yours) for case, yours in answers if len(case[0]) == 1]
        if whole is None and not all(_agrees(*one) for one in alone):
            return limb_mistake(alone)
        unknown = Mistake("wrong-value", "One person's field is right, and that of several is not.", EVERYBODY)
        return whole or known(answers, mistakes(_MERGES)) or unknown

    def diagnose(answers: list[Answer]) -> CheckFailed:
        case, yours = next(one for one in answers if not agrees(one[1], one[0]))
        mistake, them = mistake_of(answers), several(case)
        found, at = _cell_words(case[1], yours, them.average, them.sure)
        shown_field = np.moveaxis(yours, -1, 0)
        return Question(names, case).failure(mistake.slug, mistake.words, found, mistake.look, yours=shown_field, at=at)

    task = Task(names, read, agrees, diagnose, np.allclose)
    judge(student, task, _crowd_cases(np.random.default_rng(seed), taper))


def _crowd_cases(rng: np.random.Generator, taper: float) -> list[Case]:
    alone = [(np.stack(case[:2])[None], *case[2:]) for case in _limb_cases(rng, taper)]
    cells = _pixel_cells((6, 8), 8)
    apart = np.array([[[4.0, 9.0], [40.0, 6.0]], [[6.0, 38.0], [44.0, 41.0]]])
    crossing = np.array([[[8.0, 6.0], [52.0, 38.0]], [[50.0, 5.0], [9.0, 41.0]]])
    side_by_side = np.array([[[14.0, 22.0], [50.0, 20.0]], [[12.0, 27.0], [48.0, 25.0]], [[20.0, 24.0], [58.0, 26.0]]])
    # Three that lie on the same cells even where they are narrow and bent, in directions that differ:
    fan = np.array([[[6.0, 20.0], [58.0, 26.0]], [[6.0, 23.0], [58.0, 23.0]], [[6.0, 26.0], [58.0, 19.0]]])
    several: list[Case] = [(apart, cells, 8.0), (crossing, cells, 9.0), (side_by_side, cells, 8.0), (fan, cells, 10.0)]
    for n in (2, 3, 4):
        points = np.round(rng.uniform(0.1, 0.9, (n, 2, 2)) * (63, 47), 1)
        points[:, 1] += np.where(np.abs(points[:, 1] - points[:, 0]).max(axis=1, keepdims=True) < 12, 15.0, 0.0)
        several.append((points, cells, between(rng, 7, 12)))
    return [*alone, *several, (np.zeros((0, 2, 2)), _pixel_cells((2, 3), 8), 8.0)]


# ---- a turned camera -------------------------------------------------------------------------------------------------


def _turned(L: np.ndarray, cells: int, vectors: int) -> np.ndarray:
    """Fields (C, 2, h, w) with the cells turned clockwise by so many quarter turns, and the vectors by so many."""
    turned = np.rot90(L, -cells, axes=(2, 3))
    for _ in range(vectors % 4):
        turned = np.stack([-turned[:, 1], turned[:, 0]], axis=1)
    return np.asarray(turned)


def _flipped(L: np.ndarray, cells: bool, vectors: bool) -> np.ndarray:
    """Fields (C, 2, h, w) mirrored left to right: the cells, the vectors in them, or both."""
    moved = L[..., ::-1] if cells else L
    return moved * np.array([-1, 1])[:, None, None] if vectors else moved


def _mirrored(cells: Sequence[int], flips: Sequence[tuple[bool, bool]]) -> Callable[[Sequence[Answer]], bool]:
    """Whether one mirror and turn gave all answers: cells turned so often, vectors however often, and such flips."""

    def by(turned: int, vectors: int, flip: tuple[bool, bool]) -> Callable[[Case, Any], bool]:
        return gives(lambda L: _turned(_flipped(L, *flip), turned, vectors))

    wrong = [by(turned, vectors, flip) for turned in cells for vectors in range(4) for flip in flips]
    return lambda answers: any(all(fits(*answer) for answer in answers) for fits in wrong)


@registered("The fields of a turned photograph", "L", turns=(1, 3))
def check_turned_field(student: Student, *, seed: int = 0, turns: int = 2) -> None:
    """Fields of a turned photograph: a function of (L), fields (C, 2, h, w), that returns the fields after the turn.

    Args:
        student: the function.
        seed: of the cases.
        turns: how many quarter turns clockwise; a variation, where it is not half a turn.

    Raises:
        CheckFailed: with its diagnosis.
    """

    def right(L: np.ndarray) -> np.ndarray:
        return _turned(L, turns, turns)

    # A quarter turn alone is the other way, where three are asked for.
    or_once = ", or by one quarter turn alone" if turns == 3 else ""
    both = "A turn moves the cells to other places, and turns the vector in each of them as well."
    mistakes = [
        Mistake("not-turned", f"Your fields are those that went in. {both}", LIMB, gives(lambda L: L)),
        Mistake("vectors-not-turned", f"The cells are where they belong, and the vectors in them point where they "
                f"pointed before. {both}", LIMB, gives(lambda L: _turned(L, turns, 0))),
        Mistake("cells-not-turned", f"The vectors are turned, and the cells are where they were. {both}", CHANNELS,
                gives(lambda L: _turned(L, 0, turns))),
        Mistake("turned-the-wrong-way", f"Everything is turned the wrong way{or_once}: clockwise, the top edge becomes "
                "the right one.", CHANNELS, gives(lambda L: _turned(L, -turns, -turns))),
        Mistake("vectors-turned-the-wrong-way", f"The cells are turned the right way and the vectors the other "
                f"way{or_once}: y points down, and what pointed up points to the right after a quarter turn "
                "clockwise.", LIMB, gives(lambda L: _turned(L, turns, -turns))),
        Mistake("cells-turned-the-wrong-way", "The vectors are turned the right way and the cells the other "
                f"way{or_once}.", CHANNELS, gives(lambda L: _turned(L, -turns, turns))),
        Mistake("turned-by-half", "Everything is turned by half a turn; this task asks for another one.", LIMB,
                gives(lambda L: _turned(L, 2, 2))),
        Mistake("xy-swapped", "x and y are exchanged: the first component of a vector is x, along the columns.", LIMB,
                gives(lambda L: right(L)[:, ::-1])),
        Mistake("turned-by-half", "The cells are turned as they should be, and the vectors by half a turn.", LIMB,
                gives(lambda L: _turned(L, turns, 2))),
        Mistake("turned-by-half", "The vectors are turned as they should be, and the cells by half a turn.", CHANNELS,
                gives(lambda L: _turned(L, 2, turns))),
        Mistake("direction-lost", "The direction is lost: a vector's components may be negative, and yours never are.",
                LIMB, gives(lambda L: np.abs(right(L)))),
        Mistake("vectors-mirrored", "The cells are where they belong, and the vectors in them are mirrored and not "
                "turned: x and y are exchanged without a sign, or with two, or one sign is changed and they stay.",
                LIMB, fits_all=_mirrored([turns], [(False, True)])),
        Mistake("mirrored", "Your cells are mirrored and not turned: follow the four corners of the photograph round "
                "it, before and after.", CHANNELS,
                fits_all=_mirrored(range(4), [(True, False), (True, True)])),
        Mistake("reshaped", "Your numbers are in the wrong places: a reshape does not move axes, it deals all numbers "
                "out anew.", LIMB, gives(lambda L: L.reshape(right(L).shape))),
    ]  # fmt: skip
    axes = ("channel", "component", "row", "column")
    values = Values(("L",), "the fields (limbs, x and y, rows, columns)", right, mistakes, axes)
    judge(student, values.task(), _turned_cases(np.random.default_rng(seed)))


def _turned_cases(rng: np.random.Generator) -> list[Case]:
    one, up = np.zeros((1, 2, 2, 2)), np.zeros((1, 2, 3, 3))
    one[0, 0, 0, 0], up[0, 1, 0, 1] = 1, -1
    shapes = ((1, 2, 2, 2), (1, 2, 3, 3), (1, 2, 2, 4), (3, 2, 5, 4), (2, 2, 3, 6))
    drawn = [(np.round(rng.uniform(-1, 1, shape), 2),) for shape in shapes]
    return [(one,), drawn[0], (up,), *drawn[1:]]
