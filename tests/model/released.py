"""The released networks once more, as tables: names, shapes and order of their layers, from the deploy files.

Nothing here asks the package. ``run_*`` are the networks' forward passes in plain functional convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

VGG = (("conv1_1", 64), ("conv1_2", 64), ("conv2_1", 128), ("conv2_2", 128), ("conv3_1", 256), ("conv3_2", 256),
       ("conv3_3", 256), ("conv3_4", 256), ("conv4_1", 512), ("conv4_2", 512), ("conv4_3_CPM", 256),
       ("conv4_4_CPM", 128))  # fmt: skip
POOL_BEFORE = ("conv2_1", "conv3_1", "conv4_1")

Shapes = dict[str, tuple[int, ...]]
Weights = Mapping[str, Tensor]


def conv_shapes(name: str, inputs: int, outputs: int, kernel: int) -> Shapes:
    return {f"{name}.weight": (outputs, inputs, kernel, kernel), f"{name}.bias": (outputs,)}


def vgg_shapes(prelu: bool = False, width: int = 64) -> Shapes:
    shapes: Shapes = {}
    inputs = 3
    for name, channels in VGG:
        outputs = channels * width // 64
        shapes |= conv_shapes(name, inputs, outputs, 3)
        if prelu and name in ("conv4_2", "conv4_3_CPM", "conv4_4_CPM"):
            shapes[f"{name.replace('conv', 'prelu')}.weight"] = (outputs,)
        inputs = outputs
    return shapes


def two_branch_shapes(L: int, S: int, stages: int, trunk: int = 64, width: int = 128, hidden: int = 512) -> Shapes:
    """CVPR 2017: pose_deploy_linevec.prototxt of COCO (38, 19) and of MPII (28, 16)."""
    shapes, F = vgg_shapes(width=trunk), 2 * trunk
    for branch, outputs in (("L1", L), ("L2", S)):
        for k, (inputs, channels, kernel) in enumerate(
            [(F, width, 3), (width, width, 3), (width, width, 3), (width, hidden, 1), (hidden, outputs, 1)]
        ):
            shapes |= conv_shapes(f"conv5_{k + 1}_CPM_{branch}", inputs, channels, kernel)
        for stage in range(2, stages + 1):
            rows = [(L + S + F, width, 7), *[(width, width, 7)] * 4, (width, width, 1), (width, outputs, 1)]
            for k, (inputs, channels, kernel) in enumerate(rows):
                shapes |= conv_shapes(f"Mconv{k + 1}_stage{stage}_{branch}", inputs, channels, kernel)
    return shapes


BODY_25_STAGES = (("stage0_L2", 128, 96, 256, 52), ("stage1_L2", 180, 128, 512, 52), ("stage2_L2", 180, 128, 512, 52),
                  ("stage3_L2", 180, 128, 512, 52), ("stage0_L1", 180, 96, 256, 26), ("stage1_L1", 206, 128, 512, 26),
                  )  # fmt: skip
"""Name, channels in, of a convolution in a block, of the 1x1 layer, and out: body_25/pose_deploy.prototxt."""


def body_25_shapes(stages: tuple = BODY_25_STAGES, trunk: int = 64) -> Shapes:
    shapes = vgg_shapes(prelu=True, width=trunk)
    for name, inputs, width, hidden, outputs in stages:
        for block in range(1, 6):
            for k in range(3):
                before = inputs if k == 0 and block == 1 else 3 * width if k == 0 else width
                shapes |= conv_shapes(f"Mconv{block}_{name}_{k}", before, width, 3)
                shapes[f"Mprelu{block}_{name}_{k}.weight"] = (width,)
        shapes |= conv_shapes(f"Mconv6_{name}", 3 * width, hidden, 1)
        shapes[f"Mprelu6_{name}.weight"] = (hidden,)
        shapes |= conv_shapes(f"Mconv7_{name}", hidden, outputs, 1)
    return shapes


MOBILENET = ((32, 64, 1, 1), (64, 128, 2, 1), (128, 128, 1, 1), (128, 256, 2, 1), (256, 256, 1, 1), (256, 512, 1, 1),
             (512, 512, 1, 2), (512, 512, 1, 1), (512, 512, 1, 1), (512, 512, 1, 1), (512, 512, 1, 1))  # fmt: skip
"""Lightweight OpenPose's separable layers: channels in and out, stride, dilation."""


