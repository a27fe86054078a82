"""People in a picture: who stands where."""

from __future__ import annotations

from paflib.synthetic.bodies import Dice, posed, random_build, random_pose
from paflib.synthetic.clothes import Figure, Outfit, moved, random_outfit, seen
from paflib.synthetic.levels import Level
from paflib.synthetic.render import Point

Box = tuple[float, float, float, float]  # left, top, right, bottom


def placed(dice: Dice, level: Level) -> list[tuple[Figure, Outfit]]:
    """The people of a scene. Whoever finds no room in ten poses stays away, but never the first."""
    pitch, tilt = dice.between(*level.pitch), dice.between(-level.tilt, level.tilt)
    scale = max(dice.between(*level.stature), dice.between(*level.stature))  # most people come in one size
    people: list[tuple[Figure, Outfit]] = []
    boxes: list[Box] = []
    for _ in range(dice.whole(*level.people)):
        for _ in range(10):
            stature = scale * dice.between(0.75, 1.3) if dice.chance(0.7) else dice.between(*level.stature)
            stature = min(max(stature, level.stature[0]), level.stature[1])
            body = posed(random_build(dice), random_pose(dice))
            figure = seen(body, stature, pitch, tilt + dice.between(-4, 4))
            if way := _room(dice, level, box_of(figure), boxes):
                figure = moved(figure, *way)
                people.append((figure, random_outfit(dice)))
                boxes.append(box_of(figure))
                break
    return people


def ground_of(figure: Figure) -> float:
    """The y of a figure's lowest point: whoever stands lower in a picture is nearer."""
    return max(y for _, y, _ in figure.places.values())


def box_of(figure: Figure) -> Box:
    """A box around a figure's points, with some room for its flesh."""
    xs, ys = [p[0] for p in figure.places.values()], [p[1] for p in figure.places.values()]
    rim = 0.04 * figure.stature
    return min(xs) - rim, min(ys) - rim, max(xs) + rim, max(ys) + rim


def _room(dice: Dice, level: Level, box: Box, boxes: list[Box]) -> Point | None:
    """By how much to move a box so that it keeps from the others as it must, or None after six attempts."""
    x0, y0, x1, y1 = box
    for _ in range(6):
        x, y = _spot(dice, level, (x1 - x0, y1 - y0), boxes)
        new = x, y, x + x1 - x0, y + y1 - y0
        if level.gap is None:
            fits = all(_cover(new, other) <= level.cover for other in boxes)
        else:
            fits = all(_apart(new, other) >= level.gap for other in boxes)
        if fits:
            return x - x0, y - y0
    return None


def _spot(dice: Dice, level: Level, box: tuple[float, float], boxes: list[Box]) -> Point:
    """Where the top left corner of a box (width, height) goes."""
    height, width = level.size
    w, h = box
    if boxes and dice.chance(level.huddle):
        x0, _, x1, y1 = dice.pick(boxes)
        side = 1 if dice.chance(0.5) else -1
        x = (x0 + x1) / 2 + side * dice.between(0.25, 0.55) * (w + x1 - x0) * 0.5 - w / 2
        y = y1 - h + dice.between(-0.12, 0.18) * h
    else:
        x, y = dice.between(0, 1) * (width - w), dice.between(0, 1) * (height - h)
    if dice.chance(level.truncated):
        where = dice.pick(("left", "right", "bottom", "bottom", "top"))
        out = dice.between(0.1, 0.5)
        if where == "left":
            return -out * w, y
        if where == "right":
            return width - w + out * w, y
        return (x, height - h + out * h) if where == "bottom" else (x, -0.5 * out * h)
    return min(max(x, 0.0), width - w) if w < width else x, min(max(y, 0.0), height - h) if h < height else y


def _cover(one: Box, two: Box) -> float:
    """The share of the smaller box that lies in the other."""
    w, h = min(one[2], two[2]) - max(one[0], two[0]), min(one[3], two[3]) - max(one[1], two[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / min((b[2] - b[0]) * (b[3] - b[1]) for b in (one, two))


def _apart(one: Box, two: Box) -> float:
    """The distance of two boxes along the axis where it is larger; negative when they overlap."""
    return max(one[0] - two[2], two[0] - one[2], one[1] - two[3], two[1] - one[3])
