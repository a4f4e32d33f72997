"""A look at a whole model before any backend: whether its settings and its weights belong together."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from warnings import warn

from isomorph.errors import Unsupported
from isomorph.model import Model
from isomorph.program.lower import lowered
from isomorph.read.guard import reading


def examine(model: Model) -> None:
    """Lowers every chain once and keeps nothing of it; warns of stored layers that no chain reads.

    So every backend refuses the same folders, those too that bring model code of their own. What core
    has no lowering for, it cannot judge: the chain is examined up to there.

    Raises:
        BadModel: a tensor is missing, is of another shape or type than the settings imply, or lowering
            failed; names the module.
    """
    routes = model.routes
    graphs = (model.graph,) if routes is None else routes.graphs.values()
    left: dict[str, frozenset[str]] = {}
    for graph in graphs:
        for name, unread in _unread(replace(model, graph=graph)).items():
            left[name] = left.get(name, unread) & unread
    for name, unread in left.items():
        if unread:
            warn(
                f"Module {name!r} of {model.folder} leaves {len(unread)} stored tensors unread, such as "
                f"{min(unread)!r}: its settings ask for fewer layers than its weights hold.",
                stacklevel=2,
            )


def _unread(model: Model) -> Mapping[str, frozenset[str]]:
    """For each module the stored tensors of further layers, as far as modules can be lowered."""
    found: dict[str, frozenset[str]] = {}
    steps = lowered(model)
    for module in model.graph.modules:
        try:
            with reading(f"Module {module.name!r} ({module.op}) of {model.folder}"):
                read = next(steps).read
        except Unsupported:
            break
        found[module.name] = further_layers(model.tensors_of(module), read)
    return found


def further_layers(stored: Collection[str], read: Collection[str]) -> frozenset[str]:
    """The names of `stored` that differ from a name in `read` by a number only, and are not in it."""
    layers = {_without_numbers(name) for name in read if _without_numbers(name) != name}
    rest = set(stored) - set(read)
    return frozenset(name for name in rest if _without_numbers(name) in layers)


def _without_numbers(name: str) -> str:
    return re.sub(r"\d+", "*", name)
