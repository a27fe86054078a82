"""Things that are nobody and look a little like somebody, or hide them."""

from __future__ import annotations

from paflib.synthetic.bodies import Dice, cosine, sine
from paflib.synthetic.render import Color, Point, Shapes
from paflib.synthetic.surroundings import random_color


def distractor(dice: Dice, shapes: Shapes, actor: int, size: tuple[int, int], height: float) -> None:
    """Add something as large as it is beside a person of that height in pixels.

    Poles, loose bars in the colours of skin and cloth, chairs, tables, four-legged animals, mannequins without limbs or
    face, balls, boxes, bushes and trees.
    """
    kind = dice.pick(("pole", "bars", "bars", "chair", "table", "animal", "mannequin", "ball", "box", "bush", "tree"))
    x, y = dice.between(0, size[1]), dice.between(0.35 * size[0], 1.05 * size[0])
    color = random_color(dice)
    _THINGS[kind](dice, shapes, actor, (x, y), height, color)


def _pole(dice: Dice, shapes: Shapes, actor: int, at: Point, h: float, color: Color) -> None:
    r = h * dice.between(0.015, 0.05)
    lean = h * dice.between(-0.1, 0.1)
    top = at[1] - h * dice.between(0.8, 2.5)
    shapes.bar(actor, 0, 0, at, (at[0] + lean, top), r, r * 0.9, color)
    if dice.chance(0.4):
        shapes.bar(actor, 0, 0, (at[0] + lean, top), (at[0] + lean + h * dice.between(-0.3, 0.3), top), r, 2 * r, color)


def _bars(dice: Dice, shapes: Shapes, actor: int, at: Point, h: float, color: Color) -> None:
    if dice.chance(0.5):
        color = dice.pick(((225, 175, 135), (180, 130, 95), (110, 75, 55), (60, 85, 130), (40, 42, 50)))
    x, y = at[0], at[1] - h * dice.between(0, 0.6)
    angle = dice.between(0, 360)
    for _ in range(dice.whole(1, 3)):
        length, r = h * dice.between(0.12, 0.3), h * dice.between(0.018, 0.045)
        end = x + length * cosine(angle), y + length * sine(angle)
        shapes.bar(actor, 0, 0, (x, y), end, r, r * dice.between(0.6, 1.0), color)
        x, y = end
        angle += dice.between(-100, 100)


def _chair(dice: Dice, shapes: Shapes, actor: int, at: Point, h: float, color: Color) -> None:
    w, seat, r = h * dice.between(0.22, 0.30), h * dice.between(0.24, 0.28), h * 0.014
    x, y, skew = at[0], at[1], h * dice.between(-0.1, 0.1)
    back = -1 if dice.chance(0.5) else 1
    for dx, dy in ((-w / 2, 0.0), (w / 2, 0.0), (-w / 2 + skew, -0.06 * h), (w / 2 + skew, -0.06 * h)):
        shapes.bar(actor, 0, 0, (x + dx, y + dy), (x + dx, y + dy - seat), r, r, color)
    corners = [(x - w / 2, y - seat), (x + w / 2, y - seat), (x + w / 2 + skew, y - seat - 0.06 * h),
               (x - w / 2 + skew, y - seat - 0.06 * h)]  # fmt: skip
    shapes.polygon(actor, 0, 0, corners, color)
    bx = x + back * w / 2 + skew / 2
    shapes.bar(actor, 0, 0, (bx, y - seat), (bx + back * 0.03 * h, y - seat - 0.28 * h), 2 * r, 3 * r, color)


def _table(dice: Dice, shapes: Shapes, actor: int, at: Point, h: float, color: Color) -> None:
    w, up, r = h * dice.between(0.4, 0.9), h * dice.between(0.28, 0.42), h * 0.018
    x, y = at
    for dx in (-w / 2 + r, w / 2 - r):
        shapes.bar(actor, 0, 0, (x + dx, y), (x + dx, y - up), r, r, color)
    far = y - up - 0.08 * h
    top = [(x - w / 2, y - up), (x + w / 2, y - up), (x + 0.44 * w, far), (x - 0.44 * w, far)]
    shapes.polygon(actor, 0, 0, top, color)


