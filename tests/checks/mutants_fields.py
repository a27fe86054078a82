"""Wrong solutions of the tasks on grids, confidence maps and affinity fields."""

from __future__ import annotations

from tests.checks.solutions import Solution

GRIDS = {
    "to_pixels/corner": Solution("to_pixels", """
def to_pixels(cell, stride):
    return cell * stride
""", "half-cell-off"),
    "to_pixels/half-a-stride": Solution("to_pixels", """
def to_pixels(cell, stride):
    return (cell + 0.5) * stride
""", "half-pixel-off"),
    "to_pixels/far-end": Solution("to_pixels", """
def to_pixels(cell, stride):
    first = cell * stride
    last = first + stride - 1
    return last
""", "last-pixel"),
    "to_pixels/minus": Solution("to_pixels", """
def to_pixels(cell, stride):
    return stride * cell - (stride - 1) / 2
""", "half-cell-wrong-way"),
    "to_pixels/no-stride": Solution("to_pixels", """
def to_pixels(cell, stride):
    half = (stride - 1) / 2
    return cell + half
""", "stride-forgotten"),
    "to_pixels/inverse": Solution("to_pixels", """
def to_pixels(cell, stride):
    return (cell - (stride - 1) / 2) / stride
""", "cells-for-pixels"),
    "to_pixels/int": Solution("to_pixels", """
def to_pixels(cell, stride):
    return int(cell * stride + (stride - 1) / 2)
""", "rounded"),
    "to_pixels/no-origin": Solution("to_pixels", """
def to_pixels(cell, stride):
    return cell * stride + (stride - 1) / 2
""", "origin-ignored", {"origin": 1.25}),
    "to_cells/plain-division": Solution("to_cells", """
def to_cells(pixel, stride):
    return pixel / stride
""", "half-cell-off"),
    "to_cells/half": Solution("to_cells", """
def to_cells(pixel, stride):
    return (pixel - stride / 2) / stride
""", "half-pixel-off"),
    "to_cells/plus": Solution("to_cells", """
def to_cells(pixel, stride):
    return (pixel + (stride - 1) / 2) / stride
""", "half-cell-wrong-way"),
    "to_cells/not-divided": Solution("to_cells", """
def to_cells(pixel, stride):
    return pixel - (stride - 1) / 2
""", "stride-forgotten"),
    "to_cells/inverse": Solution("to_cells", """
def to_cells(pixel, stride):
    return stride * pixel + (stride - 1) / 2
""", "cells-for-pixels"),
    "to_cells/floor-division": Solution("to_cells", """
def to_cells(pixel, stride):
    return pixel // stride
""", "whole-cells"),
    "to_pixels/off-by-little": Solution("to_pixels", """
def to_pixels(cell, stride):
    return stride * cell + (stride - 1) / 2 + 0.0003
""", "wrong-value"),
    "resized/off-by-little": Solution("resized", """
def resized(x, factor):
    return (x + 0.5) * factor - 0.4997
""", "wrong-value"),
    "cell_means/off-by-little": Solution("cell_means", """
def cell_means(annotated, stride):
    h, w = annotated.shape
    return annotated.reshape(h // stride, stride, w // stride, stride).mean(axis=(1, 3)) + 0.0003
""", "wrong-value"),
    "to_cells/off-by-little": Solution("to_cells", """
def to_cells(pixel, stride):
    return (pixel - (stride - 1) / 2) / stride + 0.0003
""", "wrong-value"),
    "to_cells/round": Solution("to_cells", """
def to_cells(pixel, stride):
    return round((pixel - (stride - 1) / 2) / stride)
""", "whole-cells"),
    "to_cells/ceil": Solution("to_cells", """
import math

def to_cells(pixel, stride):
    return math.ceil((pixel - (stride - 1) / 2) / stride)
""", "rounded"),
    "to_cells/no-origin": Solution("to_cells", """
def to_cells(pixel, stride):
    return (pixel + 0.5) / stride - 0.5
""", "origin-ignored", {"origin": -0.75}),
    "resized/scaled": Solution("resized", """
def resized(x, factor):
    return x * factor
""", "half-pixel-lost"),
    "resized/no-way-back": Solution("resized", """
def resized(x, factor):
    return (x + 0.5) * factor
""", "half-not-taken-back"),
    "resized/other-sign": Solution("resized", """
def resized(x, factor):
    return (x - 0.5) * factor + 0.5
""", "half-wrong-way"),
    "resized/divided": Solution("resized", """
def resized(x, factor):
    return (x + 0.5) / factor - 0.5
""", "factor-inverted"),
    "resized/rounded": Solution("resized", """
def resized(x, factor):
    return round((x + 0.5) * factor - 0.5)
""", "rounded"),
    "resized/first-is-one": Solution("resized", """
def resized(x, factor):
    return factor * (x + 0.5) - 0.5
""", "first-ignored", {"first": 1.0}),
    "cell_means/top-left": Solution("cell_means", """
def cell_means(annotated, stride):
    return annotated[::stride, ::stride]
""", "first-pixel"),
    "cell_means/majority": Solution("cell_means", """
import numpy as np

def cell_means(annotated, stride):
    h, w = annotated.shape[0] // stride, annotated.shape[1] // stride
    out = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            block = annotated[i * stride:(i + 1) * stride, j * stride:(j + 1) * stride]
            out[i, j] = 1.0 if block.mean() > 0.5 else 0.0
    return out
""", "rounded"),
    "cell_means/min": Solution("cell_means", """
def cell_means(annotated, stride):
    h, w = annotated.shape
    return annotated.reshape(h // stride, stride, w // stride, stride).min(axis=(1, 3))
""", "all-or-nothing"),
    "cell_means/any": Solution("cell_means", """
def cell_means(annotated, stride):
    h, w = annotated.shape
    return annotated.reshape(h // stride, stride, w // stride, stride).any(axis=(1, 3)).astype(float)
""", "all-or-nothing"),
    "cell_means/sum": Solution("cell_means", """
def cell_means(annotated, stride):
    h, w = annotated.shape
    return annotated.reshape(h // stride, stride, w // stride, stride).sum(axis=(1, 3))
""", "sum-for-mean"),
    "cell_means/covered": Solution("cell_means", """
def cell_means(annotated, stride):
    h, w = annotated.shape
    covered = 1 - annotated
    return covered.reshape(h // stride, stride, w // stride, stride).mean(axis=(1, 3))
""", "inverted"),
    "cell_means/strips": Solution("cell_means", """
def cell_means(annotated, stride):
    h, w = annotated.shape
    return annotated.reshape(h // stride, w // stride, stride * stride).mean(axis=2)
""", "strips-for-cells"),
    "cell_means/transposed": Solution("cell_means", """
def cell_means(annotated, stride):
    h, w = annotated.shape
    return annotated.reshape(h // stride, stride, w // stride, stride).mean(axis=(1, 3)).T
""", "wrong-axes"),
    "cell_means/no-least": Solution("cell_means", """
def cell_means(annotated, stride):
    h, w = annotated.shape
    return annotated.reshape(h // stride, stride, w // stride, stride).mean(axis=(1, 3))
""", "least-ignored", {"least": 0.5}),
}  # fmt: skip

_MAP = """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    h, w = shape
    x = np.arange(w) * stride + (stride - 1) / 2
    y = np.arange(h) * stride + (stride - 1) / 2
    X, Y = np.meshgrid(x, y)
    {body}
"""


def _one(body: str, diagnosis: str, **variation: float) -> Solution:
    return Solution("confidence_map", _MAP.replace("{body}", body), diagnosis, variation)


def _ellipse(exponent: str, diagnosis: str, along: str = "c * dx + s * dy", across: str = "c * dy - s * dx",
             turn: str = "np.deg2rad") -> Solution:  # fmt: skip
    body = (f"dx, dy, c, s = X - point[0], Y - point[1], np.cos({turn}(20)), np.sin({turn}(20))\n"
            f"    u, v = ({along}) / sigma, ({across}) / sigma\n    return np.exp(-({exponent}))")  # fmt: skip
    return _one(body, diagnosis, ratio=0.6, angle=20)


