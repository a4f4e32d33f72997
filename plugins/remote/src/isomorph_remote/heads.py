"""Connections whose answers begin in time: urllib3 bounds each read, and a head may take many of them."""

from __future__ import annotations

import io
import socket
from http.client import HTTPResponse
from math import inf
from time import monotonic
from typing import Any

import urllib3


class _Timed(io.RawIOBase):
    """What comes through a socket, until a time."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.until = inf

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if monotonic() > self.until:
            raise TimeoutError("The head of an answer trickles.")
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer whose head comes within the time that its socket has for one read."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._seconds = sock.gettimeout()
        self._timed = _Timed(sock.makefile("rb", buffering=0))
        self.fp.close()  # through which nothing was read
        self.fp = io.BufferedReader(self._timed)

    def begin(self) -> None:
        """Reads the head.

        Raises:
            TimeoutError: it takes too long.
        """
        self._timed.until = inf if self._seconds is None else monotonic() + self._seconds
        super().begin()
        self._timed.until = inf


class _Plain(urllib3.connection.HTTPConnection):  # type: ignore[misc, unused-ignore]
    response_class = _Answer


class _Secure(urllib3.connection.HTTPSConnection):  # type: ignore[misc, unused-ignore]
    response_class = _Answer


class _PlainPool(urllib3.HTTPConnectionPool):  # type: ignore[misc, unused-ignore]
    ConnectionCls = _Plain


class _SecurePool(urllib3.HTTPSConnectionPool):  # type: ignore[misc, unused-ignore]
    ConnectionCls = _Secure


def connections(several: int) -> urllib3.PoolManager:
    """A manager of connections, which keeps so many to a server."""
    made = urllib3.PoolManager(maxsize=several)
    made.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return made
