"""Packages of search engines, which searches go through."""

from __future__ import annotations

from typing import Any

from isomorph.machine.optional import Library


def imported(name: str, distribution: str) -> Any:
    """A package, or a module in one: ``"usearch.index"``.

    Raises:
        Unsupported: it is not installed, or does not import; says what to do.
    """
    top, _, inner = name.partition(".")
    return Library(top, f"This search needs {top}", distribution).module(inner)
