"""The matching and the assembly stepper: what they take along, and what mouse, finger and keys do to them."""

from __future__ import annotations

import base64
import io
import json
from itertools import islice, pairwise

import numpy as np
import pytest
from PIL import Image

import paflib
from paflib.errors import DataError, ShapeError
from paflib.fields import Fields, targets
from paflib.inference.estimator import PoseEstimator
from paflib.parser import Connections, Peaks, assemble_sorted, find_peaks, greedy, hungarian, score_limbs
from paflib.skeleton import COCO_18
from paflib.widgets import AssemblyStepper, MatchingStepper
from tests.figures.conftest import standing
from tests.inference.fake import FakeNetwork
from tests.parser.test_assembly import fig_7
from tests.widgets.node import run_module
from tests.widgets.test_parity_assembly import SCRIPT, answer
from tests.widgets.test_parity_matching import plain

SIZE = (240, 320)
HIP_KNEE = "right_hip-right_knee"


def two_people() -> tuple[np.ndarray, Fields]:
    image = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    return image, targets(standing((80, 120), (220, 125)), SIZE)


def seven() -> AssemblyStepper:
    """Fig. 7's scene: without redundant limbs the heads of two people are mixed up."""
    peaks, candidates, _ = fig_7()
    blank = Fields(np.zeros((COCO_18.J, 30, 40)), np.zeros((COCO_18.C, 2, 30, 40)), COCO_18, image_size=SIZE)
    return AssemblyStepper(np.full((*SIZE, 3), 120, np.uint8), blank, peaks, candidates)


def given(state: dict) -> dict:
    """The state as the parity script takes it."""
    return {name: state[name] for name in ("peaks", "connections", "limbs", "contradiction", "peakWeight")}


# ---- the matching stepper's state --------------------------------------------------------------------------------


def test_it_begins_where_greedy_is_wrong_and_offers_a_crowd():
    """The crowd's matrix, too, is one in which greedy is wrong, or it would have nothing to show."""
    small, crowd = MatchingStepper().state["presets"]
    assert small["scores"] == [[0.9, 0.8], [0.8, 0.1]]
    for preset in (small, crowd):
        scores = np.array(preset["scores"])
        one, two = (sum(scores[pair] for pair in method(scores)) for method in (greedy, hungarian))
        assert two - one > 0.3, preset["name"]
    assert (crowd["row"], crowd["column"]) == ("right elbow", "right wrist") and np.shape(crowd["scores"]) == (5, 5)


def test_scores_of_ones_own_come_first():
    presets = MatchingStepper([[0.5, 0.2, 0.1]], "hip", "knee").state["presets"]
    assert presets[0] == {"name": "this matrix", "scores": [[0.5, 0.2, 0.1]], "row": "hip", "column": "knee"}


def test_a_limb_of_a_scene_has_the_package_s_scores():
    _, fields = two_people()
    first = MatchingStepper.from_fields(fields, HIP_KNEE).state["presets"][0]
    peaks = find_peaks(fields.S)
    wanted = np.zeros((2, 2))
    one = score_limbs(fields, peaks).of(COCO_18.limbs.index((8, 9)))
    wanted[one.a - peaks.of(8)[0], one.b - peaks.of(9)[0]] = one.score
    np.testing.assert_allclose(first["scores"], wanted, atol=5e-4)
    assert (first["row"], first["column"]) == ("right hip", "right knee")
    assert (np.diag(wanted) > 0.8).all()


def test_of_many_candidates_the_six_highest_stay_in_order():
    _, fields = two_people()
    part = np.array([8] * 8 + [9])
    score = np.array([0.1, 0.9, 0.2, 0.8, 0.7, 0.6, 0.5, 0.4, 1.0])
    xy = np.concatenate([np.full((8, 2), 5.0), [[8.0, 20.0]]])
    peaks = Peaks(part, xy, score, np.rint(xy).astype(int))
    assert np.shape(MatchingStepper.from_fields(fields, HIP_KNEE, peaks).state["presets"][0]["scores"]) == (6, 1)


def test_the_still_tells_the_outcome():
    widget = MatchingStepper()
    assert "1.00 in all" in widget.description and "1.60 in all" in widget.description
    assert widget.picture.startswith(b"\x89PNG")


