"""The assignments that ``--assignment`` knows by name."""

from __future__ import annotations

ASSIGNMENTS: dict[str, str] = {
    "confidence-maps": "paflib.grading.assignments.confidence_maps",
    "affinity-fields": "paflib.grading.assignments.affinity_fields",
}
"""By name, where an assignment is: ``package.module`` or ``package.module:VARIABLE``."""
