"""Networks from files that another runtime runs: what they take and give, and what is said of files that do not fit."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from paflib.errors import DataError, ShapeError, WeightsError
from paflib.fetching import fetch
from paflib.fields import Grid
from paflib.inference.backends import FileNetwork, OnnxRuntimeNetwork, OpenCVNetwork, choose_maps, load_file
from paflib.inference.estimator import PoseEstimator, load_network
from paflib.inference.export import export_onnx
from paflib.inference.images import load_image
from paflib.model.onnx_files import read_onnx
from paflib.model.released import kind_of
from paflib.model.zoo import ZOO, Entry, Network, Scaling, load
from paflib.people import People
from paflib.skeleton import COCO_18, Skeleton
from paflib.trainer.loop import _load_start
from tests.inference.exported import distance, make, pictures
from tests.model.test_saved_networks import DRUM

RUNTIMES = [OnnxRuntimeNetwork, OpenCVNetwork]


@pytest.fixture(scope="module")
def network() -> Network:
    return make("two-branch")


@pytest.fixture(scope="module")
def file(network, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "mine.onnx"
    export_onnx(network, path)
    return path


@pytest.fixture
def no_onnxruntime(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)


# ---- called as any network


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_shapes_and_types(file, runtime):
    outputs = runtime(file)(pictures(2, 64, 96))
    assert len(outputs) == runtime(file).entry.stages == 1
    S, L = outputs[0]
    assert tuple(S.shape) == (2, 4, 8, 12) and tuple(L.shape) == (2, 3, 2, 8, 12)
    assert S.dtype == L.dtype == torch.float32 and S.is_contiguous() and L.is_contiguous()


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_tensor_or_a_window_on_an_array_is_as_good_as_an_array(file, network, runtime):
    opened, images = runtime(file), pictures(2, 64, 96)
    window = np.concatenate([images, images], axis=2)[:, :, :96]
    assert not window.flags.c_contiguous
    for given in (torch.from_numpy(images), window):
        assert torch.equal(opened(given)[0][0], opened(images)[0][0])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_answer_stays_when_the_next_is_given(file, runtime):
    opened = runtime(file)
    S, L = opened(pictures(1, 64, 64))[0]
    before = S.clone(), L.clone()
    opened(255 - pictures(1, 64, 64))
    assert torch.equal(S, before[0]) and torch.equal(L, before[1])


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    ("images", "complaint"),
    [
        (np.zeros((1, 20, 16, 3), np.uint8), r"\(1, 20, 16, 3\).*multiples of 8"),
        (np.zeros((16, 16, 3), np.uint8), r"\(16, 16, 3\), wanted \(B, H, W, 3\)"),
        (np.zeros((1, 3, 16, 16), np.uint8), r"\(1, 3, 16, 16\), wanted \(B, H, W, 3\)"),
        (np.zeros((0, 64, 64, 3), np.uint8), r"\(0, 64, 64, 3\)"),
        (np.zeros((1, 64, 64, 3), np.float32), "float32, wanted uint8"),
        (torch.zeros((1, 64, 64, 3)), "float32, wanted uint8"),
    ],
)
def test_images_of_another_shape_or_type_are_refused(file, runtime, images, complaint):
    with pytest.raises(ShapeError, match=complaint):
        runtime(file)(images)


def test_small_pictures(file, network):
    """OpenCV's DNN reads beyond maps of one row or column, differently each time."""
    for shown in [(1, 8, 8), (2, 8, 64), (1, 64, 16), (3, 24, 32)]:
        # The maps of a small picture may vary too little for `distance`.
        (S, L), (wanted_S, wanted_L) = OnnxRuntimeNetwork(file)(pictures(*shown))[-1], network(pictures(*shown))[-1]
        assert torch.allclose(S, wanted_S, atol=1e-4) and torch.allclose(L, wanted_L, atol=1e-4)
        with pytest.raises(ShapeError, match="at least 32: OpenCV"):
            OpenCVNetwork(file)(pictures(*shown))
    assert distance(OpenCVNetwork(file), network, pictures(2, 32, 32)) < 1e-4


