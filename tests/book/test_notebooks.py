"""The twins: up to date, the same bytes each time, plain Markdown, and an error for what cannot be made plain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts import book as pages
from scripts import notebooks
from scripts.flatten import Book, Citation, FlattenError, Page

CHAPTER = """\
---
kernelspec: {name: python3, display_name: Python 3, language: python}
fetch: [mobilenet-thin]
---

# A chapter

See {numref}`fig-dot`, {eq}`eq-dot` and {doc}`other`.

$$ a = b $$ (eq-dot)

```{code-cell} ipython3
:tags: [hide-input]
:mystnb: {figure: {name: fig-dot, caption: "A dot, $x$."}, image: {alt: "One dot."}}
print("dot")
```
"""
OTHER = "# Another page\n\nIt has no code.\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small book."""
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "chapter.md").write_text(CHAPTER)
    (tmp_path / "book" / "other.md").write_text(OTHER)
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: book/other\nparts: [{caption: x, numbered: 1, chapters: [{file: book/chapter}]}]\n"
    )
    config = "repository: {url: https://github.com/a/b, branch: main}\nsphinx: {config: {}}\n"
    (tmp_path / "_config.yml").write_text(config)
    return tmp_path


@pytest.fixture
def page() -> Page:
    """A page of chapter 2 of a book whose labels and papers are known."""
    book = Book("https://github.com/a/b", titles={"book/x/page.ipynb": "A page", "book/x/next.md": "Next page"})
    book.citations["cao2017"] = Citation("Cao et al.", "2017", "https://paper", "Cao et al. Title. Venue, 2017.")
    return Page(book, "book/x/page.ipynb", 2)


def test_the_twins_of_this_book_are_up_to_date():
    changes = [str(path.relative_to(pages.ROOT)) for path in notebooks.stale()]
    assert changes == [], "run `make notebooks`"


def test_a_changed_chapter_makes_its_twin_stale(root):
    assert notebooks.main([], root) == 0
    twin = root / "book" / "chapter.ipynb"
    first = twin.read_bytes()
    assert notebooks.main(["--check"], root) == 0
    source = root / "book" / "chapter.md"
    source.write_text(CHAPTER + "\nOne more sentence.\n")
    assert notebooks.main(["--check"], root) == 1
    assert twin.read_bytes() == first, "--check writes nothing"
    assert notebooks.main([], root) == 0
    assert b"One more sentence." in twin.read_bytes()
    source.write_text(CHAPTER)
    notebooks.main([], root)
    assert twin.read_bytes() == first, "the same source gives the same bytes"


def test_a_twin_without_a_chapter_is_removed(root):
    orphan = root / "book" / "gone.ipynb"
    orphan.write_text("{}")
    assert notebooks.main(["--check"], root) == 1
    assert notebooks.main([], root) == 0
    assert not orphan.exists()
    assert not (root / "book" / "other.ipynb").exists(), "a page without code has no twin"


def test_a_twin_holds_a_set_up_cell_plain_text_and_no_outputs(root):
    notebooks.main([], root)
    twin = json.loads((root / "book" / "chapter.ipynb").read_text())
    set_up, text, code, caption = twin["cells"]
    assert 'os.environ.get("PAFLIB_SOURCE", "git+https://github.com/a/b")' in "".join(set_up["source"])
    assert 'for name in ("mobilenet-thin",):' in "".join(set_up["source"])
    assert "".join(text["source"]).splitlines()[2] == (
        "See Fig. 1.1, (1.1) and [Another page](https://github.com/a/b/blob/main/book/other.md)."
    )
    assert "\\tag{1.1}" in "".join(text["source"])
    assert code["metadata"] == {"tags": ["hide-input"], "jupyter": {"source_hidden": True}}
    assert "".join(caption["source"]) == "*Fig. 1.1* A dot, $x$."
    assert all(cell.get("outputs", []) == [] for cell in twin["cells"])
    assert len({cell["id"] for cell in twin["cells"]}) == len(twin["cells"])


def test_the_set_up_cell_does_nothing_where_paflib_is_installed(monkeypatch):
    monkeypatch.setattr("subprocess.run", lambda *arguments, **options: pytest.fail("something was installed"))
    exec(notebooks.set_up_cell("https://github.com/a/b", [], glued=False), {})


def test_the_set_up_cell_installs_from_the_place_asked_for(monkeypatch):
    calls = []
    monkeypatch.setattr("subprocess.run", lambda command, check: calls.append((command[1:], check)))
    monkeypatch.setitem(__import__("sys").modules, "paflib", None)  # an import of it fails from here on
    code = notebooks.set_up_cell("https://github.com/a/b", [], glued=False)
    with pytest.raises(ModuleNotFoundError):
        exec(code + "\nimport paflib", {})
    monkeypatch.setenv("PAFLIB_SOURCE", "/a/checkout")
    exec(code, {})
    pip = ["-m", "pip", "install", "--quiet"]
    assert calls == [([*pip, "git+https://github.com/a/b"], True), ([*pip, "/a/checkout"], True)]


