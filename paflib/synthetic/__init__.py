"""A generated world whose truth is known exactly.

Two kinds. :func:`random_people` and :func:`people_in_ranks` are points without a picture, to measure the parser on.
:func:`generate` draws scenes to train on: ``bodies`` (articulated people in space), ``clothes`` (their shapes, and on
which of them a joint is seen), ``things``, ``cars`` and ``surroundings`` (what else there is), ``placing`` (who stands
where), ``render`` (shapes to pixels), ``camera`` (light, focus, noise), ``world`` (the scene and its truth), ``levels``
(how hard it is), ``measure`` (what a level is like), ``dataset`` and ``write`` (as a sequence, and as files).
"""

from paflib.synthetic.crowds import people_in_ranks, unsure
from paflib.synthetic.dataset import SyntheticDataset
from paflib.synthetic.levels import LEVELS, Level
from paflib.synthetic.measure import describe
from paflib.synthetic.people import random_people
from paflib.synthetic.truth import is_right, owners, true_connections
from paflib.synthetic.world import Scene, generate, random_scene
from paflib.synthetic.write import write_dataset

__all__ = [
    "LEVELS", "Level", "Scene", "SyntheticDataset", "describe", "generate", "is_right", "owners", "people_in_ranks",
    "random_people", "random_scene", "true_connections", "unsure", "write_dataset",
]  # fmt: skip
