"""A program: straight-line code over named values, in static single assignment form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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

    `feeds` maps a feed's name to its type and axes. `outputs` maps each promised name to the value that
    holds it. `bands` names values of (1, 1, T, T), each with a number: they are 0 where row and column lie
    at most so far apart, and -inf elsewhere. A backend may leave out what is excluded by one of them.
    """

    feeds: Mapping[str, Feed]
    constants: Mapping[str, Tensor | NDArray[Any]]
    nodes: tuple[Node, ...]
    outputs: Mapping[str, str]
    bands: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feed:
    """Type and axes of a value that comes from outside, or that passes between two modules."""

    dtype: str
    """``"int64"`` or ``"float32"``."""
    axes: tuple[str | int, ...]
    """What each axis counts, for example ``("rows", "width", "features")``; a number is a fixed size.

    ``"rows"`` are the inputs of a forward, ``"width"`` the length to which they are padded, ``"tokens"`` the
    positions of all rows end to end, ``"images"`` the images of a forward and ``"cells"`` the vectors of the
    largest of them.
    """

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.axes)


_MATRIX = ("rows", "width")
VALUES: Mapping[str, Feed] = {
    "input_ids": Feed("int64", _MATRIX),
    "attention_mask": Feed("int64", _MATRIX),
    "token_type_ids": Feed("int64", _MATRIX),
    "prompt_length": Feed("int64", ("rows",)),
    "offsets": Feed("int64", ("rows",)),
    "token_embeddings": Feed("float32", (*_MATRIX, "features")),
    "causal_logits": Feed("float32", (*_MATRIX, "words")),
    "all_layer_embeddings": Feed("float32", ("layers", *_MATRIX, "features")),
    "token_weights_sum": Feed("float32", ("rows",)),
    "sentence_embedding": Feed("float32", ("rows", "features")),
    "scores": Feed("float32", ("rows", "labels")),
}
"""Types and axes of the named values that core and the built-in modules use."""
RAGGED: Mapping[str, Feed] = {"input_ids": Feed("int64", ("tokens",))}
"""Those that differ in a chain without padding, which reads ``offsets``."""
UNKNOWN = Feed("float32", ("rows", "features"))
"""What a value is taken for of which nobody says anything."""
