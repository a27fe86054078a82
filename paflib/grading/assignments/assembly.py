"""The assignment on assembly: both rules with limits of their own, a person's score, and the best groups there are."""

from __future__ import annotations

from paflib.grading.assignments import Part, Plan

PLAN = Plan(
    "assembly",
    "Assignment: assembly",
    (
        Part("by_score", "The sorted rule, with small people who need a root", 4, "assembly", ("max_parts", "root")),
        Part("root_first", "The root-first rule", 3, "root_first", ("min_parts",)),
        Part("person_scores", "How sure is a person?", 2, "person_scores", ("weight",)),
        Part("best_groups", "The best groups there are", 3, "best_groups", ("cost",), stretch=True),
    ),
)
ASSIGNMENT = PLAN.assignment()
