"""COCO's figures on cases worked by hand, and a bootstrap that is what it says."""

import copy
import json
import math

import numpy as np
import pytest

from paflib.errors import DataError
from paflib.evaluation.oks import STATS, evaluate_oks
from paflib.people import People
from paflib.skeleton import BODY_25, CAR_12, COCO_17, HAND_21, Skeleton

RNG = np.random.default_rng(0)
AREA = 10_000.0


def person(number: int, image: int, J: int = 17, labelled: int | None = None, area: float = AREA, **more) -> dict:
    """An annotation whose parts lie anywhere in a box of 100 x 100, of which the first few are labelled."""
    points = np.zeros((J, 3))
    points[:labelled, :2] = 50 + 100 * np.random.default_rng(number).random((J, 2))[:labelled]
    points[:labelled, 2] = 2
    return {
        "id": number, "image_id": image, "category_id": 1, "keypoints": points.ravel().tolist(), "area": area,
        "num_keypoints": int((points[:, 2] > 0).sum()), "bbox": [50, 50, 100, 100], "iscrowd": 0,
    } | more  # fmt: skip


def dataset(*people: dict, images: int = 3) -> dict:
    return {
        "images": [{"id": i} for i in range(images)],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": list(people),
    }


def found(annotation: dict, score: float = 0.9, shift: float = 0.0) -> dict:
    """The result that says what an annotation says, every part shifted to the right."""
    points = np.reshape(annotation["keypoints"], (-1, 3)) + np.array([shift, 0, 0])
    return {"image_id": annotation["image_id"], "category_id": 1, "keypoints": points.ravel().tolist(), "score": score}


# ---- figures


def test_perfect_predictions_score_one():
    people = [person(1, 0), person(2, 1), person(3, 1, labelled=5, area=2000)]
    summary = evaluate_oks([found(p) for p in people], dataset(*people))
    assert all(summary[name] == pytest.approx(1) for name in STATS)
    assert (summary["images"], summary["people"]) == (3, 3)


@pytest.mark.parametrize(("oks", "ap"), [(0.97, 1.0), (0.72, 0.5), (0.51, 0.1), (0.49, 0.0)])
def test_one_part_off_by_a_known_oks(oks, ap):
    """OKS = exp(-d^2 / (2 area (2 sigma)^2)): with 0.72, five of the ten thresholds 0.50 ... 0.95 are passed."""
    truth = person(1, 0, labelled=1)
    d = math.sqrt(-2 * AREA * (2 * COCO_17.sigmas[0]) ** 2 * math.log(oks))
    summary = evaluate_oks([found(truth, shift=d)], dataset(truth))
    assert summary["AP"] == pytest.approx(ap) and summary["AR"] == pytest.approx(ap)


def test_oks_is_the_mean_over_the_labelled_parts():
    """Of four labelled parts one is exact and three are far off: OKS 0.25; with three exact it is 0.75."""
    truth = person(1, 0, labelled=4)
    for exact, ap in ((1, 0.0), (3, 0.6)):  # 0.75 passes 0.50, 0.55, ..., 0.75
        result = found(truth)
        points = np.reshape(result["keypoints"], (-1, 3))
        points[exact:4, 0] += 500
        result["keypoints"] = points.ravel().tolist()
        assert evaluate_oks([result], dataset(truth))["AP"] == pytest.approx(ap)


def test_a_false_person_costs_only_when_it_ranks_first():
    truth = person(1, 0)
    false = found(person(2, 0)) | {"image_id": 1}
    for score, ap in ((0.1, 1.0), (0.99, 0.5)):  # found second: a precision of 1/2 at every recall
        assert evaluate_oks([found(truth, 0.5), false | {"score": score}], dataset(truth))["AP"] == pytest.approx(ap)


def test_half_the_people_found():
    """Recall ends at 1/2: 51 of the 101 points of the curve have precision 1."""
    people = [person(1, 0), person(2, 1)]
    summary = evaluate_oks([found(people[0])], dataset(*people))
    assert summary["AP"] == pytest.approx(51 / 101) and summary["AR"] == pytest.approx(0.5)


