"""CrossEncoderCorrelationEvaluator: whether a cross-encoder's scores rise with those people gave."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isomorph.arguments.rules import checked
from isomorph.errors import InputError
from isomorph.evaluation.correlation import pearson, spearman
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.models import PairModel, predict, same_length


class CrossEncoderCorrelationEvaluator(BaseEvaluator):
    """Pearson's and Spearman's correlation of predicted with given scores; NaN where one is constant."""

    @checked
    def __init__(
        self,
        sentence_pairs: Sequence[Sequence[str]],
        scores: Sequence[float],
        name: str = "",
        prompt_name: str | None = None,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        write_csv: bool = True,
    ) -> None:
        """Keeps pairs and their scores.

        Args:
            sentence_pairs: two texts each.
            scores: what people say.
            name: stands before metrics and in the file name.
            prompt_name: handed to `predict` where it is given.
            batch_size: handed to `predict`.
            show_progress_bar: handed to `predict`.
            write_csv: whether a call with an `output_path` appends to a file there.

        Raises:
            InputError: lists of different lengths, fewer than two pairs, or scores that are not finite.
        """
        super().__init__()
        same_length(sentence_pairs=sentence_pairs, scores=scores)
        if len(scores) < 2 or not np.isfinite(np.asarray(scores, np.float64)).all():
            raise InputError("A correlation needs at least two scores, all of them finite.")
        self.sentence_pairs, self.scores = sentence_pairs, scores
        self.name, self.prompt_name, self.write_csv = name, prompt_name, write_csv
        self.batch_size, self.show_progress_bar = batch_size, show_progress_bar
        self.primary_metric = "spearman"
        self.csv_file = f"CrossEncoderCorrelationEvaluator{'_' + name if name else ''}_results.csv"
        self.csv_headers = ["epoch", "steps", "Pearson_Correlation", "Spearman_Correlation"]

    def __call__(
        self, model: PairModel, output_path: str | None = None, epoch: int = -1, steps: int = -1
    ) -> dict[str, float]:
        """``pearson`` and ``spearman``.

        Raises:
            InputError: the model has several labels, or a score is NaN.
        """
        if model.num_labels != 1:
            raise InputError(
                f"A correlation needs one score a pair, and this model has {model.num_labels} labels."
            )
        table = self._table(output_path)
        found = predict(
            model,
            self.sentence_pairs,
            prompt_name=self.prompt_name,
            batch_size=self.batch_size,
            show_progress_bar=self.show_progress_bar,
        )
        metrics = {
            "pearson": pearson(self.scores, found),
            "spearman": spearman(self.scores, found),
        }
        table.append(epoch, steps, *metrics.values())
        return self._reported(model, metrics, "spearman", epoch, steps)
