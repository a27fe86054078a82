"""The assignment on confidence maps: spots that are ellipses, and their peaks."""

from __future__ import annotations

from paflib.grading.assignments import Part, Plan

PLAN = Plan(
    "confidence-maps",
    "Assignment: confidence maps",
    (
        Part("spot", "A spot that is an ellipse", 3, "confidence_map", ("ratio", "angle")),
        Part("maps", "Several people who strengthen each other", 3, "confidence_maps", ("ratio", "angle"),
             {"merge": "union"}),
        Part("peaks", "Peaks with a wide neighbourhood", 3, "peaks", ("radius",)),
        Part("place", "Between the cells of another curve", 2, "vertex", ("power",)),
        Part("summit", "Between the cells in two directions", 2, "summit", stretch=True),
    ),
)  # fmt: skip
ASSIGNMENT = PLAN.assignment()
