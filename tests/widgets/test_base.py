"""What all widgets share: the bundle, the page without a kernel, the live model, steppers and handles."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

import paflib.widgets
from paflib.widgets import base
from paflib.widgets.base import Widget, bundle, pack
from tests.widgets.node import find_node


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """A function {name: text} that puts modules where `bundle` looks for them."""
    bundle.cache_clear()
    base._read.cache_clear()
    monkeypatch.setattr(base, "HERE", tmp_path)

    def write(**texts: str) -> None:
        for name, text in texts.items():
            (tmp_path / f"{name}.js").write_text(text, encoding="utf-8")

    yield write
    bundle.cache_clear()
    base._read.cache_clear()


def widget(state=None, description="What there is to see.", picture=b"\x89PNG...") -> Widget:
    """A widget on the smallest module there is."""

    class Small(Widget):
        module = "ui.js"
        title = 'Small & "quick"'

    return Small(state or {"k": 1}, description, picture)


# ---- modules ------------------------------------------------------------------------------------------------------


def test_a_bundle_holds_every_module_once_and_exports_the_last(modules):
    modules(
        low="export const one = 1;\nexport function two() { return 2; }\n",
        left='import { one } from "./low.js";\nexport const left = one;\n',
        right='import {\n  one,\n  two,\n} from "./low.js";\nexport const right = one + two();\n',
        top='import { left } from "./left.js";\nimport {right} from "./right.js";\nexport const sum = left + right;\n',
    )
    text = bundle("top.js")
    assert "import" not in text
    assert text.count("const one = 1") == 1
    assert re.findall(r"^export .*", text, re.MULTILINE) == ["export const sum = left + right;"]
    assert text.index("one = 1") < text.index("left = one") < text.index("sum = left")


@pytest.mark.parametrize(
    "text",
    [
        'import * as low from "./low.js";',
        'import low from "./low.js";',
        'import { one as eins } from "./low.js";',
        'import { x } from "https://example.com/x.js";',
        "const x = 1;\nexport { x };",
        "const end = '</script>';",
        "const begin = '<!--';",
    ],
)
def test_what_a_bundle_cannot_hold_is_named(modules, text):
    modules(low="export const one = 1;\n", top=text + "\n")
    with pytest.raises(ValueError, match=r"top\.js"):
        bundle("top.js")


@pytest.mark.parametrize("name", paflib.widgets.__all__)
def test_every_widgets_module_is_one_that_anywidget_can_run(name, node, tmp_path):
    """It parses (names alike would not), nothing at its top level needs a page, and its default export renders."""
    kind = getattr(paflib.widgets, name)
    assert kind._esm == bundle(kind.module)
    (tmp_path / "widget.mjs").write_text(kind._esm, encoding="utf-8")
    (tmp_path / "main.mjs").write_text(
        'import widget, { render } from "./widget.mjs";\n'
        "console.log(typeof render, widget.render === render, render.length);\n",
        encoding="utf-8",
    )
    done = subprocess.run([node, tmp_path / "main.mjs"], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["function", "true", "1"], done.stderr


def test_a_missing_node_is_a_failure(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("NODE", raising=False)
    with pytest.raises(pytest.fail.Exception, match="Node"):
        find_node()


def test_widgets_are_imported_when_they_are_asked_for():
    code = "import sys, paflib.widgets as w; f = lambda: print('anywidget' in sys.modules); f(); w.ConfidenceLab; f()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["False", "True"], done.stderr
    with pytest.raises(AttributeError, match="NoSuchLab"):
        _ = paflib.widgets.NoSuchLab


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0), (-0.3, 2.5)])
def test_packed_numbers_come_back(run_in_node, low, high):
    array = np.random.default_rng(0).uniform(low, high, (3, 5, 7))
    array[0, 0, :2] = low, high
    packed = pack(array, low, high)
    told = run_in_node("ui.js", "packed => m.unpack(packed)", packed)
    assert told["shape"] == [3, 5, 7]
    back = np.reshape(told["values"], array.shape)
    assert np.abs(back - array).max() <= (high - low) / 510 + 1e-6
    assert back[0, 0, :2] == pytest.approx([low, high])


# ---- the page -----------------------------------------------------------------------------------------------------


class Elements(HTMLParser):
    """The start tags of a page, and the text of each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data


