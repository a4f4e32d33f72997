"""Images in every form that they come in: the same picture is the same numbers, and what is none is named."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.parity.tower_models import picture as photo

from isomorph.errors import InputError
from isomorph.preprocess.pixels.decode import decoded
from isomorph.preprocess.pixels.forms import is_image, picture

PIXELS = photo(31, 47)


def bytes_of(pixels, name="png", **options):
    stream = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(stream, name, **options)
    return stream.getvalue()


def rgb(value, index=0):
    return decoded(picture(value, index))


@pytest.fixture
def file(tmp_path):
    place = tmp_path / "a photo.PNG"
    place.write_bytes(bytes_of(PIXELS))
    return place


def forms(file):
    data, text = file.read_bytes(), base64.b64encode(file.read_bytes()).decode()
    plain = [
        str(file),
        file,
        data,
        bytearray(data),
        memoryview(data),
        io.BytesIO(data),
        f"data:image/png;base64,{text}",
        f"DATA:Image/PNG;charset=utf-8;BASE64,{text}",
        f"data:image/png;base64,\n{text[:50]}\r\n{text[50:]} ",
        "data:image/png;base64," + text.replace("+", "%2B").replace("=", "%3D"),
        Image.open(file),
        PIXELS,
        PIXELS.transpose(2, 0, 1),
        PIXELS.astype(np.int64),
        PIXELS.astype(np.float32),
        PIXELS.astype(np.float64) / 255,
        PIXELS.astype(np.uint16) * 257,
        np.dstack([PIXELS, PIXELS[:, :, 0]]),
        PIXELS.astype(">f8"),
        PIXELS[::-1, ::-1].copy()[::-1, ::-1],
        np.asfortranarray(PIXELS),
    ]
    return [
        *plain,
        *({"image": each} for each in plain if not hasattr(each, "read")),
        {"image": text},
        {"image": f"{text[:76]}\n{text[76:]}\n"},
    ]


def test_every_form_of_one_picture_has_the_same_bits(file):
    for form in forms(file):
        assert is_image(form), form
        found = rgb(form)
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, PIXELS)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (40, 3), (3, 40), (4, 4)])
def test_a_narrow_picture_is_read_as_its_array(size):
    pixels = photo(*size)
    np.testing.assert_array_equal(rgb(pixels), pixels)
    np.testing.assert_array_equal(rgb(bytes_of(pixels)), pixels)


def test_a_file_object_is_read_from_where_it_stands(file):
    stream = io.BytesIO(b"head" + file.read_bytes())
    stream.seek(4)
    np.testing.assert_array_equal(rgb(stream), PIXELS)


def modes():
    grey = PIXELS[:, :, 0]
    three = np.repeat(grey[:, :, None], 3, axis=2)
    alpha = np.dstack([PIXELS, grey])
    palette = Image.fromarray(PIXELS).quantize(16)
    bits = Image.fromarray(grey).convert("1")
    deep = grey.astype(np.uint16) * 257
    return {
        "L": (Image.fromarray(grey), three),
        "LA": (Image.fromarray(np.dstack([grey, grey])), three),
        "P": (palette, np.asarray(palette.convert("RGB"))),
        "1": (bits, np.asarray(bits.convert("RGB"))),
        "RGBA": (Image.fromarray(alpha), PIXELS),
        "CMYK": (Image.fromarray(PIXELS).convert("CMYK"), PIXELS),
        "I;16": (Image.fromarray(deep), three),
        "I": (Image.fromarray(deep.astype(np.int32)), three),
        "F": (Image.fromarray(grey.astype(np.float32)), three),
        "F to 1": (Image.fromarray(grey.astype(np.float32) / 255), three),
    }


@pytest.mark.parametrize("mode", modes())
def test_each_mode_has_one_rule(mode):
    image, wanted = modes()[mode]
    assert mode.startswith(image.mode)
    np.testing.assert_array_equal(rgb(image), wanted)


def test_a_transparent_palette_is_read_without_a_warning():
    image = Image.fromarray(PIXELS).quantize(16)
    data = bytes_of(image, transparency=bytes(range(0, 256, 16)))
    np.testing.assert_array_equal(rgb(data), np.asarray(image.convert("RGB")))
    assert "transparency" in Image.open(io.BytesIO(data)).info


@pytest.mark.parametrize("turn", range(1, 9))
def test_what_exif_says_of_turning_is_done_of_a_file_and_of_an_opened_image(turn, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = turn
    file = tmp_path / "turned.png"
    Image.fromarray(PIXELS).save(file, exif=exif)
    ways = {
        1: PIXELS, 2: PIXELS[:, ::-1], 3: PIXELS[::-1, ::-1], 4: PIXELS[::-1],
        5: PIXELS.transpose(1, 0, 2), 6: PIXELS[::-1].transpose(1, 0, 2),
        7: PIXELS[::-1, ::-1].transpose(1, 0, 2), 8: PIXELS[:, ::-1].transpose(1, 0, 2),
    }  # fmt: skip
    for form in (file, file.read_bytes(), Image.open(file)):
        np.testing.assert_array_equal(rgb(form), ways[turn])


def test_of_an_animation_the_first_frame_counts():
    frames = [Image.fromarray(photo(20, 20, seed)).quantize(64) for seed in range(3)]
    data = bytes_of(frames[0], "gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(rgb(data), np.asarray(frames[0].convert("RGB")))


class Tensor:
    """As tensors of other libraries are: no array, but one after two calls."""

    def detach(self):
        return self

    def cpu(self):
        return PIXELS


def test_a_tensor_becomes_an_array():
    np.testing.assert_array_equal(rgb(Tensor()), PIXELS)


class Narrow(Tensor):
    """As a tensor of bfloat16: numpy has no such type."""

    def cpu(self):
        return self

    def __array__(self, *_, **__):
        raise TypeError("Got unsupported ScalarType BFloat16")

    def float(self):
        return PIXELS.astype(np.float32)


class Nowhere(Narrow):
    """As a tensor without numbers."""

    def float(self):
        raise NotImplementedError("Cannot copy out of meta tensor")


def test_a_tensor_of_a_type_that_numpy_lacks_becomes_floats():
    np.testing.assert_array_equal(rgb(Narrow()), PIXELS)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_matrix_is_grey():
    grey = PIXELS[:, :, 0]
    np.testing.assert_array_equal(rgb(np.asmatrix(grey)), rgb(grey))


def closed():
    stream = io.BytesIO(b"a")
    stream.close()
    return stream


BAD = {
    "a closed file": (closed(), "cannot be read: I/O operation on closed file"),
    "no numbers": (Nowhere(), "is a tensor that cannot be read: Cannot copy"),
    "empty": (b"", "is empty"),
    "text": (b"no picture", "nothing identifies it as one of JPEG, .*JPEG2000.$"),
    "cut": (bytes_of(PIXELS)[:200], "no image that can be read"),
    "floats below 0": (PIXELS - np.float32(300), "go from -"),
    "floats beyond 255": (PIXELS * np.float32(2), "0 to 255, or 0 to 1"),
    "nan": (np.full((4, 4, 3), np.nan, np.float32), "go from nan"),
    "infinity": (np.full((4, 4, 3), np.inf, np.float32), "go from inf"),
    "no rows": (np.zeros((0, 4, 3), np.uint8), "4 x 0 pixels"),
    "five channels": (np.zeros((9, 9, 5), np.uint8), "neither"),
    "four axes": (np.zeros((2, 9, 9, 3), np.uint8), "neither"),
    "a missing file": ("no/such/file.jpg", "there is no such file"),
    "a keyed folder": ({"image": "/tmp"}, "a folder; pass its files"),
    "a zero byte": ("a\0b.jpg", "there is no such file"),
    "an address": ("https://example.org/a.jpg", "Nothing is fetched"),
    "a keyed address": ({"image": "http://169.254.169.254/latest"}, "Nothing is fetched"),
    "a local address": ({"image": "file:///etc/passwd"}, "no image|no such file"),
    "another data URI": ("data:text/html;base64,AAAA", "data URI that begins with"),
    "a data URI of letters": ("data:image/png;base64,@@@@", "no image that can be read"),
    "keys": ({"image": PIXELS, "text": "a"}, "one thing at a time"),
    "an object": (object(), "an image is"),
    "letters": (io.StringIO("a"), "open the file with 'rb'"),
    "a program": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "nothing identifies it"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_image_is_named_by_its_place(name):
    value, said = BAD[name]
    with pytest.raises(InputError, match=f"^Input 7 .*(?:{said})"):
        rgb(value, 7)


def test_a_bomb_is_refused_before_it_is_unpacked():
    data = bytearray(bytes_of(PIXELS))
    data[16:24] = (60000).to_bytes(4, "big") * 2  # IHDR says 3.6 gigapixels
    import zlib

    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    with pytest.raises(InputError, match=r"^Input 3 is no image that can be read"):
        rgb(bytes(data), 3)


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("a cat", False), ("see the picture cat.jpg", False), ("cat.jpg", True), ("CAT.JPEG", True),
        ("https://example.org/cat.webp", True), ("https://example.org/", False),
        ("data:image/gif;base64,R0lGOD", True), ("", False), ("photo.pdf", False),
    ],
)  # fmt: skip
def test_a_text_that_looks_like_a_file_is_no_text(text, image):
    assert is_image(text) is image


def outcome(data, index):
    """The pixels, or the error in their place."""
    try:
        return rgb(data, index), None
    except InputError as error:
        return None, error


def test_mutated_files_are_an_error_or_an_image():
    rng = np.random.default_rng(0)
    kinds = [
        bytes_of(PIXELS, name, **options)
        for name, options in [
            ("png", {}), ("jpeg", {}), ("gif", {}), ("bmp", {}), ("tiff", {"compression": "tiff_lzw"}),
            ("webp", {}), ("ppm", {}), ("jpeg", {"progressive": True}), ("jpeg2000", {}),
        ]
    ]  # fmt: skip
    read = 0
    for turn in range(500):
        data = bytearray(kinds[turn % len(kinds)])
        for _ in range(int(rng.integers(1, 9))):
            data[int(rng.integers(0, min(len(data), 400 if turn % 3 else len(data))))] = int(
                rng.integers(0, 256)
            )
        if turn % 4 == 0:
            data = data[: int(rng.integers(1, len(data)))]
        found, error = outcome(bytes(data), turn)
        if error is not None:
            assert str(error).startswith(f"Input {turn} ")
            continue
        read += 1
        assert found.ndim == 3
        assert found.shape[2] == 3
    assert 50 < read < 450


def test_texts_are_embedded_without_the_library_of_images(tmp_path):
    from tests.parity.tower_models import build

    folder = build("clip", tmp_path)
    program = (
        "import sys; from isomorph import SentenceTransformer as S;"
        f"m = S({str(folder)!r}, backend='reference'); m.encode(['a cat', 'a dog']);"
        "assert not any(n.partition('.')[0] == 'PIL' for n in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])
