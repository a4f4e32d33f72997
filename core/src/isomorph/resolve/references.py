"""What a model's own files say must be there; used where no listing of the repository is at hand."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

from isomorph.errors import BadModel

WITHOUT_FILES = ("Normalize", "Dropout")
"""Modules that save nothing; git keeps no empty folder, so theirs is not in a repository."""

WITH_WORDS = ("Transformer", "StaticEmbedding")
"""Modules with weights and a tokenizer in their folder."""

ROUTERS = ("Router", "Asym")
ROUTER_FILES = ("router_config.json", "config.json")

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
OLD_WEIGHTS = ("pytorch_model.bin", "pytorch_model.bin.index.json")
VOCABULARIES = (
    *("tokenizer.json", "vocab.txt", "vocab.json"),
    *("sentencepiece.bpe.model", "spiece.model", "tokenizer.model"),
)


def referred(folder: Path) -> list[str]:
    """Files that the model's own files speak of and that are not there.

    Raises:
        BadModel: one of those files is not readable.
    """
    if not (folder / "modules.json").is_file():
        return _encoder_gaps(folder, "", configured=True)
    entries = read_json(folder / "modules.json")
    gaps: list[str] = []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            gaps += _entry_gaps(folder, str(entry.get("path") or ""), str(entry.get("type", "")))
    return gaps


def _entry_gaps(folder: Path, listed: str, reference: str) -> list[str]:
    """What is missing of one module, by its path and its class."""
    path = PurePosixPath(listed)
    if path.is_absolute() or ".." in path.parts:
        raise BadModel(f"{folder / 'modules.json'}: {str(path)!r} leads out of the folder.")
    place = folder / path
    kind = reference.rpartition(".")[2]
    if kind in WITHOUT_FILES:
        return []
    if kind in ROUTERS:
        return _router_gaps(folder, path)
    if not place.is_dir() or not any(place.iterdir()):
        return [f"{path}/config.json"]
    if path == PurePosixPath() or kind in WITH_WORDS:
        prefix = "" if path == PurePosixPath() else f"{path}/"
        return _encoder_gaps(folder, prefix, configured=kind == "Transformer")
    return _module_gaps(folder, f"{path}/")


def _router_gaps(folder: Path, path: PurePosixPath) -> list[str]:
    """What is missing of a router's modules, each of which has a folder in its folder."""
    file = next((f for f in ROUTER_FILES if (folder / path / f).is_file()), None)
    if file is None:
        return [str(path / ROUTER_FILES[0])]
    content = read_json(folder / path / file)
    types = content.get("types") if isinstance(content, dict) else None
    if not isinstance(types, dict):
        raise BadModel(f"{folder / path / file} gives no types of the modules on its routes.")
    return [
        gap for name, kind in types.items() for gap in _entry_gaps(folder, str(path / name), kind)
    ]


def _module_gaps(folder: Path, prefix: str) -> list[str]:
    if not (folder / prefix / "config.json").is_file() and not any(
        (folder / prefix).glob("*config*.json")
    ):
        return [f"{prefix}config.json"]
    return _shard_gaps(folder, prefix)


def _encoder_gaps(folder: Path, prefix: str, configured: bool) -> list[str]:
    """What a folder with an encoder or an embedding table must have: configuration, weights, words."""
    place = folder / prefix
    gaps = []
    if configured and not (place / "config.json").is_file():
        gaps.append(f"{prefix}config.json")
    if not any((place / name).is_file() for name in (*WEIGHTS, *OLD_WEIGHTS)):
        gaps.append(f"{prefix}{WEIGHTS[0]}")
    if not any((place / name).is_file() for name in VOCABULARIES):
        gaps.append(f"{prefix}{VOCABULARIES[0]}")
    return gaps + _shard_gaps(folder, prefix)


def _shard_gaps(folder: Path, prefix: str) -> list[str]:
    gaps = []
    for name in (WEIGHTS[1], OLD_WEIGHTS[1]):
        index = folder / prefix / name
        if not index.is_file():
            continue
        content = read_json(index)
        weights = content.get("weight_map") if isinstance(content, dict) else None
        if not isinstance(weights, dict):
            raise BadModel(f"{index} is not an index of shards: it has no weight_map.")
        shards = sorted({str(shard) for shard in weights.values()})
        gaps += [f"{prefix}{s}" for s in shards if not (folder / prefix / s).is_file()]
    return gaps


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        BadModel: it is not JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as cause:
        raise BadModel(f"{path} is not readable JSON: {cause}") from cause
