"""Where the cells of a network lie is measured, not assumed.

A joint at pixel x is at W - 1 - x in the mirror image. If cell g lies at ``stride * g + origin``, its two peaks g and
g' fulfil ``stride * (g + g') = W - 1 - 2 * origin``: the mean over many peaks gives the origin in x, whoever the people
are and whatever they do.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from paflib.model.zoo import Network, load
from paflib.skeleton import COCO_17, COCO_18


@pytest.fixture(scope="module")
def network(graph_file: Path) -> Network:
    return load("mobilenet-thin")


def maps_of(network: Network, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    S, L = network(np.ascontiguousarray(image)[None])[-1]
    return S[0].numpy(), L[0].numpy()


def peaks(confidence: np.ndarray, threshold: float = 0.3) -> np.ndarray:
    """(n, 2) sub-cell peaks (x, y): the parabola through the logarithms of three cells, exact for a Gaussian."""
    local = cv2.dilate(confidence, np.ones((3, 3), np.uint8))
    found = (confidence == local) & (confidence > threshold)
    found[[0, -1]] = found[:, [0, -1]] = False
    log = np.log(np.maximum(confidence, 1e-6))
    return np.array([[x + top(*log[y, x - 1 : x + 2]), y + top(*log[y - 1 : y + 2, x])] for y, x in np.argwhere(found)])


def top(before: float, here: float, after: float) -> float:
    bend = before - 2 * here + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0


def mirrored_origins(network: Network, images: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Every estimate of the origin in x: of S from matched peaks, of L from the centres of its limbs' fields."""
    from_S, from_L = [], []
    limb_order, _ = COCO_18.flip_limbs
    for image in images:
        S, L = maps_of(network, image)
        mirror_S, mirror_L = maps_of(network, image[:, ::-1])
        last = S.shape[2] - 1
        for part, mirror in enumerate(COCO_18.flip):
            others = peaks(mirror_S[mirror])
            for x, y in peaks(S[part]):
                gap = np.abs(last - others[:, 0] - x) + np.abs(others[:, 1] - y) if len(others) else np.array([9.0])
                if gap.min() < 0.6:
                    from_S.append(origin(image, x, others[gap.argmin(), 0]))
        for limb, mirror in enumerate(limb_order):
            a, b = centre(L[limb]), centre(mirror_L[mirror])
            if a[0] > 3 and abs(a[0] - b[0]) < 0.1 * a[0] and abs(last - b[1] - a[1]) < 0.75:
                from_L.append(origin(image, a[1], b[1]))
    return np.array(from_S), np.array(from_L)


def origin(image: np.ndarray, cell: float, mirror_cell: float) -> float:
    return (image.shape[1] - 1 - 8 * (cell + mirror_cell)) / 2


def centre(field: np.ndarray) -> tuple[float, float]:
    """How much field there is, and its mean column."""
    size = np.hypot(*field)
    size[size < 0.2] = 0
    return float(size.sum()), float(size.sum(0) @ np.arange(size.shape[1]) / max(size.sum(), 1e-9))


def test_origin_in_x_by_mirror_consistency(network, frames):
    """A cell taken for its first or last pixel, 0 or 7, would be off by 3 and more."""
    from_S, from_L = mirrored_origins(network, frames)
    assert len(from_S) > 100 and len(from_L) > 15
    assert from_S.mean() == pytest.approx(network.entry.S_grid.origin[0], abs=0.25)
    assert from_L.mean() == pytest.approx(network.entry.L_grid.origin[0], abs=0.9)


@pytest.mark.skipif("PAFLIB_TEST_DATA" not in os.environ, reason="needs annotated photographs: set PAFLIB_TEST_DATA")
def test_origin_in_x_and_y_by_annotated_joints(network):
    """The mean signed distance from the joint that a person marked to the peak nearby, on photographs of COCO."""
    folder = Path(os.environ["PAFLIB_TEST_DATA"]) / "coco-mini"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    truth = json.loads((folder / "annotations/person_keypoints_train2017.json").read_text())
    marked = [person for person in truth["annotations"] if person.get("num_keypoints") and not person["iscrowd"]]
    names = {entry["id"]: entry["file_name"] for entry in truth["images"]}
    offsets = []
    for image_id in sorted({person["image_id"] for person in marked})[::2]:
        bgr = cv2.imread(str(folder / "train2017" / names[image_id]))
        assert bgr is not None
        offsets += annotated_offsets(network, bgr, [person for person in marked if person["image_id"] == image_id])
    mean = np.mean(offsets, axis=0)
    assert len(offsets) > 100
    assert mean == pytest.approx(np.array(network.entry.S_grid.origin), abs=0.5)


def annotated_offsets(network: Network, bgr: np.ndarray, people: list[dict]) -> list[np.ndarray]:
    """Marked joint minus 8 * cell, (x, y) in pixels of an input 256 high, for joints with one peak nearby."""
    height, width = 256, round(bgr.shape[1] * 256 / bgr.shape[0])
    image = cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)[:, : width // 8 * 8, ::-1]
    S, _ = maps_of(network, image)
    factor = np.array([width / bgr.shape[1], height / bgr.shape[0]])
    found = []
    for person in people:
        reach = min(12.0, 0.1 * float(np.sqrt(person["area"])) * factor[1])
        for name, (x, y, visibility) in zip(COCO_17.parts, np.reshape(person["keypoints"], (17, 3)), strict=True):
            if visibility == 2:
                joint = (np.array([x, y]) + 0.5) * factor - 0.5
                offsets = [joint - 8 * peak for peak in peaks(S[COCO_18.index(name)])]
                near = [offset for offset in offsets if np.hypot(*(offset - 3.5)) < reach]
                found += near if len(near) == 1 else []
    return found
