"""OpenVINO files in a model folder: those that sessions save, and encoders that others exported.

    openvino/openvino_model.xml, .bin   a graph and its weights
    openvino/isomorph.json              only beside ours: how many modules it holds, and which

A file without that manifest is taken for the encoder alone, as optimum-intel writes it, or for what
the user says that one of its outputs is. Claims read
names from the XML and never the weights.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from isomorph.contract import Model
from isomorph.errors import BadModel, Unsupported
from isomorph_openvino.signature import Signature, signature

SUBFOLDER = "openvino"
FILE = "openvino_model.xml"
MANIFEST = "isomorph.json"
ENCODER_INPUTS = frozenset(("input_ids", "attention_mask", "token_type_ids", "position_ids"))
_TOKEN_OUTPUTS = ("last_hidden_state", "token_embeddings")
_HEAD_OUTPUTS = ("logits",)
_SENTENCE = "sentence_embedding"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A graph file that stands for the first `depth` modules.

    ``outputs`` maps the names that these modules promise to the file's names of them. ``precision``
    is that of the coarsest matrix in it.
    """

    xml: Path
    weights: Path
    depth: int
    outputs: Mapping[str, str]
    precision: str = "float32"


def find(model: Model) -> Artifact | None:
    """The artifact under a default name, ours before others; None where there is none.

    Raises:
        Unsupported: there is one, but it does not fit this model; says why.
        BadModel: it is damaged, or a link that leads out of the folder.
    """
    for parts in _places(model, FILE, SUBFOLDER, ""):
        if model.file(*parts) is not None:
            return _read(model, parts)
    return None


def named(model: Model, name: str) -> Artifact:
    """The artifact that the user names, by path in the folder or by file name alone.

    Raises:
        Unsupported: there is none, or it does not fit this model.
        BadModel: it is damaged, or a path that leads out of the folder.
    """
    name = name if name.endswith(".xml") else f"{name}.xml"
    for parts in _places(model, name, "", SUBFOLDER):
        if model.file(*parts) is not None:
            return _read(model, parts)
    raise Unsupported(
        f"file_name={name!r} was asked for, but {model.folder} has no such file, "
        f"neither in {SUBFOLDER}/ nor beside it."
    )


def _places(model: Model, name: str, *subfolders: str) -> Iterator[tuple[str, ...]]:
    """Where a file of this name may lie: in these folders of the root, then of the encoder's."""
    for folder in dict.fromkeys(("", model.graph.modules[0].folder)):
        for subfolder in subfolders:
            yield (folder, subfolder, name)


def _read(model: Model, parts: tuple[str, ...]) -> Artifact:
    xml = model.folder.joinpath(*parts)
    stem = parts[-1].removesuffix(".xml")
    weights = model.file(*parts[:-1], f"{stem}.bin")
    if weights is None:
        raise BadModel(f"{xml} has no weights beside it: {stem}.bin is missing.")
    try:
        with model.files.open(*parts) as stream:
            found = signature(stream, weights.stat().st_size)
    except BadModel:
        raise
    except (ValueError, OSError) as cause:
        raise BadModel(f"{xml} is no OpenVINO graph: {cause}") from cause
    manifest = _manifest(model, parts) if model.artifact_output is None else None
    if manifest is not None and set(manifest["outputs"]) == set(found.outputs):
        depth = _own_depth(model, xml, manifest)
        promised = model.graph.prefix(depth).outputs
        return Artifact(xml, weights, depth, {name: name for name in promised}, found.precision)
    depth, named = _foreign(model, xml, found)
    return Artifact(xml, weights, depth, named, found.precision)


def _own_depth(model: Model, xml: Path, manifest: Mapping[str, Any]) -> int:
    depth = int(manifest["depth"])
    passed = manifest.get("passed", {})
    if model.graph.outputs and all(
        name in manifest["outputs"] and passed.get(name) == digest(model)
        for name in model.graph.outputs
    ):
        return len(model.graph)  # a value on the way is wanted, and the file gives it
    if not 0 < depth <= len(model.graph):
        raise Unsupported(f"{xml.name} holds {depth} modules, but {len(model.graph)} are wanted")
    if manifest["modules"] != digest(model.prefix(depth)):
        raise Unsupported(f"{xml.name} was saved from modules with other settings")
    missing = set(model.graph.prefix(depth).outputs) - set(manifest["outputs"])
    if missing:
        raise Unsupported(f"{xml.name} does not compute {', '.join(sorted(missing))}")
    return depth


