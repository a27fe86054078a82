"""From annotated pictures to what a training step eats: images, keypoints in them, and where nothing is known.

A :class:`Source` is a list of annotated pictures: a COCO-style json with its images, or generated scenes.
:func:`make_item` draws one augmented picture from it. :class:`Batches` decides, from the seed and the number of the
step alone, which pictures a batch has and how each is augmented, so that a run that was killed goes on with the same
batches it would have had. The maps themselves are drawn later, on the device (:mod:`paflib.trainer.targets`).
"""

from __future__ import annotations

import os
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from paflib.errors import DataError, ImageError
from paflib.evaluation.oks import find_category, flat_numbers, images_of, is_whole, read_json
from paflib.fields import annotated_pixels
from paflib.fields.segmentation import checked_segmentation
from paflib.inference.images import load_image
from paflib.people import People, is_present
from paflib.skeleton import COCO_17, SKELETONS, Skeleton
from paflib.trainer.augment import Augmentation, draw_warp, hide_parts

LEAST_PARTS, LEAST_AREA, APART = 5, 32.0**2, 0.3
"""A person is brought to the middle of a training picture with at least five labelled parts and 32 x 32 px, and not
within 0.3 box sides of one already chosen (FACTS 1.8)."""

BLOCK = 1000
"""Places in which each data set has its exact share."""

MARGIN = 0.3
"""Share of a person's box by which it grows before parts that nobody labelled are masked in it (FACTS 1.8)."""


@dataclass(frozen=True)
class Example:
    """One annotated picture.

    Args:
        image: (H, W, 3) uint8 RGB.
        people: everybody annotated in it, people without labelled parts and crowds included.
        name: what to call it in messages.
    """

    image: np.ndarray
    people: People
    name: str


