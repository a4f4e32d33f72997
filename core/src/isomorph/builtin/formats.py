"""The formats of model folders that core reads itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from isomorph.errors import Unsupported
from isomorph.hookspecs import hookimpl

if TYPE_CHECKING:
    from isomorph.model.model import Model

OPEN_CLIP = "open_clip_config.json"
"""The file of a library whose folders are not read."""


@hookimpl(trylast=True)
def isomorph_read_model(folder: Path) -> Model | None:
    """The formats that core reads itself.

    Raises:
        Unsupported: the folder is of another library's format, which is known by its name alone.
    """
    # Whoever asks for the commands of plugins loads this file, and most folders have one of the formats.
    from isomorph.read import sentence_transformers

    if (folder / "modules.json").is_file():
        return sentence_transformers.read(folder)
    from isomorph.adapters.files import read_settings
    from isomorph.files.folder import Folder
    from isomorph.read import model2vec, numbered, plain

    if (folder / "config.json").is_file():
        if numbered.entries(Folder(folder)):
            return sentence_transformers.read(folder)
        return model2vec.read(folder) or plain.read(folder)
    if (folder / OPEN_CLIP).is_file():
        raise Unsupported(
            f"{folder} is a folder of open_clip ({OPEN_CLIP}), whose tensors have other names and whose "
            "images and texts are prepared by its own code. Of many such models the same place, or its "
            "maker, has one with a config.json of transformers, which is read: name that."
        )
    place = Folder(folder)
    return plain.read(folder) if read_settings(place, "") is not None else None
