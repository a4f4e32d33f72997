"""Libraries that only some models or calls need: found without an import, imported when they work."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from isomorph.errors import Unsupported
from isomorph.messages.install import install_command


@dataclass(frozen=True, slots=True)
class Library:
    """A library that is not installed with isomorph."""

    name: str
    """What is imported, such as ``"scipy"``."""
    need: str
    """What needs the library, as the beginning of a sentence: ``"Sparse vectors need scipy"``."""
    wanted: str = ""
    """The requirement that brings it, such as ``"isomorph-core[sparse]"``; by default its name."""
    otherwise: str = ""
    """A sentence that says how to do without."""

    @property
    def is_there(self) -> bool:
        """Whether the library is installed; nothing is imported for the answer."""
        if self.name in sys.modules:
            return sys.modules[self.name] is not None
        return find_spec(self.name) is not None

    def refuse_without(self) -> None:
        """Does nothing where the library is installed.

        Raises:
            Unsupported: it is not; says the command that installs it.
        """
        if not self.is_there:
            raise self._refusal("is not installed", None)

    def module(self, inner: str = "") -> Any:
        """The library, or a module in it: ``"cluster.hierarchy"`` of scipy.

        Raises:
            Unsupported: it is not installed, or does not import; says why, and what to do.
        """
        self.refuse_without()
        try:
            return import_module(f"{self.name}.{inner}" if inner else self.name)
        except (ImportError, OSError) as cause:  # OSError: a library in C behind it is missing
            raise self._refusal("does not import", cause) from cause

    def _refusal(self, what: str, cause: Exception | None) -> Unsupported:
        said = f" ({type(cause).__name__}: {cause})" if cause else ""
        options = "--force-reinstall " if cause else ""
        command = install_command(f"{options}{self.wanted or self.name}")
        otherwise = f" {self.otherwise}" if self.otherwise else ""
        return Unsupported(f"{self.need}, which {what}{said}. Run: {command}{otherwise}")
