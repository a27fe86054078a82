"""Right ways and mistakes of the assignment on confidence maps."""

from __future__ import annotations

from tests.assignments.hand_in import Change

WAYS: dict[str, list[str]] = {
    "spot": [
        """
def spot(point, shape, stride, sigma):
    t = np.deg2rad(ANGLE)
    S = np.zeros(shape)
    for row in range(shape[0]):
        for column in range(shape[1]):
            dx = column * stride + (stride - 1) / 2 - point[0]
            dy = row * stride + (stride - 1) / 2 - point[1]
            a, b = dx * np.cos(t) + dy * np.sin(t), dy * np.cos(t) - dx * np.sin(t)
            S[row, column] = np.exp(-a * a / sigma**2 - b * b / (RATIO * sigma) ** 2)
    return S
""",
        """
def spot(point, shape, stride, sigma):
    rows, columns = np.indices(shape) * stride + (stride - 1) / 2
    z = np.exp(-1j * np.deg2rad(ANGLE)) * ((columns - point[0]) + 1j * (rows - point[1]))
    return np.exp(-((z.real / sigma) ** 2) - (z.imag / (RATIO * sigma)) ** 2)
""",
        """
import torch

def spot(point, shape, stride, sigma):
    y, x = torch.meshgrid(*(torch.arange(n) * stride + (stride - 1) / 2 for n in shape), indexing="ij")
    t = torch.deg2rad(torch.tensor(float(ANGLE)))
    d = torch.stack([x - point[0], y - point[1]], -1)
    a, b = d @ torch.stack([t.cos(), t.sin()]).to(d), d @ torch.stack([-t.sin(), t.cos()]).to(d)
    return torch.exp(-((a / sigma) ** 2) - (b / (RATIO * sigma)) ** 2)
""",
        """
def spot(point, shape, stride, sigma):
    t = np.deg2rad(ANGLE)
    R = np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])
    M = R.T @ np.diag([1 / sigma**2, 1 / (RATIO * sigma) ** 2]) @ R
    x = stride * np.arange(shape[1]) + (stride - 1) / 2 - point[0]
    y = stride * np.arange(shape[0]) + (stride - 1) / 2 - point[1]
    d = np.stack(np.meshgrid(x, y), axis=-1)
    return np.exp(-np.einsum("hwi,ij,hwj->hw", d, M, d))
""",
        """
from paflib.fields import Grid

def spot(point, shape, stride, sigma):
    columns, rows = Grid(stride).axes(shape)
    dx, dy = (columns - point[0]).astype(np.float32), (rows - point[1])[:, None].astype(np.float32)
    c, s = np.float32(np.cos(np.deg2rad(ANGLE))), np.float32(np.sin(np.deg2rad(ANGLE)))
    return np.exp(-(((c * dx + s * dy) / sigma) ** 2) - ((c * dy - s * dx) / (RATIO * sigma)) ** 2)
""",
        """
import math

def spot(point, shape, stride, sigma):
    c, s = math.cos(math.radians(ANGLE)), math.sin(math.radians(ANGLE))
    def value(i, j):
        dx, dy = (j + 0.5) * stride - 0.5 - point[0], (i + 0.5) * stride - 0.5 - point[1]
        return math.exp(-((c * dx + s * dy) ** 2 + ((c * dy - s * dx) / RATIO) ** 2) / sigma**2)
    return [[value(i, j) for j in range(shape[1])] for i in range(shape[0])]
""",
        """
def spot(point, shape, stride, sigma):
    c, s = np.cos(np.deg2rad(ANGLE)), np.sin(np.deg2rad(ANGLE))
    A, B, C = c * c + s * s / RATIO**2, c * s * (1 - 1 / RATIO**2), s * s + c * c / RATIO**2
    dx = (np.arange(shape[1]) + 0.5) * stride - 0.5 - point[0]
    dy = (np.arange(shape[0]) + 0.5) * stride - 0.5 - point[1]
    return np.exp(-(A * dx**2 + 2 * B * np.outer(dy, dx) + C * (dy**2)[:, None]) / sigma**2)
""",
        """
def spot(point, shape, stride, sigma):
    direction = np.array([np.cos(np.radians(ANGLE)), np.sin(np.radians(ANGLE))])
    x, y = np.meshgrid(*(np.linspace(0, n - 1, n) * stride + (stride - 1) / 2 for n in shape[::-1]))
    offset = np.stack([x, y], axis=2) - point[:2] if not isinstance(point, tuple) else np.stack([x, y], 2) - point
    along = (offset @ direction)[..., None] * direction
    across = offset - along
    return np.exp(-(along**2).sum(2) / sigma**2 - (across**2).sum(2) / (RATIO * sigma) ** 2)
""",
        """
def spot(point, shape, stride, sigma):
    f = lambda i, j: (i * stride + (stride - 1) / 2 - point[1], j * stride + (stride - 1) / 2 - point[0])
    dy, dx = np.fromfunction(f, shape)
    turn = np.deg2rad(ANGLE) - np.arctan2(dy, dx)
    r2 = dx**2 + dy**2
    return np.exp(-r2 * (np.cos(turn) ** 2 + np.sin(turn) ** 2 / RATIO**2) / sigma**2)
""",
        """
from scipy.stats import multivariate_normal

def spot(point, shape, stride, sigma):
    c, s = np.cos(np.deg2rad(ANGLE)), np.sin(np.deg2rad(ANGLE))
    R = np.array([[c, -s], [s, c]])
    cov = R @ np.diag([sigma**2, (RATIO * sigma) ** 2]) @ R.T / 2
    rows, columns = np.indices(shape) * stride + (stride - 1) / 2
    normal = multivariate_normal(np.array(point[:2], float), cov)
    return (normal.pdf(np.stack([columns, rows], -1)) / normal.pdf(np.array(point[:2], float))).reshape(shape)
""",
    ],
    "maps": [
        """
def maps(keypoints, shape, stride, sigma):
    S = np.zeros((keypoints.shape[1], *shape))
    for j in range(len(S)):
        for x, y, score in keypoints[:, j]:
            if score > 0:
                one = np.asarray(spot((x, y), shape, stride, sigma))
                S[j] = S[j] + one - S[j] * one
    return S
""",
        """
def maps(keypoints, shape, stride, sigma):
    every = [[np.asarray(spot(p[:2], shape, stride, sigma)) * (p[2] > 0) for p in person] for person in keypoints]
    every = np.array(every, float).reshape(-1, keypoints.shape[1], *shape)
    return 1 - (1 - every).prod(axis=0)
""",
        """
import torch

def maps(keypoints, shape, stride, sigma):
    none = torch.ones(keypoints.shape[1], *shape, dtype=torch.float64)
    for person in keypoints:
        for j, part in enumerate(person):
            if part[2]:
                none[j] *= 1 - torch.as_tensor(np.asarray(spot(part[:2], shape, stride, sigma)))
    return 1 - none
""",
        """
def maps(keypoints, shape, stride, sigma):
    log = np.zeros((keypoints.shape[1], *shape))
    with np.errstate(divide="ignore"):
        for n, j in np.argwhere(keypoints[..., 2] > 0):
            log[j] += np.log1p(-np.asarray(spot(keypoints[n, j, :2], shape, stride, sigma)))
    return -np.expm1(log)
""",
        """
def maps(keypoints, shape, stride, sigma):
    if len(keypoints) == 0:
        return np.zeros((keypoints.shape[1], *shape))
    others = maps(keypoints[1:], shape, stride, sigma)
    first = np.array([(s > 0) * np.asarray(spot((x, y), shape, stride, sigma)) for x, y, s in keypoints[0]])
    return others + first * (1 - others)
""",
    ],
    "peaks": [
        """
def peaks(S, threshold):
    h, w = S.shape
    found = []
    for y in range(h):
        for x in range(w):
            others = [(v, u) for v in range(max(0, y - RADIUS), min(h, y + RADIUS + 1))
                      for u in range(max(0, x - RADIUS), min(w, x + RADIUS + 1)) if (v, u) != (y, x)]
            if S[y, x] > threshold and all(S[o] < S[y, x] if o < (y, x) else S[o] <= S[y, x] for o in others):
                found.append((x, y))
    return found
""",
        """
from scipy.ndimage import generic_filter

def peaks(S, threshold):
    n = (2 * RADIUS + 1) ** 2
    first = generic_filter(S, lambda window: float(window.argmax() == n // 2), 2 * RADIUS + 1, mode="constant",
                           cval=-np.inf)
    return np.argwhere((first > 0) & (S > threshold))[:, ::-1]
""",
        """
def peaks(S, threshold):
    order = [(-S[y, x], y, x) for y, x in np.ndindex(S.shape) if S[y, x] > threshold]
    best = {(y, x): (-v, -y, -x) for v, y, x in order}
    near = lambda a, b: max(abs(a[0] - b[0]), abs(a[1] - b[1])) <= RADIUS
    return [(x, y) for y, x in best if all(best[y, x] >= best[b] for b in best if near((y, x), b))]
""",
        """
from scipy.ndimage import maximum_filter

def peaks(S, threshold):
    rank = np.empty(S.size, int)
    rank[np.lexsort((-np.arange(S.size), S.ravel()))] = np.arange(1, S.size + 1)
    rank = rank.reshape(S.shape)
    rows, columns = np.nonzero((maximum_filter(rank, 2 * RADIUS + 1, mode="constant") == rank) & (S > threshold))
    return {(int(x), int(y)) for x, y in zip(columns, rows)}
""",
        """
def peaks(S, threshold):
    h, w = S.shape
    wide = np.pad(S, RADIUS, constant_values=-np.inf)
    stays = S > threshold
    for dy in range(-RADIUS, RADIUS + 1):
        for dx in range(-RADIUS, RADIUS + 1):
            other = wide[RADIUS + dy : RADIUS + dy + h, RADIUS + dx : RADIUS + dx + w]
            stays = stays & ((other < S) if (dy, dx) < (0, 0) else (other <= S))
    for y, x in np.argwhere(stays):
        yield x, y
""",
    ],
    "place": [
        """
def place(line, at):
    m = int(np.clip(at, 1, len(line) - 2))
    a, b, _ = np.polyfit([m - 1, m, m + 1], line[m - 1 : m + 2] ** (-1 / POWER), 2)
    return -b / (2 * a)
""",
        """
def place(line, at):
    a, b, _ = np.polyfit(np.arange(len(line)), 1 / line ** (1 / POWER), 2)
    return np.float32(-b / (2 * a))
""",
        """
def place(line, at):
    first = min(max(at - 1, 0), len(line) - 3)
    x = np.arange(first, first + 3.0)
    c, b, a = np.linalg.solve(x[:, None] ** [0, 1, 2], np.exp(-np.log(line[first : first + 3]) / POWER))
    return (-b / a) / 2
""",
        """
def place(line, at):
    k = at - (at == len(line) - 1) + (at == 0)
    one, two, three = (line[j] ** (1 / POWER) for j in (k - 1, k, k + 1))
    return k + (two * three - one * two) / (two * three - 2 * one * three + one * two) / 2
""",
        """
import torch

def place(line, at):
    m = sorted((1, int(at), len(line) - 2))[1]
    y = torch.tensor(np.array(line[m - 1 : m + 2])).double().pow(-1 / POWER)
    fit = torch.linalg.lstsq(torch.vander(torch.tensor([-1.0, 0.0, 1.0]).double()), y[:, None]).solution[:, 0]
    return m - fit[1] / (2 * fit[0])
""",
    ],
    "summit": [
        """
def summit(patch):
    y, x = np.mgrid[-1:2, -1:2].reshape(2, 9)
    A = np.stack([np.ones(9), x, y, x * x, x * y, y * y], axis=1)
    _, b, c, d, e, f = np.linalg.lstsq(A, np.log(patch).ravel(), rcond=None)[0]
    return np.linalg.solve([[2 * d, e], [e, 2 * f]], [-b, -c])
""",
        """
def summit(patch):
    v = np.log(patch)
    gx, gy = (v[1, 2] - v[1, 0]) / 2, (v[2, 1] - v[0, 1]) / 2
    xx, yy = v[1, 0] + v[1, 2] - 2 * v[1, 1], v[0, 1] + v[2, 1] - 2 * v[1, 1]
    xy = (v[0, 0] + v[2, 2] - v[0, 2] - v[2, 0]) / 4
    d = xx * yy - xy * xy
    return (xy * gy - yy * gx) / d, (xy * gx - xx * gy) / d
""",
        """
def summit(patch):
    v = np.log(patch)
    c = np.array([[1, -2, 1], [-1, 0, 1], [0, 2, 0]]) / 2
    Q = c @ v @ c.T  # of y (rows: square, line, constant) and of x
    xx, xy, yy = 2 * Q[2, 0], Q[1, 1], 2 * Q[0, 2]
    x, y = np.linalg.inv(np.array([[xx, xy], [xy, yy]])) @ [-Q[2, 1], -Q[1, 2]]
    return [float(x), float(y)]
""",
        """
import torch

def summit(patch):
    y, x = np.mgrid[-1:2, -1:2].reshape(2, 9)
    A = np.stack([np.ones(9), x, y, x * x, x * y, y * y], axis=1)
    fit = torch.tensor(np.linalg.pinv(A) @ np.log(np.asarray(patch, float)).ravel())
    height = lambda p: fit @ torch.stack([torch.ones(()).double(), *p, p[0] ** 2, p[0] * p[1], p[1] ** 2])
    middle = torch.zeros(2, dtype=torch.float64)
    slope = torch.autograd.functional.jacobian(height, middle)
    return -torch.linalg.solve(torch.autograd.functional.hessian(height, middle), slope)
""",
        """
from scipy.optimize import least_squares

def summit(patch):
    y, x = np.mgrid[-1:2, -1:2]

    def off(p):
        a, b, c, u, v, top = p
        return (top - a * (x - u) ** 2 - b * (x - u) * (y - v) - c * (y - v) ** 2 - np.log(patch)).ravel()

    return least_squares(off, [0.2, 0, 0.2, 0, 0, 0], xtol=1e-14, ftol=1e-14, gtol=1e-14).x[3:5]
""",
    ],
}

