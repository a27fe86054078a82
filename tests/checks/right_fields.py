"""Right solutions of the tasks on grids, confidence maps and affinity fields, in many ways."""

from __future__ import annotations

from tests.checks.solutions import Solution

GRIDS = {
    "to_pixels/plain": Solution("to_pixels", """
def to_pixels(cell, stride):
    return stride * cell + (stride - 1) / 2
"""),
    "to_pixels/edges": Solution("to_pixels", """
def to_pixels(cell, stride):
    left = cell * stride - 0.5
    right = left + stride
    return (left + right) / 2
"""),
    "to_pixels/torch": Solution("to_pixels", """
import torch

def to_pixels(cell, stride):
    return (torch.tensor(cell) + 0.5) * stride - 0.5
"""),
    "to_pixels/float32": Solution("to_pixels", """
import numpy as np

def to_pixels(cell, stride):
    return np.array([cell * stride + stride / 2 - 0.5], np.float32)
"""),
    "to_pixels/origin": Solution("to_pixels", """
def to_pixels(cell, stride):
    return stride * cell + 1.25
""", "", {"origin": 1.25}),
    "to_cells/plain": Solution("to_cells", """
def to_cells(pixel, stride):
    return (pixel - (stride - 1) / 2) / stride
"""),
    "to_cells/resized": Solution("to_cells", """
def to_cells(pixel, stride):
    return (pixel + 0.5) / stride - 0.5
"""),
    "to_cells/grid": Solution("to_cells", """
from paflib import Grid

def to_cells(pixel, stride):
    return Grid(stride).to_cells([pixel, 0])[0]
"""),
    "to_cells/origin": Solution("to_cells", """
def to_cells(pixel, stride):
    return (pixel + 0.75) / stride
""", "", {"origin": -0.75}),
    "resized/plain": Solution("resized", """
def resized(x, factor):
    return (x + 0.5) * factor - 0.5
"""),
    "resized/spread": Solution("resized", """
def resized(x, factor):
    return x * factor + 0.5 * factor - 0.5
"""),
    "resized/float32": Solution("resized", """
import numpy as np

def resized(x, factor):
    return np.float32(factor) * (np.float32(x) + np.float32(0.5)) - np.float32(0.5)
"""),
    "resized/matlab": Solution("resized", """
def resized(x, factor):
    return (x - 0.5) * factor + 0.5
""", "", {"first": 1.0}),
    "cell_means/reshape": Solution("cell_means", """
def cell_means(annotated, stride):
    h, w = annotated.shape
    return annotated.reshape(h // stride, stride, w // stride, stride).mean(axis=(1, 3))
"""),
    "cell_means/loops": Solution("cell_means", """
def cell_means(annotated, stride):
    s = stride
    return [[annotated[r:r + s, c:c + s].mean() for c in range(0, annotated.shape[1], s)]
            for r in range(0, annotated.shape[0], s)]
"""),
    "cell_means/torch": Solution("cell_means", """
import torch

def cell_means(annotated, stride):
    return torch.nn.functional.avg_pool2d(torch.tensor(annotated)[None, None], stride)[0, 0]
"""),
    "cell_means/cv2": Solution("cell_means", """
import cv2

def cell_means(annotated, stride):
    h, w = annotated.shape
    return cv2.resize(annotated, (w // stride, h // stride), interpolation=cv2.INTER_AREA)
"""),
    "cell_means/least": Solution("cell_means", """
def cell_means(annotated, stride):
    h, w = annotated.shape
    share = annotated.reshape(h // stride, stride, w // stride, stride).mean(axis=(1, 3))
    share[share < 0.5] = 0
    return share
""", "", {"least": 0.5}),
}  # fmt: skip

SPOTS = {
    "confidence_map/loops": Solution("confidence_map", """
import math

def confidence_map(point, shape, stride, sigma):
    rows = []
    for r in range(shape[0]):
        row = []
        for c in range(shape[1]):
            x, y = stride * c + (stride - 1) / 2, stride * r + (stride - 1) / 2
            row.append(math.exp(-((x - point[0]) ** 2 + (y - point[1]) ** 2) / sigma ** 2))
        rows.append(row)
    return rows
"""),
    "confidence_map/meshgrid": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    x, y = np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))
    centres = np.stack([x, y], axis=-1) * stride + (stride - 1) / 2
    return np.exp(-(np.linalg.norm(centres - point, axis=-1) / sigma) ** 2)
"""),
    "confidence_map/outer": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    h, w = shape
    x = np.arange(w) * stride + (stride - 1) / 2
    y = np.arange(h) * stride + (stride - 1) / 2
    return np.outer(np.exp(-((y - point[1]) / sigma) ** 2), np.exp(-((x - point[0]) / sigma) ** 2))
"""),
    "confidence_map/float32": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    rows, columns = np.indices(shape, dtype=np.float32) * np.float32(stride) + np.float32((stride - 1) / 2)
    x, y = point.astype(np.float32)
    return np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / np.float32(sigma ** 2))
