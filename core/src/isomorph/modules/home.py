"""Core's kinds of modules by the files of this package: a file with a `KIND` is called as the kind.

Where a class of ``modules.json`` is called otherwise, a short file of its name imports the kind. So one
file is imported to look a kind up, not all of them.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from isomorph import modules
from isomorph.kinds import ModuleKind
from isomorph.modules.types import file_of


def kinds() -> list[ModuleKind]:
    """All kinds that core brings, in the order of the names of their files."""
    found = [_in(file) for file in _files()]
    return list({id(kind): kind for kind in found if kind is not None}.values())


def kind_named(name: str) -> ModuleKind | None:
    """Core's kind of this name, None where core has none."""
    kind = _in(name) if name in _files() else None
    return kind if kind is not None and kind.name == name else None


def kind_of_class(reference: str) -> ModuleKind | None:
    """Core's kind behind a class reference, None where core has none."""
    file = file_of(reference.rpartition(".")[2])
    kind = _in(file) if file in _files() else None
    return kind if kind is not None and reference in kind.classes else None


@cache
def _files() -> tuple[str, ...]:
    return tuple(sorted(file.name for file in iter_modules(modules.__path__)))


def _in(file: str) -> ModuleKind | None:
    kind = getattr(import_module(f"{modules.__name__}.{file}"), "KIND", None)
    return kind if isinstance(kind, ModuleKind) else None
