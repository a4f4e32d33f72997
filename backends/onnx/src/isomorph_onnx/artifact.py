"""ONNX files in a model folder: our own, and those that other libraries export.

    onnx/model.onnx, model.onnx     found by themselves; every other file only by its name
    isomorph.depth                  metadata of ours: how many modules the file holds
    isomorph.output                 metadata of ours: which output the user said to use

A file of others is taken for what the names of its outputs say, or for what the user says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from isomorph.contract import Model
from isomorph.errors import BadModel, Unsupported
from isomorph_onnx.signature import Signature

SUBFOLDER = "onnx"
FILE = "model.onnx"
DEPTH_KEY = "isomorph.depth"
"""Metadata of the files that we write: how many modules of the chain they hold.

Followed by a dot and the name of a value on the way that the file gives too: after how many.
"""

OUTPUT_KEY = "isomorph.output"
"""Metadata of the files that we copy: the output that the user named, which its name does not tell."""

KNOWN_OUTPUTS: Mapping[str, str] = {
    "last_hidden_state": "token_embeddings",
    "token_embeddings": "token_embeddings",
    "sentence_embedding": "sentence_embedding",
}
"""Names of outputs in exported files, by what they hold in our terms."""

KNOWN_INPUTS = frozenset(("input_ids", "attention_mask", "token_type_ids", "position_ids"))
"""Names of inputs in exported files that are fed or made."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that stands for the first `depth` modules."""

    file: Path
    signature: Signature
    depth: int


def find(model: Model) -> tuple[Artifact | None, str]:
    """The file that the user named, else the model's own; None and why where there is no use for it.

    Raises:
        Unsupported: the named file is not there or does not fit; lists those there are.
        BadModel: the file is damaged, or its weights are not beside it.
    """
    for parts in _places(model):
        file = model.file(*parts)
        if file is not None and file.suffix == ".onnx":
            signature = _signature(model, parts, file)
            _need_data(model, parts, signature)
            depth, reason = _covered(signature, model)
            if depth:
                return Artifact(file, signature, depth), ""
            if model.artifact is not None:
                raise Unsupported(f"{file.name}: {reason}")
            return None, f"{file.name}: {reason}"
    there = sorted(str(p.relative_to(model.folder)) for p in model.folder.rglob("*.onnx"))
    if model.artifact is not None:
        raise Unsupported(
            f"file_name={model.artifact!r} was asked for, but the ONNX files of {model.folder} are: "
            f"{', '.join(there) or 'none'}"
        )
    return None, f"file_name= may name one of {', '.join(there)}" if there else ""


def _places(model: Model) -> Iterator[tuple[str, ...]]:
    """Where the file may lie: a named one as it is named, then in the subfolder; ours the other way.

    ``.onnx`` may be left out of a name. Beside the root the encoder's own folder is looked at.
    """
    name = model.artifact or FILE
    name = name if name.endswith(".onnx") else f"{name}.onnx"
    subfolders = (SUBFOLDER, "") if model.artifact is None else ("", SUBFOLDER)
    first = model.graph.modules[0].folder if model.graph.modules else ""
    for folder in dict.fromkeys(("", first)):
        for subfolder in subfolders:
            yield folder, subfolder, name


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


def _covered(signature: Signature, model: Model) -> tuple[int, str]:
    """The depth at which a file's richest known output stands in the chain; 0 and why not."""
    modules = model.graph.modules
    own = _own_depth(signature)
    if own and model.artifact_output is None:
        on_the_way = {f"{DEPTH_KEY}.{name}" for name in model.graph.outputs}
        if modules and all(signature.metadata.get(k) == str(len(modules)) for k in on_the_way):
            return len(modules), ""
        promised = set(model.graph.prefix(own).outputs)
        if own > len(modules) or promised - set(signature.outputs):
            return 0, f"it holds {own} modules and gives {', '.join(signature.outputs)}"
        return own, ""
    if not modules or modules[0].kind != "transformer":
        return 0, "it is an encoder, and this model has none"
    unknown = sorted(set(signature.inputs) - KNOWN_INPUTS - set(model.graph.inputs))
    if unknown:
        return 0, f"it wants inputs that texts do not give: {', '.join(unknown)}"
    holding, said = holders(model, signature), named_output(model, signature)
    if said is not None:
        return _covered_by(said, signature, model)
    names = {holding[name] for name in signature.outputs if name in holding}
    names.update(set(signature.outputs) & set(modules[0].outputs))
    writers = [i for i, module in enumerate(modules) if "sentence_embedding" in module.outputs]
    if "sentence_embedding" in names and writers:
        return writers[-1] + 1, ""
    if set(model.graph.prefix(1).outputs) <= names:
        return 1, ""
    known = f"its outputs are {', '.join(signature.outputs)}, and known are {', '.join(holding)}"
    return 0, f"{known}; output_name= beside file_name= may say which holds {modules[0].outputs[0]}"


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


def _covered_by(said: str, signature: Signature, model: Model) -> tuple[int, str]:
    """1 where the output that the user named can be what the first module writes; 0 and why not."""
    first = model.graph.modules[0]
    wanted = 2 if first.config.get("task") == "sequence-classification" else 3
    if said not in signature.outputs:
        return 0, f"it has no output {said!r}; its outputs are {', '.join(signature.outputs)}"
    rank = signature.ranks.get(said)
    if rank not in (None, wanted):
        every = ", ".join(f"{name} ({signature.ranks.get(name)})" for name in signature.outputs)
        return 0, (
            f"its output {said!r} has {rank} axes, and {first.outputs[0]} have {wanted}; "
            f"its outputs and their axes are {every}"
        )
    if len(first.outputs) > 1:
        return 0, f"one output {said!r} does not hold all of {', '.join(first.outputs)}"
    return 1, ""


def named_output(model: Model, signature: Signature) -> str | None:
    """The output that the user named, now or when the file was saved."""
    return model.artifact_output or signature.metadata.get(OUTPUT_KEY)


def holders(model: Model, signature: Signature) -> Mapping[str, str]:
    """What the outputs of exported files hold in our terms, by their names.

    ``logits`` are what a model with a head writes; its ``last_hidden_state`` nobody has asked for.
    """
    first = model.graph.modules[0] if model.graph.modules else None
    said = named_output(model, signature)
    if first is not None and said is not None:
        return {said: first.outputs[0]}
    if first is None or first.config.get("task", "feature-extraction") == "feature-extraction":
        return KNOWN_OUTPUTS
    own = {name: name for name in KNOWN_OUTPUTS.values()}
    return {**own, first.outputs[0]: first.outputs[0], "logits": first.outputs[0]}
