"""Pictures of every kind become RGB uint8; bad ones are refused by name."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from paflib.errors import ImageError
from paflib.inference.images import as_image, load_image, save_image

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
GREY = RGB[..., 0]
ALPHA = RNG.integers(0, 256, (6, 9), dtype=np.uint8)
RAMP = np.linspace(0, 65535, 54).astype(np.uint16).reshape(6, 9)  # its first step of 1236 is 5 of 255
RAMPS = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=-1)


def blended(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    share = alpha[..., None] / 255
    return np.round(colour * share + 255 * (1 - share))


def saved(path: Path, array: np.ndarray, mode: str | None = None, **options) -> Path:
    picture = Image.fromarray(array)
    (picture if mode is None else picture.convert(mode)).save(path, **options)
    return path


# ---- kinds of files


def test_an_rgb_png_is_read_as_it_is(tmp_path):
    image = load_image(saved(tmp_path / "a.png", RGB))
    assert image.dtype == np.uint8 and (image == RGB).all()
    image[0, 0] = 0  # one's own, writable copy


@pytest.mark.parametrize("name", ["a.jpg", "a.bmp", "a.webp", "a.tif", "a.ppm", "a.gif"])
def test_common_formats_are_read(tmp_path, name):
    smooth = np.full((32, 48, 3), (200, 120, 40), np.uint8)
    assert np.abs(load_image(saved(tmp_path / name, smooth)).astype(int) - smooth).max() <= 6


def test_grey_fills_three_channels(tmp_path):
    assert (load_image(saved(tmp_path / "a.png", GREY)) == GREY[..., None]).all()


def test_black_and_white_is_0_and_255(tmp_path):
    image = load_image(saved(tmp_path / "a.png", GREY, "1"))
    assert set(np.unique(image)) == {0, 255}


def test_alpha_is_blended_over_white(tmp_path):
    rgba = np.dstack([RGB, ALPHA])
    expected = blended(RGB, ALPHA)
    assert (load_image(saved(tmp_path / "a.png", rgba)) == expected).all()
    Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(ALPHA)]).save(tmp_path / "la.png")
    assert (load_image(tmp_path / "la.png") == blended(GREY[..., None], ALPHA)).all()


def test_a_palette_gives_its_colours_and_its_transparent_one_white(tmp_path):
    colours = np.array([[255, 0, 0], [0, 200, 0], [0, 0, 99]], np.uint8)
    index = RNG.integers(0, 3, (6, 9), dtype=np.uint8)
    picture = Image.frombytes("P", (9, 6), index.tobytes())
    picture.putpalette(colours.ravel().tolist())
    picture.save(tmp_path / "p.png")
    assert (load_image(tmp_path / "p.png") == colours[index]).all()
    picture.save(tmp_path / "t.png", transparency=1)
    expected = colours.copy()
    expected[1] = 255
    assert (load_image(tmp_path / "t.png") == expected[index]).all()


def test_cmyk_is_converted(tmp_path):
    smooth = np.full((32, 48, 3), (200, 120, 40), np.uint8)
    for name in ("a.jpg", "a.tif"):
        assert np.abs(load_image(saved(tmp_path / name, smooth, "CMYK")).astype(int) - smooth).max() <= 6


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("array", [RAMP, RAMPS], ids=["grey", "rgb"])
def test_sixteen_bits_are_scaled_not_clipped(tmp_path, ending, array):
    """Pillow's own conversion of 16-bit grey turns everything above 255 of 65535 white."""
    path = tmp_path / f"a.{ending}"
    cv2.imwrite(str(path), array if array.ndim == 2 else array[..., ::-1])
    expected = array / 257 if array.ndim == 3 else array[..., None] / 257
    assert np.abs(load_image(path) - expected).max() <= 1
    assert load_image(path).max() == 255


def test_sixteen_bit_rgba_is_blended(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.dstack([RAMPS[..., ::-1], RAMP]))
    assert np.abs(load_image(tmp_path / "a.png") - blended(RAMPS / 257, RAMP / 257)).max() <= 2


def test_big_endian_sixteen_bit_tiff(tmp_path):
    Image.frombytes("I;16B", (9, 6), RAMP.astype(">u2").tobytes()).save(tmp_path / "a.tif")
    assert np.abs(load_image(tmp_path / "a.tif") - RAMP[..., None] / 257).max() <= 1


@pytest.mark.parametrize("magic", ["P2", "P5"])
@pytest.mark.parametrize("white", [1000, 4095, 65535])
def test_sixteen_bit_pgm_is_scaled_by_its_own_white(tmp_path, magic, white):
    """Pillow opens it in the 32 bits of mode "I"; cameras and scanners write 10 and 12 bits with their maxval."""
    grey = np.linspace(0, white, 54).round().astype(np.uint16).reshape(6, 9)
    pixels = grey.astype(">u2").tobytes() if magic == "P5" else " ".join(map(str, grey.ravel())).encode()
    (tmp_path / "a.pgm").write_bytes(f"{magic}\n# a comment\n9 6\n{white}\n".encode() + pixels)
    image = load_image(tmp_path / "a.pgm")
    assert image.shape == (6, 9, 3)
    assert np.abs(image - 255 * (grey / white)[..., None]).max() <= 1 and image.max() == 255


