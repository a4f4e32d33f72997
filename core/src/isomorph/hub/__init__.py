"""Models on their way to the Hub."""

from __future__ import annotations

from isomorph.hub.push import Push, push

__all__ = ["Push", "push"]
