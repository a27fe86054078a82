"""How much a submission may use."""

from __future__ import annotations

from dataclasses import dataclass, fields

from paflib.errors import DataError

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Limits of one submission: times in seconds of the clock, sizes in bytes.

    Attributes:
        call: One call of a function by a check.
        cell: One cell of the notebook.
        total: The whole submission, from the start of its process to the last check.
        memory: All processes of the submission together (and each of them at most as much).
        processes: Processes and threads at one time.
        file: One file that it writes.
        disk: All files that it writes, where the sandbox folder is in memory.
        answer: The arrays that one call returns.
        check: Processor time of the grader for one question: reading the answers and comparing them.
        output: What is kept of everything that it prints.
    """

    call: float = 10.0
    cell: float = 60.0
    total: float = 600.0
    check: float = 60.0
    memory: int = 2048 * MIB
    processes: int = 64
    file: int = 64 * MIB
    disk: int = 256 * MIB
    answer: int = 64 * MIB
    output: int = 20_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int | float) or not value > 0:
                raise DataError(f"limit {field.name!r} is {value!r}, wanted a number above 0")
