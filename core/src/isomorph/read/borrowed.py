"""Options of a tower that stand in the ``config.json`` of another repository, put beside the folder's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders.towers import towers_of
from isomorph.errors import BadModel
from isomorph.files.folder import Folder
from isomorph.resolve.asked import settings_as_asked

FILE = "config.json"


def completed(folder: Folder, path: str) -> Mapping[str, Mapping[str, Any]]:
    """The ``config.json`` of a module's folder, with what it borrows behind its own; so it is read once.

    {} where there is none, or where it holds what is refused later, by its name.

    Raises:
        BadModel: the other file is not an object.
        ModelNotFound: it is not there, and may not be fetched; says what to do.
        ModelError: as a model of this name.
    """
    config = folder.json(path, FILE)
    if not isinstance(config, dict) or not config:
        return {}
    family = towers_of(config)
    borrowed = None if family is None else family.borrowed(config)
    if borrowed is None:
        return {FILE: config}
    who = folder.path(path, FILE)
    place = settings_as_asked(
        borrowed.repository,
        f"{who} takes options of {borrowed.repository[:200]!r} ({borrowed.key} may hold them instead)",
    )
    found = Folder(place).json(FILE)
    if not isinstance(found, dict):
        raise BadModel(f"{place / FILE}, which {who} names, is not an object of options.")
    return {FILE: _with(config, borrowed.key.split("."), found)}


def _with(config: Any, keys: list[str], more: Mapping[str, Any]) -> dict[str, Any]:
    """The options with `more` behind those that stand at the end of `keys`."""
    own = config if isinstance(config, dict) else {}  # what is none is refused by its family
    if not keys:
        return {**more, **own}
    first, *rest = keys
    return {**own, first: _with(own.get(first), rest, more)}
