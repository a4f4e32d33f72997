"""From a model to a program: each module's own lowering, one after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from isomorph.errors import Unsupported
from isomorph.model.graph import Module
from isomorph.model.model import Model
from isomorph.plugins.table import kind_named
from isomorph.primitives.builder import Builder, Ref, Weights
from isomorph.primitives.program import Program
from isomorph.primitives.table import PRIMITIVES
from isomorph.program.early import taken_early


def lower(model: Model, *, every_row: bool = False) -> Program:
    """The program of a whole (possibly already cut) model.

    Args:
        model: the model.
        every_row: whether rows are computed too that nobody reads, as its modules are written.

    Raises:
        Unsupported: a module has no lowering, or asks for something that its lowering lacks.
        BadModel: a tensor is missing or has the wrong shape.
    """
    builder, values = _begin(model)
    for module in model.graph.modules:
        _lower_module(model, module, builder, values)
    program = builder.finish({name: values[name] for name in model.graph.outputs})
    return program if every_row else taken_early(program)


def claimable(model: Model, primitives: Collection[str] = PRIMITIVES) -> tuple[int, str]:
    """How many leading modules lower to these primitives alone, and why not one more.

    What a backend that emits programs needs for its claim. Reads no weights.

    Raises:
        BadModel: a tensor is missing or has the wrong shape; no backend can run such a model.
    """
    builder, values = _begin(model)
    for depth, module in enumerate(model.graph.modules):
        try:
            _lower_module(model, module, builder, values)
        except Unsupported as reason:
            return depth, str(reason)
        missing = builder.used - frozenset(primitives)
        if missing:
            return depth, f"{module.kind!r} needs {', '.join(sorted(missing))}"
    return len(model.graph), ""


def lowered(model: Model) -> Iterator[tuple[Weights, Program]]:
    """For one module after the other its weights, as lowering has left them, and the program up to it.

    Raises:
        Unsupported: as `lower`, when the module is asked for.
        BadModel: as `lower`, when the module is asked for.
    """
    builder, values = _begin(model)
    for module in model.graph.modules:
        weights = _lower_module(model, module, builder, values)
        yield weights, builder.finish({name: values[name] for name in module.outputs})


def _begin(model: Model) -> tuple[Builder, dict[str, Ref]]:
    graph = model.graph
    builder = Builder({name: graph.feed(name) for name in graph.inputs})
    return builder, {name: builder.feed(name) for name in graph.inputs}


def _lower_module(
    model: Model, module: Module, builder: Builder, values: dict[str, Ref]
) -> Weights:
    lowering = kind_named(module.kind).lower
    if lowering is None:
        raise Unsupported(f"module type {module.kind!r} has no lowering")
    weights = Weights(builder, module.name, model.tensors_of(module))
    values.update(lowering(module, weights, values))
    return weights