def test_bad_matrices_are_named():
    for scores in (np.zeros((7, 2)), np.zeros((0, 2))):
        with pytest.raises(ShapeError, match="wanted 1 to 6 rows"):
            MatchingStepper(scores)
    with pytest.raises(ShapeError, match="NaN"):
        MatchingStepper([[np.nan]])
    with pytest.raises(DataError, match="has no limb"):
        MatchingStepper.from_fields(two_people()[1], "nose-ankle")


# ---- the assembly stepper's state --------------------------------------------------------------------------------


def test_the_state_is_json_and_holds_peaks_and_connections():
    image, fields = two_people()
    widget = AssemblyStepper(image, fields)
    state, peaks = json.loads(json.dumps(widget.state, allow_nan=False)), find_peaks(fields.S)
    candidates = score_limbs(fields, peaks)
    assert [p["part"] for p in state["peaks"]] == peaks.part.tolist()
    assert [c["score"] for c in state["connections"]] == candidates.score.tolist()
    pixels = fields.S_grid.to_pixels(peaks.xy)
    np.testing.assert_allclose([[p["x"], p["y"]] for p in state["peaks"]], pixels + 0.5, atol=0.006)
    photo = Image.open(io.BytesIO(base64.b64decode(state["photo"].split(",")[1])))
    assert photo.format == "JPEG" and photo.size == (state["width"], state["height"]) == (320, 240)
    assert "2 people are kept" in widget.description and widget.picture.startswith(b"\xff\xd8")


def test_large_photographs_are_scaled_and_peaks_with_them():
    image, fields = two_people()
    large = np.repeat(np.repeat(image, 4, axis=0), 4, axis=1)
    grid = fields.S_grid.resized(4)
    widget = AssemblyStepper(large, Fields(fields.S, fields.L, COCO_18, grid, grid, image_size=(960, 1280)))
    assert (widget.state["width"], widget.state["height"]) == (640, 480)
    pixels = fields.S_grid.to_pixels(find_peaks(fields.S).xy)
    np.testing.assert_allclose([[p["x"], p["y"]] for p in widget.state["peaks"]], 2 * (pixels + 0.5), atol=0.006)


def test_a_crop_leaves_out_what_it_does_not_show():
    image, fields = two_people()
    whole, half = AssemblyStepper(image, fields).state, AssemblyStepper(image, fields, crop=(0, 0, 150, 240)).state
    assert len(half["peaks"]) == len(whole["peaks"]) / 2 == COCO_18.J
    assert len(half["connections"]) == COCO_18.C
    assert all(p["x"] < half["width"] == 151 for p in half["peaks"])
    for c in half["connections"]:
        assert tuple(half["peaks"][c[end]]["part"] for end in "ab") == COCO_18.limbs[c["limb"]]


def test_from_image_takes_the_estimator_s_options():
    def people(size):
        return standing((80, 120), (220, 125))

    estimator = PoseEstimator(FakeNetwork(people), height=240, preset="openpose-gpu", contradiction="ignore")
    image, _ = two_people()
    state = AssemblyStepper.from_image(estimator, image).state
    assert (state["peakWeight"], state["contradiction"]) == (0.1, "ignore")
    assert len(state["peaks"]) == 2 * COCO_18.J


def test_nothing_found_is_no_error():
    empty = Fields(np.zeros((COCO_18.J, 30, 40)), np.zeros((COCO_18.C, 2, 30, 40)), COCO_18, image_size=SIZE)
    widget = AssemblyStepper(np.zeros((*SIZE, 3), np.uint8), empty)
    assert widget.state["peaks"] == widget.state["connections"] == []


def test_bad_input_of_the_assembly_is_named():
    image, fields = two_people()
    with pytest.raises(ShapeError, match="height and width"):
        AssemblyStepper(image[:100], fields)
    with pytest.raises(DataError, match="both must come from one run"):
        AssemblyStepper(image, fields, candidates=Connections(*(np.array([k]) for k in (0, 99, 100)), np.array([0.5])))