def test_images_without_people_count():
    """The json lists an image where nobody is; whoever is found there is a false person."""
    truth = person(1, 0)
    ghost = found(truth, 0.99) | {"image_id": 2}
    assert evaluate_oks([found(truth, 0.5), ghost], dataset(truth))["AP"] == pytest.approx(0.5)
    assert evaluate_oks([found(truth, 0.5)], dataset(truth), image_ids=[0])["AP"] == pytest.approx(1)


@pytest.mark.parametrize(("kind", "absorbed"), [({"labelled": 0, "iscrowd": 1}, 3), ({"labelled": 0}, 1)])
def test_crowds_and_people_without_labels_are_no_misses_and_absorb_who_is_found_there(kind, absorbed):
    """Both are neither found nor missed; a crowd takes in any number, an unlabelled person takes in one."""
    truth = person(1, 0)
    there = [found(person(3 + n, 0), 0.9 + 0.01 * n) for n in range(3)]
    summary = evaluate_oks([found(truth, 0.5), *there[:absorbed]], dataset(truth, person(2, 0, **kind)))
    assert summary["AP"] == pytest.approx(1) and summary["people"] == 1
    if absorbed < 3:
        assert evaluate_oks([found(truth, 0.5), *there], dataset(truth, person(2, 0, **kind)))["AP"] < 0.6


def test_labelled_parts_of_a_crowd_are_not_missed():
    crowd = person(2, 0, iscrowd=1)
    assert evaluate_oks([found(person(1, 0))], dataset(person(1, 0), crowd))["AP"] == pytest.approx(1)


def test_nobody_found_is_zero_and_sizes_without_people_are_nan():
    summary = evaluate_oks([], dataset(person(1, 0)), bootstrap=5)
    assert summary["AP"] == 0 and summary["AR"] == 0
    assert math.isnan(summary["APm"])  # the one person is large
    assert summary["interval"]["AP"] == (0, 0)
    assert math.isnan(summary["interval"]["APm"][0])


@pytest.mark.parametrize("skeleton", [BODY_25, HAND_21, Skeleton("pair", ("a", "b"))], ids=lambda s: s.name)
def test_skeletons_with_any_number_of_parts(skeleton):
    truth = person(1, 0, skeleton.J)
    sigmas = [0.05] * skeleton.J if skeleton.sigmas is None else None
    assert evaluate_oks([found(truth)], dataset(truth), skeleton, sigmas)["AP"] == pytest.approx(1)


def test_sigmas_are_used():
    truth = person(1, 0, labelled=1)
    strict, lenient = ([sigma] * 17 for sigma in (0.001, 1.0))
    assert evaluate_oks([found(truth, shift=5)], dataset(truth), sigmas=strict)["AP"] == 0
    assert evaluate_oks([found(truth, shift=5)], dataset(truth), sigmas=lenient)["AP"] == pytest.approx(1)


def test_people_round_trip_into_the_evaluation():
    truth = [person(n, n % 3) for n in range(1, 7)]
    people = People.from_coco(truth)
    results = [r for n, p in enumerate(truth) for r in _without_visibility(people[n]).to_coco(p["image_id"])]
    assert evaluate_oks(results, dataset(*truth))["AP"] == pytest.approx(1)


def _without_visibility(people: People) -> People:
    return People(people.keypoints, people.scores, people.skeleton)


def test_files_are_read_and_nothing_given_is_changed(tmp_path):
    truth = person(1, 0)
    results, annotations = [found(truth)], dataset(truth)
    before = copy.deepcopy((results, annotations))
    (tmp_path / "r.json").write_text(json.dumps(results))
    (tmp_path / "a.json").write_text(json.dumps(annotations))
    of_files = evaluate_oks(tmp_path / "r.json", str(tmp_path / "a.json"))
    assert of_files["AP"] == evaluate_oks(results, annotations)["AP"] == pytest.approx(1)
    assert (results, annotations) == before


