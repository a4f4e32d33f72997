"""Weight files as places of tensors: safetensors, checked by their library and mapped by us, or pickled."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Mapping
from typing import Any

from safetensors import SafetensorError, safe_open

from isomorph.errors import BadModel, ModelChanged
from isomorph.files import limits
from isomorph.files.folder import Folder
from isomorph.files.identity import HeldFile, changed
from isomorph.files.names import OLD_WEIGHTS, QUANTIZED_WEIGHTS, WEIGHT_PATTERN, WEIGHTS
from isomorph.files.quantized import decoded, stored_as
from isomorph.files.schema import TEXT, MapOf, Schema, judge
from isomorph.files.tensor import Tensor

SINGLE, INDEX = WEIGHTS
_INDEX: Schema = {"weight_map": MapOf(TEXT, least=1)}


def read_tensors(folder: Folder, path: str) -> Mapping[str, Tensor]:
    """The tensors of a module's folder, from one file or from shards; {} where there are none.

    Only headers are read. Pickled weights count where there are no others, and nothing in them is run.

    Raises:
        BadModel: a file is truncated or damaged, holds other things than tensors, or the index names a
            shard that is not there; quantised weights lie beside others, or lack what says how they are
            stored.
    """
    if folder.file(path, QUANTIZED_WEIGHTS) is not None:
        beside = next((n for n in (*WEIGHTS, *OLD_WEIGHTS) if folder.file(path, n) is not None), "")
        if beside:
            raise BadModel(
                f"{folder.path(path)} holds {QUANTIZED_WEIGHTS} and {beside}, which are two models. Remove "
                "the one that you do not want."
            )
        return decoded(_one_file(folder.hold(path, QUANTIZED_WEIGHTS)), stored_as(folder))
    for single, index, read in ((SINGLE, INDEX, _one_file), (*OLD_WEIGHTS, _pickled)):
        if folder.file(path, single) is not None:
            return read(folder.hold(path, single))
        if folder.file(path, index) is not None:
            return _shards(folder, path, index, read)
    return {}


def read_file(folder: Folder, path: str, name: str) -> Mapping[str, Tensor]:
    """The tensors of one file, safetensors or pickled as its name says.

    Raises:
        BadModel: it is not there, damaged, or holds other things than tensors.
    """
    held = folder.hold(path, name)
    return _one_file(held) if held.path.match(WEIGHT_PATTERN) else _pickled(held)


def _pickled(held: HeldFile) -> Mapping[str, Tensor]:
    from isomorph.files.pickled.tensors import pickled_tensors  # few folders hold such files

    return pickled_tensors(held)


def _shards(
    folder: Folder, path: str, name: str, read: Callable[[HeldFile], Mapping[str, Tensor]]
) -> Mapping[str, Tensor]:
    index, content = folder.path(path, name), folder.json(path, name)
    what = f"{index} is not an index of weights: it"
    if not isinstance(content, dict):
        raise BadModel(f"{what} holds no object.")
    judge(content, _INDEX, what, needed=("weight_map",))
    weight_map: dict[str, str] = content["weight_map"]
    tensors: dict[str, Tensor] = {}
    for shard in sorted(set(weight_map.values())):
        if folder.file(path, shard) is None:
            raise BadModel(
                f"{index.name} names the shard {shard!r}, which is not in {index.parent}."
            )
        found = read(folder.hold(path, shard))
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
        if os.path.lexists(file):  # one that is gone was looked at when it was first held
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
