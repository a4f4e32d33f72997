"""The hooks that a plugin may implement: an entry point in the group ``isomorph`` names its module.

A plugin module holds hook implementations only and imports no engine:

    from isomorph.hookspecs import hookimpl

    @hookimpl
    def isomorph_backends():
        return [BackendInfo(name="mine", target="my_package.backend:MyBackend")]
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from isomorph.contract import BackendInfo, ExporterInfo, Model
    from isomorph.kinds import ModuleKind

PROJECT = "isomorph"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def isomorph_backends() -> Sequence[BackendInfo]:  # type: ignore[empty-body]
    """Offers backends."""


@hookspec
def isomorph_exporters() -> Sequence[ExporterInfo]:  # type: ignore[empty-body]
    """Offers ways to make artifacts of models that a backend does not lower."""


@hookspec
def isomorph_modules() -> Sequence[ModuleKind]:  # type: ignore[empty-body]
    """Offers kinds of modules: how their folder is read, and what they compute."""


@hookspec(firstresult=True)
def isomorph_read_model(folder: Path) -> Model | None:
    """Reads one more format of model folder; None where this plugin does not know the format."""


@hookspec(firstresult=True)
def isomorph_resolve(name: str) -> Path | None:
    """Finds the folder of a model by name in one more kind of place; None where it is not there."""
