"""Which model of the Hub a folder holds, as its place in a cache says."""

from __future__ import annotations

import re
from pathlib import Path

_SNAPSHOT = re.compile(r"models--([^/]+?)--([^/]+)/snapshots/([0-9a-f]{40})$")


def origin(folder: Path | None) -> tuple[str | None, str | None]:
    """Its name on the Hub and its commit; None for both where the folder is no snapshot of a cache."""
    found = _SNAPSHOT.search(folder.as_posix()) if folder is not None else None
    return (f"{found[1]}/{found[2]}", found[3]) if found else (None, None)
