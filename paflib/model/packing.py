"""A small network's weights as text, to be pasted into a notebook that has to run without training it again."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import torch
from torch import nn

from paflib.errors import DataError


def pack(network: nn.Module | None) -> str:
    """The weights of a network as one line of text, with half precision; empty for None.

    >>> one = nn.Linear(2, 1)
    >>> other = unpack(nn.Linear(2, 1), pack(one))
    >>> bool(torch.allclose(one.weight, other.weight, atol=1e-3))
    True
    """
    if network is None:
        return ""
    values = [tensor.detach().cpu().numpy().astype(np.float16).tobytes() for tensor in network.state_dict().values()]
    return base64.b85encode(zlib.compress(b"".join(values), 9)).decode("ascii")


def unpack(network: nn.Module, text: str) -> nn.Module:
    """Put the weights that :func:`pack` made a text of into a network of the same layers, and return it.

    Raises:
        DataError: the text is damaged, or belongs to a network of other layers.
    """
    state = network.state_dict()
    count = sum(tensor.numel() for tensor in state.values())
    try:
        unpacked = zlib.decompressobj().decompress(base64.b85decode("".join(text.split())), 2 * count + 1)
    except (ValueError, zlib.error) as error:
        raise DataError(f"this text holds no packed weights: {error}") from None
    if len(unpacked) != 2 * count:
        raise DataError(f"the text holds other weights than the network's {count}: were its layers changed since?")
    values, at = np.frombuffer(unpacked, np.float16), 0
    for tensor in state.values():
        part = values[at : at + tensor.numel()].astype(np.float32).reshape(tensor.shape)
        tensor.copy_(torch.from_numpy(part))
        at += tensor.numel()
    network.load_state_dict(state)
    return network
