"""Scenes: flags, masks and places are what the picture shows; the same bytes again; every scene on its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from paflib.errors import DataError
from paflib.fields import Grid
from paflib.fields.mask import loss_mask
from paflib.skeleton import CAR_12, COCO_17, COCO_18, COCO_23, SKELETONS
from paflib.synthetic import LEVELS, Level, Scene, SyntheticDataset, generate, random_scene
from paflib.synthetic import world as world_module
from paflib.synthetic.bodies import Dice, posed, random_build, random_pose
from paflib.synthetic.cars import random_car
from paflib.synthetic.clothes import (
    FOOT,
    SHIN,
    TORSO,
    UPPER_ARM,
    Figure,
    Outfit,
    dress,
    moved,
    random_outfit,
    seen,
    shows,
)
from paflib.synthetic.measure import hidden_by_others
from paflib.synthetic.render import Painted, Shapes, paint, picture_of

ROOT = Path(__file__).parent.parent.parent
CROWD, HARD = LEVELS["crowd"], LEVELS["hard"]


def scenes(level: str | Level, count: int, seed: int = 5) -> list[Scene]:
    return list(SyntheticDataset(level, count, seed))


class Watched:
    """Scenes together with what they were painted of."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.painted: list[Painted] = []
        self.dressed: list[tuple[int, Figure, Outfit]] = []
        monkeypatch.setattr(world_module, "paint", self._paint)
        monkeypatch.setattr(world_module, "dress", self._dress)

    def _paint(self, *args: Any) -> Painted:
        self.painted.append(paint(*args))
        return self.painted[-1]

    def _dress(self, shapes: Shapes, actor: int, figure: Figure, outfit: Outfit) -> None:
        self.dressed.append((actor, figure, outfit))
        dress(shapes, actor, figure, outfit)


@pytest.fixture
def watched(monkeypatch):
    return Watched(monkeypatch)


def alone(figure: Figure, outfit: Outfit, size: tuple[int, int]) -> Painted:
    shapes = Shapes()
    dress(shapes, 0, figure, outfit)
    return paint(shapes, size)


# ---- what is drawn


@pytest.mark.parametrize("level", LEVELS)
def test_a_scene_is_what_its_level_says(level):
    figures = LEVELS[level]
    for scene in scenes(level, 30):
        assert scene.image.shape == (*figures.size, 3) and scene.image.dtype == np.uint8
        people = scene.people
        assert people.skeleton == COCO_23 and scene.vehicles.skeleton == CAR_12
        assert 1 <= len(people) <= figures.people[1]
        assert len(scene.stature) == len(people)
        assert (scene.stature >= figures.stature[0]).all() and (scene.stature <= figures.stature[1]).all()
        assert figures.distractors[0] <= scene.distractors <= figures.distractors[1]
        assert not people.iscrowd.any() and len(people.segmentation) == len(people)
        assert scene.image.std() > 5


def test_the_picture_has_a_single_bright_joint_where_the_truth_has_it(monkeypatch):
    """Whoever is drawn, a white disc of 3 px on their right wrist, and nothing else white: its centre is the truth."""

    def bright(shapes: Shapes, actor: int, figure: Figure, outfit: Outfit) -> None:
        shapes.dot(actor, 0.0, 0, figure.places["right_wrist"], 3.0, (255, 255, 255))

    def dark(dice: Dice, size: tuple[int, int]) -> np.ndarray:
        return np.zeros((*size, 4), np.uint8)

    monkeypatch.setattr(world_module, "dress", bright)
    monkeypatch.setattr(world_module, "background", dark)
    monkeypatch.setattr(world_module, "shows", lambda *_: True)
    level = replace(CROWD, people=(1, 1), distractors=(0, 0), cars=0, blur=0, noise=(0, 0), truncated=0, unlabelled=0,
                    least_seen=0)  # fmt: skip
    for index in range(20):
        scene = generate(level, index)
        weight = scene.image.astype(float).sum(axis=2)
        weight -= weight.min()
        y, x = np.indices(weight.shape)
        centre = (x * weight).sum() / weight.sum(), (y * weight).sum() / weight.sum()
        wrist = scene.people.keypoints[0, COCO_23.index("right_wrist"), :2]
        assert centre == pytest.approx(tuple(wrist), abs=0.15)  # the light falls off to one side
        assert (wrist * 64 == np.round(wrist * 64)).all()


