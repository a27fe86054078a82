"""The compiled road: the same people as the plain one on every scene, and nothing of it before it is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paflib
from paflib import BODY_25, CAR_22, COCO_18, FACE_70, MPII_15, Fields, Grid, PoseEstimator, parse, targets
from paflib import parser as roads
from paflib.errors import DataError, ShapeError
from paflib.fields import confidence_maps
from paflib.parser import PRESETS, ParserOptions, compiled, find_peaks, parse_batch
from paflib.skeleton import Skeleton
from tests.inference.fake import FakeNetwork
from tests.scenes import IMAGE_SIZE, random_people

STICK = Skeleton("stick", ("tip", "foot"), ((0, 1),))
BENT = Skeleton("bent", ("tip", "foot", "hub"), ((0, 1), (1, 2))).complete()
FAST = ("numba", "torch")  # the roads that must see what the plain one sees
SKELETONS = (COCO_18, MPII_15, BODY_25, CAR_22, STICK, BENT)
PACKAGE = Path(paflib.__file__).resolve().parent


def same_people(one, two) -> bool:
    """The same parts in the same people, coordinates to 1e-3 px, scores to 1e-5; people who tie in any order."""
    left = list(range(len(two)))
    for n in range(len(one)):
        match = [m for m in left if _same(one, n, two, m)]
        if not match:
            return False
        left.remove(match[0])
    return not left


def _same(one, n, two, m) -> bool:
    a, b = one.keypoints[n], two.keypoints[m]
    return bool(
        (one.present[n] == two.present[m]).all()
        and np.allclose(a[:, :2], b[:, :2], rtol=0, atol=1e-3, equal_nan=True)
        and np.allclose(a[:, 2], b[:, 2], rtol=0, atol=1e-5)
        and abs(one.scores[n] - two.scores[m]) < 1e-5
    )


# ---- scenes


def random_options(rng):
    """A preset, half of them with some options changed, ends of their ranges included."""
    options = PRESETS[str(rng.choice(list(PRESETS)))]
    if rng.random() < 0.5:
        return options
    choices = {
        "peak_threshold": (0.0, 0.05, 0.3), "refine": ("parabola", "cubic", "none"),
        "samples": (2, 7, 10, 33, "openpose"), "kernel": ("nearest", "bilinear", "cubic"),
        "sample_threshold": (-0.1, 0.0, 0.05, 0.3), "support": (0.0, 0.5, 0.8, 1.0, 1.1),
        "mean_of": ("all", "supporting"), "distance_prior": (True, False), "rescue_near": (True, False),
        "matching": ("greedy", "hungarian"), "assembly": ("sorted", "root-first"), "contradiction": ("merge", "ignore"),
        "peak_weight": (0.0, 0.1), "neighbours": (8, 4), "min_parts": (0, 1, 3), "min_score": (0.0, 0.2, 0.4),
    }  # fmt: skip
    names = rng.choice(list(choices), 4, replace=False)
    return replace(options, **{str(name): choices[name][rng.integers(len(choices[name]))] for name in names})


def random_scene(rng, largest=160, most=5):
    """What it is, and the fields: people who overlap freely, under noise; noise alone, smooth or not; nothing."""
    skeleton = SKELETONS[rng.integers(len(SKELETONS))]
    size = tuple(int(n) for n in rng.integers(48, largest, 2))
    kind = str(rng.choice(["people", "crowd", "smooth", "noise", "empty"], p=[0.35, 0.35, 0.15, 0.1, 0.05]))
    n = int(rng.integers(1, most + 1))
    # Everyone anywhere in the image: a crowd whose parts and limbs cross.
    parts = rng.uniform(0, 1, (n, skeleton.J, 2)) * size[::-1]
    if kind == "people":  # smaller ones, each round a middle of their own
        parts = rng.uniform(0, 1, (n, 1, 2)) * size[::-1] + rng.normal(0, 12, (n, skeleton.J, 2))
    there = (rng.random((n, skeleton.J, 1)) < 0.9) & (parts > 0).all(-1, keepdims=True)
    people = paflib.People(np.concatenate([parts, there & (kind in ("people", "crowd"))], axis=-1), None, skeleton)
    fields = targets(people, size, 8, str(rng.choice(["paper", "openpose", "cmu-2017"])))
    S, L = fields.S, fields.L
    if kind != "empty":
        noise = 0.01 if kind in ("people", "crowd") else 0.3
        S, L = S + rng.normal(0, noise, S.shape), L + rng.normal(0, noise, L.shape)
    if kind == "smooth":
        flat = np.concatenate([S, L.reshape(-1, *S.shape[1:])])
        flat = 3 * np.array([cv2.GaussianBlur(one, (0, 0), 1.0) for one in flat])
        S, L = flat[: len(S)], flat[len(S) :].reshape(L.shape)
    return kind, replace(fields, S=S, L=L)


def differences(seeds, **size):
    """The seeds whose scenes the two roads see differently, and how many people were found in scenes of each kind."""
    different, found = [], Counter()
    for seed in seeds:
        rng = np.random.default_rng(seed)
        kind, fields = random_scene(rng, **size)
        options = random_options(rng)
        plain = parse(fields, preset=options)
        if not same_people(plain, parse(fields, preset=options, backend="numba")):
            different.append(seed)
        found[kind] += len(plain)
    return different, found


@pytest.mark.parametrize("block", range(10))
def test_both_roads_see_the_same_people_in_a_thousand_scenes(block):
    different, found = differences(range(100 * block, 100 * block + 100))
    assert different == []
    assert min(found["people"], found["crowd"], found["smooth"], found["noise"]) > 20  # not vacuous


@pytest.mark.slow
@pytest.mark.parametrize("block", range(4))
def test_both_roads_see_the_same_people_in_large_scenes(block):
    assert differences(range(10_000 + 40 * block, 10_040 + 40 * block), largest=400, most=25)[0] == []


@pytest.mark.parametrize("backend", FAST)
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("offset", [0.0, 4.0])
def test_symmetric_scenes_tie_the_same_way(preset, offset, backend):
    """People on cell centres, or between cells: whole rows of peaks and of pairs are equally good."""
    points = np.array([[8 * c + 3.5 + offset, 8 * r + 3.5 + offset] for r in range(2, 22, 4) for c in range(2, 11, 8)])
    for seed in range(5):
        rng = np.random.default_rng(seed)
        parts = rng.permuted(np.broadcast_to(points[:9], (2, 9, 2)), axis=1)
        people = np.zeros((2, COCO_18.J, 3))
        people[:, :9, :2], people[:, :9, 2] = parts, 1
        fields = targets(paflib.People(people), (184, 128))
        assert same_people(parse(fields, preset=preset), parse(fields, preset=preset, backend=backend))


@pytest.mark.parametrize("backend", FAST)
def test_fields_on_different_grids(backend):
    people = random_people(np.random.default_rng(3), COCO_18, 3)
    fine, coarse = targets(people, IMAGE_SIZE, 4), targets(people, IMAGE_SIZE, 8, "openpose")
    fields = Fields(fine.S, coarse.L, COCO_18, fine.S_grid, coarse.L_grid)
    plain = parse(fields)
    assert len(plain) == 3 and same_people(plain, parse(fields, backend=backend))
    assert not same_people(plain, parse(replace(fields, L_grid=Grid(8, 2.0)), backend=backend))


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 2), (3, 3), (5, 2), (17, 9)])
@pytest.mark.parametrize("refine", ["parabola", "cubic", "none"])
@pytest.mark.parametrize("backend", FAST)
def test_maps_of_any_shape(shape, refine, backend):
    rng = np.random.default_rng(0)
    S, L = rng.random((18, *shape), np.float32), rng.normal(0, 1, (19, 2, *shape))
    for kernel in ("nearest", "bilinear", "cubic"):
        options = {"refine": refine, "kernel": kernel, "support": 0.3, "min_parts": 1, "min_score": 0.0}
        assert same_people(parse(S, L, **options), parse(S, L, backend=backend, **options))


def test_a_skeleton_without_limbs_has_nobody():
    fields = Fields(np.ones((70, 4, 4)), np.zeros((0, 2, 4, 4)), FACE_70)
    assert FACE_70.C == 0 and len(parse(fields, backend="numba", min_parts=0)) == 0


@pytest.mark.parametrize("preset", PRESETS)
def test_empty_maps_give_nobody(preset):
    people = parse(np.zeros((18, 46, 82)), np.zeros((19, 2, 46, 82)), preset=preset, backend="numba")
    assert len(people) == 0 and people.skeleton is COCO_18


# ---- peaks that touch at a corner


@pytest.mark.parametrize("refine", ["parabola", "cubic", "none"])
@given(st.floats(20, 100), st.floats(20, 100), st.floats(6, 20))
def test_four_neighbours_keep_one_part_one_peak(refine, x, y, sigma):
    S = confidence_maps(np.array([[[x, y, 1.0]]]), (15, 15), Grid(8), sigma)
    four, eight = (find_peaks(S, 0.05, refine, neighbours=n) for n in (4, 8))
    assert len(four) == 1
    np.testing.assert_array_equal(four.cell, eight.cell)


@settings(max_examples=60)
@given(
    st.integers(0, 2**32 - 1), st.floats(20, 100), st.floats(20, 100), st.sampled_from([7.0, 10.0, 14.0]),
    st.sampled_from([0.1, 0.3, 1.0]),
)  # fmt: skip
def test_noise_does_not_make_two_peaks_of_one_part(seed, x, y, sigma, height):
    """Of a part between four cells all four are about as high, and noise may lift two that touch at a corner."""
    S = height * confidence_maps(np.array([[[x, y, 1.0]]]), (15, 15), Grid(8), sigma)
    S = S + np.random.default_rng(seed).normal(0, 0.01, S.shape)
    four, eight = (find_peaks(S, 0.05, neighbours=n) for n in (4, 8))
    np.testing.assert_array_equal(four.cell, eight.cell)


@pytest.mark.parametrize(("height", "lower", "peaks"), [(1.0, 0.06, 2), (1.0, 0.04, 1), (0.3, 0.06, 2), (0.3, 0.04, 1)])
@pytest.mark.parametrize("other", [0.0, 1e-6])
def test_a_dip_of_five_hundredths_parts_two_peaks(height, lower, peaks, other):
    """However high they are: the mean of the four cells is what counts, two of which are the peaks themselves."""
    S = np.zeros((1, 6, 6))
    S[0, 2, 2], S[0, 3, 3] = height, height + other
    S[0, 2, 3] = S[0, 3, 2] = height - 2 * lower
    for turned in (S, S[:, ::-1], S[:, :, ::-1]):
        assert len(find_peaks(turned, 0.05, neighbours=4)) == peaks
        assert len(compiled.find_peaks(turned, ParserOptions(neighbours=4))[2]) == peaks
        assert len(find_peaks(turned, 0.05)) == 1


def test_the_parser_looks_at_the_dip():
    assert {options.neighbours for options in PRESETS.values()} == {ParserOptions().neighbours} == {4}


@pytest.mark.parametrize("refine", ["parabola", "cubic"])
def test_four_neighbours_tell_two_people_in_cells_that_touch_at_a_corner(refine):
    joints = np.array([[[43.0, 43.5, 1.0]], [[52.5, 52.0, 1.0]]])  # 12.7 px apart, in the cells (5, 5) and (6, 6)
    S = confidence_maps(joints, (12, 12), Grid(8))
    assert len(find_peaks(S, 0.05, refine)) == 1
    found = find_peaks(S, 0.05, refine, neighbours=4)
    np.testing.assert_allclose(Grid(8).to_pixels(found.xy), joints[:, 0, :2], atol=2.5)
    with pytest.raises(ShapeError, match="neighbours is 6, wanted 8 or 4"):
        find_peaks(S, neighbours=6)


# ---- rejection


def pairs_of(fields: Fields, options: ParserOptions, quick: bool) -> tuple[np.ndarray, ...]:
    first, xy, _ = compiled.find_peaks(fields.S, options)
    found = compiled.score_limbs(fields, first, xy, options, quick)
    return found.limb, found.a, found.b, found.score


@settings(max_examples=150)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from(["nearest", "bilinear", "cubic"]), st.sampled_from([10, "openpose"]),
    st.sampled_from([0.3, 0.8, 1.0]), st.booleans(), st.sampled_from([0.02, 0.05, 0.2]),
)  # fmt: skip
def test_leaving_hopeless_pairs_early_changes_nothing(seed, kernel, samples, support, rescue, strength):
    """Fields about as strong as the threshold itself, so many candidates that whole stretches are ruled out unread."""
    rng = np.random.default_rng(seed)
    S = rng.random((2, 12, 14))
    L = rng.normal(0, strength, (1, 2, 12, 14)) * (rng.random((12, 14)) < 0.6)
    options = ParserOptions(kernel=kernel, samples=samples, support=support, rescue_near=rescue)
    fields = Fields(S, L, STICK)
    quick, full = (pairs_of(fields, options, quick) for quick in (True, False))
    for one, two in zip(quick, full, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("kernel", ["nearest", "bilinear", "cubic"])
def test_a_pair_just_above_the_threshold_is_kept_in_every_direction(kernel):
    """The bounds look at eight directions; between them, at 22.5 degrees, they have the least to spare."""
    for degrees in range(0, 360, 3):
        u = np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))])
        L = np.zeros((1, 2, 21, 21)) + 0.0501 * u[:, None, None]
        S = np.zeros((2, 21, 21))
        S[0, ::2, 0] = S[1, ::2, -1] = 0.5  # so many pairs that the bounds are asked
        S[0, 10, 10] = S[1, round(10 + 7 * u[1]), round(10 + 7 * u[0])] = 1.0
        options = ParserOptions(kernel=kernel, refine="none", sample_threshold=0.05 * np.cos(np.deg2rad(4.5)))
        quick, full = (list(zip(*pairs_of(Fields(S, L, STICK), options, way), strict=True)) for way in (True, False))
        assert quick == full and len(full) >= 1, degrees


def test_a_cubic_kernel_makes_more_of_a_field_than_there_is():
    """Half way between cells the weights' magnitudes add up to (11/8)^2: vectors of 0.7 thresholds still support."""
    signs = np.array([-1, 1, 1, -1] * 4)
    L = np.zeros((1, 2, 16, 16))
    L[0, 0] = 0.7 * 0.05 * np.outer(signs, signs)
    S = np.zeros((2, 16, 16))
    S[0, ::2, ::3], S[1, 1::2, 1::3] = 1, 1  # many candidates, whose pairs are ruled out by the map first
    options = ParserOptions(kernel="cubic", support=0.1, refine="none")
    quick, full = (pairs_of(Fields(S, L, STICK), options, quick) for quick in (True, False))
    assert len(full[0]) > 0
    for one, two in zip(quick, full, strict=True):
        np.testing.assert_array_equal(one, two)


