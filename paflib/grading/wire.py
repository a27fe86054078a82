"""What goes over the pipe between a submission and its grader: a JSON header and the raw bytes of arrays.

A frame is ``PAF1``, the length of the header (4 bytes), the length of the payload (8 bytes), the header in UTF-8, the
payload. In the header a value is itself (None, a bool, an int, a float, a text, a list) or a dict with one key, which
is its kind: ``t`` a tuple, ``d`` the pairs of a dict, ``s`` a set, ``c`` a complex number, ``a`` an array and ``n`` a
NumPy number ``[dtype, shape]`` whose bytes come next in the payload, ``T`` an array that becomes a torch tensor.

The reader trusts nothing: lengths are compared with their limits before a byte is read, dtypes are plain numbers, and
whatever does not fit is a :class:`WireError`. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import math
import struct
import sys
import time
from collections import Counter, deque
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Sequence, ValuesView
from typing import IO, Any

import numpy as np

HEAD = struct.Struct("!4sIQ")
MAGIC = b"PAF1"
HEADER_LIMIT = 8 << 20
ITEMS = 1_100_000  # brackets and commas of a header: each may become an object; a cell may be a million of them
DEPTH = 40  # of lists in lists
DIGITS = 300  # of a whole number: so many are a float as well, and are read in no time
HASHED = 10_000  # items of all sets and dictionaries of a message
SAME_HASH = 20  # of them in one set: each of these is compared with all others
EMPTY = 1 << 20  # rows, and rows of rows, of an array without elements
AXES = 64  # of an array, as NumPy has it; the product of many long sizes takes minutes
ONE_BY_ONE = (range, deque, Iterator, KeysView, ValuesView, ItemsView)
"""What gives its items one after the other, and is taken for a list of them."""
DTYPES = {
    np.dtype(name).str: np.dtype(name)
    for name in (
        "?", "i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16",
    )
}  # fmt: skip


class WireError(Exception):
    """What came over the pipe is no frame, or too large, or holds what is no value."""


class TornError(WireError):
    """The stream ended in the middle of a frame, as it does when the process that writes it ends."""


class LateError(WireError):
    """Reading a value took longer than there was time for."""


class UnsendableError(Exception):
    """A value cannot be sent: ``diagnosis`` is ``answer-type`` or ``answer-size``."""

    def __init__(self, diagnosis: str, message: str) -> None:
        super().__init__(message)
        self.diagnosis, self.message = diagnosis, message


# ---- frames --------------------------------------------------------------------------------------------------------


def write_frame(stream: IO[bytes], message: Any, arrays: Sequence[np.ndarray] = ()) -> None:
    """Write a frame; ``arrays`` are those that :func:`encode` put aside.

    Raises:
        UnsendableError: the header is larger than a reader takes.
    """
    header = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if len(header) > HEADER_LIMIT:
        raise UnsendableError(
            "answer-size", f"lists and texts of {_bytes(len(header))}, at most {_bytes(HEADER_LIMIT)} are taken"
        )
    if _items(header) > ITEMS:
        raise UnsendableError("answer-size", f"lists of more than {ITEMS} items, brackets counted")
    stream.write(HEAD.pack(MAGIC, len(header), sum(array.nbytes for array in arrays)))
    stream.write(header)
    for array in arrays:
        if array.size:
            stream.write(array.reshape(-1).view(np.uint8).data)
    stream.flush()


def read_frame(stream: IO[bytes], limit: int | None = None) -> tuple[Any, bytes] | None:
    """Read a frame: the header as JSON gave it, and the payload; None at the end of the stream.

    Raises:
        WireError: this is no frame, or its payload is larger than ``limit``.
    """
    head = stream.read(HEAD.size)
    if not head:
        return None
    if len(head) < HEAD.size:
        raise TornError("it ends in the middle of a message")
    magic, header_length, payload_length = HEAD.unpack(head)
    if magic != MAGIC:
        raise WireError("something else was written to it")
    if header_length > HEADER_LIMIT or (limit is not None and payload_length > limit):
        raise WireError(f"a message of {_bytes(header_length + payload_length)} was announced")
    header, payload = stream.read(header_length), stream.read(payload_length)
    if len(header) < header_length or len(payload) < payload_length:
        raise TornError("it ends in the middle of a message")
    if _items(header) > ITEMS:
        raise WireError(f"a message has {_items(header)} brackets and commas")
    try:
        return json.loads(header.decode("utf-8", "surrogatepass"), parse_int=_int), payload
    except (ValueError, RecursionError) as error:
        raise WireError(f"a message is no JSON: {error}") from None


def _items(header: bytes) -> int:
    """At least as many as the values in a header; texts may have more."""
    return sum(map(header.count, (b"[", b"{", b",")))


def _int(text: str) -> int:
    if len(text) > DIGITS:
        raise WireError(f"a number has {len(text)} digits")
    return int(text)


# ---- values to JSON ------------------------------------------------------------------------------------------------


def encode(value: Any, limit: int | None = None) -> tuple[Any, list[np.ndarray]]:
    """A value as JSON, and its arrays in the order in which they are sent.

    Raises:
        UnsendableError: it holds something that is no plain value, or its arrays are larger than ``limit`` bytes.
    """
    arrays: list[np.ndarray] = []
    tree = _encode(value, arrays, DEPTH)
    total = sum(array.nbytes for array in arrays)
    if limit is not None and total > limit:
        raise UnsendableError("answer-size", f"{_largest(arrays)}, {_bytes(total)} in all; at most {_bytes(limit)}")
    return tree, [np.ascontiguousarray(array) for array in arrays]


def _largest(arrays: Sequence[np.ndarray]) -> str:
    array = max(arrays, key=lambda each: each.nbytes)
    return f"an array of shape {array.shape} and type {array.dtype}"


def _encode(value: Any, arrays: list[np.ndarray], depth: int) -> Any:
    if depth == 0:
        raise UnsendableError("answer-type", f"lists within lists, more than {DEPTH} deep")
    if value is None or (isinstance(value, bool | str | float) and not isinstance(value, np.generic)):
        return value
    if isinstance(value, int):
        return _whole(int(value))
    if isinstance(value, np.ndarray | np.generic):
        return _array(value, "n" if isinstance(value, np.generic) else "a", arrays)
    if isinstance(value, complex):
        return {"c": [value.real, value.imag]}
    if isinstance(value, list):
        return [_encode(item, arrays, depth - 1) for item in value]
    if isinstance(value, set | frozenset | dict) and len(value) > HASHED:
        name = "dictionary" if isinstance(value, dict) else "set"
        raise UnsendableError("answer-size", f"a {name} of {len(value)} items, more than {HASHED}")
    if isinstance(value, set | frozenset | dict) and _crowded(value):
        raise UnsendableError("answer-type", f"a set or dictionary with more than {SAME_HASH} items of one hash")
    for kind, tag in ((tuple, "t"), (set, "s"), (frozenset, "s")):
        if isinstance(value, kind):
            return {tag: [_encode(item, arrays, depth - 1) for item in value]}
    if isinstance(value, dict):
        pairs = [[_encode(key, arrays, 3), _encode(item, arrays, depth - 1)] for key, item in value.items()]
        return {"d": pairs}
    if _is_tensor(value):
        return _array(_from_torch(value), "T", arrays)
    raise UnsendableError("answer-type", f"a {type(value).__name__}: wanted arrays, numbers, texts, lists of them")


def _crowded(keys: Iterable[Any]) -> bool:
    """Whether so many keys have one hash that making a set of them takes quadratic time."""
    return max(Counter(map(hash, keys)).values(), default=0) > SAME_HASH


def _whole(value: int) -> int:
    if value.bit_length() > DIGITS * math.log2(10) - 1:
        raise UnsendableError("answer-size", f"a whole number of {value.bit_length()} bits")
    return value


def _array(value: Any, tag: str, arrays: list[np.ndarray]) -> dict[str, Any]:
    array = np.asarray(value)
    if array.dtype == object:
        raise UnsendableError(
            "answer-type", "an array of Python objects (dtype object); are its rows of different lengths?"
        )
    if array.dtype.kind not in "biufc":
        raise UnsendableError("answer-type", f"an array of type {array.dtype}, wanted numbers")
    if _hollow(array.shape):
        raise UnsendableError("answer-size", f"an array of shape {array.shape}, with nothing in it")
    if array.dtype.newbyteorder("<").str not in DTYPES:  # a long double
        array = array.astype(complex if array.dtype.kind == "c" else float)
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    arrays.append(array)
    return {tag: [array.dtype.str, list(array.shape)]}


def _hollow(shape: Sequence[int]) -> bool:
    """Whether an array has no elements and so many rows that going through them takes long."""
    return 0 in shape and math.prod(max(size, 1) for size in shape) > EMPTY


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _from_torch(value: Any) -> np.ndarray:
    value = value.detach().cpu()
    return np.asarray(value.float() if value.dtype == sys.modules["torch"].bfloat16 else value)


def plain(value: Any, depth: int = DEPTH) -> Any:
    """What a student returned, with what is an array by another name, such as a tensor or a series, as an array.

    And with what gives its items one after the other, such as ``zip(...)`` or the values of a dictionary, as a list.
    """
    if isinstance(value, np.ndarray | np.generic | str | bytes) or depth == 0:
        return value
    if type(value) in (list, tuple):
        return type(value)(plain(item, depth - 1) for item in value)
    if type(value) is dict:
        return {key: plain(item, depth - 1) for key, item in value.items()}
    if _is_tensor(value):
        return _from_torch(value)
    if hasattr(value, "__array__"):
        return np.asarray(value)
    if isinstance(value, ONE_BY_ONE):
        return [plain(item, depth - 1) for item in value]
    return value


def extent(value: Any) -> int:
    """How many numbers and letters a value holds; what is empty counts as one.

    >>> extent([1, "two", {3: np.zeros((4, 5))}])
    25
    """
    if isinstance(value, np.ndarray | str):
        return max(value.size if isinstance(value, np.ndarray) else len(value), 1)
    if isinstance(value, dict):
        return max(sum(extent(key) + extent(item) for key, item in value.items()), 1)
    return max(sum(map(extent, value)), 1) if isinstance(value, list | tuple | set | frozenset) else 1


# ---- JSON to values ------------------------------------------------------------------------------------------------


def decode(tree: Any, payload: bytes, until: float = math.inf) -> Any:
    """The value of which :func:`encode` made ``tree`` and ``payload``; arrays are fresh and may be changed.

    Args:
        tree, payload: A header and what came with it.
        until: When it has to be done, by :func:`time.monotonic`.

    Raises:
        WireError: no value could have given them.
        LateError: it was not done in time.
        MemoryError: it does not fit into this process.
    """
    reader = _Reader(payload, until)
    try:
        value = reader.value(tree, DEPTH)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError) as error:
        raise WireError(f"a message holds no value: {error}") from None
    if reader.at != len(payload):
        raise WireError("a message is longer than its value")
    return value


class _Reader:
    def __init__(self, payload: bytes, until: float) -> None:
        self.payload, self.until, self.at, self.hashed = payload, until, 0, 0

    def value(self, tree: Any, depth: int, inside: bool = False) -> Any:
        """A value; ``inside`` a set or as a key, where a set has to be one that cannot change."""
        if depth == 0:
            raise WireError("a message is nested too deep")
        if not isinstance(tree, list | dict):
            return tree
        if time.monotonic() > self.until:
            raise LateError("a message takes too long to read")
        if isinstance(tree, list):
            return [self.value(item, depth - 1) for item in tree]
        ((tag, content),) = tree.items()
        if tag in ("a", "n", "T"):
            return self.array(tag, *content)
        if tag == "c":
            return complex(*content)
        if tag in ("d", "s"):  # numbers can be chosen that all have one hash, and every one is compared with all others
            self.hashed += len(content)
            if self.hashed > HASHED:
                raise WireError(f"a message holds more than {HASHED} items of sets and dictionaries")
        if tag == "d":
            pairs = [(self.value(key, 3, inside=True), self.value(item, depth - 1)) for key, item in content]
            _see_apart(key for key, _ in pairs)
            return dict(pairs)
        if tag == "t":
            return tuple(self.value(item, depth - 1, inside) for item in content)
        if tag == "s":
            items = [self.value(item, depth - 1, inside=True) for item in content]
            _see_apart(items)
            return (frozenset if inside else set)(items)
        raise WireError(f"a message holds a value of the unknown kind {str(tag)[:20]!r}")

    def array(self, tag: str, name: str, shape: list[int]) -> Any:
        dtype = DTYPES[name]
        if len(shape) > AXES or not all(type(size) is int and size >= 0 for size in shape):
            raise WireError("a message holds an array of no shape")
        if _hollow(shape):
            raise WireError("a message holds an array of many rows with nothing in them")
        start, count = self.at, math.prod(shape)
        self.at += count * dtype.itemsize
        if self.at > len(self.payload):
            raise WireError("a message holds an array without its contents")
        raw = np.frombuffer(self.payload, np.uint8, count * dtype.itemsize, start)
        # A bool that is neither 0 nor 1 must not enter: what NumPy does with it is not defined.
        flat = raw != 0 if dtype.kind == "b" else raw.view(dtype).copy()
        array = flat.reshape(shape)
        if tag == "n":
            return array[()]
        return _to_torch(array) if tag == "T" else array


def _see_apart(keys: Iterable[Any]) -> None:
    if _crowded(keys):
        raise WireError(f"a message holds a set or dictionary with more than {SAME_HASH} items of one hash")


def _to_torch(array: np.ndarray) -> Any:
    import torch

    return torch.from_numpy(array)


def _bytes(number: int) -> str:
    """A size in words.

    >>> _bytes(1_073_741_824), _bytes(64 << 20), _bytes(300)
    ('1.0 GiB', '64.0 MiB', '300 bytes')
    """
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if number >= unit:
            return f"{number / unit:.1f} {name}"
    return f"{number} bytes"
