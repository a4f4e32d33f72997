"""What faces of models that give vectors have in common: similarities are tensors."""

from __future__ import annotations

from typing import Any, ClassVar

from isomorph.arguments.names import under_one_name
from isomorph.models.vector_model import VectorModel
from isomorph_dropin.faces.base import BaseModel
from isomorph_dropin.faces.tensors import tensors


class ComparingModel(BaseModel, VectorModel):
    """A model whose vectors can be compared; its face comes before isomorph's class."""

    SUPPORTED_SIMILARITY_FN_NAMES: ClassVar[tuple[str, ...]] = (
        "cosine", "dot", "euclidean", "manhattan",
    )  # fmt: skip

    def similarity(self, embeddings1: Any, embeddings2: Any, **kwargs: Any) -> Any:
        """A tensor (m, n): every item of one set against every item of the other."""
        return tensors(super().similarity(embeddings1, embeddings2, **kwargs))

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any, **kwargs: Any) -> Any:
        """A tensor (n,): item i of one set against item i of the other."""
        return tensors(super().similarity_pairwise(embeddings1, embeddings2, **kwargs))

    def encode_query(self, inputs: Any = None, **kwargs: Any) -> Any:
        """As isomorph's, with the inputs handed to `encode` by their present name, as there."""
        inputs = under_one_name("inputs", inputs, kwargs, "sentences")
        return self.encode(inputs=inputs, **self._for_task("query", kwargs))

    def encode_document(self, inputs: Any = None, **kwargs: Any) -> Any:
        """As isomorph's, with the inputs handed to `encode` by their present name, as there."""
        inputs = under_one_name("inputs", inputs, kwargs, "sentences")
        return self.encode(inputs=inputs, **self._for_task("document", kwargs))
