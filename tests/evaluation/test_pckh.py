"""MPII's multi-person measure: cases worked by hand, and a second implementation that shares nothing with the first."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paflib.errors import DataError, ShapeError
from paflib.evaluation import average_precision, evaluate_pckh, group_box, head_size
from paflib.evaluation.mpii import read_groups
from paflib.evaluation.pckh import JOINT_GROUPS, JOINTS, assign, in_box, joints
from paflib.people import People
from paflib.skeleton import COCO_18, MPII_15, MPII_16

HEAD = [0.0, 0.0, 30.0, 40.0]  # a diagonal of 50: head size 30, and half a head is 15 px


def annotation(number: int, image: int, xy: tuple[float, float], group: int | None = 0, labelled=range(16), **more):
    """Somebody whose every joint lies at one place, joint j 3 px times j to the right."""
    keypoints = np.zeros((16, 3))
    for j in labelled:
        keypoints[j] = xy[0] + 3 * j, xy[1], 2
    return {
        "id": number, "image_id": image, "category_id": 1, "keypoints": keypoints.ravel().tolist(), "head_box": HEAD,
        "position": [xy[0] + 24, xy[1]], "scale": 1.0, "group": group,
    } | more  # fmt: skip


def dataset(*people: dict, images: int = 2) -> dict:
    return {
        "images": [{"id": i, "file_name": f"{i}.jpg", "height": 400, "width": 600} for i in range(images)],
        "annotations": list(people),
    }


def found(row: dict, score: float = 0.5, shift: float = 0.0, only=range(16)) -> dict:
    """The result that says what an annotation says, as 16 joints with one score."""
    points = np.reshape(row["keypoints"], (16, 3)).copy()
    points[:, 0] += shift
    points[:, 2] = [score if j in only else 0 for j in range(16)]
    return {"image_id": row["image_id"], "keypoints": points.ravel().tolist()}


# ---- by hand


def test_perfect_predictions_score_one():
    people = [annotation(1, 0, (100, 100)), annotation(2, 0, (300, 200)), annotation(3, 1, (200, 100))]
    summary = evaluate_pckh([found(p) for p in people], dataset(*people), MPII_16)
    assert summary["mean"] == 1 and all(summary[name] == 1 for name in JOINT_GROUPS)
    assert (summary["groups"], summary["people"]) == (2, 3)


@pytest.mark.parametrize(("shift", "ap"), [(15.0, 1.0), (15.001, 0.0)])
def test_half_a_head_is_near_enough_and_no_more(shift, ap):
    """Head size is 0.6 times the diagonal, 30 px; the threshold is half of it, inclusive."""
    truth = annotation(1, 0, (100, 100))
    assert head_size(np.array(HEAD)) == 30
    assert evaluate_pckh([found(truth, shift=shift)], dataset(truth), MPII_16)["mean"] == ap
    assert evaluate_pckh([found(truth, shift=shift)], dataset(truth), MPII_16, threshold=0.6)["mean"] == 1


def test_pelvis_and_thorax_count_for_nothing():
    truth = annotation(1, 0, (100, 100))
    assert (
        evaluate_pckh([found(truth, only=[j for j in range(16) if j not in (6, 7)])], dataset(truth), MPII_16)["mean"]
        == 1
    )


def test_a_joint_found_where_none_is_annotated_is_wrong():
    """The toolkit counts it: with a higher score than the right one it halves the precision of the wrist."""
    whole, partial = annotation(1, 0, (100, 100)), annotation(2, 1, (200, 100), labelled=range(10))
    results = [found(whole, 0.5), found(annotation(2, 1, (200, 100)), 0.9)]
    summary = evaluate_pckh(results, dataset(whole, partial), MPII_16)
    assert summary["joints"]["right_wrist"] == 0.5  # joint 10: two claims, the first of them wrong
    assert summary["joints"]["head_top"] == 1
    assert (
        evaluate_pckh([found(whole, 0.9), found(partial, 0.5, only=range(16))], dataset(whole, partial), MPII_16)[
            "joints"
        ]["right_wrist"]
        == 1
    )


def test_everyone_claims_their_best_and_the_loser_of_a_claim_gets_nobody():
    """PCKh 0.9 and 0.5 both for the first person: the second claim is lost, though 0.1 would fit the second person."""
    assert assign(np.array([[0.9, 0.8], [0.5, 0.1]])).tolist() == [0, -1]
    assert assign(np.array([[0.2, 0.8], [0.5, 0.1]])).tolist() == [1, 0]
    assert assign(np.array([[0.5], [0.5]])).tolist() == [0, -1]
    assert assign(np.array([[0.5, 0.5]])).tolist() == [0]
    assert assign(np.array([[0.0, 0.0]])).tolist() == [-1]
    assert assign(np.zeros((0, 2))).tolist() == [] and assign(np.zeros((2, 0))).tolist() == [-1, -1]


def test_a_second_person_found_on_the_same_one_is_wrong():
    truth = annotation(1, 0, (100, 100))
    twice = [found(truth, 0.5), found(truth, 0.9, shift=1, only=range(13))]
    summary = evaluate_pckh(twice, dataset(truth), MPII_16)
    assert summary["joints"]["right_elbow"] == 0.5 and summary["joints"]["left_wrist"] == 1


def test_the_area_under_the_curve_by_hand():
    """Right, wrong, right of three to be found: 1/3 at precision 1, 1/3 at 2/3, and the third is not found."""
    assert average_precision(np.array([3.0, 2.0, 1.0]), np.array([1, 0, 1]), 3) == pytest.approx(1 / 3 + 2 / 9)
    # wrong, right, right of two: the precision of 1/2 at recall 1/2 is lifted to the 2/3 at recall 1
    assert average_precision(np.array([3.0, 2.0, 1.0]), np.array([0, 1, 1]), 2) == pytest.approx(2 / 3)
    assert average_precision(np.zeros(0), np.zeros(0), 2) == 0
    assert math.isnan(average_precision(np.ones(1), np.ones(1), 0))
    assert average_precision(np.array([1.0, 1.0]), np.array([1, 0]), 1) == 1  # of equal scores the first comes first


def test_groups_where_nobody_was_found():
    """The MATLAB toolkit forgets the joints of a group without any prediction; this module counts them as missed."""
    people = [annotation(1, 0, (100, 100)), annotation(2, 1, (200, 100))]
    results = [found(people[0])]
    assert evaluate_pckh(results, dataset(*people), MPII_16)["mean"] == 0.5
    assert evaluate_pckh(results, dataset(*people), MPII_16, count_empty_groups=False)["mean"] == 1
    assert math.isnan(evaluate_pckh([], dataset(*people), MPII_16, count_empty_groups=False)["mean"])


def test_people_outside_the_groups_are_neither_missed_nor_wrong():
    people = [annotation(1, 0, (100, 100)), annotation(2, 0, (500, 300), group=None)]
    results = [found(people[0], 0.5), found(people[1], 0.9)]
    assert evaluate_pckh(results, dataset(*people), MPII_16)["mean"] == 1
    assert evaluate_pckh([found(people[0], 0.5)], dataset(*people), MPII_16)["mean"] == 1


def test_two_groups_of_one_image_are_two_questions():
    people = [annotation(1, 0, (100, 50), group=0), annotation(2, 0, (400, 350), group=1)]
    summary = evaluate_pckh([found(p) for p in people], dataset(*people), MPII_16)
    assert summary["mean"] == 1 and summary["groups"] == 2


def test_the_networks_fifteen_parts_are_the_same_joints():
    truth = annotation(1, 0, (100, 100))
    people = People(np.reshape(truth["keypoints"], (1, 16, 3)), None, MPII_16).convert(MPII_15)
    results = people.to_coco(0)
    assert len(results[0]["keypoints"]) == 45
    assert evaluate_pckh(results, dataset(truth))["mean"] == 1


def test_the_column_of_a_table_is_the_mean_of_two_joints():
    truth = annotation(1, 0, (100, 100))
    summary = evaluate_pckh([found(truth, only=[j for j in range(16) if j != 9])], dataset(truth), MPII_16)
    assert summary["Head"] == 0.5 and summary["Ankle"] == 1 and summary["mean"] == pytest.approx(13 / 14)


# ---- the group's box


def test_the_box_round_a_group_by_hand():
    """Mean scale 1.5: people are scaled by (41/35)/1.5; a quarter of 368 px over 2.5 and over 2 is the margin."""
    box = group_box(np.array([[100.0, 200.0], [300.0, 240.0]]), np.array([1.0, 2.0]))
    x, y = 0.25 * 368 / ((41 / 35) / 1.5 * 2.5), 0.25 * 368 / ((41 / 35) / 1.5 * 2)
    np.testing.assert_allclose(box, [100 - x, 200 - y, 300 + x, 240 + y])
    np.testing.assert_allclose(group_box(np.array([[5.0, 5.0]]), np.array([4.0]), (100, 60)), [0, 0, 59, 99])
    with pytest.raises(ShapeError, match="position"):
        group_box(np.zeros(2), np.ones(1))


def test_who_is_in_the_box_by_the_mean_or_by_the_chest():
    keypoints = np.zeros((4, 15, 3))
    keypoints[:, :2] = [50, 50, 1], [150, 50, 1]  # mean at x = 100
    keypoints[1:, 0, 0] += 80  # mean at x = 140, outside
    keypoints[2, MPII_15.index("chest")] = 60, 60, 1
    keypoints[3, MPII_15.index("chest")] = 200, 60, 1  # to the right
    people = People(keypoints, None, MPII_15)
    assert in_box(people, np.array([0, 0, 120, 120])).tolist() == [True, False, True, False]
    assert in_box(people, np.array([0, 0, 100, 120])).tolist() == [False, False, True, False]  # the edge is outside
    assert in_box(People.empty(MPII_15), np.array([0, 0, 9, 9])).tolist() == []


# ---- against brute force


def brute_force(results: list[dict], content: dict, threshold: float = 0.5) -> dict[str, float]:
    """Plain loops over plain numbers, from the same facts."""
    order = [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15]
    units = sorted({(a["image_id"], a["group"]) for a in content["annotations"] if a["group"] is not None})
    claims: dict[int, list] = {j: [] for j in order}
    total = dict.fromkeys(order, 0)
    for image, group in units:
        people = [a for a in content["annotations"] if (a["image_id"], a["group"]) == (image, group)]
        xs, ys = [a["position"][0] for a in people], [a["position"][1] for a in people]
        mean = sum(a["scale"] for a in people) / len(people)
        s = (41 / 35) / mean
        left, right = max(min(xs) - 0.25 * 368 / (s * 2.5), 0), min(max(xs) + 0.25 * 368 / (s * 2.5), 599)
        top, bottom = max(min(ys) - 0.25 * 368 / (s * 2), 0), min(max(ys) + 0.25 * 368 / (s * 2), 399)
        kept = []
        for r in results:
            k = r["keypoints"]
            there = [j for j in order if k[3 * j + 2] > 0]
            if r["image_id"] != image or not there:
                continue
            cx, cy = (sum(k[3 * j + c] for j in there) / len(there) for c in (0, 1))
            if left < cx < right and top < cy < bottom:
                kept.append(k)
        for a in people:
            for j in order:
                total[j] += a["keypoints"][3 * j + 2] > 0

        def near(k, a, j):
            head = 0.6 * math.hypot(a["head_box"][2], a["head_box"][3])
            if k[3 * j + 2] <= 0 or a["keypoints"][3 * j + 2] <= 0:
                return False
            dx, dy = k[3 * j] - a["keypoints"][3 * j], k[3 * j + 1] - a["keypoints"][3 * j + 1]
            return math.sqrt(dx * dx + dy * dy) <= threshold * head

        share = []
        for k in kept:
            row = []
            for a in people:
                labelled = [j for j in order if a["keypoints"][3 * j + 2] > 0]
                row.append(sum(near(k, a, j) for j in labelled) / len(labelled) if labelled else 0.0)
            share.append(row)
        owner = {}
        for n in range(len(people)):
            best, winner = 0.0, None
            for p, row in enumerate(share):
                if row.index(max(row)) == n and row[n] > best:
                    best, winner = row[n], p
            if winner is not None:
                owner[winner] = n
        for p, k in enumerate(kept):
            for j in order:
                if k[3 * j + 2] > 0:
                    claims[j].append((k[3 * j + 2], p in owner and near(k, people[owner[p]], j)))
    aps = {}
    for j in order:
        ranked = sorted(claims[j], key=lambda claim: -claim[0])
        points, hits = [], 0
        for n, (_, right_one) in enumerate(ranked):
            hits += right_one
            points.append((hits, hits / (n + 1)))
        area = 0.0
        for h in range(1, total[j] + 1):  # every annotated joint adds a strip as high as the best precision beyond it
            area += max([precision for got, precision in points if got >= h], default=0.0) / total[j]
        aps[MPII_16.parts[j]] = area if total[j] else math.nan
    return aps


def random_case(rng: np.random.Generator) -> tuple[list[dict], dict]:
    people, results = [], []
    for n in range(rng.integers(1, 8)):
        points = np.zeros((16, 3))
        centre = rng.uniform((80, 80), (500, 320))
        points[:, :2] = centre + rng.normal(0, 25, (16, 2))
        points[:, 2] = 2 * (rng.random(16) > 0.3)
        points[points[:, 2] == 0] = 0
        people.append(
            annotation(n, int(rng.integers(2)), (0, 0), [None, 0, 0, 1][rng.integers(4)]) | {
                "keypoints": points.ravel().tolist(), "head_box": [0, 0, *rng.uniform(15, 50, 2)],
                "position": (centre + rng.normal(0, 10, 2)).tolist(), "scale": float(rng.uniform(0.5, 3)),
            }
        )  # fmt: skip
        for _ in range(rng.integers(0, 3)):
            guess = points + np.append(rng.normal(0, 8, (16, 2)), np.zeros((16, 1)), axis=1)
            guess[:, 2] = np.where(rng.random(16) > 0.2, np.round(rng.random(16), 1), 0)
            results.append({"image_id": people[-1]["image_id"], "keypoints": guess.ravel().tolist()})
    people[0]["group"] = 0
    return results, dataset(*people)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_it_agrees_with_plain_loops(seed):
    results, content = random_case(np.random.default_rng(seed))
    expected = brute_force(results, content)
    got = evaluate_pckh(results, content, MPII_16)["joints"]
    assert list(got) == list(JOINTS)
    for joint in JOINTS:
        assert got[joint] == pytest.approx(expected[joint], abs=1e-12, nan_ok=True), joint


# ---- the door


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"head_box": [0, 0, 0, 40]}, "head_box needs a width"),
        ({"head_box": [0, 0, math.nan, 40]}, "head_box is no list of 4 finite numbers"),
        ({"head_box": None}, "head_box is no list of 4"),
        ({"keypoints": [0.0] * 45}, "keypoints is no list of 48"),
        ({"keypoints": ["x"] * 48}, "keypoints is no list of 48"),
        ({"position": None}, "position is no list of 2"),
        ({"scale": 0}, "scale must be positive"),
        ({"group": "first"}, "group is 'first'"),
        ({"image_id": 99}, r"annotations\[1\] is of no image"),
        ({"image_id": [0]}, r"annotations\[1\] is of no image"),
    ],
)
def test_annotations_that_do_not_fit_are_named(change, message):
    with pytest.raises(DataError, match=message):
        evaluate_pckh([], dataset(annotation(1, 0, (0, 0)), annotation(2, 0, (0, 0), **change)), MPII_16)


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({}, "results are no list"),
        ([{"image_id": 0}], r"results\[0\] lacks keypoints"),
        ([{"image_id": [0], "keypoints": [0] * 48}], r"results\[0\] lacks .* 'image_id'"),
        ([{"image_id": 0, "keypoints": [0] * 45}], "48 finite numbers for mpii-16"),
        ([{"image_id": 0, "keypoints": [math.nan] * 48}], "48 finite numbers"),
        ([{"image_id": 0, "keypoints": ["x"] * 48}], "no number"),
    ],
)
def test_results_that_do_not_fit_are_named(results, message):
    with pytest.raises(DataError, match=message):
        evaluate_pckh(results, dataset(annotation(1, 0, (0, 0))), MPII_16)


def test_other_bad_input_is_named(tmp_path):
    with pytest.raises(DataError, match="nobody with a 'group'"):
        read_groups(dataset(annotation(1, 0, (0, 0), group=None)))
    with pytest.raises(DataError, match="coco-18 has no upper_neck"):
        joints(People.empty(COCO_18))
    with pytest.raises(DataError, match="threshold is 0"):
        evaluate_pckh([], dataset(annotation(1, 0, (0, 0))), MPII_16, threshold=0)
    path = tmp_path / "mpii.json"
    path.write_text(json.dumps(dataset(annotation(1, 0, (100, 100)))))
    assert evaluate_pckh([], path)["people"] == 1
