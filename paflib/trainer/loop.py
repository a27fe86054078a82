"""The training loop: batches in, weights out, and nothing lost when it is stopped.

What a step sees follows from the configuration and the step's number alone (:class:`~paflib.trainer.data.Batches`), so
a checkpoint needs the weights, the optimiser and the number of the step, and a run that goes on from one gives the same
weights, bit for bit on one CPU, as one that was never stopped. Under ``torchrun`` every process takes its share of each
batch, and gradients are averaged by DistributedDataParallel.
"""

from __future__ import annotations

import copy
import csv
import json
import math
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from paflib.errors import DataError, ImageError, PaflibError, TrainingError
from paflib.inference.estimator import PoseEstimator, find_device
from paflib.inference.files import atomic_path
from paflib.model.mobilenet import MobileNetThin
from paflib.model.zoo import Network, load, new_network, save_network
from paflib.skeleton import COCO_17, Skeleton
from paflib.trainer.config import Config, DataSet, Optimiser, Schedule, config_of
from paflib.trainer.data import Batch, Batches, CocoSource, Source, Steps, SyntheticSource, collate, quiet_worker
from paflib.trainer.loss import stage_losses, total
from paflib.trainer.targets import draw_targets

IMAGENET = "vgg19-imagenet"
CHECKPOINT, LOG, WEIGHTS = "checkpoint.pt", "log.csv", "weights.safetensors"

_REMEDY = (
    "A smaller learning rate, clipping (optimiser.clip) or float32 are what usually helps: change the configuration "
    "and begin in another folder, with start = '{checkpoint}' to keep what the last checkpoint has learned, if there "
    "is one"
)

_FREE = {"workers", "device", "checkpoint_every", "log_every", "validate_every", "threads", "tensorboard", "unreadable"}
"""What of ``run`` may change when a run goes on: everything else changes the weights that come out."""


@dataclass(frozen=True)
class Result:
    """What a run came to.

    Args:
        weights: the file of the trained network; None when the run was told to stop before its end.
        step: the number of steps done.
        figures: of the last validation, empty without one.
        images_per_second: of this process' part of the run, over all processes.
        waiting: share of the time spent waiting for data.
    """

    weights: Path | None
    step: int
    figures: Mapping[str, Any]
    images_per_second: float
    waiting: float


def train(
    config: Config,
    out: str | os.PathLike[str],
    *,
    stop_at: int | None = None,
    quiet: bool = False,
    say: Callable[[str], None] = print,
) -> Result:
    """Train a network, or go on where an earlier call with the same configuration and folder was stopped.

    ``out`` gets ``checkpoint.pt``, ``log.csv`` with the loss of every stage, and at the end ``weights.safetensors``,
    with the configuration in it. Ctrl-C and SIGTERM leave a checkpoint of the step they came in.

    Args:
        config: the run.
        out: its folder, made if need be.
        stop_at: stop with a checkpoint after this step, as if interrupted; for tests and for time limits.
        quiet: no progress bar.
        say: where lines for people go.

    Raises:
        DataError: what the configuration names is not there or does not fit; said before the first step.
        TrainingError: a loss or a weight is NaN or infinite; names the batch. The last checkpoint is kept.
        KeyboardInterrupt: stopped by Ctrl-C or SIGTERM, with a checkpoint.
    """
    with _processes(config) as (rank, ranks, device):
        if config.run.threads:
            torch.set_num_threads(config.run.threads)
        run = _Run(config, Path(out), rank, ranks, device, say)
        with _stop_signals() as asked:
            return run.go(stop_at, quiet or rank > 0, asked)


