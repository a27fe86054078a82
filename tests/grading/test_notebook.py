"""Reading what was handed in, whatever it is."""

import json
import os

import pytest

from paflib.grading.notebook import CELLS, LISTS, SIZE, NotebookError, check_assignment, parse, read_bytes
from paflib.grading.worker import compile_cell, without_magics
from tests.grading.toy import notebook


def problem(content, suffix=".ipynb"):
    with pytest.raises(NotebookError) as caught:
        parse(content, suffix)
    return caught.value.diagnosis, caught.value.message


def test_code_cells_keep_their_numbers():
    read = parse(notebook("a = 1", "b = 2\nc = 3").encode(), ".ipynb")
    assert read.cells == {2: "a = 1", 3: "b = 2\nc = 3"}
    assert read.assignment == "toy"
    check_assignment(read, "toy")


def test_the_notebook_of_another_assignment():
    with pytest.raises(NotebookError, match="of the assignment 'other', and this is 'toy'") as caught:
        check_assignment(parse(notebook("a = 1", assignment="other").encode(), ".ipynb"), "toy")
    assert caught.value.diagnosis == "wrong-notebook"
    check_assignment(parse(notebook("a = 1", assignment=None).encode(), ".ipynb"), "toy")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"[]", b'"text"', b'{"cells": 3}', b"PK\x03\x04", b"1" * 10_000],
)
def test_what_does_not_parse(content):
    assert problem(content)[0] == "does-not-parse"


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (b'{"cells": []}', ".ipynb"),
        (notebook("", "  \n").encode(), ".ipynb"),
        (b'{"cells": [null, 3, {"cell_type": "code", "source": 7}, {"cell_type": "code"}]}', ".ipynb"),
        (b"", ".py"),
    ],
)
def test_nothing_in_it(content, suffix):
    assert problem(content, suffix) == ("no-code", "there is no code in it")


def test_too_much_code():
    assert problem(("x = 1\n" * 200_000).encode(), ".py")[0] == "too-large"


def test_numbers_of_any_length_in_a_notebook_take_no_time():
    content = notebook("a = 1").replace('"nbformat": 4', f'"nbformat": {"9" * 5000}')
    assert parse(content.encode(), ".ipynb").cells == {2: "a = 1"}


def test_python_files():
    assert parse(b"\xef\xbb\xbfx = 1\n", ".py").cells == {1: "x = 1\n"}
    assert parse("# -*- coding: latin-1 -*-\nx = '\xe9'\n".encode("latin-1"), ".PY").cells[1].endswith("'\xe9'\n")
    assert parse(b"import os\r\n# %% one\r\nx = 1\r\n#%%\r\ny = 2", ".py").cells == {
        1: "import os\n", 2: "x = 1\n", 3: "y = 2",
    }  # fmt: skip
    assert problem(b"x = '\xff'\n", ".py") == ("does-not-parse", "it is no text in UTF-8")


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "large.ipynb"
    with open(path, "wb") as file:
        file.truncate(SIZE + 1)
    with pytest.raises(NotebookError, match="at most 21 MB are read: clear the outputs") as caught:
        read_bytes(path)
    assert caught.value.diagnosis == "too-large"
    with open(path, "wb") as file:
        file.truncate(SIZE)
    assert len(read_bytes(path)) == SIZE


@pytest.mark.skipif(os.name != "posix", reason="links and pipes are made otherwise there")
def test_only_ordinary_files_are_read(tmp_path):
    (tmp_path / "other.ipynb").write_text("{}")
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "other.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")  # reading it would wait for ever
    for name, words in (
        ("link", "a link"),
        ("folder", "no ordinary file|cannot be read"),
        ("pipe", "no ordinary file"),
    ):
        with pytest.raises(NotebookError, match=words) as caught:
            read_bytes(tmp_path / f"{name}.ipynb")
        assert caught.value.diagnosis == "not-a-file"
    with pytest.raises(NotebookError, match="No such file"):
        read_bytes(tmp_path / "none.ipynb")


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("%matplotlib inline\nx = 1", 1),
        ("!pip install numpy\nx = 1", 1),
        ("%%time\nx = 1", 1),
        ("\n%%capture out\nx = 1", 1),
        ("%%bash\nrm -rf /\nx = 1", None),
        ("if True:\n    %timeit f()\n    x = 1", 1),
        ("files = !ls\nx = 1 if files is None else 2", 1),
        ("t = %timeit -o f()\nx = 1", 1),
        ("x = 1\nx?", 1),
        ("?x\nx = 1\nx.real??", 1),
        ("x = 5 % 2", 1),
        ("text = '''\n%matplotlib\n!ls\n'''\nx = len(text.split())", 2),  # no magic: this is Python as it stands
        ("x = (7\n% 2)", 1),
        ("x = 1 != 2", True),
    ],
)
def test_magics_are_left_out_and_python_is_not(source, wanted):
    namespace: dict = {}
    exec(compile_cell(source, "cell"), namespace)
    assert namespace.get("x") == wanted


def test_lines_keep_their_numbers_without_magics():
    source = "%%time\n%load x\n\nx = 1\n!ls\ny = 1 / 0"
    assert len(without_magics(source).split("\n")) == 6
    with pytest.raises(SyntaxError) as caught:
        compile_cell("%magic\n\nx = = 1", "cell")
    assert caught.value.lineno == 3


def test_reading_a_file_takes_no_longer_for_what_is_in_it():
    """A codec that takes quadratic time may be named; lists take many times their letters; cells have notes."""
    for coding, letters in (("punycode", b"x = 1-"), ("cp1250", b"x = 1")):
        with pytest.raises(NotebookError, match="no text in UTF-8"):
            parse(b"# coding: " + coding.encode() + b"\n" + letters, ".py")
    assert parse("# coding: latin-1\nx = 'é'".encode("latin-1"), ".py").cells == {1: "# coding: latin-1\nx = 'é'"}
    lists = b'{"metadata": [' + b"[]," * LISTS + b'1], "cells": [{"cell_type": "code", "source": "x"}]}'
    with pytest.raises(NotebookError, match="more than 500000 lists") as caught:
        parse(lists, ".ipynb")
    assert caught.value.diagnosis == "too-large"
    cells = [{"cell_type": "code", "source": "x"}] * (CELLS + 1)
    with pytest.raises(NotebookError, match="it has 2001 cells of code, at most 2000 are run"):
        parse(json.dumps({"cells": cells}).encode(), ".ipynb")
    assert len(parse(json.dumps({"cells": cells[1:]}).encode(), ".ipynb").cells) == CELLS
