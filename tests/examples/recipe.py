"""A folder format: ``recipe.txt`` lists the modules, one line each, "CLASS FOLDER"."""

from pathlib import Path

from isomorph.contract import Model
from isomorph.errors import BadModel
from isomorph.hookspecs import Folder, hookimpl
from isomorph.program import read_modules

HOME = "sentence_transformers.models."


@hookimpl
def isomorph_read_model(folder: Path) -> Model | None:
    """The model of a folder with a recipe; None, so that others may read it, where there is none."""
    files = Folder(folder)
    if files.file("recipe.txt") is None:
        return None
    entries = []
    with files.open("recipe.txt") as stream:
        for index, line in enumerate(stream.read().decode().splitlines()):
            kind, _, place = line.partition(" ")
            if not kind:
                raise BadModel(f"{folder}: line {index + 1} of recipe.txt is empty.")
            entries.append({"name": str(index), "path": place, "type": HOME + kind})
    return read_modules(files, entries)
