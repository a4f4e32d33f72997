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
    MultiVectorMask,
    Normalize,
    Pooling,
    SpladePooling,
)
from isomorph.parts.layers import Dense, LayerNorm
from isomorph.parts.loaded import StaticEmbedding, Transformer, of
from isomorph.parts.part import Part

__all__ = [
    "Dense",
    "Dropout",
    "LayerNorm",
    "MultiVectorMask",
    "Normalize",
    "Part",
    "Pooling",
    "SpladePooling",
    "StaticEmbedding",
    "Transformer",
    "of",
]
