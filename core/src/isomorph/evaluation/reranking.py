"""RerankingEvaluator: whether relevant documents come before others when vectors are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from isomorph.arguments.rules import checked
from isomorph.errors import InputError
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.models import EmbeddingModel, embed, of_model, take
from isomorph.evaluation.relevance import of_scores
from isomorph.postprocess.arrays import as_array
from isomorph.postprocess.scores import cos_sim
from isomorph.search.nearest import Score


class RerankingEvaluator(BaseEvaluator):
    """MAP, MRR and nDCG of lists of relevant and other documents, ordered by similarity.

    Documents of equal score count as in any order, while sentence-transformers lets the relevant ones
    win.
    """

    @checked
    def __init__(
        self,
        samples: Sequence[Mapping[str, Any]] | Mapping[Any, Mapping[str, Any]],
        at_k: int = 10,
        name: str = "",
        write_csv: bool = True,
        similarity_fct: Score = cos_sim,
        batch_size: int = 64,
        show_progress_bar: bool = False,
        use_batched_encoding: bool = True,
        truncate_dim: int | None = None,
        mrr_at_k: int | None = None,
    ) -> None:
        """Keeps the samples that have relevant documents and others.

        Args:
            samples: ``query`` (a text), ``positive`` and ``negative`` (a text or a list of texts) each.
            at_k: how far MRR and nDCG look.
            name: stands before metrics and in the file name.
            write_csv: whether a call with an `output_path` appends to a file there.
            similarity_fct: (1, dim), (n, dim) -> (1, n). With a model of one vector a token the default
                gives way to the model's own.
            batch_size: handed to `encode_query` and `encode_document`.
            show_progress_bar: handed to `encode_query` and `encode_document`.
            use_batched_encoding: all texts in one call; False encodes sample by sample, which needs
                less memory.
            truncate_dim: handed on where it is given.
            mrr_at_k: an old name of `at_k`.

        Raises:
            InputError: a sample without one of the keys, or no sample that can be evaluated.
        """
        super().__init__()
        self.samples = evaluable(samples)
        self.at_k = at_k if mrr_at_k is None else mrr_at_k
        if self.at_k < 1:
            raise InputError(f"at_k must be at least 1, not {self.at_k}.")
        self.similarity_fct, self.truncate_dim = similarity_fct, truncate_dim
        self.batch_size, self.show_progress_bar = batch_size, show_progress_bar
        self.use_batched_encoding = use_batched_encoding
        self.name, self.write_csv = name, write_csv
        self.primary_metric = f"ndcg@{self.at_k}"
        middle = f"_{name}" if name else ""
        self.csv_file = f"RerankingEvaluator{middle}_results_@{self.at_k}.csv"
        self.csv_headers = ["epoch", "steps", "MAP", f"MRR@{self.at_k}", f"NDCG@{self.at_k}"]

    def __call__(
        self,
        model: EmbeddingModel,
        output_path: str | None = None,
        epoch: int = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """``map``, ``mrr@K`` and ``ndcg@K``."""
        table = self._table(output_path)
        score = self.similarity_fct
        if score is cos_sim and "maxsim" in of_model(model):
            score = model.similarity
        found = [
            of_scores(relevance(sample), np.ravel(as_array(score(query, documents))), self.at_k)
            for sample, query, documents in self._embedded(model)
        ]
        means = np.mean(found, axis=0)
        table.append(epoch, steps, *means)
        k = self.at_k
        metrics = dict(zip(("map", f"mrr@{k}", f"ndcg@{k}"), means, strict=True))
        return self._reported(model, metrics, f"ndcg@{k}", epoch, steps)

    def _embedded(self, model: EmbeddingModel) -> Iterator[tuple[dict[str, Any], Any, Any]]:
        """Each sample with the vectors of its query and of its documents."""
        step = len(self.samples) if self.use_batched_encoding else 1
        options = {"batch_size": self.batch_size, "truncate_dim": self.truncate_dim}
        options["show_progress_bar"] = self.show_progress_bar and self.use_batched_encoding
        for first in range(0, len(self.samples), step):
            block = self.samples[first : first + step]
            texts = [text for s in block for text in (*s["positive"], *s["negative"])]
            queries = embed(model.encode_query, [s["query"] for s in block], **options)
            documents = embed(model.encode_document, texts, **options)
            start = 0
            for i, sample in enumerate(block):
                end = start + len(relevance(sample))
                yield sample, take(queries, [i]), take(documents, range(start, end))
                start = end

    def get_config_dict(self) -> dict[str, Any]:
        """`at_k`, and `truncate_dim` where it is given."""
        return {"at_k": self.at_k, **super().get_config_dict()}


def evaluable(
    samples: Sequence[Mapping[str, Any]] | Mapping[Any, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """The samples with documents of both kinds, which come as lists.

    Raises:
        InputError: a key is missing, or no sample is left.
    """
    rows = list(samples.values()) if isinstance(samples, Mapping) else list(samples)
    for i, sample in enumerate(rows):
        missing = {"query", "positive", "negative"} - set(sample)
        if missing:
            raise InputError(f"Sample {i} has no {', '.join(sorted(missing))}.")
    listed = [
        {**s, "positive": as_list(s["positive"]), "negative": as_list(s["negative"])} for s in rows
    ]
    kept = [s for s in listed if s["positive"] and s["negative"]]
    if not kept:
        raise InputError(f"None of {len(rows)} samples has positive and negative documents.")
    return kept


def as_list(texts: Any) -> list[Any]:
    """A single text as a list of one."""
    return [texts] if isinstance(texts, str) else list(texts)


def relevance(sample: Mapping[str, Any]) -> list[int]:
    """1 for each relevant document, which come first, 0 for each other."""
    return [1] * len(sample["positive"]) + [0] * len(sample["negative"])
