"""Evaluators of token vectors: those of one vector a text, and how near scores are to a teacher's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isomorph.arguments.rules import COUNT, checked, or_none
from isomorph.errors import InputError
from isomorph.evaluation.correlation import spearman
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.information_retrieval import InformationRetrievalEvaluator
from isomorph.evaluation.models import EmbeddingModel, embed, of_model, same_length
from isomorph.evaluation.reranking import RerankingEvaluator
from isomorph.evaluation.triplet import TripletEvaluator
from isomorph.postprocess.arrays import as_array
from isomorph.postprocess.similarity import OF_TOKENS, SimilarityFunction
from isomorph.search.nearest import Score

Array = NDArray[Any]


class WholeVectors(BaseEvaluator):
    """An evaluator without ``truncate_dim``: token vectors are compared with all their features."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As the evaluator of one vector a text.

        Raises:
            InputError: there is ``truncate_dim``.
        """
        if kwargs.get("truncate_dim") is not None:
            raise InputError(
                f"{type(self).__name__} takes no truncate_dim: token vectors are compared whole."
            )
        super().__init__(*args, **kwargs)


class MultiVectorInformationRetrievalEvaluator(WholeVectors, InformationRetrievalEvaluator):
    """`InformationRetrievalEvaluator` of token vectors."""

    def __init__(
        self,
        queries: Mapping[Any, Any],
        corpus: Mapping[Any, Any],
        relevant_docs: Mapping[Any, Any],
        *,
        corpus_chunk_size: int = 5000,
        chunk_elements: int | None = None,
        **kwargs: Any,
    ) -> None:
        """As `InformationRetrievalEvaluator`.

        Args:
            queries: texts by id.
            corpus: texts by id.
            relevant_docs: for each query id the ids of its relevant documents, or grades by id.
            corpus_chunk_size: so many documents are encoded and compared at a time.
            chunk_elements: how many numbers the model's own comparison holds at once, as `util.maxsim`.
            **kwargs: the other arguments of `InformationRetrievalEvaluator`, without ``truncate_dim``.

        Raises:
            InputError: as there, or there is ``truncate_dim``.
        """
        self.chunk_elements = or_none(COUNT)("chunk_elements", chunk_elements)
        super().__init__(
            queries, corpus, relevant_docs, corpus_chunk_size=corpus_chunk_size, **kwargs
        )

    def _own(self, model: EmbeddingModel) -> Score:
        if self.chunk_elements is None:
            return super()._own(model)
        compare: Any = SimilarityFunction.to_similarity_fn(of_model(model))
        return partial(compare, chunk_elements=self.chunk_elements)


class MultiVectorRerankingEvaluator(WholeVectors, RerankingEvaluator):
    """`RerankingEvaluator` of token vectors; without a `similarity_fct` the model's own compares them."""

    def __init__(self, samples: Any, *, similarity_fct: Score | None = None, **kwargs: Any) -> None:
        """As `RerankingEvaluator`, without ``truncate_dim``."""
        own = {} if similarity_fct is None else {"similarity_fct": similarity_fct}
        super().__init__(samples, **own, **kwargs)


class MultiVectorTripletEvaluator(WholeVectors, TripletEvaluator):
    """`TripletEvaluator` of token vectors."""

    _known = OF_TOKENS


