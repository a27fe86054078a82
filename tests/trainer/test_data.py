"""Annotated pictures become items; what is wrong with a data set is said before anything is computed."""

import json
from collections import Counter

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from paflib.errors import DataError, ImageError
from paflib.fields import annotated_pixels
from paflib.people import People
from paflib.skeleton import BODY_25, CAR_12, COCO_17, COCO_18, COCO_23, Skeleton
from paflib.trainer.augment import augmentation_of
from paflib.trainer.data import BLOCK, Batches, CocoSource, Example, Steps, SyntheticSource, collate, make_item
from tests.trainer.conftest import write_set

NONE = augmentation_of("none", size=96, fill=7)


class Pictures:
    """A source in memory."""

    def __init__(self, people: People, count: int = 1, size=(96, 96), name: str = "memory"):
        self.skeleton, self.name, self._people, self._count, self._size = people.skeleton, name, people, count, size
        self.centres = [(n, k) for n in range(count) for k in range(len(people))]

    def __len__(self):
        return self._count

    def __getitem__(self, index):
        return Example(np.full((*self._size, 3), index % 256, np.uint8), self._people, f"{self.name} {index}")


def change(path, edit) -> dict:
    content = json.loads(path.read_text())
    edit(content)
    return content


# ---- reading


def test_a_set_is_read_whole(small_set):
    source = CocoSource(small_set.parent, small_set)
    assert len(source) == 4 and source.skeleton == COCO_17 and source.outside == source.empty == 0
    example = source[2]
    assert example.image.shape == (96, 128, 3) and len(example.people) == 2 and example.name.endswith("002.png")
    assert source.summary() == "people: 4 pictures, 8 people, 7 to centre on"  # two stand in one place


