"""What a network costs and how far it sees: parameters, multiply-adds, receptive field.

Nothing is computed: the module runs on tensors that have a shape and no numbers, and every operation that reaches
PyTorch is noted on the way. So any module can be measured, whatever it is made of, in a fraction of a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from paflib.errors import ShapeError


@dataclass(frozen=True)
class View:
    """Which pixels a cell depends on, along one axis: cell g on those from ``step * g + first`` to ``step * g + last``.

    ``first`` and ``last`` are pixels of the input; ``step`` is the stride that the map has there.
    """

    step: float = 1.0
    first: float = 0.0
    last: float = 0.0

    @property
    def size(self) -> int:
        """The receptive field in pixels."""
        return math.floor(self.last) - math.ceil(self.first) + 1

    def window(self, kernel: int, stride: int, pad: int, dilation: int = 1) -> View:
        """After an operation whose output cell g reads cells ``stride * g - pad + dilation * (0 .. kernel - 1)``."""
        first = self.first - self.step * pad
        last = self.last + self.step * (dilation * (kernel - 1) - pad)
        return View(self.step * stride, first, last)

    def enlarged(self, factor: float) -> View:
        """After bilinear interpolation to ``factor`` times as many cells, by the half-pixel rule.

        Output cell g lies at ``c = (g + 0.5) / factor - 0.5`` and reads the whole cells around c, which are less than
        one cell away; the farthest that any c is from them is ``1 - 1 / (2 * factor)`` for an even factor.
        """
        shift = self.step * (0.5 / factor - 0.5)
        reach = self.step * (1 - 0.5 / factor if factor % 2 == 0 else 1 - 1 / factor)
        return View(self.step / factor, self.first + shift - reach, self.last + shift + reach)

    def joined(self, other: View) -> View:
        """Where two maps of the same step meet, in a sum or side by side."""
        if not math.isclose(self.step, other.step):
            raise ShapeError(f"maps of strides {self.step} and {other.step} meet, which have no common cells")
        return View(self.step, min(self.first, other.first), max(self.last, other.last))


@dataclass(frozen=True)
class Measure:
    """What :func:`measure` finds.

    Args:
        parameters: how many numbers are learnt.
        macs: multiply-adds of all convolutions and linear layers for one image.
        size: (height, width) of that image.
        fields: the receptive field (height, width) in pixels of every stage's L and S, None where it predicts none.
    """

    parameters: int
    macs: int
    size: tuple[int, int]
    fields: tuple[tuple[tuple[int, int] | None, tuple[int, int] | None], ...]

    @property
    def gmacs(self) -> float:
        """Thousand million multiply-adds."""
        return self.macs / 1e9


def count_parameters(module: nn.Module) -> int:
    """How many numbers of a module are learnt, each shared one counted once."""
    return sum(parameter.numel() for parameter in module.parameters())


def measure(module: nn.Module, size: tuple[int, int] = (368, 656)) -> Measure:
    """Count parameters and multiply-adds of a network, and find its stages' receptive fields.

    The receptive field is that of a cell in the middle, as if the image had no end; biases, activations and
    normalisations are not counted as multiply-adds (FACTS 1.9 counts the same).

    Args:
        module: called with images (B, 3, H, W), gives a list of ``(L, S)``; its own weights and device do not matter.
        size: (height, width) of the image.

    Raises:
        ShapeError: the network does something to its maps that this module does not know.
    """
    image = torch.empty(1, 3, *size, device="meta")
    with Walk(image) as walk:
        stages = without_memory(module, image)
    fields = tuple((walk.receptive_field(L), walk.receptive_field(S)) for L, S in stages)
    return Measure(count_parameters(module), walk.macs, size, fields)


def without_memory(module: nn.Module, *inputs: Tensor) -> Any:
    """Call a module as if its weights were on the ``meta`` device, which has shapes and no numbers."""
    state = {name: tensor.detach().to("meta") for name, tensor in _state(module).items()}
    with torch.no_grad():
        return torch.func.functional_call(module, state, inputs)


def _state(module: nn.Module) -> dict[str, Tensor]:
    return dict(module.named_parameters()) | dict(module.named_buffers())


class Walk(TorchDispatchMode):
    """Notes every operation of PyTorch while it is active: its multiply-adds, and what its result sees of the image."""

    def __init__(self, image: Tensor) -> None:
        super().__init__()
        self.macs = 0
        # Keyed by id; the tensors are kept, so that no id is used again.
        self.views: dict[int, tuple[View, View]] = {id(image): (View(), View())}
        self.kept: list[Any] = [image]

    def receptive_field(self, maps: Tensor | None) -> tuple[int, int] | None:
        """(height, width) in pixels that a cell of these maps depends on."""
        if maps is None:
            return None
        y, x = self.views[id(maps)]
        return y.size, x.size

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one operation and note it."""
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        self._count(name, args, result)
        seen = [(tensor, self.views[id(tensor)]) for tensor in _tensors(args) if id(tensor) in self.views]
        outputs = [tensor for tensor in _tensors((result,)) if tensor.dim() == 4]
        if seen and outputs:
            views = self._views(name, args, seen, outputs[0])
            self.kept.append(result)
            for tensor in outputs:
                self.views[id(tensor)] = views
        return result

    def _count(self, name: str, args: Any, result: Any) -> None:
        if name == "convolution":
            weight, transposed = args[1], args[6]
            self.macs += (args[0] if transposed else result).numel() * weight.numel() // weight.shape[0]
        elif name in ("addmm", "mm"):
            self.macs += result.numel() * args[-2].shape[-1]

    def _views(self, name: str, args: Any, seen: list[tuple[Tensor, tuple[View, View]]], out: Tensor) -> tuple:
        """What one cell of the result depends on, along y and x."""
        source, (y, x) = seen[0]
        if name == "convolution" and not args[6]:
            weight, _, stride, pad, dilation = args[1:6]
            return tuple(
                view.window(weight.shape[axis - 2], stride[axis % len(stride)], pad[axis % len(pad)],
                            dilation[axis % len(dilation)])
                for axis, view in enumerate((y, x))
            )  # fmt: skip
        if name in _POOLS:
            kernel, stride, pad, dilation = _POOLS[name](args)
            return tuple(view.window(kernel[a], stride[a], pad[a], dilation[a]) for a, view in enumerate((y, x)))
        if name == "_adaptive_avg_pool2d":
            return tuple(_averaged(view, source.shape[a - 2], out.shape[a - 2]) for a, view in enumerate((y, x)))
        if name in ("upsample_bilinear2d", "upsample_nearest2d"):
            return tuple(_enlarged(name, v, source.shape[a - 2], out.shape[a - 2]) for a, v in enumerate((y, x)))
        if name == "constant_pad_nd":
            pads = [*list(args[1]), 0, 0]  # left, right, top, bottom
            return (y.window(1, 1, pads[2]), x.window(1, 1, pads[0]))
        if any(tensor.shape[-2:] != out.shape[-2:] for tensor, _ in seen):
            raise ShapeError(f"the network's operation {name} changes the size of a map, which is not understood here")
        for _, (other_y, other_x) in seen[1:]:
            y, x = y.joined(other_y), x.joined(other_x)
        return y, x


