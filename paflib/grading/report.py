"""The pages: one for each student, one for the class. Self-contained HTML without scripts, light and dark.

Everything that comes from a submission is escaped, and a content security policy forbids scripts and foreign content
besides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

from paflib import __version__
from paflib.checks.catalogue import meaning_of
from paflib.grading.results import AssignmentInfo, QuestionInfo, QuestionResult, Result
from paflib.grading.sandbox import protections

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --faint: #666; --line: #ccc; --bar: #0072b2;
  --good: #00694e; --bad: #a33b00; --box: #f4f4f4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --paper: #16181c; --faint: #aaa; --line: #444;
  --bar: #56b4e9; --good: #3fc79a; --bad: #f0a060; --box: #22252b; } }
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
td.number { text-align: right; white-space: nowrap; }
pre { background: var(--box); padding: .6rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
td, p, li { overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); margin-top: 1.5rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .faint { color: var(--faint); }
.bar { background: var(--bar); height: .9rem; display: inline-block; min-width: 1px; }
a { color: var(--bar); }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n"
        f'<p class="faint">paflib {escape(__version__)}</p>\n</main>\n</body>\n</html>\n'
    )


def _points(points: float, out_of: float) -> str:
    return f"{points:g} of {out_of:g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of ready HTML; cells that begin with a digit are set as numbers."""
    lines = ["<table>", "<tr>" + "".join(f'<th scope="col">{cell}</th>' for cell in head) + "</tr>"]
    for row in rows:
        cells = "".join(f"<td{_class(cell)}>{cell}</td>" for cell in row)
        lines.append(f"<tr>{cells}</tr>")
    return "\n".join([*lines, "</table>"])


def _class(cell: str) -> str:
    return ' class="number"' if cell[:1].isdigit() else ""


# ---- a student -----------------------------------------------------------------------------------------------------


def student_page(student: str, result: Result, info: AssignmentInfo) -> str:
    """A student's page: points, a diagnosis for each question that did not get them, and what happened."""
    total = _points(result.total, info.out_of)
    parts = [f"<h1>{escape(info.title)}</h1>", f"<p><strong>{escape(student)}</strong>: {total} points</p>"]
    if result.diagnosis:
        parts.append(f'<p class="bad"><strong>{escape(result.diagnosis)}</strong>: {escape(result.remark)}</p>')
    else:
        parts += [_question(q, r) for q, r in zip(info.questions, result.questions, strict=True)]
    parts.append(_happenings(result))
    return _page(f"{info.title}: {student}", "\n".join(part for part in parts if part))


def _question(question: QuestionInfo, result: QuestionResult) -> str:
    title = f"<h2>{escape(question.name)}: {escape(question.title)}</h2>"
    points = _points(result.points, question.points)
    if not result.diagnosis:
        return f'<section>{title}<p class="good">✓ {points} points</p></section>'
    case = " A hidden case." if question.hidden else ""
    lines = [
        f'<section>{title}<p class="bad">✗ {points} points: <strong>{escape(result.diagnosis)}</strong>.{case}</p>',
        f"<p>{escape(result.message)}</p>",
    ]
    if result.example:
        rows = [(escape(name), f"<pre>{escape(value)}</pre>") for name, value in result.example.items()]
        lines.append("<p>The smallest case that shows it:</p>" + _table(("name", "value"), rows))
    return "\n".join([*lines, "</section>"])


def _happenings(result: Result) -> str:
    words = dict.fromkeys(note.message for note in (*result.stops, *result.notes))
    lines = [f"<li>{escape(each)}</li>" for each in words]
    parts = []
    if lines:
        parts += ["<h2>What happened while it ran</h2>", "<ul>", *lines, "</ul>"]
    if result.output:
        cut = "" if len(result.output.encode()) >= result.printed else f", the beginning of {result.printed} bytes"
        parts += [f"<h2>What it printed{cut}</h2>", f"<pre>{_visible(result.output)}</pre>"]
    return "<section>" + "\n".join(parts) + "</section>" if parts else ""


def _visible(text: str) -> str:
    return escape("".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text))


# ---- the class -----------------------------------------------------------------------------------------------------


