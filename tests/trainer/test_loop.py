"""Training that can be stopped anywhere, split over processes, and trusted."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from paflib.errors import DataError, TrainingError
from paflib.model.zoo import load
from paflib.people import People
from paflib.skeleton import COCO_17, COCO_18, Skeleton
from paflib.trainer import CocoSource, config_of, train
from paflib.trainer.config import Optimiser, Schedule
from paflib.trainer.loop import (
    CHECKPOINT,
    checkpoint_config,
    common_parts,
    learning_rate,
    make_optimiser,
    take_weights,
    validate,
)  # fmt: skip
from tests.trainer.conftest import small_config, write_set

ROOT = Path(__file__).resolve().parents[2]
QUIET = {"quiet": True, "say": lambda _: None}


def weights(folder) -> dict[str, torch.Tensor]:
    return torch.load(Path(folder) / CHECKPOINT, weights_only=True)["module"]


def kept(result) -> dict[str, torch.Tensor]:
    """The tensors of the file that a run leaves; the file's header lists its texts in no order."""
    return load(result.weights).module.state_dict()


def same(one, two) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def rows(path) -> list[dict]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


# ---- stopping and going on


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
@pytest.mark.parametrize("stop", [1, 3, 5])
def test_a_stopped_run_goes_on_bit_for_bit(small_set, tmp_path, optimiser, stop):
    config = small_config(small_set, optimiser={"kind": optimiser}, run={"ema": 0.9},
                          schedule={"kind": "one-cycle", "warmup": 0.3})  # fmt: skip
    whole = train(config, tmp_path / "whole", **QUIET)
    assert train(config, tmp_path / "parts", stop_at=stop, **QUIET).weights is None
    parts = train(config, tmp_path / "parts", **QUIET)
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    assert same(kept(whole), kept(parts))
    log, again = (rows(tmp_path / name / "log.csv") for name in ("whole", "parts"))
    assert [r["step"] for r in log] == ["2", "4", "6"] and {r["step"] for r in log} <= {r["step"] for r in again}
    assert log[-1]["loss"] == again[-1]["loss"] or stop == 5  # with 5, the last row means over one step alone


PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from paflib.trainer import train
from tests.trainer.conftest import small_config
say = lambda text: print(text, flush=True)
train(small_config(Path({data!r}), run={run!r}), {out!r}, quiet=True, say=say)
"""


def start(data, out, run, **options) -> subprocess.Popen:
    code = PROGRAM.format(root=str(ROOT), data=str(data), out=str(out), run=run)
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def wait_for_step(folder: Path, process: subprocess.Popen, least: int) -> int:
    """The step of the newest checkpoint once it is at least ``least``; the process must still be running then."""
    while process.poll() is None:
        path = folder / CHECKPOINT
        if path.is_file():
            step = torch.load(path, weights_only=True)["step"]
            if step >= least:
                return int(step)
    raise AssertionError(process.communicate()[1])


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_killed_process_loses_nothing_that_was_kept(small_set, tmp_path, number):
    """A real process, stopped while it works by whatever step it is at, and a second one that goes on."""
    run = {"steps": 120, "checkpoint_every": 7, "workers": 1}
    process = start(small_set, tmp_path / "parts", run, start_new_session=True)
    newest = wait_for_step(tmp_path / "parts", process, 14)
    os.killpg(process.pid, number)
    output = process.communicate()
    after = torch.load(tmp_path / "parts" / CHECKPOINT, weights_only=True)["step"]
    assert newest <= after < 120, output
    if number != signal.SIGKILL:
        assert f"stopped after step {after}" in output[0]
    assert not [
        path for path in (tmp_path / "parts").iterdir() if path.name.startswith(".") and number != signal.SIGKILL
    ]
    config = small_config(small_set, run=run)
    whole, parts = train(config, tmp_path / "whole", **QUIET), train(config, tmp_path / "parts", **QUIET)
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    assert same(kept(whole), kept(parts))


def test_another_configuration_does_not_go_on(small_set, tmp_path):
    train(small_config(small_set), tmp_path, stop_at=2, **QUIET)
    with pytest.raises(DataError, match=r"another configuration \(optimiser.lr was 1e-05 and is 0.0002\)"):
        train(small_config(small_set, optimiser={"lr": 2e-4}), tmp_path, **QUIET)
    train(small_config(small_set, run={"log_every": 1, "workers": 1}), tmp_path, stop_at=3, **QUIET)  # may change
    (tmp_path / CHECKPOINT).write_bytes(b"something else")
    with pytest.raises(DataError, match="no checkpoint that can be read"):
        train(small_config(small_set), tmp_path, **QUIET)


class Bomb:
    def __reduce__(self):
        return (os.system, ("touch exploded",))


def test_a_checkpoint_cannot_run_code(small_set, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"config": "{}", "bomb": Bomb()}, tmp_path / CHECKPOINT)
    with pytest.raises(DataError, match="no checkpoint"):
        train(small_config(small_set), tmp_path, **QUIET)
    assert not (tmp_path / "exploded").exists()


def test_a_loss_that_is_not_finite_stops_with_its_batch_named(small_set, tmp_path):
    train(small_config(small_set), tmp_path, stop_at=2, **QUIET)
    before = weights(tmp_path)
    config = small_config(small_set, optimiser={"lr": 1e30}, run={"steps": 50})
    with pytest.raises(TrainingError, match=r"the loss of step \d+ is not finite \(.*\); its batch: .*00\d.png"):
        train(config, tmp_path / "diverges", **QUIET)
    assert same(before, weights(tmp_path))
    assert not (tmp_path / "diverges" / "weights.safetensors").exists()


# ---- several processes


@pytest.mark.slow
def test_two_processes_are_one_with_the_doubled_batch(small_set, tmp_path):
    """torchrun with two gloo processes of two pictures each against one of four: the same weights after three steps,
    to rounding. The network has no batch normalisation, whose statistics are those of a process' own share."""
    program = tmp_path / "program.py"
    program.write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom pathlib import Path\nfrom paflib.trainer import train\n"
        "from tests.trainer.test_loop import plain_config\n"
        f"train(plain_config(Path({str(small_set)!r})), sys.argv[1], quiet=True, say=lambda t: None)\n"
    )
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, program, tmp_path / "one"], check=True, env=env, capture_output=True)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*torchrun, program, tmp_path / "two"],
        env=env, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    torch.manual_seed(0)
    fresh = train(plain_config(small_set), tmp_path / "fresh", stop_at=1, **QUIET)
    assert fresh.step == 1
    moved = max(float((one[n] - weights(tmp_path / "fresh")[n]).abs().max()) for n in one)
    apart = max(float((one[n] - two[n]).abs().max()) for n in one)
    assert apart < 1e-3 * moved, (apart, moved)


def plain_config(data):
    """Three steps of a two-branch network without normalisation."""
    features = {"name": "mobilenet", "width": 0.25, "norm": False}
    staged = dict.fromkeys(("order", "first", "blocks", "act"))  # not this architecture's
    network = {"architecture": "two-branch", "stages": 2, "features": features} | staged
    return small_config(data, run={"steps": 3, "batch": 4}, optimiser={"lr": 1e-4}, network=network)


def test_a_batch_that_cannot_be_shared_is_refused(small_set, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "1")
    from paflib.trainer import loop

    with pytest.raises(DataError, match="wanted a multiple of the 3 processes"):
        loop._Run(small_config(small_set), tmp_path, 0, 3, torch.device("cpu"), lambda _: None)


# ---- what comes out


def test_the_weights_are_a_network_with_its_configuration(small_set, tmp_path):
    validation = {"data": {"images": str(small_set.parent), "annotations": str(small_set)}, "most": 2}
    config = small_config(small_set, validation=validation, run={"validate_every": 4})
    lines = []
    result = train(config, tmp_path, quiet=True, say=lines.append)
    network = load(result.weights)
    assert network.entry.name == "small" and network.entry.order == ("L", "S") and network.entry.height == 64
    assert config_of(json.loads(json.dumps(config.as_dict()))) == checkpoint_config(result.weights)
    assert checkpoint_config(tmp_path / CHECKPOINT) == checkpoint_config(result.weights)
    assert set(result.figures) >= {"AP", "AR", "images"} and result.figures["images"] == 2
    validated = [(int(r["step"]), int(r["images"])) for r in rows(tmp_path / "validation.csv")]
    assert validated == [(4, 4 * config.run.batch), (6, 6 * config.run.batch)]  # images seen, not those validated on
    assert set(rows(tmp_path / "log.csv")[0]) == {
        "step", "images", "lr", "loss", "L1", "S1", "images_per_second", "waiting",
    }  # fmt: skip
    assert any("of the time waiting for data" in line for line in lines)
    image = np.zeros((64, 64, 3), np.uint8)[None]
    S, L = network(image)[-1]
    assert S.shape == (1, 19, 8, 8) and L.shape == (1, 19, 2, 8, 8)


