"""Fetching, from folders of links, file indexes and a small HTTP index on this machine; the real index is not asked."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import os
import re
import signal
import socket
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from paflib.errors import FetchError
from paflib.fetching import cache_folder, fetch, fetch_first, sources

module = importlib.import_module("paflib.fetching")

MEMBER = bytes(range(256)) * 2000
"""What is wanted: 512,000 bytes."""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sdist(member: bytes = MEMBER) -> bytes:
    """A source archive with the wanted file among others."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=0) as archive:
        for name, content in (("fakepkg-1.0/setup.py", b"raise SystemExit"), ("fakepkg-1.0/data/w.bin", member)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def wheel() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("fakepkg/data/w.bin", MEMBER)
    return out.getvalue()


SDIST, WHEEL = sdist(), wheel()
SDIST_FILE, WHEEL_FILE = "fakepkg-1.0.tar.gz", "fakepkg-1.0-cp99-cp99-win_arm64.whl"  # for no machine that runs tests
SDIST_PLACE = f"""
package = "fakepkg"
version = "1.0"
file = "{SDIST_FILE}"
size = {len(SDIST)}
sha256 = "{sha256(SDIST)}"
member = "fakepkg-1.0/data/w.bin"
"""
WHEEL_PLACE = f"""
package = "fakepkg"
version = "1.0"
file = "{WHEEL_FILE}"
size = {len(WHEEL)}
sha256 = "{sha256(WHEEL)}"
member = "fakepkg/data/w.bin"
"""


def place_at(url: str) -> str:
    return f'url = "{url}"\nsize = {len(MEMBER)}\nsha256 = "{sha256(MEMBER)}"\n'


@dataclass
class World:
    """A cache folder, a table of sources with one entry, and pip's settings, all of this test alone."""

    cache: Path
    table: Path
    pip: dict[str, str] = field(default_factory=dict)

    def offer(self, *places: str) -> None:
        """Write the table: the entry ``thing`` at these places."""
        head = '[thing]\nabout = "a thing"\nlicence = "CC0"\ncredit = "us"\nhomepage = "https://example.org"\n'
        head += f'size = {len(MEMBER)}\nsha256 = "{sha256(MEMBER)}"\n'
        self.table.write_text(head + "".join("[[thing.places]]\n" + place for place in places))

    def fetch(self) -> Path:
        return fetch("thing", cache=self.cache, progress=False)

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.cache)) for path in self.cache.rglob("*"))


@pytest.fixture
def world(tmp_path, monkeypatch) -> World:
    world = World(tmp_path / "cache", tmp_path / "sources.toml")
    monkeypatch.setattr(module, "_sources_file", lambda: world.table)
    monkeypatch.setattr(module, "_pip_settings", lambda: dict(world.pip))
    monkeypatch.setenv("NO_PROXY", "*")
    world.offer(SDIST_PLACE)
    return world


@pytest.fixture
def links(tmp_path, world) -> Path:
    """A folder of archives that pip's find-links points at, with no index to fall back on."""
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / SDIST_FILE).write_bytes(SDIST)
    (folder / "otherpkg-1.0.tar.gz").write_bytes(b"something else")
    world.pip = {"find-links": str(folder), "no-index": "1"}
    return folder


@pytest.fixture
def no_network(monkeypatch) -> None:
    """From here on, asking anything of anyone is a failure."""

    def refuse(*_args):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(module, "_session", refuse)
    monkeypatch.setattr(module, "_pip_settings", refuse)


