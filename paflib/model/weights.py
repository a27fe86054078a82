"""Read trained weights without the framework that wrote them.

A frozen TensorFlow graph is one protocol-buffer message, and a protocol buffer is a list of fields: a key (field number
and wire type), then the value. :func:`wire_fields` reads that list and nothing else; :func:`read_frozen_graph` knows
which field numbers mean what in TensorFlow's ``GraphDef`` (its graph, node_def, attr_value and tensor ``.proto``).
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from paflib.errors import WeightsError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""The wire types of protocol buffers that are in use (3 and 4, groups, are not)."""

_DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 6: "i1", 9: "<i8", 10: "?", 19: "<f2"}
"""TensorFlow's ``DataType`` number -> NumPy type; strings (7) and the rarer kinds are not weights."""

_TYPED_VALUES = {5: "<f4", 6: "<f8", 7: int, 10: int, 11: int}
"""``TensorProto`` fields that hold values one by one: float_val, double_val, int_val, int64_val, bool_val."""


class WireError(ValueError):
    """The bytes are not a protocol buffer, or end too early."""


@dataclass(frozen=True)
class Node:
    """One operation of a graph: its name, kind, the names of what it reads, and its attributes.

    Attribute values are plain: int, float, bool, str, tuple, or an array for a ``Const`` node's ``value``.
    """

    name: str
    op: str
    inputs: tuple[str, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)


def read_frozen_graph(path: str | os.PathLike[str]) -> dict[str, Node]:
    """Read a frozen TensorFlow graph (``.pb``): its nodes by name, in the order of the file.

    Raises:
        WeightsError: the file is missing, truncated, or holds something else.
    """
    try:
        content = memoryview(Path(path).read_bytes())
    except OSError as error:
        raise WeightsError(f"cannot read the weights file {path}: {error.strerror or error}") from error
    try:
        nodes = [_node(value) for number, _, value in wire_fields(content) if number == 1]
    except (ValueError, TypeError, LookupError) as error:  # bytes that are something else fail in many ways
        raise WeightsError(f"{path} is not a frozen TensorFlow graph, or is truncated: {error}") from error
    if not nodes or not all(node.name and node.op for node in nodes):
        raise WeightsError(f"{path} is not a frozen TensorFlow graph: no named operations in it")
    return {node.name: node for node in nodes}


def constants(graph: dict[str, Node]) -> dict[str, np.ndarray]:
    """The arrays of the ``Const`` nodes of a graph, by node name."""
    return {name: node.attributes["value"] for name, node in graph.items() if node.op == "Const"}


def wire_fields(message: memoryview) -> Iterator[tuple[int, int, Any]]:
    """Walk the fields of one protocol-buffer message: ``(field number, wire type, value)``, in file order.

    The value of a varint is an int (unsigned, 64 bit; see :func:`signed`), every other value a view of its bytes:
    another message, a string, packed numbers, or the 4 or 8 bytes of one number. Nothing is copied.

    >>> [(number, bytes(value)) for number, _, value in wire_fields(memoryview(b"\\x0a\\x02hi"))]
    [(1, b'hi')]

    Raises:
        WireError: at the first field that runs past the end or has an unknown wire type.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _varint(message, at)
            yield number, wire, value
            continue
        if wire == BYTES:
            size, at = _varint(message, at)
        elif wire in (FIXED32, FIXED64):
            size = 4 if wire == FIXED32 else 8
        else:
            raise WireError(f"wire type {wire} of field {number} at byte {at}")
        if number == 0 or at + size > len(message):
            raise WireError(f"field {number} wants {size} bytes at byte {at}, but only {len(message) - at} are left")
        yield number, wire, message[at : at + size]
        at += size


def numbers(wire: int, value: Any, kind: Any) -> np.ndarray:
    """The numbers in one field of a repeated number, packed or not; ``kind`` is a NumPy type, or int for varints."""
    if wire == VARINT:
        return np.array([signed(value)])
    if kind is not int:
        return np.frombuffer(value, kind)
    found, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        found.append(signed(number))
    return np.array(found, dtype=np.int64)


def signed(varint: int) -> int:
    """A varint read as a two's-complement 64-bit number."""
    return varint - (1 << 64) if varint >> 63 else varint


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """The base-128 number at a position, low bits first, and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise WireError(f"a number is cut off at byte {at}")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << 64) - 1, at
    raise WireError(f"a number of more than 10 bytes before byte {at}")


def _text(value: Any) -> str:
    return str(value, "utf-8")


def _node(message: memoryview) -> Node:
    """NodeDef: name = 1, op = 2, input = 3, attr = 5 (a map)."""
    name = op = ""
    inputs: list[str] = []
    attributes: dict[str, Any] = {}
    for number, _, value in wire_fields(message):
        if number == 1:
            name = _text(value)
        elif number == 2:
            op = _text(value)
        elif number == 3:
            inputs.append(_text(value))
        elif number == 5:
            entry = {key_or_value: content for key_or_value, _, content in wire_fields(value)}
            attributes[_text(entry[1])] = _attribute(entry[2])
    return Node(name, op, tuple(inputs), attributes)


def _attribute(message: memoryview) -> Any:
    """AttrValue: one of list = 1, s = 2, i = 3, f = 4, b = 5, type = 6, shape = 7, tensor = 8."""
    for number, wire, value in wire_fields(message):
        if number == 1:
            return tuple(item for field in wire_fields(value) for item in _list_items(*field))
        if number == 8:
            return _tensor(value)
        if number == 7:
            return _shape(value)
        return _list_items(number, wire, value)[0]
    return None


def _list_items(number: int, wire: int, value: Any) -> list[Any]:
    """One field of AttrValue, or of its ListValue, whose numbers agree: s = 2, i = 3, f = 4, b = 5, type = 6."""
    if number == 2:
        return [str(value, "utf-8", "replace")]
    if number == 5:
        return [bool(item) for item in numbers(wire, value, int)]
    if number in (3, 4, 6):
        return list(numbers(wire, value, "<f4" if number == 4 else int).tolist())
    return [bytes(value)]


def _shape(message: memoryview) -> tuple[int, ...]:
    """TensorShapeProto: dim = 2, each with size = 1."""
    dims = [value for number, _, value in wire_fields(message) if number == 2]
    return tuple(signed(next((size for number, _, size in wire_fields(dim) if number == 1), 0)) for dim in dims)


def _tensor(message: memoryview) -> np.ndarray:
    """TensorProto: dtype = 1, shape = 2, tensor_content = 4, or values one by one, the last of which fills the rest."""
    kind, content = 0, None
    shape: tuple[int, ...] = ()
    values: list[np.ndarray] = []
    for number, wire, value in wire_fields(message):
        if number == 1:
            kind = value
        elif number == 2:
            shape = _shape(value)
        elif number == 4:
            content = value
        elif number in _TYPED_VALUES:
            values.append(numbers(wire, value, _TYPED_VALUES[number]))
    if kind not in _DTYPES:
        return np.empty(0)  # strings and the like: no weights
    size = math.prod(shape)
    if size > 1 << 31:
        raise WireError(f"a tensor of shape {shape}")
    flat = np.frombuffer(content, _DTYPES[kind]) if content is not None else np.concatenate([*values, np.empty(0)])
    if content is None and 0 < len(flat) < size:
        flat = np.concatenate([flat, np.full(size - len(flat), flat[-1])])
    if len(flat) != size:
        raise WireError(f"a tensor of shape {shape} holds {len(flat)} values")
    return flat.astype(_DTYPES[kind], copy=False).reshape(shape)
