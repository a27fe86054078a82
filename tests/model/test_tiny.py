"""The network that comes with the package: what it is, that it needs nothing fetched, and that its card is true."""

import json

import numpy as np
import pytest
from safetensors import safe_open

from paflib.evaluation import oks_matrix
from paflib.fetching import data_folder
from paflib.inference.estimator import PoseEstimator
from paflib.model.zoo import ZOO, load
from paflib.skeleton import COCO_17
from paflib.synthetic import generate
from paflib.trainer.data import SyntheticSource
from paflib.trainer.loop import checkpoint_config, fresh_network, validate

WEIGHTS = data_folder() / ZOO["tiny"].packaged
RESULTS = json.loads((data_folder() / "results" / "tiny.json").read_text())


@pytest.fixture(scope="module")
def tiny():
    return load("tiny")


def test_it_comes_with_the_package(monkeypatch, tmp_path):
    """No cache folder, no network: the file lies beside the code."""
    monkeypatch.setenv("PAFLIB_CACHE", str(tmp_path / "nothing"))
    PoseEstimator.from_pretrained("tiny")
    assert not (tmp_path / "nothing").exists()


def test_the_zoo_says_what_the_file_says(tiny):
    """The entry by name and the entry in the file are the same network."""
    named, saved = ZOO["tiny"], load(WEIGHTS).entry
    for field in ("skeleton", "architecture", "arguments", "order", "height", "stride", "S_grid", "L_grid", "scaling"):
        assert getattr(named, field) == getattr(saved, field), field
    assert tiny.entry is named


def test_it_is_small_and_half_precision(tiny):
    count = sum(p.numel() for p in tiny.module.parameters())
    assert count == RESULTS["parameters"] <= 1_000_000
    with safe_open(WEIGHTS, "np") as file:
        kinds = {str(file.get_tensor(name).dtype) for name in file.keys() if "num_batches" not in name}  # noqa: SIM118
    assert kinds == {"float16"} and WEIGHTS.stat().st_size < 5_000_000


def test_the_repositorys_configuration_makes_it(tiny):
    """The configuration stored in the file, and the committed one, both make this network."""
    from dataclasses import replace
    from pathlib import Path

    from paflib.trainer import read_config

    stored = checkpoint_config(WEIGHTS)
    first, last = (
        read_config(Path(__file__).resolve().parents[2] / "data" / "configs" / name)
        for name in ("tiny.toml", "tiny-more.toml")
    )
    assert stored.as_dict() == last.as_dict() and first.network == last.network
    assert last.start == f"runs/{first.name}/weights.safetensors"
    assert fresh_network(replace(stored, start="")).entry.order == tiny.entry.order


def test_it_finds_people(tiny):
    """Of ten easy scenes' people at least four in five, with an OKS above 0.5."""
    estimator, found = PoseEstimator(tiny), []
    for index in range(10):
        scene = generate("easy", index, seed=1)
        people, truth = estimator(scene.image).convert(COCO_17), scene.people.convert(COCO_17)
        found += (oks_matrix(people, truth) > 0.5).any(axis=0).tolist()
    assert np.mean(found) >= 0.8


@pytest.mark.slow
@pytest.mark.parametrize("level", ["easy", "crowd"])
def test_the_card_is_true(tiny, level):
    """AP on the first 100 validation scenes, within what a fifth of them may differ from all 500."""
    figures = validate(tiny, SyntheticSource(level, 100, seed=1))
    assert figures["AP"] == pytest.approx(RESULTS["levels"][level][-1]["figures"]["AP"], abs=0.06)


def test_the_cards_figures_are_those_of_the_results():
    """Of every level the last stage's, to three places; and what the card says of size, images and scenes."""
    text = WEIGHTS.with_suffix(".md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    names, table = rows[0], {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[2:]}
    assert names == ["level", "AP", "interval", "AP50", "AP75", "AR"] and list(table) == list(RESULTS["levels"])
    for level, stages in RESULTS["levels"].items():
        figures = stages[-1]["figures"]
        said = {name: f"{figures[name]:.3f}" for name in ("AP", "AP50", "AP75", "AR")}
        low, high = figures["interval"]["AP"]
        assert table[level] == {"level": level, **said, "interval": f"{low:.3f} to {high:.3f}"}
    for phrase in (
        f"{RESULTS['parameters']:,} parameters, {RESULTS['bytes'] / 1e6:.2f} MB",
        f"{RESULTS['images']:,} images in",
        f"{RESULTS['training_seconds'] / 60:.0f} minutes",
        f"{RESULTS['scenes']} scenes of seed {RESULTS['seed']}",
    ):
        assert phrase in text
    assert WEIGHTS.stat().st_size == RESULTS["bytes"]


@pytest.mark.parametrize("level", ["easy", "crowd"])
def test_field_error_falls_from_stage_to_stage(level):
    """As the committed results have it, for each kind of map; and AP is higher at the last stage than at the first."""
    stages = RESULTS["levels"][level]
    for kind, error in (("L", "L_on"), ("L", "angle"), ("S", "S_on"), ("S", "S")):
        values = [s["errors"][error] for s in stages if s["predicts"] == kind]
        assert len(values) >= 2 and (np.diff(values) < 0).all(), (error, values)
    assert stages[-1]["figures"]["AP"] > stages[0]["figures"]["AP"]
