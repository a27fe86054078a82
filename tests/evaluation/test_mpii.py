"""MPII's official file: a .mat as MATLAB nests it, written here and read back."""

import numpy as np
import pytest
from scipy.io import savemat

from paflib.errors import DataError
from paflib.evaluation import evaluate_pckh, mpii_json
from paflib.evaluation.mpii import read_groups
from paflib.skeleton import MPII_16


def struct(*rows: dict) -> np.ndarray:
    """A 1 x n MATLAB struct array."""
    fields = list(dict.fromkeys(key for row in rows for key in row))
    array = np.empty((1, len(rows)), dtype=[(name, object) for name in fields])
    for n, row in enumerate(rows):
        for name in fields:
            array[0, n][name] = row.get(name, np.zeros((0, 0)))
    return array


def cells(*items) -> np.ndarray:
    array = np.empty((1, len(items)), object)
    for n, item in enumerate(items):
        array[0, n] = item
    return array


def rect(x: float, y: float, joints: dict[int, tuple], scale: float = 1.5, **more) -> dict:
    points = struct(*({"x": px, "y": py, "id": j, "is_visible": v} for j, (px, py, v) in joints.items()))
    return {
        "x1": x, "y1": y, "x2": x + 30, "y2": y + 40, "annopoints": struct({"point": points}), "scale": scale,
        "objpos": struct({"x": x + 10, "y": y + 60}),
    } | more  # fmt: skip


SEEN, HIDDEN = "1", "0"
TWO = {9: (120.0, 50.0, SEEN), 8: (121.0, 80.0, HIDDEN)}
FAR = {9: (520.0, 70.0, SEEN), 8: (521.0, 100.0, HIDDEN)}
PEOPLE = [rect(100, 40, TWO), rect(300, 50, {0: (310.0, 300.0, np.zeros((0, 0)))}), rect(500, 60, FAR)]
TEST_IMAGE = {"image": struct({"name": "test.jpg"}), "annorect": struct({"scale": 1.0})}


def release(path, *images: dict, train=(1, 1, 0), alone=None):
    alone = cells(np.zeros((0, 0)), np.array([[1]]), np.zeros((0, 0))) if alone is None else alone
    content = struct({
        "annolist": struct(*images), "img_train": np.array([train]), "single_person": alone, "version": "12",
    })  # fmt: skip
    savemat(path, {"RELEASE": content})
    return path


@pytest.fixture
def official(tmp_path):
    """Three people in the first image; one, who stands alone, in the second; a test image without labels."""
    return release(
        tmp_path / "mpii.mat",
        {"image": struct({"name": "a.jpg"}), "annorect": struct(*PEOPLE)},
        {"image": struct({"name": "b.jpg"}), "annorect": struct(PEOPLE[0])},
        TEST_IMAGE,
    )


def test_the_official_file_becomes_json(official):
    content = mpii_json(official)
    assert [image["file_name"] for image in content["images"]] == ["a.jpg", "b.jpg"]
    first = content["annotations"][0]
    points = np.reshape(first["keypoints"], (16, 3))
    np.testing.assert_array_equal(points[9], [119, 49, 2])  # MATLAB counts from 1
    np.testing.assert_array_equal(points[8], [120, 79, 1])
    assert first["num_keypoints"] == 2 and not points[:8].any()
    assert first["head_box"] == [99, 39, 30, 40]
    assert first["position"] == [109, 99] and first["scale"] == 1.5
    assert np.reshape(content["annotations"][1]["keypoints"], (16, 3))[0].tolist() == [309, 299, 2]
    assert [a["group"] for a in content["annotations"]] == [0, 0, 0, None]
    assert content["categories"][0]["keypoints"] == list(MPII_16.parts)


