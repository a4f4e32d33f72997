"""SparseStaticEmbedding: every token of a text with its stored weight, and no encoder at all.

Queries of inference-free SPLADE models are encoded so (arXiv:2411.04403, section 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from isomorph.errors import BadModel
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import NUMBER, OBJECT, TEXT, MapOf, Whole, judge, maybe
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.tokenizer import TOKENIZER_SETTINGS, tokenizer_text
from isomorph.modules.types import SPARSE, historical
from isomorph.preprocess.text import Text
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

_WEIGHT = "weight"


def read(source: ModuleFolder) -> Module:
    """Takes `weight` from the weight file, or the inverse document frequencies from a JSON file.

    ``config.json`` may name that file under `path`, which sentence-transformers refuses to load.

    Raises:
        BadModel: there is neither, or what there is does not hold one number a token.
    """
    named = source.options({"path": maybe(TEXT)}, "config.json").get("path")
    stored = source.tensors.get(_WEIGHT)
    if stored is None and named:
        return weighing(source, named)
    if stored is None or len(stored.shape) != 1 or not all(stored.shape):
        shape = (
            "no tensor" if stored is None else f"a tensor of shape {stored.shape}, not one axis,"
        )
        raise BadModel(f"{source.place} has {shape} {_WEIGHT!r}.")
    return _module(source, {"tokens": stored.shape[0], "weights": None}, (_WEIGHT,))


def weighing(source: ModuleFolder, name: str) -> Module:
    """The module that weighs each token as a JSON file of this name says.

    Raises:
        BadModel: the file does not hold one number a token.
    """
    weights = _frequencies(source, name)
    return _module(source, {"tokens": len(weights), "weights": weights})


def _module(
    source: ModuleFolder, settings: Mapping[str, Any], weights: tuple[str, ...] = ()
) -> Module:
    return Module(
        "sparse_static_embedding",
        source.name,
        folder=source.path,
        config=settings,
        weights=weights,
        inputs=("input_ids", "attention_mask"),
        outputs=("sentence_embedding",),
    )


def _frequencies(source: ModuleFolder, name: str) -> tuple[float, ...]:
    """One weight a token id, from a file of weights by token; tokens that it leaves out weigh 0."""
    by_token = source.settings({}, name)
    vocabulary = source.options({"model": OBJECT}, "tokenizer.json").get("model", {}).get("vocab")
    # Ids are dense but for a few: a file with one huge id would ask for as many weights.
    ids = MapOf(Whole(0, 2 * len(vocabulary) + 1000)) if isinstance(vocabulary, dict) else OBJECT
    where = f"{source.place}: tokenizer.json"
    judge({"vocab": vocabulary}, {"vocab": ids}, where)
    judge(by_token, dict.fromkeys(vocabulary, NUMBER), f"{source.place}: {name}")
    weights = [0.0] * (max(vocabulary.values(), default=-1) + 1)
    for token, weight in by_token.items():
        if token in vocabulary:
            weights[vocabulary[token]] = float(weight)
    if not any(weights):
        raise BadModel(f"{source.place}: {name!r} weighs no token of tokenizer.json.")
    return tuple(weights)


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """The weights of real tokens at their ids (B, tokens), zeros elsewhere.

    An id beyond the weights counts as nothing, where sentence-transformers raises; a padding token that
    a text itself spells out counts, where it depends there on the other texts of the batch.
    """
    ids, tokens = values["input_ids"], module.config["tokens"]
    beyond = ids.builder.constant(np.array([tokens], np.int64))
    known = ops.cast(ops.compare(beyond, ids, "greater"), "int64")
    present = ops.cast(values["attention_mask"] * known, "float32")
    places = ops.scatter_max(present, ids * known, tokens)
    listed = module.config["weights"]
    if listed is None:
        each = weights(_WEIGHT, (tokens,))
    else:
        each = ids.builder.constant(np.array(listed, np.float32))
    none = ids.builder.constant(np.float32(0))
    # Not a product: zero times a weight that is not finite would spoil every text.
    return {"sentence_embedding": ops.where(ops.compare(places, none, "greater"), each, none)}


def inputs(source: ModuleFolder, module: Module) -> Text:
    """The tokens of the text alone: special ones have weights too, and are not looked up."""
    return replace(tokenizer_text(source, {}, {}), special_tokens=False)


KIND = ModuleKind(
    name="sparse_static_embedding",
    classes=historical("SparseStaticEmbedding", home=SPARSE),
    read=read,
    lower=lower,
    width=lambda module, width: int(module.config["tokens"]),
    sparse=True,
    tag="inference-free",
    inputs=inputs,
    truncated_at=lambda length, text: {TOKENIZER_SETTINGS: {"model_max_length": length}},
)
