"""What a model's own files say must be there; used where no listing of the repository is at hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from isomorph.errors import BadModel
from isomorph.files.folder import Folder
from isomorph.files.names import ANY_WEIGHTS, TOKENIZER, VOCABULARIES, WEIGHTS
from isomorph.kinds import Need
from isomorph.modules.types import is_router
from isomorph.plugins.table import kind_of_class
from isomorph.preprocess.tokenizer_classes import WITHOUT_FILES
from isomorph.resolve.files import is_artifact

ROUTER_FILES = ("router_config.json", "config.json")

_TOKENIZERS = (
    *(TOKENIZER, *VOCABULARIES),
    *("whitespacetokenizer_config.json", "phrasetokenizer_config.json"),
)

LIST = "modules.json"

_NUMBERED = re.compile(r"[0-9]+_[A-Za-z]\w*")


def gaps(files: Folder) -> list[str]:
    """Files that the model's own files speak of and that are not there.

    Raises:
        BadModel: one of those files is not readable, or a name leads out.
    """
    if files.file(LIST) is None:
        return _gaps_of(files, "", ("settings", "weights", "tokenizer"))
    return [gap for path, each in _entries(files) for gap in _entry_gaps(files, path, each)]


def unlisted_modules(files: Folder) -> bool:
    """Whether there are files of modules, but not the list of modules."""
    named = any(
        name == "config_sentence_transformers.json"
        or (name.startswith("sentence_") and name.endswith("_config.json"))
        for name in files.names()
    )
    return files.file(LIST) is None and (named or any(_numbered(files)))


def absent_settings(files: Folder) -> list[str]:
    """Files that change what a model computes, that a model need not have, and that are not there."""
    found = [
        name for name in (LIST, "config_sentence_transformers.json") if files.file(name) is None
    ]
    for path, reference in _entries(files):
        kind, place = kind_of_class(reference), files.sub(path)
        if kind is None or not kind.settings:
            continue
        if not any(
            name.startswith("sentence_") and name.endswith("_config.json") for name in place.names()
        ):
            found.append(_below(path, kind.settings[0]))
    return found


def module_folders(files: Folder) -> set[str]:
    """The folders, relative to the model's, in which modules have their files."""
    return {"", *(path for path, _ in _entries(files))}


def _entries(files: Folder) -> Iterator[tuple[str, str]]:
    """The folder and the class of every module, those of routers' branches too."""
    listed = files.json(LIST)
    for entry in listed if isinstance(listed, list) else ():
        if not isinstance(entry, dict):
            continue
        path = PurePosixPath(str(entry.get("path") or ""))
        reference = str(entry.get("type"))
        yield _plain(path), reference
        if is_router(reference):
            types = _router_types(files, path)
            yield from ((_plain(path / str(name)), str(each)) for name, each in types.items())


def _entry_gaps(files: Folder, path: str, reference: str) -> list[str]:
    """What is missing of one module, by its folder and its class; of other classes nobody knows."""
    place = files.sub(path)
    if is_router(reference):
        there = any(place.file(name) is not None for name in ROUTER_FILES)
        return [] if there else [_below(path, ROUTER_FILES[0])]
    kind = kind_of_class(reference)
    return _gaps_of(files, path, kind.needs if kind is not None else ())


def _router_types(files: Folder, path: PurePosixPath) -> dict[str, Any]:
    place = files.sub(_plain(path))
    file = next((name for name in ROUTER_FILES if place.file(name) is not None), None)
    content = place.json(file) if file else {"types": {}}
    types = content.get("types") if isinstance(content, dict) else None
    if not isinstance(types, dict):
        raise BadModel(f"{place.path(str(file))} gives no types of the modules on its routes.")
    return types


def _gaps_of(files: Folder, path: str, needs: tuple[Need, ...]) -> list[str]:
    """What a module's folder lacks of what it must have: configuration, weights, words."""
    place, words = files.sub(path), "tokenizer" in needs
    if words and place.file("adapter_config.json") is not None:
        return []  # an adapter lacks what its base model has: which the reader finds by its name
    found = []
    if "settings" in needs and not _is_configured(place, exactly=words):
        found.append(_below(path, "config.json"))
    standing_in = words and has_artifact(files)
    if "weights" in needs and not has_weights(place) and not standing_in:
        found.append(_below(path, WEIGHTS[0]))
    if words and not _has_words(place):
        found.append(_below(path, TOKENIZER))
    return found + _shard_gaps(files, path)


def _has_words(place: Folder) -> bool:
    """Whether a vocabulary is there, or none is needed."""
    if any(place.file(name) is not None for name in _TOKENIZERS):
        return True
    return any(
        isinstance(found := place.json(name), dict)
        and str(found.get("tokenizer_class")) in WITHOUT_FILES
        for name in ("tokenizer_config.json", "config.json")
        if place.file(name) is not None
    )


def _is_configured(place: Folder, exactly: bool) -> bool:
    """Whether settings are there: beside a tokenizer, whose settings are others, under one name."""
    if exactly:
        return place.file("config.json") is not None
    return any("config" in name for name in place.names())


def has_weights(place: Folder) -> bool:
    """Whether a module's folder holds weights, in one file or as a list of shards."""
    return any(place.file(name) is not None for name in ANY_WEIGHTS)


def has_artifact(files: Folder) -> bool:
    """Whether an installed backend finds a prebuilt file in the model's folder."""
    from isomorph.plugins.discovery import installed

    patterns = [pattern for info in installed().infos for pattern in info.artifacts]
    folders = {str(PurePosixPath(pattern).parent) for pattern in patterns}
    names = (
        _below(_plain(PurePosixPath(folder)), name)
        for folder in sorted(folders)
        for name in files.sub(folder).names()
    )
    return any(is_artifact(name, patterns) for name in names)


def _shard_gaps(files: Folder, path: str) -> list[str]:
    """Shards that are not there, of the weights that are read of those in a folder."""
    place = files.sub(path)
    read = next((n for n in ANY_WEIGHTS if place.file(n) is not None), "")
    if not read.endswith(".json"):
        return []
    content = place.json(read)
    weights = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(weights, dict):
        raise BadModel(f"{place.path(read)} is not an index of shards: it has no weight_map.")
    shards = sorted({str(shard) for shard in weights.values()})
    return [_below(path, shard) for shard in shards if place.file(shard) is None]


def _numbered(files: Folder) -> Iterator[str]:
    """Folders that are named as modules are, ``1_Pooling`` for one, and hold settings."""
    home = files.path()
    for entry in home.iterdir() if home.is_dir() else ():
        if _NUMBERED.fullmatch(entry.name) and files.file(entry.name, "config.json") is not None:
            yield entry.name


def _plain(path: PurePosixPath) -> str:
    return "" if path == PurePosixPath() else str(path)


def _below(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name
