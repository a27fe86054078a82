"""Lightweight OpenPose from the Open Model Zoo's arrays: the graph that lies beside them, run by its own rules."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from paflib.errors import WeightsError
from paflib.evaluation.oks import evaluate_oks
from paflib.inference.estimator import PoseEstimator
from paflib.inference.images import load_image
from paflib.model.zoo import Network, load
from paflib.skeleton import COCO_17, COCO_18
from tests.model.test_grid import annotated_offsets, mirrored_origins

pytestmark = pytest.mark.skipif("PAFLIB_TEST_DATA" not in os.environ, reason="needs the arrays: set PAFLIB_TEST_DATA")


def data(name: str) -> Path:
    folder = Path(os.environ["PAFLIB_TEST_DATA"]) / name
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    return folder


@pytest.fixture(scope="module")
def arrays_file() -> Path:
    return data("lightweight-openpose") / "weights_dequant_f32.npz"


@pytest.fixture(scope="module")
def network(arrays_file: Path) -> Network:
    return load(arrays_file)


@pytest.fixture(scope="module")
def coco() -> tuple[Path, dict[str, Any]]:
    folder = data("coco-mini")
    return folder / "train2017", json.loads((folder / "annotations/person_keypoints_train2017.json").read_text())


def run_graph(graph: list[dict[str, Any]], arrays: dict[str, Tensor], image: Tensor) -> dict[str, Tensor]:
    """Every operation of the graph, one after the other; an array is the operand after the inputs."""
    values: dict[str, Tensor] = {}
    for node in graph:
        inputs = [values[name] for name in node["inputs"]] + [arrays[name] for name, _ in node.get("consts", [])]
        values[node["name"]] = operation(node, inputs, image)
    return values


def operation(node: dict[str, Any], inputs: list[Tensor], image: Tensor) -> Tensor:
    kind = node["type"]
    if kind == "Parameter":
        return image
    if kind in ("Convolution", "GroupConvolution"):
        assert node["pads_begin"] == node["pads_end"]
        x, weight = inputs
        groups = weight.shape[0] if kind == "GroupConvolution" else 1
        weight = weight.flatten(0, 1) if kind == "GroupConvolution" else weight
        return functional.conv2d(x, weight, None, node["strides"], node["pads_begin"], node["dilations"], groups)
    if kind == "Elu":
        return functional.elu(inputs[0], node["alpha"])
    if kind == "Concat":
        return torch.cat(inputs, node["axis"])
    if kind in ("Add", "Multiply"):
        return inputs[0] + inputs[1] if kind == "Add" else inputs[0] * inputs[1]
    assert kind in ("Relu", "Result")
    return inputs[0].relu() if kind == "Relu" else inputs[0]


@pytest.mark.parametrize("size", [(256, 456), (104, 88)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_both_stages_agree_with_the_graph(network, arrays_file, size, pictures):
    """On a photograph of people; the graph wants blue-green-red, 0 to 255, and scales by itself."""
    picture = cv2.resize(pictures["frame 40"], size[::-1], interpolation=cv2.INTER_AREA)
    graph = json.loads((arrays_file.parent / "graph.json").read_text())
    with np.load(arrays_file) as archive, torch.inference_mode():
        arrays = {name: torch.from_numpy(archive[name]) for name in archive.files}
        bgr = torch.from_numpy(picture[:, :, ::-1].copy()).permute(2, 0, 1)[None].float()
        values = run_graph(graph, arrays, bgr)
    stages = network(picture[None])
    assert len(stages) == network.entry.stages == 2
    for (S, L), (fields, maps) in zip(
        stages,
        [("conv5_5_CPM_L1", "conv5_5_CPM_L2"), ("Mconv7_stage2_L1/sink_port_0", "Mconv7_stage2_L2/sink_port_0")],
        strict=True,
    ):
        assert torch.allclose(L.flatten(1, 2), values[fields], atol=1e-4)
        assert torch.allclose(S, values[maps], atol=1e-4)
    assert float(stages[-1][0][0, :18].max()) > 0.5  # there are people, so the agreement is not one of zeros


def test_every_array_is_used_once_and_a_missing_one_is_named(arrays_file, tmp_path):
    with np.load(arrays_file) as archive:
        arrays = dict(archive)
    for change, complaint in [
        ({"extra::1": np.zeros(3, np.float32)}, r"no place for: extra::1"),
        ({"Add_1814::1": None}, r"no tensor Add_1814::1"),
        ({"conv4_3_CPM/red::1": np.zeros((1, 2, 1, 1), np.float32)}, r"conv4_3_CPM/red::1 has shape \(2,\)"),
        ({"data/mean/Fused_Add_::1": np.zeros((1, 3, 1, 1), np.float32)}, "which is not 0 at 128"),
        ({"data/scale/Fused_Mul_::1": None}, "no tensor data/scale"),
    ]:
        changed = {name: array for name, array in (arrays | change).items() if array is not None}
        np.savez(tmp_path / "changed.npz", **changed)
        with pytest.raises(WeightsError, match=complaint) as caught:
            load(tmp_path / "changed.npz")
        assert "changed.npz" in str(caught.value)
    content = arrays_file.read_bytes()
    (tmp_path / "cut.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(WeightsError, match=r"cut\.npz"):
        load(tmp_path / "cut.npz")


@pytest.mark.slow
def test_ap_on_the_real_sample(network, coco):
    """At 368 px, by the paper's parser: 0.36. A check of the chain, no benchmark: it was trained on COCO train."""
    folder, truth = coco
    estimator = PoseEstimator(network)
    results = []
    for image in truth["images"]:
        results += estimator(load_image(folder / image["file_name"])).to_coco(image["id"], 1, COCO_17)
    figures = evaluate_oks(results, truth)
    assert figures["images"] == 80
    assert figures["AP"] >= 0.32