def _pair(value: Any, empty: Any = 1) -> tuple[int, int]:
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    return (values[0], values[-1]) if values else _pair(empty)


def _max_pool(args: Any) -> tuple:
    rest = [*args[2:], *([], 0, 1)[len(args[2:]) :]]
    return _pair(args[1]), _pair(rest[0], args[1]), _pair(rest[1], 0), _pair(rest[2])


def _avg_pool(args: Any) -> tuple:
    rest = [*args[2:4], *([], 0)[len(args[2:4]) :]]
    return _pair(args[1]), _pair(rest[0], args[1]), _pair(rest[1], 0), (1, 1)


_POOLS: dict[str, Callable[[Any], tuple]] = {"max_pool2d_with_indices": _max_pool, "avg_pool2d": _avg_pool}


def _averaged(view: View, before: int, after: int) -> View:
    if before % after:
        raise ShapeError(f"the network averages {before} cells to {after}, which is no whole number each")
    return view.window(before // after, before // after, 0)


def _enlarged(name: str, view: View, before: int, after: int) -> View:
    if after == before:
        return view
    if after < before or after % before:
        raise ShapeError(f"the network interpolates {before} cells to {after}, where a whole factor was expected")
    factor = after // before
    if name == "upsample_bilinear2d":
        return view.enlarged(factor)
    shift = view.step * (1 / factor - 1)  # the last of the new cells looks at the cell it lies in, behind it
    return View(view.step / factor, view.first + shift, view.last)


def _tensors(values: Any) -> list[Tensor]:
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += _tensors(value)
    return found