def norm_shapes(name: str, channels: int) -> Shapes:
    roles = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{role}": (channels,) for role in roles} | {f"{name}.num_batches_tracked": ()}


def lightweight_shapes(refinements: int = 1, width: float = 1, channels: int = 128, hidden: int = 512) -> Shapes:
    """Lightweight OpenPose's PyTorch checkpoint, whose refinement stages see (F, S, L)."""
    first, n = round(32 * width), channels
    shapes: Shapes = {"model.0.0.weight": (first, 3, 3, 3)} | norm_shapes("model.0.1", first)
    for k, row in enumerate(MOBILENET, start=1):
        inputs, outputs = round(row[0] * width), round(row[1] * width)
        shapes |= {f"model.{k}.0.weight": (inputs, 1, 3, 3), f"model.{k}.3.weight": (outputs, inputs, 1, 1)}
        shapes |= norm_shapes(f"model.{k}.1", inputs) | norm_shapes(f"model.{k}.4", outputs)
    shapes |= conv_shapes("cpm.align.0", round(512 * width), n, 1)
    for k in range(3):
        shapes |= {f"cpm.trunk.{k}.0.weight": (n, 1, 3, 3), f"cpm.trunk.{k}.2.weight": (n, n, 1, 1)}
    shapes |= conv_shapes("cpm.conv.0", n, n, 3)
    for k in range(3):
        shapes |= conv_shapes(f"initial_stage.trunk.{k}.0", n, n, 3)
    for name, outputs in (("heatmaps", 19), ("pafs", 38)):
        shapes |= conv_shapes(f"initial_stage.{name}.0.0", n, hidden, 1)
        shapes |= conv_shapes(f"initial_stage.{name}.1.0", hidden, outputs, 1)
    for stage in range(refinements):
        where = f"refinement_stages.{stage}"
        for block in range(5):
            inner = f"{where}.trunk.{block}"
            shapes |= conv_shapes(f"{inner}.initial.0", n if block else n + 57, n, 1)
            for k in range(2):
                shapes |= conv_shapes(f"{inner}.trunk.{k}.0", n, n, 3) | norm_shapes(f"{inner}.trunk.{k}.1", n)
        for name, outputs in (("heatmaps", 19), ("pafs", 38)):
            shapes |= conv_shapes(f"{where}.{name}.0.0", n, n, 1)
            shapes |= conv_shapes(f"{where}.{name}.1.0", n, outputs, 1)
    return shapes


# ---- forward passes ------------------------------------------------------------------------------------------------


