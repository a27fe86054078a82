# %% [markdown]
# # Assignment: part affinity fields
#
# :::{admonition} What this is
# :class: tip
#
# Four questions on {doc}`../fields/affinity-fields`, the last one a stretch question; 90 minutes or so.
# Every question asks for one function, and below it is a cell that says what your function does wrong.
# The teacher's cases are others than those of that cell, so a function that was made for these only will not do.
# :::
#
# The limb of Eq. 9 is a rectangle: equally wide all along, and straight.
# A forearm is neither, and a tail or a fish even less so.
# Here the limbs are tapered and bent.
# Points are (x, y) in pixels, y points down, and the centres of the cells are given to your functions in pixels.

# %%
import numpy as np

from paflib import checks

# %% [markdown]
# These are the numbers of your class.

# %% tags=["parameters"]
TAPER = 1.8
BEND = 0.21
TURNS = 3

# %% [markdown] question="tapered"
# ## Question 1: a limb that is tapered
#
# The half width of this limb is `half_width` at its first joint `x1`, `TAPER * half_width` at its second joint `x2`, and changes evenly in between.
# Otherwise it is the limb of Eq. 9: it ends at its joints, a cell is on it when its centre is no further from the line than half the width *there*, and every cell on it holds the unit vector from `x1` to `x2`.
# All other cells hold zero.
#
# `cells` is (h, w, 2): x and y of the centre of every cell.

# %% question="tapered"
def tapered(x1, x2, cells, half_width):
    """The field (h, w, 2) of one straight limb whose half width goes from `half_width` to `TAPER * half_width`."""
    # BEGIN SOLUTION
    span = x2 - x1
    reach = np.sqrt(span @ span)
    unit = span / reach
    part_of_way = (cells - x1) @ unit / reach
    beside = (cells - x1) @ np.array([-unit[1], unit[0]])
    inside = (part_of_way >= 0) & (part_of_way <= 1)
    inside &= np.abs(beside) <= half_width * (1 - part_of_way + TAPER * part_of_way)
    return np.where(inside[..., None], unit, 0.0)
    # END SOLUTION


# %% [markdown] question="bent"
# ## Question 2: and bent
#
# Now the middle line of the limb is bent: a parabola that begins at `x1` and ends at `x2`.
# With $v$ the unit vector from joint to joint, $v_\perp = (-v_y, v_x)$ at a right angle to it, $l$ the distance of the joints and $t$ the share of the way, it lies
#
# $$
# 4 \, b \, l \, t \, (1 - t)
# $$
#
# beside the straight line, on the side of $v_\perp$, where $b$ is `BEND`.
# Halfway that is `BEND` times the length.
#
# How far a cell is from the middle line is measured along $v_\perp$, and $t$ along $v$, as for the straight limb; the half width is that of question 1.
# But a vector must follow the limb: it is the unit vector along the parabola at the cell's $t$.

# %% question="bent"
def bent(x1, x2, cells, half_width):
    """The field (h, w, 2) of one limb that is tapered as in question 1, and bent by BEND."""
    # BEGIN SOLUTION
    span = x2 - x1
    reach = np.sqrt(span @ span)
    unit = span / reach
    aside = np.array([-unit[1], unit[0]])
    t = (cells - x1) @ unit / reach
    beside = (cells - x1) @ aside - 4 * BEND * reach * t * (1 - t)
    inside = (t >= 0) & (t <= 1) & (np.abs(beside) <= half_width * (1 - t + TAPER * t))
    tangent = unit + (4 * BEND * (1 - 2 * t))[..., None] * aside
    tangent = tangent / np.linalg.norm(tangent, axis=-1, keepdims=True)
    return np.where(inside[..., None], tangent, 0.0)
    # END SOLUTION


# %% [markdown] question="everybody"
# ## Question 3: everybody's limbs
#
# Eq. 10, for the limbs of question 2: where the limbs of several people lie on a cell, the field is the average of their vectors.
#
# `limbs` is (N, 2, 2): for each person both joints, (x, y) in pixels.
# N may be 0.
# Mind the order of the axes of what comes out: a network's channels come first.

# %% question="everybody"
def everybody(limbs, cells, half_width):
    """The field (2, h, w) of N limbs: the average of those that lie on a cell."""
    # BEGIN SOLUTION
    added, how_many = np.zeros(cells.shape), np.zeros(cells.shape[:2])
    for x1, x2 in limbs:
        one = bent(x1, x2, cells, half_width)
        added += one
        how_many += (one != 0).any(axis=-1)
    return np.moveaxis(added / np.maximum(how_many, 1)[..., None], -1, 0)
    # END SOLUTION


# %% [markdown] question="turned"
# ## Stretch question: a camera that was turned
#
# To train a network that does not mind how the camera was held, photographs are turned, and the fields with them.
# The photograph is turned clockwise by a quarter turn, `TURNS` times: after one quarter turn its top edge is its right edge.
# What is the field of the turned photograph?
#
# `L` is (C, 2, h, w), with the components x and y.
# Do not draw anything anew: all that is needed is in `L`.

# %% question="turned"
def turned(L):
    """The fields of a photograph that was turned clockwise by TURNS quarter turns: (C, 2, h, w) or (C, 2, w, h)."""
    # BEGIN SOLUTION
    for _ in range(TURNS):
        x, y = np.moveaxis(L.swapaxes(2, 3)[..., ::-1], 1, 0)
        L = np.stack([-y, x], axis=1)
    return L
    # END SOLUTION
