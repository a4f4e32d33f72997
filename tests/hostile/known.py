"""Cases that are known to fail, by name, each with its reason; they must fail, or leave this list."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, str] = {}
