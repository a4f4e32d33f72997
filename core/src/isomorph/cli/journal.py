"""An unfinished output and what is known of it: enough to go on after a kill, without a lost or doubled row.

Beside the output stand ``NAME.part``, the rows so far, and ``NAME.part.json``, the journal. A window
is first written and synced, and then told to the journal, which is replaced as a whole: whatever a
crash leaves, the journal speaks of rows that are there, and what lies behind them is cut off.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from isomorph.errors import InputError

_TAIL = 64 * 1024  # bytes of the input before the place to go on, which must be those of before


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: rows and bytes of the output, bytes of the input, texts that were cut."""

    rows: int = 0
    written: int = 0
    read: int = 0
    cut: int = 0
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Journal:
    """The two files beside an output. `settings` are what the vectors depend on."""

    output: Path
    settings: Mapping[str, Any]

    @property
    def part(self) -> Path:
        """The rows so far."""
        return self.output.with_name(f"{self.output.name}.part")

    @property
    def file(self) -> Path:
        """What is known of them."""
        return self.output.with_name(f"{self.output.name}.part.json")

    def found(self) -> Progress | None:
        """How far an unfinished run came, None where there is none.

        Raises:
            InputError: it was another model or other settings.
        """
        if not self.file.is_file() or not self.part.is_file():
            return None
        content = json.loads(self.file.read_text("utf-8"))
        before = content.pop("settings")
        if before != dict(self.settings):
            other = [name for name in before if before[name] != self.settings.get(name)]
            raise InputError(
                f"{self.part.name} was begun with another {', '.join(other) or 'setting'}; go on with "
                "what it was, or begin anew with --restart."
            )
        return Progress(**content)

    def tell(self, progress: Progress) -> None:
        """Says that so much is done; what it speaks of must have been synced."""
        temporary = self.file.with_suffix(".new")
        with temporary.open("w", encoding="utf-8") as stream:
            json.dump({**asdict(progress), "settings": dict(self.settings)}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(self.file)

    def forget(self) -> None:
        """Removes both."""
        for path in (self.part, self.file):
            path.unlink(missing_ok=True)


def tail_of(stream: IO[bytes], end: int) -> str:
    """A digest of the bytes before a place in a file; the stream stands there afterwards."""
    begin = max(0, end - _TAIL)
    stream.seek(begin)
    digest = hashlib.sha256(stream.read(end - begin)).hexdigest()
    stream.seek(end)
    return digest


def go_on(stream: IO[bytes], progress: Progress, name: str) -> None:
    """Puts an input where an unfinished run stopped reading.

    Raises:
        InputError: what was read before is no longer what the file holds.
    """
    if tail_of(stream, progress.read) != progress.tail:
        raise InputError(
            f"{name} is not the file that was read before: its first {progress.read} bytes have changed. "
            "Begin anew with --restart."
        )
