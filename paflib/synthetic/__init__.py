"""A generated world whose truth is known exactly."""

from paflib.synthetic.crowds import people_in_ranks, unsure
from paflib.synthetic.people import random_people
from paflib.synthetic.truth import is_right, owners, true_connections

__all__ = ["is_right", "owners", "people_in_ranks", "random_people", "true_connections", "unsure"]
