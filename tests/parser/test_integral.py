"""Line integrals: closed forms, independent restatements of the paper's rule and of OpenPose's, and sampling."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paflib.errors import ShapeError
from paflib.fields import affinity_fields
from paflib.parser import ParserOptions, line_integral, options, score_pairs
from paflib.parser.sampling import sample

POINTS = st.tuples(st.floats(-1, 12), st.floats(-1, 9))


def random_field(seed):
    return cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(9, 12, 2)), (0, 0), 1).transpose(2, 0, 1)


@given(POINTS, POINTS, st.floats(-math.pi, math.pi), st.sampled_from(["nearest", "bilinear", "cubic"]))
def test_a_constant_field_gives_the_cosine_of_the_angle(a, b, angle, kernel):
    if math.dist(a, b) < 1e-3:
        return
    field = np.broadcast_to(np.array([math.cos(angle), math.sin(angle)])[:, None, None], (2, 9, 12))
    E, _ = score_pairs(field, np.array([a]), np.array([b]), ParserOptions(kernel=kernel))
    direction = math.atan2(b[1] - a[1], b[0] - a[0])
    assert E[0, 0] == pytest.approx(math.cos(angle - direction), abs=1e-6)


@given(st.integers(0, 10_000), POINTS, POINTS)
def test_reversal_changes_the_sign_and_nothing_else(seed, a, b):
    if math.dist(a, b) < 1e-3:
        return
    field = random_field(seed)
    there, dots = line_integral(field, a, b)
    back, reversed_dots = line_integral(field, b, a)
    assert there == pytest.approx(-back, abs=1e-9)
    np.testing.assert_allclose(dots, -reversed_dots[::-1], atol=1e-9)


@given(st.integers(0, 10_000), POINTS, POINTS, st.integers(2, 30))
def test_the_papers_samples_one_by_one(seed, a, b, samples):
    """Eq. 11 and 12 in a loop: uniform points, both ends, bilinear by its textbook formula."""
    if math.dist(a, b) < 1e-3:
        return
    field, length = random_field(seed), math.dist(a, b)
    dots = []
    for k in range(samples):
        x, y = (p + (q - p) * k / (samples - 1) for p, q in zip(a, b, strict=True))
        x, y = min(max(x, 0), 11), min(max(y, 0), 8)  # beyond the outermost centres the border is repeated
        x0, y0 = min(int(x), 10), min(int(y), 7)
        fx, fy = x - x0, y - y0
        top = field[:, y0, x0] * (1 - fx) + field[:, y0, x0 + 1] * fx
        bottom = field[:, y0 + 1, x0] * (1 - fx) + field[:, y0 + 1, x0 + 1] * fx
        value = top * (1 - fy) + bottom * fy
        dots.append(value[0] * (b[0] - a[0]) / length + value[1] * (b[1] - a[1]) / length)
    E, got = line_integral(field, a, b, samples)
    np.testing.assert_allclose(got, dots, atol=1e-9)
    assert pytest.approx(sum(dots) / samples, abs=1e-9) == E


def openpose_score(big, a, b, threshold=0.05, fraction=0.95, peak_threshold=0.05):
    """FACTS 1.4 step by step, on the upsampled field (H, W, 2), for points in its pixels."""
    height, width = big.shape[:2]
    vx, vy = b[0] - a[0], b[1] - a[1]
    n = max(5, min(25, int(math.sqrt(5 * max(abs(vx), abs(vy))) + 0.5)))
    norm = math.hypot(vx, vy)
    if norm <= 1e-6:
        return 0.0
    total, count = 0.0, 0
    for k in range(n):
        x = max(0, min(width - 1, math.floor(a[0] + k * vx / n + 0.5)))
        y = max(0, min(height - 1, math.floor(a[1] + k * vy / n + 0.5)))
        dot = (vx * big[y, x, 0] + vy * big[y, x, 1]) / norm
        if dot > threshold:
            total, count = total + dot, count + 1
    if count / n > fraction:
        return total / count
    return peak_threshold + 1e-6 if norm < math.sqrt(width * height) / 150 else 0.0


@given(st.integers(0, 10_000), POINTS, POINTS)
def test_the_openpose_preset_is_openposes_rule_on_the_upsampled_map(seed, a, b):
    rng = np.random.default_rng(seed)
    # A field that leans along the pair, so that accepted, rejected and rescued pairs all occur.
    lean = np.array([b[0] - a[0], b[1] - a[1]]) / max(math.dist(a, b), 1e-9)
    field = (lean[:, None, None] * rng.uniform(0, 1) + 0.3 * random_field(seed)).astype(np.float32)
    if seed % 3 == 0:
        b = (a[0] + 0.03, a[1] + 0.01)
    big = cv2.resize(field.transpose(1, 2, 0), None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    pixels = [[(v + 0.5) * 8 - 0.5 for v in point] for point in (a, b)]
    want = openpose_score(big, *pixels)
    E, good = score_pairs(field, np.array([a]), np.array([b]), options.PRESETS["openpose-gpu"])
    assert good[0, 0] == (want > 1e-6)
    if good[0, 0]:
        assert E[0, 0] == pytest.approx(want, abs=2e-6)


@pytest.mark.parametrize("pixels, good", [(0.4, True), (0.7, False)])
def test_only_joints_that_almost_coincide_are_rescued_without_support(pixels, good):
    """On a map of 9 x 12 cells OpenPose's bound is sqrt(72 * 96) / 150 = 0.55 px of the x8 map (FACTS 1.4)."""
    a, b = np.array([[5.0, 5.0]]), np.array([[5.0 + pixels / 8, 5.0]])
    E, found = score_pairs(np.zeros((2, 9, 12)), a, b, options.PRESETS["openpose-gpu"])
    assert found[0, 0] == good and (not good or E[0, 0] == pytest.approx(0.05 + 1e-6))
    assert not score_pairs(np.zeros((2, 9, 12)), a, b)[1][0, 0]


