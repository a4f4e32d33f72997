"""Answers imports of ``sentence_transformers`` with modules made of the table in `tree`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib import import_module, metadata
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

from isomorph_dropin.training import named
from isomorph_dropin.tree import (
    ALIASES,
    ROOT,
    STANDS_FOR,
    TRAINING,
    homes,
    is_inside,
    is_open,
    is_training,
    packages,
)

_DISTRIBUTION = "sentence-transformers"
_IMPORTING = "<frozen importlib._bootstrap>"
"""The file of Python's own import system."""


class Answered(ModuleType):
    """A module of the tree. Its names are imported when they are first used."""

    def __repr__(self) -> str:
        return f"<module {self.__name__!r} of isomorph-dropin: isomorph, not sentence-transformers>"

    def __getattr__(self, name: str) -> Any:
        source = homes(self.__name__).get(name)
        if source is None and is_open(self.__name__) and name[:1].isupper():
            source = TRAINING
        below = f"{self.__name__}.{name}"
        if source is None and is_inside(self.__name__, name):
            self.__dict__[name] = named(below, training=is_training(self.__name__))
            return self.__dict__[name]
        if source is None and (below in packages() or below in ALIASES):
            return import_module(below)
        if source is None:
            raise AttributeError(
                f"module {self.__name__!r} has no attribute {name!r}: isomorph-dropin, which stands for "
                f"sentence-transformers {STANDS_FOR} in this process, does not have it."
            )
        value = getattr(import_module(source), name)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # The import system sets each submodule on its package; some old ones are called like a class.
        if isinstance(value, ModuleType) and name in homes(self.__name__):
            return
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *homes(self.__name__)})


class Finder(Loader):
    """A finder of modules and of the distribution's metadata, for `sys.meta_path`.

    Attributes:
        backend: the engine of models whose program names none; None lets isomorph choose.
    """

    def __init__(self, backend: str | None) -> None:
        self.backend = backend

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module of this name; None for modules outside the tree, and for programs that only ask.

        Raises:
            ModuleNotFoundError: an import asks for a module that the tree lacks; says whose tree it is.
        """
        if fullname != ROOT and not fullname.startswith(f"{ROOT}."):
            return None
        name = ALIASES.get(fullname, fullname)
        if name not in packages():
            if not _is_imported():
                return None
            raise ModuleNotFoundError(
                f"No module named {fullname!r}: isomorph-dropin stands for sentence-transformers "
                f"{STANDS_FOR} in this process and does not have it. Where a program needs it, run the "
                "program with the real library.",
                name=fullname,
            )
        return spec_from_loader(
            fullname, self, origin="isomorph-dropin", is_package=packages()[name]
        )

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty module; one with an old name is the present one."""
        present = ALIASES.get(spec.name)
        return Answered(spec.name) if present is None else import_module(present)

    def exec_module(self, module: ModuleType) -> None:
        """Says what the module exports; the names themselves come later."""
        names = homes(module.__name__)
        module.__dict__["__all__"] = [name for name in names if not name.startswith("_")]
        if module.__name__ == ROOT:
            module.__dict__["__version__"] = STANDS_FOR
            module.__dict__["__MODEL_HUB_ORGANIZATION__"] = _DISTRIBUTION

    def find_distributions(self, context: Any) -> Iterable[metadata.Distribution]:
        """The metadata of the version that the tree stands for, where the real library is not installed."""
        asked = getattr(context, "name", None)
        if asked is None or asked.replace("_", "-").lower() != _DISTRIBUTION or _is_there(context):
            return []
        return [_Metadata()]


def _is_imported() -> bool:
    """Whether an import statement asks a finder, and no program that asks whether a module is there.

    Python tells finders nothing of that, and itself says only that the module is missing.
    """
    asking = sys._getframe(1)
    while (above := asking.f_back) is not None and above.f_code.co_filename == _IMPORTING:
        asking = above
    return asking.f_code.co_filename == _IMPORTING and asking.f_code.co_name != "_find_spec"


class _Metadata(metadata.Distribution):
    def read_text(self, filename: str) -> str | None:
        if filename != "METADATA":
            return None
        return (
            f"Metadata-Version: 2.1\nName: {_DISTRIBUTION}\nVersion: {STANDS_FOR}\n"
            "Summary: answered by isomorph-dropin\n"
        )

    def locate_file(self, path: Any) -> Any:
        return Path(path)


def _is_there(context: Any) -> bool:
    """Whether another finder has the distribution."""
    others = (finder for finder in sys.meta_path if not isinstance(finder, Finder))
    return any(
        True
        for finder in others
        if hasattr(finder, "find_distributions")
        for _ in finder.find_distributions(context)
    )
