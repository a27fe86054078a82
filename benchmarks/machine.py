"""What a result was read on."""

from __future__ import annotations

import platform
import subprocess
from typing import Any


def machine() -> dict[str, Any]:
    """Processor, accelerator, versions and commit."""
    import numpy
    import torch

    from paflib import __version__

    commit, changed = _git("rev-parse", "HEAD"), _git("status", "--porcelain", "--", "paflib", "benchmarks")
    return {
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "torch": torch.__version__,
        "paflib": __version__,
        "commit": commit + (" and changes to it" if changed else ""),
    }


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False).stdout.strip()


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
