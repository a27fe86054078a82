"""Networks by name: what a call takes and gives, and in what order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from paflib.errors import ShapeError, WeightsError
from paflib.fetching import sources
from paflib.model.mobilenet import MobileNetThin
from paflib.model.zoo import ZOO, Network, load
from paflib.skeleton import COCO_18


@pytest.fixture(scope="module")
def network(graph_file: Path) -> Network:
    return load("mobilenet-thin")


def test_every_stage_has_maps_and_fields_of_the_skeleton(network, frames):
    outputs = network(frames[2][None])
    assert len(outputs) == network.entry.stages == 6
    for S, L in outputs:
        assert tuple(S.shape) == (1, 19, 46, 26)
        assert tuple(L.shape) == (1, 19, 2, 46, 26)
        assert S.dtype == L.dtype == torch.float32
    S = outputs[-1][0][0]
    assert S[18].median() > 0.8  # the background comes last, and most of the picture is background
    assert (S[:18].flatten(1).median(1).values < 0.1).all()


def test_a_call_shows_the_network_blue_green_red_0_to_255(network, graph_file, frames):
    module = MobileNetThin.from_graph(graph_file)
    bgr = torch.from_numpy(frames[2][:, :, ::-1].copy()).permute(2, 0, 1)[None].float()
    with torch.inference_mode():
        L, S = module(bgr)[-1]
    got_S, got_L = network(frames[2][None])[-1]
    assert torch.allclose(got_S, S, atol=1e-4)
    assert torch.allclose(got_L.flatten(1, 2), L, atol=1e-4)
    wrong_order, _ = network(frames[2][None, :, :, ::-1])[-1]
    assert (wrong_order - S).abs().max() > 0.1


def test_limbs_are_in_the_skeletons_channel_order(network, frames):
    """Between the two parts of a limb, its own field points from one to the other.

    For each limb the best pair of peaks is looked for. Three people, mostly seen from the side, show 16 of the 19
    limbs; read with the channels one limb on, there is such a pair for 1 limb, with x and y exchanged for 5.
    """
    S, L = (maps[0].numpy() for maps in network(frames[2][None])[-1])
    right = sum(best_pair_score(S, L[c], a, b) > 0.3 for c, (a, b) in enumerate(COCO_18.limbs))
    shifted = sum(best_pair_score(S, L[(c + 1) % 19], a, b) > 0.3 for c, (a, b) in enumerate(COCO_18.limbs))
    swapped = sum(best_pair_score(S, L[c, ::-1], a, b) > 0.3 for c, (a, b) in enumerate(COCO_18.limbs))
    assert right >= 14
    assert max(shifted, swapped) <= 7


def best_pair_score(S: np.ndarray, field: np.ndarray, a: int, b: int) -> float:
    """The largest mean of u . L at ten points between a peak of part a and one of part b."""
    best = 0.0
    for p in peaks(S[a]):
        for q in peaks(S[b]):
            v = q - p
            if np.hypot(*v) >= 1:
                x, y = np.rint(p + np.linspace(0, 1, 10)[:, None] * v).astype(int).T
                best = max(best, float((field[:, y, x].T @ (v / np.hypot(*v))).mean()))
    return best


def peaks(confidence: np.ndarray) -> list[np.ndarray]:
    """(x, y) of the cells that are the largest of their 3 x 3 neighbours, and above 0.2."""
    local = cv2.dilate(confidence, np.ones((3, 3), np.uint8))
    return [np.array([x, y]) for y, x in np.argwhere((confidence == local) & (confidence > 0.2))]


def test_a_batch_is_as_good_as_single_images_and_a_tensor_as_an_array(network, frames):
    batch = np.stack(frames[:2])
    together = network(torch.from_numpy(batch))
    for number, image in enumerate(batch):
        for (S, L), (S1, L1) in zip(together, network(image[None]), strict=True):
            assert torch.allclose(S[number], S1[0], atol=1e-4)
            assert torch.allclose(L[number], L1[0], atol=1e-4)


@pytest.mark.parametrize(
    ("images", "complaint"),
    [
        (np.zeros((1, 20, 16, 3), np.uint8), r"\(1, 20, 16, 3\).*multiples of 8"),
        (np.zeros((16, 16, 3), np.uint8), r"\(16, 16, 3\), wanted \(B, H, W, 3\)"),
        (np.zeros((1, 3, 16, 16), np.uint8), r"\(1, 3, 16, 16\), wanted \(B, H, W, 3\)"),
        (np.zeros((0, 16, 16, 3), np.uint8), r"\(0, 16, 16, 3\)"),
        (np.zeros((1, 16, 16, 3), np.float32), "float32, wanted uint8"),
        (torch.zeros((1, 16, 16, 3)), "float32, wanted uint8"),
    ],
)
def test_images_of_another_shape_or_type_are_refused(network, images, complaint):
    with pytest.raises(ShapeError, match=complaint):
        network(images)


def test_the_smallest_input(network):
    S, L = network(np.zeros((1, 8, 8, 3), np.uint8))[-1]
    assert tuple(S.shape) == (1, 19, 1, 1) and torch.isfinite(S).all() and torch.isfinite(L).all()


def test_a_local_weights_file_works_like_the_name(network, graph_file, tmp_path, frames):
    copy = tmp_path / "graph_opt.pb"
    copy.write_bytes(graph_file.read_bytes())
    for path in (copy, str(copy)):
        assert torch.equal(load(path)(frames[0][None])[-1][0], network(frames[0][None])[-1][0])


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(WeightsError, match=r"'mobilenet-thick'.*mobilenet-thin"):
        load("mobilenet-thick")


@pytest.mark.parametrize("part", [0, 1000, 0.5, 0.999])
def test_a_truncated_weights_file_is_refused_by_name(graph_file, tmp_path, part):
    content = graph_file.read_bytes()
    cut = tmp_path / "cut.pb"
    cut.write_bytes(content[: int(part * len(content)) if part < 1 else part])
    with pytest.raises(WeightsError) as caught:
        load(cut)
    assert str(cut) in str(caught.value)


def test_entries_are_complete():
    for name, entry in ZOO.items():
        assert entry.name == name
        assert entry.files or entry.packaged
        assert all(sources()[file].licence == entry.licence for file in entry.files)
        assert entry.skeleton.C > 0 and entry.stages > 0
        assert entry.height % entry.stride == 0
        assert max(entry.S_grid.strides + entry.L_grid.strides) == entry.stride


def test_listing_the_networks_does_not_import_torch():
    code = "import sys, paflib.model.zoo as zoo; print(*zoo.ZOO); sys.exit('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "mobilenet-thin" in result.stdout