@pytest.mark.parametrize("seed", range(40))
def test_every_joint_lies_on_its_own_body(seed):
    """Drawn alone, far from the border, the buffer shows the body wherever it has a joint."""
    dice = Dice(np.random.default_rng(seed))
    figure = seen(posed(random_build(dice), random_pose(dice)), dice.between(50, 150), dice.between(0, 20), 3.0)
    figure = moved(figure, 160, 160)
    painted = alone(figure, random_outfit(dice), (320, 320))
    for part in COCO_23.parts:
        x, y, _ = figure.places[part]
        assert painted.at(x, y)[0] == 0, part


# ---- flags


def test_flags_are_read_from_the_buffer(watched):
    """Seen: the person's own, on a piece of theirs that shows the joint. Hidden: not so. Outside: outside."""
    counted = {0: 0, 1: 0, 2: 0}
    for index in range(30):
        del watched.dressed[:]
        scene = generate(replace(CROWD, unlabelled=0, least_seen=0), index, 9)
        whose = picture_of(watched.painted[-1], BLACK)[1]
        visible = [row for row in watched.dressed if (whose == row[0] + 1).any()]  # nobody knows of the others
        assert len(visible) == len(scene.people)
        for n, (actor, figure, _) in enumerate(visible):
            for j, part in enumerate(COCO_23.parts):
                x, y, _ = figure.places[part]
                flag = scene.people.visibility[n, j]
                counted[int(flag)] += 1
                inside = -0.5 <= x < 191.5 and -0.5 <= y < 191.5
                assert (flag > 0) == inside
                if inside:
                    np.testing.assert_array_equal(scene.people.keypoints[n, j], (x, y, 1))
                    there, piece = watched.painted[-1].at(x, y)
                    assert (flag == 2) == (there == actor and shows(figure, part, piece))
    assert min(counted.values()) > 50


BLACK = np.zeros((192, 192, 4), np.uint8)


def test_others_hide_and_never_show(watched):
    """Two drawings: what is seen in the crowd is seen of the person alone; what only the crowd hides is another's."""
    by_others = 0
    for index in range(25):
        del watched.dressed[:]
        scene = generate(replace(CROWD, unlabelled=0, least_seen=0, in_front=0.5), index, 4)
        if len(scene.people) != len(watched.dressed):
            continue  # somebody is hidden altogether
        others = hidden_by_others(scene)
        assert (scene.people.visibility[others] == 1).all()
        for n, (_, figure, outfit) in enumerate(watched.dressed):
            by_self = alone(figure, outfit, CROWD.size)
            for j, part in enumerate(COCO_23.parts):
                x, y, _ = figure.places[part]
                flag = scene.people.visibility[n, j]
                if flag == 0:
                    continue
                seen_alone = shows(figure, part, by_self.at(x, y)[1])
                assert flag == 1 or seen_alone
                if flag == 1 and seen_alone:
                    by_others += 1
                    # Up to the border between two people, where a pixel is whoever's has the most of its points.
                    near = scene.owner[max(0, int(y) - 1) : int(y) + 3, max(0, int(x) - 1) : int(x) + 3]
                    assert others[n, j] or (near != n).any()
    assert by_others > 60


def test_the_nearest_is_hidden_by_nobody(watched):
    for index in range(25):
        del watched.dressed[:]
        scene = generate(replace(CROWD, people=(3, 6), unlabelled=0, least_seen=0, in_front=0, cars=0), index, 2)
        _, figure, outfit = watched.dressed[-1]
        by_self = alone(figure, outfit, CROWD.size)
        for j, part in enumerate(COCO_23.parts):
            x, y, _ = figure.places[part]
            if scene.people.visibility[-1, j]:
                assert (scene.people.visibility[-1, j] == 2) == shows(figure, part, by_self.at(x, y)[1])


