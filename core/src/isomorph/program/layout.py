"""Where prebuilt files lie in a model folder: in its root or a subfolder, beside the encoder or above it.

Of a model of several chains the default one has its file there; that of another chain lies in a folder
of its own beside it, `Model.place`:

    acme/model.bin          texts
    acme/image/model.bin    images
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isomorph.contract import Model, Module
from isomorph.errors import Unsupported
from isomorph.preprocess.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How an engine's files are called.

    Attributes:
        format: what people call files of this kind; for errors.
        suffix: how their names end, with the dot; users may leave that out.
        subfolder: where sessions save theirs.
        default: the name of the one that is found by itself.
    """

    format: str
    suffix: str
    subfolder: str
    default: str

    def find(self, model: Model) -> tuple[tuple[str, ...] | None, str]:
        """The parts of the path of the file that the user named, else of the one with the default name.

        None, and which others there are, where the user named none and none has the default name.

        Raises:
            Unsupported: the file that the user named is not there; lists those that are.
            BadModel: its name leads out of the model folder.
        """
        for parts in self._places(model):
            if model.file(*parts) is not None:
                return parts, ""
        there = self._there(model)
        if model.artifact is not None:
            lack, choice = "", "Name one of them, or leave" if there else "Leave"
            if self._is_of_others(model):
                lack = f"which is there and is no {self.format} file ({self.suffix}), "
            raise Unsupported(
                f"file_name={model.artifact!r} was asked for, {lack}but the {self.format} files of "
                f"{model.folder} are: {there or 'none'}. {choice} "
                "file_name= out, and the backend runs the model's own weights or says what it lacks."
            )
        return None, f"file_name= may name one of {there}" if there else ""

    def target(self, model: Model, folder: Path) -> Path:
        """Where a session of this chain saves its file, below a model folder."""
        return folder / self.subfolder / model.place

    def _places(self, model: Model) -> Iterator[tuple[str, ...]]:
        """A named file is looked for as it is named first, ours where it is saved.

        A file that lies in no chain's own folder stands for the default chain. A file of that kind that the
        user names may be meant for others that take texts, as those of a Router do.
        """
        name = model.artifact or self.default
        name = name if name.endswith(self.suffix) else f"{name}{self.suffix}"
        subfolders = (self.subfolder, "") if model.artifact is None else ("", self.subfolder)
        where, _, last = name.rpartition("/")
        names = [(where, model.place, last)]
        if model.place and model.artifact is not None and isinstance(model.inputs, Text):
            names.append((where, "", last))
        for own in names:
            for folder in _folders(model):
                for subfolder in subfolders:
                    yield folder, subfolder, *own

    def _is_of_others(self, model: Model) -> bool:
        """Whether the named file is there, as one that another engine reads."""
        name = model.artifact or ""
        return any(model.file(folder, name) is not None for folder in _folders(model))

    def _there(self, model: Model) -> str:
        found = model.folder.rglob(f"*{self.suffix}")
        return ", ".join(sorted(path.relative_to(model.folder).as_posix() for path in found))


def _folders(model: Model) -> tuple[str, ...]:
    """Where prebuilt files may lie: in the root, and in the encoder's own folder."""
    first = model.graph.modules[0].folder if model.graph.modules else ""
    return tuple(dict.fromkeys(("", first)))


def digest(model: Model) -> str:
    """What modules compute apart from their weights, as a SHA-256 in hexadecimal.

    A saved file has the digest beside it, so that a folder whose settings were changed since then does not
    run what it was. Saving a model writes out defaults of its settings, which changes no digest.
    """
    modules = [
        [module.kind, _computed(module), module.inputs, module.outputs]
        for module in model.graph.modules
    ]
    return hashlib.sha256(json.dumps(modules, sort_keys=True, default=str).encode()).hexdigest()


def _computed(module: Module) -> dict[str, Any]:
    """The configuration without settings of the inputs, where the module states its task itself."""
    stated = "task" in module.config
    return {k: value for k, value in module.config.items() if not (stated and k == "settings")}
