"""The networks one can use by name: what each is, what it wants to see, and where its maps lie.

An :class:`Entry` keeps everything that is peculiar to one network (its layers, colour order, scale, padding, the grid
its maps were trained on), so that nothing else has to know. :func:`load` gives a :class:`Network`, and every network is
called in the same way. A network of one's own is made by :func:`new_network`, and :func:`save_network` writes it, with
its entry, to one file that :func:`load` reads. Only building one imports torch.
"""

from __future__ import annotations

import copy
import inspect
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from paflib._check import check_names, check_shape
from paflib.errors import DataError, FetchError, PaflibError, ShapeError, WeightsError
from paflib.fetching import data_folder, fetch_first
from paflib.fields import Grid
from paflib.skeleton import BODY_25, COCO_18, MPII_15, Skeleton

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

__all__ = [
    "ARCHITECTURES", "CMU_SCALING", "ZOO", "Entry", "Network", "Scaling", "build_network", "check_images",
    "entry_metadata", "load", "new_network", "read_entry", "read_metadata", "save_network",
]  # fmt: skip


@dataclass(frozen=True)
class Scaling:
    """What a network wants to see of a pixel: colour order, and ``value * scale + offset`` of its 0 to 255.

    Args:
        order: ``"rgb"`` or ``"bgr"``.
        scale, offset: the same for the three colours.
    """

    order: str = "bgr"
    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if self.order not in ("rgb", "bgr"):
            raise ShapeError(f"order is {self.order!r}, wanted 'rgb' or 'bgr'")
        if not (math.isfinite(self.scale) and math.isfinite(self.offset) and self.scale):
            raise ShapeError(f"scale is {self.scale} and offset {self.offset}, wanted finite numbers, scale not 0")

    def __call__(self, images: Tensor) -> Tensor:
        """Images (B, H, W, 3) uint8 RGB -> (B, 3, H, W) float32."""
        x = images.permute(0, 3, 1, 2)
        x = x.flip(1) if self.order == "bgr" else x
        return x.float() * self.scale + self.offset


CMU_SCALING = Scaling("bgr", 1 / 256, -0.5)
"""The papers' input, blue-green-red: ``x / 256 - 0.5`` (FACTS 1.6), which is Lightweight OpenPose's too."""


@dataclass(frozen=True)
class Entry:
    """What one has to know of a network to use it.

    Args:
        name: what it is called here.
        skeleton: whose parts and limbs its channels are, in order.
        architecture: a name in :data:`ARCHITECTURES`.
        arguments: of the architecture, besides the skeleton; plain JSON.
        order: which kinds of map each stage predicts, first to last: ``"LS"``, ``"L"`` or ``"S"``.
        height: the input height it is usually run at.
        stride: height and width of the input must be multiples of it.
        S_grid, L_grid: where the cells of S and of L lie in the input.
        pad: the RGB colour that fills an image up to a multiple of the stride.
        scaling: images (B, H, W, 3) uint8 RGB -> (B, 3, H, W) float32 in the network's own order and scale.
        about: a line for people.
        licence: of the weights.
        files: what its weights are called in ``data/sources.toml``; the first that can be had is taken.
        packaged: the file of weights that comes with the package, in its data folder.
    """

    name: str
    skeleton: Skeleton
    architecture: str
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
    order: tuple[str, ...] = ("LS",)
    height: int = 368
    stride: int = 8
    S_grid: Grid = field(default_factory=lambda: Grid(8))
    L_grid: Grid = field(default_factory=lambda: Grid(8))
    pad: tuple[int, int, int] = (128, 128, 128)
    scaling: Scaling = CMU_SCALING
    about: str = ""
    licence: str = ""
    files: tuple[str, ...] = ()
    packaged: str = ""

    def __post_init__(self) -> None:
        if not self.order or not set(self.order) <= {"LS", "L", "S"}:
            raise ShapeError(f"order is {self.order}, wanted 'LS', 'L' or 'S' for every stage")

    @property
    def stages(self) -> int:
        """How many predictions it makes, one after the other."""
        return len(self.order)

    def build(self, path: str | os.PathLike[str] | None = None, *, progress: bool = True) -> nn.Module:
        """The module with its weights, read from a file, or from a fetched one.

        Raises:
            FetchError: no file was given and the weights can be had nowhere; says where to put them by hand.
            WeightsError: the file is missing, truncated, or another network's.
        """
        if path is None and self.packaged:
            path = data_folder() / self.packaged
        if path is None:
            if not self.files:
                raise FetchError(f"no place is known for the weights of {self.name}: pass their file")
            path = fetch_first(self.files, progress=progress)
        return _read_module(self, Path(path))


