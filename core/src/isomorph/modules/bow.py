"""BoW: a text as the weights of its words, one component for each word of the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import FLAG, Schema
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.tokenizer import tokenizer_folder
from isomorph.modules.types import historical
from isomorph.modules.word_weighting import WORD_WEIGHTS, vocabulary, weights_of
from isomorph.preprocess.text import Text
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

SCHEMA: Schema = {**WORD_WEIGHTS, "cumulative_term_frequency": FLAG}


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json``: `vocab`, `word_weights`, `unknown_word_weight`, `cumulative_term_frequency`.

    A word that is listed twice counts where it is listed first.
    """
    config = source.settings(SCHEMA, "config.json", needed=("vocab",))
    words = list(dict.fromkeys(vocabulary(config)))
    return Module(
        "bow",
        source.name,
        folder=source.path,
        config={
            "weights": weights_of(words, config),
            "cumulative": config.get("cumulative_term_frequency", True),
        },
        inputs=("input_ids", "attention_mask"),
        outputs=("sentence_embedding",),
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """How often each word stands in the text, or whether it does, times its weight."""
    factors = np.array(module.config["weights"], np.float32)
    real = ops.cast(values["attention_mask"], "float32")
    counts = ops.scatter_sum(real, values["input_ids"], len(factors))
    if not module.config["cumulative"]:
        none = counts.builder.constant(np.array([0]))
        counts = ops.cast(ops.compare(ops.cast(counts, "int64"), none, "greater"), "float32")
    return {"sentence_embedding": counts * counts.builder.constant(factors)}


def inputs(source: ModuleFolder, module: Module) -> Text:
    """The words of its vocabulary, and no special tokens."""
    return Text(words="bow", special_tokens=False, folder=tokenizer_folder(source))


KIND = ModuleKind(
    name="bow",
    classes=historical("BoW"),
    read=read,
    lower=lower,
    width=lambda module, width: len(module.config["weights"]),
    inputs=inputs,
    ids=lambda module: len(module.config["weights"]),
    needs=("settings",),
)
