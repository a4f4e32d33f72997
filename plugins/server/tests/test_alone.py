"""What one request of one short text costs beside the model's own call. Counted, not timed."""

import asyncio
import gc
import sys

import pytest
from server_asgi import begun

from isomorph.batching.dispatcher import Dispatcher
from isomorph_server.joined import Joined

MOST = 82
"""Python calls of core, of the server and of its framework on the loop's thread, for one request."""
OURS = ("isomorph", "starlette")


def calls_of(app, path, body):
    """Names of Python functions that the loop's thread called for one request, which is not the first."""
    found = []

    def note(frame, event, argument):
        if event == "call" and frame.f_globals.get("__name__", "").startswith(OURS):
            found.append(frame.f_code.co_qualname)

    async def ask():
        async with begun(app) as client:
            for _ in range(3):
                assert (await client.post(path, body)).status == 200
            gc.disable()  # what other tests left is closed by calls too
            sys.setprofile(note)
            try:
                await client.post(path, body)
            finally:
                sys.setprofile(None)
                gc.enable()

    asyncio.run(ask())
    return found


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/embeddings", {"input": "a river", "model": "vectors"}),
        ("/embed", {"inputs": "a river"}),
    ],
)
def test_a_request_alone_takes_few_calls(app_of, path, body):
    found = calls_of(app_of("vectors"), path, body)
    assert 20 < len(found) <= MOST, " ".join(found)


def test_a_request_alone_waits_for_no_dispatcher(app_of, monkeypatch):
    def refuse(*args):
        raise AssertionError("the dispatcher was asked")

    monkeypatch.setattr(Dispatcher, "submit", refuse)

    async def ask():
        async with begun(app_of("vectors")) as client:
            return [
                await client.post("/embed", {"inputs": text})
                for text in ("a", ["b"], ["c", "d", "e", "f"])
            ]

    assert [each.status for each in asyncio.run(ask())] == [200] * 3


class Wire:
    """A transport that keeps what is written."""

    def __init__(self):
        self.written, self.closed = [], False

    def write(self, data):
        self.written.append(data)

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed


HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"


def test_head_and_body_of_an_answer_are_one_write():
    wire = Wire()
    joined = Joined(wire)
    joined.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert len(wire.written) == 1  # who waits for that sends nothing before
    joined.write(HEAD)
    joined.write(b"body")
    joined.flush()
    joined.write(b"more")
    assert wire.written[1:] == [HEAD + b"body", b"more"]


@pytest.mark.parametrize("end", ["flush", "close"])
def test_a_head_without_a_body_is_written_at_the_end(end):
    wire = Wire()
    joined = Joined(wire)
    joined.write(HEAD)
    assert wire.written == []
    getattr(joined, end)()
    getattr(joined, end)()
    assert wire.written == [HEAD]
    assert joined.is_closing() is (end == "close")
