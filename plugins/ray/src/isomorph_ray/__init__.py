"""Models of isomorph on Ray: `embed` for datasets, `ActorPool` for calls, `deployment` for requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isomorph_ray.data import embed
    from isomorph_ray.pool import ActorPool
    from isomorph_ray.serve import deployment

__all__ = ["ActorPool", "deployment", "embed"]

_HOMES = {"ActorPool": "pool", "deployment": "serve", "embed": "data"}


def __getattr__(name: str) -> Any:
    """Imports a public name at its first use: Ray Data and Ray Serve are each an extra."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
