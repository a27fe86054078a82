"""The generated world as a data set: a sequence of scenes, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from paflib.errors import DataError
from paflib.synthetic.levels import Level, find_level
from paflib.synthetic.world import Scene, generate


@dataclass(frozen=True)
class SyntheticDataset:
    """So many scenes of a level: ``len(dataset)``, ``dataset[7]``.

    A scene depends on nothing but level, seed and index, so any number of torch's loader processes may ask for any of
    them in any order. It needs no torch itself.

    Args:
        level: by name, or one of your own.
        count: how many scenes.
        seed: another seed is another world.

    Raises:
        DataError: no level is called that, or a number is out of range.
    """

    level: Level | str
    count: int
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", find_level(self.level))
        for name, least in (("count", 1), ("seed", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise DataError(f"{name} is {value!r}, wanted a whole number from {least} upwards")

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Scene:
        if not -self.count <= index < self.count:
            raise IndexError(f"there is no scene {index} among {self.count}")
        return generate(self.level, int(index) % self.count, self.seed)

    def __iter__(self) -> Iterator[Scene]:
        return (self[index] for index in range(self.count))
