"""Connections within bounds: so many at once, and none that stays without a request.

uvicorn bounds the time between two requests of a connection. It waits for ever for the first byte of a
connection, and for the rest of a head that has begun.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

FULL = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\nconnection: close\r\n\r\n"


def bounded(most: int, silence: float) -> type[asyncio.Protocol]:
    """A protocol of uvicorn that keeps these bounds.

    Args:
        most: connections at once; a further one is answered 503 and closed.
        silence: seconds without a whole head of a request, after which a connection is closed. One whose
            request is at work is not silent.
    """
    base: Any = AutoHTTPProtocol

    class Bounded(base):  # type: ignore[misc]
        """A connection."""

        is_refused = False
        known: Any = None
        watch: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:
            """Takes the connection on, or answers that there are too many."""
            super().connection_made(transport)
            if len(self.connections) > most:
                self.is_refused = True
                transport.write(FULL)
                transport.close()
                return
            self.watch = self.loop.call_later(silence, self.look)

        def data_received(self, data: bytes) -> None:
            """Passes bytes on, of those that are refused none."""
            if not self.is_refused:
                super().data_received(data)

        def connection_lost(self, exc: Exception | None) -> None:
            """Ends the watch."""
            if self.watch is not None:
                self.watch.cancel()
            super().connection_lost(exc)

        def look(self) -> None:
            """Closes the connection where no request has begun since the last look, and none is at work."""
            at_work = self.cycle is not None and not self.cycle.response_complete
            if not at_work and self.cycle is self.known:
                self.transport.abort()
                return
            self.known = self.cycle
            self.watch = self.loop.call_later(silence, self.look)

    return Bounded
