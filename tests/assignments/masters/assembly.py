# %% [markdown]
# # Assignment: assembly
#
# :::{admonition} What this is
# :class: tip
#
# Four questions on {doc}`../parsing/assembly`, the last one a stretch question; two hours or so.
# Every question asks for one function, and below it is a cell that says what your function does wrong.
# The teacher's cases are others than those of that cell, so a function that was made for these only will not do.
# :::
#
# Candidates are numbers from 0 on.
# `parts` (P,) says which part every candidate is, `pairs` (K, 2) which two candidates are a pair.
# Candidates are numbered in no order, and there may be no pairs, or no candidates at all.
# A person is a list of candidates, with no part twice, and no candidate belongs to two people.
# A candidate that belongs to nobody is in no list.
# People, and the candidates of each, may come in any order.
#
# There is no skeleton here, and people have at most a handful of parts; the rules are those of the chapter, with limits of their own.

# %%
import numpy as np

from paflib import checks

# %% [markdown]
# These are the numbers of your class.

# %% tags=["parameters"]
MAX_PARTS = 4
ROOT = 2
MIN_PARTS = 4
WEIGHT = 2.5
COST = 0.35

# %% [markdown] question="by_score"
# ## Question 1: the sorted rule, with small people who need a root
#
# The chapter's sorted rule takes the pairs of all limbs in one list, the best first; two groups that hold the same part stay apart, otherwise a pair between them makes them one.
# Here, two more things hold.
#
# - A pair that would give a group more than `MAX_PARTS` candidates is ignored, as a contradiction is; a later pair may still be taken.
# - At the end, groups without a candidate for the part `ROOT` are left out.
#
# All `scores` (K,) differ, and neither the pairs nor the two candidates of a pair come in any order.

# %% question="by_score"
def by_score(parts, pairs, scores):
    """People by the sorted rule, with at most MAX_PARTS candidates, of which one is for the part ROOT."""
    # BEGIN SOLUTION
    crowd = {candidate: [candidate] for candidate in range(len(parts))}
    for first, second in pairs[np.argsort(-scores)].tolist():
        one, two = crowd[first], crowd[second]
        together = [parts[candidate] for candidate in one + two]
        if one is two or len(set(together)) < len(together) or len(together) > MAX_PARTS:
            continue
        one.extend(two)
        crowd.update(dict.fromkeys(two, one))
    people = {id(group): group for group in crowd.values()}.values()
    return [group for group in people if len(group) > 1 and ROOT in parts[group]]
    # END SOLUTION


# %% [markdown] question="root_first"
# ## Question 2: the root-first rule
#
# The rule of the released code of 2017 visits the limbs one after the other, from the root outwards; the pairs of every limb are matched already.
# `pairs` (K, 2) are in the order of this visit, those of the redundant limbs last, and `redundant` (K,) says which are those.
#
# - A pair of an ordinary limb: if somebody owns its first candidate, they get the second one as well; if nobody does, the two are a new person.
# - A pair of a redundant limb may only give somebody a part that they lack, at either end: if one of its candidates has an owner and the other has none, the owner gets the other one, unless they hold its part already. It begins nobody and merges nobody.
#
# At the end, people with fewer than `MIN_PARTS` candidates are left out.

# %% question="root_first"
def root_first(parts, pairs, redundant):
    """People by the root-first rule, with at least MIN_PARTS candidates."""
    # BEGIN SOLUTION
    people = []
    for (start, end), extra in zip(pairs.tolist(), redundant, strict=True):
        of_start = next((person for person in people if start in person), None)
        of_end = next((person for person in people if end in person), None)
        if not extra and of_start is None:
            people.append([start, end])
        elif not extra:
            of_start.append(end)
        elif (of_start is None) != (of_end is None):
            owner, new = (of_end, start) if of_start is None else (of_start, end)
            owner += [new] if parts[new] not in parts[owner] else []
    return [person for person in people if len(person) >= MIN_PARTS]
    # END SOLUTION


# %% [markdown] question="person_scores"
# ## Question 3: how sure is a person?
#
# `heights` (P,) are the heights of the candidates' peaks, `scores` (K,) those of the pairs, and `owner` (P,) says whose every candidate is: a number from 0 to M − 1, or −1 for nobody's.
# In the chapter, the score of a person is the sum of both.
# Here the pairs count `WEIGHT` times, and so that a person with many parts is not the better one for it, the whole is divided by the number of the person's candidates.
# Only a pair *within* a person counts, and `pairs` holds others as well.

# %% question="person_scores"
def person_scores(heights, owner, pairs, scores):
    """A score for each person (M,): heights and WEIGHT times the pairs within, for each of their candidates."""
    # BEGIN SOLUTION
    people = np.arange(owner.max(initial=-1) + 1)[:, None]
    has = owner == people
    within = has[:, pairs[:, 0]] & has[:, pairs[:, 1]]
    return (has @ heights + WEIGHT * (within @ scores)) / has.sum(axis=1)
    # END SOLUTION


# %% [markdown] question="best_groups"
# ## Stretch question: the best groups there are
#
# No rule, but the best answer: put the candidates into groups, with no part twice in any of them, such that they are worth as much as can be.
# Groups are worth the scores of *all* pairs whose ends are in one group, less `COST` for every group of two or more.
# Scores may be negative, and a negative one counts as soon as its ends are in one group, however they came there.
# The two candidates of a pair come in any order.
#
# There are at most seven candidates, so all ways can be tried; and that is the point, since for real people they cannot.
# (Seven candidates can be put into groups in at most 877 ways. Thirty can in some $10^{23}$.)

# %% question="best_groups"
def best_groups(parts, pairs, scores):
    """The groups that are worth the most: lists of candidates; those who stay alone may be left out."""
    # BEGIN SOLUTION
    def every_way(candidate, groups):
        if candidate == len(parts):
            return [groups]
        found = every_way(candidate + 1, [*groups, (candidate,)])
        for group in groups:
            if parts[candidate] not in parts[list(group)]:
                others = [other for other in groups if other != group]
                found += every_way(candidate + 1, [*others, (*group, candidate)])
        return found

    def worth(groups):
        label = {candidate: group for group in groups for candidate in group}
        same = [label[one] == label[two] for one, two in pairs.tolist()]
        return scores[same].sum() - COST * sum(len(group) > 1 for group in groups)

    return [group for group in max(every_way(0, []), key=worth) if len(group) > 1]
    # END SOLUTION
