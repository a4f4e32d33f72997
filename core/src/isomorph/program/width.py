"""How many features the values of a chain have: what its kinds say, else what lowering or a kernel shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from isomorph.errors import Unsupported
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.model.model import Model
from isomorph.plugins.table import kind_named
from isomorph.primitives.builder import Builder, Weights
from isomorph.primitives.footprint import Shapes
from isomorph.primitives.primitive import Shape
from isomorph.primitives.program import VALUES

_ROWS, _TOKENS = 2, 3
"""The batch that is made up to see a width."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The features of values by name, and of those that were seen in the made-up batch their shapes."""

    widths: dict[str, int | None] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)


def widths(model: Model) -> Mapping[str, int | None]:
    """Features of every value that a chain writes, by name; None where only a forward can tell."""
    return _known(model, len(model.graph)).widths


def embedding_dimension(model: Model) -> int | None:
    """Features of each vector that a chain gives, None where only a forward can tell."""
    return widths(model).get(model.graph.outputs[0])


def width_before(model: Model, place: int) -> int | None:
    """Features of the first value that the module at `place` reads, None where nobody says."""
    read = model.graph.modules[place].inputs
    return _known(model, place).widths.get(read[0]) if read else None


def width_behind(model: Model, place: int) -> int | None:
    """Features of the first value that the module at `place` writes, None where nobody says."""
    written = model.graph.modules[place].outputs
    return _known(model, place + 1).widths.get(written[0]) if written else None


def labels_of(model: Model) -> int | None:
    """How many scores a chain gives to each pair, None where it makes none."""
    return widths(model).get("scores")


def _known(model: Model, depth: int) -> _Known:
    """What is known about the values that the first `depth` modules write."""
    known = _Known()
    for module in model.graph.modules[:depth]:
        kind = kind_named(module.kind)
        stated = None
        if kind.width is not None:
            before = known.widths.get(module.inputs[0]) if module.inputs else None
            stated = kind.width(module, before)
        shapes = _seen(kind, module, model, known) if kind.width is None else {}
        for name in module.outputs:
            shape = shapes.get(name, ())
            known.widths[name] = shape[-1] if len(shape) > 1 else stated
            known.shapes.pop(name, None)
        known.shapes.update(shapes)
    return known


def _seen(kind: ModuleKind, module: Module, model: Model, known: _Known) -> Mapping[str, Shape]:
    """The shapes of what lowering the module, or its kernel, makes of the made-up batch."""
    given = {name: _shape(name, model, known) for name in module.inputs}
    shapes = {name: shape for name, shape in given.items() if shape is not None}
    if len(shapes) < len(given):
        return {}
    return _by_lowering(kind, module, model, shapes) or _by_kernel(kind, module, model, shapes)


def _shape(name: str, model: Model, known: _Known) -> Shape | None:
    """The shape of a value in the made-up batch, None where a part of it is not known."""
    if name in known.shapes:
        return known.shapes[name]
    if name not in model.graph.inputs and name not in VALUES:
        return None
    sizes = {"rows": _ROWS, "width": _TOKENS, "tokens": _ROWS * _TOKENS}
    axes = [
        axis if isinstance(axis, int) else sizes.get(axis, known.widths.get(name))
        for axis in model.graph.feed(name).axes
    ]
    found = tuple(size for size in axes if size is not None)
    return found if found and len(found) == len(axes) else None


def _by_lowering(
    kind: ModuleKind, module: Module, model: Model, given: Mapping[str, Shape]
) -> Mapping[str, Shape]:
    if kind.lower is None:
        return {}
    builder = Builder({name: model.graph.feed(name) for name in given})
    shapes = Shapes(_ROWS, _TOKENS)
    values = {name: builder.feed(name) for name in given}
    shapes.known.update(given)
    weights = Weights(builder, module.name, model.tensors_of(module))
    try:
        program = builder.finish(kind.lower(module, weights, values))
    except Unsupported:
        return {}
    shapes.follow(program)
    return {name: shapes.known[value] for name, value in program.outputs.items()}


def _by_kernel(
    kind: ModuleKind, module: Module, model: Model, given: Mapping[str, Shape]
) -> Mapping[str, Shape]:
    if kind.kernel is None:
        return {}
    values: dict[str, Any] = {
        name: np.ones(shape, model.graph.feed(name).dtype) for name, shape in given.items()
    }
    if "offsets" in values:
        values["offsets"] = np.arange(_ROWS) * _TOKENS
    weights = {name: tensor.numpy() for name, tensor in model.tensors_of(module).items()}
    try:
        written = kind.kernel(module, weights, values)
    except Exception:  # of a plugin, which need not bear a batch that is made up
        return {}
    return {name: array.shape for name, array in written.items()}