@pytest.mark.slow
def test_the_real_frame_is_assembled_alike(tmp_path):
    """Frame 40 of the book's photograph by the real network, with all limbs and without the redundant ones."""
    from paflib.inference.video import Video

    with Video(paflib.fetch("pose2sim-cam01")) as video:
        image = next(islice(video, 40, None))
    fields = PoseEstimator.from_pretrained("mobilenet-thin").fields(image)
    peaks, state = find_peaks(fields.S), AssemblyStepper(image, fields).state
    candidates = score_limbs(fields, peaks)
    cases, wanted = [], []
    for contradiction in ("merge", "ignore"):
        for redundant in (True, False):
            kept = candidates[~np.isin(candidates.limb, () if redundant else COCO_18.redundant)]
            some = [c for c in state["connections"] if redundant or c["limb"] not in state["redundant"]]
            cases.append({**given(state), "connections": some, "contradiction": contradiction})
            wanted.append(answer(peaks, kept, COCO_18, contradiction, 0.0))
    assert run_module(tmp_path, "math_assembly.js", SCRIPT, cases) == wanted
    assert len(wanted[0]["trace"]) > 40
    assert len(json.dumps(state)) < 200_000


# ---- in the browser ----------------------------------------------------------------------------------------------


def alive(show, widget, *arguments, **options):
    shown = show(widget.to_html(), *arguments, **options)
    shown.page.wait_for_selector(".paf-live:not([hidden])")
    shown.page.wait_for_function("document.querySelector('.paf-scene').dataset.ms")
    return shown


def told(page) -> list[str]:
    """What the widget says: one line of the assembly stepper, two of the matching stepper."""
    return page.locator(".paf-status[aria-hidden]").all_inner_texts()


def titles(page) -> list[str]:
    return page.locator(".paf-title").all_inner_texts()


def looks(shown) -> tuple:
    """All there is to see: words, marks of the matrix or of the list, and the pictures."""
    shown.page.evaluate("for (const e of document.querySelectorAll('.paf-scene')) e.scrollIntoView()")
    shown.settled()
    marks = "[...document.querySelectorAll('td, li')].map(e => e.cloneNode(true).outerHTML)"
    scenes = shown.page.locator(".paf-scene").count()
    return told(shown.page), shown.page.evaluate(marks), [shown.pixels(k) for k in range(scenes)]


def last(page) -> int:
    return int(page.locator(".paf-stepper input").get_attribute("max"))


def go(page, k: int) -> None:
    """Move the slider to step k, as dragging it would."""
    page.locator(".paf-stepper input").evaluate("(e, k) => { e.value = k; e.dispatchEvent(new Event('input')); }", k)


WIDGETS = {"matching": MatchingStepper, "assembly": seven}


@pytest.fixture(scope="module")
def widgets() -> dict:
    return {name: make() for name, make in WIDGETS.items()}


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 800])
@pytest.mark.parametrize("name", WIDGETS)
def test_it_comes_alive_and_asks_nobody(show, widgets, name, width):
    visit = alive(show, widgets[name], width)
    for k in range(last(visit.page) + 1):
        go(visit.page, k)
    assert visit.outside == [] and visit.errors == []
    assert visit.page.locator(".paf-still").is_hidden()
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
@pytest.mark.parametrize("name", WIDGETS)
def test_back_undoes_forward_exactly(show, widgets, name):
    visit = alive(show, widgets[name])
    onward = []
    for k in range(last(visit.page) + 1):
        onward.append(looks(visit))
        if k < last(visit.page):
            visit.page.get_by_role("button", name="Next").click()
    assert all(one != two for one, two in pairwise(onward))
    for before in onward[-2::-1]:
        visit.page.get_by_role("button", name="Previous").click()
        visit.page.evaluate("document.activeElement.blur()")
        assert looks(visit) == before


@pytest.mark.browser
@pytest.mark.parametrize("name", WIDGETS)
def test_keys_and_fingers_step(show, widgets, name):
    visit = alive(show, widgets[name], 390, has_touch=True, is_mobile=True)
    first = told(visit.page)
    slider = visit.page.get_by_role("slider")
    slider.press("ArrowRight")
    second = told(visit.page)
    visit.page.get_by_role("button", name="Next").tap()
    third = told(visit.page)
    assert first != second != third != first
    slider.press("Home")
    assert told(visit.page) == first
    assert visit.errors == []


