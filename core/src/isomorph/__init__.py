"""Embedding models in the sentence-transformers format, on any engine, with the same vectors.

    from isomorph import SentenceTransformer

    model = SentenceTransformer("all-MiniLM-L6-v2")
    vectors = model.encode(["One text.", "Another."])

Names are imported when they are first used, so that `import isomorph` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from isomorph.version import __version__

if TYPE_CHECKING:
    from isomorph.batching.batcher import DynamicBatcher
    from isomorph.card.data import (
        BaseModelCardData,
        CrossEncoderModelCardData,
        MultiVectorEncoderModelCardData,
        SentenceTransformerModelCardData,
        SparseEncoderModelCardData,
    )
    from isomorph.contract import Device
    from isomorph.errors import IsomorphError
    from isomorph.models.base import BaseModel
    from isomorph.models.choose import load_model
    from isomorph.models.cross_encoder import CrossEncoder
    from isomorph.models.multi_vector_encoder import MultiVectorEncoder
    from isomorph.models.sentence_transformer import SentenceTransformer
    from isomorph.models.sparse_encoder import SparseEncoder
    from isomorph.plugins.discovery import installed
    from isomorph.postprocess.similarity import SimilarityFunction
    from isomorph.postprocess.token_pooling import HierarchicalTokenPooling, LambdaTokenPooling
    from isomorph.postprocess.vectors import quantize_embeddings
    from isomorph.search.communities import community_detection
    from isomorph.search.paraphrases import paraphrase_mining
    from isomorph.search.semantic import semantic_search


_HOMES = {
    "SparseEncoderModelCardData": "isomorph.card.data",
    "SentenceTransformerModelCardData": "isomorph.card.data",
    "MultiVectorEncoderModelCardData": "isomorph.card.data",
    "CrossEncoderModelCardData": "isomorph.card.data",
    "BaseModelCardData": "isomorph.card.data",
    "BaseModel": "isomorph.models.base",
    "CrossEncoder": "isomorph.models.cross_encoder",
    "HierarchicalTokenPooling": "isomorph.postprocess.token_pooling",
    "LambdaTokenPooling": "isomorph.postprocess.token_pooling",
    "MultiVectorEncoder": "isomorph.models.multi_vector_encoder",
    "Device": "isomorph.contract",
    "DynamicBatcher": "isomorph.batching.batcher",
    "IsomorphError": "isomorph.errors",
    "SentenceTransformer": "isomorph.models.sentence_transformer",
    "SimilarityFunction": "isomorph.postprocess.similarity",
    "SparseEncoder": "isomorph.models.sparse_encoder",
    "community_detection": "isomorph.search.communities",
    "installed": "isomorph.plugins.discovery",
    "load_model": "isomorph.models.choose",
    "paraphrase_mining": "isomorph.search.paraphrases",
    "quantize_embeddings": "isomorph.postprocess.vectors",
    "semantic_search": "isomorph.search.semantic",
}

__all__ = [
    "BaseModel",
    "BaseModelCardData",
    "CrossEncoder",
    "CrossEncoderModelCardData",
    "Device",
    "DynamicBatcher",
    "HierarchicalTokenPooling",
    "IsomorphError",
    "LambdaTokenPooling",
    "MultiVectorEncoder",
    "MultiVectorEncoderModelCardData",
    "SentenceTransformer",
    "SentenceTransformerModelCardData",
    "SimilarityFunction",
    "SparseEncoder",
    "SparseEncoderModelCardData",
    "__version__",
    "community_detection",
    "installed",
    "load_model",
    "paraphrase_mining",
    "quantize_embeddings",
    "semantic_search",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'isomorph' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
