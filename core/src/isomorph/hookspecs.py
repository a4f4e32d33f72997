"""The hooks that a plugin may implement.

An entry point in the group ``isomorph`` names the module of a plugin. The module holds hook
implementations only, and imports no engine:

    from isomorph.hookspecs import hookimpl

    @hookimpl
    def isomorph_backends():
        return [BackendInfo(name="mine", target="my_package.backend:MyBackend")]
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pluggy

from isomorph.contract import BackendInfo, CommandInfo, ExporterInfo, Model
from isomorph.contract.request import Request
from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.weights import read_tensors
from isomorph.kinds import ModuleKind, unchanged
from isomorph.model.settings import Settings
from isomorph.preprocess.items import ItemInputs, ItemPreparer, Items
from isomorph.preprocess.outside import Decoder
from isomorph.preprocess.protocol import Inputs, Prepared, Preparer, Treatment
from isomorph.preprocess.text import Text
from isomorph.primitives.program import Feed

__all__ = [
    "Decoder",
    "Feed",
    "Folder",
    "Inputs",
    "ItemInputs",
    "ItemPreparer",
    "Items",
    "ModuleFolder",
    "ModuleKind",
    "Prepared",
    "Preparer",
    "Request",
    "Settings",
    "Text",
    "Treatment",
    "hookimpl",
    "read_tensors",
    "unchanged",
]

PROJECT = "isomorph"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def isomorph_backends() -> Sequence[BackendInfo]:  # type: ignore[empty-body]
    """The backends that this plugin offers, such as ``[BackendInfo("acme", "acme.backend:Acme")]``."""


@hookspec
def isomorph_commands() -> Sequence[CommandInfo]:  # type: ignore[empty-body]
    """The commands that this plugin adds, such as ``[CommandInfo("tell", "acme.tell:tell")]``."""


@hookspec
def isomorph_decoders() -> Sequence[Decoder]:  # type: ignore[empty-body]
    """The decoders that this plugin offers, for forms of images, sounds or videos that core does not read."""


@hookspec
def isomorph_exporters() -> Sequence[ExporterInfo]:  # type: ignore[empty-body]
    """The exporters that this plugin offers, for models that a backend cannot lower."""


@hookspec
def isomorph_modules() -> Sequence[ModuleKind]:  # type: ignore[empty-body]
    """The kinds of modules that this plugin offers: how to read their folders, and what they compute."""


@hookspec(firstresult=True)
def isomorph_read_model(folder: Path) -> Model | None:
    """The model in a folder of this plugin's format; None for a folder of any other format.

    Core takes the first answer that is not None.
    """


@hookspec(firstresult=True)
def isomorph_resolve(name: str, request: Request) -> Path | None:
    """The folder of the model with this name; None where this plugin does not find the model.

    `request` says which revision is meant, with which token, and whether anything may connect. An
    implementation may leave the argument out. Core takes the first answer that is not None.
    """
