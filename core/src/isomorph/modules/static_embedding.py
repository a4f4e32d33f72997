"""StaticEmbedding: the mean of the vectors of a text's tokens, with no padding and no attention."""

from __future__ import annotations

from collections.abc import Mapping

from isomorph.errors import BadModel
from isomorph.graph import Module
from isomorph.modules.operation import ModuleFolder, Operation
from isomorph.modules.types import historical
from isomorph.program import ops
from isomorph.program.builder import Ref, Weights

_NAMES = ("embedding.weight", "embeddings")  # sentence-transformers, model2vec


def read(source: ModuleFolder) -> Module:
    """Finds the table under either of its two names; there is no configuration file."""
    table = next((name for name in _NAMES if name in source.tensors), None)
    if table is None:
        raise BadModel(
            f"StaticEmbedding in {source.path!r} has no tensor {' or '.join(map(repr, _NAMES))}."
        )
    config = {"table": table, "shape": source.tensors[table].shape}
    feeds = ("input_ids", "offsets")
    return Module(
        "static_embedding",
        source.name,
        source.path,
        config,
        (table,),
        feeds,
        ("sentence_embedding",),
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Gathers and averages; a text without tokens gives zeros."""
    table = weights(module.config["table"], module.config["shape"])
    rows = ops.embedding(table, values["input_ids"])
    return {"sentence_embedding": ops.segment_mean(rows, values["offsets"])}


OPERATION = Operation("static_embedding", historical("StaticEmbedding"), read, lower)
