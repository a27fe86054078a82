"""What the benchmark of networks runs on a GPU, on the CPU: there it has somebody to decode, and nothing to decode."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.networks import SIZE, Blind, Shows
from benchmarks.parsers import Enlarged, Parser, crowd
from paflib import PoseEstimator
from paflib.fields import targets
from paflib.model import zoo
from paflib.parser.sampling import sample


def test_nine_people_are_shown_whatever_the_network_says():
    shows = Shows(zoo.load("tiny", device="cpu"))
    picture = np.zeros((*SIZE, 3), np.uint8)
    found = list(PoseEstimator(shows, height=SIZE[0], on_device=True).stream([picture] * 3, 2))
    assert [len(people) for people in found] == [9] * 3
    blind = list(Blind(shows, height=SIZE[0]).stream([picture] * 3, 2))
    assert [len(people) for people in blind] == [0] * 3


@pytest.mark.parametrize("channels_last", [False, True])
def test_maps_are_enlarged_by_the_cubic_kernel_in_memory_that_is_used_again(channels_last):
    """Every third row and column against the cubic kernel at single points."""
    enlarge, memory = Enlarged(8, channels_last), set()
    columns, rows = np.meshgrid(np.arange(0, SIZE[1], 3), np.arange(0, SIZE[0], 3))
    cells = (np.stack([columns, rows], axis=-1) + 0.5) / 8 - 0.5
    for seed in (0, 1):
        true = targets(crowd(np.random.default_rng(seed), 3), SIZE, 8)
        maps = Parser("", lambda maps: None, enlarge).given(true)
        large = enlarge(maps)
        memory.add(large[0].ctypes.data)
        for one, small in zip(large, (true.S, true.L.reshape(-1, *true.L.shape[2:])), strict=True):
            one = one.transpose(2, 0, 1) if channels_last else one.reshape(-1, *SIZE)
            np.testing.assert_allclose(one[:, ::3, ::3], sample(small, cells, "cubic"), atol=1e-5)
    assert len(memory) == 1
