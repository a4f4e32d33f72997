"""Bodies of requests: read within bounds of size and time, then as JSON."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from starlette.types import Receive

from isomorph_server.limits import Limits
from isomorph_server.refusals import Refused


async def content(receive: Receive, limits: Limits) -> Any:
    """The JSON of a body.

    Raises:
        Refused: 408 where the body comes too slowly, 413 where it is too large, 422 where it is no JSON.
    """
    try:
        async with asyncio.timeout(limits.seconds / 2):
            data = await _whole(receive, limits.body)
    except TimeoutError:
        raise Refused(408, "The body came too slowly.") from None
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Refused(422, f"The body is no JSON: {error.msg}.") from None


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