SPOTS = {
    "confidence_map/x-and-y": _one("return np.exp(-((X - point[1]) ** 2 + (Y - point[0]) ** 2) / sigma ** 2)",
        "xy-swapped"),
    "confidence_map/transposed": _one("return np.exp(-((X - point[0]) ** 2 + (Y - point[1]) ** 2) / sigma ** 2).T",
        "wrong-axes"),
    "confidence_map/corners": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    rows, columns = np.mgrid[:shape[0], :shape[1]] * stride
    return np.exp(-((columns - point[0]) ** 2 + (rows - point[1]) ** 2) / sigma ** 2)
""", "half-cell-off"),
    "confidence_map/half-a-stride": Solution("confidence_map", """
import math

def confidence_map(point, shape, stride, sigma):
    return [[math.exp(-(((c + 0.5) * stride - point[0]) ** 2 + ((r + 0.5) * stride - point[1]) ** 2) / sigma ** 2)
             for c in range(shape[1])] for r in range(shape[0])]
""", "half-pixel-off"),
    "confidence_map/rounded": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    column, row = int((point[0] + 0.5) // stride), int((point[1] + 0.5) // stride)
    r, c = np.indices(shape)
    d2 = ((c - column) * stride) ** 2 + ((r - row) * stride) ** 2
    return np.exp(-d2 / sigma ** 2)
""", "rounded-to-cell"),
    "confidence_map/two": _one("return np.exp(-((X - point[0]) ** 2 + (Y - point[1]) ** 2) / (2 * sigma ** 2))",
        "two-sigma-squared"),
    "confidence_map/exponential": _one("return np.exp(-np.hypot(X - point[0], Y - point[1]) / sigma)",
        "distance-not-squared"),
    "confidence_map/sigma": _one("return np.exp(-((X - point[0]) ** 2 + (Y - point[1]) ** 2) / sigma)",
        "sigma-not-squared"),
    "confidence_map/density": _one(
        "d2 = (X - point[0]) ** 2 + (Y - point[1]) ** 2; return np.exp(-d2 / sigma ** 2) / (np.pi * sigma ** 2)",
        "height-not-one"),
    "confidence_map/normalised": _one(
        "g = np.exp(-((X - point[0]) ** 2 + (Y - point[1]) ** 2) / sigma ** 2); return g / g.max()", "height-not-one"),
    "confidence_map/cells": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    at = (np.asarray(point) - (stride - 1) / 2) / stride
    r, c = np.indices(shape)
    return np.exp(-((c - at[0]) ** 2 + (r - at[1]) ** 2) / sigma ** 2)
""", "cells-for-pixels"),
    "confidence_map/high-by-little": _one(
        "return 1.00025 * np.exp(-((X - point[0]) ** 2 + (Y - point[1]) ** 2) / sigma ** 2)", "height-not-one"),
    "confidence_map/cut": _one(
        "g = np.exp(-((X - point[0]) ** 2 + (Y - point[1]) ** 2) / sigma ** 2); g[g < 0.05] = 0; return g", "cut-off"),
    "confidence_map/grows": _one("return np.exp(((X - point[0]) ** 2 + (Y - point[1]) ** 2) / sigma ** 2)",
        "above-one"),
    "confidence_map/flat": _one("return (np.exp(-((X - point[0]) ** 2 + (Y - point[1]) ** 2) / sigma ** 2)).ravel()",
        "wrong-shape"),
    "confidence_map/stub": Solution("confidence_map", """
def confidence_map(point, shape, stride, sigma):
    ...  # your code
""", "returns-none"),
    "confidence_map/round": _one("return np.exp(-((X - point[0]) ** 2 + (Y - point[1]) ** 2) / sigma ** 2)",
        "ratio-ignored", ratio=0.5, angle=30),
    "confidence_map/upright": _one("return np.exp(-((X - point[0]) ** 2 + ((Y - point[1]) / 0.5) ** 2) / sigma ** 2)",
        "not-turned", ratio=0.5, angle=30),
    "confidence_map/counter-clockwise": _one(
        "a = np.pi / 6; dx, dy = X - point[0], Y - point[1]; u, v = np.cos(a) * dx - np.sin(a) * dy, np.sin(a) * dx + "
        "np.cos(a) * dy; return np.exp(-(u ** 2 + (v / 0.5) ** 2) / sigma ** 2)", "turned-the-wrong-way",
        ratio=0.5, angle=30),
    "confidence_map/long-across": _one(
        "a = np.pi / 6; dx, dy = X - point[0], Y - point[1]; u, v = np.cos(a) * dx + np.sin(a) * dy, -np.sin(a) * dx "
        "+ np.cos(a) * dy; return np.exp(-((u / 0.5) ** 2 + v ** 2) / sigma ** 2)", "long-for-short",
        ratio=0.5, angle=30),
    "confidence_map/degrees": _one(
        "a = 30; dx, dy = X - point[0], Y - point[1]; u, v = np.cos(a) * dx + np.sin(a) * dy, -np.sin(a) * dx + "
        "np.cos(a) * dy; return np.exp(-(u ** 2 + (v / 0.5) ** 2) / sigma ** 2)", "degrees-for-radians",
        ratio=0.5, angle=30),
    "confidence_map/half-a-cell-in-x": _one("X = X - (stride - 1) / 2\n    return np.exp(-((X - point[0]) ** 2 + "
        "(Y - point[1]) ** 2) / sigma ** 2)", "half-cell-off"),
    "confidence_map/half-a-cell-in-y": _one("Y = Y - (stride - 1) / 2\n    return np.exp(-((X - point[0]) ** 2 + "
        "(Y - point[1]) ** 2) / sigma ** 2)", "half-cell-off"),
    "confidence_map/half-a-cell-back": _one("X, Y = X - stride + 1, Y - stride + 1\n    return np.exp(-((X - point[0]) "
        "** 2 + (Y - point[1]) ** 2) / sigma ** 2)", "half-cell-wrong-way"),
    "confidence_map/no-stride": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    r, c = np.indices(shape)
    return np.exp(-((c - point[0]) ** 2 + (r - point[1]) ** 2) / sigma ** 2)
""", "stride-forgotten"),
    "confidence_map/half-and-no-stride": Solution("confidence_map", """
import numpy as np

def confidence_map(point, shape, stride, sigma):
    r, c = np.indices(shape) + (stride - 1) / 2
    return np.exp(-((c - point[0]) ** 2 + (r - point[1]) ** 2) / sigma ** 2)
""", "stride-forgotten"),
    "confidence_map/two-along": _ellipse("u ** 2 / 2 + (v / 0.6) ** 2", "two-sigma-squared"),
    "confidence_map/two-across": _ellipse("u ** 2 + (v / 0.6) ** 2 / 2", "two-sigma-squared"),
    "confidence_map/ratio-as-it-is": _ellipse("u ** 2 + v ** 2 / 0.6", "ratio-not-squared"),
    "confidence_map/times-ratio": _ellipse("u ** 2 + (v * 0.6) ** 2", "ratio-inverted"),
    "confidence_map/small": _ellipse("(u / 0.6) ** 2 + (v / 0.6) ** 2", "ratio-on-both"),
    "confidence_map/saddle": _ellipse("u ** 2 - (v / 0.6) ** 2", "above-one"),
    "confidence_map/tip": _ellipse("np.abs(u) + np.abs(v / 0.6)", "distance-not-squared"),
    "confidence_map/root": _ellipse("np.sqrt(u ** 2 + (v / 0.6) ** 2)", "distance-not-squared"),
    "confidence_map/sigma-as-it-is": _ellipse("sigma * u ** 2 + sigma * v ** 2 / 0.6", "sigma-not-squared"),
    "confidence_map/skewed-across": _ellipse("u ** 2 + (v / 0.6) ** 2", "not-at-a-right-angle",
        across="c * dy + s * dx"),
    "confidence_map/skewed-along": _ellipse("u ** 2 + (v / 0.6) ** 2", "not-at-a-right-angle", along="c * dx - s * dy"),
    "confidence_map/sine": _ellipse("u ** 2 + (v / 0.6) ** 2", "sine-for-cosine", along="s * dx + c * dy",
        across="s * dy - c * dx"),
    "confidence_map/degrees-of-degrees": _ellipse("u ** 2 + (v / 0.6) ** 2", "degrees-for-radians", turn="np.rad2deg"),
}  # fmt: skip

_MAPS = """
import numpy as np

def spot(x, y, shape, stride, sigma):
    columns = np.arange(shape[1]) * stride + (stride - 1) / 2
    rows = np.arange(shape[0]) * stride + (stride - 1) / 2
    return np.exp(-((columns - x) ** 2 + (rows[:, None] - y) ** 2) / sigma ** 2)

def confidence_maps(keypoints, shape, stride, sigma):
    n, parts, _ = keypoints.shape
    S = np.zeros((parts, *shape))
    {body}
    return S
"""


def _several(body: str, diagnosis: str, **variation: str | float) -> Solution:
    return Solution(
        "confidence_maps", _MAPS.replace("{body}", body.strip().replace("\n", "\n    ")), diagnosis, variation
    )


def _union(of_spots: str, diagnosis: str) -> Solution:
    return _several(
        f"""
for j in range(parts):
    spots = [spot(x, y, shape, stride, sigma) for x, y, score in keypoints[:, j] if score > 0]
    if spots:
        S[j] = {of_spots}
""",
        diagnosis,
        merge="union",
    )


MAPS = {
    "confidence_maps/sum": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] += spot(x, y, shape, stride, sigma)
