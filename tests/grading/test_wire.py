"""The pipe: values that come through as they were, and everything else that might come through it."""

import contextlib
import io
import json
import struct
import time
from collections import deque

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from paflib.grading.wire import (
    HASHED,
    HEAD,
    HEADER_LIMIT,
    ITEMS,
    MAGIC,
    SAME_HASH,
    LateError,
    UnsendableError,
    WireError,
    decode,
    encode,
    plain,
    read_frame,
    write_frame,
)


def there_and_back(value, limit=None):
    tree, parts = encode(value)
    stream = io.BytesIO()
    write_frame(stream, {"v": tree}, parts)
    stream.seek(0)
    frame = read_frame(stream, limit)
    assert frame is not None
    return decode(frame[0]["v"], frame[1])


def same(one, two):
    if isinstance(one, np.ndarray | np.generic):
        return type(one) is type(two) and one.dtype == two.dtype and np.array_equal(one, two, equal_nan=True)
    if isinstance(one, list | tuple):
        return type(one) is type(two) and len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    return type(one) is type(two) and (one == two or one != one)


NUMBERS = st.sampled_from(["?", "i1", "u1", "<i2", "<u4", "<i8", "<f2", "<f4", "<f8", "<c8", "<c16"]).flatmap(
    lambda name: arrays.arrays(name, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.complex_numbers(allow_nan=False) | NUMBERS
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.tuples(st.integers(), st.booleans()), inner, max_size=4)
        | st.sets(st.integers(), max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_plain_values_come_back_as_they_were(value):
    assert same(there_and_back(value), value)


@pytest.mark.parametrize("name", ["f4", "i8", "?"])
def test_numpy_numbers_keep_their_type(name):
    value = np.dtype(name).type(1)
    assert same(there_and_back(value), value)


def test_arrays_are_fresh_and_may_be_changed():
    array = np.arange(6.0).reshape(2, 3).T
    got = there_and_back(array)
    got[:] = 0
    assert array.sum() == 15


@pytest.mark.parametrize("array", [np.arange(3, dtype=">i4"), np.arange(3, dtype=np.longdouble), np.arange(8)[::3]])
def test_arrays_of_other_layouts_have_the_same_values(array):
    assert np.array_equal(there_and_back(array), array)


def test_a_tensor_argument_arrives_as_one_and_a_tensor_answer_as_an_array():
    got = there_and_back({"x": torch.tensor([1.0, 2.0], requires_grad=True)})
    assert torch.equal(got["x"], torch.tensor([1.0, 2.0]))
    for dtype in (torch.float64, torch.float32, torch.bfloat16, torch.int64, torch.bool):
        answer = plain([torch.ones(2, dtype=dtype)])
        assert isinstance(answer[0], np.ndarray)
        assert answer[0].tolist() == [1, 1]
    assert plain({"a": (range(3), torch.tensor(2))}) == {"a": ([0, 1, 2], 2)}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.array([[1], [1, 2]], dtype=object), "rows of different lengths"),
        (np.array(["a"]), "wanted numbers"),
        (object(), "a object: wanted arrays"),
        ((i for i in [1]), "a generator"),
        (b"bytes", "a bytes"),
        ({1: print}, "a builtin_function_or_method"),
    ],
)
def test_what_is_no_plain_value_is_refused_in_words(value, words):
    with pytest.raises(UnsendableError, match=words) as caught:
        encode(value)
    assert caught.value.diagnosis == "answer-type"


