"""What a Hub answers, judged before huggingface_hub acts on it.

That library makes file names of headers and of listings, and waits as long as it is told to. While
`judged` is in effect every answer passes here first, through the response hooks of the library's own
HTTP client, also those for other threads of the process. Before version 1.0 the library has a client
for each of its threads: there `check_metadata` asks beforehand.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

from isomorph.errors import BadModel, HubUnavailable

LONGEST_WAIT = 300
"""Seconds that a Hub may ask to wait before a request is repeated: the window of the Hub's own limits."""

BLOB = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+=-]{0,199}")
"""What may become the name of a blob: digests, and what mirrors make of them."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_RESET = re.compile(r"\bt\s*=\s*([0-9]+)")
_BUSY = (429, 500, 502, 503, 504)


@contextmanager
def judged() -> Iterator[None]:
    """Within this block no answer reaches huggingface_hub that it must not act on.

    What is raised comes out of the library's function: BadModel for a name that leads elsewhere,
    HubUnavailable for a wait that nobody waits.
    """
    _watch.begin()
    try:
        yield
    finally:
        _watch.end()


def check_metadata(urls: Iterable[str], token: str | bool | None) -> None:
    """Asks for what the library will ask for, where its answers cannot be judged one by one.

    Raises:
        BadModel: an answer names a file elsewhere.
    """
    from huggingface_hub import get_hf_file_metadata
    from huggingface_hub.utils import get_session

    if hasattr(get_session(), "event_hooks"):
        return
    for url in urls:
        found = get_hf_file_metadata(url, token=token)
        _check_names(url, found.etag, found.commit_hash)


def judge(response: Any) -> None:
    """Refuses an answer that the library would write elsewhere for, or wait too long for.

    Raises:
        BadModel: a header or a listing holds a name that is none.
        HubUnavailable: the Hub asks to wait longer than `LONGEST_WAIT`.
    """
    url, headers = _without_query(str(response.request.url)), response.headers
    if response.request.method == "HEAD":
        etag = headers.get("X-Linked-Etag") or headers.get("ETag")
        _check_names(url, _plain(etag), headers.get("X-Repo-Commit"))
    elif "/tree/" in urlsplit(url).path and response.status_code == 200:
        response.read()
        _check_listing(url, response)
    if response.status_code in _BUSY:
        _check_wait(url, headers)


def _check_names(url: str, etag: str | None, commit: str | None) -> None:
    if etag is not None and not BLOB.fullmatch(etag):
        raise _refused(url, "ETag", etag)
    if commit is not None and not _COMMIT.fullmatch(commit):
        raise _refused(url, "commit", commit)


def _check_listing(url: str, response: Any) -> None:
    try:
        listed = response.json()
    except (ValueError, RecursionError):
        return  # the library says what is wrong with it
    for entry in listed if isinstance(listed, list) else ():
        large = entry.get("lfs") if isinstance(entry, dict) else None
        digest = large.get("oid") if isinstance(large, dict) else None
        if digest is not None and not (isinstance(digest, str) and BLOB.fullmatch(digest)):
            raise _refused(url, "checksum", digest)


def _check_wait(url: str, headers: Mapping[str, str]) -> None:
    asked = [headers.get("Retry-After", "").strip(), *_RESET.findall(headers.get("RateLimit", ""))]
    longest = max((text for text in asked if text.isdecimal()), key=_seconds, default="0")
    if _seconds(longest) > LONGEST_WAIT:
        raise HubUnavailable(
            f"The Hub asks to wait {longest[:20]} seconds before {url} is asked again, and at most "
            f"{LONGEST_WAIT} are waited. Try again then, or log in for a higher limit: hf auth login"
        )


def _seconds(text: str) -> float:
    return float(text[:20])  # more digits than any wait has


def _without_query(url: str) -> str:
    """A URL for messages: what follows may hold a signature."""
    return urlsplit(url)._replace(query="", fragment="").geturl()


def _plain(etag: str | None) -> str | None:
    """An ETag as the library takes it for a name."""
    return None if etag is None else etag.lstrip("W/").strip('"')


def _refused(url: str, what: str, value: object) -> BadModel:
    return BadModel(
        f"The Hub answers {url} with the {what} {str(value)[:200]!r}, which cannot be one and might name "
        "a file elsewhere. Nothing was written for it. Ask the Hub's operator, or use another Hub."
    )


class _Watch:
    """The one hook in the library's HTTP client, as long as anybody is within `judged`."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._within = 0
        self._client: Any = None

    def begin(self) -> None:
        with self._lock:
            self._within += 1
            self._follow()

    def end(self) -> None:
        with self._lock:
            self._within -= 1
            if self._within == 0:
                self._leave()

    def _follow(self) -> None:
        """Puts the hook into the client that the library has now."""
        from huggingface_hub.utils import get_session

        client: Any = get_session()
        if client is self._client or not hasattr(client, "event_hooks"):
            return
        self._leave()
        client.event_hooks["response"].append(judge)
        # After a failed connection the library closes its client and goes on with a new one.
        close, process = client.close, os.getpid()

        def close_and_follow() -> None:
            close()
            if os.getpid() != process:
                return  # a child closes what it inherits, and may inherit the lock as taken
            with self._lock:
                if self._within and client is self._client:
                    self._follow()

        client.close = close_and_follow
        self._client = client

    def _leave(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.event_hooks["response"].remove(judge)
            del client.close


_watch = _Watch()
