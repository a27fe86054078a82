"""Masters are notebooks: they are read and executed by the tests, and not collected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

collect_ignore_glob = ["masters/*"]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Small networks are quickest on one thread, as the grader runs them."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
