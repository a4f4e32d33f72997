"""One download of `Fetch`: names are judged by their addresses, and the connection goes to what was judged.

A name is looked up once, every address that it has is judged, and one of those is connected to: what a
second look-up would say counts for nothing. Redirects are judged like first addresses. Proxies of the
environment are not used, since they would look up names themselves.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from isomorph.messages.shown import shown
from isomorph.preprocess.fetch import Fetch

_AGENT = "isomorph"
_BLOCK = 1 << 16
_MOVED = (301, 302, 303, 307, 308)


class NotFetched(Exception):
    """Why an address gives nothing."""


def looked_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the system tells them, within the system's own limits of time."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def connected(address: str, port: int, host: str, seconds: float) -> socket.socket:
    """An encrypted connection to an address whose certificate is that of `host`."""
    plain = socket.create_connection((address, port), seconds)
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


class Download:
    """Fetches one thing."""

    def __init__(self, how: Fetch) -> None:
        self._how = how

    def of(self, url: str) -> bytes:
        """What lies at an address.

        Raises:
            NotFetched: it is not allowed, too large, too slow, or not there; says which.
        """
        ends = time.monotonic() + self._how.seconds
        for _ in range(self._how.redirects + 1):
            try:
                found = self._asked(_judged(url), ends)
            except (OSError, HTTPException, ValueError) as cause:
                late = time.monotonic() >= ends
                why = f"it takes longer than {self._how.seconds:g} s" if late else str(cause)
                raise NotFetched(why or type(cause).__name__) from cause
            if isinstance(found, bytes):
                return found
            url = urljoin(url, found)
        raise NotFetched(f"there are more than {self._how.redirects} redirects")

    def _asked(self, url: SplitResult, ends: float) -> bytes | str:
        """The content of one address, or where it leads."""
        host = str(url.hostname).encode("idna").decode("ascii")
        port = url.port or 443
        addresses = (self._how.look_up or looked_up)(host, port)
        for each in addresses:
            if not is_public(each):
                raise NotFetched(f"{host} is {each}, which is no address of a public network")
        if not addresses:
            raise NotFetched(f"{host} has no address")
        stream = (self._how.connect or connected)(addresses[0], port, host, _left(ends))
        connection = _Connection(host, port)
        connection.sock = _Timed(stream, ends)
        try:
            path = quote(url.path or "/", safe="/%:@!$&'()*+,;=~-._")
            query = quote(url.query, safe="/%:@!$&'()*+,;=~-._?[]")
            connection.request(
                "GET",
                path + (f"?{query}" if query else ""),
                headers={
                    "User-Agent": _AGENT,
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                },
            )
            return self._answered(connection.getresponse(), ends)
        finally:
            connection.close()
            stream.close()

    def _answered(self, response: HTTPResponse, ends: float) -> bytes | str:
        if response.status in _MOVED:
            place = response.headers.get("Location")
            if not place:
                raise NotFetched(f"the answer {response.status} leads nowhere")
            return place
        if response.status != 200:
            raise NotFetched(f"the answer is {response.status} {shown(response.reason)}")
        coded = response.headers.get("Content-Encoding", "identity")
        if coded.lower() != "identity":
            raise NotFetched(f"it is coded as {shown(coded)}")
        most = self._how.megabytes * 1_000_000
        said = response.length
        if said is not None and said > most:
            raise NotFetched(f"it has {said:,} bytes, and at most {most:,} are fetched")
        parts: list[bytes] = []
        size = 0
        while block := response.read(_BLOCK):
            size += len(block)
            if size > most:
                raise NotFetched(f"it has more than {most:,} bytes")
            parts.append(block)
            _left(ends)
        if said is not None and size < said:
            raise NotFetched(f"it ends after {size:,} of {said:,} bytes")
        return b"".join(parts)


def _judged(text: str) -> SplitResult:
    url = urlsplit(text)
    if url.scheme != "https":
        raise NotFetched(f"only https is fetched, and {shown(text)} is not")
    if not url.hostname or url.username is not None or url.password is not None:
        raise NotFetched(f"{shown(text)} names no host, or a user")
    return url


def is_public(text: str) -> bool:
    """Whether an address is one of a public network; of one that holds another both must be."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if not all(is_public(str(each)) for each in inside if each is not None):
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def _left(ends: float) -> float:
    """Seconds that are left.

    Raises:
        TimeoutError: there are none.
    """
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Connection(HTTPConnection):
    default_port = 443


class _Timed:
    """A connection of which every single read and write ends in time."""

    def __init__(self, stream: socket.socket, ends: float) -> None:
        self._stream = stream
        self._ends = ends

    def sendall(self, data: bytes) -> None:
        """Sends all of it."""
        self._stream.settimeout(_left(self._ends))
        self._stream.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """The answer."""
        return io.BufferedReader(_Reader(self._stream, self._ends))

    def close(self) -> None:
        """Nothing: whoever connected closes the stream."""


class _Reader(io.RawIOBase):
    def __init__(self, stream: socket.socket, ends: float) -> None:
        self._stream = stream
        self._ends = ends

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._stream.settimeout(_left(self._ends))
        return self._stream.recv_into(buffer)
