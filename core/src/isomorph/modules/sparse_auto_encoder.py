"""SparseAutoEncoder: a dense vector to a few of many latent features (arXiv:2503.01776)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.errors import BadModel
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import FLAG, WIDTH, Schema
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.types import SPARSE, historical
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

SCHEMA: Schema = {**dict.fromkeys(("input_dim", "hidden_dim", "k"), WIDTH), "normalize": FLAG}

EPS = 1e-5
_MATRICES = ("encoder.weight", "decoder.linear.weight")
"""Names of the one matrix: safetensors files hold tied weights once, under the second."""


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json``; what serves training alone (`k_aux`, `dead_threshold`) stays there.

    Raises:
        BadModel: there is no file, or a size is missing or is no positive whole number.
    """
    config = source.settings(SCHEMA, "config.json", needed=("input_dim",))
    settings: dict[str, Any] = {"hidden_dim": 512, "k": 8, "normalize": False, **config}
    settings = {name: settings[name] for name in SCHEMA}
    settings["k"] = min(settings["k"], settings["hidden_dim"])
    if settings["normalize"] and settings["input_dim"] < 2:
        raise BadModel(f"{source.place} normalises one feature, which has no deviation.")
    value = ("sentence_embedding",)
    tensors = tuple(source.tensors)
    return Module(
        "sparse_auto_encoder",
        source.name,
        folder=source.path,
        config=settings,
        weights=tensors,
        inputs=value,
        outputs=value,
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """relu((x - pre_bias) W^T + latent_bias), of which the `k` largest stay.

    Nothing is counted on the way: sentence-transformers updates a saved buffer in inference too.
    """
    config = module.config
    wide, many = config["input_dim"], config["hidden_dim"]
    x = values["sentence_embedding"]
    if config["normalize"]:
        x = _standardise(x, wide)
    matrix = next((name for name in _MATRICES if name in weights.names), _MATRICES[0])
    x = x - weights("pre_bias", (wide,))
    latents = ops.linear(x, weights(matrix, (many, wide)), weights("latent_bias", (many,)))
    latents = ops.activation(latents, "relu")
    if config["k"] < many:
        latents = ops.keep_largest(latents, config["k"])
    return {"sentence_embedding": latents}


def _standardise(x: Ref, size: int) -> Ref:
    """(x - mean) / (standard deviation + eps) over the features; the deviation is the unbiased one."""
    centred = x - ops.reduce(x, "sum", axis=-1, keepdims=True) / float(size)
    variance = ops.reduce(centred * centred, "sum", axis=-1, keepdims=True) / float(size - 1)
    return centred / (ops.sqrt(variance) + EPS)


KIND = ModuleKind(
    name="sparse_auto_encoder",
    classes=historical("SparseAutoEncoder", home=SPARSE),
    read=read,
    lower=lower,
    width=lambda module, width: int(module.config["hidden_dim"]),
    takes=lambda module: int(module.config["input_dim"]),
    sparse=True,
    tag="csr",
    needs=("settings", "weights"),
)
