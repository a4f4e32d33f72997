"""More than the server takes, slower than it waits for, and nothing at all: what it does then."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from served import running

VECTORS = Path(__file__).parents[3] / "tests" / "parity" / "models" / "prompts-default"
CAPACITY = 8
CONNECTIONS = 200
ROUNDS = 40
GROWTH = 24
"""Megabytes: a queue that grew would have 10 times 3,200 texts of a kB, and their vectors."""
TEXT = "river stones " * 20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    limits = [
        "--max-concurrent",
        str(CAPACITY),
        "--max-connections",
        str(CONNECTIONS),
        "--timeout",
        "4",
    ]
    log = tmp_path_factory.mktemp("server") / "log"
    with running(f"vectors={VECTORS}", "--backend", "reference", *limits, log=log) as found:
        yield found


def head(size, path="/embed"):
    return (
        f"POST {path} HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n"
        f"content-length: {size}\r\nconnection: close\r\n\r\n"
    ).encode()


async def answer(reader):
    """The status, the headers in small letters, and the body of what comes; status 0 for nothing."""
    data = await reader.read()
    top, _, body = data.partition(b"\r\n\r\n")
    line, *headers = top.decode().lower().split("\r\n")
    return (int(line.split()[1]) if line else 0), headers, body


async def post(port, number):
    """The answer to one request on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    content = json.dumps({"inputs": f"{TEXT} {number}", "truncate": True}).encode()
    writer.write(head(len(content)) + content)
    try:
        return await answer(reader)
    finally:
        writer.close()


def test_ten_times_the_capacity(server):
    """Counted, not timed: 40 rounds of 80 requests at once."""

    async def main():
        statuses = Counter()
        sizes = []
        for number in range(ROUNDS):
            found = await asyncio.gather(
                *(post(server.port, 1000 * number + each) for each in range(10 * CAPACITY))
            )
            for status, headers, body in found:
                statuses[status] += 1
                if status == 429:
                    assert "retry-after: 1" in headers
                    assert json.loads(body)["error_type"] == "Overloaded"
                else:
                    (vector,) = json.loads(body)
                    assert len(vector) > 8
            sizes.append(server.megabytes)
        return statuses, sizes, await post(server.port, -1)

    statuses, sizes, afterwards = asyncio.run(main())
    assert set(statuses) == {200, 429}
    assert statuses[200] >= ROUNDS * CAPACITY // 2
    assert sum(statuses.values()) == 10 * CAPACITY * ROUNDS
    assert sizes[-1] - sizes[ROUNDS // 4] < GROWTH, sizes
    assert afterwards[0] == 200


def test_a_client_that_sends_byte_by_byte(server):
    """A body has half of the time for a request; then it is 408, and meanwhile others are answered."""

    async def main():
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(head(1000))
        coming = asyncio.ensure_future(answer(reader))
        sent = 0
        while not coming.done() and sent < 999:
            writer.write(b" ")
            sent += 1
            await asyncio.wait((coming,), timeout=0.2)
        writer.close()
        return sent, coming.result()[0], (await post(server.port, 0))[0]

    sent, status, other = asyncio.run(main())
    assert (status, other) == (408, 200)
    assert sent < 999


def test_heads_that_never_end_and_connections_that_say_nothing(server):
    """So many are open, further ones are 503 at once, and all are closed by themselves."""

    async def main():
        opened, refused = [], 0
        for number in range(300):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            if number % 2:
                writer.write(b"POST /embed HTTP/1.1\r\nx-")
            opened.append((reader, writer))
        most = sum(1 for _ in Path(f"/proc/{server.process.pid}/fd").iterdir())
        for reader, writer in opened:
            try:
                status, headers, _ = await answer(reader)
            except ConnectionError:  # it had sent what nobody read
                status, headers = 0, []
            refused += status == 503
            assert status in (0, 503)
            assert status == 0 or "connection: close" in headers
            writer.close()
        return most, refused, (await post(server.port, 0))[0]

    most, refused, afterwards = asyncio.run(main())
    assert most < CONNECTIONS + 64
    assert 0 < refused <= 300 - CONNECTIONS
    assert afterwards == 200