class Source(Protocol):
    """Annotated pictures by number: ``source[i]`` is an :class:`Example`."""

    skeleton: Skeleton
    name: str

    @property
    def centres(self) -> Sequence[tuple[int, int]]:
        """(picture, person) of everybody who may be brought to the middle; person -1 stands for the whole picture."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Example: ...


# ---- COCO-style json -----------------------------------------------------------------------------------------------


class CocoSource:
    """The annotated pictures of a COCO-style json.

    Everything that can be known without opening the pictures is checked before the first step: the json's form, that
    every picture is there, the numbers and outlines of every annotation, people without area.

    Args:
        images: folder of the pictures.
        annotations: the json file, or its content.
        skeleton: whose parts the keypoints are; by default told by their number (17, 23 with feet, 12 or 22 of a car).
        category: number or name; by default ``person``, or the only one.
        name: what to call the set in messages.

    Raises:
        DataError: naming the first thing that does not fit, and how many such there are.
    """

    def __init__(
        self,
        images: str | os.PathLike[str],
        annotations: str | os.PathLike[str] | Mapping[str, Any],
        skeleton: Skeleton | None = None,
        category: int | str | None = None,
        name: str | None = None,
    ) -> None:
        content = read_json(annotations)
        entries = images_of(content)
        number = find_category(content, category)
        is_path = isinstance(annotations, (str, os.PathLike))
        self.name = name or (Path(annotations).stem if is_path else "annotations")  # type: ignore[arg-type]
        rows = [_row(row, n, self.name) for n, row in enumerate(content["annotations"])]
        rows = [(what, row) for what, row in rows if row["category_id"] == number]
        self.skeleton = skeleton or _skeleton_of([row for _, row in rows], content, number, self.name)
        self._paths = _paths(entries, Path(images), self.name)
        places = {entry["id"]: n for n, entry in enumerate(entries)}
        if lost := [(what, row["image_id"]) for what, row in rows if row["image_id"] not in places]:
            raise DataError(
                f"{lost[0][0]} is of image {lost[0][1]}, which the json does not list ({len(lost)} such annotations)"
            )
        self._sizes = [_size(entry, self.name) for entry in entries]
        self._rows: list[list[Mapping[str, Any]]] = [[] for _ in entries]
        self.outside = self.without_area = 0
        for what, row in rows:
            place = places[row["image_id"]]
            self._rows[place].append(self._checked(row, what, self._sizes[place]))
        self.centres: Sequence[tuple[int, int]] = [(i, k) for i, of in enumerate(self._rows) for k in _main_people(of)]
        self.empty = sum(not any(_labelled(row) for row in of) for of in self._rows)
        if self.empty == len(entries):
            raise DataError(
                f"{self.name}: nobody in {len(entries)} pictures has a labelled part: there is nothing to learn from"
            )

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> Example:
        path = self._paths[index]
        image = load_image(path)
        height, width = image.shape[:2]
        said = self._sizes[index]
        if (said[0] or height, said[1] or width) != (height, width):
            raise ImageError(
                f"{path} is {width} x {height} pixels, the annotations of {self.name} say "
                f"{said[1]} x {said[0]}: their coordinates would not fit"
            )
        return Example(image, People.from_coco(self._rows[index], self.skeleton), str(path))

    def summary(self) -> str:
        """A line for people: how many pictures, people, and what was found odd."""
        people = sum(_labelled(row) > 0 for of in self._rows for row in of)
        odd = [
            text
            for count, text in (
                (self.empty, f"{self.empty} pictures without anybody labelled"),
                (self.outside, f"{self.outside} parts outside their picture, taken as missing"),
                (self.without_area, f"{self.without_area} people without area or box, never brought to the middle"),
            )
            if count
        ]
        found = f"{self.name}: {len(self)} pictures, {people} people, {len(self.centres)} to centre on"
        return "; ".join([found, *odd])

    def _checked(self, row: Mapping[str, Any], what: str, size: tuple[int, int]) -> Mapping[str, Any]:
        """The row, called ``what`` in messages, with parts outside the picture made missing; counts what is odd."""
        J = self.skeleton.J
        keypoints = f"{what}: keypoints of {self.skeleton.name}"
        points = flat_numbers(row.get("keypoints") or [0] * (3 * J), 3 * J, keypoints).reshape(J, 3)
        if odd := set(points[:, 2].tolist()) - {0, 1, 2}:
            raise DataError(f"{keypoints} have the visibility {min(odd):g}, wanted 0, 1 or 2")
        box = flat_numbers(row.get("bbox") or [0] * 4, 4, f"{what}: bbox [x, y, width, height]")
        area = flat_numbers([row.get("area") or 0], 1, f"{what}: area")[0]
        if row.get("iscrowd", 0) not in (0, 1):
            raise DataError(f"{what}: iscrowd is {row['iscrowd']!r}, wanted 0 or 1")
        height, width = size
        outline = checked_segmentation(row.get("segmentation"), size if height and width else None, what)
        if height and width:
            away = (points[:, 2] > 0) & (
                (points[:, :2] < -1).any(axis=1) | (points[:, 0] > width) | (points[:, 1] > height)
            )
            self.outside += int(away.sum())
            points[away] = 0
        if (points[:, 2] > 0).any() and (min(box[2:]) <= 0 or area <= 0):
            self.without_area += 1
        return {**row, "keypoints": points.ravel().tolist(), "bbox": box.tolist(), "segmentation": outline}


def _row(row: Any, n: int, name: str) -> tuple[str, Mapping[str, Any]]:
    """What to call an annotation in messages, and the annotation."""
    what = f"{name}: annotations[{n}]"
    if not isinstance(row, Mapping):
        raise DataError(f"{what} is {reprlib.repr(row)}, wanted an object")
    for key in ("image_id", "category_id"):
        if not is_whole(row.get(key)):
            raise DataError(f"{what} has no whole number {key!r}")
    if "id" not in row:
        return what, row
    if not is_whole(row["id"]):
        raise DataError(f"{what} has the id {row['id']!r}, wanted a whole number")
    return f"{name}: annotation {row['id']}", row


def _size(entry: Mapping[str, Any], name: str) -> tuple[int, int]:
    """(height, width) of a picture; 0 for one that is not told."""
    height, width = (entry.get(key) or 0 for key in ("height", "width"))
    if not all(isinstance(side, (int, float)) and side >= 0 and side % 1 == 0 for side in (height, width)):
        raise DataError(f"{name}: image {entry['id']} is {width!r} x {height!r} pixels, wanted whole numbers")
    return int(height), int(width)


def _skeleton_of(rows: Sequence[Mapping[str, Any]], content: Any, category: int, name: str) -> Skeleton:
    lists = [row["keypoints"] for row in rows if isinstance(row.get("keypoints"), (list, tuple))]
    counts = {len(numbers) // 3 for numbers in lists if numbers}
    parts = next((c.get("keypoints") for c in content.get("categories", []) if c.get("id") == category), None)
    known = [s for s in SKELETONS.values() if s.J in counts and (not parts or list(s.parts) == parts)]
    if len(counts) == 1 and known:
        return COCO_17 if COCO_17 in known else known[0]
    if not counts:
        raise DataError(f"{name}: no annotation of category {category} has keypoints: there is nothing to learn from")
    raise DataError(
        f"{name}: its people have {sorted(counts)} parts, which tell no skeleton: name one, or write one as JSON"
    )


def _paths(entries: Sequence[Mapping[str, Any]], folder: Path, name: str) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"{name}: there is no folder {folder} of pictures")
    for entry in entries:
        if not isinstance(entry.get("file_name"), str):
            raise DataError(f"{name}: image {entry['id']} has no 'file_name'")
    paths = [folder / entry["file_name"] for entry in entries]
    if missing := [path for path in paths if not path.is_file()]:
        raise DataError(f"{name}: {len(missing)} of {len(paths)} pictures are not there, the first is {missing[0]}")
    return paths


def _labelled(row: Mapping[str, Any]) -> int:
    return 0 if row.get("iscrowd") else int((np.array(row["keypoints"])[2::3] > 0).sum())


def _main_people(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Whom to bring to the middle: enough parts, large enough, and nobody too near to one chosen before."""
    chosen: list[tuple[float, float, float]] = []
    numbers = []
    for k, row in enumerate(rows):
        x, y, w, h = row["bbox"]
        if _labelled(row) < LEAST_PARTS or float(row.get("area") or 0) < LEAST_AREA or min(w, h) <= 0:
            continue
        cx, cy = x + w / 2, y + h / 2
        if any(np.hypot(cx - ox, cy - oy) < APART * side for ox, oy, side in chosen):
            continue
        chosen.append((cx, cy, max(w, h)))
        numbers.append(k)
    return numbers


