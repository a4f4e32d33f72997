"""Bodies of requests: read within a bound of size. `Presence` bounds their time."""

from __future__ import annotations

from starlette.types import Receive

from isomorph_server.refusals import Refused


def too_large(most: int) -> Refused:
    """The refusal of a body above so many bytes."""
    return Refused(413, f"A body may have {most:,} bytes at most.")


async def content(receive: Receive, most: int) -> bytes:
    """The bytes of a body.

    Raises:
        Refused: 408 where the body ends early, 413 where it has more than `most` bytes.
    """
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
