"""EmbeddingSimilarityEvaluator: whether similarities rise with the scores that people gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.arguments.rules import checked
from isomorph.errors import InputError
from isomorph.evaluation.correlation import pearson, spearman
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.models import (
    EmbeddingModel,
    embed,
    of_model,
    pair_scores,
    same_length,
    similarity_names,
)
from isomorph.postprocess.vectors import check_precision


class EmbeddingSimilarityEvaluator(BaseEvaluator):
    """Pearson's and Spearman's correlation of similarities with given scores.

    A side that is constant has no correlation: NaN.
    """

    @checked
    def __init__(
        self,
        sentences1: Sequence[Any],
        sentences2: Sequence[Any],
        scores: Sequence[float],
        batch_size: int = 16,
        main_similarity: Any = None,
        similarity_fn_names: Sequence[str] | None = None,
        name: str = "",
        show_progress_bar: bool = False,
        write_csv: bool = True,
        precision: str | None = None,
        truncate_dim: int | None = None,
    ) -> None:
        """Keeps pairs and their scores.

        Args:
            sentences1: the first text of each pair.
            sentences2: the second.
            scores: what people say; larger is more alike.
            batch_size: handed to `encode`.
            main_similarity: whose Spearman correlation is the primary metric; None takes the largest.
            similarity_fn_names: cosine, dot, euclidean, manhattan; None takes the model's own.
            name: stands before metrics and in the file name.
            show_progress_bar: handed to `encode`.
            write_csv: whether a call with an `output_path` appends to a file there.
            precision: quantised vectors, of length 1 before that; compared as float32.
            truncate_dim: handed to `encode` where it is given.

        Raises:
            InputError: lists of different lengths, fewer than two pairs, scores that are not finite,
                or an unknown similarity or precision.
        """
        super().__init__()
        same_length(sentences1=sentences1, sentences2=sentences2, scores=scores)
        if len(scores) < 2 or not np.isfinite(np.asarray(scores, np.float64)).all():
            raise InputError("A correlation needs at least two scores, all of them finite.")
        check_precision(precision)
        self.sentences1, self.sentences2, self.scores = sentences1, sentences2, scores
        self.batch_size, self.show_progress_bar = batch_size, show_progress_bar
        self.similarity_fn_names = similarity_names(similarity_fn_names, main_similarity)
        self.main_similarity = similarity_names(None, main_similarity)
        self.name, self.write_csv = name, write_csv
        self.precision, self.truncate_dim = precision, truncate_dim
        parts = ("similarity_evaluation", name, precision, "results.csv")
        self.csv_file = "_".join(part for part in parts if part)

    def __call__(
        self,
        model: EmbeddingModel,
        output_path: str | None = None,
        epoch: int = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """``pearson_SIMILARITY`` and ``spearman_SIMILARITY``, and the largest of several as ``…_max``."""
        names = self.similarity_fn_names or [of_model(model)]
        headers = [f"{name}_{metric}" for name in names for metric in ("pearson", "spearman")]
        self.csv_headers = ["epoch", "steps", *headers]
        table = self._table(output_path)
        left, right = self._embeddings(model)
        metrics: dict[str, float] = {}
        for name in names:
            found = pair_scores(name, left, right)
            metrics[f"pearson_{name}"] = pearson(self.scores, found)
            metrics[f"spearman_{name}"] = spearman(self.scores, found)
        table.append(epoch, steps, *metrics.values())
        if len(names) > 1:
            for metric in ("pearson", "spearman"):
                metrics[f"{metric}_max"] = max(metrics[f"{metric}_{name}"] for name in names)
        several = "max" if len(names) > 1 else names[0]
        main = self.main_similarity[0] if self.main_similarity else several
        return self._reported(model, metrics, f"spearman_{main}", epoch, steps)

    def _embeddings(self, model: EmbeddingModel) -> tuple[Any, Any]:
        """Both sides; bytes are made in one call, so that a text has the same bytes on both."""
        options = {
            "batch_size": self.batch_size,
            "show_progress_bar": self.show_progress_bar,
            "truncate_dim": self.truncate_dim,
            "precision": self.precision,
            "normalize_embeddings": True if self.precision else None,
        }
        if self.precision in (None, "float32"):
            left, right = (
                embed(model.encode, texts, **options)
                for texts in (self.sentences1, self.sentences2)
            )
            return left, right
        both = embed(model.encode, [*self.sentences1, *self.sentences2], **options)
        numbers = _unpacked(np.asarray(both), str(self.precision))
        return numbers[: len(self.sentences1)], numbers[len(self.sentences1) :]

    @property
    def description(self) -> str:
        """The kind of evaluation in words."""
        return "Semantic Similarity"

    def get_config_dict(self) -> dict[str, Any]:
        """`truncate_dim` and `precision`, where they are given."""
        config = super().get_config_dict()
        return config if self.precision is None else {**config, "precision": self.precision}


def _unpacked(vectors: NDArray[Any], precision: str) -> NDArray[Any]:
    """Quantised vectors as float32, one number a feature."""
    if precision == "binary":
        vectors = (vectors.astype(np.int16) + 128).astype(np.uint8)
    if precision in ("binary", "ubinary"):
        vectors = np.unpackbits(vectors, axis=1)
    return vectors.astype(np.float32)
