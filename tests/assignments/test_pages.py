"""What students get: pages and notebooks that follow from the masters, and nothing of what is graded in them."""

from __future__ import annotations

import contextlib
import html
import json
import re
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from paflib import checks
from paflib.errors import DataError
from paflib.grading import assignments as graded
from paflib.grading.assignment import load_assignment
from paflib.grading.assignments import SAMPLE, cases, key, load
from paflib.grading.notebook import parse
from scripts import assignments, book, notebooks
from tests.assignments import hand_in
from tests.assignments.collection import PLANS

SECRET = "the-long-word-of-the-class-of-2032"  # whose numbers are others than the sample's in every assignment
every_plan = pytest.mark.parametrize("name", PLANS)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """What a class gets, without autograders."""
    out = tmp_path_factory.mktemp("class")
    assert assignments.main(["--seed", SECRET, "--out", str(out), "--no-zips", "--ref", "v0"]) == 0
    return SimpleNamespace(out=out, students=out / "students", teacher=out / "teacher")


def test_the_pages_follow_from_the_masters():
    assert [str(path) for path in assignments.stale()] == [], "run `make notebooks`"
    here = {path.stem for path in (book.ROOT / "book" / "assignments").glob("*.md")}
    assert here == set(PLANS)
    toc = (book.ROOT / "_toc.yml").read_text()
    assert all(f"book/assignments/{name}\n" in toc for name in PLANS)


def test_a_changed_page_is_stale_and_written_again(tmp_path, monkeypatch, capsys):
    (tmp_path / "tests" / "assignments").mkdir(parents=True)
    (tmp_path / assignments.MASTERS).symlink_to(book.ROOT / assignments.MASTERS)
    assert assignments.main(["--check"], tmp_path) == 1
    assert assignments.main(["--pages"], tmp_path) == 0
    assert assignments.main(["--check"], tmp_path) == 0
    page = next((tmp_path / "book" / "assignments").glob("*.md"))
    page.write_text(page.read_text() + "\n")
    assert assignments.main(["--check"], tmp_path) == 1


@every_plan
def test_a_stubs_cells_run_and_show_a_table(name):
    """As the book and Colab execute the page: no cell raises, and every check says what is missing."""
    scope, shown = {}, []
    for cell in notebooks.read_chapter(assignments.page_path(PLANS[name])).cells:
        if cell.cell_type == "code" and hand_in.is_check(cell.source):
            shown.append(eval(cell.source, scope))
        elif cell.cell_type == "code":
            exec(cell.source, scope)
    assert [type(one) for one in shown] == [checks.Result] * len(PLANS[name].parts)
    assert {one.diagnosis for one in shown} == {"returns-none"}
    assert all("<table" in one._repr_html_() for one in shown)


@every_plan
def test_the_masters_own_checks_are_green(name):
    plan = PLANS[name]
    scope = hand_in.run(hand_in.code(plan))
    calls = [cell for cell in hand_in.code(plan) if hand_in.is_check(cell)]
    assert len(calls) == len(plan.parts)
    assert all(eval(call, scope) for call in calls)


@every_plan
def test_the_twin_is_the_students_notebook(name):
    path = assignments.page_path(PLANS[name]).with_suffix(".ipynb")
    tree = json.loads(path.read_text(encoding="utf-8"))
    assert tree["metadata"]["paflib"] == {"assignment": name}
    first, badge, *_ = ("".join(cell["source"]) for cell in tree["cells"])
    assert first.startswith("# Set-up.")
    assert f"{notebooks.COLAB}paf-book/paf-book/blob/main/book/assignments/{name}.ipynb" in badge
    assert all(not cell.get("outputs") for cell in tree["cells"])


@every_plan
def test_a_class_gets_its_own_numbers(name, written):
    tree = json.loads((written.students / f"{name}.ipynb").read_text(encoding="utf-8"))
    plan = PLANS[name]
    assert tree["metadata"]["paflib"] == {"assignment": plan.name_for(SECRET)}
    code = ["".join(cell["source"]) for cell in tree["cells"] if cell["cell_type"] == "code"]
    assert assignments.constants(plan, SECRET) in code
    assert code[0].startswith("# Set-up.")
    assert plan.parameters(SECRET) != plan.parameters(SAMPLE)
    assert "colab-badge" not in json.dumps(tree)  # nobody said where it would lie
    links = re.findall(r"\]\((\S+)\)", "".join("".join(cell["source"]) for cell in tree["cells"]))
    assert all(link.startswith("https://") for link in links)


def test_the_badge_leads_to_where_the_teacher_puts_the_notebooks(tmp_path):
    where = "https://github.com/school/poses/blob/main/homework"
    arguments = ["--seed", SECRET, "--out", str(tmp_path), "--no-zips", "--only", "confidence-maps", "--colab", where]
    assert assignments.main([*arguments, "--ref", "v0"]) == 0
    text = (tmp_path / "students" / "confidence-maps.ipynb").read_text()
    assert "colab.research.google.com/github/school/poses/blob/main/homework/confidence-maps.ipynb" in text


