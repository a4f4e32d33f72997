"""What core must know about one kind of module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from isomorph.errors import BadModel
from isomorph.graph import Module
from isomorph.model import Tensor
from isomorph.program.builder import Ref, Weights
from isomorph.read.folder import Folder

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
        for name in names:
            content = self.folder.json(self.path, name)
            if content is None and self.folder.file(self.path, name) is None:
                continue
            if not isinstance(content, dict):
                path = self.folder.path(self.path, name)
                raise BadModel(f"{path} holds {type(content).__name__}, not an object.")
            if content:
                return content
        return {}


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
