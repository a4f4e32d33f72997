"""The forms in which callers pass images, and how a text is told from the name of an image's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from isomorph.errors import InputError
from isomorph.messages.shown import path_shown, shown
from isomorph.preprocess.fetch import Fetch
from isomorph.preprocess.media_forms import (
    array_of,
    at_address,
    base64_of,
    content_of,
    is_data,
    is_file,
    is_folder,
    lack,
    looks_like_file,
    without_space,
)
from isomorph.preprocess.outside import Outside

ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tiff", ".tif", ".webp")
"""How the names of image files end; a text that ends so, and holds no space, is no text."""
DATA = "data:image/"
KEY = "image"
"""The key under which a dictionary holds an image, in any form."""
_FORMS = (
    "the path of a file, its bytes, a file object, a data URI, a PIL image, an array (height, width, "
    "channels) or (channels, height, width), or {'image': …} of any of these, or of base64"
)


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it was passed, not decoded yet, and its place in the call.

    `source` is the path of a file, bytes, base64 in a text, a PIL image, an array, or what is loaded later.
    """

    source: Any
    index: int
    base64: bool = False

    @property
    def key(self) -> Any:
        """Equal for the same image: files by path, bytes by what they are, others by the object."""
        if isinstance(self.source, Outside):
            return self.source.key
        return self.source if isinstance(self.source, str | bytes) else (id(self.source),)


def is_image(value: Any) -> bool:
    """Whether an input of a model that takes texts too is an image.

    Of texts those are that hold an image as a data URI, or that look like the name or the address of a
    file of images: they end as such names do, and hold no space, or there is such a file.
    """
    if isinstance(value, str):
        return is_data(value, DATA) or looks_like_file(value, ENDINGS)
    if isinstance(value, Mapping):
        return set(value) == {KEY}
    if isinstance(value, Outside):
        return value.modality == KEY
    return isinstance(value, bytes | bytearray | memoryview | Path) or is_object(value)


def is_object(value: Any) -> bool:
    """Whether this is a PIL image, an array of numbers, a tensor, or a file object."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "buif" and value.ndim > 1
    return is_pil(value) or hasattr(value, "detach") or hasattr(value, "read")


def is_pil(value: Any) -> bool:
    """Whether this is a PIL image; Pillow is not imported to find out."""
    return any(base.__module__ == "PIL.Image" for base in type(value).__mro__)


def picture(value: Any, index: int, fetch: Fetch | None = None) -> Picture:
    """An input in the form in which it is kept until it is decoded.

    Args:
        value: what was passed.
        index: its place in the call.
        fetch: how what lies at an address is fetched; None where it is not.

    Raises:
        InputError: it is no image, or the address of one where nothing is fetched.
    """
    given = value
    if isinstance(value, Mapping):
        if set(value) != {KEY}:
            raise InputError(
                f"Input {index} is a dictionary with the keys {shown(sorted(map(str, value)))}; this model "
                f"takes one thing at a time, such as {{'{KEY}': …}}."
            )
        value = value[KEY]
    if isinstance(value, Outside):
        return Picture(value, index)
    if isinstance(value, str):
        return _of_text(value, index, keyed=value is not given, fetch=fetch)
    if isinstance(value, Path):
        return _of_file(str(value), index)
    if isinstance(value, bytes | bytearray | memoryview):
        return Picture(bytes(value), index)
    if hasattr(value, "read"):
        return Picture(content_of(value, index), index)
    if hasattr(value, "detach"):
        value = array_of(value, index)
    if is_object(value):
        plain = not isinstance(value, np.ndarray) or type(value) is np.ndarray
        return Picture(value if plain else np.asarray(value), index)  # a matrix has no third axis
    raise InputError(
        f"Input {index} is {type(value).__name__} ({shown(value)}), but an image is {_FORMS}."
    )


def _of_text(text: str, index: int, keyed: bool, fetch: Fetch | None) -> Picture:
    """An address, a data URI, the path of a file, or base64."""
    if is_data(text):
        return Picture(base64_of(text, index, DATA), index, base64=True)
    if text.startswith(("http://", "https://")):
        return Picture(at_address(text, index, KEY, fetch), index)
    if is_file(text):
        return Picture(text, index)
    named = text[-5:].lower().endswith(ENDINGS) or is_folder(text)
    written = without_space(text) if keyed and not named else ""
    if written and len(written) % 4 == 0:
        return Picture(written, index, base64=True)
    return _of_file(text, index)


def _of_file(path: str, index: int) -> Picture:
    if not is_file(path):
        raise InputError(
            f"Input {index} is {path_shown(path)}, {lack(path)}. An image is {_FORMS}."
        )
    return Picture(path, index)
