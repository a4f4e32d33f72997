"""Families by the files of a package: each file holds one `FAMILY` and is called as its ``model_type``.

So one file is imported to look a family up, not all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Generic, Protocol, TypeVar

from isomorph.machine.lazy import lazy


class Named(Protocol):
    """A record of a family."""

    @property
    def model_type(self) -> str:
        """The ``model_type`` of its ``config.json``."""


Record = TypeVar("Record", bound=Named)


class Home(Generic[Record]):
    """A package of families."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find(self, model_type: object) -> Record | None:
        """The family of that ``model_type``, None where there is none."""
        file = str(model_type).replace("-", "_")
        found = self._in(file) if file in self._files else None
        return found if found is not None and found.model_type == model_type else None

    @lazy
    def all(self) -> Mapping[str, Record]:
        """Every family, by ``model_type``."""
        return {family.model_type: family for family in map(self._in, self._files)}

    @lazy
    def _files(self) -> tuple[str, ...]:
        return tuple(
            sorted(each.name for each in iter_modules(import_module(self._package).__path__))
        )

    def _in(self, file: str) -> Record:
        family: Record = import_module(f"{self._package}.{file}").FAMILY
        return family