def test_faces_are_seen_from_before_and_hidden_from_behind():
    dice = Dice(np.random.default_rng(0))
    build, pose, outfit = random_build(dice), random_pose(dice), random_outfit(dice)
    outfit = replace(outfit, style="short", bag=None, glasses=False)
    hanging, straight = (12.0, 90.0, 0.0, 10.0), (4.0, 90.0, 0.0, 2.0)
    pose = replace(pose, lean=0, roll=0, twist=0, head=(0, 0, 0), arms=(hanging, hanging), legs=(straight, straight))

    def visible(yaw: float) -> set[str]:
        figure = moved(seen(posed(build, replace(pose, yaw=yaw)), 140.0, 5.0, 0.0), 100, 100)
        painted = alone(figure, outfit, (200, 200))
        return {part for part in COCO_23.parts if shows(figure, part, painted.at(*figure.places[part][:2])[1])}

    face = {"nose", "left_eye", "right_eye"}
    body = {p for p in COCO_17.parts if p.split("_")[-1] not in ("nose", "eye", "ear")}
    assert face | body | {"left_ear", "right_ear"} <= visible(0) and not face & visible(180) and body <= visible(180)
    for yaw, near, far in ((90, "right", "left"), (-90, "left", "right")):
        half = visible(yaw)
        for joint in ("eye", "ear", "shoulder", "elbow", "knee"):
            assert f"{near}_{joint}" in half, joint
        for joint in ("eye", "ear", "shoulder", "hip"):
            assert f"{far}_{joint}" not in half, joint


def test_the_far_side_of_the_trunk_and_the_far_end_of_a_foot_are_hidden_by_the_near_one():
    build, pose = random_build(Dice(np.random.default_rng(1))), random_pose(Dice(np.random.default_rng(1)))
    hanging, straight = (8.0, 90.0, 0.0, 5.0), (2.0, 90.0, 0.0, 2.0)
    pose = replace(pose, lean=0, roll=0, twist=0, arms=(hanging, hanging), legs=(straight, straight), ankles=(0, 0))

    def on(yaw: float, part: str, piece: int) -> bool:
        return shows(seen(posed(build, replace(pose, yaw=yaw)), 100.0, 0.0, 0.0), part, piece)

    for part in ("shoulder", "hip"):
        assert all(on(yaw, f"{side}_{part}", TORSO) for yaw in (0, 180) for side in ("left", "right"))
        assert on(90, f"right_{part}", TORSO) and not on(90, f"left_{part}", TORSO)
    assert on(90, "left_shoulder", UPPER_ARM) and not on(90, "left_shoulder", UPPER_ARM + 1)
    assert on(0, "right_knee", SHIN + 1) and not on(0, "right_knee", SHIN)
    for toe in ("big_toe", "small_toe"):
        assert on(0, f"left_{toe}", FOOT) and not on(180, f"left_{toe}", FOOT)
    assert on(180, "left_heel", FOOT) and not on(0, "left_heel", FOOT) and on(90, "left_heel", FOOT)


# ---- masks and boxes


@pytest.mark.parametrize("level", LEVELS)
def test_segmentation_area_and_box_are_those_of_the_pixels_seen(level):
    for scene in scenes(level, 15):
        height, width = scene.image.shape[:2]
        for n in range(len(scene.people)):
            run = scene.people.segmentation[n]
            mask = coco_mask.decode(run).astype(bool)
            np.testing.assert_array_equal(mask, scene.owner == n)
            assert scene.people.area[n] == mask.sum() == coco_mask.area(run)
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            box = columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
            np.testing.assert_array_equal(scene.people.bbox[n], box)
            seen_parts = scene.people.keypoints[n][scene.people.visibility[n] == 2][:, :2]
            x, y = np.floor(seen_parts + 0.5).astype(int).T
            near = [mask[max(0, v - 1) : v + 2, max(0, u - 1) : u + 2].any() for u, v in zip(x, y, strict=True)]
            assert all(near)
        assert scene.owner.min() >= -1 and scene.owner.max() < len(scene.people)
        assert scene.owner.shape == (height, width)


def test_the_mask_of_the_loss_is_the_unlabelled_people():
    level, masked = replace(CROWD, unlabelled=0.5), 0
    for scene in scenes(level, 20):
        nobody = ~scene.people.present.any(axis=1)
        region = np.isin(scene.owner, np.flatnonzero(nobody))
        np.testing.assert_array_equal(loss_mask(scene.people, CROWD.size, CROWD.size, Grid(1)), ~region)
        masked += int(nobody.sum())
        assert (scene.people.visibility[nobody] == 0).all() and (scene.people.area[nobody] > 0).all()
    assert masked > 10


