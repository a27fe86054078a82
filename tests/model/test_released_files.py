"""Files in the released formats, with the released names and shapes, written here byte by byte."""

from __future__ import annotations

import functools
import os
import pickle
import re
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from paflib.errors import WeightsError
from paflib.model.backbones import VGG19Features
from paflib.model.caffe import read_caffemodel
from paflib.model.lightweight import LightweightNetwork
from paflib.model.released import arguments_of, fit_released, identify, kind_of, read_released, read_tensors
from paflib.model.staged import StagedNetwork, body25
from paflib.model.torch_files import read_state_dict
from paflib.model.two_branch import TwoBranchNetwork
from paflib.model.zoo import ZOO, build_network, load
from paflib.skeleton import BODY_25, COCO_18, MPII_15
from tests.model import released
from tests.model.test_weights import block, number, varint

Tensors = dict[str, torch.Tensor]

# ---- writing Caffe -------------------------------------------------------------------------------------------------


def caffe_blob(array: np.ndarray, old: bool = False) -> bytes:
    """BlobProto, with a shape (7) or, as before 2014, with num, channels, height and width (1 to 4)."""
    if old:
        shape = b"".join(number(axis + 1, size) for axis, size in enumerate((1,) * (4 - array.ndim) + array.shape))
    else:
        shape = block(7, block(1, b"".join(map(varint, array.shape))))
    return shape + block(5, np.ascontiguousarray(array, "<f4").tobytes())


def caffe_file(tensors: Tensors, old: bool = False) -> bytes:
    """NetParameter: name (1) and layers (100, or 2 in old files), an input layer without blobs among them."""
    layers: dict[str, list[np.ndarray]] = {"image": []}
    for name, tensor in tensors.items():
        layers.setdefault(name.rpartition(".")[0], []).append(tensor.numpy())
    message = block(1, "a network")
    for name, blobs in layers.items():
        if old:
            content = block(4, name) + number(5, 4) + b"".join(block(6, caffe_blob(blob, old)) for blob in blobs)
        else:
            content = block(1, name) + block(2, "Convolution") + block(3, "bottom")
            content += b"".join(block(7, caffe_blob(blob)) for blob in blobs)
        message += block(2 if old else 100, content)
    return message


def write_caffe(path: Path, tensors: Tensors) -> Path:
    path.write_bytes(caffe_file(tensors))
    return path


def write_torch(path: Path, tensors: Tensors) -> Path:
    torch.save(tensors, path)
    return path


# ---- small networks with the released names ------------------------------------------------------------------------

SMALL_BODY_25 = (("stage0_L2", 8, 3, 8, 52), ("stage1_L2", 60, 4, 6, 52), ("stage2_L2", 60, 4, 6, 52),
                 ("stage3_L2", 60, 4, 6, 52), ("stage0_L1", 60, 3, 8, 26), ("stage1_L1", 86, 4, 6, 26))  # fmt: skip


def coco_tensors(stages: int = 6) -> Tensors:
    return dict(made(38, 19, stages))


def mpii_tensors(stages: int) -> Tensors:
    return dict(made(28, 16, stages))


@functools.cache
def made(L: int, S: int, stages: int) -> Tensors:
    return released.random_tensors(released.two_branch_shapes(L, S, stages, trunk=4, width=6, hidden=8))


@functools.cache
def made_body_25() -> Tensors:
    return released.random_tensors(released.body_25_shapes(SMALL_BODY_25, trunk=4))


@functools.cache
def made_lightweight() -> Tensors:
    return released.random_tensors(released.lightweight_shapes(1, width=0.125, channels=8, hidden=8))


def coco_network(stages: int = 6) -> nn.Module:
    return TwoBranchNetwork(COCO_18, VGG19Features(width=4), stages, width=6, hidden=8)


def mpii_network(stages: int) -> nn.Module:
    return TwoBranchNetwork(MPII_15, VGG19Features(width=4), stages, width=6, hidden=8)


def body_25_network() -> nn.Module:
    return StagedNetwork(BODY_25, VGG19Features(prelu=True, width=4), "LLLLSS", (3, 8), (4, 6))


def lightweight_network() -> nn.Module:
    return LightweightNetwork(width=0.125, channels=8, hidden=8)


