"""Right ways and mistakes of the assignment on part affinity fields."""

from __future__ import annotations

from tests.assignments.hand_in import Change

WAYS: dict[str, list[str]] = {
    "tapered": [
        """
def tapered(x1, x2, cells, half_width):
    h, w, _ = cells.shape
    field = np.zeros((h, w, 2))
    length = np.hypot(x2[0] - x1[0], x2[1] - x1[1])
    v = (x2 - x1) / length
    for i in range(h):
        for j in range(w):
            px, py = cells[i, j] - x1
            along, across = px * v[0] + py * v[1], px * -v[1] + py * v[0]
            if 0 <= along <= length and abs(across) <= half_width + (TAPER - 1) * half_width * along / length:
                field[i, j] = v
    return field
""",
        """
import torch

def tapered(x1, x2, cells, half_width):
    a, b, p = (torch.tensor(one, dtype=torch.float64) for one in (x1, x2, cells))
    length = torch.linalg.vector_norm(b - a)
    v = (b - a) / length
    t = (p - a) @ v / length
    across = torch.abs((p - a) @ torch.stack([-v[1], v[0]]))
    on = (t >= 0) & (t <= 1) & (across <= half_width * torch.lerp(torch.ones_like(t), TAPER * torch.ones_like(t), t))
    return on[..., None] * v
""",
        """
def tapered(x1, x2, cells, half_width):
    z = (cells - x1) @ [1, 1j] / ((x2 - x1) @ [1, 1j])
    length = abs((x2 - x1) @ [1, 1j])
    on = (0 <= z.real) & (z.real <= 1) & (abs(z.imag) * length <= half_width * (1 + (TAPER - 1) * z.real))
    return np.einsum("hw,c->hwc", on, (x2 - x1) / length)
""",
        """
def tapered(x1, x2, cells, half_width):
    d = (x2 - x1).astype(np.float32)
    p = (cells - x1).astype(np.float32)
    n2 = d @ d
    t, cross = p @ d / n2, np.abs(d[0] * p[..., 1] - d[1] * p[..., 0]) / np.sqrt(n2)
    widths = np.interp(t, [0, 1], [half_width, TAPER * half_width])
    return ((t >= 0) & (t <= 1) & (cross <= widths))[..., None] * (d / np.sqrt(n2))
""",
        """
def tapered(x1, x2, cells, half_width):
    v = (x2 - x1) / np.linalg.norm(x2 - x1)
    n = np.array([-v[1], v[0]])
    corners = [x1 + half_width * n, x2 + TAPER * half_width * n, x2 - TAPER * half_width * n, x1 - half_width * n]
    inside = np.ones(cells.shape[:2], bool)
    for a, b in zip(corners, [*corners[1:], corners[0]]):
        inside &= (b - a)[0] * (cells - a)[..., 1] - (b - a)[1] * (cells - a)[..., 0] <= 1e-9
    return inside[..., None] * v
""",
        """
def tapered(x1, x2, cells, half_width):
    angle = np.arctan2(*(x2 - x1)[::-1])
    R = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    along, across = np.moveaxis((cells - x1) @ R.T, -1, 0)
    length = (R @ (x2 - x1))[0]
    field = np.full(cells.shape, [np.cos(angle), np.sin(angle)])
    slope = (TAPER - 1) * half_width / length
    field[(along < 0) | (along > length) | (np.abs(across) > half_width + slope * along)] = 0
    return field
""",
        """
def tapered(x1, x2, cells, half_width):
    d = x2 - x1
    l = (d**2).sum() ** 0.5
    def of(p):
        t = (p - x1) @ d / l**2
        off = ((p - x1 - t * d) ** 2).sum() ** 0.5
        return (d / l).tolist() if 0 <= t <= 1 and off <= half_width * (1 - t + t * TAPER) else [0.0, 0.0]
    return [[of(p) for p in row] for row in cells]
""",
    ],
    "bent": [
        """
def bent(x1, x2, cells, half_width):
    z = (cells - x1) @ [1, 1j] / ((x2 - x1) @ [1, 1j])
    length, t = abs((x2 - x1) @ [1, 1j]), z.real
    on = (0 <= t) & (t <= 1)
    on &= abs(z.imag - 4 * BEND * t * (1 - t)) * length <= half_width * (1 + (TAPER - 1) * t)
    turned = ((x2 - x1) @ [1, 1j]) * (1 + 4j * BEND * (1 - 2 * t))
    turned = on * turned / abs(turned)
    return np.stack([turned.real, turned.imag], axis=-1)
""",
        """
def bent(x1, x2, cells, half_width):
    field = np.zeros(cells.shape)
    length = np.linalg.norm(x2 - x1)
    v = (x2 - x1) / length
    n = np.array([-v[1], v[0]])
    for index in np.ndindex(cells.shape[:2]):
        t, s = (cells[index] - x1) @ v / length, (cells[index] - x1) @ n
        if 0 <= t <= 1 and abs(s - 4 * BEND * length * t * (1 - t)) <= half_width * (1 - t + t * TAPER):
            angle = np.arctan2(v[1], v[0]) + np.arctan(4 * BEND * (1 - 2 * t))
            field[index] = np.cos(angle), np.sin(angle)
    return field
""",
        """
import torch

def bent(x1, x2, cells, half_width):
    a, b, p = (torch.as_tensor(one) for one in (x1, x2, cells))
    length = (b - a).norm()
    v = (b - a) / length
    n = torch.stack([-v[1], v[0]])
    t, s = (p - a) @ v / length, (p - a) @ n
    on = (t >= 0) & (t <= 1) & ((s - 4 * BEND * length * t * (1 - t)).abs() <= half_width * (1 - t + TAPER * t))
    tangent = torch.nn.functional.normalize(v + (4 * BEND * (1 - 2 * t))[..., None] * n, dim=-1)
    return (on[..., None] * tangent).numpy()
""",
        """
def bent(x1, x2, cells, half_width):
    d = x2 - x1
    frame = np.array([d, [-d[1], d[0]]]) / (d @ d)  # to shares of the length, along and across
    t, s = np.einsum("ij,hwj->ihw", frame, cells - x1)
    line = np.polynomial.Polynomial([0, 4 * BEND, -4 * BEND])
    on = np.abs(s - line(t)) * np.hypot(*d) <= half_width * np.interp(t, [0, 1], [1, TAPER])
    on &= np.abs(t - 0.5) <= 0.5
    step = d + line.deriv()(t)[..., None] * [-d[1], d[0]]
    return np.where(on[..., None], step / np.linalg.norm(step, axis=-1)[..., None], 0)
""",
        """
def bent(x1, x2, cells, half_width):
    def at(x, y):
        dx, dy = x2[0] - x1[0], x2[1] - x1[1]
        length = (dx * dx + dy * dy) ** 0.5
        t = ((x - x1[0]) * dx + (y - x1[1]) * dy) / length**2
        s = ((y - x1[1]) * dx - (x - x1[0]) * dy) / length
        if t < 0 or t > 1 or abs(s - 4 * BEND * length * t * (1 - t)) > half_width * (1 + t * (TAPER - 1)):
            return [0.0, 0.0]
        slope = 4 * BEND * (1 - 2 * t)
        far = length * (1 + slope * slope) ** 0.5
        return [(dx - slope * dy) / far, (dy + slope * dx) / far]

    return np.array([[at(*cell) for cell in row] for row in cells.tolist()])
""",
    ],
    "everybody": [
        """
def everybody(limbs, cells, half_width):
    fields = np.array([bent(*limb, cells, half_width) for limb in limbs]).reshape(-1, *cells.shape)
    count = np.linalg.norm(fields, axis=-1).round().sum(axis=0)
    return (fields.sum(axis=0) / np.where(count > 0, count, 1)[..., None]).transpose(2, 0, 1)
""",
        """
def everybody(limbs, cells, half_width):
    h, w, _ = cells.shape
    mean, n = np.zeros((2, h, w)), np.zeros((h, w))
    for a, b in limbs:
        one = np.moveaxis(bent(a, b, cells, half_width), -1, 0)
        on = np.abs(one).sum(axis=0) > 0
        n += on
        mean += on * (one - mean) / np.maximum(n, 1)
    return mean
""",
        """
import warnings

def everybody(limbs, cells, half_width):
    every = np.full((len(limbs) + 1, *cells.shape), np.nan)
    for k, (a, b) in enumerate(limbs):
        one = np.asarray(bent(a, b, cells, half_width))
        every[k] = np.where(one.any(axis=-1, keepdims=True), one, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.nan_to_num(np.nanmean(every, axis=0)).transpose(2, 0, 1)
""",
        """
def everybody(limbs, cells, half_width):
    h, w = cells.shape[:2]
    field = np.zeros((2, h, w))
    one = [np.asarray(bent(x1, x2, cells, half_width)) for x1, x2 in limbs]
    for y in range(h):
        for x in range(w):
            there = [each[y, x] for each in one if each[y, x] @ each[y, x] > 0.5]
            if there:
                field[:, y, x] = sum(there) / len(there)
    return field
""",
        """
import torch

def everybody(limbs, cells, half_width):
    total, n = torch.zeros(cells.shape[2], *cells.shape[:2]).double(), 0
    for a, b in limbs:
        one = torch.as_tensor(np.asarray(bent(a, b, cells, half_width))).permute(2, 0, 1)
        total, n = total + one, n + one.abs().amax(dim=0).ceil()
    return total / torch.clamp(torch.as_tensor(n), min=1)
""",
    ],
    "turned": [
        """
def turned(L):
    z = np.rot90(L[:, 0] + 1j * L[:, 1], -TURNS, axes=(1, 2)) * 1j**TURNS
    return np.stack([z.real, z.imag], axis=1)
""",
        """
def turned(L):
    for _ in range(TURNS):
        C, _, h, w = L.shape
        new = np.zeros((C, 2, w, h))
        for y in range(h):
            for x in range(w):
                new[:, 0, x, h - 1 - y], new[:, 1, x, h - 1 - y] = -L[:, 1, y, x], L[:, 0, y, x]
        L = new
    return L
""",
        """
import torch

def turned(L):
    a = torch.tensor(np.pi / 2 * TURNS)
    R = torch.stack([torch.stack([a.cos(), -a.sin()]), torch.stack([a.sin(), a.cos()])]).double()
    return torch.einsum("ij,cjhw->cihw", R, torch.rot90(torch.tensor(L), -TURNS, (2, 3)))
""",
        """
def turned(L):
    x, y = L[:, 0], L[:, 1]
    if TURNS % 4 == 1:
        parts = -y.transpose(0, 2, 1)[:, :, ::-1], x.transpose(0, 2, 1)[:, :, ::-1]
    elif TURNS % 4 == 2:
        parts = -x[:, ::-1, ::-1], -y[:, ::-1, ::-1]
    elif TURNS % 4 == 3:
        parts = y.transpose(0, 2, 1)[:, ::-1], -x.transpose(0, 2, 1)[:, ::-1]
    else:
        parts = x, y
    return np.stack(parts, axis=1)
""",
        """
def turned(L, turns=None):
    turns = TURNS if turns is None else turns
    if turns == 0:
        return L
    C, _, h, w = L.shape
    row, column = np.indices((w, h))
    once = L[:, :, h - 1 - column, row]
    return turned(np.einsum("ij,cjhw->cihw", [[0, -1], [1, 0]], once), turns - 1)
""",
    ],
}
CALLED = {"bent"}  # by another function of the notebook

