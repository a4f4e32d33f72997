"""Parts to build a model from: ``SentenceTransformer(modules=[...])``.

    from isomorph import SentenceTransformer, parts

    model = SentenceTransformer(
        modules=[parts.Transformer("bert-base-uncased"), parts.Pooling(768), parts.Normalize()]
    )

A part says what a module is, with the argument names of sentence-transformers. It holds no engine and
computes nothing. `of` gives those of a loaded model, of whatever kind its modules are.
"""

from isomorph.parts.kinds import (
    Dropout,
    HierarchicalTokenPooling,
    LogitScore,
    MultiVectorMask,
    Normalize,
    Pooling,
    SpladePooling,
)
from isomorph.parts.layers import Dense, LayerNorm
from isomorph.parts.loaded import StaticEmbedding, of
from isomorph.parts.part import Part
from isomorph.parts.router import Router
from isomorph.parts.tables import (
    PhraseTokenizer,
    SparseStaticEmbedding,
    WhitespaceTokenizer,
    WordEmbeddings,
)
from isomorph.parts.transformer import MLMTransformer, Transformer
from isomorph.parts.weighed import CNN, LSTM, SparseAutoEncoder, WeightedLayerPooling
from isomorph.parts.words import BoW, WordWeights

__all__ = [
    "CNN",
    "LSTM",
    "BoW",
    "Dense",
    "Dropout",
    "HierarchicalTokenPooling",
    "LayerNorm",
    "LogitScore",
    "MLMTransformer",
    "MultiVectorMask",
    "Normalize",
    "Part",
    "PhraseTokenizer",
    "Pooling",
    "Router",
    "SparseAutoEncoder",
    "SparseStaticEmbedding",
    "SpladePooling",
    "StaticEmbedding",
    "Transformer",
    "WeightedLayerPooling",
    "WhitespaceTokenizer",
    "WordEmbeddings",
    "WordWeights",
    "of",
]
