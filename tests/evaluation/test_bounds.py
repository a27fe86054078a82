"""Upper bounds: true maps, what is lost in them and why; and halves of a network's work replaced by the truth."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from paflib.errors import DataError, ShapeError
from paflib.evaluation import (
    BOUNDS,
    CAUSES,
    analyse_errors,
    causes_of,
    connect_truly,
    evaluate_oks,
    true_maps,
    upper_bounds,
)
from paflib.fields import Fields, Grid, TargetOptions, targets
from paflib.inference.estimator import PoseEstimator
from paflib.parser import ParserOptions
from paflib.people import People
from paflib.skeleton import COCO_17, COCO_18, Skeleton
from paflib.synthetic import generate, random_people
from tests.inference.fake import FakeEntry, FakeNetwork, standing

SIZE = (368, 656)


def annotated(people: People) -> People:
    """With what COCO knows of a person."""
    points = people.keypoints[..., :2]
    low, high = np.nanmin(points, axis=1), np.nanmax(points, axis=1)
    size = np.maximum(high - low, 1)
    return replace(
        people, area=0.5 * size.prod(axis=1), bbox=np.concatenate([low, size], axis=1),
        visibility=people.present * 2, iscrowd=np.zeros(len(people), bool),
    )  # fmt: skip


def coco(scenes: list[People], size: tuple[int, int] = SIZE) -> dict:
    rows = [row for i, people in enumerate(scenes) for row in annotated(people.convert(COCO_17)).to_coco(i)]
    return {
        "images": [{"id": i, "height": size[0], "width": size[1]} for i in range(len(scenes))],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [row | {"id": n + 1} for n, row in enumerate(rows)],
    }  # fmt: skip


def scenes(n: int = 4, people: int = 3) -> list[People]:
    rng = np.random.default_rng(5)
    return [random_people(rng, people, SIZE, (170, 230), gap=30) for _ in range(n)]


# ---- true maps


@pytest.mark.parametrize("height", [None, 368, 300])
def test_people_apart_are_found_in_their_true_maps(height):
    made = true_maps(coco(scenes()), height=height)
    assert made.figures["AP"] > 0.98
    assert made.lost == sum(made.causes.values()) and set(made.causes) == set(CAUSES)
    assert made.labelled == 4 * 3 * 17
    assert made.errors.people["extra"] == 0 and np.abs(made.errors.offset).max() < 0.02
    assert pytest.approx(evaluate_oks(made.results, coco(scenes()))["AP"]) == made.figures["AP"]


def test_a_convention_off_by_half_a_pixel_would_be_seen():
    """The same results read as if the middle of a pixel were its corner: the mean offset says it."""
    truth = coco(scenes())
    made = true_maps(truth, height=None)
    moved = []
    for row in made.results:
        points = np.reshape(row["keypoints"], (17, 3)) + np.array([0.5, 0.5, 0])
        moved.append(row | {"keypoints": points.ravel().tolist()})
    offset = analyse_errors(moved, truth).offset
    assert np.abs(made.errors.offset).max() < 0.02 < 0.45 < offset.min()


def test_finer_maps_and_other_widths():
    truth = coco(scenes(2))
    fine = true_maps(truth, stride=4, height=None, target=TargetOptions(sigma=5, limb_width=5))
    assert fine.figures["AP"] > 0.98
    with pytest.raises(ShapeError, match="target is 'own'"):
        true_maps(truth, target="own")
    with pytest.raises(ShapeError, match="unknown parser options"):
        true_maps(truth, treshold=3)


def without(people: People, *parts: str) -> People:
    points = people.keypoints.copy()
    points[:, [people.skeleton.index(part) for part in parts]] = 0
    return replace(people, keypoints=points)


def test_a_leg_without_its_hip_is_cut_off():
    people = without(standing((184, 160)), "right_hip")
    causes = causes_of(people, targets(people, (184, 160)))
    cut = {COCO_18.parts[j] for j in np.nonzero((causes[0] == "cut off") & people.present[0])[0]}
    assert cut == {"right_knee", "right_ankle"}


def test_an_arm_without_the_neck_is_cut_off_and_which_piece_is_the_person_depends_on_what_was_found():
    people = without(standing((184, 160)), "neck", "right_hip", "left_hip", "left_ear", "right_ear")
    fields = targets(people, (184, 160))
    arm = ["left_shoulder", "left_elbow", "left_wrist"]
    found = np.zeros((1, 18), bool)
    found[0, [COCO_18.index(part) for part in arm]] = True
    causes = causes_of(people, fields, found=found)[0]
    assert all(causes[COCO_18.index(part)] == "parser" for part in arm)
    assert causes[COCO_18.index("right_elbow")] == causes[COCO_18.index("nose")] == "cut off"
    assert causes_of(people, fields)[0, COCO_18.index("left_elbow")] == "cut off"  # else the first of equal pieces


def test_a_limb_shorter_than_a_cell_leaves_no_mark():
    """Eye and nose 3 px apart between two rows of cells; drawn past the joints, as released code does, it has cells."""
    people = without(standing((184, 160)), "left_eye", "left_ear", "right_ear")
    points = people.keypoints.copy()
    points[0, COCO_18.index("nose"), :2] = 81, 21
    points[0, COCO_18.index("right_eye"), :2] = 81, 24
    people = replace(people, keypoints=points)
    eye = COCO_18.index("right_eye")
    assert causes_of(people, targets(people, (184, 160)))[0, eye] == "no cell"
    past = targets(people, (184, 160), region="cmu")
    assert causes_of(people, past, region="cmu")[0, eye] == "parser"


def test_two_parts_are_too_few_and_a_part_without_a_peak_is_named():
    two = np.zeros((1, 18, 3))
    two[0, COCO_18.index("right_elbow")] = 60, 60, 1
    two[0, COCO_18.index("right_wrist")] = 90, 60, 1
    people = People(two)
    fields = targets(people, (120, 160))
    assert set(causes_of(people, fields)[0, people.present[0]]) == {"too few"}
    assert set(causes_of(people, fields, ParserOptions(min_parts=2))[0, people.present[0]]) == {"parser"}
    crowd = People(np.concatenate([standing((184, 160)).keypoints] * 2))
    crowd.keypoints[1, :, 0] += np.where(np.arange(18) == COCO_18.index("nose"), 2, 40)
    causes = causes_of(crowd, targets(crowd, (184, 240)))
    lost = {(n, COCO_18.parts[j]) for n, j in zip(*np.nonzero(causes == "no peak"), strict=True)}
    assert len(lost) == 1 and lost <= {(0, "nose"), (1, "nose")}


@pytest.mark.parametrize(("away", "cause"), [(11.0, "parser"), (13.0, "no peak")])
def test_a_peak_is_somebodys_own_within_a_cell_and_a_half(away, cause):
    """A map whose wrist lies aside: 12 px are one and a half of its cells."""
    people = standing((184, 160))
    moved = people.keypoints.copy()
    moved[0, COCO_18.index("left_wrist"), 0] += away
    causes = causes_of(people, targets(replace(people, keypoints=moved), (184, 160)))
    assert causes[0, COCO_18.index("left_wrist")] == cause and causes[0, COCO_18.index("right_wrist")] == "parser"


def test_what_is_lost_is_told_in_the_figures():
    """A scene where someone's leg cannot be reached: the report counts it as absent and cut off."""
    people = without(scenes(1)[0], "left_hip")
    made = true_maps(coco([people]), height=None)
    lost = int(people.present[:, [COCO_18.index("left_knee"), COCO_18.index("left_ankle")]].sum())
    assert made.causes["cut off"] == lost == made.errors.counts["absent"] == made.lost
    assert made.figures["AP"] < 0.95