def test_pycocotools_prints_nothing(capfd):
    truth = person(1, 0)
    evaluate_oks([found(truth)], dataset(truth), bootstrap=2)
    assert capfd.readouterr().out == ""


# ---- bootstrap


def scene(images: int = 12) -> tuple[list[dict], dict]:
    """Some found exactly, some not quite, some not at all, every score its own."""
    people = [person(n + 1, n % images) for n in range(2 * images)]
    results = [found(p, 1 - 0.01 * p["id"], shift=RNG.uniform(0, 20)) for p in people if p["id"] % 3]
    return results, dataset(*people, images=images)


def test_one_draw_is_the_evaluation_of_the_drawn_images():
    results, annotations = scene()
    drawn = np.random.default_rng(7).integers(12, size=12)
    assert len(set(drawn)) < 12
    copies = {"people": [], "results": []}
    for copy_of, image in enumerate(drawn):
        # later copies of a result come a little later in the ranking, as they do in a stable sort
        late = 1e-6 * copy_of
        copies["people"] += [p | {"image_id": copy_of} for p in annotations["annotations"] if p["image_id"] == image]
        copies["results"] += [
            r | {"image_id": copy_of, "score": r["score"] - late} for r in results if r["image_id"] == image
        ]
    by_hand = evaluate_oks(copies["results"], dataset(*copies["people"], images=12))
    low, high = evaluate_oks(results, annotations, bootstrap=1, seed=7)["interval"]["AP"]
    assert low == high == pytest.approx(by_hand["AP"], abs=1e-9)


def test_the_interval_holds_the_figure_and_a_seed_repeats_it():
    results, annotations = scene()
    one, two = (evaluate_oks(results, annotations, bootstrap=50, seed=3) for _ in range(2))
    low, high = one["interval"]["AP"]
    assert 0 < low < one["AP"] < high < 1
    assert one["interval"]["AP"] == two["interval"]["AP"]
    assert evaluate_oks(results, annotations)["AP"] == one["AP"]


# ---- the door


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("images"), "no COCO annotations"),
        (lambda a: a.pop("annotations"), "no COCO annotations"),
        (lambda a: a["images"].clear(), "list no images"),
        (lambda a: a["images"].append({"id": 0}), "image id 0 twice"),
        (lambda a: a["images"].append({"file_name": "a.jpg"}), r"images\[3\].*'id'"),
        (lambda a: a["annotations"].clear(), "nobody with labelled parts"),
        (lambda a: a["categories"].clear(), "no category 'person'"),
        (lambda a: a["categories"][0].update(id=7), "nobody with labelled parts"),
        (lambda a: a["annotations"][0].pop("area"), "annotation 5 has no 'area'"),
        (lambda a: a["annotations"][0].pop("bbox"), "annotation 5 has no 'bbox'"),
        (lambda a: a["annotations"][0]["keypoints"].pop(), "annotation 5: keypoints has 50 numbers, wanted 51"),
        (lambda a: a["annotations"][0].update(keypoints=["x"] * 51), "annotation 5: keypoints holds something"),
        (lambda a: a["annotations"][0].update(keypoints=[10**400] * 51), "annotation 5: keypoints holds something"),
        (lambda a: a["annotations"][0].update(keypoints=5), "annotation 5: keypoints has 1 numbers, wanted 51"),
        (lambda a: a["annotations"].append("x"), r"annotations\[1\] has no whole number 'image_id'"),
        (lambda a: a["annotations"][0].update(image_id=[1]), r"annotations\[0\] has no whole number 'image_id'"),
        (lambda a: a["annotations"][0].update(image_id="0"), r"annotations\[0\] has no whole number 'image_id'"),
        (lambda a: a["annotations"][0].pop("category_id"), r"annotations\[0\] has no whole number 'category_id'"),
        (lambda a: a["annotations"][0].update(area="big"), "annotation 5: area holds something"),
        (lambda a: a["annotations"][0].update(area=[1.0]), "annotation 5: area .* wanted 1 in a flat list"),
        (lambda a: a["annotations"][0].update(area=math.inf), "annotation 5: area holds NaN or infinity"),
        (lambda a: a["annotations"][0].update(iscrowd="no"), "annotation 5: iscrowd is 'no', wanted 0 or 1"),
        (lambda a: a["annotations"][0].update(bbox=None), "annotation 5: bbox"),
        (lambda a: a.update(categories=5), "'categories' of the annotations is no list"),
        (lambda a: a["categories"].append("dog"), r"categories\[1\] of the annotations has no whole number 'id'"),
        (lambda a: a["categories"][0].update(id="a"), r"categories\[0\] of the annotations has no whole number 'id'"),
        (lambda a: a["images"][2].update(id=True), r"images\[2\].*'id'"),
    ],
)
def test_annotations_that_do_not_fit_are_named(change, message):
    annotations = dataset(person(5, 0))
    change(annotations)
    with pytest.raises(DataError, match=message):
        evaluate_oks([], annotations)