class _Run:
    def __init__(
        self, config: Config, out: Path, rank: int, ranks: int, device: torch.device, say: Callable[[str], None]
    ) -> None:
        if config.run.batch % ranks:
            raise DataError(f"run.batch is {config.run.batch}, wanted a multiple of the {ranks} processes")
        self.config, self.out, self.rank, self.ranks, self.device = config, out, rank, ranks, device
        self.say = say if rank == 0 else _silent
        self.say_anyway = say  # of what other processes do not know
        self.unreadable: set[str] = set()
        skeleton = config.skeleton_of()
        torch.manual_seed(config.seed)
        self.network = fresh_network(config, self.say)  # before the data: a mistyped layer must not cost their minutes
        self.batches = Batches(
            [source_of(one, config) for one in config.data], config.augmentation(), skeleton, config.run.batch,
            [one.probability for one in config.data], config.seed, config.run.unreadable,
        )  # fmt: skip
        self.validation = _validation(config, self.say)
        for line in self.batches.summary():
            self.say(line)
        self.entry = self.network.entry
        self.module = self.network.module.to(device).to(memory_format=torch.channels_last).train()
        self.mean = copy.deepcopy(self.module).requires_grad_(False) if config.run.ema else None
        self.optimiser = make_optimiser(config.optimiser, self.module, self.entry.order)
        self.scaler = torch.amp.GradScaler(device.type, enabled=config.run.precision == "float16")
        self.options = config.target_options()
        self.step = 0
        self.figures: dict[str, Any] = {}
        out.mkdir(parents=True, exist_ok=True)
        self._resume()
        self.parallel: nn.Module = self.module
        if ranks > 1:
            if device.type == "cuda":
                self.module = nn.SyncBatchNorm.convert_sync_batchnorm(self.module)
            self.parallel = nn.parallel.DistributedDataParallel(
                self.module, device_ids=[device.index] if device.type == "cuda" else None
            )

    # ---- the loop --------------------------------------------------------------------------------------------------

    def go(self, stop_at: int | None, quiet: bool, asked_to_stop: Callable[[], bool]) -> Result:
        from tqdm import tqdm

        run, last = self.config.run, min(self.config.run.steps, stop_at or self.config.run.steps)
        if self.step:
            self.say(f"going on after step {self.step} of {run.steps}")
        log = _Log(self.out, self.step, run.tensorboard) if self.rank == 0 else None
        started, first, waited = time.perf_counter(), self.step, 0.0
        interval: list[dict[str, Tensor]] = []
        since, waited_since = started, 0.0
        loader = self._loader(last)
        bar = tqdm(total=run.steps, initial=self.step, desc="train", unit="step", disable=quiet)
        try:
            while self.step < last:
                asked = time.perf_counter()
                batch = self._next(loader)
                waited += time.perf_counter() - asked
                waited_since += time.perf_counter() - asked
                losses, stop = self._train_step(batch, asked_to_stop())
                interval.append(losses)
                self.step += 1
                bar.update()
                if self.step % run.log_every == 0 or self.step == last:
                    row = _means(interval)
                    now = time.perf_counter()
                    row |= {
                        "images_per_second": len(interval) * run.batch / (now - since),
                        "waiting": waited_since / (now - since),
                    }
                    lr = self.config.optimiser.lr * learning_rate(self.config.schedule, self.step - 1, run.steps)
                    if log:
                        log.write({"step": self.step, "images": self.step * run.batch, "lr": lr} | row)
                    bar.set_postfix(loss=f"{row['loss']:.4g}", refresh=False)
                    interval, since, waited_since = [], now, 0.0
                validates = run.validate_every and self.step % run.validate_every == 0 and self.step < run.steps
                if stop or validates or self.step % run.checkpoint_every == 0:
                    self._save_checkpoint()  # before a validation, which opens files that nobody has opened yet
                if validates:
                    self._validate(log)
                    since = time.perf_counter()
                if stop:
                    self.say(f"stopped after step {self.step}; the same command goes on from {self.out / CHECKPOINT}")
                    raise KeyboardInterrupt
        finally:
            bar.close()
            if log:
                log.close()
        seconds = max(time.perf_counter() - started, 1e-9)
        speed = (self.step - first) * run.batch / seconds
        if self.step < run.steps:
            self._save_checkpoint()
            return Result(None, self.step, self.figures, speed, waited / seconds)
        return self._finish(speed, waited / seconds)

    def _next(self, loader: Iterator[Batch]) -> Batch:
        """The next batch; a picture that was skipped in it is named once."""
        try:
            batch = next(loader)
        except PaflibError as error:  # from a data worker it comes with that process' traceback as its text
            raise type(error)(str(error).rpartition(f"{type(error).__name__}: ")[2].strip()) from None
        for text in batch.skipped:
            if text not in self.unreadable:
                self.unreadable.add(text)
                self.say_anyway(f"skipped: {text}")
        return batch

    def _loader(self, last: int) -> Iterator[Batch]:
        run = self.config.run
        order = Steps(self.step, last, run.batch, self.rank, self.ranks)
        loader: torch.utils.data.DataLoader[Any] = torch.utils.data.DataLoader(
            self.batches,  # type: ignore[arg-type]  # its keys are pairs
            batch_sampler=order,
            num_workers=run.workers,
            collate_fn=collate,
            worker_init_fn=quiet_worker,
            pin_memory=self.device.type == "cuda",
            prefetch_factor=4 if run.workers else None,
        )
        return iter(loader)

    def _train_step(self, batch: Batch, stop: bool) -> tuple[dict[str, Tensor], bool]:
        """One step: the losses, and whether this or another process has been asked to stop."""
        run = self.config.run
        rate = learning_rate(self.config.schedule, self.step, run.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.optimiser.lr * group["multiplier"] * rate
        moved = batch.map(lambda tensor: tensor.to(self.device, non_blocking=True))
        images = self.entry.scaling(moved.images).contiguous(memory_format=torch.channels_last)
        targets = draw_targets(moved, self.entry.skeleton, self.entry.S_grid, self.entry.L_grid, self.options)
        kind = getattr(torch, run.precision)
        with torch.autocast(self.device.type, dtype=kind, enabled=run.precision != "float32"):
            outputs = self.parallel(images)
        losses = stage_losses(outputs, targets, self.config.foreground, self.config.intermediate)
        loss = total(losses)
        stop = self._check(loss, losses, batch, stop)
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        if self.config.optimiser.clip:
            self.scaler.unscale_(self.optimiser)
            nn.utils.clip_grad_norm_(self.module.parameters(), self.config.optimiser.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        if self.mean is not None:
            _follow(self.mean, self.module, min(run.ema, (1 + self.step) / (10 + self.step)))
        return {"loss": loss.detach()} | {name: value.detach() for name, value in losses.items()}, stop

    def _check(self, loss: Tensor, losses: Mapping[str, Tensor], batch: Batch, stop: bool) -> bool:
        """See that the loss is finite; whether any process was asked to stop."""
        good = torch.stack([torch.isfinite(loss.detach()).float(), loss.new_tensor(float(not stop))])
        if self.ranks > 1:  # all stop together, or the others would wait for ever
            torch.distributed.all_reduce(good, op=torch.distributed.ReduceOp.MIN)
        finite, go_on = good.tolist()
        if finite:
            return not go_on
        bad = [name for name, value in losses.items() if not torch.isfinite(value)]
        raise TrainingError(
            f"the loss of step {self.step + 1} is not finite ({', '.join(bad) or 'in another process'}); its batch: "
            f"{'; '.join(batch.names)}. {_REMEDY.format(checkpoint=self.out / CHECKPOINT)}"
        )

    def _check_weights(self) -> None:
        """See that the weights are of use: the last step may have ruined them though its loss was finite."""
        network = self.trained()
        bad = [f"the weights {name}" for name, t in network.module.state_dict().items() if not torch.isfinite(t).all()]
        if not bad:
            noise = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
            bad = ["the maps of a picture of noise" for maps in network(noise)[-1] if not torch.isfinite(maps).all()]
        if bad:
            raise TrainingError(
                f"after step {self.step} {bad[0]} are NaN or infinite: they are not kept. "
                + _REMEDY.format(checkpoint=self.out / CHECKPOINT)
            )

    # ---- what is kept ----------------------------------------------------------------------------------------------

    def _save_checkpoint(self) -> None:
        self._check_weights()
        if self.rank:
            return
        state = {
            "step": self.step,
            "config": json.dumps(self.config.as_dict()),
            "module": self.module.state_dict(),
            "mean": self.mean.state_dict() if self.mean is not None else None,
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
        }
        with atomic_path(self.out / CHECKPOINT) as temporary:
            torch.save(state, temporary)

    def _resume(self) -> None:
        path = self.out / CHECKPOINT
        if not path.is_file():
            return
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            before = json.loads(state["config"])
        except Exception as error:  # a file that is something else fails in many ways
            raise DataError(f"{path} is no checkpoint that can be read ({error}); remove it to begin anew") from None
        if changed := _difference(before, json.loads(json.dumps(self.config.as_dict()))):
            raise DataError(
                f"{path} is of a run with another configuration ({changed}); go on with that one, or take another "
                "folder"
            )
        self.module.load_state_dict(state["module"])
        if self.mean is not None:
            self.mean.load_state_dict(state["mean"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
        self.step = int(state["step"])

    def trained(self) -> Network:
        """The network as it would be kept now: a copy, in evaluation mode."""
        module = copy.deepcopy(self.mean if self.mean is not None else self.module)
        return Network(self.entry, module.requires_grad_(False), self.device)

    def _validate(self, log: _Log | None) -> None:
        if self.validation is None or self.rank:
            return
        source, most = self.validation
        skip = self.config.run.unreadable == "skip"
        self.figures = validate(self.trained(), source, self.config.validation.height, most, self.say if skip else None)
        self.say(
            f"step {self.step}, {self.step * self.config.run.batch} images: "
            + ", ".join(f"{name} {self.figures[name]:.3f}" for name in ("AP", "AP50", "AP75", "AR"))
        )
        if log:
            log.write_validation(self.step, self.step * self.config.run.batch, self.figures)

    def _finish(self, speed: float, waiting: float) -> Result:
        path = self.out / WEIGHTS
        self._save_checkpoint()
        self._save_weights(path)
        log = _Log(self.out, self.step, self.config.run.tensorboard) if self.rank == 0 else None
        try:
            self._validate(log)
        except PaflibError as error:
            raise type(error)(
                f"{error} (in the validation: the run itself is finished, its weights are in {path}; the same command "
                "validates again)"
            ) from None
        finally:
            if log:
                log.close()
        if self.figures:
            self._save_weights(path)
        if self.unreadable:
            self.say_anyway(f"{len(self.unreadable)} pictures could not be read and were skipped, named above")
        self.say(f"{speed:.1f} images a second, {waiting:.0%} of the time waiting for data; weights in {path}")
        return Result(path, self.step, self.figures, speed, waiting)

    def _save_weights(self, path: Path) -> None:
        if self.rank:
            return
        metadata = {"config": json.dumps(self.config.as_dict()), "images": str(self.step * self.config.run.batch)}
        if self.figures:
            metadata["validation"] = json.dumps(_numbers(self.figures))
        save_network(path, self.trained(), metadata)


# ---- parts of it that are of use alone -----------------------------------------------------------------------------


def source_of(data: DataSet, config: Config) -> Source:
    """The source that a data set of a configuration names, opened and checked."""
    if data.level:
        return SyntheticSource(data.level, data.count, data.seed, data.category or "person")
    folder = Path(config.folder)
    category = int(data.category) if data.category.isdigit() else data.category or None
    skeleton = config.skeleton_of(data.skeleton) if data.skeleton else None
    return CocoSource(folder / data.images, folder / data.annotations, skeleton, category)


def fresh_network(config: Config, say: Callable[[str], None] = print) -> Network:
    """The network of a configuration with fresh weights, or with those of ``config.start`` where they fit."""
    arguments = dict(config.network)
    architecture = arguments.pop("architecture", "staged")
    size = config.augmentation().size
    entry = {key: arguments.pop(key) for key in ("height", "about", "licence") if key in arguments}
    height = entry.get("height", size)
    if not isinstance(height, int) or isinstance(height, bool) or height < 8:
        raise DataError(f"network.height is {height!r}, wanted a whole number of pixels, at least 8")
    network = new_network(config.name, architecture, config.skeleton_of(), arguments, **({"height": size} | entry))
    if lacking := {"L", "S"} - set("".join(network.entry.order)):
        raise DataError(
            f"the stages of {config.name} predict no {min(lacking)}: wanted at least one of each kind (network.order)"
        )
    if config.start == IMAGENET:
        start_from_imagenet(network)
        say("the trunk starts from VGG-19's ImageNet weights; everything else begins fresh")
    elif config.start:
        beside = Path(config.folder) / config.start
        return start_from(network, _load_start(beside if beside.is_file() else Path(config.start), config), say)
    return network


def _load_start(path: Path, config: Config) -> Network:
    """The network of a file or of a name; of a checkpoint, the weights that its run would have kept."""
    if path.suffix != ".pt" or not path.is_file():
        return load(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        made = config_of(json.loads(state["config"]), folder=config.folder)
        weights = state["mean"] or state["module"]
    except Exception:  # no checkpoint of ours: one of the released files, or nothing at all, and then `load` says what
        return load(path)
    network = fresh_network(replace(made, start=""), _silent)
    network.module.load_state_dict(weights)
    return network


def start_from(network: Network, other: Network, say: Callable[[str], None] = print) -> Network:
    """The network with another one's weights where they fit, and seeing pixels as that one does.

    Weights that learned 0 to 255 are worth nothing on -0.5 to 0.5, so the scaling comes with them. Of the same
    architecture come the padding and the places of the cells too.

    Raises:
        DataError: none fits.
    """
    take_weights(network.module, other.module, say)
    own, given = network.entry, other.entry
    like: dict[str, Any] = {"scaling": given.scaling}
    if own.architecture == given.architecture:
        like |= {"pad": given.pad}
        grids = {name: (getattr(own, name), getattr(given, name)) for name in ("S_grid", "L_grid")}
        like |= {name: there for name, (here, there) in grids.items() if here.strides == there.strides}
    return Network(replace(own, **like), network.module, network.device)


def start_from_imagenet(network: Network) -> None:
    """Give a VGG-19 trunk its ImageNet weights, fetched by the name ``vgg19-imagenet`` (both papers start so).

    Raises:
        DataError: the network's trunk is another.
        FetchError: the file can be had nowhere; says where to put it by hand.
    """
    from paflib.fetching import fetch
    from paflib.model.backbones import VGG19Features

    features = getattr(network.module, "features", None)
    if not isinstance(features, VGG19Features):
        raise DataError(f"start is {IMAGENET!r}, but {network.entry.name} has another trunk than VGG-19")
    features.load_imagenet(fetch(IMAGENET), network.entry.scaling)


def take_weights(module: nn.Module, other: nn.Module, say: Callable[[str], None] = print) -> list[str]:
    """Take over every tensor of another module that has the same name and shape; the names of those that stay fresh.

    A module that knows how to, and whose skeleton is another, takes channels by the names of parts and limbs
    (:meth:`paflib.model.mobilenet.MobileNetThin.adapted`).

    Raises:
        DataError: none fits.
    """
    own, given = module.state_dict(), other.state_dict()
    if isinstance(module, MobileNetThin) and isinstance(other, MobileNetThin):
        given = module.adapted(other)
        if new := [part for part in module.skeleton.parts if part not in other.skeleton.parts]:
            say(f"channels go by name; those of {', '.join(new)} begin fresh")
    fits = {name: tensor for name, tensor in given.items() if name in own and own[name].shape == tensor.shape}
    if not fits:
        raise DataError("no tensor of the weights to start from has the name and shape of one of this network")
    module.load_state_dict(fits, strict=False)
    fresh = [name for name in own if name not in fits]
    say(f"starting from {len(fits)} tensors; {len(fresh)} begin fresh{': ' if fresh else ''}{', '.join(fresh[:6])}"
        f"{', ...' if len(fresh) > 6 else ''}")  # fmt: skip
    return fresh


def make_optimiser(how: Optimiser, module: nn.Module, order: Sequence[str]) -> torch.optim.Optimizer:
    """The optimiser with the papers' multipliers, a parameter group for each combination of them (FACTS 1.10).

    What has a multiplier of 0 is frozen: no gradient of it is computed, which is quicker too.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in module.named_parameters():
        rate, decay = _multipliers(how, name, parameter, order)
        parameter.requires_grad_(rate != 0)
        if rate != 0:
            groups.setdefault((rate, decay), []).append(parameter)
    listed = [
        {"params": parameters, "multiplier": rate, "lr": how.lr * rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]
    if how.kind == "sgd":
        return torch.optim.SGD(listed, lr=how.lr, momentum=how.momentum)
    return torch.optim.Adam(listed, lr=how.lr, betas=how.betas)


def _multipliers(how: Optimiser, name: str, parameter: nn.Parameter, order: Sequence[str]) -> tuple[float, float]:
    """(multiplier of the learning rate, weight decay) of one parameter."""
    place = name.split(".")
    rate = how.features_lr
    if place[0] == "stages" and len(place) > 1 and place[1].isdigit():
        number = int(place[1])
        rate = how.later_lr if order[number] in order[:number] else how.first_lr
    if name.endswith("bias"):
        rate *= how.bias_lr
    return rate, how.weight_decay if parameter.ndim > 1 else 0.0


def learning_rate(how: Schedule, step: int, steps: int) -> float:
    """The factor on the learning rate in a step, counted from 0.

    >>> cycle = Schedule("one-cycle", warmup=0.5, final=0.0)
    >>> [round(learning_rate(cycle, step, 100), 2) for step in (0, 25, 50, 75, 99)]
    [0.02, 0.52, 1.0, 0.5, 0.0]
    """
    if how.kind == "step":
        passed = sum(step >= at for at in how.at) + (step // how.every if how.every else 0)
        return float(how.factor**passed)
    if how.kind == "constant":
        return 1.0
    rise = max(how.warmup * steps, 1.0)
    if step < rise:
        return (step + 1) / rise if step + 1 < rise else 1.0
    share = (step - rise) / max(steps - rise, 1.0)
    return how.final + (1 - how.final) * (1 + math.cos(math.pi * share)) / 2


def validate(
    network: Network, source: Source, height: int = 0, most: int = 0, skipped: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """COCO's AP and AR of a network on a source, on the :func:`common_parts` of the two.

    Args:
        network: in evaluation mode.
        source: pictures with their people.
        height: of the network's input; 0 for the network's own.
        most: at most so many pictures; 0 for all.
        skipped: told of a picture that cannot be read, which is then left out; without it the error is raised.

    Raises:
        ImageError: a picture cannot be read.
        DataError: they have no part in common, nobody knows its OKS constant, or no picture at all could be read.
    """
    from paflib.evaluation.oks import evaluate_oks

    estimator = PoseEstimator(network, height or None)
    skeleton, parts = common_parts(network.entry.skeleton, source.skeleton)
    annotations, results, images = [], [], []
    for index in range(min(len(source), most or len(source))):
        try:
            example = source[index]
        except ImageError as error:
            if skipped is None:
                raise
            skipped(f"skipped in the validation: {error}")
            continue
        annotations += example.people.convert(skeleton).to_coco(index, skeleton=skeleton)
        results += estimator(example.image).convert(skeleton).to_coco(index, skeleton=skeleton)
        images.append({"id": index, "height": example.image.shape[0], "width": example.image.shape[1]})
    if not images:
        raise DataError(f"no picture of {source.name} could be read: there is nothing to validate on")
    for number, row in enumerate(annotations):
        row["id"] = number + 1
    content = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]}
    return evaluate_oks(results, content, skeleton, parts=parts)


def common_parts(network: Skeleton, source: Skeleton) -> tuple[Skeleton, list[str]]:
    """The skeleton on which a network is validated, and those of its parts that both can say where they are.

    COCO's seventeen where both have them all, so that figures compare with everybody's; otherwise what the network has
    of the source's own parts.

    Raises:
        DataError: they have no part in common, or the source's skeleton has no OKS constants.
    """
    from paflib.evaluation.oks import oks_sigmas

    if all(network.sources(COCO_17)) and all(source.sources(COCO_17)):
        return COCO_17, list(COCO_17.parts)
    parts = [part for part, found in zip(source.parts, network.sources(source), strict=True) if found]
    if not parts:
        raise DataError(
            f"the validation set's {source.name} and the network's {network.name} have no part in common: name another "
            "validation.data, or none"
        )
    oks_sigmas(source)
    return source, parts


def _validation(config: Config, say: Callable[[str], None]) -> tuple[Source, int] | None:
    """The validation set, opened, and seen to fit the network before any step is made."""
    data = config.validation.data
    if not (data.level or data.images):
        return None
    source = source_of(data, config)
    skeleton, parts = common_parts(config.skeleton_of(), source.skeleton)
    if len(parts) < skeleton.J:
        say(f"validated on {len(parts)} of the {skeleton.J} parts of {skeleton.name}: {', '.join(parts)}")
    return source, config.validation.most


def _means(interval: Sequence[Mapping[str, Tensor]]) -> dict[str, float]:
    return {name: float(torch.stack([one[name] for one in interval]).mean()) for name in interval[0]}


def _follow(mean: nn.Module, module: nn.Module, keep: float) -> None:
    """Move the running mean of the weights towards them; buffers of numbers follow too, counters are copied."""
    with torch.no_grad():
        for slow, fast in zip(mean.state_dict().values(), module.state_dict().values(), strict=True):
            if slow.is_floating_point():
                slow.lerp_(fast, 1 - keep)
            else:
                slow.copy_(fast)


def _difference(before: Any, now: Any, where: str = "") -> str:
    """The first key by which two configurations differ, in a way that matters; "" where none does."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in [*before, *(key for key in now if key not in before)]:
            if (where == "run" and key in _FREE) or (not where and key in ("validation", "name")):
                continue
            if found := _difference(before.get(key), now.get(key), f"{where}.{key}" if where else key):
                return found
        return ""
    return "" if before == now else f"{where} was {before!r} and is {now!r}"


def _numbers(figures: Mapping[str, Any]) -> dict[str, float]:
    return {name: value for name, value in figures.items() if isinstance(value, (int, float))}


def _silent(_: str) -> None:
    pass


class _Log:
    """``log.csv`` and ``validation.csv``; rows of steps after the one a run goes on from are dropped."""

    def __init__(self, out: Path, step: int, tensorboard: bool) -> None:
        self._out = out
        for name in (LOG, "validation.csv"):
            _cut(out / name, step)
        self._board: Any = None
        if tensorboard:
            try:
                from torch.utils.tensorboard import SummaryWriter
            except ImportError:
                raise DataError(
                    "run.tensorboard wants the package tensorboard, which is not here: pip install 'paflib[train]', "
                    "or set run.tensorboard = false (log.csv has the same figures)"
                ) from None
            self._board = SummaryWriter(str(out), purge_step=step + 1)

    def write(self, row: Mapping[str, float]) -> None:
        self._append(LOG, row)
        if self._board:
            for name, value in row.items():
                self._board.add_scalar(f"train/{name}", value, int(row["step"]))

    def write_validation(self, step: int, images: int, figures: Mapping[str, Any]) -> None:
        seen = {"step": step, "images": images}  # of training; the figures' own "images" are those they were read on
        row = seen | {name: value for name, value in _numbers(figures).items() if name not in seen}
        self._append("validation.csv", row)
        if self._board:
            for name, value in row.items():
                self._board.add_scalar(f"validation/{name}", value, step)

    def _append(self, name: str, row: Mapping[str, float]) -> None:
        path = self._out / name
        new = not path.is_file()
        with open(path, "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row))
            if new:
                writer.writeheader()
            writer.writerow({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()})

    def close(self) -> None:
        if self._board:
            self._board.close()


def _cut(path: Path, step: int) -> None:
    if not path.is_file():
        return
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    kept = [row for row in rows if row and row[0].isdigit() and int(row[0]) <= step]
    with atomic_path(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *kept])
    if not kept:
        path.unlink()


# ---- processes and signals -----------------------------------------------------------------------------------------


@contextmanager
def _processes(config: Config) -> Iterator[tuple[int, int, torch.device]]:
    """(rank, number of processes, device), joined to the others when torchrun started several."""
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    name = find_device(config.run.device)
    if ranks == 1:
        yield 0, 1, torch.device(name)
        return
    rank, local = int(os.environ["RANK"]), int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", local) if name.startswith("cuda") else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    # The others wait while the first one validates.
    torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=timedelta(hours=4))
    try:
        yield rank, ranks, device
    finally:
        with suppress(Exception):
            torch.distributed.destroy_process_group()


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C, or SIGTERM as a batch system sends it before it kills, has asked to stop.

    A step is finished first, so that weights, optimiser and step number belong together. A second Ctrl-C does not wait.
    """
    asked: list[int] = []

    def ask(number: int, _: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    try:
        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread: signals are somebody else's
        yield lambda: False
        return
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def checkpoint_config(path: str | os.PathLike[str]) -> Config:
    """The configuration stored in a file of weights or in a checkpoint.

    Raises:
        PaflibError: there is none, or it cannot be read.
    """
    path = Path(path)
    if path.suffix == ".safetensors":
        from paflib.model.zoo import read_metadata

        text = read_metadata(path).get("config")
    else:
        text = torch.load(path, map_location="cpu", weights_only=True).get("config")
    if not text:
        raise PaflibError(f"{path} says nothing of how it was trained")
    return config_of(json.loads(text))