def test_whoever_shows_too_few_parts_is_not_annotated():
    counts = []
    for scene in scenes(replace(HARD, unlabelled=0, least_seen=12), 20):
        counts += (scene.people.visibility == 2).sum(axis=1).tolist()
    assert 0 in counts and min(count for count in counts if count) == 12  # twelve are enough


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_nobody_annotated_the_share_that_the_level_says(share):
    level = replace(CROWD, unlabelled=share, least_seen=0, truncated=0.0)
    nobody = [nobody for scene in scenes(level, 60) for nobody in ~scene.people.present.any(axis=1)]
    assert np.mean(nobody) == pytest.approx(share, abs=0.1 * (share > 0))


def test_things_stand_behind_everybody_unless_the_level_puts_some_before():
    hidden = []
    for in_front in (0.0, 1.0):
        level = replace(CROWD, people=(1, 1), distractors=(5, 5), in_front=in_front, cars=0.0, least_seen=0)
        hidden.append(sum(int(hidden_by_others(scene).sum()) for scene in scenes(level, 20)))
    assert hidden[0] <= 2 and hidden[1] > 10  # a part at the very edge may lie on a pixel of what is beside


def test_whoever_stands_lower_is_nearer(watched):
    pairs = 0
    for index in range(20):
        del watched.dressed[:]
        generate(replace(CROWD, people=(3, 6)), index, 2)
        grounds = [max(y for _, y, _ in figure.places.values()) for _, figure, _ in watched.dressed]
        actors = [actor for actor, _, _ in watched.dressed]
        assert grounds == sorted(grounds) and actors == sorted(actors)  # by number the farthest is painted first
        pairs += len(grounds) - 1
    assert pairs > 20


def test_a_camera_that_looks_down_sees_people_shorter(watched):
    """By the cosine of the angle at which it looks down: 30 degrees leave 87 %."""
    tall = {}
    for pitch in (0.0, 30.0):
        del watched.dressed[:]
        level = replace(CROWD, people=(1, 1), pitch=(pitch, pitch), tilt=0.0, truncated=0.0)
        for index in range(30):
            generate(level, index)
        tall[pitch] = np.array([
            abs(f.places["throat"][1] - f.places["pelvis"][1]) / f.stature for _, f, _ in watched.dressed
        ])  # fmt: skip
    upright = tall[0.0] > 0.26  # those who do not lean to or from the camera
    assert upright.sum() > 8 and (tall[30.0] / tall[0.0])[upright].mean() == pytest.approx(0.87, abs=0.06)


def test_cars_have_wheels_lights_and_roofs_in_the_picture():
    """Where a light or a wheel is flagged as seen, the picture has its colour; opposite sides are never both seen."""
    level = replace(CROWD, cars=1.0, people=(1, 1), distractors=(0, 0), noise=(0, 0), blur=0, light=(100, 100))
    lights, seen_parts = [], 0
    for index in range(40):
        scene = generate(level, index, 3)
        for n in range(len(scene.vehicles)):
            flags, points = scene.vehicles.visibility[n], scene.vehicles.keypoints[n]
            assert not (set(flags[[0, 2]]) & {2} and set(flags[[1, 3]]) & {2})
            assert not (set(flags[[4, 5]]) & {2} and set(flags[[6, 7]]) & {2})
            seen_parts += int((flags == 2).sum())
            for j in (4, 5, 6, 7):
                x, y, _ = points[j]
                if flags[j] == 2 and 0 <= x <= 191 and 0 <= y <= 191:
                    lights.append((j < 6, scene.image[round(y), round(x)].astype(int)))
    assert seen_parts > 100 and len(lights) > 20
    white = [color[2] / max(color[0], 1) > 0.4 for front, color in lights if front]
    red = [color[2] / max(color[0], 1) < 0.4 for front, color in lights if not front]
    assert np.mean(white) > 0.9 and np.mean(red) > 0.9 and len(white) > 5 and len(red) > 5