# ---- generated scenes ----------------------------------------------------------------------------------------------


class SyntheticSource:
    """Generated scenes (:mod:`paflib.synthetic`), as many as one likes, drawn when they are asked for.

    Args:
        level: a name in :data:`paflib.synthetic.LEVELS`.
        count: how many different ones.
        seed: of the scenes; validation sets use other seeds.
        category: ``"person"`` or ``"vehicle"``.
    """

    def __init__(self, level: str, count: int = 1_000_000, seed: int = 0, category: str = "person") -> None:
        from paflib.skeleton import CAR_12, COCO_23
        from paflib.synthetic import LEVELS

        if level not in LEVELS:
            raise DataError(f"no level of generated scenes is called {level!r}; there are {', '.join(LEVELS)}")
        if category not in ("person", "vehicle") or count < 1:
            raise DataError(f"category {category!r}, count {count}: wanted 'person' or 'vehicle', and at least 1")
        self.level, self.count, self.seed, self.category = level, count, seed, category
        self.skeleton = COCO_23 if category == "person" else CAR_12
        self.name = f"synthetic {level}"
        self.centres: Sequence[tuple[int, int]] = _Everything(count)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Example:
        from paflib.synthetic import LEVELS, generate

        scene = generate(LEVELS[self.level], index, self.seed)
        people = scene.people if self.category == "person" else scene.vehicles
        return Example(scene.image, people, f"{self.name}, seed {self.seed}, scene {index}")

    def summary(self) -> str:
        """A line for people."""
        return f"{self.name}: {self.count} scenes of seed {self.seed}"


