"""The sentence-transformers format: ``modules.json`` lists the chain, each module has a folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from isomorph.errors import BadModel
from isomorph.graph import Graph, Module
from isomorph.model import Model, Tensor
from isomorph.modules import ModuleFolder, by_type, operation
from isomorph.read.folder import Folder
from isomorph.read.settings import read_settings
from isomorph.read.text import read_text
from isomorph.read.weights import read_tensors

FEEDS = ("input_ids", "attention_mask", "token_type_ids", "prompt_length", "offsets")
"""Names that core supplies; whatever else a module reads, an earlier module must have written."""


def read(root: Path) -> Model:
    """Reads every module of the chain in the order of the list."""
    folder = Folder(root)
    entries = read_entries(folder)
    modules: list[Module] = []
    tensors: dict[str, Mapping[str, Tensor]] = {}
    for entry in entries:
        source = module_folder(folder, entry)
        module = by_type(source.type).read(source)
        if module.name in tensors:
            raise BadModel(f"modules.json names two modules {module.name!r}.")
        modules.append(module)
        tensors[module.name] = source.tensors
    graph = chain(tuple(modules))
    text = read_text(folder, graph.modules[0])
    return Model(graph, root, tensors, text, read_settings(folder))


def read_entries(folder: Folder) -> list[dict[str, Any]]:
    """The entries of ``modules.json``.

    Raises:
        BadModel: it is not a non-empty list of objects with `type`.
    """
    path = folder.path("modules.json")
    try:
        entries = json.loads(path.read_text("utf-8"))
    except ValueError as cause:
        raise BadModel(f"{path} is not readable JSON: {cause}") from cause
    if not isinstance(entries, list) or not entries:
        raise BadModel(f"{path} must be a non-empty list of modules.")
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
            raise BadModel(f"{path} has an entry without a type: {entry!r}")
    return entries


def module_folder(folder: Folder, entry: Mapping[str, Any]) -> ModuleFolder:
    """The folder of one entry; a path of ``""`` or ``"."`` is the root."""
    path = str(entry.get("path") or "")
    path = "" if path == "." else path
    folder.path(path)  # refuses a path that leads outside before anything is read
    name = str(entry.get("name", entry.get("idx", "")))
    return ModuleFolder(name, entry["type"], path, folder, read_tensors(folder, path))


def _with_optional(modules: Iterable[Module]) -> Iterator[Module]:
    """The modules of a chain with what they read only where it is there."""
    written: set[str] = set()
    for module in modules:
        more = [name for name in operation(module.op).optional if name in written]
        missing = tuple(name for name in more if name not in module.inputs)
        yield replace(module, inputs=module.inputs + missing)
        written.update(module.outputs)


def chain(modules: tuple[Module, ...]) -> Graph:
    """The graph of a chain, with its feeds found and its outputs chosen.

    Raises:
        BadModel: a module reads a name that nobody has written.
    """
    written: set[str] = set()
    feeds: dict[str, None] = {}
    modules = tuple(_with_optional(modules))
    for module in modules:
        for name in module.inputs:
            if name in written:
                continue
            if name not in FEEDS:
                raise BadModel(
                    f"Module {module.name!r} ({module.op}) reads {name!r}, which no module before it writes."
                )
            feeds[name] = None
        written.update(module.outputs)
    preferred = ("sentence_embedding", "scores", "token_embeddings")
    output = next((name for name in preferred if name in written), None)
    if output is None:
        raise BadModel(f"The chain writes {sorted(written)}, none of which is a result.")
    return Graph(tuple(feeds), modules, (output,))
