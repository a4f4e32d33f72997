"""How a value that a caller passed looks in a message: short, whatever it is."""

from __future__ import annotations

from reprlib import Repr
from typing import Any

WIDTH = 60
"""Characters of a value in a message."""

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = (
    4 * WIDTH
)  # so that the end is cut, not the middle
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = _SHORT.maxset = 3


def shown(value: Any) -> str:
    """Its `repr`, at most `WIDTH` characters of it; its class where it has none."""
    try:
        text = _SHORT.repr(value)
    except Exception:  # the object's own code, or an integer of more digits than Python prints
        return f"an object of class {type(value).__name__}"
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def path_shown(path: str) -> str:
    """The path of a file as its `repr`: of a long one the end, since files of one folder differ there."""
    text = repr(path)
    return text if len(text) <= 2 * WIDTH else f"'...{text[4 - 2 * WIDTH :]}"


def cause_shown(cause: BaseException) -> str:
    """An exception as ``CLASS: what it says``; without the latter where its own code cannot say it."""
    kind = type(cause).__name__
    try:
        said = str(cause)
    except Exception:
        return f"{kind}, which has no text"
    return f"{kind}: {said}" if said else kind
