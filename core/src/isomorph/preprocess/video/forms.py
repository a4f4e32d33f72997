"""The forms in which callers pass videos, and how they are told from images and texts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

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
    looks_like_file,
)
from isomorph.preprocess.outside import Outside
from isomorph.preprocess.pixels.forms import is_image, picture

ENDINGS = (".mp4", ".avi", ".mov", ".wmv", ".flv", ".mkv", ".webm", ".m4v")
"""How the names of video files end; a text that ends so, and holds no space, is no text."""
DATA = "data:video/"
KEY = "video"
"""The key under which a dictionary holds a video, in any form."""
ARRAY, TOLD = "array", "video_metadata"
"""The keys of a dictionary that holds frames, and what is said of them."""
_PAGES = ("www.youtube.com", "youtube.com", "m.youtube.com", "youtu.be")
"""Hosts whose pages sentence-transformers takes for videos."""
_UNREAD = ("width", "height", "duration", "video_backend")
"""What may be said of frames and changes nothing."""
_FORMS = (
    "the path of a file, its bytes, a file object, a data URI, an array (frames, height, width, channels) or "
    "(frames, channels, height, width), a list of images, or {'array': frames, 'video_metadata': "
    "{'fps': …}}"
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a caller says of frames."""

    rate: float | None = None
    """Frames a second of the video that they are from; None where nobody says it."""
    total: int | None = None
    """Frames of that video; None: as many as were passed."""
    indices: tuple[int, ...] | None = None
    """Which of its frames these are; None: the first ones."""


@dataclass(frozen=True, slots=True)
class Film:
    """A video as it was passed, not decoded yet, and its place in the call.

    `source` is the path of a file, bytes, base64 in a text, an array, images one by one, or what is
    loaded later.
    """

    source: Any
    index: int
    base64: bool = False
    told: Told = Told()

    @property
    def key(self) -> Any:
        """Equal for the same video: files by path, bytes by what they are, others by the object."""
        if isinstance(self.source, Outside):
            return self.source.key
        if isinstance(self.source, tuple):
            return tuple(each.key for each in self.source), self.told
        own = isinstance(self.source, str | bytes)
        return (self.source if own else id(self.source)), self.told


def is_video(value: Any) -> bool:
    """Whether an input of a model of messages is a video; nothing is opened to find out.

    Of texts those are that hold a video as a data URI, or that look like the name or the address of a file of
    videos. Bytes are known by how they begin.
    """
    if isinstance(value, str):
        return is_data(value, DATA) or looks_like_file(value, ENDINGS) or _is_page(value)
    if isinstance(value, Mapping):
        return set(value) == {KEY} or {ARRAY, TOLD} <= set(value)
    if isinstance(value, Outside):
        return value.modality == KEY
    if isinstance(value, bytes | bytearray | memoryview):
        return _begins_like_one(bytes(value[:12]))
    if isinstance(value, Path):
        return value.suffix.lower() in ENDINGS
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "buif" and value.ndim > 3
    if hasattr(value, "read"):
        return str(getattr(value, "name", "")).lower().endswith(ENDINGS)
    return hasattr(value, "get_frames_in_range") or len(getattr(value, "shape", ())) > 3


def is_frames(value: Any) -> bool:
    """Whether a list holds the frames of one video, rather than several videos."""
    listed = isinstance(value, list | tuple) and bool(value)
    return listed and all(is_image(each) and not is_video(each) for each in value)


def film(value: Any, index: int, fetch: Fetch | None = None) -> Film:
    """A video in the form in which it is kept until it is decoded.

    Args:
        value: what was passed.
        index: its place in the call.
        fetch: how what lies at an address is fetched; None where it is not.

    Raises:
        InputError: it is no video, or the address of one where nothing is fetched.
    """
    if isinstance(value, Mapping):
        return _of_mapping(value, index, fetch)
    if is_frames(value):
        return Film(tuple(picture(each, index, fetch) for each in value), index)
    if isinstance(value, Outside):
        return Film(value, index)
    if isinstance(value, str):
        return _of_text(value, index, fetch)
    if isinstance(value, Path):
        return _of_file(str(value), index)
    if isinstance(value, bytes | bytearray | memoryview):
        return Film(bytes(value), index)
    if hasattr(value, "get_frames_in_range"):  # a decoder that has opened its file
        frames = value.get_frames_in_range(0, len(value)).data
        return replace(film(frames, index), told=Told(rate=float(value.metadata.average_fps)))
    if hasattr(value, "read"):
        return Film(content_of(value, index), index)
    if hasattr(value, "detach"):
        value = array_of(value, index)
    if isinstance(value, np.ndarray) and value.dtype.kind in "buif" and value.ndim == 4:
        return Film(value, index)
    shape = f" of the shape {value.shape}" if isinstance(value, np.ndarray) else ""
    raise InputError(
        f"Input {index} is {type(value).__name__}{shape} ({shown(value)}), but a video is {_FORMS}."
    )


