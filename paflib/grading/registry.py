"""The assignments that ``--assignment`` knows by name."""

from __future__ import annotations

ASSIGNMENTS: dict[str, str] = {
    "confidence-maps": "paflib.grading.assignments.confidence_maps",
}
"""By name, where an assignment is: ``package.module`` or ``package.module:VARIABLE``."""
