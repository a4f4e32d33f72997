"""A transport on which the head of an answer leaves with the first piece of its body.

uvicorn writes them one after the other, and each write wakes the client.
"""

from __future__ import annotations

import asyncio
from typing import Any

_BEGIN = b"HTTP/1.1 "
_END = b"\r\n\r\n"
_INTERIM = b"HTTP/1.1 100"


class Joined:
    """What a protocol of uvicorn writes to. Whatever ends an answer calls `flush`, `close` among it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.direct = transport
        """The transport itself."""
        self.is_closing = transport.is_closing
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.direct, name)

    def write(self, data: bytes) -> None:
        """Writes, but for a head, which waits for what follows."""
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(_BEGIN) and data.endswith(_END) and not data.startswith(_INTERIM):
            self._head = data
            return
        self.direct.write(data)

    def flush(self) -> None:
        """Writes a head that nothing followed."""
        if self._head:
            data, self._head = self._head, b""
            self.direct.write(data)

    def close(self) -> None:
        """Closes, once all is written."""
        self.flush()
        self.direct.close()
