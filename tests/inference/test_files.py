"""Files appear whole or not at all: by renaming, and sets of files together."""

import json
import os

import pytest

from paflib.inference import files
from paflib.inference.files import atomic_files, atomic_path, save_json


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_file_written_is_the_file_that_appears(tmp_path):
    """Renamed, not copied: a copy is there half written for a while."""
    with atomic_path(tmp_path / "a.json") as temporary:
        assert temporary.parent == tmp_path  # on the same file system, where renaming is possible
        assert temporary.suffix == ".json" and temporary.name.startswith(".")
        temporary.write_text("new")
        written = os.stat(temporary).st_ino
        assert names(tmp_path) == [temporary.name]
    assert names(tmp_path) == ["a.json"]
    assert os.stat(tmp_path / "a.json").st_ino == written


def test_who_reads_the_old_file_never_sees_the_new_one_grow(tmp_path):
    save_json(tmp_path / "a.json", ["old"] * 9999)
    with (tmp_path / "a.json").open() as reader:
        start = reader.read(10)
        save_json(tmp_path / "a.json", "new")
        assert json.loads(start + reader.read()) == ["old"] * 9999
    assert (tmp_path / "a.json").read_text() == '"new"'


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_the_old_file_and_no_other(tmp_path, error):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(error), atomic_path(tmp_path / "a.txt") as temporary:
        temporary.write_text("ne")
        raise error
    assert names(tmp_path) == ["a.txt"] and (tmp_path / "a.txt").read_text() == "old"


def test_what_json_cannot_say_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        save_json(tmp_path / "a.json", float("nan"))
    assert names(tmp_path) == []


# ---- many files together


def write(folder, numbers):
    for n in numbers:
        (folder / f"{n}.txt").write_text("new")


def test_many_files_appear_together_in_place_of_the_stale_ones(tmp_path):
    for name in ("1.txt", "7.txt", "77.txt", "7.txt~"):
        (tmp_path / name).write_text("old")
    with atomic_files(tmp_path, stale=r"[0-9]\.txt") as folder:
        assert folder.parent == tmp_path
        write(folder, range(3))
        assert names(tmp_path) == sorted([folder.name, "1.txt", "7.txt", "77.txt", "7.txt~"])
    assert names(tmp_path) == ["0.txt", "1.txt", "2.txt", "7.txt~", "77.txt"]
    assert (tmp_path / "1.txt").read_text() == "new"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_the_folder_as_it_was(tmp_path, error):
    (tmp_path / "1.txt").write_text("old")
    with pytest.raises(error), atomic_files(tmp_path, stale=r"[0-9]\.txt") as folder:
        write(folder, range(3))
        raise error
    assert names(tmp_path) == ["1.txt"] and (tmp_path / "1.txt").read_text() == "old"


def test_ctrl_c_while_they_are_moved_leaves_none_of_them(tmp_path, monkeypatch):
    replace = os.replace

    def interrupted(source, target):
        replace(source, target)
        if target.name == "1.txt":
            raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt), atomic_files(tmp_path, stale=r"[0-9]\.txt") as folder:
        write(folder, range(3))
    assert names(tmp_path) == []
