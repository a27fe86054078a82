"""A class for a rehearsal: ``python -m tests.assignments.rehearse WORD FOLDER`` hands six notebooks in.

They are to the assignment on confidence maps of the class with that word: one right, one with a mistake, one half done,
one of the book's sample, one that ends its own process, and one folder with nothing in it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from paflib.grading.assignments import plans
from tests.assignments import hand_in
from tests.assignments.hand_in import Change
from tests.assignments.ways_confidence_maps import CHANGES

PLAN = plans()["confidence-maps"]
QUITS = Change("peaks", "    found = []\n", "    __import__('os')._exit(0)\n    found = []\n", "quit")


def write(word: str, folder: Path) -> list[str]:
    """Hand everything in, and return the names of the students."""
    name, right, stub = PLAN.name_for(word), hand_in.code(PLAN, word), hand_in.code(PLAN, word, solved=False)
    mistake = next(change for change in CHANGES if change.diagnosis == "half-cell-off")
    half = [a if "def spot(" in a or "def maps(" in a else b for a, b in zip(right, stub, strict=True)]
    hand_in.write(folder, "ann", right, name)
    hand_in.write(folder, "ben", hand_in.changed(PLAN, mistake, word=word), name)
    hand_in.write(folder, "chi", half, name)
    hand_in.write(folder, "dan", hand_in.code(PLAN), PLAN.name)
    hand_in.write(folder, "eve", hand_in.changed(PLAN, QUITS, word=word), name)
    (folder / "fay").mkdir(exist_ok=True)
    return sorted(path.stem for path in folder.iterdir())


if __name__ == "__main__":
    print("handed in:", *write(sys.argv[1], Path(sys.argv[2])))
