"""The folder of one module while it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isomorph.errors import BadModel
from isomorph.files.folder import Folder
from isomorph.files.schema import Needed, Schema, judge
from isomorph.files.tensor import Tensor


@dataclass(frozen=True, slots=True)
class ModuleFolder:
    """One entry of ``modules.json`` while it is read: where its files are and what they hold."""

    name: str
    type: str
    path: str
    folder: Folder
    tensors: Mapping[str, Tensor]
    instead: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Default none. The content of files that were read already, or that take options from elsewhere."""

    def config(self, *names: str) -> dict[str, Any]:
        """The first of these JSON files that exists and is not empty, else {}.

        Raises:
            BadModel: the file is not a JSON object.
        """
        return self._first(names)[1]

    def options(self, schema: Schema, *names: str) -> dict[str, Any]:
        """As `config`, of a file that may be missing: what it holds is of the kinds of `schema`.

        Raises:
            BadModel: the value of a key is not of its kind.
        """
        name, content = self._first(names)
        judge(content, schema, f"{self.place}: {name}")
        return content

    def settings(self, schema: Schema, *names: str, needed: Needed = ()) -> dict[str, Any]:
        """As `options`, for a kind of module that is not itself without its file.

        Raises:
            BadModel: there is no such file, it is empty, or it lacks a key of `needed`.
        """
        name, content = self._first(names)
        if not content:
            there = self.folder.file(self.path, name) is not None
            what = f"{name} is empty" if there else f"there is no {' or '.join(names)}"
            raise BadModel(
                f"{self.place}: {what}, and without it this would be another module. The folder is not "
                "a complete copy of the model: download or copy it again."
            )
        judge(content, schema, f"{self.place}: {name}", needed)
        return content

    def _first(self, names: Sequence[str]) -> tuple[str, dict[str, Any]]:
        """The name and the content of the file that counts; of an empty one, or of the first, and {}."""
        empty = names[0]
        for name in names:
            if name in self.instead:
                return name, dict(self.instead[name])
            content = self.folder.json(self.path, name)
            if content is None and self.folder.file(self.path, name) is None:
                continue
            if not isinstance(content, dict):
                path = self.folder.path(self.path, name)
                raise BadModel(f"{path} holds {type(content).__name__}, not an object.")
            if content:
                return name, content
            empty = name
        return empty, {}

    @property
    def place(self) -> str:
        """What messages call this module."""
        kind = self.type.rpartition(".")[2] or "model"
        return f"{kind} {self.name!r} in {self.folder.path(self.path)}"
