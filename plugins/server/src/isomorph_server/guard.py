"""What stands before every route: key, load, size and time of a request; and its line in the log."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
from contextlib import suppress
from time import perf_counter
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from isomorph_server import refusals
from isomorph_server.ask import Ask, House
from isomorph_server.refusals import Refused, Shape
from isomorph_server.route import Route

LOG = logging.getLogger("isomorph_server")
_ID = re.compile(r"[\w.-]{1,64}")
_GONE = 499
"""The status, in logs and metrics alone, of a request whose client went away."""


class Guard:
    """An application of one route."""

    def __init__(self, house: House, route: Route) -> None:
        self._house = house
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, and writes one line about it in which nothing is that the client wrote."""
        metrics, began = self._house.metrics, perf_counter()
        request = Request(scope)
        ask = Ask(self._house, {}, _id_of(request))
        metrics.under_way += 1
        status = _GONE
        try:
            response = await self._response(request, ask, receive)
            if response is not None:
                response.headers["x-request-id"] = ask.id
                status = response.status_code
                await response(scope, receive, send)
        finally:
            metrics.under_way -= 1
            seconds = perf_counter() - began
            metrics.add(self._route.path, status, seconds)
            metrics.inputs += ask.inputs
            metrics.tokens += ask.tokens
            LOG.info(self._line(ask, status, seconds))

    async def _response(self, request: Request, ask: Ask, receive: Receive) -> Response | None:
        """What is answered; None where nobody waits for it any more."""
        limits = self._house.limits
        try:
            self._admit(request)
            try:
                async with asyncio.timeout(limits.seconds):
                    return await self._answered(request, ask, receive)
            except TimeoutError:
                raise Refused(
                    503, f"No answer within {limits.seconds:g} s.", wait=limits.retry_after
                ) from None
        except Exception as error:
            refused = refusals.told(error, limits.retry_after)
            if refused.status == 500:
                LOG.error("request %s failed: %s", ask.id, type(error).__name__, exc_info=error)
            return refusals.answer(refused, self._route.shape)

    def _admit(self, request: Request) -> None:
        """Refuses who has no key, and whoever comes while too many are here.

        Raises:
            Refused: 401, 413 or 429.
        """
        limits, keys = self._house.limits, self._house.keys
        if self._route.is_open:
            return
        if keys:
            given = request.headers.get("authorization", "").removeprefix("Bearer ").encode("utf-8")
            if not sum(hmac.compare_digest(given, key) for key in keys):  # each takes its time
                raise Refused(401, "The key is missing or wrong: send Authorization: Bearer KEY.")
        if self._house.metrics.under_way > limits.concurrent:
            raise Refused(
                429, f"{limits.concurrent} requests are under way.", wait=limits.retry_after
            )
        said = request.headers.get("content-length", "")
        if said.isdigit() and int(said) > limits.body:
            raise _too_large(limits.body)

    async def _answered(self, request: Request, ask: Ask, receive: Receive) -> Response | None:
        values: dict[str, Any] = dict(request.path_params)
        if self._route.body is not None:
            values |= self._route.body.read(await self._content(receive))
        ask.values = values
        work = asyncio.ensure_future(self._route.answer(ask))
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                return None
            found = work.result()
        finally:
            for each in (work, gone):
                each.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await gone
        return found if isinstance(found, Response) else JSONResponse(found)

    async def _content(self, receive: Receive) -> Any:
        """The JSON of a body.

        Raises:
            Refused: 408 where it comes too slowly, 413 where it is too large, 422 where it is no JSON.
        """
        limits, parts, size = self._house.limits, list[bytes](), 0
        try:
            async with asyncio.timeout(limits.seconds / 2):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refused(408, "The body ended early.")
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > limits.body:
                        raise _too_large(limits.body)
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            raise Refused(408, "The body came too slowly.") from None
        try:
            return json.loads(b"".join(parts))
        except (ValueError, RecursionError):
            raise Refused(422, "The body is no JSON.") from None

    def _line(self, ask: Ask, status: int, seconds: float) -> str:
        """A line of JSON; of the request only its id, its sizes, and the model that answered."""
        said = {
            "id": ask.id,
            "route": self._route.path,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "model": ask.model,
            "inputs": ask.inputs,
            "tokens": ask.tokens,
        }
        return json.dumps(said)


async def not_found(house: House, request: Request, error: Exception) -> Response:
    """For a path or a method that there is not, in the shape of the API that the path looks like."""
    status = getattr(error, "status_code", 404)
    shape: Shape = refusals.openai if request.url.path.startswith("/v1/") else refusals.tei
    house.metrics.add("other", status, 0.0)
    said = (
        "There is no such route; /openapi.json lists them."
        if status == 404
        else "Another method is asked for."
    )
    return refusals.answer(Refused(status, said), shape)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _id_of(request: Request) -> str:
    """The client's own id where it is short and plain, else a new one."""
    given = request.headers.get("x-request-id", "")
    return given if _ID.fullmatch(given) else uuid4().hex


def _too_large(most: int) -> Refused:
    return Refused(413, f"A body may have {most:,} bytes at most.")
