"""A program: straight-line code over named values, in static single assignment form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from isomorph.files.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Node:
    """One primitive applied: `inputs` and `output` name values; "" marks an absent optional input."""

    primitive: str
    inputs: tuple[str, ...]
    output: str
    attrs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Program:
    """`feeds` come from the caller, `constants` from files or from the lowering itself.

    `feeds` maps a feed's name to its rank; all feeds but ``token_embeddings`` and the like are
    int64. `outputs` maps each promised name to the value that holds it.
    """

    feeds: Mapping[str, Feed]
    constants: Mapping[str, Tensor | NDArray[Any]]
    nodes: tuple[Node, ...]
    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Feed:
    """Type of a value that comes from outside: ``dtype`` is ``"int64"`` or ``"float32"``."""

    dtype: str
    rank: int


FEEDS: Mapping[str, Feed] = {
    "input_ids": Feed("int64", 2),
    "attention_mask": Feed("int64", 2),
    "token_type_ids": Feed("int64", 2),
    "prompt_length": Feed("int64", 1),
    "offsets": Feed("int64", 1),
    "token_embeddings": Feed("float32", 3),
    "all_layer_embeddings": Feed("float32", 4),
    "token_weights_sum": Feed("float32", 1),
    "sentence_embedding": Feed("float32", 2),
    "scores": Feed("float32", 2),
}
"""Types of the named values that core and the built-in modules use."""
