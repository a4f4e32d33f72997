"""``router_config.json``: which modules stand on which branch, and which branch a call takes."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath
from typing import Any
from warnings import warn

from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import FLAG, OBJECT, TEXT, ListOf, MapOf, Schema, judge, maybe
from isomorph.messages.shown import shown
from isomorph.model.routes import Modality, Router
from isomorph.modules import types as classes

FILES = ("router_config.json", "config.json")
_LONGEST = 500
"""Characters of a mapping's key: the interpreter's parser is not for whole programs."""

SCHEMA: Schema = {
    "types": MapOf(TEXT, most=limits.MODULES),
    "structure": MapOf(ListOf(TEXT, most=limits.MODULES), least=1, most=limits.ROUTES),
    "parameters": maybe(OBJECT),
}
PARAMETERS: Schema = {
    "default_route": maybe(TEXT),
    "allow_empty_key": FLAG,
    "route_mappings": maybe(MapOf(TEXT, most=limits.MODULES)),
}


@dataclass(frozen=True, slots=True)
class Branching:
    """A router and the entries of its modules: what ``modules.json`` would hold for each branch."""

    router: Router
    branches: Mapping[str, tuple[Mapping[str, Any], ...]]


def is_router(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of ``modules.json`` is a Router."""
    return classes.is_router(str(entry["type"]))


def place_of(entry: Mapping[str, Any]) -> str:
    """The folder of an entry, as files are named here whoever spelled it; "" is the root."""
    plain = PurePosixPath(str(entry.get("path") or "").replace("\\", "/")).as_posix()
    return "" if plain == "." else plain


def read_router(folder: Folder, entry: Mapping[str, Any]) -> Branching:
    """Reads the configuration; modules that two branches share have one entry.

    Raises:
        BadModel: it is missing, or names modules or branches that are not there.
        Unsupported: a branch holds another router.
    """
    path = place_of(entry)
    name = str(entry.get("name", entry.get("idx", "")))
    source = ModuleFolder(name, str(entry["type"]), path, folder, {})
    config = source.settings(SCHEMA, *FILES, needed=("types", "structure"))
    types, structure = config["types"], config["structure"]
    parameters = config.get("parameters") or {}
    judge(parameters, PARAMETERS, f"{source.place}: {FILES[0]}")
    wanted = set(chain.from_iterable(structure.values()))
    unknown = sorted(wanted - set(types))
    if unknown:
        raise BadModel(
            f"The Router in {folder.path(path)} gives no type of {', '.join(map(repr, unknown))}."
        )
    children = {
        child: {
            "name": f"{name}.{child}",
            "path": "/".join(filter(None, (path, child))),
            "type": types[child],
        }
        for child in wanted
    }
    for child in children.values():
        if is_router(child):
            raise Unsupported(f"Router {name!r} holds another one, {child['name']!r}.")
    branches = {branch: tuple(children[c] for c in ids) for branch, ids in structure.items()}
    router = Router(
        tuple(branches), _mappings(parameters, branches), _default(parameters, branches)
    )
    return Branching(router, branches)


def _default(parameters: Mapping[str, Any], branches: Mapping[str, Any]) -> str | None:
    """The saved default; else the first branch, unless calls must name one."""
    default = parameters.get("default_route")
    if default is not None and default not in branches:
        raise BadModel(f"The default route {default!r} is not one of {', '.join(branches)}.")
    if default is None and parameters.get("allow_empty_key", True):
        return next(iter(branches))
    return default


def _mappings(
    parameters: Mapping[str, Any], branches: Mapping[str, Any]
) -> dict[tuple[str | None, Modality], str]:
    """Keys are saved as Python prints a tuple; what is none is left out, with a warning."""
    found: dict[tuple[str | None, Modality], str] = {}
    for text, branch in (parameters.get("route_mappings") or {}).items():
        pair = _pair(text)
        if pair is None:
            said = shown(text)
            warn(f"A router maps {said}, which is no pair of task and modality.", stacklevel=2)
            continue
        if branch not in branches:
            raise BadModel(f"A router maps {text} to {branch!r}, not one of {', '.join(branches)}.")
        found[pair] = branch
    return found


def _pair(text: str) -> tuple[str | None, Modality] | None:
    """A task and a modality, either of which may be None; None where the text is something else."""
    if len(text) > _LONGEST:
        return None
    try:
        task, modality = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
    if isinstance(modality, list | tuple) and all(isinstance(part, str) for part in modality):
        modality = tuple(sorted(modality))
    elif not isinstance(modality, str | None):
        return None
    return (task, modality) if isinstance(task, str | None) else None