@every_plan
def test_the_teachers_file_is_the_assignment_of_the_class(name, written):
    path = written.teacher / f"{name.replace('-', '_')}.py"
    assignment, _ = load_assignment(str(path))
    assert assignment.name == PLANS[name].name_for(SECRET)
    functions = hand_in.run(hand_in.code(PLANS[name], SECRET))
    for question in assignment.questions:
        question.check({one: functions[one] for one in question.functions}, 0)


@every_plan
def test_the_sample_is_registered(name):
    assignment, _ = load_assignment(name)
    assert assignment.name == name
    assert [question.points for question in assignment.questions] == [part.points for part in PLANS[name].parts]


def test_an_assignment_that_does_not_exist_is_told():
    with pytest.raises(DataError, match="did you mean 'confidence-maps'"):
        load("confidence-map")


def test_the_word_draws_numbers_and_cases():
    plan = PLANS["confidence-maps"]
    assert plan.parameters("a") == plan.parameters("a")
    assert len({str(plan.parameters(f"word {k}")) for k in range(30)}) > 20
    assert len({cases(word, purpose) for word in "abc" for purpose in "xyz"}) == 9
    assert plan.name_for("a") != plan.name_for("b") != plan.name == plan.name_for(SAMPLE)


def test_nothing_of_a_class_is_written_into_the_repository(capsys):
    for place in (book.ROOT, book.ROOT / "book", book.ROOT / "tests" / "assignments" / "out"):
        assert assignments.main(["--seed", SECRET, "--out", str(place), "--no-zips"]) == 1
        assert "must not lie in the repository" in capsys.readouterr().err
    assignments.check_out(book.ROOT / "dist" / "assignments")


def test_a_class_needs_a_word(capsys):
    with pytest.raises(SystemExit):
        assignments.main([])
    assert "--seed WORD" in capsys.readouterr().err


@pytest.mark.parametrize(("word", "why"), [(SAMPLE, "the book's own"), ("", "0 letters"), ("a", "1 letters"),
                                           ("sevenup", "7 letters and can be guessed")])  # fmt: skip
def test_a_word_that_is_no_secret_is_refused(word, why, tmp_path, capsys):
    assert assignments.main(["--seed", word, "--out", str(tmp_path / "out"), "--no-zips", "--ref", "v0"]) == 1
    said = capsys.readouterr().err
    assert why in said and "make one: python3 -c" in said
    with pytest.raises(assignments.AssignmentsError, match=why):
        assignments.write_class(word, tmp_path / "out", "v0", zips=False)
    assert not (tmp_path / "out").exists()


def test_a_short_word_is_warned_of_and_a_long_one_is_not(tmp_path, capsys):
    rest = ["--out", str(tmp_path), "--no-zips", "--ref", "v0", "--only", "matching"]
    assert assignments.main(["--seed", "x" * 15, *rest]) == 0
    assert capsys.readouterr().err.startswith("Warning: the word has only 15 letters")
    assert assignments.main(["--seed", "x" * 16, *rest]) == 0
    assert capsys.readouterr().err == ""


@every_plan
def test_all_that_a_word_gives_is_made_from_its_key(name, monkeypatch):
    """Else a guess of the word could be tried against it quickly."""
    monkeypatch.setattr(graded, "key", lambda word: "the same for all words")
    plan = PLANS[name]
    assert plan.parameters("one") == plan.parameters("another")
    assert plan.name_for("one") == plan.name_for("another")
    assert cases("one", "x") == cases("another", "x")


def test_the_key_of_a_word_takes_long_once_and_stays_what_it_is():
    begin = time.process_time()
    made = key.__wrapped__("the word of the class")
    assert time.process_time() - begin > 0.01  # a digest takes a thousandth of a thousandth
    assert key("the word of the class") is key("the word of the class")
    assert made[:16] == "ae318b68d8cfe6c5"  # or a class that has begun would have other numbers
    assert key(SAMPLE) == SAMPLE


@every_plan
def test_the_seed_of_a_grading_draws_other_cases(name, monkeypatch):
    """Of the same word, in every question."""
    drawn = []

    def spy(word, purpose):
        drawn.append(cases(word, purpose))
        return drawn[-1]

    questions = PLANS[name].assignment(SECRET).questions
    monkeypatch.setattr(graded, "cases", spy)
    monkeypatch.setattr("paflib.grading.assignments.capstone.cases", spy)
    for question in questions:
        for seed in (0, 1):
            with contextlib.suppress(checks.CheckFailed):
                question.check(dict.fromkeys(question.functions, lambda *_: None), seed)
    assert len(drawn) == len(set(drawn)) == 2 * len(questions)


