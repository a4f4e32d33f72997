"""What is relevant to whom, and the metrics of rankings at several depths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.evaluation.relevance import (
    accuracy_at,
    map_at,
    mrr_at,
    ndcg_at,
    precision_at,
    recall_at,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """Queries with relevant documents, and the corpus in the order of its ids.

    `order` gives for each place in that order the place in the corpus as it was given.
    """

    query_ids: tuple[Any, ...]
    queries: tuple[Any, ...]
    relevant: tuple[frozenset[Any], ...]
    corpus_ids: tuple[Any, ...]
    corpus: tuple[Any, ...]
    order: tuple[int, ...]

    def hits(self, places: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether each document of a ranking (queries, ranks) is relevant to its query."""
        rows = zip(self.relevant, places.tolist(), strict=True)
        found = [[self.corpus_ids[i] in wanted for i in row] for wanted, row in rows]
        return np.array(found, bool).reshape(places.shape)


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """At which ranks each metric is computed."""

    accuracy: tuple[int, ...]
    precision_recall: tuple[int, ...]
    mrr: tuple[int, ...]
    ndcg: tuple[int, ...]
    map: tuple[int, ...]

    def checked(self, corpus_chunk_size: int) -> Self:
        """These cutoffs.

        Raises:
            InputError: a number below 1, or no rank for nDCG, which makes the primary metric.
        """
        every = (*self.accuracy, *self.precision_recall, *self.mrr, *self.ndcg, *self.map)
        if not self.ndcg or min(*every, corpus_chunk_size) < 1:
            raise InputError(
                "Ranks and corpus_chunk_size must be at least 1, and ndcg_at_k must name one rank."
            )
        return self

    @property
    def largest(self) -> int:
        """How many documents of a ranking are looked at."""
        return max(*self.accuracy, *self.precision_recall, *self.mrr, *self.ndcg, *self.map, 1)

    def headers(self, names: Sequence[str]) -> list[str]:
        """The columns of several score functions."""
        return [f"{name}-{label}@{k}" for name in names for label, k in self._columns()]

    def row(self) -> list[str]:
        """The keys of `metrics` in the order of the columns."""
        return [f"{label.lower()}@{k}" for label, k in self._columns()]

    def metrics(self, judged: Judged, places: NDArray[Any]) -> dict[str, float]:
        """All metrics of rankings (queries, ranks), by ``name@k``."""
        hits = judged.hits(places)
        relevant = np.array([len(each) for each in judged.relevant])
        found = {f"accuracy@{k}": accuracy_at(hits, k) for k in self.accuracy}
        found |= {f"precision@{k}": precision_at(hits, k) for k in self.precision_recall}
        found |= {f"recall@{k}": recall_at(hits, relevant, k) for k in self.precision_recall}
        found |= {f"ndcg@{k}": ndcg_at(hits, relevant, k) for k in self.ndcg}
        found |= {f"mrr@{k}": mrr_at(hits, k) for k in self.mrr}
        return found | {f"map@{k}": map_at(hits, relevant, k) for k in self.map}

    def _columns(self) -> Iterator[tuple[str, int]]:
        yield from (("Accuracy", k) for k in self.accuracy)
        yield from ((each, k) for k in self.precision_recall for each in ("Precision", "Recall"))
        yield from (("MRR", k) for k in self.mrr)
        yield from (("NDCG", k) for k in self.ndcg)
        yield from (("MAP", k) for k in self.map)


def judged(
    queries: Mapping[Any, Any], corpus: Mapping[Any, Any], relevant_docs: Mapping[Any, Any]
) -> Judged:
    """Queries that something is relevant to, in the order given, and the corpus in that of its ids.

    Raises:
        InputError: an empty corpus, no such query, or no relevant document is in the corpus.
    """
    if not corpus:
        raise InputError("There is nothing to search: corpus is empty.")
    relevant = {i: _ids(relevant_docs[i]) for i in queries if i in relevant_docs}
    asked = [i for i in relevant if relevant[i]]
    if not asked:
        raise InputError(f"None of {len(queries)} queries has relevant documents.")
    if not any(relevant[i] & corpus.keys() for i in asked):
        one = next(iter(relevant[asked[0]]))
        raise InputError(
            f"None of the relevant documents is in the corpus: they have ids such as {one!r}, and the "
            f"corpus such as {next(iter(corpus))!r}."
        )
    ids, texts = list(corpus), list(corpus.values())
    order = _order(ids)
    return Judged(
        tuple(asked),
        tuple(queries[i] for i in asked),
        tuple(relevant[i] for i in asked),
        tuple(ids[i] for i in order),
        tuple(texts[i] for i in order),
        tuple(order),
    )


def _ids(relevant: Any) -> frozenset[Any]:
    """Ids, each once; of grades by id those above 0."""
    if isinstance(relevant, Mapping):
        return frozenset(i for i, grade in relevant.items() if grade > 0)
    if isinstance(relevant, str):
        raise InputError(f"Relevant documents are a set of ids, not the text {relevant!r}.")
    return frozenset(relevant)


def _order(ids: Sequence[Any]) -> list[int]:
    """Places in the order of the ids; ids of several kinds go by kind first."""
    try:
        return sorted(range(len(ids)), key=ids.__getitem__)
    except TypeError:
        return sorted(range(len(ids)), key=lambda i: (type(ids[i]).__name__, ids[i]))
