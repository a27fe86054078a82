"""From images to candidates without leaving the GPU: one copy there, one copy back, and a recorded graph between.

When a shape of a batch comes for the second time, its way is recorded as two CUDA graphs: the colours, the network and
the averaging of looks; and peaks and line integrals. To replay them costs the CPU two calls, where to run them costs
several hundred. Peaks and line integrals are many small operations that leave most of a GPU idle, so they run on a
stream of their own, beside the network's next batch. A batch that comes for the first time, with fewer pictures than a
recorded one as the last of a video has, is filled up with copies of its last picture.
What comes back is small (:mod:`paflib.parser.on_device`), and the CPU makes people of it while the GPU is at the next
batch. The same code runs on a CPU without recording, which is how it is tested where there is no GPU.
"""

from __future__ import annotations

import contextlib
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from paflib.inference.averaging import Look, mirrored_grid, mirrored_limbs, readings
from paflib.inference.estimator import out_of_memory
from paflib.parser import on_device
from paflib.parser.options import ParserOptions
from paflib.skeleton import Skeleton

if TYPE_CHECKING:
    from paflib.inference.estimator import Network, Placement

MOST_SHAPES = 8
"""Shapes of which the graphs are kept; each holds the memory of all maps between the layers."""

MOST_SEEN = 1000
"""Shapes of batches that are remembered for having come before."""


@dataclass(eq=False)
class Place:
    """Where a batch comes from and goes to on the CPU, in memory that the device copies from and to by itself."""

    images: list[Tensor]
    rows: Tensor
    ready: Any


@dataclass(eq=False)
class Pending:
    """A batch on its way.

    Args:
        rows: (B, n) what :func:`paflib.parser.on_device.candidates` gives, on the CPU.
        capacity: of those rows.
        place: where the device writes them; None where they are there.
        free: the places that nobody needs, to which this one goes back when the rows were taken out.
    """

    rows: Tensor
    capacity: int
    place: Place | None = None
    free: list[Place] | None = None

    def wait(self) -> np.ndarray:
        """The rows (B, n), once the device has written them."""
        if self.place is not None:
            self.place.ready.synchronize()
            self.rows = self.rows.clone()
            if self.free is not None:
                self.free.append(self.place)
            self.place = None
        rows: np.ndarray = self.rows.numpy()
        return rows


