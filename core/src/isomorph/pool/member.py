"""A worker as the parent sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess

from isomorph.pool.chunks import Call
from isomorph.pool.life import Silence, signs
from isomorph.pool.line import Line


@dataclass(eq=False, slots=True)
class Member:
    """A process, the line to it, and the call whose chunk it has."""

    process: SpawnProcess
    device: str
    line: Line
    call: Call | None = None
    silence: Silence = field(default_factory=Silence)

    def silent(self) -> float:
        """Seconds for which it has given no sign of life; to be asked every now and then."""
        return self.silence.after(signs(self.line.frames, self.process.pid))
