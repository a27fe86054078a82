"""Photographs at the public door: whatever a camera, a scanner or an array holds becomes RGB uint8 (H, W, 3)."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from paflib.errors import ImageError
from paflib.inference.files import atomic_path

_PathLike = str | os.PathLike[str]


def load_image(path: _PathLike) -> np.ndarray:
    """Read a picture as RGB uint8 ``(H, W, 3)``, turned upright.

    Grey, palette, CMYK and 16-bit pictures are converted (16 bits keep their high byte; a PGM's are first scaled by the
    white that it names), transparency is blended over white, and the camera's EXIF orientation is applied. Of an
    animation the first picture is read.

    Raises:
        ImageError: the file is missing, a folder, empty, truncated, no picture, or of a depth that has no agreed white
            (32-bit integers, floats); names the file and the reason.
    """
    picture = _decoded(path, _read(Path(path)))
    try:
        return _rgb(picture)
    except ValueError as error:  # ours, or Pillow's for a colour space that it cannot turn into RGB
        raise ImageError(f"{path}: {error}") from None


def as_image(array: Any) -> np.ndarray:
    """Make RGB uint8 ``(H, W, 3)`` of an array: as :func:`load_image`, for pictures that are in memory.

    Args:
        array: uint8 or uint16; ``(H, W)`` and ``(H, W, 1)`` are grey, ``(H, W, 3)`` is red-green-blue, ``(H, W, 4)``
            has an alpha channel last, which is blended over white. 16 bits keep their high byte.

    Raises:
        ImageError: another type or shape, or no pixels; says what to do.

    >>> as_image(np.full((2, 5), 65535, np.uint16)).shape
    (2, 5, 3)
    """
    if not isinstance(array, np.ndarray):
        raise ImageError(f"image is a {type(array).__name__}, wanted a numpy array (H, W, 3) or the path of a picture")
    shape = array.shape
    if array.ndim not in (2, 3) or (array.ndim == 3 and shape[2] not in (1, 3, 4)):
        first = array.ndim == 3 and shape[0] in (1, 3, 4)
        remedy = "; channels come last here: image.transpose(1, 2, 0)" if first else ""
        remedy = "; pass one image of a batch at a time" if array.ndim == 4 else remedy
        raise ImageError(f"image has shape {shape}, wanted (H, W), (H, W, 1), (H, W, 3) or (H, W, 4){remedy}")
    if array.dtype.kind != "u" or array.itemsize > 2:
        white = "(255 * image).round()" if array.dtype.kind in "fb" else "image"
        raise ImageError(f"image is {array.dtype}, wanted uint8 or uint16: for 0 to 255 write {white}.astype(np.uint8)")
    if 0 in shape:
        raise ImageError(f"image has shape {shape}: it has no pixels")
    return _channels(_eight_bits(array))


def save_image(path: _PathLike, image: np.ndarray) -> None:
    """Write RGB uint8 ``(H, W, 3)`` to a file whose ending says the format; the file appears whole or not at all.

    Raises:
        ImageError: the ending names no format that can be written.
    """
    path = Path(path)
    form = Image.registered_extensions().get(path.suffix.lower())
    if form is None or form not in Image.SAVE:
        raise ImageError(f"{path}: no picture format is written with the ending {path.suffix!r}; take .png or .jpg")
    # PNG: level 1 is four times as quick as the default, and a few per cent larger.
    options = {"PNG": {"compress_level": 1}, "JPEG": {"quality": 92}}.get(form, {})
    with atomic_path(path) as temporary:
        Image.fromarray(as_image(image)).save(temporary, format=form, **options)


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ImageError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise ImageError(f"{path}: this is a folder, wanted a picture") from None
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror or error})") from None
    if not content:
        raise ImageError(f"{path}: the file is empty")
    return content


def _decoded(path: _PathLike, content: bytes) -> Image.Image:
    """The picture with its pixels read, turned upright; 16 bits that Pillow opens in the 32 of mode "I" as "I;16"."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns above 89 megapixels; it refuses above twice that
            with Image.open(io.BytesIO(content)) as picture:
                picture.load()
                upright = ImageOps.exif_transpose(picture)
                # Older Pillow does so for PNG, every Pillow for PGM, whose greys it scales from the maxval to 65535.
                sixteen = picture.format in ("PNG", "PPM") and upright.mode == "I"
                return upright.convert("I;16") if sixteen else upright
    except UnidentifiedImageError:
        raise ImageError(f"{path}: this is no picture that can be read (JPEG, PNG, TIFF, WebP, ... are)") from None
    except Image.DecompressionBombError as error:
        raise ImageError(f"{path}: the picture is too large; scale it down first ({error})") from None
    except Exception as error:  # decoders raise OSError, SyntaxError, ValueError, struct.error, IndexError, ...
        raise ImageError(f"{path}: the picture is truncated or damaged ({error})") from error


def _rgb(picture: Image.Image) -> np.ndarray:
    if picture.mode.startswith("I;16"):
        # Pillow's own conversion clips here: everything above 255 of 65535 would turn white.
        return _channels(_eight_bits(np.asarray(picture).astype(np.uint16)))
    if picture.mode in ("I", "F"):
        kind = "32-bit integers" if picture.mode == "I" else "floating-point numbers"
        raise ImageError(f"the pixels are {kind}, with no agreed white; convert it to 8 or 16 bits first")
    if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        return _channels(np.asarray(picture.convert("RGBA")))
    return np.array(picture.convert("RGB"))  # a copy: Pillow's own buffer is read-only


def _eight_bits(array: np.ndarray) -> np.ndarray:
    # The high byte, as Pillow does for 16-bit colour: 257 * v goes back to v, and 65535 to 255.
    return (array >> 8).astype(np.uint8) if array.itemsize == 2 else array


def _channels(array: np.ndarray) -> np.ndarray:
    """(H, W[, 1, 3 or 4]) uint8 -> (H, W, 3) uint8."""
    if array.ndim == 2:
        array = array[..., None]
    if array.shape[2] == 4:
        return _over_white(array)
    return np.repeat(array, 3, axis=2) if array.shape[2] == 1 else np.ascontiguousarray(array)


def _over_white(rgba: np.ndarray) -> np.ndarray:
    alpha = rgba[..., 3:].astype(np.uint16)
    blended = rgba[..., :3] * alpha + 255 * (255 - alpha)  # at most 255 * 255, which 16 bits hold
    return ((blended + 127) // 255).astype(np.uint8)
