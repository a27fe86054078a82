"""The protocol-buffer reader, on messages that these tests write byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paflib.errors import WeightsError
from paflib.model.weights import BYTES, VARINT, WireError, constants, numbers, read_frozen_graph, signed, wire_fields


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3 | 0) + varint(value)


def block(field: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def float32(field: int, value: float) -> bytes:
    return varint(field << 3 | 5) + struct.pack("<f", value)


def node(name: str, op: str, inputs: tuple[str, ...] = (), **attributes: bytes) -> bytes:
    message = block(1, name) + block(2, op) + b"".join(block(3, i) for i in inputs)
    for key, value in attributes.items():
        message += block(5, block(1, key) + block(2, value))
    return block(1, message)


def tensor(dtype: int, shape: tuple[int, ...], values: bytes) -> bytes:
    dims = b"".join(block(2, number(1, size)) for size in shape)
    return block(8, number(1, dtype) + block(2, dims) + values)


def constant(name: str, dtype: int, shape: tuple[int, ...], values: bytes) -> bytes:
    return node(name, "Const", value=tensor(dtype, shape, values), dtype=number(6, dtype))


WEIGHTS = np.arange(-6, 6, dtype=np.float32).reshape(1, 3, 2, 2) / 7
GRAPH = (
    node("image", "Placeholder", shape=block(7, block(2, number(1, -1)) + block(2, number(1, 3))))
    + constant("w", 1, WEIGHTS.shape, block(4, WEIGHTS.tobytes()))
    + node(
        "conv",
        "Conv2D",
        ("image", "w"),
        strides=block(1, block(3, b"".join(map(varint, (1, 2, 2, 1))))),
        dilations=block(1, number(3, 1) + number(3, 300)),
        padding=block(2, "SAME"),
        data_format=block(2, "NHWC"),
        epsilon=float32(4, 0.001),
        training=number(5, 1),
        T=number(6, 1),
    )
    + block(4, number(1, 21))  # the version field, which is no node
)


@pytest.fixture
def write(tmp_path: Path):
    def write(content: bytes) -> Path:
        path = tmp_path / "graph.pb"
        path.write_bytes(content)
        return path

    return write


def test_nodes_inputs_and_attributes(write):
    graph = read_frozen_graph(write(GRAPH))
    assert list(graph) == ["image", "w", "conv"]
    conv = graph["conv"]
    assert (conv.op, conv.inputs) == ("Conv2D", ("image", "w"))
    assert conv.attributes["strides"] == (1, 2, 2, 1)
    assert conv.attributes["dilations"] == (1, 300)
    assert conv.attributes["padding"] == "SAME"
    assert conv.attributes["data_format"] == "NHWC"
    assert conv.attributes["epsilon"] == pytest.approx(0.001)
    assert conv.attributes["training"] is True
    assert graph["image"].attributes["shape"] == (-1, 3)


def test_constants(write):
    found = constants(read_frozen_graph(write(GRAPH)))
    assert list(found) == ["w"]
    assert found["w"].dtype == np.float32
    np.testing.assert_array_equal(found["w"], WEIGHTS)


@pytest.mark.parametrize(
    ("dtype", "shape", "values", "want"),
    [
        (1, (2, 2), block(5, struct.pack("<4f", 1, 2, 3, -4)), np.array([[1, 2], [3, -4]], np.float32)),
        (1, (2,), float32(5, 1.5) + float32(5, 2.5), np.array([1.5, 2.5], np.float32)),
        (1, (2, 3), float32(5, 0.25), np.full((2, 3), 0.25, np.float32)),
        (2, (1,), block(6, struct.pack("<d", 1e-9)), np.array([1e-9])),
        (3, (), number(7, -7), np.array(-7, np.int32)),
        (3, (2,), block(7, varint(3) + varint(-1)), np.array([3, -1], np.int32)),
        (9, (2,), block(4, struct.pack("<2q", 1 << 40, -2)), np.array([1 << 40, -2])),
        (10, (2,), number(11, 1) + number(11, 0), np.array([True, False])),
        (19, (2,), block(4, np.array([0.5, -2], "<f2").tobytes()), np.array([0.5, -2], np.float16)),
        (1, (0, 3), b"", np.zeros((0, 3), np.float32)),
    ],
    ids=["packed", "one by one", "filled", "double", "scalar", "ints", "int64", "bool", "half", "empty"],
)
def test_every_way_a_tensor_is_written(write, dtype, shape, values, want):
    found = constants(read_frozen_graph(write(constant("c", dtype, shape, values))))["c"]
    assert found.dtype == want.dtype
    np.testing.assert_array_equal(found, want)


def test_a_cut_off_file_is_refused_or_has_fewer_nodes(write):
    """A cut between two nodes leaves a well-formed shorter graph; every other cut is noticed, and the file named."""
    refused = 0
    for length in range(len(GRAPH)):
        path = write(GRAPH[:length])
        try:
            nodes = read_frozen_graph(path)
        except WeightsError as error:
            assert str(path) in str(error)
            refused += 1
        else:
            assert len(nodes) < 3 or length >= len(GRAPH) - 4
    assert refused >= len(GRAPH) - 4  # all but the ends of the three nodes, and of the version field's key


@pytest.mark.parametrize(
    "content",
    [b"", b"hello, this is a text file\n", b"\x89PNG\r\n\x1a\n" + bytes(50), bytes(100), block(1, b""), b"\xff" * 40],
    ids=["empty", "text", "png", "zeros", "nameless", "ones"],
)
def test_something_else_is_refused_by_name(write, content):
    path = write(content)
    with pytest.raises(WeightsError, match="not a frozen TensorFlow graph") as caught:
        read_frozen_graph(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("values", [block(4, bytes(15)), block(4, bytes(12)), float32(5, 1) * 5, b""])
def test_a_tensor_with_the_wrong_number_of_values_is_refused(write, values):
    with pytest.raises(WeightsError, match=r"graph\.pb"):
        read_frozen_graph(write(constant("c", 1, (2, 2), values)))


def test_a_tensor_of_absurd_size_is_refused_before_it_is_made(write):
    with pytest.raises(WeightsError, match="shape"):
        read_frozen_graph(write(constant("c", 1, (1 << 20, 1 << 20), float32(5, 1))))


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path in (tmp_path / "nowhere.pb", tmp_path):
        with pytest.raises(WeightsError, match="cannot read the weights file") as caught:
            read_frozen_graph(path)
        assert str(path) in str(caught.value)


@settings(max_examples=300, deadline=None)
@given(start=st.integers(0, len(GRAPH) - 1), junk=st.binary(min_size=1, max_size=12))
def test_damaged_bytes_raise_nothing_but_weights_errors(tmp_path_factory, start, junk):
    path = tmp_path_factory.mktemp("damaged") / "graph.pb"
    path.write_bytes(GRAPH[:start] + junk + GRAPH[start + len(junk) :])
    try:
        read_frozen_graph(path)
    except WeightsError as error:
        assert str(path) in str(error)


def test_the_wire_reader_alone():
    """What another format (Caffe's NetParameter) needs: every wire type, packed and single numbers, negative ones."""
    message = number(1, -5) + block(5, struct.pack("<2f", 1, 2)) + float32(5, 3) + varint(9 << 3 | 1) + bytes(8)
    fields = list(wire_fields(memoryview(message)))
    assert [(field, wire) for field, wire, _ in fields] == [(1, VARINT), (5, BYTES), (5, 5), (9, 1)]
    assert signed(fields[0][2]) == -5
    floats = np.concatenate([numbers(wire, value, "<f4") for field, wire, value in fields if field == 5])
    assert floats.tolist() == [1, 2, 3]
    with pytest.raises(WireError, match="wire type 3"):
        list(wire_fields(memoryview(b"\x0b")))