class MultiVectorDistillationEvaluator(BaseEvaluator):
    """How near a model's scores are to those of a teacher: Kullback-Leibler divergence and Spearman."""

    @checked
    def __init__(
        self,
        queries: Sequence[Any],
        documents: Sequence[Any],
        scores: ArrayLike,
        *,
        temperature: float = 1.0,
        student_temperature: float | None = None,
        teacher_temperature: float | None = None,
        similarity_fct: Callable[[Any, Any], Any] | None = None,
        name: str = "",
        batch_size: int = 16,
        show_progress_bar: bool = False,
        write_csv: bool = True,
    ) -> None:
        """Keeps queries, documents and the teacher's scores.

        Args:
            queries: one text each.
            documents: one for each query, or equally many in a list for each query.
            scores: the teacher's, (queries,) or (queries, documents of each).
            temperature: divides scores before they become probabilities.
            student_temperature: in place of `temperature` for the model's.
            teacher_temperature: in place of `temperature` for the teacher's.
            similarity_fct: token vectors of queries and of documents to scores (queries,); None takes the
                model's own.
            name: stands before metrics and in the file name.
            batch_size: handed to `encode_query` and `encode_document`.
            show_progress_bar: handed to `encode_query` and `encode_document`.
            write_csv: whether a call with an `output_path` appends to a file there.

        Raises:
            InputError: lists of different lengths, scores of another shape, or a temperature not above 0.
        """
        super().__init__()
        self.scores = np.asarray(as_array(scores), np.float64)
        same_length(queries=queries, documents=documents, scores=list(self.scores))
        nested = [isinstance(each, list | tuple) for each in documents]
        self.documents = [
            list(each) if isinstance(each, list | tuple) else [each] for each in documents
        ]
        self.nested_documents = all(nested)
        ways = {len(each) for each in self.documents}
        want = (len(queries), *ways) if self.nested_documents else (len(queries),)
        if len(ways) != 1 or any(nested) != all(nested) or self.scores.shape != want:
            raise InputError(
                f"scores have the shape {self.scores.shape}, and queries {sorted(ways)} documents each."
            )
        student = temperature if student_temperature is None else student_temperature
        teacher = temperature if teacher_temperature is None else teacher_temperature
        if not all(0 < each < np.inf for each in (temperature, student, teacher)):
            raise InputError("temperature must be a finite number above 0.")
        self.queries, self.temperature = queries, temperature
        self.student_temperature, self.teacher_temperature = student, teacher
        self.similarity_fct, self.name, self.write_csv = similarity_fct, name, write_csv
        self.batch_size, self.show_progress_bar = batch_size, show_progress_bar
        self.csv_file = f"distillation_evaluation{'_' + name if name else ''}_results.csv"
        self.csv_headers = ["epoch", "steps", "kl_divergence", "spearman"]

    def __call__(
        self,
        model: EmbeddingModel,
        output_path: str | None = None,
        epoch: int = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """``kl_divergence``, of lists the mean over queries, and ``spearman``, the primary metric."""
        table = self._table(output_path)
        scores = self._scores(model)
        rows, teacher = (
            (scores, self.scores) if self.nested_documents else (scores.T, self.scores[None])
        )
        student_logs = log_softmax(rows / self.student_temperature)
        teacher_logs = log_softmax(teacher / self.teacher_temperature)
        divergence = np.sum(np.exp(teacher_logs) * (teacher_logs - student_logs)) / len(rows)
        found = [
            spearman(a, b) for a, b in zip(teacher, rows, strict=True) if varied(a) and varied(b)
        ]
        metrics = {
            "kl_divergence": float(divergence * self.student_temperature**2),
            "spearman": float(np.mean(found)) if found else 0.0,
        }
        table.append(epoch, steps, *metrics.values())
        return self._reported(model, metrics, "spearman", epoch, steps)

    def _scores(self, model: Any) -> Array:
        """(queries, documents of each)."""
        options = {"batch_size": self.batch_size, "show_progress_bar": self.show_progress_bar}
        queries = embed(model.encode_query, self.queries, **options)
        flat = [document for each in self.documents for document in each]
        documents = embed(model.encode_document, flat, **options)
        score = self.similarity_fct or model.similarity_pairwise
        ways = len(self.documents[0])
        columns = [as_array(score(queries, documents[way::ways])) for way in range(ways)]
        return np.stack([np.asarray(each, np.float64) for each in columns], axis=1)

    def get_config_dict(self) -> dict[str, Any]:
        """The temperatures that are not as they are by themselves, and the similarity where it is given."""
        config: dict[str, Any] = {}
        if self.temperature != 1:
            config["temperature"] = self.temperature
        for name in ("student_temperature", "teacher_temperature"):
            if getattr(self, name) != self.temperature:
                config[name] = getattr(self, name)
        if self.similarity_fct is not None:
            config["similarity_fct"] = getattr(self.similarity_fct, "__name__", "")
        return config


def log_softmax(rows: Array) -> Array:
    """The logarithms of probabilities, row by row."""
    shifted = rows - rows.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def varied(values: Array) -> bool:
    """Whether values differ, without which they correlate with nothing."""
    return bool(np.ptp(values))
