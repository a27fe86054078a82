"""Assembly: connections to people.

Two rules: :func:`assemble_root_first` (CVPR 2017) walks the tree of limbs over the matched connections;
:func:`assemble_sorted` (TPAMI 2019) goes through all scored pairs of all limbs, redundant ones included, best first.
Derived in the book's chapter on assembly.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from paflib.parser.integral import Connections
from paflib.parser.peaks import Peaks, Trace
from paflib.skeleton import Skeleton

_SUPPORTING = ("new", "extended", "merged", "confirmed")  # the rules by which a connection's score counts for a person


@dataclass
class Body:
    """One person while being put together: which peak each part is, and the sum of what supports it."""

    number: int
    parts: dict[int, int] = field(default_factory=dict)
    limbs: list[int] = field(default_factory=list)
    score: float = 0.0


def assemble_sorted(
    peaks: Peaks,
    connections: Connections,
    skeleton: Skeleton,
    contradiction: str = "merge",
    peak_weight: float = 0.0,
    trace: Trace | None = None,
) -> list[Body]:
    """TPAMI 2019's parser: all good pairs of all limbs in one list, best first, each either joined or ignored.

    Of a pair (a, b):

    - nobody owns a or b: a ``new`` person;
    - one person owns one of them: it is ``extended`` by the other, unless it holds that part already
      (``occupied``);
    - one person owns both: the pair has ``confirmed`` it (a redundant limb that closes a cycle);
    - two people own them: they are ``merged``, unless both hold the same part: a ``contradiction``, and ignored.

    Redundant limbs matter here because a strong one, such as ear to shoulder, joins what belongs together before a weak
    wrong one, such as a neck to somebody else's nose, has its turn (TPAMI Fig. 7).

    Args:
        peaks: the candidates.
        connections: all good pairs, not only matched ones.
        skeleton: whose parts and limbs they are.
        contradiction: ``"merge"``, as above, or ``"ignore"``: the paper's sentence taken literally, by which a pair
            between two people is always ignored and nearly everyone stays in pieces.
        peak_weight: pairs are ordered by their score plus this much of both peaks' scores (OpenPose: 0.1). Of equal
            ones the smaller limb comes first, then the smaller start, then the smaller end.
        trace: a list to which every decision is appended.
    """
    weight = connections.score + peak_weight * (peaks.score[connections.a] + peaks.score[connections.b])
    order = np.lexsort((connections.b, connections.a, connections.limb, -weight))
    people = _People(peaks, skeleton, trace)
    for k in order:
        people.consider(connections, int(k), merging=contradiction == "merge")
    return people.bodies()


def assemble_root_first(
    peaks: Peaks, connections: Connections, skeleton: Skeleton, trace: Trace | None = None
) -> list[Body]:
    """CVPR 2017's rule: limb by limb from the root, whoever owns the start of a matched connection gets its end.

    A connection whose ends nobody owns is a new person. Redundant limbs only fill a missing end of someone there is,
    and add nothing to the score, as in the released code (FACTS 1.7).

    Args:
        peaks: the candidates.
        connections: matched: within a limb no candidate is used twice.
        skeleton: its ``parse_order`` says in which order limbs are visited.
        trace: a list to which every decision is appended.
    """
    people = _People(peaks, skeleton, trace)
    for c in skeleton.parse_order or ():
        for k in np.nonzero(connections.limb == c)[0]:
            # A tree visited from its root never merges; a tree visited in another order can need it.
            people.consider(connections, int(k), merging=True, filling=c in (skeleton.redundant or ()))
    return people.bodies()


class _People:
    """Who owns which peak, while connections are considered one after the other."""

    def __init__(self, peaks: Peaks, skeleton: Skeleton, trace: Trace | None) -> None:
        self.peaks, self.skeleton, self.trace = peaks, skeleton, trace
        self.owner: dict[int, Body] = {}
        self.all: list[Body] = []

    def bodies(self) -> list[Body]:
        """The people there are now; those merged into another are empty and left out."""
        return [body for body in self.all if body.parts]

    def consider(self, connections: Connections, k: int, merging: bool, filling: bool = False) -> None:
        """Apply connection k; when ``filling``, it may only give someone a part that is missing, and scores nothing."""
        c, a, b = int(connections.limb[k]), int(connections.a[k]), int(connections.b[k])
        score = float(connections.score[k])
        rule, body, other = self._decide(c, a, b, merging and not filling)
        if filling and rule in ("new", "confirmed"):
            rule = "ignored"
        if rule == "new":
            body = Body(len(self.all))
            self.all.append(body)
        if body is not None and rule in ("new", "extended"):
            self._join(body, dict(zip((a, b), self.skeleton.limbs[c], strict=True)), scored=not filling)
        elif body is not None and other is not None and rule == "merged":
            self._merge(body, other)
        if body is not None and rule in _SUPPORTING and not filling:
            body.score += score
            body.limbs.append(c)
        if self.trace is not None:
            self.trace.append(
                {"step": "assemble", "limb": c, "a": a, "b": b, "score": score, "rule": rule,
                 "person": None if body is None else body.number, "other": None if other is None else other.number}
            )  # fmt: skip

    def _decide(self, c: int, a: int, b: int, merging: bool) -> tuple[str, Body | None, Body | None]:
        """The rule for the pair (a, b) of limb c, the person it applies to, and the second person if there is one."""
        one, two = self.owner.get(a), self.owner.get(b)
        if one is None and two is None:
            return "new", None, None
        if one is not None and two is not None:
            if one is two:
                return "confirmed", one, None
            disjoint = not (one.parts.keys() & two.parts.keys())
            return ("merged" if disjoint and merging else "contradiction"), one, two
        start, end = self.skeleton.limbs[c]
        body, missing = (one, end) if one is not None else (two, start)
        return ("occupied" if body is not None and missing in body.parts else "extended"), body, None

    def _join(self, body: Body, parts: dict[int, int], scored: bool) -> None:
        for peak, part in parts.items():
            if peak not in self.owner:
                body.parts[part] = peak
                self.owner[peak] = body
                body.score += float(self.peaks.score[peak]) if scored else 0.0

    def _merge(self, body: Body, other: Body) -> None:
        body.parts |= other.parts
        body.limbs += other.limbs
        body.score += other.score
        for peak in other.parts.values():
            self.owner[peak] = body
        other.parts, other.limbs, other.score = {}, [], 0.0
