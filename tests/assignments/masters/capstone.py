# %% [markdown]
# # Capstone: a skeleton of your own
#
# :::{admonition} What this is
# :class: tip
#
# Everything at once: invent a figure, draw its true maps, train a network on generated scenes, and find figures in scenes that it has never seen.
# Five questions, the last one a stretch question; two hours or so, of which the training takes a minute or two on a laptop, without a GPU.
# Everything that `paflib` has may be used.
# :::
#
# The world is `stick_scene`: figures whose limbs are coloured bars and whose parts are dots, turned, scaled and bent by chance.
# Their colours tell nothing: every dot has one drawn by chance, whatever part it is, and every bar runs from the colour of one end to that of the other.
# Behind them lie grey patches and lines, and dots, bars and bent rows of bars in the same colours that belong to nobody.
# So a part is known by the shape around it, which is what a network learns to see.
# An image is (96, 128, 3), uint8, and its maps have 24 by 32 cells of stride 4.

# %%
import numpy as np
import torch

import paflib
from paflib.grading.assignments import capstone
from paflib.model.packing import pack, unpack
from paflib.synthetic.sticks import Figure, stick_scene

# %% [markdown]
# These are the numbers of your class.

# %% tags=["parameters"]
SIGMA = 4.0
LIMB_WIDTH = 3.5

# %% [markdown] question="creature"
# ## Question 1: a figure of your own
#
# A bird, a crane, a bicycle, a letter: five to ten parts, with names of your own.
# The limbs are a tree that begins at part 0: every limb runs from a part that is reached already to a new one.
# `pose` says where every part is when the figure stands upright, (x, y) with y pointing down, in any unit; no two parts may lie near each other.

# %% question="creature"
def creature():
    """The figure: {"parts": J names, "limbs": J - 1 pairs (from, to), "pose": J pairs (x, y)}."""
    # BEGIN SOLUTION
    return {
        "parts": ["neck", "beak", "rump", "claw", "left_wing", "right_wing", "feather"],
        "limbs": [(0, 1), (0, 2), (2, 3), (2, 4), (2, 5), (2, 6)],
        "pose": [(0, 0), (-3, 0.5), (2, 4), (2, 9), (-2, 6), (5, 2), (7, 6)],
    }
    # END SOLUTION


# %% [markdown]
# How does it look?
# (Nothing is shown as long as there is no figure.)

# %%
capstone.sheet(creature)

# %% [markdown] question="targets"
# ## Question 2: its true maps
#
# What the network is to learn: J confidence maps, Eq. 7 and 8 with the sigma `SIGMA`, and after them the fields of the limbs, x and y of the first limb, x and y of the second, and so on.
#
# The limbs of Eq. 9 have hard edges, and a cell just beside the edge is as far from the truth as one can be.
# Yours have soft ones: where a cell's centre is at the distance $r$ from the limb, that is from the straight line between its two parts, which ends at both of them, the field is
#
# $$
# \exp\left(-\frac{r^2}{w^2}\right) v ,
# $$
#
# with the unit vector $v$ of the limb and `LIMB_WIDTH` for $w$.
# Where limbs of several figures meet, the longest of the vectors counts, and not their mean as in Eq. 10.
#
# `SIGMA` and `LIMB_WIDTH` are pixels of the image.
# `keypoints` is (N, J, 3), as `stick_scene` gives them, with every part there.

# %% question="targets"
def targets(keypoints):
    """The true maps (J + 2 C, 24, 32) of N figures."""
    # BEGIN SOLUTION
    spots = paflib.fields.confidence_maps(keypoints, (24, 32), paflib.fields.Grid(4), SIGMA)
    start, end = keypoints[:, np.array(creature()["limbs"]).T, :2].swapaxes(0, 1)
    length = np.linalg.norm(end - start, axis=-1)[..., None, None]
    v = (end - start)[..., None, None] / length[:, :, None]
    from_start = np.mgrid[:24, :32][::-1] * 4 + 1.5 - start[..., None, None]
    along = np.clip((from_start * v).sum(axis=2), 0, length)
    away = ((from_start - along[:, :, None] * v) ** 2).sum(axis=2)
    longest = np.take_along_axis(v, away.argmin(axis=0)[None, :, None], axis=0)[0]
    limbs = np.exp(-away.min(axis=0) / LIMB_WIDTH**2)[:, None] * longest
    return np.concatenate([spots, limbs.reshape(-1, 24, 32)])
    # END SOLUTION