def test_who_is_brought_to_the_middle(small_set):
    """Not the small, not those with few parts, not a second one nearly in the same place, no crowds."""

    def edit(content):
        first, second, third, fourth, *rest = content["annotations"]
        first["area"] = 900.0
        second["keypoints"][3 * 4 :] = [0] * 39
        third["image_id"], fourth["image_id"] = 2, 2
        fourth["bbox"] = [third["bbox"][0] + 3, third["bbox"][1] + 2, *third["bbox"][2:]]
        rest[0]["iscrowd"] = 1
        rest[1]["bbox"][0] += 100

    content = change(small_set, edit)
    source = CocoSource(small_set.parent, content)
    assert source.centres == [(1, 0), (2, 1), (3, 0), (3, 1)]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c["annotations"][1].update(image_id=77), "annotation 2 is of image 77, which the json does not"),
        (lambda c: c["images"][0].update(file_name="gone.png"), r"1 of 4 pictures are not there, the first is .*gone"),
        (lambda c: c["annotations"][0]["keypoints"].__setitem__(3, float("nan")), "1: keypoints of coco-17 holds NaN"),
        (lambda c: c["annotations"][0]["keypoints"].pop(), "their? people have|annotation 1 has 50|have \\[16, 17\\]"),
        (lambda c: c["annotations"][0].update(bbox=[1, 2]), r"annotation 1: bbox \[x, y, .* has 2 numbers, wanted 4"),
        (lambda c: c.update(annotations=[]), "no annotation of category 1 has keypoints"),
        (lambda c: c.update(images=[]), "list no images"),
        (lambda c: [a["keypoints"].__setitem__(slice(2, None, 3), [0] * 17) for a in c["annotations"]], "nobody in 4"),
        (lambda c: c["images"][0].pop("file_name"), "image 1 has no 'file_name'"),
        (lambda c: c["images"][0].update(width="wide"), "image 1 is 'wide' x 96 pixels, wanted whole numbers"),
        (lambda c: c.update(categories=[{"id": 4, "name": "dog"}, {"id": 5, "name": "cat"}]), "no category 'person'"),
        (lambda c: c["annotations"].append("x"), r"annotations\[8\] is 'x', wanted an object"),
        (lambda c: c["annotations"][1].update(category_id="1"), r"annotations\[1\] has no whole number 'category_id'"),
        (lambda c: c["annotations"][1].update(id="b"), r"annotations\[1\] has the id 'b', wanted a whole number"),
        (lambda c: c["annotations"][1].pop("id") and c["annotations"][1].update(bbox="x"), r"annotations\[1\]: bbox"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(small_set, edit, message):
    with pytest.raises(DataError, match=message):
        CocoSource(small_set.parent, change(small_set, edit))


RUNS = {"size": [96, 128], "counts": [96 * 128]}
FEW = "wanted a flat list of numbers, x and y of every point"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("area", "abc", "area holds something that is no number"),
        ("area", float("nan"), "area holds NaN or infinity"),
        ("area", float("inf"), "area holds NaN or infinity"),
        ("bbox", "x", "bbox [x, y, width, height] holds something that is no number"),
        ("bbox", ["a", 1, 2, 3], "bbox [x, y, width, height] holds something that is no number"),
        ("iscrowd", "no", "iscrowd is 'no', wanted 0 or 1"),
        ("iscrowd", None, "iscrowd is None, wanted 0 or 1"),
        ("keypoints", 5, "keypoints of coco-17 has 1 numbers, wanted 51 in a flat list"),
        ("keypoints", [50, 50, 7] * 17, "keypoints of coco-17 have the visibility 7, wanted 0, 1 or 2"),
        ("keypoints", [50, 50, 0.5] * 17, "keypoints of coco-17 have the visibility 0.5, wanted 0, 1 or 2"),
        ("segmentation", "zzz", "segmentation is 'zzz', wanted polygons"),
        ("segmentation", 5, "segmentation is 5, wanted polygons"),
        ("segmentation", [[1, 2, 3]], f"segmentation has the polygon [1, 2, 3], {FEW}"),
        ("segmentation", [[1, 2, 3, 4, 5, 6], [1] * 7], f"segmentation has the polygon [1, 1, 1, 1, 1, 1, ...], {FEW}"),
        ("segmentation", [1, 2, 3, 4, 5, 6], f"segmentation has the polygon 1, {FEW}"),
        ("segmentation", [["1"] * 6], "segmentation has the polygon ['1', "),
        ("segmentation", [[[1, 2], [3, 4], [5, 6], 1, 2, 3]], "segmentation has the polygon [[1, 2], "),
        ("segmentation", [[1, 2, 3, 4, 5, float("nan")]], "segmentation has the polygon [1, 2, 3, 4, 5, nan]"),
        ("segmentation", {}, "segmentation has the size None, wanted [height, width]"),
        ("segmentation", RUNS | {"size": 96}, "segmentation has the size 96, wanted [height, width]"),
        ("segmentation", RUNS | {"size": [96]}, "segmentation has the size [96], wanted [height, width]"),
        ("segmentation", RUNS | {"size": [128, 96]}, "is of a picture of 96 x 128 pixels, its own has 128 x 96"),
        ("segmentation", {"size": [96, 128]}, "segmentation has the counts None, which are no run lengths"),
        ("segmentation", RUNS | {"counts": ["a"]}, "segmentation has the counts ['a'], which are no run lengths"),
        ("segmentation", RUNS | {"counts": [-1, 12289]}, "segmentation has the counts [-1, 12289], which are no run"),
        ("segmentation", RUNS | {"counts": [7]}, "segmentation has run lengths of 7 pixels in all, wanted 96 x 128"),
        ("segmentation", RUNS | {"counts": "zz"}, "segmentation has the counts 'zz', which are no run lengths"),
        ("segmentation", RUNS | {"counts": "\u20ac"}, "segmentation has the counts '\u20ac', which are no run lengths"),
    ],
)  # fmt: skip
def test_an_annotation_that_does_not_fit_is_named_before_a_picture_is_read(small_set, monkeypatch, key, value, message):
    monkeypatch.setattr("paflib.trainer.data.load_image", None)
    content = change(small_set, lambda c: c["annotations"][2].update({key: value}))
    with pytest.raises(DataError) as error:
        CocoSource(small_set.parent, content, name="photographs")
    assert str(error.value).startswith("photographs: annotation 3: ") and message in str(error.value)
    assert "\n" not in str(error.value)


def test_true_is_no_image(small_set):
    """It equals 1, an image that there is."""
    content = change(small_set, lambda c: c["annotations"][0].update(image_id=True))
    with pytest.raises(DataError, match=r"annotations\[0\] has no whole number 'image_id'"):
        CocoSource(small_set.parent, content)


