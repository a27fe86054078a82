"""The assignment on matching: a rule like greedy, best sums with costs and with shared columns, and a proof."""

from __future__ import annotations

from paflib.grading.assignments import Part, Plan

PLAN = Plan(
    "matching",
    "Assignment: matching",
    (
        Part("clearest", "The clearest first", 2, "clearest_first", ("least",)),
        Part("best", "The best sum, when staying single costs something", 4, "best_sum", ("row_cost", "column_cost")),
        Part("shared", "Columns that may be shared", 3, "shared_sum", ("capacity",)),
        Part("proof", "Labels that prove it", 3, "labels", ("capacity",), stretch=True),
    ),
)
ASSIGNMENT = PLAN.assignment()
