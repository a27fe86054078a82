"""What the parser's steps can be told, and the named presets of the two papers and of the released programs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from paflib.errors import ShapeError
from paflib.parser.peaks import Refine
from paflib.parser.sampling import Kernel


@dataclass(frozen=True)
class ParserOptions:
    """Every constant of the parser in one place; :data:`PRESETS` holds the named sets.

    Args:
        peak_threshold: what a peak must exceed.
        refine: sub-cell refinement of peaks, see :func:`~paflib.parser.peaks.find_peaks`.
        neighbours: 4, or 8 to keep the higher of two peaks in cells that touch at a corner whatever is between, see
            there.
        samples: points per line integral, evenly spaced with both ends (TPAMI Eq. 11); ``"openpose"``: 5 to 25 by
            length, on pixels of the x8 upsampling, the end left out (FACTS 1.4).
        kernel: how the field is read between its cells.
        sample_threshold: what the dot product of a sample with the limb's direction must exceed to support the pair.
        support: the share of samples that must support a pair.
        mean_of: score a pair by the mean of ``"all"`` samples (the paper) or of the ``"supporting"`` ones.
        distance_prior: take ``max(0, 1 - 0.5 * h / length)`` off the score of limbs longer than half the map's height
            (FACTS 1.3: released code only; never in the papers).
        rescue_near: give a pair closer than ``sqrt(w * h) / 150`` map pixels the peak threshold as score, as OpenPose
            does for joints that almost coincide (FACTS 1.4).
        matching: ``"greedy"`` or ``"hungarian"``, per limb; used by the root-first assembly.
        assembly: ``"sorted"``, TPAMI's, over all scored pairs; ``"root-first"``, CVPR's, over the matched limbs.
        contradiction: what the sorted assembly does with a pair between two people who share no part: ``"merge"`` them,
            as released code does, or ``"ignore"`` the pair, the paper's sentence taken literally.
        peak_weight: the sorted assembly's order is by pair score plus this much of both peaks' scores.
        min_parts: people with fewer parts are dropped (of a skeleton with fewer parts than that: with any missing).
        min_score: people with less than this score per part are dropped.
    """

    peak_threshold: float = 0.05
    refine: Refine = "parabola"
    samples: int | Literal["openpose"] = 10
    kernel: Kernel = "bilinear"
    sample_threshold: float = 0.05
    support: float = 0.8
    mean_of: Literal["all", "supporting"] = "all"
    distance_prior: bool = False
    rescue_near: bool = False
    matching: Literal["greedy", "hungarian"] = "greedy"
    assembly: Literal["sorted", "root-first"] = "sorted"
    contradiction: Literal["merge", "ignore"] = "merge"
    peak_weight: float = 0.0
    min_parts: int = 3
    min_score: float = 0.4
    neighbours: Literal[8, 4] = 4

    def __post_init__(self) -> None:
        allowed: dict[str, tuple[Any, ...]] = {
            "refine": ("parabola", "cubic", "none"), "kernel": ("nearest", "bilinear", "cubic"),
            "mean_of": ("all", "supporting"), "matching": ("greedy", "hungarian"),
            "assembly": ("sorted", "root-first"), "contradiction": ("merge", "ignore"), "neighbours": (8, 4),
        }  # fmt: skip
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                raise ShapeError(f"{name} is {getattr(self, name)!r}, wanted one of {', '.join(map(repr, values))}")
        if self.samples != "openpose" and not (isinstance(self.samples, int) and self.samples >= 2):
            raise ShapeError(f"samples is {self.samples!r}, wanted a whole number of at least 2, or 'openpose'")


_OPENPOSE = ParserOptions(
    refine="cubic", samples="openpose", kernel="cubic", support=0.951, mean_of="supporting", rescue_near=True
)
PRESETS = {
    "paper": ParserOptions(),
    "paper-2017": ParserOptions(assembly="root-first", matching="hungarian", min_score=0.2),
    "cmu-2017": ParserOptions(
        peak_threshold=0.1, refine="cubic", kernel="cubic", support=0.81, mean_of="supporting", distance_prior=True,
        assembly="root-first", min_score=0.2,
    ),
    "openpose-cpu": replace(_OPENPOSE, assembly="root-first"),
    "openpose-gpu": replace(_OPENPOSE, peak_weight=0.1),
}  # fmt: skip
"""``"paper"``: TPAMI 2019, the default. ``"paper-2017"``: CVPR 2017 as written, with the Hungarian algorithm.
``"cmu-2017"``: the code released with it. ``"openpose-cpu"`` and ``"openpose-gpu"``: OpenPose, whose two builds do not
run the same association (FACTS 1.3). The released code's strict ``count / n > 0.8`` and ``> 0.95`` are written here as
the smallest share that passes them. Not taken over: OpenPose's centroid of 7 x 7 pixels round a peak and its offset of
half a pixel, its rule for feet, the second pass of its filter, and that its CPU build lets a later limb overwrite a
part (FACTS 1.5, 1.7)."""


def options_of(preset: str | ParserOptions = "paper", **changes: Any) -> ParserOptions:
    """The options of a preset, with single ones changed by name.

    Raises:
        ShapeError: listing the presets, or the options, that there are.
    """
    if isinstance(preset, str):
        if preset not in PRESETS:
            raise ShapeError(f"preset is {preset!r}, wanted one of {', '.join(map(repr, PRESETS))}")
        preset = PRESETS[preset]
    if not isinstance(preset, ParserOptions):
        raise ShapeError(f"preset is a {type(preset).__name__}, wanted a name or ParserOptions")
    if unknown := sorted(set(changes) - set(ParserOptions.__dataclass_fields__)):
        raise ShapeError(f"unknown parser options {unknown}; there are {', '.join(ParserOptions.__dataclass_fields__)}")
    return replace(preset, **changes)