# ---- size


def test_ten_thousand_peaks():
    """Five thousand sticks of two parts each: no buffer is too small, and each tip gets its own foot."""
    S, L = np.zeros((2, 200, 300)), np.zeros((1, 2, 200, 300))
    S[0, ::2, ::6], S[1, ::2, 2::6] = 1, 1
    for k in range(3):
        L[0, 0, ::2, k::6] = 1
    people = parse(Fields(S, L, STICK, Grid(1), Grid(1)), backend="numba")
    assert len(people) == 5000 and people.present.all()
    tip, foot = people.keypoints[:, 0], people.keypoints[:, 1]
    np.testing.assert_array_equal(foot[:, :2] - tip[:, :2], np.tile([2.0, 0.0], (5000, 1)))
    assert len(np.unique(tip[:, :2], axis=0)) == 5000


def test_more_good_pairs_than_any_first_guess():
    rng = np.random.default_rng(0)
    S, L = rng.random((2, 24, 24)), np.ones((1, 2, 24, 24))
    fields, options = Fields(S, L, STICK), {"support": 0.0, "sample_threshold": -9.0, "min_score": 0.0}
    plain, fast = (parse(fields, backend=backend, **options) for backend in ("numpy", "numba"))
    assert len(plain) > 30 and same_people(plain, fast)


