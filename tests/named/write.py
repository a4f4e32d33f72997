"""Writes every measured folder and its call for `record.py`: ``python -m named.write DIR`` in tests/."""

import json
import shutil
import sys
from pathlib import Path

from .rows import MEASURED
from .texts import PAIRS, TEXTS


def main(place: Path) -> None:
    """Makes `place` anew."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    calls = {}
    for index, row in enumerate(MEASURED):
        folder = row.write(place / str(index))
        if row.stand_in is not None:
            row.stand_in(folder)
        calls[row.name] = {"folder": str(index), "kind": row.kind, "call": dict(row.call)}
    content = {"texts": TEXTS, "pairs": PAIRS, "calls": calls}
    (place / "calls.json").write_text(json.dumps(content), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
