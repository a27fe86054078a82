"""Stages: networks whose every stage is a known distance from the truth, and errors worked out by hand."""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from paflib.errors import DataError, ShapeError
from paflib.evaluation import StageReport, evaluate_stages, field_errors, true_fields
from paflib.evaluation.stages import stages_of
from paflib.fields import Fields, Grid, TargetOptions, targets
from paflib.inference.estimator import PoseEstimator
from paflib.skeleton import COCO_17, COCO_18
from tests.inference.fake import FakeEntry, FakeNetwork, standing

SIZE = (192, 240)


@dataclass(frozen=True)
class Ordered(FakeEntry):
    """With the order in which a staged network predicts."""

    order: tuple[str, ...] = ()


def estimator(stages: int = 3, order: tuple[str, ...] = (), **entry) -> PoseEstimator:
    made = Ordered(order=order, **entry) if order else FakeEntry(**entry)
    return PoseEstimator(FakeNetwork(standing, made, stages), height=SIZE[0], min_score=0.2)


def coco(images: int = 2, **more) -> dict:
    """The person whom the fake network sees, annotated as COCO does."""
    people = standing(SIZE).convert(COCO_17)
    area, box = np.array([4000.0]), np.array([[60.0, 5.0, 120.0, 180.0]])
    people = replace(people, area=area, bbox=box, visibility=people.present * 2, iscrowd=np.zeros(1, bool))
    return {
        "images": [{"id": i} for i in range(images)], "categories": [{"id": 1, "name": "person"}],
        "annotations": [people.to_coco(i)[0] | {"id": i + 1} | more for i in range(images)],
    }  # fmt: skip


IMAGE = np.zeros((*SIZE, 3), np.uint8)


# ---- field errors by hand


def pair(S: float = 0.0, L: tuple[float, float] = (0.0, 0.0)) -> Fields:
    """One part and one limb on 2 x 2 cells, all alike."""
    skeleton = replace(COCO_18, name="one", parts=("a", "b"), limbs=((0, 1),), redundant=None, parse_order=None,
                       edges=None, flip_pairs=None, sigmas=None, colors=None, derived={})  # fmt: skip
    field = np.zeros((1, 2, 2, 2))
    field[0] = np.array(L)[:, None, None]
    return Fields(np.full((2, 2, 2), S), field, skeleton)


def test_errors_by_hand():
    truth = pair(0.5, (0.0, 1.0))
    truth.L[0, :, 0] = 0  # the upper row of cells is on no limb
    truth.S[:, 1] = 0.09, 0.11  # and of the lower one's the first is on no part, and the second on one
    errors = field_errors(pair(0.3, (1.0, 1.0)), truth)
    assert errors["S"] == pytest.approx((2 * 0.2**2 + 0.21**2 + 0.19**2) / 4)
    assert errors["S_on"] == pytest.approx((2 * 0.2**2 + 0.19**2) / 3)
    assert errors["L_on"] == pytest.approx(1) and errors["L_off"] == pytest.approx(2)
    assert errors["angle"] == pytest.approx(45, abs=1e-4)


@pytest.mark.parametrize(("vector", "angle"), [((0, 0.1), 0), ((0, -3), 180), ((2, 0), 90), ((0, 0), 90)])
def test_the_angle_is_that_of_the_direction_alone(vector, angle):
    assert field_errors(pair(0, vector), pair(0, (0, 1)))["angle"] == pytest.approx(angle, abs=1e-4)


def test_masked_cells_do_not_count():
    truth, predicted = pair(0.5, (0, 1)), pair(0.5, (0, 1))
    predicted.S[:, 0], predicted.L[:, :, 0] = 0, 0
    mask = np.array([[0, 0], [1, 1.0]])
    assert field_errors(predicted, truth, mask, mask) == pytest.approx(
        {"S": 0, "S_on": 0, "L_on": 0, "L_off": np.nan, "angle": 0}, nan_ok=True, abs=1e-6
    )
    assert field_errors(predicted, truth)["S"] == pytest.approx(0.125)


def test_fields_of_other_cells_are_refused():
    with pytest.raises(DataError, match=r"compared with true ones of \(18, 4, 4\)"):
        field_errors(targets(standing(SIZE), (64, 64)), targets(standing(SIZE), (32, 32)))


# ---- the truth where the network draws it


