"""BinaryClassificationEvaluator: whether a threshold on the similarity tells pairs apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isomorph.arguments.rules import checked
from isomorph.errors import InputError
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.models import (
    EmbeddingModel,
    embed,
    of_model,
    pair_scores,
    same_length,
    similarity_names,
    take,
)
from isomorph.evaluation.thresholds import (
    Cuts,
    average_precision,
    best_accuracy,
    best_f1,
    matthews,
)

COLUMNS = (
    "accuracy",
    "accuracy_threshold",
    "f1",
    "precision",
    "recall",
    "f1_threshold",
    "ap",
    "mcc",
)
DISTANCES = ("euclidean", "manhattan")
"""Thresholds of these are distances: a pair below one counts as alike."""


class BinaryClassificationEvaluator(BaseEvaluator):
    """Accuracy, F1, average precision and Matthews' correlation of pairs labelled 1 (alike) or 0.

    With labels that are all 0, precision, recall, F1 and average precision are 0; Matthews'
    correlation is 0 where labels or predictions are all equal.
    """

    @checked
    def __init__(
        self,
        sentences1: Sequence[Any],
        sentences2: Sequence[Any],
        labels: Sequence[int],
        name: str = "",
        batch_size: int = 32,
        show_progress_bar: bool = False,
        write_csv: bool = True,
        truncate_dim: int | None = None,
        similarity_fn_names: Sequence[str] | None = None,
    ) -> None:
        """Keeps pairs and labels.

        Args:
            sentences1: the first text of each pair.
            sentences2: the second.
            labels: 1 for pairs that are alike, else 0.
            name: stands before metrics and in the file name.
            batch_size: handed to `encode`.
            show_progress_bar: handed to `encode`.
            write_csv: whether a call with an `output_path` appends to a file there.
            truncate_dim: handed to `encode` where it is given.
            similarity_fn_names: which similarities; None takes the model's own.

        Raises:
            InputError: lists of different lengths, nothing in them, another label, or an unknown
                similarity.
        """
        super().__init__()
        same_length(sentences1=sentences1, sentences2=sentences2, labels=labels)
        self.labels = binary(labels)
        self.sentences1, self.sentences2 = sentences1, sentences2
        self.similarity_fn_names = similarity_names(similarity_fn_names, None)
        self.batch_size, self.show_progress_bar = batch_size, show_progress_bar
        self.name, self.write_csv, self.truncate_dim = name, write_csv, truncate_dim
        self.csv_file = f"binary_classification_evaluation{'_' + name if name else ''}_results.csv"

    def __call__(
        self,
        model: EmbeddingModel,
        output_path: str | None = None,
        epoch: int = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """``SIMILARITY_metric`` for each of `COLUMNS`, and the largest of several as ``max_metric``."""
        names = self.similarity_fn_names or [of_model(model)]
        self.csv_headers = ["epoch", "steps", *(f"{name}_{c}" for name in names for c in COLUMNS)]
        table = self._table(output_path)
        found = self.compute_metrics(model)
        table.append(epoch, steps, *(found[name][c] for name in names for c in COLUMNS))
        metrics = {f"{name}_{c}": value for name in names for c, value in found[name].items()}
        if len(names) > 1:
            metrics |= {f"max_{c}": max(found[name][c] for name in names) for c in found[names[0]]}
        main = "max" if len(names) > 1 else names[0]
        return self._reported(model, metrics, f"{main}_ap", epoch, steps)

    def compute_metrics(self, model: EmbeddingModel) -> dict[str, dict[str, float]]:
        """For each similarity its metrics by name, of `COLUMNS`."""
        left, right = self._embeddings(model)
        names = self.similarity_fn_names or [of_model(model)]
        return {
            name: _metrics(pair_scores(name, left, right), self.labels, name in DISTANCES)
            for name in names
        }

    @staticmethod
    def find_best_acc_and_threshold(
        scores: ArrayLike, labels: ArrayLike, high_score_more_similar: bool
    ) -> tuple[float, float]:
        """The largest accuracy of a threshold on (n,) scores with labels 0 or 1, and that threshold.

        Scores are similarities with `high_score_more_similar`, distances without.
        """
        sign = 1.0 if high_score_more_similar else -1.0  # whole numbers may have no sign
        accuracy, threshold = best_accuracy(Cuts.of(sign * np.asarray(scores), labels))
        return accuracy, sign * threshold

    @staticmethod
    def find_best_f1_and_threshold(
        scores: ArrayLike, labels: ArrayLike, high_score_more_similar: bool
    ) -> tuple[float, float, float, float]:
        """The largest F1 of a threshold, its precision and recall, and the threshold.

        The arguments are those of `find_best_acc_and_threshold`.
        """
        sign = 1.0 if high_score_more_similar else -1.0  # whole numbers may have no sign
        best = best_f1(Cuts.of(sign * np.asarray(scores), labels))
        return best.f1, best.precision, best.recall, sign * best.threshold

    def _embeddings(self, model: EmbeddingModel) -> tuple[Any, Any]:
        """Both sides; a text that stands in several pairs is encoded once."""
        texts = [*self.sentences1, *self.sentences2]
        try:
            places = {text: i for i, text in enumerate(dict.fromkeys(texts))}
        except TypeError:  # inputs that have no hash
            places, order = {}, list(range(len(texts)))
        else:
            order = [places[text] for text in texts]
        vectors = embed(
            model.encode,
            list(places) or texts,
            batch_size=self.batch_size,
            show_progress_bar=self.show_progress_bar,
            truncate_dim=self.truncate_dim,
        )
        half = len(self.sentences1)
        return take(vectors, order[:half]), take(vectors, order[half:])


def binary(labels: Sequence[int]) -> NDArray[Any]:
    """Labels as an array (n,).

    Raises:
        InputError: one is neither 0 nor 1.
    """
    array = np.asarray(labels)
    other = sorted({str(each) for each in array[(array != 0) & (array != 1)].tolist()})
    if other:
        raise InputError(f"Labels are 0 or 1, not {', '.join(other[:5])}.")
    return array


def _metrics(scores: NDArray[Any], labels: NDArray[Any], distance: bool) -> dict[str, float]:
    cuts = Cuts.of(scores, labels)
    sign = -1 if distance else 1
    accuracy, accuracy_threshold = best_accuracy(cuts)
    f1 = best_f1(cuts)
    predicted = scores >= scores.dtype.type(f1.threshold)
    return {
        "accuracy": accuracy,
        "accuracy_threshold": sign * accuracy_threshold,
        "f1": f1.f1,
        "f1_threshold": sign * f1.threshold,
        "precision": f1.precision,
        "recall": f1.recall,
        "ap": average_precision(cuts),
        "mcc": matthews(predicted, labels),
    }
