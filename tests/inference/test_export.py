"""ONNX files of every network, run by ONNX Runtime and by OpenCV, say what PyTorch says."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from paflib.cli import main
from paflib.errors import DataError, ShapeError
from paflib.fetching import fetch
from paflib.inference.backends import OnnxRuntimeNetwork, OpenCVNetwork
from paflib.inference.export import export_onnx, plain_convolution
from paflib.inference.images import load_image
from paflib.model.mobilenet import SameConv2d
from paflib.model.two_branch import TwoBranchNetwork
from paflib.model.zoo import (
    ARCHITECTURES,
    ZOO,
    Network,
    build_network,
    load,
    new_network,
    read_metadata,
    save_network,
)
from paflib.skeleton import COCO_18
from tests.inference.exported import NETWORKS, distance, lively, make, pictures

RUNTIMES = [OnnxRuntimeNetwork, OpenCVNetwork]
SHOWN = [(1, 64, 96), (2, 72, 40)]  # 72 and 40 are 9 and 5 cells: halved once more, 5 and 3, and those do not fit twice


@pytest.fixture(scope="module", params=NETWORKS)
def exported(request, tmp_path_factory) -> tuple[Network, Path]:
    network, path = make(request.param), tmp_path_factory.mktemp("onnx") / "mine.onnx"
    export_onnx(network, path)
    return network, path


@pytest.fixture(scope="module")
def tiny() -> Network:
    return load("tiny")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---- the same as PyTorch


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("shown", SHOWN, ids=str)
def test_every_architecture_says_what_pytorch_says(exported, runtime, shown):
    network, path = exported
    assert distance(runtime(path), network, pictures(*shown)) < 1e-4


def test_every_architecture_is_among_them():
    assert {architecture for architecture, _, _ in NETWORKS.values()} == set(ARCHITECTURES)
    grids = {(entry.S_grid.strides[0], entry.L_grid.strides[0]) for entry in (make(name).entry for name in NETWORKS)}
    assert {(8, 8), (4, 8)} <= grids


def test_another_colour_order_is_seen(exported):
    network, path = exported
    images = pictures(1, 64, 64)
    assert distance(OnnxRuntimeNetwork(path), lambda _: network(np.ascontiguousarray(images[..., ::-1])), images) > 0.01


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_weights_that_come_with_the_package(tiny, runtime, tmp_path):
    export_onnx(tiny, tmp_path / "tiny.onnx")
    for shown in SHOWN:
        assert distance(runtime(tmp_path / "tiny.onnx"), tiny, pictures(*shown)) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("name", ZOO)
def test_every_network_of_the_zoo(name, tmp_path):
    """At full width; the weights are random ones, where the real ones do not come with the package."""
    entry = ZOO[name]
    network = lively(Network(entry, build_network(entry.architecture, entry.skeleton, entry.arguments)))
    export_onnx(network, tmp_path / "whole.onnx")
    for runtime in RUNTIMES:
        opened = runtime(tmp_path / "whole.onnx")
        for shown in SHOWN:
            # Deep networks of random weights enlarge what rounding does.
            assert distance(opened, network, pictures(*shown)) < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_real_weights(runtime, tmp_path):
    network = load("mobilenet-thin")
    export_onnx(network, tmp_path / "thin.onnx")
    opened, photograph = runtime(tmp_path / "thin.onnx"), load_image(fetch("astronaut", progress=False))
    for batch, height, width in [*SHOWN, (1, 368, 496)]:
        images = np.stack([photograph[:height, k : width + k] for k in range(batch)])
        assert distance(opened, network, images) < 1e-4


def test_the_file_alone_is_enough(tiny, tmp_path):
    """Neither paflib nor PyTorch: a picture as it is goes in."""
    export_onnx(tiny, tmp_path / "tiny.onnx")
    np.save(tmp_path / "images.npy", pictures(2, 64, 48))
    code = (
        "import sys, numpy as np, onnxruntime\n"
        "session = onnxruntime.InferenceSession('tiny.onnx')\n"
        "np.savez('maps.npz', *session.run(['S', 'L'], {'images': np.load('images.npy')}))\n"
        "sys.exit('torch' in sys.modules or 'paflib' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    S, L = np.load(tmp_path / "maps.npz").values()
    wanted_S, wanted_L = tiny(pictures(2, 64, 48))[-1]
    assert S.shape == (2, 19, 16, 12) and L.shape == (2, 38, 8, 6)
    assert np.abs(S - wanted_S.numpy()).max() < 1e-4
    assert np.abs(L - wanted_L.flatten(1, 2).numpy()).max() < 1e-4


# ---- one size alone


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_file_for_one_size(name, runtime, tmp_path):
    network = make(name)
    export_onnx(network, tmp_path / "one.onnx", size=(72, 40))
    opened = runtime(tmp_path / "one.onnx")
    assert distance(opened, network, pictures(1, 72, 40)) < 1e-4
    for shown in [(2, 72, 40), (1, 64, 96)]:
        with pytest.raises(ShapeError, match=r"one\.onnx takes 1 of 72 x 40 pixels"):
            opened(pictures(*shown))
    inputs, outputs = _sizes(tmp_path / "one.onnx")
    assert inputs == [1, 72, 40, 3] and all(isinstance(size, int) for size in outputs)


def _sizes(path: Path) -> tuple[list, list]:
    session = onnxruntime.InferenceSession(path)
    return session.get_inputs()[0].shape, [size for port in session.get_outputs() for size in port.shape]


def test_by_default_batch_height_and_width_are_free(exported):
    inputs, outputs = _sizes(exported[1])
    assert inputs == ["B", "H", "W", 3]
    assert outputs[0] == "B" and all(isinstance(outputs[axis], str) for axis in (2, 3, 6, 7))


@pytest.mark.parametrize("size", [(72, 41), (0, 64), (64,), (-8, 8)])
def test_sizes_that_no_picture_can_have(tiny, size, tmp_path):
    with pytest.raises(ShapeError, match="multiples of 8"):
        export_onnx(tiny, tmp_path / "x.onnx", size=size)
    assert not names(tmp_path)


# ---- what is in the file


def test_the_entry_travels_with_it(exported):
    network, path = exported
    metadata = {prop.key: prop.value for prop in onnx.load(path).metadata_props}
    assert set(metadata) == {"paflib", "architecture", "arguments", "skeleton", "entry"}
    for runtime in RUNTIMES:
        assert runtime(path).entry == replace(network.entry, order=("LS",))
        assert runtime(path).entry.skeleton.to_json() == network.entry.skeleton.to_json()


def test_the_same_description_as_in_a_saved_network(tiny, tmp_path):
    export_onnx(tiny, tmp_path / "tiny.onnx")
    save_network(tmp_path / "tiny.safetensors", tiny)
    metadata = {prop.key: prop.value for prop in onnx.load(tmp_path / "tiny.onnx").metadata_props}
    assert metadata == read_metadata(tmp_path / "tiny.safetensors")


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "staged, fine maps"])
def test_a_network_of_one_grid_has_no_operations_on_sizes(name, tmp_path):
    """Which OpenCV 4 does not know."""
    export_onnx(make(name), tmp_path / "x.onnx")
    operations = Counter(node.op_type for node in onnx.load(tmp_path / "x.onnx").graph.node)
    layers = {"Conv", "Relu", "PRelu", "Elu", "MaxPool", "Concat", "Add", "BatchNormalization"}
    assert set(operations) <= layers | {"Cast", "Transpose", "Gather", "Mul", "Constant"}


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (3, 2), (5, 2), (4, 2), (3, 3), (2, 2)])
@pytest.mark.parametrize("groups", [1, 4])
def test_padding_at_the_end_alone_is_done_by_the_kernel(kernel, stride, groups):
    torch.manual_seed(0)
    same = SameConv2d(4, 8, kernel, stride, groups=groups)
    plain = plain_convolution(same)
    assert type(plain) is nn.Conv2d
    for cells in (1, 2, 5):
        x = torch.randn(2, 4, cells * stride, 3 * stride)
        assert torch.allclose(plain(x), same(x), atol=1e-5)


# ---- what stays as it is


def test_the_network_stays_as_it_is(tmp_path):
    network = make("mobilenet-thin")
    network.module.train().requires_grad_(True)
    before = {name: tensor.clone() for name, tensor in network.module.state_dict().items()}
    kinds = Counter(type(layer) for layer in network.module.modules())
    export_onnx(network, tmp_path / "x.onnx")
    assert network.module.training and all(p.requires_grad for p in network.module.parameters())
    assert Counter(type(layer) for layer in network.module.modules()) == kinds
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.module.state_dict().items())
    network.module.eval()
    assert distance(OnnxRuntimeNetwork(tmp_path / "x.onnx"), network, pictures(1, 64, 64)) < 1e-4


def test_batch_normalisation_is_that_of_evaluation(tmp_path):
    network = make("lightweight")
    network.module.train()
    export_onnx(network, tmp_path / "x.onnx")
    network.module.eval()
    assert distance(OnnxRuntimeNetwork(tmp_path / "x.onnx"), network, pictures(1, 64, 64)) < 1e-4


def test_nothing_is_said_on_the_way(exported, tmp_path, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        export_onnx(exported[0], tmp_path / "x.onnx")
    assert capfd.readouterr() == ("", "")
    assert names(tmp_path) == ["x.onnx"]


def test_the_same_file_twice(tiny, tmp_path):
    for name in ("a.onnx", "b.onnx"):
        export_onnx(tiny, tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


# ---- what cannot be exported


class Spectrum(nn.Module):
    """A trunk that ONNX has no word for."""

    channels, stride = 3, 8

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.fft.fft2(nn.functional.avg_pool2d(x, 8)).abs()


def test_a_layer_that_onnx_has_no_word_for(tiny, tmp_path):
    network = make("two-branch")
    network.module = TwoBranchNetwork(network.entry.skeleton, Spectrum(), stages=1, width=4, hidden=4)
    (tmp_path / "x.onnx").write_text("an older one")
    with pytest.raises(DataError, match=r"^mine cannot be written as ONNX: .*fft.*") as caught:
        export_onnx(network, tmp_path / "x.onnx")
    assert "\n" not in str(caught.value)
    assert names(tmp_path) == ["x.onnx"] and (tmp_path / "x.onnx").read_text() == "an older one"


def test_a_file_appears_whole_or_not_at_all(tiny, tmp_path, monkeypatch):
    def refuse(model: onnx.ModelProto) -> None:
        raise onnx.checker.ValidationError("no")

    monkeypatch.setattr(onnx.checker, "check_model", refuse)
    with pytest.raises(onnx.checker.ValidationError):
        export_onnx(tiny, tmp_path / "x.onnx")
    assert not names(tmp_path)


def test_a_network_of_one_kind_of_map(tmp_path):
    arguments = NETWORKS["staged"][2] | {"order": "LL"}
    network = new_network("fields", "staged", COCO_18, arguments)
    with pytest.raises(DataError, match="fields predicts no S"):
        export_onnx(network, tmp_path / "x.onnx")


def test_without_the_package_onnx(tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(DataError, match=r"pip install onnx, or paflib\[export\]"):
        export_onnx(tiny, tmp_path / "x.onnx")


def test_an_onnx_file_again(tiny, tmp_path):
    export_onnx(tiny, tmp_path / "x.onnx")
    with pytest.raises(DataError, match="tiny is read from a file"):
        export_onnx(OnnxRuntimeNetwork(tmp_path / "x.onnx"), tmp_path / "y.onnx")


# ---- the command


@pytest.fixture
def run(capsys) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: object) -> tuple[int, str, str]:
        return (main(["export", *map(str, arguments)]), *capsys.readouterr())

    return call


def test_the_command(run, tiny, tmp_path):
    out = tmp_path / "tiny.onnx"
    code, said, complaint = run("--weights", "tiny", "--out", out)
    assert (code, complaint) == (0, "") and said.count("\n") == 1
    assert str(out) in said and "(B, H, W, 3) uint8 RGB" in said and "--weights" in said
    assert distance(OnnxRuntimeNetwork(out), tiny, pictures(1, 64, 64)) < 1e-4


def test_the_command_for_one_size(run, tmp_path):
    code, said, _ = run("--weights", "tiny", "--out", tmp_path / "tiny.onnx", "--size", 64, 96)
    assert code == 0 and "(1, 64, 96, 3)" in said and "--weights" not in said
    assert _sizes(tmp_path / "tiny.onnx")[0] == [1, 64, 96, 3]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--weights", "tony", "--out", "x.onnx"], "no network is called 'tony'"),
        (["--weights", "tiny", "--out", "x.pb"], "--out x.pb: wanted a name that ends in .onnx"),
        (["--weights", "tiny", "--out", "folder.onnx"], "--out folder.onnx: this is a folder"),
        (["--weights", "tiny", "--out", "no/x.onnx"], "--out no/x.onnx: there is no folder no"),
        (["--weights", "tiny", "--out", "x.onnx", "--size", "64", "90"], "multiples of 8"),
        (["--weights", "there.onnx", "--out", "x.onnx"], "there.onnx is an ONNX file"),
    ],
)
def test_mistakes_are_answered_in_one_line(run, tiny, tmp_path, monkeypatch, arguments, complaint):
    monkeypatch.chdir(tmp_path)
    Path("folder.onnx").mkdir()
    export_onnx(tiny, "there.onnx")
    code, said, answer = run(*arguments)
    assert (code, said) == (2, "") and answer.count("\n") == 1
    assert answer.startswith("paflib: error: ") and complaint in answer
    assert names(tmp_path) == ["folder.onnx", "there.onnx"]
