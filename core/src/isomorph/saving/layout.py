"""The files of a model in a new folder, laid out as they were read and spelled as today."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.names import ADAPTER, OLD_WEIGHT_PATTERNS, PROBES, QUANTIZED, WEIGHT_PATTERN
from isomorph.model.model import Model
from isomorph.modules.transformer import SETTINGS_FILES
from isomorph.read.router import FILES as ROUTER_FILES
from isomorph.read.router import is_router, place_of
from isomorph.read.sentence_transformers import read_entries
from isomorph.read.settings import FILE as SETTINGS
from isomorph.resolve.files import select
from isomorph.saving.modules import current_type, type_of, written
from isomorph.saving.text import keeps_unknown, write_text
from isomorph.saving.weights import copy_weights

LIST = "modules.json"
_NOT_COPIED = (
    LIST, SETTINGS, PROBES, QUANTIZED, ROUTER_FILES[0], *SETTINGS_FILES,
    WEIGHT_PATTERN, f"{WEIGHT_PATTERN}.index.json", *OLD_WEIGHT_PATTERNS, ADAPTER, "*.md",
)  # fmt: skip
"""Files that are written anew, that have a writer of their own, or that say nothing to a loader."""


@dataclass(frozen=True, slots=True)
class Saved:
    """One chain of a model as it is now; `max_length` is where its inputs are cut."""

    model: Model
    max_length: int | None


def write_layout(
    chains: Iterable[Saved], settings: Mapping[str, Any], folder: Path, *, routed: bool = False
) -> None:
    """Writes everything but artifacts and the card.

    Args:
        chains: the default one first, of a model with routes all of them.
        settings: what the model says about its use.
        folder: an empty folder.
        routed: whether routers lead to the chains.

    Raises:
        BadModel: a file of the model is damaged, or a link that leads out of its folder.
    """
    chains = tuple(chains)
    main = chains[0].model
    write_json(folder / SETTINGS, settings)
    if not keeps_unknown(main.inputs):
        _write_table(chains[0], folder)
        return
    seen: set[str] = set()
    for chain in chains:
        modules = chain.model.graph.modules
        for place, module in enumerate(modules):
            if module.name not in seen:
                seen.add(module.name)
                write_module(chain, place, folder / module.folder)
        write_text(chain.model, modules[0], chain.max_length, folder / modules[0].folder)
    if not routed:
        write_json(folder / LIST, _entries(main))
    else:
        _copy_routers(main.files, folder)


def write_json(file: Path, content: Any) -> None:
    """Indented as the files of this format are."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False), "utf-8")


def write_module(chain: Saved, place: int, target: Path) -> None:
    """Writes one module of a chain into `target`, its own folder; made if it is not there."""
    model, module = chain.model, chain.model.graph.modules[place]
    copy_files(model.files, module.folder, target)
    copy_weights(model, module, target)
    anew = written(model, place, chain.max_length)
    if anew is not None:
        write_json(target / anew[0], anew[1])
    target.mkdir(parents=True, exist_ok=True)  # some modules have no file at all


def copy_files(source: Folder, place: str, target: Path) -> None:
    """Copies settings, tokenizers and code that lie directly in a module's own folder to `target`."""
    home = source.sub(place)
    for name in select(home.names()):
        if any(fnmatchcase(name, kind) for kind in _NOT_COPIED):
            continue
        target.mkdir(parents=True, exist_ok=True)
        home.copy(name, target / name)


def listed(source: Folder) -> list[dict[str, Any]]:
    """The entries of the folder that a model was read from; none where it lists none."""
    return read_entries(source) if source.file(LIST) is not None else []


def _entries(model: Model) -> list[dict[str, Any]]:
    """``modules.json`` of a chain; what older entries say beyond the class stays."""
    old = {str(e.get("name", e.get("idx", ""))): e for e in listed(model.files)}
    types = {name: str(entry["type"]) for name, entry in old.items()}
    return [
        {
            "idx": index,
            "name": module.name,
            "path": module.folder,
            "type": type_of(module, types),
            **{
                key: old[module.name][key] for key in ("kwargs",) if key in old.get(module.name, {})
            },
        }
        for index, module in enumerate(model.graph.modules)
    ]


def _copy_routers(source: Folder, folder: Path) -> None:
    """The list and the routers as they are, with the present places of their classes."""
    entries = listed(source)
    if not entries:
        return  # a file of the folder stands for the router, and was copied
    for entry in entries:
        entry["path"] = place_of(entry)
        if is_router(entry):
            place = entry["path"]
            router = ModuleFolder("", "", place, source, {}).config(*ROUTER_FILES)
            router["types"] = {name: current_type(str(t)) for name, t in router["types"].items()}
            write_json(folder / place / ROUTER_FILES[0], router)
        entry["type"] = current_type(entry["type"])
    write_json(folder / LIST, entries)


def _write_table(chain: Saved, folder: Path) -> None:
    """model2vec's layout, which stays: no list of modules can say that unknown tokens are left out."""
    model = chain.model
    copy_files(model.files, "", folder)
    copy_weights(model, model.graph.modules[0], folder / model.graph.modules[0].folder)
    file = folder / "config.json"
    config = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    write_json(file, {**config, "max_length": chain.max_length})
