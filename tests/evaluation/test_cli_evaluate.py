"""``paflib evaluate`` on other skeletons, categories and parts than COCO's people."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from paflib.cli import main
from paflib.inference.images import save_image
from paflib.model import zoo
from paflib.people import People
from paflib.skeleton import CAR_12, COCO_17, MPII_15, MPII_16, SKELETONS, Skeleton
from tests.inference.fake import FakeEntry, FakeNetwork, standing

SIZE = (184, 160)
COCO_FEET = SKELETONS["coco-23"]
BOXY = {part: (30 + 100 * (j % 2), 30 + 14 * (j // 2)) for j, part in enumerate(CAR_12.parts)}


def car(size: tuple[int, int]) -> People:
    return People(np.array([[(*BOXY[part], 1) for part in CAR_12.parts]], float), None, CAR_12)


def annotated(folder: Path, people: People, category: str, **more) -> Path:
    known = People(people.keypoints, None, people.skeleton, visibility=people.present * 2, area=np.array([4000.0]),
                   bbox=np.array([[30.0, 5, 60, 80]]), iscrowd=np.zeros(1, bool))  # fmt: skip
    folder.mkdir(exist_ok=True)
    save_image(folder / "0.png", np.full((*SIZE, 3), 90, np.uint8))
    content = {
        "images": [{"id": 0, "file_name": "0.png", "height": SIZE[0], "width": SIZE[1]}],
        "categories": [{"id": 4, "name": category}, {"id": 5, "name": "tree"}],
        "annotations": [known.to_coco(0, 4, people.skeleton)[0] | {"id": 1}],
    }
    (folder / "truth.json").write_text(json.dumps(content))
    return folder / "truth.json"


@pytest.fixture
def evaluate(capsys, monkeypatch):
    def call(truth: Path, *more: object, people=standing, skeleton: Skeleton | None = None):
        entry = FakeEntry() if skeleton is None else FakeEntry(skeleton=skeleton)
        monkeypatch.setattr(zoo, "load", lambda name, device=None: FakeNetwork(people, entry))
        arguments = [
            "evaluate",
            "--images",
            truth.parent,
            "--annotations",
            truth,
            "--height",
            SIZE[0],
            "--quiet",
            *more,
        ]
        code = main([str(argument) for argument in arguments])
        return subprocess.CompletedProcess([], code, *capsys.readouterr())

    return call


@pytest.mark.parametrize("category", ["car", 4])
def test_cars_by_name_and_by_number(tmp_path, evaluate, category):
    truth = annotated(tmp_path / "cars", car(SIZE), "car")
    options = ("--skeleton", "car-12", "--category", category, "--results", tmp_path / "r.json")
    done = evaluate(truth, *options, people=car, skeleton=CAR_12)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("AP 1.000\n")
    (row,) = json.loads((tmp_path / "r.json").read_text())
    assert row["category_id"] == 4 and len(row["keypoints"]) == 36


def test_a_skeleton_of_ones_own_from_a_file(tmp_path, evaluate):
    (tmp_path / "box.json").write_text(CAR_12.to_json())
    truth = annotated(tmp_path / "cars", car(SIZE), "box")
    options = ("--skeleton", tmp_path / "box.json", "--category", "box")
    assert evaluate(truth, *options, people=car, skeleton=CAR_12).stdout.startswith("AP 1.000\n")


def test_some_parts_alone(tmp_path, evaluate):
    """The hips are annotated far from where the network finds them; the wrists are not."""
    people = standing(SIZE).convert(COCO_17)
    people.keypoints[:, [11, 12], 0] += 60
    truth = annotated(tmp_path / "people", people, "person")
    assert evaluate(truth, "--parts", "left_wrist,right_wrist").stdout.startswith("AP 1.000\n")
    assert evaluate(truth, "--parts", "left_hip,right_hip").stdout.startswith("AP 0.000\n")
    assert "AP 1.000" not in evaluate(truth, "--parts", "body").stdout.splitlines()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--parts", "hands"), "coco-17' has no part 'hands'"),
        (("--parts", "feet"), "coco-17' has no part 'left_big_toe'"),
        (("--skeleton", "car-13"), "--skeleton car-13: wanted a JSON file, or one of coco-17"),
        (("--skeleton", "nowhere.json"), "nowhere.json"),
        (("--category", "lorry"), "no category 'lorry' (they have: person, tree)"),
    ],
)
def test_what_there_is_not_is_named_in_one_line(tmp_path, evaluate, options, message):
    done = evaluate(annotated(tmp_path / "people", standing(SIZE).convert(COCO_17), "person"), *options)
    assert done.returncode == 2 and done.stdout == "" and message in done.stderr and done.stderr.count("\n") == 1


def test_feet_are_asked_of_a_network_that_has_none(tmp_path, evaluate):
    people = standing(SIZE).convert(COCO_FEET)
    people.keypoints[:, 17:] = 50, 50, 1
    truth = annotated(tmp_path / "people", people, "person")
    done = evaluate(truth, "--skeleton", "coco-23", "--parts", "feet")
    assert done.returncode == 2 and "coco-18 has no left_big_toe" in done.stderr
    assert evaluate(truth, "--skeleton", "coco-23", "--parts", "body").stdout.startswith("AP 1.000\n")
    assert "coco-18 has no left_big_toe" in evaluate(truth, "--skeleton", "coco-23").stderr


def test_the_way_out_for_annotations_with_feet_leads_out(tmp_path, evaluate):
    """What the message says to pass, passed."""
    truth = annotated(tmp_path / "people", standing(SIZE).convert(COCO_FEET), "person")
    done = evaluate(truth)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
    remedy = done.stderr.partition("pass that skeleton (")[2].partition(")")[0]
    assert remedy == "--skeleton coco-23 --parts body"
    assert evaluate(truth, *remedy.split()).stdout.startswith("AP 1.000\n")


# ---- MPII's measure


def someone(size: tuple[int, int]) -> People:
    """A person of the parts of the MPII networks, drawn out so far that no joint is within half a head of another."""
    names = {"head_top": "head", "upper_neck": "neck"}
    points = np.zeros((1, 15, 3))
    for j, part in enumerate(MPII_16.parts):
        if names.get(part, part) in MPII_15.parts:
            points[0, MPII_15.index(names.get(part, part))] = 30 + 30 * (j % 4), 30 + 30 * (j // 4), 0.5
    points[0, MPII_15.index("chest")] = 75, 75, 0.5
    return People(points, None, MPII_15)


def mpii(folder: Path, **change) -> Path:
    row = {
        "id": 1, "image_id": 0, "category_id": 1, "head_box": [0, 0, 15, 20], "position": [75, 75], "scale": 0.8,
        "group": 0, "keypoints": [v for j in range(16) for v in (30 + 30 * (j % 4), 30 + 30 * (j // 4), 2)],
    } | change  # fmt: skip
    folder.mkdir()
    save_image(folder / "0.png", np.full((*SIZE, 3), 90, np.uint8))
    image = {"id": 0, "file_name": "0.png", "height": SIZE[0], "width": SIZE[1]}
    (folder / "truth.json").write_text(json.dumps({"images": [image], "annotations": [row]}))
    return folder / "truth.json"


def test_mpiis_measure(tmp_path, evaluate):
    """Half a head is 7.5 px here: of the one person found, the ankle that was annotated elsewhere is wrong."""
    done = evaluate(mpii(tmp_path / "good"), "--measure", "pckh", people=someone, skeleton=MPII_15)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        *(f"{name} 1.000" for name in ("Head", "Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle", "mean")),
        "groups 1", "people 1",
    ]  # fmt: skip
    moved = [v for j in range(16) for v in (30 + 30 * (j % 4) + 8 * (j == 0), 30 + 30 * (j // 4), 2)]
    truth = mpii(tmp_path / "moved", keypoints=moved)
    done = evaluate(truth, "--measure", "pckh", "--results", tmp_path / "r.json", people=someone, skeleton=MPII_15)
    assert "Ankle 0.500" in done.stdout and "Knee 1.000" in done.stdout
    assert len(json.loads((tmp_path / "r.json").read_text())[0]["keypoints"]) == 45


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--measure", "pckh"), "coco-18 has no upper_neck: MPII is evaluated with"),
        (("--measure", "pckh", "--parts", "feet"), "--parts belongs to --measure oks"),
        (("--measure", "pckh", "--bootstrap", "5"), "--bootstrap belongs to --measure oks"),
        (("--measure", "pckh", "--groups", "g.mat"), "--groups goes with MPII's own file"),
        (("--groups", "g.mat"), "--groups belongs to --measure pckh"),
    ],
)
def test_what_does_not_go_with_mpiis_measure(tmp_path, evaluate, options, message):
    done = evaluate(mpii(tmp_path / "mpii"), *options)
    assert done.returncode == 2 and done.stdout == "" and message in done.stderr and done.stderr.count("\n") == 1


def test_the_official_file_is_read_where_it_is_named(tmp_path, evaluate):
    truth = mpii(tmp_path / "mpii").with_suffix(".mat")
    truth.write_bytes(b"no matlab")
    done = evaluate(truth, "--measure", "pckh", people=someone, skeleton=MPII_15)
    assert done.returncode == 2 and "truth.mat" in done.stderr and done.stderr.count("\n") == 1
