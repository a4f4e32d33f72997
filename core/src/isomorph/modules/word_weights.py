"""WordWeights: the vector of each word, times a weight of the word."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isomorph.files.module_folder import ModuleFolder
from isomorph.kinds import ModuleKind, unchanged
from isomorph.model.graph import Module
from isomorph.modules.types import historical
from isomorph.modules.word_weighting import WORD_WEIGHTS, vocabulary, weights_of
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json``: `vocab`, `word_weights`, `unknown_word_weight`.

    The weights come from there and never from the weight file beside it, which sentence-transformers
    writes and does not read.
    """
    config = source.settings(WORD_WEIGHTS, "config.json", needed=("vocab",))
    words = vocabulary(config)
    return Module(
        "word_weights",
        source.name,
        folder=source.path,
        config={"weights": weights_of(words, config)},
        inputs=("token_embeddings", "input_ids", "attention_mask"),
        outputs=("token_embeddings", "token_weights_sum"),
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Weighted vectors, zeros at padding, and each row's sum of weights, by which pooling divides."""
    ids = values["input_ids"]
    table = ids.builder.constant(np.array(module.config["weights"], np.float32))
    factors = ops.embedding(table, ids) * ops.cast(values["attention_mask"], "float32")
    return {
        "token_embeddings": values["token_embeddings"] * ops.unsqueeze(factors, 2),
        "token_weights_sum": ops.reduce(factors, "sum", axis=1),
    }


KIND = ModuleKind(
    name="word_weights",
    classes=historical("WordWeights"),
    read=read,
    lower=lower,
    width=unchanged,
    needs=("settings",),
)
