"""Grids, Fields and targets: where cells lie, what is refused, and the presets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paflib import COCO_18, Fields, Grid, People, targets
from paflib.errors import ShapeError
from paflib.fields import TARGETS

SHAPE = (COCO_18.J, 5, 6), (COCO_18.C, 2, 5, 6)


def maps():
    return np.zeros(SHAPE[0], np.float32), np.zeros(SHAPE[1], np.float32)


@given(st.floats(1, 16), st.floats(-5, 5), st.lists(st.floats(-50, 50), min_size=2, max_size=2))
def test_to_cells_undoes_to_pixels(stride, origin, point):
    grid = Grid(stride, origin)
    np.testing.assert_allclose(grid.to_cells(grid.to_pixels(point)), point, atol=1e-9)


@given(st.integers(1, 16))
def test_convention_a_cell_sits_in_the_middle_of_its_pixels(stride):
    covered = np.arange(3 * stride, 4 * stride)
    assert Grid(stride).to_pixels((3.0, 3.0))[0] == covered.mean()


@pytest.mark.parametrize("f", [0.25, 0.5, 2.0, 4.0])
def test_convention_resizing(f):
    """x' = (x + 0.5) f - 0.5: the edges -0.5 and W - 0.5 of an image of W pixels are those of the resized one.

    Leaving out the half pixels misses both edges by |1 - f| / 2, here at least a quarter of a pixel of each image.
    """
    W = 64
    left_edge, right_edge = Grid(1).resized(f).to_pixels([[-0.5, -0.5], [W - 0.5, W - 0.5]])[:, 0]
    assert (left_edge, right_edge) == (-0.5, W * f - 0.5)
    assert abs(-0.5 * f - left_edge) >= 0.25


def test_a_resized_default_grid_is_the_default_grid_of_the_new_stride():
    assert Grid(8).resized(2.0) == Grid(16)


@pytest.mark.parametrize("stride", [0, -8, (8, 0)])
def test_a_stride_must_be_positive(stride):
    with pytest.raises(ShapeError, match="stride is"):
        Grid(stride)


def test_a_grid_takes_pairs_and_nothing_longer():
    assert Grid((8, 4)).origin == (3.5, 1.5)
    with pytest.raises(ShapeError, match=r"stride is \(1, 2, 3\), wanted a number or a pair"):
        Grid((1, 2, 3))


def test_fields_refuse_wrong_shapes_and_nan_by_name():
    S, L = maps()
    with pytest.raises(ShapeError, match=r"S has shape \(17, 5, 6\), wanted \(J=18, h, w\)"):
        Fields(S[:17], L, COCO_18)
    with pytest.raises(ShapeError, match=r"L has shape \(38, 5, 6\), wanted \(C=19, 2, h', w'\)"):
        Fields(S, L.reshape(38, 5, 6), COCO_18)
    with pytest.raises(ShapeError, match=r"background has shape \(4, 6\), wanted \(h=5, w=6\)"):
        Fields(S, L, COCO_18, background=np.zeros((4, 6)))
    L[3, 1, 2, 4] = np.nan
    with pytest.raises(ShapeError, match=r"L has 1 values that are NaN or infinite, the first at index \(3, 1, 2, 4\)"):
        Fields(S, L, COCO_18)


def test_targets_cover_the_image_and_know_their_grids():
    person = People(np.concatenate([np.full((1, 18, 2), 100.0), np.ones((1, 18, 1))], axis=-1))
    fields = targets(person, (365, 650))
    assert fields.S.shape == (18, 46, 82) and fields.L.shape == (19, 2, 46, 82)
    assert fields.image_size == (365, 650)
    assert fields.S_grid == fields.L_grid == Grid(8)
    assert targets(person, (365, 650), preset="cmu-2017").L_grid == Grid(8, 0)  # FACTS 1.8: 3.5 px off the S grid
    assert targets(person, (365, 650), stride=4).S.shape == (18, 92, 163)


def test_target_presets_differ_where_the_papers_and_the_programs_do():
    rng = np.random.default_rng(0)
    keypoints = np.concatenate([rng.uniform(50, 150, (4, 18, 2)), np.ones((4, 18, 1))], axis=-1)
    crowd = People(keypoints)
    paper, cmu, openpose = (targets(crowd, (200, 200), preset=p) for p in ("paper", "cmu-2017", "openpose"))
    assert np.abs(paper.S - cmu.S).max() > 0.1  # sum against max
    assert np.abs(paper.S - openpose.S).max() < 0.0101  # only the tail is cut
    lengths = np.linalg.norm(cmu.L, axis=1)
    assert set(np.round(lengths[lengths > 0], 5)) == {1.0}  # the last person wins: always unit vectors
    assert np.linalg.norm(openpose.L, axis=1)[lengths > 0].min() < 0.9  # averaging shortens crossing ones


def test_the_constants_the_papers_leave_open():
    """DESIGN 2: sigma 7 sqrt 2 px in the form of Eq. 7, half a limb's width 8 px, for every preset."""
    for options in TARGETS.values():
        assert (round(options.sigma, 4), options.limb_width) == (9.8995, 8.0)
    assert (TARGETS["paper"].region, TARGETS["openpose"].region) == ("paper", "cmu")
    assert (TARGETS["paper"].L_origin, TARGETS["openpose"].L_origin, TARGETS["cmu-2017"].L_origin) == (None, 0.0, 0.0)


def test_targets_have_a_background():
    person = People(np.concatenate([np.full((1, 18, 2), 50.0), np.ones((1, 18, 1))], axis=-1))
    fields = targets(person, (100, 100))
    assert fields.background is not None
    np.testing.assert_allclose(fields.background, 1 - fields.S.max(axis=0), atol=1e-6)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((People.empty(), (64, 64), 0), "stride is 0"),
        ((People.empty(), (64, 64, 3)), r"image_size is \(64, 64, 3\), wanted \(height, width\)"),
        ((np.zeros((1, 18, 3)), (64, 64)), "people is a ndarray, wanted People"),
    ],
)
def test_targets_name_what_is_wrong(arguments, message):
    with pytest.raises(ShapeError, match=message):
        targets(*arguments)


def test_maps_without_a_cell_are_refused():
    with pytest.raises(ShapeError, match="wanted maps of at least one cell"):
        Fields(np.ones((18, 4, 4)), np.zeros((19, 2, 0, 0)), COCO_18)


def test_unknown_presets_and_options_are_named():
    with pytest.raises(ShapeError, match="presets are paper, cmu-2017, openpose"):
        targets(People.empty(), (64, 64), preset="opnpose")
    with pytest.raises(ShapeError, match="limbwidth"):
        targets(People.empty(), (64, 64), limbwidth=3)
