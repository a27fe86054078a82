"""Every diagnosis that a check of the book or the grader can give, for teachers: what it means, and how to help.

The words for students come with the diagnosis itself and are in the checks. Here is what stands behind them: what the
function does and how people come to write it so, and a question or a hint that leads on and does not give the answer.
Tests hold the list complete: a diagnosis without an entry fails, and so does an entry without a diagnosis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Entry(NamedTuple):
    """One diagnosis: what it means and what usually causes it, and how to help."""

    meaning: str
    help: str


def meaning_of(diagnosis: str) -> str:
    """What a diagnosis means; empty for one that is not of the book, such as a teacher's own.

    >>> meaning_of("returns-none")[:33]
    'The function returns None, mostly'
    """
    entry = CATALOGUE.get(diagnosis)
    return entry.meaning if entry is not None else ""


def rows(group: str) -> Iterator[tuple[str, str, str]]:
    """Yield (diagnosis, meaning, help) of a group of :data:`GROUPS`, in alphabetical order."""
    for diagnosis, entry in sorted(GROUPS[group].items()):
        yield diagnosis, *entry


def markdown(group: str) -> str:
    """The table of a group of :data:`GROUPS` in Markdown.

    >>> print(markdown("Arrays and axes").splitlines()[0])
    | diagnosis | what it means | how to help |
    """
    head = ["| diagnosis | what it means | how to help |", "|---|---|---|"]
    return "\n".join([*head, *(f"| `{slug}` | {meaning} | {help} |" for slug, meaning, help in rows(group))])


def _group(text: str) -> dict[str, Entry]:
    """Entries from lines: a diagnosis with a colon, and below it two indented lines."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return {
        slug.removesuffix(":"): Entry(meaning, help)
        for slug, meaning, help in zip(lines[::3], lines[1::3], lines[2::3], strict=True)
    }


# ---- the function itself ---------------------------------------------------------------------------------------------

_FUNCTION = _group("""
answer-size:
    The answer is too large to be sent: a list or array that grew far beyond what was asked for.
    Print the shape of the result for the smallest case; a loop that appends to the wrong list shows at once.
answer-type:
    The answer holds something that is no array, number, text or list of them: an object, a view, ragged rows.
    Ask what type the result has, and what type each element has; a plain list or array will do.
changes-input:
    The function writes into an array that it was given; often an in-place operator or an assignment to a slice.
    Let the student call it twice on the same variable and compare. Which line writes, and into whose array?
not-a-function:
    The name stands for something else, mostly because a later cell assigned a value to it.
    Look for another use of the name in the notebook; restart the kernel and run all cells.
not-finite:
    The result holds NaN or infinity: a division by zero, or a logarithm of 0.
    Find the smallest case in which it appears and print what is divided by what. Can it be 0, and what then?
not-repeatable:
    Asked twice, the function answers differently: a list outside it, or a mutable default argument, is filled.
    Where is the list made that is filled: before the function, in its head, or in its body?
not-written:
    The function still raises NotImplementedError.
    Nothing was handed in for this question. Ask how far the student got, and on paper, not in code.
raises:
    The function stops with an error of its own; the remark has the line.
    Read the line together, with the numbers of the example. Is an input empty, or an index beyond the border?
returns-none:
    The function returns None, mostly because the stub is still there, or because the last line prints.
    Is there a return on every way through the function?
wrong-arguments:
    The function takes another number of arguments than the stub did; often a constant of the notebook was added.
    Compare the first line with the stub. Constants of the class may be used in the body without being passed.
""")

_AXES = _group("""
cells-for-pixels:
    Pixels and cells are mixed: a distance in cells is held against a width in pixels, or a conversion is reversed.
    Let the student write the unit beside every variable. What would change if the stride were 1?
half-cell-off:
    The centre of a cell is taken to be at its first pixel; the most common mistake of all, in published code too.
    Draw one cell of stride 8 and its pixels with their numbers. Where is its middle?
half-cell-wrong-way:
    The half cell is there, with the wrong sign.
    Where is the centre of cell 0: inside the picture or outside?
half-pixel-off:
    Pixels are taken for squares that begin at 0, so that everything is off by half a pixel.
    Ask for the coordinates of the four corners of the top-left pixel in the book's convention.
inverted:
    Ones and zeros are exchanged, in a mask or in the region of a limb.
    Ask for one cell by hand: should it count, and does it?
mirrored:
    A turn was made by exchanging axes, which is a reflection.
    Let the student follow one corner by hand, then a second one. Which of them comes out in the wrong place?
row-column-swapped:
    Pairs come as (column, row).
    Use a table with more columns than rows, and read one pair aloud.
rows-for-columns:
    A field is read at [x, y] in place of row first.
    Which of the two counts downwards? A map that is wider than high makes the error visible.
table-reversed:
    Row and column of a table are counted from the other end.
    Fill a table of 2 by 3 by hand and compare one corner.
wrong-axes:
    All numbers are there, with the axes in another order: a transposed map, or components last in place of first.
    Compare the shape with the docstring of the stub, axis by axis.
wrong-shape:
    The result has another shape than was asked for.
    Print the shape for a case whose height and width differ, and for an empty one.
far-too-many:
    A list of pairs, cells, groups or figures is longer by far than its case allows; the check did not read it.
    Print the length of the list in each turn of the loop for the smallest case.
wrong-type:
    The result is of another kind: a text, a single list where two are wanted, numbers with fractions for indices.
    Read the last line of the docstring together: what is returned, and of which type?
xy-swapped:
    x and y are exchanged, in a place or in the components of a vector. Arrays are indexed by row first, points are not.
    Take a map that is wider than high, and one point near its right edge. Which index grows?
""")

