"""Every picture of the book: a function each, from plain arrays to a matplotlib Figure.

Nothing here touches pyplot. A figure shows itself as the last expression of a notebook cell and is saved with its own
``savefig``; :func:`overlay_people` gives pixels instead, for videos and the command line.
"""

from paflib.figures.affinity import draw_affinity, draw_affinity_colors
from paflib.figures.candidates import draw_candidates, draw_line_integral, draw_peaks
from paflib.figures.colors import direction_image
from paflib.figures.confidence import draw_confidence, draw_confidence_grid
from paflib.figures.people import draw_people, overlay_people
from paflib.figures.stages import draw_stages
from paflib.figures.style import Picture

__all__ = [
    "Picture", "direction_image", "draw_affinity", "draw_affinity_colors", "draw_candidates", "draw_confidence",
    "draw_confidence_grid", "draw_line_integral", "draw_peaks", "draw_people", "draw_stages", "overlay_people",
]  # fmt: skip
