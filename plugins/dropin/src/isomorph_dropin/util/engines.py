"""Searches in engines for sparse vectors."""

from __future__ import annotations

from typing import Any

from isomorph.errors import Unsupported


def __getattr__(name: str) -> Any:
    if not name.startswith("semantic_search_"):
        raise AttributeError(name)

    def search(*args: Any, **kwargs: Any) -> Any:
        raise Unsupported(
            f"isomorph-dropin has no {name}: hand the vectors that encode gives to the engine's own client."
        )

    search.__name__ = name
    return search
