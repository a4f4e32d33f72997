"""The kinds of modules that core brings."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.hookspecs import hookimpl
from isomorph.kinds import ModuleKind
from isomorph.modules.home import kinds


@hookimpl
def isomorph_modules() -> Sequence[ModuleKind]:
    """All of them, which imports all of them: who looks for one asks `isomorph.plugins.table`."""
    return kinds()
