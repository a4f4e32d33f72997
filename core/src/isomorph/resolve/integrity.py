"""Checksums of files."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from isomorph.errors import BadModel


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in lower-case hexadecimal digits."""
    with path.open("rb") as stream:
        return sha256_of(stream)


def sha256_of(stream: IO[bytes]) -> str:
    """The SHA-256 of all bytes of a stream of a file, in lower-case hexadecimal digits."""
    import hashlib  # loads a library for cryptography, which a model in a folder does not need

    file: Any = stream  # typing's streams lack a method that all of them have
    return hashlib.file_digest(file, "sha256").hexdigest()


def check_sha256(path: Path, expected: str) -> None:
    """Passes only if the file has this SHA-256.

    Raises:
        BadModel: it has another one.
    """
    found = sha256(path)
    if found != expected.lower():
        raise BadModel(f"{path} has the sha256 {found}, not {expected}. Get the file again.")