def test_crowds_are_not_drawn_and_not_counted():
    truth = coco(scenes(1))
    whole = true_maps(truth, height=None)
    truth["annotations"].insert(0, truth["annotations"][0] | {"id": 99, "iscrowd": 1})
    crowd = true_maps(truth, height=None)
    assert crowd.labelled == whole.labelled and crowd.causes == whole.causes and crowd.results == whole.results


def test_an_image_without_a_size_is_named():
    truth = coco(scenes(1))
    del truth["images"][0]["width"]
    with pytest.raises(DataError, match="image 0 of the annotations has no height and width"):
        true_maps(truth)


# ---- with a network


class Halves(FakeNetwork):
    """Whose S or L can be spoilt."""

    def __init__(self, S: float = 1.0, L: float = 1.0) -> None:
        super().__init__(standing, FakeEntry())
        self.spoil = S, L

    def __call__(self, images):
        return [(S * self.spoil[0], L * self.spoil[1]) for S, L in super().__call__(images)]


def bounds(**spoil) -> dict[str, float]:
    truth = coco([standing((192, 240))], (192, 240))
    estimator = PoseEstimator(Halves(**spoil), height=192)
    found = upper_bounds(estimator, {0: np.zeros((192, 240, 3), np.uint8)}, truth)
    assert tuple(found) == BOUNDS
    return {name: round(figures["AP"], 3) for name, figures in found.items()}


def test_a_perfect_network_reaches_every_bound():
    assert set(bounds().values()) == {1.0}


