"""Answers: JSON, in which each number of a vector has the fewest digits that name its float32, and bytes."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from isomorph_server.refusals import Refused

PIECE = 128 << 10
"""Bytes of an answer that are handed over at once."""

BLOCK = 1024
"""Small objects that are there at once while a list of them is written."""


class Pieces(Response):
    """A response of bytes."""

    media_type = "application/octet-stream"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends a large answer in pieces: its request lasts until its client has read most of them."""
        body = self.body
        if len(body) <= PIECE:
            await super().__call__(scope, receive, send)
            return
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        for start in range(0, len(body), PIECE):
            piece = body[start : start + PIECE]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class Json(Pieces):
    """A response of JSON, whose arrays of numbers are lists."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes of a content.

        Raises:
            Refused: an array holds numbers that are not finite, which JSON does not have.
        """
        try:
            return orjson.dumps(content, default=_array)
        except orjson.JSONEncodeError as error:
            if isinstance(error.__cause__, Refused):
                raise error.__cause__ from None
            raise


def in_base64(vector: NDArray[Any]) -> str:
    """Base64 of little-endian float32.

    Raises:
        Refused: a number is not finite.
    """
    if not np.isfinite(vector).all():
        raise _not_finite()
    return base64.b64encode(vector.astype("<f4", copy=False).tobytes()).decode("ascii")


def written(rows: Iterable[Mapping[str, Any]]) -> orjson.Fragment:
    """A list of small objects as it is written, in blocks: all of them at once take ten times as much."""
    left, blocks = iter(rows), []
    while block := list(islice(left, BLOCK)):
        blocks.append(orjson.dumps(block)[1:-1])
    return orjson.Fragment(b"[" + b",".join(blocks) + b"]")


def short(values: NDArray[Any]) -> list[float]:
    """Numbers that are written with the fewest digits that name a float32.

    Raises:
        Refused: a number is not finite.
    """
    if not np.isfinite(values).all():
        raise _not_finite()
    plain = np.ascontiguousarray(values, np.float32)
    found: list[float] = orjson.loads(orjson.dumps(plain, option=orjson.OPT_SERIALIZE_NUMPY))
    return found


def _array(value: Any) -> orjson.Fragment:
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{type(value).__name__} is not written as JSON")
    written = orjson.dumps(np.ascontiguousarray(value), option=orjson.OPT_SERIALIZE_NUMPY)
    if b"null" in written:  # what orjson writes for NaN and for infinities
        raise _not_finite()
    return orjson.Fragment(written)


def _not_finite() -> Refused:
    return Refused(424, "The model gave numbers that are not finite for one of the inputs.")
