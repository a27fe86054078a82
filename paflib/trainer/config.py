"""A training run as one TOML file: network, data, augmentation, targets, loss, optimiser, schedule.

Every key is checked before anything is computed, and a mistyped one is answered with the one that was meant. The whole
configuration is stored with the weights, so a file of weights says how it came to be.
"""

from __future__ import annotations

import dataclasses
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from paflib._check import meant
from paflib.errors import DataError, PaflibError
from paflib.fields import TARGETS, TargetOptions
from paflib.skeleton import SKELETONS, Skeleton
from paflib.trainer.augment import AUGMENTATIONS, Augmentation, augmentation_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class DataSet:
    """One set of annotated pictures: a folder and a COCO-style json, or a level of generated scenes.

    Args:
        images, annotations: folder and json file; relative paths are counted from the configuration's folder.
        category: name or number; by default ``person``, or the only one.
        skeleton: of the annotations, by name or as a JSON file; by default told by the number of parts.
        level: of generated scenes, instead of images and annotations.
        count, seed: of generated scenes.
        probability: how often it is drawn, against the other sets.
    """

    images: str = ""
    annotations: str = ""
    category: str = ""
    skeleton: str = ""
    level: str = ""
    count: int = 1_000_000
    seed: int = 0
    probability: float = 1.0


@dataclass(frozen=True)
class Optimiser:
    """How weights move.

    Args:
        kind: ``"adam"`` or ``"sgd"`` with momentum.
        lr: base learning rate.
        weight_decay: of weights; biases, normalisation and PReLU slopes have none.
        momentum: of SGD.  betas: of Adam.
        features_lr, first_lr, later_lr, bias_lr: multipliers of the learning rate: the trunk, the first stage of each
            kind, later stages, and biases on top of these (FACTS 1.10: 1, 1, 4 and 2).
        clip: largest norm of the gradient; 0 does not clip.
    """

    kind: Literal["adam", "sgd"] = "sgd"
    lr: float = 4e-5
    weight_decay: float = 5e-4
    momentum: float = 0.9
    betas: tuple[float, float] = (0.9, 0.999)
    features_lr: float = 1.0
    first_lr: float = 1.0
    later_lr: float = 4.0
    bias_lr: float = 2.0
    clip: float = 0.0


@dataclass(frozen=True)
class Schedule:
    """How the learning rate goes.

    Args:
        kind: ``"step"``, times ``factor`` at each of ``at`` (or every ``every`` steps); ``"one-cycle"``, up in the
            first ``warmup`` share of the run and down along half a cosine to ``final`` of it; ``"constant"``.
    """

    kind: Literal["step", "one-cycle", "constant"] = "step"
    at: tuple[int, ...] = ()
    every: int = 0
    factor: float = 1 / 3
    warmup: float = 0.1
    final: float = 0.001


@dataclass(frozen=True)
class Run:
    """How long, how fast, and what is kept.

    Args:
        steps: of the whole run.  batch: pictures a step, over all processes.
        workers: processes that read and augment; 0 does it in the training process.
        device: ``"auto"``, ``"cpu"``, ``"cuda"``.
        precision: ``"float32"``, or ``"bfloat16"`` or ``"float16"`` for the network's forward and backward pass.
        ema: share of the old value in the running mean of the weights, which is what is kept; 0 keeps the last weights.
        checkpoint_every, log_every, validate_every: steps; validate_every 0 validates at the end alone.
        unreadable: ``"fail"`` or ``"skip"`` pictures that cannot be read.
        tensorboard: also write TensorBoard's event files.
        threads: of the CPU for the network; 0 leaves torch's choice.
    """

    steps: int = 600_000
    batch: int = 10
    workers: int = 2
    device: str = "auto"
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    ema: float = 0.0
    checkpoint_every: int = 2000
    log_every: int = 50
    validate_every: int = 0
    unreadable: Literal["fail", "skip"] = "fail"
    tensorboard: bool = False
    threads: int = 0


@dataclass(frozen=True)
class Validation:
    """What is measured during and after training: OKS AP on a set that is not trained on.

    Args:
        data: the set; none when it names neither images nor a level.
        height: of the network's input.  most: pictures at most; 0 takes all.
    """

    data: DataSet = field(default_factory=DataSet)
    height: int = 0
    most: int = 0


