"""Why rows of an unfinished output are NaN: a line of JSON each, in a file beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


class ErrorsSoFar:
    """The reasons by row. With a file they outlive the process."""

    def __init__(self, file: Path | None = None, rows: int = 0) -> None:
        """Reads those of the first `rows` rows; what a broken window left is dropped."""
        self.reasons: dict[int, str] = {}
        self._file = file
        if file is None:
            return
        if rows and file.exists():
            self.reasons = dict(each for each in _read(file) if each[0] < rows)
        file.unlink(missing_ok=True)
        self._append(self.reasons.items())

    def add(self, first: int, found: Iterable[tuple[int, str]]) -> None:
        """Those of a window whose first row is `first`, as `CallReport.bad_inputs` has them."""
        new = {first + place: why for place, why in found}
        self.reasons.update(new)
        self._append(new.items())

    def _append(self, found: Iterable[tuple[int, str]]) -> None:
        lines = "".join(f"{json.dumps([row, why])}\n" for row, why in found)
        if self._file is None or not lines:
            return
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(lines)
            stream.flush()
            os.fsync(stream.fileno())


def _read(file: Path) -> Iterator[tuple[int, str]]:
    """Whole lines of the right kind; the last one may be half a line."""
    for line in file.read_text("utf-8", "replace").splitlines():
        try:
            found: Any = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, list) and [type(each) for each in found] == [int, str]:
            yield found[0], found[1]
