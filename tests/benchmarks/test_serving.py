"""What the race of servers says of turns, and that its clients understand a server."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import numpy as np
import pytest

from isomorph_bench.serving.load import NotAnswered, ask, vectors
from isomorph_bench.serving.race import Outcome, Row, Wanted
from isomorph_bench.serving.servers import OURS, running
from isomorph_bench.serving.told import lines, record
from isomorph_bench.serving.turn import Turn

TURN = Turn(2.0, tuple(n / 1000 for n in range(1, 101)), processors=0.5)
HALF = Turn(4.0, TURN.latencies, 0.5)
TEXTS = ("a text", "another")


def outcome():
    rows = {
        OURS: Row(OURS, many=[TURN, TURN], alone=[TURN, TURN]),
        "theirs": Row("theirs", many=[HALF, TURN], alone=[TURN, TURN]),
        "gone": Row("gone", void="no environment"),
    }
    return Outcome(rows, [50.0, 49.5], Wanted(folder="f"))


def test_a_turn_is_told_by_its_rate_its_latencies_and_its_cost():
    assert (TURN.rate, TURN.cost) == (50.0, 5.0)
    assert TURN.percentile(50) == pytest.approx(50.5)


def test_ratios_are_of_the_turns_of_a_round_and_what_does_not_count_has_none():
    said = "\n".join(lines(outcome()))
    assert "against theirs: 2.00, 1.00; median 1.50, p99 1.00 of its" in said
    assert "own call: 0.50, 1.00; median 0.75 ms" in said
    assert "gone                    no environment" in said
    assert "against gone" not in said
    gone = json.loads(record(outcome()))["gone"]
    assert gone == {"void": "no environment", "apart": 0.0, "many": [], "alone_ms": []}


def answering(*statuses):
    """A server of `asyncio` that answers so, over and over, each time in two pieces."""

    async def answer(reader, writer):
        number = 0
        while head := (await reader.readuntil(b"\r\n\r\n")).decode():
            size = int(head.lower().partition("content-length:")[2].split()[0])
            asked = json.loads(await reader.readexactly(size))
            assert asked["input"] in TEXTS
            body = json.dumps({"data": [{"embedding": [1.0, len(asked["input"])]}]}).encode()
            status = statuses[number % len(statuses)]
            said = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            writer.write(said[:30])
            await writer.drain()
            await asyncio.sleep(0)
            writer.write(said[30:])
            await writer.drain()
            number += 1

    async def until_they_leave(reader, writer):
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # they always do
        finally:
            writer.close()

    return until_they_leave


def asked(statuses, conversation):
    """What a coroutine function of a port returns, while such a server answers."""

    async def main():
        server = await asyncio.start_server(answering(*statuses), "127.0.0.1", 0)
        async with server:
            return await conversation(server.sockets[0].getsockname()[1])

    return asyncio.run(main())


def test_clients_ask_again_and_again_until_the_end():
    latencies = asked(["200 OK"], lambda port: ask(port, TEXTS, 3, 0.3))
    assert len(latencies) >= 3
    assert min(latencies) > 0


def test_vectors_are_those_of_the_texts():
    found = asked(["200 OK"], lambda port: vectors(port, TEXTS))
    np.testing.assert_array_equal(found, [[1.0, 6.0], [1.0, 7.0]])


def test_a_refusal_is_no_answer():
    for conversation in (lambda port: ask(port, TEXTS, 2, 60.0), lambda port: vectors(port, TEXTS)):
        with pytest.raises(NotAnswered, match="429 Too Many"):
            asked(["200 OK", "429 Too Many"], conversation)


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_server_takes_no_time_outside_of_its_turns():
    said = "listening on http://127.0.0.1:7\\n"
    busy = f"import sys; sys.stderr.write('{said}'); sys.stderr.flush()\nwhile 1: pass"
    with running((sys.executable, "-c", busy)) as server:
        with server.at_work():
            while server.processors() < 0.05:
                os.sched_yield()
        before = server.processors()
        with running((sys.executable, "-c", busy)) as other, other.at_work():
            while other.processors() < 0.05:
                os.sched_yield()
        assert server.processors() == before


def test_a_server_that_does_not_begin_says_why():
    with (
        pytest.raises(OSError, match="no such model"),
        running((sys.executable, "-c", "raise SystemExit('no such model')")),
    ):
        pass