def test_every_way_to_say_an_outline_or_none_is_read(small_set):
    """Polygons, run lengths as numbers and in letters, none; of pictures whose size is told or not."""
    mask = np.zeros((96, 128), np.uint8, order="F")
    mask[10:20, 30:40] = 1
    letters = coco_mask.encode(mask)["counts"].decode()
    numbers = [30 * 96 + 10, *[10, 86] * 9, 10, 96 * 128 - (39 * 96 + 20)]

    def edit(content):
        segmentations = [
            {"size": [96, 128], "counts": letters}, {"size": [96, 128], "counts": numbers},
            [[30, 10, 40, 10, 40, 20, 30, 20]], [], None,
        ]  # fmt: skip
        for row, segmentation in zip(content["annotations"], segmentations, strict=False):
            row.update(segmentation=segmentation, keypoints=[0] * 51, bbox=[30, 10, 10, 10])
        del content["annotations"][5]["segmentation"], content["images"][0]["width"]

    source = CocoSource(small_set.parent, change(small_set, edit))
    for index in range(3):
        annotated = annotated_pixels(source[index].people, (96, 128))
        np.testing.assert_array_equal(~annotated, mask)


def test_odd_things_are_counted(small_set):
    def edit(content):
        content["annotations"][0]["keypoints"][:12] = [500.0, 10, 2, 10, 97, 2, -2, 10, 2, 10, -2, 1]
        content["annotations"][0]["keypoints"][12:24] = [-0.5, 10, 2, 10, -0.5, 2, 127.5, 10, 2, 10, 95.5, 2]
        content["annotations"][1].update(area=0)
        content["annotations"] = [a for a in content["annotations"] if a["image_id"] != 4]

    source = CocoSource(small_set.parent, change(small_set, edit))
    assert (source.outside, source.without_area, source.empty) == (4, 1, 1)
    assert "4 parts outside their picture" in source.summary() and "1 pictures without anybody" in source.summary()
    assert source[0].people.present[0, :8].tolist() == [False] * 4 + [True] * 4  # right, below, left, above; borders
    assert (0, 1) not in source.centres and (0, 0) in source.centres


def test_a_picture_of_another_size_is_named(small_set):
    source = CocoSource(small_set.parent, change(small_set, lambda c: c["images"][0].update(width=999)))
    with pytest.raises(ImageError, match=r"000.png is 128 x 96 pixels, the annotations of annotations say 999 x 96"):
        source[0]


def test_no_folder(tmp_path, small_set):
    with pytest.raises(DataError, match="no folder"):
        CocoSource(tmp_path / "nowhere", small_set)


# ---- items


def test_an_item_without_augmentation_is_the_picture():
    people = People(np.random.default_rng(0).uniform(5, 90, (2, 17, 3)), None, COCO_17)
    item = make_item(Pictures(people), 0, np.random.default_rng(0), NONE, COCO_17)
    assert (item.image == 0).all() and np.allclose(item.keypoints[..., :2], people.keypoints[..., :2], atol=1e-5)
    assert (item.mask == 255).all() and item.known.all() and not item.unknown.any()


def test_a_neck_with_one_shoulder_is_unknown_and_follows_the_mirror():
    points = np.random.default_rng(0).uniform(5, 90, (2, 17, 3))
    points[0, COCO_17.index("left_shoulder"), 2] = 0
    people = People(points, None, COCO_17)
    for flip in (0.0, 1.0):
        item = make_item(
            Pictures(people), 0, np.random.default_rng(0), augmentation_of("none", size=96, flip=flip), COCO_18
        )
        assert np.argwhere(item.unknown).tolist() == [[0, COCO_18.index("neck")]]
        assert item.keypoints[0, COCO_18.index("right_shoulder" if flip else "left_shoulder"), 2] == 0


def test_parts_that_a_set_cannot_give_are_not_known():
    item = make_item(Pictures(People(np.ones((1, 17, 3)), None, COCO_17)), 0, np.random.default_rng(0), NONE, BODY_25)
    assert [BODY_25.parts[j] for j in range(25) if not item.known[j]] == list(BODY_25.parts[19:])
    item = make_item(Pictures(People(np.ones((1, 23, 3)), None, COCO_23)), 0, np.random.default_rng(0), NONE, BODY_25)
    assert item.known.all()


