"""Reading a model folder through the formats that plugins know, the built-in ones among them."""

from __future__ import annotations

from pathlib import Path

from isomorph.errors import ModelNotFound, UnknownFormat
from isomorph.hookspecs import hookimpl
from isomorph.model import Model
from isomorph.read.adapters import refuse_adapter
from isomorph.read.folder import Folder
from isomorph.read.guard import reading


def read_model(folder: Path) -> Model:
    """The model in a folder.

    Raises:
        ModelNotFound: there is no such folder.
        UnknownFormat: no plugin recognises it.
        BadModel: it is damaged, contradictory or unsafe.
        Unsupported: it is an adapter, or asks for something that is not there.
    """
    from isomorph.plugins import installed

    if not folder.is_dir():
        raise ModelNotFound(f"{folder} is not a folder.")
    with reading(folder):
        model: Model | None = installed().manager.hook.isomorph_read_model(folder=folder)
    if model is None:
        refuse_adapter(Folder(folder))
        there = ", ".join(sorted(path.name for path in folder.iterdir())[:12]) or "nothing"
        raise UnknownFormat(
            f"{folder} is not a model folder: it has neither modules.json nor config.json. "
            f"It holds: {there}."
        )
    return model


@hookimpl(trylast=True)
def isomorph_read_model(folder: Path) -> Model | None:
    """The formats that core reads itself."""
    from isomorph.read import model2vec, numbered, plain, sentence_transformers

    if (folder / "modules.json").is_file():
        return sentence_transformers.read(folder)
    if (folder / "config.json").is_file():
        if numbered.entries(Folder(folder)):
            return sentence_transformers.read(folder)
        return model2vec.read(folder) or plain.read(folder)
    return None
