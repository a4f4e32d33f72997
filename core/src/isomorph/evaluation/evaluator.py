"""The evaluator protocol: a model in, numbers by name out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from isomorph.evaluation.results_table import LINE_END, ResultsTable


class BaseEvaluator:
    """What all evaluators share; subclasses implement `__call__`.

    `primary_metric` is the key of the number that stands for all, known after the first call at the
    latest. The names of metrics and files are those of sentence-transformers. `csv_line_end` ends each row of
    its file.
    """

    csv_file: str
    csv_headers: list[str]
    write_csv: bool
    csv_line_end: ClassVar[str] = LINE_END

    def __init__(self) -> None:
        self.greater_is_better = True
        self.primary_metric: str | None = None

    def __call__(
        self, model: Any, output_path: str | None = None, epoch: int = -1, steps: int = -1
    ) -> float | dict[str, float]:
        """Evaluates a model.

        Args:
            model: what the evaluator's kind of model is; see there.
            output_path: a folder for results; None writes none.
            epoch: goes into the results; -1 outside training.
            steps: goes into the results; -1 outside training.

        Returns:
            One number, or numbers by name, of which `primary_metric` names one.
        """
        raise NotImplementedError

    def prefix_name_to_metrics(self, metrics: Mapping[str, Any], name: str) -> dict[str, float]:
        """Python floats under ``NAME_key``; `primary_metric` is renamed with them."""
        if not name:
            return {key: float(value) for key, value in metrics.items()}
        if self.primary_metric is not None and not self.primary_metric.startswith(f"{name}_"):
            self.primary_metric = f"{name}_{self.primary_metric}"
        return {f"{name}_{key}": float(value) for key, value in metrics.items()}

    def store_metrics_in_model_card_data(
        self, model: Any, metrics: Mapping[str, Any], epoch: int = 0, step: int = 0
    ) -> None:
        """Hands the metrics to the model's card, where it has one that keeps them."""
        card = getattr(model, "model_card_data", None)
        keep = getattr(card, "set_evaluation_metrics", None)
        if keep is not None:
            keep(self, dict(metrics), epoch, step)

    @property
    def description(self) -> str:
        """The kind of evaluation in words: "Information Retrieval"."""
        name = type(self).__name__.removesuffix("Evaluator")
        return re.sub(r"([a-z])([A-Z])", r"\g<1> \g<2>", name)

    def get_config_dict(self) -> dict[str, Any]:
        """What of the settings belongs into a model card; `truncate_dim` where there is one."""
        dim = getattr(self, "truncate_dim", None)
        return {} if dim is None else {"truncate_dim": dim}

    def _table(self, output_path: str | None) -> ResultsTable:
        """The file of results with the columns `csv_headers`; without `write_csv` nothing is written.

        Raises:
            InputError: the file has other columns.
        """
        folder = output_path if self.write_csv else None
        return ResultsTable.at(folder, self.csv_file, self.csv_headers, self.csv_line_end)

    def _reported(
        self, model: Any, metrics: Mapping[str, Any], primary: str, epoch: int, steps: int
    ) -> dict[str, float]:
        self.primary_metric = primary
        named = self.prefix_name_to_metrics(metrics, getattr(self, "name", ""))
        self.store_metrics_in_model_card_data(model, named, epoch, steps)
        return named
