"""OpenVINO files in a model folder: those that sessions save, and encoders that others exported.

    openvino/openvino_model.xml, .bin   a graph and its weights
    openvino/isomorph.json              only beside ours: how many modules it holds, and which
    openvino/image/                     both of the chain of images, where another one is the default

A file without that manifest is taken for the encoder alone, as optimum-intel writes it, or for what
the user says that one of its outputs is. Claims read
names from the XML and never the weights.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isomorph.contract import Model
from isomorph.errors import BadModel, Unsupported
from isomorph.program import Layout, Ports, digest, meaning
from isomorph_openvino.signature import signature

FILE = "openvino_model.xml"
MANIFEST = "isomorph.json"
LAYOUT = Layout(format="OpenVINO", suffix=".xml", subfolder="openvino", default=FILE)


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


def find(model: Model) -> tuple[Artifact | None, str]:
    """The file that the user named, else the model's own; None and why where there is no use for it.

    Raises:
        Unsupported: the named file is not there or does not fit; lists those there are.
        BadModel: the named file is damaged, or leads out of the folder.
    """
    try:
        parts, reason = LAYOUT.find(model)
        return (None, reason) if parts is None else (_read(model, parts), "")
    except (Unsupported, BadModel) as unfit:
        if model.artifact is not None:
            raise
        return None, str(unfit)


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
    ports = Ports(file=xml.name, inputs=found.inputs, outputs=found.outputs, extents=found.extents)
    means = meaning(model, ports, model.artifact_output)
    return Artifact(xml, weights, means.depth, means.outputs, found.precision)


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


def write(
    graph: Any, model: Model, precision: str, folder: Path, passed: Sequence[str] = ()
) -> None:
    """Saves a graph of all modules of `model`; each file appears whole or not at all.

    The manifest comes last, so that what it describes is there. `passed` names values on the way
    that the graph gives too.
    """
    from isomorph_openvino.engine import engine

    target = LAYOUT.target(model, folder)
    target.mkdir(parents=True, exist_ok=True)
    manifest = {
        "file": FILE,
        "depth": len(model.graph),
        "inputs": list(model.graph.inputs),
        "outputs": [*model.graph.outputs, *passed],
        "passed": {name: digest(model.with_graph(model.graph.until([name]))) for name in passed},
        "precision": precision,
        "modules": digest(model),
    }
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=target) as name:
        made = Path(name)
        engine().save_model(graph, str(made / FILE), compress_to_fp16=False)
        (made / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
        for file in (FILE.replace(".xml", ".bin"), FILE, MANIFEST):
            (made / file).replace(target / file)
