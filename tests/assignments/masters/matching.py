# %% [markdown]
# # Assignment: matching
#
# :::{admonition} What this is
# :class: tip
#
# Four questions on {doc}`../parsing/matching`, the last one a stretch question; 90 minutes or so.
# Every question asks for one function, and below it is a cell that says what your function does wrong.
# The teacher's cases are others than those of that cell, so a function that was made for these only will not do.
# :::
#
# `scores` is a table (n, m) of line integrals, a row for each candidate of one part, a column for each of the other; it may hold negative numbers, and n or m may be 0.
# A matching is a list of pairs (row, column), in any order.
# The chapter's matchings leave single whoever gains nothing, and use every candidate once.
# Both is different here.
# You may use `scipy.optimize.linear_sum_assignment` where it helps; mind what it does with candidates that had better stay single.

# %%
import numpy as np
from scipy.optimize import linear_sum_assignment

from paflib import checks

# %% [markdown]
# These are the numbers of your class.

# %% tags=["parameters"]
LEAST = 0.2
ROW_COST = 0.25
COLUMN_COST = 0.1
CAPACITY = 2

# %% [markdown] question="greedily"
# ## Question 1: greedy, with a least score
#
# The greedy rule of the chapter, but a pair is taken only when its score is above `LEAST`.
# Of equal scores either may come first.

# %% question="greedily"
def greedily(scores):
    """The greedy matching: the best pair first, and no pair whose score is not above LEAST."""
    # BEGIN SOLUTION
    left, taken = scores.copy(), []
    while left.size and left.max() > LEAST:
        row, column = divmod(left.argmax(), left.shape[1])
        taken.append((int(row), int(column)))
        left[row], left[:, column] = -np.inf, -np.inf
    return taken
    # END SOLUTION


# %% [markdown] question="best"
# ## Question 2: the best sum, when staying single costs something
#
# A hip without a knee is an ugly thing.
# So every row that stays single costs `ROW_COST`, and every column that stays single costs `COLUMN_COST`.
# Wanted is the matching for which the sum of the scores less all these costs is as great as can be.
# A pair with a negative score may be taken as well, where that pays.

# %% question="best"
def best(scores):
    """The matching with the greatest sum of scores less the costs of those who stay single."""
    # BEGIN SOLUTION
    saved = scores + ROW_COST + COLUMN_COST
    pays = saved > 0
    rows, columns = linear_sum_assignment(np.where(pays, saved, 0), maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if pays[row, column]]
    # END SOLUTION


# %% [markdown] question="shared"
# ## Question 3: columns that may be shared
#
# Not everything is a knee.
# Candidates for "wheel" are the rows here and candidates for "car" are the columns, and a car seen from the side has several wheels:
# a column may be in up to `CAPACITY` pairs, a row in one at most.
# Nobody pays for staying single.
# Wanted is the greatest sum of the scores; a pair that does not score above 0 is left out.

# %% question="shared"
def shared(scores):
    """The pairs with the greatest sum, a row in one pair at most and a column in CAPACITY at most."""
    # BEGIN SOLUTION
    seats = np.repeat(np.maximum(scores, 0), CAPACITY, axis=1)
    rows, columns = linear_sum_assignment(seats, maximize=True)
    return [(int(row), int(seat) // CAPACITY) for row, seat in zip(rows, columns, strict=True) if seats[row, seat] > 0]
    # END SOLUTION


# %% [markdown] question="proof"
# ## Stretch question: labels that prove it
#
# How does anybody know that the answer to question 2 is the best one?
# A pair gains its score and saves both costs, so it gains `scores + ROW_COST + COLUMN_COST`.
# Give every row and every column a **label**, a number that is not negative, such that no pair gains more than the sum of its two labels.
# Then no matching gains more than all labels together; and where the labels together are as small as what a matching gains, that matching is proved to be the best.
#
# Find such labels: the least bound there is.
# There are at least two ways, the chapter's Hungarian algorithm, and a linear program (`scipy.optimize.linprog`).
# Where several sets of labels prove it, any will do.

# %% question="proof"
def proof(scores):
    """Labels of the rows (n,) and of the columns (m,) that prove the best gain."""
    # BEGIN SOLUTION
    from scipy.optimize import linprog

    n, m = scores.shape
    if n == 0 or m == 0:
        return np.zeros(n), np.zeros(m)
    of_row, of_column = (at.ravel() for at in np.indices((n, m)))
    cover = np.eye(n + m)[of_row] + np.eye(n + m)[n + of_column]
    least = linprog(np.ones(n + m), A_ub=-cover, b_ub=-(scores + ROW_COST + COLUMN_COST).ravel())
    return least.x[:n], least.x[n:]
    # END SOLUTION