_ANY = _group("""
at-least-for-more-than:
    A value that just reaches a threshold counts, where it must be exceeded.
    Read the sentence about the threshold aloud, and work out the case in which the two numbers are equal.
direction-lost:
    A sign disappears: an absolute value, a length, or a cut at 0, where pointing backwards should count against a pair.
    What should the answer be for the same limb run through from the other end?
direction-reversed:
    The vector runs from the second end to the first.
    Draw the arrow for the smallest example. Which joint does the skeleton name first?
distance-not-squared:
    The exponent holds the distance and not its square.
    Plot the function: does it have a sharp tip at the middle?
everywhere:
    The field is not zero anywhere: the test of what is on the limb has no effect.
    Ask for a cell that is far away from the limb; what does the formula give there, and what sets it to 0?
first-ignored:
    The convention in which the first pixel's centre is not at 0 has no effect.
    Where is the edge of the image in this convention?
least-ignored:
    The least value that this task asks for has no effect; 0 is still the limit.
    Which of the constants at the top of the notebook is not used?
mean-for-sum:
    A sum is divided by a number of terms.
    Double the input: should the result double?
more-than-for-at-least:
    A limit must be exceeded where reaching it is enough; rounding of a quotient does this too.
    Work out the case in which just the limit is reached.
not-turned:
    The angle or the turn has no effect.
    What does the result show for an angle at which it must look different?
not-unit:
    Vectors point the right way and are not of length 1.
    Ask for the length of one vector. Should it depend on how far apart the joints are?
one-axis:
    The distance is measured along x alone.
    Move one point straight down: what does the function say?
overwritten:
    Whoever is drawn last replaces what was there.
    Exchange the order of two people. Should the result change?
rounded:
    A place or share is rounded, though what lies between two whole numbers matters.
    What is lost if every answer is a whole number? Let the student find the call that rounds.
scaled:
    Everything is right but for one factor.
    Take a case whose result is known without computing, such as a field that points along the line everywhere.
sigma-not-squared:
    A width stands beside a squared distance without being squared itself.
    Check units: what is divided by what, in pixels?
sign:
    The sign of the loss or of its gradient is wrong.
    Should a network that is nearly right have a large loss or a small one?
sign-reversed:
    A correction goes away from the higher neighbour.
    Which neighbour is higher in the example, and to which side does the result move?
sum-for-mean:
    Terms are added and not divided by their number.
    Double the number of terms with the same values: should the result change?
threshold-ignored:
    The threshold has no effect.
    Let the student call the function with a threshold that nothing exceeds.
turned-the-wrong-way:
    The turn has the wrong sign; mostly y is thought to point up.
    Draw both axes of an image first, then a quarter turn in the sense that was asked for.
wrong-value:
    The values are wrong, in no way that the check knows.
    Work out the smallest example by hand with the student, and compare term by term.
""")

# ---- grids and confidence maps ---------------------------------------------------------------------------------------

_GRIDS = _group("""
all-or-nothing:
    A cell counts whole as soon as one pixel does, or only if all do: a minimum or maximum in place of a share.
    What should a cell of which three quarters are annotated give?
factor-inverted:
    The factor divides where it should multiply, or the other way round.
    The image becomes twice as large: where does its last pixel go?
first-pixel:
    One pixel of each cell stands for all of them, mostly by slicing with a step.
    Change another pixel of the cell: does the answer notice?
half-not-taken-back:
    Distances are measured from the edge, and the result is left there.
    The student added something before scaling. What is it in the new image, and is it still in the result?
half-pixel-lost:
    Coordinates are multiplied as they are, as if the image began at the first centre.
    What is multiplied when an image is enlarged: a distance from where?
half-wrong-way:
    The half pixel is there, with the wrong sign.
    Does the edge of the image lie before or behind the first centre?
last-pixel:
    The cell is placed at the last of its pixels.
    Draw one cell and its pixels. Is the last of them its middle?
origin-ignored:
    The book's origin is used where the task gives another.
    Which of the given numbers is not used?
stride-forgotten:
    Neighbouring cells are one pixel apart.
    How many pixels lie between the centres of two neighbouring cells?
strips-for-cells:
    A reshape groups pixels of one row in place of squares.
    Do it with the numbers 0 to 15 in a 4 by 4 array and look at what lands in the first group.
whole-cells:
    The index of the cell that holds the pixel is given, and the place within it is lost.
    Give two pixels of one cell: should both have the same answer?
""")

