"""Errors planted in scenes, each found as what it is, and their price."""

import numpy as np
import pytest

from paflib.errors import DataError
from paflib.evaluation import CORRECTIONS, PART_KINDS, analyse_errors, corrected, diagnose, evaluate_oks
from paflib.evaluation.errors import pair_people
from paflib.people import People
from paflib.skeleton import COCO_17

AREA = 10_000.0
# A person of 100 x 200 px: parts far apart from each other by the measure of OKS, left and right too.
_BODY = np.array(
    [(50, 10), (58, 2), (42, 2), (68, 8), (32, 8), (90, 40), (10, 40), (100, 80), (0, 80), (98, 120), (2, 120),
     (75, 110), (25, 110), (80, 155), (20, 155), (82, 200), (18, 200)], float,
)  # fmt: skip
WRIST, OTHER_WRIST, ANKLE, KNEE = (COCO_17.index(p) for p in ("left_wrist", "right_wrist", "left_ankle", "left_knee"))


def standing(*at: tuple[float, float], labelled: int = 17) -> People:
    points = np.stack([np.c_[_BODY + place, np.ones(17)] for place in at])
    points[:, labelled:] = 0
    n = len(at)
    bbox = np.array([[x, y, 100, 200] for x, y in at], float)
    return People(
        points, np.ones(n), COCO_17, area=np.full(n, AREA), bbox=bbox, iscrowd=np.zeros(n, bool),
        visibility=(points[..., 2] > 0) * 2,
    )  # fmt: skip


def as_found(people: People, scores=None) -> People:
    return People(people.keypoints, np.linspace(0.9, 0.5, len(people)) if scores is None else scores, COCO_17)


def changed(people: People, n: int, j: int | list[int], value) -> People:
    points = people.keypoints.copy()
    points[n, j] = value
    return People(points, people.scores, COCO_17)


def kinds(diagnosis, n: int) -> dict[str, str]:
    """The parts of a person that are not good, by name."""
    row = diagnosis.part_kind[n]
    return {COCO_17.parts[j]: PART_KINDS[k] for j, k in enumerate(row) if k > 0}


PAIR = standing((100, 100), (400, 100))


def distance(similarity: float, j: int) -> float:
    """Pixels at which part j has this similarity."""
    return float(np.sqrt(-2 * AREA * np.log(similarity)) * 2 * (COCO_17.sigmas or ())[j])


# ---- one error at a time


def test_nothing_is_wrong_with_the_truth():
    d = diagnose(as_found(PAIR), PAIR)
    assert (d.part_kind == 0).all() and d.pair.tolist() == [0, 1]
    assert d.found_kind == ("paired", "paired") and d.annotated_kind == ("paired", "paired")


@pytest.mark.parametrize(
    ("similarity", "kind"), [(0.86, {}), (0.84, {"left_wrist": "jitter"}), (0.51, {"left_wrist": "jitter"}),
                             (0.49, {"left_wrist": "miss"})],
)  # fmt: skip
def test_good_jitter_and_miss_by_their_similarity(similarity, kind):
    x, y = PAIR.keypoints[0, WRIST, :2]
    moved = changed(as_found(PAIR), 0, WRIST, (x + distance(similarity, WRIST), y, 0.5))
    assert kinds(diagnose(moved, PAIR), 0) == kind
    assert kinds(diagnose(moved, PAIR), 1) == {}


def test_left_and_right_exchanged_is_an_inversion_of_both():
    points = as_found(PAIR).keypoints[0]
    moved = changed(changed(as_found(PAIR), 0, WRIST, points[OTHER_WRIST]), 0, OTHER_WRIST, points[WRIST])
    assert kinds(diagnose(moved, PAIR), 0) == {"left_wrist": "inversion", "right_wrist": "inversion"}


@pytest.mark.parametrize("theirs", [WRIST, OTHER_WRIST])
def test_somebody_elses_wrist_is_a_swap(theirs):
    moved = changed(as_found(PAIR), 0, WRIST, as_found(PAIR).keypoints[1, theirs])
    d = diagnose(moved, PAIR)
    assert kinds(d, 0) == {"left_wrist": "swap"} and kinds(d, 1) == {}


