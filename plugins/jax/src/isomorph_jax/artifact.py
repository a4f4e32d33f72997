"""Programs saved as StableHLO in a model folder, with their weights beside them.

    jax/model.stablehlo     the program, for any number of rows and any width, as `jax.export` writes it
    jax/model.safetensors   its weights
    jax/isomorph.json       how many modules it holds, and which

Reading any of them runs no code: neither file is a pickle.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Model
from isomorph.errors import BadModel, Unsupported
from isomorph.program import Layout, digest

FILE = "model.stablehlo"
WEIGHTS = "model.safetensors"
MANIFEST = "isomorph.json"
LAYOUT = Layout(format="StableHLO", suffix=".stablehlo", subfolder="jax", default=FILE)
PLATFORMS = ("cpu", "cuda", "rocm", "tpu")
"""What a saved program runs on."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A saved program of the first `depth` modules, and its weights."""

    file: Path
    weights: Path
    depth: int


def find(model: Model) -> tuple[Artifact | None, str]:
    """The program that the user named, else the model's own; None and why where there is no use for it.

    Raises:
        Unsupported: the named file is not there or does not fit.
        BadModel: the named file lacks its manifest or its weights, or leads out of the folder.
    """
    try:
        parts, reason = LAYOUT.find(model)
        return (None, reason) if parts is None else (_described(model, parts), "")
    except (Unsupported, BadModel) as unfit:
        if model.artifact is not None:
            raise
        return None, str(unfit)


def _described(model: Model, parts: tuple[str, ...]) -> Artifact:
    file = model.folder.joinpath(*parts)
    weights = model.file(*parts[:-1], WEIGHTS)
    said = model.files.json(*parts[:-1], MANIFEST)
    if weights is None or not isinstance(said, dict) or said.get("file") != parts[-1]:
        raise BadModel(
            f"{file} needs {WEIGHTS} and {MANIFEST} beside it, as isomorph saves them: save it again."
        )
    depth = said.get("depth")
    if not isinstance(depth, int) or not 0 < depth <= len(model.graph):
        raise Unsupported(f"{file.name} holds {depth} modules, but {len(model.graph)} are wanted")
    if said.get("modules") != digest(model.prefix(depth)):
        raise Unsupported(f"{file.name} was saved from modules with other settings")
    return Artifact(file, weights, depth)


def write(model: Model, program: bytes, weights: Mapping[str, NDArray[Any]], folder: Path) -> None:
    """Writes the three files; each appears whole or not at all, the manifest last."""
    from safetensors.numpy import save_file

    target = LAYOUT.target(model, folder)
    target.mkdir(parents=True, exist_ok=True)
    said = {"file": FILE, "depth": len(model.graph), "modules": digest(model)}
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=target) as name:
        made = Path(name)
        plain = {key: np.array(array, order="C") for key, array in weights.items()}
        save_file(plain, made / WEIGHTS)
        (made / FILE).write_bytes(program)
        (made / MANIFEST).write_text(json.dumps(said, indent=2) + "\n", "utf-8")
        for file in (WEIGHTS, FILE, MANIFEST):
            (made / file).replace(target / file)


def read(model: Model, artifact: Artifact) -> tuple[bytes, dict[str, NDArray[Any]]]:
    """The program and its weights.

    Raises:
        BadModel: the weights are damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    model.files.check()
    try:
        found = load_file(artifact.weights)
    except (SafetensorError, OSError, ValueError) as cause:
        raise BadModel(f"{artifact.weights} cannot be read: {cause}") from cause
    program = artifact.file.read_bytes()
    model.files.check()
    return program, found
