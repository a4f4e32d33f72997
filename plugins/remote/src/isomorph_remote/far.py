"""A server: its address, and questions to it within bounds of time and of tries."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import urllib3

from isomorph.contract import Device
from isomorph.errors import BackendUnavailable, InputError, OutOfMemory, Unsupported
from isomorph_remote.devices import KEY, NO_PASSWORDS, address, names_somebody
from isomorph_remote.heads import connections

NAME = "remote"
BUSY = (429, 503)
"""Statuses after which a server is asked again: too busy now, or not ready yet."""
PAUSE, LONGEST_PAUSE = 0.2, 10
"""Seconds before the second try, doubled before each further one, and what Retry-After may ask at most."""
ASKING = 10.0
"""Seconds for a question about a model."""
LARGEST, PIECE = 1 << 30, 1 << 20
"""Bytes of an answer at most, and those that are read at once."""
SLOWEST = 1 << 16
"""Bytes a second of an answer that takes longer than `timeout`; one that comes more slowly is given up."""
SEVERAL = 16
"""Connections to a server that are kept."""


@dataclass(frozen=True, slots=True)
class Far:
    """A server. Its key is no part of what is shown or raised."""

    url: str
    key: str = field(default="", repr=False)
    timeout: float = 60.0
    """Seconds for an answer."""
    retries: int = 4
    """Further tries where the server is busy, or cannot be reached."""

    @classmethod
    def of(cls, device: Device, options: Mapping[str, Any]) -> Far:
        """The server that a device and ``model_kwargs`` mean.

        Raises:
            Unsupported: no address, one that is none of HTTP, or a number that cannot be.
        """
        return cls.at(address(device, options), options)

    @classmethod
    def at(cls, url: str, options: Mapping[str, Any]) -> Far:
        """The server at an address.

        Raises:
            Unsupported: as `of`.
        """
        if not _is_address(url):
            raise Unsupported(f"{_plain(url)!r} is no address such as http://host:8080.")
        if names_somebody(url):
            raise Unsupported(NO_PASSWORDS)
        key = options.get("api_key") or os.environ.get(KEY, "")
        timeout, retries = options.get("timeout", 60.0), options.get("retries", 4)
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout <= 0:
            raise Unsupported(f"timeout must be a number of seconds above 0, not {timeout!r}.")
        if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
            raise Unsupported(f"retries must be a number of tries from 0 on, not {retries!r}.")
        if not isinstance(key, str) or not (key.isascii() and key.isprintable()):
            raise Unsupported(
                f"api_key, or {KEY}, must be a text of printable ASCII characters, which a header can hold; "
                "a key that was read from a file may end with a line break."
            )
        return cls(url.rstrip("/"), key, float(timeout), retries)

    def ask(self, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """The JSON that the server answers; a POST where there is content.

        Raises:
            Exception: as `send`.
        """
        body = None if content is None else json.dumps(content).encode()
        answer = self.send(path, body, "application/json")
        try:
            return json.loads(answer)
        except (ValueError, RecursionError) as cause:
            raise BackendUnavailable(NAME, f"{self.url}{path} answers no JSON") from cause

    def send(self, path: str, body: bytes | None, media: str = "application/octet-stream") -> bytes:
        """The bytes that the server answers; a POST where there is a body.

        Raises:
            BackendUnavailable: it cannot be reached, is too busy, refuses the key, fails, or answers
                too much.
            Unsupported: it has no such route or model.
            InputError: it refuses what is asked.
            OutOfMemory: the request is too large for it.
        """
        headers = {"accept": media}
        if body is not None:
            headers["content-type"] = media
        if self.key:
            headers["authorization"] = f"Bearer {self.key}"
        retry = Patience(
            self.retries,
            redirect=0,
            allowed_methods=None,  # forwards change nothing, so that all may be asked again
            status_forcelist=BUSY,
            backoff_factor=PAUSE,
            backoff_max=LONGEST_PAUSE,
            raise_on_status=False,
            raise_on_redirect=False,
        )
        method = "GET" if body is None else "POST"
        try:
            status, data = self._answer(method, path, headers, body, retry)
        except urllib3.exceptions.HTTPError as cause:
            why = getattr(cause, "reason", None) or cause
            raise BackendUnavailable(
                NAME, f"{self.url} does not answer ({type(why).__name__})"
            ) from cause
        if len(data) > LARGEST:
            raise BackendUnavailable(NAME, f"{self.url}{path} answers more than {LARGEST:,} bytes")
        if status != 200:
            raise self._refusal(status, data)
        return data

    def _answer(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        retry: urllib3.Retry,
    ) -> tuple[int, bytes]:
        """The status and the bytes of an answer; nothing is read beyond `LARGEST`.

        Raises:
            HTTPError: there is none, in all tries.
        """
        while True:
            answer = _connections().request(
                method,
                f"{self.url}{path}",
                headers=headers,
                body=body,
                timeout=urllib3.Timeout(connect=min(self.timeout, 10.0), read=self.timeout),
                retries=retry,
                preload_content=False,
                decode_content=False,  # nothing packed is asked for, and a small one may hold much
            )
            try:
                return answer.status, self._body(answer)
            except urllib3.exceptions.HTTPError as cause:  # urllib3 asks again only before a body
                answer.close()
                retry = (answer.retries or retry).increment(method, path, error=cause)
                retry.sleep()
            finally:
                answer.release_conn()

    def _body(self, answer: Any) -> bytes:
        """The bytes of an answer, nothing beyond `LARGEST`.

        Raises:
            HTTPError: it ends early, or comes more slowly than `SLOWEST` after its time.
        """
        data, began = bytearray(), monotonic()
        while piece := answer.read1(PIECE):  # what has come, without waiting for a whole piece
            data += piece
            if len(data) > LARGEST:
                answer.close()  # what else comes is not waited for
                break
            if monotonic() - began > self.timeout + len(data) / SLOWEST:
                raise urllib3.exceptions.ReadTimeoutError(None, self.url, "the answer trickles")
        return bytes(data)

    def strange(self, path: str) -> BackendUnavailable:
        """The error for an answer that has not the shape which the route has."""
        return BackendUnavailable(NAME, f"{self.url}{path} answers what no such server does")

    def _refusal(self, status: int, body: bytes) -> Exception:
        """The error for an answer that is none; names the address and the status, never the key."""
        said = self.said(_read(body))
        where = f"{self.url} answers {status}{f': {said}' if said else ''}"
        if status == 404:
            return Unsupported(where)
        if status == 413:
            return OutOfMemory(where)
        if status in (400, 422):
            return InputError(where)
        if status in (401, 403):
            return BackendUnavailable(NAME, f"{where} Pass api_key, or set {KEY}")
        return BackendUnavailable(NAME, where)

    def said(self, content: Any) -> str:
        """The message in an answer, in any of the shapes that servers have; the key is not shown."""
        found = content.get("error", content) if isinstance(content, dict) else content
        if isinstance(found, dict):
            found = found.get("message") or found.get("detail") or ""
        said = "".join(each if each.isprintable() else " " for each in str(found)[:500])
        return said.replace(self.key, "…") if self.key else said


@cache
def _pool(process: int) -> urllib3.PoolManager:
    return connections(SEVERAL)


def _connections() -> urllib3.PoolManager:
    """Connections of this process: a forked child does not write into those of its parent."""
    return _pool(os.getpid())


class Patience(urllib3.Retry):  # type: ignore[misc, unused-ignore]  # where there is no urllib3
    """Tries, between which a server is waited for as its Retry-After says, within bounds."""

    def parse_retry_after(self, retry_after: str) -> float:
        """The seconds that a server asks for: `LONGEST_PAUSE` at most, and none where it says no time."""
        try:
            return min(float(super().parse_retry_after(retry_after)), LONGEST_PAUSE)
        except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
            return 0


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of a port, or of brackets
        return False


def _plain(url: str) -> str:
    """An address without what may be a password."""
    return url.rpartition("@")[2][:200]


def _read(body: bytes) -> Any:
    """The JSON of a refusal; an empty text where there is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return ""
