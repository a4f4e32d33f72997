"""What images, sounds and videos have in common as callers pass them: paths, addresses, data URIs, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.messages.shown import shown
from isomorph.preprocess.fetch import HOW, Fetch
from isomorph.preprocess.outside import Outside


def is_file(text: str) -> bool:
    """Whether there is a file of this name."""
    try:
        return Path(text).is_file()
    except (ValueError, OSError):  # a zero byte, or a name beyond all lengths
        return False


def is_folder(text: str) -> bool:
    """Whether there is a folder of this name."""
    try:
        return Path(text).is_dir()
    except (ValueError, OSError):
        return False


def lack(text: str) -> str:
    """Why there is no file of this name, as the end of a sentence: it is a folder's, or nobody's."""
    return (
        "a folder; pass its files, one an input" if is_folder(text) else "and there is no such file"
    )


def looks_like_file(text: str, endings: tuple[str, ...]) -> bool:
    """Whether a text ends as names of such files do, and holds no space, or there is such a file."""
    if not text[-5:].lower().endswith(endings):
        return False
    return len(text.split(None, 1)) == 1 or is_file(text)


def is_data(text: str, kind: str = "data:") -> bool:
    """Whether a text is a data URI; `kind` is how it begins, such as ``data:image/``, in any case."""
    return text[: len(kind)].lower() == kind


def base64_of(uri: str, index: int, kind: str) -> str:
    """What a data URI holds, in base64 without white space; `kind` is how those begin that are read.

    Raises:
        InputError: it begins otherwise; names `index`, the input's place in the call.
    """
    head, comma, body = uri.partition(",")
    if not comma or not is_data(head, kind) or not head.lower().endswith(";base64"):
        raise InputError(
            f"Input {index} is a data URI that begins with {shown(head)}; {kind}…;base64, is read."
        )
    return without_space(unquote(body))


def without_space(text: str) -> str:
    """Base64 in one line, as it is decoded; mails and command lines break it into several."""
    return "".join(text.split())


def at_address(address: str, index: int, modality: str, fetch: Fetch | None) -> Outside:
    """What lies at an address, to be fetched when it is needed.

    Raises:
        InputError: nothing is fetched; names `index`, the input's place in the call.
    """
    if fetch is None:
        raise InputError(f"Input {index} is the address {shown(address)}. {HOW}.")
    return Outside(modality, address, fetch, "fetched")


def content_of(file: Any, index: int) -> bytes:
    """All bytes of a file object, from where it stands.

    Raises:
        InputError: it gives text, or cannot be read; names `index`, the input's place in the call.
    """
    try:
        found = file.read()
    except (OSError, ValueError) as cause:  # a closed file, a broken disk, or text that is none
        raise InputError(f"Input {index} is a file object that cannot be read: {cause}.") from cause
    if not isinstance(found, bytes | bytearray):
        raise InputError(
            f"Input {index} is a file object of {type(found).__name__}; open the file with 'rb'."
        )
    return bytes(found)


def array_of(tensor: Any, index: int) -> NDArray[Any]:
    """The numbers of a tensor, from whatever device; types that numpy lacks become float32.

    Raises:
        InputError: it holds none, or in another way; names `index`, the input's place in the call.
    """
    try:
        near = tensor.detach().cpu()
        try:
            return np.asarray(near)
        except TypeError:  # bfloat16
            return np.asarray(near.float())
    except (TypeError, ValueError, RuntimeError) as cause:
        raise InputError(f"Input {index} is a tensor that cannot be read: {cause}.") from cause