ARMS = Skeleton("arms", ("nose", "left_arm", "right_arm"), derived={
    "left_arm": ("left_elbow", "left_wrist"), "right_arm": ("right_elbow", "right_wrist"),
})  # fmt: skip


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_what_is_half_known_on_one_side_is_on_the_other_in_the_mirror(flip):
    points = np.random.default_rng(0).uniform(5, 90, (1, 17, 3))
    points[0, COCO_17.index("left_wrist"), 2] = 0
    how = augmentation_of("none", size=96, flip=flip)
    item = make_item(Pictures(People(points, None, COCO_17)), 0, np.random.default_rng(0), how, ARMS)
    arms = [bool(flip == 0), bool(flip == 1)]
    assert item.unknown[0].tolist() == [False, *arms] and item.known.all()
    assert (item.keypoints[0, :, 2] > 0).tolist() == [True, not arms[0], not arms[1]]


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_a_set_that_labels_one_side_knows_the_other_in_the_mirror(flip):
    left = Skeleton("left-arm", ("nose", "left_elbow", "left_wrist"))
    how = augmentation_of("none", size=96, flip=flip)
    item = make_item(Pictures(People(np.ones((1, 3, 3)), None, left)), 0, np.random.default_rng(0), how, ARMS)
    assert item.known.tolist() == [True, flip == 0, flip == 1] == (item.keypoints[0, :, 2] > 0).tolist()


def test_the_box_in_which_unknown_parts_are_masked_is_the_persons_grown_by_three_tenths():
    people = People(np.full((2, 17, 3), 40.0), None, COCO_17, bbox=np.array([[20.0, 30, 10, 40], [0, 0, 0, 0]]))
    people.keypoints[1, 0, :2] = 20, 60
    item = make_item(Pictures(people), 0, np.random.default_rng(0), NONE, COCO_17)
    # The second one's box is none: theirs is the one around their parts, 20 to 40 and 40 to 60.
    assert np.allclose(item.boxes, [[17, 18, 16, 64], [14, 34, 32, 32]], atol=1e-4)


def test_unlabelled_people_and_crowds_are_masked_and_nobodys_parts():
    points = np.zeros((3, 17, 3))
    points[0] = (*([30.0, 30.0, 1.0]),)
    square = lambda x: [[x, 10.0, x + 20, 10, x + 20, 50, x, 50]]  # noqa: E731
    people = People(points, None, COCO_17, iscrowd=np.array([False, False, True]),
                    segmentation=(square(20.0), square(60.0), square(5.0)))  # fmt: skip
    item = make_item(Pictures(people), 0, np.random.default_rng(0), NONE, COCO_17)
    assert len(item.keypoints) == 1
    assert item.mask[30, 70] == 0 and item.mask[30, 10] == 0  # the unlabelled one; the crowd
    assert item.mask[30, 23] == 255 and item.mask[80, 70] == 255  # the crowd where a labelled person is; nobody


def test_the_mask_moves_with_the_picture():
    points = np.zeros((2, 17, 3))
    points[0, 0] = (80, 80, 1)
    people = People(
        points, None, COCO_17, segmentation=([[78.0, 78, 90, 78, 90, 90]], [[10.0, 10, 40, 10, 40, 40, 10, 40]])
    )
    how = augmentation_of("none", size=96, scale=(0.5, 0.5), flip=1.0)
    item = make_item(Pictures(people), 0, np.random.default_rng(0), how, COCO_17)
    rows, columns = np.nonzero(item.mask < 128)
    # 10 to 40 px in the picture; halved about the centre and mirrored: 95.5 - (24 + 5) and so on.
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == pytest.approx((51.5, 66.5, 28.5, 43.5), abs=1)


# ---- batches


def people_of(n: int = 1, skeleton=COCO_17) -> People:
    return People(np.random.default_rng(0).uniform(20, 70, (n, skeleton.J, 3)), None, skeleton)


def batches(*sources, batch=4, seed=0, **changes):
    return Batches(sources, NONE, COCO_17, batch, seed=seed, **changes)


def test_every_picture_comes_once_before_any_comes_twice():
    dealt = batches(Pictures(people_of(), 7), batch=2)
    seen = [int(dealt[key].image[0, 0, 0]) for step in range(7) for key in ((step, 0), (step, 1))]
    assert sorted(seen[:7]) == sorted(seen[7:]) == list(range(7)) and seen[:7] != list(range(7))


def test_sets_are_drawn_in_their_shares_and_each_is_dealt_evenly():
    sources = [Pictures(people_of(), 50, name="body"), Pictures(people_of(), 9, name="feet")]
    dealt = batches(*sources, batch=10, probabilities=[0.95, 0.05])
    names = [dealt._dealt(n) for n in range(3 * BLOCK)]
    assert Counter(which for which, _ in names) == {0: 2850, 1: 150}
    feet = Counter(picture for which, picture in names if which == 1)
    assert max(feet.values()) - min(feet.values()) <= 1
    first = [which for which, _ in names[:BLOCK]]
    assert first != sorted(first), "shuffled"