CASES: dict[str, tuple[Callable[[], nn.Module], Callable[[], Tensors], Callable[[Path, Tensors], Path]]] = {
    "COCO, Caffe": (coco_network, coco_tensors, write_caffe),
    "COCO, PyTorch": (coco_network, coco_tensors, write_torch),
    "MPII, Caffe": (lambda: mpii_network(6), lambda: mpii_tensors(6), write_caffe),
    "BODY_25, Caffe": (body_25_network, lambda: dict(made_body_25()), write_caffe),
    "BODY_25, PyTorch": (body_25_network, lambda: dict(made_body_25()), write_torch),
    "Lightweight, PyTorch": (lightweight_network, lambda: dict(made_lightweight()), write_torch),
}
every_case = pytest.mark.parametrize("case", CASES)


def image() -> torch.Tensor:
    return torch.rand(1, 3, 24, 32, generator=torch.Generator().manual_seed(5)) - 0.5


def said(network: nn.Module) -> list[torch.Tensor]:
    with torch.no_grad():
        return [maps for stage in network(image()) for maps in stage if maps is not None]


# ---- names and shapes of the real networks -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("cmu-coco", released.two_branch_shapes(38, 19, 6)),
        ("cmu-mpii", released.two_branch_shapes(28, 16, 6)),
        ("cmu-mpii-4", released.two_branch_shapes(28, 16, 4)),
        ("cmu-body25", released.body_25_shapes()),
        ("lightweight", released.lightweight_shapes()),
    ],
)
def test_the_released_names_and_shapes_fit_the_whole_network(name, shapes):
    """On tensors that have a shape and no numbers: every one has its place, and the table adds up to the network."""
    entry = ZOO[name]
    learnt = {n: s for n, s in shapes.items() if "running" not in n and "num_batches" not in n}
    with torch.device("meta"):
        network = build_network(entry.architecture, entry.skeleton, entry.arguments)
        assert sum(map(np.prod, learnt.values())) == sum(p.numel() for p in network.parameters())
        tensors = {n: torch.empty(shape) for n, shape in shapes.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "isfinite", lambda tensor: torch.ones(()))  # they have no numbers to be finite
        tensors = {n: t.long() if n.endswith("num_batches_tracked") else t for n, t in tensors.items()}
        fit_released(network, tensors, "table")
    assert identify(tensors, "table") == name


# ---- whole files ---------------------------------------------------------------------------------------------------


@every_case
def test_a_released_file_loads_completely(case, tmp_path):
    build, tensors_of, write = CASES[case]
    tensors = tensors_of()
    network = read_released(build(), write(tmp_path / "weights", tensors))
    fitted = fit_released(build(), tensors, "memory")
    assert all(torch.equal(a, b) for a, b in zip(said(network), said(fitted), strict=True))
    assert not network.training and not any(p.requires_grad for p in network.parameters())


@every_case
@pytest.mark.parametrize("which", ["first", "last"])
def test_a_missing_tensor_is_named(case, which, tmp_path):
    build, tensors_of, write = CASES[case]
    tensors = tensors_of()
    name = [n for n in tensors if not n.endswith("num_batches_tracked")][0 if which == "first" else -1]
    if case.endswith("Caffe") and name.endswith(".weight") and name.replace("weight", "bias") in tensors:
        name = name.replace("weight", "bias")  # a layer's blobs have no names: without the first, the second is first
    del tensors[name]
    path = write(tmp_path / "weights", tensors)
    with pytest.raises(WeightsError, match=f"has no tensor {re.escape(name)}: ") as caught:
        read_released(build(), path)
    assert str(path) in str(caught.value)


@every_case
def test_an_extra_tensor_is_named(case, tmp_path):
    build, tensors_of, write = CASES[case]
    path = write(tmp_path / "weights", tensors_of() | {"conv9_9.weight": torch.zeros(2, 2, 1, 1)})
    with pytest.raises(WeightsError, match=r"no place for: conv9_9\.weight") as caught:
        read_released(build(), path)
    assert str(path) in str(caught.value)


@every_case
def test_a_misshapen_tensor_is_named(case, tmp_path):
    build, tensors_of, write = CASES[case]
    tensors = tensors_of()
    name = next(n for n in reversed(tensors) if n.endswith(".weight"))
    tensors[name] = torch.zeros(*tensors[name].shape[:-1], 2)
    path = write(tmp_path / "weights", tensors)
    with pytest.raises(WeightsError, match=rf"{re.escape(name)} has shape \(.*2\), wanted \(") as caught:
        read_released(build(), path)
    assert str(path) in str(caught.value)


