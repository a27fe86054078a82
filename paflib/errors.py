"""The errors paflib raises on purpose: each names the thing that is wrong and the remedy.

All derive from :class:`PaflibError`, so that the command line can print one line instead of a traceback.
"""


class PaflibError(Exception):
    """Base of every error that paflib raises on purpose."""


class ShapeError(PaflibError, ValueError):
    """An array has the wrong shape, type or contents; the message names the argument, what came and what was wanted."""


class ImageError(PaflibError, ValueError):
    """A picture or video is missing, empty, truncated or of a kind that cannot be read."""


class DataError(PaflibError, ValueError):
    """Annotations, results or configuration do not fit together or are not what they should be."""


class WeightsError(PaflibError, ValueError):
    """A weights file is missing, truncated, or does not fit the network it was given to."""


class FetchError(PaflibError, RuntimeError):
    """Something could not be fetched; the message says what, from where, and where to put it by hand."""


class TrainingError(PaflibError, RuntimeError):
    """Training cannot go on; the message names the step and the batch, and what usually helps."""