def conv(w: Weights, name: str, x: Tensor, relu: bool = True, **options: int) -> Tensor:
    weight = w[f"{name}.weight"]
    pad = options.pop("dilation", 1) * (weight.shape[-1] // 2)
    dilation = pad if pad > weight.shape[-1] // 2 else 1
    x = functional.conv2d(x, weight, w.get(f"{name}.bias"), padding=pad, dilation=dilation, **options)
    return x.relu() if relu else x


def run_vgg(w: Weights, x: Tensor, prelu: bool = False) -> Tensor:
    for name, _ in VGG:
        if name in POOL_BEFORE:
            x = functional.max_pool2d(x, 2, 2)
        x = conv(w, name, x, relu=False)
        if prelu and name in ("conv4_2", "conv4_3_CPM", "conv4_4_CPM"):
            x = functional.prelu(x, w[f"{name.replace('conv', 'prelu')}.weight"])
        else:
            x = x.relu()
    return x


def run_two_branch(w: Weights, image: Tensor, stages: int) -> list[tuple[Tensor, Tensor]]:
    F = run_vgg(w, image)
    outputs = []
    x = F
    for stage in range(1, stages + 1):
        maps = []
        for branch in ("L1", "L2"):
            y = x
            count = 5 if stage == 1 else 7
            for k in range(1, count + 1):
                name = f"conv5_{k}_CPM_{branch}" if stage == 1 else f"Mconv{k}_stage{stage}_{branch}"
                y = conv(w, name, y, relu=k < count)
            maps.append(y)
        outputs.append((maps[0], maps[1]))
        x = torch.cat([maps[0], maps[1], F], dim=1)
    return outputs


def run_body_25(w: Weights, image: Tensor) -> list[tuple[str, Tensor]]:
    """(stage, maps): the fields of stages 0 to 3 of L2, then the maps of stages 0 and 1 of L1."""
    F = run_vgg(w, image, prelu=True)
    said: dict[str, Tensor] = {}
    for name, sees in (
        ("stage0_L2", ()), ("stage1_L2", ("stage0_L2",)), ("stage2_L2", ("stage1_L2",)), ("stage3_L2", ("stage2_L2",)),
        ("stage0_L1", ("stage3_L2",)), ("stage1_L1", ("stage0_L1", "stage3_L2")),
    ):  # fmt: skip
        x = torch.cat([F, *(said[other] for other in sees)], dim=1)
        for block in range(1, 6):
            layers = []
            for k in range(3):
                x = conv(w, f"Mconv{block}_{name}_{k}", x, relu=False)
                x = functional.prelu(x, w[f"Mprelu{block}_{name}_{k}.weight"])
                layers.append(x)
            x = torch.cat(layers, dim=1)
        x = functional.prelu(conv(w, f"Mconv6_{name}", x, relu=False), w[f"Mprelu6_{name}.weight"])
        said[name] = conv(w, f"Mconv7_{name}", x, relu=False)
    return list(said.items())


def norm(w: Weights, name: str, x: Tensor) -> Tensor:
    mean, var, scale, shift = (w[f"{name}.{role}"] for role in ("running_mean", "running_var", "weight", "bias"))
    factor = scale / (var + 1e-5).sqrt()
    return x * factor[:, None, None] + (shift - mean * factor)[:, None, None]


def run_lightweight(w: Weights, image: Tensor, refinements: int = 1) -> list[tuple[Tensor, Tensor]]:
    x = norm(w, "model.0.1", conv(w, "model.0.0", image, relu=False, stride=2)).relu()
    for k, (inputs, _, stride, dilation) in enumerate(MOBILENET, start=1):
        x = conv(w, f"model.{k}.0", x, relu=False, stride=stride, dilation=dilation, groups=inputs)
        x = norm(w, f"model.{k}.1", x).relu()
        x = norm(w, f"model.{k}.4", conv(w, f"model.{k}.3", x, relu=False)).relu()
    x = align = conv(w, "cpm.align.0", x)
    for k in range(3):
        x = functional.elu(conv(w, f"cpm.trunk.{k}.0", x, relu=False, groups=128))
        x = functional.elu(conv(w, f"cpm.trunk.{k}.2", x, relu=False))
    F = conv(w, "cpm.conv.0", align + x)
    x = F
    for k in range(3):
        x = conv(w, f"initial_stage.trunk.{k}.0", x)
    outputs = [_heads(w, "initial_stage", x)]
    for stage in range(refinements):
        L, S = outputs[-1]
        x = torch.cat([F, S, L], dim=1)
        for block in range(5):
            inner = f"refinement_stages.{stage}.trunk.{block}"
            first = conv(w, f"{inner}.initial.0", x)
            y = norm(w, f"{inner}.trunk.0.1", conv(w, f"{inner}.trunk.0.0", first, relu=False)).relu()
            y = norm(w, f"{inner}.trunk.1.1", conv(w, f"{inner}.trunk.1.0", y, relu=False, dilation=2)).relu()
            x = first + y
        outputs.append(_heads(w, f"refinement_stages.{stage}", x))
    return outputs


def _heads(w: Weights, where: str, x: Tensor) -> tuple[Tensor, Tensor]:
    L, S = (
        conv(w, f"{where}.{kind}.1.0", conv(w, f"{where}.{kind}.0.0", x), relu=False) for kind in ("pafs", "heatmaps")
    )
    return L, S


def random_tensors(shapes: Shapes, seed: int = 0) -> dict[str, Tensor]:
    """Weights of a size that keeps a deep network's maps neither nought nor huge, some negative slopes among them."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, shape in shapes.items():
        fan = max(1, int(torch.tensor(shape[1:]).prod())) if len(shape) > 1 else 1
        values = torch.randn(shape, generator=generator) * (2 / fan) ** 0.5 if len(shape) > 1 else None
        if name.endswith("num_batches_tracked"):
            tensors[name] = torch.tensor(7)
        elif values is None:
            values = 0.1 * torch.randn(shape, generator=generator)
            scale = name.endswith("running_var") or (name.replace(".weight", "").split(".")[-1].isdigit())
            scale = scale and not name.endswith((".bias", "running_mean"))
            tensors[name] = values.abs() + 0.5 if scale else values
        else:
            tensors[name] = values
    return tensors