CHANGES = [
    Change("tapered", "(1 - part_of_way + TAPER * part_of_way)", "1", "taper-ignored"),
    Change("tapered", "(1 - part_of_way + TAPER * part_of_way)", "(TAPER * (1 - part_of_way) + part_of_way)",
           "taper-reversed"),
    Change("tapered", "(1 - part_of_way + TAPER * part_of_way)", "TAPER", "taper-everywhere"),
    Change("tapered", "(1 - part_of_way + TAPER * part_of_way)", "TAPER**part_of_way", "taper-by-factors"),
    Change("tapered", "(1 - part_of_way + TAPER", "(1 + TAPER", "taper-added"),
    Change("tapered", "(1 - part_of_way + TAPER * part_of_way)", "(1 - (TAPER - 1) * part_of_way)", "taper-other-way"),
    Change("tapered", "1 - part_of_way + TAPER", "TAPER", "taper-from-nothing"),
    Change("tapered", "x2 - x1", "x1 - x2", "beyond-the-first-joint"),
    Change("tapered", "[-unit[1]", "[unit[1]", "perpendicular-without-sign"),
    Change("tapered", "unit, 0.0", "span, 0.0", "not-unit"),
    Change("tapered", "unit, 0.0", "-unit, 0.0", "direction-reversed"),
    Change("tapered", "unit, 0.0", "unit[::-1], 0.0", "xy-swapped"),
    Change("tapered", "np.abs(beside)", "beside", "one-sided"),
    Change("bent", "tangent, 0.0", "unit, 0.0", "chord-for-tangent"),
    Change("bent", "- 4 * BEND * reach", "+ 4 * BEND * reach", "bent-the-other-way"),
    Change("bent", " - 4 * BEND * reach * t * (1 - t)", "", "bend-ignored"),
    Change("bent", "(1 - t + TAPER * t)", "1", "taper-ignored"),
    Change("bent", "    tangent = tangent / np.linalg.norm(tangent, axis=-1, keepdims=True)\n", "", "not-unit"),
    Change("bent", "(4 * BEND * (1 - 2 * t))", "-(4 * BEND * (1 - 2 * t))", "tangent-the-other-way"),
    Change("bent", "[-unit[1], unit[0]]", "[unit[1], -unit[0]]", "bent-the-other-way"),
    Change("bent", "4 * BEND", "BEND", "bent-too-little"),
    Change("bent", "4 * BEND * reach", "BEND * reach", "bent-too-little"),
    Change("bent", "(4 * BEND *", "(BEND *", "tangent-by-a-factor"),
    Change("bent", "(4 * BEND *", "(2 * BEND *", "tangent-by-a-factor"),
    Change("bent", "(4 * BEND *", "(4 * BEND * reach *", "tangent-by-length"),
    Change("bent", "1 - 2 * t", "1 - t", "tangent-not-level-halfway"),
    Change("bent", "BEND * (1 - 2 * t)", "BEND * t * (1 - t)", "tangent-of-the-place"),
    Change("bent", "BEND * reach", "BEND", "bend-ignored"),
    Change("bent", "np.abs(beside)", "beside", "one-sided"),
    Change("everybody", "np.maximum(how_many, 1)[..., None]", "max(len(limbs), 1)", "divided-by-everybody"),
    Change("everybody", " / np.maximum(how_many, 1)[..., None]", "", "sum-for-average"),
    Change("everybody", "added += one", "added = np.where(one != 0, one, added)", "overwritten"),
    Change("everybody", "np.maximum(how_many, 1)", "(how_many + 1)", "divided-by-one-more"),
    Change("everybody", "how_many, 1)[..., None], -1, 0)",
           "how_many, 1)[..., None], 0, 0).reshape(2, *cells.shape[:2])", "reshaped"),
    Change("everybody", "bent(x1", "tapered(x1", "bend-ignored"),
    Change("everybody", "x1, x2 in", "x2, x1 in", "joints-exchanged"),
    Change("everybody", "    return np", "        return np", "first-person-only"),
    Change("everybody", "np.moveaxis(added / np.maximum(how_many, 1)[..., None], -1, 0)",
           "added / np.maximum(how_many, 1)[..., None]", "wrong-axes"),
    Change("everybody", "np.maximum(how_many, 1)[..., None]",
           "np.maximum(np.linalg.norm(added, axis=-1, keepdims=True), 1e-9)", "made-unit-again"),
    Change("turned", "np.stack([-y, x], axis=1)", "np.stack([x, y], axis=1)", "vectors-not-turned"),
    Change("turned", "L.swapaxes(2, 3)[..., ::-1]", "L", "cells-not-turned"),
    Change("turned", "[..., ::-1], 1, 0)\n        L = np.stack([-y, x]",
           "[..., ::-1, :], 1, 0)\n        L = np.stack([y, -x]", "turned-the-wrong-way"),
    Change("turned", "np.stack([-y, x]", "np.stack([y, -x]", "vectors-turned-the-wrong-way"),
    Change("turned", "[..., ::-1], 1, 0)", "[..., ::-1, :], 1, 0)", "cells-turned-the-wrong-way"),
    Change("turned", "return L", "return L[:, ::-1]", "xy-swapped"),
    Change("turned", "[-y, x]", "[-x, -y]", "turned-by-half"),
    Change("turned", "[..., ::-1], 1, 0)", ", 1, 0)", "mirrored"),
]  # fmt: skip
