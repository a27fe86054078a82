"""True maps and masks of a whole batch, drawn on the device in a few tensor operations.

The same maps as :func:`paflib.fields.targets` and :func:`paflib.fields.loss_mask` draw one picture at a time with
NumPy; a test holds the two together. Drawing on the device keeps full-size maps out of the data workers and the pipes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from paflib.errors import ShapeError
from paflib.fields import Grid, TargetOptions
from paflib.skeleton import Skeleton
from paflib.trainer.data import Batch


@dataclass(frozen=True)
class Targets:
    """What a network should have said, and where that counts.

    Args:
        S: (B, J + 1, h, w), background last.  L: (B, 2C, h', w').
        W_S, W_L: weights of the same shapes, 0 where nothing is known.
    """

    S: Tensor
    L: Tensor
    W_S: Tensor
    W_L: Tensor


def draw_targets(
    batch: Batch,
    skeleton: Skeleton,
    S_grid: Grid,
    L_grid: Grid,
    options: TargetOptions = TargetOptions(),  # noqa: B008 - frozen
) -> Targets:
    """S* (TPAMI Eq. 7, 8), L* (Eq. 9, 10) and W (Eq. 4) of a batch, on the device its tensors lie on.

    The mask of a cell is the mean of the pixels it covers. Besides, a channel is masked where a data set does not label
    its part at all, and, within a person's grown box, where that person's part could not be worked out; but not on the
    cells that somebody else's part or limb marks (FACTS 1.8).

    Args:
        batch: of tensors; the images' side must be a multiple of both strides.
        skeleton: whose parts and limbs the channels are.
        S_grid, L_grid: where the cells lie in the images.
        options: how the maps are drawn.

    Raises:
        ShapeError: the images' side is no multiple of a stride.
    """
    size = (int(batch.images.shape[1]), int(batch.images.shape[2]))
    shapes = []
    for name, grid in (("S", S_grid), ("L", L_grid)):
        if any(side % stride for side, stride in zip(size[::-1], grid.strides, strict=True)):
            raise ShapeError(f"images of {size} cannot be cut into cells of {grid.strides} for {name}")
        shapes.append((int(size[0] // grid.strides[1]), int(size[1] // grid.strides[0])))
    limbs = torch.tensor(skeleton.limbs, device=batch.keypoints.device).reshape(-1, 2)
    S = confidence_maps(batch.keypoints, shapes[0], S_grid, options)
    L = affinity_fields(batch.keypoints, limbs, shapes[1], L_grid, options)
    W_S = _weights(batch, S, batch.known, batch.unknown, shapes[0], S_grid)
    ends = batch.known[:, limbs].all(-1), batch.unknown[:, :, limbs].any(-1)
    W_L = _weights(batch, L.abs().amax(2), *ends, shapes[1], L_grid)
    background = (1 - S.amax(1, keepdim=True)).clamp_min(0)
    return Targets(
        torch.cat([S, background], 1),
        L.flatten(1, 2),  # (B, C, 2, h, w) -> (B, 2C, h, w)
        torch.cat([W_S, W_S.amin(1, keepdim=True)], 1),  # the background is known where every part is
        W_L.repeat_interleave(2, 1),
    )


def confidence_maps(keypoints: Tensor, shape: tuple[int, int], grid: Grid, options: TargetOptions) -> Tensor:
    """S* (B, J, h, w) of keypoints (B, N, J, 3); a part with score 0 leaves no mark."""
    x, y = (torch.as_tensor(a, dtype=torch.float32, device=keypoints.device) for a in grid.axes(shape))
    along_x = torch.exp(-(((x - keypoints[..., 0:1]) / options.sigma) ** 2))  # (B, N, J, w)
    along_y = torch.exp(-(((y - keypoints[..., 1:2]) / options.sigma) ** 2))
    along_y = along_y * (keypoints[..., 2:3] > 0)
    S = keypoints.new_zeros(keypoints.shape[0], keypoints.shape[2], *shape)
    for n in range(keypoints.shape[1]):  # one person at a time: (B, N, J, h, w) would not fit for crowds
        one = along_y[:, n, :, :, None] * along_x[:, n, :, None, :]
        if options.cutoff > 0:
            one = one * (one >= options.cutoff)
        S = torch.maximum(S, one) if options.reduce == "max" else S + one
    if options.reduce == "sum":
        S = S.clamp_max(1)
    elif options.reduce == "average":
        S = S / (keypoints[..., 2] > 0).sum(1).clamp_min(1)[:, :, None, None]
    return S


def affinity_fields(
    keypoints: Tensor, limbs: Tensor, shape: tuple[int, int], grid: Grid, options: TargetOptions
) -> Tensor:
    """L* (B, C, 2, h, w) of keypoints (B, N, J, 3) and limbs (C, 2)."""
    device = keypoints.device
    x, y = (torch.as_tensor(a, dtype=torch.float32, device=device) for a in grid.axes(shape))
    cells = torch.stack([x.expand(len(y), -1), y[:, None].expand(-1, len(x))])  # (2, h, w)
    B, C = keypoints.shape[0], limbs.shape[0]
    L = keypoints.new_zeros(B, C, 2, *shape)
    covered = keypoints.new_zeros(B, C, 1, *shape)
    for n in range(keypoints.shape[1]):
        a, b = keypoints[:, n, limbs[:, 0]], keypoints[:, n, limbs[:, 1]]  # (B, C, 3)
        along = b[..., :2] - a[..., :2]
        length = along.norm(dim=-1, keepdim=True)
        there = (a[..., 2:] > 0) & (b[..., 2:] > 0) & (length > 0)
        v = along / length.clamp_min(1e-9)  # (B, C, 2)
        offset = cells - a[..., :2, None, None]  # (B, C, 2, h, w)
        across = (offset[:, :, 1] * v[..., 0, None, None] - offset[:, :, 0] * v[..., 1, None, None]).abs()
        on = (across <= options.limb_width) & there[..., None]
        if options.region == "paper":
            t = offset[:, :, 0] * v[..., 0, None, None] + offset[:, :, 1] * v[..., 1, None, None]
            on = on & (t >= 0) & (t <= length[..., None])
        else:
            on = on & _in_grown_box(a, b, shape, grid, options.limb_width)
        marked = on[:, :, None]  # (B, C, 1, h, w)
        if options.overlap == "last":
            L = torch.where(marked, v[..., None, None], L)
        else:
            L = L + marked * v[..., None, None]
            covered = covered + marked
    return L if options.overlap == "last" else L / covered.clamp_min(1)


def _in_grown_box(a: Tensor, b: Tensor, shape: tuple[int, int], grid: Grid, width: float) -> Tensor:
    """(B, C, h, w) bool: the released code's box of both ends, grown, its corners rounded to cells (FACTS 1.8)."""
    stride = a.new_tensor(grid.strides)
    origin = a.new_tensor(grid.axes((1, 1))[0].tolist() + grid.axes((1, 1))[1].tolist())
    ends = (torch.stack([a[..., :2], b[..., :2]]) - origin) / stride
    low = torch.floor(ends.amin(0) - width / stride + 0.5)[..., None]
    high = torch.floor(ends.amax(0) + width / stride + 0.5)[..., None]
    columns, rows = (torch.arange(n, device=a.device) for n in shape[::-1])
    inside_x = (columns >= low[:, :, 0]) & (columns < high[:, :, 0])  # (B, C, w)
    inside_y = (rows >= low[:, :, 1]) & (rows < high[:, :, 1])
    return inside_y[..., None] & inside_x[..., None, :]


def _weights(batch: Batch, maps: Tensor, known: Tensor, unknown: Tensor, shape: tuple[int, int], grid: Grid) -> Tensor:
    """W (B, K, h, w) for maps (B, K, h, w) whose channels are known (B, K), and unknown for people (B, N, K)."""
    spatial = functional.adaptive_avg_pool2d(batch.mask[:, None].float() / 255, shape)  # (B, 1, h, w)
    hidden = torch.zeros_like(maps, dtype=torch.bool)
    x, y = (torch.as_tensor(a, dtype=torch.float32, device=maps.device) for a in grid.axes(shape))
    for n in torch.nonzero(unknown.flatten(2).any(-1).any(0)).flatten().tolist():  # seldom anybody
        left, top, w, h = (side[:, None] for side in batch.boxes[:, n].unbind(-1))
        inside = ((y >= top) & (y <= top + h))[:, :, None] & ((x >= left) & (x <= left + w))[:, None, :]
        hidden |= unknown[:, n, :, None, None] & inside[:, None]
    visible = ~hidden | (maps > 0.01)
    return spatial * visible * known[:, :, None, None]
