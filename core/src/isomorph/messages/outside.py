"""Warnings that point at the line of the user's program, however deep in this package they arise."""

from __future__ import annotations

import sys
from warnings import warn


def warn_outside(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns at the nearest caller that is no part of this package, or of another of the project's."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(
        ("isomorph.", "isomorph_")
    ):
        frame, level = frame.f_back, level + 1
    warn(message, category, stacklevel=level)
