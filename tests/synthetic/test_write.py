"""Data sets of generated people: a sequence for torch, and COCO's layout on disk, whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from paflib.cli import main
from paflib.errors import DataError
from paflib.evaluation import evaluate_oks
from paflib.inference.images import load_image
from paflib.people import People
from paflib.skeleton import CAR_12, COCO_17, COCO_23
from paflib.synthetic import LEVELS, Scene, SyntheticDataset, generate, write, write_dataset

ROOT = Path(__file__).parent.parent.parent


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """Twenty scenes of the crowd on disk; the json."""
    return write_dataset(tmp_path_factory.mktemp("world") / "set", "crowd", 20, seed=6)


# ---- a sequence


def test_a_sequence_of_scenes():
    dataset = SyntheticDataset("easy", 3, seed=4)
    assert len(dataset) == 3 and len(list(dataset)) == 3 and isinstance(dataset[0], Scene)
    assert dataset.level is LEVELS["easy"]


def test_without_torch():
    code = "import sys, paflib.synthetic as s; s.SyntheticDataset('crowd', 2)[1]; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


@pytest.mark.slow
def test_in_torch_loader_processes():
    from torch.utils.data import DataLoader

    dataset = SyntheticDataset("crowd", 6, seed=3)
    loader = DataLoader(dataset, batch_size=2, num_workers=2, collate_fn=list)
    loaded = [scene for batch in loader for scene in batch]
    assert len(loaded) == 6
    for index, scene in enumerate(loaded):
        np.testing.assert_array_equal(scene.image, generate("crowd", index, 3).image)


# ---- on disk


def test_pictures_and_truth_are_those_of_the_scenes(written):
    truth = json.loads(written.read_text())
    assert written.parent.name == "annotations" and written.name == "person_keypoints_crowd.json"
    assert truth["info"]["seed"] == 6 and truth["info"]["level"]["stature"] == [50, 160]
    assert len(truth["images"]) == 20
    for index, image in enumerate(truth["images"]):
        scene = generate("crowd", index, 6)
        assert (image["id"], image["width"], image["height"]) == (index, 192, 192)
        np.testing.assert_array_equal(load_image(written.parent.parent / "images" / image["file_name"]), scene.image)
        mine = [a for a in truth["annotations"] if a["image_id"] == index]
        for number, skeleton, people in ((1, COCO_23, scene.people), (2, CAR_12, scene.vehicles)):
            back = People.from_coco([a for a in mine if a["category_id"] == number], skeleton)
            assert len(back) == len(people)
            np.testing.assert_array_equal(back.keypoints, people.keypoints)
            for name in ("visibility", "area", "iscrowd", "bbox"):
                np.testing.assert_array_equal(getattr(back, name), getattr(people, name))
            assert back.segmentation == people.segmentation


def test_pycocotools_reads_it(written, capsys):
    coco = COCO(str(written))
    assert coco.loadCats([1])[0]["keypoints"] == list(COCO_23.parts)
    assert coco.loadCats([2])[0]["name"] == "vehicle" and len(coco.loadCats([2])[0]["keypoints"]) == 12
    assert len(coco.getImgIds()) == 20
    assert sorted(coco.anns) == list(range(1, len(coco.anns) + 1))  # pycocotools takes an id of 0 for "unmatched"
    for annotation in coco.anns.values():
        assert coco.annToMask(annotation).sum() == annotation["area"]
    skeleton = coco.loadCats([1])[0]["skeleton"]
    assert {tuple(edge) for edge in skeleton} == {(a + 1, b + 1) for a, b in COCO_23.edges or ()}


@pytest.mark.parametrize("skeleton", [COCO_17, COCO_23])
def test_the_truth_as_a_result_scores_one(written, skeleton):
    truth = json.loads(written.read_text())
    people = [a for a in truth["annotations"] if a["category_id"] == 1]
    results, annotations = [], []
    for image in truth["images"]:
        found = People.from_coco([a for a in people if a["image_id"] == image["id"]], COCO_23)
        annotations += found.to_coco(image["id"], 1, skeleton)
        labelled = found[found.present.any(axis=1)]
        results += People(labelled.keypoints, np.ones(len(labelled)), COCO_23).to_coco(image["id"], 1, skeleton)
    truth |= {
        "annotations": [{**a, "id": k} for k, a in enumerate(annotations, 1)],
        "categories": truth["categories"][:1],
    }
    figures = evaluate_oks(results, truth, skeleton)
    assert figures["AP"] == 1 and figures["AR"] == 1 and figures["people"] == len(results)
    wrong = [{**r, "keypoints": [v + 6 * (k % 3 == 0) for k, v in enumerate(r["keypoints"])]} for r in results]
    assert evaluate_oks(wrong, truth, skeleton)["AP"] < 0.3


def test_the_same_files_again(written, tmp_path):
    again = write_dataset(tmp_path / "again", "crowd", 20, seed=6).parent.parent
    first = written.parent.parent
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(files) == 21
    for file in files:
        assert (first / file).read_bytes() == (again / file).read_bytes()


def test_what_is_there_is_not_touched(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="full is there already and not empty: name a new folder"):
        write_dataset(tmp_path / "full", "easy", 1)
    assert names(tmp_path / "full") == ["mine.txt"] and names(tmp_path) == ["full"]
    (tmp_path / "empty").mkdir()
    write_dataset(tmp_path / "empty", "easy", 1)
    assert names(tmp_path / "empty") == ["annotations", "images"]
    write_dataset(tmp_path / "a" / "b" / "c", "easy", 1)
    for level, count in (("nowhere", 1), ("easy", 0)):
        with pytest.raises(DataError):
            write_dataset(tmp_path / "new", level, count)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, DataError])
def test_an_error_on_the_way_leaves_nothing(tmp_path, monkeypatch, error):
    def third(index: int) -> str:
        if index == 2:
            assert len(names(tmp_path)) == 1 and names(tmp_path)[0].startswith(".set.")
            raise error("no")
        return f"{index}.png"

    monkeypatch.setattr(write, "_file_name", third)
    with pytest.raises(error):
        write_dataset(tmp_path / "set", "easy", 5)
    assert names(tmp_path) == []


def started(folder: Path) -> subprocess.Popen[str]:
    """A process that writes more than anybody waits for, once its first pictures are there."""
    command = [sys.executable, "-m", "paflib", "synthesize", "easy", "--count", "100000", "--out", str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr is not None
    text = ""
    while "image/s" not in text.split("0/100000")[-1]:  # the bar of the first picture that is done
        text += process.stderr.read(1)
    return process


@pytest.mark.slow
def test_killed_while_writing_nothing_half_written_bears_the_name(tmp_path):
    process = started(tmp_path / "set")
    process.kill()
    process.wait(timeout=60)
    left = names(tmp_path)
    assert len(left) == 1 and left[0].startswith(".set.")
    assert write_dataset(tmp_path / "set", "easy", 1).is_file()  # what is left is in nobody's way


@pytest.mark.slow
def test_ctrl_c_while_writing_leaves_nothing(tmp_path):
    process = started(tmp_path / "set")
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "paflib: interrupted" in err and "Traceback" not in err
    assert names(tmp_path) == []


# ---- the command line


def test_the_command_writes_what_the_function_writes(tmp_path, capsys, written):
    out = tmp_path / "set"
    assert main(["synthesize", "crowd", "--count", "20", "--seed", "6", "--out", str(out), "--quiet"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == out / "annotations" / "person_keypoints_crowd.json"
    assert path.read_bytes() == written.read_bytes()


def test_the_command_refuses_in_one_line(tmp_path, capsys):
    assert main(["synthesize", "mob", "--count", "1", "--out", str(tmp_path / "set")]) == 2
    assert capsys.readouterr().err == "paflib: error: no level is called 'mob'; there is: easy, crowd, hard\n"
    for wrong in (["--count", "0"], ["--count", "1", "--seed", "-1"], []):
        with pytest.raises(SystemExit):
            main(["synthesize", "easy", *wrong, "--out", str(tmp_path / "set")])
    assert names(tmp_path) == []
