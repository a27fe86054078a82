"""Pairs scored by midpoint maps: the baseline that part affinity fields replace (TPAMI Fig. 5 and Fig. 11a).

Derived in the book's chapter on part affinity fields.
"""

from __future__ import annotations

import numpy as np

from paflib._check import check_finite, check_shape
from paflib.fields import Fields
from paflib.parser.integral import Connections
from paflib.parser.peaks import Peaks
from paflib.parser.sampling import Kernel, sample


def score_midpoints(
    maps: np.ndarray, fields: Fields, peaks: Peaks, threshold: float = 0.05, kernel: Kernel = "bilinear"
) -> Connections:
    """All pairs of candidates whose midpoints are marked, limb by limb in channel order.

    A pair's score is the mean of what the maps say at the evenly spaced points between its ends, each point read from
    a map of its own; a pair is good when every one of them exceeds the threshold. What the score cannot know is which
    way the limb runs.

    Args:
        maps: (C, points, h, w) of :func:`~paflib.fields.midpoint_maps`, on the grid of S.
        fields: give skeleton and grid; their L is not looked at.
        peaks: the candidates, the same ones that :func:`~paflib.parser.score_limbs` takes.
        threshold: what each of the points must exceed.
        kernel: how the maps are read between their cells.

    Raises:
        ShapeError: when the maps are not one for each limb and point on the grid of S, or hold NaN.
    """
    maps = np.asarray(maps)
    rows, columns = fields.S.shape[1:]
    check_shape("maps", maps, "C points h w", C=fields.skeleton.C, h=rows, w=columns)
    check_finite("maps", maps)
    pieces = []
    for c, (start, end) in enumerate(fields.skeleton.limbs):
        a, b = peaks.of(start), peaks.of(end)
        values = read_midpoints(maps[c], peaks.xy[a], peaks.xy[b], kernel)  # (points, n, m)
        i, j = np.nonzero((values > threshold).all(axis=0))
        pieces.append(Connections(np.full(len(i), c), a[i], b[j], values.mean(axis=0)[i, j]))
    return Connections.concatenate(pieces)


def read_midpoints(maps: np.ndarray, starts: np.ndarray, ends: np.ndarray, kernel: Kernel = "bilinear") -> np.ndarray:
    """What one limb's maps (points, h, w) say of every pair of a start (n, 2) and an end (m, 2), as (points, n, m).

    Starts and ends are in cells, (x, y). Point k of K lies at the share ``k / (K + 1)`` of the way, and is read from
    map k alone.
    """
    check_shape("maps", maps, "points h w")
    share = np.arange(1, len(maps) + 1)[:, None, None, None] / (len(maps) + 1)
    places = starts[:, None] * (1 - share) + ends[None] * share  # (points, n, m, 2)
    return np.stack([sample(one[None], at, kernel)[0] for one, at in zip(maps, places, strict=True)])
