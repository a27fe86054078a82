"""Skeletons: which parts there are, which limbs join them, and in what order a network lists both.

A :class:`Skeleton` is the only table in the package. It travels with every field and every person, and drives targets,
network heads, the parser, drawing and evaluation, so that no channel table is ever filled in by hand.

Parts are named in COCO's words (``"right_shoulder"``), right and left being the person's own. The limbs of
:data:`COCO_18`, :data:`MPII_15` and :data:`BODY_25` stand in the channel order of the released networks: channel ``c``
of L, that is the released channels ``2c`` (x) and ``2c + 1`` (y) after the background, is ``limbs[c]`` (FACTS 1.2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from paflib.errors import DataError

Pair = tuple[int, int]

# Okabe and Ito's palette, which colour-blind readers tell apart: two warm ones for the person's right side, two cold
# ones for the left, two others for the middle.
_COLOURS = {"right": ("#d55e00", "#e69f00"), "left": ("#0072b2", "#56b4e9"), "": ("#009e73", "#cc79a7")}


@dataclass(frozen=True)
class Skeleton:
    """Parts and limbs of one kind of body, in channel order.

    Limbs, edges and flip pairs may be written with part names or with part indices; they are kept as indices.

    >>> hand_drum = Skeleton("drum", ("rim", "hub", "foot"), limbs=(("hub", "rim"), ("hub", "foot")))
    >>> hand_drum.limbs
    ((1, 0), (1, 2))

    Args:
        name: a short name, for messages and files.
        parts: the J part names, in channel order of S.
        limbs: the C pairs (from, to), in channel order of L, redundant ones included.
        redundant: indices of the redundant limbs; without them the limbs must be free of cycles. By default, the limbs
            that close a cycle when the limbs are added in order.
        parse_order: the order in which the root-first parser visits the limbs; by default breadth first from the first
            limb, redundant limbs last.
        edges: pairs to draw; by default the limbs that are not redundant.
        flip_pairs: pairs of parts that change places in a mirror image; by default those whose names differ by
            ``left`` and ``right`` alone.
        sigmas: the J constants of COCO's OKS, or None when nobody has measured them.
        colors: one ``#rrggbb`` per edge; by default Okabe-Ito, warm on the right side, cold on the left.
        derived: parts that other data sets do not annotate, as the mean of parts they do: ``{"neck": ("right_shoulder",
            "left_shoulder")}``.

    Raises:
        DataError: naming what contradicts itself.
    """

    name: str
    parts: tuple[str, ...]
    limbs: tuple[Pair, ...] = ()
    redundant: tuple[int, ...] | None = None
    parse_order: tuple[int, ...] | None = None
    edges: tuple[Pair, ...] | None = None
    flip_pairs: tuple[Pair, ...] | None = None
    sigmas: tuple[float, ...] | None = None
    colors: tuple[str, ...] | None = None
    derived: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "parts", (self.parts,) if isinstance(self.parts, str) else tuple(str(part) for part in self.parts))
        if not self.parts or len(set(self.parts)) != len(self.parts):
            raise DataError(
                f"skeleton {self.name!r}: part names must be given and differ from each other, got {self.parts}"
            )
        put(self, "limbs", self._pairs("limbs", self.limbs))
        put(self, "redundant", self._redundant(self.redundant))
        put(self, "parse_order", self._parse_order(self.parse_order))
        tree = tuple(self.limbs[c] for c in self.tree)
        put(self, "edges", tree if self.edges is None else self._pairs("edges", self.edges))
        pairs = _mirror_pairs(self.parts) if self.flip_pairs is None else self._pairs("flip_pairs", self.flip_pairs)
        put(self, "flip_pairs", self._disjoint(pairs))
        put(self, "sigmas", self._sigmas(self.sigmas))
        put(self, "colors", self._edge_colors(self.colors))
        derived = {part: (of,) if isinstance(of, str) else tuple(of) for part, of in self.derived.items()}
        put(self, "derived", MappingProxyType(derived))
        if unknown := set(self.derived) - set(self.parts):
            raise DataError(f"skeleton {self.name!r}: derived names {sorted(unknown)}, which are no parts of it")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled and copied by its arguments: the read-only mapping of derived parts cannot be pickled itself."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return _skeleton_of, (values | {"derived": dict(self.derived)},)

    # ---- what the other modules ask ------------------------------------------------------------------------------

    @property
    def J(self) -> int:
        """Number of parts, the channels of S."""
        return len(self.parts)

    @property
    def C(self) -> int:
        """Number of limbs, the vector channels of L."""
        return len(self.limbs)

    @property
    def tree(self) -> tuple[int, ...]:
        """Indices of the limbs that are not redundant; a spanning tree when all parts are joined."""
        return tuple(c for c in range(self.C) if c not in set(self.redundant or ()))

    @property
    def flip(self) -> np.ndarray:
        """The permutation (J,) of parts in a mirror image: channel j of the mirrored map is channel ``flip[j]``."""
        order = np.arange(self.J)
        for a, b in self.flip_pairs or ():
            order[[a, b]] = b, a
        return order

    @property
    def flip_limbs(self) -> tuple[np.ndarray, np.ndarray]:
        """Permutation (C,) and sign (C,) of limbs in a mirror image.

        The mirrored field of limb c is ``sign[c]`` times the mirrored field of ``permutation[c]``, and its x component
        changes sign besides. The sign is -1 where a mirror turns a limb end for end, as between the two shoulders.

        Raises:
            DataError: when the mirror image of a limb is no limb of the skeleton.
        """
        flip, index = self.flip, {limb: c for c, limb in enumerate(self.limbs)}
        found = [self._mirrored(index, int(flip[a]), int(flip[b])) for a, b in self.limbs]
        return np.array([c for c, _ in found], int), np.array([sign for _, sign in found], float)

    def index(self, part: str) -> int:
        """Index of a part by name.

        Raises:
            DataError: listing the names there are.
        """
        if part not in self.parts:
            raise DataError(f"skeleton {self.name!r} has no part {part!r}; it has {', '.join(self.parts)}")
        return self.parts.index(part)

    def limb_name(self, c: int) -> str:
        """Name of limb c, such as ``"neck-nose"``."""
        return "-".join(self.parts[j] for j in self.limbs[c])

    def sources(self, target: Skeleton) -> tuple[tuple[int, ...], ...]:
        """For each part of ``target``, the parts of this skeleton whose mean it is; empty where there is none.

        A part of the same name is itself; otherwise ``target.derived`` is asked.
        """
        own = {part: j for j, part in enumerate(self.parts)}
        recipes = [(part,) if part in own else target.derived.get(part, ()) for part in target.parts]
        return tuple(tuple(own[part] for part in r) if all(part in own for part in r) else () for r in recipes)

    def complete(self) -> Skeleton:
        """The same parts with every pair of them as a limb (TPAMI Fig. 6b); those outside the tree are redundant."""
        limbs = list(self.limbs)
        known = {frozenset(limb) for limb in limbs}
        limbs += [(a, b) for a in range(self.J) for b in range(a + 1, self.J) if frozenset((a, b)) not in known]
        redundant = tuple(c for c in range(len(limbs)) if c not in self.tree)
        return Skeleton(
            f"{self.name}-complete", self.parts, tuple(limbs), redundant, edges=self.edges, flip_pairs=self.flip_pairs,
            sigmas=self.sigmas, colors=self.colors, derived=self.derived,
        )  # fmt: skip

    # ---- JSON ------------------------------------------------------------------------------------------------------

    def to_json(self) -> str:
        """The skeleton as JSON text, limbs by part names; :meth:`from_json` reads it back."""

        def names(pairs: Iterable[Pair]) -> list[list[str]]:
            return [[self.parts[a], self.parts[b]] for a, b in pairs]

        content = {
            "name": self.name,
            "parts": self.parts,
            "limbs": names(self.limbs),
            "redundant": self.redundant,
            "parse_order": self.parse_order,
            "edges": names(self.edges or ()),
            "flip_pairs": names(self.flip_pairs or ()),
            "sigmas": self.sigmas,
            "colors": self.colors,
            "derived": dict(self.derived),
        }
        return json.dumps(content, indent=1)

    @classmethod
    def from_json(cls, source: str | Path) -> Skeleton:
        """Read a skeleton from JSON text or from a file; only ``name`` and ``parts`` are needed.

        Raises:
            DataError: naming the file or the key that is wrong.
        """
        where = "the JSON text"
        try:
            if isinstance(source, Path) or (source.strip() and not source.lstrip().startswith("{")):
                where = str(source)
                source = Path(source).read_text(encoding="utf-8")
            content = json.loads(source)
        except (OSError, ValueError) as error:
            raise DataError(f"no skeleton could be read from {where}: {error}") from error
        known = set(cls.__dataclass_fields__)
        if not isinstance(content, dict) or not {"name", "parts"} <= set(content) <= known:
            raise DataError(
                f"{where} is no skeleton: it needs 'name' and 'parts' and may have {', '.join(sorted(known))}"
            )
        try:
            return cls(**{key: _tuples(value) for key, value in content.items()})
        except DataError:
            raise
        except (AttributeError, TypeError, ValueError) as error:
            raise DataError(f"{where} is no skeleton: something in it is of the wrong kind: {error}") from error

    # ---- the door --------------------------------------------------------------------------------------------------

    def _pairs(self, what: str, pairs: Iterable[Sequence[Any]]) -> tuple[Pair, ...]:
        result = []
        for pair in pairs:
            if isinstance(pair, str) or not all(isinstance(end, (str, int, np.integer)) for end in pair):
                raise DataError(f"skeleton {self.name!r}: {what} has {pair!r}, wanted pairs of part names or indices")
            ends = tuple(self.index(end) if isinstance(end, str) else int(end) for end in pair)
            if len(ends) != 2 or ends[0] == ends[1] or not all(0 <= end < self.J for end in ends):
                raise DataError(
                    f"skeleton {self.name!r}: {what} has {tuple(pair)}, wanted two different parts of its {self.J}"
                )
            result.append((ends[0], ends[1]))
        if len({frozenset(pair) for pair in result}) != len(result):
            raise DataError(f"skeleton {self.name!r}: {what} names the same two parts twice")
        return tuple(result)

    def _redundant(self, given: Iterable[int] | None) -> tuple[int, ...]:
        if given is None:
            return tuple(closing_limbs(self.limbs, range(self.C)))
        redundant = tuple(int(c) for c in given)
        if not set(redundant) <= set(range(self.C)):
            raise DataError(f"skeleton {self.name!r}: redundant is {redundant}, wanted indices of its {self.C} limbs")
        for c in closing_limbs(self.limbs, [c for c in range(self.C) if c not in redundant]):
            raise DataError(
                f"skeleton {self.name!r}: limb {self.limb_name(c)} closes a cycle and is not called redundant"
            )
        return redundant

    def _parse_order(self, given: Iterable[int] | None) -> tuple[int, ...]:
        order = tuple(given) if given is not None else _breadth_first(self.limbs, self.tree) + (self.redundant or ())
        if sorted(order) != list(range(self.C)):
            raise DataError(
                f"skeleton {self.name!r}: parse_order {order} does not list each of its {self.C} limbs once"
            )
        return order

    def _disjoint(self, pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
        if len({j for pair in pairs for j in pair}) != 2 * len(pairs):
            raise DataError(f"skeleton {self.name!r}: flip_pairs uses a part twice")
        return pairs

    def _sigmas(self, given: Iterable[float] | None) -> tuple[float, ...] | None:
        if given is None:
            return None
        sigmas = tuple(float(sigma) for sigma in given)
        if len(sigmas) != self.J or not all(sigma > 0 for sigma in sigmas):
            raise DataError(f"skeleton {self.name!r}: sigmas has {len(sigmas)} values, wanted {self.J} positive ones")
        return sigmas

    def _edge_colors(self, given: Iterable[str] | None) -> tuple[str, ...]:
        edges = self.edges or ()
        if given is not None:
            colors = tuple(given)
            if len(colors) != len(edges):
                raise DataError(f"skeleton {self.name!r}: colors has {len(colors)} values, for {len(edges)} edges")
            if wrong := [color for color in colors if not re.fullmatch("#[0-9a-fA-F]{6}", str(color))]:
                raise DataError(f"skeleton {self.name!r}: colors has {wrong[0]!r}, wanted colours written as '#rrggbb'")
            return colors
        sides = [_side(self.parts[b]) or _side(self.parts[a]) for a, b in edges]
        return tuple(_COLOURS[side][sides[:i].count(side) % 2] for i, side in enumerate(sides))

    def _mirrored(self, index: dict[Pair, int], a: int, b: int) -> tuple[int, float]:
        if (a, b) in index:
            return index[a, b], 1.0
        if (b, a) in index:
            return index[b, a], -1.0
        raise DataError(
            f"skeleton {self.name!r}: {self.parts[a]}-{self.parts[b]}, the mirror image of a limb, is no limb"
        )


def _skeleton_of(values: dict[str, Any]) -> Skeleton:
    return Skeleton(**values)


def _side(part: str) -> str:
    words = part.split("_")
    return "right" if "right" in words else "left" if "left" in words else ""


def _mirror_pairs(parts: tuple[str, ...]) -> tuple[Pair, ...]:
    def other(part: str) -> str:
        return "_".join({"right": "left", "left": "right"}.get(word, word) for word in part.split("_"))

    return tuple((j, parts.index(other(p))) for j, p in enumerate(parts) if _side(p) == "right" and other(p) in parts)


def closing_limbs(limbs: Sequence[Pair], order: Iterable[int]) -> list[int]:
    """The limbs that close a cycle when the limbs are added in the given order.

    >>> closing_limbs([(0, 1), (1, 2), (2, 0)], range(3))
    [2]
    """
    piece: dict[int, int] = {}
    closing = []
    for c in order:
        a, b = (piece.setdefault(j, j) for j in limbs[c])
        if a == b:
            closing.append(c)
        piece = {j: a if of == b else of for j, of in piece.items()}
    return closing


def _breadth_first(limbs: tuple[Pair, ...], tree: tuple[int, ...]) -> tuple[int, ...]:
    """The tree's limbs from the first one's start outwards: each but the first of a piece meets a visited part."""
    order: list[int] = []
    left = list(tree)
    while left:
        reached = [limbs[left[0]][0]]
        for j in reached:
            for c in [c for c in left if j in limbs[c]]:
                order.append(c)
                left.remove(c)
                reached.append(limbs[c][1] if limbs[c][0] == j else limbs[c][0])
    return tuple(order)


def _tuples(value: Any) -> Any:
    """JSON's lists as tuples, so that a skeleton read back equals the one written."""
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value


