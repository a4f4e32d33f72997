"""Documents of many queries as one list of pairs, and their scores as one ranking a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.preprocess.inputs import TEXT_ARRAYS, as_list


@dataclass(frozen=True, slots=True)
class RankedLists:
    """Queries, the documents of each, and how many of the best are kept (None: all)."""

    queries: tuple[Any, ...]
    documents: tuple[tuple[Any, ...], ...]
    top_k: int | None

    @classmethod
    def of(
        cls, queries: Sequence[Any], documents: Sequence[Sequence[Any]], top_k: int | None
    ) -> RankedLists:
        """Checks what the caller passed.

        Raises:
            InputError: a text where a list is meant, or lists that do not match.
        """
        queries = as_list(queries, "queries")
        documents = [_each_of(listed) for listed in as_list(documents, "documents")]
        if len(documents) != len(queries):
            raise InputError(f"{len(queries)} queries, but {len(documents)} lists of documents.")
        return cls(tuple(queries), tuple(map(tuple, documents)), top_k)

    @property
    def pairs(self) -> list[tuple[Any, Any]]:
        """Every document with its query, query by query."""
        return [
            (query, text)
            for query, texts in zip(self.queries, self.documents, strict=True)
            for text in texts
        ]

    def ranked(self, scores: NDArray[Any], with_text: bool) -> list[list[dict[str, Any]]]:
        """One list a query, best first; equal scores (pairs,) keep the order of the documents."""
        ends = np.cumsum([len(texts) for texts in self.documents])[:-1]
        return [
            [_row(texts, scores, int(i), with_text) for i in self._best(scores)]
            for texts, scores in zip(self.documents, np.split(scores, ends), strict=True)
        ]

    def _best(self, scores: NDArray[Any]) -> NDArray[np.int64]:
        return np.argsort(-scores, kind="stable")[: self.top_k]


def _each_of(documents: Any) -> list[Any]:
    """The documents of a query; of an array of images each."""
    if isinstance(documents, np.ndarray) and documents.dtype.kind not in TEXT_ARRAYS:
        return list(documents)
    return as_list(documents, "documents")


def _row(texts: Sequence[Any], scores: NDArray[Any], i: int, with_text: bool) -> dict[str, Any]:
    row = {"corpus_id": i, "score": float(scores[i])}
    return {**row, "text": texts[i]} if with_text else row