@pytest.mark.browser
@pytest.mark.parametrize("name", WIDGETS)
def test_light_and_dark(show, widgets, name):
    pictures = {}
    for theme in ("light", "dark"):
        visit = alive(show, widgets[name], 800, theme)
        visit.settled()
        page = visit.page
        pictures[theme] = page.locator(".paf-root").evaluate("e => getComputedStyle(e).backgroundColor")
        assert visit.errors == []
        page.evaluate("t => { document.documentElement.dataset.theme = t }", "dark" if theme == "light" else "light")
        assert page.locator(".paf-root").evaluate("e => getComputedStyle(e).backgroundColor") != pictures[theme]
    assert pictures["light"] != pictures["dark"]


@pytest.mark.browser
@pytest.mark.parametrize(("name", "words"), [("matching", "1.60 in all"), ("assembly", "2 people are kept")])
def test_without_scripts_there_are_a_picture_and_words(show, widgets, name, words):
    page = show(widgets[name].to_html(), java_script_enabled=False).page
    still = page.locator(".paf-still")
    assert still.is_visible() and not page.locator(".paf-live").is_visible()
    assert words in still.inner_text()
    box = still.locator("img").bounding_box()
    assert box["width"] > 300 and box["height"] > 150


@pytest.mark.browser
@pytest.mark.parametrize("name", WIDGETS)
def test_it_redraws_within_a_frame(show, widgets, name):
    visit = alive(show, widgets[name])
    times = []
    for k in range(last(visit.page) + 1):
        go(visit.page, k)
        visit.settled()
        times += visit.page.locator(".paf-scene").evaluate_all("all => all.map(e => Number(e.dataset.ms))")
    assert np.median(times) < 100  # a sanity bound; benchmarks/redraw.py measures


@pytest.mark.browser
@pytest.mark.parametrize("name", WIDGETS)
def test_it_plays_to_the_end_and_stops(show, widgets, name):
    page = show(widgets[name].to_html()).page
    page.clock.install()
    page.reload()
    page.wait_for_selector(".paf-live:not([hidden])")
    page.clock.run_for(1000)
    page.wait_for_function("document.querySelector('.paf-scene').dataset.ms")
    play = page.get_by_role("button", name="Play")
    play.click()
    assert play.get_attribute("aria-pressed") == "true"
    page.clock.run_for(1000 * (last(page) + 2))
    assert int(page.get_by_role("slider").input_value()) == last(page)
    assert play.get_attribute("aria-pressed") == "false"


@pytest.mark.browser
def test_matching_ends_with_the_package_s_totals(show, widgets):
    page = alive(show, widgets["matching"]).page
    go(page, last(page))
    assert titles(page) == ["Greedy: total 1.00", "Hungarian: total 1.60 of at most 1.60"]
    assert "0.60 less than the best" in told(page)[0] and "It is the best" in told(page)[1]
    page.get_by_label("Scores").select_option(label="a crowd of six people")
    go(page, last(page))
    scores = np.array(widgets["matching"].state["presets"][1]["scores"])
    one, two = (sum(scores[pair] for pair in method(scores)) for method in (greedy, hungarian))
    assert titles(page) == [f"Greedy: total {one:.2f}", f"Hungarian: total {two:.2f} of at most {two:.2f}"]
    marked = page.locator("td:has(b:last-of-type:not([hidden]))")
    assert marked.count() == len(hungarian(scores))


@pytest.mark.browser
def test_scores_are_edited_by_keys_and_bad_ones_are_refused(show, widgets):
    visit = alive(show, widgets["matching"])
    page = visit.page
    go(page, last(page))
    cell = page.get_by_label("elbow 1 with wrist 1")
    cell.fill("0.85")
    assert titles(page) == ["Greedy: total 1.75", "Hungarian: total 1.75 of at most 1.75"]
    cell.press("ArrowUp")
    assert titles(page)[0] == "Greedy: total 1.76"
    for bad in ("", "7"):
        cell.fill(bad)
        assert cell.get_attribute("aria-invalid") == "true"
        assert titles(page)[0] == "Greedy: total 1.76"
    cell.fill("-0.5")
    assert cell.get_attribute("aria-invalid") == "false"
    assert titles(page) == ["Greedy: total 0.90", "Hungarian: total 1.60 of at most 1.60"]
    cell.press("Tab")
    page.get_by_label("columns").select_option("4")
    assert page.locator("td input").count() == 8 and int(page.get_by_role("slider").input_value()) == 0
    page.get_by_role("button", name="random scores").click()
    one = page.locator("td input").evaluate_all("all => all.map(e => e.value)")
    page.get_by_role("button", name="random scores").click()
    assert page.locator("td input").evaluate_all("all => all.map(e => e.value)") != one
    assert visit.errors == []


