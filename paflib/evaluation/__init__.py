"""How good is it? Measures that others use, computed as others compute them, and where the rest is lost."""

from paflib.evaluation.bounds import BOUNDS, CAUSES, TrueMaps, causes_of, connect_truly, true_maps, upper_bounds
from paflib.evaluation.errors import (
    CORRECTIONS,
    PART_KINDS,
    Diagnosis,
    ErrorReport,
    analyse_errors,
    corrected,
    diagnose,
)
from paflib.evaluation.mpii import group_box, head_size, mpii_json
from paflib.evaluation.oks import PART_GROUPS, evaluate_oks
from paflib.evaluation.pckh import JOINT_GROUPS, average_precision, evaluate_pckh
from paflib.evaluation.similarity import keypoint_similarity, oks_matrix
from paflib.evaluation.stages import StageReport, evaluate_stages, field_errors
from paflib.evaluation.truth import true_fields

__all__ = [
    "BOUNDS", "CAUSES", "CORRECTIONS", "JOINT_GROUPS", "PART_GROUPS", "PART_KINDS", "Diagnosis", "ErrorReport",
    "StageReport", "TrueMaps", "analyse_errors", "average_precision", "causes_of", "connect_truly", "corrected",
    "diagnose", "evaluate_oks", "evaluate_pckh", "evaluate_stages", "field_errors", "group_box", "head_size",
    "keypoint_similarity", "mpii_json", "oks_matrix", "true_fields", "true_maps", "upper_bounds",
]  # fmt: skip
