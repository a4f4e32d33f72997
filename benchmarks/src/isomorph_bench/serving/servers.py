"""Servers as processes: started once, and stopped by the system while it is another one's turn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from isomorph_bench.race import launch
from isomorph_bench.race.contenders import Peer
from isomorph_bench.serving.load import MODEL

READY = "listening on http://127.0.0.1:"
"""What a server says on stderr when it listens, before its port."""
OURS = "isomorph"
_SERVE = "import typer; from isomorph_server.command import serve; typer.run(serve)"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server listens, and its process."""

    port: int
    pid: int

    def processors(self) -> float:
        """Seconds of processors that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Lets it run for the length of a ``with``; before and after it takes no time of a processor."""
        os.kill(self.pid, signal.SIGCONT)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGSTOP)


def of_ours(folder: str, backend: str) -> tuple[str, ...]:
    """The command of our server, in this environment, as ``isomorph serve`` starts it."""
    return (sys.executable, "-c", _SERVE, f"{MODEL}={folder}", "--port", "0", "--backend", backend)


def of_peer(peer: Peer, folder: str) -> tuple[str, ...]:
    """The command of a peer's server, in the peer's environment."""
    return (str(peer.python), "-E", "-P", str(launch.PACKAGE / "peers" / f"{peer.name}.py"), folder)


@contextmanager
def running(command: Sequence[str]) -> Iterator[Server]:
    """A server for the length of a ``with``, stopped between its turns.

    Raises:
        OSError: it did not begin; the message is what it said last.
    """
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        last = "it said nothing"
        try:
            for line in process.stderr:
                if line.startswith(READY):
                    # A full pipe would stop the server.
                    Thread(target=process.stderr.read, daemon=True).start()
                    yield Server(int(line.removeprefix(READY)), process.pid)
                    return
                last = line.strip() or last
            raise OSError(last)
        finally:
            process.kill()