@pytest.mark.browser
def test_cells_say_what_has_become_of_them(show, widgets):
    page = alive(show, widgets["matching"]).page
    go(page, last(page))
    names = page.locator("td input").evaluate_all("all => all.map(e => e.getAttribute('aria-label'))")
    assert names == [
        "elbow 0 with wrist 0, taken by greedy, tight",
        "elbow 0 with wrist 1, struck out by greedy, matched by the Hungarian algorithm, tight",
        "elbow 1 with wrist 0, struck out by greedy, matched by the Hungarian algorithm, tight",
        "elbow 1 with wrist 1, taken by greedy",
    ]


@pytest.mark.browser
def test_every_decision_is_the_package_s(show, widgets):
    peaks, candidates, _ = fig_7()
    trace: list = []
    assemble_sorted(peaks, candidates, COCO_18, trace=trace)
    page = alive(show, widgets["assembly"]).page
    items = page.locator("li").evaluate_all("all => all.map(e => [e.dataset.rule, parseFloat(e.textContent)])")
    assert items == plain([[s["rule"], s["score"]] for s in trace])
    assert last(page) == len(trace) + 1
    go(page, 1)
    begun, limb = trace[0], COCO_18.limb_name(trace[0]["limb"]).replace("_", " ").replace("-", " – ")
    assert told(page)[0].lower().startswith(limb) and f"E = {begun['score']:.2f}" in told(page)[0]
    assert "begins person 0" in told(page)[0]


@pytest.mark.browser
def test_redundant_limbs_decide_whose_nose_it_is(show, widgets):
    """Fig. 7: with them two whole heads; without them person A's neck takes B's nose."""
    visit = alive(show, widgets["assembly"])
    page = visit.page
    go(page, last(page))
    with_them, picture = told(page), looks(visit)[2]
    page.get_by_label("redundant limbs").uncheck()
    assert int(page.get_by_role("slider").input_value()) == last(page)
    assert told(page) != with_them and looks(visit)[2] != picture
    kept = candidates_kept(redundant=False)
    assert told(page)[0].startswith(f"The end: {len(kept)} people are kept, with {', '.join(map(str, kept))} parts")
    page.get_by_label("redundant limbs").check()
    assert told(page) == with_them
    assert visit.errors == []


def candidates_kept(redundant: bool) -> list[int]:
    """How many parts the package's people have in Fig. 7's scene, in the order in which they began."""
    peaks, candidates, _ = fig_7()
    some = candidates if redundant else candidates[~np.isin(candidates.limb, COCO_18.redundant or ())]
    return [len(body.parts) for body in assemble_sorted(peaks, some, COCO_18) if len(body.parts) >= 3]


@pytest.mark.browser
def test_what_is_still_to_come_keeps_no_room_in_the_list(show, widgets):
    """Regression: rows had one or two lines by texts that nobody could see yet."""
    page = alive(show, widgets["assembly"], 390).page
    heights = "() => Array.from(document.querySelectorAll('li'), row => Math.round(row.getBoundingClientRect().height))"
    assert len(set(page.evaluate(heights)[1:])) == 1, "the first has no line above it"


@pytest.mark.browser
def test_contradictions_can_be_taken_literally(show, widgets):
    page = alive(show, widgets["assembly"]).page
    go(page, last(page))
    before = told(page)
    page.get_by_label("is ignored").check()
    assert told(page) != before
    assert page.locator("li[data-rule=merged]").count() == 0


@pytest.mark.browser
def test_the_list_is_clicked_and_walked_with_keys(show, widgets):
    page = alive(show, widgets["assembly"]).page
    page.locator("li").nth(4).click()
    assert page.get_by_role("slider").input_value() == "5"
    assert page.locator("li[aria-selected=true]").count() == 1
    page.locator("li").nth(4).focus()
    page.keyboard.press("ArrowDown")
    assert page.get_by_role("slider").input_value() == "6"
    assert page.evaluate("[...document.querySelectorAll('li')].indexOf(document.activeElement)") == 5
    page.keyboard.press("End")
    assert int(page.get_by_role("slider").input_value()) == last(page) - 1
    assert page.locator("li[tabindex='0']").count() == 1
