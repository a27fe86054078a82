"""Weights as PyTorch keeps them: state dicts in ``.pth`` files, safetensors, and fitting either into a module.

A ``.pth`` file is a pickle, which can run any code when it is opened. :func:`read_state_dict` lets PyTorch's restricted
reader open it, which knows tensors and plain containers and nothing else. A safetensors file holds numbers alone.
"""

from __future__ import annotations

import os
import pickle
import re
import secrets
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from paflib.errors import WeightsError

_Path = str | os.PathLike[str]


def read_state_dict(path: _Path) -> dict[str, Tensor]:
    """The tensors of a PyTorch file by name: a state dict, or a checkpoint that has one under ``state_dict``.

    The prefix ``module.``, which data-parallel training leaves before every name, is taken off. Whatever else a
    checkpoint holds, as an optimizer's state, is left.

    Raises:
        WeightsError: the file is missing, truncated, no PyTorch file, or holds objects that are no plain data, which
            are not even looked at: they could run code.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of pickles of another protocol, and then refuses or reads them
            content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise WeightsError(f"cannot read the weights file {path}: there is no such file") from None
    except pickle.UnpicklingError as error:
        # PyTorch's own message advises to switch the safety off.
        found = re.search(r"GLOBAL (\S+)", str(error))
        if found:
            raise WeightsError(f"{path} holds more than tensors ({found[1]}), which could run code: refused") from None
        raise WeightsError(f"{path} is not a PyTorch file of tensors, or is truncated") from None
    except Exception as error:  # bytes that are something else fail in many ways
        raise WeightsError(f"{path} is not a PyTorch file of tensors, or is truncated: {error}") from None
    return _state_of(content, path)


def _state_of(content: Any, path: _Path) -> dict[str, Tensor]:
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content:
        raise WeightsError(f"{path} holds a {type(content).__name__}, wanted a state dict: tensors by name")
    for name, tensor in content.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise WeightsError(f"{path}: {name!r} is a {type(tensor).__name__}, wanted a tensor: it is no state dict")
    wrapped = all(name.startswith("module.") for name in content)
    return {name.removeprefix("module.") if wrapped else name: tensor for name, tensor in content.items()}


def fit(network: nn.Module, tensors: Mapping[str, Tensor], path: _Path, name: Callable[[str], str] = str) -> nn.Module:
    """Give a network its weights: every tensor of the file used once, none missing, none left over.

    Args:
        network: its own values are not looked at, so that it can be built on the ``meta`` device.
        tensors: by their names in the file; any floating type becomes float32. A tensor with axes of length 1 in front
            (as old Caffe files write a bias) fits one without.
        path: of the file, for messages.
        name: a parameter's or buffer's name in the file, from its name in the network.

    Returns:
        The network, in evaluation mode and with gradients off.

    Raises:
        WeightsError: naming the first tensor that is missing, misshapen, no number, or has no place.
    """
    left, state = dict(tensors), {}
    for own, wanted in network.state_dict().items():
        file_name = name(own)
        if file_name not in left and own.endswith("num_batches_tracked"):  # PyTorch's count, which older files lack
            state[own] = torch.zeros((), dtype=torch.long)
            continue
        if file_name not in left:
            kind = type(network).__name__
            raise WeightsError(f"{path} has no tensor {file_name}: it is not a file of this {kind}")
        state[own] = _fitted(left.pop(file_name), wanted, f"{path}: tensor {file_name}")
    if left:
        some = ", ".join(sorted(left)[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
        raise WeightsError(f"{path} has tensors that {type(network).__name__} has no place for: {some}")
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False)


def _fitted(tensor: Tensor, wanted: Tensor, what: str) -> Tensor:
    if tensor.is_floating_point() != wanted.is_floating_point():
        raise WeightsError(f"{what} is {tensor.dtype}, wanted {wanted.dtype}")
    if tensor.shape != wanted.shape:
        if _without_leading_ones(tensor) != _without_leading_ones(wanted):
            raise WeightsError(f"{what} has shape {tuple(tensor.shape)}, wanted {tuple(wanted.shape)}")
        tensor = tensor.reshape(wanted.shape)
    tensor = tensor.to(wanted.dtype)
    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        raise WeightsError(f"{what} holds NaN or infinity: the file is damaged, or its training diverged")
    return tensor


def _without_leading_ones(tensor: Tensor) -> tuple[int, ...]:
    shape = tuple(tensor.shape)
    while shape and shape[0] == 1:
        shape = shape[1:]
    return shape


# ---- safetensors ---------------------------------------------------------------------------------------------------


def save_weights(
    path: _Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None, half: bool = False
) -> None:
    """Write tensors and a few lines of text about them to a safetensors file, which appears whole or not at all.

    Args:
        path: usually ending in ``.safetensors``.
        tensors: by name, on any device.
        metadata: text by name.
        half: write floating numbers as float16, at half the size; :func:`load_weights` gives float32 again.

    Raises:
        WeightsError: a number too large for float16, or the file cannot be written.
    """
    from safetensors.torch import save

    written = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    if half:
        written = {name: _halved(name, tensor) for name, tensor in written.items()}
    content = save(written, metadata={key: str(value) for key, value in (metadata or {}).items()})
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError as error:
        raise WeightsError(f"cannot write the weights file {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def load_weights(path: _Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors, floating ones as float32, and metadata of a safetensors file.

    Raises:
        WeightsError: the file is missing, truncated, or no safetensors file.
    """
    with _opened(path) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (it is no mapping)
        metadata = dict(file.metadata() or {})
    # A copy: the tensors above are windows on the file, which must not change under them.
    return {
        name: tensor.to(torch.float32 if tensor.is_floating_point() else tensor.dtype, copy=True)
        for name, tensor in tensors.items()
    }, metadata


def read_metadata(path: _Path) -> dict[str, str]:
    """The metadata alone of a safetensors file.

    Raises:
        WeightsError: the file is missing, truncated, or no safetensors file.
    """
    with _opened(path) as file:
        return dict(file.metadata() or {})


@contextmanager
def _opened(path: _Path) -> Iterator[Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(os.fspath(path), framework="pt") as file:
            yield file
    except FileNotFoundError:
        raise WeightsError(f"cannot read the weights file {path}: there is no such file") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"{path} is not a safetensors file, or is truncated: {error}") from None


def _halved(name: str, tensor: Tensor) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    half = tensor.half()
    if bool(torch.isinf(half).any()) and not bool(torch.isinf(tensor).any()):
        raise WeightsError(f"tensor {name} holds numbers above 65504, which float16 cannot: save it with half=False")
    return half
