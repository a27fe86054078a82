"""Turn the MyST of a chapter into the plain Markdown that Jupyter and Colab show.

Directives become quotes, images, folds or bold headings; labels become numbers, the same ones as in the book; citations
become names and years. Something this file does not know is an error, never a silent loss.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import yaml

ADMONITIONS = ("attention", "caution", "danger", "error", "hint", "important", "note", "seealso", "tip", "warning")
PROOFS = ("algorithm", "assumption", "axiom", "conjecture", "corollary", "criterion", "definition", "example", "lemma",
          "observation", "property", "proposition", "remark", "theorem")  # fmt: skip
DROPPED = ("contents", "index", "raw", "tableofcontents", "exercise-end", "solution-end")
UNWRAPPED = ("div", "card", "grid", "grid-item", "grid-item-card", "tab-set", "container")
LITERAL_ROLES = ("attr", "class", "code", "command", "file", "func", "kbd", "literal", "meth", "mod", "option", "samp",
                 "glue", "glue:text")  # fmt: skip
FENCE = re.compile(r"^(?P<indent>\s*)(?P<fence>`{3,}|~{3,}|:{3,})\s*(?:\{(?P<name>[\w:.-]+)\})?(?P<argument>.*)$")
INLINE = re.compile(
    r"(?:\{(?P<role>[\w:.-]+)\})?(?P<ticks>`+)(?P<code>.+?)(?P=ticks)(?!`)"  # a role, or a piece of code
    r"|(?P<math>\$\$.+?\$\$|(?<!\\)\$[^$]+?(?<!\\)\$)"
    r"|(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)",
    re.DOTALL,
)
DOLLARS = re.compile(r"^\s*\$\$(?P<body>.*?)\$\$\s*(?:\((?P<label>[\w:.-]+)\))?\s*$", re.DOTALL)
TITLED = re.compile(r"^(?P<title>.+?)\s*<(?P<target>[^>]+)>$", re.DOTALL)


class FlattenError(Exception):
    """A chapter uses something that has no form in a plain notebook; the message names the page and the thing."""


@dataclass(frozen=True)
class Target:
    """What a label points at: a page, a kind ("Fig.", "Equation", "Exercise", "section" ...), a number or title."""

    page: str
    kind: str
    number: str

    @property
    def name(self) -> str:
        """The words by which the text calls it."""
        if self.kind == "Equation":
            return f"({self.number})"
        return self.number if self.kind == "section" else f"{self.kind} {self.number}"


@dataclass(frozen=True)
class Citation:
    """One entry of the bibliography: who, when, where, and the whole line."""

    who: str
    year: str
    url: str
    line: str


@dataclass
class Book:
    """What the pages share: their titles, every label, the bibliography, and the repository's address."""

    repository: str
    branch: str = "main"
    titles: dict[str, str] = field(default_factory=dict)
    labels: dict[str, Target] = field(default_factory=dict)
    citations: dict[str, Citation] = field(default_factory=dict)
    complete: bool = False  # the labels are only collected on the first pass, and an unknown one is no error yet

    def raw(self, path: str) -> str:
        """Return the address of a file's bytes."""
        place = self.repository.replace("https://github.com/", "https://raw.githubusercontent.com/")
        return f"{place}/{self.branch}/{path}"

    def notebook(self, page: str) -> str:
        """Return the address of a page: its twin if it has code, its source otherwise; `page` ends accordingly."""
        return f"{self.repository}/blob/{self.branch}/{page}"


@dataclass
class Options:
    """A directive taken apart."""

    name: str
    argument: str
    options: dict[str, str]
    body: str

    def get(self, *names: str) -> str:
        """Return the first of the options that is set, or an empty string."""
        return next((self.options[name] for name in names if self.options.get(name)), "")


def split_options(body: list[str]) -> tuple[dict[str, str], str]:
    """Return a directive's options (`:key: value` lines, or YAML between `---`) and the rest of its body."""
    if body and body[0].strip() == "---":
        end = next((i for i, line in enumerate(body[1:], 1) if line.strip() == "---"), len(body) - 1)
        options = yaml.safe_load("\n".join(body[1:end])) or {}
        return {key: str(value) for key, value in options.items()}, "\n".join(body[end + 1 :]).strip("\n")
    options = {}
    while body and (match := re.match(r"^\s*:([\w-]+):\s*(.*)$", body[0])):
        options[match[1]] = match[2].strip() or "yes"
        body = body[1:]
    return options, "\n".join(body).strip("\n")


def quote(text: str) -> str:
    """Return the text as a Markdown quote; a formula goes on one line, as notebooks read it before the quote marks."""
    text = re.sub(r"\$\$.+?\$\$", lambda formula: " ".join(formula[0].split()), text, flags=re.DOTALL)
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def fold(title: str, text: str) -> str:
    """Return a block that opens on a click."""
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"


