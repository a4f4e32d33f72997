"""Checksums of files."""

from __future__ import annotations

from pathlib import Path

from isomorph.errors import BadModel


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in lower-case hexadecimal digits."""
    import hashlib  # loads a library for cryptography, which a model in a folder does not need

    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_sha256(path: Path, expected: str) -> None:
    """Passes only if the file has this SHA-256.

    Raises:
        BadModel: it has another one.
    """
    found = sha256(path)
    if found != expected.lower():
        raise BadModel(f"{path} has the sha256 {found}, not {expected}. Get the file again.")
