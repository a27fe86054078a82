"""Judging what a parser made of a generated scene: whose each peak is, and which connections are right."""

from __future__ import annotations

import numpy as np

from paflib._check import check_shape
from paflib.fields import Grid
from paflib.parser import Connections, Peaks
from paflib.people import People
from paflib.skeleton import Skeleton


def owners(peaks: Peaks, people: People, grid: Grid, within: float = 8.0) -> np.ndarray:
    """(P,): the person each peak is a part of, -1 for a peak that is nobody's.

    A peak belongs to the person whose part lies nearest, if that is no farther than ``within`` pixels and this peak is
    the nearest to that part in turn. So a part has at most one peak; parts that melted into one peak leave one owner.
    """
    found = np.full(len(peaks), -1)
    pixels = grid.to_pixels(peaks.xy)
    for j in range(people.skeleton.J):
        mine = peaks.of(j)
        places = people.keypoints[:, j, :2]
        distance = np.linalg.norm(pixels[mine][:, None] - places[None], axis=-1)  # (p, N), NaN for missing parts
        distance = np.where(distance <= within, distance, np.inf)
        if distance.size:
            person, peak = distance.argmin(axis=1), distance.argmin(axis=0)
            mutual = (peak[person] == np.arange(len(mine))) & np.isfinite(distance.min(axis=1))
            found[mine[mutual]] = person[mutual]
    return found


def is_right(connections: Connections, owner: np.ndarray) -> np.ndarray:
    """(K,) bool: which connections join two peaks of one person."""
    a, b = owner[connections.a], owner[connections.b]
    right: np.ndarray = (a == b) & (a >= 0)
    return right


def true_connections(peaks: Peaks, owner: np.ndarray, skeleton: Skeleton) -> Connections:
    """The connections a perfect parser would find among these peaks, each with score 1."""
    check_shape("owner", owner, "P", P=len(peaks))
    pieces = []
    for c, (start, end) in enumerate(skeleton.limbs):
        a, b = peaks.of(start), peaks.of(end)
        i, j = np.nonzero((owner[a][:, None] == owner[b][None]) & (owner[a] >= 0)[:, None])
        pieces.append(Connections(np.full(len(i), c), a[i], b[j], np.ones(len(i))))
    return Connections.concatenate(pieces)