"""),
    "confidence_map/torch": Solution("confidence_map", """
import torch

def confidence_map(point, shape, stride, sigma):
    x = torch.arange(shape[1]) * stride + (stride - 1) / 2
    y = torch.arange(shape[0]) * stride + (stride - 1) / 2
    return torch.exp(-((x - point[0]) ** 2 + (y[:, None] - point[1]) ** 2) / sigma ** 2)
"""),
    "confidence_map/torch-float64": Solution("confidence_map", """
import torch

def confidence_map(point, shape, stride, sigma):
    y, x = torch.meshgrid(torch.arange(shape[0]), torch.arange(shape[1]), indexing="ij")
    cells = torch.stack([x, y], dim=-1).double() * stride + (stride - 1) / 2
    return torch.exp(-((cells - torch.from_numpy(point)) / sigma).square().sum(dim=-1))
"""),
    "confidence_map/in-cells": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    x0, y0 = (point + 0.5) / stride - 0.5
    r, c = np.ogrid[:shape[0], :shape[1]]
    return np.exp(-((c - x0) ** 2 + (r - y0) ** 2) / (sigma / stride) ** 2)
"""),
    "confidence_map/complex": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    half = (stride - 1) / 2
    z = (np.arange(shape[1]) * stride + half) + 1j * (np.arange(shape[0]) * stride + half)[:, None]
    return np.exp(-abs(z - complex(*point)) ** 2 / sigma ** 2)
"""),
    "confidence_map/from-function": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    def value(row, column):
        dx = column * stride + (stride - 1) / 2 - point[0]
        dy = row * stride + (stride - 1) / 2 - point[1]
        return np.exp(-(dx * dx + dy * dy) / (sigma * sigma))
    return np.fromfunction(value, shape)
"""),
    "confidence_map/fill": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    S = np.empty(shape, np.float32)
    for index in np.ndindex(*shape):
        y, x = (stride * g + (stride - 1) / 2 for g in index)
        S[index] = np.exp(-np.hypot(x - point[0], y - point[1]) ** 2 / sigma ** 2)
    return S
"""),
    "confidence_map/scipy": Solution("confidence_map", """
import numpy as np
from scipy.spatial.distance import cdist

def confidence_map(point, shape, stride, sigma):
    cells = np.argwhere(np.ones(shape))[:, ::-1] * stride + (stride - 1) / 2
    return np.exp(-cdist(cells, point[None], "sqeuclidean") / sigma ** 2).reshape(shape)
"""),
    "confidence_map/ellipse": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    a = np.deg2rad(30)
    r, c = np.indices(shape) * stride + (stride - 1) / 2
    dx, dy = c - point[0], r - point[1]
    along, across = np.cos(a) * dx + np.sin(a) * dy, np.cos(a) * dy - np.sin(a) * dx
    return np.exp(-(along / sigma) ** 2 - (across / (0.5 * sigma)) ** 2)
""", "", {"ratio": 0.5, "angle": 30}),
    "confidence_map/ellipse-matrix": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    a = np.deg2rad(120)
    turn = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    r, c = np.indices(shape) * stride + (stride - 1) / 2
    d = np.stack([c - point[0], r - point[1]], axis=-1) @ turn.T / (sigma * np.array([1, 0.7]))
    return np.exp(-(d ** 2).sum(axis=-1))
""", "", {"ratio": 0.7, "angle": 120}),
}  # fmt: skip

_SPOT = """
import numpy as np

def spot(x, y, shape, stride, sigma):
    columns = np.arange(shape[1]) * stride + (stride - 1) / 2
    rows = np.arange(shape[0]) * stride + (stride - 1) / 2
    return np.exp(-((columns - x) ** 2 + (rows[:, None] - y) ** 2) / sigma ** 2)
"""

MAPS = {
    "confidence_maps/loops": Solution("confidence_maps", _SPOT + """
def confidence_maps(keypoints, shape, stride, sigma):
    S = np.zeros((keypoints.shape[1], *shape))
    for person in keypoints:
        for j, (x, y, score) in enumerate(person):
            if score > 0:
                S[j] = np.maximum(S[j], spot(x, y, shape, stride, sigma))
    return S
"""),
    "confidence_maps/every-cell": Solution("confidence_maps", """
import math

def confidence_maps(keypoints, shape, stride, sigma):
    half = (stride - 1) / 2
    def value(j, r, c):
        seen = [math.exp(-((c * stride + half - x) ** 2 + (r * stride + half - y) ** 2) / sigma ** 2)
                for x, y, score in keypoints[:, j] if score > 0]
        return max(seen, default=0.0)
    h, w = shape
    return [[[value(j, r, c) for c in range(w)] for r in range(h)] for j in range(keypoints.shape[1])]
