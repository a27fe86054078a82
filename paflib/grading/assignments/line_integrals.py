"""The assignment on line integrals: samples that count differently, a table with a length prior, gaps, and an arc."""

from __future__ import annotations

from paflib.grading.assignments import Part, Plan

PLAN = Plan(
    "line-integrals",
    "Assignment: line integrals",
    (
        Part("weighted", "Samples that do not count alike", 4, "line_integral", ("start", "end", "skip")),
        Part("table", "All pairs, and a length prior", 3, "score_table", ("reach", "skip")),
        Part("score", "Gaps", 3, "pair_score", ("gap",)),
        Part("along_arc", "Along an arc", 2, "arc_integral", ("bend",), stretch=True),
    ),
)
ASSIGNMENT = PLAN.assignment()
