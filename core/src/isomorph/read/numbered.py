"""A chain that only the names of folders tell: ``1_Pooling``, ``2_Dense`` beside a ``config.json``.

Exporters of other projects copy these folders and leave out ``modules.json``. Their numbers say the
order, and their names the classes, as the library that made them chose both.
"""

from __future__ import annotations

import re
from typing import Any

from isomorph.errors import BadModel
from isomorph.files.folder import Folder
from isomorph.modules.types import OLD_HOME
from isomorph.plugins.table import kind_of_class

_MODULE = re.compile(r"([1-9][0-9]{0,3})_([A-Z][A-Za-z]*)")
_MASKED = "SpladePooling"  # reads the scores of a masked language model, not its hidden states


def entries(folder: Folder) -> list[dict[str, Any]]:
    """What ``modules.json`` would list; [] where no folder is called like a module.

    Raises:
        BadModel: a class that nobody knows, two of one place, or a place that is empty.
    """
    found: dict[int, tuple[str, str]] = {}
    for name in folder.subfolders():
        match = _MODULE.fullmatch(name)
        if match is None:
            continue
        place, kind = int(match[1]), f"{OLD_HOME}.{match[2]}"
        if kind_of_class(kind) is None:
            raise _unclear(folder, f"{name} is of a class that is not known")
        if place in found:
            raise _unclear(folder, f"{name} has the place of {found[place][0]}")
        found[place] = name, kind
    if not found:
        return []
    missing = sorted(set(range(1, max(found))) - set(found))
    if missing:
        raise _unclear(folder, f"there is no module {missing[0]}, but {found[max(found)][0]}")
    first = "MLMTransformer" if found[1][1].endswith(f".{_MASKED}") else "Transformer"
    places = [(0, ("", f"{OLD_HOME}.{first}")), *sorted(found.items())]
    return [
        {"idx": place, "name": str(place), "path": path, "type": kind}
        for place, (path, kind) in places
    ]


def _unclear(folder: Folder, why: str) -> BadModel:
    return BadModel(
        f"{folder} has no modules.json, and its folders do not say the chain of modules: {why}. Write "
        "modules.json, or move folders away that are no modules."
    )