_CONFIDENCE = _group("""
above-one:
    The map is higher than 1 somewhere: a sign in the exponent, or spots that strengthen each other too much.
    What is the value at the part, and may it be more anywhere?
average-for-max:
    The maps of several people are averaged.
    What happens to one person's spot when a second one appears far away?
bend-of-three:
    The bend of the parabola is not 0 for three equal cells.
    Let the student put three equal numbers into the denominator. What should come out for a straight line?
border-counted-from-at:
    At the border the parabola's middle cell and the cell that the shift is added to are two different ones.
    Write down the three cells for a peak in cell 0. Which of them is the shift counted from?
border-lost:
    Cells at the border are never looked at, because a loop or slice leaves them out.
    Can a wrist be at the edge of the picture? What are its neighbours there?
border-not-refined:
    At the border the whole cell is given, as if three cells were not to be had.
    Which three cells are nearest to the border cell?
border-repeated:
    At the border the outermost cell is counted twice, as a padded row does it.
    Print the three numbers that are used for a peak in cell 0.
border-wraps:
    An index of -1 or a roll brings in the cell from the opposite border.
    What does Python do with the index -1? What does numpy.roll do at the end?
cell-not-added:
    The shift is given without the cell that it is counted from.
    The number is smaller than 1: is that a place in the row?
centre-of-mass:
    A weighted mean of the cells is taken, which is drawn to the middle of the window.
    Try it on an exact curve whose top is known: is the result off in one direction?
counted-from-the-corner:
    The shift is counted from the first cell of the patch.
    What should a patch give that is highest exactly in its middle?
counted-in-the-window:
    The place within the neighbourhood is given.
    Where is the corner of this neighbourhood in the map?
cross-term-reversed:
    The mixed term has the wrong sign.
    Take a surface that falls along one diagonal, and compare the four corners.
cross-term-scaled:
    A factor is wrong in the mixed term or in both others: the coefficient of a square is half of a second derivative.
    Take the surface x times y. What should the mixed term be, and what are the four corners?
cut-off:
    Small values are set to 0, as a released program does.
    Does the definition have such a limit?
degrees-for-radians:
    An angle in degrees goes into sine and cosine.
    What is the sine of 90 in Python?
directions-apart:
    Row and column are refined each for itself, which misses what the diagonal cells say.
    Draw the level lines of a turned ellipse. Does the best row go through the top?
exactly-one:
    The chance that exactly one of the spots is there is given.
    Two people's spots are both nearly 1 in a cell. What should the map say there?
first-person-only:
    Only the first person with the part is drawn.
    Look for a return or break inside the loop over people.
four-neighbours:
    The four cells across a corner are not compared.
    Draw a diagonal ridge. How many peaks should it have, and how many are found?
gaussian-assumed:
    The chapter's curve is used where the task gives another.
    What made the logarithm useful in the chapter? Which function would do the same for this curve?
greedy-suppression:
    Cells are taken from the highest on and their neighbours struck out, which leaves peaks on the slope of others.
    What about a cell whose higher neighbour was struck out? Does the definition ask for that?
half-the-shift:
    A factor of 2 is lost in the vertex of the parabola.
    Let the student derive the vertex from three values and try it on a parabola with whole numbers.
height-not-one:
    The spot is normalised like a probability density, or to its highest cell.
    What must the value be at the part itself, whatever sigma is?
highest-only:
    One peak is given for a map that holds several.
    How many people may be in one map?
last-of-equals:
    Of two equal neighbours the wrong one stays.
    Walk through the comparison for both cells: which is strict and which is not?
long-for-short:
    The two widths of the ellipse are exchanged.
    Draw the ellipse for an angle of 0. Along which axis must it be wider?
low-score-left-out:
    A limit other than 0 decides what is missing, or scores are rounded.
    What does the task say about a score of 0.3?
max-for-union:
    The chapter's maximum is used where the task wants a union.
    What is the chance that at least one of two independent events happens?
missing-part-drawn:
    A part with score 0 leaves a spot, often in the top-left corner.
    What do x and y say when a part was not annotated?
no-logarithm:
    The parabola goes through the values themselves.
    Which transformation of the values makes their curve a parabola?
no-refinement:
    The whole cell is given.
    Compare its two neighbours: if they differ, can the top be in the middle?
no-suppression:
    All cells above the threshold are given.
    How many cells of one spot exceed the threshold, and how many parts are there?
nobody-for-anybody:
    The product of what is left over is given, and not taken from 1.
    What should the map be far away from everybody?
not-at-a-right-angle:
    Of the two coordinates of the turned ellipse one has a wrong sign, so that they are no rotation.
    Take the angle 45 degrees and draw both directions.
one-cell-off:
    The place is off by one cell: it is counted from another cell than the one that was added.
    Of the three cells, to which does the shift 0 belong?
other-radius:
    The window is larger or smaller than the radius says, mostly because a width was taken for a radius.
    How many rows does the neighbourhood have for a radius of 1, as in the chapter?
padding-left-in:
    A border was put round the map and is still counted in the coordinates.
    Where is the first cell of the map in the padded array?
parts-mixed:
    Parts and channels do not belong together: every channel holds all parts, or the channels are in another order.
    Give one person with a single part, and look which channels are not empty.
parts-reversed:
    The channels are in another order than the parts.
    Give one person with a single part, and look which channel is not empty.
peaks-among-peaks:
    Small peaks are found first and compared with each other, so that a higher cell that is no peak is passed over.
    Draw a slope that goes up to a far peak, and a small peak at its foot.
place-doubled:
    A factor of 2 is missing in the vertex of a parabola that was fitted to the row.
    Where is the lowest point of a parabola with the terms a, b and c? Try it on one that is known.
plateau-lost:
    Strict comparison on both sides loses a peak that lies between two equal cells.
    Give two equal neighbours: which of the two should survive, and which test drops it?
plateau-twice:
    Non-strict comparison on both sides keeps both of two equal cells.
    Give two equal neighbours: which test tells the first from the second?
product-for-union:
    The spots themselves are multiplied.
    What is the chance that none of two people has a wrist here? What does that say of the other case?
product-from-zero:
    A product begins with zeros.
    Print the array before the loop and after it.
quarter-step:
    A fixed quarter of a cell is added, as several programs do.
    Let two rows have their parts at different distances from the highest cell. Does the answer differ?
radius-ignored:
    The window has the chapter's size and not the one that is given.
    Which constant of the notebook is not used?
ratio-ignored:
    The spot is round.
    Which constant of the notebook is not used?
ratio-inverted:
    The ratio multiplies the distance where it should divide it.
    Which of two cells, one along and one across, must have the larger value?
ratio-not-squared:
    The square of the smaller width is taken as the ratio times the square of the larger one.
    Let the student write down the smaller width first, as a number, and then its square.
ratio-on-both:
    Both widths are multiplied by the ratio.
    How wide must the spot be along the direction?
round-neighbourhood:
    The neighbourhood is a disc or a diamond.
    Mark all cells within two rows and two columns on squared paper.
rounded-to-cell:
    The part is moved to the centre of its cell before the spot is drawn.
    Move the part by one pixel: should the map change?
score-as-height:
    The spot is multiplied by the score.
    What does the score of an annotated part mean: how high, or whether it is there?
sine-for-cosine:
    Sine and cosine are exchanged, so that the angle is measured from the other axis.
    What should the angle 0 give? Which of the two functions is 1 there?
smallest-for-max:
    The smaller of two values is kept.
    What becomes of a spot where the other person's map is 0?
sum-cut-at-one:
    Spots are added and the sum cut at 1, as in the code of 2017.
    Look at the map halfway between two people: how many peaks are there?
sum-for-max:
    Spots of several people are added.
    Put two people near each other: how high does the map get?
sum-for-union:
    The chances of several people are added.
    Two people's spots are both 0.8 in a cell. Can the answer be a chance?
twice-the-shift:
    A factor of 2 too much in the vertex of the parabola.
    Let the student derive the vertex from three values and try it on a parabola with whole numbers.
two-sigma-squared:
    A normal distribution as statistics or the released code writes it, whose width is not that of Eq. 7.
    Put Eq. 7 beside the code, symbol by symbol.
union-of-two:
    The formula for two events is used for three or more: a sum less one product, or less the products of all pairs.
    Draw three circles that overlap, and count how often the middle is added and taken away.
window-lopsided:
    The neighbourhood reaches further to one side: a slice that ends before its last index, or a filter of even size.
    Print the rows and columns of the neighbourhood of one cell in the middle of the map.
wrong-power:
    The cells are raised to a power, and it is not the one that undoes the curve.
    Let the student write the curve down and solve it for the square of the distance, one operation at a time.
""")

# ---- fields ----------------------------------------------------------------------------------------------------------

