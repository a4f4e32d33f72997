"""Model cards: the README.md of a model folder, made from what the model says and what the user adds."""

from __future__ import annotations

from isomorph.card.data import (
    BaseModelCardData,
    CrossEncoderModelCardData,
    MultiVectorEncoderModelCardData,
    SentenceTransformerModelCardData,
    SparseEncoderModelCardData,
)
from isomorph.card.write import make_card, write_card

__all__ = [
    "BaseModelCardData",
    "CrossEncoderModelCardData",
    "MultiVectorEncoderModelCardData",
    "SentenceTransformerModelCardData",
    "SparseEncoderModelCardData",
    "make_card",
    "write_card",
]
