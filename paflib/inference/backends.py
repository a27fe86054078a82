"""Networks that are run by something else than PyTorch: ONNX files, by ONNX Runtime or by OpenCV.

Each is called as a :class:`paflib.model.zoo.Network` is, and gives the same tensors, so that an estimator need not know
which it has. They run on the CPU.
"""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from paflib.errors import DataError, ShapeError, WeightsError
from paflib.model.onnx_files import OnnxFile, Port, read_onnx
from paflib.model.released import kind_of
from paflib.model.weights import read_frozen_graph
from paflib.model.zoo import ZOO, Entry, check_images, read_entry

BACKENDS = ("auto", "onnxruntime", "opencv")

PROBE_CELLS = 8
"""Cells, in height and width, of the picture that a file is shown when it is opened."""

LEAST_OPENCV_CELLS = 4
"""Cells that a picture must have in height and width for OpenCV.

On a map of a single row or column its convolutions read what happens to lie in memory beside it, and say so to nobody.
A trunk may have coarser maps than the stride's on its way. An estimator shows no picture of less than six cells.
"""

_Path = str | os.PathLike[str]


def load_file(path: _Path, backend: str = "auto", entry: Entry | None = None) -> FileNetwork:
    """A network from an ONNX file, or from mobilenet-thin's frozen TensorFlow graph.

    Args:
        path: of the file.
        backend: ``"onnxruntime"``, ``"opencv"``, or ``"auto"``: ONNX Runtime where it is installed, else OpenCV, which
            alone reads TensorFlow's graph.
        entry: what the file is, where it does not say so itself; see :class:`FileNetwork`.

    Raises:
        DataError: an unknown backend, or onnxruntime is not installed.
        WeightsError: the file cannot be read, or is not what the entry says.
    """
    if backend not in BACKENDS:
        raise DataError(f"backend is {backend!r}, wanted one of {', '.join(BACKENDS)}")
    if backend == "auto":
        backend = "onnxruntime" if kind_of(path) == "onnx" and _has_onnxruntime() else "opencv"
    return OnnxRuntimeNetwork(path, entry) if backend == "onnxruntime" else OpenCVNetwork(path, entry)


