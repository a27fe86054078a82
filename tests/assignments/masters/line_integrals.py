# %% [markdown]
# # Assignment: line integrals
#
# :::{admonition} What this is
# :class: tip
#
# Four questions on {doc}`../parsing/line-integrals`, the last one a stretch question; 90 minutes or so.
# Every question asks for one function, and below it is a cell that says what your function does wrong.
# The teacher's cases are others than those of that cell, so a function that was made for these only will not do.
# :::
#
# The chapter's E is a plain mean, every pair is asked for itself, and a limb is straight.
# Here some samples count more than others, all pairs are scored at once and long ones lose something, and at the end the limb is bent.
# Fields are (2, h, w), candidates are (x, y) in cells, and the centre of cell 0 is at 0.

# %%
import numpy as np

from paflib import checks

# %% [markdown]
# These are the numbers of your class.

# %% tags=["parameters"]
START = 0.3
END = 2.5
SKIP = 0.25
REACH = 3.25
GAP = 1
BEND = 0.23

# %% [markdown] question="weighted"
# ## Question 1: samples that do not count alike
#
# Near a wrist many things cross, and the field is less to be trusted than near the elbow; and right at the joints it ends.
# So leave out the share `SKIP` of the way at either end, and let the samples in between count differently: the weight of a sample changes evenly along the *whole* limb, from `START` at `d1` to `END` at `d2`.
# With $w(u)$ the weight at the share $u$ of the way,
#
# $$
# E = \frac{\int w(u) \; L\bigl(p(u)\bigr) \cdot \frac{d_2 - d_1}{\lVert d_2 - d_1 \rVert} \, du}{\int w(u) \, du} ,
# $$
#
# both integrals from `SKIP` to `1 - SKIP`.
# A field that points along the limb everywhere still gives 1.
#
# Take ten evenly spaced samples or more, both ends of that part of the way among them.
# Between cells the field is read by bilinear interpolation.

# %% question="weighted"
def weighted(field, d1, d2):
    """E of the candidate limb from d1 to d2: a weighted mean of samples between SKIP and 1 - SKIP of the way."""
    # BEGIN SOLUTION
    shares = np.linspace(SKIP, 1 - SKIP, 12)
    weights = START + (END - START) * shares
    heading = (d2 - d1) / np.linalg.norm(d2 - d1)
    products = [heading @ between(field, *(d1 + share * (d2 - d1))) for share in shares]
    return (weights * products).sum() / weights.sum()


def between(field, x, y):
    """The field at a point between its cells."""
    column, row = min(int(x), field.shape[2] - 2), min(int(y), field.shape[1] - 2)
    right, down = x - column, y - row
    four = field[:, row : row + 2, column : column + 2]
    return four @ [1 - right, right] @ [1 - down, down]
    # END SOLUTION


# %% [markdown] question="table"
# ## Question 2: all pairs, and a length prior
#
# Now all pairs of a limb at once: `starts` is (n, 2) and `ends` is (m, 2), and what is wanted is the table (n, m) of their scores, a row for each start.
# E is a plain mean here, of the part between `SKIP` and `1 - SKIP` of the way: both ends are left out as in question 1, and all samples count alike.
# But nobody's forearm is ten metres long, so a **length prior** is added to it:
#
# $$
# \min \left( \frac{r}{\lVert d_2 - d_1 \rVert} - 1, \; 0 \right) ,
# $$
#
# where $r$ is `REACH`, in cells.
# It takes something from long pairs, and nothing from pairs shorter than `REACH`.
# n and m may be 0.

# %% question="table"
def table(field, starts, ends):
    """The table (n, m) of all pairs: the plain mean without the ends, and the length prior."""
    # BEGIN SOLUTION
    filled = np.zeros((len(starts), len(ends)))
    for row, column in np.ndindex(filled.shape):
        way = ends[column] - starts[row]
        far = np.linalg.norm(way)
        seen = [between(field, *(starts[row] + share * way)) for share in np.linspace(SKIP, 1 - SKIP, 10)]
        filled[row, column] = np.mean(seen, axis=0) @ way / far + min(REACH / far - 1, 0)
    return filled
    # END SOLUTION


# %% [markdown] question="score"
# ## Question 3: gaps
#
# `dots` (N,) are the dot products of a pair's samples.
# A sample supports the pair if it is above `threshold`.
# As in the chapter, the pair is refused unless at least the share `share` of its samples support it and their mean is positive.
# Besides, it is refused when more than `GAP` samples *in a row* do not support it: one blurred spot may be, a hole in the limb may not.
# A pair that is refused scores 0; the score of any other is the mean of all its samples.

# %% question="score"
def score(dots, threshold, share):
    """The score of a pair, 0 if it is refused."""
    # BEGIN SOLUTION
    supports = dots > threshold
    longest = max(map(len, "".join(" " if one else "-" for one in supports).split()), default=0)
    accepted = supports.mean() >= share - 1e-9 and dots.mean() > 0 and longest <= GAP
    return dots.mean() if accepted else 0.0
    # END SOLUTION


# %% [markdown] question="along_arc"
# ## Stretch question: along an arc
#
# A tail is bent.
# Its middle line is a parabola that begins at `d1` and ends at `d2`: with $t$ the share of the straight way and $l$ the distance of the candidates, it lies $4 \, b \, l \, t \, (1 - t)$ beside the straight line, on the side of $v_\perp = (-v_y, v_x)$, where $v$ is the unit vector from `d1` to `d2` and $b$ is `BEND`.
# The field of such a limb follows the parabola.
#
# Let E be the mean, over evenly spaced shares $t$ from 0 to 1, of the field's dot product with the unit vector *along the parabola* at $t$.
# Take ten samples or more.

# %% question="along_arc"
def along_arc(field, d1, d2):
    """E along the parabola from d1 to d2 that is bent by BEND."""
    # BEGIN SOLUTION
    way = d2 - d1
    aside = np.array([-way[1], way[0]])
    found = []
    for share in np.linspace(0, 1, 40):
        here = d1 + share * way + 4 * BEND * share * (1 - share) * aside
        heading = way + 4 * BEND * (1 - 2 * share) * aside
        found.append(between(field, *here) @ heading / np.linalg.norm(heading))
    return np.mean(found)
    # END SOLUTION
