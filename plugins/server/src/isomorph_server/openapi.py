"""The OpenAPI page of the routes, made of their data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from isomorph.version import __version__
from isomorph_server.refusals import Refused, status_of
from isomorph_server.route import Route

_KEY = {401: "The key is missing or wrong."}
_BUSY = {503: "The server is too busy or too small for this now, or not ready yet."}
_NAMED = {404: "There is nothing of this name."}
_OF_BODIES = {
    **_NAMED,
    408: "The body came too slowly.",
    413: "The body, or the number of inputs, is too large.",
    415: "The body is compressed.",
    422: "A field is wrong, or an input cannot be used.",
    424: "The model cannot run, or is for something else.",
    429: "As many requests are under way as may be; Retry-After says when to come again.",
}


def page(routes: Sequence[Route]) -> Mapping[str, Any]:
    """A document of OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = route.path.replace(":path}", "}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    bodies = {route.body.name: route.body.schema for route in routes if route.body is not None}
    key = {"type": "http", "scheme": "bearer"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "isomorph", "version": __version__},
        "paths": paths,
        "components": {"schemas": bodies, "securitySchemes": {"key": key}},
    }


def _operation(route: Route) -> Mapping[str, Any]:
    found: dict[str, Any] = {
        "summary": route.about,
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").rstrip("_"),
        "responses": {"200": {"description": route.about}, **_refusals(route)},
        "security": [] if route.is_open else [{"key": []}],
    }
    named = re.findall(r"{(\w+)", route.path)
    if named:
        of_path = {"in": "path", "required": True, "schema": {"type": "string"}}
        found["parameters"] = [{"name": name, **of_path} for name in named]
    if route.body is not None:
        schema = {"$ref": f"#/components/schemas/{route.body.name}"}
        found["requestBody"] = {
            "required": True,
            "content": {route.body.media: {"schema": schema}},
        }
    return found


def _refusals(route: Route) -> Mapping[str, Any]:
    """What is refused by which status, as the clients of this API know it."""
    told = dict(_BUSY if route.is_open else _KEY | _BUSY)
    if route.body is not None:
        told |= _OF_BODIES
    elif "{" in route.path:
        told |= _NAMED
    known = {status_of(Refused(status, ""), route.shape): about for status, about in told.items()}
    return {str(status): {"description": known[status]} for status in sorted(known)}