"""),
    "confidence_maps/vectorised": Solution("confidence_maps", """
import numpy as np

def confidence_maps(keypoints, shape, stride, sigma):
    columns, rows = (np.arange(n) * stride + (stride - 1) / 2 for n in shape[::-1])
    x, y, score = np.moveaxis(keypoints, 2, 0)[..., None, None]
    spots = np.exp(-((columns - x) ** 2 + (rows[:, None] - y) ** 2) / sigma ** 2)
    return np.where(score > 0, spots, 0).max(axis=0, initial=0)
"""),
    "confidence_maps/smallest-distance": Solution("confidence_maps", """
import numpy as np

def confidence_maps(keypoints, shape, stride, sigma):
    columns, rows = (np.arange(n) * stride + (stride - 1) / 2 for n in shape[::-1])
    x, y, score = np.moveaxis(keypoints, 2, 0)[..., None, None]
    square = np.where(score > 0, (columns - x) ** 2 + (rows[:, None] - y) ** 2, np.inf)
    return np.exp(-square.min(axis=0, initial=np.inf) / sigma ** 2)
"""),
    "confidence_maps/float32": Solution("confidence_maps", """
import numpy as np

def confidence_maps(keypoints, shape, stride, sigma):
    keypoints = keypoints.astype(np.float32)
    S = np.zeros((keypoints.shape[1], *shape), np.float32)
    r, c = np.indices(shape).astype(np.float32) * stride + (stride - 1) / 2
    for person in keypoints:
        for j in np.flatnonzero(person[:, 2]):
            g = np.exp(-((c - person[j, 0]) ** 2 + (r - person[j, 1]) ** 2) / sigma ** 2)
            S[j] = np.maximum(S[j], g.astype(np.float32))
    return S
"""),
    "confidence_maps/torch": Solution("confidence_maps", """
import torch

def confidence_maps(keypoints, shape, stride, sigma):
    k = torch.tensor(keypoints)
    h, w = shape
    x = torch.arange(w) * stride + (stride - 1) / 2
    y = torch.arange(h) * stride + (stride - 1) / 2
    S = torch.zeros(k.shape[1], h, w)
    for person in k:
        a, b, there = person.T[..., None, None]
        g = torch.exp(-((x - a) ** 2 + (y[:, None] - b) ** 2) / sigma ** 2)
        S = torch.maximum(S, g * (there > 0))
    return S
"""),
    "confidence_maps/separable": Solution("confidence_maps", """
import numpy as np

def confidence_maps(keypoints, shape, stride, sigma):
    S = np.zeros((keypoints.shape[1], *shape))
    at = [np.arange(n) * stride + (stride - 1) / 2 for n in shape]
    for x, y, there in keypoints.transpose(0, 2, 1):
        across = np.exp(-((at[1] - x[:, None]) / sigma) ** 2)
        down = np.exp(-((at[0] - y[:, None]) / sigma) ** 2)
        np.maximum(S, np.einsum("jh,jw,j->jhw", down, across, there > 0), out=S)
    return S
"""),
    "confidence_maps/package": Solution("confidence_maps", """
import paflib

def confidence_maps(keypoints, shape, stride, sigma):
    return paflib.confidence_maps(keypoints, shape, paflib.Grid(stride), sigma)
"""),
    "confidence_maps/reduce": Solution("confidence_maps", _SPOT + """
from functools import reduce

def confidence_maps(keypoints, shape, stride, sigma):
    maps = []
    for j in range(keypoints.shape[1]):
        spots = (spot(x, y, shape, stride, sigma) for x, y, s in keypoints[:, j] if s != 0)
        maps.append(reduce(np.maximum, spots, np.zeros(shape)))
    return maps
"""),
    "confidence_maps/far-away": Solution("confidence_maps", _SPOT + """
def confidence_maps(keypoints, shape, stride, sigma):
    keypoints = np.where(keypoints[..., 2:] > 0, keypoints, -1e9)
    maps = [[spot(x, y, shape, stride, sigma) for x, y, _ in people] for people in keypoints.swapaxes(0, 1)]
    return np.array([np.max(one, axis=0) if one else np.zeros(shape) for one in maps])
"""),
    "confidence_maps/union": Solution("confidence_maps", _SPOT + """
def confidence_maps(keypoints, shape, stride, sigma):
    none = np.ones((keypoints.shape[1], *shape))
    for person in keypoints:
        for j, (x, y, score) in enumerate(person):
            if score > 0:
                none[j] *= 1 - spot(x, y, shape, stride, sigma)
    return 1 - none
""", "", {"merge": "union"}),
}  # fmt: skip

PEAKS = {
    "peaks/loops": Solution("peaks", """