def test_between_ones_own_other_side_and_somebody_else_the_nearer_counts():
    """The second person stands so that their left wrist is 8 px from the first one's right wrist."""
    first = PAIR.keypoints[0]
    aside = _BODY[WRIST] - _BODY[OTHER_WRIST]
    people = standing((100, 100), (100 - aside[0] + 8, 100 - aside[1]))
    mine, theirs = first[OTHER_WRIST, :2], people.keypoints[1, WRIST, :2]
    np.testing.assert_allclose(theirs - mine, (8, 0))
    for place, kind in ((theirs, "swap"), (theirs - (1, 0), "swap"), (mine + 1.0, "inversion"), (mine, "inversion")):
        moved = changed(as_found(people), 0, WRIST, (*place, 0.5))
        assert kinds(diagnose(moved, people), 0) == {"left_wrist": kind}


def test_somebody_elses_knee_is_no_swap_of_a_wrist():
    moved = changed(as_found(PAIR), 0, WRIST, as_found(PAIR).keypoints[1, KNEE])
    assert kinds(diagnose(moved, PAIR), 0) == {"left_wrist": "miss"}


def test_an_absent_part():
    assert kinds(diagnose(changed(as_found(PAIR), 1, ANKLE, 0), PAIR), 1) == {"left_ankle": "absent"}


def test_parts_that_are_not_annotated_are_not_judged():
    truth = standing((100, 100), labelled=11)
    moved = changed(as_found(standing((100, 100))), 0, ANKLE, (0, 0, 1))
    d = diagnose(moved, truth)
    assert kinds(d, 0) == {} and (d.part_kind[0, 11:] == -1).all()


def test_missed_and_extra_people():
    d = diagnose(as_found(standing((100, 100), (700, 600))), PAIR)
    assert d.annotated_kind == ("paired", "missed") and d.found_kind == ("paired", "extra")
    assert (d.part_kind[1] == -1).all()


def test_one_found_where_two_are_is_a_merge():
    """The first one's upper body and the second one's legs in one; nobody was found on the second."""
    points = as_found(PAIR).keypoints[:1].copy()
    points[0, 11:] = PAIR.keypoints[1, 11:]
    d = diagnose(People(points, np.ones(1), COCO_17), PAIR)
    assert d.annotated_kind == ("paired", "merged") and d.found_kind == ("paired",)
    assert set(kinds(d, 0).values()) == {"swap"} and len(kinds(d, 0)) == 6


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_part_in_a_place_that_two_people_share_is_of_the_one_who_was_found(order):
    """Legs annotated at the same places: whoever was found has them, and the other one was missed, not merged."""
    points = PAIR.keypoints[list(order)].copy()
    points[order.index(1), 11:] = PAIR.keypoints[0, 11:]
    truth = People(
        points, None, COCO_17, area=PAIR.area, bbox=PAIR.bbox, iscrowd=PAIR.iscrowd, visibility=PAIR.visibility
    )
    d = diagnose(as_found(PAIR)[0], truth)
    assert [d.annotated_kind[n] for n in np.argsort(order)] == ["paired", "missed"]


def test_two_parts_of_another_are_swaps_and_no_merge():
    points = as_found(PAIR).keypoints[:1].copy()
    points[0, 15:] = PAIR.keypoints[1, 15:]
    d = diagnose(People(points, np.ones(1), COCO_17), PAIR)
    assert d.annotated_kind == ("paired", "missed") and len(kinds(d, 0)) == 2


def test_one_person_in_two_pieces_is_a_split():
    points = np.repeat(as_found(PAIR).keypoints[:1], 2, axis=0)
    points[0, 11:], points[1, :11] = 0, 0
    d = diagnose(People(points, np.array([0.6, 0.9]), COCO_17), standing((100, 100)))
    assert d.pair.tolist() == [0]  # the larger piece, whatever the scores
    assert d.found_kind == ("paired", "split")
    assert set(kinds(d, 0).values()) == {"absent"} and len(kinds(d, 0)) == 6


def test_a_person_found_twice_is_an_extra_one_and_no_split():
    twice = People(np.repeat(PAIR.keypoints[:1], 2, axis=0), np.array([0.5, 0.9]), COCO_17)
    d = diagnose(twice, standing((100, 100)))
    assert sorted(d.found_kind) == ["extra", "paired"]