""", "sum-for-max"),
    "confidence_maps/sum-cut": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] += spot(x, y, shape, stride, sigma)
S = np.clip(S, 0, 1)
""", "sum-cut-at-one"),
    "confidence_maps/average": _several("""
for j in range(parts):
    seen = [spot(x, y, shape, stride, sigma) for x, y, score in keypoints[:, j] if score > 0]
    if seen:
        S[j] = np.mean(seen, axis=0)
""", "average-for-max"),
    "confidence_maps/average-of-all": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        S[j] += (score > 0) * spot(x, y, shape, stride, sigma) / n
""", "average-for-max"),
    "confidence_maps/high-by-little": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] = np.maximum(S[j], 1.00025 * spot(x, y, shape, stride, sigma))
""", "height-not-one"),
    "confidence_maps/overwrite": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] = spot(x, y, shape, stride, sigma)
""", "overwritten"),
    "confidence_maps/first": _several("""
for j in range(parts):
    for x, y, score in keypoints[:, j]:
        if score > 0:
            S[j] = spot(x, y, shape, stride, sigma)
            break
""", "first-person-only"),
    "confidence_maps/minimum": _several("""
for j in range(parts):
    seen = [spot(x, y, shape, stride, sigma) for x, y, score in keypoints[:, j] if score > 0]
    if seen:
        S[j] = np.min(seen, axis=0)
""", "smallest-for-max"),
    "confidence_maps/missing": _several("""
for person in keypoints:
    for j, (x, y, _score) in enumerate(person):
        S[j] = np.maximum(S[j], spot(x, y, shape, stride, sigma))
""", "missing-part-drawn"),
    "confidence_maps/score": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        S[j] = np.maximum(S[j], score * spot(x, y, shape, stride, sigma))
""", "score-as-height"),
    "confidence_maps/one-map": _several("""
for person in keypoints:
    for x, y, score in person:
        if score > 0:
            S[:] = np.maximum(S, spot(x, y, shape, stride, sigma))
""", "parts-mixed"),
    "confidence_maps/reversed": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[parts - 1 - j] = np.maximum(S[parts - 1 - j], spot(x, y, shape, stride, sigma))
""", "parts-reversed"),
    "confidence_maps/x-and-y": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] = np.maximum(S[j], spot(y, x, shape, stride, sigma))
""", "xy-swapped"),
    "confidence_maps/corners": _several("""
half = (stride - 1) / 2
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] = np.maximum(S[j], spot(x + half, y + half, shape, stride, sigma))
""", "half-cell-off"),
    "confidence_maps/two": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] = np.maximum(S[j], spot(x, y, shape, stride, sigma * 2 ** 0.5))
""", "two-sigma-squared"),
    "confidence_maps/a-map-a-person": Solution("confidence_maps", """
import numpy as np

def confidence_maps(keypoints, shape, stride, sigma):
    columns = np.arange(shape[1]) * stride + (stride - 1) / 2
    rows = np.arange(shape[0]) * stride + (stride - 1) / 2
    x, y, score = (keypoints[..., k, None, None] for k in range(3))
    spots = np.exp(-((columns - x) ** 2 + (rows[:, None] - y) ** 2) / sigma ** 2) * (score > 0)
    return spots.max(axis=1)
""", "wrong-shape"),
    "confidence_maps/in-place": Solution("confidence_maps", """
import numpy as np

def confidence_maps(keypoints, shape, stride, sigma):
    keypoints[..., :2] -= (stride - 1) / 2
    keypoints[..., :2] /= stride
    r, c = np.indices(shape)
    S = np.zeros((keypoints.shape[1], *shape))
    for person in keypoints:
        for j, (x, y, score) in enumerate(person):
            if score > 0:
                S[j] = np.maximum(S[j], np.exp(-((c - x) ** 2 + (r - y) ** 2) * (stride / sigma) ** 2))
    return S
""", "changes-input"),
    "confidence_maps/global": Solution("confidence_maps", """
import numpy as np

maps = {}

def confidence_maps(keypoints, shape, stride, sigma):
    S = maps.setdefault((keypoints.shape[1], *shape), np.zeros((keypoints.shape[1], *shape)))
    columns = np.arange(shape[1]) * stride + (stride - 1) / 2
    rows = np.arange(shape[0]) * stride + (stride - 1) / 2
    once = S.copy()
    for person in keypoints:
        for j, (x, y, score) in enumerate(person):
            if score > 0:
                spot = np.exp(-((columns - x) ** 2 + (rows[:, None] - y) ** 2) / sigma ** 2)
                once[j] = np.maximum(once[j], spot)
    S += 0.9
    return once
""", "not-repeatable"),
    "confidence_maps/nobody": Solution("confidence_maps", """
import numpy as np

def confidence_maps(keypoints, shape, stride, sigma):
    columns = np.arange(shape[1]) * stride + (stride - 1) / 2
    rows = np.arange(shape[0]) * stride + (stride - 1) / 2
    x, y, score = (keypoints[..., k, None, None] for k in range(3))
    spots = np.exp(-((columns - x) ** 2 + (rows[:, None] - y) ** 2) / sigma ** 2) * (score > 0)
    return spots.max(axis=0)
""", "raises"),
    "confidence_maps/max-not-union": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] = np.maximum(S[j], spot(x, y, shape, stride, sigma))
""", "max-for-union", merge="union"),
    "confidence_maps/sum-not-union": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] += spot(x, y, shape, stride, sigma)
""", "sum-for-union", merge="union"),
    "confidence_maps/sum-cut-not-union": _union("np.minimum(sum(spots), 1)", "sum-cut-at-one"),
    "confidence_maps/product": _union("np.prod(spots, axis=0)", "product-for-union"),
    "confidence_maps/product-of-ones": _several("""
S += 1
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] *= spot(x, y, shape, stride, sigma)
""", "product-for-union", merge="union"),
    "confidence_maps/one-less-product": _union("1 - np.prod(spots, axis=0)", "product-for-union"),
    "confidence_maps/one-of-them": _union("sum(s * np.prod([1 - o for o in spots if o is not s], axis=0) "
                                          "for s in spots)", "exactly-one"),
    "confidence_maps/union-divided": _union("(1 - np.prod([1 - s for s in spots], axis=0)) / (1 - np.prod([1 - s for s "
                                            "in spots], axis=0)).max()", "height-not-one"),
    "confidence_maps/nobody-there": _several("""
S += 1
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] *= 1 - spot(x, y, shape, stride, sigma)
""", "nobody-for-anybody", merge="union"),
    "confidence_maps/from-zero": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] *= 1 - spot(x, y, shape, stride, sigma)
S = 1 - S
""", "product-from-zero", merge="union"),
    "confidence_maps/chapter": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] = np.maximum(S[j], spot(x, y, shape, stride, sigma))
""", "ratio-ignored", merge="union", ratio=0.6, angle=20),
    "confidence_maps/chance-by-score": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        S[j] = 1 - (1 - S[j]) * (1 - score * spot(x, y, shape, stride, sigma))
""", "score-as-height", merge="union"),
    "confidence_maps/chance-by-score-largest": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        S[j] = np.maximum(S[j], score * spot(x, y, shape, stride, sigma))
""", "score-as-height", merge="union"),
    "confidence_maps/one-map-of-all": _several("""
for person in keypoints:
    for x, y, score in person:
        if score > 0:
            S[:] = 1 - (1 - S) * (1 - spot(x, y, shape, stride, sigma))
""", "parts-mixed", merge="union"),
    "confidence_maps/sure-ones": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0.5:
            S[j] = np.maximum(S[j], spot(x, y, shape, stride, sigma))
""", "low-score-left-out"),
    "confidence_maps/return-in-the-loop": _several("""
for person in keypoints:
    for j, (x, y, score) in enumerate(person):
        if score > 0:
            S[j] = np.maximum(S[j], spot(x, y, shape, stride, sigma))
    return S
""", "first-person-only"),
    "confidence_maps/union-of-two": _several("""
for j in range(len(S)):
    spots = [spot(x, y, shape, stride, sigma) for x, y, score in keypoints[:, j] if score > 0]
    S[j] = sum(spots) - (np.prod(spots, axis=0) if len(spots) > 1 else 0)
""", "union-of-two", merge="union"),
    "confidence_maps/union-by-pairs": _several("""
for j in range(len(S)):
    spots = [spot(x, y, shape, stride, sigma) for x, y, score in keypoints[:, j] if score > 0]
    S[j] = sum(spots) - sum(spots[k] * spots[i] for k in range(len(spots)) for i in range(k))
""", "union-of-two", merge="union"),
}  # fmt: skip

_SUPPRESSED = """
import numpy as np

def peaks(S, threshold):
    h, w = S.shape
    found = []
    for y in range(h):
        for x in range(w):
            around = [S[b, a] for b in range(max(y - 1, 0), min(y + 2, h)) for a in range(max(x - 1, 0), min(x + 2, w))
                      if (a, b) != (x, y)]
            {body}
    return found
"""