def test_threads(file, network):
    opened = OnnxRuntimeNetwork(file, threads=1)
    assert opened._session.get_session_options().intra_op_num_threads == 1
    assert distance(opened, network, pictures(1, 64, 96)) < 1e-4


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_there_is_nothing_to_prepare(file, runtime):
    opened = runtime(file)
    assert opened.prepare() is opened.prepare("float32") is opened
    assert opened.precision == "float32" and opened.device.type == "cpu"
    with pytest.raises(DataError, match=r"'float16'.*is run in float32"):
        opened.prepare("float16")


# ---- by name


def test_kind(file, tmp_path):
    assert kind_of(file) == "onnx"
    copy = tmp_path / "without-ending"
    copy.write_bytes(file.read_bytes())
    assert kind_of(copy) == "onnx"
    assert isinstance(load_network(copy), OnnxRuntimeNetwork)


def test_onnxruntime_is_taken_where_it_is_installed(file):
    assert isinstance(load_network(file), OnnxRuntimeNetwork)
    assert isinstance(load_network(str(file), "cpu"), OnnxRuntimeNetwork)
    with pytest.raises(DataError, match=r"mine\.onnx is an ONNX file, which is run on the CPU: leave out .* 'cuda:0'"):
        load_network(file, "cuda:0")
    assert isinstance(load_file(file), OnnxRuntimeNetwork)
    assert isinstance(load_file(file, "opencv"), OpenCVNetwork)


def test_without_onnxruntime_it_is_opencv(file, no_onnxruntime):
    assert isinstance(load_network(file), OpenCVNetwork)
    for call in (lambda: OnnxRuntimeNetwork(file), lambda: load_file(file, "onnxruntime")):
        with pytest.raises(DataError, match=r"pip install onnxruntime, or paflib\[onnx\]"):
            call()


def test_an_unknown_backend(file):
    with pytest.raises(DataError, match="'tensorrt', wanted one of auto, onnxruntime, opencv"):
        load_file(file, "tensorrt")


def test_an_estimator_of_a_file(network, file):
    image = pictures(1, 150, 200)[0]
    wanted = PoseEstimator(network).fields(image)
    estimators = {"ONNX Runtime": PoseEstimator.from_pretrained(file), "OpenCV": PoseEstimator(OpenCVNetwork(file))}
    for runtime, estimator in estimators.items():
        assert f"mine by {runtime} on the CPU in float32" in estimator.about
        assert estimator.height == 64
        fields = estimator.fields(image, stages=True)
        assert len(fields.stages) == 1 and fields.skeleton == DRUM and fields.image_size == (150, 200)
        assert fields.S_grid == wanted.S_grid and fields.L_grid == wanted.L_grid
        assert np.abs(fields.S - wanted.S).max() < 1e-4 and np.abs(fields.L - wanted.L).max() < 1e-4


def test_a_file_has_no_module(file, tmp_path):
    for call in (lambda: load(file), lambda: _load_start(file, None)):
        with pytest.raises(WeightsError, match=r"mine\.onnx is an ONNX file, which has none of PyTorch's layers"):
            call()
    with pytest.raises(WeightsError, match=r"mine\.onnx"):
        ZOO["tiny"].build(file)


# ---- what a file says of itself


@pytest.mark.parametrize("name", ["two-branch", "staged, fine maps"])
def test_inputs_and_outputs_are_read_as_onnx_reads_them(name, tmp_path):
    export_onnx(make(name), tmp_path / "x.onnx")
    found, model = read_onnx(tmp_path / "x.onnx"), onnx.load(tmp_path / "x.onnx")
    for ports, values in ((found.inputs, model.graph.input), (found.outputs, model.graph.output)):
        assert [port.name for port in ports] == [value.name for value in values]
        for port, value in zip(ports, values, strict=True):
            kind = value.type.tensor_type
            assert port.dtype == helper.tensor_dtype_to_np_dtype(kind.elem_type).name
            assert port.shape == tuple(dim.dim_value or None for dim in kind.shape.dim)
    assert found.metadata == {prop.key: prop.value for prop in model.metadata_props}