@dataclass
class Server:
    """A package index over HTTP; ``breaks`` is how often it hangs up half way, ``ranges`` whether it can go on."""

    address: str = ""
    breaks: int = 0
    ranges: bool = True
    content: bytes = SDIST
    on_half: Callable[[], None] = lambda: None
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def server(world) -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            state.asked.append(f"{self.path} {self.headers.get('Range', '')}".strip())
            if self.path == "/simple/fakepkg/":
                self.reply(200, f'<a href="/files/{SDIST_FILE}">{SDIST_FILE}</a>'.encode(), "text/html")
            elif self.path.startswith("/files/"):
                start = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
                skip = int(start[1]) if start and state.ranges else 0
                self.reply(206 if skip else 200, state.content[skip:], "application/gzip")
            else:
                self.reply(404, b"", "text/plain")

        def reply(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if kind == "application/gzip" and state.breaks:
                state.breaks -= 1
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                state.on_half()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            else:
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

        def log_message(self, *_args) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    state.address = f"http://127.0.0.1:{http.server_port}"
    world.pip = {"index-url": f"{state.address}/simple"}
    yield state
    http.shutdown()
    http.server_close()


# --- the table ------------------------------------------------------------------------------------------------------


def test_everything_that_can_be_fetched_says_what_it_is_and_whose():
    table = sources()
    assert {"mobilenet-thin", "pose2sim-cam01", "astronaut"} <= set(table)
    for name, source in table.items():
        assert source.name == name and re.fullmatch(r"[a-z0-9-]+", name)
        assert source.about and source.licence and source.credit and source.homepage.startswith("https://")
        assert source.path("x").suffix and (source.places or source.file)
        assert re.fullmatch(r"([0-9a-f]{64})?", source.sha256) and re.fullmatch(r"([0-9a-f]{32})?", source.md5)
        assert source.on_request or (source.sha256 and source.size)  # what everybody gets is known to the byte
        for place in source.places:
            assert place.filename and bool(place.url) != bool(place.package and place.version and place.file)
            assert bool(place.sha256) == bool(place.size) and re.fullmatch(r"([0-9a-f]{64})?", place.sha256)
            if place.member:
                assert source.sha256 and place.sha256
            assert not place.file or place.sha256  # what lies in a package is an archive, and known


def test_the_weights_are_the_ones_the_book_is_written_with():
    weights = sources()["mobilenet-thin"]
    assert weights.sha256 == "51f84ea82b3d0143dd4cf362e018c125e832c64771908ee8766fbd8b0328008d"
    assert weights.size == 7_804_434


def test_the_authors_checksums_of_the_papers_networks():
    """As OpenPose's CMakeLists.txt has them."""
    known = {name: (source.file, source.md5) for name, source in sources().items() if source.md5}
    assert known == {
        "cmu-coco": ("pose_iter_440000.caffemodel", "5156d31f670511fce9b4e28b403f2939"),
        "cmu-mpii": ("pose_iter_160000.caffemodel", "2ca0990c7562bd7ae03f3f54afa96e00"),
        "cmu-body25": ("pose_iter_584000.caffemodel", "78287b57cf85fa89c03f1393d368e5b7"),
    }


def test_an_installed_package_finds_its_own_table(tmp_path, monkeypatch):
    home = tmp_path / "paflib"
    monkeypatch.setattr(module, "__file__", str(home / "fetch.py"))
    assert module._sources_file() == tmp_path / "data" / "sources.toml"
    (home / "_data").mkdir(parents=True)
    (home / "_data" / "sources.toml").touch()
    assert module._sources_file() == home / "_data" / "sources.toml"


def test_an_unknown_name_lists_the_known_ones(world):
    with pytest.raises(FetchError, match=r"'thong'.*: thing"):
        fetch("thong", cache=world.cache)


def test_the_cache_is_the_users_and_can_be_set(monkeypatch, tmp_path):
    monkeypatch.delenv("PAFLIB_CACHE", raising=False)
    assert Path(__file__).parents[1] not in cache_folder().parents
    monkeypatch.setenv("PAFLIB_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    assert cache_folder(tmp_path / "here") == tmp_path / "here"


# --- finding and reading --------------------------------------------------------------------------------------------


def test_from_a_folder_of_links(world, links):
    path = world.fetch()
    assert path == world.cache / "thing.bin"
    assert path.read_bytes() == MEMBER
    assert world.files() == ["thing.bin"]


def test_a_wheel_for_another_machine_serves_as_well(world, links):
    (links / WHEEL_FILE).write_bytes(WHEEL)
    world.offer(WHEEL_PLACE)
    assert world.fetch().read_bytes() == MEMBER


def test_from_an_index_in_files(world, tmp_path):
    page = tmp_path / "simple" / "fakepkg" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<a href="../../{SDIST_FILE}#sha256={sha256(SDIST)}">{SDIST_FILE}</a>')
    (tmp_path / SDIST_FILE).write_bytes(SDIST)
    world.pip = {"index-url": (tmp_path / "simple").as_uri()}
    assert world.fetch().read_bytes() == MEMBER


def test_from_an_index_over_http(world, server):
    assert world.fetch().read_bytes() == MEMBER
    assert server.asked[-1] == f"/files/{SDIST_FILE}"


def test_an_index_that_does_not_answer_does_not_hide_the_next(world, server, tmp_path):
    world.pip["extra-index-url"] = world.pip["index-url"]
    world.pip |= {"index-url": f"http://127.0.0.1:{closed_port()}/simple", "find-links": str(tmp_path / "nowhere")}
    assert world.fetch().read_bytes() == MEMBER


def test_from_a_plain_url_or_a_file(world, server, tmp_path):
    server.content = MEMBER
    world.offer(place_at(f"{server.address}/files/w.bin"))
    assert world.fetch().read_bytes() == MEMBER
    (tmp_path / "w.bin").write_bytes(MEMBER)
    world.offer(place_at((tmp_path / "w.bin").as_uri()))
    assert fetch("thing", cache=tmp_path / "other", progress=False).read_bytes() == MEMBER


def test_places_are_tried_in_order(world, links):
    world.offer(WHEEL_PLACE, place_at(f"http://127.0.0.1:{closed_port()}/w.bin"), SDIST_PLACE)
    assert world.fetch().read_bytes() == MEMBER


def test_a_second_call_asks_nobody(world, links, no_network):
    world.cache.mkdir()
    (world.cache / "thing.bin").write_bytes(MEMBER)  # as a first call, or a hand, leaves it
    assert world.fetch().read_bytes() == MEMBER


@pytest.mark.parametrize("content", [b"", MEMBER[:-1], b"!" + MEMBER[1:]], ids=["empty", "short", "changed"])
def test_a_wrong_file_in_the_cache_is_replaced(world, links, content):
    world.cache.mkdir()
    (world.cache / "thing.bin").write_bytes(content)
    assert world.fetch().read_bytes() == MEMBER


def test_progress_is_shown_on_request(world, links, capsys):
    world.fetch()
    assert capsys.readouterr() == ("", "")
    fetch("thing", cache=world.cache.parent / "other")
    out, err = capsys.readouterr()
    assert out == "" and "fetching thing" in err and "100%" in err


def test_a_broken_transfer_goes_on_where_it_stopped(world, server):
    server.breaks = 2
    assert world.fetch().read_bytes() == MEMBER
    starts = [int(re.sub(r"\D", "", asked.partition(" ")[2]) or 0) for asked in server.asked if "/files/" in asked]
    assert len(starts) == 3 and 0 == starts[0] < starts[1] < starts[2]


def test_a_broken_transfer_starts_again_where_the_server_cannot_go_on(world, server):
    server.breaks, server.ranges = 1, False
    assert world.fetch().read_bytes() == MEMBER


def test_several_at_once(world, links):
    """Each has its own temporary folder and moves a whole file into place: none sees half of another's."""
    with ThreadPoolExecutor(6) as pool:
        paths = list(pool.map(lambda _: (world.fetch(), world.fetch().read_bytes() == MEMBER), range(12)))
    assert set(paths) == {(world.cache / "thing.bin", True)}
    assert world.files() == ["thing.bin"]


# --- what goes wrong ------------------------------------------------------------------------------------------------


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_offline_the_message_says_what_was_tried_and_what_to_do_by_hand(world, tmp_path):
    address = f"127.0.0.1:{closed_port()}"
    world.pip = {"index-url": f"http://joe:secret@{address}/simple", "find-links": str(tmp_path / "nowhere")}
    with pytest.raises(FetchError) as caught:
        world.fetch()
    message = str(caught.value)
    for said in ("cannot fetch thing", SDIST_FILE, "fakepkg 1.0", f"http://***@{address}/simple", "nowhere", "refused"):
        assert said in message
    assert str(world.cache / "thing.bin") in message
    assert sha256(MEMBER) in message and f"{len(MEMBER):,} bytes" in message
    assert "secret" not in message
    assert world.files() == []


def test_an_index_without_the_file_is_said_to_have_none(world, server, caplog, capfd):
    world.offer(SDIST_PLACE.replace(SDIST_FILE, "fakepkg-2.0.tar.gz"))
    with pytest.raises(FetchError, match=r"fakepkg-2\.0\.tar\.gz in http://127.*not there"):
        world.fetch()
    world.offer(SDIST_PLACE.replace('"fakepkg"', '"nosuchpkg"'))
    with pytest.raises(FetchError, match=r"in http://127.*404"):
        world.fetch()
    assert capfd.readouterr().err == ""  # the library's own warnings are in our message, not on the screen


def test_a_wrong_archive_is_refused_with_both_hashes(world, links):
    (links / SDIST_FILE).write_bytes(SDIST + b"!")
    with pytest.raises(FetchError) as caught:
        world.fetch()
    assert f"{SDIST_FILE} has sha256 {sha256(SDIST + b'!')}, wanted {sha256(SDIST)}" in str(caught.value)
    assert world.files() == []


def test_a_wrong_member_is_refused_with_both_hashes(world, links):
    other = sdist(b"other weights")
    (links / SDIST_FILE).write_bytes(other)
    world.offer(SDIST_PLACE.replace(sha256(SDIST), sha256(other)).replace(str(len(SDIST)), str(len(other))))
    with pytest.raises(FetchError) as caught:
        world.fetch()
    assert f"data/w.bin has sha256 {sha256(b'other weights')}, wanted {sha256(MEMBER)}" in str(caught.value)
    assert world.files() == []


def test_a_missing_member_is_named(world, links):
    world.offer(SDIST_PLACE.replace("w.bin", "v.bin"))
    with pytest.raises(FetchError, match=r"fakepkg-1\.0\.tar\.gz has no member fakepkg-1\.0/data/v\.bin"):
        world.fetch()


def test_a_wrong_file_that_cannot_be_replaced_is_named_and_kept(world):
    world.pip = {"no-index": "true"}
    world.cache.mkdir()
    (world.cache / "thing.bin").write_bytes(b"put by hand")
    with pytest.raises(FetchError, match=f"lies there now has sha256 {sha256(b'put by hand')}"):
        world.fetch()
    assert (world.cache / "thing.bin").read_bytes() == b"put by hand"


def test_a_server_that_always_breaks_off_is_given_up(world, server):
    server.breaks, server.ranges = 99, False
    with pytest.raises(FetchError, match=re.escape(server.address)):
        world.fetch()
    assert len([asked for asked in server.asked if asked.startswith("/files/")]) < 10
    assert world.files() == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_leaves_nothing_half_written(world, server):
    done = threading.Event()
    server.breaks = 1
    server.on_half = lambda: (os.kill(os.getpid(), signal.SIGINT), done.wait(10), None)[-1]
    with pytest.raises(KeyboardInterrupt):
        world.fetch()
    done.set()
    assert world.files() == []


def test_a_cache_folder_that_cannot_be_written_is_named(world, links):
    world.cache.write_text("a file, where the folder should be")
    with pytest.raises(FetchError, match=r"cache folder .*cache cannot be written.*PAFLIB_CACHE"):
        world.fetch()


def test_a_certificate_that_is_not_there_is_named(world):
    world.pip = {"cert": "/no/such/bundle.pem"}
    with pytest.raises(FetchError, match=r"no certificates at /no/such/bundle\.pem"):
        world.fetch()


# --- files of which little is known ---------------------------------------------------------------------------------


def head(name: str = "thing", **values: object) -> str:
    lines = {"about": "a thing", "licence": "CC0", "credit": "us", "homepage": "https://example.org"} | values
    text = [f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for key, value in lines.items()]
    return f"[{name}]\n" + "\n".join(text) + "\n"


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def url_place(url: str, name: str = "thing") -> str:
    return f'[[{name}.places]]\nurl = "{url}"\n'


@pytest.mark.parametrize("sums", [{"md5": md5(MEMBER)}, {"size": len(MEMBER)}, {"sha256": sha256(MEMBER)}, {}])
def test_what_is_known_is_checked_and_no_more(world, server, sums):
    server.content = MEMBER
    world.table.write_text(head(file="w.bin", **sums) + url_place(f"{server.address}/files/w.bin"))
    assert world.fetch().read_bytes() == MEMBER
    asked = len(server.asked)
    assert world.fetch().read_bytes() == MEMBER and len(server.asked) == asked


@pytest.mark.parametrize(
    ("sums", "complaint"),
    [
        ({"md5": md5(MEMBER)}, f"md5 .*, wanted {md5(MEMBER)}"),
        ({"size": len(MEMBER)}, "512,001 bytes, wanted 512,000"),
        ({"sha256": sha256(MEMBER)}, f"sha256 .*, wanted {sha256(MEMBER)}"),
    ],
    ids=["md5", "size", "sha256"],
)
def test_what_is_known_and_wrong_is_refused(world, server, sums, complaint):
    server.content = MEMBER + b"!"
    world.table.write_text(head(file="w.bin", **sums) + url_place(f"{server.address}/files/w.bin"))
    with pytest.raises(FetchError, match=complaint):
        world.fetch()
    assert world.files() == []


def test_a_second_mirror_is_asked_when_the_first_is_gone_or_has_another_file(world, server, tmp_path):
    server.content = MEMBER
    (tmp_path / "other.bin").write_bytes(b"a page that says the file has moved")
    mirrors = [f"http://127.0.0.1:{closed_port()}/w.bin", (tmp_path / "other.bin").as_uri()]
    places = "".join(url_place(url) for url in [*mirrors, f"{server.address}/files/w.bin"])
    world.table.write_text(head(md5=md5(MEMBER)) + places)
    assert world.fetch().read_bytes() == MEMBER
    assert world.fetch().name == "thing.bin"


def test_what_has_no_place_is_put_there_by_hand(world, no_network):
    world.table.write_text(head(file="pose_iter_1.caffemodel", md5=md5(MEMBER)))
    path = world.cache / "thing.caffemodel"
    with pytest.raises(FetchError) as caught:
        world.fetch()
    for said in ("thing (a thing) has no place", str(path), "pose_iter_1.caffemodel", md5(MEMBER), "example.org"):
        assert said in str(caught.value)
    world.cache.mkdir()
    path.write_bytes(b"another version")
    with pytest.raises(FetchError, match=f"lies there now has md5 {md5(b'another version')}"):
        world.fetch()
    path.write_bytes(MEMBER)
    assert world.fetch() == path


def test_of_several_forms_the_one_that_is_there_is_taken(world, server):
    world.table.write_text(
        head("a", file="a.bin") + url_place(f"{server.address}/files/a.bin", "a") + head("b", file="b.pth")
    )
    world.cache.mkdir()
    (world.cache / "b.pth").write_bytes(b"weights")
    assert fetch_first(("a", "b"), cache=world.cache, progress=False) == world.cache / "b.pth"
    assert not server.asked


def test_of_several_forms_none_of_which_is_there_each_is_named(world, no_network):
    world.table.write_text(head("a", file="a.caffemodel") + head("b", file="b.pth") + head("c", file="c.pth"))
    with pytest.raises(FetchError) as caught:
        fetch_first(("a", "b"), cache=world.cache, progress=False)
    assert "a.caffemodel" in str(caught.value) and "b.pth" in str(caught.value) and "c.pth" not in str(caught.value)


def test_of_several_forms_the_first_that_can_be_fetched_is_taken(world, server):
    server.content = MEMBER
    gone = url_place(f"http://127.0.0.1:{closed_port()}/a.bin", "a")
    here = url_place(f"{server.address}/files/b.bin", "b")
    world.table.write_text(head("a", file="a.bin") + gone + head("b", file="b.bin") + here)
    assert fetch_first(("a", "b"), cache=world.cache, progress=False).name == "b.bin"


# --- the settings of pip --------------------------------------------------------------------------------------------


@pytest.fixture
def pip_conf(tmp_path, monkeypatch) -> Path:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "pip.conf"
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))
    return path


