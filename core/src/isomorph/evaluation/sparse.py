"""Evaluators of sparse vectors: those of dense ones, which also tell how sparse the vectors are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from isomorph.evaluation.binary_classification import BinaryClassificationEvaluator
from isomorph.evaluation.embedding_similarity import EmbeddingSimilarityEvaluator
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.information_retrieval import InformationRetrievalEvaluator
from isomorph.evaluation.mse import MSEEvaluator
from isomorph.evaluation.reranking import RerankingEvaluator
from isomorph.evaluation.results_table import LINE_END, ResultsTable
from isomorph.evaluation.translation import TranslationEvaluator
from isomorph.evaluation.triplet import TripletEvaluator
from isomorph.postprocess.sparse import as_csr, sparsity

STATISTICS = ("active_dims", "sparsity_ratio")
_QUERY, _CORPUS = "query_", "corpus_"


class Sparsity:
    """What was seen of vectors: how many, their sparsity, and how often each feature is there.

    Statistics are kept under the beginning of their name, such as ``query_``.
    """

    def __init__(self) -> None:
        self._seen: dict[str, list[tuple[int, Mapping[str, float]]]] = defaultdict(list)
        self._counts: dict[str, Any] = {}

    @classmethod
    def joined(cls, several: Iterable[Sparsity]) -> Sparsity:
        """What each of several has seen, as if one had."""
        found = cls()
        for each in several:
            for prefix, seen in each._seen.items():
                found._seen[prefix].extend(seen)
                found._counts[prefix] = found._counts.get(prefix, 0) + each._counts[prefix]
        return found

    def see(self, prefix: str, vectors: Any) -> None:
        """Takes vectors (n, V) into account."""
        matrix = as_csr(vectors)
        self._seen[prefix].append((matrix.shape[0], sparsity(matrix)))
        counts = np.bincount(matrix.indices[matrix.data != 0], minlength=matrix.shape[1])
        self._counts[prefix] = self._counts.get(prefix, 0) + counts

    def means(self, prefix: str, by_vector: bool) -> dict[str, float]:
        """The mean of each statistic over calls, or over vectors."""
        seen = self._seen[prefix]
        weights = [count if by_vector else 1 for count, _ in seen]
        return {
            f"{prefix}{name}": float(np.average([each[name] for _, each in seen], weights=weights))
            for name in STATISTICS
        }

    def flops(self, one: str, other: str) -> float:
        """How many products a pair of vectors of two kinds takes on average."""
        shares = [
            self._counts[prefix] / sum(count for count, _ in self._seen[prefix])
            for prefix in (one, other)
        ]
        return float(shares[0] @ shares[1])


class _Watched:
    """A model that encodes with `most` features at most, and shows its vectors to `see`."""

    def __init__(self, model: Any, most: int | None, see: Callable[[str, Any], None]) -> None:
        self._model, self._see = model, see
        self._more = {} if most is None else {"max_active_dims": most}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def encode(self, inputs: Any, **options: Any) -> Any:
        """Vectors of texts."""
        return self._shown("encode", inputs, options)

    def encode_query(self, inputs: Any, **options: Any) -> Any:
        """Vectors of queries."""
        return self._shown("encode_query", inputs, options)

    def encode_document(self, inputs: Any, **options: Any) -> Any:
        """Vectors of documents."""
        return self._shown("encode_document", inputs, options)

    def _shown(self, method: str, inputs: Any, options: Mapping[str, Any]) -> Any:
        vectors = getattr(self._model, method)(inputs, **options, **self._more)
        self._see(method, vectors)
        return vectors


class SparseEvaluator(BaseEvaluator):
    """What evaluators of sparse vectors have beside those of dense ones, of which each is one too.

    Attributes:
        max_active_dims: how many features of a vector stay; None takes the model's own.
    """

    _prefixes: ClassVar[tuple[str, ...]] = ("",)
    max_active_dims: int | None

    def __init__(self, *args: Any, max_active_dims: int | None = None, **kwargs: Any) -> None:
        """As the evaluator of dense vectors, with `max_active_dims` in place of ``truncate_dim``.

        Args:
            *args: those of the evaluator of dense vectors.
            max_active_dims: how many features of a vector stay; None takes the model's own.
            **kwargs: those of the evaluator of dense vectors.

        Raises:
            TypeError: there is ``truncate_dim``, which is of dense vectors.
        """
        if "truncate_dim" in kwargs:
            raise TypeError(f"{type(self).__name__}() takes max_active_dims, not truncate_dim.")
        self.max_active_dims = max_active_dims
        self.sparsity_stats: dict[str, float] = {}
        self._seen = Sparsity()
        super().__init__(*args, **kwargs)

    def __call__(
        self, model: Any, *args: Any, output_path: str | None = None, **kwargs: Any
    ) -> dict[str, float]:
        """The metrics of the evaluator of dense vectors, and how sparse the vectors were."""
        self._seen, self.sparsity_stats = Sparsity(), {}
        if args:
            output_path, *args = args  # type: ignore[assignment]
        if "corpus_model" in kwargs and kwargs["corpus_model"] is not None:
            kwargs["corpus_model"] = self._watched(kwargs["corpus_model"])
        metrics = super().__call__(self._watched(model), output_path, *args, **kwargs)
        self.sparsity_stats = self._statistics()
        named = self.prefix_name_to_metrics(self.sparsity_stats, getattr(self, "name", ""))
        metrics = {**(metrics if isinstance(metrics, dict) else {}), **named}
        self.store_metrics_in_model_card_data(model, metrics)
        return metrics

    @property
    def seen(self) -> Sparsity:
        """What the last call has seen of vectors."""
        return self._seen

    def _watched(self, model: Any) -> _Watched:
        return _Watched(model, self.max_active_dims, self._look)

    def _look(self, method: str, vectors: Any) -> None:
        """Sees vectors under the beginning of the names of their statistics."""
        of_query = method != "encode_document"
        several = len(self._prefixes) > 1
        self._seen.see(self._prefixes[0 if of_query else 1] if several else "", vectors)

    def _statistics(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for prefix in self._prefixes:
            found |= self._seen.means(prefix, by_vector=prefix == _CORPUS)
        return found

    def _columns(self) -> list[str]:
        return [f"{prefix}{name}" for prefix in self._prefixes for name in STATISTICS]

    def _table(self, output_path: str | None) -> ResultsTable:
        columns = self._columns()
        if self.csv_headers[-len(columns) :] != columns:
            self.csv_headers = [*self.csv_headers, *columns]
        return replace(super()._table(output_path), more=lambda: self._statistics().values())

    def get_config_dict(self) -> dict[str, Any]:
        """That of the evaluator of dense vectors, and `max_active_dims` where it is given."""
        most = {} if self.max_active_dims is None else {"max_active_dims": self.max_active_dims}
        return {**super().get_config_dict(), **most}


class SparseBinaryClassificationEvaluator(SparseEvaluator, BinaryClassificationEvaluator):
    """`BinaryClassificationEvaluator` of sparse vectors."""


class SparseEmbeddingSimilarityEvaluator(SparseEvaluator, EmbeddingSimilarityEvaluator):
    """`EmbeddingSimilarityEvaluator` of sparse vectors."""


class SparseMSEEvaluator(SparseEvaluator, MSEEvaluator):
    """`MSEEvaluator` of sparse vectors."""

    def _vectors(self, model: Any, texts: Sequence[Any]) -> Any:
        watched = model if isinstance(model, _Watched) else self._watched(model)
        return super()._vectors(watched, texts)


class SparseTranslationEvaluator(SparseEvaluator, TranslationEvaluator):
    """`TranslationEvaluator` of sparse vectors."""


class SparseRerankingEvaluator(SparseEvaluator, RerankingEvaluator):
    """`RerankingEvaluator` of sparse vectors."""

    _prefixes = (_QUERY, _CORPUS)

    def _statistics(self) -> dict[str, float]:
        return {k: v for p in self._prefixes for k, v in self._seen.means(p, False).items()}


class SparseInformationRetrievalEvaluator(SparseEvaluator, InformationRetrievalEvaluator):
    """`InformationRetrievalEvaluator` of sparse vectors, with ``avg_flops``, the products of a pair."""

    _prefixes = (_QUERY, _CORPUS)
    csv_line_end = LINE_END

    def __call__(
        self, model: Any, *args: Any, corpus_embeddings: Any = None, **kwargs: Any
    ) -> dict[str, float]:
        """As there; vectors of the corpus that are there already count too."""
        self._given = corpus_embeddings
        return super().__call__(model, *args, corpus_embeddings=corpus_embeddings, **kwargs)

    def _statistics(self) -> dict[str, float]:
        if self._given is not None:
            self._seen.see(_CORPUS, self._given)
            self._given = None
        return {**super()._statistics(), "avg_flops": self._seen.flops(_QUERY, _CORPUS)}

    def _columns(self) -> list[str]:
        return [*super()._columns(), "avg_flops"]


class SparseTripletEvaluator(SparseEvaluator, TripletEvaluator):
    """`TripletEvaluator` of sparse vectors."""

    _prefixes = ("anchor_", "positive_", "negative_")

    def __call__(self, model: Any, *args: Any, **kwargs: Any) -> dict[str, float]:
        """As there."""
        self._next = iter(self._prefixes)
        return super().__call__(model, *args, **kwargs)

    def _look(self, method: str, vectors: Any) -> None:
        self._seen.see(next(self._next), vectors)