def _peaks(body: str, diagnosis: str, **variation: int) -> Solution:
    return Solution(
        "peaks", _SUPPRESSED.replace("{body}", body.strip().replace("\n", "\n            ")), diagnosis, variation
    )


def _window(near: str, diagnosis: str, first: str = "(dy, dx) < (0, 0)", result: str = "found",
            **variation: int) -> Solution:  # fmt: skip
    return Solution(
        "peaks",
        f"""
import numpy as np

def peaks(S, threshold):
    h, w = S.shape
    found = []
    for y, x in np.ndindex(h, w):
        around = [(v - y, u - x) for v, u in np.ndindex(h, w) if (v, u) != (y, x)]
        around = [(dy, dx) for dy, dx in around if {near}]
        best = all(S[y + dy, x + dx] < S[y, x] or (S[y + dy, x + dx] == S[y, x] and not {first}) for dy, dx in around)
        if best and S[y, x] > threshold:
            found.append((x, y))
    return {result}
""",
        diagnosis,
        variation,
    )


def _filtered(best: str, diagnosis: str, above: str = "S > threshold", **variation: int) -> Solution:
    return Solution(
        "peaks",
        f"""
import numpy as np
from scipy.ndimage import maximum_filter

def peaks(S, threshold):
    return np.argwhere(({best}) & ({above}))[:, ::-1]
""",
        diagnosis,
        variation,
    )


PEAKS = {
    "peaks/row-first": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    h, w = S.shape
    P = np.pad(S, 1, constant_values=-np.inf)
    best = S > threshold
    for dy, dx in [(-1, -1), (-1, 0), (-1, 1), (0, -1)]:
        best &= S > P[1 + dy:1 + dy + h, 1 + dx:1 + dx + w]
        best &= S >= P[1 - dy:1 - dy + h, 1 - dx:1 - dx + w]
    return np.argwhere(best)
""", "xy-swapped"),
    "peaks/strict": _peaks(
        "if S[y, x] > threshold and S[y, x] > max(around):\n    found.append((x, y))", "plateau-lost"),
    "peaks/not-strict": _peaks(
        "if S[y, x] > threshold and S[y, x] >= max(around):\n    found.append((x, y))", "plateau-twice"),
    "peaks/scipy": Solution("peaks", """
import numpy as np
from scipy.ndimage import maximum_filter

def peaks(S, threshold):
    rows, columns = np.nonzero((maximum_filter(S, size=3) == S) & (S > threshold))
    return np.stack([columns, rows], axis=1)
""", "plateau-twice"),
    "peaks/last": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    h, w = S.shape
    P = np.pad(S, 1, constant_values=-np.inf)
    best = S > threshold
    for dy, dx in [(-1, -1), (-1, 0), (-1, 1), (0, -1)]:
        best &= S >= P[1 + dy:1 + dy + h, 1 + dx:1 + dx + w]
        best &= S > P[1 - dy:1 - dy + h, 1 - dx:1 - dx + w]
    return np.argwhere(best)[:, ::-1]
""", "last-of-equals"),
    "peaks/inner": Solution("peaks", """
def peaks(S, threshold):
    h, w = S.shape
    found = []
    for y in range(1, h - 1):
        for x in range(1, w - 1):
            before = [S[y - 1, x - 1], S[y - 1, x], S[y - 1, x + 1], S[y, x - 1]]
            behind = [S[y + 1, x + 1], S[y + 1, x], S[y + 1, x - 1], S[y, x + 1]]
            if S[y, x] > threshold and S[y, x] > max(before) and S[y, x] >= max(behind):
                found.append((x, y))
    return found
""", "border-lost"),
    "peaks/roll": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    best = S > threshold
    for dy, dx in [(-1, -1), (-1, 0), (-1, 1), (0, -1)]:
        best &= S > np.roll(S, (-dy, -dx), axis=(0, 1))
        best &= S >= np.roll(S, (dy, dx), axis=(0, 1))
    return np.argwhere(best)[:, ::-1]
""", "border-wraps"),
    "peaks/no-threshold": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    h, w = S.shape
    P = np.pad(S, 1, constant_values=-np.inf)
    best = np.ones(S.shape, bool)
    for dy, dx in [(-1, -1), (-1, 0), (-1, 1), (0, -1)]:
        best &= S > P[1 + dy:1 + dy + h, 1 + dx:1 + dx + w]
        best &= S >= P[1 - dy:1 - dy + h, 1 - dx:1 - dx + w]
    return np.argwhere(best)[:, ::-1]
""", "threshold-ignored"),
    "peaks/at-the-threshold": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    h, w = S.shape
    P = np.pad(S, 1, constant_values=-np.inf)
    best = S >= threshold
    for dy, dx in [(-1, -1), (-1, 0), (-1, 1), (0, -1)]:
        best &= S > P[1 + dy:1 + dy + h, 1 + dx:1 + dx + w]
        best &= S >= P[1 - dy:1 - dy + h, 1 - dx:1 - dx + w]
    return np.argwhere(best)[:, ::-1]
""", "at-least-for-more-than"),
    "peaks/too-many": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    return np.zeros((2_000_000, 2), np.int8)
""", "far-too-many"),
    "peaks/four": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    h, w = S.shape
    P = np.pad(S, 1, constant_values=-np.inf)
    up, down, left, right = P[:-2, 1:-1], P[2:, 1:-1], P[1:-1, :-2], P[1:-1, 2:]
    best = (S > threshold) & (S > up) & (S >= down) & (S > left) & (S >= right)
    return np.argwhere(best)[:, ::-1]
""", "four-neighbours"),
    "peaks/argmax": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    y, x = np.unravel_index(S.argmax(), S.shape)
    return [(x, y)] if S[y, x] > threshold else []
""", "highest-only"),
    "peaks/above": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    return np.argwhere(S > threshold)[:, ::-1]
""", "no-suppression"),
    "peaks/padded": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    P = np.pad(S, 1, constant_values=-np.inf)
    found = []
    for y in range(1, P.shape[0] - 1):
        for x in range(1, P.shape[1] - 1):
            window = P[y - 1:y + 2, x - 1:x + 2].ravel()
            if P[y, x] > threshold and P[y, x] > window[:4].max() and P[y, x] >= window[5:].max():
                found.append((x, y))
    return found
""", "padding-left-in"),
    "peaks/mask": _peaks("if S[y, x] > threshold and S[y, x] >= max(around):\n    found.append(y * w + x)",
        "wrong-shape"),
    "peaks/near": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    h, w = S.shape
    P = np.pad(S, 1, constant_values=-np.inf)
    best = S > threshold
    for dy, dx in [(-1, -1), (-1, 0), (-1, 1), (0, -1)]:
        best &= S > P[1 + dy:1 + dy + h, 1 + dx:1 + dx + w]
        best &= S >= P[1 - dy:1 - dy + h, 1 - dx:1 - dx + w]
    return np.argwhere(best)[:, ::-1]
""", "radius-ignored", {"radius": 2}),
    "peaks/wider": _window("max(abs(dy), abs(dx)) <= 4", "other-radius", radius=3),
    "peaks/less-wide": _window("max(abs(dy), abs(dx)) <= 2", "other-radius", radius=3),
    "peaks/next": _window("max(abs(dy), abs(dx)) <= 1", "radius-ignored", radius=2),
    "peaks/slice-ends-early": _window("-2 <= min(dy, dx) and max(dy, dx) <= 1", "window-lopsided", radius=2),
    "peaks/slice-ends-late": _window("-2 <= min(dy, dx) and max(dy, dx) <= 3", "window-lopsided", radius=2),
    "peaks/one-behind": _window("-3 <= min(dy, dx) and max(dy, dx) <= 1", "window-lopsided", radius=3),
    "peaks/one-before": _window("-1 <= min(dy, dx) and max(dy, dx) <= 3", "window-lopsided", radius=3),
    "peaks/before-only": _window("-2 <= min(dy, dx) and max(dy, dx) <= 0", "window-lopsided", radius=2),
    "peaks/disc": _window("dy ** 2 + dx ** 2 <= 4", "round-neighbourhood", radius=2),
    "peaks/diamond": _window("abs(dy) + abs(dx) <= 3", "round-neighbourhood", radius=3),
    "peaks/row-and-column": _window("dy * dx == 0 and max(abs(dy), abs(dx)) <= 2", "four-neighbours", radius=2),
    "peaks/by-columns": _window("max(abs(dy), abs(dx)) <= 2", "last-of-equals", "(dx, dy) < (0, 0)", radius=2),
    "peaks/top-left-border": _window("max(abs(dy), abs(dx)) <= 2", "border-lost", result="[c for c in found if min(c) "
                                     ">= 2]", radius=2),
    "peaks/in-the-window": _window("max(abs(dy), abs(dx)) <= 2", "counted-in-the-window",
                                   result="[(min(x, 2), min(y, 2)) for x, y in found]", radius=2),
    "peaks/filter-of-the-radius": _filtered("S == maximum_filter(S, 2)", "window-lopsided", radius=2),
    "peaks/filter-next": _filtered("S == maximum_filter(S, 3)", "radius-ignored", radius=2),
    "peaks/filter-rows-first": _filtered("(S == maximum_filter(S, 5)).T", "xy-swapped", "S.T > threshold", radius=2),
    "peaks/filter-no-threshold": _filtered("S == maximum_filter(S, 5)", "threshold-ignored", "S > -1", radius=2),
    "peaks/filter-at-the-threshold": _filtered("S == maximum_filter(S, 5)", "at-least-for-more-than", "S >= threshold",
                                               radius=2),
    "peaks/struck-out": Solution("peaks", """
