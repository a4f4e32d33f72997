"""Puts the tree in place, and takes it away again."""

from __future__ import annotations

import os
import sys

from isomorph_dropin.finder import Finder
from isomorph_dropin.tree import ROOT

VARIABLE = "ISOMORPH_DROPIN"
"""What the children of ``python -m isomorph_dropin`` find in their environment: a backend, or "auto"."""


class AlreadyImported(ImportError):
    """The library that the tree stands for has been imported: two of one name cannot be told apart."""


def install(backend: str | None = None) -> None:
    """Answers every later import of ``sentence_transformers`` in this process.

    Args:
        backend: the engine of models whose program names none, or names "torch", which is what the real
            library does by itself. None lets isomorph choose.

    Raises:
        AlreadyImported: the real library has been imported in this process.
        BackendNotFound: no backend of this name is installed.
    """
    there = sys.modules.get(ROOT)
    if there is not None and not isinstance(there.__loader__, Finder):
        raise AlreadyImported(
            f"{ROOT} is imported already, from {getattr(there, '__file__', None)}. Call "
            "isomorph_dropin.install() before the first import of it, or run the program with "
            "python -m isomorph_dropin."
        )
    if backend is not None:
        from isomorph import installed as plugins

        plugins().info(backend)  # says now that there is no such backend, not with the first model
    found = _finder()
    if found is None:
        sys.meta_path.insert(0, Finder(backend))
    else:
        found.backend = backend


def uninstall() -> None:
    """Takes the tree away: later imports find what is installed. Models that were made go on working."""
    found = _finder()
    if found is not None:
        sys.meta_path.remove(found)
    for name in [name for name in sys.modules if name == ROOT or name.startswith(f"{ROOT}.")]:
        if isinstance(sys.modules[name].__loader__, Finder):
            del sys.modules[name]


def installed() -> bool:
    """Whether imports of ``sentence_transformers`` are answered here."""
    return _finder() is not None


def chosen_backend(asked: str | None) -> str | None:
    """The backend of a model whose program asks for `asked`: see `install`."""
    found = _finder()
    own = None if found is None else found.backend
    if own is not None and asked in (None, "torch"):
        return own
    return asked


def install_as_told() -> None:
    """Does in a child process what its parent did; without `VARIABLE` nothing."""
    told = os.environ.get(VARIABLE)
    if told:
        install(None if told == "auto" else told)


def install_unless_there() -> None:
    """Puts the tree in place in a process that gets a model by pickle."""
    if not installed():
        told = os.environ.get(VARIABLE)
        install(None if told in (None, "auto") else told)


def _finder() -> Finder | None:
    return next((each for each in sys.meta_path if isinstance(each, Finder)), None)