def _pairs_of(text: str) -> tuple[Pair, ...]:
    """``"1-8 8-9"`` as ((1, 8), (8, 9)): the tables below read like the ones in the released code."""
    return tuple((int(a), int(b)) for a, b in (pair.split("-") for pair in text.split()))


def _order_of(limbs: tuple[Pair, ...], visits: str) -> tuple[int, ...]:
    return tuple(limbs.index(pair) for pair in _pairs_of(visits))


def _chain(first: int, last: int, closed: bool = False) -> tuple[Pair, ...]:
    links = tuple((j, j + 1) for j in range(first, last))
    return (*links, (last, first)) if closed else links


# ---- the skeletons: FACTS 1.1 (parts), 1.2 (limbs, parse order), 1.11 (hands, face), 1.13 (sigmas) ------------------

COCO_17 = Skeleton(
    "coco-17",
    ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
     "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
     "right_ankle"),
    edges=_pairs_of("5-6 5-11 6-12 11-12 5-7 7-9 6-8 8-10 11-13 13-15 12-14 14-16 0-1 0-2 1-3 2-4"),
    sigmas=(.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089),
)  # fmt: skip
"""COCO's seventeen annotated parts. No limbs: the released networks add a neck (:data:`COCO_18`)."""

_SIGMA = dict(zip(COCO_17.parts, COCO_17.sigmas or (), strict=True))
# Neck and mid-hip are means of the shoulders and of the hips and take their constants. Feet: COCO-WholeBody's.
_SIGMA |= {"neck": 0.079, "mid_hip": 0.107}
_SIGMA |= {"left_big_toe": 0.068, "left_small_toe": 0.066, "left_heel": 0.066}
_SIGMA |= {"right_big_toe": 0.092, "right_small_toe": 0.094, "right_heel": 0.094}