@pytest.mark.parametrize("target", ["paper", "openpose", TargetOptions(sigma=5, limb_width=4)])
def test_true_fields_in_the_network_are_those_of_the_resized_people(target):
    """An image of twice the size: the truth is drawn as if the people had been resized to the network's input."""
    entry = FakeEntry(S_grid=Grid(4), L_grid=Grid(8, origin=3.0))
    people = standing(SIZE)
    large = people.resized(2.0)
    like = Fields(np.zeros((18, 48, 60)), np.zeros((19, 2, 24, 30)), COCO_18, Grid(4).resized(2.0),
                  Grid(8, origin=3.0).resized(2.0))  # fmt: skip
    truth = true_fields(large, like, entry.S_grid, entry.L_grid, target)
    here = Fields(np.zeros((18, 48, 60)), np.zeros((19, 2, 24, 30)), COCO_18, Grid(4), Grid(8, origin=3.0))
    same = true_fields(people, here, entry.S_grid, entry.L_grid, target)
    np.testing.assert_allclose(truth.S, same.S, atol=1e-5)
    np.testing.assert_allclose(truth.L, same.L, atol=1e-5)
    assert truth.S.max() > 0.9 and truth.S_grid == like.S_grid
    # A grid off by half the factor would move the peak by a pixel of the image.
    assert np.abs(truth.S - true_fields(people, like, entry.S_grid, entry.L_grid, target).S).max() > 0.5


def test_crowds_are_not_drawn_and_unknown_targets_named():
    fields = targets(standing(SIZE), SIZE)
    crowd = replace(standing(SIZE), iscrowd=np.ones(1, bool))
    assert not true_fields(crowd, fields, Grid(8), Grid(8)).S.any()
    with pytest.raises(ShapeError, match="target is 'papers', wanted one of paper"):
        true_fields(crowd, fields, Grid(8), Grid(8), "papers")


# ---- stages


def test_each_stage_is_nearer_to_the_truth_by_what_is_known():
    """The fake network's stage t of 3 says t/3 of the truth: its squared error is (1 - t/3)^2 of the first moment."""
    reports = evaluate_stages(estimator(), {0: IMAGE, 1: IMAGE}, coco(), bootstrap=20)
    assert [(r.stage, r.predicts, r.borrowed) for r in reports] == [(t, "LS", "") for t in (1, 2, 3)]
    first = reports[0].errors
    for name in ("S", "S_on", "L_on"):
        assert [r.errors[name] / first[name] for r in reports] == pytest.approx([1, 0.25, 0], abs=1e-5)
    assert all(r.errors["L_off"] == 0 and r.errors["angle"] == pytest.approx(0, abs=0.1) for r in reports)
    assert reports[2].figures["AP"] == pytest.approx(1)
    low, high = reports[2].figures["interval"]["AP"]
    assert low == pytest.approx(1) and high == pytest.approx(1)
    json.dumps([r.to_json() for r in reports], allow_nan=False)


def test_a_report_comes_back_from_its_json():
    report = evaluate_stages(estimator(2, ("L", "S")), {0: IMAGE}, coco(1), bootstrap=5)[0]
    back = StageReport.from_json(json.loads(json.dumps(report.to_json(), allow_nan=False)))
    assert (back.stage, back.predicts, back.borrowed) == (1, "L", "S of stage 2")
    assert back.errors == pytest.approx(report.errors, nan_ok=True) and np.isnan(back.errors["S"])
    assert back.figures["AP"] == report.figures["AP"] and len(back.figures["interval"]["AP"]) == 2


def test_a_stage_that_finds_nobody_has_ap_zero():
    reports = evaluate_stages(
        PoseEstimator(FakeNetwork(standing, stages=3), height=SIZE[0], min_score=0.8), [(0, IMAGE)], coco()
    )
    assert reports[0].figures["AP"] == 0 and reports[2].figures["AP"] == pytest.approx(1)
    assert reports[0].figures["images"] == 1  # the second image of the annotations was not given


@pytest.mark.parametrize(
    ("order", "borrowed"),
    [
        (("L", "L", "S", "S"), ["S of stage 4", "S of stage 4", "L of stage 2", "L of stage 2"]),
        (("S", "LS", "L"), ["L of stage 3", "", "S of stage 2"]),
    ],
)
def test_what_a_stage_does_not_predict_is_borrowed_from_the_last_that_does(order, borrowed):
    network = estimator(len(order), order)
    complete, told = stages_of(network, IMAGE)
    own = network.fields(IMAGE, stages=True).stages
    assert told == order
    for t, (what, fields) in enumerate(zip(order, complete, strict=True)):
        last = {kind: max(k for k, other in enumerate(order) if kind in other) for kind in "LS"}
        np.testing.assert_array_equal(fields.S, own[t if "S" in what else last["S"]].S)
        np.testing.assert_array_equal(fields.L, own[t if "L" in what else last["L"]].L)
    reports = evaluate_stages(network, {0: IMAGE, 1: IMAGE}, coco())
    assert [r.borrowed for r in reports] == borrowed
    for report in reports:
        assert np.isnan(report.errors["S"]) == ("S" not in report.predicts)
        assert np.isnan(report.errors["angle"]) == np.isnan(report.errors["L_on"]) == ("L" not in report.predicts)
        assert report.to_json()["errors"]["S"] is None or "S" in report.predicts


