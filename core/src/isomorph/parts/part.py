"""What every part can do: say what it is, and write itself into a folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from isomorph.arguments.names import under_one_name
from isomorph.kinds import ModuleKind
from isomorph.resolve import Request

Kind = TypeVar("Kind", bound=type)


def under_old_names(**old: str) -> Callable[[Kind], Kind]:
    """A class decorator: arguments under names that they had once, of which a warning tells.

    Args:
        **old: the name of today by each old one.
    """

    def renamed(kind: Kind) -> Kind:
        make = kind.__init__  # type: ignore[misc]  # of the class itself, which is final here

        @wraps(make)
        def made(self: Any, *args: Any, **kwargs: Any) -> None:
            for before, now in old.items():
                if before in kwargs:
                    kwargs[now] = under_one_name(now, kwargs.get(now), kwargs, before)
            make(self, *args, **kwargs)

        kind.__init__ = made  # type: ignore[misc]
        return kind

    return renamed


class Part(ABC):
    """One module of a model to be."""

    __slots__ = ()

    @property
    @abstractmethod
    def kind(self) -> str:
        """The name of its kind."""

    @property
    @abstractmethod
    def type(self) -> str:
        """The reference to its class in ``modules.json``."""

    @abstractmethod
    def write(self, folder: Path, request: Request) -> None:
        """Writes its files.

        Args:
            folder: the module's own folder, empty.
            request: how models are found that it takes files from.
        """


class OfKind(Part):
    """A part whose class says its kind."""

    __slots__ = ()
    _kind: ClassVar[ModuleKind]

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return self._kind.name

    @property
    def type(self) -> str:
        """The reference to its class in ``modules.json``."""
        return self._kind.classes[0]


class Described(OfKind):
    """A part that is all in its arguments: settings, and for some kinds arrays."""

    __slots__ = ()
    _file: ClassVar[str] = "config.json"

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""

    def tensors(self) -> Mapping[str, Any]:
        """Its weights by name, float32."""
        return {}

    def write(self, folder: Path, request: Request) -> None:
        """Writes the settings and the weights."""
        from isomorph.files.weights import SINGLE
        from isomorph.saving.layout import write_json

        write_json(folder / self._file, self.settings())
        tensors = self.tensors()
        if tensors:
            from safetensors.numpy import save_file

            save_file(dict(tensors), folder / SINGLE, {"format": "pt"})