import numpy as np

def peaks(S, threshold):
    found = []
    for y, x in sorted(np.argwhere(S > threshold).tolist(), key=lambda c: -S[c[0], c[1]]):
        if all(max(abs(y - v), abs(x - u)) > 2 for u, v in found):
            found.append((x, y))
    return found
""", "greedy-suppression", {"radius": 2}),
    "peaks/two-steps": Solution("peaks", _SUPPRESSED.replace("{body}",
        "if S[y, x] > threshold and S[y, x] >= max(around):\n                found.append((x, y))") + """
small = peaks
def peaks(S, threshold):
    found = small(S, threshold)
    near = lambda a, b: max(abs(a[0] - b[0]), abs(a[1] - b[1])) <= 2
    rank = lambda c: (S[c[1], c[0]], -c[1], -c[0])
    return [c for c in found if all(rank(c) >= rank(o) for o in found if near(c, o))]
""", "peaks-among-peaks", {"radius": 2}),
}  # fmt: skip

_VERTEX = """
import numpy as np

def vertex(line, at):
    m = min(max(at, 1), len(line) - 2)
    a, b, c = {values}
    {body}
"""


def _vertex(body: str, diagnosis: str, values: str = "np.log(line[m - 1:m + 2])", **variation: float) -> Solution:
    return Solution("vertex", _VERTEX.replace("{body}", body).replace("{values}", values), diagnosis, variation)


VERTICES = {
    "vertex/cell": Solution("vertex", """
def vertex(line, at):
    return float(at)
""", "no-refinement"),
    "vertex/values": _vertex("return m - (c - a) / 2 / (a - 2 * b + c)", "no-logarithm", "line[m - 1:m + 2]"),
    "vertex/sign": _vertex("return m + (c - a) / 2 / (a - 2 * b + c) + 2 * (at - m)", "sign-reversed"),
    "vertex/no-half": _vertex("return at + 2 * (m - at - (c - a) / 2 / (a - 2 * b + c))", "twice-the-shift"),
    "vertex/quarter": _vertex("return at + (m - at - (c - a) / 2 / (a - 2 * b + c)) / 2", "half-the-shift"),
    "vertex/shift": _vertex("return m - at - (c - a) / 2 / (a - 2 * b + c)", "cell-not-added"),
    "vertex/mean": _vertex("return ((m - 1) * a + m * b + (m + 1) * c) / (a + b + c)", "centre-of-mass",
        "line[m - 1:m + 2]"),
    "vertex/wraps": Solution("vertex", """
import numpy as np

def vertex(line, at):
    a, b, c = np.log(line[at - 1]), np.log(line[at]), np.log(line[(at + 1) % len(line)])
    return at - 0.5 * (c - a) / (a - 2 * b + c)
""", "border-wraps"),
    "vertex/border-index": Solution("vertex", """
import numpy as np

def vertex(line, at):
    l = np.log(line)
    if at == 0:
        return -(l[2] - l[0]) / 2 / (l[0] - 2 * l[1] + l[2]) + 1
    return at - 0.5 * (l[at + 1] - l[at - 1]) / (l[at - 1] - 2 * l[at] + l[at + 1])
""", "raises"),
    "vertex/border-skipped": Solution("vertex", """
import numpy as np

def vertex(line, at):
    if at == 0 or at == len(line) - 1:
        return at
    a, b, c = np.log(line[at - 1:at + 2])
    return at - 0.5 * (c - a) / (a - 2 * b + c)
""", "border-not-refined"),
    "vertex/gaussian": _vertex("return m - (c - a) / 2 / (a - 2 * b + c)", "gaussian-assumed", power=2.0),
    "vertex/power": _vertex("return m - (c - a) / 2 / (a - 2 * b + c)", "wrong-power", "line[m - 1:m + 2] ** -2.0",
                            power=2.0),
    "vertex/root": _vertex("return m - (c - a) / 2 / (a - 2 * b + c)", "wrong-power", "line[m - 1:m + 2] ** (1 / 3)",
                           power=3.0),
    "vertex/other-power": _vertex("return m - (c - a) / 2 / (a - 2 * b + c)", "wrong-power",
                                  "line[m - 1:m + 2] ** -1", power=2.0),
    "vertex/half-the-power": _vertex("return m - (c - a) / 2 / (a - 2 * b + c)", "wrong-power",
                                     "line[m - 1:m + 2] ** (-1 / 6)", power=3.0),
    "vertex/row": _vertex("p = np.polyfit(range(len(line)), line, 2); return -p[1] / p[0] / 2", "no-logarithm"),
    "vertex/row-of-a-gaussian": _vertex("p = np.polyfit(range(len(line)), np.log(line), 2); return -p[1] / p[0] / 2",
                                        "gaussian-assumed", power=2.0),
    "vertex/no-half-from-the-middle": _vertex("return m - (c - a) / (a - 2 * b + c)", "twice-the-shift"),
    "vertex/quarter-from-the-middle": _vertex("return m - (c - a) / 4 / (a - 2 * b + c)", "half-the-shift"),
    "vertex/sign-from-the-middle": _vertex("return m + (c - a) / 2 / (a - 2 * b + c)", "sign-reversed"),
    "vertex/shift-from-the-middle": _vertex("return -(c - a) / 2 / (a - 2 * b + c)", "cell-not-added"),
    "vertex/from-the-first": _vertex("return 1 - (c - a) / 2 / (a - 2 * b + c)", "cell-not-added"),
    "vertex/from-the-first-and-middle": _vertex("return 1 + m - (c - a) / 2 / (a - 2 * b + c)", "one-cell-off"),
    "vertex/before-the-middle": _vertex("return m - 1 - (c - a) / 2 / (a - 2 * b + c)", "one-cell-off"),
    "vertex/from-at": _vertex("return at - (c - a) / 2 / (a - 2 * b + c)", "border-counted-from-at"),
    "vertex/middle-once": _vertex("return m - (c - a) / 2 / (a - b + c)", "bend-of-three"),
    "vertex/no-half-of-the-place": _vertex("return 2 * m - (c - a) / (a - 2 * b + c)", "place-doubled"),
    "vertex/minus": _vertex("return (c - a) / 2 / (a - 2 * b + c) - m", "sign-reversed"),
    "vertex/quarter-step": _vertex("return m + np.sign(c - a) / 4", "quarter-step"),
    "vertex/quarter-step-inside": _vertex("return at + np.sign(c - a) / 4 * (m == at)", "quarter-step"),
    "vertex/edge": _vertex("return at - (c - a) / 2 / (a - 2 * b + c)", "border-repeated",
                           'np.log(np.pad(line, 1, mode="edge")[at:at + 3])'),
    "vertex/mean-of-the-row": _vertex("return (line * np.arange(len(line))).sum() / line.sum()", "centre-of-mass"),
    "vertex/left-border-skipped": _vertex("return m - (c - a) / 2 / (a - 2 * b + c) if at else 0.0",
                                          "border-not-refined"),
    "vertex/right-border-skipped": _vertex("return m - (c - a) / 2 / (a - 2 * b + c) if at < len(line) - 1 else at",
                                           "border-not-refined"),
    "vertex/in-steps": _vertex("return round(64 * (m - (c - a) / 2 / (a - 2 * b + c))) / 64", "wrong-value"),
    "vertex/nan": _vertex("return m - (c - a) / 2 / (a - 2 * b + c) * np.log(-1.0)", "not-finite"),
}  # fmt: skip

_SUMMIT = """
import numpy as np

def summit(patch):
    v = np.log(patch)
    g = np.array([v[1, 2] - v[1, 0], v[2, 1] - v[0, 1]]) / 2
    cross = (v[0, 0] + v[2, 2] - v[0, 2] - v[2, 0]) / 4
    H = np.array([[v[1, 0] + v[1, 2] - 2 * v[1, 1], cross], [cross, v[0, 1] + v[2, 1] - 2 * v[1, 1]]])
    {body}
