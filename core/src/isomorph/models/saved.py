"""Saving as a method of every model class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from isomorph.arguments.rules import checked


class Savable:
    """Writes a model as a folder that isomorph and sentence-transformers 6 load with equal results."""

    @checked
    def save_pretrained(
        self,
        path: str | Path,
        model_name: str | None = None,
        create_model_card: bool = True,
        train_datasets: Sequence[str] | None = None,
        safe_serialization: bool = True,
    ) -> None:
        """Saves modules, weights, tokenizer and the settings that the model has now.

        The folder takes its name in one step: a process that is killed leaves the old folder or the new
        one. What lies in it beside a model stays. Weights are copied as they are stored, in safetensors;
        once a live model was handed out, what it holds now is written. A backend that makes artifacts
        writes its own beside the weights.

        Args:
            path: the folder; it may be the one that the model was loaded from.
            model_name: the name in the model card.
            create_model_card: write ``README.md``.
            train_datasets: names of data sets for the card.
            safe_serialization: only True; weights are not pickled.

        Raises:
            InputError: the path cannot be a model's folder.
            Unsupported: pickles are asked for, or the folder exists where none can be replaced in one step.
            OSError: the disk is full or cannot be written; the old folder is then as it was.
        """
        from isomorph.saving.save import save

        save(
            cast("Any", self),
            path,
            model_name,
            create_model_card,
            train_datasets,
            safe_serialization,
        )

    @checked
    def save(
        self,
        path: str | Path,
        model_name: str | None = None,
        create_model_card: bool = True,
        train_datasets: Sequence[str] | None = None,
        safe_serialization: bool = True,
    ) -> None:
        """The same as `save_pretrained`, under its older name.

        Args:
            path: the folder; it may be the one that the model was loaded from.
            model_name: the name in the model card.
            create_model_card: write ``README.md``.
            train_datasets: names of data sets for the card.
            safe_serialization: only True; weights are not pickled.
        """
        self.save_pretrained(
            path, model_name, create_model_card, train_datasets, safe_serialization
        )
