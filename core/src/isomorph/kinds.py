"""What is known about one kind of module. Plugins offer kinds through the hook `isomorph_modules`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from isomorph.files.module_folder import ModuleFolder
from isomorph.model.graph import Module
from isomorph.primitives.builder import Ref, Weights

Lowering = Callable[[Module, Weights, Mapping[str, Ref]], Mapping[str, Ref]]
"""(module, its weights, values by name) -> the values that it writes, in primitives."""

Kernel = Callable[[Module, Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]
"""(module, its weights as arrays, values by name) -> the arrays that it writes."""


@dataclass(frozen=True, slots=True)
class ModuleKind:
    """One kind of module.

    ``classes`` are the class references under which ``modules.json`` files name it. ``read`` turns a
    module's folder into a `Module`. ``lower`` writes it in primitives, so that every backend and the
    numpy reference can run it. ``kernel`` is numpy code for an operation that has no lowering; only
    the reference runs that. ``optional`` are names that the module reads too where a module before it
    writes them.
    """

    name: str
    classes: tuple[str, ...]
    read: Callable[[ModuleFolder], Module]
    lower: Lowering | None = None
    kernel: Kernel | None = None
    optional: tuple[str, ...] = ()


__all__ = ["Kernel", "Lowering", "ModuleFolder", "ModuleKind"]