@pytest.mark.slow
def test_the_maps_lie_where_the_zoo_says(network, coco):
    """By mirror consistency in x, and by annotated joints, as for mobilenet-thin (tests/model/test_grid.py)."""
    folder, truth = coco
    marked = [p for p in truth["annotations"] if p.get("num_keypoints") and not p["iscrowd"]]
    names = {image["id"]: image["file_name"] for image in truth["images"]}
    pictures, offsets = [], []
    for image_id in sorted({person["image_id"] for person in marked})[::2]:
        bgr = cv2.imread(str(folder / names[image_id]))
        assert bgr is not None
        width = round(bgr.shape[1] * 256 / bgr.shape[0]) // 8 * 8
        pictures.append(cv2.resize(bgr, (width, 256), interpolation=cv2.INTER_AREA)[:, :, ::-1].copy())
        offsets += annotated_offsets(network, bgr, [p for p in marked if p["image_id"] == image_id])
    from_S, _ = mirrored_origins(network, pictures)
    assert len(from_S) > 100 and len(offsets) > 100
    assert from_S.mean() == pytest.approx(network.entry.S_grid.origin[0], abs=0.25)
    assert np.mean(offsets, axis=0) == pytest.approx(np.array(network.entry.S_grid.origin), abs=0.6)


@pytest.mark.slow
def test_the_fields_lie_where_the_zoo_says(network, coco):
    """The origin at which the line integrals of annotated limbs are largest, over a grid of origins 1 px apart.

    The same for mobilenet-thin gives (3.0, 3.0), where its maps say 3.1 and 3.5.
    """
    folder, truth = coco
    origins = np.arange(-4, 9.0)
    total = np.zeros((len(origins), len(origins)))
    names = {image["id"]: image["file_name"] for image in truth["images"]}
    marked = [p for p in truth["annotations"] if p.get("num_keypoints") and not p["iscrowd"]]
    for image_id in sorted({person["image_id"] for person in marked}):
        bgr = cv2.imread(str(folder / names[image_id]))
        assert bgr is not None
        width = round(bgr.shape[1] * 368 / bgr.shape[0])
        image = cv2.resize(bgr, (width, 368), interpolation=cv2.INTER_AREA)[:, : width // 8 * 8, ::-1]
        L = network(np.ascontiguousarray(image)[None])[-1][1][0].numpy()
        factor = np.array([width / bgr.shape[1], 368 / bgr.shape[0]])
        for person in marked:
            if person["image_id"] == image_id:
                total += limb_scores(L, factor, person, origins)
    assert best(total.sum(0), origins) == pytest.approx(network.entry.L_grid.origin[0], abs=0.75)
    assert best(total.sum(1), origins) == pytest.approx(network.entry.L_grid.origin[1], abs=0.75)


def limb_scores(L: np.ndarray, factor: np.ndarray, person: dict[str, Any], origins: np.ndarray) -> np.ndarray:
    """Sum over a person's marked limbs of the mean of u . L at ten points, for every origin [y, x]."""
    marked = np.reshape(person["keypoints"], (17, 3)).astype(float)
    points = {name: (marked[j, :2] + 0.5) * factor - 0.5 for j, name in enumerate(COCO_17.parts) if marked[j, 2] == 2}
    total = np.zeros((len(origins), len(origins)))
    for c, (a, b) in enumerate(COCO_18.limbs):
        start, end = points.get(COCO_18.parts[a]), points.get(COCO_18.parts[b])
        if start is None or end is None or np.hypot(*(end - start)) < 24:
            continue
        u = (end - start) / np.hypot(*(end - start))
        along = start + np.linspace(0, 1, 10)[:, None] * (end - start)
        cells = [((along[:, k, None] - origins) / 8).astype(np.float32) for k in (0, 1)]  # each (10, origins)
        field = (u[0] * L[c, 0] + u[1] * L[c, 1]).astype(np.float32)
        scores = np.zeros_like(total)
        for x, y in zip(*cells, strict=True):
            grid_x, grid_y = np.meshgrid(x, y)
            scores += cv2.remap(field, grid_x, grid_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) / 10
        total += scores if scores.max() > 0.2 else 0
    return total


def best(values: np.ndarray, at: np.ndarray) -> float:
    """The top of the parabola through the largest value and its neighbours."""
    k = int(values.argmax())
    before, here, after = values[k - 1 : k + 2]
    return float(at[k] + 0.5 * (before - after) / (before - 2 * here + after))
