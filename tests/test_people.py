"""People: what comes in, what comes out, and the conventions of coordinates on the way."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paflib.errors import DataError, ShapeError
from paflib.people import People
from paflib.skeleton import BODY_25, COCO_17, COCO_18, FACE_70, HAND_21, MPII_15, Skeleton

OPTIONAL = ("visibility", "area", "iscrowd", "bbox", "segmentation", "ids")


def crowd(n: int = 4, skeleton: Skeleton = COCO_17, seed: int = 0) -> People:
    """n people with every optional array."""
    rng = np.random.default_rng(seed)
    visibility = rng.integers(0, 3, (n, skeleton.J))
    points = np.concatenate([rng.integers(0, 600, (n, skeleton.J, 2)), visibility[..., None] > 0], axis=2)
    return People(
        points, rng.uniform(size=n), skeleton, visibility, area=rng.uniform(10, 1e4, n), iscrowd=rng.random(n) < 0.5,
        bbox=rng.uniform(0, 300, (n, 4)), segmentation=tuple([rng.uniform(0, 99, 8).tolist()] for _ in range(n)),
        ids=rng.integers(1, 10**6, n),
    )  # fmt: skip


def assert_same(one: People, other: People) -> None:
    assert one.skeleton == other.skeleton
    for name in ("keypoints", "scores", "visibility", "area", "iscrowd", "bbox", "ids"):
        a, b = getattr(one, name), getattr(other, name)
        if a is None or b is None:
            assert a is b, name
        else:
            np.testing.assert_allclose(a, b, err_msg=name)
    assert one.segmentation == other.segmentation


# ---- the door --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, value, wanted",
    [
        ("keypoints", np.zeros((2, 18, 2)), r"keypoints has shape \(2, 18, 2\), wanted \(N, J=17, 3\)"),
        ("keypoints", np.zeros((2, 18, 3)), r"keypoints has shape \(2, 18, 3\), wanted \(N, J=17, 3\)"),
        ("keypoints", np.zeros((17, 3)), r"keypoints has shape \(17, 3\)"),
        ("scores", np.zeros(3), r"scores has shape \(3,\), wanted \(N=2,\)"),
        ("visibility", np.zeros((2, 18)), r"visibility has shape \(2, 18\), wanted \(N=2, J=17\)"),
        ("area", np.zeros((2, 1)), r"area has shape"),
        ("iscrowd", np.zeros(1), r"iscrowd has shape"),
        ("bbox", np.zeros((2, 3)), r"bbox has shape \(2, 3\), wanted \(N=2, 4\)"),
        ("ids", np.zeros(0), r"ids has shape"),
        ("segmentation", ([],), r"segmentation has 1 entries, wanted 2"),
    ],
)
def test_wrong_shapes_are_refused_by_name(name, value, wanted):
    with pytest.raises(ShapeError, match=wanted):
        People(**({"keypoints": np.ones((2, 17, 3)), "skeleton": COCO_17} | {name: value}))


@pytest.mark.parametrize("row", [(5, 6, 0), (np.nan, 6, 0.9), (5, np.inf, 0.9), (5, 6, np.nan), (5, 6, -1)])
def test_whatever_marks_a_part_missing_is_made_to_agree(row):
    points = np.ones((1, 18, 3))
    points[0, 4] = row
    people = People(points)
    assert np.isnan(people.keypoints[0, 4, :2]).all() and people.keypoints[0, 4, 2] == 0
    assert people.present.sum() == 17 and people.scores[0] == 1.0
    np.testing.assert_array_equal(points[0, 4], row)  # the array given is left alone


def test_the_score_is_by_default_the_mean_of_the_parts_found():
    points = np.zeros((2, 18, 3))
    points[0, :4, 2] = 0.2, 0.4, 0.6, 0.8
    np.testing.assert_allclose(People(points).scores, [0.5, 0.0])


def test_nobody():
    nobody = People.empty(BODY_25)
    assert len(nobody) == 0 and nobody.keypoints.shape == (0, 25, 3) and nobody.scores.shape == (0,)
    assert nobody.to_coco(image_id=1) == [] and nobody.to_openpose()["people"] == []
    assert len(nobody.convert(COCO_17)) == len(nobody.resized(2)) == len(nobody.flipped(9)) == len(nobody[[]]) == 0
    assert len(People.from_coco([])) == len(People.from_openpose({"people": []}, BODY_25)) == 0


# ---- slicing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "index, rows",
    [
        (1, [1]), (-1, [3]), (np.int64(2), [2]), (slice(1, 3), [1, 2]), (slice(None, None, -1), [3, 2, 1, 0]),
        ([2, 0], [2, 0]), ([True, False, False, True], [0, 3]), (np.array([False, True, True, False]), [1, 2]),
        ([], []),
    ],
)  # fmt: skip
def test_slicing_takes_every_array_along(index, rows):
    people = crowd()
    some = people[index]
    assert isinstance(some, People) and len(some) == len(rows)
    for name in ("keypoints", "scores", *OPTIONAL):
        whole, part = getattr(people, name), getattr(some, name)
        if name == "segmentation":
            assert part == tuple(whole[row] for row in rows)
        else:
            np.testing.assert_array_equal(part, whole[rows])


def test_slicing_without_optional_arrays_leaves_them_out():
    assert all(getattr(People(np.ones((3, 18, 3)))[1:], name) is None for name in OPTIONAL)


def test_a_person_who_is_not_there_is_an_index_error():
    with pytest.raises(IndexError):
        crowd()[4]


# ---- coordinates (DESIGN 2) ------------------------------------------------------------------------------------------


def centre_of_mass(image: np.ndarray) -> np.ndarray:
    y, x = np.indices(image.shape)
    return np.array([(x * image).sum(), (y * image).sum()]) / image.sum()


def dot(x: int, y: int) -> tuple[np.ndarray, People]:
    image = np.zeros((40, 60))
    image[y, x] = 1.0
    return image, People(np.array([[[x, y, 1.0]]]), skeleton=Skeleton("dot", ("point",)))


@pytest.mark.parametrize("factor", [4, (8, 2), 0.5, 0.25])
def test_resizing_maps_points_as_it_maps_pixels(factor):
    """Against OpenCV: a bright square's centre of mass. x * f instead of (x + 0.5) * f - 0.5 is 1.5 px off at f = 4."""
    import cv2

    image, people = dot(20, 12)
    image[12:16, 20:24] = 1.0  # four pixels, so that shrinking by 4 leaves one
    people = People(np.array([[[21.5, 13.5, 1.0]]]), skeleton=people.skeleton)
    f = np.broadcast_to(factor, 2).astype(float)
    resized = cv2.resize(image, None, fx=f[0], fy=f[1], interpolation=cv2.INTER_AREA)
    moved = people.resized(factor).keypoints[0, 0, :2]
    assert moved == pytest.approx(centre_of_mass(resized), abs=1e-6)
    wrong = people.keypoints[0, 0, :2] * f
    assert np.abs(wrong - centre_of_mass(resized)).max() > 0.2
    if factor == 4:
        assert np.abs(wrong - centre_of_mass(resized)).max() == pytest.approx(1.5)


