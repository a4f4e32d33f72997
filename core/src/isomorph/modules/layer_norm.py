"""LayerNorm on the sentence embedding."""

from __future__ import annotations

from collections.abc import Mapping

from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import WIDTH
from isomorph.kinds import ModuleKind, unchanged
from isomorph.model.graph import Module
from isomorph.modules.types import historical
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

EPS = 1e-5  # the default of torch.nn.LayerNorm, which the file format never overrides


def read(source: ModuleFolder) -> Module:
    """Reads `dimension` from ``config.json``."""
    config = source.settings({"dimension": WIDTH}, "config.json", needed=("dimension",))
    name = ("sentence_embedding",)
    settings = {"dimension": config["dimension"]}
    return Module(
        "layer_norm",
        source.name,
        folder=source.path,
        config=settings,
        weights=tuple(source.tensors),
        inputs=name,
        outputs=name,
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Normalises over the features, then scales and shifts."""
    shape = (module.config["dimension"],)
    x = values["sentence_embedding"]
    y = ops.layer_norm(x, weights("norm.weight", shape), weights("norm.bias", shape), EPS)
    return {"sentence_embedding": y}


KIND = ModuleKind(
    name="layer_norm",
    classes=historical("LayerNorm"),
    read=read,
    lower=lower,
    width=unchanged,
    takes=lambda module: int(module.config["dimension"]),
    needs=("settings", "weights"),
)
