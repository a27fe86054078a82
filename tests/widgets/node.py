"""JavaScript run by Node, so that the widgets' mathematics can be held against the package's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from paflib.widgets.base import bundle

_MAIN = """import { readFileSync } from "node:fs";
import * as m from "./module.mjs";
const data = JSON.parse(readFileSync(new URL("./data.json", import.meta.url)));
const plain = (key, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
process.stdout.write(JSON.stringify((SCRIPT)(data), plain));
"""


def find_node() -> str:
    """The path of Node; a failure, and not a skip, where there is none."""
    names = (os.environ.get("NODE", ""), "node", "nodejs")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("no Node here, which the tests of the widgets need: install it (Debian: apt-get install nodejs), "
                    "or set NODE to its path")  # fmt: skip
    return found


def run_module(folder: Path, module: str, script: str, data: Any) -> Any:
    """What ``script``, a function of ``data`` in JavaScript, returns; it finds the widget module's exports in ``m``.

    The module is bundled as for a page and imported under a name that Node takes for an ES module. Both ways by JSON.
    """
    (folder / "module.mjs").write_text(bundle(module), encoding="utf-8")
    (folder / "data.json").write_text(json.dumps(data, allow_nan=False), encoding="utf-8")
    (folder / "main.mjs").write_text(_MAIN.replace("SCRIPT", script), encoding="utf-8")
    done = subprocess.run([find_node(), folder / "main.mjs"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
