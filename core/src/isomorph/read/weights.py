"""Safetensors files as places of tensors: checked by the safetensors library, mapped by us."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping

from safetensors import SafetensorError, safe_open

from isomorph.errors import BadModel, ModelChanged
from isomorph.model import Tensor
from isomorph.read.folder import Folder
from isomorph.read.identity import HeldFile, changed

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"


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
    try:
        weight_map: dict[str, str] = (folder.json(path, INDEX) or {})["weight_map"]
        shards = sorted(set(weight_map.values()))
    except (ValueError, KeyError, TypeError, AttributeError) as cause:
        raise BadModel(f"{index} is not a safetensors index: {cause}") from cause
    tensors: dict[str, Tensor] = {}
    for shard in shards:
        if folder.file(path, shard) is None:
            raise BadModel(
                f"{index.name} names the shard {shard!r}, which is not in {index.parent}."
            )
        tensors.update(_one_file(folder.hold(path, shard)))
    return tensors


def _one_file(held: HeldFile) -> Mapping[str, Tensor]:
    file = held.path
    try:
        with safe_open(file, "numpy"):  # checks that header and data agree in full
            pass
        if not held.has_its_name:
            raise changed(file)
        with held.open() as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            header = json.loads(stream.read(length))
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
