"""What an ONNX file says of itself, read without ONNX: what goes in, what comes out, and the text beside the layers.

Whoever runs the file needs only that; the layers and their weights are for ONNX Runtime or OpenCV. An ONNX file is one
protocol-buffer message, a ``ModelProto`` (onnx.proto), which :func:`paflib.model.weights.wire_fields` can walk.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from paflib.errors import WeightsError
from paflib.model.weights import WireError, signed, wire_fields

DTYPES = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64"}
"""TensorProto's numbers of the types of elements that a network may take or give."""


@dataclass(frozen=True)
class Port:
    """An input or output of a network.

    Args:
        name: what it is called.
        dtype: of its elements, as NumPy calls it; empty where the file does not say.
        shape: a number for each axis that is fixed, None for each that is not; None alone where the file does not say.
    """

    name: str
    dtype: str = ""
    shape: tuple[int | None, ...] | None = None

    def __str__(self) -> str:
        axes = "?" if self.shape is None else ", ".join("?" if axis is None else str(axis) for axis in self.shape)
        return f"{self.name!r} {self.dtype or 'of no known type'} ({axes})"


@dataclass(frozen=True)
class OnnxFile:
    """What :func:`read_onnx` finds: inputs (weights are none), outputs, and text by name."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    metadata: dict[str, str]


def read_onnx(path: str | os.PathLike[str]) -> OnnxFile:
    """Read what goes into the network of an ONNX file, what comes out, and its metadata.

    Raises:
        WeightsError: the file is missing, truncated, or something else.
    """
    try:
        content = memoryview(Path(path).read_bytes())
    except OSError as error:
        raise WeightsError(f"cannot read the weights file {path}: {error.strerror or error}") from error
    graph, metadata = None, {}
    try:
        # ModelProto: graph = 7, metadata_props = 14.
        for field, _, value in wire_fields(content):
            if field == 7:
                graph = _ports(value)
            elif field == 14:
                key, text = _pair(value)
                metadata[key] = text
    except (ValueError, TypeError, LookupError) as error:  # bytes that are something else fail in many ways
        raise WeightsError(f"{path} is not an ONNX file, or is truncated: {error}") from error
    if graph is None or not all(graph):
        raise WeightsError(f"{path} is not an ONNX file, or is truncated: no network with an input and an output in it")
    return OnnxFile(*graph, metadata)


def _ports(message: memoryview) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    """GraphProto: initializer = 5, input = 11, output = 12; old files list the weights among the inputs, too."""
    weights: set[str] = set()
    inputs: list[Port] = []
    outputs: list[Port] = []
    for field, _, value in wire_fields(message):
        if field == 5:
            weights.add(_text(value, 8))  # TensorProto: name = 8
        elif field in (11, 12):
            (inputs if field == 11 else outputs).append(_port(value))
    return tuple(port for port in inputs if port.name not in weights), tuple(outputs)


def _port(message: memoryview) -> Port:
    """ValueInfoProto: name = 1, type = 2, and in that tensor_type = 1, and in that elem_type = 1, shape = 2."""
    dtype, shape = "", None
    for field, _, kind in wire_fields(message):
        for _, _, tensor in wire_fields(kind) if field == 2 else ():
            for number, _, value in wire_fields(tensor):
                if number == 1:
                    dtype = DTYPES.get(value, "")
                elif number == 2:
                    shape = _shape(value)
    return Port(_text(message, 1), dtype, shape)


def _shape(message: memoryview) -> tuple[int | None, ...]:
    """TensorShapeProto: dim = 1, each with dim_value = 1 where it is fixed, dim_param = 2 where it has but a name."""
    dims = [{number: value for number, _, value in wire_fields(dim)} for _, _, dim in wire_fields(message)]
    sizes = [signed(dim.get(1, 0)) for dim in dims]
    return tuple(size if size > 0 else None for size in sizes)


def _pair(message: memoryview) -> tuple[str, str]:
    """StringStringEntryProto: key = 1, value = 2."""
    return _text(message, 1), _text(message, 2)


def _text(message: memoryview, field: int) -> str:
    """A field of text; empty where there is none."""
    found = ""
    for number, wire, value in wire_fields(message):
        if number == field:
            if wire != 2:
                raise WireError(f"field {field} is a number, wanted text")
            found = str(value, "utf-8")
    return found
