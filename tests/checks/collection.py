"""All solutions there are, wrong ones and right ones, and right ones for whatever a seed draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.checks import (
    mutants_assignments,
    mutants_fields,
    mutants_networks,
    mutants_parsing,
    right_assignments,
    right_fields,
    right_networks,
    right_parsing,
)
from tests.checks.solutions import Solution

MUTANTS: dict[str, Solution] = mutants_fields.MUTANTS | mutants_parsing.MUTANTS | mutants_networks.MUTANTS
MUTANTS |= mutants_assignments.MUTANTS
RIGHT: dict[str, Solution] = right_fields.RIGHT | right_parsing.RIGHT | right_networks.RIGHT | right_assignments.RIGHT

MAIN = (
    "confidence_map", "confidence_maps", "peaks", "limb_field", "affinity_field", "line_integral", "greedy", "best_sum",
    "assembly", "masked_loss", "oks",
)  # fmt: skip
"""The skills that assignments ask for: ten right ways of each."""


# ---- right solutions with parameters ---------------------------------------------------------------------------------


def to_pixels(origin: float) -> Callable[..., Any]:
    return lambda cell, stride: stride * cell + origin


def to_cells(origin: float) -> Callable[..., Any]:
    return lambda pixel, stride: (pixel - origin) / stride


def resized(first: float) -> Callable[..., Any]:
    return lambda x, factor: (x - first + 0.5) * factor - 0.5 + first


def cell_means(least: float) -> Callable[..., Any]:
    def solution(annotated, stride):
        h, w = annotated.shape
        share = annotated.reshape(h // stride, stride, w // stride, stride).mean(axis=(1, 3))
        return np.where(share >= least - 1e-9, share, 0)

    return solution


def confidence_map(ratio: float = 1.0, angle: float = 0.0) -> Callable[..., Any]:
    turn = np.exp(-1j * np.deg2rad(angle))

    def solution(point, shape, stride, sigma):
        rows, columns = np.indices(shape) * stride + (stride - 1) / 2
        z = turn * ((columns - point[0]) + 1j * (rows - point[1]))
        return np.exp(-((z.real / sigma) ** 2) - (z.imag / (ratio * sigma)) ** 2)

    return solution


def confidence_maps(ratio: float = 1.0, angle: float = 0.0, merge: str = "max") -> Callable[..., Any]:
    spot = confidence_map(ratio, angle)

    def solution(keypoints, shape, stride, sigma):
        missed = np.ones((keypoints.shape[1], *shape))
        for person in keypoints:
            for j, (x, y, score) in enumerate(person):
                if score > 0:
                    here = 1 - spot((x, y), shape, stride, sigma)
                    missed[j] = missed[j] * here if merge == "union" else np.minimum(missed[j], here)
        return 1 - missed

    return solution


def peaks(radius: int) -> Callable[..., Any]:
    def solution(S, threshold):
        found = []
        for y, x in np.argwhere(threshold < S):
            top, left = max(y - radius, 0), max(x - radius, 0)
            window = S[top : y + radius + 1, left : x + radius + 1]
            if divmod(int(window.argmax()), window.shape[1]) == (y - top, x - left):
                found.append((x, y))
        return found

    return solution


def vertex(power: float) -> Callable[..., Any]:
    def solution(line, at):
        a, b, _ = np.polyfit(np.arange(len(line)), line ** (-1 / power), 2)
        return -b / a / 2

    return solution


def limb_field(taper: float = 1.0, bend: float = 0.0) -> Callable[..., Any]:
    def solution(x1, x2, cells, half_width):
        length = np.hypot(*(x2 - x1))
        v = (x2 - x1) / length
        n = np.array([-v[1], v[0]])
        t, across = (cells - x1) @ v / length, (cells - x1) @ n
        width = half_width * (1 - t + taper * t)
        on = (t >= 0) & (t <= 1) & (np.abs(across - bend * length * 4 * (t - t**2)) <= width)
        tangent = v + (bend * 4 * (1 - 2 * t))[..., None] * n
        return on[..., None] * tangent / np.linalg.norm(tangent, axis=-1)[..., None]

    return solution


def affinity_field(taper: float = 1.0, bend: float = 0.0) -> Callable[..., Any]:
    one = limb_field(taper, bend)

    def solution(limbs, cells, half_width):
        fields = np.array([one(*limb, cells, half_width) for limb in limbs]).reshape(-1, *cells.shape)
        n = (np.abs(fields).sum(axis=-1) > 0).sum(axis=0)
        return np.moveaxis(fields.sum(axis=0) / np.maximum(n, 1)[..., None], -1, 0)

    return solution


def turned_field(turns: int = 2) -> Callable[..., Any]:
    def solution(L):
        z = np.rot90(L[:, 0] + 1j * L[:, 1], -turns, axes=(1, 2)) * 1j**turns
        return np.stack([z.real, z.imag], axis=1)

    return solution


def line_integral(start: float = 1.0, end: float = 1.0, skip: float = 0.0) -> Callable[..., Any]:
    from scipy.ndimage import map_coordinates

    def solution(field, d1, d2):
        u = np.linspace(skip, 1 - skip, 10)
        points = (1 - u) * d1[::-1, None] + u * d2[::-1, None]
        values = [map_coordinates(one, points, order=1, mode="nearest") for one in field]
        dots = (d2 - d1) @ values / np.hypot(*(d2 - d1))
        return np.average(dots, weights=start + (end - start) * u)

    return solution


def score_table(reach: float | None = None, skip: float = 0) -> Callable[..., Any]:
    one = line_integral(skip=skip)

    def solution(field, starts, ends):
        table = np.zeros((len(starts), len(ends)))
        for i, j in np.ndindex(table.shape):
            long = np.hypot(*(ends[j] - starts[i]))
            table[i, j] = one(field, starts[i], ends[j]) + (min(reach / long - 1, 0) if reach else 0)
        return table

    return solution


def arc_integral(bend: float = 0.3) -> Callable[..., Any]:
    from scipy.ndimage import map_coordinates

    def solution(field, d1, d2):
        t, d = np.linspace(0, 1, 50), (d2 - d1) @ [1, 1j]
        z = d1 @ [1, 1j] + d * (t + 4j * bend * t * (1 - t))
        step = d * (1 + 4j * bend * (1 - 2 * t))
        vx, vy = (map_coordinates(one, [z.imag, z.real], order=1) for one in field)
        return ((vx - 1j * vy) * step / abs(step)).real.mean()

    return solution


def pair_score(gap: int) -> Callable[..., Any]:
    def solution(dots, threshold, share):
        good = "".join("x" if dot > threshold else "." for dot in dots)
        refused = good.count("x") < share * len(dots) - 1e-9 or "." * (gap + 1) in good or dots.mean() <= 0
        return 0.0 if refused else dots.mean()

    return solution


def clearest_first(least: float = 0.0) -> Callable[..., Any]:
    def solution(scores):
        left, taken = np.where(scores > least, scores, least), []
        while left.size and left.max() > least:
            best, second = np.sort(np.insert(left, 0, least, axis=1))[:, :-3:-1].T  # staying single is a column too
            row = int((best - second).argmax())
            taken.append((row, int(left[row].argmax())))
            left[row], left[:, taken[-1][1]] = least, least
        return taken

    return solution


def best_sum(row_cost: float = 0.0, column_cost: float = 0.0) -> Callable[..., Any]:
    from scipy.optimize import linear_sum_assignment

    def solution(scores):
        n, m = scores.shape  # everybody has a nobody of their own, at their own cost
        alone_rows = np.where(np.eye(n, dtype=bool), -row_cost, -1e6)
        alone_columns = np.where(np.eye(m, dtype=bool), -column_cost, -1e6)
        table = np.block([[scores, alone_rows], [alone_columns, np.zeros((m, n))]])
        pairs = zip(*linear_sum_assignment(table, maximize=True), strict=True)
        return [(i, j) for i, j in pairs if i < n and j < m and scores[i, j] > -row_cost - column_cost]

    return solution


def shared_sum(capacity: int = 1) -> Callable[..., Any]:
    one = best_sum()

    def solution(scores):
        wide = np.concatenate([scores] * capacity, axis=1)
        return [(i, j % scores.shape[1]) for i, j in one(wide)]

    return solution


def labels(capacity: int = 1) -> Callable[..., Any]:
    from scipy.optimize import linprog

    def solution(scores):
        n, m = scores.shape
        if not n * m:
            return np.zeros(n), np.zeros(m)
        cover = np.concatenate([np.repeat(np.eye(n), m, axis=0), np.tile(np.eye(m), (n, 1))], axis=1)
        found = linprog([*np.ones(n), *np.full(m, capacity)], -cover, -scores.ravel()).x
        return found[:n], found[n:]

    return solution


def assembly(min_parts: int = 2, max_parts: int | None = None, root: int | None = None) -> Callable[..., Any]:
    def solution(parts, pairs, scores):
        label = list(range(len(parts)))
        for k in sorted(range(len(scores)), key=lambda k: -scores[k]):
            one, two = ([c for c, of in enumerate(label) if of == label[end]] for end in pairs[k])
            both = [parts[c] for c in one + two]
            if one != two and len(set(both)) == len(both) and len(both) <= (max_parts or 99):
                for c in two:
                    label[c] = label[one[0]]
        groups = [[c for c, of in enumerate(label) if of == name] for name in set(label)]
        return [g for g in groups if len(g) >= min_parts and (root is None or root in parts[g])]

    return solution


def root_first(min_parts: int) -> Callable[..., Any]:
    def solution(parts, pairs, redundant):
        people: list[list[int]] = []
        for (a, b), extra in zip(pairs.tolist(), redundant, strict=True):
            owners = [next((p for p in people if end in p), None) for end in (a, b)]
            if not extra:
                people += [[a, b]] if owners[0] is None else []
                (owners[0] or people[-1]).extend([] if owners[0] is None else [b])
            elif owners.count(None) == 1:
                person, new = (owners[0], b) if owners[0] is not None else (owners[1], a)
                assert person is not None
                person += [] if parts[new] in parts[person] else [new]
        return [p for p in people if len(p) >= min_parts]

    return solution


def person_scores(weight: float | None = None) -> Callable[..., Any]:
    def solution(heights, owner, pairs, scores):
        n = max(owner, default=-1) + 1
        total, parts = np.zeros(n), np.zeros(n)
        for height, person in zip(heights, owner, strict=True):
            total[person] += height if person >= 0 else 0
            parts[person] += person >= 0
        for (a, b), score in zip(pairs, scores, strict=True):
            total[owner[a]] += (weight or 1) * score if owner[a] == owner[b] >= 0 else 0
        return total / parts if weight else total

    return solution


def best_groups(cost: float = 0.0) -> Callable[..., Any]:
    from itertools import product

    def solution(parts, pairs, scores):
        best: tuple[float, list[list[int]]] = (0.0, [])
        n = len(parts)
        for label in product(*(range(k + 1) for k in range(n))):
            groups = [[k for k in range(n) if label[k] == name] for name in set(label)]
            if all(len({parts[k] for k in group}) == len(group) for group in groups):
                value = sum(s for (a, b), s in zip(pairs, scores, strict=True) if label[a] == label[b])
                value -= cost * sum(len(group) > 1 for group in groups)
                best = max(best, (value, groups), key=lambda one: one[0])
        return [group for group in best[1] if len(group) > 1]

    return solution


def masked_loss(part_weights: Any) -> Callable[..., Any]:
    def solution(predicted, true, weight):
        return np.einsum("k,bkhw->", part_weights, weight * (predicted - true) ** 2) / 2 / len(true)

    return solution


def total_loss(growth: float) -> Callable[..., Any]:
    def solution(predictions, true, weight):
        each = ((predictions - true) ** 2 * weight).sum(axis=(1, 2, 3, 4))
        return each @ growth ** np.arange(len(each)) / (2 * len(true))

    return solution


def oks(hidden: float) -> Callable[..., Any]:
    def solution(found, annotated, area, sigmas):
        d2 = ((found - annotated)[:, :2] ** 2).sum(axis=1)
        alike = np.exp(-d2 / (8 * area * sigmas**2)) * (found[:, 2] > 0)
        return np.average(alike, weights=np.choose(annotated[:, 2].astype(int), [0, hidden, 1]))

    return solution


def pckh(head: float = 0.6, share: float = 0.5) -> Callable[..., Any]:
    def solution(found, annotated, head_box):
        there = annotated[:, 2] > 0
        d = np.hypot(*(found - annotated)[there, :2].T)
        return np.mean((d < share * head * np.hypot(*head_box[2:])) & (found[there, 2] > 0))

    return solution


VARIED: dict[str, Callable[..., Callable[..., Any]]] = {
    one.__name__: one
    for one in (
        to_pixels, to_cells, resized, cell_means, confidence_map, confidence_maps, peaks, vertex, limb_field,
        affinity_field, turned_field, line_integral, score_table, arc_integral, pair_score, clearest_first, best_sum,
        shared_sum, labels, assembly, root_first, person_scores, best_groups, masked_loss, total_loss, oks, pckh,
    )
}  # fmt: skip
"""By check: what makes the right function of a variation's parameters."""
