"""A folder format: ``template.txt`` lists the modules, one line each, "CLASS FOLDER"."""

from pathlib import Path

from isomorph.contract import Model
from isomorph.errors import BadModel
from isomorph.hookspecs import Folder, hookimpl
from isomorph.program import read_modules

isomorph_contract = 2

FILE = "template.txt"
HOME = "sentence_transformers.models."


@hookimpl
def isomorph_read_model(folder: Path) -> Model | None:
    """The model of a folder with such a file; None, so that others may read it, where there is none."""
    files = Folder(folder)
    if files.file(FILE) is None:
        return None
    entries = []
    with files.open(FILE) as stream:
        for index, line in enumerate(stream.read().decode().splitlines()):
            kind, _, place = line.partition(" ")
            if not kind:
                raise BadModel(f"{folder}: line {index + 1} of {FILE} is empty.")
            entries.append({"name": str(index), "path": place, "type": HOME + kind})
    return read_modules(files, entries)