def overview_page(results: Sequence[tuple[str, str, Result]], info: AssignmentInfo, rung: str) -> str:
    """The class's page, from names, the stems of their reports, and results."""
    totals = [result.total for _, _, result in results]
    mean = sum(totals) / len(totals)
    parts = [
        f"<h1>{escape(info.title)}</h1>",
        f"<p>{len(results)} submissions, {mean:.2f} of {info.out_of:g} points on average.</p>",
        _attention(results),
        "<h2>Points</h2>", _distribution(totals, info.out_of),
        "<h2>Questions</h2>", _solved(results, info),
        "<h2>Diagnoses</h2>", _diagnoses(results, info),
        "<h2>Stopped</h2>", _stopped(results),
        "<h2>Protections</h2>", _protections(rung),
        "<h2>Students</h2>", _students(results, info),
    ]  # fmt: skip
    return _page(f"{info.title}: overview", "\n".join(part for part in parts if part))


def _link(student: str, stem: str) -> str:
    return f'<a href="reports/{quote(stem)}.html">{escape(student)}</a>'


def _attention(results: Sequence[tuple[str, str, Result]]) -> str:
    names = [_link(student, stem) for student, stem, result in results if result.needs_attention]
    if not names:
        return ""
    return f'<p class="bad"><strong>Look at these yourself</strong>, a check failed on them: {", ".join(names)}.</p>'


def _bar(count: int, most: int) -> str:
    return f'<span class="bar" style="width:{100 * count / max(most, 1):.0f}%"></span>'


def _distribution(totals: Sequence[float], out_of: float) -> str:
    """A histogram of at most ten bins, the last with its upper end."""
    bins = 10
    width = out_of / bins or 1
    counts = Counter(min(int(total / width), bins - 1) for total in totals)
    most = max(counts.values())
    rows = [
        (f"{i * width:g} to {(i + 1) * width:g}", f"{counts[i]}", _bar(counts[i], most) if counts[i] else "")
        for i in range(bins)
    ]
    return _table(("points", "submissions", ""), rows)


def _solved(results: Sequence[tuple[str, str, Result]], info: AssignmentInfo) -> str:
    rows = []
    for i, question in enumerate(info.questions):
        right = sum(not result.questions[i].diagnosis for _, _, result in results)
        name = f"{escape(question.name)}: {escape(question.title)}"
        rows.append((name, f"{question.points:g}", f"{right} of {len(results)}", _bar(right, len(results))))
    return _table(("question", "points", "right", ""), rows)


def _diagnoses(results: Sequence[tuple[str, str, Result]], info: AssignmentInfo) -> str:
    counts: Counter[tuple[str, str]] = Counter()
    for _, _, result in results:
        if result.diagnosis:
            counts["whole submission", result.diagnosis] += 1
        else:
            counts.update((each.name, each.diagnosis) for each in result.questions if each.diagnosis)
    if not counts:
        return "<p>None: every answer was right.</p>"
    order = ["whole submission", *(question.name for question in info.questions)]
    most = max(counts.values())
    ranked = sorted(counts.items(), key=lambda item: (order.index(item[0][0]), -item[1], item[0][1]))
    rows = [
        (escape(where), escape(what), f"{count}", _bar(count, most), escape(meaning_of(what)))
        for (where, what), count in ranked
    ]
    return _table(("question", "diagnosis", "how often", "", "what it means"), rows)


def _stopped(results: Sequence[tuple[str, str, Result]]) -> str:
    rows = [
        (_link(student, stem), escape(stop.diagnosis), escape(stop.message))
        for student, stem, result in results
        for stop in result.stops
    ]
    return _table(("student", "why", "what"), rows) if rows else "<p>Nobody.</p>"


def _protections(rung: str) -> str:
    rows = [
        (escape(each.what), '<span class="good">yes</span>' if each.active else '<span class="bad">no</span>',
         escape(each.how))
        for each in protections(rung)
    ]  # fmt: skip
    return f"<p>Submissions ran as <code>{escape(rung)}</code>.</p>" + _table(("what", "protected", "how"), rows)


def _students(results: Sequence[tuple[str, str, Result]], info: AssignmentInfo) -> str:
    rows = []
    for student, stem, result in results:
        points = [f"{each.points:g}" for each in result.questions]
        remarks = escape(" | ".join(result.remarks())[:300])
        rows.append((_link(student, stem), f"{result.total:g}", *points, remarks))
    names = [escape(question.name) for question in info.questions]
    return _table(("student", f"total of {info.out_of:g}", *names, "remarks"), rows)
