"""Make the virtual environment `.venv` and install the pinned packages and paflib itself into it.

Runs on the system's Python with nothing but the standard library: `make book` and `make test` both start here.
When the pins, `pyproject.toml`, this file and the Python version are those of the last complete run, it does nothing.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)  # what the pinned numpy and scipy ask for; paflib itself runs on 3.10
INPUTS = ("pyproject.toml", "constraints.txt", "scripts/environment.py")
BUILD_TOOLS = ("hatchling", "editables")  # pinned too, so that building paflib downloads nothing unpinned


class SetupError(Exception):
    """The environment cannot be made; the message says why and what to do."""


def environment_key(root: Path, version: str = sys.version) -> str:
    """Return a hash of everything that decides what the environment holds, its own place included."""
    digest = hashlib.sha256(f"{version}\n{root}\n".encode())
    for name in INPUTS:
        digest.update(name.encode() + b"\0" + (root / name).read_bytes() + b"\0")
    return digest.hexdigest()


def check_version(version: tuple[int, int] = sys.version_info[:2]) -> None:
    """Raise SetupError unless the pinned packages exist for this Python."""
    if version < OLDEST:
        raise SetupError(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {version[0]}.{version[1]}. "
            "Name another one: make PYTHON=python3.12 book"
        )


def venv_python(venv: Path) -> Path:
    """Return the interpreter of the virtual environment at `venv`."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_current(venv: Path, key: str) -> bool:
    """Say whether `venv` was completed with this key and its interpreter is still there."""
    stamp = venv / ".complete"
    return stamp.is_file() and stamp.read_text() == key and venv_python(venv).exists()


def run(*command: object) -> None:
    """Run a command, showing its output; raise SetupError if it fails."""
    words = [str(word) for word in command]
    if subprocess.run(words, stdin=subprocess.DEVNULL).returncode != 0:
        raise SetupError(f"this command failed, see above: {' '.join(words)}")


def make_venv(venv: Path) -> None:
    """Create the virtual environment, unless a working one is there."""
    python = venv_python(venv)
    if python.exists() and subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return
    print(f"Making the virtual environment {venv}", flush=True)
    command = [sys.executable, "-m", "venv", "--clear", str(venv)]
    if subprocess.run(command).returncode != 0:
        raise SetupError("Python could not make a virtual environment; on Debian and Ubuntu install python3-venv")


def install(venv: Path, root: Path) -> None:
    """Install the pinned torch first, then paflib in place with what the book and the tests need."""
    pip: list[object] = [venv_python(venv), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    pip += ["--progress-bar", "off"] if os.environ.get("CI") else []
    pins = ("-c", root / "constraints.txt")
    # torch alone and first: the pin decides which build is taken before any other package can ask for a newer one.
    run(*pip, *pins, "torch", *BUILD_TOOLS)
    run(*pip, *pins, "--no-build-isolation", "-e", f"{root}[book,dev]")


def repair_opencv(venv: Path, root: Path) -> None:
    """Put OpenCV's headless build in place of the desktop one where that cannot load (no libGL on a bare server)."""
    python = venv_python(venv)
    trial = subprocess.run([python, "-c", "import cv2"], capture_output=True, text=True)
    if trial.returncode == 0:
        return
    reason = (trial.stderr.strip().splitlines() or ["unknown"])[-1]
    print(f"OpenCV's desktop build does not load here ({reason}); opencv-python-headless takes its place", flush=True)
    pip = (python, "-m", "pip", "--disable-pip-version-check")
    # Both builds own the same folder, so both go before one comes back.
    run(*pip, "uninstall", "--yes", "opencv-python", "opencv-python-headless")
    run(*pip, "install", "--no-input", "--no-deps", "-c", root / "constraints.txt", "opencv-python-headless")
    run(python, "-c", "import cv2")


def main(root: Path = ROOT) -> int:
    """Bring `.venv` up to date; return the exit status."""
    venv = root / ".venv"
    try:
        check_version()
        key = environment_key(root)
        if is_current(venv, key):
            return 0
        make_venv(venv)
        (venv / ".complete").unlink(missing_ok=True)
        install(venv, root)
        repair_opencv(venv, root)
        (venv / ".complete").write_text(key)
    except SetupError as error:
        print(f"Set-up stopped: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
