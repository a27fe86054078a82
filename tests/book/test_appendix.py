"""The appendix: its code runs and prints what it says, its names exist, its glossary is complete."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts import book, notebooks

APPENDIX = book.ROOT / "book" / "appendix"
PAGES = sorted(APPENDIX.glob("*.md"))
QUESTIONS = APPENDIX / "questions.md"
FENCED = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
HEADS = {"max": "Maximum or sum", "average": "Average or overwrite", "integral": "line integral mean",
         "hungarian": "What exactly is the Hungarian", "greedy": "Hungarian and the code is greedy",
         "best B": "best B for each A", "channels": "Which channel is which limb", "mask": "loss weighted spatially",
         "refinement": "drop the refinement", "fine-tune": "How do I fine-tune", "AP": "Why is my AP",
         "split": "split or merged", "fast": "How fast", "weights": "Which weights work"}  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A piece of code, the line it begins at, and what the page says that it prints."""

    code: str
    line: int
    output: str

    @property
    def uses_torch(self) -> bool:
        return re.search(r"^import torch", self.code, re.MULTILINE) is not None


def blocks(page: Path) -> Iterator[Block]:
    """The Python blocks of a page; a text block that follows directly is the output."""
    text = page.read_text(encoding="utf-8")
    found = list(FENCED.finditer(text))
    for this, after in zip(found, [*found, None][1:], strict=True):
        if this["language"] == "python":
            follows = after is not None and after["language"] == "text" and not text[this.end() : after.start()].strip()
            line = text[: this.start()].count("\n") + 2
            yield Block(this["text"], line, after["text"] if after is not None and follows else "")


def run(page: Path, some: list[Block], names: dict[str, Any]) -> None:
    """Run blocks one after the other, and compare what each prints with what the page says."""
    for block in some:
        printed = io.StringIO()
        # The empty lines before it make an error name the page's own line.
        code = compile("\n" * (block.line - 1) + block.code, str(page), "exec")
        with contextlib.redirect_stdout(printed):
            exec(code, names)
        assert lines_of(printed.getvalue()) == lines_of(block.output), f"{page.name}, line {block.line}"


def lines_of(text: str) -> list[str]:
    """Lines without trailing blanks."""
    return [line.rstrip() for line in text.rstrip().splitlines()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_the_appendix_prints_what_the_page_says(page):
    run(page, [block for block in blocks(page) if not block.uses_torch], {})


@pytest.mark.slow  # two seconds on an idle machine, and a minute on one whose cores are busy
def test_the_training_step_runs():
    everything = list(blocks(QUESTIONS))
    with_torch = [block for block in everything if block.uses_torch]
    assert len(with_torch) == 1
    run(QUESTIONS, [everything[0], *with_torch], {})


def test_code_and_output_fit_on_a_page():
    for page in PAGES:
        for fence in FENCED.finditer(page.read_text(encoding="utf-8")):
            assert max(map(len, fence["text"].splitlines())) <= 78, f"{page.name}: {fence['text']}"


def test_wrong_output_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n")
    with pytest.raises(AssertionError, match=r"page\.md, line 4"):
        run(page, list(blocks(page)), {})


def test_every_question_is_answered_by_name():
    heads = re.findall(r"^## (.*)$", QUESTIONS.read_text(encoding="utf-8"), re.MULTILINE)
    for subject, words in HEADS.items():
        assert any(words in head for head in heads), subject
    assert len(heads) >= len(HEADS)


def test_every_answer_has_code_or_points_to_a_page():
    text = QUESTIONS.read_text(encoding="utf-8")
    for answer in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        assert "```python" in answer or "{doc}" in answer or "{cite:t}" in answer, answer.splitlines()[0]


def resolve(name: str) -> Any:
    """What a dotted name of the package stands for; an attribute of a dataclass counts without a default too."""
    words = name.split(".")
    for cut in range(len(words), 0, -1):
        with contextlib.suppress(ModuleNotFoundError):
            thing: Any = importlib.import_module(".".join(words[:cut]))
            break
    for word in words[cut:]:
        if word in getattr(thing, "__dataclass_fields__", {}):
            return thing.__dataclass_fields__[word]
        thing = inspect.getattr_static(thing, word) if inspect.isclass(thing) else getattr(thing, word)
    return thing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_name_of_the_package_exists(page):
    for name in re.findall(r"`(paflib(?:\.\w+)+)`", page.read_text(encoding="utf-8")):
        resolve(name)


def test_every_name_in_the_notation_exists():
    rows = re.findall(r"^\|.*\|([^|]*)\|$", (APPENDIX / "notation.md").read_text(encoding="utf-8"), re.MULTILINE)
    names = [name for row in rows for name in re.findall(r"`([\w.]+)`", row)]
    assert len(names) > 30
    for name in names:
        resolve(f"paflib.{name}")


def test_an_unknown_name_is_noticed():
    with pytest.raises(AttributeError):
        resolve("paflib.Skeleton.limb_table")


def glossary() -> list[tuple[str, str, str]]:
    """The entries: English, Chinese, the meaning with its chapter."""
    text = (APPENDIX / "glossary.md").read_text(encoding="utf-8")
    body = re.search(r"^```\{glossary\}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert body is not None
    entries = [entry.splitlines() for entry in body[1].strip().split("\n\n")]
    return [(english, chinese, "\n".join(meaning)) for english, chinese, *meaning in entries]


def test_the_glossary_is_complete_and_in_order():
    entries = glossary()
    assert 40 <= len(entries) <= 80
    english = [term.lower() for term, _, _ in entries]
    assert english == sorted(english)
    assert len(set(english)) == len(english)
    for term, chinese, meaning in entries:
        assert not CHINESE.search(term), term
        words = re.fullmatch(r'<span lang="zh-Hans">(.+)</span>', chinese)
        assert words is not None and CHINESE.search(words[1]), term
        assert re.fullmatch(r"  [^\n]+\. \*Chapter:\* (\{doc\}`[^`]+`|\*[^*]+\*, to come)\.", meaning), term


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("confidence map", "置信图"), ("part affinity field", "部件亲和场"), ("keypoint", "关键点"), ("limb", "肢体"),
        ("line integral", "线积分"), ("bipartite matching", "二分图匹配"), ("Hungarian algorithm", "匈牙利算法"),
        ("non-maximum suppression", "非极大值抑制"), ("intermediate supervision", "中间监督"),
    ],
)  # fmt: skip
def test_the_words_everybody_looks_for_are_there(english, chinese):
    assert any(term.startswith(english) and chinese in translation for term, translation, _ in glossary())


def test_only_the_guide_for_instructors_has_a_twin():
    assert [page.stem for page in PAGES if notebooks.is_notebook(page)] == ["instructors-guide"]
