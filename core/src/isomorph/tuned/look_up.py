"""What every load asks: whether a choice is kept for this model."""

from __future__ import annotations

import os
from pathlib import Path

from isomorph.messages.outside import warn_outside
from isomorph.model.model import Model
from isomorph.plugins.discovery import Plugins
from isomorph.resolve.archive import cache_root
from isomorph.tuned.choice import Choice

VARIABLE = "ISOMORPH_TUNED"
"""Environment variable: ``0`` leaves choices that are kept alone."""


def folder() -> Path:
    """Where choices lie."""
    return cache_root() / "tuned"


def look_up(model: Model, plugins: Plugins) -> Choice | None:
    """The choice that is kept for this model on this machine.

    None where there is none, where ``ISOMORPH_TUNED=0`` says so, where a version changed or a backend that
    took part is gone, and, with a warning, where the file is damaged. Without a folder of choices this
    asks the file system once, and reads nothing.
    """
    if os.environ.get(VARIABLE) == "0":
        return None
    place = folder()
    if not place.is_dir():
        return None
    from isomorph.tuned.kept import read
    from isomorph.tuned.key import key_of

    file = place / key_of(model).file
    try:
        return read(file, plugins)
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as cause:
        warn_outside(
            f"{file} is no choice of 'isomorph tune', and is passed over: {cause}. Remove it, or tune again."
        )
        return None