@pytest.mark.parametrize(
    ("count", "remedy"),
    [
        (69, "; 69 are those of coco-23: pass that skeleton (--skeleton coco-23 --parts body)"),
        (75, "; 75 are those of body-25: pass that skeleton (--skeleton body-25 --parts body)"),
        (36, "; 36 are those of car-12: pass that skeleton (--skeleton car-12)"),
        (50, ""),
    ],
)
def test_keypoints_of_another_skeleton_are_told_with_the_way_out(count, remedy):
    truth = person(5, 0) | {"keypoints": [50] * count}
    with pytest.raises(DataError) as error:
        evaluate_oks([], dataset(truth))
    assert str(error.value) == f"annotation 5: keypoints has {count} numbers, wanted 51 in a flat list{remedy}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image_id": [0]}, r"results\[1\] is of image \[0\], which is not among"),
        ({"image_id": 99}, r"results\[1\] is of image 99, which is not among the 3"),
        ({"category_id": 3}, r"results\[1\] is of category 3"),
        ({"keypoints": [0.0] * 54}, r"results\[1\]: keypoints has 54 numbers, wanted 51"),
        ({"keypoints": [math.nan] * 51}, r"results\[1\]: keypoints holds NaN"),
        ({"score": math.inf}, r"results\[1\]: score"),
        ({"score": "high"}, r"results\[1\]: score"),
    ],
)
def test_results_that_do_not_fit_are_named(change, message):
    truth = person(1, 0)
    with pytest.raises(DataError, match=message):
        evaluate_oks([found(truth), found(truth) | change], dataset(truth))


def test_other_bad_arguments_are_named(tmp_path):
    truth = person(1, 0)
    with pytest.raises(DataError, match="no such file"):
        evaluate_oks([], tmp_path / "nowhere.json")
    (tmp_path / "half.json").write_text('{"images": [{"id"')
    with pytest.raises(DataError, match=r"half\.json: this is no JSON"):
        evaluate_oks([], tmp_path / "half.json")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(DataError, match=r"deep\.json: this is no JSON"):
        evaluate_oks([], tmp_path / "deep.json")
    with pytest.raises(DataError, match="results are no list"):
        evaluate_oks({}, dataset(truth))
    with pytest.raises(DataError, match=r"results\[0\] lacks"):
        evaluate_oks([{"image_id": 0}], dataset(truth))
    with pytest.raises(DataError, match="pass 2 sigmas"):
        evaluate_oks([], dataset(person(1, 0, 2)), Skeleton("pair", ("a", "b")))
    with pytest.raises(DataError, match="sigmas has 3 values, wanted 17"):
        evaluate_oks([], dataset(truth), sigmas=[1, 1, 1])
    with pytest.raises(DataError, match="image_ids names 44"):
        evaluate_oks([], dataset(truth), image_ids=[0, 44])


# ---- parts and categories


