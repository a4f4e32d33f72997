"""How a chain wants its texts, as the kind of its first module reads it."""

from __future__ import annotations

from isomorph.errors import Unsupported
from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.model.graph import Module
from isomorph.model.text import Text
from isomorph.plugins.table import kind_named


def read_text(folder: Folder, first: Module) -> Text:
    """The text settings of the first module of a chain.

    Raises:
        Unsupported: its kind does not say how texts become ids.
    """
    inputs = kind_named(first.kind).inputs
    if inputs is None:
        raise Unsupported(
            f"Module {first.name!r} ({first.kind}) stands first in {folder.root}, and its kind does not say "
            "how texts become token ids: let its ModuleKind set `inputs`."
        )
    return inputs(ModuleFolder(first.name, "", first.folder, folder, {}), first)