def _of_mapping(value: Mapping[str, Any], index: int, fetch: Fetch | None) -> Film:
    if set(value) == {KEY}:
        return film(value[KEY], index, fetch)
    if set(value) != {ARRAY, TOLD}:
        raise InputError(
            f"Input {index} is a video in a dictionary with the keys {shown(sorted(map(str, value)))}; it "
            f"has '{ARRAY}' and '{TOLD}', and options of the processor go into processor_kwargs."
        )
    found = film(value[ARRAY], index, fetch)
    if not isinstance(found.source, np.ndarray | tuple):
        raise InputError(f"Input {index} has no frames as its '{ARRAY}' ({shown(value[ARRAY])}).")
    return replace(found, told=told(value[TOLD], index))


def told(value: Any, index: int) -> Told:
    """What a caller says of frames.

    Raises:
        InputError: it is no dictionary of what is known of videos; `index` is the input's place in the call.
    """
    if value is None:
        return Told()
    names = ("fps", "total_num_frames", "frames_indices")
    if not isinstance(value, Mapping) or not set(value) <= {*names, *_UNREAD}:
        raise InputError(
            f"Input {index} has the {TOLD} {shown(value)}; it is a dictionary of {', '.join(names)}."
        )
    rate, total, indices = (value.get(name) for name in names)
    if rate is not None and not (_is_number(rate) and 0 < rate < math.inf):
        raise InputError(f"Input {index} has fps={shown(rate)}; it must be above 0.")
    if total is not None and not (_is_whole(total) and 0 < total <= limits.FILM_FRAMES):
        raise InputError(
            f"Input {index} has total_num_frames={shown(total)}; it must be a whole number from 1 to "
            f"{limits.FILM_FRAMES:,}."
        )
    if indices is not None:
        indices = list(indices)
        if not all(_is_whole(each) and each >= 0 for each in indices):
            raise InputError(
                f"Input {index} has frames_indices={shown(indices)}, which count frames."
            )
        indices = tuple(map(int, indices))
    return Told(
        None if rate is None else float(rate), None if total is None else int(total), indices
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _of_text(text: str, index: int, fetch: Fetch | None) -> Film:
    """An address, a data URI, or the path of a file."""
    if is_data(text):
        return Film(base64_of(text, index, DATA), index, base64=True)
    if _is_page(text):
        raise InputError(
            f"Input {index} is {shown(text)}, a page that shows a video. Pass the video's file."
        )
    if text.startswith(("http://", "https://")):
        return Film(at_address(text, index, KEY, fetch), index)
    return _of_file(text, index)


def _of_file(path: str, index: int) -> Film:
    if not is_file(path):
        raise InputError(f"Input {index} is {path_shown(path)}, {lack(path)}. A video is {_FORMS}.")
    return Film(path, index)


def _is_page(text: str) -> bool:
    if not text.startswith(("http://", "https://")) or len(text.split(None, 1)) > 1:
        return False
    try:
        return urlsplit(text).netloc in _PAGES
    except ValueError:
        return False


def _begins_like_one(head: bytes) -> bool:
    """Whether bytes begin as a file of MP4, Matroska, AVI, Flash or Windows Media does."""
    if head[4:8] == b"ftyp":
        return head[8:12] not in (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
    if head[:4] == b"RIFF":
        return head[8:12] == b"AVI "
    return head.startswith((b"\x1aE\xdf\xa3", b"FLV\x01", b"0&\xb2u"))
