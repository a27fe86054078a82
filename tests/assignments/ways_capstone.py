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
    true = paflib.targets(people, (96, 128), stride=4, sigma=SIGMA, limb_width=LIMB_WIDTH)
    return np.concatenate([true.S, true.L.reshape(-1, 24, 32)])
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
        total, n = np.zeros((2, 24, 32)), np.zeros((24, 32))
        for person in keypoints:
            (x1, y1), (x2, y2) = person[a, :2], person[b, :2]
            long = np.hypot(x2 - x1, y2 - y1)
            vx, vy = (x2 - x1) / long, (y2 - y1) / long
            along, across = (x - x1) * vx + (y - y1) * vy, (y - y1) * vx - (x - x1) * vy
            on = (along >= 0) & (along <= long) & (abs(across) <= LIMB_WIDTH)
            total += on * np.array([vx, vy])[:, None, None]
            n += on
        L += [*(total / np.maximum(n, 1))]
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
    Change("creature", '"parts": [', '"names": [', "wrong-type"),
    Change("creature", '["neck", "beak", "rump", "claw", "left_wing", "right_wing", "feather"]',
           '["neck", "nose", "left_hip", "left_knee", "left_wrist", "right_wrist", "right_hip"]', "not-new"),
    Change("creature", "    return {", "    return {'parts': 'abc', 'limbs': [], 'pose': [(0, 0)]} or {",
           "number-of-parts"),
    Change("targets", "SIGMA)", "SIGMA + 1)", "confidence-maps-wrong"),
    Change("targets", "LIMB_WIDTH)", "LIMB_WIDTH / 2)", "fields-wrong"),
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