_FIELDS = _group("""
across-for-along:
    The perpendicular vector is drawn where the limb's direction belongs.
    Draw both vectors for a horizontal limb. Which one is v, and which one v_perp?
across-the-curve:
    The distance is that from the nearest point of the curve.
    Along which vector does the task measure, and how long is that way for a cell beside the bend?
bend-in-cells:
    The middle line lies so many cells aside, or pixels, where it should be a share of the limb's length.
    Draw a limb twice as long. How far from the straight line does its middle lie?
bend-ignored:
    The limb or the way is straight.
    Which constant of the notebook is not used? Where is the middle line halfway between the joints?
bent-the-other-way:
    The bend has the wrong sign, mostly because v_perp points to the other side.
    Draw v and v_perp with y pointing down. On which side does the middle lie?
bent-to-both-sides:
    The absolute value comes before the bend is taken off, so that the limb appears on both sides.
    What is the sign of the distance on the other side, and where does it go in the code?
bent-too-little:
    The middle line lies a half or a quarter as far to the side as it should, mostly because a factor is missing.
    Let the student put the middle of the way into the formula. How far to the side is that?
bent-too-much:
    The middle line lies too far to the side: a factor too many, or a length that is there twice.
    Let the student put the middle of the way into the formula, and look at the units.
beyond-the-first-joint:
    The vector from joint to joint has the wrong sign, so that the limb begins at its first joint and leads away.
    What is the second joint's place along the limb, in the code? Is it positive?
bounding-box:
    The box around both joints is filled.
    Draw a diagonal limb and its box. Is the box's corner on the limb?
cells-not-turned:
    Vectors are turned in their places, and the places stay.
    A wrist was at the top of the photograph: where is it after the turn?
cells-turned-the-wrong-way:
    The cells go round the other way than the vectors.
    Follow one corner of the photograph, then one arrow.
chord-for-tangent:
    The vector runs from joint to joint where it should follow the curve.
    At the first joint, which way does a bent limb leave it?
disc:
    Cells are chosen by their distance from a joint.
    Is a cell beside the middle of the limb near to a joint?
divided-by-everybody:
    The average divides by all people, also where they are not.
    Two people never meet. Should one change the other's field?
divided-by-one-more:
    The counter begins at 1, or 1 is added against a division by 0, also where somebody is.
    One person covers the cell: by what is divided?
first-wins:
    A cell that is taken stays as it is.
    Exchange the order of two people. Should the result change?
half-a-limb:
    Cells to one side of the line are missing: the signed distance is compared without its other side.
    What is the sign of the distance on the other side?
half-as-wide:
    Half of a half width is used.
    Is what is given the width or half of it?
joints-exchanged:
    First and second joint are taken for each other.
    Which of the two does the argument name first, and what is the width there?
largest-for-average:
    The larger component of two vectors is kept, which mixes two directions.
    Take two arrows that cross at a right angle, and ask for their average.
limb-left-out:
    The first or the last limb is not drawn, mostly by a slice or a range that ends early.
    Give one limb alone. Is anything drawn?
made-unit-again:
    The average is made a unit vector again.
    Two opposite arrows meet in a cell: what should be left, and what does the division do?
no-ends:
    The limb has no ends: the distance across is tested and the place along is not.
    Name a cell on the line far beyond the wrist. Which condition should exclude it?
nothing-drawn:
    The field is zero everywhere.
    Print how many cells pass each condition for itself.
one-end-only:
    One of the two ends is not tested.
    How many inequalities does the definition have, and how many does the code have?
one-sided:
    The signed distance is compared without an absolute value, so that one side runs to the border.
    What is the sign of the distance on the other side?
only-where-alone:
    Where limbs overlap nothing is drawn.
    What is the average of two vectors, and of one?
past-the-joints:
    The limb is longer by its half width at both ends, as in the released code.
    Where does Eq. 9 say that a limb ends?
perpendicular-without-sign:
    The vector across is the one along with its components exchanged, and no sign changed.
    Take a diagonal limb. What is the product of the two vectors?
reshaped:
    Axes are moved with reshape, which keeps the order of all numbers.
    Do it with the numbers 0 to 11 in an array of 2 by 3 by 2, and look where the first pair goes.
round-ends:
    Distance is measured to the segment, so that the ends are half discs.
    Draw a cell just beyond the joint. Does the definition count it?
running-average:
    The average is built two at a time, so that the last person weighs most.
    Work out three numbers this way and compare with their mean. What must be counted besides?
sum-for-average:
    Vectors are added and not divided.
    How long is the vector where two parallel limbs overlap?
tangent-by-a-factor:
    The slope lacks a factor, or has one too many, beside the formula of the middle line.
    Let the student write the derivative on paper and put the first joint into it.
tangent-by-length:
    The slope is multiplied or divided by the length, mostly because two of them with other units are added.
    Draw the same limb twice as large. Do its directions change?
tangent-from-the-x-axis:
    The tangent is written in the limb's own axes and never turned into those of the image.
    What should come out for a limb that points straight down?
tangent-not-level-halfway:
    The derivative is wrong: it is not 0 in the middle of the way, where the limb runs beside the straight line.
    Where is the middle line farthest to the side, and which way does it point there?
tangent-of-the-place:
    The formula of the place is used as the slope: no derivative was taken.
    At the first joint the limb lies on the straight line. Does it run along it there?
tangent-the-other-way:
    The slope has the wrong sign, or the vector across points to the other side in one of two places.
    Draw the limb and the arrow at its first joint. To which side does each of them go?
taper-added:
    The second width is the sum of the first and what the taper makes of it.
    What is the width at the second joint, in the formula and in the task?
taper-by-factors:
    The width is multiplied along the limb, as with a power of the ratio, where it should change evenly.
    How wide should the limb be in the middle of the way, and how wide is it?
taper-everywhere:
    The second joint's width holds all along.
    How wide should the limb be at its first joint?
taper-from-nothing:
    The width is 0 at the first joint.
    What is the share of the way at the first joint, and what does that make of the width?
taper-ignored:
    The limb is equally wide all along.
    Which constant of the notebook is not used?
taper-other-way:
    The change of the width has the wrong sign.
    At which joint should this limb be wider?
taper-reversed:
    The widths of the two joints are exchanged.
    How wide should the limb be at its first joint, and what is the share of the way there?
turned-by-half:
    The book's half turn is used where the task asks for another, for all or for one of cells and vectors.
    How many quarter turns does the task want?
twice-as-wide:
    The half width is doubled.
    Is what is given the width or half of it?
vectors-mirrored:
    The components are exchanged without a sign or with two, or one sign is changed: a mirror and no turn.
    Let the student turn two arrows by hand, one to the right and one down.
vectors-not-turned:
    Cells move, and the vectors in them keep their old direction.
    An upper arm pointed down before the turn. Where does it point afterwards?
vectors-turned-the-wrong-way:
    The vectors go round the other way than the cells; y is thought to point up.
    An arrow that pointed to the top edge: to which edge after a quarter turn clockwise?
way-in-pixels:
    The way is counted in pixels where a share of it belongs.
    Which value should it have at the second joint of any limb?
width-along:
    The two distances are exchanged: the width limits the way along the limb.
    Draw a long thin limb. Which distance may be large, the one along it or the one across it?
wrong-region:
    Other cells are not zero than those on the limb, in no way that the check knows.
    Draw which cells are on, beside which should be.
wrong-vector:
    The vectors on the limb are wrong, in no way that the check knows.
    Print one vector, its length, and the difference of the joints.
""")