class FileNetwork(ABC):
    """A network in a file that another library runs, called with RGB images as :class:`paflib.model.zoo.Network` is.

    A file that :func:`paflib.inference.export.export_onnx` wrote says itself what it is, and gives one stage: the last.

    For any other ONNX file ``entry`` has to say it. Its input may be pictures (B, H, W, 3) of uint8, which are taken
    for red-green-blue, or floating numbers, (B, 3, H, W) or (B, H, W, 3), which ``entry.scaling`` makes. Of its
    outputs the last with J + 1 channels is S, and the last with 2C is L, unless two are called ``S`` and ``L``; or one
    has both, S before L, as OpenPose's has.

    When it is opened, the file is shown a grey picture, so that what does not fit is found out then.

    Attributes:
        entry: what one has to know to use it; its ``order`` is what the file gives.
        path: of the file.
        device: where its tensors are, the CPU.
        precision: of the tensors.
        about: what runs it, for people.
    """

    precision = "float32"
    about = ""

    def __init__(self, path: _Path, entry: Entry, port: Port, stages: Sequence[tuple[str, str]]) -> None:
        self.path, self.entry, self.device = Path(path), entry, torch.device("cpu")
        self._port, self._stages = port, tuple(stages)

    def __call__(self, images: np.ndarray | Tensor) -> list[tuple[Tensor, Tensor]]:
        """Predict maps and fields for a batch of images of one size.

        Args:
            images: (B, H, W, 3) uint8 RGB, an array or a tensor; H and W multiples of ``entry.stride``.

        Returns:
            For every stage that the file gives, S (B, J + 1, h, w), background last, and L (B, C, 2, h', w'), float32.

        Raises:
            ShapeError: the images have another shape or type, or another size than a file for one size takes.
        """
        check_images(images, self.entry.stride)
        pictures = images.cpu().numpy() if isinstance(images, Tensor) else images
        outputs = self._run(self._input(np.ascontiguousarray(pictures)), list(dict.fromkeys(sum(self._stages, ()))))
        return [self._maps(outputs[S], outputs[L]) for S, L in self._stages]

    def prepare(self, precision: str = "auto") -> FileNetwork:
        """Nothing is left to prepare; for :meth:`paflib.model.zoo.Network.prepare`.

        Raises:
            DataError: a precision that is not the file's own, float32.
        """
        if precision not in ("auto", self.precision):
            raise DataError(f"precision is {precision!r}, and {self.path} is run in {self.precision}")
        return self

    @abstractmethod
    def _run(self, inputs: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
        """The outputs of those names."""

    def _input(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures (B, H, W, 3) uint8 RGB as the file wants them."""
        channels_last = _channels_last(self._port)
        axes = _axes(self._port, channels_last)
        for axis, size in enumerate(pictures.shape[:3]):
            if axes[axis] not in (None, size):
                wanted = " x ".join(str(side or "?") for side in axes[1:])
                raise ShapeError(
                    f"images has shape {pictures.shape}, and {self.path} takes {axes[0] or 'any number of'} of "
                    f"{wanted} pixels (height x width) alone: it was written for one size"
                )
        if self._port.dtype == "uint8":
            return pictures
        scaled = self.entry.scaling(torch.from_numpy(pictures))  # (B, 3, H, W)
        scaled = scaled.permute(0, 2, 3, 1) if channels_last else scaled
        return np.ascontiguousarray(scaled.numpy(), self._port.dtype)

    def _maps(self, S: np.ndarray, L: np.ndarray) -> tuple[Tensor, Tensor]:
        """S (B, J + 1, h, w) and L (B, C, 2, h', w') from outputs, which may be one and the same."""
        skeleton = self.entry.skeleton
        if S is L:
            S, L = S[:, : skeleton.J + 1], S[:, skeleton.J + 1 :]
        L = L.reshape(L.shape[0], skeleton.C, 2, *L.shape[-2:])
        return _tensor(S), _tensor(L)

    def _find_maps(self, outputs: Iterable[Port]) -> None:
        """See which outputs are S and L, by showing a picture."""
        stride = self.entry.stride
        batch, *sides = _axes(self._port, _channels_last(self._port))
        height, width = (side or PROBE_CELLS * stride for side in sides)
        if height % stride or width % stride:
            raise WeightsError(
                f"{self.path} takes pictures of {height} x {width} pixels, no multiples of the entry's stride, {stride}"
            )
        grey = np.full((batch or 1, height, width, 3), 128, np.uint8)
        found = self._run(self._input(grey), [port.name for port in outputs])
        self._stages = (choose_maps({name: array.shape for name, array in found.items()}, self.entry, self.path),)
        for kind, maps in zip("SL", self(grey)[-1], strict=True):
            stride_x, stride_y = getattr(self.entry, f"{kind}_grid").strides
            wanted = (math.ceil(grey.shape[1] / stride_y), math.ceil(grey.shape[2] / stride_x))
            if tuple(maps.shape[-2:]) != wanted:
                raise WeightsError(
                    f"{self.path}: {kind} has {tuple(maps.shape[-2:])} cells for a picture of {grey.shape[1:3]} "
                    f"pixels, and with the entry's {kind}_grid of stride {stride_y:g} it would have {wanted}"
                )


class OnnxRuntimeNetwork(FileNetwork):
    """An ONNX file, run by ONNX Runtime on the CPU.

    Args:
        path: of the file.
        entry: what it is, where it does not say so itself; see :class:`FileNetwork`.
        threads: how many it may use; by default one for each core.

    Raises:
        DataError: onnxruntime is not installed.
        WeightsError: the file is missing, truncated or no ONNX file; does not say what it is, and no entry was given;
            or is not what the entry says.
    """

    about = "by ONNX Runtime on the CPU"

    def __init__(self, path: _Path, entry: Entry | None = None, threads: int | None = None) -> None:
        runtime = _import_onnxruntime()
        file, entry, port = _described(path, entry)
        super().__init__(path, entry, port, ())
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        options.log_severity_level = 3  # errors; it warns of machines without a GPU
        try:
            self._session = runtime.InferenceSession(os.fspath(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors have no common class
            raise WeightsError(f"ONNX Runtime cannot read {path}: {_in_one_line(error)}") from error
        self._find_maps(file.outputs)

    def _run(self, inputs: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
        try:
            return dict(zip(names, self._session.run(list(names), {self._port.name: inputs}), strict=True))
        except Exception as error:
            raise WeightsError(f"ONNX Runtime cannot run {self.path}: {_in_one_line(error)}") from error


class OpenCVNetwork(FileNetwork):
    """An ONNX file, or mobilenet-thin's frozen TensorFlow graph, run by OpenCV's DNN module.

    TensorFlow's graph gives all six stages. OpenCV 4 cannot bring maps of a free size to another grid, as the network
    ``tiny`` does on its way; :func:`paflib.inference.export.export_onnx` can write such a network for one size.

    Args:
        path: of the file.
        entry: what it is, where it does not say so itself; see :class:`FileNetwork`.

    Raises:
        WeightsError: the file is missing, truncated or of another kind; does not say what it is, and no entry was
            given; is not what the entry says; or has operations that OpenCV does not know.
    """

    about = "by OpenCV on the CPU"

    def __init__(self, path: _Path, entry: Entry | None = None) -> None:
        if kind_of(path) == "tensorflow":
            super().__init__(path, entry or ZOO["mobilenet-thin"], Port("image", "float32", (None, 3, None, None)), ())
            self._net = self._read_graph()
            self._stages = tuple(_graph_layers(stage) for stage in range(1, self.entry.stages + 1))
            self._asked = [name for stage in self._stages for name in stage]
            return
        file, entry, port = _described(path, entry)
        super().__init__(path, entry, port, ())
        self._net = self._read_onnx()
        self._asked = [output.name for output in file.outputs]  # OpenCV 5 gives all of an ONNX file's, or none
        self._find_maps(file.outputs)

    def __call__(self, images: np.ndarray | Tensor) -> list[tuple[Tensor, Tensor]]:
        """As :meth:`FileNetwork.__call__`, for pictures of :data:`LEAST_OPENCV_CELLS` cells and more."""
        check_images(images, self.entry.stride)
        least = LEAST_OPENCV_CELLS * self.entry.stride
        if min(images.shape[1:3]) < least:
            raise ShapeError(
                f"images has shape {tuple(images.shape)}, wanted H and W of at least {least}: OpenCV's DNN is wrong on "
                "maps of a single row or column"
            )
        return super().__call__(images)

    def _read_onnx(self) -> Any:
        # OpenCV 5's older engine, which is OpenCV 4's only one, does not know sizes that are found out on the way.
        engine = (cv2.dnn.ENGINE_NEW,) if hasattr(cv2.dnn, "ENGINE_NEW") else ()
        try:
            net = cv2.dnn.readNetFromONNX(os.fspath(self.path), *engine)
        except cv2.error as error:
            raise self._beyond(error) from error
        if net.empty():
            raise self._beyond("it has operations that are unknown there")
        return net

    def _read_graph(self) -> Any:
        layers = read_frozen_graph(self.path)
        wanted = [name for stage in range(1, self.entry.stages + 1) for name in _graph_layers(stage)]
        if lacking := [name for name in wanted if name not in layers]:
            raise WeightsError(f"{self.path} has no layer {lacking[0]}: it is not the graph of MobileNet-thin")
        # The newer engine gives the last layer alone.
        engine = (cv2.dnn.ENGINE_CLASSIC,) if hasattr(cv2.dnn, "ENGINE_CLASSIC") else ()
        try:
            return cv2.dnn.readNet(os.fspath(self.path), "", "tensorflow", *engine)
        except cv2.error as error:
            raise self._beyond(error) from error

    def _run(self, inputs: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
        try:
            self._net.setInput(inputs, self._port.name)
            found = dict(zip(self._asked, self._net.forward(self._asked), strict=True))
        except cv2.error as error:
            raise self._beyond(error) from error
        return {name: found[name] for name in names}

    def _beyond(self, reason: object) -> WeightsError:
        return WeightsError(
            f"OpenCV {cv2.__version__} cannot run {self.path} ({_in_one_line(reason)}); "
            "ONNX Runtime may: pip install onnxruntime"
        )


def choose_maps(outputs: Mapping[str, tuple[int, ...]], entry: Entry, path: _Path) -> tuple[str, str]:
    """The names of the outputs that are S and L, of a file's outputs and their shapes.

    Raises:
        WeightsError: there are none that fit, or two that could be either.
    """
    J, C = entry.skeleton.J, entry.skeleton.C
    channels = {name: math.prod(shape[1:-2]) for name, shape in outputs.items() if len(shape) in (4, 5)}
    if channels.get("S") == J + 1 and channels.get("L") == 2 * C:
        return "S", "L"
    S = [name for name, count in channels.items() if count == J + 1]
    L = [name for name, count in channels.items() if count == 2 * C]
    both = [name for name, count in channels.items() if count == J + 1 + 2 * C]
    if S and L and J + 1 != 2 * C:
        return S[-1], L[-1]
    if both:
        return both[-1], both[-1]
    has = ", ".join(f"{name!r} {shape}" for name, shape in outputs.items())
    why = "; J + 1 is 2C here, so that they have to be called 'S' and 'L'" if S and J + 1 == 2 * C else ""
    raise WeightsError(
        f"{path} has the outputs {has}, wanted for {entry.name} with {entry.skeleton.name} maps of {J + 1} channels "
        f"(parts and background) and fields of {2 * C} (x and y of {C} limbs){why}"
    )


def _described(path: _Path, entry: Entry | None) -> tuple[OnnxFile, Entry, Port]:
    """What an ONNX file says of itself, what it is, and what goes into it."""
    file = read_onnx(path)
    remedy = (
        "it was not written by paflib's export; pass entry=, a paflib.model.zoo.Entry, or on the command line --entry "
        "with the name of the known network that it is"
    )
    # A file gives the last stage alone.
    entry = replace(entry or read_entry(file.metadata, path, remedy), order=("LS",))
    port = file.inputs[0]
    if len(file.inputs) > 1 or port.shape is None or len(port.shape) != 4 or 3 not in (port.shape[1], port.shape[3]):
        has = ", ".join(map(str, file.inputs))
        raise WeightsError(f"{path} has the inputs {has}, wanted one of pictures, (B, 3, H, W) or (B, H, W, 3)")
    if port.dtype not in ("uint8", "float16", "float32") or (port.dtype == "uint8" and not _channels_last(port)):
        raise WeightsError(f"{path} has the input {port}, wanted floating numbers, or uint8 of shape (B, H, W, 3)")
    return file, entry, port


def _channels_last(port: Port) -> bool:
    return port.shape is not None and port.shape[3] == 3 and port.shape[1] != 3


def _axes(port: Port, channels_last: bool) -> tuple[int | None, int | None, int | None]:
    """Batch, height and width, each None where it is free."""
    assert port.shape is not None
    B, second, third, fourth = port.shape
    return (B, second, third) if channels_last else (B, third, fourth)


def _graph_layers(stage: int) -> tuple[str, str]:
    """The layers of mobilenet-thin's graph that give S and L at a stage, counted from 1: S is ``L2``, L is ``L1``."""
    S, L = (f"Openpose/MConv_Stage{stage}_{which}_5_pointwise/Conv2D" for which in ("L2", "L1"))
    return S, L


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, np.float32))


def _has_onnxruntime() -> bool:
    try:
        _import_onnxruntime()
    except DataError:
        return False
    return True


def _import_onnxruntime() -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise DataError(
            "ONNX Runtime is not installed: pip install onnxruntime, or paflib[onnx]; or take the backend 'opencv'"
        ) from None
    return onnxruntime


def _in_one_line(error: object) -> str:
    return " ".join(str(getattr(error, "err", error)).split())[:300]  # OpenCV's errors have their reason apart