# ---- the door


def test_maps_with_nan_are_refused_alike():
    fields = targets(random_people(np.random.default_rng(0), COCO_18, 1), IMAGE_SIZE)
    S, L = np.array(fields.S), np.array(fields.L)
    S[3, 5, 7] = np.nan
    with pytest.raises(ShapeError, match="S has 1 values that are NaN or infinite, the first at index"):
        parse(S, L, backend="numba")
    for bad in (np.nan, np.inf, -np.inf):  # put there after the fields were checked
        fields.S[3, 5, 7] = bad
        for backend in ("numpy", "numba"):
            with pytest.raises(ShapeError, match=r"S has 1 values that are NaN .* first at index \(3, 5, 7\)"):
                parse(fields, backend=backend)


def test_kernels_are_compiled_once_whatever_arrays_come():
    fields = targets(random_people(np.random.default_rng(0), COCO_18, 2), IMAGE_SIZE)
    S, L = fields.S.astype(float), fields.L.astype(float)
    frozen = S.astype(np.float32)
    frozen.flags.writeable = False
    plain = parse(S, L)
    for one in (S, frozen, np.asfortranarray(S), S[:, ::-1][:, ::-1]):
        assert same_people(plain, parse(one, np.asfortranarray(L), backend="numba"))
    parse(S, L, backend="numba", preset="openpose-cpu")
    assert same_people(plain, parse(S, L, backend="torch"))
    for kernel in (compiled._find_peaks, compiled._score, compiled._match_greedily, compiled._assemble):
        assert kernel.targetoptions["nogil"] and len(kernel.signatures) == 1, kernel


