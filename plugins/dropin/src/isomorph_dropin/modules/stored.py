"""Modules and folders: a module writes itself into a folder, and is made again of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

from isomorph.errors import BadModel, Unsupported
from isomorph.files.folder import Folder
from isomorph.files.weights import read_tensors
from isomorph.parts.part import Described, Part
from isomorph.resolve import Request, resolve

_ARGUMENTS = {
    "init_weight": "linear.weight",
    "init_bias": "linear.bias",
    "init_residual": "residual.weight",
    "weight": "norm.weight",
    "bias": "norm.bias",
}
"""Arguments that are arrays, and what files call them; other kinds take all of them as ``weights``."""


class Stored:
    """A module that a folder can hold."""

    config_file_name = "config.json"

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """Writes its files into a folder, which is made where there is none."""
        assert isinstance(self, Part)
        folder = Path(output_path)
        folder.mkdir(parents=True, exist_ok=True)
        self.write(folder, Request())

    @classmethod
    def load(
        cls,
        model_name_or_path: str,
        subfolder: str = "",
        token: bool | str | None = None,
        cache_folder: str | None = None,
        revision: str | None = None,
        local_files_only: bool = False,
        **kwargs: Any,
    ) -> Self:
        """The module that a folder, or a model of the Hub, holds.

        Raises:
            BadModel: the folder holds no settings.
            Unsupported: modules of this kind are not made of settings and arrays alone.
        """
        request = Request(
            token=token,
            cache_folder=cache_folder,
            revision=revision,
            local_files_only=local_files_only,
        )
        return cls._of(resolve(str(model_name_or_path), request) / subfolder)

    @classmethod
    def _of(cls, folder: Path) -> Self:
        kind: Any = cls
        if not issubclass(kind, Described):
            raise Unsupported(
                f"{cls.__name__}.load: load the whole model, and take the module out of it."
            )
        file = folder / kind._file
        if not file.is_file():
            raise BadModel(
                f"{folder} holds no {kind._file}, which says what a {cls.__name__} does."
            )
        return cls(**_arguments(kind, json.loads(file.read_bytes()), folder))


def _arguments(kind: type, said: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """The arguments of a kind of module: what its settings say, and its weights where it has some."""
    names = {each.name for each in fields(kind)}
    found = {name: value for name, value in said.items() if name in names}
    weights = {n: t.numpy() for n, t in read_tensors(Folder(folder), "").items()}
    if "weights" in names:
        return {**found, "weights": weights}
    arrays = {name: weights[file] for name, file in _ARGUMENTS.items() if file in weights}
    return {**found, **{name: array for name, array in arrays.items() if name in names}}
