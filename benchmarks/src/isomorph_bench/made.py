"""Folders that are made once and kept: each under a name that tells what made it, and whole or not there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from isomorph.errors import Unsupported
from isomorph.machine.exchange import staged


def code(*sources: Path) -> str:
    """Tells one version of code from another: of files that are there, and of all sources in folders."""
    digest = hashlib.sha256()
    for source in sources:
        for file in sorted(source.rglob("*.py")) or filter(Path.is_file, [source]):
            digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:8]


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder, which is made where it is not there; of two programs at once the later one's stays."""
    if not folder.is_dir():
        try:
            with staged(folder) as fresh:
                make(fresh)
        except Unsupported:
            if not folder.is_dir():  # else another program was faster, and both made the same
                raise
    return folder