def joined(names: list[str]) -> str:
    """Return "a", "a and b", "a, b and c".

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


class Page:
    """The flattening of one page; counts its figures, equations, exercises and tables as the book does."""

    def __init__(self, book: Book, path: str, chapter: int | None) -> None:
        self.book, self.path, self.chapter = book, path, chapter
        self.counts: Counter[str] = Counter()
        self.cited: list[str] = []
        self.pending: list[str] = []  # labels waiting for the heading below them

    def error(self, what: str) -> FlattenError:
        """Return an exception that names this page."""
        return FlattenError(f"{self.path}: {what}")

    # -- labels and numbers

    def number(self, kind: str, label: str = "") -> str:
        """Count one more of a kind, bind its label, and return its number as the book prints it."""
        self.counts[kind] += 1
        number = f"{self.chapter}.{self.counts[kind]}" if self.chapter else str(self.counts[kind])
        if label:
            self.bind(label, Target(self.path, kind, number))
        return number

    def bind(self, label: str, target: Target) -> None:
        """Remember what a label points at; a label may be given once."""
        known = self.book.labels.get(label)
        if known is not None and (not self.book.complete) and known != target:
            raise self.error(f"the label {label!r} is used twice (also in {known.page})")
        self.book.labels[label] = target

    def target(self, label: str) -> Target:
        """Return what a label points at."""
        found = self.book.labels.get(label)
        if found is None and self.book.complete:
            raise self.error(f"nothing has the label {label!r}")
        return found or Target(self.path, "section", label)

    def link(self, label: str, title: str = "") -> str:
        """Return the words for a cross reference, linked when its target is on another page."""
        target = self.target(label)
        words = title.replace("%s", target.number).replace("{number}", target.number) if title else target.name
        if target.page == self.path:
            return words
        page_title = self.book.titles.get(target.page, target.page)
        suffix = "" if title or target.number == page_title else f" of *{page_title}*"
        return f"[{words}{suffix}]({self.book.notebook(target.page)})"

    def from_root(self, path: str) -> str:
        """Return a path given from this page (or, with a leading slash, from the root) as a path from the root."""
        start = PurePosixPath() if path.startswith("/") else PurePosixPath(self.path).parent
        return posixpath.normpath(start / path.lstrip("/"))

    def page_link(self, path: str, title: str = "") -> str:
        """Return a link to another page given by its path from this one."""
        stem = PurePosixPath(self.from_root(path)).with_suffix("")
        known = next((page for page in self.book.titles if PurePosixPath(page).with_suffix("") == stem), None)
        if known is None:
            raise self.error(f"there is no page {path!r}")
        return f"[{title or self.book.titles[known]}]({self.book.notebook(known)})"

    def file(self, path: str) -> str:
        """Return the address of a file given by its path from this page."""
        return self.book.raw(self.from_root(path))

    # -- inside a line

    def inline(self, text: str) -> str:
        """Flatten roles, links and images; code and formulas stay as they are."""
        return INLINE.sub(self.inline_match, text)

    def inline_match(self, match: re.Match[str]) -> str:
        """Return the plain form of one match of INLINE."""
        if match["math"]:
            return match[0]
        if match["code"]:
            return self.role(match["role"], match["code"]) if match["role"] else match[0]
        text, target = match["text"], match["target"]
        if re.match(r"[a-z]+:", target):
            return match[0]
        if match["image"]:
            return f"![{text}]({self.file(target)})"
        if target.startswith("#") or target in self.book.labels:
            return self.link(target.removeprefix("#"), text)
        if target.split("#")[0].endswith(".md"):
            return self.page_link(target.split("#")[0], text)
        return f"[{text}]({self.file(target)})"

    def role(self, role: str, content: str) -> str:
        """Return the plain form of a role."""
        titled = TITLED.match(content)
        title, target = (titled["title"], titled["target"]) if titled else ("", content)
        if role in ("ref", "numref", "eq", "prf:ref", "std:ref"):
            return self.link(target, title)
        if role == "doc":
            return self.page_link(target, title)
        if role == "cite" or role.startswith("cite:"):
            return self.cite(content, textual=role in ("cite:t", "cite:ct"))
        if role in ("term", "abbr"):
            return title or target
        if role == "math":
            return f"${content}$"
        if role in ("sub", "sup"):
            return f"<{role}>{content}</{role}>"
        if role in LITERAL_ROLES:
            return f"`{target.split(':')[0] if role.startswith('glue') else content}`"
        raise self.error(f"the role {{{role}}} has no form in a notebook")

    def cite(self, keys: str, textual: bool) -> str:
        """Return "Cao et al. (2017)" or "(Cao et al., 2017)", linked to the paper."""
        found = []
        for name in (key.strip() for key in keys.split(",")):
            if name not in self.book.citations:
                raise self.error(f"the bibliography has no entry {name!r}")
            entry = self.book.citations[name]
            self.cited += [name] if name not in self.cited else []
            words = f"{entry.who} ({entry.year})" if textual else f"{entry.who}, {entry.year}"
            found.append(f"[{words}]({entry.url})" if entry.url else words)
        return joined(found) if textual else f"({'; '.join(found)})"

    # -- blocks

    def flatten(self, text: str) -> str:
        """Return the plain Markdown of a piece of the page."""
        lines = text.splitlines()
        done: list[str] = []
        waiting: list[str] = []

        def flush() -> None:
            if waiting:
                done.append(self.inline("\n".join(waiting)))
                waiting.clear()

        at = 0
        while at < len(lines):
            line = lines[at]
            fence = FENCE.match(line)
            if fence and (fence["name"] or fence["fence"][0] != ":"):
                flush()
                end = self.closing(lines, at, fence)
                block = lines[at : end + 1]
                rendered = self.directive(fence, block[1:-1]) if fence["name"] else "\n".join(block)
                done += [rendered] if rendered is not None else []
                at = end
            elif line.lstrip().startswith("$$"):
                flush()
                at, formula = self.dollars(lines, at)
                done.append(formula)
            elif match := re.match(r"^\(([\w:.-]+)\)=\s*$", line):
                self.pending.append(match[1])
            elif not line.startswith("%") and not line.startswith("+++"):
                if heading := re.match(r"^#+\s+(.*)$", line):
                    for label in self.pending:
                        self.bind(label, Target(self.path, "section", heading[1].strip()))
                    self.pending.clear()
                waiting.append(line)
            at += 1
        flush()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(done)).strip("\n")

    def closing(self, lines: list[str], start: int, fence: re.Match[str]) -> int:
        """Return the index of the line that closes the fence opened at `start`."""
        mark = fence["fence"]
        for at in range(start + 1, len(lines)):
            stripped = lines[at].strip()
            if stripped and set(stripped) == {mark[0]} and len(stripped) >= len(mark):
                return at
        raise self.error(f"the block opened by {lines[start].strip()!r} is never closed")

    def dollars(self, lines: list[str], start: int) -> tuple[int, str]:
        """Return the last line's index and the plain form of the formula that `$$` opens at `start`."""
        for end in range(start, len(lines)):
            text = "\n".join(lines[start : end + 1])
            if text.count("$$") >= 2:
                match = DOLLARS.match(text)
                return end, self.formula(match["body"], match["label"] or "") if match else self.inline(text)
        raise self.error(f"the formula opened by {lines[start].strip()!r} is never closed")

    def formula(self, body: str, label: str = "") -> str:
        """Return a displayed formula with its number."""
        tag = f" \\tag{{{self.number('Equation', label)}}}" if label else ""
        body = body.strip("\n").rstrip()
        if tag and (ending := re.search(r"\s*\\end\{(align|gather|equation)\*?\}\s*$", body)):
            return f"$$\n{body[: ending.start()]}{tag}{body[ending.start() :]}\n$$"
        return f"$$\n{body.strip()}{tag}\n$$"

    def directive(self, fence: re.Match[str], lines: list[str]) -> str | None:
        """Return the plain form of a directive, or None for one that a notebook does without."""
        indent = len(fence["indent"])
        options, body = split_options([line[indent:] if line[:indent].strip() == "" else line for line in lines])
        parts = Options(fence["name"], fence["argument"].strip(), options, body)
        text = self.render(parts)
        return None if text is None else "\n".join((fence["indent"] + line).rstrip() for line in text.splitlines())

    def render(self, parts: Options) -> str | None:
        """Find the rule for a directive by its name, and apply it."""
        name = parts.name
        rules: dict[str, Callable[[Options], str | None]] = {
            "figure": self.figure, "image": self.figure, "math": self.math, "code-block": self.code, "code": self.code,
            "exercise": self.exercise, "exercise-start": self.exercise,
            "solution": self.solution, "solution-start": self.solution,
            "table": self.table, "list-table": self.list_table, "glossary": self.glossary,
            "bibliography": self.bibliography, "dropdown": self.dropdown, "tab-item": self.titled,
            "margin": self.aside, "sidebar": self.aside, "epigraph": self.aside, "topic": self.aside,
        }  # fmt: skip
        rules |= dict.fromkeys(("admonition", *ADMONITIONS), self.admonition)
        rules |= dict.fromkeys(UNWRAPPED, self.unwrapped)
        rules |= dict.fromkeys((f"prf:{one}" for one in PROOFS), self.proof)
        if name in DROPPED:
            return None
        if name not in rules:
            raise self.error(f"the directive {{{name}}} has no form in a notebook: give it one in scripts/flatten.py")
        return rules[name](parts)

    def admonition(self, parts: Options) -> str:
        """A note: a quote under a bold title, or a fold if it is of the class dropdown."""
        named = parts.name == "admonition"
        title = self.inline(parts.argument) if named else parts.name.replace("seealso", "see also").capitalize()
        text = self.flatten(parts.body if named or not parts.argument else f"{parts.argument}\n{parts.body}")
        if "dropdown" in parts.get("class").split():
            return fold(title, text)
        return quote(f"**{title}**\n\n{text}")

    def dropdown(self, parts: Options) -> str:
        """A fold."""
        return fold(self.inline(parts.argument), self.flatten(parts.body))

    def titled(self, parts: Options) -> str:
        """A bold title and what belongs to it."""
        return f"**{self.inline(parts.argument)}**\n\n{self.flatten(parts.body)}"

    def aside(self, parts: Options) -> str:
        """A remark beside the text: a quote."""
        title = f"**{self.inline(parts.argument)}**\n\n" if parts.argument else ""
        return quote(title + self.flatten(parts.body))

    def unwrapped(self, parts: Options) -> str:
        """A frame that only lays things out; a card's title stays."""
        titled = parts.argument and "card" in parts.name
        return self.titled(parts) if titled else self.flatten(parts.body)

    def figure(self, parts: Options) -> str:
        """An image at its public address, with its number and caption below."""
        image = f"![{parts.get('alt')}]({self.file(parts.argument)})"
        return f"{image}\n\n{self.caption(parts.body, parts.get('name', 'label'))}" if parts.body else image

    def caption(self, text: str, label: str = "") -> str:
        """A numbered caption."""
        return f"*Fig. {self.number('Fig.', label)}* {self.flatten(text)}"

    def math(self, parts: Options) -> str:
        """A displayed formula."""
        return self.formula(f"{parts.argument}\n{parts.body}", parts.get("label", "name"))

    def exercise(self, parts: Options) -> str:
        """A numbered exercise."""
        number = self.number("Exercise", parts.get("label"))
        title = f" ({self.inline(parts.argument)})" if parts.argument else ""
        return f"**Exercise {number}{title}**\n\n{self.flatten(parts.body)}".rstrip()

    def solution(self, parts: Options) -> str:
        """A solution: a fold, or a bold heading where code cells belong to it."""
        title = f"Solution to {self.target(parts.argument).name}"
        return f"**{title}**" if parts.name == "solution-start" else fold(title, self.flatten(parts.body))

    def proof(self, parts: Options) -> str:
        """A definition, an algorithm and their like: numbered, quoted."""
        kind = parts.name.removeprefix("prf:").capitalize()
        number = "" if parts.get("nonumber") else " " + self.number(kind, parts.get("label"))
        title = f" ({self.inline(parts.argument)})" if parts.argument else ""
        return quote(f"**{kind}{number}{title}**\n\n{self.flatten(parts.body)}")

    def code(self, parts: Options) -> str:
        """A piece of code that is not run."""
        return f"```{parts.argument}\n{parts.body}\n```"

    def table(self, parts: Options) -> str:
        """A table with a numbered caption above it."""
        number = self.number("Table", parts.get("name"))
        return f"*Table {number}* {self.inline(parts.argument)}\n\n{self.flatten(parts.body)}"

    def list_table(self, parts: Options) -> str:
        """A table written as a list of lists: its first row becomes the head."""
        rows: list[list[str]] = []
        for line in parts.body.splitlines():
            start = re.match(r"^\s*(\*\s+)?-\s?(.*)$", line)
            if start and start[1]:
                rows.append([])
            if start and rows:
                rows[-1].append(start[2].strip())
            elif rows and rows[-1] and line.strip():
                rows[-1][-1] += " " + line.strip()
        if not rows:
            raise self.error("a list-table without rows")
        lines = [f"| {' | '.join(self.inline(cell) for cell in row)} |" for row in rows]
        lines.insert(1, "|---" * len(rows[0]) + "|")
        if not parts.argument:
            return "\n".join(lines)
        number = self.number("Table", parts.get("name"))
        return f"*Table {number}* {self.inline(parts.argument)}\n\n" + "\n".join(lines)

    def glossary(self, parts: Options) -> str:
        """Terms in bold, each with its meaning behind it."""
        lines = []
        for line in parts.body.splitlines():
            text = self.inline(line.strip())
            lines.append(text if line[:1].isspace() or not text else f"\n**{text}**")
        return "\n".join(lines).strip()

    def bibliography(self, parts: Options) -> str:
        """The papers cited on this page."""
        names = sorted(self.book.citations) if parts.get("all") else sorted(self.cited)
        return "\n".join(f"- {self.book.citations[name].line}" for name in names)
