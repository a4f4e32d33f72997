"""What engines compile, kept for the processes that come later. Off unless the user gives it room."""

from __future__ import annotations

import os

from isomorph.contract import Claim, CompileCache, Model, Options, no_compile_cache

VARIABLE = "ISOMORPH_COMPILED"
"""Environment variable: how much room kept artifacts may take, such as ``4GB``; unset or 0 for none."""


def keeper(model: Model, claim: Claim, options: Options) -> CompileCache:
    """What a backend is handed to keep things of this model, claim and options with.

    Raises:
        InputError: the variable is no size.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return no_compile_cache
    from isomorph.compile_cache.on_disk import in_room, room_from

    room = room_from(text)
    return in_room(room, model, claim, options) if room else no_compile_cache