@pytest.mark.parametrize(
    ("myst", "plain"),
    [
        ("```{note}\nSee $a$.\n```", "> **Note**\n>\n> See $a$."),
        (":::{admonition} Think!\nWhy?\n:::", "> **Think!**\n>\n> Why?"),
        ("```{note}\n$$\na\n= b\n$$\n```", "> **Note**\n>\n> $$ a = b $$"),
        (":::{admonition} Answer\n:class: dropdown tip\nYes.\n:::",
         "<details>\n<summary>Answer</summary>\n\nYes.\n\n</details>"),
        ("::::{tab-set}\n:::{tab-item} One\nFirst.\n:::\n::::", "**One**\n\nFirst."),
        ("```{figure} ../images/a.png\n:name: fig-a\n:alt: A hand.\nA hand, *drawn*.\n```\n{numref}`fig-a`",
         "![A hand.](https://raw.githubusercontent.com/a/b/main/book/images/a.png)\n\n"
         "*Fig. 2.1* A hand, *drawn*.\nFig. 2.1"),
        ("```{math}\n:label: eq-a\na = b\n```\n{eq}`eq-a`", "$$\na = b \\tag{2.1}\n$$\n(2.1)"),
        ("$$\n\\begin{align}\na &= b\n\\end{align}\n$$ (eq-a)",
         "$$\n\\begin{align}\na &= b \\tag{2.1}\n\\end{align}\n$$"),
        ("```{exercise} Two wrists\n:label: ex-a\nTry.\n```\n\n```{solution} ex-a\nDone.\n```",
         "**Exercise 2.1 (Two wrists)**\n\nTry.\n\n"
         "<details>\n<summary>Solution to Exercise 2.1</summary>\n\nDone.\n\n</details>"),
        ("```{prf:algorithm} Greedy\n:label: alg-a\n1. Sort.\n```\n{prf:ref}`alg-a`",
         "> **Algorithm 2.1 (Greedy)**\n>\n> 1. Sort.\nAlgorithm 2.1"),
        ("{cite:t}`cao2017` and {cite:p}`cao2017`",
         "[Cao et al. (2017)](https://paper) and ([Cao et al., 2017](https://paper))"),
        ("{doc}`next` [here](next.md)",
         "[Next page](https://github.com/a/b/blob/main/book/x/next.md) "
         "[here](https://github.com/a/b/blob/main/book/x/next.md)"),
        ("(sec-a)=\n## Peaks\n{ref}`sec-a`, {ref}`those <sec-a>`, [](#sec-a)", "## Peaks\nPeaks, those, Peaks"),
        ("```python\n{note} stays\n$$\n```", "```python\n{note} stays\n$$\n```"),
        ("A `{code}` and `` `b` `` and $x_{1}$ stay.", "A `{code}` and `` `b` `` and $x_{1}$ stay."),
        ("```{list-table} Sizes\n* - a\n  - b\n* - 1\n  - 2\n```",
         "*Table 2.1* Sizes\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        ("% a comment\n+++\nText with {glue:text}`count:.2f`.", "Text with `count`."),
        ("- item\n\n  ```{tip}\n  Inside.\n  ```", "- item\n\n  > **Tip**\n  >\n  > Inside."),
    ],
)  # fmt: skip
def test_myst_becomes_plain_markdown(page, myst, plain):
    assert page.flatten(myst) == plain


def test_a_reference_to_another_page_is_a_link(page):
    Page(page.book, "book/x/next.md", 3).flatten("(sec-b)=\n# Next page\n\n$$ a $$ (eq-b)")
    address = "https://github.com/a/b/blob/main/book/x/next.md"
    assert page.flatten("{eq}`eq-b`") == f"[(3.1) of *Next page*]({address})"
    assert page.flatten("{ref}`sec-b`") == f"[Next page]({address})"


@pytest.mark.parametrize(
    ("myst", "complaint"),
    [
        ("```{mermaid}\nx\n```", "directive {mermaid}"),
        ("{unheard}`x`", "role {unheard}"),
        ("{ref}`nowhere`", "label 'nowhere'"),
        ("{cite:t}`nobody1999`", "no entry 'nobody1999'"),
        ("{doc}`missing`", "no page 'missing'"),
        ("```{note}\nnever closed", "never closed"),
        ("$$\na = b", "never closed"),
    ],
)
def test_what_has_no_plain_form_is_an_error_that_names_the_page(page, myst, complaint):
    page.book.complete = True
    with pytest.raises(FlattenError, match=r"book/x/page\.ipynb") as caught:
        page.flatten(myst)
    assert complaint in str(caught.value)


def test_a_label_given_twice_is_an_error(page):
    page.flatten("$$ a $$ (eq-a)")
    with pytest.raises(FlattenError, match="used twice"):
        page.flatten("$$ b $$ (eq-a)")


def test_an_error_writes_no_notebook(root, capsys):
    (root / "book" / "chapter.md").write_text(CHAPTER + "\n{unheard}`x`\n")
    assert notebooks.main([], root) == 1
    assert "unheard" in capsys.readouterr().err
    assert not (root / "book" / "chapter.ipynb").exists()


def test_glue_works_without_the_book_tool(root):
    source = CHAPTER.replace('print("dot")', 'from myst_nb import glue\nglue("count", 3)')
    (root / "book" / "chapter.md").write_text(source)
    notebooks.main([], root)
    cells = ["".join(cell["source"]) for cell in json.loads((root / "book" / "chapter.ipynb").read_text())["cells"]]
    assert not any("myst_nb" in cell for cell in cells)
    assert "def glue(name, value, display=True):" in cells[0]
