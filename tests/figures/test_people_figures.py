"""People over an image: everything at its pixel, in both ways of drawing."""

import cv2
import numpy as np
import pytest

from paflib.errors import ShapeError
from paflib.figures import draw_people, overlay_people
from paflib.figures.people import bar, person_shapes, spread
from paflib.people import People
from paflib.skeleton import COCO_18, Skeleton

DOT = Skeleton("dot", ("point",))
STICK = Skeleton("stick", ("right_top", "right_foot"), limbs=((0, 1),))


def pixels(figure) -> np.ndarray:
    decoded = cv2.imdecode(np.frombuffer(figure.png(), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded[..., ::-1]


def centre_of_white(image: np.ndarray) -> tuple[float, float]:
    weight = np.clip(image.min(axis=2).astype(float) - 40, 0, None)  # the rim is darker than that
    y, x = np.indices(weight.shape)
    return float((x * weight).sum() / weight.sum()), float((y * weight).sum() / weight.sum())


@pytest.mark.parametrize("x, y", [(10, 5), (41, 30), (20.5, 12.25)])
def test_a_joint_is_drawn_at_its_pixel(x, y):
    """A dot's centre within 0.2 px; the convention with corners for centres would be 0.5 px off."""
    image = np.zeros((40, 60, 3), np.uint8)
    one = People(np.array([[[x, y, 1.0]]]), skeleton=DOT)
    assert centre_of_white(overlay_people(image, one, line_width=8)) == pytest.approx((x, y), abs=0.2)
    shown = pixels(draw_people(image, one, line_width=8))
    scale = shown.shape[1] / 60
    u, v = centre_of_white(shown)
    assert ((u + 0.5) / scale - 0.5, (v + 0.5) / scale - 0.5) == pytest.approx((x, y), abs=0.1)


def test_a_limb_has_its_colour_half_way_and_a_dark_rim():
    image = np.full((100, 100, 3), 255, np.uint8)
    stick = People(np.array([[[20, 50, 1.0], [80, 50, 1.0]]]), skeleton=STICK)
    drawn = overlay_people(image, stick, line_width=5)
    np.testing.assert_array_equal(drawn[50, 50], (0xD5, 0x5E, 0x00))  # RGB: warm, for the right side
    assert drawn[40:60, 50].sum(axis=1).min() < 150
    assert (drawn[10, 50] == 255).all()
    scale = 720 // 100
    shown = pixels(draw_people(image, stick, line_width=5))
    assert tuple(shown[int(50.5 * scale), int(50.5 * scale)]) == (0xD5, 0x5E, 0)


def test_both_ways_of_drawing_agree(image, people):
    """The figure, brought back to the image's size, differs from the overlay by rounding at the edges alone."""
    shown = pixels(draw_people(np.zeros_like(image), people))
    small = cv2.resize(shown, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_AREA)
    drawn = overlay_people(np.zeros_like(image), people)
    together = np.corrcoef(small.ravel(), drawn.ravel())[0, 1]
    shifted = np.corrcoef(np.roll(small, 2, axis=1).ravel(), drawn.ravel())[0, 1]
    assert together > 0.93 > 0.7 > shifted


def test_overlay_keeps_the_input_and_its_form(image, people):
    before = image.copy()
    drawn = overlay_people(image, people, numbers=True)
    np.testing.assert_array_equal(image, before)
    assert drawn.shape == image.shape and drawn.dtype == np.uint8 and (drawn != image).any()
    backwards = image[:, ::-1]  # not contiguous
    np.testing.assert_array_equal(overlay_people(backwards, people)[0], backwards[0])


def test_nobody_gives_a_copy(image):
    drawn = overlay_people(image, People.empty(), numbers=True)
    np.testing.assert_array_equal(drawn, image)
    assert not np.shares_memory(drawn, image)


def test_missing_parts_are_left_out(image, people):
    points = people.keypoints.copy()
    points[:, 1:] = np.nan, np.nan, 0.0  # only the nose is left
    drawn = overlay_people(image, People(points))
    changed = np.argwhere((drawn != image).any(axis=2))
    nose = points[:, 0, 1::-1]
    assert np.hypot(*(changed[:, None] - nose[None]).T).min(axis=0).max() < 6


def test_people_partly_and_wholly_outside_are_cut_off(image, people):
    points = people.keypoints.copy()
    points[0, :, 0] -= 90  # half of the first one is left of the image
    points[1, :, 0] += 1e8
    points[1, 3, :2] = -1e12, 5e9
    drawn = overlay_people(image, People(points), numbers=True)
    assert (drawn[:, :40] != image[:, :40]).any()
    assert draw_people(image, People(points), numbers=True, names=True).png()


def test_lines_follow_the_size_of_the_person(people):
    def breadth(factor: float) -> float:
        person = people.resized(factor)[0]
        first = person_shapes(person, (2000, 2000))[len(COCO_18.edges or ())]  # the first bar above the rims
        hip, knee = person.keypoints[0, [1, 8], :2]
        across = np.array([-(knee - hip)[1], (knee - hip)[0]]) / np.hypot(*(knee - hip))
        return float(np.ptp(first.outline @ across))

    assert breadth(8) == pytest.approx(2 * breadth(4), rel=0.05)
    assert breadth(0.5) == pytest.approx(breadth(0.25), rel=0.02)  # but never too thin to be seen


def test_numbers_stay_inside_and_apart(image, people):
    from matplotlib.text import Text

    crowd = People(np.concatenate([people.keypoints + np.array(move) for move in ((0, -35, 0), (4, -36, 0))]))
    figure = draw_people(image, crowd, numbers=True)
    figure.draw_without_rendering()
    texts = [t for t in figure.findobj(Text) if t.get_text()]
    assert [t.get_text() for t in texts] == ["0", "1", "2", "3"]
    boxes = [t.get_window_extent() for t in texts]
    assert all(not a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_a_bar_holds_both_its_circles():
    a, b = np.array([0.0, 0.0]), np.array([10.0, 0.0])
    hull = bar(a, b, 3.0, 1.0, steps=200)
    assert hull[:, 0].min() == pytest.approx(-3, abs=1e-3) and hull[:, 0].max() == pytest.approx(11, abs=1e-3)
    assert np.abs(hull[:, 1]).max() == pytest.approx(3, abs=1e-2)
    assert np.abs(bar(a, a, 2.0, 0.5)).max() == pytest.approx(2)


@pytest.mark.parametrize("wanted", [[0, 0, 0, 0], [9, 9.5, 10], [0, 5, 5.1, 9.9], [3]])
def test_labels_keep_apart_and_inside(wanted):
    places = spread(np.array(wanted, float), 2.0, 0.0, 10.0)
    assert (np.diff(places) > 2 - 1e-9).all() and places.min() >= -1e-9 and places.max() <= 10 + 1e-9


def test_what_is_no_image_is_refused(people):
    with pytest.raises(ShapeError, match="load_image"):
        overlay_people(np.zeros((9, 9, 3), float), people)


def test_a_redundant_limb_is_drawn_where_only_it_joins_a_part():
    """A person seen from behind: no eyes, so the ear hangs on the shoulder; with the eye there, nothing is added."""
    points = np.zeros((1, COCO_18.J, 3))
    at = {"neck": (60, 60), "right_shoulder": (30, 60), "right_ear": (40, 20)}
    for part, xy in at.items():
        points[0, COCO_18.index(part)] = *xy, 1
    behind = overlay_people(np.zeros((120, 120, 3), np.uint8), People(points))
    assert behind[40, 35].any(), "between shoulder and ear"
    for part, xy in {"nose": (60, 30), "right_eye": (52, 22)}.items():
        points[0, COCO_18.index(part)] = *xy, 1
    front = overlay_people(np.zeros((120, 120, 3), np.uint8), People(points))
    assert not front[40, 35].any()
