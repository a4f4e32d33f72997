"""A resolver: the name ``shelf:NAME`` is the folder NAME below the folder that SHELF names."""

import os
from pathlib import Path

from isomorph.errors import ModelNotFound
from isomorph.hookspecs import Request, hookimpl

SCHEME = "shelf:"


@hookimpl
def isomorph_resolve(name: str, request: Request) -> Path | None:
    """The folder; None, so that others may find it, for a name of another scheme.

    Raises:
        ModelNotFound: nothing of this name stands on the shelf, or the caller asks for a revision.
    """
    if not name.startswith(SCHEME):
        return None
    if request.revision is not None:
        raise ModelNotFound(f"{name} has no revisions, and {request.revision!r} was asked for.")
    shelf = Path(os.environ.get("SHELF", "."))
    there = {folder.name: folder for folder in shelf.iterdir() if folder.is_dir()}
    wanted = name.removeprefix(SCHEME)
    if wanted not in there:
        raise ModelNotFound(
            f"No model {wanted!r} on {shelf}; there are: {', '.join(sorted(there))}."
        )
    return there[wanted]