def test_a_backend_that_is_not_there_is_named():
    S, L = np.zeros((18, 5, 6)), np.zeros((19, 2, 5, 6))
    with pytest.raises(ShapeError, match="backend is 'cuda', wanted one of 'numpy', 'numba', 'torch', 'auto'"):
        parse(S, L, backend="cuda")
    with pytest.raises(ShapeError, match="the backend 'numba' keeps no trace"):
        parse(S, L, backend="numba", trace=[])


def test_a_trace_is_kept_by_the_plain_road():
    fields, trace = targets(random_people(np.random.default_rng(0), COCO_18, 1), IMAGE_SIZE), []
    assert len(parse(fields, backend="auto", trace=trace)) == 1
    assert {"peak", "pair", "person"} <= {entry["step"] for entry in trace}


@pytest.fixture
def without_numba(monkeypatch):
    roads.import_compiled.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "paflib.parser.compiled")
    monkeypatch.delattr(roads, "compiled")
    yield
    roads.import_compiled.cache_clear()


def test_without_numba_the_plain_road_is_taken(without_numba):
    fields = targets(random_people(np.random.default_rng(0), COCO_18, 2), IMAGE_SIZE)
    assert len(parse(fields, backend="auto")) == len(parse_batch([fields])[0]) == 2
    with pytest.raises(DataError, match=r"the backend 'numba' cannot be used here: .*backend='numpy' needs no Numba"):
        parse(fields, backend="numba")


