"""Recording and replaying, with stand-ins for CUDA's streams, events and graphs where there is no GPU.

A stand-in graph does what a real one does, as far as Python sees it: it runs the same operations again on the same
tensors, whose values may have changed and whose addresses may not.
"""

from __future__ import annotations

import contextlib
from typing import ClassVar

import numpy as np
import pytest
import torch

from paflib import PoseEstimator
from paflib.errors import DataError
from paflib.inference import cuda
from paflib.inference.averaging import Look
from paflib.inference.cuda import Runner
from paflib.model import zoo
from paflib.parser import ParserOptions
from tests.inference.test_stream import Crowd, alike, estimator, picture


class Stream:
    def __init__(self, device=None):
        self.device = device

    def wait_stream(self, other):
        pass

    def synchronize(self):
        pass


class Event:
    """Says how often a batch's rows were waited for."""

    waited: ClassVar[int] = 0

    def synchronize(self):
        Event.waited += 1

    def record(self):
        pass


class Graph:
    replays: ClassVar[int] = 0

    def __init__(self):
        self.owner: cuda._Graph | None = None

    def replay(self):
        assert self.owner is not None
        Graph.replays += 1
        self.owner.rows.copy_(self.owner.function(self.owner.images))


@pytest.fixture
def stand_in(monkeypatch):
    """CUDA without CUDA."""
    start = cuda._Graph.__init__

    def init(self, *arguments):
        start(self, *arguments)
        if self.graph is not None:
            self.graph.owner = self

    for name, value in {
        "Stream": Stream, "Event": Event, "CUDAGraph": Graph, "current_stream": Stream,
        "stream": contextlib.nullcontext, "graph": lambda graph, stream: contextlib.nullcontext(),
    }.items():  # fmt: skip
        monkeypatch.setattr(torch.cuda, name, value)
    monkeypatch.setattr(cuda, "_pinned", torch.empty_like)
    monkeypatch.setattr(cuda._Graph, "__init__", init)
    Graph.replays = Event.waited = 0


def recording(network: Crowd | None = None, **options) -> PoseEstimator:
    one = estimator(network, on_device=True, **options)
    one._runner.graphs = True
    return one


@pytest.mark.parametrize("options", [{}, {"flip": True}, {"scales": (1, 0.7)}])
def test_replays_find_what_is_found_without(stand_in, options):
    """Five batches of one shape and one more: two graphs, and no batch gets another's rows."""
    images = [picture(n % 4) for n in range(11)]
    one = recording(**options)
    assert alike(list(one.stream(images, 2)), [estimator(**options)(image) for image in images])
    assert len(one._runner._recorded) == 2 and Graph.replays == 6


def test_batches_on_their_way_do_not_overwrite_each_other(stand_in):
    network = Crowd()
    one = recording(network)
    shown = [one._shown(picture(n)) for n in (1, 3)]
    pending = [one._runner.submit([s.inputs[0][None]], s.placements) for s in shown]
    assert pending[0].rows.data_ptr() != pending[1].rows.data_ptr()
    plain = [estimator(on_device=True)._runner.submit([s.inputs[0][None]], s.placements) for s in shown]
    for one_of, alone in zip(pending, plain, strict=True):
        np.testing.assert_array_equal(one_of.wait(), alone.wait())
    assert Event.waited >= 2 and not np.array_equal(pending[0].wait(), pending[1].wait())  # once each is enough


def test_streams_of_one_estimator_do_not_disturb_each_other(stand_in):
    """However many batches are on their way at a time: two streams in turn, and calls between."""
    images = [picture(n % 4) for n in range(12)]
    wanted = [len(estimator()(image)) for image in images]
    for batch in (1, 2):
        one, found = recording(), []
        for a, b in zip(one.stream(images, batch), one.stream(images[::-1], batch), strict=True):
            found.append((len(a), len(b)))
            assert len(one(picture(3))) == wanted[3] and len(one(picture(0))) == 0
        assert found == list(zip(wanted, wanted[::-1], strict=True))


