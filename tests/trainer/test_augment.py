"""One affine warp: pixels and points go to the same place, left and right change in a mirror, sizes are the papers'."""

import numpy as np
import pytest

from paflib.errors import ShapeError
from paflib.skeleton import COCO_18
from paflib.trainer.augment import AUGMENTATIONS, Augmentation, Warp, augmentation_of, draw_warp, hide_parts

SIZE = 96


def blob(x: float, y: float, size: tuple[int, int], radius: float = 4.0) -> np.ndarray:
    """A picture (H, W, 3) with a bright round spot, centred at a point that need not be a pixel."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    value = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / radius**2)
    return np.repeat(np.round(value).astype(np.uint8)[..., None], 3, axis=2)


def centroid(image: np.ndarray) -> np.ndarray:
    """(x, y) of the brightness."""
    value = image[..., 0].astype(float)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    return np.array([(value * columns).sum(), (value * rows).sum()]) / value.sum()


@pytest.mark.parametrize("seed", range(40))
def test_pixels_and_points_go_to_the_same_place(seed):
    """A spot drawn at a joint lies, after the warp, where the joint is said to lie: to a tenth of a pixel."""
    rng = np.random.default_rng(seed)
    height = int(rng.integers(60, 300))
    size = (height, int(height * rng.uniform(0.8, 1.25)))
    how = Augmentation(SIZE, "image", 0.9, (0.6, 1.3), 40, 5, 0.5, fill=0)
    warp = draw_warp(rng, how, size)
    radius = 4 / min(warp.factor, 1)
    while True:  # somewhere well inside both the picture and the square
        at = rng.uniform(3 * radius, np.array(size[::-1]) - 3 * radius)
        if np.all(np.abs(warp.matrix[:, :2] @ at + warp.matrix[:, 2] - SIZE / 2) < SIZE / 2 - 14):
            break
    keypoints = np.zeros((1, 18, 3))
    keypoints[0, 4] = (*at, 1)
    moved = warp.points(keypoints, COCO_18)
    part = COCO_18.flip[4] if warp.flip else 4
    seen = centroid(warp.image(blob(*at, size, radius), SIZE, 0))
    assert np.allclose(seen, moved[0, part, :2], atol=0.1)
    assert moved[0, part, 2] == 1 and (moved[0, [j for j in range(18) if j != part], 2] == 0).all()


def test_a_half_pixel_error_would_be_seen():
    """Shrinking by four with the wrong convention misplaces the spot by 1.5 px of the picture, 0.375 in the square."""
    warp = Warp(np.array([[0.25, 0, -0.375], [0, 0.25, -0.375]]), False)  # x' = (x + 0.5) / 4 - 0.5
    seen = centroid(warp.image(blob(200, 120, (256, 384), 24), SIZE, 0))
    assert np.allclose(seen, (200.5 / 4 - 0.5, 120.5 / 4 - 0.5), atol=0.02)
    assert not np.allclose(seen, (200 / 4, 120 / 4), atol=0.3)


def test_a_mirror_exchanges_left_and_right():
    how = Augmentation(SIZE, "image", 1.0, (1, 1), 0, 0, flip=1.0)
    warp = draw_warp(np.random.default_rng(0), how, (SIZE, SIZE))
    keypoints = np.zeros((1, 18, 3))
    keypoints[0, COCO_18.index("right_wrist")] = (10, 20, 1)
    moved = warp.points(keypoints, COCO_18)
    assert np.allclose(moved[0, COCO_18.index("left_wrist")], (SIZE - 1 - 10, 20, 1))
    assert moved[0, COCO_18.index("right_wrist"), 2] == 0


@pytest.mark.parametrize(
    ("preset", "low", "high", "turn"), [("cvpr-2017", 110, 243, 40), ("tpami-2019", 73.6, 331.2, 45)]
)
def test_people_come_in_the_papers_sizes_and_turns(preset, low, high, turn):
    """FACTS 1.10: 0.6 * 368 px times U(0.5, 1.1), and times U(1/3, 1.5); the middle within 40 px of the centre."""
    how = AUGMENTATIONS[preset]
    box = np.array([30.0, 40.0, 50.0, 200.0])
    heights, shifts, turns = [], [], []
    for seed in range(300):
        warp = draw_warp(np.random.default_rng(seed), how, (480, 640), box)
        heights.append(200 * warp.factor)
        centre = warp.matrix[:, :2] @ [55, 140] + warp.matrix[:, 2]
        shifts.append(np.abs(centre - 183.5))
        turns.append(np.degrees(np.arctan2(warp.matrix[1, 1], warp.matrix[0, 1])) - 90)
    assert low <= min(heights) < low * 1.05 and high * 0.97 < max(heights) <= high + 0.5
    assert 38 < np.max(shifts) <= 40
    assert turn - 2 < np.abs(turns).max() <= turn + 1e-6


@pytest.mark.parametrize("size", [(120, 240), (240, 120), (200, 200)])
def test_a_whole_picture_lies_as_an_estimator_shows_it(size):
    """Top left, padded at the right and bottom, to a hundredth of a pixel: what was learned is what will be seen."""
    from paflib.inference.estimator import place

    placement = place(size, round(SIZE * size[0] / max(size)), 8, 10**9)
    warp = draw_warp(np.random.default_rng(0), augmentation_of("none", size=SIZE), size)
    corners = np.array([[[0.0, 0, 1], [size[1] - 1, size[0] - 1, 1]]])
    expected = (corners[..., :2] + 0.5) * np.array(placement.factor) - 0.5
    moved = corners[..., :2] @ warp.matrix[:, :2].T + warp.matrix[:, 2]
    assert np.allclose(moved, expected, atol=0.01)


def test_boxes_hold_the_turned_boxes():
    warp = Warp(np.array([[0.0, -2, 50], [2, 0, 7]]), False)  # a quarter turn, twice as large
    assert np.allclose(warp.boxes(np.array([[10.0, 20, 4, 6]])), [[50 - 2 * 26, 7 + 2 * 10, 12, 8]])


def test_outside_is_filled():
    warp = Warp(np.array([[1.0, 0, 30], [0, 1, 0]]), False)
    image = warp.image(np.zeros((SIZE, SIZE, 3), np.uint8), SIZE, 128)
    assert (image[:, :30] == 128).all() and (image[:, 31:] == 0).all()


def test_patches_hide_parts_of_a_lone_person_alone():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (SIZE, SIZE, 3), dtype=np.uint8)
    one = np.zeros((1, 18, 3))
    one[0, :, :2], one[0, :, 2] = rng.uniform(20, 70, (18, 2)), 1
    changed = []
    for seed in range(20):
        hidden = hide_parts(np.random.default_rng(seed), image, one, 2)
        places = np.argwhere((hidden != image).any(axis=-1))[:, ::-1]
        changed.append(len(places))
        if len(places):  # every patch lies over a part
            nearest = np.linalg.norm(places[:, None] - one[0, None, :, :2], axis=-1).min(axis=1)
            assert nearest.min() < 3
    assert min(changed) == 0 < max(changed)
    two = np.concatenate([one, one + np.array([5, 5, 0])])
    assert all(hide_parts(np.random.default_rng(s), image, two, 2) is image for s in range(5))


def test_bad_augmentations_are_named():
    with pytest.raises(ShapeError, match="augmentation 'papers' is unknown"):
        augmentation_of("papers")
    with pytest.raises(ShapeError, match="rotatoin"):
        augmentation_of("none", rotatoin=3)
    with pytest.raises(ShapeError, match="positive scales"):
        augmentation_of("none", scale=(0, 1))
    with pytest.raises(ShapeError, match="flip 2"):
        augmentation_of("none", flip=2)
    with pytest.raises(ShapeError, match="centre is 'middle'"):
        augmentation_of("none", centre="middle")
