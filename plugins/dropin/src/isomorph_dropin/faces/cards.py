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


class _Set:
    """Fields that programs set by a method."""

    model_id: Any
    language: Any
    license: Any

    def set_model_id(self, model_id: str) -> None:
        """The name of the model on the Hub."""
        self.model_id = model_id

    def set_language(self, language: Any) -> None:
        """A code, or several."""
        self.language = [language] if isinstance(language, str) else language

    def set_license(self, license: str) -> None:  # noqa: A002 - as the real library calls it
        """The identifier of a license."""
        self.license = license


def generate_model_card(model: Any) -> str:
    """The card of a model, as Markdown with a header."""
    return make_card(model)


class SentenceTransformerModelCardData(_Set, isomorph.SentenceTransformerModelCardData):
    """As isomorph's."""

    __module__ = "sentence_transformers.sentence_transformer.model_card"


class CrossEncoderModelCardData(_Set, isomorph.CrossEncoderModelCardData):
    """As isomorph's."""

    __module__ = "sentence_transformers.cross_encoder.model_card"


class SparseEncoderModelCardData(_Set, isomorph.SparseEncoderModelCardData):
    """As isomorph's."""

    __module__ = "sentence_transformers.sparse_encoder.model_card"


class MultiVectorEncoderModelCardData(_Set, isomorph.MultiVectorEncoderModelCardData):
    """As isomorph's."""

    __module__ = "sentence_transformers.multi_vector_encoder.model_card"