def test_a_cars_left_is_its_own():
    """Seen from above, left of ahead is counter-clockwise, which is a negative turn where y points down."""
    parts = {name: CAR_12.index(name) for name in CAR_12.parts}
    for seed in range(40):
        points = np.array(random_car(Dice(np.random.default_rng(seed)), Shapes(), 0, (0.0, 0.0), 100.0).points)
        for what in ("wheel", "light", "top"):
            ends = {(a, b): points[parts[f"{a}_{b}_{what}"]] for a in ("front", "back") for b in ("left", "right")}
            for side in ("left", "right"):
                for end in ("front", "back"):
                    ahead = ends["front", side] - ends["back", side]
                    left = ends[end, "left"] - ends[end, "right"]
                    assert ahead[0] * left[1] - ahead[1] * left[0] < 0
        front, back = points[[0, 1, 4, 5, 8, 9]].mean(axis=0), points[[2, 3, 6, 7, 10, 11]].mean(axis=0)
        assert (points[[8, 9]].mean(axis=0) - points[[10, 11]].mean(axis=0)) @ (front - back) > 0


# ---- again, elsewhere, out of order


def fingerprints(count: int, **environment: str) -> str:
    """Of every level, from a process of its own."""
    code = f"from paflib.synthetic.write import fingerprint; print([fingerprint(l, {count}) for l in {list(LEVELS)}])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True,
        check=True, timeout=300,
    )  # fmt: skip
    return done.stdout.splitlines()[-1]


def test_other_processes_and_lesser_processors_give_the_same_bytes():
    """Once with everything the processor has, once with none of the vector units that can be left out."""
    from numpy._core import _multiarray_umath

    found = " ".join(_multiarray_umath.__cpu_dispatch__)
    plain = {"NPY_DISABLE_CPU_FEATURES": found, "OPENCV_CPU_DISABLE": "AVX2,AVX,FMA3,SSE4_1,SSE4_2,AVX512-SKX,FP16"}
    assert fingerprints(4) == fingerprints(4, PYTHONHASHSEED="1", **plain)


def test_a_scene_depends_on_no_other_and_on_level_seed_and_index():
    dataset = SyntheticDataset("crowd", 8, seed=2)
    backward = {index: dataset[index] for index in reversed(range(8))}
    for index, scene in enumerate(dataset):
        other = generate("crowd", index, seed=2)
        np.testing.assert_array_equal(scene.image, other.image)
        np.testing.assert_array_equal(scene.image, backward[index].image)
        assert scene.people.to_coco(0) == other.people.to_coco(0) == backward[index].people.to_coco(0)
        again = random_scene(np.random.default_rng((2, index)), CROWD)
        np.testing.assert_array_equal(scene.image, again.image)
    for changed in (generate("crowd", 1, 2), generate("crowd", 0, 3), generate("easy", 0, 2)):
        assert (changed.image != backward[0].image).any()
    np.testing.assert_array_equal(dataset[-1].image, dataset[7].image)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(DataError, match="no level is called 'medium'; there is: easy, crowd, hard"):
        generate("medium", 0)
    with pytest.raises(DataError, match="index is -1"):
        generate("easy", -1)
    with pytest.raises(DataError, match=r"seed is 0\.5"):
        generate("easy", 0, 0.5)
    with pytest.raises(DataError, match="wanted a Level"):
        random_scene(np.random.default_rng(0), "easy")
    for name, value in (
        ("size", (192, 600)), ("size", (16, 192)), ("people", (3, 1)), ("stature", (0, 100)), ("huddle", 1.5),
        ("cover", -0.1), ("noise", (5, 2)), ("distractors", (0, 300)),
    ):  # fmt: skip
        with pytest.raises(DataError, match=r"level 'crowd': (people|" + name + ")"):
            replace(CROWD, **{name: value})
    with pytest.raises(DataError, match="count is 0"):
        SyntheticDataset("easy", 0)
    with pytest.raises(DataError, match="seed is -1"):
        SyntheticDataset("easy", 3, -1)
    with pytest.raises(IndexError, match="no scene 3 among 3"):
        SyntheticDataset("easy", 3)[3]


# ---- the skeleton


def test_coco_23_is_coco_and_six_parts_of_feet():
    assert COCO_23.parts[:17] == COCO_17.parts and SKELETONS["coco-23"] is COCO_23
    assert COCO_23.parts[17:] == (
        "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel"
    )  # fmt: skip
    assert COCO_23.sigmas == (*(COCO_17.sigmas or ()), 0.068, 0.066, 0.066, 0.092, 0.094, 0.094)
    assert COCO_23.flip.tolist()[17:] == [20, 21, 22, 17, 18, 19]
    assert all(COCO_23.sources(COCO_18))
