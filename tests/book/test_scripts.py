"""The scripts behind the two commands: what makes an environment, a cached execution or a whole book stale."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from scripts import book, environment, vendor


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The files that the keys look at."""
    for name, text in {
        "paflib/fields/mask.py": "W = 1\n",
        "paflib/widgets/lab.js": "export default {}\n",
        "data/sources.toml": "[a]\n",
        "constraints.txt": "numpy==2\n",
        "pyproject.toml": "[project]\n",
        "scripts/environment.py": "",
        "scripts/book.py": "",
        "book/intro.md": "---\nfetch: [weights, photograph]\n---\n# Book\n",
        "book/chapter.md": "# Chapter\n",
        "_toc.yml": "root: book/intro\nparts: [{chapters: [{file: book/chapter, sections: [{file: book/deep/er}]}]}]\n",
        "_config.yml": "title: t\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def executed(root: Path) -> str:
    return book.key(root, book.EXECUTION_INPUTS)


@pytest.mark.parametrize(
    "name", ["paflib/fields/mask.py", "paflib/widgets/lab.js", "data/sources.toml", "constraints.txt"]
)
def test_a_changed_input_changes_the_execution_key(root, name):
    before = executed(root)
    (root / name).write_text("something else\n")
    assert executed(root) != before


def test_what_is_measured_on_the_book_does_not_make_it_stale(root):
    before = executed(root)
    results = root / "benchmarks" / "results"
    results.mkdir(parents=True)
    (results / "redraw.json").write_text("{}")
    assert executed(root) == before
    (results / "parser.json").write_text("{}")
    assert executed(root) != before


def test_new_moved_and_removed_modules_change_the_execution_key(root):
    keys = {executed(root)}
    (root / "paflib" / "new.py").write_text("")
    keys.add(executed(root))
    (root / "paflib" / "new.py").rename(root / "paflib" / "newer.py")
    keys.add(executed(root))
    (root / "paflib" / "fields" / "mask.py").unlink()
    keys.add(executed(root))
    assert len(keys) == 4


def test_compiled_files_and_pages_leave_the_execution_key_alone(root):
    before = executed(root)
    (root / "paflib" / "__pycache__").mkdir()
    (root / "paflib" / "__pycache__" / "mask.cpython-311.pyc").write_bytes(b"x")
    (root / "paflib" / "__pycache__" / "peaks.nbi").write_bytes(b"x")
    (root / "book" / "chapter.md").write_text("# New title\n")
    assert executed(root) == before


def test_the_execution_cache_goes_only_when_its_inputs_changed(root):
    cache = root / "_build" / ".jupyter_cache"
    book.drop_stale_executions(root)
    cache.mkdir()
    assert not book.drop_stale_executions(root)
    assert cache.exists()
    (root / "paflib" / "fields" / "mask.py").write_text("W = 2\n")
    assert book.drop_stale_executions(root)
    assert not cache.exists()


def finished(root: Path) -> None:
    """Leave what a complete build leaves."""
    (root / "_build" / "html").mkdir(parents=True, exist_ok=True)
    (root / "_build" / "html" / "index.html").write_text("<p>")
    (root / "_build" / "book.key").write_text(book.key(root, book.EXECUTION_INPUTS + book.PAGE_INPUTS))


@pytest.mark.parametrize(
    "name", ["book/chapter.md", "_toc.yml", "_config.yml", "paflib/fields/mask.py", "data/sources.toml"]
)
def test_a_book_is_fresh_until_something_changes(root, name):
    assert not book.is_fresh(root)
    finished(root)
    assert book.is_fresh(root)
    (root / name).write_text("changed: 1\n")
    assert not book.is_fresh(root)


def test_a_failed_build_leaves_no_fresh_book(root, monkeypatch, capsys):
    finished(root)
    (root / "book" / "chapter.md").write_text("# Changed\n")
    monkeypatch.setattr(vendor, "ensure", lambda package, root: root)
    monkeypatch.setattr(book, "fetch", lambda root: None)
    monkeypatch.setattr(book, "run", lambda *command, cwd: 1)
    assert book.main(root) == 1
    assert "not built" in capsys.readouterr().err
    assert not book.is_fresh(root)


def test_chapters_come_in_the_order_of_the_table_of_contents(root):
    names = [page.relative_to(root).as_posix() for page in book.chapters(root)]
    assert names == ["book/intro.md", "book/chapter.md", "book/deep/er.md"]


def test_a_page_says_what_it_needs(root):
    assert book.needed_files(root / "book" / "intro.md") == ["weights", "photograph"]
    assert book.needed_files(root / "book" / "chapter.md") == []
    (root / "book" / "chapter.md").write_text("---\nfetch: weights\n---\n")
    with pytest.raises(book.BookError, match=r"chapter\.md"):
        book.needed_files(root / "book" / "chapter.md")


@pytest.mark.parametrize("name", environment.INPUTS)
def test_the_environment_is_made_again_when_its_inputs_change(root, name):
    venv = root / ".venv"
    environment.venv_python(venv).parent.mkdir(parents=True)
    environment.venv_python(venv).write_text("")
    (venv / ".complete").write_text(environment.environment_key(root))
    assert environment.is_current(venv, environment.environment_key(root))
    (root / name).write_text("changed\n")
    assert not environment.is_current(venv, environment.environment_key(root))


def test_an_interrupted_environment_is_not_current(root):
    assert not environment.is_current(root / ".venv", environment.environment_key(root))


def test_an_old_python_is_refused_by_name():
    with pytest.raises(environment.SetupError, match=r"3\.11 or newer is needed, this is 3\.9.*make PYTHON="):
        environment.check_version((3, 9))
    environment.check_version((3, 11))


def test_opencv_is_swapped_only_where_it_does_not_load(root, monkeypatch, capsys):
    commands: list[str] = []
    trial = subprocess.CompletedProcess((), 1, "", "Traceback\nImportError: libGL.so.1: cannot open\n")
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: trial)
    monkeypatch.setattr(environment, "run", lambda *command: commands.append(" ".join(map(str, command))))
    environment.repair_opencv(root / ".venv", root)
    assert "libGL" in capsys.readouterr().out
    assert any("uninstall" in command for command in commands)
    assert any(command.endswith("opencv-python-headless") and "install" in command for command in commands)
    commands.clear()
    trial.returncode = 0
    environment.repair_opencv(root / ".venv", root)
    assert commands == []


