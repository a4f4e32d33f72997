"""TripletEvaluator: whether the anchor is closer to the positive than to the negative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from isomorph.arguments.names import renamed
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
)
from isomorph.postprocess.similarity import DENSE


class TripletEvaluator(BaseEvaluator):
    """The share of triplets in which the positive is more alike than the negative, by a margin."""

    _known: ClassVar[Sequence[str]] = DENSE
    """The similarities that a margin may be given for."""

    @checked
    def __init__(
        self,
        anchors: Sequence[Any],
        positives: Sequence[Any],
        negatives: Sequence[Any],
        main_similarity_function: Any = None,
        margin: float | Mapping[str, float] | None = None,
        name: str = "",
        batch_size: int = 16,
        show_progress_bar: bool = False,
        write_csv: bool = True,
        truncate_dim: int | None = None,
        similarity_fn_names: Sequence[str] | None = None,
        main_distance_function: Any = None,
    ) -> None:
        """Keeps the triplets; anchors are encoded as queries, the others as documents.

        Args:
            anchors: one text a triplet.
            positives: one text a triplet.
            negatives: one text a triplet.
            main_similarity_function: whose accuracy is the primary metric; None takes the largest.
            margin: how much more alike; a number for each similarity, or one for all.
            name: stands before metrics and in the file name.
            batch_size: handed to `encode_query` and `encode_document`.
            show_progress_bar: handed to `encode_query` and `encode_document`.
            write_csv: whether a call with an `output_path` appends to a file there.
            truncate_dim: handed on where it is given.
            similarity_fn_names: which similarities; None takes the model's own.
            main_distance_function: an old name of `main_similarity_function`.

        Raises:
            InputError: lists of different lengths, nothing in them, or an unknown similarity.
        """
        super().__init__()
        same_length(anchors=anchors, positives=positives, negatives=negatives)
        if main_distance_function is not None:
            renamed("main_distance_function=", "main_similarity_function=")
            main_similarity_function = main_similarity_function or main_distance_function
        self.anchors, self.positives, self.negatives = anchors, positives, negatives
        self.similarity_fn_names = similarity_names(similarity_fn_names, main_similarity_function)
        self.main_similarity_function = similarity_names(None, main_similarity_function)
        self.margin = _margins(margin, self._known)
        self.batch_size, self.show_progress_bar = batch_size, show_progress_bar
        self.name, self.write_csv, self.truncate_dim = name, write_csv, truncate_dim
        self.csv_file = f"triplet_evaluation{'_' + name if name else ''}_results.csv"

    def __call__(
        self,
        model: EmbeddingModel,
        output_path: str | None = None,
        epoch: int = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """``SIMILARITY_accuracy``, and the largest of several as ``max_accuracy``."""
        names = self.similarity_fn_names or [of_model(model)]
        self.csv_headers = ["epoch", "steps", *(f"accuracy_{name}" for name in names)]
        table = self._table(output_path)
        options = {
            "batch_size": self.batch_size,
            "show_progress_bar": self.show_progress_bar,
            "truncate_dim": self.truncate_dim,
        }
        anchors = embed(model.encode_query, self.anchors, **options)
        positives = embed(model.encode_document, self.positives, **options)
        negatives = embed(model.encode_document, self.negatives, **options)
        metrics: dict[str, float] = {}
        for name in names:
            closer = pair_scores(name, anchors, positives)
            further = pair_scores(name, anchors, negatives)
            metrics[f"{name}_accuracy"] = float(np.mean(closer > further + self._margin_for(name)))
        table.append(epoch, steps, *metrics.values())
        if len(names) > 1:
            metrics["max_accuracy"] = max(metrics.values())
        several = "max" if len(names) > 1 else names[0]
        main = self.main_similarity_function[0] if self.main_similarity_function else several
        return self._reported(model, metrics, f"{main}_accuracy", epoch, steps)

    def _margin_for(self, name: str) -> float:
        if name in self.margin or not any(self.margin.values()):
            return self.margin.get(name, 0)
        raise InputError(
            f"{type(self).__name__} has a margin for {', '.join(self.margin)}, and compares by {name}: give "
            "similarity_fn_names, or take the evaluator of this kind of model."
        )

    def get_config_dict(self) -> dict[str, Any]:
        """`truncate_dim` where it is given, `margin` where it is not 0."""
        config = super().get_config_dict()
        return {**config, "margin": self.margin} if any(self.margin.values()) else config


def _margins(margin: float | Mapping[str, float] | None, names: Sequence[str]) -> dict[str, float]:
    if isinstance(margin, Mapping):
        unknown = sorted(set(margin) - set(names))
        if unknown:
            raise InputError(
                f"margin has unexpected keys {unknown}; it takes a number for each of {', '.join(names)}."
            )
        return {name: margin.get(name, 0) for name in names}
    return dict.fromkeys(names, margin or 0)
