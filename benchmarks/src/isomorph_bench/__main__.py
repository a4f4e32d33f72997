"""``python -m isomorph_bench``: the command ``isomorph bench`` where its distribution is not installed."""

from __future__ import annotations

from isomorph.cli.main import show_error
from isomorph.errors import IsomorphError
from isomorph_bench.command import app

if __name__ == "__main__":
    try:
        app()
    except IsomorphError as error:
        show_error(error)
        raise SystemExit(2) from None