def test_without_fields_only_true_connections_help():
    assert bounds(L=0.0) == {"predicted": 0, "true connections": 1, "true detections": 0, "true maps": 1}


def test_fields_turned_round_connect_nobody():
    assert bounds(L=-1.0) == {"predicted": 0, "true connections": 1, "true detections": 0, "true maps": 1}


def test_without_confidence_only_true_detections_help():
    assert bounds(S=0.0) == {"predicted": 0, "true connections": 0, "true detections": 1, "true maps": 1}


def test_a_detection_is_given_to_the_person_it_lies_nearest_to():
    skeleton = Skeleton("pair", ("a", "b"), (("a", "b"),), sigmas=(0.1, 0.1))
    truth = np.ones((2, 2, 3))
    truth[:, :, :2] = [[(20, 20), (20, 100)], [(45, 20), (45, 100)]]
    people = People(truth, None, skeleton, area=np.full(2, 5000.0))
    seen = truth.copy()
    seen[0, 0, :2] = 30, 24  # off, but nearest to the first
    seen[1, 1, 2] = 0  # the first one's is near enough to be taken for it, but is the first one's
    stray = np.concatenate([seen, np.ones((1, 2, 3))])
    stray[2, :, :2] = [(70, 60), (150, 170)]  # nobody's
    S = targets(People(stray, None, skeleton), (192, 192)).S
    found = connect_truly(Fields(S, np.zeros((1, 2, 24, 24)), skeleton, Grid(8), Grid(8)), people)
    np.testing.assert_allclose(found.keypoints[0, :, :2], [(30, 24), (20, 100)], atol=0.2)
    np.testing.assert_allclose(found.keypoints[1, 0, :2], (45, 20), atol=1.5)  # pulled by the other
    assert not found.present[1, 1]
    nobody = connect_truly(Fields(S * 0, np.zeros((1, 2, 24, 24)), skeleton), people)
    assert len(nobody) == 0


# ---- what the project promises


@pytest.mark.slow
def test_true_maps_of_the_real_sample():
    """What is left is people whose parts the skeleton cannot connect, and nothing that a wrong convention would do."""
    if "PAFLIB_TEST_DATA" not in os.environ:
        pytest.skip("PAFLIB_TEST_DATA is not set: it names a folder with a small sample of COCO in coco-mini")
    folder = Path(os.environ["PAFLIB_TEST_DATA"]) / "coco-mini"
    truth = json.loads((folder / "annotations" / "person_keypoints_train2017.json").read_text())
    released, paper = (true_maps(truth, 8, 368, target=target) for target in ("openpose", "paper"))
    assert released.figures["AP"] >= 0.75
    # Eq. 9 ends at the joints: limbs shorter than a cell leave no mark, and nothing else is worse.
    assert paper.figures["AP"] >= 0.74 and released.causes["no cell"] == 0 < paper.causes["no cell"]
    assert released.figures["AP"] - paper.figures["AP"] > 0.02
    for made in (released, paper):
        assert np.abs(made.errors.offset).max() < 0.05
        assert made.errors.counts["inversion"] == made.errors.counts["miss"] == made.errors.counts["extra"] == 0
        reachable = made.lost - made.causes["cut off"] - made.causes["too few"]
        assert reachable < 0.04 * made.labelled
    assert released.causes["parser"] <= 0.01 * released.labelled
    joined = true_maps(truth, 8, 368, COCO_18.complete())
    assert joined.causes["cut off"] == 0 and joined.figures["AP"] > released.figures["AP"] + 0.05


@pytest.mark.slow
def test_true_maps_of_the_generated_crowd():
    """At both strides what is left is mostly people whom the border cuts in pieces, which the tree cannot join."""
    people = [generate("crowd", i, 1).people.convert(COCO_17) for i in range(100)]
    rows = [row for i, some in enumerate(people) for row in some.to_coco(i, 1, COCO_17)]
    truth = {
        "images": [{"id": i, "height": 192, "width": 192} for i in range(100)],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [row | {"id": n + 1} for n, row in enumerate(rows)],
    }
    coarse, fine = (true_maps(truth, stride, None, target="openpose") for stride in (8, 4))
    assert coarse.figures["AP"] >= 0.90 and fine.figures["AP"] >= 0.95
    for made in (coarse, fine):
        assert np.abs(made.errors.offset).max() < 0.05
        assert made.causes["no cell"] == 0 and made.causes["parser"] < 0.01 * made.labelled
        assert max(made.causes, key=lambda cause: made.causes[cause]) == "cut off"
        assert made.errors.counts["extra"] <= 2
