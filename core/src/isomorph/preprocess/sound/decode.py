"""From the bytes of a sound file to samples: by soundfile where it is installed, else WAV alone."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError, Unsupported
from isomorph.files import limits
from isomorph.machine.optional import Library
from isomorph.preprocess.sound.recording import CHANNELS, named, too_long

EXTRA = "isomorph-core[audio]"
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_BLOCK = 1 << 18
"""Frames that are decoded at once: a header may promise more than there are."""
_STREAMED = (0, 0xFFFFFFFF)
"""What a WAV file that was written into a pipe says of its length."""


def decoded(data: Path | bytes, index: int) -> tuple[NDArray[np.float32], int]:
    """The mean of all channels, float32 (samples,) in -1 to 1, and how many samples a second has.

    Raises:
        InputError: this is no sound file, or a damaged one; names the input.
        Unsupported: the library that decodes it is not installed.
    """
    name = named(index, data)
    try:
        with _opened(data) as stream:
            _refuse_short(stream, name)
            return _mono(stream, name)
    except (OSError, EOFError) as cause:
        raise InputError(f"{name} cannot be read as a sound: {cause}.") from cause


def _opened(data: Path | bytes) -> BinaryIO:
    """A file is opened here, and without its name, so that no ending decides what it is taken for."""
    return io.BytesIO(data) if isinstance(data, bytes) else os.fdopen(os.open(data, _FLAGS), "rb")


def _mono(stream: BinaryIO, name: str) -> tuple[NDArray[np.float32], int]:
    try:
        soundfile = Library("soundfile", "Sounds are decoded by soundfile", EXTRA).module()
    except Unsupported as cause:
        return _plain(stream, name, cause)
    try:
        with soundfile.SoundFile(_Within(stream)) as file:
            rate, count = int(file.samplerate), int(file.frames)
            _refuse_giants(rate, file.channels, name)
            parts = [block.mean(axis=1) for block in _blocks(file, name)]
            streamed = file.format in ("MP3", "RAW")
    except (soundfile.SoundFileError, RuntimeError, TypeError, ValueError) as cause:
        raise InputError(f"{name} cannot be decoded: {_said(cause)}.") from cause
    samples = np.concatenate([np.empty(0, np.float32), *parts])
    if len(samples) < count < limits.SAMPLES and not streamed:
        raise InputError(
            f"{name} is cut off: it says that it has {count} samples, and {len(samples)} are there."
        )
    return samples, rate


class _Within:
    """A stream that raises nothing: C code calls it. No place lies in front of its beginning."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def seek(self, offset: int, whence: int = 0) -> int:
        """Stays where it is for a place that there is not."""
        with suppress(ValueError, OSError):
            self._stream.seek(offset, whence)
        return self.tell()

    def tell(self) -> int:
        """Bytes from the beginning."""
        return self._stream.tell()

    def read(self, size: int = -1) -> bytes:
        """What is there; nothing where the disk fails."""
        with suppress(OSError):
            return self._stream.read(size)
        return b""


def _said(cause: Exception) -> str:
    return str(cause).rpartition(": ")[2].strip(" .") or type(cause).__name__


def _blocks(file: Any, name: str) -> Iterator[NDArray[np.float32]]:
    """Blocks (frames, channels) up to the end, whatever the header says."""
    most = limits.SAMPLES // file.channels
    found = 0
    while True:
        block = file.read(_BLOCK, dtype="float32", always_2d=True)
        found += len(block)
        if found > most:
            raise too_long(name)
        yield block
        if len(block) < _BLOCK:
            return


def _refuse_giants(rate: int, channels: int, name: str) -> None:
    if not 0 < rate <= limits.RATE or not 0 < channels <= CHANNELS:
        raise InputError(
            f"{name} says that it has {channels} channels of {rate} samples a second; at most "
            f"{CHANNELS} of {limits.RATE} are read."
        )


def _refuse_short(stream: BinaryIO, name: str) -> None:
    """Refuses a WAV file whose samples end before its header says; decoders pass over that in silence."""
    head = stream.read(12)
    size = stream.seek(0, io.SEEK_END)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        place = 12
        while place + 8 <= size:
            stream.seek(place)
            chunk = stream.read(8)
            length = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                if length not in _STREAMED and place + 8 + length > size:
                    raise InputError(
                        f"{name} is cut off: it says that it has {length} bytes of samples, and "
                        f"{size - place - 8} are there."
                    )
                break
            place += 8 + length + length % 2
    stream.seek(0)


def _plain(stream: BinaryIO, name: str, cause: Exception) -> tuple[NDArray[np.float32], int]:
    """Whole numbers of 8, 16 or 32 bits in a WAV file, with Python alone.

    Raises:
        Unsupported: it is another file; says what to install.
    """
    import wave  # that few calls need

    try:
        with wave.open(stream, "rb") as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            _refuse_giants(rate, channels, name)
            if file.getnframes() * channels > limits.SAMPLES:
                raise too_long(name)
            content = file.readframes(file.getnframes())
    except (wave.Error, EOFError):
        width = 0
    kinds = {1: "u1", 2: "<i2", 4: "<i4"}
    if width not in kinds:
        raise Unsupported(
            f"{name} is no WAV file of whole numbers, which takes no library. {cause}"
        ) from cause
    whole = len(content) - len(content) % (width * channels)
    samples = np.frombuffer(content[:whole], kinds[width]).reshape(-1, channels)
    return scaled(samples).mean(axis=1), rate


def scaled(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Whole numbers as float32 in -1 to 1, by the range of their type; unsigned ones around its middle."""
    if samples.dtype.kind == "f":
        return samples.astype(np.float32)
    half = float(1 << (8 * samples.dtype.itemsize - 1))
    middle = half if samples.dtype.kind == "u" else 0.0
    return np.asarray((samples.astype(np.float64) - middle) / half, np.float32)
