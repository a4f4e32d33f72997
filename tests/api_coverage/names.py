"""The names: those of the base class, of the four model classes, and of the functions beside them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from .name import Name

FILE = Path(__file__).with_name("names.toml")


def names() -> tuple[Name, ...]:
    """Every name of the file, in its order."""
    content = tomllib.loads(FILE.read_text("utf-8"))
    return tuple(
        Name(owner, name, tuple(more.pop("arguments", "").split()), **more)
        for owner, listed in content.items()
        for name, more in listed.items()
    )