def _foreign(model: Model, xml: Path, found: Signature) -> tuple[int, Mapping[str, str]]:
    """How many modules somebody else's file stands for, and how it names what they promise.

    Raises:
        Unsupported: it has other inputs or outputs than an encoder, or that is no encoder.
    """
    modules = model.graph.modules
    first, outputs = modules[0], found.outputs
    if first.kind != "transformer":
        raise Unsupported(f"{xml.name} is an encoder, but the first module is {first.kind!r}")
    unknown = set(found.inputs) - ENCODER_INPUTS
    if unknown:
        raise Unsupported(f"{xml.name} wants inputs that texts do not give: {sorted(unknown)}")
    if model.artifact_output is not None:
        return _said(model, xml, found, model.artifact_output)
    headless = first.config.get("task", "feature-extraction") == "feature-extraction"
    known = (*(_TOKEN_OUTPUTS if headless else _HEAD_OUTPUTS), first.outputs[0])
    tokens = next((name for name in known if name in outputs), None)
    if tokens is None and _SENTENCE in outputs and model.graph.outputs == (_SENTENCE,):
        return len(modules), {_SENTENCE: _SENTENCE}
    if tokens is None:
        raise Unsupported(
            f"{xml.name} gives {sorted(outputs)}, none of {list(known)}; "
            f"output_name= beside file_name= may say which holds {first.outputs[0]}"
        )
    promised = model.graph.prefix(1).outputs
    if set(promised) - {first.outputs[0]}:
        raise Unsupported(f"{xml.name} gives only {tokens}, but {list(promised)} are wanted")
    return 1, {first.outputs[0]: tokens}


def _said(model: Model, xml: Path, found: Signature, said: str) -> tuple[int, Mapping[str, str]]:
    """The first module alone, by the output that the user named.

    Raises:
        Unsupported: there is no such output, or it cannot be what the module writes.
    """
    first = model.graph.modules[0]
    wanted = 2 if first.config.get("task") == "sequence-classification" else 3
    axes = ", ".join(f"{name} ({found.ranks[name]})" for name in found.outputs)
    if said not in found.outputs:
        raise Unsupported(
            f"{xml.name} has no output {said!r}; its outputs and their axes are {axes}"
        )
    if found.ranks[said] not in (None, wanted):
        raise Unsupported(
            f"output {said!r} of {xml.name} has {found.ranks[said]} axes, and {first.outputs[0]} "
            f"have {wanted}; its outputs and their axes are {axes}"
        )
    if len(first.outputs) > 1:
        raise Unsupported(f"{xml.name} gives only {said}, but {list(first.outputs)} are wanted")
    return 1, {first.outputs[0]: said}


def _manifest(model: Model, parts: tuple[str, ...]) -> Mapping[str, Any] | None:
    """What is said of the file in the manifest beside it; None where that speaks of another file."""
    manifest = model.files.json(*parts[:-1], MANIFEST)
    if manifest is None:
        return None
    if not _is_manifest(manifest):
        there = model.files.path(*parts[:-1], MANIFEST)
        raise BadModel(
            f"{there} is not a manifest of isomorph: save the model again, or remove it."
        )
    return manifest if manifest["file"] == parts[-1] else None


def _is_manifest(found: Any) -> bool:
    """Whether it has all that a manifest says, each of its type."""
    kinds = {"file": str, "depth": int, "outputs": list, "modules": str}
    return (
        isinstance(found, dict)
        and all(isinstance(found.get(key), kind) for key, kind in kinds.items())
        and all(isinstance(name, str) for name in found["outputs"])
        and isinstance(found.get("passed", {}), dict)
    )


def digest(model: Model) -> str:
    """What modules compute apart from their weights, as a SHA-256 in hexadecimal."""
    modules = [
        [module.kind, module.config, module.inputs, module.outputs]
        for module in model.graph.modules
    ]
    return hashlib.sha256(json.dumps(modules, sort_keys=True, default=str).encode()).hexdigest()


def write(
    graph: Any, model: Model, precision: str, folder: Path, passed: Sequence[str] = ()
) -> None:
    """Saves a graph of all modules of `model`; each file appears whole or not at all.

    The manifest comes last, so that what it describes is there. `passed` names values on the way
    that the graph gives too.
    """
    from isomorph_openvino.devices import engine

    target = folder / SUBFOLDER
    target.mkdir(parents=True, exist_ok=True)
    manifest = {
        "file": FILE,
        "depth": len(model.graph),
        "inputs": list(model.graph.inputs),
        "outputs": [*model.graph.outputs, *passed],
        "passed": {
            name: digest(replace(model, graph=model.graph.until([name]))) for name in passed
        },
        "precision": precision,
        "modules": digest(model),
    }
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=target) as name:
        made = Path(name)
        engine().save_model(graph, str(made / FILE), compress_to_fp16=False)
        (made / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
        for file in (FILE.replace(".xml", ".bin"), FILE, MANIFEST):
            (made / file).replace(target / file)
