"""Connections within bounds: so many at once, none that stays without a request, and no endless head.

uvicorn bounds the time between two requests of a connection. It waits for ever for the first byte of a
connection, for the rest of a head that has begun, and for clients that do not read their answers; it keeps
heads of any length; and it loses the body of a request that offers to speak HTTP/2, as Java's do.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from isomorph_server.joined import Joined

HEAD = 64 << 10
"""Bytes that may come one after the other without being a body, beside those that are read at once."""
LINGER = 1.0
"""Seconds for which a client of an endless head may read why it is refused."""


def _refusal(status: str, more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n{more}connection: close\r\n\r\n".encode()


FULL = _refusal("503 Service Unavailable", "retry-after: 1\r\n")
TOO_LONG = _refusal("431 Request Header Fields Too Large")
_UPGRADE = re.compile(rb"\r\nupgrade:[^\r\n]*(?=\r\n)", re.IGNORECASE)


def without_upgrade(data: bytes) -> bytes:
    """Bytes that begin with a head, without its offer to speak another protocol, which servers may ignore."""
    head, end, body = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"", head + end[:2]) + end[2:] + body


class Bounded(HttpToolsProtocol):
    """A connection."""

    most = 0
    silence = 0.0
    is_refused = False
    in_body = False
    no_body = 0
    """Bytes since the last event that are no body."""
    known: Any = None
    is_stuck = False
    """Whether the request at work was at work already at the last look."""
    watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection on, or answers that there are too many."""
        super().connection_made(Joined(transport))  # type: ignore[arg-type]
        if len(self.connections) > self.most:
            self.is_refused = True
            transport.write(FULL)
            transport.close()
            return
        self.watch = self.loop.call_later(self.silence, self.look)

    def data_received(self, data: bytes) -> None:
        """Passes bytes on, of those that are refused none."""
        if self.is_refused:
            return
        if not self.in_body and _UPGRADE.search(data):
            data = without_upgrade(data)
        self.no_body += len(data)
        super().data_received(data)
        if self.no_body > HEAD and not self.transport.is_closing():
            self.is_refused = True
            self._joined.direct.write(TOO_LONG)
            self.loop.call_later(LINGER, self.transport.close)

    def on_message_begin(self) -> None:
        """A head begins."""
        self.no_body = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head has ended."""
        self.in_body = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body, whose size the application bounds."""
        self.no_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request has come."""
        self.no_body = 0
        self.in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer has ended, perhaps with its head."""
        self._joined.flush()
        super().on_response_complete()

    @property
    def _joined(self) -> Joined:
        found: Any = self.transport
        assert isinstance(found, Joined)
        return found

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the watch."""
        if self.watch is not None:
            self.watch.cancel()
        super().connection_lost(exc)

    def look(self) -> None:
        """Closes a connection that has no new request since the last look, or no end of an old one."""
        is_new = self.cycle is not self.known
        self.known = self.cycle
        at_work = self.cycle is not None and not self.cycle.response_complete
        if is_new or (at_work and not self.is_stuck):
            self.is_stuck = at_work and not is_new
            self.watch = self.loop.call_later(self.silence, self.look)
            return
        self.transport.abort()


def bounded(most: int, silence: float) -> type[asyncio.Protocol]:
    """A protocol of uvicorn that keeps these bounds.

    Args:
        most: connections at once; a further one is answered 503 and closed.
        silence: seconds without a whole head of a request, after which a connection is closed. One whose
            request is at work is not silent; but it is closed where its client has not read the answer
            after twice as long.
    """
    return type("Bounded", (Bounded,), {"most": most, "silence": silence})
