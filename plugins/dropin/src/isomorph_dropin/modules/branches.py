"""The modules of a Router by their route, whose name is an attribute too, as in a ModuleDict of torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Branches(dict[str, Sequence[Any]]):
    """The modules of each route, in order."""

    def __getattr__(self, name: str) -> Sequence[Any]:
        if name in self:
            return self[name]
        raise AttributeError(f"There is no route {name!r}, but {sorted(self)}.")
