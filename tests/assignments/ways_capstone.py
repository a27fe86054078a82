"""Right ways and mistakes of the capstone; the network is the master's, trained once (masters/capstone.txt)."""

from __future__ import annotations

from tests.assignments.hand_in import Change

_DECODE = """
def decoded(image, **options):
    NETWORK.eval()
    with torch.no_grad():
        seen = NETWORK(as_input(image[None]))[0].numpy()
    return paflib.parse(seen[:7], seen[7:].reshape(-1, 2, 24, 32), skeleton=Figure.of(**creature()).skeleton, stride=4,
                        peak_threshold=0.25, **options)
"""

WAYS: dict[str, list[str]] = {
    "targets": [
        """
def targets(keypoints):
    people = paflib.People(keypoints, skeleton=Figure.of(**creature()).skeleton)
    S = paflib.targets(people, (96, 128), stride=4, sigma=SIGMA, limb_width=LIMB_WIDTH).S
    at = (np.arange(32) + 1j * np.arange(24)[:, None]) * 4 + 1.5 + 1.5j
    L = []
    for a, b in creature()["limbs"]:
        field = np.zeros((24, 32), complex)
        for person in keypoints[..., :2] @ [1, 1j]:
            way = person[b] - person[a]
            share = ((at - person[a]) / way).real.clip(0, 1)
            one = np.exp(-abs(at - person[a] - share * way) ** 2 / LIMB_WIDTH**2) * way / abs(way)
            field = np.where(abs(one) > abs(field), one, field)
        L += [field.real, field.imag]
    return np.concatenate([S, L])
""",
        """
def targets(keypoints):
    y, x = np.mgrid[:24, :32] * 4 + 1.5
    S = np.zeros((keypoints.shape[1], 24, 32))
    for person in keypoints:
        for j, (px, py, score) in enumerate(person):
            if score > 0:
                S[j] = np.maximum(S[j], np.exp(-((x - px) ** 2 + (y - py) ** 2) / SIGMA**2))
    L = []
    for a, b in creature()["limbs"]:
        best, field = np.zeros((24, 32)), np.zeros((2, 24, 32))
        for person in keypoints:
            (x1, y1), (x2, y2) = person[a, :2], person[b, :2]
            long = np.hypot(x2 - x1, y2 - y1)
            vx, vy = (x2 - x1) / long, (y2 - y1) / long
            along, across = (x - x1) * vx + (y - y1) * vy, (y - y1) * vx - (x - x1) * vy
            beyond = np.maximum(np.maximum(-along, along - long), 0)
            height = np.exp(-(across**2 + beyond**2) / LIMB_WIDTH**2)
            field = np.where(height > best, height * np.array([vx, vy])[:, None, None], field)
            best = np.maximum(best, height)
        L += [*field]
    return np.array([*S, *L])
""",
    ],
    "find": [
        _DECODE + """
def find(image):
    return decoded(image).keypoints.tolist()
""",
        _DECODE + """
def find(image):
    return torch.tensor(decoded(image).keypoints)
""",
        _DECODE + """
def find(image):
    return decoded(image).keypoints.astype(np.float32)
""",
        _DECODE + """
def find(image):
    return np.nan_to_num(decoded(image, min_parts=4).keypoints)
""",
        _DECODE + """
def find(image):
    found = decoded(image)
    return [keypoints for keypoints in found.keypoints]
""",
        _DECODE + """
def find(image):
    found = decoded(image).keypoints
    found[found[..., 2] <= 0] = np.nan, np.nan, 0
    return found[::-1]
""",
        _DECODE + """
def find(image):
    return decoded(image, refine="none").keypoints
""",
    ],
}
CALLED: set[str] = set()

