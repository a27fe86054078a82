"""Training that can be stopped anywhere, split over processes, and trusted."""

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from paflib.errors import DataError, ImageError, ShapeError, TrainingError
from paflib.model.zoo import Scaling, load
from paflib.people import People
from paflib.skeleton import COCO_17, COCO_18, Skeleton
from paflib.trainer import CocoSource, config_of, train
from paflib.trainer.config import Optimiser, Schedule
from paflib.trainer.loop import (
    CHECKPOINT,
    WEIGHTS,
    checkpoint_config,
    common_parts,
    fresh_network,
    learning_rate,
    make_optimiser,
    source_of,
    start_from,
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


# ---- what goes wrong


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"bloks": 2}, "architecture 'staged': 'bloks' is unknown; did you mean 'blocks'"),
        ({"architecure": "staged"}, "did you mean 'architecture'"),
        ({"features": {"name": "small", "contxt": 8}}, "trunk 'small': 'contxt' is unknown; did you mean 'context'"),
        ({"first": [8]}, "architecture 'staged' cannot be built with .*'first': \\[8\\]"),
        ({"blocks": 0}, "cannot be"),
        ({"order": "LL"}, "predict no S"),
        ({"height": "x"}, "network.height is 'x', wanted a whole number"),
    ],
)
def test_a_network_that_cannot_be_is_named_before_the_data_are_opened(small_set, tmp_path, network, message):
    absent = [{"images": str(tmp_path / "nowhere"), "annotations": str(tmp_path / "none.json")}]
    with pytest.raises((DataError, ShapeError), match=message):
        train(small_config(small_set, network=network, data=absent), tmp_path / "run", **QUIET)


@pytest.mark.parametrize("lr", [1e30, 1e38])
def test_ruined_weights_are_never_kept(small_set, tmp_path, lr):
    """The loss of a first step is finite whatever the learning rate; the weights it leaves, or their maps, are not."""
    config = small_config(small_set, optimiser={"lr": lr}, run={"steps": 1})
    with pytest.raises(TrainingError, match=r"after step 1 .*NaN or infinite"):
        train(config, tmp_path / "one", **QUIET)
    config = small_config(small_set, optimiser={"lr": lr}, run={"checkpoint_every": 1})
    with pytest.raises(TrainingError, match=r"another folder, with start = '.*checkpoint\.pt'"):
        train(config, tmp_path / "more", **QUIET)
    for name in ("one", "more"):
        assert not (tmp_path / name / CHECKPOINT).exists() and not (tmp_path / name / WEIGHTS).exists()


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_a_checkpoint_can_be_started_from(small_set, tmp_path, ema):
    """What its run would have kept is what another one begins with."""
    first = train(small_config(small_set, run={"ema": ema}), tmp_path / "first", **QUIET)
    config = small_config(
        small_set, start=str(tmp_path / "first" / CHECKPOINT), optimiser={"lr": 1e-30}, run={"steps": 1}
    )
    second = train(config, tmp_path / "second", **QUIET)
    one, two = kept(first), kept(second)
    assert all(torch.equal(one[name], two[name]) for name in one if name.endswith("predict.weight"))


def broken_set(folder):
    """Four pictures, the second of which is no picture."""
    path = write_set(folder, pictures=4)
    (path.parent / "001.png").write_bytes(b"no picture")
    return path


def test_an_unreadable_picture_in_the_validation_does_not_cost_the_run(small_set, tmp_path):
    path = broken_set(tmp_path)
    data = {"data": {"images": str(path.parent), "annotations": str(path)}}
    with pytest.raises(ImageError, match=r"001\.png.*in the validation.*weights are in .*weights.safetensors"):
        train(small_config(small_set, validation=data), tmp_path / "fail", **QUIET)
    assert load(tmp_path / "fail" / WEIGHTS).entry.name == "small" and (tmp_path / "fail" / CHECKPOINT).exists()
    lines = []
    config = small_config(small_set, validation=data, run={"unreadable": "skip"})
    result = train(config, tmp_path / "skip", quiet=True, say=lines.append)
    assert result.figures["images"] == 3 and sum("001.png" in line for line in lines) == 1
    with pytest.raises(ImageError):
        train(small_config(small_set, validation=data, run={"validate_every": 2}), tmp_path / "early", **QUIET)
    assert torch.load(tmp_path / "early" / CHECKPOINT, weights_only=True)["step"] == 2


@pytest.mark.parametrize("workers", [0, 1])
def test_unreadable_pictures_are_named_once_and_counted(tmp_path, workers):
    path = broken_set(tmp_path)
    lines = []
    config = small_config(path, run={"unreadable": "skip", "workers": workers})
    train(config, tmp_path / "skip", quiet=True, say=lines.append)
    assert sum("001.png" in line for line in lines) == 1
    assert "1 pictures could not be read and were skipped, named above" in lines
    with pytest.raises(ImageError, match=r"^[^\n]*001\.png[^\n]*$"):  # one line, whichever process met it
        train(small_config(path, run={"workers": workers}), tmp_path / "fail", **QUIET)


# ---- what the configuration says is what is done


def movement(result, fresh) -> torch.Tensor:
    """Everything that a run changed, in one row."""
    after, before = kept(result), fresh.module.state_dict()
    names = [name for name, _ in fresh.module.named_parameters()]
    return torch.cat([(after[name] - before[name]).ravel() for name in names])