def peaks(S, threshold):
    h, w = S.shape
    found = []
    for y in range(h):
        for x in range(w):
            ok = S[y, x] > threshold
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    b, a = y + dy, x + dx
                    if (dy, dx) != (0, 0) and 0 <= b < h and 0 <= a < w:
                        ok = ok and (S[y, x] > S[b, a] if (dy, dx) < (0, 0) else S[y, x] >= S[b, a])
            if ok:
                found.append((x, y))
    return found
"""),
    "peaks/padded": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    h, w = S.shape
    P = np.pad(S, 1, constant_values=-np.inf)
    best = S > threshold
    for dy, dx in [(-1, -1), (-1, 0), (-1, 1), (0, -1)]:
        best &= S > P[1 + dy:1 + dy + h, 1 + dx:1 + dx + w]
        best &= S >= P[1 - dy:1 - dy + h, 1 - dx:1 - dx + w]
    return np.argwhere(best)[:, ::-1]
"""),
    "peaks/windows": Solution("peaks", """
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

def peaks(S, threshold):
    windows = sliding_window_view(np.pad(S, 1, constant_values=-np.inf), (3, 3)).reshape(*S.shape, 9)
    y, x = np.nonzero((windows.argmax(axis=2) == 4) & (S > threshold))
    return np.stack([x, y], axis=1)
"""),
    "peaks/scipy-with-ties": Solution("peaks", """
import numpy as np
from scipy.ndimage import maximum_filter

def peaks(S, threshold):
    candidates = np.argwhere((maximum_filter(S, 3) == S) & (S > threshold))
    kept = []
    for y, x in candidates:
        if not any(S[b, a] == S[y, x] and max(abs(b - y), abs(a - x)) == 1 for b, a in kept):
            kept.append((y, x))
    return [(x, y) for y, x in kept]
"""),
    "peaks/footprint": Solution("peaks", """
import numpy as np
from scipy.ndimage import maximum_filter

def peaks(S, threshold):
    before = np.array([[1, 1, 1], [1, 0, 0], [0, 0, 0]], bool)
    far = dict(mode="constant", cval=-np.inf)
    first = S > maximum_filter(S, footprint=before, **far)
    highest = S >= maximum_filter(S, footprint=before[::-1, ::-1], **far)
    return np.argwhere(first & highest & (S > threshold))[:, ::-1].tolist()
"""),
    "peaks/torch": Solution("peaks", """
import torch

def peaks(S, threshold):
    s = torch.tensor(S)[None, None]
    top, where = torch.nn.functional.max_pool2d(s, 3, stride=1, padding=1, return_indices=True)
    own = torch.arange(s.numel()).reshape(s.shape)
    y, x = torch.nonzero(((where == own) & (s > threshold))[0, 0], as_tuple=True)
    return torch.stack([x, y], dim=1)
"""),
    "peaks/nudged": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    order = np.argsort(np.argsort(-S, axis=None, kind="stable")).reshape(S.shape)
    found = []
    for y, x in np.argwhere(S > threshold):
        around = order[max(y - 1, 0):y + 2, max(x - 1, 0):x + 2]
        if order[y, x] == around.min():
            found.append([x, y])
    return found
"""),
    "peaks/package": Solution("peaks", """
import paflib

def peaks(S, threshold):
    return paflib.find_peaks(S[None], threshold, refine="none").cell
"""),
    "peaks/sorted": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    left = [(y, x) for y, x in np.ndindex(S.shape) if S[y, x] > threshold]
    def beats(a, b):
        return S[a] > S[b] or (S[a] == S[b] and a < b)
    near = lambda a, b: a != b and abs(a[0] - b[0]) <= 1 and abs(a[1] - b[1]) <= 1
    return [(x, y) for y, x in left if all(beats((y, x), b) for b in left if near((y, x), b))]
"""),
    "peaks/float32": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    P = np.full((S.shape[0] + 2, S.shape[1] + 2), -1, np.float32)
    P[1:-1, 1:-1] = S
    out = []
    for y in range(1, P.shape[0] - 1):
        for x in range(1, P.shape[1] - 1):
            patch = P[y - 1:y + 2, x - 1:x + 2]
            if P[y, x] > threshold and patch.argmax() == 4:
                out.append((x - 1.0, y - 1.0))
    return np.array(out)
"""),
    "peaks/radius": Solution("peaks", """
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

def peaks(S, threshold):
    windows = sliding_window_view(np.pad(S, 2, constant_values=-np.inf), (5, 5)).reshape(*S.shape, 25)
    return np.argwhere((windows.argmax(axis=2) == 12) & (S > threshold))[:, ::-1]
""", "", {"radius": 2}),
}  # fmt: skip

VERTICES = {
    "vertex/parabola": Solution("vertex", """
import numpy as np

def vertex(line, at):
    m = min(max(at, 1), len(line) - 2)
    a, b, c = np.log(line[m - 1:m + 2])
    return m - (c - a) / 2 / (a - 2 * b + c)