@every_case
def test_a_damaged_tensor_is_named(case, tmp_path):
    build, tensors_of, write = CASES[case]
    tensors = tensors_of()
    name = next(n for n in tensors if n.endswith(".weight"))
    tensors[name] = tensors[name].clone()
    tensors[name].view(-1)[3] = float("nan")
    with pytest.raises(WeightsError, match=f"{re.escape(name)} holds NaN"):
        read_released(build(), write(tmp_path / "weights", tensors))


@every_case
@pytest.mark.parametrize("part", [0.0, 0.001, 0.3, 0.7, 0.999])
def test_a_truncated_file_is_named(case, part, tmp_path):
    build, tensors_of, write = CASES[case]
    path = write(tmp_path / "weights", tensors_of())
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(WeightsError) as caught:
        read_released(build(), path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("other", list(CASES))
@every_case
def test_a_swapped_file_is_refused(case, other, tmp_path):
    if case.partition(",")[0] == other.partition(",")[0]:
        pytest.skip("the same network")
    build, _, _ = CASES[case]
    _, tensors_of, write = CASES[other]
    path = write(tmp_path / "weights", tensors_of())
    with pytest.raises(WeightsError, match=r"has no tensor|has shape|no place for") as caught:
        read_released(build(), path)
    assert str(path) in str(caught.value)


def test_exchanged_branches_are_refused():
    """The released BODY_25 calls fields L2 and maps L1, COCO the other way round: a swap has other shapes."""
    tensors = coco_tensors()
    swapped = {re.sub("_L([12])", lambda m: f"_L{3 - int(m[1])}", name): t for name, t in tensors.items()}
    with pytest.raises(WeightsError, match=r"conv5_5_CPM_L1\.weight has shape \(19, .*wanted \(38, "):
        fit_released(coco_network(), swapped, "swapped")


# ---- what Caffe files have been like -------------------------------------------------------------------------------


def test_a_caffe_file_of_before_2014_gives_the_same_network(tmp_path):
    tensors = coco_tensors()
    path = tmp_path / "old.caffemodel"
    path.write_bytes(caffe_file(tensors, old=True))
    assert read_caffemodel(path)["conv1_1.bias"].shape == (1, 1, 1, 4)
    network = read_released(coco_network(), path)
    assert all(
        torch.equal(a, b)
        for a, b in zip(said(network), said(fit_released(coco_network(), tensors, "memory")), strict=True)
    )


def test_numbers_one_by_one_and_doubles_are_read(tmp_path):
    values = np.array([0.5, -2.0, 3.25], "<f4")
    shape = block(7, number(1, 3))
    singly = b"".join(varint(5 << 3 | 5) + value.tobytes() for value in values)
    doubles = block(8, values.astype("<f8").tobytes())
    path = tmp_path / "a.caffemodel"
    path.write_bytes(
        block(100, block(1, "a") + block(7, shape + singly)) + block(100, block(1, "b") + block(7, shape + doubles))
    )
    found = read_caffemodel(path)
    assert list(found) == ["a.weight", "b.weight"]
    for array in found.values():
        assert array.dtype == np.float32 and array.tolist() == values.tolist()


def test_a_size_that_an_old_blob_leaves_out_is_one(tmp_path):
    """Only the width (4) is written: four slopes, and not an array without any."""
    path = tmp_path / "a.caffemodel"
    blob = number(4, 4) + block(5, np.arange(4, dtype="<f4").tobytes())
    path.write_bytes(block(2, block(4, "a") + block(6, blob)))
    assert read_caffemodel(path)["a.weight"].tolist() == [[[[0, 1, 2, 3]]]]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (block(100, block(1, "a") + block(7, block(7, number(1, 4)) + block(5, b"\0" * 12))), r"\(4,\) holds 3 values"),
        (block(100, block(1, "a") + block(7, block(7, number(1, -4)) + block(5, b"\0" * 12))), r"\(-4,\)"),
        (block(100, block(7, block(7, number(1, 1)) + block(5, b"\0" * 4))), "has no name"),
        (2 * block(100, block(1, "a") + block(7, block(7, number(1, 1)) + block(5, b"\0" * 4))), r"two .* a\.weight"),
        (block(100, block(1, "relu")), "no layer in it has weights"),
        (b"some text that is no protocol buffer", "not a Caffe model file"),
    ],
    ids=["count", "negative", "no name", "twice", "no weights", "text"],
)
def test_a_file_that_is_no_caffe_model_is_named(content, complaint, tmp_path):
    path = tmp_path / "a.caffemodel"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=complaint) as caught:
        read_caffemodel(path)
    assert str(path) in str(caught.value)