@dataclass(frozen=True)
class Config:
    """A whole training run; :func:`read_config` makes one of a TOML file.

    Args:
        name: of the network that comes out.
        seed: of weights, data and augmentation.
        skeleton: by name, or a JSON file.
        network: ``architecture`` and its arguments, see :mod:`paflib.model.zoo`.
        start: a file of weights to start from, or the name of a network: tensors that fit are taken, and those that
            begin fresh are named; or ``"vgg19-imagenet"`` for the trunk alone.
        data: at least one set.  validation: what is measured.
        augment: a preset's name under ``preset`` and single fields of :class:`Augmentation`.
        targets: a preset's name under ``preset`` and single fields of :class:`~paflib.fields.TargetOptions`.
        foreground: see :func:`paflib.trainer.loss.masked_loss`.
        intermediate: see :func:`paflib.trainer.loss.stage_losses`.
    """

    name: str
    network: dict[str, Any]
    data: tuple[DataSet, ...]
    seed: int = 0
    skeleton: str = "coco-18"
    start: str = ""
    validation: Validation = field(default_factory=Validation)
    augment: dict[str, Any] = field(default_factory=dict)
    targets: dict[str, Any] = field(default_factory=dict)
    foreground: float = 1.0
    intermediate: bool = True
    optimiser: Optimiser = field(default_factory=Optimiser)
    schedule: Schedule = field(default_factory=Schedule)
    run: Run = field(default_factory=Run)
    folder: str = "."

    def augmentation(self) -> Augmentation:
        """The augmentation that ``augment`` says."""
        changes = {key: value for key, value in self.augment.items() if key != "preset"}
        return augmentation_of(self.augment.get("preset", "tpami-2019"), **changes)

    def target_options(self) -> TargetOptions:
        """How true maps are drawn."""
        chosen = TARGETS[self.targets.get("preset", "paper")]
        return dataclasses.replace(chosen, **{key: v for key, v in self.targets.items() if key != "preset"})

    def skeleton_of(self, name: str = "") -> Skeleton:
        """A skeleton by name or from a JSON file beside the configuration."""
        name = name or self.skeleton
        if name in SKELETONS:
            return SKELETONS[name]
        if Path(name).suffix != ".json":
            raise DataError(f"skeleton is {name!r}, wanted a JSON file{meant(name, SKELETONS)}")
        return Skeleton.from_json(Path(self.folder) / name)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as the TOML file has them; :func:`config_of` reads them back."""
        return {key: value for key, value in dataclasses.asdict(self).items() if key != "folder"}


def read_config(path: str | os.PathLike[str]) -> Config:
    """Read a configuration.

    Raises:
        DataError: naming the file, and the key or value that is wrong.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: the configuration cannot be read ({error.strerror or error})") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: this is no TOML: {error}") from None
    try:
        return config_of(content, folder=str(path.parent))
    except PaflibError as error:
        raise DataError(f"{path}: {error}") from None


def config_of(content: Mapping[str, Any], folder: str = ".") -> Config:
    """A configuration from plain values.

    Raises:
        DataError: naming the key or value that is wrong.
    """
    config = _build(Config, {**content, "folder": folder}, "")
    if not config.data:
        raise DataError("[[data]] is missing: wanted at least one data set")
    for n, one in enumerate((*config.data, config.validation.data)):
        where = f"data[{n}]" if n < len(config.data) else "validation.data"
        if one.level and (one.images or one.annotations):
            raise DataError(f"{where}: level and images exclude each other: generated scenes, or pictures")
        if bool(one.images) != bool(one.annotations) or (n < len(config.data) and not (one.level or one.images)):
            raise DataError(f"{where}: wanted images and annotations, or the level of generated scenes")
    for what, presets, kind in (("augment", AUGMENTATIONS, Augmentation), ("targets", TARGETS, TargetOptions)):
        table = dict(getattr(config, what))
        preset = table.pop("preset", next(iter(presets)))
        if preset not in presets:
            raise DataError(f"{what}.preset is {preset!r}, wanted one of {', '.join(presets)}")
        _known(table, {"preset", *kind.__dataclass_fields__}, what)
        hints = get_type_hints(kind)
        typed = {key: _value(hints[key], value, _at(what, key)) for key, value in table.items()}
        config = dataclasses.replace(
            config, **{what: ({"preset": preset} if "preset" in getattr(config, what) else {}) | typed}
        )
    _check_ranges(config)
    try:
        config.augmentation(), config.target_options(), config.skeleton_of()
    except PaflibError as error:
        raise DataError(str(error)) from None
    return config


