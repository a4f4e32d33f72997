"""A server in a process of its own, on a port that the system chooses."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Running:
    """A process, and its address."""

    process: subprocess.Popen[str]
    address: str
    log: Path

    @property
    def port(self) -> int:
        """The port alone."""
        return int(self.address.rpartition(":")[2])

    @property
    def megabytes(self) -> float:
        """What is resident of it."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


@contextmanager
def running(
    *arguments: str, log: Path, port: str = "0", largest_file: int = 0, **environment: str
) -> Iterator[Running]:
    """``isomorph serve`` with these arguments, which listens and is ended at the end.

    What it says goes to the file `log`: a pipe that nobody reads would hold it up. `largest_file` bounds the
    bytes of each file that it writes.
    """

    def bound() -> None:
        if largest_file:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    command = [sys.executable, "-c", "from isomorph.cli import app; app()", "serve", *arguments]
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [*command, "--port", port],
            stderr=stderr,
            text=True,
            env={**os.environ, **environment},
            preexec_fn=bound,  # noqa: PLW1509  # no thread runs here yet
        )
        try:
            while (found := re.search(r"listening on (http://\S+)", log.read_text())) is None:
                assert process.poll() is None, log.read_text()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.05)
            yield Running(process, found[1], log)
        finally:
            process.kill()
            process.wait()
