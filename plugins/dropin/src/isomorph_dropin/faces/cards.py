"""What a model card says, under the names that programs import."""

from __future__ import annotations

from typing import Any

import isomorph
from isomorph.card import make_card
from isomorph_dropin.training import ModelCardCallback

__all__ = [
    "BaseModelCardData",
    "CrossEncoderModelCardData",
    "ModelCardCallback",
    "MultiVectorEncoderModelCardData",
    "SentenceTransformerModelCardData",
    "SparseEncoderModelCardData",
    "generate_model_card",
]

BaseModelCardData = isomorph.BaseModelCardData


def generate_model_card(model: Any) -> str:
    """The card of a model, as Markdown with a header."""
    return make_card(model)


class SentenceTransformerModelCardData(isomorph.SentenceTransformerModelCardData):
    """As isomorph's."""

    __module__ = "sentence_transformers.sentence_transformer.model_card"


class CrossEncoderModelCardData(isomorph.CrossEncoderModelCardData):
    """As isomorph's."""

    __module__ = "sentence_transformers.cross_encoder.model_card"


class SparseEncoderModelCardData(isomorph.SparseEncoderModelCardData):
    """As isomorph's."""

    __module__ = "sentence_transformers.sparse_encoder.model_card"


class MultiVectorEncoderModelCardData(isomorph.MultiVectorEncoderModelCardData):
    """As isomorph's."""

    __module__ = "sentence_transformers.multi_vector_encoder.model_card"
