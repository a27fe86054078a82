"""What `import paflib` costs, and that its names are there."""

from __future__ import annotations

import subprocess
import sys

import pytest

import paflib

PARSE = """
import sys
import numpy as np
import paflib
heavy = {"torch", "matplotlib", "cv2", "scipy"} & set(sys.modules)
assert not heavy, f"import paflib loaded {heavy}"
people = paflib.People(np.ones((1, 18, 3)))
fields = paflib.targets(people, (64, 64))
paflib.parse(fields, min_parts=1)
heavy = {"torch", "matplotlib"} & set(sys.modules)
assert not heavy, f"fields and parser loaded {heavy}"
"""


def test_importing_and_parsing_load_neither_torch_nor_matplotlib():
    done = subprocess.run([sys.executable, "-c", PARSE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(set(paflib.__all__) - {"__version__"}))
def test_every_public_name_is_there(name):
    assert getattr(paflib, name) is not None
    assert name in dir(paflib)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'paflib' has no attribute 'PoseEstimater'"):
        paflib.PoseEstimater  # noqa: B018


def test_fetch_stays_a_function_when_its_module_is_loaded():
    """Regression: a module paflib/fetch.py took the function's name as soon as anything imported it."""
    import paflib.model.zoo

    assert callable(paflib.fetch)
    assert not any(callable(getattr(paflib, name)) and name in paflib._MODULES for name in paflib.__all__)
