"""Model cards: the README.md of a model folder, made from what the model says and what the user adds.

The functions are imported when they are first used, since every model needs the data and few a card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isomorph.card.data import (
    BaseModelCardData,
    CrossEncoderModelCardData,
    MultiVectorEncoderModelCardData,
    SentenceTransformerModelCardData,
    SparseEncoderModelCardData,
)

if TYPE_CHECKING:
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


def __getattr__(name: str) -> Any:
    if name not in {"make_card", "write_card"}:
        raise AttributeError(f"module 'isomorph.card' has no attribute {name!r}")
    from isomorph.card import write

    return getattr(write, name)
