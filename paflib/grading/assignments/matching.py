"""The assignment on matching, both ways: a greedy one, best sums with costs and with shared columns, and a proof."""

from __future__ import annotations

from paflib.grading.assignments import Part, Plan

PLAN = Plan(
    "matching",
    "Assignment: matching",
    (
        Part("greedily", "Greedy, with a least score", 2, "greedy", ("least",)),
        Part("best", "The best sum, when staying single costs something", 4, "best_sum", ("row_cost", "column_cost")),
        Part("shared", "Columns that may be shared", 3, "shared_sum", ("capacity",)),
        Part("proof", "Labels that prove it", 3, "labels", ("row_cost", "column_cost"), stretch=True),
    ),
)
ASSIGNMENT = PLAN.assignment()
