"""``python -m isomorph_bench.published`` writes the tables of pages anew."""

from __future__ import annotations

from isomorph.cli.main import show_error
from isomorph.errors import IsomorphError
from isomorph_bench.published import main

if __name__ == "__main__":
    try:
        main()
    except IsomorphError as error:
        show_error(error)
        raise SystemExit(2) from None
