"""The application: all routes in one house, whose models make a vector before it says that it is ready."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route as Place
from starlette.types import Receive, Scope, Send

from isomorph import DynamicBatcher
from isomorph_server import cohere, native, openai, tei
from isomorph_server.ask import Ask, House
from isomorph_server.guard import Guard, not_found
from isomorph_server.keys import known
from isomorph_server.limits import Limits
from isomorph_server.openapi import page
from isomorph_server.origins import checked_origins
from isomorph_server.refusals import Refused
from isomorph_server.refusals import tei as shape
from isomorph_server.route import Route
from isomorph_server.shelf import Served, Shelf

_SWEEP = 0.25
"""How often unused models are looked for, as a part of the time after which they are unloaded."""

AGAIN = 30.0
"""Seconds after which a model that could not be loaded is tried again."""


async def health(ask: Ask) -> Response:
    """200 while every model has made a vector, or, on demand, waits for its first request; 503 otherwise."""
    waiting = [each.name for each in ask.house.shelf.served.values() if not each.is_ready]
    if waiting:
        said = f"Not ready: {', '.join(waiting)}."
        raise Refused(503, said, wait=ask.house.limits.retry_after)
    return Response(status_code=200)


async def metrics(ask: Ask) -> Response:
    """Numbers for Prometheus."""
    text = ask.house.metrics.text(ask.house.shelf.loaded)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


async def document(ask: Ask) -> Any:
    """The page of all routes."""
    return page(ROUTES)


ROUTES: Sequence[Route] = (
    *openai.ROUTES,
    *cohere.ROUTES,
    *tei.ROUTES,
    *native.ROUTES,
    *(
        Route(
            "GET", path, health, shape, None, "Whether every model has made a vector", is_open=True
        )
        for path in ("/health", "/ping", "/")
    ),
    Route("GET", "/metrics", metrics, shape, None, "Numbers for Prometheus"),
    Route("GET", "/openapi.json", document, shape, None, "The page of all routes"),
)


def build(
    shelf: Shelf,
    limits: Limits,
    *,
    keys: Sequence[str] = (),
    on_demand: bool = False,
    origins: Sequence[str] = (),
) -> Starlette:
    """The application of some models.

    Args:
        shelf: the models.
        limits: bounds of requests.
        keys: what clients must send as ``Authorization: Bearer KEY``, one of them; none lets everybody in.
        on_demand: models are loaded by the first request that needs them, not at the start.
        origins: web pages of these origins may ask from a browser, such as ``https://example.org``, or
            ``*`` for those of all; none lets no page of another origin.

    Raises:
        InputError: a key or an origin that cannot be.
    """
    batcher = DynamicBatcher()  # requests are bounded before they get here
    house = House(shelf, limits, batcher, keys=known(keys))
    places = [Place(route.path, Guard(house, route), methods=[route.method]) for route in ROUTES]
    app = _App(
        routes=places,
        middleware=_for_pages(origins),
        lifespan=lambda app: _life(house, on_demand),
        exception_handlers={404: partial(not_found, house), 405: partial(not_found, house)},
    )
    app.router.redirect_slashes = False  # to an address that the client's Host would name
    if not origins:
        app.direct = {
            (route.method, route.path): place.endpoint
            for route, place in zip(ROUTES, places, strict=True)
            if "{" not in route.path
        }
    return app


def _for_pages(origins: Sequence[str]) -> list[Middleware]:
    """What tells browsers that pages of these origins may read answers."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=checked_origins(origins),
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["x-request-id", "retry-after"],
        )
    ]


class _App(Starlette):
    """An application whose routes lie in a table too, without the layers in front of its router."""

    direct: Mapping[tuple[str, str], Any] = {}
    """Who answers a method and a path."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; where the table has nothing, as every application of Starlette."""
        found = None
        if scope["type"] == "http" and not scope.get("root_path"):
            found = self.direct.get((scope["method"], scope["path"]))
        await (found or super().__call__)(scope, receive, send)


@asynccontextmanager
async def _life(house: House, on_demand: bool) -> AsyncIterator[None]:
    """Makes the models ready, and unloads unused ones until the end."""
    models = house.shelf.served.values()
    if on_demand:
        for each in models:
            each.is_ready = True
    else:
        await _make_ready(house.shelf, list(models))
    keepers = [asyncio.create_task(each(house)) for each in (_sweep, _try_again)]
    yield
    for keeper in keepers:
        keeper.cancel()
    await asyncio.gather(*keepers, return_exceptions=True)
    house.batcher.close()


async def _make_ready(shelf: Shelf, models: Sequence[Served]) -> None:
    """Loads models and has each make a vector. One that cannot holds up no other; ``/health`` tells of it.

    Raises:
        Exception: what the first one raises, where none can; the server does not begin then.
    """
    errors = []
    for each in models:
        try:
            async with shelf.use(each):
                pass
        except Exception as error:
            errors.append(error)
    if errors and len(errors) == len(models):
        raise errors[0]


async def _try_again(house: House) -> None:
    """Loads models that could not be loaded: who is not ready may get no requests that would do it."""
    while True:
        await asyncio.sleep(AGAIN)
        for each in house.shelf.served.values():
            if not (each.is_ready or each.is_loaded):
                with suppress(Exception):  # it is in the log
                    async with house.shelf.use(each):
                        pass


async def _sweep(house: House) -> None:
    idle = house.limits.idle
    while idle is not None:
        await asyncio.sleep(idle * _SWEEP)
        await house.shelf.unload_idle()
