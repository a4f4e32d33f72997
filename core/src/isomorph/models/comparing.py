"""Comparing vectors by the similarity function that a model has."""

from __future__ import annotations

from typing import Any, ClassVar

from isomorph.models.call import renamed
from isomorph.postprocess import similarity as similarities


class Comparing:
    """The part of a model that compares what it encodes; `similarity_fn_name` says how."""

    similarity_names: ClassVar[tuple[str, ...]] = similarities.DENSE
    """The functions to choose from, the default of the class first."""

    _similarity: str

    @property
    def similarity_fn_name(self) -> str:
        """The function that `similarity` and `similarity_pairwise` use; it can be set, by text or enum.

        None sets the default of the class.

        Raises:
            InputError: on setting a name that is not one of `similarity_names`.
        """
        return self._similarity

    @similarity_fn_name.setter
    def similarity_fn_name(self, name: Any) -> None:
        names = self.similarity_names
        self._similarity = similarities.check_name(names[0] if name is None else name, names)

    def _choose_similarity(self, asked: Any, saved: Any) -> None:
        """Takes what the constructor was given, else what the folder names, else the default."""
        names = self.similarity_names
        self.similarity_fn_name = similarities.saved_name(saved, names) if asked is None else asked

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Any:
        """Every item of one set against every item of the other: m and n of them -> (m, n).

        Args:
            embeddings1: what `encode` gives for many texts, or for one: arrays, tensors, lists of them.
            embeddings2: likewise.

        Returns:
            A float32 array, float64 where a side is, or a tensor where a side is one. Distances come
            negated, so that larger is always more alike.

        Raises:
            InputError: the dimensions differ.
        """
        return similarities.similarity(self._similarity, embeddings1, embeddings2)

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Any:
        """Item i of one set against item i of the other: n of each -> (n,).

        Args:
            embeddings1: what `encode` gives for many texts: arrays, tensors, lists of them.
            embeddings2: likewise, as many.

        Returns:
            As `similarity`.

        Raises:
            InputError: the dimensions or the numbers differ.
        """
        return similarities.similarity_pairwise(self._similarity, embeddings1, embeddings2)

    def get_embedding_dimension(self) -> int | None:
        """Features of a vector; None where no module says."""
        raise NotImplementedError

    def get_sentence_embedding_dimension(self) -> int | None:
        """The old name of `get_embedding_dimension`."""
        renamed("get_sentence_embedding_dimension()", "get_embedding_dimension()")
        return self.get_embedding_dimension()
