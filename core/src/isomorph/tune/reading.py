"""The model that is tuned: one that takes texts, read as its public class reads it."""

from __future__ import annotations

from pathlib import Path

from isomorph.contract import Options
from isomorph.errors import Unsupported
from isomorph.model.model import Model
from isomorph.outlook.classes import reader_of
from isomorph.preprocess.text import Text
from isomorph.runtime.recipe import Recipe


def read(folder: Path, class_name: str) -> Model:
    """The longest chain of the model in a folder, which decides about backends.

    Raises:
        ModelError: the folder cannot be read.
        InputError: there is no class of that name.
        Unsupported: the inputs of the model are no texts.
    """
    whole = Recipe(folder, reader_of(class_name), Options(), strict=True).examined()
    model = max(whole.each(), key=lambda each: len(each.graph))
    if not isinstance(model.inputs, Text):
        raise Unsupported(
            f"{folder} takes {model.inputs.modality}, and 'isomorph tune' measures texts alone. Name the "
            "backend yourself: backend=..."
        )
    return model