"""),
    "vertex/polyfit": Solution("vertex", """
import numpy as np

def vertex(line, at):
    m = np.clip(at, 1, len(line) - 2)
    x = np.arange(m - 1, m + 2)
    p = np.polyfit(x, np.log(line[x]), 2)
    return -p[1] / (2 * p[0])
"""),
    "vertex/ratios": Solution("vertex", """
import math

def vertex(line, at):
    m = at if 0 < at < len(line) - 1 else (1 if at == 0 else len(line) - 2)
    left, right = math.log(line[m] / line[m - 1]), math.log(line[m] / line[m + 1])
    return m + (left - right) / (2 * (left + right))
"""),
    "vertex/float32": Solution("vertex", """
import numpy as np

def vertex(line, at):
    l = np.log(line.astype(np.float32))
    m = int(np.clip(at, 1, len(l) - 2))
    return np.float32(m) - (l[m + 1] - l[m - 1]) / 2 / (l[m - 1] - 2 * l[m] + l[m + 1])
"""),
    "vertex/whole-line": Solution("vertex", """
import numpy as np

def vertex(line, at):
    a, b, _ = np.polyfit(np.arange(len(line)), np.log(line), 2)
    return -b / (2 * a)
"""),
    "vertex/power": Solution("vertex", """
import numpy as np

def vertex(line, at):
    m = min(max(at, 1), len(line) - 2)
    a, b, c = line[m - 1:m + 2] ** (-1 / 2.0)
    return m - (c - a) / 2 / (a - 2 * b + c)
""", "", {"power": 2.0}),
}  # fmt: skip

SUMMITS = {
    "summit/differences": Solution("summit", """
import numpy as np

def summit(patch):
    v = np.log(patch)
    gx, gy = (v[1, 2] - v[1, 0]) / 2, (v[2, 1] - v[0, 1]) / 2
    xx, yy = v[1, 0] + v[1, 2] - 2 * v[1, 1], v[0, 1] + v[2, 1] - 2 * v[1, 1]
    xy = (v[0, 0] + v[2, 2] - v[0, 2] - v[2, 0]) / 4
    d = xx * yy - xy * xy
    return (xy * gy - yy * gx) / d, (xy * gx - xx * gy) / d
"""),
    "summit/least-squares": Solution("summit", """
import numpy as np

def summit(patch):
    y, x = np.mgrid[-1:2, -1:2].reshape(2, 9)
    A = np.stack([np.ones(9), x, y, x * x, x * y, y * y], axis=1)
    _, b, c, d, e, f = np.linalg.lstsq(A, np.log(patch).ravel(), rcond=None)[0]
    return np.linalg.solve([[2 * d, e], [e, 2 * f]], [-b, -c])
"""),
    "summit/newton": Solution("summit", """
import torch

def summit(patch):
    v = torch.log(torch.tensor(patch))
    g = torch.stack([v[1, 2] - v[1, 0], v[2, 1] - v[0, 1]]) / 2
    cross = (v[2, 2] - v[2, 0] - v[0, 2] + v[0, 0]) / 4
    H = torch.stack([torch.stack([v[1, 0] - 2 * v[1, 1] + v[1, 2], cross]),
                     torch.stack([cross, v[0, 1] - 2 * v[1, 1] + v[2, 1]])])
    return -torch.linalg.solve(H, g)
"""),
    "summit/optimised": Solution("summit", """
import numpy as np
from scipy.optimize import curve_fit

def summit(patch):
    y, x = np.mgrid[-1:2, -1:2].reshape(2, 9)
    def q(_, h, a, b, c, mx, my):
        return h - a * (x - mx) ** 2 - b * (x - mx) * (y - my) - c * (y - my) ** 2
    p, _ = curve_fit(q, np.arange(9), np.log(patch.ravel()), p0=[0, 0.3, 0, 0.3, 0, 0])
    return p[4:].tolist()
"""),
    "summit/float32": Solution("summit", """
import numpy as np

def summit(patch):
    y, x = np.mgrid[-1:2, -1:2].astype(np.float32)
    v = np.log(patch.astype(np.float32))
    gx, gy, xy = (x * v).sum() / 6, (y * v).sum() / 6, (x * y * v).sum() / 4
    xx, yy = 2 * ((x * x - 2 / 3) * v).sum() / 2, 2 * ((y * y - 2 / 3) * v).sum() / 2
    return np.linalg.solve(np.array([[xx, xy], [xy, yy]]), np.array([-gx, -gy]))
"""),
}  # fmt: skip

LIMBS = {
    "limb_field/chapter": Solution("limb_field", """
import numpy as np