def test_tensorboard_has_what_the_log_has(small_set, tmp_path):
    """Read back by TensorBoard itself; what a killed run did after its last checkpoint and does again is there once."""
    EventAccumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator").EventAccumulator
    data = {"data": {"images": str(small_set.parent), "annotations": str(small_set)}, "most": 1}
    config = small_config(small_set, validation=data, run={"tensorboard": True, "checkpoint_every": 3})
    train(config, tmp_path, stop_at=3, **QUIET)
    checkpoint = (tmp_path / CHECKPOINT).read_bytes()
    train(config, tmp_path, stop_at=5, **QUIET)
    (tmp_path / CHECKPOINT).write_bytes(checkpoint)
    train(config, tmp_path, **QUIET)
    events = EventAccumulator(str(tmp_path)).Reload()
    log = rows(tmp_path / "log.csv")
    for name in ("loss", "L1", "S1"):
        written = events.Scalars(f"train/{name}")
        assert [event.step for event in written] == [int(row["step"]) for row in log]
        assert [event.value for event in written] == pytest.approx([float(row[name]) for row in log], rel=1e-5)
    assert [event.step for event in events.Scalars("validation/AP")] == [6]


def test_without_tensorboard_the_remedy_is_named(small_set, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(DataError, match="pip install 'paflib\\[train\\]'"):
        train(small_config(small_set, run={"tensorboard": True}), tmp_path, **QUIET)


def test_only_parts_that_both_have_are_validated(monkeypatch, tmp_path):
    """A skeleton of one's own: whoever finds all of its parts has AP 1, though COCO annotates more."""
    arm = Skeleton("arm", ("left_shoulder", "left_elbow", "left_wrist", "left_palm"), ((0, 1), (1, 2), (2, 3)))
    path = write_set(tmp_path)
    source = CocoSource(path.parent, path, COCO_17)
    assert common_parts(COCO_18, COCO_17) == (COCO_17, list(COCO_17.parts))
    assert common_parts(arm, COCO_17) == (COCO_17, ["left_shoulder", "left_elbow", "left_wrist"])

    class Finder:
        def __init__(self, network, height):
            self.images = iter(range(len(source)))

        def __call__(self, image):
            people = source[next(self.images)].people
            kept = people.keypoints.copy()
            kept[:, [j for j, part in enumerate(COCO_17.parts) if part not in arm.parts]] = np.nan
            return People(kept, np.ones(len(people)), COCO_17)

    monkeypatch.setattr("paflib.trainer.loop.PoseEstimator", Finder)
    network = SimpleNamespace(entry=SimpleNamespace(skeleton=arm))
    assert validate(network, source)["AP"] == 1
    network.entry.skeleton = COCO_18  # of which most was not found
    assert validate(network, source)["AP"] < 0.5


def test_what_cannot_be_validated_is_said_before_the_first_step(small_set, tmp_path):
    validation = {"data": {"level": "easy", "category": "vehicle", "count": 2}}
    with pytest.raises(DataError, match="car-12 and the network's coco-18 have no part in common"):
        train(small_config(small_set, validation=validation), tmp_path / "a", **QUIET)
    lines = []
    (tmp_path / "arm.json").write_text(Skeleton("arm", ("left_shoulder", "left_elbow"), ((0, 1),)).to_json())
    data = {"data": {"images": str(small_set.parent), "annotations": str(small_set)}}
    config = small_config(small_set, validation=data, run={"steps": 1}, skeleton=str(tmp_path / "arm.json"))
    train(config, tmp_path / "b", quiet=True, say=lines.append)
    assert "validated on 2 of the 17 parts of coco-17: left_shoulder, left_elbow" in lines


def test_the_running_mean_is_what_is_kept(small_set, tmp_path):
    last = train(small_config(small_set), tmp_path / "last", **QUIET)
    mean = train(small_config(small_set, run={"ema": 0.9}), tmp_path / "mean", **QUIET)
    assert same(weights(tmp_path / "last"), weights(tmp_path / "mean"))
    one, two = (load(r.weights).module.state_dict() for r in (last, mean))
    name = "stages.1.predict.bias"
    assert torch.equal(one[name], weights(tmp_path / "last")[name]) and not torch.equal(one[name], two[name])


def test_the_loss_falls(small_set, tmp_path):
    config = small_config(small_set, optimiser={"kind": "adam", "lr": 3e-3, "later_lr": 1}, run={"steps": 60})
    train(config, tmp_path, **QUIET)
    log = [float(r["loss"]) for r in rows(tmp_path / "log.csv")]
    assert np.mean(log[-3:]) < 0.5 * log[0]


def test_starting_from_other_weights_takes_what_fits(small_set, tmp_path):
    first = train(small_config(small_set), tmp_path / "first", **QUIET)
    lines = []
    config = small_config(small_set, start=str(first.weights), skeleton="body-25", run={"steps": 1},
                          optimiser={"lr": 1e-12})  # fmt: skip
    train(config, tmp_path / "second", quiet=True, say=lines.append)
    old, new = load(first.weights).module.state_dict(), weights(tmp_path / "second")
    assert torch.allclose(old["features.stem.0.0.weight"], new["features.stem.0.0.weight"], atol=1e-7)
    assert new["stages.0.predict.weight"].shape[0] == 52
    assert any("begin fresh" in line and "stages.0.predict.weight" in line for line in lines)
    with pytest.raises(DataError, match="no tensor of the weights"):
        take_weights(torch.nn.Linear(2, 2), torch.nn.Conv2d(3, 3, 3))


# ---- optimiser and schedule


def test_the_papers_multipliers():
    """FACTS 1.10: later stages x4, biases x2 and without decay."""
    from paflib.model.zoo import build_network
    from paflib.skeleton import COCO_18

    features = {"name": "small", "channels": 8, "fine_channels": 0, "context": 0, "depth": 0}
    arguments = {"order": "LLS", "first": [8, 8], "later": [8, 8], "blocks": 1, "features": features}
    module = build_network("staged", COCO_18, arguments)
    optimiser = make_optimiser(Optimiser(lr=1.0), module, ("L", "L", "S"))
    found = {id(p): (g["multiplier"], g["weight_decay"]) for g in optimiser.param_groups for p in g["params"]}
    named = {name: found[id(p)] for name, p in module.named_parameters()}
    assert named["features.stem.0.0.weight"] == (1, 5e-4)
    assert named["features.stem.0.1.weight"] == (1, 0)  # batch normalisation
    assert named["features.stem.0.1.bias"] == (2, 0)
    assert named["stages.0.predict.weight"] == (1, 5e-4) and named["stages.0.predict.bias"] == (2, 0)
    assert named["stages.1.predict.weight"] == (4, 5e-4) and named["stages.1.predict.bias"] == (8, 0)
    assert named["stages.2.predict.weight"] == (1, 5e-4), "the first stage of S"
    assert len(found) == len(list(module.parameters()))


def test_step_schedules():
    every = Schedule("step", every=100, factor=0.5)
    assert [learning_rate(every, s, 1000) for s in (0, 99, 100, 250)] == [1, 1, 0.5, 0.25]
    at = Schedule("step", at=(200, 300), factor=0.5)
    assert [learning_rate(at, s, 1000) for s in (199, 200, 300)] == [1, 0.5, 0.25]
    assert learning_rate(Schedule("constant"), 7, 10) == 1


def test_one_cycle_rises_and_falls():
    how = Schedule("one-cycle", warmup=0.1, final=0.01)
    rates = np.array([learning_rate(how, s, 200) for s in range(200)])
    assert (
        rates.argmax() == 19
        and rates.max() == 1
        and (np.diff(rates[:20]) > 0).all()
        and (np.diff(rates[20:]) < 0).all()
    )
    assert rates[-1] == pytest.approx(0.01, abs=1e-3) and rates[0] == pytest.approx(0.05)