class Runner:
    """A network and the parser's dense steps on one device, for batches of pictures that are placed alike.

    Args:
        network: on the device, called with uint8 tensors (B, H, W, 3) there.
        looks: how each picture is shown; their maps are averaged on the grid of the first, which is not mirrored.
        options: of the parser.
        device: of the network.
        graphs: whether to record and replay; by default on CUDA.
    """

    def __init__(
        self,
        network: Network,
        looks: Sequence[Look],
        options: ParserOptions,
        device: torch.device | str,
        graphs: bool | None = None,
    ) -> None:
        self.network, self.looks, self.options = network, tuple(looks), options
        self.device = torch.device(device)
        self.graphs = self.device.type == "cuda" if graphs is None else graphs
        self.capacity = on_device.FIRST_CAPACITY
        self._recorded: OrderedDict[Any, _Graph] = OrderedDict()
        self._seen: set[Any] = set()
        self._too_large: set[Any] = set()

    def submit(self, inputs: Sequence[np.ndarray], placements: Sequence[Placement]) -> Pending:
        """Start a batch, and return before it is done where the device works by itself.

        Args:
            inputs: for every look, the images (B, *padded, 3) uint8, mirrored where the look is.
            placements: for every look, how they lie there; all images are placed alike.

        Raises:
            RuntimeError: the device has no room for so many at a time, says :func:`out_of_memory`.
        """
        images = [torch.from_numpy(batch) for batch in inputs]
        with torch.inference_mode(), _on(self.device):
            graph = self._graph(images, placements) if self.graphs else None
            if graph is None:
                rows = self._run([batch.to(self.device) for batch in images], placements, self._matrices(placements))
                return Pending(rows.cpu(), self.capacity)
            place = graph.replay(images)
        return Pending(place.rows[: len(images[0])], self.capacity, place, graph.free)

    def _graph(self, images: Sequence[Tensor], placements: Sequence[Placement]) -> _Graph | None:
        """The graph for a batch, recorded now if such a batch came before; None where it is to run without.

        Raises:
            RuntimeError: there is no room to record it beside the graphs of other shapes.
        """
        # The layers are in the key because a graph knows them by their address alone; they are others once the network
        # was prepared anew.
        shape = (*((one.resized, one.padded) for one in placements), getattr(self.network, "_runs", None))
        key = (shape, len(images[0]))
        if key not in self._recorded and key not in self._seen:
            if len(self._seen) >= MOST_SEEN:
                self._seen.clear()
            self._seen.add(key)
            larger = [other for other in self._recorded if other[0] == shape and other[1] > key[1]]
            if not larger:
                return None
            key = min(larger, key=lambda other: int(other[1]))
        if key not in self._recorded:
            while len(self._recorded) >= MOST_SHAPES:
                torch.cuda.synchronize(self.device)  # it may still be at work
                self._seen.discard(self._recorded.popitem(last=False)[0])
            if key in self._too_large:
                return None
            matrices = self._matrices(placements)  # the graph knows them by their address: they must stay
            try:
                self._recorded[key] = _Graph(
                    lambda batch: self._averaged(batch, placements, matrices),
                    lambda S, L: self._rows(S, L, placements),
                    images, self.device,
                )  # fmt: skip
            except RuntimeError as error:
                if not out_of_memory(error) or self._recorded:  # these can be given up first
                    raise
                self._too_large.add(key)  # to record wants more room than to run
                return None
        self._recorded.move_to_end(key)
        return self._recorded[key]

    def widen(self) -> None:
        """Make room for twice as many candidates from now on, as far as that is worth it."""
        if 2 * self.capacity <= on_device.LAST_CAPACITY:
            self.capacity *= 2
            self.release()  # what was recorded has room for fewer

    def release(self) -> bool:
        """Give back the memory of the recorded graphs, once they are done; whether there were any."""
        held = bool(self._recorded)
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        self._recorded.clear()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        return held

    # ---- what is recorded

    def _run(
        self, images: Sequence[Tensor], placements: Sequence[Placement], matrices: Sequence[Sequence[Tensor]]
    ) -> Tensor:
        """Images on the device -> rows on the device, by operations whose shapes do not depend on what is seen."""
        return self._rows(*self._averaged(images, placements, matrices), placements)

    def _averaged(
        self, images: Sequence[Tensor], placements: Sequence[Placement], matrices: Sequence[Sequence[Tensor]]
    ) -> tuple[Tensor, Tensor]:
        """S (B, J, rows, columns) and L of a batch, the mean of all looks."""
        maps = [self._maps(batch, one, look) for batch, one, look in zip(images, placements, self.looks, strict=True)]
        S, L = maps[0]
        for (next_S, next_L), (left_S, right_S, left_L, right_L) in zip(maps[1:], matrices, strict=True):
            S, L = S + left_S @ next_S @ right_S, L + left_L @ next_L @ right_L
        if len(maps) > 1:
            S, L = S / len(maps), L / len(maps)
        return S.contiguous(), L.contiguous()

    def _rows(self, S: Tensor, L: Tensor, placements: Sequence[Placement]) -> Tensor:
        """Candidates and their pairs, a row for each picture."""
        entry = self.network.entry
        # In pixels of the picture, as on the CPU: a sample half way between two pixels must be rounded to the same one.
        S_grid, L_grid = (placements[0].in_source(grid) for grid in (entry.S_grid, entry.L_grid))
        return on_device.candidates(S, L, entry.skeleton, S_grid, L_grid, self.options, self.capacity)

    def _maps(self, images: Tensor, placement: Placement, look: Look) -> tuple[Tensor, Tensor]:
        """S (B, J, rows, columns) and L of one look, cut to what the picture covers, and turned back if mirrored."""
        entry = self.network.entry
        S, L = self.network(images)[-1]
        rows, columns = placement.cells(entry.S_grid)
        # A background that is no number makes the whole picture none, as on the CPU; all other numbers stay the same.
        S = (S[:, :-1, :rows, :columns] + 0 * S[:, -1:, :rows, :columns]).float()
        rows, columns = placement.cells(entry.L_grid)
        L = L[:, :, :, :rows, :columns].float()
        if look.mirrored:
            parts, limbs, sign = _mirror(entry.skeleton, self.device)
            S, L = S[:, parts].flip(-1), L[:, limbs].flip(-1) * sign
        return S, L

    def _matrices(self, placements: Sequence[Placement]) -> list[list[Tensor]]:
        """For every look after the first, what S and then L are multiplied by from the left and from the right."""
        entry, first = self.network.entry, placements[0]
        result = []
        for look, placement in zip(self.looks[1:], placements[1:], strict=True):
            matrices = []
            for own in (entry.S_grid, entry.L_grid):
                grid, cells = placement.in_source(own), placement.cells(own)
                if look.mirrored:
                    grid = mirrored_grid(grid, cells[1], placement.source[1])
                rows, columns = readings(grid, cells, first.in_source(own), first.cells(own))
                matrices += [torch.from_numpy(rows).to(self.device), torch.from_numpy(columns.T.copy()).to(self.device)]
            result.append(matrices)
        return result


def _on(device: torch.device) -> contextlib.AbstractContextManager:
    """Streams and graphs are those of the current device, which need not be this one."""
    return torch.cuda.device(device) if device.type == "cuda" else contextlib.nullcontext()


