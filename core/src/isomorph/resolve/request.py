"""What a caller may say about where a model comes from."""

from __future__ import annotations

from isomorph.contract.request import Request

__all__ = ["SCHEME", "Request"]

SCHEME = "package:"
"""How the names of models in installed distributions begin."""
