"""Safetensors files as places of tensors: checked by the safetensors library, mapped by us."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

from safetensors import SafetensorError, safe_open

from isomorph.errors import BadModel, ModelChanged
from isomorph.files import limits
from isomorph.files.folder import Folder
from isomorph.files.identity import HeldFile, changed
from isomorph.files.schema import TEXT, MapOf, Schema, judge
from isomorph.files.tensor import Tensor

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
_INDEX: Schema = {"weight_map": MapOf(TEXT, least=1)}


def read_tensors(folder: Folder, path: str) -> Mapping[str, Tensor]:
    """The tensors of a module's folder, from one file or from shards; {} where there are none.

    Only headers are read.

    Raises:
        BadModel: a file is truncated or damaged, or the index names a shard that is not there.
    """
    if folder.file(path, SINGLE) is not None:
        return _one_file(folder.hold(path, SINGLE))
    index = folder.file(path, INDEX)
    if index is None:
        return {}
    content = folder.json(path, INDEX)
    if not isinstance(content, dict):
        raise BadModel(f"{index} is not a safetensors index: it holds no object.")
    judge(content, _INDEX, f"{index} is not a safetensors index: it", needed=("weight_map",))
    weight_map: dict[str, str] = content["weight_map"]
    tensors: dict[str, Tensor] = {}
    for shard in sorted(set(weight_map.values())):
        if folder.file(path, shard) is None:
            raise BadModel(
                f"{index.name} names the shard {shard!r}, which is not in {index.parent}."
            )
        found = _one_file(folder.hold(path, shard))
        twice = tensors.keys() & found.keys()
        if twice:
            raise BadModel(f"{index.parent}: two shards hold a tensor {min(twice)!r}.")
        tensors.update(found)
    lacking = weight_map.keys() - tensors.keys()
    if lacking:
        raise BadModel(f"{index} names a tensor {min(lacking)!r}, which no shard holds.")
    return tensors


def _one_file(held: HeldFile) -> Mapping[str, Tensor]:
    file = held.path
    try:
        with held.open() as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
        if length > limits.HEADER:
            raise ValueError(f"its header has {length:,} bytes, more than {limits.HEADER:,}")
        with safe_open(file, "numpy"):  # checks that header and data agree in full
            pass
        if not held.has_its_name:
            raise changed(file)
        with held.open() as stream:
            stream.seek(8)
            header = json.loads(stream.read(length), object_pairs_hook=_once)
    except ModelChanged:
        raise
    except (SafetensorError, OSError, ValueError, struct.error) as cause:
        raise BadModel(
            f"{file} is not a complete safetensors file ({cause}). Download or copy it again."
        ) from cause
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        shape = tuple(entry["shape"])
        place = 8 + length + begin
        tensors[name] = Tensor(file, place, end - begin, entry["dtype"], shape, held)
    return tensors


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of a header; a name that stands twice would be two tensors."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("its header names something twice")
    return found