def test_crowds_and_people_without_labels_excuse_who_is_found_there():
    crowd = standing((100, 100), (400, 100), (700, 100))
    points = crowd.keypoints.copy()
    points[1] = 0
    truth = People(
        points, None, COCO_17, area=crowd.area, bbox=crowd.bbox, iscrowd=np.array([False, False, True]),
    )  # fmt: skip
    d = diagnose(as_found(standing((100, 100), (400, 100), (700, 100), (100, 700))), truth)
    assert d.annotated_kind == ("paired", "ignored", "ignored")
    assert d.found_kind == ("paired", "excused", "excused", "extra")


def test_people_are_paired_by_falling_oks():
    assert pair_people(np.array([[0.9, 0.8], [0.95, 0.05]])).tolist() == [1, 0]
    assert pair_people(np.array([[0.09]])).tolist() == [-1] and pair_people(np.array([[0.1]])).tolist() == [0]
    assert pair_people(np.zeros((0, 2))).tolist() == [-1, -1] and pair_people(np.zeros((2, 0))).tolist() == []


# ---- all together, and what they cost


def coco(images: dict[int, People]) -> dict:
    rows: list[dict] = []
    for i, people in images.items():
        for row in people.to_coco(i, skeleton=COCO_17):
            rows.append(row | {"id": len(rows) + 1})
    return {"images": [{"id": i} for i in images], "categories": [{"id": 1, "name": "person"}], "annotations": rows}


def planted() -> tuple[list[dict], dict]:
    """One error of every kind, each in an image of its own, which has a second person found exactly."""
    points = as_found(PAIR).keypoints
    x, y = points[0, WRIST, :2]
    inverted = changed(as_found(PAIR), 0, [WRIST, OTHER_WRIST], points[0, [OTHER_WRIST, WRIST]])
    merged = points[:1].copy()
    merged[0, 11:] = points[1, 11:]
    split = np.repeat(points, [2, 1], axis=0)
    split[0, 11:], split[1, :11] = 0, 0
    found = {
        1: changed(as_found(PAIR), 0, WRIST, (x + distance(0.7, WRIST), y, 0.5)),
        2: inverted,
        3: changed(as_found(PAIR), 0, WRIST, points[1, WRIST]),
        4: changed(as_found(PAIR), 0, WRIST, (x, y + 300, 0.5)),
        5: changed(changed(as_found(PAIR), 0, WRIST, 0), 0, ANKLE, 0),
        6: People(merged, np.array([0.9]), COCO_17),
        7: People(split, np.array([0.95, 0.94, 0.93]), COCO_17),
        8: as_found(PAIR[0]),
        9: as_found(standing((100, 100), (400, 100), (700, 600)), np.array([0.7, 0.6, 0.99])),
    }
    results = [row for i, people in found.items() for row in people.to_coco(i, skeleton=COCO_17)]
    return results, coco(dict.fromkeys(found, PAIR))


def test_every_planted_error_is_counted_once():
    report = analyse_errors(*planted())
    assert report.counts == {
        "jitter": 1, "inversion": 2, "swap": 1 + 6, "miss": 1, "absent": 2 + 6, "merged": 1, "split": 1, "missed": 1,
        "extra": 1, "good": 16 * 17 - 1 - 2 - 7 - 1 - 8,
    }  # fmt: skip
    assert report.people == {
        "annotated": 18, "found": 18, "paired": 16, "merged": 1, "missed": 1, "split": 1, "extra": 1, "excused": 0,
    }  # fmt: skip
    assert report.parts["jitter"][WRIST] == 1 and report.parts["jitter"].sum() == 1
    assert sum(int(count.sum()) for count in report.parts.values()) == 16 * 17


def test_the_price_of_every_kind_sums_to_what_is_lost():
    results, truth = planted()
    report = analyse_errors(results, truth)
    assert pytest.approx(evaluate_oks(results, truth)["AP"]) == report.AP
    assert report.cumulative["good"] == pytest.approx(1)
    assert sum(report.lost.values()) == pytest.approx(1 - report.AP)
    assert all(lost >= -1e-9 for lost in report.lost.values())
    for kind in ("swap", "absent", "merged", "missed", "extra", "split"):
        assert report.alone[kind] > report.AP
    # The first correction alone is the first of the cumulative ones.
    assert report.alone["jitter"] == pytest.approx(report.cumulative["jitter"])