COCO_23 = Skeleton(
    "coco-23",
    (*COCO_17.parts, "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel"),
    edges=(*(COCO_17.edges or ()), *_pairs_of("15-17 17-18 15-19 16-20 20-21 16-22")),
    sigmas=(*(COCO_17.sigmas or ()), *(_SIGMA[f"{side}_{part}"] for side in ("left", "right")
                                       for part in ("big_toe", "small_toe", "heel"))),
)  # fmt: skip
"""COCO's seventeen parts and the six of the feet, in the order of the COCO + foot json."""

_COCO_18_PARTS = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
    "right_ear", "left_ear",
)  # fmt: skip
_COCO_18_LIMBS = _pairs_of("1-8 8-9 9-10 1-11 11-12 12-13 1-2 2-3 3-4 2-16 1-5 5-6 6-7 5-17 1-0 0-14 0-15 14-16 15-17")
COCO_18 = Skeleton(
    "coco-18", _COCO_18_PARTS, _COCO_18_LIMBS,
    redundant=_order_of(_COCO_18_LIMBS, "2-16 5-17"),
    parse_order=_order_of(
        _COCO_18_LIMBS, "1-2 1-5 2-3 3-4 5-6 6-7 1-8 8-9 9-10 1-11 11-12 12-13 1-0 0-14 14-16 0-15 15-17 2-16 5-17"
    ),
    sigmas=tuple(_SIGMA[part] for part in _COCO_18_PARTS),
    derived={"neck": ("right_shoulder", "left_shoulder")},
)  # fmt: skip
"""COCO with a neck: the CVPR 2017 network's 18 parts and 19 limbs, the two ear-shoulder ones redundant."""