@cache
def _mirror(skeleton: Skeleton, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Which part and which limb is whose mirror image, and the signs (C, 2, 1, 1) of the fields."""
    parts, limbs, signs = (
        torch.from_numpy(np.array(each)).to(device) for each in (skeleton.flip, *mirrored_limbs(skeleton))
    )
    return parts, limbs, signs


def _pinned(like: Tensor) -> Tensor:
    return torch.empty(like.shape, dtype=like.dtype, pin_memory=True)


def _send(goal: Tensor, source: Tensor) -> None:
    """Have the device copy, in its own time; what is on the CPU is pinned."""
    goal.copy_(source, non_blocking=True)


def _tuned() -> contextlib.AbstractContextManager[None]:
    """cuDNN tries its ways and takes the quickest, unless it was told to be deterministic; all else as it was set."""
    cudnn = torch.backends.cudnn
    flags: contextlib.AbstractContextManager[None] = cudnn.flags(
        enabled=cudnn.enabled, benchmark=not cudnn.deterministic, deterministic=cudnn.deterministic,
        allow_tf32=cudnn.allow_tf32,
    )  # fmt: skip
    return flags


class _Graph:
    """The way from images to rows, recorded once for one shape.

    Args:
        maps: images on the device -> S and L.
        rows: S and L -> rows.
        images: a batch, on the CPU.
        device: where to run.
    """

    def __init__(
        self,
        maps: Callable[[Sequence[Tensor]], tuple[Tensor, Tensor]],
        rows: Callable[[Tensor, Tensor], Tensor],
        images: Sequence[Tensor],
        device: torch.device,
    ) -> None:
        self.device, self.maps_of, self.rows_of = device, maps, rows  # and with them what they hold
        self.images = [torch.empty_like(batch, device=device) for batch in images]
        for own, batch in zip(self.images, images, strict=True):
            own.copy_(batch)
        side, current = torch.cuda.Stream(device), torch.cuda.current_stream(device)
        side.wait_stream(current)
        # Libraries choose their ways, and small constants are copied, before the recording.
        with torch.cuda.stream(side), _tuned():
            for _ in range(2):
                self.made = maps(self.images)
                self.rows = rows(*self.made)
            # The network's own maps lie in memory that it uses for other things on its way.
            self.kept = [torch.empty_like(one) for one in self.made]
        current.wait_stream(side)
        self.beside = torch.cuda.Stream(device, priority=-1)  # small operations go before the network's large ones
        self.written, self.read = torch.cuda.Event(), torch.cuda.Event()
        self.graphs: tuple[torch.cuda.CUDAGraph, torch.cuda.CUDAGraph] | None = None
        try:
            network, decoding = torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()
            with _recording(network, side):
                self.made = maps(self.images)
            with _recording(decoding, side):
                self.rows = rows(*self.kept)
            self.graphs = network, decoding
        except RuntimeError as error:
            if out_of_memory(error):
                raise
            reason = str(error).splitlines()[0]
            warnings.warn(f"this network cannot be recorded as a CUDA graph and runs without: {reason}", stacklevel=2)
            torch.cuda.synchronize(device)
            self.rows = rows(*maps(self.images))
        self.free: list[Place] = []

    def replay(self, images: Sequence[Tensor]) -> Place:
        """Copy the images there, run, and copy the rows back, none of which is waited for.

        However many batches are on their way, each has a place of its own until its rows were taken out. Of fewer
        images than were recorded the last is repeated.
        """
        place = self.free.pop() if self.free else self._place()
        for own, batch, staged in zip(self.images, images, place.images, strict=True):
            staged[: len(batch)] = batch
            staged[len(batch) :] = batch[-1]
            _send(own, staged)
        current = torch.cuda.current_stream(self.device)
        if self.graphs is None:
            self.rows = self.rows_of(*self.maps_of(self.images))
            _send(place.rows, self.rows)
            place.ready.record(current)
            return place
        network, decoding = self.graphs
        network.replay()
        current.wait_event(self.read)  # the decoding of the batch before needs the maps no more
        for kept, made in zip(self.kept, self.made, strict=True):
            _send(kept, made)
        self.written.record(current)
        with torch.cuda.stream(self.beside):
            self.beside.wait_event(self.written)
            decoding.replay()
            self.read.record(self.beside)
            _send(place.rows, self.rows)
            place.ready.record(self.beside)
        return place

    def _place(self) -> Place:
        return Place([_pinned(batch) for batch in self.images], _pinned(self.rows), torch.cuda.Event())


@contextlib.contextmanager
def _recording(graph: torch.cuda.CUDAGraph, stream: torch.cuda.Stream) -> Iterator[None]:
    """Record what is asked for in the block.

    The graph's own stream would be one of the device that was recorded on first; the outer block leaves that stream
    even where the recording fails; and what other threads do with the device meanwhile is their business.
    """
    with (
        torch.cuda.stream(stream),
        _tuned(),
        torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"),
    ):
        yield