@pytest.mark.parametrize("x", [0, 20, 59])
def test_flipping_maps_points_as_it_maps_pixels(x):
    """W - x instead of W - 1 - x is a pixel off."""
    image, people = dot(x, 12)
    flipped = people.flipped(60).keypoints[0, 0, :2]
    assert flipped == pytest.approx(centre_of_mass(image[:, ::-1]))
    assert abs(60 - x - centre_of_mass(image[:, ::-1])[0]) == 1


def test_flipping_exchanges_left_and_right_and_twice_changes_nothing():
    people = crowd()
    once = people.flipped(640)
    left, right = COCO_17.index("left_wrist"), COCO_17.index("right_wrist")
    np.testing.assert_allclose(once.keypoints[:, left, 0], 639 - people.keypoints[:, right, 0])
    np.testing.assert_array_equal(once.visibility[:, left], people.visibility[:, right])
    np.testing.assert_allclose(once.bbox[:, 0] + once.bbox[:, 2], 639 - people.bbox[:, 0])
    assert_polygons_close(once.flipped(640), people)
    for name in ("keypoints", "visibility", "bbox", "area"):
        np.testing.assert_allclose(getattr(once.flipped(640), name), getattr(people, name))


def test_resizing_takes_boxes_areas_and_polygons_along_and_there_and_back_changes_nothing():
    people = crowd()
    large = people.resized((4, 2))
    np.testing.assert_allclose(large.area, 8 * people.area)
    np.testing.assert_allclose(large.bbox[:, 2:], people.bbox[:, 2:] * (4, 2))
    np.testing.assert_allclose(large.bbox[:, :2], (people.bbox[:, :2] + 0.5) * (4, 2) - 0.5)
    polygon, was = (np.reshape(p.segmentation[0][0], (-1, 2)) for p in (large, people))
    np.testing.assert_allclose(polygon, (was + 0.5) * (4, 2) - 0.5)
    back = large.resized((0.25, 0.5))
    assert_polygons_close(back, people)
    for name in ("keypoints", "bbox", "area"):
        np.testing.assert_allclose(getattr(back, name), getattr(people, name))


