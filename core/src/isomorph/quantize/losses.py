"""What each linear layer loses by fewer bits: the numpy reference runs texts and compares results."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.files.codes import decode, decode_apart
from isomorph.files.quantized import Stored
from isomorph.model.model import Model
from isomorph.preprocess.protocol import Treatment
from isomorph.primitives.program import Node
from isomorph.program.lower import lower
from isomorph.quantize.candidates import Place
from isomorph.quantize.encoded import Columns, as_coded
from isomorph.reference.interpret import Interpreter

Codes = tuple[NDArray[np.int8], NDArray[np.float32]]
Seen = Callable[[Place, Node, Sequence[Any], NDArray[Any]], None]
"""Told of each linear layer that runs: its weight, its node, what it got, and its result."""
TOKENS = 64
"""Texts are cut here; what a layer loses depends little on how long a text is."""


def losses(
    model: Model,
    chosen: Collection[Place],
    stored: Stored,
    inputs: Sequence[Any],
    apart: Mapping[Place, Columns],
) -> Mapping[Place, float]:
    """For each chosen weight of a linear layer the norm of its error over that of its result.

    The layer gets what it gets in the unchanged model, so that a loss is its own. Layers of which a part
    is read at a time are left out.
    """
    errors: dict[Place, float] = {}
    norms: dict[Place, float] = {}
    codes: dict[Place, Codes] = {}  # a quarter of the matrices

    def seen(place: Place, node: Node, values: Sequence[Any], result: NDArray[Any]) -> None:
        columns = apart.get(place)
        if place not in codes:
            tensor = model.tensors[place[0]][place[1]]
            codes[place] = as_coded(tensor, stored, table=False, apart=columns)
        x, _, bias = values
        found = product(np.asarray(x), codes[place], stored.activations, columns)
        plain = result if bias is None else result - bias
        errors[place] = errors.get(place, 0.0) + float(np.square(found - plain).sum())
        norms[place] = norms.get(place, 0.0) + float(np.square(plain).sum())

    watched(model, chosen, inputs, seen)
    return {
        place: float(np.sqrt(errors[place] / norms[place])) if norms[place] else 0.0
        for place in errors
    }


def watched(model: Model, chosen: Collection[Place], inputs: Sequence[Any], seen: Seen) -> None:
    """Runs inputs through the unchanged model, one at a time, and tells of layers of chosen weights."""
    program = lower(model)
    owners = {
        name: place
        for name, constant in program.constants.items()
        for place in chosen
        if constant is model.tensors[place[0]][place[1]]
    }

    def watch(node: Node, values: Sequence[Any], result: NDArray[Any]) -> None:
        place = owners.get(node.inputs[1]) if node.primitive == "linear" else None
        if place is not None:
            seen(place, node, values, result)

    length = min(model.inputs.max_length or TOKENS, TOKENS)
    prepared = model.inputs.preparer().prepare(list(inputs), Treatment(max_length=length))
    interpreter = Interpreter(program, watch)
    for index, width in enumerate(prepared.lengths):
        feeds = prepared.feeds(range(index, index + 1), max(1, int(width)), 0, model.graph.inputs)
        interpreter.run(feeds)


def product(
    x: NDArray[np.float32], codes: Codes, activations: str, apart: Columns | None = None
) -> NDArray[np.float32]:
    """x (…, I) times the transpose of what is stored of a matrix (O, I): its codes and scales."""
    seen = x.reshape(-1, x.shape[-1])
    if activations == "int8":
        seen = by_token(seen, apart)
    matrix = decode(*codes) if apart is None else decode_apart(*codes, apart)
    return (seen @ matrix.T).reshape(*x.shape[:-1], -1)


def by_token(x: NDArray[np.float32], apart: Columns | None = None) -> NDArray[np.float32]:
    """x (N, I) rounded to int8 with a scale for each row: what a product with int8 activations reads.

    Columns that are set apart stay as they are. A backend that knows more of the numbers, such as
    that they are hardly below 0, loses less.
    """
    if apart is not None:
        most = x.copy()
        most[:, apart] = 0.0
        most = by_token(most)
        most[:, apart] = x[:, apart]
        return most
    scales = np.maximum(np.abs(x).max(axis=-1, keepdims=True), np.float32(1e-12)) / np.float32(127)
    return np.asarray(np.rint(x / scales) * scales, np.float32)
