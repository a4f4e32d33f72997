"""Clients that ask again and again, as cheaply as Python can: they share the processors with the server.

A request is bytes that were made before. Of an answer a client reads its status and its length; what is in
it is compared once, before anything is timed.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

MODEL = "model"
"""What the clients call the model."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


class NotAnswered(Exception):
    """A server refused, or went away; the message begins as its answer did."""


def request(text: str) -> bytes:
    """The bytes that ask OpenAI's route for the vector of a text."""
    body = json.dumps({"input": text, "model": MODEL}).encode()
    head = (
        "POST /v1/embeddings HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass(slots=True)
class Asked:
    """What clients do together: one request after the other, until `perf_counter` says `end`."""

    requests: Sequence[bytes]
    step: int
    end: float
    seconds: list[float] = field(default_factory=list)
    """Of each request that was answered."""


class Client(asyncio.Protocol):
    """One connection, whose next request follows the answer to the last one."""

    def __init__(self, asked: Asked, place: int, done: asyncio.Future[None]) -> None:
        self._asked = asked
        self._place = place
        self._done = done
        self._came = bytearray()
        self._whole = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._began = perf_counter()
        if self._began >= self._asked.end:
            self._done.set_result(None)
            self._transport.close()
            return
        requests = self._asked.requests
        self._transport.write(requests[self._place % len(requests)])
        self._place += self._asked.step

    def data_received(self, data: bytes) -> None:
        """Counts an answer once it is whole."""
        self._came += data
        if not self._whole:
            end = self._came.find(_END)
            if end < 0:
                return
            length = _LENGTH.search(self._came, 0, end)
            if self._came[9:12] != b"200" or length is None:
                self._fail(bytes(self._came[:400]).decode("utf-8", "replace"))
                return
            self._whole = end + len(_END) + int(length[1])
        if len(self._came) >= self._whole:
            self._asked.seconds.append(perf_counter() - self._began)
            self._came.clear()
            self._whole = 0
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells where the server went away."""
        self._fail("the connection was closed")

    def _fail(self, why: str) -> None:
        if not self._done.done():
            self._done.set_exception(NotAnswered(why))
        self._transport.close()


async def ask(port: int, texts: Sequence[str], clients: int, seconds: float) -> list[float]:
    """Has so many clients ask for so many seconds; the seconds of each request.

    Raises:
        NotAnswered: a request was not.
    """
    loop = asyncio.get_running_loop()
    asked = Asked([request(text) for text in texts], clients, perf_counter() + seconds)
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(clients)]
    for place, end in enumerate(ends):
        made = Client(asked, place, end)
        await loop.create_connection(lambda made=made: made, "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    return asked.seconds


async def vectors(port: int, texts: Sequence[str]) -> NDArray[np.float32]:
    """The vectors that a server gives for texts.

    Raises:
        NotAnswered: a request was not.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    try:
        for text in texts:
            writer.write(request(text))
            head = await reader.readuntil(_END)
            length = _LENGTH.search(head)
            content = await reader.readexactly(int(length[1]) if length else 0)
            if head[9:12] != b"200":
                raise NotAnswered((head + content)[:400].decode("utf-8", "replace"))
            found.append(json.loads(content)["data"][0]["embedding"])
    finally:
        writer.close()
    return np.array(found, np.float32)
