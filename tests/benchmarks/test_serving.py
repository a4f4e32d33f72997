"""What the race of servers says of turns, and that its clients understand a server."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest

from isomorph_bench.probes.serving import OURS, THEIRS, Client, Turn, table


def test_a_turn_is_told_by_its_rate_its_latencies_and_its_cost():
    turn = Turn(2.0, tuple(n / 1000 for n in range(1, 101)), processors=0.5)
    assert (turn.rate, turn.cost) == (50.0, 5.0)
    assert turn.percentile(50) == pytest.approx(50.5)
    half = Turn(4.0, turn.latencies, 0.5)
    said = table({OURS: [turn, turn], THEIRS: [half, turn]})
    assert "2.00, 1.00; median 1.50" in said


def test_a_client_reads_vectors_and_refusals():
    async def answer(reader, writer):
        for status, content in (("200 OK", [[1.0, 2.0]]), ("429 Too Many", {"error": "full"})):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            size = int(head.lower().partition("content-length:")[2].split()[0])
            assert json.loads(await reader.readexactly(size)) == {"inputs": "a text"}
            body = json.dumps(content).encode()
            said = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(said.encode() + body)
        await writer.drain()
        writer.close()

    async def main():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server, Client(server.sockets[0].getsockname()[1]) as client:
            vector = await client.vector("a text")
            with pytest.raises(RuntimeError, match="full"):
                await client.vector("a text")
            return vector

    np.testing.assert_array_equal(asyncio.run(main()), [1.0, 2.0])
