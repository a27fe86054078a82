"""Checks at the door of public functions."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np

from paflib.errors import ShapeError


def check_shape(name: str, array: Any, pattern: str, **sizes: int) -> dict[str, int]:
    """Check the shape of an array against a pattern of axis names and return the size of every axis.

    An axis is a name (any size, the same wherever the name returns), a number, or a name whose size is given as a
    keyword.

    >>> check_shape("S", np.zeros((18, 46, 82)), "J H W", J=18)
    {'J': 18, 'H': 46, 'W': 82}
    >>> check_shape("L", np.zeros((38, 46, 82)), "C 2 H W")
    Traceback (most recent call last):
    ...
    paflib.errors.ShapeError: L has shape (38, 46, 82), wanted (C, 2, H, W)

    Raises:
        ShapeError: naming the argument, the shape it got and the shape it wanted.
    """
    shape = getattr(array, "shape", None)
    axes = pattern.split()
    if shape is None:
        raise ShapeError(f"{name} is a {type(array).__name__}, wanted an array of shape {_wanted(axes, sizes)}")
    found: dict[str, int] = {}
    fits = len(shape) == len(axes)
    for axis, size in zip(axes, shape, strict=False):
        want = int(axis) if axis.isdigit() else sizes.get(axis, found.get(axis, size))
        fits = fits and want == size
        if not axis.isdigit():
            found[axis] = int(size)
    if not fits:
        raise ShapeError(f"{name} has shape {tuple(shape)}, wanted {_wanted(axes, sizes)}")
    return found


def check_names(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise :class:`ShapeError` for the first name that is not known, with the known name that was probably meant.

    >>> check_names("architecture 'staged'", ["bloks"], ["blocks", "order"])
    Traceback (most recent call last):
    ...
    paflib.errors.ShapeError: architecture 'staged': 'bloks' is unknown; did you mean 'blocks'?
    """
    known = list(known)
    for name in given:
        if name not in known:
            raise ShapeError(f"{what}: {name!r} is unknown{meant(name, known)}")


def meant(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the known one that is nearest to it, or all of them.

    >>> meant("bloks", ["blocks", "order"]), meant("x", ["blocks", "order"])
    ("; did you mean 'blocks'?", '; there are blocks, order')
    """
    known = list(known)
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"


def check_finite(name: str, array: np.ndarray) -> None:
    """Raise :class:`ShapeError` when an array holds NaN or infinity, saying how many and where the first one is."""
    finite = np.isfinite(array)
    if not finite.all():
        first = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ShapeError(
            f"{name} has {int((~finite).sum())} values that are NaN or infinite, the first at index {first}; "
            "a network that diverged or a division by zero leaves such maps: repair them before parsing"
        )


def _wanted(axes: list[str], sizes: dict[str, int]) -> str:
    parts = [f"{axis}={sizes[axis]}" if axis in sizes else axis for axis in axes]
    return "(" + ", ".join(parts) + ("," if len(parts) == 1 else "") + ")"