_BODY_25_PARTS = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "mid_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
    "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe",
    "right_heel",
)  # fmt: skip
_BODY_25_LIMBS = _pairs_of(
    "1-8 9-10 10-11 8-9 8-12 12-13 13-14 1-2 2-3 3-4 2-17 1-5 5-6 6-7 5-18 1-0 0-15 0-16 15-17 16-18 "
    "14-19 19-20 14-21 11-22 22-23 11-24"
)
BODY_25 = Skeleton(
    "body-25", _BODY_25_PARTS, _BODY_25_LIMBS,
    redundant=_order_of(_BODY_25_LIMBS, "2-17 5-18"),
    parse_order=_order_of(
        _BODY_25_LIMBS,
        "1-8 1-2 1-5 2-3 3-4 5-6 6-7 8-9 9-10 10-11 8-12 12-13 13-14 1-0 0-15 15-17 0-16 16-18 2-17 5-18 "
        "14-19 19-20 14-21 11-22 22-23 11-24",
    ),
    sigmas=tuple(_SIGMA[part] for part in _BODY_25_PARTS),
    derived={"neck": ("right_shoulder", "left_shoulder"), "mid_hip": ("right_hip", "left_hip")},
)  # fmt: skip
"""Body and feet: the TPAMI 2019 network's 25 parts and 26 limbs, the two ear-shoulder ones redundant."""