def test_a_place_is_used_again_when_its_rows_were_taken_out(stand_in):
    one = recording()
    assert sum(map(len, one.stream([picture(1)] * 40, 2))) == 40
    (graph,) = one._runner._recorded.values()
    assert len(graph.free) == 2  # one batch on its way, one being read


def test_room_is_made_by_giving_up_the_graphs_of_other_shapes(stand_in):
    """An error only when nothing is left to give up."""

    class Full(Crowd):
        held = None

        def __call__(self, images):
            if len(self.held()) >= 3:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().__call__(images)

    network = Full()
    one = recording(network)
    network.held = lambda: one._runner._recorded
    for width in (256, 128, 320, 200):
        assert len(one(picture(2, (192, width)))) == len(estimator()(picture(2, (192, width))))
    assert 1 <= len(one._runner._recorded) < 3
    network.held = lambda: range(3)
    with pytest.raises(DataError, match="no room for one image"):
        one(picture(2, (192, 64)))


def test_a_picture_too_crowded_for_the_device_finds_no_room_either(stand_in):
    class Busy(Crowd):
        calls = 0

        def __call__(self, images):
            self.calls += 1
            if self.calls == 4:  # two to be recorded after, one while, then one to be read on the CPU
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().__call__(images)

    images = [picture(18)]
    assert alike(list(recording(Busy()).stream(images, 1)), [estimator()(images[0])])


def test_the_shapes_that_were_not_seen_for_the_longest_time_are_given_up(stand_in, monkeypatch):
    monkeypatch.setattr(cuda, "MOST_SHAPES", 2)
    one = recording()
    sizes = [(192, 256), (192, 128), (192, 256), (192, 320), (192, 256)]
    for size in sizes:
        assert len(one(picture(2, size))) == len(estimator()(picture(2, size)))
    assert [key[0][0] for key in one._runner._recorded] == [(368, 613), (368, 491)]


def test_more_candidates_than_there_is_room_for_are_found_and_recorded_anew(stand_in):
    images = [picture(18), picture(1), picture(18)]
    one = recording()
    assert alike(list(one.stream(images, 1)), [estimator()(image) for image in images])
    assert one._runner.capacity > 16 and len({key[-1] for key in one._runner._recorded}) == 2


def test_what_cannot_be_recorded_runs_without(stand_in, monkeypatch):
    @contextlib.contextmanager
    def failing(graph, stream):
        raise RuntimeError("operation not permitted when stream is capturing\nand more")
        yield

    monkeypatch.setattr(torch.cuda, "graph", failing)
    one = recording()
    with pytest.warns(
        UserWarning, match="cannot be recorded as a CUDA graph and runs without: operation not permitted"
    ):
        assert len(one(picture(2))) == 2
    assert len(one(picture(3))) == len(estimator()(picture(3)))


def test_a_recording_without_room_gets_smaller_batches(stand_in, monkeypatch):
    class Small(Crowd):
        def __call__(self, images):
            if len(images) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().__call__(images)

    one = recording(Small())
    with pytest.warns(UserWarning, match="going on with 2"):
        found = list(one.stream([picture(n % 3) for n in range(8)], 4))
    assert [len(people) for people in found] == [n % 3 for n in range(8)]


def test_the_runner_wants_the_network_on_its_device():
    network = zoo.load("tiny")
    runner = Runner(network, [Look()], ParserOptions(), "cpu")
    assert not runner.graphs and runner.device == torch.device("cpu")
    with pytest.raises(DataError, match="is for CUDA devices"):
        network.prepare("bfloat16")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("options", [{}, {"flip": True, "scales": (1, 0.7)}])
def test_on_a_gpu_the_same_people_are_found(options):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (192, 256, 3), np.uint8) for _ in range(20)]
    host = PoseEstimator.from_pretrained("tiny", device="cpu", **options)
    gpu = PoseEstimator.from_pretrained("tiny", device="cuda", precision="float32", **options)
    ours = list(gpu.stream(images, 8))
    assert sum(len(a) == len(b) for a, b in zip(ours, host.stream(images, 1), strict=True)) >= 18  # rounding
    assert "replayed as a graph" in gpu.about