def test_the_2017_rule_takes_the_mean_of_supporting_samples_and_a_distance_prior():
    field = np.zeros((2, 10, 10))
    field[0, 5, :9] = 1.0  # the tenth sample of ten falls off the limb
    E, good = score_pairs(field, np.array([[0.0, 5.0]]), np.array([[9.0, 5.0]]), options.PRESETS["cmu-2017"])
    assert good[0, 0] and E[0, 0] == pytest.approx(1 + 0.5 * 10 / 9 - 1, abs=0.01)
    short, _ = score_pairs(field, np.array([[0.0, 5.0]]), np.array([[4.0, 5.0]]), options.PRESETS["cmu-2017"])
    assert short[0, 0] == pytest.approx(1, abs=0.01)  # a limb shorter than half the map pays nothing


@pytest.mark.parametrize(
    "preset, covered, good",
    [("paper", 8, True), ("paper", 7, False), ("cmu-2017", 9, True), ("cmu-2017", 8, False)],
)
def test_how_many_of_ten_samples_must_support_a_pair(preset, covered, good):
    """Eighty per cent; the 2017 code wants strictly more than that (FACTS 1.3)."""
    field = np.zeros((2, 30, 10))
    field[0, 15, :covered] = 1.0
    chosen = replace(options.PRESETS[preset], kernel="nearest")
    _, found = score_pairs(field, np.array([[0.0, 15.0]]), np.array([[9.0, 15.0]]), chosen)
    assert found[0, 0] == good


@pytest.mark.parametrize("cells, missed, good", [(6, 0, True), (6, 1, False), (20, 1, True), (20, 2, False)])
def test_openpose_lets_one_sample_miss_only_when_there_are_more_than_twenty(cells, missed, good):
    """count / n > 0.95 is strict: with 5 to 20 samples every one must support the pair (FACTS 1.3)."""
    n = min(max(round(math.sqrt(5 * 8 * cells)), 5), 25)
    assert (n > 20) == (cells == 20)
    field = np.zeros((2, 3, 24))
    field[0, :, :] = 1.0
    # OpenPose reads pixels A + k v / n, the end left out; in cells the k-th of them lies at k cells / n.
    for k in range(missed):
        field[0, :, round(1 + (n - 1 - k) * cells / n)] = 0.0
    chosen = replace(options.PRESETS["openpose-gpu"], kernel="nearest")
    E, found = score_pairs(field, np.array([[1.0, 1.0]]), np.array([[1.0 + cells, 1.0]]), chosen)
    assert found[0, 0] == good and (not good or E[0, 0] == pytest.approx(1))


