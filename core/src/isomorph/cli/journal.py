"""An unfinished output and what is known of it: enough to go on after a kill, without a lost or doubled row.

Beside the output stand ``NAME.part``, the rows so far, and ``NAME.part.json``, the journal. A window
is first written and synced, and then told to the journal, which is replaced as a whole: whatever a
crash leaves, the journal speaks of rows that are there, and what lies behind them is cut off. The
journal also says what the rows were made of. Only one process at a time has these files.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from isomorph.cli.origin import Origin
from isomorph.cli.writers import FORMATS
from isomorph.errors import BadModel, InputError
from isomorph.machine.disk import rename, sync
from isomorph.machine.locks import Held, exclusive

FORMAT = 2
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: rows and bytes of the output, bytes of the input, texts that were cut.

    ``digest`` is the SHA-256 of the bytes of the input that were read.
    """

    rows: int = 0
    written: int = 0
    read: int = 0
    cut: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What an interrupted run has left: how far it came, and what its rows were made of."""

    progress: Progress
    origin: Origin


@dataclass(frozen=True, slots=True)
class Journal:
    """The files beside an output."""

    output: Path

    @property
    def part(self) -> Path:
        """The rows so far."""
        return self._beside("part")

    @property
    def file(self) -> Path:
        """What is known of them."""
        return self._beside("part.json")

    @property
    def errors(self) -> Path:
        """Why some of them are NaN."""
        return self._beside("part.errors")

    def refuse_input(self, file: str) -> None:
        """Refuses to read what this output's run would overwrite.

        Raises:
            InputError: the input is one of the files beside the output.
        """
        if Path(file).resolve() in (self.part, self.file, self.errors):
            raise InputError(
                f"{file} is what is left of an unfinished {self.output.name}, and no input."
            )

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """No other process writes this output within the block. False where locks are not to be had.

        Raises:
            InputError: another process is writing it now.
        """
        try:
            with exclusive(self._beside("part.lock")) as locked:
                yield locked
        except Held as holder:
            who = f" ({holder})" if str(holder) else ""
            raise InputError(
                f"Another 'isomorph embed'{who} is writing {self.output.name} in {self.output.parent} now. "
                "Wait until it has ended, or give another --output."
            ) from None

    def found(self) -> Unfinished | None:
        """What an interrupted run has left, None where there is nothing.

        Raises:
            InputError: the journal cannot be read, or its rows are not there. Both files stay.
        """
        if not os.path.lexists(self.file) or not os.path.lexists(self.part):
            return None
        try:
            found = _read(self._content())
            self._check_rows(found)
        except (BadModel, ValueError, OSError) as cause:
            raise InputError(
                f"{self.file} is damaged: {cause}. Nothing was changed. Begin anew with --restart, or "
                f"keep {self.part.name} by giving another --output."
            ) from cause
        return found

    def _check_rows(self, found: Unfinished) -> None:
        """Refuses numbers that are not those of the part.

        Raises:
            ValueError: says what does not fit.
        """
        rows, written = found.progress.rows, found.progress.written
        if self.part.stat().st_size < written:
            raise ValueError(f"{self.part.name} has fewer bytes than it says")
        dim = found.origin.settings.get("dimension")
        kind = FORMATS[self.output.suffix.lower()]
        with self.part.open("rb") as stream:
            if not kind.holds(stream, written, rows, dim if isinstance(dim, int) else 0):
                raise ValueError(f"{written} bytes of {self.part.name} are not {rows} rows")

    def tell(self, progress: Progress, origin: Origin) -> None:
        """Says that so much is done; what it speaks of must have been synced."""
        content = {"format": FORMAT, **asdict(progress), **asdict(origin)}
        temporary = self._beside("part.new")
        with temporary.open("w", encoding="utf-8") as stream:
            json.dump(content, stream)
            stream.flush()
            os.fsync(stream.fileno())
        rename(temporary, self.file)

    def forget(self) -> None:
        """Removes all of them, the journal first: it must not speak of rows that are gone."""
        for path in (self.file, self._beside("part.new"), self.part, self.errors):
            path.unlink(missing_ok=True)
        sync(self.output.parent)

    def _beside(self, ending: str) -> Path:
        return self.output.with_name(f"{self.output.name}.{ending}")

    def _content(self) -> Any:
        from isomorph.files.folder import Folder  # the one reader of JSON that somebody else wrote

        return Folder(self.file.parent).json(self.file.name)


def _read(content: Any) -> Unfinished:
    """The journal's content, every value of the type and in the range that it must have.

    Raises:
        ValueError: says what is wrong.
    """
    if not isinstance(content, Mapping) or content.get("format") != FORMAT:
        raise ValueError(f"it is no journal of format {FORMAT}")
    rows, written, read, cut = (_number(content, n) for n in ("rows", "written", "read", "cut"))
    digest = content.get("digest")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise ValueError("digest is no SHA-256")
    progress = Progress(rows, written, read, cut, digest)
    if progress.cut > progress.rows or progress.rows > progress.read + 1:
        raise ValueError("its numbers contradict each other")
    return Unfinished(progress, Origin.read(content))


def _number(content: Mapping[str, Any], name: str) -> int:
    value = content.get(name)
    if type(value) is not int or value < 0:
        raise ValueError(f"{name} is no number of 0 or more")
    return value
