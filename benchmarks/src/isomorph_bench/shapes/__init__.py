"""Models of the real sizes with random weights: speed asks for sizes, not for what a model learnt.

    catalogue  the shapes by name
    texts      encoders of texts, with what stands behind them
    clip       a model of texts and images
    words      a tokenizer, trained on docstrings
    weights    files of random numbers, written piece by piece

``isomorph bench shape:bert-base`` writes one into the cache of isomorph and races it. The tokenizer has as
many words as docstrings yield, at most 30,522: of a larger vocabulary the later rows are never read.
"""

from __future__ import annotations

from pathlib import Path

from isomorph.errors import InputError
from isomorph.resolve.archive import cache_root
from isomorph_bench.made import code, once

SHAPE = "shape:"
"""Begins the name of such a model."""


def folder_of_shape(name: str, small: bool = False, root: Path | None = None) -> Path:
    """The folder of a shape, written where it is not there yet; with `small` of the same kind, in little.

    Raises:
        InputError: there is none of this name.
    """
    from isomorph_bench.shapes.catalogue import SHAPES

    if name not in SHAPES:
        raise InputError(f"There is no shape {name!r}; there are: {', '.join(SHAPES)}.")
    called = f"{name}-{'small' if small else 'whole'}-{code(Path(__file__).parent)}"
    folder = (root or cache_root() / "bench" / "shapes") / called
    return once(folder, lambda fresh: SHAPES[name](fresh, small))
