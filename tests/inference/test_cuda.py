"""Recording and replaying, with stand-ins for CUDA's streams, events and graphs where there is no GPU.

A stand-in graph does what a real one does, as far as Python sees it: it runs the same operations again on the same
tensors, whose values may have changed and whose addresses may not. And streams do what they are asked for as late as a
device may, when an event is waited for; or one does it at once and the others as late as may be, which shows where one
must wait for another.
"""

from __future__ import annotations

import contextlib
import warnings
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
from paflib.parser import ParserOptions, on_device
from tests.inference.test_stream import Crowd, alike, estimator, picture


class Stream:
    """What it was asked for and has not done: functions, and marks of events."""

    eager: ClassVar[bool] = False  # whether the first stream does at once what it is asked for
    every: ClassVar[list[Stream]] = []
    current: ClassVar[Stream]

    def __init__(self, device=None, priority=0):
        self.queue: list[object] = []
        Stream.every.append(self)

    def ask(self, task):
        self.queue.append(task)
        if Stream.eager and self is Stream.every[0]:
            self.work_off()

    def work_off(self, until=None):
        while self.queue and (until is None or until in self.queue):
            task = self.queue.pop(0)
            if callable(task):
                with torch.inference_mode():
                    task()

    def wait_event(self, event):
        stream, mark = event.stream, event.mark
        self.ask(lambda: stream.work_off(mark) if stream else None)

    def wait_stream(self, other):
        self.ask(lambda: other.work_off())


def all_done(device=None):
    for stream in Stream.every:
        stream.work_off()


@contextlib.contextmanager
def on(stream):
    before, Stream.current = Stream.current, stream
    yield
    Stream.current = before


class Event:
    """Says how often a batch's rows were waited for."""

    waited: ClassVar[int] = 0

    def __init__(self):
        self.stream: Stream | None = None
        self.mark: object = None

    def synchronize(self):
        Event.waited += 1
        self.stream.work_off(self.mark)

    def record(self, stream=None):
        self.stream, self.mark = stream or Stream.current, object()
        self.stream.queue.append(self.mark)
        if Stream.eager and self.stream is Stream.every[0]:
            self.stream.work_off()


class Graph:
    replays: ClassVar[int] = 0
    replaying: ClassVar[bool] = False

    def __init__(self):
        self.goals, self.run = [], lambda: []

    def replay(self):
        Graph.replays += 1
        Stream.current.ask(self.work)

    def work(self):
        Graph.replaying = True
        for goal, result in zip(self.goals, self.run(), strict=True):
            goal.copy_(result)
        Graph.replaying = False


def garbage(like: torch.Tensor) -> torch.Tensor:
    """Memory of its own that holds what no picture and no row does."""
    return torch.full_like(like, 255 if like.dtype == torch.uint8 else float("nan"))


@pytest.fixture(params=["late", "one at once"])
def stand_in(monkeypatch, request):
    """CUDA without CUDA."""
    start = cuda._Graph.__init__

    def init(self, *arguments):
        start(self, *arguments)
        if self.graphs:
            network, decoding = self.graphs
            network.goals, network.run = self.made, lambda: self.maps_of(self.images)
            decoding.goals, decoding.run = [self.rows], lambda: [self.rows_of(*self.kept)]
        else:  # what runs without a graph waits its turn as well
            maps_of, self.maps_of = self.maps_of, lambda images: all_done() or maps_of(images)

    for name, value in {
        "Stream": Stream, "Event": Event, "CUDAGraph": Graph, "current_stream": lambda device=None: Stream.current,
        "synchronize": all_done, "stream": on,
        "graph": lambda graph, stream, capture_error_mode: contextlib.nullcontext(),
    }.items():  # fmt: skip
        monkeypatch.setattr(torch.cuda, name, value)
    monkeypatch.setattr(cuda, "_pinned", garbage)
    monkeypatch.setattr(cuda, "_send", lambda goal, source: Stream.current.ask(lambda: goal.copy_(source)))
    monkeypatch.setattr(cuda._Graph, "__init__", init)
    Stream.every, Stream.eager = [], request.param == "one at once"
    Stream.current = Stream()
    Graph.replays = Event.waited = 0


def recording(network: Crowd | None = None, **options) -> PoseEstimator:
    one = estimator(network, on_device=True, **options)
    one._runner.graphs = True
    return one


