"""The modules of a chain: as parts to build models from, and as what programs find in a loaded model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import Any, ClassVar, Self

from isomorph import parts
from isomorph.errors import InputError, Unsupported
from isomorph.messages.outside import warn_outside
from isomorph.model.routes import Router as Ways
from isomorph.modules.pooling import MODES
from isomorph_dropin.modules.alone import InArguments, InFolder
from isomorph_dropin.modules.bases import InputModule, Module
from isomorph_dropin.modules.branches import Branches
from isomorph_dropin.modules.calling import through
from isomorph_dropin.modules.drawn import (
    Drawn,
    of_auto_encoder,
    of_convolutions,
    of_layer,
    of_recurrence,
)
from isomorph_dropin.modules.pooled_tokens import (
    BaseTokenPooling,
    HierarchicalTokenPooling,
    LambdaTokenPooling,
)
from isomorph_dropin.modules.static_table import StaticEmbedding

_BASE = "sentence_transformers.base.modules"
_DENSE = "sentence_transformers.sentence_transformer.modules"
_SPARSE = "sentence_transformers.sparse_encoder.modules"
_MULTI = "sentence_transformers.multi_vector_encoder.modules"


class Transformer(InFolder, parts.Transformer, InputModule):
    """A transformer and its tokenizer."""

    __module__ = f"{_BASE}.transformer"
    _plain = parts.Transformer

    def __init__(self, *args: Any, cache_dir: Any = None, **kwargs: Any) -> None:
        """As isomorph's part; `cache_dir` is the cache of one module, which has that of its model here."""
        if cache_dir is not None:
            raise InputError("cache_dir: pass cache_folder= to the constructor of the model.")
        super().__init__(*args, **{"processing_kwargs": {}, **kwargs})

    @classmethod
    def _of(cls, folder: Path) -> Self:
        """With the settings that lie beside it."""
        beside = folder / "sentence_bert_config.json"
        said = json.loads(beside.read_bytes()) if beside.is_file() else {}
        names = {each.name for each in fields(cls)}
        return cls(str(folder), **{name: value for name, value in said.items() if name in names})


class Pooling(InArguments, parts.Pooling, Module):
    """Token vectors to one vector a text."""

    __module__ = f"{_DENSE}.pooling"
    POOLING_MODES: ClassVar[tuple[str, ...]] = MODES

    def __post_init__(self, *flags: bool) -> None:
        """Warns of flags, the old way to name modes."""
        if any(flags):
            warn_outside(
                "The pooling_mode_* arguments are deprecated. Please use pooling_mode instead.",
                FutureWarning,
            )
        super().__post_init__(*flags)

    @property
    def pooling_output_dimension(self) -> int:
        """The width of the vectors that it writes."""
        return self._width()

    def _width(self) -> int:
        modes = [self.pooling_mode] if isinstance(self.pooling_mode, str) else self.pooling_mode
        return self.embedding_dimension * len(modes)


class Normalize(parts.Normalize, Module):
    """Vectors to vectors of length 1."""

    __module__ = f"{_BASE}.normalize"

    def forward(self, features: Mapping[str, Any], **kwargs: Any) -> Mapping[str, Any]:
        """The features with vectors of length 1; as they are where the value to normalise is missing."""
        missing = self.module_input_name not in features
        return features if missing else super().forward(features, **kwargs)


class Dense(InArguments, parts.Dense, Module):
    """A linear layer and an activation."""

    __module__ = f"{_BASE}.dense"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As isomorph's part; weights that are missing are those of a new layer of torch."""
        bound = signature(parts.Dense).bind(*args, **kwargs)
        bound.apply_defaults()
        super().__init__(**of_layer(bound.arguments))

    def _width(self) -> int:
        return self.out_features


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


class BoW(parts.BoW, InputModule):
    """Texts to how often each word stands in them."""

    __module__ = f"{_DENSE}.bow"


class CNN(Drawn, parts.CNN, Module):
    """Token vectors to channels of kernels."""

    __module__ = f"{_DENSE}.cnn"
    _draw = of_convolutions


class LSTM(Drawn, parts.LSTM, Module):
    """Token vectors to those of recurrent layers."""

    __module__ = f"{_DENSE}.lstm"
    _draw = of_recurrence


class WeightedLayerPooling(parts.WeightedLayerPooling, Module):
    """The layers of a transformer to their weighted mean."""

    __module__ = f"{_DENSE}.weighted_layer_pooling"


class WordWeights(parts.WordWeights, Module):
    """Token vectors times the weights of their words."""

    __module__ = f"{_DENSE}.word_weights"


class SparseAutoEncoder(Drawn, parts.SparseAutoEncoder, Module):
    """A vector to the few largest of many features."""

    __module__ = f"{_SPARSE}.sparse_auto_encoder"
    _draw = of_auto_encoder


class LogitScore(parts.LogitScore, Module):
    """The scores of words at the last token to one score a pair."""

    __module__ = "sentence_transformers.cross_encoder.modules.logit_score"


class Router(parts.Router, InputModule):
    """Leads each input to the modules of its task."""

    __module__ = f"{_BASE}.router"
    config_file_name = "router_config.json"
    config_keys: ClassVar[list[str]] = ["default_route", "allow_empty_key", "route_mappings"]
    forward_kwargs: ClassVar[set[str]] = {"task"}

    def __post_init__(self) -> None:
        """Checks the routes, whose names become attributes."""
        super().__post_init__()
        object.__setattr__(self, "sub_modules", Branches(self.sub_modules))

    @property
    def tokenizer(self) -> Any:
        """The tokenizer of the first module that has one; None without."""
        firsts = [modules[0] for modules in self.sub_modules.values()]
        return next((first.tokenizer for first in firsts if hasattr(first, "tokenizer")), None)

    def get_embedding_dimension(self) -> int | None:
        """The width of the vectors of the first route, whose last module says it."""
        for modules in self.sub_modules.values():
            for module in reversed(modules):
                if hasattr(module, "get_embedding_dimension"):
                    width: int | None = module.get_embedding_dimension()
                    return width
        return None

    get_sentence_embedding_dimension = get_embedding_dimension

    def forward(self, features: Mapping[str, Any], **kwargs: Any) -> Mapping[str, Any]:
        """What the modules of the route make of features."""
        first = next(iter(self.sub_modules)) if self.allow_empty_key else None
        mappings: Any = self.route_mappings or {}
        way = Ways(tuple(self.sub_modules), mappings, self.default_route or first)
        return through(self.sub_modules, way, features, **kwargs)


class WordEmbeddings(parts.WordEmbeddings, InputModule):
    """A table of vectors for whole words."""

    __module__ = f"{_DENSE}.word_embeddings"


class MLMTransformer(Transformer, parts.MLMTransformer):
    """A transformer that scores words."""

    _plain = parts.MLMTransformer
    __module__ = f"{_SPARSE}.mlm_transformer"


class SparseStaticEmbedding(parts.SparseStaticEmbedding, InputModule):
    """Every token with its weight."""

    __module__ = f"{_SPARSE}.sparse_static_embedding"


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


CLIPModel = _kind("CLIPModel", f"{_DENSE}.clip_model", InputModule)
Asym = Router

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
    "token_pooling": HierarchicalTokenPooling,
}
"""The class of each kind of module; "module" for kinds that the real library does not have."""

__all__ = ["MODULES", "BaseTokenPooling", "LambdaTokenPooling"]
