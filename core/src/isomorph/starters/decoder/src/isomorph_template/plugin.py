"""A decoder: images in files that end in ``.template``, as arrays of (height, width, channels)."""

from pathlib import Path
from typing import Any

import numpy as np

from isomorph.hookspecs import Decoder, hookimpl

isomorph_contract = 2


def accepts(value: Any) -> bool:
    """Whether this is the path of such a file. Nothing is opened to find out."""
    return isinstance(value, str | Path) and str(value).endswith(".template")


def decode(value: Any) -> Any:
    """The array, in a form that isomorph takes; what is raised here names the input."""
    with Path(value).open("rb") as stream:
        return np.load(stream, allow_pickle=False)


@hookimpl
def isomorph_decoders() -> list[Decoder]:
    """One form of images. Models that see take such files, alone and in dictionaries."""
    return [Decoder("image", accepts, decode)]
