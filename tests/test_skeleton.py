"""The skeletons against the tables of FACTS 1.1, 1.2 and 1.13, and everything a user's own can get wrong."""

import copy
import json
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from paflib.errors import DataError
from paflib.fields import targets
from paflib.people import People
from paflib.skeleton import (
    BODY_25,
    CAR_12,
    CAR_22,
    COCO_17,
    COCO_18,
    FACE_70,
    HAND_21,
    MPII_15,
    MPII_16,
    SKELETONS,
    Skeleton,
)
from tests.scenes import random_people

ALL = pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=SKELETONS.keys())


def pairs(text: str) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in (pair.split("-") for pair in text.split())]


# ---- channel order ---------------------------------------------------------------------------------------------------
# FACTS 1.2 states the order twice: POSE_BODY_PART_PAIRS lists pairs as the parser visits them, and POSE_MAP_INDEX says
# which two channels (after the background) each of them has. The skeletons were written from the training order of the
# channels, so these two tables are an independent statement of it.

RELEASED = {
    COCO_18: (
        "1-2 1-5 2-3 3-4 5-6 6-7 1-8 8-9 9-10 1-11 11-12 12-13 1-0 0-14 14-16 0-15 15-17 2-16 5-17",
        [12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26],
    ),
    BODY_25: (
        "1-8 1-2 1-5 2-3 3-4 5-6 6-7 8-9 9-10 10-11 8-12 12-13 13-14 1-0 0-15 15-17 0-16 16-18 2-17 5-18 "
        "14-19 19-20 14-21 11-22 22-23 11-24",
        [0, 14, 22, 16, 18, 24, 26, 6, 2, 4, 8, 10, 12, 30, 32, 36, 34, 38, 20, 28, 40, 42, 44, 46, 48, 50],
    ),
    MPII_15: ("0-1 1-2 2-3 3-4 1-5 5-6 6-7 1-14 14-8 8-9 9-10 14-11 11-12 12-13", list(range(0, 28, 2))),
}
# The training order of the channels (FACTS 1.2), COCO 1-based as there.
TRAINED_COCO = (
    "2-9 9-10 10-11 2-12 12-13 13-14 2-3 3-4 4-5 3-17 2-6 6-7 7-8 6-18 2-1 1-15 1-16 15-17 16-18"
)  # fmt: skip
TRAINED_BODY_25 = (
    [1, 9, 10, 8, 8, 12, 13, 1, 2, 3, 2, 1, 5, 6, 5, 1, 0, 0, 15, 16, 14, 19, 14, 11, 22, 11],
    [8, 10, 11, 9, 12, 13, 14, 2, 3, 4, 17, 5, 6, 7, 18, 0, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24],
)


