"""ONNX files in a model folder: our own, and those that other libraries export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import IO

from isomorph.contract import Model
from isomorph.errors import BadModel, Unsupported
from isomorph_onnx import wire

FOLDERS = ("onnx", "")
FILE = "model.onnx"
DEPTH_KEY = "isomorph.depth"
"""Metadata of the files that we write: how many modules of the chain they hold."""

KNOWN_OUTPUTS: Mapping[str, str] = {
    "last_hidden_state": "token_embeddings",
    "token_embeddings": "token_embeddings",
    "sentence_embedding": "sentence_embedding",
}
"""Names of outputs in exported files, by what they hold in our terms."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file, the names of its inputs and outputs, and how many modules it covers (0: unusable)."""

    file: Path
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    depth: int

    @classmethod
    def read(cls, file: Path, model: Model) -> Artefact:
        """Reads the ports of a file, never its weights.

        Raises:
            BadModel: it is not an ONNX file, or cut short.
        """
        try:
            with file.open("rb") as stream:
                inputs, outputs, metadata = _ports(stream, file.stat().st_size)
        except (ValueError, OSError, UnicodeDecodeError) as cause:
            raise BadModel(f"{file} is not a complete ONNX file: {cause}.") from cause
        own = metadata.get(DEPTH_KEY)
        depth = min(int(own) if own else _covered(outputs, model), len(model.graph))
        if own and not set(model.graph.prefix(depth).outputs) <= set(outputs):
            depth = 0  # a whole chain in one file does not give every value on the way
        return cls(file, inputs, outputs, depth)


def find(model: Model) -> Artefact | None:
    """The file that the user named, else one in ``onnx/``, in the root or beside the encoder.

    Raises:
        Unsupported: the named file is not there, and lists those there are; or it is no use.
        BadModel: it is damaged.
    """
    first = model.graph.modules[0].folder if model.graph.modules else ""
    # Ours stand at the root, exported encoders beside the encoder.
    for parent, place in product(dict.fromkeys(("", first)), FOLDERS):
        file = model.file(parent, place, model.artefact or FILE)
        if file is not None and file.suffix == ".onnx":
            artefact = Artefact.read(file, model)
            if model.artefact is not None and not artefact.depth:
                gives, wanted = ", ".join(artefact.outputs), ", ".join(model.graph.outputs)
                raise Unsupported(f"{file.name} gives {gives}, which is no help for {wanted}")
            return artefact if artefact.depth else None
    if model.artefact is not None:
        there = sorted(str(p.relative_to(model.folder)) for p in model.folder.rglob("*.onnx"))
        raise Unsupported(
            f"file_name={model.artefact!r} was asked for, but the ONNX files of {model.folder} are: "
            f"{', '.join(there) or 'none'}"
        )
    return None


def _covered(outputs: tuple[str, ...], model: Model) -> int:
    """The depth at which an exported file's richest known output stands in the chain."""
    known = holders(model)
    names = {known[name] for name in outputs if name in known}
    modules = model.graph.modules
    if not modules or modules[0].op != "transformer":
        return 0
    if "sentence_embedding" in names:
        writers = [i for i, module in enumerate(modules) if "sentence_embedding" in module.outputs]
        return writers[-1] + 1 if writers else 0
    return 1 if modules[0].outputs[0] in names else 0


def holders(model: Model) -> Mapping[str, str]:
    """What the outputs of exported files hold in our terms, by their names.

    ``logits`` are what a model with a head writes; its ``last_hidden_state`` nobody has asked for.
    """
    first = model.graph.modules[0] if model.graph.modules else None
    if first is None or first.config.get("task", "feature-extraction") == "feature-extraction":
        return KNOWN_OUTPUTS
    own = {name: name for name in KNOWN_OUTPUTS.values()}
    return {**own, first.outputs[0]: first.outputs[0], "logits": first.outputs[0]}


def _ports(stream: IO[bytes], size: int) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
    """Names of inputs without initialisers, names of outputs, metadata. Skips tensors and nodes."""
    inputs: list[str] = []
    outputs: list[str] = []
    initialised: set[str] = set()
    metadata: dict[str, str] = {}
    seen_graph = False
    for number, start, length in wire.fields(stream, size):
        if number == 7:
            seen_graph = True
            stream.seek(start)
            for inner, at, extent in wire.fields(stream, start + length):
                if inner == 11:
                    inputs.append(_text_in(stream, at, extent, 1))
                elif inner == 12:
                    outputs.append(_text_in(stream, at, extent, 1))
                elif inner == 5:
                    initialised.add(_text_in(stream, at, extent, 8))
        elif number == 14:
            key = _text_in(stream, start, length, 1)
            metadata[key] = _text_in(stream, start, length, 2)
    if not seen_graph:
        raise ValueError("it holds no graph")
    return tuple(n for n in inputs if n not in initialised), tuple(outputs), metadata


def _text_in(stream: IO[bytes], start: int, length: int, field: int) -> str:
    """One text field of a nested message."""
    stream.seek(start)
    for number, at, extent in wire.fields(stream, start + length):
        if number == field:
            stream.seek(at)
            return stream.read(extent).decode()
    return ""