def test_the_official_groups(official, tmp_path):
    """A group of the first and third person, and one of a single person; MPII numbers people from 1."""
    savemat(
        tmp_path / "groups.mat",
        {"groups": cells(cells(np.array([[1, 3]]), np.array([[2]])), cells(np.array([[1]])), np.zeros((0, 0)))},
    )
    content = mpii_json(official, tmp_path / "groups.mat")
    assert [a["group"] for a in content["annotations"]] == [0, 1, 0, None]
    groups = read_groups(content)
    assert [(g.image_id, g.number, len(g.people)) for g in groups] == [(0, 0, 2), (0, 1, 1)]
    np.testing.assert_allclose(groups[0].head_size, 30)


def test_what_is_read_can_be_evaluated(official):
    content = mpii_json(official, sizes={"a.jpg": (480, 640)})
    assert content["images"][0]["height"] == 480 and "height" not in content["images"][1]
    results = []
    for row in content["annotations"][:3]:
        points = np.reshape(row["keypoints"], (16, 3)).copy()
        points[:, 2] = np.minimum(points[:, 2], 1)
        results.append({"image_id": 0, "keypoints": points.ravel().tolist()})
    summary = evaluate_pckh(results, content, MPII_16)
    # The second person has an ankle alone, far below their group's box: found outside it, and so not found.
    assert summary["joints"]["head_top"] == 1 and summary["joints"]["right_ankle"] == 0
    assert np.isnan(summary["joints"]["left_knee"])


def test_people_without_a_head_box_are_left_out_and_without_a_place_in_no_group(tmp_path):
    nobody = rect(5, 5, TWO) | {"x1": np.zeros((0, 0))}
    nowhere = rect(6, 6, TWO, objpos=np.zeros((0, 0)))
    path = release(
        tmp_path / "m.mat", {"image": struct({"name": "a.jpg"}), "annorect": struct(PEOPLE[0], nobody, nowhere)},
        {"image": struct({"name": "b.jpg"}), "annorect": np.zeros((0, 0))}, TEST_IMAGE,
    )  # fmt: skip
    rows = mpii_json(path)["annotations"]
    assert [(a["id"], a["group"]) for a in rows] == [(1, 0), (2, None)]
    assert rows[1]["position"] is None
    assert len(mpii_json(path)["images"]) == 2  # an image where nobody is, too


def test_the_test_images_have_no_labels(official):
    content = mpii_json(official, train=False)
    assert [i["file_name"] for i in content["images"]] == ["test.jpg"] and content["annotations"] == []


def test_files_that_are_none_are_named(official, tmp_path):
    with pytest.raises(DataError, match="no such file"):
        mpii_json(tmp_path / "nowhere.mat")
    (tmp_path / "text.mat").write_text("no MATLAB file" * 40)
    with pytest.raises(DataError, match=r"text\.mat: this is no MATLAB file"):
        mpii_json(tmp_path / "text.mat")
    (tmp_path / "half.mat").write_bytes(official.read_bytes()[:700])
    with pytest.raises(DataError, match=r"half\.mat: this is no MATLAB file"):
        mpii_json(tmp_path / "half.mat")
    savemat(tmp_path / "other.mat", {"x": np.ones(3)})
    with pytest.raises(DataError, match="no variable 'RELEASE'"):
        mpii_json(tmp_path / "other.mat")
    savemat(tmp_path / "bare.mat", {"RELEASE": struct({"version": "12"})})
    with pytest.raises(DataError, match="RELEASE lacks one of annolist"):
        mpii_json(tmp_path / "bare.mat")
    savemat(tmp_path / "groups.mat", {"groups": cells(np.zeros((0, 0)), np.zeros((0, 0)))})
    with pytest.raises(DataError, match="groups of 2 images, wanted those of 3"):
        mpii_json(official, tmp_path / "groups.mat")
    release(tmp_path / "short.mat", {"image": struct({"name": "a.jpg"}), "annorect": struct(PEOPLE[0])})
    with pytest.raises(DataError, match="not of one length"):
        mpii_json(tmp_path / "short.mat")