def _check_ranges(config: Config) -> None:
    """Refuse numbers that no run could use.

    Raises:
        DataError: naming the first and what was wanted.
    """
    optimiser, schedule, run, validation = config.optimiser, config.schedule, config.run, config.validation
    multipliers = {
        f"optimiser.{name}_lr": getattr(optimiser, f"{name}_lr") for name in ("features", "first", "later", "bias")
    }
    sets = {f"data[{n}]": one for n, one in enumerate(config.data)} | {"validation.data": validation.data}
    at_least_1 = {f"run.{name}": getattr(run, name) for name in ("steps", "batch", "log_every", "checkpoint_every")}
    at_least_1 |= {f"{where}.count": one.count for where, one in sets.items()}
    not_negative = multipliers | {
        "seed": config.seed, "optimiser.weight_decay": optimiser.weight_decay, "optimiser.clip": optimiser.clip,
        "schedule.every": schedule.every, "schedule.final": schedule.final, "run.workers": run.workers,
        "run.threads": run.threads, "run.validate_every": run.validate_every, "validation.height": validation.height,
        "validation.most": validation.most,
    }  # fmt: skip
    not_negative |= {f"{where}.seed": one.seed for where, one in sets.items()}
    not_negative |= {f"{where}.probability": one.probability for where, one in sets.items()}
    positive = {"foreground": config.foreground, "optimiser.lr": optimiser.lr, "schedule.factor": schedule.factor}
    below_1 = {"optimiser.momentum": optimiser.momentum, "run.ema": run.ema, "schedule.warmup": schedule.warmup}
    below_1 |= {f"optimiser.betas[{n}]": beta for n, beta in enumerate(optimiser.betas)}
    for numbers, good, wanted in (
        (at_least_1, lambda x: x >= 1, "at least 1"),
        (not_negative, lambda x: 0 <= x < math.inf, "0 or more"),
        (positive, lambda x: 0 < x < math.inf, "a positive number"),
        (below_1, lambda x: 0 <= x < 1, "0 or more and less than 1"),
    ):
        for where, number in numbers.items():
            if not good(number):  # NaN is not good either
                raise DataError(f"{where} is {number!r}, wanted {wanted}")
    if not sum(one.probability for one in config.data) > 0:
        raise DataError("the probability of every data set is 0: wanted at least one that is positive")
    if not any(multipliers[f"optimiser.{name}_lr"] for name in ("features", "first", "later")):
        raise DataError("optimiser.features_lr, first_lr and later_lr are all 0: nothing would learn")


def _build(kind: type, content: Any, where: str) -> Any:
    """A dataclass from a table, with every key and type checked."""
    if not isinstance(content, Mapping):
        raise DataError(f"{where or 'the configuration'} is {content!r}, wanted a table")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    _known(content, set(fields), where)
    required = [f.name for f in fields.values() if f.default is f.default_factory is dataclasses.MISSING]
    if missing := [name for name in required if name not in content]:
        raise DataError(f"{_at(where, missing[0])} is missing")
    hints = get_type_hints(kind)
    return kind(**{key: _value(hints[key], value, _at(where, key)) for key, value in content.items()})


def _value(kind: Any, value: Any, where: str) -> Any:
    origin = get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _build(kind, value, where)  # type: ignore[arg-type]
    if origin is Literal:
        if value not in get_args(kind):
            raise DataError(f"{where} is {value!r}, wanted one of {', '.join(map(repr, get_args(kind)))}")
        return value
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise DataError(f"{where} is {value!r}, wanted a list")
        inner = get_args(kind)
        if inner[-1] is not Ellipsis and len(value) != len(inner):
            raise DataError(f"{where} is {value!r}, wanted {len(inner)} values")
        return tuple(_value(inner[0], one, f"{where}[{n}]") for n, one in enumerate(value))
    if origin in (Union, UnionType):  # "or None"
        return None if value is None else _value(next(a for a in get_args(kind) if a is not type(None)), value, where)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    plain = dict if origin is dict else kind
    if not isinstance(value, plain) or (plain is int and isinstance(value, bool)):
        raise DataError(f"{where} is {value!r}, wanted {plain.__name__}")
    return value


def _known(content: Mapping[str, Any], fields: set[str], where: str) -> None:
    for key in content:
        if key not in fields:
            raise DataError(f"{_at(where, key)} is unknown{meant(key, sorted(fields))}")


def _at(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
