"""What stands before every route: key, load, size and time of a request; and its line in the log."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from time import perf_counter

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from isomorph_server import refusals
from isomorph_server.ask import Ask, House
from isomorph_server.content import content, too_large
from isomorph_server.keys import is_one_of
from isomorph_server.log import LOG, line, of_error
from isomorph_server.presence import Presence
from isomorph_server.refusals import Refused, Shape
from isomorph_server.replies import Json
from isomorph_server.route import Route

_OURS = (424, 500, 503)
"""Statuses of errors that are no fault of the client."""
_ID = re.compile(rb"[\w.-]{1,64}")
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
        headers = _first_of(scope)
        ask = Ask(self._house, scope.get("path_params", {}), _id_of(headers))
        metrics.under_way += 1
        status = _GONE
        try:
            response = await self._response(headers, ask, receive)
            if response is not None:
                response.raw_headers.append((b"x-request-id", ask.id.encode()))
                status = response.status_code
                await response(scope, receive, send)
        finally:
            metrics.under_way -= 1
            seconds = perf_counter() - began
            metrics.add(self._route.path, status, seconds)
            metrics.inputs += ask.inputs
            metrics.tokens += ask.tokens
            if LOG.isEnabledFor(logging.INFO):
                LOG.info(self._line(ask, status, seconds))

    async def _response(
        self, headers: Mapping[bytes, bytes], ask: Ask, receive: Receive
    ) -> Response | None:
        """What is answered; None where nobody waits for it any more."""
        limits, body = self._house.limits, self._route.body
        try:
            self._admit(headers)
            async with Presence(receive, limits) as presence:
                if body is not None:
                    data = await content(receive, limits.body)
                    ask.values = {**ask.values, **body.values(data)}
                presence.has_read()
                found = await self._route.answer(ask)
                return found if isinstance(found, Response) else Json(found)
            return None
        except Exception as error:
            refused = refusals.told(error, limits.retry_after)
            if refused is not error and refused.status in _OURS:
                LOG.error("%s", of_error(ask.id, error))
            return refusals.answer(refused, self._route.shape)

    def _admit(self, headers: Mapping[bytes, bytes]) -> None:
        """Refuses who has no key, and whoever comes while too many are here.

        Raises:
            Refused: 401, 413, 415 or 429.
        """
        limits, keys = self._house.limits, self._house.keys
        if self._route.is_open:
            return
        if keys and not is_one_of(keys, headers.get(b"authorization", b"")):
            refused = Refused(401, "The key is missing or wrong: send Authorization: Bearer KEY.")
            refused.headers["www-authenticate"] = "Bearer"
            raise refused
        runs = self._route.body is not None  # a page is for whoever asks why all is slow
        if runs and self._house.metrics.under_way > limits.concurrent:
            raise Refused(
                429, f"{limits.concurrent} requests are under way.", wait=limits.retry_after
            )
        packed = headers.get(b"content-encoding", b"").strip().lower()
        sent = headers.get(b"transfer-encoding", b"").strip().lower()
        if runs and (packed not in (b"", b"identity") or sent not in (b"", b"chunked")):
            raise Refused(415, "Bodies are taken as they are: send this one without packing it.")
        said = headers.get(b"content-length", b"")
        if said.isdigit() and int(said) > limits.body:
            raise too_large(limits.body)

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
        return line(said)


async def not_found(house: House, request: Request, error: Exception) -> Response:
    """For a path or a method that there is not, in the shape of the API that the path looks like."""
    status = getattr(error, "status_code", 404)
    shape: Shape = refusals.openai if request.scope["path"].startswith("/v1/") else refusals.tei
    house.metrics.add("other", status, 0.0)
    said = (
        "There is no such route; /openapi.json lists them."
        if status == 404
        else "Another method is asked for."
    )
    refused = Refused(status, said)
    refused.headers |= getattr(error, "headers", None) or {}  # Allow, which belongs to 405
    answer, id_ = refusals.answer(refused, shape), _id_of(_first_of(request.scope))
    answer.headers["x-request-id"] = id_
    LOG.info("%s", line({"id": id_, "route": "other", "status": status}))
    return answer


def _first_of(scope: Scope) -> Mapping[bytes, bytes]:
    """Headers by their names in small letters. Of one that comes twice the first counts."""
    return dict(reversed(scope["headers"]))


def _id_of(headers: Mapping[bytes, bytes]) -> str:
    """The client's own id where it is short and plain, else a new one."""
    given = headers.get(b"x-request-id", b"")
    return given.decode("ascii") if _ID.fullmatch(given) else os.urandom(16).hex()
