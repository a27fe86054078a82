"""Answers that are legal and huge, or take long to read: the grader stays small and quick, and says whose they were."""

import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from paflib.grading import sandbox as sandboxes
from paflib.grading import session as sessions
from paflib.grading import wire
from paflib.grading.grade import JudgeProcess
from paflib.grading.judge import grade_file
from paflib.grading.limits import MIB
from paflib.grading.notebook import CODE
from paflib.grading.sandbox import StoppedError, best_rung
from paflib.grading.session import StudentError
from tests.grading import toy
from tests.grading.hostile import FRAME
from tests.grading.test_sandbox import started

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measured on Linux")

MOST = 250 * MIB
"""Of the process that judges, with its interpreter and NumPy (40 MiB) and the largest answers that are read."""

# The answer of `scaled`, which was asked for 4 x 6 numbers; what the remark says of it.
ANSWERS = {
    "one-array": ("np.zeros((1 << 14, 1 << 14))", "memory-limit|answer-size"),
    "an-array-of-one-number": ("np.broadcast_to(1.0, (1 << 14, 1 << 14))", r"answer-size: .*\(16384, 16384\)"),
    "an-array-of-bools-as-large-as-allowed": ("np.zeros(8 << 20, bool)", "not-scaled"),
    "ten-million-tuples": ("[(1, 2)] * 10_000_000", "time-limit|memory-limit|answer-size"),
    "tuples": ("[()] * 400_000", "time-limit|answer-size: `scaled` returned lists of more than 1100000 items"),
    "half-a-million-lists": ("[[]] * 500_000", "wrong-type"),
    "a-nest": ("__import__('functools').reduce(lambda x, _: [x], range(5000), 1)", "answer-type: .* 40 deep"),
    "half-a-gigabyte-of-text": ("'x' * (500 << 20)", "memory-limit|answer-size"),
    "half-a-gigabyte-of-texts": ("{k: 'x' * (50 << 20) for k in range(10)}", "memory-limit|answer-size"),
    "seven-megabytes-of-commas": ("',' * (7 << 20)", "answer-size"),
    "numbers-of-one-hash": ("{k * (2**61 - 1) for k in range(9000)}", "answer-type: .* more than 20 items of one hash"),
    "keys-of-one-hash": ("dict.fromkeys(k * (2**61 - 1) for k in range(9000))", "answer-type: .* items of one hash"),
    "rows-of-nothing": ("np.zeros((1 << 40, 0))", "answer-size: .* with nothing in it"),
}
# The same behind the back of the code that would refuse to send it: the header's answer, as text.
FORGED = {
    "lists": ("'[' + '[],' * 2_500_000 + '1]'", "brackets and commas"),
    "pairs-of-nothing": ("'[' + '{\"t\":[]},' * 349_000 + '1]'", "wrong-type"),
    "texts": ("'[' + ','.join(f'\"{k:x}\"' for k in range(1_000_000)) + ']'", "wrong-type"),
    "digits": ("'[' + '0.' + '1' * 8_000_000 + ']'", "wrong-type"),
    "one-hash": ("'{\"s\":[' + ','.join(str(k * (2**61 - 1)) for k in range(9999)) + ']}'", "items of one hash"),
    "one-hash-of-tuples": (
        "'{\"s\":[' + ','.join('{\"t\":[' + '0,' * 300 + str(k * (2**61 - 1)) + ']}' for k in range(3400)) + ']}'",
        "items of one hash",
    ),
    "sets-of-one-hash": (
        "'{\"s\":[' + ','.join('{\"s\":[%d,%d]}' % (k, k + 2**61 - 1) for k in range(4000)) + ']}'",
        "items of|more than 10000",
    ),
    "axes": ("'{\"a\":[\"<f8\",[' + ','.join(['9' * 280] * 28_000) + ']]}'", "an array of no shape"),
    "rows-of-nothing": ("'{\"a\":[\"<f8\",[1099511627776,0]]}'", "many rows with nothing"),
}
FORGER = FRAME.replace("{{", "{").replace("}}", "}") + r"""
import sys
from paflib.grading import worker
write = worker.write_frame
def silent(*_):
    worker.write_frame = write
def forge(text):
    worker.write_frame = silent
    at = sys._getframe()
    while "nonce" not in at.f_locals:
        at = at.f_back
    header = '{"nonce": "%s", "answer": %s}' % (at.f_locals["nonce"], text)
    data = struct.pack("!4sIQ", b"PAF1", len(header), 0) + header.encode()
    for fd in range(3, 20):
        try:
            is_pipe = os.readlink(f"/proc/self/fd/{fd}").startswith("pipe")
            while data and is_pipe:
                data = data[os.write(fd, data):]
        except OSError:
            pass
"""


