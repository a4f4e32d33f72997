"""The formats of model folders that core reads itself."""

from __future__ import annotations

from pathlib import Path

from isomorph.adapters.files import read_settings
from isomorph.files.folder import Folder
from isomorph.hookspecs import hookimpl
from isomorph.model.model import Model
from isomorph.read import model2vec, numbered, plain, sentence_transformers


@hookimpl(trylast=True)
def isomorph_read_model(folder: Path) -> Model | None:
    """The formats that core reads itself."""
    if (folder / "modules.json").is_file():
        return sentence_transformers.read(folder)
    if (folder / "config.json").is_file():
        if numbered.entries(Folder(folder)):
            return sentence_transformers.read(folder)
        return model2vec.read(folder) or plain.read(folder)
    place = Folder(folder)
    return plain.read(folder) if read_settings(place, "") is not None else None
