"""Solutions of the checks' tasks as source code: right ones, and wrong ones with the diagnosis that each must get.

Whoever needs submissions to grade can make them of these. A solution's source stands alone: it imports what it uses and
defines a function named like its check, without the ``check_``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from paflib.checks import CHECKS, CheckFailed


class Solution(NamedTuple):
    """One solution: of which check's task, its source, the diagnosis it must get, and the variation it was written for.

    The diagnosis of a right solution is empty.
    """

    check: str
    source: str
    diagnosis: str = ""
    variation: Mapping[str, Any] = MappingProxyType({})


def function_of(solution: Solution, name: str = "solution") -> Callable[..., Any]:
    """The function that a solution's source defines."""
    scope: dict[str, Any] = {}
    exec(compile(solution.source, f"<{name}>", "exec"), scope)
    function: Callable[..., Any] = scope[solution.check]
    return function


def verdict(solution: Solution, name: str = "solution", seed: int = 0) -> CheckFailed | None:
    """What the check says of a solution, or None when it passes."""
    try:
        with np.errstate(all="ignore"):  # some divide by zero, which is what they are here for
            CHECKS[solution.check].check(function_of(solution, name), seed=seed, **solution.variation)
    except CheckFailed as failure:
        return failure
    return None