def test_weights_are_no_inputs(tmp_path):
    """In old files they stand among them."""
    model = onnx.load(foreign(tmp_path))
    for tensor in model.graph.initializer:
        model.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    onnx.save(model, tmp_path / "old.onnx")
    assert [port.name for port in read_onnx(tmp_path / "old.onnx").inputs] == ["input"]
    assert len(OnnxRuntimeNetwork(tmp_path / "old.onnx", ENTRY)(pictures(1, 64, 64))) == 1


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("part", [0, 1, 2, 100, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused_by_name(file, runtime, part, tmp_path):
    content = file.read_bytes()
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(content[: int(part * len(content)) if part < 1 and part else int(part)])
    for call in (runtime, load_network):
        with pytest.raises(WeightsError) as caught:
            call(cut)
        assert str(cut) in str(caught.value)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("content", [b"\x00" * 100, b"no network at all", b"\x08\x07\x12\x00", b"\x89PNG\r\n\x1a\n"])
def test_something_else_is_refused_by_name(runtime, content, tmp_path):
    other = tmp_path / "other.onnx"
    other.write_bytes(content)
    with pytest.raises(WeightsError, match=r"other\.onnx"):
        runtime(other)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_missing_file(runtime, tmp_path):
    with pytest.raises(WeightsError, match=r"none\.onnx: No such file"):
        runtime(tmp_path / "none.onnx")


def test_operations_that_opencv_does_not_know(file, tmp_path):
    """It knows PReLU, but wants its slopes to be weights."""
    weights = {"w": np.ones((10, 3, 8, 8), np.float32), "slope": np.ones((10, 1, 1), np.float32)}
    nodes = [
        helper.make_node("Conv", ["input", "w"], ["x"], strides=[8, 8]),
        helper.make_node("Identity", ["slope"], ["same"]),
        helper.make_node("PRelu", ["x", "same"], ["both"]),
    ]
    path = written(tmp_path / "x.onnx", nodes, weights, {"both": 10})
    assert len(OnnxRuntimeNetwork(path, ENTRY)(pictures(1, 64, 64))) == 1
    with pytest.raises(WeightsError, match=r"OpenCV .* cannot run .*x\.onnx \(.*unknown.*onnxruntime"):
        OpenCVNetwork(path, ENTRY)


# ---- files that somebody else wrote

ENTRY = Entry("theirs", DRUM, "two-branch", scaling=Scaling("bgr", 1 / 256, -0.5), S_grid=Grid(8), L_grid=Grid(8))


def written(
    path: Path,
    nodes: list,
    weights: dict[str, np.ndarray],
    outputs: dict[str, int],
    shape: tuple = ("B", 3, "H", "W"),
    kind: int = TensorProto.FLOAT,
) -> Path:
    graph = helper.make_graph(
        nodes,
        "theirs",
        [helper.make_tensor_value_info("input", kind, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ("B", n, "h", "w")) for name, n in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def foreign(folder: Path, stride: int = 8, **channels: int) -> Path:
    """A file with an output of so many channels for each name: layer by layer the means of what is in a cell."""
    channels = channels or {"heat": 4, "paf": 6}
    rng = np.random.default_rng(0)
    weights = {
        f"w_{name}": (rng.normal(size=(count, 3, 1, 1)) * np.full((1, 1, stride, stride), 1 / stride**2)).astype("f4")
        for name, count in channels.items()
    }
    nodes = [helper.make_node("Conv", ["input", f"w_{name}"], [name], strides=[stride, stride]) for name in channels]
    return written(folder / "theirs.onnx", nodes, weights, channels)


def means(path: Path, name: str, images: np.ndarray, stride: int = 8) -> np.ndarray:
    """What an output of :func:`foreign` is, by NumPy, for :data:`ENTRY`'s scaling: (B, channels, h, w)."""
    model = onnx.load(path)
    weight = next(numpy_helper.to_array(t) for t in model.graph.initializer if t.name == f"w_{name}")
    B, H, W, _ = images.shape
    x = images[..., ::-1].astype(np.float32) / 256 - 0.5
    cells = x.reshape(B, H // stride, stride, W // stride, stride, 3).mean(axis=(2, 4))
    result: np.ndarray = np.einsum("oc,bhwc->bohw", weight.sum(axis=(2, 3)), cells)
    return result


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_file_of_others_with_its_entry(runtime, tmp_path):
    path, images = foreign(tmp_path), pictures(2, 64, 96)
    ((S, L),) = runtime(path, ENTRY)(images)
    assert np.abs(S.numpy() - means(path, "heat", images)).max() < 1e-5
    assert np.abs(L.flatten(1, 2).numpy() - means(path, "paf", images)).max() < 1e-5
    assert load_file(path, entry=ENTRY).entry == replace(ENTRY, order=("LS",))


@pytest.mark.parametrize("backend", ["onnxruntime", "opencv"])
def test_an_estimator_of_a_file_of_others(backend, tmp_path, monkeypatch):
    path = foreign(tmp_path)
    one = PoseEstimator.from_pretrained(path, entry=ENTRY, backend=backend, height=64)
    assert type(one.network) is {"onnxruntime": OnnxRuntimeNetwork, "opencv": OpenCVNetwork}[backend]
    assert one.fields(pictures(1, 64, 96)[0]).skeleton == DRUM
    monkeypatch.setitem(ZOO, "theirs", ENTRY)
    assert load_network(path, entry="theirs").entry == replace(ENTRY, order=("LS",))
    with pytest.raises(DataError, match=r"entry is 'nobody', wanted .* one of .*tiny"):
        PoseEstimator.from_pretrained(path, entry="nobody")
    with pytest.raises(DataError, match="backend is 'tea'"):
        PoseEstimator.from_pretrained(path, entry=ENTRY, backend="tea")
    for options in ({"entry": ENTRY}, {"backend": backend}):
        with pytest.raises(DataError, match="tiny is no ONNX file"):
            PoseEstimator.from_pretrained("tiny", **options)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_last_of_several_stages_is_taken(runtime, tmp_path):
    path, images = foreign(tmp_path, a_heat=4, a_paf=6, b_paf=6, features=7, b_heat=4), pictures(1, 64, 64)
    ((S, L),) = runtime(path, ENTRY)(images)
    assert np.abs(S.numpy() - means(path, "b_heat", images)).max() < 1e-5
    assert np.abs(L.flatten(1, 2).numpy() - means(path, "b_paf", images)).max() < 1e-5


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_one_output_may_have_both(runtime, tmp_path):
    path, images = foreign(tmp_path, net_output=10), pictures(1, 64, 64)
    ((S, L),) = runtime(path, ENTRY)(images)
    wanted = means(path, "net_output", images)
    assert np.abs(S.numpy() - wanted[:, :4]).max() < 1e-5
    assert np.abs(L.flatten(1, 2).numpy() - wanted[:, 4:]).max() < 1e-5


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_channels_last(runtime, tmp_path):
    path, images = foreign(tmp_path), pictures(1, 64, 96)
    model = onnx.load(path)
    nodes = [helper.make_node("Transpose", ["input"], ["x"], perm=[0, 3, 1, 2]), *model.graph.node]
    for node in nodes[1:]:
        node.input[0] = "x"
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    last = written(tmp_path / "last.onnx", nodes, weights, {"heat": 4, "paf": 6}, ("B", "H", "W", 3))
    assert distance(runtime(last, ENTRY), runtime(path, ENTRY), images) < 1e-5


def test_half_precision(tmp_path):
    path, images = foreign(tmp_path), pictures(1, 64, 96)
    model = onnx.load(path)
    nodes = [*model.graph.node]
    weights = {tensor.name: numpy_helper.to_array(tensor).astype(np.float16) for tensor in model.graph.initializer}
    for node in list(nodes):
        name = node.output[0]
        node.output[0] = f"{name}_half"
        nodes.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    half = written(tmp_path / "half.onnx", nodes, weights, {"heat": 4, "paf": 6}, kind=TensorProto.FLOAT16)
    assert 0 < distance(OnnxRuntimeNetwork(half, ENTRY), OnnxRuntimeNetwork(path, ENTRY), images) < 1e-2


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_entry_takes_the_place_of_the_files_own(network, file, runtime):
    entry = replace(network.entry, name="another", L_grid=Grid(8, origin=0.0), pad=(9, 9, 9))
    opened = runtime(file, entry)
    assert opened.entry == replace(entry, order=("LS",))
    assert distance(opened, network, pictures(1, 64, 64)) < 1e-4


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_file_of_others_without_an_entry(runtime, tmp_path):
    for call in (runtime, load_network, load_file):
        with pytest.raises(WeightsError, match=r"theirs\.onnx does not say which network it is .*pass entry="):
            call(foreign(tmp_path))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_channels_of_another_skeleton(runtime, tmp_path):
    with pytest.raises(WeightsError) as caught:
        runtime(foreign(tmp_path), replace(ENTRY, skeleton=COCO_18))
    message = str(caught.value)
    assert "theirs.onnx has the outputs 'heat' (1, 4, 8, 8), 'paf' (1, 6, 8, 8)" in message
    assert "maps of 19 channels (parts and background) and fields of 38 (x and y of 19 limbs)" in message


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_another_stride(runtime, tmp_path):
    with pytest.raises(WeightsError, match=r"S has \(16, 16\) cells for a picture of \(64, 64\) pixels.*\(8, 8\)"):
        runtime(foreign(tmp_path, stride=4), ENTRY)
    entry = replace(ENTRY, S_grid=Grid(4), L_grid=Grid(8))
    with pytest.raises(WeightsError, match=r"L has \(16, 16\) cells .* L_grid of stride 8 it would have \(8, 8\)"):
        runtime(foreign(tmp_path, stride=4), entry)


def passing(shape: tuple, kind: int, folder: Path) -> Path:
    return written(folder / "x.onnx", [helper.make_node("Identity", ["input"], ["y"])], {}, {"y": 3}, shape, kind)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    ("shape", "kind", "complaint"),
    [
        (("B", 1, "H", "W"), TensorProto.FLOAT, r"'input' float32 \(\?, 1, \?, \?\), wanted one of pictures"),
        (("B", 3), TensorProto.FLOAT, r"'input' float32 \(\?, 3\), wanted one of pictures"),
        (("B", 3, "H", "W"), TensorProto.UINT8, r"'input' uint8 .*wanted floating numbers, or uint8 of shape"),
        (("B", 3, "H", "W"), TensorProto.INT64, r"'input' int64 .*wanted floating numbers"),
        ((1, 3, 100, 64), TensorProto.FLOAT, r"takes pictures of 100 x 64 pixels, no multiples of .* 8"),
    ],
)
def test_inputs_that_are_no_pictures(runtime, shape, kind, complaint, tmp_path):
    with pytest.raises(WeightsError, match=complaint):
        runtime(passing(shape, kind, tmp_path), ENTRY)


def test_two_inputs(tmp_path):
    model = onnx.load(foreign(tmp_path))
    model.graph.input.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, ("B", 1, "H", "W")))
    onnx.save(model, tmp_path / "two.onnx")
    with pytest.raises(WeightsError, match=r"the inputs 'input' .*, 'mask' .*, wanted one of pictures"):
        OnnxRuntimeNetwork(tmp_path / "two.onnx", ENTRY)


def test_a_file_of_another_format(file, tmp_path):
    model = onnx.load(file)
    for prop in model.metadata_props:
        if prop.key == "paflib":
            prop.value = "2"
    onnx.save(model, tmp_path / "new.onnx")
    with pytest.raises(WeightsError, match=r"new\.onnx is of format '2', this paflib reads 1"):
        load_network(tmp_path / "new.onnx")


PAIR = Skeleton("pair", ("a", "b", "c"), ((0, 1), (1, 2)))  # J + 1 = 2C = 4


def test_as_many_maps_as_fields():
    entry = replace(ENTRY, skeleton=PAIR)
    same = (1, 4, 8, 8)
    assert choose_maps({"L": same, "S": same}, entry, "x") == ("S", "L")
    assert choose_maps({"y": (1, 8, 8, 8)}, entry, "x") == ("y", "y")
    with pytest.raises(WeightsError, match="J \\+ 1 is 2C here, so that they have to be called 'S' and 'L'"):
        choose_maps({"heat": same, "paf": same}, entry, "x")


def test_fields_with_an_axis_for_x_and_y():
    assert choose_maps({"a": (1, 4, 8, 8), "b": (1, 3, 2, 8, 8)}, ENTRY, "x") == ("a", "b")


# ---- TensorFlow's graph of mobilenet-thin


@pytest.mark.slow
def test_the_graph_gives_all_six_stages():
    graph, thin = fetch("mobilenet-thin", progress=False), load("mobilenet-thin")
    opened = load_file(graph)
    assert isinstance(opened, OpenCVNetwork) and opened.entry == ZOO["mobilenet-thin"]
    photograph = load_image(fetch("astronaut", progress=False))
    images = np.stack([photograph[:160, k : 200 + k] for k in (0, 60)])
    found, wanted = opened(images), thin(images)
    assert len(found) == len(wanted) == 6
    for stage in range(6):
        assert distance(lambda _, k=stage: found[k : k + 1], lambda _, k=stage: wanted[k : k + 1], images) < 1e-4
    assert distance(lambda _: found[2:3], lambda _: wanted[5:6], images) > 1e-2


@pytest.mark.slow
def test_graphs_that_are_cut_or_another_networks(tmp_path):
    graph = fetch("mobilenet-thin", progress=False)
    cut = tmp_path / "cut.pb"
    cut.write_bytes(graph.read_bytes()[:100_000])
    with pytest.raises(WeightsError, match=r"cut\.pb is not a frozen TensorFlow graph, or is truncated"):
        OpenCVNetwork(cut)
    with pytest.raises(WeightsError, match=r"is not an ONNX file"):
        OnnxRuntimeNetwork(graph, ZOO["mobilenet-thin"])


def test_a_graph_of_another_network(tmp_path):
    node = b"\x0a\x05input\x12\x0bPlaceholder"  # NodeDef: name, op
    (tmp_path / "other.pb").write_bytes(b"\x0a" + bytes([len(node)]) + node)
    with pytest.raises(WeightsError, match=r"other\.pb has no layer Openpose/MConv_Stage1_L2_5_pointwise/Conv2D"):
        OpenCVNetwork(tmp_path / "other.pb")


# ---- the same people


@pytest.fixture(scope="module")
def thin(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "thin.onnx"
    export_onnx(load("mobilenet-thin"), path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("opened", [OnnxRuntimeNetwork, OpenCVNetwork, "graph"])
def test_the_same_people_on_photographs(thin, opened):
    other: FileNetwork = OpenCVNetwork(fetch("mobilenet-thin")) if opened == "graph" else opened(thin)
    astronaut = load_image(fetch("astronaut", progress=False))
    video = cv2.VideoCapture(str(fetch("pose2sim-cam01", progress=False)))
    video.set(cv2.CAP_PROP_POS_FRAMES, 40)
    frame = np.ascontiguousarray(video.read()[1][..., ::-1])
    for image, count in ((astronaut, 1), (frame, 3)):
        wanted = PoseEstimator.from_pretrained("mobilenet-thin", device="cpu")(image)
        assert len(wanted) >= count
        assert_same(PoseEstimator(other)(image), wanted)
    assert_same(PoseEstimator(other, flip=True)(astronaut), _flipped(astronaut))


def _flipped(image: np.ndarray) -> People:
    return PoseEstimator.from_pretrained("mobilenet-thin", device="cpu", flip=True)(image)


def assert_same(found: People, wanted: People) -> None:
    assert len(found) == len(wanted)
    assert (found.present == wanted.present).all()
    parts = wanted.present
    assert np.abs(found.keypoints - wanted.keypoints)[parts].max() < 0.01  # pixels, and scores
    assert found.scores is not None and wanted.scores is not None
    assert np.abs(found.scores - wanted.scores).max() < 1e-3
