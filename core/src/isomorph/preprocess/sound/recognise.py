"""Whether an input of a model that takes texts too is a sound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

from isomorph.preprocess.media_forms import is_data, looks_like_file
from isomorph.preprocess.outside import Outside
from isomorph.preprocess.sound.recording import DATA

ENDINGS = (".wav", ".mp3", ".ogg", ".flac", ".aac", ".aiff", ".aif", ".opus", ".m4a")
"""How the names of sound files end; a text that ends so, and holds no space, is no text."""

_UNDECODED = {"bytes", "path"}
"""The keys under which datasets have a sound that is not decoded."""


def is_sound(value: Any) -> bool:
    """Whether this is a sound.

    Of texts those are that hold a sound as a data URI, or that look like the name or the address of a sound
    file: they end as such names do, and hold no space, or there is such a file. Bytes and open files are
    sounds where nothing else takes them.
    """
    if isinstance(value, str):
        return is_data(value, DATA) or looks_like_file(value, ENDINGS)
    if isinstance(value, Mapping):
        keys = set(value)
        return keys == {"audio"} or "array" in keys or (bool(keys) and keys <= _UNDECODED)
    if isinstance(value, Outside):
        return value.modality == "audio"
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iuf" and value.ndim in (1, 2)
    plain = bytes | bytearray | memoryview | PurePath
    return isinstance(value, plain) or any(
        hasattr(value, name) for name in ("read", "get_all_samples", "detach")
    )
