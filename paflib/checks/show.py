"""What a check says, as a table with a small picture in a notebook and as lines of text anywhere else."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from paflib.checks.core import CHECKS, CheckFailed, Student

_STEPS = {
    "it can be called": ("not-a-function", "wrong-arguments", "not-written", "returns-none", "raises"),
    "it returns what was asked for": ("wrong-type", "wrong-shape", "wrong-axes", "not-finite", "no-such-pair",
                                      "no-such-candidate", "no-tensor"),
    "what it returns is right": (),
    "it leaves its input alone": ("changes-input", "not-repeatable"),
}  # fmt: skip
_MARKS = {"yes": "✓", "no": "✗", "not reached": "–"}
_EDGES = {"yes": "#009e73", "no": "#d55e00", "not reached": "#8a8f98"}  # Okabe and Ito's green and vermillion
_SHADES = {"yes": "rgba(0,158,115,.16)", "no": "rgba(213,94,0,.16)", "not reached": "transparent"}


@dataclass(frozen=True)
class Result:
    """What a check found: true when the function passed; shows itself as a table in a notebook.

    Args:
        title: of the check.
        calls: how often the function was asked.
        failure: what the check raised, or None.
        last: the arguments of the last call by name, and ``"yours"``, for the picture of a function that passed.
        kind: of picture.
    """

    title: str
    calls: int
    failure: CheckFailed | None
    last: dict[str, Any] = field(repr=False)
    kind: str = field(repr=False)

    def __bool__(self) -> bool:
        return self.failure is None

    @property
    def diagnosis(self) -> str:
        """The name of the mistake; empty when there is none."""
        return "" if self.failure is None else self.failure.diagnosis

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What was looked at, and how it came out: yes, no or not reached."""
        failed = len(_STEPS)
        if self.failure is not None:
            failed = next((n for n, slugs in enumerate(_STEPS.values()) if self.diagnosis in slugs), 2)
        verdicts = ("yes", "no", "not reached")
        return [(step, verdicts[(n >= failed) + (n > failed)]) for n, step in enumerate(_STEPS)]

    def __repr__(self) -> str:
        lines = [f"{self.title}: {self._verdict()}"]
        lines += [f"  {_MARKS[verdict]} {step}: {verdict}" for step, verdict in self.rows]
        if self.failure is not None:
            lines += [f"  {line}" for line in self.failure.message.splitlines()]
        return "\n".join(lines)

    def _verdict(self) -> str:
        asked = f"asked {self.calls} time{'s' * (self.calls != 1)}"
        return f"right ({asked})" if self else f"not yet: {self.diagnosis} ({asked})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr style="background:{_SHADES[verdict]}"><td style="border-left:.35rem solid {_EDGES[verdict]};'
            f'padding:.2rem .6rem;text-align:left">{step}</td><td style="padding:.2rem .6rem;text-align:left">'
            f"{_MARKS[verdict]} {verdict}</td></tr>"
            for step, verdict in self.rows
        )
        message = "" if self.failure is None else self.failure.message
        words = "".join(f'<p style="margin:.4rem 0">{html.escape(line)}</p>' for line in message.splitlines())
        return (
            '<div class="paf-check" style="display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start">'
            '<div style="flex:1 1 18rem;min-width:0">'
            f'<p style="margin:.2rem 0"><strong>{html.escape(self.title)}</strong>: {html.escape(self._verdict())}</p>'
            f'<table aria-label="{html.escape(self.title)}" style="border-collapse:collapse;color:inherit;margin:0">'
            '<thead><tr><th scope="col" style="text-align:left;padding:.2rem .6rem">looked at</th>'
            '<th scope="col" style="text-align:left;padding:.2rem .6rem">verdict</th></tr></thead>'
            f"<tbody>{rows}</tbody></table>{words}</div>{self._picture()}</div>"
        )

    def _picture(self) -> str:
        from paflib.checks.pictures import draw

        example = self.last if self.failure is None else self.failure.example
        drawn = draw(self.kind, example)
        if drawn is None:
            return ""
        png, alt = drawn
        source = base64.b64encode(png).decode("ascii")
        which = "the largest example" if self.failure is None else "this example"
        return (
            '<figure style="margin:0;flex:0 1 15rem">'
            f'<img src="data:image/png;base64,{source}" alt="{html.escape(alt, quote=True)}" '
            'style="width:100%;height:auto;background:#fff;border-radius:.3rem">'
            f'<figcaption style="color:inherit">What your function gives for {which}.</figcaption></figure>'
        )


def run(check: str | Callable[..., None], function: Student, **how: Any) -> Result:
    """Ask a function the questions of a check, and show what comes out instead of raising.

    Args:
        check: the check, or its name.
        function: the function it is about.
        how: the check's own keywords: ``seed``, and the parameters of a variation.

    >>> run("to_pixels", lambda cell, stride: stride * cell).diagnosis
    'half-cell-off'
    """
    name = (check if isinstance(check, str) else check.__name__).removeprefix("check_")
    if name not in CHECKS:
        raise ValueError(f"there is no check {name!r}; there are {', '.join(CHECKS)}")
    entry, calls = CHECKS[name], list[dict[str, Any]]()

    def asked(*case: Any) -> Any:
        given = dict(zip(entry.arguments, case, strict=True))
        calls.append({key: value.copy() if isinstance(value, np.ndarray) else value for key, value in given.items()})
        calls[-1]["yours"] = function(*case)
        return calls[-1]["yours"]

    failure: CheckFailed | None = None
    try:
        entry.check(asked if callable(function) else function, **how)
    except CheckFailed as error:
        failure = error
    return Result(entry.title, len(calls), failure, _largest(calls), entry.picture)


def _largest(calls: list[dict[str, Any]]) -> dict[str, Any]:
    """The call that has most to show: the most people or candidates, and of those the largest map."""

    def size(call: dict[str, Any]) -> tuple[int, int]:
        sizes = {name: value.size for name, value in call.items() if isinstance(value, np.ndarray) and name != "yours"}
        return sum(sizes.values()) - sizes.get("cells", 0), sum(sizes.values())

    return max(calls, key=size, default={})