def test_the_price_of_one_kind_is_the_evaluation_of_a_result_without_it():
    """Two computations: the report, and a result from which the test itself left out the false person."""
    results, truth = planted()
    without = [row for row in results if row["score"] != 0.99]
    assert analyse_errors(results, truth).alone["extra"] == pytest.approx(evaluate_oks(without, truth)["AP"])


def test_whoever_is_half_excused_by_a_crowd_is_gone_in_the_end():
    """A crowd that somebody is 0.6 like excuses them at the thresholds up to 0.6, and at none above."""
    crowd = standing((100, 100), (400, 100))
    truth = coco({1: crowd})
    truth["annotations"][1]["iscrowd"] = 1
    points = crowd.keypoints.copy()
    points[1, :7, 0] += 500
    results = People(points, np.array([0.5, 0.9]), COCO_17).to_coco(1, skeleton=COCO_17)
    report = analyse_errors(results, truth)
    assert report.people["excused"] == 1 and report.people["extra"] == 0
    assert report.AP < 0.9 and report.cumulative["extra"] == pytest.approx(1)


def test_correcting_moves_adds_and_removes():
    points = as_found(PAIR).keypoints
    found = changed(as_found(standing((100, 100), (700, 600))), 0, WRIST, points[1, WRIST])
    d = diagnose(found, PAIR)
    np.testing.assert_array_equal(corrected(d, ()).keypoints, found.keypoints)
    np.testing.assert_array_equal(corrected(d, {"swap"}).keypoints[0], points[0])
    assert len(corrected(d, {"extra"})) == 1
    added = corrected(d, {"missed"}, score=0.77)
    np.testing.assert_array_equal(added.keypoints[2], points[1])
    assert added.scores[2] == 0.77
    np.testing.assert_array_equal(corrected(d, CORRECTIONS).keypoints, points)


def test_a_shift_is_seen_in_the_mean_offset():
    """Half a pixel to the right, a third up: what no AP would show on people of this size."""
    moved = PAIR.keypoints.copy()
    moved[..., :2] += (0.5, -1 / 3)
    results = People(moved, np.ones(2), COCO_17).to_coco(1, skeleton=COCO_17)
    report = analyse_errors(results, coco({1: PAIR}))
    assert pytest.approx(1) == report.AP
    np.testing.assert_allclose(report.offset, (0.5, -1 / 3), atol=1e-9)
    assert report.offset_count == 34 and (report.offset_error < 1e-9).all()


def test_chosen_parts_alone():
    results, truth = planted()
    arms = ["left_elbow", "right_elbow", "left_wrist", "right_wrist"]
    report = analyse_errors(results, truth, parts=arms)
    assert report.skeleton.parts == tuple(arms) and report.skeleton.flip.tolist() == [1, 0, 3, 2]
    assert report.counts["inversion"] == 2 and report.parts["inversion"].tolist() == [0, 0, 1, 1]
    assert pytest.approx(evaluate_oks(results, truth, parts=arms)["AP"]) == report.AP


def test_nobody_found():
    report = analyse_errors([], coco({1: PAIR}))
    assert report.AP == 0 and report.people["missed"] == 2 and report.cumulative["missed"] == pytest.approx(1)
    assert np.isnan(report.offset).all() and report.offset_count == 0


def test_the_table_and_the_json_say_the_same():
    report = analyse_errors(*planted())
    table = report.table().splitlines()
    assert len(table) == 2 + len(CORRECTIONS)
    for line, kind in zip(table[2:], CORRECTIONS, strict=True):
        name, count, alone, so_far = line.split()
        assert (name, int(count)) == (kind, report.counts[kind])
        assert float(alone) == round(report.alone[kind], 3) and float(so_far) == round(report.cumulative[kind], 3)
    content = report.to_json()
    assert content["parts"]["swap"] == 7 and content["parts_by_name"]["left_wrist"]["jitter"] == 1


def test_bad_input_is_named():
    results, truth = planted()
    with pytest.raises(DataError, match=r"results\[0\] is of image 99"):
        analyse_errors([results[0] | {"image_id": 99}], truth)
    with pytest.raises(DataError, match="nobody with labelled parts"):
        analyse_errors([], truth | {"annotations": []})
    with pytest.raises(DataError, match="parts is 'hands'"):
        analyse_errors(results, truth, parts="hands")
