"""What faces of models that give vectors have in common: similarities are tensors."""

from __future__ import annotations

from functools import wraps
from inspect import signature
from typing import Any, ClassVar

from isomorph.arguments.names import under_one_name
from isomorph.models.vector_model import VectorModel
from isomorph.postprocess.similarity import DENSE
from isomorph_dropin.faces.base import BaseModel
from isomorph_dropin.faces.signatures import by_name
from isomorph_dropin.faces.tensors import tensors
from isomorph_dropin.tree import ROOT
from isomorph_dropin.util.similarity import SimilarityFunction


class ComparingModel(BaseModel, VectorModel):
    """A model whose vectors can be compared; its face comes before isomorph's class."""

    SUPPORTED_SIMILARITY_FN_NAMES: ClassVar[tuple[str, ...]] = (
        "cosine", "dot", "euclidean", "manhattan",
    )  # fmt: skip

    def similarity(self, embeddings1: Any, embeddings2: Any, **kwargs: Any) -> Any:
        """A tensor (m, n): every item of one set against every item of the other."""
        if self.similarity_fn_name in DENSE and not kwargs:
            compare = SimilarityFunction.to_similarity_fn(self.similarity_fn_name)
            return compare(embeddings1, embeddings2)
        return tensors(super().similarity(embeddings1, embeddings2, **kwargs))

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any, **kwargs: Any) -> Any:
        """A tensor (n,): item i of one set against item i of the other; () of two single ones."""
        if self.similarity_fn_name in DENSE and not kwargs:
            compare = SimilarityFunction.to_similarity_pairwise_fn(self.similarity_fn_name)
            return compare(embeddings1, embeddings2)
        return tensors(super().similarity_pairwise(embeddings1, embeddings2, **kwargs))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A face says of its calls for tasks what it says of `encode`."""
        super().__init_subclass__(**kwargs)
        if "encode" in vars(cls) and cls.__module__.partition(".")[0] == ROOT:
            cls._takes = vars(cls)["encode"]
            for name in ("encode_query", "encode_document"):
                setattr(cls, name, _for_task(name, cls._takes))

    _takes: ClassVar[Any]
    """The `encode` of the face, whatever a program's own class makes of it."""

    def encode_query(self, inputs: Any = None, *places: Any, **kwargs: Any) -> Any:
        """As isomorph's, with the inputs handed to `encode` by their present name, as there."""
        by_name(type(self)._takes, places, kwargs)
        inputs = under_one_name("inputs", inputs, kwargs, "sentences")
        return self.encode(inputs=inputs, **self._for_task("query", kwargs))

    def encode_document(self, inputs: Any = None, *places: Any, **kwargs: Any) -> Any:
        """As isomorph's, with the inputs handed to `encode` by their present name, as there."""
        by_name(type(self)._takes, places, kwargs)
        inputs = under_one_name("inputs", inputs, kwargs, "sentences")
        return self.encode(inputs=inputs, **self._for_task("document", kwargs))


def _for_task(name: str, encode: Any) -> Any:
    """A call for a task, with the signature of `encode`."""
    whole = getattr(ComparingModel, name)

    @wraps(whole)
    def call(self: Any, inputs: Any = None, *places: Any, **kwargs: Any) -> Any:
        return whole(self, inputs, *places, **kwargs)

    call.__signature__ = signature(encode)  # type: ignore[attr-defined]
    return call
