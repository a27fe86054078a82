"""Submissions that mean harm: a class of them, graded together with honest ones in one run of real processes."""

import csv
import json
import os
import re
import socket
import threading
from types import SimpleNamespace

import pytest

from paflib.grading import grade as grading
from paflib.grading.sandbox import best_rung
from paflib.grading.warden import JAILS
from tests.grading import toy
from tests.grading.conftest import holds, processes, tree
from tests.grading.hostile import FULL, SUBMISSIONS

MARK = f"paflib-test-outlives-{os.getpid()}"
HONEST = {
    "aaa-right": (toy.RIGHT, FULL),
    "mmm-partly": ((toy.CENTRE, "def scaled(image, factor):\n    return image", toy.COUNT), (2, 0, 1.5)),
    "zzz-right": (toy.RIGHT, FULL),
}
pytestmark = pytest.mark.skipif(os.name != "posix", reason="only Linux and macOS have the protections")


@pytest.fixture(scope="module")
def listener():
    """Somebody who listens on this machine, and whom nobody must reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        heard = []

        def listen():
            try:
                while True:
                    heard.append(server.accept())
            except OSError:
                pass

        threading.Thread(target=listen, daemon=True).start()
        yield SimpleNamespace(port=server.getsockname()[1], heard=heard)
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module", params=["best", pytest.param("jail-user", marks=pytest.mark.slow)])
def graded(request, tmp_path_factory, listener):
    """The class, graded once; what was around it before and after."""
    rung = best_rung() if request.param == "best" else request.param
    if not holds(rung):
        pytest.skip(f"{rung} does not hold on this machine")
    base = tmp_path_factory.mktemp("hostile")
    folder, out, temporary = base / "class", base / "results", base / "temporary"
    teacher = toy.write_assignment(base / "teacher" / "secret.py")
    canary = base / "canary.txt"
    canary.write_text("alive")
    temporary.mkdir()
    words = {"canary": canary, "folder": folder, "out": out, "teacher": teacher, "port": listener.port, "mark": MARK}
    jailed = rung in JAILS
    names = [name for name, hostile in SUBMISSIONS.items() if jailed or not hostile.jail]
    for name in names:
        toy.hand_in(folder, name, *(cell.format(**words) if "{" in cell else cell for cell in SUBMISSIONS[name].cells))
    for name, (cells, _) in HONEST.items():
        toy.hand_in(folder, name, *cells)
    with open(folder / "too-large.ipynb", "wb") as file:
        file.truncate(100 << 20)
    before = {**tree(folder), **tree(base / "teacher")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        patch.setenv("PAFLIB_TEST_SECRET", toy.SECRET)
        patch.setattr("tempfile.tempdir", None)
        outcome = grading.grade(folder, str(teacher), out, jobs=2, quiet=True, rung=rung)
    with open(out / "grades.csv", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    return SimpleNamespace(
        rung=rung, base=base, out=out, folder=folder, canary=canary, temporary=temporary, before=before, rows=rows,
        names=names, results={submission.student: result for submission, result in outcome.results},
    )  # fmt: skip


def points(result):
    return tuple(question.points for question in result.questions)


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_no_points_that_are_not_earned_and_the_report_says_what_happened(graded, name):
    if name not in graded.names:
        pytest.skip("harmless only in a jail, which this machine does not allow")
    hostile, result = SUBMISSIONS[name], graded.results[name]
    got = points(result)
    for mine, wanted, most in zip(got, hostile.points, FULL, strict=True):
        assert mine == wanted or (wanted is None and mine in (0, most)), (name, got, graded.rows[name]["remarks"])
    remarks = graded.rows[name]["remarks"]
    assert not hostile.remarks or any(words in remarks for words in hostile.remarks), remarks
    page = (graded.out / "reports" / f"{name}.html").read_text()
    for question in result.questions:
        assert not question.diagnosis or question.diagnosis in page
    if hostile.remarks:
        overview = (graded.out / "overview.html").read_text()
        assert not result.stops or result.stops[0].diagnosis in overview
    assert not result.needs_attention


def test_the_others_have_the_grades_that_they_have_without_them(graded):
    for name, (_, wanted) in HONEST.items():
        assert points(graded.results[name]) == wanted
        assert not graded.results[name].stops


def test_nothing_outside_was_touched(graded):
    assert graded.canary.read_text() == "alive"
    assert {**tree(graded.folder), **tree(graded.base / "teacher")} == graded.before
    assert sorted(path.name for path in graded.base.iterdir()) == [
        "canary.txt", "class", "results", "teacher", "temporary",
    ]  # fmt: skip
    assert list(graded.temporary.iterdir()) == []
    assert sorted(path.name for path in graded.out.iterdir()) == [
        "assignment.json", "grades.csv", "overview.html", "reports", "state",
    ]  # fmt: skip
    stems = {*graded.names, *HONEST, "too-large"}
    assert {path.name for path in (graded.out / "reports").iterdir()} == {f"{stem}.html" for stem in stems}
    assert {path.name for path in (graded.out / "state").iterdir()} == {f"{stem}.json" for stem in stems}


def test_nothing_outlives_the_run(graded):
    assert "children-that-outlive" in graded.names
    assert processes(MARK) == []


@pytest.mark.parametrize(
    ("name", "never"),
    [("deletes-files", "HARM"), ("searches-the-secret", "READ"), ("uses-the-network", "CONNECTED")],
)
def test_what_is_outside_is_out_of_reach(graded, listener, name, never):
    if name not in graded.names:
        pytest.skip("this machine allows no namespaces")
    assert never not in graded.results[name].output
    assert listener.heard == []
    if name == "searches-the-secret":
        assert re.search(r"SEARCHED [1-9]", graded.results[name].output)


def test_the_secret_is_nowhere_in_the_results(graded):
    for content in tree(graded.out).values():
        assert content is None or toy.SECRET.encode() not in content


def test_a_gigabyte_of_output_is_drained_and_its_beginning_kept(graded):
    result = graded.results["prints-a-gigabyte"]
    assert len(result.output) == toy.QUICK.output
    assert result.printed > 100 << 20
    assert (graded.out / "reports" / "prints-a-gigabyte.html").stat().st_size < 100_000


def test_a_notebook_of_a_hundred_megabytes_is_refused_before_it_is_read(graded):
    assert points(graded.results["too-large"]) == (0, 0, 0)
    assert graded.rows["too-large"]["remarks"].startswith("too-large: it has 105 MB, at most 21 MB are read")


def test_a_full_disk_is_the_sandbox_s_own(graded):
    if "fills-the-disk" not in graded.names:
        pytest.skip("this machine allows no namespaces")
    assert "No space left" in graded.results["fills-the-disk"].output


def test_messages_of_students_are_cut_and_escaped(graded):
    page = (graded.out / "reports" / "raises-a-huge-message.html").read_text()
    assert len(page) < 20_000
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert len(json.dumps(graded.results["raises-a-huge-message"].to_json())) < 20_000


def test_the_overview_says_who_was_stopped_and_how_they_were_protected(graded):
    page = (graded.out / "overview.html").read_text()
    stopped = page.split("<h2>Stopped</h2>")[1].split("<h2>")[0]
    for name in ("loop-in-a-call", "memory-shared", "ends-its-process-in-a-call", "crashes"):
        assert f'<a href="reports/{name}.html">{name}</a>' in stopped
    assert "aaa-right" not in stopped
    assert f"<code>{graded.rung}</code>" in page
