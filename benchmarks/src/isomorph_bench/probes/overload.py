"""Our server at ten times what it takes at once: who is answered, who is refused, and how soon.

    python -m isomorph_bench.probes.overload [--model MODEL] [--backend onnx] [--capacity 32] [--seconds 60]

Ten times as many clients as the server takes ask again and again; whoever is refused asks again after
`PAUSE`, sooner than the server wishes. Before and after that as many clients as it takes ask alone.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

from isomorph_bench.probes.options import folder_of, parser
from isomorph_bench.serving.load import request
from isomorph_bench.serving.servers import Server, of_ours, running
from isomorph_bench.serving.turn import turn
from isomorph_bench.workloads.texts import short_texts

PAUSE = 0.1
"""Seconds after which a client that was refused asks again."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
Answers = list[tuple[bytes, float, bool]]
"""Of each answer the status, the seconds, and whether it says when to come again."""


async def client(port: int, requests: Sequence[bytes], end: float, answers: Answers) -> None:
    """One connection, which asks until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = 0
    while (began := perf_counter()) < end:
        writer.write(requests[number % len(requests)])
        number += 1
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        await reader.readexactly(int(length[1]) if length else 0)
        status = head[9:12]
        answers.append((status, perf_counter() - began, b"\r\nretry-after: " in head.lower()))
        if status != b"200":
            await asyncio.sleep(PAUSE)
    writer.close()


def megabytes(server: Server) -> float:
    """What is resident of the server."""
    said = Path(f"/proc/{server.pid}/status").read_text("ascii")
    return int(re.findall(r"VmRSS:\s+(\d+)", said)[0]) / 1024


async def overload(
    server: Server, texts: Sequence[str], clients: int, seconds: float
) -> tuple[Answers, list[float]]:
    """The answers to so many clients, and what was resident each second."""
    answers: Answers = []
    sizes: list[float] = []
    end = perf_counter() + seconds
    requests = [request(each) for each in texts]

    async def watch() -> None:
        while perf_counter() < end:
            sizes.append(megabytes(server))
            await asyncio.sleep(1)

    asking = (client(server.port, requests, end, answers) for _ in range(clients))
    await asyncio.gather(watch(), *asking)
    return answers, sizes


def told(answers: Answers, sizes: Sequence[float]) -> Iterator[str]:
    """Lines about an overload."""
    for status in sorted({each[0] for each in answers}):
        mine = [each for each in answers if each[0] == status]
        p50, p99, most = np.percentile([each[1] for each in mine], [50, 99, 100]) * 1000
        again = sum(each[2] for each in mine)
        yield (
            f"{status.decode()}: {len(mine)}, p50 {p50:.1f} ms, p99 {p99:.1f} ms, most {most:.1f} ms, "
            f"{again} with Retry-After"
        )
    settled = sizes[len(sizes) // 4 :]
    quarter, end, most = settled[0], settled[-1], max(sizes)
    yield f"resident: {quarter:.0f} MB after a quarter, {end:.0f} MB at the end, {most:.0f} MB at most"


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs it, and says what happened."""
    options = parser("isomorph_bench.probes.overload", __doc__, backends="")
    options.add_argument("--backend", default="onnx")
    options.add_argument("--capacity", type=int, default=32)
    options.add_argument("--seconds", type=float, default=60.0)
    asked = options.parse_args(arguments)
    texts = short_texts(512)
    command = of_ours(folder_of(asked.model), asked.backend)
    with running((*command, "--max-concurrent", str(asked.capacity))) as server, server.at_work():
        turn(server, texts, asked.capacity, 2)
        before = turn(server, texts, asked.capacity, asked.seconds / 6)
        found = asyncio.run(overload(server, texts, 10 * asked.capacity, asked.seconds))
        after = turn(server, texts, asked.capacity, asked.seconds / 6)
    sys.stdout.writelines(f"{line}\n" for line in told(*found))
    sys.stdout.write(f"requests/s before {before.rate:.0f}, after {after.rate:.0f}\n")


if __name__ == "__main__":
    main()