class _Everything(Sequence[tuple[int, int]]):
    """Every picture as a whole: a list of (i, -1) that takes no memory."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        return (int(index), -1)


# ---- one augmented picture -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One augmented picture, ready to be stacked.

    Args:
        image: (size, size, 3) uint8 RGB.
        keypoints: (N, J, 3) float32 in pixels of the image, in the network's skeleton; N only counts people with parts.
        unknown: (N, J) bool: parts nobody could label, such as a neck whose one shoulder is not known.
        boxes: (N, 4) float32, each person's box, grown by :data:`MARGIN`: where their unknown parts are masked.
        mask: (size, size) uint8, 0 where the annotators said nothing.
        known: (J,) bool: the parts that the data set labels at all.
        name: what it is.  skipped: names of pictures that could not be read and in whose place it stands.
    """

    image: np.ndarray
    keypoints: np.ndarray
    unknown: np.ndarray
    boxes: np.ndarray
    mask: np.ndarray
    known: np.ndarray
    name: str
    skipped: tuple[str, ...] = ()


def make_item(source: Source, number: int, rng: np.random.Generator, how: Augmentation, skeleton: Skeleton) -> Item:
    """Read a picture and augment it.

    Args:
        source: where from.
        number: of a centre in ``source.centres`` when people are centred on, else of a picture.
        rng: the source of randomness.
        how: the augmentation.
        skeleton: the network's; parts the source lacks and cannot derive are not known.

    Raises:
        ImageError, DataError: the picture cannot be read, or its annotations contradict it.
    """
    picture, person = source.centres[number] if how.centre == "person" else (number, -1)
    example = source[picture]
    people = example.people
    height, width = example.image.shape[:2]
    box = None if person < 0 or people.bbox is None else people.bbox[person]
    warp = draw_warp(rng, how, (height, width), box)
    pixels = 255 * annotated_pixels(people, (height, width)).astype(np.uint8)
    image, mask = warp.image(example.image, how.size, how.fill), warp.image(pixels, how.size, 255)

    labelled = people if people.iscrowd is None else people[~people.iscrowd]
    labelled = labelled[labelled.present.any(axis=1)]
    moved = labelled.convert(skeleton)
    points = warp.points(moved.keypoints, skeleton)
    sources = labelled.skeleton.sources(skeleton)
    half = np.stack([_partly(labelled.present[:, list(of)]) for of in sources], axis=1)
    half = half[:, skeleton.flip] if warp.flip else half
    boxes = warp.boxes(_grown(_boxes(labelled)))
    known = np.array([bool(of) for of in sources])
    image = hide_parts(rng, image, points, how.patches)
    return Item(
        image, points.astype(np.float32), half, boxes.astype(np.float32), mask,
        known[skeleton.flip] if warp.flip else known, example.name,
    )  # fmt: skip


def _partly(present: np.ndarray) -> np.ndarray:
    """(N,) bool: of the parts (N, k) whose mean a part is, some are there and some are not."""
    return np.asarray(present.any(axis=1) & ~present.all(axis=1), bool)


def _boxes(people: People) -> np.ndarray:
    """(N, 4): the annotated box, or the one around the parts where there is none."""
    points = np.where(people.present[..., None], people.keypoints[..., :2], np.nan)
    if not len(people):
        return np.zeros((0, 4))
    low, high = np.nanmin(points, axis=1), np.nanmax(points, axis=1)
    around = np.concatenate([low, high - low], axis=1)
    if people.bbox is None:
        return around
    usable = np.isfinite(people.bbox).all(axis=1) & (people.bbox[:, 2:] > 0).all(axis=1)
    return np.where(usable[:, None], people.bbox, around)