def test_the_distance_prior_goes_by_the_maps_height():
    field = np.zeros((2, 10, 40))
    field[0] = 1.0
    E, _ = score_pairs(field, np.array([[2.0, 5.0]]), np.array([[22.0, 5.0]]), options.PRESETS["cmu-2017"])
    assert E[0, 0] == pytest.approx(1 + 0.5 * 10 / 20 - 1, abs=1e-6)


def test_a_pair_against_the_field_is_never_good_however_low_the_thresholds():
    lax = ParserOptions(sample_threshold=-2.0, support=0.0)
    E, found = score_pairs(-np.ones((2, 9, 9)), np.array([[1.0, 1.0]]), np.array([[6.0, 6.0]]), lax)
    assert E[0, 0] < 0 and not found[0, 0]


def test_a_pair_of_coinciding_candidates_is_no_limb():
    E, good = score_pairs(np.ones((2, 4, 4)), np.array([[1.0, 1.0]]), np.array([[1.0, 1.0]]))
    assert E[0, 0] == 0 and not good[0, 0]


def test_convention_x_before_y():
    """On a field that points right, a pair along x scores 1; with x and y exchanged it would score 0."""
    limb = np.array([[[3.5, 35.5, 1], [67.5, 35.5, 1]]], float)
    field = affinity_fields(limb, ((0, 1),), (9, 9))[0]
    along_x, _ = line_integral(field, (0, 4), (8, 4))
    along_y, _ = line_integral(field, (4, 0), (4, 8))
    assert along_x > 0.99 and abs(along_y) < 1e-6


@given(st.integers(0, 10_000))
def test_cubic_sampling_is_opencvs_upsampling(seed):
    field = random_field(seed)
    big = cv2.resize(field.transpose(1, 2, 0), None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[: big.shape[0], : big.shape[1]]
    got = sample(field, (np.stack([x, y], axis=-1) + 0.5) / 8 - 0.5, "cubic")
    np.testing.assert_allclose(got.transpose(1, 2, 0), big, atol=2e-6)


def test_the_nearest_cell_is_the_one_whose_square_holds_the_point():
    maps = np.arange(20.0).reshape(1, 4, 5)
    points = np.array([[1.4, 2.4], [1.5, 2.4], [1.6, 2.6], [-3.0, 9.0]])
    assert sample(maps, points, "nearest")[0].tolist() == [11, 12, 17, 15]


def test_many_pairs_are_scored_in_pieces_with_the_same_result(monkeypatch):
    field, rng = random_field(0), np.random.default_rng(0)
    starts, ends = rng.uniform(0, 9, (30, 2)), rng.uniform(0, 9, (20, 2))
    whole = score_pairs(field, starts, ends)
    monkeypatch.setattr("paflib.parser.integral._CHUNK", 7)
    for one, two in zip(whole, score_pairs(field, starts, ends), strict=True):
        np.testing.assert_array_equal(one, two)


def test_nobody_to_score():
    E, good = score_pairs(random_field(0), np.zeros((0, 2)), np.zeros((3, 2)))
    assert E.shape == good.shape == (0, 3)


def test_bad_input_is_named():
    with pytest.raises(ShapeError, match=r"field has shape \(9, 12\), wanted \(2, h, w\)"):
        score_pairs(np.zeros((9, 12)), np.zeros((1, 2)), np.zeros((1, 2)))
    with pytest.raises(ShapeError, match="kernel is 'lanczos'"):
        sample(np.zeros((1, 3, 3)), np.zeros((1, 2)), "lanczos")
    with pytest.raises(ShapeError, match="samples is 1"):
        ParserOptions(samples=1)
