# %% [markdown]
# # Assignment: confidence maps
#
# :::{admonition} What this is
# :class: tip
#
# Five questions on {doc}`../fields/confidence-maps`, the last one a stretch question; 90 minutes or so.
# Every question asks for one function, and below it is a cell that says what your function does wrong.
# The teacher's cases are others than those of that cell, so a function that was made for these only will not do.
# :::
#
# Points, pixels and cells are those of the book: the centre of the top-left pixel is (0, 0), and the cell `g` of stride `s` has its centre at the pixel `s * g + (s - 1) / 2`.
# Nothing is asked that `paflib` has: your spots are ellipses, your peaks have more neighbours, your curve is no Gaussian.

# %%
import numpy as np

from paflib import checks

# %% [markdown]
# These are the numbers of your class.

# %% tags=["parameters"]
RATIO = 0.55
ANGLE = 70
RADIUS = 2
POWER = 2.0

# %% [markdown] question="spot"
# ## Question 1: a spot that is an ellipse
#
# An elbow is easier to place across the arm than along it, so let us draw a spot that is narrower across a direction than along it.
# Along the direction, which lies `ANGLE` degrees from the x axis towards the y axis, it is `sigma` wide as in Eq. 7; across it, `RATIO * sigma`.
# (The y axis points down, so 90 degrees point down as well.)
#
# With $a$ the distance from the part along the direction and $b$ the distance across it, the value is
#
# $$
# S(p) = \exp \left( - \frac{a^2}{\sigma^2} - \frac{b^2}{(r \sigma)^2} \right) ,
# $$
#
# where $r$ is `RATIO`.
# `point` is (x, y) in pixels, `shape` is (h, w) in cells, `stride` is pixels a cell.

# %% question="spot"
def spot(point, shape, stride, sigma):
    """The map (h, w) of one part: an ellipse, `sigma` wide along ANGLE and `RATIO * sigma` across it."""
    # BEGIN SOLUTION
    h, w = shape
    dx = stride * np.arange(w) + (stride - 1) / 2 - point[0]
    dy = stride * np.arange(h)[:, None] + (stride - 1) / 2 - point[1]
    c, s = np.cos(np.deg2rad(ANGLE)), np.sin(np.deg2rad(ANGLE))
    along_it, across_it = c * dx + s * dy, c * dy - s * dx
    return np.exp(-((along_it / sigma) ** 2) - (across_it / (RATIO * sigma)) ** 2)
    # END SOLUTION


# %% [markdown] question="maps"
# ## Question 2: several people who strengthen each other
#
# Eq. 8 keeps the largest value where spots overlap.
# Suppose that we read a spot's value as a chance instead: "with this chance there is a wrist here, as far as this person is concerned", each person for themselves.
# Then the map of several people holds the chance that *at least one* of them has the part there.
# For one person that is the spot as it was; where two overlap it is more than either, and never more than 1.
#
# `keypoints` is (N, J, 3): x and y in pixels, and a score, which is 0 for a part that is missing.
# N may be 0.
# Use the spot of question 1.

# %% question="maps"
def maps(keypoints, shape, stride, sigma):
    """The maps (J, h, w) of N people: the chance that at least one of them has the part."""
    # BEGIN SOLUTION
    nobody = np.ones((keypoints.shape[1], *shape))
    for person in keypoints:
        for j, (x, y, score) in enumerate(person):
            if score > 0:
                nobody[j] *= 1 - spot((x, y), shape, stride, sigma)
    return 1 - nobody
    # END SOLUTION


# %% [markdown] question="peaks"
# ## Question 3: peaks with a wide neighbourhood
#
# Now the way back.
# In a noisy map every spot has several small peaks, so compare a cell with more than its eight neighbours: a **peak** is here a cell above `threshold` that is above all other cells within `RADIUS` rows and columns.
# Of equal ones the first in row order is the peak.
# Beyond the border there is nothing, and the cells of the border count like all others.

# %% question="peaks"
def peaks(S, threshold):
    """The peaks of a map S (h, w): a list of cells (x, y), in any order."""
    # BEGIN SOLUTION
    found = []
    for y, x in np.argwhere(threshold < S):
        top, left = max(y - RADIUS, 0), max(x - RADIUS, 0)
        window = S[top : y + RADIUS + 1, left : x + RADIUS + 1]
        first = np.unravel_index(window.argmax(), window.shape)
        if (top + first[0], left + first[1]) == (y, x):
            found.append((int(x), int(y)))
    return found
    # END SOLUTION


# %% [markdown] question="place"
# ## Question 4: between the cells of another curve
#
# The chapter places a peak between its cells, exactly where the map is a Gaussian.
# Another network was trained with spots that fall more slowly.
# Along a row of cells they have the values
#
# $$
# A \left( 1 + \frac{d^2}{w^2} \right)^{-k} ,
# $$
#
# where $d$ is the distance from the part in cells, $k$ is `POWER`, and nobody knows $A$ and $w$.
# `line` is such a row, without noise, and `at` is its highest cell.
# Where is the part?
# At the border take the three outermost cells.

# %% question="place"
def place(line, at):
    """Where the part of a row of cells is, in cells: a number, which lies between cells."""
    # BEGIN SOLUTION
    middle = min(max(at, 1), len(line) - 2)
    low, mid, high = line[middle - 1 : middle + 2] ** (-1 / POWER)  # a parabola now
    return middle - (high - low) / 2 / (low - 2 * mid + high)
    # END SOLUTION


# %% [markdown] question="summit"
# ## Stretch question: between the cells in two directions
#
# The chapter goes along the row and along the column, each for itself.
# For a round spot that is exact; for your ellipse of question 1 it is not.
# `patch` is (3, 3): a peak and its eight neighbours, cut out of one map with one ellipse whose width, ratio and angle nobody knows.
# How far from the middle cell is the top, in cells?

# %% question="summit"
def summit(patch):
    """How far (x, y) the top of an ellipse is from the middle of a patch (3, 3), in cells."""
    # BEGIN SOLUTION
    v = np.log(patch)
    uphill = [(v[1, 2] - v[1, 0]) / 2, (v[2, 1] - v[0, 1]) / 2]
    cross = (v[2, 2] - v[2, 0] - v[0, 2] + v[0, 0]) / 4
    bend = [[v[1, 0] - 2 * v[1, 1] + v[1, 2], cross], [cross, v[0, 1] - 2 * v[1, 1] + v[2, 1]]]
    return -np.linalg.solve(bend, uphill)
    # END SOLUTION
