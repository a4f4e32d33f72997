"""Weights of a saved folder: copied from the files they lie in, without any engine."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isomorph.adapters.tasks import without_tasks
from isomorph.files.names import WEIGHT_PATTERN
from isomorph.files.tensor import Tensor
from isomorph.files.weights import INDEX, SINGLE, read_tensors
from isomorph.model.graph import Module
from isomorph.model.model import Model


def copy_weights(model: Model, module: Module, target: Path) -> None:
    """Writes the tensors of one module into `target`, its own folder.

    Safetensors files that hold these tensors and no others are copied byte by byte, shards and all,
    with what their heads say beside the tensors. Otherwise the tensors go into a file of their own.
    """
    tensors = model.tensors_of(module)
    if not tensors:
        return
    source = model.files
    stored = read_tensors(source, module.folder)
    if len(without_tasks(stored)) < len(stored):
        tensors = (
            stored  # adapters of tasks stay beside the weights, whichever task is the module's
        )
    target.mkdir(parents=True, exist_ok=True)
    home = source.path(module.folder)
    files = sorted({tensor.file for tensor in tensors.values()})
    own = all(file.parent == home for file in files)
    if rewritten(tensors) or not own or len(stored) != len(tensors):
        write_tensors(tensors, target / SINGLE)
        return
    index = source.file(module.folder, INDEX) if len(files) > 1 or files[0].name != SINGLE else None
    for tensor in {tensor.file: tensor for tensor in tensors.values()}.values():
        _copy(tensor, target / tensor.file.name)
    if index is not None:
        source.sub(module.folder).copy(INDEX, target / INDEX)


def rewritten(tensors: Mapping[str, Tensor]) -> bool:
    """Whether tensors are saved in another form than the one in which they were read."""
    return any(
        (t.made is not None and t.coded is None) or not t.file.match(WEIGHT_PATTERN)
        for t in tensors.values()
    )


def _copy(tensor: Tensor, target: Path) -> None:
    """The whole file of a tensor, as it was when the model was read."""
    opened = tensor.held.open() if tensor.held is not None else tensor.file.open("rb")
    with opened as source, target.open("wb") as copied:
        shutil.copyfileobj(source, copied, 1 << 20)


def write_tensors(tensors: Mapping[str, Tensor], file: Path) -> None:
    """One file with these tensors, in the types in which they are stored, one at a time from their files.

    The library's own writer takes them all in memory, and not in every type.
    """
    head: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name, tensor in tensors.items():
        ends = [place, place + tensor.nbytes]
        head[name] = {"dtype": tensor.dtype, "shape": list(tensor.shape), "data_offsets": ends}
        place = ends[1]
    encoded = json.dumps(head).encode()
    encoded += b" " * (-len(encoded) % 8)  # readers map the data, which must lie aligned
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", len(encoded)) + encoded)
        for tensor in tensors.values():
            stream.write(np.ascontiguousarray(tensor.raw()).data)
