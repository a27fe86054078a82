"""The command line with :class:`FakeNetwork` in place of real weights: ``python -m tests.inference.fake_cli ...``.

It finds one standing person in every image. With ``BLOCK_AT=n`` in the environment it writes ``blocked`` to stdout at
its n-th image (from 0) and waits there for ever, so that a test can interrupt it at a known point.
"""

from __future__ import annotations

import os
import sys

from paflib.cli import main
from paflib.model import zoo
from paflib.people import People
from tests.inference.fake import FakeNetwork, standing

calls = 0


def people(size: tuple[int, int]) -> People:
    global calls
    if os.environ.get("BLOCK_AT") == str(calls):
        print("blocked", flush=True)
        sys.stdin.read()  # the test holds the other end of the pipe
    calls += 1
    return standing(size)


if __name__ == "__main__":
    zoo.load = lambda name, device=None: FakeNetwork(people)  # type: ignore[assignment, return-value]
    sys.exit(main())
