"""Dropout: the identity, since models are run and not trained here."""

from __future__ import annotations

from collections.abc import Mapping

from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import NUMBER
from isomorph.kinds import ModuleKind, unchanged
from isomorph.model.graph import Module
from isomorph.modules.types import historical
from isomorph.primitives.builder import Ref, Weights


def read(source: ModuleFolder) -> Module:
    """Keeps the rate, for saving and for training; the file may be absent."""
    rate = source.options({"dropout": NUMBER}, "config.json").get("dropout", 0.2)
    name = ("sentence_embedding",)
    return Module(
        "dropout",
        source.name,
        folder=source.path,
        config={"dropout": rate},
        inputs=name,
        outputs=name,
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Passes its input on."""
    return {"sentence_embedding": values["sentence_embedding"]}


KIND = ModuleKind(
    name="dropout", classes=historical("Dropout"), read=read, lower=lower, width=unchanged
)