@pytest.mark.parametrize("options", [{}, {"flip": True}, {"scales": (1, 0.7)}])
def test_replays_find_what_is_found_without(stand_in, options):
    """Five batches of one shape and a smaller one: the first runs, the second is recorded and used for all others."""
    images = [picture(n % 4) for n in range(11)]
    one = recording(**options)
    assert alike(list(one.stream(images, 2)), [estimator(**options)(image) for image in images])
    assert len(one._runner._recorded) == 1 and Graph.replays == 2 * 5


def test_a_smaller_batch_is_filled_up_once_and_recorded_when_it_comes_again(stand_in):
    """Smaller graphs are no use, and of larger ones the smallest is taken."""
    one = recording()
    after = ((2, []), (2, [2]), (4, [2]), (4, [2, 4]), (3, [2, 4]), (1, [2, 4]), (3, [2, 3, 4]), (5, [2, 3, 4]))
    for n, recorded in after:
        images = [picture(k % 3) for k in range(n)]
        assert [len(people) for people in one.stream(images, 8)] == [k % 3 for k in range(n)]
        assert sorted(key[1] for key in one._runner._recorded) == recorded
    assert Graph.replays == 2 * 5


def test_a_shape_that_comes_once_is_not_recorded(stand_in, monkeypatch):
    monkeypatch.setattr(cuda, "MOST_SEEN", 3)
    one = recording()
    for width in (256, 128, 320, 200, 256, 256):  # the first is forgotten meanwhile
        assert len(one._runner._recorded) == 0
        one(picture(2, (192, width)))
    assert len(one._runner._recorded) == 1


def test_the_network_is_at_one_batch_while_the_people_of_the_one_before_are_put_together(stand_in, monkeypatch):
    one, done = recording(), []
    submit, wait = cuda.Runner.submit, cuda.Pending.wait
    monkeypatch.setattr(cuda.Runner, "submit", lambda *given: (done.append("submit"), submit(*given))[1])
    monkeypatch.setattr(cuda.Pending, "wait", lambda pending: (done.append("wait"), wait(pending))[1])
    list(one.stream([picture(1)] * 8, 2))
    assert done == ["submit", *["submit", "wait"] * 3, "wait"]
    done.clear()
    list(one.stream([picture(1)] * 3, 1))  # nobody waits for the next
    assert done == ["submit", "wait"] * 3


def test_batches_on_their_way_do_not_overwrite_each_other(stand_in):
    network = Crowd()
    one = recording(network)
    shown = [one._shown(picture(n)) for n in (1, 3)]
    one(picture(0)), one(picture(0))
    Event.waited = 0
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
            if len(self.held()) >= 2 and not Graph.replaying:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().__call__(images)

    network = Full()
    one = recording(network)
    network.held = lambda: one._runner._recorded
    for width in (256, 256, 128, 128, 320, 320, 200):
        assert len(one(picture(2, (192, width)))) == len(estimator()(picture(2, (192, width))))
    assert [key[0][0][0] for key in one._runner._recorded] == [(368, 613)]
    network.held = lambda: range(2)
    with pytest.raises(DataError, match="no room for one image"):
        one(picture(2, (192, 64)))


def test_a_picture_too_crowded_for_the_device_finds_no_room_either(stand_in, monkeypatch):
    class Busy(Crowd):
        calls = 0

        def __call__(self, images):
            self.calls += 1
            if self.calls == 7:  # one and one to be read on the CPU, three to be recorded, one replay
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().__call__(images)

    monkeypatch.setattr(on_device, "LAST_CAPACITY", 16)
    network = Busy()
    one = recording(network)
    assert alike(list(one.stream([picture(18)] * 2, 1)), [estimator()(picture(18))] * 2)
    assert network.calls == 8 and not one._runner._recorded


def test_the_shapes_that_were_not_seen_for_the_longest_time_are_given_up(stand_in, monkeypatch):
    monkeypatch.setattr(cuda, "MOST_SHAPES", 2)
    one = recording()
    sizes = [(192, 256), (192, 128), (192, 256), (192, 128), (192, 256), (192, 320), (192, 320)]
    for size in sizes:
        assert len(one(picture(2, size))) == len(estimator()(picture(2, size)))
    assert [key[0][0][0] for key in one._runner._recorded] == [(368, 491), (368, 613)]
    one(picture(2, (192, 128)))  # has to come twice again
    assert [key[0][0][0] for key in one._runner._recorded] == [(368, 491), (368, 613)]