def test_four_stages_are_read_from_the_file_of_six(tmp_path):
    """MPII's quick network is the first four stages of the released six (OpenPose's MPI_4_layers)."""
    six = mpii_tensors(6)
    path = write_caffe(tmp_path / "six.caffemodel", six)
    four, whole = read_released(mpii_network(4), path), read_released(mpii_network(6), path)
    assert all(torch.equal(a, b) for a, b in zip(said(four), said(whole)[:8], strict=True))
    del six["Mconv3_stage6_L2.weight"]  # half a stage is no stage: then its rest is left over
    with pytest.raises(WeightsError, match=r"no place for: Mconv.*stage6"):
        read_released(mpii_network(4), write_torch(tmp_path / "half", six))
    with pytest.raises(WeightsError, match="has no tensor Mconv1_stage5"):
        read_released(mpii_network(6), write_torch(tmp_path / "four", mpii_tensors(4)))


# ---- what PyTorch files have been like -----------------------------------------------------------------------------


def with_parts(tensors: Tensors) -> Tensors:
    """pytorch-openpose's own names: model0 for the trunk, model{stage}_{branch} for the rest."""

    def part(name: str) -> str:
        found = re.search(r"stage(\d)_L(\d)|CPM_L(\d)", name)
        return "model0" if not found else f"model{found[1] or 1}_{found[2] or found[3]}"

    return {f"{part(name)}.{name}": tensor for name, tensor in tensors.items()}


@pytest.mark.parametrize(
    "wrap",
    [
        with_parts,
        lambda tensors: {"state_dict": tensors},
        lambda tensors: {f"module.{name}": tensor for name, tensor in tensors.items()},
        lambda tensors: {
            "state_dict": {f"module.{name}": tensor for name, tensor in with_parts(tensors).items()},
            "optimizer": {"state": {0: {"step": 3}}, "param_groups": [{"lr": 1e-4}]},
            "iter": 370000,
        },
        lambda tensors: {name: tensor.half().float().half() for name, tensor in tensors.items()},
        lambda tensors: {name: nn.Parameter(tensor) for name, tensor in tensors.items()},
    ],
    ids=["model0., model1_1.", "state_dict", "module.", "a whole checkpoint", "half", "parameters"],
)
def test_every_wrapping_of_a_state_dict_gives_the_same_network(wrap, tmp_path):
    tensors = {name: tensor.half().float() for name, tensor in coco_tensors().items()}
    path = tmp_path / "body_pose_model.pth"
    torch.save(wrap(tensors), path)
    network = read_released(coco_network(), path)
    fitted = fit_released(coco_network(), tensors, "memory")
    assert all(torch.equal(a, b) for a, b in zip(said(network), said(fitted), strict=True))


def test_a_file_of_pytorch_before_1_6_is_read(tmp_path):
    path = tmp_path / "old.pth"
    torch.save(coco_tensors(), path, _use_new_zipfile_serialization=False)
    assert kind_of(path) == "torch"
    read_released(coco_network(), path)


def test_a_lightweight_checkpoint_may_lack_the_counts_of_batches(tmp_path):
    """PyTorch before 0.4.1 did not keep them; they are of no use afterwards."""
    tensors = {name: t for name, t in made_lightweight().items() if not name.endswith("num_batches_tracked")}
    network = read_released(lightweight_network(), write_torch(tmp_path / "weights", tensors))
    fitted = fit_released(lightweight_network(), made_lightweight(), "memory")
    assert all(torch.equal(a, b) for a, b in zip(said(network), said(fitted), strict=True))