def assert_polygons_close(one: People, other: People) -> None:
    np.testing.assert_allclose(np.array(one.segmentation), np.array(other.segmentation))


def test_run_length_segmentations_are_not_moved_as_numbers():
    people = People(np.ones((1, 17, 3)), skeleton=COCO_17, segmentation=({"counts": [1], "size": [1, 1]},))
    with pytest.raises(DataError, match="run-length"):
        people.flipped(9)


# ---- other skeletons -------------------------------------------------------------------------------------------------


def test_a_derived_part_is_the_mean_with_the_least_score_and_visibility():
    points = np.ones((1, 17, 3))
    points[0, 5], points[0, 6] = (10, 20, 0.9), (30, 24, 0.4)
    visibility = np.full((1, 17), 2)
    visibility[0, 5] = 1
    people = People(points, skeleton=COCO_17, visibility=visibility).convert(COCO_18)
    np.testing.assert_allclose(people.keypoints[0, 1], (20, 22, 0.4))
    assert people.visibility[0, 1] == 1 and people.skeleton is COCO_18


def test_a_derived_part_is_missing_when_one_of_its_sources_is():
    points = np.ones((1, 17, 3))
    points[0, 5, 2] = 0
    people = People(points, skeleton=COCO_17).convert(COCO_18)
    assert not people.present[0, [1, 5]].any() and people.present[0].sum() == 16


def test_converting_there_and_back_keeps_what_both_have():
    people = crowd()
    assert_same(people.convert(COCO_18).convert(COCO_17), people)
    assert people.convert(COCO_17) is people


# ---- COCO ------------------------------------------------------------------------------------------------------------


@st.composite
def coco_annotations(draw) -> list[dict]:
    """Annotations of one image, as COCO has them."""
    number = st.floats(0, 2000, allow_nan=False).map(lambda x: round(x, 2))
    rows = []
    for n in range(draw(st.integers(0, 4))):
        flags = draw(st.lists(st.sampled_from([0, 0, 1, 2, 2]), min_size=17, max_size=17))
        points = [v for flag in flags for v in ((draw(number), draw(number), flag) if flag else (0, 0, 0))]
        polygons = st.lists(st.lists(number, min_size=6, max_size=6), min_size=1, max_size=2)
        shape = draw(st.one_of(polygons, st.just({"counts": [3, 4, 2], "size": [3, 3]})))
        rows.append(
            {"id": 1000 + n, "image_id": 7, "category_id": 1, "keypoints": points,
             "num_keypoints": sum(f > 0 for f in flags), "area": draw(number), "iscrowd": draw(st.integers(0, 1)),
             "bbox": [draw(number) for _ in range(4)], "segmentation": shape}
        )  # fmt: skip
    return rows


@given(coco_annotations())
def test_annotations_survive_the_round_trip(rows):
    back = People.from_coco(rows).to_coco(image_id=7)
    assert json.loads(json.dumps(back, allow_nan=False)) == json.loads(json.dumps(rows))
    assert_same(People.from_coco(back), People.from_coco(rows))


def test_real_annotations_survive_the_round_trip():
    folder = os.environ.get("PAFLIB_TEST_DATA")
    files = sorted(Path(folder, "coco-mini", "annotations").glob("*.json")) if folder else []
    if not files:
        pytest.skip("PAFLIB_TEST_DATA names no folder with coco-mini/annotations/*.json in it")
    rows = [row for file in files for row in json.loads(file.read_text())["annotations"]]
    assert len(rows) > 80
    for row in rows:
        (back,) = People.from_coco([row]).to_coco(image_id=row["image_id"])
        assert {key: row[key] for key in back} == back and set(back) == set(row)


@given(st.integers(0, 5), st.sampled_from([COCO_17, COCO_18, BODY_25]), st.integers(0, 99))
def test_results_survive_the_round_trip(n, skeleton, seed):
    rng = np.random.default_rng(seed)
    points = np.round(rng.uniform(0.01, 600, (n, skeleton.J, 3)), 3) * (rng.random((n, skeleton.J, 1)) < 0.7)
    people = People(points, rng.uniform(size=n), skeleton)
    back = json.loads(json.dumps(people.to_coco(image_id=3, skeleton=skeleton), allow_nan=False))
    assert all(row["image_id"] == 3 and row["category_id"] == 1 and "id" not in row for row in back)
    if n:
        assert_same(People.from_coco(back, skeleton), people)