def calls(monkeypatch) -> list[ParserOptions]:
    seen: list[ParserOptions] = []
    decode = compiled.decode

    def spy(fields, options):
        seen.append(options)
        return decode(fields, options)

    monkeypatch.setattr(compiled, "decode", spy)
    return seen


def test_the_estimator_takes_the_compiled_road_and_parse_the_plain_one(monkeypatch):
    seen = calls(monkeypatch)
    people = random_people(np.random.default_rng(0), COCO_18, 2)
    estimator = PoseEstimator(FakeNetwork(lambda size: people), 368, min_score=0.3)
    image = np.zeros((*IMAGE_SIZE, 3), np.uint8)
    assert len(estimator(image)) == 2 and [options.min_score for options in seen] == [0.3]
    assert same_people(parse(estimator.fields(image), min_score=0.3), estimator(image)) and len(seen) == 2


def test_options_that_are_not_compiled_go_the_plain_road(monkeypatch):
    seen = calls(monkeypatch)
    fields = targets(random_people(np.random.default_rng(0), COCO_18, 2), IMAGE_SIZE)
    people = parse(fields, backend="numba", peak_threshold=-0.1, refine="none")
    assert seen == [] and same_people(people, parse(fields, peak_threshold=-0.1, refine="none"))


@pytest.mark.parametrize("threads", [None, 1, 4])
def test_a_batch_is_parsed_as_its_images_are(threads):
    rng = np.random.default_rng(0)
    batch = [random_scene(rng)[1] for _ in range(12)]
    found = parse_batch(batch, preset="openpose-gpu", threads=threads)
    plain = parse_batch(batch, preset="openpose-gpu", backend="numpy")
    assert sum(map(len, plain)) > 5
    assert all(same_people(one, two) for one, two in zip(plain, found, strict=True))
    assert parse_batch([], threads=threads) == []