MPII_16 = Skeleton(
    "mpii-16",
    ("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis", "thorax", "upper_neck",
     "head_top", "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist"),
    edges=_pairs_of("0-1 1-2 2-6 6-3 3-4 4-5 6-7 7-8 8-9 8-12 12-11 11-10 8-13 13-14 14-15"),
    sigmas=(.089, .083, .107, .107, .083, .089, .026, .026, .026, .026, .062, .072, .179, .179, .072, .062),
)  # fmt: skip
"""MPII's sixteen annotated parts. MPII itself scores PCKh; these OKS constants are MMPose's, adapted from COCO."""

_MPII_15_PARTS = (
    "head", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "chest",
)  # fmt: skip
_MPII_SIGMA = dict(zip(MPII_16.parts, MPII_16.sigmas or (), strict=True)) | dict.fromkeys(
    ("head", "neck", "chest"), 0.026
)
MPII_15 = Skeleton(
    "mpii-15", _MPII_15_PARTS,
    _pairs_of("0-1 1-2 2-3 3-4 1-5 5-6 6-7 1-14 14-8 8-9 9-10 14-11 11-12 12-13"),
    parse_order=tuple(range(14)),
    sigmas=tuple(_MPII_SIGMA[part] for part in _MPII_15_PARTS),
    derived={"head": ("head_top",), "neck": ("upper_neck",), "chest": ("pelvis", "thorax")},
)  # fmt: skip
"""The MPII network's 15 parts and 14 limbs, a tree: head is MPII's head top, chest the middle of pelvis and thorax."""

_FINGERS = ("thumb", "index", "middle", "ring", "pinky")
HAND_21 = Skeleton(
    "hand-21", ("wrist", *(f"{finger}_{k}" for finger in _FINGERS for k in range(1, 5))),
    edges=tuple(pair for f in range(5) for pair in ((0, 4 * f + 1), *_chain(4 * f + 1, 4 * f + 4))),
    sigmas=(.029, .022, .035, .037, .047, .026, .025, .024, .035, .018, .024, .022, .026, .017, .021, .021, .032, .020,
            .019, .022, .031),
    colors=tuple(c for c in ("#d55e00", "#e69f00", "#009e73", "#56b4e9", "#cc79a7") for _ in range(4)),
)  # fmt: skip
"""One hand: wrist, then four joints a finger, root to tip. Edges for drawing only; OKS constants of COCO-WholeBody."""