_INTEGRALS = _group("""
all-samples-asked:
    One sample that fails refuses the pair.
    What share does the task ask for?
any-sample-enough:
    One sample that supports is enough.
    What share does the task ask for?
arc-length-mean:
    Samples count by the length of the arc they stand for; here all count alike.
    Over what is the mean in the text: over the length of the arc, or over t?
best-only:
    The table holds the best of every row and nothing else.
    Who decides which pairs are taken: the table or the matching?
cell-cut-off:
    Places are cut down to whole cells.
    What should the field be halfway between two cells?
end-missing:
    Samples begin at the first end and stop before the second.
    Print the first and the last sample.
distance-not-euclidean:
    The distance is the sum of both differences.
    How far apart are (0, 0) and (3, 4)?
ends-not-skipped:
    The whole way is sampled.
    Print the first and the last sample. What should be left out?
ends-only:
    Two samples, at the ends.
    What would a pair of two people's joints show, with nothing in between?
gap-at-an-end:
    Runs of failing samples at the first or last supporting one are not looked at.
    Write down six samples of which the first three fail. How long is the longest gap?
gap-ignored:
    The longest run of failing samples has no effect.
    Give a pair whose failing samples stand together, and one where they are spread.
gap-in-all:
    All failing samples are counted together, where the longest run of them is asked for.
    Give two pairs with as many failing samples: in one they are scattered, in the other they stand together.
gap-one-too-long:
    A gap that is longer by one than it may be is let through.
    Write down the pair with just one failing sample too many in a row. What comes out?
gap-one-too-short:
    The longest gap that may be is refused.
    Write down a pair with a gap of just the length in the notebook. Is it more than that?
gap-wraps:
    Samples are rolled round, or counted on from the last to the first, as if these were neighbours.
    Write down six samples of which the first and the last fail. How long is the longest gap?
grows-with-length:
    The direction is not a unit vector, or the integral is not divided by the length.
    Double the distance in the same field: should the score double?
length-only:
    The vectors' lengths are added, whatever their direction.
    What should a field across the line give?
mean-above-threshold:
    The mean is compared with the threshold in place of every sample.
    Which is asked first: whether a sample is good, or what the mean is?
mean-of-supporting:
    Failing samples are left out of the mean.
    Of which samples is the score the mean?
middle-only:
    One sample, in the middle.
    Name two candidates whose middle lies on somebody else's limb.
nearest-cell:
    The nearest cell is read in place of interpolating.
    What should the field be halfway between two cells?
never-refused:
    The score is the mean, and no pair is refused.
    Which two conditions does a pair have to meet before its mean counts?
not-normalised:
    A weighted sum is divided by the number of samples.
    What does the function give for a field that points along the line everywhere?
one-end-not-skipped:
    Samples leave one end out, and go on to the other.
    Print the first and the last sample. How far are they from the joints?
prior-ignored:
    Nothing is taken from long pairs.
    Which constant of the notebook is not used?
prior-multiplied:
    The prior is a factor.
    What happens to a pair with a negative score when it is multiplied?
prior-of-the-wrong-sign:
    Long pairs gain.
    Which of two pairs with the same mean should win: the short one or the long one?
prior-upside-down:
    The prior is 1 less the length over the reach, where the reach over the length, less 1, is asked for.
    What is taken from a pair ten times as long as the reach?
refused-not-zero:
    A refused pair keeps a score.
    What does the docstring say of pairs that are refused?
share-for-score:
    The share of supporting samples is given.
    What is the share for, and what is the score?
short-pairs-gain:
    The prior is not limited to a deduction.
    What does the prior give for a very short pair, and what should it?
shrinks-with-length:
    The length divides twice.
    Count where the length is used: in the direction, and where else?
skip-in-cells:
    So many cells are left out, where it should be a share of the way.
    For a limb of ten cells: where should the first sample be, and where is it?
start-missing:
    Samples begin after the first end.
    Print the first and the last sample.
start-only:
    One sample, at one end.
    What would two candidates show that share that end?
too-few-samples:
    So few samples that a gap falls between them.
    How far apart are two samples, in cells?
weights-ignored:
    All samples count alike.
    Which constants of the notebook are not used?
weights-over-the-kept-part:
    The weights go from one constant to the other between the first and the last sample, not between the joints.
    What does the first sample weigh, and what would one at the joint?
weights-of-cells-swapped:
    In bilinear interpolation the far cell counts most.
    Ask for a place just beside a cell: which value should come out, nearly?
weights-not-even:
    The weights run from one end to the other, as a root or a square of what they should be.
    Plot the weights over the samples. What should the picture look like?
weights-reversed:
    The weights run from the second end to the first.
    How much should the first sample count?
""")

# ---- people ----------------------------------------------------------------------------------------------------------