# ---- when it is compiled, and where that is kept


def python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, cwd=environment.get("PYTHONPATH"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_numba_is_not_imported_before_it_is_asked_for():
    python("""
import sys, numpy as np, paflib, paflib.parser
S, L = np.zeros((18, 5, 6)), np.zeros((19, 2, 5, 6))
paflib.parse(S, L)
assert "numba" not in sys.modules
""")


def test_the_time_of_the_first_call_is_told():
    assert compiled.compile_time() >= 0
    assert compiled.compile_time() == compiled.compile_time()


ADD = """
from paflib.parser import compiled
import numba, numpy as np
assert numba.config.CACHE_DIR == {given!r}, numba.config.CACHE_DIR
assert compiled._sum(np.ones(9), 9) == 9
print(compiled.__file__)
"""


@pytest.fixture
def read_only(tmp_path):
    """A copy of the package beside which nothing can be written, and an environment in which the user cannot either.

    Files stand where the folders would have to be made: permissions do not keep root out.
    """
    package = tmp_path / "site" / "paflib"
    unwanted = ("__pycache__", "widgets", "figures", "synthetic", "trainer", "*.npz", "*.safetensors")
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns(*unwanted))
    for folder in (package, *(path for path in package.rglob("*") if path.is_dir())):
        (folder / "__pycache__").touch()
    blocked = tmp_path / "blocked"
    blocked.touch()
    return {
        "PYTHONPATH": str(package.parent), "HOME": str(blocked), "XDG_CACHE_HOME": str(blocked / "cache"),
        "PAFLIB_CACHE": str(tmp_path / "cache"), "NUMBA_CACHE_DIR": "",
    }  # fmt: skip


def test_a_read_only_package_is_compiled_into_the_cache_folder(read_only, tmp_path):
    where = python(ADD.format(given=""), **read_only)
    assert where.startswith(str(tmp_path))
    assert [path.suffix for path in (tmp_path / "cache" / "numba").rglob("compiled._sum*.nbi")] == [".nbi"]


def test_where_nothing_can_be_written_it_is_compiled_all_the_same(read_only, tmp_path):
    python(ADD.format(given=""), **(read_only | {"PAFLIB_CACHE": read_only["HOME"]}))
    assert not (tmp_path / "cache").exists()


def test_the_users_own_folder_for_numba_comes_first(read_only, tmp_path):
    mine = str(tmp_path / "mine")
    python(ADD.format(given=mine), **(read_only | {"NUMBA_CACHE_DIR": mine}))
    assert list((tmp_path / "mine").rglob("compiled._sum*.nbi")) and not (tmp_path / "cache").exists()


def test_a_batch_of_arrays_is_refused_by_name():
    with pytest.raises(ShapeError, match=r"batch\[0\] is a ndarray, wanted Fields"):
        parse_batch([np.zeros((18, 4, 4))])
