"""One thread for PyTorch, as in the tests of inference."""

from tests.inference.conftest import one_thread

__all__ = ["one_thread"]
