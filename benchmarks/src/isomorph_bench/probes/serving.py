"""Clients at once, each with one short text after another: our server beside sentence-transformers' model.

    python -m isomorph_bench.probes.serving --model FOLDER --theirs PYTHON [--clients 64] [--seconds 5]

The other server is the same framework, Starlette on uvicorn, whose route calls ``model.encode`` in the
framework's threads (`peers/served.py`). The two are processes of their own and take turns; this
process asks both, over connections that stay open. ``--theirs`` is a Python with sentence-transformers,
starlette and uvicorn. Vectors are compared first. Where others use the machine, the rate of requests says who
has more threads; the time of processors that a request takes is what such a machine still tells.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import perf_counter

import numpy as np

from isomorph_bench.race import launch
from isomorph_bench.workloads.texts import short_texts

OURS, THEIRS = "isomorph", "sentence-transformers"
READY = "listening on http://127.0.0.1:"
"""What a server says on stderr when it listens, before its port."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one server did while the clients asked: the seconds of each request, and all of them together."""

    seconds: float
    latencies: tuple[float, ...]
    processors: float
    """Seconds of processors that the server used."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    @property
    def cost(self) -> float:
        """Milliseconds of processors that a request took of the server."""
        return self.processors / len(self.latencies) * 1000

    def percentile(self, share: float) -> float:
        """Milliseconds below which this share (0 to 100) of the requests were answered."""
        return float(np.percentile(self.latencies, share)) * 1000


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server listens, and the id of its process."""

    port: int
    pid: int

    def processors(self) -> float:
        """Seconds of processors that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(command: Sequence[str]) -> Iterator[Server]:
    """A server that runs for the length of a ``with``."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if line.startswith(READY):
                    # A full pipe would stop the server.
                    Thread(target=process.stderr.read, daemon=True).start()
                    yield Server(int(line.removeprefix(READY)), process.pid)
                    return
            raise SystemExit(f"{command[0]} did not listen.")
        finally:
            process.kill()


class Client:
    """One connection that asks again and again."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Client:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._writer.close()

    async def vector(self, text: str) -> np.ndarray:
        """The vector of a text.

        Raises:
            RuntimeError: the server refused.
        """
        body = json.dumps({"inputs": text}).encode()
        head = f"POST /embed HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        said = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        size = next(line for line in said.split("\r\n") if line.startswith("content-length:"))
        content = await self._reader.readexactly(int(size.partition(":")[2]))
        if " 200 " not in said.partition("\r\n")[0]:
            raise RuntimeError(content.decode())
        return np.array(json.loads(content)[0], np.float32)


async def turn(server: Server, clients: int, seconds: float, texts: Sequence[str]) -> Turn:
    """Has so many clients ask for so many seconds."""
    latencies: list[float] = []
    end = perf_counter() + seconds

    async def ask(number: int) -> None:
        async with Client(server.port) as client:
            place = number
            while (began := perf_counter()) < end:
                await client.vector(texts[place % len(texts)])
                latencies.append(perf_counter() - began)
                place += clients

    began, before = perf_counter(), server.processors()
    await asyncio.gather(*map(ask, range(clients)))
    return Turn(perf_counter() - began, tuple(latencies), server.processors() - before)


async def furthest(servers: Sequence[Server], texts: Sequence[str]) -> float:
    """The largest difference of two servers' numbers."""
    found = []
    for each in servers:
        async with Client(each.port) as client:
            found.append(np.stack([await client.vector(text) for text in texts]))
    return float(np.abs(found[0] - found[1]).max())


def table(turns: dict[str, list[Turn]]) -> str:
    """What each did in its turns, medians of them, and how many times as many requests ours answered."""
    lines = [f"{'server':24}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'CPU ms':>10}"]
    for name, each in turns.items():
        numbers = [(one.rate, one.percentile(50), one.percentile(99), one.cost) for one in each]
        rate, *rest = np.median(numbers, axis=0).tolist()
        lines.append(f"{name:24}{rate:12.1f}" + "".join(f"{number:10.1f}" for number in rest))
    ratios = [
        ours.rate / theirs.rate for ours, theirs in zip(turns[OURS], turns[THEIRS], strict=True)
    ]
    listed = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    return "\n".join(
        [*lines, f"ratio of each pair of turns: {listed}; median {np.median(ratios):.2f}"]
    )


def main() -> None:
    """Runs both servers, compares their vectors, and lets them take turns."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--theirs", required=True, help="a Python with sentence-transformers")
    parser.add_argument("--backend", default="onnx")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    serve = "from isomorph_server.command import serve; import typer; typer.run(serve)"
    ours = (sys.executable, "-c", serve, asked.model, "--port", "0", "--backend", asked.backend)
    theirs = (asked.theirs, str(launch.PACKAGE / "peers" / "served.py"), asked.model)
    texts = short_texts(512)
    turns: dict[str, list[Turn]] = {OURS: [], THEIRS: []}
    with ExitStack() as stack:
        servers = [stack.enter_context(server(command)) for command in (ours, theirs)]
        apart = asyncio.run(furthest(servers, texts[:16]))
        sys.stdout.write(f"largest difference of the vectors: {apart:.1e}\n")
        for _ in range(asked.rounds):
            for name, each in zip(turns, servers, strict=True):
                turns[name].append(asyncio.run(turn(each, asked.clients, asked.seconds, texts)))
    sys.stdout.write(table(turns) + "\n")


if __name__ == "__main__":
    main()