def package_archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_vendor_unpacks_only_what_is_wanted_and_nothing_outside(tmp_path):
    package = replace(vendor.MATHJAX, wanted=("package/es5/a.js",))
    content = package_archive(
        {"package/es5/a.js": b"a", "package/es5/a.js/../../../../evil": b"e", "package/postinstall.js": b"p"}
    )
    vendor.unpack(package, content, tmp_path / "vendor" / "mathjax")
    files = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert files == ["SHA512", "a.js"]
    assert not (tmp_path / "evil").exists()


def test_vendor_refuses_other_bytes_and_says_what_is_missing(tmp_path, monkeypatch):
    with pytest.raises(vendor.VendorError, match="not the released package"):
        vendor.check(vendor.MATHJAX, b"something else")

    def offline(*arguments):
        raise vendor.VendorError("no network")

    monkeypatch.setattr(vendor, "from_npm", offline)
    monkeypatch.setattr(vendor, "npm_from_a_wheel", offline)
    with pytest.raises(vendor.VendorError, match=r"mathjax 3\.2\.2, which sets the book's formulas, cannot be fetched"):
        vendor.ensure(vendor.MATHJAX, tmp_path)
    assert list(tmp_path.iterdir()) == [], "nothing half written"


def test_vendor_falls_back_when_npm_gives_something_else(monkeypatch):
    monkeypatch.setattr(vendor, "from_npm", lambda package, npm, folder: b"right" if npm == ["wheel"] else b"wrong")
    monkeypatch.setattr(vendor, "npm_from_a_wheel", lambda folder: ["wheel"])
    package = replace(vendor.MATHJAX, sha512="not that")
    with pytest.raises(vendor.VendorError, match="cannot be fetched"):
        vendor.download(package)
    right = base64.b64encode(hashlib.sha512(b"right").digest()).decode()
    assert vendor.download(replace(package, sha512=right)) == b"right"