def peak(pid: int) -> int:
    """The most memory that a process ever held."""
    (held,) = re.findall(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(held) * 1024


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """All of them, given to one process that judges; and between them a right one."""
    folder = tmp_path_factory.mktemp("large")
    results, peaks, seconds = {}, {}, {}
    cells = {name: f"import numpy as np\ndef scaled(image, factor):\n    return {answer}" for name, (answer, _) in
             ANSWERS.items()}  # fmt: skip
    cells |= {f"forged-{name}": f"{FORGER}def scaled(image, factor):\n    forge({text})\n    return 0" for
              name, (text, _) in FORGED.items()}  # fmt: skip
    cells["right"] = toy.SCALED
    judge = JudgeProcess("tests.grading.toy", 0, best_rung(), [], str(folder))
    try:
        for name, cell in cells.items():
            path, begin = toy.hand_in(folder, name, toy.CENTRE, cell, toy.COUNT), time.monotonic()
            results[name] = judge.grade(path)
            peaks[name], seconds[name] = peak(judge.process.pid), time.monotonic() - begin
    finally:
        judge.close()
    return results, peaks, seconds


@pytest.mark.parametrize("name", [*ANSWERS, *(f"forged-{name}" for name in FORGED)])
def test_it_costs_that_question_and_the_report_says_why(judged, name):
    result, wanted = judged[0][name], {**ANSWERS, **{f"forged-{key}": value for key, value in FORGED.items()}}[name][1]
    assert [question.points for question in result.questions] == [2, 0, 1.5]
    said = f"{result.questions[1].diagnosis}: {result.questions[1].message}"
    assert re.search(wanted, said), said
    assert not result.needs_attention
    assert judged[2][name] < 20


def test_the_grader_stays_small_and_grades_the_next_as_before(judged):
    results, peaks, _ = judged
    assert max(peaks.values()) < MOST, {name: size // MIB for name, size in peaks.items()}
    assert results["right"].total == 6.5


@pytest.mark.parametrize("letter", [",", "\U0001f600", "\x01", "\ud800", '"'], ids=ascii)
def test_a_cell_is_as_long_as_it_may_be_of_whatever_letters(tmp_path, letter):
    """None of them costs more in a message than there is room for."""
    cell = "#" + letter * (CODE - 1 - sum(map(len, toy.RIGHT)))
    result = grade_file(toy.hand_in(tmp_path, "long", cell, *toy.RIGHT), toy.ASSIGNMENT, 0)
    assert result.total == 6.5
    assert not result.stops


def test_of_many_notes_the_first_are_kept(tmp_path):
    cells = [*toy.RIGHT, *["1 / 0"] * 70]
    result = grade_file(toy.hand_in(tmp_path, "many", *cells), toy.ASSIGNMENT, 0)
    assert result.total == 6.5
    assert len(result.notes) == 51
    assert result.notes[-1].message == "and 20 times more"


# ---- checks that the answers keep busy

CHECKS = """
import numpy as np
from paflib.grading.assignment import Assignment, Question
from paflib.grading.limits import Limits

def counts(functions, seed):
    np.asarray(functions["f"](seed))
    if len(set(functions["f"](seed))) > 1:
        raise AssertionError

def copies(functions, seed):
    np.zeros((40, *functions["g"](seed).shape))

def is_slow(functions, seed):
    while functions["h"](seed):
        pass

ASSIGNMENT = Assignment("busy", "Busy", [
    Question("counts", "", 1, ["f"], counts),
    Question("copies", "", 1, ["g"], copies),
    Question("is-slow", "", 1, ["h"], is_slow),
], Limits(check=0.5))
"""
FUNCTIONS = "import numpy as np\ndef f(x):\n    return {f}\ndef g(x):\n    return {g}\ndef h(x):\n    return {h}"


def test_what_keeps_a_check_busy_is_said_to_be_the_answer_s_fault_where_it_is(tmp_path):
    (tmp_path / "busy.py").write_text(CHECKS)
    good = {"f": "[1]", "g": "np.zeros(1)", "h": "0"}
    alike = "[k * (2**61 - 1) for k in range(12_000)]"  # a set of these is made in quadratic time
    judge = JudgeProcess(str(tmp_path / "busy.py"), 0, best_rung(), [], str(tmp_path))
    try:
        results = [judge.grade(toy.hand_in(tmp_path, "ann", FUNCTIONS.format(**good | change), assignment=None))
                   for change in ({}, {"f": alike}, {"g": "np.zeros(8 << 20)"}, {"h": "1"}, {})]  # fmt: skip
    finally:
        judge.close()
    right, slow, large, teacher, again = results
    assert right.total == again.total == 3
    assert [question.points for question in slow.questions] == [0, 1, 1]
    said = slow.questions[0]
    assert said.diagnosis == "answer-size"
    assert said.message == ("`f` returned 12000 numbers or letters, far more than it was asked with, and the 0.5 s "
                            "of processor time that a check has were not enough")  # fmt: skip
    assert [question.points for question in large.questions] == [1, 0, 1]
    assert large.questions[1].diagnosis == "answer-size"
    assert large.questions[1].message.endswith("and the memory that a check has was not enough")
    assert not slow.needs_attention and not large.needs_attention
    assert teacher.questions[2].diagnosis == "check-error"  # its answers are small: this is not the student's fault
    assert "SpentError: it took more than 0.5 s of processor time" in teacher.questions[2].message


@pytest.mark.parametrize(
    ("asked", "answered", "is_large"),
    [(0, 10_000, False), (0, 10_001, True), (1200, 13_000, True), (1400, 13_000, False), (150_000, 160_000, False)],
)
def test_an_answer_is_large_when_it_is_ten_times_what_was_asked_with(asked, answered, is_large):
    """So that a check that is slow with whatever it is given stays the check's own fault."""
    with started("import numpy as np\ndef f(x, n):\n    return np.zeros(n, np.int8)") as session:
        session.functions["f"](np.zeros(asked), answered)
        assert bool(session.largest) == is_large


def test_reading_an_answer_is_within_the_limit_of_its_call(monkeypatch):
    def late(tree, payload, until):
        return wire.decode(tree, payload, until - 60)

    with started("def f():\n    return [[1]]") as session:
        monkeypatch.setattr(sessions, "decode", late)
        with pytest.raises(StudentError, match="more than 3 s to run `f` and to read what it returned") as caught:
            session.functions["f"]()
        assert caught.value.diagnosis == session.failure.diagnosis == "time-limit"


def test_an_answer_that_does_not_fit_into_the_grader_is_said_to_be_too_large(monkeypatch):
    def full(*_):
        raise MemoryError

    with started("def f():\n    return [[1]]") as session:
        monkeypatch.setattr(sessions, "decode", full)
        with pytest.raises(StudentError, match="`f` returned more than the grader has memory for") as caught:
            session.functions["f"]()
        assert caught.value.diagnosis == session.failure.diagnosis == "answer-size"
    monkeypatch.undo()
    with started("def f():\n    return [[1]]") as session:
        monkeypatch.setattr(sandboxes, "read_frame", full)
        session.functions["f"]()  # this one is being read
        with pytest.raises(StoppedError, match="the grader had no memory for its answer") as stopped:
            session.functions["f"]()
        assert stopped.value.diagnosis == "answer-size"


def test_a_submission_has_not_the_limit_of_its_grader(tmp_path):
    """It is of one process, and a submission may be allowed more."""
    teacher = toy.write_assignment(tmp_path / "teacher.py", "limits=replace(toy.QUICK, memory=4 << 30)")
    cell = "import resource\nprint('LIMIT', resource.getrlimit(resource.RLIMIT_DATA))"
    judge = JudgeProcess(str(teacher), 0, best_rung(), [], str(tmp_path))
    try:
        output = judge.grade(toy.hand_in(tmp_path, "ann", cell, *toy.RIGHT)).output
        limits = Path(f"/proc/{judge.process.pid}/limits").read_text()
    finally:
        judge.close()
    assert f"LIMIT ({4 << 30}, {4 << 30})" in output
    soft = int(re.search(r"Max data size\s+(\d+)", limits)[1])
    assert 1 << 30 < soft < 3 << 29
