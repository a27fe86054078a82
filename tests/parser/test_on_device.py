"""The parser's dense steps as tensor operations: the same people as the plain road's, alone and in batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from paflib import COCO_18, Fields, Grid, People, parse, targets
from paflib.errors import ShapeError
from paflib.parser import PRESETS, on_device, parse_batch
from paflib.parser.options import options_of
from tests.parser.test_compiled import STICK, random_options, random_scene, same_people
from tests.scenes import IMAGE_SIZE, random_people


def differences(seeds, **size) -> tuple[list[int], int]:
    """The seeds of the scenes that the three roads do not all see alike, and how many people were found."""
    different, found = [], 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        _, fields = random_scene(rng, **size)
        options = random_options(rng)
        plain = parse(fields, preset=options)
        if not all(same_people(plain, parse(fields, preset=options, backend=road)) for road in ("numba", "torch")):
            different.append(seed)
        found += len(plain)
    return different, found


def test_three_roads_see_the_same_people():
    different, found = differences(range(100))
    assert different == [] and found > 100


@pytest.mark.parametrize("preset", PRESETS)
def test_even_exact_ties_fall_the_same_way(preset):
    """Fields that are the same everywhere: all pairs along a direction score alike, but for what sums round to."""
    found = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        S = np.where(rng.random((18, 14, 17)) < 0.03, 0.8, 0.0)
        L = np.zeros((19, 2, 14, 17)) + rng.normal(0, 0.4, 2)[:, None, None]
        plain = parse(S, L, preset=preset)
        found += len(plain)
        for road in ("numba", "torch"):
            assert same_people(plain, parse(S, L, preset=preset, backend=road)), (seed, road)
    assert found > 25


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_three_roads_see_the_same_people_in_a_thousand_scenes(block):
    assert differences(range(100 * block, 100 * block + 100))[0] == []


@pytest.mark.parametrize("preset", PRESETS)
def test_a_batch_holds_what_its_images_hold(preset):
    """No image's maps or candidates reach another's row, whatever is beside it."""
    people = [random_people(np.random.default_rng(n), COCO_18, n) if n else People.empty(COCO_18) for n in (3, 0, 1, 7)]
    scenes = [targets(one, IMAGE_SIZE) for one in people]
    options = options_of(preset)
    S, L = (torch.from_numpy(np.stack([getattr(one, name) for one in scenes])) for name in "SL")
    rows = on_device.candidates(S, L, COCO_18, Grid(8), Grid(8), options, 16).numpy()
    for fields, row in zip(scenes, rows, strict=True):
        found = on_device.unpack(row, COCO_18, 16)
        assert same_people(parse(fields, preset=preset), on_device.assemble(found, COCO_18, fields.S_grid, options))
    assert same_people(parse(scenes[3]), parse_batch(scenes, backend="torch")[3])


def test_the_memory_is_bounded_by_taking_fewer_limbs_at_a_time(monkeypatch):
    fields = targets(random_people(np.random.default_rng(0), COCO_18, 3), IMAGE_SIZE)
    plain, sizes = parse(fields), []
    score = on_device._pair_scores

    def spy(field, *rest):
        sizes.append(len(field))
        return score(field, *rest)

    monkeypatch.setattr(on_device, "_pair_scores", spy)
    assert same_people(plain, parse(fields, backend="torch")) and sizes == [19]
    monkeypatch.setattr(on_device, "_SAMPLES", 16 * 16 * 10 * 4)
    sizes.clear()
    assert same_people(plain, parse(fields, backend="torch")) and sizes == [4, 4, 4, 4, 3]


# ---- more than there is room for, and what is no number


def test_no_candidate_is_lost_where_there_is_room_for_fewer():
    people = random_people(np.random.default_rng(5), COCO_18, 20)
    fields = targets(people, IMAGE_SIZE)
    rows = on_device.candidates(
        torch.from_numpy(fields.S)[None], torch.from_numpy(fields.L)[None], COCO_18, Grid(8), Grid(8), options_of(), 16
    ).numpy()
    assert on_device.most_candidates(rows, COCO_18) > 16 and on_device.unpack(rows[0], COCO_18, 16) is None
    assert same_people(parse(fields), parse(fields, backend="torch"))


def test_ten_thousand_peaks():
    S, L = np.zeros((2, 200, 300)), np.zeros((1, 2, 200, 300))
    S[0, ::2, ::6], S[1, ::2, 2::6] = 1, 1
    for k in range(3):
        L[0, 0, ::2, k::6] = 1
    people = parse(Fields(S, L, STICK, Grid(1), Grid(1)), backend="torch")
    assert len(people) == 5000 and people.present.all()


@pytest.mark.parametrize("road", ["numpy", "numba", "torch"])
@pytest.mark.parametrize("kind", ["S", "L"])
def test_what_became_no_number_in_fields_is_named(road, kind):
    """Fields check what they are made of, and their arrays can be changed afterwards."""
    fields = targets(random_people(np.random.default_rng(0), COCO_18, 2), IMAGE_SIZE)
    getattr(fields, kind)[..., 0, 0] = np.nan
    with pytest.raises(ShapeError, match=f"{kind} has"):
        parse(fields, backend=road)
    with pytest.raises(ShapeError, match=f"{kind} has"):
        parse_batch([fields], backend=road)


def test_what_is_no_number_is_named():
    fields = targets(random_people(np.random.default_rng(0), COCO_18, 1), IMAGE_SIZE)
    for bad in (np.nan, np.inf):  # put there after the fields were checked
        fields.S[3, 5, 7] = bad
        with pytest.raises(ShapeError, match=r"S has 1 values that are NaN .* first at index \(3, 5, 7\)"):
            parse(fields, backend="torch")


def test_without_numba_the_assembly_is_the_plain_one(monkeypatch):
    fields = targets(random_people(np.random.default_rng(0), COCO_18, 4), IMAGE_SIZE)
    plain = parse(fields)
    monkeypatch.setattr(on_device, "import_compiled", lambda: ImportError("no Numba here"))
    for preset in PRESETS:
        assert same_people(parse(fields, preset=preset), parse(fields, preset=preset, backend="torch"))
    assert len(plain) == 4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        _, fields = random_scene(rng)
        options = random_options(rng)
        assert same_people(parse(fields, preset=options), on_device.decode(fields, options, "cuda"))
