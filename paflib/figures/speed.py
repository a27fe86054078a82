"""Speed: what the benchmarks measured, against the number of people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from paflib.errors import DataError
from paflib.fetching import data_folder
from paflib.figures.curves import draw_curves
from paflib.figures.style import Picture

PARSERS = {
    "pafprocess": "pafprocess, x8 maps",
    "openpose-sorted": "OpenPose's rule, x8 maps",
    "numpy-x4": "paflib in NumPy, x4 maps",
    "paflib-numba-paper-4": "paflib, maps as they are",
}
"""The parsers that :func:`draw_parser_speed` shows, by their names in the results."""


def speed_results(name: str) -> dict[str, Any]:
    """What a benchmark measured, as it comes with the package.

    Args:
        name: ``"parsers"``, ``"networks-cpu"``, ``"people-cpu"``, or one with ``cuda`` where a GPU was at hand.

    Raises:
        DataError: there is no such result; names the command that makes it.
    """
    path = data_folder() / "results" / f"speed-{name}.json"
    if not path.is_file():
        raise DataError(f"no result speed-{name}: run python -m benchmarks.{name.partition('-')[0]}")
    results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return results


def draw_parser_speed(results: Mapping[str, Any] | None = None) -> Picture:
    """Milliseconds from maps to people against the number of people, with the upsampling that each parser needs.

    Args:
        results: of ``python -m benchmarks.parsers``; by default those that come with the package. Of the parsers in
            :data:`PARSERS` those are drawn that were measured.

    Raises:
        DataError: none of them was.
    """
    parsers = (results or speed_results("parsers"))["parsers"]
    curves = {
        label: [(int(n), row["total_ms"]) for n, row in parsers[name]["rows"].items()]
        for name, label in PARSERS.items()
        if name in parsers
    }
    return draw_curves(curves, "people in the picture", "ms from maps to people", log_x=True, log_y=True)


def draw_people_speed(results: Mapping[str, Any] | None = None) -> Picture:
    """Milliseconds a picture against the number of people in it: bottom-up and top-down (TPAMI Fig. 12).

    Args:
        results: of ``python -m benchmarks.people``; by default those that come with the package.
    """
    rows = (results or speed_results("people-cpu"))["rows"]
    curves = {
        "top-down, a box each": [(int(n), row["top_down_ms"]) for n, row in rows.items()],
        "bottom-up, once": [(int(n), row["bottom_up_ms"]) for n, row in rows.items()],
        "the parser's part": [(int(n), row["parser_ms"]) for n, row in rows.items()],
    }
    return draw_curves(curves, "people in the picture", "ms a picture", log_x=True, log_y=True)