def limb_field(x1, x2, cells, half_width):
    length = np.linalg.norm(x2 - x1)
    v = (x2 - x1) / length
    along = (cells - x1) @ v
    across = (cells - x1) @ np.array([-v[1], v[0]])
    on_limb = (0 <= along) & (along <= length) & (np.abs(across) <= half_width)
    return on_limb[..., None] * v, on_limb
"""),
    "limb_field/loops": Solution("limb_field", """
import math

def limb_field(x1, x2, cells, half_width):
    dx, dy = x2[0] - x1[0], x2[1] - x1[1]
    length = math.sqrt(dx * dx + dy * dy)
    field = []
    for row in cells:
        field.append([])
        for x, y in row:
            along = ((x - x1[0]) * dx + (y - x1[1]) * dy) / length
            across = ((y - x1[1]) * dx - (x - x1[0]) * dy) / length
            inside = 0 <= along <= length and -half_width <= across <= half_width
            field[-1].append([dx / length, dy / length] if inside else [0.0, 0.0])
    return field
"""),
    "limb_field/shares": Solution("limb_field", """
import numpy as np

def limb_field(x1, x2, cells, half_width):
    d = x2 - x1
    t = ((cells - x1) @ d) / (d @ d)
    distance = np.linalg.norm(cells - (x1 + t[..., None] * d), axis=-1)
    on = (t > 0) & (t < 1) & (distance < half_width)
    return np.where(on[..., None], d / np.sqrt(d @ d), 0)
"""),
    "limb_field/float32": Solution("limb_field", """
import numpy as np

def limb_field(x1, x2, cells, half_width):
    x1, x2, cells = (np.asarray(a, np.float32) for a in (x1, x2, cells))
    length = np.hypot(*(x2 - x1))
    v = (x2 - x1) / length
    p = cells - x1
    along, across = p @ v, p[..., 1] * v[0] - p[..., 0] * v[1]
    L = np.zeros_like(cells)
    L[(along >= 0) & (along <= length) & (abs(across) <= half_width)] = v
    return L
"""),
    "limb_field/torch": Solution("limb_field", """
import torch

def limb_field(x1, x2, cells, half_width):
    a, b, p = (torch.as_tensor(one, dtype=torch.float32) for one in (x1, x2, cells))
    length = (b - a).norm()
    v = (b - a) / length
    along = (p - a) @ v
    across = (p - a) @ torch.stack([-v[1], v[0]])
    on = (along >= 0) & (along <= length) & (across.abs() <= half_width)
    return on[..., None] * v
"""),
    "limb_field/turned": Solution("limb_field", """
import numpy as np

