"""The class that a folder is for, where a program is told the name of a model alone."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isomorph.errors import InputError
from isomorph.files.folder import Folder
from isomorph.models.source import Source
from isomorph.outlook.classes import READERS, class_of
from isomorph.resolve import Request
from isomorph.resolve.wanted import patterns_of

if TYPE_CHECKING:
    from isomorph.models.base import BaseModel

_FILES = {
    "SentenceTransformer": "sentence_transformer",
    "SparseEncoder": "sparse_encoder",
    "CrossEncoder": "cross_encoder",
    "MultiVectorEncoder": "multi_vector_encoder",
}


def load_model(
    model_name_or_path: str | Path, *, model_type: str | None = None, **kwargs: Any
) -> BaseModel:
    """A model as an object of the class that its folder is for.

    That is the class which the folder's settings name; else the one for what its modules write, or for its
    architecture.

    Args:
        model_name_or_path: a folder, ``package:DISTRIBUTION``, or a Hub id.
        model_type: the name of the class, where the folder's own word is not wanted.
        **kwargs: the arguments of that class.

    Raises:
        InputError: there is no class of this name, or an argument cannot be used.
        ModelNotFound, BadModel: the model; and what else the class raises.
    """
    if model_type is None:
        request = Request(
            revision=kwargs.get("revision"),
            token=kwargs.get("token"),
            cache_folder=kwargs.get("cache_folder"),
            local_files_only=bool(kwargs.get("local_files_only")),
            organization="sentence-transformers",
            patterns=patterns_of((kwargs.get("model_kwargs") or {}).get("file_name")),
        )
        found = Source.of(model_name_or_path, None, "", request)
        model_type = class_of(Folder(found.folder))
    if model_type not in READERS:
        raise InputError(
            f"There is no class {model_type!r} of models; there are: {', '.join(READERS)}."
        )
    kind = getattr(import_module(f"isomorph.models.{_FILES[model_type]}"), model_type)
    loaded: BaseModel = kind(model_name_or_path, **kwargs)
    return loaded
