"""Reading a folder that somebody replaces meanwhile: again, until all of one state was read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import TypeVar

from isomorph.errors import ModelChanged, ModelError
from isomorph.files.folder import Folder

ATTEMPTS = 6
"""How often a folder is read that changes under its reader; then the change is an error."""
_PAUSE = 0.02
"""Seconds before the second attempt; each further pause is twice as long."""

T = TypeVar("T")


def steadily(root: Path, read: Callable[[], T], files: Callable[[T], Folder]) -> T:
    """What `read` gives of a folder, all of it from one state of that folder.

    An error of a folder that was replaced while it was read says nothing about either model, so that
    is another reason to read again.

    Raises:
        ModelChanged: the folder changed during every attempt.
        ModelError: whatever `read` raises of a folder that stays as it is.
    """
    for attempt in range(ATTEMPTS):
        before = _state(root)
        try:
            found = read()
            files(found).check()
            return found
        except ModelError as error:
            moved = isinstance(error, ModelChanged) or _state(root) != before
            if not moved or attempt == ATTEMPTS - 1:
                raise
        sleep(_PAUSE * 2**attempt)
    raise AssertionError("the last attempt returns or raises")


def _state(root: Path) -> tuple[int, ...] | None:
    try:
        found = root.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns
