"""A kind of module: each vector with its negative beside it, so that vectors are twice as wide."""

from collections.abc import Mapping

from isomorph.contract import Module
from isomorph.hookspecs import ModuleFolder, ModuleKind, hookimpl
from isomorph.program import Ref, Weights, ops

isomorph_contract = 2


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json``: `scale`, a number by which the negative is multiplied."""
    scale = source.config("config.json").get("scale", 1.0)
    value = ("sentence_embedding",)
    return Module(
        "template",
        source.name,
        folder=source.path,
        config={"scale": float(scale)},
        inputs=value,
        outputs=value,
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """(rows, features) -> (rows, 2 * features)."""
    vectors = values["sentence_embedding"]
    negative = vectors * -module.config["scale"]
    return {"sentence_embedding": ops.concat([vectors, negative], axis=1)}


@hookimpl
def isomorph_modules() -> list[ModuleKind]:
    """The kind, under the class that ``modules.json`` names. Every backend runs what `lower` says."""
    return [
        ModuleKind(
            name="template",
            classes=("template.Template",),
            read=read,
            lower=lower,
            width=lambda module, width: 2 * width if width else None,
        )
    ]
