"""A sound as a caller passes it, looked at but not decoded yet."""

from __future__ import annotations

import binascii
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.files import limits
from isomorph.messages.shown import path_shown, shown
from isomorph.preprocess.fetch import Fetch
from isomorph.preprocess.media_forms import (
    array_of,
    at_address,
    base64_of,
    content_of,
    is_data,
    is_file,
    lack,
)
from isomorph.preprocess.outside import Outside

CHANNELS = 64
"""Channels of a sound at most; of an array with two axes the shorter one counts channels."""
_UNKNOWN = 1 << 20
"""Samples that count for a sound that lies elsewhere: a minute of 16 kHz."""
_WIDEST = 4
"""Bytes of a whole number at most: more are what numpy makes of numbers in a list."""
_SLOWEST = 100
"""Samples in a second at least."""
DATA = "data:audio/"
TAKEN = "a path, bytes, an open file, a data URI, an array, or {'array': …, 'sampling_rate': …}"
"""What may be passed as a sound."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A sound: a file by its path, the bytes of one, samples, or what is loaded later.

    Samples are (samples,) or (samples, channels). `index` is the sound's place in its call.
    """

    data: Path | bytes | NDArray[Any] | Outside
    rate: int | None = None
    """Of samples: how many there are in a second; None: as many as the model hears."""
    index: int = 0

    @property
    def key(self) -> Hashable:
        """The same for equal sounds of a call."""
        data = self.data
        if isinstance(data, Path):
            return str(data)
        if isinstance(data, bytes):
            return data
        if isinstance(data, Outside):
            return data.key
        digest = blake2b(np.ascontiguousarray(data).data, digest_size=16).digest()
        return digest, data.dtype.str, data.shape, self.rate

    @property
    def size(self) -> int:
        """Samples, or bytes of a file, which are fewer."""
        if isinstance(self.data, Path):
            try:
                return self.data.stat().st_size
            except OSError:
                return 0  # decoding it says what is wrong
        if isinstance(self.data, Outside):
            return _UNKNOWN
        return len(self.data)


def recording(value: Any, index: int, fetch: Fetch | None = None) -> Recording:
    """What a caller passes as one sound.

    Args:
        value: what was passed.
        index: its place in the call.
        fetch: how what lies at an address is fetched; None where it is not.

    Raises:
        InputError: it is none; says which and why.
    """
    if isinstance(value, Recording):
        return Recording(value.data, value.rate, index)
    if isinstance(value, Mapping):
        return _of_mapping(value, index, fetch)
    if isinstance(value, Outside):
        return Recording(value, None, index)
    if isinstance(value, str) and is_data(value):
        return Recording(_of_data(value, index), None, index)
    if isinstance(value, str) and "://" in value[:16]:
        return Recording(at_address(value, index, "audio", fetch), None, index)
    if isinstance(value, str | PurePath):
        return Recording(_file(value, index), None, index)
    if isinstance(value, bytes | bytearray | memoryview):
        return Recording(bytes(value), None, index)
    if hasattr(value, "get_all_samples"):  # a decoder that has opened its file
        found = value.get_all_samples()
        return Recording(_array(found.data, index), checked_rate(found.sample_rate, index), index)
    if hasattr(value, "read"):
        return Recording(content_of(value, index), None, index)
    return Recording(_array(value, index), None, index)


def _of_mapping(value: Mapping[str, Any], index: int, fetch: Fetch | None) -> Recording:
    """``{"array", "sampling_rate"}`` or ``{"bytes", "path"}``, as datasets have them, or ``{"audio"}``."""
    if set(value) == {"audio"}:
        return recording(value["audio"], index, fetch)
    if "array" in value:
        if value.get("sampling_rate") is None:
            raise InputError(
                f"Input {index} has an 'array' but no 'sampling_rate': say how many samples a second has, "
                "or pass the array itself, which is taken to have the model's own rate."
            )
        return Recording(
            _array(value["array"], index), checked_rate(value["sampling_rate"], index), index
        )
    for name in ("bytes", "path"):
        if value.get(name) is not None:
            return recording(value[name], index, fetch)
    raise InputError(
        f"Input {index} is a dict with the keys {shown(sorted(map(str, value)))}; this model takes audio: "
        "{'audio': …}, or {'array': …, 'sampling_rate': …}."
    )


def _of_data(uri: str, index: int) -> bytes:
    """The file that a data URI holds."""
    body = base64_of(uri, index, DATA)
    try:
        return binascii.a2b_base64(body.encode("ascii"), strict_mode=True)
    except ValueError as cause:
        raise InputError(f"Input {index} is a data URI of damaged base64: {cause}.") from cause


def _file(value: str | PurePath, index: int) -> Path:
    text = str(value)
    if not is_file(text):
        raise InputError(
            f"Input {index} is {path_shown(text)}, {lack(text)}. This model takes audio: {TAKEN}."
        )
    return Path(text)


def _array(value: Any, index: int) -> NDArray[Any]:
    """Samples (samples,) or (samples, channels).

    Raises:
        InputError: they are no numbers, or have other axes.
    """
    if value is None or isinstance(value, int | float | complex | bool):
        raise InputError(f"Input {index} is {shown(value)}; this model takes audio: {TAKEN}.")
    if hasattr(value, "detach"):  # a tensor, perhaps of another device
        value = array_of(value, index)
    try:
        found = np.asarray(value)
    except (TypeError, ValueError) as cause:
        raise InputError(f"Input {index} is no array of samples: {cause}.") from cause
    if found.size > limits.SAMPLES:
        raise too_long(named(index, value))
    if found.dtype.kind not in "fiu":
        kind = type(value).__name__
        raise InputError(
            f"Input {index} is {kind} of {found.dtype}; this model takes audio: {TAKEN}."
        )
    if found.dtype.kind in "iu" and found.dtype.itemsize > _WIDEST:
        raise InputError(
            f"Input {index} holds whole numbers of {found.dtype}, whose range says nothing of how loud they "
            "are. Pass them as they were recorded, such as int16 or int32, or as floats in -1 to 1."
        )
    if found.ndim == 1:
        return found
    if found.ndim != 2 or min(found.shape) > CHANNELS or found.shape[0] == found.shape[1] > 1:
        raise InputError(
            f"Input {index} has the shape {found.shape}. Sounds are (samples,), (channels, samples) or "
            f"(samples, channels): the shorter axis counts channels, at most {CHANNELS}."
        )
    return found if found.shape[0] >= found.shape[1] else found.T


def named(index: int, data: Any) -> str:
    """What errors call a sound: its place among the inputs, and its file where it has one."""
    return (
        f"Input {index} ({path_shown(str(data))})" if isinstance(data, Path) else f"Input {index}"
    )


def too_long(name: str) -> InputError:
    """The error for a sound with more samples than any that is read; `name` is what `named` says."""
    return InputError(
        f"{name} has more than {limits.SAMPLES} samples with those of all channels; split it."
    )


def checked_rate(value: Any, index: int) -> int:
    """Samples in a second.

    Raises:
        InputError: it is no whole number, or one that no sound has.
    """
    number = getattr(value, "item", lambda: value)()
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if type(number) is not int or not _SLOWEST <= number <= limits.RATE:
        raise InputError(
            f"Input {index} has the sampling rate {shown(value)}; it must be a whole number from "
            f"{_SLOWEST} to {limits.RATE}."
        )
    return number
