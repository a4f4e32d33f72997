"""Which class of models a folder is for, and how that class reads it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from isomorph.errors import InputError, IsomorphError
from isomorph.files.folder import Folder
from isomorph.model.model import Model
from isomorph.plugins.reading import read_model
from isomorph.plugins.table import kind_named
from isomorph.read import late_interaction
from isomorph.read.by_class import SparseVectors, Vectors, read_scorer
from isomorph.read.settings import FILE

Reader = Callable[[Path], Model]

DEFAULT = "SentenceTransformer"
SPARSE, SCORER, TOKENS = "SparseEncoder", "CrossEncoder", "MultiVectorEncoder"
READERS: Mapping[str, Callable[[], Reader]] = {
    DEFAULT: Vectors,
    SPARSE: SparseVectors,
    SCORER: lambda: read_scorer,
    TOKENS: lambda: late_interaction.read,
}
"""Makes what reads a folder, by the name of the public class."""

_SAVED = {**{name: name for name in READERS}, late_interaction.PYLATE: TOKENS}


def class_of(folder: Folder) -> str:
    """The class that the folder's settings name, else the one that its modules or architecture are for.

    Raises:
        BadModel: a file that says it is damaged.
    """
    saved = _mapping(folder.json(FILE)).get("model_type")
    if isinstance(saved, str) and saved in _SAVED and saved != DEFAULT:
        return _SAVED[saved]
    if folder.file("modules.json") is not None:
        return _class_of_modules(folder.root)
    names = _mapping(folder.json("config.json")).get("architectures")
    first = str(names[0]) if isinstance(names, list) and names else ""
    if first == late_interaction.STANFORD:
        return TOKENS
    return SCORER if first.endswith("ForSequenceClassification") else DEFAULT


def _class_of_modules(root: Path) -> str:
    """By what the listed modules write; `DEFAULT` where they cannot be read, as its reader then says."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            graph = read_model(root).graph
    except IsomorphError:
        return DEFAULT
    kinds = [kind_named(module.kind) for module in graph.modules]
    if any(kind.sparse for kind in kinds):
        return SPARSE
    if any(kind.keeps is not None for kind in kinds):
        return TOKENS
    return SCORER if "scores" in graph.outputs else DEFAULT


def reader_of(name: str) -> Reader:
    """What reads a folder for a class.

    Raises:
        InputError: there is no such class; lists those there are.
    """
    if name not in READERS:
        raise InputError(f"There is no class {name!r} of models; there are: {', '.join(READERS)}.")
    return READERS[name]()


def _mapping(content: Any) -> Mapping[str, Any]:
    return content if isinstance(content, dict) else {}