FOOT_PARTS = (
    *COCO_17.parts, "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip
FEET_23 = Skeleton("body-and-feet", FOOT_PARTS, sigmas=(*(COCO_17.sigmas or ()), *[0.068] * 6))


def test_feet_alone_in_a_json_of_23_parts():
    """The first person's body is far off and their feet exact, the second has no labelled feet at all."""
    first, second = person(1, 0, 23), person(2, 0, 23, labelled=17)
    result = found(first)
    points = np.reshape(result["keypoints"], (-1, 3))
    points[:17, 0] += 500
    result["keypoints"] = points.ravel().tolist()
    truth = dataset(first, second)
    feet = evaluate_oks([result], truth, FEET_23, parts="feet")
    assert feet["AP"] == pytest.approx(1) and feet["people"] == 1
    assert evaluate_oks([result], truth, FEET_23, parts="body")["AP"] == 0
    assert evaluate_oks([result], truth, FEET_23)["people"] == 2
    assert evaluate_oks([result], truth, FEET_23, parts=FOOT_PARTS[17:])["AP"] == feet["AP"]


def test_parts_are_the_same_as_a_json_that_has_no_others():
    """Two computations: cut by the evaluation, and cut by hand before it."""
    people = [person(n, n % 3, 23) for n in range(1, 9)]
    results = [found(p, 1 - 0.01 * p["id"], shift=p["id"]) for p in people]
    chosen = [17, 18, 22]
    feet = Skeleton("three", tuple(FOOT_PARTS[j] for j in chosen), sigmas=tuple(FEET_23.sigmas[j] for j in chosen))

    def cut(row: dict) -> dict:
        return row | {"keypoints": np.reshape(row["keypoints"], (-1, 3))[chosen].ravel().tolist()}

    by_hand = evaluate_oks([cut(r) for r in results], dataset(*(cut(p) for p in people)), feet)
    named = evaluate_oks(results, dataset(*people), FEET_23, parts=[FOOT_PARTS[j] for j in chosen])
    assert 0 < by_hand["AP"] < 1
    assert named == pytest.approx(by_hand, nan_ok=True)


def test_somebody_found_without_any_of_the_parts_claims_nothing():
    truth = person(1, 0, 23)
    no_feet = found(person(2, 0, 23, labelled=17), 0.99)
    assert evaluate_oks([found(truth, 0.5), no_feet], dataset(truth), FEET_23, parts="feet")["AP"] == pytest.approx(1)
    assert evaluate_oks([found(truth, 0.5), no_feet], dataset(truth), FEET_23)["AP"] == pytest.approx(0.5)


def vehicles() -> dict:
    truth = dataset(person(1, 0), *(person(n, 1, 12, category_id=7) for n in (2, 3)))
    truth["categories"].append({"id": 7, "name": "car"})
    return truth


@pytest.mark.parametrize("category", ["car", 7, "7"])
def test_vehicles_by_name_and_by_number(category):
    truth = vehicles()
    results = [found(car) | {"category_id": 7} for car in truth["annotations"][1:]]
    summary = evaluate_oks(results, truth, CAR_12, category_id=category)
    assert summary["AP"] == pytest.approx(1) and summary["people"] == 2
    assert evaluate_oks(results[:1], truth, CAR_12, category_id=category)["AP"] == pytest.approx(51 / 101)


@pytest.mark.parametrize("category", ["lorry", 8])
def test_an_unknown_category_is_named_with_those_there_are(category):
    with pytest.raises(DataError, match=rf"no category {category!r} \(they have: person, car\)"):
        evaluate_oks([], vehicles(), CAR_12, category_id=category)


@pytest.mark.parametrize(
    ("parts", "message"),
    [("hands", "parts is 'hands', wanted 'body' or 'feet'"), ([], "parts is empty"),
     (["nose", "tail"], "no part 'tail'"), ("feet", "no part 'left_big_toe'")],
)  # fmt: skip
def test_parts_that_there_are_not_are_named(parts, message):
    truth = person(1, 0)
    with pytest.raises(DataError, match=message):
        evaluate_oks([found(truth)], dataset(truth), parts=parts)


def test_nobody_with_labelled_feet_is_said():
    truth = person(1, 0, 23, labelled=17)
    with pytest.raises(DataError, match="nobody with labelled parts"):
        evaluate_oks([found(truth)], dataset(truth), FEET_23, parts="feet")
