"""Every picture of the book: a function each, from plain arrays to a matplotlib Figure.

Nothing here touches pyplot. A figure shows itself as the last expression of a notebook cell and is saved with its own
``savefig``; :func:`overlay_people` gives pixels instead, for videos and the command line.
"""

from paflib.figures.affinity import draw_affinity, draw_affinity_colors
from paflib.figures.assembly import draw_groups, draw_structures
from paflib.figures.bipartite import draw_matchings
from paflib.figures.candidates import draw_candidates, draw_line_integral, draw_peaks
from paflib.figures.colors import direction_image
from paflib.figures.confidence import draw_confidence, draw_confidence_grid
from paflib.figures.curves import draw_curves, draw_parabola, draw_reductions
from paflib.figures.evaluation import draw_diagnosis, draw_error_price, draw_part_errors, draw_stage_reports
from paflib.figures.grids import draw_mask, draw_ruler
from paflib.figures.limbs import draw_affinity_panels, draw_limb_cells
from paflib.figures.matching import draw_hungarian
from paflib.figures.midpoints import draw_association
from paflib.figures.networks import draw_changes, draw_influence, draw_network, draw_views, draw_windows
from paflib.figures.oks import draw_failures, draw_precision_recall, draw_scores, draw_tolerance
from paflib.figures.people import draw_people, overlay_people
from paflib.figures.skeletons import draw_skeletons
from paflib.figures.speed import draw_parser_speed, draw_people_speed, speed_results
from paflib.figures.stages import draw_stages
from paflib.figures.style import Picture
from paflib.figures.synthetic import draw_scenes
from paflib.figures.training import (
    draw_ages,
    draw_channel_masks,
    draw_items,
    draw_people_grid,
    draw_schedules,
    draw_stage_losses,
)

__all__ = [
    "Picture", "direction_image", "draw_affinity", "draw_affinity_colors", "draw_affinity_panels", "draw_ages",
    "draw_association", "draw_candidates", "draw_changes", "draw_channel_masks", "draw_confidence",
    "draw_confidence_grid", "draw_curves", "draw_diagnosis", "draw_error_price", "draw_failures", "draw_groups",
    "draw_hungarian", "draw_influence", "draw_items", "draw_limb_cells", "draw_line_integral", "draw_mask",
    "draw_matchings", "draw_network", "draw_parabola", "draw_parser_speed", "draw_part_errors", "draw_peaks",
    "draw_people", "draw_people_grid", "draw_people_speed", "draw_precision_recall", "draw_reductions",
    "draw_ruler", "draw_scenes", "draw_schedules", "draw_scores", "draw_skeletons", "draw_stage_losses",
    "draw_stage_reports", "draw_stages", "draw_structures", "draw_tolerance", "draw_views", "draw_windows",
    "overlay_people", "speed_results",
]  # fmt: skip
