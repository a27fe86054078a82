"""Read Caffe's binary model file, the form in which the papers' networks were released, without Caffe.

A ``.caffemodel`` is one protocol-buffer message, a ``NetParameter`` (caffe.proto): layers, each with a name and its
blobs. A convolution has two, weight and bias; a PReLU one, its slopes.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from paflib.errors import WeightsError
from paflib.model.weights import WireError, numbers, signed, wire_fields

ROLES = ("weight", "bias")
"""What a layer's first and second blob are called here; a third would be ``blob2``."""


def read_caffemodel(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The arrays of a Caffe model file, as ``"conv1_1.weight"`` and ``"conv1_1.bias"``, in the order of the file.

    A convolution's weight is (outputs, inputs, height, width), as in PyTorch. Layers with no blobs are passed over.
    Old files give every blob four axes: a bias of n is (1, 1, 1, n) there.

    Raises:
        WeightsError: the file is missing, truncated, or something else.
    """
    try:
        content = memoryview(Path(path).read_bytes())
    except OSError as error:
        raise WeightsError(f"cannot read the weights file {path}: {error.strerror or error}") from error
    found: dict[str, np.ndarray] = {}
    try:
        # NetParameter: layer = 100; in files from before 2014, layers = 2 of another message.
        for field, _, value in wire_fields(content):
            if field in (2, 100):
                for name, array in _layer(value, *((1, 7) if field == 100 else (4, 6))):
                    if name in found:
                        raise WireError(f"two layers have a tensor {name}")
                    found[name] = array
    except (ValueError, TypeError, LookupError) as error:  # bytes that are something else fail in many ways
        raise WeightsError(f"{path} is not a Caffe model file, or is truncated: {error}") from error
    if not found:
        raise WeightsError(f"{path} is not a Caffe model file, or is truncated: no layer in it has weights")
    return found


def _layer(message: memoryview, name_field: int, blobs_field: int) -> list[tuple[str, np.ndarray]]:
    """LayerParameter: name = 1, blobs = 7; V1LayerParameter: name = 4, blobs = 6."""
    name, blobs = "", []
    for field, _, value in wire_fields(message):
        if field == name_field:
            name = str(value, "utf-8")
        elif field == blobs_field:
            blobs.append(_blob(value, name))
    if blobs and not name:
        raise WireError("a layer with weights has no name")
    return [(f"{name}.{ROLES[k] if k < len(ROLES) else f'blob{k}'}", blob) for k, blob in enumerate(blobs)]


def _blob(message: memoryview, layer: str) -> np.ndarray:
    """BlobProto: shape = 7, data = 5, double_data = 8; older files have num, channels, height, width = 1 to 4."""
    shape: tuple[int, ...] | None = None
    old = [1, 1, 1, 1]
    values: list[np.ndarray] = []
    for field, wire, value in wire_fields(message):
        if field == 7:
            shape = _shape(value)
        elif field in (1, 2, 3, 4):
            old[field - 1] = signed(value)
        elif field in (5, 8):
            values.append(numbers(wire, value, "<f4" if field == 5 else "<f8"))
    shape = tuple(old) if shape is None else shape
    flat = np.concatenate(values) if values else np.empty(0, np.float32)
    if any(size < 0 for size in shape) or len(flat) != math.prod(shape):
        raise WireError(f"layer {layer}: a blob of shape {shape} holds {len(flat)} values")
    return flat.astype(np.float32, copy=False).reshape(shape)


def _shape(message: Any) -> tuple[int, ...]:
    """BlobShape: dim = 1."""
    return tuple(int(size) for f, wire, v in wire_fields(message) if f == 1 for size in numbers(wire, v, int))