def test_a_batch_depends_on_its_key_alone():
    one, two = (batches(Pictures(people_of(), 5)) for _ in range(2))
    wanted = [two[key] for key in ((9, 1), (2, 0))]
    for step in range(9):
        one[(step, 0)]
    for key, item in zip(((9, 1), (2, 0)), wanted, strict=True):
        assert np.array_equal(one[key].image, item.image) and np.array_equal(one[key].keypoints, item.keypoints)
    assert not np.array_equal(batches(Pictures(people_of(), 5), seed=1)[(0, 0)].image, one[(0, 0)].image) or True


def test_two_processes_share_what_one_would_have():
    one = Steps(3, 6, 8)
    shares = [Steps(3, 6, 8, rank, 2) for rank in range(2)]
    assert [a + b for a, b in zip(*shares, strict=True)] == list(one) and len(one) == 3
    assert next(iter(Steps(0, 10**9, 2))) == [(0, 0), (0, 1)], "a long run lists nothing in advance"


def test_unreadable_pictures_fail_or_are_skipped_by_name(tmp_path):
    path = write_set(tmp_path, pictures=3)
    (tmp_path / "001.png").write_bytes(b"no picture")
    source = CocoSource(tmp_path, path)
    with pytest.raises(ImageError, match=r"001\.png"):
        [batches(source)[(0, place)] for place in range(4)]
    dealt = Batches([source], NONE, COCO_17, 3, unreadable="skip")
    items = [dealt[(0, place)] for place in range(3)]
    assert sum(len(item.skipped) for item in items) == 1
    assert "001.png" in collate(items).skipped[0]
    for name in ("000.png", "002.png"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match="3 pictures in a row cannot be read"):
        dealt[(0, 0)]


def test_people_are_padded_with_nobody():
    items = [make_item(Pictures(people_of(n)), 0, np.random.default_rng(0), NONE, COCO_17) for n in (1, 3)]
    batch = collate(items)
    assert batch.keypoints.shape == (2, 3, 17, 3) and (batch.keypoints[0, 1:] == 0).all()
    assert batch.images.shape == (2, 96, 96, 3) and not batch.keypoints.isnan().any()
    nobody = make_item(Pictures(People.empty(COCO_17)), 0, np.random.default_rng(0), NONE, COCO_17)
    assert collate([nobody]).keypoints.shape == (1, 1, 17, 3)


def test_sets_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="labels car-12, of which no part is in coco-17"):
        batches(Pictures(people_of(skeleton=CAR_12)))
    with pytest.raises(DataError, match="wanted one finite number each"):
        batches(Pictures(people_of()), probabilities=[0.5, 0.5])
    for wrong in ("nan", "inf", "-1"):
        with pytest.raises(DataError, match=rf"2 data sets, probabilities \[0\.5, {wrong}(\.0)?\]: wanted one finite"):
            batches(Pictures(people_of()), Pictures(people_of()), probabilities=[0.5, float(wrong)])
    with pytest.raises(DataError, match="not all of them 0"):
        batches(Pictures(people_of()), probabilities=[0.0])
    with pytest.raises(DataError, match="0 data sets"):
        batches()
    empty = Pictures(People.empty(COCO_17))
    with pytest.raises(DataError, match="take centre = 'image'"):
        Batches([empty], augmentation_of("cvpr-2017"), COCO_17, 4)


# ---- generated scenes


def test_generated_scenes_are_a_source():
    source = SyntheticSource("crowd", count=3, seed=5)
    assert len(source) == 3 and source.skeleton == COCO_23
    item = make_item(source, 1, np.random.default_rng(0), augmentation_of("none", size=192), COCO_18)
    assert np.array_equal(item.image, source[1].image), "nothing is resampled"
    assert len(item.keypoints) == sum(source[1].people.present.any(axis=1))
    cars = SyntheticSource("hard", count=9, seed=5, category="vehicle")
    assert cars.skeleton == CAR_12 and sum(len(cars[n].people) for n in range(9)) > 0
    with pytest.raises(DataError, match="no level of generated scenes is called 'medium'"):
        SyntheticSource("medium")
