"""Keywords beyond the documented ones, which the modules of a chain ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isomorph.runtime.loaded import Loaded


def handed_on(loaded: Loaded) -> list[str]:
    """The keywords that a call of this model hands on to its modules."""
    from isomorph.modules import sparse_auto_encoder  # few models are asked
    from isomorph.plugins.table import kind_named

    kinds = [kind_named(module.kind) for module in loaded.model.graph.modules]
    tasked = any(kind.keeps is not None or kind.pools is not None for kind in kinds)
    found = {
        "task": bool(loaded.whole.routers) or tasked,
        "max_active_dims": sparse_auto_encoder.KIND in kinds,
    }
    return [name for name, read in found.items() if read]