@pytest.mark.parametrize("skeleton", [COCO_18, BODY_25], ids=lambda s: s.name)
def test_results_are_written_with_cocos_own_parts(skeleton):
    """As the released programs write them (FACTS 1.13): the evaluator reads 17 parts in COCO's order."""
    people = crowd(2, skeleton)
    (first, _) = People(people.keypoints, None, skeleton).to_coco(image_id=3)
    np.testing.assert_allclose(
        np.reshape(first["keypoints"], (17, 3)), np.nan_to_num(people.convert(COCO_17).keypoints[0])
    )
    assert len(People(np.ones((1, 15, 3)), None, MPII_15).to_coco(image_id=3)[0]["keypoints"]) == 45


def test_flag_one_is_a_part_and_flag_zero_none():
    """A hidden part is annotated all the same."""
    keypoints = [10, 20, 1, 30, 40, 2, 50, 60, 0] + [0] * 42
    people = People.from_coco([{"keypoints": keypoints}])
    assert people.present[0].tolist() == [True, True] + [False] * 15
    assert people.keypoints[0, :2, 2].tolist() == [1, 1] and people.visibility[0, :3].tolist() == [1, 2, 0]


def test_annotations_of_another_skeleton_are_refused_by_number():
    with pytest.raises(DataError, match="annotation 42 has 54 keypoint numbers, wanted 51"):
        People.from_coco([{"id": 42, "keypoints": [1] * 54}])


# ---- OpenPose --------------------------------------------------------------------------------------------------------


@given(st.integers(1, 4), st.sampled_from([BODY_25, COCO_18, MPII_15]), st.integers(0, 99), st.booleans())
def test_openpose_files_survive_the_round_trip(n, skeleton, seed, tracked):
    """The skeleton is told by the number of parts; a person's own score has no place in the format."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0.01, 1, (n, skeleton.J, 3)) * (rng.random((n, skeleton.J, 1)) < 0.7) * (640, 480, 1)
    people = People(points, None, skeleton, ids=np.arange(n) if tracked else None)
    text = json.dumps(people.to_openpose(), allow_nan=False)
    assert_same(People.from_openpose(json.loads(text)), people)


def test_openpose_files_have_the_fields_of_version_1_3():
    """FACTS 1.13; a missing joint is 0, 0, 0."""
    points = np.ones((1, 25, 3))
    points[0, 3] = np.nan, np.nan, 0
    content = People(points, skeleton=BODY_25).to_openpose()
    person = content["people"][0]
    assert content["version"] == 1.3 and person["person_id"] == [-1]
    assert person["pose_keypoints_2d"][9:12] == [0, 0, 0] and len(person["pose_keypoints_2d"]) == 75
    assert set(person) == {"person_id", "pose_keypoints_2d"} | {
        f"{what}_keypoints_{d}" for what in ("face", "hand_left", "hand_right", "pose") for d in ("2d", "3d")
    }


@pytest.mark.parametrize("content", [[], {}, {"persons": []}, None])
def test_what_is_no_openpose_file_is_refused(content):
    with pytest.raises(DataError, match="no list 'people'"):
        People.from_openpose(content)


def test_numbers_that_fit_no_skeleton_are_refused():
    hand = {"people": [{"pose_keypoints_2d": [1.0] * 63}]}
    with pytest.raises(DataError, match=r"\[63\].*BODY_25 \(75\)"):
        People.from_openpose(hand)
    assert len(People.from_openpose(hand, HAND_21)) == 1
    with pytest.raises(DataError, match="face-70"):
        People.from_openpose(hand, FACE_70)
    with pytest.raises(DataError, match=r"\[54, 75\]"):
        People.from_openpose({"people": [{"pose_keypoints_2d": [1.0] * k} for k in (54, 75)]})


def test_a_missing_part_has_no_visibility_whatever_was_said():
    """Otherwise COCO's json would hold a labelled joint at (0, 0)."""
    points = np.full((1, 17, 3), np.nan)
    points[0, 0] = 5, 6, 1
    people = People(points, None, COCO_17, visibility=np.full((1, 17), 2))
    [entry] = people.to_coco(image_id=1)
    assert entry["num_keypoints"] == 1 and entry["keypoints"][:6] == [5, 6, 2, 0, 0, 0]


@pytest.mark.parametrize(
    "read, content, message",
    [
        (People.from_coco, {"annotations": []}, "wanted a list of COCO annotations of one image"),
        (People.from_coco, [{"keypoints": ["a"] * 51}], "an entry has keypoints that are no numbers"),
        (People.from_openpose, {"people": "abc"}, "no list 'people' of objects"),
    ],
)
def test_what_is_no_annotation_is_named(read, content, message):
    with pytest.raises(DataError, match=message):
        read(content)