def test_gradients_are_clipped(small_set, tmp_path):
    """One step of plain descent moves the weights by the learning rate times the gradient, and that has norm 0.5."""
    plain = {"momentum": 0, "weight_decay": 0, "later_lr": 1, "bias_lr": 1, "lr": 1e-3}
    config = small_config(small_set, optimiser=plain | {"clip": 0.5}, run={"steps": 1})
    torch.manual_seed(config.seed)
    fresh = fresh_network(config, lambda _: None)
    assert movement(train(config, tmp_path / "a", **QUIET), fresh).norm().item() == pytest.approx(5e-4, rel=1e-3)
    free = small_config(small_set, optimiser=plain, run={"steps": 1})
    assert movement(train(free, tmp_path / "b", **QUIET), fresh).norm().item() > 1e-3


def test_mixed_precision_is_nearly_the_same(small_set, tmp_path):
    one = train(small_config(small_set), tmp_path / "full", **QUIET)
    two = train(small_config(small_set, run={"precision": "bfloat16"}), tmp_path / "mixed", **QUIET)
    config = small_config(small_set)
    torch.manual_seed(config.seed)
    fresh = fresh_network(config, lambda _: None)
    full, mixed = movement(one, fresh), movement(two, fresh)
    assert 1e-5 < ((full - mixed).norm() / full.norm()).item() < 0.1
    assert all(tensor.dtype == torch.float32 for tensor in kept(two).values() if tensor.is_floating_point())


def test_half_precision_finds_its_scale(small_set, tmp_path):
    """The first steps overflow and are left out, each with half the scale of the one before; then it learns."""
    config = small_config(small_set, run={"precision": "float16", "steps": 60}, optimiser={"kind": "adam", "lr": 3e-3})
    train(config, tmp_path, **QUIET)
    losses = [float(row["loss"]) for row in rows(tmp_path / "log.csv")]
    assert losses[0] == pytest.approx(losses[1], rel=0.2) and losses[-1] < 0.7 * losses[0]
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["scaler"]["scale"] < 65536


@pytest.mark.parametrize(
    "change",
    [
        {"optimiser": {"momentum": 0.5}},
        {"optimiser": {"weight_decay": 0.1}},
        {"optimiser": {"kind": "adam", "betas": [0.5, 0.9]}},
        {"optimiser": {"kind": "adam"}},
        {"foreground": 3.0},
        {"intermediate": False},
        {"seed": 3},
        {"targets": {"sigma": 9.0}},
        {"augment": {"flip": 1.0, "rotation": 30.0}},
    ],
    ids=str,
)
def test_every_option_changes_what_comes_out(small_set, tmp_path, change):
    network = {"network": {"order": "LLS"}, "run": {"steps": 3}}
    base = {"optimiser": {"kind": "adam", "lr": 1e-3}} if change.get("optimiser", {}).get("betas") else {}
    one = train(small_config(small_set, **network, **base), tmp_path / "one", **QUIET)
    both = dict(network) | {key: {**base.get(key, {}), **value} if isinstance(value, dict) else value
                            for key, value in change.items()}  # fmt: skip
    two = train(small_config(small_set, **both), tmp_path / "two", **QUIET)
    assert not torch.equal(kept(one)["stages.0.predict.weight"], kept(two)["stages.0.predict.weight"])
    if change == {"intermediate": False}:
        assert {"L2", "S1"} <= set(rows(tmp_path / "two" / "log.csv")[0]) and "L1" not in rows(
            tmp_path / "two/log.csv"
        )[0]


def test_data_sets_are_drawn_with_their_probabilities(small_set, tmp_path):
    one = {"images": str(small_set.parent), "annotations": str(small_set)}
    lines = []
    config = small_config(small_set, data=[one | {"probability": 0.05}, one | {"probability": 0.95}], run={"steps": 1})
    train(config, tmp_path, quiet=True, say=lines.append)
    assert [line.split()[0] for line in lines if "pictures" in line] == ["5%", "95%"]


def test_generated_scenes_have_the_seed_that_was_asked_for(small_set):
    config = small_config(small_set, data=[{"level": "easy", "seed": 5, "count": 7}])
    source = source_of(config.data[0], config)
    assert (source.seed, len(source)) == (5, 7)


def test_the_validation_has_the_height_that_was_asked_for(small_set, tmp_path, monkeypatch):
    heights = []

    class Nobody:
        def __init__(self, network, height):
            heights.append(height)

        def __call__(self, image):
            return People.empty(COCO_18)

    monkeypatch.setattr("paflib.trainer.loop.PoseEstimator", Nobody)
    data = {"data": {"images": str(small_set.parent), "annotations": str(small_set)}}
    train(small_config(small_set, validation=data | {"height": 96}, run={"steps": 1}), tmp_path / "a", **QUIET)
    train(small_config(small_set, validation=data, run={"steps": 1}), tmp_path / "b", **QUIET)
    assert heights == [96, None]


def test_a_start_brings_its_padding_and_scaling(small_set):
    config = small_config(small_set)
    own, other = fresh_network(config, lambda _: None), fresh_network(config, lambda _: None)
    other.entry = replace(other.entry, pad=(1, 2, 3), scaling=Scaling("rgb", 0.5, 0.25))
    made = start_from(own, other, lambda _: None)
    assert made.entry.pad == (1, 2, 3) and made.entry.scaling == Scaling("rgb", 0.5, 0.25)


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
