"""Names of files that a stranger chose: whether they stay in their folder, and every system can keep them."""

from __future__ import annotations

import re
from pathlib import PureWindowsPath

MOST_PART, MOST_NAME, MOST_DEPTH = 255, 1000, 32
"""Bytes of a part, bytes of the whole name, and parts: file systems give no more, models need less."""

RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?", re.I)
"""Names of devices on Windows, in any folder and with any ending."""

AMBIGUOUS = frozenset('\\:*?"<>|')
"""Characters that are separators, streams or wildcards on some system."""


def leads_out(name: str) -> str:
    """Why a name may lead out of its folder on some system, or ''. Only ``/`` separates parts."""
    parts = name.replace("\\", "/").split("/")
    if "\0" in name or any(PureWindowsPath(part).drive for part in parts):
        return "has an absolute or ambiguous name"
    if name.startswith(("/", "\\")):
        return "has an absolute or ambiguous name"
    return "leads out of the folder" if ".." in parts else ""


def unusable(name: str) -> str:
    """Why a name cannot be that of one file in a folder on every system, or ''."""
    if why := leads_out(name):
        return why
    parts = name.split("/")
    if len(parts) > MOST_DEPTH or any(_size(part) > MOST_PART for part in parts):
        return f"has a name too long or deep ({_size(name)} bytes, {len(parts)} parts)"
    if _size(name) > MOST_NAME:
        return f"has a name of {_size(name)} bytes; the limit is {MOST_NAME}"
    if "" in parts:
        return "has an empty name"
    if "." in parts:
        return "leads out of the folder"
    if not AMBIGUOUS.isdisjoint(name) or not name.isprintable():
        return "has an absolute or ambiguous name"
    if any(part.endswith((".", " ")) or RESERVED.fullmatch(part) for part in parts):
        return "has a name that Windows reserves or cuts"
    return ""


def _size(name: str) -> int:
    return len(name.encode("utf-8", "surrogatepass"))
