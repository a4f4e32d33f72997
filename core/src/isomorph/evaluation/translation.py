"""TranslationEvaluator: whether the nearest text of the other language is the translation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from isomorph.arguments.rules import checked
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.models import EmbeddingModel, embed, same_length
from isomorph.postprocess.arrays import as_array
from isomorph.postprocess.scores import cos_sim


class TranslationEvaluator(BaseEvaluator):
    """The share of texts whose nearest one of the other language, by cosine, is their translation."""

    @checked
    def __init__(
        self,
        source_sentences: Sequence[Any],
        target_sentences: Sequence[Any],
        show_progress_bar: bool = False,
        batch_size: int = 16,
        name: str = "",
        print_wrong_matches: bool = False,
        write_csv: bool = True,
        truncate_dim: int | None = None,
    ) -> None:
        """Keeps the texts.

        Args:
            source_sentences: texts of one language.
            target_sentences: their translations, in the same order.
            show_progress_bar: handed to `encode`.
            batch_size: handed to `encode`.
            name: stands before metrics and in the file name.
            print_wrong_matches: whether each text that finds another one is printed.
            write_csv: whether a call with an `output_path` appends to a file there.
            truncate_dim: handed to `encode` where it is given.

        Raises:
            InputError: lists of different lengths, or nothing in them.
        """
        super().__init__()
        same_length(source_sentences=source_sentences, target_sentences=target_sentences)
        self.source_sentences, self.target_sentences = source_sentences, target_sentences
        self.batch_size, self.show_progress_bar = batch_size, show_progress_bar
        self.name, self.write_csv, self.truncate_dim = name, write_csv, truncate_dim
        self.print_wrong_matches = print_wrong_matches
        self.csv_file = f"translation_evaluation{'_' + name if name else ''}_results.csv"
        self.csv_headers = ["epoch", "steps", "src2trg", "trg2src"]
        self.primary_metric = "mean_accuracy"

    def __call__(
        self,
        model: EmbeddingModel,
        output_path: str | None = None,
        epoch: int = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """``src2trg_accuracy``, ``trg2src_accuracy`` and their mean as ``mean_accuracy``."""
        table = self._table(output_path)
        sources, targets = self.source_sentences, self.target_sentences
        left, right = (
            embed(
                model.encode,
                texts,
                batch_size=self.batch_size,
                show_progress_bar=self.show_progress_bar,
                truncate_dim=self.truncate_dim,
            )
            for texts in (sources, targets)
        )
        scores = np.asarray(as_array(cos_sim(left, right)))
        found = np.argmax(scores, axis=1).tolist()
        there = [targets[i] == targets[place] for i, place in enumerate(found)]
        back = [
            sources[i] == sources[place]
            for i, place in enumerate(np.argmax(scores, axis=0).tolist())
        ]
        if self.print_wrong_matches:
            for i in (i for i, right in enumerate(there) if not right):
                print(f"{sources[i]!r}: {targets[found[i]]!r} ({scores[i, found[i]]:.4f})")
                print(f"  in place of {targets[i]!r} ({scores[i, i]:.4f})")
        shares = float(np.mean(there)), float(np.mean(back))
        table.append(epoch, steps, *shares)
        metrics = {
            "src2trg_accuracy": shares[0],
            "trg2src_accuracy": shares[1],
            "mean_accuracy": sum(shares) / 2,
        }
        return self._reported(model, metrics, "mean_accuracy", epoch, steps)