def test_the_page_holds_state_picture_and_words():
    state = {"text": "</script><script>alert(1)</script><!-- & \"'", "numbers": [0.1, -2]}
    page = Elements(widget(state, "Less < more & <b>words</b>").to_html())
    assert [tag for tag, _ in page.tags].count("script") == 2
    assert json.loads(page.scripts[0]) == state
    assert page.scripts[1].strip().startswith(bundle("ui.js")[:200])
    assert "b" not in [tag for tag, _ in page.tags]
    group = page.tags[0][1]
    assert (group["role"], group["aria-label"]) == ("group", 'Small & "quick"')
    (image,) = (attributes for tag, attributes in page.tags if tag == "img")
    assert image["alt"] == ""  # the words beside it say what it shows
    assert (image["src"] or "").startswith("data:image/png;base64,iVBOR")


def test_nothing_in_the_page_comes_from_outside():
    text = widget().to_html()
    assert set(re.findall(r"https?://[\w./]+", text)) <= {"http://www.w3.org/2000/svg"}  # a name, and no address
    assert "url(" not in text
    assert "@import" not in text


def test_two_widgets_on_a_page_do_not_share_an_id():
    found = [Elements(widget().to_html()).tags[0][1]["id"] for _ in range(2)]
    assert found[0] != found[1]


def test_numbers_that_json_lacks_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        widget({"x": float("nan")}).to_html()