def test_half_a_sixteen_bit_pgm_is_refused(tmp_path):
    (tmp_path / "a.pgm").write_bytes(b"P5\n9 6\n4095\n" + bytes(54))
    with pytest.raises(ImageError, match=r"a\.pgm: .*truncated"):
        load_image(tmp_path / "a.pgm")


# how a camera held in orientation o stores the upright picture
STORED = {
    1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1), 6: lambda a: np.rot90(a), 7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}  # fmt: skip


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_exif_orientation_is_applied(tmp_path, orientation, ending):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(STORED[orientation](RGB))
    assert (load_image(saved(tmp_path / f"a.{ending}", stored, exif=exif)) == RGB).all()


def test_exif_orientation_of_sixteen_bit_grey(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    saved(tmp_path / "a.png", np.ascontiguousarray(np.rot90(RAMP)), exif=exif)
    assert np.abs(load_image(tmp_path / "a.png") - RAMP[..., None] / 257).max() <= 1


def test_one_pixel(tmp_path):
    assert load_image(saved(tmp_path / "a.png", RGB[:1, :1])).shape == (1, 1, 3)


# ---- bad files


def bad_files() -> dict[str, bytes]:
    noise = Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    files = {"empty.png": b"", "text.png": b"this is no picture, whatever its name\n" * 20, "zeros.jpg": bytes(5000)}
    for form in ("png", "jpeg", "tiff", "gif", "webp", "bmp"):
        buffer = io.BytesIO()
        noise.save(buffer, form)
        files[f"half.{form}"] = buffer.getvalue()[: len(buffer.getvalue()) // 2]
        files[f"head.{form}"] = buffer.getvalue()[:30]
    return files


@pytest.mark.parametrize(("name", "content"), bad_files().items(), ids=bad_files())
def test_empty_truncated_and_foreign_files_are_refused_by_name(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"empty|truncated|damaged|no picture") as error:
        load_image(path)
    assert str(path) in str(error.value)


def test_missing_and_folders_are_refused_by_name(tmp_path):
    with pytest.raises(ImageError, match=r"nowhere\.png: there is no such file"):
        load_image(tmp_path / "nowhere.png")
    with pytest.raises(ImageError, match="this is a folder"):
        load_image(tmp_path)


def test_depths_without_an_agreed_white_are_refused(tmp_path):
    saved(tmp_path / "f.tif", RAMP.astype(np.float32))
    saved(tmp_path / "i.tif", RAMP.astype(np.int32) * 1000)
    with pytest.raises(ImageError, match=r"f\.tif: .*floating-point"):
        load_image(tmp_path / "f.tif")
    with pytest.raises(ImageError, match=r"i\.tif: .*32-bit"):
        load_image(tmp_path / "i.tif")


# ---- arrays


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (RGB, RGB),
        (GREY, GREY[..., None] * np.ones(3)),
        (GREY[..., None], GREY[..., None] * np.ones(3)),
        (np.dstack([RGB, ALPHA]), blended(RGB, ALPHA)),
        (RAMPS, RAMPS >> 8),
        (RAMP, RAMP[..., None] >> 8),
        (RAMP.astype(">u2"), RAMP[..., None] >> 8),
        (RGB[:, ::-1], RGB[:, ::-1]),
    ],
    ids=["rgb", "grey", "grey1", "rgba", "rgb16", "grey16", "big-endian", "view"],
)
def test_arrays(array, expected):
    image = as_image(array)
    assert image.dtype == np.uint8 and image.flags.c_contiguous and image.shape == (6, 9, 3)
    assert (image == expected).all()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (RGB / 255, r"float64.*255 \* image"),
        (GREY > 9, "bool"),
        (RGB.astype(np.int64), r"int64.*astype"),
        (RGB.transpose(2, 0, 1), "channels come last"),
        (RGB[None], "one image of a batch"),
        (RGB[..., :2], r"shape \(6, 9, 2\)"),
        (RGB[0, 0], r"shape \(3,\)"),
        (RGB[:0], "no pixels"),
        (RGB.tolist(), "list"),
        (None, "NoneType"),
    ],
)
def test_bad_arrays_are_refused_with_the_remedy(array, message):
    with pytest.raises(ImageError, match=message):
        as_image(array)


# ---- writing


def test_what_is_saved_is_read_again_and_nothing_else_is_left(tmp_path):
    save_image(tmp_path / "a.png", RGB)
    assert (load_image(tmp_path / "a.png") == RGB).all()
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    save_image(tmp_path / "a.png", RGB)

    def fail(self, path, **options):
        Path(path).write_bytes(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="full"):
        save_image(tmp_path / "a.png", 255 - RGB)
    assert (load_image(tmp_path / "a.png") == RGB).all()
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_an_ending_that_names_no_format_is_refused(tmp_path):
    with pytest.raises(ImageError, match=r"\.xyz"):
        save_image(tmp_path / "a.xyz", RGB)
    assert not list(tmp_path.iterdir())