"""


def _summit(body: str, diagnosis: str) -> Solution:
    return Solution("summit", _SUMMIT.replace("{body}", body), diagnosis)


SUMMITS = {
    "summit/cell": _summit("return np.zeros(2)", "no-refinement"),
    "summit/apart": _summit("return -g / np.diag(H)", "directions-apart"),
    "summit/no-cross": _summit("H[0, 1] = H[1, 0] = 0; return -np.linalg.solve(H, g)", "directions-apart"),
    "summit/values": Solution("summit", _SUMMIT.replace("np.log(patch)", "patch").replace(
        "{body}", "return -np.linalg.solve(H, g)"), "no-logarithm"),
    "summit/swapped": _summit("return -np.linalg.solve(H, g)[::-1]", "xy-swapped"),
    "summit/sign": _summit("return np.linalg.solve(H, g)", "sign-reversed"),
    "summit/no-half": _summit("return -np.linalg.solve(H, 2 * g)", "twice-the-shift"),
    "summit/half": _summit("return -np.linalg.solve(2 * H, g)", "half-the-shift"),
    "summit/from-corner": _summit("return 1 - np.linalg.solve(H, g)", "counted-from-the-corner"),
    "summit/mean": _summit("y, x = np.mgrid[-1:2, -1:2]; return np.array([(x * patch).sum(), (y * patch).sum()]) "
                           "/ patch.sum()", "centre-of-mass"),
    "summit/argmax": _summit("return np.unravel_index(patch.argmax(), (3, 3))", "no-refinement"),
    "summit/cross-of-other-sign": _summit("H[0, 1] *= -1; H[1, 0] *= -1; return -np.linalg.solve(H, g)",
                                          "cross-term-reversed"),
    "summit/cross-undivided": _summit("H[0, 1] *= 4; H[1, 0] *= 4; return -np.linalg.solve(H, g)", "cross-term-scaled"),
    "summit/terms-of-the-surface": _summit("H[0, 0] /= 2; H[1, 1] /= 2; return -np.linalg.solve(H, g)",
                                           "cross-term-scaled"),
    "summit/slope-swapped": _summit("return -np.linalg.solve(H, g[::-1])", "xy-swapped"),
    "summit/bend-swapped": _summit("return -np.linalg.solve(H[::-1, ::-1], g)", "xy-swapped"),
    "summit/quarter": _summit("return np.sign(g) / 4", "quarter-step"),
    "summit/power": Solution("summit", _SUMMIT.replace("np.log(patch)", "patch ** (-1 / 2.0)").replace(
        "{body}", "return -np.linalg.solve(H, g)"), "wrong-power"),
    "summit/values-apart": Solution("summit", _SUMMIT.replace("np.log(patch)", "patch").replace(
        "{body}", "return -g / np.diag(H)"), "no-logarithm"),
    "summit/mean-from-corner": _summit("y, x = np.mgrid[:3, :3]; return np.array([(x * patch).sum(), (y * patch).sum()"
                                       "]) / patch.sum()", "centre-of-mass"),
    "summit/multiplied": _summit("return -H @ g", "wrong-value"),
    "summit/in-steps": _summit("return np.round(-64 * np.linalg.solve(H, g)) / 64", "wrong-value"),
    "summit/three": _summit("return [*-np.linalg.solve(H, g), patch.max()]", "wrong-shape"),
}  # fmt: skip

_LIMB = """
import numpy as np

def limb_field(x1, x2, cells, half_width):
    d = x2 - x1
    length = np.sqrt((d ** 2).sum())
    v = d / length
    n = np.array([-v[1], v[0]])
    p = cells - x1
    along, across = p @ v, p @ n
    on = (along >= 0) & (along <= length) & (abs(across) <= half_width)
    {body}


def near(p, v, n, length):
    t = np.linspace(0, 1, 301)[:, None]
    curve = t * length * v + 0.8 * length * t * (1 - t) * n
    return np.linalg.norm(p[..., None, :] - curve, axis=-1).min(axis=-1)
"""


def _limb(body: str, diagnosis: str, **variation: float) -> Solution:
    return Solution("limb_field", _LIMB.replace("{body}", body.strip().replace("\n", "\n    ")), diagnosis, variation)


def _tapered(width: str, diagnosis: str, taper: float = 1.8) -> Solution:
    """A limb whose width is a formula of the share t of the way."""
    return _limb(f"""
t = along / length
on = (along >= 0) & (along <= length) & (abs(across) <= {width})
return on[..., None] * v
""", diagnosis, taper=taper)  # fmt: skip


def _bent(diagnosis: str, slope: str = "0.8 * (1 - 2 * t)", place: str = "0.8 * length * t * (1 - t)",
          width: str = "half_width", vector: str = "v + s * n", distance: str = "abs(across - place)",
          ends: str = "(t >= 0) & (t <= 1)", taper: float = 1.0) -> Solution:  # fmt: skip
    """A limb that is bent by 0.2, by formulas of the share t of the way."""
    variation = {"bend": 0.2} | ({"taper": taper} if taper != 1 else {})
    return _limb(f"""
t = along / length
s, place = ({slope} + 0 * t)[..., None], {place}
on = {ends} & ({distance} <= {width})
tangent = {vector}
return on[..., None] * tangent / np.linalg.norm(tangent, axis=-1, keepdims=True)
""", diagnosis, **variation)  # fmt: skip


LIMBS = {
    "limb_field/not-unit": _limb("return on[..., None] * d", "not-unit"),
    "limb_field/one-norm": _limb("return on[..., None] * d / np.abs(d).sum()", "not-unit"),
    "limb_field/reversed": _limb("return on[..., None] * -v", "direction-reversed"),
    "limb_field/vector-swapped": _limb("return on[..., None] * v[::-1]", "xy-swapped"),
    "limb_field/all-swapped": Solution("limb_field", """
import numpy as np

def limb_field(x1, x2, cells, half_width):
    x1, x2 = x1[::-1], x2[::-1]
    v = (x2 - x1) / np.linalg.norm(x2 - x1)
    along = (cells - x1) @ v
    across = (cells - x1) @ [-v[1], v[0]]
    on = (0 <= along) & (along <= np.linalg.norm(x2 - x1)) & (np.abs(across) <= half_width)
    return on[..., None] * v
""", "xy-swapped"),
    "limb_field/absolute": _limb("return on[..., None] * np.abs(v)", "direction-lost"),
    "limb_field/ones": _limb("return np.stack([on, on], axis=-1).astype(float)", "direction-lost"),
    "limb_field/normal": _limb("return on[..., None] * n", "across-for-along"),
    "limb_field/width-along": _limb("""
on = (abs(along) <= half_width) & (across >= 0) & (across <= length)
return on[..., None] * v
""", "width-along"),
    "limb_field/width-from-start": _limb("""
on = (along >= 0) & (along <= half_width)
return on[..., None] * v
""", "width-along"),
    "limb_field/line": _limb("on = abs(across) <= half_width\nreturn on[..., None] * v", "no-ends"),
    "limb_field/ray": _limb("on = (along >= 0) & (abs(across) <= half_width)\nreturn on[..., None] * v",
        "one-end-only"),
    "limb_field/one-sided": _limb("""
on = (along >= 0) & (along <= length) & (across <= half_width)
return on[..., None] * v
""", "one-sided"),
    "limb_field/half": _limb("""
on = (along >= 0) & (along <= length) & (across >= 0) & (across <= half_width)
return on[..., None] * v
""", "half-a-limb"),
    "limb_field/narrow": _limb("""
on = (along >= 0) & (along <= length) & (abs(across) <= half_width / 2)
return on[..., None] * v
""", "half-as-wide"),
    "limb_field/wide": _limb("""
on = (along >= 0) & (along <= length) & (abs(across) <= 2 * half_width)
return on[..., None] * v
""", "twice-as-wide"),
    "limb_field/capsule": Solution("limb_field", """
import numpy as np

def limb_field(x1, x2, cells, half_width):
    d = x2 - x1
    t = np.clip(((cells - x1) @ d) / (d @ d), 0, 1)
    nearest = x1 + t[..., None] * d
    on = np.linalg.norm(cells - nearest, axis=-1) <= half_width
    return on[..., None] * d / np.linalg.norm(d)
""", "round-ends"),
    "limb_field/past": _limb("""
on = (along >= -half_width) & (along <= length + half_width) & (abs(across) <= half_width)
return on[..., None] * v
""", "past-the-joints"),
    "limb_field/released": _limb("""
low, high = np.minimum(x1, x2) - half_width, np.maximum(x1, x2) + half_width
on = ((cells >= low) & (cells <= high)).all(axis=-1) & (abs(across) <= half_width)
return on[..., None] * v
""", "past-the-joints"),
    "limb_field/box": _limb("""
on = ((cells >= np.minimum(x1, x2)) & (cells <= np.maximum(x1, x2))).all(axis=-1)
return on[..., None] * v
""", "bounding-box"),
    "limb_field/disc": _limb("on = np.linalg.norm(p, axis=-1) <= half_width\nreturn on[..., None] * v", "disc"),
    "limb_field/everywhere": _limb("return np.ones(cells.shape) * v", "everywhere"),
    "limb_field/channels-first": _limb("return np.moveaxis(on[..., None] * v, -1, 0)", "wrong-axes"),
    "limb_field/mask": _limb("return on", "wrong-shape"),
    "limb_field/in-place": _limb("""