def test_pips_files_and_variables_are_read_in_pips_order(pip_conf, monkeypatch):
    pip_conf.write_text(
        "[global]\nindex-url = https://a.example/simple\ntrusted-host = a.example\nfind-links =\n    /one\n    /two\n"
        "[download]\nindex-url = https://b.example/simple\n"
    )
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://c.example/simple https://d.example/simple")
    settings = module._pip_settings()
    assert settings["trusted-host"] == "a.example"
    assert module._addresses(settings) == [
        ("find_links", "/one"),
        ("find_links", "/two"),
        ("index_urls", "https://b.example/simple"),
        ("index_urls", "https://c.example/simple"),
        ("index_urls", "https://d.example/simple"),
    ]
    monkeypatch.setenv("PIP_INDEX_URL", "https://e.example/simple")
    assert module._pip_settings()["index-url"] == "https://e.example/simple"


def test_variables_are_read_where_there_is_no_pip(pip_conf, monkeypatch):
    monkeypatch.setattr(module.sys, "executable", "/no/such/python")
    monkeypatch.setenv("PIP_FIND_LINKS", "/one")
    assert module._pip_settings()["find-links"] == "/one"


def test_the_default_is_the_public_index_and_no_index_turns_it_off():
    [(kind, address)] = module._addresses({})
    assert kind == "index_urls" and urlsplit(address).path.strip("/") == "simple"
    assert module._addresses({"no-index": "true", "index-url": "https://a.example", "find-links": "~/x"}) == [
        ("find_links", os.path.expanduser("~/x"))
    ]


def test_the_session_has_pips_hosts_and_timeout():
    session = module._session({"trusted-host": "a.example b.example:8080", "timeout": "7"})
    with session:
        assert ("*", "b.example", "8080") in set(session.iter_secure_origins())
        assert session.timeout.connect == 7
