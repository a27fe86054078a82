"""The assignments that ``--assignment`` knows by name."""

from __future__ import annotations

ASSIGNMENTS: dict[str, str] = {
    "confidence-maps": "paflib.grading.assignments.confidence_maps",
    "affinity-fields": "paflib.grading.assignments.affinity_fields",
    "line-integrals": "paflib.grading.assignments.line_integrals",
    "matching": "paflib.grading.assignments.matching",
    "assembly": "paflib.grading.assignments.assembly",
    "capstone": "paflib.grading.assignments.capstone",
}
"""By name, where an assignment is: ``package.module`` or ``package.module:VARIABLE``."""
