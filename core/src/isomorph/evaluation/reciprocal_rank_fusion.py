"""ReciprocalRankFusionEvaluator: two rankings of each query, and the one that they make together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from isomorph.arguments.rules import COUNT, checking
from isomorph.errors import InputError
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.relevance import of_scores
from isomorph.evaluation.reranking import as_list

NAMES = ("dense", "sparse", "fusion")


class ReciprocalRankFusionEvaluator(BaseEvaluator):
    """MAP, MRR and nDCG of a dense and a sparse ranking, and of both fused.

    A document's score is the sum of 1 / (k + rank) over the rankings that have it (Cormack, Clarke and
    Büttcher 2009). Relevant documents that a ranking lacks stand behind its end, as in
    sentence-transformers.
    """

    @checking(at_k=COUNT, rrf_k=COUNT)
    def __init__(
        self,
        dense_samples: Sequence[Mapping[str, Any]],
        sparse_samples: Sequence[Mapping[str, Any]],
        at_k: int = 10,
        rrf_k: int = 60,
        name: str = "",
        batch_size: int = 32,
        show_progress_bar: bool = False,
        write_csv: bool = True,
        write_predictions: bool = False,
    ) -> None:
        """Keeps the rankings.

        Args:
            dense_samples: for each query ``query_id``, ``query``, ``positive``, a text or several, and
                ``documents``, the ranking.
            sparse_samples: the same queries in the same order, with the other ranking.
            at_k: how many results MRR and nDCG look at.
            rrf_k: how little the first ranks count more than the next.
            name: stands before metrics and in file names.
            batch_size: nothing: no model is asked.
            show_progress_bar: nothing: there is nothing to wait for.
            write_csv: whether a call with an `output_path` appends to a file there.
            write_predictions: whether a call with an `output_path` writes the fused rankings there.

        Raises:
            InputError: no samples, other queries on one side, or a sample without one of its keys.
        """
        super().__init__()
        if len(dense_samples) != len(sparse_samples) or not dense_samples:
            raise InputError(
                f"{len(dense_samples)} dense and {len(sparse_samples)} sparse samples: both have one for "
                "each query."
            )
        for place, pair in enumerate(zip(dense_samples, sparse_samples, strict=True)):
            ids = [sample.get("query_id") for sample in pair]
            if None in ids or ids[0] != ids[1]:
                raise InputError(f"Samples {place} have the query_id {ids[0]!r} and {ids[1]!r}.")
            for sample, needed in zip(
                pair, (("positive", "documents"), ("documents",)), strict=True
            ):
                missing = [key for key in needed if key not in sample]
                if missing:
                    raise InputError(f"Sample {place} has no {', '.join(missing)}.")
        self.dense_samples, self.sparse_samples = dense_samples, sparse_samples
        self.at_k, self.rrf_k, self.name = at_k, rrf_k, name
        self.batch_size, self.show_progress_bar = batch_size, show_progress_bar
        self.write_csv, self.write_predictions = write_csv, write_predictions
        stem = f"ReciprocalRankFusion_evaluation{'_' + name if name else ''}"
        self.csv_file, self.predictions_file = f"{stem}_results.csv", f"{stem}_predictions.jsonl"
        headers = [
            f"{each.title()}_{key}"
            for each in NAMES
            for key in ("MAP", f"MRR@{at_k}", f"NDCG@{at_k}")
        ]
        self.csv_headers = ["epoch", "steps", *headers]
        self.primary_metric = f"ndcg@{at_k}"

    def __call__(  # type: ignore[override]  # it evaluates rankings, and no model
        self, output_path: str | None = None, epoch: int = -1, steps: int = -1
    ) -> dict[str, float]:
        """``map``, ``mrr@K`` and ``ndcg@K`` fused, and with ``dense_`` and ``sparse_`` those of each side."""
        table = self._table(output_path)
        found, fused = [], []
        for dense, sparse in zip(self.dense_samples, self.sparse_samples, strict=True):
            positive = as_list(dense["positive"])
            together = self._fused(dense["documents"], sparse["documents"])
            rankings = (dense["documents"], sparse["documents"], together)
            found.append([self._judged(ranking, positive) for ranking in rankings])
            kept = {"query_id": dense["query_id"], "query": dense.get("query")}
            fused.append({**kept, "positive": positive, "documents": together})
        means = np.mean(found, axis=0)
        table.append(epoch, steps, *means.ravel())
        if self.write_predictions and output_path is not None:
            lines = "".join(f"{json.dumps(each)}\n" for each in fused)
            Path(output_path).mkdir(parents=True, exist_ok=True)
            (Path(output_path) / self.predictions_file).write_text(lines, "utf-8")
        keys = ("map", f"mrr@{self.at_k}", f"ndcg@{self.at_k}")
        metrics = {
            f"{'' if name == NAMES[-1] else name + '_'}{key}": value
            for name, row in zip(NAMES, means, strict=True)
            for key, value in zip(keys, row, strict=True)
        }
        return self.prefix_name_to_metrics(metrics, self.name)

    def _fused(self, dense: Sequence[Any], sparse: Sequence[Any]) -> list[Any]:
        scores: dict[Any, float] = {}
        for ranking in (dense, sparse):
            ranks = {document: rank for rank, document in enumerate(ranking, 1)}
            for document, rank in ranks.items():
                scores[document] = scores.get(document, 0) + 1 / (self.rrf_k + rank)
        return sorted(scores, key=scores.__getitem__, reverse=True)

    def _judged(self, ranking: Sequence[Any], positive: Sequence[Any]) -> tuple[float, ...]:
        relevant = [int(document in positive) for document in ranking]
        if not any(relevant):
            return (0.0, 0.0, 0.0)
        relevant += [1] * (len(positive) - sum(relevant))
        return of_scores(relevant, np.arange(len(relevant), 0, -1), self.at_k)

    def get_config_dict(self) -> dict[str, Any]:
        """`at_k`, `rrf_k` and `write_predictions`."""
        names = ("at_k", "rrf_k", "write_predictions")
        return {name: getattr(self, name) for name in names}
