"""``router_config.json``: which modules stand on which branch, and which branch a call takes."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any
from warnings import warn

from isomorph.errors import BadModel, Unsupported
from isomorph.modules import ModuleFolder
from isomorph.read.folder import Folder
from isomorph.routes import Modality, Router

FILES = ("router_config.json", "config.json")
_CLASSES = ("Router", "Asym")
_ROOT = "sentence_transformers."


@dataclass(frozen=True, slots=True)
class Branching:
    """A router and the entries of its modules: what ``modules.json`` would hold for each branch."""

    router: Router
    branches: Mapping[str, tuple[Mapping[str, Any], ...]]


def is_router(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is a Router, or an Asym, which is its old name; both have had many places."""
    reference = str(entry["type"])
    return reference.startswith(_ROOT) and reference.rpartition(".")[2] in _CLASSES


def read_router(folder: Folder, entry: Mapping[str, Any]) -> Branching:
    """Reads the configuration; modules that two branches share have one entry.

    Raises:
        BadModel: it is missing, or names modules or branches that are not there.
        Unsupported: a branch holds another router.
    """
    path = "" if entry.get("path") in (None, ".") else str(entry["path"])
    config = ModuleFolder("", "", path, folder, {}).config(*FILES)
    types, structure = config.get("types"), config.get("structure")
    parameters = config.get("parameters") or {}
    if not isinstance(types, dict) or not isinstance(structure, dict) or not structure:
        raise BadModel(f"{folder.path(path)} holds no {FILES[0]} with types and structure.")
    wanted = set(chain.from_iterable(structure.values()))
    unknown = sorted(wanted - set(types))
    if unknown:
        raise BadModel(f"The Router in {path!r} gives no type of {', '.join(map(repr, unknown))}.")
    name = str(entry.get("name", entry.get("idx", "")))
    children = {
        child: {
            "name": f"{name}.{child}",
            "path": "/".join(filter(None, (path, child))),
            "type": str(types[child]),
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
        try:
            task, modality = ast.literal_eval(text)
        except (ValueError, SyntaxError, TypeError):
            warn(f"A router maps {text!r}, which is no pair of task and modality.", stacklevel=2)
            continue
        if branch not in branches:
            raise BadModel(f"A router maps {text} to {branch!r}, not one of {', '.join(branches)}.")
        if isinstance(modality, list | tuple):
            modality = tuple(sorted(modality))
        found[task, modality] = branch
    return found