# ---- what must not leak


def solution_lines() -> dict[str, str]:
    """The distinctive lines of all solutions, and of which assignment each is; the head of a loop is nobody's own."""
    found: dict[str, str] = {}
    for name, plan in PLANS.items():
        text = assignments.master_path(plan).read_text(encoding="utf-8")
        for block in re.findall(r"# BEGIN SOLUTION\n(.*?)# END SOLUTION", text, re.DOTALL):
            found |= {line.strip(): name for line in block.splitlines() if _distinctive(line.strip())}
    return found


def _distinctive(line: str) -> bool:
    return len(line) > 24 and not line.endswith(":")


def leaks(text: str, words: list[str]) -> list[str]:
    """Which of these stand in a text."""
    bare = re.sub(r"\s+", " ", text)
    return [word for word in words if re.sub(r"\s+", " ", word) in bare]


def texts(*folders: Path) -> dict[Path, str]:
    """All readable files; notebooks and pages of a built book as the text that they show."""
    found = {}
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path.suffix == ".ipynb":
            text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"]) + text
        if path.suffix == ".html":
            text = html.unescape(re.sub(r"<[^>]*>", "", text))
        found[path] = text
    return found


def test_no_solution_is_in_the_book_its_package_or_what_students_get(written):
    lines = list(solution_lines())
    assert len(lines) > 15 * len(PLANS) / 2
    places = [book.ROOT / "book", book.ROOT / "paflib", book.ROOT / "data", written.students]
    built = book.ROOT / "_build" / "html"
    for path, text in texts(*places, *([built] if built.is_dir() else [])).items():
        assert leaks(text, lines) == [], path


def test_the_solutions_would_be_found():
    plan = PLANS["confidence-maps"]
    lines = list(solution_lines())
    assert len(leaks("\n".join(hand_in.code(plan)), lines)) > 10
    assert leaks("\n".join(hand_in.code(plan, solved=False)), lines) == []


def hidden_cases(name: str, word: str) -> list[str]:
    """The arrays of a class's hidden cases, as a notebook would hold them."""
    plan, found = PLANS[name], []
    functions = hand_in.run(hand_in.code(plan, word))
    for question in plan.assignment(word).questions:
        asked: list[np.ndarray] = []

        def listening(function, asked=asked):
            def answer(*case):
                asked.extend(one for one in case if isinstance(one, np.ndarray) and one.dtype.kind == "f")
                return function(*case)

            return answer

        question.check({one: listening(functions[one]) for one in question.functions}, 0)
        found += [str(one.tolist()) for one in asked if one.size > 1 and (one % 1 != 0).any()]
    return found


@every_plan
def test_no_word_and_no_hidden_case_is_in_what_students_get(name, written):
    hidden = hidden_cases(name, SECRET)
    assert len(hidden) >= 3
    seeds = [str(cases(SECRET, f"{part.function}/0")) for part in PLANS[name].parts]
    for path, text in texts(written.students).items():
        assert leaks(text, [SECRET, *seeds]) == [], path
        assert leaks(text, hidden) == [], path
    teacher = (written.teacher / f"{name.replace('-', '_')}.py").read_text()
    assert leaks(teacher, [SECRET]) == [SECRET]


@pytest.mark.parametrize("name", [name for name in PLANS if name != "capstone"])
def test_hidden_cases_are_the_classs_own(name, monkeypatch):
    """They are neither those of the notebook nor those of another class, though the small ones are much alike."""
    hidden = hidden_cases(name, SECRET)
    assert hidden == hidden_cases(name, SECRET)
    monkeypatch.setattr("paflib.grading.assignments.cases", lambda word, purpose: 0)  # as in the notebook
    shown = hidden_cases(name, SECRET)
    assert len(set(hidden) - set(shown)) > 0.3 * len(set(hidden))


def test_the_capstones_scenes_are_the_classs_own():
    plan, asked = PLANS["capstone"], {}
    functions = hand_in.run(hand_in.code(plan))
    for word in (SECRET, "another class"):
        asked[word] = []

        def find(image, images=asked[word]):
            images.append(image.tobytes())
            return functions["find"](image)

        question = next(one for one in plan.assignment(word).questions if one.name == "alone")
        question.check({"creature": functions["creature"], "find": find}, 0)
    assert len(set(asked[SECRET])) == len(asked[SECRET]) >= 20
    assert not set(asked[SECRET]) & set(asked["another class"])


@every_plan
def test_a_students_notebook_is_one_that_the_grader_reads(name, written):
    notebook = parse((written.students / f"{name}.ipynb").read_bytes(), ".ipynb")
    assert notebook.assignment == PLANS[name].name_for(SECRET)