def test_memory_is_given_back_only_when_the_device_is_done_with_it(stand_in, monkeypatch):
    """Whether graphs are given up for others, for room, or for rows with more room."""
    monkeypatch.setattr(cuda, "MOST_SHAPES", 1)
    one = recording()
    for width in (256, 256):
        one(picture(2, (192, width)))
    late = one._runner.submit([one._shown(picture(2)).inputs[0][None]], one._shown(picture(2)).placements)
    assert Stream.eager or any(stream.queue for stream in Stream.every)
    for width in (128, 128):
        list(one.stream([picture(2, (192, width))], 1))
    assert late.rows.isfinite().any()  # written when the graph was given up, and not by being waited for


def test_more_candidates_than_there_is_room_for_are_found_and_recorded_anew(stand_in):
    images = [picture(1), picture(1), picture(18), picture(1), picture(18)]
    one = recording()
    assert alike(list(one.stream(images, 1)), [estimator()(image) for image in images])
    (graph,) = one._runner._recorded.values()
    assert one._runner.capacity == 32 and graph.rows.shape[1] > 19 * 32 * 32


def test_a_network_that_was_prepared_anew_is_recorded_anew(stand_in):
    """A graph goes on with the layers that it was recorded with."""
    network = Crowd()
    network._runs = first = object()
    one = recording(network)
    for runs in (first, first, object()):
        network._runs = runs
        assert len(one(picture(2))) == 2
    assert Graph.replays == 2
    one(picture(2))
    assert Graph.replays == 4 and len(one._runner._recorded) == 2


def test_what_cannot_be_recorded_runs_without(stand_in, monkeypatch):
    @contextlib.contextmanager
    def failing(graph, stream, capture_error_mode):
        raise RuntimeError("operation not permitted when stream is capturing\nand more")
        yield

    monkeypatch.setattr(torch.cuda, "graph", failing)
    one = recording()
    one(picture(1))
    with pytest.warns(
        UserWarning, match="cannot be recorded as a CUDA graph and runs without: operation not permitted"
    ):
        assert len(one(picture(2))) == 2
    assert len(one(picture(3))) == len(estimator()(picture(3)))


def test_what_there_is_no_room_to_record_runs_without_and_is_not_tried_again(stand_in, monkeypatch):
    """Only after the graphs of other shapes were given up."""
    tried = []

    @contextlib.contextmanager
    def full(graph, stream, capture_error_mode):
        tried.append(len(one._runner._recorded))
        raise RuntimeError("CUDA error: out of memory")
        yield

    one = recording()
    for width in (128, 128, 256):
        one(picture(2, (192, width)))
    monkeypatch.setattr(torch.cuda, "graph", full)
    wanted = len(estimator()(picture(2)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [len(one(picture(2))) for _ in range(3)] == [wanted] * 3
    assert tried == [1, 0] and not one._runner._recorded


def test_cudnn_is_left_as_it_was_set_but_for_trying_its_ways():
    cudnn = torch.backends.cudnn
    for deterministic in (False, True):
        with cudnn.flags(enabled=True, deterministic=deterministic, allow_tf32=False):
            with cuda._tuned():
                assert cudnn.benchmark is not deterministic and cudnn.deterministic is deterministic
                assert not cudnn.allow_tf32
            assert not cudnn.benchmark


def test_what_was_recorded_in_half_precision_is_given_up_with_it(stand_in):
    class Half(Crowd):
        precision, _runs = "float16", "half"

        def prepare(self, precision):
            self.precision, self._runs = precision, "whole"

        def _said(self, image):
            S, L = super()._said(image)
            return (S * float("inf") if self.precision == "float16" and image[0, 0, 0] == 4 else S), L

    one = recording(Half())
    assert [len(one(picture(1))) for _ in range(2)] == [1, 1] and len(one._runner._recorded) == 1
    with pytest.warns(UserWarning, match="going on in float32"):
        assert len(one(picture(3))) == len(estimator()(picture(3)))
    assert not one._runner._recorded


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
    ours = list(gpu.stream(images, 4))
    assert sum(len(a) == len(b) for a, b in zip(ours, host.stream(images, 1), strict=True)) >= 18  # rounding
    assert "replayed as a graph" in gpu.about and len(gpu._runner._recorded) == 1
    gpu._runner.graphs = False
    for replayed, eager in zip(ours, gpu.stream(images, 4), strict=True):
        np.testing.assert_allclose(replayed.keypoints, eager.keypoints, atol=1e-2)