class Hostile:
    """Makes a folder when it is unpickled by anything that does not refuse."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("how", ["beside the tensors", "a bare pickle", "instead of a tensor", "before PyTorch 1.6"])
def test_code_in_a_file_is_not_run(how, tmp_path):
    target, path = tmp_path / "ran", tmp_path / "evil.pth"
    evil = Hostile(target)
    if how == "a bare pickle":
        path.write_bytes(pickle.dumps({"conv1_1.weight": evil}))
    elif how == "instead of a tensor":
        torch.save({"conv1_1.weight": evil}, path)
    else:
        new = how != "before PyTorch 1.6"
        torch.save({"state_dict": coco_tensors(), "extra": evil}, path, _use_new_zipfile_serialization=new)
    with pytest.raises(WeightsError, match="evil"):
        read_released(coco_network(), path)
    with pytest.raises(WeightsError, match="evil"):
        load(path)
    assert not target.exists()
    if how == "a bare pickle":
        pickle.loads(path.read_bytes())
        assert target.exists()  # the file does run code where nobody refuses


def test_a_refused_object_is_named(tmp_path):
    torch.save({"state_dict": coco_tensors(), "extra": Hostile(tmp_path / "ran")}, tmp_path / "evil.pth")
    with pytest.raises(WeightsError, match=r"holds more than tensors \(.*mkdir\), which could run code: refused"):
        read_state_dict(tmp_path / "evil.pth")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ([1, 2], "holds a list, wanted a state dict"),
        ({}, "wanted a state dict"),
        ({"a": 3}, "'a' is a int, wanted a tensor"),
        ({1: torch.zeros(1)}, "1 is a Tensor"),
    ],
)
def test_a_pytorch_file_without_a_state_dict_is_named(content, complaint, tmp_path):
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match=complaint):
        read_state_dict(tmp_path / "a.pth")


# ---- which network a file is ---------------------------------------------------------------------------------------


def test_a_file_of_none_of_the_networks_is_named(tmp_path):
    path = write_torch(tmp_path / "resnet.pth", {"layer1.0.conv1.weight": torch.zeros(1, 1, 1, 1)})
    with pytest.raises(WeightsError, match=r"resnet\.pth holds none of the released networks .*layer1\.0\.conv1"):
        load(path)


NO_KIND = [b"", b"PK\x03\x04 and no archive", struct.pack("<Q", 7) + b"{", b"\x80\x02.", b"x"]


@pytest.mark.parametrize("content", NO_KIND)
def test_a_file_of_no_kind_is_named(content, tmp_path):
    path = tmp_path / "thing.weights"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"thing\.weights"):
        load(path)
    with pytest.raises(WeightsError, match=r"thing\.weights"):
        read_tensors(path)
    with pytest.raises(WeightsError, match="gone"):
        read_tensors(tmp_path / "gone")


def test_how_many_refinements_a_checkpoint_has_is_read_from_it(tmp_path):
    tensors = released.random_tensors(released.lightweight_shapes(refinements=3))
    assert arguments_of(tensors) == {"refinements": 3}
    network = load(write_torch(tmp_path / "three.pth", tensors))
    assert network.entry.name == "lightweight" and network.entry.stages == 4
    assert len(network(np.zeros((1, 16, 16, 3), np.uint8))) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "shapes", "suffix"),
    [
        ("cmu-coco", released.two_branch_shapes(38, 19, 6), "caffemodel"),
        ("cmu-coco", released.two_branch_shapes(38, 19, 6), "pth"),
        ("cmu-mpii", released.two_branch_shapes(28, 16, 6), "caffemodel"),
        ("cmu-body25", released.body_25_shapes(), "caffemodel"),
    ],
)
def test_whole_files_of_the_released_sizes_are_loaded_by_what_is_in_them(name, shapes, suffix, tmp_path):
    tensors = {n: torch.zeros(shape) for n, shape in shapes.items()}
    last = "Mconv7_stage1_L1.bias" if name == "cmu-body25" else "Mconv7_stage6_L2.bias"
    tensors[last] += 0.25
    path = (write_torch if suffix == "pth" else write_caffe)(tmp_path / f"weights.{suffix}", tensors)
    del tensors
    network = load(path)
    assert network.entry.name == name
    S, L = network(np.zeros((1, 32, 32, 3), np.uint8))[-1]
    assert bool((S == 0.25).all()) and not bool(L.any())
    if name == "cmu-mpii":
        assert len(ZOO["cmu-mpii-4"].build(path).stages) == 4


def test_body25_is_the_zoos(tmp_path):
    with torch.device("meta"):
        zoo = build_network("staged", BODY_25, ZOO["cmu-body25"].arguments)
        assert {n: p.shape for n, p in body25().named_parameters()} == {n: p.shape for n, p in zoo.named_parameters()}