_MATCHING = _group("""
best-pair-only:
    The best pair is taken, and the loop ends.
    How many pairs does a table of 3 by 3 allow?
bound-too-high:
    The labels are a bound, and not the smallest one.
    Which label could be lowered without uncovering a pair?
capacity-ignored:
    Columns are used once, or their labels counted once.
    Which constant of the notebook is not used?
capacity-off-by-one:
    Columns have one row more, or one less, than they may have.
    Count how often the fullest column appears in the answer, and compare it with the constant.
column-too-full:
    A column has more rows than it may have.
    Count how often each column appears in the answer.
column-used-twice:
    Every row takes its best column, whoever has it: no matching. The widely copied decoder does this.
    Count how often each column appears in the answer. Whose knee is it?
columns-for-rows:
    Columns choose among the rows, where rows choose among the columns.
    Whose best and second choice make up a lead?
cost-counted-once:
    A pair saves two costs, and one is counted.
    Who is single before the pair is taken, and who afterwards?
cost-ignored:
    Staying single, or a group, is taken to cost nothing.
    Write down the sum with everybody single, and once more with one weak pair.
cost-of-members:
    The cost of a group is multiplied by its candidates, or by its links, where a group as such has one cost.
    Work out what a group of two costs, and what changes when a third candidate joins it.
cost-subtracted:
    The cost is taken from pairs in place of from those who stay single.
    Does taking a pair pay a cost or save it?
everybody-matched:
    The solver's assignment is returned whole, weak pairs included.
    What does the solver do with a row that had better stay single?
first-labels:
    The labels with which the algorithm begins are returned.
    Compare their sum with that of the best matching.
greedy-for-clearest:
    The best score has its turn first, where the row with the greatest lead should.
    Two rows have the same best column. Which of them has more to lose without it?
greedy-for-optimal:
    The best pair is taken first where the best sum was asked for.
    Build a table of 2 by 2 in which the largest number is a bad choice.
label-negative:
    A label is below 0, as a solver for everybody matched may give.
    What is the label of somebody who stays single?
labels-divided:
    The labels of columns are divided by the number of seats.
    May a pair use a part of its column's label only? Add the two labels of one pair.
labels-of-seats:
    There is a label for each seat, or seats are counted for columns, where each column has one label.
    What would the labels of two seats of one column be, if both are as small as they can be?
labels-summed:
    The labels of all seats of a column are added up, and the bound counts the seats once more.
    How often does the bound count the label of a column?
leads-not-renewed:
    Leads are worked out once, and not again after columns are taken; or a row that loses its first choice gets none.
    A column is taken. Whose second choice was it, and how large is their lead now?
minimum-for-maximum:
    The solver minimises, and scores went in as costs.
    What does the solver make small? Print the sum of the pairs and that of any others.
negative-pairs-refused:
    A pair with a negative score is never taken, though staying single costs more.
    What does it cost to leave these two single, and what to pair them?
no-such-pair:
    An index lies outside the table, mostly because the table was widened or padded before it was solved.
    What does a column of the widened table stand for?
nonpositive-taken:
    A pair is taken that lowers the sum or must not be chosen.
    Leave this pair out: is the sum larger?
not-clearest-first:
    A row with a smaller lead has its turn before the one with the greatest, in no way that the check knows.
    Let the student write down all leads of a small table after each pair.
not-covered:
    A pair scores more than its two labels, so that they bound nothing.
    Name the pair, and add its two labels.
one-column-after-another:
    Columns choose in the order of the table.
    Exchange two columns: should the result change?
one-row-after-another:
    Rows choose in the order of the table.
    Exchange two rows: should the result change?
optimal-for-clearest:
    The best sum is given where rows should choose one after another.
    Work out the leads of the example. Which row is the first to choose, and what does it take?
optimal-for-greedy:
    The best sum is given where the greedy rule was asked for.
    Which pair has the highest score, and is it in the answer?
quotient-for-lead:
    The best score is divided by the second choice, as a ratio test does, where the difference is asked for.
    What is the lead of a row with 0.8 and 0.4, and of one with 0.4 and 0.1?
refused-pairs-count:
    Pairs that must not be taken were removed after solving; while it was solved they took places.
    What should a refused pair be worth to the solver, before it begins?
row-used-twice:
    A row has two partners.
    Count how often each row appears in the answer.
rows-shared:
    Rows are shared and columns are not, where it should be the other way round.
    Which side was widened?
seats-misread:
    The table was widened in one way, and its columns are read as if it had been widened in the other.
    Write down the wide table of two columns. Which of the two does each of its columns stand for?
single-not-counted:
    The second choice is the second best score, however low; staying single is not among the choices.
    What would a row do rather than take a pair that is refused? What is that worth?
single-worth-nothing:
    Staying single counts as a second choice that is worth 0.
    Which constant of the notebook says what staying single is worth, and where is it used?
stops-early:
    A pair is left whose row and column are both free.
    What ends the loop, and is that what the rule says?
taken-columns-count:
    The second choice of a row may be a column that another row has.
    Which columns can this row still have? Which of them is its second choice?
sum-too-small:
    There are pairs with a greater sum, in no way that the check knows.
    Let the student add up all matchings of a small table by hand.
ties-taken-together:
    Equal scores are taken at once, without a look at shared rows and columns.
    Give a table of 2 by 2 with four equal numbers.
worst-first:
    Sorting goes upwards, or the smallest of something is taken in place of the greatest.
    Print the order in which pairs or rows have their turn, and what decides it.
""")

_ASSEMBLY = _group("""
apart-without-root:
    Groups without the root are kept apart while groups grow, where only the end asks for the root.
    When is it asked whether a group has the root? What may still happen to a group after that?
candidate-used-twice:
    One candidate is in two groups.
    Before a candidate is added, what has to be asked about it?
contradiction-ignored:
    Whatever is connected ends up in one group, as connected components do.
    How many right elbows has this person?
cost-added:
    Costs make groups worth more.
    Is a group worth more or less for what it costs?
divided-by-all:
    The score is divided by parts and pairs together.
    By what does the task divide?
divided-by-all-candidates:
    The score is divided by the number of all candidates, as a mean over an axis does.
    Put one more person into the example. Should the score of the first change?
ends-at-ignored:
    The first pair that is ignored ends the loop.
    The best pair of all is ignored by nobody, and the third one is. What about the fourth?
everybody-alone:
    No group is made, or none is left.
    What is the worth of one good pair, and of nobody?
half-divided:
    One of two sums is divided, and the other is not; mostly a bracket is missing.
    Which operation is done first in the last line? Work it out for one person.
heights-ignored:
    Only pairs count in the score.
    Which two sums make up the score?
less-than-for-at-most:
    A limit must not be reached, where it may be.
    Work out the case in which a group becomes just as large as it may be.
limit-asked-before:
    The size of the groups before a pair is compared with the limit.
    How large is the group once this pair is taken?
limit-for-one-only:
    The limit is there for single candidates and missing where two groups meet.
    Two groups of three meet. Which branch of the code is this, and what does it ask?
max-parts-ignored:
    Groups grow beyond the limit.
    Which constant of the notebook is not used?
mean-of-pairs:
    Heights and pairs are divided each by their own number.
    By what does the task divide, and how many times?
merged-in-spite-of-contradiction:
    The test for a part that both hold is there for single candidates and missing where two groups meet.
    Two people meet who both have a left knee. Which branch of the code is this?
min-parts-ignored:
    Groups that are too small stay.
    Which constant of the notebook is not used, and when is it to be applied?
mutually-best-only:
    Pairs are dropped at once when one of their candidates has a better pair.
    The better pair was ignored. Whom does this pair still compete with?
negative-pairs-ignored:
    Only positive pairs are looked at, though a negative one counts as soon as both ends are in one group.
    Add up all pairs inside one group, wanted or not.
never-merged:
    Two groups never become one.
    What happens when both ends of a pair belong to somebody, and to different people?
nobody-counted:
    What belongs to nobody is added at the index −1, which is the last person.
    What does Python do with an index of −1? Who is that here?
no-such-candidate:
    A number is no candidate: an index off by one, or a part's number.
    How many candidates are there, and what is the number of the last one?
not-best-first:
    Pairs are taken in the order in which they come, or a better one is passed over.
    Print the scores in the order in which the pairs are looked at.
occupied-replaced:
    A later candidate replaces the one that came first.
    Which of the two pairs was better?
owner-not-found:
    Every pair begins a person.
    Who may own the start of this pair already? Where is that looked up?
pair-turned:
    The two candidates of a pair are sorted by their numbers, and the first is taken for the start of the limb.
    Which of these two candidates is the start? Does its number say so?
pair-parts-only:
    Where two groups meet, the parts of the pair's own candidates are compared, and not those of all members.
    Write down all parts of both groups before this pair. Which of them does the code look at?
pairs-across-counted:
    A pair between two people counts for one or both.
    Of whom is such a pair evidence?
pairs-counted-twice:
    Every pair is counted for each of its ends.
    Write down the sum for one person with one pair. How often is the pair in it?
pairs-ignored:
    Only heights count in the score.
    Which two sums make up the score?
part-numbers-for-candidates:
    Groups hold numbers of parts in place of candidates.
    Are two left wrists told apart in the answer?
part-twice:
    One person has the same part twice.
    Before a candidate is added, what has to be asked about the person?
people-reversed:
    Scores are in another order than the people.
    Which number should come first?
redundant-as-any:
    Redundant limbs are treated like all others.
    What may a redundant limb do, and what not?
redundant-begins:
    A redundant limb begins a person.
    Neither end belongs to anybody: what does the rule say?
redundant-forwards-only:
    A redundant limb fills a gap at its end alone.
    The end belongs to somebody, and the start to nobody: what then?
redundant-left-out:
    Redundant limbs are skipped.
    What are they for? Find a person who lacks a part that one of them would give.
redundant-merges:
    A redundant limb puts two people together.
    Both ends belong to somebody: what does the rule say?
root-as-candidate:
    The number of a part is looked for among numbers of candidates.
    What do the numbers in a group stand for, and what the number of the root?
root-at-one-place:
    Only the first or the last candidate of a group is looked at.
    Does the root always come first in a group? Which candidate began it?
root-ignored:
    Groups without the root stay.
    Which constant of the notebook is not used?
root-pairs-first:
    Pairs with the root are sorted before all others.
    Which pair of the example is the best one, and when does it have its turn?
single-kept:
    Candidates without any pair are given as people.
    Is one elbow a person?
singles-cost:
    Candidates who stay alone cost something, so that joining saves it.
    What is the worth of two candidates who both stay alone?
small-people-left-out:
    People with few parts are dropped, where the task does not ask for that.
    Which constant does this question name, and which one is used?
too-large-left-out:
    Groups that are too large are dropped at the end, where the pair should have been ignored.
    When would the limit have to be asked for so that such a group never arises?
turned-pairs-ignored:
    A pair is missed when its first candidate has the larger number.
    Exchange the two candidates of a pair: should the result change?
weight-ignored:
    Heights and pairs count alike.
    Which constant of the notebook is not used?
weight-on-heights:
    The weight is on the heights.
    Which of the two sums does the task weight?
worth-less:
    There are groups with a greater worth, in no way that the check knows.
    Let the student list all groupings of three candidates with their worth.
wrong-groups:
    The groups are not those of the rule, in no way that the check knows.
    Go through the pairs of the example one by one on paper, and compare after each.
""")

