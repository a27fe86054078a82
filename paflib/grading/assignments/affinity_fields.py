"""The assignment on part affinity fields: limbs that are tapered and bent, and a camera that was turned."""

from __future__ import annotations

from paflib.grading.assignments import Part, Plan

PLAN = Plan(
    "affinity-fields",
    "Assignment: part affinity fields",
    (
        Part("tapered", "A limb that is tapered", 3, "limb_field", ("taper",)),
        Part("bent", "And bent", 4, "limb_field", ("taper", "bend")),
        Part("everybody", "Everybody's limbs", 3, "affinity_field", ("taper", "bend")),
        Part("turned", "A camera that was turned", 2, "turned_field", ("turns",), stretch=True),
    ),
)
ASSIGNMENT = PLAN.assignment()
