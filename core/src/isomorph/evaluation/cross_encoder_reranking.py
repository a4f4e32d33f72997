"""CrossEncoderRerankingEvaluator: whether scoring pairs brings relevant documents to the front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from isomorph.arguments.rules import checked
from isomorph.errors import InputError
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.models import PairModel, predict
from isomorph.evaluation.relevance import of_scores
from isomorph.evaluation.reranking import as_list

Triple = tuple[float, float, float]


class CrossEncoderRerankingEvaluator(BaseEvaluator):
    """MAP, MRR and nDCG of lists of documents, ordered by the scores of a cross-encoder.

    Samples with ``documents`` are a ranking already, and its metrics are given too, as ``base_…``.
    """

    @checked
    def __init__(
        self,
        samples: Sequence[Mapping[str, Any]] | Mapping[Any, Mapping[str, Any]],
        at_k: int = 10,
        always_rerank_positives: bool = True,
        name: str = "",
        prompt_name: str | None = None,
        batch_size: int = 64,
        show_progress_bar: bool = False,
        write_csv: bool = True,
        mrr_at_k: int | None = None,
    ) -> None:
        """Keeps the samples.

        Args:
            samples: ``query`` (a text), ``positive`` (a text or a list), and either ``negative`` or
                ``documents``, which holds both kinds in the order of a first search.
            at_k: how far MRR and nDCG look.
            always_rerank_positives: whether relevant texts that ``documents`` lacks are scored too.
            name: stands before metrics and in the file name.
            prompt_name: handed to `predict` where it is given.
            batch_size: handed to `predict`.
            show_progress_bar: handed to `predict`.
            write_csv: whether a call with an `output_path` appends to a file there.
            mrr_at_k: an old name of `at_k`.

        Raises:
            InputError: no sample, one without the keys, or with both ``negative`` and ``documents``.
        """
        super().__init__()
        rows = list(samples.values()) if isinstance(samples, Mapping) else list(samples)
        self.at_k = at_k if mrr_at_k is None else mrr_at_k
        if not rows or self.at_k < 1:
            raise InputError("There must be samples, and at_k must be at least 1.")
        self.samples = rows
        self.always_rerank_positives = always_rerank_positives
        self._lists = [_List.of(i, row, always_rerank_positives) for i, row in enumerate(rows)]
        self.name, self.prompt_name, self.write_csv = name, prompt_name, write_csv
        self.batch_size, self.show_progress_bar = batch_size, show_progress_bar
        self.primary_metric = f"ndcg@{self.at_k}"
        middle = f"_{name}" if name else ""
        self.csv_file = f"CrossEncoderRerankingEvaluator{middle}_results_@{self.at_k}.csv"
        self.csv_headers = ["epoch", "steps", "MAP", f"MRR@{self.at_k}", f"NDCG@{self.at_k}"]

    def __call__(
        self, model: PairModel, output_path: str | None = None, epoch: int = -1, steps: int = -1
    ) -> dict[str, float]:
        """``map``, ``mrr@K`` and ``ndcg@K``, and those of the first search as ``base_…``."""
        table = self._table(output_path)
        pairs = [(each.query, text) for each in self._lists for text in each.documents]
        scores = predict(
            model,
            pairs,
            prompt_name=self.prompt_name,
            batch_size=self.batch_size,
            show_progress_bar=self.show_progress_bar,
        )
        ends = np.cumsum([len(each.documents) for each in self._lists])[:-1]
        found = [
            of_scores(each.relevant, part, self.at_k)
            for each, part in zip(self._lists, np.split(np.ravel(scores), ends), strict=True)
        ]
        metrics = self._named("", found)
        table.append(epoch, steps, *metrics.values())
        first = [each.ranked for each in self._lists if each.ranked is not None]
        base = [of_scores(row, np.arange(len(row), 0, -1), self.at_k) for row in first]
        if base:
            metrics |= self._named("base_", base)
        return self._reported(model, metrics, f"ndcg@{self.at_k}", epoch, steps)

    def _named(self, prefix: str, found: Sequence[Triple]) -> dict[str, float]:
        names = ("map", f"mrr@{self.at_k}", f"ndcg@{self.at_k}")
        means = np.mean(found, axis=0)
        return {prefix + name: float(mean) for name, mean in zip(names, means, strict=True)}

    def get_config_dict(self) -> dict[str, Any]:
        """`at_k`, and for rankings whether relevant texts are always scored."""
        config: dict[str, Any] = {"at_k": self.at_k}
        if any(each.ranked is not None for each in self._lists):
            config["always_rerank_positives"] = self.always_rerank_positives
        return config


@dataclass(frozen=True, slots=True)
class _List:
    """One query with the documents to score; `ranked` is the relevance of a first search."""

    query: str
    documents: tuple[str, ...]
    relevant: tuple[int, ...]
    ranked: tuple[int, ...] | None

    @classmethod
    def of(cls, place: int, sample: Mapping[str, Any], always_positives: bool) -> Self:
        missing = {"query", "positive"} - set(sample)
        if missing or ("negative" in sample) == ("documents" in sample):
            raise InputError(
                f"Sample {place} has {', '.join(sorted(sample))}; it takes query, positive and either "
                "negative or documents."
            )
        positive = as_list(sample["positive"])
        if "negative" in sample:
            texts = positive + as_list(sample["negative"])
            relevant = [1] * len(positive) + [0] * (len(texts) - len(positive))
            return cls(sample["query"], tuple(texts), tuple(relevant), None)
        documents = as_list(sample["documents"])
        wanted = set(positive)
        ranked = [int(text in wanted) for text in documents]
        # What the first search missed comes after all that it found.
        missed = [1] * (len(positive) - sum(ranked)) if any(ranked) else []
        if always_positives:
            texts = positive + [text for text in documents if text not in wanted]
            relevant = [1] * len(positive) + [0] * (len(texts) - len(positive))
        else:
            texts, relevant = documents, ranked
        return cls(sample["query"], tuple(texts), tuple(relevant), (*ranked, *missed))
