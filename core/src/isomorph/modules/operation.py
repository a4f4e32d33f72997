"""What core must know about one kind of module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isomorph.errors import BadModel
from isomorph.graph import Module
from isomorph.model import Tensor
from isomorph.program.builder import Ref, Weights
from isomorph.read.folder import Folder
from isomorph.schema import Needed, Schema, judge

Lowering = Callable[[Module, Weights, Mapping[str, Ref]], Mapping[str, Ref]]
"""(module, its weights, values by name) -> the values that it writes, in primitives."""

Kernel = Callable[[Module, Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]
"""(module, its weights as arrays, values by name) -> the arrays that it writes."""


@dataclass(frozen=True, slots=True)
class ModuleFolder:
    """One entry of ``modules.json`` while it is read: where its files are and what they hold."""

    name: str
    type: str
    path: str
    folder: Folder
    tensors: Mapping[str, Tensor]

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


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of module.

    ``types`` are the class references under which ``modules.json`` files name it. ``read`` turns a
    module's folder into a `Module`. ``lower`` writes it in primitives, so that every backend and the
    numpy reference can run it. ``kernel`` is numpy code for an operation that has no lowering; only
    the reference runs that. ``optional`` are names that the module reads too where a module before it
    writes them.
    """

    op: str
    types: tuple[str, ...]
    read: Callable[[ModuleFolder], Module]
    lower: Lowering | None = None
    kernel: Kernel | None = None
    optional: tuple[str, ...] = ()
