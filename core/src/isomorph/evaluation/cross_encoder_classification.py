"""CrossEncoderClassificationEvaluator: whether pairs are given the right label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.arguments.rules import checked
from isomorph.errors import InputError
from isomorph.evaluation.binary_classification import binary
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.models import PairModel, predict, same_length
from isomorph.evaluation.thresholds import Cuts, average_precision, best_accuracy, best_f1

Array = NDArray[Any]
BINARY = (
    "Accuracy",
    "Accuracy_Threshold",
    "F1",
    "F1_Threshold",
    "Precision",
    "Recall",
    "Average_Precision",
)
SEVERAL = ("Macro_F1", "Micro_F1", "Weighted_F1")


class CrossEncoderClassificationEvaluator(BaseEvaluator):
    """Accuracy, F1 and average precision of a model with one label, F1 of one with several."""

    @checked
    def __init__(
        self,
        sentence_pairs: Sequence[Sequence[str]],
        labels: Sequence[int],
        *,
        name: str = "",
        prompt_name: str | None = None,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        write_csv: bool = True,
    ) -> None:
        """Keeps pairs and their labels.

        Args:
            sentence_pairs: two texts each.
            labels: 0 or 1 for a model with one label, else the index of the right one.
            name: stands before metrics and in the file name.
            prompt_name: handed to `predict` where it is given.
            batch_size: handed to `predict`.
            show_progress_bar: handed to `predict`.
            write_csv: whether a call with an `output_path` appends to a file there.

        Raises:
            InputError: lists of different lengths, or nothing in them.
        """
        super().__init__()
        same_length(sentence_pairs=sentence_pairs, labels=labels)
        self.sentence_pairs, self.labels = sentence_pairs, np.asarray(labels)
        self.name, self.prompt_name, self.write_csv = name, prompt_name, write_csv
        self.batch_size, self.show_progress_bar = batch_size, show_progress_bar
        middle = f"_{name}" if name else ""
        self.csv_file = f"CrossEncoderClassificationEvaluator{middle}_results.csv"

    def __call__(
        self, model: PairModel, output_path: str | None = None, epoch: int = -1, steps: int = -1
    ) -> dict[str, float]:
        """The metrics, which depend on how many labels the model has.

        Returns:
            With one label ``accuracy``, ``f1``, ``precision``, ``recall``, ``average_precision`` and
            the thresholds of the first two; with several ``f1_macro``, ``f1_micro``, ``f1_weighted``.

        Raises:
            InputError: a label that the model does not have, or a score is NaN.
        """
        self._check_labels(model.num_labels)
        single = model.num_labels == 1
        self.csv_headers = ["epoch", "steps", *(BINARY if single else SEVERAL)]
        table = self._table(output_path)
        scores = predict(
            model,
            self.sentence_pairs,
            prompt_name=self.prompt_name,
            batch_size=self.batch_size,
            show_progress_bar=self.show_progress_bar,
        )
        metrics = _binary(scores, self.labels) if single else _several(scores, self.labels)
        table.append(epoch, steps, *metrics.values())
        primary = "average_precision" if single else "f1_macro"
        return self._reported(model, metrics, primary, epoch, steps)

    def _check_labels(self, num_labels: int) -> None:
        if num_labels == 1:
            binary(self.labels.tolist())
        elif self.labels.min() < 0 or self.labels.max() >= num_labels:
            raise InputError(
                f"Labels go from {self.labels.min()} to {self.labels.max()}, and this model has "
                f"{num_labels}: 0 to {num_labels - 1}."
            )


def _binary(scores: Array, labels: Array) -> dict[str, float]:
    cuts = Cuts.of(scores, labels)
    accuracy, accuracy_threshold = best_accuracy(cuts)
    f1 = best_f1(cuts)
    return {
        "accuracy": accuracy,
        "accuracy_threshold": accuracy_threshold,
        "f1": f1.f1,
        "f1_threshold": f1.threshold,
        "precision": f1.precision,
        "recall": f1.recall,
        "average_precision": average_precision(cuts),
    }


def _several(scores: Array, labels: Array) -> dict[str, float]:
    """F1 of every label that is given or predicted: their mean, that of all pairs, and by frequency."""
    predicted = np.argmax(scores, axis=1)
    kinds = np.union1d(labels, predicted)
    right = np.array([np.sum((predicted == kind) & (labels == kind)) for kind in kinds])
    given = np.array([np.sum(labels == kind) for kind in kinds])
    said = np.array([np.sum(predicted == kind) for kind in kinds])
    f1 = 2 * right / (given + said)
    return {
        "f1_macro": float(f1.mean()),
        "f1_micro": float(right.sum() / len(labels)),
        "f1_weighted": float(f1 @ given / len(labels)),
    }
