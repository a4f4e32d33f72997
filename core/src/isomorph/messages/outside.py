"""Warnings that point at the line of the user's program, however deep in this package they arise."""

from __future__ import annotations

import sys
from warnings import warn


def warn_outside(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns at the nearest caller that is not part of this package."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals["__name__"].startswith("isomorph."):
        frame, level = frame.f_back, level + 1
    warn(message, category, stacklevel=level)