# ---- losses and evaluation -------------------------------------------------------------------------------------------

_LOSSES = _group("""
crowd-by-parts:
    A crowd is told by having no labelled part, in place of by its mark.
    Can a crowd have labelled parts, and a single person none?
crowd-ignored:
    Crowds are not masked.
    Who in a crowd has labels of their own?
first-picture-only:
    Only the first picture of a batch counts.
    Change the second picture: does the loss notice?
first-stage-only:
    Only the first stage counts.
    How many stages does the sum run over?
growth-backwards:
    Weights of stages run from the last to the first, or their inverse is used.
    How much should the first stage count?
growth-ignored:
    All stages count alike.
    Which of the given numbers is not used?
half-missing:
    The 2 in the denominator is missing.
    Put the equation of the book beside the code, factor by factor.
half-of-the-sum:
    The sum is halved and not divided by the number of pictures.
    Give the same picture twice: should the loss change?
labelled-in-crowd-masked:
    A labelled person in front of a crowd is masked with it.
    Did the annotators speak about this person?
labelled-masked:
    The labelled people are masked.
    About whom do we know the truth?
labelled-only:
    Empty ground is masked.
    What do we know of a place where nobody stands?
labelled-uncovers:
    A labelled person uncovers somebody without labels.
    Two outlines overlap, one without labels: what do we know of the overlap?
last-stage-left-out:
    The last stage is missing in the sum.
    Print which stages are added.
last-stage-only:
    Only the last stage gets a loss, so that early ones have to learn through all later ones.
    How long is the way of the gradient to the first stage?
mask-as-yes-or-no:
    A weight between 0 and 1 is made 0 or 1.
    What should a half-covered cell count?
mask-ignored:
    The mask has no effect.
    Set the mask to 0 everywhere: what should the loss be?
mask-inverted:
    The mask counts where it should not, and the other way round.
    Set the mask to 0 everywhere: what should the loss be?
mask-on-last-stage-only:
    One stage is masked, the others are not.
    Which stages may say what they like about somebody without labels?
mask-on-prediction-only:
    The prediction is masked, the truth is not.
    The mask is 0: what is compared with what?
mask-on-target-only:
    The truth is masked, the prediction is not, so that the network learns to find nobody there.
    The mask is 0, and the network finds somebody: what does the loss say?
mask-squared:
    The mask is multiplied in before squaring.
    What does a half-covered cell count, before and after?
mean-of-masked:
    The sum is divided by the cells that the mask leaves.
    By what does the equation divide?
mean-over-stages:
    Stages are averaged.
    Is Eq. 6 a sum or a mean?
no-gradient:
    The result is cut off from the prediction: detach, item, or a way through NumPy.
    Which line leaves the world of tensors?
no-tensor:
    A number or array is returned where a tensor is needed.
    What does backward need in order to find its way?
not-divided:
    The sum is not divided.
    Give the same picture twice: should the loss change?
not-squared:
    Absolute differences are added.
    Put the equation of the book beside the code.
part-weights-ignored:
    All channels count alike.
    Which of the given numbers is not used?
root-taken:
    A root is taken at the end.
    Is the loss a distance or its square?
signed-difference:
    Differences are added with their sign and cancel.
    Can a wrong prediction have the loss 0?
stages-mixed:
    Predictions are averaged or added over stages before they are compared.
    Two stages are wrong in opposite directions: what does the loss say?
unlabelled-ignored:
    People without labels are not masked.
    Did the annotators speak about them?
wrong-gradient:
    The gradient is wrong, in no way that the check knows.
    Compare with a difference quotient in one cell.
""")

_EVALUATION = _group("""
area-ignored:
    The person's size has no effect.
    Should three pixels count the same on a child far away and on somebody near?
area-root:
    The area is taken for a length.
    Check units: square pixels over what?
area-squared:
    The area is squared.
    Check units: square pixels over what?
corner-for-size:
    The box's corner is read for its size.
    What are the four numbers of a box?
count-for-share:
    A number is given in place of a share.
    Can the result be larger than 1?
diagonal-for-head:
    The diagonal is used without its factor.
    How is the head size defined?
far-for-near:
    Joints that are off are counted.
    What should a perfect answer score?
height-for-diagonal:
    One side of the head's box is used.
    How is the head size defined?
hidden-as-seen:
    Hidden parts count like all others.
    Which of the given numbers is not used?
missed-left-out:
    Annotated parts that were not found are left out of the mean.
    What score would somebody get who finds one easy part?
missing-taken-for-corner:
    A part that was not found is compared at its stored place, mostly (0, 0).
    What do x and y mean when the third number is 0?
other-two-missing:
    One of the definition's two factors of 2 is missing.
    Put the definition beside the code, factor by factor.
over-found:
    The mean runs over the parts that were found.
    Of which parts is OKS the mean?
standard-shares:
    MPII's shares are used in place of those given.
    Which of the given numbers is not used?
two-before-sigma-missing:
    The 2 before sigma is missing.
    Put the definition beside the code, factor by factor.
unlabelled-counted:
    Parts that nobody annotated are counted.
    What is known of them?
whole-head:
    Within a whole head size counts as near.
    What share does the task ask for?
""")