def _grown(boxes: np.ndarray) -> np.ndarray:
    sides = boxes[:, 2:]
    return np.concatenate([boxes[:, :2] - MARGIN * sides, sides * (1 + 2 * MARGIN)], axis=1)


# ---- batches -------------------------------------------------------------------------------------------------------


class Batches:
    """The items of every step, as a map-style data set whose keys are ``(step, place)``.

    Which source, which picture and which augmentation an item has follows from the seed and the key alone. Within a
    source the pictures are dealt: each comes once before any comes twice.

    Args:
        sources: where from.
        probabilities: how often each is drawn; the papers of 2019 take feet for 5 % of a batch (FACTS 1.10).
        how: the augmentation.
        skeleton: the network's.
        batch: items a step.
        seed: of everything that is drawn.
        unreadable: what to do with a picture that cannot be read: ``"fail"``, or ``"skip"`` to the next one, named in
            :attr:`Item.skipped`.

    Raises:
        DataError: no source, an empty one, or probabilities that do not fit.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        how: Augmentation,
        skeleton: Skeleton,
        batch: int,
        probabilities: Sequence[float] | None = None,
        seed: int = 0,
        unreadable: str = "fail",
    ) -> None:
        weights = np.ones(len(sources)) if probabilities is None else np.array(probabilities, float)
        usable = np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0
        if not sources or len(weights) != len(sources) or not usable:
            raise DataError(
                f"{len(sources)} data sets, probabilities {weights.tolist()}: wanted one finite number each, none of "
                "them negative and not all of them 0"
            )
        self._sizes = [len(s.centres) if how.centre == "person" else len(s) for s in sources]
        for source, size in zip(sources, self._sizes, strict=True):
            if size == 0:
                raise DataError(
                    f"{source.name}: nobody with {LEAST_PARTS} labelled parts and {LEAST_AREA:.0f} square pixels "
                    "to bring to the middle; take centre = 'image'"
                )
            if not any(source.skeleton.sources(skeleton)):
                raise DataError(
                    f"{source.name} labels {source.skeleton.name}, of which no part is in {skeleton.name}: "
                    "there is nothing to learn from"
                )
        if unreadable not in ("fail", "skip") or batch < 1:
            raise DataError(f"unreadable is {unreadable!r}, batch {batch}: wanted 'fail' or 'skip', and at least 1")
        self.sources, self.how, self.skeleton, self.seed = list(sources), how, skeleton, seed
        self.probabilities, self.unreadable, self.batch = weights / weights.sum(), unreadable, batch
        self._shares = _shares(self.probabilities)
        self._blocks: tuple[int, np.ndarray] = (-1, np.zeros(0, int))
        self._packs = [(-1, np.zeros(0, int)) for _ in sources]

    def __getitem__(self, key: tuple[int, int]) -> Item:
        step, place = key
        rng = np.random.default_rng((self.seed, 0, step, place))
        which, number = self._dealt(step * self.batch + place)
        source, size = self.sources[which], self._sizes[which]
        skipped: list[str] = []
        for turn in range(min(size, 100)):
            try:
                item = make_item(source, (number + turn) % size, rng, self.how, self.skeleton)
                return replace(item, skipped=tuple(skipped))
            except ImageError as error:
                if self.unreadable == "fail":
                    raise
                skipped.append(str(error))
        raise DataError(f"{source.name}: {len(skipped)} pictures in a row cannot be read, the first: {skipped[0]}")

    def _dealt(self, position: int) -> tuple[int, int]:
        """The source and the picture that are dealt at a position of the run, without memory of those before.

        Sources are dealt in shuffled blocks that hold each in its share; so it is known how often a source was dealt
        before, and which picture of its shuffled pack comes next.
        """
        block, place = divmod(position, BLOCK)
        order = self._block(block)
        which = int(order[place])
        dealt = block * int(self._shares[which]) + int((order[:place] == which).sum())
        pack, picture = divmod(dealt, self._sizes[which])
        return which, int(self._pack(which, pack)[picture])

    def _block(self, number: int) -> np.ndarray:
        if self._blocks[0] != number:
            order = np.repeat(np.arange(len(self.sources)), self._shares)
            np.random.default_rng((self.seed, 1, number)).shuffle(order)
            self._blocks = (number, order)
        return self._blocks[1]

    def _pack(self, which: int, number: int) -> np.ndarray:
        if self._packs[which][0] != number:
            order = np.random.default_rng((self.seed, 2, which, number)).permutation(self._sizes[which])
            self._packs[which] = (number, order)
        return self._packs[which][1]

    def summary(self) -> list[str]:
        """A line a source, for people."""
        return [
            f"{share:.0%} {source.summary() if hasattr(source, 'summary') else source.name}"
            for share, source in zip(self.probabilities, self.sources, strict=True)
        ]


def _shares(probabilities: np.ndarray) -> np.ndarray:
    """How many of a block's places each source has: whole numbers, the largest remainders rounded up first."""
    exact = probabilities * BLOCK
    shares = np.floor(exact).astype(int)
    for k in np.argsort(shares - exact, kind="stable")[: BLOCK - int(shares.sum())]:
        shares[k] += 1
    return shares


