"""Kinds of modules. Each file of this package is one kind: its type strings, its folder, its meaning.

An `Operation` is found by its name (``Module.op``) or by a class reference in ``modules.json``.
Built-in operations come in by the same hook as those of plugins.
"""

from __future__ import annotations

from isomorph.modules.operation import Lowering, ModuleFolder, Operation
from isomorph.modules.registry import by_type, operation, types

__all__ = ["Lowering", "ModuleFolder", "Operation", "by_type", "operation", "types"]
