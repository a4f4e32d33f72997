"""The kinds of modules that core brings: a file of `isomorph.modules` with a `KIND` is one."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from isomorph import modules
from isomorph.hookspecs import hookimpl
from isomorph.kinds import ModuleKind


@hookimpl
def isomorph_modules() -> Sequence[ModuleKind]:
    """The kinds of modules that core brings, in the order of the names of their files."""
    names = sorted(file.name for file in iter_modules(modules.__path__))
    files = (import_module(f"{modules.__name__}.{name}") for name in names)
    found = [getattr(file, "KIND", None) for file in files]
    kinds = {id(kind): kind for kind in found if isinstance(kind, ModuleKind)}
    return list(kinds.values())  # a file may import the kind of another