@pytest.mark.parametrize(
    ("value", "as_list"),
    [(zip([1, 2], [3, 4], strict=True), [(1, 3), (2, 4)]), ({"a": [1], "b": [2]}.values(), [[1], [2]]),
     (filter(None, [0, 5]), [5]), (deque([1, 2]), [1, 2]), ({3: 4}.items(), [(3, 4)]), (iter([zip([1])]), [[(1,)]]),
     (map(str, range(2)), ["0", "1"])],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_gives_one_item_after_the_other_is_a_list(value, as_list):
    assert there_and_back(plain(value)) == as_list


def test_sets_of_sets_come_back_and_large_ones_are_refused():
    """Numbers can be chosen whose hashes are one: a set of them is made by comparing each with all others."""
    groups = {frozenset({1, 2}), frozenset({frozenset({3}), (4, frozenset({5}))})}
    assert there_and_back(groups) == groups
    keys = {frozenset({1}): {2}}
    assert there_and_back(keys) == keys
    for large in (set(range(HASHED + 1)), dict.fromkeys(range(HASHED + 1))):
        with pytest.raises(UnsendableError, match=f"{HASHED + 1} items"):
            encode(large)
    halves = [{"s": list(range(HASHED // 2 + 1))}, {"d": [[k, 0] for k in range(HASHED // 2)]}]
    with pytest.raises(WireError, match="more than 10000 items"):
        decode(halves, b"")
    alike = [k * (2**61 - 1) for k in range(SAME_HASH + 1)]
    for value in (set(alike), dict.fromkeys(alike), frozenset(alike), {frozenset(alike)}):
        with pytest.raises(UnsendableError, match="more than 20 items of one hash"):
            encode(value)
    for tree in ({"s": alike}, {"d": [[k, 0] for k in alike]}, {"s": [{"s": alike}]}):
        with pytest.raises(WireError, match="more than 20 items of one hash"):
            decode(tree, b"")
    assert there_and_back(set(alike[:-1])) == set(alike[:-1])


def test_an_array_of_nothing_has_not_too_many_rows():
    assert there_and_back(np.zeros((0, 17, 3))).shape == (0, 17, 3)
    with pytest.raises(UnsendableError, match=r"shape \(1099511627776, 0\), with nothing in it"):
        encode(np.zeros((1 << 40, 0)))
    with pytest.raises(WireError, match="many rows with nothing"):
        decode({"a": ["<f8", [1 << 40, 0]]}, b"")


def test_a_header_of_more_items_than_a_reader_takes_is_neither_written_nor_parsed(monkeypatch):
    with pytest.raises(UnsendableError, match=f"lists of more than {ITEMS} items"):
        write_frame(io.BytesIO(), [0] * (ITEMS + 1))
    header = b"[" + b"0," * ITEMS + b"0]"
    monkeypatch.setattr(json, "loads", None)
    with pytest.raises(WireError, match=f"{ITEMS + 1} brackets and commas"):
        read_frame(io.BytesIO(HEAD.pack(MAGIC, len(header), 0) + header))


def test_reading_has_a_time_limit():
    tree, payload = encode([[1, 2], {3: 4}])[0], b""
    assert decode(tree, payload, until=time.monotonic() + 60) == [[1, 2], {3: 4}]
    with pytest.raises(LateError):
        decode(tree, payload, until=time.monotonic() - 1)


def test_every_text_is_sent_in_at_most_its_utf_8():
    """A cell of a million letters, whatever they are, fits into a request."""
    text = "\U0001f600\ud800\x00é" * 250_000
    stream = io.BytesIO()
    write_frame(stream, text)
    stream.seek(0)
    assert read_frame(stream)[0] == text


def test_nests_numbers_and_arrays_have_limits():
    nest = []
    nest.append(nest)
    with pytest.raises(UnsendableError, match="more than 40 deep"):
        encode(nest)
    with pytest.raises(UnsendableError, match="a whole number of 4000 bits"):
        encode(1 << 3999)
    huge = np.broadcast_to(np.float64(0), (1 << 40,))  # eight terabytes, that nobody may copy
    with pytest.raises(UnsendableError, match=r"shape \(1099511627776,\) and type float64.*at most 1.0 KiB") as caught:
        encode([huge], limit=1024)
    assert caught.value.diagnosis == "answer-size"
    with pytest.raises(UnsendableError, match=r"lists and texts of .* at most 8.0 MiB"):
        write_frame(io.BytesIO(), "x" * HEADER_LIMIT)


class Counting(io.BytesIO):
    """A stream that says how much was asked of it at once."""

    most = 0

    def read(self, size=-1):
        assert size is not None
        assert size >= 0
        self.most = max(self.most, size)
        return super().read(size)


@pytest.mark.parametrize(
    ("header", "payload", "limit"), [(HEADER_LIMIT + 1, 0, None), (2, 1 << 30, 1 << 20), ((1 << 32) - 1, 0, 10)]
)
def test_a_size_beyond_its_limit_is_refused_before_it_is_read(header, payload, limit):
    stream = Counting(HEAD.pack(MAGIC, header, payload) + b"{}")
    with pytest.raises(WireError, match="was announced"):
        read_frame(stream, limit)
    assert stream.most == HEAD.size


@pytest.mark.parametrize(
    "data",
    [
        b"PAF1",
        b"\xff" * 100,
        b"6.5 of 6.5 points\n",
        HEAD.pack(MAGIC, 10, 0) + b"{}",
        HEAD.pack(MAGIC, 2, 5) + b"{}123",
        HEAD.pack(MAGIC, 2, 0) + b"{]",
        HEAD.pack(MAGIC, 2, 0) + b"\xff\xff",
        HEAD.pack(MAGIC, 100_000, 0) + b"[" * 100_000,
        HEAD.pack(MAGIC, 5000, 0) + b"1" * 5000,
    ],
)
def test_what_is_no_frame_is_an_error_of_the_wire(data):
    with pytest.raises(WireError):
        read_frame(io.BytesIO(data))


def test_the_end_of_the_stream_is_none():
    assert read_frame(io.BytesIO()) is None


@pytest.mark.parametrize(
    ("tree", "payload"),
    [
        ({}, b""),
        ({"a": ["<f8", [2]]}, bytes(8)),
        ({"a": ["<f8", [1]]}, bytes(9)),
        ({"a": ["|O", [1]]}, bytes(8)),
        ({"a": ["<f8", [-1]]}, b""),
        ({"a": ["<f8", [True]]}, bytes(8)),
        ({"a": ["<f8", ["1"]]}, bytes(8)),
        ({"a": ["<f8", [0, 1 << 80]]}, b""),
        ({"a": ["<f8", [1] * 100]}, bytes(8)),
        ({"a": "<f8"}, b""),
        ({"d": [[[1], 2]]}, b""),
        ({"s": [[1]]}, b""),
        ({"c": ["x"]}, b""),
        ({"x": 1}, b""),
        ({"a": 1, "d": 2}, b""),
        ({"__reduce__": ["os.system", "true"]}, b""),
        (json.loads("[" * 45 + "]" * 45), b""),
    ],
)
def test_a_header_that_no_value_has_is_an_error_of_the_wire(tree, payload):
    with pytest.raises(WireError):
        decode(tree, payload)


@given(st.binary(max_size=60), st.binary(max_size=30))
def test_noise_is_an_error_of_the_wire_or_a_value(header, payload):
    data = struct.pack("!4sIQ", MAGIC, len(header), len(payload)) + header + payload
    with contextlib.suppress(WireError):
        frame = read_frame(io.BytesIO(data), 1 << 20)
        assert frame is not None
        decode(*frame)


@given(
    st.recursive(
        st.none() | st.integers(-3, 200) | st.sampled_from(["<f8", "|b1", "|O", "x"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("andtscT"), inner, max_size=2),
        max_leaves=8,
    )
)
def test_every_tree_is_an_error_of_the_wire_or_a_value(tree):
    with contextlib.suppress(WireError):
        decode(tree, bytes(16))


def test_a_forged_bool_is_zero_or_one():
    got = decode({"a": ["|b1", [3]]}, bytes([0, 1, 255]))
    assert got.view(np.uint8).tolist() == [0, 1, 1]
