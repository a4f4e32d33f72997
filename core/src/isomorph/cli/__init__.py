"""The command line. ``isomorph.cli:app`` is the console script; one file a command.

`app` is made when it is first asked for: ``python -m isomorph.cli.measure`` times a cold start and
must not pay for a command line that it does not use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isomorph.cli.main import app

__all__ = ["app"]


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(f"module 'isomorph.cli' has no attribute {name!r}")
    from isomorph.cli.main import app

    return app
