"""A decoder: images that lie in files of numpy, as arrays of (height, width, channels)."""

from pathlib import Path
from typing import Any

import numpy as np

from isomorph.hookspecs import Decoder, hookimpl


def accepts(value: Any) -> bool:
    """Whether this is the path of such a file. Nothing is opened to find out."""
    return isinstance(value, str | Path) and str(value).endswith(".npy")


def decode(value: Any) -> Any:
    """The array, in a form that isomorph takes; what is raised here names the input."""
    return np.load(value, allow_pickle=False)


@hookimpl
def isomorph_decoders() -> list[Decoder]:
    """One form of images. Models that see take such files, alone and in dictionaries."""
    return [Decoder("image", accepts, decode)]