cells -= x1
return on[..., None] * v
""", "changes-input"),
    "limb_field/nothing": _limb("return np.zeros(cells.shape) + 0 * v", "nothing-drawn"),
    "limb_field/oval": _limb("""
on = ((along / length - 0.5) * 2) ** 2 + (across / half_width) ** 2 <= 1
return on[..., None] * v
""", "wrong-region"),
    "limb_field/half-turned": _limb("return on[..., None] * (v + n) / np.sqrt(2)", "wrong-vector"),
    "limb_field/a-little-narrow": _limb("""
on = (along >= 0) & (along <= length) & (abs(across) <= half_width - 0.8)
return on[..., None] * v
""", "wrong-region"),
    "limb_field/long-by-little": _limb("return on[..., None] * v * 1.0025", "not-unit"),
    **{f"limb_field/edge-{name}": _limb(f"""
on = ({low} <= along) & (along <= length + {high}) & (abs(across) <= half_width + {side})
return on[..., None] * v
""", "wrong-region") for name, low, high, side in (
        ("narrow", 0, 0, -0.15), ("wide", 0, 0, 0.15), ("starts-late", 0.15, 0, 0), ("starts-early", -0.15, 0, 0),
        ("ends-early", 0, -0.15, 0), ("ends-late", 0, 0.15, 0))},
    "limb_field/by-factors": _limb("""
on = (along >= 0) & (along <= length) & (abs(across) <= half_width * 0.6 ** (along / length))
return on[..., None] * v
""", "taper-by-factors", taper=0.6),
    "limb_field/not-tapered": _limb("return on[..., None] * v", "taper-ignored", taper=0.4),
    "limb_field/wide-end": _limb("""
width = half_width * (0.4 + 0.6 * along / length)
on = (along >= 0) & (along <= length) & (abs(across) <= width)
return on[..., None] * v
""", "taper-reversed", taper=0.4),
    "limb_field/thin": _limb("""
on = (along >= 0) & (along <= length) & (abs(across) <= 0.4 * half_width)
return on[..., None] * v
""", "taper-everywhere", taper=0.4),
    "limb_field/mean-width": _tapered("half_width * 1.4", "taper-ignored"),
    "limb_field/width-by-a-pixel": _tapered("half_width + 0.8 * t", "taper-ignored"),
    "limb_field/width-by-two-pixels": _tapered("half_width + 1.8 * t", "taper-ignored"),
    "limb_field/and-taper": _tapered("half_width * (1 + 1.8 * t)", "taper-added"),
    "limb_field/from-nothing": _tapered("half_width * 1.8 * t", "taper-from-nothing"),
    "limb_field/narrower": _tapered("half_width * (1 - 0.8 * t)", "taper-other-way"),
    "limb_field/wider": _tapered("half_width * (1 + 0.6 * t)", "taper-other-way", taper=0.4),
    "limb_field/by-pixels-of-the-way": _tapered("half_width * (1 + 0.8 * along)", "way-in-pixels"),
    "limb_field/cone": _limb("on = abs(across) <= half_width * (1 + 0.8 * along / length)\nreturn on[..., None] * v",
        "no-ends", taper=1.8),
    "limb_field/cone-one-end": _limb("""
on = (along >= 0) & (abs(across) <= half_width * (1 + 0.8 * along / length))
return on[..., None] * v
""", "one-end-only", taper=1.8),
    "limb_field/cone-other-end": _limb("""
on = (along <= length) & (abs(across) <= half_width * (1 + 0.8 * along / length))
return on[..., None] * v
""", "one-end-only", taper=1.8),
    "limb_field/cone-past": _limb("""
on = (along >= -half_width) & (along <= length + half_width) & (abs(across) <= half_width * (1 + 0.8 * along / length))
return on[..., None] * v
""", "past-the-joints", taper=1.8),
    "limb_field/shrinks": _limb("return on[..., None] * v * (1 - abs(across) / 99)[..., None]", "not-unit"),
    "limb_field/other-span": _limb("""
v = -v
along, across = p @ v, p @ n
on = (along >= 0) & (along <= length) & (abs(across) <= half_width)
return on[..., None] * v
""", "beyond-the-first-joint"),
    "limb_field/no-minus": _limb("""
on = (along >= 0) & (along <= length) & (abs(p @ v[::-1]) <= half_width)
return on[..., None] * v
""", "perpendicular-without-sign"),
    "limb_field/nearly-nothing": _limb("on = (along >= 0) & (along <= 1)\nreturn on[..., None] * v", "wrong-region"),
    "limb_field/no-four": _bent("bent-too-little", "0.2 * (1 - 2 * t)", "0.2 * length * t * (1 - t)"),
    "limb_field/two-for-four": _bent("bent-too-little", place="0.4 * length * t * (1 - t)"),
    "limb_field/eight-for-four": _bent("bent-too-much", place="1.6 * length * t * (1 - t)"),
    "limb_field/by-length-twice": _bent("bent-too-much", place="0.8 * length ** 2 * t * (1 - t)"),
    "limb_field/no-length": _bent("bend-ignored", place="0.8 * t * (1 - t)"),
    "limb_field/straight-tangent-bent": _bent("bend-ignored", place="0"),
    "limb_field/minus": _bent("bent-the-other-way", place="-0.8 * length * t * (1 - t)"),
    "limb_field/both-sides": _bent("bent-to-both-sides", distance="abs(abs(across) - place)"),
    "limb_field/across-the-curve": _bent("across-the-curve", distance="near(p, v, n, length)"),
    "limb_field/tangent-no-four": _bent("tangent-by-a-factor", "0.2 * (1 - 2 * t)"),
    "limb_field/tangent-two-for-four": _bent("tangent-by-a-factor", "0.4 * (1 - 2 * t)"),
    "limb_field/tangent-eight-for-four": _bent("tangent-by-a-factor", "1.6 * (1 - 2 * t)"),
    "limb_field/tangent-other-side": _bent("tangent-the-other-way", "-0.8 * (1 - 2 * t)"),
    "limb_field/tangent-by-length": _bent("tangent-by-length", "0.8 * length * (1 - 2 * t)"),
    "limb_field/tangent-of-the-span": _bent("tangent-by-length", vector="d + s * n"),
    "limb_field/tangent-of-the-place": _bent("tangent-of-the-place", "0.8 * t * (1 - t)"),
    "limb_field/tangent-one-less-t": _bent("tangent-not-level-halfway", "0.8 * (1 - t)"),
    "limb_field/tangent-of-the-square": _bent("tangent-not-level-halfway", "-1.6 * t"),
    "limb_field/tangent-of-the-start": _bent("tangent-not-level-halfway", "0.8"),
    "limb_field/tangent-along-x": _bent("tangent-from-the-x-axis", vector="np.concatenate([1 + 0 * s, s], axis=-1)"),
    "limb_field/tangents-normal": _bent("across-for-along", vector="n - s * v"),
    "limb_field/circle": _bent("wrong-vector", "0.8 * (1 - 2 * t) + (1 - 2 * t) ** 3 / 4"),
    "limb_field/bent-no-ends": _bent("no-ends", ends="(t > -9)"),
    "limb_field/exchanged": _limb("""
t = 1 - along / length
s, across = (-0.8 * (1 - 2 * t))[..., None], across + 0.8 * length * t * (1 - t)
on = (t >= 0) & (t <= 1) & (abs(across) <= half_width * (1 + 0.8 * t))
return on[..., None] * -(v - s * n) / np.sqrt(1 + s ** 2)
""", "joints-exchanged", taper=1.8, bend=0.2),
    "limb_field/straight": _limb("return on[..., None] * v", "bend-ignored", bend=0.2),
    "limb_field/other-side": _limb("""
t = np.clip(along / length, 0, 1)
across = across + 0.2 * length * 4 * t * (1 - t)
slope = -0.8 * (1 - 2 * t)[..., None]
on = (along >= 0) & (along <= length) & (abs(across) <= half_width)
return on[..., None] * (v + slope * n) / np.sqrt(1 + slope ** 2)
""", "bent-the-other-way", bend=0.2),
    "limb_field/chord": _limb("""
t = np.clip(along / length, 0, 1)
across = across - 0.2 * length * 4 * t * (1 - t)
on = (along >= 0) & (along <= length) & (abs(across) <= half_width)
return on[..., None] * v
""", "chord-for-tangent", bend=0.2),
}  # fmt: skip

_FIELD = """
import numpy as np

def limb(x1, x2, cells, half_width):
    length = np.linalg.norm(x2 - x1)
    v = (x2 - x1) / length
    along = (cells - x1) @ v
    across = (cells - x1) @ np.array([-v[1], v[0]])
    return v, (along >= 0) & (along <= length) & (np.abs(across) <= half_width)