_FACE_GROUPS = (
    ("contour", 17), ("right_brow", 5), ("left_brow", 5), ("nose_bridge", 4), ("nose_base", 5), ("right_eye", 6),
    ("left_eye", 6), ("outer_mouth", 12), ("inner_mouth", 8),
)  # fmt: skip
_FACE_EDGES = (
    *_chain(0, 16), *_chain(17, 21), *_chain(22, 26), *_chain(27, 30), *_chain(31, 35), *_chain(36, 41, True),
    *_chain(42, 47, True), *_chain(48, 59, True), *_chain(60, 67, True),
)  # fmt: skip
# The mirror image of a face's numbering: contour, brows, nose base, eyes and mouths each run backwards.
_FACE_FLIP = _pairs_of(
    "0-16 1-15 2-14 3-13 4-12 5-11 6-10 7-9 17-26 18-25 19-24 20-23 21-22 31-35 32-34 36-45 37-44 38-43 39-42 40-47 "
    "41-46 48-54 49-53 50-52 55-59 56-58 60-64 61-63 65-67 68-69"
)
FACE_70 = Skeleton(
    "face-70",
    (*(f"{group}_{k}" for group, n in _FACE_GROUPS for k in range(n)), "right_pupil", "left_pupil"),
    edges=_FACE_EDGES, flip_pairs=_FACE_FLIP,
    # COCO-WholeBody's 68 constants; it has no pupils, which take the eyes' 0.008.
    sigmas=(.042, .043, .044, .043, .040, .035, .031, .025, .020, .023, .029, .032, .037, .038, .043, .041, .045, .013,
            .012, .011, .011, .012, .012, .011, .011, .013, .015, .009, .007, .007, .007, .012, .009, .008, .016, .010,
            .017, .011, .009, .011, .009, .007, .013, .008, .011, .012, .010, .034, .008, .008, .009, .008, .008, .007,
            .010, .008, .009, .009, .009, .007, .007, .008, .011, .008, .008, .008, .010, .008, .008, .008),
)  # fmt: skip
"""A face: 68 landmarks and two pupils. Edges for drawing only."""

CAR_12 = Skeleton(
    "car-12",
    ("front_right_wheel", "front_left_wheel", "back_right_wheel", "back_left_wheel", "front_right_light",
     "front_left_light", "back_right_light", "back_left_light", "front_right_top", "front_left_top", "back_right_top",
     "back_left_top"),
    _pairs_of("4-5 4-6 4-0 0-2 4-8 8-10 5-7 5-1 1-3 5-9 9-11"),
    parse_order=tuple(range(11)), sigmas=(0.05,) * 12,
)  # fmt: skip
"""A car's wheels, lights and roof corners, joined by a tree. Nobody published OKS constants: 0.05 for each part."""

CAR_22 = Skeleton(
    "car-22",
    ("front_left_wheel", "back_left_wheel", "front_right_wheel", "back_right_wheel", "front_right_fog_light",
     "front_left_fog_light", "front_right_light", "front_left_light", "grilles", "front_bumper", "left_mirror",
     "right_mirror", "front_right_top", "front_left_top", "back_left_top", "back_right_top", "back_left_light",
     "back_right_light", "trunk", "back_bumper", "back_left_corner", "back_right_corner"),
    _pairs_of(
        "0-1 1-3 3-2 2-0 6-7 7-16 16-17 17-6 12-13 13-14 14-15 15-12 6-8 7-8 6-9 7-9 6-4 7-5 12-11 13-10 "
        "16-18 17-18 16-19 17-19 0-7 3-17 6-12 16-14 6-21 7-20 3-21 20-14"
    ),
    sigmas=(0.05,) * 22,
)  # fmt: skip
"""A car's 22 parts and 32 limbs. The released list names no tree; here a limb is redundant when it closes a cycle as
the limbs are added in the released order, which leaves 21 limbs as the spanning tree and 11 redundant ones. The list
is not its own mirror image, so ``flip_limbs`` raises for it."""

SKELETONS: dict[str, Skeleton] = {
    s.name: s for s in (COCO_17, COCO_18, COCO_23, MPII_15, MPII_16, BODY_25, HAND_21, FACE_70, CAR_12, CAR_22)
}
