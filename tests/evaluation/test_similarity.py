"""OKS by hand against pycocotools, and what each of its terms is."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from paflib.errors import DataError
from paflib.evaluation import keypoint_similarity, oks_matrix
from paflib.evaluation.similarity import place_similarity
from paflib.people import People
from paflib.skeleton import BODY_25, CAR_12, COCO_17, COCO_18, Skeleton


def annotated(rng: np.random.Generator, n: int, skeleton: Skeleton = COCO_17, missing: float = 0.3) -> People:
    keypoints = np.ones((n, skeleton.J, 3))
    keypoints[..., :2] = rng.uniform(100, 180, (n, skeleton.J, 2))
    keypoints[..., 2] = rng.random((n, skeleton.J)) > missing
    bbox = np.concatenate([rng.uniform(90, 110, (n, 2)), rng.uniform(20, 60, (n, 2))], axis=1)
    return People(keypoints, None, skeleton, area=rng.uniform(100, 5000, n), bbox=bbox)


def near(rng: np.random.Generator, people: People, n: int, spread: float = 8.0) -> People:
    keypoints = np.nan_to_num(people.keypoints[rng.integers(len(people), size=n)], nan=140.0)
    keypoints[..., :2] += rng.normal(0, spread, keypoints[..., :2].shape)
    keypoints[..., 2] = 1
    return People(keypoints, rng.random(n), people.skeleton)


def by_pycocotools(found: People, people: People) -> np.ndarray:
    """The matrix inside COCOeval, whose rows are sorted by score."""
    assert people.area is not None and people.bbox is not None and found.scores is not None
    truth = {
        "images": [{"id": 1}], "categories": [{"id": 1}],
        "annotations": [
            {"id": n + 1, "image_id": 1, "category_id": 1,
             "keypoints": np.nan_to_num(people.keypoints[n]).ravel().tolist(),
             "num_keypoints": int(people.present[n].sum()), "area": people.area[n], "bbox": people.bbox[n].tolist(),
             "iscrowd": 0} for n in range(len(people))
        ],
    }  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO()
        gt.dataset = truth
        gt.createIndex()
        results = [
            {
                "image_id": 1,
                "category_id": 1,
                "keypoints": np.nan_to_num(found.keypoints[p]).ravel().tolist(),
                "score": s,
            }
            for p, s in enumerate(found.scores)
        ]
        evaluator = COCOeval(gt, gt.loadRes(results), "keypoints")
        evaluator.params.kpt_oks_sigmas = np.array(people.skeleton.sigmas)
        evaluator._prepare()
        matrix = evaluator.computeOks(1, 1)
    by_rank = np.empty_like(matrix)
    by_rank[np.argsort(-found.scores, kind="mergesort")] = matrix
    return by_rank


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 6),
    st.sampled_from([COCO_17, COCO_18, BODY_25, CAR_12]), st.sampled_from([0.0, 0.3, 0.95]),
)  # fmt: skip
def test_it_agrees_with_pycocotools_to_rounding(seed, n, p, skeleton, missing):
    """With 95 % of the parts unlabelled many people have none, and are compared by their boxes."""
    rng = np.random.default_rng(seed)
    people = annotated(rng, n, skeleton, missing)
    found = near(rng, people, p)
    np.testing.assert_allclose(oks_matrix(found, people), by_pycocotools(found, people), rtol=0, atol=1e-12)


def test_one_part_by_hand():
    """A wrist, sigma 0.062, 8 px off on a person of 4000 square pixels: exp(-64 / (2 * 4000 * 0.124^2)) = 0.594."""
    truth = np.zeros((1, 17, 3))
    truth[0, 9] = 100, 100, 1
    people = People(truth, None, COCO_17, area=np.array([4000.0]))
    moved = truth.copy()
    moved[0, 9, 0] += 8
    found = People(moved, None, COCO_17)
    assert oks_matrix(found, people)[0, 0] == pytest.approx(0.594, abs=5e-4)
    similarity = keypoint_similarity(found, people)[0, 0]
    assert similarity[9] == pytest.approx(0.594, abs=5e-4)
    assert np.isnan(np.delete(similarity, 9)).all()


def test_a_part_that_was_not_found_adds_nothing():
    people = annotated(np.random.default_rng(0), 1, missing=0.0)
    keypoints = people.keypoints.copy()
    keypoints[0, 5:, 2] = 0
    found = People(keypoints, None, COCO_17)
    assert oks_matrix(found, people)[0, 0] == pytest.approx(5 / 17)


def test_mirrored_places_are_those_of_the_other_side():
    people = annotated(np.random.default_rng(1), 1, missing=0.0)
    swapped = people.keypoints[:, COCO_17.flip]
    other = place_similarity(swapped, people, of=COCO_17.flip)
    np.testing.assert_allclose(other, 1.0)
    assert (place_similarity(swapped, people)[0, 0, 1:] < 1).all()


def test_nobody_on_either_side():
    people = annotated(np.random.default_rng(2), 3)
    assert oks_matrix(People.empty(COCO_17), people).shape == (0, 3)
    none = People(np.zeros((0, 17, 3)), None, COCO_17, area=np.zeros(0), bbox=np.zeros((0, 4)))
    assert oks_matrix(people, none).shape == (3, 0)


def test_what_does_not_fit_is_named():
    people = annotated(np.random.default_rng(3), 2)
    with pytest.raises(DataError, match=r"parts of coco-18, annotated ones those of coco-17"):
        oks_matrix(People.empty(COCO_18), people)
    with pytest.raises(DataError, match="have no areas"):
        oks_matrix(people, People(people.keypoints, None, COCO_17))
    with pytest.raises(DataError, match="annotated person 1 has no area"):
        oks_matrix(people, People(people.keypoints, None, COCO_17, area=np.array([5.0, np.nan])))
    with pytest.raises(DataError, match="neither parts nor a box"):
        oks_matrix(people, People(np.zeros((1, 17, 3)), None, COCO_17, area=np.array([5.0])))
    with pytest.raises(DataError, match="no OKS constants"):
        pair = Skeleton("pair", ("a", "b"))
        oks_matrix(People.empty(pair), People(np.zeros((0, 2, 3)), None, pair, area=np.zeros(0)))
