"""The frames of a video, whatever it was passed as; those that nobody wants are not made into pixels."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.preprocess.outside import Outside
from isomorph.preprocess.pixels.decode import decoded, frames_of
from isomorph.preprocess.pixels.forms import Picture
from isomorph.preprocess.pixels.processor import Image
from isomorph.preprocess.video.forms import Film, film


class Reel(Protocol):
    """A video that is open."""

    @property
    def count(self) -> int:
        """Frames that it has."""

    @property
    def rate(self) -> float | None:
        """Frames a second, None where nobody says it."""

    def frames(self, indices: NDArray[np.int64]) -> Iterator[Image]:
        """Those frames, whose indices do not fall: uint8 (height, width, 3), all of one size.

        Raises:
            InputError: one of them cannot be read; names the input.
        """


@contextmanager
def opened(given: Film) -> Iterator[Reel]:
    """The video, until it is closed.

    Raises:
        InputError: it cannot be read; names the input.
        Unsupported: the library that reads videos is not installed.
    """
    source, told = given.source, given.told
    if isinstance(source, Outside):
        with opened(source.read(given.index, film)) as reel:
            yield reel
    elif isinstance(source, np.ndarray):
        yield _Array(source, told.rate, given.index)
    elif isinstance(source, tuple):
        yield _listed(source, told.rate, given.index)
    else:
        from isomorph.preprocess.video.container import opened_file

        if given.base64:
            source = _bytes_of(source, given.index)
        with opened_file(BytesIO(source) if isinstance(source, bytes) else source, given) as reel:
            yield reel


def _bytes_of(text: str, index: int) -> bytes:
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError as cause:
        raise InputError(f"Input {index} is a data URI that is no base64: {cause}.") from cause


def _listed(pictures: tuple[Picture, ...], rate: float | None, index: int) -> Reel:
    """Arrays of one shape are one array: whether floats go to 1 or to 255 is told by all of them."""
    sources: list[Any] = [each.source for each in pictures]
    arrays = all(isinstance(each, np.ndarray) for each in sources)
    if arrays and len({(each.shape, each.dtype) for each in sources}) == 1:
        return _Array(np.stack(sources), rate, index)
    return _Pictures(pictures, rate, index)


class _Array:
    """Frames of an array."""

    def __init__(self, array: NDArray[Any], rate: float | None, index: int) -> None:
        self._array = array
        self._index = index
        self.count = len(array)
        self.rate = rate

    def frames(self, indices: NDArray[np.int64]) -> Iterator[Image]:
        """Those of the array."""
        try:
            found = frames_of(self._array[indices])
        except ValueError as cause:
            raise InputError(
                f"Input {self._index} is no video that can be read: {cause}."
            ) from cause
        yield from found


class _Pictures:
    """Frames that were passed one by one."""

    def __init__(self, pictures: tuple[Picture, ...], rate: float | None, index: int) -> None:
        self._pictures = pictures
        self._index = index
        self.count = len(pictures)
        self.rate = rate

    def frames(self, indices: NDArray[np.int64]) -> Iterator[Image]:
        """Those images, decoded one after the other."""
        shape: tuple[int, ...] = ()
        for index in indices.tolist():
            image = decoded(self._pictures[index])
            shape = shape or image.shape
            if image.shape != shape:
                raise InputError(
                    f"Input {self._index} is a video whose frames have different sizes: {shape[1]} x "
                    f"{shape[0]} pixels, and {image.shape[1]} x {image.shape[0]} of frame {index}."
                )
            yield image