def test_a_notebook_gets_the_view_and_the_page():
    """Without a kernel and a comm too: what the book shows, and what Jupyter shows, in one output."""
    one = widget()
    data, metadata = one._repr_mimebundle_()
    view = data["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == one.model_id
    assert "paf-widget" in data["text/html"]
    assert isinstance(metadata, dict)
    assert one._esm == bundle("ui.js")
    assert one.get_state()["state"] == {"k": 1}


# ---- the live model -----------------------------------------------------------------------------------------------

LIVE = """states => {
  const model = m.staticModel(states[0]), built = [], saved = [];
  model.save_changes = () => saved.push(model.get("state"));
  let save;
  const build = (state, keep) => { built.push(state); save = keep; };
  const stop = m.fromState({ model, el: { replaceChildren() {} } }, build);
  save({ x: 2 });                                         // the reader moves something: Python hears it
  model.set("state", JSON.parse(JSON.stringify(model.get("state")))); // and the kernel sends it back
  model.set("state", states[1]);                          // Python sets another state
  stop();
  model.set("state", states[0]);                          // the view has been closed
  return { built, saved };
}"""


def test_states_go_both_ways_without_an_echo(run_in_node):
    told = run_in_node("ui.js", LIVE, [{"x": 1, "y": 5}, {"x": 7, "y": 8}])
    assert told == {"built": [{"x": 1, "y": 5}, {"x": 7, "y": 8}], "saved": [{"x": 2, "y": 5}]}


# ---- in a browser -------------------------------------------------------------------------------------------------


def with_script(script: str) -> str:
    """A page that runs a script on the exports of ui.js; `root` is an element of a widget."""
    return f"""<style>{base._read("widgets.css")}</style><div class="paf-root" id="root"></div>
<script type="module">{bundle("ui.js")}
const root = document.getElementById("root");
{script}
</script>"""


STEPPER = """window.seen = [];
window.inView = true;
const onStep = (k) => window.seen.push(k), inView = () => window.inView;
const walk = stepper({ count: 4, label: "steps", interval: 5, onStep, inView });
root.append(walk.element);"""


@pytest.mark.browser
def test_a_stepper_steps_plays_and_stops_at_the_end(show):
    shown = show(with_script(STEPPER))
    page = shown.page
    page.get_by_role("button", name="Next, steps").click()
    page.get_by_role("button", name="Next, steps").click()
    page.get_by_role("button", name="Previous, steps").click()
    assert page.evaluate("window.seen") == [1, 2, 1]
    play = page.get_by_role("button", name="Play steps")
    play.click()
    page.wait_for_function("window.seen.at(-1) === 3")
    page.wait_for_function("document.querySelector('[aria-pressed]').ariaPressed === 'false'")
    assert page.evaluate("window.seen") == [1, 2, 1, 2, 3]
    play.click()  # at the end it starts again
    page.wait_for_function("window.seen.at(-1) === 3 && window.seen.length > 5")
    assert page.evaluate("window.seen.slice(5)") == [0, 1, 2, 3]
    assert shown.errors == []


@pytest.mark.browser
def test_a_stepper_rests_out_of_view_and_never_starts_by_itself(show):
    page = show(with_script(STEPPER)).page
    ticks = "() => new Promise((done) => { let n = 0; setInterval(() => { n += 1; if (n > 8) done(); }, 5); })"
    page.evaluate(ticks)
    assert page.evaluate("window.seen") == []
    page.evaluate("window.inView = false")
    page.get_by_role("button", name="Play steps").click()
    page.evaluate(ticks)
    assert page.evaluate("window.seen") == []
    page.evaluate("window.inView = true")
    page.wait_for_function("window.seen.length === 3")


@pytest.mark.browser
def test_reduced_motion_leaves_out_the_play_button(show):
    page = show(with_script(STEPPER), reduced_motion="reduce").page
    assert page.get_by_role("button", name="Play steps").count() == 0
    page.get_by_role("button", name="Next, steps").click()
    assert page.evaluate("window.seen") == [1]


HANDLES = """const view = scene({ width: 100, height: 50, maxWidth: 600, label: "", draw() {} });
root.append(view.element);
window.points = [{ x: 40, y: 25, label: "one", color: "red" }, { x: 42, y: 25, label: "two", color: "blue" }];
window.moves = [];
handles(view, window.points, { onMove: (p, k, done) => window.moves.push([k, done]) });"""


@pytest.mark.browser
def test_of_two_handles_that_overlap_the_nearer_is_dragged(show):
    shown = show(with_script(HANDLES))
    x, y = shown.centre(0)
    shown.page.mouse.move(x - 4, y)
    shown.page.mouse.down()
    assert shown.page.evaluate("document.activeElement.ariaLabel") == "one"
    shown.page.mouse.move(x - 4 - 60, y)
    shown.page.mouse.up()
    x, y = shown.centre(1)
    shown.page.mouse.move(x - 10, y)
    shown.page.mouse.down()
    shown.page.mouse.move(x - 10 + 60, y + 30)
    shown.page.mouse.up()
    points = shown.page.evaluate("window.points.map(p => [p.x, p.y])")
    assert points == [pytest.approx([30, 25]), pytest.approx([52, 30])]
    assert shown.page.evaluate("window.moves") == [[0, False], [0, True], [1, False], [1, True]]


@pytest.mark.browser
def test_a_handle_stays_in_its_bounds_and_other_buttons_do_nothing(show):
    shown = show(with_script(HANDLES))
    x, y = shown.centre(1)
    shown.page.mouse.move(x, y)
    shown.page.mouse.down(button="right")
    shown.page.mouse.move(x + 30, y)
    shown.page.mouse.up(button="right")
    assert shown.page.evaluate("window.moves") == []
    shown.page.mouse.move(x, y)
    shown.page.mouse.down()
    shown.page.mouse.move(x + 2000, y - 2000)
    shown.page.mouse.up()
    assert shown.page.evaluate("[window.points[1].x, window.points[1].y]") == [100, 0]


@pytest.mark.browser
def test_an_error_leaves_picture_and_words_in_place(show):
    """A widget whose module fails is what it is without scripts."""
    text = widget(picture=None).to_html().replace('getElementById("', 'getElementById("none-')
    shown = show(text)
    assert shown.page.locator(".paf-still").is_visible()
    assert not shown.page.locator(".paf-live").is_visible()
    assert shown.errors