@pytest.mark.parametrize("skeleton", RELEASED, ids=lambda s: s.name)
def test_limbs_stand_in_the_released_channel_order(skeleton):
    visited, offsets = pairs(RELEASED[skeleton][0]), RELEASED[skeleton][1]
    assert len(visited) == len(offsets) == skeleton.C
    assert sorted(offsets) == list(range(0, 2 * skeleton.C, 2))
    for pair, offset in zip(visited, offsets, strict=True):
        assert skeleton.limbs[offset // 2] == pair
    assert [skeleton.limbs[c] for c in skeleton.parse_order] == visited


def test_limbs_stand_in_the_training_order():
    assert [(a + 1, b + 1) for a, b in COCO_18.limbs] == pairs(TRAINED_COCO)
    assert list(zip(*TRAINED_BODY_25, strict=True)) == list(BODY_25.limbs)


def test_car_limbs_are_the_released_ones():
    assert list(CAR_12.limbs) == pairs("4-5 4-6 4-0 0-2 4-8 8-10 5-7 5-1 1-3 5-9 9-11")
    assert list(CAR_22.limbs) == pairs(
        "0-1 1-3 3-2 2-0 6-7 7-16 16-17 17-6 12-13 13-14 14-15 15-12 6-8 7-8 6-9 7-9 6-4 7-5 12-11 13-10 "
        "16-18 17-18 16-19 17-19 0-7 3-17 6-12 16-14 6-21 7-20 3-21 20-14"
    )


PARTS = {
    COCO_18: "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist RHip RKnee RAnkle LHip LKnee LAnkle REye LEye "
    "REar LEar",
    MPII_15: "Head Neck RShoulder RElbow RWrist LShoulder LElbow LWrist RHip RKnee RAnkle LHip LKnee LAnkle Chest",
    BODY_25: "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist MidHip RHip RKnee RAnkle LHip LKnee LAnkle "
    "REye LEye REar LEar LBigToe LSmallToe LHeel RBigToe RSmallToe RHeel",
    CAR_12: "FRWheel FLWheel BRWheel BLWheel FRLight FLLight BRLight BLLight FRTop FLTop BRTop BLTop",
    CAR_22: "FLWheel BLWheel FRWheel BRWheel FRFogLight FLFogLight FRLight FLLight Grilles FBumper LMirror RMirror "
    "FRTop FLTop BLTop BRTop BLLight BRLight Trunk BBumper BLCorner BRCorner",
}


def spelled(name: str) -> str:
    """``"FRFogLight"`` as ``"front_right_fog_light"``."""
    short = {"F": "front", "B": "back", "R": "right", "L": "left"}
    words: list[str] = []
    rest = name
    while len(rest) > 1 and rest[1].isupper():
        words, rest = [*words, short[rest[0]]], rest[1:]
    return "_".join([*words, *"".join(f" {c.lower()}" if c.isupper() else c for c in rest).split()])


@pytest.mark.parametrize("skeleton", PARTS, ids=lambda s: s.name)
def test_parts_stand_in_the_released_order(skeleton):
    assert list(skeleton.parts) == [spelled(name) for name in PARTS[skeleton].split()]


def test_skeletons_are_found_by_name():
    assert all(SKELETONS[name].name == name for name in SKELETONS)
    assert [s.J for s in SKELETONS.values()] == [17, 18, 23, 15, 16, 25, 21, 70, 12, 22]
    assert [s.C for s in SKELETONS.values()] == [0, 19, 0, 14, 0, 26, 0, 0, 11, 32]


def test_redundant_limbs():
    names = {s.name: [s.limb_name(c) for c in s.redundant or ()] for s in (COCO_18, BODY_25, MPII_15, CAR_12)}
    ears = ["right_shoulder-right_ear", "left_shoulder-left_ear"]
    assert names == {"coco-18": ears, "body-25": ears, "mpii-15": [], "car-12": []}
    assert len(CAR_22.redundant or ()) == 11


@ALL
def test_the_tree_reaches_every_part_without_a_cycle(skeleton):
    if not skeleton.C:
        return
    tree = [skeleton.limbs[c] for c in skeleton.tree]
    assert len(tree) == skeleton.J - 1
    reached = {tree[0][0]}
    for _ in tree:
        reached |= {end for limb in tree for end in limb if set(limb) & reached}
    assert reached == set(range(skeleton.J))
    assert sorted((*skeleton.tree, *(skeleton.redundant or ()))) == list(range(skeleton.C))


@ALL
def test_in_parse_order_every_limb_starts_from_what_is_reached(skeleton):
    """Redundant limbs may come last; any other one that meets nothing would start a second person for the same body."""
    if not skeleton.C:
        return
    reached = set(skeleton.limbs[skeleton.parse_order[0]])
    for c in skeleton.parse_order[1:]:
        assert reached & set(skeleton.limbs[c]), skeleton.limb_name(c)
        reached |= set(skeleton.limbs[c])


def test_complete_has_every_pair_once_and_keeps_the_tree():
    """TPAMI Fig. 6b: 18 parts, 153 pairs."""
    complete = COCO_18.complete()
    assert complete.C == 153 and len({frozenset(limb) for limb in complete.limbs}) == 153
    assert [complete.limbs[c] for c in complete.tree] == [COCO_18.limbs[c] for c in COCO_18.tree]
    assert complete.limbs[:19] == COCO_18.limbs and complete.edges == COCO_18.edges


# ---- mirror images ---------------------------------------------------------------------------------------------------

FLIPPED = {
    COCO_18: ([2, 3, 4, 8, 9, 10, 14, 16], [5, 6, 7, 11, 12, 13, 15, 17]),
    MPII_15: ([2, 3, 4, 8, 9, 10], [5, 6, 7, 11, 12, 13]),
    BODY_25: ([5, 6, 7, 12, 13, 14, 16, 18, 19, 20, 21], [2, 3, 4, 9, 10, 11, 15, 17, 22, 23, 24]),
    COCO_17: ([1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]),
    CAR_12: ([0, 2, 4, 6, 8, 10], [1, 3, 5, 7, 9, 11]),
    CAR_22: ([0, 1, 4, 6, 10, 12, 14, 16, 20], [2, 3, 5, 7, 11, 13, 15, 17, 21]),
}


@pytest.mark.parametrize("skeleton", FLIPPED, ids=lambda s: s.name)
def test_flip_tables_are_the_released_ones(skeleton):
    wanted = {frozenset(pair) for pair in zip(*FLIPPED[skeleton], strict=True)}
    assert {frozenset(pair) for pair in skeleton.flip_pairs} == wanted


@ALL
def test_flipping_twice_changes_nothing_and_keeps_the_drawing(skeleton):
    flip = skeleton.flip
    np.testing.assert_array_equal(flip[flip], np.arange(skeleton.J))
    edges = {frozenset(edge) for edge in skeleton.edges}
    if skeleton is not CAR_22:  # its released limbs are not symmetric
        assert {frozenset((int(flip[a]), int(flip[b]))) for a, b in skeleton.edges} == edges


@pytest.mark.parametrize("skeleton", [COCO_18, MPII_15, BODY_25, CAR_12], ids=lambda s: s.name)
def test_the_field_of_mirrored_people_is_the_mirrored_field(skeleton):
    """And mirroring it twice is the identity. Without the swap of limbs, or of the signs, it is far off."""
    size = (120, 160)  # whole cells, so that the grid is its own mirror image
    people = random_people(np.random.default_rng(3), skeleton, 1, image_size=size, missing=0.0)
    L = targets(people, size).L
    mirrored = targets(people.flipped(size[1]), size).L
    order, sign = skeleton.flip_limbs
    turn = sign[:, None, None, None] * np.array([-1, 1])[None, :, None, None]
    np.testing.assert_allclose(turn * L[order][..., ::-1], mirrored, atol=1e-6)
    np.testing.assert_allclose(turn * (turn * L[order][..., ::-1])[order][..., ::-1], L, atol=1e-6)
    assert np.abs(turn * L[..., ::-1] - mirrored).max() > 0.5
    if (sign < 0).any():
        assert np.abs(np.abs(turn) * np.array([-1, 1])[:, None, None] * L[order][..., ::-1] - mirrored).max() > 0.5


def test_limbs_across_the_body_turn_round_in_a_mirror():
    """CAR_12's light to light: its mirror image runs the other way."""
    order, sign = CAR_12.flip_limbs
    assert order[0] == 0 and sign[0] == -1
    assert (COCO_18.flip_limbs[1] == 1).all()


def test_a_skeleton_whose_limbs_are_not_symmetric_says_so():
    with pytest.raises(DataError, match="mirror image of a limb"):
        _ = CAR_22.flip_limbs


# ---- conversions -----------------------------------------------------------------------------------------------------

LISTS = {
    (COCO_18, COCO_17): [0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10],
    (BODY_25, COCO_17): [0, 16, 15, 18, 17, 5, 2, 6, 3, 7, 4, 12, 9, 13, 10, 14, 11],
}


@pytest.mark.parametrize("source, target", LISTS, ids=["18-17", "25-17"])
def test_parts_are_picked_as_the_released_code_picks_them(source, target):
    assert source.sources(target) == tuple((j,) for j in LISTS[source, target])


def test_mpii_16_to_15_is_the_released_table():
    one = [9, 8, 12, 11, 10, 13, 14, 15, 2, 1, 0, 3, 4, 5, 7]
    two = [*one[:-1], 6]
    xy = np.random.default_rng(0).uniform(0, 500, (2, 16, 2))
    people = People(np.concatenate([xy, np.ones((2, 16, 1))], axis=2), skeleton=MPII_16)
    np.testing.assert_allclose(people.convert(MPII_15).keypoints[..., :2], (xy[:, one] + xy[:, two]) / 2)


def test_coco_17_to_18_adds_the_neck():
    one = [1, 6, 7, 9, 11, 6, 8, 10, 13, 15, 17, 12, 14, 16, 3, 2, 5, 4]  # TransformJoints, 1-based
    two = [1, 7, *one[2:]]
    xy = np.random.default_rng(0).uniform(0, 500, (2, 17, 2))
    people = People(np.concatenate([xy, np.ones((2, 17, 1))], axis=2), skeleton=COCO_17)
    both = (xy[:, np.array(one) - 1] + xy[:, np.array(two) - 1]) / 2
    np.testing.assert_allclose(people.convert(COCO_18).keypoints[..., :2], both)


def test_parts_without_a_source_are_missing():
    people = People(np.ones((1, 17, 3)), skeleton=COCO_17).convert(BODY_25)
    assert [BODY_25.parts[j] for j in np.flatnonzero(~people.present[0])] == list(BODY_25.parts[19:])


# ---- constants -------------------------------------------------------------------------------------------------------


def test_sigmas_are_cocos():
    """FACTS 1.13."""
    wanted = ".026 .025 .025 .035 .035 .079 .079 .072 .072 .062 .062 .107 .107 .087 .087 .089 .089"
    assert COCO_17.sigmas == tuple(map(float, wanted.split()))
    for skeleton in (COCO_18, BODY_25):
        own = dict(zip(skeleton.parts, skeleton.sigmas or (), strict=True))
        assert all(own[p] == s for p, s in zip(COCO_17.parts, COCO_17.sigmas or (), strict=True))


@ALL
def test_every_skeleton_has_a_sigma_a_part_and_a_colour_an_edge(skeleton):
    assert len(skeleton.sigmas) == skeleton.J and len(skeleton.colors) == len(skeleton.edges)
    assert {j for edge in skeleton.edges for j in edge} | {68, 69} >= set(range(skeleton.J))  # pupils stand alone


def test_colours_are_warm_on_the_right_and_cold_on_the_left():
    for (_, b), color in zip(COCO_18.edges or (), COCO_18.colors or (), strict=True):
        red, blue = int(color[1:3], 16), int(color[5:7], 16)
        side = COCO_18.parts[b].split("_")[0]
        assert {"right": red > blue, "left": red < blue}.get(side, True), COCO_18.parts[b]


# ---- a skeleton of one's own -----------------------------------------------------------------------------------------


@ALL
def test_json_and_pickle_give_the_same_skeleton_back(skeleton, tmp_path):
    text = skeleton.to_json()
    json.dumps(json.loads(text), allow_nan=False)
    assert Skeleton.from_json(text) == skeleton
    file = tmp_path / "skeleton.json"
    file.write_text(text)
    assert Skeleton.from_json(file) == skeleton == Skeleton.from_json(str(file))
    assert pickle.loads(pickle.dumps(skeleton)) == skeleton == copy.deepcopy(skeleton)
    assert hash(pickle.loads(pickle.dumps(skeleton))) == hash(skeleton)


def test_three_lines_are_enough():
    bird = Skeleton.from_json(
        '{"name": "bird", "parts": ["beak", "left_wing", "right_wing"], "limbs": [["beak", 1], [0, 2]]}'
    )
    assert bird.limbs == ((0, 1), (0, 2)) and bird.redundant == () and bird.parse_order == (0, 1)
    assert bird.flip_pairs == ((2, 1),) and bird.sigmas is None and bird.edges == bird.limbs


def test_parse_order_goes_outwards_from_the_first_limb():
    chain = Skeleton("chain", ("a", "b", "c", "d"), limbs=((2, 3), (0, 1), (1, 2), (0, 3)))
    assert chain.redundant == (3,) and chain.parse_order == (0, 2, 1, 3)


AB = {"name": "ab", "parts": ("a", "b", "c")}
WRONG: dict[str, tuple[dict, str]] = {
    "no parts": ({"parts": ()}, "part names"),
    "a part twice": ({"parts": ("a", "a")}, "part names"),
    "parts as one word": ({"parts": "abc", "limbs": (("a", "b"),)}, "no part 'a'"),
    "unknown part": ({"limbs": (("a", "x"),)}, "no part 'x'"),
    "limb out of range": ({"limbs": ((0, 3),)}, "two different parts"),
    "negative part": ({"limbs": ((0, -1),)}, "two different parts"),
    "limb to itself": ({"limbs": ((1, 1),)}, "two different parts"),
    "limb of three": ({"limbs": ((0, 1, 2),)}, "two different parts"),
    "a limb twice": ({"limbs": ((0, 1), (1, 0))}, "same two parts twice"),
    "redundant out of range": ({"limbs": ((0, 1),), "redundant": (1,)}, "indices of its 1 limbs"),
    "a cycle": ({"limbs": ((0, 1), (1, 2), (2, 0)), "redundant": ()}, "closes a cycle"),
    "parse order too short": ({"limbs": ((0, 1), (1, 2)), "parse_order": (0,)}, "each of its 2 limbs once"),
    "parse order doubled": ({"limbs": ((0, 1), (1, 2)), "parse_order": (0, 0)}, "each of its 2 limbs once"),
    "flip of one part twice": ({"flip_pairs": ((0, 1), (1, 2))}, "flip_pairs uses a part twice"),
    "too few sigmas": ({"sigmas": (0.1,)}, "sigmas has 1 values"),
    "a sigma of zero": ({"sigmas": (0.1, 0.0, 0.1)}, "positive"),
    "a sigma of NaN": ({"sigmas": (0.1, float("nan"), 0.1)}, "positive"),
    "too few colours": ({"limbs": ((0, 1),), "colors": ()}, "colors has 0 values, for 1 edges"),
    "no colour": ({"limbs": ((0, 1),), "colors": ("reddish",)}, "#rrggbb"),
    "derived part unknown": ({"derived": {"x": ("a",)}}, "no parts of it"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_contradicts_itself_is_refused_by_name(case):
    given, message = WRONG[case]
    with pytest.raises(DataError, match=message):
        Skeleton(**(AB | given))


def test_unknown_part_names_are_answered_with_the_known_ones():
    with pytest.raises(DataError, match=r"no part 'snout'.*nose, neck"):
        COCO_18.index("snout")
    assert COCO_18.index("neck") == 1


TEXTS: dict[str, tuple[Callable[..., str], str]] = {
    "missing file": (lambda folder: str(folder / "none.json"), "none.json"),
    "no JSON": (lambda folder: "{name:", "no skeleton could be read from the JSON text"),
    "a list in a file": (lambda folder: str(_written(folder, "[1]")), "is no skeleton"),
    "no parts": (lambda folder: '{"name": "x"}', "needs 'name' and 'parts'"),
    "unknown key": (lambda folder: '{"name": "x", "parts": ["a"], "bones": []}', "may have"),
    "limbs a number": (lambda folder: '{"name": "x", "parts": ["a", "b"], "limbs": 3}', "the JSON text"),
    "a limb a number": (lambda folder: '{"name": "x", "parts": ["a", "b"], "limbs": [3]}', "the JSON text"),
    "sigmas words": (lambda folder: '{"name": "x", "parts": ["a"], "sigmas": ["wide"]}', "the JSON text"),
    "derived a list": (lambda folder: '{"name": "x", "parts": ["a"], "derived": ["a"]}', "the JSON text"),
}


def _written(folder, text: str):
    (folder / "given.json").write_text(text)
    return folder / "given.json"


@pytest.mark.parametrize("case", TEXTS)
def test_bad_json_is_refused_by_name(case, tmp_path):
    make, message = TEXTS[case]
    with pytest.raises(DataError, match=message):
        Skeleton.from_json(make(tmp_path))


def test_hand_and_face_have_the_released_edges():
    """FACTS 1.11: four joints a finger from the wrist; contour, brows, nose, eyes and mouths of the face."""
    assert len(HAND_21.edges or ()) == 20
    assert [HAND_21.parts[j] for j in (0, 4, 8, 20)] == ["wrist", "thumb_4", "index_4", "pinky_4"]
    starts = {part: j for j, part in enumerate(FACE_70.parts) if part.endswith("_0")}
    assert starts == {
        "contour_0": 0, "right_brow_0": 17, "left_brow_0": 22, "nose_bridge_0": 27, "nose_base_0": 31,
        "right_eye_0": 36, "left_eye_0": 42, "outer_mouth_0": 48, "inner_mouth_0": 60,
    }  # fmt: skip
    assert FACE_70.parts[68:] == ("right_pupil", "left_pupil") and len(FACE_70.edges or ()) == 63


def test_oks_constants_of_feet_and_hands_are_coco_wholebodys():
    feet = dict(zip(BODY_25.parts, BODY_25.sigmas or (), strict=True))
    assert [feet[f"left_{part}"] for part in ("big_toe", "small_toe", "heel")] == [0.068, 0.066, 0.066]
    assert [feet[f"right_{part}"] for part in ("big_toe", "small_toe", "heel")] == [0.092, 0.094, 0.094]
    assert (HAND_21.sigmas or ())[:5] == (0.029, 0.022, 0.035, 0.037, 0.047)
    assert (feet["neck"], feet["mid_hip"]) == (feet["left_shoulder"], feet["left_hip"])


@pytest.mark.parametrize("limbs", [("ab",), ((0.7, 1.2),), ((0, 1, 2),)])
def test_limbs_that_are_no_pairs_are_refused(limbs):
    with pytest.raises(DataError, match="limbs has"):
        Skeleton("odd", ("a", "b", "c"), limbs)


def test_a_derived_part_may_name_a_single_source():
    assert Skeleton("one", ("neck",), derived={"neck": "thorax"}).derived["neck"] == ("thorax",)


def test_empty_json_text_is_named_as_such():
    with pytest.raises(DataError, match="no skeleton could be read from the JSON text"):
        Skeleton.from_json("")