_CAPSTONE = _group("""
components-apart:
    The channels of the fields are all x first and then all y.
    Write down which channel is which, for two limbs, in the order that the task gives.
average-for-longest:
    Where limbs of several figures meet a mean is drawn, as Eq. 10 has it.
    What does the text want in a cell that two limbs reach, and what does Eq. 10?
components-apart-in-place:
    The larger x and the larger y are taken in a cell, of two vectors perhaps.
    In a cell two limbs cross at a right angle: which vector should be there, and which one is?
confidence-maps-wrong:
    The fields are right, and the confidence maps are not: another width, mostly.
    Which of the class's two numbers belongs to the maps, and where is it used?
edges-not-soft:
    The library's fields of Eq. 9 and 10 are handed in.
    What does a field hold just beyond the edge in Eq. 9, and what does it in the text?
fields-wrong:
    The confidence maps are right, and the fields are not: another width, or limbs in another order, mostly.
    Which of the class's two numbers belongs to the fields, and where is it used?
limbs-first:
    The channels of the fields come before the confidence maps.
    Write down which channel is which, in the order that the task gives.
nobody-found:
    No figure is found in any scene: a network that has not learnt yet, or thresholds above its peaks.
    What is the largest value of a predicted confidence map, and what is the threshold?
not-a-tree:
    The limbs do not reach every part from part 0, each onwards from a part that is reached, or a part has no place.
    Draw the figure, and follow the limbs in their order with a pencil that begins at part 0.
not-new:
    All parts are those of a person, for whom there are networks already.
    What else has joints? A crane, a letter and a bicycle do.
number-of-parts:
    The figure has fewer or more parts than the task allows.
    Which parts could be left out, or which limb divided?
out-of-range:
    A name of a part is empty or very long, or a coordinate of the pose is enormous.
    Which is the largest number in the pose? Any unit will do, but all parts share it.
parts-missed:
    What is found is right, and much is not found.
    Look at the predicted maps of a scene: are the lost parts there and below a threshold, or not there at all?
parts-too-near:
    Two parts lie so near each other that cells cannot hold them apart.
    How many cells lie between the two in a small figure?
people-mixed:
    Parts are found, and those of several figures are put together to one.
    Look at the predicted fields between two figures. Are limbs in the same order as in training?
runs-past-the-ends:
    The distance is taken from the line through both parts, which has no ends.
    Draw the limb of one figure. Where does the field begin and end?
sum-for-longest:
    Where limbs of several figures meet the vectors are added.
    How long may a vector be, and how long is it where two limbs meet?
too-few-right:
    Too little of what is found is right, in no way that the check knows.
    Show the predicted maps beside the true ones, for a scene of the training. Is even that learnt?
too-many:
    Nearly all is found, and much besides: thresholds that are too low, or a person reported again and again.
    Show the peaks on one scene. Are the false ones weak, or are they right ones given twice?
two-in-the-exponent:
    The exponent is halved, as in the density of a normal distribution.
    How long is the vector at the distance LIMB_WIDTH, and how long does the text want it?
""")

# ---- the grader ------------------------------------------------------------------------------------------------------

_GRADER = _group("""
broken-channel:
    The submission wrote to the pipe between it and the grader, or ended its supervisor. Hardly ever an accident.
    Read the code before you judge; see what this guide says of hostile submissions.
check-error:
    The check itself failed on the answer. No verdict on the student: the command ends with an error and names them.
    Look at the answer and mend the check; the next run grades the submission again.
crashed:
    The process was ended by a signal, or cells ended it again and again: mostly a fault in compiled code.
    Let the student restart the kernel and run all cells.
does-not-parse:
    The file is no notebook: damaged, or of another kind with a changed ending.
    Ask for the file once more, downloaded as .ipynb.
memory-limit:
    The submission held more memory than allowed: an array over all pixels times all people, or a list that grows.
    How large is the largest array, for the largest case?
missing:
    The function is not defined: deleted, renamed, or its cell has an error, which the report then names.
    Restart the kernel and run all cells: does the name exist afterwards?
no-code:
    There is no code in the file.
    Most often the wrong file, or one that was saved before it was written.
no-file:
    There is no notebook in the student's folder, or more than one.
    The remark lists what is there. Ask which file counts, and remove the other.
not-a-file:
    A link, or something that cannot be read.
    Ask for the file itself.
not-graded:
    No process could be started, or the checks took too long. No verdict on the student.
    Run the command again; where it stays so, grade with fewer jobs and look at what the answer is.
process-limit:
    More processes or threads than allowed, mostly a pool of workers.
    Does the task need processes of its own?
quit:
    The process ended itself: exit() or os._exit in a cell or a function.
    Which line ends the program, and what was it meant for?
time-limit:
    A call or a cell took longer than allowed: an endless loop, or loops over all pixels of every case.
    Which loop has no end? How often does the innermost line run?
too-large:
    The file is larger than is read, mostly because of pictures in its outputs.
    Clear all outputs and save again.
total-time:
    All cells and checks together took longer than allowed.
    Does a cell train or download something that the questions do not need?
wrong-notebook:
    The notebook is of another assignment or another class, or defines none of the functions.
    Compare its name with the one in the table; a student may have worked on the book's sample.
""")

GROUPS: Mapping[str, Mapping[str, Entry]] = {
    "The function itself": _FUNCTION,
    "Arrays and axes": _AXES,
    "In several chapters": _ANY,
    "Skeletons and grids": _GRIDS,
    "Confidence maps": _CONFIDENCE,
    "Part affinity fields": _FIELDS,
    "Line integrals": _INTEGRALS,
    "Matching": _MATCHING,
    "Assembly": _ASSEMBLY,
    "Losses": _LOSSES,
    "Evaluation": _EVALUATION,
    "The capstone": _CAPSTONE,
    "Running a submission": _GRADER,
}
"""The diagnoses by what they are about."""

CATALOGUE: Mapping[str, Entry] = {slug: entry for group in GROUPS.values() for slug, entry in group.items()}
"""Every diagnosis and its entry."""