def test_fields_on_two_grids_stay_on_their_own():
    complete, _ = stages_of(estimator(2, ("L", "S"), S_grid=Grid(4)), IMAGE)
    assert all(f.S.shape[1:] == (48, 60) and f.L.shape[2:] == (24, 30) for f in complete)
    reports = evaluate_stages(estimator(2, ("L", "S"), S_grid=Grid(4)), {0: IMAGE}, coco())
    assert reports[1].errors["S"] == pytest.approx(0, abs=1e-9)


def test_the_same_seed_gives_the_same_interval_and_every_stage_the_same_images():
    """Six images, in two of which a second person is annotated whom nobody finds."""
    truth = coco(6)
    for i in (0, 1):
        aside = np.reshape(truth["annotations"][i]["keypoints"], (17, 3)) + np.array([600, 0, 0])
        truth["annotations"].append(truth["annotations"][i] | {"id": 10 + i, "keypoints": aside.ravel().tolist()})
    images = dict.fromkeys(range(6), IMAGE)

    def intervals(seed: int) -> list[tuple[float, float]]:
        reports = evaluate_stages(estimator(2), images, truth, bootstrap=10, seed=seed)
        return [r.figures["interval"]["AP"] for r in reports]

    one = intervals(4)
    assert one == intervals(4) != intervals(5)
    assert one[0][0] < one[0][1] and one[0] == one[1]  # both stages find the same people, in the same draws


def test_where_the_truth_is_not_known_nothing_counts():
    """A second person without labels, whose box is the upper half of the image."""
    truth = coco(1)
    unlabelled = truth["annotations"][0] | {
        "id": 9, "keypoints": [0] * 51, "num_keypoints": 0, "bbox": [0, 0, 240, 96]
    }  # fmt: skip
    truth["annotations"].append(unlabelled)
    with_mask = evaluate_stages(estimator(), {0: IMAGE}, truth)[0].errors
    fields = estimator().fields(IMAGE, stages=True).stages[0]
    drawn = true_fields(standing(SIZE), fields, Grid(8), Grid(8))
    mask = np.ones((24, 30))
    mask[:12] = 0
    by_hand = field_errors(fields, drawn, mask, mask)
    assert with_mask["S"] == pytest.approx(by_hand["S"]) and with_mask["L_on"] == pytest.approx(by_hand["L_on"])
    assert evaluate_stages(estimator(), {0: IMAGE}, coco(1))[0].errors["S"] != pytest.approx(with_mask["S"])


def test_bad_input_is_named():
    with pytest.raises(DataError, match="image 7 is not among the 2"):
        evaluate_stages(estimator(), {7: IMAGE}, coco())
    with pytest.raises(DataError, match="no images"):
        evaluate_stages(estimator(), {}, coco())
    with pytest.raises(DataError, match="annotation 1: keypoints has 3 numbers"):
        evaluate_stages(estimator(), {0: IMAGE}, coco(keypoints=[1, 2, 2]))
    with pytest.raises(DataError, match=r"predict \('L', 'S'\), and gave 3 stages"):
        evaluate_stages(estimator(3, ("L", "S")), {0: IMAGE}, coco())
    with pytest.raises(DataError, match="no stage of the network predicts S"):
        evaluate_stages(estimator(1, ("L",)), {0: IMAGE}, coco())


@pytest.mark.slow
def test_mobilenet_thin_on_real_photographs_gets_better_from_stage_to_stage():
    if "PAFLIB_TEST_DATA" not in os.environ:
        pytest.skip("PAFLIB_TEST_DATA is not set: it names a folder with a small sample of COCO in coco-mini")
    folder = Path(os.environ["PAFLIB_TEST_DATA"]) / "coco-mini"
    truth = json.loads((folder / "annotations" / "person_keypoints_train2017.json").read_text())
    crowded = {a["image_id"] for a in truth["annotations"] if a["num_keypoints"]}
    images = [(i["id"], folder / "train2017" / i["file_name"]) for i in truth["images"] if i["id"] in crowded]
    reports = evaluate_stages(PoseEstimator.from_pretrained("mobilenet-thin", device="cpu"), images, truth)
    for name in ("S_on", "L_on", "angle"):
        errors = [r.errors[name] for r in reports]
        assert errors[-1] < 0.9 * errors[0], (name, errors)
    assert reports[-1].figures["AP"] > reports[0].figures["AP"]
