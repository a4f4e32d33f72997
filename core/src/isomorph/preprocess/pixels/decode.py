"""From a picture as it was passed to red, green and blue: one rule for each way that pixels are kept.

Alpha is dropped. Grey becomes three equal channels, and a palette its colours. Numbers of 16 bits are
divided by 257. Floats in 0 to 1 are multiplied by 255, and those in 0 to 255 taken as they are; both are
rounded. Of an animation the first frame counts. What EXIF says of turning is done. Files, their bytes, and
what Pillow makes of them give the same bits.
"""

from __future__ import annotations

import binascii
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError, Unsupported
from isomorph.files import limits
from isomorph.machine.optional import Library
from isomorph.messages.shown import path_shown
from isomorph.preprocess.outside import Outside
from isomorph.preprocess.pixels.forms import Picture, is_pil
from isomorph.preprocess.pixels.forms import picture as read
from isomorph.preprocess.pixels.processor import Image

PILLOW = Library("PIL", "Reading images takes Pillow", "isomorph-core[image]")
FORMATS = ("JPEG", "MPO", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "PPM", "JPEG2000")
"""Formats that are read. Others of Pillow's start programs, or hold more than pixels."""
_DEEP = ("I;16", "I;16L", "I;16B", "I;16N")


def decoded(picture: Picture) -> Image:
    """The pixels of an image, uint8 (height, width, 3).

    Raises:
        InputError: they cannot be read; names the input's index.
        Unsupported: the library that reads images is not installed.
    """
    source = picture.source
    if isinstance(source, Outside):
        return decoded(source.read(picture.index, read))
    try:
        pixels = _of_array(source) if isinstance(source, np.ndarray) else _of_image(picture)
        if not pixels.size:
            raise ValueError(f"it has {pixels.shape[1]} x {pixels.shape[0]} pixels")
    except (InputError, Unsupported):
        raise
    except Exception as cause:  # Pillow's readers raise whatever a damaged file makes them meet
        said = _said(cause)
        where = f" ({path_shown(source)})" if isinstance(source, str) and not picture.base64 else ""
        raise InputError(
            f"Input {picture.index}{where} is no image that can be read: {said}."
        ) from cause
    return pixels


def _said(cause: Exception) -> str:
    """What a reader found, without the name of the object that it read from."""
    if type(cause).__name__ == "UnidentifiedImageError":
        return f"nothing identifies it as one of {', '.join(FORMATS)}"
    return [*str(cause).splitlines(), type(cause).__name__][0].rstrip(".")


def refuse_without_pillow(picture: Picture) -> None:
    """Where files are to be read, or what only Pillow makes.

    Raises:
        Unsupported: Pillow is not installed; says the command that installs it.
    """
    if not isinstance(picture.source, np.ndarray | Outside):
        PILLOW.refuse_without()


def _of_image(picture: Picture) -> Image:
    source = picture.source
    if is_pil(source):
        return _upright(source)
    pillow = PILLOW.module("Image")
    if picture.base64:
        source = binascii.a2b_base64(source.encode("ascii"), strict_mode=True)
    if isinstance(source, bytes) and not source:
        raise ValueError("it is empty")
    pillow.init()
    known = [name for name in FORMATS if name in pillow.OPEN]
    with pillow.open(BytesIO(source) if isinstance(source, bytes) else source, "r", known) as image:
        return _upright(image)


def _upright(image: Any) -> Image:
    """A PIL image as it is meant to be seen."""
    if image.width * image.height > limits.PIXELS or max(image.size) > limits.SIDE:
        raise ValueError(
            f"it has {image.width} x {image.height} pixels; at most {limits.PIXELS:,} are read, and "
            f"{limits.SIDE:,} of a side"
        )
    return _colours(PILLOW.module("ImageOps").exif_transpose(image))


def _colours(image: Any) -> Image:
    if image.mode in _DEEP or image.mode in ("I", "F"):
        return _of_array(np.asarray(image))
    if "transparency" in image.info:  # of which Pillow warns where it is dropped
        image = image.copy()
        del image.info["transparency"]
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _of_array(array: NDArray[Any]) -> Image:
    """An array of either layout: channels last where there are 3 or 4 of them, else first."""
    if array.size > 4 * limits.PIXELS or max(array.shape, default=0) > limits.SIDE:
        raise ValueError(f"an array {array.shape} is larger than any image that is read")
    if array.ndim > 3:
        raise _other_axes(array)
    return _three_channels(array)


def frames_of(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Frames of either layout, by the rules for images: uint8 (frames, height, width, 3).

    Raises:
        ValueError: their numbers, or their axes, are none that images have.
    """
    frame = array[0] if len(array) else array
    if frame.size > 4 * limits.PIXELS or max(frame.shape, default=0) > limits.SIDE:
        raise ValueError(f"an array {array.shape} holds larger images than any that is read")
    if not frame.size:
        raise ValueError(f"an array {array.shape} holds no pixels")
    return _three_channels(array)


def _three_channels(array: NDArray[Any]) -> NDArray[np.uint8]:
    pixels = _last(array)
    if pixels.shape[-1] in (1, 2):
        pixels = np.repeat(pixels[..., :1], 3, axis=-1)
    return _bytes(pixels[..., :3])


def _last(array: NDArray[Any]) -> NDArray[Any]:
    """(height, width, channels), of several images with their number before that."""
    if array.ndim == 2:
        return array[:, :, None]
    if array.ndim > 2:
        for channels in ((3, 4), (1,)):
            if array.shape[-1] in channels:
                return array
            if array.shape[-3] in channels:
                return np.moveaxis(array, -3, -1)
        if array.shape[-1] == 2:
            return array
    raise _other_axes(array)


def _other_axes(array: NDArray[Any]) -> ValueError:
    return ValueError(
        f"an array {array.shape} is neither (height, width, channels) nor (channels, height, width)"
    )


def _bytes(pixels: NDArray[Any]) -> Image:
    """Numbers of any type in 0 to 255."""
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    if pixels.dtype == bool:
        return np.where(pixels, np.uint8(255), np.uint8(0))
    low, high = (pixels.min(), pixels.max()) if pixels.size else (0, 0)
    if not low >= 0 or not np.isfinite(high):
        raise ValueError(f"its numbers go from {low} to {high}")
    if pixels.dtype.kind == "f":
        scaled = pixels * 255 if high <= 1 else pixels
        if high <= 255:
            return np.asarray(np.rint(scaled), np.uint8)
    elif pixels.dtype == np.uint16 or 255 < high <= 65535:
        whole = (pixels.astype(np.uint32) + 128) // 257
        return np.asarray(whole, np.uint8)
    elif high <= 255:
        return pixels.astype(np.uint8)
    raise ValueError(f"its numbers go from {low} to {high}; what is read: 0 to 255, or 0 to 1")
