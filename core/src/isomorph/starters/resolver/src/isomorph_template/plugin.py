"""A resolver: the name ``template:NAME`` is the folder NAME below the folder in TEMPLATE_FOLDER."""

import os
from pathlib import Path

from isomorph.errors import ModelNotFound
from isomorph.hookspecs import Request, hookimpl

isomorph_contract = 2

SCHEME = "template:"
VARIABLE = "TEMPLATE_FOLDER"


@hookimpl
def isomorph_resolve(name: str, request: Request) -> Path | None:
    """The folder; None, so that others may find it, for a name of another scheme.

    Raises:
        ModelNotFound: nothing of this name is there, or the caller asks for a revision.
    """
    if not name.startswith(SCHEME):
        return None
    if request.revision is not None:
        raise ModelNotFound(f"{name} has no revisions, and {request.revision!r} was asked for.")
    place = Path(os.environ.get(VARIABLE, "."))
    there = {folder.name: folder for folder in place.iterdir() if folder.is_dir()}
    wanted = name.removeprefix(SCHEME)
    if wanted not in there:
        raise ModelNotFound(
            f"No model {wanted!r} in {place}; there are: {', '.join(sorted(there))}."
        )
    return there[wanted]