CALLED = {"spot"}  # by another function of the notebook

_PEAKS_LOOP = """
    for y, x in np.argwhere(threshold < S):
        top, left = max(y - RADIUS, 0), max(x - RADIUS, 0)
        window = S[top : y + RADIUS + 1, left : x + RADIUS + 1]
        first = np.unravel_index(window.argmax(), window.shape)
        if (top + first[0], left + first[1]) == (y, x):
"""

CHANGES = [
    Change("spot", "c * dx + s * dy, c * dy - s * dx", "c * dx - s * dy, c * dy + s * dx", "turned-the-wrong-way"),
    Change("spot", "along_it, across_it = c", "across_it, along_it = c", "long-for-short"),
    Change("spot", "RATIO * sigma", "sigma", "ratio-ignored"),
    Change("spot", "np.deg2rad(ANGLE)", "ANGLE", "degrees-for-radians"),
    Change("spot", "(stride - 1) / 2", "0", "half-cell-off"),
    Change("spot", "point[0]\n    dy = stride * np.arange(h)[:, None] + (stride - 1) / 2 - point[1]",
           "point[1]\n    dy = stride * np.arange(h)[:, None] + (stride - 1) / 2 - point[0]", "xy-swapped"),
    Change("spot", "np.exp(-((along_it / sigma) ** 2)", "np.exp(-0.5 * ((along_it / sigma) ** 2)",
           "two-sigma-squared"),
    Change("spot", "RATIO * sigma)) ** 2", "sigma)) ** 2 / RATIO", "ratio-not-squared"),
    Change("spot", "across_it / (RATIO * sigma)", "across_it * RATIO / sigma", "ratio-inverted"),
    Change("spot", "along_it / sigma", "along_it / (RATIO * sigma)", "ratio-on-both"),
    Change("spot", "2) - (across_it", "2) + (across_it", "above-one"),
    Change("spot", "c * dy - s * dx", "c * dy + s * dx", "not-at-a-right-angle"),
    Change("spot", "c, s = np", "s, c = np", "sine-for-cosine"),
    Change("spot", "stride * np.arange", "np.arange", "stride-forgotten"),
    Change("spot", "+ (stride - 1) / 2", "- (stride - 1) / 2", "half-cell-wrong-way"),
    Change("maps", "return 1 - nobody", "return nobody", "nobody-for-anybody"),
    Change("maps", "if score > 0", "if True", "missing-part-drawn"),
    Change("maps", "nobody[j] *= 1 - spot((x, y), shape, stride, sigma)",
           "nobody[j] = np.minimum(nobody[j], 1 - spot((x, y), shape, stride, sigma))", "max-for-union"),
    Change("maps", "nobody[j] *= 1 - spot((x, y), shape, stride, sigma)",
           "nobody[j] -= spot((x, y), shape, stride, sigma)", "sum-for-union"),
    Change("maps", "nobody[j] *= 1 - spot((x, y), shape, stride, sigma)",
           "nobody[j] = np.maximum(nobody[j] - spot((x, y), shape, stride, sigma), 0)", "sum-cut-at-one"),
    Change("maps", "*= 1 - spot(", "*= spot(", "product-for-union"),
    Change("maps", "1 - spot((x, y), shape, stride, sigma)\n    return 1 - nobody",
           "spot((x, y), shape, stride, sigma)\n    return nobody", "product-for-union"),
    Change("maps", "np.ones", "np.zeros", "product-from-zero"),
    Change("maps", "    return 1 - nobody", "        return 1 - nobody", "first-person-only"),
    Change("maps", "nobody[j] *=", "nobody *=", "parts-mixed"),
    Change("maps", "score > 0", "score > 0.5", "low-score-left-out"),
    Change("maps", "nobody[j] *= 1 -", "nobody[j] = 1 -", "overwritten"),
    Change("maps", "1 - spot(", "1 - score * spot(", "score-as-height"),
    Change("peaks", "+ RADIUS", "+ 1", "window-lopsided"),
    Change("peaks", "+ RADIUS + 1", "+ RADIUS", "window-lopsided"),
    Change("peaks", "RADIUS", "(RADIUS + 1)", "other-radius"),
    Change("peaks", "RADIUS", "1", "radius-ignored"),
    Change("peaks", "(top + first[0], left + first[1]) == (y, x)", "window.max() == S[y, x]", "plateau-twice"),
    Change("peaks", _PEAKS_LOOP, """
    for y, x in sorted(np.argwhere(threshold < S).tolist(), key=lambda cell: -S[cell[0], cell[1]]):
        if all(max(abs(x - u), abs(y - v)) > RADIUS for u, v in found):
""", "greedy-suppression"),
    Change("peaks", "threshold < S", "threshold <= S", "at-least-for-more-than"),
    Change("peaks", "threshold < S", "-1 < S", "threshold-ignored"),
    Change("peaks", "(int(x), int(y))", "(int(y), int(x))", "xy-swapped"),
    Change("peaks", "max(y - RADIUS, 0), max(x - RADIUS, 0)", "max(y - 1, 0), max(x - 1, 0)", "window-lopsided"),
    Change("peaks", "window.argmax()", "window.size - 1 - window.ravel()[::-1].argmax()", "last-of-equals"),
    Change("place", "line[middle - 1 : middle + 2] ** (-1 / POWER)", "np.log(line[middle - 1 : middle + 2])",
           "gaussian-assumed"),
    Change("place", "** (-1 / POWER)", "** -POWER", "wrong-power"),
    Change("place", " ** (-1 / POWER)", "", "no-logarithm"),
    Change("place", "-1 / POWER", "1 / POWER", "wrong-power"),
    Change("place", "** (-1 / POWER)", "** -1 / POWER", "wrong-power"),
    Change("place", "(high - low) / 2", "(high - low)", "twice-the-shift"),
    Change("place", "(high - low) / 2", "(high - low) / 4", "half-the-shift"),
    Change("place", "return middle - ", "return middle + ", "sign-reversed"),
    Change("place", "return middle - ", "return -", "cell-not-added"),
    Change("place", "return middle - ", "return at - ", "border-counted-from-at"),
    Change("place", "2 * mid", "mid", "bend-of-three"),
    Change("place", "middle - (high - low) / 2 / (low - 2 * mid + high)", "middle + np.sign(low - high) / 4",
           "quarter-step"),
    Change("place", "min(max(at, 1), len(line) - 2)", "at", "raises"),
    Change("summit", "cross = (v[2, 2] - v[2, 0] - v[0, 2] + v[0, 0]) / 4", "cross = 0", "directions-apart"),
    Change("summit", " / 4", "", "cross-term-scaled"),
    Change("summit", "cross = (", "cross = -(", "cross-term-reversed"),
    Change("summit", "np.log(patch)", "patch", "no-logarithm"),
    Change("summit", "np.log(patch)", "patch ** (-1 / POWER)", "wrong-power"),
    Change("summit", "uphill)", "uphill[::-1])", "xy-swapped"),
    Change("summit", "-np.linalg.solve(bend, uphill)", "np.linalg.solve(bend, uphill)", "sign-reversed"),
    Change("summit", "solve(bend, uphill)", "solve(bend, uphill)[::-1]", "xy-swapped"),
    Change("summit", "-np.linalg.solve", "1 - np.linalg.solve", "counted-from-the-corner"),
]  # fmt: skip