CHANGES = [
    Change("creature", '"left_wing", "right_wing", "feather"]', '"left_wing", "right_wing"]', "not-a-tree"),
    Change("creature", "(2, 3), (2, 4)", "(3, 2), (2, 4)", "not-a-tree"),
    Change("creature", "(2, 9)", "(2, 4.2)", "parts-too-near"),
    Change("creature", "(7, 6)", "(7e5, 6)", "out-of-range"),
    Change("creature", '"feather"]', '"feather" * 9]', "out-of-range"),
    Change("creature", '"parts": [', '"names": [', "wrong-type"),
    Change("creature", '["neck", "beak", "rump", "claw", "left_wing", "right_wing", "feather"]',
           '["neck", "nose", "left_hip", "left_knee", "left_wrist", "right_wrist", "right_hip"]', "not-new"),
    Change("creature", "    return {", "    return {'parts': 'abc', 'limbs': [], 'pose': [(0, 0)]} or {",
           "number-of-parts"),
    Change("targets", "SIGMA)", "SIGMA + 1)", "confidence-maps-wrong"),
    Change("targets", "LIMB_WIDTH**2", "(LIMB_WIDTH / 2) ** 2", "fields-wrong"),
    Change("targets", "LIMB_WIDTH**2", "2 / LIMB_WIDTH**2", "two-in-the-exponent"),
    Change("targets", "np.clip((from_start * v).sum(axis=2), 0, length)", "(from_start * v).sum(axis=2)",
           "runs-past-the-ends"),
    Change("targets", "(-1, 24, 32)", "(-1, 24, 32) if False else paflib.fields.affinity_fields(keypoints, "
           "creature()['limbs'], (24, 32), paflib.fields.Grid(4), LIMB_WIDTH).reshape(-1, 24, 32)", "edges-not-soft"),
    Change("targets", "np.exp(-away.min(axis=0) / LIMB_WIDTH**2)[:, None] * longest",
           "(np.exp(-away / LIMB_WIDTH**2)[:, :, None] * v).mean(axis=0)", "average-for-longest"),
    Change("targets", "np.exp(-away.min(axis=0) / LIMB_WIDTH**2)[:, None] * longest",
           "(np.exp(-away / LIMB_WIDTH**2)[:, :, None] * v).sum(axis=0)", "sum-for-longest"),
    Change("targets", "np.exp(-away.min(axis=0) / LIMB_WIDTH**2)[:, None] * longest",
           "max(np.exp(-away / LIMB_WIDTH**2)[:, :, None] * v, key=lambda one: 0)", "first-person-only"),
    Change("targets", "np.exp(-away.min(axis=0) / LIMB_WIDTH**2)[:, None] * longest",
           "(np.exp(-away / LIMB_WIDTH**2)[:, :, None] * v)[-1]", "overwritten"),
    Change("targets", "np.exp(-away.min(axis=0) / LIMB_WIDTH**2)[:, None] * longest",
           "(lambda every: np.take_along_axis(every, abs(every).argmax(axis=0)[None], axis=0)[0])("
           "np.exp(-away / LIMB_WIDTH**2)[:, :, None] * v)", "components-apart-in-place"),
    Change("targets", "[spots, limbs.reshape(-1, 24, 32)]", "[limbs.reshape(-1, 24, 32), spots]", "limbs-first"),
    Change("targets", "limbs.reshape(", "limbs.swapaxes(0, 1).reshape(", "components-apart"),
    Change("targets", "limbs.reshape(", "limbs[:, ::-1].reshape(", "xy-swapped"),
    Change("targets", "limbs.reshape(", "-limbs.reshape(", "direction-reversed"),
    Change("targets", "np.concatenate([spots, limbs.reshape(-1, 24, 32)])", "spots", "wrong-shape"),
    Change("alone", "peak_threshold=0.25).keypoints", "peak_threshold=0.25).keypoints[..., [1, 0, 2]]", "xy-swapped"),
    Change("alone", "peak_threshold=0.25).keypoints", "peak_threshold=0.25).keypoints[:, [1, 2, 3, 4, 5, 6, 0]]",
           "parts-mixed"),
    Change("alone", "stride=4", "stride=1", "cells-for-pixels"),
    Change("alone", "peak_threshold=0.25", "peak_threshold=1.5", "nobody-found"),
    Change("alone", "peak_threshold=0.25).keypoints", "peak_threshold=0.25).keypoints[..., :2]", "wrong-shape"),
    Change("alone", "peak_threshold=0.25).keypoints",
           "peak_threshold=0.25).keypoints * [[[1, 1, 0]]] + [[[0, 0, 1]]] * (np.arange(7) < 2)[None, :, None]",
           "parts-missed"),
    Change("several", "peak_threshold=0.25).keypoints", "peak_threshold=0.25).keypoints[:1]", "parts-missed"),
    Change("several", "return paflib.parse", "1 / 0; return paflib.parse", "raises"),
    Change("several", "return paflib.parse(spots, limbs, skeleton=skeleton, stride=4, peak_threshold=0.25).keypoints",
           "k = paflib.parse(spots, limbs, skeleton=skeleton, stride=4, peak_threshold=0.25).keypoints\n"
           "    return np.stack([np.roll(k[:, j], j % 2, axis=0) for j in range(7)], axis=1)", "people-mixed"),
    Change("several", "stride=4", "stride=1", "cells-for-pixels"),
    Change("several", "peak_threshold=0.25).keypoints",
           "peak_threshold=0.25).keypoints.repeat(4, axis=0)", "too-many"),
    Change("several", "peak_threshold=0.25).keypoints", "peak_threshold=0.25).keypoints + [[[30, 9, 0]]]",
           "too-few-right"),
    Change("crowd", "peak_threshold=0.25).keypoints", "peak_threshold=0.25).keypoints[:2]", "parts-missed"),
    Change("crowd", "peak_threshold=0.25).keypoints", "peak_threshold=0.25).keypoints[..., [1, 0, 2]]", "xy-swapped"),
    Change("crowd", "stride=4", "stride=1", "cells-for-pixels"),
    Change("crowd", "peak_threshold=0.25", "peak_threshold=1.5", "nobody-found"),
    Change("crowd", "peak_threshold=0.25).keypoints",
           "peak_threshold=0.25).keypoints.repeat(4, axis=0)", "too-many"),
]  # fmt: skip
