"""Write the `.ipynb` twin beside every chapter: what Colab and plain Jupyter open.

The chapter's `.md` is the source. Its twin has a set-up cell on top, plain Markdown for what only the book can show, no
outputs, and always the same bytes for the same source. `python -m scripts.notebooks --check` only names the stale ones.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
import yaml
from nbformat.notebooknode import NotebookNode
from pybtex.database import Entry, parse_file

from scripts import book as pages
from scripts.flatten import Book, Citation, FlattenError, Page, joined

ROOT = pages.ROOT
SET_UP = """\
# Set-up. Where paflib is missing (Colab), it is installed first; PAFLIB_SOURCE names another place to take it from.
import importlib
import os
import subprocess
import sys

try:
    import paflib
except ModuleNotFoundError:
    source = os.environ.get("PAFLIB_SOURCE", "git+{repository}")
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", source], check=True)
    importlib.invalidate_caches()
"""
FETCH = """
import paflib

for name in {names}:
    paflib.fetch(name)  # the weights and photographs of this chapter; quick when they are there already
"""
COLAB = "https://colab.research.google.com/github/"
GLUE_IMPORT = "from myst_nb import glue"
GLUE = '''

def glue(name, value, display=True):
    """Show a value that the text calls by its name."""
    print(f"{name} = {value}")
'''


def is_notebook(page: Path) -> bool:
    """Say whether a page holds code cells, and so has a twin."""
    return "kernelspec" in pages.front_matter(page)


def chapter_numbers(root: Path) -> dict[str, int]:
    """Return the book's number of each numbered chapter, by the path of its page."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    numbered = [entry["file"] for part in toc.get("parts", []) if part.get("numbered") for entry in part["chapters"]]
    return {Path(name).with_suffix(".md").as_posix(): number for number, name in enumerate(numbered, 1)}


def citation(entry: Entry) -> Citation:
    """Return what the text says of one entry of the bibliography."""
    names = [" ".join(person.last_names) for person in entry.persons.get("author", [])]
    who = f"{names[0]} et al." if len(names) > 2 else joined(names)
    fields = {key: value.replace("{", "").replace("}", "") for key, value in entry.fields.items()}
    venue = fields.get("journal") or fields.get("booktitle") or fields.get("publisher", "")
    year, url = fields.get("year", ""), fields.get("url", "")
    title = f"[{fields['title']}]({url})" if url else fields["title"]
    return Citation(who, year, url, f"{joined(names)}. {title}. {venue}, {year}.")


def title_of(page: Path) -> str:
    """Return the first heading of a page."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return next((line.lstrip("# ").strip() for line in lines if line.startswith("# ")), page.stem)


def read_chapter(path: Path) -> NotebookNode:
    """Return the cells of a chapter's source."""
    return jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")


def set_up_cell(repository: str, needed: list[str], glued: bool, ref: str = "") -> str:
    """Return the code that makes a chapter run in an empty environment; `ref` is a tag or commit to install."""
    code = SET_UP.format(repository=f"{repository}@{ref}" if ref else repository)
    if needed:
        names = ", ".join(f'"{name}"' for name in needed)
        code += FETCH.format(names=f"({names},)" if len(needed) == 1 else f"({names})")
    return (code + (GLUE if glued else "")).rstrip()


def flat_cells(page: Page, chapter: NotebookNode) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield (type, source, metadata) of a chapter's cells in their plain form."""
    for cell in chapter.cells:
        tags = list(cell.metadata.get("tags", []))
        if "book-only" in tags:
            continue
        if cell.cell_type != "code":
            source = page.flatten(cell.source)
            if source:
                yield "markdown", source, {}
            continue
        lines = [line for line in cell.source.splitlines() if line.strip() != GLUE_IMPORT]
        metadata: dict[str, object] = {"tags": tags} if tags else {}
        if {"hide-input", "hide-cell", "remove-input", "remove-cell"} & set(tags):
            metadata["jupyter"] = {"source_hidden": True}
        if any(line.strip() for line in lines):
            yield "code", "\n".join(lines).strip("\n"), metadata
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        if "caption" in figure:
            yield "markdown", page.caption(str(figure["caption"]).strip(), str(figure.get("name", ""))), {}


def badge(address: str) -> str:
    """Return the picture that opens a notebook in Colab."""
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({address})"


