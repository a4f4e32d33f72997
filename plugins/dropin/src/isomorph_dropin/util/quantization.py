"""Vectors in fewer bits, and searches in the indexes of other libraries."""

from __future__ import annotations

from typing import Any

from isomorph.errors import Unsupported
from isomorph.util import quantize_embeddings

__all__ = ["quantize_embeddings", "semantic_search_faiss", "semantic_search_usearch"]


def semantic_search_faiss(*args: Any, **kwargs: Any) -> Any:
    """Not here.

    Raises:
        Unsupported: always.
    """
    raise _elsewhere("faiss")


def semantic_search_usearch(*args: Any, **kwargs: Any) -> Any:
    """Not here.

    Raises:
        Unsupported: always.
    """
    raise _elsewhere("usearch")


def _elsewhere(library: str) -> Unsupported:
    return Unsupported(
        f"isomorph-dropin has no search in {library}. Build its index from what quantize_embeddings gives, "
        "or call semantic_search, which needs no index."
    )
