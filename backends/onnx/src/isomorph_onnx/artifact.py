"""ONNX files in a model folder: our own, and those that other libraries export.

    onnx/model.onnx, model.onnx     found by themselves; every other file only by its name
    onnx/image/model.onnx           found for the chain of images, where another one is the default
    isomorph.depth                  metadata of ours: how many modules the file holds
    isomorph.output                 metadata of ours: which output the user said to use

A file of others is taken for what the names of its outputs say, or for what the user says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from isomorph.contract import Model
from isomorph.errors import BadModel, Unsupported
from isomorph.program import Layout, Meaning, Ports, meaning
from isomorph_onnx.names import DEPTH_KEY, FILE, OUTPUT_KEY
from isomorph_onnx.signature import Signature

LAYOUT = Layout(format="ONNX", suffix=".onnx", subfolder="onnx", default=FILE)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that stands for the first `depth` modules.

    ``outputs`` maps the names that these modules promise to the file's names of them.
    """

    file: Path
    signature: Signature
    depth: int
    outputs: Mapping[str, str]


def find(model: Model) -> tuple[Artifact | None, str]:
    """The file that the user named, else the model's own; None and why where there is no use for it.

    Raises:
        Unsupported: the named file is not there or does not fit; lists those there are.
        BadModel: the file is damaged, or its weights are not beside it.
    """
    parts, reason = LAYOUT.find(model)
    if parts is None:
        return None, reason
    file = model.folder.joinpath(*parts)
    signature = _signature(model, parts, file)
    _need_data(model, parts, signature)
    try:
        means = _meaning(model, file, signature)
    except Unsupported as unfit:
        if model.artifact is not None:
            raise
        return None, str(unfit)
    return Artifact(file, signature, means.depth, means.outputs), ""


def _signature(model: Model, parts: tuple[str, ...], file: Path) -> Signature:
    try:
        with model.files.open(*parts) as stream:
            return Signature.read(stream)
    except BadModel:
        raise
    except (ValueError, OSError) as cause:  # UnicodeDecodeError is a ValueError
        raise BadModel(f"{file} is not a complete ONNX file: {cause}.") from cause


def _need_data(model: Model, parts: tuple[str, ...], signature: Signature) -> None:
    """Refuses a file whose weights have been left behind, or lie outside of the model folder.

    An engine takes the name of a file of weights as it stands, so that every sign in it that somebody
    reads in another way is refused.
    """
    name = parts[-1].replace("\\", "/")
    beside = (*parts[:-1], name.rpartition("/")[0])
    for data in (*signature.data, *signature.named):
        if not data or "\\" in data or not data.isprintable():
            raise BadModel(f"{name} keeps weights in {data!r}, which is no name of a file.")
        model.files.path(*beside, data)  # refuses what leads out
    for data in signature.data:
        if model.file(*beside, data) is None:
            raise BadModel(f"{name} keeps weights in {data!r}, which is not beside it.")


def _meaning(model: Model, file: Path, signature: Signature) -> Meaning:
    """What a file stands for: by its metadata if it is one of ours, else by its names and the user's.

    Raises:
        Unsupported: it does not fit this model.
    """
    own = _own_depth(signature)
    if not own or model.artifact_output is not None:
        ports = Ports(
            file=file.name,
            inputs=signature.inputs,
            outputs=signature.outputs,
            extents=signature.extents,
        )
        return meaning(model, ports, named_output(model, signature))
    whole = len(model.graph)
    on_the_way = {f"{DEPTH_KEY}.{name}" for name in model.graph.outputs}
    if whole and all(signature.metadata.get(key) == str(whole) for key in on_the_way):
        own = whole
    promised = model.graph.prefix(own).outputs
    if own > whole or set(promised) - set(signature.outputs):
        given = ", ".join(signature.outputs)
        raise Unsupported(f"{file.name}: it holds {own} modules and gives {given}")
    return Meaning(depth=own, outputs={name: name for name in promised})


def _own_depth(signature: Signature) -> int:
    """How many modules a file of ours holds; 0 of one that does not say so.

    Raises:
        BadModel: it says something else there.
    """
    said = signature.metadata.get(DEPTH_KEY, "0")
    if not said.isdecimal() or len(said) > 9:
        raise BadModel(
            f"The metadata {DEPTH_KEY!r} of an ONNX file is {said[:40]!r}, not a number."
        )
    return int(said)


def named_output(model: Model, signature: Signature) -> str | None:
    """The output that the user named, now or when the file was saved."""
    return model.artifact_output or signature.metadata.get(OUTPUT_KEY)