class Network:
    """A network with its weights, on a device, called with RGB images."""

    def __init__(self, entry: Entry, module: nn.Module, device: str | torch.device | None = None) -> None:
        import torch

        self.entry = entry
        self.device = torch.device(device or "cpu")
        # With the channels innermost the CPU's separable convolutions take a third to a half less time.
        self.module = module.to(self.device).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self._runs, self._dtype = self.module, torch.float32

    def prepare(self, precision: str = "auto") -> Network:
        """Make it as quick as its device allows, for inference alone: changes to its weights may not be seen any more.

        On the CPU convolutions are fused with what follows them (:mod:`paflib.model.fused`); on a GPU the layers run in
        half precision. ``module`` stays as it is.

        Args:
            precision: ``"float32"``, ``"float16"``, ``"bfloat16"``; ``"auto"`` is float16 on CUDA, whose maps are finer
                than bfloat16's for the same time, and float32 elsewhere. For float32 PyTorch lets a GPU round to TF32
                in convolutions unless ``torch.backends.cudnn.allow_tf32`` is False.

        Raises:
            DataError: another precision, or half of it on a CPU.
        """
        import torch

        if precision not in ("auto", "float32", "float16", "bfloat16"):
            raise DataError(f"precision is {precision!r}, wanted 'auto', 'float32', 'float16' or 'bfloat16'")
        cuda = self.device.type == "cuda"
        if precision == "auto":
            precision = "float16" if cuda else "float32"
        if precision != "float32" and not cuda:
            raise DataError(f"precision {precision!r} is for CUDA devices; on {self.device} take 'float32'")
        self._runs, self._dtype = self.module, getattr(torch, precision)
        if self.device.type == "cpu":
            from paflib.model.fused import fused

            self._runs = fused(self.module)
        elif precision != "float32":
            self._runs = copy.deepcopy(self.module).to(self._dtype)
        return self

    @property
    def precision(self) -> str:
        """The precision of its layers; the maps they give are float32 whatever it is."""
        return str(self._dtype).rpartition(".")[2]

    def __call__(self, images: np.ndarray | Tensor) -> list[tuple[Tensor, Tensor]]:
        """Predict maps and fields for a batch of images of one size.

        Args:
            images: (B, H, W, 3) uint8 RGB, an array or a tensor; H and W multiples of ``entry.stride``.

        Returns:
            For every stage ``(S, L)``, what the network says after it: S (B, J + 1, h, w), background last, and L
            (B, C, 2, h', w'), float32 tensors on the network's device, channels in the order of ``entry.skeleton``;
            h = H / stride of ``entry.S_grid``, h' of ``entry.L_grid``. A stage that predicts one kind leaves the other
            as it was before, and zeros as long as there was none.

        Raises:
            ShapeError: the images have another shape or type.
        """
        import torch

        check_images(images, self.entry.stride)
        if isinstance(images, np.ndarray):
            images = torch.from_numpy(np.ascontiguousarray(images))
        with torch.inference_mode():
            inputs = self.entry.scaling(images.to(self.device))
            S, L = self._nothing(inputs)
            outputs = []
            for next_L, next_S in self._runs(inputs.to(self._dtype, memory_format=torch.channels_last)):
                S = S if next_S is None else next_S.float().contiguous()
                # The released channel order is the skeleton's: limb c in channels 2c (x) and 2c + 1 (y).
                L = L if next_L is None else next_L.float().contiguous().unflatten(1, (self.entry.skeleton.C, 2))
                outputs.append((S, L))
        return outputs

    def _nothing(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Zeros in the shapes of S and L, which a stage gives that comes before the first of a kind."""
        skeleton = self.entry.skeleton
        S_cells, L_cells = (
            [math.ceil(inputs.shape[axis] / stride) for axis, stride in ((2, grid.strides[1]), (3, grid.strides[0]))]
            for grid in (self.entry.S_grid, self.entry.L_grid)
        )
        B = inputs.shape[0]
        return inputs.new_zeros(B, skeleton.J + 1, *S_cells), inputs.new_zeros(B, skeleton.C, 2, *L_cells)


def check_images(images: np.ndarray | Tensor, stride: int) -> None:
    """See that images are what a network of that stride can be shown: (B, H, W, 3) uint8, H and W multiples of it.

    Raises:
        ShapeError: they have another shape or type.
    """
    sizes = check_shape("images", images, "B H W 3")
    if sizes["B"] == 0 or any(sizes[axis] % stride or sizes[axis] == 0 for axis in "HW"):
        raise ShapeError(
            f"images has shape {tuple(images.shape)}, wanted (B, H, W, 3) with H and W multiples of {stride}: "
            "pad them at the right and bottom"
        )
    if str(images.dtype).rpartition(".")[2] != "uint8":
        raise ShapeError(f"images is of type {images.dtype}, wanted uint8 RGB, 0 to 255")


# ---- loading and saving --------------------------------------------------------------------------------------------


def load(name_or_path: str | os.PathLike[str], device: str | torch.device | None = None) -> Network:
    """Load a network by its name in :data:`ZOO`, or from a local weights file.

    A file is known by what is in it: one that :func:`save_network` wrote, or any of the released ones (mobilenet-thin's
    frozen graph, the papers' Caffe models and their PyTorch copies, Lightweight OpenPose's checkpoint).

    Raises:
        FetchError: the weights can be had nowhere; the message says where to put them by hand.
        WeightsError: neither a known name nor a weights file; or the file is truncated, or no known network's; or an
            ONNX file, which holds operations and no layers, and which an estimator runs as it is.
    """
    name = os.fspath(name_or_path)
    if name in ZOO:
        return Network(ZOO[name], ZOO[name].build(), device)
    path = Path(name).expanduser()
    if not path.is_file():
        raise WeightsError(f"no network is called {name!r}, and no file either; known names are: {', '.join(ZOO)}")
    from paflib.model.released import fit_released, identify, kind_of, read_tensors

    kind = kind_of(path)
    if kind == "onnx":
        raise WeightsError(
            f"{path} is an ONNX file, which has none of PyTorch's layers; PoseEstimator.from_pretrained runs it"
        )
    if kind == "safetensors":
        return _load_saved(path, device)
    if kind == "tensorflow":
        return Network(ZOO["mobilenet-thin"], ZOO["mobilenet-thin"].build(path), device)
    tensors = read_tensors(path)
    entry = _released_entry(ZOO[identify(tensors, path)], tensors)
    return Network(entry, fit_released(_empty(entry), tensors, path), device)


def new_network(
    name: str,
    architecture: str,
    skeleton: Skeleton,
    arguments: Mapping[str, Any] | None = None,
    **entry: Any,
) -> Network:
    """A network to be trained, with fresh weights; its entry's order and strides are found out by showing it a picture.

    Args:
        name: what to call it.
        architecture: a name in :data:`ARCHITECTURES`.
        skeleton: decides the channels of its heads.
        arguments: of the architecture, plain JSON, such as ``{"features": {"name": "small"}, "order": "LLLSS"}``.
        entry: other fields of :class:`Entry`: height, pad, scaling, about, licence, and S_grid, L_grid where the cells
            do not lie in the middle of the pixels that they cover.

    Raises:
        ShapeError: an unknown architecture, argument or field.
    """
    try:
        arguments = json.loads(json.dumps(dict(arguments or {})))  # as they will be read back from a file
    except TypeError as error:
        raise ShapeError(f"arguments of {architecture!r} must be plain JSON: {error}") from None
    module = build_network(architecture, skeleton, arguments)
    try:
        order, S_stride, L_stride = _order_and_strides(module)
    except RuntimeError as error:  # layers that do not fit each other
        raise ShapeError(f"architecture {architecture!r} with {arguments} cannot be run: {error}") from None
    fields: dict[str, Any] = {"S_grid": Grid(S_stride), "L_grid": Grid(L_stride)}
    fields |= {"stride": max(S_stride, L_stride)} | entry
    if unknown := set(fields) - set(Entry.__dataclass_fields__):
        raise ShapeError(f"an entry has no {min(unknown)!r}; it has {', '.join(Entry.__dataclass_fields__)}")
    return Network(Entry(name, skeleton, architecture, arguments, order, **fields), module)


def save_network(
    path: str | os.PathLike[str],
    network: Network,
    extra_metadata: Mapping[str, str] | None = None,
    half: bool = False,
) -> None:
    """Write a network to one safetensors file, which :func:`load` reads: weights, layers, skeleton and entry.

    Args:
        path: usually ending in ``.safetensors``; appears whole or not at all.
        network: its module may be on any device, and in training.
        extra_metadata: text to keep beside it, such as the configuration it was trained with.
        half: write the weights as float16; they are read as float32 again.

    Raises:
        WeightsError: extra_metadata uses a name that the network itself needs, or the file cannot be written.
    """
    from paflib.model.torch_files import save_weights

    own = entry_metadata(network.entry)
    extra = dict(extra_metadata or {})
    if clash := set(own) & set(extra):
        raise WeightsError(f"extra_metadata has {min(clash)!r}, which the network itself is described by")
    save_weights(path, network.module.state_dict(), own | extra, half)


def read_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """The text beside the weights of a file that :func:`save_network` wrote, its extra metadata among it.

    Raises:
        WeightsError: the file is missing, truncated, or no safetensors file.
    """
    from paflib.model import torch_files

    return torch_files.read_metadata(path)


def entry_metadata(entry: Entry) -> dict[str, str]:
    """All that a file has to say of its network besides the weights, as text by name; :func:`read_entry` reads it."""
    return {
        "paflib": "1",
        "architecture": entry.architecture,
        "arguments": json.dumps(dict(entry.arguments)),
        "skeleton": entry.skeleton.to_json(),
        "entry": json.dumps({key: _plain(getattr(entry, key)) for key in _SAVED}),
    }


_SAVED = ("name", "about", "licence", "order", "height", "stride", "S_grid", "L_grid", "pad", "scaling")
"""The fields of an entry that a file keeps together; architecture, arguments and skeleton stand by themselves."""


def _load_saved(path: Path, device: str | torch.device | None) -> Network:
    from paflib.model.torch_files import fit, load_weights

    tensors, metadata = load_weights(path)
    entry = read_entry(metadata, path)
    return Network(entry, fit(_empty(entry), tensors, path), device)


def read_entry(
    metadata: Mapping[str, str], path: str | os.PathLike[str], remedy: str = "save it with save_network"
) -> Entry:
    """The entry that :func:`entry_metadata` wrote beside the weights, without the places its weights came from.

    Args:
        metadata: text by name, perhaps more than is needed.
        path: of the file, for messages.
        remedy: what to do about a file that does not say which network it is.

    Raises:
        WeightsError: something is missing, or is of a newer format, or cannot be read.
    """
    if lacking := [key for key in ("paflib", "architecture", "arguments", "skeleton", "entry") if key not in metadata]:
        raise WeightsError(f"{path} does not say which network it is (no {lacking[0]!r}): {remedy}")
    if metadata["paflib"] != "1":
        raise WeightsError(f"{path} is of format {metadata['paflib']!r}, this paflib reads 1: a newer one wrote it")
    try:
        values = json.loads(metadata["entry"])
        values = {key: _tuples(values[key]) for key in _SAVED}
        for grid in ("S_grid", "L_grid"):
            values[grid] = Grid(**values[grid])
        values["scaling"] = Scaling(**values["scaling"])
        skeleton = Skeleton.from_json(metadata["skeleton"])
        return Entry(
            skeleton=skeleton, architecture=metadata["architecture"], arguments=json.loads(metadata["arguments"]),
            **values,
        )  # fmt: skip
    except (ValueError, TypeError, LookupError, DataError) as error:
        raise WeightsError(f"{path}: what it says about its network cannot be read: {error}") from None


def _plain(value: Any) -> Any:
    return asdict(value) if isinstance(value, (Grid, Scaling)) else value


def _tuples(value: Any) -> Any:
    """JSON's lists as tuples, so that an entry read back equals the one written."""
    if isinstance(value, dict):
        return {key: _tuples(one) for key, one in value.items()}
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value


def _read_module(entry: Entry, path: Path) -> nn.Module:
    """The module of an entry from a file of any kind that it may be in."""
    from paflib.model.released import fit_released, kind_of, read_tensors

    kind = kind_of(path)
    if kind == "safetensors":
        saved = _load_saved(path, None)
        if saved.entry.architecture != entry.architecture or saved.entry.skeleton != entry.skeleton:
            raise WeightsError(f"{path} is the network {saved.entry.name!r}, not {entry.name!r}")
        return saved.module
    if entry.architecture == "mobilenet-thin":
        from paflib.model.mobilenet import MobileNetThin

        return MobileNetThin.from_graph(path)
    tensors = read_tensors(path)
    return fit_released(_empty(_released_entry(entry, tensors)), tensors, path)


def _released_entry(entry: Entry, tensors: Mapping[str, Tensor]) -> Entry:
    """The entry with what the file itself decides."""
    from paflib.model.released import arguments_of

    if entry.architecture != "lightweight":
        return entry
    arguments = dict(entry.arguments) | arguments_of(tensors)
    return replace(entry, arguments=arguments, order=("LS",) * (1 + arguments.get("refinements", 1)))


def _empty(entry: Entry) -> nn.Module:
    """The module of an entry without memory for its weights, all of which come from a file."""
    import torch

    with torch.device("meta"):
        return build_network(entry.architecture, entry.skeleton, entry.arguments)


# ---- architectures -------------------------------------------------------------------------------------------------


def build_network(architecture: str, skeleton: Skeleton, arguments: Mapping[str, Any] | None = None) -> nn.Module:
    """A module with fresh weights, from what a configuration or a weights file says of it.

    Raises:
        ShapeError: an unknown architecture, trunk or argument; lists the known ones.
    """
    if architecture not in ARCHITECTURES:
        raise ShapeError(f"no architecture is called {architecture!r}; known are: {', '.join(ARCHITECTURES)}")
    try:
        return ARCHITECTURES[architecture](skeleton, **dict(arguments or {}))
    except PaflibError:
        raise
    except (TypeError, ValueError, RuntimeError, IndexError) as error:  # torch's, of a width or a number of layers
        given = dict(arguments or {})
        raise ShapeError(f"architecture {architecture!r} cannot be built with {given}: {error}") from None


def _two_branch(skeleton: Skeleton, features: Mapping[str, Any] | None = None, **arguments: Any) -> nn.Module:
    from paflib.model.backbones import build_features
    from paflib.model.two_branch import TwoBranchNetwork

    _check_arguments("two-branch", arguments, TwoBranchNetwork)
    return TwoBranchNetwork(skeleton, build_features(**(features or {"name": "vgg19"})), **arguments)


def _staged(skeleton: Skeleton, features: Mapping[str, Any] | None = None, **arguments: Any) -> nn.Module:
    from paflib.model.backbones import build_features
    from paflib.model.staged import StagedNetwork

    _check_arguments("staged", arguments, StagedNetwork)
    return StagedNetwork(skeleton, build_features(**(features or {"name": "vgg19", "prelu": True})), **arguments)


def _lightweight(skeleton: Skeleton, **arguments: Any) -> nn.Module:
    from paflib.model.lightweight import LightweightNetwork

    _check_arguments("lightweight", arguments, LightweightNetwork)
    return LightweightNetwork(skeleton, **arguments)


def _mobilenet_thin(skeleton: Skeleton, **arguments: Any) -> nn.Module:
    from paflib.model.mobilenet import MobileNetThin

    _check_arguments("mobilenet-thin", arguments, MobileNetThin)
    return MobileNetThin(skeleton)


def _check_arguments(architecture: str, given: Mapping[str, Any], network: type[nn.Module]) -> None:
    own = [name for name in inspect.signature(network).parameters if name != "skeleton"]
    beside = ("architecture", "height", "about", "licence")  # what a configuration's table [network] has besides
    check_names(f"architecture {architecture!r}", given, [*own, *beside])


ARCHITECTURES: dict[str, Callable[..., nn.Module]] = {
    "two-branch": _two_branch,
    "staged": _staged,
    "lightweight": _lightweight,
    "mobilenet-thin": _mobilenet_thin,
}
"""What builds a module of a skeleton and of plain JSON arguments, by name; ``features`` names a trunk of
:mod:`paflib.model.backbones` and its arguments."""


def _order_and_strides(module: nn.Module, size: int = 64) -> tuple[tuple[str, ...], int, int]:
    """Which kinds each stage predicts, and pixels per cell of S and of L, from a picture without numbers."""
    import torch

    from paflib.model.measure import without_memory

    stages = without_memory(module, torch.empty(1, 3, size, size, device="meta"))
    order = tuple(("L" if L is not None else "") + ("S" if S is not None else "") for L, S in stages)
    cells = {kind: maps.shape[-1] for L, S in stages for kind, maps in (("L", L), ("S", S)) if maps is not None}
    S, L = (size // cells.get(kind, max(cells.values())) for kind in "SL")
    return order, S, L


# ---- the networks --------------------------------------------------------------------------------------------------


MOBILENET_THIN_GRID = Grid(8, origin=(3.1, 3.5))
"""Where the cells of mobilenet-thin lie, at input sizes that are multiples of 8.

Its training code averages full-size targets over the 8 x 8 pixels of a cell, hence 3.5. But it mirrors joints as W - x,
where W - 1 - x is right, and mirrors every second image: the network learned a compromise half a pixel to the right.

Measured in x by mirror consistency (a peak and its mirror image fix the origin: tests/model/test_grid.py) on photos
and video of people at heights 256 to 736, some hundreds of joints at each: S at 3.1 to 3.2 (+- 0.03), L at 2.9 to 3.3
(+- 0.1). The mean signed distance from annotated joints (28 photographs, 350 joints) puts S at 3.05 +- 0.15 in x and at
3.33 +- 0.15 in y. S and L were drawn from the same joints, so they share one grid.
"""

CMU_S_GRID, CMU_L_GRID = Grid(8, origin=3.5), Grid(8, origin=0.0)
"""Where the released training code drew the maps and the fields: 3.5 pixels apart (FACTS 1.8)."""

LIGHTWEIGHT_L_GRID = Grid(8, origin=(1.0, 2.0))
"""Where the fields of Lightweight OpenPose lie.

Its training code draws them at 8 * g, as CMU's does, but leaves out the last row and column of the box around a limb,
which moves what is drawn by up to half a cell. Measured as the origin at which the line integrals of annotated limbs
are largest (tests/model/test_lightweight.py): (0.9, 2.0) over 249 limbs of 28 photographs at 368 px. Its maps are at
3.5: the mirror image says 3.48 +- 0.03 in x.
"""

CMU_LICENCE = "CMU, academic or non-profit noncommercial research use only"

ZOO = {
    entry.name: entry
    for entry in (
        Entry(
            name="tiny",
            skeleton=COCO_18,
            architecture="staged",
            arguments={
                "order": "LLLSS",
                "first": [16, 32],
                "later": [48, 64],
                "S_first": [24, 48],
                "S_later": [32, 48],
                "blocks": 1,
                "norm": True,
                "act": "relu",
                "residual": True,
                "features": {"name": "small", "channels": 64, "fine_channels": 32, "context": 96, "depth": 2},
            },
            order=("L", "L", "L", "S", "S"),
            height=192,
            S_grid=Grid(4),
            L_grid=Grid(8),
            about="a staged network for the first minutes, trained on generated scenes alone; comes with the package",
            licence="BSD-3-Clause",
            packaged="weights/tiny.safetensors",
        ),
        Entry(
            name="mobilenet-thin",
            skeleton=COCO_18,
            architecture="mobilenet-thin",
            order=("LS",) * 6,
            S_grid=MOBILENET_THIN_GRID,
            L_grid=MOBILENET_THIN_GRID,
            scaling=Scaling("bgr"),
            about="six stages of two branches on a MobileNet, 1.93 million parameters; published AP 28.1 (COCO 2014)",
            licence="Apache-2.0",
            files=("mobilenet-thin",),
        ),
        Entry(
            name="lightweight",
            skeleton=COCO_18,
            architecture="lightweight",
            order=("LS",) * 2,
            S_grid=CMU_S_GRID,
            L_grid=LIGHTWEIGHT_L_GRID,
            about="Lightweight OpenPose: two stages on a MobileNet, 4.09 million parameters; published AP 42.8 (COCO)",
            licence="Apache-2.0",
            files=("lightweight",),
        ),
        Entry(
            name="cmu-coco",
            skeleton=COCO_18,
            architecture="two-branch",
            arguments={"features": {"name": "vgg19"}, "stages": 6},
            order=("LS",) * 6,
            S_grid=CMU_S_GRID,
            L_grid=CMU_L_GRID,
            about="the CVPR 2017 network: six stages of two branches on VGG-19, 52.3 million parameters",
            licence=CMU_LICENCE,
            files=("cmu-coco", "cmu-coco-torch"),
        ),
        Entry(
            name="cmu-mpii",
            skeleton=MPII_15,
            architecture="two-branch",
            arguments={"features": {"name": "vgg19"}, "stages": 6},
            order=("LS",) * 6,
            S_grid=CMU_S_GRID,
            L_grid=CMU_L_GRID,
            about="the CVPR 2017 network for MPII: six stages of two branches on VGG-19, 51.5 million parameters",
            licence=CMU_LICENCE,
            files=("cmu-mpii",),
        ),
        Entry(
            name="cmu-mpii-4",
            skeleton=MPII_15,
            architecture="two-branch",
            arguments={"features": {"name": "vgg19"}, "stages": 4},
            order=("LS",) * 4,
            S_grid=CMU_S_GRID,
            L_grid=CMU_L_GRID,
            about="the first four stages of cmu-mpii, from the same file: 34.2 million parameters",
            licence=CMU_LICENCE,
            files=("cmu-mpii",),
        ),
        Entry(
            name="cmu-body25",
            skeleton=BODY_25,
            architecture="staged",
            arguments={"features": {"name": "vgg19", "prelu": True}, "order": "LLLLSS"},
            order=("L", "L", "L", "L", "S", "S"),
            S_grid=CMU_S_GRID,
            L_grid=CMU_L_GRID,
            pad=(0, 0, 0),  # OpenPose's, in training and after (FACTS 1.6, 1.10)
            about="the TPAMI 2019 network: four stages of fields, two of maps, body and feet, 26.2 million parameters",
            licence=CMU_LICENCE,
            files=("cmu-body25",),
        ),
    )
}
"""Every network by name."""
