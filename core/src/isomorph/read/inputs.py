"""What a chain says of its inputs, as the kind of its first module reads it."""

from __future__ import annotations

from isomorph.errors import Unsupported
from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.model.graph import Module
from isomorph.plugins.table import kind_named
from isomorph.preprocess.protocol import Inputs


def read_inputs(folder: Folder, first: Module) -> Inputs:
    """What the first module of a chain says of its inputs.

    Raises:
        Unsupported: its kind does not say what inputs become.
    """
    inputs = kind_named(first.kind).inputs
    if inputs is None:
        raise Unsupported(
            f"Module {first.name!r} ({first.kind}) stands first in {folder.root}, and its kind does not say "
            "what it is fed: let its ModuleKind set `inputs`."
        )
    return inputs(ModuleFolder(first.name, "", first.folder, folder, {}), first)
