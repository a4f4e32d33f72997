"""Bodies of requests: read within bounds of size and time."""

from __future__ import annotations

import asyncio

from starlette.types import Receive

from isomorph_server.limits import Limits
from isomorph_server.refusals import Refused


async def content(receive: Receive, limits: Limits) -> bytes:
    """The bytes of a body.

    Raises:
        Refused: 408 where the body comes too slowly, 413 where it is too large.
    """
    try:
        async with asyncio.timeout(limits.seconds / 2):
            return await _whole(receive, limits.body)
    except TimeoutError:
        raise Refused(408, "The body came too slowly.") from None


def too_large(most: int) -> Refused:
    """The refusal of a body above so many bytes."""
    return Refused(413, f"A body may have {most:,} bytes at most.")


async def _whole(receive: Receive, most: int) -> bytes:
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        data: bytes = message.get("body", b"")  # as nearly all bodies come
        if len(data) > most:
            raise too_large(most)
        return data
    whole = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise Refused(408, "The body ended early.")
        whole += message.get("body", b"")
        if len(whole) > most:
            raise too_large(most)
        if not message.get("more_body", False):
            return bytes(whole)
        message = await receive()