def limb_field(x1, x2, cells, half_width):
    angle = np.arctan2(x2[1] - x1[1], x2[0] - x1[0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    local = (cells - x1) @ turn
    length = np.hypot(*(x2 - x1))
    on = (local[..., 0] >= 0) & (local[..., 0] <= length) & (np.abs(local[..., 1]) <= half_width)
    return on[..., None] * turn[:, 0]
"""),
    "limb_field/complex": Solution("limb_field", """
import numpy as np

def limb_field(x1, x2, cells, half_width):
    z, a, b = cells[..., 0] + 1j * cells[..., 1], complex(*x1), complex(*x2)
    u = (b - a) / abs(b - a)
    local = (z - a) * np.conj(u)
    on = (0 <= local.real) & (local.real <= abs(b - a)) & (abs(local.imag) <= half_width)
    return np.stack([on * u.real, on * u.imag], axis=-1)
"""),
    "limb_field/einsum": Solution("limb_field", """
import numpy as np

def limb_field(x1, x2, cells, half_width):
    v = (x2 - x1) / np.sqrt(((x2 - x1) ** 2).sum())
    axes = np.array([v, [-v[1], v[0]]])
    along, across = np.einsum("hwk,ak->ahw", cells - x1, axes)
    on = np.logical_and.reduce([along >= 0, (cells - x2) @ v <= 0, across ** 2 <= half_width ** 2])
    return np.einsum("hw,k->hwk", on.astype(float), v)
"""),
    "limb_field/cross": Solution("limb_field", """
import numpy as np

def limb_field(x1, x2, cells, half_width):
    dx, dy = x2 - x1
    area = np.abs((cells[..., 0] - x1[0]) * dy - (cells[..., 1] - x1[1]) * dx)
    n = np.hypot(dx, dy)
    inner = (cells[..., 0] - x1[0]) * dx + (cells[..., 1] - x1[1]) * dy
    field = np.zeros(cells.shape)
    mask = (area <= half_width * n) & (inner >= 0) & (inner <= n * n)
    field[mask, 0], field[mask, 1] = dx / n, dy / n
    return field
"""),
    "limb_field/middle": Solution("limb_field", """
import numpy as np

def limb_field(x1, x2, cells, half_width):
    middle, half = (x1 + x2) / 2, (x2 - x1) / 2
    r = np.linalg.norm(half)
    v = half / r
    p = cells - middle
    along = p @ v
    across = np.linalg.norm(p - along[..., None] * v, axis=-1)
    return ((np.abs(along) <= r) & (across <= half_width))[..., None] * v
"""),
    "limb_field/tapered": Solution("limb_field", """
import numpy as np

def limb_field(x1, x2, cells, half_width):
    length = np.linalg.norm(x2 - x1)
    v = (x2 - x1) / length
    along, across = (cells - x1) @ v, (cells - x1) @ np.array([-v[1], v[0]])
    width = half_width + (0.4 * half_width - half_width) * along / length
    on = (along >= 0) & (along <= length) & (np.abs(across) <= width)
    return on[..., None] * v
""", "", {"taper": 0.4}),
    "limb_field/bent": Solution("limb_field", """
import numpy as np

def limb_field(x1, x2, cells, half_width):
    length = np.linalg.norm(x2 - x1)
    v = (x2 - x1) / length
    n = np.array([-v[1], v[0]])
    t, across = (cells - x1) @ v / length, (cells - x1) @ n
    middle = 0.2 * length * (1 - (2 * t - 1) ** 2)
    slope = -4 * 0.2 * (2 * t - 1)
    on = (t >= 0) & (t <= 1) & (np.abs(across - middle) <= half_width)
    tangent = v + slope[..., None] * n
    return on[..., None] * tangent / np.linalg.norm(tangent, axis=-1, keepdims=True)
""", "", {"bend": 0.2}),
}  # fmt: skip

_LIMB = """
import numpy as np

def limb(x1, x2, cells, half_width):
    length = np.linalg.norm(x2 - x1)
    v = (x2 - x1) / length
    along = (cells - x1) @ v
    across = (cells - x1) @ np.array([-v[1], v[0]])
    return v, (along >= 0) & (along <= length) & (np.abs(across) <= half_width)
"""

FIELDS = {
    "affinity_field/chapter": Solution("affinity_field", _LIMB + """
def affinity_field(limbs, cells, half_width):
    total, n = np.zeros(cells.shape), np.zeros(cells.shape[:2])
    for x1, x2 in limbs:
        v, on = limb(x1, x2, cells, half_width)
        total, n = total + on[..., None] * v, n + on
    return np.moveaxis(total / np.maximum(n, 1)[..., None], -1, 0)
"""),
    "affinity_field/where": Solution("affinity_field", _LIMB + """
def affinity_field(limbs, cells, half_width):
    L, n = np.zeros((2, *cells.shape[:2])), np.zeros(cells.shape[:2], int)
    for x1, x2 in limbs:
        v, on = limb(x1, x2, cells, half_width)
        L[:, on] += v[:, None]
        n[on] += 1
    return np.divide(L, n, out=np.zeros_like(L), where=n > 0)
"""),
    "affinity_field/running-mean": Solution("affinity_field", _LIMB + """
def affinity_field(limbs, cells, half_width):
    L, n = np.zeros((2, *cells.shape[:2])), np.zeros(cells.shape[:2])
    for x1, x2 in limbs:
        v, on = limb(x1, x2, cells, half_width)
        n = n + on
        L = np.where(on, L + (v[:, None, None] - L) / np.maximum(n, 1), L)
    return L
"""),
    "affinity_field/loops": Solution("affinity_field", """
import math

def affinity_field(limbs, cells, half_width):
    h, w = len(cells), len(cells[0])
    out = [[[0.0] * w for _ in range(h)] for _ in range(2)]
    for r in range(h):
        for c in range(w):
            x, y = cells[r][c]
            found = []
            for (ax, ay), (bx, by) in limbs:
                n = math.hypot(bx - ax, by - ay)
                vx, vy = (bx - ax) / n, (by - ay) / n
                along, across = (x - ax) * vx + (y - ay) * vy, (y - ay) * vx - (x - ax) * vy
                if 0 <= along <= n and abs(across) <= half_width:
                    found.append((vx, vy))
            if found:
                out[0][r][c] = sum(v[0] for v in found) / len(found)
                out[1][r][c] = sum(v[1] for v in found) / len(found)
    return out
"""),
    "affinity_field/vectorised": Solution("affinity_field", """
import numpy as np

def affinity_field(limbs, cells, half_width):
    d = limbs[:, 1] - limbs[:, 0]
    n = np.linalg.norm(d, axis=1)
    v = d / n[:, None]
    p = cells[None] - limbs[:, 0][:, None, None]
    along = np.einsum("nhwk,nk->nhw", p, v)
    across = p[..., 1] * v[:, 0, None, None] - p[..., 0] * v[:, 1, None, None]
    on = (along >= 0) & (along <= n[:, None, None]) & (np.abs(across) <= half_width)
    return np.einsum("nhw,nk->khw", on * 1.0, v) / np.maximum(on.sum(axis=0), 1)
"""),
    "affinity_field/float32": Solution("affinity_field", _LIMB + """
def affinity_field(limbs, cells, half_width):
    L = np.zeros((2, *cells.shape[:2]), np.float32)
    n = np.zeros(cells.shape[:2], np.float32)
    for x1, x2 in limbs.astype(np.float32):
        v, on = limb(x1, x2, cells.astype(np.float32), half_width)
        L += v[:, None, None] * on
        n += on
    return L / np.where(n == 0, 1, n)
"""),
    "affinity_field/torch": Solution("affinity_field", """
import torch

def affinity_field(limbs, cells, half_width):
    limbs, cells = torch.tensor(limbs), torch.tensor(cells)
    total, n = torch.zeros(2, *cells.shape[:2], dtype=torch.float64), torch.zeros(cells.shape[:2])
    for a, b in limbs:
        length = torch.linalg.norm(b - a)
        v = (b - a) / length
        along, across = (cells - a) @ v, (cells - a) @ torch.stack([-v[1], v[0]])
        on = (along >= 0) & (along <= length) & (across.abs() <= half_width)
        total += v[:, None, None] * on
        n += on
    return total / n.clamp(min=1)
"""),
    "affinity_field/stacked": Solution("affinity_field", _LIMB + """
def affinity_field(limbs, cells, half_width):
    every = [limb(*one, cells, half_width) for one in limbs]
    if not every:
        return np.zeros((2, *cells.shape[:2]))
    fields = np.stack([v[:, None, None] * np.where(on, 1, np.nan) for v, on in every])
    count = np.sum([on for _, on in every], axis=0)
    return np.nansum(fields, axis=0) / np.maximum(count, 1)
"""),
    "affinity_field/complex": Solution("affinity_field", """
import numpy as np

def affinity_field(limbs, cells, half_width):
    z = cells @ [1, 1j]
    total, n = np.zeros(z.shape, complex), np.zeros(z.shape)
    for a, b in limbs @ [1, 1j]:
        u = (b - a) / abs(b - a)
        q = (z - a) / u
        on = (q.real >= 0) & (q.real <= abs(b - a)) & (abs(q.imag) <= half_width)
        total += on * u
        n += on
    mean = total / np.maximum(n, 1)
    return np.stack([mean.real, mean.imag])
"""),
    "affinity_field/package": Solution("affinity_field", """
import numpy as np
import paflib

def affinity_field(limbs, cells, half_width):
    people = np.insert(limbs, 2, 1, axis=2)
    stride = cells[0, 1, 0] - cells[0, 0, 0]
    return paflib.affinity_fields(people, [(0, 1)], cells.shape[:2], paflib.Grid(stride), half_width)[0]
"""),
    "affinity_field/tapered": Solution("affinity_field", """
import numpy as np

def affinity_field(limbs, cells, half_width):
    L, n = np.zeros((2, *cells.shape[:2])), np.zeros(cells.shape[:2])
    for x1, x2 in limbs:
        length = np.linalg.norm(x2 - x1)
        v = (x2 - x1) / length
        along, across = (cells - x1) @ v, (cells - x1) @ np.array([-v[1], v[0]])
        width = half_width * (1 + 0.8 * along / length)
        on = (along >= 0) & (along <= length) & (np.abs(across) <= width)
        L, n = L + v[:, None, None] * on, n + on
    return L / np.maximum(n, 1)
""", "", {"taper": 1.8}),
}  # fmt: skip

TURNED = {
    "turned_field/half": Solution("turned_field", """
def turned_field(L):
    return -L[:, :, ::-1, ::-1]
"""),
    "turned_field/loops": Solution("turned_field", """
import numpy as np

def turned_field(L):
    C, _, h, w = L.shape
    out = np.zeros_like(L)
    for c in range(C):
        for y in range(h):
            for x in range(w):
                out[c, :, h - 1 - y, w - 1 - x] = -L[c, 0, y, x], -L[c, 1, y, x]
    return out
"""),
    "turned_field/torch": Solution("turned_field", """
import torch

def turned_field(L):
    return -torch.flip(torch.tensor(L), (2, 3)).float()
"""),
    "turned_field/clockwise": Solution("turned_field", """
import numpy as np

def turned_field(L):
    x, y = np.rot90(L, -1, (2, 3)).swapaxes(0, 1)
    return np.stack([-y, x], axis=1)
""", "", {"turns": 1}),
    "turned_field/counter-clockwise": Solution("turned_field", """
import numpy as np

def turned_field(L):
    x, y = np.rot90(L, 1, (2, 3)).swapaxes(0, 1)
    return np.stack([y, -x], axis=1)
""", "", {"turns": 3}),
}  # fmt: skip

RIGHT: dict[str, Solution] = GRIDS | SPOTS | MAPS | PEAKS | VERTICES | SUMMITS | LIMBS | FIELDS | TURNED
