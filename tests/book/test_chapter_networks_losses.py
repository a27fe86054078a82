"""The chapter on losses: what it derives is what the package computes, and what it says about them is so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from paflib.fields import annotated_pixels
from paflib.people import People
from paflib.skeleton import COCO_17
from paflib.trainer import masked_loss

CHAPTER = Path(__file__).parents[2] / "book" / "networks" / "losses.md"


def cell(name: str) -> dict[str, Any]:
    """What the cell of this name defines."""
    cells = jupytext.reads(CHAPTER.read_text(encoding="utf-8"), fmt="md:myst").cells
    (source,) = [one.source for one in cells if one.metadata.get("name") == name]
    scope: dict[str, Any] = {"np": np, "torch": torch}
    exec(compile(source, f"{CHAPTER.name}:{name}", "exec"), scope)
    return scope


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 100_000))
def test_the_loss_by_hand_is_the_packages(seed: int):
    by_hand = cell("masked-loss")["masked_loss_by_hand"]
    random = torch.Generator().manual_seed(seed)
    shape = [int(n) for n in torch.randint(1, 6, (4,), generator=random)]
    said, true, weight = (torch.rand(shape, generator=random, dtype=torch.float64) for _ in range(3))
    assert by_hand(said, true, weight).item() == pytest.approx(masked_loss(said, true, weight).item(), rel=1e-5)


def test_the_number_by_hand():
    by_hand = cell("masked-loss")["masked_loss_by_hand"]
    said, true, W = (
        torch.tensor(row).view(1, 1, 1, 4) for row in ([0.2, 0.9, 0.6, 0.0], [0.0, 1.0, 0.5, 0.8], [1.0, 1.0, 1.0, 0.0])
    )
    assert by_hand(said, true, W).item() == pytest.approx(0.06 / 2)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 100_000))
def test_the_mask_by_hand_is_the_packages(seed: int):
    """Random boxes as outlines: people with and without parts, and crowds, lying over each other."""
    by_hand = cell("annotated")["annotated_by_hand"]
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 6))
    outlines = np.zeros((n, 24, 32), bool)
    for one in outlines:
        x, y = rng.integers(0, (28, 20))
        one[y : y + rng.integers(2, 20), x : x + rng.integers(2, 20)] = True
    points = np.zeros((n, COCO_17.J, 3))
    parts = np.where(rng.random(n) < 0.5, 0, rng.integers(1, COCO_17.J + 1, n))
    for person, count in zip(points, parts, strict=True):
        person[:count] = 5, 5, 2
    crowd = rng.random(n) < 0.3
    people = People(
        points, skeleton=COCO_17, iscrowd=crowd, segmentation=tuple(_runs(one) for one in outlines)
    )  # fmt: skip
    np.testing.assert_array_equal(by_hand(outlines, parts, crowd), annotated_pixels(people, (24, 32)))


def _runs(outline: np.ndarray) -> dict[str, Any]:
    """COCO's uncompressed run lengths, columns first."""
    flat = outline.T.ravel().astype(int)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat]))).tolist()
    return {"size": list(outline.shape), "counts": np.diff([0, *edges, len(flat)]).tolist()}


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 0.99), st.floats(1, 20))
def test_squares_teach_the_mean_and_the_foreground_more_than_that(q: float, foreground: float):
    """Eq. s = f q / (f q + 1 - q), and the mean for f = 1, found by searching for the least expected loss."""
    grid = torch.linspace(0, 1, 2001, dtype=torch.float64)
    ones, shape = torch.ones(1, 1, 1, 1, dtype=torch.float64), (1, 1, 1, 1)
    cost = [
        q * masked_loss(s.view(shape), ones, ones, foreground).item()
        + (1 - q) * masked_loss(s.view(shape), 0 * ones, ones, foreground).item()
        for s in grid[::10]
    ]
    best = float(grid[::10][int(np.argmin(cost))])
    assert best == pytest.approx(foreground * q / (foreground * q + 1 - q), abs=0.0051)