def _animal(dice: Dice, shapes: Shapes, actor: int, at: Point, h: float, color: Color) -> None:
    way = -1 if dice.chance(0.5) else 1
    length, leg, r = h * dice.between(0.25, 0.42), h * dice.between(0.14, 0.24), h * dice.between(0.05, 0.08)
    x, y = at
    for k in (0.05, 0.0, 1.0, 0.92):
        hip = x + way * length * k, y - leg
        knee = hip[0] + h * dice.between(-0.03, 0.03), y - leg / 2
        shapes.bar(actor, 0, 0, hip, knee, r * 0.5, r * 0.34, color)
        shapes.bar(actor, 0, 0, knee, (knee[0] + h * dice.between(-0.02, 0.04), y), r * 0.34, r * 0.3, color)
    back = y - leg - 0.5 * r
    shapes.bar(actor, 0, 0, (x, back), (x + way * length, back), r, 1.1 * r, color)
    head = x + way * (length + 0.09 * h), back - 0.11 * h
    shapes.bar(actor, 0, 0, (x + way * length, back), head, 0.7 * r, 0.55 * r, color)
    shapes.bar(actor, 0, 0, head, (head[0] + way * 0.07 * h, head[1] + 0.02 * h), 0.6 * r, 0.4 * r, color)
    shapes.bar(actor, 0, 0, head, (head[0] - way * 0.02 * h, head[1] - 0.06 * h), 0.25 * r, 0.15 * r, color)
    shapes.bar(actor, 0, 0, (x, back), (x - way * 0.11 * h, back - 0.08 * h), 0.25 * r, 0.12 * r, color)


def _mannequin(dice: Dice, shapes: Shapes, actor: int, at: Point, h: float, color: Color) -> None:
    x, y = at
    h *= dice.between(0.7, 1.0)
    pole = y - 0.45 * h
    shapes.bar(actor, 0, 0, (x, y), (x, pole), 0.015 * h, 0.015 * h, (60, 60, 64))
    shapes.bar(actor, 0, 0, (x - 0.1 * h, y), (x + 0.1 * h, y), 0.016 * h, 0.016 * h, (60, 60, 64))
    shapes.bar(actor, 0, 0, (x, pole - 0.02 * h), (x, y - 0.76 * h), 0.085 * h, 0.105 * h, color)
    shapes.bar(actor, 0, 0, (x, y - 0.76 * h), (x, y - 0.90 * h), 0.03 * h, 0.028 * h, color)
    if dice.chance(0.6):
        shapes.bar(actor, 0, 0, (x, y - 0.93 * h), (x, y - 0.97 * h), 0.05 * h, 0.055 * h, color)


def _ball(dice: Dice, shapes: Shapes, actor: int, at: Point, h: float, color: Color) -> None:
    r = h * dice.between(0.04, 0.13)
    shapes.bar(actor, 0, 0, at, (at[0] + 0.01, at[1]), r, r, color)


def _box(dice: Dice, shapes: Shapes, actor: int, at: Point, h: float, color: Color) -> None:
    w, up, deep = h * dice.between(0.12, 0.5), h * dice.between(0.1, 0.45), h * dice.between(0.03, 0.15)
    x, y = at
    shapes.polygon(actor, 0, 0, [(x, y), (x + w, y), (x + w, y - up), (x, y - up)], color)
    top = [(x, y - up), (x + w, y - up), (x + w + deep, y - up - deep), (x + deep, y - up - deep)]
    shapes.polygon(actor, 0, 0, top, _times(color, 9, 8))
    side = [(x + w, y), (x + w + deep, y - deep), (x + w + deep, y - up - deep), (x + w, y - up)]
    shapes.polygon(actor, 0, 0, side, _times(color, 3, 4))


def _times(color: Color, by: int, of: int) -> Color:
    r, g, b = (min(255, c * by // of) for c in color)
    return r, g, b


def _bush(dice: Dice, shapes: Shapes, actor: int, at: Point, h: float, color: Color) -> None:
    green = dice.whole(30, 90), dice.whole(70, 150), dice.whole(25, 70)
    for _ in range(dice.whole(3, 7)):
        x, y = at[0] + h * dice.between(-0.2, 0.2), at[1] - h * dice.between(0.0, 0.25)
        r = h * dice.between(0.05, 0.12)
        shapes.bar(actor, 0, 0, (x, y), (x + r, y), r, r, green)


def _tree(dice: Dice, shapes: Shapes, actor: int, at: Point, h: float, color: Color) -> None:
    trunk = dice.whole(60, 120), dice.whole(45, 90), dice.whole(30, 70)
    x, y = at
    top = y - h * dice.between(0.7, 1.3)
    shapes.bar(actor, 0, 0, at, (x + 0.03 * h, top), 0.05 * h, 0.035 * h, trunk)
    for _ in range(dice.whole(2, 4)):
        angle, start = dice.between(200, 340), top + h * dice.between(0.0, 0.3)
        end = x + 0.3 * h * cosine(angle), start + 0.3 * h * sine(angle)
        shapes.bar(actor, 0, 0, (x, start), end, 0.03 * h, 0.015 * h, trunk)
    _bush(dice, shapes, actor, (x, top), 1.4 * h, color)


_THINGS = {
    "pole": _pole, "bars": _bars, "chair": _chair, "table": _table, "animal": _animal, "mannequin": _mannequin,
    "ball": _ball, "box": _box, "bush": _bush, "tree": _tree,
}  # fmt: skip
