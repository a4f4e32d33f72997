"""Lowered graphs as ONNX files: in memory with weights where they lie, or on disk with a weight file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Model, Tensor
from isomorph.program import Program
from isomorph_onnx.emit import Emitter, output_port
from isomorph_onnx.graph import External, Port, encode_model, metadata_entry
from isomorph_onnx.names import DEPTH_KEY, FILE, OUTPUT_KEY

if TYPE_CHECKING:
    from isomorph_onnx.artifact import Artifact

Constants = Mapping[str, "NDArray[Any] | External"]

_SMALL = 1024  # bytes up to which a constant is written into the graph
_FLOAT = 4  # bytes of a number in float32
_ALIGNMENT = 64  # bytes; engines map weight files and want vectors to start on cache lines
_HANDED_OVER = "isomorph-weights"  # stands where a file name would; the session is given the memory
_STORED_AS = {
    "float32": "F32",
    "int64": "I64",
    "int32": "I32",
    "int8": "I8",
    "uint8": "U8",
    "bool": "BOOL",
}
_RANKS = {"sentence_embedding": 2, "token_embeddings": 3, "all_layer_embeddings": 4}


@dataclass(frozen=True, slots=True)
class Placed:
    """Constants that name weights by their place below `folder`, and weights to be handed over."""

    folder: Path
    constants: Constants
    weights: Mapping[str, NDArray[Any]]


def in_place(model: Model, emitter: Emitter) -> Placed:
    """Names weights where they lie, so that the engine maps them and nothing is copied.

    That is a float32 tensor's file and offset; links, of which a Hub cache consists, are followed
    here, since the engine does not follow them. What is stored in another type, or not below the
    folder of the first weight file, is handed over as an array, which the engine copies.
    """
    stored = [value for value in emitter.constants.values() if isinstance(value, Tensor)]
    folder = stored[0].file.resolve().parent if stored else model.folder
    names = _Names(folder)
    weights: dict[str, NDArray[Any]] = {}
    constants: dict[str, NDArray[Any] | External] = {}
    for name, value in emitter.constants.items():
        place = _place(value, names)
        if place is not None:
            constants[name] = place
            continue
        array = _array(value)
        if array.nbytes <= _SMALL:
            constants[name] = array
        else:
            weights[name] = array
            constants[name] = _external(_HANDED_OVER, 0, array)
    return Placed(folder, constants, weights)


def moved(emitter: Emitter, placed: Placed) -> bool:
    """Whether another file has taken the name by which an engine was to open one of the weights."""
    names = _Names(placed.folder)
    return any(
        isinstance(there := placed.constants[name], External)
        and there.location != _HANDED_OVER
        and _place(value, names) is None
        for name, value in emitter.constants.items()
    )


class _Names:
    """What an engine may call files below a folder at this moment.

    Each file is looked at once, however many tensors lie in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[tuple[Path, int], str | None] = {}

    def of(self, tensor: Tensor) -> str | None:
        """The name of a tensor's file; None where it is elsewhere, or another file has its name by now."""
        key = tensor.file, id(tensor.held)
        if key not in self._found:
            self._found[key] = self._look(tensor)
        return self._found[key]

    def _look(self, tensor: Tensor) -> str | None:
        if tensor.held is not None and not tensor.held.has_its_name:
            return None  # the engine, which opens by the name, would read the other one
        file = tensor.file.resolve()
        if not file.is_relative_to(self._folder):
            return None
        return file.relative_to(self._folder).as_posix()


def _place(value: NDArray[Any] | Tensor, names: _Names) -> External | None:
    """Where a float32 tensor lies below the folder; None where it does not, or not any more."""
    if not isinstance(value, Tensor) or value.dtype != "F32" or not value.nbytes:
        return None
    if value.made is not None or value.offset % _FLOAT:
        return None  # its numbers are not in the file as they are, or not where an engine can take them
    name = names.of(value)
    if name is None:
        return None
    return External(name, value.offset, value.nbytes, value.dtype, value.shape)


def write(model: Model, program: Program, emitter: Emitter, folder: Path) -> Path:
    """Writes ``model.onnx`` and its weights into a folder, which is made if need be.

    The weight file is named by its content and the graph, which names it, is put in place last: at
    every moment the folder holds a complete artifact, the old one or the new one.
    """
    import hashlib  # loads a library for cryptography, which a session in memory does not need

    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{FILE}.data.{os.getpid()}"
    constants: dict[str, NDArray[Any] | External] = {}
    digest = hashlib.sha256()
    places: dict[str, tuple[int, NDArray[Any]]] = {}
    with temporary.open("wb") as data:
        for name, value in emitter.constants.items():
            array = _array(value)
            if array.nbytes <= _SMALL:
                constants[name] = array
                continue
            data.write(b"\0" * (-data.tell() % _ALIGNMENT))
            places[name] = data.tell(), array
            data.write(array.data)
            digest.update(array.data)
    final = folder / f"model-{digest.hexdigest()[:12]}.onnx.data"
    constants |= {name: _external(final.name, at, array) for name, (at, array) in places.items()}
    temporary.replace(final)
    graph = folder / f".{FILE}.{os.getpid()}"
    graph.write_bytes(encode(model, program, emitter, constants))
    graph.replace(folder / FILE)
    for old in folder.glob("model-*.onnx.data"):
        if old != final:
            old.unlink()
    return folder / FILE


def copy(model: Model, artifact: Artifact, folder: Path, output: str | None = None) -> None:
    """Copies a file of somebody else's as ``model.onnx`` to the chain's place, with the files of its weights.

    The graph, which names the others, is put in place last. `output` is what the user named of it:
    the copy says so itself, for which nothing in it is touched, since fields of a protocol buffer may
    follow one another in any order.
    """
    from isomorph_onnx.artifact import LAYOUT

    if artifact.file.parent.resolve().is_relative_to(folder.resolve()):
        return
    source = model.files.sub(artifact.file.parent.relative_to(model.folder).as_posix())
    target = LAYOUT.target(model, folder)
    target.mkdir(parents=True, exist_ok=True)
    for name in artifact.signature.data:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        source.copy(name, target / name)
    graph = target / f".{FILE}.{os.getpid()}"
    source.copy(artifact.file.name, graph)
    if output is not None and artifact.signature.metadata.get(OUTPUT_KEY) != output:
        with graph.open("ab") as file:
            file.write(metadata_entry(OUTPUT_KEY, output))
    graph.replace(target / FILE)


def encode(model: Model, program: Program, emitter: Emitter, constants: Constants) -> bytes:
    """The bytes of the model; its metadata says how many modules of the chain it holds."""
    inputs = []
    for name, feed in program.feeds.items():
        inputs.append(Port(name, feed.dtype, feed.axes))
    outputs = [
        Port(
            output_port(program, name),
            "float32",
            [f"{name}_{axis}" for axis in range(_RANKS.get(name, 2))],
        )
        for name in program.outputs
    ]
    metadata = {DEPTH_KEY: str(len(model.graph))}
    return encode_model(emitter.nodes, inputs, outputs, constants, metadata)


def _array(value: NDArray[Any] | Tensor) -> NDArray[Any]:
    return np.asarray(value.numpy() if isinstance(value, Tensor) else value, order="C")


def _external(location: str, offset: int, array: NDArray[Any]) -> External:
    return External(location, offset, array.nbytes, _STORED_AS[array.dtype.name], array.shape)