def affinity_field(limbs, cells, half_width):
    h, w, _ = cells.shape
    L, n = np.zeros((2, h, w)), np.zeros((h, w))
    for x1, x2 in {of}:
        v, on = limb(x1, x2, cells, half_width)
        {body}
    {end}
"""


def _field(body: str, end: str, diagnosis: str, of: str = "limbs", **variation: float) -> Solution:
    source = (
        _FIELD.replace("{of}", of).replace("{body}", body.strip().replace("\n", "\n        ")).replace("{end}", end)
    )
    return Solution("affinity_field", source, diagnosis, variation)


FIELDS = {
    "affinity_field/sum": _field("L += v[:, None, None] * on", "return L", "sum-for-average"),
    "affinity_field/by-everybody": _field("L += v[:, None, None] * on", "return L / max(len(limbs), 1)",
        "divided-by-everybody"),
    "affinity_field/overwrite": _field("L[:, on] = v[:, None]", "return L", "overwritten"),
    "affinity_field/first": _field("free = on & (n == 0)\nL[:, free] = v[:, None]\nn += on", "return L", "first-wins"),
    "affinity_field/unit-again": _field(
        "L += v[:, None, None] * on\nn += on",
        "L = L / np.maximum(n, 1); return L / np.maximum(np.linalg.norm(L, axis=0), 1e-9)", "made-unit-again"),
    "affinity_field/maximum": _field(
        "L = np.maximum(L, v[:, None, None] * on) if n.any() else v[:, None, None] * on\nn += on", "return L",
        "largest-for-average"),
    "affinity_field/running": _field(
        "new = v[:, None, None] * on\nL = np.where(on, np.where(n > 0, (L + new) / 2, new), L)\nn += on", "return L",
        "running-average"),
    "affinity_field/alone": _field("L += v[:, None, None] * on\nn += on", "return L * (n == 1)", "only-where-alone"),
    "affinity_field/not-unit": Solution("affinity_field", """
import numpy as np

def affinity_field(limbs, cells, half_width):
    total, n = np.zeros(cells.shape), np.zeros(cells.shape[:2])
    for x1, x2 in limbs:
        d = x2 - x1
        t = ((cells - x1) @ d) / (d @ d)
        across = np.abs((cells - x1) @ np.array([-d[1], d[0]])) / np.linalg.norm(d)
        on = (t >= 0) & (t <= 1) & (across <= half_width)
        total += on[..., None] * d
        n += on
    return np.moveaxis(total / np.maximum(n, 1)[..., None], -1, 0)
""", "not-unit"),
    "affinity_field/reversed": _field("L -= v[:, None, None] * on\nn += on", "return L / np.maximum(n, 1)",
        "direction-reversed"),
    "affinity_field/channels-last": _field("L += v[:, None, None] * on\nn += on",
        "return np.moveaxis(L / np.maximum(n, 1), 0, -1)", "wrong-axes"),
    "affinity_field/zero-by-zero": _field("L += v[:, None, None] * on\nn += on", "return L / n", "not-finite"),
    "affinity_field/swapped": _field("L += v[::-1, None, None] * on\nn += on", "return L / np.maximum(n, 1)",
        "xy-swapped"),
    "affinity_field/overwrite-and-divide": _field("L[:, on] = v[:, None]\nn += on", "return L / np.maximum(n, 1)",
        "overwritten"),
    "affinity_field/long-by-little": _field("L += v[:, None, None] * on\nn += on",
        "return L * 1.0025 / np.maximum(n, 1)", "not-unit"),
    "affinity_field/long-by-little-where-they-meet": _field("L += v[:, None, None] * on\nn += on",
        "return L * np.where(n > 1, 1.005, 1) / np.maximum(n, 1)", "wrong-value"),
    "affinity_field/one-more": _field("L += v[:, None, None] * on\nn += on", "return L / (n + 1)",
        "divided-by-one-more"),
    "affinity_field/first-limb": _field("L += v[:, None, None] * on\nn += on", "return L / np.maximum(n, 1)",
        "first-person-only", of="limbs[:1]"),
    "affinity_field/all-but-the-last": _field("L += v[:, None, None] * on\nn += on", "return L / np.maximum(n, 1)",
        "limb-left-out", of="limbs[:-1]"),
    "affinity_field/all-but-the-first": _field("L += v[:, None, None] * on\nn += on", "return L / np.maximum(n, 1)",
        "limb-left-out", of="limbs[1:]"),
    "affinity_field/reshaped": _field("L += v[:, None, None] * on\nn += on",
        "return np.moveaxis(L / np.maximum(n, 1), 0, -1).reshape(2, h, w)", "reshaped"),
    "affinity_field/root-of-the-number": _field("L += v[:, None, None] * on\nn += on",
        "return L / np.sqrt(np.maximum(n, 1))", "wrong-value"),
    "affinity_field/not-tapered": _field("L += v[:, None, None] * on\nn += on", "return L / np.maximum(n, 1)",
        "taper-ignored", taper=1.8),
}  # fmt: skip


def _turned(body: str, diagnosis: str, turns: int = 1) -> Solution:
    source = f"""
import numpy as np

def turned_field(L):
    x, y = np.rot90(L, -1, (2, 3)).swapaxes(0, 1)
    {body}
"""
    return Solution("turned_field", source, diagnosis, {"turns": turns} if turns != 2 else {})


TURNED = {
    "turned_field/nothing": _turned("return L", "not-turned", 2),
    "turned_field/half-cells": _turned("return L[:, :, ::-1, ::-1]", "vectors-not-turned", 2),
    "turned_field/half-vectors": _turned("return -L", "cells-not-turned", 2),
    "turned_field/cells": _turned("return np.stack([x, y], axis=1)", "vectors-not-turned"),
    "turned_field/vectors": _turned("return np.stack([-L[:, 1], L[:, 0]], axis=1)", "cells-not-turned"),
    "turned_field/other-way": _turned("x, y = np.rot90(L, 1, (2, 3)).swapaxes(0, 1); return np.stack([y, -x], axis=1)",
                                      "turned-the-wrong-way"),
    "turned_field/vectors-other-way": _turned("return np.stack([y, -x], axis=1)", "vectors-turned-the-wrong-way"),
    "turned_field/cells-other-way": _turned(
        "x, y = np.rot90(L, 1, (2, 3)).swapaxes(0, 1); return np.stack([-y, x], axis=1)",
        "cells-turned-the-wrong-way"),
    "turned_field/book": _turned("return -L[:, :, ::-1, ::-1]", "turned-by-half"),
    "turned_field/swapped": _turned("return np.stack([x, -y], axis=1)", "xy-swapped"),
    "turned_field/transposed": _turned("return L.swapaxes(2, 3)", "mirrored"),
    "turned_field/transposed-both": _turned("return L.swapaxes(2, 3)[:, ::-1]", "mirrored"),
    "turned_field/axes": _turned("return np.rot90(L, -1, (1, 2))", "wrong-value"),
    "turned_field/components-last": _turned("return np.stack([-y, x], axis=-1)[:, :1]", "wrong-shape"),
    "turned_field/absolute": _turned("return np.abs(np.stack([-y, x], axis=1))", "direction-lost"),
    "turned_field/cells-and-half": _turned("return np.stack([-x, -y], axis=1)", "turned-by-half"),
    "turned_field/half-and-vectors": _turned("return np.stack([-L[:, 1], L[:, 0]], axis=1)[..., ::-1, ::-1]",
                                             "turned-by-half"),
    "turned_field/no-sign": _turned("return np.stack([y, x], axis=1)", "vectors-mirrored"),
    "turned_field/two-signs": _turned("return np.stack([-y, -x], axis=1)", "vectors-mirrored"),
    "turned_field/one-sign": _turned("return np.stack([-x, y], axis=1)", "vectors-mirrored"),
    "turned_field/transposed-cells": _turned("x, y = L.swapaxes(2, 3).swapaxes(0, 1); return np.stack([-y, x], axis=1)",
                                             "mirrored"),
    "turned_field/flipped-cells": _turned("x, y = L[..., ::-1].swapaxes(0, 1); return np.stack([-y, x], axis=1)",
                                          "mirrored", 2),
    "turned_field/reshaped": _turned("return L.reshape(len(L), 2, *L.shape[:1:-1])", "reshaped"),
    "turned_field/long-by-little": _turned("return np.stack([-y, x], axis=1) * 1.0003", "wrong-value"),
    "turned_field/limbs-reversed": _turned("return np.stack([-y, x], axis=1)[::-1]", "wrong-value"),
    "turned_field/one-for-three": _turned("return np.stack([-y, x], axis=1)", "turned-the-wrong-way", 3),
}  # fmt: skip

MUTANTS: dict[str, Solution] = GRIDS | SPOTS | MAPS | PEAKS | VERTICES | SUMMITS | LIMBS | FIELDS | TURNED
