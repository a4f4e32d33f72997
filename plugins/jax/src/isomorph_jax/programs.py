"""A program as a function of its weights and feeds, which JAX traces, and its weights as JAX takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Tensor
from isomorph.errors import Unsupported
from isomorph.program import Program

Function = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]

_MATRICES = {"linear": (1,), "conv1d": (1,), "lstm": (2, 3)}
"""Which inputs of a primitive are weights of a product; of ``experts`` all but the first two are."""
_INT32 = np.iinfo(np.int32)


def function(program: Program, narrow: Any) -> Function:
    """``f(weights, feeds)``, each by name, gives the outputs by name in float32.

    `narrow` is the number type in which attention multiplies.
    """
    from isomorph_jax.emit import OPERATORS

    def call(weights: Mapping[str, Any], feeds: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {**weights, **feeds, "": None}
        for node in program.nodes:
            inputs = [values[name] for name in node.inputs]
            more = {"narrow": narrow} if node.primitive == "attention" else {}
            values[node.output] = OPERATORS[node.primitive](*inputs, **node.attrs, **more)
        return {name: values[source] for name, source in program.outputs.items()}

    return call


def weights(program: Program, narrow: np.dtype[Any]) -> dict[str, NDArray[Any]]:
    """The constants: matrices of products in the type `narrow`, other numbers in float32, integers in int32.

    Raises:
        Unsupported: an integer is too large for int32.
        BadModel: a file was written to since it was read.
    """
    multiplied = _multiplied(program)
    found = {}
    for name, value in program.constants.items():
        array = np.asarray(value.numpy() if isinstance(value, Tensor) else value)
        if array.dtype.kind == "f":
            array = array.astype(narrow if name in multiplied else np.float32, copy=False)
        elif array.dtype.kind in "iu":
            array = as_int32(array, name)
        found[name] = array
    return found


def as_int32(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Integers as JAX has them.

    Raises:
        Unsupported: one is too large.
    """
    if array.size and not (_INT32.min <= array.min() and array.max() <= _INT32.max):
        raise Unsupported(f"{name!r} holds integers that do not fit into JAX's 32 bits.")
    return array.astype(np.int32)


def _multiplied(program: Program) -> set[str]:
    """Constants that are weights of products and nothing else."""
    of_products: set[str] = set()
    of_others: set[str] = set()
    for node in program.nodes:
        places = _MATRICES.get(node.primitive, ())
        if node.primitive == "experts":
            places = tuple(range(2, len(node.inputs)))
        for place, name in enumerate(node.inputs):
            (of_products if place in places else of_others).add(name)
    return of_products - of_others