@dataclass(frozen=True)
class Steps:
    """The keys of every step from ``first`` up to ``last`` that one of several processes works on, made one by one."""

    first: int
    last: int
    batch: int
    rank: int = 0
    ranks: int = 1

    def __len__(self) -> int:
        return self.last - self.first

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        share = self.batch // self.ranks
        for step in range(self.first, self.last):
            yield [(step, place) for place in range(self.rank * share, (self.rank + 1) * share)]


@dataclass(frozen=True)
class Batch:
    """Items stacked, people padded to the same number with missing parts; arrays, or tensors after :meth:`map`.

    Args:
        images: (B, size, size, 3) uint8.  keypoints: (B, N, J, 3).  unknown: (B, N, J).  boxes: (B, N, 4).
        mask: (B, size, size) uint8.  known: (B, J).
        names: B names.  skipped: of pictures that could not be read.
    """

    images: Any
    keypoints: Any
    unknown: Any
    boxes: Any
    mask: Any
    known: Any
    names: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def map(self, f: Callable[[Any], Any]) -> Batch:
        """The batch with a function applied to its arrays."""
        arrays = ("images", "keypoints", "unknown", "boxes", "mask", "known")
        return replace(self, **{name: f(getattr(self, name)) for name in arrays})


def collate(items: Sequence[Item]) -> Batch:
    """Stack items to a :class:`Batch` of torch tensors."""
    import torch

    most = max(1, *(len(item.keypoints) for item in items)) if items else 1

    def padded(arrays: list[np.ndarray]) -> np.ndarray:
        out = np.zeros((len(arrays), most, *arrays[0].shape[1:]), arrays[0].dtype)
        for row, array in zip(out, arrays, strict=True):
            row[: len(array)] = array
        return out

    points = [np.where(is_present(item.keypoints)[..., None], item.keypoints, np.float32(0)) for item in items]
    batch = Batch(
        np.stack([item.image for item in items]),
        padded(points),
        padded([item.unknown for item in items]),
        padded([item.boxes for item in items]),
        np.stack([item.mask for item in items]),
        np.stack([item.known for item in items]),
        tuple(item.name for item in items),
        tuple(name for item in items for name in item.skipped),
    )
    return batch.map(torch.from_numpy)


def quiet_worker(_: int) -> None:
    """Keep a data worker to one thread, since the cores are the network's.

    In a process group of its own it does not get the Ctrl-C or SIGTERM that is meant for the training, which stops it
    when it has finished its step.
    """
    import torch

    os.setpgid(0, 0)
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
