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
# The chapter's matchings take the best pair or the best sum, leave single whoever gains nothing, and use every candidate once.
# In each of the first three questions one of these is different.
# You may use `scipy.optimize.linear_sum_assignment` where it helps; mind what it does with candidates that had better stay single.

# %%
import numpy as np
from scipy.optimize import linear_sum_assignment

from paflib import checks

# %% [markdown]
# These are the numbers of your class.

# %% tags=["parameters"]
LEAST = 0.1875
ROW_COST = 0.25
COLUMN_COST = 0.1
CAPACITY = 2

# %% [markdown] question="clearest"
# ## Question 1: the clearest first
#
# Greedy takes the best score first.
# But the best score may be a close call: a hip that scores 0.9 with one knee and 0.88 with another can do without either.
# Another rule lets those choose first who have most to lose.
#
# The **lead** of a row is its best score in the columns still free, less its second choice.
# Staying single is a choice as well, and worth `LEAST`: the second choice is worth the second best score in the free columns or `LEAST`, whichever is greater, and `LEAST` where one column is left.
# (Elsewhere a lead is called a **regret**.)
#
# - Among the rows still free, the one with the greatest lead takes its best column; a row whose best score is not above `LEAST` takes none.
# - That row and that column are used up, so all leads are worked out anew, and the next row has its turn.
#
# No two leads and no two choices are so close that it matters which comes first.

# %% question="clearest"
def clearest(scores):
    """The matching in which the row with the greatest lead takes its best column first."""
    # BEGIN SOLUTION
    rows, columns, taken = list(range(scores.shape[0])), list(range(scores.shape[1])), []
    while rows and columns:
        choices = [sorted([LEAST, *np.maximum(scores[row, columns], LEAST)]) for row in rows]
        leads = [choice[-1] - choice[-2] for choice in choices]
        row = rows[int(np.argmax(leads))]
        column = max(columns, key=lambda free: scores[row, free])
        if scores[row, column] <= LEAST:
            break
        taken.append((row, column))
        rows.remove(row)
        columns.remove(column)
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
# How does anybody know that the answer to question 3 is the best one?
# Give every row $i$ a **label** $u_i$ and every column $j$ a label $v_j$, numbers that are not negative, such that no pair scores more than the sum of its two labels.
# A row is in one pair at most and a column in `CAPACITY`.
# So no pairs that question 3 allows have a greater sum than all $u_i$ and `CAPACITY` times all $v_j$ together: that is a **bound**.
# And where the bound is as small as the sum of some pairs, those pairs are proved to be the best.
#
# Find such labels: the least bound there is.
# There are at least two ways, the chapter's Hungarian algorithm, with columns that may be shared, and a linear program (`scipy.optimize.linprog`).
# Where several sets of labels prove it, any will do.

# %% question="proof"
def proof(scores):
    """Labels of the rows (n,) and of the columns (m,) that prove the best sum with shared columns."""
    # BEGIN SOLUTION
    from scipy.optimize import linprog

    n, m = scores.shape
    if n == 0 or m == 0:
        return np.zeros(n), np.zeros(m)
    of_row, of_column = (at.ravel() for at in np.indices((n, m)))
    cover = np.eye(n + m)[of_row] + np.eye(n + m)[n + of_column]
    least = linprog([1] * n + [CAPACITY] * m, A_ub=-cover, b_ub=-scores.ravel())
    return least.x[:n], least.x[n:]
    # END SOLUTION
