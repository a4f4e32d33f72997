"""MSEEvaluator: how far a model's vectors are from those of another model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.arguments.rules import checked
from isomorph.errors import InputError
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.models import EmbeddingModel, embed, same_length
from isomorph.postprocess.arrays import as_array, is_sparse


class MSEEvaluator(BaseEvaluator):
    """The mean squared difference, times 100, between a model's vectors and those of its teacher."""

    @checked
    def __init__(
        self,
        source_sentences: Sequence[Any],
        target_sentences: Sequence[Any],
        teacher_model: Any = None,
        show_progress_bar: bool = False,
        batch_size: int = 32,
        name: str = "",
        write_csv: bool = True,
        truncate_dim: int | None = None,
    ) -> None:
        """Keeps the texts and the teacher's vectors of them.

        Args:
            source_sentences: what the teacher encodes.
            target_sentences: what a model encodes, one for each of the teacher's.
            teacher_model: gives the vectors that a model's are compared with.
            show_progress_bar: handed to `encode`.
            batch_size: handed to `encode`.
            name: stands before metrics and in the file name.
            write_csv: whether a call with an `output_path` appends to a file there.
            truncate_dim: handed to `encode` where it is given.

        Raises:
            InputError: lists of different lengths, nothing in them, or no teacher.
        """
        super().__init__()
        same_length(source_sentences=source_sentences, target_sentences=target_sentences)
        if teacher_model is None:
            raise InputError("teacher_model is missing: a model whose vectors are the right ones.")
        self.target_sentences, self.truncate_dim = target_sentences, truncate_dim
        self.batch_size, self.show_progress_bar = batch_size, show_progress_bar
        self.name, self.write_csv = name, write_csv
        self.csv_file = f"mse_evaluation_{name}_results.csv"
        self.csv_headers = ["epoch", "steps", "MSE"]
        self.primary_metric = "negative_mse"
        self.source_embeddings = self._vectors(teacher_model, source_sentences)

    def __call__(
        self,
        model: EmbeddingModel,
        output_path: str | None = None,
        epoch: int = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """``negative_mse``, the difference below 0, so that more is better."""
        table = self._table(output_path)
        vectors = self._vectors(model, self.target_sentences)
        error = 100 * mean_squared(self.source_embeddings, vectors)
        table.append(epoch, steps, error)
        return self._reported(model, {"negative_mse": -error}, "negative_mse", epoch, steps)

    def _vectors(self, model: EmbeddingModel, texts: Sequence[Any]) -> Any:
        return embed(
            model.encode,
            texts,
            batch_size=self.batch_size,
            show_progress_bar=self.show_progress_bar,
            truncate_dim=self.truncate_dim,
        )

    @property
    def description(self) -> str:
        """The kind of evaluation in words."""
        return "Knowledge Distillation"


class MSEEvaluatorFromDataFrame(BaseEvaluator):
    """`MSEEvaluator` for pairs of languages, of rows that hold a text in each."""

    @checked
    def __init__(
        self,
        dataframe: Sequence[Mapping[str, Any]],
        teacher_model: Any,
        combinations: Sequence[tuple[str, str]],
        batch_size: int = 8,
        name: str = "",
        write_csv: bool = True,
        truncate_dim: int | None = None,
    ) -> None:
        """Keeps the texts and the teacher's vectors of them.

        Args:
            dataframe: rows by column, which are languages.
            teacher_model: gives the vectors that a model's are compared with.
            combinations: pairs of the teacher's language and the model's.
            batch_size: handed to `encode`.
            name: stands before metrics and in the file name.
            write_csv: whether a call with an `output_path` appends to a file there.
            truncate_dim: handed to `encode` where it is given.

        Raises:
            InputError: a pair of languages that no row has.
        """
        super().__init__()
        self.truncate_dim, self.batch_size, self.write_csv = truncate_dim, batch_size, write_csv
        self.name = name
        self.csv_file = f"mse_evaluation{'_' + name if name else ''}_results.csv"
        self.csv_headers = ["epoch", "steps", *("-".join(pair) for pair in combinations)]
        self.primary_metric = "negative_mse"
        self._judges = [
            (pair, self._judge(dataframe, teacher_model, pair)) for pair in combinations
        ]

    def _judge(self, rows: Sequence[Any], teacher: Any, pair: tuple[str, str]) -> MSEEvaluator:
        texts = [tuple(row.get(language) or "" for language in pair) for row in rows]
        both = [each for each in texts if all(str(text).strip() for text in each)]
        if not both:
            raise InputError(f"No row of dataframe has a text in {pair[0]!r} and in {pair[1]!r}.")
        return MSEEvaluator(
            [each[0] for each in both],
            [each[1] for each in both],
            teacher_model=teacher,
            batch_size=self.batch_size,
            truncate_dim=self.truncate_dim,
        )

    def __call__(
        self,
        model: EmbeddingModel,
        output_path: str | None = None,
        epoch: int = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """``negative_mse``, the mean of all pairs of languages, below 0."""
        table = self._table(output_path)
        errors = [-judge(model)["negative_mse"] for _, judge in self._judges]
        table.append(epoch, steps, *errors)
        mean = float(np.mean(errors))
        return self._reported(model, {"negative_mse": -mean}, "negative_mse", epoch, steps)

    @property
    def description(self) -> str:
        """The kind of evaluation in words."""
        return "Knowledge Distillation"


def mean_squared(one: Any, other: Any) -> float:
    """The mean squared difference of vectors (n, dim), dense or sparse.

    Raises:
        InputError: they have different shapes.
    """
    if one.shape != other.shape:
        raise InputError(
            f"The teacher gives vectors of shape {one.shape}, the model {other.shape}."
        )
    left, right = as_array(one), as_array(other)
    if is_sparse(left) and is_sparse(right):
        return float((left.tocsr() - right.tocsr()).power(2).sum() / np.prod(left.shape))
    dense = [each.toarray() if is_sparse(each) else each for each in (left, right)]
    difference: NDArray[Any] = dense[0] - dense[1]
    return float(np.mean(difference**2))
