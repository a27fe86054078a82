"""Checks with a diagnosis: the reader of a chapter, the grader and the tests call the same ones.

``check_x(function)`` asks a function seeded questions, the smallest first, and returns nothing when all answers are
right. Otherwise it raises :class:`CheckFailed`, which names the mistake, says in the chapter's words what is wrong and
where to read about it, and shows the numbers of the smallest example; it never gives the answer.
:func:`run` shows the same as a table with a picture. Every check takes the parameters of variations, which
:func:`variation` draws from a seed, so that an assignment can ask for something that no library does.
"""

from __future__ import annotations

from paflib.checks.affinity import check_affinity_field, check_limb_field, check_turned_field
from paflib.checks.assembly import check_assembly, check_best_groups, check_person_scores, check_root_first
from paflib.checks.confidence import (
    check_confidence_map,
    check_confidence_maps,
    check_peaks,
    check_summit,
    check_vertex,
)  # fmt: skip
from paflib.checks.core import CHECKS, CheckFailed, StudentError, arguments_of, variation
from paflib.checks.evaluation import check_oks, check_pckh
from paflib.checks.grids import check_cell_means, check_resized, check_to_cells, check_to_pixels
from paflib.checks.integrals import check_arc_integral, check_line_integral, check_pair_score, check_score_table
from paflib.checks.losses import check_annotated, check_loss_gradient, check_masked_loss, check_total_loss
from paflib.checks.matching import (
    check_best_sum,
    check_clearest_first,
    check_greedy,
    check_labels,
    check_shared_sum,
)  # fmt: skip
from paflib.checks.show import Result, run

__all__ = [
    "CHECKS", "CheckFailed", "Result", "StudentError", "arguments_of", "check_affinity_field", "check_annotated",
    "check_arc_integral", "check_assembly", "check_best_groups", "check_best_sum", "check_cell_means",
    "check_clearest_first", "check_confidence_map", "check_confidence_maps", "check_greedy", "check_labels",
    "check_limb_field", "check_line_integral", "check_loss_gradient", "check_masked_loss", "check_oks",
    "check_pair_score", "check_pckh", "check_peaks", "check_person_scores", "check_resized", "check_root_first",
    "check_score_table", "check_shared_sum", "check_summit", "check_to_cells", "check_to_pixels", "check_total_loss",
    "check_turned_field", "check_vertex", "run", "variation",
]  # fmt: skip
