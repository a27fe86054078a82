"""A network in one file: weights, layers, skeleton and everything one has to know to use it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from paflib.errors import FetchError, ShapeError, WeightsError
from paflib.fields import Grid
from paflib.inference.estimator import PoseEstimator
from paflib.model.torch_files import load_weights, save_weights
from paflib.model.zoo import (
    ARCHITECTURES,
    ZOO,
    Entry,
    Network,
    Scaling,
    build_network,
    load,
    new_network,
    read_metadata,
    save_network,
)
from paflib.skeleton import BODY_25, COCO_18, Skeleton

DRUM = Skeleton("drum", ("rim", "hub", "foot"), ((1, 0), (1, 2), (0, 2)), sigmas=(0.1,) * 3)
SMALL = {"name": "small", "channels": 8, "fine_channels": 8, "depth": 1}
TRUNK = {"name": "vgg19", "width": 4}

NETWORKS: dict[str, tuple[str, Skeleton, dict[str, Any]]] = {
    "two-branch": ("two-branch", DRUM, {"features": TRUNK, "stages": 2, "width": 4, "hidden": 8}),
    "staged": ("staged", BODY_25, {"features": TRUNK | {"prelu": True}, "order": "LLS", "first": [4, 8],
                                   "later": [4, 6], "blocks": 1}),
    "staged, fine maps": ("staged", DRUM, {"features": SMALL, "order": "SLS", "first": [4, 8], "later": [4, 8],
                                           "blocks": 1, "norm": True}),
    "lightweight": ("lightweight", COCO_18, {"width": 0.125, "channels": 8, "hidden": 8, "refinements": 2}),
    "mobilenet-thin": ("mobilenet-thin", COCO_18, {}),
}  # fmt: skip


@pytest.fixture(params=NETWORKS)
def network(request) -> Network:
    torch.manual_seed(0)
    architecture, skeleton, arguments = NETWORKS[request.param]
    made = new_network("mine", architecture, skeleton, arguments, height=64, about="a test", pad=(0, 1, 2))
    for name, buffer in made.module.named_buffers():  # as training leaves them
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.1)
    return made


@pytest.fixture
def tiny() -> Network:
    torch.manual_seed(1)
    architecture, skeleton, arguments = NETWORKS["two-branch"]
    return new_network("tiny", architecture, skeleton, arguments, height=64)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, 32, 48, 3), np.uint8)


def outputs(network: Network, images: np.ndarray) -> Iterator[torch.Tensor]:
    return (maps for stage in network(images) for maps in stage)


# ---- there and back ------------------------------------------------------------------------------------------------


def test_there_and_back(network, images, tmp_path):
    save_network(tmp_path / "mine.safetensors", network, {"config": "[train]\nepochs = 3"})
    again = load(tmp_path / "mine.safetensors")
    assert again.entry == network.entry
    assert again.entry.skeleton.to_json() == network.entry.skeleton.to_json()
    assert all(torch.equal(a, b) for a, b in zip(outputs(network, images), outputs(again, images), strict=True))
    assert not again.module.training and not any(p.requires_grad for p in again.module.parameters())
    assert read_metadata(tmp_path / "mine.safetensors")["config"] == "[train]\nepochs = 3"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.safetensors"]


def test_every_architecture_is_among_them():
    assert {architecture for architecture, _, _ in NETWORKS.values()} == set(ARCHITECTURES)


def test_half_a_file_is_read_as_float32(network, images, tmp_path):
    save_network(tmp_path / "whole.safetensors", network)
    save_network(tmp_path / "half.safetensors", network, half=True)
    whole, half = ((tmp_path / f"{name}.safetensors").stat().st_size for name in ("whole", "half"))
    assert half < 0.75 * whole
    again = load(tmp_path / "half.safetensors")
    assert all(p.dtype == torch.float32 for p in again.module.parameters())
    for name, tensor in network.module.state_dict().items():
        rounded = tensor.half().float() if tensor.is_floating_point() else tensor
        assert torch.equal(again.module.state_dict()[name].contiguous(), rounded)
    for a, b in zip(outputs(network, images), outputs(again, images), strict=True):
        assert torch.allclose(a, b, atol=0.02 * float(a.abs().max()) + 1e-6)


def test_a_file_drives_the_estimator(tiny, tmp_path):
    save_network(tmp_path / "tiny.safetensors", tiny)
    estimator = PoseEstimator.from_pretrained(tmp_path / "tiny.safetensors", device="cpu")
    fields = estimator.fields(np.zeros((60, 80, 3), np.uint8), stages=True)
    assert fields.skeleton == DRUM and len(fields.stages) == 2 and estimator.height == 64


def test_every_field_of_an_entry_is_kept(tiny, tmp_path):
    entry = replace(
        tiny.entry,
        name="odd", about="é", licence="CC0", height=72, pad=(1, 2, 3),
        S_grid=Grid(8, origin=(3.25, 3.5)), L_grid=Grid((8, 8), origin=0.0), scaling=Scaling("rgb", 1 / 255, -0.45),
    )  # fmt: skip
    save_network(tmp_path / "odd.safetensors", Network(entry, tiny.module))
    assert load(tmp_path / "odd.safetensors").entry == entry


def test_a_network_in_training_is_saved_as_it_is(tiny, tmp_path):
    tiny.module.train().requires_grad_(True)
    save_network(tmp_path / "a.safetensors", tiny)
    assert tiny.module.training and all(p.requires_grad for p in tiny.module.parameters())


# ---- files that are not what they should be ------------------------------------------------------------------------


@pytest.fixture
def saved(tiny, tmp_path) -> Path:
    save_network(tmp_path / "tiny.safetensors", tiny)
    return tmp_path / "tiny.safetensors"


def rewritten(path: Path, tensors=None, **metadata) -> Path:
    old, text = load_weights(path)
    kept = {key: value for key, value in (text | metadata).items() if value is not None}
    save_weights(path, old | (tensors or {}), kept)
    return path


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_named(saved, part):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(part * len(content))])
    with pytest.raises(WeightsError, match=r"tiny\.safetensors"):
        load(saved)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"architecture": None}, "does not say which network it is .*architecture"),
        ({"paflib": None}, "does not say which network it is"),
        ({"paflib": "2"}, "of format '2', this paflib reads 1"),
        ({"entry": "{"}, "cannot be read"),
        ({"entry": "{}"}, "cannot be read: 'name'"),
        ({"entry": json.dumps(dict.fromkeys(("name", "about"), "x"))}, "cannot be read"),
        ({"arguments": "[1"}, "cannot be read"),
        ({"skeleton": '{"name": "a"}'}, "cannot be read"),
    ],
)
def test_a_file_that_does_not_say_what_it_is(saved, change, complaint):
    with pytest.raises(WeightsError, match=complaint) as caught:
        load(rewritten(saved, **change))
    assert str(saved) in str(caught.value)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"architecture": "resnet"}, "'resnet'; known are: two-branch"),
        ({"arguments": '{"depth": 3}'}, "'two-branch'.*depth"),
    ],
)
def test_an_architecture_that_is_not_known_here(saved, change, complaint):
    with pytest.raises(ShapeError, match=complaint):
        load(rewritten(saved, **change))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"stages.1.L.0.weight": torch.zeros(1, 2)}, r"stages\.1\.L\.0\.weight has shape \(1, 2\)"),
        ({"stages.7.L.0.weight": torch.zeros(1)}, r"no place for: stages\.7\.L\.0\.weight"),
        ({"stages.1.L.0.bias": torch.full((4,), float("inf"))}, r"stages\.1\.L\.0\.bias holds NaN or infinity"),
        ({"stages.1.L.0.bias": torch.zeros(4, dtype=torch.long)}, r"stages\.1\.L\.0\.bias is torch\.int64"),
    ],
)
def test_tensors_that_are_not_the_networks(saved, change, complaint):
    with pytest.raises(WeightsError, match=complaint):
        load(rewritten(saved, change))


def test_a_file_of_fewer_layers(saved):
    with pytest.raises(WeightsError, match=r"has no tensor stages\.2\."):
        load(rewritten(saved, arguments=json.dumps(NETWORKS["two-branch"][2] | {"stages": 3})))


def test_numbers_that_float16_cannot_are_named_and_nothing_is_written(tiny, tmp_path):
    with torch.no_grad():
        tiny.module.stages[0].L[0].bias[0] = 70000
    with pytest.raises(WeightsError, match=r"stages\.0\.L\.0\.bias holds numbers above 65504"):
        save_network(tmp_path / "half.safetensors", tiny, half=True)
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_leaves_the_old_one(tiny, saved, monkeypatch):
    before = saved.read_bytes()

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(WeightsError, match="No space left"):
        save_network(saved, tiny)
    assert saved.read_bytes() == before and len(list(saved.parent.iterdir())) == 1
    with pytest.raises(WeightsError, match="cannot write"):
        save_network(saved.parent / "no such folder" / "a.safetensors", tiny)


def test_extra_metadata_may_not_stand_in_for_the_networks(tiny, tmp_path):
    with pytest.raises(WeightsError, match="extra_metadata has 'skeleton'"):
        save_network(tmp_path / "a.safetensors", tiny, {"skeleton": "mine"})


def test_weights_alone_and_their_text(tmp_path):
    tensors = {"a": torch.arange(6.0).reshape(2, 3).t(), "b": torch.tensor(3), "c": torch.zeros(2, dtype=torch.float16)}
    save_weights(tmp_path / "w.safetensors", tensors, {"who": "me"})
    found, text = load_weights(tmp_path / "w.safetensors")
    assert text == {"who": "me"} and torch.equal(found["a"], tensors["a"]) and found["b"].dtype == torch.long
    assert found["c"].dtype == torch.float32
    with pytest.raises(WeightsError, match="no such file"):
        load_weights(tmp_path / "gone.safetensors")


# ---- what a call gives ---------------------------------------------------------------------------------------------


class Scripted(nn.Module):
    """Stages as they are told, whatever the image."""

    def __init__(self, stages: list) -> None:
        super().__init__()
        self.stages = stages

    def forward(self, images: torch.Tensor) -> list:
        return self.stages


def test_every_stage_gives_the_latest_of_both_kinds():
    """Fields, maps on a finer grid, fields again: what was said stays, and zeros stand for what was not yet said."""
    L1, S1, L2 = torch.full((1, 6, 2, 3), 1.0), torch.full((1, 4, 4, 6), 2.0), torch.full((1, 6, 2, 3), 3.0)
    entry = Entry("scripted", DRUM, "staged", order=("L", "S", "L"), S_grid=Grid(4), L_grid=Grid(8))
    network = Network(entry, Scripted([(L1, None), (None, S1), (L2, None)]))
    stages = network(np.zeros((1, 16, 24, 3), np.uint8))
    assert [tuple(S.shape) for S, _ in stages] == [(1, 4, 4, 6)] * 3
    assert [tuple(L.shape) for _, L in stages] == [(1, 3, 2, 2, 3)] * 3
    assert [float(S.mean()) for S, _ in stages] == [0, 2, 2]
    assert [float(L.mean()) for _, L in stages] == [1, 1, 3]


def test_maps_first_leaves_the_fields_at_zero():
    S1 = torch.full((2, 4, 2, 3), 2.0)
    entry = Entry("scripted", DRUM, "staged", order=("S",))
    [(S, L)] = Network(entry, Scripted([(None, S1)]))(np.zeros((2, 16, 24, 3), np.uint8))
    assert torch.equal(S, S1) and tuple(L.shape) == (2, 3, 2, 2, 3) and not L.any()


def test_limb_channels_are_x_and_y_by_turns():
    L1 = torch.arange(6.0).reshape(1, 6, 1, 1)
    entry = Entry("scripted", DRUM, "two-branch")
    [(_, L)] = Network(entry, Scripted([(L1, torch.zeros(1, 4, 1, 1))]))(np.zeros((1, 8, 8, 3), np.uint8))
    assert L[0, :, :, 0, 0].tolist() == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize(
    ("scaling", "expected"),
    [
        (Scaling("rgb"), [10, 20, 30]),
        (Scaling("bgr"), [30, 20, 10]),
        (Scaling("bgr", 1 / 256, -0.5), [30 / 256 - 0.5, 20 / 256 - 0.5, 10 / 256 - 0.5]),
    ],
)
def test_scaling(scaling, expected):
    images = torch.tensor([10, 20, 30], dtype=torch.uint8).expand(1, 2, 4, 3)
    seen = scaling(images)
    assert tuple(seen.shape) == (1, 3, 2, 4) and seen.dtype == torch.float32
    assert seen[0, :, 1, 2].tolist() == pytest.approx(expected, abs=1e-7)


def test_grey_is_nought_for_the_papers_networks():
    for name in ("cmu-coco", "cmu-mpii", "cmu-mpii-4", "cmu-body25", "lightweight"):
        seen = ZOO[name].scaling(torch.full((1, 1, 1, 3), 128, dtype=torch.uint8))
        assert not seen.any()


def test_the_papers_grids():
    """FACTS 1.8: maps in the middle of their 8 pixels, fields on their first."""
    for name in ("cmu-coco", "cmu-mpii", "cmu-mpii-4", "cmu-body25"):
        assert ZOO[name].S_grid == Grid(8, 3.5) and ZOO[name].L_grid == Grid(8, 0.0)


# ---- making one ----------------------------------------------------------------------------------------------------


def test_a_new_networks_entry_is_found_out():
    architecture, skeleton, arguments = NETWORKS["staged, fine maps"]
    entry = new_network("n", architecture, skeleton, arguments).entry
    assert entry.order == ("S", "L", "S") and entry.stages == 3 and entry.stride == 8
    assert entry.S_grid == Grid(4) and entry.L_grid == Grid(8)
    one_kind = new_network("n", "staged", DRUM, {"features": TRUNK, "order": "LL", "first": [4, 8], "later": [4, 8]})
    assert one_kind.entry.order == ("L", "L") and one_kind.entry.S_grid == one_kind.entry.L_grid == Grid(8)


def test_arguments_are_kept_as_a_file_will_give_them(tmp_path):
    made = new_network("n", "staged", DRUM, {"features": TRUNK, "order": "L", "first": (4, 8), "later": (4, 8)})
    save_network(tmp_path / "n.safetensors", made)
    assert load(tmp_path / "n.safetensors").entry == made.entry


def test_zoo_orders_are_what_the_networks_do():
    for name, entry in ZOO.items():
        with torch.device("meta"):
            network = build_network(entry.architecture, entry.skeleton, entry.arguments).eval()
        with torch.no_grad():
            stages = network(torch.empty(1, 3, 64, 64, device="meta"))
        assert tuple(("L" * (L is not None)) + ("S" * (S is not None)) for L, S in stages) == entry.order, name


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda: new_network("n", "resnet", DRUM), "known are: two-branch, staged, lightweight, mobilenet-thin"),
        (lambda: new_network("n", "staged", DRUM, {"odrer": "LS"}), "odrer"),
        (lambda: new_network("n", "staged", DRUM, {"features": {"name": "vgg"}}), "no trunk is called 'vgg'"),
        (lambda: new_network("n", "two-branch", DRUM, {"features": TRUNK}, hieght=64), "no 'hieght'; it has name"),
        (lambda: new_network("n", "staged", DRUM, {"features": nn.ReLU()}), "'staged' must be plain JSON"),
        (lambda: Scaling("grb"), "'grb', wanted 'rgb' or 'bgr'"),
        (lambda: Scaling("rgb", 0.0), "scale is 0.0"),
        (lambda: Entry("n", DRUM, "staged", order=("X",)), "order is"),
        (lambda: Entry("n", DRUM, "staged", order=()), "order is"),
    ],
)
def test_what_makes_no_network_is_named(wrong, complaint):
    with pytest.raises(ShapeError, match=complaint):
        wrong()


def test_an_entry_without_known_weights_says_so():
    with pytest.raises(FetchError, match="no place is known for the weights of drums"):
        Entry("drums", DRUM, "two-branch").build()


def test_a_saved_file_serves_an_entry_of_the_same_kind_alone(tiny, saved):
    assert Entry("other", DRUM, "two-branch").build(saved) is not None
    with pytest.raises(WeightsError, match=r"is the network 'tiny', not 'cmu-coco'"):
        ZOO["cmu-coco"].build(saved)
