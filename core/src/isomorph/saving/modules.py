"""What is written of one module: its class reference, and its settings in today's spelling.

Only modules whose settings can differ from the file they came from are written anew: they may be made
up by a reader, or changed since. The files of all others are copied as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from isomorph.model.graph import Module
from isomorph.modules.dimension import embedding_dimension
from isomorph.modules.transformer import SETTINGS_FILES, TASKS
from isomorph.plugins.table import by_type, kind_named
from isomorph.read.router import is_router

_HOME = "sentence_transformers"
_TEXTS = f"{_HOME}.sentence_transformer.modules"
_SPARSE = f"{_HOME}.sparse_encoder.modules"
_MULTI = f"{_HOME}.multi_vector_encoder.modules"

ROUTER = f"{_HOME}.base.modules.router.Router"
TYPES = {
    "transformer": f"{_HOME}.base.modules.transformer.Transformer",
    "dense": f"{_HOME}.base.modules.dense.Dense",
    "normalize": f"{_HOME}.base.modules.normalize.Normalize",
    "pooling": f"{_TEXTS}.pooling.Pooling",
    "static_embedding": f"{_TEXTS}.static_embedding.StaticEmbedding",
    "bow": f"{_TEXTS}.bow.BoW",
    "cnn": f"{_TEXTS}.cnn.CNN",
    "lstm": f"{_TEXTS}.lstm.LSTM",
    "dropout": f"{_TEXTS}.dropout.Dropout",
    "layer_norm": f"{_TEXTS}.layer_norm.LayerNorm",
    "weighted_layer_pooling": f"{_TEXTS}.weighted_layer_pooling.WeightedLayerPooling",
    "word_embeddings": f"{_TEXTS}.word_embeddings.WordEmbeddings",
    "word_weights": f"{_TEXTS}.word_weights.WordWeights",
    "splade_pooling": f"{_SPARSE}.splade_pooling.SpladePooling",
    "sparse_auto_encoder": f"{_SPARSE}.sparse_auto_encoder.SparseAutoEncoder",
    "sparse_static_embedding": f"{_SPARSE}.sparse_static_embedding.SparseStaticEmbedding",
    "logit_score": f"{_HOME}.cross_encoder.modules.logit_score.LogitScore",
    "multi_vector_mask": f"{_MULTI}.multi_vector_mask.MultiVectorMask",
    "token_pooling": f"{_MULTI}.token_pooling.HierarchicalTokenPooling",
}
"""Where sentence-transformers 6 has each class."""

SETTINGS = SETTINGS_FILES[0]


def current_type(reference: str) -> str:
    """The present place of a class that a file names; one of a plugin keeps its own."""
    if is_router({"type": reference}):
        return ROUTER
    return TYPES.get(by_type(reference).name, reference)


def type_of(module: Module, listed: Mapping[str, str]) -> str:
    """The class reference of a module; `listed` are those of the folder it was read from, by name."""
    own = TYPES.get(module.kind) or listed.get(module.name)
    return own or kind_named(module.kind).classes[0]


def written(
    module: Module, before: Sequence[Module], max_length: int | None
) -> tuple[str, dict[str, Any]] | None:
    """The file of a module's settings and what goes into it; None where its own is copied.

    `before` are the modules in front of it, and `max_length` is where the first one's texts are cut.
    """
    if module.kind == "transformer":
        return SETTINGS, _transformer(module, max_length)
    write = _WRITERS.get(module.kind)
    return None if write is None else ("config.json", write(module, before))


def _transformer(module: Module, max_length: int | None) -> dict[str, Any]:
    task = module.config.get("task", "feature-extraction")
    text = {"method": "forward", "method_output_name": TASKS[task][1]}
    settings = {
        "modality_config": {"text": text},
        **module.config.get("settings", {}),
        "transformer_task": task,
        "module_output_name": module.outputs[0],
        "max_seq_length": max_length,
    }
    return {name: value for name, value in settings.items() if value is not None}


def _pooling(module: Module, before: Sequence[Module]) -> dict[str, Any]:
    modes = list(module.config["modes"])
    width = module.config["embedding_dimension"] or embedding_dimension(tuple(before))
    return {
        "embedding_dimension": width,
        "pooling_mode": modes[0] if len(modes) == 1 else modes,
        "include_prompt": module.config["include_prompt"],
    }


def _normalize(module: Module, before: Sequence[Module]) -> dict[str, Any]:
    return {"module_input_name": module.inputs[0], "module_output_name": module.outputs[0]}


def _dense(module: Module, before: Sequence[Module]) -> dict[str, Any]:
    settings = {**module.config, **_normalize(module, before)}
    if not settings["use_residual"]:
        del settings["use_residual"]  # older readers refuse the key
    return settings


def _splade_pooling(module: Module, before: Sequence[Module]) -> dict[str, Any]:
    width = module.config["embedding_dimension"] or embedding_dimension(tuple(before))
    return {**module.config, "embedding_dimension": width}


def _logit_score(module: Module, before: Sequence[Module]) -> dict[str, Any]:
    return {**module.config, "module_input_name": module.inputs[0]}


def _mask(module: Module, before: Sequence[Module]) -> dict[str, Any]:
    return dict(module.config)


_WRITERS: Mapping[str, Callable[[Module, Sequence[Module]], dict[str, Any]]] = {
    "pooling": _pooling,
    "normalize": _normalize,
    "dense": _dense,
    "splade_pooling": _splade_pooling,
    "logit_score": _logit_score,
    "multi_vector_mask": _mask,
}
