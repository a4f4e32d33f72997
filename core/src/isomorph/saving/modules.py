"""What is written of one module: its class reference, and its settings in today's spelling.

Only modules whose settings can differ from the file they came from are written anew: they may be made
up by a reader, or changed since. The files of all others are copied as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.model.model import Model
from isomorph.modules.own_code import CLASS
from isomorph.modules.types import BASE
from isomorph.plugins.table import kind_named, kind_of_class
from isomorph.program.width import width_before
from isomorph.read.router import is_router

ROUTER = f"{BASE}.router.Router"


def current_type(reference: str) -> str:
    """The present place of a class that a file names; one of the folder's own stays where it is."""
    if is_router({"type": reference}):
        return ROUTER
    kind = kind_of_class(reference)
    return reference if kind is None else _written(kind)


def type_of(module: Module, listed: Mapping[str, str]) -> str:
    """The class reference of a module; `listed` are those of the folder it was read from, by name."""
    if CLASS in module.config:
        return listed.get(module.name, str(module.config[CLASS]))
    kind = kind_named(module.kind)
    return _written(kind) if kind.classes or kind.written_as else listed[module.name]


def _written(kind: ModuleKind) -> str:
    return kind.written_as or kind.classes[0]


def written(model: Model, place: int, max_length: int | None) -> tuple[str, dict[str, Any]] | None:
    """The file of a module's settings and what goes into it; None where its own is copied.

    Args:
        model: the chain.
        place: which of its modules.
        max_length: where its texts are cut, in tokens; None for nowhere.
    """
    module = model.graph.modules[place]
    kind = kind_named(module.kind)
    if kind.write is None:
        return None
    settings = dict(kind.write(module, width_before(model, place)))
    if kind.truncated_at is not None:
        settings |= kind.truncated_at(max_length, model.inputs).get(kind.file, {})
        settings = {name: value for name, value in settings.items() if value is not None}
    return kind.file, settings
