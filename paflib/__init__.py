"""Bottom-up multi-person pose estimation with part affinity fields.

One module per step of the method: people to fields (``fields``), fields to people (``parser``), the networks in
between (``model``, ``inference``), and what stands around them (``evaluation``, ``figures``, ``cli``).

``import paflib`` is light: it loads neither torch nor matplotlib. Names are resolved when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "PoseEstimator": "paflib.inference.estimator",
    "load_image": "paflib.inference.images",
    "parse": "paflib.parser",
    "ParserOptions": "paflib.parser",
    "find_peaks": "paflib.parser",
    "People": "paflib.people",
    "Fields": "paflib.fields",
    "Grid": "paflib.fields",
    "targets": "paflib.fields",
    "confidence_maps": "paflib.fields",
    "affinity_fields": "paflib.fields",
    "Skeleton": "paflib.skeleton",
    "SKELETONS": "paflib.skeleton",
    "COCO_17": "paflib.skeleton",
    "COCO_18": "paflib.skeleton",
    "COCO_23": "paflib.skeleton",
    "MPII_15": "paflib.skeleton",
    "MPII_16": "paflib.skeleton",
    "BODY_25": "paflib.skeleton",
    "HAND_21": "paflib.skeleton",
    "FACE_70": "paflib.skeleton",
    "CAR_12": "paflib.skeleton",
    "CAR_22": "paflib.skeleton",
    "fetch": "paflib.fetching",
    "PaflibError": "paflib.errors",
}
_MODULES = (
    "checks", "errors", "evaluation", "fields", "figures", "inference", "model", "parser", "people", "skeleton",
    "synthetic", "trainer",
)  # fmt: skip

__all__ = ["__version__", *sorted(_HOMES), *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    elif name in _MODULES:
        value = import_module(f"paflib.{name}")
    else:
        raise AttributeError(f"module 'paflib' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_MODULES})