# %% [markdown] question="alone"
# ## Question 3: one figure in a picture
#
# First a network: (B, 3, 96, 128) in, (B, J + 2 C, 24, 32) out.
# Thirty thousand weights are enough.
# Think of how far a cell has to see: the other end of a limb may be ten cells away, and a 3 x 3 convolution sees one.

# %% question="alone"
def network():
    """The network, untrained."""
    # BEGIN SOLUTION
    def step(inputs, outputs, stride=1, dilation=1):
        layer = torch.nn.Conv2d(inputs, outputs, 3, stride, dilation, dilation, bias=False)
        return torch.nn.Sequential(layer, torch.nn.BatchNorm2d(outputs), torch.nn.ReLU())

    channels = len(creature()["parts"]) + 2 * len(creature()["limbs"])
    return torch.nn.Sequential(
        step(3, 16, 2), step(16, 24, 2), step(24, 24), step(24, 24, dilation=2), step(24, 24, dilation=4),
        step(24, 24, dilation=2), step(24, 24), torch.nn.Conv2d(24, channels, 1),
    )
    # END SOLUTION


# %% [markdown] question="alone"
# Then its training: scenes with one to four figures, as many as you like, for they are drawn while it trains; a new batch every step.

# %% question="alone"
def train(net, steps=1300):
    """Train a network on generated scenes."""
    # BEGIN SOLUTION
    figure = Figure.of(**creature())
    rng = np.random.default_rng(1)
    optimiser = torch.optim.Adam(net.parameters())
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, 8e-3, steps)
    for _ in range(steps):
        drawn = [stick_scene(figure, rng, int(rng.integers(1, 5)), apart=rng.choice([0.3, 0.6])) for _ in range(12)]
        seen = net(as_input(np.stack([image for image, _ in drawn])))
        true = torch.tensor(np.stack([targets(keypoints) for _, keypoints in drawn])).float()
        loss = ((seen - true) ** 2).sum() / len(drawn)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rate.step()


def as_input(images):
    return torch.tensor(images).permute(0, 3, 1, 2).float() / 255 - 0.5
    # END SOLUTION


# %% [markdown] question="alone"
# Whoever runs this notebook trains your network, the grader too, which may take five minutes at most for this cell and has one processor core for it.
# It is safer to hand in what you have trained: `pack` makes a text of the weights, and once that text stands in `WEIGHTS`, nothing is trained any more.
# (Change a layer, and the text no longer fits: empty it first.)

# %% question="alone"
WEIGHTS = ""

# %% question="alone"
torch.manual_seed(0)
NETWORK = network()
if NETWORK is not None and WEIGHTS:
    unpack(NETWORK, WEIGHTS)
elif NETWORK is not None:
    train(NETWORK)
PACKED = pack(NETWORK)  # print(PACKED), and put what you see between the quotation marks of WEIGHTS

# %% [markdown] question="alone"
# And last the decoder: from an image to figures.
# `paflib.parse` decodes the maps of any skeleton; its thresholds were chosen for people and for a large network, and are worth another look.
#
# A part is right when it is no further from the truth than 12 % of the figure's size.
# In held-out scenes with one figure each, the score, which is the harmonic mean of precision and recall over all parts, must be 0.8 at least.

# %% question="alone"
def find(image):
    """The figures in an image (96, 128, 3): (N, J, 3), x and y in pixels and a score, 0 for what is missing."""
    # BEGIN SOLUTION
    NETWORK.eval()
    with torch.no_grad():
        seen = NETWORK(as_input(image[None]))[0].numpy()
    parts = len(creature()["parts"])
    spots, limbs = seen[:parts], seen[parts:].reshape(-1, 2, 24, 32)
    skeleton = Figure.of(**creature()).skeleton
    return paflib.parse(spots, limbs, skeleton=skeleton, stride=4, peak_threshold=0.25).keypoints
    # END SOLUTION


# %% [markdown] question="several"
# ## Question 4: two or three
#
# The same `find`, in held-out scenes with two or three figures that do not lie on each other: 0.75 at least.

# %% [markdown] question="crowd"
# ## Stretch question: a crowd
#
# Four figures that may lie on each other: 0.7 at least.
# Where do limbs cross, and what do your maps hold there?