def notebook(cells: list[tuple[str, str, dict[str, object]]], assignment: str = "") -> str:
    """Return the file of a notebook with these cells; a cell's id follows from its source.

    Args:
        cells: Type, source and metadata of each.
        assignment: The name by which `paflib grade` knows it.
    """
    made, seen = [], Counter[str]()
    for kind, source, metadata in cells:
        new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        cell = new(source, metadata=metadata)
        digest = hashlib.sha256(f"{kind}\0{source}".encode()).hexdigest()[:12]
        seen[digest] += 1
        cell["id"] = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        made.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}, "colab": {"toc_visible": True}}
    metadata |= {"paflib": {"assignment": assignment}} if assignment else {}
    whole = nbformat.v4.new_notebook(cells=made, metadata=metadata)
    whole.nbformat_minor = 5
    nbformat.validate(whole)
    return str(nbformat.writes(whole)).rstrip("\n") + "\n"


def load_book(root: Path) -> Book:
    """Return what all pages share, before any label is known."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    book = Book(config["repository"]["url"], config["repository"].get("branch", "main"))
    for name in config["sphinx"]["config"].get("bibtex_bibfiles", []):
        entries = parse_file(str(root / name)).entries
        book.citations |= {key: citation(entry) for key, entry in entries.items()}
    return book


def page_name(root: Path, page: Path) -> str:
    """Return the path by which links call a page: of its twin if it has one."""
    return page.relative_to(root).with_suffix(".ipynb" if is_notebook(page) else ".md").as_posix()


def twins(root: Path = ROOT) -> dict[Path, str]:
    """Return the content of every twin by its path."""
    return read_pages(root)[1]


def read_book(root: Path = ROOT) -> Book:
    """Return what all pages share, with every label and what it points at."""
    return read_pages(root)[0]


def read_pages(root: Path) -> tuple[Book, dict[Path, str]]:
    """Read all pages twice: the first time collects the labels, the second resolves them; return book and twins."""
    book, numbers = load_book(root), chapter_numbers(root)
    sources = pages.chapters(root)
    book.titles = {page_name(root, page): title_of(page) for page in sources}
    files: dict[Path, str] = {}
    for complete in (False, True):
        book.complete = complete
        for source in sources:
            page = Page(book, page_name(root, source), numbers.get(source.relative_to(root).as_posix()))
            chapter = read_chapter(source)
            cells = list(flat_cells(page, chapter))
            if is_notebook(source):
                files[source.with_suffix(".ipynb")] = twin(book, page, source, chapter, cells)
    return book, files


def twin(
    book: Book, page: Page, source: Path, chapter: NotebookNode, cells: list[tuple[str, str, dict[str, object]]]
) -> str:
    """Return the twin of a page; an assignment's opens in Colab by a badge, and says which one it is."""
    glued = any(GLUE_IMPORT in cell.source for cell in chapter.cells)
    first = [("code", set_up_cell(book.repository, pages.needed_files(source), glued), dict[str, object]())]
    assignment = str(pages.front_matter(source).get("assignment", ""))
    if assignment:
        first += [("markdown", badge(book.notebook(page.path).replace("https://github.com/", COLAB)), {})]
    return notebook([*first, *cells], assignment)


def stale(root: Path = ROOT) -> dict[Path, str | None]:
    """Return what has to change: the new content by path, None for a twin whose chapter is gone."""
    wanted: dict[Path, str | None] = dict(twins(root))
    here = [path for path in (root / "book").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts]
    wanted |= {path: None for path in here if path not in wanted}
    return {path: text for path, text in wanted.items() if not is_up_to_date(path, text)}


def is_up_to_date(path: Path, text: str | None) -> bool:
    """Say whether a file holds exactly this text; a file that should be gone never does."""
    return text is not None and path.is_file() and path.read_bytes() == text.encode()


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write the twins that are stale, or with --check only name them; return the exit status."""
    check = "--check" in (sys.argv[1:] if arguments is None else arguments)
    try:
        changes = stale(root)
    except (FlattenError, pages.BookError) as error:
        print(f"No notebook was written: {error}", file=sys.stderr)
        return 1
    for path, text in changes.items():
        print(f"{'stale' if check else 'removed' if text is None else 'wrote'}: {path.relative_to(root)}")
        if not check and text is None:
            path.unlink()
        elif not check and text is not None:
            path.write_text(text, encoding="utf-8")
    return 1 if check and changes else 0


if __name__ == "__main__":
    sys.exit(main())
