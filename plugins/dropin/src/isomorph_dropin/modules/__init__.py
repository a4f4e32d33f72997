"""The modules of a chain: as parts to build models from, and as what programs find in a loaded model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph import HierarchicalTokenPooling, LambdaTokenPooling, parts
from isomorph.errors import Unsupported

_BASE = "sentence_transformers.base.modules"
_DENSE = "sentence_transformers.sentence_transformer.modules"
_SPARSE = "sentence_transformers.sparse_encoder.modules"
_MULTI = "sentence_transformers.multi_vector_encoder.modules"


class Module:
    """One module of a chain, of whatever kind."""

    __module__ = f"{_BASE}.module"


class InputModule(Module):
    """A module that reads inputs."""

    __module__ = f"{_BASE}.input_module"


class Transformer(parts.Transformer, InputModule):
    """A transformer and its tokenizer."""

    __module__ = f"{_BASE}.transformer"


class StaticEmbedding(parts.StaticEmbedding, InputModule):
    """A table of token vectors and its tokenizer."""

    __module__ = f"{_DENSE}.static_embedding"


class Pooling(parts.Pooling, Module):
    """Token vectors to one vector a text."""

    __module__ = f"{_DENSE}.pooling"


class Normalize(parts.Normalize, Module):
    """Vectors to vectors of length 1."""

    __module__ = f"{_BASE}.normalize"


class Dense(parts.Dense, Module):
    """A linear layer and an activation."""

    __module__ = f"{_BASE}.dense"


class Dropout(parts.Dropout, Module):
    """Nothing when a model runs."""

    __module__ = f"{_DENSE}.dropout"


class LayerNorm(parts.LayerNorm, Module):
    """Normalises the features of a vector."""

    __module__ = f"{_DENSE}.layer_norm"


class SpladePooling(parts.SpladePooling, Module):
    """Scores of words at every position to one weight a word."""

    __module__ = f"{_SPARSE}.splade_pooling"


class MultiVectorMask(parts.MultiVectorMask, Module):
    """Which token vectors of a text count."""

    __module__ = f"{_MULTI}.multi_vector_mask"


class _FromFolders:
    """A kind that loaded models have, and that is not made here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise Unsupported(
            f"{type(self).__name__} is not made from arguments here. Load a folder that has one; "
            "isomorph.parts.of(model) gives its modules."
        )


def _kind(name: str, home: str, *bases: type) -> Any:
    return type(
        name, (_FromFolders, *bases), {"__module__": home, "__doc__": f"{name} of a loaded model."}
    )


BoW = _kind("BoW", f"{_DENSE}.bow", InputModule)
CLIPModel = _kind("CLIPModel", f"{_DENSE}.clip_model", InputModule)
CNN = _kind("CNN", f"{_DENSE}.cnn", Module)
LSTM = _kind("LSTM", f"{_DENSE}.lstm", Module)
WeightedLayerPooling = _kind("WeightedLayerPooling", f"{_DENSE}.weighted_layer_pooling", Module)
WordEmbeddings = _kind("WordEmbeddings", f"{_DENSE}.word_embeddings", InputModule)
WordWeights = _kind("WordWeights", f"{_DENSE}.word_weights", Module)
MLMTransformer = _kind("MLMTransformer", f"{_SPARSE}.mlm_transformer", InputModule)
SparseAutoEncoder = _kind("SparseAutoEncoder", f"{_SPARSE}.sparse_auto_encoder", Module)
SparseStaticEmbedding = _kind(
    "SparseStaticEmbedding", f"{_SPARSE}.sparse_static_embedding", InputModule
)
LogitScore = _kind("LogitScore", "sentence_transformers.cross_encoder.modules.logit_score", Module)
BaseTokenPooling = _kind("BaseTokenPooling", f"{_MULTI}.token_pooling", Module)
Router = Asym = _kind("Router", f"{_BASE}.router", InputModule)

MODULES: Mapping[str, Any] = {
    "module": Module,
    "transformer": Transformer,
    "static_embedding": StaticEmbedding,
    "pooling": Pooling,
    "normalize": Normalize,
    "dense": Dense,
    "dropout": Dropout,
    "layer_norm": LayerNorm,
    "splade_pooling": SpladePooling,
    "multi_vector_mask": MultiVectorMask,
    "bow": BoW,
    "tower": CLIPModel,
    "cnn": CNN,
    "lstm": LSTM,
    "weighted_layer_pooling": WeightedLayerPooling,
    "word_embeddings": WordEmbeddings,
    "word_weights": WordWeights,
    "sparse_auto_encoder": SparseAutoEncoder,
    "sparse_static_embedding": SparseStaticEmbedding,
    "logit_score": LogitScore,
    "token_pooling": BaseTokenPooling,
}
"""The class of each kind of module; "module" for kinds that the real library does not have."""

__all__ = ["MODULES", "HierarchicalTokenPooling", "LambdaTokenPooling"]
